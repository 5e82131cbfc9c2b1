//! What a connector remembers of a job between two calls: a small tree in a ticket, and when the job is asked after.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::contract::Halt;
use crate::json::Writer;
use crate::receipt::Receipts;

/// How long rows may wait for a job, and how often it is asked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Milliseconds between two questions.
    pub poll_after_ms: u32,
    /// Milliseconds after which nobody asks any more, and the rows are unknown.
    pub give_up_after_ms: u64,
}

impl Waits {
    /// Every row is with the job; `token` comes back with the question after it.
    pub fn pending(self, token: &Value) -> Receipts {
        Receipts::pending(Writer::of_tree(token).into_bytes(), self.poll_after_ms, self.give_up_after_ms)
    }

    /// A call that has to wait; `token` comes back as [`crate::Call::resume`].
    pub fn later(self, token: &Value) -> Halt {
        Halt::later(Writer::of_tree(token).into_bytes(), self.poll_after_ms, self.give_up_after_ms)
    }
}

/// The token of a ticket as it was given, or a contract halt: somebody else's.
pub fn token<T: DeserializeOwned>(token: &[u8]) -> Result<T, Halt> {
    serde_json::from_slice(token).map_err(|_| Halt::contract("the token is not one of this connector"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Outcome;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Token {
        job: String,
        page: u32,
    }

    const WAITS: Waits = Waits { poll_after_ms: 5, give_up_after_ms: 9 };

    #[test]
    fn what_was_put_into_a_ticket_comes_out_of_it() {
        let written = WAITS.pending(&json!({ "job": "J\"1", "page": 2 })).written();
        let ticket = written.later.expect("a ticket");
        assert_eq!((&written.receipt.all, ticket.poll_after_ms, ticket.give_up_after_ms), (&Outcome::Pending, 5, 9));
        assert_eq!(token(&ticket.token), Ok(Token { job: "J\"1".into(), page: 2 }));
        let Halt::Later(again) = WAITS.later(&json!({ "job": "J\"1", "page": 2 })) else { panic!("a ticket") };
        assert_eq!(again, ticket);
    }

    #[test]
    fn a_token_of_somebody_else_is_refused() {
        for strange in [&b""[..], b"J1", b"{}", br#"{"job":"J1","page":-1}"#, b"\xff"] {
            assert!(matches!(token::<Token>(strange), Err(Halt::Contract(_))), "{strange:?}");
        }
    }
}
