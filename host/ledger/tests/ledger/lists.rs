//! Lists with several identifiers a row: for random histories the list at the platform is what it should be.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field as ArrowField, Schema},
};
use proptest::prelude::*;
use sluice_catalog::{columnar::PhysicalType, contract::Operation, outcome::Word};
use sluice_ledger::{ChangeSet, Judgement, Layout, NullMeans, Retry, Rules, diff, key_text};

use crate::world::*;

/// A member's e-mail address and telephone number, by number; at least one of them.
type Member = (Option<u8>, Option<u8>);
type Source = BTreeMap<i64, Member>;

fn list_layout() -> Layout {
    let identifier = |name: &str| field(name, "identifier", PhysicalType::Utf8, NullMeans::Absent);
    Layout::new(integer_key(), vec![identifier("email"), identifier("phone")], false, true).unwrap()
}

fn list() -> Rules {
    let mut rules = mirror(START);
    (rules.added, rules.changed) = (Some(Operation::Add), Some(Operation::Add));
    rules
}

fn email(of: u8) -> String {
    format!("e{of}")
}

fn phone(of: u8) -> String {
    format!("p{of}")
}

fn identifiers(member: &Member) -> BTreeSet<String> {
    member.0.map(email).into_iter().chain(member.1.map(phone)).collect()
}

fn compare(world: &mut World, source: &Source, rules: &Rules) -> ChangeSet {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(source.keys().copied())),
        Arc::new(StringArray::from_iter(source.values().map(|m| m.0.map(email)))),
        Arc::new(StringArray::from_iter(source.values().map(|m| m.1.map(phone)))),
    ];
    let types = [DataType::Int64, DataType::Utf8, DataType::Utf8];
    let fields: Vec<_> = ["id", "email", "phone"].iter().zip(types).map(|(n, t)| ArrowField::new(*n, t, true)).collect();
    let intake = world.intake_of(&RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap());
    diff(&world.generation, intake, rules).unwrap()
}

/// Identifiers that a phase's rows mention, row by row, with their keys.
fn mentioned(set: &ChangeSet, phase: u8) -> Vec<(i64, BTreeSet<String>)> {
    let (emails, phones) = (cells(set, phase, "email"), cells(set, phase, "phone"));
    let one = |(email, phone): ((String, String), (String, String))| {
        let key = email.0.parse().unwrap();
        (key, [email.1, phone.1].into_iter().filter(|text| text != "-").collect())
    };
    emails.into_iter().zip(phones).map(one).collect()
}

#[test]
fn an_identifier_that_two_versions_of_a_row_share_stays_while_another_row_holds_it() {
    let mut world = World::new(list_layout());
    let mut source = Source::from([(1, (Some(1), Some(1))), (2, (Some(1), Some(9)))]);
    let set = compare(&mut world, &source, &list());
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    // Another number, and nobody knows whether it or the old one is there now: two versions with the one address.
    source.insert(1, (Some(1), Some(2)));
    let set = compare(&mut world, &source, &list());
    world.settle(&set, |_, _| say(Word::Unknown)).unwrap();
    source.remove(&1);
    let set = compare(&mut world, &source, &list());
    let gone: BTreeSet<String> = mentioned(&set, 0).into_iter().flat_map(|(_, ids)| ids).collect();
    assert_eq!(gone, BTreeSet::from(["p1".into(), "p2".into()]), "e1 is still held by row 2");
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    source.clear();
    let set = compare(&mut world, &source, &list());
    assert_eq!(mentioned(&set, 0), [(2, BTreeSet::from(["e1".into(), "p9".into()]))]);
}

#[test]
fn an_identifier_that_a_refused_change_keeps_is_still_ours_to_remove() {
    let mut world = World::new(list_layout());
    let mut source = Source::from([(4, (Some(3), Some(0)))]);
    let set = compare(&mut world, &source, &list());
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    // The number goes, and the platform takes the removal and refuses the rest: the address is there as before.
    source.insert(4, (Some(3), None));
    let set = compare(&mut world, &source, &list());
    assert_eq!(mentioned(&set, 0), [(4, BTreeSet::from(["p0".into()]))]);
    world.settle(&set, |phase, _| if phase == 0 { Judgement::ACCEPTED } else { say(Word::Rejected) }).unwrap();
    // Refused and unchanged: quiet. Back to what it was: all of it goes again.
    assert_eq!(compare(&mut world, &source, &list()).counts().still_rejected, 1);
    let back = Source::from([(4, (Some(3), Some(0)))]);
    let set = compare(&mut world, &back, &list());
    assert_eq!(mentioned(&set, 1), [(4, BTreeSet::from(["e3".into(), "p0".into()]))]);
    source.clear();
    let set = compare(&mut world, &source, &list());
    assert_eq!(mentioned(&set, 0), [(4, BTreeSet::from(["e3".into()]))]);
}

#[derive(Debug, Clone)]
struct Step {
    source: Source,
    /// Drawn on for the outcomes, row by row.
    luck: Vec<(Word, bool)>,
}

fn step() -> impl Strategy<Value = Step> {
    let member = prop_oneof![
        (0u8..4, 0u8..4).prop_map(|(e, p)| (Some(e), Some(p))),
        (0u8..4).prop_map(|e| (Some(e), None)),
        (0u8..4).prop_map(|p| (None, Some(p))),
    ];
    let words = vec![Word::Accepted, Word::Accepted, Word::Accepted, Word::Rejected, Word::Carried, Word::Unknown];
    let luck = proptest::collection::vec((proptest::sample::select(words), any::<bool>()), 16);
    (proptest::collection::btree_map(0i64..5, member, 0..5), luck).prop_map(|(source, luck)| Step { source, luck })
}

/// The platform: a set of identifiers.
#[derive(Default)]
struct Platform {
    list: BTreeSet<String>,
    /// Rows whose present identifiers were accepted, and nothing is open.
    settled: Source,
}

impl Platform {
    /// Delivers a change set phase by phase, works the outcomes in, and gives how much was sent.
    fn deliver(&mut self, world: &mut World, source: &Source, set: &ChangeSet, luck: &[(Word, bool)]) -> usize {
        let (mut said, mut drawn) = (BTreeMap::new(), 0);
        let mut offered = BTreeMap::new();
        for (at, phase) in set.phases().iter().enumerate() {
            for (index, (key, ids)) in mentioned(set, at as u8).into_iter().enumerate() {
                let (word, applied) = luck[drawn % luck.len()];
                drawn += 1;
                if word == Word::Accepted || (word == Word::Unknown && applied) {
                    match phase.removal {
                        true => self.list.retain(|id| !ids.contains(id)),
                        false => self.list.extend(ids),
                    }
                }
                if !phase.removal {
                    offered.insert(key, word);
                }
                said.insert((at as u8, index as u64), word);
            }
        }
        self.settled.retain(|key, member| source.get(key) == Some(member));
        for (key, word) in offered {
            match word {
                Word::Accepted => self.settled.insert(key, source[&key]),
                _ => self.settled.remove(&key),
            };
        }
        world.settle(set, |phase, index| say(said[&(phase, index)])).unwrap();
        drawn
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_member_is_lost_and_none_is_left_behind(steps in proptest::collection::vec(step(), 1..9)) {
        let mut world = World::new(list_layout());
        let mut platform = Platform::default();
        for (number, step) in steps.iter().enumerate() {
            let set = compare(&mut world, &step.source, &list());
            platform.deliver(&mut world, &step.source, &set, &step.luck);
            for (key, member) in &platform.settled {
                prop_assert!(identifiers(member).is_subset(&platform.list), "run {}: row {} lost {:?}", number, key, member);
            }
        }
        // When everything works again, the list becomes what the source says, and then it is quiet.
        let source = &steps.last().unwrap().source;
        let mut rules = list();
        rules.retry = Retry::All;
        for _ in 0..3 {
            let set = compare(&mut world, source, &rules);
            // A row with four versions in doubt waits for a person.
            prop_assume!(set.counts().held == 0);
            platform.deliver(&mut world, source, &set, &[(Word::Accepted, true)]);
        }
        let want: BTreeSet<String> = source.values().flat_map(identifiers).collect();
        prop_assert_eq!(&platform.list, &want);
        let quiet = compare(&mut world, source, &rules);
        prop_assert_eq!(platform.deliver(&mut world, source, &quiet, &[(Word::Accepted, true)]), 0);
        prop_assert_eq!(world.generation.rows as usize, source.len());
    }
}

#[test]
fn another_primary_key_moves_the_members_without_losing_one() {
    let mut world = World::new(list_layout());
    let source = Source::from([(1, (Some(1), None)), (2, (Some(2), None))]);
    let mut platform = Platform::default();
    let set = compare(&mut world, &source, &list());
    platform.deliver(&mut world, &source, &set, &[(Word::Accepted, true)]);
    // The same people under texts for keys: every old row leaves, and every new one comes.
    let identifier = |name: &str| field(name, "identifier", PhysicalType::Utf8, NullMeans::Absent);
    let keys = vec![sluice_ledger::KeyColumn { ty: PhysicalType::Utf8, scale: 0 }];
    world.layout = Layout::new(keys, vec![identifier("email"), identifier("phone")], false, true).unwrap();
    let set = compare(&mut world, &source, &list());
    assert_eq!((set.counts().added, set.counts().removed), (2, 2));
    let keys: Vec<_> = set.batch(1, &[(0, 2)]).unwrap().keys().map(key_text).collect();
    assert!(keys.contains(&"1".to_owned()) && keys.contains(&"2".to_owned()), "{keys:?}");
    platform.deliver(&mut world, &source, &set, &[(Word::Accepted, true)]);
    assert_eq!(platform.list, BTreeSet::from(["e1".into(), "e2".into()]), "removed, then added");
    assert_eq!(world.generation.rows, 2);
    assert!(compare(&mut world, &source, &list()).counts().is_quiet());
}
