//! How sources and activations stand, and what is said when something rests.

use serde_json::Value;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_tested_and_what_hangs_on_it_rests_until_it_is_back() {
    let shop = Shop::applied().await;
    assert!(shop.sluice(&["sources", "list"]).ended(0).contains("shop    files"));
    assert_eq!(shop.sluice(&["sources", "test", "shop"]).ended(0), "1 table\n");
    let listed = shop.sluice(&["activations", "list"]).ended(0);
    assert_eq!(listed.matches("by hand").count(), 2, "{listed}");

    let (data, away) = (shop.rig.path("data"), shop.rig.path("away"));
    std::fs::rename(&data, &away).unwrap();
    let refused = shop.sluice(&["sources", "test", "shop"]).refused();
    assert!(refused.contains("source-unreachable") && refused.contains("next "), "{refused}");
    shop.sluice(&["run", "people to braze"]).ended(1);
    let listed = shop.sluice(&["activations", "list"]).ended(0);
    assert!(listed.contains("people to braze  paused by the system"), "{listed}");
    assert!(listed.contains("is paused since") && listed.contains(": source shop\ncode   source-unreachable\n"), "{listed}");
    let checked = shop.sluice(&["--json", "activations", "check", "people to braze"]).json(5);
    assert_eq!(checked["paused"]["culprit"], "source shop");

    std::fs::rename(&away, &data).unwrap();
    let checked = shop.sluice(&["--json", "activations", "check", "people to braze"]).json(0);
    assert_eq!(checked["paused"], Value::Null);
    assert!(shop.sluice(&["activations", "check", "french list"]).ended(0).contains("`french list`: by hand"));
}
