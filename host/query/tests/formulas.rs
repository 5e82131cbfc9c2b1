//! Formula fields against a second reading of the language: random formulas whose types go together, over records with nulls.
//!
//! `SLUICE_CASES` is the number of formulas, 600 unless said; `SLUICE_SEED` the first of their seeds. A failure prints both.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/naive_digits.rs"]
mod naive_digits;
#[path = "support/naive_formula.rs"]
mod naive_formula;
#[path = "support/random_formula.rs"]
mod random_formula;
mod support;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
        TimestampMicrosecondArray,
    },
    datatypes::{DataType as Arrow, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType},
};
use futures::TryStreamExt;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use naive_formula::{Naive, TooLarge, V};
use random_formula::{FIELDS, Formulas, KINDS, Random};
use sluice_catalog::{
    calculated::Calculated,
    formula::Formula,
    model::{Field, Model},
    types::DataType,
};
use sluice_query::{Query, QueryError, Source};
use support::{Folder, NOW, array, at};

/// Formulas of one plan: all over the same file.
const TOGETHER: usize = 20;

const EPOCH: Date = Date::constant(1970, 1, 1);

fn column(ty: DataType, cells: &[&V]) -> ArrayRef {
    let cells = || cells.iter().copied();
    match ty {
        DataType::Boolean => array(cells().map(|v| if let V::B(b) = v { Some(*b) } else { None }).collect::<BooleanArray>()),
        DataType::Integer => {
            array(cells().map(|v| if let V::N(n, _) = v { Some(*n as i64) } else { None }).collect::<Int64Array>())
        }
        DataType::Decimal { precision, scale } => {
            let values = cells().map(|v| if let V::N(n, _) = v { Some(*n) } else { None }).collect::<Decimal128Array>();
            array(values.with_precision_and_scale(precision, scale as i8).unwrap())
        }
        DataType::Float => array(cells().map(|v| if let V::F(x) = v { Some(*x) } else { None }).collect::<Float64Array>()),
        DataType::Date => {
            let days = |day: &Date| day.since(EPOCH).unwrap().get_days();
            array(cells().map(|v| if let V::D(day) = v { Some(days(day)) } else { None }).collect::<Date32Array>())
        }
        DataType::Timestamp => {
            let micros = |v: &V| if let V::I(at) = v { Some(at.as_microsecond()) } else { None };
            array(cells().map(micros).collect::<TimestampMicrosecondArray>())
        }
        _ => array(cells().map(|v| if let V::T(t) = v { Some(t.as_str()) } else { None }).collect::<StringArray>()),
    }
}

fn cell(array: &ArrayRef, row: usize) -> V {
    if array.is_null(row) {
        return V::None;
    }
    match array.data_type() {
        Arrow::Boolean => V::B(array.as_boolean().value(row)),
        Arrow::Int64 => V::N(array.as_primitive::<Int64Type>().value(row).into(), 0),
        Arrow::Decimal128(_, scale) => V::N(array.as_primitive::<Decimal128Type>().value(row), *scale as u32),
        Arrow::Float64 => V::F(array.as_primitive::<Float64Type>().value(row)),
        Arrow::Date32 => V::D(EPOCH + i64::from(array.as_primitive::<Date32Type>().value(row)).days()),
        Arrow::Timestamp(_, _) => {
            V::I(Timestamp::from_microsecond(array.as_primitive::<TimestampMicrosecondType>().value(row)).unwrap())
        }
        _ => V::T(array.as_string::<i32>().value(row).to_owned()),
    }
}

/// Exact numbers are equal whatever their digits after the point.
fn same(a: &V, b: &V) -> bool {
    match (a, b) {
        (V::N(a, s), V::N(b, z)) => {
            let most = (*s).max(*z);
            let wide = |units: i128, scale: u32| units.checked_mul(10_i128.pow(most - scale));
            wide(*a, *s).is_some() && wide(*a, *s) == wide(*b, *z)
        }
        (V::F(a), V::F(b)) => a == b,
        (V::N(..), V::F(x)) | (V::F(x), V::N(..)) => {
            let n =
                if let V::N(u, s) = if matches!(a, V::N(..)) { a } else { b } { *u as f64 / 10_f64.powi(*s as i32) } else { *x };
            n == *x
        }
        _ => a == b,
    }
}

fn calculated(id: String, ty: DataType, text: String) -> Field {
    Field { calculated: Some(Calculated::Formula(text)), ..Field::plain(&id, ty) }
}

async fn read(source: &Source, model: &Model, ids: &[String]) -> Result<Vec<RecordBatch>, QueryError> {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let query = Query::new(source, model, None, at(NOW), &zone).await?;
    query.select(ids)?.stream().await?.try_collect().await
}

/// One formula whose types go together; the generator makes some that do not, of nulls alone.
fn one(formulas: &mut Formulas) -> (Formula, String, DataType) {
    let columns: Vec<Field> = FIELDS.iter().map(|(id, ty)| Field::plain(id, *ty)).collect();
    loop {
        let kind = formulas.0.of(&KINDS);
        let depth = formulas.0.below(4) + 1;
        let formula = Formula { root: formulas.part(kind, depth) };
        let text = formula.to_string();
        let read = Formula::parse(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(read, formula, "{text}");
        if let Ok(term) = read.check(&text, &columns) {
            return (formula, text, term.ty);
        }
    }
}

#[tokio::test]
async fn random_formulas_print_read_back_and_agree_with_a_second_reading() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (cases, seed) = (number("SLUICE_CASES", 600) as usize, number("SLUICE_SEED", 1));
    let (mut compared, mut too_large) = (0, 0);
    for round in 0..cases.div_ceil(TOGETHER) {
        let seed = seed + round as u64;
        let mut formulas = Formulas(Random(seed));
        let records: Vec<Vec<V>> = (0..12).map(|id| formulas.record(id)).collect();
        let folder = Folder::new();
        let columns = FIELDS
            .iter()
            .enumerate()
            .map(|(at, (id, ty))| (*id, column(*ty, &records.iter().map(|record| &record[at]).collect::<Vec<_>>())));
        folder.parquet("t.parquet", columns.collect());
        let source = folder.open().await;
        let made: Vec<_> = (0..TOGETHER).map(|_| one(&mut formulas)).collect();
        let plain = support::table("t", &FIELDS);
        // One field each, so that one that is too large does not hide the others.
        for (at_formula, (formula, text, ty)) in made.iter().enumerate() {
            let mut model = plain.clone();
            model.fields.push(calculated("made".into(), *ty, text.clone()));
            let problems = model.validate();
            assert!(problems.is_empty(), "{problems:?}: {text}");
            let expected = records.iter().map(|record| {
                let zone = TimeZone::get("Europe/Paris").unwrap();
                Naive { fields: &FIELDS, record, now: at(NOW), zone }.eval(&formula.root)
            });
            let expected: Vec<Result<V, TooLarge>> = expected.collect();
            let told = format!("SLUICE_SEED={seed} SLUICE_CASES={TOGETHER}, formula {at_formula}: {text}");
            let batches = match read(&source, &model, &["made".to_owned()]).await {
                Ok(batches) => batches,
                Err(QueryError::Overflow { field, .. }) if field == "made" => {
                    too_large += 1;
                    continue;
                }
                Err(error) => panic!("{told}\n{error}"),
            };
            let mut seen = 0;
            for batch in &batches {
                for row in 0..batch.num_rows() {
                    let V::N(id, _) = cell(batch.column(0), row) else { panic!("a record without id") };
                    let (got, record) = (cell(batch.column(1), row), &records[id as usize]);
                    // What the second reading could not hold, the engine computes in a wider type.
                    if let Ok(want) = &expected[id as usize] {
                        assert!(same(&got, want), "{told}\nrecord {record:?}\ngot {got:?}\nwant {want:?}");
                        compared += 1;
                    }
                    seen += 1;
                }
            }
            assert_eq!(seen, records.len(), "{told}");
        }
    }
    assert!(compared > cases * 9 && too_large * 20 < cases, "{compared} results compared, {too_large} too large of {cases}");
}
