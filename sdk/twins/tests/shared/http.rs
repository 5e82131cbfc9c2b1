//! What the tests of every twin send with.

use std::sync::Once;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;

pub(crate) fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another test of the process may have been first.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
    Client::builder().no_proxy().build().unwrap()
}

/// Status and answer, which is a text when it is no JSON.
pub(crate) async fn send(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, text.parse().unwrap_or(Value::String(text)))
}
