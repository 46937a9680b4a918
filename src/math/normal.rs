//! The standard normal distribution: how likely, how far, how short.
//!
//! The error function is the `libm` crate's, to the last bit or two; the loss function is Silver,
//! Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, 4th ed., app. B.
//! Symbols: `z` a value in standard deviations from the mean, `p` a probability.

use crate::math::elementary::Elementary;
use libm::erfc;
use std::f64::consts::{PI, SQRT_2};

/// Probability that a standard normal stays at or below `z`. `[Φ]`
///
/// ```
/// // R: pnorm(1.96)
/// assert!((orderpoint::math::normal::cdf(1.96) - 0.975_002_104_851_779_5).abs() < 1e-11);
/// ```
#[must_use]
pub fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// Standard normal density. `[φ]`
#[must_use]
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exponential() / (2.0 * PI).sqrt()
}

/// What a standard normal stays below with probability `p`, in (0, 1): the safety factor of a cycle
/// service level. `[Φ⁻¹]`
///
/// ```
/// // Silver, Pyke & Thomas: 95 % cycle service needs k = 1.645.
/// assert!((orderpoint::math::normal::quantile(0.95) - 1.645).abs() < 1e-3);
/// ```
///
/// Acklam's rational approximation (2003, relative error below 1.2e-9), polished by one step of
/// Halley's method to what `Φ` itself is good for: 1e-10.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    // Below this probability, and above its complement, the approximation is one in sqrt(-2 ln p).
    const TAIL: f64 = 0.02425;
    let z = if p < TAIL {
        let q = (-2.0 * p.natural_log()).sqrt();
        polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    } else if p > 1.0 - TAIL {
        let q = (-2.0 * (1.0 - p).natural_log()).sqrt();
        -polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / (polynomial(&B, q * q) * q * q + 1.0)
    };
    // One step of Halley takes the approximation to the last digits.
    let error = (cdf(z) - p) / density(z);
    z - error / (1.0 + 0.5 * z * error)
}

/// Horner's scheme, the highest power's coefficient first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// `E max(Z - k, 0)`: units short a cycle, in standard deviations, at the safety factor `k`.
/// `[G(k)]`
///
/// ```
/// // Silver, Pyke & Thomas: G(k) = (1 - P2) Q / sd = 0.05 at k = 1.2556.
/// assert!((orderpoint::math::normal::loss(1.2556) - 0.05).abs() < 1e-5);
/// ```
#[must_use]
pub fn loss(k: f64) -> f64 {
    (density(k) - k * cdf(-k)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_matches_r() {
        let close = |ours: f64, r: f64| assert!((ours / r - 1.0).abs() < 1e-10, "{ours} {r}");
        close(quantile(0.95), 1.644_853_626_951_472_7);
        close(quantile(1e-10), -6.361_340_902_404_056);
        close(cdf(1.96), 0.975_002_104_851_779_5);
        close(cdf(-8.0), 6.220_960_574_271_786e-16);
        close(density(1.0), 0.241_970_724_519_143_37);
        close(loss(0.0), 0.398_942_280_401_432_7);
        assert!(quantile(0.5).abs() < 1e-15);
    }
}
