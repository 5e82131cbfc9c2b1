//! Names and addresses.

use std::sync::Arc;

use sluice_catalog::destination::Grant;

use crate::{
    Options,
    address::special_purpose,
    resolve::{Guarded, Resolve},
    testing::*,
};

#[tokio::test]
async fn a_listed_name_that_points_inside_is_refused_without_a_packet() {
    let (server, _) = Server::answering(ok("")).await;
    for address in
        ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "192.168.1.1", "fd00::1", "::", "::1", "::ffff:127.0.0.1"]
    {
        let (resolver, (pass, ledger)) = (Liar::new(&[&[address]]), pass(&Grant::default()));
        let gate = gate_with(Options { resolver: resolver.clone(), ..Default::default() });
        let failure = gate.send(&pass, get("https://api.acme.example/"), soon()).await.expect_err(address);
        assert_eq!((failure.code.as_str(), failure.sent), ("egress-address-refused", false), "{address}");
        assert!(failure.message.contains("api.acme.example resolves to"), "{}", failure.message);
        assert_eq!(ledger.lines()[0].code.as_deref(), Some("egress-address-refused"));
        assert_eq!(*resolver.asked.lock().expect("not poisoned"), ["api.acme.example"], "asked once, for the listed name");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_without_addresses_says_so() {
    let gate = gate_with(Options { resolver: Liar::new(&[&[]]), ..Default::default() });
    let failure = gate.send(&pass(&Grant::default()).0, get("https://api.acme.example/"), soon()).await.expect_err("none");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-resolve-failed", false));
}

/// The HTTP library is given checked addresses and nothing else, however often the answer changes.
#[tokio::test]
async fn rebinding_never_gets_an_inner_address_to_the_dialler() {
    let rounds: Vec<&[&str]> =
        vec![&["8.8.8.8"], &["127.0.0.1"], &["127.0.0.1", "8.8.4.4"], &["::1", "10.0.0.1"], &["2606:4700::1", "fd00::1"]];
    for round in 0..10_000 {
        let resolver: Arc<dyn Resolve> = Liar::new(&[rounds[round % rounds.len()]]);
        let guarded = Guarded { inner: resolver, checked: true };
        let name = "api.acme.example".parse().expect("a name");
        match reqwest::dns::Resolve::resolve(&guarded, name).await {
            Ok(addresses) => {
                let addresses: Vec<_> = addresses.collect();
                assert!(!addresses.is_empty() && addresses.iter().all(|a| special_purpose(a.ip()).is_none()), "{addresses:?}");
            }
            Err(error) => assert!(error.to_string().contains("not on the public internet"), "{error}"),
        }
    }
}

/// The name exists in no DNS: had the HTTP library asked anybody but us, there would be no answer.
#[tokio::test]
async fn an_origin_of_the_operator_is_resolved_here_and_may_be_inside() {
    let (server, seen) = Server::answering(ok("hello")).await;
    let resolver = Liar::new(&[&["127.0.0.1"]]);
    let gate = gate_with(Options { resolver: resolver.clone(), ..Default::default() });
    let (pass, _) = pass(&stand_in(&format!("http://twin.invalid:{}", server.address.port())));
    let response = gate.send(&pass, get("https://api.acme.example/"), soon()).await.expect("answered");
    assert_eq!(bytes(&response.body), b"hello");
    assert_eq!(seen.lock().expect("not poisoned")[0].header("host"), ["api.acme.example"]);
    assert_eq!(*resolver.asked.lock().expect("not poisoned"), ["twin.invalid"]);
}
