//! Names that differ only by case, spaces or the form of their accents: most often one thing that
//! two systems write in two ways.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// Spellings named in one exception.
const NAMED: usize = 5;

/// Letters of Latin scripts and what they are composed of: base letter and combining mark.
const COMPOSED: &[(char, &str, &str)] = &[
    ('\u{300}', "àèìòùǹẁỳ", "aeiounwy"),
    ('\u{301}', "áéíóúýćńśźŕĺǵḱḿṕẃ", "aeiouycnszrlgkmpw"),
    ('\u{302}', "âêîôûĉĝĥĵŝŵŷẑ", "aeioucghjswyz"),
    ('\u{303}', "ãñõĩũẽỹṽ", "anoiueyv"),
    ('\u{304}', "āēīōūȳ", "aeiouy"),
    ('\u{306}', "ăĕğĭŏŭ", "aegiou"),
    ('\u{307}', "ċėġżṁṅṗṙṡ", "cegzmnprs"),
    ('\u{308}', "äëïöüÿẅẍ", "aeiouywx"),
    ('\u{30a}', "åů", "au"),
    ('\u{30b}', "őű", "ou"),
    ('\u{30c}', "čďěňřšťžǎǐǒǔľ", "cdenrstzaioul"),
    ('\u{327}', "çģķļņŗşţ", "cgklnrst"),
    ('\u{328}', "ąęįųǫ", "aeiuo"),
];

/// `name` as spellings are compared: lower case, without spaces, accents as marks of their own, one
/// kind of dash. An accent still counts: `pate` and `pâté` are two things.
pub(crate) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            c if c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}') => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            // Full-width letters and digits.
            '\u{ff01}'..='\u{ff5e}' => {
                let ascii = char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c);
                plain.extend(ascii.to_lowercase());
            }
            c if c.is_ascii() => plain.push(c),
            c => match decomposed(c) {
                Some((base, mark)) => plain.extend([base, mark]),
                None => plain.push(c),
            },
        }
    }
    plain
}

fn decomposed(c: char) -> Option<(char, char)> {
    COMPOSED.iter().find_map(|&(mark, letters, bases)| {
        let at = letters.chars().position(|letter| letter == c)?;
        Some((bases.chars().nth(at)?, mark))
    })
}

/// The spellings of one kind of names that stand for another one: variant = the one to use.
pub(crate) type Variants = BTreeMap<String, String>;

/// The variants among `names`: of each group the one in `masters` is used, or else the first.
pub(crate) fn variants<'a>(
    names: impl Iterator<Item = &'a str>,
    is_master: impl Fn(&str) -> bool,
) -> Variants {
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for name in names {
        groups.entry(plain(name)).or_default().insert(name);
    }
    let mut variants = Variants::new();
    for group in groups.values().filter(|group| group.len() > 1) {
        let known = group.iter().find(|name| is_master(name));
        let Some(used) = known.or_else(|| group.first()) else { continue };
        for name in group.iter().filter(|name| *name != used) {
            variants.insert((*name).to_owned(), (*used).to_owned());
        }
    }
    variants
}

/// What is said of the variants of `kind`, which are folded or not.
pub(crate) fn told(kind: &'static str, variants: &Variants, is_folded: bool) -> Option<Exception> {
    let pairs: Vec<String> =
        variants.iter().take(NAMED).map(|(name, used)| format!("{name} and {used}")).collect();
    let rest = if variants.len() > NAMED { ", ..." } else { "" };
    let pairs = pairs.join(", ");
    let about = Subject::Run(kind);
    let count = variants.len();
    if count == 0 {
        return None;
    }
    Some(if is_folded {
        Exception::new(
            Severity::Info,
            ExceptionKind::SpellingVariants,
            about,
            format!("{count} spellings are read as another one: {pairs}{rest}"),
            "they differ only by case, spaces or the form of an accent ([data] fold_names)",
        )
    } else {
        Exception::new(
            Severity::Warning,
            ExceptionKind::SpellingVariants,
            about,
            format!(
                "{pairs}{rest} differ only by case, spaces or the form of an accent, and are taken \
                 for different {kind}"
            ),
            "stock may lie with the one and demand with the other; if they are the same, set \
             [data] fold_names = true",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_the_form_of_accents_do_not_tell_names_apart() {
        for (a, b) in [
            ("abc-3", "ABC-3"),
            ("ABC 3", "ABC3"),
            ("Caf\u{e9}", "cafe\u{301}"),
            ("A\u{a0}1", "A 1"),
            ("A\u{2013}1", "A-1"),
            ("\u{ff21}1", "a1"),
        ] {
            assert_eq!(plain(a), plain(b), "{a} {b}");
        }
        assert_ne!(plain("pate"), plain("pât\u{e9}"));
        assert_ne!(plain("ABC-3"), plain("ABC3"));
    }

    #[test]
    fn the_master_s_spelling_is_used() {
        let names = ["abc-3", "ABC-3", "Abc-3", "MUG"];
        let found = variants(names.into_iter(), |name| name == "abc-3");
        let expected = [("ABC-3", "abc-3"), ("Abc-3", "abc-3")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
    }
}
