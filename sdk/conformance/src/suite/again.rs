//! Situations that look at the stand-in's state after something was done twice, or undone.

use super::{rows::broken, scene::Act};
use crate::{error::Unfit, report::Verdict, standing::difference};

/// Three members added, taken away, and added again.
pub(super) async fn removal(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let Some(removal) = act.removal() else {
        return Ok(Verdict::NotHere("the mode adds no members that could be removed".to_owned()));
    };
    if act.case.mode == sluice_catalog::manifest::Mode::ListAddOnly {
        return Ok(Verdict::NotHere("the mode never removes".to_owned()));
    }
    let (adding, members) = (act.begin().await?, act.three());
    let mut told = vec![adding.done(act.case.operation(), &members).await];
    let with = act.state().await?;
    let removing = act.set_up(act.stage()?).await?;
    told.push(removing.done(removal, &members).await);
    let without = act.state().await?;
    told.push(adding.done(act.case.operation(), &members).await);
    let again = act.state().await?;
    if let Some(failed) = told.iter().find(|attempt| !attempt.accepted()) {
        return Ok(broken("each write accepted", failed));
    }
    let (Some(with), Some(without), Some(again)) = (with, without, again) else {
        return Ok(Verdict::NotHere("each write accepted; the stand-in does not show its state".to_owned()));
    };
    Ok(match (difference(&with, &without), difference(&with, &again)) {
        (None, _) => Verdict::Broken("the platform's state is the same before and after the removal".to_owned()),
        (Some(_), Some(place)) => {
            Verdict::Broken(format!("added, removed and added again, the platform's state differs at {place}"))
        }
        (Some(_), None) => Verdict::Held,
    })
}

pub(super) async fn set_up_twice(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let first = act.begin().await?;
    let once = act.state().await?;
    let second = act.set_up(act.stage()?).await?;
    if first.kept() != second.kept() {
        let (first, second) = (String::from_utf8_lossy(first.kept()), String::from_utf8_lossy(second.kept()));
        return Ok(Verdict::Broken(format!("the first set-up keeps `{first}`, the second one `{second}`")));
    }
    let place = match (once, act.state().await?) {
        (Some(once), Some(twice)) => difference(&once, &twice),
        _ => None,
    };
    Ok(place.map_or(Verdict::Held, |place| Verdict::Broken(format!("the second set-up changed the platform's state at {place}"))))
}
