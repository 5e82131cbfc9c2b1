use sluice_sdk::PhysicalType;
use sluice_sdk::code;
use sluice_sdk::testing::{Input, Rows as Made, absent, null};

use super::*;

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn both() -> Made {
    by("email", ["a@example.com".into(), null(), "c@example.com".into(), absent()])
        .column("userId", PhysicalType::Utf8, ["u_1".into(), "u_2".into(), "".into(), null()])
        .attr("role", "identifier")
        .attr("identifier", "userId")
}

/// What each row's object begins with, or the code of the refusal.
fn written(people: &People<'_>, rows: usize, creates: bool) -> Vec<String> {
    let object = |row| {
        let mut body = Writer::default();
        body.begin_object();
        match people.write(&mut body, row, creates) {
            Ok(()) => body.end_object(),
            Err(reason) => return reason.code,
        }
        String::from_utf8(body.into_bytes()).expect("JSON is UTF-8")
    };
    (0..rows).map(object).collect()
}

#[test]
fn the_projects_type_decides_which_identifiers_may_be_mapped() {
    use ProjectType::{Email, Hybrid, UserId};
    let one = |name: &str| by(name, ["x@example.com".into()]);
    for (made, project, legal) in [
        (one("email"), Email, true),
        (one("userId"), Email, true),
        (both(), Email, false),
        (one("email"), UserId, false),
        (one("userId"), UserId, true),
        (both(), UserId, false),
        (one("email"), Hybrid, true),
        (one("userId"), Hybrid, true),
        (both(), Hybrid, true),
        (one("phone"), Hybrid, false),
        (Made::new().column("plan", PhysicalType::Utf8, ["gold".into()]), Hybrid, false),
    ] {
        let told = People::of(&made.view(), project);
        assert!(matches!(&told, Err(Halt::Config(_))) != legal, "{project:?}: {told:?}");
        assert!(told.is_ok() == legal, "{project:?}: {told:?}");
    }
}

#[test]
fn hybrid_projects_get_both_identifiers_where_both_are_known_and_the_others_exactly_one() {
    let made = both();
    let rows = made.view();
    let hybrid = People::of(&rows, ProjectType::Hybrid).expect("two");
    let wanted =
        [r#"{"email":"a@example.com","userId":"u_1"}"#, r#"{"userId":"u_2"}"#, r#"{"email":"c@example.com"}"#, code::NO_IDENTIFIER];
    assert_eq!(written(&hybrid, 4, true), wanted);
    let leave = People::who_leave(&rows, ProjectType::Email).expect("who was there under either");
    let wanted = [r#"{"email":"a@example.com"}"#, r#"{"userId":"u_2"}"#, r#"{"email":"c@example.com"}"#, code::NO_IDENTIFIER];
    assert_eq!(written(&leave, 4, false), wanted);
}

#[test]
fn a_user_may_begin_as_an_id_in_a_project_of_addresses_only_when_users_are_made() {
    let made = by("userId", ["u_1".into()]);
    let rows = made.view();
    for (project, creates, wanted) in [
        (ProjectType::Email, true, r#"{"userId":"u_1","preferUserId":true}"#),
        (ProjectType::Email, false, r#"{"userId":"u_1"}"#),
        (ProjectType::UserId, true, r#"{"userId":"u_1"}"#),
        (ProjectType::Hybrid, true, r#"{"userId":"u_1"}"#),
    ] {
        assert_eq!(written(&People::of(&rows, project).expect("an id"), 1, creates), [wanted], "{project:?}");
    }
}

#[test]
fn malformed_identifiers_are_refused_before_they_are_sent() {
    for (kind, value, good) in [
        (Kind::Email, "a@b", true),
        (Kind::Email, "o'neil+x/y@example.com", true),
        (Kind::Email, "zoë@exämple.com", true),
        (Kind::Email, "bad@", false),
        (Kind::Email, "@example.com", false),
        (Kind::Email, "nobody", false),
        (Kind::Email, "a b@example.com", false),
        (Kind::Email, "a@example.com\u{a0}", false),
        (Kind::Email, "a\u{7f}@example.com", false),
        (Kind::UserId, " ~C-1", true),
        (Kind::UserId, "C-1 ", false),
        (Kind::UserId, "C\t1", false),
        (Kind::UserId, "C\u{7f}", false),
        (Kind::UserId, "é", false),
        // 52 is inferred, so a longer one is Iterable's to refuse.
        (Kind::UserId, "012345678901234567890123456789012345678901234567890123", true),
    ] {
        let known = KNOWN.iter().find(|known| known.kind == kind).expect("one of them");
        assert_eq!(known.check(value).is_ok(), good, "{kind:?} {value:?}");
    }
    let made = both();
    let rows = made.view();
    assert_eq!(
        People::of(&rows, ProjectType::Hybrid).expect("two").named(3).map(|_| ()).unwrap_err().field.as_deref(),
        Some("email")
    );
    let bad = by("userId", ["é".into()]);
    let reason = People::of(&bad.view(), ProjectType::UserId).expect("an id").named(0).map(|_| ()).expect_err("not ASCII");
    assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::BAD_FORMAT, Some("userId")));
    assert!(!reason.message.contains('é'), "no value of a row in our words");
}
