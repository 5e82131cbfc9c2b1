//! The real order lines as a shop of today and a shop of tomorrow, and what each customer is by sums of our own: nothing here goes
//! through the query engine that is tested.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    compute::{cast, concat_batches, filter_record_batch},
    datatypes::{DataType, Field, Schema, TimeUnit},
    util::display::{ArrayFormatter, FormatOptions},
};
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use serde_json::{Value, json};

use crate::rig::Rig;

/// One customer outside of a filter: what the SQL of [`customers`] says, counted here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Customer {
    pub(crate) country: String,
    pub(crate) last_order_us: i64,
    pub(crate) invoices: BTreeSet<String>,
    /// In ten-thousandths.
    pub(crate) total: i128,
}

/// The file with the real lines, or a line that says where it was looked for.
pub(crate) fn real_lines() -> Option<PathBuf> {
    let shared =
        std::env::var_os("SLUICE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let file = shared.join("data/online_retail.parquet");
    if file.is_file() {
        return Some(file);
    }
    // Past the capture of a test's output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above data/", file.display());
    None
}

/// A rig whose folder of data has the real lines as a table: the lines, and the table's file.
pub(crate) async fn laid_out() -> Option<(Rig, Lines, PathBuf)> {
    let file = real_lines()?;
    let rig = Rig::new().await;
    let table = rig.data().join("online_retail.parquet");
    std::fs::copy(&file, &table).unwrap();
    Some((rig, Lines::read(&file), table))
}

/// The lines in memory, in columns of these types.
pub(crate) struct Lines(RecordBatch);

const MONEY: DataType = DataType::Decimal128(12, 4);

impl Lines {
    pub(crate) fn read(file: &Path) -> Self {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap().build().unwrap();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        let all = concat_batches(&batches[0].schema(), &batches).unwrap();
        let wanted = [
            ("line_id", DataType::Int64),
            ("invoice_no", DataType::Utf8),
            ("quantity", DataType::Int64),
            ("invoice_date", DataType::Timestamp(TimeUnit::Microsecond, None)),
            ("unit_price", MONEY),
            ("customer_id", DataType::Int64),
            ("country", DataType::Utf8),
            ("stock_code", DataType::Utf8),
        ];
        let columns: Vec<ArrayRef> = wanted.iter().map(|(name, ty)| cast(all.column_by_name(name).unwrap(), ty).unwrap()).collect();
        let fields: Vec<Field> = wanted.into_iter().map(|(name, ty)| Field::new(name, ty, true)).collect();
        Self(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap())
    }

    pub(crate) fn write(&self, file: &Path) {
        let beside = file.with_extension("part");
        let mut writer = ArrowWriter::try_new(File::create(&beside).unwrap(), self.0.schema(), None).unwrap();
        writer.write(&self.0).unwrap();
        writer.close().unwrap();
        std::fs::rename(beside, file).unwrap();
    }

    /// The lines as PostgreSQL's COPY takes them: tabs between cells, `\N` for a null. No text of the file has a tab or a backslash.
    pub(crate) fn copy_text(&self) -> Vec<u8> {
        let options = FormatOptions::default().with_null("\\N");
        let columns: Vec<ArrayFormatter<'_>> =
            self.0.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options).unwrap()).collect();
        let mut text = String::new();
        for at in 0..self.0.num_rows() {
            for (number, column) in columns.iter().enumerate() {
                let end = if number + 1 == columns.len() { '\n' } else { '\t' };
                write!(text, "{}{end}", column.value(at)).unwrap();
            }
        }
        assert_eq!(text.matches('\t').count(), self.0.num_rows() * (columns.len() - 1));
        text.into_bytes()
    }

    fn column<A: 'static>(&self, name: &str) -> &A {
        self.0.column_by_name(name).unwrap().as_any().downcast_ref::<A>().unwrap()
    }

    /// Every customer with lines.
    pub(crate) fn customers(&self) -> BTreeMap<i64, Customer> {
        let (ids, countries) = (self.column::<Int64Array>("customer_id"), self.column::<StringArray>("country"));
        let (dates, invoices) =
            (self.column::<TimestampMicrosecondArray>("invoice_date"), self.column::<StringArray>("invoice_no"));
        let (quantities, prices) = (self.column::<Int64Array>("quantity"), self.column::<Decimal128Array>("unit_price"));
        let mut all: BTreeMap<i64, Customer> = BTreeMap::new();
        for at in (0..self.0.num_rows()).filter(|at| ids.is_valid(*at)) {
            let customer = all.entry(ids.value(at)).or_default();
            if countries.value(at) > customer.country.as_str() {
                customer.country = countries.value(at).to_owned();
            }
            customer.last_order_us = customer.last_order_us.max(dates.value(at));
            customer.invoices.insert(invoices.value(at).to_owned());
            customer.total += i128::from(quantities.value(at)) * prices.value(at);
        }
        all
    }

    /// Orders that were not cancelled and began at `since_us` or later, by their customers.
    pub(crate) fn orders_since(&self, since_us: i64) -> BTreeMap<i64, Vec<String>> {
        let (ids, invoices) = (self.column::<Int64Array>("customer_id"), self.column::<StringArray>("invoice_no"));
        let dates = self.column::<TimestampMicrosecondArray>("invoice_date");
        let mut began: BTreeMap<(i64, &str), i64> = BTreeMap::new();
        for at in (0..self.0.num_rows()).filter(|at| ids.is_valid(*at) && !invoices.value(*at).starts_with('C')) {
            let first = began.entry((ids.value(at), invoices.value(at))).or_insert(i64::MAX);
            *first = dates.value(at).min(*first);
        }
        let mut orders: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for ((customer, invoice), _) in began.into_iter().filter(|(_, first)| *first >= since_us) {
            orders.entry(customer).or_default().push(invoice.to_owned());
        }
        orders
    }

    /// The customers of at least one line with such a quantity and price; prices in ten-thousandths.
    pub(crate) fn buyers(&self, fits: impl Fn(i64, i128) -> bool) -> BTreeSet<i64> {
        let (ids, quantities) = (self.column::<Int64Array>("customer_id"), self.column::<Int64Array>("quantity"));
        let prices = self.column::<Decimal128Array>("unit_price");
        let bought = (0..self.0.num_rows()).filter(|at| ids.is_valid(*at) && fits(quantities.value(*at), prices.value(*at)));
        bought.map(|at| ids.value(at)).collect()
    }

    /// The same without the lines of these customers that have such a quantity and price.
    pub(crate) fn without_lines_of(&self, customers: &[i64], fits: impl Fn(i64, i128) -> bool) -> Self {
        let (ids, quantities) = (self.column::<Int64Array>("customer_id"), self.column::<Int64Array>("quantity"));
        let prices = self.column::<Decimal128Array>("unit_price");
        let goes =
            |at: usize| ids.is_valid(at) && customers.contains(&ids.value(at)) && fits(quantities.value(at), prices.value(at));
        let stays: BooleanArray = (0..self.0.num_rows()).map(|at| Some(!goes(at))).collect();
        Self(filter_record_batch(&self.0, &stays).unwrap())
    }

    /// Tomorrow: one more of something in one priced line of each of `buyers`, and `movers` live in the United Kingdom.
    pub(crate) fn tomorrow(&self, buyers: &[i64], movers: &[i64]) -> Self {
        let ids = self.column::<Int64Array>("customer_id");
        let prices = self.column::<Decimal128Array>("unit_price");
        let mut waiting: BTreeSet<i64> = buyers.iter().copied().collect();
        let (old, lived) = (self.column::<Int64Array>("quantity"), self.column::<StringArray>("country"));
        let rows = self.0.num_rows();
        let quantity: Int64Array = (0..rows)
            .map(|at| {
                let buys = ids.is_valid(at) && prices.value(at) > 0 && waiting.remove(&ids.value(at));
                old.value(at) + i64::from(buys)
            })
            .collect::<Vec<_>>()
            .into();
        let moves = |at: usize| ids.is_valid(at) && movers.contains(&ids.value(at));
        let country: StringArray = (0..rows).map(|at| Some(if moves(at) { "United Kingdom" } else { lived.value(at) })).collect();
        assert!(waiting.is_empty(), "each buyer has a priced line");
        let mut columns = self.0.columns().to_vec();
        columns[2] = Arc::new(quantity);
        columns[6] = Arc::new(country);
        Self(RecordBatch::try_new(self.0.schema(), columns).unwrap())
    }
}

/// Customers that the segment [`abroad`] has.
pub(crate) fn segment_of(customers: &BTreeMap<i64, Customer>) -> BTreeMap<i64, Customer> {
    customers.iter().filter(|(_, c)| c.country != "United Kingdom").map(|(id, c)| (*id, c.clone())).collect()
}

/// What Braze must hold of a customer.
pub(crate) fn attributes(customer: &Customer) -> Value {
    let time = jiff::Timestamp::from_microsecond(customer.last_order_us).unwrap();
    json!({
        "home": customer.country,
        "orders": customer.invoices.len(),
        "total": customer.total as f64 / 10_000.0,
        "last_order": time.to_string(),
    })
}

/// Source, both models and the segment of the issue.
pub(crate) fn bundle(data: &Path) -> Value {
    let field = |id: &str, ty: Value| json!({ "id": id, "type": ty });
    json!({
        "sources": [{ "name": "retail", "kind": { "files": { "path": data } } }],
        "models": [{
            "name": "lines", "source": "retail", "kind": "custom", "primary_key": ["line_id"],
            "definition": { "sql": "SELECT * FROM online_retail WHERE customer_id IS NOT NULL" },
            "fields": [
                field("line_id", json!("integer")), field("invoice_no", json!("string")), field("quantity", json!("integer")),
                field("country", json!("string")),
            ],
        }, {
            "name": "customers", "source": "retail", "kind": "users", "primary_key": ["customer_id"],
            "definition": { "sql": "SELECT customer_id, max(country) AS country, min(invoice_date) AS first_order, \
                max(invoice_date) AS last_order, count(DISTINCT invoice_no) AS orders, sum(quantity * unit_price) AS total \
                FROM online_retail WHERE customer_id IS NOT NULL GROUP BY customer_id" },
            "fields": [
                field("customer_id", json!("integer")), field("country", json!("string")),
                field("first_order", json!("timestamp")), field("last_order", json!("timestamp")),
                field("orders", json!("integer")), field("total", json!({ "decimal": { "precision": 18, "scale": 4 } })),
            ],
        }],
        "segments": [{
            "name": "abroad", "model": "customers",
            "condition": { "version": 1, "root": { "op": "and", "children": [
                { "field": "country", "operator": "is-not", "value": "United Kingdom" },
            ] } },
        }],
    })
}

/// Attributes of the segment's customers, and the list of them as a boolean attribute.
pub(crate) fn activations() -> Value {
    let id = json!({ "target": "external_id", "role": "identifier", "value": { "field": "customer_id" } });
    let sent = |target: &str, field: &str| json!({ "target": target, "value": { "field": field } });
    json!([{
        "name": "attributes", "from": { "segment": "abroad" }, "destination": "braze", "service": "attributes", "mode": "upsert",
        "mapping": { "fields": [
            id, sent("home", "country"), sent("total", "total"), sent("orders", "orders"), sent("last_order", "last_order"),
        ] },
    }, {
        "name": "list", "from": { "segment": "abroad" }, "destination": "braze", "service": "lists", "mode": "boolean-attribute",
        "mapping": { "fields": [id] }, "options": { "attribute": "lives_abroad" },
    }])
}
