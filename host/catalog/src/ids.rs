//! Identifiers of declared objects and of runs: distinct at compile time, prefixed in text and in logs.
//!
//! Text form: prefix, `_`, then 26 characters of Crockford base 32 (a ULID), so ids sort by creation time. Generation takes time
//! and randomness as arguments; this module reads neither.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id like {prefix}_01J9ZK4M8QW3V5T7R2N6P0XYCD")]
pub struct IdError {
    /// The prefix that was expected, without the underscore.
    pub prefix: &'static str,
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What the text form starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, created at `unix_ms`; `random` are 80 bits, the upper 48 of the 128 are ignored.
            pub fn new(unix_ms: u64, random: u128) -> Self {
                Self(Ulid::from_parts(unix_ms, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|rest| rest.len() == 26 && !rest.bytes().any(|b| b.is_ascii_lowercase()))
                    .and_then(|rest| Ulid::from_string(rest).ok())
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9A-HJKMNP-TV-Z]{26}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

typed_ids! {
    /// One team's instance: own sources, models, segments, destinations, activations.
    WorkspaceId => "ws",
    /// A warehouse connection or a folder of files.
    SourceId => "src",
    /// A table or one SELECT with a fixed list of fields.
    ModelId => "mdl",
    /// A filtered subset of one model.
    SegmentId => "seg",
    /// A connection to an outside platform.
    DestinationId => "dst",
    /// The standing order: what goes where, mapped how, when.
    ActivationId => "act",
    /// One execution of an activation.
    RunId => "run",
    /// A key for the HTTP API (its public part; the secret part is never stored).
    ApiKeyId => "key",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints_and_refuses_other_kinds() {
        let id = RunId::new(1_760_000_000_000, 7);
        assert_eq!(id.to_string().parse::<RunId>(), Ok(id));
        assert_eq!(id.to_string().len(), 4 + 26);
        for bad in ["", "run_", "act_01J9ZK4M8QW3V5T7R2N6P0XYCD", "run_01j9zk4m8qw3v5t7r2n6p0xycd", "run_01J9ZK4M8QW3V5T7R2N6P0XYC"]
        {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        assert!(RunId::new(1, u128::MAX).to_string() < RunId::new(2, 0).to_string());
    }
}
