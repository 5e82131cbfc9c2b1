//! The component's world held against the contract's, function by function, by the shape of their types.

use std::{collections::BTreeMap, sync::LazyLock};

use sluice_catalog::manifest::{Capability, Kind, Manifest};
use wit_parser::{
    Function, InterfaceId, Resolve, Type, TypeDefKind, WorldItem, WorldKey,
    decoding::{DecodedWasm, decode},
};

use super::{limits::TYPE_DEPTH_MAX, refusal::Refusal};

/// Interface name with version, to its functions' shapes by name.
type Shapes = BTreeMap<String, BTreeMap<String, String>>;

/// The sorted names of what crosses.
pub(super) struct Names {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
}

/// Every interface of `wit/v0/`.
static CONTRACT: LazyLock<Shapes> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    resolve
        .push_str("sluice.wit", include_str!("../../../../wit/v0/sluice.wit"))
        .expect("the contract's text parses; a test holds it");
    let ids: Vec<InterfaceId> = resolve.interfaces.iter().map(|(id, _)| id).collect();
    ids.into_iter().filter_map(|id| Some((resolve.id_of(id)?, shapes(&resolve, id)))).collect()
});

const VERSION: &str = "0.1.0";

fn named(interface: &str) -> String {
    format!("sluice:connector/{interface}@{VERSION}")
}

/// What a component of this kind may import. `sql` is for sources alone.
fn importable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Destination => &["types", "http", "spool", "log"],
        Kind::Source => &["types", "http", "spool", "log", "sql"],
    }
}

/// What it must export, and what it may.
fn exported(kind: Kind) -> (&'static str, &'static [&'static str]) {
    match kind {
        Kind::Destination => ("destination", &["destination", "membership"]),
        Kind::Source => ("source", &["source"]),
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Destination => "destination",
        Kind::Source => "source",
    }
}

/// Refuses an import that no component of the contract has.
pub(super) fn import_known(name: &str) -> Result<(), Refusal> {
    let known = importable(Kind::Source).iter().any(|i| named(i) == name);
    if known { Ok(()) } else { Err(Refusal::Import { name: name.to_owned() }) }
}

/// Compares the component's world with the contract's for its kind. `bytes` are a valid component.
pub(super) fn check(bytes: &[u8], kind: Kind) -> Result<Names, Refusal> {
    let decoded = decode(bytes).map_err(|e| Refusal::Invalid { cause: format!("{e:#}") })?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(Refusal::Invalid { cause: "it is a package of WIT".into() });
    };
    let world = &resolve.worlds[world];

    let mut imports = Vec::new();
    for (key, item) in &world.imports {
        let (name, id) = interface(&resolve, key, item).ok_or_else(|| Refusal::Import { name: plain(&resolve, key) })?;
        if !importable(kind).iter().any(|i| named(i) == name) {
            return Err(Refusal::Import { name });
        }
        compare(&resolve, id, &name, false).map_err(|cause| Refusal::ImportShape { name: name.clone(), cause })?;
        imports.push(name);
    }
    let (must, may) = exported(kind);
    let mut exports = Vec::new();
    for (key, item) in &world.exports {
        let refused = |name: String| Refusal::Export { name, kind: kind_name(kind) };
        let (name, id) = interface(&resolve, key, item).ok_or_else(|| refused(plain(&resolve, key)))?;
        if !may.iter().any(|i| named(i) == name) {
            return Err(refused(name));
        }
        compare(&resolve, id, &name, true).map_err(|cause| Refusal::ExportShape { name: name.clone(), cause })?;
        exports.push(name);
    }
    if !exports.contains(&named(must)) {
        return Err(Refusal::ExportMissing { name: named(must), kind: kind_name(kind) });
    }
    imports.sort();
    exports.sort();
    Ok(Names { imports, exports })
}

/// What people approve is the manifest, so it says what the component can do: no more, and no less.
pub(super) fn capabilities(exports: &[String], manifest: &Manifest) -> Result<(), Refusal> {
    let (exported, declared) = (exports.contains(&named("membership")), manifest.can(Capability::ListMembers));
    match (declared, exported) {
        (true, false) => {
            Err(Refusal::CapabilityMissing { capability: Capability::ListMembers.as_str(), name: named("membership") })
        }
        (false, true) => Err(Refusal::CapabilitySilent { capability: Capability::ListMembers.as_str(), name: named("membership") }),
        (true, true) | (false, false) => Ok(()),
    }
}

fn interface(resolve: &Resolve, key: &WorldKey, item: &WorldItem) -> Option<(String, InterfaceId)> {
    match (key, item) {
        (WorldKey::Interface(_), WorldItem::Interface { id, .. }) => Some((resolve.id_of(*id)?, *id)),
        _ => None,
    }
}

fn plain(resolve: &Resolve, key: &WorldKey) -> String {
    resolve.name_world_key(key)
}

/// `all`: every function of the contract must be there (an export); else those that are there must fit (an import).
fn compare(resolve: &Resolve, id: InterfaceId, name: &str, all: bool) -> Result<(), String> {
    let want = CONTRACT.get(name).ok_or("the contract has no such interface")?;
    let have = shapes(resolve, id);
    for (function, shape) in &have {
        match want.get(function) {
            Some(wanted) if wanted == shape => {}
            Some(_) => return Err(format!("`{function}` takes or gives something else")),
            None => return Err(format!("there is no `{function}`")),
        }
    }
    match want.keys().find(|f| all && !have.contains_key(*f)) {
        Some(missing) => Err(format!("`{missing}` is missing")),
        None => Ok(()),
    }
}

fn shapes(resolve: &Resolve, id: InterfaceId) -> BTreeMap<String, String> {
    resolve.interfaces[id].functions.iter().map(|(name, f)| (name.clone(), signature(resolve, f))).collect()
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params: Vec<String> = function.params.iter().map(|p| format!("{}: {}", p.name, shape(resolve, &p.ty, 0))).collect();
    let result = function.result.as_ref().map_or_else(String::new, |t| shape(resolve, t, 0));
    format!("{:?}({}) -> {result}", function.kind, params.join(", "))
}

/// The type written out in full, without names of types: two types of one shape are one type to the component model.
fn shape(resolve: &Resolve, ty: &Type, depth: usize) -> String {
    if depth > TYPE_DEPTH_MAX {
        return "…".into();
    }
    let Type::Id(id) = ty else { return format!("{ty:?}") };
    let inner = |t: &Type| shape(resolve, t, depth + 1);
    let optional = |t: &Option<Type>| t.as_ref().map_or_else(|| "_".into(), inner);
    match &resolve.types[*id].kind {
        TypeDefKind::Type(t) => shape(resolve, t, depth),
        TypeDefKind::Record(r) => {
            let fields: Vec<String> = r.fields.iter().map(|f| format!("{}: {}", f.name, inner(&f.ty))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        TypeDefKind::Variant(v) => {
            let cases: Vec<String> = v.cases.iter().map(|c| format!("{}({})", c.name, optional(&c.ty))).collect();
            format!("<{}>", cases.join(" | "))
        }
        TypeDefKind::Enum(e) => format!("<{}>", e.cases.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(" | ")),
        TypeDefKind::Flags(f) => format!("flags<{}>", f.flags.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(" | ")),
        TypeDefKind::Tuple(t) => format!("({})", t.types.iter().map(inner).collect::<Vec<_>>().join(", ")),
        TypeDefKind::Option(t) => format!("option<{}>", inner(t)),
        TypeDefKind::Result(r) => format!("result<{}, {}>", optional(&r.ok), optional(&r.err)),
        TypeDefKind::List(t) => format!("list<{}>", inner(t)),
        // Resources, handles, futures, streams and what may come: not in the contract, so never equal to a shape of it.
        other => format!("?{other:?}"),
    }
}
