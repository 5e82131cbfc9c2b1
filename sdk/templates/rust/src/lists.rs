//! Lists: found by name or made once, with `GET` and `POST /v1/lists`; then contacts join and leave, `POST /v1/members`. Nobody becomes a
//! contact by it.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Rows, Written, status};

use crate::outcomes::{self, ACME};
use crate::settings::{self, BASE, ListOptions};
use crate::wire::List;

/// The id of the list that the activation's option names. It comes back as `call.keep()` with every write.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let (url, wanted) = (format!("{BASE}/v1/lists"), call.options::<ListOptions>()?.list);
    let answer = status::of_read(&ACME, call.get(&url).credential("api_key").send())?;
    if let Some(list) = answer.read_member::<Vec<List>>("lists")?.into_iter().find(|list| list.name == wanted) {
        return Ok(list.id.into_bytes());
    }
    let mut body = Writer::default();
    body.item(|body| body.member("name", &wanted));
    // Where its answer is lost, the host sets up once more, and the list is found.
    let answer = status::of_read(&ACME, call.post(url).credential("api_key").pace("writes").json(body).send())?;
    Ok(answer.read::<List>()?.id.into_bytes())
}

/// Adds a batch to the list, or takes it away.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let operation = call.operation()?;
    let verb = match operation {
        Operation::Add => "add",
        Operation::Remove => "remove",
        _ => return Err(call.unsupported()),
    };
    let list = str::from_utf8(call.keep()).map_err(|_| Halt::contract("what `setup` kept is not the id of a list"))?;
    let email = settings::email(rows)?;
    let mut body = Writer::with_capacity(64 + rows.len() * 32);
    body.begin_object();
    body.member("list", list);
    body.name(verb);
    let places = call.values(&mut body, rows.len(), |body, row| email.first(row).map(|(_, address)| body.string(address)))?;
    body.end_object();
    let request = call.post(format!("{BASE}/v1/members")).credential("api_key").pace("writes");
    places.send(request.effect(Effect::Repeatable).json(body), |answer| outcomes::of_members(&places, operation, answer))
}
