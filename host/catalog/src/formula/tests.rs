use super::{Formula, FormulaError};
use crate::{
    model::Field,
    types::DataType::{self, Boolean, Date, Decimal, Float, Integer, Json, Timestamp},
};

const MONEY: DataType = Decimal { precision: 12, scale: 2 };

fn fields() -> Vec<Field> {
    [
        ("n", Integer),
        ("m", Integer),
        ("money", MONEY),
        ("x", Float),
        ("t", DataType::String),
        ("b", Boolean),
        ("d", Date),
        ("at", Timestamp),
        ("j", Json),
        ("end", Integer),
    ]
    .map(|(id, ty)| Field::plain(id, ty))
    .to_vec()
}

fn checked(text: &str) -> Result<DataType, Vec<FormulaError>> {
    let formula = Formula::parse(text).map_err(|error| vec![error])?;
    formula.check(text, &fields()).map(|term| term.ty)
}

#[test]
fn every_function_of_the_list_gives_the_type_that_it_says() {
    let wide = |precision, scale| Decimal { precision, scale };
    for (text, ty) in [
        ("n + m * 2", Integer),
        ("n % m", Integer),
        ("-n", Integer),
        ("n + money", wide(22, 2)),
        ("money * money", wide(24, 4)),
        ("money / n", wide(38, 6)),
        ("n / m", wide(38, 6)),
        ("0.125 / money", wide(38, 6)),
        ("money % 0.005", wide(13, 3)),
        ("n + x", Float),
        ("null + n", Integer),
        ("n < money and not b or t = 'a'", Boolean),
        ("n in (1, 2.5, null)", Boolean),
        ("d >= today() and at < now()", Boolean),
        ("if(b, n, null)", Integer),
        ("case when b then n when n > 1 then money end", wide(21, 2)),
        ("case when b then 'a' else t end", DataType::String),
        ("coalesce(null, n, x)", Float),
        ("is_null(j)", Boolean),
        ("round(money)", wide(11, 0)),
        ("round(money, 1)", wide(12, 1)),
        ("round(money, 5)", MONEY),
        ("round(x)", Float),
        ("floor(money)", wide(11, 0)),
        ("ceil(n)", Integer),
        ("abs(money)", MONEY),
        ("least(n, 2.5)", wide(20, 1)),
        ("greatest(d, today())", Date),
        ("concat(lower(t), upper(trim(t)), replace(t, 'a', 'b'))", DataType::String),
        ("length(substring(t, 2, n))", Integer),
        ("split_part(t, '@', 2)", DataType::String),
        ("regex_extract(t, '([a-z]+)@')", DataType::String),
        ("date_trunc('month', at)", Date),
        ("date_add(d, n, 'months')", Date),
        ("date_add(at, -1, 'hour')", Timestamp),
        ("date_diff(d, at, 'days')", Integer),
        ("extract('week', at) + extract('hour', at)", Integer),
        ("cast(t as decimal(10, 2))", wide(10, 2)),
        ("cast(money as string)", DataType::String),
        ("cast(d as timestamp)", Timestamp),
        ("\"end\" + 1", Integer),
        ("LOWER(T) = 'x' AND NOT (n NOT IN (1))", Boolean),
    ] {
        assert_eq!(checked(text), Ok(ty), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let mut told = String::new();
    for text in [
        "",
        "n +",
        "(n + 1",
        "n 1",
        "'abc",
        "1.",
        "12a",
        "n ; m",
        "sqrt(n)",
        "a < b < c",
        "case n when 1 then 2 end",
        "case when b then 1",
        "cast(n as text)",
        "cast(n as decimal(40, 2))",
        "if(b, 1)",
        "missing + 1",
        "t + 1",
        "d + 1",
        "n = t",
        "t < 'b'",
        "j = j",
        "n and b",
        "if(n, 1, 2)",
        "coalesce(n, 'a')",
        "round(n, m)",
        "round(x, 2)",
        "cast(x as string)",
        "cast(n as boolean)",
        "date_add(at, 1, 'months')",
        "date_trunc('hour', at)",
        "extract('era', d)",
        "regex_extract(t, '(?=a)')",
        "split_part(t, '', 1)",
        "lower(n)\n  + upper(t)\n + é",
        "missing + absent",
    ] {
        let errors = checked(text).expect_err(text);
        for error in errors {
            assert!(text.is_char_boundary(error.offset), "{text}");
            told.push_str(&format!("{text:?}\n    {error}\n"));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_declared_type_must_keep_every_digit() {
    let as_type = |text: &str, wanted| Formula::parse(text).unwrap().check_as(text, &fields(), wanted).map(|term| term.ty);
    assert_eq!(as_type("n", Integer), Ok(Integer));
    assert_eq!(as_type("n + 1", MONEY), Ok(MONEY), "an integer is a decimal");
    assert_eq!(as_type("money", Float), Ok(Float));
    assert_eq!(as_type("round(money / n, 2)", MONEY), Ok(MONEY));
    assert_eq!(as_type("null", Date), Ok(Date));
    for (text, wanted) in [("money / n", MONEY), ("money", Integer), ("x", MONEY), ("n", DataType::String), ("d", Timestamp)] {
        let errors = as_type(text, wanted).expect_err(text);
        assert!(errors[0].message.contains("the field is declared"), "{}", errors[0]);
    }
}

#[test]
fn printing_uses_the_parentheses_that_are_needed_and_no_others() {
    for (text, printed) in [
        ("((n)) + (m * 2)", "n + m * 2"),
        ("(n + m) * 2", "(n + m) * 2"),
        ("n - (m - 1)", "n - (m - 1)"),
        ("(n - m) - 1", "n - m - 1"),
        ("not (b and b)", "not (b and b)"),
        ("(not b) and b", "not b and b"),
        ("(n = 1) = b", "(n = 1) = b"),
        ("-(-n)", "--n"),
        ("- (n + 1)", "-(n + 1)"),
        ("t not in ('it''s')", "t not in ('it''s')"),
        ("\"end\" != \"n\"", "\"end\" <> n"),
        ("CASE WHEN b THEN 1 ELSE (2) END", "case when b then 1 else 2 end"),
        ("cast((n) as decimal(10,2))", "cast(n as decimal(10,2))"),
    ] {
        let formula = Formula::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(formula.to_string(), printed);
        assert_eq!(Formula::parse(printed), Ok(formula));
    }
}

#[test]
fn size_and_depth_are_bounded_on_both_sides() {
    let deep = |depth: usize| format!("{}n{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Formula::parse(&deep(49)).is_ok());
    assert!(Formula::parse(&deep(50)).unwrap_err().message.contains("50 deep"));
    let long = |parts: usize| vec!["n"; parts].join("+");
    assert!(Formula::parse(&long(250)).is_ok(), "250 names and 249 operators");
    assert!(Formula::parse(&long(251)).unwrap_err().message.contains("500 parts"));
    assert!(Formula::parse(&format!("n{}", " ".repeat(4_000))).unwrap_err().message.contains("4000 characters"));
}
