//! The query of a read: pages, filters, order and picked fields (JSON:API). A parameter or a value that the endpoint does not
//! describe is refused (recorded: `page[size]` where there is none); so is one that comes twice (inferred).

use super::{
    filter::{self, Condition, Op},
    words::Refusal,
};
use crate::vendor::Call;

pub(super) struct Question<'a> {
    pub(super) call: &'a Call,
    pairs: Vec<(String, String)>,
}

/// Name of the parameter that says where a page begins.
pub(super) const CURSOR: &str = "page[cursor]";

impl<'a> Question<'a> {
    /// * `known`: the endpoint's parameters.
    /// * `resource`: what it is about, for messages.
    pub(super) fn of(call: &'a Call, resource: &str, known: &[&str]) -> Result<Self, Refusal> {
        let pairs = call.pairs().ok_or_else(|| Refusal::parameter("", "The query is not valid."))?;
        for (index, (name, _)) in pairs.iter().enumerate() {
            if super::body::is_key(name) {
                continue;
            }
            if !known.contains(&name.as_str()) {
                let said = name.replace('[', "_").replace(']', "");
                return Err(Refusal::parameter(name, format!("'{said}' is not a valid field for the resource '{resource}'.")));
            }
            if pairs.iter().take(index).any(|(before, _)| before == name) {
                return Err(Refusal::parameter(name, format!("'{name}' may be given once.")));
            }
        }
        Ok(Self { call, pairs })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn size(&self, default: usize, max: usize) -> Result<usize, Refusal> {
        match self.get("page[size]").map(str::parse) {
            None => Ok(default),
            Some(Ok(size)) if (1..=max).contains(&size) => Ok(size),
            Some(_) => Err(Refusal::parameter("page[size]", format!("Page size must be an integer between 1 and {max}."))),
        }
    }

    /// Fields that are to be shown; all when none are named.
    pub(super) fn fields(&self, name: &str, allowed: &[&str]) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let fields: Vec<String> = text.split(',').map(str::to_owned).collect();
        match fields.iter().find(|field| !allowed.contains(&field.as_str())) {
            Some(field) => Err(Refusal::parameter(name, format!("'{field}' is not a valid field."))),
            None => Ok(Some(fields)),
        }
    }

    /// Conditions on these fields, with these operators.
    pub(super) fn filter(&self, allowed: &[(&str, &[Op])]) -> Result<Vec<Condition>, Refusal> {
        let Some(text) = self.get("filter") else { return Ok(Vec::new()) };
        let refused = |detail: String| Refusal::parameter("filter", detail);
        let conditions = filter::read(text).ok_or_else(|| refused("The filter is not valid.".to_owned()))?;
        for condition in &conditions {
            let Some((_, ops)) = allowed.iter().find(|(field, _)| *field == condition.field) else {
                return Err(refused(format!("'{}' is not a filterable field.", condition.field)));
            };
            if !ops.contains(&condition.op) {
                return Err(refused(format!("The operator is not allowed for '{}'.", condition.field)));
            }
        }
        Ok(conditions)
    }

    /// The field to sort by, and whether backwards.
    pub(super) fn sort(&self, allowed: &[&str]) -> Result<Option<(&str, bool)>, Refusal> {
        let Some(text) = self.get("sort") else { return Ok(None) };
        let (field, backwards) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
        match allowed.contains(&field) {
            true => Ok(Some((field, backwards))),
            false => Err(Refusal::parameter("sort", format!("'{field}' is not a sortable field."))),
        }
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.get(CURSOR)
    }

    /// Where the vendor is, as the client calls it: links lead to the host that was asked. Only this machine is asked without TLS.
    pub(super) fn origin(call: &Call) -> String {
        let host = call.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("a.klaviyo.com");
        let here = ["127.0.0.1", "[::1]", "localhost"].iter().any(|local| host.starts_with(local));
        format!("{}://{host}", if here { "http" } else { "https" })
    }

    /// The question's own address, or that of its next page.
    pub(super) fn link(&self, cursor: Option<&str>) -> String {
        let query = self.call.query.as_deref().unwrap_or_default();
        let is_cursor =
            |piece: &str| ["page%5Bcursor%5D=", "page%5bcursor%5d=", "page[cursor]="].iter().any(|name| piece.starts_with(name));
        let mut pieces: Vec<String> = query.split('&').filter(|piece| !piece.is_empty()).map(str::to_owned).collect();
        if let Some(cursor) = cursor {
            pieces.retain(|piece| !is_cursor(piece));
            pieces.push(format!("page%5Bcursor%5D={cursor}"));
        }
        let mark = if pieces.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", Self::origin(self.call), self.call.path, pieces.join("&"))
    }
}
