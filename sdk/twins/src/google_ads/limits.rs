//! The vendor's limits, each with where it is written. "(inferred)" is not in the vendor's own words: the twin takes the stricter
//! reading, so that what passes here passes there. The names of sources are explained in the module's first paragraphs.

use crate::rates::Rate;

/// Destinations of one request (*Data Manager protos*, `TOO_MANY_DESTINATIONS`).
pub const DESTINATIONS_MAX: usize = 10;

/// Members of one request (*Data Manager protos*, `IngestAudienceMembersRequest.audience_members`; the same of removals).
pub const MEMBERS_MAX: usize = 10_000;

/// Events of one request (*Data Manager protos*, `IngestEventsRequest.events`; the text of `TOO_MANY_EVENTS` says 10,000).
pub const EVENTS_MAX: usize = 2_000;

/// Identifiers of one member or event (*Data Manager protos*, `UserData`).
pub const IDENTIFIERS_MAX: usize = 10;

/// Mobile ids of one member (*Data Manager protos*, `MobileData`).
pub const MOBILE_IDS_MAX: usize = 10;

/// Days of a membership, at most (the notes: "max 540 as in GA").
pub const MEMBERSHIP_DAYS_MAX: u64 = 540;

/// User lists of a page when it is not said, and at most (*Data Manager protos*, `ListUserListsRequest.page_size`).
pub const PAGE_DEFAULT: usize = 50;
/// See [`PAGE_DEFAULT`].
pub const PAGE_MAX: usize = 1_000;

/// Days after an event in which it is taken at all: the longest click window that an action can have (inferred).
pub const EVENT_DAYS_MAX: i64 = 90;

/// Seconds that an event may be ahead of the vendor's clock (inferred).
pub const AHEAD_S_MAX: i64 = 300;

/// Conversions or adjustments of one upload (*Google Ads protos*, `TOO_MANY_CONVERSIONS_IN_REQUEST`, `TOO_MANY_ADJUSTMENTS_IN_REQUEST`).
pub const UPLOAD_MAX: usize = 2_000;

/// Identifiers of one uploaded conversion or enhancement (*Google Ads protos*, `ClickConversion.user_identifiers`).
pub const UPLOAD_IDENTIFIERS_MAX: usize = 5;

/// Identifiers of one operation of a job, and of one request (*Google Ads protos*, `TOO_MANY_USER_IDENTIFIERS`).
pub const JOB_OPERATION_IDENTIFIERS_MAX: usize = 20;
/// See [`JOB_OPERATION_IDENTIFIERS_MAX`].
pub const JOB_REQUEST_IDENTIFIERS_MAX: usize = 100_000;

/// Seconds after a conversion before it may be retracted or restated (*Google Ads protos*, `TOO_RECENT_CONVERSION`).
pub const ADJUST_AFTER_S: i64 = 24 * 3_600;

/// Days after a conversion in which it may be adjusted (*Google Ads protos*, `CONVERSION_EXPIRED`).
pub const ADJUST_DAYS_MAX: i64 = 54;

/// Seconds that a conversion action and a click must be old (*Google Ads protos*, `TOO_RECENT_CONVERSION_ACTION`, `TOO_RECENT_EVENT`).
pub const SETTLED_AFTER_S: i64 = 6 * 3_600;

/// Seconds that an access token lives: "expires_in":3599 (the notes, *Auth*).
pub const TOKEN_LIVES_S: u32 = 3_599;

/// Seconds between `iat` and `exp` of a service account's assertion, at most (OAuth practice, inferred).
pub const ASSERTION_LIVES_S_MAX: i64 = 3_600;

/// Access tokens that the twin remembers. The oldest is forgotten, which is as if it had been revoked.
pub const TOKENS_MAX: usize = 10_000;

/// Requests and jobs whose status the twin remembers. The oldest is forgotten.
pub const REQUESTS_MAX: usize = 100_000;

/// Writes and reads of the ingestion service in a minute and in a day, for each project (the notes, *Global rate limits*).
pub const INGESTION: [Rate; 2] = [(300, 60), (100_000, 86_400)];

/// The same of all other services.
pub const MANAGEMENT: [Rate; 2] = [(300, 60), (50_000, 86_400)];

/// Operations of the Google Ads API in a day with a developer token of the level Basic (the notes, inferred there).
pub const ADS_OPERATIONS: Rate = (15_000, 86_400);
