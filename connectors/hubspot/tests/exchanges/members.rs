//! "Remote segment": `GET …/memberships`, ordered by record id, "turn it into e-mail with batch/read".

use sluice_catalog::contract::Operation;
use sluice_conformance::{Table, words};

use crate::rig::{Rig, list, records};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_back_with_ids_and_addresses_page_by_page() {
    let rig = Rig::new().await;
    let kept = rig.stage.setup(list(b"")).await.unwrap().unwrap();
    let addresses: Vec<String> = (0..260).map(|n| format!("c{n}@example.org")).collect();
    for some in addresses.chunks(100) {
        let table = Table::by("email", some.iter().map(String::as_str));
        rig.write(records("contacts", "upsert", "{}"), Operation::Upsert, table).await.unwrap();
    }
    let table = Table::by("email", addresses.iter().map(String::as_str));
    rig.write(list(&kept), Operation::Add, table).await.unwrap();
    let segment = std::str::from_utf8(&kept).unwrap();
    let first = rig.stage.members(segment, None, None).await.unwrap().unwrap();
    let second = rig.stage.members(segment, first.next.clone(), None).await.unwrap().unwrap();
    assert_eq!((first.members.rows, second.members.rows, second.next), (250, 10, None));
    let names: Vec<&str> = first.schema.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["hs_object_id", "email"]);
    let told = rig.stage.members("404404", None, None).await.unwrap().unwrap_err();
    assert_eq!(words::halt(&told), "missing dest-object-missing");
}
