//! TypeScript: checked, bundled, and put into a component with QuickJS by `componentize-qjs`, all at the versions of the folder's lock
//! file. `src/connector.ts` exports `destination` (and `membership`, where the manifest says so).
//!
//! The runtime is the one without the asynchronous component model, which the sandbox is without. Its smaller sibling (`--opt-size`) uses
//! tail calls, which the sandbox is without too (componentize-qjs 0.4.5, read 2026-11-27).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::interpreted::{Site, Toolchain};
use crate::tool::{once, run};
use crate::{BuildError, Options, inputs};

pub(crate) const TOOLCHAIN: Toolchain = Toolchain { recipe: "typescript 1", compile };

/// The component as the toolchain makes it.
fn compile(site: &Site<'_>, options: &Options) -> Result<PathBuf, BuildError> {
    let Site { dir, work, wit, world } = *site;
    let tools = dir.join("node_modules");
    once(&tools.join(".sluice"), &inputs::hash_of(&dir.join("package-lock.json"))?, || {
        let offline = options.offline.then_some("--offline");
        let args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"].into_iter().chain(offline);
        run(Path::new("npm"), args, dir, options)
    })?;
    let tool = |name: &str| tools.join(".bin").join(name);
    run(&tool("tsc"), ["--noEmit"], dir, options)?;

    let bundle = work.join("connector.js");
    let out = format!("--outfile={}", bundle.display());
    // Names stay: they are what an error's places are told by.
    let args = ["src/connector.ts", "--bundle", "--format=esm", "--target=es2023", "--minify-whitespace", "--external:sluice:*"];
    run(&tool("esbuild"), args.into_iter().chain(["--log-level=warning", out.as_str()]), dir, options)?;

    let made = work.join("toolchain.wasm");
    let [sync, for_world, with, of, to] = ["--sync", "--world", "--wit", "--js", "--output"].map(OsStr::new);
    let args = [sync, for_world, world.as_ref(), with, wit.as_ref(), of, bundle.as_ref(), to, made.as_ref()];
    run(&tool("componentize-qjs"), args, work, options)?;
    Ok(made)
}
