//! Objects of a bundle that connectors stand behind, sources and destinations: their secrets, and whether the role may let them reach
//! what they name.

use serde_json::Value;
use sluice_catalog::{Code, destination::Destination, seal::Secret, source::Source};
use sluice_store::{Declared, Role};

use super::{bundle::Item, known::Known, planner::Planner};
use crate::{
    auth::needs,
    error::ApiError,
    resources::{
        destinations::{changes_grant, manifest_of},
        sources,
    },
};

impl Planner<'_> {
    /// Takes the secrets off an item.
    pub(super) fn secrets(&mut self, place: &str, item: &mut Item) -> Vec<(String, Secret)> {
        let secrets = match item.remove("credentials") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Object(secrets)) => secrets,
            Some(_) => {
                self.problem(format!("{place}/credentials"), Code::ApiInvalid, "It must be an object of texts.");
                return Vec::new();
            }
        };
        let mut out = Vec::new();
        for (name, value) in secrets {
            match value {
                Value::String(text) if !text.is_empty() => out.push((name, Secret::new(text.into_bytes()))),
                _ => self.problem(format!("{place}/credentials/{name}"), Code::ApiInvalid, "It must be a text that is not empty."),
            }
        }
        out
    }

    /// A source's rules, its secrets' names, and whether the role may let it read or connect there.
    pub(super) async fn source(
        &mut self,
        place: &str,
        value: &Source,
        known: &Known<Source>,
        secrets: &[(String, Secret)],
    ) -> Result<(), ApiError> {
        let before = known.before.get(&value.name).map(|before| &before.value);
        if sources::changes_grant(before, value) || !secrets.is_empty() {
            needs(&self.caller.identity, Role::Admin)?;
        }
        let found = self.api.host().source_problems(self.caller.ws, value).await?;
        self.found(place, found);
        let declared = sources::manifest_of_source(self.api, self.caller.ws, value).await.map(|m| m.credentials);
        let declared = declared.unwrap_or_default();
        for (name, _) in secrets.iter().filter(|(name, _)| !declared.iter().any(|c| c.name == *name)) {
            let detail = "The source has no such credential.";
            self.problem(format!("{place}/credentials/{name}"), Code::ApiInvalid, detail);
        }
        Ok(())
    }

    /// A destination's rules, its secrets' names, and whether the role may reach these hosts.
    pub(super) async fn destination(
        &mut self,
        place: &str,
        value: &Destination,
        known: &Known<Destination>,
        secrets: &[(String, Secret)],
    ) -> Result<(), ApiError> {
        let manifest = match manifest_of(self.api, self.caller.ws, &value.connector).await {
            Ok(manifest) => manifest,
            Err(problem) => {
                self.found(place, vec![problem]);
                return Ok(());
            }
        };
        let grants = known.before.get(value.name()).is_none_or(|before| changes_grant(&before.value, value, &manifest));
        if grants || !secrets.is_empty() {
            needs(&self.caller.identity, Role::Admin)?;
        }
        let found = self.api.host().destination_problems(self.caller.ws, value).await?;
        self.found(place, found);
        for (name, _) in secrets {
            if !manifest.credentials.iter().any(|c| c.name == *name) {
                let names: Vec<_> = manifest.credentials.iter().map(|c| c.name.as_str()).collect();
                let detail = format!("The connector has no such credential; it has {}.", names.join(", "));
                self.problem(format!("{place}/credentials/{name}"), Code::ApiInvalid, detail);
            }
        }
        Ok(())
    }
}
