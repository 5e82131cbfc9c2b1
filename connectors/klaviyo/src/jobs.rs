//! Bulk jobs: one body with many profiles, of which Klaviyo names the bad ones by position and takes none until they are gone.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::{Call, Halt, Outcome, Places, Reason, Receipts, Response, Written, code, not_among};

use crate::{api, outcomes};

/// Times a job is sent: a refusal that names rows wrote nothing, so the others go once more without them. One that names further
/// rows in the last answer is for the host to halve.
const SENDS_MAX: usize = 3;
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
        let mut sends = 0;
        loop {
            let (body, places) = self.body(call, &profile)?;
            if places.sent() == 0 {
                return Ok(places.finish(Receipts::accepted()));
            }
            let answer = api::write(call, "POST", self.path, self.pace, body).send();
            sends += 1;
            let named = outcomes::named(&places, &answer);
            if sends < SENDS_MAX && !named.is_empty() {
                self.left_out.extend(named);
                continue;
            }
            return places.answered(outcomes::of_write(202, answer), |answer| taken(answer));
        }
    }

    fn body(&self, call: &Call<'_>, profile: impl Fn(&mut Writer, usize) -> Result<(), Reason>) -> Result<(Vec<u8>, Places), Halt> {
        let mut body = Writer::with_capacity(512 + self.rows * 256);
        body.begin_object();
        body.name("data");
        body.begin_object();
        body.member("type", self.kind);
        if !self.relationships.is_null() {
            body.member("relationships", &self.relationships);
        }
        body.name("attributes");
        body.begin_object();
        for (name, value) in &self.attributes {
            body.member(name, value);
        }
        body.name("profiles");
        body.begin_object();
        body.name("data");
        let places = call.objects(&mut body, self.rows, |body, row| {
            not_among(&self.left_out, row)?;
            let start = body.mark();
            profile(body, row)?;
            // Its brackets, too.
            if body.len_since(start) + 2 > PROFILE_BYTES_MAX {
                return Err(Outcome::from(too_large()));
            }
            Ok(())
        })?;
        (0..4).for_each(|_| body.end_object());
        Ok((body.into_bytes(), places))
    }
}
