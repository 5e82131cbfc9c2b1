use serde_json::{Value, json};

use super::Calculated;
use crate::{
    code::Code,
    condition::{Context, Group, Named},
    ids::{ModelId, SegmentId},
    model::Model,
    problem::Problem,
};

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

/// A model with `id`, `ref`, `amount`, a time and these calculated fields; `to` are relationships by `ref`.
fn model(name: &str, to: &[(&str, u64)], calculated: &[(&str, Value, Value)]) -> Model {
    let mut fields = vec![
        json!({ "id": "id", "type": "integer" }),
        json!({ "id": "ref", "type": "integer" }),
        json!({ "id": "amount", "type": { "decimal": { "precision": 10, "scale": 2 } } }),
        json!({ "id": "at", "type": "timestamp" }),
        json!({ "id": "city", "type": "string" }),
    ];
    fields.extend(calculated.iter().map(|(id, ty, how)| json!({ "id": id, "type": ty, "calculated": how })));
    let relationships: Vec<Value> = to
        .iter()
        .map(|(name, to)| json!({ "name": name, "kind": "has-many", "model": id(*to), "on": [{ "field": "ref", "other": "ref" }] }))
        .collect();
    serde_json::from_value(json!({
        "name": name, "source": crate::ids::SourceId::new(1, 1), "definition": { "table": name }, "kind": "custom",
        "fields": fields, "primary_key": ["id"], "relationships": relationships,
    }))
    .unwrap()
}

fn context(models: &[&Model]) -> Context {
    let models = models.iter().zip(1..).map(|(model, at)| (id(at), (*model).clone())).collect();
    Context { model: Some(id(1)), models, ..Context::default() }
}

fn count(path: &[&str]) -> Value {
    json!({ "aggregate": { "path": path, "function": "count" } })
}

fn sum(path: &[&str], field: &str) -> Value {
    json!({ "aggregate": { "path": path, "function": "sum", "field": field } })
}

fn told(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_declared_wrongly_is_told_with_its_place() {
    let orders = model("orders", &[], &[]);
    let wide = json!({ "decimal": { "precision": 38, "scale": 2 } });
    let mut all = String::new();
    for (ty, how) in [
        (json!("integer"), count(&[])),
        (json!("integer"), count(&["missing"])),
        (json!("integer"), json!({ "aggregate": { "path": ["orders"], "function": "count", "field": "amount" } })),
        (json!("integer"), json!({ "aggregate": { "path": ["orders"], "function": "sum" } })),
        (json!("integer"), sum(&["orders"], "amount")),
        (wide.clone(), sum(&["orders"], "city")),
        (wide.clone(), sum(&["orders"], "cost")),
        (json!("string"), json!({ "aggregate": { "path": ["orders"], "function": "max", "field": "city" } })),
        (json!("string"), json!({ "aggregate": { "path": ["orders"], "function": "last", "field": "city" } })),
        (json!("string"), json!({ "aggregate": { "path": ["orders"], "function": "last", "field": "city", "by": "amount" } })),
        (json!("integer"), json!({ "aggregate": { "path": ["orders"], "function": "count", "by": "at" } })),
        (json!("integer"), json!({ "aggregate": { "path": ["orders"], "function": "count", "default": 1 } })),
        (wide.clone(), json!({ "aggregate": { "path": ["orders"], "function": "sum", "field": "amount", "default": "many" } })),
        (
            json!("integer"),
            json!({ "aggregate": { "path": ["orders"], "function": "count", "where": { "op": "and", "children": [
                { "field": "city", "operator": "greater-than", "value": 1 }] } } }),
        ),
        (
            json!("integer"),
            json!({ "aggregate": { "path": ["orders"], "function": "count", "where": { "op": "and", "children": [
                { "field": "city", "operator": "is", "value_ref": { "parent": "city" } }] } } }),
        ),
        (json!("string"), json!({ "formula": "upper(citty)" })),
        (json!("integer"), json!({ "formula": "amount" })),
    ] {
        let customers = model("customers", &[("orders", 2)], &[("made", ty, how.clone())]);
        let mut problems = customers.validate();
        problems.extend(customers.calculated_problems(&context(&[&customers, &orders])));
        assert!(!problems.is_empty(), "{how}");
        all.push_str(&format!("{how}\n"));
        problems.iter().for_each(|problem| all.push_str(&format!("    {problem}\n")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_key_is_made_of_columns_and_a_calculated_field_reads_none() {
    let mut customers = model("customers", &[], &[("made", json!("integer"), json!({ "formula": "id + 1" }))]);
    customers.primary_key = vec!["made".into()];
    customers.fields[5].column = "made".into();
    assert_eq!(
        told(&customers.validate()),
        [
            "/fields/5/column: calculated-invalid: A calculated field reads no column; leave it out.",
            "/primary_key/0: calculated-invalid: A key field is a column of the source; made is calculated."
        ]
    );
}

#[test]
fn a_circle_is_told_with_its_path_within_a_model_and_across_models() {
    let integer = || json!("integer");
    let one = model(
        "customers",
        &[],
        &[
            ("a", integer(), json!({ "formula": "b + 1" })),
            ("b", integer(), json!({ "formula": "c" })),
            ("c", integer(), json!({ "formula": "if(is_null(a), 1, 2)" })),
        ],
    );
    let problems = one.calculated_problems(&context(&[&one]));
    assert_eq!(problems[0].code, Code::CalculatedCycle);
    assert_eq!(
        told(&problems)[0],
        "/fields/5/calculated: calculated-cycle: Calculated fields are made of each other: customers.a → customers.b → customers.c → \
         customers.a."
    );

    let wide = json!({ "decimal": { "precision": 38, "scale": 2 } });
    let customers = model("customers", &[("orders", 2)], &[("total", wide.clone(), sum(&["orders"], "share"))]);
    let orders = model("orders", &[("customer", 1)], &[("share", wide, sum(&["customer"], "total"))]);
    let problems = customers.calculated_problems(&context(&[&customers, &orders]));
    assert_eq!(
        told(&problems),
        ["/fields/5/calculated: calculated-cycle: Calculated fields are made of each other: customers.total → orders.share → \
          customers.total."]
    );
}

#[test]
fn a_circle_through_the_membership_of_a_segment_is_one() {
    let segment = SegmentId::new(5, 5);
    let inside = json!({ "op": "and", "children": [{ "segment": segment, "in": "yes" }] });
    let how = json!({ "aggregate": { "path": ["orders"], "function": "count", "where": inside } });
    let customers = model("customers", &[("orders", 2)], &[("good", json!("integer"), how)]);
    let orders = model("orders", &[("customer", 1)], &[]);
    let children = json!([{ "path": ["customer"], "quantifier": "any", "where": { "op": "and", "children": [
        { "field": "good", "operator": "at-least", "value": 1 }] } }]);
    let declared = json!({ "name": "good orders", "model": id(2),
        "condition": { "version": 1, "root": { "op": "and", "children": children } } });
    let mut context = context(&[&customers, &orders]);
    context.segments.insert(segment, serde_json::from_value(declared).unwrap());
    assert_eq!(
        told(&customers.calculated_problems(&context)),
        ["/fields/5/calculated: calculated-cycle: Calculated fields are made of each other: customers.good → customers.good."]
    );
}

#[test]
fn eight_fields_stand_upon_each_other_and_a_ninth_does_not() {
    let floors = |count: usize| {
        let how = |at: usize| json!({ "formula": if at == 0 { "id".into() } else { format!("f{}", at - 1) } });
        let names: Vec<String> = (0..count).map(|at| format!("f{at}")).collect();
        let fields: Vec<_> = names.iter().enumerate().map(|(at, name)| (name.as_str(), json!("integer"), how(at))).collect();
        let model = model("m", &[], &fields);
        model.calculated_problems(&context(&[&model]))
    };
    assert_eq!(floors(8), []);
    assert_eq!(
        told(&floors(9)),
        ["/fields/13/calculated: calculated-cycle: f8 stands on 9 calculated fields one upon the other; 8 are allowed."]
    );
}

#[test]
fn a_context_names_what_calculated_fields_reach() {
    let segment = SegmentId::new(5, 5);
    let inside = json!({ "op": "and", "children": [{ "segment": segment, "in": "yes" }] });
    let customers = model(
        "customers",
        &[("orders", 2)],
        &[(
            "pieces",
            json!("integer"),
            json!({ "aggregate": { "path": ["orders", "lines"], "function": "count", "where": inside } }),
        )],
    );
    let orders = model("orders", &[("lines", 3), ("customer", 1)], &[("back", json!("integer"), count(&["customer"]))]);
    let lines = model("lines", &[], &[]);
    let mut context = Context { model: Some(id(1)), ..Context::default() };
    let missing = |context: &Context| context.missing(&Group::default(), &customers).into_iter().collect::<Vec<_>>();
    assert_eq!(missing(&context), [Named::Model(id(2))]);
    context.models.insert(id(2), orders);
    assert_eq!(missing(&context), [Named::Model(id(1)), Named::Model(id(3))]);
    context.models.insert(id(3), lines);
    context.models.insert(id(1), customers.clone());
    assert_eq!(missing(&context), [Named::Segment(segment)]);
    assert_eq!(customers.calculated_members().into_iter().collect::<Vec<_>>(), [segment]);
}

#[test]
fn it_is_written_as_one_of_two_words() {
    let text = r#"{"aggregate":{"path":["orders"],"function":"days-since-last","by":"at","default":-1}}"#;
    let calculated: Calculated = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&calculated).unwrap(), text);
    assert!(serde_json::from_str::<Calculated>(r#"{"aggregate":{"path":[],"function":"count","filter":{}}}"#).is_err());
}
