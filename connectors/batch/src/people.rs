//! One object for each person, with the attributes of all of their rows: what profiles and contacts have in common.

use sluice_sdk::json::Writer;
use sluice_sdk::{Halt, Object, Reason, Rows};

use crate::attributes::{Attributes, Place};
use crate::custom_id::CustomIds;

/// The people of a batch.
pub(crate) struct People<'a> {
    ids: CustomIds<'a>,
    attributes: Attributes<'a>,
    /// Writes what stands before the attributes and opens their object; how many objects are open then.
    open: fn(&mut Writer, &str) -> usize,
}

impl<'a> People<'a> {
    /// People by the one identifier, with everything else that is mapped as attributes.
    pub(crate) fn of(rows: &Rows<'a>, place: Place, urls: &[String], open: fn(&mut Writer, &str) -> usize) -> Result<Self, Halt> {
        let attributes = Attributes::of(place, rows.with_role("attribute").copied(), urls)?;
        Ok(Self { ids: CustomIds::of(rows)?, attributes, open })
    }
}

impl Object for People<'_> {
    fn id(&self, row: usize) -> Result<&str, Reason> {
        self.ids.get(row)
    }

    fn check(&self, row: usize) -> Result<(), Reason> {
        self.attributes.check(row)
    }

    /// "The same custom_id twice in one call: avoid, merge first" (vendor sheet of 2026-11, profiles).
    fn joins(&self, _inside: &[u32], row: usize) -> bool {
        !self.attributes.changes_lists(row)
    }

    fn write(&self, body: &mut Writer, id: &str, rows: &[u32]) {
        let objects = (self.open)(body, id);
        self.attributes.write(body, rows);
        (0..objects).for_each(|_| body.end_object());
    }
}
