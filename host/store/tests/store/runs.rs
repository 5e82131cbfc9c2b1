//! Runs: leases and epochs, the journal, holds and decisions, the end.

use std::time::Duration;

use sluice_catalog::{Code, record::EgressRecord};
use sluice_store::{EgressFilter, Failure, Hold, Lease, PageRequest, RunFilter, RunState, RunUpdate, Settlement, StoreError};

use crate::{House, actor, house};

const TTL: Duration = Duration::from_secs(30);

pub(crate) fn egress(host: &str) -> EgressRecord {
    EgressRecord {
        at_ms: 1_790_000_000_000,
        component: "sha256:ab".into(),
        host: host.into(),
        stand_in: None,
        method: "POST".into(),
        path: "/users/track".into(),
        status: Some(201),
        code: None,
        bytes_out: 10,
        bytes_in: 2,
        took_us: 3,
        credentials: vec!["api_key".into()],
    }
}

async fn claim(house: &House, worker: &str) -> Option<Lease> {
    house.store.claim(worker, house.store.now(), TTL).await.unwrap()
}

fn end(state: RunState) -> Settlement {
    Settlement { state, ledger: None, counters: serde_json::json!({}), details: None, failure: None, next_due: None }
}

fn held(house: &House, diff: &str) -> RunUpdate {
    let expires_at = house.store.now().checked_add(Duration::from_secs(3600)).unwrap();
    let hold = Hold { code: Code::DuplicateKeys, cause: "why".into(), diff_hash: diff.into(), expires_at };
    RunUpdate { state: Some(RunState::Held), hold: Some(hold), ..RunUpdate::default() }
}

#[tokio::test]
async fn a_second_run_of_an_activation_waits_for_the_first_to_end() {
    let house = house().await;
    let act = house.activation("a").await;
    let first = house.run(act).await;
    let second = house.store.create_run(house.ws, &house.new_run(act)).await.unwrap_err();
    assert!(matches!(&second, StoreError::RunOverlap { run } if *run == first.id.to_string()));
    let lease = claim(&house, "w").await.unwrap();
    house.store.settle(&lease, &end(RunState::Succeeded)).await.unwrap();
    house.run(act).await;
}

#[tokio::test]
async fn writes_of_a_worker_whose_lease_was_taken_over_are_refused() {
    let house = house().await;
    let act = house.activation("a").await;
    house.run(act).await;
    let old = claim(&house, "one").await.unwrap();
    assert!(claim(&house, "two").await.is_none(), "the lease is alive");
    house.store.append(&old, 0, &[b"a".to_vec()], vec![]).await.unwrap();
    house.clock.step(TTL);
    let new = claim(&house, "two").await.unwrap();
    assert_eq!((new.run, new.epoch), (old.run, old.epoch + 1));
    let store = &house.store;
    let lost = |e: StoreError| matches!(e, StoreError::LeaseLost);
    assert!(lost(store.append(&old, 1, &[b"late".to_vec()], vec![egress("late")]).await.unwrap_err()));
    assert!(lost(store.update_run(&old, &RunUpdate::default()).await.unwrap_err()));
    assert!(lost(store.renew(&old, store.now(), TTL).await.unwrap_err()));
    assert!(lost(store.release(&old).await.unwrap_err()));
    assert!(lost(store.settle(&old, &end(RunState::Failed)).await.unwrap_err()));
    assert!(lost(store.put_keep(&old, b"late", 1).await.unwrap_err()));
    assert!(lost(store.record_removals(&old, 9).await.unwrap_err()));
    store.append(&new, 1, &[b"b".to_vec()], vec![]).await.unwrap();
    let bodies: Vec<_> = store.read_journal(house.ws, new.run, 0, 10).await.unwrap().into_iter().map(|e| e.body).collect();
    assert_eq!(bodies, [b"a".to_vec(), b"b".to_vec()]);
    assert!(store.egress(house.ws, &EgressFilter::default(), &PageRequest::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_lease_that_nobody_took_over_can_be_renewed_after_its_end() {
    let house = house().await;
    let act = house.activation("a").await;
    house.run(act).await;
    let lease = claim(&house, "one").await.unwrap();
    house.clock.step(TTL * 2);
    let lease = house.store.renew(&lease, house.store.now(), TTL).await.unwrap();
    assert!(claim(&house, "two").await.is_none());
    house.store.release(&lease).await.unwrap();
    assert_eq!(claim(&house, "two").await.unwrap().epoch, 2);
}

#[tokio::test]
async fn after_a_kill_the_run_is_claimed_at_once_and_its_journal_is_whole() {
    let House { store, clock, ws, dir } = {
        let house = house().await;
        let act = house.activation("a").await;
        house.run(act).await;
        house
    };
    let lease = store.claim("one", store.now(), TTL).await.unwrap().unwrap();
    store.append(&lease, 0, &[b"intent".to_vec()], vec![egress("a")]).await.unwrap();
    drop(store);
    let store = crate::open(dir.path(), &clock, 2).await.unwrap();
    let again = store.claim("two", store.now(), TTL).await.unwrap().unwrap();
    assert_eq!((again.run, again.epoch), (lease.run, 2));
    assert_eq!(store.read_journal(ws, again.run, 0, 10).await.unwrap().len(), 1);
    assert_eq!(store.run(ws, again.run).await.unwrap().journal_next, 1);
    assert!(matches!(store.append(&lease, 1, &[], vec![]).await, Err(StoreError::LeaseLost)));
}

#[tokio::test]
async fn a_repeated_append_is_found_out_and_not_doubled() {
    let house = house().await;
    let act = house.activation("a").await;
    house.run(act).await;
    let lease = claim(&house, "w").await.unwrap();
    let entries = vec![b"a".to_vec(), b"b".to_vec()];
    house.store.append(&lease, 0, &entries, vec![egress("a"), egress("b")]).await.unwrap();
    let again = house.store.append(&lease, 0, &entries, vec![egress("a"), egress("b")]).await.unwrap_err();
    assert!(matches!(again, StoreError::JournalOrder { next: 2, given: 0 }));
    assert!(matches!(house.store.append(&lease, 3, &entries, vec![]).await, Err(StoreError::JournalOrder { .. })));
    let tail = house.store.read_journal(house.ws, lease.run, 1, 10).await.unwrap();
    assert_eq!(tail.iter().map(|e| (e.seq, e.body.clone())).collect::<Vec<_>>(), [(1, b"b".to_vec())]);
    let filter = EgressFilter { host: Some("b".into()), component: Some("sha256:ab".into()), ..EgressFilter::default() };
    let rows = house.store.egress(house.ws, &filter, &PageRequest::default()).await.unwrap().items;
    assert_eq!(rows.iter().map(|r| (r.seq, r.record.host.as_str())).collect::<Vec<_>>(), [(1, "b")]);
}

#[tokio::test]
async fn a_held_run_goes_on_only_for_a_decision_that_names_its_diff() {
    let house = house().await;
    let act = house.activation("a").await;
    let (store, ws, run) = (&house.store, house.ws, house.run(act).await.id);
    assert!(matches!(store.confirm(ws, run, "d1", &actor()).await, Err(StoreError::RunStateRefuses { .. })));
    let lease = claim(&house, "w").await.unwrap();
    store.update_run(&lease, &held(&house, "d1")).await.unwrap();
    store.release(&lease).await.unwrap();
    assert!(claim(&house, "w").await.is_none(), "a held run needs no worker");
    assert!(matches!(store.confirm(ws, run, "d0", &actor()).await, Err(StoreError::OtherDiff)));
    let decided = store.confirm(ws, run, "d1", &actor()).await.unwrap();
    assert_eq!(decided.decision.unwrap().by, "key_test");
    assert!(matches!(store.discard(ws, run, "d1", &actor()).await, Err(StoreError::RunStateRefuses { .. })), "decided once");
    let lease = claim(&house, "w").await.unwrap();
    store.update_run(&lease, &held(&house, "d2")).await.unwrap();
    assert!(store.run(ws, run).await.unwrap().decision.is_none(), "a new hold needs a new decision");
}

#[tokio::test]
async fn a_held_run_is_taken_up_when_its_time_is_over_and_can_no_longer_be_confirmed() {
    let house = house().await;
    let act = house.activation("a").await;
    let (store, ws, run) = (&house.store, house.ws, house.run(act).await.id);
    let lease = claim(&house, "w").await.unwrap();
    store.update_run(&lease, &held(&house, "d")).await.unwrap();
    store.release(&lease).await.unwrap();
    house.clock.step(Duration::from_secs(3599));
    assert!(claim(&house, "w").await.is_none());
    house.clock.step(Duration::from_secs(1));
    let late = store.confirm(ws, run, "d", &actor()).await.unwrap_err();
    assert!(matches!(late, StoreError::RunStateRefuses { state: RunState::Expired }));
    assert_eq!(claim(&house, "w").await.unwrap().run, run);
}

#[tokio::test]
async fn a_cancel_reaches_the_worker_with_its_next_update_and_wakes_a_held_run() {
    let house = house().await;
    let act = house.activation("a").await;
    let (store, ws, run) = (&house.store, house.ws, house.run(act).await.id);
    let lease = claim(&house, "w").await.unwrap();
    assert!(!store.update_run(&lease, &held(&house, "d")).await.unwrap());
    store.release(&lease).await.unwrap();
    store.request_cancel(ws, run, &actor()).await.unwrap();
    store.request_cancel(ws, run, &actor()).await.unwrap();
    let lease = claim(&house, "w").await.unwrap();
    assert!(store.update_run(&lease, &RunUpdate::default()).await.unwrap());
    store.settle(&lease, &end(RunState::Cancelled)).await.unwrap();
    assert!(matches!(store.request_cancel(ws, run, &actor()).await, Err(StoreError::RunStateRefuses { .. })));
}

#[tokio::test]
async fn the_end_of_a_run_moves_the_ledger_and_the_next_due_time_with_it() {
    let house = house().await;
    let act = house.activation("a").await;
    let (store, ws) = (&house.store, house.ws);
    store.set_next_due(ws, act, Some(store.now())).await.unwrap();
    assert_eq!(store.due(store.now(), 10).await.unwrap().len(), 1);
    let run = house.run(act).await.id;
    assert!(store.due(store.now(), 10).await.unwrap().is_empty(), "a run is under way");
    let lease = claim(&house, "w").await.unwrap();
    store.put_keep(&lease, b"audience", 1).await.unwrap();
    let next = store.now().checked_add(Duration::from_secs(600)).unwrap();
    let failure = Failure { code: Code::DestAuth, cause: "401".into() };
    let settlement = Settlement {
        ledger: Some("{\"generation\":1}".into()),
        failure: Some(failure.clone()),
        next_due: Some(next),
        ..end(RunState::Failed)
    };
    store.settle(&lease, &settlement).await.unwrap();
    assert_eq!(store.ledger_pointer(ws, act).await.unwrap().as_deref(), Some("{\"generation\":1}"));
    let state = store.activation_state(ws, act).await.unwrap();
    assert_eq!((state.keep.as_deref(), state.next_due), (Some(&b"audience"[..]), Some(next)));
    let ended = store.run(ws, run).await.unwrap();
    assert_eq!((ended.state, ended.failure), (RunState::Failed, Some(failure)));
    assert!(matches!(store.append(&lease, 0, &[], vec![]).await, Err(StoreError::LeaseLost)), "the end is the end");
    assert!(claim(&house, "w").await.is_none());
    house.run(act).await;
    let lease = claim(&house, "w").await.unwrap();
    store.settle(&lease, &end(RunState::Succeeded)).await.unwrap();
    assert!(store.ledger_pointer(ws, act).await.unwrap().is_some(), "a run that moved nothing leaves the pointer");
}

#[tokio::test]
async fn removals_are_summed_over_a_day_since_the_last_approval() {
    let house = house().await;
    let act = house.activation("a").await;
    let (store, ws) = (&house.store, house.ws);
    let day = Duration::from_secs(24 * 3600);
    let sum = async || store.removals_since(ws, act, store.now(), day).await.unwrap();
    for rows in [10, 5] {
        house.clock.step(Duration::from_secs(3600));
        house.run(act).await;
        let lease = claim(&house, "w").await.unwrap();
        store.record_removals(&lease, 99).await.unwrap();
        store.record_removals(&lease, rows).await.unwrap();
        store.settle(&lease, &end(RunState::Succeeded)).await.unwrap();
    }
    assert_eq!(sum().await, 15);
    house.clock.step(Duration::from_secs(23 * 3600));
    assert_eq!(sum().await, 5, "the first is a day old");
    house.run(act).await;
    let lease = claim(&house, "w").await.unwrap();
    store.update_run(&lease, &held(&house, "d")).await.unwrap();
    store.confirm(ws, lease.run, "d", &actor()).await.unwrap();
    assert_eq!(sum().await, 0, "approved");
}

#[tokio::test]
async fn runs_are_listed_newest_first_by_activation_and_state() {
    let house = house().await;
    let (a, b) = (house.activation("a").await, house.activation("b").await);
    let first = house.run(a).await.id;
    let lease = claim(&house, "w").await.unwrap();
    house.store.settle(&lease, &end(RunState::Succeeded)).await.unwrap();
    house.clock.step(Duration::from_millis(1));
    let second = house.run(a).await.id;
    house.clock.step(Duration::from_millis(1));
    let other = house.run(b).await.id;
    let list = async |filter: RunFilter| {
        let page = house.store.list_runs(house.ws, &filter, &PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|r| r.id).collect::<Vec<_>>()
    };
    assert_eq!(list(RunFilter::default()).await, [other, second, first]);
    assert_eq!(list(RunFilter { activation: Some(a), states: vec![] }).await, [second, first]);
    assert_eq!(list(RunFilter { activation: None, states: vec![RunState::Succeeded, RunState::Held] }).await, [first]);
}

#[tokio::test]
async fn retention_leaves_runs_that_are_under_way_alone() {
    let house = house().await;
    let (a, b) = (house.activation("a").await, house.activation("b").await);
    house.run(a).await;
    let done = claim(&house, "w").await.unwrap();
    house.store.append(&done, 0, &[b"x".to_vec()], vec![egress("a")]).await.unwrap();
    house.store.settle(&done, &end(RunState::Succeeded)).await.unwrap();
    house.run(b).await;
    let open = claim(&house, "w").await.unwrap();
    house.store.append(&open, 0, &[b"x".to_vec()], vec![egress("b")]).await.unwrap();
    house.clock.step(Duration::from_secs(10));
    assert_eq!(house.store.purge_journal(house.store.now()).await.unwrap(), 1);
    assert_eq!(house.store.purge_egress(house.store.now()).await.unwrap(), 1);
    assert_eq!(house.store.read_journal(house.ws, open.run, 0, 10).await.unwrap().len(), 1);
    house.store.append(&open, 1, &[b"y".to_vec()], vec![egress("c")]).await.unwrap();
}

#[tokio::test]
async fn two_workers_never_get_the_same_run() {
    let house = house().await;
    for name in ["a", "b", "c"] {
        let act = house.activation(name).await;
        house.run(act).await;
    }
    let claims = (0..8).map(|n| {
        let (store, now) = (house.store.clone(), house.store.now());
        tokio::spawn(async move { store.claim(&format!("w{n}"), now, TTL).await.unwrap().map(|l| l.run) })
    });
    let mut got = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        got.extend(claim.await.unwrap());
    }
    got.sort();
    got.dedup();
    assert_eq!(got.len(), 3);
}
