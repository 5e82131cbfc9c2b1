//! `GET /api/accounts`: the account of the key, as a list of one. Clients check their connection with it, and may ask once a second
//! and fifteen times a minute.

use serde_json::{Value, json};

use super::{
    page::{pick, resource},
    question::Question,
    service::Service,
    words::{Refusal, answer},
};
use crate::vendor::{Call, Reply};

const FIELDS: &[&str] =
    &["contact_information", "industry", "locale", "preferred_currency", "public_api_key", "test_account", "timezone"];

pub(super) fn all(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let question = Question::of(call, "account", &["fields[account]"])?;
    let fields = question.fields("fields[account]", FIELDS)?;
    let id = &service.options.account_id;
    let attributes: Value = json!({
        "test_account": true,
        "contact_information": {
            "default_sender_name": "Twin", "default_sender_email": "twin@example.org", "organization_name": "Twin",
            "website_url": null, "street_address": { "address1": null, "address2": null, "city": null, "region": null,
                "country": null, "zip": null },
        },
        "industry": null, "timezone": "UTC", "preferred_currency": "EUR", "public_api_key": id, "locale": "en-US",
    });
    let attributes = pick(attributes.as_object().cloned().unwrap_or_default(), fields.as_deref(), &[]);
    let account = resource(call, "account", "accounts", id, attributes);
    Ok(answer(200, &json!({ "data": [account], "links": { "self": question.link(None), "next": null, "prev": null } })))
}
