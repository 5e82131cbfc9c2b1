//! Subscribing and unsubscribing (*Subscription list*).

use serde_json::{Value, json};
use sluice_twins::klaviyo::{Channel, Options, Reason};

use crate::client::{
    ASKING, Bench, LIST, NOON, PROFILES, SUBSCRIBE, UNSUBSCRIBE, consent_job, options, people, profile, send, subscribing,
    unsubscribing,
};

const ADDRESS: &str = "u0@example.org";

fn wants(bench: &Bench, name: &str, channel: Channel) -> Option<bool> {
    bench.twin.profile(name)?.consents.get(&channel).map(|consented| consented.subscribed)
}

async fn taken(bench: &Bench, path: &str, body: &Value) {
    let (status, answer) = send(bench.post(path, body)).await;
    assert_eq!((status, &answer), (202, &Value::String(String::new())), "{body}");
}

/// "202, empty body, no job id to poll"; "Double opt-in lists send a confirmation unless historical_import".
#[tokio::test]
async fn people_are_subscribed_at_once_or_asked_first() {
    for (list, since, subscribed) in [
        (Some(LIST), None, true),
        (Some(ASKING), None, false),
        (Some(ASKING), Some("2026-09-30T08:00:00Z"), true),
        (None, None, false),
        (None, Some("2026-09-30T08:00:00Z"), true),
    ] {
        let bench = Bench::start().await;
        taken(&bench, SUBSCRIBE, &subscribing(&[ADDRESS], list, since)).await;
        let who = bench.twin.profile(ADDRESS).unwrap();
        assert_eq!(wants(&bench, ADDRESS, Channel::EmailMarketing), subscribed.then_some(true), "{list:?} {since:?}");
        assert_eq!(
            who.awaiting_confirmation.iter().map(String::as_str).collect::<Vec<_>>(),
            if subscribed { vec![] } else { vec![list.unwrap_or_default()] }
        );
        assert_eq!(list.map(|list| bench.members(list).len()), list.map(|_| usize::from(subscribed)));
        if let Some(since) = since {
            assert_eq!(who.consents[&Channel::EmailMarketing].at, since.parse().unwrap());
        }
        assert_eq!(bench.warnings(), []);
    }
}

/// "verify with GET /api/profiles/{id}?additional-fields[profile]=subscriptions".
#[tokio::test]
async fn what_became_of_somebody_is_seen_on_the_profile() {
    let bench = Bench::start().await;
    let consents = json!({ "email": { "marketing": { "consent": "SUBSCRIBED" }, "open_tracking": { "consent": "SUBSCRIBED" } },
        "sms": { "transactional": { "consent": "SUBSCRIBED" } } });
    let person = profile(json!({ "email": ADDRESS, "phone_number": "+33612345678", "subscriptions": consents }));
    let attributes = json!({ "custom_source": "Checkout", "profiles": { "data": [person] } });
    taken(&bench, SUBSCRIBE, &consent_job("profile-subscription-bulk-create-job", attributes, Some(LIST))).await;
    let path = format!("{PROFILES}/{}", bench.id(ADDRESS));
    assert!(bench.read(&path).await["data"]["attributes"]["subscriptions"].is_null(), "only when asked for");
    let (_, answer) = bench.ask(&path, &[("additional-fields[profile]", "subscriptions")]).await;
    let said = &answer["data"]["attributes"]["subscriptions"];
    let email = &said["email"]["marketing"];
    assert_eq!((&email["consent"], &email["can_receive_email_marketing"]), (&json!("SUBSCRIBED"), &json!(true)));
    assert_eq!((&email["custom_method_detail"], &email["suppression"]), (&json!("Checkout"), &json!([])));
    assert_eq!(email["consent_timestamp"], NOON.replace('Z', ".000000+00:00"));
    assert_eq!(said["email"]["open_tracking"]["consent"], "SUBSCRIBED");
    assert_eq!(said["sms"]["transactional"]["consent"], "SUBSCRIBED");
    assert_eq!(
        (&said["sms"]["marketing"]["consent"], &said["sms"]["marketing"]["consent_timestamp"]),
        (&json!("NEVER_SUBSCRIBED"), &Value::Null)
    );
}

/// "true requires consented_at in the past on each profile"; *OpenAPI*: any value without the flag "will raise an error".
#[tokio::test]
async fn a_time_of_consent_stands_with_a_historical_import_alone() {
    let bench = Bench::start().await;
    let at = "/data/attributes/profiles/data/0/attributes/subscriptions/email/marketing/consented_at";
    for (historical, since, want) in [
        (true, Some("2026-10-19T23:59:59Z"), 202),
        (true, Some(NOON), 400),
        (true, Some("2026-10-21T00:00:00Z"), 400),
        (true, Some("yesterday"), 400),
        (true, None, 400),
        (false, Some("2026-10-19T23:59:59Z"), 400),
        (false, None, 202),
    ] {
        let mut body = subscribing(&[ADDRESS], Some(LIST), since);
        body["data"]["attributes"]["historical_import"] = historical.into();
        let refused = bench.refused(bench.post(SUBSCRIBE, &body)).await;
        assert_eq!((refused.0, refused.2.as_str()), (want, if want == 400 { at } else { "" }), "{historical} {since:?}");
    }
}

/// "The call lifts earlier UNSUBSCRIBE / SPAM_REPORT / USER_SUPPRESSED suppressions: never call it without consent evidence."
#[tokio::test]
async fn subscribing_lifts_suppressions_and_is_warned_of_without_a_younger_consent() {
    for (since, warned) in [(None, true), (Some("2026-09-01T00:00:00Z"), true), (Some("2026-09-02T00:00:00Z"), false)] {
        let bench = Bench::start().await;
        let reasons = ["UNSUBSCRIBE", "USER_SUPPRESSED", "SPAM_COMPLAINT", "HARD_BOUNCE"];
        let suppressions: Vec<Value> =
            reasons.iter().map(|r| json!({ "reason": r, "timestamp": "2026-09-01T00:00:00Z" })).collect();
        let seed = json!([{ "attributes": { "email": ADDRESS }, "suppressions": suppressions }]);
        assert_eq!(bench.twin.seed("profiles", seed), Ok(1));
        taken(&bench, SUBSCRIBE, &subscribing(&[ADDRESS], Some(LIST), since)).await;
        let left: Vec<Reason> = bench.twin.profile(ADDRESS).unwrap().suppressions.iter().map(|s| s.reason).collect();
        assert_eq!(left, [Reason::HardBounce]);
        let want = if warned { vec![("suppression-lifted", "profiles[0]".to_owned())] } else { vec![] };
        assert_eq!(bench.warnings(), want, "{since:?}");
    }
}

/// "A profile that is NOT on the given list is unsubscribed globally: check membership first."
#[tokio::test]
async fn who_is_not_on_the_list_is_unsubscribed_from_everything() {
    let bench = Bench::start().await;
    taken(&bench, SUBSCRIBE, &subscribing(&[ADDRESS, "u1@example.org"], Some(LIST), None)).await;
    taken(&bench, UNSUBSCRIBE, &unsubscribing(&[ADDRESS], Some(LIST))).await;
    let who = bench.twin.profile(ADDRESS).unwrap();
    assert_eq!((wants(&bench, ADDRESS, Channel::EmailMarketing), who.suppressions.len()), (Some(true), 0), "from this list alone");
    assert!(who.list_suppressions.contains_key(LIST) && bench.members(LIST) == ["email:u1@example.org"]);
    assert_eq!(bench.warnings(), []);
    for (email, list) in [(ADDRESS, Some(LIST)), ("u1@example.org", Some(ASKING)), ("new@example.org", Some(LIST))] {
        taken(&bench, UNSUBSCRIBE, &unsubscribing(&[email], list)).await;
        let who = bench.twin.profile(email).unwrap();
        assert_eq!((wants(&bench, email, Channel::EmailMarketing), who.suppressions[0].reason), (Some(false), Reason::Unsubscribe));
    }
    assert_eq!(bench.warnings(), vec![("global-unsubscribe", "profiles[0]".to_owned()); 3]);
    assert_eq!(bench.members(LIST), ["email:u1@example.org"], "the other list is not left");
    // Without a list it is asked for.
    taken(&bench, UNSUBSCRIBE, &unsubscribing(&["u2@example.org"], None)).await;
    assert_eq!((wants(&bench, "u2@example.org", Channel::EmailMarketing), bench.warnings().len()), (Some(false), 3));
    // Who subscribes again is on the list again.
    taken(&bench, SUBSCRIBE, &subscribing(&[ADDRESS], Some(LIST), Some("2026-09-30T08:00:00Z"))).await;
    assert!(bench.twin.profile(ADDRESS).unwrap().list_suppressions.is_empty());
}

#[tokio::test]
async fn sms_is_subscribed_where_it_is_set_up() {
    for (sms_set_up, status) in [(true, 202), (false, 400)] {
        let bench = Bench::with(Options { sms_set_up, ..options() }).await;
        let sms = json!({ "sms": { "marketing": { "consent": "SUBSCRIBED" } } });
        let person = profile(json!({ "phone_number": "+33612345678", "subscriptions": sms }));
        let body = consent_job("profile-subscription-bulk-create-job", json!({ "profiles": { "data": [person] } }), Some(LIST));
        assert_eq!(send(bench.post(SUBSCRIBE, &body)).await.0, status);
        assert_eq!(wants(&bench, "+33612345678", Channel::SmsMarketing), sms_set_up.then_some(true));
    }
}

/// *OpenAPI*: it "does not by itself add the profile to a list".
#[tokio::test]
async fn to_have_opened_mail_seen_puts_nobody_on_a_list() {
    let bench = Bench::start().await;
    for list in [LIST, ASKING] {
        let tracking = json!({ "email": { "open_tracking": { "consent": "SUBSCRIBED" } } });
        let people = json!([profile(json!({ "email": ADDRESS, "subscriptions": tracking }))]);
        let body = consent_job("profile-subscription-bulk-create-job", json!({ "profiles": { "data": people } }), Some(list));
        taken(&bench, SUBSCRIBE, &body).await;
        assert_eq!(wants(&bench, ADDRESS, Channel::EmailOpenTracking), Some(true));
        assert!(bench.members(list).is_empty() && bench.twin.profile(ADDRESS).unwrap().awaiting_confirmation.is_empty(), "{list}");
    }
}

/// "max 1,000 profiles" to subscribe, "max 100" to unsubscribe.
#[tokio::test]
async fn so_many_people_pass_and_one_more_is_refused() {
    let bench = Bench::start().await;
    let emails: Vec<String> = (0..1_001).map(|n| format!("u{n}@example.org")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    for (count, want) in [(1_000, 202), (1_001, 400), (0, 400)] {
        assert_eq!(send(bench.post(SUBSCRIBE, &subscribing(&emails[..count], Some(LIST), None))).await.0, want, "{count}");
    }
    for (count, want) in [(100, 202), (101, 400), (0, 400)] {
        assert_eq!(send(bench.post(UNSUBSCRIBE, &unsubscribing(&emails[..count], Some(LIST)))).await.0, want, "{count}");
    }
    assert_eq!(bench.members(LIST).len(), 900);
}

#[tokio::test]
async fn a_body_of_a_wrong_shape_is_refused_with_its_place() {
    let bench = Bench::start().await;
    let email = |marketing: Value| json!({ "email": ADDRESS, "subscriptions": { "email": { "marketing": marketing } } });
    let at = "/data/attributes/profiles/data/0";
    for (path, person, place) in [
        (SUBSCRIBE, email(json!({ "consent": "UNSUBSCRIBED" })), "/attributes/subscriptions/email/marketing/consent"),
        (UNSUBSCRIBE, email(json!({ "consent": "SUBSCRIBED" })), "/attributes/subscriptions/email/marketing/consent"),
        (SUBSCRIBE, email(json!({})), "/attributes/subscriptions/email/marketing/consent"),
        (
            UNSUBSCRIBE,
            email(json!({ "consent": "UNSUBSCRIBED", "consented_at": "2026-01-01T00:00:00Z" })),
            "/attributes/subscriptions/email/marketing/consented_at",
        ),
        (SUBSCRIBE, json!({ "email": ADDRESS }), "/attributes/subscriptions"),
        (SUBSCRIBE, json!({ "email": ADDRESS, "subscriptions": {} }), "/attributes/subscriptions"),
        (SUBSCRIBE, json!({ "email": ADDRESS, "subscriptions": { "push": {} } }), "/attributes/subscriptions"),
        (
            SUBSCRIBE,
            json!({ "email": "bad@", "subscriptions": { "email": { "marketing": { "consent": "SUBSCRIBED" } } } }),
            "/attributes/email",
        ),
        (
            SUBSCRIBE,
            json!({ "phone_number": "+33612345678", "subscriptions": { "email": { "marketing": { "consent": "SUBSCRIBED" } } } }),
            "/attributes/email",
        ),
        (
            SUBSCRIBE,
            json!({ "email": ADDRESS, "subscriptions": { "sms": { "marketing": { "consent": "SUBSCRIBED" } } } }),
            "/attributes/phone_number",
        ),
        (SUBSCRIBE, json!({ "subscriptions": { "email": { "marketing": { "consent": "SUBSCRIBED" } } } }), "/attributes"),
        // Recorded: custom properties are not for this endpoint.
        (
            SUBSCRIBE,
            json!({ "email": ADDRESS, "properties": {}, "subscriptions": { "email": { "marketing": { "consent": "SUBSCRIBED" } } } }),
            "/attributes/properties",
        ),
    ] {
        let kind = path.strip_prefix("/api/").unwrap().strip_suffix('s').unwrap();
        let body = consent_job(kind, json!({ "profiles": { "data": [profile(person)] } }), Some(LIST));
        assert_eq!(bench.refused(bench.post(path, &body)).await, (400, "invalid".to_owned(), format!("{at}{place}")), "{body}");
    }
    for path in [SUBSCRIBE, UNSUBSCRIBE] {
        let body = if path == SUBSCRIBE {
            subscribing(&[ADDRESS], Some("nobody"), None)
        } else {
            unsubscribing(&[ADDRESS], Some("nobody"))
        };
        assert_eq!(bench.refused(bench.post(path, &body)).await.0, 404, "{path}");
    }
    let mut by_id = subscribing(&[ADDRESS], Some(LIST), None);
    by_id["data"]["attributes"]["profiles"]["data"][0]["id"] = "01UNKNOWN".into();
    assert_eq!(bench.refused(bench.post(SUBSCRIBE, &by_id)).await.0, 404);
    assert_eq!(bench.count(), 0, "refused requests leave nothing");
}

/// The answer says nothing of anybody, so who means two profiles is lost.
#[tokio::test]
async fn who_means_two_profiles_is_left_out_in_silence() {
    let bench = Bench::start().await;
    bench.imported(people(1), &[]).await;
    bench.imported(json!([profile(json!({ "phone_number": "+33612345678" }))]), &[]).await;
    let mut body = subscribing(&[ADDRESS, "u1@example.org"], Some(LIST), None);
    body["data"]["attributes"]["profiles"]["data"][0]["attributes"]["phone_number"] = "+33612345678".into();
    taken(&bench, SUBSCRIBE, &body).await;
    assert_eq!(bench.members(LIST), ["email:u1@example.org"]);
    assert_eq!(bench.warnings(), [("consent-lost", "profiles[0]".to_owned())]);
    let tally = bench.twin.log().entries().pop().unwrap().tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored), (2, 1, 1));
}
