//! Requests that were really sent, held against Google's own definitions, where they lie beside the project.

use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table, described};

use crate::proto::Definitions;
use crate::rig::{CLICKS, HOUR, MAIL, NOW, Rig, VIP, WEB, audience, conversions, events};

/// Files of `specs/google-ads` that describe what is sent and asked.
const FILES: &[&str] = &[
    "datamanager-v1/audience.proto",
    "datamanager-v1/cart_data.proto",
    "datamanager-v1/consent.proto",
    "datamanager-v1/destination.proto",
    "datamanager-v1/device_info.proto",
    "datamanager-v1/event.proto",
    "datamanager-v1/ingestion_service.proto",
    "datamanager-v1/terms_of_service.proto",
    "datamanager-v1/user_data.proto",
    "datamanager-v1/user_list.proto",
    "datamanager-v1/user_list_service.proto",
    "datamanager-v1/user_properties.proto",
    "googleads-v25/enums/conversion_adjustment_type.proto",
    "googleads-v25/services/conversion_adjustment_upload_service.proto",
];

fn definitions() -> Option<Definitions> {
    let mut definitions = Definitions::default();
    for file in FILES {
        definitions.read(&described(&format!("google-ads/{file}"))?);
    }
    Some(definitions)
}

/// One of everything that the connector can send.
async fn everything() -> Rig {
    let rig = Rig::new().await;
    rig.stage.check().await.unwrap().unwrap();
    let kept = rig.kept(VIP).await;
    let people = || {
        let table = Table::by("emailAddress", [MAIL]).and_by("phoneNumber", [MAIL]).and_by("givenName", [MAIL]);
        let table = table.and_by("familyName", [MAIL]).and_by("regionCode", ["FR"]).and_by("postalCode", ["69001"]);
        table.with("adUserData", PhysicalType::Boolean, "attribute", [true])
    };
    for operation in [Operation::Add, Operation::Remove] {
        rig.done(audience(VIP, &kept), operation, people()).await;
    }
    for (kind, name, more) in [("user-id", "userId", ""), ("mobile-id", "mobileId", r#","key_space":"IOS","app_id":"app""#)] {
        let options = format!(r#"{{"list":"{kind}","accept_customer_match_terms":true,"key_type":"{kind}"{more}}}"#);
        let kept = rig.kept(&options).await;
        let id = "cdda802e-fb9c-47ad-9866-0794d394c912";
        rig.done(audience(&options, &kept), Operation::Add, Table::by(name, [id])).await;
    }
    let cart = r#"{"merchantId":"1","transactionDiscount":1.5,"items":[{"merchantProductId":"a","quantity":"2","unitPrice":3.5}]}"#;
    let text = |table: Table, name: &str, value: &str| table.with(name, PhysicalType::Utf8, "attribute", [value]);
    let full = conversions(["ORD-1"], 30).and_by("emailAddress", [MAIL]).with("cartData", PhysicalType::Json, "attribute", [cart]);
    let full = text(text(full, "eventSource", "IN_STORE"), "userProperties.customerType", "NEW");
    let full = text(text(full, "eventDeviceInfo.userAgent", "Mozilla/5.0"), "landingPageDeviceInfo.ipAddress", "192.0.2.1");
    let full = text(text(full, "adIdentifiers.sessionAttributes", "abc"), "adIdentifiers.mobileDeviceId", "cdda802e");
    rig.done(events("click-conversions", CLICKS), Operation::Append, full).await;
    let web = people().with("transactionId", PhysicalType::Utf8, "attribute", ["ORD-9"]).with(
        "eventTimestamp",
        PhysicalType::TimestampMicros,
        "event-time",
        [NOW - HOUR],
    );
    rig.done(events("enhanced-conversions-web", WEB), Operation::Append, web).await;
    rig.done(events("adjustments", CLICKS), Operation::Append, conversions(["ORD-1"], 30)).await;
    let taken_back = Table::by("transactionId", [Cell::from("ORD-1"), Cell::Null]).and_by("gclid", [Cell::Null, "Cj0".into()]);
    let at = [Cell::Null, Cell::Int(NOW - 30 * HOUR)];
    let taken_back = taken_back.with("conversionDateTime", PhysicalType::TimestampMicros, "attribute", at);
    rig.done(events("retractions", CLICKS), Operation::Append, taken_back).await;
    rig
}

/// The message that a request is, by its method and path.
fn message(method: &str, path: &str) -> &'static str {
    match (method, path.rsplit(['/', ':']).next().unwrap_or_default()) {
        ("POST", "ingest") if path.contains("audienceMembers") => "IngestAudienceMembersRequest",
        ("POST", "remove") => "RemoveAudienceMembersRequest",
        ("POST", "ingest") => "IngestEventsRequest",
        ("POST", "userLists") => "UserList",
        ("GET", "userLists") => "ListUserListsRequest",
        ("GET", "retrieve") => "RetrieveRequestStatusRequest",
        ("POST", "uploadConversionAdjustments") => "UploadConversionAdjustmentsRequest",
        _ => panic!("{method} {path} is described"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_as_google_describes_them() {
    let Some(definitions) = definitions() else { return };
    let rig = everything().await;
    let mut sent = Vec::new();
    for request in rig.twin.log().entries().into_iter().filter(|request| request.path != "/token") {
        let message = message(&request.method, &request.path);
        sent.push(message);
        let names = definitions.names(message);
        let asked =
            request.query.as_deref().unwrap_or_default().split('&').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned()));
        assert!(asked.into_iter().all(|name| names.contains(&name.as_str())), "{message} {:?}", request.query);
        if request.method == "POST" {
            let body = request.json().unwrap();
            assert_eq!(definitions.faults(message, &body, &["customerId"]), Vec::<String>::new(), "{body}");
        }
    }
    sent.sort_unstable();
    sent.dedup();
    let wanted = [
        "IngestAudienceMembersRequest",
        "IngestEventsRequest",
        "ListUserListsRequest",
        "RemoveAudienceMembersRequest",
        "RetrieveRequestStatusRequest",
        "UploadConversionAdjustmentsRequest",
        "UserList",
    ];
    assert_eq!(sent, wanted);
}

#[test]
fn the_definitions_say_something() {
    let Some(definitions) = definitions() else { return };
    let destination = serde_json::json!({ "operatingAccount": { "accountType": "ADS" }, "productDestinationId": 7 });
    let body = serde_json::json!({ "destinations": [destination], "events": {}, "encodings": "HEX", "consent": { "adUserData": "GRANTED" } });
    assert_eq!(definitions.faults("IngestEventsRequest", &body, &[]).len(), 6);
    let both = serde_json::json!({ "userData": { "userIdentifiers": [] }, "userIdData": { "userId": "u" } });
    assert_eq!(definitions.faults("AudienceMember", &both, &[]).len(), 1, "they exclude each other");
}
