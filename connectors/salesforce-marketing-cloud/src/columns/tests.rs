use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, absent, null};

use super::*;

/// A data extension of each type, with a primary key of these columns.
fn table(keys: &[&str]) -> Columns {
    let field = |name: &str, ty: &str, length: Json, nullable: bool| json!({ "name": name, "type": ty, "isPrimaryKey": keys.contains(&name), "isNullable": nullable, "length": length });
    let fields = [
        field("MemberId", "Text", json!(8), false),
        field("Shop", "Number", Json::Null, false),
        field("Email", "EmailAddress", json!(254), true),
        field("Points", "Number", Json::Null, true),
        field("Value", "Decimal", json!(18), true),
        field("LastOrderAt", "Date", Json::Null, true),
        field("OptIn", "Boolean", Json::Null, true),
        field("Note", "Text", json!(5), true),
        field("Mobile", "Phone", json!(50), true),
    ];
    let of_keys = |field: &Json| field["isNullable"] == true || keys.iter().any(|key| field["name"] == *key);
    let fields: Vec<&Json> = fields.iter().filter(|field| of_keys(field)).collect();
    Columns::of(serde_json::from_str(&json!({ "id": "D1", "fields": fields }).to_string()).expect("columns"))
}

fn keyed(made: Made, name: &str, cells: &[&str]) -> Made {
    made.column(name, PhysicalType::Utf8, cells.iter().map(|cell| (*cell).into())).attr("role", "identifier")
}

fn by_key(cells: &[&str]) -> Made {
    keyed(Made::new(), "key", cells)
}

fn checked(columns: &Columns, made: &Made, flag: Option<&str>) -> Option<String> {
    match columns.check(&made.schema, flag) {
        Ok(()) => None,
        Err(Halt::Config(reason)) => Some(reason.field.unwrap_or(reason.message)),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn an_unknown_column_and_one_of_another_type_are_told_by_name() {
    let columns = table(&["MemberId"]);
    let one = |name: &str, ty, cell: Input| checked(&columns, &by_key(&["a"]).column(name, ty, [cell]), None);
    assert_eq!(one("Points", PhysicalType::Int64, 7.into()), None);
    assert_eq!(one("points", PhysicalType::Int64, 7.into()).as_deref(), Some("points"), "its spelling counts");
    assert_eq!(one("Tier", PhysicalType::Utf8, "x".into()).as_deref(), Some("Tier"));
    assert_eq!(one("MemberId", PhysicalType::Utf8, "x".into()).as_deref(), Some("MemberId"), "the key is an identifier");
    use PhysicalType::{Boolean, Date32, Decimal128, Float64, Int64, Json as JsonType, TimestampMicros, Utf8};
    for (name, good) in [
        ("Points", &[Int64][..]),
        ("Value", &[Int64, Float64, Decimal128]),
        ("LastOrderAt", &[Date32, TimestampMicros]),
        ("OptIn", &[Boolean]),
        ("Email", &[Utf8]),
        ("Mobile", &[Utf8]),
        ("Note", &[Boolean, Int64, Float64, Decimal128, Utf8, Date32, TimestampMicros, JsonType]),
    ] {
        for ty in [Boolean, Int64, Float64, Decimal128, Utf8, Date32, TimestampMicros, JsonType] {
            assert_eq!(one(name, ty, absent()), (!good.contains(&ty)).then(|| name.to_owned()), "{name} {ty:?}");
        }
    }
}

#[test]
fn each_column_of_the_primary_key_is_an_identifier() {
    assert_eq!(checked(&table(&["MemberId"]), &by_key(&["a"]), None), None);
    assert_eq!(checked(&table(&["MemberId", "Shop"]), &by_key(&["a"]), None).as_deref(), Some("Shop"));
    assert_eq!(checked(&table(&["MemberId", "Shop"]), &keyed(by_key(&["a"]), "key_2", &["7"]), None), None);
    assert_eq!(checked(&table(&["MemberId"]), &keyed(by_key(&["a"]), "key_2", &["7"]), None).as_deref(), Some("key_2"));
    assert_eq!(checked(&table(&["MemberId"]), &keyed(Made::new(), "key_9", &["7"]), None).as_deref(), Some("key_9"));
    for keys in [&[][..], &["MemberId", "Shop", "Email", "Points"]] {
        let told = checked(&table(keys), &by_key(&["a"]), None).expect("refused");
        assert!(told.contains(&format!("{} primary key columns", keys.len())), "{told}");
    }
}

#[test]
fn what_must_not_be_null_is_mapped_and_of_leavers_only_key_and_flag_are_there() {
    let fields = json!({ "id": "D1", "fields": [
        { "name": "Plan", "type": "Text", "isNullable": false, "ordinal": 2 },
        { "name": "Id", "type": "Text", "isPrimaryKey": true, "isNullable": false, "ordinal": 0 },
        { "name": "In", "type": "Boolean", "isNullable": false, "ordinal": 1 },
    ] });
    let columns = Columns::of(serde_json::from_str(&fields.to_string()).expect("columns"));
    assert_eq!(columns.described().map(|(name, _)| name).collect::<Vec<_>>(), ["Id", "In", "Plan"], "in the platform's order");
    let flagged = by_key(&["a"]).column("In", PhysicalType::Boolean, [true.into()]);
    assert_eq!(checked(&columns, &by_key(&["a"]), None).as_deref(), Some("In"));
    assert_eq!(checked(&columns, &flagged, None).as_deref(), Some("Plan"));
    let all = flagged.column("Plan", PhysicalType::Utf8, ["gold".into()]);
    assert_eq!(checked(&columns, &all, None), None);
    assert_eq!(checked(&columns, &all, Some("In")).as_deref(), Some("Plan"), "who leaves would have none");
}

/// Each row's object, or its refusal's code and field.
fn objects(columns: &Columns, made: &Made) -> Vec<String> {
    let rows = made.view();
    let members = columns.members(&rows).expect("it was checked");
    let object = |row| {
        let mut body = Writer::default();
        body.begin_object();
        match members.iter().try_for_each(|member| member.write(&mut body, row)) {
            Ok(()) => body.end_object(),
            Err(reason) => return format!("{} {}", reason.code, reason.field.unwrap_or_default()),
        }
        body.into_text()
    };
    (0..rows.len()).map(object).collect()
}

fn values(name: &str, ty: PhysicalType, cells: Vec<Input>) -> Vec<String> {
    let keys: Vec<&str> = cells.iter().map(|_| "a").collect();
    let told = objects(&table(&["MemberId"]), &by_key(&keys).column(name, ty, cells));
    told.into_iter().map(|object| object.replace(r#"{"MemberId":"a""#, "{")).collect()
}

#[test]
fn a_cell_is_left_alone_cleared_or_set() {
    let told = values("Note", PhysicalType::Utf8, vec!["é".into(), null(), absent()]);
    assert_eq!(told, [r#"{,"Note":"é"}"#, r#"{,"Note":null}"#, "{}"]);
    let fields = json!({ "id": "D1", "fields": [
        { "name": "Id", "type": "Text", "isPrimaryKey": true }, { "name": "Plan", "type": "Text", "isNullable": false } ] });
    let columns = Columns::of(serde_json::from_str(&fields.to_string()).expect("columns"));
    let made = by_key(&["a", "b", "c"]).column("Plan", PhysicalType::Utf8, ["x".into(), null(), absent()]);
    assert_eq!(objects(&columns, &made), [r#"{"Id":"a","Plan":"x"}"#, "bad-format Plan", "bad-format Plan"]);
}

#[test]
fn values_are_written_as_the_column_has_them_and_no_further_than_it_reaches() {
    let (most, least) = (i64::from(i32::MAX), i64::from(i32::MIN));
    let numbers = values("Points", PhysicalType::Int64, vec![most.into(), (most + 1).into(), least.into(), (least - 1).into()]);
    assert_eq!(
        numbers,
        [&format!(r#"{{,"Points":{most}}}"#), "bad-format Points", &format!(r#"{{,"Points":{least}}}"#), "bad-format Points"]
    );
    let decimals = values("Value", PhysicalType::Float64, vec![412.5.into(), f64::NAN.into(), f64::INFINITY.into()]);
    assert_eq!(decimals, [r#"{,"Value":412.5}"#, "bad-format Value", "bad-format Value"]);
    assert_eq!(values("OptIn", PhysicalType::Boolean, vec![true.into()]), [r#"{,"OptIn":true}"#]);
    assert_eq!(
        values("LastOrderAt", PhysicalType::TimestampMicros, vec![1_777_543_200_000_000.into()]),
        [r#"{,"LastOrderAt":"2026-04-30T10:00:00Z"}"#]
    );
    assert_eq!(
        values("Email", PhysicalType::Utf8, vec!["a@b.example".into(), "nobody".into()]),
        [r#"{,"Email":"a@b.example"}"#, "bad-format Email"]
    );
    assert_eq!(
        values("Note", PhysicalType::Utf8, vec!["éééée".into(), "éééééé".into()]),
        [r#"{,"Note":"éééée"}"#, "too-long Note"]
    );
}

#[test]
fn a_text_takes_everything_as_text() {
    assert_eq!(values("Note", PhysicalType::Int64, vec![7.into()]), [r#"{,"Note":"7"}"#]);
    assert_eq!(values("Note", PhysicalType::Json, vec!["[1]".into()]), [r#"{,"Note":"[1]"}"#]);
    assert_eq!(values("Note", PhysicalType::Float64, vec![f64::NAN.into()]), ["bad-format Note"]);
}

#[test]
fn a_key_goes_by_its_columns_name_and_type_and_is_never_empty() {
    let columns = table(&["MemberId", "Shop"]);
    let made = keyed(by_key(&["a", "", "too-long-a-key", "b"]), "key_2", &["7", "7", "7", "seven"]);
    assert_eq!(
        objects(&columns, &made),
        [r#"{"MemberId":"a","Shop":7}"#, "no-identifier MemberId", "too-long MemberId", "bad-format Shop"]
    );
}
