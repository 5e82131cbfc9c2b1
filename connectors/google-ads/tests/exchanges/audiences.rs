//! `audienceMembers:ingest` and `audienceMembers:remove`: members come and go, and a list is found or made once.

use sluice_catalog::contract::Operation;
use sluice_conformance::{Table, words};

use crate::rig::{MAIL, Rig, VIP, audience};

#[tokio::test(flavor = "multi_thread")]
async fn who_enters_is_added_and_who_leaves_is_removed() {
    let rig = Rig::new().await;
    let kept = rig.kept(VIP).await;
    let none = "no digest";
    for operation in [Operation::Add, Operation::Remove] {
        let told = rig.done(audience(VIP, &kept), operation, Table::by("emailAddress", [MAIL, none])).await;
        assert_eq!(told, (vec!["accepted".to_owned(), "rejected bad-format".to_owned()], 0));
    }
    let to = |path: &str| rig.twin.log().to(path).len();
    assert_eq!((to("/v1/audienceMembers:ingest"), to("/v1/audienceMembers:remove")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_made_once_and_found_by_its_name_afterwards() {
    let rig = Rig::new().await;
    let first = rig.kept(VIP).await;
    assert_eq!(rig.kept(VIP).await, first);
    let made = rig.twin.log().entries().into_iter().filter(|asked| asked.method == "POST" && asked.path.ends_with("/userLists"));
    assert_eq!(made.count(), 1);
    // "One list has one key type, kinds cannot be mixed."
    let other = r#"{"list":"VIP","accept_customer_match_terms":true,"key_type":"user-id"}"#;
    let told = rig.stage.setup(audience(other, b"")).await.unwrap().unwrap_err();
    assert_eq!(words::halt(&told), "config settings-invalid");
}

/// `INVALID_USER_LIST_ID`
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_gone_stops_the_run_and_refuses_nobody() {
    let rig = Rig::new().await;
    let told = rig.write(audience(VIP, b"404"), Operation::Add, Table::by("emailAddress", [MAIL])).await;
    assert_eq!(words::halt(&told.unwrap_err()), "missing dest-object-missing");
}
