//! Names and texts between quotes: the only two ways in which anything that a person or a catalog wrote gets into a statement.

use super::Refused;

/// What PostgreSQL keeps of a name; the rest would be cut silently (`NAMEDATALEN`).
const NAME_BYTES_MAX: usize = 63;

/// An identifier. The quote sign inside is doubled; nothing else is special there.
pub(super) fn name(name: &str) -> Result<String, Refused> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return Refused::because(format!("a name of {} bytes is not one of PostgreSQL", name.len()));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// A text. With a backslash it is written with escapes, so that it means the same whatever `standard_conforming_strings` says.
pub(super) fn text(text: &str) -> Result<String, Refused> {
    if text.contains('\0') {
        return Refused::because("a text of PostgreSQL holds no zero byte");
    }
    let quoted = text.replace('\'', "''");
    Ok(if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") })
}
