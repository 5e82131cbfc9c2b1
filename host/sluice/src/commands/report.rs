//! A run as people read it: how it ended, its numbers, why rows did not arrive, and what to do now.

use sluice_catalog::outcome::{Tally, Word};
use sluice_runs::{Counters, reasons::Reasons};

use crate::{
    client::{Explained, Run},
    output,
};

/// The whole report. `name` is the activation's.
pub(crate) fn report(name: &str, run: &Run) -> String {
    let mut text = format!("{name}: {}", run.state);
    if run.cancel_requested && !run.finished {
        text.push_str(" (asked to stop)");
    }
    text.push_str(&format!("\n{}\n\n{}", run.id, numbers(&run.counters)));
    text.push_str(&outcomes(&run.counters.tally));
    if let Some(why) = &run.failure {
        text.push_str(&format!("\n\n{}", explained(why)));
    }
    if let Some(hold) = run.hold.as_ref().filter(|_| run.is_held()) {
        text.push_str(&format!("\n\n{}\nuntil  {}", explained(&hold.why), output::instant(&hold.expires_at)));
        text.push_str(&format!("\n\n  sluice runs confirm {} --diff {}", run.id, hold.diff));
        text.push_str(&format!("\n  sluice runs discard {} --diff {}", run.id, hold.diff));
    }
    text.push_str(&reasons(&run.reasons()));
    text
}

fn explained(why: &Explained) -> String {
    format!("{}: {}\ncause  {}\nnext   {}", why.code, why.title, why.cause, why.next)
}

/// What the run saw and what it took on.
pub(crate) fn numbers(c: &Counters) -> String {
    let mut cells = vec![("rows in the source", c.source_rows), ("added", c.added), ("changed", c.changed), ("removed", c.removed)];
    cells.push(("unchanged", c.unchanged));
    let rare = [
        ("offered again", c.again),
        ("still rejected", c.still_rejected),
        ("still skipped", c.still_skipped),
        ("invalid", c.invalid),
        ("held as unknown", c.held_unknown),
        ("adopted", c.adopted),
        ("rows without a key", c.null_key_rows),
        ("rows with a shared key", c.duplicate_rows),
    ];
    cells.extend(rare.into_iter().filter(|(_, rows)| *rows > 0));
    let lines = cells.into_iter().map(|(name, rows)| format!("  {name:<24}{:>12}\n", output::count(rows)));
    lines.collect()
}

/// What became of the changes: the words that any row has.
fn outcomes(tally: &Tally) -> String {
    let any = Word::ALL.iter().map(|word| (*word, rows(tally, *word))).filter(|(_, rows)| *rows > 0);
    let lines: Vec<_> = any.map(|(word, rows)| format!("  {:<24}{:>12}", name(word), output::count(rows))).collect();
    if lines.is_empty() { String::from("\n  nothing was sent") } else { format!("\n{}", lines.join("\n")) }
}

fn rows(tally: &Tally, word: Word) -> u64 {
    match word {
        Word::Accepted => tally.accepted,
        Word::Rejected => tally.rejected,
        Word::Invalid => tally.invalid,
        Word::Skipped => tally.skipped,
        Word::Unknown => tally.unknown,
        Word::Pending => tally.pending,
        Word::Carried => tally.carried,
        Word::Expired => tally.expired,
    }
}

fn name(word: Word) -> &'static str {
    match word {
        Word::Accepted => "accepted",
        Word::Rejected => "rejected",
        Word::Invalid => "invalid",
        Word::Skipped => "skipped",
        Word::Unknown => "unknown",
        Word::Pending => "pending",
        Word::Carried => "carried",
        Word::Expired => "expired",
    }
}

/// The table of reasons; empty when there is none.
pub(crate) fn reasons(reasons: &Reasons) -> String {
    if reasons.reasons.is_empty() {
        return String::new();
    }
    let row = |r: &sluice_runs::reasons::Reason| {
        let what = r.field.as_ref().map_or_else(|| r.code.clone(), |field| format!("{} ({field})", r.code));
        vec![name(r.outcome).to_owned(), what, output::count(r.rows), r.example.clone()]
    };
    let table = output::table(&["outcome", "reason", "rows", "for example"], &[2], reasons.reasons.iter().map(row));
    let more = match reasons.more_rows {
        0 => String::new(),
        rows => format!("\n  and {} rows for rarer reasons", output::count(rows)),
    };
    format!("\n\n{table}{more}")
}
