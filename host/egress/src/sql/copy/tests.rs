use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Field, Int64Type, Schema},
};
use proptest::prelude::*;

use super::*;

fn shape() -> Shape {
    let fields = vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)];
    Shape { schema: Arc::new(Schema::new(fields)), readers: vec![Reader::Scalar(Scalar::Int8), Reader::Scalar(Scalar::Text)] }
}

fn stream(rows: &[(i64, Option<String>)]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([0; 8]);
    for (id, name) in rows {
        bytes.extend(2_i16.to_be_bytes());
        bytes.extend(8_i32.to_be_bytes());
        bytes.extend(id.to_be_bytes());
        bytes.extend(name.as_ref().map_or(-1, |n| n.len() as i32).to_be_bytes());
        bytes.extend(name.as_ref().map_or(&b""[..], |n| n.as_bytes()));
    }
    bytes.extend((-1_i16).to_be_bytes());
    bytes
}

proptest! {
    #[test]
    fn a_stream_gives_the_same_rows_however_it_is_cut(
        rows in prop::collection::vec((any::<i64>(), prop::option::of("[a-zé]{0,9}")), 0..40),
        cuts in prop::collection::vec(1_usize..30, 1..60),
        rows_max in 1_usize..20,
    ) {
        let bytes = stream(&rows);
        let mut decoder = Decoder::new(shape());
        let (mut at, mut cut, mut got) = (0, cuts.iter().cycle(), Vec::new());
        loop {
            while decoder.decode(rows_max).expect("a sound stream") {
                let batch = decoder.take();
                prop_assert_eq!(batch.num_rows(), rows_max);
                got.push(batch);
            }
            if at == bytes.len() { break }
            let end = (at + cut.next().expect("a cycle")).min(bytes.len());
            decoder.feed(Bytes::copy_from_slice(&bytes[at..end]));
            at = end;
        }
        prop_assert!(decoder.is_complete());
        got.push(decoder.take());
        let mut read = Vec::new();
        for batch in got {
            let (ids, names) = (batch.column(0).as_primitive::<Int64Type>().clone(), batch.column(1).as_string::<i32>().clone());
            read.extend((0..batch.num_rows()).map(|i| (ids.value(i), names.is_valid(i).then(|| names.value(i).to_owned()))));
        }
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), head in any::<bool>()) {
        let mut all = if head { [&SIGNATURE[..], &[0; 8]].concat() } else { Vec::new() };
        all.extend(bytes);
        let mut decoder = Decoder::new(shape());
        decoder.feed(all.into());
        let _ = decoder.decode(10);
    }
}

#[test]
fn a_cut_stream_is_not_complete() {
    let bytes = stream(&[(1, Some("a".into()))]);
    for missing in [1, 2, 3, 10] {
        let mut decoder = Decoder::new(shape());
        decoder.feed(Bytes::copy_from_slice(&bytes[..bytes.len() - missing]));
        assert_eq!(decoder.decode(10), Ok(false));
        assert!(!decoder.is_complete(), "{missing}");
    }
}

#[test]
fn days_and_instants_count_from_1970_and_infinity_is_no_day() {
    assert_eq!(days_of(&0_i32.to_be_bytes()), Ok(10_957));
    assert_eq!(days_of(&(-10_957_i32).to_be_bytes()), Ok(0));
    assert_eq!(days_of(&i32::MAX.to_be_bytes()), Err(Bad::Infinite));
    assert_eq!(micros_of(&0_i64.to_be_bytes()), Ok(946_684_800_000_000));
    assert_eq!(micros_of(&i64::MIN.to_be_bytes()), Err(Bad::Infinite));
    assert_eq!(text_of(&3_723_000_001_i64.to_be_bytes(), Scalar::Time).as_deref(), Ok("01:02:03.000001"));
    assert_eq!(text_of(&0_i64.to_be_bytes(), Scalar::Timestamp).as_deref(), Ok("2000-01-01T00:00:00"));
}
