//! Events of Data Manager (*Enhanced Conversions for Web*, *Upload click or offline conversions*, *Adjust conversion events*).

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::google_ads::{ActionType, Click, ConversionAction, CustomVariable, Customer, Options};

use crate::client::{Bench, CALLS, CLICKS, CUSTOMER, EMAIL, EVENTS, PHONE, WEB, event, events, hands, hash, options, send, to};

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut event = event("ORD-1");
    change(&mut event);
    event
}

fn without(name: &str) -> Value {
    changed(|event| drop(event.as_object_mut().unwrap().remove(name)))
}

/// "An event with a matching `transactionId` supplements user data only where the original had none".
#[tokio::test]
async fn a_conversion_of_the_tag_is_supplemented_once() {
    let bench = Bench::start().await;
    let recorded = json!([{ "conversion_action": WEB, "transaction_id": "ORD-1", "at": "2026-10-18T09:15:00Z", "value": 129.9, "currency": "EUR" }]);
    bench.put("conversions", recorded).await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1")])).await;
    let other = changed(|event| event["userData"]["userIdentifiers"][0] = json!({ "phoneNumber": PHONE }));
    bench.accepted(EVENTS, &events(WEB, vec![other])).await;
    let state = bench.twin.state();
    let conversion = state.conversions().of_transaction(WEB, "ORD-1").unwrap();
    assert_eq!(conversion.identifiers.iter().collect::<Vec<_>>(), [&format!("email:{EMAIL}")]);
    assert_eq!((conversion.enhanced, conversion.count, conversion.adjustments.len()), (true, 1, 1));
    assert_eq!((state.conversions().all().len(), bench.twin.ledger().total()), (1, 1), "the second one was ignored");
}

/// "Value and currency overwrite; count is unchanged"; "If no conversion has that id, Google creates a new conversion".
#[tokio::test]
async fn an_event_that_comes_again_restates_the_value() {
    let bench = Bench::start().await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1")])).await;
    let again = changed(|event| {
        event["conversionValue"] = 60.into();
        event["currency"] = "USD".into();
        event["eventTimestamp"] = "2026-10-19T09:15:00Z".into();
    });
    bench.accepted(EVENTS, &events(WEB, vec![again.clone()])).await;
    bench.accepted(EVENTS, &events(WEB, vec![again])).await;
    let state = bench.twin.state();
    let conversion = state.conversions().of_transaction(WEB, "ORD-1").unwrap();
    assert_eq!((conversion.value, conversion.currency.as_deref(), conversion.count), (Some(60.0), Some("USD"), 1));
    assert_eq!((conversion.at.to_string().as_str(), conversion.adjustments.len()), ("2026-10-18T09:15:00Z", 1));
    bench.accepted(EVENTS, &events(CLICKS, vec![event("ORD-1")])).await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-2")])).await;
    assert_eq!(bench.twin.state().conversions().all().len(), 3, "another action and another transaction are other conversions");
}

/// The table of fields, and the reasons of *Errors*.
#[tokio::test]
async fn an_event_has_what_its_action_needs() {
    let bench = Bench::start().await;
    let none = || without("userData");
    let ad = |name: &str| {
        let mut event = none();
        event["adIdentifiers"] = json!({ name: "x" });
        event
    };
    for (action, event, reason, field) in [
        (WEB, event("ORD-1"), "", ""),
        (WEB, without("transactionId"), "REQUIRED_FIELD_MISSING", ".transaction_id"),
        (CLICKS, without("transactionId"), "", ""),
        (WEB, without("eventTimestamp"), "REQUIRED_FIELD_MISSING", ".event_timestamp"),
        (WEB, changed(|it| it["eventTimestamp"] = "2026-10-20T00:05:00Z".into()), "", ""),
        (WEB, changed(|it| it["eventTimestamp"] = "2026-10-20T00:05:01Z".into()), "EVENT_TIME_INVALID", ".event_timestamp"),
        (WEB, changed(|it| it["currency"] = "euro".into()), "INVALID_CURRENCY_CODE", ".currency"),
        (WEB, none(), "NO_IDENTIFIERS_PROVIDED", ""),
        (CLICKS, none(), "NO_IDENTIFIERS_PROVIDED", ""),
        (CLICKS, ad("gclid"), "", ""),
        (CLICKS, ad("gbraid"), "", ""),
        (CLICKS, ad("wbraid"), "", ""),
        (CLICKS, ad("sessionAttributes"), "NO_IDENTIFIERS_PROVIDED", ""),
        (WEB, ad("sessionAttributes"), "", ""),
        (WEB, changed(|it| it["eventDeviceInfo"] = json!({ "ipAddress": "x" })), "INVALID_FORMAT", ".event_device_info.ip_address"),
        (
            WEB,
            changed(|it| it["cartData"] = json!({ "merchantFeedLanguageCode": "xx" })),
            "INVALID_MERCHANT_FEED_LANGUAGE_CODE",
            ".cart_data.merchant_feed_language_code",
        ),
        (
            WEB,
            changed(|it| it["customVariables"] = json!([{ "variable": "a", "value": "a@b.example" }])),
            "CUSTOM_VARIABLE_VALUE_CONTAINS_PII",
            ".custom_variables[0].value",
        ),
        (
            WEB,
            changed(|it| it["thirdPartyUserData"] = it["userData"].clone()),
            "THIRD_PARTY_USER_DATA_NOT_ALLOWED",
            ".third_party_user_data",
        ),
        (
            WEB,
            changed(|it| it["userData"]["userIdentifiers"][0]["emailAddress"] = "x".into()),
            "INVALID_HEX_ENCODING",
            ".user_data.user_identifiers[0].email_address",
        ),
        (WEB, changed(|it| it["transactionId"] = "100234".into()), "", ".bare"),
    ] {
        let bare = field == ".bare";
        let body = events(action, vec![self::event("ORD-0"), event.clone()]);
        let (status, got, at) = bench.refused(EVENTS, &body).await;
        let refused = bare || !reason.is_empty();
        let place = if !refused { String::new() } else { format!("events.events[1]{}", if bare { "" } else { field }) };
        assert_eq!((status, got.as_str(), at), (if refused { 400 } else { 200 }, reason, place), "{event}");
    }
}

/// "DM rejects a purely numeric `transactionId` with a bare 400 on `events[n]`, and `validateOnly` does not catch it".
#[tokio::test]
async fn a_number_is_no_transaction_and_validating_does_not_tell() {
    let bench = Bench::start().await;
    let mut body = events(WEB, vec![event("ORD-1"), event("100234")]);
    body["validateOnly"] = true.into();
    assert_eq!(bench.refused(EVENTS, &body).await.0, 200);
    body["validateOnly"] = false.into();
    assert_eq!(bench.refused(EVENTS, &body).await, (400, String::new(), "events.events[1]".to_owned()));
    assert!(bench.twin.state().conversions().all().is_empty());
}

/// "≤2,000 events (one error text says 10,000; use 2,000)".
#[tokio::test]
async fn as_many_events_as_the_vendor_takes_and_one_more() {
    let bench = Bench::start().await;
    let many = |count: usize| (0..count).map(|n| event(&format!("ORD-{n}"))).collect::<Vec<_>>();
    assert_eq!(bench.refused(EVENTS, &events(WEB, many(2_000))).await.0, 200);
    assert_eq!(bench.refused(EVENTS, &events(WEB, many(2_001))).await.1, "TOO_MANY_EVENTS");
    assert_eq!(bench.refused(EVENTS, &events(WEB, many(0))).await.2, "events");
    assert_eq!(bench.twin.state().conversions().all().len(), 2_000);
}

/// "`operatingAccount` must be the conversion customer (owner of the conversion action)".
#[tokio::test]
async fn a_destination_is_an_action_of_the_account() {
    let bench = Bench::start().await;
    bench.put("conversion-actions", json!([{ "id": "7009", "customer_id": Options::MANAGER, "type": "WEBPAGE" }])).await;
    for (action, reason) in
        [("7009", "INVALID_CONVERSION_ACTION_ID"), ("1", "INVALID_CONVERSION_ACTION_ID"), (CALLS, "INVALID_CONVERSION_ACTION_TYPE")]
    {
        let want = (400, reason.to_owned(), "destinations[0].product_destination_id".to_owned());
        assert_eq!(bench.refused(EVENTS, &events(action, vec![event("ORD-1")])).await, want, "{action}");
    }
    let mut unencoded = events(WEB, vec![event("ORD-1")]);
    unencoded.as_object_mut().unwrap().remove("encoding");
    assert_eq!(bench.refused(EVENTS, &unencoded).await, (400, "REQUIRED_FIELD_MISSING".to_owned(), "encoding".to_owned()));
}

/// "Timing (…DM processing reasons in brackets)".
#[tokio::test]
async fn a_conversion_is_held_against_its_click() {
    let (clock, forward) = hands();
    let click = |id: &str, at: &str| Click { id: id.to_owned(), at: at.parse().unwrap() };
    let clicks = vec![click("old", "2026-10-10T00:00:00Z"), click("young", "2026-10-20T00:00:00Z")];
    let mut conversion_actions = options().conversion_actions;
    conversion_actions
        .push(ConversionAction { one_per_click: true, ..ConversionAction::new(CUSTOMER, "7010", ActionType::UploadClicks) });
    conversion_actions
        .push(ConversionAction { click_window_days: 5, ..ConversionAction::new(CUSTOMER, "7011", ActionType::UploadClicks) });
    let bench = Bench::with(Options { clock, clicks, clicks_must_be_known: true, conversion_actions, ..options() }).await;
    let at = |seconds: i64| forward.store(seconds, Ordering::SeqCst);
    for (action, ad, id, time, second, reason) in [
        (CLICKS, "gclid", "old", "2026-10-18T09:15:00Z", 0, None),
        (CLICKS, "gclid", "old", "2026-10-09T23:59:59Z", 0, Some("CONVERSION_PRECEDES_CLICK")),
        (CLICKS, "gclid", "young", "2026-10-20T00:00:00Z", 21_599, Some("TOO_RECENT_CLICK")),
        (CLICKS, "gclid", "young", "2026-10-20T00:00:00Z", 21_600, None),
        (CLICKS, "gclid", "nobody's", "2026-10-18T09:15:00Z", 0, Some("INVALID_CLICK")),
        (CLICKS, "gclid", "old", "2026-07-21T00:00:00Z", 0, Some("EVENT_TOO_OLD")),
        ("7011", "gclid", "old", "2026-10-15T00:00:00Z", 0, None),
        ("7011", "gclid", "old", "2026-10-15T00:00:01Z", 0, Some("EVENT_TOO_OLD")),
        ("7010", "wbraid", "old", "2026-10-18T09:15:00Z", 0, Some("ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID")),
        ("7010", "gclid", "old", "2026-10-18T09:15:00Z", 0, None),
    ] {
        at(second);
        let mut event = without("transactionId");
        event["adIdentifiers"] = json!({ ad: id });
        event["eventTimestamp"] = time.into();
        let before = bench.twin.state().conversions().all().len();
        let request = bench.accepted(EVENTS, &events(action, vec![event])).await;
        let status = bench.ended(&request).await;
        let counts = reason.map(|reason| json!([{ "recordCount": "1", "reason": format!("PROCESSING_ERROR_REASON_{reason}") }]));
        assert_eq!(status["errorInfo"]["errorCounts"], counts.unwrap_or(Value::Null), "{action} {id} {time}");
        assert_eq!(bench.twin.state().conversions().all().len() - before, usize::from(reason.is_none()));
    }
}

/// "ingests may add `fieldWarnings` (record still accepted)".
#[tokio::test]
async fn what_the_vendor_only_finds_fault_with_is_accepted() {
    let variable = |name: &str, enabled| CustomVariable { name: name.to_owned(), enabled };
    let customers =
        vec![Customer { custom_variables: vec![variable("on", true), variable("off", false)], ..Customer::new(CUSTOMER) }];
    let bench = Bench::with(Options { customers, ..options() }).await;
    let event = changed(|event| {
        event["adIdentifiers"] = json!({ "gbraid": "x" });
        event["cartData"] = json!({ "merchantId": "m", "items": [{ "merchantProductId": "p", "unitPrice": 1.5 }, {}] });
        event["customVariables"] = json!([{ "variable": "on", "value": "1" }, { "variable": "off", "value": "1" }, { "variable": "unknown", "value": "1" }]);
    });
    let answer = bench.taken(bench.post(EVENTS, &events(CLICKS, vec![event]))).await;
    let warnings: Vec<(&str, &str)> = answer["fieldWarnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["reason"].as_str().unwrap(), it["field"].as_str().unwrap()))
        .collect();
    assert_eq!(
        warnings,
        [
            ("WARNING_REASON_CART_DATA_NOT_SUPPORTED_WITH_GBRAID_OR_WBRAID", "events.events[0].cart_data"),
            ("WARNING_REASON_INVALID_MERCHANT_ID", "events.events[0].cart_data.merchant_id"),
            (
                "WARNING_REASON_CART_DATA_ITEM_MERCHANT_PRODUCT_ID_MISSING",
                "events.events[0].cart_data.items[1].merchant_product_id"
            ),
            ("WARNING_REASON_CART_DATA_ITEM_UNIT_PRICE_MISSING", "events.events[0].cart_data.items[1].unit_price"),
            ("WARNING_REASON_CUSTOM_VARIABLE_NOT_ENABLED", "events.events[0].custom_variables[1]"),
        ]
    );
    assert_eq!(bench.twin.state().conversions().all().len(), 1);
}

#[tokio::test]
async fn an_event_goes_where_it_says() {
    let bench = Bench::start().await;
    let mut body = events(WEB, vec![event("ORD-1"), event("ORD-2")]);
    body["destinations"] = json!([to(WEB), to(CLICKS)]);
    body["destinations"][0]["reference"] = "web".into();
    body["destinations"][1]["reference"] = "clicks".into();
    body["events"][1]["destinationReferences"] = json!(["clicks"]);
    bench.accepted(EVENTS, &body).await;
    let state = bench.twin.state();
    let of = |action: &str| state.conversions().all().iter().filter(|it| it.conversion_action == action).count();
    assert_eq!((of(WEB), of(CLICKS)), (1, 2));
}

#[tokio::test]
async fn an_event_that_counts_twice_is_warned_of() {
    let bench = Bench::start().await;
    bench.accepted(EVENTS, &events(CLICKS, vec![without("transactionId"), without("transactionId")])).await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1"), event("ORD-1")])).await;
    assert_eq!(bench.warnings(), ["no-transaction-id", "same-transaction-twice"]);
    assert_eq!(bench.twin.state().conversions().all().len(), 3);
    let many: Vec<Value> = (0..11).map(|n| json!({ "emailAddress": hash(n) })).collect();
    let event = changed(|event| event["userData"]["userIdentifiers"] = many.into());
    let (_, answer) = send(bench.post(EVENTS, &events(WEB, vec![event]))).await;
    assert_eq!(answer["error"]["details"][1]["fieldViolations"][0]["reason"], "TOO_MANY_USER_IDENTIFIERS");
}
