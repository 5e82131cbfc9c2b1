//! What is hashed of each meaning, with the platforms' own vectors, and the forms that manifests ask for.

use super::*;
use crate::{
    manifest::{Hash, Normalise},
    semantic::form::formed,
};

/// FIPS 180-4 (2015-08), example of one block; upper and lower case of digits are the same digest.
#[test]
fn a_digest_is_that_of_the_standard() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256("abc"), abc);
    assert!(is_sha256(abc) && is_sha256(&abc.to_uppercase()));
    assert!(!is_sha256(&abc[1..]) && !is_sha256(&format!("{}g", &abc[1..])) && !is_sha256(&format!("{abc}0")));
}

/// Google: googleads/data-manager-python at 5abbf5d, tests/formatter_test.py (2026-08). Reddit: the vectors of its audience API for an
/// Android id (2026-07-14).
#[test]
fn the_digests_are_those_of_the_platforms() {
    for (meaning, value, want) in [
        (Semantic::Email, " AlexZ@example.com ", "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"),
        (Semantic::Phone, "+1 800 555 0100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
        (Semantic::FirstName, " GivenName ", "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"),
        (
            Semantic::MobileAdId,
            "cdda802e-fb9c-47ad-9866-0794d394c912",
            "f23b554b2a8fb732a8b973733832e70f018da7bc294dfea289735a07d5dd2c9f",
        ),
    ] {
        assert_eq!(meaning.hashed(value, None), Ok(Some(want.into())), "{meaning} of {value}");
    }
}

/// Meta: marketing-api/reference/custom-audience/users (2025-10-08) for names, city, state, zip and country; Pinterest, API v5 (vendor
/// description of 2025-12-11) for gender and birth date.
#[test]
fn what_is_hashed_is_what_the_platforms_describe() {
    for (meaning, value, form) in [
        (Semantic::FirstName, "Léa", "léa"),
        (Semantic::LastName, "O'Neill-Martin", "oneillmartin"),
        (Semantic::FullName, "Dr. Léa  Martin", "dr léa martin"),
        (Semantic::City, "Saint-Étienne 2", "saintétienne"),
        (Semantic::City, "New York", "newyork"),
        (Semantic::State, "US-CA", "ca"),
        (Semantic::State, "New Mexico", "newmexico"),
        (Semantic::ZipCode, "94043-1351", "94043"),
        (Semantic::ZipCode, "SW1A 1AA", "sw1a1aa"),
        (Semantic::Country, "France", "fr"),
        (Semantic::Gender, "Female", "f"),
        (Semantic::BirthDate, "1984-02-29", "19840229"),
        (Semantic::ExternalId, " C-1042 ", "C-1042"),
    ] {
        assert_eq!(meaning.hashed(value, None), Ok(Some(sha256(form))), "{meaning} of {value}");
    }
}

#[test]
fn nothing_is_hashed_twice_and_some_things_never_are() {
    let digest = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
    for meaning in [Semantic::Email, Semantic::EmailSha256, Semantic::Phone, Semantic::PhoneSha256] {
        assert_eq!(meaning.hashed(&format!(" {} ", digest.to_uppercase()), None), Ok(Some(digest.into())), "{meaning}");
    }
    for (meaning, value) in [
        (Semantic::ClickId("ttclid".into()), "E.C.P"),
        (Semantic::Ip, "192.0.2.1"),
        (Semantic::UserAgent, "Mozilla/5.0"),
        (Semantic::Value, "12.5"),
        (Semantic::Consent("ads".into()), "true"),
    ] {
        assert_eq!(meaning.hashed(value, None), Ok(None), "{meaning}");
    }
    assert_eq!(Semantic::Email.hashed("nobody", None), Err(Flaw::Email));
}

#[test]
fn a_form_is_its_steps_in_their_order_and_then_its_hash() {
    use Normalise::{Digits, E164, IsoCountry, Lower, PlusPrefix, Trim, Upper};
    let digest = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"; // user@example.com
    type Row<'r> = (&'r str, &'r [Normalise], Hash, Result<&'r str, Flaw>);
    let rows: &[Row<'_>] = &[
        (" Léa ", &[], Hash::None, Ok(" Léa ")),
        (" Léa ", &[Trim, Lower], Hash::None, Ok("léa")),
        (" Léa ", &[Upper], Hash::None, Ok(" LÉA ")),
        ("33 6 12", &[Digits, PlusPrefix], Hash::None, Ok("+33612")),
        ("", &[PlusPrefix], Hash::None, Ok("")),
        ("06 12 34 56 78", &[E164], Hash::None, Ok("+33612345678")),
        ("0639", &[E164], Hash::None, Err(Flaw::Phone)),
        ("", &[E164], Hash::Sha256, Ok("")),
        ("France", &[IsoCountry, Lower], Hash::None, Ok("fr")),
        ("Atlantis", &[IsoCountry], Hash::None, Err(Flaw::Country)),
        (" User@Example.com ", &[Trim, Lower], Hash::Sha256, Ok(digest)),
        (&digest.to_uppercase(), &[Trim, Upper], Hash::Sha256, Ok(digest)),
        ("  ", &[Trim], Hash::Sha256, Ok("")),
    ];
    for (value, steps, hash, want) in rows {
        let got = formed(value, steps, *hash, country("FR"));
        assert_eq!(got.as_deref(), want.as_ref().copied(), "{value:?} {steps:?}");
    }
}

#[test]
fn steps_take_away_what_platforms_leave_out() {
    use Normalise::{BirthDate, Day, Digits, FirstLetter, Gender, GmailDots, Lower, Month, RemoveDigits, RemovePunctuation};
    use Normalise::{RemoveSpaces, Trim, UsState, Year, Zip5};
    type Row<'r> = (&'r str, &'r [Normalise], Result<&'r str, Flaw>);
    let rows: &[Row<'_>] = &[
        // Google's own: the suffix is kept, and googlemail is not rewritten (googleads/data-manager-python at 5abbf5d, read 2026-11).
        (" Jefferson.Loves.Hiking+x@Gmail.com", &[Trim, Lower, GmailDots], Ok("jeffersonloveshiking+x@gmail.com")),
        ("j.smith@googlemail.com", &[GmailDots], Ok("jsmith@googlemail.com")),
        ("j.smith@example.com", &[GmailDots], Ok("j.smith@example.com")),
        ("no.address", &[GmailDots], Ok("no.address")),
        (" O'Neill-Martin ", &[Trim, Lower, RemovePunctuation], Ok("oneillmartin")),
        ("Saint-Étienne 2", &[Lower, RemoveSpaces, RemovePunctuation, RemoveDigits], Ok("saintétienne")),
        ("Élodie", &[FirstLetter, Lower], Ok("é")),
        ("", &[FirstLetter], Ok("")),
        ("94043-1351", &[Zip5], Ok("94043")),
        ("1234-567", &[Zip5], Ok("1234-567")),
        ("ABCDE-1351", &[Zip5], Ok("ABCDE-1351")),
        ("SW1A 1AA", &[Lower, RemoveSpaces, Zip5], Ok("sw1a1aa")),
        ("New York", &[UsState], Ok("ny")),
        ("US-CA", &[UsState, Lower], Ok("ca")),
        ("Île-de-France", &[UsState, Lower], Ok("île-de-france")),
        ("Female", &[Gender], Ok("f")),
        ("divers", &[Gender], Ok("")),
        (" ", &[Gender], Ok("")),
        ("2", &[Gender], Err(Flaw::Gender)),
        ("1984/02/29", &[BirthDate, Digits], Ok("19840229")),
        ("29/02/1984", &[BirthDate], Err(Flaw::Date)),
        ("", &[BirthDate], Ok("")),
        ("1984-02-29", &[Year], Ok("1984")),
        ("1984-02-29", &[Month], Ok("02")),
        ("1984-02-29", &[Day], Ok("29")),
        ("1984", &[Year], Ok("1984")),
        ("1899", &[Year], Err(Flaw::DateRange)),
        ("84", &[Year], Err(Flaw::Date)),
        (" 2 ", &[Month], Ok("02")),
        ("13", &[Month], Err(Flaw::Date)),
        ("7", &[Day], Ok("07")),
        ("32", &[Day], Err(Flaw::Date)),
        ("+7", &[Day], Err(Flaw::Date)),
    ];
    for (value, steps, want) in rows {
        let got = formed(value, steps, Hash::None, None);
        assert_eq!(got.as_deref(), want.as_ref().copied(), "{value:?} {steps:?}");
    }
}
