//! Retractions: value and count of a conversion become 0. The Data Manager API has none, so these go to the Google Ads API, which wants a
//! developer token. It answers for each row; a second retraction is no second effect.
//!
//! `conversion_adjustment_upload_service.proto` of v25 (googleapis at f8291d2 of 2026-08-22, read 2026-11).

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, ColumnView, Halt, Identifiers, Known, Operation, Outcome, Reason, Rows, Value, Written, text};

use crate::outcomes;
use crate::settings::{ConversionOptions, Settings};
use crate::timing;

const CONVERTED_AT: &str = "conversionDateTime";

/// What a conversion is known by. "If the original had an order id it must be used; not both."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transaction,
    Gclid,
}

const KNOWN: &[Known<Kind>] = &[Known::new("transactionId", Kind::Transaction), Known::new("gclid", Kind::Gclid)];

/// Sends a batch of retractions.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    call.only(Operation::Append)?;
    let (settings, options): (_, ConversionOptions) = (Settings::of(call)?, call.options()?);
    let retraction = Retraction {
        conversions: Identifiers::of(rows, "Google Ads", KNOWN)?,
        action: format!("customers/{}/conversionActions/{}", settings.customer, options.action()?),
        converted: rows.column(CONVERTED_AT).copied(),
        retracted: rows.role("event-time").copied(),
        now_ms: call.now_ms(),
    };
    let head = |body: &mut Writer| body.member("partialFailure", true);
    let rows = ("conversionAdjustments", rows.len(), 224);
    let (body, places) = call.body(head, rows, |body, row| retraction.write(body, row))?;
    let request = settings.google_ads(call, "uploadConversionAdjustments", body);
    places.send(request, |answer| outcomes::of_retractions(&places, answer))
}

struct Retraction<'a> {
    conversions: Identifiers<'a, Kind>,
    action: String,
    converted: Option<ColumnView<'a>>,
    retracted: Option<ColumnView<'a>>,
    now_ms: u64,
}

impl Retraction<'_> {
    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Outcome> {
        let converted = instant(self.converted, row);
        if let Some(at) = converted {
            timing::may_change(self.now_ms, at, CONVERTED_AT)?;
        }
        let named = |kind| self.conversions.values(row).find(|(identifier, _)| identifier.kind == kind);
        match (named(Kind::Transaction), named(Kind::Gclid), converted) {
            (Some((_, id)), ..) => {
                body.member("orderId", id);
            }
            (None, Some((_, click)), Some(at)) => {
                body.object("gclidDateTimePair", |body| {
                    body.member("gclid", click);
                    body.name(CONVERTED_AT);
                    date_time(body, at);
                });
            }
            (None, Some(_), None) => {
                let message = "a conversion is known by its click together with its time";
                return Err(Reason::bad(message).field(CONVERTED_AT).into());
            }
            (None, None, _) => return Err(self.conversions.nobody().into()),
        }
        body.member("adjustmentType", "RETRACTION");
        body.member("conversionAction", &self.action);
        body.name("adjustmentDateTime");
        let now = i64::try_from(self.now_ms).unwrap_or(i64::MAX).saturating_mul(1000);
        date_time(body, instant(self.retracted, row).unwrap_or(now));
        Ok(())
    }
}

fn instant(column: Option<ColumnView<'_>>, row: usize) -> Option<i64> {
    match column?.cell(row).value()? {
        Value::Timestamp(micros) => Some(micros),
        _ => None,
    }
}

/// `yyyy-mm-dd hh:mm:ss+hh:mm`, of whole seconds.
fn date_time(body: &mut Writer, micros: i64) {
    let mut iso = Vec::with_capacity(32);
    text::timestamp(&mut iso, micros - micros.rem_euclid(1_000_000));
    let iso = String::from_utf8(iso).unwrap_or_default();
    body.string(&iso.replace('T', " ").replace('Z', "+00:00"));
}

#[cfg(test)]
mod tests;
