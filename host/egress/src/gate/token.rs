//! The token of a request: got from its holder when the request's turn has come, within the call's time.

use std::sync::Arc;

use sluice_catalog::Code;
use tokio::time::timeout_at;

use super::send::{cancelled, pause};
use crate::{
    credential::Rest,
    deadline::Deadline,
    failure::Failed,
    limits::TOKEN_WAITS_MAX,
    pass::Pass,
    token::{Token, TokenFailure},
};

/// The token to write, where the request names a credential that is exchanged for one. Nothing of the request has left.
pub(super) async fn obtain(pass: &Pass, rest: &Rest, deadline: Deadline) -> Result<Option<Arc<Token>>, Failed> {
    let Some(holder) = &rest.holder else { return Ok(None) };
    let mut waits = 0;
    loop {
        match within(pass, deadline, holder.token()).await? {
            Ok(token) => {
                pass.credentials.learn(&token);
                return Ok(Some(token));
            }
            // As with a pace: waiting is no failure where there is time for it.
            Err(failure)
                if failure.code == Code::DestRateLimited && waits < TOKEN_WAITS_MAX && failure.wait < deadline.remaining() =>
            {
                waits += 1;
                pause(pass, failure.wait).await?;
            }
            Err(failure) => return Err(failure.into()),
        }
    }
}

/// Whether there is another token than this one, to which the platform has answered 401.
pub(super) async fn renew(pass: &Pass, rest: &Rest, refused: u64, deadline: Deadline) -> Result<bool, Failed> {
    let Some(holder) = &rest.holder else { return Ok(false) };
    match within(pass, deadline, holder.renewed(refused)).await? {
        None => Ok(false),
        Some(Ok(_)) => Ok(true),
        Some(Err(failure)) => Err(failure.into()),
    }
}

async fn within<T>(pass: &Pass, deadline: Deadline, token: impl Future<Output = T>) -> Result<T, Failed> {
    let late = |_| Failed::from(TokenFailure::late());
    tokio::select! {
        biased;
        () = pass.cancel.cancelled() => Err(cancelled()),
        got = timeout_at(deadline.instant(), token) => got.map_err(late),
    }
}
