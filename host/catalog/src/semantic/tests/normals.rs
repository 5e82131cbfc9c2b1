//! The normal form of each meaning, by the standard or the platform that says so.

use super::*;

type Row<'a> = (&'a str, Result<&'a str, Flaw>);

fn table(meaning: Semantic, home: Option<Country>, rows: &[Row<'_>]) {
    for (value, want) in rows {
        assert_eq!(meaning.normal(value, home), want.map(str::to_owned), "{meaning} of {value:?}");
        assert_eq!(meaning.check(value, home), want.map(drop), "{meaning} of {value:?}");
    }
}

/// Form: RFC 5322, section 3.4.1, and RFC 6531 for letters beyond ASCII. Lower case and no white space around it: Google,
/// googleads/data-manager-python at 5abbf5d, format.py (2026-08); Meta, marketing-api/reference/custom-audience/users (2025-10-08).
#[test]
fn email_addresses() {
    table(
        Semantic::Email,
        None,
        &[
            ("  AlexZ@Example.COM ", Ok("alexz@example.com")),
            ("al.ex+tag@gmail.com", Ok("al.ex+tag@gmail.com")),
            ("jørn@münchen.example", Ok("jørn@münchen.example")),
            ("alexz@localhost", Err(Flaw::Email)),
            ("alexz@@example.com", Err(Flaw::Email)),
            ("Alex <alexz@example.com>", Err(Flaw::Email)),
            ("a@x.example, b@x.example", Err(Flaw::Email)),
            ("alexz@[192.0.2.1]", Err(Flaw::Email)),
            ("alex z@example.com", Err(Flaw::Email)),
            (" ", Err(Flaw::Empty)),
            ("a\nb@example.com", Err(Flaw::Control)),
            ("509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a", Err(Flaw::Digest)),
        ],
    );
}

/// ITU-T E.164 (11/2010). Plans: libphonenumber's metadata 9.0.33. The spelling with `(0)`: Snapchat, Marketing API, pages seen
/// 2026-08. Numbers that nobody has: Ofcom, "Telephone numbers for use in TV and radio drama programmes" (2019-08-20); NANPA, 555-0100 to
/// 555-0199. The mobile numbers that ARCEP (06 39 98) and Ofcom (07700 900) keep for fiction are in no plan.
#[test]
fn phone_numbers() {
    let rows: &[Row<'_>] = &[
        ("+33 (0)6 12 34 56 78", Ok("+33612345678")),
        ("0033 6.12.34.56.78", Ok("+33612345678")),
        ("06-12-34-56-78", Ok("+33612345678")),
        ("33612345678", Ok("+33612345678")),
        ("+44 20 7946 0958", Ok("+442079460958")),
        ("+1 (800) 555-0100", Ok("+18005550100")),
        ("+39 06 698 1234", Ok("+39066981234")),
        ("+33 6 39 98 12 34", Err(Flaw::PhonePlan)),
        ("06 12 34 56", Err(Flaw::PhonePlan)),
        ("+33 6 12 34 56 78 90 12", Err(Flaw::PhonePlan)),
        ("+999 123 456 789", Err(Flaw::PhonePlan)),
        ("1234", Err(Flaw::Phone)),
        ("0612345678 ext. 5", Err(Flaw::Phone)),
        ("0612345678 / 0687654321", Err(Flaw::Phone)),
        ("call me", Err(Flaw::Phone)),
        ("+33+612345678", Err(Flaw::Phone)),
        ("42d573cfc315801d4cd8eddd5416b416a0bf298b9b9e12d6b07442c91db42bd8", Err(Flaw::Digest)),
    ];
    table(Semantic::Phone, country("FR"), rows);
    let rows: &[Row<'_>] = &[("0612345678", Err(Flaw::PhoneCountry)), ("+33612345678", Ok("+33612345678"))];
    table(Semantic::Phone, None, rows);
    table(Semantic::Phone, country("GB"), &[("020 7946 0958", Ok("+442079460958"))]);
    // Antarctica has no numbering plan of its own.
    table(Semantic::Phone, country("AQ"), &[("0612345678", Err(Flaw::PhonePlan))]);
}

/// Canonical composition: Unicode Standard Annex 15, revision 57 (2025-07-30), figure 3.
#[test]
fn names_and_places() {
    let rows: &[Row<'_>] = &[
        (" Ame\u{301}lie  de\u{a0}La Tour ", Ok("Amélie de La Tour")),
        ("O’Neill-王", Ok("O’Neill-王")),
        ("42", Err(Flaw::Name)),
        ("jo@shop.example", Err(Flaw::Name)),
    ];
    for meaning in [Semantic::FirstName, Semantic::LastName, Semantic::FullName, Semantic::City, Semantic::State] {
        table(meaning, None, rows);
    }
    // ISO 3166-2:2020, section 5: the country's code, a hyphen, and up to three letters or digits.
    table(Semantic::State, None, &[("us-ca", Ok("US-CA")), ("fr-75c", Ok("FR-75C")), ("California", Ok("California"))]);
}

/// Universal Postal Union, S42 addressing sheets: letters, digits, blanks and hyphens, in every country that has codes.
#[test]
fn zip_codes() {
    let rows: &[Row<'_>] = &[
        ("75011", Ok("75011")),
        ("sw1a  1aa", Ok("SW1A 1AA")),
        ("94043-1351", Ok("94043-1351")),
        ("Paris", Err(Flaw::ZipCode)),
        ("12 rue de la Paix, 75002", Err(Flaw::ZipCode)),
    ];
    table(Semantic::ZipCode, None, rows);
}

/// ISO 3166-1:2020; `UK`: exceptionally reserved, ISO Online Browsing Platform.
#[test]
fn countries() {
    let rows: &[Row<'_>] = &[
        ("fr", Ok("FR")),
        ("FRA", Ok("FR")),
        ("250", Ok("FR")),
        ("France", Ok("FR")),
        ("united kingdom", Ok("GB")),
        ("UK", Ok("GB")),
        ("United States of America", Ok("US")),
        ("Netherlands", Ok("NL")),
        ("XX", Err(Flaw::Country)),
        ("Atlantis", Err(Flaw::Country)),
        ("??", Err(Flaw::Country)),
    ];
    table(Semantic::Country, None, rows);
}

/// `f`, `m`, `x`: ICAO Doc 9303 part 3 (eighth edition, 2021) has F, M and an unspecified sex, written X in the visual zone.
#[test]
fn genders() {
    let rows: &[Row<'_>] = &[
        ("F", Ok("f")),
        ("Female", Ok("f")),
        ("HOMME", Ok("m")),
        ("Non-Binary", Ok("x")),
        ("1", Err(Flaw::Gender)),
        ("unknown", Err(Flaw::Gender)),
    ];
    table(Semantic::Gender, None, rows);
}

/// ISO 8601-1:2019, section 5.2.2.1, basic and extended format.
#[test]
fn birth_dates() {
    let rows: &[Row<'_>] = &[
        ("1984-02-29", Ok("1984-02-29")),
        ("19840229", Ok("1984-02-29")),
        ("1984/02/29", Ok("1984-02-29")),
        ("1985-02-29", Err(Flaw::Date)),
        ("03/04/2001", Err(Flaw::Date)),
        ("1900-01-01", Ok("1900-01-01")),
        ("1899-12-31", Err(Flaw::DateRange)),
        ("0000-00-00", Err(Flaw::Date)),
    ];
    table(Semantic::BirthDate, None, rows);
}

/// RFC 3339 (2002-07), section 5.8.
#[test]
fn event_times() {
    let rows: &[Row<'_>] = &[
        ("1996-12-19T16:39:57-08:00", Ok("1996-12-20T00:39:57Z")),
        ("1985-04-12T23:20:50.52Z", Ok("1985-04-12T23:20:50.52Z")),
        ("2026-01-31", Ok("2026-01-31T00:00:00Z")),
        ("1790000000", Ok("2026-09-21T14:13:20Z")),
        ("1790000000000", Ok("2026-09-21T14:13:20Z")),
        ("1996-12-19T16:39:57", Err(Flaw::Time)),
        ("yesterday", Err(Flaw::Time)),
    ];
    table(Semantic::EventTime, None, rows);
}

/// Ids are the operator's own words. The zero id: Apple, ASIdentifierManager.advertisingIdentifier; UUID: RFC 9562.
#[test]
fn ids() {
    for meaning in [Semantic::ExternalId, Semantic::UserId, Semantic::AnonymousId, Semantic::DeviceId, Semantic::OrderId] {
        table(meaning, None, &[(" C-1042 ", Ok("C-1042")), ("aB", Ok("aB")), ("\u{7}", Err(Flaw::Control))]);
    }
    let rows: &[Row<'_>] = &[
        ("EA7583CD-A667-48BC-B806-42ECB2B48606", Ok("ea7583cd-a667-48bc-b806-42ecb2b48606")),
        ("00000000-0000-0000-0000-000000000000", Err(Flaw::NoAdId)),
        ("EA7583CDA66748BCB80642ECB2B48606", Err(Flaw::AdId)),
    ];
    table(Semantic::MobileAdId, None, rows);
    table(Semantic::ClickId("gclid".into()), None, &[("Cj0KCQ_x-Y", Ok("Cj0KCQ_x-Y")), ("two ids", Err(Flaw::Blank))]);
    table(Semantic::EventName, None, &[(" Order Completed ", Ok("Order Completed"))]);
}

/// Lengths and digits: FIPS 180-4 (2015-08), figure 1: a SHA-256 digest has 256 bits.
#[test]
fn digests() {
    let digest = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
    let upper = digest.to_uppercase();
    for meaning in [Semantic::EmailSha256, Semantic::PhoneSha256] {
        let rows: &[Row<'_>] =
            &[(&upper, Ok(digest)), (&digest[1..], Err(Flaw::NotDigest)), ("alexz@example.com", Err(Flaw::NotDigest))];
        table(meaning, None, rows);
    }
}

/// Coordinates: WGS 84's ranges, RFC 5870 (2010-06), section 3.4.2. Currencies: ISO 4217, list one of 2026-01-01.
#[test]
fn numbers_and_currencies() {
    let rows: &[Row<'_>] = &[
        ("0012.50", Ok("12.5")),
        ("+.5", Ok("0.5")),
        ("-0.0", Ok("0")),
        ("-3", Ok("-3")),
        ("12,50", Err(Flaw::Number)),
        ("1e3", Err(Flaw::Number)),
        ("-", Err(Flaw::Number)),
        ("99999999999999999999999999999999999999", Ok("99999999999999999999999999999999999999")),
        ("999999999999999999999999999999999999990", Err(Flaw::NumberRange)),
    ];
    table(Semantic::Value, None, rows);
    table(Semantic::Quantity, None, &[("2", Ok("2")), ("0", Ok("0")), ("-1", Err(Flaw::NumberRange))]);
    table(Semantic::Latitude, None, &[("90", Ok("90")), ("90.01", Err(Flaw::NumberRange)), ("48.8566", Ok("48.8566"))]);
    table(Semantic::Longitude, None, &[("-180.0", Ok("-180")), ("-180.01", Err(Flaw::NumberRange))]);
    table(Semantic::Currency, None, &[("eur", Ok("EUR")), ("€", Err(Flaw::Currency)), ("EU", Err(Flaw::Currency))]);
    let given = Semantic::Consent("ads".into());
    table(given, None, &[("Yes", Ok("true")), ("0", Ok("false")), ("maybe", Err(Flaw::Consent))]);
}

/// Case: RFC 5646 (2009-09), section 2.1.1. Names of zones: IANA's tz database.
#[test]
fn languages_and_zones() {
    let rows: &[Row<'_>] = &[
        ("MN-cYRL-mn", Ok("mn-Cyrl-MN")),
        ("en-ca-x-ca", Ok("en-CA-x-ca")),
        ("az-latn-x-latn", Ok("az-Latn-x-latn")),
        ("fr_FR.UTF-8", Ok("fr-FR")),
        ("french", Err(Flaw::Locale)),
        ("f", Err(Flaw::Locale)),
    ];
    table(Semantic::Locale, None, rows);
    let rows: &[Row<'_>] = &[
        ("europe/paris", Ok("Europe/Paris")),
        ("UTC", Ok("UTC")),
        ("+01:00", Err(Flaw::TimeZone)),
        ("Mars/Olympus", Err(Flaw::TimeZone)),
    ];
    table(Semantic::TimeZone, None, rows);
}

/// RFC 5952 (2010-08), sections 1 and 4; mapped addresses: RFC 4291 (2006-02), section 2.5.5.2. Domains: UTS 46, with the example of
/// RFC 3492 (2003-03); scheme and `www.` away: LinkedIn, companyWebsiteDomain (2026-03).
#[test]
fn network_addresses() {
    let rows: &[Row<'_>] = &[
        ("2001:db8:0:0:1:0:0:1", Ok("2001:db8::1:0:0:1")),
        ("2001:DB8::0001", Ok("2001:db8::1")),
        ("::ffff:129.144.52.38", Ok("129.144.52.38")),
        ("192.0.2.1", Ok("192.0.2.1")),
        ("192.0.2.1:443", Err(Flaw::Ip)),
        ("192.0.2.256", Err(Flaw::Ip)),
    ];
    table(Semantic::Ip, None, rows);
    let rows: &[Row<'_>] = &[
        ("https://www.Acme.FR/about?x=1", Ok("acme.fr")),
        ("acme.fr.", Ok("acme.fr")),
        ("acme.fr:8080", Ok("acme.fr")),
        ("bücher.example", Ok("xn--bcher-kva.example")),
        ("www.fr", Ok("www.fr")),
        ("Acme", Err(Flaw::Domain)),
        ("jo@acme.fr", Err(Flaw::Domain)),
        ("192.0.2.1", Err(Flaw::Domain)),
    ];
    table(Semantic::CompanyDomain, None, rows);
    table(Semantic::UserAgent, None, &[(" Mozilla/5.0 (X11) ", Ok("Mozilla/5.0 (X11)"))]);
}

#[test]
fn a_value_has_at_most_so_many_bytes() {
    let longest = "x".repeat(crate::limits::SEMANTIC_BYTES_MAX);
    table(Semantic::UserAgent, None, &[(&longest, Ok(&longest)), (&format!("{longest}x"), Err(Flaw::TooLong))]);
}
