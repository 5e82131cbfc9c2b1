//! What the account holds. A [`State`] is also the snapshot that tests compare; tokens are not part of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    account::{Click, ConversionAction, Customer, Outcome, Refused},
    ads::Job,
    conversion::Conversions,
    manager::Request,
    options::Options,
    user_list::UserList,
};

/// Managers above managers, at most (the vendor's trees are six deep; inferred). Deeper ones are not found.
const DEPTH_MAX: u8 = 6;

/// Everything that the account holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) customers: BTreeMap<String, Customer>,
    pub(super) user_lists: BTreeMap<String, UserList>,
    pub(super) lists_made: u64,
    pub(super) actions: BTreeMap<String, ConversionAction>,
    pub(super) clicks: BTreeMap<String, Click>,
    pub(super) clicks_must_be_known: bool,
    pub(super) conversions: Conversions,
    /// What Data Manager took, by id.
    pub(super) requests: BTreeMap<String, Request>,
    pub(super) jobs: BTreeMap<String, Job>,
    pub(super) outcomes: VecDeque<Outcome>,
    pub(super) refusals: Vec<Refused>,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            customers: options.customers.iter().map(|customer| (customer.id.clone(), customer.clone())).collect(),
            user_lists: options.user_lists.iter().map(|list| (list.id.clone(), UserList::new(list.clone()))).collect(),
            actions: options.conversion_actions.iter().map(|action| (action.id.clone(), action.clone())).collect(),
            clicks: options.clicks.iter().map(|click| (click.id.clone(), click.clone())).collect(),
            clicks_must_be_known: options.clicks_must_be_known,
            ..Self::default()
        }
    }

    /// Customers by id.
    pub fn customers(&self) -> &BTreeMap<String, Customer> {
        &self.customers
    }

    /// User lists by id.
    pub fn user_lists(&self) -> &BTreeMap<String, UserList> {
        &self.user_lists
    }

    /// Everybody on a list, by his identifiers with blanks between them; nobody when there is no such list.
    pub fn members(&self, list: &str) -> BTreeSet<String> {
        self.user_lists.get(list).map(|list| list.members().keys().cloned().collect()).unwrap_or_default()
    }

    /// Conversion actions by id.
    pub fn conversion_actions(&self) -> &BTreeMap<String, ConversionAction> {
        &self.actions
    }

    /// Conversions.
    pub fn conversions(&self) -> &Conversions {
        &self.conversions
    }

    /// What Data Manager took, by the id that it answered.
    pub fn requests(&self) -> &BTreeMap<String, Request> {
        &self.requests
    }

    /// Jobs of the Google Ads API, by their id.
    pub fn jobs(&self) -> &BTreeMap<String, Job> {
        &self.jobs
    }

    /// The customer that is operated on, when the token reaches it by itself or by this login.
    pub(super) fn reach(&self, operating: &str, login: Option<&str>) -> Option<&Customer> {
        let customer = self.customers.get(operating)?;
        let login = self.customers.get(login.unwrap_or(operating))?;
        (login.direct && self.is_above(&login.id, operating, DEPTH_MAX)).then_some(customer)
    }

    fn is_above(&self, upper: &str, lower: &str, depth: u8) -> bool {
        upper == lower
            || (depth > 0
                && self
                    .customers
                    .get(lower)
                    .is_some_and(|customer| customer.managers.iter().any(|manager| self.is_above(upper, manager, depth - 1))))
    }

    /// The next id of a list.
    pub(super) fn list_id(&mut self) -> String {
        loop {
            self.lists_made += 1;
            let id = (9_000_000_000 + self.lists_made).to_string();
            if !self.user_lists.contains_key(&id) {
                return id;
            }
        }
    }
}
