//! The egress ledger: one durable row per request that a component caused. Rows of a run are written with its journal; those of a
//! connection test or a discovery, and statements of a source, by [`Store::append_egress`].

use sluice_catalog::{ids::WorkspaceId, record::EgressRecord};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::{
    error::StoreError,
    limits::STATEMENT_ROWS_MAX,
    open::Store,
    page::{Page, PageRequest},
};

/// One row of the egress ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct EgressEntry {
    /// The run, the destination whose test or discovery made the request, or the source that was asked.
    pub cause: String,
    /// 0, 1, 2 … per cause.
    pub seq: u64,
    pub record: EgressRecord,
}

/// Which rows; empty fields take all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct EgressFilter {
    /// A run's or destination's id.
    pub cause: Option<String>,
    pub component: Option<String>,
    pub host: Option<String>,
}

pub(crate) async fn write(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    cause: &str,
    first: i64,
    records: &[EgressRecord],
) -> Result<(), StoreError> {
    for (chunk, start) in records.chunks(STATEMENT_ROWS_MAX).zip((first..).step_by(STATEMENT_ROWS_MAX)) {
        let mut sql = QueryBuilder::<Sqlite>::new("INSERT INTO egress (workspace, cause, seq, at, component, host, body) ");
        sql.push_values(chunk.iter().zip(start..), |mut row, (record, seq)| {
            let body = serde_json::to_string(record).expect("an egress record has text keys only");
            row.push_bind(ws.to_string())
                .push_bind(cause.to_owned())
                .push_bind(seq)
                .push_bind(record.at_ms.saturating_mul(1_000))
                .push_bind(record.component.clone())
                .push_bind(record.host.clone())
                .push_bind(body);
        });
        sql.build().execute(&mut *tx).await?;
    }
    Ok(())
}

/// A cursor of the ledger: time, cause and number of the last row.
fn cursor(entry: &EgressEntry) -> String {
    format!("{}/{}/{}", entry.record.at_ms.saturating_mul(1_000), entry.cause, entry.seq)
}

fn parse_cursor(text: &str) -> Option<(i64, String, i64)> {
    let mut parts = text.splitn(3, '/');
    Some((parts.next()?.parse().ok()?, parts.next()?.to_owned(), parts.next()?.parse().ok()?))
}

impl Store {
    /// Keeps the requests of a connection test or a discovery, outside any run.
    pub async fn append_egress(
        &self,
        ws: WorkspaceId,
        cause: impl std::fmt::Display,
        records: &[EgressRecord],
    ) -> Result<(), StoreError> {
        let cause = cause.to_string();
        let mut tx = self.begin().await?;
        let first = sqlx::query_scalar::<_, i64>("SELECT COALESCE(MAX(seq), -1) + 1 FROM egress WHERE cause = $1")
            .bind(cause.clone())
            .fetch_one(&mut *tx)
            .await?;
        write(&mut tx, ws, &cause, first, records).await?;
        Ok(tx.commit().await?)
    }

    /// Rows of the egress ledger in the order of time.
    pub async fn egress(
        &self,
        ws: WorkspaceId,
        filter: &EgressFilter,
        page: &PageRequest,
    ) -> Result<Page<EgressEntry>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT cause, seq, body FROM egress WHERE workspace = ");
        sql.push_bind(ws.to_string());
        let columns = [(" AND cause = ", &filter.cause), (" AND component = ", &filter.component), (" AND host = ", &filter.host)];
        for (column, value) in columns {
            if let Some(value) = value {
                sql.push(column).push_bind(value.clone());
            }
        }
        if let Some((at, cause, seq)) = page.after.as_deref().and_then(parse_cursor) {
            sql.push(" AND (at, cause, seq) > (").push_bind(at);
            sql.push(", ").push_bind(cause).push(", ").push_bind(seq).push(")");
        }
        sql.push(" ORDER BY at, cause, seq LIMIT ").push_bind(page.sql_limit());
        let rows = sql.build().fetch_all(self.read()).await?;
        let items = rows
            .iter()
            .map(|row| {
                let record = serde_json::from_str(row.get("body"));
                let record = record.map_err(|_| StoreError::Unreadable { what: "an egress record" })?;
                Ok(EgressEntry { cause: row.get("cause"), seq: row.get::<i64, _>("seq") as u64, record })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Page::cut(items, page, cursor))
    }
}
