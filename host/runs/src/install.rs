//! Installing a connector: the component is checked without running it, compiled, compared with the build in use, stored, and becomes the
//! active version of its id.

use sluice_catalog::{Code, ids::WorkspaceId, manifest::Manifest};
use sluice_sandbox::component::{Component, Refusal};
use sluice_store::{Actor, Connector, NewConnector};

use crate::{error::RunError, host::Host, limits::WIDER_LINES_MAX, verdict::Why};

impl Host {
    /// Checks and installs a component. One that asks for more than the active build of its id is refused, unless `accept` is its own
    /// digest.
    pub async fn install(&self, ws: WorkspaceId, bytes: Vec<u8>, by: &str, accept: Option<&str>) -> Result<Connector, RunError> {
        let engine = self.engine().clone();
        let (bytes, component) = tokio::task::spawn_blocking(move || {
            let component = Component::read(&bytes)?;
            Ok::<_, Refusal>((bytes, component))
        })
        .await
        .map_err(|e| RunError::Defect(e.to_string()))?
        .map_err(|e| RunError::Said(Why::ours(e.code(), e.to_string())))?;
        let manifest = component.manifest();
        let active = self.store().active_connector(ws, &manifest.id).await?;
        let wider = active.as_ref().map(|active| wider(manifest, active)).unwrap_or_default();
        let digest = component.digest().to_string();
        if let Some(active) = active.as_ref().filter(|_| !wider.is_empty() && accept != Some(digest.as_str())) {
            return Err(RunError::Said(Why::ours(Code::ConnectorWiderReach, refusal(manifest, &digest, active, &wider))));
        }
        let to_compile = bytes.clone();
        tokio::task::spawn_blocking(move || engine.compile(&to_compile).map(drop))
            .await
            .map_err(|e| RunError::Defect(e.to_string()))?
            .map_err(|e| RunError::Said(Why::ours(e.code(), e.to_string())))?;
        let new = NewConnector {
            id: &manifest.id,
            version: &manifest.version,
            manifest: component.manifest_text(),
            bytes: &bytes,
            over: active.as_ref().map(|active| active.digest.as_str()),
            accepted: &wider,
        };
        Ok(self.store().install_connector(ws, &Actor::new(by), &new).await?)
    }
}

/// What the active build may not do. One whose manifest does not read any more is taken for one that may do nothing.
fn wider(manifest: &Manifest, active: &Connector) -> Vec<String> {
    manifest.wider_than(Manifest::parse(&active.manifest).ok().as_ref())
}

fn refusal(manifest: &Manifest, digest: &str, active: &Connector, wider: &[String]) -> String {
    let (id, version) = (&manifest.id, &manifest.version);
    let mut text = format!("The component {digest} ({id} {version}) may do what {}, which is in use, may not:", active.version);
    for line in wider.iter().take(WIDER_LINES_MAX) {
        text.push_str("\n  - ");
        text.push_str(line);
    }
    if let Some(more) = wider.len().checked_sub(WIDER_LINES_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("\n  - and {more} more"));
    }
    text
}
