//! Certificates: the operator's authority is trusted where he says so, and nothing else is.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use sluice_catalog::contract::Request;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::{OperatorCa, OperatorCaError, Options, testing::*};

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(vec![]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
}

fn acceptor(issuer: Option<&CertifiedIssuer<'static, KeyPair>>, name: &str, expired: bool) -> TlsAcceptor {
    acceptor_of(issuer, name, expired, &[])
}

fn acceptor_of(issuer: Option<&CertifiedIssuer<'static, KeyPair>>, name: &str, expired: bool, alpn: &[&str]) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).expect("signed"),
        None => params.self_signed(&key).expect("signed"),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a certificate and its key");
    config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Sends one request to a TLS server that is reached as `twin.acme.test`.
async fn ask(acceptor: TlsAcceptor, ca: OperatorCa) -> Result<u16, (String, bool, String)> {
    let server = Server::start(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                read_request(&mut stream).await;
                let _ = stream.write_all(ok("").as_bytes()).await;
            }
        }
    })
    .await;
    let gate = gate_with(Options { resolver: Liar::new(&[&["127.0.0.1"]]), ca, ..Default::default() });
    let (pass, _) = pass(&stand_in(&format!("https://twin.acme.test:{}", server.address.port())));
    let answered = gate.send(&pass, post("https://api.acme.example/", "x"), soon()).await;
    answered.map(|r| r.status).map_err(|f| (f.code, f.sent, f.message))
}

fn trusting(issuer: &CertifiedIssuer<'static, KeyPair>) -> OperatorCa {
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(issuer.der()));
    OperatorCa::from_pem(pem.as_bytes()).expect("PEM")
}

#[tokio::test]
async fn only_the_right_name_in_time_from_a_trusted_authority_is_spoken_to() {
    let (ours, other) = (authority(), authority());
    let ca = || trusting(&ours);
    assert_eq!(ask(acceptor(Some(&ours), "twin.acme.test", false), ca()).await, Ok(200));
    for (what, acceptor, ca) in [
        ("self-signed", acceptor(None, "twin.acme.test", false), ca()),
        ("another authority", acceptor(Some(&other), "twin.acme.test", false), ca()),
        ("wrong name", acceptor(Some(&ours), "other.acme.test", false), ca()),
        ("the name that the component sees", acceptor(Some(&ours), "api.acme.example", false), ca()),
        ("expired", acceptor(Some(&ours), "twin.acme.test", true), ca()),
        ("not trusted here", acceptor(Some(&ours), "twin.acme.test", false), OperatorCa::default()),
    ] {
        let (code, sent, message) = ask(acceptor, ca).await.expect_err(what);
        assert_eq!((code.as_str(), sent), ("egress-tls-failed", false), "{what}: {message}");
        assert!(message.starts_with("TLS with api.acme.example: invalid peer certificate"), "{what}: {message}");
    }
}

/// HTTP/2 with a server that answers `ok`, or takes the request back with a code that says it was not processed.
async fn ask_over_h2(refuse: bool) -> (Result<u16, (String, bool)>, Vec<String>) {
    let (ours, seen) = (authority(), Arc::new(Mutex::new(Vec::new())));
    let (acceptor, kept) = (acceptor_of(Some(&ours), "twin.acme.test", false, &["h2"]), Arc::clone(&seen));
    let server = Server::start(move |_, stream| {
        let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
        async move {
            let stream = acceptor.accept(stream).await.expect("a handshake");
            let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let described =
                    format!("{} {} {:?}", request.method(), request.uri(), request.headers().contains_key("authorization"));
                kept.lock().expect("not poisoned").push(described);
                if refuse {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                } else {
                    respond.send_response(http::Response::new(()), true).expect("sent");
                }
            }
        }
    })
    .await;
    let gate = gate_with(Options { resolver: Liar::new(&[&["127.0.0.1"]]), ca: trusting(&ours), ..Default::default() });
    let (pass, _) = pass(&stand_in(&format!("https://twin.acme.test:{}", server.address.port())));
    let request = Request { credentials: vec!["api_key".into()], ..post("https://api.acme.example/v1?a=b", "x") };
    let answered = gate.send(&pass, request, soon()).await;
    let port = server.address.port().to_string();
    let seen = seen.lock().expect("not poisoned").iter().map(|s: &String| s.replace(&port, "PORT")).collect();
    (answered.map(|r| r.status).map_err(|f| (f.code, f.sent)), seen)
}

#[tokio::test]
async fn http_2_is_spoken_where_the_platform_offers_it_and_a_refused_stream_is_not_repeated_by_the_library() {
    let seen = vec!["POST https://twin.acme.test:PORT/v1?a=b true".to_owned()];
    assert_eq!(ask_over_h2(false).await, (Ok(200), seen.clone()));
    assert_eq!(ask_over_h2(true).await, (Err(("egress-cut".into(), true)), seen));
}

#[test]
fn an_authority_is_pem_with_a_certificate() {
    for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"] {
        assert_eq!(OperatorCa::from_pem(text.as_bytes()).err(), Some(OperatorCaError), "{text}");
    }
}
