//! Reading an answer: capped, unpacked, timed, and scrubbed before anybody sees it.

use std::sync::Arc;

use http::{HeaderMap, header};
use sluice_catalog::{
    Code,
    contract::{AnswerTo, Body, Response},
};
use tokio::time::Instant;

use super::{
    gzip::{Gunzip, GunzipError},
    held::{self, Held},
    send::{Vain, wait},
    unpack::{self, Packing},
};
use crate::{
    deadline::Deadline,
    failure::Failed,
    limits::{
        ANSWER_BYTES_MAX, ANSWER_BYTES_PER_SECOND_MIN, ANSWER_HEADER_BYTES_MAX, BODY_RATE_FREE, BODY_SILENCE_MAX,
        SPOOL_BLOCK_BYTES, UNPACKED_BLOCKS_MAX, ZIP_DIRECTORY_BYTES_MAX,
    },
    line::Line,
    pass::Pass,
    policy::Checked,
    scrub::{ScrubStream, Scrubber},
    spool::Spool,
};

/// What the request wants of its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) to: AnswerTo,
    pub(super) bytes_max: u32,
    /// What the body of a successful answer is unpacked from.
    pub(super) packing: Option<Packing>,
}

/// Reads the whole answer, as far as what is `held` already leaves room for it. Every failure from here on has `sent` = true.
pub(super) async fn read(
    pass: &Pass,
    checked: &Checked,
    wanted: Wanted,
    mut response: reqwest::Response,
    deadline: Deadline,
    held: &Held,
    line: &mut Line<'_>,
) -> Result<Response, Failed> {
    let status = response.status().as_u16();
    let header_bytes = header_bytes(response.headers());
    if header_bytes > ANSWER_HEADER_BYTES_MAX {
        let message = format!("the answer's headers are larger than {ANSWER_HEADER_BYTES_MAX} bytes");
        return Err(Failed::sent(Code::EgressAnswerTooLarge, message));
    }
    if !held.take(header_bytes) {
        return Err(held::spent());
    }
    // What a platform says instead of its file is not packed.
    let packing = wanted.packing.filter(|_| response.status().is_success());
    let travelled = unpacker(response.headers())?;
    let scrubber = pass.credentials.scrubber();
    let scrubber = &*scrubber;
    let headers = texts(response.headers(), travelled.is_some() || packing.is_some(), scrubber);
    let mut pipe = Pipe { travelled, packed: (packing == Some(Packing::Gzip)).then(Gunzip::new) };
    let mut sink = Sink::new(pass, wanted, scrubber, held)?;
    let mut archive = (packing == Some(Packing::Zip)).then(|| Archive::new(pass, wanted)).transpose()?;
    let mut pace = Pulse::new(deadline);
    let mut whole = true;
    while let Some(chunk) = pace.next(pass, &mut response).await? {
        whole = match &mut archive {
            Some(archive) => pipe.push(&chunk, |packed| archive.take(packed))?,
            None => pipe.push(&chunk, |plain| sink.take(plain))?,
        };
        match &mut archive {
            Some(archive) => archive.flush(false).await?,
            None => sink.flush(false).await?,
        }
        if !whole {
            break;
        }
    }
    match archive {
        Some(_) if !whole => return Err(Failed::sent(Code::EgressAnswerTooLarge, "the packed answer is larger than allowed")),
        Some(mut archive) => {
            pipe.finish(|packed| archive.take(packed))?;
            archive.flush(true).await?;
            archive.unzip(pass, deadline, &mut sink).await?;
        }
        None if whole => pipe.finish(|plain| sink.take(plain))?,
        None => {}
    }
    line.came_in(sink.seen.min(sink.cap));
    if sink.overdrawn {
        return Err(held::spent());
    }
    if sink.seen <= sink.cap && pass.policy.hands_out_links(checked) {
        sink.links(pass, checked);
    }
    let (body, truncated) = sink.finish().await?;
    Ok(Response { status, headers, body, truncated, attrs: packing.map(Packing::fact).into_iter().collect() })
}

/// The body's way from how it travelled to what it is.
struct Pipe {
    travelled: Option<Gunzip>,
    packed: Option<Gunzip>,
}

impl Pipe {
    fn push(&mut self, chunk: &[u8], mut take: impl FnMut(&[u8]) -> bool) -> Result<bool, Failed> {
        let Some(travelled) = &mut self.travelled else { return last(&mut self.packed, chunk, &mut take) };
        let mut failed = None;
        let more = travelled.push(chunk, |plain| {
            last(&mut self.packed, plain, &mut take).unwrap_or_else(|error| {
                failed = Some(error);
                false
            })
        })?;
        failed.map_or(Ok(more), Err)
    }

    /// The end of the body: what is packed has to be complete.
    fn finish(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), Failed> {
        let mut failed = None;
        if let Some(travelled) = &mut self.travelled {
            travelled.finish(|plain| {
                last(&mut self.packed, plain, &mut take).unwrap_or_else(|error| {
                    failed = Some(error);
                    false
                })
            })?;
        }
        if let Some(packed) = self.packed.as_mut().filter(|_| failed.is_none()) {
            packed.finish(&mut take)?;
        }
        failed.map_or(Ok(()), Err)
    }
}

fn last(packed: &mut Option<Gunzip>, chunk: &[u8], take: &mut impl FnMut(&[u8]) -> bool) -> Result<bool, Failed> {
    match packed {
        None => Ok(take(chunk)),
        Some(gunzip) => Ok(gunzip.push(chunk, take)?),
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(n, v)| n.as_str().len() + v.len()).sum()
}

/// Headers as the component sees them. Of an unpacked body, those that describe the packed one are taken out.
fn texts(headers: &HeaderMap, unpacked: bool, scrubber: &Scrubber) -> Vec<(String, String)> {
    let describes_packed = |name: &header::HeaderName| *name == header::CONTENT_ENCODING || *name == header::CONTENT_LENGTH;
    headers
        .iter()
        .filter(|(name, _)| !(unpacked && describes_packed(name)))
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), scrubber.scrub_text(text))
        })
        .collect()
}

/// Only gzip is asked for, so only gzip is understood: another form could not be scrubbed.
fn unpacker(headers: &HeaderMap) -> Result<Option<Gunzip>, Failed> {
    let refused = || Failed::sent(Code::EgressAnswerEncoding, "the answer has a content encoding other than gzip".to_owned());
    let mut forms = Vec::new();
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let text = value.to_str().map_err(|_| refused())?;
        forms.extend(text.split(',').map(str::trim).filter(|f| !f.is_empty() && !f.eq_ignore_ascii_case("identity")));
    }
    match forms.as_slice() {
        [] => Ok(None),
        [one] if one.eq_ignore_ascii_case("gzip") || one.eq_ignore_ascii_case("x-gzip") => Ok(Some(Gunzip::new())),
        _ => Err(refused()),
    }
}

/// Chunks of a body, with an eye on the clock.
struct Pulse {
    deadline: Deadline,
    began: Instant,
    bytes: u64,
}

impl Pulse {
    fn new(deadline: Deadline) -> Self {
        Self { deadline, began: Instant::now(), bytes: 0 }
    }

    async fn next(&mut self, pass: &Pass, response: &mut reqwest::Response) -> Result<Option<bytes::Bytes>, Failed> {
        match wait(pass, self.deadline.within(BODY_SILENCE_MAX), response.chunk()).await {
            Err(Vain::Cancelled) => Err(Failed::sent(Code::EgressCancelled, "the run was stopped")),
            Err(Vain::Late) => Err(Failed::sent(Code::EgressTimeout, "the answer's body did not end in time")),
            Ok(Err(error)) => Err(Failed::of_body(&error)),
            Ok(Ok(None)) => Ok(None),
            Ok(Ok(Some(chunk))) => {
                self.bytes += chunk.len() as u64;
                let time = self.began.elapsed();
                if time > BODY_RATE_FREE && self.bytes < time.as_secs() * ANSWER_BYTES_PER_SECOND_MIN {
                    let message = format!("the answer's body came at less than {ANSWER_BYTES_PER_SECOND_MIN} bytes a second");
                    return Err(Failed::sent(Code::EgressTimeout, message));
                }
                Ok(Some(chunk))
            }
        }
    }
}

/// Where the plain bytes go.
struct Sink<'a> {
    cap: u64,
    /// Plain bytes seen, at most a little more than the cap.
    seen: u64,
    scrubber: &'a Scrubber,
    /// In memory: the unscrubbed body. In the spool: scrubbed bytes on their way to disk.
    bytes: Vec<u8>,
    spooled: Option<Spooled<'a>>,
    held: &'a Held,
    /// In memory: there was no room for more.
    overdrawn: bool,
}

struct Spooled<'a> {
    claim: Claim,
    stream: ScrubStream<'a>,
}

/// A spool that is taken away again unless the answer arrives whole.
struct Claim {
    spool: Arc<Spool>,
    id: u64,
    kept: bool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.kept {
            self.spool.remove(self.id);
        }
    }
}

impl<'a> Sink<'a> {
    fn new(pass: &Pass, wanted: Wanted, scrubber: &'a Scrubber, held: &'a Held) -> Result<Self, Failed> {
        let (cap, spooled) = match wanted.to {
            AnswerTo::Bytes => (wanted.bytes_max.min(ANSWER_BYTES_MAX), None),
            AnswerTo::Spool => {
                let spool = pass.spool.clone().ok_or_else(|| Failed::sent(Code::Internal, "this call has no spool"))?;
                let id = spool.create().map_err(|e| Failed::spool(&e))?;
                (wanted.bytes_max, Some(Spooled { claim: Claim { spool, id, kept: false }, stream: scrubber.stream() }))
            }
        };
        Ok(Self { cap: cap.into(), seen: 0, scrubber, bytes: Vec::new(), spooled, held, overdrawn: false })
    }

    /// Takes what fits; false when the body is longer than wanted, or than there is room for. Beyond the cap as many bytes are looked
    /// at as it takes to recognise a secret that starts before it.
    fn take(&mut self, plain: &[u8]) -> bool {
        let limit = self.cap + self.scrubber.overlap() as u64 + 1;
        let room = usize::try_from(limit - self.seen).unwrap_or(usize::MAX);
        let taken = &plain[..plain.len().min(room)];
        self.seen += taken.len() as u64;
        match &mut self.spooled {
            None if !self.held.take(taken.len()) => {
                self.overdrawn = true;
                return false;
            }
            None => self.bytes.extend_from_slice(taken),
            Some(spooled) => spooled.stream.push(taken, &mut self.bytes),
        }
        self.seen < limit
    }

    /// Moves scrubbed bytes to the spool, in blocks.
    async fn flush(&mut self, all: bool) -> Result<(), Failed> {
        let Some(spooled) = &self.spooled else { return Ok(()) };
        if self.bytes.is_empty() || (!all && self.bytes.len() < SPOOL_BLOCK_BYTES) {
            return Ok(());
        }
        append(&spooled.claim, std::mem::take(&mut self.bytes)).await
    }

    /// Links are remembered from the unscrubbed body: they are compared byte for byte, and never shown.
    fn links(&self, pass: &Pass, checked: &Checked) {
        if self.spooled.is_none() {
            pass.policy.remember_links(checked, &self.bytes, &pass.links);
        }
    }

    async fn finish(mut self) -> Result<(Body, bool), Failed> {
        let truncated = self.seen > self.cap;
        let beyond = usize::try_from(self.seen.saturating_sub(self.cap)).expect("no more than a secret's length");
        match &mut self.spooled {
            None => {
                let keep = self.bytes.len() - beyond;
                let mut body = self.scrubber.scrub_before(self.bytes, keep);
                if truncated {
                    body.truncate(keep);
                }
                Ok((Body::Bytes(body), truncated))
            }
            Some(spooled) => {
                spooled.stream.finish(beyond, &mut self.bytes);
                self.flush(true).await?;
                let claim = &mut self.spooled.as_mut().expect("matched above").claim;
                claim.kept = true;
                Ok((Body::Spooled(claim.id), truncated))
            }
        }
    }
}

/// A packed answer on its way into the spool, as it came: nothing in it can be scrubbed before it is unpacked, and no component sees it.
struct Archive {
    claim: Claim,
    bytes: Vec<u8>,
    /// Bytes that may still come: what is packed is not larger than what is unpacked may be, but for the list of its entries.
    room: u64,
}

impl Archive {
    fn new(pass: &Pass, wanted: Wanted) -> Result<Self, Failed> {
        let spool = pass.spool.clone().ok_or_else(|| Failed::sent(Code::Internal, "this call has no spool"))?;
        let id = spool.create().map_err(|e| Failed::spool(&e))?;
        Ok(Self {
            claim: Claim { spool, id, kept: false },
            bytes: Vec::new(),
            room: u64::from(wanted.bytes_max) + ZIP_DIRECTORY_BYTES_MAX,
        })
    }

    fn take(&mut self, packed: &[u8]) -> bool {
        let Some(room) = self.room.checked_sub(packed.len() as u64) else { return false };
        self.room = room;
        self.bytes.extend_from_slice(packed);
        true
    }

    async fn flush(&mut self, all: bool) -> Result<(), Failed> {
        if self.bytes.is_empty() || (!all && self.bytes.len() < SPOOL_BLOCK_BYTES) {
            return Ok(());
        }
        append(&self.claim, std::mem::take(&mut self.bytes)).await
    }

    /// Unpacks into the sink; the packed bytes are gone afterwards.
    async fn unzip(self, pass: &Pass, deadline: Deadline, sink: &mut Sink<'_>) -> Result<(), Failed> {
        let (blocks, mut unpacked) = tokio::sync::mpsc::channel(UNPACKED_BLOCKS_MAX);
        let (spool, id) = (Arc::clone(&self.claim.spool), self.claim.id);
        let unpacking = tokio::task::spawn_blocking(move || unpack::unzip(spool, id, &blocks));
        loop {
            let block = wait(pass, deadline, unpacked.recv()).await.map_err(|vain| match vain {
                Vain::Cancelled => Failed::sent(Code::EgressCancelled, "the run was stopped"),
                Vain::Late => Failed::sent(Code::EgressTimeout, "the answer was not unpacked in time"),
            })?;
            let Some(block) = block else { break };
            let more = sink.take(&block);
            sink.flush(false).await?;
            if !more {
                break;
            }
        }
        drop(unpacked);
        unpacking.await.expect("unpacking does not panic").map_err(Failed::from)
    }
}

async fn append(claim: &Claim, bytes: Vec<u8>) -> Result<(), Failed> {
    let (spool, id) = (Arc::clone(&claim.spool), claim.id);
    let written = tokio::task::spawn_blocking(move || spool.append(id, &bytes)).await;
    written.expect("appending does not panic").map_err(|e| Failed::spool(&e))
}

impl From<GunzipError> for Failed {
    fn from(error: GunzipError) -> Self {
        match &error {
            GunzipError::Damaged(_) => Self::sent(Code::EgressCut, error.to_string()),
            GunzipError::Ratio => Self::sent(Code::EgressAnswerTooLarge, error.to_string()),
        }
    }
}
