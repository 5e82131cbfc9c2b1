//! Random rows of the table of conditions and random trees over its fields, every operator among them: what the property test of
//! [`crate`] draws from.

use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    FIELDS,
    naive::{Cell, Row},
    support::at,
    text,
};

pub(crate) fn cells() -> impl Strategy<Value = Row> {
    let texts = || {
        prop_oneof![
            Just(Cell::None),
            prop::sample::select(vec![
                "",
                "France",
                "FRANCE",
                "abc",
                "a%c",
                "12",
                "Cafe\u{301}",
                "Caf\u{e9}",
                "x'y\\",
                "ΟΔΟΣ",
                "οδοσα"
            ])
            .prop_map(text)
        ]
    };
    let integers = || prop_oneof![Just(Cell::None), (-3..4_i64).prop_map(Cell::Integer)];
    // Around now, around the changes of clocks in 2026, and far away.
    let instants = || {
        let base = prop::sample::select(vec![
            "2026-11-24T08:30:00Z",
            "2026-03-29T01:00:00Z",
            "2026-10-25T01:00:00Z",
            "1900-06-01T00:00:00Z",
            "2024-02-28T23:30:00Z",
        ]);
        prop_oneof![
            Just(Cell::None),
            (base, prop_oneof![Just(0_i64), -90..90_i64, -200_000..200_000_i64, -60_000_000..60_000_000_i64])
                .prop_map(|(base, seconds)| Cell::Instant(at(base) + jiff::SignedDuration::from_secs(seconds)))
        ]
    };
    let days = prop_oneof![
        Just(Cell::None),
        (-400..400_i64).prop_map(|away| Cell::Day(Date::constant(2026, 11, 24) + jiff::Span::new().days(away))),
        Just(Cell::Day(Date::constant(1988, 2, 29)))
    ];
    let parts = (
        texts(),
        texts(),
        integers(),
        integers(),
        prop_oneof![Just(Cell::None), (-300..300_i128).prop_map(Cell::Decimal)],
        prop_oneof![Just(Cell::None), prop::sample::select(vec![0.0, -0.0, 0.5, 1.5, -2.0, f64::INFINITY]).prop_map(Cell::Float)],
        prop_oneof![Just(Cell::None), any::<bool>().prop_map(Cell::Boolean)],
        days,
        instants(),
        instants(),
    );
    parts.prop_map(|(a, b, c, d, e, f, g, h, i, j)| FIELDS.into_iter().zip([Cell::None, a, b, c, d, e, f, g, h, i, j]).collect())
}

fn leaf() -> impl Strategy<Value = Value> {
    let texts = || prop::sample::select(vec!["", "France", "france", "a", "%", "Caf\u{e9}", "12", "\\", "ΟΔΟΣ", "οδοσ"]);
    let fold = || any::<bool>().prop_map(|fold| if fold { json!({ "case_insensitive": true }) } else { json!({}) });
    let op = |names: &'static [&'static str]| prop::sample::select(names.to_vec());
    let text_field = || op(&["country", "city"]);
    let one_text = (
        text_field(),
        op(&[
            "is",
            "is-not",
            "contains",
            "does-not-contain",
            "starts-with",
            "does-not-start-with",
            "ends-with",
            "does-not-end-with",
        ]),
        texts(),
        fold(),
        any::<bool>(),
    )
        .prop_map(|(field, operator, value, options, other)| {
            if other {
                json!({ "field": field, "operator": operator, "value_ref": "city", "options": options })
            } else {
                json!({ "field": field, "operator": operator, "value": value, "options": options })
            }
        });
    let many_texts = (
        text_field(),
        op(&["is-any-of", "is-none-of", "contains-any-of", "contains-all-of", "contains-none-of"]),
        prop::collection::vec(texts(), 1..4),
        fold(),
    )
        .prop_map(
            |(field, operator, value, options)| json!({ "field": field, "operator": operator, "value": value, "options": options }),
        );
    let pattern = (text_field(), op(&["^F", r"^\d+$", "a.c"]), fold()).prop_map(
        |(field, value, options)| json!({ "field": field, "operator": "matches-pattern", "value": value, "options": options }),
    );
    let valued = (op(&["country", "orders", "total", "score", "active", "born", "seen"]), op(&["has-any-value", "has-no-value"]))
        .prop_map(|(field, operator)| json!({ "field": field, "operator": operator }));
    let number = (
        op(&["orders", "visits", "total", "score"]),
        op(&["is", "is-not", "greater-than", "at-least", "less-than", "at-most"]),
        -2..3_i64,
        any::<bool>(),
    )
        .prop_map(|(field, operator, value, other)| match field {
            "orders" if other => json!({ "field": field, "operator": operator, "value_ref": "visits" }),
            "total" => json!({ "field": field, "operator": operator, "value": format!("{value}.50") }),
            "score" => json!({ "field": field, "operator": operator, "value": value as f64 / 2.0 }),
            _ => json!({ "field": field, "operator": operator, "value": value }),
        });
    let pair = (op(&["between", "not-between"]), -3..3_i64, 0..3_i64)
        .prop_map(|(operator, low, more)| json!({ "field": "orders", "operator": operator, "value": [low, low + more] }));
    let list = (op(&["is-any-of", "is-none-of"]), prop::collection::vec(-3..4_i64, 1..4))
        .prop_map(|(operator, value)| json!({ "field": "orders", "operator": operator, "value": value }));
    let rank = (op(&["orders", "total", "score"]), op(&["in-top-percent", "in-bottom-percent"]), 1..=100_u32)
        .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value }));
    let boolean = (op(&["is", "is-not"]), any::<bool>())
        .prop_map(|(operator, value)| json!({ "field": "active", "operator": operator, "value": value }));
    let moments = || op(&["2026-11-24", "2026-11-23", "2026-03-29", "2026-10-25", "2024-02-29"]);
    let moment = (
        op(&["born", "seen", "first_seen"]),
        op(&["is", "is-not", "before", "after", "on-or-before", "on-or-after"]),
        moments(),
        0..3_u32,
    )
        .prop_map(|(field, operator, value, other)| match (field, other) {
            ("seen", 1) => json!({ "field": field, "operator": operator, "value_ref": "first_seen" }),
            ("seen", 2) => json!({ "field": field, "operator": operator, "value": "2026-11-24T08:30:00Z" }),
            _ => json!({ "field": field, "operator": operator, "value": value }),
        });
    let span = (op(&["born", "seen"]), op(&["between", "not-between"]), moments(), moments())
        .prop_map(|(field, operator, a, b)| json!({ "field": field, "operator": operator, "value": [a.min(b), a.max(b)] }));
    let window = (
        op(&["born", "seen"]),
        op(&["in-the-last", "not-in-the-last", "in-the-next", "more-than-ago", "more-than-from-now", "between-ago"]),
        op(&["minutes", "hours", "days", "weeks", "months", "quarters", "years"]),
        1..5_u32,
        0..5_u32,
        any::<bool>(),
    )
        .prop_map(|(field, operator, unit, amount, from, exact)| {
            let unit = if field == "born" && matches!(unit, "minutes" | "hours") { "days" } else { unit };
            let options = if exact && field == "seen" && matches!(unit, "minutes" | "hours" | "days" | "weeks") {
                json!({ "exact": true })
            } else {
                json!({})
            };
            let value = if operator == "between-ago" {
                json!({ "from": from, "to": from + amount, "unit": unit })
            } else {
                json!({ "amount": amount, "unit": unit })
            };
            json!({ "field": field, "operator": operator, "value": value, "options": options })
        });
    let yearly = (op(&["born", "seen"]), 0..40_u32)
        .prop_map(|(field, value)| json!({ "field": field, "operator": "anniversary", "value": value }));
    let sided = (op(&["born", "seen"]), op(&["in-the-past", "in-the-future"]))
        .prop_map(|(field, operator)| json!({ "field": field, "operator": operator }));
    prop_oneof![3 => one_text, 2 => many_texts, 1 => pattern, 1 => valued, 3 => number, 1 => pair, 1 => list, 1 => rank, 1 => boolean, 3 => moment, 1 => span, 4 => window, 1 => yearly, 1 => sided]
}

pub(crate) fn trees() -> impl Strategy<Value = Value> {
    let group = |children: Vec<Value>, or: bool, not: bool| json!({ "op": if or { "or" } else { "and" }, "not": not, "children": children });
    let nested = leaf().prop_recursive(3, 12, 4, move |inner| {
        (prop::collection::vec(inner, 0..4), any::<bool>(), any::<bool>())
            .prop_map(move |(children, or, not)| group(children, or, not))
    });
    (prop::collection::vec(nested, 0..4), any::<bool>(), any::<bool>())
        .prop_map(move |(children, or, not)| group(children, or, not))
}
