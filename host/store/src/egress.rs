//! The egress ledger: one durable record per request that a component caused. Records of a run are written with its journal; those of
//! a connection test or a discovery, and statements of a source, by [`Store::append_egress`].
//!
//! What is written at once by one component to one host lies in one row, its body an array: a row with three indexes for each request
//! was a tenth of what a small request costs.

use futures::TryStreamExt;
use sluice_catalog::{ids::WorkspaceId, record::EgressRecord};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::{
    error::StoreError,
    limits::EGRESS_GROUP_MAX,
    open::Store,
    page::{Page, PageRequest},
};

/// One record of the egress ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct EgressEntry {
    /// The run, the destination whose test or discovery made the request, or the source that was asked.
    pub cause: String,
    /// 0, 1, 2 … per cause.
    pub seq: u64,
    pub record: EgressRecord,
}

/// Which records; empty fields take all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct EgressFilter {
    /// A run's or destination's id.
    pub cause: Option<String>,
    pub component: Option<String>,
    pub host: Option<String>,
}

/// Writes records, numbered from `first` in the order of time, in rows of up to [`EGRESS_GROUP_MAX`].
pub(crate) async fn write(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    cause: &str,
    first: i64,
    mut records: Vec<EgressRecord>,
) -> Result<(), StoreError> {
    records.sort_by_key(|record| record.at_ms);
    let mut seq = first;
    for group in records.chunk_by(is_of_one_group).flat_map(|same| same.chunks(EGRESS_GROUP_MAX)) {
        let body = serde_json::to_string(group).expect("an egress record has text keys only");
        sqlx::query("INSERT INTO egress (workspace, cause, seq, at, component, host, body) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(ws.to_string())
            .bind(cause)
            .bind(seq)
            .bind(group[0].at_ms.saturating_mul(1_000))
            .bind(&group[0].component)
            .bind(&group[0].host)
            .bind(body)
            .execute(&mut *tx)
            .await?;
        seq += group.len() as i64;
    }
    Ok(())
}

fn is_of_one_group(a: &EgressRecord, b: &EgressRecord) -> bool {
    a.component == b.component && a.host == b.host
}

/// Where a record stands in the list: its group's time and cause, the number of the group's first record, its own number.
#[derive(Debug, Clone)]
struct Place {
    at: i64,
    cause: String,
    group: i64,
    seq: i64,
}

impl Place {
    fn cursor(&self) -> String {
        format!("{}/{}/{}/{}", self.at, self.cause, self.group, self.seq)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '/');
        let at = parts.next()?.parse().ok()?;
        let cause = parts.next()?.to_owned();
        Some(Self { at, cause, group: parts.next()?.parse().ok()?, seq: parts.next()?.parse().ok()? })
    }
}

impl Store {
    /// Keeps the requests of a connection test or a discovery, outside any run.
    pub async fn append_egress(
        &self,
        ws: WorkspaceId,
        cause: impl std::fmt::Display,
        records: Vec<EgressRecord>,
    ) -> Result<(), StoreError> {
        let cause = cause.to_string();
        let mut tx = self.begin().await?;
        let next = "SELECT seq + json_array_length(body) FROM egress WHERE cause = $1 ORDER BY seq DESC LIMIT 1";
        let first = sqlx::query_scalar::<_, i64>(next).bind(&cause).fetch_optional(&mut *tx).await?.unwrap_or(0);
        write(&mut tx, ws, &cause, first, records).await?;
        Ok(tx.commit().await?)
    }

    /// Records of the egress ledger in the order of time, but for those that were under way together: a group comes as a whole, where
    /// its first record stands.
    pub async fn egress(
        &self,
        ws: WorkspaceId,
        filter: &EgressFilter,
        page: &PageRequest,
    ) -> Result<Page<EgressEntry>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT at, cause, seq, body FROM egress WHERE workspace = ");
        sql.push_bind(ws.to_string());
        let columns = [(" AND cause = ", &filter.cause), (" AND component = ", &filter.component), (" AND host = ", &filter.host)];
        for (column, value) in columns {
            if let Some(value) = value {
                sql.push(column).push_bind(value.clone());
            }
        }
        let after = page.after.as_deref().and_then(Place::parse);
        if let Some(Place { at, cause, group, .. }) = &after {
            sql.push(" AND (at, cause, seq) >= (").push_bind(*at);
            sql.push(", ").push_bind(cause.clone()).push(", ").push_bind(*group).push(")");
        }
        // Of the group that the page before ended in, nothing may be left.
        sql.push(" ORDER BY at, cause, seq LIMIT ").push_bind(page.sql_limit() + 1);
        let mut groups = sql.build().fetch(self.read());
        let mut items: Vec<(Place, EgressEntry)> = Vec::new();
        while items.len() <= page.rows()
            && let Some(row) = groups.try_next().await?
        {
            let (at, cause, group) = (row.get("at"), row.get::<String, _>("cause"), row.get::<i64, _>("seq"));
            let records: Vec<EgressRecord> =
                serde_json::from_str(row.get("body")).map_err(|_| StoreError::Unreadable { what: "an egress record" })?;
            let told = |seq: i64| after.as_ref().is_some_and(|a| (a.at, &a.cause, a.group) == (at, &cause, group) && seq <= a.seq);
            items.extend((group..).zip(records).filter(|(seq, _)| !told(*seq)).map(|(seq, record)| {
                let entry = EgressEntry { cause: cause.clone(), seq: seq as u64, record };
                (Place { at, cause: cause.clone(), group, seq }, entry)
            }));
        }
        let Page { items, next } = Page::cut(items, page, |(place, _)| place.cursor());
        Ok(Page { items: items.into_iter().map(|(_, entry)| entry).collect(), next })
    }
}
