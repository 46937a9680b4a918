//! The vocabulary: ids, whole units, money, probabilities and lead times.
//!
//! A newtype stands where two like quantities meet and mixing them is silent, or where an invariant
//! is checked once. Series values and intermediate results are plain `f64` with the unit in their
//! documentation.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

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

/// How many of the least quantities a unit has: 1 where units are whole, 1,000 where a shop that
/// sells by weight counts thousandths (`[units] fraction = 3`).
///
/// It is a fact of the process, as its locale is, and no setting of a stage: it is [set](count_in)
/// once, before anything is read, and nothing that is computed asks for it but this file. Handed
/// through, it would be a parameter of every place that writes a quantity.
static PARTS: AtomicI64 = AtomicI64::new(1);

/// Most decimals that units are counted in: with three of them, sums of the largest quantities that
/// are accepted stay far below 64 bits.
pub const MOST_DECIMALS: u8 = 3;

/// Error of binary fractions, in least quantities: 0.29 of a unit are 290 thousandths, not
/// 289.99999999999994 of them.
const NOISE: f64 = 1e-4;

/// More than any stock, in least quantities, and still far from where sums overflow.
const MOST_PARTS: f64 = 1e18;

/// Counts in units with so many decimals from now on, at most [`MOST_DECIMALS`]: the first thing a
/// process does, once it knows its configuration.
pub fn count_in(decimals: u8) {
    PARTS.store(10_i64.pow(u32::from(decimals.min(MOST_DECIMALS))), Ordering::Relaxed);
}

fn parts() -> i64 {
    PARTS.load(Ordering::Relaxed)
}

/// A quantity of stock, counted in the least ones there are: whole units, or thousandths where a
/// shop sells by weight. Sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Units(pub i64);

impl Units {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The least quantity that is counted: a single unit, or a thousandth of one.
    pub const LEAST: Self = Self(1);

    /// Whether nothing less than a whole unit is counted.
    #[must_use]
    pub fn are_whole() -> bool {
        parts() == 1
    }

    /// To how many decimals units are counted.
    #[must_use]
    pub fn decimals() -> u32 {
        parts().ilog10()
    }

    /// So many single units.
    #[must_use]
    pub fn whole(units: i64) -> Self {
        Self(units.saturating_mul(parts()))
    }

    /// What is counted of `units` at the least; saturates far outside any real stock; not a number
    /// counts as none.
    #[must_use]
    pub fn floor(units: f64) -> Self {
        match parts() {
            1 => Self::cast(units.floor()),
            parts => Self::cast((units * parts as f64 + NOISE).floor()),
        }
    }

    /// What holds all of `units`; saturates like [`Units::floor`].
    #[must_use]
    pub fn ceil(units: f64) -> Self {
        match parts() {
            1 => Self::cast(units.ceil()),
            parts => Self::cast((units * parts as f64 - NOISE).ceil()),
        }
    }

    /// What is nearest to `units`; saturates like [`Units::floor`].
    #[must_use]
    pub fn nearest(units: f64) -> Self {
        match parts() {
            1 => Self::cast(units.round()),
            parts => Self::cast((units * parts as f64).round()),
        }
    }

    fn cast(counted: f64) -> Self {
        let bounded = if parts() == 1 { counted } else { counted.clamp(-MOST_PARTS, MOST_PARTS) };
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as documented")]
        Self(bounded as i64)
    }

    /// How many of the least quantities.
    #[must_use]
    pub fn count(self) -> i64 {
        self.0
    }

    /// How many units, for ratios, rates and formulas.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match parts() {
            1 => self.0 as f64,
            parts => self.0 as f64 / parts as f64,
        }
    }

    /// The most steps of `step` in it, as a quantity.
    #[must_use]
    pub fn down_to(self, step: Self) -> Self {
        Self(self.0.div_euclid(step.0.max(1)) * step.0.max(1))
    }

    /// The fewest steps of `step` that hold it, as a quantity.
    #[must_use]
    pub fn up_to(self, step: Self) -> Self {
        let below = self.down_to(step);
        if below == self { self } else { below + step }
    }

    /// What `self` takes of something of which each unit takes `each`, rounded up; saturates.
    #[must_use]
    pub fn taking(self, each: Self) -> Self {
        if parts() == 1 {
            return Self(self.0.saturating_mul(each.0));
        }
        let (product, parts) = (i128::from(self.0) * i128::from(each.0), i128::from(parts()));
        let taken = product.div_euclid(parts) + i128::from(product.rem_euclid(parts) != 0);
        Self(i64::try_from(taken).unwrap_or(i64::MAX))
    }

    /// Whether lines that are multiples of it come in packs: those of a single unit, or of the
    /// least quantity, are how quantities without packs are given.
    #[must_use]
    pub fn is_pack(self) -> bool {
        self > Self::LEAST && self != Self::whole(1)
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

    /// The quantity that `text` names with a point or a comma for its decimals; `None` where it
    /// names none, or more decimals than are counted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = match text.split_once(['.', ',']) {
            Some((whole, decimals)) => (whole, decimals.trim_end_matches('0')),
            None => (text, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let counted = Self::decimals() as usize;
        if decimals.len() > counted || !digits(decimals) || text.ends_with(['.', ',']) {
            return None;
        }
        // Three digits behind a comma may be a group of thousands, and three behind a point where
        // units are whole.
        let behind = text.len() - whole.len();
        if behind > 3 && (counted == 0 || (behind == 4 && text.contains(','))) {
            return None;
        }
        let negative = whole.starts_with('-');
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = format!("{decimals:0<counted$}").parse().unwrap_or(0);
        let part = if negative { -part } else { part };
        whole.checked_mul(parts())?.checked_add(part).map(Self)
    }
}

/// Units in a sentence: rounded to whole ones, or as finely as they are counted.
#[must_use]
pub fn in_words(units: f64) -> String {
    if Units::are_whole() { format!("{units:.0}") } else { Units::nearest(units).to_string() }
}

impl Serialize for Units {
    /// Units where people or other programs read it, what is counted where only we do.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() && !Self::are_whole() {
            to.serialize_f64(self.as_f64())
        } else {
            to.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() && !Self::are_whole() {
            f64::deserialize(from).map(Self::nearest)
        } else {
            i64::deserialize(from).map(Self)
        }
    }
}

impl fmt::Display for Units {
    /// `12`, and `0.35` where parts of a unit are counted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match parts() {
            1 => fmt::Display::fmt(&self.0, f),
            // The shortest form that reads back as the same number.
            _ => f.pad(&self.as_f64().to_string()),
        }
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

    /// This unit price times units, exact for whole ones, else the nearest ten-thousandth
    /// (saturating).
    #[must_use]
    pub fn times(self, units: Units) -> Self {
        match parts() {
            1 => Self(self.0.saturating_mul(units.0)),
            parts => {
                let product = i128::from(self.0) * i128::from(units.0);
                let nearest = (product + i128::from(parts) / 2).div_euclid(i128::from(parts));
                let most = if product < 0 { i64::MIN } else { i64::MAX };
                Self(i64::try_from(nearest).unwrap_or(most))
            }
        }
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
    fn an_edit_in_halves_is_no_quantity() {
        for text in ["1/2", "½", "1½", "1 1/2", "12½", "1\u{2044}2", "2x6", "1.5"] {
            assert_eq!(Units::parse(text), None, "{text}");
        }
    }

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
