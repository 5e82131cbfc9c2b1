use super::*;
use crate::testing::{Rows as Built, absent, null};

#[test]
fn every_type_is_read_with_its_three_states() {
    let built = Built::new()
        .column("b", PhysicalType::Boolean, [true.into(), null(), absent()])
        .column("i", PhysicalType::Int64, [i64::MIN.into(), null(), absent()])
        .column("f", PhysicalType::Float64, [0.5.into(), null(), absent()])
        .column("t", PhysicalType::Utf8, ["é".into(), null(), absent()])
        .column("d", PhysicalType::Date32, [7.into(), null(), absent()])
        .column("m", PhysicalType::TimestampMicros, [(-1).into(), null(), absent()])
        .column("j", PhysicalType::Json, ["[1]".into(), null(), absent()])
        .column("x", PhysicalType::Binary, ["\u{1}".into(), null(), absent()])
        .column("n", PhysicalType::Decimal128, [(-5).into(), null(), absent()])
        .attr("scale", "2");
    let rows = built.view();
    let first: Vec<Cell<'_>> = rows.columns().iter().map(|c| c.cell(0)).collect();
    assert_eq!(
        first,
        [
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Float(0.5),
            Value::Text("é"),
            Value::Date(7),
            Value::Timestamp(-1),
            Value::Json("[1]"),
            Value::Bytes(b"\x01"),
            Value::Decimal { unscaled: -5, scale: 2 },
        ]
        .map(Cell::Value)
    );
    for column in rows.columns() {
        assert_eq!((column.cell(1), column.cell(2), column.cell(3)), (Cell::Null, Cell::Absent, Cell::Absent));
    }
}

#[test]
fn columns_are_found_by_name_and_by_role() {
    let built = Built::new().column("external_id", PhysicalType::Utf8, ["a".into()]).attr("role", "identifier").column(
        "country",
        PhysicalType::Utf8,
        ["FR".into()],
    );
    let rows = built.view();
    assert_eq!(rows.role("identifier").map(|c| c.name()), Some("external_id"));
    assert_eq!(rows.column("country").and_then(|c| c.text(0)), Some("FR"));
    assert_eq!(rows.with_role("attribute").count(), 1);
    assert_eq!(rows.columns()[0].identifier(), Some("external_id"));
    assert_eq!(rows.columns()[1].identifier(), None);
}

#[test]
fn buffers_that_do_not_fit_their_type_are_refused_by_name() {
    let good = Built::new().column("t", PhysicalType::Utf8, ["é".into(), "b".into()]);
    let break_one = |change: &dyn Fn(&mut Column)| {
        let mut broken = good.clone();
        change(&mut broken.batch.columns[0]);
        matches!(Rows::new(&broken.schema, &broken.batch), Err(Halt::Contract(r)) if r.message.contains("`t`"))
    };
    assert!(break_one(&|c| c.data.truncate(2)), "data too short");
    assert!(break_one(&|c| c.offsets.truncate(8)), "offsets too short");
    assert!(break_one(&|c| c.offsets[4] = 1), "offset inside a character");
    assert!(break_one(&|c| c.offsets[4] = 0xff), "offset beyond the data");
    assert!(break_one(&|c| c.data[0] = 0xff), "not UTF-8");
    let mut wide = Built::new().column("t", PhysicalType::Int64, (0_i64..9).map(Into::into).collect::<Vec<_>>());
    wide.batch.columns[0].present = vec![0xff];
    assert!(Rows::new(&wide.schema, &wide.batch).is_err(), "presence for eight of nine rows");
    wide.batch.columns.clear();
    assert!(Rows::new(&wide.schema, &wide.batch).is_err(), "no columns");
}

#[test]
fn a_name_that_the_platform_keeps_for_itself_is_no_attribute() {
    let made = Built::new().column("id", PhysicalType::Utf8, ["C-1".into()]).attr("role", "identifier").column(
        "plan",
        PhysicalType::Utf8,
        ["gold".into()],
    );
    let names = |reserved: &[&str]| {
        let columns = made.view().attributes(|name| reserved.contains(&name));
        columns.map(|columns| columns.iter().map(|c| c.name().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(names(&["id"]), Ok(vec!["plan".to_owned()]), "an identifier is not looked at");
    let halt = names(&["plan"]).expect_err("reserved");
    assert!(matches!(&halt, Halt::Config(reason) if reason.message.contains("`plan`")), "{halt:?}");
}

#[test]
fn a_column_that_is_needed_is_asked_for_by_its_name() {
    let made = Built::new().column("id", PhysicalType::Utf8, ["C-1".into()]).attr("role", "event-id").column(
        "name",
        PhysicalType::Utf8,
        ["signup".into()],
    );
    let rows = made.view();
    assert_eq!(rows.attribute("name").and_then(|column| column.text(0)), Some("signup"));
    assert!(rows.attribute("id").is_none(), "of another role");
    assert_eq!(rows.needed("id").map(|column| column.text(0)), Ok(Some("C-1")));
    assert_eq!(rows.needed_role("event-id", "event_id").map(|column| column.name()), Ok("id"));
    let told = |halt: Option<Halt>, name: &str| matches!(halt, Some(Halt::Config(reason)) if reason.message.contains(name));
    assert!(told(rows.needed("plan").err(), "`plan`") && told(rows.needed_role("event-time", "time").err(), "`time`"));
}
