//! `init`: a first folder to work in: the commented configuration and one empty file a table, with
//! its column heads.

use crate::cli::planned::planned;
use crate::cli::print::say;
use crate::cli::{InitArgs, check};
use crate::config::{DEFAULT_FILE, Options, TEMPLATE, schema};
use crate::domain::error::{Error, Result};
use crate::ingest::tables::schema::TABLES;
use crate::ingest::{self, Settings, advice};
use crate::run;
use crate::store::replace;
use std::path::{Path, PathBuf};

/// The line of the template that leaves the reporting currency at its default.
const CURRENCY_OFF: &str = "#currency = \"USD\"";

/// Sets the folder up and names the files written.
pub(crate) fn init(args: &InitArgs) -> Result<u8> {
    let read = bring(args)?;
    let written = set_up(&args.dir, &read)?;
    let config = args.dir.join(DEFAULT_FILE);
    let is_new = written.contains(&config);
    if is_new && let Some(currency) = args.currency.clone().or_else(|| currency_of(&config, &read))
    {
        report_in(&config, &currency)?;
    }
    for file in &written {
        say!("{}", file.display());
    }
    if written.is_empty() {
        say!("{} is set up already", args.dir.display());
    }
    Ok(0)
}

/// The mapping of the files that were brought, and the tables they are.
#[derive(Default)]
struct Brought {
    lines: String,
    tables: Vec<String>,
}

/// Copies the files of `--from` into the data folder and finds the lines that read them.
fn bring(args: &InitArgs) -> Result<Brought> {
    let data = args.dir.join("data");
    let mut brought = Brought::default();
    for path in &args.from {
        std::fs::create_dir_all(&data).map_err(Error::io(&data))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| Error::input(path, "this is no file"))?;
        let there = data.join(&name);
        // A file that is in the folder already is the newer one: it may have been edited there.
        if !there.exists() {
            copy_whole(path, &data, &name)?;
        }
        let found = advice::suggestions_for(&there, &name, &Settings::default())?;
        if found.is_empty() {
            brought.lines.push_str(&format!(
                "\n# {name}: no layout fits; name its table and its columns.\n"
            ));
        }
        for suggestion in found {
            let remark = check::remark(&name, &suggestion);
            brought.lines.push_str(&format!("\n{remark}\n{}", suggestion.to_write()));
            brought.tables.push(suggestion.table);
        }
    }
    Ok(brought)
}

/// Copies a file under its name only when all of it is there: half a history would be taken for a
/// whole one by the next `init`, which leaves alone what it finds.
fn copy_whole(from: &Path, folder: &Path, name: &str) -> Result<()> {
    let next = folder.join(format!(".{name}.next"));
    let to = folder.join(name);
    let copied = std::fs::copy(from, &next).map_err(Error::unreadable(from));
    let done = copied.and_then(|_| std::fs::rename(&next, &to).map_err(Error::io(&to)));
    if done.is_err() {
        let _ = std::fs::remove_file(&next);
    }
    done
}

/// The currency of most amounts in the files that were brought; nothing where they name none, or
/// that which the configuration reports in without being told.
fn currency_of(config: &Path, brought: &Brought) -> Option<String> {
    if brought.tables.is_empty() {
        return None;
    }
    let options = Options { config: Some(config.to_owned()), ..Options::default() };
    // What cannot be read yet is told by `check`; the folder is set up all the same.
    let plan = planned(&options).ok()?;
    let inputs = run::with_threads(0, || ingest::load(&plan.request())).ok()?;
    // A shop that bills in one currency and buys in others has most amounts in its own.
    let most = inputs.foreign_amounts.iter().max_by_key(|(_, amounts)| **amounts);
    most.map(|(code, _)| code.clone())
}

/// Writes the reporting currency into a configuration just made.
fn report_in(config: &Path, currency: &str) -> Result<()> {
    let text = std::fs::read_to_string(config).map_err(Error::unreadable(config))?;
    let text = text.replacen(CURRENCY_OFF, &format!("currency = {currency:?}"), 1);
    put(config, &text)
}

/// Writes `orderpoint.toml` and `data/TABLE.csv` of every table that no file was brought for into
/// `dir`, and returns the files written. Those already there are left alone.
fn set_up(dir: &Path, brought: &Brought) -> Result<Vec<PathBuf>> {
    let data = dir.join("data");
    std::fs::create_dir_all(&data).map_err(Error::io(&data))?;
    let mut written = Vec::new();
    let config = dir.join(DEFAULT_FILE);
    if write_new(&config, &format!("{TEMPLATE}{}", brought.lines))? {
        written.push(config);
    } else if !brought.lines.is_empty() {
        say!("{} is there already; add to it:\n{}", config.display(), brought.lines);
    }
    // What the first line of the configuration names, for editors that complete and check it.
    let schema = serde_json::to_string_pretty(&schema::of_config())
        .map_err(|e| Error::Internal(format!("schema: {e}")))?;
    let path = dir.join("orderpoint.schema.json");
    if write_new(&path, &format!("{schema}\n"))? {
        written.push(path);
    }
    for schema in TABLES.iter().filter(|schema| !brought.tables.contains(&schema.table.to_owned()))
    {
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
    if path.try_exists().map_err(Error::unreadable(path))? {
        return Ok(false);
    }
    put(path, text).map(|()| true)
}

/// Writes a file whole or not at all: a cut one would be left alone by the next `init`, and read.
fn put(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    replace(folder, &name, &[text.as_bytes()])
}
