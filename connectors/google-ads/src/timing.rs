//! When Google takes a change of a conversion: from 24 hours after it until 54 days after it. The only clock is the run's, which stands
//! still: what is too young for this run comes again in the next.

use sluice_sdk::{Outcome, Reason, code};

const HOUR_MS: i64 = 3_600_000;
/// "Not before 24 h after the conversion" (`TOO_RECENT_CONVERSION`; `conversion_adjustment_upload_error.proto` v25, read 2026-11).
const AGE_MS_MIN: i64 = 24 * HOUR_MS;
/// "Not after 54 days" (`CONVERSION_EXPIRED`, the same).
const AGE_MS_MAX: i64 = 54 * 24 * HOUR_MS;

/// Whether a conversion of the instant `micros` may be changed now; `field` is the field that says when it was.
pub(crate) fn may_change(now_ms: u64, micros: i64, field: &str) -> Result<(), Outcome> {
    let at = micros.div_euclid(1000);
    let age = i64::try_from(now_ms).unwrap_or(i64::MAX).saturating_sub(at);
    if age > AGE_MS_MAX {
        let message = "Google changes conversions for 54 days, and this one is older";
        return Err(Outcome::Rejected(Reason::new(code::TOO_OLD, message).field(field)));
    }
    if age < AGE_MS_MIN {
        let message = "Google changes a conversion from 24 hours after it on: the row comes again with the next run";
        let from = u64::try_from(at.saturating_add(AGE_MS_MIN)).unwrap_or(0);
        return Err(Outcome::Retry(Reason::new(code::DEST_UNAVAILABLE, message).field(field).at_ms(from).after_ms(0)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_both_ends() {
        let now_ms = 1_760_000_000_000_u64;
        let told = |age_ms: i64| may_change(now_ms, (now_ms as i64 - age_ms) * 1000, "eventTimestamp");
        assert_eq!((told(AGE_MS_MIN), told(AGE_MS_MAX)), (Ok(()), Ok(())));
        let Err(Outcome::Retry(young)) = told(AGE_MS_MIN - 1) else { panic!("too young") };
        assert_eq!((young.at_ms, young.after_ms), (Some(now_ms + 1), Some(0)));
        assert!(matches!(told(-AGE_MS_MAX), Err(Outcome::Retry(_))), "of the future");
        assert!(matches!(told(AGE_MS_MAX + 1), Err(Outcome::Rejected(old)) if old.code == code::TOO_OLD));
    }
}
