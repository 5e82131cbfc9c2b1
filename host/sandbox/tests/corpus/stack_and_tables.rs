use sluice_catalog::Code;
use sluice_sandbox::Limits;

use crate::fixture::*;

/// STK1.
#[tokio::test]
async fn endless_recursion_ends_at_the_guests_own_stack() {
    let recurses = Source {
        items: "(func $deeper (param i32) (result i32) (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))",
        check: "(call $answer (call $deeper (i32.const 0)))",
        ..PLAIN
    };
    let fault = fault_of(&session(recurses, Limits::default())).await;
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorStackLimit, false), "{fault}");
}

/// TBL1: the last allowed size, and one more.
#[tokio::test]
async fn a_table_grows_to_its_limit_and_not_beyond() {
    let grows = Source {
        items: "(table $t 0 funcref)",
        check: "(drop (table.grow $t (ref.null func) (i32.const 100))) (call $answer (table.size $t))",
        ..PLAIN
    };
    let session = session(grows, Limits { table_elements: 300, ..Limits::default() });
    let mut instance = session.instance();
    for size in [100, 200, 300] {
        assert_eq!(call(&mut instance).await, Ok(size));
    }
    assert_eq!(call(&mut instance).await.expect_err("one more").code, Code::ConnectorTableLimit);
    drop(instance);
    assert_eq!(call(&mut session.instance()).await, Ok(100), "a new instance begins anew");
    standing(&session);
}

/// TBL3, and the other ways to crash.
#[tokio::test]
async fn a_crash_of_the_guest_is_a_fault_of_its_call_and_nothing_else() {
    let items =
        "(table $t 2 funcref) (func $f (param i32)) (elem (i32.const 0) $f) (type $plain (func)) (type $takes (func (param i32)))";
    for (what, check) in [
        ("an entry behind the table", "(call_indirect $t (type $plain) (i32.const 9))"),
        ("an empty entry", "(call_indirect $t (type $takes) (i32.const 0) (i32.const 1))"),
        ("an entry of another type", "(call_indirect $t (type $plain) (i32.const 0))"),
        ("a division by zero", "(call $answer (i32.div_u (i32.const 1) (local.get $i)))"),
        ("unreachable", "unreachable"),
        ("an address behind the memory", "(call $answer (i32.load (i32.const -4)))"),
    ] {
        let fault = fault_of(&session(Source { items, check, ..PLAIN }, Limits::default())).await;
        assert_eq!((fault.code, fault.requests_left), (Code::ConnectorTrap, false), "{what}: {fault}");
    }
}
