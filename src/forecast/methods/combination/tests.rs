use crate::forecast::methods::combination::*;
use crate::math::elementary::Elementary;

const GAP: f64 = f64::NAN;

/// `fit` of daily values where the season is a week, of monthly ones else.
fn fitted(values: &[f64], season_length: usize, pool: Pool) -> Result<LocalState, FitError> {
    fit(&history(values, season_length), pool)
}

fn history(values: &[f64], season_length: usize) -> History<'_> {
    History::new(values, season_length, if season_length == 7 { 1.0 } else { 30.0 })
}

fn weekly(n: usize) -> Vec<f64> {
    let season = [8.0, 9.0, 9.5, 10.0, 12.0, 14.0, 7.5];
    (0..n).map(|t| season[t % 7] + ((t * 7919) % 13) as f64 / 6.0).collect()
}

/// Series that have broken forecasters before.
fn killers() -> Vec<(&'static str, Vec<f64>)> {
    let series = |value: fn(usize) -> f64| (0..730).map(value).collect::<Vec<f64>>();
    vec![
        ("all zeros", series(|_| 0.0)),
        ("one spike", series(|t| if t == 300 { 50.0 } else { 0.0 })),
        ("a spike at the end", series(|t| if t == 729 { 50.0 } else { 0.0 })),
        ("constant", series(|_| 7.0)),
        ("one point", vec![5.0]),
        ("two points", vec![5.0, 50.0]),
        ("two seasons less one", weekly(13)),
        ("1e12", series(|t| 1e12 + (t % 7) as f64 * 1e11)),
        ("tiny", series(|t| 1e-9 * (1.0 + (t % 5) as f64))),
        ("alternating", series(|t| if t % 2 == 0 { 0.0 } else { 40.0 })),
        ("level jump", series(|t| if t < 700 { 10.0 } else { 1000.0 })),
        ("stopped", series(|t| if t < 600 { 20.0 + (t % 7) as f64 } else { 0.0 })),
        ("exploding trend", series(|t| (t as f64 / 40.0).exponential())),
        (
            "late explosion",
            series(|t| if t < 715 { 3.0 } else { 3.0 * 1.5f64.powi(t as i32 - 714) }),
        ),
        ("all censored but one", series(|t| if t == 17 { 4.0 } else { GAP })),
        ("censored end", series(|t| if t < 650 { 5.0 + (t % 3) as f64 } else { GAP })),
        ("no Sundays", series(|t| if t % 7 == 6 { GAP } else { 12.0 })),
    ]
}

#[test]
fn killers_stay_finite_and_bounded() {
    for (name, values) in killers() {
        let top = stats::observed(&values).fold(0.0, f64::max);
        for season_length in [1, 4, 7, 12, 52] {
            for pool in [Pool::Fast, Pool::Full] {
                let state = fitted(&values, season_length, pool)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                let mut path = [GAP; 180];
                state.forecast_into(&mut path);
                let worst = path.iter().copied().fold(0.0, |a: f64, b| {
                    if b.is_finite() && b >= 0.0 { a.max(b) } else { f64::NAN }
                });
                assert!(
                    path.iter().all(|v| v.is_finite() && *v >= 0.0),
                    "{name} {season_length} {pool:?}: {path:?}"
                );
                assert!(worst <= HEADROOM * top, "{name} {season_length} {pool:?}: {worst}");
            }
        }
    }
}

#[test]
fn ordinary_demand_never_leaves_its_range() {
    for (low, values) in
        [(5.0, weekly(730)), (0.0, (0..400).map(|t| 1.0 + ((t * 31) % 50) as f64).collect())]
    {
        let mut path = [0.0; 180];
        fitted(&values, 7, Pool::Full).unwrap().forecast_into(&mut path);
        assert!(path.iter().all(|&v| v >= low && v <= 50.0), "{path:?}");
    }
}

#[test]
fn a_constant_series_forecasts_itself() {
    let mut path = [0.0; 60];
    fitted(&[7.0; 400], 7, Pool::Full).unwrap().forecast_into(&mut path);
    assert!(path.iter().all(|v| (v - 7.0).abs() < 0.2), "{path:?}");
}

#[test]
fn updating_a_day_is_close_to_fitting_anew() {
    let values = weekly(500);
    for pool in [Pool::Fast, Pool::Full] {
        let mut state = fitted(&values[..499], 7, pool).unwrap();
        state.update(values[499]);
        let (mut updated, mut fresh, mut warm) = ([0.0; 28], [0.0; 28], [0.0; 28]);
        state.forecast_into(&mut updated);
        fitted(&values, 7, pool).unwrap().forecast_into(&mut fresh);
        refit_from(&state, &history(&values, 7)).unwrap().forecast_into(&mut warm);
        for h in 0..28 {
            assert!((updated[h] / fresh[h] - 1.0).abs() < 0.02, "{updated:?} {fresh:?}");
            assert!((warm[h] / fresh[h] - 1.0).abs() < 0.02, "{warm:?} {fresh:?}");
        }
    }
}

#[test]
fn the_label_names_the_members() {
    assert_eq!(fitted(&weekly(300), 7, Pool::Fast).unwrap().notation(), "DOTM+CES(n)+MEAN60");
    assert_eq!(fitted(&[5.0], 7, Pool::Full).unwrap().notation(), "MEAN60");
}

#[test]
fn the_state_survives_serialisation() {
    let state = fitted(&weekly(600), 7, Pool::Full).unwrap();
    let text = serde_json::to_string(&state).unwrap();
    let read: LocalState = serde_json::from_str(&text).unwrap();
    let (mut before, mut after) = ([0.0; 28], [0.0; 28]);
    state.forecast_into(&mut before);
    read.forecast_into(&mut after);
    before.iter().zip(&after).for_each(|(a, b)| assert!((a / b - 1.0).abs() < 1e-12));
}

#[test]
fn scaling_demand_scales_the_forecast() {
    let values = weekly(600);
    let scaled: Vec<f64> = values.iter().map(|v| v * 1000.0).collect();
    let (mut one, mut many) = ([0.0; 28], [0.0; 28]);
    fitted(&values, 7, Pool::Full).unwrap().forecast_into(&mut one);
    fitted(&scaled, 7, Pool::Full).unwrap().forecast_into(&mut many);
    one.iter()
        .zip(&many)
        .for_each(|(a, b)| assert!((a * 1000.0 / b - 1.0).abs() < 1e-6, "{one:?} {many:?}"));
}

#[test]
fn censored_days_do_not_pull_the_forecast_down() {
    let mut values = weekly(400);
    values[380..394].fill(GAP);
    let (mut gappy, mut whole) = ([0.0; 28], [0.0; 28]);
    fitted(&values, 7, Pool::Full).unwrap().forecast_into(&mut gappy);
    fitted(&weekly(400), 7, Pool::Full).unwrap().forecast_into(&mut whole);
    let (sum, truth): (f64, f64) = (gappy.iter().sum(), whole.iter().sum());
    assert!((sum / truth - 1.0).abs() < 0.05, "{sum} {truth}");
}

#[test]
fn intermittent_demand_gets_its_own_methods() {
    let mut values = [0.0, 0.0, 0.0, 6.0].repeat(20);
    let state = fitted(&values, 1, Pool::Intermittent).unwrap();
    assert_eq!(state.notation(), "SBA+TSB+IMAPA");
    let mut path = [0.0; 6];
    state.forecast_into(&mut path);
    assert!(path.iter().all(|v| (v - 1.5).abs() < 0.25), "{path:?}");
    assert_eq!(refit_from(&state, &history(&values, 1)).unwrap(), state);
    let (mut updated, silence) = (state, [0.0; 30]);
    silence.iter().for_each(|&y| updated.update(y));
    values.extend(silence);
    updated.forecast_into(&mut path);
    assert!(path[0] < 1.2, "demand that stops fades: {path:?}");
    assert!(fitted(&[0.0; 9], 1, Pool::Intermittent).is_err());
}
