//! Forms of identifiers that platforms ask for, as far as they can be told without asking the platform. Only what is surely wrong is
//! refused here: finer rules are each platform's own.

use crate::contract::Reason;

/// A form that texts must have, and what is said of one that does not: a line of a connector's table.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Whether a text has it.
    pub is: fn(&str) -> bool,
    /// What a text of this form looks like, for the person who mends the row.
    pub what: &'static str,
}

impl Form {
    /// Every text.
    pub const ANY: Self = Self { is: |_| true, what: "" };
    /// An [e-mail address](is_email).
    pub const EMAIL: Self = Self { is: is_email, what: NO_EMAIL };
    /// A [phone number](is_e164).
    pub const E164: Self = Self { is: is_e164, what: NO_E164 };

    /// Nothing of a text that has the form; else the refusal of its row (`bad-format`), whose [field](Reason::field) is the caller's to say.
    #[inline]
    pub fn check(self, text: &str) -> Result<(), Reason> {
        if (self.is)(text) { Ok(()) } else { Err(Reason::bad(self.what)) }
    }
}

/// What is said of a text that is no [e-mail address](is_email).
pub const NO_EMAIL: &str = "an e-mail address has something on both sides of its @, no blanks, and at most 320 bytes";
/// What is said of a text that is no [phone number](is_e164).
pub const NO_E164: &str = "a phone number is written as E.164: +, country code, number, 7 to 15 digits, without blanks";

/// Whether `text` is digits and nothing else, and some: the ids of most platforms.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` is a whole number of 64 bits in its only spelling: no zeros before it, no `+`.
pub fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

/// Whether `text` is ASCII letters and digits and nothing else, and some: ids that can stand in a path as they are.
pub fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Bytes of an address: 64 before the `@` and 255 after it (RFC 5321, 4.5.3.1). A longer one would end the whole request where it stands
/// in an address of the platform's.
const EMAIL_BYTES_MAX: usize = 64 + 1 + 255;

/// Whether `text` can be an e-mail address: something on both sides of its last `@`, no blanks, no control characters, 320 bytes at most.
pub fn is_email(text: &str) -> bool {
    if text.len() > EMAIL_BYTES_MAX {
        return false;
    }
    let sides = text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    sides && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether `text` is a phone number as E.164 writes it: `+`, a country code that does not begin with 0, at most 15 digits, nothing else
/// (ITU-T E.164, 2010, 6.1 and the international prefix of E.123). Fewer than 7 digits are nobody's number.
pub fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_surely_no_address_is_told() {
        for (text, good) in [
            ("a@b", true),
            ("o'neil+x/y@example.com", true),
            ("zoë@exämple.com", true),
            ("\"a@b\"@example.com", true),
            ("bad@", false),
            ("@example.com", false),
            ("nobody", false),
            ("a b@example.com", false),
            ("a@example.com\u{a0}", false),
            ("a\u{7f}@example.com", false),
            ("", false),
        ] {
            assert_eq!(is_email(text), good, "{text:?}");
        }
        let longest = format!("{}@x", "n".repeat(EMAIL_BYTES_MAX - 2));
        assert!(is_email(&longest) && !is_email(&format!("n{longest}")));
    }

    #[test]
    fn a_number_has_a_plus_and_seven_to_fifteen_digits() {
        for (text, good) in [
            ("+33612345678", true),
            ("+1234567", true),
            ("+123456789012345", true),
            ("+123456", false),
            ("+1234567890123456", false),
            ("33612345678", false),
            ("+0612345678", false),
            ("+33 612345678", false),
            ("+3361234567x", false),
            ("+", false),
            ("", false),
        ] {
            assert_eq!(is_e164(text), good, "{text:?}");
        }
    }

    #[test]
    fn ids_are_told_from_what_would_lead_elsewhere() {
        assert!(is_digits("0042") && is_alphanumeric("aB9"));
        for text in ["", "7/8", "-1", " 7", "７", "a-b", "é"] {
            assert!(!is_digits(text) && !is_alphanumeric(text), "{text}");
        }
        assert!(!is_digits("7a"));
    }
}
