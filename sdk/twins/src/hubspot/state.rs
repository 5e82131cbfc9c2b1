//! What the account holds. A [`State`] is also the snapshot that tests compare.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    links::{End, Links, Spec},
    lists::List,
    options::{Label, NewList, Options, Schema},
    property::Property,
    shelf::{Record, Shelf},
    words::Refusal,
};

/// The first id that a record gets.
const FIRST_RECORD: u64 = 101;

/// Everything an account holds.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) shelves: BTreeMap<String, Shelf>,
    pub(super) schemas: Vec<Schema>,
    pub(super) lists: BTreeMap<u64, List>,
    pub(super) links: Links,
    pub(super) next_record: u64,
    pub(super) next_list: u64,
    portal_id: u64,
}

impl State {
    pub(super) fn new(options: &Options, now: Timestamp) -> Self {
        let standard = [
            ("0-1", "contacts", "contact"),
            ("0-2", "companies", "company"),
            ("0-3", "deals", "deal"),
            ("0-5", "tickets", "ticket"),
        ];
        let shelves = standard.map(|(id, name, singular)| (id.to_owned(), Shelf::new(id, name, singular, None)));
        let mut state = Self {
            shelves: shelves.into(),
            schemas: Vec::new(),
            lists: BTreeMap::new(),
            links: Links::default(),
            next_record: FIRST_RECORD,
            next_list: 1,
            portal_id: options.portal_id,
        };
        for schema in &options.schemas {
            state.add_schema(schema.clone());
        }
        for (object, properties) in &options.properties {
            for property in properties {
                state.add_property(object, property.clone());
            }
        }
        for label in &options.labels {
            state.add_label(label.clone());
        }
        for list in &options.lists {
            state.add_list(list.clone(), now);
        }
        state
    }

    /// The type that a path or a seed names.
    pub(super) fn type_of(&self, word: &str) -> Option<&Shelf> {
        self.shelves.values().find(|shelf| shelf.answers_to(word))
    }

    /// The id of the type that a path names.
    pub(super) fn type_id(&self, word: &str) -> Result<String, Refusal> {
        let known = self.type_of(word).map(|shelf| shelf.type_id.clone());
        known.ok_or_else(|| Refusal::invalid(format!("Unable to infer object type from: {word}")))
    }

    /// The type of an id that [`State::type_id`] gave.
    pub(super) fn shelf(&self, type_id: &str) -> &Shelf {
        self.shelves.get(type_id).expect("types are never taken away, and ids of them come from type_id")
    }

    pub(super) fn shelf_mut(&mut self, type_id: &str) -> &mut Shelf {
        self.shelves.get_mut(type_id).expect("types are never taken away, and ids of them come from type_id")
    }

    /// An object type with its records: by its name, its id or its full name.
    pub fn objects(&self, object: &str) -> Option<&Shelf> {
        self.type_of(object)
    }

    /// Properties by the ledger's name of their record: what end-to-end tests compare.
    pub fn data(&self, object: &str) -> BTreeMap<String, BTreeMap<String, String>> {
        let shelf = self.type_of(object);
        shelf.into_iter().flat_map(|shelf| shelf.records().map(|it| (shelf.key(it), it.properties.clone()))).collect()
    }

    /// Lists by id.
    pub fn lists(&self) -> &BTreeMap<u64, List> {
        &self.lists
    }

    /// Everybody on a list, by the ledger's names.
    pub fn members(&self, list: u64) -> BTreeSet<String> {
        let Some(list) = self.lists.get(&list) else { return BTreeSet::new() };
        let Some(shelf) = self.shelves.get(&list.object_type_id) else { return BTreeSet::new() };
        list.members().filter_map(|(id, _)| Some(shelf.key(shelf.record(id)?))).collect()
    }

    /// Records that a record is associated with, by type id and id, with the types of it.
    pub fn associations(&self, object: &str, id: u64) -> Vec<((String, u64), Vec<Spec>)> {
        self.type_of(object).map(|shelf| self.links.of(&(shelf.type_id.clone(), id))).unwrap_or_default()
    }

    /// The ledger's name of a record that is there.
    pub(super) fn key(&self, end: &End) -> String {
        let shelf = self.shelf(&end.0);
        shelf.record(end.1).map_or_else(|| format!("{}/id:{}", shelf.name, end.1), |record| shelf.key(record))
    }

    /// The record that a text of a client names by its id.
    pub(super) fn end(&self, type_id: &str, id: &str) -> Option<End> {
        let id = id.parse().ok()?;
        self.shelf(type_id).record(id).map(|_| (type_id.to_owned(), id))
    }

    pub(super) fn add_schema(&mut self, schema: Schema) {
        let type_id = format!("2-{}", schema.id);
        let full_name = format!("p{}_{}", self.portal_id, schema.name);
        let singular = schema.singular.as_deref().unwrap_or(&schema.name);
        let mut shelf = Shelf::new(&type_id, &schema.name, singular, Some(full_name));
        let group = shelf.group();
        for property in &schema.properties {
            shelf.properties.insert(property.name.clone(), property.clone().complete(&group));
        }
        shelf.required.clone_from(&schema.required_properties);
        self.shelves.insert(type_id, shelf);
        self.schemas.retain(|other| other.id != schema.id);
        self.schemas.push(schema);
    }

    /// False when there is no such type.
    pub(super) fn add_property(&mut self, object: &str, property: Property) -> bool {
        let Some(shelf) = self.shelves.values_mut().find(|shelf| shelf.answers_to(object)) else { return false };
        let property = property.complete(&shelf.group());
        shelf.groups.insert(property.group_name.clone());
        shelf.properties.insert(property.name.clone(), property);
        true
    }

    /// False when there is no such type.
    pub(super) fn add_label(&mut self, label: Label) -> bool {
        let ends = [&label.from, &label.to].map(|name| self.type_of(name).map(|shelf| shelf.type_id.clone()));
        let [Some(from), Some(to)] = ends else { return false };
        self.links.labels.push(Label { from, to, ..label });
        true
    }

    /// False when there is no such type, or another list has the name.
    pub(super) fn add_list(&mut self, new: NewList, now: Timestamp) -> bool {
        let taken = self.lists.values().any(|list| list.name == new.name && list.list_id != new.list_id);
        if taken || !self.shelves.contains_key(&new.object_type_id) {
            return false;
        }
        self.next_list = self.next_list.max(new.list_id + 1);
        let mut list = List::new(new.list_id, new.name, new.object_type_id, new.processing_type, now);
        for id in new.members {
            list.join(id, now);
        }
        self.lists.insert(list.list_id, list);
        true
    }

    /// A record that is not there any more is on no list and associated with nothing.
    pub(super) fn archive(&mut self, end: &End) {
        self.links.forget(end);
        for list in self.lists.values_mut().filter(|list| list.object_type_id == end.0) {
            list.leave(end.1);
        }
        self.shelf_mut(&end.0).archive(end.1);
    }

    pub(super) fn to_json(&self) -> Value {
        let objects: Map<String, Value> = self.shelves.values().map(|shelf| (shelf.name.clone(), shelf.to_json())).collect();
        let lists: Map<String, Value> = self.lists.values().map(|list| (list.list_id.to_string(), self.list(list))).collect();
        json!({ "objects": objects, "lists": lists, "associations": self.links.to_json() })
    }

    fn list(&self, list: &List) -> Value {
        json!({ "list": list, "members": self.members(list.list_id) })
    }

    /// One thing of the state; a record by its id, by its address or by the value of a unique property.
    pub(super) fn one(&self, kind: &str, key: &str) -> Option<Value> {
        if kind == "lists" {
            return self.lists.get(&key.parse().ok()?).map(|list| self.list(list));
        }
        let shelf = self.type_of(kind)?;
        let by_name = || shelf.properties.keys().filter(|it| shelf.is_key(it)).find_map(|it| shelf.named(it, key));
        let by_id = || key.parse().ok().filter(|id| shelf.record(*id).is_some());
        shelf.record(by_name().or_else(by_id)?).map(|record: &Record| json!(record))
    }
}
