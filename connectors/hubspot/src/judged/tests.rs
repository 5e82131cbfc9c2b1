use sluice_sdk::PhysicalType;
use sluice_sdk::testing::{Rows as Made, answer};

use super::*;

/// Each row's word, code and code of HubSpot's, of four rows by address, of which the last was left out.
fn told(operation: Operation, body: &str) -> Result<Vec<String>, Reason> {
    let values = ["a@x", "b@x", "c@x", "bad"].map(Into::into);
    let made = Made::new().column("email", PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", "email");
    let rows = made.view();
    let records = Records::of(&rows, None).expect("an identifier");
    let places = Places::new(4, vec![(3, Reason::new(code::BAD_FORMAT, ""))]);
    let ids = if operation == Operation::Update {
        BTreeMap::from([(0, "10".into()), (1, "11".into()), (2, "12".into())])
    } else {
        BTreeMap::new()
    };
    let sent = Sent::new((&records, Kind::Email), &places, &ids, operation);
    let written = places.finish(sent.judge(&answer(207, body).response())?.receipts);
    let word = |outcome: &Outcome| match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Rejected(r) => format!("rejected {} {}", r.code, r.vendor_code.as_deref().unwrap_or_default()),
        Outcome::Skipped(r) => format!("skipped {}", r.code),
        Outcome::Unknown(r) => format!("unknown {}", r.code),
        other => panic!("{other:?}"),
    };
    let of = |row| written.receipt.except.iter().find(|(at, _)| *at == row).map_or(&written.receipt.all, |(_, outcome)| outcome);
    Ok((0..3).map(|row| word(of(row))).collect())
}

#[test]
fn an_error_is_of_the_row_whose_trace_id_or_key_its_context_has() {
    for context in [r#"{"objectWriteTraceId":["row-1"]}"#, r#"{"ids":["B@x"]}"#, r#"{"id":"b@x"}"#] {
        let body = format!(
            r#"{{"results":[{{"id":"1","objectWriteTraceId":"row-0"}},{{"id":"3","properties":{{"email":"c@x"}}}}],"numErrors":1,
                "errors":[{{"category":"CONFLICT","message":"","context":{context},"errors":[]}}]}}"#
        );
        let wanted = Ok(vec!["accepted".to_owned(), "rejected identifier-invalid CONFLICT".to_owned(), "accepted".to_owned()]);
        assert_eq!(told(Operation::Upsert, &body), wanted, "{context}");
    }
    let inner = r#"{"results":[{"id":"1","objectWriteTraceId":"row-0"},{"id":"3","objectWriteTraceId":"row-2"}],"numErrors":1,
        "errors":[{"category":"VALIDATION_ERROR","errors":[{"code":"INVALID_EMAIL","context":{"value":["b@x"]}}]}]}"#;
    assert_eq!(told(Operation::Insert, inner).expect("read")[1], "rejected identifier-invalid INVALID_EMAIL");
}

#[test]
fn an_update_is_told_by_ids_and_who_is_gone_is_skipped() {
    let body =
        r#"{"results":[{"id":"12"}],"numErrors":1,"errors":[{"category":"OBJECT_NOT_FOUND","context":{"ids":["10","11"]}}]}"#;
    let gone = "skipped not-found-in-destination".to_owned();
    assert_eq!(told(Operation::Update, body), Ok(vec![gone.clone(), gone, "accepted".to_owned()]));
}

#[test]
fn errors_that_name_nobody_are_of_the_rows_without_a_result_where_there_are_enough() {
    let first = r#""results":[{"id":"1","objectWriteTraceId":"row-0"}]"#;
    let one = format!(r#"{{{first},"numErrors":2,"errors":[{{"category":"CONFLICT","context":{{}}}}]}}"#);
    let conflict = "rejected identifier-invalid CONFLICT".to_owned();
    assert_eq!(told(Operation::Upsert, &one), Ok(vec!["accepted".to_owned(), conflict.clone(), conflict]));
    let two = format!(r#"{{{first},"numErrors":2,"errors":[{{"category":"CONFLICT"}},{{"category":"VALIDATION_ERROR"}}]}}"#);
    assert_eq!(told(Operation::Upsert, &two).expect("read")[1..], ["rejected row-refused CONFLICT"; 2]);
    let few = format!(r#"{{{first},"numErrors":1,"errors":[{{"category":"CONFLICT"}}]}}"#);
    assert_eq!(told(Operation::Upsert, &few).expect("read")[1..], ["unknown dest-protocol"; 2], "which of the two?");
    let none = format!("{{{first}}}");
    assert_eq!(told(Operation::Upsert, &none).expect("read")[1..], ["unknown dest-protocol"; 2]);
}

#[test]
fn strangers_and_names_of_properties_are_no_rows_and_another_shape_is_no_answer() {
    let body = r#"{"results":[{"id":"9","objectWriteTraceId":"row-9"},{"id":"8"}],"numErrors":1,
        "errors":[{"category":"CONFLICT","context":{"propertyName":["a@x"],"ids":["z@x"]}}]}"#;
    assert_eq!(told(Operation::Upsert, body).expect("read"), ["unknown dest-protocol"; 3]);
    for body in ["", "{}", r#"{"another":{"shape":true}}"#] {
        assert!(told(Operation::Upsert, body).is_err(), "{body}");
    }
}
