//! Retractions, restatements and enhancements (*Adjust conversion events*, *Retract conversion events*, *Enhanced Conversions for Web*).

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::google_ads::{ActionType, ConversionAction, Customer, Lack, Options};

use crate::client::{
    ADJUST, Bench, CALLS, CLICKS, CUSTOMER, EMAIL, WEB, action, adjusting, adjustment, ads_code, failures, hands, hash, options,
    send,
};

/// Conversions of 2026-10-18T09:15 that a tag recorded: four with an order, one of a click alone.
async fn recorded(bench: &Bench) {
    let tag = |order: &str| json!({ "conversion_action": WEB, "transaction_id": order, "at": "2026-10-18T09:15:00Z", "value": 100.0, "currency": "EUR" });
    let click = json!({ "conversion_action": CLICKS, "gclid": "g-1", "at": "2026-10-18T09:15:00Z", "value": 50.0 });
    let both = json!({ "conversion_action": CLICKS, "gclid": "g-2", "transaction_id": "ORD-9", "at": "2026-10-18T09:15:00Z" });
    let seed = json!([tag("ORD-1"), tag("ORD-2"), tag("ORD-3"), tag("ORD-4"), click, both]);
    assert_eq!(bench.put("conversions", seed).await.0, 200);
}

async fn started() -> Bench {
    let bench = Bench::start().await;
    recorded(&bench).await;
    bench
}

fn restating(order: &str, value: f64, at: &str) -> Value {
    let mut row = adjustment("RESTATEMENT", order);
    row["restatementValue"] = json!({ "adjustedValue": value, "currencyCode": "USD" });
    row["adjustmentDateTime"] = at.into();
    row
}

fn enhancing(order: &str) -> Value {
    let mut row = adjustment("ENHANCEMENT", order);
    row["userIdentifiers"] = json!([{ "userIdentifierSource": "FIRST_PARTY", "hashedEmail": EMAIL }]);
    row
}

fn changed(mut row: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

async fn codes(bench: &Bench, rows: Vec<Value>) -> Vec<(String, u64)> {
    failures(&bench.taken(bench.ads(ADJUST, &adjusting(rows))).await)
}

async fn code(bench: &Bench, row: Value) -> String {
    codes(bench, vec![row]).await.into_iter().next().map(|(code, _)| code).unwrap_or_default()
}

#[tokio::test]
async fn each_row_is_taken_or_refused_by_itself() {
    let bench = started().await;
    let rows = vec![
        adjustment("RETRACTION", "ORD-1"),
        adjustment("RETRACTION", "ORD-77"),
        restating("ORD-2", 70.0, "2026-10-19 20:00:00+02:00"),
        enhancing("ORD-3"),
    ];
    let answer = bench.taken(bench.ads(ADJUST, &adjusting(rows))).await;
    assert_eq!(failures(&answer), [("CONVERSION_NOT_FOUND".to_owned(), 1)]);
    let failure = &answer["partialFailureError"];
    assert_eq!((&failure["code"], answer["results"].as_array().unwrap().len()), (&json!(3), 4));
    assert!(failure["message"].as_str().unwrap().ends_with(", at conversion_adjustments[1]"), "{failure}");
    assert_eq!((&answer["results"][1], &answer["results"][0]["orderId"]), (&json!({}), &json!("ORD-1")));
    let state = bench.twin.state();
    let of = |order: &str| state.conversions().of_transaction(WEB, order).unwrap();
    assert_eq!((of("ORD-1").retracted, of("ORD-1").value, of("ORD-1").count), (true, Some(0.0), 0));
    assert_eq!((of("ORD-2").value, of("ORD-2").currency.as_deref(), of("ORD-2").count), (Some(70.0), Some("USD"), 1));
    assert_eq!((of("ORD-3").enhanced, of("ORD-3").identifiers.len(), of("ORD-3").value), (true, 1, Some(100.0)));
    let entry = bench.twin.log().entries().pop().unwrap();
    assert_eq!((entry.tally.objects, entry.tally.applied, entry.tally.refused), (4, 3, 1));
}

/// "second retraction -> `CONVERSION_ALREADY_RETRACTED`"; "A second restatement needs a later `adjustmentDateTime`".
#[tokio::test]
async fn an_adjustment_that_comes_again_is_told_apart() {
    let bench = started().await;
    let at = "2026-10-19 20:00:00+00:00";
    assert_eq!(code(&bench, adjustment("RETRACTION", "ORD-1")).await, "");
    assert_eq!(code(&bench, adjustment("RETRACTION", "ORD-1")).await, "CONVERSION_ALREADY_RETRACTED");
    assert_eq!(code(&bench, restating("ORD-1", 1.0, at)).await, "CONVERSION_ALREADY_RETRACTED");
    assert_eq!(code(&bench, restating("ORD-2", 70.0, at)).await, "");
    assert_eq!(code(&bench, restating("ORD-2", 60.0, at)).await, "RESTATEMENT_ALREADY_EXISTS");
    assert_eq!(code(&bench, restating("ORD-2", 60.0, "2026-10-19 19:59:59+00:00")).await, "MORE_RECENT_RESTATEMENT_FOUND");
    assert_eq!(code(&bench, restating("ORD-2", 60.0, "2026-10-19 20:00:01+00:00")).await, "");
    assert_eq!(code(&bench, enhancing("ORD-3")).await, "");
    assert_eq!(code(&bench, enhancing("ORD-3")).await, "CONVERSION_ALREADY_ENHANCED");
    let twice = codes(&bench, vec![adjustment("RETRACTION", "ORD-4"), adjustment("RETRACTION", "ORD-4")]).await;
    assert_eq!(twice, [("DUPLICATE_ADJUSTMENT_IN_REQUEST".to_owned(), 1)]);
    let state = bench.twin.state();
    assert_eq!(state.conversions().of_transaction(WEB, "ORD-2").unwrap().value, Some(60.0));
}

/// "not before 24 h after the conversion …; not after 54 days".
#[tokio::test]
async fn a_conversion_is_adjusted_between_a_day_and_54_days() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, ..options() }).await;
    let seed = |order: &str, at: &str| json!({ "conversion_action": WEB, "transaction_id": order, "at": at, "value": 1.0 });
    bench.put("conversions", json!([seed("young", "2026-10-19T12:00:00Z"), seed("old", "2026-10-19T12:00:00Z")])).await;
    let adjusted = |order: &str| restating(order, 2.0, "2026-10-19 20:00:00+00:00");
    for (second, order, want) in [
        (43_199, "young", "TOO_RECENT_CONVERSION"),
        (43_200, "young", ""),
        (54 * 86_400 - 43_200 + 1, "old", "CONVERSION_EXPIRED"),
        (54 * 86_400 - 43_200, "old", ""),
    ] {
        forward.store(second, Ordering::SeqCst);
        assert_eq!(code(&bench, adjusted(order)).await, want, "{second}");
    }
    forward.store(0, Ordering::SeqCst);
    bench.put("conversions", json!([seed("new", "2026-10-19T23:00:00Z")])).await;
    assert_eq!(code(&bench, enhancing("new")).await, "ADJUSTMENT_PRECEDES_CONVERSION");
    let mut now = enhancing("new");
    now.as_object_mut().unwrap().remove("adjustmentDateTime");
    assert_eq!(code(&bench, now).await, "", "an enhancement comes within the day");
}

#[tokio::test]
async fn a_row_says_what_it_must_and_nothing_else() {
    let young = ConversionAction {
        created_at: "2026-10-19T18:00:01Z".parse().unwrap(),
        ..ConversionAction::new(CUSTOMER, "7012", ActionType::Webpage)
    };
    let fixed = ConversionAction { always_default_value: true, ..ConversionAction::new(CUSTOMER, "7013", ActionType::Webpage) };
    let mut conversion_actions = options().conversion_actions;
    conversion_actions.extend([young, fixed]);
    let bench = Bench::with(Options { conversion_actions, ..options() }).await;
    recorded(&bench).await;
    let retracting = || adjustment("RETRACTION", "ORD-1");
    let pair = json!({ "gclid": "g-1", "conversionDateTime": "2026-10-18 11:15:00+02:00" });
    let restatement = || restating("ORD-2", 1.0, "2026-10-19 20:00:00+00:00");
    let many: Vec<Value> = (0..6).map(|n| json!({ "hashedEmail": hash(n) })).collect();
    for (row, want) in [
        (changed(retracting(), json!({ "adjustmentType": null })), "REQUIRED"),
        (changed(retracting(), json!({ "adjustmentType": "UNKNOWN" })), "REQUIRED"),
        (changed(retracting(), json!({ "adjustmentDateTime": null })), "REQUIRED"),
        (
            changed(retracting(), json!({ "adjustmentDateTime": "2026-10-19T20:00:00Z" })),
            "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
        ),
        (
            changed(retracting(), json!({ "adjustmentDateTime": "2026-10-19 20:00:00" })),
            "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
        ),
        (changed(retracting(), json!({ "adjustmentDateTime": "2026-10-18 09:14:59+00:00" })), "ADJUSTMENT_PRECEDES_CONVERSION"),
        (changed(retracting(), json!({ "conversionAction": null })), "REQUIRED"),
        (changed(retracting(), json!({ "conversionAction": "7001112223" })), "NO_CONVERSION_ACTION_FOUND"),
        (changed(retracting(), json!({ "conversionAction": action("1") })), "NO_CONVERSION_ACTION_FOUND"),
        (changed(retracting(), json!({ "conversionAction": action(CALLS) })), "INVALID_CONVERSION_ACTION_TYPE"),
        (changed(retracting(), json!({ "conversionAction": action("7012") })), "TOO_RECENT_CONVERSION_ACTION"),
        (changed(retracting(), json!({ "restatementValue": { "adjustedValue": 1 } })), "VALUE_MUST_BE_UNSET"),
        (changed(retracting(), json!({ "userIdentifiers": [{ "hashedEmail": EMAIL }] })), "VALUE_MUST_BE_UNSET"),
        (changed(retracting(), json!({ "userAgent": "Mozilla" })), "VALUE_MUST_BE_UNSET"),
        (changed(retracting(), json!({ "gclidDateTimePair": pair })), "GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET"),
        (changed(retracting(), json!({ "orderId": "a@b.example" })), "ORDER_ID_CONTAINS_PII"),
        (changed(retracting(), json!({ "orderId": null })), "MISSING_ORDER_ID_FOR_WEBPAGE"),
        (changed(retracting(), json!({ "orderId": null, "conversionAction": action(CLICKS) })), "REQUIRED"),
        (changed(restatement(), json!({ "restatementValue": null })), "REQUIRED"),
        (changed(restatement(), json!({ "restatementValue": { "currencyCode": "EUR" } })), "REQUIRED"),
        (changed(restatement(), json!({ "restatementValue": { "adjustedValue": 1, "currencyCode": "euro" } })), "UNSUPPORTED"),
        (
            changed(restatement(), json!({ "conversionAction": action("7013") })),
            "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE",
        ),
        (changed(enhancing("ORD-9"), json!({ "conversionAction": action(CLICKS) })), "INVALID_CONVERSION_ACTION_TYPE"),
        (changed(enhancing("ORD-3"), json!({ "userIdentifiers": [] })), "REQUIRED"),
        (changed(enhancing("ORD-3"), json!({ "userIdentifiers": many })), "TOO_MANY"),
        (
            changed(enhancing("ORD-3"), json!({ "userIdentifiers": [{ "hashedEmail": "alexz@example.com" }] })),
            "INVALID_USER_IDENTIFIER",
        ),
        (changed(enhancing("ORD-3"), json!({ "userIdentifiers": [{ "mobileId": "x" }] })), "UNSUPPORTED_USER_IDENTIFIER"),
    ] {
        assert_eq!(code(&bench, row.clone()).await, want, "{row}");
    }
    assert_eq!(bench.twin.ledger().total(), 0, "nothing of it was applied");
}

/// "either `orderId` or `gclidDateTimePair` (if the original had an order id it must be used; not both)".
#[tokio::test]
async fn a_conversion_without_an_order_is_found_by_its_click_and_time() {
    let bench = started().await;
    let by_click = |gclid: &str, at: &str| {
        let pair = json!({ "gclid": gclid, "conversionDateTime": at });
        changed(
            adjustment("RETRACTION", "x"),
            json!({ "orderId": null, "gclidDateTimePair": pair, "conversionAction": action(CLICKS) }),
        )
    };
    assert_eq!(code(&bench, by_click("g-1", "2026-10-18 09:15:01+00:00")).await, "CONVERSION_NOT_FOUND");
    assert_eq!(code(&bench, by_click("g-2", "2026-10-18 09:15:00+00:00")).await, "CONVERSION_NOT_FOUND", "it has an order");
    assert_eq!(code(&bench, by_click("g-1", "2026-10-18 11:15:00+02:00")).await, "");
    assert!(bench.twin.state().conversions().all()[4].retracted);
}

#[tokio::test]
async fn a_request_is_right_as_a_whole() {
    let bench = started().await;
    let rows = |count: usize| vec![adjustment("RETRACTION", "ORD-77"); count];
    assert_eq!(send(bench.ads(ADJUST, &adjusting(rows(2_000)))).await.0, 200);
    for (body, code) in [
        (adjusting(rows(2_001)), "TOO_MANY_ADJUSTMENTS_IN_REQUEST"),
        (adjusting(rows(0)), "REQUIRED"),
        (json!({ "conversionAdjustments": rows(1) }), "PARTIAL_FAILURE_MODE_REQUIRED"),
        (changed(adjusting(rows(1)), json!({ "jobId": 0 })), "INVALID_JOB_ID"),
    ] {
        assert_eq!(ads_code(bench.ads(ADJUST, &body)).await, (400, code.to_owned()));
    }
    let validating = changed(
        adjusting(vec![adjustment("RETRACTION", "ORD-1"), adjustment("RETRACTION", "x")]),
        json!({ "validateOnly": true, "jobId": 7 }),
    );
    let answer = bench.taken(bench.ads(ADJUST, &validating)).await;
    assert_eq!((&answer["results"], &answer["jobId"], failures(&answer).len()), (&Value::Null, &json!("7"), 1));
    assert!(!bench.twin.state().conversions().all()[0].retracted);
    let unknown =
        changed(adjusting(vec![changed(adjustment("RETRACTION", "ORD-1"), json!({ "transactionId": "ORD-1" }))]), json!({}));
    assert_eq!(bench.violations(bench.ads(ADJUST, &unknown)).await.1[0].1, "conversion_adjustments[0]");
}

#[tokio::test]
async fn an_account_that_has_not_agreed_enhances_nothing() {
    for (lack, want) in [
        (Lack::EnhancedConversionsTerms, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"),
        (Lack::DataPolicy, "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCEMENT"),
    ] {
        let customers = vec![Customer { lacks: vec![lack], ..Customer::new(CUSTOMER) }];
        let bench = Bench::with(Options { customers, ..options() }).await;
        recorded(&bench).await;
        assert_eq!(code(&bench, enhancing("ORD-3")).await, want);
        assert_eq!(code(&bench, adjustment("RETRACTION", "ORD-1")).await, "");
    }
}
