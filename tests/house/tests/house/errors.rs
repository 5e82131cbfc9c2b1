//! Every code has its page, and the page says what the registry says.

use std::collections::BTreeSet;

use sluice_catalog::Code;

use crate::tree;

const FOLDER: &str = "docs/errors";
const INDEX: &str = "docs/errors/README.md";

fn page(code: Code) -> String {
    tree::text(&format!("{FOLDER}/{code}.md"))
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = tree::files(".md")
        .into_iter()
        .filter_map(|path| path.strip_prefix("docs/errors/")?.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    let missing: Vec<_> = codes.difference(&pages).collect();
    let stale: Vec<_> = pages.difference(&codes).collect();
    assert!(missing.is_empty() && stale.is_empty(), "without a page: {missing:?}; without a code: {stale:?}");
}

#[test]
fn a_page_has_the_title_and_the_next_step_of_the_registry() {
    for code in Code::ALL {
        let page = page(*code);
        let head = format!("# {code}\n\n**{}**\n\n", code.title());
        assert!(page.starts_with(&head), "{code}: the page begins with\n{head}");
        let next = format!("\n**Next.** {}\n", code.next_step());
        assert!(page.contains(&next), "{code}: the page says{next}");
    }
}

#[test]
fn a_page_says_what_it_means_what_causes_it_and_how_it_looks() {
    let mut seen = BTreeSet::new();
    for code in Code::ALL {
        let page = page(*code);
        let meaning = page.split("\n\n").nth(2).unwrap_or_default().to_owned();
        assert!(meaning.split_whitespace().count() >= 12, "{code}: what it means is said in a line or two");
        assert!(seen.insert(meaning), "{code}: its meaning is another page's, word by word");
        let causes = page.lines().filter(|line| line.starts_with("- ")).count();
        assert!(page.contains("\nTypical cause") && causes > 0, "{code}: at least one typical cause");
        let example = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
        assert!(example.contains(code.as_str()) || *code == Code::LeaseLost, "{code}: an example that shows the code");
    }
}

/// Lines like `error  code: title`, `code: title` or `next   step` inside of an example.
#[test]
fn examples_quote_the_registry_word_by_word() {
    for code in Code::ALL {
        for line in page(*code).lines() {
            let quoted = line.strip_prefix("error  ").unwrap_or(line);
            if let Some((known, title)) = quoted.split_once(": ")
                && let Ok(known) = known.parse::<Code>()
            {
                assert_eq!(title, known.title(), "on the page of {code}");
            }
            if let Some(next) = line.strip_prefix("next   ") {
                assert!(Code::ALL.iter().any(|known| known.next_step() == next), "on the page of {code}: {next}");
            }
        }
    }
}

#[test]
fn the_index_lists_every_code_with_its_title() {
    let index = tree::text(INDEX);
    for code in Code::ALL {
        let row = format!("| [{code}]({code}.md) | {} |\n", code.title());
        assert_eq!(index.matches(&row).count(), 1, "the index has once: {row}");
    }
    assert_eq!(index.matches("| [").count(), Code::ALL.len());
}
