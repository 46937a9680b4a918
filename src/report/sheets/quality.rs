//! How far the numbers can be trusted: forecast accuracy by class, input files, what was rejected
//! or missing, what changed.

use crate::domain::changes::{ChangedField, Value};
use crate::domain::classes::{AbcClass, cell_name};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::outcome::Accuracy;
use crate::explain::Unit;
use crate::indicators::formulas::ratio;
use crate::report::Report;
use crate::report::sheets::trust::trust;
use crate::report::sheets::{Cell, Sheet, count, figure, link, percent, sheet, words};
use crate::report::wording::{UNKNOWN, grouped, measured, signed, spaced, whole};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Errors of one ABC class.
#[derive(Default)]
struct ClassErrors {
    series: usize,
    mase: Mean,
    rmsse: Mean,
    /// Series that both the chosen and the naive method have an error on.
    compared: usize,
    /// Those on which the chosen method has the smaller one.
    better: usize,
    /// Sums of RMSSE over the compared series.
    chosen: f64,
    naive: f64,
}

/// A mean of known values.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    fn value(&self) -> Option<f64> {
        ratio(self.sum, self.count as f64)
    }
}

impl ClassErrors {
    fn add(&mut self, chosen: &Accuracy, naive: Option<&Accuracy>) {
        // No demand in the tested periods: nothing to be wrong about.
        if !chosen.wape.is_finite() {
            return;
        }
        self.series += 1;
        self.mase.add(chosen.mase);
        self.rmsse.add(chosen.rmsse);
        // A mean over series that one of the two lacks would compare different items.
        if let Some((chosen, naive)) = chosen.rmsse.zip(naive.and_then(|naive| naive.rmsse)) {
            self.compared += 1;
            self.better += usize::from(chosen < naive);
            self.chosen += chosen;
            self.naive += naive;
        }
    }
}

/// C15: one row an ABC class; trust in the proposals; how often each method was chosen.
pub(crate) fn accuracy(report: &Report) -> Vec<Sheet> {
    let mut class_of = vec![None; report.inputs().panel.len()];
    for pool in &report.pools {
        class_of[pool.series.clone()].fill(pool.class.and_then(|c| c.abc));
    }
    let mut classes: BTreeMap<Option<AbcClass>, ClassErrors> = BTreeMap::new();
    let mut methods: BTreeMap<&str, usize> = BTreeMap::new();
    for series in report.outcome().accuracy.chunk_by(|a, b| a.series == b.series) {
        let Some(chosen) = series.iter().find(|a| a.chosen) else { continue };
        *methods.entry(chosen.method).or_default() += 1;
        let naive = series.iter().find(|a| a.method == "naive");
        classes.entry(class_of[chosen.series]).or_default().add(chosen, naive);
    }
    vec![by_class(report, classes), trust(report), methods_chosen(methods)]
}

fn by_class(report: &Report, classes: BTreeMap<Option<AbcClass>, ClassErrors>) -> Sheet {
    let classes: Vec<_> = classes.into_iter().collect();
    sheet("By class", "No series was long enough to test its forecast.", &classes)
        .note(
            "At the lead-time horizon, over the rolling origins of this run. WAPE and bias are \
             weighted by the units of the last year, MASE and RMSSE are means over the series. \
             Below 1 in MASE beats repeating the last season. Value added is judged by squared \
             errors: by absolute ones, zero is the best forecast of whatever sells on less than \
             half of the days.",
        )
        .column("Class", "class", |&(class, _)| words(class.map_or("not classed", AbcClass::name)))
        .column("Series", "", |(_, errors)| figure(whole(errors.series)))
        .column("WAPE", "wape", |&(class, _)| percent(report, &scope(class), "wape"))
        .column("Bias", "bias", |&(class, _)| percent(report, &scope(class), "bias"))
        .column("MASE", "mase", |(_, errors)| plain_ratio(errors.mase.value()))
        .column("RMSSE", "rmsse", |(_, errors)| plain_ratio(errors.rmsse.value()))
        .column("RMSSE naive", "forecast-value-added", |(_, errors)| {
            plain_ratio(ratio(errors.naive, errors.compared as f64))
        })
        // By RMSSE: class C of the sample lost 72 points by WAPE, because zero is the best forecast
        // by absolute errors of what sells on few days, and the naive forecast is mostly zero.
        .column("Value added", "forecast-value-added", |(_, errors)| {
            let added = ratio(100.0 * (errors.naive - errors.chosen), errors.naive);
            figure(added.map_or_else(|| UNKNOWN.to_owned(), |percent| format!("{percent:+.1} %")))
        })
        .column("Better than naive", "forecast-value-added", |(_, errors)| {
            let better = ratio(errors.better as f64 * 100.0, errors.compared as f64);
            figure(measured(better, Unit::Percent))
        })
        .finish()
}

/// Of the indicators of a class.
fn scope(class: Option<AbcClass>) -> String {
    format!("class:{}", cell_name(class, None))
}

fn plain_ratio(value: Option<f64>) -> Cell {
    figure(measured(value, Unit::Ratio))
}

/// Most often chosen first.
fn methods_chosen(methods: BTreeMap<&str, usize>) -> Sheet {
    let mut methods: Vec<_> = methods.into_iter().collect();
    methods.sort_by_key(|&(name, series)| (Reverse(series), name));
    sheet("Methods chosen", "No method was tested.", &methods)
        .note("The method or combination with the smallest error on each series' own past.")
        .column("Method", "method", |&(name, _)| words(name))
        .column("Series", "", |&(_, series)| figure(whole(series)))
        .finish()
}

/// What is missing and what that costs, exceptions by kind, input files, rejected rows by reason.
pub(crate) fn data(report: &Report) -> Vec<Sheet> {
    vec![missing(report), kinds(report), sources(report), rejected(report)]
}

/// Whether a kind says what the input lacks, rather than what is doubtful in it.
fn says_what_is_missing(kind: ExceptionKind) -> bool {
    matches!(
        kind,
        ExceptionKind::MissingTable | ExceptionKind::MasterList | ExceptionKind::UnknownSku
    )
}

/// A16: tables and facts that are not there, one by one, and what the run cannot say without them.
fn missing(report: &Report) -> Sheet {
    let rows: Vec<&Exception> =
        report.exceptions().filter(|e| says_what_is_missing(e.kind)).collect();
    sheet("What is missing, and what that costs", "Nothing is missing.", &rows)
        .note("Give these first: with each of them, estimates become facts.")
        .column("Table", "", |e| words(e.about.to_string()))
        .column("What", "", |e| words(&e.what))
        .column("What it costs", "", |e| words(&e.why))
        .finish()
}

fn sources(report: &Report) -> Sheet {
    sheet("Files read", "No file was read.", &report.inputs().sources)
        .column("Table", "", |s| words(&s.table))
        .column("File", "", |s| words(&s.file))
        .column("Rows", "", |s| figure(grouped(s.rows as f64)))
        .column("Rejected", "quarantine", |s| figure(grouped(s.rejected as f64)))
        .column("Newest date", "", |s| words(s.newest.map_or_else(String::new, |d| d.to_string())))
        .column("How current", "", |s| {
            words(match s.newest.map(|newest| (report.input.as_of - newest).num_days()) {
                None => String::new(),
                // A date typed wrong, or a file of tomorrow.
                Some(..0) => "reaches into the future".to_owned(),
                // The as-of date is the morning after the last day of history.
                Some(0 | 1) => "current".to_owned(),
                Some(days) => format!("{days} days old"),
            })
        })
        .finish()
}

/// Most frequent first.
fn rejected(report: &Report) -> Sheet {
    /// Reasons that fit a page; the list below has every row.
    const REASONS: usize = 50;
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Reason<'a> {
        file: &'a str,
        column: &'a str,
        expected: &'a str,
    }
    let mut rows: BTreeMap<Reason, usize> = BTreeMap::new();
    for row in &report.inputs().quarantine {
        let reason = Reason { file: &row.file, column: &row.column, expected: &row.reason };
        *rows.entry(reason).or_default() += 1;
    }
    // Stable: reasons of the same frequency stay in the order of their names.
    let mut reasons: Vec<_> = rows.into_iter().collect();
    reasons.sort_by_key(|&(_, rows)| Reverse(rows));
    reasons.truncate(REASONS);
    sheet("Rejected rows by reason", "No row was rejected.", &reasons)
        .column("File", "", |(reason, _)| words(reason.file))
        .column("Column", "", |(reason, _)| words(reason.column))
        .column("Expected", "quarantine", |(reason, _)| words(reason.expected))
        .column("Rows", "quarantine", |&(_, rows)| figure(whole(rows)))
        .finish()
}

/// The exceptions of one kind.
pub(crate) struct ExceptionGroup<'a> {
    pub kind: ExceptionKind,
    /// The worst of them.
    pub severity: Severity,
    pub count: usize,
    /// The first of the worst, as an example.
    pub first: &'a Exception,
}

/// One group a kind, worst first.
pub(crate) fn exception_groups<'a>(
    exceptions: impl Iterator<Item = &'a Exception>,
) -> Vec<ExceptionGroup<'a>> {
    let mut groups: BTreeMap<ExceptionKind, ExceptionGroup> = BTreeMap::new();
    for exception in exceptions {
        let Exception { kind, severity, .. } = *exception;
        let group = groups.entry(kind).or_insert(ExceptionGroup {
            kind,
            severity,
            count: 0,
            first: exception,
        });
        group.count += 1;
        if severity > group.severity {
            group.severity = severity;
            group.first = exception;
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse((group.severity, group.count)));
    groups
}

/// One line a kind of trouble, with the list behind it.
fn kinds(report: &Report) -> Sheet {
    let groups = exception_groups(report.exceptions().filter(|e| !says_what_is_missing(e.kind)));
    sheet("What is doubtful, and what it costs", "Nothing is doubtful.", &groups)
        .note("Open a kind for its list below.")
        .column("Kind", "", |g| link(spaced(g.kind.name()), format!("#kind={}", g.kind)))
        .column("Severity", "", |g| words(g.severity.name()))
        .column("How many", "", |g| count(g.count, format!("#kind={}", g.kind)))
        .column("For example", "", |g| words(format!("{}: {}", g.first.about, g.first.what)))
        .column("What it costs", "", |g| words(&g.first.why))
        .finish()
}

/// Changes of one field with one main cause.
#[derive(Default)]
struct Moved {
    lines: usize,
    /// Units to order more or less.
    units: i64,
}

/// What moved, by field and main cause.
pub(crate) fn changes(report: &Report) -> Vec<Sheet> {
    let mut groups: BTreeMap<(ChangedField, &str), Moved> = BTreeMap::new();
    for change in &report.outcome().changes {
        let group = groups.entry((change.field, change.cause.main())).or_default();
        group.lines += 1;
        if let (Value::Units(before), Value::Units(after)) = (&change.before, &change.after) {
            group.units += (*after - *before).count();
        }
    }
    struct Row<'a> {
        field: ChangedField,
        cause: &'a str,
        moved: Moved,
    }
    impl Row<'_> {
        /// Where its lines are listed.
        fn list(&self) -> String {
            format!("#field={}", self.field.name())
        }
    }
    let mut rows: Vec<Row> =
        groups.into_iter().map(|((field, cause), moved)| Row { field, cause, moved }).collect();
    // What is ordered first, then what is urgent, then what moved most often.
    rows.sort_by_key(|row| {
        let ordered = row.field == ChangedField::Quantity;
        let urgent = row.field == ChangedField::Status;
        (Reverse(ordered), Reverse(urgent), Reverse(row.moved.lines))
    });
    vec![
        sheet("By cause", "Nothing changed.", &rows)
            .note(compared(report))
            .column("What", "", |row| link(spaced(row.field.name()), row.list()))
            .column("Main cause", "cause", |row| words(row.cause))
            .column("Lines", "", |row| count(row.moved.lines, row.list()))
            .column("Units to order", "order-quantity", |row| {
                let counted = row.field == ChangedField::Quantity;
                figure(if counted { signed(row.moved.units as f64) } else { String::new() })
            })
            .finish(),
    ]
}

/// With which run, and how many lines kept their quantity because it would hardly have changed
/// (G8).
fn compared(report: &Report) -> String {
    let Some(past) = report.input.history.last() else {
        return "This is the first run, so there is nothing to compare with.".to_owned();
    };
    let damped = report.outcome().recommendations.iter().filter(|r| r.binding == "damping").count();
    let kept = match damped {
        0 => String::new(),
        1 => " 1 order line kept its old quantity because it would have changed too little."
            .to_owned(),
        n => format!(
            " {} order lines kept their old quantity because it would have changed too little.",
            whole(n)
        ),
    };
    format!("Compared with the run of {} ({}).{kept}", past.as_of, past.run_id)
}
