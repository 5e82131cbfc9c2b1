use std::sync::LazyLock;

use wasmparser::WasmFeatures;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use sluice_catalog::Code;

use super::{features::ALLOWED, *};
use crate::{Engine, EngineOptions, limits::COMPONENT_BYTES_MAX};

const MANIFEST: &str = r#"
id = "acme-crm"
version = "1.3.0"
contract = "sluice:connector@0.1"
kind = "destination"
title = "Acme CRM"
publisher = "Acme"

[settings]
type = "object"
required = ["region"]
[settings.properties]
region = { type = "string", title = "Region" }

[[egress]]
host = "{region}.acme.example"
methods = ["GET", "POST"]
path-prefix = "/v3/"

[[egress]]
host = "link"
from = "POST /v3/exports"
suffixes = [".storage.example"]
methods = ["GET"]

[[credentials]]
name = "api_key"
write = { kind = "static-header", header = "authorization", prefix = "Bearer " }
help = "Settings, API keys."

[[credentials]]
name = "upload"
write = { kind = "basic" }
help = "Settings, uploads."
hosts = ["{region}.acme.example"]
path-prefix = "/v3/uploads"
methods = ["POST"]

[limits]
cpu-ms-max = 500

[[pace]]
name = "contacts"
scope = "account"
rate = 10
per-seconds = 1

[services.contacts]
title = "Contacts"
record = "users"
modes = ["upsert", "mirror"]
identifiers = { any-of = ["email"] }
unit = { rows = 100, bytes = 1000000, row-bytes-max = 10000 }
repeat = { class = "overwrites" }
source = { page = "https://developer.acme.example/contacts", read = "2026-11-24" }
[[services.contacts.fields]]
name = "email"
type = "utf8"
role = "identifier"
[[services.contacts.fields]]
name = "city"
type = "utf8"
"#;

/// A component of a world, made by the encoder from a module of empty functions.
fn component(wit: &str, world: &str, manifests: &[&str]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("test.wit", wit).expect("the test's WIT parses");
    let world = resolve.select_world(&[package], Some(world)).expect("the world is there");
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("embeds");
    let mut bytes = ComponentEncoder::default().module(&module).expect("a module").encode().expect("a component");
    for text in manifests {
        append_section(&mut bytes, sluice_catalog::manifest::SECTION, text.as_bytes());
    }
    bytes
}

fn append_section(out: &mut Vec<u8>, name: &str, data: &[u8]) {
    fn leb(out: &mut Vec<u8>, mut value: usize) {
        while value > 0x7f {
            out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }
    let mut body = Vec::new();
    leb(&mut body, name.len());
    body.extend(name.as_bytes());
    body.extend(data);
    out.push(0);
    leb(out, body.len());
    out.extend(body);
}

static CONTRACT: LazyLock<String> = LazyLock::new(|| include_str!("../../../../wit/v0/sluice.wit").to_owned());

fn destination(change: impl Fn(&str) -> String) -> Result<Component, Refusal> {
    Component::read(&component(&change(&CONTRACT), "destination-connector", &[MANIFEST]))
}

#[test]
fn a_component_of_the_contract_is_read_with_its_manifest_digest_and_imports() {
    let read = destination(str::to_owned).expect("sound");
    assert_eq!(read.manifest().id, "acme-crm");
    assert!(read.digest().to_string().starts_with("sha256:"));
    assert_eq!(read.exports(), ["sluice:connector/destination@0.1.0"]);
    assert!(read.imports().contains(&"sluice:connector/http@0.1.0".to_owned()), "{:?}", read.imports());
    let both = Component::read(&component(&CONTRACT, "destination-with-membership", &[&listing()])).expect("sound");
    assert_eq!(both.exports().len(), 2);
}

fn listing() -> String {
    MANIFEST.replacen("kind = \"destination\"", "kind = \"destination\"\ncapabilities = [\"list-members\"]", 1)
}

#[test]
fn the_manifest_says_what_the_component_can_do_no_more_and_no_less() {
    let silent = Component::read(&component(&CONTRACT, "destination-with-membership", &[MANIFEST])).expect_err("not declared");
    let missing = Component::read(&component(&CONTRACT, "destination-connector", &[&listing()])).expect_err("not exported");
    assert!(matches!(silent, Refusal::CapabilitySilent { .. }), "{silent}");
    assert!(matches!(missing, Refusal::CapabilityMissing { .. }), "{missing}");
    assert_eq!((silent.code(), missing.code()), (Code::ConnectorManifestInvalid, Code::ConnectorManifestInvalid));
}

#[test]
fn an_import_outside_the_contract_is_refused_and_named() {
    let with = |extra: &str, import: &str| {
        destination(|wit| {
            let world = format!("world destination-connector {{ import {import};");
            let changed = wit.replacen("world destination-connector {", &world, 1);
            format!("{changed}\n{extra}")
        })
    };
    for (extra, import, named) in [
        ("interface clock { now: func() -> u64; }", "clock", "sluice:connector/clock@0.1.0"),
        ("", "sql", "sluice:connector/sql@0.1.0"),
        ("", "stray: func()", "stray"),
    ] {
        match with(extra, import) {
            Err(refusal @ Refusal::Import { .. }) => {
                assert!(refusal.to_string().contains(&format!("`{named}`")), "{refusal}");
                assert_eq!(refusal.code().as_str(), "connector-import-refused");
            }
            other => panic!("{import}: {other:?}"),
        }
    }
    let other_version = destination(|wit| wit.replace("@0.1.0", "@0.2.0"));
    assert!(matches!(&other_version, Err(Refusal::Import { name }) if name.ends_with("@0.2.0")), "{other_version:?}");
    let wasi = Component::read(&wat::parse_str(r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#).expect("wat"));
    assert!(matches!(&wasi, Err(Refusal::Import { name }) if name == "wasi:cli/environment@0.2.0"), "{wasi:?}");
}

#[test]
fn a_changed_or_missing_function_is_refused_and_named() {
    let changed = destination(|wit| wit.replace("send: func(request: request)", "send: func(request: request, twice: bool)"));
    assert!(matches!(&changed, Err(Refusal::ImportShape { cause, .. }) if cause.contains("`send`")), "{changed:?}");
    let exported = destination(|wit| wit.replace("poll: func(task: task, ", "poll: func(task: task, often: u8, "));
    assert!(matches!(&exported, Err(Refusal::ExportShape { cause, .. }) if cause.contains("`poll`")), "{exported:?}");
    let record = destination(|wit| wit.replace("rows-fit: option<u32>", "rows-fit: option<u64>"));
    assert!(record.is_err(), "a record with another field type");
    let none = Component::read(&component(&CONTRACT, "source-connector", &[MANIFEST]));
    assert!(none.is_err(), "a source under a destination's manifest: {none:?}");
    let source = MANIFEST.replace("kind = \"destination\"", "kind = \"source\"");
    let fine = Component::read(&component(&CONTRACT, "source-connector", &[&source]));
    assert!(fine.is_ok(), "{fine:?}");
    let wrong = Component::read(&component(&CONTRACT, "destination-connector", &[&source]));
    assert!(matches!(&wrong, Err(Refusal::Export { name, .. }) if name.contains("/destination@")), "{wrong:?}");
}

#[test]
fn what_is_not_a_component_is_refused_for_what_it_is() {
    assert_eq!(Component::read(b"").err(), Some(Refusal::NotWasm));
    assert_eq!(Component::read(b"hello, world").err(), Some(Refusal::NotWasm));
    assert_eq!(Component::read(&wat::parse_str("(module)").expect("wat")).err(), Some(Refusal::Module));
    let mut cut = component(&CONTRACT, "destination-connector", &[MANIFEST]);
    cut.truncate(cut.len() / 2);
    assert!(matches!(Component::read(&cut), Err(Refusal::Invalid { .. })));
    let large = vec![0; COMPONENT_BYTES_MAX + 1];
    assert!(matches!(Component::read(&large), Err(Refusal::TooLarge { .. })));
    assert_eq!(Component::read(&large[..COMPONENT_BYTES_MAX]).err(), Some(Refusal::NotWasm), "the last allowed size");
}

#[test]
fn features_that_widen_the_sandbox_are_refused() {
    for (module, what) in [
        ("(memory i64 1)", "64-bit memory"),
        ("(memory 1) (memory 1)", "two memories"),
        ("(memory 1 1 shared)", "shared memory"),
        ("(type (struct))", "garbage collection"),
        ("(tag)", "exceptions"),
        ("(func return_call 0)", "tail calls"),
    ] {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).expect(what);
        assert!(matches!(Component::read(&bytes), Err(Refusal::Invalid { .. })), "{what}");
    }
}

#[test]
fn the_reader_allows_what_the_engine_allows() {
    let engine = Engine::new(EngineOptions { instances_max: 1, threads_max: 1, cache: None }).expect("a small engine");
    let engine = engine.0.wasm.get_wasm_features();
    for (name, feature) in WasmFeatures::all().iter_names() {
        let on = engine.iter_names().any(|(n, _)| n == name);
        assert_eq!(ALLOWED.contains(feature), on, "{name}");
    }
}

#[test]
fn exactly_one_sound_manifest_is_carried() {
    let with = |manifests: &[&str]| Component::read(&component(&CONTRACT, "destination-connector", manifests)).err();
    assert_eq!(with(&[]), Some(Refusal::ManifestMissing));
    assert_eq!(with(&[MANIFEST, MANIFEST]), Some(Refusal::ManifestTwice { count: 2 }));
    let broken = MANIFEST.replace("version = \"1.3.0\"", "version = \"one\"");
    assert!(matches!(with(&[&broken]), Some(Refusal::Manifest { problems }) if problems[0].at == "version"));
    let mut bytes = component(&CONTRACT, "destination-connector", &[]);
    append_section(&mut bytes, sluice_catalog::manifest::SECTION, &[0xff]);
    assert_eq!(Component::read(&bytes).err(), Some(Refusal::ManifestText));
}

#[test]
fn an_inspection_is_one_page_that_names_every_reach() {
    let read = destination(str::to_owned).expect("sound");
    let mut page = inspect(&read);
    // Digest and size belong to the encoder's version, not to this page.
    page.digest = "sha256:…".into();
    page.size = 1234;
    insta::assert_snapshot!(page.to_string());
    insta::assert_snapshot!(serde_json::to_string_pretty(&page).expect("plain data"));
}
