//! `init`: a first folder to work in: the commented configuration and one empty file a table, with
//! its column heads.

use crate::cli::InitArgs;
use crate::cli::print::say;
use crate::config::{DEFAULT_FILE, TEMPLATE};
use crate::domain::error::{Error, Result};
use crate::ingest::tables::schema::TABLES;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Sets the folder up and names the files written.
pub(crate) fn init(args: &InitArgs) -> Result<u8> {
    let written = set_up(&args.dir)?;
    for file in &written {
        say!("{}", file.display());
    }
    if written.is_empty() {
        say!("{} is set up already", args.dir.display());
    }
    Ok(0)
}

/// Writes `orderpoint.toml` and `data/TABLE.csv` of every table into `dir`, and returns the files
/// written. Those already there are left alone.
fn set_up(dir: &Path) -> Result<Vec<PathBuf>> {
    let data = dir.join("data");
    std::fs::create_dir_all(&data).map_err(Error::io(&data))?;
    let mut written = Vec::new();
    let config = dir.join(DEFAULT_FILE);
    if write_new(&config, TEMPLATE)? {
        written.push(config);
    }
    for schema in TABLES {
        let path = data.join(format!("{}.csv", schema.table));
        let columns: Vec<&str> = schema.columns.iter().map(|column| column.name).collect();
        if write_new(&path, &format!("{}\n", columns.join(",")))? {
            written.push(path);
        }
    }
    Ok(written)
}

/// Whether the file was new; an existing one keeps its content.
fn write_new(path: &Path, text: &str) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map_err(Error::io(path)).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::io(path)(error)),
    }
}
