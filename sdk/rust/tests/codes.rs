//! The codes that connectors use are codes of the host's one registry.

use sluice_catalog::Code;

#[test]
fn every_code_of_the_kit_is_in_the_registry() {
    for text in sluice_sdk::code::ALL {
        assert!(text.parse::<Code>().is_ok(), "{text} is not in host/catalog/src/code.rs");
    }
}
