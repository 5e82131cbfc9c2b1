//! The folders of `sluice connector new`: a connector for Acme, a made-up platform, in each language. Each builds and conforms as it is; the
//! kits of TypeScript and Python are files of the folder, since they are in no registry.

use crate::Language;

/// Where the Rust kit is unless said, as a dependency's value.
pub const SDK: &str = "git = \"https://github.com/sluice-cdp/sluice\"";

/// What a folder is made for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The connector's id, kebab-case.
    pub id: &'a str,
    /// A line without quotes and backslashes.
    pub title: &'a str,
    /// Where the Rust kit is: [`SDK`], or `path = "…"`.
    pub sdk: &'a str,
}

/// The files of a new folder: path in it, and text.
pub fn files(language: Language, wanted: Wanted<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let own = match language {
        Language::Rust => RUST,
        Language::TypeScript => TYPESCRIPT,
        Language::Python => PYTHON,
    };
    own.iter().chain(COMMON).map(move |(path, text)| {
        (*path, text.replace("{{id}}", wanted.id).replace("{{title}}", wanted.title).replace("{{sdk}}", wanted.sdk))
    })
}

type Files = &'static [(&'static str, &'static str)];

/// Pairs of a path in the new folder and a file of the project.
macro_rules! of {
    ($($path:literal $file:literal,)*) => { &[$(($path, include_str!(concat!("../../../", $file)))),*] };
}

/// The same in every language.
const COMMON: Files = of! {
    "connector.toml" "sdk/templates/rust/connector.toml",
    "conformance.toml" "sdk/templates/rust/conformance.toml",
    "CHANGELOG.md" "sdk/templates/rust/CHANGELOG.md",
};

const RUST: Files = of! {
    "Cargo.toml" "sdk/templates/rust/Cargo.toml.template",
    ".gitignore" "sdk/templates/rust/gitignore",
    "README.md" "sdk/templates/rust/README.md",
    "src/lib.rs" "sdk/templates/rust/src/lib.rs",
    "src/settings.rs" "sdk/templates/rust/src/settings.rs",
    "src/contacts.rs" "sdk/templates/rust/src/contacts.rs",
    "src/lists.rs" "sdk/templates/rust/src/lists.rs",
    "src/wire.rs" "sdk/templates/rust/src/wire.rs",
    "src/outcomes.rs" "sdk/templates/rust/src/outcomes.rs",
};

const TYPESCRIPT: Files = of! {
    "package.json" "sdk/templates/ts/package.json",
    "package-lock.json" "sdk/templates/ts/package-lock.json",
    "tsconfig.json" "sdk/templates/ts/tsconfig.json",
    ".gitignore" "sdk/templates/ts/gitignore",
    "README.md" "sdk/templates/ts/README.md",
    "src/connector.ts" "sdk/templates/ts/src/connector.ts",
    "src/settings.ts" "sdk/templates/ts/src/settings.ts",
    "src/contacts.ts" "sdk/templates/ts/src/contacts.ts",
    "src/lists.ts" "sdk/templates/ts/src/lists.ts",
    "src/wire.ts" "sdk/templates/ts/src/wire.ts",
    "src/outcomes.ts" "sdk/templates/ts/src/outcomes.ts",
    "test/host.ts" "sdk/templates/ts/test/host.ts",
    "test/contacts.test.ts" "sdk/templates/ts/test/contacts.test.ts",
    "test/lists.test.ts" "sdk/templates/ts/test/lists.test.ts",
    "src/sluice/answer.ts" "sdk/ts/answer.ts",
    "src/sluice/call.ts" "sdk/ts/call.ts",
    "src/sluice/connector.ts" "sdk/ts/connector.ts",
    "src/sluice/contract.ts" "sdk/ts/contract.ts",
    "src/sluice/host.d.ts" "sdk/ts/host.d.ts",
    "src/sluice/reason.ts" "sdk/ts/reason.ts",
    "src/sluice/receipt.ts" "sdk/ts/receipt.ts",
    "src/sluice/rows.ts" "sdk/ts/rows.ts",
    "src/sluice/status.ts" "sdk/ts/status.ts",
    "src/sluice/text.ts" "sdk/ts/text.ts",
};

const PYTHON: Files = of! {
    "requirements.txt" "sdk/templates/python/requirements.txt",
    ".gitignore" "sdk/templates/python/gitignore",
    "README.md" "sdk/templates/python/README.md",
    "wit/sluice.wit" "wit/v0/sluice.wit",
    "src/connector.py" "sdk/templates/python/src/connector.py",
    "src/settings.py" "sdk/templates/python/src/settings.py",
    "src/contacts.py" "sdk/templates/python/src/contacts.py",
    "src/lists.py" "sdk/templates/python/src/lists.py",
    "src/wire.py" "sdk/templates/python/src/wire.py",
    "src/outcomes.py" "sdk/templates/python/src/outcomes.py",
    "tests/host.py" "sdk/templates/python/tests/host.py",
    "tests/test_contacts.py" "sdk/templates/python/tests/test_contacts.py",
    "tests/test_lists.py" "sdk/templates/python/tests/test_lists.py",
    "src/sluice/__init__.py" "sdk/python/sluice/__init__.py",
    "src/sluice/answer.py" "sdk/python/sluice/answer.py",
    "src/sluice/call.py" "sdk/python/sluice/call.py",
    "src/sluice/connector.py" "sdk/python/sluice/connector.py",
    "src/sluice/reason.py" "sdk/python/sluice/reason.py",
    "src/sluice/receipt.py" "sdk/python/sluice/receipt.py",
    "src/sluice/rows.py" "sdk/python/sluice/rows.py",
    "src/sluice/status.py" "sdk/python/sluice/status.py",
    "src/sluice/text.py" "sdk/python/sluice/text.py",
};
