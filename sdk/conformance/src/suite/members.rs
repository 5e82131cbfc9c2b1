//! Situations without rows of ours: the connection check, and members that are read back.

use sluice_catalog::contract::Halt;

use super::{
    attempt::{POLLS_MAX, pause, told_halt},
    scene::Scene,
};
use crate::{
    error::Unfit,
    line::{Harm, Meets},
    plan::Segment,
    report::{Line, Verdict},
};

#[allow(clippy::disallowed_methods, reason = "stand-ins live on the real clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

pub(super) async fn check(scene: &Scene<'_>, found: &mut impl FnMut(Line)) -> Result<(), Unfit> {
    scene.standing.begin(scene.plan).await?;
    for (situation, promise, harm) in [
        ("connected", "A check with a good credential succeeds.", None),
        ("revoked", "A check that is answered 401 says `auth`.", Some(Harm::Status { status: 401, retry_after_s: None })),
        ("portal", "A stranger's page is not a connection.", Some(Harm::Portal)),
    ] {
        let stage = scene.stage(&scene.relay.origin(), now())?;
        scene.relay.forget();
        if let Some(harm) = harm {
            scene.relay.arm(harm, Meets::All);
        }
        let told = stage.check().await;
        scene.relay.disarm();
        let fine = matches!(
            (&told, harm),
            (Ok(Ok(_)), None) | (Ok(Err(Halt::Auth(_))), Some(Harm::Status { .. })) | (Ok(Err(_)), Some(Harm::Portal))
        );
        let words = match &told {
            Ok(Ok(text)) => format!("success: {text}"),
            Ok(Err(halt)) => told_halt(halt),
            Err(fault) => fault.to_string(),
        };
        let verdict = if fine { Verdict::Held } else { Verdict::Broken(format!("told: {words}")) };
        found(Line::of("connection check".to_owned(), (situation, promise), verdict, scene.relay.last()));
    }
    Ok(())
}

pub(super) async fn read_back(scene: &Scene<'_>, segment: &Segment, found: &mut impl FnMut(Line)) -> Result<(), Unfit> {
    let mut told = |situation: &'static str, promise: &'static str, verdict: Verdict| {
        found(Line::of(format!("members of {}", segment.segment), (situation, promise), verdict, scene.relay.last()));
    };
    let whole = read(scene, segment, None).await?;
    let verdict = match whole {
        Ok(members) if members == segment.members => Verdict::Held,
        Ok(members) => Verdict::Broken(format!("expected {} members; {members} came", segment.members)),
        Err(words) => Verdict::Broken(format!("expected {} members; told: {words}", segment.members)),
    };
    told("every-member", "Each member of a segment is read, once.", verdict);
    for (situation, promise, harm) in [
        ("failing", "A platform that fails gives no shorter segment.", Harm::Status { status: 500, retry_after_s: None }),
        ("revoked", "401 gives no shorter segment.", Harm::Status { status: 401, retry_after_s: None }),
        ("portal", "A stranger's page is no empty segment.", Harm::Portal),
        ("half-an-answer", "Half of an answer is no shorter segment.", Harm::Half),
        ("another-shape", "An answer of another shape is no empty segment.", Harm::Drift),
    ] {
        let verdict = match read(scene, segment, Some(harm)).await? {
            Err(_) => Verdict::Held,
            Ok(members) => Verdict::Broken(format!("{members} members were told")),
        };
        told(situation, promise, verdict);
    }
    Ok(())
}

/// All members of a segment, counted; the words of the halt or fault where they did not come whole.
async fn read(scene: &Scene<'_>, segment: &Segment, harm: Option<Harm>) -> Result<Result<u64, String>, Unfit> {
    scene.standing.begin(scene.plan).await?;
    scene.relay.forget();
    let stage = scene.stage(&scene.relay.origin(), now())?;
    if let Some(harm) = harm {
        scene.relay.arm(harm, Meets::All);
    }
    let (mut members, mut cursor, mut resume) = (0, None, None);
    let mut told = Err("it does not come to an end".to_owned());
    for _ in 0..POLLS_MAX {
        match stage.members(&segment.segment, cursor.clone(), resume.take()).await {
            Ok(Ok(page)) => {
                members += u64::from(page.members.rows);
                cursor = page.next;
                if cursor.is_none() {
                    told = Ok(members);
                    break;
                }
            }
            Ok(Err(Halt::Later(ticket))) => {
                pause(&ticket).await;
                resume = Some(ticket.token);
            }
            Ok(Err(halt)) => {
                told = Err(told_halt(&halt));
                break;
            }
            Err(fault) => {
                told = Err(fault.to_string());
                break;
            }
        }
    }
    scene.relay.disarm();
    Ok(told)
}
