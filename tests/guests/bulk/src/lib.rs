//! A connector whose platform works in jobs: a job is made, filled in any number of calls, started once, and tells only when it is
//! done what became of each row.

mod audience;
mod contacts;
mod jobs;
mod segments;

use sluice_sdk::contract::Attrs;
use sluice_sdk::status::{Reset, Vendor};
use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, Rows, SegmentPlace, Written, connected};

const BULK: Vendor = Vendor { name: "Bulk", reset: Reset::None };
const BASE: &str = "https://api.bulk.example";

/// The connector.
#[derive(Debug)]
pub struct Bulk;

impl Destination for Bulk {
    fn check(_: &Call<'_>) -> Result<String, Halt> {
        Ok(connected("Connected.", &[]))
    }

    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "jobs" => jobs::make(call),
            "audience" => Ok(audience::session(call)),
            _ => Ok(Vec::new()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "jobs" => jobs::fill(call, rows),
            "audience" => audience::upload(call, rows),
            "contacts" => contacts::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }

    fn finish(call: &Call<'_>) -> Result<Attrs, Halt> {
        match call.service() {
            "jobs" => jobs::start(call),
            _ => Ok(Vec::new()),
        }
    }

    fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        jobs::judge(call, rows, token)
    }
}

impl Membership for Bulk {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        segments::members(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Bulk);
