use serde_json::{Value, json};

use super::*;
use crate::{
    ids::{ModelId, SegmentId},
    model::Model,
    segment::Segment,
};

const CUSTOMERS: &str = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCA";
const ORDERS: &str = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCB";
const LINES: &str = "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCC";
const VIP: &str = "seg_01J9ZK4M8QW3V5T7R2N6P0XYCA";
const LARGE: &str = "seg_01J9ZK4M8QW3V5T7R2N6P0XYCB";
const OPEN: &str = "seg_01J9ZK4M8QW3V5T7R2N6P0XYCC";

fn model(name: &str, fields: Value, relationships: Value, time: Option<&str>) -> Model {
    serde_json::from_value(json!({
        "name": name, "source": "src_01J9ZK4M8QW3V5T7R2N6P0XYCD", "definition": { "table": name }, "kind": "custom",
        "fields": fields, "primary_key": ["id"], "time_field": time, "relationships": relationships,
    }))
    .unwrap()
}

fn customers() -> Model {
    let fields = json!([
        { "id": "id", "type": "integer" }, { "id": "country", "name": "Country", "type": "string" },
        { "id": "since", "type": "timestamp" },
    ]);
    let on = json!([{ "field": "id", "other": "customer_id" }]);
    model("customers", fields, json!([{ "name": "orders", "kind": "has-many", "model": ORDERS, "on": on }]), None)
}

fn orders() -> Model {
    let fields = json!([
        { "id": "id", "type": "string" }, { "id": "customer_id", "type": "integer" }, { "id": "country", "type": "string" },
        { "id": "ordered_at", "type": "timestamp" }, { "id": "amount", "type": { "decimal": { "precision": 12, "scale": 2 } } },
        { "id": "paid", "type": "boolean" }, { "id": "extra", "type": "json" },
    ]);
    let relationships = json!([
        { "name": "customer", "kind": "belongs-to", "model": CUSTOMERS, "on": [{ "field": "customer_id", "other": "id" }] },
        { "name": "lines", "kind": "has-many", "model": LINES, "on": [{ "field": "id", "other": "order_id" }] },
    ]);
    model("orders", fields, relationships, Some("ordered_at"))
}

fn lines() -> Model {
    let fields = json!([
        { "id": "id", "type": "integer" }, { "id": "order_id", "type": "string" }, { "id": "product", "type": "string" },
        { "id": "quantity", "type": "integer" }, { "id": "price", "type": "float" },
    ]);
    model("lines", fields, json!([]), None)
}

fn segment(name: &str, model: &str, children: Value) -> Segment {
    let condition = json!({ "version": 1, "root": { "op": "and", "children": children } });
    serde_json::from_value(json!({ "name": name, "model": model, "condition": condition })).unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn context() -> Context {
    let vip = segment("VIP", CUSTOMERS, json!([{ "segment": LARGE, "in": "yes" }]));
    let large = segment("Large", CUSTOMERS, json!([{ "path": ["orders"], "quantifier": { "at-least": 10 } }]));
    let open = segment("Open", ORDERS, json!([{ "field": "paid", "operator": "is", "value": false }]));
    Context {
        model: Some(id(CUSTOMERS)),
        segment: None,
        models: [(CUSTOMERS, customers()), (ORDERS, orders()), (LINES, lines())]
            .map(|(text, model)| (id::<ModelId>(text), model))
            .into(),
        segments: [(VIP, vip), (LARGE, large), (OPEN, open)].map(|(text, segment)| (id::<SegmentId>(text), segment)).into(),
        variables: Default::default(),
    }
}

fn group(children: Value) -> Group {
    serde_json::from_value(json!({ "op": "and", "children": children })).unwrap()
}

fn one(node: Value) -> Checked {
    match group(json!([node])).check(&customers(), &context()) {
        Ok(Checked::All(mut children)) => children.remove(0),
        other => panic!("{other:?}"),
    }
}

fn problems(children: Value) -> Vec<String> {
    group(children).check(&customers(), &context()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn reach(checked: Checked) -> Reach {
    match checked {
        Checked::Reach(reach) => *reach,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_path_becomes_steps_by_positions_of_fields() {
    let found = reach(one(json!({ "path": ["orders", "lines"], "quantifier": "any" })));
    let hop = |model, on| Hop { model: id(model), on: vec![on] };
    assert_eq!(found.hops, [hop(ORDERS, (0, 1)), hop(LINES, (0, 1))]);
    assert_eq!((found.condition, found.parents, found.quantity), (Checked::All(vec![]), vec![], Quantity::Any));
}

#[test]
fn none_exactly_zero_and_at_most_zero_are_the_complement_of_any() {
    let of = |quantifier: Value| one(json!({ "path": ["orders"], "quantifier": quantifier }));
    let any = of(json!("any"));
    assert_eq!(of(json!({ "at-least": 1 })), any);
    for quantifier in [json!("none"), json!({ "exactly": 0 }), json!({ "at-most": 0 })] {
        assert_eq!(of(quantifier.clone()), Checked::Not(Box::new(any.clone())), "{quantifier}");
    }
}

#[test]
fn all_means_that_none_fails_and_that_there_is_one_unless_said() {
    let paid = json!({ "op": "and", "children": [{ "field": "paid", "operator": "is", "value": true }] });
    let Checked::All(parts) = one(json!({ "path": ["orders"], "quantifier": "all", "where": paid })) else { panic!() };
    let none_fails = one(json!({ "path": ["orders"], "quantifier": "all", "where": paid, "empty_counts": true }));
    assert_eq!(parts, [none_fails.clone(), one(json!({ "path": ["orders"], "quantifier": "any" }))]);
    let Checked::Not(failing) = none_fails else { panic!() };
    assert!(matches!(reach(*failing).condition, Checked::All(parts) if matches!(parts[..], [Checked::Not(_)])));
}

#[test]
fn without_rows_counts_and_sums_are_zero_and_the_rest_has_no_value() {
    let holds = |function: &str, field: Option<&str>, operator: &str, value: Value| {
        let measure = json!({ "function": function, "field": field, "operator": operator, "value": value });
        match one(json!({ "path": ["orders"], "measure": measure })) {
            Checked::Not(inner) => !empty(*inner),
            checked => empty(checked),
        }
    };
    fn empty(checked: Checked) -> bool {
        match reach(checked).quantity {
            Quantity::Measure(measured) => measured.holds_without_rows(),
            other => panic!("{other:?}"),
        }
    }
    for (function, field, operator, value, want) in [
        ("count", None, "is", json!(0), true),
        ("count", None, "is-not", json!(0), false),
        ("count", None, "at-most", json!(3), true),
        ("count", None, "between", json!([1, 3]), false),
        ("count-distinct", Some("country"), "less-than", json!(1), true),
        ("sum", Some("amount"), "at-least", json!("0.00"), true),
        ("sum", Some("amount"), "greater-than", json!(0), false),
        ("sum", Some("amount"), "at-least", json!("-0.01"), true),
        ("avg", Some("amount"), "at-least", json!(0), false),
        ("avg", Some("amount"), "is-not", json!(0), true),
        ("min", Some("amount"), "less-than", json!(1), false),
        ("max", Some("ordered_at"), "in-the-past", Value::Null, false),
    ] {
        assert_eq!(holds(function, field, operator, value.clone()), want, "{function} {operator} {value}");
    }
}

#[test]
fn a_parent_field_is_one_of_the_record_whose_rows_they_are() {
    let same = json!({ "op": "and", "children": [
        { "field": "country", "operator": "is-not", "value_ref": { "parent": "country" } },
        { "field": "ordered_at", "operator": "before", "value_ref": { "parent": "since" } },
        { "path": ["customer"], "quantifier": "none", "where": { "op": "and", "children": [
            { "field": "country", "operator": "is", "value_ref": { "parent": "country" } },
        ] } },
    ] });
    let found = reach(one(json!({ "path": ["orders"], "quantifier": "any", "where": same })));
    assert_eq!(found.parents, [1, 2]);
    let Checked::All(parts) = found.condition else { panic!() };
    let Checked::All(parts) = &parts[0] else { panic!() };
    let Checked::Not(inner) = &parts[2] else { panic!() };
    let Checked::Reach(inner) = &**inner else { panic!() };
    assert_eq!(inner.parents, [2], "of the order, not of the customer");
}

#[test]
fn all_problems_of_related_rows_come_at_once_each_at_its_place() {
    let related = |more: Value| {
        let mut node = json!({ "path": ["orders"] });
        node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        node
    };
    let measure = |measure: Value| related(json!({ "measure": measure }));
    let found = problems(json!([
        { "path": [], "quantifier": "any" },
        { "path": ["orders", "lines", "a", "b", "c", "d", "e"], "quantifier": "any" },
        { "path": ["purchases"], "quantifier": "any" },
        { "path": ["orders", "lines", "more"], "quantifier": "any" },
        related(json!({})),
        related(json!({ "quantifier": "any", "measure": { "function": "count", "operator": "is", "value": 1 } })),
        related(json!({ "quantifier": { "at-least": 0 } })),
        related(json!({ "quantifier": { "exactly": 1_000_000_001 } })),
        related(json!({ "quantifier": "any", "empty_counts": true })),
        related(json!({ "quantifier": "any", "window": { "field": "amount", "operator": "in-the-past" } })),
        related(json!({ "quantifier": "any", "window": { "operator": "has-any-value" } })),
        related(json!({ "quantifier": "any", "window": { "operator": "in-the-last", "value": { "amount": 0, "unit": "days" } } })),
        { "path": ["orders", "lines"], "quantifier": { "at-least-days": 2 } },
        { "path": ["orders", "lines"], "quantifier": "first-ever" },
        measure(json!({ "function": "sum", "operator": "at-least", "value": 1 })),
        measure(json!({ "function": "count", "field": "amount", "operator": "at-least", "value": 1 })),
        measure(json!({ "function": "sum", "field": "country", "operator": "at-least", "value": 1 })),
        measure(json!({ "function": "min", "field": "paid", "operator": "is", "value": true })),
        measure(json!({ "function": "count-distinct", "field": "extra", "operator": "is", "value": 1 })),
        measure(json!({ "function": "sum", "field": "amount", "operator": "contains", "value": "1" })),
        measure(json!({ "function": "sum", "field": "amount", "operator": "in-top-percent", "value": 1 })),
        measure(json!({ "function": "sum", "field": "amount", "operator": "at-least", "value": "1.001" })),
        measure(json!({ "function": "max", "field": "town", "operator": "at-least", "value": 1 })),
        related(json!({ "quantifier": "any", "where": { "op": "and", "children": [
            { "field": "paid", "operator": "is", "value": "yes" },
            { "field": "paid", "operator": "is", "value_ref": { "parent": "country" } },
            { "field": "country", "operator": "is", "value_ref": { "parent": "land" } },
        ] } })),
        { "field": "country", "operator": "is", "value_ref": { "parent": "country" } },
    ]));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_membership_is_of_the_same_model_and_never_of_itself() {
    let member = |segment: &str| json!([{ "segment": segment, "in": "yes" }]);
    assert!(matches!(one(json!({ "segment": VIP, "in": "no" })), Checked::Not(inner) if matches!(*inner, Checked::Member(_))));
    let deep = json!([{ "path": ["orders"], "quantifier": "any", "where": { "op": "and", "children": [{ "segment": OPEN, "in": "yes" }] } }]);
    assert_eq!(problems(deep), Vec::<String>::new());
    let mut around = context();
    around.segment = Some(id(LARGE));
    let large = around.segments.get_mut(&id::<SegmentId>(LARGE)).unwrap();
    large.condition.root = group(member(VIP));
    let circle = |children: Value| group(children).check(&customers(), &around).unwrap_err()[0].to_string();
    let mut lines = problems(member(OPEN));
    lines.extend(problems(member("seg_01J9ZK4M8QW3V5T7R2N6P0XYCD")));
    lines.push(circle(member(VIP)));
    lines.push(circle(member(LARGE)));
    around.segment = None;
    lines.push(group(member(LARGE)).check(&customers(), &around).unwrap_err()[0].to_string());
    around.segments.get_mut(&id::<SegmentId>(LARGE)).unwrap().condition.root =
        group(json!([{ "field": "land", "operator": "is", "value": "x" }]));
    lines.push(group(member(LARGE)).check(&customers(), &around).unwrap_err()[0].to_string());
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_a_condition_reaches_is_asked_for_until_all_is_there() {
    let group = group(json!([
        { "segment": VIP, "in": "yes" },
        { "path": ["orders", "lines"], "quantifier": "any" },
        { "path": ["orders"], "quantifier": "any", "where": { "op": "and", "children": [{ "segment": OPEN, "in": "no" }] } },
    ]));
    let everything = context();
    let (mut have, mut rounds) = (Context::default(), Vec::new());
    loop {
        let missing = have.missing(&group, &customers());
        if missing.is_empty() {
            break;
        }
        for named in &missing {
            match named {
                Named::Model(id) => drop(have.models.insert(*id, everything.models[id].clone())),
                Named::Segment(id) => drop(have.segments.insert(*id, everything.segments[id].clone())),
            }
        }
        rounds.push(missing.len());
    }
    // Orders and VIP; then lines, the large ones and the open ones.
    assert_eq!(rounds, [2, 3]);
    assert_eq!(have.segments.len() + have.models.len(), 5);
    let mut gathered = Context::default();
    gathered.gather(&group, &customers(), |id| everything.models.get(&id).cloned(), |id| everything.segments.get(&id).cloned());
    assert_eq!(gathered, have);
    let mut nothing = Context::default();
    nothing.gather(&group, &customers(), |_| None, |_| None);
    assert_eq!(nothing, Context::default());
    assert_eq!(group.members(), [id(VIP), id(OPEN)].into());
}

#[test]
fn related_conditions_read_as_sentences() {
    let paid = json!({ "op": "and", "children": [{ "field": "paid", "operator": "is", "value": true }] });
    let last = json!({ "operator": "in-the-last", "value": { "amount": 90, "unit": "days" } });
    let lines: Vec<String> = [
        json!({ "path": ["orders"], "quantifier": { "at-least": 2 }, "where": paid, "window": last }),
        json!({ "path": ["orders", "lines"], "quantifier": "none" }),
        json!({ "path": ["orders"], "quantifier": { "exactly": 3 } }),
        json!({ "path": ["orders"], "quantifier": { "at-most": 3 }, "window": last }),
        json!({ "path": ["orders"], "quantifier": { "at-least-days": 3 } }),
        json!({ "path": ["orders"], "quantifier": "all", "where": paid, "window": last }),
        json!({ "path": ["orders"], "quantifier": "all", "where": paid, "empty_counts": true }),
        json!({ "path": ["orders"], "quantifier": "first-ever", "where": paid }),
        json!({ "path": ["orders"], "measure": { "function": "sum", "field": "amount", "operator": "at-least", "value": 1000 } }),
        json!({ "path": ["orders"], "quantifier": "any", "where": { "op": "and", "children": [
            { "field": "country", "operator": "is-not", "value_ref": { "parent": "country" } },
            { "path": ["lines"], "quantifier": "any", "where": { "op": "or", "children": [
                { "field": "quantity", "operator": "at-least", "value": 2 }, { "field": "price", "operator": "less-than", "value": 1 },
            ] } },
        ] } }),
        json!({ "segment": VIP, "in": "no" }),
    ]
    .into_iter()
    .map(|node| sentence(&group(json!([node])), &customers(), &context()))
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_variable_stands_for_its_value_and_is_blamed_for_it() {
    let mut context = context();
    context.variables = serde_json::from_value(json!({ "land": "FR", "lands": ["FR", "DE"], "much": "a lot" })).unwrap();
    let check = |context: &Context, children: Value| {
        let tree = Tree { version: Version::V1, root: group(children) };
        tree.check(&customers(), context)
    };
    let by = |variable: &str| json!({ "field": "country", "operator": "is", "value_ref": { "variable": variable } });
    let said = json!([{ "field": "country", "operator": "is", "value": "FR" }]);
    assert_eq!(check(&context, json!([by("land")])).unwrap(), check(&context, said).unwrap());
    // A list where the operator takes one, on related rows, too.
    let lists = json!([{ "field": "country", "operator": "is-any-of", "value_ref": { "variable": "lands" } }]);
    let values = json!([{ "field": "country", "operator": "is-any-of", "value": ["FR", "DE"] }]);
    assert_eq!(check(&context, lists).unwrap(), check(&context, values).unwrap());
    for (children, pointer, cause) in [
        (json!([by("none")]), "/root/children/0/value_ref/variable", "The workspace has no variable none."),
        (json!([by("lands")]), "/root/children/0/value_ref/variable", "The variable lands: "),
        (
            json!([{ "path": ["orders"], "quantifier": "any",
                "where": { "op": "and", "children": [{ "field": "amount", "operator": "at-least", "value_ref": { "variable": "much" } }] } }]),
            "/root/children/0/where/children/0/value_ref/variable",
            "The variable much: ",
        ),
        (
            json!([{ "field": "country", "operator": "is", "value": "FR", "value_ref": { "variable": "land" } }]),
            "/root/children/0/value_ref",
            "Give a value or another field, not both.",
        ),
    ] {
        let problems = check(&context, children.clone()).unwrap_err();
        let told: Vec<_> = problems.iter().map(|problem| (problem.pointer.as_str(), problem.cause.as_str())).collect();
        assert!(matches!(&told[..], [(at, why)] if *at == pointer && why.starts_with(cause)), "{children}: {told:?}");
    }
}
