//! Properties and schemas of object types (*Setup objects*): read, and properties made. Nothing is made by writing a record.

use serde_json::{Value, json};

use super::{
    body::{Node, Query},
    limits,
    property::{Choice, FIELD_TYPES, Property, PropertyType},
    service::Service,
    shelf::Shelf,
    words::{CONFLICT, Refusal},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply},
};

/// `GET /crm/properties/{version}/{type}`.
pub(super) fn all(service: &Service, call: &Call, type_id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call, &["archived", "properties"])?;
    let state = service.state();
    let shelf = state.shelf(type_id);
    let archived = query.get("archived") == Some("true");
    let results: Vec<Value> = shelf.properties.values().filter(|_| !archived).map(Property::shown).collect();
    Ok(query.onto(Reply::json(200, &json!({ "results": results }))))
}

/// `GET /crm/properties/{version}/{type}/{name}`.
pub(super) fn one(service: &Service, call: &Call, type_id: &str, name: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call, &["archived", "properties"])?;
    let state = service.state();
    match state.shelf(type_id).properties.get(name) {
        Some(property) => Ok(query.onto(Reply::json(200, &property.shown()))),
        None => Err(Refusal::not_found(format!("The property named {name} does not exist."))),
    }
}

/// `POST /crm/properties/{version}/{type}`: 201 with the property; a name that is taken is a conflict.
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>, type_id: &str) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let name = body.must_text("name")?;
    let label = body.must_text("label")?;
    let group = body.must_text("groupName")?;
    let kind = body.must_text("type")?;
    let field_type = body.must_text("fieldType")?;
    let description = body.text("description")?.unwrap_or_default();
    let unique = body.flag("hasUniqueValue")?.unwrap_or_default();
    let options = body.array("options")?.unwrap_or_default();
    let options = options.into_iter().enumerate().map(|(index, it)| choice(it, index)).collect::<Result<Vec<_>, _>>()?;
    body.ignore(&["displayOrder", "hidden", "formField"]);
    body.finish()?;

    let mut state = service.state();
    let shelf = state.shelf(type_id);
    if !is_name(&name) {
        return Err(Refusal::invalid(format!("\"{name}\" is not a name of lower-case letters, digits and underscores.")));
    }
    if label.trim().is_empty() {
        return Err(Refusal::invalid("The label may not be blank."));
    }
    if !shelf.groups.contains(&group) {
        return Err(Refusal::invalid(format!("The group {group} does not exist.")));
    }
    let kind = PropertyType::of(&kind).ok_or_else(|| Refusal::invalid(format!("\"{kind}\" is not a type of properties.")))?;
    if !FIELD_TYPES.contains(&field_type.as_str()) || !kind.field_types().contains(&field_type.as_str()) {
        return Err(Refusal::invalid(format!("The field type {field_type} does not go with the type.")));
    }
    if (kind == PropertyType::Enumeration) == options.is_empty() && kind != PropertyType::Bool {
        return Err(Refusal::invalid("An enumeration needs options, and nothing else has them."));
    }
    if unique && !matches!(kind, PropertyType::String | PropertyType::Number) {
        // (inferred)
        return Err(Refusal::invalid("Only texts and numbers can be unique."));
    }
    if shelf.properties.contains_key(&name) {
        return Err(Refusal::new(409, CONFLICT, format!("A property named '{name}' already exists.")));
    }
    let property = Property {
        label,
        group_name: group,
        description,
        options,
        has_unique_value: unique,
        field_type,
        ..Property::new(&name, kind)
    };
    let mut reply = Reply::json(201, &property.shown());
    reply.tally.objects = 1;
    if portion.part == Part::All {
        reply.tally.applied = 1;
        let key = format!("{}/{name}", shelf.name);
        let text = json!({ "type": property.kind, "hasUniqueValue": unique }).to_string();
        service.ledger.append(call.number, [(Kind::Property, key, text.into())]);
        state.shelf_mut(type_id).properties.insert(name, property);
    }
    Ok(reply)
}

/// "Property internal names are lower-case letters, digits, underscore" (*Attributes*); the first is a letter (inferred).
fn is_name(name: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= limits::PROPERTY_NAME_CHARS_MAX
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && name.bytes().all(letters)
}

fn choice(value: Value, index: usize) -> Result<Choice, Refusal> {
    let mut node = Node::of(value, format!("options[{index}]"))?;
    let label = node.must_text("label")?;
    let value = node.must_text("value")?;
    let hidden = node.flag("hidden")?.unwrap_or_default();
    let order = node.number("displayOrder")?.and_then(|order| i64::try_from(order).ok());
    node.ignore(&["description"]);
    node.finish()?;
    Ok(Choice { label, value, hidden, display_order: order.unwrap_or(-1) })
}

/// `GET /crm-object-schemas/{version}/schemas`: the custom objects.
pub(super) fn schemas(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let query = Query::of(call, &["archived"])?;
    let state = service.state();
    let archived = query.get("archived") == Some("true");
    let custom = state.shelves.values().filter(|shelf| shelf.full_name.is_some() && !archived);
    let results: Vec<Value> = custom.map(schema).collect();
    Ok(query.onto(Reply::json(200, &json!({ "results": results }))))
}

fn schema(shelf: &Shelf) -> Value {
    let display = shelf.properties.values().find(|it| !it.hubspot_defined).map(|it| it.name.as_str());
    json!({
        "id": shelf.type_id.trim_start_matches("2-"), "objectTypeId": shelf.type_id, "name": shelf.name,
        "fullyQualifiedName": shelf.full_name, "labels": { "singular": shelf.singular, "plural": shelf.name },
        "primaryDisplayProperty": display, "requiredProperties": shelf.required, "searchableProperties": [],
        "secondaryDisplayProperties": [], "associations": [], "archived": false,
        "properties": shelf.properties.values().map(Property::shown).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_lower_case_letters_digits_and_underscores() {
        for (name, good) in [
            ("lifetime_value", true),
            ("a1", true),
            ("1a", false),
            ("_a", false),
            ("Lifetime", false),
            ("lifetime value", false),
            ("é", false),
            ("", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
        assert!(is_name(&"a".repeat(limits::PROPERTY_NAME_CHARS_MAX)));
        assert!(!is_name(&"a".repeat(limits::PROPERTY_NAME_CHARS_MAX + 1)));
    }
}
