//! A table as the engine reads it: the engine's own listing table over exactly the files that were checked.

use std::{path::Path, sync::Arc};

use datafusion::{
    catalog::TableProvider,
    common::config::CsvOptions,
    datasource::{
        file_format::{FileFormat, csv::CsvFormat, parquet::ParquetFormat},
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
};
use jiff::tz::TimeZone;
use sluice_catalog::model::Field;
use url::Url;

use super::{FileKind, Files, schema, times};
use crate::{QueryError, error::classify};

pub(super) fn provider(
    name: &str,
    files: &Files,
    delimiter: u8,
    zone: &TimeZone,
    fields: &[Field],
) -> Result<Arc<dyn TableProvider>, QueryError> {
    let schema = schema::of_table(name, files, delimiter, fields)?;
    let zoned = files.kind == FileKind::Csv && *zone != TimeZone::UTC;
    let (read, format): (_, Arc<dyn FileFormat>) = match files.kind {
        FileKind::Parquet => (schema::as_read(&schema), Arc::new(ParquetFormat::default())),
        FileKind::Csv => {
            // A cell may hold line breaks, so a file is never cut at one.
            let options = CsvOptions::default().with_has_header(true).with_delimiter(delimiter).with_newlines_in_values(true);
            let read = if zoned { times::as_text(&schema) } else { Arc::clone(&schema) };
            (read, Arc::new(CsvFormat::default().with_options(options)))
        }
    };
    let extension = String::new();
    let options = ListingOptions::new(format).with_file_extension(extension);
    let urls = files.paths.iter().map(|path| url(name, path)).collect::<Result<Vec<_>, _>>()?;
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(read);
    let table = Arc::new(ListingTable::try_new(config).map_err(|error| classify(&error, name))?);
    if zoned { times::view(name, table, &schema, zone) } else { Ok(table) }
}

/// The file's address, without giving `*` or `?` in its name a meaning.
fn url(table: &str, path: &Path) -> Result<ListingTableUrl, QueryError> {
    let unusable =
        || QueryError::TableUnusable { table: table.to_owned(), why: "a file's path cannot be written as an address".into() };
    let url = Url::from_file_path(path).map_err(|()| unusable())?;
    ListingTableUrl::try_new(url, None).map_err(|_| unusable())
}
