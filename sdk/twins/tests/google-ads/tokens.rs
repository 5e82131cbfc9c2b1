//! The token endpoint (*Auth*; OAuth practice): refresh, code with PKCE, a service account's assertion, and how they end.

use std::sync::{LazyLock, atomic::Ordering};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder};
use rsa::{
    BoxedUint, RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::{EncodePublicKey, LineEnding},
    signature::{SignatureEncoding, Signer},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluice_twins::{
    Apply, Fault,
    google_ads::{ADWORDS_SCOPE, Client, DATA_MANAGER_SCOPE, Options, RefreshToken, ServiceAccount},
};

use crate::client::{Bench, LISTS, NOON, TOKEN, hands, options, send};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn form(bench: &Bench, pairs: &[(&str, &str)]) -> RequestBuilder {
    let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let request = bench.bare(Method::POST, "/token").header("content-type", "application/x-www-form-urlencoded");
    request.body(body.join("&"))
}

fn refresh(bench: &Bench, token: &str) -> RequestBuilder {
    form(
        bench,
        &[("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", Options::CLIENT), ("client_secret", TOKEN)],
    )
}

async fn lists(bench: &Bench, token: &Value) -> u16 {
    send(bench.bare(Method::GET, LISTS).header("authorization", format!("Bearer {}", token.as_str().unwrap()))).await.0
}

/// `-> {"access_token","expires_in":3599,"scope","token_type":"Bearer"}. No new refresh token is returned.`
#[tokio::test]
async fn a_refreshed_token_is_good_for_an_hour() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, ..options() }).await;
    let answer = bench.taken(refresh(&bench, TOKEN)).await;
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(3_599), &json!("Bearer")));
    assert_eq!(answer["scope"], format!("{DATA_MANAGER_SCOPE} {ADWORDS_SCOPE}"));
    assert_eq!(answer["refresh_token"], Value::Null);
    assert_ne!(bench.taken(refresh(&bench, TOKEN)).await["access_token"], answer["access_token"]);
    for (second, want) in [(0, 200), (3_598, 200), (3_599, 401)] {
        forward.store(second, Ordering::SeqCst);
        assert_eq!(lists(&bench, &answer["access_token"]).await, want, "{second}");
    }
    assert_eq!(send(bench.get(LISTS)).await.0, 200, "the fixed one does not end");
}

/// `{"error":"invalid_grant"}` (400) = revoked or expired grant.
#[tokio::test]
async fn a_request_for_a_token_is_refused_in_the_words_of_oauth() {
    let bench = Bench::start().await;
    let client = [("client_id", Options::CLIENT), ("client_secret", TOKEN)];
    let of = |pairs: &[(&'static str, &'static str)]| [pairs, &client].concat();
    for (pairs, status, error) in [
        (of(&[("grant_type", "refresh_token"), ("refresh_token", "1//over")]), 400, "invalid_grant"),
        (of(&[("grant_type", "refresh_token")]), 400, "invalid_request"),
        (of(&[]), 400, "invalid_request"),
        (of(&[("grant_type", "password")]), 400, "unsupported_grant_type"),
        (of(&[("grant_type", "refresh_token"), ("refresh_token", TOKEN), ("scope", "email")]), 400, "invalid_scope"),
        (of(&[("grant_type", "authorization_code"), ("code", "4/x"), ("redirect_uri", "https://x")]), 400, "invalid_grant"),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", TOKEN), ("client_id", "x"), ("client_secret", TOKEN)],
            401,
            "invalid_client",
        ),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", TOKEN), ("client_id", Options::CLIENT), ("client_secret", "x")],
            401,
            "invalid_client",
        ),
        (vec![("grant_type", "refresh_token"), ("refresh_token", TOKEN), ("client_id", Options::CLIENT)], 400, "invalid_request"),
        (vec![("grant_type", "refresh_token"), ("grant_type", "refresh_token")], 400, "invalid_request"),
        (vec![("grant_type", JWT_BEARER), ("assertion", "a.b")], 400, "invalid_grant"),
    ] {
        let (got, answer) = send(form(&bench, &pairs)).await;
        assert_eq!((got, answer["error"].as_str()), (status, Some(error)), "{pairs:?}");
    }
    let json = bench.post("/token", &json!({ "grant_type": "refresh_token" }));
    assert_eq!(send(json).await.1["error"], "invalid_request", "a form is asked for");
}

#[tokio::test]
async fn tokens_are_revoked_expired_and_rotated_on_demand() {
    let rotating = RefreshToken {
        token: "1//turns".to_owned(),
        client_id: Options::CLIENT.to_owned(),
        scopes: vec![ADWORDS_SCOPE.to_owned()],
        rotates: true,
    };
    let mut refresh_tokens = options().refresh_tokens;
    refresh_tokens.push(rotating);
    let bench = Bench::with(Options { refresh_tokens, ..options() }).await;
    let access = bench.taken(refresh(&bench, TOKEN)).await["access_token"].clone();
    assert_eq!(bench.put("expired", json!([])).await, (200, json!({ "seeded": 1 })));
    assert_eq!(lists(&bench, &access).await, 401);
    let access = bench.taken(refresh(&bench, TOKEN)).await["access_token"].clone();
    assert_eq!(bench.put("revoked", json!([access])).await.0, 200);
    assert_eq!(lists(&bench, &access).await, 401);
    let access = bench.taken(refresh(&bench, TOKEN)).await["access_token"].clone();
    assert_eq!(bench.put("revoked", json!(["nobody's"])).await.0, 400);
    assert_eq!(bench.put("revoked", json!([TOKEN])).await.0, 200);
    assert_eq!(lists(&bench, &access).await, 401, "with the grant go the tokens that came by it");
    let (status, answer) = send(refresh(&bench, TOKEN)).await;
    assert_eq!(
        (status, answer),
        (400, json!({ "error": "invalid_grant", "error_description": "Token has been expired or revoked." }))
    );
    let turned = bench.taken(refresh(&bench, "1//turns")).await;
    let next = turned["refresh_token"].as_str().unwrap();
    assert_eq!(send(refresh(&bench, "1//turns")).await.0, 400, "the old one is over");
    assert_eq!(bench.taken(refresh(&bench, next)).await["scope"], ADWORDS_SCOPE);
}

/// A request that is lost spends nothing.
#[tokio::test]
async fn a_lost_request_leaves_the_tokens_as_they_were() {
    let bench = Bench::start().await;
    let code = json!([{ "code": "4/a", "client_id": Options::CLIENT, "redirect_uri": "https://x/back" }]);
    bench.put("authorization-codes", code).await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", "4/a"),
        ("redirect_uri", "https://x/back"),
        ("client_id", Options::CLIENT),
        ("client_secret", TOKEN),
    ];
    bench.twin.faults().arm(Fault::on("/token").apply(Apply::Nothing)).unwrap();
    let lost = bench.taken(form(&bench, &pairs)).await;
    assert_eq!(lists(&bench, &lost["access_token"]).await, 401);
    let answer = bench.taken(form(&bench, &pairs)).await;
    assert_eq!(lists(&bench, &answer["access_token"]).await, 200);
    assert_eq!(send(form(&bench, &pairs)).await.1["error"], "invalid_grant", "a code is good once");
    assert_eq!(send(refresh(&bench, answer["refresh_token"].as_str().unwrap())).await.0, 200);
}

/// RFC 7636.
#[tokio::test]
async fn a_code_is_exchanged_by_who_knows_the_verifier() {
    let client = Client {
        client_id: Options::CLIENT.to_owned(),
        client_secret: TOKEN.to_owned(),
        redirect_uris: vec!["https://sluice.example/back".to_owned()],
    };
    let bench = Bench::with(Options { clients: vec![client], ..options() }).await;
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let verifier = "v".repeat(43);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let page = |changed: (&str, &str)| {
        let mut url = reqwest::Url::parse(&format!("{}/o/oauth2/v2/auth", bench.twin.url())).unwrap();
        for (name, value) in [
            ("client_id", Options::CLIENT),
            ("redirect_uri", "https://sluice.example/back"),
            ("response_type", "code"),
            ("scope", DATA_MANAGER_SCOPE),
            ("state", "s & t"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ] {
            url.query_pairs_mut().append_pair(name, if name == changed.0 { changed.1 } else { value });
        }
        browser.get(url).send()
    };
    for wrong in [
        ("client_id", "x"),
        ("redirect_uri", "https://evil.example"),
        ("response_type", "token"),
        ("scope", "email"),
        ("code_challenge_method", "S1"),
    ] {
        assert!(page(wrong).await.unwrap().status().is_client_error(), "{wrong:?}");
    }
    for (given, want) in [(Some(verifier.as_str()), 200), (Some("w".repeat(43).as_str()), 400), (Some("v"), 400), (None, 400)] {
        let response = page(("", "")).await.unwrap();
        assert_eq!(response.status(), 302);
        let back = reqwest::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let of = |name: &str| back.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
        assert_eq!((back.path(), of("state").as_str()), ("/back", "s & t"));
        let code = of("code");
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "https://sluice.example/back"),
            ("client_id", Options::CLIENT),
            ("client_secret", TOKEN),
        ];
        pairs.extend(given.map(|verifier| ("code_verifier", verifier)));
        let (status, answer) = send(form(&bench, &pairs)).await;
        assert_eq!(status, want, "{given:?} {answer}");
        if status == 200 {
            assert_eq!(lists(&bench, &answer["access_token"]).await, 200);
        } else {
            assert_eq!(answer["error"], "invalid_grant");
            assert_eq!(send(form(&bench, &pairs)).await.1["error_description"], "Malformed auth code.", "the code is spent");
        }
    }
}

/// A key of two known primes, so that no test waits for one to be found.
static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
    let number = |hex: &str| BoxedUint::from_be_slice(&bytes(hex), 1024).unwrap();
    RsaPrivateKey::from_p_q(number(P), number(Q), BoxedUint::from(65_537_u64)).unwrap()
});

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

const P: &str = "c0542a346cc61d30cb634fbfd58a1590e8aa381cce2daa5befad0d99e3dca1afc5892d1dfdda31fcd6afb7b8f198ed5fa844aa721239382264ddfda9c5a6776bf30d94ca2e860a222e81f2ac1fce72c086f525abda2b6ab1f40e8cab0a5524849ed045357454a56dcb9d1943d1c5d13dddfa293c3fbb62336f27a8873644fe6d";
const Q: &str = "eaa3e13ea86108a861c85152148182d9e9160451bbf8d6c722d2d2b6a7f102302d1fb3402b0685ecbca981ec444826ec9fe36eef1cf76b7d12b313dda96a9ab5122123f6834d5f6f53146b4f9a01fed81012c19729021b572a6b18a04adaa44507b8880eefb7a30c1bf479a6d7800db68dd89744317d1767bd9c4265d7810bbb";

fn public_key() -> String {
    KEY.to_public_key().to_public_key_pem(LineEnding::LF).unwrap()
}

fn assertion(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = SigningKey::<Sha256>::new(KEY.clone()).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// "JWT bearer grant; RS256 signature must be made by the host".
#[tokio::test]
async fn a_service_account_asks_with_a_signed_assertion() {
    let signing = ServiceAccount::signing("robot@p.iam.gserviceaccount.com", &public_key()).unwrap();
    let bench = Bench::with(Options { service_accounts: vec![signing], ..options() }).await;
    let now = NOON.parse::<jiff::Timestamp>().unwrap().as_second();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "k" });
    let claims = json!({
        "iss": "robot@p.iam.gserviceaccount.com", "scope": DATA_MANAGER_SCOPE, "aud": "https://oauth2.googleapis.com/token",
        "iat": now, "exp": now + 3_600,
    });
    let ask = |assertion: String| send(form(&bench, &[("grant_type", JWT_BEARER), ("assertion", &assertion)]));
    let (status, answer) = ask(assertion(&header, &claims)).await;
    assert_eq!((status, &answer["token_type"], &answer["expires_in"]), (200, &json!("Bearer"), &json!(3_599)));
    assert_eq!(lists(&bench, &answer["access_token"]).await, 200);
    for (name, value, error) in [
        ("iss", json!("other@p.iam.gserviceaccount.com"), "invalid_grant"),
        ("aud", json!("https://twin.example/token"), "invalid_grant"),
        ("scope", json!(""), "invalid_scope"),
        ("scope", json!("email"), "invalid_scope"),
        ("exp", json!(now + 3_601), "invalid_grant"),
        ("exp", json!(now), "invalid_grant"),
        ("iat", json!(now + 61), "invalid_grant"),
        ("iat", json!(i64::MIN), "invalid_grant"),
        ("iat", json!("soon"), "invalid_grant"),
    ] {
        let mut changed = claims.clone();
        changed[name] = value.clone();
        let (status, answer) = ask(assertion(&header, &changed)).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some(error)), "{name} {value} {answer}");
    }
    let unsigned = assertion(&json!({ "alg": "none" }), &claims);
    assert_eq!(ask(unsigned).await.1["error"], "invalid_grant");
    let good = assertion(&header, &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut forged = URL_SAFE_NO_PAD.decode(signature).unwrap();
    forged[0] ^= 1;
    for signature in [URL_SAFE_NO_PAD.encode(forged), String::new(), "AAAA".to_owned()] {
        let (_, answer) = ask(format!("{signed}.{signature}")).await;
        assert_eq!(answer["error_description"], "Invalid JWT Signature.");
    }
    let without = Bench::start().await;
    let mut of_twin = claims.clone();
    of_twin["iss"] = Options::SERVICE_ACCOUNT.into();
    let of_twin = assertion(&header, &of_twin);
    let unchecked = format!("{}.AAAA", of_twin.rsplit_once('.').unwrap().0);
    let pairs = [("grant_type", JWT_BEARER), ("assertion", unchecked.as_str())];
    assert_eq!(send(form(&without, &pairs)).await.0, 200, "an account without a key takes any signature");
    assert!(ServiceAccount::signing("robot", "-----BEGIN PUBLIC KEY-----").is_err());
    let seed =
        json!([{ "email": "new@p.iam.gserviceaccount.com", "public_key": public_key() }, { "email": "bad", "public_key": "x" }]);
    assert_eq!(without.put("service-accounts", seed).await.0, 400);
}
