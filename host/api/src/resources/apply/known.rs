//! The objects of one kind by name, while a plan is made: what is there, with what the bundle makes of it.

use std::collections::{BTreeMap, BTreeSet};

use sluice_catalog::ids::WorkspaceId;
use sluice_store::{Declared, PageRequest, Stored};

use crate::{error::ApiError, state::Api};

/// Objects of one kind by name: what is there, with what the bundle makes of it.
pub(super) struct Known<T: Declared> {
    pub(super) by_name: BTreeMap<String, (T::Id, T)>,
    pub(super) before: BTreeMap<String, Stored<T>>,
    pub(super) in_bundle: BTreeSet<String>,
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
        Ok(Self { by_name, before, in_bundle: BTreeSet::new() })
    }

    /// The object of this name or id.
    pub(super) fn find(&self, text: &str) -> Option<&(T::Id, T)> {
        self.by_name.get(text).or_else(|| {
            let id = text.parse::<T::Id>().ok()?;
            self.by_name.values().find(|(known, _)| *known == id)
        })
    }

    /// The object with this id.
    pub(super) fn of(&self, id: T::Id) -> Option<&T> {
        self.by_name.values().find(|(known, _)| *known == id).map(|(_, value)| value)
    }
}
