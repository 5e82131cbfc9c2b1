//! Whom an object means, by the type of the project (*Auth*, *Synchronize user attributes*, *Quirks*).

use serde_json::{Value, json};
use sluice_twins::iterable::{Options, Project};

use crate::client::{BULK, Bench, options, people, told};

/// "bulkUpdate's 200 with failCount>0": good ones are taken, bad ones are named by value (*Synchronize user attributes*).
#[tokio::test]
async fn good_users_are_taken_and_bad_ones_named_by_their_identifier() {
    let forgotten = vec!["old@example.org".to_owned()];
    let bench = Bench::with(Options { forgotten_emails: forgotten, ..options() }).await;
    bench.bulk(json!([{ "email": "first@example.org", "dataFields": { "rank": 1 } }])).await;
    let answer = bench
        .bulk(json!([
            { "email": "lea@example.org", "dataFields": { "rank": 2 } },
            { "email": "bad@" },
            { "email": "old@example.org" },
            { "email": "clash@example.org", "dataFields": { "rank": "two" } },
            { "userId": "u " },
            { "userId": "nobody" }
        ]))
        .await;
    let want = json!({ "invalidEmails": ["bad@"], "forgottenEmails": ["old@example.org"],
        "invalidDataEmails": ["clash@example.org"], "invalidUserIds": ["u ", "nobody"] });
    assert_eq!(told(&answer), (1, 5, want));
    assert_eq!(bench.data("lea@example.org"), json!({ "rank": 2 }));
    assert_eq!(bench.twin.state().users().len(), 2);
    let tally = bench.twin.log().entries()[1].tally;
    assert_eq!((tally.objects, tally.applied, tally.refused, tally.ignored), (6, 1, 4, 1));
}

#[tokio::test]
async fn a_request_in_which_nobody_is_good_is_200() {
    let bench = Bench::start().await;
    let answer = bench.bulk(json!([{ "email": "bad@" }, { "email": "a b@example.org" }])).await;
    assert_eq!(told(&answer), (0, 2, json!({ "invalidEmails": ["bad@", "a b@example.org"] })));
    assert!(bench.twin.ledger().entries().is_empty());
}

/// *Auth*: the project's type "decides which identifier is legal"; *Quirks*: both in hybrid projects, else exactly one.
#[tokio::test]
async fn the_project_decides_which_identifier_is_legal() {
    let email = json!({ "email": "lea@example.org" });
    let id = json!({ "userId": "u_1" });
    let made = json!({ "userId": "u_1", "preferUserId": true });
    let both = json!({ "email": "lea@example.org", "userId": "u_1" });
    let refused_id = json!({ "invalidUserIds": ["u_1"] });
    let refused_email = json!({ "invalidEmails": ["lea@example.org"] });
    for (project, object, want) in [
        (Project::Email, &email, Some(json!({}))),
        (Project::Email, &id, Some(refused_id)),
        (Project::Email, &made, Some(json!({}))),
        (Project::Email, &both, None),
        (Project::UserId, &email, Some(refused_email)),
        (Project::UserId, &id, Some(json!({}))),
        (Project::UserId, &both, None),
        (Project::Hybrid, &email, Some(json!({}))),
        (Project::Hybrid, &id, Some(json!({}))),
        (Project::Hybrid, &both, Some(json!({}))),
    ] {
        let bench = Bench::of(project).await;
        match want {
            None => assert_eq!(bench.code(BULK, json!({ "users": [object] })).await, (400, "BadParams".to_owned())),
            Some(want) => {
                let taken = u64::from(want == json!({}));
                assert_eq!(told(&bench.bulk(json!([object])).await), (taken, 1 - taken, want), "{project:?} {object}");
                assert_eq!(bench.twin.state().users().len() as u64, taken);
            }
        }
    }
}

/// "a record with only userId needs preferUserId:true to be created", not to be updated.
#[tokio::test]
async fn a_user_id_of_an_email_based_project_finds_whom_it_knows() {
    let bench = Bench::start().await;
    bench.bulk(json!([{ "userId": "u_1", "preferUserId": true, "dataFields": { "rank": 1 } }])).await;
    bench.bulk(json!([{ "email": "lea@example.org", "dataFields": { "userId": "u_2" } }])).await;
    let answer = bench.bulk(json!([{ "userId": "u_1", "dataFields": { "rank": 2 } }, { "userId": "u_2" }])).await;
    assert_eq!(told(&answer), (2, 0, json!({})));
    assert_eq!(bench.data("u_1"), json!({ "rank": 2 }));
    let email = bench.twin.user("u_1").unwrap().email.unwrap();
    assert!(email.ends_with("@placeholder.email"), "{email}");
    assert_eq!(bench.twin.user("u_2").unwrap().email.as_deref(), Some("lea@example.org"));
}

/// "trim + lower-case" is the client's; "kept exactly" is said of a userId.
#[tokio::test]
async fn an_address_is_compared_in_lower_case_and_a_user_id_exactly() {
    let bench = Bench::of(Project::Hybrid).await;
    bench.bulk(json!([{ "email": "Lea@Example.org" }, { "email": "lea@example.org" }, { "userId": "U" }, { "userId": "u" }])).await;
    assert_eq!(bench.twin.state().users().len(), 3);
    assert_eq!(bench.warnings(), [("email-not-lower-case", "users[0]".to_owned()), ("same-user-twice", "users[1]".to_owned())]);
    let answer = bench.bulk(json!([{ "email": "BAD@" }, { "email": " lea@example.org" }])).await;
    assert_eq!(told(&answer).2, json!({ "invalidEmails": ["bad@", " lea@example.org"] }));
}

/// *Errors*: "identity conflict"; the vendor's description: existing addresses that prevented an identity update.
#[tokio::test]
async fn two_users_do_not_become_one() {
    let bench = Bench::of(Project::Hybrid).await;
    bench.bulk(json!([{ "email": "a@example.org", "userId": "a" }, { "email": "b@example.org" }, { "userId": "c" }])).await;
    let answer = bench
        .bulk(json!([
            { "email": "b@example.org", "userId": "c" },
            { "email": "a@example.org", "userId": "new" },
            { "email": "b@example.org", "userId": "b" },
            { "userId": "c", "dataFields": { "email": "a@example.org" } },
            { "email": "b@example.org", "dataFields": { "userId": "c" } }
        ]))
        .await;
    // The third is the one that is taken.
    let want = json!({ "conflictEmails": ["b@example.org", "a@example.org", "a@example.org"], "conflictUserIds": ["c"] });
    assert_eq!(told(&answer), (1, 4, want));
    let users = bench.twin.state();
    let names: Vec<_> = users.users().iter().map(|u| (u.email.as_deref(), u.user_id.as_deref())).collect();
    assert_eq!(names, [(Some("a@example.org"), Some("a")), (Some("b@example.org"), Some("b")), (None, Some("c"))]);
}

/// The vendor's description of `invalidEmails`: those of `dataFields` are named themselves, so a client cannot count on its own.
#[tokio::test]
async fn a_malformed_identifier_inside_the_data_is_named_itself() {
    let bench = Bench::of(Project::UserId).await;
    let answer = bench
        .bulk(json!([{ "userId": "u_1", "dataFields": { "email": "bad@" } }, { "userId": "u_2", "dataFields": { "userId": "" } },
            { "userId": "u_3", "dataFields": { "userId": "other" } }, { "userId": "u_4", "dataFields": { "email": 1 } },
            { "userId": "u_5", "dataFields": { "email": "lea@example.org" } }]))
        .await;
    let want = json!({ "invalidEmails": ["bad@"], "invalidUserIds": [""], "invalidDataUserIds": ["u_3", "u_4"] });
    assert_eq!(told(&answer), (1, 4, want));
    assert_eq!(bench.twin.user("u_5").unwrap().email.as_deref(), Some("lea@example.org"));
}

/// *Errors*: `ForgottenUserError`, GDPR.
#[tokio::test]
async fn a_forgotten_person_takes_nothing() {
    let forgotten = vec!["gone".to_owned()];
    let bench = Bench::with(Options { project: Project::Hybrid, forgotten_user_ids: forgotten, ..options() }).await;
    bench.twin.seed("forgotten", json!(["old@example.org"])).unwrap();
    let users = json!([{ "userId": "gone" }, { "email": "OLD@example.org" }, { "userId": "here", "email": "old@example.org" }]);
    for answer in [bench.bulk(users.clone()).await, bench.subscribe(users).await] {
        let want = json!({ "forgottenUserIds": ["gone"], "forgottenEmails": ["old@example.org", "old@example.org"] });
        assert_eq!(told(&answer), (0, 3, want));
    }
    assert!(bench.twin.state().users().is_empty() && bench.members().is_empty());
}

/// "allow 60 s"; "Idempotent, safe to retry".
#[tokio::test]
async fn the_same_request_twice_changes_nothing_more() {
    let bench = Bench::start().await;
    let users = Value::from(people(5));
    let first = bench.bulk(users.clone()).await;
    let before: Vec<_> = bench.twin.state().users().iter().map(|u| (u.key(), u.data.clone())).collect();
    let second = bench.bulk(users).await;
    let after: Vec<_> = bench.twin.state().users().iter().map(|u| (u.key(), u.data.clone())).collect();
    assert_eq!(before, after);
    assert_eq!((&first["createdFields"], &second["createdFields"]), (&json!(["rank"]), &json!([])));
    let user = bench.twin.user("u0@example.org").unwrap();
    assert_eq!((user.created_by, user.updated_by, user.writes), (1, 2, 2));
}
