//! The catalog's limits, each with its reason and what happens at the edge.

/// An AES-256 key.
pub const KEY_BYTES: usize = 32;
/// AES-GCM's nonce.
pub const NONCE_BYTES: usize = 12;
/// What sealing adds: nonce and tag.
pub const SEAL_OVERHEAD_BYTES: usize = NONCE_BYTES + 16;
/// Characters in a name (features 1.1); a longer one is refused at save.
pub const NAME_CHARS_MAX: usize = 120;
/// A manifest is a page of text; a larger one is refused before it is parsed, so a hostile one costs nothing.
pub const MANIFEST_BYTES_MAX: usize = 256 * 1024;
/// Mapped fields of one activation: above this a platform's own row limits are long passed; refused at save.
pub const MAPPED_FIELDS_MAX: usize = 500;
/// Fields of a composite key (features 3.5); refused at save.
pub const KEY_FIELDS_MAX: usize = 4;
/// Relationships of a model: more cannot be offered in one list; refused at save.
pub const RELATIONSHIPS_MAX: usize = 100;
/// Pairs of joined fields of a relationship: as many as a key may have fields; refused at save.
pub const JOINED_FIELDS_MAX: usize = KEY_FIELDS_MAX;
/// Relationships that a condition follows one after another (features 5.4); a longer path is refused at save.
pub const PATH_HOPS_MAX: usize = 6;
/// Steps of a sequence (features 5.5): one step has no order, and more than five nobody reads; refused at save.
pub const SEQUENCE_STEPS_MIN: usize = 2;
/// See [`SEQUENCE_STEPS_MIN`].
pub const SEQUENCE_STEPS_MAX: usize = 5;
/// Related rows, or days, that a quantifier may ask for: the largest that every engine counts to without a second thought about
/// types; refused at save.
pub const RELATED_ROWS_MAX: u64 = 1_000_000_000;
/// Members that a size limit may keep: above this a limit is none; refused at save.
pub const SEGMENT_ROWS_MAX: u64 = 1_000_000_000;
/// Shortest schedule interval (features 8); refused at save.
pub const INTERVAL_SECONDS_MIN: u64 = 60;
/// Characters in a description: a page of text is documentation, which lives elsewhere; refused at save.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Tags of one object: more cannot be read in a list; refused at save.
pub const TAGS_MAX: usize = 20;
/// Characters in a tag; refused at save.
pub const TAG_CHARS_MAX: usize = 60;
/// Characters in a formula: what people can still read; a longer one is made of several fields. Refused at save.
pub const FORMULA_CHARS_MAX: usize = 4_000;
/// Nesting of a formula's parentheses and right operands: the reader and every walk over it recur so deep. Refused at save.
pub const FORMULA_DEPTH_MAX: usize = 50;
/// Parts of a formula: names, literals, operators and calls. An engine still plans it in milliseconds. Refused at save.
pub const FORMULA_PARTS_MAX: usize = 500;
/// Calculated fields one upon the other (features 3.7); refused at save.
pub const CALCULATED_DEPTH_MAX: usize = 8;
/// Different values that a list of them keeps (features 3.7); the first in order stay.
pub const LISTED_VALUES_MAX: usize = 1_000;
/// Fields of a model: a batch of 8,192 rows of this width still fits a connector's memory; refused at save.
pub const MODEL_FIELDS_MAX: usize = 500;
/// Characters in a field's id: the shortest limit of an identifier among the warehouses (PostgreSQL, 63 bytes); refused at save.
pub const FIELD_ID_CHARS_MAX: usize = 63;
/// Characters in a table's name: the longest file name without its extension on common file systems; refused at save.
pub const TABLE_NAME_CHARS_MAX: usize = 250;
/// Characters in a model's SQL (features 3.2); refused at save.
pub const SQL_CHARS_MAX: usize = 65_535;
/// Nesting of groups in a condition (features 5.2); deeper is refused at save.
pub const CONDITION_DEPTH_MAX: usize = 10;
/// Children of one group (features 5.2); more are refused at save.
pub const CONDITION_CHILDREN_MAX: usize = 50;
/// Conditions and groups in one tree: a plan of this size is still made in well under a second; more are refused at save.
pub const CONDITION_NODES_MAX: usize = 1_000;
/// Values in a list (features 5.3); a longer list belongs in a table of the source. Refused at save.
pub const LIST_VALUES_MAX: usize = 10_000;
/// Texts to look for inside a text: each is one pass over the column, so far fewer than list values. Refused at save.
pub const CONTAINED_VALUES_MAX: usize = 100;
/// Characters in one text value of a condition; refused at save.
pub const VALUE_CHARS_MAX: usize = 10_000;
/// Characters in a pattern: what people can still read; refused at save.
pub const PATTERN_CHARS_MAX: usize = 500;
/// Repeats that a pattern may ask for with `{m,n}`: the smallest limit among the engines (POSIX, 255); refused at save.
pub const PATTERN_REPEAT_MAX: u32 = 255;
/// Years that a relative window may reach: further ends outside the calendar of some engine; refused at save.
pub const WINDOW_YEARS_MAX: u32 = 1_000;
/// Longest schedule interval: a year; longer ones are mistakes of a unit. Refused at save.
pub const INTERVAL_SECONDS_MAX: u64 = 366 * 24 * 3600;
/// Rows of a batch that an activation may ask for; the service's own limit is below it. Refused at save.
pub const BATCH_ROWS_MAX: u64 = 100_000;
/// Hours that a held diff may wait for a person (design section 4): a week; older data should be evaluated anew. Refused at save.
pub const CONFIRM_HOURS_MAX: u64 = 168;
/// Writes under way at once per destination: more than any platform of the sheets serves one account. Refused at save.
pub const IN_FLIGHT_MAX: u32 = 64;
/// Operator hosts, and stand-ins, of one grant; refused at save.
pub const STAND_INS_MAX: usize = 20;
/// Seconds after which a source's server ends a statement, unless the settings say otherwise: long enough for a big table.
pub const STATEMENT_SECONDS: u32 = 600;
/// The most that the settings may say: a day. Refused at save.
pub const STATEMENT_SECONDS_MAX: u32 = 86_400;
/// Identifiers that a remote segment's members are found by. Refused at save.
pub const REMOTE_MATCHES_MAX: usize = 4;
/// Characters of a platform's id of a segment, and of its name of an identifier. Refused at save.
pub const REMOTE_SEGMENT_CHARS_MAX: usize = 256;
/// Characters of an authority's certificates in a grant: some dozen of them. Refused at save.
pub const CA_CHARS_MAX: usize = 65_536;
/// Bytes of a value with a known meaning: the longest are user agents, some hundreds. A longer text is something else and fails its check.
pub const SEMANTIC_BYTES_MAX: usize = 2_048;
/// Values that a survey shows of those that fail (features 3.4): enough to see what they have in common.
pub const FLAWED_SAMPLES_MAX: usize = 5;
/// Variables of a workspace: they are read with every condition.
pub const VARIABLES_MAX: usize = 200;
/// Characters of a variable that is a text, as of a value in a condition.
pub const VARIABLE_CHARS_MAX: usize = 1_000;
