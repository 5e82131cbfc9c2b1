//! Requests of these tests and the twin's answers, held against the vendor's own description, where it lies beside the project. The
//! description is never copied into the project; where it is absent one line says so.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use crate::client::{
    Bench, JOBS, LIST, PROFILES, SEGMENT, SUBSCRIBE, UNSUBSCRIBE, UPSERT, ids, job, one, people, profile, send, subscribing,
    unsubscribing,
};

/// The description, or a line that says where it was looked for.
fn described() -> Option<Value> {
    let shared = std::env::var_os("SLUICE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("specs/klaviyo/openapi-2026-07-15-trimmed.json");
    if path.is_file() {
        return Some(std::fs::read_to_string(path).unwrap().parse().unwrap());
    }
    // Past the capture of a test's output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above specs/", path.display());
    None
}

/// OpenAPI's `nullable` in the words of JSON Schema. When `closed`, objects that have names have no others, so that a name that is
/// not described is a mistake of ours. "until null" is said of the links of a page, which the description has as texts alone.
fn plain(schema: &Value, closed: bool) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| plain(item, closed)).collect(),
        Value::Object(map) => {
            let mut map: Map<String, Value> = map.iter().map(|(name, value)| (name.clone(), plain(value, closed))).collect();
            let nullable = map.remove("nullable") == Some(Value::Bool(true));
            if closed && map.get("properties").is_some_and(Value::is_object) && map.get("type").is_some_and(|ty| ty == "object") {
                map.insert("additionalProperties".to_owned(), false.into());
                for link in ["next", "prev"] {
                    if let Some(link) = map.get_mut("properties").and_then(|properties| properties.get_mut(link)) {
                        *link = json!({ "type": ["string", "null"] });
                    }
                }
            }
            if nullable { json!({ "anyOf": [Value::Object(map), { "type": "null" }] }) } else { map.into() }
        }
        other => other.clone(),
    }
}

/// Takes `subscriptions` out of the attributes of shown profiles; those of a request are part of what it asks for and stay.
fn taken_out(data: &mut Value) -> Vec<Value> {
    let resources = match data {
        Value::Array(items) => items.iter_mut().collect(),
        one => vec![one],
    };
    let attributes = resources.into_iter().filter_map(|resource| resource.get_mut("attributes")?.as_object_mut());
    attributes.filter_map(|attributes| attributes.remove("subscriptions")).collect()
}

struct Description {
    paths: Value,
    schemas: Map<String, Value>,
    /// Refusals, which have more names than are described (*Errors*: `status`, `meta`).
    refusals: Value,
}

impl Description {
    fn read() -> Option<Self> {
        let whole = described()?;
        Some(Self {
            paths: whole["paths"].clone(),
            schemas: plain(&whole["components"]["schemas"], true).as_object().unwrap().clone(),
            refusals: plain(&whole["components"]["responses"], false),
        })
    }

    /// The operation of a call: its template, with one place for an id.
    fn operation(&self, method: &Method, path: &str) -> &Value {
        let templates = self.paths.as_object().unwrap().iter();
        let fits = |template: &str| {
            let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len() && template.iter().zip(path).all(|(want, is)| *want == is || want.starts_with('{'))
        };
        let (_, methods) =
            templates.filter(|(template, _)| fits(template)).max_by_key(|(template, _)| !template.contains('{')).unwrap();
        let operation = &methods[method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is described");
        operation
    }

    /// The named schemas that a schema leads to: to compile all of them each time takes a minute.
    fn reached<'a>(&'a self, from: &Value, found: &mut BTreeMap<&'a str, &'a Value>) {
        match from {
            Value::Array(items) => items.iter().for_each(|item| self.reached(item, found)),
            Value::Object(map) => {
                if let Some(name) = map.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next()) {
                    let (name, schema) = self.schemas.get_key_value(name).unwrap();
                    if found.insert(name, schema).is_none() {
                        self.reached(schema, found);
                    }
                }
                map.values().for_each(|value| self.reached(value, found));
            }
            _ => {}
        }
    }

    fn hold(&self, content: &Value, body: &Value, what: &str) {
        let mut body = body.clone();
        // Described beside the profile, not in it, so a closed profile does not know them.
        for subscriptions in body.get_mut("data").map(taken_out).unwrap_or_default() {
            self.hold_one(&json!({ "$ref": "#/components/schemas/Subscriptions" }), &subscriptions, "subscriptions");
        }
        self.hold_one(&content["application/vnd.api+json"]["schema"], &body, what);
    }

    fn hold_one(&self, schema: &Value, body: &Value, what: &str) {
        let mut named = BTreeMap::new();
        self.reached(schema, &mut named);
        let whole = json!({ "allOf": [schema], "components": { "schemas": named } });
        let validator = jsonschema::validator_for(&whole).unwrap();
        let errors: Vec<String> = validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?} in {body}");
        assert!(!validator.is_valid(&json!({ "data": 7, "errors": 7 })), "the description of {what} says something");
    }

    /// Sends a call; holds its parameters, its body and its answer against the description.
    async fn checked(&self, bench: &Bench, request: RequestBuilder) -> (u16, Value) {
        let (status, answer) = send(request).await;
        let sent = bench.twin.log().entries().pop().unwrap();
        let method: Method = sent.method.parse().unwrap();
        let operation = self.operation(&method, &sent.path);
        let what = format!("{method} {}", sent.path);
        let known =
            |name: &str| operation["parameters"].as_array().unwrap().iter().any(|p| p["in"] == "query" && p["name"] == name);
        let asked = reqwest::Url::parse(&format!("http://twin/?{}", sent.query.clone().unwrap_or_default())).unwrap();
        if status < 400 {
            assert!(asked.query_pairs().all(|(name, _)| known(&name)), "{what} {asked}");
            if let Some(body) = sent.json().filter(|_| operation["requestBody"].is_object()) {
                self.hold(&operation["requestBody"]["content"], &body, &what);
            }
            let response = &operation["responses"][status.to_string()];
            assert!(response.is_object(), "{what} answers {status}");
            match response["content"].is_object() {
                true => self.hold(&response["content"], &answer, &what),
                false => assert_eq!(answer, Value::String(String::new()), "{what} answers nothing"),
            }
        } else {
            let class = format!("{}XX", status / 100);
            let reference = operation["responses"][&class]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            self.hold(&self.refusals[reference]["content"], &answer, &what);
        }
        (status, answer)
    }
}

#[tokio::test]
async fn calls_and_answers_are_as_the_vendor_describes_them() {
    let Some(description) = Description::read() else { return };
    let bench = Bench::start().await;
    let full = json!({
        "email": "lea.martin@example.fr", "external_id": "C-1042", "phone_number": "+33612345678", "first_name": "Léa",
        "locale": "fr-FR", "location": { "city": "Lyon", "latitude": 45.76, "longitude": "4.83" }, "properties": { "vip": true },
    });
    let failing = json!({ "type": "profile", "id": "01UNKNOWN", "attributes": { "email": "c@example.org" } });
    let patched = json!({ "type": "profile", "attributes": { "external_id": "d" },
        "meta": { "patch_properties": { "append": { "a": 1 }, "unappend": { "b": 1 }, "unset": ["c"] } } });
    let profiles = json!([profile(full), failing, patched, people(1)[0]]);
    let (status, taken) = description.checked(&bench, bench.post(JOBS, &job(profiles, &[LIST]))).await;
    assert_eq!(status, 202);
    let job_path = format!("{JOBS}/{}", taken["data"]["id"].as_str().unwrap());
    for _ in 0..3 {
        description.checked(&bench, bench.get(&job_path)).await;
    }
    let id = bench.id("C-1042");
    let historical = subscribing(&["lea.martin@example.fr"], Some(LIST), Some("2026-09-30T08:00:00Z"));
    let update = json!({ "data": { "type": "profile", "id": id, "attributes": { "title": null } } });
    let members = format!("/api/lists/{LIST}/relationships/profiles");
    let list = json!({ "data": { "type": "list", "attributes": { "name": "VIP FR", "opt_in_process": "single_opt_in" } } });
    for (request, want) in [
        (bench.get("/api/accounts"), 200),
        (bench.get(&format!("{job_path}/import-errors?page[size]=100")), 200),
        (bench.get(&format!("{job_path}/profiles?page[size]=1")), 200),
        (bench.post(UPSERT, &one(json!({ "email": "new@example.org" }))), 201),
        (bench.post(UPSERT, &one(json!({ "email": "new@example.org", "title": "Dr" }))), 200),
        (bench.post(PROFILES, &one(json!({ "external_id": "b" }))), 201),
        (bench.post(PROFILES, &one(json!({ "external_id": "b" }))), 409),
        (bench.send_body(Method::PATCH, &format!("{PROFILES}/{id}"), &update), 200),
        (bench.get(&format!("{PROFILES}/{id}?additional-fields[profile]=subscriptions")), 200),
        (
            bench.asking(PROFILES, &[("filter", r#"any(email,["new@example.org"])"#), ("page[size]", "100"), ("sort", "-created")]),
            200,
        ),
        (bench.asking("/api/lists", &[("filter", "equals(name,'VIP FR')")]), 200),
        (bench.post("/api/lists", &list), 201),
        (bench.get(&format!("/api/lists/{LIST}")), 200),
        (bench.post(&members, &ids(&[&id])), 204),
        (bench.get(&format!("{members}?page[size]=1")), 200),
        (bench.get(&format!("/api/lists/{LIST}/profiles?page[size]=1&sort=joined_group_at")), 200),
        (bench.send_body(Method::DELETE, &members, &ids(&[&id])), 204),
        (bench.post(SUBSCRIBE, &subscribing(&["new@example.org"], None, None)), 202),
        (bench.post(SUBSCRIBE, &historical), 202),
        (bench.get(&format!("{PROFILES}/{id}?additional-fields[profile]=subscriptions")), 200),
        (bench.post(UNSUBSCRIBE, &unsubscribing(&["lea.martin@example.fr"], Some(LIST))), 202),
        (bench.post(UNSUBSCRIBE, &unsubscribing(&["new@example.org"], None)), 202),
        (bench.get(&format!("{PROFILES}?additional-fields[profile]=subscriptions")), 200),
        (bench.asking("/api/segments", &[("filter", "equals(is_active,true)")]), 200),
        (bench.get(&format!("/api/segments/{SEGMENT}")), 200),
        (bench.get(&format!("/api/segments/{SEGMENT}/profiles?page[size]=100")), 200),
        (bench.get(&format!("/api/segments/{SEGMENT}/relationships/profiles?page[size]=100")), 200),
        (bench.get("/api/lists?page[size]=11"), 400),
        (bench.get(&format!("{PROFILES}/01UNKNOWN")), 404),
        (bench.post(JOBS, &job(json!([profile(json!({ "email": "bad@" }))]), &[])), 400),
    ] {
        let (status, answer) = description.checked(&bench, request).await;
        assert_eq!(status, want, "{answer}");
    }
}
