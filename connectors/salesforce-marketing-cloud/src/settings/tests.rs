use sluice_sdk::code;
use sluice_sdk::testing::Script;

use super::*;

fn read(json: &str) -> Result<Settings, Halt> {
    Script::new().settings(json).call(Settings::of)
}

#[test]
fn a_tenant_is_one_label_of_a_host() {
    assert_eq!(&*read(r#"{"subdomain":"mc1","client_id":"c","rest_tenant":"mc1-x"}"#).expect("settings").rest_tenant, "mc1-x");
    for wrong in ["", "a.b", "evil.example/", "evil@x", "x:8443"] {
        let Err(Halt::Config(reason)) = read(&format!(r#"{{"rest_tenant":"{wrong}"}}"#)) else { panic!("{wrong}") };
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some("rest_tenant")), "{wrong}");
    }
    assert!(matches!(read("{}"), Err(Halt::Config(r)) if r.field.as_deref() == Some("rest_tenant")));
}

#[test]
fn an_option_that_does_not_read_is_named() {
    let read = |json: &str| Script::new().options(json).call(|call| call.options::<Options>());
    let wanted = Options { data_extension: "loyalty".into(), attribute: None };
    assert_eq!(read(r#"{"data_extension":"loyalty"}"#), Ok(wanted));
    for (json, name) in [(r#"{"data_extension":7}"#, "data_extension"), ("{}", "data_extension")] {
        assert!(matches!(read(json), Err(Halt::Config(r)) if r.field.as_deref() == Some(name)), "{json}");
    }
}

#[test]
fn requests_go_to_the_tenant_with_the_credential_and_the_pace() {
    let script = Script::new().settings(r#"{"rest_tenant":"mc1"}"#);
    let _ = script.call(|call| Settings::of(call).map(|settings| settings.request(call, "PUT", "/async/x").send()));
    let sent = &script.requests()[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("PUT", "https://mc1.rest.marketingcloudapis.com/data/v1/async/x"));
    assert_eq!((&sent.credentials[..], &sent.pace[..]), (&["client".to_owned()][..], &["rest".to_owned()][..]));
}
