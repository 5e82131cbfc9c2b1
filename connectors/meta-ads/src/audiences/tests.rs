use sluice_sdk::contract::Part;
use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null};
use sluice_sdk::{Destination, Outcome, PhysicalType};

use super::*;
use crate::MetaAds;

const LEA: &str = "46bfdba71662df379d9b923d4c4325fd2b379ac47dc949674619221bc4833955";
const FRANCE: &str = "67ad8f41a7bb0a18c45f3efd8f6a32bdcd832bcf8f3f2eb44006c03d53076e18";
const FINE: &str = r#"{"audience_id":"238","session_id":"1","num_received":2,"num_invalid_entries":0,"invalid_entry_samples":{}}"#;

fn script() -> Script {
    let options = r#"{"audience":"VIP FR"}"#;
    Script::new().service("audiences").mode("list").settings(r#"{"ad_account_id":"12"}"#).options(options).keep(b"2385")
}

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    and_by(Made::new(), name, values)
}

fn and_by(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn page(all: &[(&str, &str, &str)], next: Option<&str>) -> String {
    let one = |(id, name, subtype): &(&str, &str, &str)| json!({ "id": id, "name": name, "subtype": subtype });
    let mut page = json!({ "data": all.iter().map(one).collect::<Vec<_>>() });
    if let Some(next) = next {
        page["paging"] = json!({ "cursors": { "after": "B" }, "next": next });
    }
    page.to_string()
}

fn left_out(written: &Written) -> Vec<(u32, &str, Option<&str>)> {
    written
        .receipt
        .except
        .iter()
        .map(|(row, outcome)| match outcome {
            Outcome::Rejected(reason) => (*row, reason.code.as_str(), reason.field.as_deref()),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn an_audience_is_found_on_any_page_without_the_token_in_the_address() {
    let next = "https://graph.facebook.com/v25.0/act_12/customaudiences?access_token=EAAB&fields=id,name,subtype&limit=100&after=QVF%3D&appsecret_proof=ab";
    let script = script()
        .answers(answer(200, &page(&[("1", "VIP", "CUSTOM"), ("2", "vip fr", "CUSTOM")], Some(next))))
        .answers(answer(200, &page(&[("2385", "VIP FR", "CUSTOM")], None)));
    assert_eq!(script.call(MetaAds::setup), Ok(b"2385".to_vec()));
    let urls: Vec<String> = script.requests().into_iter().map(|request| request.url).collect();
    let base = "https://graph.facebook.com/v25.0/act_12/customaudiences?fields=id,name,subtype&limit=100";
    assert_eq!(urls, [base.to_owned(), format!("{base}&after=QVF%3D")]);
}

#[test]
fn an_audience_that_is_not_there_is_made_once() {
    let options = r#"{"audience":"VIP FR","customer_file_source":"PARTNER_PROVIDED_ONLY","value_based":true}"#;
    let script = script().options(options).answers(answer(200, &page(&[], None))).answers(answer(200, r#"{"id":"2386"}"#));
    assert_eq!(script.call(MetaAds::setup), Ok(b"2386".to_vec()));
    let asked = &script.requests()[1];
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("POST", "https://graph.facebook.com/v25.0/act_12/customaudiences"));
    assert_eq!(asked.effect, Effect::Once, "a repeat would make a second one");
    let body = json!({
        "name": "VIP FR", "subtype": "CUSTOM", "description": "Kept in step by Sluice",
        "customer_file_source": "PARTNER_PROVIDED_ONLY", "is_value_based": true,
    });
    assert_eq!(script.bodies()[1], body);
}

#[test]
fn a_name_that_is_no_one_audience_of_customers_is_the_operators_to_mend() {
    for all in [vec![("7", "VIP FR", "CUSTOM"), ("8", "VIP FR", "CUSTOM")], vec![("7", "VIP FR", "LOOKALIKE")]] {
        let script = script().answers(answer(200, &page(&all, None)));
        let told = script.call(MetaAds::setup);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("audience")), "{told:?}");
        assert_eq!(script.requests().len(), 1, "nothing is made");
    }
    // Beside the audience, a lookalike of its name does no harm.
    let script = script().answers(answer(200, &page(&[("7", "VIP FR", "LOOKALIKE"), ("8", "VIP FR", "CUSTOM")], None)));
    assert_eq!(script.call(MetaAds::setup), Ok(b"8".to_vec()));
}

#[test]
fn pages_that_lead_nowhere_or_never_end_are_no_answer() {
    let told = script().answers(answer(200, &page(&[], Some("https://graph.facebook.com/")))).call(MetaAds::setup);
    assert!(matches!(&told, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{told:?}");
    let again = page(&[], Some("https://graph.facebook.com/x?after=B"));
    let script = (0..PAGES_MAX).fold(script(), |script, _| script.answers(answer(200, &again)));
    let told = script.call(MetaAds::setup);
    assert!(matches!(&told, Err(Halt::Config(_))), "{told:?}");
    assert_eq!(script.requests().len(), PAGES_MAX);
}

/// The example of the sheet: one row of six keys.
#[test]
fn people_are_written_in_the_order_of_the_schema_with_nothing_for_what_is_not_known() {
    let made = and_by(by("EXTERN_ID", ["C-1042".into(), "C-\"2".into()]), "EMAIL", [LEA.into(), null()]).column(
        "COUNTRY",
        PhysicalType::Utf8,
        [absent(), FRANCE.into()],
    );
    for (operation, method, path) in [(Operation::Add, "POST", "2385/users"), (Operation::Remove, "DELETE", "2385/users")] {
        let script = script().answers(answer(200, FINE));
        let told = script.rows(operation, &made, MetaAds::write).expect("sent");
        assert_eq!((&told.receipt.all, told.receipt.except.len(), told.receipt.unnamed), (&Outcome::Accepted, 0, 0));
        let asked = &script.requests()[0];
        assert_eq!(
            (asked.method.as_str(), asked.url.as_str()),
            (method, format!("https://graph.facebook.com/v25.0/{path}").as_str())
        );
        assert_eq!((asked.effect, &asked.pace[..]), (Effect::Repeatable, &[PACE.to_owned()][..]));
        let rows = json!([["C-1042", LEA, ""], ["C-\"2", "", FRANCE]]);
        assert_eq!(script.bodies(), [json!({ "payload": { "schema": ["EXTERN_ID", "EMAIL", "COUNTRY"], "data": rows } })]);
    }
}

#[test]
fn who_leaves_goes_by_what_meta_last_took() {
    let made = and_by(by("EMAIL", [LEA.into(), absent()]), "EXTERN_ID", [absent(), "C-2".into()]);
    let script = script().answers(answer(200, FINE));
    script.rows(Operation::Remove, &made, MetaAds::write).expect("sent");
    assert_eq!(script.bodies()[0]["payload"]["data"], json!([[LEA, ""], ["", "C-2"]]));
}

#[test]
fn a_row_without_anybody_and_one_that_is_not_hashed_are_not_sent() {
    let made = and_by(
        by("EXTERN_ID", ["".into(), "C-2".into(), "C-3".into(), absent()]),
        "EMAIL",
        [null(), LEA.into(), "lea.martin@example.fr".into(), LEA.into()],
    )
    .column("COUNTRY", PhysicalType::Utf8, [FRANCE.into(), "FR".into(), absent(), null()]);
    let script = script().answers(answer(200, r#"{"num_received":1,"num_invalid_entries":0}"#));
    let told = script.rows(Operation::Add, &made, MetaAds::write).expect("sent");
    let wanted = [(0, code::NO_IDENTIFIER, None), (1, code::BAD_FORMAT, Some("COUNTRY")), (2, code::BAD_FORMAT, Some("EMAIL"))];
    assert_eq!(left_out(&told), wanted);
    assert_eq!(script.bodies()[0]["payload"]["data"], json!([["", LEA, ""]]));
    assert!(!format!("{told:?}").contains("lea.martin"), "no value of a row is told");
}

#[test]
fn where_nobody_can_be_sent_nothing_is() {
    let script = script();
    let told = script.rows(Operation::Add, &by("EMAIL", [absent()]), MetaAds::write).expect("told");
    assert_eq!((left_out(&told).len(), script.requests().len()), (1, 0));
}

#[test]
fn columns_without_an_identifier_are_the_operators_to_mend() {
    let made = Made::new().column("COUNTRY", PhysicalType::Utf8, [FRANCE.into()]);
    assert!(matches!(script().rows(Operation::Add, &made, MetaAds::write), Err(Halt::Config(_))));
    assert!(matches!(script().rows(Operation::Upsert, &by("EMAIL", [LEA.into()]), MetaAds::write), Err(Halt::Config(_))));
}

#[test]
fn a_value_is_a_number_of_an_audience_of_values() {
    let worth = [12.5.into(), (-1.0).into(), f64::NAN.into(), absent(), 0.0.into()];
    let made = || {
        by("EXTERN_ID", ["1".into(), "2".into(), "3".into(), "4".into(), "5".into()]).column(
            WORTH,
            PhysicalType::Float64,
            worth.clone(),
        )
    };
    let valued = script().options(r#"{"audience":"VIP FR","value_based":true}"#);
    let valued = valued.answers(answer(200, r#"{"num_received":3,"num_invalid_entries":0}"#));
    let told = valued.rows(Operation::Add, &made(), MetaAds::write).expect("sent");
    assert_eq!(left_out(&told), [(1, code::BAD_FORMAT, Some(WORTH)), (2, code::BAD_FORMAT, Some(WORTH))]);
    let payload = &valued.bodies()[0]["payload"];
    assert_eq!(payload["schema"], json!(["EXTERN_ID", WORTH]));
    assert_eq!(payload["data"], json!([["1", 12.5], ["4", ""], ["5", 0.0]]));
    let told = script().rows(Operation::Add, &made(), MetaAds::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("value_based")), "{told:?}");
}

fn part(number: u32, last: bool) -> Part {
    Part { key: "k".into(), number, last, rows_total: Some(3), attempt: 1 }
}

#[test]
fn a_session_that_replaces_has_a_number_for_the_run_and_numbered_parts() {
    let prepared =
        script().rows(Operation::Replace, &by("EMAIL", [LEA.into()]), |call, _| MetaAds::prepare(call)).expect("a state");
    assert_eq!(prepared, b"1760000000000");
    let session = |script: &Script| -> Json { script.bodies()[0]["session"].clone() };
    for (number, last) in [(1, false), (2, true)] {
        let script = script().state(&prepared).part(part(number, last)).answers(answer(200, FINE));
        script.rows(Operation::Replace, &by("EMAIL", [LEA.into(), LEA.into()]), MetaAds::write).expect("sent");
        assert_eq!(script.requests()[0].url, "https://graph.facebook.com/v25.0/2385/usersreplace");
        let wanted =
            json!({ "session_id": 1_760_000_000_000_u64, "batch_seq": number, "last_batch_flag": last, "estimated_num_total": 3 });
        assert_eq!(session(&script), wanted);
    }
    let strange = script().state(b"?").part(part(1, true));
    assert!(matches!(strange.rows(Operation::Replace, &by("EMAIL", [LEA.into()]), MetaAds::write), Err(Halt::Contract(_))));
}

#[test]
fn the_end_of_a_session_is_sent_even_when_nobody_is_in_it() {
    let nobody = r#"{"num_received":0,"num_invalid_entries":0}"#;
    for values in [vec![], vec![absent()]] {
        let script = script().state(b"7").part(part(1, true)).answers(answer(200, nobody));
        let told = script.rows(Operation::Replace, &by("EMAIL", values.clone()), MetaAds::write).expect("sent");
        assert_eq!(told.receipt.all, Outcome::Accepted);
        assert_eq!(script.bodies()[0]["payload"], json!({ "schema": ["EMAIL"], "data": [] }), "{values:?}");
    }
}

#[test]
fn a_body_that_is_too_large_is_cut_before_it_is_sent() {
    let made = by("EMAIL", [LEA.into(), LEA.into(), LEA.into()]);
    let script = script().attr("unit-bytes", "250");
    let told = script.rows(Operation::Add, &made, MetaAds::write);
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(2)), "{told:?}");
    assert_eq!(script.requests().len(), 0);
}

#[test]
fn an_audience_that_is_not_made_yet_is_shown_as_zero_and_a_strange_one_is_not_written_to() {
    let dry = script().keep(b"").answers(answer(200, FINE));
    dry.rows(Operation::Add, &by("EMAIL", [LEA.into()]), MetaAds::write).expect("sent");
    assert_eq!(dry.requests()[0].url, "https://graph.facebook.com/v25.0/0/users");
    for keep in [&b"me/x"[..], b"\xff"] {
        let told = script().keep(keep).rows(Operation::Add, &by("EMAIL", [LEA.into()]), MetaAds::write);
        assert!(matches!(told, Err(Halt::Contract(_))), "{told:?}");
    }
}
