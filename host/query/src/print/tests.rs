//! What stands between quotes: hostile names and texts read back as themselves, and are one token of one statement.

use datafusion::sql::sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Token, Tokenizer},
};

use super::{literal, spoken};
use crate::Dialect;
use datafusion::common::ScalarValue;

const HOSTILE: [&str; 12] = [
    "it's",
    "''",
    "x'; SELECT 1; --",
    "x\\'; SELECT 1; --",
    "x\\\\'; SELECT 1; --",
    "\\",
    "\" /* */ \"; DROP TABLE t; --",
    "$$; SELECT 1; $$",
    "$q$",
    "U&'\\0027; SELECT 1'",
    "\u{2019}; E'\\x27'\n;",
    "\u{1f600}\u{feff}\u{202e}",
];

fn tokens(text: &str) -> Vec<Token> {
    Tokenizer::new(&PostgreSqlDialect {}, text).tokenize().unwrap()
}

#[test]
fn a_hostile_text_is_one_token_that_reads_back_as_itself() {
    for hostile in HOSTILE {
        match tokens(&spoken::of(Dialect::Postgresql).text(hostile).unwrap()).as_slice() {
            [Token::SingleQuotedString(read) | Token::EscapedStringLiteral(read)] => assert_eq!(read, hostile),
            other => panic!("{hostile:?} became {other:?}"),
        }
    }
    assert!(spoken::of(Dialect::Postgresql).text("a\0b").is_err(), "no text of PostgreSQL holds a zero byte");
}

#[test]
fn a_hostile_name_is_one_identifier() {
    for hostile in HOSTILE {
        match tokens(&spoken::of(Dialect::Postgresql).name(hostile).unwrap()).as_slice() {
            [Token::Word(word)] => assert_eq!((word.value.as_str(), word.quote_style), (hostile, Some('"'))),
            other => panic!("{hostile:?} became {other:?}"),
        }
    }
    let long = "n".repeat(64);
    for (name, fine) in [("", false), ("a\0", false), (&long[..63], true), (&long, false)] {
        assert_eq!(spoken::of(Dialect::Postgresql).name(name).is_ok(), fine, "{} bytes", name.len());
    }
}

#[test]
fn constants_are_written_exactly_or_not_at_all() {
    for (value, want) in [
        (ScalarValue::Int64(Some(-5)), Some("(-5)")),
        (ScalarValue::Decimal128(Some(-5), 10, 2), Some("(-0.05)")),
        (ScalarValue::Decimal128(Some(1_234), 10, 2), Some("12.34")),
        (ScalarValue::Decimal128(Some(7), 19, 0), Some("7")),
        (ScalarValue::Float64(Some(0.1)), Some("CAST('0.1' AS DOUBLE PRECISION)")),
        (ScalarValue::Float64(Some(1e300)), Some("CAST('1e300' AS DOUBLE PRECISION)")),
        (ScalarValue::Float64(Some(f64::NEG_INFINITY)), Some("CAST('-Infinity' AS DOUBLE PRECISION)")),
        (ScalarValue::Float64(Some(f64::NAN)), None),
        (ScalarValue::Date32(Some(-1)), Some("DATE '1969-12-31'")),
        (ScalarValue::Date32(Some(i32::MAX)), None),
        (ScalarValue::TimestampMicrosecond(Some(-1), None), Some("TIMESTAMP '1969-12-31 23:59:59.999999'")),
        (ScalarValue::TimestampMicrosecond(Some(0), Some("+02:00".into())), None),
        (ScalarValue::Utf8(None), Some("NULL")),
    ] {
        assert_eq!(literal::constant(spoken::of(Dialect::Postgresql), &value).ok().as_deref(), want, "{value:?}");
    }
}
