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

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_moves_every_condition_that_names_it_and_none_is_broken_unasked() {
    let shop = Shop::new().await;
    assert_eq!(shop.sluice(&["workspaces", "variables"]).ended(0), "No variables.\n");
    let file = shop.rig.path("workspace/data.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("value: FR", "value_ref: { variable: land }")).unwrap();
    let refused = shop.sluice(&["apply", "workspace"]).refused();
    assert!(refused.contains("The workspace has no variable land."), "{refused}");
    let set = shop.sluice(&["--json", "workspaces", "variables", "land=FR", "good_total=250"]).json(0);
    assert_eq!(set, serde_json::json!({ "good_total": 250, "land": "FR" }));
    shop.sluice(&["apply", "workspace"]).ended(0);
    let count = |told: Value| told["count"].as_u64();
    assert_eq!(count(shop.sluice(&["--json", "preview", "french people"]).json(0)), Some(20));
    let sentence = shop.sluice(&["preview", "french people"]).ended(0);
    assert!(sentence.contains("country is the variable land"), "{sentence}");
    shop.sluice(&["workspaces", "variables", "land=XX"]).ended(0);
    assert_eq!(count(shop.sluice(&["--json", "preview", "french people"]).json(0)), Some(0));
    for broken in [&["--unset", "land"] as &[&str], &["land=7"]] {
        let refused = shop.sluice(&[&["workspaces", "variables"], broken].concat()).refused();
        assert!(refused.contains("api-in-use") && refused.contains("segment `french people`"), "{refused}");
    }
    shop.sluice(&["workspaces", "variables", "--unset", "land", "--break-dependants"]).ended(0);
    assert!(shop.sluice(&["models", "health"]).ended(0).contains("no variable land"));
}
