//! The names that the twin takes, held against the vendor's own protos, where they lie beside the project. They are never copied into the
//! project; where they are absent one line says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use sluice_twins::google_ads::{DATA_MANAGER, GOOGLE_ADS};

/// Messages and enums: for each its lines as the twin writes them.
type Lines = BTreeMap<String, BTreeSet<String>>;

fn folder(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("SLUICE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("specs/google-ads").join(name);
    if path.is_dir() {
        return Some(path);
    }
    // Past the capture of a test's output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above specs/", path.display());
    None
}

fn protos(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            protos(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "proto") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The words of a proto, without comments and without what stands in brackets or quotes.
fn words(text: &str) -> Vec<String> {
    // Comments stand on lines of their own; elsewhere two slashes are part of an address.
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let (mut words, mut word, mut depth, mut quoted) = (Vec::new(), String::new(), 0, false);
    for c in code.join("\n").chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if depth > 0 => {}
            '{' | '}' | ';' | '=' => {
                words.extend([std::mem::take(&mut word), c.to_string()]);
            }
            c if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    // A type that is broken over two lines begins its second one with a dot.
    words.into_iter().fold(Vec::new(), |mut words: Vec<String>, word| {
        match words.last_mut() {
            Some(last) if word.starts_with('.') => last.push_str(&word),
            _ => words.push(word),
        }
        words
    })
}

/// Messages and enums of one proto.
fn read(text: &str, lines: &mut Lines) {
    let words = words(text);
    let mut open: Vec<(String, String)> = Vec::new();
    let mut sentence: Vec<&str> = Vec::new();
    for word in &words {
        match word.as_str() {
            "{" => {
                let name = |at: usize| sentence.get(at).map_or("", |word| word).to_owned();
                let key = match sentence.first() {
                    Some(&"message") => name(1),
                    Some(&"enum") => format!("enum {}", name(1)),
                    _ => String::new(),
                };
                if !key.is_empty() {
                    lines.entry(key.clone()).or_default();
                }
                open.push((sentence.first().map_or("", |word| word).to_owned(), if key.is_empty() { name(1) } else { key }));
                sentence.clear();
            }
            "}" => {
                open.pop();
                sentence.clear();
            }
            ";" => {
                let holder = open.iter().rev().find(|(kind, _)| kind == "message" || kind == "enum");
                if let (Some((_, key)), Some(at)) = (holder, sentence.iter().position(|word| *word == "=")) {
                    let oneof = open.last().filter(|(kind, _)| kind == "oneof").map(|(_, name)| format!("{name}|"));
                    if let Some(line) = line(&sentence[..at], &oneof.unwrap_or_default()) {
                        lines.get_mut(key).unwrap().insert(line);
                    }
                }
                sentence.clear();
            }
            word => sentence.push(word),
        }
    }
}

fn line(declared: &[&str], oneof: &str) -> Option<String> {
    let of_type = |kind: &str| kind.rsplit('.').next().unwrap().to_owned();
    match declared {
        ["option", ..] => None,
        [value] => Some((*value).to_owned()),
        ["repeated", kind, name] => Some(format!("repeated {} {name}", of_type(kind))),
        ["optional", kind, name] | [kind, name] => Some(format!("{oneof}{} {name}", of_type(kind))),
        other => panic!("what is {other:?}?"),
    }
}

fn of_twin(text: &str) -> Lines {
    let all = text.lines().filter_map(|line| line.split_once(": "));
    all.map(|(head, items)| (head.to_owned(), items.split(", ").map(str::to_owned).collect())).collect()
}

fn of_vendor(folder: &Path) -> Lines {
    let (mut texts, mut lines) = (Vec::new(), Lines::new());
    protos(folder, &mut texts);
    texts.iter().for_each(|text| read(text, &mut lines));
    lines
}

#[test]
fn data_manager_has_the_names_that_the_protos_have() {
    let Some(folder) = folder("datamanager-v1") else { return };
    let (vendor, twin) = (of_vendor(&folder), of_twin(DATA_MANAGER));
    assert!(vendor.len() > 60 && twin.len() > 50, "{} and {} are read", vendor.len(), twin.len());
    for (name, lines) in &twin {
        assert_eq!(Some(lines), vendor.get(name), "{name}");
    }
    // Every type that is named is listed, so that nothing below it is refused for want of a list.
    let plain = ["string", "bool", "double", "int32", "int64", "Timestamp", "Duration"];
    for line in twin.iter().filter(|(name, _)| !name.starts_with("enum ")).flat_map(|(_, lines)| lines) {
        let kind = line.trim_start_matches("repeated ").split(' ').next().unwrap().rsplit('|').next().unwrap();
        assert!(plain.contains(&kind) || twin.contains_key(kind) || twin.contains_key(&format!("enum {kind}")), "{line}");
    }
}

#[test]
fn google_ads_has_the_names_that_the_protos_have() {
    let Some(folder) = folder("googleads-v25") else { return };
    let (vendor, twin) = (of_vendor(&folder), of_twin(GOOGLE_ADS));
    // What the vendor's files beside the project do not have.
    let unseen = [
        "CrmBasedUserListInfo",
        "SearchGoogleAdsRequest",
        "enum ConversionCustomerType",
        "enum ConversionEnvironment",
        "enum UserListCrmDataSourceType",
        "enum UserListMembershipStatus",
    ];
    for (name, lines) in &twin {
        match (name.as_str(), vendor.get(name)) {
            (_, None) => assert!(unseen.contains(&name.as_str()), "{name} is not described"),
            // The fields of a list that may be written.
            ("UserList", Some(vendor)) => assert!(lines.is_subset(vendor), "{name}: {:?}", lines.difference(vendor)),
            (_, Some(vendor)) => assert_eq!(lines, vendor, "{name}"),
        }
    }
    let absent: Vec<_> = unseen.iter().filter(|name| vendor.contains_key(**name)).collect();
    assert!(absent.is_empty(), "described after all: {absent:?}");
}

/// Every reason and code that the twin says is one of the vendor's, as far as its enum is among the files.
#[test]
fn reasons_and_codes_are_the_vendors() {
    let (Some(manager), Some(ads)) = (folder("datamanager-v1"), folder("googleads-v25")) else { return };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/google_ads");
    let (manager, ads) = (of_vendor(&manager), of_vendor(&ads));
    let said = |file: &str, before: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(source.join(file)).unwrap();
        let after = text.split(before).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        after.map(str::to_owned).collect()
    };
    let reasons: BTreeSet<String> =
        ["manager/members.rs", "manager/event.rs", "manager/destination.rs", "manager/people.rs", "manager/lists.rs"]
            .iter()
            .flat_map(|file| said(file, "Violation::new("))
            .collect();
    assert!(reasons.len() > 30, "{reasons:?}");
    let known = &manager["enum ErrorReason"];
    assert!(reasons.is_subset(known), "{:?}", reasons.difference(known));
    for (file, before, name) in [
        ("ads/adjustments.rs", "self.fails(", "enum ConversionAdjustmentUploadError"),
        ("ads/clicks.rs", "self.fails(", "enum ConversionUploadError"),
        ("ads/calls.rs", "return fails(", "enum ConversionUploadError"),
        ("ads/jobs.rs", "of_job(", "enum OfflineUserDataJobError"),
        ("ads/lists.rs", "of_list(", "enum UserListError"),
    ] {
        let codes = said(file, before);
        assert!(codes.len() > 2, "{file}: {codes:?}");
        assert!(codes.is_subset(&ads[name]), "{file}: {:?}", codes.difference(&ads[name]));
    }
}
