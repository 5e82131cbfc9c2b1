//! Installing a connector: the component is checked without running it, compiled, stored, and becomes the active version of its id.

use sluice_catalog::ids::WorkspaceId;

use crate::{error::RunError, host::Host, verdict::Why};

impl Host {
    /// Checks and installs a component.
    pub async fn install(&self, ws: WorkspaceId, bytes: Vec<u8>, by: &str) -> Result<sluice_store::Connector, RunError> {
        let engine = self.engine().clone();
        let (bytes, component) = tokio::task::spawn_blocking(move || {
            let component = sluice_sandbox::component::Component::read(&bytes)?;
            Ok::<_, sluice_sandbox::component::Refusal>((bytes, component))
        })
        .await
        .map_err(|e| RunError::Defect(e.to_string()))?
        .map_err(|e| RunError::Said(Why::ours(e.code(), e.to_string())))?;
        let to_compile = bytes.clone();
        tokio::task::spawn_blocking(move || engine.compile(&to_compile).map(drop))
            .await
            .map_err(|e| RunError::Defect(e.to_string()))?
            .map_err(|e| RunError::Said(Why::ours(e.code(), e.to_string())))?;
        let new = sluice_store::NewConnector {
            id: &component.manifest().id,
            version: &component.manifest().version,
            manifest: component.manifest_text(),
            bytes: &bytes,
        };
        Ok(self.store().install_connector(ws, &sluice_store::Actor::new(by), &new).await?)
    }
}
