use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, answer, null};
use sluice_sdk::{Destination, PhysicalType, code};

use super::*;
use crate::Klaviyo;

/// The frozen instant of the script, in microseconds.
const NOW: i64 = 1_760_000_000_000_000;

fn script(options: &str) -> Script {
    Script::new().service("subscriptions").mode("list").options(options).keep(b"Y6nRLr")
}

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn add(script: &Script, made: &Made) -> Result<Written, Halt> {
    script.rows(Operation::Add, made, Klaviyo::write)
}

const NEWS: &str = r#"{"list":"News"}"#;
const PAST: &str = r#"{"list":"News","historical_import":true,"custom_source":"Shop"}"#;

fn list() -> Json {
    json!({ "list": { "data": { "type": "list", "id": "Y6nRLr" } } })
}

#[test]
fn an_address_subscribes_to_mail_and_a_number_to_messages() {
    for (name, value, channel) in [("email", "a@x.example", "email"), ("phone_number", "+33612345678", "sms")] {
        let script = script(NEWS).answers(answer(202, ""));
        let told = add(&script, &by(name, [value.into(), "bad".into()])).expect("sent");
        assert_eq!((told.receipt.all, told.receipt.except.len(), told.later), (Outcome::Accepted, 1, None));
        let profile = json!({ "type": "profile", "attributes": { name: value, "subscriptions": { channel: { "marketing": { "consent": "SUBSCRIBED" } } } } });
        let attributes = json!({ "profiles": { "data": [profile] } });
        let data = json!({ "type": "profile-subscription-bulk-create-job", "relationships": list(), "attributes": attributes });
        assert_eq!(script.bodies(), [json!({ "data": data })]);
        assert!(script.requests()[0].url.ends_with("/api/profile-subscription-bulk-create-jobs"));
    }
}

#[test]
fn consents_of_the_past_have_their_time_and_it_is_past() {
    let times = [(NOW - 1).into(), NOW.into(), null()];
    let made = by("email", ["a@x.example".into(), "b@x.example".into(), "c@x.example".into()]).column(
        "consented_at",
        PhysicalType::TimestampMicros,
        times,
    );
    let script_ = script(PAST).answers(answer(202, ""));
    let told = add(&script_, &made).expect("sent");
    let refused = |at: u32| {
        told.receipt
            .except
            .iter()
            .any(|(row, o)| *row == at && matches!(o, Outcome::Rejected(r) if r.field.as_deref() == Some("consented_at")))
    };
    assert!(refused(1) && refused(2) && told.receipt.except.len() == 2, "{told:?}");
    let attributes = &script_.bodies()[0]["data"]["attributes"];
    assert_eq!((&attributes["custom_source"], &attributes["historical_import"]), (&json!("Shop"), &json!(true)));
    let marketing = &attributes["profiles"]["data"][0]["attributes"]["subscriptions"]["email"]["marketing"];
    assert_eq!(marketing, &json!({ "consent": "SUBSCRIBED", "consented_at": "2025-10-09T08:53:19.999999Z" }));
    // Either without the other is a mistake of the activation.
    for (options, made) in [(NEWS, made), (PAST, by("email", ["a@x.example".into()]))] {
        let script = script(options);
        let told = add(&script, &made);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("historical_import")), "{told:?}");
        assert_eq!(script.requests().len(), 0);
    }
}

#[test]
fn nobody_is_unsubscribed_who_is_not_on_the_list() {
    let on_it = r#"{"data":[{"type":"profile","id":"01A","attributes":{"email":"a@x.example"}}],"links":{}}"#;
    let made = by("email", ["a@x.example".into(), "elsewhere@x.example".into(), "bad".into()]);
    let script_ = script(NEWS).answers(answer(200, on_it)).answers(answer(202, ""));
    let told = script_.rows(Operation::Remove, &made, Klaviyo::write).expect("sent");
    assert_eq!((told.receipt.all, told.receipt.except.len()), (Outcome::Accepted, 1), "the one who cannot be named");
    assert!(script_.requests()[0].url.starts_with("https://a.klaviyo.com/api/lists/Y6nRLr/profiles?"));
    let data = &script_.bodies()[1]["data"];
    let profile = json!({ "type": "profile", "attributes": { "email": "a@x.example", "subscriptions": { "email": { "marketing": { "consent": "UNSUBSCRIBED" } } } } });
    assert_eq!((&data["attributes"]["profiles"]["data"], &data["relationships"]), (&json!([profile]), &list()));
    assert_eq!(data["type"], "profile-subscription-bulk-delete-job");
    let nobody = script(NEWS).answers(answer(200, r#"{"data":[],"links":{}}"#));
    let told = nobody.rows(Operation::Remove, &made, Klaviyo::write).expect("nothing to send");
    assert_eq!((told.receipt.all, nobody.requests().len()), (Outcome::Accepted, 1));
    let unclear = script(NEWS).answers(answer(200, "{}"));
    assert!(matches!(unclear.rows(Operation::Remove, &made, Klaviyo::write), Err(Halt::Unavailable(_))));
}

#[test]
fn both_sides_of_what_one_job_unsubscribes() {
    for (count, fits) in [(UNSUBSCRIBED_MAX, true), (UNSUBSCRIBED_MAX + 1, false)] {
        let made = by("email", (0..count).map(|n| Input::Text(format!("{n}@x.example"))));
        let script = script(NEWS).answers(answer(200, r#"{"data":[],"links":{}}"#));
        let told = script.rows(Operation::Remove, &made, Klaviyo::write);
        assert!(told.is_ok() == fits, "{told:?}");
        assert!(fits || matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(100)), "{told:?}");
    }
}

#[test]
fn a_gone_list_and_a_foreign_success_are_told_from_an_acceptance() {
    let gone =
        r#"{"errors":[{"code":"invalid","detail":"List not found","source":{"pointer":"/data/relationships/list/data/id"}}]}"#;
    let made = || by("email", ["a@x.example".into()]);
    assert!(matches!(add(&script(NEWS).answers(answer(400, gone)), &made()), Err(Halt::Config(_))));
    let told = add(&script(NEWS).answers(answer(200, "{}")), &made()).expect("a receipt");
    assert!(matches!(told.receipt.all, Outcome::Unknown(_)) && told.stop.is_some());
    let backdated = r#"{"errors":[{"code":"invalid","detail":"","source":{"pointer":"/data/attributes/profiles/data/0/attributes/subscriptions/email/marketing/consented_at"}}]}"#;
    let told = add(&script(NEWS).answers(answer(400, backdated)), &made()).expect("a receipt");
    assert!(matches!(&told.receipt.except[..], [(0, Outcome::Rejected(r))] if r.code == code::DEST_FIELD_INVALID), "{told:?}");
}

#[test]
fn people_are_subscribed_by_address_or_number_alone() {
    for name in ["external_id", "id"] {
        let told = add(&script(NEWS), &by(name, ["x".into()]));
        assert!(matches!(told, Err(Halt::Config(_))), "{told:?}");
    }
    let told = script(NEWS).rows(Operation::Upsert, &by("email", ["a@x.example".into()]), Klaviyo::write);
    assert!(matches!(told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED));
}
