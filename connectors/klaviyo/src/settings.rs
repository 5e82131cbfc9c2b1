//! Options of the services as types. The destination itself has no settings: a key belongs to one account, and there is one host.

use serde::Deserialize;

/// Options of `lists`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListsOptions {
    /// The list's name.
    pub(crate) list: String,
    /// False: a member whom Klaviyo does not know is skipped.
    #[serde(default = "sluice_sdk::yes")]
    pub(crate) create_profiles: bool,
}

/// Options of `subscriptions`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SubscriptionsOptions {
    /// The list's name.
    pub(crate) list: String,
    /// What is stored as the consent's source.
    pub(crate) custom_source: Option<String>,
    /// True: consent was given before now, at `consented_at` of each row.
    #[serde(default)]
    pub(crate) historical_import: bool,
}

/// What both have: the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListName {
    /// Its name.
    pub(crate) list: String,
}

#[cfg(test)]
mod tests {
    use sluice_sdk::serde::de::DeserializeOwned;
    use sluice_sdk::testing::Script;
    use sluice_sdk::{Halt, code};

    use super::*;

    fn read<T: DeserializeOwned>(json: &str) -> Result<T, Halt> {
        Script::new().options(json).call(|call| call.options())
    }

    #[test]
    fn members_become_profiles_and_consent_is_given_now_unless_somebody_says_otherwise() {
        assert!(read::<ListsOptions>(r#"{"list":"VIP"}"#).expect("options").create_profiles);
        assert!(!read::<ListsOptions>(r#"{"list":"VIP","create_profiles":false}"#).expect("options").create_profiles);
        let plain = read::<SubscriptionsOptions>(r#"{"list":"News"}"#).expect("options");
        assert_eq!((plain.historical_import, plain.custom_source), (false, None));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let field = |told: Result<(), Halt>| match told {
            Err(Halt::Config(reason)) if reason.code == code::SETTINGS_INVALID => reason.field.unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(read::<ListsOptions>("{}").map(|_| ())), "list");
        assert_eq!(field(read::<ListsOptions>(r#"{"list":"VIP","create_profiles":"no"}"#).map(|_| ())), "create_profiles");
        assert_eq!(field(read::<SubscriptionsOptions>(r#"{"list":7}"#).map(|_| ())), "list");
        let text = r#"{"list":"News","historical_import":1}"#;
        assert_eq!(field(read::<SubscriptionsOptions>(text).map(|_| ())), "historical_import");
    }
}
