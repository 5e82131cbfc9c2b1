use sluice_sdk::serde_json::Value as Json;
use sluice_sdk::testing::{Script, answer};
use sluice_sdk::{Destination, Halt, code};

use super::*;
use crate::GoogleAds;

fn script(more: &str) -> Script {
    let settings = r#"{"customer_id":"1234567890","login_customer_id":"9876543210","sign_in":"service-account"}"#;
    let options = format!(r#"{{"list":"VIP \"FR\"","accept_customer_match_terms":true{more}}}"#);
    Script::new().service("audiences").mode("list").settings(settings).options(&options)
}

fn lists(lists: &Json) -> sluice_sdk::testing::Answer {
    answer(200, &json!({ "userLists": lists }).to_string())
}

fn vip(kind: &str) -> Json {
    json!({ "name": "accountTypes/GOOGLE_ADS/accounts/1234567890/userLists/42", "id": "42", "displayName": "VIP \"FR\"",
        "ingestedUserListInfo": { "uploadKeyTypes": [kind] } })
}

fn field(told: &Result<Vec<u8>, Halt>) -> Option<&str> {
    match told {
        Err(Halt::Config(reason)) => reason.field.as_deref(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_of_the_name_is_found_whatever_else_is_there() {
    let other = json!({ "id": "7", "displayName": "VIP" });
    let script = script("").answers(lists(&json!([other, vip("CONTACT_ID")])));
    assert_eq!(script.call(GoogleAds::setup), Ok(b"42".to_vec()));
    let [asked] = &script.requests()[..] else { panic!("one question") };
    let url = "https://datamanager.googleapis.com/v1/accountTypes/GOOGLE_ADS/accounts/1234567890/userLists?filter=display_name%20%3D%20%22VIP%20%5C%22FR%5C%22%22";
    assert_eq!((asked.url.as_str(), &asked.credentials[..]), (url, &["service_account".to_owned()][..]));
    assert!(asked.headers.iter().any(|(name, value)| name == "login-account" && value.ends_with("/9876543210")));
}

#[test]
fn a_list_that_is_not_there_is_made_once() {
    let source = json!({ "dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY" });
    let mobile = json!({ "appId": "app", "dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY", "keySpace": "IOS" });
    for (options, seconds, info) in [
        ("", "46656000s", json!({ "uploadKeyTypes": ["CONTACT_ID"], "contactIdInfo": source })),
        (r#","key_type":"user-id","membership_days":1"#, "86400s", json!({ "uploadKeyTypes": ["USER_ID"], "userIdInfo": source })),
        (
            r#","key_type":"mobile-id","key_space":"IOS","app_id":"app""#,
            "46656000s",
            json!({ "uploadKeyTypes": ["MOBILE_ID"], "mobileIdInfo": mobile }),
        ),
    ] {
        let script = script(options).answers(answer(200, "{}")).answers(answer(200, r#"{"id":"43","displayName":"VIP \"FR\""}"#));
        assert_eq!(script.call(GoogleAds::setup), Ok(b"43".to_vec()));
        let body = json!({ "displayName": "VIP \"FR\"", "membershipDuration": seconds, "ingestedUserListInfo": info });
        assert_eq!(script.bodies()[1], body);
        assert_eq!(script.requests()[1].effect, Effect::Once);
    }
    for (options, missing) in [("", "key_space"), (r#","key_space":"IOS""#, "app_id")] {
        let script = script(&format!(r#","key_type":"mobile-id"{options}"#)).answers(answer(200, "{}"));
        assert_eq!(field(&script.call(GoogleAds::setup)), Some(missing));
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn lists_that_cannot_be_filled_are_told_from_those_that_can() {
    let mut locked = vip("CONTACT_ID");
    locked["readOnly"] = json!(true);
    let remarketing = json!({ "id": "42", "displayName": "VIP \"FR\"" });
    for (found, blamed) in [
        (json!([vip("MOBILE_ID")]), "key_type"),
        (json!([remarketing]), "key_type"),
        (json!([locked]), "list"),
        (json!([vip("CONTACT_ID"), vip("CONTACT_ID")]), "list"),
    ] {
        assert_eq!(field(&script("").answers(lists(&found)).call(GoogleAds::setup)), Some(blamed), "{found}");
    }
    let nameless = script("").answers(answer(200, "{}")).answers(answer(200, r#"{"id":"me"}"#));
    assert!(matches!(nameless.call(GoogleAds::setup), Err(Halt::Unavailable(_))));
}

#[test]
fn the_check_asks_for_one_list_and_tells_the_account() {
    let script_ = script("").answers(answer(200, "{}"));
    let told: Json = script_.call(GoogleAds::check).expect("connected").parse().expect("JSON");
    assert_eq!((&told["ok"], &told["message"]), (&json!(true), &json!("Connected to the account 1234567890.")));
    assert!(script_.requests()[0].url.ends_with("/accounts/1234567890/userLists?pageSize=1"));
    for (status, body, wanted) in [
        (401, r#"{"error":{"code":401,"status":"UNAUTHENTICATED"}}"#, "auth"),
        (403, r#"{"error":{"code":403,"status":"PERMISSION_DENIED"}}"#, "config"),
        (200, "7", "unavailable"),
        (500, "{}", "unavailable"),
    ] {
        let told = script("").answers(answer(status, body)).call(GoogleAds::check);
        let told = match &told {
            Err(Halt::Auth(_)) => "auth",
            Err(Halt::Config(reason)) if reason.code == code::DEST_PERMISSION => "config",
            Err(Halt::Unavailable(_)) => "unavailable",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, wanted, "{status} {body}");
    }
}
