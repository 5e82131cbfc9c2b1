//! A destination service: one thing that a platform lets us update, with its modes, fields, units and honesty about repeats.

use serde::{Deserialize, Serialize};

use crate::columnar::PhysicalType;

/// Where a foreign fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Source {
    /// Address or title of the vendor's page.
    pub page: String,
    /// The day it was read, `YYYY-MM-DD`.
    pub read: String,
}

/// How a platform is kept in step; features 7.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// New rows are created; nothing else.
    Insert,
    /// Rows that exist there are updated; unknown ones are not created.
    UpdateOnly,
    /// Created or updated; rows that left stay as they are.
    Upsert,
    /// Created, updated, and removed when they leave.
    Mirror,
    /// Members added and removed.
    List,
    /// Members added, never removed.
    ListAddOnly,
    /// An attribute set to true on entry and to false on exit.
    BooleanAttribute,
    /// Sent once, never changed or removed.
    Append,
    /// Upsert, and the mapped fields emptied on exit.
    ClearFieldsOnExit,
    /// Everybody is uploaded in one session and takes the place of whoever was there before, whenever anything has changed.
    Replace,
}

impl Mode {
    /// Every mode.
    pub const ALL: &'static [Mode] = &[
        Self::Insert,
        Self::UpdateOnly,
        Self::Upsert,
        Self::Mirror,
        Self::List,
        Self::ListAddOnly,
        Self::BooleanAttribute,
        Self::Append,
        Self::ClearFieldsOnExit,
        Self::Replace,
    ];

    /// The kebab-case text used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::UpdateOnly => "update-only",
            Self::Upsert => "upsert",
            Self::Mirror => "mirror",
            Self::List => "list",
            Self::ListAddOnly => "list-add-only",
            Self::BooleanAttribute => "boolean-attribute",
            Self::Append => "append",
            Self::ClearFieldsOnExit => "clear-fields-on-exit",
            Self::Replace => "replace",
        }
    }
}

/// What a service takes and how it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Service {
    /// Name for people.
    pub title: String,
    /// What one row is: `users`, `events`, `subscriptions`, `members`, …
    pub record: String,
    /// Modes offered, the default first.
    pub modes: Vec<Mode>,
    /// Which identifiers must be mapped.
    pub identifiers: IdentifierRule,
    /// Named fields; identifiers included.
    pub fields: Vec<ServiceField>,
    /// Whether other attribute names may be mapped.
    #[serde(default)]
    pub custom_fields: Option<CustomFields>,
    /// How large one `write` may be.
    pub unit: Unit,
    /// What a repeat of a batch does.
    pub repeat: Repeat,
    /// Whole rows or changed fields only.
    #[serde(default)]
    pub sends: Sends,
    /// Whether the answer tells each row's fate.
    #[serde(default)]
    pub answers: AnswerKind,
    /// Whether batches may go in any order.
    #[serde(default)]
    pub uploads: Uploads,
    /// Whether a poll is asked with the rows of its batch at once.
    #[serde(default)]
    pub poll_rows: PollRows,
    /// Oldest event that the platform takes, in hours; older rows are `too-old`.
    #[serde(default)]
    pub age_hours_max: Option<u32>,
    /// JSON Schema of the activation's options for this service.
    #[serde(default = "super::empty_schema")]
    pub options: serde_json::Value,
    /// The vendor's page.
    pub source: Source,
}

impl Service {
    /// The field in which the platform's own ids are handed back; none where it tells none.
    pub fn remote_id(&self) -> Option<&ServiceField> {
        self.fields.iter().find(|field| field.role == FieldRole::RemoteId)
    }
}

/// Which identifiers a mapping must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IdentifierRule {
    /// Names of identifier fields; at least one must be mapped.
    pub any_of: Vec<String>,
    /// How many may be mapped at most; 1 where the platform wants exactly one.
    #[serde(default = "one")]
    pub max: u32,
}

fn one() -> u32 {
    1
}

/// What a mapped column means to the platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the contract's words, design section 6
pub enum FieldRole {
    Identifier,
    #[default]
    Attribute,
    EventId,
    EventTime,
    /// The platform's own id of the record, as its receipts tell it: never mapped, kept by the host, and handed back with every later
    /// operation on the record.
    RemoteId,
}

impl FieldRole {
    /// The text of the `role` attr of a column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Attribute => "attribute",
            Self::EventId => "event-id",
            Self::EventTime => "event-time",
            Self::RemoteId => "remote-id",
        }
    }
}

/// A named field of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceField {
    /// The exact name at the platform.
    pub name: String,
    /// What it is sent as.
    #[serde(rename = "type")]
    pub ty: PhysicalType,
    /// What it means.
    #[serde(default)]
    pub role: FieldRole,
    /// Whether it must be mapped and have a value.
    #[serde(default)]
    pub required: bool,
    /// Longest value, in characters; a longer one is `too-long`.
    #[serde(default)]
    pub chars_max: Option<u32>,
    /// Longest value, in bytes of UTF-8.
    #[serde(default)]
    pub bytes_max: Option<u32>,
    /// Allowed values; another one is `bad-format`.
    #[serde(default)]
    pub one_of: Vec<String>,
    /// Semantic types that fill it, best first (features 3.4).
    #[serde(default)]
    pub semantic: Vec<String>,
    /// Steps that the host runs on the value, in order.
    #[serde(default)]
    pub normalise: Vec<Normalise>,
    /// Hash after normalising; empty values are never hashed.
    #[serde(default)]
    pub hash: Hash,
    /// What the operator reads.
    #[serde(default)]
    pub help: String,
}

/// A step of a normaliser. Further steps of the design join with the first field that needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalise {
    /// Cuts white space at both ends.
    Trim,
    /// Unicode lower case.
    Lower,
    /// Unicode upper case.
    Upper,
    /// Keeps ASCII digits only.
    Digits,
    /// Puts `+` before a value that has none.
    PlusPrefix,
    /// Reads a phone number, with the default country of the mapped field, and writes it as E.164. What cannot be read is `bad-format`.
    E164,
    /// Reads a country's code or English name and writes its two letters of ISO 3166-1. What cannot be read is `bad-format`.
    IsoCountry,
    /// An address of gmail.com or googlemail.com without the dots before the `@`; other texts stay as they are. Comes after `lower`.
    GmailDots,
    /// Without punctuation of any script.
    RemovePunctuation,
    /// Without white space, inside too.
    RemoveSpaces,
    /// Without digits of any script.
    RemoveDigits,
    /// The first character.
    FirstLetter,
    /// Of a ZIP+4 the five digits; other postal codes stay as they are.
    Zip5,
    /// A state of the United States by its English name becomes its two letters, lower case; of a code of ISO 3166-2 stays what stands
    /// behind the country; everything else stays as it is.
    UsState,
    /// Reads a gender and writes `f` or `m`, or nothing for `x`, which platforms that match people do not have. What cannot be read is
    /// `bad-format`.
    Gender,
    /// Reads a date and writes `YYYY-MM-DD`. What cannot be read is `bad-format`.
    BirthDate,
    /// Reads a date, or a year of four digits, and writes `YYYY`. What cannot be read is `bad-format`.
    Year,
    /// Reads a date, or the number of a month, and writes `MM`. What cannot be read is `bad-format`.
    Month,
    /// Reads a date, or the number of a day, and writes `DD`. What cannot be read is `bad-format`.
    Day,
}

/// Hash of a normalised value, sent as lower-case hexadecimal text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Hash {
    #[default]
    None,
    Sha256,
}

/// Attribute names beyond the named fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CustomFields {
    /// Longest name, in characters.
    pub name_chars_max: u32,
    /// A name must not start with one of these.
    #[serde(default)]
    pub name_not_starting_with: Vec<String>,
    /// A name must not be one of these.
    #[serde(default)]
    pub names_reserved: Vec<String>,
    /// Where set, only these characters may stand in a name: `word` = ASCII letters, digits and underscore; the only one there is.
    #[serde(default)]
    pub name_charset: Option<String>,
    /// Longest text value, in characters.
    #[serde(default)]
    pub chars_max: Option<u32>,
    /// Types that a custom field may have.
    pub types: Vec<PhysicalType>,
}

/// The unit of uncertainty: one `write` is one vendor write request, or one `send-all` of per-record requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unit {
    /// Rows at most.
    pub rows: u32,
    /// Body bytes at most.
    pub bytes: u64,
    /// Bytes of one row at most; a larger row is `too-large`.
    pub row_bytes_max: u64,
}

/// What happens when a batch is sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repeat {
    /// The class.
    pub class: RepeatClass,
    /// For `keyed`: so many hours the platform remembers the key; afterwards a repeat counts as `appends`.
    #[serde(default)]
    pub within_hours: Option<u32>,
}

/// The honest answer to "what if this batch is sent twice".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatClass {
    /// The platform recognises the key and ignores the repeat.
    Keyed,
    /// The same state is written once more.
    Overwrites,
    /// A second effect.
    Appends,
}

/// What of a changed row is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sends {
    /// Every mapped field.
    #[default]
    All,
    /// Only the fields that changed since they were last accepted.
    ChangedFields,
}

/// How much the platform says about a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// Each row's fate.
    #[default]
    PerRow,
    /// One answer for the batch; a data error is isolated by halves.
    Whole,
}

/// What a poll is asked with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PollRows {
    /// With the rows of its batch.
    #[default]
    Always,
    /// Without them first: with no columns, and an empty key. Where it answers `later`, once more with them and with that ticket's token.
    OnDemand,
}

/// Order among the batches of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Uploads {
    /// Any order, several at once.
    #[default]
    Any,
    /// One after the other, by number.
    Ordered,
    /// Ordered, and the last one is marked.
    Sealed,
}
