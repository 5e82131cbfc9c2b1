//! From files to rows at the platform, and what a person decides on the way.

use serde_json::{Value, json};

use crate::{rig::component, shop::Shop};

const PEOPLE: &str = "people to braze";

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_planned_applied_and_then_as_its_files_say() {
    let shop = Shop::new().await;
    let plan = shop.sluice(&["apply", "workspace", "--dry-run"]).ended(0);
    insta::assert_snapshot!("plan", plan);
    // A plan changes nothing: it is the same again.
    assert_eq!(shop.sluice(&["apply", "workspace", "--dry-run"]).ended(0), plan);
    insta::assert_snapshot!("applied", shop.sluice(&["apply", "workspace"]).ended(0));
    // Data alone has no secrets, which nobody can compare: nothing is left to do.
    insta::assert_snapshot!("applied_again", shop.sluice(&["apply", "workspace/data.yaml"]).ended(0));

    let file = shop.rig.path("workspace/data.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("value: FR", "value: DE")).unwrap();
    let changed = shop.sluice(&["--json", "apply", "workspace/data.yaml"]).json(0);
    let steps: Vec<_> = changed["steps"].as_array().unwrap().iter().map(|s| format!("{} {}", s["name"], s["action"])).collect();
    assert_eq!(steps[2], "\"french people\" \"change\"", "{steps:?}");
    assert_eq!((&changed["applied"], &changed["steps"][2]["fields"]), (&json!(true), &json!(["condition"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_counts_exactly_and_masks_personal_data() {
    let shop = Shop::applied().await;
    let told = shop.sluice(&["preview", "french people", "--sample", "2"]).ended(0);
    insta::assert_snapshot!("preview", shop.rig.masked(&told));
    let model = shop.sluice(&["--json", "preview", "people", "--sample", "0"]).json(0);
    assert_eq!((&model["count"], &model["kind"], &model["sample"]), (&json!(41), &json!("model"), &json!([])));
    assert!(!told.contains("Person"), "{told}");
    let sql = shop.sluice(&["preview", "french people", "--sample", "0", "--sql"]).ended(0);
    assert!(sql.trim_end().ends_with("no statement says this: the rows do not lie in a database that runs SQL"), "{sql}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_sends_what_changed_and_says_what_became_of_it() {
    let shop = Shop::applied().await;
    let dry = shop.sluice(&["run", PEOPLE, "--dry-run"]).ended(0);
    assert_eq!(shop.twin.log().total(), 0, "a dry run sends nothing");
    // Which rows come first is the key's secret; what a request looks like is the same for all.
    let (numbers, request) = dry.split_once("\nrequest 1: ").unwrap();
    insta::assert_snapshot!("dry_run", shop.rig.masked(numbers));
    assert!(request.starts_with("upsert POST https://rest.fra-01.braze.eu/users/track\n{\"attributes\":[{"), "{request}");
    assert!(!dry.contains(crate::shop::KEY), "{dry}");
    assert!(dry.contains("•••") && !dry.contains("Person"), "names are personal data: {dry}");

    let first = shop.sluice(&["run", PEOPLE]).ended(4);
    insta::assert_snapshot!("first_run", shop.rig.masked(&first));
    assert_eq!(shop.twin.state().profiles().len(), 40);

    shop.people(1..=41, |at| {
        if at <= 3 {
            "IT"
        } else if at % 2 == 0 {
            "FR"
        } else {
            "DE"
        }
    });
    let second = shop.sluice(&["--json", "run", PEOPLE]).json(4);
    let (counters, tally) = (&second["counters"], &second["counters"]["tally"]);
    assert_eq!(
        (&counters["added"], &counters["changed"], &counters["unchanged"]),
        (&json!(1), &json!(3), &json!(37)),
        "{counters:#}"
    );
    assert_eq!((&tally["accepted"], &tally["rejected"]), (&json!(4), &json!(1)), "{counters:#}");
    assert_eq!(shop.twin.profile("P002").unwrap().attributes["country"], json!("IT"));

    insta::assert_snapshot!("runs", shop.rig.masked(&shop.sluice(&["runs", "list"]).ended(0)));
    let listed = shop.sluice(&["--json", "runs", "list", "--activation", PEOPLE, "--limit", "1"]).json(0);
    assert_eq!((listed[0]["id"].clone(), listed.as_array().unwrap().len()), (second["id"].clone(), 1));
    assert_eq!(shop.sluice(&["runs", "list", "--state", "failed"]).ended(0), "No runs.\n");
    // The report of a run is the same whenever it is asked for.
    let id = shop.sluice(&["--json", "runs", "list"]).json(0)[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(shop.sluice(&["runs", "show", &id]).ended(0), first);

    insta::assert_snapshot!("records", shop.sluice(&["records", &id, "--outcome", "rejected"]).ended(0));
    let lines = shop.sluice(&["--json", "records", &id, "--all"]).ended(0);
    let records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.iter().filter(|r| r["outcome"] == "accepted").count(), 40, "{lines}");
    assert_eq!(records.len(), 41);
    let one = shop.sluice(&["records", &id, "--limit", "1", "--outcome", "accepted"]).ended(0);
    assert!(one.ends_with("The first 1; --all or --limit shows more.\n"), "{one}");
    let none = shop.sluice(&["records", &id, "--key", "P999"]).ended(0);
    assert!(none.starts_with("No such records."), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_run_does_what_its_name_says() {
    let shop = Shop::applied().await;
    let accepted = |run: &Value| run["counters"]["tally"]["accepted"].as_u64().unwrap();
    let baseline = shop.sluice(&["--json", "run", PEOPLE, "--baseline"]);
    assert_eq!((baseline.code, shop.twin.log().total()), (0, 0), "{}", baseline.err);
    let usual = shop.sluice(&["--json", "run", PEOPLE]).json(0);
    assert_eq!((accepted(&usual), shop.twin.log().total()), (0, 0), "{usual:#}");
    let full = shop.sluice(&["--json", "run", PEOPLE, "--full-resync"]).json(4);
    assert_eq!((accepted(&full), shop.twin.state().profiles().len()), (40, 40), "{full:#}");

    let started = shop.sluice(&["--json", "run", PEOPLE, "--no-wait"]).json(0);
    let id = started["id"].as_str().unwrap();
    loop {
        let seen = shop.sluice(&["--json", "runs", "show", id]).json(0);
        if seen["finished"] == true {
            // The one whom the platform refused in the resync is open, whatever the baseline took for granted.
            assert_eq!(
                (&seen["state"], &seen["counters"]["still_rejected"]),
                (&json!("succeeded-with-errors"), &json!(1)),
                "{seen:#}"
            );
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_row_is_offered_again_only_when_somebody_asks() {
    let shop = Shop::applied().await;
    shop.sluice(&["run", PEOPLE]).ended(4);
    let requests = shop.twin.log().total();
    let usual = shop.sluice(&["--json", "run", PEOPLE]).json(4);
    assert_eq!((&usual["counters"]["still_rejected"], shop.twin.log().total()), (&json!(1), requests), "{usual:#}");
    let retry = shop.sluice(&["--json", "run", PEOPLE, "--retry-rejected"]).json(4);
    assert_eq!((&retry["counters"]["tally"]["rejected"], shop.twin.log().total()), (&json!(1), requests + 1), "{retry:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_run_waits_for_a_decision_that_names_its_diff() {
    let shop = Shop::applied().await;
    let french = |shop: &Shop| {
        shop.twin.with_state(|s| s.profiles().iter().filter(|p| p.attributes.get("is_french") == Some(&json!(true))).count())
    };
    // Enough people that the guard minds; a list makes nobody, so they come first.
    shop.people(1..=100, |at| if at % 2 == 0 { "FR" } else { "DE" });
    shop.sluice(&["run", PEOPLE]).ended(4);
    shop.sluice(&["run", "french list"]).ended(0);
    assert_eq!(french(&shop), 50);

    shop.people(1..=100, |at| if at % 8 == 0 { "FR" } else { "DE" });
    let held = shop.sluice(&["run", "french list"]).ended(5);
    insta::assert_snapshot!("held", shop.rig.masked(&held));
    let run = shop.sluice(&["--json", "runs", "list", "--state", "held"]).json(0)[0].clone();
    let (id, diff) = (run["id"].as_str().unwrap(), run["hold"]["diff"].as_str().unwrap());
    assert!(held.contains(&format!("sluice runs confirm {id} --diff {diff}")), "{held}");

    let wrong = shop.sluice(&["runs", "confirm", id, "--diff", "another"]).refused();
    assert!(wrong.starts_with("error  confirmation-mismatch: "), "{wrong}");
    let discarded = shop.sluice(&["runs", "discard", id, "--diff", diff]).ended(0);
    assert!(discarded.contains("\n\ndiscarded by key_") && !discarded.contains("sluice runs confirm"), "{discarded}");
    assert_eq!(french(&shop), 50);

    let again = shop.sluice(&["--json", "run", "french list"]).json(5);
    let id = again["id"].as_str().unwrap();
    let confirmed = shop.sluice(&["runs", "confirm", id, "--diff", diff]);
    let confirmed = confirmed.ended(0);
    assert!(confirmed.contains("\n\nconfirmed by key_") && !confirmed.contains("sluice runs confirm"), "{confirmed}");
    loop {
        let seen = shop.sluice(&["--json", "runs", "show", id]).json(0);
        if seen["finished"] == true {
            assert_eq!((&seen["state"], french(&shop)), (&json!("succeeded"), 12), "{seen:#}");
            break;
        }
    }
    let late = shop.sluice(&["runs", "cancel", id]);
    assert!(late.code == 0 || late.err.starts_with("error  "), "{}", late.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_stops_and_the_next_one_sends_the_rest() {
    let shop = Shop::applied().await;
    let throttle: sluice_twins::Fault = serde_json::from_value(
        json!({ "path": "/users/track", "pick": { "every": 1 }, "answer": { "kind": "throttle", "retry_after_s": 1 } }),
    )
    .unwrap();
    shop.twin.faults().arm(throttle).unwrap();
    let run = shop.sluice(&["--json", "run", PEOPLE, "--no-wait"]).json(0);
    let id = run["id"].as_str().unwrap();
    let told = shop.sluice(&["runs", "cancel", id]).ended(0);
    assert!(told.contains(id) && !told.contains("nothing was sent"), "{told}");
    loop {
        let seen = shop.sluice(&["--json", "runs", "show", id]).json(0);
        if seen["finished"] == true {
            assert_eq!(seen["state"], "cancelled", "{seen:#}");
            break;
        }
    }
    shop.twin.faults().clear();
    shop.sluice(&["run", PEOPLE]).ended(4);
    assert_eq!(shop.twin.state().profiles().len(), 40);
}

/// On a terminal, which `script` stands in for: a run that takes a while shows how far it is, and nothing of it is left at the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_a_terminal_sees_how_far_a_run_is() {
    let shop = Shop::applied().await;
    let slow: sluice_twins::Fault =
        serde_json::from_value(json!({ "path": "/users/track", "pick": { "every": 1 }, "delay_ms": 1_500 })).unwrap();
    shop.twin.faults().arm(slow).unwrap();
    let Some(seen) = shop.on_a_terminal(&["run", PEOPLE]) else { return };
    assert!(seen.contains(&format!("{PEOPLE}: sending")) && seen.contains("0/"), "{seen:?}");
    let (_, last) = seen.rsplit_once("\u{1b}[2K").unwrap();
    assert!(last.contains(&format!("{PEOPLE}: succeeded")) && !last.contains("sending"), "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_is_judged_and_read_without_running_it() {
    let shop = Shop::new().await;
    let file = component().to_str().unwrap();
    let checked = shop.sluice(&["--json", "connector", "check", file]).json(0);
    assert_eq!((&checked["sound"], &checked["id"]), (&json!(true), &json!("braze")), "{checked:#}");
    let page = shop.sluice(&["connector", "inspect", file]).ended(0);
    let inspected = shop.sluice(&["--json", "connector", "inspect", file]).json(0);
    assert_eq!(inspected["digest"], checked["digest"]);
    let unstable = |text: &str| json!(format!("({text} of this build)"));
    let mut stable = inspected.clone();
    (stable["digest"], stable["size"]) = (unstable("digest"), unstable("size"));
    insta::assert_json_snapshot!("inspected", stable);
    assert!(page.contains("braze") && page.contains(inspected["digest"].as_str().unwrap()), "{page}");

    let other = shop.rig.path("other.wasm");
    std::fs::write(&other, b"\0asm\x01\0\0\0").unwrap();
    for what in ["check", "inspect", "install"] {
        let refused = shop.sluice(&["connector", what, "other.wasm"]).refused();
        assert!(refused.starts_with("error  connector-not-a-component: "), "{refused}");
    }
    let missing = shop.sluice(&["connector", "build", "nowhere"]).refused();
    assert!(missing.starts_with("error  "), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_reaches_several_workspaces_must_say_which() {
    let shop = Shop::new().await;
    let made = shop.sluice(&["--json", "workspaces", "create", "crm", "--time-zone", "Europe/Paris"]).json(0);
    let listed = shop.sluice(&["--json", "workspaces", "list"]).json(0);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["main", "crm"]);
    let refused = shop.sluice(&["runs", "list"]).refused();
    assert!(refused.contains("crm") && refused.contains("--workspace"), "{refused}");
    assert_eq!(shop.sluice(&["runs", "list", "--workspace", "crm"]).ended(0), "No runs.\n");
    assert_eq!(shop.sluice(&["runs", "list", "--workspace", made["id"].as_str().unwrap()]).ended(0), "No runs.\n");
    shop.sluice(&["runs", "list", "--workspace", "other"]).refused();
}
