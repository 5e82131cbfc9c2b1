//! A small activation to test with: an integer key, an e-mail address as identifier, a name and a score.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field as ArrowField, Schema},
};
use jiff::Timestamp;
use object_store::ObjectStore;
use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::{
    Code,
    columnar::{Field, PhysicalType},
    contract::Operation,
    ids::{ActivationId, WorkspaceId},
    manifest::{Repeat, RepeatClass},
    outcome::Word,
    seal::DataKey,
};
use sluice_ledger::{
    ChangeSet, Generation, Intake, Invalid, Judgement, KeyColumn, Layout, LayoutField, LedgerError, NullMeans, Random, Rules,
    Space, diff, key_text, settle,
};
use tempfile::TempDir;

pub(crate) const DAY: i64 = 86_400;
pub(crate) const START: i64 = 1_760_000_000;

/// A source's row: key, e-mail, name, score.
pub(crate) type SourceRow = (i64, Option<&'static str>, Option<&'static str>, Option<i64>);

pub(crate) fn data_key(seed: u64) -> Arc<DataKey> {
    Arc::new(DataKey::generate(&mut StdRng::seed_from_u64(seed)))
}

/// Never the same number twice, and other numbers for another seed.
pub(crate) fn random(seed: u64) -> Random {
    let next = AtomicU64::new(seed);
    Arc::new(move || next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed))
}

pub(crate) fn ids() -> (WorkspaceId, ActivationId) {
    (WorkspaceId::new(1, 1), ActivationId::new(1, 1))
}

pub(crate) fn field(name: &str, role: &str, ty: PhysicalType, null: NullMeans) -> LayoutField {
    let attrs = vec![("role".to_owned(), role.to_owned())];
    LayoutField { field: Field { name: name.into(), ty, nullable: true, attrs }, scale: 0, null, identifier: role == "identifier" }
}

pub(crate) fn integer_key() -> Vec<KeyColumn> {
    vec![KeyColumn { ty: PhysicalType::Int64, scale: 0 }]
}

pub(crate) fn layout(changed_fields: bool, members: bool) -> Layout {
    let fields = vec![
        field("email", "identifier", PhysicalType::Utf8, NullMeans::Absent),
        field("name", "attribute", PhysicalType::Utf8, NullMeans::Null),
        field("score", "attribute", PhysicalType::Int64, NullMeans::Absent),
    ];
    Layout::new(integer_key(), fields, changed_fields, members).unwrap()
}

pub(crate) fn batch(rows: &[SourceRow]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.0))),
        Arc::new(StringArray::from_iter(rows.iter().map(|r| r.1))),
        Arc::new(StringArray::from_iter(rows.iter().map(|r| r.2))),
        Arc::new(Int64Array::from_iter(rows.iter().map(|r| r.3))),
    ];
    let types = [DataType::Int64, DataType::Utf8, DataType::Utf8, DataType::Int64];
    let fields: Vec<_> = ["id", "email", "name", "score"].iter().zip(types).map(|(n, t)| ArrowField::new(*n, t, true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

pub(crate) fn mirror(now: i64) -> Rules {
    let repeat = Repeat { class: RepeatClass::Overwrites, within_hours: None };
    let at = Timestamp::from_second(now).unwrap();
    Rules::new(Some(Operation::Upsert), Some(Operation::Upsert), Some(Operation::Remove), repeat, 1, at)
}

pub(crate) fn say(word: Word) -> Judgement {
    Judgement { word, code: None }
}

/// An activation with its ledger on disk.
pub(crate) struct World {
    pub(crate) dir: PathBuf,
    /// Deletes the folder in the end.
    _made: Option<TempDir>,
    pub(crate) space: Space,
    pub(crate) layout: Layout,
    pub(crate) generation: Generation,
    runs: u32,
}

impl World {
    pub(crate) fn new(layout: Layout) -> Self {
        let made = TempDir::new().unwrap();
        let mut world = Self::at(made.path(), layout, random(1));
        world._made = Some(made);
        world
    }

    /// In a folder that outlives it.
    pub(crate) fn at(dir: &Path, layout: Layout, random: Random) -> Self {
        let (ws, act) = ids();
        let space = Space::local(&dir.join("state"), ws, act, data_key(1), random).unwrap();
        Self { dir: dir.to_owned(), _made: None, space, layout, generation: Generation::empty(), runs: 0 }
    }

    pub(crate) fn shared(layout: Layout, store: Arc<dyn ObjectStore>) -> Self {
        let (ws, act) = ids();
        let space = Space::shared(store, ws, act, data_key(1), random(1));
        Self { space, ..Self::new(layout) }
    }

    pub(crate) fn scratch(&mut self) -> PathBuf {
        self.runs += 1;
        self.dir.join(format!("run-{}", self.runs))
    }

    pub(crate) fn intake(&mut self, rows: &[SourceRow], invalid: &[(i64, Code)]) -> sluice_ledger::Finished {
        let scratch = self.scratch();
        let mut intake = Intake::create(&self.space, &scratch, &self.layout, None).unwrap();
        let verdict = |row: &SourceRow| {
            invalid.iter().find(|(key, _)| *key == row.0).map(|(_, code)| Invalid { code: *code, field: Some(1) })
        };
        let verdicts: Vec<_> = rows.iter().map(verdict).collect();
        intake.push(&batch(rows), &verdicts).unwrap();
        intake.finish().unwrap()
    }

    /// An intake of one batch of any columns.
    pub(crate) fn intake_of(&mut self, batch: &RecordBatch) -> sluice_ledger::Finished {
        let scratch = self.scratch();
        let mut intake = Intake::create(&self.space, &scratch, &self.layout, None).unwrap();
        intake.push(batch, &[]).unwrap();
        intake.finish().unwrap()
    }

    pub(crate) fn diff(&mut self, rows: &[SourceRow], rules: &Rules) -> ChangeSet {
        let intake = self.intake(rows, &[]);
        diff(&self.generation, intake, rules).unwrap()
    }

    /// Names of the generation files on disk.
    pub(crate) fn state(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        files(&self.dir.join("state")).iter().map(name).collect()
    }

    pub(crate) fn settle(&mut self, set: &ChangeSet, mut say: impl FnMut(u8, u64) -> Judgement) -> Result<bool, LedgerError> {
        let next = settle(&self.generation, set, &mut say)?;
        let moved = next.is_some();
        if let Some(next) = next {
            // The pointer is kept as JSON.
            self.generation = serde_json::from_str(&serde_json::to_string(&next).unwrap()).unwrap();
            self.space.sweep(&[&self.generation]).unwrap();
        }
        Ok(moved)
    }

    /// One whole run in which every row meets the same end; gives what was offered.
    pub(crate) fn run(&mut self, rows: &[SourceRow], rules: &Rules, word: Word) -> Vec<String> {
        let set = self.diff(rows, rules);
        let offered = offered(&set);
        self.settle(&set, |_, _| say(word)).unwrap();
        offered
    }
}

/// Everything that a change set would send: `operation key`, in the order of the keys.
pub(crate) fn offered(set: &ChangeSet) -> Vec<String> {
    let mut all = Vec::new();
    for (at, phase) in set.phases().iter().enumerate() {
        if phase.rows > 0 {
            let rows = set.batch(at as u8, &[(0, phase.rows as u32)]).unwrap();
            let kind = if phase.removal { "remove".to_owned() } else { format!("{:?}", phase.operation).to_lowercase() };
            all.extend(rows.keys().map(|key| format!("{kind} {}", key_text(key))));
        }
    }
    all.sort();
    all
}

/// Every file below a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The text cells of a column, by key; `-` for not mentioned, `null` for cleared.
pub(crate) fn texts(set: &ChangeSet, phase: u8, column: &str) -> BTreeMap<String, String> {
    cells(set, phase, column).into_iter().collect()
}

/// The same, where a key may have several rows.
pub(crate) fn cells(set: &ChangeSet, phase: u8, column: &str) -> Vec<(String, String)> {
    let info = &set.phases()[usize::from(phase)];
    let at = info.schema.iter().position(|f| f.name == column).unwrap();
    let rows = set.batch(phase, &[(0, info.rows as u32)]).unwrap();
    let col = &rows.batch.columns[at];
    let bit = |bits: &[u8], i: usize| bits.is_empty() || bits[i / 8] >> (i % 8) & 1 == 1;
    let offset = |i: usize| i32::from_le_bytes(col.offsets[i * 4..i * 4 + 4].try_into().unwrap()) as usize;
    let value = |i: usize| match (bit(&col.present, i), bit(&col.validity, i)) {
        (false, _) => "-".to_owned(),
        (true, false) => "null".to_owned(),
        _ if col.offsets.is_empty() => i64::from_le_bytes(col.data[i * 8..i * 8 + 8].try_into().unwrap()).to_string(),
        _ => String::from_utf8(col.data[offset(i)..offset(i + 1)].to_vec()).unwrap(),
    };
    rows.keys().enumerate().map(|(i, key)| (key_text(key), value(i))).collect()
}
