//! The line of the egress ledger that each request leaves, whatever becomes of it.

use sluice_catalog::{
    Code,
    clock::Clock,
    contract::{Request, Response},
    record::EgressRecord,
};
use tokio::time::Instant;

use crate::{
    failure::Failed,
    limits::RECORD_PATH_BYTES_MAX,
    pass::Pass,
    policy::{Checked, Refusal},
};

/// Written when it is dropped: also when the caller lets the request's future fall, which then counts as cancelled.
pub(crate) struct Line<'a> {
    pass: &'a Pass,
    record: Option<EgressRecord>,
    paced: Option<Instant>,
}

impl<'a> Line<'a> {
    pub(crate) fn open(pass: &'a Pass, clock: &dyn Clock, request: &Request) -> Self {
        let record = EgressRecord {
            at_ms: clock.now().as_millisecond(),
            component: pass.component.to_string(),
            host: String::new(),
            stand_in: None,
            // A method outside of the manifest may be any text; what is short and a word is kept.
            method: if request.method.len() <= 16 && request.method.bytes().all(|b| b.is_ascii_alphabetic()) {
                request.method.to_ascii_uppercase()
            } else {
                String::new()
            },
            path: String::new(),
            status: None,
            code: Some(Code::EgressCancelled.as_str().into()),
            bytes_out: 0,
            bytes_in: 0,
            took_us: 0,
            credentials: Vec::new(),
        };
        Self { pass, record: Some(record), paced: None }
    }

    fn edit(&mut self, change: impl FnOnce(&mut EgressRecord)) {
        if let Some(record) = &mut self.record {
            change(record);
        }
    }

    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        if let Some(host) = refusal.host() {
            self.edit(|r| r.host = host.to_string());
        }
    }

    pub(crate) fn allowed(&mut self, checked: &Checked) {
        self.edit(|r| {
            r.host = checked.host().to_string();
            r.stand_in = checked.stand_in().map(ToString::to_string);
            let path = checked.url().path(); // ASCII: the parser encodes everything else
            r.path = path[..path.len().min(RECORD_PATH_BYTES_MAX)].to_owned();
        });
    }

    /// Credentials are in; waiting for the pace is over.
    pub(crate) fn leaves(&mut self, bytes: u64, credentials: &[String]) {
        self.paced.get_or_insert_with(Instant::now);
        self.edit(|r| {
            r.bytes_out += bytes;
            r.credentials = credentials.to_vec();
        });
    }

    /// The head of an answer is there; what follows may still fail.
    pub(crate) fn answered(&mut self, status: u16) {
        self.edit(|r| r.status = Some(status));
    }

    pub(crate) fn came_in(&mut self, bytes: u64) {
        self.edit(|r| r.bytes_in += bytes);
    }

    pub(crate) fn close(mut self, result: &Result<Response, Failed>) {
        self.edit(|r| match result {
            Ok(response) => (r.status, r.code) = (Some(response.status), None),
            Err(failed) => r.code = Some(failed.code.as_str().into()),
        });
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.took_us = self.paced.map_or(0, |at| u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX));
            self.pass.recorder.record(record);
        }
    }
}
