//! Members of a segment, read back.

use serde_json::{Value, json};
use sluice_conformance::words;

use crate::{
    rig::{Rig, emails},
    state,
};

/// "Without the include flags only subscribed members come back."
#[tokio::test(flavor = "multi_thread")]
async fn members_of_every_status_come_by_their_address() {
    let statuses = ["subscribed", "unsubscribed", "cleaned", "transactional"];
    let rig = Rig::of(
        statuses.map(|status| json!({ "email_address": format!("{status}@a.example"), "status": status })).into_iter().collect(),
    )
    .await;
    let all = statuses.map(|status| format!("{status}@a.example"));
    state::have_segment(&rig.twin, 7, "VIP FR", &all.each_ref().map(String::as_str));
    let page = rig.page("7", None).await.unwrap();
    let (mut got, mut wanted) = (emails(&page), all.to_vec());
    got.sort();
    wanted.sort();
    assert_eq!((got, page.next), (wanted, None));
    assert_eq!(page.schema[0].attr("identifier"), Some("email"));
}

/// "`count` default 10, max 1,000; offset paging; total in `total_items`".
#[tokio::test(flavor = "multi_thread")]
async fn a_large_segment_comes_page_by_page_and_whole() {
    let all: Vec<String> = (0..2001).map(|n| format!("p{n}@a.example")).collect();
    let contacts: Vec<Value> = all.iter().map(|email| json!({ "email_address": email, "status": "subscribed" })).collect();
    let rig = Rig::of(Value::Array(contacts)).await;
    state::have_segment(&rig.twin, 7, "all", &all.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut seen, mut cursor, mut sizes) = (Vec::new(), None, Vec::new());
    loop {
        let page = rig.page("7", cursor).await.unwrap();
        sizes.push(page.members.rows);
        seen.extend(emails(&page));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!((sizes, seen.len()), (vec![1000, 1000, 1], 2001));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_nobody_is_one_page_and_one_that_is_not_there_is_missing() {
    let rig = Rig::of(json!([])).await;
    state::have_segment(&rig.twin, 7, "nobody", &[]);
    let page = rig.page("7", None).await.unwrap();
    assert_eq!((page.members.rows, page.next), (0, None));
    for segment in ["8", "nobody", ""] {
        assert_eq!(words::halt(&rig.page(segment, None).await.unwrap_err()), "missing dest-object-missing", "{segment}");
    }
}
