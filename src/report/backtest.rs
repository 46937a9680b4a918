//! The page of `backtest`: the forecast beside simple methods at earlier origins, in a sentence, by
//! how far ahead and by class.

use crate::domain::calendar::Bucket;
use crate::domain::error::{Error, Result};
use crate::domain::outcome::BacktestRow;
use crate::forecast::evaluate::backtest::{POOLED_LEVEL, labels};
use crate::report::wording::{counted, whole};
use askama::Template;
use std::collections::BTreeMap;

/// A share that nobody acts on: two methods nearer than this are as good as each other.
const ALIKE: f64 = 0.005;

#[derive(Template)]
#[template(path = "backtest.html", config = "src/report/askama.toml")]
struct BacktestPage {
    conclusion: String,
    methods: Vec<&'static str>,
    ahead: Vec<AheadRow>,
    classes: Vec<ClassRow>,
}

/// One horizon step, all classes together.
struct AheadRow {
    ahead: String,
    series: String,
    /// As the methods stand. `[methods]`
    errors: Vec<String>,
    against: String,
}

/// One class at one horizon step.
struct ClassRow {
    class: String,
    ahead: String,
    series: String,
    wape: String,
    bias: String,
    mase: String,
    rmsse: String,
    simple: &'static str,
    simple_rmsse: String,
    against: String,
}

/// Mean RMSSE of every method over some rows, each weighted by its series. `[methods]`
#[derive(Default)]
struct Errors {
    by_method: BTreeMap<&'static str, Weighted>,
}

#[derive(Default)]
struct Weighted {
    sum: f64,
    series: f64,
}

/// A simple method and its mean RMSSE.
#[derive(Clone, Copy)]
struct Simple {
    method: &'static str,
    rmsse: f64,
}

impl Errors {
    fn of<'r>(rows: impl Iterator<Item = &'r BacktestRow>) -> Self {
        let mut errors = Self::default();
        for row in rows {
            if let Some(rmsse) = row.rmsse {
                let mean = errors.by_method.entry(row.method).or_default();
                mean.sum += rmsse * row.series as f64;
                mean.series += row.series as f64;
            }
        }
        errors
    }

    fn mean(&self, method: &str) -> Option<f64> {
        let mean = self.by_method.get(method)?;
        (mean.series > 0.0).then(|| mean.sum / mean.series)
    }

    /// The best of the simple methods.
    fn simple(&self) -> Option<Simple> {
        labels()
            .into_iter()
            .filter(|&method| method != POOLED_LEVEL)
            .filter_map(|method| Some(Simple { method, rmsse: self.mean(method)? }))
            .min_by(|a, b| a.rmsse.total_cmp(&b.rmsse))
    }

    /// How much smaller the forecast's errors are than those of the best simple method; below 0
    /// where they are larger.
    fn gain(&self) -> Option<f64> {
        let simple = self.simple().filter(|simple| simple.rmsse > 0.0)?;
        Some(1.0 - self.mean(POOLED_LEVEL)? / simple.rmsse)
    }
}

/// The whole page of `rows`, which are those of all channels together; periods are a `bucket` long.
///
/// # Errors
/// [`Error::Internal`] if the page cannot be rendered.
pub(crate) fn render(rows: &[&BacktestRow], bucket: Bucket) -> Result<String> {
    let page = BacktestPage {
        conclusion: conclusion(rows, bucket),
        methods: labels().to_vec(),
        ahead: ahead_rows(rows, bucket),
        classes: class_rows(rows, bucket),
    };
    page.render().map_err(|e| Error::Internal(format!("the page of the backtest: {e}")))
}

/// What it comes to, in two sentences.
pub(crate) fn conclusion(rows: &[&BacktestRow], bucket: Bucket) -> String {
    let all = Errors::of(rows.iter().copied());
    let (Some(simple), Some(gain)) = (all.simple(), all.gain()) else {
        return "Nothing can be said: no series has enough history before an earlier origin (at \
                least two weeks before the last four)."
            .to_owned();
    };
    let last = rows.iter().map(|row| row.to).max().unwrap_or_default();
    let near = rows.iter().filter(|row| row.from == 1 && row.method == POOLED_LEVEL);
    let mut text = format!(
        "Over {}, 1 to {} ahead, the forecast's errors are {} those of the best simple method, \
         {}.",
        counted(near.map(|row| row.series).sum(), "series"),
        counted(last, bucket.name()),
        beside(gain),
        simple.method
    );
    struct Behind<'r> {
        gain: f64,
        class: &'r str,
        method: &'static str,
    }
    let mut behind: Vec<Behind> = Vec::new();
    let mut classes: Vec<&str> = rows.iter().map(|row| row.class.as_str()).collect();
    classes.sort_unstable();
    classes.dedup();
    for class in &classes {
        let of_class = Errors::of(rows.iter().copied().filter(|row| row.class == *class));
        if let (Some(gain), Some(simple)) = (of_class.gain(), of_class.simple())
            && gain < -ALIKE
        {
            behind.push(Behind { gain, class, method: simple.method });
        }
    }
    behind.sort_by(|a, b| a.gain.total_cmp(&b.gain));
    text += &match behind.first() {
        None => " In no class is a simple method better.".to_owned(),
        Some(Behind { gain, class, method }) => format!(
            " In {} of {} a simple method is better, most in {class}: there the errors of \
             {method} are {:.0} % smaller.",
            whole(behind.len()),
            counted(classes.len(), "class"),
            100.0 * (1.0 - 1.0 / (1.0 - gain))
        ),
    };
    text
}

/// `8 % smaller than`, `as large as`, `3 % larger than`.
fn beside(gain: f64) -> String {
    match gain {
        _ if gain.abs() < ALIKE => "as large as".to_owned(),
        _ if gain > 0.0 => format!("{:.0} % smaller than", 100.0 * gain),
        _ => format!("{:.0} % larger than", -100.0 * gain),
    }
}

/// `1 to 7 days`.
fn distance(row: &BacktestRow, bucket: Bucket) -> String {
    match row.from == row.to {
        true => counted(row.to, bucket.name()),
        false => format!("{} to {}", row.from, counted(row.to, bucket.name())),
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"))
}

fn signed_percent(value: Option<f64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| format!("{:+.1} %", 100.0 * value))
}

fn ahead_rows(rows: &[&BacktestRow], bucket: Bucket) -> Vec<AheadRow> {
    let mut steps: Vec<&BacktestRow> = Vec::new();
    for row in rows {
        if !steps.iter().any(|step| step.from == row.from) {
            steps.push(row);
        }
    }
    steps.sort_by_key(|step| step.from);
    let mut ahead = Vec::with_capacity(steps.len());
    for step in steps {
        let of_step: Vec<&BacktestRow> =
            rows.iter().copied().filter(|row| row.from == step.from).collect();
        let errors = Errors::of(of_step.iter().copied());
        let own = of_step.iter().filter(|row| row.method == POOLED_LEVEL);
        ahead.push(AheadRow {
            ahead: distance(step, bucket),
            series: whole(own.map(|row| row.series).sum()),
            errors: labels().iter().map(|method| ratio(errors.mean(method))).collect(),
            against: signed_percent(errors.gain()),
        });
    }
    ahead
}

fn class_rows(rows: &[&BacktestRow], bucket: Bucket) -> Vec<ClassRow> {
    let mut classes = Vec::new();
    for own in rows.iter().filter(|row| row.method == POOLED_LEVEL) {
        let same = rows.iter().filter(|row| row.class == own.class && row.from == own.from);
        let errors = Errors::of(same.copied());
        let simple = errors.simple();
        classes.push(ClassRow {
            class: own.class.clone(),
            ahead: distance(own, bucket),
            series: whole(own.series),
            wape: format!("{:.1} %", 100.0 * own.wape),
            bias: signed_percent(Some(own.bias)),
            mase: ratio(own.mase),
            rmsse: ratio(own.rmsse),
            simple: simple.map_or("", |simple| simple.method),
            simple_rmsse: ratio(simple.map(|simple| simple.rmsse)),
            against: signed_percent(errors.gain()),
        });
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(class: &str, method: &'static str, from: usize, rmsse: f64) -> BacktestRow {
        BacktestRow {
            class: class.to_owned(),
            channel: None,
            from,
            to: from + 6,
            method,
            series: 10,
            wape: 0.5,
            bias: 0.01,
            mase: Some(rmsse),
            rmsse: Some(rmsse),
            pinball: None,
        }
    }

    #[test]
    fn the_conclusion_names_the_best_simple_method_and_the_class_that_it_is_better_in() {
        let [naive, _, mean, own] = labels();
        let rows = [
            row("A", naive, 1, 1.0),
            row("A", mean, 1, 0.8),
            row("A", own, 1, 0.6),
            row("B", naive, 1, 0.5),
            row("B", mean, 1, 0.9),
            row("B", own, 1, 0.625),
        ];
        let rows: Vec<&BacktestRow> = rows.iter().collect();
        // Means of 0.75, 0.85 and 0.6125: 18 % below the best of the simple ones.
        let told = conclusion(&rows, Bucket::Day);
        assert_eq!(
            told,
            "Over 20 series, 1 to 7 days ahead, the forecast's errors are 18 % smaller than \
             those of the best simple method, naive. In 1 of 2 classes a simple method is \
             better, most in B: there the errors of naive are 20 % smaller."
        );
        let page = render(&rows, Bucket::Day).unwrap();
        assert!(page.contains(&told.replace('\'', "&#39;")), "{page}");
        assert!(page.contains("1 to 7 days") && page.contains("-25.0 %"), "{page}");
        assert!(conclusion(&[], Bucket::Week).starts_with("Nothing can be said"));
    }
}
