use sluice_sdk::testing::{Input, Rows as Made, Script, answer};
use sluice_sdk::{PhysicalType, code};

use super::*;
use crate::wire::PROFILES;

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn asked(script: &Script, made: &Made) -> Result<BTreeMap<u32, String>, Halt> {
    let rows = made.view();
    let people = People::of(&rows)?;
    script.call(|call| ids(call, &people, PROFILES, "profiles"))
}

const NOBODY: &str = r#"{"data":[],"links":{"self":"x","next":null}}"#;

#[test]
fn a_hundred_values_go_into_a_question_and_a_long_one_ends_earlier() {
    let many = by("email", (0..=VALUES_MAX).map(|n| Input::Text(format!("{n}@x.example"))));
    let script = Script::new().answers(answer(200, NOBODY)).answers(answer(200, NOBODY));
    assert_eq!(asked(&script, &many), Ok(BTreeMap::new()));
    let urls: Vec<String> = script.requests().into_iter().map(|r| r.url).collect();
    let counts: Vec<usize> = urls.iter().map(|url| url.matches("%40x.example").count()).collect();
    assert_eq!(counts, [VALUES_MAX, 1]);
    let head = "https://a.klaviyo.com/api/profiles?fields[profile]=email,phone_number,external_id&page[size]=100&filter=any%28email%2C%5B%22";
    assert!(urls.iter().all(|url| url.starts_with(head) && url.ends_with("%22%5D%29")), "{urls:?}");
    let long = by("external_id", (0..VALUES_MAX).map(|n| Input::Text(format!("{n:>0250}"))));
    let script = (0..4).fold(Script::new(), |script, _| script.answers(answer(200, NOBODY)));
    assert!(asked(&script, &long).is_ok());
    assert!(script.requests().len() == 4 && script.requests().iter().all(|r| r.url.len() < VALUES_BYTES_MAX + 200));
}

#[test]
fn a_value_cannot_leave_its_question() {
    let script = Script::new().answers(answer(200, NOBODY));
    asked(&script, &by("external_id", [r#"a","b]&x=1"#.into()])).expect("asked");
    assert!(script.requests()[0].url.ends_with("filter=any%28external_id%2C%5B%22a%5C%22%2C%5C%22b%5D%26x%3D1%22%5D%29"));
}

#[test]
fn a_profile_is_every_row_that_goes_by_one_of_its_names_and_pages_are_followed() {
    let link = "https://a.klaviyo.com/api/profiles?page%5Bcursor%5D=n";
    let first = format!(
        r#"{{"data":[{{"type":"profile","id":"01A","attributes":{{"email":"a@x.example"}}}}],"links":{{"next":"{link}"}}}}"#
    );
    let second =
        r#"{"data":[{"type":"profile","id":"01B","attributes":{"email":"b@x.example","external_id":"a@x.example"}}],"links":{}}"#;
    let script = Script::new().answers(answer(200, &first)).answers(answer(200, second));
    let made = by("email", ["a@x.example".into(), "z@x.example".into(), "b@x.example".into(), "A@x.example".into(), "".into()]);
    let wanted = [(0, "01A"), (2, "01B"), (3, "01A")].map(|(row, id)| (row, id.to_owned()));
    assert_eq!(asked(&script, &made), Ok(BTreeMap::from(wanted)));
    assert_eq!(script.requests()[1].url, link);
    let rows = made.view();
    let people = People::of(&rows).expect("one");
    let strange = strangers(&people, &asked(&Script::new().answers(answer(200, second)), &made).expect("asked"), Outcome::Accepted);
    assert_eq!(strange.keys().copied().collect::<Vec<_>>(), [0, 1, 3, 4]);
    assert!(matches!(&strange[&4], Outcome::Rejected(r) if r.code == code::NO_IDENTIFIER), "nobody is not a stranger");
}

#[test]
fn a_link_out_of_the_api_and_an_answer_without_end_are_not_followed() {
    let page = |next: &str| format!(r#"{{"data":[],"links":{{"next":"{next}"}}}}"#);
    let made = || by("email", ["a@x.example".into()]);
    for link in ["https://evil.example/api/profiles", "http://a.klaviyo.com/api/profiles", "https://a.klaviyo.com/api"] {
        let script = Script::new().answers(answer(200, &page(link)));
        let told = asked(&script, &made());
        assert!(matches!(&told, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{link}: {told:?}");
        assert_eq!(script.requests().len(), 1, "{link}");
    }
    let again = page("https://a.klaviyo.com/api/profiles?x=1");
    let script = (0..200).fold(Script::new(), |script, _| script.answers(answer(200, &again)));
    assert!(matches!(asked(&script, &made()), Err(Halt::Unavailable(_))));
}
