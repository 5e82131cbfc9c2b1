//! The suite finds out a connector that keeps no promise, and names each one.

use std::path::Path;

use axum::{Json, Router, http::StatusCode, routing::post};
use serde_json::{Value, json};
use sluice_conformance::{Situation, Subject, Unfit, Verdict, conform};

const CARELESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/careless");

/// A platform that refuses a batch with a bad row, and remembers nothing.
async fn platform() -> String {
    let users = post(async |Json(users): Json<Vec<Value>>| {
        let bad = users.iter().any(|user| user["id"] == "bad");
        if bad {
            (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "ok": false })))
        } else {
            (StatusCode::OK, Json(json!({ "ok": true })))
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/users", users)).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_keeps_no_promise_is_found_out() {
    let folder = Path::new(CARELESS);
    let subject = Subject::build(folder).expect("it builds");
    let mut heard = 0;
    let report = conform(folder, &subject, &platform().await, |_| heard += 1).await.expect("the suite runs");
    assert!(!report.conforms());
    assert_eq!(heard, report.lines.len());
    let broken = |case: &str| -> Vec<&str> {
        let lines = report.lines.iter().filter(|line| line.case == case && matches!(line.verdict, Verdict::Broken(_)));
        lines.map(|line| line.situation).collect()
    };
    assert_eq!(broken("connection check"), ["revoked", "portal"], "it is connected with everything");
    let trusting = [
        "bad-row",
        "row-numbers",
        "refused",
        "revoked",
        "forbidden",
        "gone",
        "oversize",
        "throttled",
        "throttled-without-wait",
        "failing",
        "cut-after-write",
        "cut-before-write",
        "nothing-there",
        "hang",
        "portal",
        "another-shape",
        "half-an-answer",
    ];
    assert_eq!(broken("trusting upsert"), trusting);
    // It refuses rows for what is not their fault; a page with status 200 is success to it.
    let harsh = [
        "bad-row",
        "row-numbers",
        "revoked",
        "forbidden",
        "oversize",
        "throttled",
        "throttled-without-wait",
        "failing",
        "cut-after-write",
        "cut-before-write",
        "nothing-there",
        "hang",
        "portal",
        "another-shape",
        "half-an-answer",
    ];
    assert_eq!(broken("harsh append"), harsh);
    assert_eq!(broken("eager upsert"), ["failing", "cut-after-write", "cut-before-write"], "repeating is the host's");
    // One cause, told once: with the request that came last, and with the others that break in the same way.
    let told = report.to_string();
    let portal = told.split("\n  trusting upsert · portal: ").nth(1).unwrap_or_else(|| panic!("{told}"));
    assert!(portal.starts_with("A stranger's page with status 200 accepts and refuses no row.\n"), "{told}");
    let paragraph: Vec<&str> = portal.lines().take_while(|line| !line.starts_with("  ") || line.starts_with("        ")).collect();
    assert!(paragraph[2].ends_with("last request  POST /users -> 200"), "{told}");
    assert!(paragraph[4].trim().starts_with("answered  <!doctype html>"), "{told}");
    assert!(paragraph[5].contains("more break in the same way") && paragraph[5].contains("harsh append · portal"), "{told}");
    let causes: std::collections::BTreeSet<&str> = report.broken().iter().map(|cause| cause.why).collect();
    assert_eq!(causes.len(), report.broken().len(), "each cause once");
    let line: Value = serde_json::to_value(&report.lines[0]).expect("it is data");
    assert_eq!((&line["case"], &line["verdict"]), (&json!("connection check"), &json!("held")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_said_before_anything_is_tried() {
    let subject = Subject::build(Path::new(CARELESS)).expect("it builds");
    let folder = tempfile::tempdir().expect("a folder");
    let plan = |text: &str| std::fs::write(folder.path().join("conformance.toml"), text).expect("written");
    let case = |more: &str| format!("hosts = []\n[[cases]]\nservice = \"trusting\"\nmode = \"upsert\"\n{more}");
    for (text, said) in [
        ("hosts = []".to_owned(), "no [[cases]]"),
        ("hosts = 7".to_owned(), "invalid type"),
        (case("columns = [\"id\"]\nrow = [\"{n}\", 7]"), "`row` has 2 cells for 1 columns"),
        (case("columns = [\"id\"]\nrow = [\"{n}\"]"), "`refused` is missing"),
        (case("columns = [\"mail\"]\nrow = [\"{n}\"]\nrefused = [\"\"]"), "no field `mail`"),
        (case("columns = [\"id\"]\nrow = [7]\nrefused = [\"\"]"), "`id`: 7 is no value"),
        (case("columns = [\"id\"]\nrow = [\"{n}\"]\nrefused = [\"\"]").replace("upsert", "mirror"), "no such mode"),
    ] {
        plan(&text);
        let unfit = conform(folder.path(), &subject, &platform().await, |_| ()).await.expect_err("unfit").to_string();
        assert!(unfit.contains(said), "{said}: {unfit}");
    }
    plan(&case("columns = [\"id\"]\nrow = [\"{n}\"]\nrefused = [\"\"]"));
    for nowhere in ["http://127.0.0.1:9", "https://127.0.0.1:9", "http://localhost:9"] {
        let unfit = conform(folder.path(), &subject, nowhere, |_| ()).await.expect_err("nobody listens");
        assert!(matches!(unfit, Unfit::StandIn { .. }), "{unfit}");
    }
    let half = conform(folder.path(), &subject, &platform().await, |_| ()).await.expect("it runs");
    assert_eq!(half.untried, ["eager upsert", "harsh append"], "a service without a case is not conforming");
    assert_eq!(Situation::ALL.len(), half.lines.len() - 3);
}
