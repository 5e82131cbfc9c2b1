//! The one shape of all writes to the Data Manager API: where to, what holds of every record, and an array of records, of which Google
//! takes all or none.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::{Call, Halt, Outcome, Written};

use crate::outcomes;
use crate::settings::Settings;

/// What a write is made of.
#[derive(Debug)]
pub(crate) struct Ingest {
    /// Where to.
    pub(crate) path: &'static str,
    /// Members that stand before the records.
    pub(crate) head: Vec<(&'static str, Value)>,
    /// The array's name.
    pub(crate) array: &'static str,
    /// Rows of the batch.
    pub(crate) rows: usize,
}

impl Ingest {
    /// Sends it. `record` writes the members of a row's record, or says what becomes of a row that is not sent.
    pub(crate) fn send(
        self,
        call: &Call<'_>,
        settings: &Settings,
        record: impl Fn(&mut Writer, usize) -> Result<(), Outcome>,
    ) -> Result<Written, Halt> {
        let head = |body: &mut Writer| self.head.iter().for_each(|(name, value)| body.member(name, value));
        let (body, places) = call.body(head, (self.array, self.rows, 384), record)?;
        places.send(settings.post(call, self.path, "ingest", body), |answer| outcomes::of_ingest(&places, answer))
    }
}
