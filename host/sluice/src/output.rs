//! What a command says on standard output: lines and tables for people, one JSON value for programs. Progress is on standard error
//! and only where a person looks.

use std::{
    borrow::Cow,
    io::{ErrorKind, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets::NOTHING};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

static JSON: AtomicBool = AtomicBool::new(false);

/// Chooses the form of everything that is said from now on.
pub(crate) fn set_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// Whether programs read.
pub(crate) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// A line for people; nothing when programs read.
pub(crate) fn line(text: impl AsRef<str>) {
    if !is_json() {
        write(&plain(text.as_ref()));
    }
}

/// A value for programs; nothing when people read.
pub(crate) fn json(value: &impl Serialize) {
    if is_json() {
        write(&serde_json::to_string_pretty(value).expect("answers have text keys only"));
    }
}

/// One of many values for programs, on a line of its own.
pub(crate) fn json_line(value: &impl Serialize) {
    if is_json() {
        write(&serde_json::to_string(value).expect("answers have text keys only"));
    }
}

/// The text without what would steer a terminal: names and a platform's messages are others' words.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush())
        && error.kind() == ErrorKind::BrokenPipe
    {
        // Whoever reads has seen enough (`sluice records … | head`).
        std::process::exit(0);
    }
}

/// A table with these headings; the columns named in `numbers` stand to the right.
pub(crate) fn table(headings: &[&str], numbers: &[usize], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_style(TableComponent::HeaderLines, '─');
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(headings.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for at in numbers {
        if let Some(column) = table.column_mut(*at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A count with its thousands apart: `20,000`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration as people say it: `340 ms`, `2.1 s`, `3 min 20 s`.
pub(crate) fn took(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// An instant of an answer to the second, which is enough for people.
pub(crate) fn instant(text: &str) -> String {
    let to_the_second = |instant: jiff::Timestamp| instant.round(jiff::Unit::Second).ok();
    text.parse().ok().and_then(to_the_second).map_or_else(|| text.to_owned(), |instant| instant.to_string())
}

/// Long work of unknown length, shown on standard error where that is a terminal.
pub(crate) fn spinner(message: impl Into<String>) -> ProgressBar {
    let bar = if is_json() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_message(message.into());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The look of work whose length is known.
pub(crate) fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {human_pos}/{human_len}")
        .expect("the template is a constant")
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (20_005, "20,005"), (1_234_567, "1,234,567")] {
            assert_eq!(count(n), text);
        }
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (ms, text) in
            [(0, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (59_940, "59.9 s"), (60_000, "1 min 0 s"), (200_000, "3 min 20 s")]
        {
            assert_eq!(took(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn instants_are_told_to_the_second() {
        for (text, told) in [
            ("2026-11-26T13:30:05.499Z", "2026-11-26T13:30:05Z"),
            ("2026-11-26T13:30:05Z", "2026-11-26T13:30:05Z"),
            ("soon", "soon"),
        ] {
            assert_eq!(instant(text), told);
        }
    }

    #[test]
    fn a_strange_word_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{9b}1m\r\nc\td"), "a\\u{1b}[2Jb\\u{9b}1m\\r\nc\\td");
        assert!(matches!(plain("Chloé\n┄ fine"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_table_without_a_terminal_has_no_colour_and_aligns_numbers() {
        let text = table(&["reason", "rows"], &[1], [vec!["a".into(), "1".into()], vec!["bb".into(), "20,000".into()]]);
        insta::assert_snapshot!(text);
    }
}
