//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{Bench, DE, ROWS, ROWSET, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "items",
        "keys",
        "values",
        "MemberId",
        "Email",
        "Points",
        "Spent",
        "LastOrderAt",
        "OptIn",
        "name",
        "key",
        "fields",
        "type",
        "length",
        "scale",
        "ordinal",
        "isPrimaryKey",
        "grant_type",
        "client_credentials",
        "client_id",
        "account_id",
        "Text",
        "Decimal",
        "a@b.example",
        "2026-04-30",
        "2026-04-30é",
        "1e999999999999",
        "-",
        "",
        "é",
    ]);
    json::of_words(word)
}

/// A row whose columns are often right.
fn a_row() -> impl Strategy<Value = (String, Value)> {
    let id = prop::sample::select(vec!["a", "b", "c", "", "too long for it"]);
    let column = prop::sample::select(vec!["Points", "Spent", "LastOrderAt", "OptIn", "LoyaltyTier", "Phone", "Locale"]);
    (id, any::<bool>(), column, json_like()).prop_map(|(id, has_email, column, value)| {
        let mut row = json!({ (column): value });
        if has_email {
            row["Email"] = "a@b.example".into();
        }
        (id.to_owned(), row)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in json_like()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            let add = format!("/data/v1/customobjectsasync/{DE}/fields");
            for (method, path) in [
                ("PUT", ROWS), ("POST", ROWS), ("POST", ROWSET), ("PUT", "/hub/v1/dataevents/key:Members/rows/MemberId:a"),
                ("POST", "/data/v1/customobjects"), ("POST", &add), ("POST", "/v2/token"),
            ] {
                let before = bench.twin.state().data_extensions().to_vec();
                let jobs = bench.twin.state().jobs().len();
                let (status, answer) = send(bench.call(method, path, &body)).await;
                // A body that is null is none, and has no content type.
                assert!(matches!(status, 200..=202 | 400) || status == 415 && body.is_null(), "{method} {path} {status} {answer}");
                if status >= 400 && path != ROWSET {
                    assert_eq!(bench.twin.state().data_extensions(), before, "{path}");
                    assert_eq!(bench.twin.state().jobs().len(), jobs, "{path}");
                }
            }
        });
    }

    #[test]
    fn what_is_said_of_rows_is_what_became_of_them(rows in prop::collection::vec(a_row(), 1..6)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            let items: Vec<Value> = rows.iter().map(|(id, row)| {
                let mut row = row.clone();
                row["MemberId"] = id.as_str().into();
                row
            }).collect();
            let told = bench.told("PUT", ROWS, items.into()).await;
            assert_eq!(told.len(), rows.len());
            let saved = told.iter().filter(|told| told.is_empty()).count();
            assert_eq!(bench.twin.ledger().total(), saved as u64);
            let tally = bench.twin.log().entries()[0].tally;
            assert_eq!((tally.objects, tally.applied, tally.refused), (rows.len() as u32, saved as u32, (rows.len() - saved) as u32));
            for ((id, _), told) in rows.iter().zip(&told) {
                assert!(!told.is_empty() || bench.row(id).is_some(), "{id}");
            }
            // The same rows at once: those before the first bad one, and no other.
            let bench = Bench::start().await;
            let pairs: Vec<Value> = rows.iter().map(|(id, row)| json!({ "keys": { "MemberId": id }, "values": row })).collect();
            let (status, _) = send(bench.call("POST", ROWSET, &pairs.into())).await;
            let before = told.iter().take_while(|told| told.is_empty()).count();
            assert_eq!((status, bench.twin.ledger().total()), (if before == rows.len() { 200 } else { 400 }, before as u64));
        });
    }
}
