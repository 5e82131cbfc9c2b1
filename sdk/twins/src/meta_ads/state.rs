//! What the business holds. A [`State`] is also the snapshot that tests compare.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    access::sees,
    audience::Audience,
    datasets::DatasetState,
    options::{AccessToken, AdAccount, NewAudience, Options},
    people::{People, Person},
    schema::{cell, key},
    session::{Operation, Session},
    words::Refusal,
};
use crate::{
    ledger::{Kind, Ledger},
    vendor::Call,
};

/// Everything a business holds.
#[derive(Clone, Default)]
pub struct State {
    pub(super) accounts: BTreeMap<String, AdAccount>,
    pub(super) audiences: BTreeMap<String, Audience>,
    pub(super) datasets: BTreeMap<String, DatasetState>,
    /// By account and id.
    pub(super) sessions: BTreeMap<(String, u64), Session>,
    pub(super) tokens: Vec<AccessToken>,
    pub(super) scripted: Vec<Scripted>,
    pub(super) audiences_made: u64,
    pub(super) sessions_made: u64,
    pub(super) tokens_made: u64,
}

/// A refusal that the next calls get in place of an answer, when they have been let in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scripted {
    code: u64,
    #[serde(default)]
    subcode: Option<u64>,
    /// Of calls to this path alone, or of every path that starts so when it ends with `*`.
    #[serde(default)]
    path: Option<String>,
    #[serde(default = "once")]
    times: u64,
}

fn once() -> u64 {
    1
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        let now = (options.clock)();
        let mut state = Self {
            accounts: options.accounts.iter().map(|account| (account.id.clone(), account.clone())).collect(),
            datasets: options.datasets.iter().map(|info| (info.id.clone(), DatasetState::new(info.clone()))).collect(),
            tokens: options.tokens.clone(),
            ..Self::default()
        };
        for audience in &options.audiences {
            state.put(audience, now).expect("the options' audiences are ones that the vendor could have");
        }
        state
    }

    /// Audiences by id, deleted ones too.
    pub fn audiences(&self) -> &BTreeMap<String, Audience> {
        &self.audiences
    }

    /// Datasets by id.
    pub fn datasets(&self) -> &BTreeMap<String, DatasetState> {
        &self.datasets
    }

    /// Sessions, in the order of accounts and of their ids; those too that the vendor made for a call without one.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// Puts an audience in place.
    pub(super) fn put(&mut self, new: &NewAudience, now: Timestamp) -> Result<(), String> {
        let mut people = People::default();
        for named in &new.people {
            let cells: Option<BTreeMap<&'static str, String>> = named
                .iter()
                .map(|(name, value)| Some((key(name)?, cell(key(name)?, &Value::from(value.as_str()), false)?)))
                .collect();
            let cells = cells.ok_or("a person has a key or a value that the vendor does not keep")?;
            people.add(Person::new(cells));
        }
        if !self.accounts.contains_key(&new.account_id) {
            return Err(format!("there is no ad account {}", new.account_id));
        }
        self.audiences.insert(new.id.clone(), Audience::seeded(new, people, now));
        Ok(())
    }

    /// An account that the token sees.
    pub(super) fn account(&self, call: &Call, token: &AccessToken, id: &str) -> Result<&AdAccount, Refusal> {
        let missing = || Refusal::missing(call.method.as_str(), &format!("act_{id}"));
        self.accounts.get(id).filter(|account| sees(token, &account.id)).ok_or_else(missing)
    }

    /// An audience whose account the token sees; a deleted one is not there.
    pub(super) fn audience(&self, call: &Call, token: &AccessToken, id: &str) -> Result<&Audience, Refusal> {
        let seen = self.audiences.get(id).filter(|audience| !audience.deleted && sees(token, &audience.account_id));
        seen.ok_or_else(|| Refusal::missing(call.method.as_str(), id))
    }

    /// Audiences of an account that count.
    pub(super) fn audiences_of(&self, account: &str) -> impl Iterator<Item = &Audience> {
        self.audiences.values().filter(move |audience| !audience.deleted && audience.account_id == account)
    }

    /// The scripted refusal of a call.
    pub(super) fn scripted(&mut self, call: &Call) -> Option<Refusal> {
        let meets = |scripted: &&mut Scripted| {
            scripted.times > 0
                && scripted.path.as_deref().is_none_or(|path| match path.strip_suffix('*') {
                    Some(start) => call.path.starts_with(start),
                    None => call.path == path,
                })
        };
        let scripted = self.scripted.iter_mut().find(meets)?;
        scripted.times -= 1;
        Some(Refusal::of_code(scripted.code, scripted.subcode))
    }

    /// Ends the sessions whose time is over. A replacement then takes effect with what it has received.
    pub(super) fn end_due(&mut self, ledger: &Ledger, now: Timestamp) {
        let due = |session: &Session| session.ended.is_none() && session.is_over(now);
        let ids: Vec<_> = self.sessions.iter().filter(|(_, session)| due(session)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            session.ended = Timestamp::from_second(session.ends()).ok();
            if session.operation == Operation::Replace {
                let request = session.last_request;
                self.replace(&id, ledger, request, now);
            }
        }
    }

    /// Puts what a replacement has received in the place of its audience's people.
    pub(super) fn replace(&mut self, session: &(String, u64), ledger: &Ledger, request: u64, now: Timestamp) {
        let Some(session) = self.sessions.get_mut(session) else { return };
        let Some(audience) = self.audiences.get_mut(&session.audience) else { return };
        let staged = std::mem::take(&mut session.staged);
        let before = std::mem::replace(&mut audience.people, staged);
        audience.replacing = None;
        audience.content_updated = Some(now);
        let gone = before.iter().filter(|person| !audience.people.has(person)).map(|person| place(&audience.id, person, false));
        let new = audience.people.iter().filter(|person| !before.has(person)).map(|person| place(&audience.id, person, true));
        ledger.append(request, gone.chain(new));
    }

    pub(super) fn to_json(&self) -> Value {
        let audiences = self.audiences.iter().map(|(id, audience)| (id.clone(), audience.told()));
        let datasets = self.datasets.iter().map(|(id, dataset)| (id.clone(), dataset.told()));
        json!({
            "accounts": self.accounts, "audiences": audiences.collect::<Map<_, _>>(), "datasets": datasets.collect::<Map<_, _>>(),
            "sessions": self.sessions.iter().map(|((account, _), session)| session.told(account)).collect::<Vec<_>>(),
        })
    }

    pub(super) fn one(&self, kind: &str, key: &str) -> Option<Value> {
        match kind {
            "accounts" => self.accounts.get(key.strip_prefix("act_").unwrap_or(key)).map(|account| json!(account)),
            "audiences" => self.audiences.get(key).map(Audience::told),
            "datasets" => self.datasets.get(key).map(DatasetState::told),
            "sessions" => {
                self.sessions.iter().find(|((_, id), _)| id.to_string() == key).map(|((account, _), session)| session.told(account))
            }
            _ => None,
        }
    }
}

/// The ledger's words for somebody's place in an audience.
pub(super) fn place(audience: &str, person: &Person, inside: bool) -> (Kind, String, std::sync::Arc<str>) {
    (Kind::Membership, person.key(), json!({ "audience": audience, "in": inside }).to_string().into())
}
