//! Tables of databases: the answer of a query, by an ADBC driver, as a Parquet file.

use crate::domain::error::{Error, Result};
use crate::domain::inputs::Origin;
use crate::ingest::far::address::driver_of;
use crate::ingest::far::fetch::{Fetch, Wanted, without_secrets};
use crate::ingest::far::work::Work;
use crate::ingest::files::fetched::FarFile;
use adbc_core::options::{AdbcVersion, OptionDatabase};
use adbc_core::{Connection as _, Database as _, Driver as _, LOAD_FLAG_DEFAULT, Statement as _};
use adbc_driver_manager::ManagedDriver;
use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A query of any database that has an ADBC driver.
pub(super) struct Database;

/// A connection as it is written, and what it stands for.
struct Connection {
    /// As messages and the manifest call it.
    shown: String,
    /// As the driver takes it; may hold a password.
    uri: String,
}

impl Fetch for Database {
    fn fetch(&self, wanted: &Wanted<'_>, work: &Work) -> Result<Vec<FarFile>> {
        let Wanted { table, nth, mapping, data } = wanted;
        let connection = connection(mapping.connection.as_deref().unwrap_or_default(), data)?;
        let address = format!("{} query {nth} of {table}", connection.shown);
        let query = mapping.query.as_deref().unwrap_or_default();
        let driver = mapping.driver.as_deref();
        let name = driver.or_else(|| driver_of(&connection.uri)).ok_or_else(|| {
            Error::Config(vec![format!(
                "[mapping.{table}] query: {} does not say which database it is: write driver",
                connection.shown
            )])
        })?;
        let loaded =
            ManagedDriver::load_from_name(name, None, AdbcVersion::V110, LOAD_FLAG_DEFAULT, None);
        let mut driver = loaded.map_err(|error| no_driver(table, name, &error.message))?;
        // A table may have changed since: never what an earlier night has fetched.
        let place = work.place(&address, query, "query.parquet")?;
        let answer = ask(&mut driver, &connection.uri, query, &place.part);
        answer.map_err(|what| {
            let what = without_secrets(&what.replace(&connection.uri, &connection.shown));
            Error::input(&address, format!("the database answers: {what}"))
        })?;
        place.finish()?;
        let bytes = std::fs::metadata(&place.path).map_err(Error::io(&place.path))?.len();
        let origin = Origin { bytes, version: None };
        Ok(vec![FarFile { path: place.path, root: address.clone(), address, origin }])
    }
}

/// What a connection stands for: a file in the data folder, an environment variable, or itself.
fn connection(written: &str, data: &Path) -> Result<Connection> {
    if let Some(name) = written.strip_prefix('$') {
        let uri = std::env::var(name).map_err(|_| {
            Error::Config(vec![format!(
                "connection = \"{written}\": the environment variable {name} is not set"
            )])
        })?;
        return Ok(Connection { shown: written.to_owned(), uri });
    }
    if written.contains(':') {
        return Ok(Connection { shown: written.to_owned(), uri: written.to_owned() });
    }
    let file = data.join(written);
    // SQLite would make an empty one.
    if !file.is_file() {
        return Err(Error::input(file, "there is no such database file"));
    }
    Ok(Connection { shown: written.to_owned(), uri: file.display().to_string() })
}

fn no_driver(table: &str, name: &str, why: &str) -> Error {
    let package = name.replace('_', "-");
    let way_out = if name.starts_with("adbc_driver_") {
        format!(
            ": `pip install {package}` brings it, and `python3 -c \"import {name}; \
             print({name}._driver_path())\"` prints the path to write as driver"
        )
    } else {
        "; expected the path of its library, or the name of an installed one".to_owned()
    };
    Error::Config(vec![format!(
        "[mapping.{table}] driver: {name} cannot be loaded{way_out} ({})",
        without_secrets(why)
    )])
}

/// Writes the answer to `query` into the Parquet file at `path`.
fn ask(
    driver: &mut ManagedDriver,
    uri: &str,
    query: &str,
    path: &Path,
) -> std::result::Result<(), String> {
    let told = |error: adbc_core::error::Error| error.message;
    let database = driver.new_database_with_opts([(OptionDatabase::Uri, uri.into())]);
    let mut connection = database.map_err(told)?.new_connection().map_err(told)?;
    let mut statement = connection.new_statement().map_err(told)?;
    statement.set_sql_query(query).map_err(told)?;
    let answer = statement.execute().map_err(told)?;
    // PostgreSQL's driver marks a `numeric` as a type of its own: the text below it is the number.
    let answered = answer.schema();
    let plain = |field: &Arc<Field>| {
        Field::new(field.name(), field.data_type().clone(), field.is_nullable())
    };
    let schema = Arc::new(Schema::new(answered.fields().iter().map(plain).collect::<Vec<_>>()));
    let file = File::create(path).map_err(|error| error.to_string())?;
    let mut writer =
        ArrowWriter::try_new(file, schema.clone(), None).map_err(|error| error.to_string())?;
    for batch in answer {
        let batch = batch.map_err(|error| error.to_string())?;
        let batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec())
            .map_err(|error| error.to_string())?;
        writer.write(&batch).map_err(|error| error.to_string())?;
    }
    writer.close().map_err(|error| error.to_string())?;
    Ok(())
}
