//! The instantiation of a component, followed through its index spaces. What is of types alone is passed over: the contract's own types
//! are laid on again when the joined module is wrapped.

use wasmparser::{
    CanonicalFunction, CanonicalOption, Chunk, ComponentAlias, ComponentExternalKind, ComponentTypeRef, ExternalKind, Instance,
    Parser, Payload,
};

use super::{
    CONTRACT, Func, Item, Items, Unfit,
    join::Plan,
    module::{Spaces, read},
    shape,
};

/// What the component exports, and its modules in the order of their instantiation; none where it exports nothing of the contract, and
/// neither does a component inside of it.
pub(super) fn follow(bytes: &[u8]) -> Result<Option<Plan<'_>>, Unfit> {
    let mut walk = Walk::default();
    let mut nested = Vec::new();
    let (mut parser, mut rest) = (Parser::new(0), bytes);
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else { return Err(shape("ends in the middle")) };
        rest = &rest[consumed..];
        let inner = match &payload {
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                Some(bytes.get(unchecked_range.clone()).ok_or_else(|| shape("ends in the middle"))?)
            }
            _ => None,
        };
        match payload {
            Payload::ModuleSection { .. } => walk.modules.extend(inner),
            Payload::ComponentSection { .. } => nested.extend(inner),
            Payload::End(_) => break,
            other => walk.section(other)?,
        }
        rest = &rest[inner.map_or(0, <[u8]>::len)..];
    }
    walk.plan.table_elements = walk.spaces.table_elements;
    if !walk.plan.exports.is_empty() {
        return Ok(Some(walk.plan));
    }
    nested.into_iter().find_map(|inner| follow(inner).transpose()).transpose()
}

/// A function of the component level: of an imported interface, or one that is of no interest.
type Imported<'a> = Option<(&'a str, &'a str)>;

#[derive(Default)]
struct Walk<'a> {
    plan: Plan<'a>,
    spaces: Spaces,
    modules: Vec<&'a [u8]>,
    core_instances: Vec<Items<'a>>,
    funcs: Vec<(Func, Option<&'a str>)>,
    tables: Vec<u32>,
    memories: Vec<u32>,
    globals: Vec<u32>,
    /// The name of an imported interface.
    instances: Vec<Option<&'a str>>,
    component_funcs: Vec<Imported<'a>>,
}

impl<'a> Walk<'a> {
    fn section(&mut self, payload: Payload<'a>) -> Result<(), Unfit> {
        match payload {
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import?;
                    match import.ty {
                        ComponentTypeRef::Instance(_) => self.instances.push(Some(import.name.name)),
                        ComponentTypeRef::Func(_) => self.component_funcs.push(None),
                        _ => {}
                    }
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances {
                    instance?;
                    self.instances.push(None);
                }
            }
            Payload::ComponentExportSection(exports) => {
                // An export is a further name of what it exports.
                for export in exports {
                    let export = export?;
                    match export.kind {
                        ComponentExternalKind::Instance => self.instances.push(at(&self.instances, export.index)?),
                        ComponentExternalKind::Func => self.component_funcs.push(at(&self.component_funcs, export.index)?),
                        _ => {}
                    }
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(alias?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    self.canonical(function?)?;
                }
            }
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    let items = self.instance(instance?)?;
                    self.core_instances.push(items);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result<(), Unfit> {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Func, instance_index, name } => {
                let interface = at(&self.instances, instance_index)?;
                self.component_funcs.push(interface.map(|interface| (interface, name)));
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, .. } => self.instances.push(None),
            ComponentAlias::CoreInstanceExport { instance_index, name, .. } => {
                let instance = self.core_instances.get(instance_index as usize);
                match instance.and_then(|items| items.get(name)).copied() {
                    Some(Item::Func(func)) => self.funcs.push((func, Some(name))),
                    Some(Item::Table(table)) => self.tables.push(table),
                    Some(Item::Memory(memory)) => self.memories.push(memory),
                    Some(Item::Global(global)) => self.globals.push(global),
                    None => return Err(shape(format!("names `{name}` of a module that does not export it"))),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result<(), Unfit> {
        match function {
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                self.component_funcs.push(None);
                if let (func, Some(name)) = at(&self.funcs, core_func_index)?
                    && name.starts_with(CONTRACT)
                {
                    self.lifted(func, name, &options)?;
                }
            }
            CanonicalFunction::Lower { func_index, .. } => {
                let func = match at(&self.component_funcs, func_index)? {
                    Some((interface, name)) if interface.starts_with(CONTRACT) => self.plan.host(interface, name),
                    _ => Func::Absent,
                };
                self.funcs.push((func, None));
            }
            // Resources and what is asynchronous: the contract has neither.
            _ => self.funcs.push((Func::Absent, None)),
        }
        Ok(())
    }

    /// A function of the contract's exports, whose core function has the name that wit-component gives it.
    fn lifted(&mut self, func: Func, name: &'a str, options: &[CanonicalOption]) -> Result<(), Unfit> {
        self.plan.exports.insert(name.to_owned(), Item::Func(func));
        for option in options {
            match *option {
                CanonicalOption::Memory(index) => {
                    self.plan.exports.insert("memory".into(), Item::Memory(at(&self.memories, index)?));
                }
                CanonicalOption::Realloc(index) => {
                    self.plan.exports.insert("cabi_realloc".into(), Item::Func(at(&self.funcs, index)?.0));
                }
                CanonicalOption::PostReturn(index) => {
                    self.plan.exports.insert(format!("cabi_post_{name}"), Item::Func(at(&self.funcs, index)?.0));
                }
                CanonicalOption::UTF8 => {}
                _ => return Err(shape(format!("exports `{name}` in a way that is not the contract's: {option:?}"))),
            }
        }
        Ok(())
    }

    fn instance(&mut self, instance: Instance<'a>) -> Result<Items<'a>, Unfit> {
        match instance {
            Instance::FromExports(exports) => {
                let item = |kind, index| -> Result<Item, Unfit> {
                    Ok(match kind {
                        ExternalKind::Func => Item::Func(at(&self.funcs, index)?.0),
                        ExternalKind::Table => Item::Table(at(&self.tables, index)?),
                        ExternalKind::Memory => Item::Memory(at(&self.memories, index)?),
                        ExternalKind::Global => Item::Global(at(&self.globals, index)?),
                        other => return Err(shape(format!("has a core item of the kind {other:?}"))),
                    })
                };
                exports.iter().map(|export| item(export.kind, export.index).map(|item| (export.name, item))).collect()
            }
            Instance::Instantiate { module_index, args } => {
                let module = at(&self.modules, module_index)?;
                let given = |from: &str, name: &str| {
                    let arg = args.iter().rev().find(|arg| arg.name == from)?;
                    self.core_instances.get(arg.index as usize)?.get(name).copied()
                };
                let (part, exports) = read(module, &mut self.spaces, given)?;
                self.plan.parts.push(part);
                Ok(exports)
            }
        }
    }
}

fn at<T: Copy>(space: &[T], index: u32) -> Result<T, Unfit> {
    space.get(index as usize).copied().ok_or_else(|| shape("names something that comes later, or never"))
}
