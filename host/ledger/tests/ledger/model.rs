//! For random histories of sources and outcomes the ledger offers what a naive model in memory offers.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sluice_catalog::outcome::Word;

use crate::world::*;

/// A row of the source: an e-mail address and a score, both out of a few.
type Value = (usize, i64);

const EMAILS: [&str; 3] = ["a@x.example", "b@x.example", "c@x.example"];

#[derive(Debug, Clone)]
struct Step {
    /// Key to value.
    source: BTreeMap<i64, Value>,
    /// Outcomes by key of what is sent and of what is removed.
    sent: BTreeMap<i64, Word>,
    removed: BTreeMap<i64, Word>,
}

fn step() -> impl Strategy<Value = Step> {
    let word = || {
        // Carried often: giving up takes five in a row.
        let often = [Word::Accepted, Word::Carried, Word::Carried, Word::Carried];
        let seldom = [Word::Rejected, Word::Skipped, Word::Unknown, Word::Pending];
        proptest::sample::select([often, seldom].concat())
    };
    let words = move || proptest::collection::btree_map(0i64..6, word(), 6);
    (proptest::collection::btree_map(0i64..6, (0usize..3, 0i64..2), 0..6), words(), words())
        .prop_map(|(source, sent, removed)| Step { source, sent, removed })
}

/// Design section 9 once more, in the plainest words: versions are values.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    sent: Option<Value>,
    maybe: Vec<Value>,
    /// What was tried last (none: a removal), how it ended, and how many runs carried it.
    tried: Option<(Option<Value>, Word, u32)>,
}

#[derive(Default)]
struct Model(BTreeMap<i64, Known>);

impl Model {
    /// What the run offers: keys sent, and keys removed with the e-mail addresses (as many rows as there are different ones).
    fn offers(&self, source: &BTreeMap<i64, Value>) -> (BTreeSet<i64>, BTreeMap<i64, Vec<usize>>) {
        let mut sent = BTreeSet::new();
        for (key, value) in source {
            let offered = match self.0.get(key) {
                None => true,
                Some(known) if !known.maybe.is_empty() => known.maybe.len() < 4 || known.maybe.contains(value),
                Some(known) if known.sent == Some(*value) => false,
                Some(known) => match known.tried {
                    Some((Some(_), Word::Carried, runs)) => runs < 5,
                    Some((Some(tried), Word::Rejected | Word::Skipped | Word::Expired, _)) => tried != *value,
                    _ => true,
                },
            };
            if offered {
                sent.insert(*key);
            }
        }
        let mut removed = BTreeMap::new();
        for (key, known) in self.0.iter().filter(|(key, _)| !source.contains_key(key)) {
            let held: Vec<usize> = known.sent.iter().chain(&known.maybe).map(|v| v.0).collect();
            let refused = known.maybe.is_empty()
                && match known.tried {
                    Some((None, Word::Rejected | Word::Skipped | Word::Expired, _)) => true,
                    Some((None, Word::Carried, runs)) => runs >= 5,
                    _ => false,
                };
            if !held.is_empty() && !refused {
                let mut parts: Vec<usize> = Vec::new();
                held.iter().for_each(|email| {
                    if !parts.contains(email) {
                        parts.push(*email)
                    }
                });
                removed.insert(*key, parts);
            }
        }
        (sent, removed)
    }

    /// What the ledger is to remember after the run.
    fn settle(&mut self, step: &Step) {
        let (sent, removed) = self.offers(&step.source);
        for (key, value) in &step.source {
            let known = self.0.entry(*key).or_default();
            if !sent.contains(key) {
                let expires = matches!(known.tried, Some((Some(_), Word::Carried, 5..)))
                    && known.maybe.is_empty()
                    && known.sent != Some(*value);
                // Back to what is there: neither a removal nor a row that was carried has anything left to do.
                let moot = matches!(known.tried, Some((None, ..) | (_, Word::Carried, _)))
                    && known.maybe.is_empty()
                    && known.sent == Some(*value);
                if expires {
                    known.tried = Some((Some(*value), Word::Expired, 0));
                } else if moot {
                    known.tried = None;
                }
                continue;
            }
            match step.sent[key] {
                Word::Accepted => *known = Known { sent: Some(*value), ..Known::default() },
                word @ (Word::Unknown | Word::Pending) => {
                    if !known.maybe.contains(value) {
                        known.maybe.push(*value);
                    }
                    known.tried = Some((Some(*value), word, 0));
                }
                word => {
                    let runs = match known.tried {
                        Some((Some(_), Word::Carried, runs)) if word == Word::Carried => runs + 1,
                        _ => 1,
                    };
                    known.tried = Some((Some(*value), word, runs));
                }
            }
        }
        let gone: Vec<i64> = self.0.keys().filter(|key| !step.source.contains_key(key)).copied().collect();
        for key in gone {
            let known = self.0.get_mut(&key).unwrap();
            if known.sent.is_none() && known.maybe.is_empty() {
                self.0.remove(&key);
                continue;
            }
            if !removed.contains_key(&key) {
                if let Some((None, Word::Carried, 5..)) = known.tried {
                    known.tried = Some((None, Word::Expired, 0));
                }
                continue;
            }
            match step.removed[&key] {
                Word::Accepted => {
                    self.0.remove(&key);
                }
                word @ (Word::Unknown | Word::Pending) => {
                    if let Some(sent) = known.sent.take().filter(|sent| !known.maybe.contains(sent)) {
                        known.maybe.push(sent);
                    }
                    known.tried = Some((None, word, 0));
                }
                word => {
                    let runs = match known.tried {
                        Some((None, Word::Carried, runs)) if word == Word::Carried => runs + 1,
                        _ => 1,
                    };
                    known.tried = Some((None, word, runs));
                }
            }
        }
        self.0.retain(|_, known| *known != Known::default());
    }
}

fn check(steps: &[Step], changed_fields: bool) -> Result<(), TestCaseError> {
    let mut world = World::new(layout(changed_fields, false));
    let mut model = Model::default();
    let rules = mirror(START);
    for (number, step) in steps.iter().enumerate() {
        let rows: Vec<SourceRow> = step.source.iter().map(|(k, v)| (*k, Some(EMAILS[v.0]), Some("n"), Some(v.1))).collect();
        let set = world.diff(&rows, &rules);
        let (sent, removed) = model.offers(&step.source);
        let mut want: Vec<String> = sent.iter().map(|k| format!("upsert {k}")).collect();
        want.extend(removed.iter().flat_map(|(k, parts)| parts.iter().map(move |_| format!("remove {k}"))));
        want.sort();
        prop_assert_eq!(offered(&set), want, "run {}", number);
        let c = set.counts();
        let of_source = c.added + c.changed + c.again + c.unchanged + c.still_rejected + c.still_skipped + c.held + c.expired;
        let of_removals = set.listed().filter(|l| l.as_ref().unwrap().rows == 0).count() as u64;
        prop_assert_eq!(of_source, c.source_rows + of_removals, "every row of the source is counted once");
        prop_assert_eq!(c.removed as usize, removed.len());
        let mut emails: Vec<(String, String)> =
            removed.iter().flat_map(|(k, parts)| parts.iter().map(move |e| (k.to_string(), EMAILS[*e].to_owned()))).collect();
        let mut carried = cells(&set, 0, "email");
        emails.sort();
        carried.sort();
        prop_assert_eq!(carried, emails, "removals carry all that is or may be there");
        for (key, email) in texts(&set, 1, "email") {
            prop_assert_eq!(email, EMAILS[step.source[&key.parse().unwrap()].0], "key {}", key);
        }
        let mut keys = BTreeMap::new();
        for (at, phase) in set.phases().iter().enumerate() {
            for (index, key) in set.batch(at as u8, &[(0, phase.rows as u32)]).unwrap().keys().enumerate() {
                keys.insert((at as u8, index as u64), sluice_ledger::key_text(key).parse::<i64>().unwrap());
            }
        }
        world
            .settle(&set, |phase, index| {
                let key = keys[&(phase, index)];
                say(if set.phases()[usize::from(phase)].removal { step.removed[&key] } else { step.sent[&key] })
            })
            .unwrap();
        model.settle(step);
        prop_assert_eq!(world.generation.rows as usize, model.0.len(), "rows on record after run {}", number);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_histories_agree_with_a_naive_model(steps in proptest::collection::vec(step(), 1..12)) {
        check(&steps, false)?;
        check(&steps, true)?;
    }
}
