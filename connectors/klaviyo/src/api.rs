//! Requests as Klaviyo wants them: the revision, the media type, the key; and answers that come in pages.

use sluice_sdk::{Call, Effect, Halt, Request};

use crate::outcomes::KLAVIYO;
use crate::wire::{BASE, MEDIA_TYPE, Page, REVISION, Resource};

/// Pages of one answer that are followed in a call: what is asked for here has one page or two.
const PAGES_MAX: usize = 100;

/// A question; `path` with its leading slash and its query.
pub(crate) fn get<'a>(call: &Call<'a>, path: &str, pace: &str) -> Request<'a> {
    headed(call.get(format!("{BASE}{path}")), pace)
}

/// A write that does no harm when it is repeated.
pub(crate) fn write<'a>(call: &Call<'a>, method: &str, path: &str, pace: &str, body: Vec<u8>) -> Request<'a> {
    let request = call.request(method, format!("{BASE}{path}")).effect(Effect::Repeatable);
    headed(request, pace).bytes(MEDIA_TYPE, body)
}

fn headed<'a>(request: Request<'a>, pace: &str) -> Request<'a> {
    request.credential("api_key").pace(pace).header("revision", REVISION).header("accept", MEDIA_TYPE)
}

/// The next page, by the link that the page before gave. A link that leads out of the API is nothing to follow.
pub(crate) fn next(call: &Call<'_>, link: &str, pace: &str) -> Result<Page, Halt> {
    let path = link.strip_prefix(BASE).filter(|path| path.starts_with('/'));
    let path = path.ok_or_else(|| Halt::protocol("the next page is not at Klaviyo's address"))?;
    page(get(call, path, pace))
}

/// One page.
pub(crate) fn page(question: Request<'_>) -> Result<Page, Halt> {
    KLAVIYO.of_read(question.send())?.read()
}

/// Everything on a page and on those that follow it.
pub(crate) fn all(call: &Call<'_>, first: Page, pace: &str) -> Result<Vec<Resource>, Halt> {
    let Page { mut data, mut links } = first;
    for _ in 0..PAGES_MAX {
        let Some(link) = links.next else { return Ok(data) };
        let page = next(call, &link, pace)?;
        data.extend(page.data);
        links = page.links;
    }
    Err(Halt::protocol("Klaviyo's answer does not come to an end"))
}
