//! The operators of features 5.3 that apply to scalar fields: which type each fits, and what it is compared with.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::DataType;

/// What stands on the right side of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// One value, or another field.
    One,
    List,
    /// A list of texts to look for.
    Texts,
    Pair,
    Window,
    WindowPair,
    Days,
    Percent,
    Pattern,
    /// A number of elements.
    Length,
}

/// Which fields an operator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Strings.
    Text,
    /// Integers, decimals, floats.
    Number,
    /// Strings and numbers.
    TextOrNumber,
    /// Numbers, dates, timestamps.
    NumberOrTime,
    /// Dates and timestamps.
    Time,
    /// Every scalar: not JSON, not arrays.
    Scalar,
    /// Strings and arrays.
    TextOrArray,
    /// Arrays.
    Array,
    /// Everything.
    All,
}

macro_rules! operators {
    ($($variant:ident $text:literal $words:literal $fits:ident $takes:ident;)*) => {
        /// An operator. In JSON its kebab-case name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs)] // the words are the definition
        pub enum Operator { $($variant),* }

        impl Operator {
            /// Every operator, in the order in which builders offer them.
            pub const ALL: &'static [Operator] = &[$(Operator::$variant),*];

            /// The name in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The words in a sentence, between the field and the value.
            pub(super) fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),* }
            }

            pub(super) fn fits_kind(self) -> For {
                match self { $(Self::$variant => For::$fits),* }
            }

            pub(super) fn takes(self) -> Takes {
                match self { $(Self::$variant => Takes::$takes),* }
            }
        }
    };
}

operators! {
    Is "is" "is" Scalar One;
    IsNot "is-not" "is not" Scalar One;
    IsAnyOf "is-any-of" "is any of" TextOrNumber List;
    IsNoneOf "is-none-of" "is none of" TextOrNumber List;
    Contains "contains" "contains" TextOrArray One;
    DoesNotContain "does-not-contain" "does not contain" TextOrArray One;
    ContainsAnyOf "contains-any-of" "contains any of" TextOrArray Texts;
    ContainsAllOf "contains-all-of" "contains all of" TextOrArray Texts;
    ContainsNoneOf "contains-none-of" "contains none of" TextOrArray Texts;
    StartsWith "starts-with" "starts with" Text One;
    DoesNotStartWith "does-not-start-with" "does not start with" Text One;
    EndsWith "ends-with" "ends with" Text One;
    DoesNotEndWith "does-not-end-with" "does not end with" Text One;
    MatchesPattern "matches-pattern" "matches the pattern" Text Pattern;
    GreaterThan "greater-than" "is greater than" Number One;
    AtLeast "at-least" "is at least" Number One;
    LessThan "less-than" "is less than" Number One;
    AtMost "at-most" "is at most" Number One;
    Between "between" "is between" NumberOrTime Pair;
    NotBetween "not-between" "is not between" NumberOrTime Pair;
    Before "before" "is before" Time One;
    After "after" "is after" Time One;
    OnOrBefore "on-or-before" "is on or before" Time One;
    OnOrAfter "on-or-after" "is on or after" Time One;
    InTheLast "in-the-last" "is in the last" Time Window;
    NotInTheLast "not-in-the-last" "is not in the last" Time Window;
    InTheNext "in-the-next" "is in the next" Time Window;
    MoreThanAgo "more-than-ago" "is more than" Time Window;
    MoreThanFromNow "more-than-from-now" "is more than" Time Window;
    BetweenAgo "between-ago" "is between" Time WindowPair;
    InThePast "in-the-past" "is in the past" Time Nothing;
    InTheFuture "in-the-future" "is in the future" Time Nothing;
    Anniversary "anniversary" "has its anniversary" Time Days;
    LengthIs "length-is" "has exactly" Array Length;
    LongerThan "longer-than" "has more than" Array Length;
    ShorterThan "shorter-than" "has fewer than" Array Length;
    IsEmptyList "is-empty-list" "is an empty list" Array Nothing;
    HasAnyValue "has-any-value" "has any value" All Nothing;
    HasNoValue "has-no-value" "has no value" All Nothing;
    InTopPercent "in-top-percent" "is in the top" Number Percent;
    InBottomPercent "in-bottom-percent" "is in the bottom" Number Percent;
}

impl Operator {
    /// Whether it exists for fields of this type.
    pub fn fits(self, ty: DataType) -> bool {
        match self.fits_kind() {
            For::Text => ty == DataType::String,
            For::Number => ty.is_number(),
            For::TextOrNumber => ty == DataType::String || ty.is_number(),
            For::NumberOrTime => ty.is_number() || ty.is_time(),
            For::Time => ty.is_time(),
            For::Scalar => !matches!(ty, DataType::Json | DataType::Array),
            For::TextOrArray => matches!(ty, DataType::String | DataType::Array),
            For::Array => ty == DataType::Array,
            For::All => true,
        }
    }

    /// The operators that exist for fields of this type.
    pub fn of(ty: DataType) -> impl Iterator<Item = Operator> {
        Self::ALL.iter().copied().filter(move |op| op.fits(ty))
    }

    /// The operator that selects exactly the other rows, for the negative ones (rule 1 of features 5.3).
    pub(super) fn positive(self) -> (Operator, bool) {
        match self {
            Self::IsNot => (Self::Is, true),
            Self::IsNoneOf => (Self::IsAnyOf, true),
            Self::DoesNotContain => (Self::Contains, true),
            Self::ContainsNoneOf => (Self::ContainsAnyOf, true),
            Self::DoesNotStartWith => (Self::StartsWith, true),
            Self::DoesNotEndWith => (Self::EndsWith, true),
            Self::NotBetween => (Self::Between, true),
            Self::NotInTheLast => (Self::InTheLast, true),
            Self::HasNoValue => (Self::HasAnyValue, true),
            other => (other, false),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
