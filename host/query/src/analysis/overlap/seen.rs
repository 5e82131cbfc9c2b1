//! The keys that went by, to know whether one comes again.

use arrow::{
    array::{ArrayRef, AsArray},
    buffer::NullBuffer,
    datatypes::Int64Type,
};
use datafusion::common::{
    HashSet, Result,
    hash_utils::{RandomState, create_hashes},
};
use roaring::RoaringTreemap;

/// Hashes that are held at most: 256 MiB of them.
const HASHES_MAX: usize = 1 << 24;

/// Keys that went by: whole numbers as bits, others as hashes of 64 bits.
#[derive(Default)]
pub(super) struct Seen {
    numbers: RoaringTreemap,
    hashes: HashSet<u64>,
}

impl Seen {
    /// Notes the keys of a batch, one column per part of the key and without the rows where a part is null: whether all of them are
    /// new. A yes is certain; a no may also mean that two hashes are equal or that there are too many of them.
    pub(super) fn all_new(&mut self, keys: &[ArrayRef], keyed: Option<&NullBuffer>) -> Result<bool> {
        let there = |row: usize| keyed.is_none_or(|keyed| keyed.is_valid(row));
        if let [key] = keys
            && let Some(numbers) = key.as_primitive_opt::<Int64Type>()
        {
            let mut numbers = numbers.values().iter().enumerate().filter(|(row, _)| there(*row));
            return Ok(numbers.all(|(_, number)| self.numbers.insert(number.cast_unsigned())));
        }
        let mut hashes = vec![0; keys.first().map_or(0, |key| key.len())];
        create_hashes(keys, &RandomState::default(), &mut hashes)?;
        let new = hashes.into_iter().enumerate().filter(|(row, _)| there(*row)).all(|(_, hash)| self.hashes.insert(hash));
        Ok(new && self.hashes.len() <= HASHES_MAX)
    }
}
