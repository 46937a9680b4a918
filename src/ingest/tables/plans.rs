//! Plans and decisions: events, promotions, prices, adjustments, overrides and accounts.

use crate::domain::error::did_you_mean;
use crate::domain::inputs::{
    Account, Adjustment, AdjustmentKind, Event, Override, OverrideField, Price, Promotion,
};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::tables::convert::Convert;
use chrono::NaiveDate;

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
    let end = row.date(columns.1).unwrap_or(start);
    if end < start {
        convert.reject(row, columns.1, format!("before {}", columns.0))
    } else {
        Some((start, end))
    }
}

/// Whether a column that may name an item names one that takes no part.
fn is_for_others(row: &Row<'_>, convert: &Convert<'_>) -> bool {
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

/// Changes to the forecast, sorted by (sku, channel, from).
pub(crate) fn adjustments(table: &Table, convert: &mut Convert<'_>) -> Vec<Adjustment> {
    let mut rows = Vec::new();
    for row in table.rows() {
        let Some((sku, _)) = convert.codes.item(&row, "sku") else { continue };
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
        let adjustment = Adjustment {
            sku,
            channel,
            from,
            to,
            kind,
            reason: row.text("reason").to_owned(),
            author: row.text("author").to_owned(),
            expires: row.date("expires"),
        };
        rows.push(((sku, channel, from, to, adjustment.author.clone()), row.place(), adjustment));
    }
    convert.distinct(rows, "from").into_iter().map(|(_, adjustment)| adjustment).collect()
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
