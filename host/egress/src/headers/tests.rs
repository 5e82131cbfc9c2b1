use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use sluice_catalog::destination::Grant;

use super::*;
use crate::testing::pass;

fn verdict(name: &str, value: &str) -> Result<HeaderMap, HeaderRefusal> {
    static CREDENTIALS: LazyLock<Arc<Credentials>> = LazyLock::new(|| pass(&Grant::default()).0.credentials);
    of_component(&[(name.into(), value.into())], &CREDENTIALS)
}

#[test]
fn what_only_the_host_sets_is_refused_in_any_case() {
    for name in [
        "Host",
        "host",
        "HOST",
        "Connection",
        "Keep-Alive",
        "Transfer-Encoding",
        "Content-Length",
        "Proxy-Authorization",
        "proxy-connection",
        "Proxy-Anything",
        "Upgrade",
        "HTTP2-Settings",
        "TE",
        "Trailer",
        "Expect",
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-Real-IP",
        "Authorization",
        "Cookie",
        "Accept-Encoding",
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
    ] {
        assert!(matches!(verdict(name, "x"), Err(HeaderRefusal::HostsOwn { .. })), "{name}");
    }
    assert!(matches!(verdict("X-App-Key", "x"), Err(HeaderRefusal::Credentials { .. })));
    for name in [":authority", ":path", "", "a b", "a:b", "a\r\nb", "ä"] {
        assert!(matches!(verdict(name, "x"), Err(HeaderRefusal::Name { number: 1 })), "{name}");
    }
    for name in ["Content-Type", "Accept", "User-Agent", "X-Custom", "Idempotency-Key", "Content-Encoding", "If-Match"] {
        assert!(verdict(name, "x").is_ok(), "{name}");
    }
}

#[test]
fn both_sides_of_the_lines_on_number_and_size() {
    let (pass, _) = pass(&Grant::default());
    let many = |n: usize| (0..n).map(|i| (format!("x-{i}"), "v".to_owned())).collect::<Vec<_>>();
    assert!(of_component(&many(REQUEST_HEADERS_MAX), &pass.credentials).is_ok());
    assert_eq!(of_component(&many(REQUEST_HEADERS_MAX + 1), &pass.credentials).err(), Some(HeaderRefusal::Count));
    let long = |n: usize| vec![("x".to_owned(), "v".repeat(n - 1))];
    assert!(of_component(&long(REQUEST_HEADER_BYTES_MAX), &pass.credentials).is_ok());
    assert_eq!(of_component(&long(REQUEST_HEADER_BYTES_MAX + 1), &pass.credentials).err(), Some(HeaderRefusal::Size));
}

#[test]
fn equal_names_keep_their_order() {
    let (pass, _) = pass(&Grant::default());
    let given = [("x".to_owned(), "1".to_owned()), ("X".to_owned(), "2".to_owned())];
    let headers = of_component(&given, &pass.credentials).expect("allowed");
    assert_eq!(headers.get_all("x").iter().map(|v| v.as_bytes()).collect::<Vec<_>>(), [b"1", b"2"]);
}

proptest! {
    #[test]
    fn a_value_passes_exactly_when_it_is_printable_ascii_or_tab(value in "(?s).{0,20}") {
        let printable = value.bytes().all(|b| b == b'\t' || (0x20..=0x7e).contains(&b));
        prop_assert_eq!(verdict("x", &value).is_ok(), printable);
    }
}
