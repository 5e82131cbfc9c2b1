use serde_json::{Value, json};

use super::*;
use crate::{
    code::Code,
    ids::{ModelId, SegmentId},
    model::Model,
    segment::Segment,
};

const PEOPLE: &str = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCA";
const ORDERS: &str = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCB";
const VISITS: &str = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCC";

fn model(name: &str, fields: Value, relationships: Value, time: Option<&str>) -> Model {
    serde_json::from_value(json!({
        "name": name, "source": "src_01J9ZK4M8QW3V5T7R2N6P0XYCD", "definition": { "table": name }, "kind": "custom",
        "fields": fields, "primary_key": ["id"], "time_field": time, "relationships": relationships,
    }))
    .unwrap()
}

fn people() -> Model {
    let way = |name: &str, model: &str| json!({ "name": name, "kind": "has-many", "model": model, "on": [{ "field": "id", "other": "person" }] });
    let fields = json!([{ "id": "id", "type": "integer" }, { "id": "country", "type": "string" }]);
    model("people", fields, json!([way("orders", ORDERS), way("visits", VISITS)]), None)
}

fn context() -> Context {
    let orders = json!([
        { "id": "id", "type": "integer" }, { "id": "person", "type": "integer" }, { "id": "at", "type": "timestamp" },
        { "id": "due", "type": "date" }, { "id": "product", "name": "Product", "type": "string" }, { "id": "country", "type": "string" },
        { "id": "price", "type": "float" }, { "id": "paid", "type": "boolean" },
    ]);
    let visits = json!([
        { "id": "id", "type": "integer" }, { "id": "person", "type": "integer" }, { "id": "seen", "type": "timestamp" },
        { "id": "page", "type": "string" },
    ]);
    let models = [
        (PEOPLE, people()),
        (ORDERS, model("orders", orders, json!([]), Some("at"))),
        (VISITS, model("visits", visits, json!([]), None)),
    ];
    Context { models: models.map(|(id, model)| (id.parse::<ModelId>().unwrap(), model)).into(), ..Context::default() }
}

fn group(children: Value) -> Group {
    serde_json::from_value(json!({ "op": "and", "children": children })).unwrap()
}

fn problems(steps: Value) -> Vec<String> {
    let found = group(json!([{ "steps": steps }])).check(&people(), &context()).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

fn ordered(steps: Value) -> Ordered {
    match group(json!([{ "steps": steps }])).check(&people(), &context()) {
        Ok(Checked::All(mut children)) => match children.remove(0) {
            Checked::Sequence(ordered) => *ordered,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn step(more: Value) -> Value {
    let mut step = json!({ "path": ["orders"] });
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

#[test]
fn a_sequence_reads_back_what_it_writes_without_its_defaults() {
    let text = json!({ "op": "and", "children": [{ "steps": [
        { "path": ["orders"], "where": { "op": "and", "children": [{ "field": "paid", "operator": "is", "value": true }] } },
        { "path": ["visits"], "did": "no", "within": { "amount": 2, "unit": "days" }, "time": "seen",
            "same": [{ "field": "page", "step": 1, "other": "product" }] },
    ] }] });
    let read: Group = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), text);
    let with_default = json!({ "steps": [{ "path": ["orders"], "did": "yes" }] });
    let Node::Sequence(sequence) = serde_json::from_value::<Node>(with_default).unwrap() else { panic!() };
    assert_eq!(serde_json::to_value(&sequence).unwrap(), json!({ "steps": [{ "path": ["orders"] }] }));
}

#[test]
fn a_step_is_seen_from_the_last_one_before_it_that_was_done() {
    let found = ordered(json!([step(json!({})), step(json!({ "did": "no" })), step(json!({})), step(json!({ "did": "no" }))]));
    assert_eq!([0, 1, 2, 3].map(|at| found.anchor(at)), [None, Some(0), Some(0), Some(2)]);
    assert_eq!(found.steps.iter().map(|step| step.time).collect::<Vec<_>>(), [2, 2, 2, 2]);
    let abroad = json!({ "where": { "op": "and", "children": [
        { "field": "country", "operator": "is-not", "value_ref": { "parent": "country" } }] } });
    let found = ordered(json!([
        step(json!({ "time": "at" })),
        step(abroad),
        { "path": ["visits"], "time": "seen", "same": [{ "field": "page", "step": 2, "other": "product" }] },
    ]));
    assert_eq!((found.parents, found.steps[2].same.as_slice()), (vec![1], [SameAs { field: 3, step: 1, other: 4 }].as_slice()));
}

#[test]
fn two_to_five_steps_and_no_more() {
    let steps = |count: usize| problems(json!(vec![step(json!({})); count]));
    assert_eq!(steps(1), ["/children/0/steps: sequence-invalid: A sequence has 2 to 5 steps; this has 1."]);
    assert_eq!((steps(2), steps(5)), (vec![], vec![]));
    assert_eq!(steps(6), ["/children/0/steps: sequence-invalid: A sequence has 2 to 5 steps; this has 6."]);
}

#[test]
fn all_problems_of_a_sequence_come_at_once_each_at_its_place() {
    let same = |field: &str, step: usize, other: &str| json!({ "same": [{ "field": field, "step": step, "other": other }] });
    let within = |amount: u64, unit: &str| json!({ "within": { "amount": amount, "unit": unit } });
    let mut told = Vec::new();
    for steps in [
        json!([step(json!({ "did": "no" })), step(json!({}))]),
        json!([step(within(2, "days")), step(json!({}))]),
        json!([step(json!({})), { "path": ["visits"] }]),
        json!([step(json!({})), { "path": ["visits"], "time": "page" }]),
        json!([step(json!({})), { "path": ["visits"], "time": "when" }]),
        json!([step(json!({})), step(json!({ "time": "due" }))]),
        json!([step(json!({ "time": "due" })), step(json!({ "time": "due", "within": { "amount": 2, "unit": "hours" } }))]),
        json!([step(json!({})), step(within(0, "days")), step(within(2, "months")), step(within(400_000, "days"))]),
        json!([step(json!({})), step(same("product", 2, "product")), step(same("product", 0, "product"))]),
        json!([step(json!({})), step(json!({ "did": "no" })), step(same("product", 2, "product"))]),
        json!([
            step(json!({})),
            step(same("colour", 1, "shade")),
            step(same("product", 1, "paid")),
            step(same("price", 1, "price"))
        ]),
        json!([{ "path": ["returns"] }, step(json!({ "where": { "op": "and", "children": [
            { "field": "paid", "operator": "contains", "value": "x" }] } })), step(same("product", 1, "product"))]),
    ] {
        told.extend(problems(steps));
        told.push(String::new());
    }
    insta::assert_snapshot!(told.join("\n"));
    assert!(told.iter().any(|text| text.contains(Code::SequenceInvalid.as_str())));
}

#[test]
fn a_sequence_reads_as_a_sentence() {
    let paid = json!({ "op": "and", "children": [{ "field": "paid", "operator": "is", "value": true }] });
    let group = group(json!([{ "steps": [
        { "path": ["orders"], "where": paid },
        { "path": ["visits"], "did": "no", "time": "seen", "within": { "amount": 1, "unit": "weeks" } },
        { "path": ["orders"], "within": { "amount": 30, "unit": "days" }, "same": [{ "field": "product", "step": 1, "other": "product" }] },
        { "path": ["orders"], "did": "no" },
    ] }]));
    insta::assert_snapshot!(sentence(&group, &people(), &context()));
}

#[test]
fn what_is_disabled_is_kept_and_not_asked() {
    let broken = json!({ "disabled": { "field": "colour", "operator": "is", "value": "red" } });
    let kept = json!({ "op": "or", "children": [broken, { "field": "country", "operator": "is", "value": "FR" }] });
    let group: Group = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(serde_json::to_value(&group).unwrap(), kept);
    let without: Group = serde_json::from_value(json!({ "op": "or", "children": [kept["children"][1]] })).unwrap();
    assert_eq!(group.check(&people(), &context()), without.check(&people(), &context()));
    assert_eq!(sentence(&group, &people(), &context()), "country is \"FR\"");
    // A group in which nothing is asked is one without conditions.
    let nothing: Group = serde_json::from_value(json!({ "op": "or", "children": [broken] })).unwrap();
    assert_eq!(nothing.check(&people(), &context()), Ok(Checked::All(vec![])));
    assert_eq!(sentence(&nothing, &people(), &context()), "every row");
    // Its form is checked still.
    assert!(serde_json::from_value::<Group>(json!({ "op": "or", "children": [{ "disabled": { "field": 1 } }] })).is_err());
    assert!(serde_json::from_value::<Group>(json!({ "op": "or", "children": [{ "disabled": true, "field": "x" }] })).is_err());
}

#[test]
fn models_and_segments_of_steps_are_reached_and_those_of_disabled_conditions_are_not() {
    let segment: SegmentId = "seg_01J9ZK4M8QW3V5T7R2N6P0XYCA".parse().unwrap();
    let inside = json!({ "op": "and", "children": [{ "segment": segment, "in": "yes" }] });
    let sequence = json!({ "steps": [{ "path": ["orders"], "where": inside }, { "path": ["visits"] }] });
    let group_of = |node: Value| group(json!([node]));
    let mut context = Context::default();
    let id = |text: &str| Named::Model(text.parse().unwrap());
    assert_eq!(context.missing(&group_of(sequence.clone()), &people()), [id(ORDERS), id(VISITS)].into());
    context.models = self::context().models;
    assert_eq!(context.missing(&group_of(sequence.clone()), &people()), [Named::Segment(segment)].into());
    assert_eq!(group_of(sequence.clone()).members(), [segment].into());
    assert!(context.missing(&group_of(json!({ "disabled": sequence })), &people()).is_empty());
}

#[test]
fn a_part_of_an_overlap_is_a_segment_made_of_memberships() {
    let [first, second]: [SegmentId; 2] =
        ["seg_01J9ZK4M8QW3V5T7R2N6P0XYCA", "seg_01J9ZK4M8QW3V5T7R2N6P0XYCB"].map(|id| id.parse().unwrap());
    let made = Segment::of_part("first only", PEOPLE.parse().unwrap(), &[(first, Inside::Yes), (second, Inside::No)]);
    let want = json!({ "version": 1, "root": { "op": "and", "children": [
        { "segment": first, "in": "yes" }, { "segment": second, "in": "no" }] } });
    assert_eq!(serde_json::to_value(&made.condition).unwrap(), want);
}

#[test]
fn conditions_on_arrays_are_typed_by_their_values() {
    let basket = model("baskets", json!([{ "id": "id", "type": "integer" }, { "id": "tags", "type": "array" }]), json!([]), None);
    let check = |operator: &str, value: Value| {
        let node = json!({ "field": "tags", "operator": operator, "value": value });
        group(json!([node])).check(&basket, &Context::default())
    };
    let text = |text: &str| Element::Text(text.into());
    let one = |test| Ok(Checked::All(vec![Checked::Leaf(Leaf { field: 1, test: Test::List(test) })]));
    let any = |elements| one(ListTest::HasAny { elements, fold: false });
    assert_eq!(check("contains", json!("Cafe\u{301}")), any(vec![text("Caf\u{e9}")]));
    assert_eq!(check("contains-any-of", json!(["a", "a", 1, 1.0])).map(|_| ()), Ok(()));
    assert_eq!(check("contains-any-of", json!(["a", "a"])), any(vec![text("a")]));
    assert_eq!(check("contains-all-of", json!(["a"])), one(ListTest::HasAll { elements: vec![text("a")], fold: false }));
    assert_eq!(check("longer-than", json!(2)), one(ListTest::Length(Order::Greater, 2)));
    assert_eq!(check("is-empty-list", Value::Null), one(ListTest::Length(Order::Equal, 0)));
    let told: Vec<String> = [
        check("contains", json!(["a"])),
        check("contains-any-of", json!("a")),
        check("contains-any-of", json!([])),
        check("contains-all-of", json!(["a", null, [1]])),
        check("length-is", json!(-1)),
        check("length-is", json!(1.5)),
        check("is", json!("a")),
    ]
    .into_iter()
    .flat_map(|answer| answer.unwrap_err())
    .map(|problem| problem.to_string())
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}
