//! Members whom a platform names by several identifiers at once.

use super::Members;
use crate::rows::Value;

impl Members<'_> {
    /// A member with a value for each identifier that is known of them, in the order of [`Members::by`]; what is missing at the end is
    /// not known. Nothing is pushed, and the answer is `false`, where none is known: nobody could be found by it.
    pub fn push_known(&mut self, values: &[Option<&str>]) -> bool {
        let value = |at: usize| values.get(at).copied().flatten().filter(|value| !value.is_empty());
        let known = (0..self.columns.len()).any(|at| value(at).is_some());
        if known {
            for (at, (_, column)) in self.columns.iter_mut().enumerate() {
                column.push(value(at).map(Value::Text));
            }
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;

    #[test]
    fn a_member_is_found_by_any_of_their_identifiers_and_nobody_by_none() {
        let mut members = Members::by(&["id", "email"]);
        assert!(members.push_known(&[Some("1"), Some("a@x.example")]));
        assert!(members.push_known(&[Some("2")]));
        assert!(members.push_known(&[None, Some("c@x.example")]));
        assert!(!members.push_known(&[None, Some("")]));
        assert!(!members.push_known(&[]));
        let page = members.page(None);
        let rows = Rows::new(&page.schema, &page.members).expect("a page is sound");
        let texts = |at: usize| (0..rows.len()).map(|row| rows.columns()[at].text(row).unwrap_or("-")).collect::<Vec<_>>();
        assert_eq!((texts(0), texts(1)), (vec!["1", "2", "-"], vec!["a@x.example", "-", "c@x.example"]));
    }
}
