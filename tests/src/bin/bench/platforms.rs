//! Building and sending for platforms of other shapes than Braze's, with a sink that answers at once and as the platform answers a good
//! request: an array of users (Iterable), a job that is asked after (Klaviyo), members with five digests that the host makes (Meta Ads).
//!
//! The connectors are the ones of the repository; of their manifests only the pace is another. What is compared is every processor
//! second of the host while it sends, to the beat of asking; reading, hashing included, and the rest have columns of their own.

use std::path::Path;

use axum::{Json, Router, extract::Path as Segments, http::StatusCode, routing};
use serde_json::{Value, json};

use crate::{Host, Ran, Result, Role, arrived, plain};

/// A platform, what is sent to it, and what that must reach.
struct Platform {
    connector: &'static str,
    host: &'static str,
    service: &'static str,
    mode: &'static str,
    settings: Value,
    options: Value,
    credential: &'static str,
    /// Target, role, field of the model.
    mapped: &'static [(&'static str, &'static str, &'static str)],
    /// Millions of rows per processor second, at least.
    must: f64,
}

fn platforms() -> [Platform; 3] {
    let people: &[(&str, &str, &str)] = &[
        ("first_name", "attribute", "first_name"),
        ("plan", "attribute", "plan"),
        ("score", "attribute", "score"),
        ("orders", "attribute", "orders"),
        ("last_order", "attribute", "last_order"),
    ];
    let with = |id| -> &'static [_] { [&[(id, "identifier", "id")], people].concat().leak() };
    [
        Platform {
            connector: "iterable",
            host: "api.eu.iterable.com",
            service: "attributes",
            mode: "upsert",
            settings: json!({ "data_center": "EU", "project_type": "userId" }),
            options: json!({}),
            credential: "api_key",
            mapped: with("userId"),
            must: 1.0,
        },
        Platform {
            connector: "klaviyo",
            host: "a.klaviyo.com",
            service: "contacts",
            mode: "upsert",
            settings: json!({}),
            options: json!({}),
            credential: "api_key",
            mapped: with("external_id"),
            must: 0.9,
        },
        Platform {
            connector: "meta-ads",
            host: "graph.facebook.com",
            service: "audiences",
            mode: "list",
            settings: json!({ "ad_account_id": "1" }),
            options: json!({ "audience": AUDIENCE }),
            credential: "access_token",
            mapped: &[
                ("EMAIL", "identifier", "email"),
                ("PHONE", "identifier", "phone"),
                ("FN", "attribute", "first_name"),
                ("CT", "attribute", "city"),
                ("COUNTRY", "attribute", "country"),
            ],
            must: 0.8,
        },
    ]
}

const AUDIENCE: &str = "people";
/// What the file does not have.
const SQL: &str = "SELECT id, first_name, plan, score, orders, last_order, concat('user', CAST(id AS VARCHAR), '@mail.example.com') AS email, \
                   concat('+49151', lpad(CAST(id AS VARCHAR), 8, '0')) AS phone, concat('City', CAST(id % 5000 AS VARCHAR)) AS city, \
                   CASE WHEN id % 3 = 0 THEN 'Germany' ELSE 'US' END AS country FROM people";

/// The platforms' good answers. `count` counts the rows of a body.
pub(crate) fn answers<S: Clone + Send + Sync + 'static>(count: fn(&S, &[u8], &[u8]) -> u64) -> Router<S> {
    let users = routing::post(async move |axum::extract::State(seen): axum::extract::State<S>, body: axum::body::Bytes| {
        Json(json!({ "successCount": count(&seen, &body, b"\"userId\""), "failCount": 0 }))
    });
    let job = |id: String, status: &str| {
        let attributes = json!({ "status": status, "failed_count": 0 });
        Json(json!({ "data": { "type": "profile-bulk-import-job", "id": id, "attributes": attributes } }))
    };
    let import = routing::post(async move |axum::extract::State(seen): axum::extract::State<S>, body: axum::body::Bytes| {
        count(&seen, &body, b"\"external_id\"");
        (StatusCode::ACCEPTED, job("1".to_owned(), "queued"))
    });
    let asked = routing::get(async move |Segments(id): Segments<String>| job(id, "complete"));
    let audiences =
        routing::get(async || Json(json!({ "data": [{ "id": "23", "name": AUDIENCE, "subtype": "CUSTOM" }], "paging": {} })));
    let members = routing::post(async move |axum::extract::State(seen): axum::extract::State<S>, body: axum::body::Bytes| {
        // Rows are arrays of texts; the names of their columns are one more.
        let arrays = count(&seen, &body, b"[\"");
        Json(json!({ "audience_id": "23", "num_received": arrays.saturating_sub(1), "num_invalid_entries": 0 }))
    });
    Router::new()
        .route("/api/users/bulkUpdate", users)
        .route("/api/profile-bulk-import-jobs", import)
        .route("/api/profile-bulk-import-jobs/{id}", asked)
        .route("/v25.0/act_1/customaudiences", audiences)
        .route("/v25.0/23/users", members)
}

fn bundle(platform: &Platform, data: &Path, sink: &str) -> Value {
    let fields = [
        ("id", "integer"),
        ("first_name", "string"),
        ("plan", "string"),
        ("score", "float"),
        ("orders", "integer"),
        ("last_order", "timestamp"),
        ("email", "string"),
        ("phone", "string"),
        ("city", "string"),
        ("country", "string"),
    ];
    let fields: Vec<Value> = fields.iter().map(|(id, ty)| json!({ "id": id, "type": ty })).collect();
    let mapped =
        |(target, role, field): &(&str, &str, &str)| json!({ "target": target, "role": role, "value": { "field": field } });
    let mapped: Vec<Value> = platform.mapped.iter().map(mapped).collect();
    json!({
        "sources": [{ "name": "files", "kind": { "files": { "path": data } } }],
        "models": [{
            "name": "people", "source": "files", "kind": "users", "primary_key": ["id"], "definition": { "sql": SQL }, "fields": fields,
        }],
        "destinations": [{
            "name": "sink", "connector": platform.connector, "settings": platform.settings,
            "grant": { "stand_ins": [{ "host": platform.host, "origin": sink }] }, "credentials": { platform.credential: "bench" },
        }],
        "activations": [{
            "name": "people", "from": { "model": "people" }, "destination": "sink", "service": platform.service,
            "mode": platform.mode, "options": platform.options, "mapping": { "fields": mapped },
        }],
    })
}

/// Prints a run of each.
pub(crate) async fn compare(rows: usize) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    std::fs::create_dir(&data)?;
    crate::people(&data.join("people.parquet"), rows, 0)?;
    println!("platform     rows    requests  read cpu s  send cpu s  rest cpu s  M rows/send cpu s  peak MiB over idle");
    for platform in platforms() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors").join(platform.connector);
        let component = sluice_build::build(&folder, &sluice_build::Options::beside(&folder))?.bytes;
        let manifest = plain(&std::fs::read_to_string(folder.join("connector.toml"))?, 0);
        let component = sluice_build::with_manifest(&component, &manifest)?;
        let sink = Role::start("sink", &[])?;
        let host = Host::start(&dir.path().join(platform.connector), &[&component]).await?;
        host.client.post("/apply", &bundle(&platform, &data, &sink.said)).await?;
        let Ran { run, cpu, sending, before, peak, .. } = host.run().await?;
        let [_, requests, _] = arrived(&host, &sink).await?;
        if run["counters"]["tally"]["accepted"] != rows {
            return Err(format!("not every row was accepted: {run:#}").into());
        }
        println!(
            "{:<12} {rows:<7} {requests:>8} {before:>11.2} {sending:>11.2} {:>11.2} {:>18.2} {peak:>19.1}   (must {})",
            platform.connector,
            cpu - before - sending,
            rows as f64 / sending / 1e6,
            platform.must
        );
    }
    Ok(())
}
