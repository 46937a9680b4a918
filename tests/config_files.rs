//! Committed configurations are read by the program they are for.

use crate::support::{files, root, text};
use orderpoint::config::{Options, Plan};

#[test]
fn every_committed_configuration_is_a_plan() {
    for folder in ["tests/configs", "tests/golden", "data/sample"] {
        let folder = root().join(folder);
        for file in
            files(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "toml"))
        {
            let path = folder.join(file);
            let options = Options { config: Some(path.clone()), ..Options::default() };
            Plan::load(&options).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}

#[test]
fn init_writes_a_configuration_and_every_table_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = crate::support::succeeds(folder.path(), &["init", "shop"], &[0]);
    assert!(text(&first.stdout).contains("shop/orderpoint.toml"), "{}", text(&first.stdout));
    let sales = std::fs::read_to_string(folder.path().join("shop/data/sales.csv")).unwrap();
    assert!(sales.starts_with("date,sku,quantity,channel,location"), "{sales}");
    assert_eq!(files(&folder.path().join("shop/data")).len(), 28);
    std::fs::write(folder.path().join("shop/data/sales.csv"), "mine").unwrap();
    crate::support::succeeds(folder.path(), &["init", "shop"], &[0]);
    assert_eq!(std::fs::read_to_string(folder.path().join("shop/data/sales.csv")).unwrap(), "mine");
}

#[test]
fn a_wrong_configuration_exits_2_and_lists_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orderpoint.toml"), "[run]\nhorizon_day = 9\n[claen]\n")
        .unwrap();
    let output = crate::support::orderpoint(folder.path(), &["run"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr), @r"
    error: 2 problems in the configuration:
      - orderpoint.toml line 2, [run] horizon_day: unknown key, did you mean `horizon_days`?
      - orderpoint.toml line 3: unknown section [claen], did you mean `clean`?
    ");
}

#[test]
fn help_is_for_planners() {
    for command in ["", "run", "demo", "simulate", "review", "export"] {
        let args = [command, "--help"];
        let output = crate::support::succeeds(
            root(),
            if command.is_empty() { &args[1..] } else { &args },
            &[0],
        );
        insta::assert_snapshot!(
            format!("help-{}", if command.is_empty() { "all" } else { command }),
            text(&output.stdout)
        );
    }
}
