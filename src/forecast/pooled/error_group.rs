//! Which series err alike? Groups by volume, age and manner of demand that share their errors.
//!
//! One series has too few past errors to know its own distribution. Series of a volume band that
//! are alike in whether demand is overdue, how long they are known and how clumped they sell share
//! theirs; a group of few series leans on its kind, which is the same at any volume.

use crate::forecast::pooled::distribution::Spread;

/// Upper ends of the volume bands but the last, units a period; half a decade each.
const BANDS: [f64; 7] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
/// Going on or overdue, short or long history, even or clumped demand.
const KINDS: usize = 8;
/// Number of error groups.
pub(crate) const ERROR_GROUPS: usize = (BANDS.len() + 1) * KINDS;
/// Dispersion or clumping from which demand counts as clumped. Three classes of it instead of two
/// gained nothing on the inventory game and M5.
const CLUMPED: f64 = 2.0;

/// Series whose errors are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorGroup {
    index: usize,
}

impl ErrorGroup {
    /// The group of what sells `rate` units a period.
    pub(crate) fn new(rate: f64, short_history: bool, overdue: bool, spread: Spread) -> Self {
        let band = BANDS.partition_point(|&end| end < rate);
        let clumped = spread.dispersion > CLUMPED || spread.clumping > CLUMPED;
        let kind = 4 * usize::from(overdue) + 2 * usize::from(short_history) + usize::from(clumped);
        Self { index: band * KINDS + kind }
    }

    /// The group of what never sold.
    pub(crate) const NOTHING: Self = Self { index: 0 };

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..ERROR_GROUPS).map(|index| Self { index })
    }

    /// Position in a list of all.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// Those of the same kind at any volume, this one among them.
    pub(crate) fn kind(self) -> impl Iterator<Item = Self> {
        (self.index % KINDS..ERROR_GROUPS).step_by(KINDS).map(|index| Self { index })
    }
}
