//! How strongly does a regressor move demand? Penalised count regression for pooled profiles, and least squares for uplifts.
//!
//! [`fit_counts`] regresses counts on sparse rows with a log link: `E y = exposure · exp(x'β)`, `Var y = μ + φ μ²` (the
//! negative binomial of type 2), ridge and first-difference penalties as priors, solved by iteratively reweighted least squares
//! (McCullagh & Nelder 1989, *Generalized Linear Models*, ch. 2.5; the penalty as in Wood 2017, *Generalized Additive Models*,
//! ch. 4). Zeros and small counts need no logarithm of data, and a thin group is pulled towards "no effect" by its own lack of
//! information. [`uplift_by_discount`] is a weighted least-squares line.

use crate::domain::error::FitError;
use crate::math::linear;

/// Rows of a design matrix that are mostly zero.
#[derive(Debug, Clone, Default)]
pub struct SparseRows {
    offsets: Vec<usize>,
    entries: Vec<(u32, f64)>,
}

impl SparseRows {
    /// No rows yet.
    #[must_use]
    pub fn new() -> Self {
        Self { offsets: vec![0], entries: Vec::new() }
    }

    /// Adds one row of (column, value).
    pub fn push(&mut self, row: impl IntoIterator<Item = (usize, f64)>) {
        self.entries.extend(
            row.into_iter()
                .map(|(column, value)| (u32::try_from(column).expect("few columns"), value)),
        );
        self.offsets.push(self.entries.len());
    }

    /// Row `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[(u32, f64)] {
        &self.entries[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `x'β` of row `i`, over the columns `keep` accepts.
    pub fn dot(&self, i: usize, coefficients: &[f64], keep: impl Fn(usize) -> bool) -> f64 {
        self.row(i)
            .iter()
            .filter(|(c, _)| keep(*c as usize))
            .map(|(c, v)| v * coefficients[*c as usize])
            .sum()
    }
}

/// What a coefficient is believed to be before the data speak: the inverse prior variances.
#[derive(Debug, Clone, Default)]
pub struct Penalty {
    /// Ridge: `1 / σ²` of each coefficient around 0. `[columns]`
    pub ridge: Vec<f64>,
    /// Random walk: (first column, columns, `1 / σ²` of each step).
    pub walk: Option<(usize, usize, f64)>,
}

/// One response to regress.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// Observed units; negative or NaN = not observed. `[rows]`
    pub units: &'a [f64],
    /// What `exp(0)` stands for, units. `[rows]`
    pub exposure: &'a [f64],
    /// How much each row counts, usually by recency. `[rows]`
    pub weight: &'a [f64],
    /// Variance beyond Poisson, relative to the squared mean. `[φ]`
    pub dispersion: f64,
}

/// Coefficients of the penalised negative-binomial regression with log link.
///
/// # Errors
/// [`FitError::NoDemand`] without any observed unit, [`FitError::NotFinite`] if the normal equations break down.
pub fn fit_counts(
    rows: &SparseRows,
    counts: Counts<'_>,
    penalty: &Penalty,
) -> Result<Vec<f64>, FitError> {
    let usable: Vec<usize> = (0..counts.units.len())
        .filter(|&i| counts.units[i] >= 0.0 && counts.exposure[i] > 0.0 && counts.weight[i] > 0.0)
        .collect();
    if usable.iter().all(|&i| counts.units[i] == 0.0) {
        return Err(FitError::NoDemand { observed: usable.len() });
    }
    let columns = penalty.ridge.len();
    let mut beta = vec![0.0; columns];
    for iteration in 0..8 {
        let mut gram = penalty_matrix(penalty);
        let mut right = vec![0.0; columns];
        for &i in &usable {
            let row = rows.row(i);
            let eta: f64 =
                row.iter().map(|&(c, v)| v * beta[c as usize]).sum::<f64>().clamp(-12.0, 12.0);
            // The first step starts from the data, as is usual for a log link.
            let start = counts.units[i].max(0.3 * counts.exposure[i]).max(1e-9);
            let mu = if iteration == 0 { start } else { counts.exposure[i] * eta.exp() };
            let weight = counts.weight[i] * mu / (1.0 + counts.dispersion * mu);
            let working = (mu / counts.exposure[i]).ln() + (counts.units[i] - mu) / mu;
            for &(a, va) in row {
                right[a as usize] += weight * va * working;
                for &(b, vb) in row.iter().filter(|(b, _)| *b <= a) {
                    gram[a as usize * columns + b as usize] += weight * va * vb;
                }
            }
        }
        let next = linear::solve(&mut gram, right)
            .ok_or(FitError::NotFinite("normal equations of the profile"))?;
        let moved =
            next.iter().zip(&beta).map(|(a, b): (&f64, &f64)| (a - b).abs()).fold(0.0, f64::max);
        beta = next;
        if moved < 1e-4 {
            break;
        }
    }
    Ok(beta)
}

/// Lower triangle of the penalty, row by row.
fn penalty_matrix(penalty: &Penalty) -> Vec<f64> {
    let n = penalty.ridge.len();
    let mut matrix = vec![0.0; n * n];
    for (i, ridge) in penalty.ridge.iter().enumerate() {
        matrix[i * n + i] = ridge + 1e-9;
    }
    if let Some((first, count, step)) = penalty.walk {
        for i in first + 1..first + count {
            matrix[i * n + i] += step;
            matrix[(i - 1) * n + i - 1] += step;
            matrix[i * n + i - 1] -= step;
        }
    }
    matrix
}

/// `log uplift = a + b · discount` by weighted ordinary least squares over promotions seen.
///
/// - `seen`: (discount as a share of price, observed / baseline demand, weight) of each promotion.
///
/// `None` under eight promotions or without any spread of discounts.
#[must_use]
pub fn uplift_by_discount(seen: &[(f64, f64, f64)]) -> Option<(f64, f64)> {
    let usable: Vec<_> =
        seen.iter().filter(|(_, uplift, weight)| *uplift > 0.0 && *weight > 0.0).collect();
    let total: f64 = usable.iter().map(|s| s.2).sum();
    let mean = usable.iter().map(|s| s.0 * s.2).sum::<f64>() / total;
    let spread = usable.iter().map(|s| s.2 * (s.0 - mean).powi(2)).sum::<f64>() / total;
    if usable.len() < 8 || spread < 1e-4 {
        return None;
    }
    // Weighted least squares around the means: the slope is free of the intercept there.
    let mean_log = usable.iter().map(|s| s.2 * s.1.ln()).sum::<f64>() / total;
    let joint = usable.iter().map(|s| s.2 * (s.0 - mean) * (s.1.ln() - mean_log)).sum::<f64>();
    let slope = joint / total / spread;
    let intercept = mean_log - slope * mean;
    (intercept.is_finite() && slope.is_finite()).then_some((intercept, slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_regression_recovers_known_coefficients() {
        let mut rows = SparseRows::new();
        let mut units = Vec::new();
        for i in 0..200 {
            let x = f64::from(i % 2);
            rows.push([(0, 1.0), (1, x)]);
            units.push((1.0 + 0.5 * x).exp());
        }
        let ones = vec![1.0; 200];
        let counts = Counts { units: &units, exposure: &ones, weight: &ones, dispersion: 0.0 };
        let beta = fit_counts(&rows, counts, &Penalty { ridge: vec![0.0; 2], walk: None }).unwrap();
        assert!((beta[0] - 1.0).abs() < 1e-6 && (beta[1] - 0.5).abs() < 1e-6, "{beta:?}");
    }

    #[test]
    fn a_group_without_demand_is_an_error_with_its_numbers() {
        let mut rows = SparseRows::new();
        rows.push([(0, 1.0)]);
        let counts = Counts { units: &[0.0], exposure: &[1.0], weight: &[1.0], dispersion: 0.0 };
        let penalty = Penalty { ridge: vec![1.0], walk: None };
        assert_eq!(fit_counts(&rows, counts, &penalty), Err(FitError::NoDemand { observed: 1 }));
    }

    #[test]
    fn uplift_rises_with_discount_as_generated() {
        let seen: Vec<_> = (0..20)
            .map(|i| (0.02 * f64::from(i), (0.1 + 2.0 * 0.02 * f64::from(i)).exp(), 1.0))
            .collect();
        let (a, b) = uplift_by_discount(&seen).unwrap();
        assert!((a - 0.1).abs() < 1e-8 && (b - 2.0).abs() < 1e-8);
        assert!(uplift_by_discount(&seen[..5]).is_none());
    }
}
