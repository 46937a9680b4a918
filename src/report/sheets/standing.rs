//! What people have said that still holds: rejections, snoozes, overrides, adjustments, with who
//! said it, how long ago, until when and what it does tonight.

use crate::domain::inputs::{Adjustment, AdjustmentKind};
use crate::domain::panel::PoolId;
use crate::domain::units::SkuId;
use crate::report::gathered::{PastDecision, Report};
use crate::report::sheets::sheet::{Cell, Sheet, cut, figure, link, sheet, words};
use crate::report::wording::{UNKNOWN, counted, day, grouped, money, quantity, signed, spaced};
use chrono::NaiveDate;

/// Rows on the page: what a person looks through.
const SHOWN: usize = 200;

/// One thing that holds tonight.
struct Standing<'a> {
    /// `None` where it is of several items.
    sku: Option<SkuId>,
    what: String,
    value: String,
    /// What tonight's plan would be without it, or is with it.
    effect: String,
    since: Option<NaiveDate>,
    until: String,
    reason: &'a str,
    author: &'a str,
    /// The decision that a button takes back; empty for a row of a table.
    take_back: &'a str,
    /// For a row of a table: which to delete.
    row: String,
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
             first. A rejection or snooze that is taken back here is asked again by the next run; \
             a row of overrides or adjustments is taken back by deleting it in its table. {}",
            cut(all.len(), total)
        ))
        .column("SKU", "sku", |s| match s.sku {
            Some(sku) => link(report.sku(sku), report.item_address(sku)),
            None => words("several"),
        })
        .column("What", "", |s| words(&s.what))
        .column("Value", "", |s| figure(&s.value))
        .column("Effect tonight", "", |s| words(&s.effect))
        .column("Age", "age", |s| age(s.since, as_of))
        .column("Until", "", |s| words(&s.until))
        .column("By", "", |s| words(s.author))
        .column("Reason", "reason", |s| words(s.reason))
        .column("Take back", "", |s| match s.take_back {
            "" => words(&s.row),
            id => Cell {
                take_back: id.to_owned(),
                ..words(format!("{} {}", s.sku.map_or("several", |sku| report.sku(sku)), s.what))
            },
        })
        .finish()
}

/// Where a row of `table` stands, and what it is known by.
fn row_of(report: &Report, table: &str, known_by: &[&str]) -> String {
    let source = report.inputs().sources.iter().find(|source| source.table == table);
    let file = source.map_or_else(|| format!("{table}.csv"), |source| source.file.clone());
    let known_by: Vec<&str> = known_by.iter().copied().filter(|word| !word.is_empty()).collect();
    format!("delete its row in {file}: {}", known_by.join(", "))
}

fn age(since: Option<NaiveDate>, as_of: NaiveDate) -> Cell {
    let days = since.and_then(|day| usize::try_from((as_of - day).num_days().max(0)).ok());
    figure(days.map_or_else(|| "not dated".to_owned(), |days| counted(days, "day")))
}

/// The last word on each line, where it keeps the line quiet.
fn decisions<'a>(report: &Report<'a>) -> Vec<Standing<'a>> {
    let as_of = report.input.as_of;
    let mut standing = Vec::new();
    for decision in report.input.decisions {
        let Some(until) = decision.quiet_until else { continue };
        let source = match report.supplier(decision.supplier) {
            "" if decision.from.is_empty() => String::new(),
            "" => format!(", moved from {}", decision.from),
            supplier => format!(", from {supplier}"),
        };
        let open_end = if decision.until.is_none() { " (no day was given)" } else { "" };
        standing.push(Standing {
            sku: Some(decision.sku),
            what: format!(
                "{} at {}{source}",
                decision.decision,
                report.location(decision.location)
            ),
            value: String::new(),
            effect: quieted(report, decision),
            since: Some(decision.decided_on),
            until: format!("{}{open_end}", day(until, as_of)),
            reason: &decision.reason,
            author: &decision.author,
            take_back: &decision.recommendation_id,
            row: String::new(),
        });
    }
    standing
}

/// What is not ordered tonight because of a decision, and what that may cost.
fn quieted(report: &Report, decision: &PastDecision) -> String {
    let pool = PoolId { sku: decision.sku, location: decision.location };
    let of_pool = report.pools_of(decision.sku).iter().find(|p| p.id() == pool);
    let lines = of_pool.map_or(&[][..], |p| p.recommendations);
    let line = lines.iter().find(|line| line.supplier == decision.supplier);
    match line {
        Some(line) if line.need >= 1.0 && line.quantity.is_zero() => format!(
            "{} needed and not ordered, {}{} of margin at risk",
            quantity(line.need),
            money(line.value_at_risk),
            report.currency()
        ),
        Some(_) | None => "nothing is needed tonight".to_owned(),
    }
}

/// The day that ends it, or what it says where none does.
fn until(end: Option<NaiveDate>, as_of: NaiveDate) -> String {
    end.map_or_else(|| "for good".to_owned(), |end| day(end, as_of))
}

fn overrides<'a>(report: &Report<'a>) -> Vec<Standing<'a>> {
    let as_of = report.input.as_of;
    let mut standing = Vec::new();
    for set in report.inputs().overrides.iter().filter(|o| o.is_in_force(as_of)) {
        let place = set.location.map_or(String::new(), |l| format!(" at {}", report.location(l)));
        let of_item = report.pools_of(set.sku).iter();
        let places = of_item.filter(|pool| set.location.is_none_or(|l| l == pool.location)).count();
        standing.push(Standing {
            sku: Some(set.sku),
            what: format!("{} by hand{place}", spaced(set.field.name())),
            value: set.value.to_string(),
            effect: format!("instead of what is reckoned, at {}", counted(places, "location")),
            since: set.date,
            until: until(set.expires, as_of),
            reason: &set.reason,
            author: &set.author,
            take_back: "",
            row: row_of(report, "overrides", &[report.sku(set.sku), set.field.name()]),
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
                what: format!(
                    "forecast{} from {} to {}",
                    of_several(report, made),
                    day(made.from, as_of),
                    day(made.to, as_of)
                ),
                value: match made.kind {
                    AdjustmentKind::Factor(factor) => format!("x {factor}"),
                    AdjustmentKind::Units(units) => format!("{units:+} units"),
                },
                effect: adjusted(report, made),
                since: None,
                until: until(made.expires, as_of),
                reason: &made.reason,
                author: &made.author,
                take_back: "",
                row: row_of(
                    report,
                    "adjustments",
                    &[
                        made.sku.map_or("", |sku| report.sku(sku)),
                        made.category.as_deref().unwrap_or_default(),
                        &made.from.to_string(),
                    ],
                ),
            });
        }
    }
    standing
}

/// How much more or less is forecast for the days of an adjustment.
fn adjusted(report: &Report, made: &Adjustment) -> String {
    let factor = match made.kind {
        AdjustmentKind::Units(units) => return format!("{} forecast", signed(units)),
        // The weeks of an item are those of all its channels together.
        AdjustmentKind::Factor(_) if made.channel.is_some() => return UNKNOWN.to_owned(),
        AdjustmentKind::Factor(factor) if factor > 0.0 => factor,
        AdjustmentKind::Factor(_) => return "nothing is forecast".to_owned(),
    };
    let as_of = report.input.as_of;
    // Days from the as-of date on, the last one exclusive.
    let (first, last) = ((made.from - as_of).num_days(), (made.to - as_of).num_days() + 1);
    let mut forecast = 0.0;
    let pools = match made.sku {
        Some(sku) => report.pools_of(sku),
        None => &report.pools[..],
    };
    let products = &report.inputs().products;
    let concerned = pools.iter().filter(|pool| {
        let category = products.get(pool.sku.index()).map_or("", |product| &product.category);
        made.concerns(pool.sku, category, None, pool.location)
    });
    for picture in concerned.filter_map(|pool| pool.picture) {
        for (week, &mean) in (0..).zip(&picture.mean) {
            let inside = last.min((week + 1) * 7) - first.max(week * 7);
            forecast += f64::from(mean) * inside.max(0) as f64 / 7.0;
        }
    }
    let change = forecast * (1.0 - 1.0 / factor);
    format!("{} of {} units forecast", signed(change), grouped(forecast))
}

/// Of which items an adjustment is that names none; empty for one.
fn of_several(report: &Report, made: &Adjustment) -> String {
    let mut of = match (made.sku, &made.category) {
        (Some(_), _) => return String::new(),
        (None, Some(category)) => format!(" of {category}"),
        (None, None) => " of all items".to_owned(),
    };
    if let Some(channel) = made.channel {
        of += &format!(" in {}", report.inputs().names.channel(channel));
    }
    if let Some(location) = made.location {
        of += &format!(" at {}", report.location(location));
    }
    of
}
