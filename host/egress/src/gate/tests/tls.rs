//! Certificates: the operator's authority is trusted where he says so, and nothing else is.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::{OperatorCa, OperatorCaError, Options, testing::*};

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(vec![]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
}

fn acceptor(issuer: Option<&CertifiedIssuer<'static, KeyPair>>, name: &str, expired: bool) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).expect("signed"),
        None => params.self_signed(&key).expect("signed"),
    };
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a certificate and its key");
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

#[tokio::test]
async fn only_the_right_name_in_time_from_a_trusted_authority_is_spoken_to() {
    let (ours, other) = (authority(), authority());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(ours.der()));
    let ca = || OperatorCa::from_pem(pem.as_bytes()).expect("PEM");
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

#[test]
fn an_authority_is_pem_with_a_certificate() {
    for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"] {
        assert_eq!(OperatorCa::from_pem(text.as_bytes()).err(), Some(OperatorCaError), "{text}");
    }
}
