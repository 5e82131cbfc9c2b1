//! Models among the other objects: calculated fields, relationships in pairs, what a change breaks, a source that changes, lists of
//! values, the daily key check.

use serde_json::{Value, json};

use crate::world::{Answer, World, model};

/// Orders beside the world's customers 1, 2, 3: two of 1, one of nobody.
async fn with_orders(world: &World) -> String {
    let rows = "no,customer,amount\n10,1,10.00\n11,1,5.01\n12,9,1.00\n13,,2.00\n";
    std::fs::write(world.dir.path().join("data/orders.csv"), rows).unwrap();
    let body = json!({
        "name": "orders", "source": world.own["src"], "definition": { "table": "orders" }, "kind": "custom",
        "fields": [
            { "id": "no", "type": "integer" },
            { "id": "customer", "type": "integer" },
            { "id": "amount", "type": { "decimal": { "precision": 10, "scale": 2 } } },
        ],
        "primary_key": ["no"],
    });
    let made = world.post("/models", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json["id"].as_str().unwrap().to_owned()
}

async fn relate(world: &World, orders: &str) -> Answer {
    let on = json!([{ "field": "customer_id", "other": "customer" }]);
    let body = json!({ "name": "orders", "kind": "has-many", "model": orders, "on": on, "inverse": "customer_of" });
    let at = world.at(&format!("/models/{}/relationships", world.own["mdl"]));
    let etag = world.get(&format!("/models/{}", world.own["mdl"])).await.etag();
    world.ask("POST", &at).key("operator").header("if-match", &etag).json(&body).send().await
}

/// The model as it is sent back: without what the store adds.
fn plain(answer: &Answer) -> Value {
    let mut value = answer.json.clone();
    for key in ["id", "revision", "created_at", "updated_at"] {
        value.as_object_mut().unwrap().remove(key);
    }
    value
}

fn money(precision: u8) -> Value {
    json!({ "decimal": { "precision": precision, "scale": 2 } })
}

fn calculated(id: &str, ty: &Value, how: Value) -> Value {
    json!({ "id": id, "type": ty, "calculated": how })
}

async fn health_of(world: &World, name: &str) -> (String, Vec<String>) {
    let all = world.get("/health").await.json;
    let object = all["objects"].as_array().unwrap().iter().find(|object| object["name"] == name).unwrap().clone();
    let findings = object["findings"].as_array().unwrap().iter();
    let told = findings
        .map(|f| format!("{} {} {}", f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap(), f["cause"].as_str().unwrap()));
    (object["health"].as_str().unwrap().to_owned(), told.collect())
}

#[tokio::test]
async fn a_relationship_is_made_with_its_way_back_and_measured() {
    let world = World::new().await;
    let orders = with_orders(&world).await;
    let made = relate(&world, &orders).await;
    assert_eq!((made.status.as_u16(), made.etag().as_str()), (201, "\"2\""), "{}", made.text);
    let counts = |view: &Value| ["rows", "without_key", "once", "unmatched", "several"].map(|part| view[part].as_u64().unwrap());
    assert_eq!(counts(&made.json["rows"]), [3, 0, 0, 2, 1], "1 finds two orders, 2 and 3 none");
    assert_eq!(counts(&made.json["back"]), [4, 1, 2, 1, 0], "one order has no customer, one an unknown one");
    assert_eq!(made.json["back"]["matched_percent"].as_f64().unwrap().round(), 67.0);
    let back = world.get(&format!("/models/{orders}")).await.json["relationships"].clone();
    assert_eq!(
        back,
        json!([{ "name": "customer_of", "kind": "belongs-to", "model": world.own["mdl"],
                 "on": [{ "field": "customer", "other": "customer_id" }], "inverse": "orders" }])
    );
    let again = relate(&world, &orders).await;
    assert_eq!((again.status.as_u16(), again.pointers()), (422, vec!["/name", "/name"]), "{}", again.text);

    let check = |model: &str, name: &str| world.at(&format!("/models/{model}/relationships/{name}/check"));
    let measured = world.ask("POST", &check(&orders, "customer_of")).key("operator").send().await;
    assert_eq!((counts(&measured.json["rows"]), measured.json["warnings"].clone()), ([4, 1, 2, 1, 0], json!([])));
    let unknown = world.ask("POST", &check(&orders, "nothing")).key("operator").send().await;
    assert_eq!((unknown.status.as_u16(), unknown.pointers()), (422, vec!["/name"]));
}

#[tokio::test]
async fn one_that_finds_several_where_it_promised_one_is_a_warning() {
    let world = World::new().await;
    let orders = with_orders(&world).await;
    let on = json!([{ "field": "customer_id", "other": "customer" }]);
    let body = json!({ "name": "order", "kind": "has-one", "model": orders, "on": on, "inverse": "customer_of" });
    let at = world.at(&format!("/models/{}/relationships", world.own["mdl"]));
    let made = world.ask("POST", &at).key("operator").header("if-match", "\"1\"").json(&body).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let warning = &made.json["warnings"][0];
    assert_eq!(
        (warning["code"].as_str(), warning["detail"].as_str()),
        (Some("relationship-invalid"), Some("A row has one over order, but 1 of 3 rows find several; each of these counts."))
    );
}

#[tokio::test]
async fn a_relationship_that_is_followed_is_not_taken_away() {
    let world = World::new().await;
    let orders = with_orders(&world).await;
    assert_eq!(relate(&world, &orders).await.status, 201);
    let buyers = json!({ "path": ["orders"], "quantifier": "any" });
    let segment = json!({ "name": "buyers", "model": world.own["mdl"],
        "condition": { "version": 1, "root": { "op": "and", "children": [buyers] } } });
    let segment = world.post("/segments", &segment).await;
    assert_eq!(segment.status, 201, "{}", segment.text);
    let at = world.at(&format!("/models/{orders}/relationships/customer_of"));
    let delete = || world.ask("DELETE", &at).key("operator").header("if-match", "\"2\"");
    let refused = delete().send().await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "api-in-use"), "{}", refused.text);
    assert!(refused.json["detail"].as_str().unwrap().contains("segment `buyers`"), "{}", refused.text);
    let gone = world.at(&format!("/segments/{}", segment.json["id"].as_str().unwrap()));
    assert_eq!(world.ask("DELETE", &gone).key("operator").header("if-match", "\"1\"").send().await.status, 204);
    let done = delete().send().await;
    assert_eq!((done.status.as_u16(), done.json.get("relationships")), (200, None), "{}", done.text);
    assert!(world.get(&format!("/models/{}", world.own["mdl"])).await.json.get("relationships").is_none(), "both sides go");
}

#[tokio::test]
async fn calculated_fields_are_checked_at_save_and_shown_like_others() {
    let world = World::new().await;
    let orders = with_orders(&world).await;
    assert_eq!(relate(&world, &orders).await.status, 201);
    let at = format!("/models/{}", world.own["mdl"]);
    let before = world.get(&at).await;
    let with = |fields: Vec<Value>| {
        let mut value = plain(&before);
        value["fields"].as_array_mut().unwrap().extend(fields);
        value
    };
    let wrong = with(vec![
        calculated("a", &json!("integer"), json!({ "formula": "customer_id +" })),
        calculated("b", &json!("integer"), json!({ "aggregate": { "path": ["order"], "function": "count" } })),
        calculated("c", &json!("integer"), json!({ "formula": "d" })),
        calculated("d", &json!("integer"), json!({ "formula": "c" })),
    ]);
    let refused = world.put(&at, &before.etag(), &wrong).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let errors = refused.json["errors"].as_array().unwrap();
    let told: Vec<String> = errors
        .iter()
        .map(|e| format!("{} {}: {}", e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap(), e["detail"].as_str().unwrap()))
        .collect();
    insta::assert_snapshot!(told.join("\n"));

    let total = json!({ "aggregate": { "path": ["orders"], "function": "sum", "field": "amount", "default": 0 } });
    let count = json!({ "aggregate": { "path": ["orders"], "function": "count" } });
    let right = with(vec![
        calculated("total", &money(38), total),
        calculated("bought", &json!("integer"), count),
        calculated("average", &money(12), json!({ "formula": "round(total / bought, 2)" })),
        calculated("mail", &json!("string"), json!({ "formula": "upper(email)" })),
    ]);
    let saved = world.put(&at, &before.etag(), &right).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let preview = world.get(&format!("{at}/preview")).await.json;
    let row = |id: u64| preview["sample"].as_array().unwrap().iter().find(|row| row["customer_id"] == id).unwrap().clone();
    let wanted = json!({ "customer_id": 1, "country": "France", "email": "•••", "total": "15.01", "bought": 2, "average": "7.51",
        "mail": "•••" });
    assert_eq!(row(1), wanted);
    assert_eq!((row(2)["total"].as_str(), &row(2)["bought"], &row(2)["average"]), (Some("0.00"), &json!(0), &Value::Null));
}

#[tokio::test]
async fn a_field_that_others_use_goes_only_when_that_is_meant() {
    let world = World::new().await;
    let at = format!("/models/{}", world.own["mdl"]);
    let before = world.get(&at).await;
    let mut value = plain(&before);
    value["fields"].as_array_mut().unwrap().remove(1);
    let refused = world.put(&at, &before.etag(), &value).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "api-in-use"), "{}", refused.text);
    let detail = refused.json["detail"].as_str().unwrap();
    assert!(
        ["segment `french`", "activation `french to acme`", "activation `free`"].iter().all(|user| detail.contains(user)),
        "{detail}"
    );
    assert!(
        refused.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["detail"].as_str().unwrap().contains("/mapping/fields/1/value"))
    );

    assert_eq!(health_of(&world, "french").await, ("ok".into(), vec![]));
    let meant = world.put(&format!("{at}?break_dependants=true"), &before.etag(), &value).await;
    assert_eq!(meant.status, 200, "{}", meant.text);
    let (health, findings) = health_of(&world, "french").await;
    assert_eq!(health, "broken");
    assert!(findings[0].starts_with("/condition/root/children/0/field field-unknown"), "{findings:?}");
    assert_eq!(health_of(&world, "free").await.0, "broken");
}

#[tokio::test]
async fn a_renamed_column_is_suggested_by_name_and_values_and_one_repair_heals_what_it_broke() {
    let world = World::new().await;
    let at = format!("/models/{}", world.own["mdl"]);
    let look = || async { world.ask("POST", &world.at(&format!("{at}/schema"))).key("operator").send().await };
    let fine = look().await;
    assert_eq!(
        (fine.status.as_u16(), fine.json["problem"].clone(), fine.json["new_columns"].clone()),
        (200, Value::Null, json!([]))
    );

    let rows = "customer_id,nation,land,email\n1,x,France,a@example.com\n2,y,Spain,b@example.com\n3,z,France,c@example.com\n";
    std::fs::write(world.dir.path().join("data/customers.csv"), rows).unwrap();
    let broken = look().await;
    let field = &broken.json["fields"][1];
    assert_eq!(
        (field["id"].as_str(), field["problem"]["code"].as_str(), field["problem"]["pointer"].as_str()),
        (Some("country"), Some("model-broken"), Some("/fields/1/column"))
    );
    assert_eq!(field["suggestion"], json!({ "column": "land", "similar_name": false, "same_values_percent": 100 }));
    assert_eq!(broken.json["new_columns"].as_array().unwrap().len(), 2);
    // Asking again without looking gives the same.
    assert_eq!(world.get(&format!("{at}/schema")).await.json["fields"][1], *field);

    let (health, findings) = health_of(&world, "french").await;
    assert_eq!(health, "broken");
    assert!(findings[0].contains("segment-broken The segment reads customers.country, which is broken."), "{findings:?}");
    let (health, findings) = health_of(&world, "french to acme").await;
    assert_eq!((health.as_str(), findings.len()), ("broken", 2), "by its segment and by its mapping: {findings:?}");

    let relink = json!({ "repairs": [{ "field": "country", "relink": "land" }] });
    let shown = world.post(&format!("{at}/repairs/preview"), &relink).await;
    assert_eq!((shown.status.as_u16(), shown.json["breaks"].clone()), (200, json!([])), "{}", shown.text);
    assert_eq!(shown.json["preview"]["sample"][0]["country"], "France");
    let drop = json!({ "repairs": [{ "field": "country", "drop": true }] });
    let shown = world.post(&format!("{at}/repairs/preview"), &drop).await;
    assert_eq!(shown.json["breaks"].as_array().unwrap().len(), 3, "{}", shown.text);
    let repairs = world.at(&format!("{at}/repairs"));
    let repair = |body: &Value| world.ask("POST", &repairs).key("operator").header("if-match", "\"1\"").json(body);
    assert_eq!(repair(&drop).send().await.code(), "api-in-use");
    let both = json!({ "repairs": [{ "field": "country", "drop": true, "relink": "land" }] });
    assert_eq!(repair(&both).send().await.pointers(), ["/repairs/0"]);
    let done = repair(&relink).send().await;
    assert_eq!((done.status.as_u16(), done.json["fields"][1]["column"].as_str()), (200, Some("land")), "{}", done.text);
    for name in ["customers", "french", "french to acme"] {
        assert_eq!(health_of(&world, name).await, ("ok".into(), vec![]), "{name}");
    }
}

#[tokio::test]
async fn a_table_that_is_gone_breaks_the_model_and_what_stands_on_it() {
    let world = World::new().await;
    let at = format!("/models/{}", world.own["mdl"]);
    std::fs::remove_file(world.dir.path().join("data/customers.csv")).unwrap();
    let look = world.ask("POST", &world.at(&format!("{at}/schema"))).key("operator").send().await;
    assert_eq!(
        (look.status.as_u16(), look.json["problem"]["code"].as_str()),
        (200, Some("source-object-missing")),
        "{}",
        look.text
    );
    for name in ["customers", "french", "free"] {
        assert_eq!(health_of(&world, name).await.0, "broken", "{name}");
    }
}

#[tokio::test]
async fn values_of_a_categorical_field_are_counted_kept_and_capped() {
    let world = World::new().await;
    let at = format!("/models/{}/fields/country/values", world.own["mdl"]);
    let first = world.get(&at).await;
    let wanted = json!([{ "value": "France", "rows": 2 }, { "value": "Spain", "rows": 1 }]);
    assert_eq!((first.json["values"].clone(), first.json["distinct"].as_u64()), (wanted, Some(2)), "{}", first.text);
    std::fs::write(
        world.dir.path().join("data/customers.csv"),
        "customer_id,country,email\n1,Italy,a@example.com\n2,,b@example.com\n",
    )
    .unwrap();
    assert_eq!(world.get(&at).await.json, first.json, "the kept list");
    let fresh = world.ask("POST", &world.at(&at)).key("operator").send().await;
    assert_eq!((fresh.json["values"].clone(), fresh.json["without"].as_u64()), (json!([{ "value": "Italy", "rows": 1 }]), Some(1)));
    let other = world.get(&at.replace("country", "email")).await;
    assert_eq!((other.status.as_u16(), other.pointers()), (422, vec!["/categorical"]));

    // One value more than a list may have.
    for (values, status) in [(1_000, 201), (1_001, 422)] {
        let rows: String = (0..values).map(|n| format!("{n},v{n}\n")).collect();
        std::fs::write(world.dir.path().join(format!("data/many{values}.csv")), format!("id,word\n{rows}")).unwrap();
        let mut body = model(&world.own["src"]);
        body["name"] = json!(format!("many {values}"));
        body["definition"] = json!({ "table": format!("many{values}") });
        body["fields"] = json!([{ "id": "id", "type": "integer" }, { "id": "word", "type": "string", "categorical": true }]);
        body["primary_key"] = json!(["id"]);
        let answer = world.post("/models", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        if status == 422 {
            assert_eq!(answer.pointers(), ["/fields/1/categorical"]);
            assert!(answer.text.contains("word has 1001 different values"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn values_are_checked_by_the_semantic_type_of_their_field_and_shown_masked() {
    let world = World::new().await;
    let mut body = model(&world.own["src"]);
    body["name"] = json!("semantic");
    body["fields"][1]["semantic"] = json!("country");
    body["fields"][2]["semantic"] = json!("email");
    let rows = "customer_id,country,email\n1,France,a.b@shop.example\n2,Atlantis,jo@shop.example\n3,,nobody at home\n";
    std::fs::write(world.dir.path().join("data/customers.csv"), rows).unwrap();
    let made = world.post("/models", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let at = format!("/models/{}", made.json["id"].as_str().unwrap());
    let check = async |field: &str| {
        world.ask("POST", &world.at(&format!("{at}/fields/{field}/semantic-check"))).key("operator").send().await
    };
    let country = check("country").await;
    let wanted = json!({
        "semantic": "country", "rows": 3, "without": 1, "passed": 1,
        "flaws": [{ "flaw": "is not a country of ISO 3166-1", "rows": 1 }],
        "samples": [{ "value": "•••", "flaw": "is not a country of ISO 3166-1" }],
        "suggestion": "Let the query give the two letters of ISO 3166-1, for example FR.",
    });
    assert_eq!((country.status.as_u16(), country.json.clone()), (200, wanted), "{}", country.text);
    let email = check("email").await;
    assert_eq!((email.json["passed"].clone(), email.json["samples"][0]["value"].clone()), (json!(2), json!("•••")));
    for (field, pointer) in [("customer_id", "/semantic"), ("nobody", "/field")] {
        let refused = check(field).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec![pointer]), "{}", refused.text);
    }
    let preview = world.get(&format!("{at}/preview?sample=3")).await;
    let shown: Vec<&Value> = preview.json["sample"].as_array().unwrap().iter().map(|row| &row["email"]).collect();
    assert!(shown.contains(&&json!("a…@s….example")) && shown.contains(&&json!("…@s….example")), "{}", preview.text);
    assert!(!preview.text.contains("nobody at home") && !preview.text.contains("shop.example"), "{}", preview.text);
}

#[tokio::test]
async fn the_key_check_is_kept_with_its_samples_and_a_bad_one_breaks_the_model() {
    let world = World::new().await;
    let at = format!("/models/{}/duplicate-check", world.own["mdl"]);
    assert_eq!(world.get(&at).await.status, 404);
    let checked = world.ask("POST", &world.at(&at)).key("operator").send().await;
    assert_eq!(
        (checked.json["verdict"].as_str(), checked.json["counted_at"].as_str()),
        (Some("unique"), Some("2026-11-24T09:00:00Z"))
    );
    assert_eq!(world.get(&at).await.json, checked.json);
    std::fs::write(world.dir.path().join("data/customers.csv"), "customer_id,country,email\n1,France,a\n1,France,b\n2,Spain,c\n")
        .unwrap();
    let bad = world.ask("POST", &world.at(&at)).key("operator").send().await;
    assert_eq!((bad.json["verdict"].as_str(), bad.json["samples"].clone()), (Some("refused"), json!([{ "key": [1], "rows": 2 }])));
    let read = async |key: &str| world.ask("GET", &world.at(&at)).key(key).send().await.json;
    assert_eq!(read("operator").await, bad.json);
    let mut counts = bad.json.clone();
    counts["samples"] = json!([]);
    assert_eq!(read("viewer").await, counts, "counts are everybody's, keys are not");
    let (health, findings) = health_of(&world, "customers").await;
    assert_eq!(health, "broken");
    assert!(findings[0].starts_with("/primary_key duplicate-keys"), "{findings:?}");
    assert_eq!(health_of(&world, "french").await.0, "broken");
}
