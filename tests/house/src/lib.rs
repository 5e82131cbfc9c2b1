//! The rules of the house that a test can hold: arrows, sizes and first lines of files, and documents that say what is true.
//!
//! Everything is in `tests/house`. The crate depends on the catalog alone, so that these tests are built in seconds, whatever the
//! end-to-end tests beside it need.
