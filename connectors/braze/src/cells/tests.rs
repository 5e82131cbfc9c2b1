use sluice_sdk::json::Writer;
use sluice_sdk::testing::{Input, Rows};
use sluice_sdk::{Null, PhysicalType, code};

use super::*;

/// What becomes of a cell with this JSON, in an event or of a user: the object that it stands in, or the refusal's code and field.
fn told(in_event: bool, text: &str) -> Result<String, (String, Option<String>)> {
    let made = Rows::new().column("tags", PhysicalType::Json, [Input::from(text)]);
    let rows = made.view();
    let columns = rows.columns().iter().copied();
    let cells = if in_event { properties(columns) } else { attributes(columns) };
    let mut body = Writer::default();
    body.item(|body| cells.write(body, 0, Null::Written)).map_err(|reason| (reason.code, reason.field))?;
    Ok(body.into_text())
}

#[test]
fn json_is_one_value_and_never_an_increment() {
    let texts = [
        (r#"{"add":["a"],"remove":["b"]}"#, true),
        (r#"{"inc":5}"#, false),
        (r#"{ "inc" : -0.5 }"#, false),
        (r#"{"inc":5,"unit":"kg"}"#, true),
        (r#"1,"external_id":"C-9""#, false),
        ("null", true),
    ];
    for (text, good) in texts {
        let refused = Err((code::BAD_FORMAT.to_owned(), Some("tags".to_owned())));
        let wanted = if good { Ok(format!(r#"{{"tags":{text}}}"#)) } else { refused };
        assert_eq!(told(true, text), wanted, "{text}");
        assert_eq!(told(false, text), wanted, "{text}");
    }
}

#[test]
fn what_would_drop_a_nested_attribute_is_refused_and_in_an_event_it_is_not() {
    let (fits, over) = ("é".repeat(255), "é".repeat(256));
    for (text, wanted) in [
        (r#"{"size":{"shoe":42},"names":["a"]}"#.to_owned(), None),
        (r#"{"size":null}"#.to_owned(), Some(code::BAD_FORMAT)),
        (r#"{"size":{"shoe":[1,null]}}"#.to_owned(), Some(code::BAD_FORMAT)),
        (r#"[{"sku":"a"},{"sku":null}]"#.to_owned(), Some(code::BAD_FORMAT)),
        (format!(r#"{{"note":"{fits}"}}"#), None),
        (format!(r#"{{"note":"{over}"}}"#), Some(code::TOO_LONG)),
        (format!(r#"[{{"notes":["{over}"]}}]"#), Some(code::TOO_LONG)),
    ] {
        let whole = Ok(format!(r#"{{"tags":{text}}}"#));
        let refused = |code: &str| Err((code.to_owned(), Some("tags".to_owned())));
        assert_eq!(told(false, &text), wanted.map_or(whole.clone(), refused), "{text}");
        assert_eq!(told(true, &text), whole, "{text}");
    }
}
