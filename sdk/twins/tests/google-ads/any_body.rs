//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{
    ADJUST, Bench, CLICKS, EMAIL, EVENTS, INGEST, JOBS, LIST, LISTS, REMOVE, REMOVE_ALL, UPLOAD, UPLOAD_CALLS, WEB, action,
    adjusting, event, events, hash, members, send, to,
};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "destinations",
        "operatingAccount",
        "accountType",
        "GOOGLE_ADS",
        "accountId",
        "1234567890",
        "productDestinationId",
        LIST,
        WEB,
        CLICKS,
        "audienceMembers",
        "userData",
        "userIdentifiers",
        "emailAddress",
        "phoneNumber",
        "address",
        EMAIL,
        "mobileData",
        "mobileIds",
        "events",
        "transactionId",
        "eventTimestamp",
        "2026-10-18T09:15:00Z",
        "2026-10-18 09:15:00+00:00",
        "2026-10-18 09:15:0é+00:00",
        "conversionValue",
        "adIdentifiers",
        "gclid",
        "encoding",
        "HEX",
        "conversions",
        "conversionAdjustments",
        "adjustmentType",
        "RETRACTION",
        "partialFailure",
        "conversionAction",
        "orderId",
        "job",
        "operations",
        "create",
        "displayName",
        "membershipDuration",
        "86400s",
        "query",
        "",
        "é",
    ]);
    json::of_words(word)
}

/// Members of a right outer shape, so that the inner rules are reached.
fn people() -> impl Strategy<Value = Vec<Value>> {
    let value = prop::sample::select(vec![EMAIL.to_owned(), hash(1), hash(2), "x".to_owned(), String::new()]);
    let name = prop::sample::select(vec!["emailAddress", "phoneNumber"]);
    let identifier = (name, value).prop_map(|(name, value)| json!({ name: value }));
    let person =
        prop::collection::vec(identifier, 0..4).prop_map(|identifiers| json!({ "userData": { "userIdentifiers": identifiers } }));
    prop::collection::vec(person, 1..5)
}

fn rows() -> impl Strategy<Value = Vec<Value>> {
    let kind = prop::sample::select(vec!["RETRACTION", "RESTATEMENT", "ENHANCEMENT", "UNKNOWN"]);
    let order = prop::sample::select(vec!["ORD-0", "ORD-1", "a@b.example", ""]);
    let row = (kind, order, prop::sample::select(vec![WEB, CLICKS, "1"]), any::<bool>()).prop_map(|(kind, order, of, valued)| {
        let mut row = json!({ "adjustmentType": kind, "orderId": order, "conversionAction": action(of), "adjustmentDateTime": "2026-10-19 20:00:00+00:00" });
        if valued {
            row["restatementValue"] = json!({ "adjustedValue": 1 });
        }
        row
    });
    prop::collection::vec(row, 1..6)
}

fn running(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in json_like()) {
        running(async {
            let bench = Bench::start().await;
            let create = format!("{JOBS}:create");
            let mutate = "/v25/customers/1234567890/userLists:mutate";
            let search = "/v25/customers/1234567890/googleAds:search";
            for path in [INGEST, REMOVE, REMOVE_ALL, EVENTS, LISTS, ADJUST, UPLOAD, UPLOAD_CALLS, create.as_str(), mutate, search, "/token"] {
                let wrapped = [
                    body.clone(),
                    json!({ "destinations": [to(LIST)], "audienceMembers": body, "encoding": "HEX" }),
                    json!({ "destinations": [to(WEB)], "events": [body], "encoding": "HEX" }),
                    json!({ "conversionAdjustments": [body], "partialFailure": true }),
                    json!({ "conversions": [body], "partialFailure": true }),
                ];
                for body in wrapped {
                    let (status, answer) = send(bench.ads(path, &body)).await;
                    assert!(matches!(status, 200 | 400 | 403 | 404), "{path} {status} {answer}");
                    let entry = bench.twin.log().entries().pop().unwrap();
                    if status >= 400 {
                        assert_eq!(entry.tally.applied, 0, "{path} {answer}");
                        assert!(bench.twin.ledger().entries().iter().all(|e| e.request != entry.number));
                        assert!(answer["error"].is_string() || answer["error"]["code"] == json!(status), "{answer}");
                    } else {
                        let tally = entry.tally;
                        assert!(tally.applied + tally.refused + tally.ignored <= tally.objects.max(1), "{path} {tally:?}");
                    }
                }
            }
        });
    }

    #[test]
    fn members_who_are_added_and_removed_are_gone(people in people()) {
        running(async {
            let bench = Bench::start().await;
            let (status, answer) = send(bench.post(INGEST, &members(people.clone()))).await;
            let entry = bench.twin.log().entries().pop().unwrap();
            if status == 200 {
                assert_eq!(entry.tally.applied as usize, people.len());
                assert!(!bench.members(LIST).is_empty());
                let body = json!({ "destinations": [to(LIST)], "audienceMembers": people, "encoding": "HEX" });
                bench.accepted(REMOVE, &body).await;
            } else {
                let found = answer["error"]["details"][1]["fieldViolations"].as_array().unwrap();
                assert!(status == 400 && found.iter().all(|it| it["field"].as_str().unwrap().starts_with("audience_members[")), "{answer}");
            }
            assert!(bench.members(LIST).is_empty());
        });
    }

    #[test]
    fn rows_of_an_upload_add_up(rows in rows()) {
        running(async {
            let bench = Bench::start().await;
            let tag = |n: usize| json!({ "conversion_action": WEB, "transaction_id": format!("ORD-{n}"), "at": "2026-10-18T09:15:00Z", "value": 9.0 });
            bench.put("conversions", json!([tag(0), tag(1)])).await;
            let answer = bench.taken(bench.ads(ADJUST, &adjusting(rows.clone()))).await;
            let results = answer["results"].as_array().unwrap();
            let failed: Vec<u64> = crate::client::failures(&answer).into_iter().map(|(_, at)| at).collect();
            assert_eq!(results.len(), rows.len());
            for (at, result) in results.iter().enumerate() {
                assert_eq!(result == &json!({}), failed.contains(&(at as u64)), "{answer}");
            }
            let entry = bench.twin.log().entries().pop().unwrap();
            assert_eq!((entry.tally.applied + entry.tally.refused) as usize, rows.len());
            assert_eq!(bench.twin.ledger().total() as usize, rows.len() - failed.len());
            assert_eq!(send(bench.post(EVENTS, &events(WEB, vec![event("ORD-0")]))).await.0, 200);
        });
    }
}
