//! Each rule of sequences on a few orders and visits, and the form in which one is planned.

use serde_json::{Value, json};
use sluice_catalog::condition::Group;

use crate::{
    shop::{Happened, Shop},
    support::group,
};

/// Members, after a look whether the complement is the rest.
async fn found(shop: &Shop, steps: &Value) -> Vec<String> {
    let condition = group(json!([{ "steps": steps }]));
    let members = shop.members(&condition).await;
    let rest = shop.members(&Group { not: true, ..condition }).await;
    let all: Vec<String> = ["1", "2", "3", "4", "5"].map(str::to_owned).into();
    assert_eq!(rest, all.into_iter().filter(|id| !members.contains(id)).collect::<Vec<_>>(), "not {steps}");
    members
}

/// Orders of persons 1 to 3, day and hour of November.
const ORDERED: &[Happened<'static>] = &[
    ("1", "2026-11-01T10:00:00Z", Some("tea")),
    ("1", "2026-11-03T10:00:00Z", Some("tea")),
    ("1", "2026-11-10T10:00:00Z", Some("cup")),
    ("2", "2026-11-01T10:00:00Z", Some("tea")),
    ("2", "2026-11-01T10:00:00Z", Some("cup")),
    ("3", "2026-11-23T12:00:00Z", Some("cup")),
    ("3", "", Some("tea")),
    ("5", "2026-11-02T10:00:00Z", None),
];

/// Visits of a and b, persons 1 and 2, and of c, person 3.
const VISITED: &[Happened<'static>] = &[
    ("a", "2026-11-02T10:00:00Z", Some("cup")),
    ("a", "2026-11-12T10:00:00Z", Some("tea")),
    ("b", "2026-11-01T10:00:00Z", Some("tea")),
    ("c", "2026-11-24T11:59:59.999999Z", Some("cup")),
];

fn order(more: Value) -> Value {
    with(json!({ "path": ["orders"] }), more)
}

fn visit(more: Value) -> Value {
    with(json!({ "path": ["visits"] }), more)
}

fn with(mut step: Value, more: Value) -> Value {
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

fn of(product: &str) -> Value {
    json!({ "op": "and", "children": [{ "field": "product", "operator": "is", "value": product }] })
}

fn within(amount: u32, unit: &str) -> Value {
    json!({ "within": { "amount": amount, "unit": unit } })
}

#[tokio::test]
async fn each_rule_holds_on_a_handful_of_rows_and_its_complement_is_the_rest() {
    let shop = Shop::new(ORDERED, VISITED).await;
    let no = |more: Value| with(json!({ "did": "no" }), more);
    for (steps, want) in [
        // Two orders at one instant have no order; a row never follows itself; rows without a time are passed over.
        (json!([order(json!({})), order(json!({}))]), vec!["1"]),
        // Exactly two days later is within 48 hours, and not within a microsecond less than that in smaller units.
        (json!([order(json!({})), order(within(48, "hours"))]), vec!["1"]),
        (json!([order(json!({})), order(within(2_879, "minutes"))]), vec![]),
        (json!([order(json!({})), order(within(1, "weeks"))]), vec!["1"]),
        // Another step finds its rows by another field of the person; who has none there has no rows.
        (json!([order(json!({})), visit(json!({}))]), vec!["1", "3"]),
        (json!([visit(json!({})), order(json!({}))]), vec!["1"]),
        // A step that was not done waits until its time is over: person 3 ordered 24 hours ago to the microsecond.
        (json!([order(json!({})), visit(no(within(1, "days")))]), vec!["1", "2", "5"]),
        (json!([order(json!({ "where": of("cup") })), visit(no(within(1, "hours")))]), vec!["1", "2", "3"]),
        (json!([order(json!({})), order(no(within(3, "weeks")))]), vec!["2", "5"]),
        (json!([order(json!({})), order(no(within(1, "weeks")))]), vec!["1", "2", "5"]),
        (json!([order(json!({})), order(no(within(4, "weeks")))]), vec![]),
        // Without a limit it is for ever, or until the next step that was done.
        (json!([order(json!({})), visit(no(json!({})))]), vec!["2", "5"]),
        (json!([order(json!({})), visit(no(json!({}))), order(json!({}))]), vec!["1"]),
        (json!([order(json!({ "where": of("tea") })), visit(no(json!({}))), order(json!({ "where": of("tea") }))]), vec![]),
        (json!([order(json!({})), visit(json!({})), order(json!({})), visit(json!({}))]), vec!["1"]),
        // A chain is seen from the step before, not from the first.
        (json!([order(json!({})), order(within(2, "days")), order(within(1, "weeks"))]), vec!["1"]),
        (json!([order(json!({})), order(within(2, "days")), order(within(6, "days"))]), vec![]),
        // The same product as an earlier step; no product equals nothing.
        (json!([order(json!({})), order(json!({ "same": [{ "field": "product", "step": 1, "other": "product" }] }))]), vec!["1"]),
        (
            json!([
                order(json!({ "where": of("cup") })),
                visit(json!({ "same": [{ "field": "product", "step": 1, "other": "product" }] }))
            ]),
            vec!["3"],
        ),
        (
            json!([
                order(json!({})),
                visit(json!({})),
                visit(json!({ "same": [{ "field": "product", "step": 1, "other": "product" }] }))
            ]),
            vec!["1"],
        ),
        (
            json!([
                order(json!({})),
                visit(json!({})),
                order(no(json!({ "same": [{ "field": "product", "step": 1, "other": "product" }] })))
            ]),
            vec!["1", "3"],
        ),
        (
            json!([order(json!({})), order(no(json!({ "same": [{ "field": "product", "step": 1, "other": "product" }] })))]),
            vec!["1", "2", "3", "5"],
        ),
    ] {
        assert_eq!(found(&shop, &steps).await, want, "{steps}");
    }
}

#[tokio::test]
async fn a_sequence_is_one_window_for_each_step_that_follows() {
    let shop = Shop::new(ORDERED, VISITED).await;
    for (name, steps) in [
        ("sequence", json!([order(json!({})), order(within(2, "days"))])),
        ("sequence_not_done", json!([order(json!({})), visit(with(json!({ "did": "no" }), within(2, "days")))])),
    ] {
        let plan = shop.query(&group(json!([{ "steps": steps }]))).await.explain().await.unwrap();
        insta::assert_snapshot!(name, plan.split("\n\n").next().unwrap());
    }
}
