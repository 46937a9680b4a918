//! What an unattended run promises its scheduler: bounds, logs, the note for a mailer, names that
//! stay inside.

use crate::malformed::base;
use crate::small::folder;
use crate::support::{Table, files, orderpoint, root, succeeds, text};
use orderpoint::store::PublishedRun;
use std::fs;

#[test]
fn too_little_memory_is_refused_with_the_figure_before_anything_is_written() {
    let at = folder();
    base(at.path());
    // One row that stretches the history of 3 items over a century.
    let sales = at.path().join("data/sales.csv");
    let rows = fs::read_to_string(&sales).unwrap()
        + "1990-01-01,LAMP,web,1,19.90\n1990-01-01,DESK,web,1,19.90\n";
    fs::write(sales, rows).unwrap();
    let output = orderpoint(at.path(), &["run", "--memory", "0"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("MiB") && said.contains("memory_limit_mb"), "{said}");
    assert!(!at.path().join("reports/runs").exists());
    succeeds(at.path(), &["run", "--memory", "64"], &[0]);
}

#[test]
fn log_lines_are_json_with_stages_and_times_and_tell_no_secret() {
    let at = folder();
    base(at.path());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_orderpoint"));
    let secret = "hunter2-not-to-be-told";
    let output = command
        .args(["run", "--log-format", "json"])
        .current_dir(at.path())
        .env("DATABASE_PASSWORD", secret)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<serde_json::Value> = text(&output.stderr)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    for stage in ["reading", "learning", "planning", "publishing"] {
        let line = lines
            .iter()
            .find(|line| line["stage"] == stage)
            .unwrap_or_else(|| panic!("no line for {stage}"));
        assert!(
            line["seconds"].is_number() && line["timestamp"].is_string() && line["level"] == "INFO",
            "{line}"
        );
    }
    for file in files(at.path()) {
        let bytes = fs::read(at.path().join(&file)).unwrap();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{}", file.display());
    }
}

/// A full or closed stream, or none, is passed over: the code tells what became of the night.
#[test]
fn nobody_listening_changes_no_exit_code() {
    use std::process::{Command, Stdio};
    let at = folder();
    base(at.path());
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let commands: [&[&str]; 6] = [
        &["run"],
        &["run", "--json"],
        &["check"],
        &["explain", "LAMP"],
        &["prune", "--keep", "3"],
        &["--help"],
    ];
    for args in commands {
        let run = |out: Stdio, err: Stdio| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_orderpoint"));
            command.args(args).current_dir(at.path()).stdout(out).stderr(err).status().unwrap()
        };
        let usual = run(Stdio::null(), Stdio::null()).code();
        assert_eq!(run(full(), Stdio::null()).code(), usual, "{args:?} > /dev/full");
        assert_eq!(run(Stdio::null(), full()).code(), usual, "{args:?} 2> /dev/full");
    }
    assert!(PublishedRun::current(&at.path().join("reports")).is_ok());
}

#[test]
fn the_note_says_what_the_screen_says() {
    let at = folder();
    base(at.path());
    let output = succeeds(at.path(), &["run", "--notify-file", "note.txt"], &[0]);
    assert_eq!(fs::read_to_string(at.path().join("note.txt")).unwrap(), text(&output.stdout));
    let output = orderpoint(at.path(), &["run", "--notify-file", "no/such/folder/note.txt"]);
    assert_eq!(output.status.code(), Some(7));
    assert!(text(&output.stderr).contains("no/such/folder/note.txt"), "{}", text(&output.stderr));
}

#[test]
fn a_severe_run_stays_severe_however_often_it_is_asked_for() {
    let at = folder();
    base(at.path());
    fs::write(at.path().join("orderpoint.toml"), "[run]\nsevere = [\"missing-table\"]\n").unwrap();
    let args = ["run", "--config", "orderpoint.toml", "--notify-file", "note.txt"];
    let first = text(&succeeds(at.path(), &args, &[5]).stdout).to_owned();
    let again = text(&succeeds(at.path(), &args, &[5]).stdout).to_owned();
    assert!(again.contains("published already"), "{again}");
    assert_eq!(
        first.lines().skip(1).collect::<Vec<_>>(),
        again.lines().skip(1).collect::<Vec<_>>()
    );
    assert!(
        first.contains("severe: missing-table")
            && fs::read_to_string(at.path().join("note.txt")).unwrap() == again
    );
}

#[test]
fn a_code_that_only_side_tables_know_does_not_stop_the_night() {
    let at = folder();
    base(at.path());
    for table in [
        "stock_history",
        "stockouts",
        "purchase_orders",
        "supply",
        "listings",
        "promotions",
        "prices",
        "adjustments",
        "overrides",
    ] {
        let path = at.path().join(format!("data/{table}.csv"));
        let Ok(rows) = fs::read_to_string(&path) else { continue };
        let mut lines = rows.lines();
        let (head, first) = (lines.next().unwrap(), lines.next());
        let Some(first) = first else { continue };
        let sku = head.split(',').position(|name| name == "sku").unwrap();
        let stray: Vec<&str> = first
            .split(',')
            .enumerate()
            .map(|(i, cell)| if i == sku { "GONE" } else { cell })
            .collect();
        fs::write(&path, format!("{}\n{}\n", rows.trim_end(), stray.join(","))).unwrap();
    }
    succeeds(at.path(), &["run"], &[0]);
    let told = Table::published(&at.path().join("reports"), "exceptions");
    assert!(
        told.rows
            .iter()
            .any(|row| told.text(row, "kind") == "unplanned-item"
                && told.text(row, "scope") == "GONE")
    );
}

#[test]
fn what_stands_in_cells_moves_no_terminal_and_forges_no_line() {
    const ACTS: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let at = folder();
    base(at.path());
    let hostile = format!("\"{ACTS}\nERROR forged: all stock is gone\"");
    let sales = at.path().join("data/sales.csv");
    let good = fs::read_to_string(&sales).unwrap();
    let said_safely = |args: &[&str], seen: &str| {
        let output = orderpoint(at.path(), args);
        let mut said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        said += &fs::read_to_string(at.path().join("note.txt")).unwrap_or_default();
        let acts = said.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']);
        let forged = said.lines().any(|line| line.trim_start().starts_with("ERROR forged"));
        assert!(!acts && !forged, "{args:?}: {said:?}");
        assert!(said.contains(seen), "{args:?} does not name the cell: {said}");
    };
    let note = ["run", "--notify-file", "note.txt"];
    // In names, in a cell that is refused, in a header, in a word of the command line.
    fs::write(&sales, format!("{good}2024-01-27,{hostile},{hostile},1,9.90\n")).unwrap();
    said_safely(&["check"], "rows");
    said_safely(&note, "");
    fs::write(&sales, format!("{good}{hostile},LAMP,web,1,9.90\n")).unwrap();
    said_safely(&["check"], "owned");
    fs::write(&sales, good.replacen("date,", &format!("{hostile},"), 1)).unwrap();
    said_safely(&["check"], "control characters");
    said_safely(&note, "control characters");
    fs::write(&sales, &good).unwrap();
    said_safely(&["explain", &format!("{ACTS}\nERROR forged")], "owned");
}

#[test]
fn suppliers_and_channels_named_like_paths_stay_inside_the_run() {
    let at = folder();
    base(at.path());
    let hostile = [
        ("acme", "../../../evil"),
        ("bolt", "..:..:..:evil"),
        ("web", "/etc/passwd"),
        ("shop", "-rf *"),
    ];
    for file in files(&at.path().join("data")) {
        let path = at.path().join("data").join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            path,
            hostile.iter().fold(text, |text, (from, to)| {
                text.replace(&format!("{from},"), &format!("{to},"))
            }),
        )
        .unwrap();
    }
    let before = files(at.path());
    succeeds(at.path(), &["run"], &[0]);
    for file in files(at.path()).iter().filter(|file| !before.contains(file)) {
        assert!(file.starts_with("reports") || file.starts_with("models"), "{}", file.display());
        let name = file.file_name().unwrap().to_str().unwrap();
        let harmless = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(name.chars().all(harmless) && !name.starts_with('-'), "{name}");
    }
    let named = |folder: &str| {
        let files = files(&at.path().join("reports/current").join(folder));
        files.iter().filter(|file| file.extension().is_some_and(|e| e == "csv")).count()
    };
    assert_eq!(
        (named("orders"), named("channels")),
        (3, 2),
        "every supplier (and none) has a file of its own"
    );
}

#[test]
fn the_readme_tells_schedulers_what_they_need() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for told in
        ["**cron**", "**systemd**", "**Airflow**", "--notify-file", "orderpoint prune --keep"]
    {
        assert!(readme.contains(told), "{told} is not in the README");
    }
    let help = text(&orderpoint(root(), &["--help"]).stdout);
    for code in 0..=8 {
        assert!(
            readme.contains(&format!("\n| {code} | ")),
            "exit code {code} is not in the README"
        );
        assert!(help.contains(&format!("\n  {code}  ")), "exit code {code} is not in the help");
    }
}

#[test]
fn doctor_sees_what_a_disk_or_a_tool_did_to_runs_states_and_the_pointer() {
    let at = folder();
    base(at.path());
    succeeds(at.path(), &["run"], &[0, 5]);
    succeeds(at.path(), &["doctor"], &[0]);
    let out = at.path().join("reports");
    let run = std::fs::canonicalize(out.join("current")).unwrap();
    let id = run.file_name().unwrap().to_str().unwrap().to_owned();
    let states = at.path().join("models").join(&id).join("forecast.bin");
    // What an examination that was killed has left is not what the next one finds.
    for folder in [&out, &out.join("history"), &at.path().join("models")] {
        std::fs::create_dir(folder.join(".staging-doctor")).unwrap();
    }
    succeeds(at.path(), &["doctor"], &[0]);
    assert!(!out.join(".staging-doctor").exists());
    let harmed = |path: &std::path::Path, told: &str| {
        let before = std::fs::read(path).ok();
        let mut bytes = before.clone().unwrap_or_else(|| b"a copy".to_vec());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
        let said = text(&succeeds(at.path(), &["doctor"], &[3]).stdout);
        assert!(said.contains(told), "{}: {said}", path.display());
        match before {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        succeeds(at.path(), &["doctor"], &[0]);
    };
    harmed(&run.join("tables/policy.parquet"), "damaged or missing: tables/policy.parquet");
    harmed(&run.join("tables/policy.parquet~"), "policy.parquet~: this run did not publish it");
    harmed(&states, "the next run learns anew");
    harmed(&states.with_extension("bin~"), "none of ours");
    harmed(&out.join("current.json~"), "current.json~ is none of ours");
    // A link to nowhere: the text beside it is followed, and the link is mended.
    std::fs::remove_file(out.join("current")).unwrap();
    std::os::unix::fs::symlink("runs/gone", out.join("current")).unwrap();
    let said = text(&succeeds(at.path(), &["doctor"], &[3]).stdout);
    assert!(said.contains("current names runs/gone, which is not there"), "{said}");
    succeeds(at.path(), &["doctor", "--fix"], &[0]);
    succeeds(at.path(), &["doctor"], &[0]);
    std::fs::write(run.join("timings.json"), "{").unwrap();
    assert!(text(&succeeds(at.path(), &["doctor"], &[3]).stdout).contains("timings.json"));
    std::fs::write(out.join("current.json"), "{}").unwrap();
    let mended = text(&succeeds(at.path(), &["doctor", "--fix"], &[3]).stdout);
    assert!(mended.contains("mended: current.json"), "{mended}");
    let pointer = std::fs::read_to_string(out.join("current.json")).unwrap();
    assert!(pointer.contains(&id), "{pointer}");
}
