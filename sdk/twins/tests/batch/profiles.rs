//! Attributes of profiles (*Synchronize profiles*): what is kept, what is lost and how it is named.

use serde_json::{Map, Value, json};

use crate::client::{Bench, MASS_UPDATE, UPDATE, people};

const NONE: [Value; 0] = [];

fn lost(index: usize, attribute: &str, reason: &str) -> Value {
    json!({ "category": "ATTRIBUTE", "bulk_index": index, "attribute": attribute, "reason": reason })
}

/// The request of the notes, and its profile.
#[tokio::test]
async fn every_kind_of_value_is_kept() {
    for path in [UPDATE, MASS_UPDATE] {
        let bench = Bench::start().await;
        let attributes = json!({ "$email_address": "lea.martin@example.com", "$email_marketing": "subscribed",
            "$phone_number": "+33612345678", "$language": "fr", "$region": "FR", "loyalty_points": 1250, "is_vip": true,
            "date(last_order_at)": "2026-02-11T09:30:00Z", "interests": ["trail", "yoga"], "old_flag": null });
        let call = json!([{ "identifiers": { "custom_id": "C-10293" }, "attributes": attributes }]);
        assert_eq!(bench.ok(path, call).await, json!({ "code": "SUCCESS" }));
        let mut kept = attributes;
        kept.as_object_mut().unwrap().remove("old_flag");
        assert_eq!(bench.attributes("C-10293"), kept);
        assert!(bench.warnings().is_empty());
    }
}

/// "null erases, absence leaves untouched".
#[tokio::test]
async fn what_is_not_named_stays_and_null_erases() {
    let bench = Bench::start().await;
    bench.write(json!({ "a": 1, "date(b)": "2026-02-11T09:30:00Z", "$language": "fr" })).await;
    assert_eq!(bench.write(json!({ "b": null, "$language": null, "never": null })).await, NONE);
    assert_eq!(bench.attributes("C-1"), json!({ "a": 1 }));
    bench.write(json!({})).await;
    assert_eq!(bench.attributes("C-1"), json!({ "a": 1 }));
}

/// "only that attribute or event is lost, the rest of the profile is applied"; "`bulk_index` is the 0-based position".
#[tokio::test]
async fn a_wrong_attribute_is_lost_alone_and_named_by_its_position() {
    let bench = Bench::start().await;
    let mut call = people(3);
    call[0]["attributes"]["city"] = json!("");
    call[2]["attributes"]["$email_address"] = json!("not an address");
    call[2]["attributes"]["date(born)"] = json!("1989-07-20");
    assert_eq!(
        bench.lost(call).await,
        [
            lost(0, "city", "must have 1 to 300 characters"),
            lost(2, "$email_address", "is not valid"),
            lost(2, "date(born)", "must be an RFC 3339 date in UTC"),
        ]
    );
    for n in 0..3 {
        assert_eq!(bench.attributes(&format!("C-{n}")), json!({ "rank": n }));
    }
    let tally = bench.twin.log().entries()[0].tally;
    assert_eq!((tally.objects, tally.applied, tally.refused), (3, 3, 0));
}

/// A profile of which everything was lost is there all the same.
#[tokio::test]
async fn a_profile_is_made_even_when_all_its_attributes_are_lost() {
    let bench = Bench::start().await;
    assert_eq!(bench.write(json!({ "Upper": 1, "nested": { "a": 1 } })).await.len(), 2);
    assert_eq!(bench.attributes("C-1"), json!({}));
}

/// "`$add`/`$remove` are set operations".
#[tokio::test]
async fn an_array_is_replaced_or_changed_in_parts() {
    let bench = Bench::start().await;
    for (sent, want) in [
        (json!(["a", "b"]), json!(["a", "b"])),
        (json!({ "$add": ["c", "a"] }), json!(["a", "b", "c"])),
        (json!({ "$add": ["c", "a"] }), json!(["a", "b", "c"])),
        (json!({ "$add": ["d"], "$remove": ["a", "b"] }), json!(["c", "d"])),
        (json!(["x"]), json!(["x"])),
    ] {
        for name in ["segments", "$topic_preferences"] {
            let mut attributes = Map::new();
            attributes.insert(name.to_owned(), sent.clone());
            assert_eq!(bench.write(attributes.into()).await, NONE);
            assert_eq!(bench.attributes("C-1")[name], want, "{sent}");
        }
    }
    assert!(bench.warnings().is_empty());
}

/// "max 50 per profile": more in one call are named; more than the profile has room for are not (inferred), but warned of.
#[tokio::test]
async fn a_profile_holds_fifty_attributes() {
    let bench = Bench::start().await;
    let many =
        |from: usize, to: usize| -> Value { (from..to).map(|n| (format!("a{n:02}"), json!(n))).collect::<Map<_, _>>().into() };
    let lost = bench.write(many(0, 51)).await;
    assert_eq!(lost.iter().map(|lost| &lost["attribute"]).collect::<Vec<_>>(), ["a50"]);
    assert_eq!(bench.attributes("C-1").as_object().unwrap().len(), 50);
    assert_eq!(bench.write(json!({ "a00": "changed", "new": 1 })).await, NONE);
    assert_eq!(bench.warnings(), [("attribute-dropped", "[0].attributes.new".to_owned())]);
    assert_eq!((&bench.attributes("C-1")["a00"], &bench.attributes("C-1")["new"]), (&json!("changed"), &Value::Null));
    assert_eq!(bench.write(json!({ "a00": null, "new": 1, "z": null })).await, NONE);
    assert_eq!(bench.attributes("C-1")["new"], 1, "what is erased makes room first");
}

#[tokio::test]
async fn parts_of_what_is_no_array_are_dropped_and_warned_of() {
    let bench = Bench::start().await;
    bench.write(json!({ "a": "text", "full": vec!["x"; 25] })).await;
    assert_eq!(bench.write(json!({ "a": { "$add": ["x"] }, "full": { "$add": ["y"] } })).await, NONE);
    assert_eq!(bench.attributes("C-1"), json!({ "a": "text", "full": vec!["x"; 25] }));
    let dropped = |key: &str| ("attribute-dropped", format!("[0].attributes.{key}"));
    assert_eq!(bench.warnings(), [dropped("a"), dropped("full")]);
}

/// A name is one attribute, whatever the key says of its type; the state says which was written.
#[tokio::test]
async fn a_type_follows_the_last_key() {
    let bench = Bench::start().await;
    for attributes in [json!({ "x": 1 }), json!({ "date(x)": "2026-02-11T09:30:00Z" }), json!({ "url(x)": "https://example.com" })]
    {
        assert_eq!(bench.write(attributes.clone()).await, NONE);
        assert_eq!(bench.attributes("C-1"), attributes);
    }
    bench.write(json!({ "x": 1, "date(x)": "2026-02-11T09:30:00Z" })).await;
    assert_eq!(bench.warnings(), [("same-attribute-twice", "[0].attributes.x".to_owned())]);
}

/// A wrong shape is the call's.
#[tokio::test]
async fn attributes_and_events_have_their_shapes() {
    let bench = Bench::start().await;
    for (name, value) in [
        ("attributes", json!([])),
        ("attributes", json!(null)),
        ("events", json!({})),
        ("events", json!(null)),
        ("events", json!([1])),
    ] {
        let mut call = people(2);
        call[1][name] = value.clone();
        assert_eq!(bench.code(UPDATE, &call).await, (400, "MALFORMED_PARAMETER".to_owned()), "{name} {value}");
    }
    assert_eq!(bench.count(), 0);
}
