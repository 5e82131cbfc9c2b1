//! Builds the guests written in Rust, as `sluice connector build` does: cargo for `wasm32-unknown-unknown`, then wit-component.

use std::{path::Path, process::Command};

/// The component of `tests/guests/<name>`. Cargo rebuilds only what changed; its lock keeps parallel tests apart.
pub(crate) fn build(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests").join(name);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--target", "wasm32-unknown-unknown", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the guest does not build (is the target there? rustup target add wasm32-unknown-unknown)\n{errors}"
    );
    let module = target.join(format!("wasm32-unknown-unknown/release/sluice_{name}_guest.wasm"));
    let module = std::fs::read(module).expect("cargo has made it");
    wit_component::ComponentEncoder::default().module(&module).expect("a core module").validate(true).encode().expect("a component")
}
