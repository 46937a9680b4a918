//! Will an item that has been silent for long sell again? The share of its old rate that items as
//! silent as it have sold afterwards.
//!
//! A level that is smoothed on through zeros forgets: on M5, items silent for more than 56 days
//! were forecast a twentieth of what they sold, and those silent for a month half as much again.
//! What came of silences is seen at past origins: units sold over the next lead time against those
//! that the rate before the silence would have sold, by the length of the silence and by how many
//! sales were due meanwhile at the item's own rate (a hazard by covariates, pooled as in actuarial
//! tables; Bühlmann & Gisler 2005, ch. 4). A cell of few silences leans on all that lasted as long,
//! those on what is usual. Units: periods of the panel; units of demand.

use crate::forecast::pooled::tally::Tally;
use crate::math::exact::ExactSum;
use serde::{Deserialize, Serialize};

/// Sales that were due during a silence, lower ends but the first: from two on demand is overdue.
const DUE_ENDS: [f64; 5] = [4.0, 8.0, 16.0, 32.0, 64.0];
/// Days of silence, lower ends but the first.
const DAYS_ENDS: [f64; 5] = [14.0, 28.0, 56.0, 112.0, 224.0];
const DUE_BANDS: usize = DUE_ENDS.len() + 1;
const DAYS_BANDS: usize = DAYS_ENDS.len() + 1;
/// Share of the old rate by days of silence that is usual, as on M5 but for the longest: what has
/// missed eight sales over a season is seldom only out of stock in a shop that knows its stock.
const USUAL: [f64; DAYS_BANDS] = [0.6, 0.5, 0.4, 0.25, 0.03, 0.0];
/// Units expected that a belief is worth.
const EVIDENCE: f64 = 20.0;
/// Silences of a cell that the smoothed level is worth against what they say.
const SILENCES: f64 = 20.0;
/// Sales due, and days of silence, from which what is usual is believed at once, and sales from
/// which the rate before is known well enough; with fewer, items that sell twice a year were called
/// inactive.
const MISSED_SALES: f64 = 8.0;
const MISSED_DAYS: f64 = DAYS_ENDS[3];
const KNOWN_SALES: f64 = 10.0;
/// Times the expected that one silence may say at most: the largest buyer must not decide.
const FURTHEST: f64 = 10.0;

/// A silence that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Silence {
    /// Days on which it could have sold and usually would have.
    pub days: f64,
    /// Periods with a sale that were due meanwhile.
    pub due: f64,
    /// Periods with a sale before it.
    pub sold: f64,
    /// Units a period before it, at an exposure of 1.
    pub rate: f64,
}

impl Silence {
    fn cell(&self) -> usize {
        let due = DUE_ENDS.partition_point(|&end| end <= self.due);
        self.band() * DUE_BANDS + due
    }

    fn band(&self) -> usize {
        DAYS_ENDS.partition_point(|&end| end <= self.days)
    }
}

/// What followed silences.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    silences: ExactSum,
    sold: ExactSum,
    expected: ExactSum,
}

/// What followed the silences of many series at past origins.
#[derive(Debug, Clone)]
pub(crate) struct SilenceSums {
    cells: [Cell; DUE_BANDS * DAYS_BANDS],
}

impl Default for SilenceSums {
    fn default() -> Self {
        Self { cells: [Cell::default(); DUE_BANDS * DAYS_BANDS] }
    }
}

impl SilenceSums {
    /// Adds a silence after which `sold` units followed in periods of an exposure of `exposure`.
    pub(crate) fn add(&mut self, silence: &Silence, sold: f64, exposure: f64) {
        let expected = silence.rate * exposure;
        if expected > 0.0 {
            let cell = &mut self.cells[silence.cell()];
            cell.silences.add(1.0);
            cell.sold.add(sold.min(FURTHEST * expected));
            cell.expected.add(expected);
        }
    }

    /// Adds those of another partition.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (sum, other) in self.cells.iter_mut().zip(&other.cells) {
            sum.silences.merge(other.silences);
            sum.sold.merge(other.sold);
            sum.expected.merge(other.expected);
        }
    }

    /// What is believed of silences to come.
    pub(crate) fn learn(&self) -> Returns {
        let mut cells = Vec::with_capacity(self.cells.len());
        for (band, of_band) in self.cells.chunks_exact(DUE_BANDS).enumerate() {
            let mut all = Tally::default();
            for cell in of_band {
                all.add(cell.sold.value(), cell.expected.value());
            }
            let belief = all.factor(USUAL[band], EVIDENCE);
            for cell in of_band {
                let own = Tally { sold: cell.sold.value(), expected: cell.expected.value() };
                cells.push(Return {
                    share: own.factor(belief, EVIDENCE),
                    silences: cell.silences.value(),
                });
            }
        }
        Returns { cells }
    }
}

/// What is believed of silences, by their length and the sales that were due in them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Returns {
    /// Empty before anything is learnt. `[days bands × due bands]`
    cells: Vec<Return>,
}

/// What followed the silences of one cell.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Return {
    /// Of the rate before, in 0..
    share: f64,
    /// Silences seen.
    silences: f64,
}

/// What is believed of one silence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Returning {
    /// Units a period.
    pub level: f64,
    /// Share of the rate before.
    pub share: f64,
    /// How far that is believed against a level smoothed on through the silence, 0..=1.
    pub weight: f64,
}

impl Returns {
    /// What is believed of an item with this silence; nothing before it is learnt.
    pub(crate) fn of(&self, silence: &Silence) -> Option<Returning> {
        let cell = self.cells.get(silence.cell())?;
        let gone = silence.due >= MISSED_SALES
            && silence.days >= MISSED_DAYS
            && silence.sold >= KNOWN_SALES;
        let usual = if gone { SILENCES } else { 0.0 };
        Some(Returning {
            level: silence.rate * cell.share,
            share: cell.share,
            weight: (cell.silences + usual) / (cell.silences + SILENCES),
        })
    }
}

/// A level smoothed on through a silence, moved towards what is believed of it.
pub(crate) fn blended(level: f64, returning: Option<Returning>) -> f64 {
    returning.map_or(level, |returning| level + returning.weight * (returning.level - level))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silence(days: f64, due: f64, sold: f64) -> Silence {
        Silence { days, due, sold, rate: 2.0 }
    }

    #[test]
    fn an_item_comes_back_as_often_as_others_did_after_such_a_silence() {
        let mut sums = SilenceSums::default();
        for k in 0..400 {
            // One of four sells on as before; the due sales make no difference.
            let sold = if k % 4 == 0 { 56.0 } else { 0.0 };
            sums.add(&silence(70.0, 5.0 + f64::from(k / 4), 40.0), sold, 28.0);
        }
        let returns = sums.learn();
        let back = returns.of(&silence(80.0, 20.0, 40.0)).unwrap();
        assert!((back.share - 0.25).abs() < 0.03 && (back.level - 0.5).abs() < 0.06, "{back:?}");
        assert!(back.weight > 0.7, "{back:?}");
        assert!(returns.of(&silence(20.0, 3.0, 40.0)).unwrap().weight < 0.01, "none was as short");
    }

    #[test]
    fn where_no_silence_was_seen_one_of_eight_missed_sales_is_judged_by_what_is_usual() {
        let returns = SilenceSums::default().learn();
        let gone = returns.of(&silence(300.0, 200.0, 100.0)).unwrap();
        assert_eq!((gone.weight, gone.share), (1.0, 0.0));
        let fresh = returns.of(&silence(80.0, 80.0, 100.0)).unwrap();
        assert_eq!(fresh.weight, 0.0, "its level forgets it soon enough");
        let sold_twice = returns.of(&silence(300.0, 9.0, 2.0)).unwrap();
        assert_eq!(sold_twice.weight, 0.0, "its rate is not known");
        assert_eq!(Returns::default().of(&silence(300.0, 200.0, 100.0)), None);
    }
}
