//! A platform that works in jobs, made for these tests, and the way to it. It keeps its own account of what it was asked and of what
//! it holds, which is what the tests look at.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::rig::{Client, Rig};

/// The host that the connector asks for.
const HOST: &str = "api.bulk.example";

/// A job at the platform.
#[derive(Debug, Clone, Default)]
pub(crate) struct Job {
    /// Batches in the order in which they came: what to do, and with whom.
    pub(crate) batches: Vec<(String, Vec<String>)>,
    pub(crate) started: bool,
    pub(crate) done: bool,
}

/// What the platform is and was asked.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// `METHOD /path` of every request, in order.
    pub(crate) asked: Vec<String>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) members: BTreeSet<String>,
    /// A started job stays running.
    pub(crate) slow: bool,
    /// Rows that no job takes in.
    pub(crate) refused_at_once: BTreeSet<String>,
    /// Rows that a job refuses in the end.
    pub(crate) refused_later: BTreeSet<String>,
    /// Rows that the next job that is done gives up.
    pub(crate) given_up: BTreeSet<String>,
    given_up_of: BTreeMap<usize, BTreeSet<String>>,
    /// Members of segments, by the segment's id.
    pub(crate) segments: BTreeMap<String, Vec<String>>,
    /// What is answered instead of the page of members that begins here: a status, or the page itself as its own next one.
    pub(crate) stumbles: BTreeMap<String, Stumble>,
    exports: Vec<String>,
    /// Contacts by the platform's own id.
    pub(crate) contacts: BTreeMap<String, Value>,
    contacts_made: usize,
    /// Who is in the audience: the last session that came to its end.
    pub(crate) audience: BTreeSet<String>,
    /// Sessions of uploads by name: the ids of their parts, in order.
    pub(crate) sessions: BTreeMap<String, Vec<Vec<String>>>,
    /// What is answered to a part of an audience, by its number, so often, instead of taking it.
    pub(crate) refused_parts: BTreeMap<u64, (u16, u32)>,
}

/// How a page of members goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stumble {
    /// This status, so often.
    Status(u16, u32),
    /// It leads to itself.
    Circle,
}

impl Account {
    /// How many requests began like this.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.asked.iter().filter(|asked| asked.starts_with(start)).count()
    }

    /// Applies what the job holds.
    fn run(&mut self, at: usize) {
        if self.slow || self.jobs[at].done {
            return;
        }
        self.jobs[at].done = true;
        let given_up = std::mem::take(&mut self.given_up);
        for (verb, ids) in self.jobs[at].batches.clone() {
            for id in ids.into_iter().filter(|id| !self.refused_later.contains(id) && !given_up.contains(id)) {
                if verb == "remove" {
                    self.members.remove(&id)
                } else {
                    self.members.insert(id)
                };
            }
        }
        self.given_up_of.insert(at, given_up);
    }
}

/// The platform, and the server before it.
#[derive(Clone)]
pub(crate) struct Platform {
    account: Arc<Mutex<Account>>,
    url: String,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let platform = Self { account: Arc::default(), url };
        let router = Router::new()
            .route("/jobs", post(make))
            .route("/jobs/{job}", get(tell))
            .route("/jobs/{job}/rows", post(fill))
            .route("/jobs/{job}/start", post(begin))
            .route("/audience/{session}", post(upload))
            .route("/contacts", post(contacts))
            .route("/contacts/remove", post(contacts_gone))
            .route("/segments/{segment}/members", get(members))
            .route("/segments/{segment}/export", post(export))
            .route("/exports/{export}", get(exported))
            .with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        platform
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }

    fn asked(&self, what: String) -> MutexGuard<'_, Account> {
        let mut account = self.account();
        account.asked.push(what);
        account
    }

    /// The component, built once per process.
    pub(crate) async fn install(&self, client: &Client) {
        static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let bytes = BYTES.get_or_init(|| {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/bulk");
            sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().bytes
        });
        client.install(bytes).await;
    }

    /// A bundle with this destination and these activations of the people.
    pub(crate) fn bundle(&self, rig: &Rig, activations: &[Value]) -> Value {
        let mut bundle = crate::shop::bundle(rig);
        bundle["destinations"] = json!([{
            "name": "bulk", "connector": "bulk", "grant": { "stand_ins": [{ "host": HOST, "origin": self.url }] },
        }]);
        bundle["activations"] = json!(activations);
        bundle
    }
}

type Parameters = Query<BTreeMap<String, String>>;

/// The first of two halves gives the number that the second must bring.
fn half(half: &Parameters) -> Result<Option<Json<Value>>, StatusCode> {
    match half.get("half").map(String::as_str) {
        Some("first") => Ok(Some(Json(json!({ "half": "417" })))),
        None | Some("417") => Ok(None),
        Some(_) => Err(StatusCode::BAD_REQUEST),
    }
}

async fn make(State(platform): State<Platform>, query: Parameters) -> Result<Json<Value>, StatusCode> {
    let mut account = platform.asked("POST /jobs".into());
    if let Some(first) = half(&query)? {
        return Ok(first);
    }
    account.jobs.push(Job::default());
    Ok(Json(json!({ "job": (account.jobs.len() - 1).to_string() })))
}

async fn fill(
    State(platform): State<Platform>,
    Path(job): Path<usize>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let mut account = platform.asked(format!("POST /jobs/{job}/rows"));
    if account.jobs[job].started {
        return Err(StatusCode::CONFLICT);
    }
    let ids = body["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    let (refused, taken): (Vec<String>, Vec<String>) = ids.partition(|id| account.refused_at_once.contains(id));
    account.jobs[job].batches.push((body["verb"].as_str().unwrap().to_owned(), taken));
    Ok(Json(json!({ "refused": refused })))
}

async fn begin(State(platform): State<Platform>, Path(job): Path<usize>, query: Parameters) -> Result<Json<Value>, StatusCode> {
    let mut account = platform.asked(format!("POST /jobs/{job}/start"));
    if let Some(first) = half(&query)? {
        return Ok(first);
    }
    account.jobs[job].started = true;
    Ok(Json(json!({})))
}

async fn tell(State(platform): State<Platform>, Path(job): Path<usize>) -> Json<Value> {
    let mut account = platform.asked(format!("GET /jobs/{job}"));
    if account.jobs[job].started {
        account.run(job);
    }
    let state = match &account.jobs[job] {
        Job { done: true, .. } => "done",
        Job { started: true, .. } => "running",
        _ => "made",
    };
    let given_up = account.given_up_of.get(&job).cloned().unwrap_or_default();
    Json(json!({ "state": state, "refused": account.refused_later, "again": given_up }))
}

/// Takes a part of a session: the next one, or the last one once more. With the last the audience is what the session holds.
async fn upload(State(platform): State<Platform>, Path(session): Path<String>, Json(body): Json<Value>) -> Response {
    let mut account = platform.asked(format!("POST /audience/{}", body["part"]));
    let part = body["part"].as_u64().unwrap();
    if let Some((status, times)) = account.refused_parts.get_mut(&part)
        && *times > 0
    {
        *times -= 1;
        return (StatusCode::from_u16(*status).unwrap(), [("retry-after", "1")]).into_response();
    }
    let ids: Vec<String> = body["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let parts = account.sessions.entry(session).or_default();
    let at = part as usize - 1;
    match at.cmp(&parts.len()) {
        std::cmp::Ordering::Less => parts[at] = ids,
        std::cmp::Ordering::Equal => parts.push(ids),
        std::cmp::Ordering::Greater => return StatusCode::CONFLICT.into_response(),
    }
    if body["last"] == true {
        let all: BTreeSet<String> = parts.concat().into_iter().collect();
        if all.len() as u64 != body["total"].as_u64().unwrap() {
            return StatusCode::CONFLICT.into_response();
        }
        account.audience = all;
    }
    Json(json!({})).into_response()
}

/// Makes a contact that comes without an id, and changes the one that the id is of; their ids.
async fn contacts(State(platform): State<Platform>, Json(rows): Json<Vec<Value>>) -> Json<Value> {
    let mut account = platform.asked("POST /contacts".into());
    let ids = rows.into_iter().map(|mut row| {
        let id = match row.as_object_mut().unwrap().remove("contact_id") {
            Some(id) => id.as_str().unwrap().to_owned(),
            None => {
                account.contacts_made += 1;
                format!("C-{}", account.contacts_made)
            }
        };
        account.contacts.insert(id.clone(), row);
        json!(id)
    });
    Json(ids.collect())
}

/// Removes contacts by their ids; null for whom it does not have.
async fn contacts_gone(State(platform): State<Platform>, Json(rows): Json<Vec<Value>>) -> Json<Value> {
    let mut account = platform.asked("POST /contacts/remove".into());
    let id = |row: &Value| row["contact_id"].as_str().unwrap_or_default().to_owned();
    Json(rows.iter().map(|row| account.contacts.remove(&id(row)).map_or(Value::Null, |_| json!(id(row)))).collect())
}

/// Members of one page.
const PAGE: usize = 400;

async fn members(State(platform): State<Platform>, Path(segment): Path<String>, query: Parameters) -> Response {
    let mut account = platform.asked(format!("GET /segments/{segment}/members"));
    let Some(all) = account.segments.get(&segment).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    let after = query.get("after").cloned().unwrap_or_default();
    let from: usize = after.parse().unwrap_or(0);
    match account.stumbles.get_mut(&after) {
        Some(Stumble::Status(status, times)) if *times > 0 => {
            *times -= 1;
            let wait = if *status == 429 { "3600" } else { "0" };
            return (StatusCode::from_u16(*status).unwrap(), [("retry-after", wait)]).into_response();
        }
        Some(Stumble::Circle) => return Json(json!({ "ids": ["again"], "next": after })).into_response(),
        _ => {}
    }
    let to = (from + PAGE).min(all.len());
    let next = (to < all.len()).then(|| to.to_string());
    Json(json!({ "ids": all[from..to], "next": next })).into_response()
}

async fn export(State(platform): State<Platform>, Path(segment): Path<String>) -> Result<Json<Value>, StatusCode> {
    let mut account = platform.asked(format!("POST /segments/{segment}/export"));
    if !account.segments.contains_key(&segment) {
        return Err(StatusCode::NOT_FOUND);
    }
    account.exports.push(segment);
    Ok(Json(json!({ "export": (account.exports.len() - 1).to_string() })))
}

/// Not there when it is first asked for; then an archive of two files.
async fn exported(State(platform): State<Platform>, Path(export): Path<usize>) -> Response {
    let mut account = platform.asked(format!("GET /exports/{export}"));
    if account.slow || account.count(&format!("GET /exports/{export}")) == 1 {
        return StatusCode::NOT_FOUND.into_response();
    }
    let segment = account.exports[export].clone();
    let all = std::mem::take(account.segments.get_mut(&segment).unwrap());
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, part) in ["one.txt", "two.txt"].into_iter().zip(all.chunks(all.len().div_ceil(2).max(1))) {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(part.join("\n").as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner().into_response()
}
