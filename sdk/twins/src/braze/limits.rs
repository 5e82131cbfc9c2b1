//! The vendor's limits, each with where it is written. "(inferred)" is not on a page that was read: the twin takes the
//! stricter reading, so that what passes here passes there.
//!
//! Pages, all read 2026-11: *Track users* (braze-docs `endpoints/user_data/post_user_track.md`), *User attributes object*,
//! *Event object* (`objects_filters/`), *Update user's subscription group status V2*, *Users by segment*
//! (`endpoints/export/user_data/post_users_segment.md`), *Segment list*, *API rate limits*.

/// Bytes of a request body before 413: "4 MB" (*API rate limits*, read 2026-11); decimal (inferred).
pub const BODY_BYTES_MAX: usize = 4_000_000;

/// Bytes of an external id (inferred).
pub const EXTERNAL_ID_BYTES_MAX: usize = 988;

/// Characters of a custom attribute's key, and of an event's or property's name (*User attributes object*, *Event
/// object*, read 2026-11).
pub const KEY_CHARS_MAX: usize = 255;

/// Characters of a string value (*Event object*, read 2026-11; of an attribute: inferred). The twin refuses longer ones.
pub const STRING_CHARS_MAX: usize = 255;

/// Elements of an array attribute unless raised (*User attributes object*, older copy, read 2026-11).
pub const ARRAY_ELEMENTS_MAX: usize = 25;

/// Bytes of an event's properties as JSON: "50 KB" (*Event object*, read 2026-11); decimal (inferred).
pub const PROPERTIES_BYTES_MAX: usize = 50_000;

/// People in one subscription group object, and values of one status question (*Update user's subscription group status
/// V2*, read 2026-11).
pub const SUBSCRIBERS_MAX: usize = 50;

/// Segments on one page (*Segment list*, read 2026-11).
pub const SEGMENTS_PER_PAGE: usize = 100;

/// Users in one file of an export (*Users by segment*, read 2026-11: "about 5,000").
pub const EXPORT_USERS_PER_FILE: usize = 5_000;

/// Exports of one workspace that run at a time (*Users by segment*, read 2026-11).
pub const EXPORTS_RUNNING_MAX: usize = 100;

/// Requests and seconds of `/users/track` (*API rate limits*, wording of contracts since 2024-10-28, read 2026-11).
pub const TRACK_RATE: (u64, u64) = (3_000, 3);

/// Requests and seconds of setting subscription states, both versions together (*API rate limits*, read 2026-11).
pub const SUBSCRIPTION_RATE: (u64, u64) = (5_000, 60);

/// Requests and seconds that all other endpoints share (*API rate limits*, read 2026-11).
pub const OTHERS_RATE: (u64, u64) = (250_000, 3_600);
