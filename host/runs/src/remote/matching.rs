//! Members of a platform's segment and rows of a model brought together: by hashes of the identifiers that both have.
//!
//! Both sides are brought into one form first: the normal form of the field's meaning, and the digest where the platform gives digests.
//! Memory is 16 bytes for each identifier of each member, and one for the member.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::DataType,
};
use sha2::{Digest, Sha256};
use sluice_catalog::{
    model::Field,
    remote::Match,
    semantic::{Country, Semantic, is_sha256, sha256},
};

use crate::{
    error::RunError,
    limits::{REMOTE_LABELS_MAX, REMOTE_SAMPLES_MAX},
};

/// How the values of a shared identifier are compared.
#[derive(Debug, Clone)]
struct Form {
    semantic: Option<Semantic>,
    country: Option<Country>,
    /// The platform gives digests.
    hashed: bool,
}

impl Form {
    /// What a row's value is compared by; none where it cannot be an identifier.
    fn of_row(&self, value: &str) -> Option<String> {
        match (&self.semantic, self.hashed) {
            (Some(semantic), true) => semantic.hashed(value, self.country).ok()?,
            (Some(semantic), false) => semantic.normal(value, self.country).ok(),
            (None, true) if is_sha256(value.trim()) => Some(value.trim().to_ascii_lowercase()),
            (None, true) => Some(sha256(value.trim())).filter(|_| !value.trim().is_empty()),
            (None, false) => Some(value.trim().to_owned()).filter(|value| !value.is_empty()),
        }
    }

    /// The same of a member's.
    fn of_member(&self, value: &str) -> Option<String> {
        if self.hashed { Some(value.trim().to_ascii_lowercase()).filter(|digest| is_sha256(digest)) } else { self.of_row(value) }
    }

    fn mask(&self, value: &str) -> String {
        match &self.semantic {
            _ if self.hashed => format!("{}…", value.chars().take(8).collect::<String>()),
            Some(semantic) => semantic.mask(value),
            None => Semantic::ExternalId.mask(value),
        }
    }
}

/// The first 96 bits of a hash, with room for a member's number behind them.
fn hash(text: &str) -> u128 {
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 16] = digest[..16].try_into().expect("a digest has 32 bytes");
    u128::from_be_bytes(first) >> 32 << 32
}

/// The members of a segment, and how many rows each was found to be.
pub(super) struct Matching {
    shared: Vec<(Match, Form)>,
    /// By the first page: which column is the identifier, and its form; none where the platform does not give it.
    columns: Option<Vec<Option<(usize, Form)>>>,
    /// Of each shared identifier: hashes and, in the last 32 bits, the member's number. In order once `sorted`.
    identifiers: Vec<Vec<u128>>,
    rows: Vec<u8>,
    labels: Vec<String>,
    /// Hashes of the keys of rows that are members.
    members: Vec<u128>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) members: u64,
    pub(super) matched: u64,
    pub(super) unmatched: u64,
    pub(super) ambiguous: u64,
    pub(super) unmatched_sample: Vec<String>,
    pub(super) ambiguous_sample: Vec<String>,
    /// In order, each once.
    pub(super) rows: Vec<u128>,
}

impl Matching {
    /// `fields` are those of `matches`, in their order.
    pub(super) fn new(matches: &[Match], fields: &[&Field]) -> Self {
        let form = |field: &&Field| Form { semantic: field.semantic.clone(), country: field.default_country, hashed: false };
        let shared: Vec<_> = matches.iter().cloned().zip(fields.iter().map(form)).collect();
        let identifiers = vec![Vec::new(); shared.len()];
        Self { shared, columns: None, identifiers, rows: Vec::new(), labels: Vec::new(), members: Vec::new() }
    }

    /// Takes a page of members. Refused where the platform gives none of the identifiers that are shared.
    pub(super) fn members(&mut self, page: &RecordBatch) -> Result<(), Vec<String>> {
        if self.columns.is_none() {
            self.columns = Some(self.columns_of(page)?);
        }
        let columns: Vec<Option<(usize, Form)>> = self.columns.clone().unwrap_or_default();
        for row in 0..page.num_rows() {
            let member = self.rows.len() as u128;
            let mut label = None;
            for (of, column) in columns.iter().enumerate() {
                let Some((at, form)) = column else { continue };
                let Some(value) = text(page, *at, row) else { continue };
                label.get_or_insert_with(|| form.mask(&value));
                if let Some(value) = form.of_member(&value) {
                    self.identifiers[of].push(hash(&value) | member);
                }
            }
            if self.labels.len() < REMOTE_LABELS_MAX {
                self.labels.push(label.unwrap_or_else(|| "(no identifier)".into()));
            }
            self.rows.push(0);
        }
        Ok(())
    }

    fn columns_of(&self, page: &RecordBatch) -> Result<Vec<Option<(usize, Form)>>, Vec<String>> {
        let schema = page.schema();
        let named = |identifier: &str| {
            schema
                .fields()
                .iter()
                .position(|field| field.metadata().get("identifier").map_or(field.name(), |name| name) == identifier)
        };
        let columns: Vec<Option<(usize, Form)>> = self
            .shared
            .iter()
            .map(|(shared, form)| {
                let at = named(&shared.identifier)?;
                let digests =
                    schema.field(at).metadata().get("form").is_some_and(|form| form.to_ascii_lowercase().contains("sha256"));
                Some((at, Form { hashed: digests, ..form.clone() }))
            })
            .collect();
        if columns.iter().all(Option::is_none) {
            let gives =
                schema.fields().iter().filter(|field| field.metadata().get("role").is_some_and(|role| role == "identifier"));
            return Err(gives.map(|field| field.metadata().get("identifier").unwrap_or(field.name()).clone()).collect());
        }
        Ok(columns)
    }

    /// All members were taken.
    pub(super) fn sort(&mut self) {
        self.identifiers.iter_mut().for_each(|list| list.sort_unstable());
    }

    /// Takes rows of the model: hashes of keys, then the shared fields as texts, in their order.
    pub(super) fn rows(&mut self, batch: &RecordBatch) -> Result<(), RunError> {
        let Some(columns) = &self.columns else { return Ok(()) };
        let defect = || RunError::Defect("rows of a model came without the hashes of their keys".into());
        let keys = batch.column(0).as_string_opt::<i32>().ok_or_else(defect)?;
        for row in 0..batch.num_rows() {
            let mut is = Vec::new();
            for (of, column) in columns.iter().enumerate() {
                let Some((_, form)) = column else { continue };
                let Some(value) = text(batch, of + 1, row).and_then(|value| form.of_row(&value)) else { continue };
                let (list, hash) = (&self.identifiers[of], hash(&value));
                let first = list.partition_point(|known| *known < hash);
                is.extend(list[first..].iter().take_while(|known| **known >> 32 << 32 == hash).map(|known| *known as u32));
            }
            if is.is_empty() {
                continue;
            }
            is.sort_unstable();
            is.dedup();
            for member in is {
                let rows = &mut self.rows[member as usize];
                *rows = rows.saturating_add(1);
            }
            self.members.push(u128::from_str_radix(keys.value(row), 16).map_err(|_| defect())?);
        }
        Ok(())
    }

    /// Members that the platform gave.
    pub(super) fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    pub(super) fn found(mut self) -> Found {
        self.members.sort_unstable();
        self.members.dedup();
        let of = |is: fn(u8) -> bool| self.rows.iter().filter(|rows| is(**rows)).count() as u64;
        let sample = |is: fn(u8) -> bool| {
            let labels = self.labels.iter().zip(&self.rows).filter(|(_, rows)| is(**rows));
            labels.take(REMOTE_SAMPLES_MAX).map(|(label, _)| label.clone()).collect()
        };
        Found {
            members: self.rows.len() as u64,
            matched: of(|rows| rows == 1),
            unmatched: of(|rows| rows == 0),
            ambiguous: of(|rows| rows > 1),
            unmatched_sample: sample(|rows| rows == 0),
            ambiguous_sample: sample(|rows| rows > 1),
            rows: self.members,
        }
    }
}

/// A cell as a text; none of a null, or of a type that identifies nobody.
fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let column = batch.column(column);
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().value(row).to_owned()),
        DataType::Int64 => Some(column.as_primitive::<arrow::datatypes::Int64Type>().value(row).to_string()),
        _ => None,
    }
}
