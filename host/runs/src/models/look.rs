//! A look at a model's source: which columns it has lost, gained or changed, and which new column is the old one under another name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    ids::{ModelId, WorkspaceId},
    model::{Field, Model},
    problem::Problem,
    types::DataType,
};
use sluice_query::{Column, Drift, Sample, Source};

use crate::{SourceAt, declared::Rows, error::RunError, host::Host, limits::SAMPLED_FIELDS_MAX};

/// What was seen at the source of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Every column that there was.
    pub columns: Vec<SeenColumn>,
    /// What is broken, by field id; under the empty id what concerns the model as a whole.
    pub broken: BTreeMap<String, Lost>,
    /// By field id: the column that it may have become, why it is thought so.
    pub suggestions: BTreeMap<String, Suggested>,
    /// By field id: what has changed and does no harm.
    pub notes: BTreeMap<String, String>,
}

/// A column that a field has lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The column that the field read then.
    pub column: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// A column as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeenColumn {
    /// Its exact name.
    pub name: String,
    /// Our type for it; none: no field can hold it.
    #[serde(rename = "type")]
    pub ty: Option<DataType>,
    /// The source's own type.
    pub source_type: String,
}

/// A column that a field may have become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SuggestedColumn)]
pub struct Suggested {
    /// Its name. Its type is the field's.
    pub column: String,
    /// Whether its name is like the old one.
    pub similar_name: bool,
    /// In how many of a hundred rows of a sample it has the old values; none where that cannot be told.
    pub same_values_percent: Option<u8>,
}

impl From<&Column> for SeenColumn {
    fn from(column: &Column) -> Self {
        Self { name: column.name.clone(), ty: column.ty, source_type: column.source_type.clone() }
    }
}

/// The kind of the fact that keeps fingerprints of a model's rows.
const SAMPLE: &str = "sample";

impl Look {
    /// The kind of the fact.
    pub(super) const KIND: &str = "look";

    /// What is broken of the model as it is now: it may have been repaired since the look.
    pub fn broken_now(&self, model: &Model) -> BTreeMap<String, Problem> {
        let still = |id: &str, lost: &Lost| id.is_empty() || model.field(id).is_some_and(|field| field.column() == lost.column);
        let broken = self.broken.iter().filter(|(id, lost)| still(id, lost));
        broken.map(|(id, lost)| (id.clone(), lost.problem.clone())).collect()
    }

    /// Columns that no field of the model reads.
    pub fn unused<'l>(&'l self, model: &'l Model) -> impl Iterator<Item = &'l SeenColumn> {
        self.columns.iter().filter(|column| !model.columns().any(|field| field.column() == column.name))
    }
}

impl Host {
    /// Looks at the source of a model, and keeps what was seen.
    pub async fn look(&self, ws: WorkspaceId, id: ModelId) -> Result<Look, RunError> {
        let rows = Rows::of_model(self.store(), ws, id).await?;
        let model = &rows.model.value;
        let before = self.store().fact::<Look>(ws, id, Look::KIND).await?.map(|fact| fact.value).unwrap_or_default();
        let before_broken = before.broken.clone();
        let opened = self.open_source(ws, SourceAt::stored(&rows.source)).await;
        let drift = match opened {
            Ok(source) => source.drift(model).await.map(|drift| (source, drift)).map_err(RunError::from),
            Err(error) => Err(error),
        };
        let look = match drift {
            Ok((_, drift)) if drift.broken.is_empty() => {
                self.keep_sample(ws, &rows).await?;
                seen(&drift, &before, model)
            }
            Ok((source, drift)) => {
                let mut look = seen(&drift, &before, model);
                look.suggestions = self.suggestions(ws, &rows, &source, &drift).await?;
                look
            }
            // A workspace's store that does not answer is no news about the source.
            Err(RunError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let problem = Problem::new("/definition", error.code(), format!("{error}."));
                Look {
                    columns: before.columns,
                    broken: BTreeMap::from([(String::new(), Lost { column: String::new(), problem })]),
                    ..Look::default()
                }
            }
        };
        self.store().keep_fact(ws, id, Look::KIND, &look).await?;
        if !look.broken.is_empty() {
            self.pause_what_is_broken(ws).await?;
        } else if !before_broken.is_empty() {
            self.store().hasten_pauses(ws).await?;
        }
        Ok(look)
    }

    /// The last look, and when it was.
    pub async fn last_look(&self, ws: WorkspaceId, id: ModelId) -> Result<Option<sluice_store::Fact<Look>>, RunError> {
        Ok(self.store().fact::<Look>(ws, id, Look::KIND).await?)
    }

    /// Fingerprints of some rows, while every column is there. Values that do not convert are another question's matter.
    async fn keep_sample(&self, ws: WorkspaceId, rows: &Rows) -> Result<(), RunError> {
        let model = rows.model.value.without_calculated();
        let fields: Vec<&str> = model.fields.iter().take(SAMPLED_FIELDS_MAX).map(|field| field.id.as_str()).collect();
        let names: Vec<String> = fields.iter().map(|id| (*id).to_owned()).collect();
        let query = self.query(ws, SourceAt::stored(&rows.source), &model, None, self.store().now()).await?;
        match query.sample(&fields, &names).await {
            Ok(sample) => Ok(self.store().keep_fact(ws, rows.model.id, SAMPLE, &sample).await?),
            Err(error) => {
                tracing::info!(%error, "no sample of a model's rows");
                Ok(())
            }
        }
    }

    async fn suggestions(
        &self,
        ws: WorkspaceId,
        rows: &Rows,
        source: &Source,
        drift: &Drift,
    ) -> Result<BTreeMap<String, Suggested>, RunError> {
        let model = &rows.model.value;
        let lost: Vec<&Field> = model.columns().filter(|field| drift.broken.contains_key(&field.id)).collect();
        let before = self.store().fact::<Sample>(ws, rows.model.id, SAMPLE).await?.map(|fact| fact.value).unwrap_or_default();
        let candidates: Vec<&Column> = drift
            .unused(model)
            .filter(|column| lost.iter().any(|field| column.ty == Some(field.ty)))
            .take(SAMPLED_FIELDS_MAX)
            .collect();
        // The key must be there to find the same rows again; without it names have to do.
        let keyed = !before.rows.is_empty() && model.key_fields().all(|field| !drift.broken.contains_key(&field.id));
        let now = if keyed && !candidates.is_empty() {
            let mut other = model.without_calculated();
            other.fields.retain(|field| model.primary_key.contains(&field.id));
            for (at, column) in candidates.iter().enumerate() {
                let ty = column.ty.expect("a candidate has the type of a field");
                other.fields.push(Field { column: column.name.clone(), ..Field::plain(&format!("candidate_{at}"), ty) });
            }
            let ids: Vec<String> = (0..candidates.len()).map(|at| format!("candidate_{at}")).collect();
            let names: Vec<String> = candidates.iter().map(|column| column.name.clone()).collect();
            let zone = self.zone(ws).await?;
            let query = sluice_query::Query::new(source, &other, None, self.store().now(), &zone).await?;
            query.sample(&ids.iter().map(String::as_str).collect::<Vec<_>>(), &names).await.unwrap_or_default()
        } else {
            Sample::default()
        };
        let found = lost.into_iter().filter_map(|field| {
            let found = drift.suggestion(model, field, &before, &now)?;
            let sluice_query::Suggestion { column, similar_name, same_values_percent } = found;
            Some((field.id.clone(), Suggested { column, similar_name, same_values_percent }))
        });
        Ok(found.collect())
    }
}

/// What was seen, with what has changed since the look before.
fn seen(drift: &Drift, before: &Look, model: &Model) -> Look {
    let columns: Vec<SeenColumn> = drift.columns.iter().map(SeenColumn::from).collect();
    let mut notes = BTreeMap::new();
    for field in model.columns().filter(|field| !drift.broken.contains_key(&field.id)) {
        let of = |columns: &[SeenColumn]| columns.iter().find(|column| column.name == field.column()).cloned();
        if let (Some(old), Some(new)) = (of(&before.columns), of(&columns))
            && old.source_type != new.source_type
        {
            let note = format!(
                "The column {} was {} and is {} now; the field still holds it.",
                new.name, old.source_type, new.source_type
            );
            notes.insert(field.id.clone(), note);
        }
    }
    let lost = |(id, problem): (&String, &Problem)| {
        let column = model.field(id).map(|field| field.column().to_owned()).unwrap_or_default();
        (id.clone(), Lost { column, problem: problem.clone() })
    };
    Look { columns, broken: drift.broken.iter().map(lost).collect(), suggestions: BTreeMap::new(), notes }
}

/// The refusal of a field that is not in the model.
pub(super) fn unknown(model: &Model, id: &str, pointer: &str) -> RunError {
    let cause = format!("The model {} has no field {id}.", model.name);
    RunError::Problems(vec![Problem::new(pointer, Code::FieldUnknown, cause)])
}
