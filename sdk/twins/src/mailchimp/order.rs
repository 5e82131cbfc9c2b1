//! One member object as a client sends it, and what becomes of it. A wrong shape refuses the request; an address or a value that is
//! wrong by itself is a [`Failure`] of this member: a row of `errors[]` in a batch, a refusal of a single call (*Step 1*, *Errors*).

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    audience::Audience,
    body::{Body, shape},
    member::{Member, Status},
    options::SegmentType,
    words::{FieldError, Refusal},
};
use crate::{contact::is_email, time::is_iso};

/// What is asked for of one member.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// As it was sent.
    pub(super) email: Option<String>,
    pub(super) status: Option<Status>,
    pub(super) status_if_new: Option<Status>,
    pub(super) merge_fields: Map<String, Value>,
    interests: BTreeMap<String, bool>,
    details: Map<String, Value>,
    /// Names of tags; none when nothing was said of them.
    pub(super) tags: Option<Vec<String>>,
    /// The object as JSON without the address, for the ledger.
    pub(super) text: Arc<str>,
}

/// Which members an order may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meets {
    Any,
    NewOnly,
    KnownOnly,
}

/// How an order is to be applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) meets: Meets,
    /// "audience with required merge fields rejects members unless skip_merge_validation=true" (*Quirks*)
    pub(super) skip_merge_validation: bool,
    /// The tags replace the member's.
    pub(super) sync_tags: bool,
    pub(super) tags_lower_case: bool,
    /// Addresses that look fake.
    pub(super) fakes: &'a BTreeSet<String>,
    /// Number of the request; 0 for a seed.
    pub(super) request: u64,
    pub(super) now: Timestamp,
}

/// What an order would do.
#[derive(Debug)]
pub(super) struct Plan {
    /// The member's status, when the member is there.
    before: Option<Status>,
    status: Status,
    merge_fields: Map<String, Value>,
    ignored: Vec<String>,
}

/// What an order did.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Landed {
    pub(super) created: bool,
    /// A member who was there has another status now.
    pub(super) status_changed: bool,
    /// Tags of merge fields that the audience does not have.
    pub(super) ignored: Vec<String>,
    /// The static segments that the member was put on and taken off.
    pub(super) joined: Vec<i64>,
    pub(super) left: Vec<i64>,
}

/// Why one member was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The member is there, and only new ones are asked for.
    Exists,
    /// The member is not there, and only known ones are asked for.
    Absent,
    /// No address.
    Blank,
    /// The address is malformed, or refused by the vendor's checks.
    Fake,
    Forgotten,
    /// The member may not be subscribed by a client.
    Compliance,
    /// A new member without a status.
    NoStatus,
    /// Values of merge fields.
    Merge(Vec<FieldError>),
    /// An interest that the audience does not have.
    Interest(String),
}

/// The calls that have a member object. What one does not know is left in the body: it does nothing, and is warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An item of a batch, which has `tags` (*Step 1*).
    Batch,
    /// A new member; `tags` too (the vendor's description).
    Post,
    /// "status_if_new: PUT only" (*Step 1*).
    Put,
    Patch,
}

impl Order {
    /// Takes what a member object has out of a body.
    pub(super) fn take(body: &mut Body, form: Form) -> Self {
        let text = body.text_without("email_address").into();
        let email = body.text("email_address");
        let status = body.word("status", Status::WORDS, Status::read);
        let status_if_new = match form {
            Form::Put => body.word("status_if_new", Status::WORDS, Status::read),
            Form::Batch | Form::Post | Form::Patch => None,
        };
        let merge_fields = body.map("merge_fields").unwrap_or_default();
        let mut interests = BTreeMap::new();
        for (id, value) in body.map("interests").unwrap_or_default() {
            match value.as_bool() {
                Some(on) => _ = interests.insert(id, on),
                None => body.blame(&format!("interests.{id}"), shape("boolean", &value)),
            }
        }
        let tags = match form {
            Form::Batch | Form::Post => body.texts("tags"),
            Form::Put | Form::Patch => None,
        };
        Self { email, status, status_if_new, merge_fields, interests, details: details(body), tags, text }
    }

    /// The address in lower case.
    pub(super) fn lower(&self) -> String {
        self.email.as_deref().unwrap_or_default().to_lowercase()
    }
}

/// What is kept as it is sent (*Step 1*: the last rows of the table).
fn details(body: &mut Body) -> Map<String, Value> {
    let mut details = Map::new();
    for name in ["language", "ip_signup", "ip_opt", "timestamp_signup", "timestamp_opt"] {
        let Some(text) = body.text(name) else { continue };
        let good = match name {
            "language" => true,
            "ip_signup" | "ip_opt" => text.is_empty() || text.parse::<IpAddr>().is_ok(),
            // "ISO 8601 timestamps"
            _ => text.is_empty() || is_iso(&text),
        };
        if good {
            details.insert(name.to_owned(), text.into());
        } else {
            body.blame(name, "This value is not valid.");
        }
    }
    if let Some(kind) = body.word("email_type", "html, text", |word| matches!(word, "html" | "text").then(|| word.to_owned())) {
        details.insert("email_type".to_owned(), kind.into());
    }
    if let Some(vip) = body.flag("vip") {
        details.insert("vip".to_owned(), vip.into());
    }
    if let Some(place) = body.map("location") {
        let (latitude, longitude) = body.inner("location", place, |place| {
            let place = (place.number("latitude"), place.number("longitude"));
            (place.0.unwrap_or_default(), place.1.unwrap_or_default())
        });
        details.insert("location".to_owned(), json!({ "latitude": latitude, "longitude": longitude }));
    }
    details
}

impl Audience {
    /// Says what an order would do to the member of `email` (lower case), without doing it.
    pub(super) fn plan(&self, email: &str, order: &Order, manner: Manner<'_>) -> Result<Plan, Failure> {
        if order.email.as_deref() == Some("") {
            return Err(Failure::Blank);
        }
        if !is_email(email) || manner.fakes.contains(email) {
            return Err(Failure::Fake);
        }
        if self.forgotten.contains(email) {
            return Err(Failure::Forgotten);
        }
        let known = self.members.get(email);
        let status = match (known, manner.meets) {
            (Some(_), Meets::NewOnly) => return Err(Failure::Exists),
            (None, Meets::KnownOnly) => return Err(Failure::Absent),
            // "omit on update to keep the current status"
            (Some(known), _) => order.status.unwrap_or(known.status),
            // "yes for a new member"
            (None, _) => order.status_if_new.or(order.status).ok_or(Failure::NoStatus)?,
        };
        let before = known.map(|known| known.status);
        if before.is_some_and(Status::refuses_subscribing) && status == Status::Subscribed {
            return Err(Failure::Compliance);
        }
        if let Some(id) = order.interests.keys().find(|id| !self.interests.contains(*id)) {
            return Err(Failure::Interest(id.clone()));
        }
        let (merge_fields, ignored) = self.merged(known, &order.merge_fields, manner.skip_merge_validation)?;
        Ok(Plan { before, status, merge_fields, ignored })
    }

    /// Applies an order, all of it or nothing.
    pub(super) fn write(&mut self, email: &str, order: &Order, manner: Manner<'_>) -> Result<Landed, Failure> {
        let plan = self.plan(email, order, manner)?;
        if plan.before.is_none() {
            let sent = order.email.clone().unwrap_or_else(|| email.to_owned());
            self.enter(Member::new(sent, plan.status, manner.request, manner.now));
        }
        if let Some(member) = self.members.get_mut(email) {
            member.status = plan.status;
            member.merge_fields = plan.merge_fields;
            member.interests.extend(order.interests.clone());
            member.details.extend(order.details.clone());
            member.last_changed = manner.now;
            member.updated_by = manner.request;
            member.writes += 1;
        }
        let (joined, left) = self.tagged(email, order.tags.as_deref(), manner);
        Ok(Landed {
            created: plan.before.is_none(),
            status_changed: plan.before.is_some_and(|before| before != plan.status),
            ignored: plan.ignored,
            joined,
            left,
        })
    }

    /// The member's values with these written over them, and the tags that are not known: refused, or ignored when validation is
    /// skipped (*Attributes*: "ignored or give 400 depending on validation (inferred)").
    fn merged(
        &self,
        known: Option<&Member>,
        sent: &Map<String, Value>,
        skip: bool,
    ) -> Result<(Map<String, Value>, Vec<String>), Failure> {
        let mut values = known.map(|known| known.merge_fields.clone()).unwrap_or_default();
        let (mut ignored, mut wrong) = (Vec::new(), Vec::new());
        for (tag, value) in sent {
            let upper = tag.to_uppercase();
            match self.merge_fields.iter().find(|field| field.tag == upper).map(|field| field.read(value)) {
                None if skip => ignored.push(tag.clone()),
                None => wrong.push(FieldError::new(tag, "This merge field does not exist")),
                Some(Ok(Some(value))) => _ = values.insert(upper, value),
                Some(Ok(None)) => _ = values.remove(&upper),
                Some(Err(message)) => wrong.push(FieldError::new(upper, message)),
            }
        }
        if !skip {
            let missing = self.merge_fields.iter().filter(|field| field.required && !values.contains_key(&field.tag));
            let missing: Vec<_> = missing.filter(|field| wrong.iter().all(|wrong| wrong.field != field.tag)).collect();
            wrong.extend(missing.into_iter().map(|field| FieldError::new(&field.tag, "Please enter a value")));
        }
        if wrong.is_empty() { Ok((values, ignored)) } else { Err(Failure::Merge(wrong)) }
    }

    /// Puts a member on the static segments of these names, and takes the member off all others when they are to be the same.
    fn tagged(&mut self, email: &str, names: Option<&[String]>, manner: Manner<'_>) -> (Vec<i64>, Vec<i64>) {
        let Some(names) = names else { return Default::default() };
        let ids: Vec<i64> = names.iter().map(|name| self.tag_or_new(name, manner.tags_lower_case, manner.now)).collect();
        let joined = ids.iter().copied().filter(|id| self.join(*id, email)).collect();
        let others = self.segments.values().filter(|segment| {
            segment.r#type == SegmentType::Static && !ids.contains(&segment.id) && segment.members.contains(email)
        });
        let others: Vec<i64> = if manner.sync_tags { others.map(|segment| segment.id).collect() } else { Vec::new() };
        for id in &others {
            self.leave(*id, email);
        }
        (joined, others)
    }

    /// The static segment of a name, made when it is missing (*Step 2*: "creates the tag if missing").
    pub(super) fn tag_or_new(&mut self, name: &str, lower_case: bool, now: Timestamp) -> i64 {
        match self.tag(name) {
            Some(id) => id,
            None => {
                let name = if lower_case { name.trim().to_lowercase() } else { name.trim().to_owned() };
                self.make(name, now).id
            }
        }
    }

    /// Puts a member on a segment; false when he was on it.
    pub(super) fn join(&mut self, segment: i64, email: &str) -> bool {
        self.segments.get_mut(&segment).is_some_and(|segment| segment.members.insert(email.to_owned()))
    }

    /// Takes a member off a segment; false when he was not on it.
    pub(super) fn leave(&mut self, segment: i64, email: &str) -> bool {
        self.segments.get_mut(&segment).is_some_and(|segment| segment.members.remove(email))
    }
}

impl Failure {
    /// What is said of it, and of which field.
    fn words(&self, email: &str) -> (String, Vec<FieldError>) {
        let detail = match self {
            Self::Exists => format!("{email} is already a list member. Use PUT to insert or update list members."),
            Self::Absent => "The requested resource could not be found.".to_owned(),
            Self::Blank => "Blank email address.".to_owned(),
            Self::Fake => format!("{email} looks fake or invalid, please enter a real email address."),
            Self::Forgotten => format!(
                "{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list."
            ),
            Self::Compliance => format!(
                "{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
            ),
            Self::NoStatus => "Required fields were not provided: status".to_owned(),
            Self::Merge(errors) => return ("Your merge fields were invalid.".to_owned(), errors.clone()),
            Self::Interest(id) => {
                return ("Invalid interest ID".to_owned(), vec![FieldError::new(id, "This interest does not exist")]);
            }
        };
        (detail, Vec::new())
    }

    /// The words of a single call. A wrong field has its place in the body (*Global rate limits*: `merge_fields.BDAY`).
    pub(super) fn refusal(&self, email: &str) -> Refusal {
        let (detail, mut errors) = self.words(email);
        let (title, place) = match self {
            Self::Absent => return Refusal::not_found(),
            Self::NoStatus => return Refusal::field("status", detail),
            // "400 title `Member Exists` when present" (*Step 1*)
            Self::Exists => ("Member Exists", ""),
            Self::Forgotten => ("Forgotten Email Not Subscribed", ""),
            // *Step 1* (inferred)
            Self::Compliance => ("Member In Compliance State", ""),
            Self::Blank | Self::Fake => ("Invalid Resource", ""),
            Self::Merge(_) => ("Invalid Resource", "merge_fields."),
            Self::Interest(_) => ("Invalid Resource", "interests."),
        };
        for error in &mut errors {
            error.field.insert_str(0, place);
        }
        Refusal { errors, ..Refusal::new(400, title, detail) }
    }

    /// A row of a batch's `errors[]`: `{email_address, error, error_code, field, field_message}` (*Step 1*); of several wrong fields
    /// the first (inferred).
    pub(super) fn row(&self, email: &str) -> Value {
        let (error, errors) = self.words(email);
        let code = if *self == Self::Exists { "ERROR_CONTACT_EXISTS" } else { "ERROR_GENERIC" };
        row(email, &error, code, errors.first())
    }
}

/// A row that names this field.
pub(super) fn row(email: &str, error: &str, code: &str, field: Option<&FieldError>) -> Value {
    let (name, message) = field.map_or(("", ""), |field| (field.field.as_str(), field.message.as_str()));
    json!({ "email_address": email, "error": error, "error_code": code, "field": name, "field_message": message })
}
