//! Who is in an audience: a set of people, each a set of identifiers as they are kept. To add somebody twice, or to remove somebody who
//! is not there, changes nothing (the notes: "add and remove are set operations").
//!
//! Somebody is removed by any one of his identifying keys that was uploaded; a removal without one of those removes whoever has exactly
//! the same identifiers (inferred).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::schema::{IDENTIFYING, OPTIONS, VALUE};

/// Somebody: identifiers by their key, and a value where the audience has such.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Person {
    cells: BTreeMap<&'static str, String>,
}

impl Person {
    pub(super) fn new(cells: BTreeMap<&'static str, String>) -> Self {
        Self { cells }
    }

    /// What is kept for a key: a hash, an id or a value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.cells.get(key).map(String::as_str)
    }

    /// The identifiers, by key.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.cells.iter().filter(|(key, _)| **key != VALUE && **key != OPTIONS).map(|(key, value)| (*key, value))
    }

    pub(super) fn is_nobody(&self) -> bool {
        self.names().next().is_none()
    }

    /// All identifiers in one text.
    fn whole(&self) -> String {
        self.names().fold(String::new(), |text, (key, value)| text + key + "=" + value + "\n")
    }

    fn identifying(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.names().filter(|(key, _)| IDENTIFYING.contains(key))
    }

    /// The ledger's name: the customer's own id, or `email:…`, `phone:…`, `madid:…` with what is kept, or the keys that he has.
    pub(super) fn key(&self) -> String {
        if let Some(id) = self.get("EXTERN_ID") {
            return id.to_owned();
        }
        match self.identifying().next() {
            Some((key, value)) => format!("{}:{value}", key.to_ascii_lowercase()),
            None => self.whole().trim_end().replace('\n', ","),
        }
    }
}

/// The people of one audience.
#[derive(Debug, Clone, Default)]
pub struct People {
    people: BTreeMap<u64, Person>,
    next: u64,
    whole: HashMap<String, u64>,
    named: HashMap<(&'static str, String), BTreeSet<u64>>,
}

impl People {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Everybody, those who came first before the others.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Everything that is kept for a key.
    pub fn all(&self, key: &str) -> BTreeSet<&str> {
        self.iter().filter_map(|person| person.get(key)).collect()
    }

    /// Whether somebody has this identifier.
    pub fn holds(&self, key: &str, value: &str) -> bool {
        self.iter().any(|person| person.get(key) == Some(value))
    }

    /// Puts somebody in; false when the same person was there. His value is the last one that was sent.
    pub(super) fn add(&mut self, person: Person) -> bool {
        let whole = person.whole();
        if let Some(at) = self.whole.get(&whole) {
            self.people.insert(*at, person);
            return false;
        }
        let at = self.next;
        self.next += 1;
        for (key, value) in person.identifying() {
            self.named.entry((key, value.clone())).or_default().insert(at);
        }
        self.whole.insert(whole, at);
        self.people.insert(at, person);
        true
    }

    /// Takes out everybody whom these identifiers mean.
    pub(super) fn remove(&mut self, person: &Person) -> Vec<Person> {
        let mut meant: BTreeSet<u64> = BTreeSet::new();
        let mut identified = false;
        for (key, value) in person.identifying() {
            identified = true;
            meant.extend(self.named.get(&(key, value.clone())).into_iter().flatten());
        }
        if !identified {
            meant.extend(self.whole.get(&person.whole()));
        }
        meant.into_iter().filter_map(|at| self.take(at)).collect()
    }

    fn take(&mut self, at: u64) -> Option<Person> {
        let person = self.people.remove(&at)?;
        self.whole.remove(&person.whole());
        for (key, value) in person.identifying() {
            let name = (key, value.clone());
            if let Some(others) = self.named.get_mut(&name) {
                others.remove(&at);
                if others.is_empty() {
                    self.named.remove(&name);
                }
            }
        }
        Some(person)
    }

    pub(super) fn has(&self, person: &Person) -> bool {
        self.whole.contains_key(&person.whole())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(cells: &[(&'static str, &str)]) -> Person {
        Person::new(cells.iter().map(|(key, value)| (*key, (*value).to_owned())).collect())
    }

    #[test]
    fn somebody_is_there_once_and_goes_by_any_name_that_was_sent() {
        let lea = person(&[("EXTERN_ID", "C-1"), ("EMAIL", "e"), ("FN", "f")]);
        for (by, goes) in [
            (person(&[("EXTERN_ID", "C-1")]), true),
            (person(&[("EMAIL", "e")]), true),
            (person(&[("EMAIL", "e"), ("EXTERN_ID", "C-2")]), true),
            (person(&[("EXTERN_ID", "C-2")]), false),
            (person(&[("PHONE", "e")]), false),
            (person(&[("FN", "f")]), false),
        ] {
            let mut people = People::default();
            assert!(people.add(lea.clone()) && !people.add(lea.clone()));
            people.add(person(&[("FN", "other")]));
            assert_eq!(people.remove(&by).len(), usize::from(goes), "{by:?}");
            assert_eq!((people.len(), people.has(&lea)), (2 - usize::from(goes), !goes));
            assert_eq!(people.remove(&person(&[("FN", "other")])).len(), 1);
            assert_eq!(people.remove(&lea).len(), usize::from(!goes));
            assert!(people.is_empty() && people.named.is_empty() && people.whole.is_empty());
        }
    }
}
