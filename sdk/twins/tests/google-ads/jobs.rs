//! Jobs of Customer Match and the search that asks about them (*Export audiences*, GA variant).

use serde_json::{Value, json};
use sluice_twins::google_ads::{JobStatus, Options};

use crate::client::{Bench, CLICKS, EMAIL, IDS, JOBS, LIST, PHONE, ads_code, failures, hash};

const SEARCH: &str = "/v25/customers/1234567890/googleAds:search";

async fn created(bench: &Bench, list: &str) -> String {
    let metadata = json!({ "userList": format!("customers/1234567890/userLists/{list}"), "consent": { "adUserData": "GRANTED" } });
    let body = json!({ "job": { "type": "CUSTOMER_MATCH_USER_LIST", "customerMatchUserListMetadata": metadata } });
    let answer = bench.taken(bench.ads(&format!("{JOBS}:create"), &body)).await;
    answer["resourceName"].as_str().unwrap().to_owned()
}

fn adding(email: &str) -> Value {
    json!({ "create": { "userIdentifiers": [{ "hashedEmail": email }] } })
}

fn operations(operations: Vec<Value>) -> Value {
    json!({ "operations": operations, "enablePartialFailure": true })
}

async fn add(bench: &Bench, job: &str, sent: Vec<Value>) -> Vec<(String, u64)> {
    failures(&bench.taken(bench.ads(&format!("/v25/{job}:addOperations"), &operations(sent))).await)
}

async fn run(bench: &Bench, job: &str) -> Value {
    bench.taken(bench.ads(&format!("/v25/{job}:run"), &json!({}))).await
}

async fn status(bench: &Bench, job: &str) -> Value {
    let query = format!(
        "SELECT offline_user_data_job.status, offline_user_data_job.failure_reason FROM offline_user_data_job WHERE offline_user_data_job.resource_name = '{job}'"
    );
    let answer = bench.taken(bench.ads(SEARCH, &json!({ "query": query }))).await;
    answer["results"][0]["offlineUserDataJob"]["status"].clone()
}

#[tokio::test]
async fn a_job_is_made_filled_run_and_asked_about() {
    let bench = Bench::start().await;
    let job = created(&bench, LIST).await;
    assert_eq!(add(&bench, &job, vec![adding(EMAIL), adding(&hash(1))]).await, []);
    assert_eq!(status(&bench, &job).await, "PENDING");
    assert!(bench.members(LIST).is_empty());
    assert!(run(&bench, &job).await["name"].as_str().unwrap().starts_with("customers/1234567890/operations/"));
    assert_eq!(bench.members(LIST).len(), 2);
    assert_eq!(status(&bench, &job).await, "RUNNING");
    assert_eq!(status(&bench, &job).await, "SUCCESS");
    let leaving = created(&bench, LIST).await;
    add(&bench, &leaving, vec![json!({ "remove": { "userIdentifiers": [{ "hashedEmail": EMAIL }] } })]).await;
    run(&bench, &leaving).await;
    assert_eq!(bench.members(LIST), [format!("email:{}", hash(1))]);
    let anew = created(&bench, LIST).await;
    add(&bench, &anew, vec![json!({ "removeAll": true }), adding(&hash(2))]).await;
    run(&bench, &anew).await;
    assert_eq!(bench.members(LIST), [format!("email:{}", hash(2))]);
}

/// "a job must be all `create` or all `remove` (`CONFLICTING_OPERATION`); `removeAll` only as first operation".
#[tokio::test]
async fn an_operation_is_right_by_itself_and_with_those_before_it() {
    let bench = Bench::start().await;
    let of = |identifiers: Value| json!({ "create": { "userIdentifiers": identifiers } });
    let many = |count: usize| (0..count).map(|n| json!({ "hashedEmail": hash(n) })).collect::<Vec<_>>();
    let address = json!({ "hashedFirstName": hash(1), "hashedLastName": hash(1), "countryCode": "FR", "postalCode": "69001" });
    let mut with_city = address.clone();
    with_city["city"] = "Lyon".into();
    for (second, code) in [
        (adding(&hash(1)), ""),
        (of(json!([{ "hashedPhoneNumber": PHONE }, { "addressInfo": address }])), ""),
        (json!({ "remove": { "userIdentifiers": [{ "hashedEmail": EMAIL }] } }), "CONFLICTING_OPERATION"),
        (json!({ "removeAll": true }), "INVALID_OPERATION_ORDER"),
        (json!({}), "REQUIRED"),
        (of(json!([])), "MISSING_USER_IDENTIFIER"),
        (of(json!([{}])), "MISSING_USER_IDENTIFIER"),
        (of(json!([{ "hashedEmail": "x" }])), "INVALID_SHA256_FORMAT"),
        (of(json!([{ "addressInfo": with_city }])), "INCOMPATIBLE_USER_IDENTIFIER"),
        (of(json!([{ "thirdPartyUserId": "C-1" }])), "INCOMPATIBLE_UPLOAD_KEY_TYPE"),
        (of(json!(many(20))), ""),
        (of(json!(many(21))), "TOO_MANY_USER_IDENTIFIERS"),
        (
            json!({ "create": { "userIdentifiers": many(1), "userAttribute": {} } }),
            "ATTRIBUTES_NOT_APPLICABLE_FOR_CUSTOMER_MATCH_USER_LIST",
        ),
    ] {
        let job = created(&bench, LIST).await;
        let got = add(&bench, &job, vec![adding(EMAIL), second.clone()]).await;
        let want = if code.is_empty() { vec![] } else { vec![(code.to_owned(), 1)] };
        assert_eq!(got, want, "{second}");
    }
    let job = created(&bench, IDS).await;
    assert_eq!(add(&bench, &job, vec![of(json!([{ "thirdPartyUserId": "C-1" }]))]).await, []);
    run(&bench, &job).await;
    assert_eq!(bench.members(IDS), ["user:C-1"]);
}

#[tokio::test]
async fn a_job_is_one_of_the_account_and_run_once() {
    let bench = Bench::start().await;
    let create = format!("{JOBS}:create");
    let job = |kind: &str, list: &str| {
        let metadata = json!({ "userList": format!("customers/1234567890/userLists/{list}") });
        json!({ "job": { "type": kind, "customerMatchUserListMetadata": metadata } })
    };
    for (body, code) in [
        (json!({}), "REQUIRED"),
        (json!({ "job": { "type": "CUSTOMER_MATCH_USER_LIST" } }), "REQUIRED"),
        (job("STORE_SALES_UPLOAD_FIRST_PARTY", LIST), "NOT_ON_ALLOWLIST_FOR_STORE_SALES_DIRECT"),
        (job("CUSTOMER_MATCH_USER_LIST", "1"), "INVALID_USER_LIST_ID"),
    ] {
        assert_eq!(ads_code(bench.ads(&create, &body)).await, (400, code.to_owned()), "{body}");
    }
    assert_eq!(ads_code(bench.ads(&format!("{JOBS}/1:run"), &json!({}))).await, (404, "RESOURCE_NOT_FOUND".to_owned()));
    let job = created(&bench, LIST).await;
    run(&bench, &job).await;
    for call in ["run", "addOperations"] {
        let request =
            bench.ads(&format!("/v25/{job}:{call}"), &if call == "run" { json!({}) } else { operations(vec![adding(EMAIL)]) });
        assert_eq!(ads_code(request).await, (400, "JOB_ALREADY_STARTED".to_owned()));
    }
    bench.put("outcomes", json!([{ "reason": "INTERNAL_ERROR" }])).await;
    let failing = created(&bench, LIST).await;
    add(&bench, &failing, vec![adding(EMAIL)]).await;
    run(&bench, &failing).await;
    status(&bench, &failing).await;
    assert_eq!(status(&bench, &failing).await, "FAILED");
    assert!(bench.members(LIST).is_empty());
    let last = bench.twin.with_state(|state| state.jobs().values().last().cloned().unwrap());
    assert_eq!((last.status, last.user_list.as_str()), (JobStatus::Failed, LIST));
}

/// "read `customer.conversion_tracking_setting.google_ads_conversion_customer`".
#[tokio::test]
async fn a_search_answers_what_the_notes_ask() {
    let bench = Bench::start().await;
    let ask = |query: &str| bench.ads(SEARCH, &json!({ "query": query }));
    let answer = bench.taken(ask("SELECT customer.conversion_tracking_setting.google_ads_conversion_customer FROM customer")).await;
    let setting = &answer["results"][0]["customer"]["conversionTrackingSetting"];
    assert_eq!(setting["googleAdsConversionCustomer"], format!("customers/{}", Options::CUSTOMER));
    assert_eq!(answer["fieldMask"], "customer.conversionTrackingSetting.googleAdsConversionCustomer");
    let answer = bench.taken(ask("SELECT user_list.id, user_list.name FROM user_list WHERE user_list.name = 'Phones'")).await;
    let list = json!({ "id": "8001234568", "name": "Phones", "resourceName": "customers/1234567890/userLists/8001234568" });
    assert_eq!(answer["results"], json!([{ "userList": list }]));
    let answer = bench
        .taken(ask(&format!("SELECT conversion_action.type FROM conversion_action WHERE conversion_action.id = {CLICKS}")))
        .await;
    assert_eq!(answer["results"][0]["conversionAction"]["type"], "UPLOAD_CLICKS");
    assert_eq!(bench.taken(ask("SELECT user_list.id FROM user_list WHERE user_list.name = 'none'")).await.get("results"), None);
    for (query, code) in [
        ("", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT user_list.members FROM user_list", "UNRECOGNIZED_FIELD"),
        ("SELECT user_list.id FROM customer", "UNRECOGNIZED_FIELD"),
        ("SELECT user_list.id FROM user_list WHERE user_list.members = 1", "BAD_FIELD_NAME"),
    ] {
        assert_eq!(ads_code(ask(query)).await, (400, code.to_owned()), "{query}");
    }
}
