//! What both Rust sides of the forecast comparison share: reading series, scoring paths, counting
//! CPU time.

use std::fs;

/// One line of the file.
pub struct Series {
    /// Periods of the season, 1 for none.
    pub season_length: usize,
    /// Known values.
    pub history: Vec<f64>,
    /// The test part.
    pub actual: Vec<f64>,
}

fn parse(line: &str) -> Series {
    let fields: Vec<&str> = line.split(',').collect();
    let number =
        |text: &str| if text.is_empty() { f64::NAN } else { text.parse().expect("a number") };
    let horizon: usize = fields[2].parse().expect("a horizon");
    let mut history: Vec<f64> = fields[3..].iter().map(|text| number(text)).collect();
    let actual = history.split_off(history.len() - horizon);
    Series { season_length: fields[1].parse().expect("a season length"), history, actual }
}

/// All series of the file named by the first argument that is no flag; `None` without one.
pub fn read_argument() -> Option<Vec<Series>> {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"))?;
    let text = fs::read_to_string(file).expect("the file of series can be read");
    Some(text.lines().map(parse).collect())
}

/// CPU seconds of this process, from Linux's accounting; wall time elsewhere.
fn cpu_seconds() -> f64 {
    // Giving way makes the kernel bring its account up to date.
    std::thread::yield_now();
    let schedstat = fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds =
        schedstat.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(
        || std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |time| time.as_secs_f64()),
        |ns| ns * 1e-9,
    )
}

fn smape(actual: &[f64], path: &[f64]) -> f64 {
    let term = |(a, f): (&f64, &f64)| {
        if a.abs() + f.abs() > 0.0 { 200.0 * (a - f).abs() / (a.abs() + f.abs()) } else { 0.0 }
    };
    actual.iter().zip(path).map(term).sum::<f64>() / actual.len() as f64
}

fn mase(series: &Series, path: &[f64]) -> f64 {
    let lag = if series.history.len() > series.season_length { series.season_length } else { 1 };
    let steps = series.history[lag..]
        .iter()
        .zip(&series.history)
        .map(|(a, b)| (a - b).abs())
        .filter(|d| !d.is_nan());
    let (sum, n) = steps.fold((0.0, 0.0), |(sum, n), d| (sum + d, n + 1.0));
    let error =
        series.actual.iter().zip(path).map(|(a, f)| (a - f).abs()).sum::<f64>() / path.len() as f64;
    error / (sum / n)
}

/// Runs `method` over all series and prints its line; returns (sMAPE, MASE).
pub fn measure(
    name: &str,
    all: &[Series],
    base: Option<(f64, f64)>,
    mut method: impl FnMut(usize, &Series, &mut [f64]),
) -> (f64, f64) {
    let mut paths: Vec<Vec<f64>> = all.iter().map(|s| vec![0.0; s.actual.len()]).collect();
    let start = cpu_seconds();
    for (i, (series, path)) in all.iter().zip(&mut paths).enumerate() {
        method(i, series, path);
    }
    let ms = 1000.0 * (cpu_seconds() - start) / all.len() as f64;
    let (mut sum_smape, mut sum_mase, mut scaled) = (0.0, 0.0, 0.0);
    for (series, path) in all.iter().zip(&paths) {
        sum_smape += smape(&series.actual, path);
        let mase = mase(series, path);
        if mase.is_finite() {
            sum_mase += mase;
            scaled += 1.0;
        }
    }
    let score = (sum_smape / all.len() as f64, sum_mase / scaled);
    let base = base.unwrap_or(score);
    let owa = 0.5 * (score.0 / base.0 + score.1 / base.1);
    println!(
        "{{\"model\": \"{name}\", \"series\": {}, \"smape\": {:.4}, \"mase\": {:.4}, \
         \"owa\": {owa:.4}, \"cpu_ms\": {ms:.4}}}",
        all.len(),
        score.0,
        score.1
    );
    score
}
