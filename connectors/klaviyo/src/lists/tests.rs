use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Rows as Made, Script, answer};
use sluice_sdk::{Destination, PhysicalType, code};

use super::*;
use crate::Klaviyo;

fn script(options: &str) -> Script {
    Script::new().service("lists").mode("list").options(options).keep(b"Y6nRLr")
}

fn people() -> Made {
    let emails = ["a@x.example".into(), "new@x.example".into(), "bad@".into(), "A@x.example".into()];
    Made::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier").attr("identifier", "email")
}

fn lists(names: &[(&str, &str)]) -> String {
    let list = |(id, name): &(&str, &str)| json!({ "type": "list", "id": id, "attributes": { "name": name } });
    json!({ "data": names.iter().map(list).collect::<Vec<_>>(), "links": { "self": "x", "next": null } }).to_string()
}

const FOUND: &str = r#"{"data":[{"type":"profile","id":"01A","attributes":{"email":"a@x.example"}}],"links":{"next":null}}"#;
const VIP: &str = r#"{"list":"VIP FR"}"#;
const KNOWN_ONLY: &str = r#"{"list":"VIP FR","create_profiles":false}"#;

#[test]
fn a_list_is_found_by_its_name_or_made_once() {
    let found = script(VIP).answers(answer(200, &lists(&[("Abc123", "VIP FR"), ("Def456", "VIP FR 2")])));
    assert_eq!(found.call(Klaviyo::setup), Ok(b"Abc123".to_vec()));
    let asked = "https://a.klaviyo.com/api/lists?fields[list]=name&filter=equals%28name%2C%22VIP%20FR%22%29";
    assert_eq!(found.requests()[0].url, asked);
    let made = r#"{"data":{"type":"list","id":"New123","attributes":{"name":"VIP FR"}}}"#;
    let fresh = script(VIP).answers(answer(200, &lists(&[]))).answers(answer(201, made));
    assert_eq!(fresh.call(Klaviyo::setup), Ok(b"New123".to_vec()));
    assert_eq!(fresh.bodies()[1], json!({ "data": { "type": "list", "attributes": { "name": "VIP FR" } } }));
    assert_eq!(fresh.requests()[1].effect, Effect::Once);
    assert_eq!(Script::new().service("contacts").call(Klaviyo::setup), Ok(Vec::new()));
}

#[test]
fn a_list_that_cannot_be_told_or_made_stops_the_first_run() {
    let twins = script(VIP).answers(answer(200, &lists(&[("Abc123", "VIP FR"), ("Def456", "VIP FR")])));
    assert!(matches!(twins.call(Klaviyo::setup), Err(Halt::Config(r)) if r.field.as_deref() == Some("list")));
    for (reply, wanted) in [
        (answer(200, "{}"), "unavailable"),
        (answer(201, "{}"), "unavailable"),
        (answer(201, "<html>"), "unavailable"),
        (answer(500, ""), "unavailable"),
        (answer(429, "").with_header("retry-after", "67608"), "throttled"),
        (answer(403, "{}"), "config"),
    ] {
        let script = script(VIP).answers(answer(200, &lists(&[]))).answers(reply);
        let told = match script.call(Klaviyo::setup) {
            Err(Halt::Unavailable(_)) => "unavailable",
            Err(Halt::Throttled(reason)) if reason.after_ms == Some(67_608_000) => "throttled",
            Err(Halt::Config(reason)) if reason.code == code::DEST_PERMISSION => "config",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, wanted);
    }
}

#[test]
fn members_are_added_by_an_import_that_makes_whom_klaviyo_does_not_know() {
    let taken = r#"{"data":{"type":"profile-bulk-import-job","id":"J1","attributes":{"status":"queued"}}}"#;
    let script = script(VIP).answers(answer(202, taken));
    let told = script.rows(Operation::Add, &people(), Klaviyo::write).expect("sent");
    assert_eq!((told.receipt.all, told.later.is_some()), (Outcome::Pending, true));
    let data = &script.bodies()[0]["data"];
    assert_eq!(data["relationships"], json!({ "lists": { "data": [{ "type": "list", "id": "Y6nRLr" }] } }));
    assert_eq!(data["attributes"]["profiles"]["data"].as_array().map(Vec::len), Some(2));
}

#[test]
fn members_are_removed_and_added_without_making_anybody_by_klaviyos_own_ids() {
    for (operation, options, method) in [(Operation::Remove, VIP, "DELETE"), (Operation::Add, KNOWN_ONLY, "POST")] {
        let script = script(options).answers(answer(200, FOUND)).answers(answer(204, ""));
        let told = script.rows(operation, &people(), Klaviyo::write).expect("sent");
        assert_eq!(told.receipt.all, Outcome::Accepted);
        let except: Vec<_> =
            told.receipt.except.iter().map(|(row, outcome)| (*row, matches!(outcome, Outcome::Skipped(_)))).collect();
        // Who is not there has left; who cannot be named is told in both cases.
        assert_eq!(except, if method == "POST" { vec![(1, true), (2, false)] } else { vec![(2, false)] }, "{method}");
        let sent = &script.requests()[1];
        let url = "https://a.klaviyo.com/api/lists/Y6nRLr/relationships/profiles";
        assert_eq!((sent.method.as_str(), sent.url.as_str(), sent.effect), (method, url, Effect::Repeatable));
        assert_eq!(script.bodies()[1], json!({ "data": [{ "type": "profile", "id": "01A" }] }));
    }
}

#[test]
fn only_klaviyos_own_success_counts_for_members() {
    for reply in [answer(200, "{}"), answer(202, ""), answer(204, "<html>")] {
        let script = script(VIP).answers(answer(200, FOUND)).answers(reply);
        let told = script.rows(Operation::Remove, &people(), Klaviyo::write).expect("a receipt");
        assert!(matches!(told.receipt.all, Outcome::Unknown(_)) && told.stop.is_some(), "{told:?}");
    }
    let gone = script(VIP).answers(answer(200, FOUND)).answers(answer(404, "{}"));
    assert!(matches!(gone.rows(Operation::Remove, &people(), Klaviyo::write), Err(Halt::Missing(_))));
}

#[test]
fn what_is_no_list_and_no_operation_of_lists_is_refused() {
    let dry = script(VIP).keep(b"").answers(answer(200, FOUND)).answers(answer(204, ""));
    dry.rows(Operation::Remove, &people(), Klaviyo::write).expect("a dry run");
    assert!(dry.requests()[1].url.contains("/lists/0/"));
    for kept in [&b"a/b"[..], b"\xff", b"a\"b"] {
        let told = script(VIP).keep(kept).rows(Operation::Add, &people(), Klaviyo::write);
        assert!(matches!(told, Err(Halt::Contract(_))), "{told:?}");
    }
    let told = script(VIP).rows(Operation::Upsert, &people(), Klaviyo::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{told:?}");
}
