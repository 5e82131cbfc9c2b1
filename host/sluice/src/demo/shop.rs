//! A small made-up shop: customers and orders, the same for the same number of rows, with the flaws that real shops have. What
//! changes in a day is made here, too. Nothing of it is about any person.

use std::{fs::File, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    error::ArrowError,
};
use parquet::arrow::ArrowWriter;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// The seed of the demo's shop; any other makes another shop of the same kind.
const SEED: u64 = 20_261_126;
/// 2026-11-01T00:00:00Z in microseconds: the last day that the shop knows of at first.
const TODAY_US: i64 = 1_793_491_200_000_000;
const DAY_US: i64 = 86_400_000_000;
const FIRST_NAMES: [&str; 12] =
    ["Ada", "Ben", "Chloé", "Dev", "Élise", "Farid", "Grace", "Hana", "Igor", "Jonas", "Keiko", "Łucja"];
/// Country, and a city in it.
const PLACES: [(&str, &str); 8] = [
    ("FR", "Paris"),
    ("FR", "Lyon"),
    ("DE", "Köln"),
    ("GB", "Leeds"),
    ("ES", "Sevilla"),
    ("IT", "Torino"),
    ("PL", "Łódź"),
    ("US", "Austin"),
];

/// The shop.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shop {
    customers: Vec<Customer>,
    orders: Vec<Order>,
    random: StdRng,
    today_us: i64,
}

#[derive(Debug, Clone, PartialEq)]
struct Customer {
    id: Option<String>,
    first_name: &'static str,
    email: Option<String>,
    country: &'static str,
    city: &'static str,
    tier: &'static str,
    consent: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Order {
    customer: String,
    placed_us: i64,
    cents: i128,
}

impl Shop {
    /// A shop of so many customers, and some three times as many orders.
    pub(crate) fn new(customers: usize) -> Self {
        let mut shop = Self { customers: Vec::new(), orders: Vec::new(), random: StdRng::seed_from_u64(SEED), today_us: TODAY_US };
        for at in 0..customers {
            let customer = shop.customer(at);
            shop.customers.push(customer);
            for _ in 0..shop.random.random_range(0..7) {
                shop.order(at);
            }
        }
        shop
    }

    pub(crate) fn customers(&self) -> usize {
        self.customers.len()
    }

    pub(crate) fn orders(&self) -> usize {
        self.orders.len()
    }

    fn customer(&mut self, at: usize) -> Customer {
        let random = &mut self.random;
        let (country, city) = PLACES[random.random_range(0..PLACES.len())];
        let sound = Customer {
            id: Some(format!("C{at:07}")),
            first_name: FIRST_NAMES[random.random_range(0..FIRST_NAMES.len())],
            email: random.random_bool(0.97).then(|| format!("customer{at}@shop.example")),
            country,
            city,
            tier: ["bronze", "bronze", "bronze", "silver", "silver", "gold"][random.random_range(0..6)],
            consent: random.random_bool(0.8),
        };
        flawed(at, sound)
    }

    fn order(&mut self, at: usize) {
        let Some(customer) = self.customers[at].id.clone() else { return };
        let back = self.random.random_range(0..365 * DAY_US);
        let cents = self.random.random_range(500..20_000);
        self.orders.push(Order { customer, placed_us: self.today_us - back, cents });
    }

    /// A day: one customer in a hundred orders, moves, withdraws consent, or is new. Gives how many.
    pub(crate) fn day(&mut self) -> usize {
        self.today_us += DAY_US;
        let changes = (self.customers.len() / 100).max(1);
        // Different customers, spread over the whole table.
        let step = self.customers.len() / changes;
        for change in 0..changes {
            let at = change * step + self.random.random_range(0..step);
            match change % 10 {
                0..6 => {
                    self.order(at);
                    if let Some(order) = self.orders.last_mut() {
                        order.placed_us = self.today_us;
                    }
                }
                6..8 => {
                    let (country, city) = PLACES[(change / 10) % PLACES.len()];
                    (self.customers[at].country, self.customers[at].city) = (country, city);
                }
                8 => self.customers[at].consent = false,
                _ => {
                    let at = self.customers.len();
                    let customer = Customer { tier: "gold", consent: true, ..self.customer(at) };
                    self.customers.push(customer);
                }
            }
        }
        changes
    }

    /// Writes `customers.parquet` and `orders.parquet`, each under its name only when it is whole.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ShopError> {
        table(folder, "customers", self.customer_columns())?;
        table(folder, "orders", self.order_columns()?)
    }

    fn customer_columns(&self) -> Vec<(&'static str, ArrayRef)> {
        let all = || self.customers.iter();
        vec![
            ("customer_id", Arc::new(all().map(|c| c.id.as_deref()).collect::<StringArray>())),
            ("first_name", Arc::new(all().map(|c| Some(c.first_name)).collect::<StringArray>())),
            ("email", Arc::new(all().map(|c| c.email.as_deref()).collect::<StringArray>())),
            ("country", Arc::new(all().map(|c| Some(c.country)).collect::<StringArray>())),
            ("city", Arc::new(all().map(|c| Some(c.city)).collect::<StringArray>())),
            ("tier", Arc::new(all().map(|c| Some(c.tier)).collect::<StringArray>())),
            ("consent", Arc::new(all().map(|c| Some(c.consent)).collect::<BooleanArray>())),
        ]
    }

    fn order_columns(&self) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError> {
        let all = || self.orders.iter();
        let cents = Decimal128Array::from_iter_values(all().map(|o| o.cents)).with_precision_and_scale(10, 2)?;
        let placed = TimestampMicrosecondArray::from_iter_values(all().map(|o| o.placed_us)).with_timezone("UTC");
        Ok(vec![
            ("order_id", Arc::new(Int64Array::from_iter_values(1..=self.orders.len() as i64))),
            ("customer_id", Arc::new(all().map(|o| Some(o.customer.as_str())).collect::<StringArray>())),
            ("placed_at", Arc::new(placed)),
            ("amount", Arc::new(cents)),
        ])
    }
}

/// What goes wrong in real shops, rarely: a key that is missing or shared, a country that is not a code, the ids that broken scripts
/// write. Those rows are in the audience, so that it shows what becomes of them.
fn flawed(at: usize, sound: Customer) -> Customer {
    let meant = Customer { tier: "gold", consent: true, ..sound.clone() };
    match at {
        17 => Customer { id: Some("undefined".into()), ..meant },
        19 => Customer { id: Some("anonymous".into()), ..meant },
        _ if at % 2_000 == 11 => Customer { id: None, ..meant },
        _ if at % 2_500 == 13 => Customer { id: Some(format!("C{:07}", at - 1)), ..meant },
        _ if at % 2_500 == 12 => meant,
        _ if at % 1_000 == 7 => Customer { country: "Germany", city: "Köln", ..meant },
        _ => sound,
    }
}

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub(crate) enum ShopError {
    #[error("the made-up data cannot be written")]
    Io(#[from] std::io::Error),
    #[error("the made-up data is not a table")]
    Arrow(#[from] ArrowError),
    #[error("the made-up data cannot be written as Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
}

fn table(folder: &Path, name: &str, columns: Vec<(&'static str, ArrayRef)>) -> Result<(), ShopError> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))?;
    // A name with a dot before it is none of the source's tables.
    let part = folder.join(format!(".{name}.part"));
    let mut writer = ArrowWriter::try_new(File::create(&part)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    std::fs::rename(part, folder.join(format!("{name}.parquet")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_shop_of_a_size_is_the_same_shop_every_time() {
        assert_eq!(Shop::new(500), Shop::new(500));
        let (mut one, mut other) = (Shop::new(500), Shop::new(500));
        assert_eq!((one.day(), one), (other.day(), other));
    }

    #[test]
    fn a_day_changes_one_customer_in_a_hundred() {
        let before = Shop::new(5_000);
        let mut after = before.clone();
        assert_eq!(after.day(), 50);
        let moved: HashSet<_> = before.customers.iter().zip(&after.customers).filter(|(b, a)| b != a).map(|(b, _)| &b.id).collect();
        let ordered: HashSet<_> = after.orders[before.orders()..].iter().map(|o| Some(o.customer.clone())).collect();
        let new = after.customers() - before.customers();
        assert_eq!(new, 5);
        assert!(ordered.len() <= 30 && moved.len() <= 15, "{} ordered, {} moved", ordered.len(), moved.len());
        assert!(ordered.len() + moved.len() + new > 40, "{} ordered, {} moved", ordered.len(), moved.len());
    }

    #[test]
    fn every_flaw_is_there_and_rare_enough_to_be_let_pass() {
        let shop = Shop::new(2_000);
        let mut seen = HashSet::new();
        let ids = || shop.customers.iter().map(|c| c.id.as_deref());
        assert_eq!(ids().filter(|id| id.is_none()).count(), 1);
        assert_eq!(ids().flatten().filter(|id| !seen.insert(id.to_owned())).count(), 1);
        assert!(shop.customers.iter().any(|c| c.country.len() > 2));
        assert!(["undefined", "anonymous"].iter().all(|id| ids().any(|known| known == Some(*id))));
    }
}
