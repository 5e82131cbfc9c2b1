//! The vendor's limits, each with the part of the notes where it is written. "(inferred)" is not in the vendor's own words:
//! the twin takes the stricter reading, so that what passes here passes there.

/// Bytes of a request body before 413 (*Synchronize profiles*: "not found, keep under 5 MB (inferred)"; decimal).
pub const BODY_BYTES_MAX: usize = 5_000_000;

/// Operations of one call of `/profiles/update` (*Global rate limits*).
pub const UPDATE_OPERATIONS_MAX: usize = 200;
/// Operations of one call of `/profiles/mass-update` (*Global rate limits*).
pub const MASS_UPDATE_OPERATIONS_MAX: usize = 10_000;
/// Users of one bulk call of custom data (*Global rate limits*).
pub const USERS_MAX: usize = 10_000;

/// Profile updates in a second of `/profiles/update`, and how many may come at once after a rest (*Global rate limits*).
pub const UPDATE_PER_SECOND: u64 = 300;
/// See [`UPDATE_PER_SECOND`].
pub const UPDATE_BURST: u64 = 1_000;
/// Profile updates in a second of `/profiles/mass-update`, "no burst" (*Global rate limits*).
pub const MASS_UPDATE_PER_SECOND: u64 = 10_000;
/// Requests in a second to all other endpoints of the project (*Global rate limits*, third party).
pub const OTHERS_PER_SECOND: u64 = 1;

/// Characters of a custom id (*Synchronize profiles*, third party); of custom data as well (inferred).
pub const CUSTOM_ID_CHARS_MAX: usize = 512;
/// Events of one operation (*Send events*).
pub const EVENTS_MAX: usize = 15;

/// Letters, digits and underscores of a name: attributes, events, tags (*Synchronize profiles*, *Send events*,
/// *Synchronize contacts*).
pub const NAME_CHARS_MAX: usize = 30;
/// Characters of a text, of a profile and of an event (*Synchronize profiles*, *Send events*).
pub const TEXT_CHARS_MAX: usize = 300;
/// Characters of an address on the web (*Synchronize profiles*).
pub const URL_CHARS_MAX: usize = 2_048;
/// Characters of an e-mail address (*Synchronize profiles*: "in the web SDK").
pub const EMAIL_CHARS_MAX: usize = 128;
/// Custom attributes of one profile, and how many of them may be arrays (*Synchronize profiles*, "SDK constants").
pub const ATTRIBUTES_MAX: usize = 50;
/// See [`ATTRIBUTES_MAX`].
pub const ARRAYS_MAX: usize = 15;
/// Items of an array, of topic preferences, and of an array in an event (*Synchronize profiles*, *Send events*).
pub const ITEMS_MAX: usize = 25;
/// Characters of a topic (*Synchronize profiles*).
pub const TOPIC_CHARS_MAX: usize = 300;

/// Seconds that an event may be old (*Send events*: "only events of the LAST 24 HOURS").
pub const EVENT_AGE_S_MAX: i64 = 24 * 60 * 60;
/// Attributes of one object of an event, and how many of them may be arrays (*Send events*, "SDK constants"; that each nested
/// object is counted by itself, and that `$label` and `$tags` count, is inferred).
pub const EVENT_ATTRIBUTES_MAX: usize = 20;
/// See [`EVENT_ATTRIBUTES_MAX`].
pub const EVENT_ARRAYS_MAX: usize = 10;
/// Objects within each other, `attributes` itself being the first (*Send events*; that it counts is inferred).
pub const EVENT_DEPTH_MAX: usize = 3;
/// Characters of `$label` (*Send events*).
pub const LABEL_CHARS_MAX: usize = 200;
/// Items of `$tags`, and characters of each (*Send events*).
pub const TAGS_MAX: usize = 10;
/// See [`TAGS_MAX`].
pub const TAG_CHARS_MAX: usize = 64;

/// Characters of a text, and of one tag, of custom data (*Synchronize contacts*).
pub const DATA_TEXT_CHARS_MAX: usize = 64;
/// Tags of one collection of custom data (*Synchronize contacts*: "up to 50 items in SDK compat mode").
pub const DATA_TAGS_MAX: usize = 50;

/// Versions of the profile API that were seen: 2.4 to 2.13 (first paragraph). Others are no route (inferred).
pub const MINOR_VERSIONS: std::ops::RangeInclusive<u32> = 4..=13;
/// From this version on an installation may be named (*Synchronize profiles*: "since 2.9").
pub const INSTALLATION_SINCE: u32 = 9;
