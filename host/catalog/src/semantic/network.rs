//! Addresses and ids of networks and devices.

use std::net::IpAddr;

use email_address::{EmailAddress, Options};

use super::{Flaw, hash};

/// Lower case. One mailbox with a dotted domain; neither `Jo <jo@shop.example>` nor `jo@[192.0.2.1]`.
pub(super) fn email(text: &str) -> Result<String, Flaw> {
    if hash::is_sha256(text) {
        return Err(Flaw::Digest);
    }
    let address = text.to_lowercase();
    let one_mailbox = Options::default().with_required_tld().without_domain_literal().without_display_text();
    match EmailAddress::parse_with_options(&address, one_mailbox) {
        Ok(_) => Ok(address),
        Err(_) => Err(Flaw::Email),
    }
}

/// A UUID in lower case, which is not all zeros.
pub(super) fn ad_id(text: &str) -> Result<String, Flaw> {
    let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let shaped = |(at, byte): (usize, u8)| if hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    if text.len() != 36 || !text.bytes().enumerate().all(shaped) {
        return Err(Flaw::AdId);
    }
    if text.bytes().all(|byte| matches!(byte, b'0' | b'-')) {
        return Err(Flaw::NoAdId);
    }
    Ok(text.to_ascii_lowercase())
}

/// As RFC 5952 writes it; an IPv4 address inside an IPv6 one by itself.
pub(super) fn ip(text: &str) -> Result<String, Flaw> {
    text.parse::<IpAddr>().map(|address| address.to_canonical().to_string()).map_err(|_| Flaw::Ip)
}

/// The domain of a company's site, also from its URL: in ASCII, lower case, without `www.` and the root's dot.
pub(super) fn domain(text: &str) -> Result<String, Flaw> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(host, _)| host);
    let Ok(url::Host::Domain(name)) = url::Host::parse(host) else { return Err(Flaw::Domain) };
    let mut name = name.trim_end_matches('.');
    while let Some(rest) = name.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        name = rest;
    }
    let labels = |name: &str| {
        name.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    };
    if name.contains('.') && labels(name) { Ok(name.to_owned()) } else { Err(Flaw::Domain) }
}
