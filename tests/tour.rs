//! README's first hour, as typed: the commands are read out of README.md and run, one after the
//! other, by a shell that finds `orderpoint` on its path.

use crate::support::{Table, root, text};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// The lines of the first block of code below `heading`, their remarks cut off.
fn commands(heading: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let below = readme.split(&format!("\n{heading}\n")).nth(1).expect(heading);
    let block = below.split("```").nth(1).expect("a block of code");
    let mut commands = Vec::new();
    for line in block.lines().skip(1) {
        let command = line.split("  #").next().unwrap().trim();
        if !command.is_empty() {
            commands.push(command.to_owned());
        }
    }
    commands
}

/// A shell that runs `command` from `at` as a user's would.
fn shell(at: &Path, command: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_orderpoint"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec {command}")]).env("PATH", path).current_dir(at);
    shell
}

/// What `command` says on stdout; it must end well, or with exceptions that are said (5).
fn typed(at: &Path, command: &str) -> String {
    let output = shell(at, command).output().unwrap();
    let code = output.status.code();
    let said = text(&output.stdout);
    assert!(matches!(code, Some(0 | 5)), "{command}: {code:?}\n{said}{}", text(&output.stderr));
    said
}

/// What `check` names first at its end, and what it says to write.
fn first_matter(said: &str) -> &str {
    said.split("what matters most").nth(1).and_then(|end| end.split("  2. ").next()).unwrap_or("")
}

/// Order lines of the newest run, and how many of them go to somebody.
struct Ordered {
    lines: usize,
    with_supplier: usize,
}

fn ordered(at: &Path) -> Ordered {
    let lines = Table::published(&at.join("shop/reports"), "recommendations");
    let mut ordered = Ordered { lines: 0, with_supplier: 0 };
    for row in lines.rows.iter().filter(|row| lines.number(row, "quantity") > 0.0) {
        ordered.lines += 1;
        ordered.with_supplier += usize::from(!lines.text(row, "supplier").is_empty());
    }
    ordered
}

#[test]
fn the_first_hour_works_as_typed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut typed_so_far = Vec::new();
    let mut checks = Vec::new();
    let mut orders = Vec::new();
    for command in commands("## The first hour") {
        if command.starts_with("orderpoint serve") {
            served(at, &command);
        } else {
            let said = typed(at, &command);
            if command.starts_with("orderpoint check") {
                checks.push(said);
            } else if command.starts_with("orderpoint run") {
                orders.push(ordered(at));
            }
        }
        typed_so_far.push(command);
    }
    let [sales_alone, with_stock, with_suppliers] = &orders[..] else { panic!("three runs") };
    assert_eq!(sales_alone.lines, 0, "nothing is ordered while the stock is unknown");
    assert!(with_stock.lines > 10 && with_stock.with_supplier == 0, "needs, and nobody to ask");
    assert!(with_suppliers.with_supplier > 10, "draft orders");
    let config = std::fs::read_to_string(at.join("shop/orderpoint.toml")).unwrap();
    assert!(config.contains("\ncurrency = \"EUR\"\n"), "the shop's currency");
    // What is brought next is what was named first.
    let [sales_alone, with_stock, with_suppliers] = &checks[..] else { panic!("{checks:?}") };
    for said in &checks {
        let numbered = said.lines().filter(|line| line.trim_start().starts_with(['1', '2', '3']));
        assert!(numbered.filter(|line| line.contains(" EUR)")).count() == 3, "{said}");
    }
    assert!(first_matter(sales_alone).contains("sku,location,on_hand"), "{sales_alone}");
    assert!(first_matter(with_stock).contains("sku,supplier,lead_time_days"), "{with_stock}");
    assert!(first_matter(with_suppliers).contains("channel_sku,sku"), "{with_suppliers}");
    assert!(with_suppliers.contains("USD = <rate>"), "{with_suppliers}");
    assert!(typed_so_far.last().unwrap().starts_with("orderpoint serve"), "{typed_so_far:?}");
}

/// `serve` prints an address, and the page behind it is the newest run's.
fn served(at: &Path, command: &str) {
    let mut child = shell(at, command).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split("http://").nth(1).expect("an address");
    let (address, token) = url.trim().split_once("/?token=").expect("a token");
    let mut stream = TcpStream::connect(address).unwrap();
    let ask =
        format!("GET /?token={token} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 302") && answer.contains("/runs/"), "{answer}");
}

#[test]
fn the_commands_after_a_morning_in_the_page_work_as_typed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    typed(at, "orderpoint demo");
    let demo = at.join("reports/demo");
    let lines = Table::published(&demo, "recommendations");
    let row = lines.rows.iter().find(|row| lines.number(row, "quantity") > 0.0).unwrap();
    // As the page writes it.
    let decisions = format!(
        "recommendation_id,decision,quantity,until,reason,author,time\r\n\
         {},approved,,,,Ada,2026-03-02T08:00:00Z\r\n",
        lines.text(row, "recommendation_id")
    );
    std::fs::write(demo.join("decisions.csv"), decisions).unwrap();
    let mut place = at.to_owned();
    let mut said = Vec::new();
    for command in commands("### What happens to decisions") {
        match command.strip_prefix("cd ") {
            Some(folder) => place.push(folder),
            None => said.push(typed(&place, &command)),
        }
    }
    assert!(said[0].contains("1 decision kept, 1 to order"), "{said:?}");
    assert!(said.len() >= 4, "{said:?}");
    let approved = lines.text(row, "sku");
    let now = Table::published(&demo, "recommendations");
    for line in now.rows.iter().filter(|line| now.text(line, "sku") == approved) {
        let same = now.text(line, "location") == lines.text(row, "location");
        assert!(!same || now.number(line, "quantity") == 0.0, "{approved} is proposed again");
    }
}
