//! Text that a guest wrote, made safe to show: one line, bounded, control characters visible.

use std::fmt::Write as _;

use crate::limits::{GUEST_ATTRS_MAX, GUEST_TEXT_CHARS_MAX, GUEST_WORD_CHARS_MAX};

/// At most [`GUEST_TEXT_CHARS_MAX`] characters; control characters (also the bidirectional ones that reorder what a reader sees)
/// as `\u{…}`; says how many bytes were cut.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(GUEST_TEXT_CHARS_MAX));
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count == GUEST_TEXT_CHARS_MAX {
            let _ = write!(out, " … ({} bytes more)", text.len() - at);
            break;
        }
        if is_hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// [`one_line`] of a text that is kept; the same text where nothing has to be changed.
pub(crate) fn sentence(text: String) -> String {
    if text.len() <= GUEST_TEXT_CHARS_MAX && !text.chars().any(is_hidden) { text } else { one_line(&text) }
}

/// A name that is kept: on one line, what is beyond [`GUEST_WORD_CHARS_MAX`] characters cut.
pub(crate) fn word(text: String) -> String {
    sentence(cut(text, GUEST_WORD_CHARS_MAX))
}

/// Attributes that are kept: the first [`GUEST_ATTRS_MAX`], their values cut and otherwise as they are.
pub(crate) fn attrs(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    if pairs.len() > GUEST_ATTRS_MAX {
        pairs.truncate(GUEST_ATTRS_MAX);
        pairs.shrink_to_fit();
    }
    pairs.into_iter().map(|(name, value)| (word(name), cut(value, GUEST_TEXT_CHARS_MAX))).collect()
}

/// The first characters; the memory of the others is given back.
fn cut(mut text: String, chars_max: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(chars_max) {
        text.truncate(at);
        text.shrink_to_fit();
    }
    text
}

fn is_hidden(c: char) -> bool {
    c.is_control() || reorders(c)
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

    #[test]
    fn a_sentence_that_is_fine_stays_and_any_other_is_one_line() {
        let umlauts = "ä".repeat(GUEST_TEXT_CHARS_MAX);
        for text in ["", "plain ä 你", "a\nb", &umlauts, &format!("{umlauts}x")] {
            assert_eq!(sentence(text.to_owned()), one_line(text));
        }
    }

    #[test]
    fn a_word_is_cut_behind_its_last_allowed_character() {
        let fits = "ä".repeat(GUEST_WORD_CHARS_MAX);
        assert_eq!(word(fits.clone()), fits);
        assert_eq!(word(format!("{fits}x")), fits);
        assert_eq!(word("a\nb".to_owned()), "a\\u{a}b");
        assert!(word("x".repeat(10_000_000)).capacity() < 10_000, "nothing of the rest is held");
    }

    #[test]
    fn attributes_are_as_many_and_as_long_as_allowed() {
        let pair = ("n".repeat(GUEST_WORD_CHARS_MAX + 1), "v\n".repeat(GUEST_TEXT_CHARS_MAX));
        let kept = attrs(vec![pair; GUEST_ATTRS_MAX + 1]);
        assert_eq!(kept.len(), GUEST_ATTRS_MAX);
        let want = ("n".repeat(GUEST_WORD_CHARS_MAX), "v\n".repeat(GUEST_TEXT_CHARS_MAX / 2));
        assert!(kept.iter().all(|pair| *pair == want));
    }
}
