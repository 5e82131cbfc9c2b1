//! The vendor's limits, each with where it is written. "(inferred)" is not in the vendor's own words: the twin takes the stricter
//! reading, so that what passes here passes there. The names of sources are explained in the module's first paragraphs.

use crate::rates::Rate;

/// Bytes of a request body before 413: "5 MB" of an import job (*OpenAPI*, `bulk_import_profiles`); decimal, and the same for
/// other calls (inferred).
pub const BODY_BYTES_MAX: usize = 5_000_000;

/// Bytes of one profile: "100KB" (*OpenAPI*, `bulk_import_profiles`, `create_or_update_profile`); decimal (inferred).
pub const PROFILE_BYTES_MAX: usize = 100_000;

/// Profiles of one import job (*OpenAPI*, `bulk_import_profiles`).
pub const JOB_PROFILES_MAX: usize = 10_000;

/// Profile ids of one addition to a list, and of one removal (*OpenAPI*, `add_profiles_to_list`).
pub const LIST_PROFILES_MAX: usize = 1_000;

/// Profiles of one subscription job (*OpenAPI*, `bulk_subscribe_profiles`).
pub const SUBSCRIBE_PROFILES_MAX: usize = 1_000;

/// Profiles of one unsubscription job (*OpenAPI*, `bulk_unsubscribe_profiles`).
pub const UNSUBSCRIBE_PROFILES_MAX: usize = 100;

/// Profiles, members or errors of a page, at most and when not said (*OpenAPI*, `page[size]`).
pub const PAGE_MAX: usize = 100;
/// See [`PAGE_MAX`].
pub const PAGE_DEFAULT: usize = 20;

/// Lists or segments of a page, at most and when not said (*OpenAPI*, `get_lists`, `get_segments`).
pub const GROUPS_PAGE_MAX: usize = 10;

/// Characters of an external id: where other clients cut it (*Peers*; the vendor's own number is not known).
pub const EXTERNAL_ID_CHARS_MAX: usize = 255;

/// Items of an array among the properties (*Bulk import guide*: guidance for what is sent in).
pub const ARRAY_ITEMS_MAX: usize = 4_000;
/// Levels of nesting among the properties, the properties themselves being the first (*Bulk import guide*; where counting begins
/// is inferred).
pub const NESTING_MAX: usize = 10;
/// Bytes of a text among the properties: "100 KB" (*Bulk import guide*); decimal (inferred).
pub const TEXT_BYTES_MAX: usize = 100_000;

/// Seconds after which a job's results are gone, for `expires_at` (inferred); the twin keeps them.
pub const JOB_KEPT_S: i64 = 7 * 86_400;

/// What an endpoint may be called in a second, in a minute and in a day (*Rate limits*: fixed windows, for each account).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Requests in one second.
    pub burst: u64,
    /// Requests in one minute.
    pub steady: u64,
    /// Requests in one day, where the endpoint has such a limit.
    pub daily: Option<u64>,
}

impl Tier {
    const fn of(burst: u64, steady: u64) -> Self {
        Self { burst, steady, daily: None }
    }

    pub(super) fn burst_rate(self) -> Rate {
        (self.burst, 1)
    }

    pub(super) fn steady_rate(self) -> Rate {
        (self.steady, 60)
    }

    pub(super) fn daily_rate(self) -> Option<Rate> {
        Some((self.daily?, 86_400))
    }
}

/// `GET /api/accounts` (*OpenAPI*, `get_accounts`).
pub const XS: Tier = Tier::of(1, 15);
/// Import jobs and what is asked of them, additions to and removals from lists (*OpenAPI*), and reads with `additional-fields`
/// (*Rate limits*: they lower the limit; *OpenAPI* says so of `predictive_analytics` alone).
pub const M: Tier = Tier::of(10, 150);
/// Profiles one by one, lists, segments, members, subscription jobs (*OpenAPI*; *Rate limits* prints 700 a minute of older revisions).
pub const L: Tier = Tier::of(75, 750);
/// `POST /api/lists` (*OpenAPI*, `create_list`).
pub const CREATE_LIST: Tier = Tier { burst: 10, steady: 150, daily: Some(150) };
