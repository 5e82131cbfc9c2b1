//! An array with one object for each person (or whatever an identifier names), in which several rows of the batch may stand: for
//! platforms that want an identifier once in a request. [`Call::objects`] is for those that take an object for each row.
//!
//! What an object looks like is the connector's, as an [`Object`]; which rows went into which, and what is said in the end about the
//! others, is kept here.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::contract::{Halt, Outcome, Reason};
use crate::identifiers::again::follows;
use crate::json::Writer;
use crate::places::Places;

/// How rows of one identifier become one object.
pub trait Object {
    /// Whom a row is about, or why it cannot be sent.
    fn id(&self, row: usize) -> Result<&str, Reason>;

    /// Why a row that is about somebody cannot be sent nevertheless.
    fn check(&self, row: usize) -> Result<(), Reason>;

    /// Whether a row may stand in the object that has these rows, at least one. A row that may not is for another request, and so are
    /// the rows of its identifier after it.
    fn joins(&self, inside: &[u32], row: usize) -> bool;

    /// Writes the members of the object that has these rows, at least one, ascending.
    fn write(&self, body: &mut Writer, id: &str, rows: &[u32]);
}

/// Which rows stand in which object of the array.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    objects: Vec<Vec<u32>>,
    places: Places,
}

impl Groups {
    /// Number of objects in the array.
    pub fn objects(&self) -> usize {
        self.objects.len()
    }

    /// Which rows are in the array at all.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The rows of the object at `index`, ascending; none when the array has no such object.
    pub fn rows(&self, index: usize) -> &[u32] {
        self.objects.get(index).map_or(&[], Vec::as_slice)
    }
}

impl Call<'_> {
    /// Fills an array of `body` with an object for each identifier of `rows` rows, in the order in which they are first named; to be
    /// called where a value may stand.
    ///
    /// Rows that cannot be sent are refused by name. Rows that their object does not take are to be sent again (`retry`, at once).
    /// A body larger than [`Call::body_bytes_max`] is a split after the rows that surely fit. What comes after the array has 16 bytes.
    pub fn grouped<O: Object>(&self, body: &mut Writer, rows: usize, object: &O) -> Result<Groups, Halt> {
        let mut left_out: Vec<(u32, Outcome)> = Vec::new();
        let mut at: BTreeMap<&str, usize> = BTreeMap::new();
        let mut people: Vec<Person<'_>> = Vec::new();
        for row in 0..rows {
            match object.id(row).and_then(|id| object.check(row).map(|()| id)) {
                Err(reason) => left_out.push((row as u32, reason.into())),
                Ok(id) => match at.get(id).map(|at| &mut people[*at]) {
                    Some(person) if person.open && object.joins(&person.rows, row) => person.rows.push(row as u32),
                    Some(person) => {
                        person.open = false;
                        left_out.push((row as u32, Outcome::Retry(follows())));
                    }
                    None => {
                        at.insert(id, people.len());
                        people.push(Person { id, rows: vec![row as u32], open: true });
                    }
                },
            }
        }
        let mut objects = Vec::with_capacity(people.len());
        body.begin_array();
        for Person { id, rows, .. } in people {
            body.begin_object();
            object.write(body, id, &rows);
            body.end_object();
            // Rows before the first of this object stand in objects that fit. That no row fits is only known of a row that is alone.
            self.fits(body, rows[0].max(1) as usize)?;
            objects.push(rows);
        }
        body.end_array();
        Ok(Groups { objects, places: Places::new(rows, left_out) })
    }
}

struct Person<'a> {
    id: &'a str,
    rows: Vec<u32>,
    /// No row was left for another request; those after it follow it, so that they stay in order.
    open: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::receipt::Receipts;
    use crate::status::Ended;
    use crate::testing::Script;

    /// Rows are `(id, number)`; there is nobody called "", and 13 cannot be sent.
    struct Numbers(&'static [(&'static str, i64)]);

    impl Object for Numbers {
        fn id(&self, row: usize) -> Result<&str, Reason> {
            let (id, _) = self.0[row];
            if id.is_empty() { Err(Reason::new(code::NO_IDENTIFIER, "")) } else { Ok(id) }
        }

        fn check(&self, row: usize) -> Result<(), Reason> {
            if self.0[row].1 == 13 { Err(Reason::new(code::BAD_FORMAT, "")) } else { Ok(()) }
        }

        fn joins(&self, inside: &[u32], _row: usize) -> bool {
            inside.len() < 2
        }

        fn write(&self, body: &mut Writer, id: &str, rows: &[u32]) {
            body.name("id");
            body.string(id);
            body.name("n");
            body.begin_array();
            rows.iter().for_each(|row| body.int(self.0[*row as usize].1));
            body.end_array();
        }
    }

    fn grouped(script: &Script, rows: &'static [(&'static str, i64)]) -> (String, Result<Groups, Halt>) {
        let mut body = Writer::default();
        let groups = script.call(|call| call.grouped(&mut body, rows.len(), &Numbers(rows)));
        (String::from_utf8(body.into_bytes()).expect("JSON"), groups)
    }

    fn codes(groups: &Groups) -> Vec<(u32, String)> {
        let word = |outcome: Outcome| match outcome {
            Outcome::Rejected(reason) => format!("rejected {}", reason.code),
            Outcome::Retry(reason) => format!("retry {} {:?}", reason.code, reason.after_ms),
            other => format!("{other:?}"),
        };
        groups.places().finish(Receipts::accepted()).receipt.except.into_iter().map(|(row, outcome)| (row, word(outcome))).collect()
    }

    #[test]
    fn an_identifier_stands_once_with_as_many_rows_as_it_may_have() {
        let rows = &[("a", 1), ("b", 2), ("", 3), ("a", 13), ("a", 4), ("c", 13), ("a", 5), ("b", 6)];
        let (body, groups) = grouped(&Script::new(), rows);
        let groups = groups.expect("it fits");
        assert_eq!(body, r#"[{"id":"a","n":[1,4]},{"id":"b","n":[2,6]}]"#);
        assert_eq!((groups.objects(), groups.places().sent()), (2, 4));
        assert_eq!((groups.rows(0), groups.rows(1), groups.rows(2)), (&[0, 4][..], &[1, 7][..], &[][..]));
        let (bad, later) = ("rejected bad-format", "retry dest-batch-too-large Some(0)");
        let told = codes(&groups);
        let told: Vec<_> = told.iter().map(|(row, word)| (*row, word.as_str())).collect();
        assert_eq!(told, [(2, "rejected no-identifier"), (3, bad), (5, bad), (6, later)]);
    }

    #[test]
    fn rows_that_were_left_out_keep_their_word_whatever_became_of_the_others() {
        let groups = grouped(&Script::new(), &[("a", 1), ("", 2)]).1.expect("it fits");
        let doubt = Ended::Written(Receipts::unknown(Reason::new(code::DEST_TIMEOUT, "")).written());
        let told = groups.places().ended(doubt).expect("a receipt").receipt.except;
        assert_eq!(told, [(1, Outcome::Rejected(Reason::new(code::NO_IDENTIFIER, "")))]);
    }

    #[test]
    fn a_body_that_grows_too_large_is_cut_before_the_object_that_was_too_much() {
        // `[{"id":"a","n":[1,3]},{"id":"b","n":[2]}` are 40 bytes, and 16 are kept free.
        let rows = &[("a", 1), ("b", 2), ("a", 3)];
        let fit = |bytes: &str, rows| match grouped(&Script::new().attr("unit-bytes", bytes), rows).1 {
            Err(Halt::SplitBatch(split)) => split.rows_fit,
            other => panic!("{other:?}"),
        };
        assert!(grouped(&Script::new().attr("unit-bytes", "56"), rows).1.is_ok());
        assert_eq!(fit("55", rows), Some(1), "b and what follows");
        assert_eq!(fit("36", rows), Some(1), "a has two rows: the first may fit alone");
    }
}
