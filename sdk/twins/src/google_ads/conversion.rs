//! Conversions, whichever way they came: recorded by a tag (seeds), events of Data Manager, uploads of Google Ads. What adjusts them
//! is decided by the caller; here it is kept.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits;

/// How a conversion came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A tag recorded it; a seed.
    #[default]
    Tag,
    /// An event of Data Manager.
    Event,
    /// An upload of a click conversion.
    ClickUpload,
    /// An upload of a call conversion.
    CallUpload,
}

/// A change of a conversion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjustment {
    /// `RETRACTION`, `RESTATEMENT` or `ENHANCEMENT`; of an event that came again `EVENT`.
    pub r#type: &'static str,
    /// When it is said to have happened, where it says so.
    pub at: Option<Timestamp>,
    /// The value after it, where it changes that.
    pub value: Option<f64>,
    /// The request that brought it.
    pub request: u64,
}

/// A conversion.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Conversion {
    /// The action that it belongs to.
    pub conversion_action: String,
    /// The order or transaction that it is, where it has one.
    pub transaction_id: Option<String>,
    /// The click that it belongs to: a `gclid`, `gbraid` or `wbraid`.
    pub click: Option<String>,
    /// Who called.
    pub caller: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What it is worth, as it stands; 0 when it is retracted.
    pub value: Option<f64>,
    /// In this currency; the action's own when absent.
    pub currency: Option<String>,
    /// 1, or 0 when it is retracted.
    pub count: u32,
    /// Hashed people, `email:…`, `phone:…`, `address:…`.
    pub identifiers: BTreeSet<String>,
    /// An enhancement has come.
    pub enhanced: bool,
    /// It is taken back.
    pub retracted: bool,
    /// How it came.
    pub source: Source,
    /// What changed it, oldest first.
    pub adjustments: Vec<Adjustment>,
    /// As it was sent; null of a tag's.
    pub sent: Value,
    /// The request that brought it; 0 of a seed.
    pub request: u64,
}

impl Conversion {
    /// The ledger's name of it: its transaction, or its click and time.
    pub(super) fn key(&self) -> String {
        let by = |id: &str| format!("{id} {}", self.at);
        self.transaction_id
            .clone()
            .or_else(|| self.click.as_deref().or(self.caller.as_deref()).map(by))
            .unwrap_or_else(|| by(self.identifiers.first().map_or("nobody", String::as_str)))
    }
}

/// A conversion that a tag recorded, as a seed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    pub(super) conversion_action: String,
    #[serde(default)]
    pub(super) transaction_id: Option<String>,
    #[serde(default)]
    pub(super) gclid: Option<String>,
    /// Two days ago when absent, when it may be adjusted.
    #[serde(default)]
    pub(super) at: Option<Timestamp>,
    #[serde(default)]
    pub(super) value: Option<f64>,
    #[serde(default)]
    pub(super) currency: Option<String>,
}

impl Recorded {
    /// As it is kept.
    pub(super) fn seen_from(self, now: Timestamp) -> Conversion {
        Conversion {
            conversion_action: self.conversion_action,
            transaction_id: self.transaction_id,
            click: self.gclid,
            at: self.at.unwrap_or(now - SignedDuration::from_hours(48)),
            value: self.value,
            currency: self.currency,
            count: 1,
            ..Conversion::default()
        }
    }
}

/// All conversions, and how they are found.
#[derive(Debug, Clone, Default)]
pub struct Conversions {
    all: Vec<Conversion>,
    by_transaction: HashMap<(String, String), usize>,
    by_click: HashMap<(String, String, Timestamp), usize>,
    forgotten: usize,
}

impl Conversions {
    /// Every conversion, oldest first.
    pub fn all(&self) -> &[Conversion] {
        &self.all
    }

    /// How many came after the twin was full (`limits::EVENTS_MAX`) and are not kept.
    pub fn forgotten(&self) -> usize {
        self.forgotten
    }

    /// The conversion of an action and a transaction.
    pub fn of_transaction(&self, action: &str, transaction: &str) -> Option<&Conversion> {
        self.transaction(action, transaction).map(|at| &self.all[at])
    }

    pub(super) fn transaction(&self, action: &str, transaction: &str) -> Option<usize> {
        self.by_transaction.get(&(action.to_owned(), transaction.to_owned())).copied()
    }

    pub(super) fn click(&self, action: &str, click: &str, at: Timestamp) -> Option<usize> {
        self.by_click.get(&(action.to_owned(), click.to_owned(), at)).copied()
    }

    pub(super) fn at(&self, at: usize) -> &Conversion {
        &self.all[at]
    }

    pub(super) fn at_mut(&mut self, at: usize) -> &mut Conversion {
        &mut self.all[at]
    }

    pub(super) fn add(&mut self, conversion: Conversion) {
        if self.all.len() >= limits::EVENTS_MAX {
            self.forgotten += 1;
            return;
        }
        let at = self.all.len();
        if let Some(transaction) = conversion.transaction_id.clone() {
            self.by_transaction.insert((conversion.conversion_action.clone(), transaction), at);
        }
        if let Some(name) = conversion.click.clone().or_else(|| conversion.caller.clone()) {
            self.by_click.insert((conversion.conversion_action.clone(), name, conversion.at), at);
        }
        self.all.push(conversion);
    }
}
