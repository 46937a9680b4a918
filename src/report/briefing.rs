//! What needs a decision today: the moves with the most money, the six panels, what not to promote and what to push.

use crate::domain::classes::FindingKind;
use crate::domain::outcome::{ChannelFinding, OpenOrderAction, OpenOrderAdvice, Status, Transfer};
use crate::domain::units::SkuId;
use crate::indicators::Attention;
use crate::indicators::PoolView;
use crate::report::Run;
use crate::report::html::{amount, date, grouped, units};
use std::collections::BTreeMap;

/// Moves on the first page.
pub const MOVES: usize = 15;
const TOP: usize = 5;

/// One thing to do.
#[derive(Debug, Clone)]
pub struct Move {
    /// What to do: `Order`, `Expedite`, `Rebalance`, `Unlist`, `Clear`, `Run down`, ...
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

/// The moves of the whole run, most money first: the dearest of each pool, at most five of a kind.
pub(crate) fn moves(run: &Run) -> Vec<Move> {
    let (settings, outcome) = (run.input.settings, run.input.outcome);
    let of_pool =
        |pool| [order(run, pool), clear(pool), run_down(pool, settings)].into_iter().flatten();
    let mut moves: Vec<Move> = run
        .pools
        .iter()
        .filter_map(|pool| of_pool(pool).max_by(|a, b| a.money.total_cmp(&b.money)))
        .collect();
    moves.extend(outcome.open_orders.iter().map(|advice| placed(run, advice)));
    moves.extend(outcome.transfers.iter().map(|t| transfer(run, t)));
    moves.extend(outcome.findings.iter().filter_map(|f| channels(run, f)));
    moves.retain(|m| m.money > 0.0);
    moves.sort_by(|a, b| {
        b.money.total_cmp(&a.money).then(a.sku.cmp(&b.sku)).then(a.verb.cmp(b.verb))
    });
    // A flood of one kind must not hide the others.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    moves.retain(|m| {
        let n = seen.entry(m.verb).or_default();
        *n += 1;
        *n <= TOP
    });
    moves.truncate(MOVES);
    moves
}

fn order(run: &Run, pool: &PoolView) -> Option<Move> {
    let line =
        pool.recommendations.iter().filter(|r| r.quantity.0 > 0).max_by_key(|r| r.value_at_risk)?;
    let supplier = run.supplier(line.supplier);
    let from = if supplier.is_empty() { String::new() } else { format!(" from {supplier}") };
    let by = line.order_by.map_or_else(String::new, |d| {
        if d <= run.input.as_of { " today".to_owned() } else { format!(" by {}", date(d)) }
    });
    let text =
        format!("Order {}{from}{by} for {}.", units(line.quantity.0), amount(line.value.as_f64()));
    Some(Move {
        verb: "Order",
        sku: pool.sku,
        text,
        money: line.value_at_risk.as_f64(),
        label: "margin at risk",
    })
}

/// F9: an order already placed that should come sooner, later or not at all.
fn placed(run: &Run, advice: &OpenOrderAdvice) -> Move {
    let from =
        Some(run.supplier(advice.supplier)).filter(|s| !s.is_empty()).unwrap_or("the supplier");
    let (verb, wish, label) = match advice.action {
        OpenOrderAction::Expedite => ("Expedite", "to deliver sooner", "margin at risk"),
        OpenOrderAction::PushOut => ("Push out", "to deliver later", "holding cost saved"),
        OpenOrderAction::Cancel => ("Cancel", "to cancel", "purchase value"),
    };
    let text = format!(
        "Ask {from} {wish} {} of {}: {}.",
        units(advice.quantity.0),
        advice.order_id,
        advice.reason
    );
    Move { verb, sku: advice.sku, text, money: advice.value.as_f64(), label }
}

fn transfer(run: &Run, t: &Transfer) -> Move {
    let text = format!(
        "Send {} from {} to {}: {}.",
        units(t.quantity.0),
        run.location(t.from),
        run.location(t.to),
        t.reason
    );
    Move { verb: "Transfer", sku: t.sku, text, money: t.value.as_f64(), label: "margin saved" }
}

/// A7, E10, E11: channels that show, hold or cost too much. Stranded units are part of their pool's imbalance.
fn channels(run: &Run, found: &ChannelFinding) -> Option<Move> {
    let channel =
        found.channel.map_or("a channel", |c| &run.input.inputs.names.channels[c.index()]);
    let count = grouped(found.units);
    let (verb, text, label) = match found.kind {
        FindingKind::Exposure => ("Unlist", format!("{}.", found.reason), "could be sold twice"),
        FindingKind::Imbalance => (
            "Rebalance",
            format!("Share {count} units out anew: {}.", found.reason),
            "margin at risk",
        ),
        FindingKind::TooManyChannels => {
            ("Narrow", format!("Take it off {channel}: {}.", found.reason), "margin gained")
        }
        FindingKind::Stranded => return None,
    };
    Some(Move { verb, sku: found.sku, text, money: found.value.as_f64(), label })
}

fn clear(pool: &PoolView) -> Option<Move> {
    let class = pool.class.filter(|c| c.take_action && c.cash_freed.0 > 0)?;
    let text = format!(
        "Discount, bundle or discontinue {}: no sale for 90 days or more.",
        units(pool.on_hand().0)
    );
    Some(Move {
        verb: "Clear",
        sku: pool.sku,
        text,
        money: class.cash_freed.as_f64(),
        label: "cash freed at cost",
    })
}

fn run_down(pool: &PoolView, settings: &crate::indicators::Settings) -> Option<Move> {
    (pool.status() == Status::Excess).then_some(())?;
    let tied = Attention::Excess.worth(pool, settings.excess_cover_days);
    let cover = pool
        .class
        .and_then(|c| c.days_of_cover)
        .map_or_else(String::new, |d| format!(" ({d:.0} days of cover)"));
    let text = format!(
        "Promote, or buy nothing more: {} tied up beyond what sells soon{cover}.",
        amount(tied)
    );
    Some(Move {
        verb: "Run down",
        sku: pool.sku,
        text,
        money: tied * settings.holding_rate,
        label: "holding cost a year",
    })
}

/// The six panels in their fixed order.
pub(crate) fn panels(run: &Run) -> Vec<Panel> {
    let words = [
        ("Stocked out", "Nothing left, customers still ask.", "margin at risk"),
        ("About to stock out", "Gone before an order placed today arrives.", "margin at risk"),
        ("Order now", "At or below the reorder point.", "to order"),
        ("Excess", "More than will sell in good time.", "tied up at cost"),
        ("Dead", "Hardly sells, or not for 90 days.", "tied up at cost"),
        ("New", "Too young for a class or a pattern.", "in stock at cost"),
    ];
    Attention::ALL
        .into_iter()
        .zip(words)
        .map(|(attention, words)| panel(run, attention, words))
        .collect()
}

fn panel(
    run: &Run,
    attention: Attention,
    (title, meaning, label): (&'static str, &'static str, &'static str),
) -> Panel {
    let excess_days = run.input.settings.excess_cover_days;
    let mut inside: Vec<(&PoolView, f64)> = run
        .pools
        .iter()
        .filter(|p| attention.holds(p))
        .map(|p| (p, attention.worth(p, excess_days)))
        .collect();
    let value = inside.iter().map(|i| i.1).sum();
    let count = inside.len();
    let before = |name: &str| run.before.last()?.find(name, attention.scope())?.value;
    let change = before("panel_items")
        .zip(before("panel_value"))
        .map(|(n, v)| (count as f64 - n, value - v));
    inside.sort_by(|a, b| {
        b.1.total_cmp(&a.1).then((a.0.sku, a.0.location).cmp(&(b.0.sku, b.0.location)))
    });
    let top = inside
        .iter()
        .take(TOP)
        .map(|&(p, money)| Line { sku: p.sku, note: note(run, attention, p), money })
        .collect();
    Panel { attention, title, meaning, label, count, value, change, top }
}

/// What to know beside the money, and where, if there is more than one place.
fn note(run: &Run, attention: Attention, pool: &PoolView) -> String {
    place(run, pool, remark(attention, pool))
}

fn place(run: &Run, pool: &PoolView, remark: String) -> String {
    if run.input.inputs.names.locations.len() > 1 {
        format!("{remark}, {}", run.location(pool.location))
    } else {
        remark
    }
}

fn remark(attention: Attention, pool: &PoolView) -> String {
    let line = pool.recommendations.first();
    let cover = pool.class.and_then(|c| c.days_of_cover);
    match attention {
        Attention::StockedOut => {
            format!("sells {:.1} a day", pool.class.map_or(0.0, |c| c.velocity_per_day))
        }
        Attention::AboutToStockOut => line
            .and_then(|r| r.stockout_date)
            .map_or_else(String::new, |d| format!("out {}", date(d))),
        Attention::OrderNow => line.map_or_else(String::new, |r| format!("order {}", r.quantity)),
        Attention::Excess => {
            cover.map_or_else(|| "no sales".to_owned(), |d| format!("{d:.0} days of cover"))
        }
        Attention::Dead | Attention::New => units(pool.on_hand().0),
    }
}

/// H13: items about to sell out, so that promoting them would only disappoint; most margin at risk first.
pub(crate) fn do_not_promote(run: &Run) -> Vec<Line> {
    let soon = |p: &&PoolView| matches!(p.status(), Status::StockedOut | Status::WillStockOut);
    top(run.pools.iter().filter(soon).map(|p| {
        let out = p.recommendations.iter().filter_map(|r| r.stockout_date).min();
        let gone = out
            .filter(|&d| d > run.input.as_of)
            .map_or_else(|| "out of stock".to_owned(), |d| format!("out {}", date(d)));
        Line { sku: p.sku, note: place(run, p, gone), money: p.value_at_risk().as_f64() }
    }))
}

/// H13: slow items with more than enough stock; most money tied up first.
pub(crate) fn push(run: &Run) -> Vec<Line> {
    let excess_days = run.input.settings.excess_cover_days;
    let slow = |p: &&PoolView| Attention::Excess.holds(p) || Attention::Dead.holds(p);
    top(run.pools.iter().filter(slow).map(|p| Line {
        sku: p.sku,
        note: note(run, Attention::Excess, p),
        money: Attention::Excess.worth(p, excess_days),
    }))
}

fn top(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_by(|a, b| b.money.total_cmp(&a.money).then(a.sku.cmp(&b.sku)));
    lines.truncate(10);
    lines
}
