//! A file is one idea: it says so in its first paragraph, and it is not longer than an idea is.

use crate::tree;

/// Lines at which one looks for the second idea.
const LINES_MAX: usize = 400;

/// Files that are longer, each with the reason. The list may only shrink.
const LONGER: &[(&str, &str)] = &[("host/catalog/src/condition/tests.rs", "the tables of cases for those rules")];

#[test]
fn a_file_has_at_most_400_lines_or_a_reason() {
    let mut wrong = Vec::new();
    for path in tree::files(".rs") {
        let lines = tree::text(&path).lines().count();
        let listed = LONGER.iter().any(|(known, _)| *known == path);
        if lines > LINES_MAX && !listed {
            wrong.push(format!("{path} has {lines} lines: look for the second idea"));
        } else if lines <= LINES_MAX && listed {
            wrong.push(format!("{path} has {lines} lines: take it off the list"));
        }
    }
    let gone = LONGER.iter().filter(|(known, _)| !tree::root().join(known).is_file());
    wrong.extend(gone.map(|(known, _)| format!("{known} is not there: take it off the list")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of tests are read beside the code that they are about.
fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || (path.contains("/tests/") && !path.ends_with("/main.rs") && !path.contains("/src/"))
}

#[test]
fn a_file_of_code_begins_with_what_it_promises() {
    let begins = |text: &str| text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//! "));
    let silent: Vec<_> = tree::files(".rs").into_iter().filter(|path| !is_test(path) && !begins(&tree::text(path))).collect();
    assert!(silent.is_empty(), "these begin without a `//!` paragraph: {silent:#?}");
}

#[test]
fn a_room_says_in_a_paragraph_what_it_is_for() {
    for path in tree::files("src/lib.rs") {
        let text = tree::text(&path);
        let words: usize =
            text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.split_whitespace().count() - 1).sum();
        assert!(words >= 8, "{path} says too little about itself ({words} words)");
    }
}
