//! Crashes, damage and full disks: the old generation stays whole, and damage is never compared with.

use std::{
    fmt, fs,
    path::{Path as FilePath, PathBuf},
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
use sluice_ledger::{ChangeSet, Intake, Judgement, Space, diff, settle};

use crate::world::*;

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
fn a_crash_at_any_write_before_the_pointer_moves_leaves_the_old_generation() {
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
            // What was written before the crash is swept, and the same change set settles.
            world.space.sweep(&[&world.generation]).unwrap();
            assert_eq!(offered(&world.diff(&rows, &mirror(START))), want, "after {writes} writes");
            world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
            assert!(world.run(&rows, &mirror(START), Word::Accepted).is_empty());
            stops += 1;
        }
        assert!(stops >= 1, "there was a write to stop at");
    }
}

fn files(folder: &FilePath) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn damage_of_any_byte_of_a_generation_is_noticed_before_anything_is_compared() {
    let mut world = World::new(layout(true, true));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    for file in files(&world.dir.path().join("state")) {
        let good = fs::read(&file).unwrap();
        let try_diff = |world: &mut World| {
            let intake = world.intake(&[ROWS[0]], &[]);
            diff(&world.generation, intake, &mirror(START)).err().map(|e| e.code())
        };
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&file, &bad).unwrap();
            assert_eq!(try_diff(&mut world), Some(Code::LedgerDamaged), "{} byte {at}", file.display());
        }
        fs::write(&file, &good[..good.len() - 1]).unwrap();
        assert_eq!(try_diff(&mut world), Some(Code::LedgerDamaged), "cut");
        fs::remove_file(&file).unwrap();
        assert_eq!(try_diff(&mut world), Some(Code::LedgerDamaged), "missing");
        fs::write(&file, &good).unwrap();
        assert_eq!(try_diff(&mut world), None);
    }
}

#[test]
fn a_ledger_of_another_key_is_told_from_damage() {
    let mut world = World::new(layout(false, false));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let (ws, act) = ids();
    world.space = Space::local(&world.dir.path().join("state"), ws, act, data_key(2), random()).unwrap();
    let intake = world.intake(&ROWS, &[]);
    assert_eq!(diff(&world.generation, intake, &mirror(START)).err().map(|e| e.code()), Some(Code::LedgerWrongKey));
}

#[test]
fn a_change_set_is_there_after_a_crash_exactly_when_it_was_committed() {
    let mut world = World::new(layout(false, false));
    let folder = world.dir.path().join("run");
    assert!(ChangeSet::open(&world.space, &folder).unwrap().is_none());
    let mut intake = Intake::create(&world.space, &folder, &world.layout, None).unwrap();
    intake.push(&batch(&ROWS), &[]).unwrap();
    assert!(ChangeSet::open(&world.space, &folder).unwrap().is_none());
    let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
    let again = ChangeSet::open(&world.space, &folder).unwrap().expect("committed");
    assert_eq!((again.counts(), again.diff_hash(), again.phases()), (set.counts(), set.diff_hash(), set.phases()));
    assert_eq!(again.batch(1, &[(2, 1), (0, 1)]).unwrap(), set.batch(1, &[(2, 1), (0, 1)]).unwrap());
    for file in files(&folder) {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        let good = fs::read(&file).unwrap();
        for needle in ["a@x.example", "Ann"] {
            assert!(!good.windows(needle.len()).any(|w| w == needle.as_bytes()), "{} is sealed", file.display());
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&file, &bad).unwrap();
            let read = ChangeSet::open(&world.space, &folder).and_then(|set| {
                let set = set.expect("the manifest is there");
                set.batch(1, &[(0, 3)])?;
                settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED)?;
                set.listed().collect::<std::result::Result<Vec<_>, _>>().map(|_| ())
            });
            // The footer says nothing that the manifest does not say too, so only it may be damaged unseen.
            let footer = at + 12 + 1 + 16 >= good.len();
            assert!(footer || read.is_err_and(|e| e.code() == Code::LedgerDamaged), "{} byte {at}", file.display());
        }
        fs::write(&file, &good).unwrap();
    }
    again.delete().unwrap();
    assert!(ChangeSet::open(&world.space, &folder).unwrap().is_none());
    world.generation = sluice_ledger::Generation::empty();
}

#[test]
fn files_that_no_live_generation_names_are_swept_and_others_are_not() {
    let mut world = World::new(layout(false, false));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let old = world.generation.clone();
    let set = world.diff(&ROWS[..2], &mirror(START));
    let next = settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED).unwrap().unwrap();
    assert_eq!(world.space.sweep(&[&old, &next]).unwrap(), 0, "a run may still read the old one");
    assert!(world.space.sweep(&[&next]).unwrap() > 0);
    world.generation = next;
    assert!(offered(&world.diff(&ROWS[..2], &mirror(START))).is_empty());
}
