use std::ops::Bound;

use jiff::{Timestamp, civil::date, tz::TimeZone};
use serde_json::{Value, json};

use super::*;
use crate::{
    code::Code,
    ids::SourceId,
    model::{Definition, Field, Kind, Model},
    types::DataType,
};

fn model() -> Model {
    let money = DataType::Decimal { precision: 10, scale: 2 };
    let fields = [
        ("id", DataType::Integer),
        ("country", DataType::String),
        ("city", DataType::String),
        ("orders", DataType::Integer),
        ("total", money),
        ("score", DataType::Float),
        ("active", DataType::Boolean),
        ("born", DataType::Date),
        ("seen", DataType::Timestamp),
        ("first_seen", DataType::Timestamp),
        ("extra", DataType::Json),
    ];
    Model {
        name: "customers".into(),
        description: String::new(),
        tags: vec![],
        source: SourceId::new(1, 1),
        definition: Definition::Table("customers".into()),
        kind: Kind::Users,
        fields: fields.iter().map(|(id, ty)| Field::plain(id, *ty)).collect(),
        primary_key: vec!["id".into()],
        time_field: None,
        relationships: vec![],
    }
}

fn tree(children: Value) -> Tree {
    serde_json::from_value(json!({ "version": 1, "root": { "op": "and", "children": children } })).unwrap()
}

fn problems(children: Value) -> Vec<String> {
    tree(children).check(&model(), &Context::default()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn test(field: &str, operator: &str, value: Value) -> Checked {
    match tree(json!([{ "field": field, "operator": operator, "value": value }])).check(&model(), &Context::default()) {
        Ok(Checked::All(mut children)) => children.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tree_reads_back_what_it_writes_without_its_defaults() {
    let text = json!({ "version": 1, "root": { "op": "or", "children": [
        { "field": "country", "operator": "is", "value": "France" },
        { "op": "and", "not": true, "children": [{ "field": "seen", "operator": "in-the-last", "value": { "amount": 2, "unit": "weeks" },
            "options": { "exact": true } }] },
    ] } });
    let tree: Tree = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&tree).unwrap(), text);
}

#[test]
fn strict_input_refuses_what_this_version_does_not_know() {
    let node = |node: Value| json!({ "version": 1, "root": { "op": "and", "children": [node] } });
    let refusals: Vec<String> = [
        json!({ "root": { "op": "and" } }),
        json!({ "version": 2, "root": { "op": "and" } }),
        json!({ "version": 1, "root": { "op": "xor" } }),
        json!({ "version": 1, "root": { "op": "and", "negate": true } }),
        node(json!({ "path": ["orders"], "quantifier": { "at-least": 1 }, "window": {} })),
        node(json!({ "path": ["orders"], "quantifier": "some" })),
        node(json!({ "steps": [{ "path": ["orders"], "did": "maybe" }] })),
        node(json!({ "segment": "seg_01J9ZK4M8QW3V5T7R2N6P0XYCD", "in": "maybe" })),
        node(json!({ "field": "country", "operator": "like", "value": "x" })),
        node(json!({ "field": "country", "operator": "is", "values": "x" })),
        node(json!({ "field": "country", "operator": "is", "value": "x", "options": { "fuzzy": true } })),
        node(json!({ "nothing": 1 })),
        node(json!(7)),
    ]
    .into_iter()
    .map(|text| serde_json::from_value::<Tree>(text).unwrap_err().to_string())
    .collect();
    // The list of operators is long; its start is enough.
    let short: Vec<String> = refusals.iter().map(|text| text.chars().take(110).collect()).collect();
    insta::assert_snapshot!(short.join("\n"));
}

#[test]
fn an_empty_group_is_the_whole_model() {
    assert_eq!(tree(json!([])).check(&model(), &Context::default()), Ok(Checked::All(vec![])));
    assert_eq!(tree(json!([true])).check(&model(), &Context::default()), Ok(Checked::All(vec![Checked::All(vec![])])));
    let or: Group = serde_json::from_value(json!({ "op": "or", "not": true })).unwrap();
    assert_eq!(or.check(&model(), &Context::default()), Ok(Checked::Not(Box::new(Checked::All(vec![])))));
}

#[test]
fn groups_nest_ten_deep_and_not_eleven() {
    let nested = |depth: usize| {
        (1..depth).fold(json!({ "op": "and", "children": [] }), |inner, _| json!({ "op": "or", "children": [inner] }))
    };
    let check = |depth| serde_json::from_value::<Group>(nested(depth)).unwrap().check(&model(), &Context::default());
    assert!(check(10).is_ok());
    assert_eq!(check(11).unwrap_err()[0].code, Code::ConditionTooDeep);
}

#[test]
fn a_group_has_fifty_children_and_not_fifty_one() {
    let leaf = json!({ "field": "active", "operator": "is", "value": true });
    assert_eq!(problems(json!(vec![leaf.clone(); 50])), Vec::<String>::new());
    assert_eq!(problems(json!(vec![leaf.clone(); 51])), ["/root: condition-too-deep: A group has at most 50 children."]);
    let wide = json!({ "op": "or", "children": vec![leaf; 50] });
    assert_eq!(problems(json!(vec![wide; 50])).len(), 1);
}

#[test]
fn all_problems_come_at_once_each_at_its_place() {
    let found = problems(json!([
        { "field": "land", "operator": "is", "value": "France" },
        { "field": "country", "operator": "greater-than", "value": "a" },
        { "field": "extra", "operator": "is", "value": "a" },
        { "field": "orders", "operator": "is", "value": 1.5 },
        { "field": "orders", "operator": "is-any-of", "value": [1, "two", 3, null] },
        { "field": "orders", "operator": "is-any-of", "value": [] },
        { "field": "total", "operator": "at-least", "value": "1.005" },
        { "field": "total", "operator": "at-least", "value": 123456789.0 },
        { "field": "score", "operator": "between", "value": [2, 1] },
        { "field": "active", "operator": "is", "value": "yes" },
        { "field": "born", "operator": "is", "value": "2026-11-24T00:00:00Z" },
        { "field": "seen", "operator": "after", "value": "2026-11-24T00:00:00" },
        { "field": "seen", "operator": "in-the-last" },
        { "field": "seen", "operator": "in-the-last", "value": { "amount": 0, "unit": "days" } },
        { "field": "seen", "operator": "in-the-last", "value": { "amount": 1001, "unit": "years" } },
        { "field": "born", "operator": "in-the-last", "value": { "amount": 2, "unit": "hours" } },
        { "field": "seen", "operator": "between-ago", "value": { "from": 90, "to": 30, "unit": "days" } },
        { "field": "seen", "operator": "in-the-past", "value": 1 },
        { "field": "born", "operator": "anniversary", "value": 183 },
        { "field": "orders", "operator": "in-top-percent", "value": 0 },
        { "field": "country", "operator": "matches-pattern", "value": "(?=x)" },
        { "field": "country", "operator": "is", "value_ref": "orders" },
        { "field": "country", "operator": "is", "value_ref": "town" },
        { "field": "country", "operator": "is", "value_ref": "city", "value": "x" },
        { "field": "country", "operator": "is-any-of", "value_ref": "city" },
        { "field": "orders", "operator": "is", "value": 1, "options": { "case_insensitive": true } },
        { "field": "born", "operator": "in-the-last", "value": { "amount": 2, "unit": "days" }, "options": { "exact": true } },
        { "op": "or", "children": [{ "field": "country", "operator": "is" }] },
    ]));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn every_operator_is_offered_for_the_types_of_the_table() {
    let offered = |ty| Operator::of(ty).map(Operator::as_str).collect::<Vec<_>>().join(" ");
    let table = [DataType::String, DataType::Integer, DataType::Boolean, DataType::Date, DataType::Json]
        .map(|ty| format!("{ty}: {}", offered(ty)));
    insta::assert_snapshot!(table.join("\n"));
    assert_eq!(offered(DataType::Timestamp), offered(DataType::Date));
    assert_eq!(offered(DataType::Float), offered(DataType::Integer));
    for operator in Operator::ALL {
        assert_eq!(serde_json::to_value(operator).unwrap(), operator.as_str());
    }
}

#[test]
fn decimals_are_taken_digit_by_digit() {
    let leaf = |units| Checked::Leaf(Leaf { field: 4, test: Test::Equals(Operand::Constant(Scalar::Decimal(units))) });
    for (value, units) in [
        (json!("12.50"), 1250),
        (json!(12.5), 1250),
        (json!(-0.01), -1),
        (json!("12.5000"), 1250),
        (json!(1e3), 100_000),
        (json!("1.2E-1"), 12),
        (json!("99999999.99"), 9_999_999_999),
        (json!("-0"), 0),
    ] {
        assert_eq!(test("total", "is", value.clone()), leaf(units), "{value}");
    }
    for bad in
        [json!("100000000"), json!("0.001"), json!("1,5"), json!(""), json!("."), json!("NaN"), json!("--1"), json!("1e9999999999")]
    {
        assert_eq!(problems(json!([{ "field": "total", "operator": "is", "value": bad }])).len(), 1, "{bad}");
    }
}

#[test]
fn lists_are_typed_and_lose_their_repeats_when_saved() {
    let mut tree = tree(json!([
        { "field": "orders", "operator": "is-any-of", "value": [3, 1, "3", 1] },
        { "field": "country", "operator": "is-none-of", "value": ["Caf\u{e9}", "Cafe\u{301}", "cafe"] },
    ]));
    tree.tidy(&model(), &Context::default());
    let Node::Property(numbers) = &tree.root.children[0] else { panic!() };
    let Node::Property(texts) = &tree.root.children[1] else { panic!() };
    assert_eq!((&numbers.value, &texts.value), (&Some(json!([3, 1])), &Some(json!(["Caf\u{e9}", "cafe"]))));
}

#[test]
fn a_list_has_ten_thousand_values_and_not_one_more() {
    let list = |n: u32| problems(json!([{ "field": "orders", "operator": "is-any-of", "value": (0..n).collect::<Vec<_>>() }]));
    assert_eq!(list(10_000), Vec::<String>::new());
    assert_eq!(list(10_001), ["/root/children/0/value: value-invalid: A list has 1 to 10000 values; this has 10001."]);
}

#[test]
fn patterns_are_the_common_subset() {
    let rewritten = |pattern: &str| match test("country", "matches-pattern", json!(pattern)) {
        Checked::Leaf(Leaf { test: Test::Text { test: TextTest::Pattern(text), .. }, .. }) => text,
        other => panic!("{other:?}"),
    };
    for (pattern, want) in [
        ("^FR.*$", "^FR[^\\n]*$"),
        (r"\d{2,3}-\w+\s?", r"[0-9]{2,3}-[0-9A-Za-z_]+[ \t\n\r]?"),
        ("(a|b)+", "(?:a|b)+"),
        ("(?:a)", "(?:a)"),
        (r"[^\d_a-f.]", r"[^0-9_a-f\.]"),
        (r"[a\-z]", r"[a\-z]"),
        (r"\<b\>", "<b>"),
        ("é{3}", "é{3}"),
        ("e\u{301}{3}", "\u{e9}{3}"),
        ("a|", "a|"),
    ] {
        assert_eq!(rewritten(pattern), want, "{pattern}");
    }
    let refusals: Vec<String> = [
        "",
        "a(?=b)",
        "(?i)a",
        "(?<n>a)",
        r"\1",
        r"\bword\b",
        r"\pL",
        "a*?",
        "a++",
        "a{2}{3}",
        "a{256}",
        "a{3,2}",
        "(a",
        "a)",
        "[a",
        "[]",
        "[[:alpha:]]",
        "[z-a]",
        "[a&&b]",
        "*a",
        "a\\",
        "]",
        r"[\D]",
    ]
    .map(|pattern| {
        format!("{pattern:?}: {}", problems(json!([{ "field": "country", "operator": "matches-pattern", "value": pattern }]))[0])
    })
    .to_vec();
    insta::assert_snapshot!(refusals.join("\n").replace("/root/children/0/value: value-invalid: ", ""));
}

#[test]
fn negative_operators_are_the_complement_of_the_positive_ones() {
    for (positive, negative, value) in [
        ("is", "is-not", json!("a")),
        ("is-any-of", "is-none-of", json!(["a"])),
        ("contains", "does-not-contain", json!("a")),
        ("contains-any-of", "contains-none-of", json!(["a"])),
        ("starts-with", "does-not-start-with", json!("a")),
        ("ends-with", "does-not-end-with", json!("a")),
    ] {
        assert_eq!(
            test("country", negative, value.clone()),
            Checked::Not(Box::new(test("country", positive, value))),
            "{negative}"
        );
    }
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn instants(operator: &str, value: Value, options: Value, now: &str) -> String {
    let tree = tree(json!([{ "field": "seen", "operator": operator, "value": value, "options": options }]));
    let Ok(Checked::All(children)) = tree.check(&model(), &Context::default()) else { panic!("{tree:?}") };
    let leaf = match &children[0] {
        Checked::Not(inner) => inner.as_ref().clone(),
        leaf => leaf.clone(),
    };
    let Checked::Leaf(Leaf { test: Test::Time(test), .. }) = leaf else { panic!("{leaf:?}") };
    let interval = At::new(now.parse().unwrap(), &paris()).instants(&test);
    let text = |micros: i64| Timestamp::from_microsecond(micros).unwrap().to_string();
    let from = match interval.from {
        Bound::Included(at) => format!("[{}", text(at)),
        Bound::Excluded(at) => format!("({}", text(at)),
        Bound::Unbounded => "(".into(),
    };
    match interval.to {
        Bound::Included(at) => format!("{from}, {}]", text(at)),
        Bound::Excluded(at) => format!("{from}, {})", text(at)),
        Bound::Unbounded => format!("{from}, )"),
    }
}

#[test]
fn windows_follow_the_calendar_of_the_zone() {
    // Tuesday, 09:30 in Paris.
    let now = "2026-11-24T08:30:00Z";
    let window = |amount: u32, unit: &str| json!({ "amount": amount, "unit": unit });
    let lines = [
        ("in-the-last", window(7, "days"), json!({})),
        ("in-the-last", window(7, "days"), json!({ "exact": true })),
        ("in-the-last", window(1, "days"), json!({})),
        ("in-the-last", window(90, "minutes"), json!({})),
        ("in-the-last", window(1, "weeks"), json!({})),
        ("in-the-last", window(1, "weeks"), json!({ "week_starts_on": "sunday" })),
        ("in-the-last", window(2, "months"), json!({})),
        ("in-the-last", window(2, "months"), json!({ "exact": true })),
        ("in-the-last", window(2, "quarters"), json!({})),
        ("in-the-last", window(1, "years"), json!({})),
        ("not-in-the-last", window(7, "days"), json!({})),
        ("in-the-next", window(1, "days"), json!({})),
        ("in-the-next", window(2, "hours"), json!({})),
        ("more-than-ago", window(1, "days"), json!({})),
        ("more-than-ago", window(24, "hours"), json!({})),
        ("more-than-from-now", window(1, "days"), json!({})),
        ("between-ago", json!({ "from": 30, "to": 90, "unit": "days" }), json!({})),
        ("between-ago", json!({ "from": 0, "to": 6, "unit": "days" }), json!({})),
        ("between-ago", json!({ "from": 1, "to": 2, "unit": "hours" }), json!({})),
        ("is", json!("2026-11-24"), json!({})),
        ("is", json!("2026-11-24T08:30:00+01:00"), json!({})),
        ("before", json!("2026-11-24"), json!({})),
        ("after", json!("2026-11-24"), json!({})),
        ("on-or-before", json!("2026-11-24"), json!({})),
        ("on-or-after", json!("2026-11-24"), json!({})),
        ("between", json!(["2026-11-01", "2026-11-24"]), json!({})),
    ]
    .map(|(operator, value, options)| {
        format!("{operator} {value} {options} -> {}", instants(operator, value.clone(), options.clone(), now))
    });
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_day_of_the_clock_change_has_23_or_25_hours() {
    let day = |day: &str| instants("is", json!(day), json!({}), "2026-11-24T08:30:00Z");
    assert_eq!(day("2026-03-29"), "[2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z)");
    assert_eq!(day("2026-10-25"), "[2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z)");
    let last = |exact: bool| {
        instants("in-the-last", json!({ "amount": 1, "unit": "days" }), json!({ "exact": exact }), "2026-10-25T12:00:00Z")
    };
    assert_eq!(last(false), "[2026-10-24T22:00:00Z, 2026-10-25T12:00:00Z]");
    assert_eq!(last(true), "[2026-10-24T12:00:00Z, 2026-10-25T12:00:00Z]");
}

#[test]
fn nanoseconds_of_now_round_to_the_side_that_keeps_the_truth() {
    let now: Timestamp = "2026-11-24T08:30:00.0000005Z".parse().unwrap();
    let at = At::new(now, &TimeZone::UTC);
    let micros = now.as_microsecond();
    assert_eq!(at.instants(&TimeTest::Past).to, Bound::Excluded(micros + 1));
    assert_eq!(at.instants(&TimeTest::Future).from, Bound::Excluded(micros));
    assert!(!at.instants(&TimeTest::On(Moment::Instant(now))).contains(micros));
}

#[test]
fn dates_have_no_zone_but_today_has() {
    // Half past midnight of the 25th in Paris.
    let at = At::new("2026-11-24T23:30:00Z".parse().unwrap(), &paris());
    assert_eq!(at.today(), date(2026, 11, 25));
    let today = 20_782;
    let rolling = |amount, unit| Rolling { amount, unit, exact: false, week: WeekStart::Monday };
    for (test, from, to) in [
        (TimeTest::Past, Bound::Unbounded, Bound::Excluded(today)),
        (TimeTest::Future, Bound::Excluded(today), Bound::Unbounded),
        (TimeTest::Last(rolling(7, Unit::Days)), Bound::Included(today - 6), Bound::Included(today)),
        (TimeTest::Next(rolling(7, Unit::Days)), Bound::Included(today), Bound::Excluded(today + 7)),
        (TimeTest::MoreThanAgo(rolling(7, Unit::Days)), Bound::Unbounded, Bound::Excluded(today - 7)),
        (TimeTest::MoreThanFromNow(rolling(7, Unit::Days)), Bound::Included(today + 8), Bound::Unbounded),
        (TimeTest::Last(rolling(1, Unit::Weeks)), Bound::Included(today - 2), Bound::Included(today)),
        (TimeTest::On(Moment::Day(date(1969, 12, 31))), Bound::Included(-1), Bound::Included(-1)),
    ] {
        assert_eq!(at.days(&test), Interval { from, to }, "{test:?}");
    }
}

#[test]
fn leap_days_have_their_anniversary_every_year() {
    let first_of_march = 0;
    let days = |today, around| anniversary_days(today, around).into_iter().collect::<Vec<_>>();
    assert_eq!(days(date(2026, 3, 1), 0), [first_of_march]);
    assert_eq!(days(date(2024, 2, 29), 0), [365]);
    assert_eq!(days(date(2024, 2, 28), 0), [364]);
    assert_eq!(days(date(2026, 2, 28), 0), [364, 365]);
    assert_eq!(days(date(2026, 12, 31), 1), [304, 305, 306]);
}

#[test]
fn a_condition_reads_as_a_sentence() {
    let tree = tree(json!([
        { "field": "country", "operator": "is-not", "value": "United Kingdom", "options": { "case_insensitive": true } },
        { "op": "or", "children": [
            { "field": "total", "operator": "at-least", "value": "100.00" },
            { "field": "orders", "operator": "is-any-of", "value": [1, 2, 3, 4, 5, 6, 7] },
            { "field": "seen", "operator": "in-the-last", "value": { "amount": 1, "unit": "weeks" } },
            { "field": "seen", "operator": "more-than-ago", "value": { "amount": 30, "unit": "days" } },
            { "field": "seen", "operator": "between-ago", "value": { "from": 30, "to": 90, "unit": "days" } },
        ] },
        { "op": "and", "not": true, "children": [
            { "field": "born", "operator": "anniversary", "value": 0 },
            { "field": "score", "operator": "in-top-percent", "value": 20 },
            { "field": "country", "operator": "is", "value_ref": "city" },
            { "field": "city", "operator": "has-no-value" },
            { "field": "score", "operator": "between", "value": [1, 2] },
        ] },
    ]));
    insta::assert_snapshot!(sentence(&tree.root, &model(), &Context::default()));
    assert_eq!(sentence(&Group::default(), &model(), &Context::default()), "every row");
}
