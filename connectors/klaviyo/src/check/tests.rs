use sluice_sdk::testing::{Answer, Script, answer};

use super::*;

const ACCOUNT: &str = r#"{"data":[{"type":"account","id":"Ab12Cd","attributes":{"contact_information":{}}}]}"#;

fn check(answer: Answer) -> Result<String, Halt> {
    Script::new().answers(answer).call(connection)
}

#[test]
fn a_good_key_names_its_account() {
    let script = Script::new().answers(answer(200, ACCOUNT));
    assert!(script.call(connection).expect("connected").contains("Ab12Cd"));
    let asked = &script.requests()[0];
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("GET", "https://a.klaviyo.com/api/accounts"));
    assert_eq!((&asked.credentials[..], &asked.pace[..]), (&["api_key".to_owned()][..], &["accounts".to_owned()][..]));
    assert!(asked.headers.contains(&("revision".into(), "2026-07-15".into())), "{:?}", asked.headers);
    assert!(asked.headers.contains(&("accept".into(), "application/vnd.api+json".into())), "{:?}", asked.headers);
}

#[test]
fn a_bad_key_is_told_from_a_missing_scope_and_from_somebody_elses_page() {
    let refusal =
        r#"{"errors":[{"id":"x","status":401,"code":"not_authenticated","title":"","detail":"","source":{"pointer":"/data/"}}]}"#;
    for status in [400, 401] {
        assert!(matches!(check(answer(status, refusal)), Err(Halt::Auth(_))), "{status}");
    }
    assert!(check(answer(403, "{}")).expect("a key").contains("accounts:read"));
    for page in [answer(200, "<html>"), answer(200, "{}"), answer(400, "<html>proxy</html>"), answer(403, "<html>proxy</html>")] {
        assert!(!matches!(check(page), Ok(_) | Err(Halt::Auth(_))));
    }
    assert!(matches!(check(answer(200, r#"{"data":[]}"#)), Err(Halt::Config(_))));
}
