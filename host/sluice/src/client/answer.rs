//! An answer of the server: its JSON, or the refusal in our words.

use serde_json::Value;
use sluice_catalog::Code;

use crate::failure::{Failure, Place};

/// The body of a success; what is not one becomes a failure.
pub(super) async fn read(answer: reqwest::Response) -> Result<Value, Failure> {
    let status = answer.status();
    let cut = |error: reqwest::Error| Failure::new(Code::ApiUnreachable, format!("The answer did not arrive whole: {error}."));
    let bytes = answer.bytes().await.map_err(cut)?;
    if status.is_success() {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        return serde_json::from_slice(&bytes).map_err(|_| foreign(status.as_u16()));
    }
    Err(refusal(status.as_u16(), &bytes))
}

/// A refusal's body (RFC 9457 with our members) as a failure.
pub(super) fn refusal(status: u16, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (Some(code), Some(detail)) = (problem["code"].as_str(), problem["detail"].as_str()) else { return foreign(status) };
    let place = |error: &Value| {
        let (code, cause) = known(&text(&error["code"]), &text(&error["detail"]));
        Place { file: None, pointer: text(&error["pointer"]), code, cause }
    };
    let (code, cause) = known(code, detail);
    Failure {
        places: problem["errors"].as_array().into_iter().flatten().map(place).collect(),
        request_id: problem["request_id"].as_str().map(str::to_owned),
        ..Failure::new(code, cause)
    }
}

/// A code of a newer server is named in the cause.
fn known(code: &str, cause: &str) -> (Code, String) {
    match code.parse() {
        Ok(code) => (code, cause.to_owned()),
        Err(_) => (Code::ApiConflict, format!("{code}: {cause}")),
    }
}

fn foreign(status: u16) -> Failure {
    let cause = format!("The answer ({status}) is not a Sluice server's; does the address lead to another server or a proxy?");
    Failure::new(Code::ApiUnreachable, cause)
}
