//! State put in place without a request: as request 0, neither in the ledger nor in the log; and what is over, or goes wrong, from now on.

use serde::Deserialize;
use serde_json::Value;

use super::{
    account::Outcome,
    conversion::Recorded,
    options::ServiceAccount,
    service::Service,
    user_list::{Member, UserList},
};
use crate::vendor::{SeedError, list_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberSeed {
    user_list: String,
    /// `email:…`, `phone:…` and so on.
    identifiers: Vec<String>,
    #[serde(default)]
    added_at: Option<jiff::Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSeed {
    email: String,
    /// PEM; signatures are not checked without it.
    #[serde(default)]
    public_key: Option<String>,
}

pub(super) fn seed(service: &Service, kind: &str, body: Value) -> Result<usize, SeedError> {
    let now = (service.options.clock)();
    let mut state = service.state();
    let mut tokens = service.tokens();
    match kind {
        "customers" => each(list_of(kind, body)?, |it: super::Customer| {
            state.customers.insert(it.id.clone(), it);
            Ok(())
        }),
        "user-lists" => each(list_of(kind, body)?, |it: super::NewUserList| {
            state.user_lists.insert(it.id.clone(), UserList::new(it));
            Ok(())
        }),
        "conversion-actions" => each(list_of(kind, body)?, |it: super::ConversionAction| {
            state.actions.insert(it.id.clone(), it);
            Ok(())
        }),
        "clicks" => each(list_of(kind, body)?, |it: super::Click| {
            state.clicks.insert(it.id.clone(), it);
            Ok(())
        }),
        "members" => each(list_of(kind, body)?, |it: MemberSeed| {
            let list = state.user_lists.get_mut(&it.user_list).ok_or_else(|| format!("there is no user list {}", it.user_list))?;
            if it.identifiers.is_empty() {
                return Err("a member has an identifier".to_owned());
            }
            let added_at = it.added_at.unwrap_or(now);
            list.add(Member { identifiers: it.identifiers.into_iter().collect(), added_at, consent: None, request: 0 });
            Ok(())
        }),
        "conversions" => each(list_of(kind, body)?, |it: Recorded| {
            if !state.actions.contains_key(&it.conversion_action) {
                return Err(format!("there is no conversion action {}", it.conversion_action));
            }
            state.conversions.add(it.seen_from(now));
            Ok(())
        }),
        "outcomes" => each(list_of(kind, body)?, |it: Outcome| {
            state.outcomes.push_back(it);
            Ok(())
        }),
        "refusals" => each(list_of(kind, body)?, |it: super::Refused| {
            if !(400..=599).contains(&it.status) {
                return Err(format!("{} is no status of a refusal: use 400 to 599", it.status));
            }
            state.refusals.push(it);
            Ok(())
        }),
        "clients" => each(list_of(kind, body)?, |it| {
            tokens.put_client(it);
            Ok(())
        }),
        "refresh-tokens" => each(list_of(kind, body)?, |it| {
            tokens.put_refresh(it);
            Ok(())
        }),
        "access-tokens" => each(list_of(kind, body)?, |it| {
            tokens.put_access(it);
            Ok(())
        }),
        "authorization-codes" => each(list_of(kind, body)?, |it| {
            tokens.put_code(it);
            Ok(())
        }),
        "service-accounts" => each(list_of(kind, body)?, |it: AccountSeed| {
            let account = match it.public_key {
                Some(pem) => ServiceAccount::signing(&it.email, &pem).map_err(|error| error.to_string())?,
                None => ServiceAccount::unchecked(&it.email),
            };
            tokens.put_account(account);
            Ok(())
        }),
        // Tokens that are taken back, each by itself.
        "revoked" => each(
            list_of(kind, body)?,
            |it: String| {
                if tokens.revoke(&it) { Ok(()) } else { Err("there is no such token".to_owned()) }
            },
        ),
        // An empty list: every token that was asked for is over, as if its time had come.
        "expired" => {
            let _: [Value; 0] = serde_json::from_value(body)
                .map_err(|error| SeedError::Shape { kind: kind.to_owned(), problem: error.to_string() })?;
            Ok(tokens.expire_all(now))
        }
        _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
    }
}

fn each<T>(items: Vec<T>, mut put: impl FnMut(T) -> Result<(), String>) -> Result<usize, SeedError> {
    let count = items.len();
    for (index, item) in items.into_iter().enumerate() {
        put(item).map_err(|refusal| SeedError::Item { index, refusal })?;
    }
    Ok(count)
}
