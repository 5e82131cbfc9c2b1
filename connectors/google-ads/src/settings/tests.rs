use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Script, answer};
use sluice_sdk::{Reason, code};

use super::*;

fn read(json: &str) -> Result<Settings, Halt> {
    Script::new().settings(json).call(Settings::of)
}

fn blamed<T: std::fmt::Debug>(told: Result<T, Halt>) -> String {
    match told {
        Err(Halt::Config(Reason { code, field, .. })) if code == code::SETTINGS_INVALID => field.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn accounts_are_written_with_hyphens_or_without() {
    let settings = read(r#"{"customer_id":"123-456-7890","login_customer_id":"9876543210","sign_in":"oauth"}"#).expect("settings");
    let account = |id: &str| json!({ "accountType": "GOOGLE_ADS", "accountId": id });
    assert_eq!(
        settings.destinations("7"),
        json!([{ "operatingAccount": account("1234567890"), "loginAccount": account("9876543210"), "productDestinationId": "7" }])
    );
    let alone = read(r#"{"customer_id":"1234567890","sign_in":"oauth"}"#).expect("settings").destinations("7");
    assert_eq!(alone, json!([{ "operatingAccount": account("1234567890"), "productDestinationId": "7" }]));
}

#[test]
fn what_does_not_fit_is_named() {
    for (json, field) in [
        (r#"{"customer_id":"123456789","sign_in":"oauth"}"#, "customer_id"),
        (r#"{"customer_id":"12345678901","sign_in":"oauth"}"#, "customer_id"),
        (r#"{"customer_id":"123456789a","sign_in":"oauth"}"#, "customer_id"),
        (r#"{"customer_id":"1234567890","login_customer_id":"me","sign_in":"oauth"}"#, "login_customer_id"),
        (r#"{"customer_id":"1234567890","sign_in":"password"}"#, "sign_in"),
        (r#"{"customer_id":"1234567890"}"#, "sign_in"),
        (r#"{"sign_in":"oauth"}"#, "customer_id"),
    ] {
        assert_eq!(blamed(read(json)), field, "{json}");
    }
    let options = |json: &str| Script::new().options(json).call(|call| call.options::<ConversionOptions>());
    for id in ["", "12a", "customers/1/conversionActions/7"] {
        let options = options(&format!(r#"{{"conversion_action_id":"{id}"}}"#)).expect("a text");
        assert_eq!(blamed(options.action().map(str::to_owned)), "conversion_action_id");
    }
    assert_eq!(options(r#"{"conversion_action_id":"7001112223"}"#).expect("options").action(), Ok("7001112223"));
    assert_eq!(blamed(options("{}")), "conversion_action_id");
    let kind = Script::new().options(r#"{"list":"VIP","key_type":"cookies"}"#).call(|call| call.options::<AudiencesOptions>());
    assert_eq!(blamed(kind), "key_type");
    let consent = Script::new().options(r#"{"ad_user_data":"yes"}"#).call(|call| call.options::<ConsentOptions>());
    assert_eq!(blamed(consent), "ad_user_data");
}

#[test]
fn requests_are_signed_as_the_settings_say() {
    for (sign_in, credential) in [("oauth", "login"), ("service-account", "service_account")] {
        let script = Script::new().answers(answer(200, "{}")).answers(answer(200, "{}"));
        let settings = format!(r#"{{"customer_id":"1234567890","login_customer_id":"987-654-3210","sign_in":"{sign_in}"}}"#);
        let settings = read(&settings).expect("settings");
        script.call(|call| {
            settings.through_login(settings.get(call, &settings.user_lists(), "lists")).send().expect("an answer");
            settings.google_ads(call, "uploadConversionAdjustments", Writer::default()).send().expect("an answer");
        });
        let [lists, retraction] = &script.requests()[..] else { panic!("two") };
        assert_eq!(lists.url, "https://datamanager.googleapis.com/v1/accountTypes/GOOGLE_ADS/accounts/1234567890/userLists");
        assert_eq!(lists.headers, [("login-account".to_owned(), "accountTypes/GOOGLE_ADS/accounts/9876543210".to_owned())]);
        assert_eq!((&lists.credentials[..], &lists.pace[..]), (&[credential.to_owned()][..], &["lists".to_owned()][..]));
        assert_eq!(retraction.url, "https://googleads.googleapis.com/v25/customers/1234567890:uploadConversionAdjustments");
        assert!(retraction.headers.contains(&("login-customer-id".to_owned(), "9876543210".to_owned())));
        assert_eq!(retraction.credentials, [credential, "developer_token"]);
    }
}
