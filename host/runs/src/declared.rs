//! Everything that an activation refers to, read together: the one place where ids become objects.

use sluice_catalog::{
    Code,
    activation::{Activation, From},
    condition::Context,
    destination::Destination,
    ids::{ActivationId, ModelId, WorkspaceId},
    manifest::{Manifest, Service},
    model::Model,
    problem::Problem,
    segment::Segment,
    source::Source,
};
use sluice_store::{Connector, Store, Stored};

use crate::{around, error::RunError, verdict::Why};

/// A model with its source and, for a segment, its condition.
pub(crate) struct Rows {
    /// The source.
    pub(crate) source: Stored<Source>,
    /// The model.
    pub(crate) model: Stored<Model>,
    /// The segment, unless the model itself is meant.
    pub(crate) segment: Option<Stored<Segment>>,
    /// What the segment's condition and the model's calculated fields reach.
    pub(crate) context: Context,
}

/// A destination with the active version of its connector.
pub(crate) struct Platform {
    /// The destination.
    pub(crate) destination: Stored<Destination>,
    /// The installed connector.
    pub(crate) connector: Connector,
    /// Its manifest.
    pub(crate) manifest: Manifest,
}

/// An activation with everything it refers to.
pub(crate) struct Declared {
    /// The activation.
    pub(crate) activation: Stored<Activation>,
    /// What is sent.
    pub(crate) rows: Rows,
    /// Where it goes.
    pub(crate) platform: Platform,
    /// The service of the connector.
    pub(crate) service: Service,
}

impl Rows {
    /// Of a model or of a segment.
    pub(crate) async fn load(store: &Store, ws: WorkspaceId, from: From) -> Result<Self, RunError> {
        let (model, mut segment) = match from {
            From::Model(id) => (store.get::<Model>(ws, id).await?, None),
            From::Segment(id) => {
                let segment = store.get::<Segment>(ws, id).await?;
                (store.get::<Model>(ws, segment.value.model).await?, Some(segment))
            }
        };
        let source = store.get::<Source>(ws, model.value.source).await?;
        let mut context = match &segment {
            None => around::around_model(store, ws, Some(model.id), &model.value).await?,
            Some(segment) => around::context(store, ws, Some(segment.id), &segment.value, &model.value).await?,
        };
        if let Some(segment) = &mut segment {
            around::by_list(&mut segment.value, segment.id, &mut context);
        }
        Ok(Self { source, model, segment, context })
    }

    /// Why an activation cannot send these rows.
    pub(crate) fn unsent(&self) -> Option<Problem> {
        self.segment.as_ref().and_then(|segment| segment.value.unsent())
    }

    /// The segment, and what its condition reaches.
    pub(crate) fn members(&self) -> Option<(&Segment, &Context)> {
        self.segment.as_ref().map(|segment| (&segment.value, &self.context))
    }

    /// Of a model alone.
    pub(crate) async fn of_model(store: &Store, ws: WorkspaceId, model: ModelId) -> Result<Self, RunError> {
        Self::load(store, ws, From::Model(model)).await
    }
}

impl Platform {
    /// Of a destination that is stored.
    pub(crate) async fn load(store: &Store, ws: WorkspaceId, id: sluice_catalog::ids::DestinationId) -> Result<Self, RunError> {
        let destination = store.get::<Destination>(ws, id).await?;
        let (connector, manifest) = connector(store, ws, &destination.value.connector).await?;
        Ok(Self { destination, connector, manifest })
    }
}

/// The active version of a connector, and its manifest.
pub(crate) async fn connector(store: &Store, ws: WorkspaceId, id: &str) -> Result<(Connector, Manifest), RunError> {
    let Some(connector) = store.active_connector(ws, id).await? else {
        let cause = format!("No connector `{id}` is installed in this workspace.");
        return Err(RunError::Problems(vec![Problem::new("/connector", Code::FieldUnknown, cause)]));
    };
    let manifest = Manifest::parse(&connector.manifest).map_err(|errors| {
        let cause = errors.first().map(ToString::to_string).unwrap_or_default();
        RunError::Said(Why::ours(Code::ConnectorManifestInvalid, cause))
    })?;
    Ok((connector, manifest))
}

/// The service of this name.
pub(crate) fn service<'m>(manifest: &'m Manifest, name: &str) -> Result<&'m Service, Problem> {
    manifest.service(name).ok_or_else(|| {
        let have: Vec<_> = manifest.services.keys().map(String::as_str).collect();
        Problem::new("/service", Code::ServiceUnknown, format!("The connector has: {}.", have.join(", ")))
    })
}

impl Declared {
    /// Reads the activation and all that it refers to.
    pub(crate) async fn load(store: &Store, ws: WorkspaceId, id: ActivationId) -> Result<Self, RunError> {
        let activation = store.get::<Activation>(ws, id).await?;
        let rows = Rows::load(store, ws, activation.value.from).await?;
        if let Some(problem) = rows.unsent() {
            return Err(RunError::Problems(vec![problem]));
        }
        let platform = Platform::load(store, ws, activation.value.destination).await?;
        let service = service(&platform.manifest, &activation.value.service).map_err(|p| RunError::Problems(vec![p]))?.clone();
        Ok(Self { activation, rows, platform, service })
    }
}
