//! Settings and options as the connector's types. The host has checked them against the manifest; what does not fit here is named by its
//! member, so that the operator finds it.

use serde::de::DeserializeOwned;
use serde_json::Error;

use crate::contract::Halt;

/// For `#[serde(default = "sluice_sdk::yes")]`: an option that is on unless it is switched off.
pub fn yes() -> bool {
    true
}

/// `text` as `T`, or a `settings-invalid` halt that names the member. `what`: `setting` or `option`.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Halt> {
    serde_json::from_slice(text.as_bytes())
        .map_err(|error| blamed(text, what, &error, &|text| serde_json::from_slice::<T>(text).err()))
}

/// The halt for `error`. `again` reads another text as the type that `text` did not read as: the search stands here once for all types.
#[cold]
#[inline(never)]
fn blamed(text: &str, what: &str, error: &Error, again: &dyn Fn(&[u8]) -> Option<Error>) -> Halt {
    // The parser's message can quote a value, so only the name is told.
    match (missing(error), culprit(text, again)) {
        (_, Some(name)) => Halt::setting(&name, &format!("the {what} `{name}` does not read")),
        (Some(name), None) => Halt::setting(&name, &format!("the {what} `{name}` is missing")),
        (None, None) => Halt::setting("", &format!("the {what}s are not a JSON object")),
    }
}

/// The first member with which those before it do not read any more. Members are cut where they end in the text: a tree of values would
/// be read, written and dropped in every component, for a sentence that is seldom said.
fn culprit(text: &str, again: &dyn Fn(&[u8]) -> Option<Error>) -> Option<String> {
    let mut start = text.len() - text.trim_start().strip_prefix('{')?.len();
    ends(text).find_map(|end| {
        let name = text.get(start..end)?.split('"').nth(1)?;
        start = end + 1;
        let error = again(format!("{}}}", text.get(..end)?).as_bytes())?;
        missing(&error).is_none().then(|| name.to_owned())
    })
}

/// Where the members of the object `text` end.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        (!quoted && ((byte == b',' && depth == 1) || (byte == b'}' && depth == 0))).then_some(at)
    })
}

fn missing(error: &Error) -> Option<String> {
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
            (r#"{"account":1 , "region" : ["EU",{"a":"}"}],"label":"x"}"#, "region"),
            (r#"{"label":"a\",\"}{[","region":"EU","account":[1,2]}"#, "account"),
            ("[]", ""),
            ("MOON", ""),
            ("{}{", "region"),
            (r#"{"region""#, ""),
        ] {
            let Err(Halt::Config(reason)) = parse::<Settings>(text, "setting") else { panic!("{text} reads") };
            assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some(field)), "{text}");
            assert!(!reason.message.contains("secret") && !reason.message.contains("MOON"), "{}", reason.message);
        }
        let read = parse::<Settings>(r#"{"region":"EU","account":1}"#, "setting");
        assert_eq!(read, Ok(Settings { region: Region::Europe, account: 1, label: None }));
    }
}
