//! Client certificates: with them and without a password where the server wants it so, straight and through a bastion.

use serde_json::json;

use crate::{
    Source,
    bastion::{Bastion, Rules},
    database::{Authority, Database},
    new_key,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_takes_the_place_of_a_password() {
    let Some(database) = Database::start().await else { return };
    let (certificate, key) = database.clients.certify("certified", &[]);
    let plain = Source::of(&database).without("password").set("user", json!("certified"));
    let source = plain.clone().with("client_certificate", certificate.clone()).with("client_key", key.clone());
    source.works().await;
    let chain = format!("{certificate}{}", database.clients.pem);
    source.clone().with("client_certificate", chain).works().await;
    for tls in ["verify-ca", "require"] {
        source.clone().set("tls", json!(tls)).grant("weaker_tls", json!("I accept")).works().await;
    }
    let (ssh_key, public) = new_key();
    let bastion = Bastion::start(Rules { keys: vec![public], ..Rules::default() }).await;
    let behind = source.clone().behind(&bastion).with("ssh_key", ssh_key);
    behind.works().await;
    assert_eq!(bastion.seen(|seen| seen.forwarded.len()), 1);

    // A server that asks for no certificate minds none, and the password is used.
    let with_both = Source::of(&database).with("client_certificate", certificate.clone()).with("client_key", key.clone());
    with_both.works().await;

    let (stranger, stranger_key) = Authority::new("strangers").certify("certified", &[]);
    let (_, other_key) = database.clients.certify("certified", &[]);
    let (somebody, somebody_key) = database.clients.certify("somebody", &[]);
    let with = |certificate: &str, key: &str| plain.clone().with("client_certificate", certificate).with("client_key", key);
    let disabled = source.clone().set("tls", json!("disable")).grant("weaker_tls", json!("I accept"));
    for (source, code, part) in [
        (plain.clone(), "credential-missing", "`password` is not set"),
        (source.clone().without("client_key"), "credential-missing", "`client_key` is not set, and `client_certificate` is"),
        (
            source.clone().without("client_certificate"),
            "credential-missing",
            "`client_certificate` is not set, and `client_key` is",
        ),
        (disabled, "credential-missing", "`password` is not set"),
        (plain.clone().with("password", "wrong-one"), "source-auth", "connection requires a valid client certificate"),
        (with(&somebody, &somebody_key), "source-auth", "certificate authentication failed for user"),
        (source.clone().set("user", json!("sluice")), "source-auth", "asks for a password beside the client certificate"),
        (with(&stranger, &stranger_key), "source-client-certificate", "does not take the client certificate"),
        (with(&certificate, &other_key), "source-client-certificate", "the private key is not the one of the client certificate"),
        (with("nonsense", &key), "source-client-certificate", "not PEM text with at least one certificate"),
        (with(&key, &key), "source-client-certificate", "not PEM text with at least one certificate"),
        (with(&certificate, "nonsense"), "source-client-certificate", "not a private key as PEM text"),
    ] {
        let (got, message) = source.refusal().await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(part), "{message}");
    }
}
