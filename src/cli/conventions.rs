//! `completions`, `man` and `schema`: what shells, manuals and editors want to know.

use crate::cli::print::{print_json, say, say_text};
use crate::cli::{Cli, CompletionsArgs, ManArgs, SchemaArgs, SchemaOf};
use crate::config::schema;
use crate::domain::error::{Error, Result};
use crate::run::Summary;
use crate::tables::dictionary;
use clap::CommandFactory;

/// The completions of one shell, to be sourced by it.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "orderpoint", &mut script);
    say_text(&String::from_utf8_lossy(&script));
    Ok(0)
}

/// One page a command, `orderpoint.1` and `orderpoint-run.1` and so on.
pub(crate) fn man(args: &ManArgs) -> Result<u8> {
    std::fs::create_dir_all(&args.dir).map_err(Error::io(&args.dir))?;
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(Error::io(&args.dir))?;
    say!("{}", args.dir.join("orderpoint.1").display());
    Ok(0)
}

/// JSON Schema of the configuration, shape of `--json`, or the dictionary of the tables.
pub(crate) fn schema(args: &SchemaArgs) -> Result<u8> {
    match args.of {
        SchemaOf::Config => print_json(&schema::of_config())?,
        SchemaOf::Json => print_json(&Summary::schema())?,
        SchemaOf::Tables if args.markdown => say_text(&dictionary::markdown()),
        SchemaOf::Tables => print_json(&dictionary::as_json())?,
    }
    Ok(0)
}
