//! Exponentials, logarithms, powers and sines that are the same on every machine.
//!
//! The system's library takes another variant where the processor can multiply and add in one step:
//! 0.07 % of its results then differ in the last bit, and so did six rows of a night, and its run
//! id. The `libm` crate computes with plain additions and multiplications alone, which the standard
//! (IEEE 754) fixes to the bit. `tests/tidy.rs` keeps the methods of `std` out of the house.

/// Elementary functions of one number.
pub(crate) trait Elementary {
    /// `e^x`
    fn exponential(self) -> Self;
    /// `ln x`
    fn natural_log(self) -> Self;
    /// `x^power`
    fn to_the(self, power: Self) -> Self;
}

impl Elementary for f64 {
    fn exponential(self) -> Self {
        libm::exp(self)
    }

    fn natural_log(self) -> Self {
        libm::log(self)
    }

    fn to_the(self, power: Self) -> Self {
        libm::pow(self, power)
    }
}

impl Elementary for f32 {
    fn exponential(self) -> Self {
        libm::expf(self)
    }

    fn natural_log(self) -> Self {
        libm::logf(self)
    }

    fn to_the(self, power: Self) -> Self {
        libm::powf(self, power)
    }
}

/// The rarer functions of one number.
pub(crate) trait Transcendental {
    /// `ln (1 + x)`, exact for small x.
    fn natural_log_1p(self) -> Self;
    /// `log10 x`
    fn decimal_log(self) -> Self;
    /// `sin x`
    fn sine(self) -> Self;
    /// `cos x`
    fn cosine(self) -> Self;
    /// The number whose cube is x.
    fn cube_root(self) -> Self;
    /// `sqrt(x² + y²)`
    fn hypotenuse(self, other: Self) -> Self;
}

impl Transcendental for f64 {
    fn natural_log_1p(self) -> Self {
        libm::log1p(self)
    }

    fn decimal_log(self) -> Self {
        libm::log10(self)
    }

    fn sine(self) -> Self {
        libm::sin(self)
    }

    fn cosine(self) -> Self {
        libm::cos(self)
    }

    fn cube_root(self) -> Self {
        libm::cbrt(self)
    }

    fn hypotenuse(self, other: Self) -> Self {
        libm::hypot(self, other)
    }
}

/// Share of a gamma distribution of shape `a` and scale 1 that lies below `x`: the regularised
/// lower incomplete gamma function. `[P(a, x)]`
///
/// By its series up to `a`, by its continued fraction beyond (Press et al. 2007, *Numerical
/// Recipes*, 3rd ed., 6.2); relative error below 1e-13 where `P` is no less than 1e-300.
///
/// # Panics
/// Where `a` is not above 0.
pub(crate) fn gamma_below(a: f64, x: f64) -> f64 {
    assert!(a > 0.0, "a gamma distribution has a shape above 0, not {a}");
    /// Smallest term that still counts.
    const LEAST: f64 = 1e-15;
    /// Keeps the fraction's denominators off zero.
    const TINY: f64 = 1e-300;
    if x <= 0.0 {
        return 0.0;
    }
    if x == f64::INFINITY || a == f64::INFINITY {
        return if a == f64::INFINITY { 0.0 } else { 1.0 };
    }
    // ln of x^a e^-x / Γ(a)
    let weight = a * x.natural_log() - x - libm::lgamma(a);
    if x <= 1.0 || x <= a {
        let mut term = 1.0;
        let mut sum = 1.0;
        let mut n = a;
        while term > sum * LEAST {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (weight.exponential() * sum / a).min(1.0);
    }
    // Lentz's method on 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - …)).
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    let mut n = 0.0;
    loop {
        n += 1.0;
        let numerator = -n * (n - a);
        b += 2.0;
        d = numerator * d + b;
        c = b + numerator / c;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = if c.abs() < TINY { TINY } else { c };
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() <= LEAST || n > 1e5 {
            return (1.0 - weight.exponential() * fraction).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::function::gamma::gamma_lr;

    #[test]
    fn the_gamma_distribution_is_as_another_library_has_it() {
        for a in [0.01, 0.3, 1.0, 2.5, 17.0, 120.0, 5_000.0] {
            for share in [0.01, 0.5, 0.9, 1.0, 1.1, 2.0, 7.0] {
                let x = a * share;
                let (own, other) = (gamma_below(a, x), gamma_lr(a, x));
                assert!((own - other).abs() < 1e-11 * other.max(1e-3), "{a} {x}: {own} {other}");
            }
        }
        assert_eq!(gamma_below(2.0, 0.0), 0.0);
        assert_eq!(gamma_below(2.0, 1e9), 1.0);
    }

    #[test]
    fn last_bits_are_these_wherever_it_runs() {
        // As the `libm` crate has them: the system's library differs in some of these by a bit.
        let mut digest = 0u64;
        for i in 1..=1_000 {
            let x = 0.01 * f64::from(i);
            for value in [
                x.exponential(),
                x.natural_log(),
                x.to_the(1.7),
                x.sine(),
                x.cosine(),
                x.cube_root(),
                x.natural_log_1p(),
                x.decimal_log(),
                x.hypotenuse(2.0),
                libm::erfc(x),
                gamma_below(x, 3.0),
            ] {
                digest = digest.rotate_left(7) ^ value.to_bits();
            }
        }
        assert_eq!(digest, 0x4630_e7a8_e9fa_3607, "0x{digest:016x}");
    }
}
