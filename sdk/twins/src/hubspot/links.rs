//! Associations between records, in both directions, and the types that there are for them (*Associations*). The vendor's own numbers
//! are 279 of the notes and, for the other pairs, those that its pages print (inferred); custom objects' are made up.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::options::{Category, Label};

/// A record, by its type and its id.
pub(super) type End = (String, u64);

/// What an association means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// Whose type it is.
    pub association_category: Category,
    /// Its number.
    pub association_type_id: u32,
}

impl Spec {
    pub(super) fn of(association_category: Category, association_type_id: u32) -> Self {
        Self { association_category, association_type_id }
    }
}

/// From, to, unlabelled, primary.
const VENDORS: [(&str, &str, u32, Option<u32>); 16] = [
    ("0-1", "0-1", 449, None),
    ("0-1", "0-2", 279, Some(1)),
    ("0-2", "0-1", 280, Some(2)),
    ("0-2", "0-2", 450, None),
    ("0-1", "0-3", 4, None),
    ("0-3", "0-1", 3, None),
    ("0-3", "0-2", 341, Some(5)),
    ("0-2", "0-3", 342, Some(6)),
    ("0-3", "0-3", 451, None),
    ("0-1", "0-5", 15, None),
    ("0-5", "0-1", 16, None),
    ("0-5", "0-2", 339, Some(26)),
    ("0-2", "0-5", 340, Some(25)),
    ("0-5", "0-3", 28, None),
    ("0-3", "0-5", 27, None),
    ("0-5", "0-5", 452, None),
];

/// Every association of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    links: BTreeMap<End, BTreeMap<End, BTreeSet<Spec>>>,
    /// Labels, with type ids in place of names.
    pub(super) labels: Vec<Label>,
}

impl Links {
    /// The type without a label, from one object type to another.
    pub(super) fn plain(from: &str, to: &str) -> Spec {
        let number = VENDORS.iter().find(|(a, b, ..)| (*a, *b) == (from, to)).map_or_else(|| made_up(from, to), |it| it.2);
        Spec::of(Category::HubspotDefined, number)
    }

    /// The same association, seen from the other end; none when there is no such type.
    pub(super) fn inverse(&self, from: &str, to: &str, spec: Spec) -> Option<Spec> {
        if spec == Self::plain(from, to) {
            return Some(Self::plain(to, from));
        }
        let primary = |from: &str, to: &str| VENDORS.iter().find(|(a, b, ..)| (*a, *b) == (from, to)).and_then(|it| it.3);
        if spec.association_category == Category::HubspotDefined && primary(from, to) == Some(spec.association_type_id) {
            return Some(Spec::of(Category::HubspotDefined, primary(to, from)?));
        }
        self.labels.iter().filter(|label| label.category == spec.association_category).find_map(|label| {
            let back = label.inverse_type_id.unwrap_or(label.type_id);
            let number = spec.association_type_id;
            match (label.from.as_str(), label.to.as_str()) {
                ends if ends == (from, to) && label.type_id == number => Some(Spec::of(label.category, back)),
                ends if ends == (to, from) && back == number => Some(Spec::of(label.category, label.type_id)),
                _ => None,
            }
        })
    }

    /// To which of these object types an association of this type leads.
    pub(super) fn leads<'a>(&self, from: &str, mut types: impl Iterator<Item = &'a str>, spec: Spec) -> Option<String> {
        types.find(|to| self.inverse(from, to, spec).is_some()).map(str::to_owned)
    }

    /// What people read of a type; nothing of one without a label.
    pub(super) fn label(&self, spec: Spec) -> Option<&str> {
        let label = self.labels.iter().find(|label| {
            let number = spec.association_type_id;
            label.category == spec.association_category && (label.type_id == number || label.inverse_type_id == Some(number))
        });
        label.map(|label| label.label.as_str())
    }

    /// Associates two records; a label comes with the type without one (inferred). False when they were so already.
    pub(super) fn link(&mut self, from: &End, to: &End, spec: Spec) -> bool {
        let Some(back) = self.inverse(&from.0, &to.0, spec) else { return false };
        let plain = (Self::plain(&from.0, &to.0), Self::plain(&to.0, &from.0));
        let mut new = false;
        for (there, back) in [plain, (spec, back)] {
            new |= self.links.entry(from.clone()).or_default().entry(to.clone()).or_default().insert(there);
            self.links.entry(to.clone()).or_default().entry(from.clone()).or_default().insert(back);
        }
        new
    }

    /// Ends every association of two records; false when there was none.
    pub(super) fn unlink(&mut self, from: &End, to: &End) -> bool {
        let was = self.links.get_mut(from).is_some_and(|ends| ends.remove(to).is_some());
        if let Some(ends) = self.links.get_mut(to) {
            ends.remove(from);
        }
        was
    }

    /// Ends every association of a record.
    pub(super) fn forget(&mut self, end: &End) {
        for other in self.links.remove(end).unwrap_or_default().into_keys() {
            if let Some(ends) = self.links.get_mut(&other) {
                ends.remove(end);
            }
        }
    }

    /// The records that a record is associated with.
    pub(super) fn of(&self, end: &End) -> Vec<(End, Vec<Spec>)> {
        let ends = self.links.get(end).into_iter().flatten();
        ends.map(|(to, specs)| (to.clone(), specs.iter().copied().collect())).collect()
    }

    pub(super) fn to_json(&self) -> Value {
        let all = self.links.iter().flat_map(|(from, ends)| ends.iter().map(move |(to, specs)| (from, to, specs)));
        all.map(|(from, to, types)| json!({ "from": name(from), "to": name(to), "types": types })).collect()
    }
}

fn name(end: &End) -> String {
    format!("{}/{}", end.0, end.1)
}

/// Numbers of custom objects: the same in each run of a test, another in each direction.
fn made_up(from: &str, to: &str) -> u32 {
    let number = |type_id: &str| type_id.rsplit('-').next().and_then(|number| number.parse::<u32>().ok()).unwrap_or_default();
    let kind = |type_id: &str| if type_id.starts_with("2-") { 500 } else { 0 };
    let part = |type_id: &str| (number(type_id) % 500) + kind(type_id);
    10_000 + part(from) * 1_000 + part(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_association_is_seen_from_both_ends() {
        let mut links = Links::default();
        let (lea, acme) = (("0-1".to_owned(), 101), ("0-2".to_owned(), 102));
        assert!(links.link(&lea, &acme, Links::plain("0-1", "0-2")));
        assert!(!links.link(&lea, &acme, Links::plain("0-1", "0-2")), "once is enough");
        assert_eq!(links.of(&acme), [(lea.clone(), vec![Spec::of(Category::HubspotDefined, 280)])]);
        assert!(links.link(&acme, &lea, Spec::of(Category::HubspotDefined, 2)), "primary");
        assert_eq!(links.of(&lea)[0].1.len(), 2);
        assert!(links.unlink(&lea, &acme) && !links.unlink(&acme, &lea));
        assert!(links.of(&lea).is_empty() && links.of(&acme).is_empty());
    }

    #[test]
    fn no_type_is_the_type_of_another_direction() {
        let links = Links::default();
        assert_eq!(links.inverse("0-2", "0-1", Spec::of(Category::HubspotDefined, 279)), None);
        assert_eq!(links.inverse("0-1", "0-2", Spec::of(Category::UserDefined, 279)), None);
        assert_ne!(Links::plain("0-1", "2-7"), Links::plain("2-7", "0-1"));
    }
}
