use super::*;
use crate::testing::{answer, failure, kind};

const ACME: Vendor = Vendor { name: "Acme", reset: Reset::None };

#[test]
fn a_write_halts_where_nothing_was_written_and_is_unknown_where_something_may_have_been() {
    for (what, want) in [
        (Ok(answer(201, "{}")), "read"),
        (Ok(answer(422, "{}")), "read"),
        (Ok(answer(302, "")), "config dest-config"),
        (Ok(answer(401, "{}")), "auth dest-auth"),
        (Ok(answer(402, "{}")), "quota dest-quota"),
        (Ok(answer(403, "{}")), "config dest-permission"),
        (Ok(answer(404, "{}")), "missing dest-object-missing"),
        (Ok(answer(413, "")), "split dest-batch-too-large"),
        (Ok(answer(429, "")), "throttled dest-rate-limited"),
        (Ok(answer(500, "")), "unknown dest-unavailable stop"),
        (Ok(answer(504, "")), "unknown dest-timeout stop"),
        (Ok(answer(200, "<html>log in</html>")), "unknown dest-protocol stop"),
        (Ok(answer(200, "x").with_header("Content-Type", "text/html; charset=utf-8")), "unknown dest-protocol stop"),
        (Err(failure("egress-timeout", true)), "unknown dest-timeout"),
        (Err(failure("egress-cut", true)), "unknown egress-cut"),
        (Err(failure("egress-connect-failed", false)), "unavailable egress-connect-failed"),
        (Err(failure("dest-not-connected", false)), "auth dest-not-connected"),
        (Err(failure("dest-client-refused", false)), "auth dest-client-refused"),
        (Err(failure("dest-config", false)), "config dest-config"),
        (Err(failure("dest-rate-limited", false)), "throttled dest-rate-limited"),
        (Err(failure("dest-unavailable", false)), "unavailable dest-unavailable"),
        (Err(failure("egress-host-not-listed", false)), "contract egress-host-not-listed"),
        (Err(failure("egress-request-too-large", false)), "split dest-batch-too-large"),
    ] {
        let label = format!("{what:?}");
        let got = match of_write(&ACME, what.map(|a| a.response())) {
            Ok(_) => "read".to_owned(),
            Err(Ended::Halt(halt)) => format!("{} {}", kind(&halt), halt.reason().expect("has one").code),
            Err(Ended::Written(written)) => match written.receipt.all {
                Outcome::Unknown(reason) => format!("unknown {}{}", reason.code, if written.stop.is_some() { " stop" } else { "" }),
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(got, want, "{label}");
    }
}

#[test]
fn one_row_is_retried_where_nothing_was_written_and_its_404_is_the_connectors() {
    let row = |status| of_row(&ACME, Ok(answer(status, "{}").response()));
    assert!(row(404).is_ok() && row(200).is_ok() && row(422).is_ok());
    let throttled = row(429).expect_err("throttled");
    assert!(matches!((&throttled.outcome, &throttled.stop), (Outcome::Retry(_), Some(Halt::Throttled(_)))), "{throttled:?}");
    let large = row(413).expect_err("too large");
    assert!(matches!(&large.outcome, Outcome::Rejected(r) if r.code == code::TOO_LARGE), "{large:?}");
    assert!(matches!(row(503).expect_err("unknown").outcome, Outcome::Unknown(_)));
}

#[test]
fn a_read_leaves_only_success_to_read() {
    for status in [400, 404, 413, 422, 500, 302] {
        assert!(of_read(&ACME, Ok(answer(status, "{}").response())).is_err(), "{status}");
    }
    assert!(of_read(&ACME, Ok(answer(200, "{}").response())).is_ok());
    let silent = of_read(&ACME, Err(failure("egress-timeout", true)));
    assert!(matches!(silent, Err(Halt::Unavailable(_))), "{silent:?}");
}

#[test]
fn the_platforms_words_travel_apart_from_ours_and_cut() {
    let long = "lea@example.com ".repeat(100);
    let Err(Ended::Halt(Halt::Auth(reason))) = of_write(&ACME, Ok(answer(401, &long).response())) else { panic!("auth") };
    assert!(!reason.message.contains("lea@"), "{reason:?}");
    assert_eq!(reason.vendor_code.as_deref(), Some("401"));
    assert_eq!(reason.attrs[0].1.chars().count(), crate::limits::SAID_CHARS_MAX);
}
