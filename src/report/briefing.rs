//! What needs a decision today: the moves with the most money, the six panels, what not to promote and what to push.

use super::Run;
use super::html::{amount, date, units};
use crate::indicators::{Attention, PoolView};
use crate::outcome::{Allocation, Indicator, Status};
use crate::units::SkuId;
use std::cmp::Ordering;

/// Moves on the first page.
pub const MOVES: usize = 15;
const TOP: usize = 5;
/// Cover below which a channel runs dry, and above which it holds stock another could sell, days.
const THIN_DAYS: f64 = 3.0;
const THICK_DAYS: f64 = 28.0;

/// One thing to do.
#[derive(Debug, Clone)]
pub struct Move {
    /// What to do: `Order`, `Expedite`, `Rebalance`, `Unlist`, `Clear`, `Run down`.
    pub verb: &'static str,
    /// The item.
    pub sku: SkuId,
    /// One sentence.
    pub text: String,
    /// What it is worth, currency units.
    pub money: f64,
    /// What kind of money that is.
    pub label: &'static str,
}

/// One of the six panels.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Which.
    pub attention: Attention,
    /// Its heading.
    pub title: &'static str,
    /// One sentence on what it means.
    pub meaning: &'static str,
    /// What its money is.
    pub label: &'static str,
    /// Pools in it.
    pub count: usize,
    /// Their money.
    pub value: f64,
    /// Change of count and money since the last run.
    pub change: Option<(f64, f64)>,
    /// The five dearest.
    pub top: Vec<Line>,
}

/// An item with its money and one remark.
#[derive(Debug, Clone)]
pub struct Line {
    /// The item.
    pub sku: SkuId,
    /// The remark.
    pub note: String,
    /// Currency units.
    pub money: f64,
}

/// Stock that should change hands between the channels of an item.
#[derive(Debug, Clone)]
pub struct Imbalance<'a> {
    /// The channel that runs dry.
    pub to: &'a Allocation,
    /// The channel that holds more than it will sell soon.
    pub from: &'a Allocation,
    /// Units worth moving.
    pub units: i64,
    /// Their margin (at price or cost where the margin is unknown), currency units.
    pub money: f64,
}

/// The moves of the whole run, most money first.
pub(super) fn moves(run: &Run) -> Vec<Move> {
    let settings = run.input.settings;
    let mut moves: Vec<Move> = Vec::new();
    for pool in &run.pools {
        let best = [order(run, pool), expedite(run, pool), clear(pool), run_down(pool, settings)];
        moves.extend(best.into_iter().flatten().max_by(|a, b| a.money.total_cmp(&b.money)));
    }
    moves.extend(oversold(run));
    moves.extend(imbalances(run).into_iter().map(|i| rebalance(run, &i)));
    moves.retain(|m| m.money > 0.0);
    moves.sort_by(|a, b| b.money.total_cmp(&a.money).then(a.sku.cmp(&b.sku)));
    moves.truncate(MOVES);
    moves
}

fn order(run: &Run, pool: &PoolView) -> Option<Move> {
    let line = pool.recommendations.iter().filter(|r| r.quantity.0 > 0).max_by_key(|r| r.value_at_risk)?;
    let supplier = run.supplier(line.supplier);
    let from = if supplier.is_empty() { String::new() } else { format!(" from {supplier}") };
    let by = line
        .order_by
        .map_or_else(String::new, |d| if d <= run.input.as_of { " today".to_owned() } else { format!(" by {}", date(d)) });
    let text = format!("Order {}{from}{by} for {}.", units(line.quantity.0), amount(line.value.as_f64()));
    Some(Move { verb: "Order", sku: pool.sku, text, money: line.value_at_risk.as_f64(), label: "margin at risk" })
}

fn expedite(run: &Run, pool: &PoolView) -> Option<Move> {
    let out = pool.recommendations.iter().filter_map(|r| r.stockout_date).min()?;
    let coming = pool.open_orders.iter().filter(|o| o.expected.is_some_and(|e| e > out)).min_by_key(|o| o.expected)?;
    let expected = coming.expected.map_or_else(String::new, date);
    let gone = if out <= run.input.as_of { "stock is gone".to_owned() } else { format!("stock runs out {}", date(out)) };
    let from = Some(run.supplier(coming.supplier)).filter(|s| !s.is_empty()).unwrap_or("the supplier");
    let text = format!("Ask {from} to deliver {} sooner: expected {expected}, {gone}.", coming.order_id);
    Some(Move { verb: "Expedite", sku: pool.sku, text, money: pool.value_at_risk().as_f64(), label: "margin at risk" })
}

fn clear(pool: &PoolView) -> Option<Move> {
    let class = pool.class.filter(|c| c.take_action && c.cash_freed.0 > 0)?;
    let text = format!("Discount, bundle or discontinue {}: no sale for 90 days or more.", units(pool.on_hand().0));
    Some(Move { verb: "Clear", sku: pool.sku, text, money: class.cash_freed.as_f64(), label: "cash freed at cost" })
}

fn run_down(pool: &PoolView, settings: &crate::indicators::Settings) -> Option<Move> {
    (pool.status() == Status::Excess).then_some(())?;
    let tied = Attention::Excess.worth(pool, settings.excess_cover_days);
    let cover = pool.class.and_then(|c| c.days_of_cover).map_or_else(String::new, |d| format!(" ({d:.0} days of cover)"));
    let text = format!("Promote, or buy nothing more: {} tied up beyond what sells soon{cover}.", amount(tied));
    Some(Move { verb: "Run down", sku: pool.sku, text, money: tied * settings.holding_rate, label: "holding cost a year" })
}

/// A7: channels that together show more than the pools of an item hold.
fn oversold(run: &Run) -> Vec<Move> {
    let mut moves = Vec::new();
    for item in run.pools.chunk_by(|a, b| a.sku == b.sku) {
        let listed: i64 = item.iter().flat_map(|p| p.allocation).filter_map(|a| a.listed).map(|l| l.0).sum();
        let held: i64 = item.iter().map(|p| p.recommendations.first().map_or(p.on_hand(), |r| r.available).0.max(0)).sum();
        let exposure = (listed - held).max(0);
        let price = item[0].product.unit_price.or(item[0].unit_cost()).unwrap_or_default().as_f64();
        let text = format!("Channels show {listed}, the shelf holds {held}: {} could be sold twice.", units(exposure));
        moves.push(Move { verb: "Unlist", sku: item[0].sku, text, money: exposure as f64 * price, label: "sales to cancel" });
    }
    moves
}

/// E10: for each item, the channel that runs dry soonest and the one with the most to spare.
pub(super) fn imbalances<'a>(run: &Run<'a>) -> Vec<Imbalance<'a>> {
    let mut found = Vec::new();
    for item in run.pools.chunk_by(|a, b| a.sku == b.sku) {
        let rows = || item.iter().flat_map(|p| p.allocation.iter());
        let short = |a: &Allocation| (THICK_DAYS / 2.0 * a.velocity - a.published.0 as f64).max(0.0);
        let spare = |a: &Allocation| (a.allocated.0 as f64 - THICK_DAYS * a.velocity).max(0.0);
        let thin = |a: &&Allocation| a.velocity > 0.0 && (a.published.0 as f64) < THIN_DAYS * a.velocity;
        let Some(to) = rows().filter(thin).max_by(|a, b| short(a).total_cmp(&short(b))) else { continue };
        let Some(from) = rows().max_by(|a, b| spare(a).total_cmp(&spare(b))) else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "whole units far below the limit")]
        let units = short(to).min(spare(from)).floor() as i64;
        if units > 0 {
            let margin = item[0].unit_margin().or(item[0].product.unit_price).unwrap_or_default().as_f64().max(0.0);
            found.push(Imbalance { to, from, units, money: units as f64 * margin });
        }
    }
    found.sort_by(|a, b| b.money.total_cmp(&a.money).then(a.to.sku.cmp(&b.to.sku)));
    found
}

fn rebalance(run: &Run, found: &Imbalance) -> Move {
    let place = |a: &Allocation| {
        let channel = &run.input.inputs.names.channels[a.channel.index()];
        if found.from.location == found.to.location {
            channel.clone()
        } else {
            format!("{channel} ({})", run.location(a.location))
        }
    };
    let text =
        format!("Move {} from {} to {}, which is about to run dry.", units(found.units), place(found.from), place(found.to));
    Move { verb: "Rebalance", sku: found.to.sku, text, money: found.money, label: "margin at risk" }
}

/// The six panels in their fixed order.
pub(super) fn panels(run: &Run) -> Vec<Panel> {
    let words = [
        ("Stocked out", "Nothing left, customers still ask.", "margin at risk"),
        ("About to stock out", "Gone before an order placed today arrives.", "margin at risk"),
        ("Order now", "At or below the reorder point.", "to order"),
        ("Excess", "More than will sell in good time.", "tied up at cost"),
        ("Dead", "Hardly sells, or not for 90 days.", "tied up at cost"),
        ("New", "Too young for a class or a pattern.", "in stock at cost"),
    ];
    Attention::ALL.into_iter().zip(words).map(|(attention, words)| panel(run, attention, words)).collect()
}

fn panel(run: &Run, attention: Attention, (title, meaning, label): (&'static str, &'static str, &'static str)) -> Panel {
    let excess_days = run.input.settings.excess_cover_days;
    let mut inside: Vec<(&PoolView, f64)> =
        run.pools.iter().filter(|p| attention.holds(p)).map(|p| (p, attention.worth(p, excess_days))).collect();
    let value = inside.iter().map(|i| i.1).sum();
    let count = inside.len();
    let before = |name: &str| {
        let last = run.input.history.last()?;
        find(&last.indicators, name, attention.scope())?.value
    };
    let change = before("panel_items").zip(before("panel_value")).map(|(n, v)| (count as f64 - n, value - v));
    inside.sort_by(|a, b| b.1.total_cmp(&a.1).then((a.0.sku, a.0.location).cmp(&(b.0.sku, b.0.location))));
    let top = inside.iter().take(TOP).map(|&(p, money)| Line { sku: p.sku, note: note(attention, p), money }).collect();
    Panel { attention, title, meaning, label, count, value, change, top }
}

/// The indicator of a name and scope in a sorted list.
pub(super) fn find<'a>(sorted: &'a [Indicator], name: &str, scope: &str) -> Option<&'a Indicator> {
    let order = |i: &Indicator| i.indicator.cmp(name).then(i.scope.as_str().cmp(scope));
    sorted.binary_search_by(order).ok().map(|at| &sorted[at])
}

fn note(attention: Attention, pool: &PoolView) -> String {
    let line = pool.recommendations.first();
    let cover = pool.class.and_then(|c| c.days_of_cover);
    match attention {
        Attention::StockedOut => format!("sells {:.1} a day", pool.class.map_or(0.0, |c| c.velocity_per_day)),
        Attention::AboutToStockOut => line.and_then(|r| r.stockout_date).map_or_else(String::new, |d| format!("out {}", date(d))),
        Attention::OrderNow => line.map_or_else(String::new, |r| format!("order {}", r.quantity)),
        Attention::Excess => cover.map_or_else(|| "no sales".to_owned(), |d| format!("{d:.0} days of cover")),
        Attention::Dead | Attention::New => units(pool.on_hand().0),
    }
}

/// H13: items about to sell out, so that promoting them would only disappoint; most margin at risk first.
pub(super) fn do_not_promote(run: &Run) -> Vec<Line> {
    let soon = |p: &&PoolView| matches!(p.status(), Status::StockedOut | Status::WillStockOut);
    top(run.pools.iter().filter(soon).map(|p| Line {
        sku: p.sku,
        note: p
            .recommendations
            .iter()
            .filter_map(|r| r.stockout_date)
            .min()
            .map_or_else(|| "out of stock".to_owned(), |d| format!("out {}", date(d))),
        money: p.value_at_risk().as_f64(),
    }))
}

/// H13: slow items with more than enough stock; most money tied up first.
pub(super) fn push(run: &Run) -> Vec<Line> {
    let excess_days = run.input.settings.excess_cover_days;
    let slow = |p: &&PoolView| Attention::Excess.holds(p) || Attention::Dead.holds(p);
    top(run.pools.iter().filter(slow).map(|p| Line {
        sku: p.sku,
        note: note(Attention::Excess, p),
        money: Attention::Excess.worth(p, excess_days),
    }))
}

fn top(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_by(|a, b| b.money.partial_cmp(&a.money).unwrap_or(Ordering::Equal).then(a.sku.cmp(&b.sku)));
    lines.truncate(10);
    lines
}
