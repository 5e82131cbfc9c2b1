//! Crashes and full disks: the old generation stays whole, and what was begun is swept.

use std::{
    fmt, fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result, memory::InMemory, path::Path,
};
use sluice_catalog::{Code, outcome::Word};
use sluice_ledger::{ChangeSet, Intake, Judgement, diff, settle};

use crate::{
    child::{Beyond, Child, source},
    world::*,
};

const ROWS: [SourceRow; 3] =
    [(1, Some("a@x.example"), Some("Ann"), Some(1)), (2, Some("b@x.example"), None, None), (3, Some("c@x.example"), None, Some(3))];

/// A store whose disk is full after so many writes.
#[derive(Debug)]
struct Filling {
    inner: InMemory,
    writes_left: AtomicI64,
}

impl fmt::Display for Filling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("filling")
    }
}

#[async_trait]
impl ObjectStore for Filling {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if self.writes_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(object_store::Error::Generic { store: "filling", source: source.into() });
        }
        self.inner.put_opts(location, payload, opts).await
    }
    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }
    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[test]
fn a_shared_store_that_fails_at_any_write_keeps_the_old_generation() {
    for members in [false, true] {
        let mut stops = 0;
        for writes in 0.. {
            let store = Arc::new(Filling { inner: InMemory::new(), writes_left: AtomicI64::new(i64::MAX) });
            let mut world = World::shared(layout(false, members), store.clone());
            world.run(&ROWS, &mirror(START), Word::Accepted);
            let rows = [ROWS[0], (2, Some("z@x.example"), None, None), (4, Some("d@x.example"), None, None)];
            let set = world.diff(&rows, &mirror(START));
            let want = offered(&set);
            store.writes_left.store(writes, Ordering::SeqCst);
            let settled = settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED);
            store.writes_left.store(i64::MAX, Ordering::SeqCst);
            let Err(error) = settled else { break };
            assert_eq!(error.code(), Code::DiskFull);
            // What was written before is swept, and the same change set settles.
            assert_eq!(world.space.sweep(&[&world.generation]).unwrap() as i64, writes);
            assert_eq!(offered(&world.diff(&rows, &mirror(START))), want, "after {writes} writes");
            world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
            assert!(world.run(&rows, &mirror(START), Word::Accepted).is_empty());
            stops += 1;
        }
        assert_eq!(stops, if members { 2 } else { 1 }, "rows, and the index of members");
    }
}

/// A ledger on disk that another process is going to work on.
fn before() -> World {
    let mut world = World::new(layout(false, true));
    world.run(&source("before"), &mirror(START), Word::Accepted);
    world
}

/// The old generation is whole, the rest is swept, and the run succeeds when it is made anew.
fn goes_on(world: &mut World) {
    world.space.sweep(&[&world.generation]).unwrap();
    let live = world.state();
    assert!(live.len() == 2 && live.iter().all(|name| name.ends_with(".ledger")), "{live:?}");
    assert!(world.diff(&source("before"), &mirror(START)).counts().is_quiet());
    let set = world.diff(&source("after"), &mirror(START));
    assert_eq!((set.counts().changed, set.counts().unchanged), (700, 3300));
}

#[test]
fn a_disk_that_fills_up_at_any_step_is_a_named_error_and_nothing_is_lost() {
    if Child::play() {
        return;
    }
    let test = "crash::a_disk_that_fills_up_at_any_step_is_a_named_error_and_nothing_is_lost";
    let mut world = before();
    for (rows, room, stage) in [("wide", 100, "intake"), ("after", 0, "diff"), ("after", 40, "diff"), ("after", 200, "settle")] {
        let end = Child { test, rows, room, beyond: Beyond::Fails, draws: None }.run(&world);
        assert_eq!((end.stage.as_str(), end.code.as_deref()), (stage, Some("disk-full")), "{rows} {room}");
        goes_on(&mut world);
    }
    let end = Child { test, rows: "after", room: 2000, beyond: Beyond::Fails, draws: None }.run(&world);
    world.generation = serde_json::from_str(&end.pointer.expect("enough room")).unwrap();
    assert!(world.diff(&source("after"), &mirror(START)).counts().is_quiet());
}

#[test]
fn a_process_killed_in_the_middle_of_a_write_leaves_the_old_generation_and_its_remains_are_swept() {
    if Child::play() {
        return;
    }
    let test = "crash::a_process_killed_in_the_middle_of_a_write_leaves_the_old_generation_and_its_remains_are_swept";
    let mut world = before();
    for (rows, room, stage) in [("wide", 100, "intake"), ("after", 40, "diff"), ("after", 200, "settle")] {
        let end = Child { test, rows, room, beyond: Beyond::Kills, draws: None }.run(&world);
        assert_eq!((end.stage.as_str(), end.code, end.pointer), (stage, None, None), "{rows} {room}");
        let committed = ChangeSet::open(&world.space, &Child::scratch(&world.dir)).unwrap();
        assert_eq!(committed.is_some(), stage == "settle");
        let half = world.state().into_iter().filter(|name| !name.ends_with(".ledger")).count();
        assert_eq!(half, usize::from(stage == "settle"), "a half-written file is left");
        goes_on(&mut world);
    }
}

#[test]
fn a_process_killed_before_any_file_goes_on_from_its_change_set_or_from_the_source() {
    if Child::play() {
        return;
    }
    let test = "crash::a_process_killed_before_any_file_goes_on_from_its_change_set_or_from_the_source";
    let mut world = before();
    let (mut stages, mut resumed) = (Vec::new(), 0);
    for draws in 0.. {
        let end = Child { test, rows: "after", room: 100_000, beyond: Beyond::Kills, draws: Some(draws) }.run(&world);
        if end.pointer.is_some() {
            break;
        }
        stages.push(end.stage);
        if let Some(set) = ChangeSet::open(&world.space, &Child::scratch(&world.dir)).unwrap() {
            let mut next = World::at(&world.dir, world.layout.clone(), random(11));
            next.generation = settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED).unwrap().expect("rows changed");
            assert!(next.diff(&source("after"), &mirror(START)).counts().is_quiet(), "{draws}");
            resumed += 1;
        }
        goes_on(&mut world);
    }
    stages.dedup();
    assert_eq!(stages, ["diff", "settle"]);
    assert!(resumed >= 2, "rows, and the index of members");
}

#[test]
fn a_change_set_is_there_after_a_crash_exactly_when_it_was_committed() {
    let world = World::new(layout(false, false));
    let folder = world.dir.join("run");
    assert!(ChangeSet::open(&world.space, &folder).unwrap().is_none());
    let mut intake = Intake::create(&world.space, &folder, &world.layout, None).unwrap();
    intake.push(&batch(&ROWS), &[]).unwrap();
    assert!(ChangeSet::open(&world.space, &folder).unwrap().is_none());
    let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
    let again = ChangeSet::open(&world.space, &folder).unwrap().expect("committed");
    assert_eq!((again.counts(), again.diff_hash(), again.phases()), (set.counts(), set.diff_hash(), set.phases()));
    assert_eq!(again.batch(1, &[(2, 1), (0, 1)]).unwrap(), set.batch(1, &[(2, 1), (0, 1)]).unwrap());
}

#[test]
fn files_that_no_live_generation_names_are_swept_and_others_are_not() {
    let mut world = World::new(layout(false, false));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let old = world.generation.clone();
    let set = world.diff(&ROWS[..2], &mirror(START));
    let next = settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED).unwrap().unwrap();
    let folder = files(&world.dir.join("state"))[0].parent().unwrap().to_owned();
    fs::write(folder.join("not-ours"), "x").unwrap();
    assert_eq!(world.space.sweep(&[&old, &next]).unwrap(), 0, "a run may still read the old one");
    assert_eq!(world.space.sweep(&[&next]).unwrap(), 1);
    assert!(folder.join("not-ours").exists());
    world.generation = next;
    assert!(offered(&world.diff(&ROWS[..2], &mirror(START))).is_empty());
}
