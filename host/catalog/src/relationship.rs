//! A relationship: how the rows of a model find rows of another (features 3.8). Conditions follow it by its name.
//!
//! Each side is declared on its own model, and the other model may lie in another source. The kind is for people and builders; an
//! evaluation counts the rows that are there, whatever the kind promises. Measured match rates are the query room's knowledge.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    ids::ModelId,
    limits::{FIELD_ID_CHARS_MAX, JOINED_FIELDS_MAX, RELATIONSHIPS_MAX},
    model::{Model, is_field_id, unknown_field},
    problem::Problem,
    types::DataType,
};

/// A named way from a model to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Relationship {
    /// Names it in conditions: a lower-case letter, then lower-case letters, digits and `_`; at most 63; unique within the model.
    pub name: String,
    /// How many rows a row is meant to find.
    pub kind: RelationshipKind,
    /// The other model; the model itself is allowed.
    pub model: ModelId,
    /// One to four pairs of fields of one type; a row finds the rows with which every pair is equal. A null equals nothing.
    pub on: Vec<Join>,
    /// Name of the relationship of the other model that leads back over the same pairs. Making one side makes the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<String>,
}

/// How many rows of the other model a row is meant to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RelationshipKind {
    /// Any number: a customer has many orders.
    HasMany,
    /// At most one, which others may find, too: an order belongs to a customer.
    BelongsTo,
    /// At most one, found by nobody else: a customer has one profile.
    HasOne,
}

impl RelationshipKind {
    /// The kind of the way back.
    pub fn inverse(self) -> Self {
        match self {
            Self::HasMany => Self::BelongsTo,
            Self::BelongsTo => Self::HasMany,
            Self::HasOne => Self::HasOne,
        }
    }
}

/// Two fields that must be equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RelationshipJoin)]
pub struct Join {
    /// Id of a field of this model.
    pub field: String,
    /// Id of a field of the other model, of the same type.
    pub other: String,
}

impl Relationship {
    /// The way back, under this name; `from` is the model that this one is of.
    pub fn back(&self, name: &str, from: ModelId) -> Self {
        let on = self.on.iter().map(|join| Join { field: join.other.clone(), other: join.field.clone() }).collect();
        Self { name: name.into(), kind: self.kind.inverse(), model: from, on, inverse: Some(self.name.clone()) }
    }

    /// Whether `other`, of the other model, leads back over the same pairs and says so.
    fn is_inverse(&self, other: &Self) -> bool {
        let same = |a: &Join, b: &Join| a.field == b.other && a.other == b.field;
        other.inverse.as_deref() == Some(&self.name)
            && (other.kind == self.kind.inverse()
                || (self.kind, other.kind) == (RelationshipKind::BelongsTo, RelationshipKind::HasOne)
                || (self.kind, other.kind) == (RelationshipKind::HasOne, RelationshipKind::BelongsTo))
            && self.on.len() == other.on.len()
            && self.on.iter().zip(&other.on).all(|(a, b)| same(a, b))
    }

    /// Positions of the joined fields, in `model` and in `other`; else what is wrong, with pointers relative to the relationship.
    pub fn joins(&self, model: &Model, other: &Model) -> Result<Vec<(usize, usize)>, Vec<Problem>> {
        let (mut pairs, mut problems) = (Vec::with_capacity(self.on.len()), Vec::new());
        for (at, join) in self.on.iter().enumerate() {
            let mut position = |side: &str, id: &str, model: &Model| {
                let found = model.fields.iter().position(|field| field.id == id);
                if found.is_none() {
                    problems.push(unknown_field(format!("/on/{at}/{side}"), id, model));
                }
                found
            };
            let (here, there) = (position("field", &join.field, model), position("other", &join.other, other));
            let (Some(here), Some(there)) = (here, there) else { continue };
            let (ty, other_ty) = (model.fields[here].ty, other.fields[there].ty);
            if ty != other_ty {
                let cause = format!(
                    "{}.{} is {ty}, and {}.{} is {other_ty}; joined fields have one type. A calculated field with `cast` makes one of the other.",
                    model.name, join.field, other.name, join.other
                );
                problems.push(Problem::new(format!("/on/{at}/other"), Code::RelationshipInvalid, cause));
            } else {
                pairs.push((here, there));
            }
        }
        if problems.is_empty() { Ok(pairs) } else { Err(problems) }
    }
}

impl Model {
    /// The relationship of this name.
    pub fn relationship(&self, name: &str) -> Option<&Relationship> {
        self.relationships.iter().find(|relationship| relationship.name == name)
    }

    /// What is wrong with the relationships as far as this model alone tells.
    pub(crate) fn validate_relationships(&self, problems: &mut Vec<Problem>) {
        let mut wrong = |at: String, cause: String| problems.push(Problem::new(at, Code::RelationshipInvalid, cause));
        if self.relationships.len() > RELATIONSHIPS_MAX {
            wrong("/relationships".into(), format!("A model has at most {RELATIONSHIPS_MAX} relationships."));
        }
        let mut names = HashSet::new();
        for (at, relationship) in self.relationships.iter().enumerate() {
            let place = format!("/relationships/{at}");
            if !is_field_id(&relationship.name) {
                let cause = format!(
                    "A name begins with a lower-case letter and goes on with lower-case letters, digits and _; at most {FIELD_ID_CHARS_MAX}."
                );
                wrong(format!("{place}/name"), cause);
            } else if !names.insert(&relationship.name) {
                wrong(format!("{place}/name"), format!("Another relationship is called {}.", relationship.name));
            }
            if relationship.on.is_empty() || relationship.on.len() > JOINED_FIELDS_MAX {
                wrong(format!("{place}/on"), format!("A relationship joins 1 to {JOINED_FIELDS_MAX} pairs of fields."));
            }
            for (pair, join) in relationship.on.iter().enumerate() {
                if let Some(ty @ (DataType::Float | DataType::Json | DataType::Array)) = self.field(&join.field).map(|f| f.ty) {
                    let cause = format!("A joined field must be exact and scalar; {} is {ty}.", join.field);
                    wrong(format!("{place}/on/{pair}/field"), cause);
                }
            }
        }
    }

    /// What is wrong with the relationships once the other models are known. `find` gives a model of the workspace by its id; for this
    /// model's own id it must give this version.
    pub fn relationship_problems<'m>(&self, find: impl Fn(ModelId) -> Option<&'m Model>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, relationship) in self.relationships.iter().enumerate() {
            let place = format!("/relationships/{at}");
            match find(relationship.model) {
                None => {
                    let cause = format!("There is no model {} in this workspace.", relationship.model);
                    problems.push(Problem::new(format!("{place}/model"), Code::RelationshipInvalid, cause));
                }
                Some(other) => {
                    let found = relationship.joins(self, other).err().unwrap_or_default();
                    problems.extend(found.into_iter().map(|p| Problem { pointer: format!("{place}{}", p.pointer), ..p }));
                    let back = relationship.inverse.as_deref().map(|name| (name, other.relationship(name)));
                    if let Some((name, found)) = back
                        && !found.is_some_and(|back| relationship.is_inverse(back))
                    {
                        let cause = format!(
                            "The model {} has no relationship {name} that leads back over the same fields and names {} as its inverse.",
                            other.name, relationship.name
                        );
                        problems.push(Problem::new(format!("{place}/inverse"), Code::RelationshipInvalid, cause));
                    }
                }
            }
        }
        problems
    }
}
