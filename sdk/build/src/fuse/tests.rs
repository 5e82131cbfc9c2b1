use super::*;

/// Two modules that share memory, table and globals, as toolchains link them; one function of the contract, one of WASI.
const COMPONENT: &str = r#"(component
    (import "sluice:connector/log@0.1.0" (instance $host (export "log" (func (param "level" u32)))))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
    (core module $env
        (memory (export "memory") 1)
        (table (export "table") 4 funcref)
        (global (export "base") i32 (i32.const 2))
        (global (export "stack") (mut i32) (i32.const 64))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
    (core instance $env (instantiate $env))
    (core func $log (canon lower (func $host "log")))
    (core func $now (canon lower (func $clock "now")))
    (core module $code
        (import "env" "memory" (memory 1))
        (import "env" "table" (table 4 funcref))
        (import "env" "base" (global i32))
        (import "env" "stack" (global (mut i32)))
        (import "world" "log" (func (param i32)))
        (import "world" "now" (func (result i64)))
        (elem (offset (i32.add (global.get 0) (i32.const 1))) func 2)
        (func (export "sluice:connector/destination@0.1.0#check") (result i32)
            (call 0 (global.get 1))
            (drop (call 1))
            i32.const 7)
        (data (global.get 0) "seven"))
    (core module $shim
        (table (export "$imports") 1 1 funcref)
        (func (export "0") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 0))))
    (core instance $shim (instantiate $shim))
    (core module $fixup
        (import "shim" "$imports" (table 1 1 funcref))
        (import "world" "log" (func (param i32)))
        (elem (i32.const 0) func 0))
    (core instance $late (export "log" (func $log)))
    (core instance $fixup (instantiate $fixup (with "shim" (instance $shim)) (with "world" (instance $late))))
    (alias core export $shim "0" (core func $shimmed))
    (core instance $world (export "log" (func $shimmed)) (export "now" (func $now)))
    (core instance $code (instantiate $code (with "env" (instance $env)) (with "world" (instance $world))))
    (alias core export $env "memory" (core memory $memory))
    (alias core export $env "realloc" (core func $realloc))
    (alias core export $code "sluice:connector/destination@0.1.0#check" (core func $check))
    (func $lifted (result u32) (canon lift (core func $check) (memory $memory) (realloc $realloc)))
    (func $own (result u32) (canon lift (core func $check)))
    (export "init" (func $own))
    (instance $destination (export "check" (func $lifted)))
    (export "sluice:connector/destination@0.1.0" (instance $destination)))"#;

/// The same as one module: the constant is known, the contract's function is an import, the clock is a trap, the second table stands
/// behind the first.
const JOINED: &str = r#"(module
    (type (func (param i32 i32 i32 i32) (result i32)))
    (type (func (param i32)))
    (type (func (param i32)))
    (type (func (param i32)))
    (type (func (result i64)))
    (type (func (result i32)))
    (import "sluice:connector/log@0.1.0" "log" (func (type 2)))
    (table 5 funcref)
    (memory 1)
    (global i32 (i32.const 2))
    (global (mut i32) (i32.const 64))
    (export "cabi_realloc" (func 1))
    (export "memory" (memory 0))
    (export "sluice:connector/destination@0.1.0#check" (func 4))
    (elem (offset (i32.add (i32.const 0) (i32.const 4))) func 0)
    (elem (offset (i32.add (i32.const 2) (i32.const 1))) func 4)
    (func (type 0) i32.const 0)
    (func (type 1) (call_indirect (type 1) (local.get 0) (i32.add (i32.const 0) (i32.const 4))))
    (func (type 4) unreachable)
    (func (type 5) (call 2 (global.get 1)) (drop (call 3)) i32.const 7)
    (data (i32.const 2) "seven"))"#;

fn joined(text: &str) -> Result<Vec<u8>, Unfit> {
    let bytes = wat::parse_str(text).expect("sound text");
    wasmparser::validate(&bytes).expect("a sound component");
    fuse(&bytes)
}

fn text(module: &[u8]) -> String {
    wasmprinter::print_bytes(module).expect("a module")
}

#[test]
fn modules_that_share_a_memory_become_one_that_imports_the_contract_alone() {
    let module = joined(COMPONENT).expect("it can be joined");
    wasmparser::validate(&module).expect("sound");
    assert_eq!(text(&module), text(&wat::parse_str(JOINED).expect("sound text")));
}

#[test]
fn a_component_inside_of_a_component_is_found() {
    let inside = format!("(component (component) {})", COMPONENT.replacen("(component", "(component $inner", 1));
    assert_eq!(joined(&inside).expect("it can be joined"), joined(COMPONENT).expect("it can be joined"));
}

#[test]
fn what_cannot_be_joined_is_refused_for_what_it_is() {
    for (from, to, said) in [
        ("sluice:connector/destination", "other:package/destination", "no core module that exports the contract"),
        ("(data (global.get 0) \"seven\")", "(func) (start 3)", "start function"),
        ("(local.get 0) (i32.const 0))))", "(local.get 0) (table.size 0))))", "second table"),
        ("(i32.const 2))", "(i32.add (i32.const 1) (i32.const 1)))", "not a plain number"),
    ] {
        let changed = COMPONENT.replace(from, to);
        assert_ne!(changed, COMPONENT, "{said}");
        let unfit = joined(&changed).expect_err(said).to_string();
        assert!(unfit.contains(said), "{said}: {unfit}");
    }
    assert!(matches!(fuse(b"\0asm"), Err(Unfit::Read(_) | Unfit::Shape(_))));
}
