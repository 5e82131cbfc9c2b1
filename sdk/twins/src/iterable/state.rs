//! What the project holds, and how a checked order is applied to it. A [`State`] is also the snapshot that tests compare.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    failure::{Because, Failure},
    fields::{Admitted, BadData, Schema},
    object::{Order, Who},
    options::{List, ListType, Options, Project},
    own::{self, Own},
    user::{User, Way},
};

/// Everything a project holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) project: Project,
    users: Vec<User>,
    by_email: HashMap<String, usize>,
    by_user_id: HashMap<String, usize>,
    pub(super) schema: Schema,
    pub(super) lists: BTreeMap<i64, List>,
    pub(super) lists_made: i64,
    pub(super) forgotten: HashSet<String>,
}

/// How an order is to be applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Take fields that the project does not know.
    pub(super) new_fields: bool,
    /// Ignore people that are not known.
    pub(super) existing_only: bool,
    pub(super) way: Way,
    /// Number of the request; 0 for a seed, which may write what only the vendor can.
    pub(super) request: u64,
    pub(super) now: Timestamp,
}

/// What an order did.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) at: usize,
    pub(super) created: Vec<String>,
    pub(super) filtered: Vec<String>,
    /// The user was written by the other kind of call shortly before.
    pub(super) mixed: bool,
    /// Membership of lists was changed through the profile.
    pub(super) lists: bool,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        let forgotten = options.forgotten_emails.iter().map(|email| email.to_lowercase());
        Self {
            project: options.project,
            lists: options.lists.iter().map(|list| (list.id, list.clone())).collect(),
            forgotten: forgotten.chain(options.forgotten_user_ids.iter().cloned()).collect(),
            ..Self::default()
        }
    }

    /// Every user, oldest first.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The user of a userId.
    pub fn by_user_id(&self, user_id: &str) -> Option<&User> {
        self.users.get(*self.by_user_id.get(user_id)?)
    }

    /// The user of an address, written in lower case.
    pub fn by_email(&self, email: &str) -> Option<&User> {
        self.users.get(*self.by_email.get(email)?)
    }

    /// Fields by the ledger's name of their user: what end-to-end tests compare.
    pub fn data(&self) -> BTreeMap<String, &Map<String, Value>> {
        self.users.iter().map(|user| (user.key(), &user.data)).collect()
    }

    /// Lists by id.
    pub fn lists(&self) -> &BTreeMap<i64, List> {
        &self.lists
    }

    /// Everybody on a list, by the ledger's names.
    pub fn members(&self, list: i64) -> BTreeSet<String> {
        self.on(list).map(User::key).collect()
    }

    /// The type of each field by its path, as `getFields` says it.
    pub fn fields(&self) -> BTreeMap<&str, &'static str> {
        self.schema.iter().map(|(path, ty)| (path, ty.word())).collect()
    }

    pub(super) fn on(&self, list: i64) -> impl Iterator<Item = &User> {
        self.users.iter().filter(move |user| user.lists.contains(&list))
    }

    /// A list that is gone has nobody on it.
    pub(super) fn forget_list(&mut self, id: i64) {
        self.lists.remove(&id);
        for user in &mut self.users {
            user.lists.remove(&id);
        }
    }

    pub(super) fn user_mut(&mut self, at: usize) -> &mut User {
        &mut self.users[at]
    }

    /// The user that a client means; a conflict when two are meant.
    pub(super) fn find(&self, who: &Who) -> Result<Option<usize>, Failure> {
        if let Some(email) = who.email.as_deref().filter(|email| self.forgotten.contains(*email)) {
            return Err(Failure::email(Because::Forgotten, email));
        }
        if let Some(id) = who.user_id.as_deref().filter(|id| self.forgotten.contains(*id)) {
            return Err(Failure::user_id(Because::Forgotten, id));
        }
        let by_id = who.user_id.as_ref().and_then(|id| self.by_user_id.get(id)).copied();
        let by_email = who.email.as_ref().and_then(|email| self.by_email.get(email)).copied();
        let conflict = || Err(Failure::email(Because::Conflict, who.email.as_deref().unwrap_or_default()));
        match (by_id, by_email) {
            (Some(a), Some(b)) if a != b => conflict(),
            // The address is somebody's who has another userId.
            (None, Some(at)) if who.user_id.is_some() && self.users[at].user_id.is_some() => conflict(),
            (by_id, by_email) => Ok(by_id.or(by_email)),
        }
    }

    /// Applies an order, all of it or nothing.
    pub(super) fn apply(&mut self, order: &Order, manner: Manner) -> Result<Landed, Failure> {
        order.check(self.project)?;
        let found = self.find(&order.who)?;
        if found.is_none() && !self.makes(order, manner) {
            return Err(Failure::of(Because::Unknown, &order.who, ""));
        }
        let mut data = order.data.clone();
        let own = own::take(order, &mut data)?;
        self.check_own(order, &own, found, manner)?;
        let mut admitted = self.admit(order, data, manner)?;
        self.schema.learn(&admitted);

        let at = found.unwrap_or_else(|| {
            self.users.push(User { created_by: manner.request, ..User::default() });
            self.users.len() - 1
        });
        self.name(at, order.who.email.clone().or(own.email), order.who.user_id.clone().or(own.user_id));
        let user = &mut self.users[at];
        let lists = own.lists.is_some();
        if let Some(ids) = own.lists {
            user.lists = ids;
        }
        user.write(std::mem::take(&mut admitted.data), order.merge);
        user.updated_by = manner.request;
        user.writes += 1;
        let mixed = user.last.is_some_and(|(way, at)| {
            way != manner.way && manner.now.as_second().saturating_sub(at.as_second()) < super::limits::SETTLE_S
        });
        user.last = (manner.request != 0).then_some((manner.way, manner.now));
        Ok(Landed { at, created: admitted.created, filtered: admitted.filtered, mixed, lists })
    }

    /// Whether an unknown person becomes a user (*Synchronize user attributes*, *Export contact lists*).
    fn makes(&self, order: &Order, manner: Manner) -> bool {
        match self.project {
            // "needs preferUserId:true to be created"; "updateExistingUsersOnly" is not respected here.
            Project::Email => order.who.email.is_some() || order.prefer_user_id || manner.request == 0,
            Project::UserId | Project::Hybrid => !manner.existing_only,
        }
    }

    /// Identifiers among the fields: the one that identifies cannot be changed (inferred), and no two users share one
    /// (*Errors*: identity conflict).
    fn check_own(&self, order: &Order, own: &Own, found: Option<usize>, manner: Manner) -> Result<(), Failure> {
        let other = |at: Option<&usize>| at.is_some_and(|&at| Some(at) != found);
        if let Some(email) = &own.email {
            if order.who.email.as_ref().is_some_and(|sent| sent != email) {
                return Err(Failure::of(Because::InvalidData, &order.who, "'email' is not the user's"));
            }
            if self.project != Project::UserId && other(self.by_email.get(email)) {
                return Err(Failure::email(Because::Conflict, email));
            }
        }
        if let Some(id) = &own.user_id {
            if order.who.user_id.as_ref().is_some_and(|sent| sent != id) {
                return Err(Failure::of(Because::InvalidData, &order.who, "'userId' is not the user's"));
            }
            if other(self.by_user_id.get(id)) {
                return Err(Failure::user_id(Because::Conflict, id));
            }
        }
        let writable = |id: &i64| manner.request == 0 || self.lists.get(id).is_some_and(|l| l.list_type == ListType::Standard);
        match own.lists.as_ref().and_then(|ids| ids.iter().find(|id| !writable(id))) {
            Some(id) => Err(Failure::of(Because::InvalidData, &order.who, format!("list {id} cannot be written"))),
            None => Ok(()),
        }
    }

    fn admit(&self, order: &Order, data: Map<String, Value>, manner: Manner) -> Result<Admitted, Failure> {
        self.schema.admit(data, manner.new_fields).map_err(|bad| match bad {
            BadData::Clash(why) => Failure::of(Because::Clash, &order.who, why),
            BadData::Wrong(why) => Failure::of(Because::InvalidData, &order.who, why),
        })
    }

    /// Gives a user its names and keeps the indexes. An e-mail based project makes up an address (inferred).
    fn name(&mut self, at: usize, email: Option<String>, user_id: Option<String>) {
        let user = &mut self.users[at];
        let made_up = || format!("{:08x}@placeholder.email", at + 1);
        let email = email.or_else(|| (self.project == Project::Email && user.email.is_none()).then(made_up));
        if let Some(email) = email {
            if let Some(old) = user.email.replace(email.clone())
                && self.by_email.get(&old) == Some(&at)
            {
                self.by_email.remove(&old);
            }
            self.by_email.insert(email, at);
        }
        if let Some(id) = user_id {
            if let Some(old) = user.user_id.replace(id.clone()) {
                self.by_user_id.remove(&old);
            }
            self.by_user_id.insert(id, at);
        }
    }

    /// Whether these orders would bring in a clash of types, and how many fields there would be. What a person's own faults
    /// keep out is left out, as far as it is known without applying.
    pub(super) fn foresee(&self, orders: &[Order], new_fields: bool) -> (Option<Failure>, usize) {
        let mut schema = self.schema.clone();
        let mut clash = None;
        for order in orders.iter().filter(|order| order.check(self.project).is_ok() && self.find(&order.who).is_ok()) {
            let mut data = order.data.clone();
            if own::take(order, &mut data).is_err() {
                continue;
            }
            match schema.admit(data, new_fields) {
                Ok(admitted) => schema.learn(&admitted),
                Err(BadData::Clash(why)) => clash = clash.or(Some(Failure::of(Because::Clash, &order.who, why))),
                Err(BadData::Wrong(_)) => {}
            }
        }
        (clash, schema.len())
    }
}
