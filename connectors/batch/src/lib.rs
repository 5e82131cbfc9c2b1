//! The Batch connector: custom data of apps (Mobile Engagement Platform, MEP), profiles and events of projects (Customer Engagement
//! Platform, CEP).
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; waiting, retrying and the key
//! are the host's. `README.md` is for the person who sets it up.

mod attributes;
mod contacts;
mod custom_id;
mod events;
mod operations;
mod outcomes;
mod people;
mod profiles;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, Service, connected};

use crate::settings::Settings;

/// The component's face.
#[derive(Debug)]
pub struct Batch;

impl Destination for Batch {
    const SERVICES: &'static [Service] = &[
        Service::new("contacts", contacts::write),
        Service::new("profiles", profiles::write),
        Service::new("events", events::write),
    ];

    /// Asks for the project's orchestrations, and sends each app nothing about nobody: MEP has no question that could be asked.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let settings = Settings::of(call)?;
        let mut answered = Vec::new();
        if let Some(project) = settings.project_key() {
            outcomes::of_check(project.get(call, wire::ORCHESTRATIONS).send())?;
            answered.push("the project".to_owned());
        }
        let apps = settings.app_api_keys();
        for (at, app) in apps.iter().enumerate() {
            contacts::check(call, app, at)?;
        }
        match apps.len() {
            0 if answered.is_empty() => {
                return Err(Halt::setting(
                    "project_key",
                    "the settings name neither a project (`project_key`) nor an app (`app_api_keys`)",
                ));
            }
            0 => {}
            1 => answered.push("1 app".to_owned()),
            apps => answered.push(format!("{apps} apps")),
        }
        Ok(connected(&format!("Connected: {}.", answered.join(" and ")), &[]))
    }
}

sluice_sdk::export_destination!(Batch);
