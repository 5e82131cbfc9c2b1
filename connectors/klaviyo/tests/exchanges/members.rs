//! "Remote segment": `GET /api/segments/{id}/profiles` and `GET /api/lists/{id}/profiles`, 100 a page, `links.next` until null.

use serde_json::json;
use sluice_catalog::contract::Operation;
use sluice_conformance::{Table, words};

use crate::rig::{Rig, list};

const VIP: &str = r#"{"list":"VIP FR"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_member_of_a_list_comes_once_over_all_pages() {
    let rig = Rig::new().await;
    let kept = rig.kept(VIP).await;
    let emails: Vec<String> = (0..250).map(|n| format!("m{n:03}@example.com")).collect();
    rig.outcomes(list(VIP, &kept), Operation::Add, Table::by("email", emails.iter().map(String::as_str))).await;
    let (mut cursor, mut pages, mut read) = (None, 0, Vec::new());
    loop {
        let page = rig.stage.members(std::str::from_utf8(&kept).unwrap(), cursor, None).await.unwrap().unwrap();
        let at = page.schema.iter().position(|field| field.name == "email").unwrap();
        let column = &page.members.columns[at];
        read.extend(String::from_utf8(column.data.clone()).unwrap().split_inclusive(".com").map(str::to_owned));
        assert_eq!(
            page.schema.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(),
            ["id", "email", "phone_number", "external_id"]
        );
        pages += 1;
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    read.sort();
    assert_eq!((pages, read), (3, emails));
}

/// "Each item carries `attributes.email/phone_number/external_id`", and the profile's own id.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_segment_come_by_every_identifier_that_klaviyo_has() {
    let rig = Rig::new().await;
    let profiles = json!([
        { "id": "01A", "attributes": { "email": "a@example.com", "external_id": "C-1" } },
        { "id": "01B", "attributes": { "external_id": "C-2" } },
    ]);
    rig.twin.seed("profiles", profiles).unwrap();
    let members = json!([{ "profile": "01A" }, { "profile": "01B" }]);
    rig.twin.seed("segments", json!([{ "id": "Sg4xQ2", "name": "Openers", "members": members }])).unwrap();
    let page = rig.stage.members("Sg4xQ2", None, None).await.unwrap().unwrap();
    assert_eq!((page.members.rows, &page.next), (2, &None));
    let column = |name: &str| &page.members.columns[page.schema.iter().position(|field| field.name == name).unwrap()];
    let text = |name: &str| String::from_utf8(column(name).data.clone()).unwrap();
    assert_eq!((text("email").as_str(), column("email").validity[0].count_ones()), ("a@example.com", 1));
    assert!(["C-1C-2", "C-2C-1"].contains(&text("external_id").as_str()));
    assert!(["01A01B", "01B01A"].contains(&text("id").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_a_segment_nor_a_list_is_missing() {
    let rig = Rig::new().await;
    for id in ["Gone99", "not an id"] {
        let told = rig.stage.members(id, None, None).await.unwrap().unwrap_err();
        assert_eq!(words::halt(&told), "missing dest-object-missing", "{id}");
    }
}
