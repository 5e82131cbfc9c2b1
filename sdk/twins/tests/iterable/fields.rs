//! Fields of users: their types, the project's list of them, merging, and names that are the vendor's (*Synchronize user
//! attributes*).

use serde_json::{Map, Value, json};
use sluice_twins::iterable::{Options, Project, TypeClash};

use crate::client::{BULK, Bench, LIST, SUBSCRIBE, UPDATE, options, send, told};

const LEA: &str = "lea@example.org";

async fn write(bench: &Bench, data: Value) -> Value {
    bench.bulk(json!([{ "email": LEA, "dataFields": data }])).await
}

/// The request of the notes, and its profile.
#[tokio::test]
async fn every_kind_of_value_is_kept() {
    let bench = Bench::start().await;
    let data = json!({ "firstName": "Lea", "lifetimeValue": 412.5, "isVip": true, "lastOrderAt": "2026-04-30 10:00:00 +00:00",
        "tags": ["shoes", "sale"], "orders": 3, "address": { "city": "Lyon" } });
    let answer = bench
        .ok(BULK, json!({ "createNewFields": true, "users": [{ "email": LEA, "mergeNestedObjects": true, "dataFields": data }] }))
        .await;
    let created = ["address", "address.city", "firstName", "isVip", "lastOrderAt", "lifetimeValue", "orders", "tags"];
    assert_eq!(answer["createdFields"], json!(created));
    assert_eq!(bench.data(LEA), data);
    let (_, answer) = send(bench.get("/api/users/getFields")).await;
    for (name, ty) in [("firstName", "string"), ("lifetimeValue", "double"), ("lastOrderAt", "date"), ("email", "string")] {
        assert_eq!(answer["fields"][name], ty, "{name}");
    }
}

/// "Omitted fields are untouched. null clears the value (inferred)."
#[tokio::test]
async fn what_is_not_named_stays_and_null_clears() {
    let bench = Bench::start().await;
    write(&bench, json!({ "a": 1, "b": true, "c": "x" })).await;
    let answer = write(&bench, json!({ "b": null, "never": null })).await;
    assert_eq!(bench.data(LEA), json!({ "a": 1, "c": "x" }));
    assert_eq!(answer["createdFields"], json!([]), "null makes no field");
    assert_eq!(told(&write(&bench, json!({ "b": "text" })).await).1, 1, "the type outlives the value");
}

/// `mergeNestedObjects`: "default false: a sent top-level object replaces the stored one".
#[tokio::test]
async fn an_object_replaces_or_is_merged() {
    for (merge, want) in [(None, json!({ "email": true })), (Some(true), json!({ "mobile": true, "email": true }))] {
        let bench = Bench::start().await;
        write(&bench, json!({ "mySettings": { "mobile": true } })).await;
        let mut user = json!({ "email": LEA, "dataFields": { "mySettings": { "email": true } } });
        if let Some(merge) = merge {
            user["mergeNestedObjects"] = merge.into();
        }
        bench.bulk(json!([user])).await;
        assert_eq!(bench.data(LEA), json!({ "mySettings": want }));
    }
}

/// `createNewFields`: "default = project setting; false drops unknown fields (filteredOutFields)".
#[tokio::test]
async fn new_fields_are_taken_or_dropped() {
    for (project, request, taken) in
        [(true, None, true), (true, Some(false), false), (false, None, false), (false, Some(true), true)]
    {
        let bench = Bench::with(Options { create_new_fields: project, ..options() }).await;
        bench.twin.seed("fields", json!([{ "name": "known", "type": "long" }])).unwrap();
        let mut body = json!({ "users": [{ "email": LEA, "dataFields": { "known": 1, "new": 2 } }] });
        if let Some(request) = request {
            body["createNewFields"] = request.into();
        }
        let answer = bench.ok(BULK, body.clone()).await;
        assert_eq!(told(&answer).0, 1);
        let (created, filtered) = if taken { (json!(["new"]), json!([])) } else { (json!([]), json!(["new"])) };
        assert_eq!((&answer["createdFields"], &answer["filteredOutFields"]), (&created, &filtered), "{project} {request:?}");
        assert_eq!(bench.data(LEA).get("new").is_some(), taken);
        assert_eq!(bench.data(LEA)["known"], 1);
    }
    let bench = Bench::with(Options { create_new_fields: false, ..options() }).await;
    bench.ok(UPDATE, json!({ "email": LEA, "dataFields": { "new": 1 } })).await;
    assert_eq!(bench.data(LEA), json!({}));
}

/// "sending another type fails: RequestFieldsTypesMismatched / invalidDataEmails": either, by the project asked for.
#[tokio::test]
async fn a_clash_of_types_names_the_user_or_refuses_the_request() {
    let users =
        json!([{ "email": LEA, "dataFields": { "rank": 1 } }, { "email": "b@example.org", "dataFields": { "rank": "one" } }]);
    let bench = Bench::start().await;
    assert_eq!(told(&bench.bulk(users.clone()).await), (1, 1, json!({ "invalidDataEmails": ["b@example.org"] })));
    let bench = Bench::with(Options { type_clash: TypeClash::RefusesTheRequest, ..options() }).await;
    let refused = (400, "RequestFieldsTypesMismatched".to_owned());
    assert_eq!(bench.code(BULK, json!({ "users": users })).await, refused);
    assert_eq!(bench.code(SUBSCRIBE, json!({ "listId": LIST, "subscribers": users })).await, refused);
    assert!(bench.twin.state().users().is_empty() && bench.twin.state().fields().is_empty());
}

/// "About 1,000 unique field names per project (soft limit, UniqueFieldsLimitExceeded)", nested ones counted.
#[tokio::test]
async fn a_thousand_fields_pass_and_one_more_is_refused() {
    let bench = Bench::start().await;
    let many: Map<String, Value> = (0..998).map(|n| (format!("f{n}"), n.into())).collect();
    write(&bench, many.into()).await;
    let full = (400, "UniqueFieldsLimitExceeded".to_owned());
    let more = |data: Value| json!({ "email": LEA, "dataFields": data });
    let three = more(json!({ "a": { "b": 1 }, "c": 1 }));
    assert_eq!(bench.code(BULK, json!({ "users": [{ "email": "first@example.org" }, three] })).await, full);
    assert_eq!(bench.code(UPDATE, three.clone()).await, full);
    assert_eq!(bench.code(SUBSCRIBE, json!({ "listId": LIST, "subscribers": [three] })).await, full);
    assert_eq!(bench.twin.state().users().len(), 1, "nothing of a refused request is applied");
    bench.bulk(json!([more(json!({ "a": { "b": 1 } }))])).await;
    assert_eq!(bench.twin.state().fields().len(), 1_000);
    assert_eq!(bench.code(BULK, json!({ "users": [more(json!({ "c": 1 }))] })).await, full);
    let answer = bench.ok(BULK, json!({ "createNewFields": false, "users": [more(json!({ "c": 1, "f0": 7 }))] })).await;
    assert_eq!((&answer["filteredOutFields"], &bench.data(LEA)["f0"]), (&json!(["c"]), &json!(7)));
}

/// "Reserved names … phoneNumber (must be E.164), unsubscribed* (partly inferred)."
#[tokio::test]
async fn names_of_the_vendors_have_their_rules() {
    let bench = Bench::start().await;
    for (name, value, good) in [
        ("phoneNumber", json!("+33612345678"), true),
        ("phoneNumber", json!(null), true),
        ("phoneNumber", json!("0612345678"), false),
        ("phoneNumber", json!(33612345678_i64), false),
        ("signupDate", json!("2026-04-30"), false),
        ("signupSource", json!("x"), false),
        ("profileUpdatedAt", json!("2026-04-30"), false),
        ("itblInternal", json!({}), false),
        ("unsubscribedChannelIds", json!([1]), false),
        ("unsubscribedMessageTypeIds", json!([1]), false),
        ("email", json!(LEA), true),
        ("email", json!("other@example.org"), false),
        ("emailListIds", json!("7"), false),
        ("emailListIds", json!([8]), false),
        ("emailListIds", json!([404]), false),
        ("subscribed", json!(true), true),
        ("a.b", json!(1), false),
        ("", json!(1), false),
    ] {
        let mut data = Map::new();
        data.insert(name.to_owned(), value.clone());
        let answer = write(&bench, data.into()).await;
        let want = if good { (1, 0, json!({})) } else { (0, 1, json!({ "invalidDataEmails": [LEA] })) };
        assert_eq!(told(&answer), want, "{name}: {value}");
    }
}

/// *Quirks*: "Writing emailListIds through bulkUpdate changes membership without emitting subscribe events."
#[tokio::test]
async fn list_ids_in_a_profile_change_who_is_on_a_list() {
    let bench = Bench::start().await;
    write(&bench, json!({ "emailListIds": [LIST] })).await;
    assert_eq!(bench.members(), [format!("email:{LEA}")]);
    write(&bench, json!({ "emailListIds": [] })).await;
    assert!(bench.members().is_empty());
    assert_eq!(bench.warnings(), vec![("list-ids-in-profile", "users[0]".to_owned()); 2]);
    let kinds: Vec<_> = bench.twin.ledger().entries().iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["attributes"; 2], "no subscribing");
}

/// The data of a refused user makes no fields.
#[tokio::test]
async fn a_refused_user_leaves_no_fields() {
    let bench = Bench::of(Project::Hybrid).await;
    write(&bench, json!({ "rank": 1 })).await;
    let answer = bench.bulk(json!([{ "userId": "u_1", "dataFields": { "new": 1, "rank": "x" } }])).await;
    assert_eq!((told(&answer).1, &answer["createdFields"]), (1, &json!([])));
    assert_eq!(bench.twin.state().fields().into_iter().collect::<Vec<_>>(), [("rank", "long")]);
}
