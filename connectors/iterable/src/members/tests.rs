use sluice_sdk::testing::{Answer, Script, answer};
use sluice_sdk::{Membership, Rows, code};

use super::*;
use crate::Iterable;

const LISTS: &str = r#"{"lists":[{"id":7,"name":"VIP","listType":"Dynamic","createdAt":1}]}"#;

fn script(project: &str, members: Answer) -> Script {
    let settings = format!(r#"{{"data_center":"US","project_type":"{project}"}}"#);
    Script::new().settings(&settings).answers(answer(200, LISTS)).answers(members)
}

fn read(script: &Script, segment: &str) -> Result<MembersPage, Halt> {
    script.call(|call| Iterable::members(call, SegmentPlace { segment, cursor: None }))
}

fn texts(page: &MembersPage) -> Vec<String> {
    let rows = Rows::new(&page.schema, &page.members).expect("a page is sound");
    let of = |row| rows.columns().iter().filter_map(move |c| Some(format!("{} {}", c.identifier()?, c.text(row)?)));
    (0..rows.len()).flat_map(of).collect()
}

#[test]
fn members_come_by_the_identifier_of_the_projects_type() {
    for (project, prefers, wanted) in [
        ("email", false, ["email a@example.com", "email u_2"]),
        ("userId", true, ["userId a@example.com", "userId u_2"]),
        ("hybrid", true, ["email a@example.com", "userId u_2"]),
    ] {
        let script = script(project, answer(200, "a@example.com\nu_2\n").with_header("content-type", "text/plain"));
        let page = read(&script, "7").expect("a list");
        assert_eq!((texts(&page), page.next), (wanted.map(str::to_owned).to_vec(), None), "{project}");
        let asked = format!("https://api.iterable.com/api/lists/getUsers?listId=7&preferUserId={prefers}");
        assert_eq!(script.requests()[1].url, asked);
        assert_eq!(script.requests()[1].pace, ["list-members"]);
    }
}

#[test]
fn a_list_that_is_not_there_is_missing_and_not_asked_for() {
    for segment in ["8", "", "VIP", "07", "+7", "7&x=1", "99999999999999999999"] {
        let script = script("email", answer(200, ""));
        let told = read(&script, segment);
        assert!(matches!(&told, Err(Halt::Missing(r)) if r.code == code::DEST_OBJECT_MISSING), "{segment}: {told:?}");
        assert!(script.requests().iter().all(|r| r.url.ends_with("/api/lists")), "{segment}");
    }
}

#[test]
fn a_list_that_does_not_come_whole_is_not_a_shorter_list() {
    for (reply, wanted) in [
        (answer(503, "Request timeout. Try again later."), "unavailable"),
        (answer(200, "<html>log in</html>").with_header("content-type", "text/html"), "unavailable"),
        (answer(429, r#"{"code":"RateLimitExceeded","msg":""}"#), "throttled"),
        (answer(401, r#"{"code":"BadApiKey","msg":""}"#), "auth"),
    ] {
        let told = match read(&script("email", reply), "7") {
            Err(Halt::Unavailable(_)) => "unavailable",
            Err(Halt::Throttled(_)) => "throttled",
            Err(Halt::Auth(_)) => "auth",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, wanted);
    }
    let script = Script::new().settings(r#"{"data_center":"US","project_type":"email"}"#);
    let told = script.call(|call| Iterable::members(call, SegmentPlace { segment: "7", cursor: Some(b"elsewhere") }));
    assert!(matches!(told, Err(Halt::Contract(_))), "{told:?}");
}
