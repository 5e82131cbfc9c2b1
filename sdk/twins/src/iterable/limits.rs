//! The vendor's limits, each with the part of the notes where it is written. "(inferred)" is not in the vendor's own words:
//! the twin takes the stricter reading, so that what passes here passes there.

use crate::rates::Rate;

/// Bytes of a request body before 413: "≤4 MB" of bulk updates and list calls (*Global rate limits*); decimal, and the same
/// for the other calls (inferred).
pub const BODY_BYTES_MAX: usize = 4_000_000;

/// Users of one bulk update, subscribers of one list call: what others send at most (*Synchronize user attributes*,
/// *Global rate limits*: unverified). One more is `BatchTooLarge` (inferred).
pub const USERS_MAX: usize = 1_000;

/// Names of fields in one project, counted with their place in nested objects (*Synchronize user attributes*: "about", soft).
pub const FIELDS_MAX: usize = 1_000;

/// Characters of a userId (inferred).
pub const USER_ID_CHARS_MAX: usize = 52;

/// Users of a preview, at most and when not said (*Remote segment*; the second from the vendor's description).
pub const PREVIEW_MAX: usize = 5_000;
/// See [`PREVIEW_MAX`].
pub const PREVIEW_DEFAULT: usize = 1_000;

/// Seconds in which a user is written by single calls or by bulk calls, not by both (*Synchronize user attributes*: "a short
/// time", and 60 s before anything depends on an update).
pub const SETTLE_S: i64 = 60;

/// Requests and seconds of bulk updates (*Global rate limits*).
pub const BULK_UPDATE_RATE: Rate = (5, 1);
/// Requests and seconds of single updates (*Global rate limits*).
pub const UPDATE_RATE: Rate = (500, 1);
/// Requests and seconds of subscribing and of unsubscribing, each (*Global rate limits*, inferred).
pub const LIST_CALL_RATE: Rate = (5, 1);
/// Requests and seconds of the list of lists (*Global rate limits*), and of making and deleting one (inferred).
pub const LISTS_RATE: Rate = (100, 1);
/// Requests and seconds of reading a list's users, a sample and its size, each (*Global rate limits*).
pub const MEMBERS_RATE: Rate = (5, 60);
/// Requests and seconds of the fields (*Global rate limits*).
pub const FIELDS_RATE: Rate = (3, 1);
/// Requests and seconds of looking a user up (the vendor's description).
pub const LOOK_UP_RATE: Rate = (100, 1);
