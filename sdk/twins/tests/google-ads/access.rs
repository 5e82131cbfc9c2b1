//! Who may call what: tokens, scopes, accounts, developer tokens (*Auth*, *Connection check*, *Errors*).

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::google_ads::{ADWORDS_SCOPE, AccessToken, Customer, DATA_MANAGER_SCOPE, DeveloperToken, Lack, Options};

use crate::client::{
    ADJUST, ADMITTED, Bench, CUSTOMER, EVENTS, INGEST, LIST, LISTS, MANAGER, NEWCOMER, TOKEN, UPLOAD, WEB, adjusting, adjustment,
    ads_code, event, events, members, options, people, send, to,
};

#[tokio::test]
async fn a_token_that_the_twin_did_not_give_is_refused_and_nothing_is_applied() {
    let bench = Bench::start().await;
    let good = format!("Bearer {TOKEN}");
    for (sent, reason) in [
        (vec![], "CREDENTIALS_MISSING"),
        (vec![TOKEN], "CREDENTIALS_MISSING"),
        (vec![good.as_str(), good.as_str()], "CREDENTIALS_MISSING"),
        (vec!["Bearer ya29.another"], "ACCESS_TOKEN_INVALID"),
    ] {
        let mut request = bench.bare(Method::POST, INGEST).header("content-type", "application/json");
        for header in &sent {
            request = request.header("authorization", *header);
        }
        let (status, answer) = send(request.body(members(people(1)).to_string())).await;
        assert_eq!((status, answer["error"]["status"].as_str()), (401, Some("UNAUTHENTICATED")), "{sent:?}");
        assert_eq!(answer["error"]["details"][0]["reason"], reason);
    }
    let request = bench.bare(Method::GET, "/v25/customers:listAccessibleCustomers").header("authorization", "Bearer ya29.another");
    assert_eq!(ads_code(request).await, (401, "OAUTH_TOKEN_INVALID".to_owned()));
    assert!(bench.members(LIST).is_empty());
}

/// "Scopes: DM …/datamanager; GA …/adwords".
#[tokio::test]
async fn each_api_needs_its_scope() {
    for (scope, of_manager, of_ads) in [(DATA_MANAGER_SCOPE, 200, 403), (ADWORDS_SCOPE, 403, 200)] {
        let access_tokens = vec![AccessToken::with(TOKEN, &[scope])];
        let bench = Bench::with(Options { access_tokens, ..options() }).await;
        let (status, answer) = send(bench.get(LISTS)).await;
        assert_eq!(status, of_manager, "{answer}");
        let request = bench.get("/v25/customers:listAccessibleCustomers").header("developer-token", NEWCOMER);
        let (status, answer) = send(request).await;
        assert_eq!(status, of_ads, "{answer}");
        if status == 403 {
            assert_eq!(answer["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
        }
    }
}

/// "401 bad token; 403 no access": the manager goes in `loginAccount` and in the header `login-account`.
#[tokio::test]
async fn an_account_is_reached_by_its_user_or_by_a_manager() {
    let customers = vec![
        Customer { managers: vec![MANAGER.to_owned()], direct: false, ..Customer::new(CUSTOMER) },
        Customer { managers: vec!["5555555555".to_owned()], ..Customer::new(MANAGER) },
        Customer { direct: false, ..Customer::new("5555555555") },
        Customer::new("1111111111"),
    ];
    let bench = Bench::with(Options { customers, ..options() }).await;
    for (login, status) in
        [(None, 403), (Some(MANAGER), 200), (Some("5555555555"), 403), (Some("1111111111"), 403), (Some("7"), 403)]
    {
        let mut body = members(people(1));
        let mut request = bench.get(LISTS);
        if let Some(login) = login {
            body["destinations"][0]["loginAccount"] = json!({ "accountType": "GOOGLE_ADS", "accountId": login });
            request = request.header("login-account", format!("accountTypes/GOOGLE_ADS/accounts/{login}"));
        }
        let (got, answer) = send(bench.post(INGEST, &body)).await;
        assert_eq!(got, status, "{login:?} {answer}");
        assert_eq!(send(request).await.0, status, "{login:?}");
    }
    let elsewhere = bench.get(LISTS).header("login-account", MANAGER);
    assert_eq!(send(elsewhere).await.0, 400, "a header of another form");
}

/// "header `developer-token` … and `login-customer-id: <10 digits, no hyphens>`".
#[tokio::test]
async fn google_ads_needs_a_developer_token_and_the_right_login() {
    let customers = vec![
        Customer { managers: vec![MANAGER.to_owned()], direct: false, ..Customer::new(CUSTOMER) },
        Customer::new(MANAGER),
        Customer { lacks: vec![Lack::Enabled], ..Customer::new("2222222222") },
    ];
    let mut developer_tokens = options().developer_tokens;
    developer_tokens.push(DeveloperToken { approved: false, ..DeveloperToken::newcomer("test-accounts-only-123") });
    let bench = Bench::with(Options { customers, developer_tokens, ..options() }).await;
    let body = json!({ "query": "SELECT customer.id FROM customer" });
    for (developer, login, customer, want) in [
        (Some(NEWCOMER), Some(MANAGER), CUSTOMER, (200, "")),
        (None, Some(MANAGER), CUSTOMER, (403, "DEVELOPER_TOKEN_INVALID")),
        (Some("another"), Some(MANAGER), CUSTOMER, (403, "DEVELOPER_TOKEN_INVALID")),
        (Some("test-accounts-only-123"), Some(MANAGER), CUSTOMER, (403, "DEVELOPER_TOKEN_NOT_APPROVED")),
        (Some(NEWCOMER), None, CUSTOMER, (403, "USER_PERMISSION_DENIED")),
        (Some(NEWCOMER), Some("987-654-3210"), CUSTOMER, (400, "INVALID_LOGIN_CUSTOMER_ID")),
        (Some(NEWCOMER), Some(CUSTOMER), CUSTOMER, (403, "USER_PERMISSION_DENIED")),
        (Some(NEWCOMER), None, "123-456-7890", (400, "INVALID_CUSTOMER_ID")),
        (Some(NEWCOMER), None, "2222222222", (403, "CUSTOMER_NOT_ENABLED")),
        (Some(NEWCOMER), None, "3333333333", (403, "USER_PERMISSION_DENIED")),
    ] {
        let mut request = bench.post(&format!("/v25/customers/{customer}/googleAds:search"), &body);
        for (name, value) in [("developer-token", developer), ("login-customer-id", login)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        assert_eq!(ads_code(request).await, (want.0, want.1.to_owned()), "{developer:?} {login:?} {customer}");
    }
    let request = bench.get("/v25/customers:listAccessibleCustomers").header("developer-token", NEWCOMER);
    let answer = bench.taken(request).await;
    assert_eq!(answer, json!({ "resourceNames": ["customers/2222222222", format!("customers/{MANAGER}")] }));
}

/// "refused since 2026-06-15 … a token passes only if it imported between".
#[tokio::test]
async fn a_newcomer_may_adjust_and_not_upload() {
    let bench = Bench::start().await;
    let closed = (403, "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE".to_owned());
    for path in [UPLOAD, "/v25/customers/1234567890/offlineUserDataJobs:create"] {
        assert_eq!(ads_code(bench.post(path, &json!({})).header("developer-token", NEWCOMER)).await, closed, "{path}");
        assert_eq!(ads_code(bench.post(path, &json!({})).header("developer-token", ADMITTED)).await.0, 400, "{path}");
    }
    let body = adjusting(vec![adjustment("RETRACTION", "ORD-1")]);
    assert_eq!(send(bench.post(ADJUST, &body).header("developer-token", NEWCOMER)).await.0, 200);
}

#[tokio::test]
async fn what_an_account_lacks_is_said_of_its_destination() {
    for (lack, path, reason) in [
        (Lack::Allowlist, INGEST, "NOT_ALLOWLISTED"),
        (Lack::Allowlist, EVENTS, "NOT_ALLOWLISTED"),
        (Lack::PoliticalDeclaration, INGEST, "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"),
        (Lack::CustomerMatchTerms, INGEST, "TERMS_AND_CONDITIONS_NOT_SIGNED"),
        (Lack::EnhancedConversionsTerms, EVENTS, "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"),
        (Lack::DataPolicy, EVENTS, "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"),
    ] {
        let customers = vec![Customer { lacks: vec![lack], ..Customer::new(CUSTOMER) }];
        let bench = Bench::with(Options { customers, ..options() }).await;
        let body = if path == INGEST { members(people(1)) } else { events(WEB, vec![event("ORD-1")]) };
        assert_eq!(bench.refused(path, &body).await, (400, reason.to_owned(), "destinations[0]".to_owned()), "{lack:?}");
    }
    let customers = vec![Customer { lacks: vec![Lack::Enabled], ..Customer::new(CUSTOMER) }];
    let bench = Bench::with(Options { customers, ..options() }).await;
    assert_eq!(send(bench.get(LISTS)).await.0, 403);
    assert_eq!(send(bench.post(INGEST, &members(people(1)))).await.0, 403);
}

#[tokio::test]
async fn a_wrong_path_or_method_is_404() {
    let bench = Bench::start().await;
    for request in [
        bench.get("/v1/adEvents:ingest"),
        bench.get(INGEST),
        bench.get(&format!("{LISTS}/")),
        bench.get("/v24/customers:listAccessibleCustomers"),
        bench.request(Method::PUT, &format!("{LISTS}/{LIST}")),
        bench.post("/v25/customers/1234567890:uploadEverything", &json!({})),
        bench.get("/"),
    ] {
        let (status, answer) = send(request).await;
        assert_eq!((status, answer["error"]["status"].as_str()), (404, Some("NOT_FOUND")));
    }
}

/// "JSON is protobuf-JSON: lowerCamelCase keys".
#[tokio::test]
async fn a_body_of_a_wrong_shape_is_refused_with_its_place() {
    let bench = Bench::start().await;
    for body in ["", "{", "[]", "null"] {
        let request = bench.request(Method::POST, INGEST).header("content-type", "application/json").body(body);
        assert_eq!(bench.violations(request).await, (400, vec![(String::new(), String::new())]), "{body}");
    }
    let request = bench.request(Method::POST, INGEST).header("content-type", "text/plain").body(members(people(1)).to_string());
    assert_eq!(send(request).await.0, 400, "a body that does not say that it is JSON");
    let mut wrong = members(people(2));
    wrong["audienceMembers"][1]["userData"]["userIdentifiers"][0] = json!({ "email_address": "a" });
    assert_eq!(bench.refused(INGEST, &wrong).await.2, "audience_members[1].user_data.user_identifiers[0]");
    let both = json!({ "destinations": [to(LIST)], "audienceMembers": [{ "userData": {}, "mobileData": {} }] });
    assert_eq!(bench.refused(INGEST, &both).await.2, "audience_members[0]");
    let mut removal = members(people(1));
    removal.as_object_mut().unwrap().remove("termsOfService");
    assert_eq!(bench.refused("/v1/audienceMembers:remove", &removal).await.0, 400, "consent is of ingestion alone");
    assert!(bench.members(LIST).is_empty());
}

#[tokio::test]
async fn a_token_outside_its_header_is_warned_of_and_not_kept() {
    let bench = Bench::start().await;
    send(bench.get(&format!("{LISTS}?access_token={TOKEN}"))).await;
    let form = format!("grant_type=refresh_token&refresh_token={TOKEN}&client_id={}&client_secret={TOKEN}", Options::CLIENT);
    let request = bench.bare(Method::POST, "/token").header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(send(request).await.0, 200);
    assert_eq!(bench.warnings(), ["key-outside-header"]);
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(TOKEN), "no token anywhere in the log");
    assert_eq!(bench.twin.log().entries()[1].json(), None::<Value>);
}
