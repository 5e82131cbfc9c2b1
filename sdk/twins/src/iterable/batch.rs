//! What bulk updates and list calls have in common: an array of users, read whole, refused whole when its shape is wrong
//! (*Errors*: "malformed; type clash"), and otherwise applied one by one and reported.

use std::{collections::HashSet, sync::Arc};

use super::{
    body::{Body, required},
    failure::{Because, Failure},
    object::Order,
    options::TypeClash,
    report::{Report, Unknown},
    service::Service,
    state::State,
    words::Refusal,
};
use crate::{
    ledger::Kind,
    log::Warning,
    vendor::{Call, Portion, Reply},
};

/// Orders, checked as far as they can be without knowing anybody.
pub(super) struct Batch<'a> {
    service: &'a Service,
    call: &'a Call,
    array: &'static str,
    pub(super) orders: Vec<Order>,
    warnings: Vec<Warning>,
}

/// What was done for one order.
pub(super) struct Done {
    /// The ledger's name of the user.
    pub(super) key: String,
    pub(super) applied: Vec<(Kind, Arc<str>)>,
    pub(super) created: Vec<String>,
    pub(super) filtered: Vec<String>,
    /// Codes of warnings about this order.
    pub(super) warnings: Vec<&'static str>,
}

impl<'a> Batch<'a> {
    /// Takes the array out of the body.
    pub(super) fn take(
        service: &'a Service,
        call: &'a Call,
        body: &mut Body,
        array: &'static str,
        with_data: bool,
    ) -> Result<Self, Refusal> {
        let items = required(body.array(array)?, array)?;
        if items.is_empty() {
            // (inferred)
            return Err(Refusal::bad_params(format!("'{array}' must not be empty")));
        }
        if items.len() > service.options.users_max {
            return Err(Refusal::too_many());
        }
        let mut batch = Self { service, call, array, orders: Vec::with_capacity(items.len()), warnings: Vec::new() };
        for (index, item) in items.into_iter().enumerate() {
            let what = format!("{array}[{index}]");
            let mut object = Body::object(item, &what)?;
            let order = Order::take(&mut object, &what, service.options.project, with_data)?;
            if order.capitals {
                batch.warn("email-not-lower-case", index);
            }
            let names = object.rest().into_iter().map(|name| call.warning("unknown-key", format!("{what}.{name}")));
            batch.warnings.extend(names);
            batch.orders.push(order);
        }
        Ok(batch)
    }

    fn warn(&mut self, code: &'static str, index: usize) {
        self.warnings.push(self.call.warning(code, format!("{}[{index}]", self.array)));
    }

    /// Refuses the request when the fields it brings in are too many, or clash in a project that refuses requests for it.
    pub(super) fn foresee(&self, state: &State, new_fields: bool) -> Result<(), Refusal> {
        let (clash, fields) = state.foresee(&self.orders, new_fields);
        if fields > self.service.options.fields_max && fields > state.schema.len() {
            return Err(too_many_fields());
        }
        match clash {
            Some(clash) if self.service.options.type_clash == TypeClash::RefusesTheRequest => Err(clash.refusal()),
            _ => Ok(()),
        }
    }

    /// Applies as many orders as the portion says, in order, and reports of all.
    pub(super) fn run(
        mut self,
        state: &mut State,
        portion: Portion<'_>,
        unknown: Unknown,
        mut step: impl FnMut(&mut State, &Order) -> Result<Done, Failure>,
    ) -> Reply {
        let project = state.project;
        let orders = std::mem::take(&mut self.orders);
        let most = portion.of(orders.iter().filter(|order| order.check(project).is_ok()).count());
        let mut report = Report::new(unknown);
        let (mut tried, mut applied_count, mut ignored) = (0, 0, 0);
        let mut applied = Vec::new();
        let mut people = HashSet::new();
        for (index, order) in orders.iter().enumerate() {
            let good = order.check(project);
            let done = match good {
                Err(failure) => Err(failure),
                Ok(()) if tried == most => match portion.rest {
                    Some(text) => Err(Failure::of(Because::InvalidData, &order.who, text)),
                    None => {
                        report.take(Vec::new(), Vec::new());
                        continue;
                    }
                },
                Ok(()) => {
                    tried += 1;
                    step(state, order)
                }
            };
            match done {
                Ok(done) => {
                    applied_count += 1;
                    for code in done.warnings {
                        self.warn(code, index);
                    }
                    applied.extend(done.applied.into_iter().map(|(kind, text)| (kind, done.key.clone(), text)));
                    report.take(done.created, done.filtered);
                    if !people.insert(done.key) {
                        self.warn("same-user-twice", index);
                    }
                }
                Err(failure) => {
                    ignored += u32::from(failure.because == Because::Unknown);
                    report.fail(failure);
                }
            }
        }
        // While the state is locked, so that the ledger has the order of application.
        self.service.ledger.append(self.call.number, applied);
        let mut reply = Reply::json(200, &report.to_json());
        reply.tally.objects = u32::try_from(orders.len()).unwrap_or(u32::MAX);
        reply.tally.applied = applied_count;
        reply.tally.ignored = ignored;
        reply.tally.refused = report.failed - ignored;
        reply.warnings = self.warnings;
        reply
    }
}

/// (*Errors*: 400 `UniqueFieldsLimitExceeded`, "schema full".) Nothing of the request is applied (inferred).
pub(super) fn too_many_fields() -> Refusal {
    Refusal::new(400, "UniqueFieldsLimitExceeded", "The project has too many unique fields")
}
