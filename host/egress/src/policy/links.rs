//! Links that a platform hands out: remembered from an answer, allowed byte for byte.

use serde_json::Value;

use super::{Checked, Policy, To};
use crate::{host::Host, limits::LINK_ANSWER_BYTES_MAX, pass::Links};

impl Policy {
    /// Remembers the links in an answer to `checked`, where the manifest has an entry for answers of that method and path.
    pub(crate) fn remember_links(&self, checked: &Checked, answer: &[u8], links: &Links) {
        let mut wanted = self.link_entries(checked).peekable();
        if wanted.peek().is_none() || answer.len() > LINK_ANSWER_BYTES_MAX {
            return;
        }
        let Ok(value) = serde_json::from_slice::<Value>(answer) else { return };
        for (index, suffixes) in wanted {
            strings(&value, &mut |text| {
                if host_of(text).is_some_and(|host| suffixes.iter().any(|s| host.is_under(s))) {
                    links.insert(index, text);
                }
            });
        }
    }

    /// Whether answers to `checked` are searched for links.
    pub(crate) fn hands_out_links(&self, checked: &Checked) -> bool {
        self.link_entries(checked).next().is_some()
    }

    fn link_entries<'a>(&'a self, checked: &'a Checked) -> impl Iterator<Item = (usize, &'a [String])> {
        let answered = !checked.is_link();
        self.entries.iter().enumerate().filter_map(move |(index, entry)| match &entry.to {
            To::Link { from_method, from_path, suffixes }
                if answered && from_method == checked.method().as_str() && from_path == checked.url().path() =>
            {
                Some((index, suffixes.as_slice()))
            }
            To::Link { .. } | To::Host { .. } => None,
        })
    }
}

/// The host of a link, so that only plausible ones are remembered; the full check comes when the link is used.
fn host_of(text: &str) -> Option<Host> {
    let rest = text.strip_prefix("https://")?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    authority.split(':').next()?.parse().ok()
}

fn strings(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|v| strings(v, found)),
        Value::Object(fields) => fields.values().for_each(|v| strings(v, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
