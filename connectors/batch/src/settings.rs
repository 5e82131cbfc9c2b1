//! Settings and options as types, and requests to the project and the apps that are set.

use serde::Deserialize;
use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Request, Word};

use crate::wire;

/// The destination's settings: a project, apps, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    project_key: Option<Project>,
    #[serde(default)]
    app_api_keys: Vec<App>,
}

/// A project of the Customer Engagement Platform, by its key, which is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Project(Word);

/// An app of one platform (iOS, Android, Web; live or dev) on the Mobile Engagement Platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct App(Word);

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// The project, where one is set.
    pub(crate) fn project_key(&self) -> Option<&Project> {
        self.project_key.as_ref()
    }

    /// The project, for a service that needs one.
    pub(crate) fn project(&self) -> Result<&Project, Halt> {
        let needed = "the service needs a project: set `project_key`";
        self.project_key().ok_or_else(|| Halt::setting("project_key", needed))
    }

    /// The apps that are set, perhaps none.
    pub(crate) fn app_api_keys(&self) -> &[App] {
        &self.app_api_keys
    }

    /// The apps, for a service that needs one at least.
    pub(crate) fn apps(&self) -> Result<&[App], Halt> {
        let needed = "the service needs the key of an app at least: set `app_api_keys`";
        if self.app_api_keys.is_empty() { Err(Halt::setting("app_api_keys", needed)) } else { Ok(&self.app_api_keys) }
    }
}

impl Project {
    /// A question.
    pub(crate) fn get<'a>(&self, call: &Call<'a>, path: &str) -> Request<'a> {
        self.stamped(call.get(wire::url(path)).pace("project"))
    }

    /// A write; its pace and effect are the caller's to say.
    pub(crate) fn post<'a>(&self, call: &Call<'a>, path: &str, body: Writer) -> Request<'a> {
        self.stamped(call.post(wire::url(path)).json(body))
    }

    fn stamped<'a>(&self, request: Request<'a>) -> Request<'a> {
        request.credential("rest_api_key").header("x-batch-project", &self.0)
    }
}

impl App {
    /// Data of users. "Writes are idempotent, safe to retry" (Custom Data API, "Set or update").
    pub(crate) fn post<'a>(&self, call: &Call<'a>, body: Writer) -> Request<'a> {
        let url = wire::url(&format!("/1.0/{}/data/users", self.0));
        call.post(url).credential("rest_api_key_mep").pace("custom-data").effect(Effect::Repeatable).json(body)
    }
}

/// Options of `profiles` and `events`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ProjectOptions {
    /// Attributes whose texts are addresses: Batch keeps them as `url(…)`.
    #[serde(default)]
    pub(crate) url_attributes: Vec<String>,
}

#[cfg(test)]
mod tests;
