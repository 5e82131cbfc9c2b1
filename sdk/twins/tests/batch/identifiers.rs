//! Whom an operation names (*Synchronize profiles*, `identifiers`).

use serde_json::{Value, json};

use crate::client::{Bench, UPDATE, people};

const MALFORMED: &str = "MALFORMED_PARAMETER";
const MISSING: &str = "MISSING_PARAMETER";

fn installation(id: &str) -> Value {
    json!({ "installation": { "apikey": "app-of-the-twin", "installation_id": id } })
}

/// "exactly one of the two identifier kinds"; custom id "1-512 chars (third party)". The whole call is refused.
#[tokio::test]
async fn an_operation_that_names_nobody_refuses_the_call() {
    let bench = Bench::start().await;
    for (operation, code) in [
        (json!({}), MISSING),
        (json!({ "identifiers": {} }), MISSING),
        (json!({ "identifiers": [] }), MALFORMED),
        (json!({ "identifiers": null }), MALFORMED),
        (json!({ "identifiers": { "custom_id": "" } }), MALFORMED),
        (json!({ "identifiers": { "custom_id": 7 } }), MALFORMED),
        (json!({ "identifiers": { "custom_id": null } }), MALFORMED),
        (json!({ "identifiers": { "custom_id": "é".repeat(513) } }), MALFORMED),
        (json!({ "identifiers": { "email": "lea@example.org" } }), MISSING),
        (json!({ "identifiers": { "custom_id": "C-1", "installation": installation("i")["installation"] } }), MALFORMED),
        (json!({ "identifiers": { "installation": "i" } }), MALFORMED),
        (json!({ "identifiers": { "installation": { "apikey": "a" } } }), MALFORMED),
        (json!({ "identifiers": { "installation": { "apikey": "", "installation_id": "i" } } }), MALFORMED),
    ] {
        let call = json!([people(1)[0], operation]);
        assert_eq!(bench.code(UPDATE, &call).await, (400, code.to_owned()), "{operation}");
    }
    assert_eq!(bench.count(), 0, "the first operation is not applied either");
    let longest = "é".repeat(512);
    assert_eq!(bench.lost(json!([{ "identifiers": { "custom_id": longest } }])).await, [] as [Value; 0]);
    assert!(bench.twin.profile(&longest).is_some());
}

/// "case-sensitive"; "an unknown custom_id creates the profile".
#[tokio::test]
async fn a_custom_id_is_kept_exactly() {
    let bench = Bench::start().await;
    for id in ["C-1", "c-1", " C-1", "C-1"] {
        bench.lost(json!([{ "identifiers": { "custom_id": id }, "attributes": { "seen": id } }])).await;
    }
    assert_eq!(bench.count(), 3);
    assert_eq!(bench.attributes("c-1"), json!({ "seen": "c-1" }));
    let profile = bench.twin.profile("C-1").unwrap();
    assert_eq!((profile.created_by, profile.updated_by, profile.writes), (1, 4, 2));
}

/// "Targeting by installation never creates a profile"; "native e-mail/phone attributes are dropped silently with it".
#[tokio::test]
async fn an_installation_is_written_to_when_it_is_known() {
    let bench = Bench::start().await;
    let known = json!([
        { "apikey": "app-of-the-twin", "installation_id": "lea", "custom_id": "C-1" },
        { "apikey": "app-of-the-twin", "installation_id": "nobody" },
    ]);
    assert_eq!(bench.twin.seed("installations", known), Ok(2));
    let attributes = json!({ "$email_address": "lea@example.org", "$phone_number": "no phone", "$sms_marketing": "subscribed",
        "$email_marketing": null, "$language": "fr", "rank": 1 });
    let operation = |id| json!({ "identifiers": installation(id), "attributes": attributes });
    assert_eq!(bench.lost(json!([operation("lea"), operation("nobody"), operation("unknown")])).await, [] as [Value; 0]);
    let written = json!({ "$language": "fr", "rank": 1 });
    assert_eq!(bench.attributes("C-1"), written);
    let state = bench.twin.state();
    let all: Vec<_> = state.attributes().into_iter().map(|(key, found)| (key, json!(found))).collect();
    assert_eq!(all, [("C-1".to_owned(), written.clone()), ("installation:app-of-the-twin:nobody".to_owned(), written)]);
    let tally = bench.twin.log().entries()[0].tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored, tally.refused), (3, 2, 1, 0));
    let warned = bench.warnings();
    assert_eq!(warned.len(), 12);
    assert_eq!(warned[0], ("contact-for-installation", "[0].attributes.$email_address".to_owned()));
}

/// An installation of a person who logs in elsewhere goes over to him.
#[tokio::test]
async fn an_installation_belongs_to_one_person() {
    let bench = Bench::start().await;
    for id in ["C-1", "C-2"] {
        let seed = json!([{ "apikey": "a", "installation_id": "i", "custom_id": id }]);
        bench.twin.seed("installations", seed).unwrap();
    }
    let state = bench.twin.state();
    assert!(state.profile("C-1").unwrap().installations.is_empty());
    assert_eq!(state.profile("C-2").unwrap().installations[0].installation_id, "i");
}

/// "since 2.9".
#[tokio::test]
async fn an_installation_is_no_identifier_before_version_2_9() {
    let bench = Bench::start().await;
    let call = json!([{ "identifiers": installation("i") }]);
    assert_eq!(bench.code("/2.8/profiles/update", &call).await, (400, MISSING.to_owned()));
    bench.ok("/2.9/profiles/update", call).await;
}

/// "never an e-mail address unless the SDKs use it"; "the same custom_id twice in one call: avoid, merge first".
#[tokio::test]
async fn what_a_good_client_would_not_send_is_warned_of() {
    let bench = Bench::start().await;
    let named = |id: &str| json!({ "identifiers": { "custom_id": id, "more": 1 }, "mistake": {}, "events": [] });
    bench.lost(json!([named("lea@example.org"), named("C-1"), named("C-1")])).await;
    let mut warned = bench.warnings();
    warned.retain(|(code, _)| *code != "unknown-key");
    assert_eq!(
        warned,
        [("custom-id-is-email", "[0].identifiers.custom_id".to_owned()), ("same-custom-id-twice", "[2]".to_owned()),]
    );
    let unknown: Vec<_> = bench.warnings().into_iter().filter(|(code, _)| *code == "unknown-key").map(|(_, place)| place).collect();
    assert_eq!(unknown[..2], ["[0].identifiers.more", "[0].mistake"]);
    assert_eq!(unknown.len(), 6);
}
