//! Synchronous rows (*Endpoint B*).

use serde_json::{Value, json};

use crate::client::{Bench, DE, ROWSET, TOKEN, pair, send};

fn good(id: &str) -> Value {
    pair(id, json!({ "Email": format!("{id}@example.org") }))
}

/// "200 = array echo"; "rows before the first bad row are saved, rows after it are not, and errors carry no index".
#[tokio::test]
async fn rows_before_the_first_bad_one_are_saved() {
    let bench = Bench::start().await;
    let rows = json!([good("a"), good("b")]);
    assert_eq!(bench.ok("POST", ROWSET, rows.clone()).await, rows);
    assert_eq!(bench.count(), 2);
    let rows = json!([good("c"), pair("d", json!({ "Email": "no address" })), good("e"), good("f")]);
    let (status, answer) = send(bench.call("POST", ROWSET, &rows)).await;
    assert_eq!((status, &answer["errorcode"]), (400, &json!(10_006)));
    assert!(answer["additionalErrors"][0]["message"].as_str().unwrap().contains("'Email'"), "{answer}");
    assert_eq!(bench.twin.rows("Members").keys().cloned().collect::<Vec<_>>(), ["a", "b", "c"]);
    let tally = bench.twin.log().entries().pop().unwrap().tally;
    assert_eq!((tally.objects, tally.applied, tally.refused, tally.ignored), (4, 1, 1, 2));
    bench
        .ok(
            "POST",
            &format!("/hub/v1/dataevents/{DE}/rowset"),
            json!([pair("a", json!({ "Email": "n@example.org", "Points": 3 }))]),
        )
        .await;
    assert_eq!((&bench.row("a").unwrap()["Email"], &bench.row("a").unwrap()["Points"]), (&json!("n@example.org"), &json!(3)));
}

#[tokio::test]
async fn keys_are_the_primary_key_and_nothing_more() {
    let bench = Bench::start().await;
    let email = json!({ "Email": "a@b.example" });
    for (keys, values, want) in [
        (json!({}), email.clone(), "'MemberId' is missing"),
        (json!({ "MemberId": "a", "Email": "a@b.example" }), json!({}), "'Email' is not part"),
        (json!({ "Id": "a" }), email.clone(), "'Id' is not part"),
        (json!({ "MemberId": "a" }), json!({ "Email": "a@b.example", "MemberId": "b" }), "another value"),
        (json!({ "MemberId": "a" }), json!({ "Email": "a@b.example", "Colour": 1 }), "'Colour' does not exist"),
        (json!({ "MemberId": "a" }), json!({}), "'Email' is required"),
        (json!({ "MemberId": null }), email.clone(), "nulls"),
    ] {
        let (status, told) = bench.refused("POST", ROWSET, json!([{ "keys": keys, "values": values }])).await;
        assert!(status == 400 && told.contains(want), "{told}");
    }
    for body in [
        json!({}),
        json!([]),
        json!([1]),
        json!([{ "keys": {} }]),
        json!([{ "keys": [], "values": {} }]),
        json!([good("a"), { "values": {} }]),
    ] {
        assert_eq!(bench.refused("POST", ROWSET, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(bench.refused("POST", "/hub/v1/dataevents/key:Unknown/rowset", json!([good("a")])).await.0, 400);
    assert_eq!(
        bench.refused("POST", "/hub/v1/dataevents/key:Log/rowset", json!([{ "keys": {}, "values": { "Line": "a" } }])).await.0,
        400
    );
    assert_eq!(bench.count(), 0);
}

/// "Max 5 MB; recommended ≤50 rows and ≤50 columns".
#[tokio::test]
async fn more_than_fifty_rows_are_warned_of() {
    let bench = Bench::start().await;
    let rows = |count: usize| (0..count).map(|n| good(&format!("u{n}"))).collect::<Value>();
    bench.ok("POST", ROWSET, rows(50)).await;
    assert_eq!(bench.warnings(), []);
    bench.ok("POST", ROWSET, rows(51)).await;
    assert_eq!(bench.warnings(), [("large-rowset", "51 rows of 2 columns".to_owned())]);
    let body = format!("{}{}", rows(1), " ".repeat(5_000_000));
    let request = bench.bare("POST", ROWSET).bearer_auth(TOKEN).header("content-type", "application/json").body(body);
    assert_eq!(send(request).await.0, 413);
}

/// "Retryable only: errorcode 10006 … with no `additionalErrors`".
#[tokio::test]
async fn a_save_fails_once_for_no_reason_that_is_told() {
    let bench = Bench::start().await;
    bench.twin.seed("harms", json!([{ "harm": "save-failure" }])).unwrap();
    let (status, answer) = send(bench.call("POST", ROWSET, &json!([good("a")]))).await;
    let text = format!("Unable to save rows for data extension ID {DE}");
    assert_eq!((status, &answer["errorcode"], &answer["message"]), (400, &json!(10_006), &json!(text)));
    assert_eq!((answer.get("additionalErrors"), bench.count()), (None, 0));
    bench.ok("POST", ROWSET, json!([good("a")])).await;
}

/// "Single row: PUT …/rows/{pk}:{value}; composite key pk1:v1,pk2:v2".
#[tokio::test]
async fn one_row_is_named_by_the_path() {
    let bench = Bench::start().await;
    let path = |row: &str| format!("/hub/v1/dataevents/key:Members/rows/{row}");
    let values = json!({ "values": { "Email": "a@b.example" } });
    let echo = bench.ok("PUT", &path("MemberId:a%2Cb"), values.clone()).await;
    assert_eq!(echo, json!({ "keys": { "MemberId": "a,b" }, "values": { "Email": "a@b.example" } }));
    bench.ok("PUT", &path("MemberId%3Ac"), values.clone()).await;
    assert_eq!(bench.twin.rows("Members").keys().cloned().collect::<Vec<_>>(), ["a,b", "c"]);
    bench.ok("PUT", "/hub/v1/dataevents/key:Visits/rows/Shop:Nice,Day:3", json!({ "values": { "Count": 2 } })).await;
    assert_eq!(bench.twin.row("Visits", "Nice,3").unwrap()["Day"], 3);
    assert_eq!(bench.warnings(), []);
    for (row, body) in [
        ("c", values.clone()),
        ("MemberId:", values.clone()),
        ("Email:a@b.example", values.clone()),
        ("MemberId:d", json!({})),
        ("MemberId:d", json!([])),
        ("MemberId:d", json!({ "values": {} })),
    ] {
        assert_eq!(bench.refused("PUT", &path(row), body.clone()).await.0, 400, "{row} {body}");
    }
    let partial = "/hub/v1/dataevents/key:Visits/rows/Shop:Nice";
    assert_eq!(bench.refused("PUT", partial, json!({ "values": { "Count": 2 } })).await.0, 400);
    assert_eq!(bench.count(), 2);
}
