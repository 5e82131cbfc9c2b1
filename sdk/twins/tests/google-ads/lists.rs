//! User lists (*Setup objects*; *Data Manager protos*, `UserListService`; of Google Ads `userLists:mutate`).

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Bench, INGEST, LIST, LISTS, ads_code, members, people, send};

fn vip() -> Value {
    json!({
        "displayName": "VIP", "description": "the best", "membershipDuration": "46656000s",
        "ingestedUserListInfo": { "uploadKeyTypes": ["CONTACT_ID"], "contactIdInfo": { "dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY" } },
    })
}

fn changed(name: &str, value: Value) -> Value {
    let mut list = vip();
    list[name] = value;
    list
}

#[tokio::test]
async fn a_list_is_made_read_changed_and_deleted() {
    let bench = Bench::start().await;
    let made = bench.taken(bench.post(LISTS, &vip())).await;
    let id = made["id"].as_str().unwrap();
    let path = format!("{LISTS}/{id}");
    assert_eq!(made["name"], path["/v1/".len()..]);
    assert_eq!((&made["membershipDuration"], &made["membershipStatus"]), (&json!("46656000s"), &json!("OPEN")));
    assert_eq!(bench.taken(bench.get(&path)).await, made);
    let patch = |query: &str, body: Value| bench.send_body(Method::PATCH, &format!("{path}{query}"), &body);
    let patched = bench
        .taken(patch("?updateMask=description,membershipStatus", json!({ "displayName": "x", "membershipStatus": "CLOSED" })))
        .await;
    assert_eq!((&patched["displayName"], &patched["membershipStatus"]), (&json!("VIP"), &json!("CLOSED")));
    assert_eq!(patched.get("description"), None, "named by the mask, and not sent");
    let patched = bench.taken(patch("", json!({ "displayName": "VIP 2" }))).await;
    assert_eq!(patched["displayName"], "VIP 2", "without a mask what is there");
    bench.taken(patch("?validateOnly=true", json!({ "displayName": "VIP 3" }))).await;
    assert_eq!(bench.taken(bench.get(&path)).await["displayName"], "VIP 2");
    for (query, body, reason) in [
        ("?updateMask=sizes", json!({}), "INVALID_UPDATE_MASK"),
        ("", json!({ "ingestedUserListInfo": { "uploadKeyTypes": ["USER_ID"] } }), "IMMUTABLE_FIELD_FOR_UPDATE"),
        ("", json!({ "displayName": "Customers" }), "DISPLAY_NAME_ALREADY_USED"),
        ("?updateMask=displayName", json!({}), "INVALID_DISPLAY_NAME"),
        ("", json!({ "name": "accountTypes/GOOGLE_ADS/accounts/1/userLists/1" }), "INVALID_RESOURCE_NAME"),
    ] {
        let (status, found) = bench.violations(patch(query, body.clone())).await;
        assert_eq!((status, found[0].0.as_str()), (400, reason), "{query} {body}");
    }
    assert_eq!(send(bench.request(Method::DELETE, &path)).await, (200, json!({})));
    for request in [bench.get(&path), bench.request(Method::DELETE, &path), patch("", json!({}))] {
        let (status, answer) = send(request).await;
        assert_eq!((status, &answer["error"]["status"]), (404, &json!("NOT_FOUND")));
    }
}

#[tokio::test]
async fn a_list_needs_a_name_a_key_and_whole_days() {
    let bench = Bench::start().await;
    let info = |info: Value| changed("ingestedUserListInfo", info);
    for (body, reason) in [
        (changed("displayName", Value::Null), "REQUIRED_FIELD_MISSING"),
        (changed("displayName", json!("Customers")), "DISPLAY_NAME_ALREADY_USED"),
        (changed("membershipDuration", json!("86399s")), "INVALID_ARGUMENT"),
        (changed("membershipDuration", json!("46742400s")), "MEMBERSHIP_DURATION_TOO_LONG"),
        (info(Value::Null), "REQUIRED_FIELD_MISSING"),
        (info(json!({ "uploadKeyTypes": [] })), "REQUIRED_FIELD_MISSING"),
        (info(json!({ "uploadKeyTypes": ["CONTACT_ID", "USER_ID"] })), "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES"),
        (info(json!({ "uploadKeyTypes": ["PAIR_ID"] })), "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES"),
        (info(json!({ "uploadKeyTypes": ["MOBILE_ID"] })), "REQUIRED_FIELD_MISSING"),
        (info(json!({ "uploadKeyTypes": ["MOBILE_ID"], "mobileIdInfo": { "keySpace": "IOS" } })), "REQUIRED_FIELD_MISSING"),
        (info(json!({ "uploadKeyTypes": ["CONTACT_ID"], "userIdInfo": {} })), "UNSUPPORTED_INGESTED_USER_LIST_INFO_CONFIG"),
    ] {
        assert_eq!(bench.refused(LISTS, &body).await.1, reason, "{body}");
    }
    for body in [
        vip(),
        json!({ "displayName": "phones", "ingestedUserListInfo": { "uploadKeyTypes": ["MOBILE_ID"], "mobileIdInfo": { "keySpace": "IOS", "appId": "a" } } }),
        json!({ "displayName": "ids", "ingestedUserListInfo": { "uploadKeyTypes": ["USER_ID"], "userIdInfo": {} } }),
    ] {
        bench.taken(bench.post(LISTS, &body)).await;
    }
    bench.taken(bench.post(&format!("{LISTS}?validateOnly=true"), &changed("displayName", json!("not made")))).await;
    assert_eq!(bench.twin.state().user_lists().len(), 6);
}

/// The connection check, and "List with filter".
#[tokio::test]
async fn lists_are_found_by_filter_and_in_pages() {
    let bench = Bench::start().await;
    let asking = |query: &[(&str, &str)]| {
        let mut url = reqwest::Url::parse(&format!("http://twin{LISTS}")).unwrap();
        url.query_pairs_mut().extend_pairs(query);
        bench.get(&format!("{}?{}", url.path(), url.query().unwrap_or_default()))
    };
    let answer = bench.taken(asking(&[("filter", "display_name = \"Customers\"")])).await;
    assert_eq!((&answer["userLists"][0]["id"], answer["userLists"].as_array().unwrap().len()), (&json!(LIST), 1));
    assert_eq!(bench.taken(asking(&[("filter", "display_name = \"VIP\"")])).await, json!({}), "both absent when empty");
    let (mut token, mut found) = (String::new(), Vec::new());
    loop {
        let answer = bench.taken(asking(&[("pageSize", "2"), ("pageToken", &token)])).await;
        found.extend(answer["userLists"].as_array().unwrap().iter().map(|list| list["id"].as_str().unwrap().to_owned()));
        match answer["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, ["8001234567", "8001234568", "8001234569"]);
    for (query, reason) in [
        ([("pageSize", "x"), ("pageToken", "")], "INVALID_ARGUMENT"),
        ([("filter", "name = VIP"), ("pageToken", "")], "INVALID_FILTER"),
        ([("pageToken", "x"), ("pageSize", "2")], "INVALID_PAGE_TOKEN"),
        ([("pageToken", token.as_str()), ("filter", "id = 1")], "INVALID_PAGE_TOKEN"),
        ([("page", "1"), ("pageToken", "")], ""),
    ] {
        let (status, found) = bench.violations(asking(&query)).await;
        assert_eq!((status, found[0].0.as_str()), (400, reason), "{query:?}");
    }
    let lower = LISTS.replace("GOOGLE_ADS", "google_ads");
    assert_eq!(bench.violations(bench.get(&lower)).await.1[0].0, "INVALID_RESOURCE_NAME");
}

/// "member count and match rate are read from `userLists.get`".
#[tokio::test]
async fn a_list_tells_its_size() {
    let bench = Bench::start().await;
    let path = format!("{LISTS}/{LIST}");
    let rate = |list: &Value| list["ingestedUserListInfo"]["contactIdInfo"]["matchRatePercentage"].clone();
    let empty = bench.taken(bench.get(&path)).await;
    assert_eq!((&empty["sizeInfo"]["searchNetworkMembersCount"], rate(&empty)), (&json!("0"), Value::Null));
    bench.accepted(INGEST, &members(people(3))).await;
    let full = bench.taken(bench.get(&path)).await;
    assert_eq!((&full["sizeInfo"]["displayNetworkMembersCount"], rate(&full)), (&json!("3"), json!(60)));
}

#[tokio::test]
async fn google_ads_makes_changes_and_removes_lists() {
    let bench = Bench::start().await;
    let path = "/v25/customers/1234567890/userLists:mutate";
    let create = |name: &str| json!({ "create": { "name": name, "membershipLifeSpan": "540", "crmBasedUserList": { "uploadKeyType": "CONTACT_INFO", "dataSourceType": "FIRST_PARTY" } } });
    let answer = bench.taken(bench.ads(path, &json!({ "operations": [create("VIP")] }))).await;
    let resource = answer["results"][0]["resourceName"].clone();
    let update = |mask: &str, list: Value| json!({ "update": list, "updateMask": mask });
    let later = json!({ "resourceName": resource, "name": "VIP 2", "membershipLifeSpan": 30 });
    bench.taken(bench.ads(path, &json!({ "operations": [update("name,membership_life_span", later)] }))).await;
    let list = bench.twin.state().user_lists().values().find(|list| list.display_name == "VIP 2").cloned().unwrap();
    assert_eq!(list.membership_duration_s, 30 * 86_400);
    for (operation, code) in [
        (create("VIP 2"), "NAME_ALREADY_USED"),
        (create(""), "INVALID_NAME"),
        (json!({ "create": { "name": "x" } }), "USER_LIST_MUTATE_NOT_SUPPORTED"),
        (json!({ "create": { "name": "x", "crmBasedUserList": { "uploadKeyType": "MOBILE_ADVERTISING_ID" } } }), "APP_ID_NOT_SET"),
        (
            json!({ "create": { "name": "x", "crmBasedUserList": { "uploadKeyType": "CRM_ID", "appId": "a" } } }),
            "APP_ID_NOT_ALLOWED",
        ),
        (
            json!({ "create": { "name": "x", "membershipLifeSpan": 541, "crmBasedUserList": { "uploadKeyType": "CRM_ID" } } }),
            "TOO_HIGH",
        ),
        (json!({ "update": { "resourceName": resource } }), "FIELD_MASK_MISSING"),
        (update("size", json!({ "resourceName": resource })), "FIELD_NOT_FOUND"),
        (json!({ "remove": "customers/1234567890/userLists/1" }), "RESOURCE_NOT_FOUND"),
        (json!({}), "REQUIRED"),
    ] {
        let body = json!({ "operations": [create("in one transaction"), operation] });
        assert_eq!(ads_code(bench.ads(path, &body)).await, (400, code.to_owned()), "{body}");
    }
    let body = json!({ "operations": [create("A"), create("A"), json!({ "remove": resource })], "partialFailure": true });
    let answer = bench.taken(bench.ads(path, &body)).await;
    assert_eq!((&answer["results"][1], answer["partialFailureError"]["code"].as_u64()), (&json!({}), Some(3)));
    let names: Vec<String> = bench.twin.state().user_lists().values().map(|list| list.display_name.clone()).collect();
    assert_eq!(names, ["Customers", "Phones", "Ids", "A"]);
    assert_eq!(ads_code(bench.ads(path, &json!({ "operations": [] }))).await.1, "REQUIRED");
}
