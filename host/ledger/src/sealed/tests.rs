use std::{io::Cursor as Bytes, sync::Arc};

use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::{Code, seal::DataKey};

use super::*;

fn key(seed: u64) -> Arc<DataKey> {
    Arc::new(DataKey::generate(&mut StdRng::seed_from_u64(seed)))
}

fn written(key: &Arc<DataKey>) -> Vec<u8> {
    let mut writer = BlockWriter::new(Vec::new(), Kind::Rows, 7, key, 9).unwrap();
    for text in ["alpha", "beta"] {
        writer.block(&mut text.as_bytes().to_vec()).unwrap();
    }
    writer.finish().unwrap().0
}

fn read(bytes: Vec<u8>, kind: Kind, key: &Arc<DataKey>, binding: u64) -> Result<Vec<String>, LedgerError> {
    let mut reader = BlockReader::open(Box::new(Bytes::new(bytes)), "f", Place { kind, binding, id: None }, key)?;
    let (mut block, mut texts) = (Vec::new(), Vec::new());
    while reader.next(&mut block)? {
        texts.push(String::from_utf8(block.clone()).unwrap());
    }
    Ok(texts)
}

#[test]
fn what_was_written_is_read_back() {
    let key = key(1);
    assert_eq!(read(written(&key), Kind::Rows, &key, 9).unwrap(), ["alpha", "beta"]);
}

#[test]
fn damage_of_any_bit_is_noticed() {
    let key = key(1);
    let good = written(&key);
    for at in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[at / 8] ^= 1 << (at % 8);
        let error = read(bad, Kind::Rows, &key, 9).expect_err("damage");
        assert_eq!(error.code(), Code::LedgerDamaged, "bit {at}");
    }
}

#[test]
fn a_cut_or_longer_file_is_noticed() {
    let key = key(1);
    let good = written(&key);
    for len in 0..good.len() {
        assert_eq!(read(good[..len].to_vec(), Kind::Rows, &key, 9).unwrap_err().code(), Code::LedgerDamaged, "{len} bytes");
    }
    let longer = [good.as_slice(), b"x"].concat();
    assert_eq!(read(longer, Kind::Rows, &key, 9).unwrap_err().code(), Code::LedgerDamaged);
}

#[test]
fn a_wrong_key_a_newer_version_and_another_place_are_told_apart() {
    let (key, other) = (key(1), key(2));
    let good = written(&key);
    assert_eq!(read(good.clone(), Kind::Rows, &other, 9).unwrap_err().code(), Code::LedgerWrongKey);
    assert_eq!(read(good.clone(), Kind::Members, &key, 9).unwrap_err().code(), Code::LedgerDamaged);
    assert_eq!(read(good.clone(), Kind::Rows, &key, 8).unwrap_err().code(), Code::LedgerDamaged);
    let mut newer = good;
    newer[8..10].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    let sum = xxh3_64(&newer[..40]).to_le_bytes();
    newer[40..48].copy_from_slice(&sum);
    assert_eq!(read(newer, Kind::Rows, &key, 9).unwrap_err().code(), Code::LedgerVersion);
}
