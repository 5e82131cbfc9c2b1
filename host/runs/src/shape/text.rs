//! Rules on text columns: normalisers, hashes, lengths.

use arrow::array::{Array, StringArray, StringBuilder};
use sha2::{Digest, Sha256};
use sluice_catalog::manifest::{Hash, Normalise};

/// The column after all steps and the hash; none when there is nothing to do. Text that is empty after the steps is never hashed;
/// text that is already a hash (64 hexadecimal digits) is lower-cased and kept, so that nothing is hashed twice.
pub(super) fn normalised(texts: &StringArray, steps: &[Normalise], hash: Hash) -> Option<StringArray> {
    if steps.is_empty() && hash == Hash::None {
        return None;
    }
    let mut out = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    for value in texts {
        let Some(value) = value else {
            out.append_null();
            continue;
        };
        if hash == Hash::Sha256 && value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
            out.append_value(value.to_ascii_lowercase());
            continue;
        }
        let mut text = std::borrow::Cow::Borrowed(value);
        for step in steps {
            text = apply(*step, text);
        }
        match hash {
            Hash::Sha256 if !text.is_empty() => out.append_value(hex::encode(Sha256::digest(text.as_bytes()))),
            Hash::Sha256 | Hash::None => out.append_value(text),
        }
    }
    Some(out.finish())
}

fn apply(step: Normalise, text: std::borrow::Cow<'_, str>) -> std::borrow::Cow<'_, str> {
    match step {
        Normalise::Trim if text.trim().len() == text.len() => text,
        Normalise::Trim => text.trim().to_owned().into(),
        Normalise::Lower if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) => text,
        Normalise::Lower => text.to_lowercase().into(),
        Normalise::Upper => text.to_uppercase().into(),
        Normalise::Digits => text.chars().filter(char::is_ascii_digit).collect::<String>().into(),
        Normalise::PlusPrefix if text.starts_with('+') || text.is_empty() => text,
        Normalise::PlusPrefix => format!("+{text}").into(),
    }
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
