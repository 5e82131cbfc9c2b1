//! Whom an object is about, and who is made by it.

use serde_json::{Value, json};
use sluice_twins::braze::{Options, State};

use crate::client::{Bench, options};

#[tokio::test]
async fn an_object_names_exactly_one_person() {
    let bench = Bench::start().await;
    let required = "'external_id' is required";
    for (object, want) in [
        (json!({ "external_id": "C-1" }), None),
        (json!({ "email": "lea@example.com" }), None),
        (json!({ "phone": "+33612345678" }), None),
        (json!({ "user_alias": { "alias_name": "lea", "alias_label": "crm" } }), None),
        (json!({ "braze_id": "000000000000000000000001" }), None),
        (json!({ "rank": 1 }), Some(required)),
        (json!({ "external_id": "" }), Some(required)),
        (json!({ "external_id": "  " }), Some(required)),
        (json!({ "external_id": 7 }), Some("'external_id' must be a string")),
        (json!({ "external_id": null }), Some("'external_id' must be a string")),
        (
            json!({ "external_id": "C-1", "braze_id": "b" }),
            Some("Only one of 'external_id', 'user_alias' or 'braze_id' may be given"),
        ),
        (json!({ "user_alias": { "alias_name": "lea" } }), Some("'alias_label' is required")),
        (json!({ "user_alias": "lea" }), Some("'user_alias' must be an object")),
        (json!({ "email": "lea" }), Some("'email' is not valid")),
        (json!({ "phone": "0612345678" }), Some("'phone' is not valid")),
        (json!({ "external_id": "C-1", "_update_existing_only": 1 }), Some("'_update_existing_only' must be a boolean")),
        (json!("C-1"), Some("attributes must be objects")),
    ] {
        assert_eq!(bench.refusal(object.clone()).await.as_deref(), want, "{object}");
    }
}

#[tokio::test]
async fn an_external_id_has_at_most_988_bytes() {
    let bench = Bench::start().await;
    let two_bytes_each = "é".repeat(494);
    assert_eq!(bench.refusal(json!({ "external_id": two_bytes_each })).await, None);
    let why = bench.refusal(json!({ "external_id": format!("{two_bytes_each}x") })).await;
    assert_eq!(why.as_deref(), Some("'external_id' is too long"));
}

#[tokio::test]
async fn an_external_id_with_blanks_around_it_is_another_one_and_a_defect_to_see() {
    let bench = Bench::start().await;
    assert_eq!(bench.refusal(json!({ "external_id": "C 1" })).await, None);
    assert_eq!(bench.warnings(), []);
    assert_eq!(bench.refusal(json!({ "external_id": "C 1 " })).await, None);
    assert_eq!(bench.warnings(), [("blanks-around-id", "attributes[0].external_id".to_owned())]);
    assert_eq!(bench.twin.state().profiles().len(), 2);
}

#[tokio::test]
async fn a_junk_id_is_refused_in_the_vendors_words() {
    let bench = Bench::with(Options { blacklisted_external_ids: vec!["null".to_owned()], ..options() }).await;
    let why = bench.refusal(json!({ "external_id": "null" })).await;
    assert_eq!(why.as_deref(), Some("provided external_id is blacklisted and disallowed"));
    assert_eq!(bench.refusal(json!({ "external_id": "NULL" })).await, None);
}

#[tokio::test]
async fn case_matters_in_an_external_id_and_not_in_an_address() {
    let bench = Bench::start().await;
    for object in [
        json!({ "external_id": "c-1", "rank": 1 }),
        json!({ "external_id": "C-1", "rank": 2 }),
        json!({ "email": "Lea@Example.com", "rank": 3 }),
        json!({ "email": "lea@example.com", "rank": 4 }),
        json!({ "email": "LEA@EXAMPLE.COM", "rank": 5 }),
    ] {
        assert_eq!(bench.refusal(object).await, None);
    }
    let state = bench.twin.state();
    assert_eq!(state.profiles().len(), 3);
    assert_eq!(state.profiles()[2].attributes["email"], "lea@example.com");
    assert_eq!(state.profiles()[2].attributes["rank"], 5);
}

#[tokio::test]
async fn existing_only_ignores_the_unknown_without_a_word() {
    let bench = Bench::start().await;
    let both = |rank: i32| {
        json!({ "attributes": [
            { "external_id": "C-1", "_update_existing_only": rank == 1, "rank": rank },
            { "external_id": "C-2", "_update_existing_only": false, "rank": rank }
        ] })
    };
    assert_eq!(bench.track(both(1)).await, (201, json!({ "message": "success", "attributes_processed": 2 })));
    assert_eq!(bench.attributes("C-1"), Value::Null);
    assert_eq!(bench.attributes("C-2"), json!({ "rank": 1 }));
    let tally = bench.twin.log().entries()[0].tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored), (2, 1, 1));
    assert_eq!(bench.twin.ledger().total(), 1, "what was ignored is not in the ledger");
    bench.track(both(2)).await;
    bench.track(both(1)).await;
    assert_eq!(bench.attributes("C-1"), json!({ "rank": 1 }), "once there, it is updated");
}

#[tokio::test]
async fn without_the_flag_an_id_makes_a_profile_and_an_alias_does_not() {
    let bench = Bench::start().await;
    let alias = json!({ "alias_name": "lea", "alias_label": "crm" });
    let made = |state: &State| state.profiles().len();
    for (object, profiles) in [
        (json!({ "user_alias": alias, "rank": 1 }), 0),
        (json!({ "braze_id": "0123456789abcdef01234567", "_update_existing_only": false, "rank": 1 }), 0),
        (json!({ "user_alias": alias, "_update_existing_only": false, "rank": 1 }), 1),
        (json!({ "user_alias": alias, "rank": 2 }), 1),
        (json!({ "email": "a@b.example", "_update_existing_only": true }), 1),
        (json!({ "email": "a@b.example" }), 2),
        (json!({ "phone": "+33612345678" }), 3),
        (json!({ "external_id": "C-1" }), 4),
    ] {
        assert_eq!(bench.refusal(object.clone()).await, None);
        assert_eq!(bench.twin.with_state(made), profiles, "{object}");
    }
    assert_eq!(bench.twin.state().profiles()[0].attributes["rank"], 2);
}

#[tokio::test]
async fn an_address_of_several_profiles_means_one_with_an_external_id_updated_last() {
    let bench = Bench::start().await;
    for object in [
        json!({ "email": "shared@example.com", "rank": 0 }),
        json!({ "external_id": "C-1", "email": "shared@example.com" }),
        json!({ "external_id": "C-2", "email": "shared@example.com" }),
        json!({ "external_id": "C-1", "rank": 1 }),
        // The one without an external id is updated after them all, by the vendor's own id.
        json!({ "braze_id": "000000000000000000000001", "rank": 2 }),
        json!({ "email": "shared@example.com", "rank": 9 }),
    ] {
        assert_eq!(bench.refusal(object).await, None);
    }
    let ranks: Vec<_> = bench.twin.state().profiles().iter().map(|p| p.attributes.get("rank").cloned()).collect();
    assert_eq!(ranks, [Some(json!(2)), Some(json!(9)), None]);
}

#[tokio::test]
async fn an_address_beside_an_external_id_is_an_attribute_and_moves_with_it() {
    let bench = Bench::start().await;
    for object in [
        json!({ "external_id": "C-1", "email": "Old@example.com", "phone": "+33612345678" }),
        json!({ "external_id": "C-1", "email": "new@example.com" }),
        json!({ "email": "old@example.com", "_update_existing_only": true, "lost": 1 }),
        json!({ "email": "new@example.com", "_update_existing_only": true, "rank": 2 }),
    ] {
        assert_eq!(bench.refusal(object).await, None);
    }
    assert_eq!(bench.attributes("C-1"), json!({ "email": "new@example.com", "phone": "+33612345678", "rank": 2 }));
    assert_eq!(bench.refusal(json!({ "external_id": "C-1", "email": null })).await, None);
    assert_eq!(bench.attributes("C-1"), json!({ "phone": "+33612345678", "rank": 2 }));
}

#[tokio::test]
async fn of_an_address_and_a_phone_alone_the_address_names_the_person() {
    let bench = Bench::start().await;
    assert_eq!(bench.refusal(json!({ "email": "a@b.example", "phone": "+33612345678" })).await, None);
    let state = bench.twin.state();
    assert_eq!(state.profiles().len(), 1);
    assert_eq!(bench.twin.ledger().entries()[0].key, "email:a@b.example");
    assert_eq!(state.profiles()[0].attributes["phone"], "+33612345678");
}

#[tokio::test]
async fn several_objects_for_one_person_in_a_request_are_a_defect_to_see() {
    let bench = Bench::start().await;
    bench.track(json!({ "attributes": [{ "external_id": "C-1", "a": 1 }, { "external_id": "C-2" }] })).await;
    assert_eq!(bench.warnings(), []);
    bench
        .track(json!({ "attributes": [
            { "external_id": "C-1", "email": "a@b.example" }, { "external_id": "C-2" }, { "email": "a@b.example", "b": 1 },
            { "external_id": "C-9", "_update_existing_only": true }, { "external_id": "C-9", "_update_existing_only": true }
        ] }))
        .await;
    let code = "same-user-twice";
    assert_eq!(bench.warnings(), [(code, "attributes[2]".to_owned()), (code, "attributes[4]".to_owned())]);
    let event = json!({ "external_id": "C-1", "name": "seen", "time": "2026-03-02T08:15:00Z" });
    bench.track(json!({ "events": [event, event] })).await;
    assert_eq!(bench.warnings().len(), 2, "several events of one person are no defect");
}
