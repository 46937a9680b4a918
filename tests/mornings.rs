//! Mornings out of the ordinary: another build takes over, a gap of the past is filled, an order is
//! approved by halves.

use crate::small::folder;
use crate::support::{Table, files, orderpoint, succeeds, text};
use orderpoint::store::PublishedRun;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn sample() -> tempfile::TempDir {
    let at = folder();
    succeeds(at.path(), &["demo", "--skus", "24", "--out", ".", "--data-only"], &[0]);
    at
}

fn words<'a>(out: &'a str, models: &'a str) -> [&'a str; 8] {
    ["--config", "data/orderpoint.toml", "--data", "data", "--out", out, "--models", models]
}

/// Runs the morning `as_of` into `out`; the run that it published.
fn run(at: &Path, out: &str, as_of: &str) -> PublishedRun {
    succeeds(at, &[&["run", "--as-of", as_of], &words(out, "models")[..]].concat(), &[0, 5]);
    let runs = PublishedRun::all(&at.join(out)).unwrap();
    let found = runs.into_iter().find(|run| run.manifest.as_of.to_string() == as_of);
    found.unwrap_or_else(|| panic!("no run of {as_of}"))
}

/// The program with another commit in its name: what a build one commit later is, if nothing else
/// changed.
fn next_build(at: &Path) -> PathBuf {
    let version = text(&orderpoint(at, &["--version"]).stdout);
    let build = version.split(['(', ')']).nth(1).expect("the build stands in brackets").as_bytes();
    let mut later = build.to_vec();
    let last = later.last_mut().expect("a build has a name");
    *last = if *last == b'0' { b'1' } else { b'0' };
    let mut program = fs::read(env!("CARGO_BIN_EXE_orderpoint")).unwrap();
    let mut found = 0;
    for at in 0..program.len() - build.len() {
        if program[at..].starts_with(build) {
            program[at..at + build.len()].copy_from_slice(&later);
            found += 1;
        }
    }
    assert!(found > 0, "the name is in the program");
    let path = at.join("orderpoint-next");
    fs::write(&path, program).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn two_builds_that_differ_by_one_commit_make_two_runs_and_the_later_refits() {
    let at = sample();
    let next = next_build(at.path());
    let later = |args: &[&str]| {
        let output = Command::new(&next).args(args).current_dir(at.path()).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 5)), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_ne!(later(&["--version"]), text(&orderpoint(at.path(), &["--version"]).stdout));

    // The same night of the same shop.
    let mine = run(at.path(), "mine", "2026-02-10").manifest;
    later(&[&["run", "--as-of", "2026-02-10"], &words("theirs", "their-models")[..]].concat());
    let theirs = PublishedRun::current(&at.path().join("theirs")).unwrap().manifest;
    assert_ne!(mine.run_id, theirs.run_id);
    assert_ne!(mine.program, theirs.program);

    // The night after an upgrade: nothing is carried on from the other build, and that is said.
    let carried = run(at.path(), "mine", "2026-02-11").manifest.refit.unwrap();
    assert_eq!(carried.run_id, mine.run_id, "without an upgrade the next night carries on");
    later(&[&["run", "--as-of", "2026-02-12"], &words("mine", "models")[..]].concat());
    let current = PublishedRun::current(&at.path().join("mine")).unwrap().manifest;
    assert_eq!(current.refit.unwrap().run_id, current.run_id, "learnt anew");
    let told = Table::published(&at.path().join("mine"), "exceptions");
    let refit = told.rows.iter().find(|row| told.text(row, "kind") == "refit").unwrap();
    assert!(told.text(refit, "why").contains("fitted by another build"), "{refit:?}");
}

/// Every file of a run with its bytes, but for the timings.
fn contents(run: &PublishedRun) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = files(&run.folder).into_iter().filter(|file| *file != Path::new("timings.json"));
    all.map(|file| (file.clone(), fs::read(run.folder.join(&file)).unwrap())).collect()
}

#[test]
fn a_february_made_up_for_after_march_leaves_march_current_and_april_as_it_would_be() {
    let at = sample();
    let march = run(at.path(), "out", "2026-02-20");
    let february = run(at.path(), "out", "2026-02-10");
    assert_eq!(february.manifest.previous, None, "March was not known that morning");
    let current = PublishedRun::current(&at.path().join("out")).unwrap();
    assert_eq!(current.manifest.run_id, march.manifest.run_id);
    let april = run(at.path(), "out", "2026-02-21");
    assert_eq!(april.manifest.previous.as_ref(), Some(&march.manifest.run_id));

    let other = sample();
    run(other.path(), "out", "2026-02-20");
    let without = run(other.path(), "out", "2026-02-21");
    assert_eq!(without.manifest.run_id, april.manifest.run_id);
    assert!(contents(&without) == contents(&april), "the backfill shows in a file of April's");
}

/// Quantity by recommendation of the lines of `supplier` that are to be ordered.
fn lines_of(out: &Path, supplier: &str) -> BTreeMap<String, i64> {
    let table = Table::published(out, "recommendations");
    let mut lines = BTreeMap::new();
    for row in &table.rows {
        let quantity = table.number(row, "quantity");
        if table.text(row, "supplier") == supplier && quantity > 0.0 {
            lines.insert(table.text(row, "recommendation_id").to_owned(), quantity as i64);
        }
    }
    lines
}

#[test]
fn half_of_an_order_approved_leaves_the_other_half_as_it_was_the_same_morning() {
    let at = sample();
    let out = at.path().join("out");
    run(at.path(), "out", "2026-03-01");
    let table = Table::published(&out, "recommendations");
    let suppliers: std::collections::BTreeSet<String> =
        table.rows.iter().map(|row| table.text(row, "supplier").to_owned()).collect();
    let mut tried = 0;
    for supplier in suppliers.iter().filter(|supplier| !supplier.is_empty()) {
        let before = lines_of(&out, supplier);
        if before.len() < 2 {
            continue;
        }
        tried += 1;
        let approved: Vec<&String> = before.keys().take(before.len() / 2).collect();
        let mut decisions = String::from("recommendation_id,decision,author\n");
        for id in &approved {
            decisions += &format!("{id},approve,Mara\n");
        }
        fs::write(at.path().join("decisions.csv"), decisions).unwrap();
        let review = ["review", "--decisions", "decisions.csv"];
        succeeds(at.path(), &[&review, &words("out", "models")[..]].concat(), &[0]);
        run(at.path(), "out", "2026-03-01");
        let mut rest = before.clone();
        rest.retain(|id, _| !approved.contains(&id));
        assert_eq!(lines_of(&out, supplier), rest, "{supplier}: {before:?}");
    }
    assert!(tried >= 2, "{tried} suppliers with several lines");
}

#[test]
fn the_calendar_reminds_nobody_of_what_was_approved_rejected_or_put_off() {
    let at = sample();
    let out = at.path().join("out");
    run(at.path(), "out", "2026-03-01");
    let lines = Table::published(&out, "recommendations");
    let ordered = lines.rows.iter().filter(|row| {
        lines.number(row, "quantity") > 0.0 && !lines.text(row, "supplier").is_empty()
    });
    let mut decisions = String::from("recommendation_id,decision,until,reason,author\n");
    let verdicts = ["approve,,", "reject,,no room", "snooze,2026-03-09,later"];
    for (row, verdict) in ordered.zip(verdicts.iter().cycle()) {
        decisions += &format!("{},{verdict},Mara\n", lines.text(row, "recommendation_id"));
    }
    // What is due is what is proposed, with its units.
    let due = || {
        let text = fs::read_to_string(out.join("current/orders/order-by.ics")).unwrap();
        let text = text.replace("\r\n ", "");
        let events = text.split("BEGIN:VEVENT").skip(1).map(str::to_owned);
        events.filter(|event| event.contains("DTSTART;VALUE=DATE:20260301")).collect::<Vec<_>>()
    };
    assert!(!due().is_empty());
    fs::write(at.path().join("decisions.csv"), decisions).unwrap();
    let review = ["review", "--decisions", "decisions.csv"];
    succeeds(at.path(), &[&review, &words("out", "models")[..]].concat(), &[0]);
    run(at.path(), "out", "2026-03-01");
    // What completes an order that was approved in part may still be proposed.
    for event in due() {
        let named = event.split("DESCRIPTION:").nth(1).unwrap().lines().next().unwrap();
        assert!(named.split("\\n").all(|item| item.contains(" x ")), "{event}");
    }
}

#[test]
fn a_new_item_that_waits_says_so_once() {
    let at = folder();
    let data = at.path().join("data");
    fs::create_dir(&data).unwrap();
    let mut sales = String::from("date,sku,quantity\n");
    for day in 1..=28 {
        sales += &format!("2026-02-{day:02},NOVA,3\n2026-02-{day:02},OLD,{}\n", day % 3);
    }
    fs::write(data.join("sales.csv"), sales).unwrap();
    fs::write(data.join("products.csv"), "sku,status,unit_cost\nNOVA,new,4\nOLD,active,4\n")
        .unwrap();
    fs::write(data.join("stock.csv"), "sku,on_hand\nNOVA,2\nOLD,100\n").unwrap();
    fs::write(data.join("supply.csv"), "sku,supplier,lead_time_days\nNOVA,s,7\nOLD,s,7\n").unwrap();
    succeeds(at.path(), &["run"], &[0, 5]);
    let lines = Table::published(&at.path().join("reports"), "recommendations");
    let nova = lines.rows.iter().find(|row| lines.text(row, "sku") == "NOVA").unwrap();
    let reason = lines.text(nova, "reason");
    assert!(lines.number(nova, "quantity") == 0.0, "{nova:?}");
    assert_eq!(reason.matches("waits for approval").count(), 1, "{reason}");
}

#[test]
fn channel_quantities_go_out_in_every_platforms_layout() {
    let at = sample();
    run(at.path(), "out", "2026-03-01");
    let shown = Table::published(&at.path().join("out"), "allocation");
    let known = shown.rows.iter().filter(|row| !shown.text(row, "published").is_empty()).count();
    assert!(known > 0);
    let export = |format: &str, codes: &[i32]| {
        let command = ["export", "--format", format];
        text(&succeeds(at.path(), &[&command, &words("out", "models")[..]].concat(), codes).stdout)
    };
    for format in ["shopify-inventory", "amazon-quantity", "ebay", "woocommerce"] {
        let said = export(format, &[0]);
        assert!(said.contains("channels written"), "{said}");
        for line in said.lines().skip(1) {
            let file = fs::read_to_string(at.path().join(line.trim())).unwrap();
            assert!(file.lines().count() > 1, "{line}: {file}");
        }
    }
    let said = export("amazon-sendin", &[0]);
    assert!(said.contains("no transfers approved"), "{said}");
}
