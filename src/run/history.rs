//! Cleaning and classifying all of history, pool by pool, in parallel.

use crate::classify;
use crate::classify::{PoolContext, PoolFacts};
use crate::clean;
use crate::clean::activity::{self, Axis, Inferred, NotOffered, StockRecords};
use crate::clean::inherit;
use crate::clean::occasions::Occasions;
use crate::config::Plan;
use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::classes::Lifecycle;
use crate::domain::economics::UnitEconomics;
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::fault::{Fault, guarded};
use crate::domain::inputs::{Inputs, Stock, is_here, is_in_category};
use crate::domain::outcome::Classification;
use crate::domain::panel::{GrossUnits, OpenSeries, Panel, Pool, PoolId, SeriesMut, flag};
use crate::domain::shown::counted;
use crate::domain::units::{Money, SkuId, Units};
use crate::inventory::due::unshipped;
use crate::inventory::receipts::LeadTimes;
use crate::inventory::{Shelf, lead_time};
use crate::purchase::Market;
use crate::review::open_decisions::OpenDecisions;
use crate::run::observe::{PoolSeen, SeriesSeen};
use crate::tables::LastRun;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Items that a message about many names.
const NAMED_ITEMS: usize = 5;

/// What cleaning one pool came to.
struct CleanedPool {
    pool: PoolId,
    /// What was inferred, or that our own code broke.
    outcome: std::result::Result<Inferred, Fault>,
    /// By series of the panel.
    gross: Vec<(usize, Box<[GrossUnits]>)>,
}

/// Cleans every pool whose history is there in place, and tells what was inferred.
pub(super) fn clean(inputs: &mut Inputs, plan: &Plan) -> Vec<Exception> {
    let settings = &plan.clean;
    let bucket = inputs.panel.calendar().bucket();
    // Weekdays differ; weeks and months of a year are too few to tell a season from an outlier.
    let season = match bucket {
        Bucket::Day => 7,
        Bucket::Week | Bucket::Month => 1,
    };
    let records = stock_records(inputs, plan);
    let closed = closed_periods(inputs);
    let panel = &inputs.panel;
    let positions: BTreeMap<PoolId, usize> =
        panel.pools().iter().enumerate().map(|(p, pool)| (pool.id(), p)).collect();
    let products = &inputs.products;
    let occasions = Occasions::new(&inputs.events, &inputs.promotions, panel.calendar());
    let here = &inputs.here;
    let mut series: Vec<OpenSeries<'_>> =
        // The items of other buckets have a place and no history: there is nothing to clean.
        inputs.panel.series_mut().filter(|series| is_here(here, series.key.sku)).collect();
    let mut cleaned: Vec<CleanedPool> = series
        .par_chunk_by_mut(|a, b| a.key.pool() == b.key.pool())
        .map(|channels| {
            let pool = channels[0].key.pool();
            let records = &records[positions[&pool]];
            let axis = Axis { bucket, closed: &closed[pool.location.index()] };
            // What was sold, of one pool at a time: cleaning overwrites it in place.
            let sold: Vec<Vec<f32>> = channels.iter().map(|open| open.cleaned.to_vec()).collect();
            let mut series: Vec<SeriesMut<'_>> = Vec::with_capacity(channels.len());
            for (open, gross) in channels.iter_mut().zip(&sold) {
                series.push(open.beside(gross));
            }
            let category = products[pool.sku.index()].category.as_str();
            let outcome = guarded(|| {
                let explained = |key, period, is_high: &dyn Fn(i64) -> bool| {
                    occasions.explain(key, category, period, is_high)
                };
                clean::clean_pool(&mut series, settings, season, &axis, records, explained)
            });
            if outcome.is_err() {
                // Half cleaned is worse than not at all.
                series.iter_mut().for_each(|s| s.cleaned.copy_from_slice(s.gross));
            }
            let kept = series.iter().map(|s| (s.index, GrossUnits::besides(s.gross, s.cleaned)));
            let gross = kept.filter(|(_, besides)| !besides.is_empty()).collect();
            CleanedPool { pool, outcome, gross }
        })
        .collect();
    cleaned.sort_by_key(|cleaned| cleaned.pool);
    for (series, besides) in cleaned.iter_mut().flat_map(|cleaned| cleaned.gross.drain(..)) {
        inputs.panel.keep_gross(series, besides);
    }
    let mut exceptions = Vec::new();
    for CleanedPool { pool, outcome, .. } in cleaned {
        let about = Subject::pool(&inputs.names, pool.sku, pool.location);
        match outcome {
            Ok(inferred) => tell_inferred(inputs, pool, about, &inferred, &mut exceptions),
            Err(fault) => {
                let what = "its history is used as it is, not cleaned";
                exceptions.push(Exception::internal(about, what, &fault));
            }
        }
    }
    // Once all is cleaned: a successor inherits demand, not the stock-outs of its predecessor.
    inherit::inherit(&mut inputs.panel);
    tell_inherited(inputs, &mut exceptions);
    exceptions
}

/// Says whose demand stands in for whose.
fn tell_inherited(inputs: &Inputs, exceptions: &mut Vec<Exception>) {
    let panel = &inputs.panel;
    let mut told = BTreeSet::new();
    for (heir, source) in panel.heirs() {
        let heir_key = panel.key(heir.series);
        let source = inputs.names.sku(panel.key(*source).sku);
        // Each channel of the pool inherits; one sentence tells all of them.
        if !told.insert((heir_key.pool(), source)) {
            continue;
        }
        let why = if heir.successor {
            "it is superseded by this item, which takes over its demand at once"
        } else {
            "it is the analogue of this item, until that has half a year of its own"
        };
        exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::Inherited,
            Subject::pool(&inputs.names, heir_key.sku, heir_key.location),
            format!("forecast from the history of {source} x {}", heir.factor),
            why,
        ));
    }
}

/// Calendar days of a run of periods.
fn days_of(run: &Range<usize>, calendar: &Calendar) -> i64 {
    (calendar.start(run.end as i64) - calendar.start(run.start as i64)).num_days()
}

/// Units that cleaning adds to a pool in a run of periods of the axis.
fn lost_in(run: &Range<usize>, pool: &Pool, panel: &Panel) -> f64 {
    let mut lost = 0.0;
    for i in pool.series.clone() {
        let start = panel.start(i);
        // A channel that began after the run lost nothing in it.
        lost += panel.lost(i, run.start.max(start) - start..run.end.max(start) - start);
    }
    lost
}

/// The last period of the axis in which a pool sold something.
fn last_sale(pool: &Pool, panel: &Panel) -> Option<usize> {
    let mut last = None;
    for i in pool.series.clone() {
        let of_series = panel.gross(i).iter().rposition(|&units| units > 0.0);
        last = last.max(of_series.map(|t| panel.start(i) + t));
    }
    last
}

/// Says which periods were taken for stock-outs, and what that adds to demand.
fn tell_inferred(
    inputs: &Inputs,
    pool: PoolId,
    about: Subject,
    inferred: &Inferred,
    exceptions: &mut Vec<Exception>,
) {
    let panel = &inputs.panel;
    let calendar = panel.calendar();
    let Some(this) = panel.position(pool).map(|p| &panel.pools()[p]) else { return };
    let kind = ExceptionKind::InferredStockout;
    if !inferred.between_sales.is_empty() {
        let mut out = 0;
        let mut added = 0.0;
        for run in &inferred.between_sales {
            out += days_of(run, calendar);
            added += lost_in(run, this, panel);
        }
        let what = format!(
            "{out} days without a sale are taken for a stock-out: {added:.0} units added to its \
             demand"
        );
        let why = format!(
            "it sells on most days, and nothing is recorded of its stock then; the last began on \
             {}; rows in stockouts or stock_history would say what was there",
            inferred
                .between_sales
                .last()
                .map_or(calendar.as_of(), |r| calendar.start(r.start as i64))
        );
        let effect = Effect::Units(Units::nearest(added));
        let told = Exception::new(Severity::Info, kind, about.clone(), what, why);
        exceptions.push(told.with_effect(effect));
    }
    if !inferred.not_offered.is_empty() {
        let mut out = 0;
        let mut added = 0.0;
        let mut channels = Vec::new();
        for NotOffered { series, run } in &inferred.not_offered {
            let start = panel.start(*series);
            out += days_of(run, calendar);
            added += panel.lost(*series, run.start - start..run.end - start);
            channels.push(inputs.names.channels[panel.key(*series).channel.index()].as_str());
        }
        channels.dedup();
        let what = format!(
            "{out} days without a sale in {} are taken for days on which it was not offered there: \
             {added:.0} units added to its demand",
            channels.join(", ")
        );
        let why = "it sells there on most days, and other channels sold meanwhile; rows in \
                   stockouts or stock_history would say what was there";
        exceptions.push(Exception::new(Severity::Info, kind, about.clone(), what, why));
    }
    if let Some(run) = &inferred.until_today {
        let lost = lost_in(run, this, panel);
        let what = format!(
            "out of stock for {} days: {lost:.0} units taken for lost, its demand goes on",
            days_of(run, calendar)
        );
        let why = format!(
            "no sale since {}, though it sold on most days before, and none is on hand; if it is \
             not sold any more, set its status in products to obsolete",
            calendar.start(run.start as i64)
        );
        let effect = Effect::Units(Units::nearest(lost));
        let told = Exception::new(Severity::Warning, kind, about.clone(), what, why);
        exceptions.push(told.with_effect(effect));
    }
    if let Some(run) = &inferred.unexplained {
        let stock = if inferred.shelf_empty {
            "none is on hand, but for longer than may be taken for a stock-out \
             (classify.inactive_days)"
        } else {
            "nothing is known about its stock"
        };
        let what = format!(
            "no sale for {} days of an item that sold on most days",
            days_of(run, calendar)
        );
        let why = format!(
            "{stock}: sold out, or no longer asked for? The days count as days without demand; a \
             row in stockouts says that it was sold out, status obsolete in products that it ended"
        );
        let kind = ExceptionKind::SalesStopped;
        exceptions.push(Exception::new(Severity::Warning, kind, about, what, why));
    }
}

/// Whether each location was closed in each period. `[locations][history]`
fn closed_periods(inputs: &Inputs) -> Vec<Vec<bool>> {
    let mut items = vec![0; inputs.names.locations.len()];
    for pool in inputs.panel.pools() {
        items[pool.location.index()] += usize::from(!pool.series.is_empty());
    }
    let sold = inputs.sold_periods.iter().zip(items);
    sold.map(|(sold, items)| activity::closed_periods(sold, items)).collect()
}

/// What the tables say about the shelf of every pool. `[pools]`
fn stock_records(inputs: &Inputs, plan: &Plan) -> Vec<StockRecords> {
    let panel = &inputs.panel;
    let calendar = panel.calendar();
    let bucket = calendar.bucket();
    let history = calendar.history();
    let market = Market::new(inputs, &plan.purchase);
    let lead_times = LeadTimes::new(&inputs.purchase_orders);
    let mut kits_of: BTreeMap<SkuId, Vec<SkuId>> = BTreeMap::new();
    for kit in inputs.kits.iter() {
        kits_of.entry(kit.component).or_default().push(kit.sku);
    }
    let listed = inputs.has("stockouts");
    let stock_known = inputs.has("stock");
    panel
        .pools()
        .par_iter()
        .map(|pool| {
            let supply = market.supply_of(pool.sku, pool.location).next();
            let lead_time = supply.map_or_else(lead_time::default, |supply| {
                lead_times.estimate(supply, pool.location).lead_time
            });
            let stock = inputs.stock.get(pool);
            let is_kit = !inputs.kits.of(pool.sku).is_empty();
            // A kit has no shelf of its own unless somebody counts it.
            let known = stock_known
                && (stock.is_some() || !is_kit)
                && !inputs.untracked.contains(&pool.id());
            let shelf = Shelf::of(stock, inputs.lots.of(pool), calendar.as_of());
            let empty_today = known.then_some(shelf.available.0 <= 0);
            let product = &inputs.products[pool.sku.index()];
            // A part whose kits go on selling is not out of stock, however long it has sold nothing
            // by itself.
            let kits = kits_of.get(&pool.sku).into_iter().flatten();
            let asked = kits.filter_map(|&kit| panel.position((kit, pool.location)));
            // A column that says "not in stock" anywhere says "in stock" everywhere else.
            let marked =
                pool.series.clone().any(|i| panel.flags(i).iter().any(|f| f & flag::STOCKOUT != 0));
            StockRecords {
                empty_today,
                recorded: if listed || marked {
                    0..history
                } else {
                    activity::recorded(inputs.stock_history.of(pool), calendar)
                },
                longest: activity::longest_stock_out(lead_time.mean_days(), bucket),
                longest_today: bucket.whole_periods(plan.classify.inactive_days),
                ended: activity::ended(product, &inputs.products, calendar.as_of(), empty_today),
                asked_through_kits: asked.filter_map(|p| last_sale(&panel.pools()[p], panel)).max(),
            }
        })
        .collect()
}

/// Units of a channel over all history.
#[derive(Clone, Copy, Default)]
struct SoldAndReturned {
    sold: f64,
    returned: f64,
}

/// Share of sold units that come back, of every series, shrunk towards its channel's. `[series]`
pub(super) fn return_rates(
    panel: &Panel,
    seen: &[PoolSeen],
    settings: &clean::Settings,
) -> Vec<f64> {
    let flows: Vec<&SeriesSeen> = seen.iter().flat_map(|pool| &pool.series).collect();
    let channels = (0..panel.len()).map(|i| panel.key(i).channel.index() + 1).max().unwrap_or(0);
    let mut by_channel = vec![SoldAndReturned::default(); channels];
    // In series order, on one thread: floats added in another order would differ in the last digit.
    for (i, flow) in flows.iter().enumerate() {
        let channel = &mut by_channel[panel.key(i).channel.index()];
        channel.sold += flow.sold;
        channel.returned += flow.returned;
    }
    let mut rates = Vec::with_capacity(flows.len());
    for (i, flow) in flows.iter().enumerate() {
        let channel = by_channel[panel.key(i).channel.index()];
        let prior = clean::return_rate(channel.sold, channel.returned, 0.0, 0.0);
        let weight = settings.return_prior_units;
        rates.push(clean::return_rate(flow.sold, flow.returned, prior, weight));
    }
    rates
}

/// Classes of every pool, and what there is to tell about them.
pub(super) struct Classified {
    pub classes: Vec<Classification>,
    pub exceptions: Vec<Exception>,
}

/// Classes of every pool.
pub(super) fn classify(
    inputs: &Inputs,
    economics: &[UnitEconomics],
    seen: &[PoolSeen],
    return_rates: &[f64],
    last: Option<&LastRun>,
    plan: &Plan,
) -> Classified {
    let panel = &inputs.panel;
    let as_of = panel.calendar().as_of();
    let mut facts: Vec<PoolFacts> = panel
        .pools()
        .par_iter()
        .zip(economics)
        .zip(seen)
        .map(|((pool, unit), seen)| {
            let price = unit.price.map(Money::as_f64);
            seen.history.facts(panel, pool, return_rates, price)
        })
        .collect();
    // What is asked for through kits is not idle.
    for kit in inputs.kits.iter() {
        for pool in panel.pools_of(kit.sku) {
            let (Some(of_kit), Some(part)) =
                (panel.position(pool), panel.position((kit.component, pool.location)))
            else {
                continue;
            };
            facts[part].silence.days = facts[part].silence.days.min(facts[of_kit].silence.days);
        }
    }
    let stock = stock_of_pools(inputs);
    let awaited = awaited(inputs);
    let context: Vec<PoolContext<'_>> = panel
        .pools()
        .iter()
        .zip(economics)
        .zip(stock)
        .map(|((pool, economics), stock)| {
            let product = &inputs.products[pool.sku.index()];
            PoolContext {
                product,
                economics,
                stock,
                previous: last.and_then(|last| last.pools.get(&pool.id())?.abc),
                superseded: activity::superseded(product, &inputs.products, as_of),
                awaited: awaited[pool.sku.index()],
            }
        })
        .collect();
    let classes = classify::classify(&facts, &context, as_of, &plan.classify);
    let exceptions = class_exceptions(inputs, &facts, &classes, plan);
    Classified { classes, exceptions }
}

/// Whether somebody expects each item to sell: it has an analogue or a predecessor, or a planner
/// has entered units or another model a forecast for days to come. `[items]`
fn awaited(inputs: &Inputs) -> Vec<bool> {
    let as_of = inputs.panel.calendar().as_of();
    let mut awaited: Vec<bool> = inputs.products.iter().map(|p| p.analogue.is_some()).collect();
    for product in &inputs.products {
        if let Some(successor) = product.superseded_by {
            awaited[successor.index()] = true;
        }
    }
    for adjustment in inputs.adjustments.iter().filter(|row| row.awaits(as_of)) {
        // Of several items those that have never sold, and only they, begin with it.
        for (awaited, product) in awaited.iter_mut().zip(&inputs.products) {
            let of = adjustment.category.as_deref();
            *awaited |= adjustment.sku.is_none()
                && of.is_none_or(|of| is_in_category(&product.category, of));
        }
        if let Some(sku) = adjustment.sku {
            awaited[sku.index()] = true;
        }
    }
    for row in inputs.outside_forecasts.iter().filter(|row| row.end > as_of && row.mean > 0.0) {
        awaited[row.sku.index()] = true;
    }
    awaited
}

/// What ABC was cut on where it is not as set, and which items count as over.
fn class_exceptions(
    inputs: &Inputs,
    facts: &[PoolFacts],
    classes: &[Classification],
    plan: &Plan,
) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let basis = classify::abc_value(facts, &plan.classify);
    if basis != plan.classify.abc_value {
        exceptions.push(Exception::new(
            Severity::Warning,
            ExceptionKind::ClassBasis,
            Subject::Table("sales".to_owned()),
            "no price of anything is known: ABC ranks items by units, and nothing by revenue",
            "expected unit_price or revenue in sales, or unit_price in products",
        ));
    }
    let over: Vec<&Classification> =
        classes.iter().filter(|class| class.lifecycle == Lifecycle::Inactive).collect();
    let sold = facts.iter().filter(|f| f.has_sold).map(|f| (f.sku, f.location));
    let sold: BTreeSet<_> = sold.collect();
    let over: Vec<&str> = over
        .iter()
        .filter(|class| sold.contains(&(class.sku, class.location)))
        .map(|class| inputs.names.sku(class.sku))
        .collect();
    if !over.is_empty() {
        let days = plan.classify.inactive_days;
        let named = over.iter().take(NAMED_ITEMS).copied().collect::<Vec<_>>().join(", ");
        let more = if over.len() > NAMED_ITEMS { ", ..." } else { "" };
        exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::Inactive,
            Subject::Table("sales".to_owned()),
            format!(
                "{} inactive and not ordered: {named}{more}",
                counted(over.len() as u64, "item is", "items are")
            ),
            format!(
                "no sale on {days:.0} days (classify.inactive_days) on which they could have sold, \
                 longer than any silence they came back from"
            ),
        ));
    }
    exceptions
}

/// The stock row of every pool, where there is one. `[pools]`
fn stock_of_pools(inputs: &Inputs) -> Vec<Option<&Stock>> {
    inputs.panel.pools().iter().map(|pool| inputs.stock.get(pool)).collect()
}

/// What lies on the shelf of every pool this morning. `[pools]`
pub(super) fn shelves(inputs: &Inputs, standing: &OpenDecisions) -> Vec<Shelf> {
    let as_of = inputs.panel.calendar().as_of();
    let unshipped = unshipped(&inputs.purchase_orders);
    let mut shelves = Vec::with_capacity(inputs.panel.pools().len());
    for pool in inputs.panel.pools() {
        let mut shelf = Shelf::of(inputs.stock.get(pool), inputs.lots.of(pool), as_of);
        let placed = unshipped.get(&pool.id()).copied().unwrap_or_default();
        shelf.set_aside(standing.leaving(pool.sku, pool.location) + placed);
        shelves.push(shelf);
    }
    shelves
}
