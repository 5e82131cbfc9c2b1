//! The demo, from the connector's sources to the second run.

#![allow(missing_docs, clippy::unwrap_used)] // helpers of tests, outside of #[test] functions

use std::process::Command;

use serde_json::Value;

fn demo(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    let done = command.args(args).args(["demo", "--exit", "--rows", "3000"]).env("SLUICE_LOG", "error").output().unwrap();
    assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_demo_delivers_an_audience_and_the_next_day_only_what_changed() {
    let said = demo(&["--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let number = |run: usize, path: &str| said["runs"][run].pointer(path).and_then(Value::as_u64).unwrap();
    let (first, second) = (number(0, "/counters/tally/accepted"), number(1, "/counters/tally/accepted"));
    assert!(first > 1_000, "{said:#}");
    // A day changes one customer in a hundred; some enter the audience, so not every change is a change of the audience.
    assert!((10..=30).contains(&second), "{said:#}");
    assert_eq!(
        number(1, "/counters/unchanged") + second,
        number(1, "/counters/source_rows") - number(1, "/counters/tally/rejected") - number(1, "/counters/tally/invalid")
    );
    // The shop has the flaws of a real one, and each is told by its reason.
    let reasons: Vec<_> =
        said["runs"][0]["details"]["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    for code in ["identifier-invalid", "too-long", "null-primary-key", "duplicate-primary-key"] {
        assert!(reasons.contains(&code), "{reasons:?}");
    }
    assert!(!std::path::Path::new(said["folder"].as_str().unwrap()).exists(), "the folder is gone with the demo");
}

#[test]
fn the_demo_tells_its_story_in_the_order_of_the_commands() {
    let said = demo(&[]);
    let mut rest = said.as_str();
    for part in [
        "Building the Braze connector",
        "$ sluice connector install",
        "$ sluice apply",
        "+ activation   good customers to braze",
        "$ sluice preview",
        "$ sluice run",
        "reason",
        "that the twin got",
        "A day passes",
        "$ sluice run",
        "that the twin got",
        "All of it took",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` where it belongs in\n{said}"));
        rest = &rest[at + part.len()..];
    }
    assert!(!said.contains("stays up"), "{said}");
}
