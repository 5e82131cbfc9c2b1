//! What a value of a property must look like, and what is kept of it (*Attributes*). Values arrive as texts; an empty one clears.
//! Codes but `INVALID_EMAIL` are (inferred).

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{
    limits,
    property::{Property, PropertyType},
    words::Defect,
};
use crate::{
    contact::is_email,
    time::{day, instant},
};

/// What a value is checked with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checks<'a> {
    /// Ids of owners.
    pub(super) owners: &'a [u64],
    /// The admin's validation rules hold.
    pub(super) rules: bool,
}

/// The value as it is kept. `before` is what the record has now, which a `;` in front adds to.
pub(super) fn kept(property: &Property, text: &str, before: Option<&str>, checks: Checks<'_>) -> Result<String, Defect> {
    let refused = |code, why: String| Err(Defect::new(code, &property.name, why));
    if text.is_empty() {
        return Ok(String::new());
    }
    if let Some(most) = property.rule_chars_max.filter(|most| checks.rules && text.chars().count() > *most) {
        return refused("VALIDATION_RULE", format!("{} may have at most {most} characters", property.label));
    }
    if property.owner {
        return match text.parse::<u64>() {
            Ok(owner) if checks.owners.contains(&owner) => Ok(text.to_owned()),
            _ => refused("INVALID_OWNER_ID", format!("{text} is not the id of an owner")),
        };
    }
    match property.kind {
        PropertyType::String | PropertyType::PhoneNumber => match text.chars().count() {
            _ if property.name == "email" => email(text),
            count if count > limits::TEXT_CHARS_MAX => {
                refused("VALUE_TOO_LONG", format!("{} has more than {} characters", property.name, limits::TEXT_CHARS_MAX))
            }
            _ => Ok(text.to_owned()),
        },
        PropertyType::Number if is_decimal(text) => Ok(text.to_owned()),
        PropertyType::Number => refused("INVALID_NUMBER", format!("{text} was not a valid number.")),
        PropertyType::Bool if matches!(text, "true" | "false") => Ok(text.to_owned()),
        PropertyType::Bool => refused("INVALID_OPTION", format!("{text} was not one of the allowed options: [true, false]")),
        PropertyType::Date => match date(text) {
            Some(date) => Ok(date.to_string()),
            None => refused("INVALID_DATE", format!("{text} is neither a day nor a midnight of UTC in milliseconds")),
        },
        PropertyType::Datetime => match moment(text) {
            Some(at) => Ok(format!("{at:.3}")),
            None => refused("INVALID_DATE", format!("{text} is neither a time of ISO 8601 with Z nor one in milliseconds")),
        },
        PropertyType::Enumeration => options(property, text, before),
    }
}

/// Kept in lower case and without blanks around it (*Identifiers*).
pub(super) fn email(text: &str) -> Result<String, Defect> {
    let kept = text.trim().to_lowercase();
    if is_email(&kept) { Ok(kept) } else { Err(Defect::new("INVALID_EMAIL", "email", format!("Email address {text} is invalid"))) }
}

/// Decimal text with a point: no exponent, no blank, no comma.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = unsigned.split_once('.').map_or((unsigned, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && part.is_none_or(digits)
}

fn milliseconds(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Timestamp::from_millisecond(text.parse().ok()?).ok()
}

fn date(text: &str) -> Option<civil::Date> {
    if let Some(date) = day(text) {
        return Some(date);
    }
    let at = TimeZone::UTC.to_datetime(milliseconds(text)?);
    (at.time() == civil::Time::midnight()).then(|| at.date())
}

fn moment(text: &str) -> Option<Timestamp> {
    if text.ends_with('Z') && text.contains('T') {
        return instant(text);
    }
    milliseconds(text)
}

fn options(property: &Property, text: &str, before: Option<&str>) -> Result<String, Defect> {
    let several = property.field_type == "checkbox";
    let (adds, list) = match text.strip_prefix(';') {
        Some(rest) if several => (true, rest),
        _ => (false, text),
    };
    let sent: Vec<&str> = if several { list.split(';').filter(|value| !value.is_empty()).collect() } else { vec![list] };
    if let Some(strange) = sent.iter().find(|value| !property.options.iter().any(|choice| choice.value == **value)) {
        let allowed: Vec<&str> = property.options.iter().map(|choice| choice.value.as_str()).collect();
        let why = format!("{strange} was not one of the allowed options: [{}]", allowed.join(", "));
        return Err(Defect::new("INVALID_OPTION", &property.name, why));
    }
    let mut kept: Vec<&str> = before.filter(|_| adds).map(|before| before.split(';').collect()).unwrap_or_default();
    for value in sent {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Ok(kept.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: Checks<'static> = Checks { owners: &[701], rules: false };

    /// The kept value, or the code of the refusal.
    fn of(property: &Property, text: &str) -> Result<String, &'static str> {
        kept(property, text, Some("a;b"), CHECKS).map_err(|defect| defect.code)
    }

    #[test]
    fn a_value_is_what_its_type_says() {
        use PropertyType::{Bool, Date, Datetime, Enumeration, Number, String};
        let select = Property::new("p", Enumeration).options(&["a", "b", "c"]);
        let several = select.clone().field_type("checkbox");
        let owner = Property { owner: true, ..Property::new("p", Enumeration) };
        for (property, text, want) in [
            (Property::new("p", String), " A ", Ok(" A ")),
            (Property::new("email", String), " Lea@Example.org ", Ok("lea@example.org")),
            (Property::new("email", String), "lea", Err("INVALID_EMAIL")),
            (Property::new("p", Number), "412.5", Ok("412.5")),
            (Property::new("p", Number), "-3", Ok("-3")),
            (Property::new("p", Number), "412,5", Err("INVALID_NUMBER")),
            (Property::new("p", Number), "1e3", Err("INVALID_NUMBER")),
            (Property::new("p", Number), ".5", Err("INVALID_NUMBER")),
            (Property::new("p", Number), "", Ok("")),
            (Property::new("p", Bool), "true", Ok("true")),
            (Property::new("p", Bool), "True", Err("INVALID_OPTION")),
            (Property::new("p", Bool), "1", Err("INVALID_OPTION")),
            (Property::new("p", Date), "2026-04-30", Ok("2026-04-30")),
            (Property::new("p", Date), "1777507200000", Ok("2026-04-30")),
            (Property::new("p", Date), "1777507200001", Err("INVALID_DATE")),
            (Property::new("p", Date), "2026-04-31", Err("INVALID_DATE")),
            (Property::new("p", Date), "30/04/2026", Err("INVALID_DATE")),
            (Property::new("p", Datetime), "2026-04-30T08:15:00Z", Ok("2026-04-30T08:15:00.000Z")),
            (Property::new("p", Datetime), "1777507200001", Ok("2026-04-30T00:00:00.001Z")),
            (Property::new("p", Datetime), "2026-04-30T08:15:00+02:00", Err("INVALID_DATE")),
            (Property::new("p", Datetime), "2026-04-30T08:15:00", Err("INVALID_DATE")),
            (Property::new("p", Datetime), "2026-04-30", Err("INVALID_DATE")),
            (select.clone(), "b", Ok("b")),
            (select.clone(), "B", Err("INVALID_OPTION")),
            (select.clone(), "a;b", Err("INVALID_OPTION")),
            (several.clone(), "a;c", Ok("a;c")),
            (several.clone(), ";c;a", Ok("a;b;c")),
            (several.clone(), "a;d", Err("INVALID_OPTION")),
            (owner.clone(), "701", Ok("701")),
            (owner.clone(), "702", Err("INVALID_OWNER_ID")),
        ] {
            assert_eq!(of(&property, text), want.map(str::to_owned), "{:?} {text:?}", property.kind);
        }
    }

    #[test]
    fn a_text_has_so_many_characters_and_no_more() {
        let property = Property::new("p", PropertyType::String);
        assert!(of(&property, &"é".repeat(limits::TEXT_CHARS_MAX)).is_ok());
        assert_eq!(of(&property, &"é".repeat(limits::TEXT_CHARS_MAX + 1)), Err("VALUE_TOO_LONG"));
    }

    #[test]
    fn a_rule_holds_where_rules_do() {
        let property = Property { rule_chars_max: Some(2), ..Property::new("p", PropertyType::String) };
        assert!(kept(&property, "abc", None, CHECKS).is_ok());
        let rules = Checks { rules: true, ..CHECKS };
        assert!(kept(&property, "ab", None, rules).is_ok());
        assert_eq!(kept(&property, "abc", None, rules).unwrap_err().code, "VALIDATION_RULE");
    }
}
