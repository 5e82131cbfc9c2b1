use sluice_sdk::testing::{Input, Rows as Made, absent, null};

use super::*;

/// What a row's attributes are, or the code of the refusal and the field.
fn written(place: Place, made: &Made, urls: &[&str]) -> Vec<String> {
    let rows = made.view();
    let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
    let attributes = Attributes::of(place, rows.columns().iter().copied(), &urls).expect("names of Batch's");
    let object = |row| {
        if let Err(reason) = attributes.check(row) {
            return format!("{} {}", reason.code, reason.field.unwrap_or_default());
        }
        let mut body = Writer::default();
        body.begin_object();
        attributes.write(&mut body, &[row as u32]);
        body.end_object();
        String::from_utf8(body.into_bytes()).expect("JSON is UTF-8")
    };
    (0..rows.len()).map(object).collect()
}

fn one(place: Place, name: &str, ty: PhysicalType, value: impl Into<Input>) -> String {
    written(place, &Made::new().column(name, ty, [value.into()]), if place == Place::App { &[] } else { &["site"] }).remove(0)
}

#[test]
fn the_type_stands_around_the_name() {
    use PhysicalType::{Date32, Int64, Json, TimestampMicros, Utf8};
    for (place, name, ty, value, wanted) in [
        (Place::Profile, "birthdate", Date32, Input::Int(7_140), r#"{"date(birthdate)":"1989-07-20T00:00:00Z"}"#),
        (Place::Profile, "seen", TimestampMicros, Input::Int(1_500), r#"{"date(seen)":"1970-01-01T00:00:00.001500Z"}"#),
        (Place::Profile, "site", Utf8, "https://x.example".into(), r#"{"url(site)":"https://x.example"}"#),
        (Place::Profile, "site", Int64, Input::Int(7), r#"{"site":7}"#),
        (Place::Event, "site", Utf8, "https://x.example".into(), r#"{"url(site)":"https://x.example"}"#),
        (Place::App, "city", Utf8, "Nice".into(), r#"{"u.city":"Nice"}"#),
        (Place::App, "last", Date32, Input::Int(0), r#"{"date(u.last)":"1970-01-01T00:00:00Z"}"#),
        (Place::App, "tags", Json, r#"["a"]"#.into(), r#"{"ut.tags":["a"]}"#),
    ] {
        assert_eq!(one(place, name, ty, value), wanted);
    }
}

#[test]
fn null_erases_but_for_events_which_have_none() {
    let made = || Made::new().column("city", PhysicalType::Utf8, [null(), absent(), "Nice".into()]);
    assert_eq!(written(Place::Profile, &made(), &[]), [r#"{"city":null}"#, "{}", r#"{"city":"Nice"}"#]);
    assert_eq!(written(Place::App, &made(), &[]), [r#"{"u.city":null}"#, "{}", r#"{"u.city":"Nice"}"#]);
    assert_eq!(written(Place::Event, &made(), &[]), ["{}", "{}", r#"{"city":"Nice"}"#]);
}

#[test]
fn texts_have_one_character_at_least_and_so_many_at_most() {
    for (place, name, chars_max) in [
        (Place::Profile, "city", 300),
        (Place::Profile, "site", 2_048),
        (Place::Profile, "$email_address", 128),
        (Place::Event, "city", 300),
        (Place::Event, "$label", 200),
        (Place::App, "city", 64),
        (Place::App, "site", 64),
    ] {
        let of = |chars: usize| one(place, name, PhysicalType::Utf8, Input::Text("é".repeat(chars)));
        assert!(of(1).starts_with('{') && of(chars_max).starts_with('{'), "{place:?} {name}");
        assert_eq!(of(chars_max + 1), format!("too-long {name}"), "{place:?}");
        assert_eq!(of(0), format!("bad-format {name}"), "{place:?}");
    }
}

#[test]
fn numbers_are_finite_and_bytes_have_no_type() {
    for number in [f64::NAN, f64::INFINITY] {
        assert_eq!(one(Place::Profile, "score", PhysicalType::Float64, number), "bad-format score");
    }
    assert_eq!(one(Place::Profile, "score", PhysicalType::Float64, -0.5), r#"{"score":-0.5}"#);
    assert_eq!(one(Place::Profile, "blob", PhysicalType::Binary, "x"), "bad-format blob");
}

#[test]
fn what_batch_has_a_form_for_has_that_form() {
    for (name, value, good) in [
        ("$email_marketing", "subscribed", true),
        ("$email_marketing", "Subscribed", false),
        ("$sms_marketing", "unsubscribed", true),
        ("$sms_marketing", "reset", false),
        ("$phone_number", "+33639981337", true),
        ("$phone_number", "0639981337", false),
        ("$phone_number", "+33 639981337", false),
        ("$phone_number", "+1234567", true),
        ("$phone_number", "+123456", false),
        ("$phone_number", "+1234567890123456", false),
        ("$language", "fr", true),
        ("$language", "FR", false),
        ("$language", "fra", false),
        ("$region", "FR", true),
        ("$region", "fr", false),
        ("$region", "É", false),
        ("$timezone", "Europe/Paris", true),
        ("$timezone", "", false),
    ] {
        let told = one(Place::Profile, name, PhysicalType::Utf8, value);
        assert_eq!(told.starts_with('{'), good, "{name} {value}: {told}");
        assert!(good || told == format!("bad-format {name}"), "{told}");
    }
}

#[test]
fn lists_are_of_texts_whole_or_as_changes() {
    let items = |count: usize, item: &str| format!("[{}]", vec![format!("\"{item}\""); count].join(","));
    let long = |chars: usize| items(1, &"x".repeat(chars));
    for (place, name, json, good) in [
        (Place::Profile, "tags", items(25, "a"), true),
        (Place::Profile, "tags", items(26, "a"), false),
        (Place::Profile, "tags", items(0, ""), true),
        (Place::Profile, "tags", long(300), true),
        (Place::Profile, "tags", long(301), false),
        (Place::Profile, "tags", items(1, ""), false),
        (Place::Profile, "tags", r#"{"$add":["a"],"$remove":["b"]}"#.into(), true),
        (Place::Profile, "tags", r#"{"$add":["a"]}"#.into(), true),
        (Place::Profile, "tags", "{}".into(), false),
        (Place::Profile, "tags", r#"{"$set":["a"]}"#.into(), false),
        (Place::Profile, "tags", r#"{"$add":["a"],"x":1}"#.into(), false),
        (Place::Profile, "tags", format!(r#"{{"$remove":{}}}"#, items(26, "a")), false),
        (Place::Profile, "tags", "[1]".into(), false),
        (Place::Profile, "tags", r#""a""#.into(), false),
        (Place::Profile, "tags", "null".into(), false),
        (Place::Profile, "tags", r#"["a"],"x":["b"]"#.into(), false),
        (Place::Profile, "$topic_preferences", items(25, "news_2"), true),
        (Place::Profile, "$topic_preferences", items(1, "News"), false),
        (Place::App, "tags", items(50, "a"), true),
        (Place::App, "tags", items(51, "a"), false),
        (Place::App, "tags", long(64), true),
        (Place::App, "tags", long(65), false),
        (Place::Event, "$tags", items(10, "a"), true),
        (Place::Event, "$tags", items(11, "a"), false),
        (Place::Event, "$tags", long(64), true),
        (Place::Event, "$tags", long(65), false),
    ] {
        let told = one(place, name, PhysicalType::Json, json.as_str());
        assert_eq!(told.starts_with('{'), good, "{place:?} {name} {json}: {told}");
    }
}

#[test]
fn events_hold_objects_and_lists_of_one_kind_and_nothing_null() {
    let items = |count: usize| format!("[{}]", vec![r#""a""#; count].join(","));
    let long = |name: &str, chars: usize| format!(r#"{{"{name}":"{}"}}"#, "x".repeat(chars));
    for (json, good) in [
        (r#"{"zip":75003,"city":"Paris","new":true}"#.to_owned(), true),
        (r#"[{"sku":"TS-1","qty":2},{"sku":"TS-2"}]"#.into(), true),
        (r#"[{"sku":"TS-1"},"a"]"#.into(), false),
        ("[1]".into(), false),
        ("[]".into(), true),
        (items(25), true),
        (items(26), false),
        (r#"{"a":null}"#.into(), false),
        ("null".into(), false),
        (r#"{"a":{"b":{"c":1}}}"#.into(), true),
        (r#"{"a":{"b":{"c":{}}}}"#.into(), false),
        (r#"[{"a":[{"b":[{"c":1}]}]}]"#.into(), true),
        (r#"{"Zip":1}"#.into(), false),
        (r#"{"date(at)":"2026-01-01T00:00:00Z"}"#.into(), true),
        (r#"{"date(At)":"2026-01-01T00:00:00Z"}"#.into(), false),
        (r#"{"a":""}"#.into(), false),
        (long("a", 300), true),
        (long("a", 301), false),
        (long("url(a)", 2_048), true),
        (long("url(a)", 2_049), false),
        ("{".into(), false),
    ] {
        let told = one(Place::Event, "it", PhysicalType::Json, json.as_str());
        assert_eq!(told.starts_with('{'), good, "{json}: {told}");
    }
}

fn halts(place: Place, columns: &[(&str, PhysicalType)]) -> bool {
    let made = columns.iter().fold(Made::new(), |made, (name, ty)| made.column(name, *ty, [absent()]));
    let told = Attributes::of(place, made.view().columns().iter().copied(), &[]);
    assert!(!matches!(&told, Err(halt) if !matches!(halt, Halt::Config(r) if r.code == code::DEST_CONFIG)), "{told:?}");
    told.is_err()
}

#[test]
fn a_name_that_is_not_batchs_is_the_operators_to_mend() {
    let longest = "a".repeat(30);
    let too_long = "a".repeat(31);
    for (place, name, refused) in [
        (Place::Profile, "loyalty_points_2", false),
        (Place::Profile, longest.as_str(), false),
        (Place::Profile, too_long.as_str(), true),
        (Place::Profile, "Loyalty", true),
        (Place::Profile, "date(x)", true),
        (Place::Profile, "", true),
        (Place::Profile, "$label", true),
        (Place::Event, "$label", false),
        (Place::Event, "$email_address", true),
        (Place::App, "$timezone", true),
        (Place::App, "u.city", true),
    ] {
        assert_eq!(halts(place, &[(name, PhysicalType::Utf8)]), refused, "{place:?} {name}");
    }
}

#[test]
fn not_more_attributes_than_batch_keeps() {
    let names: Vec<String> = (0..51).map(|n| format!("a{n}")).collect();
    let some = |count: usize, ty: PhysicalType| names[..count].iter().map(|name| (name.as_str(), ty)).collect::<Vec<_>>();
    for (place, ty, last) in
        [(Place::Profile, PhysicalType::Utf8, 50), (Place::Profile, PhysicalType::Json, 15), (Place::Event, PhysicalType::Json, 20)]
    {
        assert!(!halts(place, &some(last, ty)) && halts(place, &some(last + 1, ty)), "{place:?} {last}");
    }
    assert!(!halts(Place::App, &some(51, PhysicalType::Json)), "no page says");
    let mut with_native = some(50, PhysicalType::Utf8);
    with_native.push(("$timezone", PhysicalType::Utf8));
    assert!(!halts(Place::Profile, &with_native));
}
