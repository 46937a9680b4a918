//! The kernels against statsforecast: `tests/oracle/forecast.csv`, made by
//! `tests/oracle/forecast.py`.

use orderpoint::forecast::methods::ces::{self, CesForm, CesParams, CesPoint, CesState};
use orderpoint::forecast::methods::croston::{self, CrostonForm, Smoothing};
use orderpoint::forecast::methods::ets;
use orderpoint::forecast::methods::ets::{
    Effort, EtsForm, EtsParams, EtsPoint, EtsState, Scale, Trend,
};
use orderpoint::forecast::methods::theta::{self, Line, ThetaForm, ThetaState};
use std::fs;
use std::path::Path;

struct Case {
    name: String,
    method: String,
    season_length: usize,
    loglik: f64,
    params: Vec<f64>,
    values: Vec<f64>,
    forecast: Vec<f64>,
}

fn cases(method: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forecast.csv");
    let text = fs::read_to_string(path).unwrap();
    let list = |text: &str| text.split(';').map(|v| v.parse().unwrap()).collect::<Vec<f64>>();
    let found: Vec<Case> = text
        .lines()
        .skip(2)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|f| f[1].split(' ').next() == Some(method))
        .map(|f| Case {
            name: format!("{} {}", f[0], f[1]),
            method: f[1].split(' ').next_back().unwrap().to_string(),
            season_length: f[2].parse().unwrap(),
            loglik: f[3].parse().unwrap(),
            params: list(f[4]),
            values: list(f[5]),
            forecast: list(f[6]),
        })
        .collect();
    assert!(found.len() >= 3, "{method}: {} cases", found.len());
    found
}

fn assert_close(ours: f64, theirs: f64, tolerance: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-6),
        "{what}: {ours} against {theirs}"
    );
}

fn squared(values: &[f64], fitted: &[f64]) -> f64 {
    values.iter().zip(fitted).map(|(y, f)| (y - f) * (y - f)).sum()
}

fn form(case: &Case) -> EtsForm {
    let season_length = if case.method.ends_with('A') { case.season_length } else { 1 };
    let trend = if case.method.contains("Ad") { Trend::Damped } else { Trend::None };
    EtsForm { trend, season_length, scale: Scale::Additive }
}

#[test]
fn ets_recursion_at_fixed_parameters() {
    for case in cases("ets_fixed") {
        let p = &case.params;
        let params = EtsParams { alpha: p[0], beta: p[1], gamma: p[2], phi: p[3] };
        let start = EtsPoint { level: p[5], trend: p[6], season: p[7..].to_vec() };
        let now = start.clone();
        let mut state = EtsState {
            form: form(&case),
            params,
            start,
            now,
            observed: 0,
            sigma2: 0.0,
            loglik: 0.0,
            aicc: 0.0,
        };
        assert_close(squared(&case.values, &state.fitted(&case.values)), p[4], 1e-10, &case.name);
        case.values.iter().for_each(|&y| state.update(y));
        let end: Vec<f64> =
            [state.now.level, state.now.trend].into_iter().chain(state.now.season).collect();
        end.iter().zip(&case.forecast).for_each(|(a, b)| assert_close(*a, *b, 1e-8, &case.name));
    }
}

#[test]
fn ets_fits_no_worse() {
    for case in cases("ets") {
        if case.params[2] > case.params[1] {
            continue; // Outside the usual region β < α, which theirs left.
        }
        let state = ets::fit(&case.values, form(&case), Effort::Thorough).unwrap();
        assert!(
            state.loglik >= case.loglik - 1e-3,
            "{}: {} against {}",
            case.name,
            state.loglik,
            case.loglik
        );
        // The nightly search is for long histories; on short ones it stops early, which costs
        // likelihood, not accuracy.
        let fast = ets::fit(&case.values, form(&case), Effort::Fast).unwrap();
        let near = case.values.len() < 100 || fast.loglik >= case.loglik - 1.0;
        assert!(near, "{}, fast: {} against {}", case.name, fast.loglik, case.loglik);
    }
}

#[test]
fn ces_recursion_at_fixed_parameters() {
    for case in cases("ces_fixed") {
        let p = &case.params;
        let params = CesParams { alpha: [p[0], p[1]], beta: [0.0; 2] };
        let start =
            CesPoint { level: p[3], potential: p[4], season: vec![], season_potential: vec![] };
        let now = start.clone();
        let mut state = CesState {
            form: CesForm::None,
            params,
            start,
            now,
            observed: 0,
            sigma2: 0.0,
            loglik: 0.0,
            aicc: 0.0,
        };
        assert_close(squared(&case.values, &state.fitted(&case.values)), p[2], 1e-10, &case.name);
        case.values.iter().for_each(|&y| state.update(y));
        assert_close(state.now.level, case.forecast[0], 1e-9, &case.name);
        assert_close(state.now.potential, case.forecast[1], 1e-9, &case.name);
    }
}

/// Starts differ by convention (theirs are cast back, ours the mean of the first ten), so free fits
/// are only near.
#[test]
fn ces_fits_find_the_same_parameters() {
    for case in cases("ces") {
        let state = ces::fit(&case.values, 1, CesForm::None).unwrap();
        for (ours, theirs) in state.params.alpha.iter().zip(&case.params) {
            assert!((ours - theirs).abs() < 0.3, "{}: {ours} against {theirs}", case.name);
        }
    }
}

fn theta_form(case: &Case) -> ThetaForm {
    match case.method.as_str() {
        "STM" => ThetaForm::Standard,
        "OTM" => ThetaForm::Optimised,
        "DSTM" => ThetaForm::Dynamic,
        _ => ThetaForm::DynamicOptimised,
    }
}

#[test]
fn theta_recursion_at_fixed_parameters() {
    for case in cases("theta") {
        let (form, [alpha, theta, start, mean_square]) =
            (theta_form(&case), case.params[..].try_into().unwrap());
        if f64::abs(start) > 1e4 {
            // Their search ran off along a level that α forgets at once; digits are lost.
            continue;
        }
        let mut line = Line::default();
        if matches!(form, ThetaForm::Standard | ThetaForm::Optimised) {
            for (t, y) in (1..).zip(&case.values) {
                line = Line {
                    n: f64::from(t),
                    sum: line.sum + y,
                    weighted: line.weighted + f64::from(t) * y,
                };
            }
        }
        let omega = 1.0 - 1.0 / theta;
        let mut state = ThetaState {
            form,
            alpha,
            omega,
            start,
            level: start,
            decay: 1.0,
            line,
            season: None,
            sigma2: 0.0,
        };
        let fitted = state.fitted(&case.values);
        let ours = squared(&case.values[3..], &fitted[3..]) / (case.values.len() - 3) as f64;
        assert_close(ours, mean_square, 1e-9, &case.name);
        case.values.iter().for_each(|&y| state.update(y));
        let mut path = vec![0.0; case.forecast.len()];
        state.forecast_into(&mut path);
        path.iter().zip(&case.forecast).for_each(|(a, b)| assert_close(*a, *b, 1e-7, &case.name));
    }
}

#[test]
fn theta_fits_no_worse_and_forecasts_alike() {
    let mut alike = 0;
    for case in cases("theta") {
        if case.params[2].abs() > 1e4 {
            // Their level ran off to explain the fourth error through what α leaves of it.
            continue;
        }
        let state = theta::fit(&case.values, 1, theta_form(&case)).unwrap();
        assert!(
            state.sigma2 <= 1.005 * case.params[3],
            "{}: {} against {}",
            case.name,
            state.sigma2,
            case.params[3]
        );
        let mut path = vec![0.0; case.forecast.len()];
        state.forecast_into(&mut path);
        // Where both found the same parameters (our α may go down to 0.01, theirs to 0.1), the
        // paths are the same.
        if (state.alpha - case.params[0]).abs() < 0.03 && state.sigma2 > 0.995 * case.params[3] {
            path.iter()
                .zip(&case.forecast)
                .for_each(|(a, b)| assert_close(*a, *b, 0.01, &case.name));
            alike += 1;
        }
    }
    assert!(alike >= 10, "only {alike} cases were comparable");
}

#[test]
fn croston_family() {
    for (method, form) in
        [("croston", CrostonForm::Croston), ("sba", CrostonForm::Sba), ("tsb", CrostonForm::Tsb)]
    {
        for case in cases(method) {
            let smoothing = Smoothing::Fixed { size: case.params[0], occurrence: case.params[1] };
            let rate = croston::fit(&case.values, form, smoothing).unwrap().rate();
            assert_close(rate, case.forecast[0], 1e-10, &case.name);
        }
    }
}
