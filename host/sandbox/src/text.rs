//! Text that a guest wrote, made safe to show: one line, bounded, control characters visible.

use std::fmt::Write as _;

use crate::limits::GUEST_TEXT_CHARS_MAX;

/// At most [`GUEST_TEXT_CHARS_MAX`] characters; control characters (also the bidirectional ones that reorder what a reader sees)
/// as `\u{…}`; says how many bytes were cut.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(GUEST_TEXT_CHARS_MAX));
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count == GUEST_TEXT_CHARS_MAX {
            let _ = write!(out, " … ({} bytes more)", text.len() - at);
            break;
        }
        if c.is_control() || reorders(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Line and paragraph separators, and the marks that change the direction of the text after them.
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_cannot_forge_a_second_line_or_turn_the_text_around() {
        for (text, want) in [
            ("plain ä 你", "plain ä 你"),
            ("a\nb\r\u{1b}[31m", "a\\u{a}b\\u{d}\\u{1b}[31m"),
            ("x\u{202e}y\u{2028}z", "x\\u{202e}y\\u{2028}z"),
        ] {
            assert_eq!(one_line(text), want);
        }
    }

    #[test]
    fn the_last_allowed_character_stays_and_the_next_is_cut_and_counted() {
        let fits = "x".repeat(GUEST_TEXT_CHARS_MAX);
        assert_eq!(one_line(&fits), fits);
        assert_eq!(one_line(&format!("{fits}äb")), format!("{fits} … (3 bytes more)"));
    }
}
