//! The pages of codes say what the registry says, one page per code.

#![allow(missing_docs)]

use std::{collections::BTreeSet, path::Path};

use sluice_catalog::Code;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors")
}

/// Text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_code_has_its_page_and_the_page_says_what_the_registry_says() {
    for code in Code::ALL {
        let text = std::fs::read_to_string(folder().join(format!("{code}.md"))).unwrap_or_else(|e| panic!("{code}: {e}"));
        let flat = flat(&text);
        assert!(text.starts_with(&format!("# {code}\n")), "{code}: the heading");
        assert!(flat.contains(&format!("**{}.**", code.title())), "{code}: the title");
        assert!(flat.contains(&format!("## Next step {}", code.next_step())), "{code}: the next step");
        assert!(flat.contains("## Your rows "), "{code}: what it means for data");
    }
}

#[test]
fn every_page_has_its_code_and_stands_in_the_index() {
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    let index = std::fs::read_to_string(folder().join("README.md")).expect("an index");
    for entry in std::fs::read_dir(folder()).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a text");
        let Some(page) = name.strip_suffix(".md").filter(|page| *page != "README") else { continue };
        assert!(codes.contains(page), "{name} is about no code");
        assert!(index.contains(&format!("({name})")), "{name} is not in the index");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages: Vec<_> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].map(|p| root.join(p)).into();
    for folder in ["docs", "docs/decisions", "docs/errors"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
        pages.extend(entries.map(|e| e.expect("an entry").path()).filter(|p| p.extension().is_some_and(|e| e == "md")));
    }
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                let file = page.parent().expect("a folder").join(target);
                assert!(file.exists(), "{} links to {link}, which is not there", page.display());
            }
        }
    }
}
