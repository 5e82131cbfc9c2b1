//! The list of segments, and the export of one.

use std::io::{Cursor, Read};

use serde_json::{Value, json};
use sluice_twins::braze::{Members, Options, Segment};

use crate::client::{Bench, SEGMENT, options, send};

fn segment(number: usize) -> Segment {
    Segment {
        id: format!("s-{number}"),
        name: format!("Segment {number}"),
        tags: Vec::new(),
        members: Members::ExternalIds(Vec::new()),
    }
}

async fn ask(bench: &Bench, fields: &[&str]) -> (u16, Value) {
    let body = json!({ "segment_id": SEGMENT, "fields_to_export": fields, "output_format": "zip" });
    send(bench.post("/users/export/segment", &body)).await
}

/// The file's lines by name of the file inside it, and the status; the storage is asked without a key.
async fn download(bench: &Bench, url: &str) -> (u16, Vec<(String, Vec<Value>)>) {
    let response = bench.client.get(url).send().await.unwrap();
    let status = response.status().as_u16();
    if status != 200 {
        return (status, Vec::new());
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(response.bytes().await.unwrap())).unwrap();
    let files = (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text.lines().map(|line| line.parse().unwrap()).collect())
        })
        .collect();
    (status, files)
}

#[tokio::test]
async fn segments_come_a_hundred_a_page_in_the_order_asked_for() {
    let bench = Bench::with(Options { segments: (0..101).map(segment).collect(), ..options() }).await;
    let page = |query: &'static str| {
        let request = bench.get(&format!("/segments/list{query}"));
        async move {
            let (status, answer) = send(request).await;
            assert_eq!((status, &answer["message"]), (200, &json!("success")));
            let ids = answer["segments"].as_array().unwrap().iter();
            ids.map(|s| s["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    let first = page("").await;
    assert_eq!((first.len(), first[0].as_str(), first[99].as_str()), (100, "s-0", "s-99"));
    assert_eq!(page("?page=1").await, ["s-100"]);
    assert!(page("?page=2").await.is_empty());
    assert_eq!(page("?page=1&sort_direction=desc").await, ["s-0"]);
    for bad in ["?page=-1", "?page=x", "?sort_direction=up"] {
        assert_eq!(send(bench.get(&format!("/segments/list{bad}"))).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_export_is_not_there_at_first_and_then_has_the_members() {
    let bench = Bench::start().await;
    bench
        .track(json!({ "attributes": [
            { "external_id": "C-1", "is_vip": true, "email": "one@example.com" },
            { "external_id": "C-2", "is_vip": false },
            { "external_id": "C-3", "is_vip": true, "rank": 3 }
        ] }))
        .await;
    let (status, answer) = ask(&bench, &["external_id", "email", "custom_attributes", "favourite"]).await;
    assert_eq!((status, &answer["message"]), (201, &json!("success")));
    let url = answer["url"].as_str().unwrap();
    assert!(url.starts_with(bench.twin.files_url()) && !url.starts_with(bench.twin.url()), "another host");
    assert_eq!(bench.warnings(), [("unknown-export-field", "favourite".to_owned())]);
    assert_eq!(download(&bench, url).await.0, 404);
    assert_eq!(download(&bench, url).await.0, 404);
    let (status, files) = download(&bench, url).await;
    assert_eq!(status, 200);
    assert_eq!(files.len(), 1);
    assert_eq!(
        files[0].1,
        [
            json!({ "external_id": "C-1", "email": "one@example.com", "custom_attributes": { "is_vip": true } }),
            json!({ "external_id": "C-3", "custom_attributes": { "is_vip": true, "rank": 3 } })
        ]
    );
    assert_eq!(download(&bench, url).await.0, 200, "it stays");
}

#[tokio::test]
async fn a_storage_with_a_name_answers_wherever_its_host_is_led_to() {
    const NAME: &str = "exports.s3.amazonaws.com";
    let named = Options { export_polls_before_ready: 0, files_named: Some(format!("https://{NAME}")), ..options() };
    let bench = Bench::with(named).await;
    let (_, answer) = ask(&bench, &["external_id"]).await;
    let path = answer["url"].as_str().unwrap().strip_prefix(&format!("https://{NAME}")).unwrap().to_owned();
    let ask = |host: &str| reqwest::Client::new().get(format!("{}{path}", bench.twin.url())).header("host", host.to_owned());
    assert_eq!(ask(NAME).send().await.unwrap().status(), 200);
    assert_eq!(ask("rest.fra-01.braze.eu").send().await.unwrap().status(), 404, "the API has no such path");
    assert_eq!(ask(NAME).bearer_auth("a key").send().await.unwrap().status(), 400, "no key goes there");
    assert_eq!(bench.warnings(), [("key-sent-to-storage", "authorization".to_owned())]);
}

#[tokio::test]
async fn a_file_holds_five_thousand_users() {
    let bench = Bench::with(Options { export_polls_before_ready: 0, ..options() }).await;
    let people: Vec<_> = (0..5_001).map(|n| json!({ "external_id": format!("C-{n}"), "is_vip": true })).collect();
    assert_eq!(bench.twin.seed("profiles", people.into()), Ok(5_001));
    let (_, answer) = ask(&bench, &["external_id"]).await;
    let (_, files) = download(&bench, answer["url"].as_str().unwrap()).await;
    assert_eq!(files.iter().map(|file| file.1.len()).collect::<Vec<_>>(), [5_000, 1]);
}

#[tokio::test]
async fn one_export_of_a_segment_runs_at_a_time() {
    let bench = Bench::start().await;
    assert_eq!(ask(&bench, &["external_id"]).await.0, 201);
    assert_eq!(ask(&bench, &["external_id"]).await.0, 429);
    assert_eq!(ask(&bench, &["external_id"]).await.0, 429);
    assert_eq!(ask(&bench, &["external_id"]).await.0, 201, "the first has become ready meanwhile");
}

#[tokio::test]
async fn a_hundred_exports_run_at_a_time() {
    let bench = Bench::with(Options { segments: (0..101).map(segment).collect(), ..options() }).await;
    for number in 0..=100 {
        let body = json!({ "segment_id": format!("s-{number}"), "fields_to_export": ["email"] });
        let want = if number < 100 { 201 } else { 429 };
        assert_eq!(send(bench.post("/users/export/segment", &body)).await.0, want, "{number}");
    }
}

#[tokio::test]
async fn an_export_needs_a_segment_and_fields() {
    let bench = Bench::start().await;
    for body in [
        json!({ "fields_to_export": ["email"] }),
        json!({ "segment_id": "unknown", "fields_to_export": ["email"] }),
        json!({ "segment_id": SEGMENT }),
        json!({ "segment_id": SEGMENT, "fields_to_export": [] }),
        json!({ "segment_id": SEGMENT, "fields_to_export": [1] }),
        json!({ "segment_id": SEGMENT, "fields_to_export": ["email"], "output_format": "rar" }),
        json!({ "segment_id": SEGMENT, "fields_to_export": ["email"], "callback_endpoint": 1 }),
    ] {
        assert_eq!(send(bench.post("/users/export/segment", &body)).await.0, 400, "{body}");
    }
}

#[tokio::test]
async fn a_workspace_with_its_own_bucket_gives_no_url() {
    let bench = Bench::with(Options { own_bucket: true, ..options() }).await;
    let (status, answer) = ask(&bench, &["external_id"]).await;
    assert_eq!((status, answer.get("url")), (201, None));
    assert!(answer["object_prefix"].as_str().unwrap().starts_with(SEGMENT));
}

#[tokio::test]
async fn the_storage_wants_no_key_and_knows_no_other_path() {
    let bench = Bench::with(Options { export_polls_before_ready: 0, ..options() }).await;
    let (_, answer) = ask(&bench, &["external_id"]).await;
    let url = answer["url"].as_str().unwrap();
    assert_eq!(bench.client.get(url).bearer_auth("a-key").send().await.unwrap().status(), 400);
    assert_eq!(bench.warnings(), [("key-sent-to-storage", "authorization".to_owned())]);
    assert_eq!(bench.client.post(url).send().await.unwrap().status(), 405);
    let files = bench.twin.files_url();
    for path in ["/", "/exports/unknown.zip", "/users/track", "/__twin/state"] {
        assert_eq!(bench.client.get(format!("{files}{path}")).send().await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(send(bench.get("/exports/unknown.zip")).await.0, 404);
}
