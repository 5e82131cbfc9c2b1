//! The order of one run: plan, layout and rules, worked out once from what is declared, with the run's books; and the ledger's blocking
//! work moved off the async threads.

use std::{path::PathBuf, sync::Arc};

use arrow::array::RecordBatch;
use jiff::ToSpan;
use sluice_catalog::{
    activation::History,
    columnar::Field,
    ids::{ActivationId, WorkspaceId},
    manifest::{FieldRole, Mode, RepeatClass, Sends},
    model::Model,
    types::DataType,
};
use sluice_ledger::{ChangeSet, Intake, Invalid, KeyColumn, Layout, LayoutField, NullMeans, Retry, Rules, Space, diff};

use crate::{
    books::Books,
    declared::Declared,
    error::RunError,
    host::{Flags, Host},
    plan::{self, Plan},
    revision,
    shape::Shape,
};

/// What a run needs of declarations, in the form that it works with.
pub(crate) struct Order {
    pub(crate) plan: Plan,
    shape: Arc<Shape>,
    layout: Layout,
    pub(crate) books: Books,
    rules: Rules,
}

/// Whose run, and what is special about it.
pub(crate) struct Of {
    pub(crate) workspace: WorkspaceId,
    pub(crate) activation: ActivationId,
    pub(crate) now: jiff::Timestamp,
    pub(crate) flags: Flags,
    pub(crate) scratch: PathBuf,
}

impl Order {
    /// Works the activation out. Every mistake in it is reported at once.
    pub(crate) async fn new(host: &Host, declared: &Declared, of: Of) -> Result<Self, RunError> {
        let (activation, model, service) = (&declared.activation.value, &declared.rows.model.value, &declared.service);
        let plan = plan::plan(activation, model, service).map_err(RunError::Problems)?;
        let oldest = service.age_hours_max.and_then(|hours| of.now.checked_sub(i64::from(hours).hours()).ok());
        let shape = Shape::new(model.primary_key.len(), plan.targets.clone(), oldest.map(jiff::Timestamp::as_microsecond))
            .with_row_bytes_max(service.unit.row_bytes_max);
        let layout = layout(&plan, model, service.sends == Sends::ChangedFields)?;
        let layout = match service.remote_id() {
            Some(field) => layout.with_remote_ids(&field.name),
            None => layout,
        };
        let place = Some(revision::place(activation));
        let books = Books::open(host, &of).await?.at(place);
        let moves = plan.moves;
        let revision = revision::of(activation);
        let mut rules = Rules::new(moves.added, moves.changed, moves.removed, service.repeat, revision, of.now);
        rules.place = place;
        rules.unknown_appends = activation.unknown_appends;
        rules.full_resync = of.flags.full_resync;
        rules.retry = if of.flags.retry_rejected { Retry::All } else { Retry::Nothing };
        // The first run of events takes what is there as sent, unless history is wanted.
        let first_events = books.first && activation.mode == Mode::Append && activation.history == History::FromNowOn;
        rules.baseline = of.flags.baseline || first_events;
        Ok(Self { plan, shape: Arc::new(shape), layout, books, rules })
    }

    /// Whether sending a batch twice does no harm within a run.
    pub(crate) fn repeat_is_harmless(&self) -> bool {
        match self.rules.repeat.class {
            RepeatClass::Keyed | RepeatClass::Overwrites => true,
            RepeatClass::Appends => false,
        }
    }

    /// An intake for the run's rows.
    pub(crate) async fn intake(&self) -> Result<Intake, RunError> {
        let (space, scratch, layout) = (self.books.space.clone(), self.books.scratch().to_owned(), self.layout.clone());
        Ok(blocking(move || Intake::create(&space, &scratch, &layout, None)).await??)
    }

    /// Shapes a batch and takes it in.
    pub(crate) async fn take_in(&self, mut intake: Intake, batch: RecordBatch) -> Result<Intake, RunError> {
        let shape = self.shape.clone();
        blocking(move || {
            let shaped = shape.apply(&batch).map_err(|e| RunError::Defect(e.to_string()))?;
            let refused = shaped.invalid.iter().any(Option::is_some);
            let invalid: Vec<_> = match refused {
                true => shaped.invalid.iter().map(|i| i.map(|i| Invalid { code: i.code, field: i.target })).collect(),
                false => Vec::new(),
            };
            intake.push(&shaped.batch, &invalid)?;
            Ok(intake)
        })
        .await?
    }

    /// Compares what came in with what the destination holds, and commits the change set.
    pub(crate) async fn diff(&self, intake: Intake) -> Result<ChangeSet, RunError> {
        let (base, rules) = (self.books.base.clone(), self.rules.clone());
        Ok(blocking(move || diff(&base, intake.finish()?, &rules)).await??)
    }
}

/// What became of a row: (phase, index).
pub(crate) type Verdicts = Box<dyn Fn(u8, u64) -> sluice_ledger::Judgement + Send>;

/// The ledger's place of an activation.
pub(crate) async fn space(host: &Host, of: &Of) -> Result<Space, RunError> {
    let key = host.store().data_key(of.workspace).await?;
    let entropy = host.store().entropy().clone();
    let random: sluice_ledger::Random = Arc::new(move || entropy.bits() as u64);
    let (folder, workspace, activation) = (host.ledgers(), of.workspace, of.activation);
    Ok(blocking(move || Space::local(&folder, workspace, activation, key, random)).await??)
}

fn layout(plan: &Plan, model: &Model, field_fingerprints: bool) -> Result<Layout, RunError> {
    let keys = model.primary_key.iter().filter_map(|id| model.fields.iter().find(|f| &f.id == id));
    let keys = keys.map(|field| {
        let scale = match field.ty {
            DataType::Decimal { scale, .. } => scale as i8,
            _ => 0,
        };
        KeyColumn { ty: field.ty.physical(), scale }
    });
    let fields = plan.targets.iter().zip(&plan.null_is_absent).map(|(target, absent)| {
        let mut attrs = vec![("role".to_owned(), target.role.as_str().to_owned())];
        if target.role == FieldRole::Identifier {
            attrs.push(("identifier".to_owned(), target.name.clone()));
        }
        if !target.normalise.is_empty() || target.hash != sluice_catalog::manifest::Hash::None {
            attrs.push(("form".to_owned(), target.form()));
        }
        if target.ty == sluice_catalog::columnar::PhysicalType::Decimal128 {
            attrs.push(("scale".to_owned(), target.scale.to_string()));
        }
        let identifier = target.role == FieldRole::Identifier;
        LayoutField {
            field: Field { name: target.name.clone(), ty: target.ty, nullable: !absent, attrs },
            scale: target.scale,
            null: if *absent { NullMeans::Absent } else { NullMeans::Null },
            identifier,
        }
    });
    Ok(Layout::new(keys.collect(), fields.collect(), field_fingerprints, plan.moves.members)?)
}

/// Runs what blocks where it may.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RunError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| RunError::Defect(e.to_string()))
}
