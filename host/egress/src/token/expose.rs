//! What a token's answer tells beside the token, and becomes a setting: only where its text has exactly the declared form, and what stands
//! in the braces is what the setting's schema allows. A part of a host name is one label, whatever the schema forgets to say.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_catalog::manifest::{HostPattern, Manifest, TokenEndpoint, braced};

/// One member of the answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expose {
    /// Its name.
    member: String,
    before: String,
    after: String,
    /// The setting that it becomes.
    pub(super) setting: String,
    /// The setting's schema.
    schema: Value,
    /// Whether it is a part of a host name.
    host: bool,
}

impl Expose {
    /// What the manifest declares.
    pub(super) fn of(manifest: &Manifest, endpoint: &TokenEndpoint) -> Vec<Self> {
        let in_host = |setting: &str| {
            manifest.egress.iter().any(|e| matches!(&e.host, HostPattern::Setting { setting: s, .. } if s == setting))
        };
        let one = |(member, form): (&String, &String)| {
            let (before, setting, after) = braced(form)?;
            Some(Self {
                member: member.clone(),
                before: before.to_owned(),
                after: after.to_owned(),
                setting: setting.to_owned(),
                schema: manifest.settings["properties"][setting].clone(),
                host: in_host(setting),
            })
        };
        endpoint.expose.iter().filter_map(one).collect()
    }

    /// The setting's value in an answer; in a sentence, why there is none.
    fn read(&self, answer: &serde_json::Map<String, Value>) -> Result<String, String> {
        let Self { member, before, after, setting, .. } = self;
        let text = answer.get(member).and_then(Value::as_str);
        let text = text.ok_or_else(|| format!("the token's answer has no text `{member}`"))?;
        let inner = text.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
        let inner =
            inner.ok_or_else(|| format!("`{member}` of the token's answer does not have the form {before}{{{setting}}}{after}"))?;
        let value = Value::String(inner.to_owned());
        let fits = jsonschema::validator_for(&self.schema).is_ok_and(|schema| schema.is_valid(&value));
        if !fits || (self.host && !is_label(inner)) {
            return Err(format!("`{member}` of the token's answer holds no valid `{setting}`"));
        }
        Ok(inner.to_owned())
    }
}

/// Every setting that an answer exposes.
pub(super) fn read(all: &[Expose], answer: &serde_json::Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    all.iter().map(|one| Ok((one.setting.clone(), one.read(answer)?))).collect()
}

/// One label of a host name, as it is written in lower case.
fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.len() <= 63 && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::manifest;

    const SFMC: &str = r#"
[settings]
type = "object"
[settings.properties]
client_id = { type = "string" }
tenant = { type = "string", readOnly = true }
[[egress]]
host = "{tenant}.rest.vendor.example"
methods = ["POST"]
[[credentials]]
name = "client"
help = "h"
[credentials.write]
kind = "oauth2-client-credentials"
[credentials.write.token]
url = "https://auth.vendor.example/v2/token"
client-id = "client_id"
client-authentication = "json"
expose = { rest_instance_url = "https://{tenant}.rest.vendor.example/" }
"#;

    #[test]
    fn a_member_becomes_a_setting_only_in_its_exact_form() {
        let manifest = manifest(SFMC);
        let exposes = Expose::of(&manifest, manifest.credentials[0].write.token_endpoint().expect("an endpoint"));
        let read = |url: Value| {
            let answer = json!({ "rest_instance_url": url });
            read(&exposes, answer.as_object().expect("an object")).map(|found| found["tenant"].clone())
        };
        assert_eq!(read(json!("https://mc-1a2b.rest.vendor.example/")).as_deref(), Ok("mc-1a2b"));
        for refused in [
            json!("https://evil.example/.rest.vendor.example/"),
            json!("https://a.b.rest.vendor.example/"),
            json!("https://A.rest.vendor.example/"),
            json!("https://.rest.vendor.example/"),
            json!("https://a@b.rest.vendor.example/"),
            json!("http://a.rest.vendor.example/"),
            json!("https://a.rest.vendor.example"),
            json!("https://a.rest.vendor.example/x"),
            json!(7),
            Value::Null,
        ] {
            assert!(read(refused.clone()).is_err(), "{refused}");
        }
    }
}
