//! Who is on a list (*Lists*, *Remote segment*).

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::hubspot::{NewList, Options, ProcessingType};

use crate::client::{Bench, DYNAMIC, LISTS, MANUAL, SNAPSHOT, hands, options, send};

fn path(list: &str, rest: &str) -> String {
    format!("{LISTS}/{list}/memberships{rest}")
}

/// "`{"recordsIdsAdded":[…],"recordIdsRemoved":[…],"recordIdsMissing":[…]}` (sic …)"; "already-members are ignored".
#[tokio::test]
async fn members_come_and_go() {
    let bench = Bench::start().await;
    let ids = bench.people(3);
    let change = |body: Value| send(bench.put(&path(MANUAL, "/add-and-remove"), &body));
    let (status, answer) =
        change(json!({ "recordIdsToAdd": [ids[0], ids[1], "999", "nobody"], "recordIdsToRemove": [ids[2]] })).await;
    let want = json!({ "recordsIdsAdded": [ids[0], ids[1]], "recordIdsRemoved": [], "recordIdsMissing": ["999", "nobody"] });
    assert_eq!((status, answer), (200, want));
    let (_, answer) = change(json!({ "recordIdsToAdd": [ids[1], ids[2]], "recordIdsToRemove": [ids[0], "998"] })).await;
    let want = json!({ "recordsIdsAdded": [ids[2]], "recordIdsRemoved": [ids[0]], "recordIdsMissing": ["998"] });
    assert_eq!(answer, want);
    assert_eq!(bench.members(1), ["contacts/email:u1@example.org", "contacts/email:u2@example.org"]);
    let tally = bench.twin.log().entries().pop().unwrap().tally;
    assert_eq!((tally.objects, tally.applied, tally.refused, tally.ignored), (4, 2, 1, 1));
    let (_, answer) = send(bench.put(&path(MANUAL, "/add"), &json!([ids[0]]))).await;
    assert_eq!(answer["recordsIdsAdded"], json!([ids[0]]));
    let (_, answer) = send(bench.put(&path(MANUAL, "/remove"), &json!([ids[0], ids[0]]))).await;
    assert_eq!(answer["recordIdsRemoved"], json!([ids[0]]));
    assert_eq!(bench.members(1).len(), 2);
    let (_, answer) = change(json!({ "recordIdsToAdd": [ids[0]], "recordIdsToRemove": [ids[0]] })).await;
    assert_eq!((&answer["recordsIdsAdded"], &answer["recordIdsRemoved"]), (&json!([ids[0]]), &json!([ids[0]])));
    assert_eq!(bench.warnings(), [("added-and-removed", "recordIdsToRemove".to_owned())]);
}

/// "Only lists with `processingType` `MANUAL` or `SNAPSHOT` accept writes."
#[tokio::test]
async fn only_some_lists_take_members() {
    let bench = Bench::start().await;
    let ids = bench.people(1);
    for (list, want) in [(MANUAL, 200), (SNAPSHOT, 200), (DYNAMIC, 400), ("99", 404), ("x", 404)] {
        assert_eq!(send(bench.put(&path(list, "/add"), &json!(ids))).await.0, want, "{list}");
        let cleared = send(bench.request(Method::DELETE, &path(list, ""))).await.0;
        assert_eq!(cleared, if want == 200 { 204 } else { want }, "{list}");
    }
    assert_eq!(send(bench.get(&path(DYNAMIC, ""))).await.0, 200, "reading works for them too");
}

#[tokio::test]
async fn a_change_is_of_one_shape_and_so_large() {
    let bench = Bench::start().await;
    for (rest, body) in [
        ("/add", json!({ "recordIdsToAdd": [] })),
        ("/add", json!([101])),
        ("/add", json!("101")),
        ("/remove", json!(null)),
        ("/add-and-remove", json!(["101"])),
        ("/add-and-remove", json!({ "recordIdsToAdd": [101] })),
        ("/add-and-remove", json!({ "recordsIdsToAdd": ["101"] })),
    ] {
        assert_eq!(send(bench.put(&path(MANUAL, rest), &body)).await.0, 400, "{rest} {body}");
    }
    let many = |count: usize| (0..count).map(|n| Value::from(n.to_string())).collect::<Vec<_>>();
    assert_eq!(send(bench.put(&path(MANUAL, "/add"), &many(10_000).into())).await.0, 200);
    assert!(bench.warnings().is_empty());
    assert_eq!(send(bench.put(&path(MANUAL, "/add"), &many(100_000).into())).await.0, 200);
    assert_eq!(bench.warnings(), [("many-ids", "100000 ids".to_owned())]);
    assert_eq!(send(bench.put(&path(MANUAL, "/add"), &many(100_001).into())).await.0, 400);
}

/// "Empty a list: `DELETE …/memberships` (only under 100,000 members) -> 204."
#[tokio::test]
async fn a_list_that_is_not_too_long_is_emptied() {
    for (members, want) in [(99_999, 204), (100_000, 400)] {
        let list = NewList {
            list_id: 7,
            name: "long".to_owned(),
            object_type_id: "0-1".to_owned(),
            processing_type: ProcessingType::Manual,
            members: (1_000..1_000 + members).collect(),
        };
        let bench = Bench::with(Options { lists: vec![list], ..options() }).await;
        assert_eq!(send(bench.request(Method::DELETE, &path("7", ""))).await.0, want, "{members}");
        assert_eq!(bench.twin.state().lists()[&7].members().len() == 0, want == 204);
        assert_eq!(send(bench.request(Method::DELETE, &path("7", ""))).await.0, want, "again is the same");
    }
}

/// "`GET …/memberships?limit=250&after=…` … ordered by record id; `…/memberships/join-order` orders by join time".
#[tokio::test]
async fn members_are_read_in_pages() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, ..options() }).await;
    let ids = bench.people(5);
    for n in [3, 1, 4, 0, 2] {
        forward.fetch_add(1_000, std::sync::atomic::Ordering::SeqCst);
        send(bench.put(&path(MANUAL, "/add"), &json!([ids[n]]))).await;
    }
    for (rest, order) in [("", [0, 1, 2, 3, 4]), ("/join-order", [3, 1, 4, 0, 2])] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = bench.read(&format!("{}?limit=2{after}", path(MANUAL, rest))).await;
            assert_eq!(page["total"], 5);
            seen.extend(page["results"].as_array().unwrap().iter().map(|it| it["recordId"].as_str().unwrap().to_owned()));
            match page["paging"]["next"]["after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, order.map(|n| ids[n].clone()), "{rest}");
    }
    let first = bench.read(&path(MANUAL, "/join-order")).await;
    assert_eq!(first["results"][0]["membershipTimestamp"], "2026-10-20T00:00:01.000Z");
    for query in ["limit=0", "limit=251", "limit=x", "after=101", "after=Twxyz"] {
        assert_eq!(send(bench.get(&format!("{}?{query}", path(MANUAL, "")))).await.0, 400, "{query}");
    }
    assert_eq!(send(bench.get(&format!("{}?limit=250", path(MANUAL, "")))).await.0, 200);
    assert_eq!(send(bench.get(&path("99", ""))).await.0, 404);
}

#[tokio::test]
async fn who_leaves_between_two_pages_hides_nobody() {
    let bench = Bench::start().await;
    let ids = bench.people(4);
    send(bench.put(&path(MANUAL, "/add"), &json!(ids))).await;
    let first = bench.read(&format!("{}?limit=2", path(MANUAL, ""))).await;
    send(bench.put(&path(MANUAL, "/remove"), &json!([ids[0], ids[1]]))).await;
    let after = first["paging"]["next"]["after"].as_str().unwrap();
    let second = bench.read(&format!("{}?limit=2&after={after}", path(MANUAL, ""))).await;
    let seen: Vec<&Value> = second["results"].as_array().unwrap().iter().map(|it| &it["recordId"]).collect();
    assert_eq!(seen, [&json!(ids[2]), &json!(ids[3])]);
    assert!(second.get("paging").is_none());
}
