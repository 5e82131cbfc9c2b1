//! What `wit-bindgen` makes of the contract. The imports are generated once; the worlds share their types, so that a connector's
//! code does not depend on the world that it exports.

#![allow(missing_docs, unsafe_code, unreachable_pub, clippy::all)]

wit_bindgen::generate!({
    inline: r#"
        package sluice:sdk;
        world imports {
            import sluice:connector/types@0.1.0;
            import sluice:connector/http@0.1.0;
            import sluice:connector/spool@0.1.0;
            import sluice:connector/log@0.1.0;
            import sluice:connector/sql@0.1.0;
        }
    "#,
    path: "../../wit/v0",
    world: "sluice:sdk/imports",
    generate_all,
    generate_unused_types: true,
    additional_derives: [PartialEq],
});

pub mod destination {
    wit_bindgen::generate!({
        path: "../../wit/v0",
        world: "sluice:connector/destination-connector",
        with: {
            "sluice:connector/types@0.1.0": crate::bindings::sluice::connector::types,
            "sluice:connector/http@0.1.0": crate::bindings::sluice::connector::http,
            "sluice:connector/spool@0.1.0": crate::bindings::sluice::connector::spool,
            "sluice:connector/log@0.1.0": crate::bindings::sluice::connector::log,
        },
        pub_export_macro: true,
        export_macro_name: "__export_destination",
        default_bindings_module: "sluice_sdk::__bindings::destination",
    });
}

/// The second face of a destination with membership: the encoder joins it with the one above, so the component has both.
pub mod membership {
    wit_bindgen::generate!({
        inline: r#"
            package sluice:sdk;
            world membership {
                import sluice:connector/types@0.1.0;
                export sluice:connector/membership@0.1.0;
            }
        "#,
        path: "../../wit/v0",
        world: "sluice:sdk/membership",
        with: { "sluice:connector/types@0.1.0": crate::bindings::sluice::connector::types },
        pub_export_macro: true,
        export_macro_name: "__export_membership",
        default_bindings_module: "sluice_sdk::__bindings::membership",
    });
}

pub mod source {
    wit_bindgen::generate!({
        path: "../../wit/v0",
        world: "sluice:connector/source-connector",
        with: {
            "sluice:connector/types@0.1.0": crate::bindings::sluice::connector::types,
            "sluice:connector/http@0.1.0": crate::bindings::sluice::connector::http,
            "sluice:connector/spool@0.1.0": crate::bindings::sluice::connector::spool,
            "sluice:connector/log@0.1.0": crate::bindings::sluice::connector::log,
            "sluice:connector/sql@0.1.0": crate::bindings::sluice::connector::sql,
        },
        pub_export_macro: true,
        export_macro_name: "__export_source",
        default_bindings_module: "sluice_sdk::__bindings::source",
    });
}
