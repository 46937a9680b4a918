//! Channels: what each shows, sells, returns and risks; who runs dry beside whom; where fewer channels would serve better.

use super::{Cell, Sheet, figure, link, words};
use crate::indicators::PoolView;
use crate::outcome::{Allocation, ChannelAction};
use crate::report::Run;
use crate::report::briefing::{find, imbalances};
use crate::report::html::{amount, grouped, measured};
use crate::units::ChannelId;

/// Imbalances that fit a page.
const SHOWN: usize = 25;

/// The sheets of the channels page.
pub(in crate::report) fn channels(run: &Run) -> Vec<Sheet> {
    vec![overview(run), imbalance(run), depth(run)]
}

/// H14: one row a channel.
fn overview(run: &Run) -> Sheet {
    let names = &run.input.inputs.names.channels;
    let rows = (0..names.len()).map(|at| channel(run, at)).collect();
    Sheet {
        title: "Channels side by side",
        note: "Uneven sell-through between channels of one stock pool means the pool is shared out badly.".to_owned(),
        empty: "No channel sells from a known stock pool.",
        head: vec![
            ("Channel", "channel"),
            ("Items", ""),
            ("Sold a day", "velocity"),
            ("Published", "published"),
            ("Shown too much", "exposure"),
            ("Sell-through", "sell-through"),
            ("Returns", "return-rate"),
            ("Paused", "action"),
            ("Alerts", "action"),
            ("Risk over 5 %", "oversell-risk"),
            ("Stranded units", "imbalance"),
            ("Stranded at cost", "imbalance"),
        ],
        rows,
    }
}

fn channel(run: &Run, at: usize) -> Vec<Cell> {
    let name = &run.input.inputs.names.channels[at];
    let mine =
        || run.pools.iter().flat_map(|p| p.allocation.iter().map(move |a| (p, a))).filter(|(_, a)| a.channel.index() == at);
    let count = |test: &dyn Fn(&Allocation) -> bool| grouped(mine().filter(|(_, a)| test(a)).count() as f64);
    let stranded = |a: &Allocation| if a.velocity > 0.0 { 0 } else { a.allocated.0 };
    let cost = |p: &PoolView| p.unit_cost().unwrap_or_default().as_f64();
    let over: i64 = mine().filter_map(|(_, a)| Some((a.listed?.0 - a.allocated.0).max(0))).sum();
    let scope = format!("channel:{name}");
    let indicator = |key: &str| measured(find(&run.input.outcome.indicators, key, &scope).and_then(|i| i.value), "percent");
    vec![
        link(name.clone(), format!("#channel={}", super::fragment(name))),
        figure(grouped(mine().count() as f64)),
        figure(format!("{:.1}", mine().map(|(_, a)| a.velocity).sum::<f64>())),
        figure(grouped(mine().map(|(_, a)| a.published.0 as f64).sum())),
        figure(grouped(over as f64)),
        figure(indicator("sell_through")),
        figure(indicator("return_rate")),
        figure(count(&|a| a.action == ChannelAction::Pause)),
        figure(count(&|a| a.action == ChannelAction::Alert)),
        figure(count(&|a| a.oversell_risk > 0.05)),
        figure(grouped(mine().map(|(_, a)| stranded(a) as f64).sum())),
        figure(amount(mine().map(|(p, a)| stranded(a) as f64 * cost(p)).sum())),
    ]
}

/// E10: moves of stock between channels, most margin first.
fn imbalance(run: &Run) -> Sheet {
    let channel = |id: ChannelId| words(run.input.inputs.names.channels[id.index()].clone());
    let all = imbalances(run);
    let rows = all.iter().take(SHOWN).map(|i| {
        vec![
            link(run.sku(i.to.sku), format!("item.html#{}", i.to.sku.0)),
            words(run.input.inputs.products[i.to.sku.index()].name.clone()),
            channel(i.to.channel),
            figure(grouped(i.to.published.0 as f64)),
            channel(i.from.channel),
            figure(grouped(i.from.allocated.0 as f64)),
            figure(grouped(i.units as f64)),
            figure(amount(i.money)),
        ]
    });
    Sheet {
        title: "One channel dry, another full",
        note: format!("{} items; the {} worth most are listed.", grouped(all.len() as f64), all.len().min(SHOWN)),
        empty: "No channel runs dry while another holds more than four weeks of its sales.",
        head: vec![
            ("SKU", "sku"),
            ("Name", "sku"),
            ("Runs dry", "channel"),
            ("Published", "published"),
            ("Holds too much", "channel"),
            ("Allocated", "allocated"),
            ("Units to move", "imbalance"),
            ("Margin", "margin"),
        ],
        rows: rows.collect(),
    }
}

/// E11: channels that sell little of an item while holding units that a stopped channel of the same pool needs.
fn depth(run: &Run) -> Sheet {
    const LITTLE: f64 = 0.15;
    let names = &run.input.inputs.names.channels;
    let mut cost = vec![(0usize, 0.0f64, 0.0f64); names.len()];
    for pool in &run.pools {
        let velocity: f64 = pool.allocation.iter().map(|a| a.velocity).sum();
        let starved: f64 = pool.allocation.iter().filter(|a| a.published.0 == 0).map(|a| a.velocity).sum();
        let margin = pool.unit_margin().unwrap_or_default().as_f64().max(0.0);
        let small = |a: &&Allocation| a.published.0 > 0 && a.velocity < LITTLE * velocity && starved > a.velocity;
        for a in pool.allocation.iter().filter(small) {
            let entry = &mut cost[a.channel.index()];
            entry.0 += 1;
            entry.1 += a.published.0 as f64;
            entry.2 += a.published.0 as f64 * margin;
        }
    }
    let rows = names.iter().zip(cost).filter(|(_, c)| c.0 > 0).map(|(name, (items, units, margin))| {
        vec![words(name.clone()), figure(grouped(items as f64)), figure(grouped(units)), figure(amount(margin))]
    });
    Sheet {
        title: "Channels that cost others their stock",
        note: "Items where this channel brings under 15 % of the sales, holds units, and a busier channel of the same pool has none to sell.".to_owned(),
        empty: "No channel holds units that a busier one is out of.",
        head: vec![("Channel", "channel"), ("Stock-outs it costs", "imbalance"), ("Units it holds", "published"), ("Margin", "margin")],
        rows: rows.collect(),
    }
}
