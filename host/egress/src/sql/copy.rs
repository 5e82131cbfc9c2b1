//! The answer of `COPY … TO STDOUT (FORMAT binary)`, decoded row by row into Arrow columns of bounded size.
//!
//! Layout (the server's manual, page COPY, binary format): a signature of 11 bytes, flags, the length of an extension; per row the
//! number of fields, per field its length (-1: null) and its bytes; -1 at the end. Pieces of the stream are cut anywhere.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, RecordBatch,
        StringBuilder, TimestampMicrosecondBuilder,
    },
    datatypes::SchemaRef,
};
use bytes::{Buf, Bytes, BytesMut};
use sluice_catalog::Code;

use super::{
    SqlError, array, numeric,
    shape::{Reader, Scalar, Shape},
};
use crate::limits::{SQL_BATCH_BYTES, SQL_VALUE_BYTES_MAX};

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Days from 1970-01-01 to 2000-01-01, where the server counts from.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// Why a value cannot be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// The bytes are not of the type's form.
    Form,
    NotANumber,
    Infinite,
    /// Outside of what our type holds.
    Range,
    TooLong,
}

impl Bad {
    fn of_column(self, column: &str) -> SqlError {
        let problem = match self {
            Self::Form => "has a value that is not in the form of its type",
            Self::NotANumber => "has a value NaN, which a decimal cannot be: write NULLIF(…, 'NaN') in the model's SQL",
            Self::Infinite => "has a value infinity, which Sluice does not carry: write NULLIF(…, 'infinity') in the model's SQL",
            Self::Range => "has a value outside of the range of its type here",
            Self::TooLong => "has a value of more than 16 MiB",
        };
        SqlError::of_column(column, problem)
    }
}

/// Bytes in network order, read from the front.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn int(&mut self) -> Result<i32, Bad> {
        let (head, rest) = self.0.split_first_chunk::<4>().ok_or(Bad::Form)?;
        self.0 = rest;
        Ok(i32::from_be_bytes(*head))
    }

    /// A length and so many bytes; none for a null.
    pub(super) fn value(&mut self) -> Result<Option<&'a [u8]>, Bad> {
        let length = self.int()?;
        if length == -1 {
            return Ok(None);
        }
        let length = usize::try_from(length).map_err(|_| Bad::Form)?;
        let (value, rest) = self.0.split_at_checked(length).ok_or(Bad::Form)?;
        self.0 = rest;
        Ok(Some(value))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Rows,
    End,
}

/// Takes pieces of the stream, gives batches.
pub(super) struct Decoder {
    schema: SchemaRef,
    columns: Vec<Column>,
    pending: Bytes,
    place: Place,
    rows: usize,
    bytes: usize,
}

impl Decoder {
    pub(super) fn new(shape: Shape) -> Self {
        let columns = shape.readers.iter().map(|reader| Column::new(*reader)).collect();
        Self { schema: shape.schema, columns, pending: Bytes::new(), place: Place::Head, rows: 0, bytes: 0 }
    }

    /// Refuses columns of types that no field can hold, by name.
    pub(super) fn readable(&self) -> Result<(), SqlError> {
        let unread = self.columns.iter().position(|c| matches!(c.reader, Reader::Unreadable));
        let Some(at) = unread else { return Ok(()) };
        let field = self.schema.field(at);
        let ty = field.metadata().get(sluice_catalog::columnar::SOURCE_TYPE).map_or("", String::as_str);
        let cause = format!("column {} is of type {ty}, which Sluice does not read: cast it, to text for instance", field.name());
        Err(SqlError::new(Code::SourceUnsupportedType, cause))
    }

    /// The next piece of the stream.
    pub(super) fn feed(&mut self, piece: Bytes) {
        if self.pending.is_empty() {
            self.pending = piece;
        } else {
            let mut joined = BytesMut::with_capacity(self.pending.len() + piece.len());
            joined.extend_from_slice(&self.pending);
            joined.extend_from_slice(&piece);
            self.pending = joined.freeze();
        }
    }

    /// Decodes the rows that have arrived whole; true when a batch is full.
    pub(super) fn decode(&mut self, rows_max: usize) -> Result<bool, SqlError> {
        if self.place == Place::Head && !self.head()? {
            return Ok(false);
        }
        while self.place == Place::Rows {
            if self.rows >= rows_max || self.bytes >= SQL_BATCH_BYTES {
                return Ok(true);
            }
            let Some(length) = self.whole_row()? else { return Ok(false) };
            self.row(length)?;
        }
        Ok(false)
    }

    fn head(&mut self) -> Result<bool, SqlError> {
        let Some(head) = self.pending.get(..19) else { return Ok(false) };
        if &head[..11] != SIGNATURE {
            return Err(broken());
        }
        let extension = usize::try_from(i32::from_be_bytes([head[15], head[16], head[17], head[18]])).map_err(|_| broken())?;
        if self.pending.len() < 19 + extension {
            return Ok(false);
        }
        self.pending.advance(19 + extension);
        self.place = Place::Rows;
        Ok(true)
    }

    /// How long the next row is, when all of it is there. Passes over the end of the stream.
    fn whole_row(&mut self) -> Result<Option<usize>, SqlError> {
        let Some(count) = self.pending.get(..2).map(|b| i16::from_be_bytes([b[0], b[1]])) else { return Ok(None) };
        if count == -1 {
            self.place = Place::End;
            self.pending.clear();
            return Ok(None);
        }
        if usize::try_from(count) != Ok(self.columns.len()) {
            return Err(broken());
        }
        let mut at = 2;
        for (number, _) in self.columns.iter().enumerate() {
            let Some(length) = self.pending.get(at..at + 4) else { return Ok(None) };
            let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]).max(0) as usize;
            if length > SQL_VALUE_BYTES_MAX {
                return Err(Bad::TooLong.of_column(self.schema.field(number).name()));
            }
            at += 4 + length;
        }
        Ok((at <= self.pending.len()).then_some(at))
    }

    fn row(&mut self, length: usize) -> Result<(), SqlError> {
        let mut cursor = Cursor(&self.pending[2..length]);
        for (number, column) in self.columns.iter_mut().enumerate() {
            let pushed = cursor.value().and_then(|value| column.push(value));
            pushed.map_err(|bad| bad.of_column(self.schema.field(number).name()))?;
        }
        self.pending.advance(length);
        self.rows += 1;
        self.bytes += length;
        Ok(())
    }

    /// Whether no row waits to be taken.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether the stream came to its own end.
    pub(super) fn is_complete(&self) -> bool {
        self.place == Place::End
    }

    /// The rows decoded so far.
    pub(super) fn take(&mut self) -> RecordBatch {
        let arrays = self.columns.iter_mut().map(|column| column.builder.finish()).collect();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .expect("every row was pushed into every column, of the schema's type")
    }
}

fn broken() -> SqlError {
    SqlError::new(Code::SourceInterrupted, "the answer is not in the form that was asked for")
}

struct Column {
    reader: Reader,
    builder: Builder,
}

enum Builder {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Decimal(Decimal128Builder, u8),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(TimestampMicrosecondBuilder),
}

impl Builder {
    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(b) => Arc::new(b.finish()),
            Self::Int(b) => Arc::new(b.finish()),
            Self::Float(b) => Arc::new(b.finish()),
            Self::Decimal(b, _) => Arc::new(b.finish()),
            Self::Text(b) => Arc::new(b.finish()),
            Self::Bytes(b) => Arc::new(b.finish()),
            Self::Date(b) => Arc::new(b.finish()),
            Self::Time(b) => Arc::new(b.finish()),
        }
    }
}

impl Column {
    fn new(reader: Reader) -> Self {
        let ty = super::shape::arrow(reader);
        let builder = match reader {
            Reader::Array(_) => Builder::Text(StringBuilder::new()),
            Reader::Unreadable | Reader::Scalar(Scalar::Bytes) => Builder::Bytes(BinaryBuilder::new()),
            Reader::Scalar(scalar) => match scalar {
                Scalar::Bool => Builder::Bool(BooleanBuilder::new()),
                Scalar::Int2 | Scalar::Int4 | Scalar::Int8 | Scalar::Oid => Builder::Int(Int64Builder::new()),
                Scalar::Float4 | Scalar::Float8 => Builder::Float(Float64Builder::new()),
                Scalar::Decimal { scale, .. } => Builder::Decimal(Decimal128Builder::new().with_data_type(ty), scale),
                Scalar::Date => Builder::Date(Date32Builder::new()),
                Scalar::Timestamp | Scalar::Instant => Builder::Time(TimestampMicrosecondBuilder::new().with_data_type(ty)),
                Scalar::Numeric | Scalar::Text | Scalar::Uuid | Scalar::Json | Scalar::Jsonb | Scalar::Time | Scalar::Bytes => {
                    Builder::Text(StringBuilder::new())
                }
            },
        };
        Self { reader, builder }
    }

    fn push(&mut self, value: Option<&[u8]>) -> Result<(), Bad> {
        match (&mut self.builder, self.reader) {
            (Builder::Bool(b), _) => b.append_option(value.map(bool_of).transpose()?),
            (Builder::Int(b), Reader::Scalar(scalar)) => b.append_option(value.map(|v| int_of(v, scalar)).transpose()?),
            (Builder::Float(b), Reader::Scalar(scalar)) => b.append_option(value.map(|v| float_of(v, scalar)).transpose()?),
            (Builder::Decimal(b, scale), _) => b.append_option(value.map(|v| numeric::to_decimal(v, *scale)).transpose()?),
            (Builder::Date(b), _) => b.append_option(value.map(days_of).transpose()?),
            (Builder::Time(b), _) => b.append_option(value.map(micros_of).transpose()?),
            (Builder::Bytes(b), _) => b.append_option(value),
            // Nearly every text is one: it goes from the stream into the column.
            (Builder::Text(b), Reader::Scalar(Scalar::Text | Scalar::Json)) => match value {
                Some(value) => b.append_value(std::str::from_utf8(value).map_err(|_| Bad::Form)?),
                None => b.append_null(),
            },
            (Builder::Text(b), Reader::Scalar(scalar)) => b.append_option(value.map(|v| text_of(v, scalar)).transpose()?),
            (Builder::Text(b), Reader::Array(of)) => b.append_option(value.map(|v| array::to_json(v, of)).transpose()?),
            (Builder::Int(_) | Builder::Float(_) | Builder::Text(_), Reader::Array(_) | Reader::Unreadable) => {
                return Err(Bad::Form);
            }
        }
        Ok(())
    }
}

fn fixed<const N: usize>(value: &[u8]) -> Result<[u8; N], Bad> {
    value.try_into().map_err(|_| Bad::Form)
}

fn bool_of(value: &[u8]) -> Result<bool, Bad> {
    Ok(fixed::<1>(value)?[0] != 0)
}

fn int_of(value: &[u8], scalar: Scalar) -> Result<i64, Bad> {
    Ok(match scalar {
        Scalar::Int2 => i16::from_be_bytes(fixed(value)?).into(),
        Scalar::Int4 => i32::from_be_bytes(fixed(value)?).into(),
        Scalar::Oid => u32::from_be_bytes(fixed(value)?).into(),
        _ => i64::from_be_bytes(fixed(value)?),
    })
}

fn float_of(value: &[u8], scalar: Scalar) -> Result<f64, Bad> {
    Ok(match scalar {
        Scalar::Float4 => f32::from_be_bytes(fixed(value)?).into(),
        _ => f64::from_be_bytes(fixed(value)?),
    })
}

fn days_of(value: &[u8]) -> Result<i32, Bad> {
    match i32::from_be_bytes(fixed(value)?) {
        i32::MIN | i32::MAX => Err(Bad::Infinite),
        days => days.checked_add(EPOCH_DAYS).ok_or(Bad::Range),
    }
}

fn micros_of(value: &[u8]) -> Result<i64, Bad> {
    match i64::from_be_bytes(fixed(value)?) {
        i64::MIN | i64::MAX => Err(Bad::Infinite),
        micros => micros.checked_add(EPOCH_MICROS).ok_or(Bad::Range),
    }
}

/// The value as text, as the server would print it with ISO forms.
pub(super) fn text_of(value: &[u8], scalar: Scalar) -> Result<Cow<'_, str>, Bad> {
    let utf8 = |bytes| std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Bad::Form);
    Ok(Cow::Owned(match scalar {
        Scalar::Text | Scalar::Json => return utf8(value),
        Scalar::Jsonb => match value.split_first() {
            Some((1, text)) => return utf8(text),
            _ => return Err(Bad::Form),
        },
        Scalar::Bool => bool_of(value)?.to_string(),
        Scalar::Int2 | Scalar::Int4 | Scalar::Int8 | Scalar::Oid => int_of(value, scalar)?.to_string(),
        Scalar::Float4 => f32::from_be_bytes(fixed(value)?).to_string(),
        Scalar::Float8 => float_of(value, scalar)?.to_string(),
        Scalar::Decimal { .. } | Scalar::Numeric => numeric::to_text(value)?,
        Scalar::Uuid => {
            let hex = hex::encode(fixed::<16>(value)?);
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        }
        Scalar::Bytes => format!("\\x{}", hex::encode(value)),
        Scalar::Date => {
            let micros = i64::from(days_of(value)?) * 86_400_000_000;
            civil(micros)?.date().to_string()
        }
        Scalar::Timestamp => civil(micros_of(value)?)?.to_string(),
        Scalar::Instant => jiff::Timestamp::from_microsecond(micros_of(value)?).map_err(|_| Bad::Range)?.to_string(),
        Scalar::Time => {
            let micros = i64::from_be_bytes(fixed(value)?);
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            if rest == 0 { clock } else { format!("{clock}.{rest:06}") }
        }
    }))
}

fn civil(micros: i64) -> Result<jiff::civil::DateTime, Bad> {
    let instant = jiff::Timestamp::from_microsecond(micros).map_err(|_| Bad::Range)?;
    Ok(jiff::tz::TimeZone::UTC.to_datetime(instant))
}

#[cfg(test)]
mod tests;
