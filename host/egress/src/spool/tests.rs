use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::limits::SPOOL_BLOCK_BYTES;

fn spool(root: &Path) -> Spool {
    Spool::new(root, &mut StdRng::seed_from_u64(7)).expect("a folder")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_appended_in_any_pieces_is_read_in_any_pieces(
        pieces in prop::collection::vec(0usize..3 * SPOOL_BLOCK_BYTES / 2, 0..5),
        reads in prop::collection::vec((0u64..6 * SPOOL_BLOCK_BYTES as u64, 0u32..2 * SPOOL_BLOCK_BYTES as u32), 1..6),
    ) {
        let root = folder();
        let spool = spool(root.path());
        let (id, mut whole) = (spool.create().expect("the first"), Vec::new());
        for (number, size) in pieces.iter().enumerate() {
            let piece: Vec<u8> = (0..*size).map(|i| (i * 31 + number) as u8).collect();
            spool.append(id, &piece).expect("room");
            whole.extend(piece);
        }
        prop_assert_eq!(spool.size(id).expect("known"), whole.len() as u64);
        for (offset, bytes_max) in reads {
            let from = whole.len().min(offset as usize);
            let to = whole.len().min(from + bytes_max as usize);
            prop_assert_eq!(spool.read(id, offset, bytes_max).expect("known"), &whole[from..to]);
        }
    }
}

#[test]
fn the_disk_holds_nothing_in_the_clear_and_nothing_after_the_run() {
    let root = folder();
    let made = spool(root.path());
    let id = made.create().expect("the first");
    made.append(id, &b"canary".repeat(SPOOL_BLOCK_BYTES)).expect("room");
    let inside: Vec<_> = fs::read_dir(root.path()).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    assert_eq!(inside.len(), 1);
    assert_eq!(fs::metadata(&inside[0]).expect("a folder").permissions().mode() & 0o777, 0o700);
    let file = inside[0].join(id.to_string());
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&file).expect("a file");
    assert!(bytes.len() > SPOOL_BLOCK_BYTES && !bytes.windows(6).any(|w| w == b"canary"));
    drop(made);
    assert_eq!(fs::read_dir(root.path()).expect("a folder").count(), 0);
}

#[test]
fn a_changed_file_is_noticed() {
    let root = folder();
    let made = spool(root.path());
    let id = made.create().expect("the first");
    made.append(id, &vec![1; 2 * SPOOL_BLOCK_BYTES]).expect("room");
    let file = made.folder.join(id.to_string());
    let mut bytes = fs::read(&file).expect("a file");
    let block = bytes.len() / 2;
    bytes.rotate_left(block);
    fs::write(&file, bytes).expect("writable");
    assert!(matches!(made.read(id, 0, 1), Err(SpoolError::Damaged)), "blocks that changed places");
}

#[test]
fn limits_are_said_and_unknown_numbers_refused() {
    let root = folder();
    let made = spool(root.path());
    assert!(matches!(made.append(1, b"x"), Err(SpoolError::Unknown { id: 1 })));
    let ids: Vec<u64> = (0..SPOOLS_MAX).map(|_| made.create().expect("within the limit")).collect();
    assert!(matches!(made.create(), Err(SpoolError::TooMany)));
    made.bytes.store(SPOOL_BYTES_MAX - 2, Ordering::Relaxed);
    made.append(ids[0], b"xy").expect("the last bytes that fit");
    assert!(matches!(made.append(ids[0], b"z"), Err(SpoolError::TooLarge)));
    assert_eq!(made.read(ids[0], 0, u32::MAX).expect("known"), b"xy");
    assert_eq!(made.read(ids[0], 9, 1).expect("known"), b"");
}

#[test]
fn a_removed_spool_gives_its_room_back() {
    let root = folder();
    let made = spool(root.path());
    let id = made.create().expect("the first");
    made.append(id, &vec![1; 2 * SPOOL_BLOCK_BYTES + 1]).expect("room");
    made.remove(id);
    made.remove(id);
    assert!(matches!(made.size(id), Err(SpoolError::Unknown { .. })));
    assert_eq!((made.bytes.load(Ordering::Relaxed), fs::read_dir(&made.folder).expect("a folder").count()), (0, 0));
}

#[test]
fn a_sweep_takes_leftovers_and_nothing_else() {
    let root = folder();
    fs::create_dir(root.path().join("spool-left")).expect("a folder");
    fs::create_dir(root.path().join("ledger")).expect("a folder");
    fs::write(root.path().join("spool-file"), b"x").expect("a file");
    Spool::sweep(root.path()).expect("swept");
    let mut left: Vec<_> = fs::read_dir(root.path()).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
    left.sort();
    assert_eq!(left, ["ledger", "spool-file"]);
}
