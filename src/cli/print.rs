//! What commands say on stdout and stderr. A stream that is full or closed changes no exit code:
//! what was published is published, whoever listens.

use crate::domain::error::{Error, Result};
use crate::domain::shown::shown_lines;
use std::fmt;
use std::io::Write;

/// Like `println!`, but a stdout that is full or closed is passed over, and nothing from a table
/// reaches the terminal but signs to read.
macro_rules! say {
    ($($part:tt)*) => { $crate::cli::print::say_line(format_args!($($part)*)) };
}
pub(crate) use say;

/// A line on stdout; see [`say!`].
pub(crate) fn say_line(line: fmt::Arguments<'_>) {
    say_text(&format!("{line}\n"));
}

/// Lines that end themselves, on stdout.
pub(crate) fn say_text(text: &str) {
    let mut out = std::io::stdout().lock();
    // The reader is gone, or the disk behind the pipe is full: the work is done all the same.
    let _ = out.write_all(shown_lines(text).as_bytes()).and_then(|()| out.flush());
}

/// A line on stderr: as little a reason to fail.
pub fn warn_line(line: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(format!("{}\n", shown_lines(line)).as_bytes());
}

/// One JSON object on a line of its own.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|e| Error::Internal(e.to_string()))?;
    say!("{text}");
    Ok(())
}
