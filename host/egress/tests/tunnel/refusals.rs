//! What can be wrong with a bastion, and who is let in: each has its code, and nothing of ours is used before the host key was seen.

use std::time::Duration;

use russh::keys::{Algorithm, HashAlg};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::{
    Source, bastion,
    bastion::{Bastion, Rules},
    database::Database,
    kept_key, new_key,
};

const PASSPHRASE: &str = "open sesame";

#[tokio::test(flavor = "multi_thread")]
async fn a_host_key_that_is_not_pinned_is_told_and_nothing_else_happens() {
    let Some(database) = Database::start().await else { return };
    let (key, public) = new_key();
    let bastion = Bastion::start(Rules { keys: vec![public], ..Rules::default() }).await;
    let source = Source::of(&database).behind(&bastion).with("ssh_key", key);
    let other = "SHA256:uNiVztksCsDhcc0u9e8BrwqaV34k5qh6bh0Mz3Dm5cs";
    for (source, pinned) in
        [(source.clone().unset("ssh_fingerprint"), "none"), (source.clone().set("ssh_fingerprint", json!(other)), other)]
    {
        let (code, message) = source.refusal().await;
        let port = bastion.address.port();
        let shown = &bastion.fingerprint;
        let want = format!("bastion.test, port {port} showed the host key {shown} (ssh-ed25519), and the settings pin {pinned}");
        assert_eq!((code.as_str(), message), ("source-tunnel-host-key", want));
    }
    bastion.seen(|seen| assert_eq!((seen.sign_ons, seen.forwarded.len()), (0, 0), "no key and no password was used"));
    source.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_passwords_are_taken_as_the_bastion_wants_them() {
    let Some(database) = Database::start().await else { return };
    let (plain, rsa, ecdsa, sealed) = (new_key(), kept_key("rsa"), kept_key("ecdsa"), kept_key("sealed"));
    let keys = [&plain, &kept_key("plain"), &rsa, &ecdsa, &sealed].map(|(_, public)| public.clone()).to_vec();
    let bastion = Bastion::start(Rules { keys: keys.clone(), password: true, ..Rules::default() }).await;
    let source = Source::of(&database).behind(&bastion);
    for works in [
        source.clone().with("ssh_key", plain.0.clone()),
        source.clone().with("ssh_key", plain.0.replace('\n', "\r\n")),
        source.clone().with("ssh_key", plain.0.trim_end()),
        source.clone().with("ssh_key", kept_key("plain").0),
        source.clone().with("ssh_key", rsa.0.clone()),
        source.clone().with("ssh_key", ecdsa.0.clone()),
        source.clone().with("ssh_key", sealed.0.clone()).with("ssh_passphrase", PASSPHRASE),
        source.clone().with("ssh_password", bastion::PASSWORD),
        source.clone().with("ssh_key", new_key().0).with("ssh_password", bastion::PASSWORD),
    ] {
        works.works().await;
    }
    let with_rsa =
        bastion.seen(|seen| seen.proofs.iter().filter(|a| matches!(a, Algorithm::Rsa { .. })).cloned().collect::<Vec<_>>());
    assert_eq!(with_rsa, [Algorithm::Rsa { hash: Some(HashAlg::Sha512) }]);

    let strict = Bastion::start(Rules { keys, password: true, both: true, ..Rules::default() }).await;
    let source = Source::of(&database).behind(&strict).with("ssh_key", plain.0.clone());
    assert_eq!(source.refusal().await.0, "source-tunnel-auth");
    source.with("ssh_password", bastion::PASSWORD).works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_learns_why() {
    let Some(database) = Database::start().await else { return };
    let ((key, public), sealed) = (new_key(), kept_key("sealed"));
    let bastion = Bastion::start(Rules { keys: vec![public, sealed.1.clone()], password: true, ..Rules::default() }).await;
    let source = Source::of(&database).behind(&bastion);
    let known = source.clone().with("ssh_key", key.clone());
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK==\n-----END RSA PRIVATE KEY-----\n";
    for (source, code, part) in [
        (
            source.clone().with("ssh_key", new_key().0),
            "source-tunnel-auth",
            "does not let the user tunnel in with the key; it offers",
        ),
        (known.clone().set("ssh_user", json!("nobody")), "source-tunnel-auth", "the user nobody"),
        (source.clone().with("ssh_password", "wrong-one"), "source-tunnel-auth", "with the password"),
        (source.clone().with("ssh_key", sealed.0.clone()), "source-tunnel-auth", "its passphrase is not set"),
        (
            source.clone().with("ssh_key", sealed.0.clone()).with("ssh_passphrase", "wrong-one"),
            "source-tunnel-auth",
            "the passphrase does not open the key",
        ),
        (source.clone().with("ssh_key", legacy), "source-tunnel-auth", "not a private key in OpenSSH's form"),
        (source.clone().with("ssh_key", "nonsense"), "source-tunnel-auth", "not a private key in OpenSSH's form"),
        (source.clone(), "credential-missing", "neither `ssh_key` nor `ssh_password` is set"),
        (
            known.clone().with("password", "wrong-one"),
            "source-auth",
            "localhost behind bastion.test says: password authentication failed",
        ),
        (known.clone().grant("ca", json!(null)), "source-tls-failed", "TLS with localhost behind bastion.test"),
    ] {
        let (got, message) = source.refusal().await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_does_not_lead_there_says_where_it_ends() {
    let Some(database) = Database::start().await else { return };
    let (key, public) = new_key();
    let rules = || Rules { keys: vec![public.clone()], ..Rules::default() };
    let bastion = Bastion::start(rules()).await;
    let closed = Bastion::start(Rules { forwards_max: Some(0), ..rules() }).await;
    let mut down = Bastion::start(rules()).await;
    down.die();
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let web_port = web.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let source = |bastion: &Bastion| Source::of(&database).behind(bastion).with("ssh_key", key.clone());
    let at = |port: u16| json!({ "host": "bastion.test", "port": port, "private_address": true });
    let public_only = json!({ "host": "bastion.test", "port": bastion.address.port() });
    let nameless = json!({ "host": "bastion.invalid", "port": bastion.address.port() });
    for (source, code, part) in [
        (source(&down), "source-tunnel-failed", "connecting to bastion.test"),
        (
            source(&bastion).set("ssh_port", json!(web_port)).grant("through", at(web_port)),
            "source-tunnel-failed",
            "SSH with bastion.test",
        ),
        (source(&closed), "source-tunnel-failed", "does not forward to localhost, port"),
        (
            source(&bastion).set("port", json!(1)).grant("port", json!(1)),
            "egress-connect-failed",
            "bastion.test cannot connect to localhost, port 1",
        ),
        (source(&bastion).grant("through", public_only), "egress-address-refused", "bastion.test is 127.0.0.1 (loopback)"),
        (
            source(&bastion).set("ssh_host", json!("bastion.invalid")).grant("through", nameless),
            "egress-resolve-failed",
            "bastion.invalid",
        ),
    ] {
        let (got, message) = source.refusal().await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bastion_that_says_nothing_is_given_up_and_let_go() {
    let Some(database) = Database::start().await else { return };
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let met = tokio::spawn(async move {
        let (mut stream, _) = silent.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-silent\r\n").await.unwrap();
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    });
    let (key, _) = new_key();
    let bastion = Bastion::start(Rules::default()).await;
    let through = json!({ "host": "bastion.test", "port": port, "private_address": true });
    let source = Source::of(&database).behind(&bastion).with("ssh_key", key);
    let (code, message) = source.set("ssh_port", json!(port)).grant("through", through).refusal().await;
    assert_eq!(code, "source-tunnel-failed", "{message}");
    assert!(message.contains("did not end in 10 s"), "{message}");
    let ended = tokio::time::timeout(Duration::from_secs(5), met).await;
    ended.expect("the socket is shut in the middle of the key exchange").unwrap().unwrap();
}
