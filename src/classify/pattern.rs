//! Demand pattern by how often and how unevenly an item sells.
//!
//! Source: Syntetos, Boylan & Croston (2005), *On the categorization of demand patterns*, JORS
//! 56(5): cut-offs 1.32 for the average demand interval and 0.49 for the squared coefficient of
//! variation of non-zero demand.

use crate::domain::classes::DemandPattern;

/// Average demand interval above which demand is intermittent.
// Both cuts are those of Syntetos, Boylan & Croston (2005), J. Oper. Res. Soc. 56, 495-503: where
// the errors of Croston's method and of its correction cross.
pub const ADI_CUT: f64 = 1.32;
/// Squared coefficient of variation above which demand sizes are erratic.
pub const CV2_CUT: f64 = 0.49;

/// `(adi, cv2)`: periods / periods with demand, and (sd / mean)² of the non-zero demand; `None`
/// without demand.
///
/// - `demand`: units of each observed period, censored ones left out.
///
/// ```
/// use orderpoint::classify::pattern::{adi_cv2, pattern};
/// use orderpoint::domain::classes::DemandPattern;
///
/// // Every third day, always about ten.
/// let (adi, cv2) = adi_cv2([10.0, 0.0, 0.0, 9.0, 0.0, 0.0, 11.0, 0.0, 0.0].into_iter()).unwrap();
/// assert_eq!((adi, cv2), (3.0, 0.01));
/// assert_eq!(pattern(adi, cv2), DemandPattern::Intermittent);
/// ```
#[must_use]
pub fn adi_cv2(demand: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (mut periods, mut nonzero, mut sum, mut squares) = (0usize, 0usize, 0.0, 0.0);
    for d in demand {
        periods += 1;
        if d > 0.0 {
            nonzero += 1;
            sum += d;
            squares += d * d;
        }
    }
    if nonzero == 0 {
        return None;
    }
    let n = nonzero as f64;
    let mean = sum / n;
    let variance =
        if nonzero > 1 { ((squares - n * mean * mean) / (n - 1.0)).max(0.0) } else { 0.0 };
    Some((periods as f64 / n, variance / (mean * mean)))
}

/// The pattern of demand that sells every `adi` periods in sizes of squared variation `cv2`.
#[must_use]
pub fn pattern(adi: f64, cv2: f64) -> DemandPattern {
    match (adi > ADI_CUT, cv2 > CV2_CUT) {
        (false, false) => DemandPattern::Smooth,
        (false, true) => DemandPattern::Erratic,
        (true, false) => DemandPattern::Intermittent,
        (true, true) => DemandPattern::Lumpy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b4_the_four_corners() {
        assert_eq!(pattern(1.32, 0.49), DemandPattern::Smooth);
        assert_eq!(pattern(1.0, 0.5), DemandPattern::Erratic);
        assert_eq!(pattern(1.33, 0.1), DemandPattern::Intermittent);
        assert_eq!(pattern(3.0, 2.0), DemandPattern::Lumpy);
    }

    #[test]
    fn b4_interval_and_variation_of_a_small_series() {
        let (adi, cv2) = adi_cv2([0.0, 2.0, 0.0, 4.0, 0.0, 0.0].into_iter()).expect("has demand");
        assert_eq!(adi, 3.0);
        assert!((cv2 - 2.0 / 9.0).abs() < 1e-12);
        assert!(adi_cv2([0.0; 5].into_iter()).is_none());
    }
}
