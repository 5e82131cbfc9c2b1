use sluice_sdk::testing::{Input, Rows, absent, null};

use super::*;

/// Each row's object, or the refusal's code and field.
fn objects(made: &Rows, null: Null) -> Vec<String> {
    let rows = made.view();
    let cells = Cells::new(rows.columns().iter().copied());
    let object = |row| {
        let mut body = Writer::default();
        body.begin_object();
        match cells.write(&mut body, row, null) {
            Ok(()) => body.end_object(),
            Err(reason) => return format!("{} {}", reason.code, reason.field.unwrap_or_default()),
        }
        String::from_utf8(body.into_bytes()).expect("JSON is UTF-8")
    };
    (0..rows.len()).map(object).collect()
}

#[test]
fn a_cell_has_three_states_and_an_event_two() {
    let made = Rows::new().column("plan", PhysicalType::Utf8, ["gold".into(), null(), absent()]).column(
        "vip",
        PhysicalType::Boolean,
        [false.into(), absent(), null()],
    );
    assert_eq!(objects(&made, Null::Written), [r#"{"plan":"gold","vip":false}"#, r#"{"plan":null}"#, r#"{"vip":null}"#]);
    assert_eq!(objects(&made, Null::LeftOut), [r#"{"plan":"gold","vip":false}"#, "{}", "{}"]);
}

#[test]
fn a_number_that_json_cannot_say_is_refused_instead_of_removing_the_attribute() {
    let made = Rows::new().column(
        "score",
        PhysicalType::Float64,
        [f64::NAN.into(), f64::INFINITY.into(), f64::NEG_INFINITY.into(), (-0.0).into(), f64::MAX.into()],
    );
    let told = objects(&made, Null::Written);
    assert_eq!(told[..3], ["bad-format score"; 3]);
    assert_eq!(told[3], r#"{"score":-0.0}"#);
    assert!(told[4].starts_with(r#"{"score":1.797"#), "{told:?}");
}

#[test]
fn json_is_one_value_and_never_an_increment() {
    let texts = [
        (r#"{"add":["a"],"remove":["b"]}"#, true),
        (r#"{"inc":5}"#, false),
        (r#"{ "inc" : -0.5 }"#, false),
        (r#"{"inc":5,"unit":"kg"}"#, true),
        (r#"1,"external_id":"C-9""#, false),
        ("", false),
        ("nul", false),
        ("null", true),
    ];
    for (text, good) in texts {
        let made = Rows::new().column("tags", PhysicalType::Json, [Input::from(text)]);
        let told = objects(&made, Null::Written);
        assert_eq!(told, [if good { format!(r#"{{"tags":{text}}}"#) } else { "bad-format tags".to_owned() }], "{text}");
    }
}
