//! Channels side by side: what each shows, sells, returns, strands and risks; stock to move between
//! locations.

use crate::domain::classes::FindingKind;
use crate::domain::outcome::{Allocation, ChannelAction, ChannelFinding, Transfer};
use crate::domain::units::{ChannelId, Money, Units};
use crate::report::Report;
use crate::report::sheets::{Cell, Sheet, count, cut, figure, link, percent, sheet, words};
use crate::report::wording::{fragment, grouped, money, spaced, whole};
use std::cmp::Reverse;

/// Transfers that fit a page.
const TRANSFERS: usize = 25;

/// Chance of selling what is not there from which a listing is counted: one in twenty.
const RISKY: f64 = 0.05;

/// The sheets of the channels page.
pub(crate) fn channels(report: &Report) -> Vec<Sheet> {
    let mut sheets = vec![overview(report), kinds(report)];
    // With one location there is nowhere to move stock to.
    if report.has_locations() {
        sheets.push(transfers(report));
    }
    sheets
}

/// A channel with its rows.
struct ChannelRows<'a> {
    name: &'a str,
    /// Scope of its indicators.
    scope: String,
    allocation: Vec<&'a Allocation>,
    findings: Vec<&'a ChannelFinding>,
}

impl<'a> ChannelRows<'a> {
    fn of(report: &Report<'a>, position: usize) -> Self {
        let channel = ChannelId(position as u32);
        let name = report.channel(channel);
        let outcome = report.outcome();
        Self {
            name,
            scope: format!("channel:{name}"),
            allocation: outcome.allocation.iter().filter(|a| a.channel == channel).collect(),
            findings: outcome.findings.iter().filter(|f| f.channel == Some(channel)).collect(),
        }
    }

    fn found(&self, kind: FindingKind) -> impl Iterator<Item = &&'a ChannelFinding> {
        self.findings.iter().filter(move |f| f.kind == kind)
    }

    /// Its listings with this action, and the way to them.
    fn with_action(&self, action: ChannelAction) -> Cell {
        let listings = self.allocation.iter().filter(|a| a.action == action).count();
        count(listings, format!("#channel={}&action={action}", fragment(self.name)))
    }

    /// Units that it shows beyond its share.
    fn over_listed(&self) -> Units {
        let mut over = Units::ZERO;
        for row in &self.allocation {
            // A listing that is short does not make up for one that shows too much.
            if let Some(listed) = row.listed {
                over += (listed - row.allocated).or_zero();
            }
        }
        over
    }

    fn risky(&self) -> usize {
        self.allocation.iter().filter(|a| a.oversell_risk > RISKY).count()
    }
}

/// H14: one row a channel.
fn overview(report: &Report) -> Sheet {
    let channels: Vec<ChannelRows> = (0..report.inputs().names.channels.len())
        .map(|position| ChannelRows::of(report, position))
        .collect();
    sheet("Channels side by side", "No channel sells from known stock.", &channels)
        .note(
            "Uneven sell-through between channels that share stock means that it is shared out \
             badly.",
        )
        .column("Channel", "channel", |c| link(c.name, format!("#channel={}", fragment(c.name))))
        .column("Items", "", |c| figure(whole(c.allocation.len())))
        .column("Sold a day", "velocity", |c| {
            figure(format!("{:.1}", c.allocation.iter().map(|a| a.velocity).sum::<f64>()))
        })
        .column("Published", "published", |c| {
            figure(grouped(c.allocation.iter().filter_map(|a| a.published).sum::<Units>().as_f64()))
        })
        .column("Over-listed", "exposure", |c| figure(grouped(c.over_listed().as_f64())))
        .column("Sell-through", "sell-through", |c| percent(report, &c.scope, "sell_through"))
        .column("Returns", "return-rate", |c| percent(report, &c.scope, "return_rate"))
        .column("Paused", "action", |c| c.with_action(ChannelAction::Pause))
        .column("Alerts", "action", |c| c.with_action(ChannelAction::Alert))
        .column("Risk over 5 %", "oversell-risk", |c| figure(whole(c.risky())))
        .column("Stranded", "imbalance", |c| {
            figure(grouped(c.found(FindingKind::Stranded).map(|f| f.units).sum()))
        })
        .column("At cost", "imbalance", |c| {
            figure(money(c.found(FindingKind::Stranded).map(|f| f.value).sum()))
        })
        // The number of items that the others would sell for more.
        .column("Better without it", "imbalance", |c| {
            let kind = FindingKind::TooManyChannels;
            let address = format!("#channel={}&kind={kind}", fragment(c.name));
            count(c.found(kind).count(), address)
        })
        .finish()
}

/// What a kind of finding means, and what its money is.
fn meaning(kind: FindingKind) -> (&'static str, &'static str) {
    match kind {
        FindingKind::Exposure => {
            ("Listed beyond the stock behind it", "could be sold twice, at price")
        }
        FindingKind::Imbalance => {
            ("One channel runs dry while another holds plenty", "margin at risk")
        }
        FindingKind::Stranded => {
            ("Held for a channel that will not sell it in good time", "stock at cost")
        }
        FindingKind::TooManyChannels => (
            "One channel too many: units are what the others then run short of",
            "margin gained without it",
        ),
    }
}

/// A7, E10, E11: what is wrong with how stock is shown and shared, a kind a row.
fn kinds(report: &Report) -> Sheet {
    struct Row {
        kind: FindingKind,
        meaning: &'static str,
        worth: &'static str,
        items: usize,
        units: f64,
        value: Money,
    }
    let mut rows = Vec::new();
    for &kind in FindingKind::ALL {
        let (meaning, worth) = meaning(kind);
        let all = report.outcome().findings.iter();
        let found: Vec<&ChannelFinding> = all.filter(|f| f.kind == kind).collect();
        rows.push(Row {
            kind,
            meaning,
            worth,
            items: found.len(),
            units: found.iter().map(|f| f.units).sum(),
            value: found.iter().map(|f| f.value).sum(),
        });
    }
    sheet("What is out of balance", "Nothing.", &rows)
        .note("Open a kind for its items below.")
        .column("Kind", "imbalance", |r| link(spaced(r.kind.name()), format!("#kind={}", r.kind)))
        .column("What it means", "", |r| words(r.meaning))
        .column("Items", "", |r| count(r.items, format!("#kind={}", r.kind)))
        .column("Units", "on-hand", |r| figure(grouped(r.units)))
        .column("Worth", "value-at-risk", |r| figure(money(r.value)))
        .column("Counted as", "", |r| words(r.worth))
        .finish()
}

/// Units to send from a location in excess to one that runs out, most money first.
fn transfers(report: &Report) -> Sheet {
    let mut all: Vec<&Transfer> = report.outcome().transfers.iter().collect();
    all.sort_by_key(|t| (Reverse(t.value), t.sku, t.from, t.to));
    let note = cut(TRANSFERS, all.len());
    all.truncate(TRANSFERS);
    sheet("Move between locations", "No location runs out of what another has to spare.", &all)
        .note(note)
        .column("SKU", "sku", |t| link(report.sku(t.sku), report.item_address(t.sku)))
        .column("Name", "sku", |t| words(report.name(t.sku)))
        .column("From", "location", |t| words(report.location(t.from)))
        .column("To", "location", |t| words(report.location(t.to)))
        .column("Units", "on-hand", |t| figure(grouped(t.quantity.as_f64())))
        .column("Saved", "margin", |t| figure(money(t.value)))
        .column("Why", "reason", |t| words(&t.reason))
        .finish()
}
