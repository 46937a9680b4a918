//! How far the numbers can be trusted: forecast accuracy by class, input files, what was rejected
//! or missing, what changed.

use crate::domain::changes::{Change, ChangedField, Value};
use crate::domain::classes::{AbcClass, cell_name};
use crate::domain::constraints::Binding;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::outcome::Accuracy;
use crate::domain::units::{Money, Units};
use crate::explain::Unit;
use crate::forecast::evaluate::backtest::POOLED_LEVEL;
use crate::forecast::evaluate::outside::name_beside_ours;
use crate::forecast::methods::MethodName;
use crate::forecast::pooled::adjust::{ADJUSTED, UNADJUSTED};
use crate::indicators::formulas::ratio;
use crate::report::gathered::Report;
use crate::report::sheets::sheet::{Cell, Sheet, count, figure, link, percent, sheet, words};
use crate::report::sheets::trust::trust;
use crate::report::wording::{
    UNKNOWN, amount, counted, fragment, grouped, measured, signed, signed_quantity, spaced, whole,
};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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
    let mut outside: BTreeMap<&str, Competition> = BTreeMap::new();
    let models = report.inputs().outside_models.iter();
    let models: BTreeSet<Cow<str>> = models.map(|model| name_beside_ours(model)).collect();
    for series in report.outcome().accuracy.chunk_by(|a, b| a.series == b.series) {
        compete(&models, series, &mut outside);
        let Some(chosen) = series.iter().find(|a| a.chosen) else { continue };
        *methods.entry(chosen.method).or_default() += 1;
        let naive = series.iter().find(|a| a.method == "naive");
        classes.entry(class_of[chosen.series]).or_default().add(chosen, naive);
    }
    let steps = value_added(report);
    let mut sheets = vec![by_class(report, classes), doubtful(report), steps, trust(report)];
    sheets.push(methods_chosen(methods));
    if report.inputs().has("forecasts") {
        sheets.push(from_elsewhere(outside));
    }
    sheets
}

/// Forecasts that are named as doubtful.
const DOUBTFUL: usize = 20;
/// Half of what is sold is forecast wrongly: an order by it is a guess.
const DOUBTFUL_WAPE: f64 = 0.5;

/// The forecasts to look at before ordering by them: no better than the naive one, or far off to
/// one side; most units wrong first.
fn doubtful(report: &Report) -> Sheet {
    struct Row<'a> {
        chosen: &'a Accuracy,
        why: String,
    }
    let mut rows = Vec::new();
    for series in report.outcome().accuracy.chunk_by(|a, b| a.series == b.series) {
        let Some(chosen) = series.iter().find(|a| a.chosen) else { continue };
        let naive = series.iter().find(|a| a.method == "naive").and_then(|a| a.rmsse);
        let mut why = Vec::new();
        if chosen.rmsse.zip(naive).is_some_and(|(ours, naive)| ours >= naive) {
            why.push("no better than what sold last".to_owned());
        }
        if chosen.bias.abs() > DOUBTFUL_WAPE {
            let side = if chosen.bias > 0.0 { "too much" } else { "too little" };
            why.push(format!("{side} by {:.0} % on the whole", 100.0 * chosen.bias.abs()));
        }
        // Without a unit sold there is no share to be wrong by.
        if !why.is_empty() && chosen.sums.actual > 0.0 {
            rows.push(Row { chosen, why: why.join("; ") });
        }
    }
    rows.sort_by(|a, b| b.chosen.sums.absolute_error.total_cmp(&a.chosen.sums.absolute_error));
    let all = rows.len();
    rows.truncate(DOUBTFUL);
    let more = match all > rows.len() {
        true => format!(" The {} with most units wrong of {}.", rows.len(), whole(all)),
        false => String::new(),
    };
    let lately = "How the forecasts of the last weeks met their sales is told by the backtest.";
    let panel = &report.inputs().panel;
    sheet("Do not trust these forecasts", "Each beats the naive forecast, and none leans.", &rows)
        .note(format!("Look at them before you order by them.{more} {lately}"))
        .column("SKU", "sku", |r| {
            let sku = panel.key(r.chosen.series).sku;
            link(report.sku(sku), report.item_address(sku))
        })
        .column("Name", "sku", |r| words(report.name(panel.key(r.chosen.series).sku)))
        .column("Channel", "channel", |r| words(report.channel(panel.key(r.chosen.series).channel)))
        .column("Location", "location", |r| {
            words(report.location(panel.key(r.chosen.series).location))
        })
        .column("Sold in the test", "wape", |r| figure(grouped(r.chosen.sums.actual)))
        .column("Units wrong", "wape", |r| figure(grouped(r.chosen.sums.absolute_error)))
        .column("Why", "bias", |r| words(&r.why))
        .finish()
}

/// Errors before and after one step on the way from the naive forecast to what is ordered.
struct Step {
    name: &'static str,
    series: usize,
    better: usize,
    before: StepErrors,
    after: StepErrors,
}

#[derive(Default)]
struct StepErrors {
    absolute: f64,
    actual: f64,
    scaled: f64,
}

impl Step {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            series: 0,
            better: 0,
            before: StepErrors::default(),
            after: StepErrors::default(),
        }
    }

    /// Enters one series, where both are known.
    fn add(&mut self, before: Option<&Accuracy>, after: Option<&Accuracy>) {
        let Some((before, after)) = before.zip(after) else { return };
        let Some((was, is)) = before.rmsse.zip(after.rmsse) else { return };
        self.series += 1;
        self.better += usize::from(is < was);
        for (errors, row, scaled) in [(&mut self.before, before, was), (&mut self.after, after, is)]
        {
            errors.absolute += row.sums.absolute_error;
            errors.actual += row.sums.actual;
            errors.scaled += scaled;
        }
    }
}

/// C15: forecast value added, step by step (Gilliland 2010, *The Business Forecasting Deal*,
/// ch. 4).
fn value_added(report: &Report) -> Sheet {
    let mut steps = [
        Step::new("statistical, against naive"),
        Step::new("chosen, against statistical"),
        Step::new("adjusted, against the days unadjusted"),
    ];
    for of_series in report.outcome().accuracy.chunk_by(|a, b| a.series == b.series) {
        let named = |name: &str| of_series.iter().find(|row| row.method == name);
        let own = named(POOLED_LEVEL);
        steps[0].add(named(MethodName::Naive.label()), own);
        // Where the pooled level was chosen, the choice has added nothing and is not counted.
        let chosen = of_series.iter().find(|row| row.chosen && row.method != POOLED_LEVEL);
        steps[1].add(own.filter(|_| chosen.is_some()), chosen);
        steps[2].add(named(UNADJUSTED), named(ADJUSTED));
    }
    let steps: Vec<Step> = steps.into_iter().filter(|step| step.series > 0).collect();
    let edited = match report.now.value("planner_value_added", "all") {
        Some(value) => format!("Edits of quantities were worth {} so far.", amount(value)),
        None => "Edits of quantities cannot be judged yet.".to_owned(),
    };
    sheet("Value added by each step", "No series was long enough to test its forecast.", &steps)
        .note(format!(
            "From the rolling origins of this run: the engine against repeating the last value; \
             own models or those from elsewhere, where they made the forecast, against the \
             engine; planners' adjustments of days that are over against those days as they were \
             forecast. Value added is by RMSSE; below zero the step made it worse. {edited}"
        ))
        .column("Step", "forecast-value-added", |step| words(step.name))
        .column("Series", "", |step| figure(whole(step.series)))
        .column("WAPE before", "wape", |step| share(step.before.absolute, step.before.actual))
        .column("WAPE after", "wape", |step| share(step.after.absolute, step.after.actual))
        .column("Value added", "forecast-value-added", |step| {
            let gained = step.before.scaled - step.after.scaled;
            let added = ratio(100.0 * gained, step.before.scaled);
            figure(added.map_or_else(|| UNKNOWN.to_owned(), |percent| format!("{percent:+.1} %")))
        })
        .column("Better", "forecast-value-added", |step| {
            let better = ratio(100.0 * step.better as f64, step.series as f64);
            figure(measured(better, Unit::Percent))
        })
        .finish()
}

/// How a model from elsewhere stands beside the engine, on the series that it competes on.
#[derive(Default)]
struct Competition {
    series: usize,
    chosen: usize,
    absolute_error: f64,
    actual: f64,
    /// Of the pooled level at its origins.
    own_absolute_error: f64,
    own_actual: f64,
    scaled: Mean,
    own_scaled: Mean,
}

/// Enters the models from elsewhere that were judged on one series.
fn compete<'a>(
    models: &BTreeSet<Cow<str>>,
    of_series: &'a [Accuracy],
    outside: &mut BTreeMap<&'a str, Competition>,
) {
    let Some(own) = of_series.iter().find(|row| row.method == POOLED_LEVEL) else { return };
    for row in of_series {
        if !models.contains(row.method) {
            continue;
        }
        let competition = outside.entry(row.method).or_default();
        competition.series += 1;
        competition.chosen += usize::from(row.chosen);
        competition.absolute_error += row.sums.absolute_error;
        competition.actual += row.sums.actual;
        // Ours over the same series, not over all: another mix of items would be compared.
        competition.own_absolute_error += own.sums.absolute_error;
        competition.own_actual += own.sums.actual;
        competition.scaled.add(row.rmsse);
        competition.own_scaled.add(own.rmsse);
    }
}

/// C8: other models beside ours.
fn from_elsewhere(outside: BTreeMap<&str, Competition>) -> Sheet {
    let models: Vec<_> = outside.into_iter().collect();
    sheet(
        "Forecasts from elsewhere",
        "None of them has past versions to judge it by: they are used as told. Give rows of past \
         periods with made_on, the morning they were made.",
        &models,
    )
    .note(
        "On the series that each was judged on, at the lead-time horizon. It makes the forecast \
         where its squared errors were the smaller ones; otherwise it weighs by the inverse of \
         them, and not at all where they are more than twice ours.",
    )
    .column("Model", "method", |&(name, _)| words(name))
    .column("Series", "", |(_, c)| figure(whole(c.series)))
    .column("Made the forecast", "", |(_, c)| figure(whole(c.chosen)))
    .column("WAPE", "wape", |(_, c)| share(c.absolute_error, c.actual))
    .column("WAPE of ours", "wape", |(_, c)| share(c.own_absolute_error, c.own_actual))
    .column("RMSSE", "rmsse", |(_, c)| plain_ratio(c.scaled.value()))
    .column("RMSSE of ours", "rmsse", |(_, c)| plain_ratio(c.own_scaled.value()))
    .finish()
}

fn share(part: f64, whole: f64) -> Cell {
    figure(measured(ratio(100.0 * part, whole), Unit::Percent))
}

fn by_class(report: &Report, classes: BTreeMap<Option<AbcClass>, ClassErrors>) -> Sheet {
    let classes: Vec<_> = classes.into_iter().collect();
    sheet("By class", "No series was long enough to test its forecast.", &classes)
        .note(format!(
            "{}At the lead-time horizon, over the rolling origins of this run. WAPE and bias are \
             weighted by the units of the last year, MASE and RMSSE are means over the series. \
             Below 1 in MASE beats repeating the last season. Value added is judged by squared \
             errors: by absolute ones, zero is the best forecast of whatever sells on less than \
             half of the days.",
            verdict(&classes)
        ))
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

/// What the errors come to, in a sentence; empty where nothing was tested.
fn verdict(classes: &[(Option<AbcClass>, ClassErrors)]) -> String {
    let mut all = ClassErrors::default();
    for (_, errors) in classes {
        all.compared += errors.compared;
        all.better += errors.better;
        all.chosen += errors.chosen;
        all.naive += errors.naive;
    }
    let Some(added) = ratio(100.0 * (all.naive - all.chosen), all.naive) else {
        return String::new();
    };
    let better = ratio(100.0 * all.better as f64, all.compared as f64).unwrap_or_default();
    let judged = if added >= 0.0 { "smaller" } else { "larger" };
    format!(
        "The forecast's errors are {:.0} % {judged} than those of repeating the last value, and it \
         is the better of the two for {better:.0} % of {} series. ",
        added.abs(),
        whole(all.compared)
    )
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

/// What kind of thing a change is about, in the order that a planner asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// Units to order.
    Orders,
    /// How urgent an item is.
    Urgency,
    /// From whom.
    Suppliers,
    LeadTimes,
    /// Safety stock, reorder point, order-up-to.
    Levels,
    Classes,
    /// Items that are new or gone.
    Items,
    /// What holds for all items.
    Run,
}

impl Topic {
    pub(crate) fn of(field: ChangedField) -> Self {
        match field {
            ChangedField::Quantity => Self::Orders,
            ChangedField::Status => Self::Urgency,
            ChangedField::Supplier => Self::Suppliers,
            ChangedField::LeadTimeMean => Self::LeadTimes,
            ChangedField::SafetyStock
            | ChangedField::ReorderPoint
            | ChangedField::OrderUpTo
            | ChangedField::Method => Self::Levels,
            ChangedField::Abc
            | ChangedField::Xyz
            | ChangedField::Velocity
            | ChangedField::Rationalisation
            | ChangedField::Lifecycle => Self::Classes,
            ChangedField::Pool => Self::Items,
            ChangedField::Program
            | ChangedField::Configuration
            | ChangedField::Learnt
            | ChangedField::Table => Self::Run,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Urgency => "urgency",
            Self::Suppliers => "suppliers",
            Self::LeadTimes => "lead times",
            Self::Levels => "levels",
            Self::Classes => "classes",
            Self::Items => "items new or gone",
            Self::Run => "the run itself",
        }
    }
}

/// What a main cause means, in a sentence.
fn meaning(cause: &str) -> &'static str {
    match cause {
        "reorder point" => "stock fell to the reorder point, or rose above it again",
        "demand" => "more or less is expected to sell, or its error grew or shrank",
        "stock" => "units were sold, received or counted",
        "on order" => "orders were placed, approved, received or cancelled",
        "lead time" => "deliveries take longer or shorter than thought",
        "policy" => "another service target or method",
        "lot" => "another economic lot on top of the reorder point",
        "order rules" => "minimums, packs, price breaks, free freight or the budget",
        "data" => "input tables say something else",
        "code" => "another version of the program",
        "refit" => "seasons, errors and weights were learnt anew",
        "new" => "not in the last run",
        "gone" => "no longer in the data",
        rule => Binding::from_name(rule).map_or("", Binding::meaning),
    }
}

/// Changes of one kind with one main cause.
#[derive(Default)]
struct Moved {
    lines: usize,
    /// Units to order more or less.
    units: Units,
    /// Value of orders, more or less.
    value: Money,
}

/// What moved, most money first, by kind and main cause.
pub(crate) fn changes(report: &Report) -> Vec<Sheet> {
    let mut groups: BTreeMap<(Topic, &str), Moved> = BTreeMap::new();
    for change in report.outcome().changes.iter().filter(|change| !change.is_small()) {
        let group = groups.entry((Topic::of(change.field), change.cause.main())).or_default();
        group.lines += 1;
        group.value += change.value.unwrap_or_default();
        if let (Value::Units(before), Value::Units(after)) = (&change.before, &change.after) {
            group.units += *after - *before;
        }
    }
    struct Row<'a> {
        topic: Topic,
        cause: &'a str,
        moved: Moved,
    }
    impl Row<'_> {
        /// Where its lines are listed.
        fn list(&self) -> String {
            format!("#kind={}&main={}", fragment(self.topic.name()), fragment(self.cause))
        }
    }
    let mut rows: Vec<Row> =
        groups.into_iter().map(|((topic, cause), moved)| Row { topic, cause, moved }).collect();
    // The most money first, whether more is spent or less; then in the order of the kinds, what
    // moved most often first.
    rows.sort_by_key(|row| (Reverse(row.moved.value.abs()), row.topic, Reverse(row.moved.lines)));
    let is_first = report.input.history.is_empty();
    vec![
        sheet("By cause", if is_first { "" } else { "Nothing changed." }, &rows)
            .note(compared(report))
            .column("What", "", |row| link(row.topic.name(), row.list()))
            .column("Main cause", "cause", |row| words(spaced(row.cause)))
            .column("That is", "", |row| words(meaning(row.cause)))
            .column("Lines", "", |row| count(row.moved.lines, row.list()))
            .column("Units to order", "order-quantity", |row| {
                let counted = row.topic == Topic::Orders;
                figure(if counted { signed_quantity(row.moved.units) } else { String::new() })
            })
            .column("Order value", "order-cost", |row| {
                let counted = row.topic == Topic::Orders;
                figure(if counted { signed(row.moved.value.as_f64()) } else { String::new() })
            })
            .finish(),
    ]
}

/// What changed in a sentence: order lines, and what they add to the money to spend.
fn in_short(report: &Report) -> String {
    let orders: Vec<&Change> =
        report.outcome().changes.iter().filter(|c| c.field == ChangedField::Quantity).collect();
    if orders.is_empty() {
        return " No order changed.".to_owned();
    }
    let value: Money = orders.iter().filter_map(|change| change.value).sum();
    format!(
        " {} changed, together {}{}.",
        counted(orders.len(), "order"),
        match signed(value.as_f64()) {
            same if same == "no change" => "for the same money".to_owned(),
            value => value,
        },
        if value == Money::ZERO { String::new() } else { report.currency() }
    )
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
    let small = report.outcome().changes.iter().filter(|change| change.is_small()).count();
    format!(
        "Compared with the run of {} ({}).{}{kept} {} by a unit or two percent, left out here, \
         stand in the table of changes.",
        past.as_of,
        past.run_id,
        in_short(report),
        counted(small, "change")
    )
}
