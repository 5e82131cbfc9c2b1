//! Between wasmtime's generated types and the catalog's, one to one and by value: buffers move, they are not copied. Texts of a reply that
//! are kept and shown (reasons and attributes) are cut on their way.
//!
//! The compiler holds the two apart: a field or case that one side gains is an error here.

use sluice_catalog::{columnar, contract};

use crate::{
    bindings::{
        membership::exports::sluice::connector::membership,
        sluice::connector::{http, log, types},
        source::{exports::sluice::connector::source, sluice::connector::sql},
    },
    text,
};

/// One value, as the same value of the other side.
pub(crate) trait Convert<T> {
    fn convert(self) -> T;
}

impl<A: Convert<B>, B> Convert<Vec<B>> for Vec<A> {
    fn convert(self) -> Vec<B> {
        self.into_iter().map(Convert::convert).collect()
    }
}

impl<A: Convert<B>, B> Convert<Option<B>> for Option<A> {
    fn convert(self) -> Option<B> {
        self.map(Convert::convert)
    }
}

impl<A: Convert<B>, B, E: Convert<F>, F> Convert<Result<B, F>> for Result<A, E> {
    fn convert(self) -> Result<B, F> {
        self.map(Convert::convert).map_err(Convert::convert)
    }
}

impl<A: Convert<B>, B> Convert<(u32, B)> for (u32, A) {
    fn convert(self) -> (u32, B) {
        (self.0, self.1.convert())
    }
}

/// Values that are the same on both sides.
macro_rules! same {
    ($($ty:ty),*) => { $(impl Convert<$ty> for $ty { fn convert(self) -> $ty { self } })* };
}
same!(String, u8);

macro_rules! records {
    ($($from:ty => $to:ident :: $name:ident { $($same:ident),* ; $($deep:ident),* })*) => { $(
        impl Convert<$to::$name> for $from {
            fn convert(self) -> $to::$name {
                $to::$name { $($same: self.$same,)* $($deep: self.$deep.convert(),)* }
            }
        }
    )* };
}

macro_rules! enums {
    ($($from:ident => $to:ident :: $name:ident { $($case:ident),* })*) => { $(
        impl Convert<$to::$name> for $from::$name {
            fn convert(self) -> $to::$name {
                match self { $($from::$name::$case => $to::$name::$case),* }
            }
        }
    )* };
}

records! {
    contract::Task => types::Task { service, mode, settings, options, now_ms, keep, attrs; }
    contract::Part => types::Part { key, number, last, rows_total, attempt; }
    columnar::Field => types::Field { name, nullable, attrs; ty }
    columnar::Column => types::Column { present, validity, offsets, data; }
    columnar::Batch => types::Batch { rows; columns }
    contract::Response => http::Response { status, headers, truncated, attrs; body }
    contract::Failure => http::Failure { code, message, sent; }
    types::Column => columnar::Column { present, validity, offsets, data; }
    types::Batch => columnar::Batch { rows; columns }
    types::Field => columnar::Field { name, nullable, attrs; ty }
    contract::SqlRows => sql::Rows { id; schema }
    contract::SqlFailure => sql::Failure { code, message; }
    source::Opened => contract::Opened { ; schema, rows }
    types::Ticket => contract::Ticket { token, poll_after_ms, give_up_after_ms; }
    types::Written => contract::Written { ; receipt, later, stop }
    http::Request => contract::Request { method, url, headers, credentials, pace, answer_bytes_max, attrs; body, effect, answer }
}

enums! {
    columnar => types::PhysicalType { Boolean, Int64, Float64, Decimal128, Utf8, Binary, Date32, TimestampMicros, Json }
    types => columnar::PhysicalType { Boolean, Int64, Float64, Decimal128, Utf8, Binary, Date32, TimestampMicros, Json }
    contract => types::Operation { Upsert, Update, Insert, Add, Remove, Append, Clear, Replace }
    http => contract::Effect { Read, Repeatable, Once }
    log => contract::Level { Debug, Info, Warn, Error }
}

impl Convert<contract::SourceRows> for source::Rows {
    fn convert(self) -> contract::SourceRows {
        match self {
            Self::Hosted(id) => contract::SourceRows::Hosted(id),
            Self::Paged(cursors) => contract::SourceRows::Paged(cursors),
        }
    }
}

impl Convert<contract::MembersPage> for membership::Page {
    fn convert(self) -> contract::MembersPage {
        contract::MembersPage { schema: self.schema.convert(), members: self.members.convert(), next: self.next }
    }
}

impl Convert<contract::SourcePage> for source::Page {
    fn convert(self) -> contract::SourcePage {
        contract::SourcePage { batches: self.batches.convert(), next: self.next }
    }
}

impl Convert<contract::AnswerTo> for http::Answer {
    fn convert(self) -> contract::AnswerTo {
        match self {
            Self::Bytes => contract::AnswerTo::Bytes,
            Self::Spool => contract::AnswerTo::Spool,
        }
    }
}

impl Convert<contract::Body> for http::Body {
    fn convert(self) -> contract::Body {
        match self {
            Self::None => contract::Body::None,
            Self::Bytes(bytes) => contract::Body::Bytes(bytes),
            Self::Spooled(id) => contract::Body::Spooled(id),
        }
    }
}

impl Convert<http::Body> for contract::Body {
    fn convert(self) -> http::Body {
        match self {
            Self::None => http::Body::None,
            Self::Bytes(bytes) => http::Body::Bytes(bytes),
            Self::Spooled(id) => http::Body::Spooled(id),
        }
    }
}

impl Convert<contract::Reason> for types::Reason {
    fn convert(self) -> contract::Reason {
        let Self { code, vendor_code, message, field, after_ms, at_ms, attrs } = self;
        contract::Reason {
            code: text::word(code),
            vendor_code: vendor_code.map(text::word),
            message: text::sentence(message),
            field: field.map(text::word),
            after_ms,
            at_ms,
            attrs: text::attrs(attrs),
        }
    }
}

impl Convert<contract::Receipt> for types::Receipt {
    fn convert(self) -> contract::Receipt {
        let Self { all, except, notes, unnamed, remote_ids, attrs } = self;
        contract::Receipt {
            all: all.convert(),
            except: except.convert(),
            notes: notes.convert(),
            unnamed,
            remote_ids: remote_ids.convert(),
            attrs: text::attrs(attrs),
        }
    }
}

impl Convert<contract::Outcome> for types::Outcome {
    fn convert(self) -> contract::Outcome {
        match self {
            Self::Accepted => contract::Outcome::Accepted,
            Self::Pending => contract::Outcome::Pending,
            Self::Rejected(reason) => contract::Outcome::Rejected(reason.convert()),
            Self::Retry(reason) => contract::Outcome::Retry(reason.convert()),
            Self::Unknown(reason) => contract::Outcome::Unknown(reason.convert()),
            Self::Skipped(reason) => contract::Outcome::Skipped(reason.convert()),
        }
    }
}

impl Convert<contract::Halt> for types::Halt {
    fn convert(self) -> contract::Halt {
        match self {
            Self::Auth(reason) => contract::Halt::Auth(reason.convert()),
            Self::Config(reason) => contract::Halt::Config(reason.convert()),
            Self::Missing(reason) => contract::Halt::Missing(reason.convert()),
            Self::Throttled(reason) => contract::Halt::Throttled(reason.convert()),
            Self::Quota(reason) => contract::Halt::Quota(reason.convert()),
            Self::Unavailable(reason) => contract::Halt::Unavailable(reason.convert()),
            Self::SplitBatch(types::Split { reason, rows_fit }) => {
                contract::Halt::SplitBatch { reason: reason.convert(), rows_fit }
            }
            Self::Later(ticket) => contract::Halt::Later(ticket.convert()),
            Self::Contract(reason) => contract::Halt::Contract(reason.convert()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{GUEST_ATTRS_MAX, GUEST_TEXT_CHARS_MAX, GUEST_WORD_CHARS_MAX};

    /// Such reasons are kept in memory, in the journal and in the run's details.
    #[test]
    fn what_a_reason_says_is_cut_to_what_people_read() {
        let said = |text: &str| types::Reason {
            code: text.to_owned(),
            vendor_code: Some(text.to_owned()),
            message: text.to_owned(),
            field: Some(text.to_owned()),
            after_ms: Some(1),
            at_ms: None,
            attrs: vec![(text.to_owned(), text.to_owned()); GUEST_ATTRS_MAX + 1],
        };
        let long = "x".repeat(1_000_000);
        let receipt = types::Receipt {
            all: types::Outcome::Rejected(said(&long)),
            except: vec![],
            notes: vec![(3, said("a\nb"))],
            unnamed: 2,
            remote_ids: None,
            attrs: vec![(long.clone(), long.clone())],
        };
        let kept: contract::Receipt = receipt.convert();
        let (word, text) = ("x".repeat(GUEST_WORD_CHARS_MAX), "x".repeat(GUEST_TEXT_CHARS_MAX));
        let contract::Outcome::Rejected(reason) = &kept.all else { panic!("{:?}", kept.all) };
        assert_eq!((&reason.code, reason.vendor_code.as_ref(), reason.field.as_ref()), (&word, Some(&word), Some(&word)));
        assert_eq!(reason.message, format!("{text} … ({} bytes more)", 1_000_000 - GUEST_TEXT_CHARS_MAX));
        assert_eq!(reason.attrs, vec![(word.clone(), text.clone()); GUEST_ATTRS_MAX]);
        assert_eq!((kept.unnamed, kept.attrs), (2, vec![(word, text)]));
        assert_eq!((kept.notes[0].0, kept.notes[0].1.message.as_str()), (3, "a\\u{a}b"));
    }
}
