//! The same models, rows and trees in a real PostgreSQL, evaluated there by the SELECT that the compiler's plan is printed as.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use sluice_catalog::{
    condition::{Context, Group},
    model::{Definition, Model},
    size::SizeLimit,
    types::DataType,
};
use sluice_query::{Query, Surroundings};

use super::{
    Case,
    naive::{Cell, Row},
    postgres::{Server, Told, column, column_type, engine},
    random::FIELDS,
};

pub(crate) struct Third<'a> {
    server: &'a Server,
    case: &'a Case,
    around: Surroundings,
}

fn cell(cell: &Cell, row: usize, ty: DataType) -> String {
    match cell {
        // No value of a float is null or NaN.
        Cell::None if ty == DataType::Float && row % 2 == 1 => "'NaN'".into(),
        Cell::None => "NULL".into(),
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(number) => format!("{number} * 0.01"),
        Cell::Float(number) => format!("'{number:?}'"),
        Cell::Boolean(value) => value.to_string(),
        // Dollar quotes for the tests' own rows, so that the printer's way of quoting is not believed but compared.
        Cell::Text(text) => format!("$q${text}$q$"),
        Cell::Day(day) => format!("'{day}'"),
        Cell::Instant(at) => format!("'{}'", at.strftime("%Y-%m-%d %H:%M:%S.%6f")),
    }
}

fn load(name: &str, model: &Model, rows: &[Row]) -> String {
    let columns = model.fields.iter().enumerate().map(|(at, field)| format!("{} {}", FIELDS[at], column_type(field.ty).0));
    let mut text = format!("CREATE TABLE public.{name} ({});", columns.collect::<Vec<_>>().join(", "));
    for (at, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&model.fields).map(|((_, value), field)| cell(value, at, field.ty));
        write!(text, "INSERT INTO public.{name} VALUES ({});", cells.collect::<Vec<_>>().join(", ")).unwrap();
    }
    text
}

impl<'a> Third<'a> {
    /// All models in one source, each with a table of its own.
    pub(crate) async fn new(server: &'a Server, case: &'a Case) -> Self {
        let mut statements = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;".to_owned();
        let mut told = Told::default();
        let mut context = Context { segments: case.worlds.segments.clone(), ..Context::default() };
        let source = case.models[0].1.source;
        for (at, (id, model)) in case.models.iter().enumerate() {
            let name = format!("m{at}");
            statements += &load(&name, model, &case.worlds.tables[id].rows);
            let columns = model.fields.iter().enumerate().map(|(at, field)| {
                let (source_type, ty) = column_type(field.ty);
                column(FIELDS[at], &source_type, ty)
            });
            told = told.table(&format!("\"public\".\"{name}\""), columns.collect());
            let definition = Definition::Table(format!("public.{name}"));
            context.models.insert(*id, Model { source, definition, ..model.clone() });
        }
        server.client.batch_execute(&statements).await.unwrap();
        let sources = BTreeMap::from([(source, told.open(&engine(&case.folders[0].path()), "UTC"))]);
        Self { server, case, around: Surroundings { context, sources } }
    }

    /// The members by their ids; `None` where the condition has no certain form in SQL.
    pub(crate) async fn members(
        &self,
        of: usize,
        group: &Group,
        limit: Option<&SizeLimit>,
    ) -> Result<Option<BTreeSet<i64>>, String> {
        let mut around = self.around.clone();
        let id = self.case.models[of].0;
        around.context.model = Some(id);
        let model = &around.context.models[&id];
        let (now, zone) = (self.case.worlds.now, &self.case.worlds.zone);
        let query = Query::within(&around, &around.sources[&model.source], model, Some(group), now, zone).await;
        let query = query.map_err(|error| error.to_string())?;
        let query = limit.map_or(query.clone(), |limit| query.limited_to(limit));
        let Ok(statement) = query.statement() else { return Ok(None) };
        let told = |error: String| format!("{error}\n{statement}\n");
        let ids = self.server.numbers(&statement).await.map_err(told)?;
        let unique: BTreeSet<i64> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "no row comes twice: {statement}");
        let counting = query.count_statement()?;
        let counted = self.server.numbers(&counting).await.map_err(|error| format!("{error}\n{counting}\n"))?;
        assert_eq!(counted, [ids.len() as i64], "{counting}");
        Ok(Some(unique))
    }
}
