//! Symmetric positive definite systems, by Cholesky's factorisation.
//!
//! Source: Golub & Van Loan (2013), *Matrix Computations*, 4th ed., ch. 4.2; the envelope (profile)
//! scheme of George & Liu (1981), *Computer Solution of Large Sparse Positive Definite Systems*,
//! ch. 4.

/// Solution `x` of `A x = right`, `A` given by its lower triangle row by row and overwritten by its
/// factor; `None` where `A` is not positive definite.
///
/// ```
/// use orderpoint::math::linear::solve;
/// let mut lower = [4.0, 0.0, 2.0, 3.0];
/// let x = solve(&mut lower, vec![8.0, 8.0]).unwrap();
/// assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12);
/// assert_eq!(solve(&mut [1.0, 0.0, 2.0, 1.0], vec![1.0, 1.0]), None);
/// ```
#[must_use]
pub fn solve(lower: &mut [f64], mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let (above, row_i) = lower.split_at(i * n);
            let row_j = if j == i { &row_i[..j] } else { &above[j * n..j * n + j] };
            let dot: f64 = row_i[..j].iter().zip(row_j).map(|(a, b)| a * b).sum();
            let rest = row_i[j] - dot;
            lower[i * n + j] = if i == j {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / lower[j * n + j]
            };
        }
    }
    for i in 0..n {
        let dot: f64 = (0..i).map(|j| lower[i * n + j] * right[j]).sum();
        right[i] = (right[i] - dot) / lower[i * n + i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|j| lower[j * n + i] * right[j]).sum();
        right[i] = (right[i] - dot) / lower[i * n + i];
    }
    right.iter().all(|v| v.is_finite()).then_some(right)
}

/// The lower triangle of a symmetric matrix, each row from its first entry on: what lies left of it
/// is zero and stays zero when the matrix is factorised. Columns of which each meets few others
/// (events of different days) cost their number, not its cube.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// First column of each row.
    first: Vec<usize>,
    /// Where each row begins in `values`, and where the last one ends.
    starts: Vec<usize>,
    values: Vec<f64>,
}

impl Envelope {
    /// Zeros, with the rows' first columns.
    pub(crate) fn new(first: Vec<usize>) -> Self {
        let mut starts = Vec::with_capacity(first.len() + 1);
        let mut end = 0;
        for (row, first) in first.iter().enumerate() {
            starts.push(end);
            end += row + 1 - first;
        }
        starts.push(end);
        Self { first, starts, values: vec![0.0; end] }
    }

    /// Zeros again.
    pub(crate) fn clear(&mut self) {
        self.values.fill(0.0);
    }

    /// Adds to the entry at `row` and `column`, which is not right of the diagonal.
    #[inline]
    pub(crate) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[self.starts[row] + column - self.first[row]] += value;
    }

    /// Solution `x` of `A x = right`; the matrix is overwritten by its factor. `None` where it is
    /// not positive definite.
    pub(crate) fn solve(&mut self, mut right: Vec<f64>) -> Option<Vec<f64>> {
        let n = right.len();
        for i in 0..n {
            let first_i = self.first[i];
            let (above, row_i) = self.values.split_at_mut(self.starts[i]);
            for j in first_i..=i {
                // Left of either row's first entry all products are zero.
                let first = first_i.max(self.first[j]);
                let left = &row_i[first - first_i..j - first_i];
                let row_j = if j == i {
                    left
                } else {
                    let start = self.starts[j] - self.first[j];
                    &above[start + first..start + j]
                };
                let dot: f64 = left.iter().zip(row_j).map(|(a, b)| a * b).sum();
                let rest = row_i[j - first_i] - dot;
                row_i[j - first_i] = if i == j {
                    if rest.is_nan() || rest <= 0.0 {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / above[self.starts[j + 1] - 1]
                };
            }
        }
        for i in 0..n {
            let row = &self.values[self.starts[i]..self.starts[i + 1]];
            let dot: f64 =
                row[..row.len() - 1].iter().zip(&right[self.first[i]..i]).map(|(a, b)| a * b).sum();
            right[i] = (right[i] - dot) / row[row.len() - 1];
        }
        for i in (0..n).rev() {
            let row = &self.values[self.starts[i]..self.starts[i + 1]];
            right[i] /= row[row.len() - 1];
            let solved = right[i];
            for (entry, other) in row.iter().zip(&mut right[self.first[i]..i]) {
                *other -= entry * solved;
            }
        }
        right.iter().all(|v| v.is_finite()).then_some(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_solves_what_the_whole_matrix_solves() {
        // Two blocks that meet in the last row.
        let rows: [&[f64]; 5] = [
            &[4.0],
            &[1.0, 5.0],
            &[0.0, 0.0, 6.0],
            &[0.0, 0.0, 2.0, 7.0],
            &[1.0, 0.5, 1.5, 0.25, 8.0],
        ];
        let mut whole = vec![0.0; 25];
        let mut envelope = Envelope::new(vec![0, 0, 2, 2, 0]);
        for (i, row) in rows.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                whole[i * 5 + j] = *value;
                if *value != 0.0 {
                    envelope.add(i, j, *value);
                }
            }
        }
        let right = vec![1.0, -2.0, 3.0, 0.5, 9.0];
        let expected = solve(&mut whole, right.clone()).unwrap();
        let found = envelope.solve(right).unwrap();
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-14, "{found:?} {expected:?}");
        }
        envelope.clear();
        assert_eq!(envelope.solve(vec![1.0; 5]), None, "zeros are not positive definite");
    }
}
