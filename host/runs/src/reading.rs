//! The rows of an activation, out of their source and into an intake.

use std::pin::{Pin, pin};

use futures::TryStreamExt;
use sluice_catalog::ids::WorkspaceId;
use sluice_ledger::Intake;

use crate::{SourceAt, declared::Declared, error::RunError, host::Host, order::Order};

/// Streams an activation's rows out of its source and into an intake, until `stop` ends. A database may work for long before its first
/// row and between two, so that the stop is not asked for between batches but listened for: what is read then is dropped, which cancels
/// it at the source.
pub(crate) async fn read_in(
    host: &Host,
    ws: WorkspaceId,
    declared: &Declared,
    order: &Order,
    now: jiff::Timestamp,
    stop: impl Future<Output = ()>,
) -> Result<Intake, RunError> {
    let mut stop = pin!(stop);
    let rows = &declared.rows;
    let opened = Box::pin(async {
        let (source, members) =
            (SourceAt::stored(&rows.source), (rows.segment.as_ref().map(|segment| &segment.value), &rows.context));
        let query = host.asking(ws, source, &rows.model.value, members, &order.plan.select, now).await?;
        Ok::<_, RunError>(query.select(&order.plan.select)?.stream().await?)
    });
    let mut batches = unless(stop.as_mut(), opened).await??;
    let mut intake = order.intake().await?;
    while let Some(batch) = unless(stop.as_mut(), batches.try_next()).await?? {
        intake = order.take_in(intake, batch).await?;
    }
    Ok(intake)
}

/// What `work` gives, or `run-cancelled` when the stop comes first.
async fn unless<T>(stop: Pin<&mut impl Future<Output = ()>>, work: impl Future<Output = T>) -> Result<T, RunError> {
    tokio::select! {
        biased;
        () = stop => Err(RunError::Cancelled),
        done = work => Ok(done),
    }
}
