//! The manifest and the code say the same, and its steps make what Meta hashes.

use sluice_catalog::{
    manifest::{FieldRole, Hash, Manifest, ServiceField},
    semantic::{Country, form::formed, sha256},
};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

/// What the host sends of a value, of a phone number without its country as one of France.
fn sent(field: &ServiceField, value: &str) -> Option<String> {
    formed(value, &field.normalise, field.hash, Country::from_code("FR")).ok().map(|text| text.into_owned())
}

/// The row of the sheet's example, and its table of keys: marketing-api/reference/custom-audience/users (2025-10-08).
#[test]
fn the_digests_are_those_of_meta() {
    for (names, value, digest) in [
        (["EMAIL", "em"], " Lea.Martin@Example.FR ", "46bfdba71662df379d9b923d4c4325fd2b379ac47dc949674619221bc4833955"),
        (["PHONE", "ph"], "+33 6 12 34 56 78", "8a3e7886c9335e82e02299fa3e87b46e2de3b0c63d56003e30a5029394a47661"),
        (["PHONE", "ph"], "06 12 34 56 78", "8a3e7886c9335e82e02299fa3e87b46e2de3b0c63d56003e30a5029394a47661"),
        (["FN", "fn"], " Léa ", "f3a80feff512a68f766f90d97618a9273d4143dcd8e34f2401791fb913d61c20"),
        (["LN", "ln"], "MARTIN", "b6f8d434a847fb0f0c1a8d9b936b8ca952e224f205a55f4ba9b2c20f88fdc9e7"),
        (["COUNTRY", "country"], "France", "67ad8f41a7bb0a18c45f3efd8f6a32bdcd832bcf8f3f2eb44006c03d53076e18"),
    ] {
        for (field, name) in fields().iter().filter_map(|field| Some((field, names.iter().find(|name| field.name == **name)?))) {
            assert_eq!(sent(field, value).as_deref(), Some(digest), "{name} of {value}");
            assert_eq!(sent(field, &digest.to_uppercase()).as_deref(), Some(digest), "a digest is not hashed again");
            assert_eq!(sent(field, " ").as_deref(), Some(""), "what is nothing is not hashed");
        }
    }
}

#[test]
fn each_key_is_normalised_as_meta_says() {
    let forms = [
        ("EMAIL", "a@b.example", Some("a@b.example")),
        ("PHONE", "1234", None),
        ("FN", " Jean-Luc ", Some("jeanluc")),
        ("LN", "O'Neill", Some("oneill")),
        ("FI", " Élodie", Some("é")),
        ("GEN", "Female", Some("f")),
        ("GEN", "m", Some("m")),
        ("GEN", "divers", Some("")),
        ("DOBY", "1984-02-29", Some("1984")),
        ("DOBM", "1984-02-29", Some("02")),
        ("DOBD", "7", Some("07")),
        ("CT", "Saint-Étienne 2", Some("saintétienne")),
        ("ST", "California", Some("ca")),
        ("ST", "CA", Some("ca")),
        ("ST", "Île-de-France", Some("îledefrance")),
        ("ZIP", "94043-1351", Some("94043")),
        ("ZIP", "SW1A 1AA", Some("sw1a1aa")),
        ("COUNTRY", "us", Some("us")),
        ("COUNTRY", "Atlantis", None),
        ("ge", "Homme", Some("m")),
        ("db", "1984-02-29", Some("19840229")),
        ("ct", "New York", Some("newyork")),
        ("st", "New York", Some("ny")),
        ("zp", "75011", Some("75011")),
        ("external_id", " C-1042 ", Some("C-1042")),
    ];
    for (name, value, form) in forms {
        let field = fields().into_iter().find(|field| field.name == name).expect("a field");
        assert_eq!(field.hash, Hash::Sha256, "{name}");
        let wanted = form.map(|form| if form.is_empty() { String::new() } else { sha256(form) });
        assert_eq!(sent(&field, value), wanted, "{name} of {value}");
    }
    // "NOT hashed".
    for (name, value, form) in [
        ("EXTERN_ID", " C-1042 ", "C-1042"),
        ("MADID", "CDDA802E-FB9C-47AD-9866-0794D394C912", "cdda802e-fb9c-47ad-9866-0794d394c912"),
        ("madid", "CDDA802E-FB9C-47AD-9866-0794D394C912", "cdda802e-fb9c-47ad-9866-0794d394c912"),
        ("fbp", "fb.1.1596403881668.1116446470", "fb.1.1596403881668.1116446470"),
    ] {
        let field = fields().into_iter().find(|field| field.name == name).expect("a field");
        assert_eq!((field.hash, sent(&field, value).as_deref()), (Hash::None, Some(form)), "{name}");
    }
}

/// Every text field of both services.
fn fields() -> Vec<ServiceField> {
    manifest().services.into_values().flat_map(|service| service.fields).collect()
}

#[test]
fn what_is_hashed_here_is_what_the_code_takes_as_a_digest() {
    let manifest = manifest();
    let (audiences, conversions) = (include_str!("../../src/audiences.rs"), include_str!("../../src/conversions.rs"));
    let list = |code: &str, name: &str| {
        let (_, rest) = code.split_once(&format!("const {name}: &[&str] =")).expect("a list");
        let (list, _) = rest.split_once(';').expect("its end");
        list.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let hashed = |service: &str| -> Vec<String> {
        let fields = manifest.services[service].fields.iter();
        fields.filter(|field| field.hash == Hash::Sha256).map(|field| field.name.clone()).collect()
    };
    let plain = list(audiences, "PLAIN");
    for field in &manifest.services["audiences"].fields {
        let is_plain = plain.contains(&field.name) || field.name == "LOOKALIKE_VALUE";
        assert_eq!(field.hash == Hash::None, is_plain, "{}", field.name);
    }
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(hashed("conversions")), sorted(list(conversions, "HASHED")));
    let person = [list(conversions, "HASHED"), list(conversions, "PLAIN")].concat();
    let conversions = &manifest.services["conversions"];
    for name in &conversions.identifiers.any_of {
        assert!(person.contains(name), "{name}");
        assert!(conversions.custom_fields.as_ref().unwrap().names_reserved.contains(name), "{name} never goes plain");
    }
    let sources = conversions.fields.iter().find(|field| field.name == "action_source").unwrap();
    assert_eq!(sources.one_of, list(include_str!("../../src/conversions.rs"), "SOURCES"));
    assert_eq!(conversions.fields.iter().filter(|field| field.role == FieldRole::EventId).count(), 1);
}

#[test]
fn settings_and_options_are_those_that_are_read() {
    let manifest = manifest();
    let settings = jsonschema::validator_for(&manifest.settings).expect("a schema");
    for (text, good) in [
        (r#"{"ad_account_id":"act_12"}"#, true),
        (r#"{"ad_account_id":"12","pixel_id":"34","api_version":"v24.0","use_appsecret_proof":true}"#, true),
        (r#"{"ad_account_id":"account"}"#, false),
        (r#"{"pixel_id":"act_34"}"#, false),
        (r#"{"pixel_id":"34","api_version":"25"}"#, false),
        (r#"{"token":"EAAB"}"#, false),
    ] {
        assert_eq!(settings.is_valid(&text.parse().unwrap()), good, "{text}");
    }
    for (service, options, good) in [
        ("audiences", r#"{"audience":"VIP FR"}"#, true),
        ("audiences", r#"{"audience":"V","customer_file_source":"PARTNER_PROVIDED_ONLY","value_based":true}"#, true),
        ("audiences", r#"{"audience":"V","customer_file_source":"OURS"}"#, false),
        ("audiences", r#"{"audience":""}"#, false),
        ("audiences", "{}", false),
        ("conversions", r#"{"test_event_code":"TEST1","limited_data_use":true}"#, true),
        ("conversions", "{}", true),
        ("conversions", r#"{"pixel_id":"34"}"#, false),
    ] {
        let validator = jsonschema::validator_for(&manifest.services[service].options).expect("a schema");
        assert_eq!(validator.is_valid(&options.parse().unwrap()), good, "{service} {options}");
    }
    assert_eq!(manifest.settings["properties"]["api_version"]["default"], "v25.0");
    let names: Vec<&str> = manifest.pace.iter().map(|pace| pace.name.as_str()).collect();
    assert_eq!(names, ["custom-audience"]);
}
