//! Tables as compact script files, by column: `OP.table({name, rows, columns: [{key, title, term, kind, values}]})`.
//!
//! A page opened from disk may not fetch, so a table arrives as a script. Columns rather than rows, words numbered rather
//! than repeated, and numbers rounded to what a planner reads keep 30,000 rows near 2 MB. Everything that comes from outside is
//! written as a JSON string; the page's script only ever sets it as text.

use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How the page shows, aligns, sorts and filters a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A number with up to one decimal.
    Number,
    /// Money, two decimals.
    Money,
    /// A share, shown as a percentage.
    Percent,
    /// A calendar date.
    Date,
    /// An item name that opens its page; the value is its position.
    Item,
    /// Not shown; for the page's script.
    Hidden,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::Item => "item",
            Self::Hidden => "hidden",
        }
    }

    fn decimals(self) -> usize {
        match self {
            Self::Text | Self::Item | Self::Date | Self::Hidden => 0,
            Self::Number => 1,
            Self::Money => 2,
            Self::Percent => 4,
        }
    }
}

/// Head of one column; `term` is its entry in the glossary.
#[derive(Debug, Clone, Copy)]
pub struct Heading {
    /// Name of the column in scripts and CSV.
    pub key: &'static str,
    /// What stands in the header.
    pub title: &'static str,
    /// Anchor in the glossary.
    pub term: &'static str,
    /// How it is shown.
    pub kind: Kind,
}

/// Shorthand for a [`Heading`].
#[must_use]
pub const fn heading(
    key: &'static str,
    title: &'static str,
    term: &'static str,
    kind: Kind,
) -> Heading {
    Heading { key, title, term, kind }
}

/// A table being written.
#[derive(Debug)]
pub struct Table<'r, R> {
    rows: &'r [R],
    script: String,
}

impl<'r, R> Table<'r, R> {
    /// A table of `rows` without columns yet.
    #[must_use]
    pub fn new(name: &str, rows: &'r [R]) -> Self {
        let script =
            format!("OP.table({{\"name\":\"{name}\",\"rows\":{},\"columns\":[", rows.len());
        Self { rows, script }
    }

    fn open(&mut self, heading: Heading) {
        let Heading { key, title, term, kind } = heading;
        let kind = kind.name();
        let _ = write!(
            self.script,
            "\n{{\"key\":\"{key}\",\"title\":\"{title}\",\"term\":\"{term}\",\"kind\":\"{kind}\""
        );
    }

    /// A column of words, each written once.
    #[must_use]
    pub fn text<'a>(mut self, heading: Heading, value: impl Fn(&'r R) -> &'a str) -> Self {
        self.open(heading);
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        let mut words: Vec<&str> = Vec::new();
        let mut values = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let word = value(row);
            let code = *codes.entry(word).or_insert_with(|| {
                words.push(word);
                words.len() - 1
            });
            values.push(code);
        }
        self.script.push_str(",\"words\":");
        push_list(&mut self.script, &words, |out, word| push_string(out, word));
        self.script.push_str(",\"values\":");
        push_list(&mut self.script, &values, |out, code| out.push_str(&code.to_string()));
        self.script.push_str("},");
        self
    }

    /// A column of numbers; `None` is an empty cell.
    #[must_use]
    pub fn number(mut self, heading: Heading, value: impl Fn(&'r R) -> Option<f64>) -> Self {
        self.open(heading);
        self.script.push_str(",\"values\":");
        push_list(&mut self.script, self.rows, |out, row| {
            push_number(out, value(row), heading.kind.decimals())
        });
        self.script.push_str("},");
        self
    }

    /// A column of dates, as days since 1970-01-01.
    #[must_use]
    pub fn date(self, heading: Heading, value: impl Fn(&'r R) -> Option<NaiveDate>) -> Self {
        self.number(heading, move |row| value(row).map(|date| day_number(date) as f64))
    }

    /// The finished script.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if self.script.ends_with(',') {
            self.script.pop();
        }
        self.script.push_str("\n]});\n");
        self.script.into_bytes()
    }
}

/// Days since 1970-01-01.
#[must_use]
pub fn day_number(date: NaiveDate) -> i64 {
    (date - NaiveDate::default()).num_days()
}

/// Appends `[a,b,c]`.
fn push_list<'r, T>(out: &mut String, items: &'r [T], mut push: impl FnMut(&mut String, &'r T)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// Appends `text` as a JSON string that is also safe inside a script element.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '<' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// Appends `value` rounded to `decimals`, without trailing zeros; `null` for none or not finite.
pub fn push_number(out: &mut String, value: Option<f64>, decimals: usize) {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        out.push_str("null");
        return;
    };
    let scale = [1.0, 10.0, 100.0, 1_000.0, 10_000.0][decimals.min(4)];
    let rounded = (value * scale).round() / scale;
    let _ = write!(out, "{}", if rounded == 0.0 { 0.0 } else { rounded });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_one_json_object_by_column() {
        let rows =
            [("b\"</script>", Some(1.26), Some(2)), ("a", None, Some(0)), ("a", Some(-0.04), None)];
        let day = |d: i64| NaiveDate::default() + chrono::Duration::days(d);
        let script = Table::new("t", &rows)
            .text(heading("name", "Name", "sku", Kind::Text), |r| r.0)
            .number(heading("need", "Need", "need", Kind::Number), |r| r.1)
            .date(heading("by", "By", "order-by", Kind::Date), |r| r.2.map(day))
            .finish();
        let script = String::from_utf8(script).unwrap();
        assert!(!script.contains("</"), "{script}");
        let json = script.strip_prefix("OP.table(").and_then(|s| s.strip_suffix(");\n")).unwrap();
        let table: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(table["rows"], 3);
        assert_eq!(table["columns"][0]["words"], serde_json::json!(["b\"</script>", "a"]));
        assert_eq!(table["columns"][0]["values"], serde_json::json!([0, 1, 1]));
        assert_eq!(table["columns"][1]["values"].to_string(), "[1.3,null,0.0]".replace("0.0", "0"));
        assert_eq!(table["columns"][2]["values"], serde_json::json!([2, 0, null]));
    }
}
