//! What a type must say to be a declared object: its kind, its name, its ids, and what it refers to.

use std::{fmt, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use sluice_catalog::{
    activation::{Activation, From as ActivationFrom},
    destination::Destination,
    ids::{ActivationId, DestinationId, ModelId, SegmentId, SourceId},
    model::Model,
    segment::Segment,
    source::Source,
};

/// The kinds of declared objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the glossary's words
pub enum ObjectKind {
    Source,
    Model,
    Segment,
    Destination,
    Activation,
}

impl ObjectKind {
    /// Every kind, in the order in which they refer to each other.
    pub const ALL: [ObjectKind; 5] = [Self::Source, Self::Model, Self::Segment, Self::Destination, Self::Activation];

    /// The text in the database, in the audit and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Model => "model",
            Self::Segment => "segment",
            Self::Destination => "destination",
            Self::Activation => "activation",
        }
    }
}

impl FromStr for ObjectKind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// One object that another refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub struct Reference {
    pub kind: ObjectKind,
    pub id: String,
}

/// An object that operators declare.
pub trait Declared: Serialize + DeserializeOwned + Send + Sync {
    /// Its typed id.
    type Id: Copy + Ord + fmt::Display + fmt::Debug + FromStr + Send + Sync;
    /// Its kind.
    const KIND: ObjectKind;
    /// Unique per kind and workspace.
    fn name(&self) -> &str;
    /// A new id from time and 80 random bits.
    fn new_id(unix_ms: u64, random: u128) -> Self::Id;
    /// What it refers to; each must be in the same workspace, and cannot be deleted while this object is there.
    fn references(&self) -> Vec<Reference>;
}

impl Declared for Source {
    type Id = SourceId;
    const KIND: ObjectKind = ObjectKind::Source;
    fn name(&self) -> &str {
        &self.name
    }
    fn new_id(unix_ms: u64, random: u128) -> SourceId {
        SourceId::new(unix_ms, random)
    }
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}

impl Declared for Model {
    type Id = ModelId;
    const KIND: ObjectKind = ObjectKind::Model;
    fn name(&self) -> &str {
        &self.name
    }
    fn new_id(unix_ms: u64, random: u128) -> ModelId {
        ModelId::new(unix_ms, random)
    }
    fn references(&self) -> Vec<Reference> {
        let source = Reference { kind: ObjectKind::Source, id: self.source.to_string() };
        let related = self.relationships.iter().map(|r| Reference { kind: ObjectKind::Model, id: r.model.to_string() });
        let members = self.calculated_members();
        let members = members.into_iter().map(|id| Reference { kind: ObjectKind::Segment, id: id.to_string() });
        std::iter::once(source).chain(related).chain(members).collect()
    }
}

impl Declared for Segment {
    type Id = SegmentId;
    const KIND: ObjectKind = ObjectKind::Segment;
    fn name(&self) -> &str {
        &self.name
    }
    fn new_id(unix_ms: u64, random: u128) -> SegmentId {
        SegmentId::new(unix_ms, random)
    }
    fn references(&self) -> Vec<Reference> {
        let model = Reference { kind: ObjectKind::Model, id: self.model.to_string() };
        let members = self.condition.root.members();
        let members = members.into_iter().map(|id| Reference { kind: ObjectKind::Segment, id: id.to_string() });
        let remote = self.remote.iter();
        let remote = remote.map(|remote| Reference { kind: ObjectKind::Destination, id: remote.destination.to_string() });
        std::iter::once(model).chain(members).chain(remote).collect()
    }
}

impl Declared for Destination {
    type Id = DestinationId;
    const KIND: ObjectKind = ObjectKind::Destination;
    fn name(&self) -> &str {
        &self.name
    }
    fn new_id(unix_ms: u64, random: u128) -> DestinationId {
        DestinationId::new(unix_ms, random)
    }
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}

impl Declared for Activation {
    type Id = ActivationId;
    const KIND: ObjectKind = ObjectKind::Activation;
    fn name(&self) -> &str {
        &self.name
    }
    fn new_id(unix_ms: u64, random: u128) -> ActivationId {
        ActivationId::new(unix_ms, random)
    }
    fn references(&self) -> Vec<Reference> {
        let from = match self.from {
            ActivationFrom::Model(id) => Reference { kind: ObjectKind::Model, id: id.to_string() },
            ActivationFrom::Segment(id) => Reference { kind: ObjectKind::Segment, id: id.to_string() },
        };
        vec![from, Reference { kind: ObjectKind::Destination, id: self.destination.to_string() }]
    }
}
