//! Subscription statuses: one state for all users of a request, and one answer for all of them.

use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{
    Cell, Table, Told,
    words::{halt, outcomes},
};
use sluice_twins::braze::{Channel, Options, SubscriptionGroup, SubscriptionState};
use sluice_twins::{Answer, Apply, Fault};

use crate::rig::{API_KEY, Rig, SUBSCRIPTION, SUBSCRIPTIONS, people};

const NEWS: &str = "4a3b2c1d-0000-4e5f-8a9b-112233445566";
const TEXTS: &str = "4a3b2c1d-0000-4e5f-8a9b-112233445577";

async fn rig() -> Rig {
    let group = |id: &str, channel| SubscriptionGroup { id: id.to_owned(), channel };
    let subscription_groups = vec![group(NEWS, Channel::Email), group(TEXTS, Channel::Sms)];
    let rig = Rig::with(Options { subscription_groups, ..Options::with_key(API_KEY) }, API_KEY).await;
    let known = people(["C-1", "C-2", "C-3"])
        .with("email", PhysicalType::Utf8, "attribute", ["a@example.com", "b@example.com", "c@example.com"])
        .with("phone", PhysicalType::Utf8, "attribute", ["+33611111111", "+33622222222", "+33633333333"]);
    assert_eq!(outcomes(&rig.upsert(known).await, 3), ["accepted"; 3]);
    rig
}

async fn set(rig: &Rig, group: &str, operation: Operation, table: Table) -> Told {
    let options = format!(r#"{{"subscription_group_id":"{group}"}}"#);
    rig.told(SUBSCRIPTIONS.options(&options), operation, table).await
}

fn state(rig: &Rig, group: &str, id: &str) -> Option<SubscriptionState> {
    rig.twin.with_state(|s| s.subscription(group, id))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addition_subscribes_and_a_removal_unsubscribes() {
    let rig = rig().await;
    let told = set(&rig, NEWS, Operation::Add, people(["C-1", "C-2"])).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), ["accepted"; 2]);
    let told = set(&rig, NEWS, Operation::Remove, people(["C-2"])).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 1), ["accepted"]);
    assert_eq!(state(&rig, NEWS, "C-1"), Some(SubscriptionState::Subscribed));
    assert_eq!(state(&rig, NEWS, "C-2"), Some(SubscriptionState::Unsubscribed));
    assert_eq!(state(&rig, NEWS, "C-3"), None, "who was never in the list is not touched");
    assert_eq!(rig.twin.warnings(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_set_in_groups_of_their_channel() {
    let rig = rig().await;
    let told = set(&rig, NEWS, Operation::Add, Table::by("email", ["b@example.com"])).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 1), ["accepted"]);
    let bad = Table::by("phone", [Cell::from("+33633333333"), "0633333333".into(), Cell::Null]);
    let told = set(&rig, TEXTS, Operation::Add, bad).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 3), ["accepted", "rejected bad-format", "rejected no-identifier"]);
    assert_eq!(state(&rig, NEWS, "C-2"), Some(SubscriptionState::Subscribed));
    assert_eq!(state(&rig, TEXTS, "C-3"), Some(SubscriptionState::Subscribed));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_address_spoils_the_request_and_the_host_is_told_so() {
    let rig = rig().await;
    let told = set(&rig, NEWS, Operation::Add, Table::by("email", ["a@example.com", "not an address"])).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), ["rejected row-refused"; 2]);
    assert_eq!(told.receipt.attrs, [("scope".to_owned(), "batch".to_owned())]);
    assert_eq!(state(&rig, NEWS, "C-1"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_not_there_is_the_operators_to_mend() {
    let rig = rig().await;
    let other = "4a3b2c1d-0000-4e5f-8a9b-ffffffffffff";
    let told = set(&rig, other, Operation::Add, people(["C-1"])).await.unwrap().unwrap_err();
    assert_eq!(halt(&told), "config dest-config");
    let by_alias = set(&rig, NEWS, Operation::Add, Table::by("user_alias_name", ["lea"])).await.unwrap().unwrap_err();
    assert_eq!(halt(&by_alias), "config dest-config");
    let update = set(&rig, NEWS, Operation::Update, people(["C-1"])).await.unwrap().unwrap_err();
    assert_eq!(halt(&update), "config mode-not-supported");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unknown_and_a_repeat_changes_nothing() {
    let rig = rig().await;
    rig.twin.faults().arm(Fault::on(SUBSCRIPTION).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let told = set(&rig, NEWS, Operation::Add, people(["C-1"])).await.unwrap().unwrap();
    assert!(outcomes(&told, 1)[0].starts_with("unknown "), "{told:?}");
    assert_eq!(state(&rig, NEWS, "C-1"), Some(SubscriptionState::Subscribed));
    let told = set(&rig, NEWS, Operation::Add, people(["C-1"])).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 1), ["accepted"]);
    assert_eq!(state(&rig, NEWS, "C-1"), Some(SubscriptionState::Subscribed));
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_of_several_identifiers_are_one_request() {
    let rig = rig().await;
    let all = set(&rig, TEXTS, Operation::Add, people(["C-1", "C-2", "C-3"])).await.unwrap().unwrap();
    assert_eq!(outcomes(&all, 3), ["accepted"; 3]);
    let before = rig.twin.log().total();
    let leave =
        people([Cell::from("C-1"), Cell::Absent, Cell::Absent]).and_by("phone", [Cell::Absent, "+33622222222".into(), Cell::Null]);
    let told = set(&rig, TEXTS, Operation::Remove, leave).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 3), ["accepted", "accepted", "rejected no-identifier"]);
    let states = ["C-1", "C-2", "C-3"].map(|id| state(&rig, TEXTS, id).unwrap());
    use SubscriptionState::{Subscribed, Unsubscribed};
    assert_eq!(states, [Unsubscribed, Unsubscribed, Subscribed]);
    assert_eq!(rig.twin.log().total(), before + 1);
}
