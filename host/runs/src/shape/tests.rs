use super::*;
use arrow::array::{Int64Array, StringArray};

fn target(name: &str, role: FieldRole, ty: PhysicalType, column: usize) -> Target {
    Target {
        name: name.into(),
        role,
        ty,
        scale: 0,
        filling: Filling::Column(column),
        default: None,
        required: false,
        chars_max: None,
        bytes_max: None,
        one_of: vec![],
        normalise: vec![],
        hash: Hash::None,
        country: None,
    }
}

fn rows(ids: Vec<Option<i64>>, texts: Vec<Option<&str>>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int64Array::from(ids)) as ArrayRef, true),
        ("text", Arc::new(StringArray::from(texts)) as ArrayRef, true),
    ])
    .unwrap()
}

fn texts(shaped: &Shaped, column: usize) -> Vec<Option<String>> {
    let column = shaped.batch.column(column).as_any().downcast_ref::<StringArray>().unwrap();
    column.iter().map(|v| v.map(str::to_owned)).collect()
}

#[test]
fn a_number_becomes_text_and_a_text_that_is_no_number_is_invalid() {
    let shape = Shape::new(
        1,
        vec![
            target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0),
            target("points", FieldRole::Attribute, PhysicalType::Int64, 1),
        ],
        None,
    );
    let shaped = shape.apply(&rows(vec![Some(1), Some(2), Some(3)], vec![Some("12"), Some("twelve"), None])).unwrap();
    assert_eq!(texts(&shaped, 1), [Some("1".into()), Some("2".into()), Some("3".into())]);
    assert_eq!(shaped.invalid, [None, Some(Invalid { code: Code::CastFailed, target: Some(1) }), None]);
}

#[test]
fn a_row_without_any_identifier_is_invalid() {
    let shape = Shape::new(
        1,
        vec![
            target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0),
            target("email", FieldRole::Identifier, PhysicalType::Utf8, 1),
        ],
        None,
    );
    let shaped = shape.apply(&rows(vec![Some(1), None, None], vec![None, Some("a@x"), None])).unwrap();
    assert_eq!(shaped.invalid, [None, None, Some(Invalid { code: Code::NoIdentifier, target: None })]);
}

#[test]
fn an_address_is_normalised_then_hashed_and_a_hash_is_not_hashed_again() {
    let hashed = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514";
    let mut email = target("email", FieldRole::Identifier, PhysicalType::Utf8, 1);
    email.normalise = vec![Normalise::Trim, Normalise::Lower];
    email.hash = Hash::Sha256;
    let shape = Shape::new(1, vec![email], None);
    let upper = hashed.to_uppercase();
    let batch = rows(vec![Some(1), Some(2), Some(3)], vec![Some("  User@Example.com "), Some(&upper), Some("  ")]);
    let shaped = shape.apply(&batch).unwrap();
    assert_eq!(texts(&shaped, 1), [Some(hashed.into()), Some(hashed.into()), Some(String::new())]);
}

#[test]
fn a_number_is_read_with_the_country_of_its_field_and_what_is_none_is_refused() {
    let mut phone = target("phone", FieldRole::Attribute, PhysicalType::Utf8, 1);
    phone.normalise = vec![Normalise::E164];
    phone.country = sluice_catalog::semantic::Country::from_code("FR");
    phone.required = true;
    let shape = Shape::new(1, vec![target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0), phone], None);
    let batch = rows(vec![Some(1), Some(2), Some(3)], vec![Some("06 12 34 56 78"), Some("+44 20 7946 0958"), Some("call me")]);
    let shaped = shape.apply(&batch).unwrap();
    assert_eq!(texts(&shaped, 2), [Some("+33612345678".into()), Some("+442079460958".into()), None]);
    assert_eq!(shaped.invalid, [None, None, Some(Invalid { code: Code::BadFormat, target: Some(1) })]);
}

#[test]
fn lengths_count_characters_and_bytes_and_both_sides_of_the_line_are_kept_apart() {
    let mut name = target("name", FieldRole::Attribute, PhysicalType::Utf8, 1);
    name.chars_max = Some(3);
    let shape = Shape::new(1, vec![target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0), name.clone()], None);
    let batch = rows(vec![Some(1), Some(2), Some(3)], vec![Some("éàü"), Some("éàüx"), None]);
    let too_long = Some(Invalid { code: Code::TooLong, target: Some(1) });
    assert_eq!(shape.apply(&batch).unwrap().invalid, [None, too_long, None]);
    (name.chars_max, name.bytes_max) = (None, Some(6));
    let shape = Shape::new(1, vec![target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0), name], None);
    assert_eq!(shape.apply(&batch).unwrap().invalid, [None, too_long, None]);
}

#[test]
fn a_row_whose_texts_fit_into_no_request_is_refused_and_not_its_neighbours() {
    let fields = [PhysicalType::Utf8, PhysicalType::Json].map(|ty| target("text", FieldRole::Attribute, ty, 1));
    let id = target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0);
    let shape = Shape::new(1, [vec![id], fields.to_vec()].concat(), None).with_row_bytes_max(21);
    let batch = rows(vec![Some(1), Some(2), Some(3)], vec![Some("0123456789"), Some("0123456789x"), None]);
    let too_large = Some(Invalid { code: Code::TooLarge, target: None });
    assert_eq!(shape.apply(&batch).unwrap().invalid, [None, too_large, None]);
}

#[test]
fn a_default_fills_nulls_before_required_is_asked() {
    let mut country = target("country", FieldRole::Attribute, PhysicalType::Utf8, 1);
    country.required = true;
    let shape = |country: &Target| {
        Shape::new(1, vec![target("external_id", FieldRole::Identifier, PhysicalType::Utf8, 0), country.clone()], None)
    };
    let batch = rows(vec![Some(1), Some(2)], vec![Some("FR"), None]);
    assert_eq!(shape(&country).apply(&batch).unwrap().invalid[1], Some(Invalid { code: Code::MissingRequired, target: Some(1) }));
    country.default = constant(&serde_json::json!("ZZ"), PhysicalType::Utf8, 0);
    let shaped = shape(&country).apply(&batch).unwrap();
    assert_eq!((texts(&shaped, 2)[1].clone(), shaped.invalid[1]), (Some("ZZ".into()), None));
}

#[test]
fn a_constant_that_does_not_fit_its_type_is_refused() {
    for (value, ty, fits) in [
        (serde_json::json!(true), PhysicalType::Boolean, true),
        (serde_json::json!("yes"), PhysicalType::Boolean, false),
        (serde_json::json!(3), PhysicalType::Utf8, true),
        (serde_json::json!({"a": 1}), PhysicalType::Utf8, false),
        (serde_json::json!("2026-01-31"), PhysicalType::Date32, true),
        (serde_json::json!("2026-01-32"), PhysicalType::Date32, false),
        (serde_json::json!("2026-01-31T10:00:00Z"), PhysicalType::TimestampMicros, true),
        (serde_json::json!(1.5), PhysicalType::Int64, false),
    ] {
        assert_eq!(constant(&value, ty, 0).is_some(), fits, "{value} as {ty:?}");
    }
}
