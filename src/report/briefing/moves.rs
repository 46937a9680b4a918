//! The moves worth most: one thing to do, in one sentence, with what it is worth.

use crate::domain::classes::FindingKind;
use crate::domain::constraints::Binding;
use crate::domain::outcome::{ChannelFinding, OpenOrderAction, OpenOrderAdvice, Status, Transfer};
use crate::domain::units::SkuId;
use crate::indicators::{Attention, PoolResults, Settings};
use crate::report::briefing::ItemText;
use crate::report::gathered::Report;
use crate::report::queue;
use crate::report::wording::{amount, day, money, plain_dates, quantity, units};
use std::collections::BTreeMap;

/// Moves on the first page: what a planner reads through.
const MOVES: usize = 15;
/// Moves of one kind: a flood of one must not hide the others.
const OF_A_KIND: usize = 5;
/// Currency units that a move is worth at least.
const LEAST: f64 = 0.01;

/// One thing to do, as the page writes it.
pub(super) struct Move {
    pub verb: &'static str,
    pub item: ItemText,
    pub text: String,
    pub money: String,
    /// What kind of money that is.
    pub label: &'static str,
}

/// A move that may be among the best.
struct Candidate {
    /// `Order`, `Expedite`, `Rebalance`, `Unlist`, `Clear`, `Run down`, ...
    verb: &'static str,
    sku: SkuId,
    /// One sentence.
    text: String,
    /// Currency units.
    money: f64,
    label: &'static str,
}

/// Those of the whole run, most money first: the dearest of each item at each location.
pub(super) fn moves(report: &Report) -> Vec<Move> {
    let settings = report.input.settings;
    let outcome = report.outcome();
    let mut candidates = Vec::new();
    for pool in &report.pools {
        // One move an item: what to order outweighs what to clear, or the other way round.
        let of_pool =
            [order(report, pool), release(report, pool), clear(pool), run_down(pool, settings)];
        let dearest = of_pool.into_iter().flatten().max_by(|a, b| a.money.total_cmp(&b.money));
        candidates.extend(dearest);
    }
    candidates.extend(outcome.open_orders.iter().map(|advice| placed(report, advice)));
    candidates.extend(outcome.transfers.iter().map(|t| transfer(report, t)));
    candidates.extend(outcome.findings.iter().filter_map(|f| channel(report, f)));
    // Unknown prices are zero: such a move cannot be ranked, its line still stands in the tables.
    // Nor is one worth a morning's attention that costs less than a cent if it is left.
    candidates.retain(|c| c.money >= LEAST);
    candidates.sort_by(|a, b| {
        b.money.total_cmp(&a.money).then(a.sku.cmp(&b.sku)).then(a.verb.cmp(b.verb))
    });
    let mut of_kind: BTreeMap<&str, usize> = BTreeMap::new();
    candidates.retain(|c| {
        let so_far = of_kind.entry(c.verb).or_default();
        *so_far += 1;
        *so_far <= OF_A_KIND
    });
    candidates.truncate(MOVES);
    let mut moves = Vec::new();
    for Candidate { verb, sku, text, money, label } in candidates {
        let item = ItemText::new(report, sku);
        let text = plain_dates(&text, report.input.as_of);
        moves.push(Move { verb, item, text, money: amount(money) + &report.currency(), label });
    }
    moves
}

fn order(report: &Report, pool: &PoolResults) -> Option<Candidate> {
    let lines = pool.recommendations.iter().filter(|r| r.quantity.is_positive());
    // An order split over suppliers is one decision: the line that matters most stands for it.
    let line = lines.max_by_key(|r| r.value_at_risk)?;
    let from = match report.source(line) {
        "" => String::new(),
        source => format!(" from {source}"),
    };
    if line.transfer.is_some() {
        let to = report.location(line.location);
        return Some(Candidate {
            verb: "Send",
            sku: pool.sku,
            text: format!("Send {}{from} to {to} today.", units(line.quantity)),
            money: line.value_at_risk.as_f64(),
            label: "margin at risk",
        });
    }
    let by = match line.order_by {
        None => String::new(),
        Some(last) if last <= report.input.as_of => " today".to_owned(),
        Some(last) => format!(" by {}", day(last, report.input.as_of)),
    };
    Some(Candidate {
        verb: "Order",
        sku: pool.sku,
        text: format!("Order {}{from}{by} for {}.", units(line.quantity), money(line.value)),
        money: line.value_at_risk.as_f64(),
        label: "margin at risk",
    })
}

/// A new item that is needed and waits for somebody to agree.
fn release(report: &Report, pool: &PoolResults) -> Option<Candidate> {
    let held = pool.recommendations.iter().filter(|line| {
        line.binding == Binding::Approval.name() && line.need > 0.0 && line.quantity.is_zero()
    });
    let line = held.max_by_key(|line| line.value_at_risk)?;
    let wanted = queue::released(line, queue::lot_rules(report, pool, line));
    let from = match report.source(line) {
        "" => String::new(),
        source => format!(" from {source}"),
    };
    let at = match report.has_locations() {
        true => format!(" for {}", report.location(line.location)),
        false => String::new(),
    };
    Some(Candidate {
        verb: "Approve",
        sku: pool.sku,
        text: format!("Let {}{from} go{at}: it is new and waits for approval.", units(wanted)),
        money: line.value_at_risk.as_f64(),
        label: "margin at risk",
    })
}

/// F9: an order already placed that should come sooner, later or not at all.
fn placed(report: &Report, advice: &OpenOrderAdvice) -> Candidate {
    let supplier = match report.supplier(advice.supplier) {
        "" => "the supplier",
        name => name,
    };
    let (verb, wish, label) = match advice.action {
        OpenOrderAction::Expedite => ("Expedite", "to deliver sooner", "margin at risk"),
        OpenOrderAction::PushOut => ("Push out", "to deliver later", "holding cost saved"),
        OpenOrderAction::Cancel => ("Cancel", "to cancel", "purchase value"),
    };
    let quantity = units(advice.quantity);
    Candidate {
        verb,
        sku: advice.sku,
        text: format!(
            "Ask {supplier} {wish} {quantity} of {}: {}.",
            advice.order_id, advice.reason
        ),
        money: advice.value.as_f64(),
        label,
    }
}

fn transfer(report: &Report, transfer: &Transfer) -> Candidate {
    let (from, to) = (report.location(transfer.from), report.location(transfer.to));
    Candidate {
        verb: "Transfer",
        sku: transfer.sku,
        text: format!(
            "Send {} from {from} to {to}: {}.",
            units(transfer.quantity),
            transfer.reason
        ),
        money: transfer.value.as_f64(),
        label: "saved",
    }
}

/// A7, E10, E11: channels that show, hold or cost too much. Stranded units are part of their item's
/// imbalance.
fn channel(report: &Report, found: &ChannelFinding) -> Option<Candidate> {
    let reason = &found.reason;
    let (verb, text, label) = match found.kind {
        FindingKind::Exposure => {
            ("Unlist", format!("{reason}."), "of sales to cancel by the next sync")
        }
        FindingKind::Imbalance => {
            let count = quantity(found.units);
            ("Rebalance", format!("Share {count} units out anew: {reason}."), "margin at risk")
        }
        FindingKind::TooManyChannels => {
            let channel = found.channel.map_or("a channel", |c| report.channel(c));
            ("Narrow", format!("Take it off {channel}: {reason}."), "margin gained")
        }
        // The imbalance that it is part of is a move already.
        FindingKind::Stranded => return None,
    };
    Some(Candidate { verb, sku: found.sku, text, money: found.expected_loss.as_f64(), label })
}

fn clear(pool: &PoolResults) -> Option<Candidate> {
    let clear = pool.to_clear().filter(|c| c.class.take_action && c.cash_freed.is_positive())?;
    Some(Candidate {
        verb: "Clear",
        sku: pool.sku,
        text: format!(
            "Discount, bundle or discontinue {}: no sale for 90 days or more.",
            units(clear.units)
        ),
        money: clear.cash_freed.as_f64(),
        label: "cash freed at cost",
    })
}

fn run_down(pool: &PoolResults, settings: &Settings) -> Option<Candidate> {
    if pool.status() != Status::Excess {
        return None;
    }
    let tied = Attention::Excess.worth(pool, settings.excess_cover_days);
    let cover = match pool.class.and_then(|c| c.days_of_cover) {
        Some(days) => format!(" ({days:.0} days of cover)"),
        None => String::new(),
    };
    Some(Candidate {
        verb: "Run down",
        sku: pool.sku,
        text: format!(
            "Promote, or buy nothing more: {} tied up beyond what sells soon{cover}.",
            amount(tied)
        ),
        // The stock itself comes back when it sells; what excess costs is keeping it.
        money: tied * settings.holding_rate,
        label: "holding cost a year",
    })
}
