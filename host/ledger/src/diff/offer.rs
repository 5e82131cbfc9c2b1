//! What of a row is sent: all of it, or identifiers and the fields that differ from what was last accepted.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{
    cell,
    change_set::Attempt,
    codec::Cursor,
    layout::{Layout, LayoutField},
    row::{self, Version},
};

/// A valid row of the source.
pub(super) struct Source<'a> {
    pub(super) hash: u64,
    pub(super) key: &'a [u8],
    pub(super) payload: u128,
    pub(super) cells: &'a [u8],
}

pub(super) struct Offers {
    current: u32,
    /// Per layout of the generation: where each field of the current one stands in it.
    places: Vec<Vec<Option<usize>>>,
    /// Seeds of the fields' fingerprints; none where none are kept.
    seeds: Vec<u64>,
    has_attributes: bool,
    masked: Vec<u8>,
}

impl Offers {
    pub(super) fn new(layouts: &[Layout], current: u32, seed: u64) -> Self {
        let now = &layouts[current as usize];
        let place = |old: &Layout| now.fields().iter().map(|f| old.fields().iter().position(|o| o.id() == f.id())).collect();
        let places = layouts.iter().map(place).collect();
        let has_attributes = now.fields().iter().any(|f| !f.identifier);
        let fingerprinted = now.fields().iter().take(now.fingerprints());
        let seeds = fingerprinted.map(|f| f.seed(seed)).collect();
        Self { current, places, seeds, has_attributes, masked: Vec::new() }
    }

    /// Whether the whole row is sent; if not, [`Offers::masked`] has what is. None when nothing is left to mention.
    pub(super) fn choose(
        &mut self,
        source: &Source<'_>,
        attempt: &Attempt,
        sent: Option<&Version>,
        whole: bool,
        layouts: &[Layout],
    ) -> Option<bool> {
        let layout = &layouts[self.current as usize];
        let Some(sent) = sent.filter(|s| !whole && layout.field_fingerprints() && !s.fingerprints.is_empty()) else {
            return Some(true);
        };
        let places = &self.places[sent.layout as usize];
        let mut cells = Cursor::new(source.cells);
        self.masked.clear();
        let mut mentioned = false;
        for ((field, place), now) in layout.fields().iter().zip(places).zip(&attempt.fingerprints) {
            let raw = cell::take_raw(&mut cells, field.field.ty).expect("the intake wrote it");
            let same = place.is_some_and(|at| sent.fingerprints[at] == *now);
            if field.identifier {
                // Another identifier is another record at the platform: it gets everything.
                if !same {
                    return Some(true);
                }
                self.masked.extend_from_slice(raw);
            } else if same {
                self.masked.push(cell::ABSENT);
            } else {
                mentioned |= raw[0] != cell::ABSENT;
                self.masked.extend_from_slice(raw);
            }
        }
        (mentioned || !self.has_attributes).then_some(false)
    }

    pub(super) fn masked(&self) -> &[u8] {
        &self.masked
    }

    /// What the destination will hold when the row is accepted.
    pub(super) fn attempt(&self, source: &Source<'_>, layout: &Layout) -> Attempt {
        let mut identifiers = Vec::new();
        row::identifier_cells(source.cells, layout, &mut identifiers).expect("the intake wrote it");
        let mut cells = Cursor::new(source.cells);
        let mut fingerprint = |(field, seed): (&LayoutField, &u64)| {
            xxh3_64_with_seed(cell::take_raw(&mut cells, field.field.ty).expect("the intake wrote it"), *seed)
        };
        let fingerprints = layout.fields().iter().zip(&self.seeds).map(&mut fingerprint).collect();
        Attempt { payload: source.payload, fingerprints, identifiers }
    }
}
