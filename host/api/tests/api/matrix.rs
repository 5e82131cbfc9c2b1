//! Every operation of the description × every kind of key × own, foreign and malformed ids.

use sluice_store::Role;

use crate::{
    cases::{Case, ELSEWHERE, case},
    world::{Answer, Ids, World},
};

struct Operation {
    name: String,
    method: String,
    path: String,
    /// None: nobody is asked who he is.
    role: Option<Role>,
}

fn operations() -> Vec<Operation> {
    let json = serde_json::to_value(sluice_api::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let role = match operation["security"][0]["api_key"][0].as_str() {
                Some("viewer") => Some(Role::Viewer),
                Some("operator") => Some(Role::Operator),
                Some("admin") => Some(Role::Admin),
                None => None,
                Some(other) => panic!("role {other}"),
            };
            let name = operation["operationId"].as_str().unwrap().to_owned();
            all.push(Operation { name, method: method.to_uppercase(), path: path.clone(), role });
        }
    }
    all
}

fn path_of(operation: &Operation, case: &Case, ids: &Ids) -> String {
    let mut path = operation.path.clone();
    for (param, instead) in &case.params {
        path = path.replace(&format!("{{{param}}}"), &ids[instead]);
    }
    for (param, id) in ids {
        path = path.replace(&format!("{{{param}}}"), id);
    }
    assert!(!path.contains('{'), "{path}");
    path
}

async fn ask(world: &World, operation: &Operation, case: &Case, path: &str, key: Option<&str>) -> Answer {
    let mut ask = world.ask(&operation.method, path);
    if let Some(key) = key {
        ask = ask.key(key);
    }
    if case.if_match {
        ask = ask.header("if-match", "\"1\"");
    }
    if let Some(body) = &case.body {
        ask = ask.json(body);
    }
    ask.send().await
}

fn refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{what}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
    for part in ["type", "title", "detail", "next", "request_id"] {
        assert!(answer.json[part].as_str().is_some_and(|text| !text.is_empty()), "{what}: {part}");
    }
    assert_eq!(answer.json["request_id"].as_str(), answer.headers["x-request-id"].to_str().ok(), "{what}");
}

#[tokio::test]
async fn every_operation_has_a_case() {
    let world = World::new().await;
    let without: Vec<_> = operations()
        .into_iter()
        .map(|operation| operation.name)
        .filter(|name| case(&world, name).is_none() && !ELSEWHERE.contains(&name.as_str()))
        .collect();
    assert!(without.is_empty(), "without a case: {without:?}");
    let needless: Vec<_> = ELSEWHERE.iter().filter(|name| case(&world, name).is_some()).collect();
    assert!(needless.is_empty(), "the list of exceptions may only shrink: {needless:?}");
}

#[tokio::test]
async fn without_a_valid_key_nothing_is_answered() {
    let world = World::new().await;
    for operation in operations().iter().filter(|o| o.role.is_some()) {
        let Some(case) = case(&world, &operation.name) else { continue };
        let path = path_of(operation, &case, &world.own);
        for key in [None, Some("expired"), Some("revoked"), Some("slk_x_y"), Some("")] {
            let answer = ask(&world, operation, &case, &path, key).await;
            refused(&answer, 401, "api-unauthenticated", &format!("{} with {key:?}", operation.name));
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
}

/// For admins of the whole installation; a key of one workspace may not, whatever its role.
const OF_INSTALLATION: &[&str] = &["createWorkspace", "listInstallationApiKeys", "revokeInstallationApiKey"];

#[tokio::test]
async fn a_role_below_the_one_needed_is_forbidden_and_the_one_needed_is_enough() {
    let shared = World::new().await;
    for operation in operations() {
        let Some(needed) = operation.role else { continue };
        for (key, role) in [("viewer", Role::Viewer), ("operator", Role::Operator), ("admin", Role::Admin)] {
            let forbidden = role < needed || OF_INSTALLATION.contains(&operation.name.as_str());
            // Where something changes, a world of its own: what one cell changes does not help the next.
            let own = if forbidden || operation.method == "GET" { None } else { Some(World::new().await) };
            let world = own.as_ref().unwrap_or(&shared);
            let Some(case) = case(world, &operation.name) else { continue };
            let path = path_of(&operation, &case, &world.own);
            let answer = ask(world, &operation, &case, &path, Some(key)).await;
            let what = format!("{} by {key}", operation.name);
            if forbidden {
                refused(&answer, 403, "api-forbidden", &what);
            } else {
                assert_eq!(answer.status.as_u16(), case.ok, "{what}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn another_workspace_is_not_there_and_neither_are_its_objects() {
    let world = World::new().await;
    for operation in operations().iter().filter(|o| o.path.contains("{ws}")) {
        let Some(case) = case(&world, &operation.name) else { continue };
        let foreign = path_of(operation, &case, &world.other);
        let answer = ask(&world, operation, &case, &foreign, Some("admin")).await;
        refused(&answer, 404, "api-not-found", &format!("{} of another workspace", operation.name));
        // The ids of the other workspace under the own one.
        let mut mixed = world.other.clone();
        mixed.insert("ws", world.own["ws"].clone());
        if path_of(operation, &case, &mixed) != path_of(operation, &case, &world.own) {
            let answer = ask(&world, operation, &case, &path_of(operation, &case, &mixed), Some("admin")).await;
            refused(&answer, 404, "api-not-found", &format!("{} of a foreign object", operation.name));
        }
    }
}

#[tokio::test]
async fn a_malformed_id_is_not_there() {
    let world = World::new().await;
    for operation in operations().iter().filter(|o| o.path.contains("{ws}")) {
        let Some(case) = case(&world, &operation.name) else { continue };
        for param in ["ws", "src", "mdl", "seg", "dst", "act", "run", "key", "connector"] {
            if !operation.path.contains(&format!("{{{param}}}")) {
                continue;
            }
            for bad in ["x", "%00", "..%2f..", "src_01J9ZK4M8QW3V5T7R2N6P0XYC"] {
                let mut ids = world.own.clone();
                ids.insert(param, bad.to_owned());
                let plain = Case { params: Vec::new(), body: case.body.clone(), ..case };
                let answer = ask(&world, operation, &plain, &path_of(operation, &plain, &ids), Some("admin")).await;
                refused(&answer, 404, "api-not-found", &format!("{} with {param}={bad}", operation.name));
            }
        }
    }
}

#[tokio::test]
async fn operations_that_change_an_object_ask_for_the_revision_they_are_based_on() {
    let world = World::new().await;
    for operation in operations() {
        let Some(case) = case(&world, &operation.name) else { continue };
        if !case.if_match {
            continue;
        }
        let path = path_of(&operation, &case, &world.own);
        let without = Case { if_match: false, body: case.body.clone(), params: case.params.clone(), ..case };
        refused(&ask(&world, &operation, &without, &path, Some("admin")).await, 428, "api-precondition-required", &operation.name);
        for stale in ["\"7\"", "*", "7", "W/\"1\"", "\"1\", \"2\""] {
            let mut ask = world.ask(&operation.method, &path).key("admin").header("if-match", stale);
            if let Some(body) = &case.body {
                ask = ask.json(body);
            }
            refused(&ask.send().await, 412, "api-stale", &format!("{} with {stale}", operation.name));
        }
    }
}

#[tokio::test]
async fn a_key_of_the_installation_reaches_every_workspace_and_makes_new_ones() {
    let world = World::new().await;
    for ids in [&world.own, &world.other] {
        let path = format!("/v1/workspaces/{}/sources", ids["ws"]);
        assert_eq!(world.ask("GET", &path).key("installation").send().await.status, 200);
    }
    let nowhere = "/v1/workspaces/ws_01J9ZK4M8QW3V5T7R2N6P0XYCD/sources";
    refused(&world.ask("GET", nowhere).key("installation").send().await, 404, "api-not-found", "a workspace that is not there");
    let body = serde_json::json!({ "name": "third", "time_zone": "Europe/Paris" });
    let made = world.ask("POST", "/v1/workspaces").key("installation").json(&body).send().await;
    assert_eq!(made.status, 201);
    let all = world.ask("GET", "/v1/workspaces").key("installation").send().await;
    let names: Vec<_> = all.json["items"].as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 3);
    let own = world.ask("GET", "/v1/workspaces").key("viewer").send().await;
    assert_eq!(own.json["items"].as_array().map(Vec::len), Some(1), "a key of one workspace sees one");
    let bad = world.ask("POST", "/v1/workspaces").key("installation").json(&serde_json::json!({ "name": "", "time_zone": "Mars" }));
    assert_eq!(bad.send().await.pointers(), ["/name", "/time_zone"]);
}
