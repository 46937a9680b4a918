//! Cleaning and classifying all of history, by series and pool, in parallel.

use crate::classify;
use crate::clean;
use crate::config::Plan;
use crate::domain::classes::AbcClass;
use crate::domain::exceptions::{Exception, Subject};
use crate::domain::fault::{Fault, guarded};
use crate::domain::inputs::{Inputs, Stock};
use crate::domain::outcome::Classification;
use crate::domain::panel::{Panel, SeriesKey, SeriesMut, flag};
use crate::tables::LastRun;
use rayon::prelude::*;

/// Cleans every series in place.
pub fn clean(inputs: &mut Inputs, settings: &clean::Settings) {
    let known = ["stockouts", "stock_history"].iter().any(|table| inputs.has(table));
    let season = if inputs.panel.calendar().bucket() == crate::domain::calendar::Bucket::Day {
        7
    } else {
        1
    };
    let mut series: Vec<_> = inputs.panel.series_mut().collect();
    let clean = |s: &mut SeriesMut<'_>| {
        let recorded = known || s.flags.iter().any(|f| f & flag::STOCKOUT != 0);
        let fault = guarded(|| clean::clean_series(s, settings, season, recorded)).err()?;
        s.cleaned.copy_from_slice(s.gross);
        Some((s.key, fault))
    };
    let broken: Vec<(SeriesKey, Fault)> = series.par_iter_mut().filter_map(clean).collect();
    for (key, fault) in broken {
        let about = Subject::series(&inputs.names, key.sku, key.channel);
        inputs.exceptions.push(Exception::internal(
            about,
            "its history is used as it is, not cleaned",
            &fault,
        ));
    }
}

/// Share of sold units that come back, of every series. `[series]`
#[must_use]
pub fn return_rates(panel: &Panel, settings: &clean::Settings) -> Vec<f64> {
    let sold_and_returned: Vec<(f64, f64)> = (0..panel.len())
        .into_par_iter()
        .map(|i| {
            let sold = panel.gross(i).iter().map(|&v| f64::from(v)).sum();
            (sold, panel.returns(i).iter().map(|&(_, v)| f64::from(v)).sum())
        })
        .collect();
    let channels = (0..panel.len()).map(|i| panel.key(i).channel.index() + 1).max().unwrap_or(0);
    let mut by_channel = vec![(0.0, 0.0); channels];
    for (i, (sold, returned)) in sold_and_returned.iter().enumerate() {
        let total = &mut by_channel[panel.key(i).channel.index()];
        *total = (total.0 + sold, total.1 + returned);
    }
    let rate = |i: usize| {
        let (sold, returned) = by_channel[panel.key(i).channel.index()];
        let channel = clean::return_rate(sold, returned, 0.0, 0.0);
        clean::return_rate(
            sold_and_returned[i].0,
            sold_and_returned[i].1,
            channel,
            settings.return_prior_units,
        )
    };
    (0..panel.len()).map(rate).collect()
}

/// Classes of every pool.
#[must_use]
pub fn classify(
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
    let previous: Vec<Option<AbcClass>> = panel
        .pools()
        .iter()
        .map(|pool| last.and_then(|l| l.pools.get(&pool.id())).and_then(|p| p.abc))
        .collect();
    classify::classify(
        &facts,
        &inputs.products,
        &stock_of_pools(inputs),
        (&previous, panel.calendar().as_of()),
        &plan.classify,
    )
}

/// The stock row of every pool, where there is one. `[pools]`
#[must_use]
pub fn stock_of_pools(inputs: &Inputs) -> Vec<Option<&Stock>> {
    inputs.panel.pools().iter().map(|pool| inputs.stock.get(pool)).collect()
}
