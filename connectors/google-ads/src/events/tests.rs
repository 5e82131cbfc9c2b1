use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null};
use sluice_sdk::{Destination, PhysicalType, code};

use super::*;
use crate::GoogleAds;

const MAIL: &str = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
/// Two days before the script's frozen instant, in microseconds.
const THEN: i64 = 1_760_000_000_000_000 - 2 * 86_400_000_000;
const DAY: i64 = 86_400_000_000;

fn script(service: &str, options: &str) -> Script {
    let settings = r#"{"customer_id":"1234567890","sign_in":"oauth"}"#;
    let options = format!(r#"{{"conversion_action_id":"7001112223"{options}}}"#);
    let script = Script::new().service(service).mode("append").settings(settings).options(&options);
    script.answers(answer(200, r#"{"requestId":"r-1"}"#))
}

/// Events of these transaction ids and times.
fn events<const N: usize>(ids: [Input; N], times: [Input; N]) -> Made {
    let made = Made::new().column("transactionId", PhysicalType::Utf8, ids).attr("role", "event-id");
    made.column("eventTimestamp", PhysicalType::TimestampMicros, times).attr("role", "event-time")
}

fn one() -> Made {
    events(["ORD-1".into()], [THEN.into()])
}

fn by(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn text(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values)
}

fn sent(script: &Script, made: &Made) -> (Json, Vec<(u32, Outcome)>) {
    let told = script.rows(Operation::Append, made, GoogleAds::write).expect("sent");
    (script.bodies().first().cloned().unwrap_or_default(), told.receipt.except)
}

/// Code and field of the only row, which is refused.
fn refused(service: &str, made: &Made) -> (String, Option<String>) {
    let script = script(service, "");
    match &sent(&script, made).1[..] {
        [(0, Outcome::Rejected(reason))] => {
            assert!(script.requests().is_empty());
            (reason.code.clone(), reason.field.clone())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_conversion_has_everything_that_is_mapped_of_it() {
    let made = by(by(one(), "emailAddress", [MAIL.into()]), "gclid", ["Cj0K".into()]);
    let made = made.column("conversionValue", PhysicalType::Float64, [129.9.into()]);
    let made = text(text(made, "currency", ["EUR".into()]), "eventSource", ["IN_STORE".into()]);
    let made =
        text(text(made, "eventDeviceInfo.userAgent", ["UA".into()]), "landingPageDeviceInfo.ipAddress", ["192.0.2.1".into()]);
    let made = text(text(made, "adIdentifiers.sessionAttributes", ["abc".into()]), "userProperties.customerType", ["NEW".into()]);
    let made = made.column("cartData", PhysicalType::Json, [r#"{"items":[{"quantity":"1"}]}"#.into()]);
    let made = text(text(made, "plan", ["gold".into()]), "region", [null()]);
    let made = made.column("adUserData", PhysicalType::Boolean, [true.into()]);
    let script = script("click-conversions", r#","event_source":"WEB","ad_personalization":"denied""#);
    let (body, except) = sent(&script, &made);
    assert_eq!(except, []);
    assert_eq!(
        body,
        json!({
            "destinations": [{ "operatingAccount": { "accountType": "GOOGLE_ADS", "accountId": "1234567890" }, "productDestinationId": "7001112223" }],
            "encoding": "HEX",
            "consent": { "adPersonalization": "CONSENT_DENIED" },
            "events": [{
                "transactionId": "ORD-1", "eventTimestamp": "2025-10-07T08:53:20Z", "eventSource": "IN_STORE",
                "conversionValue": 129.9, "currency": "EUR", "cartData": { "items": [{ "quantity": "1" }] },
                "userData": { "userIdentifiers": [{ "emailAddress": MAIL }] },
                "adIdentifiers": { "gclid": "Cj0K", "sessionAttributes": "abc", "landingPageDeviceInfo": { "ipAddress": "192.0.2.1" } },
                "eventDeviceInfo": { "userAgent": "UA" },
                "userProperties": { "customerType": "NEW" },
                "customVariables": [{ "variable": "plan", "value": "gold" }],
                "consent": { "adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED" },
            }],
        })
    );
    assert_eq!(script.requests()[0].url, "https://datamanager.googleapis.com/v1/events:ingest");
}

#[test]
fn what_is_not_there_is_not_mentioned() {
    let made = text(text(by(one(), "wbraid", ["w".into()]), "eventDeviceInfo.userAgent", [absent()]), "plan", [absent()]);
    let (body, _) = sent(&script("click-conversions", r#","event_source":"WEB""#), &made);
    let event = json!({ "transactionId": "ORD-1", "eventTimestamp": "2025-10-07T08:53:20Z", "eventSource": "WEB", "adIdentifiers": { "wbraid": "w" } });
    assert_eq!(body["events"], json!([event]));
}

#[test]
fn each_service_asks_for_what_its_conversions_are_known_by() {
    let nobody = (code::NO_IDENTIFIER.to_owned(), Some("emailAddress".to_owned()));
    let (mail, click) = (
        |cell: Input| by(one(), "emailAddress", [cell]),
        |cell: Input, click: Input| by(by(one(), "emailAddress", [cell]), "gclid", [click]),
    );
    assert_eq!(refused("enhanced-conversions-web", &click(null(), "Cj".into())), nobody, "a click alone enhances nothing");
    assert_eq!(refused("click-conversions", &click(null(), "".into())), nobody);
    for (service, made) in [
        ("enhanced-conversions-web", mail(MAIL.into())),
        ("click-conversions", mail(MAIL.into())),
        ("click-conversions", click(null(), "Cj".into())),
    ] {
        assert_eq!(sent(&script(service, ""), &made).1, [], "{service}");
    }
    let both = by(by(one(), "gbraid", ["g".into()]), "wbraid", ["w".into()]);
    assert_eq!(refused("click-conversions", &both), (code::BAD_FORMAT.to_owned(), Some("wbraid".to_owned())));
    assert_eq!(sent(&script("click-conversions", ""), &by(by(one(), "gbraid", ["g".into()]), "gclid", ["c".into()])).1, []);
}

/// "DM rejects a purely numeric transactionId with a bare 400" (observed 2026-08-18).
#[test]
fn ids_of_digits_alone_are_refused_before_they_spoil_a_request() {
    let made = events(["100234".into(), "".into(), null(), "ORD-1".into(), "1-2".into()], [(); 5].map(|()| THEN.into()));
    let script = script("click-conversions", "");
    let (body, except) = sent(&script, &by(made, "gclid", [(); 5].map(|()| "Cj".into())));
    let ids: Vec<_> = body["events"].as_array().expect("events").iter().map(|e| &e["transactionId"]).collect();
    assert_eq!(ids, ["ORD-1", "1-2"]);
    assert!(except.iter().map(|(row, _)| *row).eq([0, 1, 2]), "{except:?}");
    let fits = |o: &Outcome| matches!(o, Outcome::Rejected(r) if r.code == code::BAD_FORMAT && r.field.as_deref() == Some("transactionId"));
    assert!(except.iter().all(|(_, outcome)| fits(outcome)));
    assert!(matches!(&except[0].1, Outcome::Rejected(r) if r.message.contains("put letters in front")));
}

#[test]
fn values_that_no_conversion_has_are_refused_by_name() {
    let known = || by(one(), "gclid", ["Cj".into()]);
    let bad = |field: &str| (code::BAD_FORMAT.to_owned(), Some(field.to_owned()));
    let service = "click-conversions";
    for currency in ["EURO", "eur", "E1R", ""] {
        assert_eq!(refused(service, &text(known(), "currency", [currency.into()])), bad("currency"), "{currency:?}");
    }
    assert_eq!(refused(service, &known().column("cartData", PhysicalType::Json, ["[]".into()])), bad("cartData"));
    assert_eq!(
        refused(service, &known().column("conversionValue", PhysicalType::Float64, [f64::NAN.into()])),
        bad("conversionValue")
    );
    assert_eq!(refused(service, &by(events(["ORD-1".into()], [null()]), "gclid", ["Cj".into()])), bad("eventTimestamp"));
}

#[test]
fn an_adjustment_has_a_value_and_the_right_age() {
    let times = [THEN, THEN + DAY + 1000, THEN - 52 * DAY, THEN - 52 * DAY - 1000, THEN, THEN];
    let made = events([(); 6].map(|()| "ORD-1".into()), times.map(Into::into));
    let made = by(made, "gclid", [(); 6].map(|()| "Cj".into()));
    let value = |value: Input| {
        made.clone().column("conversionValue", PhysicalType::Float64, [(); 5].map(|()| 70.0.into()).into_iter().chain([value]))
    };
    let made = text(value(null()), "currency", ["EUR".into(), "EUR".into(), "EUR".into(), "EUR".into(), null(), "EUR".into()]);
    let (body, except) = sent(&script("adjustments", ""), &made);
    assert_eq!(body["events"].as_array().map(Vec::len), Some(2), "the first and the one that is 54 days old");
    let told: Vec<String> = except
        .iter()
        .map(|(row, outcome)| match outcome {
            Outcome::Retry(reason) => format!("{row} retry {}", reason.at_ms.expect("when")),
            Outcome::Rejected(reason) => format!("{row} {}", reason.code),
            other => panic!("{other:?}"),
        })
        .collect();
    // At the earliest a day after the conversion.
    assert_eq!(told, ["1 retry 1760000000001", "3 too-old", "4 bad-format", "5 bad-format"]);
    // The age of what is no adjustment is Google's to judge.
    let old = by(events(["ORD-1".into()], [(THEN - 99 * DAY).into()]), "gclid", ["Cj".into()]);
    assert_eq!(sent(&script("click-conversions", ""), &old).1, []);
}

#[test]
fn what_every_event_needs_must_be_mapped() {
    let known = by(Made::new(), "gclid", ["Cj".into()]);
    let timed = by(one(), "gclid", ["Cj".into()]);
    let no_id = known.clone().column("eventTimestamp", PhysicalType::TimestampMicros, [THEN.into()]).attr("role", "event-time");
    for (service, made, name) in [
        ("click-conversions", &known, "transactionId"),
        ("click-conversions", &no_id, "transactionId"),
        ("click-conversions", &text(known.clone(), "transactionId", ["ORD-1".into()]), "eventTimestamp"),
        ("adjustments", &timed, "conversionValue"),
    ] {
        let script = script(service, "");
        let told = script.rows(Operation::Append, made, GoogleAds::write);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.message.contains(name)), "{service} {told:?}");
    }
    let told = script("adjustments", "").rows(Operation::Upsert, &timed, GoogleAds::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{told:?}");
}
