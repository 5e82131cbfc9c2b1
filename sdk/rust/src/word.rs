//! Words of the settings and options that can stand in a host, a path or a header as they are.

use std::fmt;
use std::ops::Deref;

use serde::Deserialize;

/// A setting or an option of ASCII letters, digits, `_` and `-`, one at least. Anything else is one that does not read
/// (`settings-invalid`, by its name): with a slash, a dot or a line break in it, a request would go elsewhere. Which words there are is for
/// the manifest to say (`enum`, `pattern`), and the host holds the operator to it before any code runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Word(String);

impl TryFrom<String> for Word {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if plain { Ok(Self(text)) } else { Err("letters, digits, _ and -") }
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::Halt;
    use crate::testing::Script;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        host: Word,
        apps: Option<Vec<Word>>,
    }

    fn read(json: &str) -> Result<Settings, Halt> {
        Script::new().settings(json).call(|call| call.settings())
    }

    #[test]
    fn a_word_stands_anywhere_as_it_is() {
        let Settings { host, apps } = read(r#"{"host":"us-19_A","apps":["a","2026-03"]}"#).expect("words");
        assert_eq!(
            (host.len(), format!("https://{host}.acme.example"), &*apps.expect("two")[1]),
            (7, "https://us-19_A.acme.example".into(), "2026-03")
        );
    }

    #[test]
    fn what_would_lead_elsewhere_is_no_word_and_is_never_shown() {
        for strange in ["", "a.b", "a/b", "a@b", "a:1", "a b", "a%2f", "a\\nb", "é"] {
            for (json, field) in
                [(format!(r#"{{"host":"{strange}"}}"#), "host"), (format!(r#"{{"host":"a","apps":["{strange}"]}}"#), "apps")]
            {
                let Err(Halt::Config(reason)) = read(&json) else { panic!("{json} reads") };
                assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some(field)), "{json}");
                assert!(strange.is_empty() || !reason.message.contains(strange), "{}", reason.message);
            }
        }
    }
}
