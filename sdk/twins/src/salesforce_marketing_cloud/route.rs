//! The endpoints that the twin has, each with the scope that it asks for. Any other path is 404, another method 405 (inferred).

use http::Method;
use percent_encoding::percent_decode_str;

use super::{
    options::{READ, WRITE},
    words::Refusal,
};

/// How a path names a data extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Id(String),
    /// `key:{externalKey}`.
    Key(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Token,
    Find,
    Create,
    Show(Named),
    Fields(Named),
    AddFields(Named),
    Clear(Named),
    Upsert(Named),
    Insert(Named),
    Status(String),
    Results(String),
    Rowset(Named),
    /// With the primary key as `name:value,…`, still encoded.
    Row(Named, String),
    Read(Named),
}

impl Route {
    pub(super) fn of(method: &Method, path: &str) -> Result<Self, Refusal> {
        let all = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        if let Some(route) = Self::at(method.as_str(), path) {
            return Ok(route);
        }
        match all.iter().any(|other| Self::at(other, path).is_some()) {
            true => Err(Refusal::api(405, 0, "The requested resource does not support this method.")),
            false => Err(Refusal::no_path()),
        }
    }

    fn at(method: &str, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match (method, parts.as_slice()) {
            ("POST", ["v2", "token"]) => Self::Token,
            ("GET", ["data", "v1", "customobjects"]) => Self::Find,
            ("POST", ["data", "v1", "customobjects"]) => Self::Create,
            ("GET", ["data", "v1", "customobjects", id]) => Self::Show(Named::Id(text(id)?)),
            ("GET", ["data", "v1", "customobjects", id, "fields"]) => Self::Fields(Named::Id(text(id)?)),
            ("POST", ["data", "v1", "customobjects", id, "cleardata"]) => Self::Clear(Named::Id(text(id)?)),
            ("POST", ["data", "v1", "customobjectsasync", id, "fields"]) => Self::AddFields(Named::Id(text(id)?)),
            ("GET", ["data", "v1", "customobjectdata", "key", key, "rowset"]) => Self::Read(Named::Key(text(key)?)),
            ("PUT", ["data", "v1", "async", "dataextensions", named, "rows"]) => Self::Upsert(Named::of(named)?),
            ("POST", ["data", "v1", "async", "dataextensions", named, "rows"]) => Self::Insert(Named::of(named)?),
            ("GET", ["data", "v1", "async", id, "status"]) => Self::Status(text(id)?),
            ("GET", ["data", "v1", "async", id, "results"]) => Self::Results(text(id)?),
            ("POST", ["hub", "v1", "dataevents", named, "rowset"]) => Self::Rowset(Named::of(named)?),
            ("PUT", ["hub", "v1", "dataevents", named, "rows", key]) => Self::Row(Named::of(named)?, (*key).to_owned()),
            _ => return None,
        })
    }

    pub(super) fn scope(&self) -> &'static str {
        match self {
            Self::Token | Self::Find | Self::Show(_) | Self::Fields(_) | Self::Status(_) | Self::Results(_) | Self::Read(_) => READ,
            Self::Create
            | Self::AddFields(_)
            | Self::Clear(_)
            | Self::Upsert(_)
            | Self::Insert(_)
            | Self::Rowset(_)
            | Self::Row(..) => WRITE,
        }
    }

    /// Whether a JSON body is part of it.
    pub(super) fn has_body(&self) -> bool {
        match self {
            Self::Create | Self::AddFields(_) | Self::Upsert(_) | Self::Insert(_) | Self::Rowset(_) | Self::Row(..) => true,
            Self::Token
            | Self::Find
            | Self::Show(_)
            | Self::Fields(_)
            | Self::Clear(_)
            | Self::Status(_)
            | Self::Results(_)
            | Self::Read(_) => false,
        }
    }

    /// Parameters of the query that mean something.
    pub(super) fn known(&self) -> &'static [&'static str] {
        match self {
            Self::Find => &["$search", "$page", "$pageSize"],
            Self::Results(_) => &["$page", "$pageSize", "includeDetail"],
            Self::Read(_) => &["$page", "$pageSize"],
            _ => &[],
        }
    }
}

impl Named {
    fn of(part: &str) -> Option<Self> {
        let text = text(part)?;
        Some(match text.strip_prefix("key:") {
            Some("") => return None,
            Some(key) => Self::Key(key.to_owned()),
            None => Self::Id(text),
        })
    }

    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Id(text) | Self::Key(text) => text,
        }
    }
}

/// A part of a path, decoded; none when it is empty or no text.
pub(super) fn text(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().filter(|text| !text.is_empty()).map(|text| text.into_owned())
}
