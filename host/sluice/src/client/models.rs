//! What the server says about sources and models: health, schema, keys, values, relationships.

use reqwest::Method;
use serde_json::Value;

use super::Workspace;
use crate::failure::Failure;

impl Workspace {
    /// The health of every object.
    pub(crate) async fn health(&self) -> Result<Value, Failure> {
        self.get(&["health"], &[]).await
    }

    /// The test of a source, step by step.
    pub(crate) async fn test_source(&self, id: &str) -> Result<Value, Failure> {
        self.post(&["sources", id, "test"], &[], &Value::Null).await
    }

    /// Asks something of a model that takes a look at its source.
    pub(crate) async fn ask_model(&self, id: &str, what: &[&str], body: &Value) -> Result<Value, Failure> {
        let segments: Vec<&str> = ["models", id].into_iter().chain(what.iter().copied()).collect();
        self.post(&segments, &[], body).await
    }

    /// Repairs a model as it is now.
    pub(crate) async fn repair(&self, id: &str, body: &Value) -> Result<Value, Failure> {
        let revision = self.get(&["models", id], &[]).await?["revision"].as_u64().unwrap_or_default();
        let request = self.client.request(Method::POST, &self.path(&["models", id, "repairs"]), &[]);
        self.client.json(request.header("if-match", format!("\"{revision}\"")).json(body)).await
    }

    /// The values of a categorical field.
    pub(crate) async fn values(&self, id: &str, field: &str, fresh: bool) -> Result<Value, Failure> {
        let segments = ["models", id, "fields", field, "values"];
        if fresh { self.post(&segments, &[], &Value::Null).await } else { self.get(&segments, &[]).await }
    }
}
