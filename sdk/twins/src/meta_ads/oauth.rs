//! `GET /oauth/access_token`: a user's token for a longer one (the notes, *Auth*; the whole of it is inferred there). There is no refresh
//! token. Its secrets are in the query, as the vendor wants it, so the log keeps none of that.

use jiff::Timestamp;
use serde_json::json;

use super::{
    limits,
    options::{AccessToken, Options, TokenState},
    params::Params,
    state::State,
    words::{Refusal, answer},
};
use crate::vendor::{Call, Part, Portion, Reply};

pub(super) fn exchange(
    options: &Options,
    state: &mut State,
    call: &Call,
    portion: Portion<'_>,
    params: &mut Params,
) -> Result<Reply, Refusal> {
    let grant = params.text("grant_type")?;
    let client = params.text("client_id")?.ok_or_else(|| Refusal::new(400, 101, "Missing client_id parameter."))?;
    let secret = params.text("client_secret")?.ok_or_else(|| Refusal::new(400, 1, "Missing client_secret parameter."))?;
    if client != options.app.id {
        return Err(Refusal::new(400, 101, "Error validating application. Cannot get application info due to a system error."));
    }
    if secret != options.app.secret {
        return Err(Refusal::new(400, 1, "Error validating client secret."));
    }
    if grant.as_deref() != Some("fb_exchange_token") {
        return Err(Refusal::parameter("Param grant_type must be fb_exchange_token"));
    }
    let given = params.need("fb_exchange_token")?;
    let refused = |subcode| Refusal::token(400, subcode);
    let known = state.tokens.iter().find(|known| known.token == given).ok_or_else(|| refused(None))?;
    match known.state {
        TokenState::Valid if known.expires_at.is_none_or(|end| end > call.now) => {}
        TokenState::Valid | TokenState::Expired => return Err(refused(Some(463))),
        TokenState::PasswordChanged => return Err(refused(Some(460))),
        TokenState::Revoked => return Err(refused(Some(458))),
    }
    let token = format!("EAATw1n{:020}", state.tokens_made + 1);
    let expires_at = Timestamp::from_second(call.now.as_second().saturating_add(limits::USER_TOKEN_S)).ok();
    let new = AccessToken { token: token.clone(), expires_at, ..known.clone() };
    if portion.part == Part::All {
        state.tokens_made += 1;
        state.tokens.push(new);
    }
    Ok(answer(&json!({ "access_token": token, "token_type": "bearer", "expires_in": limits::USER_TOKEN_S })))
}
