//! The decision about one request, on one parsed URL value that is also the one dialled.

use std::sync::Arc;

use http::Method;
use sluice_catalog::manifest::path_within;
use url::Url;

use super::{Entry, Origin, Policy, Refusal, To};
use crate::{host::Host, limits::URL_BYTES_MAX, pass::Links};

/// A request's address and method as they were allowed. Only [`Policy::check`] makes one, and the gate dials nothing else.
#[derive(Debug, Clone)]
pub struct Checked {
    url: Url,
    host: Host,
    method: Method,
    form: Arc<str>,
    stand_in: Option<Arc<Origin>>,
    link: bool,
}

impl Checked {
    /// The URL as it was decided on: its host is [`Checked::host`], whatever is dialled.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host that manifest and grant allow.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The host form of the manifest that allows it.
    pub fn form(&self) -> &str {
        &self.form
    }

    /// Where it is dialled instead, when the grant says so.
    pub fn stand_in(&self) -> Option<&Origin> {
        self.stand_in.as_deref()
    }

    /// Whether it follows a link that the platform handed out: no credential goes there.
    pub fn is_link(&self) -> bool {
        self.link
    }

    /// The URL to dial: the checked one, or its path and query at the stand-in.
    pub(crate) fn dialled(&self) -> Url {
        match &self.stand_in {
            None => self.url.clone(),
            Some(origin) => origin.in_place_of(&self.url),
        }
    }
}

impl Policy {
    /// Whether this request may be made. `links`: what this task's answers have handed out.
    pub fn check(&self, method: &str, url: &str, links: &Links) -> Result<Checked, Refusal> {
        let (parsed, host) = parse(url)?;
        let port = parsed.port_or_known_default().unwrap_or(443);
        let mut refusal = Refusal::HostNotListed { host: host.clone() };
        for entry in &self.entries {
            let To::Host { host: listed, stand_in } = &entry.to else { continue };
            if *listed != host {
                continue;
            }
            match entry.allows(&host, port, method, parsed.path()) {
                Ok(method) => return checked(parsed, host, method, entry, stand_in.clone(), false),
                Err(nearer) => refusal = nearest(refusal, nearer),
            }
        }
        for (index, entry) in self.entries.iter().enumerate() {
            let To::Link { suffixes, .. } = &entry.to else { continue };
            if !suffixes.iter().any(|s| host.is_under(s)) {
                continue;
            }
            match entry.allows(&host, port, method, parsed.path()) {
                Ok(method) if links.contains(index, url) => {
                    let stand_in = self.link_stand_ins.iter().find(|(h, _)| *h == host).map(|(_, origin)| Arc::clone(origin));
                    return checked(parsed, host, method, entry, stand_in, true);
                }
                Ok(_) => refusal = nearest(refusal, Refusal::LinkUnknown { host: host.clone() }),
                Err(nearer) => refusal = nearest(refusal, nearer),
            }
        }
        Err(refusal)
    }
}

fn checked(
    url: Url,
    host: Host,
    method: &Method,
    entry: &Entry,
    stand_in: Option<Arc<Origin>>,
    link: bool,
) -> Result<Checked, Refusal> {
    if hides_dots(url.path()) {
        return Err(Refusal::PathDots);
    }
    Ok(Checked { url, host, method: method.clone(), form: Arc::clone(&entry.form), stand_in, link })
}

impl Entry {
    fn allows(&self, host: &Host, port: u16, method: &str, path: &str) -> Result<&Method, Refusal> {
        if port != self.port {
            return Err(Refusal::PortNotListed { host: host.clone(), port });
        }
        let Some(method) = self.methods.iter().find(|m| m.as_str() == method) else {
            return Err(Refusal::MethodNotListed { host: host.clone() });
        };
        if path_within(path, &self.path_prefix) { Ok(method) } else { Err(Refusal::PathNotListed { host: host.clone() }) }
    }
}

/// The refusal that got further, so that the author reads what is really missing.
fn nearest(a: Refusal, b: Refusal) -> Refusal {
    let depth = |r: &Refusal| match r {
        Refusal::PortNotListed { .. } => 1,
        Refusal::MethodNotListed { .. } => 2,
        Refusal::PathNotListed { .. } => 3,
        Refusal::LinkUnknown { .. } => 4,
        _ => 0,
    };
    if depth(&b) > depth(&a) { b } else { a }
}

/// The URL's value, and its host, when every parser must read the text alike.
///
/// The text between `://` and the next `/`, `?` or `#` has to be the parsed host again (in any case) and at most the port in plain
/// digits. So whatever a lenient parser forgives (tabs, backslashes, missing slashes, percent-encoded names, empty or padded
/// ports) is refused instead of being understood.
fn parse(text: &str) -> Result<(Url, Host), Refusal> {
    if text.len() > URL_BYTES_MAX {
        return Err(Refusal::UrlLength);
    }
    if text.bytes().any(|b| !(0x21..=0x7e).contains(&b) || b == b'\\') {
        return Err(Refusal::UrlBytes);
    }
    let scheme_end = text.find(':').ok_or(Refusal::UrlParse)?;
    if !text[..scheme_end].eq_ignore_ascii_case("https") {
        return Err(Refusal::Scheme);
    }
    let rest = text[scheme_end..].strip_prefix("://").ok_or(Refusal::UrlParse)?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    if authority.contains('@') {
        return Err(Refusal::UserInfo);
    }
    let url = Url::parse(text).map_err(|_| if authority.is_empty() { Refusal::UrlParse } else { Refusal::Authority })?;
    let name = match url.host() {
        Some(url::Host::Domain(name)) => name,
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => return Err(Refusal::Address),
        None => return Err(Refusal::UrlParse),
    };
    let host: Host = name.parse().map_err(|_| Refusal::Authority)?;
    let (written_host, written_port) = authority.split_once(':').map_or((authority, None), |(h, p)| (h, Some(p)));
    if !written_host.eq_ignore_ascii_case(host.as_str()) || written_port.is_some_and(|p| !plain_port(p)) {
        return Err(Refusal::Authority);
    }
    if text.contains('#') {
        return Err(Refusal::Fragment);
    }
    Ok((url, host))
}

fn plain_port(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Whether a server that decodes the path before it splits it would see `.` or `..` as a segment. (Plain and `%2e` ones are gone:
/// the parser resolves them, and the resolved path is checked and sent.)
fn hides_dots(path: &str) -> bool {
    path.contains('%')
        && percent_encoding::percent_decode_str(path)
            .collect::<Vec<u8>>()
            .split(|b| matches!(b, b'/' | b'\\'))
            .any(|segment| matches!(segment, b"." | b".."))
}
