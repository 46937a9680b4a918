//! Words of the program that come back from a file that another process of it wrote.
//!
//! Names of steps and inputs are `&'static str`: there are a few hundred, and millions of uses.
//! What is read back is looked up among those read before; a new one is kept for the life of the
//! process.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// A word of the program. (Named, because a derived reader would borrow a `&'static str` from the
/// bytes it reads.)
pub type Word = &'static str;

static WORDS: Mutex<BTreeSet<Word>> = Mutex::new(BTreeSet::new());

/// The word that says `text`.
pub(crate) fn word_of(text: &str) -> Word {
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = words.get(text) {
        return word;
    }
    let word: Word = Box::leak(text.to_owned().into_boxed_str());
    words.insert(word);
    word
}

/// Reads a word.
pub(crate) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    String::deserialize(from).map(|text| word_of(&text))
}

/// Reads a word that may be missing.
pub(crate) fn optional_word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.as_deref().map(word_of))
}

/// Reads numbers with their names.
pub(crate) fn named<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Word, f64)>, D::Error> {
    let named = Vec::<(String, f64)>::deserialize(from)?;
    Ok(named.iter().map(|(name, value)| (word_of(name), *value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once() {
        let first = word_of("lead_time");
        let elsewhere = String::from("lead_time");
        assert!(std::ptr::eq(first, word_of(&elsewhere)));
    }
}
