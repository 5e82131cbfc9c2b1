//! The start of a CSV file that its types are guessed from: whole records, so that none is torn where the limit of bytes falls, and
//! the line of the first that is none.

use std::{
    io::{BufRead, Result},
    iter::once,
};

/// Where the engine's reader stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between records; empty lines are none.
    Record,
    /// Behind a delimiter.
    Cell,
    /// In a cell without quotes. Quotes in it are text.
    Plain,
    /// In a cell with quotes.
    Quoted,
    /// Behind a quote in a cell with quotes: its end, or the first of two that mean one.
    Closed,
}

impl Place {
    fn behind(self, byte: u8, delimiter: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::Closed,
            (Self::Quoted, _) => Self::Quoted,
            (_, b'\n' | b'\r') => Self::Record,
            (_, byte) if byte == delimiter => Self::Cell,
            (Self::Record | Self::Cell | Self::Closed, b'"') => Self::Quoted,
            _ => Self::Plain,
        }
    }
}

/// How many bytes the header and the first `rows` records take, or as many whole records as end within `bytes_max`. `None`: not even
/// the header and one record, if one is asked for, end there.
pub(super) fn whole_records(file: impl BufRead, delimiter: u8, rows: usize, bytes_max: u64) -> Result<Option<u64>> {
    let mut file = file.take(bytes_max);
    let (mut place, mut records, mut whole) = (Place::Record, 0_usize, 0_u64);
    let mut read = if pass_mark(&mut file)? { 3 } else { 0 };
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok((records > rows.min(1)).then_some(whole));
        }
        for byte in piece {
            read += 1;
            let next = place.behind(*byte, delimiter);
            if next == Place::Record && place != Place::Record {
                (records, whole) = (records + 1, read);
                if records > rows {
                    return Ok(Some(whole));
                }
            }
            place = next;
        }
        let length = piece.len();
        file.consume(length);
    }
}

/// Why the reader refuses the first row that it refuses, by the line on which that begins. Never a value.
pub(super) fn flaw(mut file: impl BufRead, delimiter: u8) -> Result<Option<String>> {
    let (mut place, mut line, mut last) = (Place::Record, 1_u64, 0_u8);
    let (mut begun, mut cells, mut header, mut text) = (line, 1_usize, None, Vec::new());
    pass_mark(&mut file)?;
    for byte in file.bytes().chain(once(Ok(b'\n'))) {
        let byte = byte?;
        let next = place.behind(byte, delimiter);
        if place == Place::Record {
            (begun, cells) = (line, 1);
            text.clear();
        }
        if next == Place::Cell {
            cells += 1;
        }
        if next == Place::Record && place != Place::Record {
            let wanted = *header.get_or_insert(cells);
            if std::str::from_utf8(&text).is_err() {
                return Ok(Some(format!("the row on line {begun} is not in UTF-8")));
            }
            if cells != wanted {
                let why = format!("has another number of cells than the header: {cells} instead of {wanted}");
                return Ok(Some(format!("the row on line {begun} {why}")));
            }
        }
        text.push(byte);
        line += u64::from(byte == b'\r' || (byte == b'\n' && last != b'\r'));
        (place, last) = (next, byte);
    }
    Ok((place == Place::Quoted).then(|| format!("the row on line {begun} has a quote that is not closed")))
}

/// Passes over a byte order mark, as the reader does, and says whether there was one.
fn pass_mark(file: &mut impl BufRead) -> Result<bool> {
    let there = file.fill_buf()?.starts_with(b"\xef\xbb\xbf");
    if there {
        file.consume(3);
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_ends_behind_its_last_whole_record() {
        let end = |text: &str, rows, bytes_max| whole_records(text.as_bytes(), b',', rows, bytes_max).unwrap();
        let text = "id,n\n1,\"a\nb\"\n2,c\n";
        // As many records as were asked for, or as end within the limit.
        assert_eq!(end(text, 1, 100), Some(13));
        assert_eq!(end(text, 9, 100), Some(17));
        assert_eq!(end(text, 9, 17), Some(17));
        assert_eq!(end(text, 9, 16), Some(13), "the last line break is beyond the limit");
        assert_eq!(end(text, 9, 13), Some(13));
        assert_eq!(end(text, 9, 12), None, "the line break in quotes ends nothing");
        assert_eq!(end(text, 0, 5), Some(5));
        assert_eq!(end(text, 0, 4), None);
    }

    #[test]
    fn quotes_and_ends_of_lines_are_those_of_the_reader() {
        let end = |text: &str, bytes_max| whole_records(text.as_bytes(), b';', 9, bytes_max).unwrap();
        assert_eq!(end("\u{feff}\"a\nb\";c\n1;2\n3", 99), Some(15), "a mark before the first quote");
        assert_eq!(end("a\r\n\r\n\"x\"\"\r\ny\"\r\nz", 99), Some(14), "two quotes are one; empty lines are none");
        assert_eq!(end("a\nx\"y\n\"z", 99), Some(6), "a quote within a cell is text");
    }

    #[test]
    fn a_flaw_is_named_by_the_line_on_which_its_row_begins() {
        let found = |text: &[u8]| flaw(text, b',').unwrap().unwrap_or_default();
        let short = |line: u64| format!("the row on line {line} has another number of cells than the header: 1 instead of 2");
        assert_eq!(found(b"id,n\n1,2\n3\n"), short(3));
        assert_eq!(found(b"id,n\r\n1,2\r\n\r\n3"), short(4), "empty lines count");
        assert_eq!(found(b"id,n\n1,\"a\nb,\"\n3\n4,5\n"), short(4), "and so do line breaks in quotes");
        assert_eq!(found(b"id,n\n1,Ren\xe9\n3\n"), "the row on line 2 is not in UTF-8");
        assert_eq!(found(b"id,n\n1,\"a\n3,4\n"), "the row on line 2 has a quote that is not closed");
        assert_eq!(found(b"\xef\xbb\xbf\"i,d\",n\n1,2"), "");
    }
}
