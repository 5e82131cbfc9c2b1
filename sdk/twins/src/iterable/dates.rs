//! What the vendor reads as a date: `yyyy-MM-dd HH:mm:ss ZZ` as in its own replies, or ISO 8601 (*Synchronize user attributes*).

use crate::time::{instant, is_iso};

/// Whether a text is one.
pub(super) fn is_date(text: &str) -> bool {
    is_iso(text) || is_spaced(text)
}

/// "2021-07-01 18:08:09 +00:00": a blank stands before the offset.
fn is_spaced(text: &str) -> bool {
    let Some((clock, offset)) = text.split_at_checked(19) else { return false };
    match offset.strip_prefix(' ') {
        Some(offset) if offset.starts_with(['+', '-']) => instant(&format!("{clock}{offset}")).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_vendors_own_or_iso_8601() {
        for (text, date) in [
            ("2021-07-01 18:08:09 +00:00", true),
            ("2026-04-30 10:00:00 -05:30", true),
            ("2026-04-30T10:00:00Z", true),
            ("2026-04-30T10:00:00.123+02:00", true),
            ("2026-04-30", true),
            ("2026-04-30 10:00:00  +00:00", false),
            ("2026-04-30 10:00:00 UTC", false),
            ("2026-04-31 10:00:00 +00:00", false),
            ("30.04.2026", false),
            ("2026-04-30 10:00:0é +00:00", false),
            ("", false),
        ] {
            assert_eq!(is_date(text), date, "{text}");
        }
    }
}
