//! The promise of the developer's path: a connector with two services needs fewer than 250 lines of its own, and `docs/authoring.md` says
//! how many the folders of `sluice connector new` have.

use crate::tree;

/// Lines of a connector with two services stay below this.
const OWN_LINES_MAX: usize = 250;

/// Lines of code: not blank, not comments, and of a Rust file not its tests. A comment or docstring over several lines begins and ends
/// lines of its own.
fn own_lines(text: &str, [line, opens, closes]: [&str; 3]) -> usize {
    let (mut count, mut inside) = (0, false);
    for text in text.lines().map(str::trim).take_while(|text| *text != "#[cfg(test)]") {
        let begins = !inside && text.starts_with(opens);
        if inside || begins {
            let closed = text.ends_with(closes) && (inside || text.len() >= opens.len() + closes.len());
            inside = !closed;
        } else if !text.is_empty() && !text.starts_with(line) {
            count += 1;
        }
    }
    count
}

/// What a language calls a comment.
const RUST: [&str; 3] = ["//", "/*", "*/"];
const PYTHON: [&str; 3] = ["#", "\"\"\"", "\"\"\""];

fn of(language: &str, ending: &str, comments: [&str; 3]) -> usize {
    let folder = format!("sdk/templates/{language}/src/");
    let files: Vec<String> = tree::files(ending).into_iter().filter(|path| path.starts_with(&folder)).collect();
    assert!(files.len() >= 6, "{language}: {files:?}");
    files.iter().map(|path| own_lines(&tree::text(path), comments)).sum()
}

#[test]
fn a_connector_with_two_services_has_fewer_than_250_lines_of_its_own() {
    let manifest = tree::text("sdk/templates/rust/connector.toml");
    let services = manifest.lines().filter(|line| line.starts_with("[services.") && line.matches('.').count() == 1).count();
    assert_eq!(services, 2, "the folder of `sluice connector new` has two services");
    let (rust, ts, python) = (of("rust", ".rs", RUST), of("ts", ".ts", RUST), of("python", ".py", PYTHON));
    for (language, lines) in [("Rust", rust), ("TypeScript", ts), ("Python", python)] {
        assert!(lines < OWN_LINES_MAX, "{language}: {lines} lines");
    }
    let told = format!("{rust} lines in Rust, {ts} in TypeScript, {python} in Python");
    let page = tree::text("docs/authoring.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&told), "docs/authoring.md says how long the folders are: {told}");
}

#[test]
fn comments_blank_lines_and_tests_are_not_code() {
    let rust = "//! Idea.\n\nuse a;\n/// Doc.\nfn f() {}\n\n#[cfg(test)]\nmod tests {}\n";
    assert_eq!(own_lines(rust, RUST), 2);
    assert_eq!(own_lines("/**\n * Idea.\n */\nimport a;\n/** Doc. */\nf(); // g\n", RUST), 2);
    assert_eq!(own_lines("\"\"\"Idea,\nof two lines.\"\"\"\n\n# Why.\nimport a\n\"\"\"Doc.\"\"\"\nf()\n", PYTHON), 2);
}
