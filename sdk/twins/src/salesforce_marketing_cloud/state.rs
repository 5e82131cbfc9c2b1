//! What a tenant holds. A [`State`] is also the snapshot that tests compare.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{
    extension::{DataExtension, Row},
    jobs::Job,
    oauth::Grant,
    options::{Harm, NewDataExtension, Options},
    route::Named,
    words::extension_id,
};

/// Everything a tenant holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) extensions: Vec<DataExtension>,
    pub(super) extensions_made: u64,
    pub(super) jobs: VecDeque<Job>,
    pub(super) harms: Vec<Harm>,
    pub(super) token_requests: BTreeMap<String, u64>,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        let mut state = Self { harms: options.harms.clone(), ..Self::default() };
        for new in &options.data_extensions {
            let key = new.key.clone();
            state.put(new.clone()).unwrap_or_else(|why| panic!("the data extension {key} of the options: {why}"));
        }
        state
    }

    /// Data extensions, in the order in which they were made.
    pub fn data_extensions(&self) -> &[DataExtension] {
        &self.extensions
    }

    /// A data extension by its external key or its id.
    pub fn data_extension(&self, name: &str) -> Option<&DataExtension> {
        self.extensions.iter().find(|it| it.key == name).or_else(|| self.extensions.iter().find(|it| it.id == name))
    }

    /// Rows of a data extension by primary key (values joined by `,`); none when there is no such extension.
    pub fn rows(&self, name: &str) -> BTreeMap<String, Arc<Row>> {
        self.data_extension(name).map(|it| it.rows.clone()).unwrap_or_default()
    }

    /// Jobs that are remembered, oldest first.
    pub fn jobs(&self) -> &VecDeque<Job> {
        &self.jobs
    }

    /// Token requests of known clients since the start or the last reset, refused ones too.
    pub fn token_requests(&self) -> u64 {
        self.token_requests.values().sum()
    }

    /// Harm that has met nobody yet.
    pub fn harms(&self) -> &[Harm] {
        &self.harms
    }

    /// Puts a data extension in place, instead of one with its key or id.
    pub(super) fn put(&mut self, mut new: NewDataExtension) -> Result<(), String> {
        let rows = std::mem::take(&mut new.rows);
        self.extensions_made += 1;
        let id = if new.id.is_empty() { extension_id(self.extensions_made) } else { new.id.clone() };
        let mut extension = DataExtension::new(id, new);
        extension.sound()?;
        for row in &rows {
            let fit = extension.fit(row)?;
            extension.collides(&fit)?;
            extension.put(fit);
        }
        self.extensions.retain(|other| other.key != extension.key && other.id != extension.id);
        self.extensions.push(extension);
        Ok(())
    }

    /// Where a data extension is that this grant sees.
    pub(super) fn find(&self, named: &Named, grant: &Grant) -> Option<usize> {
        self.extensions.iter().position(|it| {
            let it_is = match named {
                Named::Id(id) => it.id.eq_ignore_ascii_case(id),
                Named::Key(key) => it.key == *key,
            };
            it_is && sees(grant, it)
        })
    }

    /// Takes the first harm that is meant.
    pub(super) fn harm(&mut self, meant: impl Fn(&Harm) -> bool) -> Option<Harm> {
        let at = self.harms.iter().position(meant)?;
        Some(self.harms.remove(at))
    }

    pub(super) fn to_json(&self) -> Value {
        let extensions = self.extensions.iter().map(|it| (it.key.clone(), json!(it)));
        json!({
            "data_extensions": extensions.collect::<serde_json::Map<_, _>>(), "jobs": self.jobs, "harms": self.harms,
            "token_requests": self.token_requests,
        })
    }

    /// One thing: `data-extensions/{key or id}`, `rows/{key or id}` or `rows/{key or id}:{primary key}`, `jobs/{requestId}`.
    pub(super) fn one(&self, kind: &str, key: &str) -> Option<Value> {
        match kind {
            "data-extensions" => Some(json!(self.data_extension(key)?)),
            "rows" => match self.data_extension(key) {
                Some(all) => Some(json!(all.rows)),
                None => {
                    let (name, row) = key.split_once(':')?;
                    Some(json!(self.data_extension(name)?.rows.get(row)?))
                }
            },
            "jobs" => Some(json!(self.jobs.iter().rev().find(|job| job.id == key)?)),
            _ => None,
        }
    }
}

/// Whether a data extension is of the business unit of a token.
pub(super) fn sees(grant: &Grant, extension: &DataExtension) -> bool {
    grant.everywhere || extension.account_id.is_none() || extension.account_id == grant.account_id
}
