//! What a model's source has now beside what its fields expect: columns that are gone, of another type, new (features 3.10).
//!
//! For a column that is gone a new one may be suggested: of the same type, with a similar name, or with the same values in a sample. The
//! sample keeps fingerprints of values, not values.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use datafusion::{
    common::Column as PlanColumn,
    logical_expr::{Expr, LogicalPlanBuilder},
};
use futures::TryStreamExt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code, Problem,
    model::{Definition, Field, Model},
};

use crate::{
    Column, Query, QueryError, Source,
    limits::{DRIFT_SAMPLE_ROWS, SUGGESTED_PERCENT},
    model::relation,
    preview::bare,
    types::converts,
};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Every column that there is.
    pub columns: Vec<Column>,
    /// Fields whose column is gone or does not convert any more, by id.
    pub broken: BTreeMap<String, Problem>,
}

/// Fingerprints of some rows: by a fingerprint of the key, those of the fields' values; none of a null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Ids of the fields, or names of the columns.
    pub names: Vec<String>,
    /// By key, in the order of `names`.
    pub rows: BTreeMap<u64, Vec<Option<u64>>>,
}

/// A column that may be the one that is gone, under another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// Its name.
    pub column: String,
    /// Whether its name is like the old one.
    pub similar_name: bool,
    /// In how many of a hundred rows of the sample it has the old values; none where that cannot be told.
    pub same_values_percent: Option<u8>,
}

impl Source {
    /// Compares the fields that are columns with what is there. An error is one of the model as a whole.
    pub async fn drift(&self, model: &Model) -> Result<Drift, QueryError> {
        let session = self.engine().session(Timestamp::UNIX_EPOCH);
        let plan = relation(self, &model.definition, &[], &session).await?.plan;
        let mut drift = Drift::default();
        for column in plan.schema().fields() {
            drift.columns.push(Column::of(column));
        }
        let place = match &model.definition {
            Definition::Table(table) => format!("the table {table}"),
            Definition::Sql(_) => "the model's query".into(),
        };
        for (at, field) in model.fields.iter().enumerate().filter(|(_, field)| field.calculated.is_none()) {
            let pointer = format!("/fields/{at}/column");
            let found = plan.schema().fields().iter().find(|column| column.name() == field.column());
            let problem = match found {
                None => {
                    let cause = format!("The field {} reads the column {}, which {place} does not have.", field.id, field.column());
                    Problem::new(pointer, Code::ModelBroken, cause)
                }
                Some(column) if !converts(column.data_type(), field.ty) => {
                    let cause = format!(
                        "The field {} is declared {}, and the column {} is {} now.",
                        field.id,
                        field.ty,
                        field.column(),
                        Column::of(column).source_type
                    );
                    Problem::new(pointer, Code::ModelBroken, cause)
                }
                Some(_) => continue,
            };
            drift.broken.insert(field.id.clone(), problem);
        }
        Ok(drift)
    }
}

impl Drift {
    /// Columns that no field of the model reads.
    pub fn unused<'d>(&'d self, model: &'d Model) -> impl Iterator<Item = &'d Column> {
        self.columns.iter().filter(|column| !model.columns().any(|field| field.column() == column.name))
    }

    /// The unused column that most likely is the one that `field` has lost. `before` is a sample of the model's fields from when they
    /// were there, `now` one of the unused columns.
    pub fn suggestion(&self, model: &Model, field: &Field, before: &Sample, now: &Sample) -> Option<Suggestion> {
        let of_type = self.unused(model).filter(|column| column.ty == Some(field.ty));
        let mut best: Option<(u32, Suggestion)> = None;
        for column in of_type {
            let similar_name = similar(field.column(), &column.name) || similar(&field.id, &column.name);
            let same_values_percent = before.agreement(&field.id, now, &column.name);
            let same = same_values_percent.is_some_and(|percent| percent >= SUGGESTED_PERCENT);
            if !similar_name && !same {
                continue;
            }
            let score = u32::from(same_values_percent.unwrap_or(0)) + if similar_name { 50 } else { 0 };
            let suggestion = Suggestion { column: column.name.clone(), similar_name, same_values_percent };
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, suggestion));
            }
        }
        best.map(|(_, suggestion)| suggestion)
    }
}

impl Sample {
    /// In how many of a hundred common rows with a value a column has the value that a field had.
    fn agreement(&self, field: &str, other: &Self, column: &str) -> Option<u8> {
        let here = self.names.iter().position(|name| name == field)?;
        let there = other.names.iter().position(|name| name == column)?;
        let pairs = self.rows.iter().filter_map(|(key, row)| Some((row[here]?, other.rows.get(key)?[there])));
        let (mut all, mut same) = (0_u32, 0_u32);
        for (before, now) in pairs {
            all += 1;
            same += u32::from(now == Some(before));
        }
        (all > 0).then(|| (same * 100 / all) as u8)
    }
}

/// Whether two names are likely to be of one thing: equal but for case and signs, one inside the other, or a third of the letters apart.
fn similar(a: &str, b: &str) -> bool {
    let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (a, b) = (plain(a), plain(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if short.is_empty() {
        return false;
    }
    let inside = short.len() >= 3 && long.windows(short.len()).any(|part| part == short.as_slice());
    inside || distance(&a, &b) * 3 <= long.len()
}

/// Letters that must be put in, taken out or changed to make one of the other (Levenshtein's distance).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, left) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, right) in b.iter().enumerate() {
            let change = corner + usize::from(left != right);
            corner = row[place + 1];
            row[place + 1] = change.min(corner + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

/// FNV-1a of 64 bits: no secret, but the same number on every machine and in every version. Reference: draft-eastlake-fnv, section 2.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Query {
    /// Fingerprints of the rows with the smallest keys. `names` are those of `fields` in the sample.
    pub async fn sample(&self, fields: &[&str], names: &[String]) -> Result<Sample, QueryError> {
        let keys: Vec<&Field> = self.model.key_fields().collect();
        let wanted: Vec<&Field> = fields.iter().filter_map(|id| self.model.field(id)).collect();
        let columns: Vec<&Field> = keys.iter().chain(&wanted).copied().collect();
        let column = |field: &&Field| Expr::Column(PlanColumn::new_unqualified(&field.id));
        // A field of the key may be asked for, too: the plan has each column once.
        let mut once: Vec<&Field> = Vec::new();
        let mut places = Vec::with_capacity(columns.len());
        for field in &columns {
            places.push(once.iter().position(|known| known.id == field.id).unwrap_or_else(|| {
                once.push(field);
                once.len() - 1
            }));
        }
        let order = keys.iter().map(|field| column(field).sort(true, false)).collect::<Vec<_>>();
        let plan = LogicalPlanBuilder::from(self.filtered()?)
            .project(once.iter().map(column))
            .and_then(|builder| builder.sort_with_limit(order, Some(DRIFT_SAMPLE_ROWS)))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let mut stream = self.run(&plan, &once, places).await?;
        let mut sample = Sample { names: names.to_vec(), rows: BTreeMap::new() };
        while let Some(batch) = stream.try_next().await? {
            for row in 0..batch.num_rows() {
                let text = |at: usize, field: &Field| value(&batch, at, row, field);
                let key: Vec<String> = keys.iter().enumerate().map(|(at, field)| text(at, field).unwrap_or_default()).collect();
                let values =
                    wanted.iter().enumerate().map(|(at, field)| text(keys.len() + at, field).map(|text| fingerprint(&text)));
                sample.rows.insert(fingerprint(&key.join("\u{1f}")), values.collect());
            }
        }
        Ok(sample)
    }
}

fn value(batch: &RecordBatch, at: usize, row: usize, field: &Field) -> Option<String> {
    match bare(batch.column(at), row, field) {
        serde_json::Value::Null => None,
        found => Some(found.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_similar_when_people_would_say_so() {
        for (a, b, want) in [
            ("email", "e_mail", true),
            ("email", "E-Mail", true),
            ("email", "email_address", true),
            ("customer_id", "cust_id", false),
            ("customer_id", "customerId", true),
            ("total", "totals", true),
            ("country", "county", true),
            ("city", "zip", false),
            ("a", "b", false),
            ("", "x", false),
        ] {
            assert_eq!(similar(a, b), want, "{a} {b}");
        }
    }

    #[test]
    fn the_fingerprint_is_that_of_the_reference() {
        // draft-eastlake-fnv, test vectors of 64 bits.
        assert_eq!(fingerprint(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fingerprint("foobar"), 0x8594_4171_f739_67e8);
    }
}
