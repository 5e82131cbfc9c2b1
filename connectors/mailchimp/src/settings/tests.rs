use sluice_sdk::code;
use sluice_sdk::testing::{Script, answer};

use super::*;

fn read(json: &str) -> Result<Settings, Halt> {
    Script::new().settings(json).call(Settings::of)
}

#[test]
fn an_audience_is_asked_in_the_data_center_of_its_key() {
    let settings = read(r#"{"data_center":"us19","list_id":"a1b2c3d4e5"}"#).expect("settings");
    assert_eq!(settings.url("/segments"), "https://us19.api.mailchimp.com/3.0/lists/a1b2c3d4e5/segments");
    assert!(settings.is_about("a1b2c3d4e5") && !settings.is_about("a1b2c3d4e6"));
}

#[test]
fn the_way_to_sign_in_names_the_credential() {
    let asked = |sign_in: &str| {
        let json = format!(r#"{{"data_center":"us19","list_id":"a1"{sign_in}}}"#);
        let script = Script::new().settings(&json).answers(answer(200, "{}")).answers(answer(200, "{}"));
        script.call(|call| {
            let settings = Settings::of(call)?;
            let _answers = [settings.get(call, "").send(), settings.write(call, "POST", "", Writer::default()).send()];
            Ok::<_, Halt>(())
        })?;
        Ok::<_, Halt>(script.requests().into_iter().map(|request| request.credentials.concat()).collect::<Vec<_>>())
    };
    assert_eq!(asked(""), Ok(vec!["api_key".to_owned(); 2]));
    assert_eq!(asked(r#","sign_in":"api-key""#), Ok(vec!["api_key".to_owned(); 2]));
    assert_eq!(asked(r#","sign_in":"oauth","client_id":"635959587059""#), Ok(vec!["oauth".to_owned(); 2]));
    let told = asked(r#","sign_in":"basic""#);
    assert!(matches!(&told, Err(Halt::Config(reason)) if reason.field.as_deref() == Some("sign_in")), "{told:?}");
}

#[test]
fn what_does_not_fit_is_named() {
    for (json, field) in [
        (r#"{"data_center":"us19.api.mailchimp.com","list_id":"a1"}"#, "data_center"),
        (r#"{"data_center":"","list_id":"a1"}"#, "data_center"),
        (r#"{"list_id":"a1"}"#, "data_center"),
        (r#"{"data_center":"us19","list_id":"a1/../b2"}"#, "list_id"),
        (r#"{"data_center":"us19","list_id":7}"#, "list_id"),
        (r#"{"data_center":"us19"}"#, "list_id"),
    ] {
        let Err(Halt::Config(reason)) = read(json) else { panic!("{json} reads") };
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some(field)), "{json}");
    }
    let options: Result<SegmentsOptions, Halt> = Script::new().call(|call| call.options());
    assert!(matches!(&options, Err(Halt::Config(r)) if r.field.as_deref() == Some("segment")), "{options:?}");
}

#[test]
fn nobody_consents_and_nothing_starts_unless_somebody_says_so() {
    let contacts = |json: &str| Script::new().options(json).call(|call| call.options::<ContactsOptions>());
    assert_eq!(contacts("{}"), Ok(ContactsOptions { new_contacts: Status::Transactional }));
    for status in [Status::Subscribed, Status::Pending, Status::Transactional, Status::Unsubscribed] {
        let json = format!(r#"{{"new_contacts":"{}"}}"#, status.as_str());
        assert_eq!(contacts(&json), Ok(ContactsOptions { new_contacts: status }));
    }
    let cleaned = contacts(r#"{"new_contacts":"cleaned"}"#);
    assert!(matches!(&cleaned, Err(Halt::Config(r)) if r.field.as_deref() == Some("new_contacts")), "{cleaned:?}");
    let segments = Script::new().options(r#"{"segment":"VIP"}"#).call(|call| call.options::<SegmentsOptions>());
    assert_eq!(segments, Ok(SegmentsOptions { segment: "VIP".to_owned(), start_automations: false }));
}
