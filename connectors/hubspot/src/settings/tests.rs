use sluice_sdk::code;
use sluice_sdk::serde::de::DeserializeOwned;
use sluice_sdk::testing::Script;

use super::*;

/// The URL and the credential of a question, or the setting that does not fit.
fn asked(settings: &str) -> Result<(String, String), String> {
    let script = Script::new().settings(settings);
    let told = script.call(|call| Settings::of(call).map(|settings| drop(settings.get(call, "/crm/lists", "/7").send())));
    match told {
        Ok(()) => Ok((script.requests()[0].url.clone(), script.requests()[0].credentials.join(" "))),
        Err(Halt::Config(reason)) if reason.code == code::SETTINGS_INVALID => Err(reason.field.unwrap_or_default()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn the_version_stands_in_the_path_and_the_way_to_sign_in_names_the_credential() {
    let told =
        |version: &str, credential: &str| Ok((format!("https://api.hubapi.com/crm/lists/{version}/7"), credential.to_owned()));
    assert_eq!(asked("{}"), told("2026-03", "token"));
    assert_eq!(asked(r#"{"sign_in":"token","api_version":"2026-09"}"#), told("2026-09", "token"));
    assert_eq!(asked(r#"{"sign_in":"oauth","client_id":"an-app"}"#), told("2026-03", "oauth"));
    assert_eq!(asked(r#"{"sign_in":"hapikey"}"#), Err("sign_in".to_owned()));
    for version in ["2026-03/..", "v3.1", ""] {
        assert_eq!(asked(&format!(r#"{{"api_version":"{version}"}}"#)), Err("api_version".to_owned()), "{version}");
    }
}

#[test]
fn options_that_do_not_fit_are_named() {
    fn wrong<T: DeserializeOwned>(options: &str) -> String {
        match Script::new().options(options).call(|call| call.options::<T>().map(|_| ())) {
            Err(Halt::Config(reason)) => reason.field.unwrap_or_default(),
            other => panic!("{options}: {other:?}"),
        }
    }
    assert_eq!(wrong::<ObjectType>("{}"), "object_type");
    assert_eq!(wrong::<ObjectType>(r#"{"object_type":"2-1/../contacts"}"#), "object_type");
    assert_eq!(wrong::<ObjectsOptions>(r#"{"unique_property":""}"#), "unique_property");
    assert_eq!(wrong::<ObjectsOptions>(r#"{"associations":[{"field":"company"}]}"#), "object");
    assert_eq!(wrong::<ListsOptions>("{}"), "list");
}

#[test]
fn an_association_is_the_default_one_and_required_unless_somebody_says_otherwise() {
    let text = r#"{"associations":[{"field":"company","object":"companies"}]}"#;
    let options = Script::new().options(text).call(|call| call.options::<ObjectsOptions>()).expect("options");
    let [association] = &options.associations[..] else { panic!("one") };
    assert_eq!((&association.key, &association.label, association.required), (&None, &None, true));
}
