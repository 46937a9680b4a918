//! How far the numbers can be trusted: forecast accuracy by class, input files, what was rejected or missing, what changed.

use super::{Cell, Sheet, figure, words};
use crate::indicators::formulas::ratio;
use crate::outcome::Accuracy;
use crate::report::Run;
use crate::report::html::{grouped, measured};
use std::collections::BTreeMap;

/// Errors of one class that are means over its series.
#[derive(Default)]
struct Mean {
    series: usize,
    mase: (f64, usize),
    rmsse: (f64, usize),
    compared: usize,
    better: usize,
}

/// C15: one row an ABC class.
pub(in crate::report) fn accuracy(run: &Run) -> Vec<Sheet> {
    let mut class_of = vec!['-'; run.input.inputs.panel.len()];
    for pool in &run.pools {
        class_of[pool.series.clone()].fill(pool.class.and_then(|c| c.abc).unwrap_or('-'));
    }
    let mut classes: BTreeMap<char, Mean> = BTreeMap::new();
    let mut methods: BTreeMap<&str, usize> = BTreeMap::new();
    for series in run.input.outcome.accuracy.chunk_by(|a, b| a.series == b.series) {
        let Some(chosen) = series.iter().find(|a| a.chosen) else { continue };
        *methods.entry(&chosen.method).or_default() += 1;
        let naive = series.iter().find(|a| a.method == "naive");
        add(classes.entry(class_of[chosen.series]).or_default(), chosen, naive);
    }
    let mut methods: Vec<_> = methods.into_iter().collect();
    methods.sort_by_key(|&(name, n)| (std::cmp::Reverse(n), name));
    vec![
        Sheet {
            title: "By class",
            note: "At the lead-time horizon, over the rolling origins of this run. WAPE and bias are weighted by the units of the last year, MASE and RMSSE are means over the series. Below 1 in MASE beats repeating the last season.".to_owned(),
            empty: "No series was long enough to test its forecast.",
            head: vec![
                ("Class", "class"),
                ("Series", ""),
                ("WAPE", "wape"),
                ("WAPE naive", "forecast-value-added"),
                ("Value added", "forecast-value-added"),
                ("Better than naive", "forecast-value-added"),
                ("Bias", "bias"),
                ("MASE", "mase"),
                ("RMSSE", "rmsse"),
            ],
            rows: classes.iter().map(|(class, mean)| class_row(run, *class, mean)).collect(),
        },
        Sheet {
            title: "Methods chosen",
            note: "The method or combination with the smallest error on each series' own past.".to_owned(),
            empty: "No method was tested.",
            head: vec![("Method", "method"), ("Series", "")],
            rows: methods.into_iter().map(|(name, n)| vec![words(name), figure(grouped(n as f64))]).collect(),
        },
    ]
}

fn add(mean: &mut Mean, chosen: &Accuracy, naive: Option<&Accuracy>) {
    if !chosen.wape.is_finite() {
        return;
    }
    mean.series += 1;
    for (sum, value) in [(&mut mean.mase, chosen.mase), (&mut mean.rmsse, chosen.rmsse)] {
        if value.is_finite() {
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    if let Some(naive) = naive.filter(|n| n.wape.is_finite()) {
        mean.compared += 1;
        mean.better += usize::from(chosen.wape < naive.wape);
    }
}

fn class_row(run: &Run, class: char, mean: &Mean) -> Vec<Cell> {
    let weighted = |name: &str| run.now.find(name, &format!("class:{class}")).and_then(|i| i.value);
    let (wape, naive) = (weighted("wape"), weighted("wape_naive"));
    let plain = |(sum, n): (f64, usize)| measured(ratio(sum, n as f64), "ratio");
    vec![
        words(if class == '-' { "not classed".to_owned() } else { class.to_string() }),
        figure(grouped(mean.series as f64)),
        figure(measured(wape, "percent")),
        figure(measured(naive, "percent")),
        figure(naive.zip(wape).map_or_else(|| "unknown".to_owned(), |(naive, wape)| format!("{:+.1} points", naive - wape))),
        figure(measured(ratio(mean.better as f64 * 100.0, mean.compared as f64), "percent")),
        figure(measured(weighted("bias"), "percent")),
        figure(plain(mean.mase)),
        figure(plain(mean.rmsse)),
    ]
}

/// Input files, rejected rows by reason, exceptions by kind.
pub(in crate::report) fn data(run: &Run) -> Vec<Sheet> {
    vec![sources(run), rejected(run), kinds(run)]
}

fn sources(run: &Run) -> Sheet {
    let row = |s: &crate::inputs::Source| {
        let stale = s.newest.map(|d| (run.input.as_of - d).num_days());
        let age = match stale {
            None => String::new(),
            Some(days @ ..=0) if days < 0 => "reaches into the future".to_owned(),
            Some(0 | 1) => "current".to_owned(),
            Some(days) => format!("{days} days old"),
        };
        vec![
            words(s.table.clone()),
            words(s.file.clone()),
            figure(grouped(s.rows as f64)),
            figure(grouped(s.rejected as f64)),
            words(s.newest.map_or_else(String::new, |d| d.to_string())),
            words(age),
        ]
    };
    Sheet {
        title: "Files read",
        note: String::new(),
        empty: "No file was read.",
        head: vec![
            ("Table", ""),
            ("File", ""),
            ("Rows", ""),
            ("Rejected", "quarantine"),
            ("Newest date", ""),
            ("How current", ""),
        ],
        rows: run.input.inputs.sources.iter().map(row).collect(),
    }
}

fn rejected(run: &Run) -> Sheet {
    let mut groups: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for q in &run.input.inputs.quarantine {
        *groups.entry((&q.file, &q.column, &q.reason)).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|&(key, n)| (std::cmp::Reverse(n), key));
    let row = |((file, column, reason), n): ((&str, &str, &str), usize)| {
        vec![words(file), words(column), words(reason), figure(grouped(n as f64))]
    };
    Sheet {
        title: "Rejected rows by reason",
        note: String::new(),
        empty: "No row was rejected.",
        head: vec![("File", ""), ("Column", ""), ("Expected", "quarantine"), ("Rows", "quarantine")],
        rows: groups.into_iter().take(50).map(row).collect(),
    }
}

fn kinds(run: &Run) -> Sheet {
    let all = run.input.inputs.exceptions.iter().chain(&run.input.outcome.exceptions);
    let mut groups: BTreeMap<(std::cmp::Reverse<crate::error::Severity>, &str), (usize, &str)> = BTreeMap::new();
    for e in all {
        groups.entry((std::cmp::Reverse(e.severity), e.kind)).or_insert((0, &e.why)).0 += 1;
    }
    let row = |((severity, kind), (n, why)): ((std::cmp::Reverse<crate::error::Severity>, &str), (usize, &str))| {
        vec![words(severity.0.name()), words(kind), figure(grouped(n as f64)), words(why)]
    };
    Sheet {
        title: "What is missing or doubtful, and what it costs",
        note: String::new(),
        empty: "Nothing is missing or doubtful.",
        head: vec![("Severity", ""), ("Kind", ""), ("How many", ""), ("For example", "")],
        rows: groups.into_iter().map(row).collect(),
    }
}

/// How much of what changed has which cause.
pub(in crate::report) fn changes(run: &Run) -> Vec<Sheet> {
    let mut groups: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for change in &run.input.outcome.changes {
        *groups.entry((&change.cause, change.field)).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|&(key, n)| (std::cmp::Reverse(n), key));
    let row = |((cause, field), n): ((&str, &str), usize)| vec![words(cause), words(field), figure(grouped(n as f64))];
    vec![Sheet {
        title: "By cause",
        note: run.input.history.last().map_or_else(
            || "This is the first run, so there is nothing to compare with.".to_owned(),
            |past| format!("Compared with the run of {} ({}).", past.as_of, past.run_id),
        ),
        empty: "Nothing changed.",
        head: vec![("Cause", "cause"), ("What", ""), ("Lines", "")],
        rows: groups.into_iter().map(row).collect(),
    }]
}
