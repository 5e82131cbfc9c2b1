use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null};
use sluice_sdk::{Destination, Outcome, PhysicalType};

use super::*;
use crate::MetaAds;

const LEA: &str = "46bfdba71662df379d9b923d4c4325fd2b379ac47dc949674619221bc4833955";
const FRANCE: &str = "67ad8f41a7bb0a18c45f3efd8f6a32bdcd832bcf8f3f2eb44006c03d53076e18";
/// The run's instant in scripts, in seconds.
const NOW_S: i64 = 1_760_000_000;

fn script() -> Script {
    Script::new().service("conversions").mode("append").settings(r#"{"pixel_id":"34"}"#).options("{}")
}

fn taken(events: usize) -> String {
    format!(r#"{{"events_received":{events},"messages":[],"fbtrace_id":"A"}}"#)
}

/// One event of somebody known by `em`; its source, its name and when it happened.
fn event(source: &str, name: &str, seconds: i64) -> Made {
    event_of(LEA.into(), source, name, seconds)
}

fn event_of(em: Input, source: &str, name: &str, seconds: i64) -> Made {
    Made::new()
        .column("event_name", PhysicalType::Utf8, [name.into()])
        .column("action_source", PhysicalType::Utf8, [source.into()])
        .column("event_time", PhysicalType::TimestampMicros, [(seconds * 1_000_000 + 999_999).into()])
        .attr("role", "event-time")
        .column("event_id", PhysicalType::Utf8, ["order-88123".into()])
        .attr("role", "event-id")
        .column("em", PhysicalType::Utf8, [em])
        .attr("role", "identifier")
        .attr("identifier", "em")
}

fn with(made: Made, name: &str, value: impl Into<Input>) -> Made {
    made.column(name, PhysicalType::Utf8, [value.into()])
}

/// Code and field of the refusal of the only event; nothing for one that is sent.
fn refused(made: &Made) -> Option<(String, Option<String>)> {
    let script = script().answers(answer(200, &taken(1)));
    let told = script.rows(Operation::Append, made, MetaAds::write).expect("told");
    let refusal = match &told.receipt.except[..] {
        [] => None,
        [(0, Outcome::Rejected(reason))] => Some((reason.code.clone(), reason.field.clone())),
        other => panic!("{other:?}"),
    };
    assert_eq!(script.requests().len(), usize::from(refusal.is_none()));
    refusal
}

fn why(code: &str, field: &str) -> Option<(String, Option<String>)> {
    Some((code.to_owned(), Some(field.to_owned())))
}

/// The example of the sheet.
#[test]
fn an_event_says_what_happened_to_whom_and_what_else_is_known() {
    let made = event("physical_store", "Purchase", NOW_S)
        .column("country", PhysicalType::Utf8, [FRANCE.into()])
        .column("value", PhysicalType::Float64, [89.9.into()])
        .column("currency", PhysicalType::Utf8, ["EUR".into()])
        .column("contents", PhysicalType::Json, [r#"[{"id":"A","quantity":2}]"#.into()])
        .column("shop", PhysicalType::Utf8, [null()])
        .column("opt_out", PhysicalType::Boolean, [false.into()])
        .column("client_user_agent", PhysicalType::Utf8, ["".into()]);
    let script = script().answers(answer(200, &taken(1)));
    let told = script.rows(Operation::Append, &made, MetaAds::write).expect("sent");
    assert_eq!((&told.receipt.all, told.receipt.unnamed), (&Outcome::Accepted, 0));
    let asked = &script.requests()[0];
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("POST", "https://graph.facebook.com/v25.0/34/events"));
    assert_eq!((asked.effect, asked.pace.len()), (Effect::Repeatable, 0));
    let event = json!({
        "event_name": "Purchase", "event_time": NOW_S, "action_source": "physical_store", "event_id": "order-88123", "opt_out": false,
        "user_data": { "em": LEA, "country": FRANCE },
        "custom_data": { "value": 89.9, "currency": "EUR", "contents": [{ "id": "A", "quantity": 2 }] },
    });
    assert_eq!(script.bodies(), [json!({ "data": [event] })]);
}

#[test]
fn options_go_with_the_request_and_with_each_event() {
    let script = script().options(r#"{"test_event_code":"TEST1","limited_data_use":true}"#).answers(answer(200, &taken(1)));
    script.rows(Operation::Append, &event("other", "Lead", NOW_S), MetaAds::write).expect("sent");
    let body = &script.bodies()[0];
    assert_eq!(body["test_event_code"], "TEST1");
    let event = &body["data"][0];
    assert_eq!(event["data_processing_options"], json!(["LDU"]));
    assert_eq!((&event["data_processing_options_country"], &event["data_processing_options_state"]), (&json!(0), &json!(0)));
    assert_eq!(event.get("custom_data"), None);
}

#[test]
fn an_event_is_not_older_than_meta_takes_from_its_source_nor_of_the_future() {
    for (source, oldest) in [("chat", 7 * 86_400), ("physical_store", 62 * 86_400)] {
        assert_eq!(refused(&event(source, "Lead", NOW_S - oldest)), None, "{source}");
        assert_eq!(refused(&event(source, "Lead", NOW_S - oldest - 1)), why(code::TOO_OLD, "event_time"), "{source}");
    }
    assert_eq!(refused(&event("chat", "Lead", NOW_S + 3600)), None);
    assert_eq!(refused(&event("chat", "Lead", NOW_S + 3600 + 1)), why(code::BAD_FORMAT, "event_time"));
}

#[test]
fn every_source_of_meta_is_known_and_no_other() {
    for source in SOURCES.iter().filter(|source| **source != "website") {
        assert_eq!(refused(&event(source, "Lead", NOW_S)), None, "{source}");
    }
    for source in ["", "Website", "web"] {
        assert_eq!(refused(&event(source, "Lead", NOW_S)), why(code::BAD_FORMAT, "action_source"), "{source}");
    }
    assert_eq!(refused(&event("chat", "", NOW_S)), why(code::BAD_FORMAT, "event_name"));
}

#[test]
fn an_event_of_a_website_has_its_page_and_its_browser() {
    let made = || event("website", "PageView", NOW_S);
    assert_eq!(refused(&made()), why(code::BAD_FORMAT, "event_source_url"));
    let paged = || with(made(), "event_source_url", "https://shop.example/a");
    assert_eq!(refused(&paged()), why(code::BAD_FORMAT, "client_user_agent"));
    assert_eq!(refused(&with(paged(), "client_user_agent", null())), why(code::BAD_FORMAT, "client_user_agent"));
    assert_eq!(refused(&with(paged(), "client_user_agent", "Mozilla/5.0")), None);
}

#[test]
fn a_purchase_has_a_value_and_a_currency() {
    let made = || event("chat", "Purchase", NOW_S);
    let worth = |made: Made, value: Input| made.column("value", PhysicalType::Float64, [value]);
    assert_eq!(refused(&with(made(), "currency", "EUR")), why(code::BAD_FORMAT, "value"));
    assert_eq!(refused(&worth(with(made(), "currency", "EUR"), null())), why(code::BAD_FORMAT, "value"));
    assert_eq!(refused(&worth(with(made(), "currency", "EUR"), f64::INFINITY.into())), why(code::BAD_FORMAT, "value"));
    assert_eq!(refused(&worth(made(), 1.0.into())), why(code::BAD_FORMAT, "currency"));
    for (currency, good) in [("EUR", true), ("eur", false), ("EURO", false), ("", false)] {
        let told = refused(&worth(with(made(), "currency", currency), 0.0.into()));
        assert_eq!(told.is_none(), good, "{currency}");
    }
    // Other events need neither, but what they say of one is looked at too.
    assert_eq!(refused(&event("chat", "Lead", NOW_S)), None);
    assert_eq!(refused(&with(event("chat", "Lead", NOW_S), "currency", "euro")), why(code::BAD_FORMAT, "currency"));
}

#[test]
fn an_event_of_nobody_and_a_person_who_is_not_hashed_are_not_sent() {
    let nobody = with(event_of(absent(), "chat", "Lead", NOW_S), "fn", LEA);
    assert_eq!(refused(&nobody), Some((code::NO_IDENTIFIER.to_owned(), None)));
    for name in HASHED.iter().filter(|name| **name != "em") {
        assert_eq!(refused(&with(event("chat", "Lead", NOW_S), name, "plain")), why(code::BAD_FORMAT, name), "{name}");
        assert_eq!(refused(&with(event("chat", "Lead", NOW_S), name, LEA)), None, "{name}");
    }
    for name in PLAIN {
        assert_eq!(refused(&with(event("chat", "Lead", NOW_S), name, "plain \"x\"")), None, "{name}");
    }
}

#[test]
fn one_bad_event_spoils_its_request_which_is_for_the_host_to_halve() {
    let refusal = r#"{"error":{"code":100,"error_subcode":2804003,"error_user_title":"Event Timestamp Too Old"}}"#;
    let script = script().answers(answer(400, refusal));
    let told = script.rows(Operation::Append, &event("chat", "Lead", NOW_S), MetaAds::write).expect("told");
    assert!(matches!(&told.receipt.all, Outcome::Rejected(r) if r.vendor_code.as_deref() == Some("100/2804003")), "{told:?}");
    assert!(told.receipt.attrs.contains(&("scope".to_owned(), "batch".to_owned())));
}

#[test]
fn a_mapping_without_what_every_event_has_is_the_operators_to_mend() {
    let made = event("chat", "Lead", NOW_S);
    for gone in ["event_name", "action_source", "event_time"] {
        let at = made.schema.iter().position(|field| field.name == gone).expect("mapped");
        let mut less = made.clone();
        less.schema.remove(at);
        less.batch.columns.remove(at);
        let told = script().rows(Operation::Append, &less, MetaAds::write);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.message.contains(gone)), "{told:?}");
    }
    assert!(matches!(script().rows(Operation::Upsert, &made, MetaAds::write), Err(Halt::Config(_))));
}
