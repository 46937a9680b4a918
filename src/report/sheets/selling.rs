//! Channels side by side: what each shows, sells, returns, strands and risks; stock to move between
//! locations.

use crate::domain::classes::FindingKind;
use crate::domain::outcome::{Allocation, ChannelAction, ChannelFinding, Transfer};
use crate::domain::units::{ChannelId, Money, SkuId, Units};
use crate::report::gathered::Report;
use crate::report::scripts::tables::finding_is_priced;
use crate::report::sheets::sheet::{Cell, Sheet, count, cut, figure, link, percent, sheet, words};
use crate::report::wording::{UNKNOWN, day, fragment, money, quantity, rate, spaced, whole};
use chrono::NaiveDate;
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

    /// Units that it shows beyond its share; `None` where the stock is unknown.
    fn over_listed(&self) -> Option<Units> {
        let mut over = Units::ZERO;
        if self.allocation.iter().any(|row| row.published.is_none()) {
            return None;
        }
        for row in &self.allocation {
            // A listing that is short does not make up for one that shows too much.
            if let Some(listed) = row.listed {
                over += (listed - row.allocated).or_zero();
            }
        }
        Some(over)
    }

    /// Days that what it shows lasts at its own rate; `None` where the stock is unknown or nothing
    /// sells.
    fn lasts_days(&self) -> Option<f64> {
        let mut published = 0.0;
        for row in &self.allocation {
            published += row.published?.as_f64();
        }
        let velocity: f64 = self.allocation.iter().map(|row| row.velocity).sum();
        (velocity > 0.0).then(|| published / velocity)
    }

    /// Of what it still shows, the item whose stock runs out first.
    ///
    /// It is the day of the item's own page: what a channel shows is shared out anew every night,
    /// so that it is sold out when its pool is, not when today's share is.
    fn first_out(&self, report: &Report) -> Option<FirstOut> {
        let mut first: Option<FirstOut> = None;
        for row in self.allocation.iter().filter(|row| row.velocity > 0.0) {
            // What is unknown, or shows nothing already, cannot be the first to run out.
            if !row.published.is_some_and(Units::is_positive) {
                continue;
            }
            let mut pools = report.pools_of(row.sku).iter();
            let pool = pools.find(|pool| pool.location == row.location);
            let line = pool.and_then(|pool| pool.recommendations.first());
            let Some(day) = line.and_then(|line| line.stockout_date) else { continue };
            if first.as_ref().is_none_or(|first| day < first.day) {
                first = Some(FirstOut { sku: row.sku, day });
            }
        }
        first
    }

    fn risky(&self) -> usize {
        self.allocation.iter().filter(|a| a.oversell_risk > RISKY).count()
    }
}

/// The item of a channel that is sold out first.
struct FirstOut {
    sku: SkuId,
    day: NaiveDate,
}

/// Which channel runs out first, in a sentence; empty where that is not known of any.
fn runs_out_first(channels: &[ChannelRows]) -> String {
    struct Lasts<'a> {
        days: f64,
        name: &'a str,
    }
    let mut known = Vec::new();
    for channel in channels {
        known.extend(channel.lasts_days().map(|days| Lasts { days, name: channel.name }));
    }
    known.sort_by(|a, b| a.days.total_cmp(&b.days));
    match known.as_slice() {
        [] => "Which channel runs out first is not known: that needs a stock table. ".to_owned(),
        [Lasts { days, name }] => format!("What {name} shows lasts {days:.0} days at its rate. "),
        [first, .., last] => format!(
            "{} runs out first: what it shows lasts {:.0} days at its rate, that of {} {:.0}. ",
            first.name, first.days, last.name, last.days
        ),
    }
}

/// H14: one row a channel.
fn overview(report: &Report) -> Sheet {
    let channels: Vec<ChannelRows> = (0..report.inputs().names.channels.len())
        .map(|position| ChannelRows::of(report, position))
        .collect();
    sheet("Channels side by side", "No channel sells from known stock.", &channels)
        .note(format!(
            "{}Uneven sell-through between channels that share stock means that it is shared out \
             badly.",
            runs_out_first(&channels)
        ))
        .column("Channel", "channel", |c| link(c.name, format!("#channel={}", fragment(c.name))))
        .column("Items", "", |c| figure(whole(c.allocation.len())))
        .column("Sold a day", "velocity", |c| {
            figure(rate(c.allocation.iter().map(|a| a.velocity).sum()))
        })
        .column("Published", "published", |c| {
            let published: Option<Units> = c.allocation.iter().map(|a| a.published).sum();
            figure(published.map_or_else(|| UNKNOWN.to_owned(), |units| quantity(units.as_f64())))
        })
        .column("Lasts", "cover", |c| {
            let days = c.lasts_days();
            figure(days.map_or_else(|| UNKNOWN.to_owned(), |days| format!("{days:.0} days")))
        })
        .column("First to sell out", "stock-out-date", |c| match c.first_out(report) {
            Some(FirstOut { sku, day: out }) => {
                let when = match out <= report.input.as_of {
                    true => "today".to_owned(),
                    false => format!("on {}", day(out, report.input.as_of)),
                };
                link(format!("{} {when}", report.sku(sku)), report.item_address(sku))
            }
            None if report.knows_stock() => words("none foreseen"),
            None => words(UNKNOWN),
        })
        .column("Over-listed", "exposure", |c| {
            let over = c.over_listed();
            figure(over.map_or_else(|| UNKNOWN.to_owned(), |units| quantity(units.as_f64())))
        })
        .column("Sell-through", "sell-through", |c| percent(report, &c.scope, "sell_through"))
        .column("Returns", "return-rate", |c| percent(report, &c.scope, "return_rate"))
        .column("Paused", "action", |c| c.with_action(ChannelAction::Pause))
        .column("Alerts", "action", |c| known(report, || c.with_action(ChannelAction::Alert)))
        .column("Risk over 5 %", "oversell-risk", |c| known(report, || figure(whole(c.risky()))))
        .column("Stranded", "imbalance", |c| {
            let units: f64 = c.found(FindingKind::Stranded).map(|f| f.units).sum();
            let value: Money = c.found(FindingKind::Stranded).map(|f| f.value).sum();
            known(report, || {
                figure(match value.is_positive() {
                    true => format!("{}, {} at cost", quantity(units), money(value)),
                    false => quantity(units),
                })
            })
        })
        // The number of items that the others would sell for more.
        .column("Better without it", "imbalance", |c| {
            let kind = FindingKind::TooManyChannels;
            let address = format!("#channel={}&kind={kind}", fragment(c.name));
            known(report, || count(c.found(kind).count(), address.clone()))
        })
        .finish()
}

/// What only a known stock can say.
fn known(report: &Report, cell: impl FnOnce() -> Cell) -> Cell {
    if report.knows_stock() { cell() } else { figure(UNKNOWN) }
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

/// Money, or that nobody knows how much.
fn worth(is_known: bool, value: Money) -> Cell {
    figure(if is_known { money(value) } else { UNKNOWN.to_owned() })
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
        expected_loss: Money,
        /// Whether anything says what they are worth, or there are none.
        is_priced: bool,
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
            expected_loss: found.iter().map(|f| f.expected_loss).sum(),
            is_priced: found.is_empty() || found.iter().any(|f| finding_is_priced(report, f)),
        });
    }
    let note = match report.knows_stock() {
        true => "Open a kind for its items below.",
        false => "Unknown until the stock is known: no kind is found without a stock table.",
    };
    sheet("What is out of balance", "Nothing.", &rows)
        .note(note)
        .column("Kind", "imbalance", |r| link(spaced(r.kind.name()), format!("#kind={}", r.kind)))
        .column("What it means", "", |r| words(r.meaning))
        .column("Items", "", |r| known(report, || count(r.items, format!("#kind={}", r.kind))))
        .column("Units", "on-hand", |r| known(report, || figure(quantity(r.units))))
        .column("Worth", "value-at-risk", |r| known(report, || worth(r.is_priced, r.value)))
        .column("Counted as", "", |r| words(r.worth))
        .column("Expected loss", "value-at-risk", |r| {
            known(report, || worth(r.is_priced, r.expected_loss))
        })
        .finish()
}

/// Units to send from a location in excess to one that runs out, most money first.
fn transfers(report: &Report) -> Sheet {
    let mut all: Vec<&Transfer> = report.outcome().transfers.iter().collect();
    all.sort_by_key(|t| (Reverse(t.value), t.sku, t.from, t.to));
    let note = cut(TRANSFERS, all.len());
    all.truncate(TRANSFERS);
    let none = match report.knows_stock() {
        true => "No location runs out of what another has to spare.",
        false => "What must be moved is unknown: that needs a stock table.",
    };
    sheet("Move between locations", none, &all)
        .note(note)
        .column("SKU", "sku", |t| link(report.sku(t.sku), report.item_address(t.sku)))
        .column("Name", "sku", |t| words(report.name(t.sku)))
        .column("From", "location", |t| words(report.location(t.from)))
        .column("To", "location", |t| words(report.location(t.to)))
        .column("Units", "on-hand", |t| figure(quantity(t.quantity.as_f64())))
        .column("Saved", "margin", |t| figure(money(t.value)))
        .column("Why", "reason", |t| words(&t.reason))
        .finish()
}
