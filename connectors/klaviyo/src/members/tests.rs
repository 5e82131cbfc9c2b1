use sluice_sdk::testing::{Script, answer};
use sluice_sdk::{Membership, Rows, code};

use super::*;
use crate::Klaviyo;

const PAGE: &str = r#"{"data":[
    {"type":"profile","id":"01A","attributes":{"email":"a@x.example","phone_number":"+33612345678","external_id":"C-1"},"links":{"self":""}},
    {"type":"profile","id":"01B","attributes":{"email":null,"external_id":"C-2"}}
  ],"links":{"self":"x","next":NEXT}}"#;

fn page(next: &str) -> String {
    PAGE.replace("NEXT", next)
}

fn read(script: &Script, segment: &str, cursor: Option<&[u8]>) -> Result<MembersPage, Halt> {
    script.call(|call| Klaviyo::members(call, SegmentPlace { segment, cursor }))
}

#[test]
fn members_come_by_every_identifier_and_the_next_page_is_where_its_link_says() {
    let link = "https://a.klaviyo.com/api/segments/Y6nRLr/profiles?page%5Bcursor%5D=bmV4dA";
    let script = Script::new().answers(answer(200, &page(&format!("\"{link}\"")))).answers(answer(200, &page("null")));
    let first = read(&script, "Y6nRLr", None).expect("a segment");
    let rows = Rows::new(&first.schema, &first.members).expect("a page is sound");
    let texts: Vec<Vec<Option<&str>>> = (0..2).map(|row| rows.columns().iter().map(|c| c.text(row)).collect()).collect();
    assert_eq!(
        rows.columns().iter().filter_map(|c| c.identifier()).collect::<Vec<_>>(),
        ["id", "email", "phone_number", "external_id"]
    );
    assert_eq!(texts[0], [Some("01A"), Some("a@x.example"), Some("+33612345678"), Some("C-1")]);
    assert_eq!(texts[1], [Some("01B"), None, None, Some("C-2")]);
    assert_eq!(first.next.as_deref(), Some(link.as_bytes()));
    assert_eq!(read(&script, "Y6nRLr", first.next.as_deref()).expect("the last page").next, None);
    let urls: Vec<String> = script.requests().into_iter().map(|r| r.url).collect();
    assert_eq!(urls, [format!("https://a.klaviyo.com/api/segments/Y6nRLr/profiles?{QUERY}"), link.to_owned()]);
}

#[test]
fn what_is_no_segment_may_be_a_list_and_what_is_neither_is_missing() {
    let list = Script::new().answers(answer(404, "{}")).answers(answer(200, &page("null")));
    assert_eq!(read(&list, "Y6nRLr", None).expect("a list").members.rows, 2);
    assert!(list.requests()[1].url.starts_with("https://a.klaviyo.com/api/lists/Y6nRLr/profiles?"));
    let neither = Script::new().answers(answer(404, "{}")).answers(answer(404, "{}"));
    assert!(matches!(read(&neither, "Y6nRLr", None), Err(Halt::Missing(_))));
    for id in ["", "a/b", "a?b", "Y6nRLr/profiles", "é"] {
        let script = Script::new();
        let told = read(&script, id, None);
        assert!(matches!(&told, Err(Halt::Missing(r)) if r.code == code::DEST_OBJECT_MISSING), "{id}: {told:?}");
        assert_eq!(script.requests().len(), 0, "{id}");
    }
}

#[test]
fn what_is_no_page_of_members_is_not_the_end_of_them() {
    for (reply, wanted) in [
        (answer(200, "<html>log in</html>"), "unavailable"),
        (answer(200, r#"{"data":[]}"#), "unavailable"),
        (answer(200, "{}"), "unavailable"),
        (answer(503, ""), "unavailable"),
        (answer(429, "{}").with_header("Retry-After", "7"), "throttled"),
        (answer(401, "{}"), "auth"),
    ] {
        let told = match read(&Script::new().answers(reply), "Y6nRLr", None) {
            Err(Halt::Unavailable(_)) => "unavailable",
            Err(Halt::Throttled(reason)) if reason.after_ms == Some(7000) => "throttled",
            Err(Halt::Auth(_)) => "auth",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, wanted);
    }
    for cursor in [&b"https://evil.example/api/x"[..], b"https://a.klaviyo.com/apix", b"\xff", b""] {
        let script = Script::new();
        assert!(read(&script, "Y6nRLr", Some(cursor)).is_err());
        assert_eq!(script.requests().len(), 0, "{cursor:?}");
    }
}
