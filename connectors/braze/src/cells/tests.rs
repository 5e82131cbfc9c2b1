use sluice_sdk::json::Writer;
use sluice_sdk::testing::{Input, Rows};
use sluice_sdk::{Null, PhysicalType, code};

use super::*;

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
        let made = Rows::new().column("tags", PhysicalType::Json, [Input::from(text)]);
        let rows = made.view();
        let mut body = Writer::default();
        body.begin_object();
        let told = of(rows.columns().iter().copied()).write(&mut body, 0, Null::Written);
        body.end_object();
        let refused = told.map_err(|reason| (reason.code, reason.field));
        let wanted = if good { Ok(()) } else { Err((code::BAD_FORMAT.to_owned(), Some("tags".to_owned()))) };
        assert_eq!(refused, wanted, "{text}");
        if good {
            assert_eq!(String::from_utf8_lossy(body.as_bytes()), format!(r#"{{"tags":{text}}}"#));
        }
    }
}
