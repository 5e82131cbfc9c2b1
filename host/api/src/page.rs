//! Lists: keyset pages with an opaque cursor that remembers which list it belongs to.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sluice_store::{Page, PageRequest};

use crate::error::ApiError;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// `next` of the page before; none for the first page.
    pub(crate) cursor: Option<String>,
    /// Rows in the page, 1 to 500; 50 unless said.
    pub(crate) limit: Option<u32>,
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PageOf<T> {
    /// The rows, in the list's order.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null when this is the last.
    pub(crate) next: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    /// Names the list with its filter, so that a cursor is refused by another list.
    l: String,
    /// The key that the page ended with.
    k: String,
}

fn list_mark(list: &str) -> String {
    hex::encode(&Sha256::digest(list.as_bytes())[..8])
}

impl PageParams {
    /// What to ask the store for; `list` names the list with its filter.
    pub(crate) fn request(&self, list: &str) -> Result<PageRequest, ApiError> {
        if self.limit.is_some_and(|limit| limit == 0 || limit > sluice_store::limits::PAGE_ROWS_MAX) {
            let max = sluice_store::limits::PAGE_ROWS_MAX;
            return Err(ApiError::invalid_at("?limit", format!("A page has 1 to {max} rows.")));
        }
        let after = match &self.cursor {
            None => None,
            Some(text) => {
                let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice::<Cursor>(&json).ok());
                let cursor = cursor.filter(|cursor| cursor.l == list_mark(list));
                Some(cursor.ok_or_else(|| ApiError::invalid_at("?cursor", "It is not a cursor of this list with this filter."))?.k)
            }
        };
        Ok(PageRequest { after, limit: self.limit.unwrap_or(0) })
    }
}

/// A page as it is answered.
pub(crate) fn page_of<T, U>(page: Page<T>, list: &str, view: impl FnMut(T) -> U) -> PageOf<U> {
    let next = page.next.map(|key| {
        let cursor = Cursor { l: list_mark(list), k: key };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).expect("two texts serialise"))
    });
    PageOf { items: page.items.into_iter().map(view).collect(), next }
}
