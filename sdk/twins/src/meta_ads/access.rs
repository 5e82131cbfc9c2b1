//! Who calls and what they may do: the access token, the proof that it is sent by the app, permissions, and what the token sees.
//!
//! A Conversions-only token sends events to its dataset and reads that dataset's name; everything else is 200 (inferred). An object that
//! a token does not see is 100/33, as one that is not there (the notes, *Connection check*).

use hmac::{Hmac, KeyInit, Mac};
use http::header;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    limits,
    options::{AccessToken, Options, TokenState},
    params::{Params, TOKEN},
    state::State,
    words::Refusal,
};
use crate::vendor::Call;

/// What a call needs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Need<'a> {
    /// Reading what is of an ad account.
    Read,
    /// Changing it.
    Write,
    /// Sending to a dataset, or a look at it.
    Dataset(&'a str),
}

/// The token of a call, in the header or among the parameters; the header is looked at first.
pub(super) fn admit(state: &State, options: &Options, call: &Call, params: &mut Params) -> Result<AccessToken, Refusal> {
    let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
    let in_header = match (sent.next(), sent.next()) {
        (None, _) => None,
        (Some(one), None) => Some(one.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default().to_owned()),
        (Some(_), Some(_)) => Some(String::new()),
    };
    let in_params = params.text(TOKEN)?;
    let Some(given) = in_header.or(in_params) else {
        return Err(Refusal::new(options.token_refused_as, 104, "An access token is required to request this resource."));
    };
    let known = state.tokens.iter().find(|known| known.token == given);
    let refused = |subcode| Refusal::token(options.token_refused_as, subcode);
    let known = known.ok_or_else(|| refused(None))?;
    match known.state {
        TokenState::Expired => Err(refused(Some(463))),
        TokenState::PasswordChanged => Err(refused(Some(460))),
        TokenState::Revoked => Err(refused(Some(458))),
        TokenState::Valid if known.expires_at.is_some_and(|end| end <= call.now) => Err(refused(Some(463))),
        TokenState::Valid => {
            proof(options, &given, params, call.now)?;
            Ok(known.clone())
        }
    }
}

/// `appsecret_proof`: lower-case hex of HMAC-SHA256 of the token, or of `token|time` when `appsecret_time` is sent with it.
fn proof(options: &Options, token: &str, params: &mut Params, now: Timestamp) -> Result<(), Refusal> {
    let given = params.text("appsecret_proof")?;
    let time = params.text("appsecret_time")?;
    let Some(given) = given else {
        return if options.app.requires_proof { Err(Refusal::proof(false)) } else { Ok(()) };
    };
    let signed = match &time {
        None => token.to_owned(),
        Some(time) => {
            let signed_at: i64 = time.parse().map_err(|_| Refusal::proof(true))?;
            if signed_at.abs_diff(now.as_second()) > limits::PROOF_S.unsigned_abs() {
                return Err(Refusal::proof(true));
            }
            format!("{token}|{time}")
        }
    };
    if hmac_hex(options.app.secret.as_bytes(), signed.as_bytes()) == given { Ok(()) } else { Err(Refusal::proof(true)) }
}

/// Whether the token may do it.
pub(super) fn may(token: &AccessToken, need: Need<'_>) -> Result<(), Refusal> {
    let has = |permission: &str| token.permissions.iter().any(|held| held == permission);
    match need {
        Need::Dataset(id) if token.dataset.as_deref() == Some(id) || has("ads_management") => Ok(()),
        _ if token.dataset.is_some() => Err(Refusal::of_code(200, None)),
        Need::Read if has("ads_read") || has("ads_management") => Ok(()),
        Need::Write if has("ads_management") => Ok(()),
        Need::Write if has("ads_read") => Err(Refusal::of_code(294, None)),
        Need::Read | Need::Write | Need::Dataset(_) => {
            Err(Refusal::new(403, 200, "(#200) Ad account owner has NOT grant ads_management or ads_read permission"))
        }
    }
}

/// Whether the token sees an account or a dataset.
pub(super) fn sees(token: &AccessToken, id: &str) -> bool {
    token.objects.as_ref().is_none_or(|objects| objects.iter().any(|object| object == id))
}

fn hmac_hex(key: &[u8], message: &[u8]) -> String {
    // Keys of any length are taken, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(message);
    hex(&mac.finalize().into_bytes())
}

/// Lower-case hex of SHA-256.
pub(super) fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text is what SHA-256 gives: 64 digits of lower-case hex.
pub(super) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_the_hmac_that_the_standard_has() {
        // RFC 4231, test case 2.
        let want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac_hex(b"Jefe", b"what do ya want for nothing?"), want);
    }

    #[test]
    fn a_hash_is_lower_case_hex_of_its_length() {
        let good = sha256_hex("lea.martin@example.com");
        assert!(is_hash(&good));
        for bad in [&good[1..], &good.to_uppercase(), "", &format!("{good}0"), &good.replace(['a', 'b', 'c', 'd', 'e', 'f'], "g")] {
            assert!(!is_hash(bad), "{bad}");
        }
    }
}
