//! Custom audiences of customers: found by name or made once, to which people are added, from which they are removed, or whose people are
//! replaced in one session.
//!
//! marketing-api/reference/custom-audience/users (2025-10-08), custom-audience-api and custom-audience-session of
//! developers.facebook.com, read 2026-11-27.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Cell, ColumnView, Effect, Halt, Named, Operation, Reason, Rows, Value, Written, code, form};

use crate::keys::Key;
use crate::outcomes;
use crate::settings::{AudiencesOptions, Settings};
use crate::wire::{Audience, Audiences, CUSTOM};

/// Pages of a hundred; an account has at most 500 audiences (secondary source).
const PAGES_MAX: usize = 50;
/// Keys that Meta takes as they are.
const PLAIN: &[&str] = &["EXTERN_ID", "MADID"];
/// What a member is worth; "number >= 0, not hashed; only for `is_value_based` audiences".
const WORTH: &str = "LOOKALIKE_VALUE";
/// The bucket of the manifest.
const PACE: &str = "custom-audience";
const NAMED: Named = Named {
    option: "audience",
    several: "audiences",
    place: "Ads Manager",
    unfit: "is not one of customers, so nobody can be added to it",
};

/// The audience of the activation: the id of the only one of its name. Names are not unique at Meta, so two of one name are a person's to
/// tell apart; an audience whose making got no answer is found by the next try.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let (settings, options) = (Settings::of(call)?, call.options::<AudiencesOptions>()?);
    let named = named(call, &settings, &options.audience)?;
    match NAMED.found(named, |audience| audience.subtype == CUSTOM)? {
        Some(audience) => Ok(audience.id.into_bytes()),
        None => made(call, &settings, &options),
    }
}

fn named(call: &Call<'_>, settings: &Settings, name: &str) -> Result<Vec<Audience>, Halt> {
    let path = format!("{}/customaudiences", settings.ad_account()?);
    let (mut query, mut found) = ("fields=id,name,subtype&limit=100".to_owned(), Vec::new());
    for _ in 0..PAGES_MAX {
        let question = settings.request(call, "GET", &format!("{path}?{query}")).pace(PACE);
        let answer = outcomes::of_read(question.send())?;
        let page: Audiences = answer.read()?;
        found.extend(page.data.into_iter().filter(|audience| audience.name == name));
        let Some(next) = page.paging.next else { return Ok(found) };
        query = next_query(&next).ok_or_else(|| Halt::protocol("the address of the next page of audiences has no query"))?;
    }
    Err(Halt::config("the ad account has more audiences than are looked through: delete some that nobody uses"))
}

/// The query of the next page. Its address has the token and the proof in it, which are the host's to write.
fn next_query(next: &str) -> Option<String> {
    const HOSTS: [&str; 3] = ["access_token=", "appsecret_proof=", "appsecret_time="];
    let (_, query) = next.split_once('?')?;
    let ours = |pair: &&str| !HOSTS.iter().any(|name| pair.starts_with(name));
    Some(query.split('&').filter(ours).collect::<Vec<_>>().join("&"))
}

fn made(call: &Call<'_>, settings: &Settings, options: &AudiencesOptions) -> Result<Vec<u8>, Halt> {
    let mut body = Writer::default();
    body.item(|body| {
        body.member("name", &options.audience);
        body.member("subtype", CUSTOM);
        body.member("description", "Kept in step by Sluice");
        body.member("customer_file_source", &options.customer_file_source);
        if options.value_based {
            body.member("is_value_based", true);
        }
    });
    // A second audience of the name would be made by a repeat.
    let path = format!("{}/customaudiences", settings.ad_account()?);
    let request = settings.request(call, "POST", &path).pace(PACE).effect(Effect::Once).json(body);
    outcomes::of_read(request.send())?.read_member("id").map(String::into_bytes)
}

/// The number of a session that replaces. The run's instant is one of its own: a run that goes on goes on with its session, and the next
/// run begins another.
pub(crate) fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    Ok(match call.operation()? {
        Operation::Replace => call.now_ms().to_string().into_bytes(),
        _ => Vec::new(),
    })
}

/// Sends members: one request, whose answer counts the bad ones.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let settings = Settings::of(call)?;
    let operation = call.operation()?;
    let (method, edge) = match operation {
        Operation::Add => ("POST", "users"),
        Operation::Remove => ("DELETE", "users"),
        Operation::Replace => ("POST", "usersreplace"),
        _ => return Err(call.unsupported()),
    };
    let members = Members::of(call, rows)?;
    let mut body = Writer::with_capacity(256 + rows.len() * members.bytes_guess());
    body.begin_object();
    if operation == Operation::Replace {
        session(call, &mut body)?;
    }
    let places = body.object("payload", |body| {
        members.schema(body);
        body.name("data");
        call.values(body, rows.len(), |body, row| members.write(body, row))
    })?;
    body.end_object();
    let request = settings
        .request(call, method, &format!("{}/{edge}", call.kept_id("an audience", form::is_digits)?))
        .pace(PACE)
        .effect(Effect::Repeatable)
        .json(body);
    // A part of a session is sent even when nobody is in it: it may be the one that ends it.
    if operation == Operation::Replace {
        outcomes::of_members(&places, request.send())
    } else {
        places.send(request, |answer| outcomes::of_members(&places, answer))
    }
}

/// `batch_seq` counts from 1 and is the same when a part is sent again.
fn session(call: &Call<'_>, body: &mut Writer) -> Result<(), Halt> {
    let part = call.part()?;
    let id = std::str::from_utf8(call.state()).ok().and_then(|text| text.parse().ok());
    let id: i64 = id.ok_or_else(|| Halt::contract("what `prepare` returned is not the number of a session"))?;
    body.object("session", |body| {
        body.member("session_id", id);
        body.member("batch_seq", i64::from(part.number));
        body.member("last_batch_flag", part.last);
        if let Some(total) = part.rows_total.and_then(|total| i64::try_from(total).ok()) {
            body.member("estimated_num_total", total);
        }
    });
    Ok(())
}

struct Members<'a> {
    keys: Vec<Key<'a>>,
    worth: Option<ColumnView<'a>>,
}

impl<'a> Members<'a> {
    fn of(call: &Call<'_>, rows: &Rows<'a>) -> Result<Self, Halt> {
        let columns = || rows.columns().iter().filter(|column| matches!(column.role(), "identifier" | "attribute"));
        let worth = columns().find(|column| column.name() == WORTH).copied();
        if worth.is_some() && !call.options::<AudiencesOptions>()?.value_based {
            return Err(Halt::setting(
                "value_based",
                "`LOOKALIKE_VALUE` is mapped: set `value_based`, for an audience of members with a value",
            ));
        }
        let keys: Vec<_> = columns().filter(|column| column.name() != WORTH).map(|column| Key::of(*column, PLAIN)).collect();
        if !keys.iter().any(|key| key.identifies) {
            return Err(Halt::config("an identifier must be mapped"));
        }
        Ok(Self { keys, worth })
    }

    /// A digest with its quotes and comma is 67 bytes.
    fn bytes_guess(&self) -> usize {
        2 + 67 * self.keys.len() + if self.worth.is_some() { 12 } else { 0 }
    }

    fn schema(&self, body: &mut Writer) {
        let keys = self.keys.iter().map(|key| key.column.identifier().unwrap_or(key.column.name()));
        let names = keys.chain(self.worth.map(|_| WORTH));
        body.array("schema", |body| names.for_each(|name| body.string(name)));
    }

    /// One person; what is not known of them is `""`.
    #[inline]
    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let mut known = false;
        body.begin_array();
        for key in &self.keys {
            let value = key.value(row)?;
            known |= key.identifies && !value.is_empty();
            key.write(body, value);
        }
        if !known {
            return Err(nobody());
        }
        match self.worth.map(|column| column.cell(row)) {
            None => {}
            Some(Cell::Value(Value::Float(worth))) if worth >= 0.0 && worth.is_finite() => body.float(worth),
            Some(Cell::Value(_)) => return Err(Reason::bad("the value of a member is a number that is not negative").field(WORTH)),
            Some(Cell::Absent | Cell::Null) => body.plain(""),
        }
        body.end_array();
        Ok(())
    }
}

#[cold]
fn nobody() -> Reason {
    Reason::new(code::NO_IDENTIFIER, "the row has no value for any identifier")
}

#[cfg(test)]
mod tests;
