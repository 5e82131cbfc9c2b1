//! Conditions on related rows and memberships against the naive evaluator: random schemas over two sources, random rows, random trees.
//!
//! A third answer comes from a real PostgreSQL, which runs the SELECT that the same plan is printed as; a fourth from both together, where
//! half of the models lie there and half in files.
//!
//! `SLUICE_CASES` is the number of trees, 3,000 unless said; `SLUICE_SEED` the first of their seeds. A failure prints both.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/naive.rs"]
mod naive;
#[path = "support/naive_related.rs"]
mod naive_related;
#[path = "support/naive_sequence.rs"]
mod naive_sequence;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/random.rs"]
mod random;
#[path = "support/random_sequence.rs"]
mod random_sequence;
mod support;
#[path = "support/third.rs"]
mod third;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use arrow::{
    array::{
        ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    },
    datatypes::Int64Type,
};
use futures::{TryStreamExt, future::OptionFuture};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use naive::{Cell, Row, id};
use naive_related::{Table, Worlds};
use postgres::{Server, Session};
use random::{FIELDS, Random, model_id};
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, Group},
    ids::{ModelId, SegmentId},
    model::Model,
    segment::Segment,
    size::SizeLimit,
    types::DataType,
};
use sluice_query::{Place, Query, QueryError, Surroundings};
use support::{Folder, array, at};
use third::Third;

/// Trees per schema and rows: writing the files costs more than reading them.
const TREES: u64 = 12;

fn column(ty: DataType, cells: &[&Cell]) -> ArrayRef {
    let cells = || cells.iter().copied();
    match ty {
        DataType::Integer => array(cells().map(|c| if let Cell::Integer(n) = c { Some(*n) } else { None }).collect::<Int64Array>()),
        DataType::String => {
            array(cells().map(|c| if let Cell::Text(t) = c { Some(t.as_str()) } else { None }).collect::<StringArray>())
        }
        DataType::Boolean => {
            array(cells().map(|c| if let Cell::Boolean(b) = c { Some(*b) } else { None }).collect::<BooleanArray>())
        }
        // No value is null or NaN.
        DataType::Float => array(
            cells()
                .enumerate()
                .map(|(at, c)| if let Cell::Float(x) = c { Some(*x) } else { (at % 2 == 0).then_some(f64::NAN) })
                .collect::<Float64Array>(),
        ),
        DataType::Date => {
            let days = |day: &Date| Date::constant(1970, 1, 1).until(*day).unwrap().get_days();
            array(cells().map(|c| if let Cell::Day(day) = c { Some(days(day)) } else { None }).collect::<Date32Array>())
        }
        DataType::Timestamp => array(
            cells()
                .map(|c| if let Cell::Instant(at) = c { Some(at.as_microsecond()) } else { None })
                .collect::<TimestampMicrosecondArray>(),
        ),
        _ => {
            let values = cells().map(|c| if let Cell::Decimal(n) = c { Some(*n) } else { None }).collect::<Decimal128Array>();
            array(values.with_precision_and_scale(10, 2).unwrap())
        }
    }
}

fn write(folder: &Folder, model: &Model, rows: &[Row]) {
    let sluice_catalog::model::Definition::Table(name) = &model.definition else { panic!() };
    let cells = |at: usize| rows.iter().map(|row| &row[at].1).collect::<Vec<_>>();
    let columns = model.fields.iter().enumerate().map(|(at, field)| (FIELDS[at], column(field.ty, &cells(at)))).collect();
    folder.parquet(&format!("{name}.parquet"), columns);
}

struct Case {
    models: Vec<(ModelId, Model)>,
    worlds: Worlds,
    around: Surroundings,
    folders: [Folder; 2],
}

impl Case {
    async fn new(random: &mut Random) -> Self {
        let models = random.models();
        let folders = [Folder::new(), Folder::new()];
        let mut tables = BTreeMap::new();
        for (at, (id, model)) in models.iter().enumerate() {
            let rows = random.rows(model);
            write(&folders[at % 2], model, &rows);
            tables.insert(*id, Table { model: model.clone(), rows });
        }
        let mut segments: BTreeMap<SegmentId, Segment> = BTreeMap::new();
        for at in 0..2_u64 {
            let of = random.below(models.len());
            let known: Vec<_> = segments.iter().map(|(id, s)| (*id, position(&models, s.model))).collect();
            let condition = json!({ "version": 1, "root": random.group(&models, of, None, &known, 2) });
            let limit = random.limit(&models[of].1);
            let segment = json!({ "name": format!("s{at}"), "model": model_id(of), "condition": condition, "limit": limit });
            segments.insert(SegmentId::new(at + 1, 1), serde_json::from_value(segment).unwrap());
        }
        let zone = random.of(&["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia"]);
        let zone = TimeZone::get(zone).unwrap();
        let context = Context { models: models.iter().cloned().collect(), segments: segments.clone(), ..Context::default() };
        let mut sources = BTreeMap::new();
        for (at, folder) in folders.iter().enumerate() {
            sources.insert(random::source(at), folder.open().await);
        }
        let worlds = Worlds { tables, segments, now: at(support::NOW), zone };
        Self { models, worlds, around: Surroundings::new(context, sources), folders }
    }

    fn tree(&self, random: &mut Random) -> (usize, Value) {
        let of = random.below(self.models.len());
        let members: Vec<_> = self.worlds.segments.iter().map(|(id, s)| (*id, position(&self.models, s.model))).collect();
        // Some are a sequence alone, so that nothing beside it hides its answer.
        if random.percent(10)
            && let Some(sequence) = random.sequence(&self.models, of, &members, 2)
        {
            return (of, json!({ "op": "and", "children": [sequence] }));
        }
        (of, random.group(&self.models, of, None, &members, 5))
    }

    async fn members(&self, of: usize, group: &Group, limit: Option<&SizeLimit>) -> Result<BTreeSet<i64>, QueryError> {
        let (id, model) = &self.models[of];
        let mut around = self.around.clone();
        around.context.model = Some(*id);
        let (now, zone): (Timestamp, _) = (self.worlds.now, &self.worlds.zone);
        let query = Query::within(&around, &around.sources[&model.source], model, Some(group), now, zone).await?;
        let query = limit.map_or(query.clone(), |limit| query.limited_to(limit));
        ids(query.select::<&str>(&[])?.stream().await?).await
    }
}

async fn ids(rows: sluice_query::Rows) -> Result<BTreeSet<i64>, QueryError> {
    let batches: Vec<_> = rows.try_collect().await?;
    let ids: Vec<i64> = batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    let unique: BTreeSet<i64> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "no row comes twice");
    Ok(unique)
}

fn position(models: &[(ModelId, Model)], id: ModelId) -> usize {
    models.iter().position(|(known, _)| *known == id).unwrap()
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What the trees have shown.
#[derive(Default)]
struct Tally {
    /// Trees that some rows meet and others do not.
    telling: u64,
    /// Of these, sequences alone.
    sequences: u64,
    printed: u64,
    /// Of trees over half in files and half in the database, by where they were evaluated.
    places: BTreeMap<Place, u64>,
}

impl Tally {
    /// One tree: whether it tells rows apart, and whether it is a sequence alone.
    fn saw(&mut self, tells: bool, alone: bool) {
        self.telling += u64::from(tells);
        self.sequences += u64::from(tells && alone);
    }
}

/// The trees of one schema and its rows.
async fn compare(seed: u64, session: Option<(&Session, &str)>, tally: &Mutex<Tally>) {
    let mut random = Random(seed);
    let case = Case::new(&mut random).await;
    let third = match session {
        Some((session, schema)) => Some(Third::new(session, schema, &case).await),
        None => None,
    };
    for at in 0..TREES {
        let (of, tree) = case.tree(&mut random);
        let limit = random.limit(&case.models[of].1).map(|limit| serde_json::from_value::<SizeLimit>(limit).unwrap());
        let name = &case.models[of].1.name;
        let told = || format!("SLUICE_SEED={seed} SLUICE_CASES={TREES}: rows of {name}, {limit:?}, that are {tree:#}");
        let group: Group = serde_json::from_value(tree.clone()).unwrap_or_else(|error| panic!("{error}: {}", told()));
        let (id_of, rows) = (case.models[of].0, &case.worlds.tables[&case.models[of].0].rows);
        let want = case.worlds.members(id_of, &group, limit.as_ref());
        let met = case.members(of, &group, limit.as_ref()).await.unwrap_or_else(|error| panic!("{error}: {}", told()));
        assert_eq!(met, want, "{}", told());
        let tells = !met.is_empty() && met.len() < rows.len();
        let alone = tree["children"][0]["steps"].is_array();
        tally.lock().unwrap().saw(tells, alone);
        if let Some(third) = &third {
            let there = third.printed(of, &group, limit.as_ref()).await.unwrap_or_else(|e| panic!("{e}: {}", told()));
            if let Some(there) = there {
                assert_eq!(there, met, "PostgreSQL: {}", told());
                tally.lock().unwrap().printed += 1;
            }
        }
        // Twice the work each, so of some trees only.
        if let Some(third) = &third
            && at % 4 == 0
        {
            let (both, place) = third.pushed(of, &group, limit.as_ref()).await.unwrap_or_else(|e| panic!("{e}: {}", told()));
            assert_eq!(both, met, "PostgreSQL and files: {}", told());
            *tally.lock().unwrap().places.entry(place).or_default() += 1;
        }
        // The complement needs no look at the tree: what is not met is met by its opposite.
        if limit.is_none() && at % 4 == 2 {
            let opposite = Group { not: !group.not, ..group };
            let unmet = case.members(of, &opposite, None).await.unwrap_or_else(|error| panic!("{error}: not {}", told()));
            let rest: BTreeSet<i64> = rows.iter().map(id).filter(|row| !met.contains(row)).collect();
            assert_eq!(unmet, rest, "not {}", told());
        }
    }
}

#[tokio::test]
async fn random_trees_over_random_models_agree_with_the_naive_evaluator() {
    let (cases, first) = (number("SLUICE_CASES", 3_000), number("SLUICE_SEED", 1_000));
    println!("{cases} trees from seed {first}; SLUICE_CASES and SLUICE_SEED change that");
    let server = Server::start().await;
    let (tally, next, end) = (Mutex::new(Tally::default()), AtomicU64::new(first), first + cases.div_ceil(TREES));
    // One server for all, and a connection and a schema for each thread.
    let work = |thread: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (session, schema) = (OptionFuture::from(server.as_ref().map(Server::another)).await, format!("thread_{thread}"));
            loop {
                let seed = next.fetch_add(1, Relaxed);
                if seed >= end {
                    break;
                }
                Box::pin(compare(seed, session.as_ref().map(|session| (session, schema.as_str())), &tally)).await;
            }
        });
    };
    std::thread::scope(|scope| {
        for thread in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
    let Tally { telling, sequences, printed, places } = tally.into_inner().unwrap();
    println!("{telling} of them tell some rows from others; {sequences} of these are about an order of time");
    assert!(cases < 100 || telling * 10 > cases, "trees that every row meets, or none, prove little");
    if server.is_some() {
        println!("{printed} of them were printed and gave the same rows on PostgreSQL; half in files, half there: {places:?}");
        assert!(cases < 100 || printed * 10 > cases * 8, "most trees have a form in SQL");
        let trees: u64 = places.values().sum();
        let each = |place| places.get(&place).copied().unwrap_or(0) * 20 > trees;
        let all = [Place::Source, Place::Both, Place::Host].into_iter().all(each);
        assert!(cases < 100 || all, "each way is taken by many: {places:?}");
    }
}
