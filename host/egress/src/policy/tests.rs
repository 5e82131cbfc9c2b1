use std::{collections::BTreeSet, sync::LazyLock};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::{ACME, manifest, stand_in};
use crate::{Links, Refusal};
use sluice_catalog::{Code, destination::StandIn};

fn acme() -> &'static Policy {
    static ACME_POLICY: LazyLock<Policy> =
        LazyLock::new(|| Policy::resolve(&manifest(ACME), &Grant::default(), &json!({})).expect("a policy"));
    &ACME_POLICY
}

fn verdict(policy: &Policy, method: &str, url: &str) -> Option<Refusal> {
    policy.check(method, url, &Links::default()).err()
}

fn not_listed(host: &str) -> Option<Refusal> {
    Some(Refusal::HostNotListed { host: host.parse().expect("a host") })
}

#[test]
fn egress_is_decided_on_the_canonical_host() {
    let policy = acme();
    let api = || "api.acme.example".parse().expect("a host");
    for (url, refused) in [
        ("https://api.acme.example/v3", None),
        ("https://API.Acme.Example/v3?q=1", None),
        ("HTTPS://api.acme.example", None),
        ("https://api.acme.example:443/", None),
        ("https://api.acme.example?q=%0d%0a", None),
        ("https://api.acme.example@evil.test/", Some(Refusal::UserInfo)),
        ("https://@api.acme.example/", Some(Refusal::UserInfo)),
        ("https://user:pw@api.acme.example/", Some(Refusal::UserInfo)),
        ("https://evil.test#@api.acme.example", Some(Refusal::Fragment)),
        ("https://api.acme.example/#x", Some(Refusal::Fragment)),
        ("https://evil.test\\@api.acme.example", Some(Refusal::UrlBytes)),
        ("https://api.acme.example\\@evil.test/", Some(Refusal::UrlBytes)),
        ("https://evil.test%2f@api.acme.example/", Some(Refusal::UserInfo)),
        ("https://evil.test%2fapi.acme.example/", Some(Refusal::Authority)),
        ("https://api.acme.example\t.evil.test/", Some(Refusal::UrlBytes)),
        ("https://api.acme\n.example/", Some(Refusal::UrlBytes)),
        (" https://api.acme.example/", Some(Refusal::UrlBytes)),
        ("https://api.acme.example/a b", Some(Refusal::UrlBytes)),
        ("https://api.acme.example/\r\nX: y", Some(Refusal::UrlBytes)),
        ("https://api.acme.example/\0", Some(Refusal::UrlBytes)),
        ("https://api.acme.example.evil.test/", not_listed("api.acme.example.evil.test")),
        ("https://evilapi.acme.example/", not_listed("evilapi.acme.example")),
        ("https://acme.example/", not_listed("acme.example")),
        ("https://api.acme.example./", Some(Refusal::Authority)),
        ("https://%61pi.acme.example/", Some(Refusal::Authority)),
        ("https://localhost/", Some(Refusal::Authority)),
        ("https:///api.acme.example/", Some(Refusal::Authority)),
        ("https:api.acme.example/", Some(Refusal::UrlParse)),
        ("https:/api.acme.example/", Some(Refusal::UrlParse)),
        ("//api.acme.example/", Some(Refusal::UrlParse)),
        ("", Some(Refusal::UrlParse)),
        ("http://api.acme.example/", Some(Refusal::Scheme)),
        ("ftp://api.acme.example/", Some(Refusal::Scheme)),
        ("file:///etc/passwd", Some(Refusal::Scheme)),
        ("data:text/plain,x", Some(Refusal::Scheme)),
        ("ws://api.acme.example/", Some(Refusal::Scheme)),
        ("wss://api.acme.example/", Some(Refusal::Scheme)),
        ("https://api.acme.example:0443/", Some(Refusal::Authority)),
        ("https://api.acme.example:+443/", Some(Refusal::Authority)),
        ("https://api.acme.example:/", Some(Refusal::Authority)),
        ("https://api.acme.example:65536/", Some(Refusal::Authority)),
        ("https://api.acme.example:80/", Some(Refusal::PortNotListed { host: api(), port: 80 })),
        ("https://api.acme.example:444/", Some(Refusal::PortNotListed { host: api(), port: 444 })),
        ("https://api.acme.example:443#", Some(Refusal::Fragment)),
        ("https://api.acme.example//evil.test/x", None),
        ("https://api.acme.example/https://evil.test/", None),
    ] {
        assert_eq!(verdict(policy, "GET", url), refused, "{url}");
    }
}

#[test]
fn addresses_are_refused_in_every_spelling() {
    for host in [
        "127.0.0.1",
        "127.0.0.1:443",
        "8.8.8.8",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "[::1]",
        "[::1]:443",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "[2606:4700:4700::1111]",
    ] {
        assert_eq!(verdict(acme(), "GET", &format!("https://{host}/")), Some(Refusal::Address), "{host}");
    }
    for host in ["[fe80::1%25eth0]", "[::1", "256.256.256.256", "127.0.0.0.1", "0x.example.0x"] {
        assert_eq!(verdict(acme(), "GET", &format!("https://{host}/")), Some(Refusal::Authority), "{host}");
    }
}

#[test]
fn look_alikes_are_refused_or_are_another_host() {
    for host in [
        "аpi.acme.example",
        "ａpi.acme.example",
        "ⓐpi.acme.example",
        "api.ac\u{ad}me.example",
        "api\u{200d}.acme.example",
        "api。acme.example",
    ] {
        assert_eq!(verdict(acme(), "GET", &format!("https://{host}/")), Some(Refusal::UrlBytes), "{host}");
    }
    assert_eq!(verdict(acme(), "GET", "https://xn--pi-7kc.acme.example/"), not_listed("xn--pi-7kc.acme.example"));
}

#[test]
fn only_the_listed_methods_and_paths_pass_and_the_nearest_miss_is_named() {
    let (policy, files) = (acme(), || "files.acme.example".parse().expect("a host"));
    for method in ["DELETE", "CONNECT", "TRACE", "get", "GET ", "GET / HTTP/1.1\r\nX:", ""] {
        let refused = verdict(policy, method, "https://api.acme.example/");
        assert_eq!(refused.map(|r| r.code()), Some(Code::EgressMethodNotListed), "{method:?}");
    }
    for (path, refused) in [
        ("/v1/uploads", None),
        ("/v1/uploads/7", None),
        ("/v1/uploads/%2e%2e/uploads/7", None),
        ("/v1/uploads/a%2Fb", None),
        ("/v1/uploads-old", Some(Refusal::PathNotListed { host: files() })),
        ("/v1/upload", Some(Refusal::PathNotListed { host: files() })),
        ("/", Some(Refusal::PathNotListed { host: files() })),
        ("/v1/uploads/../secrets", Some(Refusal::PathNotListed { host: files() })),
        ("/v1/uploads/%2e%2E/secrets", Some(Refusal::PathNotListed { host: files() })),
        ("/v1/uploads/..%2fsecrets", Some(Refusal::PathDots)),
        ("/v1/uploads/x%2f%2e%2e%2f%2e%2e%5csecrets", Some(Refusal::PathDots)),
        ("/v1/uploads/%2e%2e%5csecrets", Some(Refusal::PathDots)),
    ] {
        assert_eq!(verdict(policy, "PUT", &format!("https://files.acme.example:8443{path}")), refused, "{path}");
    }
    let url = |length: usize| format!("https://api.acme.example/{}", "a".repeat(length - 25));
    assert_eq!(verdict(policy, "GET", &url(crate::limits::URL_BYTES_MAX)), None);
    assert_eq!(verdict(policy, "GET", &url(crate::limits::URL_BYTES_MAX + 1)), Some(Refusal::UrlLength));
}

const SETTING: &str = r#"
[settings]
type = "object"
[settings.properties.dc]
type = "string"
[settings.properties.shop]
type = "string"
x-sluice-labels = 2
[[egress]]
host = "{dc}.api.acme.example"
methods = ["GET"]
[[egress]]
host = "{shop}.shop.acme.example"
methods = ["GET"]
"#;

#[test]
fn a_setting_becomes_as_many_labels_as_its_schema_allows_and_nothing_else() {
    let resolve = |settings| Policy::resolve(&manifest(SETTING), &Grant::default(), &settings);
    let hosts = |settings| {
        let policy: Policy = resolve(settings).expect("a policy");
        policy.reach().into_iter().filter_map(|r| r.host).map(|h| h.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(hosts(json!({"dc": "eu-1"})), ["eu-1.api.acme.example"]);
    assert_eq!(hosts(json!({"dc": "us", "shop": "a.b"})), ["us.api.acme.example", "a.b.shop.acme.example"]);
    assert_eq!(hosts(json!({})), Vec::<String>::new());
    for bad in ["a.b", "", ".", "a.", "-a", "EU", "a/b", "evil.test/", "a@b", "a:1", "ä", "*", "a b", "a#", "a%2e"] {
        assert_eq!(
            resolve(json!({ "dc": bad })).expect_err(bad),
            PolicyError::SettingLabel { setting: "dc".into(), labels: 1 },
            "{bad}"
        );
    }
    assert!(resolve(json!({"shop": "a.b.c"})).is_err());
    assert_eq!(resolve(json!({"dc": 1})).expect_err("a number"), PolicyError::SettingType { setting: "dc".into() });
}

#[test]
fn nobody_gets_a_suffix_under_which_anybody_can_register() {
    for (suffix, public) in
        [("co.uk", true), ("com.br", true), ("example.com", false), ("myshopify.com", false), ("acme.example", false)]
    {
        let text = SETTING.replace("api.acme.example", suffix);
        let refused = Policy::resolve(&manifest(&text), &Grant::default(), &json!({"dc": "x"})).err();
        assert_eq!(refused, public.then(|| PolicyError::PublicSuffix { suffix: suffix.into() }), "{suffix}");
    }
}

#[test]
fn manifests_cannot_name_more_than_hosts() {
    for host in [
        "*",
        "*.com",
        "*.co.uk",
        "10.0.0.0/8",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "api.acme.example/v1",
        "API.acme.example",
        "{dc}",
        "{dc}.com",
    ] {
        let text = ACME.replace("\"api.acme.example\"", &format!("\"{host}\""));
        assert!(sluice_catalog::manifest::Manifest::parse(&format!("{}{text}", crate::testing::HEAD)).is_err(), "{host}");
    }
}

const OPERATOR: &str = r#"
[[egress]]
host = "operator-host"
methods = ["GET"]
suffixes = [".acme.example", ".acme-eu.example"]
"#;

#[test]
fn an_operators_host_is_reached_only_within_the_manifests_suffixes() {
    let grant = |host: &str| Grant { operator_hosts: vec![host.into()], stand_ins: vec![] };
    let resolve = |host: &str| Policy::resolve(&manifest(OPERATOR), &grant(host), &json!({}));
    let policy = resolve("own.acme.example").expect("within");
    assert_eq!(verdict(&policy, "GET", "https://own.acme.example/"), None);
    assert_eq!(verdict(&policy, "GET", "https://other.acme.example/"), not_listed("other.acme.example"));
    for outside in ["acme.example", "evilacme.example", "acme.example.evil.test"] {
        assert_eq!(resolve(outside).expect_err(outside), PolicyError::OperatorHostOutside { host: outside.into() });
    }
    for bad in ["10.0.0.1", "own.acme.example:444", "OWN.acme.example", "own.acme.example.", "", "link", "operator-host"] {
        assert!(matches!(resolve(bad), Err(PolicyError::OperatorHost { .. })), "{bad}");
    }
}

#[test]
fn a_stand_in_is_an_origin_and_stands_for_a_listed_host() {
    let resolve = |grant: &Grant| Policy::resolve(&manifest(ACME), grant, &json!({}));
    let policy = resolve(&stand_in("http://127.0.0.1:4010")).expect("a policy");
    let checked = policy.check("GET", "https://api.acme.example/v1/x?y=%2F", &Links::default()).expect("allowed");
    assert_eq!(checked.dialled().as_str(), "http://127.0.0.1:4010/v1/x?y=%2F");
    assert_eq!((checked.host().as_str(), checked.url().as_str()), ("api.acme.example", "https://api.acme.example/v1/x?y=%2F"));
    assert_eq!(policy.reach()[0].stand_in.as_deref(), Some("http://127.0.0.1:4010"));
    for bad in ["127.0.0.1:4010", "ftp://x", "http://u@x", "http://x/path", "http://x?q", "http://x#f", ""] {
        assert!(matches!(resolve(&stand_in(bad)), Err(PolicyError::StandInOrigin { .. })), "{bad}");
    }
    let mut grant = stand_in("http://twin:1");
    grant.stand_ins[0].host = "evil.test".into();
    assert_eq!(resolve(&grant).expect_err("unlisted"), PolicyError::StandInUnlisted { host: "evil.test".into() });
}

const LINK: &str = r#"
[[egress]]
host = "api.acme.example"
methods = ["POST"]
[[egress]]
host = "link"
methods = ["GET"]
from = "POST /users/export"
suffixes = [".files.example"]
"#;

#[test]
fn a_link_is_followed_only_byte_for_byte_and_only_within_its_task() {
    let policy = Policy::resolve(&manifest(LINK), &Grant::default(), &json!({})).expect("a policy");
    let (links, other_task) = (Links::default(), Links::default());
    let url = "https://a.files.example/x?sig=1%2B2";
    let answer = json!({"url": url, "more": [{"u": "https://evil.test/x"}, "http://a.files.example/plain"]}).to_string();
    let from = |path: &str| policy.check("POST", &format!("https://api.acme.example{path}"), &links).expect("listed");
    policy.remember_links(&from("/users/other"), answer.as_bytes(), &links);
    assert!(policy.check("GET", url, &links).is_err(), "an answer of another request hands out nothing");
    policy.remember_links(&from("/users/export"), answer.as_bytes(), &links);
    let checked = policy.check("GET", url, &links).expect("handed out");
    assert!(checked.is_link());
    for wrong in [
        "https://a.files.example/x?sig=1%2b2",
        "https://A.files.example/x?sig=1%2B2",
        "https://a.files.example/x",
        "https://a.files.example/",
    ] {
        assert!(matches!(policy.check("GET", wrong, &links), Err(Refusal::LinkUnknown { .. })), "{wrong}");
    }
    assert!(matches!(policy.check("GET", url, &other_task), Err(Refusal::LinkUnknown { .. })));
    assert!(matches!(policy.check("POST", url, &links), Err(Refusal::MethodNotListed { .. })));
    assert_eq!(policy.check("GET", "https://evil.test/x", &links).err(), not_listed("evil.test"));
    assert_eq!(policy.check("GET", "http://a.files.example/plain", &links).err(), Some(Refusal::Scheme));
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "https://",
        "HTTPS:",
        "http://",
        "//",
        "/",
        "\\",
        "@",
        ":",
        "#",
        "?",
        "%2f",
        "%40",
        "%00",
        "..",
        ".",
        "api.acme.example",
        "API.acme.example",
        "evil.test",
        "files.acme.example:8443",
        ":443",
        ":0443",
        ":8443",
        "/v1/uploads",
        "127.0.0.1",
        "[::1]",
        "0x7f.1",
        "\t",
        "\r\n",
        " ",
        "ａ",
        "\u{ad}",
        "xn--",
        "a",
        "=",
        "&",
        "%2e%2e",
        ";",
        "user:pw@",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|p| p.concat())
}

#[test]
fn a_link_may_have_a_stand_in_too() {
    let grant = |host: &str| Grant {
        operator_hosts: vec![],
        stand_ins: vec![StandIn { host: host.into(), origin: "http://127.0.0.1:9".into() }],
    };
    let policy = Policy::resolve(&manifest(LINK), &grant("a.files.example"), &json!({})).expect("a policy");
    let links = Links::default();
    let export = policy.check("POST", "https://api.acme.example/users/export", &links).expect("listed");
    policy.remember_links(&export, br#"["https://a.files.example/1", "https://b.files.example/1"]"#, &links);
    let dialled = |url: &str| policy.check("GET", url, &links).expect("handed out").dialled().to_string();
    assert_eq!(dialled("https://a.files.example/1"), "http://127.0.0.1:9/1");
    assert_eq!(dialled("https://b.files.example/1"), "https://b.files.example/1");
    assert!(Policy::resolve(&manifest(LINK), &grant("files.example"), &json!({})).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30_000))]

    /// What is checked is what is dialled, whatever the text: the URL's value, a second parser, and the listed hosts agree.
    #[test]
    fn an_allowed_url_dials_the_listed_host_in_the_eyes_of_two_parsers(rest in pieces(), whole in any::<bool>(), put in any::<bool>()) {
        let listed = BTreeSet::from([("api.acme.example", 443), ("files.acme.example", 8443)]);
        let url = if whole { rest } else { format!("https://api.acme.example{rest}") };
        if let Ok(checked) = acme().check(if put { "PUT" } else { "GET" }, &url, &Links::default()) {
            let dialled = checked.dialled();
            let seen: http::Uri = url.parse().expect("an allowed URL is one for the other parser too");
            prop_assert_eq!(dialled.as_str(), checked.url().as_str());
            prop_assert_eq!(dialled.host_str(), Some(checked.host().as_str()));
            prop_assert!(seen.host().is_some_and(|h| h.eq_ignore_ascii_case(checked.host().as_str())));
            let port = dialled.port_or_known_default().expect("https has a port");
            prop_assert_eq!(seen.port_u16().unwrap_or(443), port);
            prop_assert!(listed.contains(&(checked.host().as_str(), port)));
            let sent: http::Uri = dialled.as_str().parse().expect("what is dialled is a URI");
            prop_assert_eq!(sent.path(), checked.url().path());
        }
    }
}
