//! An ad account as it is looked at (the notes, *Connection check*), and the terms of custom audiences, which have an edge of their own
//! in the vendor's description. What the terms' objects hold is (inferred).

use serde_json::{Map, Value, json};

use super::{
    fields::{fields, pick},
    service::Cx,
    words::{Refusal, answer},
};
use crate::vendor::{Part, Reply};

const FIELDS: [&str; 6] = ["id", "account_id", "name", "account_status", "currency", "business"];
const TERMS: &str = "114747225350103";

/// `GET /act_{id}`.
pub(super) fn show(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    let asked = fields(cx.params, "AdAccount", &FIELDS, &["id", "account_id"])?;
    let account = cx.state.account(cx.call, cx.token, id)?;
    let shown: Map<String, Value> = [
        ("id", json!(format!("act_{id}"))),
        ("account_id", json!(account.id)),
        ("name", json!(account.name)),
        ("account_status", json!(account.account_status)),
        ("currency", json!(account.currency)),
        ("business", json!({ "id": account.business, "name": "Twin" })),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    Ok(answer(&pick(shown, &asked)))
}

/// `GET /act_{id}/customaudiencestos`: the terms that are accepted.
pub(super) fn terms(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    let accepted = cx.state.account(cx.call, cx.token, id)?.terms_accepted;
    let terms = json!({ "id": TERMS, "type": "custom_audience_tos", "content": "Custom Audience Terms" });
    Ok(answer(&json!({ "data": if accepted { vec![terms] } else { Vec::new() } })))
}

/// `POST /act_{id}/customaudiencestos`.
pub(super) fn accept(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    let terms = cx.params.need("tos_id")?;
    cx.params.take("business_id");
    cx.state.account(cx.call, cx.token, id)?;
    if terms != TERMS {
        return Err(Refusal::parameter("Param tos_id must be a valid terms of service ID"));
    }
    if cx.portion.part == Part::All
        && let Some(account) = cx.state.accounts.get_mut(id)
    {
        account.terms_accepted = true;
    }
    Ok(answer(&json!({ "success": true })))
}
