use super::*;

fn entry(key: &str, text: &str) -> (Kind, String, Arc<str>) {
    (Kind::Attributes, key.to_owned(), text.into())
}

#[test]
fn the_ledger_keeps_order_and_number() {
    let ledger = Ledger::open(None).unwrap();
    ledger.append(7, [entry("C-1", r#"{"a":1}"#), entry("C-2", "{}")]);
    ledger.append(9, [entry("C-1", r#"{"a":2}"#)]);
    let entries = ledger.entries();
    assert_eq!(
        entries.iter().map(|e| (e.seq, e.request, e.key.as_str())).collect::<Vec<_>>(),
        [(1, 7, "C-1"), (2, 7, "C-2"), (3, 9, "C-1")]
    );
    assert_eq!(entries[2].applied(), serde_json::json!({"a": 2}));
    assert_eq!(ledger.since(3, 10).len(), 1);
    assert_eq!(ledger.since(1, 2).len(), 2);
    assert_eq!(ledger.since(4, 10).len(), 0);
    assert_eq!((ledger.total(), ledger.forgotten()), (3, 0));
}

#[test]
fn the_file_has_each_request_as_soon_as_it_is_appended_and_outlives_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let ledger = Ledger::open(Some(&path)).unwrap();
    ledger.append(1, [entry("C-\"1\"", r#"{"name":"Léa"}"#)]);
    let read = || std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        read(),
        "{\"seq\":1,\"request\":1,\"kind\":\"attributes\",\"key\":\"C-\\\"1\\\"\",\"applied\":{\"name\":\"Léa\"}}\n"
    );
    ledger.reset();
    ledger.append(2, [entry("C-2", "{}")]);
    assert_eq!(read().lines().count(), 2);
    assert_eq!(ledger.entries().len(), 1);
    drop(ledger);
    Ledger::open(Some(&path)).unwrap().append(3, [entry("C-3", "{}")]);
    assert_eq!(read().lines().count(), 3, "a twin started again appends");
}
