use sluice_sdk::code;
use sluice_sdk::testing::Script;

use super::*;

fn read(json: &str) -> Result<Settings, Halt> {
    Script::new().settings(json).call(Settings::of)
}

#[test]
fn a_destination_is_a_project_apps_or_both() {
    let both = read(r#"{"project_key":"project_1","app_api_keys":["A1","DEV2"]}"#).expect("settings");
    assert_eq!((both.project().is_ok(), both.apps().map(<[App]>::len)), (true, Ok(2)));
    let missing = |halt: Halt| halt.reason().and_then(|reason| reason.field.clone());
    let apps = read(r#"{"app_api_keys":["A1"]}"#).expect("settings");
    assert_eq!(apps.project().map_err(missing), Err(Some("project_key".to_owned())));
    for json in [r#"{"project_key":"project_1"}"#, r#"{"project_key":"project_1","app_api_keys":[]}"#] {
        let project = read(json).expect("settings");
        assert_eq!(project.apps().map_err(missing), Err(Some("app_api_keys".to_owned())), "{json}");
    }
}

#[test]
fn what_does_not_fit_is_named_and_never_shown() {
    for (json, field) in [
        (r#"{"project_key":""}"#, "project_key"),
        (r#"{"project_key":"project 1"}"#, "project_key"),
        (r#"{"project_key":"project_1\nx: y"}"#, "project_key"),
        (r#"{"project_key":7}"#, "project_key"),
        (r#"{"app_api_keys":["A1","../1.1/A1"]}"#, "app_api_keys"),
        (r#"{"app_api_keys":"A1"}"#, "app_api_keys"),
    ] {
        let Err(Halt::Config(reason)) = read(json) else { panic!("{json} reads") };
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some(field)), "{json}");
        assert!(!reason.message.contains("1.1"), "{}", reason.message);
    }
}

#[test]
fn requests_name_the_project_or_the_app_and_their_key() {
    let settings = read(r#"{"project_key":"project_1","app_api_keys":["DEV2"]}"#).expect("settings");
    let script = Script::new();
    script.call(|call| {
        let _ = settings.project().expect("one").get(call, wire::ORCHESTRATIONS).send();
        let _ = settings.apps().expect("one")[0].post(call, Writer::default()).send();
    });
    let [asked, sent] = &script.requests()[..] else { panic!("two") };
    assert_eq!(asked.url, "https://api.batch.com/2.11/orchestrations/list");
    assert_eq!((asked.method.as_str(), &asked.credentials[..]), ("GET", &["rest_api_key".to_owned()][..]));
    assert!(asked.headers.contains(&("x-batch-project".to_owned(), "project_1".to_owned())), "{:?}", asked.headers);
    assert_eq!(sent.url, "https://api.batch.com/1.0/DEV2/data/users");
    assert_eq!((sent.method.as_str(), &sent.credentials[..]), ("POST", &["rest_api_key_mep".to_owned()][..]));
    assert_eq!(sent.effect, Effect::Repeatable);
}
