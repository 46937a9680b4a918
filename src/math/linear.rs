//! Symmetric positive definite systems of a few unknowns, by Cholesky's factorisation.
//!
//! Source: Golub & Van Loan (2013), *Matrix Computations*, 4th ed., ch. 4.2.

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
