//! Members read back (*Remote segment*).

use serde_json::{Value, json};

use crate::client::{Bench, LIST, SAVED, SEGMENT, people};

const INCLUDE_ALL: &str = "include_cleaned=true&include_unsubscribed=true&include_transactional=true";

fn names(answer: &Value) -> Vec<&str> {
    answer["members"].as_array().unwrap().iter().map(|member| member["email_address"].as_str().unwrap()).collect()
}

async fn page(bench: &Bench, query: &str) -> Value {
    bench.ok("GET", &format!("{SEGMENT}/members?{query}"), Value::Null).await
}

/// "Without the include flags only subscribed members come back."
#[tokio::test]
async fn only_the_subscribed_come_without_flags() {
    let bench = Bench::start().await;
    let statuses = ["subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"];
    let email = |status: &str| format!("{status}@example.org");
    let seeds: Value =
        statuses.iter().map(|s| json!({ "list_id": LIST, "email_address": email(s), "status": s, "tags": ["VIP FR"] })).collect();
    bench.twin.seed("members", seeds).unwrap();
    for (flags, want) in [
        ("", vec!["subscribed"]),
        ("include_cleaned=true", vec!["cleaned", "subscribed"]),
        ("include_unsubscribed=true", vec!["subscribed", "unsubscribed"]),
        ("include_transactional=true", vec!["subscribed", "transactional"]),
        ("include_cleaned=false", vec!["subscribed"]),
        (INCLUDE_ALL, vec!["cleaned", "subscribed", "transactional", "unsubscribed"]),
    ] {
        let answer = page(&bench, &format!("count=1000&{flags}")).await;
        assert_eq!(names(&answer), want.iter().map(|s| email(s)).collect::<Vec<_>>(), "{flags}");
        assert_eq!(answer["total_items"], want.len(), "{flags}");
    }
    let whole = bench.ok("GET", &format!("/3.0/lists/{LIST}/members?count=1000"), Value::Null).await;
    assert_eq!(whole["total_items"], 5, "all but the archived");
    for (status, want) in [("archived", 1), ("pending", 1)] {
        let of = bench.ok("GET", &format!("/3.0/lists/{LIST}/members?count=1000&status={status}"), Value::Null).await;
        assert_eq!(of["total_items"], want);
    }
}

/// "`count` default 10, max 1,000; offset paging; total in `total_items`", reduced to the fields asked for.
#[tokio::test]
async fn a_segment_is_read_page_by_page() {
    let bench = Bench::start().await;
    for start in [0, 500, 1_000] {
        let members: Value = (start..start + 500)
            .map(|n| json!({ "list_id": LIST, "email_address": format!("u{n:04}@example.org"), "status": "subscribed", "tags": ["VIP FR"] }))
            .collect();
        bench.twin.seed("members", members).unwrap();
    }
    let fields = "fields=members.email_address,members.id,members.contact_id,members.status,total_items";
    let mut all = Vec::new();
    for (offset, want) in [(0, 1_000), (1_000, 500), (2_000, 0)] {
        let answer = page(&bench, &format!("count=1000&offset={offset}&{INCLUDE_ALL}&{fields}")).await;
        assert_eq!((names(&answer).len(), &answer["total_items"]), (want, &json!(1_500)), "{offset}");
        if let Some(first) = answer["members"].get(0) {
            assert_eq!(first.as_object().unwrap().len(), 4);
        }
        all.extend(names(&answer).into_iter().map(str::to_owned));
    }
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 1_500, "each once");
    assert_eq!(bench.warnings(), []);
    let answer = page(&bench, "").await;
    assert_eq!((names(&answer).len(), bench.warnings()), (10, vec![("default-count", "count".to_owned())]));
}

#[tokio::test]
async fn a_question_of_a_wrong_shape_is_refused() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    for query in ["count=1001", "count=x", "count=-1", "offset=x", "include_cleaned=1"] {
        assert_eq!(bench.refused("GET", &format!("{SEGMENT}/members?{query}"), Value::Null).await.1, "Invalid Resource", "{query}");
    }
    let saved = format!("/3.0/lists/{LIST}/segments/{SAVED}/members?count=1000");
    assert_eq!(bench.ok("GET", &saved, Value::Null).await["total_items"], 0, "a saved segment is read as well");
}
