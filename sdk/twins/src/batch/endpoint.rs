//! The endpoints that the twin has. Profiles are below a version of the project's API (`/2.11/…`), custom data below version
//! 1.0 of the app's and the app's key (*Hosts*). Anything else is 404.

use percent_encoding::percent_decode_str;

use super::limits;
use crate::vendor::Call;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Project(Project),
    App { api_key: String, call: App },
}

/// Of the Customer Engagement Platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Project {
    /// `minor` is that of the path's version 2.
    Update {
        minor: u32,
    },
    MassUpdate {
        minor: u32,
    },
    Segments,
    Orchestrations,
}

/// Of the Mobile Engagement Platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum App {
    Users,
    User(String),
    Erase(String),
}

impl Endpoint {
    pub(super) fn of(call: &Call) -> Option<Self> {
        let (version, path) = call.path.strip_prefix('/')?.split_once('/')?;
        let method = call.method.as_str();
        if version == "1.0" {
            let (api_key, path) = path.split_once('/')?;
            return Some(Self::App { api_key: decoded(api_key)?, call: App::of(method, path)? });
        }
        let minor = version.strip_prefix("2.")?;
        let minor = minor.parse().ok().filter(|n: &u32| limits::MINOR_VERSIONS.contains(n) && n.to_string() == minor)?;
        Some(Self::Project(match (method, path) {
            ("POST", "profiles/update") => Project::Update { minor },
            ("POST", "profiles/mass-update") => Project::MassUpdate { minor },
            ("POST", "segments/list") => Project::Segments,
            ("GET", "orchestrations/list") => Project::Orchestrations,
            _ => return None,
        }))
    }

    /// Whether there is something to be read in it.
    pub(super) fn has_body(&self) -> bool {
        match self {
            Self::Project(Project::Update { .. } | Project::MassUpdate { .. }) => true,
            Self::App { call: App::Users | App::User(_), .. } => true,
            Self::Project(Project::Segments | Project::Orchestrations) | Self::App { call: App::Erase(_), .. } => false,
        }
    }
}

impl App {
    fn of(method: &str, path: &str) -> Option<Self> {
        let user = |path: &str| path.strip_prefix("data/users/").filter(|id| !id.contains('/')).and_then(decoded);
        match (method, path) {
            ("POST", "data/users") => Some(Self::Users),
            ("POST", _) => user(path).map(Self::User),
            ("DELETE", _) => user(path).map(Self::Erase),
            _ => None,
        }
    }
}

/// A segment of the path without its escapes; none when it is empty or no text.
fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}
