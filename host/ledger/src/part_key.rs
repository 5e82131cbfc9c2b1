//! The key of a batch: the same rows of the same run give the same key, any subset, other order or other run another one. With the run in it,
//! a value that comes back after a change (gold, silver, gold) is not taken for the repeat of what was sent before.

use sluice_catalog::{
    contract::Operation,
    ids::{ActivationId, RunId},
};
use xxhash_rust::xxh3::Xxh3;

use crate::change_set::Rows;

/// 32 hexadecimal digits over (activation, run, operation, row keys, payload hashes, in order), for [`sluice_catalog::contract::Part`].
pub fn part_key(activation: ActivationId, run: RunId, operation: Operation, rows: &Rows) -> String {
    let mut hash = Xxh3::new();
    hash.update(format!("{activation}/{run}/{operation:?}/").as_bytes());
    hash.update(&rows.named);
    format!("{:032x}", hash.digest128())
}
