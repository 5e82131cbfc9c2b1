//! The folder that `sluice connector new` makes becomes a component that keeps every promise, in each language that brings its interpreter.
//! A language without its programs, or without its registry, is passed over in one line that says so.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use sluice_build::{Language, Options, build, template};
use sluice_conformance::{Subject, conform};
use sluice_twins::acme;

/// What the templates are pinned to: where these can be had, so can all else that a build fetches.
const NPM: [&str; 3] = ["view", "componentize-qjs@0.4.5", "version"];
const PIP: [&str; 8] =
    ["-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet", "componentize-py==0.25.1"];

/// Whether the program ends well.
fn runs(program: &str, args: &[&str], folder: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Past the capture of a test's output.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

fn begin(language: Language) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in template::files(language, template::Wanted { id: "acme-crm", title: "Acme CRM", sdk: template::SDK }) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    folder
}

/// The kit's own tests, which need a folder that has the kit.
fn kit_tests(from: &str, folder: &Path, to: &str) {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::copy(sdk.join(from), folder.join(to)).expect("copied");
}

/// Builds it, twice, and tries it against the Acme twin.
async fn conforms(folder: &Path, bytes_max: usize) {
    let target = folder.join("target");
    let options = Options::new(&target);
    let (built, again) = tokio::task::block_in_place(|| (build(folder, &options), build(folder, &options)));
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    assert!(built.size() <= bytes_max, "{} bytes", built.size());
    let again = again.expect("built once more");
    assert!(!built.fresh && again.fresh && again.digest == built.digest, "nothing changed in between");

    let subject = Subject::of(&built.bytes).unwrap_or_else(|unfit| panic!("{unfit}"));
    let twin = acme::Twin::start(acme::Options::with_key("test-key")).await.expect("a twin");
    let report = conform(folder, &subject, twin.url(), |_| ()).await.unwrap_or_else(|unfit| panic!("{unfit}"));
    assert!(report.conforms(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_in_typescript_is_a_connector() {
    let folder = begin(Language::TypeScript);
    if !runs("node", &["--version"], folder.path()) || !runs("npm", &NPM, folder.path()) {
        return skipped("TypeScript: node and npm are not there, or npm's registry is out of reach");
    }
    conforms(folder.path(), 2_000_000).await;
    kit_tests("ts/tests/kit.test.ts", folder.path(), "test/kit.test.ts");
    assert!(runs("npm", &["test"], folder.path()), "its types and unit tests");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_in_python_is_a_connector() {
    let folder = begin(Language::Python);
    if !runs("python3", &PIP, folder.path()) {
        return skipped("Python: python3 and pip are not there, or PyPI is out of reach");
    }
    conforms(folder.path(), 20_000_000).await;
    kit_tests("python/tests/test_kit.py", folder.path(), "tests/test_kit.py");
    // The unit tests, as README.md has them.
    let at = |command: &str| runs("sh", &["-euc", command], folder.path());
    assert!(at("python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt"), "an environment");
    assert!(at(".venv/bin/componentize-py -q -d wit -w destination-connector bindings .bindings"), "the contract's records");
    assert!(at("PYTHONPATH=src:.bindings .venv/bin/python -m unittest discover tests"), "its unit tests");
}
