use sluice_sdk::testing::{Script, answer};
use sluice_sdk::{Destination, code};

use super::*;
use crate::MetaAds;

fn of(settings: &str) -> Result<Settings, Halt> {
    Script::new().settings(settings).call(Settings::of)
}

#[test]
fn an_ad_account_is_taken_with_its_prefix_and_without() {
    for id in ["1234", "act_1234"] {
        let settings = of(&format!(r#"{{"ad_account_id":"{id}"}}"#)).expect("settings");
        assert_eq!(settings.ad_account(), Ok("act_1234".to_owned()), "{id}");
        assert_eq!(settings.api_version, "v25.0");
    }
}

#[test]
fn a_setting_that_does_not_fit_is_named() {
    for (settings, field) in [
        (r#"{"ad_account_id":"act_act_12"}"#, "ad_account_id"),
        (r#"{"ad_account_id":"my account"}"#, "ad_account_id"),
        (r#"{"ad_account_id":""}"#, "ad_account_id"),
        (r#"{"ad_account_id":12}"#, "ad_account_id"),
        (r#"{"pixel_id":"12/../34"}"#, "pixel_id"),
        (r#"{"pixel_id":"act_12"}"#, "pixel_id"),
        (r#"{"api_version":"25.0"}"#, "api_version"),
        (r#"{"api_version":"v25"}"#, "api_version"),
        (r#"{"api_version":"v25.0/x"}"#, "api_version"),
        (r#"{"use_appsecret_proof":"yes"}"#, "use_appsecret_proof"),
    ] {
        let told = of(settings);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some(field)), "{settings}: {told:?}");
    }
    let nothing = of("{}").expect("settings");
    for (told, field) in [
        (nothing.ad_account(), "ad_account_id"),
        (nothing.dataset().map(str::to_owned), "pixel_id"),
        (nothing.questions().map(|all| all.concat()), "ad_account_id"),
    ] {
        assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some(field)), "{told:?}");
    }
}

#[test]
fn the_check_asks_after_what_is_set() {
    for (settings, asked) in [
        (r#"{"ad_account_id":"12"}"#, vec!["act_12?fields=id,name,account_status"]),
        (r#"{"pixel_id":"34"}"#, vec!["34?fields=id,name"]),
        (r#"{"ad_account_id":"act_12","pixel_id":"34"}"#, vec!["act_12?fields=id,name,account_status", "34?fields=id,name"]),
    ] {
        let fine = || answer(200, r#"{"id":"12","name":"Shop","account_status":1}"#);
        let script = Script::new().settings(settings).answers(fine()).answers(fine());
        assert!(script.call(MetaAds::check).expect("connected").contains(r#""ok":true"#));
        let urls: Vec<String> = script.requests().into_iter().map(|request| request.url).collect();
        let wanted: Vec<String> = asked.iter().map(|path| format!("https://graph.facebook.com/v25.0/{path}")).collect();
        assert_eq!(urls, wanted);
    }
}

#[test]
fn what_a_check_was_refused_for_is_told() {
    let check = |status, body: &str| {
        let script = Script::new().settings(r#"{"ad_account_id":"12"}"#).answers(answer(status, body));
        script.call(MetaAds::check).expect_err("no connection")
    };
    let expired = r#"{"error":{"message":"Error validating access token","type":"OAuthException","code":190,"error_subcode":463}}"#;
    let told = check(400, expired);
    assert!(
        matches!(&told, Halt::Auth(r) if r.vendor_code.as_deref() == Some("190/463") && r.message.contains("expired")),
        "{told:?}"
    );
    let absent = check(400, r#"{"error":{"code":100,"error_subcode":33}}"#);
    assert!(matches!(absent, Halt::Missing(_)));
    assert!(matches!(check(400, r#"{"error":{"code":2}}"#), Halt::Unavailable(_)));
    assert!(matches!(check(400, r#"{"error":{"code":100}}"#), Halt::Config(_)));
    assert!(matches!(check(400, r#"{"error":{"code":17}}"#), Halt::Throttled(_)));
    assert!(matches!(check(200, "<html>log in</html>"), Halt::Unavailable(_)));
    assert!(matches!(check(401, ""), Halt::Auth(_)));
}

#[test]
fn the_proof_is_asked_for_only_where_it_is_said() {
    for (proof, credentials) in [(false, vec!["access_token"]), (true, vec!["access_token", "app_secret"])] {
        let settings = format!(r#"{{"pixel_id":"34","api_version":"v24.0","use_appsecret_proof":{proof}}}"#);
        let script = Script::new().settings(&settings).answers(answer(200, "{}"));
        script.call(MetaAds::check).expect("connected");
        let asked = &script.requests()[0];
        assert_eq!(asked.credentials, credentials);
        assert_eq!(asked.url, "https://graph.facebook.com/v24.0/34?fields=id,name");
    }
}

#[test]
fn a_service_that_is_not_there_is_told() {
    let script = Script::new().service("leads").settings("{}");
    assert!(matches!(script.call(MetaAds::setup), Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN));
    assert!(matches!(script.call(MetaAds::prepare), Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN));
}
