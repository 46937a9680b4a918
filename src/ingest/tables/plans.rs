//! Plans and decisions: events, promotions, prices, forecasts from elsewhere, signals, adjustments,
//! overrides and accounts.

use crate::domain::calendar::Bucket;
use crate::domain::error::did_you_mean;
use crate::domain::inputs::{
    Account, Adjustment, AdjustmentKind, Event, OutsideForecast, Override, OverrideField, Price,
    Promotion, Signal,
};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::tables::convert::Convert;
use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use std::collections::BTreeSet;

fn named(text: &str) -> Option<String> {
    Some(text).filter(|t| !t.is_empty()).map(str::to_owned)
}

/// The interval of two date columns; the row is rejected when it ends before it starts.
fn interval(
    row: &Row<'_>,
    columns: (&str, &str),
    convert: &mut Convert<'_>,
) -> Option<(NaiveDate, NaiveDate)> {
    let start = row.date(columns.0)?;
    // Without an end it is a single day.
    let end = row.date(columns.1).unwrap_or(start);
    if end < start {
        convert.reject(row, columns.1, format!("before {}", columns.0))
    } else {
        Some((start, end))
    }
}

/// Whether a column that may name an item names one that takes no part.
fn is_for_others(row: &Row<'_>, convert: &Convert<'_>) -> bool {
    // A row for an item that takes no part would otherwise hold for every item.
    !row.text("sku").is_empty() && convert.codes.item(row, "sku").is_none()
}

/// Calendar events, sorted by (start, event).
pub(crate) fn events(table: &Table, convert: &mut Convert<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for row in table.rows().filter(|row| !is_for_others(row, convert)).collect::<Vec<_>>() {
        let Some((start, end)) = interval(&row, ("date", "end_date"), convert) else { continue };
        events.push(Event {
            start,
            end,
            event: row.text("event").to_owned(),
            channel: convert.codes.channel(row.text("channel")),
            category: named(row.text("category")),
            sku: convert.codes.item(&row, "sku").map(|(sku, _)| sku),
        });
    }
    events.sort_by(|a, b| {
        (a.start, &a.event, a.end, a.channel, &a.category, a.sku).cmp(&(
            b.start,
            &b.event,
            b.end,
            b.channel,
            &b.category,
            b.sku,
        ))
    });
    events.dedup();
    events
}

/// Promotions, sorted by (start, sku, category).
pub(crate) fn promotions(table: &Table, convert: &mut Convert<'_>) -> Vec<Promotion> {
    let mut rows = Vec::new();
    for row in table.rows().filter(|row| !is_for_others(row, convert)).collect::<Vec<_>>() {
        let Some((start, end)) = interval(&row, ("start", "end"), convert) else { continue };
        let promotion = Promotion {
            start,
            end,
            sku: convert.codes.item(&row, "sku").map(|(sku, _)| sku),
            category: named(row.text("category")),
            channel: convert.codes.channel(row.text("channel")),
            location: convert.codes.location(row.text("location")),
            kind: row.text("kind").to_owned(),
            discount: row.number("discount"),
            expected_uplift: row.number("expected_uplift"),
        };
        rows.push((
            (
                start,
                promotion.sku,
                promotion.category.clone(),
                promotion.channel,
                promotion.location,
                end,
                promotion.kind.clone(),
            ),
            row.place(),
            promotion,
        ));
    }
    convert.distinct(rows, "start").into_iter().map(|(_, promotion)| promotion).collect()
}

/// Prices, sorted by (sku, channel, from).
pub(crate) fn prices(table: &Table, convert: &mut Convert<'_>) -> Vec<Price> {
    let mut rows = Vec::new();
    for row in table.rows() {
        let Some((sku, _)) = convert.codes.item(&row, "sku") else { continue };
        let (Some(from), Some(unit_price)) = (row.date("from"), row.number("unit_price")) else {
            continue;
        };
        let channel = convert.codes.channel(row.text("channel"));
        rows.push(((sku, channel, from), row.place(), Price { sku, channel, from, unit_price }));
    }
    convert.distinct(rows, "from").into_iter().map(|(_, price)| price).collect()
}

/// Changes to the forecast, sorted by (sku, channel, from), those of no single item first.
pub(crate) fn adjustments(table: &Table, convert: &mut Convert<'_>) -> Vec<Adjustment> {
    let mut rows = Vec::new();
    for row in table.rows().filter(|row| !is_for_others(row, convert)).collect::<Vec<_>>() {
        let sku = convert.codes.item(&row, "sku").map(|(sku, _)| sku);
        let category = named(row.text("category"));
        let Some((from, to)) = interval(&row, ("from", "to"), convert) else { continue };
        let kind = match (row.number("factor"), row.number("units")) {
            (Some(factor), None) => AdjustmentKind::Factor(factor),
            (None, Some(units)) => AdjustmentKind::Units(units),
            _ => {
                convert.reject::<()>(&row, "factor", "expected either factor or units");
                continue;
            }
        };
        let channel = convert.codes.channel(row.text("channel"));
        let location = convert.codes.location(row.text("location"));
        let adjustment = Adjustment {
            sku,
            category: category.clone(),
            channel,
            location,
            from,
            to,
            kind,
            reason: row.text("reason").to_owned(),
            author: row.text("author").to_owned(),
            expires: row.date("expires"),
        };
        let author = adjustment.author.clone();
        let key = (sku, channel, from, to, author, category, location);
        rows.push((key, row.place(), adjustment));
    }
    convert.distinct(rows, "from").into_iter().map(|(_, adjustment)| adjustment).collect()
}

/// The name of a model that gives none.
const NAMELESS_MODEL: &str = "elsewhere";

/// Columns of the quantiles, ascending.
const QUANTILE_COLUMNS: [&str; 8] = ["q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99"];

/// What other models expect.
#[derive(Default)]
pub(crate) struct OutsideForecasts {
    /// Sorted by (sku, channel, location, model, start, made on).
    pub rows: Vec<OutsideForecast>,
    /// Sorted.
    pub models: Vec<String>,
}

/// Forecasts from elsewhere that were made by the as-of date.
///
/// - `bucket`: the length of a period that stands alone.
pub(crate) fn outside_forecasts(
    table: &Table,
    bucket: Bucket,
    convert: &mut Convert<'_>,
) -> OutsideForecasts {
    let names = |row: &Row<'_>| {
        let model = row.text("model");
        if model.is_empty() { NAMELESS_MODEL.to_owned() } else { model.to_owned() }
    };
    let models: BTreeSet<String> = table.rows().map(|row| names(&row)).collect();
    let models: Vec<String> = models.into_iter().collect();
    let mut rows = Vec::new();
    let mut future = 0;
    for row in table.rows() {
        let Some((sku, factor)) = convert.codes.item(&row, "sku") else { continue };
        let (Some(start), Some(mean)) = (row.date("period_start"), row.number("mean")) else {
            continue;
        };
        let made_on = row.date("made_on");
        if made_on.is_some_and(|day| day > convert.as_of) {
            future += 1;
            continue;
        }
        let mut quantiles = [f32::NAN; 8];
        let mut highest = 0.0;
        let mut falls: Option<&str> = None;
        for (quantile, column) in quantiles.iter_mut().zip(QUANTILE_COLUMNS) {
            let Some(units) = row.number(column) else { continue };
            if units < highest && falls.is_none() {
                falls = Some(column);
            } else if falls.is_none() {
                highest = units;
            }
            *quantile = (units * factor) as f32;
        }
        if let Some(column) = falls {
            let reason = format!("below a lower quantile ({highest}): quantiles never fall");
            convert.reject::<()>(&row, column, reason);
            continue;
        }
        let channel = convert.codes.channel(row.text("channel"));
        let location = convert.codes.location(row.text("location"));
        let model = models.binary_search(&names(&row)).expect("its name was collected");
        let forecast = OutsideForecast {
            sku,
            channel,
            location,
            model,
            start,
            end: start,
            made_on,
            mean: mean * factor,
            quantiles,
        };
        rows.push(((sku, channel, location, model, start, made_on), row.place(), forecast));
    }
    convert.report_future(table, future);
    let distinct = convert.distinct(rows, "period_start");
    let mut rows: Vec<OutsideForecast> = distinct.into_iter().map(|(_, row)| row).collect();
    for of_series in rows.chunk_by_mut(|a, b| a.sku == b.sku && a.is_beside(b)) {
        set_ends(of_series, bucket);
    }
    OutsideForecasts { rows, models }
}

/// Sets where each period ends: at the next one, where it follows as closely as they do.
fn set_ends(rows: &mut [OutsideForecast], bucket: Bucket) {
    let mut starts: Vec<NaiveDate> = rows.iter().map(|row| row.start).collect();
    starts.dedup();
    let gaps = starts.windows(2).map(|pair| (pair[1] - pair[0]).num_days());
    // One row alone does not say how long its period is: it is taken for one of ours.
    let least = gaps.min().unwrap_or(match bucket {
        Bucket::Day => 1,
        Bucket::Week => 7,
        Bucket::Month => 28,
    });
    for row in rows {
        let alone = match least {
            // February is the shortest month.
            28..=31 if row.start.day() == 1 => row.start + Months::new(1),
            days => row.start + TimeDelta::days(days),
        };
        let after = starts.partition_point(|start| *start <= row.start);
        row.end = starts.get(after).map_or(alone, |next| alone.min(*next));
    }
}

/// What moves demand from outside, sorted by (signal, sku, category, channel, location, date).
pub(crate) fn signals(table: &Table, convert: &mut Convert<'_>) -> Vec<Signal> {
    let mut rows = Vec::new();
    for row in table.rows().filter(|row| !is_for_others(row, convert)).collect::<Vec<_>>() {
        let (Some(date), Some(value)) = (row.date("date"), row.number("value")) else { continue };
        if row.text("signal").is_empty() {
            continue;
        }
        let signal = Signal {
            signal: row.text("signal").to_owned(),
            sku: convert.codes.item(&row, "sku").map(|(sku, _)| sku),
            category: named(row.text("category")),
            channel: convert.codes.channel(row.text("channel")),
            location: convert.codes.location(row.text("location")),
            date,
            value,
        };
        let key = (
            signal.signal.clone(),
            signal.sku,
            signal.category.clone(),
            signal.channel,
            signal.location,
            date,
        );
        rows.push((key, row.place(), signal));
    }
    convert.distinct(rows, "date").into_iter().map(|(_, signal)| signal).collect()
}

/// Replaced values known on the as-of date, sorted by (sku, location, field): of several, the
/// newest.
pub(crate) fn overrides(table: &Table, convert: &mut Convert<'_>) -> Vec<Override> {
    let mut overrides = Vec::new();
    let mut future = 0;
    for row in table.rows() {
        let (Some((sku, _)), Some(value)) = (convert.codes.item(&row, "sku"), row.number("value"))
        else {
            continue;
        };
        let name = row.text("field");
        let Some(field) = OverrideField::from_name(name) else {
            let hint = did_you_mean(name, OverrideField::NAMES.iter().copied());
            let fields = OverrideField::NAMES.join(", ");
            let reason = format!("not a value that can be set by hand: {fields}{hint}");
            convert.reject::<()>(&row, "field", reason);
            continue;
        };
        // The same bound as in the table supply: the walk over order days ends there.
        if name == "lead_time_days" && value > 3650.0 {
            convert.reject::<()>(&row, "value", "expected a lead time of 0 to 3650 days");
            continue;
        }
        let date = row.date("date");
        if date.is_some_and(|d| d > convert.as_of) {
            future += 1;
            continue;
        }
        overrides.push(Override {
            sku,
            location: convert.codes.location(row.text("location")),
            field,
            value,
            reason: row.text("reason").to_owned(),
            author: row.text("author").to_owned(),
            date,
            expires: row.date("expires"),
        });
    }
    convert.report_future(table, future);
    overrides.sort_by(|a, b| {
        (a.sku, a.location, a.field.name())
            .cmp(&(b.sku, b.location, b.field.name()))
            .then(b.date.cmp(&a.date))
            .then(a.value.total_cmp(&b.value))
            .then(a.author.cmp(&b.author))
    });
    // The newest of several holds; it is sorted first.
    overrides.dedup_by(|next, first| {
        (next.sku, next.location, next.field) == (first.sku, first.location, first.field)
    });
    overrides
}

/// Book-keeping periods that ended before the as-of date, sorted by start.
pub(crate) fn accounts(table: &Table, convert: &mut Convert<'_>) -> Vec<Account> {
    let mut rows = Vec::new();
    let mut future = 0;
    for row in table.rows() {
        let Some((period_start, period_end)) =
            interval(&row, ("period_start", "period_end"), convert)
        else {
            continue;
        };
        // The books of a period that is not over are not closed.
        if period_end >= convert.as_of {
            future += 1;
            continue;
        }
        let account = Account {
            period_start,
            period_end,
            receivables: row.money("receivables"),
            payables: row.money("payables"),
            revenue: row.money("revenue"),
            cogs: row.money("cogs"),
            holding_cost: row.money("holding_cost"),
        };
        rows.push(((period_start, period_end), row.place(), account));
    }
    convert.report_future(table, future);
    convert.distinct(rows, "period_start").into_iter().map(|(_, account)| account).collect()
}
