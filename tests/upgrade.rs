//! What earlier versions wrote is read by this one: decisions, runs, fitted states.
//!
//! `upgrade/schema-N.tar.gz` holds a shop of three items after two nights of the last program whose
//! tables had that `schema_version`: `data`, `out` (without its pages) and `models`. On the first
//! morning 76 (78) units of S0 were approved by ann and exported. A release that changes
//! [`SCHEMA_VERSION`] adds one.

use crate::small::folder;
use crate::support::{Table, root, succeeds, text};
use orderpoint::store::SCHEMA_VERSION;
use std::process::Command;

const AT: [&str; 8] =
    ["--data", "data", "--out", "out", "--models", "models", "--log-format", "off"];

#[test]
fn every_schema_version_has_its_shop() {
    for version in 1..=SCHEMA_VERSION {
        let archive = root().join(format!("tests/upgrade/schema-{version}.tar.gz"));
        assert!(archive.is_file(), "{} is missing", archive.display());
    }
}

#[test]
fn what_earlier_versions_decided_still_counts() {
    for (version, approved) in [(1, 76.0), (2, 78.0)] {
        let at = folder();
        let archive = root().join(format!("tests/upgrade/schema-{version}.tar.gz"));
        let unpacked = Command::new("tar").arg("xzf").arg(archive).current_dir(&at).status();
        assert!(unpacked.unwrap().success());
        let run = |words: &[&str], codes: &[i32]| {
            text(&succeeds(at.path(), &[words, &AT[..]].concat(), codes).stdout)
        };
        run(&["run", "--as-of", "2026-01-07"], &[0, 5]);
        let out = at.path().join("out");
        let lines = Table::published(&out, "recommendations");
        let own = lines.rows.iter().find(|row| lines.text(row, "sku") == "S0").unwrap();
        let figures = [lines.number(own, "on_order"), lines.number(own, "quantity")];
        assert_eq!(figures, [approved, 0.0], "version {version}: approved is on order");
        let exceptions = Table::published(&out, "exceptions");
        let told: Vec<&str> =
            exceptions.rows.iter().map(|row| exceptions.text(row, "kind")).collect();
        assert!(told.contains(&"refit"), "version {version}: learnt anew is told: {told:?}");
        if version < SCHEMA_VERSION {
            assert!(told.contains(&"previous-run"), "version {version}: {told:?}");
        }
        let log = run(&["review", "--log"], &[0]);
        assert!(log.contains("of S0 at main by ann"), "version {version}: {log}");
        run(&["review", "--verify"], &[0]);
        let again = run(&["export", "--format", "generic"], &[0]);
        assert!(again.contains("exported already: 1 line"), "version {version}: {again}");
    }
}
