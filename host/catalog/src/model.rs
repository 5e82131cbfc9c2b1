//! A model: one table or one SELECT of a source, with a fixed list of fields and a primary key (features 3).
//!
//! Whether the SQL is one SELECT, and whether the columns exist, is the query room's knowledge; here is what can be said from the
//! declaration alone. Ways to other models: [`crate::relationship`].

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    calculated::Calculated,
    code::Code,
    ids::SourceId,
    limits::{FIELD_ID_CHARS_MAX, KEY_FIELDS_MAX, MODEL_FIELDS_MAX, SQL_CHARS_MAX, TABLE_NAME_CHARS_MAX},
    problem::{Problem, naming},
    relationship::Relationship,
    semantic::{Country, HIDDEN, Semantic},
    types::DataType,
};

/// A declared model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// 1 to 120 characters, unique among the workspace's models.
    pub name: String,
    /// For people; at most 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// For finding it again; at most 20.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where the rows are.
    pub source: SourceId,
    /// Which rows: `{"table": "orders"}` or `{"sql": "SELECT …"}`.
    pub definition: Definition,
    /// What a row is; it changes how data is sent.
    pub kind: Kind,
    /// 1 to 500 fields; the model does not follow the table by itself.
    pub fields: Vec<Field>,
    /// Ids of one to four fields that name a row; fixed after creation.
    pub primary_key: Vec<String>,
    /// Id of the timestamp or date that says when; events must have one.
    #[serde(default)]
    pub time_field: Option<String>,
    /// Named ways to the rows of other models; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<Relationship>,
}

/// Which rows of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ModelDefinition)]
pub enum Definition {
    /// Every row of a table, by its name in the source.
    Table(String),
    /// One SELECT or WITH statement, at most 65,535 characters.
    Sql(String),
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ModelKind)]
pub enum Kind {
    /// People: users, customers, leads.
    Users,
    /// Things with a time: sales, visits.
    Events,
    /// Anything else: products, companies.
    Custom,
}

/// One field: tied to exactly one column of the table or of the query, or calculated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModelField)]
pub struct Field {
    /// Names the field in segments and mappings for ever: a lower-case letter, then lower-case letters, digits and `_`; at most 63.
    pub id: String,
    /// What people see; the id when empty. At most 120 characters.
    #[serde(default)]
    pub name: String,
    /// The exact name of the column; the id when empty.
    #[serde(default)]
    pub column: String,
    /// How it is computed; without it the field is a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculated: Option<Calculated>,
    /// What it holds; the column is cast strictly, and what is calculated must be of a type that it can hold.
    #[serde(rename = "type")]
    pub ty: DataType,
    /// A known meaning.
    #[serde(default)]
    pub semantic: Option<Semantic>,
    /// Where the phone numbers of the field are from that do not say it themselves: two upper-case letters of ISO 3166-1. Only beside
    /// the semantic type `phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub default_country: Option<Country>,
    /// Personal data: values are masked wherever they are shown, by the rule of the field's semantic type; without one, or beside a type that
    /// is not read as one text, nothing of them is shown.
    #[serde(default)]
    pub pii: bool,
    /// Few distinct values: offered as a list.
    #[serde(default)]
    pub categorical: bool,
    /// Not offered in builders.
    #[serde(default)]
    pub hidden: bool,
    /// For people; at most 2,000 characters.
    #[serde(default)]
    pub description: String,
}

impl Field {
    /// A plain field whose column has the same name.
    pub fn plain(id: &str, ty: DataType) -> Self {
        Self {
            id: id.into(),
            name: String::new(),
            column: String::new(),
            calculated: None,
            ty,
            semantic: None,
            default_country: None,
            pii: false,
            categorical: false,
            hidden: false,
            description: String::new(),
        }
    }

    /// The exact name of the column.
    pub fn column(&self) -> &str {
        if self.column.is_empty() { &self.id } else { &self.column }
    }

    /// What people see.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// What people see of a value of the field, given as JSON: null as null, of personal data its mask.
    pub fn shown(&self, value: Value) -> Value {
        if self.pii { self.masked(&value) } else { value }
    }

    /// The mask of a value of the field, whether or not it is personal data; null as null.
    pub fn masked(&self, value: &Value) -> Value {
        let text = match value {
            Value::Null => return Value::Null,
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => return HIDDEN.into(),
        };
        match &self.semantic {
            Some(semantic) if !matches!(self.ty, DataType::Json | DataType::Array) => semantic.mask(&text).into(),
            Some(_) | None => HIDDEN.into(),
        }
    }
}

impl Model {
    /// The field with this id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The fields that are columns of the table or of the query.
    pub fn columns(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.calculated.is_none())
    }

    /// The same model with its columns alone, for questions that no calculated field has a part in.
    pub fn without_calculated(&self) -> Self {
        Self { fields: self.columns().cloned().collect(), ..self.clone() }
    }

    /// The fields of the primary key, in key order; ids that name no field are left out (validation reports them).
    pub fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.primary_key.iter().filter_map(|id| self.field(id))
    }

    /// Every rule that can be checked without the source.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, &self.description, &self.tags, &mut problems);
        self.validate_definition(&mut problems);
        self.validate_fields(&mut problems);
        self.validate_key(&mut problems);
        self.validate_time(&mut problems);
        self.validate_relationships(&mut problems);
        self.validate_calculated(&mut problems);
        problems
    }

    fn validate_definition(&self, problems: &mut Vec<Problem>) {
        match &self.definition {
            Definition::Table(name) => {
                if name.is_empty() || name.chars().count() > TABLE_NAME_CHARS_MAX || name.chars().any(char::is_control) {
                    let cause = format!("A table's name has 1 to {TABLE_NAME_CHARS_MAX} characters.");
                    problems.push(Problem::new("/definition/table", Code::FieldInvalid, cause));
                }
            }
            Definition::Sql(text) => {
                let chars = text.chars().count();
                if text.trim().is_empty() || chars > SQL_CHARS_MAX {
                    let cause = format!("The SELECT must have 1 to {SQL_CHARS_MAX} characters; this has {chars}.");
                    problems.push(Problem::new("/definition/sql", Code::SqlInvalid, cause));
                }
            }
        }
    }

    fn validate_fields(&self, problems: &mut Vec<Problem>) {
        let mut wrong = |at: String, cause: String| problems.push(Problem::new(at, Code::FieldInvalid, cause));
        if self.fields.is_empty() || self.fields.len() > MODEL_FIELDS_MAX {
            wrong("/fields".into(), format!("A model has 1 to {MODEL_FIELDS_MAX} fields."));
        }
        let (mut ids, mut columns) = (HashSet::new(), HashSet::new());
        for (at, field) in self.fields.iter().enumerate() {
            if !is_field_id(&field.id) {
                let cause = format!(
                    "An id begins with a lower-case letter and goes on with lower-case letters, digits and _; at most {FIELD_ID_CHARS_MAX}."
                );
                wrong(format!("/fields/{at}/id"), cause);
            } else if !ids.insert(field.id.as_str()) {
                wrong(format!("/fields/{at}/id"), format!("Another field has the id {}.", field.id));
            }
            if field.calculated.is_some() {
                // Its rules are in `calculated`.
            } else if !columns.insert(field.column()) {
                wrong(format!("/fields/{at}/column"), format!("Another field reads the column {}.", field.column()));
            } else if field.column().chars().any(|c| c.is_control() || c == '"' || c == '\\') {
                wrong(
                    format!("/fields/{at}/column"),
                    "A column's name must not contain quotes, backslashes or control characters.".into(),
                );
            }
            if !field.ty.is_possible() {
                wrong(format!("/fields/{at}/type"), "A decimal has 1 to 38 digits, at most all of them after the point.".into());
            }
            if field.default_country.is_some() && field.semantic != Some(Semantic::Phone) {
                wrong(format!("/fields/{at}/default_country"), "A default country belongs to the semantic type phone.".into());
            }
            if field.name.chars().count() > crate::limits::NAME_CHARS_MAX {
                wrong(format!("/fields/{at}/name"), format!("A name has at most {} characters.", crate::limits::NAME_CHARS_MAX));
            }
            if field.description.chars().count() > crate::limits::DESCRIPTION_CHARS_MAX {
                let cause = format!("A description has at most {} characters.", crate::limits::DESCRIPTION_CHARS_MAX);
                wrong(format!("/fields/{at}/description"), cause);
            }
        }
    }

    fn validate_key(&self, problems: &mut Vec<Problem>) {
        if self.primary_key.is_empty() || self.primary_key.len() > KEY_FIELDS_MAX {
            let cause = format!("A primary key has 1 to {KEY_FIELDS_MAX} fields.");
            problems.push(Problem::new("/primary_key", Code::FieldInvalid, cause));
        }
        let mut seen = HashSet::new();
        for (at, id) in self.primary_key.iter().enumerate() {
            let pointer = format!("/primary_key/{at}");
            if !seen.insert(id) {
                problems.push(Problem::new(pointer, Code::FieldInvalid, format!("The field {id} stands in the key twice.")));
                continue;
            }
            match self.field(id).map(|field| field.ty) {
                None => problems.push(unknown_field(pointer, id, self)),
                Some(ty @ (DataType::Float | DataType::Json | DataType::Array)) => {
                    let cause = format!("A key field must be exact and scalar; {id} is {ty}.");
                    problems.push(Problem::new(pointer, Code::FieldInvalid, cause));
                }
                Some(_) => {}
            }
        }
    }

    fn validate_time(&self, problems: &mut Vec<Problem>) {
        match &self.time_field {
            None if self.kind == Kind::Events => {
                problems.push(Problem::new("/time_field", Code::FieldInvalid, "A model of events must name its time field."));
            }
            None => {}
            Some(id) => match self.field(id) {
                None => problems.push(unknown_field("/time_field".into(), id, self)),
                Some(field) if !field.ty.is_time() => {
                    let cause = format!("The time field must be a timestamp or a date; {id} is {}.", field.ty);
                    problems.push(Problem::new("/time_field", Code::FieldInvalid, cause));
                }
                Some(_) => {}
            },
        }
    }
}

/// Whether it may name a field for ever.
pub(crate) fn is_field_id(id: &str) -> bool {
    id.len() <= FIELD_ID_CHARS_MAX
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The problem of a reference to a field that the model does not have, with the fields that it has.
pub fn unknown_field(pointer: String, id: &str, model: &Model) -> Problem {
    let mut known: Vec<&str> = model.fields.iter().map(|field| field.id.as_str()).take(20).collect();
    if model.fields.len() > known.len() {
        known.push("…");
    }
    let cause = format!("The model {} has no field {id}; it has {}.", model.name, known.join(", "));
    Problem::new(pointer, Code::FieldUnknown, cause)
}
