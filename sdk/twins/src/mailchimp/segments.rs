//! Segments: `GET` and `POST /lists/{id}/segments`, one of them, who is on it (`POST /lists/{id}/segments/{segment_id}` in batches,
//! `…/members` one by one), and `GET /lists/{id}/tag-search` (*Step 2*, *Setup objects*). Reading members is `pages`'.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    audience::{Audience, Segment},
    body::{Body, unknown},
    limits,
    options::SegmentType,
    query::Query,
    run::{Run, of_many, of_one},
    service::{Service, emptied},
    words::Refusal,
};
use crate::{
    contact::is_email,
    ledger::Kind,
    log::Tally,
    vendor::{Call, Portion, Reply},
};

/// A segment by the text of its number.
pub(super) fn found<'a>(audience: &'a Audience, segment: &str) -> Result<&'a Segment, Refusal> {
    segment.parse().ok().and_then(|id: i64| audience.segments.get(&id)).ok_or_else(Refusal::not_found)
}

/// A segment that can be written: a static one (inferred from "members_to_add … of a static segment").
fn writable(audience: &Audience, segment: &str) -> Result<i64, Refusal> {
    let segment = found(audience, segment)?;
    match segment.r#type {
        SegmentType::Static => Ok(segment.id),
        SegmentType::Saved | SegmentType::Fuzzy => Err(Refusal::invalid("Members can be added to a static segment only.")),
    }
}

pub(super) fn all(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let wanted = match query.get("type") {
        None => None,
        Some("static") => Some(SegmentType::Static),
        Some("saved") => Some(SegmentType::Saved),
        Some("fuzzy") => Some(SegmentType::Fuzzy),
        Some(_) => return Err(Refusal::field("type", "Value must be one of: static, saved, fuzzy")),
    };
    let (count, offset) = query.page()?;
    let state = service.state();
    let audience = state.audience(id)?;
    let segments: Vec<&Segment> =
        audience.segments.values().filter(|segment| wanted.is_none_or(|wanted| segment.r#type == wanted)).collect();
    let page: Vec<Value> = segments.iter().skip(offset).take(count).map(|segment| audience.segment(segment)).collect();
    let answer = json!({ "segments": page, "list_id": id, "total_items": segments.len() });
    Ok(Reply::json(200, &query.reduce(answer)))
}

pub(super) fn show(service: &Service, call: &Call, id: &str, segment: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let state = service.state();
    let audience = state.audience(id)?;
    Ok(Reply::json(200, &query.reduce(audience.segment(found(audience, segment)?))))
}

/// `GET …/tag-search?name=`: the beginning of a name, all of them when nothing is asked for (the vendor's description).
pub(super) fn search(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let start = query.get("name").unwrap_or_default().to_lowercase();
    let state = service.state();
    let audience = state.audience(id)?;
    let tags = audience.segments.values().filter(|segment| segment.r#type == SegmentType::Static);
    let tags = tags.filter(|tag| tag.name.to_lowercase().starts_with(&start));
    let tags: Vec<Value> = tags.map(|tag| json!({ "id": tag.id, "name": tag.name })).collect();
    Ok(Reply::json(200, &json!({ "total_items": tags.len(), "tags": tags })))
}

/// Makes a static segment (*Setup objects*). A name that is taken is refused (inferred); conditions are not here.
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let mut body = Body::of(call)?;
    let name = body.text("name");
    let name = body.required(name, "name").unwrap_or_default();
    let emails = body.texts("static_segment");
    let emails = body.required(emails, "static_segment").unwrap_or_default();
    if emails.len() > limits::ROWS_MAX {
        body.blame("static_segment", format!("Array must have at most {} items", limits::ROWS_MAX));
    }
    let names = body.end()?;
    if name.trim().is_empty() {
        return Err(Refusal::field("name", "Please enter a value"));
    }
    let mut state = service.state();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        if audience.tag(&name).is_some() {
            return Err(Refusal::invalid(format!("A tag named {name} exists already.")));
        }
        let segment = audience.tag_or_new(&name, service.options.tags_lower_case, call.now);
        let mut run = Run::one(Value::Null, Vec::new());
        for email in emails.iter().map(|email| email.to_lowercase()) {
            if audience.present(&email).is_some() && audience.join(segment, &email) {
                run.moved(&audience.id, &email, segment, true);
            }
        }
        run.answer = audience.segment(&audience.segments[&segment]);
        run.entries.insert(0, (Kind::List, segment.to_string(), run.answer.to_string().into()));
        Ok(run)
    })?;
    let mut reply = service.said(call, &query, run);
    unknown(&mut reply, call, names);
    Ok(reply)
}

/// `members_to_add` and `members_to_remove`, each at most 500.
pub(super) fn change(service: &Service, call: &Call, portion: Portion<'_>, id: &str, segment: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let mut body = Body::of(call)?;
    let lists = [body.texts("members_to_add"), body.texts("members_to_remove")];
    let names = body.end()?;
    // One of the two has to be there (inferred).
    if lists.iter().all(Option::is_none) {
        return Err(Refusal::field("", "Required fields were not provided: members_to_add, members_to_remove"));
    }
    let [add, remove] = lists.map(Option::unwrap_or_default);
    if add.len().max(remove.len()) > limits::ROWS_MAX {
        return Err(Refusal::too_many_for_segment());
    }
    let mut state = service.state();
    let audience = state.audience_mut(id)?;
    let segment = writable(audience, segment)?;
    let run = of_many(audience, portion, |audience, most, rest| {
        let changes = Changes {
            audience,
            segment,
            most,
            rest,
            request: call.number,
            now: call.now,
            errors: BTreeMap::new(),
            run: Run::default(),
        };
        changes.make(&add, &remove)
    });
    let mut reply = service.said(call, &query, run);
    unknown(&mut reply, call, names);
    Ok(reply)
}

/// A change of a segment under way.
struct Changes<'a> {
    audience: &'a mut Audience,
    segment: i64,
    /// Apply so many, and say this of the others.
    most: usize,
    rest: Option<&'a str>,
    request: u64,
    now: Timestamp,
    /// Addresses by what is said of them.
    errors: BTreeMap<String, Vec<String>>,
    run: Run,
}

impl Changes<'_> {
    fn make(mut self, add: &[String], remove: &[String]) -> Run {
        let objects = u32::try_from(add.len() + remove.len()).unwrap_or(u32::MAX);
        self.run.tally = Tally { objects, ..Tally::default() };
        let added = self.move_all(add, true);
        let removed = self.move_all(remove, false);
        if let Some(segment) = self.audience.segments.get_mut(&self.segment).filter(|_| self.run.tally.applied > 0) {
            segment.updated_at = self.now;
        }
        let both: HashSet<String> = add.iter().map(|email| email.to_lowercase()).collect();
        for email in remove.iter().filter(|email| both.contains(&email.to_lowercase())) {
            self.run.warnings.push(("added-and-removed", email.clone()));
        }
        let shown = |emails: &[String]| emails.iter().map(|email| self.audience.shown(email)).collect::<Vec<_>>();
        let errors: Vec<Value> =
            self.errors.iter().map(|(error, emails)| json!({ "email_addresses": emails, "error": error })).collect();
        self.run.answer = json!({
            "members_added": shown(&added), "members_removed": shown(&removed), "errors": errors,
            "total_added": added.len(), "total_removed": removed.len(), "error_count": errors.len(),
        });
        self.run
    }

    /// Those who were moved. "Rows neither in added nor in errors were unknown to the audience or already in that state."
    fn move_all(&mut self, emails: &[String], on: bool) -> Vec<String> {
        let mut moved = Vec::new();
        let mut seen = HashSet::new();
        let list = if on { "members_to_add" } else { "members_to_remove" };
        for (index, sent) in emails.iter().enumerate() {
            let email = sent.to_lowercase();
            if !seen.insert(email.clone()) {
                self.run.warnings.push(("same-member-twice", format!("{list}[{index}]")));
            }
            if !is_email(&email) {
                // What makes an error row is not written anywhere; an address that is none does here (inferred).
                self.refuse(sent, "Email address is invalid");
                continue;
            }
            let is_on = self.audience.segments.get(&self.segment).is_some_and(|segment| segment.members.contains(&email));
            if self.audience.present(&email).is_none() || is_on == on {
                self.run.tally.ignored += 1;
                continue;
            }
            if self.run.tally.applied as usize >= self.most {
                if let Some(text) = self.rest {
                    self.refuse(sent, text);
                }
                continue;
            }
            self.run.tally.applied += 1;
            if on {
                self.audience.join(self.segment, &email)
            } else {
                self.audience.leave(self.segment, &email)
            };
            if let Some(member) = self.audience.members.get_mut(&email) {
                member.updated_by = self.request;
            }
            self.run.moved(&self.audience.id, &email, self.segment, on);
            moved.push(email);
        }
        moved
    }

    fn refuse(&mut self, email: &str, error: &str) {
        self.run.tally.refused += 1;
        self.errors.entry(error.to_owned()).or_default().push(email.to_owned());
    }
}

/// `POST …/segments/{id}/members`: one who is not there is 404 (inferred); one who is on it already stays.
pub(super) fn join(service: &Service, call: &Call, portion: Portion<'_>, id: &str, segment: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let mut body = Body::of(call)?;
    let email = body.text("email_address");
    let email = body.required(email, "email_address").unwrap_or_default().to_lowercase();
    let names = body.end()?;
    let mut state = service.state();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        let segment = writable(audience, segment)?;
        audience.present(&email).ok_or_else(Refusal::not_found)?;
        let joined = audience.join(segment, &email);
        let mut run = Run::one(audience.shown(&email), Vec::new());
        if joined {
            run.moved(&audience.id, &email, segment, true);
        }
        Ok(run)
    })?;
    let mut reply = service.said(call, &query, run);
    unknown(&mut reply, call, names);
    Ok(reply)
}

/// `DELETE …/segments/{id}/members/{hash}`: 204, and 404 for one who is not on it (inferred).
pub(super) fn leave(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    [id, segment, name]: [&str; 3],
) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        let segment = writable(audience, segment)?;
        let email = audience.named(name).ok_or_else(Refusal::not_found)?.to_owned();
        if !audience.leave(segment, &email) {
            return Err(Refusal::not_found());
        }
        let mut run = Run::one(Value::Null, Vec::new());
        run.moved(&audience.id, &email, segment, false);
        Ok(run)
    })?;
    Ok(service.done(call, run, emptied()))
}
