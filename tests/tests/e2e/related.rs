//! Segments of people by what they bought: customers in one source, orders in another, and the platform holds exactly the members.

use serde_json::{Value, json};

use crate::{
    daily::{names, touched},
    retail,
    rig::{Rig, end, tally},
};

/// Customers, orders and lines of the real shop. The orders lie in a source of their own, so that the two are joined in process.
fn bundle(rig: &Rig) -> Value {
    let field = |id: &str, ty: Value| json!({ "id": id, "type": ty });
    let money = || json!({ "decimal": { "precision": 18, "scale": 4 } });
    let many = |name: &str, model: &str| json!({ "name": name, "kind": "has-many", "model": model, "on": [{ "field": "customer_id", "other": "customer_id" }] });
    let segment = |name: &str, children: Value| {
        let condition = json!({ "version": 1, "root": { "op": "and", "children": children } });
        json!({ "name": name, "model": "customers", "condition": condition })
    };
    let kept = json!({ "op": "and", "children": [{ "field": "cancelled", "operator": "is", "value": false }] });
    let one_line = json!({ "op": "and", "children": [
        { "field": "quantity", "operator": "at-least", "value": 100 },
        { "field": "unit_price", "operator": "less-than", "value": 1 },
    ] });
    json!({
        "sources": [
            { "name": "retail", "kind": { "files": { "path": rig.data() } } },
            { "name": "archive", "kind": { "files": { "path": rig.data() } } },
        ],
        "models": [{
            "name": "customers", "source": "retail", "kind": "users", "primary_key": ["customer_id"],
            "definition": { "sql": "SELECT customer_id, max(country) AS country FROM online_retail \
                WHERE customer_id IS NOT NULL GROUP BY customer_id" },
            "fields": [field("customer_id", json!("integer")), field("country", json!("string"))],
            "relationships": [many("orders", "orders"), many("lines", "lines")],
        }, {
            "name": "orders", "source": "archive", "kind": "events", "primary_key": ["invoice_no"], "time_field": "ordered_at",
            "definition": { "sql": "SELECT invoice_no, max(customer_id) AS customer_id, min(invoice_date) AS ordered_at, \
                sum(quantity * unit_price) AS amount, invoice_no LIKE 'C%' AS cancelled FROM online_retail \
                WHERE customer_id IS NOT NULL GROUP BY invoice_no" },
            "fields": [
                field("invoice_no", json!("string")), field("customer_id", json!("integer")),
                field("ordered_at", json!("timestamp")), field("amount", money()), field("cancelled", json!("boolean")),
            ],
            "relationships": [{ "name": "customer", "kind": "belongs-to", "model": "customers",
                "on": [{ "field": "customer_id", "other": "customer_id" }] }],
        }, {
            "name": "lines", "source": "retail", "kind": "custom", "primary_key": ["line_id"],
            "definition": { "sql": "SELECT * FROM online_retail WHERE customer_id IS NOT NULL" },
            "fields": [
                field("line_id", json!("integer")), field("customer_id", json!("integer")), field("quantity", json!("integer")),
                field("unit_price", money()),
            ],
        }],
        "segments": [
            segment("regulars", json!([{ "path": ["orders"], "quantifier": { "at-least": 2 }, "where": kept,
                "window": { "operator": "on-or-after", "value": "2011-09-10T18:00:00Z" } }])),
            segment("cheap by the hundred", json!([{ "path": ["lines"], "quantifier": "any", "where": one_line }])),
            segment("the rest", json!([{ "segment": "cheap by the hundred", "in": "no" }])),
        ],
        "destinations": [rig.destination()],
        "activations": [{
            "name": "profiles", "from": { "model": "customers" }, "destination": "braze", "service": "attributes", "mode": "upsert",
            "mapping": { "fields": [
                { "target": "external_id", "role": "identifier", "value": { "field": "customer_id" } },
                { "target": "home", "value": { "field": "country" } },
            ] },
        }, {
            "name": "list", "from": { "segment": "cheap by the hundred" }, "destination": "braze", "service": "lists",
            "mode": "boolean-attribute", "options": { "attribute": "buys_in_bulk" },
            "mapping": { "fields": [{ "target": "external_id", "role": "identifier", "value": { "field": "customer_id" } }] },
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_bought_such_a_line_is_in_the_list_and_leaves_it_when_the_line_is_another() {
    let Some((rig, today, table)) = retail::laid_out().await else { return };
    let sluice = rig.sluice().await;
    sluice.apply(&bundle(&rig)).await;
    for (segment, count) in [("regulars", 1_387), ("cheap by the hundred", 525), ("the rest", 4_372 - 525)] {
        let id = sluice.id("segments", segment).await;
        let preview = sluice.get(&format!("/segments/{id}/preview")).await.ok();
        assert_eq!((&preview["count"], &preview["total"]), (&json!(count), &json!(4_372)), "{segment}");
    }

    // A list changes profiles that are there.
    let everybody = sluice.run("profiles").await;
    assert_eq!((end(&everybody).as_str(), tally(&everybody).as_str()), ("succeeded", "accepted 4372"), "{everybody:#}");
    let before = rig.twin.log().total();
    let first = sluice.run("list").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded", "accepted 525"), "{first:#}");
    let members: Vec<i64> = today.buyers(|quantity, price| quantity >= 100 && price < 10_000).into_iter().collect();
    let bulk = json!(true);
    let listed = |p: &&sluice_twins::braze::Profile| p.attributes.get("buys_in_bulk") == Some(&bulk);
    let listed = rig.twin.with_state(|state| state.profiles().iter().filter(listed).count());
    assert_eq!((listed, members.len()), (525, 525));
    assert_eq!(touched(&rig.twin, before), names(&members));

    // The lines of twelve of them are sold to nobody any more; everybody else stays.
    let before = rig.twin.log().total();
    let gone = &members[..12];
    today.without_lines_of(gone, |quantity, price| quantity >= 100 && price < 10_000).write(&table);
    let second = sluice.run("list").await;
    assert_eq!((end(&second).as_str(), tally(&second).as_str()), ("succeeded", "accepted 12"), "{second:#}");
    assert_eq!(touched(&rig.twin, before), names(gone));
    assert!(gone.iter().all(|id| rig.twin.profile(&id.to_string()).unwrap().attributes["buys_in_bulk"] == false));
    assert_eq!(rig.twin.warnings(), []);
    sluice.stop().await;
}
