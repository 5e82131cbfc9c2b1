//! Lists: an attribute that is true for members and false for those who left.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{
    Cell, Table, Work,
    words::{halt, outcomes},
};

use crate::rig::{LISTS, Rig, people};

const IN_SHOP: Work<'_> = LISTS.options(r#"{"attribute":"in_shop"}"#);

fn flagged(ids: &[&str], name: &str, flag: bool) -> Table {
    people(ids.iter().copied()).with(name, PhysicalType::Boolean, "attribute", vec![flag; ids.len()])
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_true_leavers_are_false_and_strangers_are_not_made() {
    let rig = Rig::new().await;
    assert_eq!(outcomes(&rig.upsert(people(["C-1", "C-2", "C-3"])).await, 3), ["accepted"; 3]);
    let enter = flagged(&["C-1", "C-2", "stranger"], "in_shop", true);
    let told = rig.told(IN_SHOP, Operation::Update, enter).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 3), ["accepted"; 3]);
    let leave = flagged(&["C-2"], "in_shop", false);
    let told = rig.told(IN_SHOP, Operation::Update, leave).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 1), ["accepted"]);
    let state = rig.twin.with_state(|s| {
        s.profiles().iter().map(|p| (p.external_id.clone().unwrap(), p.attributes.get("in_shop").cloned())).collect::<Vec<_>>()
    });
    let wanted = [("C-1".to_owned(), Some(json!(true))), ("C-2".to_owned(), Some(json!(false))), ("C-3".to_owned(), None)];
    assert_eq!(state, wanted);
    assert_eq!(rig.twin.warnings(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_one_flag_and_nothing_else() {
    let rig = Rig::new().await;
    let refused = [
        flagged(&["C-1"], "another", true),
        flagged(&["C-1"], "in_shop", true).with("plan", PhysicalType::Utf8, "attribute", ["gold"]),
        people(["C-1"]),
        people(["C-1"]).with("in_shop", PhysicalType::Utf8, "attribute", ["true"]),
    ];
    for table in refused {
        let told = rig.told(IN_SHOP, Operation::Update, table).await.unwrap().unwrap_err();
        assert_eq!(halt(&told), "config dest-config");
    }
    let upsert = rig.told(Work { mode: "upsert", ..IN_SHOP }, Operation::Upsert, flagged(&["C-1"], "in_shop", true)).await;
    assert_eq!(halt(&upsert.unwrap().unwrap_err()), "config mode-not-supported");
    assert_eq!(rig.twin.log().total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_go_by_the_identifier_that_braze_last_took() {
    let rig = Rig::new().await;
    let known = people(["C-1", "C-2", "C-3"])
        .with("email", PhysicalType::Utf8, "attribute", ["a@example.com", "b@example.com", "c@example.com"])
        .with("in_shop", PhysicalType::Boolean, "attribute", [true, true, true]);
    assert_eq!(outcomes(&rig.upsert(known).await, 3), ["accepted"; 3]);
    // The list went by e-mail address once; now it goes by external id. Each row has a value in one of the two.
    let leave = people([Cell::from("C-1"), Cell::Absent]).and_by("email", [Cell::Absent, "b@example.com".into()]).with(
        "in_shop",
        PhysicalType::Boolean,
        "attribute",
        [false, false],
    );
    let told = rig.told(IN_SHOP, Operation::Update, leave).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), ["accepted"; 2]);
    let flags = rig.twin.with_state(|s| s.profiles().iter().map(|p| p.attributes["in_shop"].clone()).collect::<Vec<_>>());
    assert_eq!(flags, [json!(false), json!(false), json!(true)]);
    assert_eq!(rig.twin.log().total(), 2);
}
