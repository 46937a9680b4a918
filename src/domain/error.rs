//! What stops a run or a command. What costs one item its first choice while the run goes on is an
//! [`Exception`](crate::domain::exceptions::Exception).

use chrono::NaiveDate;
use std::path::PathBuf;
use thiserror::Error as ThisError;

/// The known name most like `name` (Jaro-Winkler), whatever the case and the signs between words;
/// `None` if none is near.
#[must_use]
pub fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    /// Below it a suggestion names something else more often than what was meant.
    const NEAR: f64 = 0.75;
    let name = in_plain_form(name);
    let mut nearest = None;
    let mut closest = 0.0;
    for other in known {
        let likeness = likeness(&name, &in_plain_form(other));
        // Of several that are as near the first: the list begins with the usual ones.
        if likeness >= NEAR && likeness > closest {
            (nearest, closest) = (Some(other), likeness);
        }
    }
    nearest
}

fn in_plain_form(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-', '.', '/'], "_")
}

/// Of two names in plain form, 0..=1.
fn likeness(name: &str, other: &str) -> f64 {
    // One or two letters stand in every long name.
    let are_long = name.len() >= 3 && other.len() >= 3;
    let contains = are_long && (other.contains(name) || name.contains(other));
    // `qty` and `order_qty` are near in meaning and far by their letters.
    strsim::jaro_winkler(name, other).max(if contains { 0.8 } else { 0.0 })
}

/// `, did you mean `x`?`, or nothing where no known name is near.
#[must_use]
pub fn did_you_mean<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    nearest(name, known).map_or_else(String::new, |known| format!(", did you mean `{known}`?"))
}

/// Why the run stops; [`Error::exit_code`] tells schedulers what kind of trouble it is.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Configuration or arguments, every problem at once.
    #[error(
        "{} problem{} in the configuration:\n{}",
        .0.len(), if .0.len() == 1 { "" } else { "s" }, bullets(.0)
    )]
    Config(Vec<String>),
    /// An input that cannot be used, with its place and what was expected.
    #[error("{}: {message}", .path.display())]
    Input {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what was expected.
        message: String,
    },
    /// Something the user asked for that is not there (a SKU, a run, a decision).
    #[error("{0}")]
    NotFound(String),
    /// Another run holds the lock.
    #[error("another run holds the lock of {}: {holder}", .path.display())]
    Locked {
        /// The output folder.
        path: PathBuf,
        /// Its id and start time.
        holder: String,
    },
    /// The finished results failed their audit; nothing was published.
    #[error("the results failed their audit, the last publication stays:\n{}", bullets(.0))]
    Audit(Vec<String>),
    /// The operating system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its answer.
        source: std::io::Error,
    },
    /// Our own fault.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl Error {
    /// The exit code of the contract: 1 our fault, 2 configuration, 3 input, 4 locked, 6 audit, 8
    /// the disk.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Internal(_) => 1,
            Self::Config(_) | Self::NotFound(_) => 2,
            Self::Input { .. } => 3,
            Self::Locked { .. } => 4,
            Self::Audit(_) => 6,
            // A scheduler may try again when there is room: no fault of the program.
            Self::Io { .. } => 8,
        }
    }

    /// An input error at `path`.
    pub fn input(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self::Input { path: path.into(), message: message.into() }
    }

    /// An input error, at another place: what lies here is called otherwise by the user.
    #[must_use]
    pub fn at(self, place: impl Into<PathBuf>) -> Self {
        match self {
            Self::Input { path: _, message } => Self::input(place, message),
            other => other,
        }
    }

    /// Attaches `path` to an operating-system error: `.map_err(Error::io(path))`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The same for something that is only read: an input that cannot be read is refused.
    pub fn unreadable(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Input { path, message: format!("cannot be read: {source}") }
    }
}

fn bullets(lines: &[String]) -> String {
    lines.iter().map(|l| format!("  - {l}")).collect::<Vec<_>>().join("\n")
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why one series cannot be fitted by one method, with its numbers.
#[derive(Debug, Clone, PartialEq, ThisError)]
pub enum FitError {
    /// Fewer observations than the method needs.
    #[error("{observed} observations, {needed} needed")]
    TooShort {
        /// Periods that are not censored.
        observed: usize,
        /// The least the method can use.
        needed: usize,
    },
    /// Nothing was ever sold.
    #[error("no demand in {observed} observations")]
    NoDemand {
        /// Periods that are not censored.
        observed: usize,
    },
    /// The optimiser found no finite optimum.
    #[error("no finite optimum ({0})")]
    NotFinite(&'static str),
}

/// A parsed `YYYY-MM-DD`, for error texts and tests.
#[must_use]
pub fn iso_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
