//! A handful of people with orders and visits.

use std::collections::BTreeMap;

use arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, Group},
    ids::{ModelId, SegmentId, SourceId},
    model::Model,
    segment::Segment,
    types::DataType::{Integer, String as Text, Timestamp},
};
use sluice_query::{Analysis, Query, Source, Surroundings};

use crate::support::{self, Folder, array, at, table};

pub(crate) const NOW: &str = "2026-11-24T12:00:00Z";

pub(crate) struct Shop {
    pub(crate) source: Source,
    pub(crate) around: Surroundings,
    _folder: Folder,
}

pub(crate) fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

/// A person found by two fields of theirs, of which one may be null.
fn people() -> Model {
    let relationships = json!([
        { "name": "orders", "kind": "has-many", "model": id(2), "on": [{ "field": "id", "other": "person" }] },
        { "name": "visits", "kind": "has-many", "model": id(3), "on": [{ "field": "email", "other": "email" }] },
    ]);
    let model = table("people", &[("id", Integer), ("email", Text), ("country", Text), ("tier", Text)]);
    let mut model = Model { relationships: serde_json::from_value(relationships).unwrap(), ..model };
    model.fields[1].pii = true;
    model.fields[2].categorical = true;
    model
}

fn orders() -> Model {
    let model = table("orders", &[("id", Integer), ("person", Integer), ("at", Timestamp), ("product", Text)]);
    Model { time_field: Some("at".into()), ..model }
}

fn visits() -> Model {
    let model = table("visits", &[("id", Integer), ("email", Text), ("at", Timestamp), ("product", Text)]);
    Model { time_field: Some("at".into()), ..model }
}

/// What happened: person or e-mail, instant, product.
pub(crate) type Happened<'a> = (&'a str, &'a str, Option<&'a str>);

impl Shop {
    /// People 1 to 5, of whom the last has no e-mail and no country.
    pub(crate) async fn new(ordered: &[Happened<'_>], visited: &[Happened<'_>]) -> Self {
        let folder = Folder::new();
        let texts = |texts: Vec<Option<&str>>| array(StringArray::from(texts));
        let ids = |count: usize| array((1..=count as i64).collect::<Int64Array>());
        folder.parquet(
            "people.parquet",
            vec![
                ("id", ids(5)),
                ("email", texts(vec![Some("a"), Some("b"), Some("c"), Some("d"), None])),
                ("country", texts(vec![Some("FR"), Some("FR"), Some("DE"), Some("DE"), None])),
                ("tier", texts(vec![Some("gold"), None, Some("gold"), Some("silver"), None])),
            ],
        );
        let instants = |rows: &[Happened<'_>]| {
            array(
                rows.iter()
                    .map(|(_, when, _)| (!when.is_empty()).then(|| at(when).as_microsecond()))
                    .collect::<TimestampMicrosecondArray>(),
            )
        };
        let products = |rows: &[Happened<'_>]| texts(rows.iter().map(|(_, _, product)| *product).collect());
        let persons = array(ordered.iter().map(|(person, ..)| person.parse::<i64>().ok()).collect::<Int64Array>());
        let emails = texts(visited.iter().map(|(email, ..)| Some(*email)).collect());
        folder.parquet(
            "orders.parquet",
            vec![("id", ids(ordered.len())), ("person", persons), ("at", instants(ordered)), ("product", products(ordered))],
        );
        folder.parquet(
            "visits.parquet",
            vec![("id", ids(visited.len())), ("email", emails), ("at", instants(visited)), ("product", products(visited))],
        );
        let source = folder.open().await;
        let context = Context {
            model: Some(id(1)),
            models: [(id(1), people()), (id(2), orders()), (id(3), visits())].into(),
            ..Context::default()
        };
        let around = Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]));
        Self { source, around, _folder: folder }
    }

    pub(crate) fn model(&self) -> &Model {
        &self.around.context.models[&id(1)]
    }

    pub(crate) async fn query(&self, condition: &Group) -> Query {
        Query::within(&self.around, &self.source, self.model(), Some(condition), at(NOW), &TimeZone::UTC).await.unwrap()
    }

    pub(crate) async fn members(&self, condition: &Group) -> Vec<String> {
        support::rows(&self.query(condition).await, &[]).await.unwrap()
    }

    pub(crate) fn analysis(&self) -> Analysis {
        Analysis::new(self.around.clone(), self.source.clone(), self.model().clone(), at(NOW), TimeZone::UTC)
    }

    /// With a saved segment of people.
    pub(crate) fn with_segment(mut self, number: u64, children: Value) -> Self {
        self.around.context.segments.insert(SegmentId::new(number, 1), segment(&format!("s{number}"), children, None));
        self
    }
}

pub(crate) fn segment(name: &str, children: Value, limit: Option<Value>) -> Segment {
    let condition = json!({ "version": 1, "root": { "op": "and", "children": children } });
    serde_json::from_value(json!({ "name": name, "model": id(1), "condition": condition, "limit": limit })).unwrap()
}
