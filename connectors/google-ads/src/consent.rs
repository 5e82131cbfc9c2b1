//! Consent: what the activation says of everybody stands in the request, what a row says of its own person in the record.
//!
//! `consent.proto` of the Data Manager API (googleapis at f8291d2 of 2026-08-22, read 2026-11): a record's consent takes the place of
//! the request's, so a record that says one of the two says the other as well.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::{Call, ColumnView, Halt, Rows, Value};

use crate::settings::{ConsentOptions, Stance};

/// Fields of rows with consent.
pub(crate) const FIELDS: [&str; 2] = ["adUserData", "adPersonalization"];

/// Consent to each of [`FIELDS`]: of everybody, and the column that says otherwise.
#[derive(Debug)]
pub(crate) struct Consent<'a>([(&'static str, Option<bool>, Option<ColumnView<'a>>); 2]);

impl<'a> Consent<'a> {
    /// By the options and what is mapped.
    pub(crate) fn of(call: &Call<'_>, rows: &Rows<'a>) -> Result<Self, Halt> {
        let options: ConsentOptions = call.options()?;
        let of_all = |stance| match stance {
            Stance::Granted => Some(true),
            Stance::Denied => Some(false),
            Stance::Unspecified => None,
        };
        let one = |at: usize, stance| (FIELDS[at], of_all(stance), rows.column(FIELDS[at]).copied());
        Ok(Self([one(0, options.ad_user_data), one(1, options.ad_personalization)]))
    }

    /// Of everybody; none where nothing is said.
    pub(crate) fn of_request(&self) -> Option<Json> {
        let said = self.0.iter().filter_map(|(name, of_all, _)| Some(((*name).to_owned(), json!(word((*of_all)?)))));
        let said: sluice_sdk::serde_json::Map<String, Json> = said.collect();
        (!said.is_empty()).then_some(Json::Object(said))
    }

    /// Writes a row's own; nothing where it says none.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) {
        let of_row = |column: &Option<ColumnView<'a>>| match column.and_then(|column| column.cell(row).value()) {
            Some(Value::Bool(yes)) => Some(yes),
            _ => None,
        };
        if self.0.iter().all(|(_, _, column)| of_row(column).is_none()) {
            return;
        }
        body.object("consent", |body| {
            for (name, of_all, column) in &self.0 {
                if let Some(yes) = of_row(column).or(*of_all) {
                    body.member(name, word(yes));
                }
            }
        });
    }
}

fn word(granted: bool) -> &'static str {
    if granted { "CONSENT_GRANTED" } else { "CONSENT_DENIED" }
}
