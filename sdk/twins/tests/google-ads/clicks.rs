//! Uploads of click and call conversions by admitted tokens (*Upload click or offline conversions*).

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::google_ads::{ActionType, Click, ConversionAction, Customer, Lack, Options};

use crate::client::{
    Bench, CALLS, CLICKS, CUSTOMER, EMAIL, UPLOAD, UPLOAD_CALLS, WEB, action, ads_code, failures, hands, hash, options,
};

fn conversion(change: Value) -> Value {
    let mut row = json!({
        "gclid": "g-1", "conversionAction": action(CLICKS), "conversionDateTime": "2026-10-18 11:15:00+02:00", "conversionValue": 129.9,
        "currencyCode": "EUR", "orderId": "ORD-1", "consent": { "adUserData": "GRANTED" },
    });
    for (name, value) in change.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn call(change: Value) -> Value {
    let mut row = json!({
        "callerId": "+33612345678", "callStartDateTime": "2026-10-18 09:00:00+00:00", "conversionAction": action(CALLS),
        "conversionDateTime": "2026-10-18 09:15:00+00:00", "conversionValue": 10, "currencyCode": "EUR",
    });
    for (name, value) in change.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn upload(rows: Vec<Value>) -> Value {
    json!({ "conversions": rows, "partialFailure": true })
}

async fn code(bench: &Bench, path: &str, row: Value) -> String {
    let answer = bench.taken(bench.ads(path, &upload(vec![row]))).await;
    failures(&answer).into_iter().next().map(|(code, _)| code).unwrap_or_default()
}

#[tokio::test]
async fn rows_are_kept_and_named() {
    let bench = Bench::start().await;
    let body = upload(vec![
        conversion(json!({})),
        conversion(json!({ "orderId": "ORD-2", "conversionValue": 1 })),
        conversion(json!({ "conversionDateTime": "x" })),
    ]);
    let answer = bench.taken(bench.ads(UPLOAD, &body)).await;
    assert_eq!(failures(&answer), [("INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET".to_owned(), 2)]);
    let path = &answer["partialFailureError"]["details"][0]["errors"][0]["location"]["fieldPathElements"];
    assert_eq!(path, &json!([{ "fieldName": "conversions", "index": 2 }, { "fieldName": "conversion_date_time" }]));
    assert_eq!((&answer["results"][0]["gclid"], &answer["results"][2]), (&json!("g-1"), &json!({})));
    assert!(answer["jobId"].as_str().unwrap().parse::<u64>().unwrap() > 1 << 31);
    let state = bench.twin.state();
    let kept = state.conversions().of_transaction(CLICKS, "ORD-1").unwrap();
    assert_eq!(
        (kept.value, kept.at.to_string().as_str(), kept.click.as_deref()),
        (Some(129.9), "2026-10-18T09:15:00Z", Some("g-1"))
    );
}

/// "`orderId` unique per action (`ORDER_ID_ALREADY_IN_USE`), else gclid + time (`CLICK_CONVERSION_ALREADY_EXISTS`)".
#[tokio::test]
async fn a_conversion_that_comes_again_is_told_apart() {
    let bench = Bench::start().await;
    let without = || conversion(json!({ "orderId": null }));
    assert_eq!(code(&bench, UPLOAD, conversion(json!({}))).await, "");
    assert_eq!(code(&bench, UPLOAD, conversion(json!({ "gclid": "g-2" }))).await, "ORDER_ID_ALREADY_IN_USE");
    assert_eq!(code(&bench, UPLOAD, without()).await, "CLICK_CONVERSION_ALREADY_EXISTS");
    assert_eq!(code(&bench, UPLOAD, conversion(json!({ "orderId": null, "gclid": "g-3" }))).await, "");
    let orders = vec![conversion(json!({ "orderId": "A", "gclid": "x" })), conversion(json!({ "orderId": "A", "gclid": "y" }))];
    assert_eq!(failures(&bench.taken(bench.ads(UPLOAD, &upload(orders))).await), [("DUPLICATE_ORDER_ID".to_owned(), 1)]);
    let clicks = vec![conversion(json!({ "orderId": null, "gclid": "z" })); 2];
    assert_eq!(
        failures(&bench.taken(bench.ads(UPLOAD, &upload(clicks))).await),
        [("DUPLICATE_CLICK_CONVERSION_IN_REQUEST".to_owned(), 1)]
    );
    assert_eq!(bench.twin.state().conversions().all().len(), 4);
}

/// "Timing (GA codes…)".
#[tokio::test]
async fn a_conversion_is_held_against_its_click() {
    let (clock, forward) = hands();
    let click = |id: &str, at: &str| Click { id: id.to_owned(), at: at.parse().unwrap() };
    let clicks = vec![click("old", "2026-10-10T00:00:00Z"), click("young", "2026-10-19T22:00:00Z")];
    let mut conversion_actions = options().conversion_actions;
    conversion_actions
        .push(ConversionAction { click_window_days: 5, ..ConversionAction::new(CUSTOMER, "7011", ActionType::UploadClicks) });
    let bench = Bench::with(Options { clock, clicks, clicks_must_be_known: true, conversion_actions, ..options() }).await;
    for (second, change, want) in [
        (0, json!({ "gclid": "old" }), ""),
        (0, json!({ "gclid": "nobody's" }), "EVENT_NOT_FOUND"),
        (0, json!({ "gclid": "old", "conversionDateTime": "2026-10-09 23:59:59+00:00" }), "CONVERSION_PRECEDES_EVENT"),
        (14_399, json!({ "gclid": "young", "conversionDateTime": "2026-10-20 00:00:00+00:00" }), "TOO_RECENT_EVENT"),
        (14_400, json!({ "gclid": "young", "conversionDateTime": "2026-10-20 00:00:00+00:00" }), ""),
        (
            0,
            json!({ "gclid": "old", "conversionAction": action("7011"), "conversionDateTime": "2026-10-15 00:00:01+00:00" }),
            "EXPIRED_EVENT",
        ),
        (0, json!({ "gclid": "old", "conversionAction": action("7011"), "conversionDateTime": "2026-10-15 00:00:00+00:00" }), ""),
    ] {
        forward.store(second, Ordering::SeqCst);
        let mut row = conversion(change.clone());
        row["orderId"] = change.to_string().into();
        assert_eq!(code(&bench, UPLOAD, row).await, want, "{change}");
    }
}

#[tokio::test]
async fn a_row_says_what_it_must() {
    let young = ConversionAction {
        created_at: "2026-10-19T18:00:01Z".parse().unwrap(),
        ..ConversionAction::new(CUSTOMER, "7012", ActionType::UploadClicks)
    };
    let once = ConversionAction { one_per_click: true, ..ConversionAction::new(CUSTOMER, "7010", ActionType::UploadClicks) };
    let mut conversion_actions = options().conversion_actions;
    conversion_actions.extend([young, once]);
    let bench = Bench::with(Options { conversion_actions, ..options() }).await;
    let many: Vec<Value> = (0..6).map(|n| json!({ "hashedEmail": hash(n) })).collect();
    for (change, want) in [
        (json!({ "conversionAction": null }), "REQUIRED"),
        (json!({ "conversionAction": action("1") }), "NO_CONVERSION_ACTION_FOUND"),
        (json!({ "conversionAction": action(WEB) }), "INVALID_CONVERSION_ACTION_TYPE"),
        (json!({ "conversionAction": action("7012") }), "TOO_RECENT_CONVERSION_ACTION"),
        (json!({ "conversionDateTime": null }), "REQUIRED"),
        (json!({ "conversionDateTime": "2026-10-20 00:00:01+00:00" }), "CANNOT_BE_IN_FUTURE"),
        (json!({ "currencyCode": "X" }), "UNSUPPORTED"),
        (json!({ "gclid": null }), "REQUIRED"),
        (json!({ "gclid": null, "gbraid": "a", "wbraid": "b" }), "GBRAID_WBRAID_BOTH_SET"),
        (
            json!({ "gclid": null, "gbraid": "a", "conversionAction": action("7010") }),
            "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID",
        ),
        (json!({ "orderId": "+33612345678" }), "ORDER_ID_CONTAINS_PII"),
        (json!({ "userIpAddress": "10.0.0.1" }), "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"),
        (json!({ "userIdentifiers": [{ "hashedEmail": "x" }] }), "INVALID_USER_IDENTIFIER"),
        (json!({ "userIdentifiers": [{ "addressInfo": {} }] }), "UNSUPPORTED_USER_IDENTIFIER"),
        (json!({ "userIdentifiers": many }), "TOO_MANY"),
        (json!({ "gclid": null, "userIdentifiers": [{ "hashedEmail": EMAIL }] }), ""),
    ] {
        assert_eq!(code(&bench, UPLOAD, conversion(change.clone())).await, want, "{change}");
    }
    let many = vec![conversion(json!({})); 2_001];
    assert_eq!(ads_code(bench.ads(UPLOAD, &upload(many))).await.1, "TOO_MANY_CONVERSIONS_IN_REQUEST");
}

#[tokio::test]
async fn an_account_without_enhanced_conversions_takes_no_people() {
    for (lack, want) in [
        (Lack::EnhancedConversionsTerms, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"),
        (Lack::EnhancedConversionsForLeads, "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"),
        (Lack::DataPolicy, "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"),
    ] {
        let customers = vec![Customer { lacks: vec![lack], ..Customer::new(CUSTOMER) }];
        let bench = Bench::with(Options { customers, ..options() }).await;
        assert_eq!(code(&bench, UPLOAD, conversion(json!({ "userIdentifiers": [{ "hashedEmail": EMAIL }] }))).await, want);
        assert_eq!(code(&bench, UPLOAD, conversion(json!({}))).await, "");
    }
}

/// "Calls: `:uploadCallConversions` (`callerId` E.164, `callStartDateTime`)".
#[tokio::test]
async fn calls_are_uploaded_by_who_called_and_when() {
    let bench = Bench::start().await;
    for (change, want) in [
        (json!({}), ""),
        (json!({}), "CALL_CONVERSION_ALREADY_EXISTS"),
        (json!({ "callerId": "0612345678" }), "UNPARSEABLE_CALLERS_PHONE_NUMBER"),
        (json!({ "callerId": null }), "REQUIRED"),
        (json!({ "callStartDateTime": "2026-10-18 09:15:01+00:00" }), "CONVERSION_PRECEDES_CALL"),
        (json!({ "callStartDateTime": "2026-10-18" }), "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"),
        (json!({ "conversionAction": action(CLICKS) }), "INVALID_CONVERSION_ACTION_TYPE"),
        (json!({ "currencyCode": "X" }), "UNSUPPORTED"),
    ] {
        assert_eq!(code(&bench, UPLOAD_CALLS, call(change.clone())).await, want, "{change}");
    }
    let twice = vec![call(json!({ "callerId": "+33612345679" })); 2];
    let answer = bench.taken(bench.ads(UPLOAD_CALLS, &upload(twice))).await;
    assert_eq!(failures(&answer), [("DUPLICATE_CALL_CONVERSION_IN_REQUEST".to_owned(), 1)]);
    assert_eq!(answer.get("jobId"), None);
    assert_eq!(bench.twin.state().conversions().all().len(), 2);
}
