//! The funnel, and why one record is in a segment or not.

use serde_json::{Value, json};
use sluice_catalog::size::SizeLimit;
use sluice_query::Matched;

use crate::{
    shop::{Happened, Shop},
    support::group,
};

const ORDERED: &[Happened<'static>] = &[
    ("1", "2026-11-01T10:00:00Z", Some("tea")),
    ("1", "2026-11-03T10:00:00Z", Some("cup")),
    ("2", "2026-11-04T10:00:00Z", Some("tea")),
    ("5", "2026-11-05T10:00:00Z", Some("tea")),
];
const VISITED: &[Happened<'static>] = &[("a", "2026-11-02T10:00:00Z", None), ("b", "2026-11-01T10:00:00Z", None)];

fn tea() -> Value {
    let tea = json!({ "op": "and", "children": [{ "field": "product", "operator": "is", "value": "tea" }] });
    json!({ "path": ["orders"], "quantifier": "any", "where": tea })
}

#[tokio::test]
async fn a_funnel_counts_what_is_left_and_who_is_in_for_want_of_a_value() {
    let shop = Shop::new(ORDERED, VISITED).await;
    let condition = group(json!([
        { "field": "country", "operator": "is-not", "value": "DE" },
        { "disabled": { "field": "country", "operator": "is", "value": "IT" } },
        tea(),
        { "op": "or", "children": [{ "field": "country", "operator": "is", "value": "FR" }, { "field": "id", "operator": "is", "value": 4 }] },
        { "field": "tier", "operator": "is-none-of", "value": ["gold"] },
    ]));
    let limit: SizeLimit = serde_json::from_value(json!({ "keep": { "rows": 1 }, "order": { "field": { "id": "id" } } })).unwrap();
    let funnel = shop.analysis().funnel(&condition, Some(&limit)).await.unwrap();
    assert_eq!(funnel.total, 5);
    let stages: Vec<_> = funnel.stages.iter().map(|stage| (stage.pointer.as_str(), stage.remaining, stage.without_value)).collect();
    let at = |child: usize| format!("/condition/root/children/{child}");
    assert_eq!(
        stages,
        [
            (at(0).as_str(), 3, Some(1)),
            (at(2).as_str(), 3, None),
            (at(3).as_str(), 2, None),
            (at(4).as_str(), 1, Some(1)),
            ("/limit", 1, None),
        ]
    );
    assert_eq!(funnel.stages[0].words, "country is not \"DE\"");
    assert_eq!(funnel.stages[2].words, "country is \"FR\" or id is 4");
    // Every stage is the size of its beginning of the tree, counted by the query itself.
    for (end, stage) in [(1, 0), (3, 1), (4, 2), (5, 3)] {
        let mut beginning = condition.clone();
        beginning.children.truncate(end);
        assert_eq!(shop.query(&beginning).await.count().await.unwrap(), funnel.stages[stage].remaining, "{end}");
    }
    // What is no plain "and" is one stage.
    let either = sluice_catalog::condition::Group { not: true, ..condition };
    let funnel = shop.analysis().funnel(&either, None).await.unwrap();
    assert_eq!(
        funnel.stages.iter().map(|stage| (stage.pointer.as_str(), stage.remaining)).collect::<Vec<_>>(),
        [("/condition/root", 4)]
    );
    let nothing = shop.analysis().funnel(&group(json!([])), None).await.unwrap();
    assert_eq!((nothing.total, nothing.stages.len()), (5, 0));
}

#[tokio::test]
async fn every_condition_answers_for_one_record_and_shows_the_rows_that_it_found() {
    let shop = Shop::new(ORDERED, VISITED).await;
    let sequence = json!({ "steps": [{ "path": ["orders"] }, { "path": ["visits"] }] });
    let condition = group(json!([
        { "field": "country", "operator": "is", "value": "FR" },
        tea(),
        { "op": "or", "children": [sequence, { "path": ["orders"], "quantifier": "none" }] },
        { "field": "id", "operator": "in-bottom-percent", "value": 40 },
    ]));
    let why = async |key: i64| shop.analysis().why(&condition, None, &[json!(key)]).await.unwrap();
    let first = why(1).await;
    assert_eq!((first.rows, first.inside), (1, true));
    let at = |place: &str| format!("/condition/root{place}");
    let answers =
        |why: &sluice_query::Why| why.reasons.iter().map(|reason| (reason.pointer.clone(), reason.holds)).collect::<Vec<_>>();
    let places =
        ["", "/children/0", "/children/1", "/children/2", "/children/2/children/0", "/children/2/children/1", "/children/3"];
    let want = |holds: [bool; 7]| places.iter().map(|place| at(place)).zip(holds).collect::<Vec<_>>();
    assert_eq!(answers(&first), want([true, true, true, true, true, false, true]));
    // Person 2 visited before the order, so the sequence fails; the ranks are those among all people.
    assert_eq!(answers(&why(2).await), want([false, true, true, false, false, false, true]));
    assert_eq!(answers(&why(5).await), want([false, false, true, false, false, false, false]));
    assert_eq!(answers(&why(3).await), want([false, false, false, true, false, true, false]));

    let matched = |pointer: &str| -> Vec<&Matched> {
        first.reasons.iter().filter(|reason| reason.pointer == at(pointer)).flat_map(|reason| &reason.matched).collect()
    };
    let tea = matched("/children/1");
    assert_eq!((tea.len(), tea[0].rows), (1, 1));
    assert_eq!(
        Value::Object(tea[0].sample[0].clone()),
        json!({ "id": 1, "person": 1, "at": "2026-11-01T10:00:00Z", "product": "tea" })
    );
    let steps = matched("/children/2/children/0");
    let of_steps: Vec<_> = steps.iter().map(|step| (step.pointer.as_str(), step.rows)).collect();
    let step = |number: usize| at(&format!("/children/2/children/0/steps/{number}"));
    assert_eq!(of_steps, [(step(0).as_str(), 2), (step(1).as_str(), 1)]);

    let nobody = why(77).await;
    assert_eq!((nobody.rows, nobody.inside), (0, false));
    let error = shop.analysis().why(&condition, None, &[json!("one")]).await.unwrap_err();
    assert!(matches!(&error, sluice_query::QueryError::Condition(found) if found[0].pointer.ends_with("/value")), "{error}");
}

#[tokio::test]
async fn a_size_limit_is_the_last_reason() {
    let shop = Shop::new(ORDERED, VISITED).await;
    let limit: SizeLimit =
        serde_json::from_value(json!({ "keep": { "rows": 2 }, "order": { "field": { "id": "id", "descending": true } } })).unwrap();
    let condition = group(json!([{ "field": "country", "operator": "has-any-value" }]));
    for (key, inside) in [(4, true), (3, true), (2, false), (5, false)] {
        let why = shop.analysis().why(&condition, Some(&limit), &[json!(key)]).await.unwrap();
        assert_eq!(why.inside, inside, "{key}");
        let last = why.reasons.last().unwrap();
        assert_eq!((last.pointer.as_str(), last.holds), ("/limit", inside));
    }
}

#[tokio::test]
async fn personal_data_of_related_rows_is_masked_and_at_most_five_are_shown() {
    let many: Vec<Happened<'_>> = (0..7).map(|_| ("1", "2026-11-01T10:00:00Z", Some("tea"))).collect();
    let mut shop = Shop::new(&many, VISITED).await;
    let orders = shop.around.context.models.get_mut(&crate::shop::id(2)).unwrap();
    orders.fields[3].pii = true;
    orders.fields[1].hidden = true;
    let why = shop.analysis().why(&group(json!([tea()])), None, &[json!(1)]).await.unwrap();
    let matched = &why.reasons[1].matched[0];
    assert_eq!((matched.rows, matched.sample.len()), (7, 5));
    assert_eq!(Value::Object(matched.sample[4].clone()), json!({ "id": 5, "at": "2026-11-01T10:00:00Z", "product": "•••" }));
}
