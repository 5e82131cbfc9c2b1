use sluice_sdk::serde_json::{Value, json};
use sluice_sdk::testing::{Script, answer};
use sluice_sdk::{Membership, Rows, code};

use super::*;
use crate::Mailchimp;

fn script(status: u16, body: &str) -> Script {
    Script::new().settings(r#"{"data_center":"us6","list_id":"a1b2"}"#).answers(answer(status, body))
}

fn page_of(emails: &[&str], total: u64) -> String {
    let members: Vec<Value> = emails.iter().map(|email| json!({ "email_address": email })).collect();
    json!({ "members": members, "total_items": total }).to_string()
}

fn read(script: &Script, segment: &str, cursor: Option<&[u8]>) -> Result<MembersPage, Halt> {
    script.call(|call| Mailchimp::members(call, SegmentPlace { segment, cursor }))
}

#[test]
fn members_come_by_their_address_and_a_page_leads_to_the_next() {
    for (cursor, emails, total, next) in [
        (None, &["a@x.example", "B@x.example"][..], 3, Some("2")),
        (Some("2"), &["c@x.example"], 3, None),
        (Some("2"), &[], 2, None),
        (None, &[], 0, None),
    ] {
        let script = script(200, &page_of(emails, total));
        let page = read(&script, "49381", cursor.map(str::as_bytes)).expect("a page");
        let rows = Rows::new(&page.schema, &page.members).expect("a page is sound");
        let column = &rows.columns()[0];
        assert_eq!((0..rows.len()).filter_map(|row| column.text(row)).collect::<Vec<_>>(), emails);
        assert_eq!((column.identifier(), page.next.as_deref()), (Some("email"), next.map(str::as_bytes)));
        let offset = cursor.unwrap_or("0");
        let url = format!(
            "https://us6.api.mailchimp.com/3.0/lists/a1b2/segments/49381/members?count=1000&offset={offset}\
             &fields=members.email_address,total_items&include_cleaned=true&include_unsubscribed=true&include_transactional=true"
        );
        assert_eq!(script.requests()[0].url, url);
    }
}

#[test]
fn who_has_no_address_is_passed_over_and_keeps_their_place_in_the_count() {
    let members = r#"{"members":[{"email_address":null},{"email_address":""},{"email_address":"c@x.example"}],"total_items":4}"#;
    let page = read(&script(200, members), "7", None).expect("a page");
    assert_eq!((page.members.rows, page.next.as_deref()), (1, Some(&b"3"[..])));
}

#[test]
fn a_segment_goes_by_its_number_alone() {
    for segment in ["", "VIP", "07", "+7", "7/../8", "7?x=1", "99999999999999999999"] {
        let script = script(200, &page_of(&[], 0));
        let told = read(&script, segment, None);
        assert!(matches!(&told, Err(Halt::Missing(r)) if r.code == code::DEST_OBJECT_MISSING), "{segment}: {told:?}");
        assert_eq!(script.requests().len(), 0, "{segment}");
    }
    for cursor in [&b""[..], b"a", b"-1", b"01", b"\xff"] {
        assert!(matches!(read(&script(200, &page_of(&[], 0)), "7", Some(cursor)), Err(Halt::Contract(_))), "{cursor:?}");
    }
}

#[test]
fn a_list_that_does_not_come_whole_is_not_a_shorter_list() {
    for (status, body, wanted) in [
        (200, page_of(&[], 3).as_str(), "unavailable"),
        (200, "{}", "unavailable"),
        (200, r#"{"members":[{"id":"x"}],"total_items":1}"#, "unavailable"),
        (200, "<html>log in</html>", "unavailable"),
        (404, r#"{"title":"Resource Not Found"}"#, "missing"),
        (403, "", "throttled"),
        (429, "", "throttled"),
        (500, "", "unavailable"),
    ] {
        let told = match read(&script(status, body), "7", None) {
            Err(Halt::Unavailable(_)) => "unavailable",
            Err(Halt::Throttled(_)) => "throttled",
            Err(Halt::Missing(_)) => "missing",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, wanted, "{status} {body}");
    }
}
