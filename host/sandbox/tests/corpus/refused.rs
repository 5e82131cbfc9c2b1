use sluice_catalog::Code;
use sluice_sandbox::CompileError;

use crate::fixture::*;

/// What a component may not be made of (MEM2, MEM4, MEM9, HC10, MC1): refused before any of it runs.
#[test]
fn components_that_use_more_than_the_engine_allows_are_refused_at_compile() {
    let engine = engine();
    let core = |body: &str| format!("(component (core module $m {body}) (core instance (instantiate $m)))");
    for (what, text, code) in [
        ("two memories", core("(memory 1) (memory 1)"), Code::ConnectorNotAComponent),
        ("64-bit memory", core("(memory i64 1 0xffff_ffff_ffff)"), Code::ConnectorNotAComponent),
        ("64-bit table", core("(table i64 1 funcref)"), Code::ConnectorNotAComponent),
        ("shared memory", core("(memory 1 1 shared)"), Code::ConnectorNotAComponent),
        ("garbage collector", core("(type (struct (field i32)))"), Code::ConnectorNotAComponent),
        ("exceptions", core("(tag (param i32))"), Code::ConnectorNotAComponent),
        ("tail calls", core("(func $f (return_call $f))"), Code::ConnectorNotAComponent),
        ("asynchronous types", "(component (type (future u32)))".to_owned(), Code::ConnectorNotAComponent),
        ("a memory larger than a slot", core("(memory 4097)"), Code::ConnectorTooLarge),
        ("a table larger than a slot", core("(table 20001 funcref)"), Code::ConnectorTooLarge),
        ("a core module", "(module)".to_owned(), Code::ConnectorNotAComponent),
        ("nothing of the contract", "(component)".to_owned(), Code::ConnectorProtocol),
        (
            "the environment",
            r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "get-environment" (func (result (list (tuple string string))))))))"#
                .to_owned(),
            Code::ConnectorImportRefused,
        ),
        (
            "sockets",
            r#"(component (import "wasi:sockets/instance-network@0.2.0" (instance (export "network" (type (sub resource))))))"#.to_owned(),
            Code::ConnectorImportRefused,
        ),
        (
            "a database, which destinations have none of",
            r#"(component (import "sluice:connector/sql@0.1.0" (instance (export "close" (func (param "id" u64))))))"#.to_owned(),
            Code::ConnectorImportRefused,
        ),
        (
            "a function of the contract with another signature",
            r#"(component (import "sluice:connector/spool@0.1.0" (instance (export "create" (func (result string))))))"#.to_owned(),
            Code::ConnectorImportRefused,
        ),
    ] {
        let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{what}: {error}"));
        let error = engine.compile(&bytes).expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
    }
}

/// MC1.
#[test]
fn damaged_components_are_refused_without_a_panic() {
    let engine = engine();
    let whole = component(PLAIN);
    assert!(engine.compile(&whole).is_ok());
    for cut in (0..whole.len()).step_by(whole.len() / 40) {
        assert!(engine.compile(&whole[..cut]).is_err(), "cut at {cut}");
    }
    for at in (8..whole.len()).step_by(whole.len() / 40) {
        let mut bad = whole.clone();
        bad[at] ^= 0xff;
        let _ = engine.compile(&bad); // some flips only change a name or a constant: fine, as long as it is an answer
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_before_it_is_read() {
    let file = vec![0; sluice_sandbox::limits::COMPONENT_BYTES_MAX + 1];
    assert!(matches!(engine().compile(&file), Err(CompileError::TooLarge { .. })));
    assert!(matches!(engine().compile(&file[1..]), Err(CompileError::NotAComponent { .. })), "the last allowed byte");
}

#[test]
fn one_component_is_compiled_once_while_somebody_holds_it() {
    let engine = engine();
    let component = component(PLAIN);
    let first = engine.compile(&component).expect("good");
    let began = std::time::Instant::now();
    let again = engine.compile(&component).expect("good");
    assert_eq!(first.digest(), again.digest());
    assert!(first.same_code(&again), "{:?}", began.elapsed());
    drop((first, again));
    assert!(engine.compile(&component).is_ok());
}
