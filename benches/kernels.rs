//! The numeric kernels on fixed series: a daily one of two years, a monthly one of eight, an
//! intermittent one.

use criterion::{Criterion, criterion_group, criterion_main};
use orderpoint::forecast::methods::combination::Pool;
use orderpoint::forecast::methods::croston::{self, CrostonForm, Smoothing};
use orderpoint::forecast::methods::ets::{self, Effort};
use orderpoint::forecast::methods::seasonal_naive::SeasonalNaive;
use orderpoint::forecast::methods::theta::{self, ThetaForm};
use orderpoint::forecast::methods::{History, Method, ces, combination};
use std::hint::black_box;

/// Reproducible noise in -0.5..0.5.
fn noise(t: usize) -> f64 {
    ((t as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

fn daily() -> Vec<f64> {
    let week = [8.0, 9.0, 9.5, 10.0, 12.0, 14.0, 7.5];
    (0..730)
        .map(|t| {
            (week[t % 7] * (1.0 + 0.3 * (t as f64 / 58.0).sin()) + 8.0 * noise(t)).round().max(0.0)
        })
        .collect()
}

fn monthly() -> Vec<f64> {
    (0..96)
        .map(|t| {
            (200.0 + t as f64)
                * (1.0 + 0.2 * (t as f64 * std::f64::consts::FRAC_PI_6).sin())
                * (1.0 + 0.1 * noise(t))
        })
        .collect()
}

fn intermittent() -> Vec<f64> {
    (0..730)
        .map(|t| if noise(t) > 0.3 { 1.0 + (8.0 * noise(t + 7)).abs().round() } else { 0.0 })
        .collect()
}

fn forecast(c: &mut Criterion) {
    let (daily, monthly, intermittent) = (daily(), monthly(), intermittent());
    let mut path = [0.0; 28];
    c.bench_function("seasonal naive, daily", |b| {
        b.iter(|| {
            let season = SeasonalNaive.fit(&History::new(black_box(&daily), 7, 1.0));
            SeasonalNaive.forecast_into(&season.expect("some history"), &mut path);
        })
    });
    c.bench_function("ETS by AICc, daily", |b| {
        b.iter(|| ets::auto(black_box(&daily), 7, Effort::Fast))
    });
    c.bench_function("ETS by AICc, monthly", |b| {
        b.iter(|| ets::auto(black_box(&monthly), 12, Effort::Fast))
    });
    let state = ets::auto(&daily, 7, Effort::Fast).expect("a fit");
    c.bench_function("ETS warm, daily", |b| b.iter(|| ets::refit_from(&state, black_box(&daily))));
    c.bench_function("DOTM, daily", |b| {
        b.iter(|| theta::fit(black_box(&daily), 7, ThetaForm::DynamicOptimised))
    });
    c.bench_function("CES by AICc, daily", |b| b.iter(|| ces::auto(black_box(&daily), 7)));
    for form in [CrostonForm::Sba, CrostonForm::Tsb, CrostonForm::Adida, CrostonForm::Imapa] {
        let name = format!("{}, daily", form.name());
        c.bench_function(&name, |b| {
            b.iter(|| croston::fit(black_box(&intermittent), form, Smoothing::Optimised))
        });
    }
    for (name, pool) in [("pool fast, daily", Pool::Fast), ("pool full, daily", Pool::Full)] {
        let history = History::new(&daily, 7, 1.0);
        c.bench_function(name, |b| b.iter(|| combination::fit(black_box(&history), pool)));
    }
}

criterion_group!(kernels, forecast);
criterion_main!(kernels);
