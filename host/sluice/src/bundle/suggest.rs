//! "Did you mean": the known word that is nearest to an unknown one.

/// The nearest of `known`, when it is near enough to be meant: one slip in short words, a third of the letters in long ones.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Past this nobody has mistyped a word, and the comparison is quadratic.
    const LETTERS_MAX: usize = 64;
    if word.len() > LETTERS_MAX {
        return None;
    }
    let folded = |text: &str| text.to_lowercase().replace('-', "_");
    let (word, slips_max) = (folded(word), (word.chars().count() / 3).max(1));
    let slips = |known: &str| strsim::damerau_levenshtein(&word, &folded(known));
    let best = known.into_iter().map(|known| (slips(known), known)).min_by_key(|(slips, _)| *slips);
    best.filter(|(slips, _)| *slips <= slips_max).map(|(_, known)| known)
}

/// What is said after "unknown": a suggestion, else the words there are.
pub(super) fn or_list(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}.", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let known = ["primary_key", "fields", "kind", "name"];
        for (word, want) in [
            ("primary-key", Some("primary_key")),
            ("primarykey", Some("primary_key")),
            ("feilds", Some("fields")),
            ("Name", Some("name")),
            ("kinds", Some("kind")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), want, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(65), known), None);
    }
}
