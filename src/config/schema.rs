//! JSON Schema of `orderpoint.toml`, for editors: made from the commented template, which has every
//! key with its default and what it means, and from the reader, which is asked what it takes.
//!
//! A derived schema (schemars) would know the types, but neither the sentences nor the defaults of
//! the template, and would have to be derived on the settings of every room.

use crate::config::options::Options;
use crate::config::{Plan, TEMPLATE};
use crate::domain::error::Error;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Sections whose keys are names of the user's own.
const OPEN: [&str; 8] = [
    "mapping",
    "purchase.rates",
    "purchase.containers",
    "purchase.open_to_buy",
    "indicators.goals",
    "export.locations",
    "export.suppliers",
    "data",
];

/// The schema.
#[must_use]
pub fn of_config() -> Value {
    let mut sections = Map::new();
    let mut path: Vec<String> = Vec::new();
    // Keys that follow each other without a word between them are what one comment is about.
    let mut comment: Vec<&str> = Vec::new();
    let mut is_told = false;
    for line in TEMPLATE.lines() {
        let line = line.trim();
        let is_setting = line.strip_prefix('#').is_some_and(is_commented_key);
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            path = head.trim_matches('[').split('.').map(str::to_owned).collect();
            insert(&mut sections, &path, None);
            comment.clear();
        } else if let Some(text) = line.strip_prefix('#').filter(|_| !is_setting) {
            // A sentence that goes on after a key is about both.
            let goes_on = text.trim().starts_with(char::is_lowercase);
            if std::mem::take(&mut is_told) && !goes_on {
                comment.clear();
            }
            comment.push(text.trim());
        } else if let Some((key, value)) = line.trim_start_matches('#').split_once('=') {
            let is_default = !line.starts_with('#');
            let mut property = of_value(value.trim(), is_default);
            property.insert("description".into(), comment.join(" ").into());
            let key = key.trim().trim_matches('"').to_owned();
            ask_reader(&path, &key, &mut property);
            insert(&mut sections, &path, Some((key, Value::Object(property))));
            is_told = true;
        } else {
            comment.clear();
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "orderpoint.toml",
        "type": "object",
        "properties": sections,
        "additionalProperties": false,
    })
}

/// `key = value` behind a comment sign: an example, not a sentence.
fn is_commented_key(text: &str) -> bool {
    let key = text.split('=').next().unwrap_or_default().trim();
    text.contains('=') && !key.is_empty() && !key.contains(' ') && !text.starts_with(' ')
}

/// An object of keys; `is_open` where they are names of the user's own.
fn object(is_open: bool) -> Value {
    json!({"type": "object", "properties": {}, "additionalProperties": is_open})
}

/// Puts a key into its section, or the section alone, made where it is not there yet.
fn insert(sections: &mut Map<String, Value>, path: &[String], key: Option<(String, Value)>) {
    let Some((name, below)) = path.split_first() else { return };
    let is_open = OPEN.contains(&name.as_str());
    // Keys of a mapping belong to a table that the user names.
    let key = key.filter(|_| name != "mapping");
    let mut place = sections.entry(name.clone()).or_insert_with(|| object(is_open));
    if !below.is_empty() {
        // A section below is one more key of its section.
        place = &mut place["properties"][below.join(".")];
        if place.is_null() {
            *place = object(true);
        }
    }
    if let Some((key, property)) = key {
        place["properties"][key] = property;
    }
}

/// Type and default of a value as TOML writes it.
fn of_value(text: &str, is_default: bool) -> Map<String, Value> {
    let parsed = format!("value = {text}").parse::<toml::Table>().ok();
    let value = parsed.and_then(|mut table| table.remove("value"));
    let kind = match &value {
        Some(toml::Value::String(_) | toml::Value::Datetime(_)) | None => "string",
        Some(toml::Value::Integer(_)) => "integer",
        Some(toml::Value::Float(_)) => "number",
        Some(toml::Value::Boolean(_)) => "boolean",
        Some(toml::Value::Array(_)) => "array",
        Some(toml::Value::Table(_)) => "object",
    };
    let mut property = Map::from_iter([("type".to_owned(), kind.into())]);
    // A date stands unquoted in TOML and is a text in JSON.
    let value = match value {
        Some(toml::Value::Datetime(day)) => Some(toml::Value::String(day.to_string())),
        other => other,
    };
    if let Some(default) = value.filter(|_| is_default).and_then(|v| serde_json::to_value(v).ok()) {
        property.insert("default".into(), default);
    }
    property
}

/// Which words the reader takes for a text, and whether it takes a fraction for a whole number.
fn ask_reader(path: &[String], key: &str, property: &mut Map<String, Value>) {
    match property["type"].as_str() {
        Some("string") => {
            let told = refusal(path, key, "\"no such word\"");
            // The reader's own list: unknown variant `…`, expected one of `…`, `…`.
            let Some((_, known)) = told.split_once("unknown variant") else { return };
            let words: Vec<&str> = known.split('`').skip(1).step_by(2).skip(1).collect();
            if !words.is_empty() {
                property.insert("enum".into(), words.into());
            }
        }
        Some("integer") => {
            let told = refusal(path, key, "0.5");
            let kind = if told.contains("floating point") { "integer" } else { "number" };
            property.insert("type".into(), kind.into());
            if told.contains("expected u") {
                property.insert("minimum".into(), 0.into());
            }
        }
        Some(_) | None => {}
    }
}

/// What the reader says of `value` there; nothing where it takes it.
fn refusal(path: &[String], key: &str, value: &str) -> String {
    let text = format!("[{}]\n{key} = {value}\n", path.join("."));
    match Plan::parse(&text, "", Path::new(""), &Options::default()) {
        Err(Error::Config(problems)) => problems.concat(),
        Err(_) | Ok(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let schema = of_config();
        let property =
            |section: &str, key: &str| schema["properties"][section]["properties"][key].clone();
        assert_eq!(property("run", "bucket")["enum"], json!(["day", "week", "month"]));
        assert_eq!(property("run", "horizon_days")["type"], "integer");
        assert_eq!(property("run", "horizon_days")["minimum"], 0);
        // Names and paths are free.
        assert!(property("run", "data")["enum"].is_null());
        assert!(property("csv", "separator")["enum"].is_null());
        // Every default is one of the words, and of the type.
        let all = schema["properties"].as_object().unwrap();
        let properties = all.values().flat_map(|section| {
            section["properties"].as_object().into_iter().flatten().map(|(_, property)| property)
        });
        let mut with_words = 0;
        for property in properties {
            if let Some(words) = property["enum"].as_array() {
                with_words += 1;
                let default = &property["default"];
                assert!(default.is_null() || words.contains(default), "{property}");
            }
        }
        assert!(with_words > 10, "{with_words}");
    }

    #[test]
    fn every_key_of_the_template_is_in_the_schema_with_its_default() {
        let schema = of_config();
        let template: toml::Table = TEMPLATE.parse().unwrap();
        for (section, keys) in &template {
            let properties = &schema["properties"][section]["properties"];
            for (key, value) in keys.as_table().unwrap() {
                let property = &properties[key];
                assert!(property.is_object(), "{section}.{key}");
                if !value.is_table() {
                    let default = match value {
                        toml::Value::Datetime(day) => day.to_string().into(),
                        other => serde_json::to_value(other).unwrap(),
                    };
                    assert_eq!(property["default"], default, "{section}.{key}");
                    let told = property["description"].as_str().unwrap();
                    assert!(told.starts_with(char::is_uppercase), "{section}.{key}: {told}");
                }
            }
        }
        assert_eq!(schema["properties"]["run"]["additionalProperties"], false);
    }
}
