//! Subscription jobs carried out (*Subscription list*): what they give and take back, and what of it is warned of. Reading and
//! checking a request is `subscriptions`'.
//!
//! Inferred: who cannot be subscribed because two profiles are meant is left out in silence, which the twin warns of; unsubscribing an
//! address that nobody has makes a profile that is suppressed; SMS has no suppression by list, so it is always unsubscribed from
//! globally; a list's double opt-in asks and gets no answer.

use jiff::Timestamp;
use serde_json::json;

use super::{
    consent::{Channel, Consented, Reason, Suppression},
    jobs::place,
    object::Who,
    options::OptIn,
    state::State,
};
use crate::ledger::{Kind, Ledger};

/// A subscription job that has not ended.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) request: u64,
    pub(super) ends_at: Timestamp,
    pub(super) subscribe: bool,
    pub(super) list: Option<String>,
    pub(super) historical: bool,
    pub(super) custom_source: Option<String>,
    pub(super) people: Vec<Person>,
}

/// Somebody in it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) who: Who,
    /// What is consented to, or no more, and since when it was where that is said.
    pub(super) channels: Vec<(Channel, Option<Timestamp>)>,
    pub(super) capitals: bool,
}

/// The code of people who are left out in silence.
pub(super) const LOST: &str = "consent-lost";

impl State {
    /// Ends a subscription job that waits.
    pub(super) fn end_waiting(&mut self, at: usize, ledger: &Ledger, now: Timestamp) {
        let waiting = self.waiting.remove(at);
        self.consent(waiting, ledger, now);
    }

    /// Carries a subscription job out; gives warnings by the position of their person.
    pub(super) fn consent(&mut self, waiting: Waiting, ledger: &Ledger, now: Timestamp) -> Vec<(usize, &'static str)> {
        let (mut warnings, mut applied) = (Vec::new(), Vec::new());
        for (index, person) in waiting.people.iter().enumerate() {
            let Ok(found) = self.find(&person.who) else {
                warnings.push((index, LOST));
                continue;
            };
            let at = found.unwrap_or_else(|| self.introduce(&person.who, waiting.request, now));
            self.complete(at, &person.who);
            self.at_mut(at).updated_by = waiting.request;
            let code = match waiting.subscribe {
                true => self.give(at, &waiting, person, now),
                false => self.take_back(at, &waiting, person, now),
            };
            warnings.extend(code.map(|code| (index, code)));
            let profile = self.at(at);
            let (key, list) = (profile.key(), waiting.list.as_deref());
            let awaiting = profile.awaiting_confirmation.contains(list.unwrap_or_default());
            let on = list.is_some_and(|list| profile.lists.contains_key(list));
            let channels: Vec<Channel> = person.channels.iter().map(|(channel, _)| *channel).collect();
            let said = json!({ "channels": channels, "subscribed": waiting.subscribe, "list_id": list, "awaiting": awaiting });
            applied.push((Kind::Subscription, key.clone(), said.to_string().into()));
            if let Some(list) = list.filter(|_| on == waiting.subscribe) {
                applied.push((Kind::Membership, key, place(list, on)));
            }
        }
        ledger.append(waiting.request, applied);
        warnings
    }

    fn give(&mut self, at: usize, waiting: &Waiting, person: &Person, now: Timestamp) -> Option<&'static str> {
        let list = waiting.list.as_deref();
        // "Open-tracking consent … does not by itself add the profile to a list" (*OpenAPI*), so nobody is asked for it (inferred).
        let joins = person.channels.iter().any(|(channel, _)| *channel != Channel::EmailOpenTracking);
        let opt_in = self.opt_in(list.and_then(|id| self.lists.get(id)));
        let asks = joins && opt_in == OptIn::DoubleOptIn && !waiting.historical;
        let profile = self.at_mut(at);
        if asks {
            profile.awaiting_confirmation.insert(list.unwrap_or_default().to_owned());
            return None;
        }
        let mut lifted = None;
        for &(channel, since) in &person.channels {
            let at = since.unwrap_or(now);
            let consented = Consented { subscribed: true, at, custom_source: waiting.custom_source.clone() };
            profile.consents.insert(channel, consented);
            if channel == Channel::EmailMarketing {
                // "never call it without consent evidence": one that is younger than what it lifts.
                let without = |s: &Suppression| s.reason.is_lifted() && since.is_none_or(|since| since <= s.timestamp);
                if profile.suppressions.iter().any(without) {
                    lifted = Some("suppression-lifted");
                }
                profile.suppressions.retain(|suppression| !suppression.reason.is_lifted());
            }
        }
        if let Some(list) = list.filter(|_| joins) {
            profile.list_suppressions.remove(list);
            profile.awaiting_confirmation.remove(list);
            profile.join(list, now);
        }
        lifted
    }

    fn take_back(&mut self, at: usize, waiting: &Waiting, person: &Person, now: Timestamp) -> Option<&'static str> {
        let profile = self.at_mut(at);
        let was_on = waiting.list.as_deref().is_some_and(|list| profile.leave(list));
        for &(channel, _) in &person.channels {
            match &waiting.list {
                Some(list) if was_on && channel == Channel::EmailMarketing => {
                    profile.list_suppressions.insert(list.clone(), now);
                }
                // "A profile that is NOT on the given list is unsubscribed globally."
                _ => {
                    profile.consents.insert(channel, Consented { subscribed: false, at: now, custom_source: None });
                    let known = profile.suppressions.iter().any(|s| s.reason == Reason::Unsubscribe);
                    if channel == Channel::EmailMarketing && !known {
                        profile.suppressions.push(Suppression { reason: Reason::Unsubscribe, timestamp: now });
                    }
                }
            }
        }
        if let Some(list) = &waiting.list {
            profile.awaiting_confirmation.remove(list);
        }
        (waiting.list.is_some() && !was_on).then_some("global-unsubscribe")
    }
}
