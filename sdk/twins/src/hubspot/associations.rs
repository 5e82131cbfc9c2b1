//! Associations in batches (*Associations*): by the type without a label, by labels, and ended. Records that are not there come back
//! among the errors of a 207 (inferred).

use serde_json::{Value, json};

use super::{
    batch::{answer, count, specs},
    body::Node,
    limits,
    links::{End, Links, Spec},
    service::Service,
    state::State,
    words::{Flaw, Refusal, VALIDATION, empty},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Portion, Reply},
};

/// One input: who, with whom, and by which types when they are said.
struct Pair {
    from: String,
    to: String,
    specs: Vec<Spec>,
}

fn id(node: &mut Node, name: &str) -> Result<String, Refusal> {
    let end = node.node(name)?;
    let mut end = node.need(name, end)?;
    let id = end.must_text("id")?;
    end.finish()?;
    Ok(id)
}

/// Both records of a pair, or which of them is not there.
fn ends(state: &State, from: &str, to: &str, pair: &Pair) -> Result<(End, End), Flaw> {
    let end = |kind: &str, id: &str| state.end(kind, id).ok_or_else(|| Flaw::missing(&state.shelf(kind).singular, id));
    Ok((end(from, &pair.from)?, end(to, &pair.to)?))
}

/// `POST …/batch/associate/default` (`labelled` false) and `POST …/batch/create`.
pub(super) fn create(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    (from, to): (&str, &str),
    labelled: bool,
) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let inputs = body.inputs(limits::BATCH_INPUTS_MAX)?;
    body.finish()?;
    let mut pairs = Vec::with_capacity(inputs.len());
    for mut input in inputs {
        let (one, other) = (id(&mut input, "from")?, id(&mut input, "to")?);
        let specs = if labelled { specs(&mut input)? } else { vec![Links::plain(from, to)] };
        input.finish()?;
        pairs.push(Pair { from: one, to: other, specs });
    }
    let mut state = service.state();
    if let Some(spec) = pairs.iter().flat_map(|pair| &pair.specs).find(|spec| state.links.inverse(from, to, **spec).is_none()) {
        let message = format!("No association type {} leads from {from} to {to}.", spec.association_type_id);
        return Err(Refusal::invalid(message));
    }
    let (mut good, mut flaws) = (Vec::new(), Vec::new());
    for pair in &pairs {
        match ends(&state, from, to, pair) {
            Ok(ends) => good.push((ends, pair)),
            Err(flaw) => flaws.push(flaw),
        }
    }
    let kept = portion.of(good.len());
    let refused = flaws.len();
    let mut told = good.len();
    if let Some(text) = portion.rest {
        told = kept;
        flaws.extend(good.iter().skip(kept).map(|(_, pair)| Flaw::new(VALIDATION, text).with("ids", &pair.from)));
    }
    let shown = good.iter().take(told).flat_map(|((one, other), pair)| {
        if labelled {
            return vec![labels(&state, one, other, pair)];
        }
        // Both directions are told of (inferred).
        let plain = |a: &End, b: &End| {
            let spec = Links::plain(&a.0, &b.0);
            json!({ "from": { "id": a.1.to_string() }, "to": { "id": b.1.to_string() }, "associationSpec": spec })
        };
        vec![plain(one, other), plain(other, one)]
    });
    let results: Vec<Value> = shown.collect();
    let mut applied = Vec::with_capacity(kept);
    for ((one, other), pair) in good.iter().take(kept) {
        for spec in &pair.specs {
            state.links.link(one, other, *spec);
        }
        let text = json!({ "to": state.key(other), "types": pair.specs, "on": true }).to_string();
        applied.push((Kind::Association, state.key(one), text.into()));
    }
    service.ledger.append(call.number, applied);
    let mut reply = answer(call, if labelled { 201 } else { 200 }, results, &flaws);
    reply.tally.objects = count(pairs.len());
    reply.tally.applied = count(kept);
    reply.tally.refused = count(refused);
    Ok(reply)
}

fn labels(state: &State, one: &End, other: &End, pair: &Pair) -> Value {
    let labels: Vec<&str> = pair.specs.iter().filter_map(|spec| state.links.label(*spec)).collect();
    json!({
        "fromObjectTypeId": one.0, "fromObjectId": one.1.to_string(), "toObjectTypeId": other.0, "toObjectId": other.1.to_string(),
        "labels": labels,
    })
}

/// `POST …/batch/archive`: 204. `to` is a list (the vendor's description); who is not associated is passed over (inferred).
pub(super) fn archive(service: &Service, call: &Call, portion: Portion<'_>, from: &str, to: &str) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let inputs = body.inputs(limits::BATCH_INPUTS_MAX)?;
    body.finish()?;
    let mut pairs = Vec::new();
    for mut input in inputs {
        let one = id(&mut input, "from")?;
        let others = input.array("to")?;
        let others = input.need("to", others)?;
        input.finish()?;
        for (index, other) in others.into_iter().enumerate() {
            let mut other = Node::of(other, format!("to[{index}]"))?;
            pairs.push(Pair { from: one.clone(), to: other.must_text("id")?, specs: Vec::new() });
            other.finish()?;
        }
    }
    let mut state = service.state();
    let known: Vec<(End, End)> = pairs.iter().filter_map(|pair| ends(&state, from, to, pair).ok()).collect();
    let kept = portion.of(known.len());
    let mut reply = empty(204);
    reply.tally.objects = count(pairs.len());
    let mut applied = Vec::new();
    for (one, other) in known.iter().take(kept) {
        if state.links.unlink(one, other) {
            let text = json!({ "to": state.key(other), "on": false }).to_string();
            applied.push((Kind::Association, state.key(one), text.into()));
        }
    }
    reply.tally.applied = count(applied.len());
    reply.tally.ignored = count(pairs.len() - known.len() + kept - applied.len());
    service.ledger.append(call.number, applied);
    Ok(reply)
}
