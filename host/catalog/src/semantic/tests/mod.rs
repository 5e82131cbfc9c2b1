//! The laws that hold for every meaning and every text; the tables of each rule are beside this file.

mod hashes;
mod masks;
mod normals;
mod surveys;

use proptest::prelude::*;

use super::*;

/// Every meaning, once. A new one that is not listed does not compile.
pub(super) fn every() -> Vec<Semantic> {
    let after = |of: &Semantic| {
        Some(match of {
            Semantic::Email => Semantic::EmailSha256,
            Semantic::EmailSha256 => Semantic::Phone,
            Semantic::Phone => Semantic::PhoneSha256,
            Semantic::PhoneSha256 => Semantic::FirstName,
            Semantic::FirstName => Semantic::LastName,
            Semantic::LastName => Semantic::FullName,
            Semantic::FullName => Semantic::Gender,
            Semantic::Gender => Semantic::BirthDate,
            Semantic::BirthDate => Semantic::ZipCode,
            Semantic::ZipCode => Semantic::City,
            Semantic::City => Semantic::State,
            Semantic::State => Semantic::Country,
            Semantic::Country => Semantic::ExternalId,
            Semantic::ExternalId => Semantic::UserId,
            Semantic::UserId => Semantic::AnonymousId,
            Semantic::AnonymousId => Semantic::DeviceId,
            Semantic::DeviceId => Semantic::MobileAdId,
            Semantic::MobileAdId => Semantic::ClickId("gclid".into()),
            Semantic::ClickId(_) => Semantic::EventName,
            Semantic::EventName => Semantic::EventTime,
            Semantic::EventTime => Semantic::EventId,
            Semantic::EventId => Semantic::Value,
            Semantic::Value => Semantic::Currency,
            Semantic::Currency => Semantic::Quantity,
            Semantic::Quantity => Semantic::ProductId,
            Semantic::ProductId => Semantic::OrderId,
            Semantic::OrderId => Semantic::Consent("marketing".into()),
            Semantic::Consent(_) => Semantic::Locale,
            Semantic::Locale => Semantic::TimeZone,
            Semantic::TimeZone => Semantic::Latitude,
            Semantic::Latitude => Semantic::Longitude,
            Semantic::Longitude => Semantic::Ip,
            Semantic::Ip => Semantic::UserAgent,
            Semantic::UserAgent => Semantic::CompanyDomain,
            Semantic::CompanyDomain => return None,
        })
    };
    std::iter::successors(Some(Semantic::Email), after).collect()
}

pub(super) fn country(code: &str) -> Option<Country> {
    Some(Country::from_code(code).unwrap())
}

/// Texts that rules have something to say to: values of several meanings, damaged ones among them, and any text at all.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \\t]{0,2}[a-zA-Z0-9.+]{1,8}@[a-zA-Z0-9-]{1,8}(\\.[a-zA-Z]{2,7}){0,2} ?",
        "(\\+|00)?[0-9]{1,4}[ .()/-]{0,2}[0-9]{1,4}[ .-]?[0-9]{0,8}",
        "[0-9a-fA-F]{63,65}",
        "[A-Za-zÀ-ÿ]{0,6}[ '’-]{0,2}[A-Za-zΑ-ω]{0,6} ?",
        "[0-9]{4}[-/]?[01][0-9][-/]?[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](Z|[+-][01][0-9]:00))?",
        "[+-]?[0-9]{0,3}[.,]?[0-9]{0,4}",
        "(https?://)?(www\\.){0,3}[a-z0-9ü-]{1,6}(\\.[a-z]{1,4}){0,2}\\.?(:[0-9]{1,4})?(/[a-z]*)?",
        "[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,4}){0,2}",
        "[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{0,4}){2,7}",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
        "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_normal_form_is_its_own_normal_form(value in text(), home in prop::sample::select(vec!["FR", "US", "GB", "BY", "IT"])) {
        for meaning in every() {
            for home in [None, country(home)] {
                let Ok(normal) = meaning.normal(&value, home) else { continue };
                prop_assert_eq!(meaning.normal(&normal, home), Ok(normal.clone()), "{} of {:?}", meaning, value);
                // Whoever reads it next may have another default country.
                prop_assert_eq!(meaning.normal(&normal, None), Ok(normal.clone()), "{} of {:?}", meaning, value);
            }
        }
    }

    #[test]
    fn what_passes_the_check_can_be_sent_and_a_digest_of_it_is_one(value in text()) {
        for meaning in every() {
            prop_assert_eq!(meaning.check(&value, None).is_ok(), meaning.normal(&value, None).is_ok());
            if let Ok(Some(digest)) = meaning.hashed(&value, None) {
                prop_assert!(is_sha256(&digest) && digest == digest.to_lowercase());
            }
            if let Ok(normal) = meaning.normal(&value, None) {
                prop_assert_eq!(meaning.hashed(&normal, None), meaning.hashed(&value, None), "{} of {:?}", meaning, value);
            }
        }
    }

    #[test]
    fn a_mask_never_shows_most_of_a_value(value in text()) {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        for meaning in every() {
            let mask = meaning.mask(&value);
            prop_assert!(mask.contains('…') || mask == HIDDEN, "{} of {:?}: {}", meaning, value, mask);
            prop_assert!(letters(&mask) <= 10, "{} of {:?}: {}", meaning, value, mask);
            // A network is as much of a short address as of a long one.
            if meaning != Semantic::Ip {
                prop_assert!(letters(&mask) * 4 <= value.chars().count() * 3, "{} of {:?}: {}", meaning, value, mask);
            }
            prop_assert!(value.trim().is_empty() || !mask.contains(value.trim()) || value.trim().chars().all(|c| "•….".contains(c)));
        }
    }
}

#[test]
fn meanings_have_the_names_of_the_api() {
    let names: Vec<String> = every().iter().map(Semantic::to_string).collect();
    assert_eq!(names.len(), 35);
    assert_eq!([&names[1], &names[18], &names[27]], ["email-sha256", "click-id(gclid)", "consent(marketing)"]);
}

#[test]
fn a_default_country_is_two_upper_case_letters() {
    let read = |text: &str| serde_json::from_str::<Country>(text).map(|country| serde_json::to_string(&country).unwrap());
    assert_eq!(read("\"FR\"").unwrap(), "\"FR\"");
    for wrong in ["\"fr\"", "\"FRA\"", "\"UK\"", "\"XX\"", "\"\"", "33"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
