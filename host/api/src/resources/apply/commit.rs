//! The changes of a plan, made in one transaction.

use sluice_catalog::{
    activation::Activation, destination::Destination, model::Model, seal::Secret, segment::Segment, source::Source,
};
use sluice_store::{Changes, Declared, Owner};

use crate::{auth::Caller, error::ApiError, state::Api};

/// The changes of a plan, in the order in which they refer to each other.
#[derive(Default)]
pub(crate) struct Commit {
    pub(super) sources: Vec<Put<Source>>,
    pub(super) models: Vec<Put<Model>>,
    pub(super) segments: Vec<Put<Segment>>,
    pub(super) destinations: Vec<Put<Destination>>,
    pub(super) credentials: Vec<(Owner, String, Secret)>,
    pub(super) activations: Vec<Put<Activation>>,
}

/// One object to store.
pub(super) struct Put<T: Declared> {
    pub(super) id: T::Id,
    /// None: it is new.
    pub(super) expected: Option<u64>,
    pub(super) value: T,
}

impl Commit {
    /// Makes every change in one transaction.
    pub(crate) async fn run(self, api: &Api, caller: &Caller) -> Result<(), ApiError> {
        let mut changes = api.store().changes(caller.ws, &caller.actor());
        fn add<T: Declared>(changes: &mut Changes<'_>, puts: &[Put<T>]) {
            for put in puts {
                match put.expected {
                    None => changes.insert_as(put.id, &put.value),
                    Some(expected) => changes.update(put.id, expected, &put.value),
                }
            }
        }
        add(&mut changes, &self.sources);
        add(&mut changes, &self.models);
        add(&mut changes, &self.destinations);
        add(&mut changes, &self.segments);
        for (owner, name, secret) in self.credentials {
            changes.credential(owner, &name, secret);
        }
        add(&mut changes, &self.activations);
        changes.commit().await?;
        for put in &self.activations {
            api.host().reschedule(caller.ws, put.id).await?;
        }
        Ok(())
    }
}
