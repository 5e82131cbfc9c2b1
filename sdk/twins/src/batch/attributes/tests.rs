use serde_json::json;

use super::*;

#[test]
fn the_vendors_own_attributes_have_their_forms() {
    let mail = |chars: usize| format!("{}@example.com", "x".repeat(chars - 12));
    for (key, value, good) in [
        ("$email_address", json!("lea.martin@example.com"), true),
        ("$email_address", json!(null), true),
        ("$email_address", json!(mail(128)), true),
        ("$email_address", json!(mail(129)), false),
        ("$email_address", json!("lea"), false),
        ("$email_marketing", json!("subscribed"), true),
        ("$email_marketing", json!("unsubscribed"), true),
        ("$email_marketing", json!(null), true),
        ("$email_marketing", json!("opted_in"), false),
        ("$email_marketing", json!(true), false),
        ("$sms_marketing", json!("unsubscribed"), true),
        ("$sms_marketing", json!(""), false),
        ("$phone_number", json!("+33639981337"), true),
        ("$phone_number", json!("0639981337"), false),
        ("$language", json!("fr"), true),
        ("$language", json!("FR"), false),
        ("$language", json!("fra"), false),
        ("$region", json!("FR"), true),
        ("$region", json!("fr"), false),
        ("$timezone", json!("Europe/Paris"), true),
        ("$timezone", json!("europe/paris"), false),
        ("$timezone", json!("+01:00"), false),
        ("$topic_preferences", json!(["sports", "a_1"]), true),
        ("$topic_preferences", json!({ "$add": ["sports"] }), true),
        ("$topic_preferences", json!(null), true),
        ("$topic_preferences", json!(["Sports"]), false),
        ("$topic_preferences", json!(["x".repeat(300)]), true),
        ("$topic_preferences", json!(["x".repeat(301)]), false),
        ("$topic_preferences", json!(vec!["a"; 25]), true),
        ("$topic_preferences", json!(vec!["a"; 26]), false),
        ("$topic_preferences", json!("sports"), false),
        ("$first_name", json!("Lea"), false),
        ("$", json!(null), false),
    ] {
        assert_eq!(check(key, &value).is_ok(), good, "{key}: {value}");
    }
}

#[test]
fn custom_attributes_have_a_name_and_a_type() {
    for (key, value, good) in [
        ("city", json!("Nice"), true),
        ("city", json!("é".repeat(300)), true),
        ("city", json!("x".repeat(301)), false),
        ("city", json!(""), false),
        ("points", json!(1_250), true),
        ("points", json!(12.5), true),
        ("is_vip", json!(false), true),
        ("date(last_order_at)", json!("2026-02-11T09:30:00Z"), true),
        ("date(last_order_at)", json!("2026-02-11"), false),
        ("date(last_order_at)", json!(1_770_802_200), false),
        ("date(last_order_at)", json!(null), true),
        ("url(website)", json!("https://example.com"), true),
        ("url(website)", json!("example"), false),
        ("url(website)", json!(["https://example.com"]), false),
        ("interests", json!(["trail", "yoga"]), true),
        ("interests", json!(vec!["a"; 26]), false),
        ("interests", json!(["trail", 1]), false),
        ("interests", json!({ "$add": ["trail"], "$remove": ["yoga"] }), true),
        ("address", json!({ "city": "Nice" }), false),
        ("address", json!({}), false),
        ("old_flag", json!(null), true),
        ("Old_flag", json!(null), false),
        ("old-flag", json!(1), false),
        ("date()", json!(null), false),
        ("", json!(1), false),
    ] {
        assert_eq!(check(key, &value).is_ok(), good, "{key}: {value}");
    }
}

/// "max 50 per profile of which 15 arrays": erasing takes no room.
#[test]
fn fifty_attributes_and_fifteen_arrays_are_kept() {
    let map = |singles: usize, arrays: usize, nulls: usize| -> Map<String, Value> {
        let singles = (0..singles).map(|n| (format!("s{n:02}"), json!(n)));
        let arrays = (0..arrays).map(|n| (format!("a{n:02}"), json!(["x"])));
        let nulls = (0..nulls).map(|n| (format!("n{n:02}"), Value::Null));
        let native = [("$language".to_owned(), json!("fr"))];
        singles.chain(arrays).chain(nulls).chain(native).collect()
    };
    for (singles, arrays, nulls, lost) in
        [(50, 0, 9, vec![]), (51, 0, 0, vec!["s50"]), (35, 15, 9, vec![]), (1, 16, 0, vec!["a15"]), (36, 15, 0, vec!["s35"])]
    {
        let read = Attributes::read(map(singles, arrays, nulls));
        let named: Vec<_> = lost.into_iter().map(|name| Lost::attribute(name, "too many attributes")).collect();
        assert_eq!(read.lost, named, "{singles} {arrays} {nulls}");
        assert!(read.kept.contains_key("$language"));
    }
}

#[test]
fn two_keys_of_one_name_are_seen() {
    let sent = json!({ "x": null, "date(x)": "2026-02-11T09:30:00Z", "y": 1 });
    assert_eq!(Attributes::read(sent.as_object().unwrap().clone()).twice, ["x"]);
}
