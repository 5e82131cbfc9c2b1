//! Destinations: how their credentials stand, and connecting them.

use reqwest::Method;
use serde_json::{Value, json};

use super::Workspace;
use crate::failure::Failure;

impl Workspace {
    /// A destination with its credentials.
    pub(crate) async fn destination(&self, id: &str) -> Result<Value, Failure> {
        self.get(&["destinations", id], &[]).await
    }

    /// A link to connect a credential.
    pub(crate) async fn connect(&self, id: &str, credential: &str) -> Result<Value, Failure> {
        self.post(&["destinations", id, "credentials", credential, "connect"], &[], &Value::Null).await
    }

    /// Enters a refresh token.
    pub(crate) async fn put_refresh_token(&self, id: &str, credential: &str, token: &str) -> Result<Value, Failure> {
        let path = ["destinations", id, "credentials", credential, "refresh-token"];
        let request = self.client.request(Method::PUT, &self.path(&path), &[]);
        self.client.json(request.json(&json!({ "refresh_token": token }))).await
    }

    /// Forgets what a credential was exchanged for.
    pub(crate) async fn disconnect(&self, id: &str, credential: &str) -> Result<Value, Failure> {
        let path = ["destinations", id, "credentials", credential, "connection"];
        self.client.json(self.client.request(Method::DELETE, &self.path(&path), &[])).await
    }
}
