//! The key of a batch: the same rows give the same key, any subset or other order another one.

use sluice_catalog::{contract::Operation, ids::ActivationId};
use xxhash_rust::xxh3::Xxh3;

use crate::change_set::Rows;

/// 32 hexadecimal digits over (activation, operation, row keys, payload hashes, in order), for [`sluice_catalog::contract::Part`].
pub fn part_key(activation: ActivationId, operation: Operation, rows: &Rows) -> String {
    let mut hash = Xxh3::new();
    hash.update(format!("{activation}/{operation:?}/").as_bytes());
    hash.update(&rows.named);
    format!("{:032x}", hash.digest128())
}
