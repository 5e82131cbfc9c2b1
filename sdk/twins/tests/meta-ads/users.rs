//! People put in and taken out (the notes, "Export audiences"; *Guide*).

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{AUDIENCE, Bench, VALUED, account, audience, ids, options, send, sha, users};

/// The notes' own request.
#[tokio::test]
async fn somebody_is_put_in_with_all_his_names() {
    let bench = Bench::start().await;
    let row = ["C-1042", &sha("lea.martin@example.com"), &sha("33612345678"), &sha("léa"), "", &sha("fr")];
    let schema = ["EXTERN_ID", "EMAIL", "PHONE", "FN", "LN", "COUNTRY"];
    let answer = bench.add(json!({ "schema": schema, "data": [row] })).await;
    let session = answer["session_id"].as_str().unwrap();
    assert_eq!(
        answer,
        json!({
            "audience_id": AUDIENCE, "session_id": session, "num_received": 1, "num_invalid_entries": 0, "invalid_entry_samples": {},
        })
    );
    assert!(session.parse::<u64>().is_ok());
    let kept = bench.twin.audience(AUDIENCE).unwrap();
    let person = kept.people.iter().next().unwrap();
    assert_eq!(schema.map(|key| person.get(key)), [Some(row[0]), Some(row[1]), Some(row[2]), Some(row[3]), None, Some(row[5])]);
    assert!(kept.people.holds("EMAIL", row[1]) && !kept.people.holds("EMAIL", row[2]));
    let entry = bench.twin.log().entries().pop().unwrap();
    assert_eq!((entry.tally.objects, entry.tally.applied, entry.tally.refused), (1, 1, 0));
}

/// "add and remove are set operations, safe to retry".
#[tokio::test]
async fn adding_and_removing_twice_changes_nothing() {
    let bench = Bench::start().await;
    for _ in 0..2 {
        bench.add(ids(&["a", "b", "c"])).await;
    }
    assert_eq!(bench.count(AUDIENCE), 3);
    for _ in 0..2 {
        let answer = bench.remove(ids(&["b", "d"])).await;
        assert_eq!((&answer["num_received"], &answer["num_invalid_entries"]), (&json!(2), &json!(0)));
    }
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["a", "c"].map(str::to_owned).into());
    let ignored: Vec<u32> = bench.twin.log().entries().iter().map(|entry| entry.tally.ignored).collect();
    assert_eq!(ignored, [0, 3, 1, 2]);
}

/// "with at least one key that was uploaded; same schema rules".
#[tokio::test]
async fn somebody_goes_by_any_identifier_that_was_sent() {
    for (schema, row) in [
        (json!("EXTERN_ID"), json!("C-1")),
        (json!("EMAIL"), json!([sha("a")])),
        (json!("EMAIL_SHA256"), json!(sha("a"))),
        (json!(["EMAIL", "FN"]), json!([sha("a"), sha("other")])),
        (json!("MADID"), json!(["6d92078a-8246-4ba4-ae5b-76104861e7dc"])),
    ] {
        let bench = Bench::start().await;
        let madid = "6d92078a-8246-4ba4-ae5b-76104861e7dc";
        bench
            .add(json!({ "schema": ["EXTERN_ID", "EMAIL", "MADID"], "data": [["C-1", sha("a"), madid], ["C-2", sha("b"), ""]] }))
            .await;
        bench.remove(json!({ "schema": schema, "data": [row] })).await;
        assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["C-2".to_owned()].into(), "{schema}");
    }
}

/// "64 lower-case hex"; "`num_invalid_entries`", "`invalid_entry_samples` maps sample index to the raw entry".
#[tokio::test]
async fn entries_that_cannot_be_used_are_counted_and_shown_and_the_others_applied() {
    let bench = Bench::start().await;
    let good = sha("a");
    let bad = [good.to_uppercase(), good[1..].to_owned(), "a@example.com".to_owned(), String::new(), "z".repeat(64)];
    let mut data: Vec<Value> = bad.iter().map(|text| json!([text])).collect();
    data.push(json!([good]));
    data.push(json!([7]));
    data.push(json!([null]));
    let answer = bench.add(json!({ "schema": ["EMAIL"], "data": data })).await;
    assert_eq!((&answer["num_received"], &answer["num_invalid_entries"]), (&json!(8), &json!(7)));
    assert_eq!(
        (&answer["invalid_entry_samples"]["0"], &answer["invalid_entry_samples"]["6"]),
        (&json!(data[0].to_string()), &json!("[null]"))
    );
    assert_eq!(bench.all(AUDIENCE, "EMAIL"), [good.clone()].into());
    // One bad cell of several makes the row one.
    let answer = bench.add(json!({ "schema": ["EXTERN_ID", "EMAIL"], "data": [["C-1", "x"], ["C-2", ""], ["", ""]] })).await;
    assert_eq!(answer["num_invalid_entries"], 2);
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["C-2".to_owned()].into());
    let many: Vec<String> = (0..150).map(|n| format!("raw{n}")).collect();
    let answer = bench.add(json!({ "schema": "EMAIL", "data": many })).await;
    assert_eq!((&answer["num_invalid_entries"], answer["invalid_entry_samples"].as_object().unwrap().len()), (&json!(150), 100));
    let entry = bench.twin.log().entries().pop().unwrap();
    assert_eq!((entry.tally.objects, entry.tally.applied, entry.tally.refused), (150, 0, 150));
}

/// "max 10,000 rows".
#[tokio::test]
async fn ten_thousand_people_pass_and_one_more_does_not() {
    let bench = Bench::start().await;
    let body = |count: usize| json!({ "payload": { "schema": "EXTERN_ID", "data": (0..count).map(|n| n.to_string()).collect::<Vec<_>>() } });
    for method in [Method::POST, Method::DELETE] {
        for (count, want) in [(0, 400), (1, 200), (10_000, 200), (10_001, 400)] {
            let request = bench.request(method.clone(), &users(AUDIENCE)).header("content-type", "application/json");
            assert_eq!(send(request.body(body(count).to_string())).await.0, want, "{method} {count}");
        }
    }
    assert_eq!(bench.count(AUDIENCE), 0);
}

#[tokio::test]
async fn a_payload_of_a_wrong_shape_is_refused_whole() {
    let bench = Bench::start().await;
    for payload in [
        Value::Null,
        json!([]),
        json!("{"),
        json!({}),
        json!({ "schema": ["EXTERN_ID"] }),
        json!({ "data": [["a"]] }),
        json!({ "schema": [], "data": [[]] }),
        json!({ "schema": 7, "data": [["a"]] }),
        json!({ "schema": ["extern_id"], "data": [["a"]] }),
        json!({ "schema": ["EXTERN_ID", "NAME"], "data": [["a", "b"]] }),
        json!({ "schema": ["EXTERN_ID", "EXTERN_ID"], "data": [["a", "b"]] }),
        json!({ "schema": ["EXTERN_ID", "EMAIL"], "data": [["a"]] }),
        json!({ "schema": ["EXTERN_ID"], "data": [["a"], ["b", "c"]] }),
        json!({ "schema": ["EXTERN_ID", "FN"], "data": ["a"] }),
        json!({ "schema": ["EXTERN_ID"], "data": { "0": ["a"] } }),
        json!({ "schema": ["EXTERN_ID"], "data": [["a"]], "is_raw": "maybe" }),
        json!({ "schema": ["EXTERN_ID"], "data": [["a"]], "data_source": { "type": "MINE" } }),
        json!({ "schema": ["EXTERN_ID"], "data": [["a"]], "data_source": { "sub_type": "MINE" } }),
        json!({ "schema": ["EXTERN_ID"], "data": [["a"]], "data_source": [] }),
    ] {
        let body = json!({ "payload": payload });
        assert_eq!(bench.refused(bench.post(&users(AUDIENCE), &body)).await, (400, 100, 0), "{body}");
    }
    for (content_type, body) in [
        ("application/json", "{"),
        ("application/json", "[]"),
        ("text/plain", "payload={}"),
        ("application/x-www-form-urlencoded", "payload=%FF"),
    ] {
        let request = bench.request(Method::POST, &users(AUDIENCE)).header("content-type", content_type).body(body);
        assert_eq!(bench.refused(request).await, (400, 100, 0), "{content_type} {body}");
    }
    assert_eq!(bench.count(AUDIENCE), 0);
    bench
        .add(json!({ "schema": ["EXTERN_ID"], "data": [["a"]], "data_source": { "type": "FILE_IMPORTED", "sub_type": "HASHES" } }))
        .await;
}

/// "`payload.is_raw`: true = Meta hashes".
#[tokio::test]
async fn raw_values_are_kept_hashed() {
    let bench = Bench::start().await;
    let row = json!([" Lea.Martin@Example.com", "+33 6 12 34 56 78", "FR", "C-1"]);
    let bad = json!(["nobody", "", "FR", "C-2"]);
    let answer =
        bench.add(json!({ "schema": ["EMAIL", "PHONE", "COUNTRY", "EXTERN_ID"], "is_raw": true, "data": [row, bad] })).await;
    assert_eq!(answer["num_invalid_entries"], 1);
    let people = bench.twin.audience(AUDIENCE).unwrap().people;
    let person = people.iter().next().unwrap();
    let kept = ["EMAIL", "PHONE", "COUNTRY", "EXTERN_ID"].map(|key| person.get(key).unwrap().to_owned());
    assert_eq!(kept, [sha("lea.martin@example.com"), sha("33612345678"), sha("fr"), "C-1".to_owned()]);
}

/// "`LOOKALIKE_VALUE`: number >= 0, not hashed; only for `is_value_based` audiences".
#[tokio::test]
async fn values_are_of_audiences_that_have_them() {
    let bench = Bench::start().await;
    let body = |value: Value| json!({ "payload": { "schema": ["EXTERN_ID", "LOOKALIKE_VALUE"], "data": [["a", value]] } });
    assert_eq!(bench.refused(bench.post(&users(AUDIENCE), &body(1.into()))).await, (400, 100, 0));
    for (value, invalid) in [(json!(44.5), 0), (json!(0), 0), (json!("140"), 0), (json!(-1), 1), (json!("much"), 1)] {
        let answer = bench.done(bench.post(&users(VALUED), &body(value.clone()))).await;
        assert_eq!(answer["num_invalid_entries"], invalid, "{value}");
    }
    assert_eq!((bench.count(VALUED), bench.all(VALUED, "LOOKALIKE_VALUE")), (1, ["140".to_owned()].into()));
}

/// "`DELETE /act_{id}/usersofanyaudience`: remove people from every audience of the account".
#[tokio::test]
async fn somebody_leaves_every_audience_of_the_account() {
    let elsewhere = sluice_twins::meta_ads::AdAccount { id: "2".to_owned(), ..options().accounts.remove(0) };
    let other = sluice_twins::meta_ads::NewAudience {
        account_id: "2".to_owned(),
        people: vec![[("EXTERN_ID".to_owned(), "a".to_owned())].into()],
        ..audience("9", "elsewhere")
    };
    let mut set = options();
    set.accounts.push(elsewhere);
    set.audiences.push(other);
    let bench = Bench::with(set).await;
    for id in [AUDIENCE, VALUED] {
        bench.done(bench.post(&users(id), &json!({ "payload": ids(&["a", "b"]) }))).await;
    }
    let answer = bench.done(bench.delete(&account("/usersofanyaudience"), &json!({ "payload": ids(&["a"]) }))).await;
    assert_eq!(answer["num_received"], 1);
    let left: std::collections::BTreeSet<String> = ["b".to_owned()].into();
    assert_eq!((bench.all(AUDIENCE, "EXTERN_ID"), bench.all(VALUED, "EXTERN_ID")), (left.clone(), left));
    assert_eq!(bench.count("9"), 1, "another account's");
}

#[tokio::test]
async fn what_a_good_client_would_not_send_is_warned_of() {
    let bench = Bench::start().await;
    let payload = json!({ "schema": ["EXTERN_ID", "FN"], "data": [["a", sha("")], ["a", sha("x")]], "colour": 1 });
    let body = json!({ "payload": payload, "session": { "session_id": 1, "batch_seq": 1, "colour": 1 }, "colour": 1 });
    bench.done(bench.post(&users(AUDIENCE), &body)).await;
    let unknown = |at: &str| ("unknown-parameter", at.to_owned());
    assert_eq!(
        bench.warnings(),
        [
            unknown("payload.colour"),
            ("hash-of-nothing", "data[0].FN".to_owned()),
            ("same-person-twice", "data[1]".to_owned()),
            unknown("session.colour"),
            unknown("colour"),
        ]
    );
}
