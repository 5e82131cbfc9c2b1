//! The manifest and Braze's rules say the same.

use sluice_catalog::{
    manifest::Manifest,
    semantic::{Country, form::formed},
};

/// "Phone: E.164 with `+`".
#[test]
fn a_phone_number_is_put_into_e164_wherever_it_is_mapped() {
    let manifest = Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds");
    let phones: Vec<_> =
        manifest.services.values().flat_map(|service| &service.fields).filter(|field| field.name == "phone").collect();
    assert_eq!(phones.len(), 5, "an identifier of four services and an attribute of one");
    for field in phones {
        for value in ["+33 6 12 34 56 78", "06 12 34 56 78"] {
            let sent = formed(value, &field.normalise, field.hash, Country::from_code("FR")).ok();
            assert_eq!(sent.as_deref(), Some("+33612345678"), "{value}");
        }
    }
}
