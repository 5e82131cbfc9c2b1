//! `destinations[]` of every write: at most ten, each an account that the token reaches and a list or an action in it.

use serde_json::{Map, Value};

use super::super::{
    account::{Customer, Lack},
    limits,
    shape::{list, object, text},
    state::State,
    words::{Refusal, Violation},
};

/// Where records go.
pub(super) struct Target {
    /// A user list or a conversion action.
    pub(super) id: String,
    /// The customer that owns it.
    pub(super) customer: Customer,
    reference: Option<String>,
    /// As it was sent.
    pub(super) sent: Value,
    /// `destinations[n]`.
    pub(super) at: String,
}

/// Reads them. What is wrong with them is added to `found`; an account out of reach refuses the request at once.
pub(super) fn targets(
    state: &State,
    body: &Map<String, Value>,
    found: &mut Vec<Violation>,
    request: u64,
) -> Result<Vec<Target>, Refusal> {
    let sent = list(body, "destinations");
    if sent.is_empty() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", "destinations"));
    }
    if sent.len() > limits::DESTINATIONS_MAX {
        found.push(Violation::new("TOO_MANY_DESTINATIONS", "destinations"));
        return Ok(Vec::new());
    }
    let mut targets: Vec<Target> = Vec::new();
    for (index, value) in sent.iter().enumerate() {
        let at = format!("destinations[{index}]");
        let Some(destination) = value.as_object() else { continue };
        let before = found.len();
        let reference = text(destination, "reference").map(str::to_owned);
        if reference.is_some() && targets.iter().any(|other| other.reference == reference) {
            found.push(Violation::new("DUPLICATE_DESTINATION_REFERENCE", format!("{at}.reference")));
        }
        if object(destination, "linkedAccount").is_some() {
            let reason = "LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT";
            found.push(Violation::new(reason, format!("{at}.linked_account")));
        }
        let operating = account(destination, "operatingAccount", &format!("{at}.operating_account"), true, found);
        let login = account(destination, "loginAccount", &format!("{at}.login_account"), false, found);
        let id = text(destination, "productDestinationId");
        match id {
            None => found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.product_destination_id"))),
            Some(id) if !is_digits(id) => {
                found.push(Violation::new("INVALID_DESTINATION", format!("{at}.product_destination_id")));
            }
            Some(_) => {}
        }
        let (Some(operating), Some(id), true) = (operating, id, found.len() == before) else { continue };
        let customer = state.reach(operating, login).filter(|customer| !customer.lacks(Lack::Enabled));
        let Some(customer) = customer else { return Err(Refusal::manager(403, "PERMISSION_DENIED", request)) };
        for (lack, reason) in
            [(Lack::Allowlist, "NOT_ALLOWLISTED"), (Lack::PoliticalDeclaration, "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED")]
        {
            if customer.lacks(lack) {
                found.push(Violation::new(reason, at.clone()));
            }
        }
        targets.push(Target { id: id.to_owned(), customer: customer.clone(), reference, sent: value.clone(), at });
    }
    Ok(targets)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// `{accountType, accountId}`: an advertising account, of digits without hyphens.
fn account<'a>(
    destination: &'a Map<String, Value>,
    name: &str,
    at: &str,
    needed: bool,
    found: &mut Vec<Violation>,
) -> Option<&'a str> {
    let Some(account) = object(destination, name) else {
        if needed {
            found.push(Violation::new("REQUIRED_FIELD_MISSING", at));
        }
        return None;
    };
    let (kind, product) = (text(account, "accountType"), text(account, "product"));
    match (kind, product) {
        (None, None) => found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.account_type"))),
        // "If both are set, the values must match" (*Data Manager protos*, `ProductAccount`).
        (Some(kind), Some(product)) if kind != product => {
            found.push(Violation::new("DESTINATION_ACCOUNT_TYPE_MISMATCH", format!("{at}.account_type")));
        }
        (Some("GOOGLE_ADS"), _) | (None, Some("GOOGLE_ADS")) => {}
        // The twin has accounts of this kind alone.
        _ => found.push(Violation::new("DESTINATION_ACCOUNT_TYPE_MISMATCH", format!("{at}.account_type"))),
    }
    let id = text(account, "accountId");
    match id {
        None => found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.account_id"))),
        Some(id) if !is_digits(id) => found.push(Violation::new("INVALID_DESTINATION", format!("{at}.account_id"))),
        Some(_) => {}
    }
    id
}

/// Which targets a record goes to, by its `destinationReferences`; all of them when it names none.
pub(super) fn addressed(targets: &[Target], record: &Map<String, Value>, at: &str, found: &mut Vec<Violation>) -> Vec<usize> {
    let named = list(record, "destinationReferences");
    if named.is_empty() {
        return (0..targets.len()).collect();
    }
    let mut to = Vec::new();
    for (index, reference) in named.iter().enumerate() {
        match targets.iter().position(|target| target.reference.as_deref() == reference.as_str()) {
            Some(at) if !to.contains(&at) => to.push(at),
            Some(_) => {}
            None => found.push(Violation::new("INVALID_DESTINATION", format!("{at}.destination_references[{index}]"))),
        }
    }
    to
}
