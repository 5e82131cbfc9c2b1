//! Documents name files, tests and pages that are there.

use std::path::Path;

use crate::tree;

/// Folders of the project that a path in a document may begin with.
const STARTS: [&str; 6] = ["host/", "sdk/", "connectors/", "tests/", "wit/", "docs/"];

/// What stands between backticks in the text, outside of blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut inside = false;
    let prose: Vec<&str> = text
        .lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
        .collect();
    prose.join("\n").split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_path_in_a_document_leads_to_a_file_or_folder() {
    let mut wrong = Vec::new();
    for document in tree::files(".md") {
        for word in quoted(&tree::text(&document)) {
            let is_path = STARTS.iter().any(|start| word.starts_with(start)) && !word.contains(['*', '<', '{', ' ', '\n', '…']);
            // `path::name` names something inside of the file.
            let path = word.split("::").next().unwrap_or_default().split(':').next().unwrap_or_default();
            if is_path && !tree::root().join(path).exists() {
                wrong.push(format!("{document}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "these are not there:\n{}", wrong.join("\n"));
}

#[test]
fn a_link_in_a_document_leads_to_a_file() {
    let mut wrong = Vec::new();
    for document in tree::files(".md") {
        let text = tree::text(&document);
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let folder = tree::root().join(&document);
            let folder = folder.parent().unwrap_or(Path::new("/"));
            if !folder.join(target).exists() {
                wrong.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "these links lead nowhere:\n{}", wrong.join("\n"));
}

/// A test's name is a sentence of several words, so nothing else in backticks looks like it.
fn is_test_name(word: &str) -> bool {
    word.matches('_').count() >= 4 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[test]
fn a_test_that_the_architecture_names_is_there() {
    let code: Vec<String> = tree::files(".rs").iter().map(|path| tree::text(path)).collect();
    let names: Vec<_> = quoted(&tree::text("ARCHITECTURE.md")).into_iter().filter(|word| is_test_name(word)).collect();
    assert!(names.len() > 20, "the invariants name their tests");
    let gone: Vec<_> = names.iter().filter(|name| !code.iter().any(|text| text.contains(&format!("fn {name}(")))).collect();
    assert!(gone.is_empty(), "these tests are not there: {gone:#?}");
}

#[test]
fn decisions_are_numbered_once() {
    let mut numbers: Vec<String> = tree::files(".md")
        .into_iter()
        .filter_map(|path| Some(path.strip_prefix("docs/decisions/")?.get(..4)?.to_owned()))
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    let count = numbers.len();
    numbers.dedup();
    assert!(count > 0 && numbers.len() == count, "{numbers:?}");
}

/// Blocks behind `<!-- from: path -->` are excerpts: all of their lines stand in that file one after the other. In Rust files the
/// block may stand in a doc comment, where lines that begin with `#` are hidden from the reader.
#[test]
fn an_excerpt_in_a_document_is_what_the_file_says() {
    let mut found = 0;
    for document in tree::files(".md") {
        for part in tree::text(&document).split("<!-- from: ").skip(1) {
            let (path, rest) = part.split_once(" -->\n").expect("a path, then the block");
            let block = rest.split("```").nth(1).and_then(|block| block.split_once('\n')).expect("a block").1;
            let file = tree::text(path);
            let plain = |line: &str| line.strip_prefix("//! ").or(line.strip_prefix("//!")).unwrap_or(line).to_owned();
            let comment = file.lines().map(plain).filter(|line| !line.starts_with("# ")).collect::<Vec<_>>().join("\n");
            assert!(file.contains(block) || comment.contains(block.trim_end()), "{document}: not an excerpt of {path}:\n{block}");
            found += 1;
        }
    }
    assert!(found >= 3, "the guide for connectors shows code that compiles");
}
