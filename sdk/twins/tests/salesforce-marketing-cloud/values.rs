//! What a row may hold (*Attributes*, *Identifiers*).

use serde_json::{Value, json};

use crate::client::{Bench, ROWS, member};

/// Each type on both sides of its line, and how the value is kept.
#[tokio::test]
async fn a_value_is_of_its_columns_type_and_length() {
    let bench = Bench::start().await;
    for (column, value, kept) in [
        ("LoyaltyTier", json!("gold"), Some(json!("gold"))),
        ("LoyaltyTier", json!("àéîôùç"), Some(json!("àéîôùç"))),
        ("LoyaltyTier", json!("golden!"), None),
        ("LoyaltyTier", json!(""), Some(json!(""))),
        ("LoyaltyTier", Value::Null, Some(Value::Null)),
        ("LoyaltyTier", json!(12), Some(json!("12"))),
        ("LoyaltyTier", json!(true), Some(json!("true"))),
        ("LoyaltyTier", json!(["a"]), None),
        ("LoyaltyTier", json!({ "a": 1 }), None),
        ("Email", json!("a@b.example"), Some(json!("a@b.example"))),
        ("Email", json!("a@b"), None),
        ("Email", Value::Null, None),
        ("Email", json!(1), None),
        ("Points", json!(2_147_483_647), Some(json!(2_147_483_647))),
        ("Points", json!(2_147_483_648_i64), None),
        ("Points", json!(-2_147_483_648), Some(json!(-2_147_483_648))),
        ("Points", json!(1.5), None),
        ("Points", json!("7"), Some(json!(7))),
        ("Points", json!("seven"), None),
        ("Points", json!(true), None),
        ("Spent", json!(9_999.99), Some(json!(9_999.99))),
        ("Spent", json!(10_000), None),
        ("Spent", json!(0.125), None),
        ("Spent", json!("12.50"), Some(json!(12.5))),
        ("Spent", json!("a lot"), None),
        ("LastOrderAt", json!("2026-04-30T10:00:00Z"), Some(json!("2026-04-30T04:00:00"))),
        ("LastOrderAt", json!("2026-04-30"), Some(json!("2026-04-30T00:00:00"))),
        ("LastOrderAt", json!("yesterday"), None),
        ("LastOrderAt", json!(1_772_439_300), None),
        ("OptIn", json!(false), Some(json!(false))),
        ("OptIn", json!("True"), Some(json!(true))),
        ("OptIn", json!("yes"), None),
        ("OptIn", json!(1), None),
        ("Phone", json!("+33612345678"), Some(json!("+33612345678"))),
        ("Phone", json!("06 12 34 56 78"), Some(json!("06 12 34 56 78"))),
        ("Phone", json!("call me"), None),
        ("Locale", json!("fr-FR"), Some(json!("fr-FR"))),
        ("Locale", json!("French"), None),
    ] {
        bench.twin.reset();
        let mut row = member("a");
        row[column] = value.clone();
        let told = bench.told("PUT", ROWS, json!([row])).await;
        assert_eq!(bench.row("a").map(|row| row[column].clone()), kept, "{column} {value} {told:?}");
        assert_eq!(told[0].is_empty(), kept.is_some());
        let other = kept.as_ref().is_some_and(|kept| column != "LastOrderAt" && *kept != value);
        let codes: Vec<_> = bench.warnings().iter().map(|warning| warning.0).collect();
        assert_eq!(codes, if other { vec!["value-of-another-type"] } else { vec![] }, "{column} {value}");
    }
}

/// "must hold every primary-key and every non-nullable column".
#[tokio::test]
async fn a_row_has_its_key_and_its_required_columns() {
    let bench = Bench::start().await;
    for (row, want) in [
        (json!({ "Email": "a@b.example" }), "'MemberId' is required"),
        (json!({ "MemberId": null, "Email": "a@b.example" }), "'MemberId' does not allow nulls"),
        (json!({ "MemberId": "", "Email": "a@b.example" }), "may not be empty"),
        (json!({ "MemberId": "12345678901", "Email": "a@b.example" }), "longer than 10"),
        (json!({ "MemberId": "a" }), "'Email' is required"),
    ] {
        let told = bench.told("PUT", ROWS, json!([row, member("good")])).await;
        assert!(told[0].contains(want) && told[1].is_empty(), "{told:?}");
    }
    assert_eq!(bench.count(), 1, "a row is refused alone");
    bench.told("PUT", "/data/v1/async/dataextensions/key:Visits/rows", json!([{ "Shop": "Nice", "Day": 3, "Count": 1 }])).await;
    let told = bench
        .told(
            "POST",
            "/data/v1/async/dataextensions/key:Visits/rows",
            json!([{ "Shop": "Nice", "Day": 4 }, { "Shop": "Nice", "Day": 3 }]),
        )
        .await;
    assert!(told[0].is_empty() && told[1].contains("(Nice,3)"), "{told:?}");
}
