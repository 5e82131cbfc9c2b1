//! Members of a segment: an export that is asked for, waited for, and read page by page.

use std::collections::BTreeSet;

use serde_json::json;
use sluice_catalog::contract::Halt;
use sluice_conformance::{Stage, words::halt};
use sluice_twins::{
    Answer, Fault,
    braze::{Members, Options, Running, Segment, Twin},
};

use crate::rig::{API_KEY, BRAZE, account};

const OPENERS: &str = "11111111-2222-3333-4444-555555555555";
const STORAGE: &str = "exports.s3.eu-central-1.amazonaws.com";

async fn stage(people: usize, more: Options) -> (Running, Stage) {
    let ids: Vec<String> = (0..people).map(|n| format!("C-{n}")).collect();
    let segments = vec![Segment {
        id: OPENERS.to_owned(),
        name: "Openers".to_owned(),
        tags: vec![],
        members: Members::ExternalIds(ids.clone()),
    }];
    let options = Options { segments, files_named: Some(format!("https://{STORAGE}")), ..more };
    let twin = Twin::start(options).await.unwrap();
    let profiles = ids.iter().map(|id| json!({ "external_id": id, "email": format!("{id}@example.com") })).collect();
    twin.seed("profiles", profiles).unwrap();
    let mut account = account(&twin, API_KEY);
    account.leads.push((STORAGE.to_owned(), twin.files_url().to_owned()));
    let stage = Stage::new(&BRAZE, &account).unwrap();
    (twin, stage)
}

/// The ticket to wait with.
async fn token(stage: &Stage, resume: Option<Vec<u8>>) -> Vec<u8> {
    match stage.members(OPENERS, None, resume).await.unwrap() {
        Err(Halt::Later(ticket)) => ticket.token,
        other => panic!("nothing to wait for: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_comes_once_by_each_identifier_after_the_file_is_there() {
    let (twin, stage) = stage(25_000, Options::with_key(API_KEY)).await;
    let mut ticket = token(&stage, None).await;
    // The file is not there yet, twice.
    for _ in 0..2 {
        ticket = token(&stage, Some(ticket)).await;
    }
    let (mut seen, mut pages, mut page) = (BTreeSet::new(), 0, stage.members(OPENERS, None, Some(ticket)).await.unwrap().unwrap());
    loop {
        pages += 1;
        let names: Vec<&str> = page.schema.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["external_id", "email", "phone", "braze_id"]);
        let column = &page.members.columns[0];
        let end = |row: usize| i32::from_le_bytes(column.offsets[row * 4..row * 4 + 4].try_into().unwrap()) as usize;
        seen.extend((0..page.members.rows as usize).map(|row| column.data[end(row)..end(row + 1)].to_vec()));
        let Some(next) = page.next else { break };
        page = stage.members(OPENERS, Some(next), None).await.unwrap().unwrap();
    }
    assert_eq!((pages, seen.len()), (3, 25_000));
    assert_eq!(twin.warnings(), [], "the key is not sent to the storage");
    assert_eq!(twin.log().to("/users/export/segment").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_told_and_is_never_an_empty_segment() {
    let (_twin, unknown) = stage(3, Options::with_key(API_KEY)).await;
    let told = unknown.members("no-such-segment", None, None).await.unwrap().unwrap_err();
    assert_eq!(halt(&told), "missing dest-object-missing");

    let (_twin, own) = stage(3, Options { own_bucket: true, ..Options::with_key(API_KEY) }).await;
    let told = own.members(OPENERS, None, None).await.unwrap().unwrap_err();
    assert_eq!(halt(&told), "config dest-config");

    for (answer, wanted) in [
        // "Second call for the same segment is a 400/429 (inferred)": the segment is there.
        (Answer::Status { status: 400 }, "unavailable dest-unavailable"),
        (Answer::Status { status: 401 }, "auth dest-auth"),
        (Answer::Status { status: 403 }, "config dest-permission"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
    ] {
        let (twin, stage) = stage(3, Options::with_key(API_KEY)).await;
        twin.faults().arm(Fault::on("/users/export/segment").answer(answer.clone())).unwrap();
        let told = stage.members(OPENERS, None, None).await.unwrap().unwrap_err();
        assert_eq!(halt(&told), wanted, "{answer:?}");
    }

    // A file that ends in the middle, and a page of a stranger in its place.
    for answer in [Answer::Truncated, Answer::CaptivePortal] {
        let (twin, stage) = stage(300, Options { export_polls_before_ready: 0, ..Options::with_key(API_KEY) }).await;
        let ticket = token(&stage, None).await;
        twin.faults().arm(Fault::on("/exports/*").answer(answer.clone())).unwrap();
        let told = stage.members(OPENERS, None, Some(ticket)).await.unwrap().unwrap_err();
        assert!(matches!(told, Halt::Unavailable(_)), "{answer:?}: {told:?}");
    }
}
