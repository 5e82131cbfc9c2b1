//! What people see of personal data.
//!
//! How much may stay: 45 CFR 164.514(b)(2) keeps of a zip code its first three digits, of dates the year; the masks here
//! keep less. Network prefixes: RFC 6973 (2013-07), section 6.1.1, with half of what analytics products usually keep.

use super::*;

#[test]
fn a_mask_keeps_what_its_owner_recognises() {
    for (meaning, value, want) in [
        (Semantic::Email, "jo.martin@example.com", "j…@e….com"),
        (Semantic::Email, " Jo@mail.example.co.uk", "…@….uk"),
        (Semantic::Email, "a@b.fr", "…@….fr"),
        (Semantic::Email, "王小明@例子.example", "王…@….example"),
        (Semantic::Email, "no address 0639981234", HIDDEN),
        (Semantic::Email, "jo@shop.0639981234", HIDDEN),
        (Semantic::Phone, "+33639981234", "…34"),
        (Semantic::Phone, "1234567", "…"),
        (Semantic::EmailSha256, "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a", "50…"),
        (Semantic::PhoneSha256, "0639981234", "…"),
        (Semantic::FirstName, "Amélie", "A…"),
        (Semantic::FullName, "Amélie de La Tour", "A… … …"),
        (Semantic::LastName, "Li", "…"),
        (Semantic::City, "Paris", "P…"),
        (Semantic::State, "US-CA", "U…"),
        (Semantic::ZipCode, "75011", "75…"),
        (Semantic::ZipCode, "1234", "…"),
        (Semantic::BirthDate, "1984-02-29", "198…"),
        (Semantic::BirthDate, "29.2.1984", HIDDEN),
        (Semantic::EventTime, "2026-01-31T10:00:00Z", "2026…"),
        (Semantic::Latitude, "48.8566", "48.…"),
        (Semantic::Longitude, "-0.1276", "-0.…"),
        (Semantic::Longitude, "2", HIDDEN),
        (Semantic::Ip, "203.0.113.9", "203.0.…"),
        (Semantic::Ip, "2001:db8::9", "2001:db8:…"),
        (Semantic::Ip, "jo", HIDDEN),
        (Semantic::CompanyDomain, "shop.example", "s….example"),
        (Semantic::MobileAdId, "ea7583cd-a667-48bc-b806-42ecb2b48606", "…06"),
        (Semantic::ExternalId, "C-1042", "…"),
        (Semantic::Gender, "f", HIDDEN),
        (Semantic::Country, "FR", HIDDEN),
        (Semantic::Consent("ads".into()), "true", HIDDEN),
        (Semantic::Value, "129.90", HIDDEN),
    ] {
        assert_eq!(meaning.mask(value), want, "{meaning} of {value}");
    }
}
