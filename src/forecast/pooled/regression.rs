//! How strongly does a regressor move demand? Penalised count regression, for pooled profiles and
//! for the response to promotions.
//!
//! [`fit_counts`] regresses counts on sparse rows with a log link: `E y = exposure · exp(x'β)`,
//! `Var y = μ + φ μ²` (the negative binomial of type 2), ridge and first-difference penalties as
//! priors, solved by iteratively reweighted least squares (McCullagh & Nelder 1989, *Generalized
//! Linear Models*, ch. 2.5; the penalty as in Wood 2017, *Generalized Additive Models*, ch. 4).
//! Zeros and small counts need no logarithm of data, and a thin group is pulled towards "no effect"
//! by its own lack of information.

use crate::domain::error::FitError;
use crate::math::elementary::Elementary;
use crate::math::linear::Envelope;
use std::ops::Range;

/// One value of a design matrix that is not zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Of the coefficient.
    pub column: u32,
    /// What it is multiplied with.
    pub value: f64,
}

impl Entry {
    /// `value` in `column`.
    ///
    /// # Panics
    /// If there are more than 4 billion columns.
    #[must_use]
    pub fn new(column: usize, value: f64) -> Self {
        Self { column: u32::try_from(column).expect("few columns"), value }
    }

    /// An indicator.
    #[must_use]
    pub fn one(column: usize) -> Self {
        Self::new(column, 1.0)
    }
}

/// Rows of a design matrix that are mostly zero.
#[derive(Debug, Clone, Default)]
pub struct SparseRows {
    offsets: Vec<usize>,
    entries: Vec<Entry>,
}

impl SparseRows {
    /// No rows yet.
    #[must_use]
    pub fn new() -> Self {
        Self { offsets: vec![0], entries: Vec::new() }
    }

    /// Adds one row.
    pub fn push(&mut self, row: impl IntoIterator<Item = Entry>) {
        self.entries.extend(row);
        self.offsets.push(self.entries.len());
    }

    /// Row `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[Entry] {
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
            .filter(|entry| keep(entry.column as usize))
            .map(|entry| entry.value * coefficients[entry.column as usize])
            .sum()
    }
}

/// What a coefficient is believed to be before the data speak: the inverse prior variances.
#[derive(Debug, Clone, Default)]
pub struct Penalty {
    /// Ridge: `1 / σ²` of each coefficient around 0. `[columns]`
    pub ridge: Vec<f64>,
    /// Neighbouring columns that are believed to move little.
    pub walk: Option<RandomWalk>,
    /// Columns from this on to the end of the range are mostly near 0, and a few are far from it:
    /// their prior is a Cauchy distribution of the scale that `ridge` says, which lets go of what
    /// the data show (West 1984, outlier models with heavy tails).
    pub heavy_tailed: Range<usize>,
}

impl Penalty {
    /// Inverse prior variance of a coefficient that stands at `beta`: of a Cauchy distribution,
    /// that of the normal one that touches its logarithm there.
    fn precision(&self, column: usize, beta: f64) -> f64 {
        let ridge = self.ridge[column];
        if self.heavy_tailed.contains(&column) {
            2.0 * ridge / (1.0 + ridge * beta * beta)
        } else {
            ridge
        }
    }
}

/// Columns each of which is believed to be near the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomWalk {
    /// First of the columns.
    pub first: usize,
    /// How many.
    pub columns: usize,
    /// `1 / σ²` of each step.
    pub precision: f64,
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
    /// Whether the rows say themselves how much more they scatter than that (quasi-likelihood;
    /// McCullagh & Nelder 1989, ch. 9): a few large orders are few witnesses.
    pub scattered: bool,
}

/// Rounds of reweighting at most; a log link from a start at the data needs four or five.
const ROUNDS: usize = 8;
/// Largest move of a coefficient at which the search ends: a hundredth of a per cent of demand.
const CONVERGED: f64 = 1e-4;
/// Linear predictors are kept within this, so that no exponential overflows on the way.
const FURTHEST: f64 = 12.0;
/// Share of the exposure that stands for zero units at the start, where a logarithm is taken.
const START_SHARE: f64 = 0.3;

/// Coefficients of the penalised negative-binomial regression with log link.
///
/// ```
/// use orderpoint::forecast::pooled::regression::{Counts, Entry, Penalty, SparseRows, fit_counts};
///
/// // Two periods of 10 and one of 20 units: log 10, and log 2 more where the indicator is set.
/// let mut rows = SparseRows::new();
/// rows.push([Entry::one(0)]);
/// rows.push([Entry::one(0)]);
/// rows.push([Entry::one(0), Entry::one(1)]);
/// let counts = Counts {
///     units: &[10.0, 10.0, 20.0],
///     exposure: &[1.0; 3],
///     weight: &[1.0; 3],
///     dispersion: 0.0,
///     scattered: false,
/// };
/// let penalty = Penalty { ridge: vec![0.0; 2], ..Penalty::default() };
/// let beta = fit_counts(&rows, counts, &penalty)?;
/// assert!((beta[0].exp() - 10.0).abs() < 1e-6 && (beta[1].exp() - 2.0).abs() < 1e-6);
/// # Ok::<(), orderpoint::domain::error::FitError>(())
/// ```
///
/// # Errors
/// [`FitError::NoDemand`] without any observed unit, [`FitError::NotFinite`] if the normal
/// equations break down.
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
    let mut gram = Envelope::new(first_columns(rows, &usable, penalty));
    // Pearson's chi-square of the last round over its rows.
    let mut scatter = 1.0;
    for round in 0..ROUNDS {
        gram.clear();
        add_penalty(penalty, &beta, &mut gram);
        let mut right = vec![0.0; columns];
        let mut chi_square = 0.0;
        let mut rows_counted = 0.0;
        for &i in &usable {
            let row = rows.row(i);
            let units = counts.units[i];
            let exposure = counts.exposure[i];
            // The first step starts from the data, as is usual for a log link.
            let mu = if round == 0 {
                units.max(START_SHARE * exposure).max(1e-9)
            } else {
                let eta: f64 = row.iter().map(|x| x.value * beta[x.column as usize]).sum();
                exposure * eta.clamp(-FURTHEST, FURTHEST).exponential()
            };
            let variance = mu * (1.0 + counts.dispersion * mu);
            chi_square += counts.weight[i] * (units - mu) * (units - mu) / variance;
            rows_counted += counts.weight[i];
            let weight = counts.weight[i] * mu * mu / variance / scatter;
            let working = (mu / exposure).natural_log() + (units - mu) / mu;
            for a in row {
                right[a.column as usize] += weight * a.value * working;
                for b in row.iter().filter(|b| b.column <= a.column) {
                    let product = weight * a.value * b.value;
                    gram.add(a.column as usize, b.column as usize, product);
                }
            }
        }
        let next =
            gram.solve(right).ok_or(FitError::NotFinite("normal equations of the profile"))?;
        let mut moved = 0.0f64;
        for (now, before) in next.iter().zip(&beta) {
            moved = moved.max((now - before).abs());
        }
        beta = next;
        if moved < CONVERGED {
            break;
        }
        if counts.scattered && round > 0 {
            scatter = (chi_square / rows_counted).max(1.0);
        }
    }
    Ok(beta)
}

/// The first column that each column of the normal equations meets: in some row, or by the penalty.
fn first_columns(rows: &SparseRows, usable: &[usize], penalty: &Penalty) -> Vec<usize> {
    let mut first: Vec<usize> = (0..penalty.ridge.len()).collect();
    for &i in usable {
        let row = rows.row(i);
        let Some(least) = row.iter().map(|entry| entry.column as usize).min() else { continue };
        for entry in row {
            let column = entry.column as usize;
            first[column] = first[column].min(least);
        }
    }
    if let Some(walk) = penalty.walk {
        for i in walk.first + 1..walk.first + walk.columns {
            first[i] = first[i].min(i - 1);
        }
    }
    first
}

fn add_penalty(penalty: &Penalty, beta: &[f64], gram: &mut Envelope) {
    for (i, &beta) in beta.iter().enumerate() {
        // A column that no row touches, a knot of the future, must not make the matrix singular.
        gram.add(i, i, penalty.precision(i, beta) + 1e-9);
    }
    if let Some(walk) = penalty.walk {
        for i in walk.first + 1..walk.first + walk.columns {
            gram.add(i, i, walk.precision);
            gram.add(i - 1, i - 1, walk.precision);
            gram.add(i, i - 1, -walk.precision);
        }
    }
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
            rows.push([Entry::one(0), Entry::new(1, x)]);
            units.push((1.0 + 0.5 * x).exponential());
        }
        let ones = vec![1.0; 200];
        let counts = Counts {
            units: &units,
            exposure: &ones,
            weight: &ones,
            dispersion: 0.0,
            scattered: false,
        };
        let beta =
            fit_counts(&rows, counts, &Penalty { ridge: vec![0.0; 2], ..Penalty::default() })
                .unwrap();
        assert!((beta[0] - 1.0).abs() < 1e-6 && (beta[1] - 0.5).abs() < 1e-6, "{beta:?}");
    }

    #[test]
    fn a_group_without_demand_is_an_error_with_its_numbers() {
        let mut rows = SparseRows::new();
        rows.push([Entry::one(0)]);
        let counts = Counts {
            units: &[0.0],
            exposure: &[1.0],
            weight: &[1.0],
            dispersion: 0.0,
            scattered: false,
        };
        let penalty = Penalty { ridge: vec![1.0], ..Penalty::default() };
        assert_eq!(fit_counts(&rows, counts, &penalty), Err(FitError::NoDemand { observed: 1 }));
    }
}
