//! The same models, rows and trees where a database evaluates them: all of them in one PostgreSQL, whose answer is that of the SELECT
//! that the compiler's plan is printed as; and those of every second model there and the others in files, whose answer the engine makes
//! of the pieces that are pushed down and of what it reads.

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
use sluice_query::{Place, Query, Surroundings};

use super::{
    Case,
    naive::{Cell, Row},
    postgres::{Session, Shop, column_type, engine},
    random::{FIELDS, source},
};

pub(crate) struct Third<'a> {
    session: &'a Session,
    case: &'a Case,
    together: Surroundings,
    mixed: Surroundings,
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

fn load(table: &str, model: &Model, rows: &[Row]) -> String {
    let columns = model.fields.iter().enumerate().map(|(at, field)| format!("{} {}", FIELDS[at], column_type(field.ty)));
    let mut text = format!("CREATE TABLE {table} ({});", columns.collect::<Vec<_>>().join(", "));
    let row = |(at, row): (usize, &Row)| {
        let cells = row.iter().zip(&model.fields).map(|((_, value), field)| cell(value, at, field.ty));
        format!("({})", cells.collect::<Vec<_>>().join(", "))
    };
    if !rows.is_empty() {
        let rows: Vec<String> = rows.iter().enumerate().map(row).collect();
        write!(text, "INSERT INTO {table} VALUES {};", rows.join(", ")).unwrap();
    }
    text
}

impl<'a> Third<'a> {
    /// `schema`: of the session alone.
    pub(crate) async fn new(session: &'a Session, schema: &str, case: &'a Case) -> Self {
        let mut statements = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};");
        let mut together = Context { segments: case.worlds.segments.clone(), ..Context::default() };
        let mut mixed = together.clone();
        for (at, (id, model)) in case.models.iter().enumerate() {
            let table = format!("{schema}.m{at}");
            statements += &load(&table, model, &case.worlds.tables[id].rows);
            let there = Model { definition: Definition::Table(table), ..model.clone() };
            mixed.models.insert(*id, if model.source == source(1) { there.clone() } else { model.clone() });
            together.models.insert(*id, Model { source: source(0), ..there });
        }
        session.client.batch_execute(&statements).await.unwrap();
        let shop = Shop::new(session).open(&engine(&case.folders[0].path()), "UTC");
        let together = Surroundings::new(together, BTreeMap::from([(source(0), shop.clone())]));
        let files = case.around.sources[&source(0)].clone();
        let mixed = Surroundings::new(mixed, BTreeMap::from([(source(0), files), (source(1), shop)]));
        Self { session, case, together, mixed }
    }

    async fn query(&self, around: &Surroundings, of: usize, group: &Group, limit: Option<&SizeLimit>) -> Result<Query, String> {
        let mut around = around.clone();
        let id = self.case.models[of].0;
        around.context.model = Some(id);
        let model = &around.context.models[&id];
        let (now, zone) = (self.case.worlds.now, &self.case.worlds.zone);
        let query = Query::within(&around, &around.sources[&model.source], model, Some(group), now, zone).await;
        let query = query.map_err(|error| error.to_string())?;
        Ok(limit.map_or(query.clone(), |limit| query.limited_to(limit)))
    }

    /// The members by their ids; `None` where the condition has no certain form in SQL.
    pub(crate) async fn printed(
        &self,
        of: usize,
        group: &Group,
        limit: Option<&SizeLimit>,
    ) -> Result<Option<BTreeSet<i64>>, String> {
        let query = self.query(&self.together, of, group, limit).await?;
        let Ok(statement) = query.statement() else { return Ok(None) };
        let told = |error: String| format!("{error}\n{statement}\n");
        let ids = self.session.numbers(&statement).await.map_err(told)?;
        let unique: BTreeSet<i64> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "no row comes twice: {statement}");
        let counting = query.count_statement()?;
        let counted = self.session.numbers(&counting).await.map_err(|error| format!("{error}\n{counting}\n"))?;
        assert_eq!(counted, [ids.len() as i64], "{counting}");
        Ok(Some(unique))
    }

    /// The members by their ids, and where that was evaluated.
    pub(crate) async fn pushed(
        &self,
        of: usize,
        group: &Group,
        limit: Option<&SizeLimit>,
    ) -> Result<(BTreeSet<i64>, Place), String> {
        let query = self.query(&self.mixed, of, group, limit).await?;
        let rows = query.select::<&str>(&[]).map_err(|error| error.to_string())?.stream().await;
        let rows = rows.map_err(|error| error.to_string())?;
        let evaluation = rows.evaluation();
        let ids = super::ids(rows).await.map_err(|error| format!("{error}\n{evaluation:#?}\n"))?;
        Ok((ids, evaluation.place))
    }
}
