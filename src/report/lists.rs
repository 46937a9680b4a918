//! The long tables: recommendations, channels, accuracy, exceptions, quarantine, changes, counts.

use crate::domain::outcome::{
    Accuracy, Allocation, ChannelFinding, Classification, Recommendation,
};
use crate::domain::units::{Money, Units};
use crate::indicators::PoolView;
use crate::report::Run;
use crate::report::tables::{Kind, Table, heading};
use chrono::{Duration, NaiveDate};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Rows beyond this many are left to the Parquet tables, which the page says.
pub const LONGEST: usize = 20_000;

/// Makes the script of one table.
pub type Make = fn(&Run) -> Vec<u8>;

/// Every table as (name, script).
pub const ALL: [(&str, Make); 10] = [
    ("recommendations", recommendations),
    ("allocation", allocation),
    ("findings", findings),
    ("accuracy", accuracy),
    ("exceptions", exceptions),
    ("quarantine", quarantine),
    ("changes", changes),
    ("counts", counts),
    ("culls", culls),
    ("items", items),
];

/// Most urgent first, then the most money at risk, then the dearest order.
fn recommendations(run: &Run) -> Vec<u8> {
    let mut rows: Vec<(&PoolView, &Recommendation)> =
        run.pools.iter().flat_map(|p| p.recommendations.iter().map(move |r| (p, r))).collect();
    rows.sort_by(|(_, a), (_, b)| {
        b.urgency
            .total_cmp(&a.urgency)
            .then(b.value_at_risk.cmp(&a.value_at_risk))
            .then(b.value.cmp(&a.value))
    });
    let cells: Vec<String> = rows.iter().map(|(p, _)| p.cell()).collect();
    let rows: Vec<_> =
        rows.into_iter().zip(&cells).map(|((p, r), cell)| (p, r, cell.as_str())).collect();
    let units = |u: Units| Some(u.0 as f64);
    let class = |row: &(&PoolView, &Recommendation, &str)| row.0.class.map(|c| c.velocity_per_day);
    Table::new("recommendations", &rows)
        .number(heading("item", "SKU", "sku", Kind::Item), |r| Some(f64::from(r.0.sku.0)))
        .text(heading("sku", "SKU", "sku", Kind::Hidden), |r| run.sku(r.0.sku))
        .text(heading("recommendation_id", "Id", "sku", Kind::Hidden), |r| &r.1.id)
        .text(heading("name", "Name", "sku", Kind::Text), |r| &r.0.product.name)
        .text(heading("location", "Location", "location", Kind::Text), |r| {
            run.location(r.0.location)
        })
        .text(heading("status", "Status", "status", Kind::Text), |r| r.1.status.name())
        .number(heading("value_at_risk", "Margin at risk", "value-at-risk", Kind::Money), |r| {
            Some(r.1.value_at_risk.as_f64())
        })
        .number(heading("quantity", "Order quantity", "order-quantity", Kind::Number), |r| {
            units(r.1.quantity)
        })
        .number(heading("value", "Order cost", "order-cost", Kind::Money), |r| {
            Some(r.1.value.as_f64())
        })
        .text(heading("supplier", "Supplier", "supplier", Kind::Text), |r| {
            run.supplier(r.1.supplier)
        })
        .date(heading("order_by", "Order by", "order-by", Kind::Date), |r| r.1.order_by)
        .date(heading("stockout_date", "Stock-out date", "stock-out-date", Kind::Date), |r| {
            r.1.stockout_date
        })
        .text(heading("class", "Class", "class", Kind::Text), |r| r.2)
        .number(heading("on_hand", "On hand", "on-hand", Kind::Number), |r| units(r.1.on_hand))
        .number(heading("committed", "Committed", "committed", Kind::Number), |r| {
            r.0.stock.map(|s| s.committed.0 as f64)
        })
        .number(heading("available", "Available", "available", Kind::Number), |r| {
            units(r.1.available)
        })
        .number(heading("on_order", "On order", "on-order", Kind::Number), |r| units(r.1.on_order))
        .number(
            heading("inventory_position", "Position", "inventory-position", Kind::Number),
            |r| units(r.1.inventory_position),
        )
        .number(heading("velocity", "Velocity / day", "velocity", Kind::Number), class)
        .number(heading("cover", "Days of cover", "cover", Kind::Number), |r| {
            r.0.class.and_then(|c| c.days_of_cover)
        })
        .number(
            heading(
                "stockout_days_30",
                "Out-of-stock days in 30",
                "out-of-stock-days",
                Kind::Number,
            ),
            |r| r.0.picture.map(|p| f64::from(p.stockout_days_30)),
        )
        .number(heading("forecast_4_weeks", "Forecast 4 weeks", "forecast", Kind::Number), |r| {
            r.0.picture.map(|p| p.mean.iter().take(4).map(|&m| f64::from(m)).sum())
        })
        .number(heading("lead_time", "Lead time days", "lead-time", Kind::Number), |r| {
            r.0.policy.map(|p| p.lead_time_mean)
        })
        .number(heading("safety_stock", "Safety stock", "safety-stock", Kind::Number), |r| {
            r.0.policy.map(|p| p.safety_stock)
        })
        .number(heading("reorder_point", "Reorder point", "reorder-point", Kind::Number), |r| {
            r.0.policy.map(|p| p.reorder_point)
        })
        .number(heading("need", "Need", "need", Kind::Number), |r| Some(r.1.need))
        .number(heading("unit_cost", "Unit cost", "unit-cost", Kind::Money), |r| {
            Some(r.1.unit_cost.as_f64())
        })
        .number(heading("landed_unit_cost", "Landed cost", "landed-cost", Kind::Money), |r| {
            Some(r.1.landed_unit_cost.as_f64())
        })
        .number(heading("risk", "Stock-out risk", "risk", Kind::Percent), |r| {
            Some(r.1.stockout_probability)
        })
        .number(heading("urgency", "Urgency", "urgency", Kind::Number), |r| Some(r.1.urgency))
        .text(heading("reason", "Reason", "reason", Kind::Text), |r| &r.1.reason)
        .finish()
}

/// Highest oversell risk first.
fn allocation(run: &Run) -> Vec<u8> {
    let mut rows: Vec<&Allocation> = run.input.outcome.allocation.iter().collect();
    rows.sort_by(|a, b| b.action.cmp(&a.action).then(b.oversell_risk.total_cmp(&a.oversell_risk)));
    let units = |u: Units| Some(u.0 as f64);
    let products = &run.input.inputs.products;
    let channels = &run.input.inputs.names.channels;
    Table::new("allocation", &rows)
        .number(heading("item", "SKU", "sku", Kind::Item), |a| Some(f64::from(a.sku.0)))
        .text(heading("sku", "SKU", "sku", Kind::Hidden), |a| run.sku(a.sku))
        .text(heading("name", "Name", "sku", Kind::Text), |a| &products[a.sku.index()].name)
        .text(heading("channel", "Channel", "channel", Kind::Text), |a| {
            &channels[a.channel.index()]
        })
        .text(heading("action", "Action", "action", Kind::Text), |a| a.action.name())
        .number(heading("published", "Published", "published", Kind::Number), |a| {
            units(a.published)
        })
        .number(heading("listed", "Listed now", "exposure", Kind::Number), |a| {
            a.listed.map(|l| l.0 as f64)
        })
        .number(heading("allocated", "Allocated", "allocated", Kind::Number), |a| {
            units(a.allocated)
        })
        .number(heading("reserved", "Reserved", "allocated", Kind::Number), |a| units(a.reserved))
        .number(heading("buffer", "Buffer", "buffer", Kind::Number), |a| units(a.buffer))
        .number(heading("share", "Share", "share", Kind::Percent), |a| Some(a.share))
        .number(heading("velocity", "Velocity / day", "velocity", Kind::Number), |a| {
            Some(a.velocity)
        })
        .number(heading("oversell_risk", "Oversell risk", "oversell-risk", Kind::Percent), |a| {
            Some(a.oversell_risk)
        })
        .text(heading("location", "Location", "location", Kind::Text), |a| run.location(a.location))
        .text(heading("reason", "Reason", "reason", Kind::Text), |a| &a.reason)
        .finish()
}

/// Exposure, imbalance, stranded stock and superfluous channels, most money first.
fn findings(run: &Run) -> Vec<u8> {
    let mut rows: Vec<&ChannelFinding> = run.input.outcome.findings.iter().collect();
    rows.sort_by(|a, b| {
        b.value
            .cmp(&a.value)
            .then_with(|| (a.sku, a.kind, a.channel).cmp(&(b.sku, b.kind, b.channel)))
    });
    rows.truncate(LONGEST);
    let inputs = run.input.inputs;
    Table::new("findings", &rows)
        .number(heading("item", "SKU", "sku", Kind::Item), |f| Some(f64::from(f.sku.0)))
        .text(heading("sku", "SKU", "sku", Kind::Hidden), |f| run.sku(f.sku))
        .text(heading("name", "Name", "sku", Kind::Text), |f| &inputs.products[f.sku.index()].name)
        .text(heading("kind", "Finding", "imbalance", Kind::Text), |f| f.kind.name())
        .text(heading("channel", "Channel", "channel", Kind::Text), |f| {
            f.channel.map_or("all", |c| &inputs.names.channels[c.index()])
        })
        .text(heading("location", "Location", "location", Kind::Text), |f| {
            f.location.map_or("all", |l| run.location(l))
        })
        .number(heading("units", "Units", "on-hand", Kind::Number), |f| Some(f.units))
        .number(heading("value", "Worth", "value-at-risk", Kind::Money), |f| Some(f.value.as_f64()))
        .text(heading("reason", "Why", "reason", Kind::Text), |f| &f.reason)
        .finish()
}

/// The chosen method of each series beside the naive one, largest error first.
fn accuracy(run: &Run) -> Vec<u8> {
    let all = &run.input.outcome.accuracy;
    let mut rows: Vec<(&Accuracy, Option<f64>)> = Vec::new();
    for series in all.chunk_by(|a, b| a.series == b.series) {
        let naive = series.iter().find(|a| a.method == "naive").map(|a| a.rmsse);
        rows.extend(series.iter().filter(|a| a.chosen).map(|a| (a, naive)));
    }
    rows.sort_by(|a, b| b.0.wape.total_cmp(&a.0.wape));
    let inputs = run.input.inputs;
    let key = |row: &(&Accuracy, Option<f64>)| inputs.panel.key(row.0.series);
    Table::new("accuracy", &rows)
        .number(heading("item", "SKU", "sku", Kind::Item), |r| Some(f64::from(key(r).sku.0)))
        .text(heading("sku", "SKU", "sku", Kind::Hidden), |r| run.sku(key(r).sku))
        .text(heading("channel", "Channel", "channel", Kind::Text), |r| {
            &inputs.names.channels[key(r).channel.index()]
        })
        .text(heading("location", "Location", "location", Kind::Text), |r| {
            run.location(key(r).location)
        })
        .text(heading("method", "Method", "method", Kind::Text), |r| r.0.method)
        .number(heading("wape", "WAPE", "wape", Kind::Percent), |r| Some(r.0.wape))
        .number(heading("bias", "Bias", "bias", Kind::Percent), |r| Some(r.0.bias))
        .number(heading("mase", "MASE", "mase", Kind::Money), |r| Some(r.0.mase))
        .number(heading("rmsse", "RMSSE", "rmsse", Kind::Money), |r| Some(r.0.rmsse))
        .number(heading("rmsse_naive", "RMSSE naive", "forecast-value-added", Kind::Money), |r| r.1)
        .number(heading("pinball", "Pinball loss", "pinball", Kind::Money), |r| r.0.pinball)
        .finish()
}

fn exceptions(run: &Run) -> Vec<u8> {
    let mut rows: Vec<_> =
        run.input.inputs.exceptions.iter().chain(&run.input.outcome.exceptions).collect();
    rows.sort_by_key(|e| (Reverse(e.severity), e.kind, &e.about));
    rows.truncate(LONGEST);
    let rows: Vec<_> = rows.into_iter().map(|e| (e, e.about.to_string())).collect();
    Table::new("exceptions", &rows)
        .text(heading("severity", "Severity", "status", Kind::Text), |(e, _)| e.severity.name())
        .text(heading("kind", "Kind", "cause", Kind::Text), |(e, _)| e.kind.name())
        .text(heading("key", "About", "sku", Kind::Text), |(_, about)| about)
        .text(heading("what", "What happened", "reason", Kind::Text), |(e, _)| &e.what)
        .text(heading("why", "Why, and what it costs", "reason", Kind::Text), |(e, _)| &e.why)
        .finish()
}

fn quarantine(run: &Run) -> Vec<u8> {
    let rows = &run.input.inputs.quarantine;
    Table::new("quarantine", &rows[..rows.len().min(LONGEST)])
        .text(heading("file", "File", "quarantine", Kind::Text), |q| &q.file)
        .number(heading("line", "Line", "quarantine", Kind::Number), |q| Some(q.line as f64))
        .text(heading("column", "Column", "quarantine", Kind::Text), |q| &q.column)
        .text(heading("value", "Value", "quarantine", Kind::Text), |q| &q.value)
        .text(heading("reason", "Expected", "reason", Kind::Text), |q| &q.reason)
        .finish()
}

/// A change, written out.
struct ChangeRow {
    about: String,
    field: &'static str,
    before: String,
    after: String,
    cause: String,
}

fn changes(run: &Run) -> Vec<u8> {
    let changes = run.input.outcome.changes.iter().take(LONGEST);
    let rows: Vec<ChangeRow> = changes
        .map(|change| ChangeRow {
            about: change.about.to_string(),
            field: change.field.name(),
            before: change.before.to_string(),
            after: change.after.to_string(),
            cause: change.cause.to_string(),
        })
        .collect();
    Table::new("changes", &rows)
        .text(heading("key", "About", "sku", Kind::Text), |c| &c.about)
        .text(heading("field", "What", "cause", Kind::Text), |c| c.field)
        .text(heading("before", "Before", "cause", Kind::Text), |c| &c.before)
        .text(heading("after", "Now", "cause", Kind::Text), |c| &c.after)
        .text(heading("cause", "Cause", "cause", Kind::Text), |c| &c.cause)
        .finish()
}

/// A pool whose shelf is to be counted.
pub struct CountDue<'r, 'a> {
    pool: &'r PoolView<'a>,
    last: Option<NaiveDate>,
    every: f64,
    /// Days until it is due; 0 or less = now.
    pub days: i64,
}

impl CountDue<'_, '_> {
    /// Counts a week that its interval asks for.
    pub fn a_week(&self) -> f64 {
        7.0 / self.every.max(1.0)
    }
}

/// B9: pools in stock by when their class's count is due; one never counted is due now. Then A before C, dear before cheap.
pub fn counts_due<'r, 'a>(run: &'r Run<'a>) -> Vec<CountDue<'r, 'a>> {
    let counts = &run.input.inputs.counts;
    let last: BTreeMap<_, NaiveDate> =
        counts.iter().map(|c| ((c.sku, c.location), c.date)).collect();
    let due = |pool: &'r PoolView<'a>| {
        let last = last.get(&(pool.sku, pool.location)).copied();
        let every = run
            .input
            .policy
            .cell(pool.class.and_then(|c| c.abc), pool.class.and_then(|c| c.xyz))
            .count_every_days;
        let days = last.map_or(0, |d| {
            (every - (run.input.as_of - d).num_days() as f64).ceil().max(0.0) as i64
        });
        CountDue { pool, last, every, days }
    };
    let mut all: Vec<_> = run.pools.iter().filter(|p| p.on_hand().0 > 0).map(due).collect();
    all.sort_by(|a, b| {
        let key =
            |c: &CountDue| (c.days, Reverse(c.pool.stock_value()), c.pool.sku, c.pool.location);
        a.days
            .min(1)
            .cmp(&b.days.min(1))
            .then(a.every.total_cmp(&b.every))
            .then_with(|| key(a).cmp(&key(b)))
    });
    all
}

fn counts(run: &Run) -> Vec<u8> {
    let mut due = counts_due(run);
    due.truncate(LONGEST);
    let rows: Vec<(String, CountDue)> = due.into_iter().map(|c| (c.pool.cell(), c)).collect();
    Table::new("counts", &rows)
        .number(heading("item", "SKU", "sku", Kind::Item), |(_, c)| Some(f64::from(c.pool.sku.0)))
        .text(heading("sku", "SKU", "sku", Kind::Hidden), |(_, c)| run.sku(c.pool.sku))
        .text(heading("name", "Name", "sku", Kind::Text), |(_, c)| &c.pool.product.name)
        .text(heading("location", "Location", "location", Kind::Text), |(_, c)| {
            run.location(c.pool.location)
        })
        .text(heading("class", "Class", "class", Kind::Text), |(cell, _)| cell)
        .date(heading("due", "Count by", "count-accuracy", Kind::Date), |(_, c)| {
            Some(run.input.as_of + Duration::days(c.days))
        })
        .date(heading("last", "Last count", "count-accuracy", Kind::Date), |(_, c)| c.last)
        .number(heading("every", "Every days", "count-accuracy", Kind::Number), |(_, c)| {
            Some(c.every)
        })
        .number(heading("on_hand", "On hand", "on-hand", Kind::Number), |(_, c)| {
            Some(c.pool.on_hand().0 as f64)
        })
        .number(heading("value", "At cost", "unit-cost", Kind::Money), |(_, c)| {
            Some(c.pool.stock_value().as_f64())
        })
        .finish()
}

/// B7: what to clear, most cash first.
fn culls(run: &Run) -> Vec<u8> {
    let freed = |c: &Classification| c.cash_freed;
    let mut rows: Vec<(&PoolView, &Classification, String)> = run
        .pools
        .iter()
        .filter_map(|p| Some((p, p.class.filter(|c| freed(c) > Money::ZERO)?, p.cell())))
        .collect();
    rows.sort_by_key(|(p, c, _)| (Reverse(freed(c)), p.sku, p.location));
    rows.truncate(LONGEST);
    Table::new("culls", &rows)
        .number(heading("item", "SKU", "sku", Kind::Item), |r| Some(f64::from(r.0.sku.0)))
        .text(heading("sku", "SKU", "sku", Kind::Hidden), |r| run.sku(r.0.sku))
        .text(heading("name", "Name", "sku", Kind::Text), |r| &r.0.product.name)
        .text(heading("location", "Location", "location", Kind::Text), |r| {
            run.location(r.0.location)
        })
        .text(heading("class", "Class", "class", Kind::Text), |r| &r.2)
        .number(heading("cash_freed", "Cash freed", "cash-freed", Kind::Money), |r| {
            Some(freed(r.1).as_f64())
        })
        .number(heading("on_hand", "On hand", "on-hand", Kind::Number), |r| {
            Some(r.0.on_hand().0 as f64)
        })
        .number(heading("velocity", "Velocity / day", "velocity", Kind::Money), |r| {
            Some(r.1.velocity_per_day)
        })
        .text(heading("judged", "Judged", "deadstock", Kind::Text), |r| {
            if r.1.take_action { "no sale for 90 days" } else { r.1.rationalisation.name() }
        })
        .finish()
}

/// Every item by its position: how pages find an item's name, and the search box an item.
fn items(run: &Run) -> Vec<u8> {
    let names = &run.input.inputs.names.skus;
    let rows: Vec<(&str, &str)> = names
        .iter()
        .zip(&run.input.inputs.products)
        .map(|(sku, p)| (sku.as_str(), p.name.as_str()))
        .collect();
    Table::new("items", &rows)
        .text(heading("sku", "SKU", "sku", Kind::Text), |r| r.0)
        .text(heading("name", "Name", "sku", Kind::Text), |r| r.1)
        .finish()
}
