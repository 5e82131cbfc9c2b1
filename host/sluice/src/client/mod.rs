//! The HTTP client of the API: the only way from a command to what a server holds.
//!
//! It promises: a refusal of the server is a [`Failure`] with the server's code, cause, places and request id; a server that cannot be
//! reached, or an answer that is no Sluice server's, is `api-unreachable`; every wait has an end; a request that makes something
//! carries an Idempotency-Key, so that a repeat has one effect. It decides nothing.

mod answer;
mod destinations;
mod events;
mod models;
mod names;
mod run;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use sluice_catalog::Code;
use sluice_store::Entropy;
use url::Url;

pub(crate) use names::Kind;
pub(crate) use run::{Decision, Explained, Manner, Run};

use crate::{
    failure::Failure,
    limits::{ANSWER_WAIT_MAX, CONNECT_WAIT_MAX, NAMES_LOOKED_AT_MAX, PAGE_ROWS},
};

/// Where a server is, and as whom to speak to it.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    key: String,
    entropy: Entropy,
}

impl Client {
    /// `url` is scheme, host and port; a path before `/v1` is kept, for servers behind a proxy.
    pub(crate) fn new(url: &str, key: &str) -> Result<Self, Failure> {
        let bad = || Failure::new(Code::ApiUnreachable, format!("`{url}` is not an address like http://127.0.0.1:7700."));
        let mut base = Url::parse(url).map_err(|_| bad())?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(bad());
        }
        base.set_query(None);
        base.set_fragment(None);
        // One provider for every client of the process; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WAIT_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::new(Code::Internal, format!("The HTTP client does not start: {error}.")))?;
        Ok(Self { http, base, key: key.to_owned(), entropy: Entropy::system() })
    }

    /// A request to `segments` below `/v1`, each of them one part of the path whatever it holds.
    fn request(&self, method: Method, segments: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v1").extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.http.request(method, url).bearer_auth(&self.key)
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let sent = request.timeout(ANSWER_WAIT_MAX).send().await;
        answer::read(sent.map_err(|error| self.unreachable(&error))?).await
    }

    /// Reads.
    async fn get(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.json(self.request(Method::GET, segments, query)).await
    }

    /// Makes or starts something. A lost answer may be asked for again: the key makes it one effect.
    async fn post(&self, segments: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Value, Failure> {
        let key = format!("{:032x}", self.entropy.bits());
        self.json(self.request(Method::POST, segments, query).header("idempotency-key", key).json(body)).await
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let host = self.base.origin().ascii_serialization();
        if error.is_timeout() && !error.is_connect() {
            return Failure::new(Code::ApiUnreachable, format!("{host} did not answer in time."));
        }
        let mut deepest: &dyn std::error::Error = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        Failure::new(Code::ApiUnreachable, format!("{host}: {deepest}."))
    }

    /// Every workspace that the key reaches.
    pub(crate) async fn workspaces(&self) -> Result<Vec<Value>, Failure> {
        let (mut pages, mut all) = (Pages::new(NAMES_LOOKED_AT_MAX), Vec::new());
        while let Some(query) = pages.query() {
            all.extend(pages.take(self.get(&["workspaces"], &borrowed(&query)).await?));
        }
        Ok(all)
    }

    /// Makes a workspace.
    pub(crate) async fn create_workspace(&self, name: &str, time_zone: &str) -> Result<Value, Failure> {
        self.post(&["workspaces"], &[], &serde_json::json!({ "name": name, "time_zone": time_zone })).await
    }

    /// The workspace of this name or id; without one, the only one that the key reaches.
    pub(crate) async fn workspace(self, wanted: Option<&str>) -> Result<Workspace, Failure> {
        let all = self.workspaces().await?;
        let text = |workspace: &Value, part: &str| workspace[part].as_str().unwrap_or_default().to_owned();
        let names = || all.iter().map(|w| text(w, "name")).collect::<Vec<_>>().join(", ");
        let found = match (wanted, all.as_slice()) {
            (Some(wanted), _) => all.iter().find(|w| w["name"] == wanted || w["id"] == wanted),
            (None, [only]) => Some(only),
            (None, []) => None,
            (None, _) => {
                let cause = format!("The key reaches several workspaces; name one of them with --workspace: {}.", names());
                return Err(Failure::new(Code::ApiNotFound, cause));
            }
        };
        let Some(found) = found else {
            let cause = match wanted {
                Some(wanted) => format!("The key reaches no workspace `{wanted}`. It reaches: {}.", names()),
                None => "There is no workspace yet; make one with `sluice workspaces create <name>`.".into(),
            };
            return Err(Failure::new(Code::ApiNotFound, cause));
        };
        let id = text(found, "id");
        Ok(Workspace { client: self, id })
    }
}

/// One workspace on a server.
pub(crate) struct Workspace {
    client: Client,
    id: String,
}

impl Workspace {
    async fn get(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.client.get(&self.path(segments), query).await
    }

    async fn post(&self, segments: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Value, Failure> {
        self.client.post(&self.path(segments), query, body).await
    }

    fn path<'a>(&'a self, segments: &[&'a str]) -> Vec<&'a str> {
        ["workspaces", self.id.as_str()].into_iter().chain(segments.iter().copied()).collect()
    }

    /// Up to `most` items of a list, in its order.
    pub(crate) async fn list(&self, segments: &[&str], filter: &[(&str, &str)], most: usize) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        self.each_page(segments, filter, most, |page| items.extend(page)).await?;
        Ok(items)
    }

    /// The same, handed over page by page, so that nothing large is kept.
    pub(crate) async fn each_page(
        &self,
        segments: &[&str],
        filter: &[(&str, &str)],
        most: usize,
        mut took: impl FnMut(Vec<Value>),
    ) -> Result<(), Failure> {
        let mut pages = Pages::new(most);
        while let Some(query) = pages.query() {
            let all: Vec<_> = filter.iter().copied().chain(borrowed(&query)).collect();
            took(pages.take(self.get(segments, &all).await?));
        }
        Ok(())
    }

    /// Brings a bundle about, or says what that would do.
    pub(crate) async fn apply(&self, bundle: &Value, dry_run: bool, may_break: bool) -> Result<Value, Failure> {
        let wanted = [("dry_run", dry_run), ("break_dependants", may_break)];
        let query: Vec<(&str, &str)> = wanted.into_iter().filter(|(_, yes)| *yes).map(|(name, _)| (name, "true")).collect();
        self.post(&["apply"], &query, bundle).await
    }

    /// The workspace itself.
    pub(crate) async fn itself(&self) -> Result<Value, Failure> {
        self.get(&[], &[]).await
    }

    /// Changes the workspace as it was read; `may_break`: although conditions would be broken by it.
    pub(crate) async fn replace_itself(&self, body: &Value, may_break: bool) -> Result<Value, Failure> {
        let query: &[(&str, &str)] = if may_break { &[("break_dependants", "true")] } else { &[] };
        let request =
            self.client.request(Method::PUT, &self.path(&[]), query).header("if-match", format!("\"{}\"", body["revision"]));
        let parts = ["name", "time_zone", "variables"].map(|part| (part.to_owned(), body[part].clone()));
        self.client.json(request.json(&Value::Object(parts.into_iter().collect()))).await
    }

    /// Checks and installs a component; `accept`: the digest of one that may ask for more than the build in use.
    pub(crate) async fn install(&self, component: Vec<u8>, accept: Option<&str>) -> Result<Value, Failure> {
        let query: Vec<(&str, &str)> = accept.into_iter().map(|digest| ("accept", digest)).collect();
        let request = self.client.request(Method::POST, &self.path(&["connectors"]), &query);
        self.client.json(request.header("content-type", "application/wasm").body(component)).await
    }

    /// Count, share and sample of a model or segment.
    pub(crate) async fn preview(&self, kind: Kind, id: &str, sample: u32) -> Result<Value, Failure> {
        self.get(&[kind.collection(), id, "preview"], &[("sample", &sample.to_string())]).await
    }

    /// Ids of the fields of a model, or of a segment's model, in its order.
    pub(crate) async fn field_ids(&self, object: &Value) -> Result<Vec<String>, Failure> {
        let fields = match object["model"].as_str() {
            Some(model) => self.get(&["models", model], &[]).await?["fields"].take(),
            None => object["fields"].clone(),
        };
        Ok(fields.as_array().into_iter().flatten().filter_map(|field| field["id"].as_str().map(str::to_owned)).collect())
    }

    /// A question about segments.
    pub(crate) async fn ask_segments(&self, question: &str, body: &Value) -> Result<Value, Failure> {
        self.post(&["segments", question], &[], body).await
    }

    /// How a segment grew and shrank.
    pub(crate) async fn statistics(&self, segment: &str) -> Result<Value, Failure> {
        self.get(&["segments", segment, "statistics"], &[]).await
    }

    /// Computes a segment's statistics now.
    pub(crate) async fn compute_statistics(&self, segment: &str) -> Result<Value, Failure> {
        self.post(&["segments", segment, "statistics"], &[], &Value::Null).await
    }

    /// What is known of a remote segment.
    pub(crate) async fn remote(&self, segment: &str) -> Result<Value, Failure> {
        self.get(&["segments", segment, "remote"], &[]).await
    }

    /// Begins to read a remote segment.
    pub(crate) async fn refresh(&self, segment: &str, confirmed: bool) -> Result<Value, Failure> {
        self.post(&["segments", segment, "remote"], &[], &serde_json::json!({ "confirmed": confirmed })).await
    }

    /// Saves a segment.
    pub(crate) async fn create_segment(&self, segment: &Value) -> Result<Value, Failure> {
        self.post(&["segments"], &[], segment).await
    }

    /// A model.
    pub(crate) async fn model(&self, id: &str) -> Result<Value, Failure> {
        self.get(&["models", id], &[]).await
    }

    /// A segment's condition in words.
    pub(crate) async fn sentence(&self, segment: &str) -> Result<String, Failure> {
        let answer = self.get(&["segments", segment, "sentence"], &[]).await?;
        Ok(answer["sentence"].as_str().unwrap_or_default().to_owned())
    }
}

/// Where the reading of a list is.
struct Pages {
    cursor: Option<String>,
    over: bool,
    left: usize,
}

impl Pages {
    fn new(most: usize) -> Self {
        Self { cursor: None, over: false, left: most }
    }

    /// What to ask for the next page; none when there is none, or when enough was read.
    fn query(&self) -> Option<Vec<(&'static str, String)>> {
        if self.over || self.left == 0 {
            return None;
        }
        let mut query = vec![("limit", self.left.min(PAGE_ROWS).to_string())];
        query.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        Some(query)
    }

    fn take(&mut self, mut page: Value) -> Vec<Value> {
        let items = match page["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        self.cursor = page["next"].as_str().map(str::to_owned);
        self.over = self.cursor.is_none();
        self.left = self.left.saturating_sub(items.len());
        items
    }
}

fn borrowed<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    query.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[cfg(test)]
mod tests;
