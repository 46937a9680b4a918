//! Our side of `benches/peers/forecast.sh`: accuracy and CPU time of one thread on one file of
//! series.
//!
//! usage: `cargo bench --bench forecast_peers -- FILE`; a line of FILE is
//! `id,season_length,horizon,v1,v2,...`, an empty value a gap, its last `horizon` values the test
//! part. Prints one JSON line a method: mean sMAPE (%), mean MASE, OWA against the seasonal naive,
//! CPU ms a series. Warm rows start from states fitted one period before; only the warm step is
//! timed.

#[path = "peers/series.rs"]
mod series;

use orderpoint::forecast::methods::combination::{LocalState, Pool};
use orderpoint::forecast::methods::ets::{self, Effort};
use orderpoint::forecast::methods::seasonal_naive::SeasonalNaive;
use orderpoint::forecast::methods::theta::{self, ThetaForm};
use orderpoint::forecast::methods::{History, Method, ces, combination};
use series::{Series, measure};

/// The first `periods` of a series, daily where the season is a week.
fn history(series: &Series, periods: usize) -> History<'_> {
    let days = if series.season_length == 7 { 1.0 } else { 30.0 };
    History::new(&series.history[..periods], series.season_length, days)
}

/// All of what is known of a series.
fn known(series: &Series) -> History<'_> {
    history(series, series.history.len())
}

fn main() {
    let Some(all) = series::read_argument() else {
        println!("forecast_peers: no file of series given, nothing measured");
        return;
    };
    let base = measure("orderpoint seasonal naive", &all, None, |_, s, path| {
        let season_length = s.season_length.min(s.history.len());
        let history = History { season_length, ..known(s) };
        SeasonalNaive.forecast_into(&SeasonalNaive.fit(&history).expect("some history"), path);
    });
    let base = Some(base);
    measure("orderpoint ETS by AICc", &all, base, |_, s, path| {
        ets::auto(&s.history, s.season_length, Effort::Fast).expect("a fit").forecast_into(path);
    });
    measure("orderpoint DOTM", &all, base, |_, s, path| {
        theta::fit(&s.history, s.season_length, ThetaForm::DynamicOptimised)
            .expect("a fit")
            .forecast_into(path);
    });
    measure("orderpoint CES by AICc", &all, base, |_, s, path| {
        ces::auto(&s.history, s.season_length).expect("a fit").forecast_into(path);
    });
    for (name, pool) in [("orderpoint pool fast", Pool::Fast), ("orderpoint pool full", Pool::Full)]
    {
        measure(name, &all, base, |_, s, path| {
            combination::fit(&known(s), pool).expect("a fit").forecast_into(path);
        });
    }
    warm(&all, base);
}

fn warm(all: &[Series], base: Option<(f64, f64)>) {
    let before = |s: &Series| s.history.len() - 1;
    let ets_states: Vec<_> = all
        .iter()
        .map(|s| ets::auto(&s.history[..before(s)], s.season_length, Effort::Fast).expect("a fit"))
        .collect();
    measure("orderpoint ETS warm refit", all, base, |i, s, path| {
        ets::refit_from(&ets_states[i], &s.history).expect("a fit").forecast_into(path);
    });
    for (name, pool) in [("orderpoint pool fast", Pool::Fast), ("orderpoint pool full", Pool::Full)]
    {
        let mut states: Vec<LocalState> = all
            .iter()
            .map(|s| combination::fit(&history(s, before(s)), pool).expect("a fit"))
            .collect();
        measure(&format!("{name} warm refit"), all, base, |i, s, path| {
            combination::refit_from(&states[i], &known(s)).expect("a fit").forecast_into(path);
        });
        measure(&format!("{name} warm update"), all, base, |i, s, path| {
            states[i].update(s.history[before(s)]);
            states[i].forecast_into(path);
        });
    }
}
