//! The demo, from the connector's sources to the second run.

#![allow(missing_docs, clippy::unwrap_used)] // helpers of tests, outside of #[test] functions

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

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

/// As the README has it, without `--exit`: the server stays up, what is offered to be tried works, and Ctrl-C ends it all.
#[test]
fn the_demo_stays_up_for_what_it_invites_to_until_ctrl_c() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["demo", "--rows", "3000"]).env("SLUICE_LOG", "error").stdout(Stdio::piped());
    let mut demo = command.spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut offered = Vec::new();
    let folder = loop {
        let line = lines.next().expect("it stays up");
        if let Some(folder) = line.strip_prefix("Ctrl-C ends it and removes ") {
            break folder.trim_end_matches('.').to_owned();
        }
        offered.extend(line.strip_prefix("  ").map(str::to_owned));
    };
    let export = |name: &str| {
        let text = format!("export {name}=");
        offered.iter().find_map(|line| line.strip_prefix(&text)).unwrap().to_owned()
    };
    let (url, key) = (export("SLUICE_URL"), export("SLUICE_API_KEY"));
    for words in ["sluice runs list", "sluice records "] {
        let line = offered.iter().find(|line| line.starts_with(words)).unwrap();
        let args = line.strip_prefix("sluice ").unwrap().split(' ');
        let tried = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(args)
            .env("SLUICE_URL", &url)
            .env("SLUICE_API_KEY", &key)
            .output()
            .unwrap();
        let said = String::from_utf8(tried.stdout).unwrap();
        assert!(tried.status.success() && said.lines().count() > 2, "{line}: {said}\n{}", String::from_utf8_lossy(&tried.stderr));
    }
    assert!(std::path::Path::new(&folder).is_dir(), "{folder}");
    assert!(Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap().success());
    assert!(demo.wait().unwrap().success());
    assert!(!std::path::Path::new(&folder).exists(), "the folder is gone with the demo");
}
