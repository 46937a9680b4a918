//! The dictionary of the tables, made from their declarations: Markdown for people, JSON for
//! programs.

use crate::explain::Unit;
use crate::store::SCHEMA_VERSION;
use crate::tables::{Column, TABLES, history};
use serde_json::{Value, json};
use std::fmt::Write;

/// All tables and columns as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = format!(
        "# Tables of a run\n\nSchema version {SCHEMA_VERSION}. Every table lies in \
         `tables/NAME.parquet` and begins with the run and its morning, so that\n\
         `select … from 'runs/*/tables/NAME.parquet'` reads all nights.\n"
    );
    for table in TABLES {
        describe(&mut text, table.name(), &table.columns());
    }
    text += "\n# What outlives a run\n\n\
             `history/NAME.parquet` beside `runs/` keeps these rows when runs are pruned; what is \
             torn is made anew\n\
             from the runs that are there. Any value may be missing: an older version did not have \
             its column.\n";
    for (name, columns) in history::columns() {
        describe(&mut text, &format!("history/{name}"), &columns);
    }
    text
}

fn describe(text: &mut String, name: &str, columns: &[Column]) {
    let _ = writeln!(text, "\n## {name}\n\n| column | type | unit | meaning |\n|---|---|---|---|");
    for column in columns {
        let kind = format!("{:?}", column.kind).to_lowercase();
        let optional = if column.optional { ", may be missing" } else { "" };
        let unit = if column.unit == Unit::None { "" } else { column.unit.name() };
        // A bar ends a cell in Markdown.
        let mut meaning = column.meaning.replace('|', "\\|");
        if !column.values.is_empty() {
            meaning = format!("{meaning}: {}", column.values.join(", "));
        }
        let _ = writeln!(text, "| {} | {kind}{optional} | {unit} | {meaning} |", column.name);
    }
}

/// All tables and columns as JSON.
#[must_use]
pub fn as_json() -> Value {
    let mut tables = Vec::new();
    for table in TABLES {
        let columns = columns_as_json(&table.columns());
        tables.push(json!({"name": table.name(), "path": table.path(), "columns": columns}));
    }
    let mut of_history = Vec::new();
    for (name, columns) in history::columns() {
        let path = format!("history/{name}.parquet");
        let columns = columns_as_json(&columns);
        of_history.push(json!({"name": name, "path": path, "columns": columns}));
    }
    json!({"schema_version": SCHEMA_VERSION, "tables": tables, "history": of_history})
}

fn columns_as_json(columns: &[Column]) -> Vec<Value> {
    let mut described = Vec::with_capacity(columns.len());
    for column in columns {
        let unit = if column.unit == Unit::None { Value::Null } else { column.unit.name().into() };
        described.push(json!({
            "name": column.name,
            "type": format!("{:?}", column.kind.arrow()),
            "optional": column.optional,
            "unit": unit,
            "meaning": column.meaning,
            "values": column.values,
        }));
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that DuckDB, PostgreSQL or Spark want quoted where a column has their name.
    const RESERVED: [&str; 24] = [
        "all", "and", "as", "asc", "between", "case", "column", "desc", "end", "from", "group",
        "in", "key", "not", "on", "or", "order", "select", "table", "to", "union", "user", "when",
        "where",
    ];

    #[test]
    fn no_column_has_a_reserved_name_and_every_table_begins_with_its_run() {
        for table in TABLES {
            let columns = table.columns();
            assert_eq!([columns[0].name, columns[1].name], ["run_id", "as_of"], "{}", table.name());
            for column in columns {
                assert!(!RESERVED.contains(&column.name), "{}.{}", table.name(), column.name);
            }
        }
    }

    #[test]
    fn both_dictionaries_name_every_column() {
        let (text, json) = (markdown(), as_json().to_string());
        for table in TABLES {
            assert!(text.contains(&format!("\n## {}\n", table.name())));
            for column in table.columns() {
                assert!(text.contains(&format!("\n| {} |", column.name)), "{}", column.name);
                assert!(json.contains(&format!("\"{}\"", column.name)), "{}", column.name);
            }
        }
    }
}
