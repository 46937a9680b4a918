//! anofox-forecast's AutoETS on the series of a file: see `../forecast.sh`.

#[path = "../../series.rs"]
mod series;

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::exponential::{AutoETS, AutoETSConfig, ModelPool};
use chrono::{DateTime, Duration};
use series::{Series, measure};

fn auto_ets(series: &Series, pool: ModelPool, path: &mut [f64]) {
    let days = 0..series.history.len() as i64;
    let stamps = days.map(|t| DateTime::UNIX_EPOCH + Duration::days(t)).collect();
    let input = TimeSeries::univariate(stamps, series.history.clone()).expect("a series");
    let config = AutoETSConfig::with_period(series.season_length).with_model_pool(pool);
    let mut model = AutoETS::with_config(config);
    model.fit(&input).expect("a fit");
    path.copy_from_slice(model.predict(path.len()).expect("a forecast").primary());
}

fn main() {
    let Some(all) = series::read_argument() else { return };
    let base = measure("seasonal naive", &all, None, |_, s, path| {
        let m = s.season_length.min(s.history.len());
        path.iter_mut().enumerate().for_each(|(h, v)| *v = s.history[s.history.len() - m + h % m]);
    });
    for (name, pool) in [("reduced", ModelPool::Reduced), ("complete", ModelPool::Complete)] {
        let name = format!("anofox AutoETS, {name} pool");
        measure(&name, &all, Some(base), |_, s, path| auto_ets(s, pool, path));
    }
}
