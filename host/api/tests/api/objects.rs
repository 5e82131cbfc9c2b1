//! Declared objects: from their making to their end, and who may change what.

use serde_json::json;

use crate::world::{World, activation, destination, model, segment, source};

#[tokio::test]
async fn an_object_is_made_read_changed_and_deleted_along_its_etags() {
    let world = World::new().await;
    let mut body = source("/x");
    body["name"] = json!("new");
    let made = world.post("/sources", &body).await;
    assert_eq!((made.status.as_u16(), made.etag().as_str()), (201, "\"1\""));
    let at = made.headers["location"].to_str().unwrap().to_owned();
    let read = world.ask("GET", &at).key("viewer").send().await;
    assert_eq!(read.json, made.json);
    assert_eq!(read.json["created_at"], "2026-11-24T09:00:00Z");
    body["name"] = json!("renamed");
    let put = world.ask("PUT", &at).key("operator").header("if-match", "\"1\"").json(&body).send().await;
    assert_eq!((put.status.as_u16(), put.etag().as_str(), put.json["name"].as_str()), (200, "\"2\"", Some("renamed")));
    let gone = world.ask("DELETE", &at).key("operator").header("if-match", "\"2\"").send().await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    assert_eq!(world.ask("GET", &at).key("viewer").send().await.status, 404);
}

#[tokio::test]
async fn all_bad_fields_are_named_at_once() {
    let world = World::new().await;
    let mut body = activation(&world.own["seg"], &world.own["dst"]);
    body["name"] = json!(" x");
    body["mode"] = json!("mirror");
    body["schedule"] = json!({ "every-seconds": 59 });
    body["mapping"]["fields"][1]["value"] = json!({ "field": "nothing" });
    let answer = world.post("/activations", &body).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (422, "api-invalid"));
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/mapping/fields/1/value/field", "/mode", "/name", "/schedule/every-seconds"], "{}", answer.text);
}

#[tokio::test]
async fn a_body_cannot_name_an_object_of_another_workspace() {
    let world = World::new().await;
    let (own, other) = (&world.own, &world.other);
    for (path, body, pointer) in [
        ("/models", model(&other["src"]), "/source"),
        ("/segments", segment(&other["mdl"]), "/model"),
        ("/activations", activation(&other["seg"], &own["dst"]), "/from"),
        ("/activations", activation(&own["seg"], &other["dst"]), "/destination"),
    ] {
        let mut body = body;
        body["name"] = json!("foreign");
        let answer = world.post(path, &body).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec![pointer]), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_is_used_is_not_deleted_and_the_users_are_named() {
    let world = World::new().await;
    let path = world.at(&format!("/models/{}", world.own["mdl"]));
    let answer = world.ask("DELETE", &path).key("admin").header("if-match", "\"1\"").send().await;
    assert_eq!((answer.status.as_u16(), answer.code()), (409, "api-in-use"));
    assert_eq!(answer.json["detail"], "It is used by segment `french`.");
}

#[tokio::test]
async fn a_primary_key_is_fixed_and_a_key_that_repeats_is_refused() {
    let world = World::new().await;
    let mut body = model(&world.own["src"]);
    body["primary_key"] = json!(["email"]);
    let path = format!("/models/{}", world.own["mdl"]);
    assert_eq!(world.put(&path, "\"1\"", &body).await.pointers(), ["/primary_key"]);
    let twice = json!({
        "name": "twice", "source": world.own["src"], "definition": { "table": "twice" }, "kind": "custom",
        "fields": [{ "id": "id", "type": "integer" }], "primary_key": ["id"],
    });
    let answer = world.post("/models", &twice).await;
    assert_eq!(answer.json["errors"][0]["code"], "duplicate-keys", "{}", answer.text);
}

#[tokio::test]
async fn previews_count_exactly_and_mask_personal_data() {
    let world = World::new().await;
    let preview = world.get(&format!("/segments/{}/preview?sample=2", world.own["seg"])).await;
    assert_eq!((preview.json["count"].as_u64(), preview.json["total"].as_u64()), (Some(2), Some(3)));
    let sample = preview.json["sample"].as_array().unwrap();
    assert_eq!(sample.len(), 2);
    assert!(sample.iter().all(|row| row["country"] == "France" && row["email"] != "a@example.com"));
    assert!(!preview.text.contains("example.com"));
    let mut unsaved = segment(&world.own["mdl"]);
    unsaved["condition"]["root"]["children"][0]["value"] = json!(["Spain"]);
    let preview = world.post("/segments/preview", &unsaved).await;
    assert_eq!(preview.json["count"], 1);
    let wrong = world.get(&format!("/segments/{}/preview?sample=101", world.own["seg"])).await;
    assert_eq!(wrong.pointers(), ["?sample"]);
    let sentence = world.get(&format!("/segments/{}/sentence", world.own["seg"])).await;
    assert!(sentence.json["sentence"].as_str().unwrap().contains("France"));
    let keys = world.post(&format!("/models/{}/duplicate-check", world.own["mdl"]), &json!({})).await;
    assert_eq!((keys.json["verdict"].as_str(), keys.json["distinct"].as_u64()), (Some("unique"), Some(3)));
}

#[tokio::test]
async fn discovery_lists_tables_and_columns() {
    let world = World::new().await;
    let tables = world.get(&format!("/sources/{}/tables", world.own["src"])).await;
    let names: Vec<_> = tables.json["tables"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["customers", "twice"]);
    assert_eq!(tables.json["tables"][0]["columns"][0]["name"], "customer_id");
    let gone = world.post("/sources", &json!({ "name": "gone", "kind": { "files": { "path": "/nowhere" } } })).await;
    let test = world.post(&format!("/sources/{}/test", gone.json["id"].as_str().unwrap()), &json!({})).await;
    assert_eq!(test.code(), "source-unreachable", "{}", test.text);
}

#[tokio::test]
async fn hosts_are_an_admins_matter_and_the_rest_of_a_destination_an_operators() {
    let world = World::new().await;
    let path = world.at(&format!("/destinations/{}", world.own["dst"]));
    let put = async |key: &str, etag: &str, body: &serde_json::Value| {
        world.ask("PUT", &path).key(key).header("if-match", etag).json(body).send().await
    };
    let mut body = destination();
    body["in_flight"] = json!(4);
    assert_eq!(put("operator", "\"1\"", &body).await.status, 200);
    body["grant"] = json!({ "stand_ins": [{ "host": "api.acme.example", "origin": "http://127.0.0.1:4010" }] });
    assert_eq!(put("operator", "\"2\"", &body).await.code(), "api-forbidden");
    assert_eq!(put("admin", "\"2\"", &body).await.status, 200);
    body["settings"] = json!({ "region": "EU", "more": 1 });
    let wrong = put("admin", "\"3\"", &body).await;
    assert!(wrong.pointers().contains(&"/settings/region"), "{}", wrong.text);
}

#[tokio::test]
async fn folders_are_an_admins_matter_and_the_rest_of_a_source_an_operators() {
    let world = World::new().await;
    let mut body = source(world.dir.path().join("data").to_str().unwrap());
    let made = world.ask("POST", &world.at("/sources")).key("operator").json(&body).send().await;
    assert_eq!((made.status.as_u16(), made.code()), (403, "api-forbidden"), "{}", made.text);
    let path = world.at(&format!("/sources/{}", world.own["src"]));
    let put = async |key: &str, etag: &str, body: &serde_json::Value| {
        world.ask("PUT", &path).key(key).header("if-match", etag).json(body).send().await
    };
    body["zone"] = json!("Europe/Paris");
    body["kind"]["files"]["delimiter"] = json!(";");
    assert_eq!(put("operator", "\"1\"", &body).await.status, 200);
    body["kind"]["files"]["path"] = json!("/srv/of-another");
    assert_eq!(put("operator", "\"2\"", &body).await.code(), "api-forbidden");
    assert_eq!(put("admin", "\"2\"", &body).await.status, 200);
    let by_connector = json!({ "name": "files", "kind": { "connector": { "id": "acme", "settings": {} } } });
    assert_eq!(put("operator", "\"3\"", &by_connector).await.code(), "api-forbidden");
}

#[tokio::test]
async fn the_state_folder_is_no_source_from_whichever_side_one_comes() {
    let world = World::new().await;
    let state = world.dir.path().join("state");
    let ledger = state.join("ledger");
    std::fs::create_dir_all(&ledger).unwrap();
    for (n, path) in [state.clone(), ledger, world.dir.path().to_owned(), world.dir.path().join("data/../state")].iter().enumerate()
    {
        let mut body = source(path.to_str().unwrap());
        body["name"] = json!(format!("inside {n}"));
        let made = world.post("/sources", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        for (method, question) in [("POST", "test"), ("GET", "tables")] {
            let at = world.at(&format!("/sources/{}/{question}", made.json["id"].as_str().unwrap()));
            let answer = world.ask(method, &at).key("admin").send().await;
            assert_eq!(answer.code(), "source-unreachable", "{}: {}", path.display(), answer.text);
            assert!(answer.text.contains("the state folder of this server"), "{}: {}", path.display(), answer.text);
        }
    }
}

#[tokio::test]
async fn secrets_are_written_and_never_read() {
    let world = World::new().await;
    let path = format!("/destinations/{}", world.own["dst"]);
    let credential = world.at(&format!("{path}/credentials/api_key"));
    let set = |secret: &str| json!({ "secret": secret });
    let before = world.get(&path).await;
    assert_eq!(before.json["credentials"], json!([{ "name": "api_key", "set": false, "updated_at": null }]));
    let put = async |key: &str, at: &str, body: &serde_json::Value| world.ask("PUT", at).key(key).json(body).send().await;
    assert_eq!(put("operator", &credential, &set("hush-hush")).await.code(), "api-forbidden");
    assert_eq!(put("admin", &credential, &set("hush-hush")).await.status, 204);
    assert_eq!(put("admin", &credential, &set("")).await.pointers(), ["/secret"]);
    let unknown = world.at(&format!("{path}/credentials/other"));
    assert_eq!(put("admin", &unknown, &set("x")).await.status, 404);
    for path in [path.as_str(), "/destinations", "/audit"] {
        let answer = world.get(path).await;
        assert!(!answer.text.contains("hush"), "{path}");
    }
    assert_eq!(world.get(&path).await.json["credentials"][0]["set"], true);
}

#[tokio::test]
async fn what_a_role_may_change_is_judged_by_the_revision_that_the_change_is_based_on() {
    let world = World::new().await;
    let path = world.at(&format!("/destinations/{}", world.own["dst"]));
    let put = async |key: &str, etag: &str, body: &serde_json::Value| {
        world.ask("PUT", &path).key(key).header("if-match", etag).json(body).send().await
    };
    let mut granted = destination();
    granted["grant"] = json!({ "stand_ins": [{ "host": "api.acme.example", "origin": "http://127.0.0.1:4010" }] });
    assert_eq!(put("admin", "\"1\"", &granted).await.status, 200);
    // Neither the revision that is gone nor one that is yet to come says what is granted now.
    for other in ["\"1\"", "\"3\""] {
        let stale = put("operator", other, &granted).await;
        assert_eq!((stale.status.as_u16(), stale.code()), (412, "api-stale"), "{}", stale.text);
    }
    let path = world.at(&format!("/sources/{}", world.own["unused"]));
    let body = json!({ "name": "unused", "kind": { "files": { "path": world.dir.path().join("data") } } });
    let stale = world.ask("PUT", &path).key("operator").header("if-match", "\"2\"").json(&body).send().await;
    assert_eq!((stale.status.as_u16(), stale.code()), (412, "api-stale"), "{}", stale.text);
}
