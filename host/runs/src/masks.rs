//! Personal data in the rows of a dry run: its values give place to their masks before the component gets them.
//!
//! Not the requests are searched for values, which a component may have split, joined or encoded: it never has the values, so no
//! request of it can show them. A component that asks its platform about a record while it writes asks about the mask.

use sluice_catalog::{
    columnar::{self, Batch, Column, PhysicalType},
    manifest::{FieldRole, Hash},
    model::Field,
    semantic::{HIDDEN, Semantic, is_sha256},
};

use crate::{plan::Plan, shape::Filling};

/// The columns of personal data among those that are sent.
#[derive(Debug)]
pub(crate) struct Masks(Vec<Mask>);

#[derive(Debug)]
struct Mask {
    target: String,
    role: FieldRole,
    field: Field,
    hash: Hash,
}

impl Masks {
    /// `fields`: what the plan's batches have in columns, the key first; what is made of personal data is marked as such.
    pub(crate) fn of(plan: &Plan, fields: &[Field]) -> Self {
        let personal = plan.targets.iter().filter_map(|target| {
            let Filling::Column(at) = target.filling else { return None };
            let field = fields.get(at).filter(|field| field.pii)?;
            Some(Mask { target: target.name.clone(), role: target.role, field: field.clone(), hash: target.hash })
        });
        Self(personal.collect())
    }

    /// Hides what is personal in a batch of this schema. Null stays null, absent absent, and empty text empty; of text its mask is left,
    /// of every other type a zero.
    pub(crate) fn hide(&self, schema: &[columnar::Field], batch: &mut Batch) {
        let rows = batch.rows as usize;
        for (field, column) in schema.iter().zip(&mut batch.columns) {
            let is = |mask: &&Mask| mask.target == field.name && field.attr("role") == Some(mask.role.as_str());
            let Some(mask) = self.0.iter().find(is) else { continue };
            match field.ty {
                PhysicalType::Utf8 => rewrite(column, rows, |text| mask.text(text)),
                PhysicalType::Json => rewrite(column, rows, |_| format!("\"{HIDDEN}\"")),
                PhysicalType::Binary => rewrite(column, rows, |_| String::new()),
                PhysicalType::Boolean
                | PhysicalType::Int64
                | PhysicalType::Float64
                | PhysicalType::Decimal128
                | PhysicalType::Date32
                | PhysicalType::TimestampMicros => column.data.fill(0),
            }
        }
    }
}

impl Mask {
    fn text(&self, text: &str) -> String {
        if self.hash == Hash::Sha256 && is_sha256(text) {
            return Semantic::EmailSha256.mask(text);
        }
        let masked = self.field.masked(&text.into());
        masked.as_str().unwrap_or(HIDDEN).to_owned()
    }
}

/// Puts another text in the place of each that is not empty. What is not UTF-8, or lies outside of the buffer, is hidden whole.
fn rewrite(column: &mut Column, rows: usize, of: impl Fn(&str) -> String) {
    let ends: Vec<usize> = column
        .offsets
        .chunks_exact(4)
        .map(|bytes| usize::try_from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).unwrap_or(0))
        .collect();
    let (mut offsets, mut data) = (Vec::with_capacity((rows + 1) * 4), Vec::new());
    offsets.extend_from_slice(&0_i32.to_le_bytes());
    for row in 0..rows {
        let value = ends.get(row).zip(ends.get(row + 1)).and_then(|(start, end)| column.data.get(*start..*end));
        match value.map(std::str::from_utf8) {
            Some(Ok("")) => {}
            Some(Ok(text)) => data.extend_from_slice(of(text).as_bytes()),
            Some(Err(_)) | None => data.extend_from_slice(HIDDEN.as_bytes()),
        }
        // A batch is far below two gigabytes, and a mask is no longer than a few dozen bytes.
        offsets.extend_from_slice(&i32::try_from(data.len()).unwrap_or(i32::MAX).to_le_bytes());
    }
    (column.offsets, column.data) = (offsets, data);
}

#[cfg(test)]
mod tests {
    use sluice_catalog::types::DataType;

    use super::*;

    fn texts(values: &[&str]) -> Column {
        let (mut offsets, mut data) = (0_i32.to_le_bytes().to_vec(), Vec::new());
        for value in values {
            data.extend_from_slice(value.as_bytes());
            offsets.extend_from_slice(&(data.len() as i32).to_le_bytes());
        }
        Column { offsets, data, ..Column::default() }
    }

    fn personal(target: &str, role: FieldRole, semantic: Option<Semantic>, hash: Hash) -> Mask {
        let field = Field { semantic, pii: true, ..Field::plain("any", DataType::String) };
        Mask { target: target.into(), role, field, hash }
    }

    fn column(name: &str, role: FieldRole, ty: PhysicalType) -> columnar::Field {
        let attrs = vec![("role".to_owned(), role.as_str().to_owned())];
        columnar::Field { name: name.into(), ty, nullable: true, attrs }
    }

    #[test]
    fn what_is_personal_is_masked_by_its_own_rule_and_the_rest_stays() {
        let digest = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
        let email = || Some(Semantic::Email);
        for (mask, ty, before, after) in [
            (
                personal("it", FieldRole::Attribute, email(), Hash::None),
                PhysicalType::Utf8,
                "jo.martin@shop.example",
                "j…@s….example",
            ),
            (personal("it", FieldRole::Attribute, None, Hash::None), PhysicalType::Utf8, "jo.martin@shop.example", "•••"),
            (personal("it", FieldRole::Attribute, email(), Hash::Sha256), PhysicalType::Utf8, digest, "50…"),
            (personal("it", FieldRole::Attribute, email(), Hash::None), PhysicalType::Json, "[\"jo@shop.example\"]", "\"•••\""),
            (personal("it", FieldRole::Identifier, email(), Hash::None), PhysicalType::Utf8, "another role", "another role"),
            (personal("other", FieldRole::Attribute, email(), Hash::None), PhysicalType::Utf8, "another field", "another field"),
        ] {
            let mut batch = Batch { rows: 3, columns: vec![texts(&[before, "", before])] };
            Masks(vec![mask]).hide(&[column("it", FieldRole::Attribute, ty)], &mut batch);
            assert_eq!(batch.columns[0], texts(&[after, "", after]), "{before}");
        }
    }

    #[test]
    fn what_is_no_text_is_zero_and_what_is_not_there_stays_so() {
        let column_of = |data: Vec<u8>| Column { validity: vec![0b01], data, ..Column::default() };
        let mut batch = Batch { rows: 2, columns: vec![column_of(42_i64.to_le_bytes().repeat(2))] };
        let masks = Masks(vec![personal("it", FieldRole::Attribute, Some(Semantic::UserId), Hash::None)]);
        masks.hide(&[column("it", FieldRole::Attribute, PhysicalType::Int64)], &mut batch);
        assert_eq!(batch.columns[0], column_of(vec![0; 16]));
    }
}
