//! The endpoints that the twin has. A path begins with the version; other versions are 2635, paths without one too (inferred).

use super::words::Refusal;
use crate::vendor::Call;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Exchange,
    Account(String),
    Audiences(String),
    CreateAudience(String),
    Terms(String),
    AcceptTerms(String),
    RemoveEverywhere(String),
    /// An audience or a dataset: its id alone does not tell.
    Object(String),
    DeleteAudience(String),
    Sessions(String),
    AddUsers(String),
    RemoveUsers(String),
    ReplaceUsers(String),
    SendEvents(String),
}

const ACCOUNT_EDGES: [&str; 3] = ["customaudiences", "customaudiencestos", "usersofanyaudience"];
const OBJECT_EDGES: [&str; 4] = ["users", "usersreplace", "sessions", "events"];

impl Endpoint {
    pub(super) fn of(call: &Call, version: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = call.path.strip_prefix('/').unwrap_or(&call.path).split('/').collect();
        let method = call.method.as_str();
        let parts = match parts.as_slice() {
            // It is called without a version as well as with one.
            ["oauth", "access_token"] => parts.as_slice(),
            [said, rest @ ..] if *said == version => rest,
            _ => return Err(Refusal::of_code(2635, None)),
        };
        let unknown = |edge: &str| Refusal::new(400, 2500, format!("Unknown path components: /{edge}"));
        let own = |id: &str| id.to_owned();
        Ok(match (method, parts) {
            ("GET", ["oauth", "access_token"]) => Self::Exchange,
            (_, [id]) if !is_object(id) => return Err(Refusal::missing(method, id)),
            (_, [id, _]) if !is_object(id) => return Err(Refusal::missing(method, id)),
            (_, [id, edge]) => match (method, id.strip_prefix("act_"), *edge) {
                ("GET", Some(id), "customaudiences") => Self::Audiences(own(id)),
                ("POST", Some(id), "customaudiences") => Self::CreateAudience(own(id)),
                ("GET", Some(id), "customaudiencestos") => Self::Terms(own(id)),
                ("POST", Some(id), "customaudiencestos") => Self::AcceptTerms(own(id)),
                ("DELETE", Some(id), "usersofanyaudience") => Self::RemoveEverywhere(own(id)),
                ("GET", None, "sessions") => Self::Sessions(own(id)),
                ("POST", None, "users") => Self::AddUsers(own(id)),
                ("DELETE", None, "users") => Self::RemoveUsers(own(id)),
                ("POST", None, "usersreplace") => Self::ReplaceUsers(own(id)),
                ("POST", None, "events") => Self::SendEvents(own(id)),
                (_, Some(_), edge) if !ACCOUNT_EDGES.contains(&edge) => return Err(unknown(edge)),
                (_, None, edge) if !OBJECT_EDGES.contains(&edge) => return Err(unknown(edge)),
                _ => return Err(Refusal::missing(method, id)),
            },
            ("GET", [id]) => id.strip_prefix("act_").map_or_else(|| Self::Object(own(id)), |id| Self::Account(own(id))),
            ("DELETE", [id]) if !id.starts_with("act_") => Self::DeleteAudience(own(id)),
            (_, [id]) => return Err(Refusal::missing(method, id)),
            _ => return Err(unknown(&parts.join("/"))),
        })
    }
}

/// Digits, or `act_` and digits.
fn is_object(id: &str) -> bool {
    let digits = id.strip_prefix("act_").unwrap_or(id);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
