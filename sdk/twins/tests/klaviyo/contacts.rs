//! Profiles imported by jobs (*Contacts*): what refuses a job, what fails in one, what nulls and patches do.

use serde_json::{Value, json};
use sluice_twins::klaviyo::{Options, Status};

use crate::client::{Bench, JOBS, LIST, PROFILES, job, options, people, profile, send};

/// "202 with data.id (job), attributes.status …"; "every profile of the job is added to these lists".
#[tokio::test]
async fn a_job_makes_and_updates_profiles_and_puts_them_on_lists() {
    let bench = Bench::start().await;
    let attributes = json!({
        "email": "lea.martin@example.fr", "external_id": "C-1042", "phone_number": "+33612345678", "first_name": "Léa",
        "last_name": "Martin", "organization": "Acme", "locale": "fr-FR", "title": "Dr", "image": "https://example.fr/lea.png",
        "location": { "city": "Lyon", "country": "France", "latitude": 45.76, "longitude": "4.83", "timezone": "Europe/Paris" },
        "properties": { "ltv": 412.5, "last_order_at": "2026-10-03T09:12:00Z", "vip": true, "tags": ["a", 1], "nested": { "x": null } },
    });
    let done = bench.imported(json!([profile(attributes.clone())]), &[LIST]).await;
    assert_eq!((done.status, done.total, done.completed, done.failed), (Status::Complete, 1, 1, 0));
    let kept = bench.twin.profile("C-1042").unwrap();
    assert_eq!((kept.email.as_deref(), kept.phone_number.as_deref()), (Some("lea.martin@example.fr"), Some("+33612345678")));
    let mut want = attributes;
    want.as_object_mut().unwrap().retain(|name, _| !["email", "external_id", "phone_number"].contains(&name.as_str()));
    assert_eq!(bench.data("C-1042"), want);
    assert_eq!(bench.members(LIST), ["C-1042"]);
    assert!(kept.consents.is_empty(), "to be on a list is no consent");
    // "Absent key = unchanged."
    bench.imported(json!([profile(json!({ "external_id": "C-1042", "title": "Prof" }))]), &[]).await;
    want["title"] = "Prof".into();
    assert_eq!((bench.data("C-1042"), bench.count(), bench.members(LIST).len()), (want, 1, 1));
    assert_eq!(bench.warnings(), []);
}

/// "A 400 on submission names /data/attributes/profiles/data/<index>/attributes/<field> and rejects the whole job."
#[tokio::test]
async fn a_malformed_profile_refuses_the_job_and_is_pointed_at() {
    let bench = Bench::start().await;
    let good = || profile(json!({ "email": "good@example.org" }));
    let long = "x".repeat(256);
    for (bad, place) in [
        (profile(json!({ "email": "000" })), "/attributes/email"),
        (profile(json!({ "email": " a@example.org" })), "/attributes/email"),
        (profile(json!({ "email": 1 })), "/attributes/email"),
        (profile(json!({ "phone_number": "0612345678" })), "/attributes/phone_number"),
        (profile(json!({ "external_id": "" })), "/attributes/external_id"),
        (profile(json!({ "external_id": long })), "/attributes/external_id"),
        (profile(json!({ "external_id": "a", "locale": "french" })), "/attributes/locale"),
        (profile(json!({ "external_id": "a", "first_name": 1 })), "/attributes/first_name"),
        (profile(json!({ "external_id": "a", "location": { "city": 1 } })), "/attributes/location/city"),
        (profile(json!({ "external_id": "a", "location": { "planet": "x" } })), "/attributes/location/planet"),
        (profile(json!({ "external_id": "a", "location": "Lyon" })), "/attributes/location"),
        (profile(json!({ "external_id": "a", "properties": [] })), "/attributes/properties"),
        (profile(json!({ "external_id": "a", "vip": true })), "/attributes/vip"),
        (profile(json!({ "external_id": "a", "subscriptions": {} })), "/attributes/subscriptions"),
        (profile(json!({ "first_name": "nobody" })), "/attributes"),
        (profile(json!({ "email": null })), "/attributes"),
        (json!({ "type": "profile" }), "/attributes"),
        (json!({ "type": "person", "attributes": { "external_id": "a" } }), "/type"),
        (
            json!({ "type": "profile", "attributes": { "external_id": "a" }, "meta": { "patch_properties": { "unset": 1 } } }),
            "/meta/patch_properties/unset",
        ),
        (
            json!({ "type": "profile", "attributes": { "external_id": "a" }, "meta": { "patch_identifiers": {} } }),
            "/meta/patch_identifiers",
        ),
        (json!(1), ""),
    ] {
        let body = job(json!([good(), bad]), &[]);
        let want = (400, "invalid".to_owned(), format!("/data/attributes/profiles/data/1{place}"));
        assert_eq!(bench.refused(bench.post(JOBS, &body)).await, want, "{body}");
    }
    let (_, answer) = send(
        bench.post(JOBS, &job(json!([profile(json!({ "email": "x" })), good(), profile(json!({ "phone_number": "1" }))]), &[])),
    )
    .await;
    let places: Vec<&str> = answer["errors"].as_array().unwrap().iter().map(|e| e["source"]["pointer"].as_str().unwrap()).collect();
    let at = |n: u8, name: &str| format!("/data/attributes/profiles/data/{n}/attributes/{name}");
    assert_eq!(places, [at(0, "email"), at(2, "phone_number")], "all that is wrong at once");
    assert_eq!((bench.count(), bench.twin.state().jobs().len()), (0, 0));
}

#[tokio::test]
async fn a_job_of_a_wrong_shape_is_refused() {
    let bench = Bench::with(Options { job_profiles_max: 3, ..options() }).await;
    let at = "/data/attributes/profiles/data";
    for (body, status, place) in [
        (job(people(3), &[]), 202, ""),
        (job(people(4), &[]), 400, at),
        (job(json!([]), &[]), 400, at),
        (job(Value::Null, &[]), 400, at),
        (job(json!({}), &[]), 400, at),
        (job(people(1), &["nobody"]), 404, "/data"),
        (json!({ "data": { "type": "profile-bulk-import-job" } }), 400, "/data/attributes"),
        (json!({ "data": { "type": "profile-bulk-import-job", "attributes": {} } }), 400, "/data/attributes/profiles"),
    ] {
        let refused = bench.refused(bench.post(JOBS, &body)).await;
        assert_eq!((refused.0, refused.2.as_str()), (status, place), "{body}");
    }
    let mut body = job(people(1), &[LIST]);
    body["data"]["relationships"]["lists"]["data"][0]["type"] = "segment".into();
    assert_eq!(bench.refused(bench.post(JOBS, &body)).await.2, "/data/relationships/lists/data/0/type");
}

/// "100 KB per profile", of JSON.
#[tokio::test]
async fn a_profile_of_its_size_passes_and_a_byte_more_is_refused() {
    let bench = Bench::start().await;
    let sized = |bytes: usize| {
        let empty = profile(json!({ "external_id": "a", "properties": { "p": "" } })).to_string().len();
        profile(json!({ "external_id": "a", "properties": { "p": "x".repeat(bytes - empty) } }))
    };
    assert_eq!(send(bench.post(JOBS, &job(json!([sized(100_000)]), &[]))).await.0, 202);
    let refused = bench.refused(bench.post(JOBS, &job(json!([sized(100_001)]), &[]))).await;
    assert_eq!(refused, (400, "invalid".to_owned(), "/data/attributes/profiles/data/0".to_owned()));
}

/// "then if failed_count>0 page import-errors … correlate by e-mail/external_id inside original_payload".
#[tokio::test]
async fn what_fails_in_a_job_is_named_with_its_object() {
    let bench = Bench::with(Options { sms_set_up: false, ..options() }).await;
    bench
        .imported(
            json!([
                profile(json!({ "external_id": "a" })),
                profile(json!({ "email": "b@example.org", "properties": { "one": 1 } }))
            ]),
            &[],
        )
        .await;
    let failing = json!([
        profile(json!({ "phone_number": "+33612345678" })),
        profile(json!({ "external_id": "a", "email": "b@example.org" })),
        json!({ "type": "profile", "id": "01UNKNOWN", "attributes": { "email": "c@example.org" } }),
        profile(json!({ "_kx": "made-up" })),
        profile(json!({ "external_id": "big", "properties": { "p": vec![1; 4_001] } })),
        json!({ "type": "profile", "attributes": { "email": "b@example.org" }, "meta": { "patch_properties": { "append": { "one": 2 } } } }),
    ]);
    let mut all = failing.as_array().unwrap().clone();
    all.insert(1, profile(json!({ "external_id": "good" })));
    let done = bench.imported(all.into(), &[LIST]).await;
    assert_eq!((done.status, done.total, done.completed, done.failed), (Status::Complete, 7, 1, 6));
    assert_eq!(bench.members(LIST), ["good"]);
    let answer = bench.read(&format!("{JOBS}/{}/import-errors?page[size]=100", done.id)).await;
    let errors = answer["data"].as_array().unwrap();
    let payloads: Vec<&Value> = errors.iter().map(|error| &error["attributes"]["original_payload"]).collect();
    assert_eq!(payloads, failing.as_array().unwrap().iter().collect::<Vec<_>>(), "as they came, in order");
    let codes: Vec<&str> = errors.iter().map(|error| error["attributes"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["invalid", "duplicate_profile", "not_found", "invalid", "invalid", "invalid"]);
    assert!(
        errors
            .iter()
            .all(|error| error["type"] == "import-error" && error["attributes"]["source"] == json!({ "pointer": "/data" }))
    );
    assert_eq!(bench.count(), 3, "who failed has left nothing");
}

/// "A phone alone is accepted only where the account has SMS set up."
#[tokio::test]
async fn a_phone_alone_names_somebody_where_sms_is_set_up() {
    for (sms_set_up, failed) in [(true, 0), (false, 1)] {
        let bench = Bench::with(Options { sms_set_up, ..options() }).await;
        let done = bench.imported(json!([profile(json!({ "phone_number": "+33612345678" }))]), &[]).await;
        assert_eq!((done.failed, bench.count()), (failed, 1 - failed));
        let both = json!([profile(json!({ "phone_number": "+33612345679", "external_id": "a" }))]);
        assert_eq!(bench.imported(both, &[]).await.failed, 0);
    }
}

/// "data[].id | Klaviyo profile id, wins over other identifiers".
#[tokio::test]
async fn the_vendors_id_wins_over_other_identifiers() {
    let bench = Bench::start().await;
    bench.imported(json!([profile(json!({ "email": "old@example.org" }))]), &[]).await;
    let id = bench.id("old@example.org");
    let renamed = json!([{ "type": "profile", "id": id, "attributes": { "email": "new@example.org", "external_id": "a" } }]);
    assert_eq!(bench.imported(renamed, &[]).await.failed, 0);
    assert_eq!((bench.id("a"), bench.id("new@example.org"), bench.count()), (id.clone(), id, 1));
    assert!(bench.twin.profile("old@example.org").is_none(), "the old address is free again");
    bench.imported(json!([profile(json!({ "email": "old@example.org" }))]), &[]).await;
    assert_eq!(bench.count(), 2);
}

/// "Bulk import ignores nulls (cannot clear a field)"; "`unset` = key or list of keys to delete".
#[tokio::test]
async fn nulls_do_nothing_in_a_job_and_patches_do() {
    let bench = Bench::start().await;
    let full =
        json!({ "external_id": "a", "title": "Dr", "location": { "city": "Lyon" }, "properties": { "p": 1, "tags": ["x"] } });
    bench.imported(json!([profile(full)]), &[]).await;
    let before = bench.data("a");
    let nulls = json!({ "external_id": "a", "title": null, "location": { "city": null }, "properties": { "p": null } });
    bench.imported(json!([profile(nulls)]), &[]).await;
    assert_eq!(bench.data("a"), before);
    assert_eq!(bench.warnings(), [("null-ignored", "profiles[0].title".to_owned())]);
    let patch = json!({ "append": { "tags": ["y"] }, "unset": ["p"] });
    bench
        .imported(json!([{ "type": "profile", "attributes": { "external_id": "a" }, "meta": { "patch_properties": patch } }]), &[])
        .await;
    assert_eq!(bench.data("a")["properties"], json!({ "tags": ["x", "y"] }));
}

#[tokio::test]
async fn what_a_good_client_would_not_send_is_warned_of() {
    let bench = Bench::start().await;
    let first = profile(json!({ "email": "A@Example.org", "external_id": "a", "location": { "timezone": "Paris" } }));
    bench.imported(json!([first, profile(json!({ "email": "a@example.org" })), profile(json!({ "external_id": "b" }))]), &[]).await;
    let at = |n: u8| format!("profiles[{n}]");
    assert_eq!(bench.warnings(), [("email-not-lower-case", at(0)), ("timezone-not-iana", at(0)), ("same-profile-twice", at(1))]);
    assert_eq!((bench.twin.profile("a").unwrap().email.as_deref(), bench.count()), (Some("a@example.org"), 2));
    // An id of another customer for the address of the first.
    let body = crate::client::one(json!({ "email": "a@example.org", "external_id": "c" }));
    assert_eq!(send(bench.post(crate::client::UPSERT, &body)).await.0, 200);
    assert_eq!(bench.warnings()[3], ("external-id-replaced", "profile".to_owned()));
    assert_eq!(send(bench.get(&format!("{PROFILES}/{}", bench.id("c")))).await.0, 200);
}
