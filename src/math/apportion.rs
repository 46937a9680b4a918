//! Whole numbers in proportion: the largest-remainder method, and proportions within bounds.
//!
//! Shared by channel allocation (units), container fill (units) and freight shares (ten-thousandths
//! of money).

/// Shares `total` out in proportion to `weights`, whole, adding up exactly: everyone gets the floor
/// of their quota, and what is left goes one each to the largest remainders, earlier positions
/// first among equals.
///
/// Weights that are negative or not finite count as 0; if none is positive all count alike. A
/// negative total shares out nothing.
///
/// ```
/// use orderpoint::math::apportion::largest_remainder;
/// assert_eq!(largest_remainder(1000, &[400.0, 200.0, 100.0]), [571, 286, 143]);
/// ```
#[must_use]
pub fn largest_remainder(total: i64, weights: &[f64]) -> Vec<i64> {
    if weights.is_empty() || total <= 0 {
        return vec![0; weights.len()];
    }
    let weights = normalised(weights);
    let quotas: Vec<f64> = weights.iter().map(|w| w * total as f64).collect();
    round_to(total, &quotas)
}

/// Rounds `quotas`, which add up to about `total`, to whole numbers that add up to `total` exactly,
/// by largest remainder.
#[must_use]
pub fn round_to(total: i64, quotas: &[f64]) -> Vec<i64> {
    let mut whole: Vec<i64> = quotas.iter().map(|q| q.floor() as i64).collect();
    let mut left = total - whole.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..quotas.len()).collect();
    let remainders: Vec<f64> = quotas.iter().map(|quota| quota - quota.floor()).collect();
    // Stable: of equal remainders the earlier one gets the unit, on every machine.
    order.sort_by(|&a, &b| remainders[b].total_cmp(&remainders[a]));
    while left != 0 && !order.is_empty() {
        let step = left.signum();
        let turn: Vec<usize> =
            if step > 0 { order.clone() } else { order.iter().rev().copied().collect() };
        for i in turn {
            if left != 0 && whole[i] + step >= 0 {
                whole[i] += step;
                left -= step;
            }
        }
        if step < 0 && whole.iter().all(|&w| w == 0) {
            break;
        }
    }
    whole
}

/// `weights` scaled to add up to 1; equal ones if none is positive.
#[must_use]
pub fn normalised(weights: &[f64]) -> Vec<f64> {
    let usable: Vec<f64> =
        weights.iter().map(|&w| if w.is_finite() && w > 0.0 { w } else { 0.0 }).collect();
    let largest = usable.iter().fold(0.0, |m, &w| f64::max(m, w));
    if largest == 0.0 {
        return vec![1.0 / weights.len() as f64; weights.len()];
    }
    // Divided first: weights near the largest number would add up to infinity.
    let scaled: Vec<f64> = usable.iter().map(|w| w / largest).collect();
    let sum: f64 = scaled.iter().sum();
    scaled.into_iter().map(|w| w / sum).collect()
}

/// What one party may get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// At least.
    pub floor: f64,
    /// At most; infinite when there is no cap.
    pub cap: f64,
}

impl Bounds {
    /// No floor below 0, no cap below its floor.
    fn sound(self) -> Self {
        let cap = self.cap.max(0.0);
        Self { floor: self.floor.max(0.0).min(cap), cap }
    }
}

/// Quotas `clamp(lambda * weight, floor, cap)` that add up to `total`, or as near as the bounds
/// allow. `[weights.len()]`
///
/// Floors beyond `total` shrink in proportion. A floor above its cap is lowered to the cap.
#[must_use]
pub fn within_bounds(total: f64, weights: &[f64], bounds: &[Bounds]) -> Vec<f64> {
    let weights = normalised(weights);
    let bounds: Vec<Bounds> = bounds.iter().map(|bounds| bounds.sound()).collect();
    let floors: f64 = bounds.iter().map(|bounds| bounds.floor).sum();
    if floors >= total {
        // Floors that together ask for too much give way alike.
        let shrink = if floors > 0.0 { (total / floors).max(0.0) } else { 0.0 };
        return bounds.iter().map(|bounds| bounds.floor * shrink).collect();
    }
    let mut fixed: Vec<Option<f64>> = vec![None; weights.len()];
    loop {
        let taken: f64 = fixed.iter().flatten().sum();
        let free_weight: f64 =
            (0..weights.len()).filter(|&i| fixed[i].is_none()).map(|i| weights[i]).sum();
        let lambda = if free_weight > 0.0 { (total - taken).max(0.0) / free_weight } else { 0.0 };
        let mut short = 0.0;
        let mut over = 0.0;
        for i in (0..weights.len()).filter(|&i| fixed[i].is_none()) {
            short += (bounds[i].floor - lambda * weights[i]).max(0.0);
            over += (lambda * weights[i] - bounds[i].cap).max(0.0);
        }
        if short == 0.0 && over == 0.0 {
            return (0..weights.len()).map(|i| fixed[i].unwrap_or(lambda * weights[i])).collect();
        }
        // The larger violation decides which side is settled for good: the other side may still
        // come right.
        for i in 0..weights.len() {
            let quota = lambda * weights[i];
            if fixed[i].is_some() {
                continue;
            }
            if short >= over && quota < bounds[i].floor {
                fixed[i] = Some(bounds[i].floor);
            } else if short < over && quota > bounds[i].cap {
                fixed[i] = Some(bounds[i].cap);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn e6_largest_remainder_breaks_ties_by_position() {
        assert_eq!(largest_remainder(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(largest_remainder(2, &[1.0, 1.0, 1.0]), [1, 1, 0]);
        assert_eq!(largest_remainder(5, &[0.0, f64::NAN, -1.0]), [2, 2, 1]);
        assert_eq!(largest_remainder(-5, &[1.0, 2.0]), [0, 0]);
    }

    #[test]
    fn a_cap_hands_its_excess_to_the_others_in_proportion() {
        let open = Bounds { floor: 0.0, cap: f64::INFINITY };
        let quotas =
            within_bounds(100.0, &[6.0, 3.0, 1.0], &[Bounds { floor: 0.0, cap: 20.0 }, open, open]);
        assert!(quotas.iter().zip([20.0, 60.0, 20.0]).all(|(q, e)| (q - e).abs() < 1e-12));
        let quotas = within_bounds(
            100.0,
            &[6.0, 3.0, 1.0],
            &[open, open, Bounds { floor: 40.0, cap: 50.0 }],
        );
        assert!(quotas.iter().zip([40.0, 20.0, 40.0]).all(|(q, e)| (q - e).abs() < 1e-12));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn largest_remainder_conserves_and_stays_within_one_of_the_quota(
            total in 0i64..1_000_000, weights in prop::collection::vec(0.0f64..1e6, 1..9)
        ) {
            let parts = largest_remainder(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, w) in parts.iter().zip(normalised(&weights)) {
                prop_assert!((*part as f64 - w * total as f64).abs() <= 1.0 + 1e-6);
            }
        }

        #[test]
        fn quotas_keep_their_bounds_and_their_sum(
            total in 0.0f64..1e4,
            parts in prop::collection::vec((0.0f64..10.0, 0.0f64..500.0, 0.0f64..3000.0), 1..8),
        ) {
            let weights: Vec<f64> = parts.iter().map(|p| p.0).collect();
            let bounds: Vec<Bounds> =
                parts.iter().map(|p| Bounds { floor: p.1, cap: p.1 + p.2 }).collect();
            let quotas = within_bounds(total, &weights, &bounds);
            let sum: f64 = quotas.iter().sum();
            prop_assert!(sum <= total * (1.0 + 1e-9) + 1e-9);
            let mut open = 0.0;
            for (w, b) in normalised(&weights).iter().zip(&bounds) {
                open += if *w > 0.0 { b.cap } else { b.floor };
            }
            prop_assert!(sum >= total.min(open) * (1.0 - 1e-9) - 1e-9, "{} of {}", sum, total);
            for (q, b) in quotas.iter().zip(&bounds) {
                prop_assert!(*q <= b.cap + 1e-9);
            }
        }
    }
}
