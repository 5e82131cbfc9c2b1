//! Situations of rows: nothing is done to the line, and the stand-in is as strict as the platform.

use sluice_catalog::{
    Code,
    contract::{Halt, Outcome},
    manifest::{FieldRole, Mode, RepeatClass},
};

use super::{
    attempt::{Attempt, cause},
    scene::Act,
};
use crate::{
    error::Unfit,
    report::Verdict,
    standing::difference,
    table::{Cell, Table},
};

/// Beyond so many rows a batch of the largest size shows nothing more.
const LARGEST_ROWS_MAX: u32 = 20_000;

pub(super) fn broken(expected: &str, attempt: &Attempt) -> Verdict {
    Verdict::Broken(format!("expected {expected}; told: {}", attempt.told()))
}

fn all_accepted(attempt: &Attempt) -> Verdict {
    if attempt.accepted() { Verdict::Held } else { broken("every row accepted", attempt) }
}

pub(super) async fn every_row(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.begin().await?.done(act.case.operation(), &act.three()).await;
    Ok(all_accepted(&attempt))
}

/// Strangers may be skipped where a mode updates only; a contract for fewer rows than the manifest says is met by halves.
pub(super) async fn largest_batch(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let prepared = act.begin().await?;
    let mut rows = u64::from(act.service.unit.rows.min(LARGEST_ROWS_MAX));
    loop {
        let numbers: Vec<Option<u64>> = (1..=rows).map(Some).collect();
        let attempt = prepared.done(act.case.operation(), &act.rows(&numbers)).await;
        match attempt.halt {
            Some(Halt::SplitBatch { rows_fit, .. }) if rows > 1 => rows = rows_fit.map_or(rows / 2, u64::from).clamp(1, rows - 1),
            _ => return Ok(if taken(act, &attempt) { Verdict::Held } else { broken("every row taken", &attempt) }),
        }
    }
}

/// Accepted, or skipped as a stranger where the mode updates only.
fn taken(act: &Act<'_>, attempt: &Attempt) -> bool {
    let stranger = |row: &Outcome| act.case.mode == Mode::UpdateOnly && matches!(row, Outcome::Skipped(_));
    attempt.accepted() || attempt.stop.is_none() && attempt.all(|row| *row == Outcome::Accepted || stranger(row))
}

pub(super) async fn repeat(act: &Act<'_>) -> Result<Verdict, Unfit> {
    if act.service.repeat.class == RepeatClass::Appends {
        return Ok(Verdict::NotHere("the manifest says that a repeat has a second effect".to_owned()));
    }
    let (prepared, table) = (act.begin().await?, act.three());
    let first = prepared.done(act.case.operation(), &table).await;
    let once = act.state().await?;
    let second = prepared.done(act.case.operation(), &table).await;
    if !first.accepted() || !second.accepted() {
        return Ok(broken("every row accepted both times", if first.accepted() { &second } else { &first }));
    }
    let (Some(once), Some(twice)) = (once, act.state().await?) else {
        return Ok(Verdict::NotHere("both times accepted; the stand-in does not show its state".to_owned()));
    };
    Ok(match difference(&once, &twice) {
        None => Verdict::Held,
        Some(place) => Verdict::Broken(format!("the repeat changed the platform's state at {place}")),
    })
}

/// A bad row at the start, in the middle and at the end of good ones.
pub(super) async fn bad_row(act: &Act<'_>) -> Result<Verdict, Unfit> {
    if let Some(why) = &act.case.refuses_nothing {
        return Ok(Verdict::NotHere(why.clone()));
    }
    for bad in 0..3_usize {
        let mut numbers: Vec<Option<u64>> = (1..=3).map(Some).collect();
        numbers[bad] = None;
        let prepared = act.begin().await?;
        let mut attempt = prepared.done(act.case.operation(), &act.rows(&numbers)).await;
        if attempt.whole || attempt.unnamed > 0 {
            // What the host does then: each part alone, down to single rows.
            let mut rows = Vec::new();
            for number in &numbers {
                let one = prepared.done(act.case.operation(), &act.rows(&[*number])).await;
                if one.rows.len() != 1 {
                    return Ok(broken("one outcome for a single row", &one));
                }
                let unnamed = (one.unnamed > 0).then(|| Outcome::Rejected(Default::default()));
                rows.extend(unnamed.map_or(one.rows, |refused| vec![refused]));
            }
            attempt = Attempt { rows, ..Attempt::default() };
        }
        let wanted = |(at, row): (usize, &Outcome)| match row {
            Outcome::Accepted => at != bad,
            Outcome::Rejected(_) | Outcome::Skipped(_) => at == bad,
            _ => false,
        };
        if attempt.rows.len() != 3 || !attempt.rows.iter().enumerate().all(wanted) {
            return Ok(broken(&format!("row {bad} alone refused"), &attempt));
        }
        let named = cause(&attempt.rows[bad]).filter(|reason| !reason.code.is_empty());
        if let Some(reason) = named.filter(|reason| reason.code.parse::<Code>().is_err() || reason.message.is_empty()) {
            let why = format!("`{}` with the cause `{}` is not a code of the registry with a cause", reason.code, reason.message);
            return Ok(Verdict::Broken(why));
        }
    }
    Ok(Verdict::Held)
}

pub(super) async fn shared_identifier(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.begin().await?.done(act.case.operation(), &act.rows(&[Some(1), Some(2), Some(1)])).await;
    let named = |row: &Outcome| match row {
        Outcome::Accepted => true,
        // A platform that takes one of them at a time gets the other with the next request.
        Outcome::Rejected(reason) | Outcome::Skipped(reason) | Outcome::Retry(reason) => !reason.message.is_empty(),
        _ => false,
    };
    let one = [0, 2].iter().any(|at| attempt.rows.get(*at) == Some(&Outcome::Accepted));
    let other = attempt.rows.get(1) == Some(&Outcome::Accepted);
    if attempt.all(named) && one && other {
        return Ok(Verdict::Held);
    }
    Ok(broken(
        "one of the two accepted, the other accepted, refused or kept for later with a cause, and the row beside them accepted",
        &attempt,
    ))
}

pub(super) async fn identifier_changed(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let prepared = act.begin().await?;
    let (before, after) = (act.rows(&[Some(1)]), act.rows(&[Some(900_001)]));
    let mut told = vec![prepared.done(act.case.operation(), &before).await];
    // The host takes the old identifier away before it writes the new one.
    if let Some(removal) = act.removal() {
        let stage = act.set_up(act.stage()?).await?;
        told.push(stage.done(removal, &before).await);
    }
    told.push(prepared.done(act.case.operation(), &after).await);
    let failed = told.iter().find(|attempt| !taken(act, attempt));
    Ok(failed.map_or(Verdict::Held, |attempt| broken("each write taken", attempt)))
}

pub(super) async fn empty_cells(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let role = |name: &str| act.columns.iter().find(|c| c.name == name).and_then(|c| c.attr("role")).map(str::to_owned);
    let attribute = |name: &str| role(name).as_deref() == Some(FieldRole::Attribute.as_str());
    let optional = |column: &&sluice_catalog::columnar::Field| column.nullable && attribute(&column.name);
    if !act.columns.iter().any(|column| optional(&column)) {
        return Ok(Verdict::NotHere("every column of the plan must have a value".to_owned()));
    }
    let table = |empty: &Cell| {
        act.columns.iter().enumerate().fold(Table::default(), |table, (at, column)| {
            let second = if optional(&column) { empty.clone() } else { act.cell(at, 2) };
            table.column(column, [act.cell(at, 1), second])
        })
    };
    for empty in [Cell::Null, Cell::Absent] {
        let attempt = act.begin().await?.done(act.case.operation(), &table(&empty)).await;
        let fine = |row: &Outcome| matches!(row, Outcome::Accepted | Outcome::Rejected(_) | Outcome::Skipped(_));
        if !attempt.all(fine) || attempt.rows[0] != Outcome::Accepted {
            let what = if empty == Cell::Null { "cleared" } else { "not mentioned" };
            return Ok(broken(&format!("an outcome for a row whose cells are {what}, and its neighbour accepted"), &attempt));
        }
    }
    Ok(Verdict::Held)
}

/// Only where a value can be taken away: an event that was sent is sent.
pub(super) async fn cleared_cells(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let optional = |at: usize| act.columns[at].nullable && act.columns[at].attr("role") == Some(FieldRole::Attribute.as_str());
    let once = act.service.repeat.class == RepeatClass::Appends
        || matches!(act.case.mode, Mode::Append | Mode::BooleanAttribute | Mode::Insert);
    if once || !(0..act.columns.len()).any(optional) {
        return Ok(Verdict::NotHere("there is no value that could be taken away".to_owned()));
    }
    let table = |clear: bool| {
        act.columns.iter().enumerate().fold(Table::default(), |table, (at, column)| {
            table.column(column, [if clear && optional(at) { Cell::Null } else { act.cell(at, 1) }])
        })
    };
    let prepared = act.begin().await?;
    let set = prepared.done(act.case.operation(), &table(false)).await;
    let with = act.state().await?;
    let cleared = prepared.done(act.case.operation(), &table(true)).await;
    if !set.accepted() || !cleared.accepted() {
        // A platform may refuse to be without a value: then it says so, by the row.
        let refused = cleared.all(|row| matches!(row, Outcome::Rejected(_) | Outcome::Skipped(_)));
        let verdict = Verdict::NotHere("the platform does not let the value be taken away".to_owned());
        return Ok(if set.accepted() && refused {
            verdict
        } else {
            broken("both writes accepted", if set.accepted() { &cleared } else { &set })
        });
    }
    Ok(match (with, act.state().await?) {
        (Some(with), Some(without)) if difference(&with, &without).is_none() => {
            Verdict::Broken("the platform's state is the same before and after the value was cleared".to_owned())
        }
        (Some(_), Some(_)) => Verdict::Held,
        _ => Verdict::NotHere("accepted; the stand-in does not show its state".to_owned()),
    })
}

/// A row without an identifier is never sent; one that the platform refuses stands behind it.
pub(super) async fn row_numbers(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let identifier = |at: usize| act.columns[at].attr("role") == Some(FieldRole::Identifier.as_str());
    let number = [Some(1), Some(1), act.case.refused.is_none().then_some(3), Some(2)];
    let table = act.columns.iter().enumerate().fold(Table::default(), |table, (at, column)| {
        let cells = number.iter().enumerate().map(|(row, number)| {
            if row == 0 && identifier(at) { Cell::Null } else { act.case.cell(&act.columns, at, *number, act.now) }
        });
        table.column(column, cells)
    });
    let attempt = act.begin().await?.done(act.case.operation(), &table).await;
    if attempt.whole || attempt.unnamed > 0 {
        return Ok(Verdict::NotHere("the platform does not say which row it refuses".to_owned()));
    }
    let refused = |row: &Outcome| matches!(row, Outcome::Rejected(_) | Outcome::Skipped(_));
    let accepted = |row: &Outcome| *row == Outcome::Accepted;
    let fine = match &attempt.rows[..] {
        [none, first, bad, last] => {
            let third = if act.case.refused.is_some() { refused(bad) } else { accepted(bad) };
            refused(none) && accepted(first) && third && accepted(last)
        }
        _ => false,
    };
    Ok(if fine {
        Verdict::Held
    } else {
        broken("the first row refused for want of an identifier, the third as bad, the others accepted", &attempt)
    })
}

pub(super) async fn job_of_another_process(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let (prepared, table) = (act.begin().await?, act.three());
    let operation = act.case.operation();
    let (attempt, ticket) = Attempt::of(prepared.first(operation, &table).await, 3);
    let Some(ticket) = ticket else {
        let why = "the platform answers within the request";
        return Ok(if attempt.accepted() { Verdict::NotHere(why.to_owned()) } else { broken("every row accepted", &attempt) });
    };
    if !attempt.all(|outcome| matches!(outcome, Outcome::Pending | Outcome::Accepted)) {
        return Ok(broken("rows that a job has are pending", &attempt));
    }
    // The process that wrote is gone, and with it everything but what the host keeps: setup's bytes and the token.
    drop(prepared);
    let another = act.set_up(act.stage()?).await?;
    Ok(all_accepted(&another.end(operation, &table, attempt, Some(ticket)).await))
}
