//! Takes secrets out of answers before anybody sees them: a platform that echoes a request must not tell the component what the
//! host has put into it.
//!
//! One pass finds every secret in the forms that echoes have: plain, percent-encoded, base64 and base64url at any alignment, hex,
//! and escaped for JSON or HTML. Best effort by nature: a platform that encrypts or splits the secret is not understood.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::limits::SCRUB_BYTES_MIN;

/// What stands in an answer instead of a secret.
pub(crate) const MASK: &[u8] = b"[credential]";

/// Finds the secrets of one destination. Built once; costs a fraction of a microsecond for each kilobyte looked at.
pub struct Scrubber {
    forms: Option<AhoCorasick>,
    /// Longest form: so many bytes less one are held back in a stream, since a form may go on in the next chunk.
    longest: usize,
}

impl Scrubber {
    /// Looks for each of the secrets; those shorter than [`SCRUB_BYTES_MIN`] are left out.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets.into_iter().filter(|s| s.len() >= SCRUB_BYTES_MIN) {
            add_forms(secret, &mut forms);
        }
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        let forms = (!forms.is_empty()).then(|| {
            let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms);
            built.expect("some dozens of short patterns are within the automaton's limits")
        });
        Self { forms, longest }
    }

    /// The bytes without secrets; the same vector when there were none.
    pub fn scrub(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(forms) = &self.forms else { return bytes };
        if forms.find(&bytes).is_none() {
            return bytes;
        }
        let mut out = Vec::with_capacity(bytes.len());
        replace(forms, &bytes, bytes.len(), true, &mut out);
        out
    }

    /// The same for a body that is cut after `keep` bytes: a secret that starts before the cut is masked whole, and what starts
    /// behind it is dropped.
    pub(crate) fn scrub_before(&self, mut bytes: Vec<u8>, keep: usize) -> Vec<u8> {
        if keep == bytes.len() {
            return self.scrub(bytes);
        }
        let Some(forms) = &self.forms else {
            bytes.truncate(keep);
            return bytes;
        };
        let mut out = Vec::with_capacity(bytes.len());
        replace(forms, &bytes, keep, false, &mut out);
        out
    }

    /// The text without secrets.
    pub fn scrub_text(&self, text: String) -> String {
        // Forms are ASCII or whole UTF-8 sequences of the secret, so cutting them out leaves text; if not, it is made text again.
        String::from_utf8(self.scrub(text.into_bytes())).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// Bytes beyond a cut that have to be looked at, so that no secret is cut in two.
    pub(crate) fn overlap(&self) -> usize {
        self.longest.saturating_sub(1)
    }

    /// For a body that passes in chunks.
    pub(crate) fn stream(&self) -> ScrubStream<'_> {
        ScrubStream { scrubber: self, held: Vec::new() }
    }
}

/// Scrubs chunks, with secrets that lie across their borders.
pub(crate) struct ScrubStream<'a> {
    scrubber: &'a Scrubber,
    held: Vec<u8>,
}

impl ScrubStream<'_> {
    /// What can be passed on now.
    pub(crate) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(chunk);
        // One byte more than a form can need: the reader of an answer stops one byte behind the overlap, and has to cut there.
        let safe = self.held.len().saturating_sub(self.scrubber.overlap() + 1);
        self.pass(safe, false, out);
    }

    /// The rest, but for its last `beyond` bytes, which lie behind the cut.
    pub(crate) fn finish(&mut self, beyond: usize, out: &mut Vec<u8>) {
        self.pass(self.held.len().saturating_sub(beyond), beyond == 0, out);
        self.held.clear();
    }

    fn pass(&mut self, safe: usize, last: bool, out: &mut Vec<u8>) {
        let passed = match &self.scrubber.forms {
            Some(forms) => replace(forms, &self.held, safe, last, out),
            None => {
                out.extend_from_slice(&self.held[..safe]);
                safe
            }
        };
        self.held.drain(..passed);
    }
}

/// Copies `bytes` up to `safe` with secrets masked; a secret that starts before `safe` is masked whole. Returns how far it got.
fn replace(forms: &AhoCorasick, bytes: &[u8], safe: usize, last: bool, out: &mut Vec<u8>) -> usize {
    let mut done = 0;
    for found in forms.find_iter(bytes) {
        if found.start() >= safe && !last {
            break;
        }
        out.extend_from_slice(&bytes[done..found.start()]);
        out.extend_from_slice(MASK);
        done = found.end();
    }
    if done < safe {
        out.extend_from_slice(&bytes[done..safe]);
        done = safe;
    }
    done
}

/// RFC 3986 unreserved, and what `encodeURIComponent` leaves as well.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const COMPONENT: &AsciiSet = &STRICT.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

const ENGINES: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, NO_PAD), GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD)];

fn add_forms(secret: &[u8], forms: &mut BTreeSet<Vec<u8>>) {
    forms.insert(secret.to_vec());
    for set in [STRICT, COMPONENT, NON_ALPHANUMERIC] {
        let encoded = percent_encode(secret, set).to_string();
        forms.insert(lower_escapes(&encoded).into_bytes());
        forms.insert(encoded.replace("%20", "+").into_bytes());
        forms.insert(encoded.into_bytes());
    }
    for engine in &ENGINES {
        for before in 0..3 {
            let mut block = vec![0; before];
            block.extend_from_slice(secret);
            let encoded = engine.encode(&block);
            // Characters that also hold bits of the neighbours differ from echo to echo and are left out.
            let first = (before * 8).div_ceil(6);
            let end = encoded.len() - usize::from(block.len() % 3 != 0);
            if before == 0 {
                forms.insert(encoded.clone().into_bytes());
            }
            forms.insert(encoded.as_bytes()[first..end].to_vec());
        }
    }
    let hexed = hex::encode(secret);
    forms.insert(hexed.to_uppercase().into_bytes());
    forms.insert(hexed.into_bytes());
    if let Ok(text) = std::str::from_utf8(secret) {
        let quoted = serde_json::to_string(text).expect("text has a JSON form");
        let json = &quoted[1..quoted.len() - 1];
        forms.insert(json.replace('/', "\\/").into_bytes());
        forms.insert(json.as_bytes().to_vec());
        for upper in [false, true] {
            forms.insert(unicode_escapes(text, upper).into_bytes());
        }
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        forms.insert(html.replace('\'', "&#39;").into_bytes());
    }
    forms.retain(|form| form.len() >= SCRUB_BYTES_MIN);
}

/// `%2F` as `%2f`.
fn lower_escapes(encoded: &str) -> String {
    let mut left = 0u8;
    let lower = |c: char| {
        let lowered = if left > 0 { c.to_ascii_lowercase() } else { c };
        left = if c == '%' { 2 } else { left.saturating_sub(1) };
        lowered
    };
    encoded.chars().map(lower).collect()
}

/// Everything but letters and digits as `\u00xx`, as cautious JSON writers do (`&`, `=`, `'`, `<`, `+`).
fn unicode_escapes(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        match c {
            '&' | '=' | '\'' | '<' | '>' | '+' | '"' | '/' if upper => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            '&' | '=' | '\'' | '<' | '>' | '+' | '"' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            '\\' => out.push_str("\\\\"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
