//! Files with everything that can be wrong, and what people are told; the demo's own files are right.

use serde_json::json;

use super::*;
use crate::limits::NODES_MAX;

fn text(name: &str, text: &str) -> Text {
    Text { name: name.to_owned(), text: text.to_owned() }
}

fn set(name: &str) -> Option<String> {
    ["SHOP_DATA", "BRAZE_TWIN", "BRAZE_KEY"].contains(&name).then(|| format!("<{name}>"))
}

fn bundle(yaml: &str) -> Bundle {
    Bundle::of(&[text("shop.yaml", yaml)], &set).unwrap()
}

fn refused(yaml: &str) -> Failure {
    Bundle::of(&[text("shop.yaml", yaml)], &set).unwrap_err()
}

#[test]
fn lists_of_several_files_are_one_bundle_and_know_their_lines() {
    let texts = [
        text("a.yaml", "# A comment.\nsources:\n  - name: shop\n    kind: { files: { path: \"${SHOP_DATA}\" } }\n"),
        text("b.yaml", "---\nsources:\n  - name: other\n    kind:\n      files:\n        path: /x\n---\nsegments:\n"),
        text("c.json", r#"{ "activations": [] }"#),
    ];
    let bundle = Bundle::of(&texts, &set).unwrap();
    let want = json!({ "sources": [
        { "name": "shop", "kind": { "files": { "path": "<SHOP_DATA>" } } },
        { "name": "other", "kind": { "files": { "path": "/x" } } },
    ] });
    assert_eq!(bundle.value(), &want);
    for (pointer, place) in [
        ("/sources/0", Some("a.yaml:3")),
        ("/sources/0/kind/files/path", Some("a.yaml:4")),
        ("/sources/1/kind/files/path", Some("b.yaml:6")),
        // What is not in the file is at the nearest part around it.
        ("/sources/1/kind/files/delimiter/0", Some("b.yaml:5")),
        ("/sources/2", None),
        ("", None),
    ] {
        assert_eq!(bundle.place(pointer).as_deref(), place, "{pointer}");
    }
}

#[test]
fn the_files_of_the_demo_are_sound() {
    let files =
        [include_str!("../../demo/data.yaml"), include_str!("../../demo/audience.yaml"), include_str!("../../demo/braze.yaml")];
    let texts: Vec<_> = files.iter().enumerate().map(|(at, yaml)| text(&at.to_string(), yaml)).collect();
    let bundle = Bundle::of(&texts, &set).unwrap();
    assert_eq!(bundle.value()["destinations"][0]["credentials"]["rest_api_key"], "<BRAZE_KEY>");
    assert_eq!(bundle.value().as_object().map(|lists| lists.len()), Some(5));
}

#[test]
fn every_slip_of_a_file_is_told_at_once_with_its_line() {
    let failure = refused(
        r#"
sources:
  - name: shop
    knd: { files: { path: /srv } }
  - name: shop
    name: shop again
    kind: { file: { path: 01234 } }
model:
  - name: x
models:
  - name: customers
    source: shop
    definition: { sql: "SELECT '${NOT_SET}'" }
    kind: user
    fields:
      - { id: customer_id, type: strin, semantic: emial }
      - { id: total, type: { decimal: { precison: 10, scale: 2 } } }
    primary-key: [customer_id]
destinations:
  - name: braze
    connector: braze
    settings: { anything: goes }
    credentials: { rest_api_key: hush-hush }
activations:
  - just a text
segments: good customers
"#,
    );
    assert!(!failure.text().contains("hush-hush"));
    insta::assert_snapshot!(failure.text());
}

#[test]
fn texts_that_are_not_yaml_are_told_with_their_line() {
    for (yaml, line) in
        [("sources:\n  - name: [a\nmodels: x\n", 3), ("sources:\n\t- name: a\n", 2), ("a: *nothing\n", 1), ("a: b\nc: 'open\n", 2)]
    {
        let failure = refused(yaml);
        assert_eq!(failure.code, Code::BundleInvalid);
        let file = failure.places[0].file.clone().unwrap();
        assert_eq!(file, format!("shop.yaml:{line}"), "{yaml:?}: {failure}");
    }
}

#[test]
fn treacherous_yaml_is_refused_in_words() {
    let causes = [
        "sources: [{ name: a, <<: { name: b } }]",
        "sources: [{ ? [a, b] : c }]",
        "sources: [{ name: !!binary aGk= }]",
        "sources: [{ name: &a [*a] }]",
        "- name: x",
        "plain",
    ]
    .map(|yaml| format!("{yaml}\n    {}", refused(yaml).places[0].cause));
    insta::assert_snapshot!(causes.join("\n"));
}

#[test]
fn a_tag_or_quotes_make_a_text_and_an_alias_repeats_a_value() {
    let bundle =
        bundle("sources:\n  - &shop\n    name: !!str 12\n    zone: 'no'\n    kind: { files: { path: \"007\" } }\n  - *shop\n");
    let want = json!({ "name": "12", "zone": "no", "kind": { "files": { "path": "007" } } });
    assert_eq!(bundle.value()["sources"], json!([want, want]));
    assert_eq!(bundle.place("/sources/1").as_deref(), Some("shop.yaml:6"));
}

#[test]
fn nested_aliases_cannot_fill_the_memory() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let failure = refused(&bomb);
    assert!(failure.places[0].cause.contains(&NODES_MAX.to_string()), "{failure}");
}

#[test]
fn anchors_inside_of_anchors_are_counted_each_time_they_keep_a_value() {
    let levels = 60;
    let open: String = (0..levels).map(|level| format!("&n{level} [")).collect();
    let nested = |values: usize| yaml::parse(&format!("{open}{}{}", "x,".repeat(values), "]".repeat(levels)));
    assert!(nested(3_000).is_ok());
    let flaw = nested(4_000).unwrap_err();
    assert!(flaw.cause.contains(&NODES_MAX.to_string()), "{flaw:?}");
}

#[test]
fn a_repeated_key_is_found_among_many() {
    let many: String = (0..5_000).map(|at| format!("k{at}: 1\n")).collect();
    assert_eq!(yaml::parse(&many).unwrap().flaws, []);
    let flaws = yaml::parse(&format!("{many}k7: 2\n")).unwrap().flaws;
    assert_eq!(flaws, [yaml::Flaw { line: 5_001, cause: "The key `k7` stands in line 8 already.".into() }]);
}

#[test]
fn both_sides_of_the_limit_of_nesting() {
    use crate::limits::NESTING_MAX;
    // Four levels are the document, the list, the destination and its settings, which may hold anything.
    let nested = |depth: usize| {
        let lists = depth - 4;
        format!("destinations: [{{ name: a, connector: b, settings: {{ x: {}1{} }} }}]", "[".repeat(lists), "]".repeat(lists))
    };
    bundle(&nested(NESTING_MAX));
    assert!(refused(&nested(NESTING_MAX + 1)).cause.contains("nested deeper"), "one more");
}

#[test]
fn one_kind_of_flaw_gives_the_failure_its_code() {
    let missing = refused("sources: [{ name: \"${A}\", kind: { files: { path: \"${B}\" } } }]");
    assert_eq!((missing.code, missing.places.len()), (Code::BundleVariableMissing, 2));
    let secret = refused("destinations: [{ name: a, connector: b, credentials: { k: hush } }]");
    assert_eq!((secret.code, secret.places.len()), (Code::BundleSecretInFile, 1));
}

#[test]
fn folders_are_read_by_name_with_their_sub_folders_and_without_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("b")).unwrap();
    std::fs::create_dir_all(dir.path().join(".git")).unwrap();
    for (name, source) in [("c.yaml", "c"), ("a.yml", "a"), ("b/x.json", "b"), (".git/y.yaml", "hidden"), ("README.md", "not")] {
        let text = format!("{{ \"sources\": [{{ \"name\": \"{source}\", \"kind\": {{ \"files\": {{ \"path\": \"/\" }} }} }}] }}");
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let names = |paths: &[PathBuf]| {
        let bundle = Bundle::read(paths, &set).unwrap();
        let sources = bundle.value()["sources"].as_array().cloned().unwrap_or_default();
        sources.iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[dir.path().to_owned()]), ["a", "b", "c"]);
    assert_eq!(names(&[dir.path().join("c.yaml"), dir.path().to_owned()]), ["c", "a", "b"]);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    use crate::limits::FILE_BYTES_MAX;
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("latin.yaml"), b"a: \xe9\n").unwrap();
    std::fs::File::create(path("large.yaml")).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
    std::fs::create_dir(path("empty")).unwrap();
    for (name, want) in [
        ("latin.yaml", "not UTF-8"),
        ("large.yaml", "more than"),
        ("nowhere.yaml", "no such file"),
        ("empty", "no file that ends in"),
    ] {
        let failure = Bundle::read(&[path(name)], &set).unwrap_err();
        assert!(failure.cause.contains(want), "{name}: {failure}");
        assert!(failure.places[0].file.as_ref().unwrap().ends_with(name), "{name}");
    }
}
