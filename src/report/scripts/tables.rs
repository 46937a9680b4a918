//! The long tables: each is its rows in the order a planner wants them, and one line a column.

use crate::domain::changes::Change;
use crate::domain::classes::FindingKind;
use crate::domain::exceptions::Exception;
use crate::domain::inputs::Supplier;
use crate::domain::lot::LotRules;
use crate::domain::outcome::{
    Accuracy, Allocation, ChannelFinding, OpenOrderAction, Recommendation, Status, Transfer,
};
use crate::domain::panel::SeriesKey;
use crate::domain::units::{Money, PoolId, Units, in_words};
use crate::indicators::{Attention, PoolResults, ToClear};
use crate::purchase::landed_cost::exchange_rate;
use crate::purchase::{Basis, Container};
use crate::report::counting::{CountDue, counts_due};
use crate::report::gathered::Report;
use crate::report::queue;
use crate::report::scripts::table::ScriptTable;
use crate::report::sheets::Topic;
use crate::report::wording::{day, plain_dates};
use chrono::{Duration, NaiveDate};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Rows beyond this many are left to the Parquet tables, which the page says: the browser holds all
/// of them in memory.
pub(crate) const LONGEST: usize = 20_000;

/// What makes a table's script.
type MakesScript = fn(&Report) -> Vec<u8>;

/// Every table as (name, what makes its script).
pub(crate) const ALL: [(&str, MakesScript); 13] = [
    ("recommendations", recommendations),
    ("suppliers", suppliers),
    ("allocation", allocation),
    ("findings", findings),
    ("accuracy", accuracy),
    ("exceptions", exceptions),
    ("quarantine", quarantine),
    ("changes", changes),
    ("counts", counts),
    ("culls", culls),
    ("worklists", worklists),
    ("shortages", shortages),
    ("items", items),
];

/// The script of a table that could not be made: no rows.
pub(crate) fn empty(name: &'static str) -> Vec<u8> {
    ScriptTable::<()>::new(name, &[]).script()
}

fn some(units: Units) -> Option<f64> {
    Some(units.as_f64())
}

/// Most urgent first, then the most money at risk, then the dearest order.
fn recommendations(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        pool: &'a PoolResults<'a>,
        line: &'a Recommendation,
        class: String,
        /// What its supplier takes.
        rules: LotRules,
    }
    let mut rows = Vec::new();
    for pool in &report.pools {
        for line in pool.recommendations {
            let rules = queue::lot_rules(report, pool, line);
            rows.push(Row { pool, line, class: pool.class_letters(), rules });
        }
    }
    // Stable: lines that are equal in all three stay in the order of their items.
    rows.sort_by(|a, b| {
        let (a, b) = (a.line, b.line);
        b.urgency
            .total_cmp(&a.urgency)
            .then(b.value_at_risk.cmp(&a.value_at_risk))
            .then(b.value.cmp(&a.value))
    });
    let mut table = ScriptTable::new("recommendations", &rows)
        .item(report, |r| r.pool.sku)
        .hidden("recommendation_id", "Id", |r| &r.line.id)
        .text("name", "Name", "sku", |r| &r.pool.product.name)
        .text("location", "Location", "location", |r| report.location(r.pool.location))
        .text("status", "Status", "status", |r| r.line.status.name())
        .known_money("value_at_risk", "Margin at risk", "value-at-risk", |r| {
            let known = r.pool.stake_is_known() && report.knows_stock();
            known.then(|| r.line.value_at_risk.as_f64())
        })
        .number("quantity", "Order quantity", "order-quantity", |r| some(r.line.quantity))
        .known_money("value", "Order cost", "order-cost", |r| {
            let known = r.line.unit_cost.is_positive() || r.line.quantity.is_zero();
            known.then(|| r.line.value.as_f64())
        })
        .text("supplier", "Supplier", "supplier", |r| report.source(r.line))
        .date("order_by", "Order by", "order-by", |r| r.line.order_by)
        .date("stockout_date", "Stock-out date", "stock-out-date", |r| r.line.stockout_date)
        .text("class", "Class", "class", |r| &r.class)
        .number("on_hand", "On hand", "on-hand", |r| {
            some(r.line.on_hand).filter(|_| report.knows_stock())
        })
        .number("committed", "Committed", "committed", |r| some(r.pool.stock?.committed))
        .number("available", "Available", "available", |r| {
            some(r.line.available).filter(|_| report.knows_stock())
        })
        .number("on_order", "On order", "on-order", |r| some(r.line.on_order))
        .number("inventory_position", "Position", "inventory-position", |r| {
            some(r.line.inventory_position).filter(|_| report.knows_stock())
        })
        .number("velocity", "Velocity / day", "velocity", |r| Some(r.pool.class?.velocity_per_day))
        .number("cover", "Days of cover", "cover", |r| {
            r.pool.class?.days_of_cover.filter(|_| report.knows_stock())
        })
        .number("stockout_days_30", "Out-of-stock days in 30", "out-of-stock-days", |r| {
            Some(f64::from(r.pool.picture?.stockout_days_30))
        })
        // Four weeks: about what the next orders must cover, and the same for every item.
        .number("forecast_4_weeks", "Forecast 4 weeks", "forecast", |r| {
            Some(r.pool.picture?.mean.iter().take(4).map(|&week| f64::from(week)).sum())
        })
        .number("lead_time", "Lead time days", "lead-time", |r| Some(r.pool.policy?.lead_time_mean))
        .number("safety_stock", "Safety stock", "safety-stock", |r| {
            Some(r.pool.policy?.safety_stock)
        })
        .number("reorder_point", "Reorder point", "reorder-point", |r| {
            Some(r.pool.policy?.reorder_point)
        })
        .number("need", "Need", "need", |r| Some(r.line.need))
        .known_money("unit_cost", "Unit cost", "unit-cost", |r| {
            Some(r.line.unit_cost.as_f64()).filter(|&cost| cost > 0.0)
        })
        .known_money("landed_unit_cost", "Landed cost", "landed-cost", |r| {
            Some(r.line.landed_unit_cost.as_f64()).filter(|&cost| cost > 0.0)
        })
        .percent("risk", "Stock-out risk", "risk", |r| r.line.stockout_probability)
        .number("urgency", "Urgency", "urgency", |r| Some(r.line.urgency))
        .text("reason", "Reason", "reason", |r| &r.line.reason)
        .text("category", "Category", "sku", |r| &r.pool.product.category)
        .number("pack", "Pack", "order-quantity", |r| some(r.rules.pack()))
        .number("smallest", "Least order", "order-quantity", |r| some(r.rules.smallest()))
        .number("largest", "Largest order", "order-quantity", |r| some(r.rules.largest()?))
        .money("gain", "Gain", "value-at-risk", |r| queue::gain(report, r.pool, r.line))
        .hidden_number("unserved", |r| part_of_need(r.line, "unserved"))
        .hidden_number("moved_in", |r| part_of_need(r.line, "moved_in"))
        .hidden_number("cleared", |r| Some(f64::from(r.pool.to_clear().is_some())))
        .hidden_number("waits", |r| Some(f64::from(queue::waits(r.line))))
        .hidden_number("released", |r| some(queue::released(r.line, r.rules)));
    // How full a container is takes the size of what is in it.
    if !report.input.purchase.containers.is_empty() {
        table = table
            .hidden_number("unit_weight", |r| r.pool.product.weight)
            .hidden_number("unit_volume", |r| r.pool.product.volume);
    }
    table.script()
}

/// An input of the arithmetic of what a line needs; `None` where it has no such part.
fn part_of_need(line: &Recommendation, name: &str) -> Option<f64> {
    let steps = line.steps.iter().filter(|step| step.name == "need");
    let mut inputs = steps.flat_map(|step| &step.inputs);
    inputs.find(|input| input.0 == name).map(|input| input.1).filter(|&units| units > 0.0)
}

/// What each supplier asks of an order, by what people call it. Amounts are in the currency of the
/// pages, as those of the lines are: a minimum in dollars is not reached by as many euros.
fn suppliers(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        label: &'a str,
        terms: &'a Supplier,
        /// What it ships in, where only whole ones are bought.
        container: Option<&'a Container>,
    }
    impl Row<'_> {
        /// What one container takes, by what it is measured in.
        fn holds(&self, basis: Basis) -> Option<f64> {
            let limits = self.container?.limits().filter(|limit| limit.basis == basis);
            limits.map(|limit| limit.capacity).reduce(f64::min)
        }
    }
    let inputs = report.inputs();
    let mut rows = Vec::new();
    for (i, terms) in inputs.suppliers.iter().enumerate() {
        let container = report.input.purchase.containers.get(&inputs.names.suppliers[i]);
        rows.push(Row { label: &report.suppliers[i], terms, container });
    }
    ScriptTable::new("suppliers", &rows)
        .hidden_number("container_units", |r| r.holds(Basis::Quantity))
        .hidden_number("container_value", |r| r.holds(Basis::Value))
        .hidden_number("container_weight", |r| r.holds(Basis::Weight))
        .hidden_number("container_volume", |r| r.holds(Basis::Volume))
        .text("supplier", "Supplier", "supplier", |r| r.label)
        .number("min_order_value", "Least order value", "order-cost", |r| {
            Some(report.asked(r.terms.min_order_value, r.terms)?.as_f64())
        })
        .number("free_freight_value", "Free freight from", "order-cost", |r| {
            Some(report.asked(r.terms.free_freight_value, r.terms)?.as_f64())
        })
        .text("currency", "Currency", "order-cost", |r| &r.terms.currency)
        .number("rate", "Rate", "order-cost", |r| {
            exchange_rate(&r.terms.currency, report.input.purchase)
        })
        .script()
}

/// Highest oversell risk first.
fn allocation(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        row: &'a Allocation,
        class: String,
        /// Of the item at the location, over all its channels.
        revenue: Option<f64>,
    }
    let mut rows = Vec::new();
    for pool in &report.pools {
        let class = pool.class_letters();
        let revenue = pool.class.map(|c| c.revenue_per_month);
        rows.extend(pool.allocation.iter().map(|row| Row { row, class: class.clone(), revenue }));
    }
    // The actions stand in rising order of what they ask of someone.
    rows.sort_by(|Row { row: a, .. }, Row { row: b, .. }| {
        b.action.cmp(&a.action).then(b.oversell_risk.total_cmp(&a.oversell_risk))
    });
    // What to do and why come first: they are read without moving the table sideways.
    ScriptTable::new("allocation", &rows)
        .item(report, |r| r.row.sku)
        .text("channel", "Channel", "channel", |r| report.channel(r.row.channel))
        .text("action", "Action", "action", |r| r.row.action.name())
        .known_percent("oversell_risk", "Oversell risk", "oversell-risk", |r| {
            report.knows_stock().then_some(r.row.oversell_risk)
        })
        .text("reason", "Reason", "reason", |r| &r.row.reason)
        .text("class", "Class", "class", |r| &r.class)
        .number("published", "Published", "published", |r| some(r.row.published?))
        .number("listed", "Listed now", "exposure", |r| some(r.row.listed?))
        .number("allocated", "Allocated", "allocated", |r| {
            some(r.row.allocated).filter(|_| report.knows_stock())
        })
        .known_money("revenue", "Sales a month", "class", |r| r.revenue)
        .number("reserved", "Reserved", "allocated", |r| {
            some(r.row.reserved).filter(|_| report.knows_stock())
        })
        .number("buffer", "Buffer", "buffer", |r| some(r.row.buffer))
        .percent("share", "Share", "share", |r| r.row.share)
        .number("velocity", "Velocity / day", "velocity", |r| Some(r.row.velocity))
        .text("name", "Name", "sku", |r| report.name(r.row.sku))
        .text("location", "Location", "location", |r| report.location(r.row.location))
        .script()
}

/// Exposure, imbalance, stranded stock and superfluous channels, the most expected loss first.
fn findings(report: &Report) -> Vec<u8> {
    let mut rows: Vec<&ChannelFinding> = report.outcome().findings.iter().collect();
    rows.sort_by(|a, b| {
        // What is lost if nobody does anything goes before what merely lies in the wrong place.
        (b.expected_loss, b.value)
            .cmp(&(a.expected_loss, a.value))
            .then_with(|| (a.sku, a.kind, a.channel).cmp(&(b.sku, b.kind, b.channel)))
    });
    rows.truncate(LONGEST);
    ScriptTable::new("findings", &rows)
        .item(report, |f| f.sku)
        .text("name", "Name", "sku", |f| report.name(f.sku))
        .text("kind", "Finding", "imbalance", |f| f.kind.name())
        .text("channel", "Channel", "channel", |f| f.channel.map_or("all", |c| report.channel(c)))
        .text("location", "Location", "location", |f| {
            f.location.map_or("all", |l| report.location(l))
        })
        .number("units", "Units", "on-hand", |f| Some(f.units))
        .known_money("value", "Worth", "value-at-risk", |f| {
            finding_is_priced(report, f).then(|| f.value.as_f64())
        })
        .known_money("loss", "Expected loss", "value-at-risk", |f| {
            finding_is_priced(report, f).then(|| f.expected_loss.as_f64())
        })
        .text("reason", "Why", "reason", |f| &f.reason)
        .script()
}

/// Whether anything says what the units of a finding are worth.
pub(crate) fn finding_is_priced(report: &Report, finding: &ChannelFinding) -> bool {
    let mut pools = report.pools_of(finding.sku).iter();
    finding.value.is_positive()
        || match finding.kind {
            // What is listed twice is worth what it would sell for.
            FindingKind::Exposure => pools.any(|pool| pool.economics.price.is_some()),
            FindingKind::Imbalance | FindingKind::TooManyChannels => {
                pools.any(PoolResults::stake_is_known)
            }
            FindingKind::Stranded => pools.any(|pool| pool.unit_cost().is_some()),
        }
}

/// The chosen method of each series beside the naive one, largest error first.
fn accuracy(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        key: SeriesKey,
        chosen: &'a Accuracy,
        rmsse_naive: Option<f64>,
    }
    let mut rows = Vec::new();
    for methods in report.outcome().accuracy.chunk_by(|a, b| a.series == b.series) {
        let naive = methods.iter().find(|a| a.method == "naive");
        // One, unless the series was too short to test anything.
        for chosen in methods.iter().filter(|a| a.chosen) {
            rows.push(Row {
                key: report.inputs().panel.key(chosen.series),
                chosen,
                rmsse_naive: naive.and_then(|a| a.rmsse),
            });
        }
    }
    // Most units wrong first: by percentages, items that hardly sell would lead.
    rows.sort_by(|a, b| b.chosen.sums.absolute_error.total_cmp(&a.chosen.sums.absolute_error));
    ScriptTable::new("accuracy", &rows)
        .item(report, |r| r.key.sku)
        .text("name", "Name", "sku", |r| report.name(r.key.sku))
        .text("channel", "Channel", "channel", |r| report.channel(r.key.channel))
        .text("location", "Location", "location", |r| report.location(r.key.location))
        .number("sold", "Sold in the test", "wape", |r| Some(r.chosen.sums.actual))
        .number("wrong", "Units wrong", "wape", |r| Some(r.chosen.sums.absolute_error))
        .text("method", "Method", "method", |r| r.chosen.method)
        .percent("wape", "WAPE", "wape", |r| r.chosen.wape)
        .percent("bias", "Bias", "bias", |r| r.chosen.bias)
        .ratio("mase", "MASE", "mase", |r| r.chosen.mase)
        .ratio("rmsse", "RMSSE", "rmsse", |r| r.chosen.rmsse)
        .ratio("rmsse_naive", "RMSSE naive", "forecast-value-added", |r| r.rmsse_naive)
        .ratio("pinball", "Pinball loss", "pinball", |r| r.chosen.pinball)
        .script()
}

/// Worst first.
fn exceptions(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        exception: &'a Exception,
        about: String,
    }
    let mut all: Vec<&Exception> = report.exceptions().collect();
    // Sorted before it is cut, so that the worst are among those that stay.
    all.sort_by_key(|e| (Reverse(e.severity), e.kind, &e.about));
    all.truncate(LONGEST);
    let rows: Vec<Row> =
        all.into_iter().map(|e| Row { exception: e, about: e.about.to_string() }).collect();
    ScriptTable::new("exceptions", &rows)
        .text("severity", "Severity", "status", |r| r.exception.severity.name())
        .text("kind", "Kind", "cause", |r| r.exception.kind.name())
        .text("key", "About", "sku", |r| &r.about)
        .hidden("sku", "SKU", |r| {
            let code = r.exception.about.sku().unwrap_or_default();
            // A code that the input names and no table knows has no page.
            report.inputs().names.find_sku(code).map_or("", |_| code)
        })
        .text("what", "What happened", "reason", |r| &r.exception.what)
        .text("why", "Why, and what it costs", "reason", |r| &r.exception.why)
        .script()
}

fn quarantine(report: &Report) -> Vec<u8> {
    let rows = &report.inputs().quarantine;
    ScriptTable::new("quarantine", &rows[..rows.len().min(LONGEST)])
        .text("file", "File", "quarantine", |q| &q.file)
        .number("line", "Line", "quarantine", |q| Some(q.line as f64))
        .text("column", "Column", "quarantine", |q| &q.column)
        .text("value", "Value", "quarantine", |q| &q.value)
        .text("reason", "Expected", "reason", |q| &q.reason)
        .script()
}

/// Most money first, whether more is spent or less; then by kind.
fn changes(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        change: &'a Change,
        topic: Topic,
        about: String,
        before: String,
        after: String,
        cause: String,
    }
    let changes = report.outcome().changes.iter();
    let mut all: Vec<(Topic, &Change)> =
        changes.filter(|c| !c.is_small()).map(|c| (Topic::of(c.field), c)).collect();
    // Stable: what is equal in both stays in the order of its items.
    all.sort_by_key(|(topic, change)| (Reverse(change.value.unwrap_or_default().abs()), *topic));
    all.truncate(LONGEST);
    let mut rows = Vec::with_capacity(all.len());
    for (topic, change) in all {
        rows.push(Row {
            change,
            topic,
            about: change.about.to_string(),
            before: change.before.to_string(),
            after: change.after.to_string(),
            cause: change.cause.to_string(),
        });
    }
    ScriptTable::new("changes", &rows)
        .text("key", "About", "sku", |c| &c.about)
        .hidden("sku", "SKU", |c| c.change.about.sku().unwrap_or_default())
        .text("kind", "What", "cause", |c| c.topic.name())
        .text("field", "Figure", "cause", |c| c.change.field.name())
        .text("before", "Before", "cause", |c| &c.before)
        .text("after", "Now", "cause", |c| &c.after)
        .known_money("value", "Order value", "order-cost", |c| c.change.value.map(Money::as_f64))
        .text("main", "Main cause", "cause", |c| c.change.cause.main())
        .text("cause", "Cause, in units", "cause", |c| &c.cause)
        .script()
}

/// B9: what to count next.
fn counts(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        due: CountDue<'a>,
        class: String,
    }
    let rows: Vec<Row> = counts_due(report)
        .into_iter()
        .take(LONGEST)
        .map(|due| Row { class: due.pool.class_letters(), due })
        .collect();
    ScriptTable::new("counts", &rows)
        .item(report, |r| r.due.pool.sku)
        .text("name", "Name", "sku", |r| &r.due.pool.product.name)
        .text("location", "Location", "location", |r| report.location(r.due.pool.location))
        .text("class", "Class", "class", |r| &r.class)
        .date("due", "Count by", "count-accuracy", |r| {
            Some(report.input.as_of + Duration::days(r.due.days_left))
        })
        .date("last", "Last count", "count-accuracy", |r| r.due.last)
        .number("every", "Every days", "count-accuracy", |r| Some(r.due.every_days))
        .number("on_hand", "On hand", "on-hand", |r| some(r.due.pool.on_hand()))
        .known_money("value", "At cost", "unit-cost", |r| {
            r.due.pool.unit_cost().map(|_| r.due.pool.stock_value().as_f64())
        })
        .script()
}

/// B7: what to clear, most cash first.
fn culls(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        pool: &'a PoolResults<'a>,
        clear: ToClear<'a>,
        class: String,
    }
    let mut rows = Vec::new();
    for pool in &report.pools {
        if let Some(clear) = pool.to_clear() {
            rows.push(Row { pool, clear, class: pool.class_letters() });
        }
    }
    rows.sort_by_key(|r| (Reverse(r.clear.cash_freed), r.pool.sku, r.pool.location));
    rows.truncate(LONGEST);
    ScriptTable::new("culls", &rows)
        .item(report, |r| r.pool.sku)
        .text("name", "Name", "sku", |r| &r.pool.product.name)
        .text("location", "Location", "location", |r| report.location(r.pool.location))
        .text("class", "Class", "class", |r| &r.class)
        .known_money("cash_freed", "Cash freed", "cash-freed", |r| {
            r.pool.unit_cost().map(|_| r.clear.cash_freed.as_f64())
        })
        .number("units", "Units to clear", "on-hand", |r| some(r.clear.units))
        .ratio("velocity", "Velocity / day", "velocity", |r| Some(r.clear.class.velocity_per_day))
        .text("judged", "Judged", "deadstock", |r| {
            // The stronger verdict of the two.
            if r.clear.class.take_action {
                "no sale for 90 days"
            } else {
                r.clear.class.rationalisation.name()
            }
        })
        .script()
}

/// What to do besides ordering, list by list.
fn worklists(report: &Report) -> Vec<u8> {
    let rows = &report.outcome().worklists;
    let rows = &rows[..rows.len().min(LONGEST)];
    ScriptTable::new("worklists", rows)
        .text("list", "List", "worklist", |r| r.list.name())
        .text("about", "About", "sku", |r| match (r.sku, r.supplier) {
            (Some(sku), _) => report.sku(sku),
            (None, Some(supplier)) => report.supplier(Some(supplier)),
            (None, None) => "",
        })
        .hidden("sku", "SKU", |r| r.sku.map_or("", |sku| report.sku(sku)))
        .text("name", "Name", "sku", |r| {
            r.sku.map_or("", |sku| report.inputs().products[sku.index()].name.as_str())
        })
        .text("location", "Location", "location", |r| {
            r.location.map_or("", |location| report.location(location))
        })
        .date("due", "Day", "worklist", |r| r.day)
        .number("units", "Units", "worklist", |r| r.units)
        // Zero where a line is not about money, or where nothing says how much.
        .money_if_any("value", "Worth", "worklist", |r| {
            Some(r.value.as_f64()).filter(|&value| value != 0.0)
        })
        .text("reason", "Why, and what to do", "worklist", |r| &r.reason)
        .script()
}

/// What runs out next, by its day, with what is done about it; the dearest of a day first.
fn shortages(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        pool: &'a PoolResults<'a>,
        status: &'static str,
        out: Option<NaiveDate>,
        class: String,
        remedy: String,
    }
    let mut moved_in: BTreeMap<PoolId, Vec<&Transfer>> = BTreeMap::new();
    for found in &report.outcome().transfers {
        let to = PoolId { sku: found.sku, location: found.to };
        moved_in.entry(to).or_default().push(found);
    }
    let mut rows = Vec::new();
    // Without a stock table nothing is out, and nothing runs out.
    for pool in report.pools.iter().filter(|_| report.knows_stock()) {
        let out = pool.recommendations.iter().filter_map(|line| line.stockout_date).min();
        // The same items as in the panels of the briefing, and those that follow them.
        let status = if Attention::StockedOut.holds(pool) {
            Status::StockedOut
        } else if Attention::AboutToStockOut.holds(pool) {
            Status::WillStockOut
        } else if out.is_some() {
            pool.status()
        } else {
            continue;
        };
        let class = pool.class_letters();
        let status = status.name();
        let moved = moved_in.get(&pool.id()).map_or(&[][..], Vec::as_slice);
        let remedy = remedy(report, pool, moved);
        rows.push(Row { pool, status, out, class, remedy });
    }
    rows.sort_by_key(|r| {
        // What is out without a day is out already.
        let day = r.out.unwrap_or(report.input.as_of);
        (day, Reverse(r.pool.value_at_risk()), r.pool.sku, r.pool.location)
    });
    rows.truncate(LONGEST);
    ScriptTable::new("shortages", &rows)
        .date("out", "Out on", "stock-out-date", |r| r.out)
        .item(report, |r| r.pool.sku)
        .text("name", "Name", "sku", |r| &r.pool.product.name)
        .text("location", "Location", "location", |r| report.location(r.pool.location))
        .text("status", "Status", "status", |r| r.status)
        .text("reason", "What is done about it", "reason", |r| &r.remedy)
        .known_money("value_at_risk", "Margin at risk", "value-at-risk", |r| {
            let known = r.pool.stake_is_known() && report.knows_stock();
            known.then(|| r.pool.value_at_risk().as_f64())
        })
        .text("class", "Class", "class", |r| &r.class)
        .script()
}

/// What keeps a pool from running out, or ends it: moves, orders asked for sooner, orders to place,
/// and what is on its way.
fn remedy(report: &Report, pool: &PoolResults, moved_in: &[&Transfer]) -> String {
    let as_of = report.input.as_of;
    let mut parts = Vec::new();
    for found in moved_in {
        parts.push(format!("move {} from {}", found.quantity, report.location(found.from)));
    }
    for advice in pool.order_advice.iter().filter(|a| a.action == OpenOrderAction::Expedite) {
        let on = advice.proposed.map_or_else(String::new, |on| format!(" by {}", day(on, as_of)));
        parts.push(format!("ask for {} of {}{on}", advice.quantity, advice.order_id));
    }
    for line in pool.recommendations.iter().filter(|line| line.quantity.is_positive()) {
        let verb = if line.transfer.is_some() { "send" } else { "order" };
        let from = match report.source(line) {
            "" => String::new(),
            source => format!(" from {source}"),
        };
        let by = line.order_by.map_or_else(String::new, |by| format!(" by {}", day(by, as_of)));
        let here = line.expected_arrival;
        let here = here.map_or_else(String::new, |here| format!(", here on {}", day(here, as_of)));
        parts.push(format!("{verb} {}{from}{by}{here}", line.quantity));
    }
    if let Some(line) =
        pool.recommendations.iter().find(|line| line.quantity.is_zero() && queue::waits(line))
    {
        parts.push(format!("approve what is held: {} needed", in_words(line.need)));
    }
    let open = pool.open_orders.iter().filter(|order| order.outstanding().is_positive());
    if let Some(next) = open.min_by_key(|order| order.expected.unwrap_or(NaiveDate::MAX)) {
        let due = match next.expected {
            Some(due) if due < as_of => format!(", late since {}", day(due, as_of)),
            Some(due) => format!(" on {}", day(due, as_of)),
            None => String::new(),
        };
        parts.push(format!("{} brings {}{due}", next.order_id, next.outstanding()));
    }
    if parts.is_empty() {
        let reason = pool.recommendations.first().map_or("", |line| line.reason.as_str());
        let why = reason.split("; ").next().unwrap_or_default();
        let what = match pool.status() {
            Status::Ok | Status::Soon | Status::Excess => "no order is needed yet",
            Status::Unknown
            | Status::StockedOut
            | Status::WillStockOut
            | Status::OrderNow
            | Status::Held => "nothing is proposed",
        };
        return format!("{what}: {}", plain_dates(why, as_of));
    }
    parts.join("; ")
}

/// Every item by its position: how pages find an item's name, and the search box an item.
fn items(report: &Report) -> Vec<u8> {
    struct Row<'a> {
        sku: &'a str,
        name: &'a str,
    }
    let inputs = report.inputs();
    let rows: Vec<Row> = inputs
        .names
        .skus
        .iter()
        .zip(&inputs.products)
        .map(|(sku, product)| Row { sku, name: &product.name })
        .collect();
    ScriptTable::new("items", &rows)
        .text("sku", "SKU", "sku", |r| r.sku)
        .text("name", "Name", "sku", |r| r.name)
        .script()
}
