//! Bundles: planned by name, applied whole or not at all, quiet the second time.

use serde_json::{Value, json};

use crate::world::{World, activation, destination, model, segment, source};

/// The bundle of a new chain of objects, by name.
fn bundle(world: &World) -> Value {
    let data = world.dir.path().join("data");
    let mut bundle = json!({
        "sources": [source(data.to_str().unwrap())],
        "models": [model("shop")],
        "segments": [segment("people")],
        "destinations": [destination()],
        "activations": [activation("french people", "crm")],
    });
    bundle["sources"][0]["name"] = json!("shop");
    bundle["models"][0]["name"] = json!("people");
    bundle["segments"][0]["name"] = json!("french people");
    bundle["destinations"][0]["name"] = json!("crm");
    bundle["destinations"][0]["credentials"] = json!({ "api_key": "hush-hush" });
    bundle["activations"][0]["name"] = json!("people to crm");
    bundle
}

fn told(answer: &Value) -> Vec<(String, String, String)> {
    let text = |step: &Value, part: &str| step[part].as_str().unwrap().to_owned();
    let steps = answer["steps"].as_array().unwrap();
    steps.iter().map(|s| (text(s, "kind"), text(s, "name"), text(s, "action"))).collect()
}

fn actions(answer: &Value, action: &str) -> Vec<String> {
    told(answer).into_iter().filter(|(.., a)| a == action).map(|(_, name, _)| name).collect()
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_does_nothing() {
    let world = World::new().await;
    let plan = world.post("/apply?dry_run=true", &bundle(&world)).await;
    assert_eq!(plan.status, 200, "{}", plan.text);
    assert_eq!((plan.json["applied"].as_bool(), plan.json["problems"].as_array().map(Vec::len)), (Some(false), Some(0)));
    assert_eq!(actions(&plan.json, "create"), ["shop", "people", "crm", "french people", "people to crm"]);
    assert_eq!(actions(&plan.json, "not-in-bundle").len(), 7);
    assert!(!plan.text.contains("hush"));
    assert_eq!(world.get("/sources").await.json["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_bundle_is_applied_once_and_changes_nothing_the_second_time() {
    let world = World::new().await;
    let mut bundle = bundle(&world);
    let done = world.post("/apply", &bundle).await;
    assert_eq!((done.status.as_u16(), done.json["applied"].as_bool()), (200, Some(true)), "{}", done.text);
    let act = world.get("/activations").await;
    let act = act.json["items"].as_array().unwrap().iter().find(|a| a["name"] == "people to crm").unwrap().clone();
    assert!(act["from"]["segment"].as_str().unwrap().starts_with("seg_"));
    let dst = world.get(&format!("/destinations/{}", act["destination"].as_str().unwrap())).await;
    assert_eq!(dst.json["credentials"][0]["set"], true);
    bundle["destinations"][0].as_object_mut().unwrap().remove("credentials");
    let again = world.post("/apply", &bundle).await;
    assert_eq!(actions(&again.json, "unchanged").len(), 5, "{}", again.text);
    bundle["segments"][0]["condition"]["root"]["children"][0]["value"] = json!(["Spain"]);
    let changed = world.post("/apply", &bundle).await;
    let step = changed.json["steps"].as_array().unwrap().iter().find(|s| s["action"] == "change").unwrap();
    assert_eq!((step["name"].as_str(), &step["fields"]), (Some("french people"), &json!(["condition"])));
}

#[tokio::test]
async fn every_problem_of_a_bundle_is_named_and_nothing_is_applied() {
    let world = World::new().await;
    let mut bundle = bundle(&world);
    bundle["sources"][0]["zone"] = json!("Mars");
    bundle["sources"].as_array_mut().unwrap().push(json!({ "name": "shop", "kind": { "files": { "path": "/x" } } }));
    bundle["models"].as_array_mut().unwrap().push(json!({ "name": "no source", "source": "nowhere" }));
    bundle["segments"][0]["condition"]["root"]["children"][0]["operator"] = json!("in-the-last");
    bundle["destinations"][0]["credentials"] = json!({ "token": "hush-hush" });
    bundle["activations"][0]["mode"] = json!("mirror");
    let refused = world.post("/apply", &bundle).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "api-invalid"));
    let pointers = refused.pointers();
    for wanted in
        ["/sources/0/zone", "/sources/1/name", "/models/1/source", "/destinations/0/credentials/token", "/activations/0/mode"]
    {
        assert!(pointers.contains(&wanted), "{wanted}: {pointers:?}");
    }
    assert!(pointers.iter().any(|p| p.starts_with("/segments/0/condition")), "{pointers:?}");
    assert!(!refused.text.contains("hush"));
    let plan = world.post("/apply?dry_run=true", &bundle).await;
    assert_eq!(plan.json["problems"], refused.json["errors"]);
    assert_eq!(world.get("/sources").await.json["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn new_sources_and_destinations_grants_and_secrets_need_an_admin_also_in_a_bundle() {
    let world = World::new().await;
    let ask = async |bundle: &Value| world.ask("POST", &world.at("/apply")).key("operator").json(bundle).send().await;
    assert_eq!(ask(&bundle(&world)).await.code(), "api-forbidden");
    let mut known = destination();
    known["in_flight"] = json!(4);
    assert_eq!(ask(&json!({ "destinations": [known.clone()] })).await.status, 200);
    known["credentials"] = json!({ "api_key": "x" });
    assert_eq!(ask(&json!({ "destinations": [known.clone()] })).await.code(), "api-forbidden");
    known.as_object_mut().unwrap().remove("credentials");
    known["grant"] = json!({ "stand_ins": [{ "host": "api.acme.example", "origin": "http://127.0.0.1:1" }] });
    assert_eq!(ask(&json!({ "destinations": [known] })).await.code(), "api-forbidden");
    let mut folder = source(world.dir.path().join("data").to_str().unwrap());
    folder["zone"] = json!("Europe/Paris");
    assert_eq!(ask(&json!({ "sources": [folder.clone()] })).await.status, 200);
    let mut elsewhere = folder.clone();
    elsewhere["kind"]["files"]["path"] = json!("/srv/of-another");
    assert_eq!(ask(&json!({ "sources": [elsewhere] })).await.code(), "api-forbidden");
    folder["name"] = json!("new");
    assert_eq!(ask(&json!({ "sources": [folder] })).await.code(), "api-forbidden");
}

#[tokio::test]
async fn unknown_parts_of_a_bundle_are_refused() {
    let world = World::new().await;
    assert_eq!(world.post("/apply", &json!({ "audiences": [] })).await.pointers(), ["/audiences"]);
    assert_eq!(world.post("/apply", &json!({ "sources": [{ "name": "x", "state": 1 }] })).await.pointers(), ["/sources/0/state"]);
    assert_eq!(world.post("/apply?force=true", &json!({})).await.status, 422);
}

/// Customers and their orders, each leading to the other, and two segments, the first made of the second.
fn related_bundle(world: &World) -> Value {
    let data = world.dir.path().join("data");
    let mut bundle = json!({
        "sources": [source(data.to_str().unwrap())],
        "models": [model("shop"), model("shop")],
        "segments": [segment("people"), segment("people")],
    });
    bundle["sources"][0]["name"] = json!("shop");
    let names = [("people", "friends", "friends"), ("friends", "people", "people")];
    for (at, (name, way, other)) in names.into_iter().enumerate() {
        bundle["models"][at]["name"] = json!(name);
        let key = bundle["models"][at]["primary_key"][0].clone();
        bundle["models"][at]["relationships"] =
            json!([{ "name": way, "kind": "has-many", "model": other, "on": [{ "field": key, "other": key }] }]);
    }
    let condition = |children: Value| json!({ "version": 1, "root": { "op": "and", "children": children } });
    bundle["segments"][0]["name"] = json!("made of others");
    bundle["segments"][0]["condition"] = condition(json!([
        { "segment": "with friends", "in": "yes" },
        { "path": ["friends"], "quantifier": "none", "where": { "op": "and", "children": [
            { "path": ["people"], "quantifier": { "at-least": 2 }, "where": { "op": "or", "children": [
                { "segment": "with friends", "in": "no" },
            ] } },
        ] } },
    ]));
    bundle["segments"][1]["name"] = json!("with friends");
    bundle["segments"][1]["condition"] = condition(json!([{ "path": ["friends"], "quantifier": "any" }]));
    bundle
}

#[tokio::test]
async fn models_and_segments_of_a_bundle_may_name_each_other_in_any_order() {
    let world = World::new().await;
    let bundle = related_bundle(&world);
    let done = world.post("/apply", &bundle).await;
    assert_eq!((done.status.as_u16(), done.json["applied"].as_bool()), (200, Some(true)), "{}", done.text);
    let again = world.post("/apply", &bundle).await;
    assert_eq!(actions(&again.json, "unchanged").len(), 5, "{}", again.text);
    let list = |kind: &'static str| {
        let world = &world;
        async move { world.get(&format!("/{kind}?limit=500")).await.json["items"].as_array().unwrap().clone() }
    };
    let find = |items: &[Value], name: &str| items.iter().find(|item| item["name"] == name).unwrap().clone();
    let (models, segments) = (list("models").await, list("segments").await);
    let (people, friends) = (find(&models, "people"), find(&models, "friends"));
    assert_eq!(people["relationships"][0]["model"], friends["id"]);
    assert_eq!(friends["relationships"][0]["model"], people["id"]);
    let outer = find(&segments, "made of others");
    let sentence = world.get(&format!("/segments/{}/sentence", outer["id"].as_str().unwrap())).await.json["sentence"].clone();
    insta::assert_snapshot!(sentence.as_str().unwrap());
    let preview = world.get(&format!("/segments/{}/preview", outer["id"].as_str().unwrap())).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    // What others lead to, or are made of, stays.
    let inner = find(&segments, "with friends");
    for path in [format!("/models/{}", friends["id"].as_str().unwrap()), format!("/segments/{}", inner["id"].as_str().unwrap())] {
        let gone = world.ask("DELETE", &world.at(&path)).key("operator").header("if-match", "\"1\"").send().await;
        assert_eq!((gone.status.as_u16(), gone.code()), (409, "api-in-use"), "{path}: {}", gone.text);
    }
    // By itself a segment is checked like in a bundle.
    let mut body = inner.clone();
    for part in ["id", "revision", "created_at", "updated_at"] {
        body.as_object_mut().unwrap().remove(part);
    }
    body["condition"]["root"]["children"] = json!([{ "segment": outer["id"], "in": "yes" }]);
    let path = world.at(&format!("/segments/{}", inner["id"].as_str().unwrap()));
    let circle = world.ask("PUT", &path).key("operator").header("if-match", "\"1\"").json(&body).send().await;
    assert_eq!((circle.status.as_u16(), circle.pointers()), (422, vec!["/condition/root/children/0/segment"]), "{}", circle.text);
    assert!(circle.text.contains("segment-cycle"), "{}", circle.text);
}

#[tokio::test]
async fn what_is_wrong_with_relationships_and_memberships_is_named_in_the_bundle() {
    let world = World::new().await;
    let mut bundle = related_bundle(&world);
    bundle["models"][0]["relationships"][0]["on"][0]["other"] = json!("nobody");
    bundle["models"][1]["relationships"][0]["model"] = json!("strangers");
    bundle["segments"][1]["condition"]["root"]["children"] = json!([
        { "segment": "made of others", "in": "yes" }, { "segment": "nothing", "in": "yes" }, { "path": ["foes"], "quantifier": "any" },
    ]);
    let answer = world.post("/apply", &bundle).await;
    assert_eq!(answer.status, 422);
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    insta::assert_snapshot!(pointers.join("\n"));
    assert!(!world.get("/segments?limit=500").await.text.contains("made of others"));
}

#[tokio::test]
async fn what_a_bundle_would_break_beside_itself_is_named_and_only_done_when_it_is_wanted() {
    let world = World::new().await;
    let whole = bundle(&world);
    assert_eq!(world.post("/apply", &whole).await.status, 200);
    // The model alone, without the field that the segment of before reads.
    let mut model = whole["models"][0].clone();
    model["fields"].as_array_mut().unwrap().retain(|field| field["id"] != "country");
    let alone = json!({ "models": [model] });
    let refused = world.post("/apply", &alone).await;
    assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/models/0"; 3]), "{}", refused.text);
    assert!(refused.text.contains("api-in-use"), "{}", refused.text);
    for named in ["The segment `french people`, which is not in the bundle", "The activation `people to crm`"] {
        assert!(refused.text.contains(named), "{}", refused.text);
    }
    let plan = world.post("/apply?dry_run=true", &alone).await;
    assert_eq!(plan.json["problems"].as_array().map(Vec::len), Some(3), "{}", plan.text);
    // Together with a segment that does without, only the rest is told.
    let mut segment = whole["segments"][0].clone();
    segment["condition"]["root"]["children"] = json!([]);
    let both = json!({ "models": alone["models"], "segments": [segment] });
    let plan = world.post("/apply?dry_run=true", &both).await;
    assert_eq!(plan.json["problems"].as_array().map(Vec::len), Some(1), "{}", plan.text);
    assert!(plan.text.contains("would be broken at /mapping/fields/1/value"), "{}", plan.text);
    let done = world.post("/apply?break_dependants=true", &alone).await;
    assert_eq!((done.status.as_u16(), done.json["applied"].as_bool()), (200, Some(true)), "{}", done.text);
}
