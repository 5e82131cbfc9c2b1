//! No value and no key of a row is readable in any file of the ledger, at any moment of a run (I10).

use std::{fs, sync::Arc};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{Field as ArrowField, Schema},
};
use sluice_catalog::{columnar::PhysicalType, outcome::Word};
use sluice_ledger::{Intake, Judgement, KeyColumn, Layout, NullMeans, diff};

use crate::world::*;

const KEY: &str = "planted-key-of-a-customer";
const EMAIL: &str = "planted.address@secret.example";
const NAME: &str = "Planted Name";
const NUMBER: i64 = 0x0102_0408_1020_4081;

fn rows(numbers: i64) -> RecordBatch {
    // So long that the intake waits on disk.
    let name = |i: i64| format!("{NAME} {i} ").repeat(40_000);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values((0..3).map(|i| format!("{KEY}-{i}")))),
        Arc::new(StringArray::from_iter_values((0..3).map(|i| format!("{i}.{EMAIL}")))),
        Arc::new(StringArray::from_iter_values((0..3).map(name))),
        Arc::new(Int64Array::from(vec![numbers; 3])),
    ];
    let fields: Vec<_> =
        columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Looks through every file below the world's folder, and gives their names.
fn search(world: &World) -> Vec<String> {
    let mut names = Vec::new();
    for file in files(&world.dir) {
        let bytes = fs::read(&file).unwrap();
        for planted in [KEY.as_bytes(), EMAIL.as_bytes(), NAME.as_bytes(), &NUMBER.to_le_bytes(), &NUMBER.to_be_bytes()] {
            let found = bytes.windows(planted.len()).position(|window| window == planted);
            assert_eq!(found, None, "{} has {}", file.display(), String::from_utf8_lossy(planted));
        }
        use std::os::unix::fs::PermissionsExt;
        let private = file.ancestors().take(3).any(|path| fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0);
        assert!(private, "{} is for its owner alone", file.display());
        names.push(file.file_name().unwrap().to_string_lossy().into_owned());
    }
    names
}

#[test]
fn no_file_of_a_run_or_of_a_generation_shows_a_key_or_a_value() {
    let fields = vec![
        field("email", "identifier", PhysicalType::Utf8, NullMeans::Absent),
        field("name", "attribute", PhysicalType::Utf8, NullMeans::Absent),
        field("number", "attribute", PhysicalType::Int64, NullMeans::Absent),
    ];
    let keys = vec![KeyColumn { ty: PhysicalType::Utf8, scale: 0 }];
    let mut world = World::new(Layout::new(keys, fields, true, true).unwrap());
    let mut seen = Vec::new();
    for (batch, word) in [(Some(rows(NUMBER)), Word::Accepted), (Some(rows(-NUMBER)), Word::Unknown), (None, Word::Rejected)] {
        let folder = world.scratch();
        // One part, whose buffer overflows.
        let mut intake = Intake::create(&world.space, &folder, &world.layout, Some(1)).unwrap();
        batch.iter().for_each(|batch| intake.push(batch, &[]).unwrap());
        seen.extend(search(&world));
        let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
        seen.extend(search(&world));
        world.settle(&set, |_, _| Judgement { word, code: None }).unwrap();
        seen.extend(search(&world));
        let pointer = serde_json::to_string(&world.generation).unwrap();
        assert!(!pointer.contains("lanted"), "the pointer names files and fields only");
    }
    for name in ["intake", "changes.manifest", "changes.moves", "changes.phase-0", "changes.phase-1", "rows-", "members-"] {
        assert!(seen.iter().any(|s| s.starts_with(name)), "{name} was looked through");
    }
}
