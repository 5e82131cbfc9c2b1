use sluice_sdk::Rows;
use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Script, answer};

use super::*;

fn list(object: &str) -> String {
    json!({ "list": { "listId": "42", "processingType": "DYNAMIC", "objectTypeId": object } }).to_string()
}

/// The members of a page, as `id address`.
fn texts(page: &MembersPage) -> Vec<String> {
    let rows = Rows::new(&page.schema, &page.members).expect("a page is sound");
    let text = |row: usize, name: &str| rows.column(name).and_then(|column| column.text(row)).unwrap_or_default().to_owned();
    (0..rows.len()).map(|row| format!("{} {}", text(row, "hs_object_id"), text(row, "email"))).collect()
}

fn asked(script: &Script, cursor: Option<&[u8]>) -> Result<MembersPage, Halt> {
    script.call(|call| page(call, SegmentPlace { segment: "42", cursor }))
}

#[test]
fn members_come_by_id_and_address_page_by_page() {
    let members = json!({ "results": [{ "recordId": "101" }, { "recordId": "102" }, { "recordId": "103" }], "paging": { "next": { "after": "M=1" } } });
    let records = json!({ "results": [{ "id": "101", "properties": { "email": "a@x" } }, { "id": "102", "properties": { "email": null } }],
        "errors": [{ "category": "OBJECT_NOT_FOUND", "context": { "ids": ["103"] } }], "numErrors": 1 });
    let script = Script::new()
        .answers(answer(200, &list("0-1")))
        .answers(answer(200, &members.to_string()))
        .answers(answer(207, &records.to_string()));
    let first = asked(&script, None).expect("a page");
    assert_eq!(
        (texts(&first), first.next.as_deref()),
        (vec!["101 a@x".to_owned(), "102 ".to_owned(), "103 ".to_owned()], Some(&b"M=1"[..]))
    );
    let urls: Vec<String> = script.requests().into_iter().map(|request| request.url).collect();
    assert_eq!(
        urls[..2],
        ["https://api.hubapi.com/crm/lists/2026-03/42", "https://api.hubapi.com/crm/lists/2026-03/42/memberships?limit=250"]
    );
    assert_eq!(
        script.bodies()[2],
        json!({ "properties": ["email"], "inputs": [{ "id": "101" }, { "id": "102" }, { "id": "103" }] })
    );

    let last = Script::new().answers(answer(200, r#"{"results":[],"total":3}"#));
    let page = asked(&last, Some(b"M=1")).expect("a page");
    assert_eq!((page.members.rows, page.next, last.requests().len()), (0, None, 1));
    assert!(last.requests()[0].url.ends_with("/memberships?limit=250&after=M%3D1"));
}

#[test]
fn only_lists_of_contacts_are_read() {
    let told = asked(&Script::new().answers(answer(200, &list("0-2"))), None);
    assert!(matches!(told, Err(Halt::Config(_))), "ids of companies are no ids of contacts");
    let other = r#"{"list":{"listId":"43","objectTypeId":"0-1"}}"#;
    assert!(matches!(asked(&Script::new().answers(answer(200, other)), None), Err(Halt::Unavailable(_))));
    assert!(matches!(asked(&Script::new().answers(answer(404, "{}")), None), Err(Halt::Missing(_))));
    let script = Script::new();
    let told = script.call(|call| page(call, SegmentPlace { segment: "VIP/../7", cursor: None }));
    assert!(matches!(told, Err(Halt::Missing(_))) && script.requests().is_empty());
    assert!(matches!(asked(&Script::new(), Some(b"\xff")), Err(Halt::Contract(_))));
}
