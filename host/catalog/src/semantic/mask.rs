//! What people see of a value of a field of personal data: enough to recognise their own example, too little to find the person.
//!
//! A mask is made of the value as it is, not of its normal form: damaged values are shown, too, and must not show more. Every rule
//! holds for every text, whatever the field claims to hold.

use std::net::IpAddr;

use super::Semantic;

/// What stands for a value of which nothing is shown.
pub const HIDDEN: &str = "•••";

/// What stands for the characters between those that are shown.
const GAP: &str = "…";
/// Characters below which a text is hidden whole: its first or last ones would be most of it.
const SHORT: usize = 3;
/// The same for ids and numbers, of which the last two characters are shown.
const SHORT_ID: usize = 8;

impl Semantic {
    /// The value, masked.
    ///
    /// | meaning | mask |
    /// |---|---|
    /// | e-mail address | `j…@e….com` |
    /// | phone, ids, advertising and click ids | `…78` |
    /// | digest | `b4…` |
    /// | names, city, state | the first letter of each of at most three words: `J… D…` |
    /// | zip code | `75…` |
    /// | birth date | its decade: `198…` |
    /// | event time | its year: `2026…` |
    /// | coordinates | whole degrees: `48.…` |
    /// | IP | its network: `203.0.…` or `2001:db8:…` |
    /// | company domain | `s….example` |
    /// | everything else | [`HIDDEN`]: few values or plain numbers, of which any part is too much |
    pub fn mask(&self, value: &str) -> String {
        let text = value.trim();
        match self {
            Self::Email => email(text),
            Self::EmailSha256 | Self::PhoneSha256 => first(text, 2, 64),
            Self::Phone
            | Self::ExternalId
            | Self::UserId
            | Self::AnonymousId
            | Self::DeviceId
            | Self::MobileAdId
            | Self::ClickId(_)
            | Self::EventId
            | Self::ProductId
            | Self::OrderId => last_two(text),
            Self::FirstName | Self::LastName | Self::FullName | Self::City | Self::State => initials(text),
            Self::ZipCode => first(text, 2, 5),
            Self::BirthDate => year(text, 3),
            Self::EventTime => year(text, 4),
            Self::Latitude | Self::Longitude => degrees(text),
            Self::Ip => network(text),
            Self::CompanyDomain => domain(text).unwrap_or_else(hidden),
            Self::Gender
            | Self::Country
            | Self::EventName
            | Self::Value
            | Self::Currency
            | Self::Quantity
            | Self::Consent(_)
            | Self::Locale
            | Self::TimeZone
            | Self::UserAgent => hidden(),
        }
    }
}

fn hidden() -> String {
    HIDDEN.to_owned()
}

/// The first character of a text, where that is not most of it.
fn initial(text: &str) -> String {
    first(text, 1, SHORT)
}

/// The first `shown` characters of a text that has `least` or more.
fn first(text: &str, shown: usize, least: usize) -> String {
    let kept = if text.chars().count() < least { 0 } else { shown };
    if kept == 0 { GAP.to_owned() } else { format!("{}{GAP}", text.chars().take(kept).collect::<String>()) }
}

fn last_two(text: &str) -> String {
    let count = text.chars().count();
    let kept = if count < SHORT_ID { 0 } else { 2 };
    format!("{GAP}{}", text.chars().skip(count - kept).collect::<String>())
}

fn email(text: &str) -> String {
    let masked = || {
        let (local, host) = text.rsplit_once('@')?;
        Some(format!("{}@{}", initial(local), domain(host)?))
    };
    masked().unwrap_or_else(hidden)
}

/// The first letter of a domain's last label but one, and the last label; none where that is not what ends a domain.
fn domain(text: &str) -> Option<String> {
    let (name, top) = text.rsplit_once('.')?;
    let label = name.rsplit('.').next().unwrap_or_default();
    ((2..=8).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_alphabetic())).then(|| format!("{}.{top}", initial(label)))
}

fn initials(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().take(3).map(initial).collect();
    if words.is_empty() { hidden() } else { words.join(" ") }
}

/// The first digits of a year in front of a date.
fn year(text: &str, digits: usize) -> String {
    let shown: String = text.chars().take(digits).collect();
    let is_date = text.chars().count() >= 8 && text.chars().take(4).all(|c| c.is_ascii_digit());
    if is_date { format!("{shown}{GAP}") } else { hidden() }
}

fn degrees(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, part)) if part.len() >= 2 && whole.len() <= 4 && whole.parse::<i16>().is_ok() => format!("{whole}.{GAP}"),
        _ => hidden(),
    }
}

fn network(text: &str) -> String {
    match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => format!("{}.{}.{GAP}", address.octets()[0], address.octets()[1]),
        Ok(IpAddr::V6(address)) => format!("{:x}:{:x}:{GAP}", address.segments()[0], address.segments()[1]),
        Err(_) => hidden(),
    }
}
