//! The objects of one kind by name, while a plan is made: what is there, with what the bundle makes of it.

use std::collections::{BTreeMap, BTreeSet};

use sluice_catalog::ids::WorkspaceId;
use sluice_store::{Declared, PageRequest, Stored};

use super::bundle::Item;
use crate::{error::ApiError, state::Api};

/// Objects of one kind by name: what is there, with what the bundle makes of it.
pub(super) struct Known<T: Declared> {
    pub(super) by_name: BTreeMap<String, (T::Id, T)>,
    pub(super) before: BTreeMap<String, Stored<T>>,
    pub(super) in_bundle: BTreeSet<String>,
    /// Ids of new objects that others of the bundle may name before they are read.
    promised: BTreeMap<String, T::Id>,
}

impl<T: Declared + Clone> Known<T> {
    /// Everything of this kind in the workspace.
    pub(super) async fn load(api: &Api, ws: WorkspaceId) -> Result<Self, ApiError> {
        let mut before = BTreeMap::new();
        let mut page = PageRequest { after: None, limit: sluice_store::limits::PAGE_ROWS_MAX };
        loop {
            let got = api.store().list::<T>(ws, &page).await?;
            before.extend(got.items.into_iter().map(|stored| (stored.value.name().to_owned(), stored)));
            match got.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        let by_name = before.iter().map(|(name, s)| (name.clone(), (s.id, s.value.clone()))).collect();
        Ok(Self { by_name, before, in_bundle: BTreeSet::new(), promised: BTreeMap::new() })
    }

    /// Gives every new object of a list its id, so that objects of one kind may name each other in any order, in circles, too.
    pub(super) fn promise(&mut self, api: &Api, items: &[Item]) {
        for name in items.iter().filter_map(|item| item.get("name")?.as_str()) {
            if !self.by_name.contains_key(name) {
                self.promised.entry(name.to_owned()).or_insert_with(|| api.store().new_id::<T>());
            }
        }
    }

    /// Makes an object of the bundle known before its step is worked out.
    pub(super) fn note(&mut self, api: &Api, value: &T) {
        let name = value.name();
        let id = self.before.get(name).map_or_else(|| self.new_id(api, name), |before| before.id);
        self.by_name.insert(name.to_owned(), (id, value.clone()));
    }

    /// The id of a new object of this name.
    pub(super) fn new_id(&self, api: &Api, name: &str) -> T::Id {
        self.promised.get(name).copied().unwrap_or_else(|| api.store().new_id::<T>())
    }

    /// The id that a name or an id in the bundle means.
    pub(super) fn id_of(&self, text: &str) -> Option<T::Id> {
        self.find(text).map(|(id, _)| *id).or_else(|| self.promised.get(text).copied())
    }

    /// The object of this name or id.
    pub(super) fn find(&self, text: &str) -> Option<&(T::Id, T)> {
        self.by_name.get(text).or_else(|| {
            let id = text.parse::<T::Id>().ok()?;
            self.by_name.values().find(|(known, _)| *known == id)
        })
    }

    /// The workspace's objects, as they are before the bundle.
    pub(super) fn were(&self) -> BTreeMap<T::Id, T> {
        self.before.values().map(|stored| (stored.id, stored.value.clone())).collect()
    }

    /// The same with what the bundle makes of them.
    pub(super) fn are(&self) -> BTreeMap<T::Id, T> {
        self.by_name.values().cloned().collect()
    }

    /// The object with this id.
    pub(super) fn of(&self, id: T::Id) -> Option<&T> {
        self.by_name.values().find(|(known, _)| *known == id).map(|(_, value)| value)
    }
}
