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

use orderpoint::forecast::methods::ces;
use orderpoint::forecast::methods::combination;
use orderpoint::forecast::methods::combination::LocalParams;
use orderpoint::forecast::methods::combination::LocalState;
use orderpoint::forecast::methods::combination::Pool;
use orderpoint::forecast::methods::combination::Yearly;
use orderpoint::forecast::methods::ets;
use orderpoint::forecast::methods::ets::Effort;
use orderpoint::forecast::methods::naive;
use orderpoint::forecast::methods::theta::{self, ThetaForm};
use series::{Series, measure};

fn params(series: &Series, pool: Pool) -> LocalParams {
    LocalParams { season_length: series.season_length, pool, yearly: Yearly::Own }
}

fn main() {
    let Some(all) = series::read_argument() else {
        println!("forecast_peers: no file of series given, nothing measured");
        return;
    };
    let base = measure("orderpoint seasonal naive", &all, None, |_, s, path| {
        naive::seasonal_naive_into(&s.history, s.season_length.min(s.history.len()), path)
            .expect("some history");
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
            combination::fit(&s.history, params(s, pool)).expect("a fit").forecast_into(path);
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
            .map(|s| combination::fit(&s.history[..before(s)], params(s, pool)).expect("a fit"))
            .collect();
        measure(&format!("{name} warm refit"), all, base, |i, s, path| {
            combination::refit_from(&states[i], &s.history).expect("a fit").forecast_into(path);
        });
        measure(&format!("{name} warm update"), all, base, |i, s, path| {
            states[i].update(s.history[before(s)]);
            states[i].forecast_into(path);
        });
    }
}
