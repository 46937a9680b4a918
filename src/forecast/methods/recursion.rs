//! What the error-correction methods share: many recursions side by side, and start states by least
//! squares.
//!
//! Exponential smoothing and its complex relatives are linear in their states: the one-step error
//! is `e[t] = y[t] - w'x[t]`, the next state `x[t+1] = F x[t] + g e[t]`. Two uses of one recursion
//! follow. With one start and sixteen parameter sets, [`squared_errors`] evaluates sixteen
//! candidates for the time of one. With one parameter set, the error is linear in the *start*
//! state, so running the recursion on zeros from each unit start gives the columns of a regression
//! whose coefficients are the best start: [`best_start`] needs no search over initial states,
//! however many seasons there are.
//!
//! A period that was not observed has error 0: the state moves on and nothing is added to the sum.

use crate::math::linear;
use crate::math::optimize::{LANES, Lane, widest};

/// A method's recursion for [`LANES`] independent runs.
pub(crate) trait Recursion {
    /// Error of the coming period against `y`.
    fn error(&self, y: Lane) -> Lane;

    /// Moves on by one period, given its error.
    fn advance(&mut self, error: Lane);
}

widest! {
    /// Sum of squared one-step errors of every lane over `y`; leaves the recursions at the end of
    /// `y`.
    pub(crate) fn squared_errors<R: Recursion>(recursion: &mut R, y: &[f64]) -> Lane
        = squared_errors_portable
}

#[inline(always)]
fn squared_errors_portable<R: Recursion>(recursion: &mut R, y: &[f64]) -> Lane {
    let mut sum = Lane::ZERO;
    for &value in y {
        if value.is_nan() {
            recursion.advance(Lane::ZERO);
            continue;
        }
        let error = recursion.error(Lane::splat(value));
        recursion.advance(error);
        sum += error * error;
    }
    sum
}

/// One-step errors of lane 0, NaN where `y` is; leaves the recursion at the end of `y`.
pub(crate) fn errors_into<R: Recursion>(recursion: &mut R, y: &[f64], errors: &mut Vec<f64>) {
    errors.clear();
    for &value in y {
        let error = recursion.error(Lane::splat(if value.is_nan() { 0.0 } else { value }));
        recursion.advance(if value.is_nan() { Lane::ZERO } else { error });
        errors.push(if value.is_nan() { f64::NAN } else { error.0[0] });
    }
}

/// Start state with the least sum of squared errors.
///
/// `blocks` hold one run a column, [`LANES`] to a block: column 0 runs on the data, column `j` on
/// zeros from the unit start of state `j - 1`. Returns the change of each state against column 0's
/// own start, `[columns - 1]`. A trace of ridge keeps states that the data do not tell apart (the
/// level and the mean of the season) at their least norm.
pub(crate) fn best_start<R: Recursion>(blocks: &mut [R], columns: usize, y: &[f64]) -> Vec<f64> {
    let mut products = vec![Lane::ZERO; columns * blocks.len()];
    accumulate(blocks, columns, y, &mut products);
    let product = |i: usize, j: usize| products[i * blocks.len() + j / LANES].0[j % LANES];
    let states = columns - 1;
    let mut matrix = vec![0.0; states * states];
    let right: Vec<f64> = (0..states).map(|i| -product(i + 1, 0)).collect();
    for i in 0..states {
        for j in 0..states {
            matrix[i * states + j] = product(i + 1, j + 1);
        }
    }
    let trace: f64 = (0..states).map(|i| matrix[i * states + i]).sum();
    for i in 0..states {
        matrix[i * states + i] += 1e-9 * trace / states as f64 + f64::MIN_POSITIVE;
    }
    // A start that is not finite is no candidate: the search passes it over.
    linear::solve(&mut matrix, right).unwrap_or_else(|| vec![f64::NAN; states])
}

struct Columns<'a, R> {
    blocks: &'a mut [R],
    columns: usize,
    products: &'a mut [Lane],
}

fn accumulate<R: Recursion>(blocks: &mut [R], columns: usize, y: &[f64], products: &mut [Lane]) {
    products_of_errors(&mut Columns { blocks, columns, products }, y);
}

widest! {
    fn products_of_errors<R: Recursion>(columns: &mut Columns<'_, R>, y: &[f64]) -> ()
        = products_of_errors_portable
}

#[inline(always)]
fn products_of_errors_portable<R: Recursion>(columns: &mut Columns<'_, R>, y: &[f64]) {
    let width = columns.blocks.len();
    let mut errors = vec![Lane::ZERO; width];
    for &value in y {
        if value.is_nan() {
            for block in columns.blocks.iter_mut() {
                block.advance(Lane::ZERO);
            }
            continue;
        }
        for (b, block) in columns.blocks.iter_mut().enumerate() {
            let mut data = Lane::ZERO;
            if b == 0 {
                data.0[0] = value;
            }
            errors[b] = block.error(data);
            block.advance(errors[b]);
        }
        for (i, row) in columns.products.chunks_exact_mut(width).enumerate() {
            let factor = Lane::splat(errors[i / LANES].0[i % LANES]);
            for (product, &error) in row.iter_mut().zip(&errors) {
                *product += factor * error;
            }
        }
    }
    debug_assert_eq!(columns.products.len(), columns.columns * width);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::elementary::Transcendental;

    /// Simple smoothing, enough to compare code paths.
    struct Level(Lane, Lane);

    impl Recursion for Level {
        fn error(&self, y: Lane) -> Lane {
            y - self.0
        }

        fn advance(&mut self, error: Lane) {
            self.0 += self.1 * error;
        }
    }

    fn smoothing() -> Level {
        Level(Lane::splat(3.0), Lane(std::array::from_fn(|k| 0.05 * (k + 1) as f64)))
    }

    #[test]
    fn wide_vectors_give_the_same_bits() {
        let y: Vec<f64> = (0..500).map(|t| (f64::from(t) * 0.7).sine() * 10.0 / 3.0).collect();
        let (mut wide, mut plain) = (smoothing(), smoothing());
        assert_eq!(squared_errors(&mut wide, &y), squared_errors_portable(&mut plain, &y));
        assert_eq!(wide.0, plain.0);
    }

    #[test]
    fn the_best_start_leaves_the_least_errors() {
        let y = [10.0, 12.0, f64::NAN, 9.0, 11.0, 10.5];
        let mut columns = smoothing();
        columns.1 = Lane::splat(0.2);
        columns.0 = Lane::ZERO;
        columns.0.0[1] = 1.0;
        let start = best_start(&mut [columns], 2, &y)[0];
        let sum =
            |level: f64| squared_errors(&mut Level(Lane::splat(level), Lane::splat(0.2)), &y).0[0];
        assert!(sum(start) < sum(start + 0.01) && sum(start) < sum(start - 0.01), "{start}");
    }
}
