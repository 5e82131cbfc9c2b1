//! Rehearsal: Databricks runs a statement and hands out its rows as files behind links that live for minutes.
//!
//! What it tries of the contract: a source whose cursors are read side by side, waiting as a ticket, a linked host that takes no
//! credential, a page that knows its types without a call before it (they travel in the cursor).

use sluice_sdk::contract::{Batch, Field};
use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::{self, Value};
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, ColumnBuilder, Effect, Halt, Opened, PhysicalType, Request, Source, SourcePage, SourceRows, connected};

const DATABRICKS: Vendor = Vendor { name: "Databricks", reset: Reset::None };
const POLL_AFTER_MS: u32 = 2_000;
const GIVE_UP_AFTER_MS: u64 = 2 * 3_600_000;
const CHUNK_BYTES_MAX: u32 = 32 * 1024 * 1024;

/// The connector.
#[derive(Debug)]
pub struct Databricks;

impl Source for Databricks {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let settings: Value = call.settings()?;
        let warehouse = settings["warehouse_id"].as_str().unwrap_or_default();
        status::of_read(&DATABRICKS, signed(call.get(format!("{}/warehouses/{warehouse}", base(call)))).send())?;
        Ok(connected("Connected.", &[]))
    }

    fn discover(_call: &Call<'_>, kind: &str, _cursor: Option<&str>) -> Result<String, Halt> {
        Err(Halt::config(&format!("nothing of the kind `{kind}` to choose from")))
    }

    fn open(call: &Call<'_>, statement: &str) -> Result<Opened, Halt> {
        let request = match call.resume() {
            Some(id) => signed(call.get(format!("{}/statements/{}", base(call), String::from_utf8_lossy(id)))),
            None => {
                let settings: Value = call.settings()?;
                let mut body = Writer::default();
                body.begin_object();
                body.name("warehouse_id");
                body.string(settings["warehouse_id"].as_str().unwrap_or_default());
                body.name("statement");
                body.string(statement);
                body.name("wait_timeout");
                body.string("30s");
                body.name("disposition");
                body.string("EXTERNAL_LINKS");
                body.end_object();
                signed(call.post(format!("{}/statements", base(call)))).effect(Effect::Repeatable).json(body)
            }
        };
        let said: Value = status::of_read(&DATABRICKS, request.send())?.json().map_err(Halt::Unavailable)?;
        let id = said["statement_id"].as_str().ok_or_else(|| Halt::unavailable("Databricks names no statement"))?;
        match said["status"]["state"].as_str() {
            Some("SUCCEEDED") => {}
            Some("PENDING" | "RUNNING") => return Err(Halt::later(id.into(), POLL_AFTER_MS, GIVE_UP_AFTER_MS)),
            _ => {
                let failed = sluice_sdk::Reason::new(sluice_sdk::code::SOURCE_QUERY_FAILED, "Databricks failed the statement");
                return Err(Halt::Config(failed.said(said["status"]["error"]["message"].as_str().unwrap_or_default())));
            }
        }
        let schema: Vec<Field> = said["manifest"]["schema"]["columns"]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(|c| Field::new(c["name"].as_str().unwrap_or_default(), physical(c["type_name"].as_str().unwrap_or_default())))
            .collect();
        let types: String = schema.iter().map(|f| if f.ty == PhysicalType::Int64 { 'i' } else { 't' }).collect();
        let chunks = said["manifest"]["total_chunk_count"].as_u64().unwrap_or(0);
        let cursors = (0..chunks).map(|n| format!("{id} {n} {types}").into_bytes()).collect();
        Ok(Opened { schema, rows: SourceRows::Paged(cursors) })
    }

    fn next(call: &Call<'_>, cursor: &[u8]) -> Result<SourcePage, Halt> {
        let cursor = String::from_utf8_lossy(cursor);
        let mut words = cursor.split(' ');
        let (Some(id), Some(chunk), Some(types)) = (words.next(), words.next(), words.next()) else {
            return Err(Halt::contract("the cursor is not one of this connector"));
        };
        let request = signed(call.get(format!("{}/statements/{id}/result/chunks/{chunk}", base(call))));
        let said: Value = status::of_read(&DATABRICKS, request.send())?.json().map_err(Halt::Unavailable)?;
        let link = said["external_links"][0]["external_link"].as_str().unwrap_or_default().to_owned();
        let file = status::of_read(&DATABRICKS, call.get(link).answer_bytes_max(CHUNK_BYTES_MAX).send())?;
        let rows: Vec<Vec<Option<String>>> =
            serde_json::from_slice(file.body()).map_err(|_| Halt::contract("a chunk is not an array of rows"))?;
        let mut columns: Vec<ColumnBuilder> =
            types.bytes().map(|t| ColumnBuilder::new(if t == b'i' { PhysicalType::Int64 } else { PhysicalType::Utf8 })).collect();
        for row in &rows {
            for (i, (column, cell)) in columns.iter_mut().zip(row).enumerate() {
                let cell = cell.as_deref();
                let value = match types.as_bytes()[i] {
                    b'i' => cell.and_then(|t| t.parse().ok()).map(sluice_sdk::Value::Int),
                    _ => cell.map(sluice_sdk::Value::Text),
                };
                column.push(value);
            }
        }
        let columns = columns.into_iter().map(ColumnBuilder::finish).collect();
        Ok(SourcePage { batches: vec![Batch { rows: rows.len() as u32, columns }], next: None })
    }
}

fn physical(name: &str) -> PhysicalType {
    if matches!(name, "BYTE" | "SHORT" | "INT" | "LONG") { PhysicalType::Int64 } else { PhysicalType::Utf8 }
}

fn base(call: &Call<'_>) -> String {
    format!("https://{}/api/2.0/sql", call.attr("operator-host").unwrap_or_default())
}

fn signed(request: Request<'_>) -> Request<'_> {
    request.credential("token")
}

sluice_sdk::export_source!(Databricks);
