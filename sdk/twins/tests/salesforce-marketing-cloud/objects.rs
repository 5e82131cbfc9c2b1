//! Data extensions themselves (*Setup objects*, *Connection check*, *Removal*, *Remote segment*).

use serde_json::{Value, json};

use crate::client::{Bench, DE, ROWS, people};

const ALL: &str = "/data/v1/customobjects";

/// A field as the vendor asks for it: "the seven last are required".
fn field(name: &str, r#type: &str) -> Value {
    json!({
        "name": name, "type": r#type, "isNullable": true, "isPrimaryKey": false, "length": 50, "description": "", "ordinal": 0,
        "isTemplateField": false, "isHidden": false, "isReadOnly": false, "isInheritable": false, "isOverridable": false,
        "mustOverride": false,
    })
}

fn key(name: &str) -> Value {
    let mut field = field(name, "Text");
    field["isNullable"] = false.into();
    field["isPrimaryKey"] = true.into();
    field
}

#[tokio::test]
async fn a_data_extension_is_found_and_shown_with_its_fields() {
    let bench = Bench::start().await;
    for (query, want) in [
        ("", vec!["Members", "Visits", "Log"]),
        ("?$search=LOYALTY", vec!["Members"]),
        ("?$search=member", vec!["Members"]),
        ("?%24search=nothing", vec![]),
        ("?$page=2&$pageSize=2", vec!["Log"]),
    ] {
        let answer = bench.ok("GET", &format!("{ALL}{query}"), Value::Null).await;
        let keys: Vec<_> = answer["items"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
        assert_eq!(keys, want, "{query}");
        assert_eq!(answer["count"].as_u64().unwrap() as usize, if query.contains("page=") { 3 } else { want.len() });
    }
    let shown = bench.ok("GET", &format!("{ALL}/{DE}"), Value::Null).await;
    assert_eq!([&shown["id"], &shown["name"], &shown["key"]], [DE, "Loyalty members", "Members"]);
    let fields = bench.ok("GET", &format!("{ALL}/{DE}/fields"), Value::Null).await;
    assert_eq!((&fields["id"], fields["fields"].as_array().unwrap().len()), (&json!(DE), 9));
    let first = json!({ "name": "MemberId", "type": "Text", "isPrimaryKey": true, "isNullable": false, "length": 10, "scale": null, "ordinal": 0 });
    assert_eq!(fields["fields"][0], first);
    for path in ["/unknown", "/unknown/fields", "/Members"] {
        assert_eq!(bench.refused("GET", &format!("{ALL}{path}"), Value::Null).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_data_extension_is_made_and_takes_rows() {
    let bench = Bench::start().await;
    let mut spent = field("Spent", "Decimal");
    (spent["length"], spent["scale"]) = (json!(18), json!(2));
    let mut flag = field("In segment", "Boolean");
    flag.as_object_mut().unwrap().remove("length");
    let body = json!({
        "name": "VIP", "description": "of Sluice", "categoryId": 12, "isSendable": true, "sendableCustomObjectField": "Id",
        "sendableSubscriberField": "_SubscriberKey", "fields": [key("Id"), spent, flag],
    });
    let made = bench.ok("POST", ALL, body.clone()).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!((made["name"].as_str(), made["key"].as_str().map(|key| key.len() <= 36)), (Some("VIP"), Some(true)));
    let rows = format!("/data/v1/async/dataextensions/key:{}/rows", made["key"].as_str().unwrap());
    assert_eq!(bench.told("PUT", &rows, json!([{ "Id": "a", "Spent": 1.25, "In segment": true }])).await, [""]);
    assert_eq!(bench.ok("GET", &format!("{ALL}/{id}"), Value::Null).await["isSendable"], true);
    assert_eq!(bench.refused("POST", ALL, body).await.0, 400, "the name is taken");
    assert_eq!(bench.warnings(), []);
    let mut day = key("Day");
    day["type"] = "Date".into();
    bench.ok("POST", ALL, json!({ "name": "Days", "key": "k".repeat(37), "fields": [day], "colour": 1 })).await;
    let codes: Vec<_> = bench.warnings().iter().map(|warning| warning.0).collect();
    assert_eq!(codes, ["unknown-key", "long-key", "date-in-key"]);
}

/// "`length` mandatory except for Boolean, `scale` for Decimal"; the seven; the send relationship.
#[tokio::test]
async fn a_definition_that_does_not_hold_together_is_refused() {
    let bench = Bench::start().await;
    let fields = |fields: Value| json!({ "name": "New", "fields": fields });
    let without = |name: &str| {
        let mut field = field("A", "Text");
        field.as_object_mut().unwrap().remove(name);
        fields(json!([field]))
    };
    let with = |name: &str, value: Value| {
        let mut field = field("A", "Text");
        field[name] = value;
        fields(json!([field]))
    };
    let mut bodies: Vec<Value> = [
        "name",
        "type",
        "length",
        "ordinal",
        "isTemplateField",
        "isHidden",
        "isReadOnly",
        "isInheritable",
        "isOverridable",
        "mustOverride",
    ]
    .map(without)
    .to_vec();
    bodies.extend([
        with("type", json!("String")),
        with("type", json!("Decimal")),
        with("length", json!("50")),
        with("length", json!(4_001)),
        with("length", json!(0)),
        with("isHidden", json!(0)),
        with("isPrimaryKey", json!(true)),
        with("ordinal", json!("first")),
        fields(json!([])),
        fields(json!([key("A"), field("a", "Text")])),
        fields(json!(["A"])),
        json!({ "fields": [key("A")] }),
        json!({ "name": "", "fields": [key("A")] }),
        json!({ "name": "New", "fields": [key("A")], "isSendable": true }),
        json!({ "name": "New", "fields": [key("A")], "isSendable": true, "sendableCustomObjectField": "B", "sendableSubscriberField": "_SubscriberKey" }),
        json!({ "name": "New", "fields": [key("A")], "isSendable": true, "sendableCustomObjectField": "A", "sendableSubscriberField": "Email" }),
        json!({ "name": "New", "fields": [key("A")], "categoryId": "12" }),
        json!({ "name": "Log", "fields": [key("A")] }),
        json!([]),
    ]);
    for body in bodies {
        assert_eq!(bench.refused("POST", ALL, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(bench.twin.state().data_extensions().len(), 3);
    bench.ok("POST", ALL, with("length", json!(4_000))).await;
}

#[tokio::test]
async fn a_column_is_added_and_then_taken() {
    let bench = Bench::start().await;
    let path = format!("/data/v1/customobjectsasync/{DE}/fields");
    let row = json!([{ "MemberId": "a", "Email": "a@b.example", "in_segment": false }]);
    assert_eq!(bench.refused("PUT", ROWS, json!({ "items": row })).await.0, 400);
    bench.ok("POST", &path, json!({ "fields": [field("in_segment", "Boolean")] })).await;
    assert_eq!(bench.told("PUT", ROWS, row).await, [""]);
    for fields in [
        json!([]),
        json!([field("IN_SEGMENT", "Boolean")]),
        json!([key("Other")]),
        json!([{ "name": "x", "type": "Text" }]),
        json!({}),
    ] {
        assert_eq!(bench.refused("POST", &path, json!({ "fields": fields })).await.0, 400, "{fields}");
    }
    assert_eq!(
        bench.refused("POST", "/data/v1/customobjectsasync/x/fields", json!({ "fields": [field("a", "Boolean")] })).await.0,
        404
    );
    assert_eq!(bench.twin.state().data_extension("Members").unwrap().fields.len(), 10);
}

/// "`POST …/cleardata` empties the DE" (*Removal*).
#[tokio::test]
async fn a_data_extension_is_emptied() {
    let bench = Bench::start().await;
    bench.told("PUT", ROWS, people(3)).await;
    bench.told("PUT", "/data/v1/async/dataextensions/key:Visits/rows", json!([{ "Shop": "Nice", "Day": 3 }])).await;
    bench.ok("POST", &format!("{ALL}/{DE}/cleardata"), Value::Null).await;
    assert_eq!((bench.count(), bench.twin.rows("Visits").len()), (0, 1));
    assert_eq!(bench.refused("POST", &format!("{ALL}/x/cleardata"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn rows_are_read_back_in_pages() {
    let bench = Bench::start().await;
    bench.told("PUT", ROWS, people(60)).await;
    let path = "/data/v1/customobjectdata/key/Members/rowset";
    let first = bench.ok("GET", path, Value::Null).await;
    assert_eq!((&first["count"], first["items"].as_array().unwrap().len()), (&json!(60), 50));
    assert_eq!(first["items"][0], json!({ "keys": { "memberid": "u0" }, "values": { "email": "u0@example.org", "points": 0 } }));
    let second = bench.ok("GET", &format!("{path}?$page=2"), Value::Null).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 10);
    assert_eq!(bench.ok("GET", &format!("{path}?$pageSize=2501"), Value::Null).await["pageSize"], 2_500);
    assert_eq!(bench.refused("GET", "/data/v1/customobjectdata/key/unknown/rowset", Value::Null).await.0, 404);
}
