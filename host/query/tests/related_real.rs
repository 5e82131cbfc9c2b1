//! The real order lines once more: customers, their orders and their lines, in five segments whose counts every engine agrees on, over the
//! file and by push-down over a real PostgreSQL.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/retail.rs"]
mod retail;
mod support;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use postgres::{Server, Shop, engine};
use retail::{NOW, context, customers, orders, segments};
use serde_json::json;
use sluice_catalog::{condition::sentence, ids::SourceId};
use sluice_query::{Place, Query, Source, Surroundings};
use support::{all, at, group, real_data};

async fn shop() -> Option<(Source, Surroundings, tempfile::TempDir)> {
    let data = real_data()?;
    let spill = tempfile::tempdir().unwrap();
    let source = support::open(&data, spill.path(), "UTC", ',').await.unwrap();
    let sources = BTreeMap::from([(SourceId::new(1, 1), source.clone())]);
    Some((source, Surroundings::new(context(), sources), spill))
}

#[tokio::test]
async fn the_orders_of_the_real_shop_are_known() {
    let Some((source, ..)) = shop().await else { return };
    assert_eq!(all(&source, &orders()).await.unwrap().count().await.unwrap(), 22_190);
    let cancelled = group(json!([{ "field": "cancelled", "operator": "is", "value": true }]));
    let query = Query::new(&source, &orders(), Some(&cancelled), at(NOW), &TimeZone::UTC).await.unwrap();
    assert_eq!(query.count().await.unwrap(), 3_654);
}

#[tokio::test]
async fn the_five_segments_of_the_real_shop_have_their_counts_and_complements_the_rest() {
    let Some((source, around, _spill)) = shop().await else { return };
    for (letter, children, want) in segments() {
        let condition = group(children);
        let count = async |condition| {
            let query = Query::within(&around, &source, &customers(), Some(condition), at(NOW), &TimeZone::UTC).await.unwrap();
            query.preview(0).await.unwrap()
        };
        let met = count(&condition).await;
        assert_eq!((met.count, met.total), (want, 4_372), "{letter}: {}", sentence(&condition, &customers(), &around.context));
        let rest = sluice_catalog::condition::Group { not: true, ..condition.clone() };
        assert_eq!(count(&rest).await.count, 4_372 - want, "not {letter}");
    }
}

#[tokio::test]
async fn the_five_segments_have_their_counts_by_one_statement_each_on_a_real_postgresql() {
    let Some(data) = real_data() else { return };
    let Some(server) = Server::start().await else { return };
    retail::load(&server, &data.join("online_retail.parquet")).await;
    let spill = tempfile::tempdir().unwrap();
    let shop = Shop::new(&server);
    let source = shop.open(&engine(spill.path()), "UTC");
    let around = Surroundings::new(context(), BTreeMap::from([(SourceId::new(1, 1), source.clone())]));
    for (letter, children, want) in segments() {
        for not in [false, true] {
            let condition = sluice_catalog::condition::Group { not, ..group(children.clone()) };
            let query = Query::within(&around, &source, &customers(), Some(&condition), at(NOW), &TimeZone::UTC).await.unwrap();
            let preview = query.preview(20).await.unwrap();
            let want = if not { 4_372 - want } else { want };
            assert_eq!((preview.count, preview.total, preview.sample.len()), (want, 4_372, 20), "{letter}, {not}");
            assert_eq!((preview.evaluation.place, preview.evaluation.why), (Place::Source, None), "{letter}");
            let told: Vec<String> = preview.evaluation.statements.into_iter().map(|statement| statement.sql).collect();
            assert_eq!(shop.said(), told, "{letter}: nothing else was run");
            if !not {
                insta::assert_snapshot!(format!("pushed_{}", letter.to_lowercase().replace(' ', "_")), query.statement().unwrap());
            }
        }
    }
}
