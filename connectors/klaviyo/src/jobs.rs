//! Bulk jobs: one body with many profiles, of which Klaviyo names the bad ones by position and takes none until they are gone.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::{Call, Halt, Outcome, Places, Reason, Receipts, Response, Written, code, not_among};

use crate::{api, outcomes};

/// "100 KB per profile", taken as decimal ("Bulk Import Profiles", klaviyo/openapi at f0a30ba of 2026-07-23).
pub(crate) const PROFILE_BYTES_MAX: usize = 100_000;

/// Why a profile of more bytes is not sent.
pub(crate) fn too_large() -> Reason {
    Reason::new(code::TOO_LARGE, "Klaviyo takes 100 KB of a profile")
}

/// A job to be sent.
#[derive(Debug)]
pub(crate) struct Job {
    /// Where to.
    pub(crate) path: &'static str,
    /// The bucket of the manifest.
    pub(crate) pace: &'static str,
    /// Its type in the body.
    pub(crate) kind: &'static str,
    /// Its relationship to a list; null where there is none.
    pub(crate) relationships: Value,
    /// Attributes that stand before the profiles.
    pub(crate) attributes: Vec<(&'static str, Value)>,
    /// Rows of the batch.
    pub(crate) rows: usize,
    /// Those that are not sent, and what becomes of them.
    pub(crate) left_out: BTreeMap<u32, Outcome>,
}

impl Job {
    /// Sends it. `profile` writes the members of a row's profile, or says why the row cannot be sent; `taken`: what it means that
    /// Klaviyo has the job.
    pub(crate) fn send(
        mut self,
        call: &Call<'_>,
        profile: impl Fn(&mut Writer, usize) -> Result<(), Reason>,
        taken: impl Fn(&Response) -> Result<Receipts, Reason>,
    ) -> Result<Written, Halt> {
        let left_out = std::mem::take(&mut self.left_out);
        let request = |left_out: &BTreeMap<u32, Outcome>| {
            let (body, places) = self.body(call, left_out, &profile)?;
            Ok((api::write(call, "POST", self.path, self.pace, body), places))
        };
        call.without_named(left_out, request, outcomes::named, |places, answer| match answer {
            None => Ok(places.finish(Receipts::accepted())),
            Some(answer) => places.answered(outcomes::of_write(202, answer), taken),
        })
    }

    fn body(
        &self,
        call: &Call<'_>,
        left_out: &BTreeMap<u32, Outcome>,
        profile: impl Fn(&mut Writer, usize) -> Result<(), Reason>,
    ) -> Result<(Vec<u8>, Places), Halt> {
        let mut body = Writer::with_capacity(512 + self.rows * 256);
        let row = |body: &mut Writer, row: usize| {
            not_among(left_out, row)?;
            let start = body.mark();
            profile(body, row)?;
            // Its brackets, too.
            if body.len_since(start) + 2 > PROFILE_BYTES_MAX { Err(Outcome::from(too_large())) } else { Ok(()) }
        };
        let attributes = |body: &mut Writer| {
            self.attributes.iter().for_each(|(name, value)| body.member(name, value));
            body.object("profiles", |body| {
                body.name("data");
                call.objects(body, self.rows, row)
            })
        };
        let job = |body: &mut Writer| {
            body.member("type", self.kind);
            if !self.relationships.is_null() {
                body.member("relationships", &self.relationships);
            }
            body.object("attributes", attributes)
        };
        let places = body.item(|body| body.object("data", job))?;
        Ok((body.into_bytes(), places))
    }
}
