//! A destination's account is connected by a person at a real OpenID provider: what the browser sees, what is sent with the tokens, what a
//! restart and a withdrawn consent do, and who is turned away.

mod browser;
mod provider;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    rig::{Forward, Rig, Sluice, end, tally},
    shop,
};
use browser::{Browser, Page};
use provider::{Interface, Provider};

const SECRET: &str = "a secret/of+the client";

/// A host with a destination that nobody has connected, its provider and its interface.
struct Scene {
    rig: Rig,
    sluice: Sluice,
    address: SocketAddr,
    clock: Arc<Forward>,
    provider: Provider,
    interface: Interface,
}

fn component() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/consented");
        sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().bytes
    })
}

impl Scene {
    /// None where there is no provider on this machine.
    async fn new(seconds: u32) -> Option<Self> {
        let (rig, clock) = (Rig::new().await, Arc::new(Forward::default()));
        let sluice = Sluice::start_on(&rig.state(), clock.clone(), "127.0.0.1:0".parse().unwrap()).await;
        let address = sluice.address;
        let provider = Provider::start(seconds, &format!("http://{address}/v1/oauth/callback"))?;
        let interface = Interface::start(&provider).await;
        sluice.install(component()).await;
        let mut bundle = shop::bundle(&rig);
        shop::people(&rig, 1..=3, |_| "gold");
        bundle["destinations"] = json!([{
            "name": "ads", "connector": "consented", "settings": { "client_id": "sluice" }, "credentials": { "account": SECRET },
            "grant": { "stand_ins": [
                { "host": "api.consented.example", "origin": interface.url }, { "host": "id.consented.example", "origin": provider.url },
            ] },
        }]);
        let mapping = json!({ "fields": [{ "target": "id", "role": "identifier", "value": { "field": "id" } }] });
        let more = json!({ "destination": "ads", "service": "contacts", "mapping": mapping });
        bundle["activations"] = json!([shop::activation("people to ads", &more)]);
        sluice.apply(&bundle).await;
        Some(Self { rig, sluice, address, clock, provider, interface })
    }

    /// The same state folder and address, another process.
    async fn restart(self) -> Self {
        let Self { rig, sluice, address, clock, provider, interface } = self;
        sluice.stop().await;
        let sluice = Sluice::start_on(&rig.state(), clock.clone(), address).await;
        Self { rig, sluice, address, clock, provider, interface }
    }

    async fn credential(&self, way: &str) -> String {
        format!("/destinations/{}/credentials/account{way}", self.sluice.id("destinations", "ads").await)
    }

    async fn link(&self) -> String {
        let made = self.sluice.post(&self.credential("/connect").await, &Value::Null).await.ok();
        made["url"].as_str().unwrap().to_owned()
    }

    /// A person connects the destination.
    async fn connect(&self) -> Page {
        let mut browser = Browser::new();
        let back = browser.consent(&self.link().await).await;
        browser.open(&back).await
    }

    /// How the credential stands.
    async fn standing(&self) -> Value {
        let destination = self.sluice.id("destinations", "ads").await;
        self.sluice.get(&format!("/destinations/{destination}")).await.ok()["credentials"][0]["connection"].clone()
    }

    /// One person more, and a run.
    async fn run(&self, people: u32) -> Value {
        shop::people(&self.rig, 1..=people, |_| "gold");
        self.sluice.run("people to ads").await
    }

    async fn paused(&self) -> Value {
        let id = self.sluice.id("activations", "people to ads").await;
        self.sluice.get(&format!("/activations/{id}/state")).await.ok()["paused"].clone()
    }

    /// Waits until the end of a run has paused the activation: it is written after the run's own.
    async fn rests(&self) -> Value {
        let began = Instant::now();
        loop {
            let paused = self.paused().await;
            if paused.is_object() {
                return paused;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it is not paused");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn goes_on(&self) {
        let began = Instant::now();
        while self.paused().await.is_object() {
            assert!(began.elapsed() < Duration::from_secs(30), "still paused: {:#}", self.paused().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lines of token requests, which are the destination's: `path status`.
    async fn token_requests(&self) -> Vec<String> {
        let destination = self.sluice.id("destinations", "ads").await;
        let lines = self.sluice.all("/egress").await;
        let own = lines.iter().filter(|line| line["cause"] == *destination && line["host"] == "id.consented.example");
        own.map(|line| format!("{} {} {}", line["path"].as_str().unwrap(), line["status"], line["credentials"][0])).collect()
    }
}

fn refused(page: &Page, status: u16, code: &str) {
    assert_eq!(page.status, status, "{page:?}");
    assert!(page.text.contains(&format!("<code>{code}</code>")), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_connects_a_destination_and_it_stays_connected_over_renewals_and_restarts() {
    let Some(scene) = Scene::new(3).await else { return };
    // Nobody has consented: nothing is sent, and why is said.
    assert_eq!(scene.standing().await["state"], "not-connected");
    assert_eq!(end(&scene.run(3).await), "failed dest-not-connected");
    assert_eq!(scene.rests().await["code"], "dest-not-connected");
    assert_eq!((scene.interface.rows(), scene.token_requests().await.len()), (0, 0));

    let link = scene.link().await;
    let mut browser = Browser::new();
    let page = browser.open(&link).await;
    for shown in ["<dd>main</dd>", "<dd>ads</dd>", "<dd>Consented &amp; Co.</dd>", "<dd>account</dd>"] {
        assert!(page.text.contains(shown), "{shown} in {}", page.text);
    }
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    for part in ["sluice-connect-", "Path=/v1/oauth/", "Max-Age=600", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(
        (&page.headers["referrer-policy"], &page.headers["cache-control"]),
        (&"no-referrer".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let back = browser.consent(&link).await;
    let page = browser.open(&back).await;
    assert!(page.status == 200 && page.text.contains("<strong>ads</strong> is connected to Consented &amp; Co."), "{page:?}");

    // What rested because of it goes on by itself.
    scene.goes_on().await;
    let standing = scene.standing().await;
    assert_eq!(standing["state"], "consent-soon", "the manifest's consent is for five days: {standing:#}");
    for known in ["connected_at", "connected_by", "token_ends_at", "consent_until"] {
        assert!(standing[known].is_string(), "{known}: {standing:#}");
    }
    let first = scene.run(3).await;
    assert_eq!((end(&first), tally(&first)), ("succeeded".into(), "accepted 3".into()));

    // The token ends: another one is got, by nobody.
    scene.interface.newest_ends().await;
    let second = scene.run(4).await;
    assert_eq!((end(&second), tally(&second)), ("succeeded".into(), "accepted 1".into()));
    let known = scene.interface.tokens();
    assert!(known.len() >= 2, "{} tokens", known.len());

    // The refresh token was good once, and the newest one is known to the next process.
    let scene = scene.restart().await;
    scene.interface.newest_ends().await;
    let third = scene.run(5).await;
    assert_eq!((end(&third), tally(&third)), ("succeeded".into(), "accepted 1".into()));
    assert_eq!((scene.interface.rows(), scene.interface.late()), (5, 0), "no request came with a token that had ended");

    let lines = scene.token_requests().await;
    assert!(lines.len() >= 3 && lines.iter().all(|line| line == "/token 200 \"account\""), "{lines:?}");
    let audit = scene.sluice.all("/audit").await;
    let connected: Vec<_> = audit.iter().filter(|row| row["action"] == "credential-connected").collect();
    assert_eq!((connected.len(), &connected[0]["details"]["how"]), (1, &json!("consent")));
    // No token and no secret is in anything that can be read.
    let destination = scene.sluice.id("destinations", "ads").await;
    let told = scene.sluice.get(&format!("/destinations/{destination}")).await.json.to_string();
    let read = [json!(audit).to_string(), told, json!(scene.sluice.all("/egress").await).to_string()].concat();
    for secret in scene.interface.tokens().iter().map(String::as_str).chain([SECRET]) {
        assert!(!read.contains(secret));
    }
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_asks_for_no_new_token_while_the_old_one_is_good() {
    let Some(scene) = Scene::new(3600).await else { return };
    assert_eq!(scene.connect().await.status, 200);
    assert_eq!(end(&scene.run(3).await), "succeeded");
    let scene = scene.restart().await;
    assert_eq!(end(&scene.run(4).await), "succeeded");
    assert_eq!((scene.token_requests().await.len(), scene.interface.tokens().len()), (1, 1), "the exchange of the code alone");
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_withdrawn_pauses_with_its_reason_and_connecting_again_heals_it() {
    let Some(scene) = Scene::new(3600).await else { return };
    assert_eq!(scene.connect().await.status, 200);
    assert_eq!(end(&scene.run(3).await), "succeeded");
    scene.provider.withdraw().await;

    let failed = scene.run(4).await;
    assert_eq!(end(&failed), "failed dest-not-connected");
    assert!(failed["failure"]["next"].as_str().unwrap().contains("sluice destinations connect"), "{failed:#}");
    assert!(failed["failure"]["cause"].as_str().unwrap().contains("invalid_grant"), "what the platform said: {failed:#}");
    let paused = scene.rests().await;
    assert_eq!((&paused["code"], &paused["culprit"]), (&json!("dest-not-connected"), &json!("destination ads")));
    let standing = scene.standing().await;
    assert_eq!((&standing["state"], &standing["problem"]["code"]), (&json!("refused"), &json!("dest-not-connected")));
    let destination = scene.sluice.id("destinations", "ads").await;
    let tested = scene.sluice.post(&format!("/destinations/{destination}/test"), &Value::Null).await.ok();
    assert_eq!((&tested["ok"], &tested["problem"]["code"]), (&json!(false), &json!("dest-not-connected")));

    assert_eq!(scene.connect().await.status, 200);
    scene.goes_on().await;
    assert_eq!(scene.standing().await["problem"], Value::Null);
    let again = scene.run(4).await;
    assert_eq!((end(&again), scene.interface.rows()), ("succeeded".into(), 4));

    // Forgotten here: nothing is sent any more, whatever the platform would take.
    let gone = scene.sluice.http.delete(format!("{}{}", scene.sluice.base, scene.credential("/connection").await));
    assert_eq!(gone.bearer_auth(&scene.sluice.key).send().await.unwrap().status(), 204);
    assert_eq!(scene.standing().await["state"], "not-connected");
    assert_eq!(end(&scene.run(5).await), "failed dest-not-connected");
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_forges_replays_comes_late_or_comes_with_another_browser_is_turned_away() {
    let Some(scene) = Scene::new(3600).await else { return };
    let callback = format!("http://{}/v1/oauth/callback", scene.address);
    let mut browser = Browser::new();
    // Nobody began that.
    for query in ["", "?state=forged&code=x", "?state=&code=x", "?state=forged&error=access_denied"] {
        refused(&browser.open(&format!("{callback}{query}")).await, 410, "connect-link-spent");
    }
    refused(&browser.open(&format!("http://{}/v1/oauth/connect/forged", scene.address)).await, 410, "connect-link-spent");

    // Another browser neither opens the link nor brings the code back, and uses nothing up by trying.
    let (link, mut other) = (scene.link().await, Browser::new());
    let back = browser.consent(&link).await;
    refused(&other.open(&link).await, 403, "connect-other-browser");
    refused(&other.open(&back).await, 403, "connect-other-browser");
    // A cookie of another link does not help.
    other.open(&scene.link().await).await;
    refused(&other.open(&back).await, 403, "connect-other-browser");
    assert_eq!(scene.standing().await["state"], "not-connected");
    assert_eq!(browser.open(&back).await.status, 200);
    // Once.
    refused(&browser.open(&back).await, 410, "connect-link-spent");
    refused(&browser.open(&link).await, 410, "connect-link-spent");
    assert_eq!(scene.token_requests().await.len(), 1);

    // A code of another one's account, with the state of one's own: the provider binds it to the challenge.
    let stolen = Browser::new().consent(&scene.link().await).await;
    let own = browser.consent(&scene.link().await).await;
    let value = |url: &str, name: &str| {
        let url: reqwest::Url = url.parse().unwrap();
        url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let mixed = format!("{callback}?state={}&code={}", value(&own, "state"), value(&stolen, "code"));
    refused(&browser.open(&mixed).await, 502, "dest-not-connected");

    // Declined at the platform.
    let page = browser.decline(&scene.link().await).await;
    let page = browser.open(&page).await;
    refused(&page, 403, "connect-denied");
    assert!(page.text.contains("access_denied"), "{page:?}");

    // Ten minutes, and a second more.
    let (open, unopened) = (scene.link().await, scene.link().await);
    let back = browser.consent(&open).await;
    scene.clock.by(601);
    refused(&browser.open(&back).await, 410, "connect-link-spent");
    refused(&browser.open(&unopened).await, 410, "connect-link-spent");
    // A look at the head is no visit.
    let fresh = scene.link().await;
    assert_eq!(scene.sluice.http.head(&fresh).send().await.unwrap().status(), 405);
    assert_eq!(browser.open(&fresh).await.status, 200);
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_can_be_entered_in_the_place_of_a_consent() {
    let Some(scene) = Scene::new(3600).await else { return };
    let path = format!("{}{}", scene.sluice.base, scene.credential("/refresh-token").await);
    let enter = async |token: &str| {
        let request = scene.sluice.http.put(&path).bearer_auth(&scene.sluice.key).json(&json!({ "refresh_token": token }));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((enter("").await, enter("one that the provider does not know").await), (422, 204));
    assert_eq!(end(&scene.run(3).await), "failed dest-not-connected");
    assert_eq!(scene.standing().await["problem"]["code"], "dest-not-connected");
    scene.sluice.stop().await;
}
