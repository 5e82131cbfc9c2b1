//! Situations in which nobody knows what the platform has done, or the answer is not the platform's.

use std::time::Duration;

use sluice_catalog::{
    contract::{Halt, Outcome},
    manifest::RepeatClass,
};

use super::{attempt::Attempt, rows::broken, scene::Act};
use crate::{error::Unfit, line::Harm, report::Verdict, standing::difference};

/// Long enough for everything but an answer that never comes.
const DEADLINE: Duration = Duration::from_secs(2);

/// The rows are in doubt, by the connector's word or because the call ended after a request had left.
fn in_doubt(attempt: &Attempt) -> bool {
    attempt.all(|row| matches!(row, Outcome::Unknown(_))) || attempt.fault.as_ref().is_some_and(|fault| fault.requests_left)
}

/// No verdict on any row: the platform has not spoken. Where a repeat does no harm, rows may also be sent again at once.
fn undecided(act: &Act<'_>, attempt: &Attempt) -> bool {
    let repeatable = act.service.repeat.class != RepeatClass::Appends;
    let row = |row: &Outcome| match row {
        Outcome::Unknown(_) => true,
        Outcome::Retry(_) => repeatable,
        _ => false,
    };
    let halted = matches!(attempt.halt, Some(Halt::Unavailable(_) | Halt::Throttled(_) | Halt::Contract(_)));
    attempt.all(row) || in_doubt(attempt) || repeatable && halted
}

pub(super) async fn failing(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let usual = usual_requests(act).await?;
    for status in [500, 502, 503, 504] {
        let attempt = act.harmed(Harm::Status { status, retry_after_s: None }).await?;
        if !undecided(act, &attempt) {
            return Ok(broken(
                &format!("after {status}: no row accepted or refused, and none safe to repeat that may count twice"),
                &attempt,
            ));
        }
        if let Some(repeated) = repeated(&format!("after {status}"), &attempt, usual) {
            return Ok(repeated);
        }
    }
    Ok(Verdict::Held)
}

/// Requests of a write that nothing is done to.
async fn usual_requests(act: &Act<'_>) -> Result<u64, Unfit> {
    let (prepared, before) = (act.begin().await?, act.scene.relay.requests());
    prepared.write(act.case.operation(), &act.three()).await;
    Ok(act.scene.relay.requests() - before)
}

fn repeated(when: &str, attempt: &Attempt, usual: u64) -> Option<Verdict> {
    let requests = attempt.requests;
    let why = || format!("{when} the component sent {requests} requests where it usually sends {usual}: repeating is the host's");
    (requests > usual).then(|| Verdict::Broken(why()))
}

/// The two look the same from here, so they must be treated the same.
pub(super) async fn cut(act: &Act<'_>, handed_on: bool) -> Result<Verdict, Unfit> {
    let (operation, usual) = (act.case.operation(), usual_requests(act).await?);
    let clean = act.begin().await?.done(operation, &act.three()).await;
    let once = act.state().await?;
    if !clean.accepted() {
        return Ok(broken("every row accepted without any harm", &clean));
    }
    let prepared = act.begin().await?;
    let attempt = act.hurt(&prepared, Harm::Cut { handed_on }).await?;
    if !in_doubt(&attempt) {
        return Ok(broken("every row in doubt", &attempt));
    }
    if let Some(repeated) = repeated("after the cut", &attempt, usual) {
        return Ok(repeated);
    }
    if act.service.repeat.class == RepeatClass::Appends {
        return Ok(Verdict::Held);
    }
    let again = prepared.done(operation, &act.three()).await;
    if !again.accepted() {
        return Ok(broken("every row accepted when the batch is sent again", &again));
    }
    let place = match (once, act.state().await?) {
        (Some(once), Some(now)) => difference(&once, &now),
        _ => None,
    };
    Ok(place.map_or(Verdict::Held, |place| Verdict::Broken(format!("after the repeat the platform's state differs at {place}"))))
}

pub(super) async fn nothing_there(act: &Act<'_>) -> Result<Verdict, Unfit> {
    // Set up while the platform is there, for what setup keeps; then the way leads to a port where nobody listens.
    let prepared = act.begin().await?;
    let nowhere = act.scene.stage("http://127.0.0.1:9", act.now)?;
    act.scene.relay.forget();
    let attempt = prepared.on(nowhere).write(act.case.operation(), &act.three()).await;
    let unavailable = matches!(attempt.halt, Some(Halt::Unavailable(_)));
    let fine = unavailable || attempt.all(|row| matches!(row, Outcome::Retry(_)));
    Ok(if fine { Verdict::Held } else { broken("a halt with `unavailable`, or rows that may be sent again", &attempt) })
}

pub(super) async fn hang(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let prepared = act.begin_on(act.stage()?.deadline(DEADLINE)).await?;
    let attempt = act.hurt(&prepared, Harm::Hang).await?;
    Ok(if in_doubt(&attempt) { Verdict::Held } else { broken("every row in doubt", &attempt) })
}

pub(super) async fn portal(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(Harm::Portal).await?;
    Ok(if undecided(act, &attempt) { Verdict::Held } else { broken("no row accepted or refused", &attempt) })
}

pub(super) async fn another_shape(act: &Act<'_>) -> Result<Verdict, Unfit> {
    bodies(act, Harm::Drift).await
}

/// Rows that nobody answered for are not accepted; which those are, the connector may or may not be able to tell.
pub(super) async fn fewer_answers(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(Harm::Fewer { of: 3 }).await?;
    Ok(if attempt.harmed == 0 {
        Verdict::NotHere("no answer to a write has a list with a place for each row".to_owned())
    } else if attempt.accepted() {
        broken("a row undecided, since the answer is for fewer rows than were sent", &attempt)
    } else {
        Verdict::Held
    })
}

pub(super) async fn half_an_answer(act: &Act<'_>) -> Result<Verdict, Unfit> {
    bodies(act, Harm::Half).await
}

async fn bodies(act: &Act<'_>, harm: Harm) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(harm).await?;
    Ok(if attempt.harmed == 0 {
        Verdict::NotHere("the platform's answers to a write have no body".to_owned())
    } else if undecided(act, &attempt) {
        Verdict::Held
    } else {
        broken("no row accepted or refused", &attempt)
    })
}
