//! Properties of an object type: those that the vendor has always (a part of them), those of seeds, and those that clients make.
//! What a value of one must look like is `value`'s.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a property holds (*Setup objects*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    /// `true` or `false`.
    Bool,
    /// A day.
    Date,
    /// An instant.
    Datetime,
    /// One of its options, or several.
    Enumeration,
    /// A decimal number.
    Number,
    /// A text.
    PhoneNumber,
    /// A text.
    String,
}

impl PropertyType {
    pub(super) fn of(word: &str) -> Option<Self> {
        serde_json::from_value(word.into()).ok()
    }

    /// Forms that people may fill it in with (which goes with which is inferred).
    pub(super) fn field_types(self) -> &'static [&'static str] {
        match self {
            Self::Bool => &["booleancheckbox", "calculation_equation"],
            Self::Date | Self::Datetime => &["date"],
            Self::Enumeration => &["select", "radio", "checkbox", "booleancheckbox"],
            Self::Number => &["number", "calculation_equation"],
            Self::PhoneNumber => &["phonenumber"],
            Self::String => &["text", "textarea", "html", "file", "phonenumber", "calculation_equation"],
        }
    }
}

/// Every form (*Setup objects*).
pub(super) const FIELD_TYPES: [&str; 12] = [
    "booleancheckbox",
    "calculation_equation",
    "checkbox",
    "date",
    "file",
    "html",
    "number",
    "phonenumber",
    "radio",
    "select",
    "text",
    "textarea",
];

/// An option of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// What people read; the value when absent.
    #[serde(default)]
    pub label: String,
    /// The internal value, which is what clients send.
    pub value: String,
    /// Its place.
    #[serde(default)]
    pub display_order: i64,
    /// People do not see it.
    #[serde(default)]
    pub hidden: bool,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Property {
    /// Its internal name.
    pub name: String,
    /// What people read; the name when absent.
    #[serde(default)]
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: PropertyType,
    /// The form people fill it in with; the first that goes with the type when absent. `checkbox` holds several options.
    #[serde(default)]
    pub field_type: String,
    /// Where people find it.
    #[serde(default)]
    pub group_name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Of an enumeration.
    #[serde(default)]
    pub options: Vec<Choice>,
    /// No two records have the same value, and records are found by it.
    #[serde(default)]
    pub has_unique_value: bool,
    /// Nobody but the vendor writes it.
    #[serde(default)]
    pub read_only: bool,
    /// Its values are ids of owners.
    #[serde(default)]
    pub owner: bool,
    /// The vendor has it in every account.
    #[serde(default)]
    pub hubspot_defined: bool,
    /// A validation rule of the account's admin: characters of a value at most. Rules hold from version 2026-09 on (*Versioning*).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_chars_max: Option<usize>,
}

impl Property {
    /// A property of this name and type, in the form that goes with it.
    pub fn new(name: &str, kind: PropertyType) -> Self {
        let field_type = kind.field_types().first().copied().unwrap_or_default().to_owned();
        Self {
            name: name.to_owned(),
            label: name.to_owned(),
            kind,
            field_type,
            group_name: String::new(),
            description: String::new(),
            options: Vec::new(),
            has_unique_value: false,
            read_only: false,
            owner: false,
            hubspot_defined: false,
            rule_chars_max: None,
        }
    }

    /// The same, by whose values records are found.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.has_unique_value = true;
        self
    }

    /// The same with these options.
    #[must_use]
    pub fn options(mut self, values: &[&str]) -> Self {
        let choice = |(place, value): (usize, &&str)| Choice {
            label: (*value).to_owned(),
            value: (*value).to_owned(),
            display_order: i64::try_from(place).unwrap_or(i64::MAX),
            hidden: false,
        };
        self.options = values.iter().enumerate().map(choice).collect();
        self
    }

    /// The same in this form.
    #[must_use]
    pub fn field_type(mut self, field_type: &str) -> Self {
        field_type.clone_into(&mut self.field_type);
        self
    }

    fn vendors(mut self) -> Self {
        self.hubspot_defined = true;
        self
    }

    fn read_only(mut self) -> Self {
        self.read_only = true;
        self.vendors()
    }

    /// What seeds leave out is filled in.
    pub(super) fn complete(mut self, group: &str) -> Self {
        if self.label.is_empty() {
            self.label.clone_from(&self.name);
        }
        if self.field_type.is_empty() {
            self.field_type = self.kind.field_types().first().copied().unwrap_or_default().to_owned();
        }
        if self.group_name.is_empty() {
            group.clone_into(&mut self.group_name);
        }
        for choice in &mut self.options {
            if choice.label.is_empty() {
                choice.label.clone_from(&choice.value);
            }
        }
        self
    }

    pub(super) fn shown(&self) -> Value {
        json!({
            "name": self.name, "label": self.label, "type": self.kind, "fieldType": self.field_type, "groupName": self.group_name,
            "description": self.description, "options": self.options, "hasUniqueValue": self.has_unique_value, "hidden": false,
            "displayOrder": -1, "formField": !self.read_only, "calculated": false, "externalOptions": self.owner,
            "referencedObjectType": if self.owner { json!("OWNER") } else { Value::Null },
            "hubspotDefined": self.hubspot_defined, "archived": false,
            "modificationMetadata": {
                "archivable": !self.hubspot_defined, "readOnlyDefinition": self.hubspot_defined, "readOnlyValue": self.read_only,
            },
        })
    }
}

/// When a record was made and changed, by the names that its type has for that.
pub(super) fn times(object: &str) -> (&'static str, &'static str) {
    match object {
        "contacts" => ("createdate", "lastmodifieddate"),
        "companies" | "deals" | "tickets" => ("createdate", "hs_lastmodifieddate"),
        _ => ("hs_createdate", "hs_lastmodifieddate"),
    }
}

/// The vendor's own properties of a type: those that people meet first.
pub(super) fn vendors(object: &str) -> Vec<Property> {
    use PropertyType::{Date, Datetime, Enumeration, Number, PhoneNumber, String};
    let text = |names: &[&str]| names.iter().map(|name| Property::new(name, String)).collect::<Vec<_>>();
    let own = match object {
        "contacts" => {
            let mut own = text(&["firstname", "lastname", "company", "jobtitle", "address", "city", "state", "zip", "country"]);
            let stages = ["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "other"];
            own.extend([
                // Unique, though the vendor does not call it so: records are found by it (*Identifiers*).
                Property::new("email", String),
                Property::new("phone", String).field_type("phonenumber"),
                Property::new("mobilephone", PhoneNumber),
                Property::new("date_of_birth", Date),
                Property::new("lifecyclestage", Enumeration).field_type("radio").options(&stages),
                Property::new("hs_additional_emails", Enumeration).field_type("checkbox").read_only(),
                Property::new("hs_marketable_status", Enumeration).options(&["true", "false"]).read_only(),
            ]);
            own
        }
        "companies" => {
            let mut own = text(&["name", "domain", "phone", "address", "city", "state", "zip", "country", "description"]);
            own.extend([Property::new("numberofemployees", Number), Property::new("annualrevenue", Number)]);
            own
        }
        "deals" => {
            let mut own = text(&["dealname", "description"]);
            own.extend([
                Property::new("amount", Number),
                Property::new("closedate", Datetime),
                Property::new("pipeline", Enumeration).options(&["default"]),
                Property::new("dealstage", Enumeration).field_type("radio").options(&[
                    "appointmentscheduled",
                    "qualifiedtobuy",
                    "presentationscheduled",
                    "decisionmakerboughtin",
                    "contractsent",
                    "closedwon",
                    "closedlost",
                ]),
            ]);
            own
        }
        "tickets" => {
            let mut own = text(&["subject", "content"]);
            own.extend([
                Property::new("hs_pipeline", Enumeration).options(&["0"]),
                Property::new("hs_pipeline_stage", Enumeration).options(&["1", "2", "3", "4"]),
                Property::new("hs_ticket_priority", Enumeration).options(&["LOW", "MEDIUM", "HIGH", "URGENT"]),
            ]);
            own
        }
        _ => Vec::new(),
    };
    let (made, changed) = times(object);
    let owner = Property { owner: true, ..Property::new("hubspot_owner_id", Enumeration) };
    let common = [
        owner,
        Property::new("hs_object_id", Number).read_only(),
        Property::new(made, Datetime).read_only(),
        Property::new(changed, Datetime).read_only(),
    ];
    own.into_iter().chain(common).map(Property::vendors).collect()
}
