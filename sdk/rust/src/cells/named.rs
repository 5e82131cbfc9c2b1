//! Columns that are called otherwise in the body than where they are mapped: in the platform's spelling, or without the place in front of
//! them (`location.city`), as members of an object of their own.

use super::Cells;
use crate::json::Key;
use crate::rows::ColumnView;

impl<'a> Cells<'a> {
    /// The columns in the order given, called what `name` says. Reasons keep the column's own name.
    pub fn named(columns: impl IntoIterator<Item = ColumnView<'a>>, name: impl Fn(&str) -> String) -> Self {
        let mut cells = Self::new(columns);
        cells.members.iter_mut().for_each(|member| member.key = Key::new(&name(member.column.name())));
        cells
    }

    /// The columns that lie under `prefix` (`location.`), in the order given and without it; the others are not taken. Reasons keep the
    /// whole name.
    pub fn under(prefix: &str, columns: impl IntoIterator<Item = ColumnView<'a>>) -> Self {
        let columns = columns.into_iter().filter(|column| column.name().starts_with(prefix));
        Self::named(columns, |name| name.strip_prefix(prefix).unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Null;
    use crate::contract::PhysicalType;
    use crate::json::Writer;
    use crate::testing::Rows;

    #[test]
    fn a_place_in_front_of_a_name_is_taken_off_and_kept_in_reasons() {
        let made = Rows::new()
            .column("city", PhysicalType::Utf8, ["x".into(), "x".into()])
            .column("home.city", PhysicalType::Utf8, ["Lyon".into(), "Lyon".into()])
            .column("home.latitude", PhysicalType::Float64, [45.5.into(), f64::NAN.into()]);
        let rows = made.view();
        let cells = Cells::under("home.", rows.columns().iter().copied());
        let mut body = Writer::default();
        body.begin_object();
        assert_eq!(cells.write(&mut body, 0, Null::Written), Ok(()));
        body.end_object();
        assert_eq!(body.as_bytes(), br#"{"city":"Lyon","latitude":45.5}"#);
        let refused = cells.write(&mut Writer::default(), 1, Null::Written).expect_err("no number");
        assert_eq!(refused.field.as_deref(), Some("home.latitude"));
        assert!(Cells::under("work.", rows.columns().iter().copied()).is_empty());
    }

    #[test]
    fn a_name_is_spelled_as_the_platform_does() {
        let made = Rows::new().column("fname", PhysicalType::Utf8, ["Lea".into()]);
        let mut body = Writer::default();
        body.item(|body| Cells::named(made.view().columns().iter().copied(), str::to_uppercase).write(body, 0, Null::Written))
            .expect("a text");
        assert_eq!(body.into_text(), r#"{"FNAME":"Lea"}"#);
    }
}
