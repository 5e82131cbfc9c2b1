//! Damage: whatever happens to a file of the ledger is a named error, before anything is compared with it or sent because of it.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use sluice_catalog::{Code, outcome::Word};
use sluice_ledger::{ChangeSet, Intake, Judgement, LedgerError, Space, diff, settle};

use crate::world::*;

const ROWS: [SourceRow; 3] =
    [(1, Some("a@x.example"), Some("Ann"), Some(1)), (2, Some("b@x.example"), None, None), (3, Some("c@x.example"), None, Some(3))];

/// Everything that can be read of a change set: all phases, what is listed, and the next generation.
fn read_all(world: &World, folder: &std::path::Path) -> Result<(), LedgerError> {
    let set = ChangeSet::open(&world.space, folder)?.expect("the manifest is there");
    for (at, phase) in set.phases().iter().enumerate() {
        set.batch(at as u8, &[(0, phase.rows as u32)])?;
    }
    set.listed().collect::<Result<Vec<_>, _>>()?;
    settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED).map(|_| ())
}

/// Flips a bit in every byte of each file, cuts it at every length, makes it longer and takes it away; `read` must name the damage
/// each time, and succeed with the file as it was.
fn each_damage(files: &[PathBuf], mut read: impl FnMut() -> Result<(), LedgerError>) {
    for file in files {
        let good = fs::read(file).unwrap();
        let mut check = |what: &str, at: usize| {
            let found = read().expect_err(&format!("{} {what} {at}", file.display()));
            assert_eq!(found.code(), Code::LedgerDamaged, "{} {what} {at}", file.display());
        };
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(file, &bad).unwrap();
            check("flipped at", at);
            fs::write(file, &good[..at]).unwrap();
            check("cut to", at);
        }
        fs::write(file, [good.as_slice(), b"x"].concat()).unwrap();
        check("made longer", good.len());
        fs::remove_file(file).unwrap();
        check("gone", 0);
        fs::write(file, &good).unwrap();
        read().unwrap();
    }
}

#[test]
fn damage_of_any_byte_of_a_generation_is_noticed_before_anything_is_compared() {
    let mut world = World::new(layout(true, true));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let files = files(&world.dir.join("state"));
    assert_eq!(files.len(), 2, "rows and members");
    // With a removal, which asks the index, and without one, which only settling would ask it for.
    for rows in [&ROWS[..1], &ROWS] {
        each_damage(&files, || {
            let intake = world.intake(rows, &[]);
            diff(&world.generation, intake, &mirror(START)).map(|_| ())
        });
    }
}

#[test]
fn damage_of_any_byte_of_a_change_set_is_noticed() {
    let mut world = World::new(layout(true, false));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let folder = world.scratch();
    let mut intake = Intake::create(&world.space, &folder, &world.layout, None).unwrap();
    // A change, a removal, and rows that are listed.
    intake.push(&batch(&[(1, Some("a@x.example"), Some("Anna"), None), ROWS[1], ROWS[1]]), &[]).unwrap();
    let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
    assert_eq!((set.counts().changed, set.counts().removed, set.counts().duplicate_keys), (1, 1, 1));
    let mut files = files(&folder);
    assert_eq!(files.len(), 5, "manifest, moves, listed, removals, upserts: {files:?}");
    // Without its manifest it is no change set, which is another test's matter; all else may happen to a manifest.
    let manifest = files.iter().position(|f| f.ends_with("changes.manifest")).unwrap();
    let manifest = files.remove(manifest);
    each_damage(&files, || read_all(&world, &folder));
    let good = fs::read(&manifest).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        for bad in [&bad[..], &good[..at]] {
            fs::write(&manifest, bad).unwrap();
            assert_eq!(read_all(&world, &folder).expect_err("damage").code(), Code::LedgerDamaged, "manifest {at}");
        }
    }
}

#[test]
fn another_or_an_older_file_in_the_place_of_one_is_noticed() {
    let mut world = World::new(layout(true, true));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let old: Vec<_> = files(&world.dir.join("state")).iter().map(|f| fs::read(f).unwrap()).collect();
    // The same number of rows of the same widths: nothing but the files' ids tells them apart.
    let rows = ROWS.map(|row| (row.0, row.1, row.2, row.3.map(|score| score + 1)));
    world.run(&rows, &mirror(START), Word::Accepted);
    let mut moved = rows;
    moved[0].1 = Some("z@x.example");
    world.run(&moved, &mirror(START), Word::Accepted);
    for file in files(&world.dir.join("state")) {
        let good = fs::read(&file).unwrap();
        for bytes in &old {
            fs::write(&file, bytes).unwrap();
            let intake = world.intake(&moved, &[]);
            let found = diff(&world.generation, intake, &mirror(START)).err().map(|e| e.code());
            assert_eq!(found, Some(Code::LedgerDamaged), "{}", file.display());
        }
        fs::write(&file, good).unwrap();
    }
    assert!(offered(&world.diff(&moved, &mirror(START))).is_empty());
}

#[test]
fn a_file_of_another_change_set_of_the_same_activation_is_noticed() {
    let mut world = World::new(layout(true, false));
    let folders = [Some(1), Some(2)].map(|score| {
        let folder = world.scratch();
        let mut intake = Intake::create(&world.space, &folder, &world.layout, None).unwrap();
        intake.push(&batch(&[(1, Some("a@x.example"), Some("Ann"), score)]), &[]).unwrap();
        diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
        folder
    });
    for file in files(&folders[0]) {
        let other = folders[1].join(file.file_name().unwrap());
        let good = fs::read(&file).unwrap();
        assert_eq!(good.len() as u64, fs::metadata(&other).unwrap().len(), "equal but for the bytes");
        fs::copy(&other, &file).unwrap();
        assert_eq!(read_all(&world, &folders[0]).expect_err("exchanged").code(), Code::LedgerDamaged, "{}", file.display());
        fs::write(&file, good).unwrap();
    }
    read_all(&world, &folders[0]).unwrap();
}

#[test]
fn damage_of_rows_that_wait_on_disk_is_noticed() {
    let wide: &str = "w".repeat(600_000).leak();
    let rows: Vec<SourceRow> = (0..4).map(|i| (i, Some("a@x.example"), Some(wide), None)).collect();
    let mut world = World::new(layout(false, false));
    for step in 0..24 {
        let folder = world.scratch();
        // One part, whose buffer overflows.
        let mut intake = Intake::create(&world.space, &folder, &world.layout, Some(1)).unwrap();
        intake.push(&batch(&rows), &[]).unwrap();
        let file = folder.join("intake");
        let mut bytes = fs::read(&file).unwrap();
        assert!(bytes.len() > 1_200_000, "it waits on disk");
        // The header is kept in memory by the one writer, so that only blocks are read.
        let at = 48 + step * (bytes.len() - 49) / 23;
        if step % 2 == 0 {
            bytes[at] ^= 1
        } else {
            bytes.truncate(at)
        }
        fs::write(&file, bytes).unwrap();
        let found = intake.finish().and_then(|done| diff(&world.generation, done, &mirror(START)));
        assert_eq!(found.err().map(|e| e.code()), Some(Code::LedgerDamaged), "at {at}");
    }
}

#[test]
fn a_ledger_of_another_key_is_told_from_damage() {
    let mut world = World::new(layout(false, false));
    world.run(&ROWS, &mirror(START), Word::Accepted);
    let (ws, act) = ids();
    world.space = Space::local(&world.dir.join("state"), ws, act, data_key(2), random(3)).unwrap();
    let intake = world.intake(&ROWS, &[]);
    assert_eq!(diff(&world.generation, intake, &mirror(START)).err().map(|e| e.code()), Some(Code::LedgerWrongKey));
}

#[derive(Debug, Clone)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Zero(usize, usize),
    Swap(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), 1usize..600).prop_map(|(at, len)| Damage::Zero(at, len)),
        any::<usize>().prop_map(Damage::Swap),
    ]
}

/// A ledger with deltas: rows and members, of several runs.
fn with_deltas() -> (World, Vec<SourceRow>) {
    let mut world = World::new(layout(true, true));
    let mut rows: Vec<SourceRow> = (0..400).map(|i| (i, Some(format!("{i}@x.example").leak() as &str), None, Some(i))).collect();
    world.run(&rows, &mirror(START), Word::Accepted);
    for i in 0..3 {
        rows[i].3 = Some(-1);
        rows[i + 50].1 = Some(format!("new{i}@x.example").leak());
        world.run(&rows, &mirror(START), Word::Accepted);
    }
    (world, rows)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_damage_of_a_generation_goes_unnoticed_or_panics(which in any::<usize>(), damage in damage()) {
        let (mut world, rows) = with_deltas();
        let all = files(&world.dir.join("state"));
        prop_assert!(all.len() >= 8, "bases and deltas: {:?}", world.state());
        let file = &all[which % all.len()];
        let good = fs::read(file).unwrap();
        let mut bad = good.clone();
        match damage {
            Damage::Flip(at, bit) => bad[at % good.len()] ^= 1 << bit,
            Damage::Cut(at) => bad.truncate(at % good.len()),
            Damage::Zero(at, len) => {
                let at = at % good.len();
                bad[at..(at + len).min(good.len())].fill(0);
            }
            Damage::Swap(with) => bad = fs::read(&all[with % all.len()]).unwrap(),
        }
        prop_assume!(bad != good);
        let mut other = rows.clone();
        other[7].3 = None;
        other.truncate(399);
        let set = world.diff(&other, &mirror(START));
        fs::write(file, &bad).unwrap();
        // Damage after the diff: settling names it, or did not need the file, or leaves it for the next run to name.
        let settled = settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED);
        match settled {
            Ok(next) => {
                let old = std::mem::replace(&mut world.generation, next.expect("rows changed"));
                let intake = world.intake(&other, &[]);
                match diff(&world.generation, intake, &mirror(START)) {
                    Ok(set) => prop_assert!(set.counts().is_quiet()),
                    Err(error) => prop_assert_eq!(error.code(), Code::LedgerDamaged),
                }
                world.generation = old;
            }
            Err(error) => prop_assert_eq!(error.code(), Code::LedgerDamaged),
        }
        // Damage before the diff is always named.
        let intake = world.intake(&other, &[]);
        prop_assert_eq!(diff(&world.generation, intake, &mirror(START)).err().map(|e| e.code()), Some(Code::LedgerDamaged));
    }
}
