//! A body with an array that has one plain value for each row (addresses of members who leave), where [`Call::objects`] has an object.

use crate::call::Call;
use crate::contract::{Halt, Outcome};
use crate::json::Writer;
use crate::places::Places;

impl Call<'_> {
    /// Fills an array of `body` with a value for each of `rows` rows; to be called where a value may stand.
    ///
    /// `value` writes the value of one row, or says why the row is not sent: a reason (the row is refused) or an outcome. A body larger
    /// than [`Call::body_bytes_max`] is a split after the rows that fit. What comes after the array has 16 bytes.
    pub fn values<E: Into<Outcome>>(
        &self,
        body: &mut Writer,
        rows: usize,
        value: impl Fn(&mut Writer, usize) -> Result<(), E>,
    ) -> Result<Places, Halt> {
        let mut left_out = Vec::new();
        body.begin_array();
        for row in 0..rows {
            let start = body.mark();
            match value(body, row) {
                Ok(()) => self.fits(body, row)?,
                Err(why) => {
                    body.rewind(start);
                    left_out.push((row as u32, why));
                }
            }
        }
        body.end_array();
        Ok(Places::new(rows, left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::Reason;
    use crate::testing::Script;

    fn numbers(script: &Script, rows: usize) -> (String, Result<Places, Halt>) {
        let mut body = Writer::default();
        let value = |body: &mut Writer, row: usize| {
            body.int(row as i64);
            if row.is_multiple_of(2) { Ok(()) } else { Err(Reason::new(code::BAD_FORMAT, "odd")) }
        };
        let places = script.call(|call| call.values(&mut body, rows, value));
        (String::from_utf8(body.into_bytes()).expect("JSON"), places)
    }

    #[test]
    fn a_row_that_cannot_be_sent_leaves_no_trace_in_the_array() {
        let (body, places) = numbers(&Script::new(), 6);
        assert_eq!(body, "[0,2,4]");
        let places = places.expect("it fits");
        assert_eq!((places.sent(), places.row(1), places.row(2)), (3, Some(2), Some(4)));
    }

    #[test]
    fn the_last_byte_that_fits_is_taken_and_the_next_one_splits() {
        // `[0,2,4` are six bytes, and 16 are kept free.
        let (_, fits) = numbers(&Script::new().attr("unit-bytes", "22"), 6);
        assert!(fits.is_ok(), "{fits:?}");
        let (_, split) = numbers(&Script::new().attr("unit-bytes", "21"), 6);
        assert!(matches!(&split, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(4)), "{split:?}");
    }
}
