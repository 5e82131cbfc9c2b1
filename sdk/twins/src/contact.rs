//! What passes for an e-mail address and for a phone number, with every vendor whose page says no more.

/// An address of one `@`, a local part, and a domain with a dot, without blanks (inferred).
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !domain.contains('@')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && domain.split_once('.').is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty())
        && !domain.ends_with('.')
}

/// E.164: a plus and 7 to 15 digits, the first not zero (the seven is inferred).
pub(crate) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_and_a_dotted_domain() {
        for (text, good) in [
            ("lea.martin@example.com", true),
            ("a@b.c", true),
            ("a@b", false),
            ("@example.com", false),
            ("a@@example.com", false),
            ("a b@example.com", false),
            ("a@.com", false),
            ("a@example.", false),
            ("", false),
        ] {
            assert_eq!(is_email(text), good, "{text}");
        }
    }

    #[test]
    fn a_phone_is_a_plus_and_seven_to_fifteen_digits() {
        for (text, good) in [
            ("+33612345678", true),
            ("+1234567", true),
            ("+123456", false),
            ("+123456789012345", true),
            ("+1234567890123456", false),
            ("33612345678", false),
            ("+0612345678", false),
            ("+336 12 34", false),
        ] {
            assert_eq!(is_phone(text), good, "{text}");
        }
    }
}
