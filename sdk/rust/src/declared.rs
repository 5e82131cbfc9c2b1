//! Settings and options as the connector's types. The host has checked them against the manifest; what does not fit here is named by its
//! member, so that the operator finds it.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::contract::Halt;

/// `text` as `T`, or a `settings-invalid` halt that names the member. `what`: `setting` or `option`.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Halt> {
    // The parser's message can quote a value, so only the name is told.
    serde_json::from_str(text).map_err(|error| match (missing(&error), culprit::<T>(text)) {
        (_, Some(name)) => Halt::setting(&name, &format!("the {what} `{name}` does not read")),
        (Some(name), None) => Halt::setting(&name, &format!("the {what} `{name}` is missing")),
        (None, None) => Halt::setting("", &format!("the {what}s are not a JSON object")),
    })
}

/// The first member with which the others before it do not read any more.
fn culprit<T: DeserializeOwned>(text: &str) -> Option<String> {
    let all: Map<String, Value> = serde_json::from_str(text).ok()?;
    let mut some = Map::new();
    all.into_iter().find_map(|(name, value)| {
        some.insert(name.clone(), value);
        let error = serde_json::from_str::<T>(&serde_json::to_string(&some).ok()?).err()?;
        missing(&error).is_none().then_some(name)
    })
}

fn missing(error: &serde_json::Error) -> Option<String> {
    Some(error.to_string().strip_prefix("missing field `")?.split('`').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        region: Region,
        account: u32,
        #[serde(default)]
        label: Option<String>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    enum Region {
        #[serde(rename = "EU")]
        Europe,
    }

    #[test]
    fn the_member_that_does_not_fit_is_named_and_its_value_is_not() {
        for (text, field) in [
            (r#"{"region":"MOON","account":1}"#, "region"),
            (r#"{"region":"EU","account":"secret"}"#, "account"),
            (r#"{"region":"EU","account":-1}"#, "account"),
            (r#"{"region":"EU","account":1,"label":7}"#, "label"),
            (r#"{"region":"EU","account":1,"colour":"red"}"#, "colour"),
            (r#"{"region":"EU"}"#, "account"),
            (r#"{"account":1}"#, "region"),
            (r#"{}"#, "region"),
            ("[]", ""),
            ("MOON", ""),
        ] {
            let Err(Halt::Config(reason)) = parse::<Settings>(text, "setting") else { panic!("{text} reads") };
            assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some(field)), "{text}");
            assert!(!reason.message.contains("secret") && !reason.message.contains("MOON"), "{}", reason.message);
        }
        let read = parse::<Settings>(r#"{"region":"EU","account":1}"#, "setting");
        assert_eq!(read, Ok(Settings { region: Region::Europe, account: 1, label: None }));
    }
}
