//! `demo`: a whole run on the sample shop.

use crate::cli::DemoArgs;
use crate::cli::planned::planned;
use crate::cli::print::say;
use crate::cli::progress::Terminal;
use crate::cli::run::print_summary;
use crate::config::{DEFAULT_FILE, Options};
use crate::domain::error::{Error, Result};
use crate::domain::shown::number_of;
use crate::run::{self, progress::Progress};
use crate::sample;

/// Makes the sample data, runs on them and says where the report is.
pub(crate) fn demo(args: &DemoArgs) -> Result<u8> {
    let progress = Terminal::new(args.voice.log_format);
    let data = args.out.join("data");
    progress.begin("sample", 0);
    let rows = match args.network {
        true => sample::network::write(&data, args.skus, args.seed)?,
        false => sample::write(&data, args.skus, args.seed)?,
    };
    progress.end(&format!("{}, {rows} sales rows", number_of(args.skus, "item")));
    if args.data_only {
        say!("{}", data.display());
        return Ok(0);
    }
    let config = args.out.join(DEFAULT_FILE);
    let text = match args.network {
        true => sample::network::CONFIGURATION.to_owned(),
        false => sample::configuration(),
    };
    std::fs::write(&config, text).map_err(Error::io(&config))?;
    let options = Options {
        config: Some(config),
        out: Some(args.out.clone()),
        models: Some(args.out.join("models")),
        threads: args.threads,
        ..Options::default()
    };
    let summary = run::run(&planned(&options)?, &progress)?;
    print_summary(&summary, args.voice)?;
    Ok(summary.exit_code())
}
