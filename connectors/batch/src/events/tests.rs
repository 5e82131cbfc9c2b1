use sluice_sdk::limits::AHEAD_MS_MAX;
use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null};
use sluice_sdk::{Destination, Outcome, PhysicalType, code};

use super::*;
use crate::Batch;

const SUCCESS: &str = r#"{"code":"SUCCESS"}"#;
/// The script's `now_ms`.
const NOW_MS: i64 = 1_760_000_000_000;

fn script() -> Script {
    Script::new().service("events").mode("append").settings(r#"{"project_key":"project_1"}"#)
}

fn named<const N: usize>(ids: [&str; N], names: [Input; N]) -> Made {
    let made = Made::new().column("custom_id", PhysicalType::Utf8, ids.map(Input::from)).attr("role", "identifier");
    made.attr("identifier", "custom_id").column("name", PhysicalType::Utf8, names)
}

fn write(script: &Script, made: &Made) -> Vec<(u32, String)> {
    let told = script.rows(Operation::Append, made, Batch::write).expect("a receipt");
    let word = |outcome: Outcome| match outcome {
        Outcome::Rejected(reason) => format!("rejected {} {}", reason.code, reason.field.unwrap_or_default()),
        Outcome::Retry(reason) => format!("retry {}", reason.code),
        other => panic!("{other:?}"),
    };
    told.receipt.except.into_iter().map(|(row, outcome)| (row, word(outcome))).collect()
}

#[test]
fn events_of_one_user_stand_together() {
    let made = named(["C-1", "C-2", "C-1"], ["order_placed".into(), "visit".into(), "visit".into()])
        .column("time", PhysicalType::TimestampMicros, [(NOW_MS * 1000).into(), null(), absent()])
        .attr("role", "event-time")
        .column("$label", PhysicalType::Utf8, ["web".into(), null(), absent()])
        .column("amount", PhysicalType::Float64, [59.9.into(), null(), absent()])
        .column("items", PhysicalType::Json, [r#"[{"sku":"TS-1","qty":2}]"#.into(), null(), absent()]);
    let script = script().answers(answer(202, SUCCESS));
    assert_eq!(write(&script, &made), []);
    let order = json!({
        "name": "order_placed", "time": "2025-10-09T08:53:20Z",
        "attributes": { "$label": "web", "amount": 59.9, "items": [{ "sku": "TS-1", "qty": 2 }] },
    });
    let visit = json!({ "name": "visit", "attributes": {} });
    let operation = |id: &str, events: Vec<&Json>| json!({ "identifiers": { "custom_id": id }, "events": events });
    assert_eq!(script.bodies(), [json!([operation("C-1", vec![&order, &visit]), operation("C-2", vec![&visit])])]);
    let sent = &script.requests()[0];
    assert_eq!((sent.url.as_str(), sent.effect), ("https://api.batch.com/2.11/profiles/update", Effect::Once));
    assert_eq!((&sent.pace[..], &sent.attrs[..]), (&["profile-updates".to_owned()][..], &[("rows".into(), "2".into())][..]));
}

#[test]
fn the_sixteenth_event_of_a_user_follows_in_another_call() {
    let made = named(["C-1"; 17], [(); 17].map(|()| "visit".into()));
    let script = script().answers(answer(202, SUCCESS));
    let later = "retry dest-batch-too-large".to_owned();
    assert_eq!(write(&script, &made), [(15, later.clone()), (16, later)]);
    assert_eq!(script.bodies()[0][0]["events"].as_array().map(Vec::len), Some(15));
}

#[test]
fn names_are_checked_before_anything_is_sent() {
    let longest = "a".repeat(30);
    let names = ["order_placed_2", &longest, "", "Order", "order-placed", "commandé", "a b"];
    let too_long = "a".repeat(31);
    let made = named(["1", "2", "3", "4", "5", "6", "7", "8", "9"], {
        let [a, b, c, d, e, f, g] = names.map(Input::from);
        [a, b, c, d, e, f, g, too_long.as_str().into(), null()]
    });
    let script = script().answers(answer(202, SUCCESS));
    let wanted: Vec<_> = (2..9).map(|row| (row, "rejected bad-format name".to_owned())).collect();
    assert_eq!(write(&script, &made), wanted);
    assert_eq!(script.bodies()[0].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_event_is_of_the_last_day() {
    let at = |ms: i64| Input::Int(ms * 1000);
    let (oldest, newest) = (NOW_MS - WINDOW.age_ms_max, NOW_MS + AHEAD_MS_MAX);
    let made = named(["1", "2", "3", "4"], [(); 4].map(|()| "visit".into()))
        .column("time", PhysicalType::TimestampMicros, [at(oldest), at(oldest - 1), at(newest), at(newest + 1)])
        .attr("role", "event-time");
    let script = script().answers(answer(202, SUCCESS));
    assert_eq!(write(&script, &made), [(1, "rejected too-old time".into()), (3, "rejected bad-format time".into())]);
    assert_eq!(oldest, NOW_MS - 86_100_000, "23 hours and 55 minutes");
}

#[test]
fn an_event_needs_a_name_and_is_only_appended() {
    let nameless = Made::new().column("custom_id", PhysicalType::Utf8, ["1".into()]).attr("role", "identifier");
    let told = script().rows(Operation::Append, &nameless, Batch::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.message.contains("`name`")), "{told:?}");
    let told = script().rows(Operation::Upsert, &named(["1"], ["visit".into()]), Batch::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{told:?}");
}
