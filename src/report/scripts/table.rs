//! A long table as a script, by column: `OP.table(name, rows, [{key, title, term, kind, words,
//! values}, ...])`.
//!
//! Columns rather than rows, words numbered rather than repeated, and numbers rounded to what a
//! planner reads keep 30,000 rows near 2 MB.

use crate::domain::units::{MOST_DECIMALS, SkuId, Units};
use crate::report::gathered::Report;
use crate::report::scripts::{Number, rounded};
use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// How the page shows, aligns, sorts and filters a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Text,
    /// Up to one decimal.
    Number,
    /// Two decimals.
    Money,
    /// The same, and said to be unknown where it is missing.
    KnownMoney,
    /// A plain number with two decimals.
    Ratio,
    /// A share, shown as a percentage.
    Percent,
    Date,
    /// An item name that opens its page; the value is its position.
    Item,
    /// Not shown; for the page's script.
    Hidden,
}

/// Head of one column.
#[derive(Debug, Clone, Copy, Serialize)]
struct Heading {
    /// Name of the column in scripts and CSV.
    key: &'static str,
    title: &'static str,
    /// Its entry in the glossary.
    term: &'static str,
    kind: Kind,
}

// Boxed a column, not a value: a table has thirty of them.
type Getter<'r, R, V> = Box<dyn Fn(&'r R) -> V + 'r>;

enum Values<'r, R> {
    Words(Getter<'r, R, &'r str>),
    Numbers { value: Getter<'r, R, Option<f64>>, decimals: i32 },
}

/// A table and where each of its cells comes from. Nothing is computed before
/// [`ScriptTable::script`].
pub(super) struct ScriptTable<'r, R> {
    name: &'static str,
    rows: &'r [R],
    columns: Vec<(Heading, Values<'r, R>)>,
}

impl<'r, R> ScriptTable<'r, R> {
    pub(super) fn new(name: &'static str, rows: &'r [R]) -> Self {
        Self { name, rows, columns: Vec::new() }
    }

    /// The item of each row: its position, which leads to its page, and its SKU.
    pub(super) fn item(self, report: &'r Report, sku: impl Fn(&'r R) -> SkuId + Copy + 'r) -> Self {
        let position = Values::Numbers {
            value: Box::new(move |row| Some(f64::from(sku(row).code()))),
            decimals: 0,
        };
        self.column("item", "SKU", "sku", Kind::Item, position)
            .hidden("sku", "SKU", move |row| report.sku(sku(row)))
    }

    pub(super) fn text(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> &'r str + 'r,
    ) -> Self {
        self.column(key, title, term, Kind::Text, Values::Words(Box::new(value)))
    }

    /// Words that only the page's script needs.
    pub(super) fn hidden(
        self,
        key: &'static str,
        title: &'static str,
        value: impl Fn(&'r R) -> &'r str + 'r,
    ) -> Self {
        self.column(key, title, "sku", Kind::Hidden, Values::Words(Box::new(value)))
    }

    /// A number that only the page's script needs.
    pub(super) fn hidden_number(
        self,
        key: &'static str,
        value: impl Fn(&'r R) -> Option<f64> + 'r,
    ) -> Self {
        // Weights and volumes of small parts have four digits behind the point.
        let values = Values::Numbers { value: Box::new(value), decimals: 6 };
        self.column(key, "", "sku", Kind::Hidden, values)
    }

    /// Up to one decimal.
    pub(super) fn number(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> Option<f64> + 'r,
    ) -> Self {
        let decimals = if Units::are_whole() { 1 } else { i32::from(MOST_DECIMALS) };
        let values = Values::Numbers { value: Box::new(value), decimals };
        self.column(key, title, term, Kind::Number, values)
    }

    /// Two decimals.
    pub(super) fn money(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> f64 + 'r,
    ) -> Self {
        self.money_if_any(key, title, term, move |row| Some(value(row)))
    }

    /// The same where it may be unknown, which the page says: an empty cell would pass for none.
    pub(super) fn known_money(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> Option<f64> + 'r,
    ) -> Self {
        let values = Values::Numbers { value: Box::new(value), decimals: 2 };
        self.column(key, title, term, Kind::KnownMoney, values)
    }

    /// The same where a row may not be about money at all.
    pub(super) fn money_if_any(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> Option<f64> + 'r,
    ) -> Self {
        let values = Values::Numbers { value: Box::new(value), decimals: 2 };
        self.column(key, title, term, Kind::Money, values)
    }

    /// A plain number with two decimals.
    pub(super) fn ratio(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> Option<f64> + 'r,
    ) -> Self {
        let values = Values::Numbers { value: Box::new(value), decimals: 2 };
        self.column(key, title, term, Kind::Ratio, values)
    }

    /// A share of 0 to 1.
    pub(super) fn percent(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> f64 + 'r,
    ) -> Self {
        let values = Values::Numbers { value: Box::new(move |row| Some(value(row))), decimals: 4 };
        self.column(key, title, term, Kind::Percent, values)
    }

    /// The same where it may be unknown.
    pub(super) fn known_percent(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> Option<f64> + 'r,
    ) -> Self {
        let values = Values::Numbers { value: Box::new(value), decimals: 4 };
        self.column(key, title, term, Kind::Percent, values)
    }

    pub(super) fn date(
        self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        value: impl Fn(&'r R) -> Option<NaiveDate> + 'r,
    ) -> Self {
        // As days since 1970-01-01: half the bytes of a written date.
        let days =
            move |row| value(row).map(|date| (date - NaiveDate::default()).num_days() as f64);
        let values = Values::Numbers { value: Box::new(days), decimals: 0 };
        self.column(key, title, term, Kind::Date, values)
    }

    fn column(
        mut self,
        key: &'static str,
        title: &'static str,
        term: &'static str,
        kind: Kind,
        values: Values<'r, R>,
    ) -> Self {
        self.columns.push((Heading { key, title, term, kind }, values));
        self
    }

    /// The finished script.
    pub(super) fn script(self) -> Vec<u8> {
        // Called, not assigned: a script may arrive before or after whoever waits for it.
        let mut script = format!("OP.table({:?},{},", self.name, self.rows.len()).into_bytes();
        let columns =
            self.columns.iter().map(|(heading, values)| column(heading, values, self.rows));
        serde_json::Serializer::new(&mut script)
            .collect_seq(columns)
            .expect("words and numbers have a form in JSON, and memory takes them");
        script.extend_from_slice(b");\n");
        script
    }
}

/// One column as the page reads it; made when it is written, so that only one is in memory.
#[derive(Serialize)]
struct Column<'r> {
    #[serde(flatten)]
    heading: &'r Heading,
    /// The distinct words, which `values` number.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<&'r str>>,
    values: Vec<Option<Number>>,
}

fn column<'c, 'r: 'c, R>(
    heading: &'c Heading,
    values: &'c Values<'r, R>,
    rows: &'r [R],
) -> Column<'c> {
    match values {
        Values::Numbers { value, decimals } => Column {
            heading,
            words: None,
            values: rows.iter().map(|row| rounded(value(row)?, *decimals)).collect(),
        },
        Values::Words(word) => {
            // Numbered as they first occur. A supplier's name repeats thousands of times; where
            // every word is another one, as in names, a number a row is the price.
            let mut codes: BTreeMap<&str, i64> = BTreeMap::new();
            let mut words = Vec::new();
            let mut values = Vec::with_capacity(rows.len());
            for row in rows {
                let word = word(row);
                let code = *codes.entry(word).or_insert_with(|| {
                    words.push(word);
                    words.len() as i64 - 1
                });
                values.push(Some(Number::Whole(code)));
            }
            Column { heading, words: Some(words), values }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_json_list_of_columns() {
        struct Row(&'static str, Option<f64>, Option<i64>);
        let rows = [
            Row("b\"\u{2028}", Some(1.26), Some(2)),
            Row("a", None, Some(0)),
            Row("a", Some(-0.04), None),
        ];
        let day = |d: i64| NaiveDate::default() + chrono::Duration::days(d);
        let script = ScriptTable::new("t", &rows)
            .text("name", "Name", "sku", |r| r.0)
            .number("need", "Need", "need", |r| r.1)
            .date("by", "By", "order-by", |r| r.2.map(day))
            .script();
        let script = String::from_utf8(script).unwrap();
        let json = script.strip_prefix("OP.table(\"t\",3,").and_then(|s| s.strip_suffix(");\n"));
        let columns: serde_json::Value = serde_json::from_str(json.unwrap()).unwrap();
        assert_eq!(columns[0]["kind"], "text");
        assert_eq!(columns[0]["words"], serde_json::json!(["b\"\u{2028}", "a"]));
        assert_eq!(columns[0]["values"], serde_json::json!([0, 1, 1]));
        assert_eq!(columns[1]["values"].to_string(), "[1.3,null,0]");
        assert_eq!(columns[2]["values"], serde_json::json!([2, 0, null]));
    }
}
