//! How evenly does an item sell, and what of its variation do season and promotion explain?
//!
//! Demand is looked at by weeks (by the period, where that is longer). *As sold* is the coefficient
//! of variation of these sums, and of the weekdays' means where days are known: an item that sells
//! ten a day is steady, one that sells on Saturdays alone is not. *Unexplained* is what is left
//! around the season that explains most: the item's own, from the years before; that of its peers,
//! in the same weeks; or none; promoted weeks by their own mean. Units: units of demand a week.
//!
//! Source: Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*,
//! 4th ed., 2.3; the seasonal index as ratio to the year's mean (Makridakis, Wheelwright & Hyndman
//! 1998, ch. 3).

use crate::domain::calendar::Bucket;
use crate::math::elementary::Transcendental;
use serde::{Deserialize, Serialize};

/// Weeks that are looked at: a year; of longer periods as many as that.
pub const WEEKS: usize = 52;
/// Weeks below which nothing can be said.
// A coefficient of variation of eight weeks is known to a quarter.
const LEAST_WEEKS: usize = 8;
/// Days whose weekdays are compared.
const WEEKDAY_DAYS: usize = 364;

/// How evenly an item sold lately.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Variation {
    /// Cleaned demand of each of the last weeks, oldest first. `[up to 52]`
    pub recent: Vec<f64>,
    /// Coefficient of variation as sold; `None` with fewer than 8 weeks or no demand.
    pub as_sold: Option<f64>,
    /// Which of these weeks were promoted. `[as recent]`
    promoted: Vec<bool>,
    /// Standard deviation around the item's own season over the mean; `None` under two years.
    around_own_season: Option<f64>,
}

impl Variation {
    /// Of cleaned demand and promotions by period, oldest first.
    #[must_use]
    pub fn of(demand: &[f64], promoted: &[bool], bucket: Bucket) -> Self {
        let step = (7.0 / bucket.days()).round().max(1.0) as usize;
        let sums = by_weeks(demand, step, |week| week.iter().sum::<f64>());
        let promoted = by_weeks(promoted, step, |week| week.contains(&true));
        let year = match bucket {
            Bucket::Day | Bucket::Week => WEEKS,
            Bucket::Month => 12,
        };
        let first = sums.len().saturating_sub(year);
        let mut variation = Self {
            recent: sums[first..].to_vec(),
            promoted: promoted[first..].to_vec(),
            ..Self::default()
        };
        let mean = variation.recent.iter().sum::<f64>() / variation.recent.len().max(1) as f64;
        if variation.recent.len() < LEAST_WEEKS || mean <= 0.0 {
            return variation;
        }
        let weekday = if bucket == Bucket::Day { of_weekdays(demand) } else { 0.0 };
        let flat = vec![1.0; variation.recent.len()];
        let weeks = deviation(&variation.recent, &flat, &vec![false; flat.len()]);
        variation.as_sold = weeks.map(|weeks| weeks.hypotenuse(weekday));
        if sums.len() >= 2 * year {
            let season = own_season(&sums, year, first);
            variation.around_own_season =
                deviation(&variation.recent, &season, &variation.promoted);
        }
        variation
    }

    /// Coefficient of variation that neither the item's own season, nor that of its peers, nor
    /// promotions explain; `None` as [`Self::as_sold`].
    ///
    /// - `peers`: their demand in the same weeks. `[as recent]`
    #[must_use]
    pub fn unexplained(&self, peers: &[f64]) -> Option<f64> {
        self.as_sold?;
        let flat = vec![1.0; self.recent.len()];
        let mut least = deviation(&self.recent, &flat, &self.promoted)?;
        if let Some(around) = deviation(&self.recent, peers, &self.promoted) {
            least = least.min(around);
        }
        Some(self.around_own_season.map_or(least, |around| least.min(around)))
    }
}

/// What `of_week` says of each whole week, counted back from the end, oldest first.
fn by_weeks<T, W>(periods: &[T], step: usize, of_week: impl Fn(&[T]) -> W) -> Vec<W> {
    periods[periods.len() % step..].chunks_exact(step).map(of_week).collect()
}

/// Coefficient of variation of the weekdays' means over the last year, what chance alone makes of
/// them deducted.
fn of_weekdays(days: &[f64]) -> f64 {
    let days = &days[days.len().saturating_sub(WEEKDAY_DAYS)..];
    let days = &days[days.len() % 7..];
    let weeks = (days.len() / 7) as f64;
    let mean = days.iter().sum::<f64>() / days.len().max(1) as f64;
    if weeks < 2.0 || mean <= 0.0 {
        return 0.0;
    }
    let mut between = 0.0;
    let mut within = 0.0;
    for weekday in 0..7 {
        let of_weekday = days.iter().skip(weekday).step_by(7);
        let own = of_weekday.clone().sum::<f64>() / weeks;
        between += (own - mean).powi(2) / 7.0;
        within += of_weekday.map(|day| (day - own).powi(2)).sum::<f64>() / (weeks - 1.0) / 7.0;
    }
    (between - within / weeks).max(0.0).sqrt() / mean
}

/// What the weeks from `first` on sell relative to others by the years before: the mean of the same
/// weeks there and their neighbours, in shares of each year's mean.
fn own_season(sums: &[f64], year: usize, first: usize) -> Vec<f64> {
    (first..sums.len())
        .map(|week| {
            let mut season = 0.0;
            let mut years = 0.0;
            for back in 1.. {
                let Some(then) = week.checked_sub(back * year) else { break };
                // A year that is not whole has no mean to compare with.
                let Some(begin) = (first + year).checked_sub((back + 1) * year) else { break };
                let end = (begin + year).min(sums.len());
                let mean = sums[begin..end].iter().sum::<f64>() / (end - begin) as f64;
                if mean > 0.0 {
                    // Weeks drift by a day or two a year against the calendar.
                    let near = if year >= WEEKS { 1 } else { 0 };
                    let around =
                        &sums[then.saturating_sub(near)..(then + near + 1).min(sums.len())];
                    season += around.iter().sum::<f64>() / around.len() as f64 / mean;
                    years += 1.0;
                }
            }
            if years > 0.0 { season / years } else { 1.0 }
        })
        .collect()
}

/// Standard deviation of demand around `level × season`, over the mean of demand; promoted weeks
/// have a level of their own. `None` without demand or season.
fn deviation(demand: &[f64], season: &[f64], promoted: &[bool]) -> Option<f64> {
    let n = demand.len() as f64;
    let mean = demand.iter().sum::<f64>() / n;
    let mut squares = 0.0;
    let mut lost = 0.0;
    for kind in [false, true] {
        let weeks: Vec<usize> = (0..demand.len()).filter(|&week| promoted[week] == kind).collect();
        if weeks.is_empty() {
            continue;
        }
        let sold: f64 = weeks.iter().map(|&week| demand[week]).sum();
        let expected: f64 = weeks.iter().map(|&week| season[week]).sum();
        if expected <= 0.0 && sold > 0.0 {
            return None;
        }
        let level = if expected > 0.0 { sold / expected } else { 0.0 };
        squares +=
            weeks.iter().map(|&week| (demand[week] - level * season[week]).powi(2)).sum::<f64>();
        lost += 1.0;
    }
    (mean > 0.0 && n > lost).then(|| (squares / (n - lost)).sqrt() / mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Settings;
    use crate::classify::abc_xyz::xyz;
    use crate::domain::classes::XyzClass;

    fn class(demand: &[f64], promoted: &[bool], peers: &[f64]) -> XyzClass {
        let variation = Variation::of(demand, promoted, Bucket::Day);
        let unexplained = variation.unexplained(peers).expect("a year");
        xyz(variation.as_sold.expect("a year"), unexplained, &Settings::default())
    }

    fn days(count: usize, units: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..count).map(units).collect()
    }

    #[test]
    fn b2_ten_a_day_is_x_whatever_the_neighbours_do() {
        let wild: Vec<f64> = (0..52).map(|w| if w % 9 == 0 { 500.0 } else { 1.0 }).collect();
        assert_eq!(class(&days(400, |_| 10.0), &[false; 400], &wild), XyzClass::X);
    }

    #[test]
    fn b2_a_season_of_the_week_is_y() {
        // Mean 10, weekdays 5, 5, 5, 5, 5, 20, 25: a coefficient of variation of 0.78.
        let week = [5.0, 5.0, 5.0, 5.0, 5.0, 20.0, 25.0];
        assert_eq!(class(&days(400, |t| week[t % 7]), &[false; 400], &[1.0; 52]), XyzClass::Y);
    }

    #[test]
    fn b2_a_season_of_the_year_is_y_where_it_came_before_or_the_peers_have_it() {
        let season = |t: usize| {
            if (300..330).contains(&(t % 364)) { 100.0 } else { 1.0 }
        };
        assert_eq!(class(&days(1092, season), &[false; 1092], &[1.0; 52]), XyzClass::Y);
        let peers: Vec<f64> =
            (0..52).map(|w| (7 * w..7 * w + 7).map(season).sum::<f64>()).collect();
        assert_eq!(class(&days(364, season), &[false; 364], &peers), XyzClass::Y);
        assert_eq!(class(&days(364, season), &[false; 364], &[1.0; 52]), XyzClass::Z);
    }

    #[test]
    fn b2_what_promotions_sell_is_explained_and_erratic_demand_is_z() {
        let deal = |t: usize| (t / 7).is_multiple_of(10);
        let sold = days(364, |t| if deal(t) { 80.0 } else { 5.0 });
        let promoted: Vec<bool> = (0..364).map(deal).collect();
        assert_eq!(class(&sold, &promoted, &[1.0; 52]), XyzClass::Y);
        assert_eq!(class(&sold, &[false; 364], &[1.0; 52]), XyzClass::Z);
    }

    #[test]
    fn weeks_and_months_have_their_seasons_too() {
        for (bucket, year) in [(Bucket::Week, 52), (Bucket::Month, 12)] {
            let demand = days(4 * year, |t| if t % year >= year - year / 6 { 360.0 } else { 0.0 });
            let variation = Variation::of(&demand, &vec![false; 4 * year], bucket);
            let flat = vec![1.0; variation.recent.len()];
            let unexplained = variation.unexplained(&flat).expect("years");
            assert!(unexplained < 0.8, "{bucket:?} {unexplained}");
            assert!(variation.as_sold.expect("years") > 1.5, "{bucket:?}");
        }
    }
}
