//! Static segments: found or made, filled one by one, emptied by the batch.

use serde_json::json;
use sluice_catalog::contract::Operation;
use sluice_conformance::words;

use crate::{
    rig::{Rig, VIP, people},
    state,
};

async fn three() -> Rig {
    let contact = |email: &str| json!({ "email_address": email, "status": "subscribed" });
    Rig::of(json!([contact("a@a.example"), contact("b@a.example"), contact("c@a.example")])).await
}

/// "find with `GET …/segments?type=static…`", "Mailchimp may change the case of tag names".
#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_found_in_any_case_and_made_only_once() {
    let rig = three().await;
    state::have_segment(&rig.twin, 7, "vip fr", &[]);
    assert_eq!(rig.setup().await, Ok(b"7".to_vec()));

    let rig = three().await;
    let made = rig.setup().await.unwrap();
    assert_eq!(rig.setup().await.unwrap(), made);
    assert_eq!(state::segments(&rig.twin).await, ["VIP FR"]);
    assert_eq!(rig.read_back(std::str::from_utf8(&made).unwrap()).await, Vec::<String>::new());
}

/// "Members must already exist in the audience"; tags answer 204, and 404 for who is not there.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_get_in_and_strangers_are_skipped_and_not_made() {
    let rig = three().await;
    state::have_segment(&rig.twin, 7, "VIP FR", &["c@a.example"]);
    let told = rig.moved(b"7", Operation::Add, &["a@a.example", "stranger@a.example", "c@a.example"]).await;
    // Who is in already is told from who is nobody's contact.
    assert_eq!(words::outcomes(&told, 3), ["accepted", "skipped not-found-in-destination", "accepted"]);
    assert_eq!(rig.read_back("7").await, ["a@a.example", "c@a.example"]);
    assert_eq!(state::emails(&rig.twin).await.len(), 3);
}

/// "`members_to_remove` only leaves the segment; the contact stays in the audience."
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_stays_in_the_audience_and_who_is_not_in_has_left() {
    let rig = three().await;
    state::have_segment(&rig.twin, 7, "VIP FR", &["a@a.example", "b@a.example"]);
    let told = rig.moved(b"7", Operation::Remove, &["a@a.example", "c@a.example", "stranger@a.example"]).await;
    assert_eq!(words::outcomes(&told, 3), ["accepted"; 3]);
    assert_eq!(rig.read_back("7").await, ["b@a.example"]);
    assert_eq!(state::emails(&rig.twin).await, ["a@a.example", "b@a.example", "c@a.example"]);
    assert_eq!(state::of_contacts(&rig.twin, "status", ["a@a.example"]).await, [json!("subscribed")]);
}

/// A tag goes by its name and a segment by its id: after a new name both mean the same thing still.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_segment_is_the_same_segment() {
    let rig = three().await;
    state::have_segment(&rig.twin, 7, "Best customers", &["b@a.example"]);
    rig.moved(b"7", Operation::Add, &["a@a.example"]).await;
    rig.moved(b"7", Operation::Remove, &["b@a.example"]).await;
    assert_eq!(rig.read_back("7").await, ["a@a.example"]);
    assert_eq!(state::segments(&rig.twin).await, ["Best customers"], "no tag of the old name was made");
}

/// "404: list, segment or member absent; configuration (list/segment)".
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_segment_stops_the_run_and_is_not_made_again() {
    let rig = three().await;
    for operation in [Operation::Add, Operation::Remove] {
        let told = rig.members(VIP, b"7", operation, people(&["a@a.example"])).await.unwrap();
        assert_eq!(words::halt(&told.unwrap_err()), "missing dest-object-missing", "{operation:?}");
    }
    assert_eq!(state::segments(&rig.twin).await, Vec::<String>::new());
}

/// "`is_syncing:true` keeps tag automations from firing".
#[tokio::test(flavor = "multi_thread")]
async fn automations_start_only_when_somebody_says_so() {
    for (options, syncing) in [(VIP, true), (r#"{"segment":"VIP FR","start_automations":true}"#, false)] {
        let rig = three().await;
        state::have_segment(&rig.twin, 7, "VIP FR", &[]);
        rig.members(options, b"7", Operation::Add, people(&["a@a.example"])).await.unwrap().unwrap();
        let entries = rig.twin.log().entries();
        let tagged: Vec<_> = entries.iter().filter(|entry| entry.path.ends_with("/tags")).collect();
        assert_eq!((tagged.len(), tagged[0].json().unwrap()["is_syncing"].as_bool()), (1, Some(syncing)));
    }
}

/// "`members_to_remove[]`: max 500; more -> 400".
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_leave_in_one_request() {
    let emails: Vec<String> = (0..500).map(|n| format!("p{n}@a.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let rig = Rig::of(emails.iter().map(|email| json!({ "email_address": email, "status": "subscribed" })).collect()).await;
    state::have_segment(&rig.twin, 7, "VIP FR", &emails);
    let told = rig.moved(b"7", Operation::Remove, &emails).await;
    assert_eq!(words::outcomes(&told, 500), ["accepted"; 500]);
    assert_eq!(rig.lines().len(), 1);
    assert_eq!(rig.read_back("7").await, Vec::<String>::new());
}
