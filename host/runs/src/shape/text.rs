//! Rules on text columns: the forms that a manifest asks for, and lengths.

use arrow::array::{Array, StringArray, StringBuilder};
use sluice_catalog::{
    manifest::{Hash, Normalise},
    semantic::{Country, form::formed},
};

/// The column after all steps and the hash ([`formed`]); none when there is nothing to do. Calls `refuse` for each row whose text a step
/// cannot read, and leaves a null there.
pub(super) fn normalised(
    texts: &StringArray,
    steps: &[Normalise],
    hash: Hash,
    country: Option<Country>,
    mut refuse: impl FnMut(usize),
) -> Option<StringArray> {
    if steps.is_empty() && hash == Hash::None {
        return None;
    }
    let mut out = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    for (row, value) in texts.iter().enumerate() {
        match value.map(|value| formed(value, steps, hash, country)) {
            None => out.append_null(),
            Some(Ok(text)) => out.append_value(text),
            Some(Err(_)) => {
                refuse(row);
                out.append_null();
            }
        }
    }
    Some(out.finish())
}

/// Calls `refuse` for each row whose text is longer than allowed, in characters or bytes.
pub(super) fn too_long(texts: &StringArray, chars_max: Option<u32>, bytes_max: Option<u32>, mut refuse: impl FnMut(usize)) {
    let chars_max = chars_max.map_or(usize::MAX, |m| m as usize);
    let bytes_max = bytes_max.map_or(usize::MAX, |m| m as usize);
    // A text has no more characters than bytes, so most columns are done without looking at a character.
    let fine = chars_max.min(bytes_max);
    if fine == usize::MAX {
        return;
    }
    for (row, ends) in texts.value_offsets().windows(2).enumerate() {
        let bytes = (ends[1] - ends[0]) as usize;
        if bytes > fine && texts.is_valid(row) && (bytes > bytes_max || texts.value(row).chars().count() > chars_max) {
            refuse(row);
        }
    }
}
