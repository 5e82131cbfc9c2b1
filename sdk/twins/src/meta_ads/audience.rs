//! A customer-file audience, and how it is shown. Codes of `operation_status` are *Guide*'s 200 and 471, others (inferred); so are the
//! approximate counts, which are of hundreds, and that everybody who is valid is matched.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{options::NewAudience, people::People};

/// An audience.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Its id.
    pub id: String,
    /// The account that has it, without `act_`.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `CUSTOM`.
    pub subtype: String,
    /// Where the customers' data are from.
    pub customer_file_source: Option<String>,
    /// Days that somebody stays; none when nothing was said.
    pub retention_days: Option<u64>,
    /// People have a value.
    pub is_value_based: bool,
    /// It is blocked for integrity.
    pub flagged: bool,
    /// It has been deleted.
    pub deleted: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When people came or went.
    pub content_updated: Option<Timestamp>,
    /// Who is in it.
    pub people: People,
    /// The session of the replacement that is under way.
    pub replacing: Option<u64>,
}

/// Fields that can be asked for.
pub(super) const FIELDS: [&str; 18] = [
    "account_id",
    "approximate_count_lower_bound",
    "approximate_count_upper_bound",
    "customer_file_source",
    "data_source",
    "delivery_status",
    "description",
    "id",
    "is_value_based",
    "name",
    "operation_status",
    "permission_for_actions",
    "retention_days",
    "rule",
    "subtype",
    "time_content_updated",
    "time_created",
    "time_updated",
];

/// Names that suggest what is not allowed (*Guide*'s own examples, since 2025-09-02).
const SUGGESTING: [&str; 4] = ["arthritis", "diabetes", "credit score", "high income"];

/// Fewer people than this cannot be used (the notes, "Quirks").
const USABLE: usize = 100;

impl Audience {
    pub(super) fn new(id: String, account_id: String, name: String, created: Timestamp) -> Self {
        let lower = name.to_lowercase();
        Self {
            id,
            account_id,
            flagged: SUGGESTING.iter().any(|suggesting| lower.contains(suggesting)),
            name,
            description: String::new(),
            subtype: "CUSTOM".to_owned(),
            customer_file_source: None,
            retention_days: None,
            is_value_based: false,
            deleted: false,
            created,
            content_updated: None,
            people: People::default(),
            replacing: None,
        }
    }

    pub(super) fn seeded(new: &NewAudience, people: People, now: Timestamp) -> Self {
        let made = Self::new(new.id.clone(), new.account_id.clone(), new.name.clone(), now);
        Self {
            description: new.description.clone(),
            subtype: new.subtype.clone(),
            customer_file_source: Some("USER_PROVIDED_ONLY".to_owned()),
            is_value_based: new.is_value_based,
            flagged: new.flagged || made.flagged,
            people,
            ..made
        }
    }

    fn operation_status(&self) -> (u64, &'static str) {
        match self {
            Self { flagged: true, .. } => (471, "Flagged"),
            Self { replacing: Some(_), .. } => (414, "Replace In Progress"),
            _ => (200, "Normal"),
        }
    }

    /// Every field that has a value.
    pub(super) fn shown(&self) -> Map<String, Value> {
        let (code, description) = self.operation_status();
        let usable = self.people.len() >= USABLE;
        let delivery = if usable { (200, "This audience is ready for use.") } else { (300, "This audience is too small.") };
        let hundreds = self.people.len() / 100 * 100;
        let updated = self.content_updated.unwrap_or(self.created).as_second();
        let mut shown = Map::new();
        for (name, value) in [
            ("account_id", json!(self.account_id)),
            ("approximate_count_lower_bound", json!(hundreds)),
            ("approximate_count_upper_bound", json!(hundreds + 100)),
            ("customer_file_source", json!(self.customer_file_source)),
            ("data_source", json!({ "type": "FILE_IMPORTED", "sub_type": "MULTI_HASHES" })),
            ("delivery_status", json!({ "code": delivery.0, "description": delivery.1 })),
            ("description", json!(self.description)),
            ("id", json!(self.id)),
            ("is_value_based", json!(self.is_value_based)),
            ("name", json!(self.name)),
            ("operation_status", json!({ "code": code, "description": description })),
            ("permission_for_actions", json!({ "can_edit": true, "can_see_insight": "true", "can_share": "true" })),
            ("retention_days", json!(self.retention_days)),
            ("subtype", json!(self.subtype)),
            ("time_content_updated", json!(updated)),
            ("time_created", json!(self.created.as_second())),
            ("time_updated", json!(updated)),
        ] {
            if !value.is_null() {
                shown.insert(name.to_owned(), value);
            }
        }
        shown
    }

    /// As the reserved paths show it.
    pub(super) fn told(&self) -> Value {
        let mut told = self.shown();
        told.insert("deleted".to_owned(), self.deleted.into());
        told.insert("flagged".to_owned(), self.flagged.into());
        told.insert("replacing".to_owned(), json!(self.replacing));
        told.insert("people".to_owned(), self.people.iter().map(|person| json!(person)).collect());
        told.into()
    }
}
