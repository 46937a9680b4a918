//! `run`: the night, and what it says when it is through.

use crate::cli::planned::planned;
use crate::cli::print::{print_json, say_text, warn_line};
use crate::cli::progress::Terminal;
use crate::config::{Options, Voice};
use crate::domain::error::Result;
use crate::domain::shown::number_of;
use crate::domain::shown::shown_lines;
use crate::run::{self, Summary};
use std::fmt::Write;
use std::path::Path;

/// Runs the night that `options` describe and says what came of it.
pub(crate) fn run(options: &Options) -> Result<u8> {
    let outcome =
        planned(options).and_then(|plan| run::run(&plan, &Terminal::new(options.voice.log_format)));
    let told = options.notify_file.as_deref().is_none_or(|file| notify(file, &outcome));
    let summary = outcome?;
    print_summary(&summary, options.voice)?;
    // What is severe about the results goes before a letter that did not get out.
    Ok(match summary.exit_code() {
        0 if !told => NOT_NOTIFIED,
        code => code,
    })
}

/// Published, but the file asked for by name could not be written.
const NOT_NOTIFIED: u8 = 7;

/// The summary on stdout; its last line says where the report is.
pub(crate) fn print_summary(summary: &Summary, voice: Voice) -> Result<()> {
    if voice.json {
        print_json(summary)
    } else {
        say_text(&in_words(summary));
        Ok(())
    }
}

/// For a mailer or a chat hook: what a person would read on the screen, failures included. Whether
/// it could be written; the night is over either way.
fn notify(file: &Path, outcome: &Result<Summary>) -> bool {
    let text = match outcome {
        Ok(summary) => in_words(summary),
        Err(error) => {
            format!("orderpoint published nothing (exit code {}): {error}\n", error.exit_code())
        }
    };
    let written = std::fs::write(file, shown_lines(&text).as_bytes());
    if let Err(error) = &written {
        warn_line(&format!("{}: the notification is not written: {error}", file.display()));
    }
    written.is_ok()
}

fn in_words(summary: &Summary) -> String {
    let mut text = String::new();
    let s = summary;
    let verb = if s.unchanged { "was published already, nothing changed:" } else { "published" };
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "{verb} {} for the morning of {}", s.run_id, s.as_of);
    if let Some(current) = &s.current {
        let _ = writeln!(text, "  fills a gap in history; the current run stays {current}");
    }
    // What to decide goes before what is wrong with the data: it has a deadline.
    let lines = number_of(s.order_lines, "order line");
    let moves = match s.moves {
        0 => String::new(),
        moves => format!(", and {}", number_of(moves, "move")),
    };
    let _ = match &s.order_value {
        Some(value) => writeln!(text, "  {lines} recommended, worth {value} {}{moves}", s.currency),
        None if s.order_lines == 0 => writeln!(text, "  {}", s.unknown),
        None => writeln!(text, "  {lines} recommended{moves}; {}", s.unknown),
    };
    for line in &s.to_decide {
        let _ = writeln!(text, "  - {line}");
    }
    let rest = (s.order_lines + s.moves).saturating_sub(s.to_decide.len());
    if rest > 0 {
        let _ = writeln!(text, "  - and {rest} more");
    }
    let _ = writeln!(
        text,
        "  {}, {} by location, {} by location and channel",
        number_of(s.skus, "item"),
        s.pools,
        s.series
    );
    let _ = writeln!(
        text,
        "  {}, {}, {} in quarantine",
        number_of(s.errors, "error"),
        number_of(s.warnings, "warning"),
        number_of(s.quarantined, "row")
    );
    for line in &s.attention {
        let _ = writeln!(text, "  - {line}");
    }
    if !s.severe.is_empty() {
        let _ = writeln!(text, "  severe: {}", s.severe.join(", "));
    }
    let _ = writeln!(text, "report: {}", s.report.display());
    text
}
