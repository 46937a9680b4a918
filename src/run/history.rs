//! Cleaning and classifying all of history, by series and pool, in parallel.

use crate::classify;
use crate::clean;
use crate::config::Plan;
use crate::domain::calendar::Bucket;
use crate::domain::classes::AbcClass;
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::{Fault, guarded};
use crate::domain::inputs::{Inputs, Stock};
use crate::domain::outcome::Classification;
use crate::domain::panel::{Panel, SeriesKey, SeriesMut, flag};
use crate::inventory::Shelf;
use crate::tables::LastRun;
use rayon::prelude::*;

/// A series that could not be cleaned.
struct Broken {
    key: SeriesKey,
    fault: Fault,
}

/// Cleans every series in place.
pub(super) fn clean(inputs: &mut Inputs, settings: &clean::Settings) {
    let stockouts_known = inputs.has("stockouts") || inputs.has("stock_history");
    // Weekdays differ; weeks and months of a year are too few to tell a season from an outlier.
    let season = match inputs.panel.calendar().bucket() {
        Bucket::Day => 7,
        Bucket::Week | Bucket::Month => 1,
    };
    let mut series: Vec<SeriesMut<'_>> = inputs.panel.series_mut().collect();
    let broken: Vec<Broken> = series
        .par_iter_mut()
        .filter_map(|s| {
            let recorded = stockouts_known || s.flags.iter().any(|f| f & flag::STOCKOUT != 0);
            let fault = guarded(|| clean::clean_series(s, settings, season, recorded)).err()?;
            // Half cleaned is worse than not at all.
            s.cleaned.copy_from_slice(s.gross);
            Some(Broken { key: s.key, fault })
        })
        .collect();
    for Broken { key, fault } in broken {
        let about = Subject::series(&inputs.names, key.sku, key.channel);
        let what = "its history is used as it is, not cleaned";
        inputs.exceptions.push(Exception::internal(about, what, &fault));
    }
}

/// Units of a series or channel over all history.
#[derive(Clone, Copy, Default)]
struct SoldAndReturned {
    sold: f64,
    returned: f64,
}

/// Share of sold units that come back, of every series, shrunk towards its channel's. `[series]`
pub(super) fn return_rates(panel: &Panel, settings: &clean::Settings) -> Vec<f64> {
    let flows: Vec<SoldAndReturned> = (0..panel.len())
        .into_par_iter()
        .map(|i| SoldAndReturned {
            sold: panel.gross(i).iter().map(|&units| f64::from(units)).sum(),
            returned: panel.returns(i).iter().map(|&(_, units)| f64::from(units)).sum(),
        })
        .collect();
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

/// Classes of every pool.
pub(super) fn classify(
    inputs: &Inputs,
    return_rates: &[f64],
    last: Option<&LastRun>,
    plan: &Plan,
) -> Vec<Classification> {
    let panel = &inputs.panel;
    let facts: Vec<_> = panel
        .pools()
        .par_iter()
        .map(|pool| classify::pool_facts(panel, pool, return_rates))
        .collect();
    let previous: Vec<Option<AbcClass>> =
        panel.pools().iter().map(|pool| last?.pools.get(&pool.id())?.abc).collect();
    classify::classify(
        &facts,
        &inputs.products,
        &stock_of_pools(inputs),
        (&previous, panel.calendar().as_of()),
        &plan.classify,
    )
}

/// The stock row of every pool, where there is one. `[pools]`
fn stock_of_pools(inputs: &Inputs) -> Vec<Option<&Stock>> {
    inputs.panel.pools().iter().map(|pool| inputs.stock.get(pool)).collect()
}

/// What lies on the shelf of every pool this morning. `[pools]`
pub(super) fn shelves(inputs: &Inputs) -> Vec<Shelf> {
    let as_of = inputs.panel.calendar().as_of();
    let pools = inputs.panel.pools().iter();
    pools.map(|pool| Shelf::of(inputs.stock.get(pool), inputs.lots.of(pool), as_of)).collect()
}
