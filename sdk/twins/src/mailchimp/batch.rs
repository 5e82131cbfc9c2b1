//! `POST /lists/{id}`: up to 500 members at once, answered 200 "even when rows fail" (*Step 1*).

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value, json};

use super::{
    audience::Audience,
    body::{Body, unknown},
    limits,
    order::{Form, Landed, Manner, Meets, Order, row},
    query::Query,
    run::{Run, of_many},
    service::Service,
    words::Refusal,
};
use crate::{
    ledger::Kind,
    vendor::{Call, Portion, Reply},
};

pub(super) fn write(service: &Service, call: &Call, portion: Portion<'_>, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let skip_merge_validation = query.flag("skip_merge_validation")?;
    let skip_duplicates = query.flag("skip_duplicate_check")?;
    let mut body = Body::of(call)?;
    let orders = body.objects("members", |member| {
        let order = Order::take(member, Form::Batch);
        member.required(order.email.as_ref(), "email_address");
        order
    });
    let orders = body.required(orders, "members").unwrap_or_default();
    let sync_tags = body.flag("sync_tags").unwrap_or(false);
    // "false = insert-only, true = upsert"; false when not said (inferred).
    let meets = if body.flag("update_existing").unwrap_or(false) { Meets::Any } else { Meets::NewOnly };
    if orders.len() > limits::ROWS_MAX {
        body.blame("members", format!("Array must have at most {} items", limits::ROWS_MAX));
    }
    let names = body.end()?;

    let mut state = service.state();
    let fakes = state.fakes.clone();
    let manner = Manner { meets, skip_merge_validation, sync_tags, ..service.manner(call, &fakes) };
    let run = of_many(state.audience_mut(id)?, portion, |audience, most, rest| {
        let rows = Rows {
            audience,
            manner,
            skip_duplicates,
            most,
            rest,
            seen: HashSet::new(),
            created: Vec::new(),
            updated: Vec::new(),
            errors: Vec::new(),
            ignored_tags: BTreeSet::new(),
            run: Run::default(),
        };
        rows.write(&orders)
    });
    let mut reply = service.said(call, &query, run);
    unknown(&mut reply, call, names);
    Ok(reply)
}

/// A batch under way.
struct Rows<'a> {
    audience: &'a mut Audience,
    manner: Manner<'a>,
    skip_duplicates: bool,
    /// Apply so many, and say this of the others.
    most: usize,
    rest: Option<&'a str>,
    seen: HashSet<String>,
    created: Vec<Value>,
    updated: Vec<Value>,
    errors: Vec<Value>,
    ignored_tags: BTreeSet<String>,
    run: Run,
}

impl Rows<'_> {
    fn write(mut self, orders: &[Order]) -> Run {
        self.run.tally.objects = u32::try_from(orders.len()).unwrap_or(u32::MAX);
        for (index, order) in orders.iter().enumerate() {
            self.one(index, order);
        }
        let (created, updated, errors) = (self.created, self.updated, self.errors);
        self.run.answer = json!({
            "total_created": created.len(), "total_updated": updated.len(), "error_count": errors.len(),
            "new_members": created, "updated_members": updated, "errors": errors,
        });
        self.run.warnings.extend(self.ignored_tags.into_iter().map(|tag| ("unknown-merge-tag", tag)));
        self.run
    }

    fn one(&mut self, index: usize, order: &Order) {
        let sent = order.email.as_deref().unwrap_or_default();
        let email = order.lower();
        if !self.seen.insert(email.clone()) {
            self.run.warnings.push(("same-member-twice", format!("members[{index}]")));
            // "with skip_duplicate_check=true the first is kept, otherwise an error row"
            if self.skip_duplicates {
                self.run.tally.ignored += 1;
            } else {
                self.refuse(row(sent, &format!("{sent} is in this request more than once."), "ERROR_GENERIC", None));
            }
            return;
        }
        let full = self.run.tally.applied as usize >= self.most;
        let landed = match full {
            false => self.audience.write(&email, order, self.manner).map(Some),
            true => self.audience.plan(&email, order, self.manner).map(|_| None),
        };
        match (landed, self.rest) {
            (Ok(Some(landed)), _) => self.land(index, &email, order, landed),
            (Ok(None), Some(text)) => self.refuse(row(sent, text, "ERROR_GENERIC", None)),
            // The answer of a lie is made elsewhere.
            (Ok(None), None) => {}
            (Err(failure), _) => self.refuse(failure.row(sent)),
        }
    }

    fn refuse(&mut self, row: Value) {
        self.run.tally.refused += 1;
        self.errors.push(row);
    }

    fn land(&mut self, index: usize, email: &str, order: &Order, landed: Landed) {
        self.run.tally.applied += 1;
        self.run.entries.push((Kind::Attributes, format!("email:{email}"), order.text.clone()));
        for (segments, on) in [(&landed.joined, true), (&landed.left, false)] {
            for segment in segments {
                self.run.moved(&self.audience.id, email, *segment, on);
            }
        }
        if landed.status_changed {
            self.run.warnings.push(("status-changed", format!("members[{index}]")));
        }
        self.ignored_tags.extend(landed.ignored);
        let list = if landed.created { &mut self.created } else { &mut self.updated };
        list.push(self.audience.shown(email));
    }
}
