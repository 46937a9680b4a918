//! Channels side by side: what each shows, sells, returns, strands and risks; stock to move between locations.

use crate::domain::classes::FindingKind;
use crate::domain::outcome::{ChannelAction, ChannelFinding};
use crate::explain::Unit;
use crate::report::Run;
use crate::report::html::{amount, grouped, measured};
use crate::report::sheets::Cell;
use crate::report::sheets::Sheet;
use crate::report::sheets::count;
use crate::report::sheets::figure;
use crate::report::sheets::fragment;
use crate::report::sheets::link;
use crate::report::sheets::words;

/// Transfers that fit a page.
const SHOWN: usize = 25;

/// The sheets of the channels page.
pub(crate) fn channels(run: &Run) -> Vec<Sheet> {
    let mut sheets = vec![overview(run), kinds(run)];
    if run.input.inputs.names.locations.len() > 1 {
        sheets.push(transfers(run));
    }
    sheets
}

/// H14: one row a channel.
fn overview(run: &Run) -> Sheet {
    Sheet {
        title: "Channels side by side",
        note: "Uneven sell-through between channels of one stock pool means the pool is shared out badly.".to_owned(),
        empty: "No channel sells from a known stock pool.",
        head: vec![
            ("Channel", "channel"),
            ("Items", ""),
            ("Sold a day", "velocity"),
            ("Published", "published"),
            ("Over-listed", "exposure"),
            ("Sell-through", "sell-through"),
            ("Returns", "return-rate"),
            ("Paused", "action"),
            ("Alerts", "action"),
            ("Risk over 5 %", "oversell-risk"),
            ("Stranded", "imbalance"),
            ("At cost", "imbalance"),
            ("Better without it", "imbalance"),
        ],
        rows: (0..run.input.inputs.names.channels.len()).map(|at| channel(run, at)).collect(),
    }
}

fn channel(run: &Run, at: usize) -> Vec<Cell> {
    let name = &run.input.inputs.names.channels[at];
    let rows = || run.input.outcome.allocation.iter().filter(|a| a.channel.index() == at);
    let listed = |action: ChannelAction| {
        let n = rows().filter(|a| a.action == action).count();
        count(n, format!("#channel={}&action={}", fragment(name), action.name()))
    };
    let found = |kind: FindingKind| {
        let mine =
            move |f: &&ChannelFinding| f.kind == kind && f.channel.is_some_and(|c| c.index() == at);
        run.input.outcome.findings.iter().filter(mine)
    };
    let over: i64 = rows().filter_map(|a| Some((a.listed?.0 - a.allocated.0).max(0))).sum();
    let scope = format!("channel:{name}");
    let percent =
        |key: &str| measured(run.now.find(key, &scope).and_then(|i| i.value), Unit::Percent);
    vec![
        link(name.clone(), format!("#channel={}", fragment(name))),
        figure(grouped(rows().count() as f64)),
        figure(format!("{:.1}", rows().map(|a| a.velocity).sum::<f64>())),
        figure(grouped(rows().map(|a| a.published.0 as f64).sum())),
        figure(grouped(over as f64)),
        figure(percent("sell_through")),
        figure(percent("return_rate")),
        listed(ChannelAction::Pause),
        listed(ChannelAction::Alert),
        figure(grouped(rows().filter(|a| a.oversell_risk > 0.05).count() as f64)),
        figure(grouped(found(FindingKind::Stranded).map(|f| f.units).sum())),
        figure(amount(found(FindingKind::Stranded).map(|f| f.value.as_f64()).sum())),
        count(
            found(FindingKind::TooManyChannels).count(),
            format!("#channel={}&kind=too-many-channels", fragment(name)),
        ),
    ]
}

/// A7, E10, E11: what is wrong with how pools are shown and shared, a kind a row.
fn kinds(run: &Run) -> Sheet {
    const KINDS: [(FindingKind, &str, &str); 4] = [
        (
            FindingKind::Exposure,
            "Listed beyond the stock behind it",
            "could be sold twice, at price",
        ),
        (
            FindingKind::Imbalance,
            "One channel runs dry while another holds plenty",
            "margin at risk",
        ),
        (
            FindingKind::Stranded,
            "Held for a channel that will not sell it in good time",
            "stock at cost",
        ),
        (
            FindingKind::TooManyChannels,
            "One channel too many: units are what the others then run short of",
            "margin gained without it",
        ),
    ];
    let row = |&(kind, meaning, worth): &(FindingKind, &str, &str)| {
        let found = || run.input.outcome.findings.iter().filter(|f| f.kind == kind);
        let value: f64 = found().map(|f| f.value.as_f64()).sum();
        vec![
            link(kind.name().replace('-', " "), format!("#kind={kind}")),
            words(meaning),
            count(found().count(), format!("#kind={kind}")),
            figure(grouped(found().map(|f| f.units).sum())),
            figure(amount(value)),
            words(worth),
        ]
    };
    Sheet {
        title: "What is out of balance",
        note: "Open a kind for its items below.".to_owned(),
        empty: "Nothing.",
        head: vec![
            ("Kind", "imbalance"),
            ("What it means", ""),
            ("Items", ""),
            ("Units", "on-hand"),
            ("Worth", "value-at-risk"),
            ("Counted as", ""),
        ],
        rows: KINDS.iter().map(row).collect(),
    }
}

/// Units to send from a location in excess to one that runs out, most money first.
fn transfers(run: &Run) -> Sheet {
    let mut all: Vec<_> = run.input.outcome.transfers.iter().collect();
    all.sort_by_key(|t| (std::cmp::Reverse(t.value), t.sku, t.from, t.to));
    let rows = all.iter().take(SHOWN).map(|t| {
        vec![
            link(run.sku(t.sku), format!("item.html#{}", t.sku.0)),
            words(run.input.inputs.products[t.sku.index()].name.clone()),
            words(run.location(t.from)),
            words(run.location(t.to)),
            figure(grouped(t.quantity.0 as f64)),
            figure(amount(t.value.as_f64())),
            words(t.reason.clone()),
        ]
    });
    Sheet {
        title: "Move between locations",
        note: if all.len() > SHOWN {
            format!("The {SHOWN} worth most of {}.", grouped(all.len() as f64))
        } else {
            String::new()
        },
        empty: "No location runs out of what another has to spare.",
        head: vec![
            ("SKU", "sku"),
            ("Name", "sku"),
            ("From", "location"),
            ("To", "location"),
            ("Units", "on-hand"),
            ("Margin saved", "margin"),
            ("Why", "reason"),
        ],
        rows: rows.collect(),
    }
}
