//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{BATCH, Bench, LIST, SEGMENT, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "members",
        "members_to_add",
        "members_to_remove",
        "email_address",
        "status",
        "status_if_new",
        "subscribed",
        "unsubscribed",
        "merge_fields",
        "interests",
        "i1",
        "tags",
        "name",
        "active",
        "static_segment",
        "operations",
        "location",
        "FNAME",
        "ltv",
        "ADDR",
        "BDAY",
        "02/3é",
        "a@b.example",
        "A@b.example",
        "vip fr",
        "",
        "é",
    ]);
    json::of_words(word)
}

/// A body of a right outer shape, so that the inner rules are reached.
fn a_body() -> impl Strategy<Value = Value> {
    let emails = vec!["a@b.example", "A@b.example", "c@d.example", "bad@", ""];
    let statuses = vec!["subscribed", "unsubscribed", "transactional", "pending"];
    let member = (prop::sample::select(emails), prop::option::of(prop::sample::select(statuses)), json_like());
    (prop::collection::vec(member, 1..5), any::<bool>()).prop_map(|(members, update)| {
        let emails: Vec<Value> = members.iter().map(|(email, ..)| json!(email)).collect();
        let members = members.into_iter().map(|(email, status, fields)| {
            let mut member = json!({ "email_address": email, "merge_fields": { "FNAME": fields } });
            if let Some(status) = status {
                member["status"] = status.into();
            }
            member
        });
        let members: Vec<Value> = members.collect();
        json!({ "members": members, "update_existing": update, "members_to_add": emails, "name": "n", "static_segment": emails })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in prop_oneof![json_like(), a_body()]) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            let list = format!("/3.0/lists/{LIST}");
            for path in [BATCH.to_owned(), SEGMENT.to_owned(), format!("{list}/members"), format!("{list}/members/a@b.example/tags"), format!("{list}/segments"), format!("{list}/merge-fields"), "/3.0/batches".to_owned()] {
                let before = serde_json::to_value(bench.twin.state().audiences()).unwrap();
                let (status, answer) = send(bench.post(&path, &body)).await;
                assert!(matches!(status, 200 | 204 | 400 | 404), "{path} {status} {answer}");
                let entry = bench.twin.log().entries().pop().unwrap();
                if status >= 400 {
                    assert_eq!(answer["status"], status);
                    assert_eq!(serde_json::to_value(bench.twin.state().audiences()).unwrap(), before, "{path}");
                    assert!(bench.twin.ledger().entries().iter().all(|e| e.request != entry.number), "{path}");
                } else if path == BATCH {
                    let count = |name: &str| answer[name].as_u64().unwrap();
                    assert_eq!(count("total_created") + count("total_updated"), u64::from(entry.tally.applied));
                    assert_eq!(count("error_count"), u64::from(entry.tally.refused));
                    assert_eq!(entry.tally.objects, entry.tally.applied + entry.tally.refused + entry.tally.ignored);
                } else if path == SEGMENT {
                    let moved = answer["total_added"].as_u64().unwrap() + answer["total_removed"].as_u64().unwrap();
                    assert_eq!(moved, u64::from(entry.tally.applied));
                }
            }
        });
    }
}
