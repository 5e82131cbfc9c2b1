//! A body with an array that has one object for each row: what most platforms take. Rows that cannot be sent are taken back while
//! they are written, and a body that grows too large is a halt and not a request.

use crate::call::Call;
use crate::contract::{Halt, Outcome};
use crate::json::Writer;
use crate::places::Places;

impl Call<'_> {
    /// Fills an array of `body` with an object for each of `rows` rows; to be called where a value may stand.
    ///
    /// `object` writes the members of one row's object, or says why the row is not sent: a reason (the row is refused) or an outcome.
    /// A body larger than [`Call::body_bytes_max`] is a split after the rows that fit. What comes after the array has 16 bytes; more
    /// of it stands before the array.
    pub fn objects<E: Into<Outcome>>(
        &self,
        body: &mut Writer,
        rows: usize,
        object: impl Fn(&mut Writer, usize) -> Result<(), E>,
    ) -> Result<Places, Halt> {
        let mut left_out = Vec::new();
        body.begin_array();
        for row in 0..rows {
            let start = body.mark();
            body.begin_object();
            if let Err(why) = object(body, row) {
                body.rewind(start);
                left_out.push((row as u32, why));
                continue;
            }
            body.end_object();
            self.fits(body, row)?;
        }
        body.end_array();
        Ok(Places::new(rows, left_out))
    }

    /// A whole body: an object of what `head` writes and of the member `array`, which is filled by [`Call::objects`]. `bytes_guess`: a
    /// rough size of one row's object.
    pub fn body<E: Into<Outcome>>(
        &self,
        head: impl FnOnce(&mut Writer),
        (array, rows, bytes_guess): (&'static str, usize, usize),
        object: impl Fn(&mut Writer, usize) -> Result<(), E>,
    ) -> Result<(Writer, Places), Halt> {
        let mut body = Writer::with_capacity(256 + rows * bytes_guess);
        body.begin_object();
        head(&mut body);
        body.name(array);
        let places = self.objects(&mut body, rows, object)?;
        body.end_object();
        Ok((body, places))
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
        let places = script.call(|call| call.objects(&mut body, rows, even));
        (String::from_utf8(body.into_bytes()).expect("JSON"), places)
    }

    fn even(body: &mut Writer, row: usize) -> Result<(), Reason> {
        body.member("n", row as i64);
        if row.is_multiple_of(2) { Ok(()) } else { Err(Reason::new(code::BAD_FORMAT, "odd")) }
    }

    #[test]
    fn a_whole_body_has_its_head_before_its_rows() {
        let head = |body: &mut Writer| body.member("list", "7");
        let (body, places) = Script::new().call(|call| call.body(head, ("rows", 3, 8), even)).expect("it fits");
        assert_eq!((body.into_text().as_str(), places.sent()), (r#"{"list":"7","rows":[{"n":0},{"n":2}]}"#, 2));
    }

    #[test]
    fn a_row_that_cannot_be_sent_leaves_no_trace_in_the_array() {
        let (body, places) = numbers(&Script::new(), 4);
        assert_eq!(body, r#"[{"n":0},{"n":2}]"#);
        let places = places.expect("it fits");
        assert_eq!((places.sent(), places.row(1)), (2, Some(2)));
    }

    #[test]
    fn the_last_byte_that_fits_is_taken_and_the_next_one_splits() {
        // `[{"n":0},{"n":2}` are 16 bytes, and 16 are kept free.
        let (_, fits) = numbers(&Script::new().attr("unit-bytes", "32"), 4);
        assert!(fits.is_ok(), "{fits:?}");
        let (_, split) = numbers(&Script::new().attr("unit-bytes", "31"), 4);
        let Err(Halt::SplitBatch(split)) = split else { panic!("{split:?}") };
        assert_eq!(split.rows_fit, Some(2), "the rows before the one that was too much");
    }
}
