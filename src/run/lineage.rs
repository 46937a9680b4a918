//! `openlineage.json`: the run as an OpenLineage event (spec 2-0-2), for a catalogue that draws
//! what came from where:
//! `curl -H 'Content-Type: application/json' --data @openlineage.json COLLECTOR`.
//!
//! No clock: the same run gives the same bytes. `eventTime` is the midnight of its morning; who
//! posts the event may put the moment there.

use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::store::{FileEntry, InputEntry, VERSION};
use crate::tables::{Declaration, TABLES};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// The specification that the event keeps.
const SPEC: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Of files, names are paths: inputs below the data folder, outputs below the run's.
const NAMESPACE: &str = "file";

/// The frame of a facet: who says it, and by which schema.
fn facet(producer: &str, name: &str, version: &str) -> Value {
    let of = format!("https://openlineage.io/spec/facets/{version}/{name}.json");
    json!({"_producer": producer, "_schemaURL": of})
}

/// The event of a run that is complete.
///
/// # Errors
/// [`Error::Internal`] when it cannot be written as JSON.
pub(super) fn event(
    run_id: &str,
    as_of: NaiveDate,
    inputs: &[InputEntry],
    files: &[FileEntry],
) -> Result<Vec<u8>> {
    let producer = format!("urn:orderpoint:{}", VERSION.replace(" (", ":").replace(')', ""));
    let mut read: Vec<Value> = Vec::with_capacity(inputs.len());
    for input in inputs {
        let mut version = facet(&producer, "DatasetVersionDatasetFacet", "1-0-1");
        version["datasetVersion"] = input.sha256.clone().into();
        let mut rows = facet(&producer, "InputStatisticsInputDatasetFacet", "1-0-0");
        rows["rowCount"] = input.rows.into();
        read.push(json!({
            "namespace": NAMESPACE,
            "name": input.file,
            "facets": {"version": version},
            "inputFacets": {"inputStatistics": rows},
        }));
    }
    let mut written: Vec<Value> = Vec::with_capacity(TABLES.len());
    for &table in TABLES {
        let path = table.path();
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        let mut version = facet(&producer, "DatasetVersionDatasetFacet", "1-0-1");
        version["datasetVersion"] = file.sha256.clone().into();
        let mut rows = facet(&producer, "OutputStatisticsOutputDatasetFacet", "1-0-2");
        rows["rowCount"] = file.rows.into();
        rows["size"] = file.bytes.into();
        let mut schema = facet(&producer, "SchemaDatasetFacet", "1-1-1");
        schema["fields"] = fields(table);
        written.push(json!({
            "namespace": NAMESPACE,
            "name": path,
            "facets": {"schema": schema, "version": version},
            "outputFacets": {"outputStatistics": rows},
        }));
    }
    let midnight = format!("{as_of}T00:00:00Z");
    let mut nominal = facet(&producer, "NominalTimeRunFacet", "1-0-1");
    nominal["nominalStartTime"] = midnight.as_str().into();
    let event = json!({
        "eventType": "COMPLETE",
        "eventTime": midnight,
        "run": {"runId": uuid(run_id), "facets": {"nominalTime": nominal}},
        "job": {"namespace": "orderpoint", "name": "run"},
        "inputs": read,
        "outputs": written,
        "producer": producer,
        "schemaURL": SPEC,
    });
    let mut text = serde_json::to_vec_pretty(&event)
        .map_err(|e| Error::Internal(format!("openlineage.json: {e}")))?;
    text.push(b'\n');
    Ok(text)
}

fn fields(table: &dyn Declaration) -> Value {
    let mut fields = Vec::new();
    for column in table.columns() {
        let kind = format!("{:?}", column.kind).to_lowercase();
        fields.push(json!({"name": column.name, "type": kind, "description": column.meaning}));
    }
    fields.into()
}

/// A run's id is no UUID, which the specification wants: one made of its digest (RFC 9562,
/// version 8), the same for the same run.
fn uuid(run_id: &str) -> String {
    let hex = sha256_hex(run_id.as_bytes());
    [&hex[..8], "-", &hex[8..12], "-8", &hex[13..16], "-8", &hex[17..20], "-", &hex[20..32]]
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_the_run_what_it_read_and_what_it_wrote() {
        let input = InputEntry {
            table: "sales".into(),
            file: "sales.csv".into(),
            rows: 9,
            rejected: 1,
            sha256: "ab".into(),
            bytes: None,
            version: None,
        };
        let file = FileEntry {
            path: "tables/orders.parquet".into(),
            rows: Some(3),
            bytes: 700,
            sha256: "cd".into(),
        };
        let as_of = "2026-03-02".parse().unwrap();
        let text = event("2026-03-02-abc", as_of, &[input], std::slice::from_ref(&file)).unwrap();
        let event: Value = serde_json::from_slice(&text).unwrap();
        let id = event["run"]["runId"].as_str().unwrap();
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!((parts, id.as_bytes()[14]), (vec![8, 4, 4, 4, 12], b'8'));
        assert_eq!(event["inputs"][0]["name"], "sales.csv");
        assert_eq!(event["outputs"].as_array().unwrap().len(), 1);
        let output = &event["outputs"][0];
        assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 3);
        assert_eq!(output["facets"]["schema"]["fields"][0]["name"], "run_id");
        assert_eq!(event["eventTime"], "2026-03-02T00:00:00Z");
    }
}
