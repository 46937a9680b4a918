//! How far the numbers can be trusted: forecast accuracy by class, input files, what was rejected or missing, what changed.

use crate::domain::changes::{ChangedField, Value};
use crate::domain::classes::{AbcClass, cell_name};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::outcome::Accuracy;
use crate::explain::Unit;
use crate::indicators::formulas::ratio;
use crate::report::Run;
use crate::report::html::{grouped, measured, signed};
use crate::report::sheets::Cell;
use crate::report::sheets::Sheet;
use crate::report::sheets::count;
use crate::report::sheets::figure;
use crate::report::sheets::link;
use crate::report::sheets::trust::trust;
use crate::report::sheets::words;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Errors of one class that are means over its series.
#[derive(Default)]
struct Mean {
    series: usize,
    mase: (f64, usize),
    rmsse: (f64, usize),
    /// Sums over the series that have both.
    compared: Compared,
}

/// The chosen method beside the naive one.
#[derive(Default)]
struct Compared {
    series: usize,
    better: usize,
    /// RMSSE.
    chosen: f64,
    /// RMSSE.
    naive: f64,
}

/// C15: one row an ABC class.
pub(crate) fn accuracy(run: &Run) -> Vec<Sheet> {
    let mut class_of = vec![None; run.input.inputs.panel.len()];
    for pool in &run.pools {
        class_of[pool.series.clone()].fill(pool.class.and_then(|c| c.abc));
    }
    let mut classes: BTreeMap<Option<AbcClass>, Mean> = BTreeMap::new();
    let mut methods: BTreeMap<&str, usize> = BTreeMap::new();
    for series in run.input.outcome.accuracy.chunk_by(|a, b| a.series == b.series) {
        let Some(chosen) = series.iter().find(|a| a.chosen) else { continue };
        *methods.entry(chosen.method).or_default() += 1;
        let naive = series.iter().find(|a| a.method == "naive");
        add(classes.entry(class_of[chosen.series]).or_default(), chosen, naive);
    }
    let mut methods: Vec<_> = methods.into_iter().collect();
    methods.sort_by_key(|&(name, n)| (Reverse(n), name));
    vec![
        Sheet {
            title: "By class",
            note: "At the lead-time horizon, over the rolling origins of this run. WAPE and bias are weighted by the units of the last year, MASE and RMSSE are means over the series. Below 1 in MASE beats repeating the last season. Value added is judged by squared errors: by absolute ones, zero is the best forecast of whatever sells on less than half of the days.".to_owned(),
            empty: "No series was long enough to test its forecast.",
            head: vec![
                ("Class", "class"),
                ("Series", ""),
                ("WAPE", "wape"),
                ("Bias", "bias"),
                ("MASE", "mase"),
                ("RMSSE", "rmsse"),
                ("RMSSE naive", "forecast-value-added"),
                ("Value added", "forecast-value-added"),
                ("Better than naive", "forecast-value-added"),
            ],
            rows: classes.iter().map(|(class, mean)| class_row(run, *class, mean)).collect(),
        },
        trust(run),
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
    if let Some(naive) = naive.filter(|n| n.rmsse.is_finite() && chosen.rmsse.is_finite()) {
        let both = &mut mean.compared;
        both.series += 1;
        both.better += usize::from(chosen.rmsse < naive.rmsse);
        both.chosen += chosen.rmsse;
        both.naive += naive.rmsse;
    }
}

fn class_row(run: &Run, class: Option<AbcClass>, mean: &Mean) -> Vec<Cell> {
    let weighted = |name: &str| {
        run.now.find(name, &format!("class:{}", cell_name(class, None))).and_then(|i| i.value)
    };
    let plain = |(sum, n): (f64, usize)| measured(ratio(sum, n as f64), Unit::Ratio);
    let both = &mean.compared;
    let added = ratio(100.0 * (both.naive - both.chosen), both.naive);
    vec![
        words(class.map_or("not classed", AbcClass::name)),
        figure(grouped(mean.series as f64)),
        figure(measured(weighted("wape"), Unit::Percent)),
        figure(measured(weighted("bias"), Unit::Percent)),
        figure(plain(mean.mase)),
        figure(plain(mean.rmsse)),
        figure(plain((both.naive, both.series))),
        figure(added.map_or_else(|| "unknown".to_owned(), |percent| format!("{percent:+.1} %"))),
        figure(measured(ratio(both.better as f64 * 100.0, both.series as f64), Unit::Percent)),
    ]
}

/// What is missing and what that costs, exceptions by kind, input files, rejected rows by reason.
pub(crate) fn data(run: &Run) -> Vec<Sheet> {
    vec![missing(run), kinds(run), sources(run), rejected(run)]
}

/// All exceptions of the run, those of the input first.
fn exceptions<'a>(run: &Run<'a>) -> impl Iterator<Item = &'a Exception> {
    run.input.inputs.exceptions.iter().chain(&run.input.outcome.exceptions)
}

/// Kinds that say what the input lacks.
const MISSING: [ExceptionKind; 3] =
    [ExceptionKind::MissingTable, ExceptionKind::MasterList, ExceptionKind::UnknownSku];

/// A16: tables and facts that are not there, one by one, and what the run cannot say without them.
fn missing(run: &Run) -> Sheet {
    let row = |e: &Exception| {
        vec![words(e.about.to_string()), words(e.what.clone()), words(e.why.clone())]
    };
    Sheet {
        title: "What is missing, and what that costs",
        note: "Give these first: each makes more of the numbers facts.".to_owned(),
        empty: "Nothing is missing.",
        head: vec![("Table", ""), ("What", ""), ("What it costs", "")],
        rows: exceptions(run).filter(|e| MISSING.contains(&e.kind)).map(row).collect(),
    }
}

fn sources(run: &Run) -> Sheet {
    let row = |s: &crate::domain::inputs::Source| {
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
    groups.sort_by_key(|&(key, n)| (Reverse(n), key));
    let row = |((file, column, reason), n): ((&str, &str, &str), usize)| {
        vec![words(file), words(column), words(reason), figure(grouped(n as f64))]
    };
    Sheet {
        title: "Rejected rows by reason",
        note: String::new(),
        empty: "No row was rejected.",
        head: vec![
            ("File", ""),
            ("Column", ""),
            ("Expected", "quarantine"),
            ("Rows", "quarantine"),
        ],
        rows: groups.into_iter().take(50).map(row).collect(),
    }
}

/// One line a kind of trouble, worst first, with the list behind it.
fn kinds(run: &Run) -> Sheet {
    let mut groups: BTreeMap<ExceptionKind, (Severity, usize, &Exception)> = BTreeMap::new();
    for e in exceptions(run).filter(|e| !MISSING.contains(&e.kind)) {
        let group = groups.entry(e.kind).or_insert((e.severity, 0, e));
        group.1 += 1;
        if e.severity > group.0 {
            (group.0, group.2) = (e.severity, e);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|&(kind, (severity, n, _))| (Reverse((severity, n)), kind));
    let row = |(kind, (severity, n, e)): (ExceptionKind, (Severity, usize, &Exception))| {
        let address = format!("#kind={kind}");
        vec![
            link(kind.name().replace('-', " "), address.clone()),
            words(severity.name()),
            count(n, address),
            words(format!("{}: {}", e.about, e.what)),
            words(e.why.clone()),
        ]
    };
    Sheet {
        title: "What is doubtful, and what it costs",
        note: "Open a kind for its list below.".to_owned(),
        empty: "Nothing is doubtful.",
        head: vec![
            ("Kind", ""),
            ("Severity", ""),
            ("How many", ""),
            ("For example", ""),
            ("What it costs", ""),
        ],
        rows: groups.into_iter().map(row).collect(),
    }
}

/// Changes of one field with one main cause.
#[derive(Default)]
struct ChangeGroup {
    lines: usize,
    /// Units to order more or less.
    units: i64,
}

/// What moved, by field and main cause.
pub(crate) fn changes(run: &Run) -> Vec<Sheet> {
    let mut groups: BTreeMap<(ChangedField, &str), ChangeGroup> = BTreeMap::new();
    for change in &run.input.outcome.changes {
        let group = groups.entry((change.field, change.cause.main())).or_default();
        group.lines += 1;
        if let (Value::Units(before), Value::Units(after)) = (&change.before, &change.after) {
            group.units += after.count() - before.count();
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|&((field, cause), ref group)| {
        let (order, status) = (field == ChangedField::Quantity, field == ChangedField::Status);
        (Reverse(order), Reverse(status), Reverse(group.lines), field, cause)
    });
    let row = |((field, cause), group): ((ChangedField, &str), ChangeGroup)| {
        let units = match field {
            ChangedField::Quantity => signed(group.units as f64),
            _ => String::new(),
        };
        let address = format!("#field={}", field.name());
        vec![
            link(field.name().replace('_', " "), address.clone()),
            words(cause),
            count(group.lines, address),
            figure(units),
        ]
    };
    vec![Sheet {
        title: "By cause",
        note: compared(run),
        empty: "Nothing changed.",
        head: vec![
            ("What", ""),
            ("Main cause", "cause"),
            ("Lines", ""),
            ("Units to order", "order-quantity"),
        ],
        rows: groups.into_iter().map(row).collect(),
    }]
}

/// With which run, and how many lines kept their quantity because it would hardly have changed (G8).
fn compared(run: &Run) -> String {
    let Some(past) = run.input.history.last() else {
        return "This is the first run, so there is nothing to compare with.".to_owned();
    };
    let damped =
        run.input.outcome.recommendations.iter().filter(|r| r.binding == "damping").count();
    let kept = match damped {
        0 => String::new(),
        1 => " 1 order line kept its old quantity because it would have changed too little."
            .to_owned(),
        n => format!(
            " {} order lines kept their old quantity because it would have changed too little.",
            grouped(n as f64)
        ),
    };
    format!("Compared with the run of {} ({}).{kept}", past.as_of, past.run_id)
}
