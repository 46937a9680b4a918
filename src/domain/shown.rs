//! Text from outside as a person may be shown it: a cell of somebody's table must not clear a
//! terminal, set its title, turn the writing round or pass for a line of ours.

use std::borrow::Cow;

/// Whether a terminal or a page would do something at `c` instead of showing it: control
/// characters, line and paragraph separators, and the marks that turn the direction of writing
/// (Unicode TR36, 2.5: a name that reads differently from what it says).
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || is_unseen(c)
}

/// Signs that nobody sees and a machine reads: spaces of no width, and the tags and selectors that
/// spell whole sentences to an assistant inside a name that looks like any other ("ASCII
/// smuggling"). The joiners U+200C and U+200D stay: Persian and Indic names need them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{e0000}'..='\u{e01ef}')
}

/// `text` on one line, with `\u{1b}` for whatever is no sign to read.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// The same for text of several lines: line ends of ours stay.
#[must_use]
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| acts(c) && c != '\n')
}

fn escaped(text: &str, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&acts) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// `1 row is`, `7 rows are`: a number with the words that go with it.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `1 order`, `2 orders`: for nouns whose plural takes an s.
pub(crate) fn number_of(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(shown("\u{1b}]0;owned\u{7}"), "\\u{1b}]0;owned\\u{7}");
        assert_eq!(shown("x\nERROR forged\r"), "x\\nERROR forged\\r");
        assert_eq!(shown("\u{9b}2J\u{202e}gnp"), "\\u{9b}2J\\u{202e}gnp");
        assert_eq!(shown_lines("two\nlines\u{1b}"), "two\nlines\\u{1b}");
        assert_eq!(shown("Lamp\u{e0041}\u{e01ef}\u{200b}"), "Lamp\\u{e0041}\\u{e01ef}\\u{200b}");
        assert!(matches!(shown("Größe „L“ 日本"), Cow::Borrowed(_)));
        assert!(matches!(shown("می\u{200c}خواهم"), Cow::Borrowed(_)));
    }
}
