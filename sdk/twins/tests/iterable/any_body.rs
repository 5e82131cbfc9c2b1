//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_twins::iterable::Project;

use crate::client::{BULK, Bench, LIST, SUBSCRIBE, UNSUBSCRIBE, UPDATE, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "users",
        "subscribers",
        "listId",
        "email",
        "userId",
        "preferUserId",
        "mergeNestedObjects",
        "dataFields",
        "createNewFields",
        "emailListIds",
        "phoneNumber",
        "signupDate",
        "a.b",
        "",
        "é",
        "2026-03-02 08:15:00 +00:00",
        "2026-03-02 08:15:0é +00:00",
        "a@b.example",
        "A@b.example",
        "+33612345678",
        "u_1",
    ]);
    json::of_words(word)
}

/// A body of a right outer shape, so that the inner rules are reached.
fn a_body() -> impl Strategy<Value = Value> {
    let person = (prop::sample::select(vec!["a@b.example", "c@d.example", "bad@", ""]), any::<bool>(), json_like());
    prop::collection::vec(person, 1..5).prop_map(|people| {
        let named = people.into_iter().map(|(name, by_id, data)| {
            let data = if data.is_object() { data } else { json!({ "value": data }) };
            json!({ if by_id { "userId" } else { "email" }: name, "preferUserId": true, "dataFields": data })
        });
        let named: Vec<Value> = named.collect();
        json!({ "users": named, "subscribers": named, "listId": LIST, "channelUnsubscribe": false })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(
        body in prop_oneof![json_like(), a_body()],
        project in prop::sample::select(vec![Project::Email, Project::UserId, Project::Hybrid]),
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::of(project).await;
            for path in [BULK, SUBSCRIBE, UNSUBSCRIBE, UPDATE, "/api/lists"] {
                let (status, answer) = send(bench.post(path, &body)).await;
                assert!(matches!(status, 200 | 400 | 409), "{path} {status} {answer}");
                let entry = bench.twin.log().entries().pop().unwrap();
                let applied = bench.twin.ledger().entries().iter().filter(|e| e.request == entry.number).count();
                if status != 200 {
                    assert_eq!((entry.tally.applied, applied), (0, 0), "{path} {answer}");
                    assert!(bench.twin.with_state(|state| state.users().iter().all(|u| u.updated_by != entry.number)));
                } else if let Some(taken) = answer["successCount"].as_u64() {
                    assert_eq!(taken, u64::from(entry.tally.applied), "{path}");
                    let failed = u64::from(entry.tally.refused + entry.tally.ignored);
                    assert_eq!(answer["failCount"].as_u64(), Some(failed));
                    assert_eq!(taken + failed, u64::from(entry.tally.objects));
                    let named = answer["failedUpdates"].as_object().unwrap().values().map(|l| l.as_array().unwrap().len()).sum::<usize>();
                    assert!(named as u64 >= failed, "everybody who failed is named: {answer}");
                }
            }
        });
    }
}
