use sluice_sdk::code;
use sluice_sdk::testing::Script;

use super::*;

fn read(json: &str) -> Result<Settings, Halt> {
    Script::new().settings(json).call(Settings::of)
}

#[test]
fn a_project_is_asked_in_its_own_data_center() {
    for (center, host) in [("US", "https://api.iterable.com"), ("EU", "https://api.eu.iterable.com")] {
        let settings = read(&format!(r#"{{"data_center":"{center}","project_type":"email"}}"#)).expect("settings");
        assert_eq!(settings.url("/api/lists"), format!("{host}/api/lists"));
    }
}

#[test]
fn a_project_tells_its_users_apart_in_one_of_three_ways() {
    for (word, project) in [("email", ProjectType::Email), ("userId", ProjectType::UserId), ("hybrid", ProjectType::Hybrid)] {
        let settings = read(&format!(r#"{{"data_center":"EU","project_type":"{word}"}}"#)).expect("settings");
        assert_eq!(settings.project_type, project);
    }
}

#[test]
fn what_does_not_fit_is_named() {
    for (json, field) in [
        (r#"{"data_center":"us","project_type":"email"}"#, "data_center"),
        (r#"{"data_center":"US","project_type":"userid"}"#, "project_type"),
        (r#"{"data_center":"US"}"#, "project_type"),
        (r#"{"project_type":"email"}"#, "data_center"),
    ] {
        let Err(Halt::Config(reason)) = read(json) else { panic!("{json} reads") };
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some(field)), "{json}");
    }
    let options: Result<ListsOptions, Halt> = Script::new().options(r#"{"create_users":true}"#).call(|call| call.options());
    assert!(matches!(&options, Err(Halt::Config(r)) if r.field.as_deref() == Some("list")), "{options:?}");
}

#[test]
fn fields_are_made_objects_are_replaced_and_users_are_not_made_unless_somebody_says_otherwise() {
    let attributes = |json: &str| Script::new().options(json).call(|call| call.options::<AttributesOptions>()).expect("options");
    assert_eq!(attributes("{}"), AttributesOptions { create_new_fields: true, merge_nested_objects: false });
    let other = attributes(r#"{"create_new_fields":false,"merge_nested_objects":true}"#);
    assert_eq!(other, AttributesOptions { create_new_fields: false, merge_nested_objects: true });
    let lists = |json: &str| Script::new().options(json).call(|call| call.options::<ListsOptions>()).expect("options");
    assert!(!lists(r#"{"list":"VIP"}"#).create_users);
    assert!(lists(r#"{"list":"VIP","create_users":true}"#).create_users);
}
