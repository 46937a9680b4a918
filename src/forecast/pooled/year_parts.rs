//! Which parts of the year sell more, as the years themselves have shown?
//!
//! A regression with a smooth season in logarithms cannot say zero, and a group's season need not
//! be its items'. Here every part of the year (a week; a month where periods are months) is
//! compared over the years: units sold over units expected at that year's level, growth within the
//! year taken out. What the years agree on is season, what they do not is noise; the product of two
//! years' deviations measures the first alone:
//!
//! ```text
//! e = sold - expected     τ² = Σ e e' / Σ m m'     (pairs of years, m the expected units)
//! factor = 1 + w (sold / expected - 1)             w = τ² / (τ² + noise of the part)
//! ```
//!
//! less one standard error of `τ²`, so that a season is believed where it has been shown, by two
//! years at least, and an item without one keeps its group's (empirical Bayes; Efron & Morris
//! 1973). Four weeks together come first, single weeks within them after. A part in which nothing
//! was ever sold stays empty. Used on groups against the regression, and on items against their
//! group. Units: expected units, of the panel's periods.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::panel::flag;
use crate::forecast::pooled::dispersion::DispersionSums;
use crate::forecast::pooled::growth::persistence;
use crate::forecast::pooled::horizon::YEAR_DAYS;
use crate::forecast::pooled::tally::Tally;
use crate::math::elementary::Elementary;
use chrono::Datelike;

/// Weeks of a year.
const WEEKS: usize = 52;
/// Weeks that are compared together first.
const WEEKS_TOGETHER: usize = 4;
/// Years of history from which a season is an item's own; two whole seasons lie in a little less.
const LEAST_YEARS: f64 = 1.75;
/// Units of one year below which it says nothing about a season.
const LEAST_UNITS: f64 = 8.0;
/// Largest log growth a year that is taken out.
// Twice in a year: what grows more has no level to compare the years by.
const GROWTH_LIMIT: f64 = 0.7;
/// Units a year that "no growth" is worth.
const GROWTH_EVIDENCE: f64 = 50.0;
/// Share of the usual demand below which a part of the year is off-season: it says nothing about
/// the level, and a single sale in it must not be taken for fifty.
const OFF_SEASON: f64 = 0.05;
/// Weight of a part's own years from which nothing sold in any of them means never.
const CERTAIN: f64 = 0.9;
/// Standard errors below the usual from which nothing sold means never, whatever the weight: in the
/// four weeks in which a season begins, the weeks before it were forecast half way up to it.
const NEVER_ERRORS: f64 = 4.0;
/// Units expected in vain that nothing less than "never" explains.
const NEVER_UNITS: f64 = 10.0;
/// Standard errors by which a part may be drawn away from what its own years sold (limited
/// translation; Efron & Morris 1972): one part that stands out is not noise because most are.
const DRAWN: f64 = 2.0;
/// Largest factor.
const MOST: f64 = 60.0;
/// Standard errors of what the years agree on that are not believed. With one, a sixth of the items
/// without a season had one: of M5 it cost 0.007 of WRMSSE, and of the weekly game 0.4 % of cost.
const ERRORS: f64 = 2.0;
/// Least noise of a part, in that of counts: an item as even as a clock is less noisy than its
/// sales are many, and its group's season was left on it. Of single orders of many units it is
/// their size: ten of fifty pieces in two years fall into the same months by chance.
const LEAST_NOISE: f64 = 0.25;

/// Which part of the year each period of the axis lies in.
#[derive(Debug, Clone)]
pub(crate) struct YearParts {
    parts: usize,
    /// Periods of a year.
    year: usize,
    /// Part of each period, history and reach. `[periods]`
    of_period: Vec<u8>,
    /// First period after each that lies in another part. `[periods]`
    run_ends: Vec<usize>,
}

/// Demand by parts of the year relative to what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartFactors {
    /// `[parts]`
    pub factors: Vec<f32>,
    /// Which parts sell next to nothing. `[parts]`
    pub off: Vec<bool>,
    /// How much of the deviations the years agree on, 0..=1.
    pub agreement: f64,
}

impl YearParts {
    pub(crate) fn new(calendar: &Calendar, periods: usize) -> Self {
        let bucket = calendar.bucket();
        let half = chrono::Duration::days((bucket.days() / 2.0) as i64);
        let of_period: Vec<u8> = (0..periods)
            .map(|t| {
                let middle = calendar.start(t as i64) + half;
                let part = match bucket {
                    // 366, so that the last day of a leap year still falls into the last part.
                    Bucket::Day | Bucket::Week => middle.ordinal0() as usize * WEEKS / 366,
                    Bucket::Month => middle.month0() as usize,
                };
                u8::try_from(part).expect("52 parts at most")
            })
            .collect();
        let (parts, year) = match bucket {
            Bucket::Day => (WEEKS, YEAR_DAYS as usize),
            Bucket::Week => (WEEKS, WEEKS),
            Bucket::Month => (12, 12),
        };
        let mut run_ends = Vec::with_capacity(periods);
        for run in of_period.chunk_by(|a, b| a == b) {
            run_ends.resize(run_ends.len() + run.len(), run_ends.len() + run.len());
        }
        Self { parts, year, of_period, run_ends }
    }

    /// Part of a period of the axis.
    pub(crate) fn of(&self, period: usize) -> usize {
        usize::from(self.of_period[period])
    }

    /// Whether `periods` are long enough for a season of one's own.
    pub(crate) fn enough(&self, periods: usize) -> bool {
        periods as f64 >= LEAST_YEARS * self.year as f64
    }

    /// Factors of some periods that begin at `first` of the axis; `None` where the years do not
    /// agree on any.
    ///
    /// - `units`, `expected`: of each; NaN expected = not observed. `[n]`
    pub(crate) fn factors(
        &self,
        first: usize,
        units: &[f32],
        expected: &[f32],
    ) -> Option<PartFactors> {
        let n = expected.len();
        if !self.enough(n) {
            return None;
        }
        let years = n.div_ceil(self.year);
        let mut cells = vec![Tally::default(); years * self.parts];
        for (back, row) in cells.chunks_exact_mut(self.parts).enumerate() {
            let end = n - back * self.year;
            let mut t = n.saturating_sub((back + 1) * self.year);
            while t < end {
                let next = (self.run_ends[first + t] - first).min(end);
                row[self.of(first + t)].observe(&units[t..next], &expected[t..next]);
                t = next;
            }
        }
        let found = self.factors_of_cells(&cells, first + n, 0.0)?;
        match self.clumping(first, units, expected) {
            clumping if clumping > LEAST_NOISE => {
                self.factors_of_cells(&cells, first + n, clumping)
            }
            _ => Some(found),
        }
    }

    /// [Clumping](DispersionSums::clumping) within the months that sold at all: goods that sell
    /// every day of one season are no single orders.
    fn clumping(&self, first: usize, units: &[f32], expected: &[f32]) -> f64 {
        // About a month of weeks or days, a quarter of months.
        let together = if self.parts == WEEKS { WEEKS_TOGETHER } else { 3 };
        let mut sums = DispersionSums::default();
        let mut from = 0;
        while from < units.len() {
            let month = self.of(first + from) / together;
            let is_other = |t: &usize| self.of(first + *t) / together != month;
            let end = (from..units.len()).find(is_other).unwrap_or(units.len());
            let periods = units[from..end].iter().zip(&expected[from..end]);
            if periods.clone().any(|(&y, a)| y > 0.0 && !a.is_nan()) {
                periods.for_each(|(&y, a)| sums.count(f64::from(y), !a.is_nan()));
            }
            from = end;
        }
        sums.clumping()
    }

    /// The season of which only the empty parts are known: those that cleaning found off-season,
    /// with what lies around them unsold; `None` for none. Parts in which it begins or ends count
    /// by the share of their periods that sold.
    ///
    /// - `flags`: [`flag`] bits of each period. `[n]`
    pub(crate) fn without_off_season(
        &self,
        first: usize,
        units: &[f32],
        flags: &[u8],
    ) -> Option<PartFactors> {
        if !flags.iter().any(|flags| flags & flag::OFF_SEASON != 0) {
            return None;
        }
        let mut off = vec![false; self.parts];
        // Periods that sold among those observed.
        let mut selling = vec![Tally::default(); self.parts];
        for (t, (&units, flags)) in units.iter().zip(flags).enumerate() {
            let part = self.of(first + t);
            off[part] |= flags & flag::OFF_SEASON != 0;
            if flags & flag::CENSORED == 0 {
                selling[part].add(f64::from(u8::from(units > 0.0)), 1.0);
            }
        }
        for (off, part) in off.iter_mut().zip(&selling) {
            // A part that has sold in any year is not off season.
            *off &= part.sold == 0.0;
        }
        let on = selling.iter().zip(&off).filter(|(_, off)| !**off);
        let mut usual = Tally::default();
        on.for_each(|(part, _)| usual.merge(part));
        let usual = usual.sold / usual.expected.max(1.0);
        let mut factors = vec![1.0; self.parts];
        for part in 0..self.parts {
            let beside = [part + 1, part + self.parts - 1];
            let share = selling[part].sold / selling[part].expected.max(1.0);
            if off[part] {
                factors[part] = 0.0;
            } else if beside.iter().any(|other| off[other % self.parts]) {
                // The weeks beside the gap sell for part of their days; none sells more for
                // standing there.
                factors[part] = (share / usual).min(1.0) as f32;
            }
        }
        Some(PartFactors { factors, off, agreement: 1.0 })
    }

    /// Factors of years counted back from period `end` of the axis. `cells`: `[years × parts]`
    ///
    /// - `clumping`: of the orders that the cells are sums of.
    fn factors_of_cells(&self, cells: &[Tally], end: usize, clumping: f64) -> Option<PartFactors> {
        let mut cells = cells.to_vec();
        let parts = self.parts;
        let mut totals: Vec<Tally> = cells.chunks(parts).map(sum).collect();
        // A year of little says nothing of its shape; one that is not whole counts by what it has.
        while totals.last().is_some_and(|year| year.sold < LEAST_UNITS) {
            totals.pop();
        }
        cells.truncate(totals.len() * parts);
        let whole = totals.iter().map(|year| year.expected).fold(0.0, f64::max);
        let covered: f64 = totals.iter().map(|year| year.expected / whole.max(1e-12)).sum();
        if totals.len() < 2
            || covered < LEAST_YEARS
            || totals.iter().any(|year| year.sold < LEAST_UNITS || year.expected <= 0.0)
        {
            return None;
        }

        let growth = self.growth(&cells, &totals, end);
        self.take_growth_out(&mut cells, growth, end);
        // Levels of the years need the season where a year is not whole, and the season the levels.
        let mut factors = vec![1.0; parts];
        let mut agreement = 0.0;
        for round in 0..3 {
            let mut scaled = cells.clone();
            for year in scaled.chunks_mut(parts) {
                let mut total = Tally::default();
                for (cell, factor) in year.iter().zip(&factors) {
                    total.add(cell.sold, cell.expected * factor);
                }
                let level = total.sold / total.expected.max(1e-12);
                year.iter_mut().for_each(|cell| cell.expected *= level);
            }
            let together = if parts == WEEKS { WEEKS_TOGETHER } else { 1 };
            let coarse = shrunk(&scaled, parts, together, clumping);
            agreement = coarse.agreement;
            factors.clone_from(&coarse.factors);
            if together > 1 {
                for year in scaled.chunks_mut(parts) {
                    for (cell, factor) in year.iter_mut().zip(&coarse.factors) {
                        cell.expected *= factor;
                    }
                }
                let fine = shrunk(&scaled, parts, 1, clumping);
                agreement = agreement.max(fine.agreement);
                for (factor, fine) in factors.iter_mut().zip(&fine.factors) {
                    *factor = (*factor * fine).min(MOST);
                }
            }
            // Without agreement the factors are still 1, and the next rounds this one again.
            if round == 0 && agreement <= 0.0 {
                return None;
            }
        }
        if agreement <= 0.0 {
            return None;
        }

        // At mean 1 where it is compared with.
        let mut usual = Tally::default();
        let mut expected = vec![Tally::default(); parts];
        for year in cells.chunks(parts) {
            for (part, cell) in year.iter().enumerate() {
                usual.add(cell.expected * factors[part], cell.expected);
                expected[part].merge(cell);
            }
        }
        let mean = usual.sold / usual.expected.max(1e-12);
        let average = usual.expected / parts as f64;
        // What was never observed, as weeks that are promoted every year, is not known to be empty.
        let off = (0..parts)
            .map(|part| {
                let expected = expected[part].expected;
                expected > 0.0 && factors[part] * expected < OFF_SEASON * mean * average
            })
            .collect();
        let factors = factors.iter().map(|factor| (factor / mean.max(1e-12)) as f32).collect();
        Some(PartFactors { factors, off, agreement })
    }

    /// Place of a part in a year that ends before period `end`, 0 = its first days, 1 = its last.
    fn place(&self, part: usize, end: usize) -> f64 {
        let last = self.of(end - 1);
        let back = (last + self.parts - part) % self.parts;
        1.0 - (back as f64 + 0.5) / self.parts as f64
    }

    /// Log growth a year between the first and the last year, over the parts that both observed.
    fn growth(&self, cells: &[Tally], totals: &[Tally], end: usize) -> f64 {
        let parts = self.parts;
        let mut growth = 0.0;
        let mut weight = 0.0;
        for later in 0..totals.len() - 1 {
            let mut now = Tally::default();
            let mut before = Tally::default();
            for part in 0..parts {
                let (a, b) = (cells[later * parts + part], cells[(later + 1) * parts + part]);
                if a.expected > 0.0 && b.expected > 0.0 {
                    now.merge(&a);
                    before.merge(&b);
                }
            }
            if now.sold > 0.0 && before.sold > 0.0 {
                let ratio = (now.sold / now.expected) / (before.sold / before.expected);
                // Weighed by what was sold: a year of little does not set the pace of the others.
                growth += before.sold * ratio.natural_log();
                weight += before.sold;
            }
        }
        debug_assert!(end > 0, "a year has ended");
        // Pulled towards none: of few units a year's growth is chance.
        (growth / (weight + GROWTH_EVIDENCE)).clamp(-GROWTH_LIMIT, GROWTH_LIMIT)
    }

    /// Makes what is expected grow within each year, so that growth is no season.
    fn take_growth_out(&self, cells: &mut [Tally], growth: f64, end: usize) {
        let mut grown = Vec::with_capacity(self.parts);
        for part in 0..self.parts {
            grown.push((growth * (self.place(part, end) - 0.5)).exponential());
        }
        for year in cells.chunks_mut(self.parts) {
            for (cell, grown) in year.iter_mut().zip(&grown) {
                cell.expected *= grown;
            }
        }
    }
}

fn sum(cells: &[Tally]) -> Tally {
    let mut total = Tally::default();
    cells.iter().for_each(|cell| total.merge(cell));
    total
}

/// Factors by what the years agree on, and how much that is.
struct Shrunk {
    /// `[parts]`
    factors: Vec<f64>,
    agreement: f64,
}

/// Cells of each `together` neighbouring parts in one, year by year. `[years × groups]`
fn grouped(cells: &[Tally], parts: usize, together: usize) -> Vec<Tally> {
    let mut grouped = Vec::with_capacity(cells.len().div_ceil(together));
    for year in cells.chunks_exact(parts) {
        grouped.extend(year.chunks(together).map(sum));
    }
    grouped
}

/// Factors of each `together` neighbouring parts, see the module.
fn shrunk(cells: &[Tally], parts: usize, together: usize, clumping: f64) -> Shrunk {
    let groups = parts.div_ceil(together);
    let cells = grouped(cells, parts, together);
    let years = cells.len() / groups;
    let mut totals = Vec::with_capacity(groups);
    // Squares over the years, of the expected units of each group of parts.
    let mut squares = Vec::with_capacity(groups);
    let mut years_observed = Vec::with_capacity(groups);
    let mut joint = 0.0;
    let mut joint_expected = 0.0;
    let mut all = 0.0;
    let mut all_expected = 0.0;
    let mut pairs = 0.0;
    for group in 0..groups {
        let mut missed = 0.0;
        let mut missed_squares = 0.0;
        let mut observed = 0.0;
        let mut total = Tally::default();
        let mut square = 0.0;
        for year in cells.chunks_exact(groups) {
            let cell = year[group];
            let e = cell.sold - cell.expected;
            missed += e;
            missed_squares += e * e;
            square += cell.expected * cell.expected;
            observed += f64::from(u8::from(cell.expected > 0.0));
            total.merge(&cell);
        }
        joint += (missed * missed - missed_squares) / 2.0;
        joint_expected += (total.expected * total.expected - square) / 2.0;
        all += missed_squares;
        all_expected += square;
        pairs += observed * (observed - 1.0) / 2.0;
        totals.push(total);
        squares.push(square);
        years_observed.push(observed);
    }
    let nothing = Shrunk { factors: vec![1.0; parts], agreement: 0.0 };
    if joint_expected <= 0.0 || all_expected <= 0.0 || pairs < 1.0 {
        return nothing;
    }
    let signal = joint / joint_expected;
    // A level that wanders is high or low in neighbouring parts together: they are fewer than they
    // look (Bartlett 1935, of the products of two rows).
    let lasts = wandering(&cells, &totals).powi(2);
    let pairs = pairs * (1.0 - lasts) / (1.0 + lasts);
    let counted: f64 = totals.iter().map(|total| total.expected).sum();
    let least = clumping.max(LEAST_NOISE) * counted / all_expected;
    let noise = (all / all_expected - signal).max(least);
    let believed = signal - ERRORS * noise / pairs.sqrt();
    if believed <= 0.0 {
        return nothing;
    }
    let mut factors = vec![1.0; parts];
    for group in 0..groups {
        let total = totals[group];
        if total.expected <= 0.0 {
            continue;
        }
        // The relative variance of the part's mean over its years.
        let own = noise * squares[group] / (total.expected * total.expected);
        let weight = believed / (believed + own);
        let own_error = own.sqrt();
        let missed_in_vain = NEVER_ERRORS * own_error < 1.0 && total.expected > NEVER_UNITS;
        let never = weight > CERTAIN || (missed_in_vain && years_observed[group] >= 2.0);
        let factor = if total.sold <= 0.0 && never {
            0.0
        } else {
            let sold = total.sold / total.expected;
            let drawn = DRAWN * own_error;
            (1.0 + weight * (sold - 1.0)).clamp(sold - drawn, sold + drawn).clamp(0.0, MOST)
        };
        let last = ((group + 1) * together).min(parts);
        factors[group * together..last].fill(factor);
    }
    Shrunk { factors, agreement: believed / (believed + noise / years as f64) }
}

/// How much of what the years disagree on in one group of parts they disagree on in the next.
///
/// - `totals`: of each group over the years. `[groups]`
fn wandering(cells: &[Tally], totals: &[Tally]) -> f64 {
    let mut misses = Vec::with_capacity(cells.len());
    for year in cells.chunks_exact(totals.len()) {
        for (cell, total) in year.iter().zip(totals) {
            misses.push(if total.expected > 0.0 {
                cell.sold - cell.expected * total.sold / total.expected
            } else {
                0.0
            });
        }
    }
    persistence(&misses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(bucket: Bucket, first: &str) -> Calendar {
        Calendar::new(bucket, "2026-01-01".parse().unwrap(), first.parse().unwrap())
    }

    fn found(calendar: &Calendar, units: &[f32]) -> Option<PartFactors> {
        let parts = YearParts::new(calendar, units.len());
        parts.factors(0, units, &vec![1.0; units.len()])
    }

    /// 12 a day from November to Christmas eve.
    fn christmas(calendar: &Calendar, t: usize) -> f32 {
        let day = calendar.start(t as i64);
        let sells = day.month() == 11 || day.month() == 12 && day.day() <= 24;
        if sells { 12.0 } else { 0.0 }
    }

    #[test]
    fn empty_months_stay_empty_and_the_season_is_as_high_as_it_was() {
        let calendar = calendar(Bucket::Day, "2023-01-01");
        let units: Vec<f32> = (0..calendar.history()).map(|t| christmas(&calendar, t)).collect();
        let found = found(&calendar, &units).unwrap();
        assert!(found.off[10] && found.off[40] && !found.off[46]);
        assert_eq!(found.factors[20], 0.0);
        let high = f64::from(found.factors[46]);
        assert!((high - 365.0 / 54.0).abs() < 0.3, "{high}");
    }

    #[test]
    fn weeks_that_nothing_is_known_of_in_any_year_are_not_empty() {
        let calendar = calendar(Bucket::Day, "2023-01-01");
        let units: Vec<f32> = (0..calendar.history()).map(|t| christmas(&calendar, t)).collect();
        let parts = YearParts::new(&calendar, units.len());
        // As if promotions ran in every fifth week of every year.
        let expected: Vec<f32> = (0..units.len())
            .map(|t| if parts.of(t).is_multiple_of(5) { f32::NAN } else { 1.0 })
            .collect();
        let found = parts.factors(0, &units, &expected).unwrap();
        assert!(!found.off[45] && !found.off[20] && found.off[21]);
    }

    #[test]
    fn months_show_their_season_as_days_do() {
        let calendar = calendar(Bucket::Month, "2022-01-01");
        let units: Vec<f32> = (0..calendar.history())
            .map(|t| match calendar.start(t as i64).month() {
                11 => 360.0,
                12 => 288.0,
                _ => 0.0,
            })
            .collect();
        let found = found(&calendar, &units).unwrap();
        assert!(found.off[..10].iter().all(|&off| off));
        assert!((f64::from(found.factors[10]) - 6.67).abs() < 0.3, "{:?}", found.factors);
    }

    #[test]
    fn neither_noise_nor_growth_nor_one_high_month_is_a_season() {
        let calendar = calendar(Bucket::Day, "2023-01-01");
        let n = calendar.history();
        let noise = |t: usize| ((t as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) as f32;
        let noisy: Vec<f32> = (0..n).map(noise).collect();
        let grown: Vec<f32> =
            (0..n).map(|t| (10.0 * (0.3 * t as f64 / 365.0).exponential()) as f32).collect();
        let mut once: Vec<f32> = vec![10.0; n];
        once[500..530].fill(60.0);
        for units in [noisy, grown, once] {
            let moved = found(&calendar, &units).map_or(0.0, |found| {
                found.factors.iter().map(|f| f64::from((f - 1.0).abs())).fold(0.0, f64::max)
            });
            assert!(moved < 0.12, "{moved}");
        }
    }

    #[test]
    fn one_year_is_not_enough_and_two_seasons_are() {
        let two = calendar(Bucket::Day, "2024-11-01");
        let one = calendar(Bucket::Day, "2025-01-01");
        for (calendar, shown) in [(two, false), (one, false)] {
            let units: Vec<f32> =
                (0..calendar.history()).map(|t| christmas(&calendar, t)).collect();
            assert_eq!(found(&calendar, &units).is_some(), shown);
        }
        let calendar = Calendar::new(
            Bucket::Day,
            "2025-10-05".parse().unwrap(),
            "2023-11-01".parse().unwrap(),
        );
        let units: Vec<f32> = (0..calendar.history()).map(|t| christmas(&calendar, t)).collect();
        assert!(found(&calendar, &units).unwrap().off[30]);
    }
}
