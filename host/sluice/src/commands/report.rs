//! A run as people read it: how it ended, its numbers, why rows did not arrive, and what to do now.

use sluice_catalog::outcome::{Tally, Word};
use sluice_runs::{Counters, reasons::Reasons};

use crate::{
    client::{Decision, Explained, Run},
    output,
};

/// The whole report. `name` is the activation's.
pub(crate) fn report(name: &str, run: &Run) -> String {
    let mut text = format!("{name}: {}", run.state);
    if run.cancel_requested && !run.finished {
        text.push_str(" (asked to stop)");
    }
    text.push_str(&format!("\n{}\n\n{}", run.id, numbers(&run.counters).trim_end()));
    match outcomes(&run.counters.tally) {
        Some(lines) => text.push_str(&format!("\n\n{lines}")),
        None if run.finished => text.push_str("\n\n  nothing was sent"),
        // What has left is told with its outcome.
        None => {}
    }
    if let Some(why) = &run.failure {
        text.push_str(&format!("\n\n{}", explained(why)));
    }
    match (&run.decision, &run.hold) {
        _ if run.finished || run.cancel_requested => {}
        (Some(decision), _) => text.push_str(&format!("\n\n{}", decided(decision))),
        (None, Some(hold)) if run.is_held() => {
            text.push_str(&format!("\n\n{}\nuntil  {}", explained(&hold.why), output::instant(&hold.expires_at)));
            text.push_str(&format!("\n\n  sluice runs confirm {} --diff {}", run.id, hold.diff));
            text.push_str(&format!("\n  sluice runs discard {} --diff {}", run.id, hold.diff));
        }
        (None, _) => {}
    }
    text.push_str(&reasons(&run.reasons()));
    text
}

fn explained(why: &Explained) -> String {
    format!("{}: {}\ncause  {}\nnext   {}", why.code, why.title, why.cause, why.next)
}

/// Who decided about a held run, and what comes of it.
fn decided(decision: &Decision) -> String {
    let Decision { kind, by } = decision;
    match kind.as_str() {
        "confirm" => format!("confirmed by {by}; the run goes on"),
        "discard" => format!("discarded by {by}; the run ends"),
        other => format!("{other}, decided by {by}"),
    }
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

/// What became of the changes: the words that any row has; none while no row has one.
fn outcomes(tally: &Tally) -> Option<String> {
    let any = Word::ALL.iter().map(|word| (*word, rows(tally, *word))).filter(|(_, rows)| *rows > 0);
    let lines: Vec<_> = any.map(|(word, rows)| format!("  {:<24}{:>12}", name(word), output::count(rows))).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(state: &str, more: &Value) -> String {
        let mut run = json!({
            "id": "run_1", "activation": "act_1", "trigger": "manual", "state": state, "finished": state == "cancelled",
            "created_at": "2026-01-01T00:00:00Z", "started_at": null, "finished_at": null, "counters": { "added": 3 }, "failure": null,
            "hold": null, "decision": null, "cancel_requested": false, "details": {},
        });
        for (key, value) in more.as_object().unwrap() {
            run[key] = value.clone();
        }
        report("people", &Run::read(run).unwrap())
    }

    #[test]
    fn that_nothing_was_sent_is_said_of_a_run_that_has_ended() {
        let stopping = told("sending", &json!({ "cancel_requested": true }));
        assert!(stopping.starts_with("people: sending (asked to stop)\n") && !stopping.contains("nothing was sent"), "{stopping}");
        let ended = told("cancelled", &json!({ "cancel_requested": true }));
        assert!(ended.starts_with("people: cancelled\n") && ended.ends_with("\n\n  nothing was sent"), "{ended}");
    }

    #[test]
    fn a_held_run_offers_the_decision_until_it_is_taken_and_then_says_who_took_it() {
        let why = json!({ "code": "guard-mass-removal", "title": "Too many", "cause": "38 of 50.", "next": "Look." });
        let mut hold = json!({ "diff": "d1", "expires_at": "2026-01-02T00:00:00Z" });
        hold.as_object_mut().unwrap().extend(why.as_object().unwrap().clone());
        let open = told("held", &json!({ "hold": hold }));
        assert!(open.ends_with("  sluice runs confirm run_1 --diff d1\n  sluice runs discard run_1 --diff d1"), "{open}");
        for (kind, end) in
            [("confirm", "\n\nconfirmed by key_1; the run goes on"), ("discard", "\n\ndiscarded by key_1; the run ends")]
        {
            let decision = json!({ "kind": kind, "diff": "d1", "by": "key_1", "at": "2026-01-01T00:00:00Z" });
            let taken = told("held", &json!({ "hold": hold, "decision": decision }));
            assert!(taken.ends_with(end) && !taken.contains("sluice runs"), "{taken}");
            let stopped = told("held", &json!({ "hold": hold, "decision": decision, "cancel_requested": true }));
            assert!(!stopped.contains("key_1"), "{stopped}");
        }
    }
}
