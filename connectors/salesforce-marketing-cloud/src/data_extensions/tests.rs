use sluice_sdk::code;
use sluice_sdk::serde_json::Value as Json;
use sluice_sdk::testing::{Answer, Rows as Made, Script, absent, answer, failure, null};
use sluice_sdk::{Destination, Outcome, PhysicalType};

use super::*;
use crate::MarketingCloud;

const ID: &str = "0a1b2c3d-0000-4000-8000-00000000c0de";
const FIELDS: &str = r#"{"id":"0a1b2c3d-0000-4000-8000-00000000c0de","fields":[
    {"name":"MemberId","type":"Text","isPrimaryKey":true,"isNullable":false,"length":50},
    {"name":"Email","type":"EmailAddress","isPrimaryKey":false,"isNullable":true,"length":254},
    {"name":"InSegment","type":"Boolean","isPrimaryKey":false,"isNullable":true}]}"#;

fn script() -> Script {
    Script::new().service("data-extensions").settings(r#"{"rest_tenant":"mc1"}"#).options(r#"{"data_extension":"loyalty"}"#)
}

fn found(items: &[(&str, &str)], count: usize) -> Answer {
    let items: Vec<Json> = items.iter().map(|(id, key)| json!({ "id": id, "key": key, "name": "Loyalty" })).collect();
    answer(200, &json!({ "count": count, "items": items }).to_string())
}

fn urls(script: &Script) -> Vec<String> {
    let url = |url: String| url.replace("https://mc1.rest.marketingcloudapis.com/data/v1", "");
    script.requests().into_iter().map(|request| format!("{} {}", request.method, url(request.url))).collect()
}

#[test]
fn a_data_extension_is_found_by_its_external_key() {
    let script = script().options(r#"{"data_extension":"a/b c"}"#).answers(found(&[("1", "a/b"), (ID, "a/b c")], 2));
    assert_eq!(script.call(MarketingCloud::setup), Ok(ID.as_bytes().to_vec()));
    assert_eq!(urls(&script), ["GET /customobjects?$search=a%2Fb%20c"]);
}

#[test]
fn where_no_key_is_like_that_the_id_is_asked_for() {
    let by_id = || script().options(&json!({ "data_extension": ID }).to_string()).answers(found(&[], 0));
    let script = by_id().answers(answer(200, &json!({ "id": ID, "name": "Loyalty", "key": "loyalty" }).to_string()));
    assert_eq!(script.call(MarketingCloud::setup), Ok(ID.as_bytes().to_vec()));
    assert_eq!(urls(&script)[1], format!("GET /customobjects/{ID}"));
    let told = by_id().answers(answer(404, "{}")).call(MarketingCloud::setup);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("data_extension")), "{told:?}");
    assert!(matches!(by_id().answers(answer(500, "{}")).call(MarketingCloud::setup), Err(Halt::Unavailable(_))));
}

#[test]
fn what_is_not_there_is_the_operators_to_mend_and_what_cannot_be_seen_is_told_apart() {
    for (answer, words) in [(found(&[("1", "Loyalty")], 1), "no data extension"), (found(&[("1", "x")], 60), "than are shown")] {
        let told = script().answers(answer).call(MarketingCloud::setup);
        let Err(Halt::Config(reason)) = told else { panic!("{told:?}") };
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some("data_extension")));
        assert!(reason.message.contains(words), "{}", reason.message);
    }
    let lacks = script().answers(answer(403, r#"{"message":"no","errorcode":20002}"#)).call(MarketingCloud::setup);
    assert!(matches!(&lacks, Err(Halt::Config(r)) if r.code == code::DEST_PERMISSION), "{lacks:?}");
}

#[test]
fn the_check_takes_the_right_to_read_and_changes_nothing() {
    let good = script().answers(found(&[], 0));
    assert!(good.call(MarketingCloud::check).expect("connected").contains("mc1"));
    assert_eq!(urls(&good), ["GET /customobjects?$search=sluice"]);
    for strange in [answer(200, "<html>"), answer(200, "{}")] {
        assert!(matches!(script().answers(strange).call(MarketingCloud::check), Err(Halt::Unavailable(_))));
    }
    assert!(matches!(script().answers(answer(401, "{}")).call(MarketingCloud::check), Err(Halt::Auth(_))));
}

#[test]
fn columns_are_offered_with_what_they_are() {
    let script = script().keep(ID.as_bytes()).answers(answer(200, FIELDS));
    let told = script.call(|call| MarketingCloud::discover(call, "columns", None)).expect("columns");
    let told: Json = sluice_sdk::serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["items"][0], json!({ "id": "MemberId", "title": "MemberId (Text, primary key)" }));
    assert_eq!((told["items"].as_array().map(Vec::len), &told["next"]), (Some(3), &Json::Null));
    assert!(matches!(script.call(|call| MarketingCloud::discover(call, "lists", None)), Err(Halt::Config(_))));
}

fn rows() -> Made {
    let keys = ["c-1".into(), "".into(), "c-3".into(), "c-4".into()];
    Made::new().column("key", PhysicalType::Utf8, keys).attr("role", "identifier").column(
        "Email",
        PhysicalType::Utf8,
        ["a@x.example".into(), "b@x.example".into(), null(), absent()],
    )
}

/// `prepare` has the schema of the rows.
fn prepared(script: &Script, made: &Made) -> Result<Vec<u8>, Halt> {
    script.rows(Operation::Upsert, made, |call, _| MarketingCloud::prepare(call))
}

#[test]
fn a_mapping_is_held_against_the_columns_before_a_row_is_sent() {
    let kept = || script().keep(ID.as_bytes()).answers(answer(200, FIELDS));
    let script_ = kept();
    assert_eq!(prepared(&script_, &rows()), Ok(FIELDS.as_bytes().to_vec()));
    assert_eq!(urls(&script_), [format!("GET /customobjects/{ID}/fields")]);
    let unknown = rows().column("Tier", PhysicalType::Utf8, [null(), null(), null(), null()]);
    let told = prepared(&kept(), &unknown);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("Tier")), "{told:?}");
    let other = script().keep(b"another").answers(answer(200, FIELDS));
    assert!(matches!(prepared(&other, &rows()), Err(Halt::Unavailable(_))), "about another one");
    assert!(matches!(prepared(&script().keep(b"../x"), &rows()), Err(Halt::Contract(_))));
}

/// A dry run has no `setup`.
#[test]
fn without_an_id_it_is_looked_for() {
    let script = script().answers(found(&[(ID, "loyalty")], 1)).answers(answer(200, FIELDS));
    assert_eq!(prepared(&script, &rows()), Ok(FIELDS.as_bytes().to_vec()));
    assert_eq!(urls(&script), ["GET /customobjects?$search=loyalty".to_owned(), format!("GET /customobjects/{ID}/fields")]);
}

fn written(script: &Script, operation: Operation, made: &Made) -> Result<Written, Halt> {
    script.rows(operation, made, MarketingCloud::write)
}

fn ready() -> Script {
    script().keep(ID.as_bytes()).state(FIELDS.as_bytes())
}

fn queued() -> Answer {
    answer(202, r#"{"requestId":"7c1e-1","resultMessages":[]}"#)
}

#[test]
fn a_batch_is_one_job_and_its_rows_wait() {
    let script = ready().answers(queued());
    let told = written(&script, Operation::Upsert, &rows()).expect("sent");
    assert_eq!(urls(&script), [format!("PUT /async/dataextensions/{ID}/rows")]);
    let wanted = json!({ "items": [
        { "MemberId": "c-1", "Email": "a@x.example" }, { "MemberId": "c-3", "Email": null }, { "MemberId": "c-4" } ] });
    assert_eq!(script.bodies(), [wanted]);
    assert_eq!(told.receipt.all, Outcome::Pending);
    assert!(matches!(&told.receipt.except[..], [(1, Outcome::Rejected(r))] if r.code == code::NO_IDENTIFIER), "{told:?}");
    let ticket = told.later.expect("a ticket");
    assert_eq!(ticket.token, br#"{"job":"7c1e-1","page":0,"read":0}"#);
    assert_eq!((ticket.poll_after_ms, ticket.give_up_after_ms), (10_000, 86_400_000));
}

#[test]
fn each_mode_has_its_method_and_an_insert_is_not_repeated() {
    use sluice_sdk::Effect::{Once, Repeatable};
    for (mode, operation, wanted) in [
        ("upsert", Operation::Upsert, Some(("PUT", Repeatable))),
        ("boolean-attribute", Operation::Update, Some(("PUT", Repeatable))),
        ("insert", Operation::Insert, Some(("POST", Once))),
        ("update-only", Operation::Update, None),
        ("mirror", Operation::Remove, None),
    ] {
        let script = ready().mode(mode).answers(queued());
        let told = written(&script, operation, &rows());
        let sent = script.requests().first().map(|request| (request.method.clone(), request.effect));
        assert_eq!(sent, wanted.map(|(method, effect)| (method.to_owned(), effect)), "{mode}");
        let refused = |halt: &Halt| matches!(halt, Halt::Config(r) if r.code == code::MODE_NOT_SUPPORTED);
        assert!(told.as_ref().map_or_else(refused, |_| wanted.is_some()), "{mode} {told:?}");
    }
}

#[test]
fn nobody_is_no_request_and_a_body_that_is_too_large_is_cut() {
    let script = ready();
    let nobody = Made::new().column("key", PhysicalType::Utf8, ["".into()]).attr("role", "identifier");
    assert!(written(&script, Operation::Upsert, &nobody).is_ok() && script.requests().is_empty());
    let cut = written(&ready().attr("unit-bytes", "80"), Operation::Upsert, &rows());
    assert!(matches!(&cut, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(2)), "{cut:?}");
    let unprepared =
        written(&script, Operation::Upsert, &rows().column("Tier", PhysicalType::Utf8, [null(), null(), null(), null()]));
    assert!(matches!(unprepared, Err(Halt::Config(_))), "columns that `prepare` never saw are not sent");
    assert!(matches!(written(&self::script(), Operation::Upsert, &rows()), Err(Halt::Contract(_))));
}

#[test]
fn a_success_that_names_no_job_and_silence_leave_rows_in_doubt() {
    for strange in ["{}", r#"{"requestId":""}"#, r#"{"requestId":"../x"}"#, "<html>", "[]"] {
        let told = written(&ready().answers(answer(202, strange)), Operation::Upsert, &rows()).expect("a receipt");
        assert!(matches!((&told.receipt.all, &told.stop), (Outcome::Unknown(_), Some(Halt::Unavailable(_)))), "{strange} {told:?}");
    }
    let cut = written(&ready().fails(failure("egress-timeout", true)), Operation::Insert, &rows()).expect("a receipt");
    assert!(matches!(&cut.receipt.all, Outcome::Unknown(r) if r.code == code::DEST_TIMEOUT), "{cut:?}");
    let refused = written(
        &ready().answers(answer(400, r#"{"requestId":"r","resultMessages":[{"message":"no column"}]}"#)),
        Operation::Upsert,
        &rows(),
    );
    assert!(matches!(refused, Err(Halt::Config(_))), "{refused:?}");
}

#[test]
fn there_is_one_service() {
    let script = ready().service("contacts");
    assert!(matches!(script.call(MarketingCloud::setup), Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN));
    assert!(matches!(written(&script, Operation::Upsert, &rows()), Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN));
}
