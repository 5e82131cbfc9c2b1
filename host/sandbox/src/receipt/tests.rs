use proptest::prelude::*;
use sluice_catalog::contract::Reason;

use super::*;

fn receipt(except: Vec<(u32, Outcome)>) -> Receipt {
    Receipt { all: Outcome::Accepted, except, notes: vec![], unnamed: 0, remote_ids: None, attrs: vec![] }
}

fn texts(values: &[&str]) -> Column {
    let mut column = Column { offsets: 0i32.to_le_bytes().to_vec(), ..Column::default() };
    for value in values {
        column.data.extend_from_slice(value.as_bytes());
        column.offsets.extend_from_slice(&(column.data.len() as i32).to_le_bytes());
    }
    column
}

/// ST2: more outcomes than rows, fewer, duplicates, rows that are not there.
#[test]
fn a_receipt_that_miscounts_makes_the_whole_batch_unknown() {
    let note = |row| Receipt { notes: vec![(row, Reason::default())], ..receipt(vec![]) };
    let unnamed = |count| Receipt { unnamed: count, ..receipt(vec![(0, Outcome::Pending)]) };
    let ids = |column| Receipt { remote_ids: Some(column), ..receipt(vec![]) };
    for (what, receipt, right) in [
        ("the last row", receipt(vec![(2, Outcome::Pending)]), true),
        ("a row behind the last", receipt(vec![(3, Outcome::Pending)]), false),
        ("the largest index", receipt(vec![(u32::MAX, Outcome::Pending)]), false),
        (
            "every row by name, in any order",
            receipt(vec![(2, Outcome::Pending), (0, Outcome::Pending), (1, Outcome::Accepted)]),
            true,
        ),
        ("a row twice", receipt(vec![(1, Outcome::Pending), (0, Outcome::Pending), (1, Outcome::Accepted)]), false),
        ("more names than rows", receipt((0..4).map(|row| (row, Outcome::Pending)).collect()), false),
        ("a note on the last row", note(2), true),
        ("a note behind the last", note(3), false),
        ("as many unnamed as are left", unnamed(2), true),
        ("more unnamed than are left", unnamed(3), false),
        ("an id per row", ids(texts(&["a", "", "ä"])), true),
        ("an id too few", ids(texts(&["a", "b"])), false),
        ("an id too many", ids(texts(&["a", "b", "c", "d"])), false),
        ("offsets behind the data", ids(Column { data: b"a".to_vec(), ..texts(&["a", "b", "c"]) }), false),
        ("an offset within a character", ids(Column { data: "xä".into(), ..texts(&["a", "b", "c"]) }), false),
        ("ids that are not text", ids(Column { data: vec![0xff; 3], ..texts(&["a", "b", "c"]) }), false),
    ] {
        match check_receipt(&receipt, 3) {
            Ok(outcomes) => assert!(right && outcomes.iter().count() == 3, "{what}"),
            Err(fault) => assert!(!right && fault.code == Code::ConnectorOutcomeCount && fault.requests_left, "{what}: {fault}"),
        }
    }
    assert!(check_receipt(&receipt(vec![]), 0).is_ok(), "an empty batch has no rows to miscount");
}

proptest! {
    #[test]
    fn every_row_has_one_outcome_and_it_is_the_one_that_was_said(named in proptest::collection::btree_set(0u32..200, 0..50)) {
        let except = named.iter().rev().map(|row| (*row, Outcome::Rejected(Reason { message: row.to_string(), ..Reason::default() })));
        let receipt = receipt(except.collect());
        let outcomes = check_receipt(&receipt, 200).expect("right by construction");
        for (row, outcome) in (0..200).zip(outcomes.iter()) {
            prop_assert_eq!(outcomes.of(row), Some(outcome));
            match outcome {
                Outcome::Rejected(reason) => prop_assert_eq!(reason.message.clone(), row.to_string()),
                other => prop_assert!(*other == Outcome::Accepted && !named.contains(&row)),
            }
        }
        prop_assert_eq!(outcomes.of(200), None);
    }
}
