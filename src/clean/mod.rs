//! What demand would have been: stock-outs censored, bulk orders capped, returns netted by their
//! rate.
//!
//! [`activity`] says what each period was for the item; every later stage reads that.
//! Every change leaves a [`flag`]; the gross value stays beside the cleaned one. Sources: Nahmias
//! (1994), *Demand estimation in lost sales inventory systems* (why stock-out periods must not
//! enter a mean); Hyndman & Athanasopoulos (2021),
//! *Forecasting: Principles and Practice*, 3rd ed., 13.9 (outliers are replaced only with a
//! reason).

pub mod activity;
pub mod inherit;
pub mod occasions;

use crate::clean::activity::{Axis, Inferred, StockRecords};
use crate::domain::panel::{SeriesKey, SeriesMut, flag};
use serde::{Deserialize, Serialize};

/// How history is cleaned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Infer stock-outs from implausible runs of zeros where nothing is known about availability.
    pub infer_stockouts: bool,
    /// A run of zeros is inferred to be a stock-out when its probability is below this, in (0,
    /// 0.01].
    pub infer_probability: f64,
    /// A value above this many times the typical peak is a bulk order, `>= 2`.
    pub outlier_factor: f64,
    /// Cap bulk orders in the cleaned demand (`false`: flag them only).
    pub cap_outliers: bool,
    /// Units sold that count as one prior observation when a series' return rate is shrunk towards
    /// its channel's, `>= 0`.
    pub return_prior_units: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            infer_stockouts: true,
            infer_probability: 1e-6,
            outlier_factor: 5.0,
            cap_outliers: true,
            return_prior_units: 200.0,
        }
    }
}

impl Settings {
    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let checks = [
            (
                self.infer_probability > 0.0 && self.infer_probability <= 0.01,
                "infer_probability",
                self.infer_probability,
                "above 0, up to 0.01",
            ),
            (self.outlier_factor >= 2.0, "outlier_factor", self.outlier_factor, "2 or more"),
            (
                self.return_prior_units >= 0.0,
                "return_prior_units",
                self.return_prior_units,
                "0 or more",
            ),
        ];
        let failed = checks.into_iter().filter(|check| !check.0);
        failed
            .map(|(_, key, value, expected)| format!("clean.{key} = {value}: expected {expected}"))
            .collect()
    }
}

/// Seasonal neighbours averaged on each side when a censored period is estimated.
// Of days, the same weekday of four weeks on both sides: further away the season is another.
const NEIGHBOURS: usize = 4;
/// Non-zero values below which a series has no typical peak to compare with.
// The second largest of twenty is its 95th percentile; of fewer any large order is an outlier.
const OUTLIER_EVIDENCE: usize = 20;

/// Says whether a known reason stands behind a peak of a series in a period of the axis, given
/// whether it sold much in another.
pub trait Explained: Fn(SeriesKey, usize, &dyn Fn(i64) -> bool) -> bool {}

impl<F: Fn(SeriesKey, usize, &dyn Fn(i64) -> bool) -> bool> Explained for F {}

/// Cleans the channels of one pool in place, whose `cleaned` values start as the gross ones: marks
/// the [activity](activity::mark) of every period, caps bulk orders, fills censored periods.
/// Returns what was inferred.
///
/// - `season_length`: periods of the short season whose phases are comparable (7 for days,
///   otherwise 1).
/// - `explained`: whether a known reason stands behind a peak.
pub fn clean_pool(
    series: &mut [SeriesMut<'_>],
    settings: &Settings,
    season_length: usize,
    axis: &Axis<'_>,
    records: &StockRecords,
    explained: impl Explained,
) -> Inferred {
    let probability = settings.infer_stockouts.then_some(settings.infer_probability);
    let inferred = activity::mark(series, axis, records, probability);
    for channel in series {
        debug_assert_eq!(channel.cleaned, channel.gross, "a series is cleaned once");
        cap_outliers(channel, settings, &explained);
        if channel.flags.iter().fold(0, |all, flags| all | flags) & flag::CENSORED != 0 {
            fill_censored(channel.cleaned, channel.flags, season_length);
        }
    }
    inferred
}

/// Flags (and caps) values above `outlier_factor` times the typical peak: the 98 % quantile of the
/// non-zero, non-promoted values. Peaks that recur in more than 1 % of the selling periods are the
/// item's nature, not outliers, and what an event or a promotion explains is none either.
fn cap_outliers(series: &mut SeriesMut<'_>, settings: &Settings, explained: &impl Explained) {
    // Bits of numbers that are not negative are in the order of the numbers, and compare in a loop
    // without a branch.
    let bits = series.gross.iter().map(|units| units.to_bits().cast_signed());
    let highest = f32::from_bits(bits.fold(0, i32::max).cast_unsigned());
    let factor = settings.outlier_factor as f32;
    // Most series need no quantile: too few of their values are that far below the highest.
    let mut count = 0u32;
    let mut below = 0u32;
    for (&units, &flags) in series.gross.iter().zip(series.flags.iter()) {
        let ordinary = is_ordinary_sale(units, flags);
        count += u32::from(ordinary);
        below += u32::from(ordinary & (units * factor < highest));
    }
    let count = count as usize;
    let rank = (count * 98).div_ceil(100).saturating_sub(1);
    if count < OUTLIER_EVIDENCE || below as usize <= rank {
        return;
    }
    let periods = series.gross.iter().zip(series.flags.iter());
    let ordinary = periods.filter(|&(&units, &flags)| is_ordinary_sale(units, flags));
    let mut positive: Vec<f32> = ordinary.map(|(&units, _)| units).collect();
    let (_, &mut peak, _) = positive.select_nth_unstable_by(rank, f32::total_cmp);
    let limit = peak * factor;
    // Half of what is beyond belief: at another time that an event came, the same need not have
    // sold as much again.
    let is_high = |t: i64| {
        let own = usize::try_from(t - series.start as i64).ok();
        own.and_then(|i| series.gross.get(i)).is_some_and(|&units| units > 0.5 * limit)
    };
    let is_peak = |i: &usize| {
        series.gross[*i] > limit
            && series.flags[*i] & flag::PROMOTION == 0
            && !explained(series.key, series.start + i, &is_high)
    };
    let peaks: Vec<usize> = (0..series.gross.len()).filter(is_peak).collect();
    if peaks.len() > 1 && peaks.len() * 100 > positive.len() {
        return;
    }
    for i in peaks {
        series.flags[i] |= flag::OUTLIER;
        if settings.cap_outliers {
            series.cleaned[i] = limit;
        }
    }
}

/// Whether something was sold that no promotion explains.
fn is_ordinary_sale(units: f32, flags: u8) -> bool {
    (units > 0.0) & (flags & flag::PROMOTION == 0)
}

/// Replaces each censored value by the mean of its uncensored seasonal neighbours, never below what
/// was sold that period.
fn fill_censored(cleaned: &mut [f32], flags: &[u8], season_length: usize) {
    let observed = |i: usize| flags[i] & flag::CENSORED == 0;
    for phase in 0..season_length {
        let positions: Vec<usize> = (phase..cleaned.len()).step_by(season_length).collect();
        let known: Vec<usize> = positions.iter().copied().filter(|&i| observed(i)).collect();
        // Where it was not on sale, nobody asked for it.
        let off_sale = flag::INACTIVE | flag::ENDED;
        for i in positions.into_iter().filter(|&i| !observed(i) && flags[i] & off_sale == 0) {
            let at = known.partition_point(|&k| k < i);
            let near = &known[at.saturating_sub(NEIGHBOURS)..(at + NEIGHBOURS).min(known.len())];
            if !near.is_empty() {
                let estimate =
                    near.iter().map(|&k| f64::from(cleaned[k])).sum::<f64>() / near.len() as f64;
                cleaned[i] = cleaned[i].max(estimate as f32);
            }
        }
    }
}

/// Units a period while the item could be bought and nobody bought in bulk: units sold in
/// uncensored periods without an outlier / number of them; 0 without any. `[A5]`
///
/// One bulk order of 600 made of 2.5 a day a fast seller of 12.5 for two months.
#[must_use]
pub fn velocity(gross: &[f32], flags: &[u8]) -> f64 {
    let (mut sold, mut periods) = (0.0, 0usize);
    for (&v, &f) in gross.iter().zip(flags) {
        if f & (flag::CENSORED | flag::OUTLIER) == 0 {
            sold += f64::from(v);
            periods += 1;
        }
    }
    if periods == 0 { 0.0 } else { sold / periods as f64 }
}

/// Share of sold units that come back, of one series shrunk towards its channel: `(returned + k·r)
/// / (sold + k)` with `r` the channel's rate and `k` = `prior_units`. In [0, 1]. `[A3]`
#[must_use]
pub fn return_rate(sold: f64, returned: f64, channel_rate: f64, prior_units: f64) -> f64 {
    let weight = sold + prior_units;
    if weight > 0.0 {
        ((returned + prior_units * channel_rate) / weight).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Net of returns: `gross · (1 − rate)`. `[A3]`
#[must_use]
pub fn net_of_returns(gross: f64, rate: f64) -> f64 {
    gross * (1.0 - rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Bucket;
    use crate::domain::units::{ChannelId, LocationId, SkuId};

    const KEY: SeriesKey =
        SeriesKey { sku: SkuId(0), location: LocationId(0), channel: ChannelId(0) };

    fn cleaned(gross: &[f32], flags: &mut [u8], known: bool) -> Vec<f32> {
        let mut out = gross.to_vec();
        let series = SeriesMut { index: 0, key: KEY, start: 0, gross, cleaned: &mut out, flags };
        let closed = vec![false; gross.len()];
        let axis = Axis { bucket: Bucket::Day, closed: &closed };
        let records = StockRecords {
            recorded: if known { 0..gross.len() } else { 0..0 },
            longest: 35,
            longest_today: 180,
            ..StockRecords::default()
        };
        clean_pool(&mut [series], &Settings::default(), 7, &axis, &records, |_, period, _| {
            period == 60 && gross[60] == 80.0
        });
        out
    }

    #[test]
    fn a3_five_percent_returns_net_600_to_570() {
        let rate = return_rate(600.0, 30.0, 0.05, 200.0);
        assert!((net_of_returns(600.0, rate) - 570.0).abs() < 1e-9);
        assert!((net_of_returns(10.0, rate) - 9.5).abs() < 1e-12);
    }

    #[test]
    fn a3_a_thin_series_takes_its_channels_rate() {
        assert!((return_rate(2.0, 2.0, 0.04, 200.0) - 10.0 / 202.0).abs() < 1e-12);
        assert_eq!(return_rate(0.0, 0.0, 0.04, 0.0), 0.0);
    }

    #[test]
    fn a5_gaps_of_lumpy_demand_are_no_stock_outs() {
        let gross: Vec<f32> = (0..84).map(|t| if t % 9 == 0 { 40.0 } else { 0.0 }).collect();
        let mut flags = vec![0u8; 84];
        assert_eq!(cleaned(&gross, &mut flags, false), gross);
        assert!(flags.iter().all(|&f| f == 0));
    }

    #[test]
    fn a5_half_a_month_out_of_stock_doubles_velocity() {
        let mut flags = vec![0u8; 30];
        flags[15..].fill(flag::STOCKOUT);
        let mut gross = vec![0.0f32; 30];
        gross[..10].fill(1.0);
        assert!((velocity(&gross, &flags) * 30.0 - 20.0).abs() < 1e-12);
    }

    #[test]
    fn a6_a_bulk_order_is_no_velocity() {
        let mut flags = vec![0u8; 60];
        flags[40] = flag::OUTLIER;
        let mut gross = vec![2.5f32; 60];
        gross[40] = 600.0;
        assert!((velocity(&gross, &flags) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn a5_a_week_of_zeros_in_a_fast_mover_is_inferred_and_filled_from_the_same_weekdays() {
        let mut gross: Vec<f32> = (0..84).map(|i| if i % 7 == 5 { 20.0 } else { 10.0 }).collect();
        gross[42..49].fill(0.0);
        let mut flags = vec![0u8; 84];
        let out = cleaned(&gross, &mut flags, false);
        assert!(flags[42..49].iter().all(|&f| f == flag::INFERRED_STOCKOUT));
        assert_eq!(&out[42..49], &[10.0, 10.0, 10.0, 10.0, 10.0, 20.0, 10.0]);
        let mut known = vec![0u8; 84];
        assert_eq!(cleaned(&gross, &mut known, true)[42], 0.0, "known availability is believed");
    }

    #[test]
    fn a5_slow_movers_and_items_that_ended_keep_their_zeros() {
        let slow: Vec<f32> = (0..120).map(|i| if i % 11 == 0 { 1.0 } else { 0.0 }).collect();
        let ended: Vec<f32> = (0..120).map(|i| if i < 90 { 10.0 } else { 0.0 }).collect();
        for gross in [slow, ended] {
            let mut flags = vec![0u8; 120];
            assert_eq!(cleaned(&gross, &mut flags, false), gross);
            assert!(flags.iter().all(|&f| f == 0));
        }
    }

    #[test]
    fn a6_a_bulk_order_is_capped_and_flagged_and_a_promotion_is_not() {
        let mut gross: Vec<f32> = (0..200).map(|i| (3 + i % 3) as f32).collect();
        gross[50] = 400.0;
        gross[60] = 80.0;
        gross[70] = 90.0;
        let mut flags = vec![0u8; 200];
        flags[70] = flag::PROMOTION;
        let out = cleaned(&gross, &mut flags, true);
        assert_eq!((out[50], flags[50]), (25.0, flag::OUTLIER));
        assert_eq!((out[70], flags[70]), (90.0, flag::PROMOTION));
        assert_eq!((out[60], flags[60]), (80.0, 0), "an event explains it");
        assert_eq!(gross[50], 400.0);
    }
}
