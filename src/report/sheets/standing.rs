//! What people have said that still holds: rejections, snoozes, overrides, adjustments, with who
//! said it, how long ago and until when.

use crate::domain::inputs::AdjustmentKind;
use crate::domain::panel::PoolId;
use crate::domain::units::SkuId;
use crate::report::sheets::{Cell, Sheet, cut, figure, link, sheet, words};
use crate::report::wording::{UNKNOWN, date, spaced};
use crate::report::{PastDecision, Report};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Rows on the page: what a person looks through.
const SHOWN: usize = 200;

/// One thing that holds tonight.
struct Standing<'a> {
    sku: SkuId,
    what: String,
    value: String,
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
    reason: &'a str,
    author: &'a str,
}

/// Oldest first: what was said longest ago is least likely to be true still.
pub(crate) fn standing(report: &Report) -> Sheet {
    let mut all = decisions(report);
    all.extend(overrides(report));
    all.extend(adjustments(report));
    // Of unknown age first: nobody remembers them.
    all.sort_by(|a, b| (a.since, a.sku, &a.what).cmp(&(b.since, b.sku, &b.what)));
    let total = all.len();
    all.truncate(SHOWN);
    let as_of = report.input.as_of;
    sheet("What stands", "Nobody has set anything aside or by hand.", &all)
        .note(format!(
            "Rejections, snoozes, overrides and adjustments that hold this morning, the oldest \
             first. A snooze or rejection ends on its day or when the line is decided anew; rows \
             of overrides and adjustments are taken back in their tables. {}",
            cut(all.len(), total)
        ))
        .column("SKU", "sku", |s| link(report.sku(s.sku), report.item_address(s.sku)))
        .column("What", "", |s| words(&s.what))
        .column("Value", "", |s| figure(&s.value))
        .column("Age", "age", |s| age(s.since, as_of))
        .column("Until", "", |s| words(s.until.map_or_else(|| "for good".to_owned(), date)))
        .column("By", "", |s| words(s.author))
        .column("Reason", "reason", |s| words(s.reason))
        .finish()
}

fn age(since: Option<NaiveDate>, as_of: NaiveDate) -> Cell {
    let days = since.map(|day| (as_of - day).num_days().max(0));
    figure(days.map_or_else(|| UNKNOWN.to_owned(), |days| format!("{days} days")))
}

/// The last word on each pool, where it keeps the pool quiet.
fn decisions<'a>(report: &Report<'a>) -> Vec<Standing<'a>> {
    let mut last: BTreeMap<PoolId, &PastDecision> = BTreeMap::new();
    for decision in report.input.decisions {
        // Sorted by time within a pool: later ones replace earlier ones.
        last.insert(PoolId { sku: decision.sku, location: decision.location }, decision);
    }
    let as_of = report.input.as_of;
    let mut standing = Vec::new();
    for decision in last.into_values() {
        let quiet = matches!(decision.decision.as_str(), "rejected" | "snoozed");
        if quiet && decision.until.is_none_or(|day| as_of < day) {
            standing.push(Standing {
                sku: decision.sku,
                what: format!("{} at {}", decision.decision, report.location(decision.location)),
                value: String::new(),
                since: decision.time.get(..10).and_then(|day| day.parse().ok()),
                until: decision.until,
                reason: &decision.reason,
                author: &decision.author,
            });
        }
    }
    standing
}

fn overrides<'a>(report: &Report<'a>) -> Vec<Standing<'a>> {
    let as_of = report.input.as_of;
    let mut standing = Vec::new();
    for set in report.inputs().overrides.iter().filter(|o| o.is_in_force(as_of)) {
        let place = set.location.map_or(String::new(), |l| format!(" at {}", report.location(l)));
        standing.push(Standing {
            sku: set.sku,
            what: format!("{} by hand{place}", spaced(set.field.name())),
            value: set.value.to_string(),
            since: set.date,
            until: set.expires,
            reason: &set.reason,
            author: &set.author,
        });
    }
    standing
}

fn adjustments<'a>(report: &Report<'a>) -> Vec<Standing<'a>> {
    let as_of = report.input.as_of;
    let mut standing = Vec::new();
    for made in report.inputs().adjustments.iter() {
        let in_force = made.to >= as_of && made.expires.is_none_or(|day| as_of < day);
        if in_force {
            standing.push(Standing {
                sku: made.sku,
                what: format!("forecast from {} to {}", date(made.from), date(made.to)),
                value: match made.kind {
                    AdjustmentKind::Factor(factor) => format!("x {factor}"),
                    AdjustmentKind::Units(units) => format!("{units:+} units"),
                },
                since: None,
                until: made.expires,
                reason: &made.reason,
                author: &made.author,
            });
        }
    }
    standing
}
