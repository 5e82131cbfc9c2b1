//! `${NAME}` in texts becomes the variable's value, as it is; a secret of a destination or source is nothing but such references.

use serde_json::Value;
use sluice_catalog::Code;

use super::{Variables, token};

type Found = Vec<(String, Code, String)>;

/// Fills every text of a bundle; gives what could not be filled, and secrets that stand in the file.
pub(super) fn fill(bundle: &mut Value, variables: Variables<'_>) -> Found {
    let mut found = Vec::new();
    secrets(bundle, &mut found);
    walk(bundle, String::new(), variables, &mut found);
    found
}

fn secrets(bundle: &Value, found: &mut Found) {
    let listed =
        |kind: &'static str| bundle[kind].as_array().into_iter().flatten().enumerate().map(move |(at, owner)| (kind, at, owner));
    for (kind, at, owner) in listed("sources").chain(listed("destinations")) {
        for (name, value) in owner["credentials"].as_object().into_iter().flatten() {
            let pointer = format!("/{kind}/{at}/credentials/{}", token(name));
            match value.as_str() {
                Some(text) if is_reference(text) => {}
                Some(_) => found.push((pointer, Code::BundleSecretInFile, format!("The secret `{name}` is written out."))),
                None => found.push((pointer, Code::BundleInvalid, format!("The secret `{name}` must be a text like ${{NAME}}."))),
            }
        }
    }
}

fn is_reference(text: &str) -> bool {
    text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn walk(value: &mut Value, pointer: String, variables: Variables<'_>, found: &mut Found) {
    match value {
        Value::String(text) => {
            if let Some(filled) = filled(text, &pointer, variables, found) {
                *text = filled;
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                walk(item, format!("{pointer}/{at}"), variables, found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                walk(field, format!("{pointer}/{}", token(key)), variables, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with its variables; none when it has none.
fn filled(text: &str, pointer: &str, variables: Variables<'_>, found: &mut Found) -> Option<String> {
    if !text.contains("${") {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            // `$${` stands for `${`.
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let Some((name, after)) = rest[at + 2..].split_once('}').filter(|(name, _)| is_name(name)) else {
            let cause = "A variable is written ${NAME}, of letters, digits and _; a plain ${ is written $${.";
            found.push((pointer.to_owned(), Code::BundleInvalid, cause.into()));
            return None;
        };
        match variables(name) {
            Some(value) => out.push_str(&value),
            None => found.push((pointer.to_owned(), Code::BundleVariableMissing, format!("The variable {name} is not set."))),
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_filled_in_once_and_never_read_again() {
        let variables = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "B" => Some("${A}: [x]".to_owned()),
            _ => None,
        };
        for (text, want) in [
            ("plain", "plain"),
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${B}", "${A}: [x]"),
            ("$${A}", "${A}"),
            ("costs $5 {a}", "costs $5 {a}"),
        ] {
            let mut value = json!({ "sources": [text] });
            assert_eq!(fill(&mut value, &variables), [], "{text}");
            assert_eq!(value["sources"][0], want);
        }
    }

    #[test]
    fn what_is_not_a_variable_is_refused_in_its_place() {
        for (text, want) in [
            ("${C}", Code::BundleVariableMissing),
            ("${}", Code::BundleInvalid),
            ("${A", Code::BundleInvalid),
            ("${1A}", Code::BundleInvalid),
            ("${A B}", Code::BundleInvalid),
        ] {
            let found = fill(&mut json!({ "a/b": [text] }), &|_| None);
            assert_eq!(found.iter().map(|(p, c, _)| (p.as_str(), *c)).collect::<Vec<_>>(), [("/a~1b/0", want)], "{text}");
        }
    }

    #[test]
    fn a_secret_is_a_reference_and_nothing_around_it() {
        for (secret, want) in [
            (json!("${KEY}"), None),
            (json!("hush"), Some(Code::BundleSecretInFile)),
            (json!("Bearer ${KEY}"), Some(Code::BundleSecretInFile)),
            (json!("$${KEY}"), Some(Code::BundleSecretInFile)),
            (json!(""), Some(Code::BundleSecretInFile)),
            (json!(12), Some(Code::BundleInvalid)),
        ] {
            let mut bundle = json!({ "destinations": [{ "credentials": { "k": secret } }] });
            let found = fill(&mut bundle, &|_| Some("x".into()));
            assert_eq!(found.first().map(|(_, code, _)| *code), want, "{secret}");
            assert!(!format!("{found:?}").contains("hush"));
        }
    }
}
