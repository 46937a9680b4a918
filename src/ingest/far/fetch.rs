//! What a kind of far source is asked for, and what may be said of its failures.

use crate::domain::error::Result;
#[cfg(any(feature = "adbc", feature = "object-stores"))]
use crate::ingest::far::address;
use crate::ingest::far::work::Work;
use crate::ingest::files::fetched::FarFile;
use crate::ingest::settings::TableMapping;
use std::path::Path;

/// What is asked for: one source of a table.
#[cfg_attr(
    not(feature = "adbc"),
    expect(dead_code, reason = "only the answer of a query has no address of its own")
)]
pub(crate) struct Wanted<'a> {
    pub(crate) table: &'a str,
    /// Which of the table's sources, from 1 on.
    pub(crate) nth: usize,
    pub(crate) mapping: &'a TableMapping,
    pub(crate) data: &'a Path,
}

/// A kind of far source.
pub(crate) trait Fetch {
    /// Fetches `wanted` into files of the work folder.
    ///
    /// # Errors
    /// [`Error::Config`](crate::domain::error::Error::Config) for credentials or drivers that are
    /// not there, [`Error::Input`](crate::domain::error::Error::Input) with the address for what
    /// cannot be reached, may not be read, is missing or changed meanwhile.
    fn fetch(&self, wanted: &Wanted<'_>, work: &Work) -> Result<Vec<FarFile>>;
}

/// `text` of another's library without what a credential may stand in: the queries of addresses,
/// users and passwords before a host, and the value of every secret of the environment.
#[cfg(any(feature = "adbc", feature = "object-stores"))]
pub(crate) fn without_secrets(text: &str) -> String {
    const SECRET: [&str; 6] = ["SECRET", "PASSWORD", "TOKEN", "KEY", "SAS", "CREDENTIAL"];
    let mut text = text.to_owned();
    for (name, value) in std::env::vars() {
        let name = name.to_uppercase();
        // Shorter ones are words of any sentence.
        if value.len() >= 6 && SECRET.iter().any(|part| name.contains(part)) {
            text = text.replace(&value, "***");
        }
    }
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let word = match word.split_once('?') {
            Some((address, query)) if address.contains("://") && !query.is_empty() => {
                format!("{address}?***")
            }
            Some(_) | None => word.to_owned(),
        };
        words.push(address::without_user(&word));
    }
    words.join(" ")
}
