//! Pauses by the system (features 9.6): what cannot work is not tried again and again. An activation is paused when its source cannot be
//! used, something that it depends on is broken, or the platform refuses its credential three runs running; it goes on by itself when a
//! look finds nothing wrong any more. Rate limits and outages are no reason: those are waited for. A switch that a person has set
//! ([`Activation::enabled`]) is never touched.
//!
//! A pause is looked at again after a quarter of an hour, then half an hour, and so on up to a day; as soon as anything of the workspace is
//! declared anew; when a source that it needs is tested and found well; and by any run that a person starts, which is always possible.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sluice_catalog::{
    Code,
    activation::Activation,
    code::Class,
    destination::Destination,
    health::Finding,
    ids::{ActivationId, ModelId, WorkspaceId},
    problem::Problem,
    source::Source,
};
use sluice_query::Verdict;
use sluice_store::{Failure, Pause, RunState, StoreError, Stored};

use crate::{
    SourceAt,
    declared::Rows,
    error::RunError,
    host::Host,
    limits::{PAUSE_CHECK_FIRST, PAUSE_CHECK_MAX, PAUSE_REFUSALS, PAUSE_TICK},
    models::Condition,
    questions::SourceChecked,
};

/// What is broken, and who is to blame.
struct Broken {
    code: Code,
    cause: String,
    culprit: String,
}

/// Whether a failure will be there again next time: at once, after so many runs, or not at all.
fn runs_until_pause(code: Code) -> Option<u32> {
    match code {
        // The next run may find it well again.
        Code::SourceTimeout | Code::SourceInterrupted => None,
        Code::DestObjectMissing | Code::DestNotConnected => Some(1),
        Code::DestAuth | Code::DestPermission | Code::DestClientRefused => Some(PAUSE_REFUSALS),
        code => matches!(code.class(), Class::Source | Class::Catalog).then_some(1),
    }
}

impl Host {
    /// After the end of a run: pauses its activation, or ends its pause.
    pub(crate) async fn after_run(
        &self,
        ws: WorkspaceId,
        act: ActivationId,
        state: RunState,
        failure: Option<&Failure>,
    ) -> Result<(), RunError> {
        match failure {
            Some(failure) if state == RunState::Failed => {
                let Some(times) = runs_until_pause(failure.code) else { return Ok(()) };
                if times > 1 && !self.store().failed_lately(ws, act, failure.code, times).await? {
                    return Ok(());
                }
                let activation = self.store().get::<Activation>(ws, act).await?.value;
                let culprit = self.to_blame(ws, &activation, failure.code).await;
                let broken = Broken { code: failure.code, cause: failure.cause.clone(), culprit };
                self.pause(ws, act, &activation, broken).await
            }
            None if matches!(state, RunState::Succeeded | RunState::SucceededWithErrors) => {
                let activation = self.store().get::<Activation>(ws, act).await?.value;
                self.store().resume(ws, act, &activation.name).await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Pauses every activation of a workspace that is broken by what was last seen at its sources.
    pub(crate) async fn pause_what_is_broken(&self, ws: WorkspaceId) -> Result<(), RunError> {
        for object in self.health(ws).await? {
            if object.kind != "activation" || object.health != Condition::Broken {
                continue;
            }
            let (Ok(act), Some(finding)) = (object.id.parse(), object.findings.into_iter().next()) else { continue };
            if self.store().pause_of(ws, act).await?.is_some() {
                continue;
            }
            let activation = self.store().get::<Activation>(ws, act).await?.value;
            let broken = self.found(ws, &activation, finding).await?;
            self.pause(ws, act, &activation, broken).await?;
        }
        Ok(())
    }

    /// After a test of a source: where it is green, pauses that the source may have caused are looked at soon; where it is red for a reason
    /// that stays, every activation that needs the source is paused, as by a run that failed.
    pub(crate) async fn after_source_test(
        &self,
        ws: WorkspaceId,
        source: &Stored<Source>,
        tested: &Result<SourceChecked, RunError>,
    ) -> Result<(), RunError> {
        let green = tested.as_ref().is_ok_and(|tested| tested.ok);
        let red = red(tested).filter(|(code, _)| code.class() == Class::Source && runs_until_pause(*code) == Some(1));
        let mut to_look_at = Vec::new();
        for (act, activation) in self.objects(ws).await?.activations {
            let Ok(rows) = Rows::load(self.store(), ws, activation.from).await else { continue };
            let mut models = rows.context.models.values().chain([&rows.model.value]);
            if !models.any(|model| model.source == source.id) {
                continue;
            }
            match (self.store().pause_of(ws, act).await?, &red) {
                (Some(pause), _) if green && pause.code.class() != Class::Destination => to_look_at.push(act),
                (None, Some((code, cause))) => {
                    let culprit = format!("source {}", source.value.name);
                    let broken = Broken { code: *code, cause: cause.clone(), culprit };
                    self.pause(ws, act, &activation, broken).await?;
                }
                _ => {}
            }
        }
        Ok(self.store().hasten_pauses_of(ws, &to_look_at).await?)
    }

    async fn pause(&self, ws: WorkspaceId, act: ActivationId, activation: &Activation, broken: Broken) -> Result<(), RunError> {
        if !activation.enabled {
            return Ok(());
        }
        let now = self.store().now();
        let before = self.store().pause_of(ws, act).await?;
        let checks = before.as_ref().map_or(0, |pause| pause.checks.saturating_add(1));
        let at = before.map_or(now, |pause| pause.at);
        let Broken { code, cause, culprit } = broken;
        let check_at = now.checked_add(check_distance(checks)).unwrap_or(Timestamp::MAX);
        tracing::warn!(activation = %act, code = code.as_str(), checks, "an activation is paused by the system");
        Ok(self.store().pause(ws, act, &activation.name, &Pause { at, code, cause, culprit, checks, check_at }).await?)
    }

    /// For ever: looks again at the pauses that are due. A failure is logged, and the look repeated soon.
    pub(crate) async fn look_at_pauses(&self) {
        loop {
            if let Err(error) = self.check_pauses().await {
                tracing::warn!(%error, "paused activations wait for another look");
            }
            tokio::time::sleep(PAUSE_TICK).await;
        }
    }

    /// Looks at every pause that is due, and ends those for which there is no reason any more.
    pub async fn check_pauses(&self) -> Result<(), RunError> {
        for (ws, act) in self.store().pauses_due(self.store().now()).await? {
            self.check_pause(ws, act).await?;
        }
        Ok(())
    }

    /// Looks at an activation's pause now; what of it is left. Asks the sources, and the platform where the pause is because of it.
    pub async fn check_pause(&self, ws: WorkspaceId, act: ActivationId) -> Result<Option<Pause>, RunError> {
        let Some(pause) = self.store().pause_of(ws, act).await? else { return Ok(None) };
        let activation = self.store().get::<Activation>(ws, act).await?.value;
        match self.broken(ws, act, &activation, &pause).await? {
            Some(broken) => self.pause(ws, act, &activation, broken).await?,
            None => {
                self.store().resume(ws, act, &activation.name).await?;
                tracing::info!(activation = %act, "an activation goes on: nothing is broken any more");
                self.reschedule(ws, act).await?;
            }
        }
        Ok(self.store().pause_of(ws, act).await?)
    }

    /// What is broken of an activation now, seen with fresh eyes.
    async fn broken(
        &self,
        ws: WorkspaceId,
        act: ActivationId,
        activation: &Activation,
        pause: &Pause,
    ) -> Result<Option<Broken>, RunError> {
        let rows = match Rows::load(self.store(), ws, activation.from).await {
            Ok(rows) => rows,
            Err(error) => return self.told(ws, activation, error).await.map(Some),
        };
        let models: BTreeSet<ModelId> = rows.context.models.keys().copied().chain([rows.model.id]).collect();
        for model in models {
            self.look(ws, model).await?;
            self.recount_bad_keys(ws, model).await?;
        }
        let keys = match pause.code {
            Code::DuplicateKeys | Code::NullKeys => self.bad_keys(ws, &rows, pause.code).await,
            _ => Ok(None),
        };
        if let Ok(Some(Problem { code, cause, .. })) = keys {
            return Ok(Some(Broken { code, cause, culprit: self.to_blame(ws, activation, code).await }));
        }
        let id = act.to_string();
        let own = self.health(ws).await?.into_iter().find(|object| object.id == id);
        if let Some(finding) = own.filter(|own| own.health == Condition::Broken).and_then(|own| own.findings.into_iter().next()) {
            return Ok(Some(self.found(ws, activation, finding).await?));
        }
        match self.activation_problems(ws, activation).await {
            Ok(problems) if problems.is_empty() => {}
            Ok(problems) => return self.told(ws, activation, RunError::Problems(problems)).await.map(Some),
            Err(error) => return self.told(ws, activation, error).await.map(Some),
        }
        match keys {
            Ok(_) => {}
            Err(RunError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::info!(activation = %act, %error, "keys that could not be counted are not mended");
                let Pause { code, cause, culprit, .. } = pause.clone();
                return Ok(Some(Broken { code, cause, culprit }));
            }
        }
        if pause.code.class() != Class::Destination {
            return Ok(None);
        }
        match self.test_destination(ws, activation.destination).await {
            Ok(checked) if checked.ok => Ok(None),
            Ok(checked) => {
                let culprit = self.to_blame(ws, activation, pause.code).await;
                Ok(Some(Broken { code: pause.code, cause: checked.message, culprit }))
            }
            Err(error) => self.told(ws, activation, error).await.map(Some),
        }
    }

    /// Counts a model's keys again where the last count refuses them: it may be a day old, and would outlast the repair.
    async fn recount_bad_keys(&self, ws: WorkspaceId, model: ModelId) -> Result<(), RunError> {
        if self.last_keys(ws, model).await?.is_none_or(|kept| kept.value.verdict != Verdict::Refused) {
            return Ok(());
        }
        match self.check_keys(ws, model).await {
            Ok(_) => Ok(()),
            Err(RunError::Store(error)) => Err(error.into()),
            Err(error) => {
                tracing::info!(%model, %error, "the keys of a model could not be counted");
                Ok(())
            }
        }
    }

    /// Why a run would refuse the keys of these rows, counted now; the problem of `code` first. Those of a segment's members are counted
    /// by themselves: they may repeat where the model's hardly do.
    async fn bad_keys(&self, ws: WorkspaceId, rows: &Rows, code: Code) -> Result<Option<Problem>, RunError> {
        let model = &rows.model.value;
        let report = match rows.members() {
            None => self.check_keys(ws, rows.model.id).await?,
            Some((segment, context)) => {
                let (source, of, now) = (SourceAt::stored(&rows.source), (Some(segment), context), self.store().now());
                self.asking(ws, source, model, of, &model.primary_key, now).await?.keys().await?
            }
        };
        if report.verdict != Verdict::Refused {
            return Ok(None);
        }
        Ok(report.problems().into_iter().max_by_key(|problem| problem.code == code))
    }

    /// What the walk over the objects has found; a source that cannot be used is to blame itself, and not the fields that miss it.
    async fn found(&self, ws: WorkspaceId, activation: &Activation, finding: Finding) -> Result<Broken, RunError> {
        let Finding { code, cause, culprit, .. } = finding;
        if let Ok(rows) = Rows::load(self.store(), ws, activation.from).await
            && let Some(look) = self.last_look(ws, rows.model.id).await?
            && let Some(whole) = look.value.broken_now(&rows.model.value).remove("")
            && whole.code.class() == Class::Source
        {
            return Ok(Broken { code: whole.code, cause: whole.cause, culprit: format!("source {}", rows.source.value.name) });
        }
        let culprit = if culprit.is_empty() { self.to_blame(ws, activation, code).await } else { culprit };
        Ok(Broken { code, cause, culprit })
    }

    /// An error as something that is broken; one of our own store is none.
    async fn told(&self, ws: WorkspaceId, activation: &Activation, error: RunError) -> Result<Broken, RunError> {
        if matches!(&error, RunError::Store(error) if !matches!(error, StoreError::NotFound { .. })) {
            return Err(error);
        }
        let code = error.code();
        Ok(Broken { code, cause: format!("{error}."), culprit: self.to_blame(ws, activation, code).await })
    }

    /// Kind and name of what a code speaks of; only the kind where the object is gone.
    async fn to_blame(&self, ws: WorkspaceId, activation: &Activation, code: Code) -> String {
        let named = |kind: &str, name: Option<String>| name.map_or(kind.to_owned(), |name| format!("{kind} {name}"));
        match code.class() {
            Class::Destination | Class::Connector | Class::Egress => {
                let destination = self.store().get::<Destination>(ws, activation.destination).await.ok();
                named("destination", destination.map(|destination| destination.value.name))
            }
            class => match Rows::load(self.store(), ws, activation.from).await.ok() {
                Some(rows) if class == Class::Source => named("source", Some(rows.source.value.name)),
                Some(Rows { segment: Some(segment), .. }) if matches!(code, Code::SegmentBroken | Code::SegmentNotActive) => {
                    named("segment", Some(segment.value.name))
                }
                rows => named("model", rows.map(|rows| rows.model.value.name)),
            },
        }
    }
}

/// Why a source's test is red, where that has a code.
fn red(tested: &Result<SourceChecked, RunError>) -> Option<(Code, String)> {
    match tested {
        Err(error) => Some((error.code(), format!("{error}."))),
        Ok(tested) => {
            let step = tested.steps.iter().find(|step| !step.ok)?;
            Some((step.code.as_ref()?.parse().ok()?, step.message.clone()))
        }
    }
}

/// After so many looks in vain the next one is this far away: doubled each time, up to a day.
fn check_distance(checks: u32) -> SignedDuration {
    PAUSE_CHECK_FIRST.saturating_mul(1 << checks.min(16)).min(PAUSE_CHECK_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_farther_and_farther_apart_up_to_a_day() {
        let minutes: Vec<i64> = (0..9).map(|checks| check_distance(checks).as_mins()).collect();
        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1_440, 1_440]);
        assert_eq!(check_distance(u32::MAX).as_hours(), 24);
    }

    #[test]
    fn what_passes_by_itself_is_no_reason() {
        for code in [Code::DestRateLimited, Code::DestUnavailable, Code::DestTimeout, Code::SourceTimeout, Code::EgressTimeout] {
            assert_eq!(runs_until_pause(code), None, "{code}");
        }
        for code in [Code::SourceUnreachable, Code::ModelBroken, Code::SegmentBroken, Code::DuplicateKeys, Code::DestObjectMissing]
        {
            assert_eq!(runs_until_pause(code), Some(1), "{code}");
        }
        assert_eq!(runs_until_pause(Code::DestNotConnected), Some(1), "nobody but a person mends it");
        for code in [Code::DestAuth, Code::DestClientRefused] {
            assert_eq!(runs_until_pause(code), Some(3), "{code}");
        }
    }
}
