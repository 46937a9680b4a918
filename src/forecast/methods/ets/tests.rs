use crate::forecast::methods::ets::*;
use crate::math::elementary::Elementary;

const GAP: f64 = f64::NAN;

/// Reproducible noise in -0.5..0.5.
fn noise(t: usize) -> f64 {
    ((t as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

fn weekly(n: usize) -> Vec<f64> {
    let season = [8.0, 9.0, 9.5, 10.0, 12.0, 14.0, 7.5];
    (0..n).map(|t| season[t % 7] + 0.01 * t as f64 + 2.0 * noise(t)).collect()
}

fn form(trend: Trend, season_length: usize, scale: Scale) -> EtsForm {
    EtsForm { trend, season_length, scale }
}

#[test]
fn aicc_finds_the_weekly_season() {
    let state = auto(&weekly(200), 7, Effort::Fast).unwrap();
    assert_eq!(state.form.season_length, 7, "{}", state.form.name());
    let mut path = [0.0; 7];
    state.forecast_into(&mut path);
    let truth = weekly(207);
    for (h, value) in path.iter().enumerate() {
        assert!((value - (truth[200 + h] - 2.0 * noise(200 + h))).abs() < 1.0, "{path:?}");
    }
}

#[test]
fn white_noise_has_no_season_and_no_trend() {
    let values: Vec<f64> = (0..150).map(|t| 20.0 + 3.0 * noise(t)).collect();
    let state = auto(&values, 7, Effort::Fast).unwrap();
    assert_eq!((state.form.season_length, state.form.trend), (1, Trend::None));
}

#[test]
fn a_multiplicative_season_is_modelled_in_logarithms() {
    let values: Vec<f64> = (0..120)
        .map(|t| {
            (3.0 + 0.02 * t as f64 + [0.3, -0.2, 0.5, -0.6][t % 4] + 0.2 * noise(t)).exponential()
        })
        .collect();
    assert_eq!(auto(&values, 4, Effort::Fast).unwrap().form.scale, Scale::Log);
}

#[test]
fn updating_one_by_one_is_the_same_recursion() {
    let values = weekly(120);
    for scale in [Scale::Additive, Scale::Log] {
        let fitted = fit(&values, form(Trend::Damped, 7, scale), Effort::Fast).unwrap();
        let mut stepped = EtsState { now: fitted.start.clone(), ..fitted.clone() };
        values.iter().for_each(|&y| stepped.update(y));
        assert!((stepped.now.level - fitted.now.level).abs() < 1e-9);
        assert!((stepped.now.season[3] - fitted.now.season[3]).abs() < 1e-9);
    }
}

#[test]
fn one_step_forecasts_and_their_errors_add_up_to_sigma2() {
    let mut values = weekly(90);
    values[40] = GAP;
    let state = fit(&values, form(Trend::None, 7, Scale::Additive), Effort::Fast).unwrap();
    let fitted = state.fitted(&values);
    assert!(fitted[40].is_nan());
    let sum: f64 =
        values.iter().zip(&fitted).map(|(y, f)| (y - f).powi(2)).filter(|e| !e.is_nan()).sum();
    assert!((sum / 89.0 / state.sigma2 - 1.0).abs() < 1e-9);
}

#[test]
fn gaps_are_skipped_not_read_as_zeros() {
    let mut values = weekly(210);
    values[150..164].fill(GAP);
    let (mut with, mut without) = ([0.0; 14], [0.0; 14]);
    auto(&values, 7, Effort::Fast).unwrap().forecast_into(&mut with);
    auto(&weekly(210), 7, Effort::Fast).unwrap().forecast_into(&mut without);
    with.iter()
        .zip(&without)
        .for_each(|(a, b)| assert!((a - b).abs() < 0.5, "{with:?} {without:?}"));
}

#[test]
fn thorough_search_is_never_worse() {
    let values = weekly(60);
    for trend in [Trend::None, Trend::Damped] {
        let form = form(trend, 7, Scale::Additive);
        let (fast, thorough) = (
            fit(&values, form, Effort::Fast).unwrap(),
            fit(&values, form, Effort::Thorough).unwrap(),
        );
        assert!(thorough.loglik >= fast.loglik - 1e-9, "{} {}", thorough.loglik, fast.loglik);
    }
}

#[test]
fn a_warm_refit_stays_close_to_the_cold_one() {
    let values = weekly(400);
    let old = auto(&values[..393], 7, Effort::Fast).unwrap();
    let (warm, cold) =
        (refit_from(&old, &values).unwrap(), fit(&values, old.form, Effort::Fast).unwrap());
    assert!((warm.loglik - cold.loglik).abs() < 1.0, "{} {}", warm.loglik, cold.loglik);
}

#[test]
fn scaling_demand_scales_the_forecast() {
    let values = weekly(100);
    let scaled: Vec<f64> = values.iter().map(|v| v * 1024.0).collect();
    let (mut one, mut many) = ([0.0; 10], [0.0; 10]);
    auto(&values, 7, Effort::Fast).unwrap().forecast_into(&mut one);
    auto(&scaled, 7, Effort::Fast).unwrap().forecast_into(&mut many);
    one.iter().zip(&many).for_each(|(a, b)| assert!((a * 1024.0 / b - 1.0).abs() < 1e-6));
}

#[test]
fn too_short_a_series_is_an_error() {
    assert_eq!(auto(&[3.0], 7, Effort::Fast), Err(FitError::TooShort { observed: 1, needed: 2 }));
    let seasonal = fit(&[1.0; 8], form(Trend::None, 7, Scale::Additive), Effort::Fast);
    assert_eq!(seasonal, Err(FitError::TooShort { observed: 8, needed: 9 }));
    let log = fit(&[1.0, 0.0, 2.0], form(Trend::None, 1, Scale::Log), Effort::Fast);
    assert!(matches!(log, Err(FitError::NotFinite(_))));
}
