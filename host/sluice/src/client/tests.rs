//! The client against servers that are not there, or not Sluice's.

use super::*;

#[test]
fn an_address_is_scheme_and_host() {
    for (url, sound) in [
        ("http://127.0.0.1:7700", true),
        ("https://sluice.example/behind/", true),
        ("127.0.0.1:7700", false),
        ("ftp://127.0.0.1", false),
        ("", false),
    ] {
        assert_eq!(Client::new(url, "k").is_ok(), sound, "{url}");
    }
}

#[test]
fn a_name_in_a_path_is_one_part_of_it() {
    let client = Client::new("https://sluice.example/behind/", "k").expect("sound");
    let url =
        |segments: &[&str], query: &[(&str, &str)]| client.request(Method::GET, segments, query).build().unwrap().url().to_string();
    assert_eq!(url(&["runs", "../x?y"], &[("key", "a&b")]), "https://sluice.example/behind/v1/runs/..%2Fx%3Fy?key=a%26b");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(&format!("http://{address}"), "k").unwrap();
    let failure = client.workspaces().await.unwrap_err();
    assert_eq!(failure.code, Code::ApiUnreachable);
    assert!(failure.cause.contains(&address.to_string()), "{failure}");
}

#[test]
fn a_refusal_keeps_code_places_and_request_id() {
    let body = br#"{"code":"api-invalid","detail":"Two places.","request_id":"req_1",
        "errors":[{"pointer":"/models/0/kind","code":"field-invalid","detail":"No."}]}"#;
    let failure = answer::refusal(422, body);
    assert_eq!((failure.code, failure.request_id.as_deref()), (Code::ApiInvalid, Some("req_1")));
    assert_eq!((failure.places[0].pointer.as_str(), failure.places[0].code), ("/models/0/kind", Code::FieldInvalid));
    let newer = answer::refusal(409, br#"{"code":"moon-full","detail":"Wait."}"#);
    assert_eq!((newer.code, newer.cause.as_str()), (Code::ApiConflict, "moon-full: Wait."));
    assert_eq!(answer::refusal(502, b"<html>").code, Code::ApiUnreachable);
}
