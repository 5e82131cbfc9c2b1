//! Members of a segment that lives on a platform, read by a real component: all of them in bounded pieces, or an error that says that
//! what came is not all.

use std::{sync::Arc, time::Duration};

use arrow::array::{AsArray, RecordBatch};
use sluice_catalog::Code;
use sluice_runs::{MembersError, MembersRead, RemoteSegment, RunError};
use tokio_util::sync::CancellationToken;

use serde_json::json;

use crate::{
    bulk::{Platform, Stumble},
    rig::{Rig, Sluice, careless},
};

struct Scene {
    platform: Platform,
    sluice: Sluice,
    _rig: Rig,
    workspace: String,
    destination: String,
}

impl Scene {
    async fn new() -> Self {
        let (rig, platform) = (Rig::new().await, Platform::start().await);
        crate::shop::people(&rig, 1..=1, |_| "basic");
        let sluice = rig.sluice().await;
        platform.install(&sluice).await;
        let mut bundle = platform.bundle(&rig, &[]);
        bundle["destinations"].as_array_mut().unwrap().push(rig.destination());
        sluice.apply(&bundle).await;
        let destination = sluice.id("destinations", "bulk").await;
        let workspace = sluice.base.rsplit('/').next().unwrap().to_owned();
        Self { platform, sluice, _rig: rig, workspace, destination }
    }

    fn segment(&self, id: &str, members: u32) {
        let all = (0..members).map(|n| format!("member-{n}")).collect();
        self.platform.account().segments.insert(id.to_owned(), all);
    }

    fn at<'a>(&self, id: &'a str) -> RemoteSegment<'a> {
        RemoteSegment { workspace: self.workspace.parse().unwrap(), destination: self.destination.parse().unwrap(), id }
    }

    /// Reads a segment; what came, page by page, and how it ended.
    async fn read(&self, id: &str) -> (Vec<Vec<String>>, Result<MembersRead, MembersError>) {
        let mut pages = Vec::new();
        let take = |batch: RecordBatch| {
            let ids = batch.column(0).as_string::<i32>();
            pages.push(ids.iter().map(|id| id.unwrap().to_owned()).collect());
            Ok(())
        };
        let end = self.sluice.host.remote_members(self.at(id), &CancellationToken::new(), take).await;
        (pages, end)
    }
}

fn names(from: u32, to: u32) -> Vec<String> {
    (from..to).map(|n| format!("member-{n}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_comes_once_in_the_platforms_order_and_a_page_at_a_time() {
    let scene = Scene::new().await;
    scene.segment("vip", 1_000);
    scene.segment("nobody", 0);
    // A page that fails for a moment is asked for again.
    scene.platform.account().stumbles.insert("400".into(), Stumble::Status(500, 1));
    let (pages, end) = scene.read("vip").await;
    assert_eq!(end.unwrap(), MembersRead { members: 1_000, pages: 3 });
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [400, 400, 200]);
    assert_eq!(pages.concat(), names(0, 1_000));
    let (pages, end) = scene.read("nobody").await;
    assert_eq!((pages.len(), end.unwrap()), (0, MembersRead { members: 0, pages: 1 }));
    let mut fields = Vec::new();
    let seen = |batch: RecordBatch| {
        fields = batch.schema().fields().iter().map(|f| (f.name().clone(), f.metadata()["role"].clone())).collect();
        Ok(())
    };
    scene.sluice.host.remote_members(scene.at("vip"), &CancellationToken::new(), seen).await.unwrap();
    assert_eq!(fields, [("id".to_owned(), "identifier".to_owned())]);
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_in_a_zipped_file_that_the_platform_makes_first_are_waited_for_and_unpacked() {
    let scene = Scene::new().await;
    scene.segment("file-1", 25_000);
    let (pages, end) = scene.read("file-1").await;
    assert_eq!(end.unwrap(), MembersRead { members: 25_000, pages: 3 });
    assert_eq!(pages.concat(), names(0, 25_000), "both files of the archive, each line once");
    assert_eq!(scene.platform.account().count("POST /segments/file-1/export"), 1, "asked for once, however often it waits");
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_has_its_own_name_and_what_came_before_is_called_a_part() {
    let scene = Scene::new().await;
    scene.segment("vip", 1_000);
    let (pages, end) = scene.read("gone").await;
    let error = end.unwrap_err();
    assert!(matches!(error, MembersError::SegmentNotFound(_)) && pages.is_empty(), "{error:?}");
    assert_eq!(error.code(), Code::RemoteSegmentNotFound);

    let stumble = |at: &str, how: Stumble| scene.platform.account().stumbles.insert(at.into(), how);
    stumble("", Stumble::Status(429, 1_000));
    let error = scene.read("vip").await.1.unwrap_err();
    assert!(matches!(error, MembersError::RateLimited(_)), "{error:?}");
    assert_eq!(error.code(), Code::DestRateLimited);
    stumble("", Stumble::Status(401, 1_000));
    let error = scene.read("vip").await.1.unwrap_err();
    assert!(matches!(error, MembersError::Run(RunError::Said(_))), "{error:?}");
    assert_eq!(error.code(), Code::DestAuth);
    scene.platform.account().stumbles.clear();

    for (how, cause) in [
        (Stumble::Status(404, 1_000), Code::DestObjectMissing),
        (Stumble::Status(429, 1_000), Code::DestRateLimited),
        (Stumble::Circle, Code::ConnectorProtocol),
    ] {
        stumble("800", how);
        let (pages, end) = scene.read("vip").await;
        let error = end.unwrap_err();
        assert_eq!((error.code(), pages.concat().len() >= 800), (Code::RemotePartial, true), "{error:?}");
        let MembersError::Partial { members, source } = error else { panic!("{error:?}") };
        assert_eq!((members as usize, source.code()), (pages.concat().len(), cause));
    }
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_does_not_list_members_is_not_asked() {
    let scene = Scene::new().await;
    scene.sluice.install(careless()).await;
    scene.sluice.apply(&json!({ "destinations": [{ "name": "careless", "connector": "careless", "settings": {} }] })).await;
    let careless = scene.sluice.id("destinations", "careless").await;
    let at = RemoteSegment { destination: careless.parse().unwrap(), ..scene.at("vip") };
    let error = scene.sluice.host.remote_members(at, &CancellationToken::new(), |_| Ok(())).await.unwrap_err();
    assert!(matches!(error, MembersError::NotSupported { .. }), "{error:?}");
    assert_eq!(error.code(), Code::RemoteNotSupported);
    scene.sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_ends_when_it_is_stopped_or_when_its_taker_says_so() {
    let scene = Scene::new().await;
    scene.segment("vip", 1_000);
    scene.segment("file-2", 10);
    let mut pages = 0;
    let take = |_| {
        pages += 1;
        if pages == 2 { Err(RunError::Defect("no room".into())) } else { Ok(()) }
    };
    let error = scene.sluice.host.remote_members(scene.at("vip"), &CancellationToken::new(), take).await.unwrap_err();
    assert!(matches!(error, MembersError::Run(RunError::Defect(_))), "{error:?}");
    assert_eq!(scene.platform.account().count("GET /segments/vip"), 2, "nothing is asked for that nobody takes");

    scene.platform.account().slow = true;
    let (stop, scene) = (CancellationToken::new(), Arc::new(scene));
    let reading = tokio::spawn({
        let (stop, scene) = (stop.clone(), scene.clone());
        async move { scene.sluice.host.remote_members(scene.at("file-2"), &stop, |_| Ok(())).await }
    });
    while scene.platform.account().count("GET /exports/") < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    let error = reading.await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::RunCancelled, "{error:?}");
}
