//! Members of user lists (*Export audiences*, *Identifiers, normalization, hashing*).

use serde_json::{Value, json};
use sluice_twins::google_ads::{Customer, Options};

use crate::client::{
    Bench, CUSTOMER, EMAIL, IDS, INGEST, LIST, PHONE, PHONES, REMOVE, REMOVE_ALL, hands, hash, leaving, members, options, people,
    person, send, to,
};

#[tokio::test]
async fn members_are_added_once_and_removed_by_the_same_identifiers() {
    let bench = Bench::start().await;
    bench.accepted(INGEST, &members(vec![person(EMAIL), person(&hash(1))])).await;
    bench.accepted(INGEST, &members(vec![person(EMAIL)])).await;
    assert_eq!(bench.members(LIST), [format!("email:{}", hash(1)), format!("email:{EMAIL}")]);
    bench.accepted(REMOVE, &leaving(vec![person(EMAIL), person(&hash(7))])).await;
    assert_eq!(bench.members(LIST), [format!("email:{}", hash(1))]);
    bench.accepted(REMOVE, &leaving(vec![person(EMAIL)])).await;
    assert_eq!(bench.warnings(), Vec::<&str>::new());
}

/// "`:remove` with the same hashed identifiers (all of the member's)".
#[tokio::test]
async fn somebody_stays_with_the_identifiers_that_are_not_removed() {
    let bench = Bench::start().await;
    let both = json!({ "userData": { "userIdentifiers": [{ "emailAddress": EMAIL }, { "phoneNumber": PHONE }] } });
    bench.accepted(INGEST, &members(vec![both.clone()])).await;
    assert_eq!(bench.members(LIST), [format!("email:{EMAIL} phone:{PHONE}")]);
    bench.accepted(REMOVE, &leaving(vec![person(EMAIL)])).await;
    assert_eq!((bench.members(LIST), bench.warnings()), (vec![format!("phone:{PHONE}")], vec!["removed-in-part"]));
    bench.accepted(REMOVE, &leaving(vec![both])).await;
    assert!(bench.members(LIST).is_empty());
}

/// The table of identifiers, and the reasons of *Errors*.
#[tokio::test]
async fn an_identifier_is_of_its_form() {
    let bench = Bench::start().await;
    let upper = EMAIL.to_uppercase();
    let short = &EMAIL[..62];
    let address = |change: fn(&mut Value)| {
        let name = hash(3);
        let mut address = json!({ "givenName": name, "familyName": name, "regionCode": "FR", "postalCode": "69 001" });
        change(&mut address);
        json!({ "address": address })
    };
    for (identifier, reason, field) in [
        (json!({ "emailAddress": EMAIL }), "", ""),
        (json!({ "phoneNumber": PHONE }), "", ""),
        (json!({ "emailAddress": "alexz@example.com" }), "INVALID_HEX_ENCODING", ".email_address"),
        (json!({ "emailAddress": upper }), "INVALID_HEX_ENCODING", ".email_address"),
        (json!({ "emailAddress": short }), "INVALID_SHA256_FORMAT", ".email_address"),
        (json!({ "phoneNumber": "+18005550100" }), "INVALID_HEX_ENCODING", ".phone_number"),
        (json!({ "emailAddress": "" }), "REQUIRED_FIELD_MISSING", ""),
        (json!({}), "REQUIRED_FIELD_MISSING", ""),
        (address(|_| ()), "", ""),
        (address(|it| it["regionCode"] = "fr".into()), "INVALID_REGION_CODE", ".address.region_code"),
        (address(|it| it["regionCode"] = hash(4).into()), "INVALID_REGION_CODE", ".address.region_code"),
        (address(|it| it["postalCode"] = hash(4).into()), "INVALID_POSTAL_CODE", ".address.postal_code"),
        (address(|it| it["postalCode"] = " 69001".into()), "INVALID_POSTAL_CODE", ".address.postal_code"),
        (address(|it| it["givenName"] = "Léa".into()), "INVALID_HEX_ENCODING", ".address.given_name"),
        (address(|it| drop(it.as_object_mut().unwrap().remove("familyName"))), "REQUIRED_FIELD_MISSING", ".address.family_name"),
        (address(|it| drop(it.as_object_mut().unwrap().remove("regionCode"))), "REQUIRED_FIELD_MISSING", ".address.region_code"),
        (address(|it| drop(it.as_object_mut().unwrap().remove("postalCode"))), "REQUIRED_FIELD_MISSING", ".address.postal_code"),
    ] {
        let body = members(vec![person(EMAIL), json!({ "userData": { "userIdentifiers": [identifier] } })]);
        let got = bench.refused(INGEST, &body).await;
        let want = match reason {
            "" => (200, String::new(), String::new()),
            reason => (400, reason.to_owned(), format!("audience_members[1].user_data.user_identifiers[0]{field}")),
        };
        assert_eq!(got, want, "{identifier}");
    }
}

#[tokio::test]
async fn hashes_may_be_written_in_base64() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let bench = Bench::start().await;
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&EMAIL[2 * at..2 * at + 2], 16).unwrap()).collect();
    for (value, reason) in [
        (STANDARD.encode(&bytes), ""),
        (STANDARD.encode([1, 2]), "INVALID_SHA256_FORMAT"),
        ("?".to_owned(), "INVALID_BASE64_ENCODING"),
    ] {
        let mut body = members(vec![person(&value)]);
        body["encoding"] = "BASE64".into();
        assert_eq!(bench.refused(INGEST, &body).await.1, reason, "{value}");
    }
    assert_eq!(bench.members(LIST), [format!("email:{EMAIL}")], "the same person as in hexadecimal digits");
}

/// "a 4xx means none was. Bad records are named".
#[tokio::test]
async fn one_wrong_record_refuses_all_and_each_is_named() {
    let bench = Bench::start().await;
    let body = members(vec![person(EMAIL), person("x"), person(&hash(1)), json!({})]);
    let (status, found) = bench.violations(bench.post(INGEST, &body)).await;
    let fields: Vec<&str> = found.iter().map(|(_, field)| field.as_str()).collect();
    assert_eq!(status, 400);
    assert_eq!(fields, ["audience_members[1].user_data.user_identifiers[0].email_address", "audience_members[3]"]);
    assert_eq!(found[1].0, "INVALID_AUDIENCE_MEMBER");
    assert!(bench.members(LIST).is_empty() && bench.twin.ledger().total() == 0);
}

/// "≤10,000 members per request", "≤10 identifiers per record", `destinations[]` 1..10.
#[tokio::test]
async fn as_many_as_the_vendor_takes_and_one_more() {
    let bench = Bench::start().await;
    assert_eq!(bench.refused(INGEST, &members(people(10_000))).await.0, 200);
    assert_eq!(bench.refused(INGEST, &members(people(10_001))).await.1, "TOO_MANY_AUDIENCE_MEMBERS");
    assert_eq!(
        bench.refused(INGEST, &members(people(0))).await,
        (400, "REQUIRED_FIELD_MISSING".to_owned(), "audience_members".to_owned())
    );
    for (count, reason) in [(10, ""), (11, "TOO_MANY_USER_IDENTIFIERS")] {
        let identifiers: Vec<Value> = (0..count).map(|n| json!({ "emailAddress": hash(n) })).collect();
        let body = members(vec![json!({ "userData": { "userIdentifiers": identifiers } })]);
        assert_eq!(bench.refused(INGEST, &body).await.1, reason, "{count}");
    }
    for (count, reason) in [(0, "REQUIRED_FIELD_MISSING"), (10, ""), (11, "TOO_MANY_DESTINATIONS")] {
        let mut body = members(people(1));
        body["destinations"] = (0..count).map(|_| to(LIST)).collect();
        assert_eq!(bench.refused(INGEST, &body).await.1, reason, "{count}");
    }
}

#[tokio::test]
async fn a_destination_is_a_list_of_the_account_and_of_the_right_key() {
    let bench = Bench::start().await;
    for (change, reason, field) in [
        (json!({ "productDestinationId": "1" }), "INVALID_USER_LIST_ID", "product_destination_id"),
        (json!({ "productDestinationId": PHONES }), "INVALID_USER_LIST_TYPE", "product_destination_id"),
        (json!({ "productDestinationId": IDS }), "INVALID_USER_LIST_TYPE", "product_destination_id"),
        (json!({ "productDestinationId": "VIP" }), "INVALID_DESTINATION", "product_destination_id"),
        (json!({ "productDestinationId": null }), "REQUIRED_FIELD_MISSING", "product_destination_id"),
        (json!({ "operatingAccount": null }), "REQUIRED_FIELD_MISSING", "operating_account"),
        (json!({ "operatingAccount": { "accountId": CUSTOMER } }), "REQUIRED_FIELD_MISSING", "operating_account.account_type"),
        (
            json!({ "operatingAccount": { "accountType": "GOOGLE_ADS", "accountId": "123-456-7890" } }),
            "INVALID_DESTINATION",
            "operating_account.account_id",
        ),
        (
            json!({ "operatingAccount": { "accountType": "DISPLAY_VIDEO_PARTNER", "accountId": CUSTOMER } }),
            "DESTINATION_ACCOUNT_TYPE_MISMATCH",
            "operating_account.account_type",
        ),
        (
            json!({ "linkedAccount": { "accountType": "GOOGLE_ADS", "accountId": CUSTOMER } }),
            "LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT",
            "linked_account",
        ),
    ] {
        let mut body = members(people(1));
        for (name, value) in change.as_object().unwrap() {
            body["destinations"][0][name] = value.clone();
        }
        let want = (400, reason.to_owned(), format!("destinations[0].{field}"));
        assert_eq!(bench.refused(INGEST, &body).await, want, "{change}");
    }
    let mut body = members(people(1));
    body["destinations"][0]["operatingAccount"] = json!({ "product": "GOOGLE_ADS", "accountId": CUSTOMER });
    assert_eq!(bench.refused(INGEST, &body).await.0, 200, "the deprecated name");
    body["destinations"][0]["operatingAccount"]["accountId"] = "5555555555".into();
    let (status, answer) = send(bench.post(INGEST, &body)).await;
    assert_eq!((status, &answer["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
}

/// "`reference` must be unique; records name it in `destinationReferences[]`, empty = all destinations".
#[tokio::test]
async fn a_record_goes_where_it_says() {
    let bench = Bench::start().await;
    let new = json!({ "id": "8009", "customer_id": CUSTOMER, "display_name": "B" });
    bench.put("user-lists", json!([new])).await;
    let mut body = members(people(3));
    body["destinations"] = json!([to(LIST), to("8009")]);
    body["destinations"][0]["reference"] = "a".into();
    body["destinations"][1]["reference"] = "b".into();
    body["audienceMembers"][1]["destinationReferences"] = json!(["a"]);
    body["audienceMembers"][2]["destinationReferences"] = json!(["b", "b"]);
    let id = bench.accepted(INGEST, &body).await;
    assert_eq!((bench.members(LIST).len(), bench.members("8009").len()), (2, 2));
    let request = bench.twin.with_state(|state| state.requests()[&id].clone());
    assert_eq!(request.destinations.iter().map(|it| it.records).collect::<Vec<_>>(), [2, 2]);
    body["audienceMembers"][2]["destinationReferences"] = json!(["c"]);
    assert_eq!(bench.refused(INGEST, &body).await.2, "audience_members[2].destination_references[0]");
    body["destinations"][1]["reference"] = "a".into();
    assert_eq!(bench.refused(INGEST, &body).await.1, "DUPLICATE_DESTINATION_REFERENCE");
}

#[tokio::test]
async fn a_request_has_one_kind_of_people_and_what_that_kind_needs() {
    let bench = Bench::start().await;
    let phone = json!({ "mobileData": { "mobileIds": ["38400000-8CF0-11bd-b23e-10b96e40000d"] } });
    let own = json!({ "userIdData": { "userId": "C-1042" } });
    let composite =
        json!({ "compositeData": { "userData": person(EMAIL)["userData"], "ipData": [{ "ipAddress": "2001:db8::1" }] } });
    for (list, one, member) in [
        (PHONES, &phone, "mobile:38400000-8cf0-11bd-b23e-10b96e40000d"),
        (IDS, &own, "user:C-1042"),
        (LIST, &composite, &format!("email:{EMAIL} ip:2001:db8::1")),
    ] {
        let mut body = members(vec![one.clone()]);
        body["destinations"] = json!([to(list)]);
        bench.accepted(INGEST, &body).await;
        assert_eq!(bench.members(list), [member]);
    }
    let mixed = members(vec![person(EMAIL), own.clone()]);
    assert_eq!(
        bench.refused(INGEST, &mixed).await,
        (400, "MULTIPLE_DATA_TYPES_NOT_ALLOWED".to_owned(), "audience_members".to_owned())
    );
    for (one, reason) in [
        (json!({ "mobileData": { "mobileIds": ["38400000"] } }), "INVALID_MOBILE_ID_FORMAT"),
        (json!({ "mobileData": { "mobileIds": [] } }), "REQUIRED_FIELD_MISSING"),
        (json!({ "mobileData": { "mobileIds": vec!["38400000-8cf0-11bd-b23e-10b96e40000d"; 11] } }), "TOO_MANY_ELEMENTS"),
        (json!({ "userIdData": {} }), "REQUIRED_FIELD_MISSING"),
        (json!({ "compositeData": {} }), "REQUIRED_FIELD_MISSING"),
        (json!({ "compositeData": { "ipData": [{ "ipAddress": "1.2.3" }] } }), "INVALID_FORMAT"),
        (json!({ "pairData": { "pairIds": ["x"] } }), "NOT_ALLOWLISTED"),
    ] {
        assert_eq!(bench.refused(INGEST, &members(vec![one.clone()])).await.1, reason, "{one}");
    }
    for (missing, reason) in [("encoding", "REQUIRED_FIELD_MISSING"), ("termsOfService", "TERMS_AND_CONDITIONS_NOT_SIGNED")] {
        let mut body = members(people(1));
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(bench.refused(INGEST, &body).await.1, reason, "{missing}");
    }
    let mut rejected = members(people(1));
    rejected["termsOfService"]["customerMatchTermsOfServiceStatus"] = "REJECTED".into();
    assert_eq!(bench.refused(INGEST, &rejected).await.1, "TERMS_AND_CONDITIONS_NOT_SIGNED");
    let mut encrypted = members(people(1));
    encrypted["encryptionInfo"] = json!({ "coordinatorKeyInfo": { "keyId": "k" } });
    assert_eq!(bench.refused(INGEST, &encrypted).await.2, "encryption_info");
}

/// "async `DENIED_CONSENT`, `NO_CONSENT`, `UNKNOWN_CONSENT`": "request level, overridable per record".
#[tokio::test]
async fn who_does_not_consent_is_counted_and_not_added() {
    let customers = vec![Customer { consent_needed: true, ..Customer::new(CUSTOMER) }];
    let bench = Bench::with(Options { customers, ..options() }).await;
    let mut body = members(people(3));
    body["audienceMembers"][1]["consent"] = json!({ "adUserData": "CONSENT_DENIED" });
    body["audienceMembers"][2]["consent"] = json!({ "adPersonalization": "CONSENT_GRANTED" });
    let id = bench.accepted(INGEST, &body).await;
    assert_eq!(bench.members(LIST).len(), 1);
    let status = bench.ended(&id).await;
    assert_eq!(status["requestStatus"], "PARTIAL_SUCCESS");
    let reason = |word: &str| json!({ "recordCount": "1", "reason": format!("PROCESSING_ERROR_REASON_{word}") });
    assert_eq!(status["errorInfo"]["errorCounts"], json!([reason("DENIED_CONSENT"), reason("UNKNOWN_CONSENT")]));
}

/// "`removeAsOfTime` (past only: members last added before it go)".
#[tokio::test]
async fn a_list_is_emptied_as_of_a_time() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, ..options() }).await;
    bench.accepted(INGEST, &members(vec![person(EMAIL), person(&hash(1))])).await;
    forward.store(60, std::sync::atomic::Ordering::SeqCst);
    bench.accepted(INGEST, &members(vec![person(EMAIL)])).await;
    let body = json!({ "destinations": [to(LIST)], "removeAsOfTime": "2026-10-20T00:01:00Z" });
    let mut validating = body.clone();
    validating["validateOnly"] = true.into();
    bench.accepted(REMOVE_ALL, &validating).await;
    assert_eq!(bench.members(LIST).len(), 2);
    let id = bench.accepted(REMOVE_ALL, &body).await;
    assert_eq!(bench.members(LIST), [format!("email:{EMAIL}")]);
    assert_eq!(bench.ended(&id).await["removeAllAudienceMembersStatus"], json!({}));
    let future = json!({ "destinations": [to(LIST)], "removeAsOfTime": "2026-10-20T00:01:01Z" });
    assert_eq!(bench.refused(REMOVE_ALL, &future).await.1, "INVALID_REMOVE_AS_OF_TIME");
    assert_eq!(bench.refused(REMOVE_ALL, &json!({ "destinations": [to("1")] })).await.1, "INVALID_USER_LIST_ID");
    bench.accepted(REMOVE_ALL, &json!({ "destinations": [to(LIST)] })).await;
    assert!(bench.members(LIST).is_empty());
}

#[tokio::test]
async fn a_request_that_validates_changes_nothing() {
    let bench = Bench::start().await;
    let mut body = members(people(2));
    body["validateOnly"] = true.into();
    let id = bench.accepted(INGEST, &body).await;
    assert!(bench.members(LIST).is_empty() && bench.twin.ledger().total() == 0);
    let (status, found) = bench.violations(bench.get(&format!("/v1/requestStatus:retrieve?requestId={id}"))).await;
    assert_eq!((status, found[0].0.as_str()), (400, "INVALID_REQUEST_ID"), "not available for `validateOnly` requests");
    body["audienceMembers"][0] = person("x");
    assert_eq!(bench.refused(INGEST, &body).await.1, "INVALID_HEX_ENCODING");
}
