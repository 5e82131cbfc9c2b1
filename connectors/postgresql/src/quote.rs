//! Names and texts inside of SQL. Every text that comes from settings or from the database passes through here.

/// A name in double quotes.
pub(crate) fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text as a literal that means the same whatever `standard_conforming_strings` says.
pub(crate) fn text(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_quotes() {
        for (given, as_name, as_text) in [
            ("public", r#""public""#, "'public'"),
            (r#"a"b"#, r#""a""b""#, r#"'a"b'"#),
            ("it's", r#""it's""#, "'it''s'"),
            (r"x\'; SELECT 1; --", r#""x\'; SELECT 1; --""#, r"E'x\\''; SELECT 1; --'"),
            ("$$", r#""$$""#, "'$$'"),
        ] {
            assert_eq!((name(given).as_str(), text(given).as_str()), (as_name, as_text));
        }
    }
}
