//! The egress ledger: what was written at once lies together, and is listed record by record.

use sluice_catalog::{ids::WorkspaceId, record::EgressRecord};
use sluice_store::{EgressEntry, EgressFilter, PageRequest, Store};
use sqlx::Connection;

use crate::{House, house, open, runs::egress};

fn at(host: &str, at_ms: i64) -> EgressRecord {
    EgressRecord { at_ms, ..egress(host) }
}

/// Every record of the filter, page by page.
async fn listed(store: &Store, ws: WorkspaceId, filter: &EgressFilter, limit: u32) -> Vec<EgressEntry> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.egress(ws, filter, &PageRequest { after, limit }).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

fn places(entries: &[EgressEntry]) -> Vec<(&str, u64, &str, i64)> {
    entries.iter().map(|e| (e.cause.as_str(), e.seq, e.record.host.as_str(), e.record.at_ms)).collect()
}

#[tokio::test]
async fn records_are_numbered_in_the_order_of_time_and_pages_of_any_size_show_each_once() {
    let house = house().await;
    let store = &house.store;
    // What ended first began last: the numbers follow the beginning. Two causes and two hosts at once.
    store.append_egress(house.ws, "one", vec![at("a", 30), at("a", 10), at("a", 20)]).await.unwrap();
    store.append_egress(house.ws, "two", vec![at("a", 15), at("b", 16), at("a", 17)]).await.unwrap();
    store.append_egress(house.ws, "one", (40..340).map(|ms| at("a", ms)).collect()).await.unwrap();
    let all = listed(store, house.ws, &EgressFilter::default(), 500).await;
    assert_eq!(
        places(&all)[..7],
        [
            ("one", 0, "a", 10),
            ("one", 1, "a", 20),
            ("one", 2, "a", 30),
            ("two", 0, "a", 15),
            ("two", 1, "b", 16),
            ("two", 2, "a", 17),
            ("one", 3, "a", 40),
        ]
    );
    assert_eq!(all.len(), 306);
    for limit in [1, 2, 5, 127, 128, 129, 305, 306] {
        assert_eq!(listed(store, house.ws, &EgressFilter::default(), limit).await, all, "pages of {limit}");
    }
    let of =
        |cause: &str, host: &str| EgressFilter { cause: Some(cause.into()), host: Some(host.into()), ..EgressFilter::default() };
    assert_eq!(places(&listed(store, house.ws, &of("two", "a"), 1).await), [("two", 0, "a", 15), ("two", 2, "a", 17)]);
    let one = listed(store, house.ws, &of("one", "a"), 50).await;
    assert_eq!(one.iter().map(|e| e.seq).collect::<Vec<_>>(), (0..303).collect::<Vec<_>>());
    assert!(listed(store, house.ws, &of("one", "b"), 50).await.is_empty());
}

#[tokio::test]
async fn records_of_a_database_from_before_the_groups_are_read_and_numbered_on() {
    let house = house().await;
    let House { store, clock, ws, dir } = house;
    store.append_egress(ws, "old", vec![at("a", 1)]).await.unwrap();
    store.append_egress(ws, "old", vec![at("b", 2)]).await.unwrap();
    store.close().await;
    drop(store);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("sluice.db"));
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let back = "UPDATE egress SET body = json_extract(body, '$[0]'); UPDATE schema_needs SET needs = 1; \
                DELETE FROM _sqlx_migrations WHERE version = 8";
    sqlx::raw_sql(back).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let store = open(dir.path(), &clock, 2).await.unwrap();
    store.append_egress(ws, "old", vec![at("a", 3)]).await.unwrap();
    let all = listed(&store, ws, &EgressFilter::default(), 50).await;
    assert_eq!(places(&all), [("old", 0, "a", 1), ("old", 1, "b", 2), ("old", 2, "a", 3)]);
}
