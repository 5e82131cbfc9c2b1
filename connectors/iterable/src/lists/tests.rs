use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer};
use sluice_sdk::{Destination, Outcome, PhysicalType, code};

use super::*;
use crate::Iterable;

const FINE: &str = r#"{"successCount":1,"failCount":0}"#;

fn script(project: &str, create_users: bool) -> Script {
    let settings = format!(r#"{{"data_center":"US","project_type":"{project}"}}"#);
    let options = format!(r#"{{"list":"VIP FR","create_users":{create_users}}}"#);
    Script::new().service("lists").mode("list").settings(&settings).options(&options).keep(b"1068689")
}

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn lists(all: &[(i64, &str, &str)]) -> String {
    let list = |(id, name, kind): &(i64, &str, &str)| json!({ "id": id, "name": name, "listType": kind, "createdAt": 1 });
    json!({ "lists": all.iter().map(list).collect::<Vec<_>>() }).to_string()
}

#[test]
fn a_list_is_found_by_its_name_or_made_once() {
    let found = script("email", false).answers(answer(200, &lists(&[(7, "VIP", "Standard"), (8, "VIP FR", "Standard")])));
    assert_eq!(found.call(Iterable::setup), Ok(b"8".to_vec()));
    assert_eq!(found.requests().len(), 1);

    let made = script("email", false).answers(answer(200, &lists(&[]))).answers(answer(200, r#"{"listId":1068689}"#));
    assert_eq!(made.call(Iterable::setup), Ok(b"1068689".to_vec()));
    let asked = &made.requests()[1];
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("POST", "https://api.iterable.com/api/lists"));
    assert_eq!(asked.effect, Effect::Once, "a repeat would make a second one");
    assert_eq!(made.bodies()[1]["name"], "VIP FR");
}

#[test]
fn a_name_that_is_no_one_static_list_is_the_operators_to_mend() {
    for all in [vec![(7, "VIP FR", "Standard"), (8, "VIP FR", "Standard")], vec![(7, "VIP FR", "Dynamic")]] {
        let script = script("email", false).answers(answer(200, &lists(&all)));
        let told = script.call(Iterable::setup);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("list")), "{told:?}");
        assert_eq!(script.requests().len(), 1, "nothing is made");
    }
    // Beside a static list of the name, one of another type does no harm.
    let script = script("email", false).answers(answer(200, &lists(&[(7, "VIP FR", "Dynamic"), (8, "VIP FR", "Standard")])));
    assert_eq!(script.call(Iterable::setup), Ok(b"8".to_vec()));
}

#[test]
fn attributes_need_a_list_only_for_update_only_and_only_where_the_projects_type_respects_it() {
    for (mode, project, needs) in [
        ("upsert", "hybrid", false),
        ("update-only", "email", false),
        ("update-only", "userId", true),
        ("update-only", "hybrid", true),
    ] {
        let settings = format!(r#"{{"data_center":"US","project_type":"{project}"}}"#);
        let script = Script::new().service("attributes").mode(mode).settings(&settings);
        let script = script.answers(answer(200, &lists(&[(5, "Sluice: known users", "Standard")])));
        let wanted = if needs { b"5".to_vec() } else { Vec::new() };
        assert_eq!((script.call(Iterable::setup), script.requests().len()), (Ok(wanted), usize::from(needs)), "{mode} {project}");
    }
}

#[test]
fn members_are_added_without_making_users_unless_somebody_says_so() {
    let made = || by("userId", ["u_1042".into()]).column("tier", PhysicalType::Utf8, ["gold".into()]);
    for create_users in [false, true] {
        let script = script("hybrid", create_users).answers(answer(200, FINE));
        let told = script.rows(Operation::Add, &made(), Iterable::write).expect("sent");
        assert_eq!(told.receipt.all, Outcome::Accepted);
        let member = json!({ "userId": "u_1042", "mergeNestedObjects": false, "dataFields": { "tier": "gold" } });
        let body = json!({ "listId": 1_068_689, "updateExistingUsersOnly": !create_users, "subscribers": [member] });
        assert_eq!(script.bodies(), [body]);
    }
}

#[test]
fn in_a_project_by_address_members_are_asked_after_unless_they_may_be_made() {
    let made = || by("email", ["a@example.com".into(), "new@example.com".into()]);
    let asks = script("email", false)
        .answers(answer(200, r#"{"user":{"email":"a@example.com"}}"#))
        .answers(answer(200, r#"{"user":{}}"#))
        .answers(answer(200, FINE));
    let told = asks.rows(Operation::Add, &made(), Iterable::write).expect("sent");
    let [(1, Outcome::Skipped(reason))] = &told.receipt.except[..] else { panic!("{told:?}") };
    assert_eq!(reason.code, code::NOT_FOUND_IN_DESTINATION);
    assert_eq!(asks.bodies()[2]["subscribers"], json!([{ "email": "a@example.com" }]));

    let makes = script("email", true).answers(answer(200, FINE));
    makes.rows(Operation::Add, &made(), Iterable::write).expect("sent");
    assert_eq!(makes.bodies()[0]["subscribers"], json!([{ "email": "a@example.com" }, { "email": "new@example.com" }]));
}

#[test]
fn a_removal_never_leaves_the_channel_and_who_is_not_there_has_left() {
    let reply = r#"{"successCount":1,"failCount":1,"failedUpdates":{"notFoundEmails":["GONE@example.com"]}}"#;
    let script = script("email", false).answers(answer(200, reply));
    let made = by("email", ["a@example.com".into(), "gone@example.com".into(), absent()])
        .column("userId", PhysicalType::Utf8, [absent(), absent(), "u_3".into()])
        .attr("role", "identifier")
        .attr("identifier", "userId");
    let told = script.rows(Operation::Remove, &made, Iterable::write).expect("sent");
    assert_eq!((&told.receipt.all, told.receipt.except.len(), told.receipt.unnamed), (&Outcome::Accepted, 0, 0));
    let leavers = json!([{ "email": "a@example.com" }, { "email": "gone@example.com" }, { "userId": "u_3" }]);
    assert_eq!(script.bodies(), [json!({ "listId": 1_068_689, "channelUnsubscribe": false, "subscribers": leavers })]);
    assert_eq!(script.requests().len(), 1, "nobody is asked after who leaves");
}

#[test]
fn a_list_that_is_not_made_yet_is_shown_as_zero_and_a_strange_one_is_not_written_to() {
    let made = by("userId", ["u_1".into()]);
    let dry = script("userId", false).keep(b"").answers(answer(200, FINE));
    dry.rows(Operation::Add, &made, Iterable::write).expect("sent");
    assert_eq!(dry.bodies()[0]["listId"], 0);
    let told = script("userId", false).keep(b"seven").rows(Operation::Add, &made, Iterable::write);
    assert!(matches!(told, Err(Halt::Contract(_))), "{told:?}");
}

#[test]
fn the_check_asks_for_the_lists_and_tells_a_wrong_key_from_one_of_another_type() {
    let fine = script("email", false).answers(answer(200, &lists(&[])));
    assert!(fine.call(Iterable::check).expect("connected").contains(r#""ok":true"#));
    let check =
        |status, body: &str| script("email", false).answers(answer(status, body)).call(Iterable::check).expect_err("no connection");
    for body in [r#"{"code":"BadApiKey","msg":""}"#, r#"{"code":"Unauthorized","msg":""}"#, ""] {
        assert!(matches!(check(401, body), Halt::Auth(_)), "{body}");
    }
    let permission = check(403, r#"{"code":"Forbidden","msg":""}"#);
    assert!(
        matches!(&permission, Halt::Config(r) if r.code == code::DEST_PERMISSION && r.message.contains("server-side")),
        "{permission:?}"
    );
    assert!(matches!(check(200, "<html>log in</html>"), Halt::Unavailable(_)));
    assert!(matches!(check(200, r#"{"lists":7}"#), Halt::Unavailable(_)));
    assert!(matches!(check(503, "Request timeout. Try again later."), Halt::Unavailable(_)));
}
