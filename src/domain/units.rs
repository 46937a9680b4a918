//! The vocabulary: ids, whole units, money, probabilities and lead times.
//!
//! A newtype stands where two like quantities meet and mixing them is silent, or where an invariant
//! is checked once. Series values and intermediate results are plain `f64` with the unit in their
//! documentation.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The dictionary position, for indexing.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The dictionary position, as files store it.
            #[must_use]
            pub fn code(self) -> u32 {
                self.0
            }
        }
    };
}

id!(
    /// A stock keeping unit: position in [`crate::domain::inputs::Names::skus`].
    SkuId
);
id!(
    /// A sales channel: position in [`crate::domain::inputs::Names::channels`].
    ChannelId
);
id!(
    /// A stock location: position in [`crate::domain::inputs::Names::locations`].
    LocationId
);
id!(
    /// A supplier: position in [`crate::domain::inputs::Names::suppliers`].
    SupplierId
);

/// What names a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PoolId {
    /// The item.
    pub sku: SkuId,
    /// Where its stock lies.
    pub location: LocationId,
}

impl From<(SkuId, LocationId)> for PoolId {
    fn from((sku, location): (SkuId, LocationId)) -> Self {
        Self { sku, location }
    }
}

/// Whole units of stock: sums are exact.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Units(pub i64);

impl Units {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// A single unit.
    pub const ONE: Self = Self(1);

    /// The whole units in `units`, which saturates far outside any real stock; not a number counts
    /// as none.
    #[must_use]
    pub fn floor(units: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as documented")]
        Self(units.floor() as i64)
    }

    /// The whole units that hold all of `units`; saturates like [`Units::floor`].
    #[must_use]
    pub fn ceil(units: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as documented")]
        Self(units.ceil() as i64)
    }

    /// How many.
    #[must_use]
    pub fn count(self) -> i64 {
        self.0
    }

    /// How many, for ratios, rates and formulas.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether there is at least one.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The same, with less than nothing read as nothing.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::ops::Add for Units {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Units {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Units {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Units {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|u| u.0).sum())
    }
}

/// Exact money in ten-thousandths of the currency unit, so that unit costs with four decimals add
/// up exactly.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Money(pub i64);

impl Money {
    /// Ten-thousandths in one currency unit.
    pub const SCALE: i64 = 10_000;
    /// No money.
    pub const ZERO: Self = Self(0);

    /// The nearest ten-thousandth to `amount` currency units; saturates far outside any real
    /// amount.
    #[must_use]
    pub fn from_f64(amount: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as documented")]
        Self((amount * Self::SCALE as f64).round() as i64)
    }

    /// Currency units, for ratios and charts.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }

    /// The exact amount, in ten-thousandths of the currency unit.
    #[must_use]
    pub fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// Whether there is any to the good.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// This unit price times whole units, exact (saturating).
    #[must_use]
    pub fn times(self, units: Units) -> Self {
        Self(self.0.saturating_mul(units.0))
    }
}

impl std::ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |total, amount| total + amount)
    }
}

impl fmt::Display for Money {
    /// Two decimals, or four when an amount below a thousand has them: `12.50`, `0.2250`; always
    /// two with `{:.2}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 10_000, self.0.unsigned_abs() % 10_000);
        if rest.is_multiple_of(100) || whole >= 1000 || f.precision() == Some(2) {
            let cents = (self.0.unsigned_abs() + 50) / 100;
            write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
        } else {
            write!(f, "{sign}{whole}.{rest:04}")
        }
    }
}

/// A probability strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

impl Probability {
    /// Checked: `None` unless `0 < value < 1`.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (value > 0.0 && value < 1.0).then_some(Self(value))
    }

    /// The number itself.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        Self::new(value)
            .ok_or_else(|| format!("{value} is not a probability between 0 and 1 (both excluded)"))
    }
}

impl From<Probability> for f64 {
    fn from(p: Probability) -> Self {
        p.0
    }
}

/// Calendar days.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
pub struct Days(pub f64);

/// Buckets of the panel (days, weeks or months): the unit of every forecast index.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
pub struct Periods(pub f64);

/// A replenishment lead time in calendar days: mean, standard deviation and the longest to plan
/// for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LeadTime {
    mean_days: f64,
    sd_days: f64,
    max_days: f64,
}

impl LeadTime {
    /// Checked: `None` unless all three are finite, `mean >= 0` (0 = the same day), `sd >= 0` and
    /// `max >= mean`.
    #[must_use]
    pub fn new(mean_days: f64, sd_days: f64, max_days: f64) -> Option<Self> {
        let finite = mean_days.is_finite() && sd_days.is_finite() && max_days.is_finite();
        (finite && mean_days >= 0.0 && sd_days >= 0.0 && max_days >= mean_days).then_some(Self {
            mean_days,
            sd_days,
            max_days,
        })
    }

    /// Mean, calendar days. `[L]`
    #[must_use]
    pub fn mean_days(self) -> f64 {
        self.mean_days
    }

    /// Standard deviation, calendar days.
    #[must_use]
    pub fn sd_days(self) -> f64 {
        self.sd_days
    }

    /// The longest lead time to plan for, calendar days.
    #[must_use]
    pub fn max_days(self) -> f64 {
        self.max_days
    }

    /// Mean, calendar days. `[L]`
    #[must_use]
    pub fn mean(self) -> Days {
        Days(self.mean_days)
    }

    /// Standard deviation, calendar days.
    #[must_use]
    pub fn sd(self) -> Days {
        Days(self.sd_days)
    }

    /// The longest lead time to plan for, calendar days.
    #[must_use]
    pub fn max(self) -> Days {
        Days(self.max_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_and_prints_four_decimals_only_when_needed() {
        assert_eq!(Money::from_f64(0.225).times(Units(1300)), Money::from_f64(292.5));
        assert_eq!(Money::from_f64(0.225).to_string(), "0.2250");
        assert_eq!(Money::from_f64(-12.5).to_string(), "-12.50");
        assert_eq!(format!("{:.2}", Money::from_f64(566.352)), "566.35");
        assert_eq!(Money::from_f64(1999.9951).to_string(), "2000.00");
    }

    #[test]
    fn probability_and_lead_time_refuse_what_cannot_be() {
        assert!(Probability::new(1.0).is_none() && Probability::new(f64::NAN).is_none());
        assert!(LeadTime::new(-1.0, 0.0, 0.0).is_none() && LeadTime::new(7.0, 1.0, 6.0).is_none());
        assert!(LeadTime::new(0.0, 0.0, 0.0).is_some(), "the same day");
    }
}
