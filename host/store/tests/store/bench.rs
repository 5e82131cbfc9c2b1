//! What an append costs: told, never gated.

use std::time::{Duration, Instant};

use crate::{house, runs::egress};

#[tokio::test]
async fn sixty_four_batches_with_their_requests_are_one_append() {
    let house = house().await;
    let act = house.activation("a").await;
    house.run(act).await;
    let lease = house.store.claim("w", house.store.now(), Duration::from_secs(60)).await.unwrap().unwrap();
    let entries = vec![vec![7u8; 600]; 64];
    let records = vec![egress("rest.iad-01.braze.com"); 64];
    let mut times = Vec::new();
    for n in 0..20u64 {
        let start = Instant::now();
        house.store.append(&lease, n * 64, &entries, records.clone()).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    println!("append of 64 entries and 64 egress records: median {:?}", times[10]);
    assert_eq!(house.store.run(house.ws, lease.run).await.unwrap().journal_next, 20 * 64);
}
