//! All modules written as one: each index in each body, segment and constant becomes the one in the joined module.

use std::collections::BTreeMap;

use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, ImportSection, Instruction, MemorySection, Module, RefType, TableSection, TableType,
    TypeSection,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{Element, ElementKind, FunctionBody, Operator, Parser, Payload};

use super::{Func, Item, Unfit, Untold, module::Part, shape};

/// What is to be joined.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    /// In the order of their instantiation, which is the order in which their segments are written.
    pub(super) parts: Vec<Part<'a>>,
    /// Under the names that wit-component looks for.
    pub(super) exports: BTreeMap<String, Item>,
    /// Elements of the one table.
    pub(super) table_elements: u32,
    /// Interface and function of the contract, in the order of the imports.
    hosts: Vec<(&'a str, &'a str)>,
}

impl<'a> Plan<'a> {
    /// The contract's function, imported once however often it is lowered.
    pub(super) fn host(&mut self, interface: &'a str, name: &'a str) -> Func {
        let known = self.hosts.iter().position(|host| *host == (interface, name));
        let place = known.unwrap_or_else(|| {
            self.hosts.push((interface, name));
            self.hosts.len() - 1
        });
        Func::Host(u32::try_from(place).expect("the contract has a dozen functions"))
    }
}

/// The sections of the joined module.
#[derive(Default)]
struct Sections {
    types: TypeSection,
    functions: FunctionSection,
    memories: MemorySection,
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
}

pub(super) fn join(plan: &Plan<'_>) -> Result<Vec<u8>, Unfit> {
    let mut out = Sections::default();
    for part in &plan.parts {
        out.add(part, plan)?;
    }
    let mut imports = ImportSection::new();
    for (host, (interface, name)) in plan.hosts.iter().enumerate() {
        let mut types = plan.parts.iter().flat_map(|part| &part.host);
        let (_, ty) =
            types.find(|(used, _)| *used as usize == host).ok_or_else(|| shape("lowers a function that no module uses"))?;
        imports.import(interface, name, EntityType::Function(*ty));
    }
    let mut exports = ExportSection::new();
    for (name, item) in &plan.exports {
        match item {
            Item::Func(func) => exports.export(name, ExportKind::Func, plan.place(*func)?),
            Item::Memory(memory) => exports.export(name, ExportKind::Memory, *memory),
            Item::Table(_) | Item::Global(_) => &mut exports,
        };
    }
    let mut tables = TableSection::new();
    let minimum = u64::from(plan.table_elements);
    tables.table(TableType { element_type: RefType::FUNCREF, table64: false, minimum, maximum: None, shared: false });
    let mut module = Module::new();
    module.section(&out.types).section(&imports).section(&out.functions).section(&tables).section(&out.memories);
    module.section(&out.globals).section(&exports).section(&out.elements);
    // Bodies may name segments of data, and then their number has to come first.
    module.section(&DataCountSection { count: out.data.len() }).section(&out.code).section(&out.data);
    Ok(module.finish())
}

impl Plan<'_> {
    /// The imports come first.
    fn place(&self, func: Func) -> Result<u32, Unfit> {
        match func {
            Func::Host(place) => Ok(place),
            Func::Own(place) => Ok(place + u32::try_from(self.hosts.len()).expect("the contract has a dozen functions")),
            Func::Absent => Err(shape("exports a function that nobody gives")),
        }
    }
}

impl Sections {
    fn add(&mut self, part: &Part<'_>, plan: &Plan<'_>) -> Result<(), Unfit> {
        // In the order in which the module was read: what it wants and nobody gives, then its own.
        for ty in &part.absent {
            self.functions.function(part.type_base + ty);
            let mut body = Function::new([]);
            body.instructions().unreachable().end();
            self.code.function(&body);
        }
        let mut moved = Moved { part, funcs: part.funcs.iter().map(|func| plan.place(*func)).collect::<Result<_, _>>()? };
        for payload in Parser::new(0).parse_all(part.bytes) {
            match payload? {
                Payload::TypeSection(section) => utils::parse_type_section(&mut moved, &mut self.types, section)?,
                Payload::FunctionSection(section) => utils::parse_function_section(&mut moved, &mut self.functions, section)?,
                Payload::MemorySection(section) => utils::parse_memory_section(&mut moved, &mut self.memories, section)?,
                Payload::GlobalSection(section) => utils::parse_global_section(&mut moved, &mut self.globals, section)?,
                Payload::ElementSection(section) => {
                    for element in section {
                        moved.element(element?, &mut self.elements)?;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    self.code.function(&moved.body(&body)?);
                }
                Payload::DataSection(section) => utils::parse_data_section(&mut moved, &mut self.data, section)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The places of one module's items.
struct Moved<'a> {
    part: &'a Part<'a>,
    funcs: Vec<u32>,
}

impl Moved<'_> {
    /// Elements of a table that stands behind another one are moved behind it.
    fn element(&mut self, element: Element<'_>, elements: &mut ElementSection) -> Result<(), Unfit> {
        let ElementKind::Active { table_index, offset_expr } = element.kind else {
            return Ok(self.parse_element(elements, element)?);
        };
        let before = of(&self.part.tables, table_index.unwrap_or(0));
        let offset = self.const_expr(offset_expr)?;
        let offset = if before == 0 { offset } else { offset.with_i32_const(before.cast_signed()).with_i32_add() };
        elements.active(None, &offset, self.element_items(element.items)?);
        Ok(())
    }

    /// A body, in which a call through a table that stands behind another one counts from there.
    fn body(&mut self, body: &FunctionBody<'_>) -> Result<Function, Unfit> {
        let mut out = self.new_function_with_parsed_locals(body)?;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            match operator {
                Operator::CallIndirect { table_index, .. } if of(&self.part.tables, table_index) > 0 => {
                    let before = of(&self.part.tables, table_index).cast_signed();
                    out.instructions().i32_const(before).i32_add();
                }
                Operator::TableGet { table }
                | Operator::TableSet { table }
                | Operator::TableGrow { table }
                | Operator::TableSize { table }
                | Operator::TableFill { table }
                | Operator::TableInit { table, .. }
                | Operator::TableCopy { dst_table: table, .. }
                    if of(&self.part.tables, table) > 0 =>
                {
                    return Err(shape("changes a second table"));
                }
                _ => {}
            }
            out.instruction(&self.instruction(operator)?);
        }
        Ok(out)
    }
}

/// An index that is not there would not have passed the toolchain; the engine refuses what comes of it.
fn of(space: &[u32], index: u32) -> u32 {
    space.get(index as usize).copied().unwrap_or(u32::MAX)
}

impl Reencode for Moved<'_> {
    type Error = Untold;

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<Untold>> {
        Ok(self.part.type_base + ty)
    }

    fn function_index(&mut self, func: u32) -> Result<u32, Error<Untold>> {
        Ok(of(&self.funcs, func))
    }

    /// There is one.
    fn table_index(&mut self, _: u32) -> Result<u32, Error<Untold>> {
        Ok(0)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<Untold>> {
        Ok(of(&self.part.memories, memory))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<Untold>> {
        Ok(of(&self.part.globals, global))
    }

    fn element_index(&mut self, element: u32) -> Result<u32, Error<Untold>> {
        Ok(self.part.element_base + element)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, Error<Untold>> {
        Ok(self.part.data_base + data)
    }

    /// A global of another module was an import, which a constant may name; it is one of this module's now, which it may not.
    fn const_expr(&mut self, expr: wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Error<Untold>> {
        let mut operators = expr.get_operators_reader();
        let mut bytes = Vec::new();
        while !operators.is_end_then_eof() {
            let instruction = match operators.read()? {
                Operator::GlobalGet { global_index } => {
                    let value = self.part.constants.get(global_index as usize).copied().flatten();
                    Instruction::I32Const(value.ok_or(Error::UserError(Untold))?)
                }
                other => self.instruction(other)?,
            };
            wasm_encoder::Encode::encode(&instruction, &mut bytes);
        }
        Ok(ConstExpr::raw(bytes))
    }
}
