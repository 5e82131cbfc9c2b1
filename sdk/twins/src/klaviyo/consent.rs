//! Consent as a profile has it: by channel and kind of message, suppressions of e-mail, and how both are shown
//! (`additional-fields[profile]=subscriptions`). What changes it is `subscriptions`'.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::profile::{Profile, stamp};

/// A channel and what is sent by it. WhatsApp and push are not in this twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// E-mail that advertises.
    #[serde(rename = "email.marketing")]
    EmailMarketing,
    /// Whether it is seen that an e-mail is opened.
    #[serde(rename = "email.open_tracking")]
    EmailOpenTracking,
    /// SMS that advertises.
    #[serde(rename = "sms.marketing")]
    SmsMarketing,
    /// SMS about an order.
    #[serde(rename = "sms.transactional")]
    SmsTransactional,
}

impl Channel {
    /// Channels by their two names in a request.
    pub(super) const ALL: [(&'static str, &'static str, Self); 4] = [
        ("email", "marketing", Self::EmailMarketing),
        ("email", "open_tracking", Self::EmailOpenTracking),
        ("sms", "marketing", Self::SmsMarketing),
        ("sms", "transactional", Self::SmsTransactional),
    ];

    pub(super) fn is_email(self) -> bool {
        matches!(self, Self::EmailMarketing | Self::EmailOpenTracking)
    }
}

/// What somebody said of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consented {
    /// Wants it.
    pub subscribed: bool,
    /// When it was said.
    pub at: Timestamp,
    /// The client's label of where (`custom_source`).
    #[serde(default)]
    pub custom_source: Option<String>,
}

impl Consented {
    fn word(&self) -> &'static str {
        if self.subscribed { "SUBSCRIBED" } else { "UNSUBSCRIBED" }
    }
}

/// Why somebody gets no e-mail (*OpenAPI*: `suppression.reason`; `bulk_subscribe_profiles` calls the third `SPAM_REPORT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Said so.
    Unsubscribe,
    /// Was suppressed by the customer.
    UserSuppressed,
    /// Called it spam.
    SpamComplaint,
    /// The address takes no mail.
    HardBounce,
    /// The address is none.
    InvalidEmail,
}

impl Reason {
    /// Whether subscribing lifts it (*Subscription list*).
    pub(super) fn is_lifted(self) -> bool {
        match self {
            Self::Unsubscribe | Self::UserSuppressed | Self::SpamComplaint => true,
            Self::HardBounce | Self::InvalidEmail => false,
        }
    }
}

/// A suppression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub timestamp: Timestamp,
}

/// `subscriptions` of a profile (*OpenAPI*, `Subscriptions`).
pub(super) fn shown(profile: &Profile) -> Value {
    let said = |channel: Channel| profile.consents.get(&channel);
    let word = |channel: Channel| said(channel).map_or("NEVER_SUBSCRIBED", Consented::word);
    let at = |channel: Channel| said(channel).map(|consented| stamp(consented.at));
    let subscribed = |channel: Channel| said(channel).is_some_and(|consented| consented.subscribed);
    let suppression: Vec<Value> =
        profile.suppressions.iter().map(|s| json!({ "reason": s.reason, "timestamp": stamp(s.timestamp) })).collect();
    let lists = profile.list_suppressions.iter();
    let lists: Vec<Value> =
        lists.map(|(id, at)| json!({ "list_id": id, "reason": Reason::Unsubscribe, "timestamp": stamp(*at) })).collect();
    let (email, tracking) = (Channel::EmailMarketing, Channel::EmailOpenTracking);
    let (sms, transactional) = (Channel::SmsMarketing, Channel::SmsTransactional);
    json!({
        "email": {
            "marketing": {
                "can_receive_email_marketing": profile.suppressions.is_empty() && profile.email.is_some(),
                "consent": word(email), "consent_timestamp": at(email), "last_updated": at(email),
                "method": said(email).map(|_| "API"), "method_detail": "",
                "custom_method_detail": said(email).and_then(|consented| consented.custom_source.clone()),
                "double_optin": false, "suppression": suppression, "list_suppressions": lists,
            },
            "open_tracking": {
                "consent": word(tracking), "consent_timestamp": at(tracking), "can_receive": subscribed(tracking),
            },
        },
        "sms": {
            "marketing": {
                "can_receive_sms_marketing": subscribed(sms), "consent": word(sms), "consent_timestamp": at(sms),
            },
            "transactional": {
                "can_receive_sms_transactional": subscribed(transactional), "consent": word(transactional),
                "consent_timestamp": at(transactional),
            },
        },
    })
}
