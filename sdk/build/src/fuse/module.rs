//! One core module of the component: where its types, functions, tables, memories, globals and segments stand in the joined module.

use wasmparser::{ExternalKind, Global, Operator, Parser, Payload, TypeRef};

use super::{Func, Item, Items, Unfit, shape};

/// How much of each index space of the joined module is taken.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    types: u32,
    own_funcs: u32,
    /// Elements of all tables so far: they stand one after the other in the one table that there will be.
    pub(super) table_elements: u32,
    memories: u32,
    elements: u32,
    data: u32,
    /// Of each global, its value where that never changes and is a plain 32-bit number.
    constants: Vec<Option<i32>>,
}

/// A module, with the places of what it names. Every list is one of its index spaces.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) type_base: u32,
    pub(super) funcs: Vec<Func>,
    /// Of each table, how many elements stand before its own.
    pub(super) tables: Vec<u32>,
    pub(super) memories: Vec<u32>,
    pub(super) globals: Vec<u32>,
    pub(super) element_base: u32,
    pub(super) data_base: u32,
    /// Types of the functions that end the guest, one for each that this module wants and nobody gives.
    pub(super) absent: Vec<u32>,
    /// The host's functions that it imports, with the type it imports them as.
    pub(super) host: Vec<(u32, u32)>,
    /// The values of `globals`, where they are known.
    pub(super) constants: Vec<Option<i32>>,
}

/// Reads a module that is instantiated with what `given` knows, and says what it exports.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    spaces: &mut Spaces,
    given: impl Fn(&str, &str) -> Option<Item>,
) -> Result<(Part<'a>, Items<'a>), Unfit> {
    let mut part = Part {
        bytes,
        type_base: spaces.types,
        funcs: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        element_base: spaces.elements,
        data_base: spaces.data,
        absent: Vec::new(),
        host: Vec::new(),
        constants: Vec::new(),
    };
    let mut exports = Items::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(types) => spaces.types += types.count(),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let item = given(import.module, import.name);
                    part.import(spaces, import.ty, item)
                        .map_err(|()| shape(format!("does not give `{}` of `{}` as it is wanted", import.name, import.module)))?;
                }
            }
            Payload::FunctionSection(functions) => {
                for _ in 0..functions.count() {
                    part.funcs.push(Func::Own(next(&mut spaces.own_funcs)));
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    part.tables.push(spaces.table_elements);
                    let elements = u32::try_from(table?.ty.initial).ok();
                    let all = elements.and_then(|elements| spaces.table_elements.checked_add(elements));
                    spaces.table_elements = all.ok_or_else(|| shape("has larger tables than a module may have"))?;
                }
            }
            Payload::MemorySection(memories) => part.memories.extend((0..memories.count()).map(|_| next(&mut spaces.memories))),
            Payload::GlobalSection(globals) => {
                for global in globals {
                    part.globals.push(u32::try_from(spaces.constants.len()).map_err(|_| shape("has too many globals"))?);
                    spaces.constants.push(constant(&global?)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let item = part.item(export.kind, export.index).ok_or_else(|| shape("exports what is not there"))?;
                    exports.insert(export.name, item);
                }
            }
            Payload::ElementSection(elements) => spaces.elements += elements.count(),
            Payload::DataSection(data) => spaces.data += data.count(),
            // The toolchains have run what runs at the start, and keep what came of it.
            Payload::StartSection { .. } => return Err(shape("has a module with a start function")),
            Payload::TagSection(_) => return Err(shape("uses exceptions")),
            _ => {}
        }
    }
    part.constants = part.globals.iter().map(|global| spaces.constants[*global as usize]).collect();
    Ok((part, exports))
}

impl Part<'_> {
    fn import(&mut self, spaces: &mut Spaces, wanted: TypeRef, given: Option<Item>) -> Result<(), ()> {
        match (wanted, given) {
            (TypeRef::Func(ty), Some(Item::Func(Func::Absent))) => {
                self.absent.push(ty);
                self.funcs.push(Func::Own(next(&mut spaces.own_funcs)));
            }
            (TypeRef::Func(ty), Some(Item::Func(func))) => {
                if let Func::Host(host) = func {
                    self.host.push((host, self.type_base + ty));
                }
                self.funcs.push(func);
            }
            (TypeRef::Table(_), Some(Item::Table(table))) => self.tables.push(table),
            (TypeRef::Memory(_), Some(Item::Memory(memory))) => self.memories.push(memory),
            (TypeRef::Global(_), Some(Item::Global(global))) => self.globals.push(global),
            _ => return Err(()),
        }
        Ok(())
    }

    fn item(&self, kind: ExternalKind, index: u32) -> Option<Item> {
        let index = index as usize;
        match kind {
            ExternalKind::Func => self.funcs.get(index).copied().map(Item::Func),
            ExternalKind::Table => self.tables.get(index).copied().map(Item::Table),
            ExternalKind::Memory => self.memories.get(index).copied().map(Item::Memory),
            ExternalKind::Global => self.globals.get(index).copied().map(Item::Global),
            ExternalKind::Tag | ExternalKind::FuncExact => None,
        }
    }
}

fn next(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}

fn constant(global: &Global<'_>) -> Result<Option<i32>, Unfit> {
    if global.ty.mutable {
        return Ok(None);
    }
    let mut operators = global.init_expr.get_operators_reader();
    let first = operators.read()?;
    Ok(match (first, operators.is_end_then_eof()) {
        (Operator::I32Const { value }, true) => Some(value),
        _ => None,
    })
}
