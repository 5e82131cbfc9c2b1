//! What an activation asks for, worked out against its model and the connector's service: which fields to select, how to shape them,
//! and which operations to send. Every mistake is reported at once, with a pointer to its place in the activation.

use arrow::array::ArrayRef;
use sluice_catalog::{
    Code,
    activation::Activation,
    columnar::{Field, PhysicalType},
    contract::Operation,
    limits::MAPPED_FIELDS_MAX,
    manifest::{FieldRole, Mode, Service, ServiceField},
    mapping::{MappedField, NullPolicy, Value},
    model::Model,
    problem::Problem,
    semantic::{Country, form::formed},
    types::DataType,
};

use crate::shape::{self, Filling, Target};

/// An activation that can be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Ids of the model's fields to select after the key fields, each once.
    pub select: Vec<String>,
    /// The targets in the ledger's order: by name, then role.
    pub targets: Vec<Target>,
    /// Per target: a null is left out (`true`) or clears the field (`false`).
    pub null_is_absent: Vec<bool>,
    /// What each kind of change does.
    pub moves: Moves,
    /// Columns that the host adds to batches.
    pub extra: Vec<Extra>,
}

/// The operations of a mode; none means that such a change sends nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    /// Of rows that the destination does not hold yet.
    pub added: Option<Operation>,
    /// Of rows whose payload differs.
    pub changed: Option<Operation>,
    /// Of rows that left.
    pub removed: Option<Operation>,
    /// Members are identifiers: a changed identifier is a removal and an addition.
    pub members: bool,
}

/// A column that the host adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extra {
    /// A boolean attribute that says whether a row is in: true on entry, false on exit.
    Flag {
        /// The attribute's name at the platform.
        name: String,
    },
    /// On exit, a mapped field is emptied.
    Cleared {
        /// The field, nullable.
        field: Field,
    },
    /// An id of each event, where the service has one and the mapping does not fill it.
    EventId {
        /// The field's name at the platform.
        name: String,
    },
}

impl Moves {
    /// Of a mode; features 7.3.
    pub fn of(mode: Mode) -> Self {
        use Operation::{Add, Append, Insert, Remove, Replace, Update, Upsert};
        let (added, changed, removed) = match mode {
            Mode::Insert => (Some(Insert), None, None),
            Mode::UpdateOnly => (Some(Update), Some(Update), None),
            Mode::Upsert => (Some(Upsert), Some(Upsert), None),
            Mode::Mirror => (Some(Upsert), Some(Upsert), Some(Remove)),
            Mode::List => (Some(Add), Some(Add), Some(Remove)),
            Mode::ListAddOnly => (Some(Add), Some(Add), None),
            Mode::BooleanAttribute => (Some(Update), Some(Update), Some(Update)),
            Mode::Append => (Some(Append), None, None),
            Mode::ClearFieldsOnExit => (Some(Upsert), Some(Upsert), Some(Update)),
            // Who left is not in the session that takes the place of everything.
            Mode::Replace => (Some(Replace), Some(Replace), None),
        };
        Self { added, changed, removed, members: matches!(mode, Mode::List | Mode::ListAddOnly | Mode::BooleanAttribute) }
    }
}

impl Moves {
    /// Whether rows that left are taken away at the destination.
    pub fn removes(self) -> bool {
        self.removed.is_some() || self.added == Some(Operation::Replace)
    }
}

/// Works an activation out, or says everything that is wrong with it.
pub fn plan(activation: &Activation, model: &Model, service: &Service) -> Result<Plan, Vec<Problem>> {
    let mut problems = Vec::new();
    if !service.modes.contains(&activation.mode) {
        let offered: Vec<_> = service.modes.iter().map(|m| m.as_str()).collect();
        problems.push(Problem::new("/mode", Code::ModeNotSupported, format!("The service offers: {}.", offered.join(", "))));
    }
    options(activation, service, &mut problems);
    let fields = &activation.mapping.fields;
    if fields.len() > MAPPED_FIELDS_MAX {
        problems.push(Problem::new(
            "/mapping/fields",
            Code::FieldInvalid,
            format!("At most {MAPPED_FIELDS_MAX} fields can be mapped."),
        ));
        return Err(problems);
    }
    let mut select = Vec::new();
    let mut targets: Vec<(Target, bool)> = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        if fields[..at].iter().any(|f| f.target == field.target && f.role == field.role) {
            problems.push(Problem::new(
                format!("/mapping/fields/{at}/target"),
                Code::MappingTargetTwice,
                format!("`{}` is mapped above.", field.target),
            ));
            continue;
        }
        match target(field, model, service, &mut select) {
            Ok(target) => targets.push((target, field.null != NullPolicy::Clear)),
            Err((place, code, cause)) => problems.push(Problem::new(format!("/mapping/fields/{at}{place}"), code, cause)),
        }
    }
    identifiers(activation, service, &mut problems);
    for field in service.fields.iter().filter(|f| f.required) {
        if !fields.iter().any(|f| f.target == field.name && f.role == field.role) {
            let cause = format!("`{}` ({}) must be mapped.", field.name, field.role.as_str());
            problems.push(Problem::new("/mapping/fields", Code::MappingRequiredField, cause));
        }
    }
    let flag = flag(activation, &mut problems);
    let mut extra: Vec<Extra> = flag.into_iter().map(|name| Extra::Flag { name }).collect();
    let mapped = |field: &ServiceField| fields.iter().any(|f| f.role == field.role);
    let event_id = service.fields.iter().find(|f| f.role == FieldRole::EventId && !mapped(f));
    extra.extend(event_id.map(|f| Extra::EventId { name: f.name.clone() }));
    if !problems.is_empty() {
        return Err(problems);
    }
    targets.sort_by(|(a, _), (b, _)| (&a.name, a.role.as_str()).cmp(&(&b.name, b.role.as_str())));
    let (targets, null_is_absent): (Vec<Target>, Vec<bool>) = targets.into_iter().unzip();
    if activation.mode == Mode::ClearFieldsOnExit {
        extra.extend(targets.iter().filter(|t| t.role == FieldRole::Attribute).map(|t| Extra::Cleared { field: emptied(t) }));
    }
    Ok(Plan { select, targets, null_is_absent, moves: Moves::of(activation.mode), extra })
}

fn options(activation: &Activation, service: &Service, problems: &mut Vec<Problem>) {
    let Ok(validator) = jsonschema::validator_for(&service.options) else { return };
    for error in validator.iter_errors(&activation.options) {
        let pointer = format!("/options{}", error.instance_path());
        problems.push(Problem::new(pointer, Code::SettingsInvalid, format!("{}.", error.masked())));
    }
}

fn identifiers(activation: &Activation, service: &Service, problems: &mut Vec<Problem>) {
    let mapped = activation.mapping.fields.iter().filter(|f| f.role == FieldRole::Identifier).count();
    if mapped == 0 {
        let cause = format!("Map one of: {}.", service.identifiers.any_of.join(", "));
        problems.push(Problem::new("/mapping/fields", Code::MappingIdentifierMissing, cause));
    } else if mapped > service.identifiers.max as usize {
        let cause = format!("The service takes at most {} identifier(s); {mapped} are mapped.", service.identifiers.max);
        problems.push(Problem::new("/mapping/fields", Code::MappingIdentifierMissing, cause));
    }
}

/// The option `attribute` names the boolean attribute; services that offer the mode require it in their options schema.
fn flag(activation: &Activation, problems: &mut Vec<Problem>) -> Option<String> {
    if activation.mode != Mode::BooleanAttribute {
        return None;
    }
    let name = activation.options.get("attribute").and_then(|v| v.as_str());
    if name.is_none() {
        problems.push(Problem::new("/options/attribute", Code::SettingsInvalid, "Name the boolean attribute that says who is in."));
    }
    name.map(str::to_owned)
}

fn emptied(target: &Target) -> Field {
    let attrs = vec![("role".to_owned(), target.role.as_str().to_owned())];
    Field { name: target.name.clone(), ty: target.ty, nullable: true, attrs }
}

type Refusal = (&'static str, Code, String);

fn target(mapped: &MappedField, model: &Model, service: &Service, select: &mut Vec<String>) -> Result<Target, Refusal> {
    if mapped.role == FieldRole::RemoteId {
        return Err((
            "/role",
            Code::MappingTargetIllegal,
            "The platform tells its own ids; the host keeps them, nobody maps them.".into(),
        ));
    }
    let known = service.fields.iter().find(|f| f.name == mapped.target && f.role == mapped.role);
    if known.is_none() {
        custom_name(mapped, service)?;
    }
    let country = match &mapped.value {
        Value::Field(id) => model.field(id).and_then(|field| field.default_country),
        Value::Constant(_) => None,
    };
    let (ty, scale, filling) = match &mapped.value {
        Value::Field(id) => column(id, known, mapped, model, service, select)?,
        Value::Constant(value) => {
            let ty = known.map_or_else(|| natural(value), |f| f.ty);
            let given = Given { value, known, ty, scale: 0, country, place: "/value/constant", what: "the constant" };
            (ty, 0, Filling::Constant(given.formed()?))
        }
    };
    let default: Option<ArrayRef> = match &mapped.null {
        NullPolicy::Default(value) => {
            Some(Given { value, known, ty, scale, country, place: "/null/default", what: "the default" }.formed()?)
        }
        NullPolicy::LeaveOut | NullPolicy::Clear => None,
    };
    let custom_chars_max = service.custom_fields.as_ref().and_then(|c| c.chars_max);
    Ok(Target {
        name: mapped.target.clone(),
        role: mapped.role,
        ty,
        scale,
        filling,
        default,
        required: known.is_some_and(|f| f.required),
        chars_max: known.map_or(custom_chars_max, |f| f.chars_max),
        bytes_max: known.and_then(|f| f.bytes_max),
        one_of: known.map(|f| f.one_of.clone()).unwrap_or_default(),
        normalise: known.map(|f| f.normalise.clone()).unwrap_or_default(),
        hash: known.map(|f| f.hash).unwrap_or_default(),
        country,
    })
}

/// A value that stands in the mapping.
struct Given<'a> {
    value: &'a serde_json::Value,
    known: Option<&'a ServiceField>,
    ty: PhysicalType,
    scale: i8,
    country: Option<Country>,
    place: &'static str,
    what: &'static str,
}

impl Given<'_> {
    /// In the form that the platform wants, as every value of a column: a text that is to be hashed does not leave as it is.
    fn formed(&self) -> Result<ArrayRef, Refusal> {
        let constant = |value: &serde_json::Value| {
            shape::constant(value, self.ty, self.scale).ok_or_else(|| mismatch(self.place, self.what, self.ty))
        };
        let known = self.known.filter(|_| self.ty == PhysicalType::Utf8);
        let (serde_json::Value::String(text), Some(field)) = (self.value, known) else { return constant(self.value) };
        let misfit = |why: &str| {
            let cause = format!("The platform does not take {}: it {why}.", self.what);
            (self.place, Code::MappingTypeMismatch, cause)
        };
        let text = formed(text, &field.normalise, field.hash, self.country).map_err(|flaw| misfit(&flaw.to_string()))?;
        let characters = field.chars_max.is_some_and(|max| text.chars().count() > max as usize);
        if characters || field.bytes_max.is_some_and(|max| text.len() > max as usize) {
            return Err(misfit("is too long"));
        }
        if !field.one_of.is_empty() && !field.one_of.iter().any(|allowed| *allowed == text) {
            return Err(misfit(&format!("is none of {}", field.one_of.join(", "))));
        }
        constant(&text.into())
    }
}

fn column(
    id: &str,
    known: Option<&ServiceField>,
    mapped: &MappedField,
    model: &Model,
    service: &Service,
    select: &mut Vec<String>,
) -> Result<(PhysicalType, i8, Filling), Refusal> {
    let Some(field) = model.fields.iter().find(|f| f.id == id) else {
        let have: Vec<_> = model.fields.iter().map(|f| f.id.as_str()).collect();
        return Err(("/value/field", Code::FieldUnknown, format!("The model has: {}.", have.join(", "))));
    };
    let natural = field.ty.physical();
    let ty = match (known, &service.custom_fields) {
        (Some(known), _) => known.ty,
        (None, Some(custom)) if custom.types.contains(&natural) => natural,
        (None, Some(custom)) => return Err(not_custom(&mapped.target, natural, &custom.types)),
        (None, None) => natural,
    };
    let scale = match field.ty {
        DataType::Decimal { scale, .. } => scale as i8,
        _ => 0,
    };
    if !shape::fits(&shape::arrow_type(natural, scale), ty) {
        return Err(mismatch("/value/field", &format!("`{id}` ({})", field.ty), ty));
    }
    let at = select.iter().position(|s| s == id).unwrap_or_else(|| {
        select.push(id.to_owned());
        select.len() - 1
    });
    Ok((ty, scale, Filling::Column(model.primary_key.len() + at)))
}

fn custom_name(mapped: &MappedField, service: &Service) -> Result<(), Refusal> {
    let illegal = |cause: String| Err(("/target", Code::MappingTargetIllegal, cause));
    let name = &mapped.target;
    let named = || service.fields.iter().filter(|f| f.role == mapped.role).map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(custom) = service.custom_fields.as_ref().filter(|_| mapped.role == FieldRole::Attribute) else {
        return illegal(format!("The service has no {} `{name}`; it has: {}.", mapped.role.as_str(), named()));
    };
    if name.is_empty() || name.chars().count() > custom.name_chars_max as usize {
        return illegal(format!("A name has 1 to {} characters.", custom.name_chars_max));
    }
    if name.trim() != name || name.chars().any(char::is_control) {
        return illegal("A name does not begin or end with a blank and has no control characters.".into());
    }
    if let Some(start) = custom.name_not_starting_with.iter().find(|start| name.starts_with(start.as_str())) {
        return illegal(format!("A name does not start with `{start}`."));
    }
    if custom.names_reserved.contains(name) {
        return illegal(format!("`{name}` means something of its own at the platform and cannot be a field."));
    }
    if custom.name_charset.as_deref() == Some("word") && !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return illegal("A name has letters, digits and underscores only.".into());
    }
    Ok(())
}

fn natural(value: &serde_json::Value) -> PhysicalType {
    match value {
        serde_json::Value::Bool(_) => PhysicalType::Boolean,
        serde_json::Value::Number(n) if n.is_i64() => PhysicalType::Int64,
        serde_json::Value::Number(_) => PhysicalType::Float64,
        serde_json::Value::String(_) => PhysicalType::Utf8,
        serde_json::Value::Array(_) | serde_json::Value::Object(_) | serde_json::Value::Null => PhysicalType::Json,
    }
}

fn mismatch(place: &'static str, what: &str, ty: PhysicalType) -> Refusal {
    (place, Code::MappingTypeMismatch, format!("The target takes {}; {what} does not fit.", type_name(ty)))
}

fn not_custom(target: &str, ty: PhysicalType, allowed: &[PhysicalType]) -> Refusal {
    let allowed: Vec<_> = allowed.iter().map(|t| type_name(*t)).collect();
    (
        "/value/field",
        Code::MappingTypeMismatch,
        format!("`{target}` would be {}; the platform takes: {}.", type_name(ty), allowed.join(", ")),
    )
}

fn type_name(ty: PhysicalType) -> &'static str {
    match ty {
        PhysicalType::Boolean => "a boolean",
        PhysicalType::Int64 => "an integer",
        PhysicalType::Float64 => "a float",
        PhysicalType::Decimal128 => "a decimal",
        PhysicalType::Utf8 => "text",
        PhysicalType::Binary => "bytes",
        PhysicalType::Date32 => "a date",
        PhysicalType::TimestampMicros => "a timestamp",
        PhysicalType::Json => "JSON",
    }
}

#[cfg(test)]
mod tests;
