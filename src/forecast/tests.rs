//! The engine end to end on small panels: known killers, additivity, promotions, analogues,
//! adjustments.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::inputs::{AdjustmentKind, Kit};
use crate::domain::lanes::Lanes;
use crate::domain::panel::{PanelParts, SalesTotals, flag};
use crate::domain::sorted::Sorted;
use crate::domain::units::{ChannelId, LocationId};
use crate::forecast::pooled::refit::CarriedAndFitted;
use crate::forecast::*;
use crate::math::elementary::{Elementary, Transcendental};
use chrono::{Datelike, NaiveDate};
use std::ops::Range;

const HISTORY: usize = 400;
static NO_KITS: Sorted<Kit> = Sorted::empty();

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 6, 3).unwrap() + chrono::Duration::days(offset)
}

/// A panel of daily series; series `i` is SKU `i / channels` in channel `i % channels`.
struct World {
    panel: Panel,
    names: Names,
    products: Vec<Product>,
    promotions: Vec<Promotion>,
    prices: Sorted<Price>,
    adjustments: Sorted<Adjustment>,
    outside_forecasts: Sorted<OutsideForecast>,
    outside_models: Vec<String>,
    signals: Vec<Signal>,
    lanes: Lanes,
}

impl World {
    fn new(series: &[Vec<f32>], channels: usize) -> Self {
        Self::on(Calendar::new(Bucket::Day, day(0), day(-(HISTORY as i64))), series, channels)
    }

    fn on(calendar: Calendar, series: &[Vec<f32>], channels: usize) -> Self {
        let n = series.len();
        let key = |i: usize| SeriesKey {
            sku: SkuId((i / channels) as u32),
            location: LocationId(0),
            channel: ChannelId((i % channels) as u32),
        };
        let parts = PanelParts {
            keys: (0..n).map(key).collect(),
            starts: series.iter().map(|s| (calendar.history() - s.len()) as u32).collect(),
            gross: series.concat(),
            flags: vec![0; series.iter().map(Vec::len).sum()],
            returns: vec![Vec::new(); n],
            totals: vec![SalesTotals::default(); n],
            unsold_pools: vec![(SkuId((n / channels) as u32), LocationId(0))],
            ..PanelParts::default()
        };
        let skus = n / channels + 1;
        let names = Names {
            skus: (0..skus).map(|i| format!("S{i}")).collect(),
            channels: (0..channels).map(|i| format!("C{i}")).collect(),
            locations: vec!["main".to_owned()],
            ..Names::default()
        };
        let panel = Panel::new(calendar, parts);
        let products = vec![Product::default(); skus];
        Self {
            panel,
            names,
            products,
            promotions: Vec::new(),
            prices: Sorted::default(),
            adjustments: Sorted::default(),
            outside_forecasts: Sorted::default(),
            outside_models: Vec::new(),
            signals: Vec::new(),
            lanes: Lanes::default(),
        }
    }

    fn flags(mut self, series: usize, bits: u8, range: Range<usize>) -> Self {
        let open = self.panel.series_mut().nth(series).unwrap();
        range.for_each(|t| open.flags[t] |= bits);
        self
    }

    /// The same on an earlier morning, with `history` periods known.
    fn until(&self, history: usize) -> Self {
        let (panel, n) = (&self.panel, self.panel.len());
        let known = |i: usize| history.saturating_sub(panel.start(i));
        let parts = PanelParts {
            keys: (0..n).map(|i| panel.key(i)).collect(),
            starts: (0..n).map(|i| panel.start(i) as u32).collect(),
            gross: (0..n).flat_map(|i| panel.gross(i)[..known(i)].to_vec()).collect(),
            flags: (0..n).flat_map(|i| panel.flags(i)[..known(i)].to_vec()).collect(),
            returns: vec![Vec::new(); n],
            totals: vec![SalesTotals::default(); n],
            unsold_pools: vec![(SkuId(self.products.len() as u32 - 1), LocationId(0))],
            ..PanelParts::default()
        };
        let calendar = Calendar::new(
            Bucket::Day,
            day(history as i64 - HISTORY as i64),
            panel.calendar().start(0),
        );
        Self {
            panel: Panel::new(calendar, parts),
            names: self.names.clone(),
            products: self.products.clone(),
            promotions: self.promotions.clone(),
            prices: self.prices.clone(),
            adjustments: self.adjustments.clone(),
            outside_forecasts: self.outside_forecasts.clone(),
            outside_models: self.outside_models.clone(),
            signals: self.signals.clone(),
            lanes: self.lanes.clone(),
        }
    }

    fn demand(&self) -> Demand<'_> {
        Demand {
            names: &self.names,
            panel: &self.panel,
            products: &self.products,
            events: &[],
            promotions: &self.promotions,
            prices: &self.prices,
            adjustments: &self.adjustments,
            outside_forecasts: &self.outside_forecasts,
            outside_models: &self.outside_models,
            signals: &self.signals,
            kits: &NO_KITS,
            lanes: &self.lanes,
        }
    }

    fn forecast(&self, partition: usize) -> Vec<PoolForecast> {
        let pools = self.panel.pools().len();
        let mut partitions = Partitions { pools, partition };
        let forecaster = Learner::new(self.demand(), Settings::default()).learn(&mut partitions);
        (0..pools).map(|p| forecaster.forecast_pool(p)).collect()
    }
}

/// Ranges of so many pools.
struct Partitions {
    pools: usize,
    partition: usize,
}

impl Survey for Partitions {
    fn survey<S: Stage>(&mut self, stage: &S) -> S::Evidence {
        let mut evidence = stage.nothing();
        // From the last to the first: the order must not matter.
        for first in (0..self.pools).step_by(self.partition).rev() {
            evidence.merge(stage.observe(first..(first + self.partition).min(self.pools)));
        }
        evidence
    }
}

/// A steady integer sequence around `mean` without any random source.
fn noisy(mean: f64, seed: usize) -> Vec<f32> {
    (0..HISTORY)
        .map(|t| {
            (mean * (0.5 + ((t * 7919 + seed * 104_729) % 1000) as f64 / 1000.0)).round() as f32
        })
        .collect()
}

fn sum(mean: &[f32], days: usize) -> f64 {
    mean[..days].iter().map(|&m| f64::from(m)).sum()
}

#[test]
fn known_killers_stay_finite_not_negative_and_inside_the_guard() {
    let mut spike = vec![0.0; HISTORY];
    spike[200] = 10_000.0;
    let mut jump = noisy(2.0, 1);
    jump[350..].iter_mut().for_each(|y| *y += 48.0);
    let killers = vec![
        vec![0.0; HISTORY],
        spike,
        vec![7.0; HISTORY],
        vec![3.0, 1.0],
        vec![1e12; HISTORY],
        (0..HISTORY).map(|t| if t % 2 == 0 { 0.0 } else { 50.0 }).collect(),
        jump,
        (0..HISTORY).map(|t| (1.02f32).powi(t as i32).min(1e6).round()).collect(),
        vec![1.0],
    ];
    for killer in &killers {
        // Alone, and among ordinary series: neither may hurt the other.
        for world in [
            World::new(std::slice::from_ref(killer), 1),
            World::new(&[killer.clone(), noisy(5.0, 2), noisy(9.0, 3)], 1),
        ] {
            let highest = killer.iter().copied().fold(0.0, f32::max);
            for (i, pool) in world.forecast(1).iter().enumerate() {
                for series in &pool.series {
                    assert_eq!(series.mean.len(), 90);
                    assert!(series.mean.iter().all(|m| m.is_finite() && *m >= 0.0));
                    assert!(
                        series.quantiles.iter().all(|q| q.windows(2).all(|w| w[0] <= w[1])
                            && q.iter().all(|v| v.is_finite()))
                    );
                    assert!(i > 0 || series.mean.iter().all(|&m| m <= 3.0 * highest), "{killer:?}");
                }
                let over = pool.total.over(0.0, 10.5, 4.0);
                assert!(
                    over.mean().is_finite()
                        && over.sd().is_finite()
                        && over.quantile(0.99).is_finite()
                );
                assert!(over.quantile(0.5) <= over.quantile(0.99));
            }
        }
    }
}

#[test]
fn a_week_that_peaks_every_year_is_foreseen() {
    let (history, peak) = (140i64, 46);
    // Mondays; the history ends two weeks before the peak of the third year.
    let as_of: NaiveDate = "2024-10-28".parse().unwrap();
    let week = |t: i64| (as_of + chrono::Duration::days(7 * (t - history))).iso_week().week();
    let one = |i: i64| {
        (0..history).map(move |t| {
            (20 + (t * 7 + i * 3) % 5) as f32 * if week(t) == peak { 2.5 } else { 1.0 }
        })
    };
    let series: Vec<Vec<f32>> = (0..30).map(|i| one(i).collect()).collect();
    let calendar = Calendar::new(Bucket::Week, as_of, as_of - chrono::Duration::days(7 * history));
    let mean =
        World::on(calendar, &series, 1).forecast(30).swap_remove(0).series.swap_remove(0).mean;
    let at = (0..12).find(|&h| week(history + h) == peak).unwrap() as usize;
    assert!(mean[at] > 1.5 * mean[at - 1] && mean[at] > 1.5 * mean[at + 1], "{:?}", &mean[..6]);
}

#[test]
fn c6_a_planned_price_moves_the_forecast_by_the_elasticity_of_all_series() {
    // Every item changed its price by a fifth some day of the last four months, and sold the more
    // or the less for it.
    let changed =
        |i: usize| (HISTORY - 10 - (i * 37) % 110, if i.is_multiple_of(2) { 0.8f64 } else { 1.2 });
    let series: Vec<Vec<f32>> = (0..150)
        .map(|i| {
            let (from, factor) = changed(i);
            let sold = |t: usize| if t < from { 1.0 } else { factor.powi(-2) };
            noisy(40.0, i)
                .iter()
                .enumerate()
                .map(|(t, y)| (f64::from(*y) * sold(t)).round() as f32)
                .collect()
        })
        .collect();
    let mut world = World::new(&series, 1);
    let price = |i: usize, from: i64, unit_price| Price {
        sku: SkuId(i as u32),
        channel: None,
        from: day(from),
        unit_price,
    };
    for i in 0..150 {
        let (from, factor) = changed(i);
        let change = from as i64 - HISTORY as i64;
        world.prices.edit(|prices| {
            prices.extend([price(i, -(HISTORY as i64), 10.0), price(i, change, 10.0 * factor)]);
        });
    }
    let before = world.forecast(30).swap_remove(0).series.swap_remove(0).mean;
    world.prices.edit(|prices| prices.insert(2, price(0, 14, 6.4)));
    let after = world.forecast(30).swap_remove(0).series.swap_remove(0).mean;
    assert_eq!(before[..14], after[..14], "until the day of the new price");
    let rise = f64::from(after[20] / before[20]);
    assert!(
        (1.3..1.7).contains(&rise),
        "a fifth off at an elasticity of -2 sells 1.56 times as much: {rise}"
    );
}

#[test]
fn c8_what_one_item_does_every_year_is_foreseen_though_its_category_does_not() {
    let history = 1_000usize;
    let calendar = Calendar::new(Bucket::Day, day(0), day(-(history as i64)));
    // Every item has a season of its own; together they have none.
    let season = |i: usize, t: usize| {
        1.0 + 0.6 * ((t + 3 * i) as f64 / 364.0 * std::f64::consts::TAU).sine()
    };
    let wobble = |i: usize, t: usize| 0.8 + 0.4 * ((t * 7919 + i * 104_729) % 1000) as f64 / 1000.0;
    let one = |i: usize| {
        (0..history).map(|t| (30.0 * season(i, t) * wobble(i, t)).round() as f32).collect()
    };
    let series: Vec<Vec<f32>> = (0..160).map(one).collect();
    let forecast = World::on(calendar, &series, 1).forecast(160);
    let (mut moved, mut told) = (0.0f64, 0.0f64);
    for (i, pool) in forecast.iter().enumerate().take(160) {
        let recent: f64 = series[i][history - 28..].iter().map(|&y| f64::from(y)).sum();
        let coming: f64 = (history..history + 28).map(|t| 30.0 * season(i, t)).sum();
        moved += (coming - recent).abs();
        told += (coming - sum(&pool.series[0].mean, 28)).abs();
    }
    assert!(told < 0.6 * moved, "{told} against {moved}");
    let reasons =
        forecast.iter().flat_map(|pool| &pool.series).filter(|s| s.reason.contains("all series"));
    assert!(reasons.count() > 80, "and the reason says so");
}

#[test]
fn a_constant_series_forecasts_itself() {
    let forecast = &World::new(&[vec![7.0; HISTORY]], 1).forecast(1)[0];
    assert!(
        forecast.series[0].mean.iter().all(|m| (m - 7.0).abs() < 0.1),
        "{:?}",
        &forecast.series[0].mean[..7]
    );
}

#[test]
fn c11_channel_forecasts_add_up_to_the_items() {
    let world = World::new(&[noisy(3.0, 1), noisy(8.0, 2), noisy(1.0, 3), noisy(0.4, 4)], 2);
    for pool in world.forecast(1) {
        for (t, total) in pool.total.mean().iter().enumerate() {
            assert_eq!(*total, pool.series.iter().map(|s| f64::from(s.mean[t])).sum::<f64>());
        }
    }
}

#[test]
fn partitions_change_nothing() {
    let series: Vec<_> = (0..12).map(|i| noisy(0.3 * (i + 1) as f64, i)).collect();
    let world = World::new(&series, 2);
    let bits = |forecast: Vec<PoolForecast>| -> Vec<u64> {
        forecast
            .iter()
            .flat_map(|p| p.total.mean().iter().map(|m| m.to_bits()).collect::<Vec<_>>())
            .collect()
    };
    assert_eq!(bits(world.forecast(100)), bits(world.forecast(100)));
    let (whole, parts) = (world.forecast(100), world.forecast(3));
    for (a, b) in whole.iter().zip(&parts) {
        assert!(
            a.total
                .mean()
                .iter()
                .zip(b.total.mean())
                .all(|(x, y)| (x - y).abs() <= 1e-5 * x.abs().max(1e-9))
        );
    }
}

#[test]
fn stockouts_do_not_lower_the_level() {
    let mut units = noisy(10.0, 1);
    units[360..390].fill(0.0);
    let world = World::new(&[units, noisy(10.0, 2)], 1).flags(0, flag::STOCKOUT, 360..390);
    let forecast = world.forecast(1);
    let (out, free) = (sum(&forecast[0].series[0].mean, 28), sum(&forecast[1].series[0].mean, 28));
    assert!((out / free - 1.0).abs() < 0.1, "{out} {free}");
}

#[test]
fn c6_past_uplift_leaves_the_baseline_and_a_planned_one_is_applied() {
    let mut units = noisy(10.0, 1);
    units[370..].iter_mut().for_each(|y| *y *= 3.0);
    let mut world = World::new(&[units, noisy(10.0, 2)], 1);
    let promotion = |from: i64, to: i64, expected_uplift| Promotion {
        kind: String::new(),
        location: None,
        start: day(from),
        end: day(to),
        sku: Some(SkuId(0)),
        category: None,
        channel: None,
        discount: None,
        expected_uplift,
    };
    world.promotions = vec![promotion(-30, -1, None), promotion(10, 12, Some(2.0))];
    let mean = &world.forecast(1)[0].series[0].mean;
    assert!((sum(mean, 7) / 70.0 - 1.0).abs() < 0.15, "{}", sum(mean, 7));
    assert!(f64::from(mean[10]) > 1.7 * f64::from(mean[3]), "same weekday, promoted and not");
}

#[test]
fn c6_a_deeper_discount_is_forecast_a_higher_uplift() {
    let promoted = |i: usize| 0.05 + 0.03 * i as f64;
    let series: Vec<Vec<f32>> = (0..12)
        .map(|i| {
            let mut units = noisy(40.0, i);
            units[300..330].iter_mut().for_each(|y| {
                *y = (f64::from(*y) * (2.0 * promoted(i)).exponential()).round() as f32
            });
            units
        })
        .collect();
    let mut world = World::new(&series, 1);
    let promotion = |i: usize, from: i64, to: i64, discount: f64| Promotion {
        kind: String::new(),
        location: None,
        start: day(from),
        end: day(to),
        sku: Some(SkuId(i as u32)),
        category: None,
        channel: None,
        discount: Some(discount),
        expected_uplift: None,
    };
    world.promotions = (0..12).map(|i| promotion(i, -100, -71, promoted(i))).collect();
    let usual = world.forecast(1)[3].series[0].mean.clone();
    world.promotions.push(promotion(3, 10, 10, promoted(3)));
    world.promotions.push(promotion(3, 17, 17, promoted(3) + 0.3));
    let planned = &world.forecast(1)[3].series[0].mean;
    let uplift = |t: usize| f64::from(planned[t] / usual[t]);
    assert!((uplift(10) / (2.0 * promoted(3)).exponential() - 1.0).abs() < 0.15, "{}", uplift(10));
    assert!(
        (uplift(17) / uplift(10) / 0.6f64.exponential() - 1.0).abs() < 0.2,
        "{} {}",
        uplift(17),
        uplift(10)
    );
}

/// A promotion of one item for so many days that nothing more is said of.
fn promotion_of(item: u32, start: NaiveDate, days: i64) -> Promotion {
    Promotion {
        start,
        end: start + chrono::Duration::days(days - 1),
        sku: Some(SkuId(item)),
        category: None,
        channel: None,
        location: None,
        kind: String::new(),
        discount: None,
        expected_uplift: None,
    }
}

#[test]
fn closed_shops_do_not_speak_for_a_group_that_is_promoted() {
    // Every second fortnight all but two of twenty are promoted; those two closed for half a year.
    let mut dice = Dice { state: 11 };
    let promoted = |t: usize| t % 28 < 14;
    let mut series = Vec::new();
    for item in 0..20 {
        let shut = |t: usize| item < 2 && (60..240).contains(&t);
        series.push(dice.counts(|t| match (shut(t), promoted(t)) {
            (true, _) => 0.0,
            (false, true) => 30.0,
            (false, false) => 20.0,
        }));
    }
    let mut world = World::new(&series, 1);
    for item in 2..20 {
        for k in 0..HISTORY as i64 / 28 + 5 {
            let start = 28 * k - HISTORY as i64;
            world.promotions.push(promotion_of(item, day(start), 14));
        }
    }
    world.promotions.sort_by_key(|promotion| (promotion.start, promotion.sku));
    let forecast = world.forecast(3);
    for pool in &forecast[2..20] {
        for (ahead, &mean) in pool.series[0].mean.iter().enumerate() {
            let truth = if promoted(HISTORY + ahead) { 30.0 } else { 20.0 };
            assert!((0.7..1.35).contains(&(mean / truth)), "day {ahead}: {mean} for {truth}");
        }
    }
}

#[test]
fn a_chain_promoted_every_second_week_has_the_season_of_its_open_shops() {
    // Two years of weeks leave few ordinary ones of every shop but the two that were closed for
    // half a year: their closure was taken for everybody's season, and half was forecast.
    let mut dice = Dice { state: 12 };
    let promoted = |t: usize| t.is_multiple_of(2);
    let weeks = 110;
    let calendar = Calendar::new(Bucket::Week, day(0), day(-7 * weeks as i64));
    let mut series = Vec::new();
    for item in 0..20 {
        let shut = |t: usize| item < 2 && (78..104).contains(&t);
        let mut sold = dice.counts(|t| match (shut(t), promoted(t)) {
            (true, _) => 0.0,
            (false, true) => 300.0,
            (false, false) => 200.0,
        });
        sold.truncate(weeks);
        series.push(sold);
    }
    let mut world = World::on(calendar, &series, 1);
    for item in 0..20 {
        let shut = |t: usize| item < 2 && (78..104).contains(&t);
        for t in (0..weeks + 14).filter(|&t| promoted(t) && !shut(t)) {
            let start = day(7 * (t as i64 - weeks as i64));
            world.promotions.push(promotion_of(item, start, 7));
        }
    }
    world.promotions.sort_by_key(|promotion| (promotion.start, promotion.sku));
    let forecast = world.forecast(3);
    for pool in &forecast[2..20] {
        for (ahead, &mean) in pool.series[0].mean.iter().take(12).enumerate() {
            let truth = if promoted(weeks + ahead) { 300.0 } else { 200.0 };
            assert!((0.85..1.15).contains(&(mean / truth)), "week {ahead}: {mean} for {truth}");
        }
    }
}

#[test]
fn c7_adjustments_apply_until_they_expire() {
    let mut world = World::new(&[noisy(10.0, 1), noisy(10.0, 2)], 1);
    let plain = world.forecast(1);
    let adjustment = |sku: u32, kind, expires| Adjustment {
        sku: Some(SkuId(sku)),
        category: None,
        channel: None,
        location: None,
        from: day(0),
        to: day(9),
        kind,
        reason: "launch".to_owned(),
        author: "planner".to_owned(),
        expires,
    };
    world.adjustments = Sorted::new(vec![
        adjustment(0, AdjustmentKind::Factor(1.5), None),
        adjustment(0, AdjustmentKind::Factor(9.0), Some(day(0))),
        adjustment(1, AdjustmentKind::Units(100.0), None),
    ]);
    let adjusted = world.forecast(1);
    let total = |f: &[PoolForecast], p: usize| sum(&f[p].series[0].mean, 10);
    assert!((total(&adjusted, 0) / total(&plain, 0) - 1.5).abs() < 1e-4);
    assert!((total(&adjusted, 1) - total(&plain, 1) - 100.0).abs() < 1e-2);
}

#[test]
fn c14_a_new_item_leans_on_its_analogue_and_an_inactive_one_sells_nothing() {
    let mut gone = noisy(5.0, 1);
    gone[250..].fill(0.0);
    let mut world = World::new(&[noisy(10.0, 1), gone], 1);
    world.products[2] =
        Product { analogue: Some(SkuId(0)), analogue_factor: Some(0.5), ..Product::default() };
    let forecast = world.forecast(1);
    let (old, new) =
        (forecast[0].total.over(0.0, 28.0, 0.0), forecast[2].total.over(0.0, 28.0, 0.0));
    assert!((new.mean() / old.mean() - 0.5).abs() < 1e-6);
    assert!(forecast[1].series[0].mean.iter().all(|m| *m == 0.0));
    assert_eq!(forecast[1].series[0].method, "inactive");
}

#[test]
fn intervals_add_up_and_their_uncertainty_grows_with_lead_time_variance() {
    let forecast = &World::new(&[noisy(6.0, 1)], 1).forecast(1)[0].total;
    let (first, second, both) = (
        forecast.over(0.0, 7.5, 0.0),
        forecast.over(7.5, 14.0, 0.0),
        forecast.over(0.0, 14.0, 0.0),
    );
    assert!((first.mean() + second.mean() - both.mean()).abs() < 1e-9);
    assert!(forecast.over(0.0, 14.0, 9.0).sd() > both.sd());
    assert!(forecast.over(0.0, 14.0, 9.0).quantile(0.95) >= both.quantile(0.95));
}

/// What the nights after it may carry on from.
fn refit(world: &World, settings: &Settings) -> Refit {
    let pools = world.panel.pools().len();
    let forecaster = Learner::new(world.demand(), settings.clone()).learn(&mut AllAtOnce { pools });
    let mut states = Vec::new();
    (0..pools)
        .filter_map(|p| forecaster.forecast_pool(p).state)
        .for_each(|state| pooled::refit::write(&state, &mut states));
    Refit::read(&[forecaster.keep(), states].concat()).unwrap()
}

#[test]
fn a_level_that_is_carried_on_is_the_level_of_the_whole_history() {
    // Weekdays of its own, which a refit alone moves, are out of the way.
    let settings = Settings { weekday_evidence: 1e15, ..Settings::default() };
    let series: Vec<_> = (0..6).map(|i| noisy(1.5 * (i + 1) as f64, i)).collect();
    let later = World::new(&series, 2).flags(1, flag::STOCKOUT, 396..398);
    let refit = refit(&later.until(395), &settings);
    let resumed = Resumed::new(later.demand(), settings, &refit).unwrap();
    let carried = resumed.learn(&mut AllAtOnce { pools: 4 }).unwrap();
    assert_eq!(carried.carried_and_fitted(), CarriedAndFitted { carried: 6, fitted: 0 });
    for pool in 0..3 {
        let state = carried.tonight(pool).state;
        let whole = carried.fit_pool(pool);
        for (a, b) in state.series.iter().zip(&whole.series) {
            assert_eq!(
                (a.periods, a.observed, a.idle, a.sold),
                (b.periods, b.observed, b.idle, b.sold)
            );
            assert_eq!(a.highest, b.highest);
            let close = |a: f64, b: f64, tolerance| (a / b - 1.0).abs() < tolerance;
            assert!(
                a.sums.levels().iter().zip(b.sums.levels()).all(|(a, b)| close(*a, b, 1e-6)),
                "{:?} {:?}",
                a.sums,
                b.sums
            );
            // A fit looks back eight half-lives, a state for ever.
            assert!(
                close(a.recent.sold, b.recent.sold, 3e-3)
                    && close(a.recent.expected, b.recent.expected, 3e-3),
                "{:?} {:?}",
                a.recent,
                b.recent
            );
        }
    }
}

#[test]
fn a_pool_with_another_past_is_fitted_and_where_most_are_everything_is_learnt_anew() {
    let settings = Settings::default();
    let mut series: Vec<_> = (0..6).map(|i| noisy(1.5 * (i + 1) as f64, i)).collect();
    let refit = refit(&World::new(&series, 2).until(395), &settings);
    let tonight = |series: &[Vec<f32>], bits: u8| {
        let world = World::new(series, 2).flags(0, bits, 10..11);
        let resumed = Resumed::new(world.demand(), settings.clone(), &refit).unwrap();
        resumed.learn(&mut AllAtOnce { pools: 4 }).map(|f| f.carried_and_fitted())
    };
    let all = Some(CarriedAndFitted { carried: 6, fitted: 0 });
    let but_one_pool = Some(CarriedAndFitted { carried: 4, fitted: 2 });
    assert_eq!(tonight(&series, 0), all);
    assert_eq!(tonight(&series, flag::STOCKOUT), but_one_pool, "censoring is part of the past");
    assert_eq!(tonight(&series, flag::RETURNED), all, "returns are not");
    series[0][200] += 1.0;
    assert_eq!(tonight(&series, 0), but_one_pool);
    series[2][0] += 1.0;
    assert_eq!(tonight(&series, 0), None, "most would have to be fitted");
}

#[test]
fn a_refit_does_not_outlive_its_groups_its_axis_or_its_reach() {
    let settings = Settings::default();
    let series: Vec<_> = (0..4).map(|i| noisy(3.0, i)).collect();
    let world = World::new(&series, 2);
    let obstacle = |earlier: &World, settings: &Settings| {
        let refit = refit(earlier, &Settings::default());
        Resumed::new(world.demand(), settings.clone(), &refit).err()
    };
    assert_eq!(obstacle(&world.until(HISTORY - 7), &settings), None);
    assert_eq!(obstacle(&world.until(HISTORY - 8), &settings), Some("too far from its morning"));
    assert_eq!(
        obstacle(&world.until(399), &Settings { guard: 2.0, ..settings.clone() }),
        Some("other forecast settings")
    );
    let mut others = world.until(399);
    others.products[0].category = "Tea".to_owned();
    assert_eq!(obstacle(&others, &settings), Some("other categories or channels"));
}

/// Draws that are the same on every machine.
struct Dice {
    state: u64,
}

impl Dice {
    /// Between 0 and 1: SplitMix64 (Steele, Lea & Flood 2014).
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A Poisson count, from its arrivals (Knuth 1997, 3.4.1).
    fn poisson(&mut self, mean: f64) -> f32 {
        let mut count = 0.0;
        let mut time = -(1.0 - self.uniform()).natural_log();
        while time < mean {
            count += 1.0;
            time -= (1.0 - self.uniform()).natural_log();
        }
        count
    }

    /// A history of counts of these rates.
    fn counts(&mut self, rate: impl Fn(usize) -> f64) -> Vec<f32> {
        (0..HISTORY).map(|t| self.poisson(rate(t))).collect()
    }
}

#[test]
fn a_flat_item_keeps_its_rate_beside_neighbours_of_every_kind() {
    for seed in 0..4 {
        let mut dice = Dice { state: seed };
        let mut series = vec![vec![10.0; HISTORY]];
        for k in 0..8 {
            let rate = 2.0 + 2.0 * f64::from(k);
            let noisy = (0..HISTORY).map(|_| {
                let today = rate * 2.0 * dice.uniform();
                dice.poisson(today)
            });
            series.push(noisy.collect());
        }
        series.push(dice.counts(|t| if t % 35 < 7 { 24.0 } else { 8.0 }));
        series.push(dice.counts(|t| if t < 320 { 15.0 } else { 0.0 }));
        series.push(dice.counts(|t| if t < 340 { 4.0 } else { 16.0 }));
        for history in [40, 120, HISTORY] {
            let late: Vec<Vec<f32>> =
                series.iter().map(|units| units[HISTORY - history..].to_vec()).collect();
            let forecast = World::new(&late, 1).forecast(2);
            let flat = sum(&forecast[0].series[0].mean, 28) / 28.0;
            assert!((flat - 10.0).abs() < 0.2, "{history} days, seed {seed}: {flat}");
        }
    }
}

#[test]
fn shops_whose_demand_never_moves_are_forecast_at_their_rate() {
    // Five shops, sixty items: whatever the last two weeks sold by chance.
    let mut worst = 0.0f64;
    for seed in 0..3 {
        let mut dice = Dice { state: 100 + seed };
        let mut series = Vec::new();
        let mut rates = Vec::new();
        for item in 0..60 {
            for _shop in 0..5 {
                let rate = 0.05 * 1.08f64.to_the(f64::from(item)) * (0.5 + dice.uniform());
                series.push(dice.counts(|_| rate));
                rates.push(rate);
            }
        }
        let forecast = World::new(&series, 5).forecast(20);
        let expected: f64 = rates.iter().sum::<f64>() * 28.0;
        let total: f64 = forecast.iter().map(|pool| pool.total.over(0.0, 28.0, 0.0).mean()).sum();
        worst = worst.max((total / expected - 1.0).abs());
    }
    assert!(worst < 0.02, "{worst}");
}

/// What a cell of the simulated suite does to demand: factor on the rate in each period, 28 of them
/// after the end of history.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Steady,
    OutOfStock,
    Launched,
    SteppedUp,
    SteppedDown,
    Ended,
    ComesAndGoes,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Steady,
        Self::OutOfStock,
        Self::Launched,
        Self::SteppedUp,
        Self::SteppedDown,
        Self::Ended,
        Self::ComesAndGoes,
    ];

    fn factor(self, t: usize, item: usize) -> f64 {
        match self {
            Self::Steady | Self::OutOfStock | Self::Launched => 1.0,
            Self::SteppedUp => [0.4, 1.0][usize::from(t >= HISTORY - 80)],
            Self::SteppedDown => [2.5, 1.0][usize::from(t >= HISTORY - 80)],
            Self::Ended => [1.0, 0.0][usize::from(t >= HISTORY - 130)],
            // A hundred days there, sixty gone, each item in its own turn.
            Self::ComesAndGoes => f64::from(u8::from((t + 23 * item) % 160 < 100)),
        }
    }
}

/// Bias and error of one cell, from the units that its items will sell on average.
#[derive(Debug, Default)]
struct CellResult {
    forecast: f64,
    truth: f64,
    error: f64,
    expected_error: f64,
}

#[test]
fn no_kind_of_item_at_any_rate_is_forecast_out_of_line() {
    const ITEMS: usize = 12;
    let mut dice = Dice { state: 7 };
    let mut series = Vec::new();
    let mut truths = Vec::new();
    let mut flags = Vec::new();
    for rate in [0.1, 0.7, 5.0] {
        for kind in Kind::ALL {
            for item in 0..ITEMS {
                let mut units = dice.counts(|t| rate * kind.factor(t, item));
                match kind {
                    Kind::OutOfStock => {
                        let out = HISTORY - 40 - item..HISTORY - 10;
                        units[out.clone()].fill(0.0);
                        flags.push((series.len(), out));
                    }
                    Kind::Launched => units = units.split_off(HISTORY - 70),
                    Kind::Steady
                    | Kind::SteppedUp
                    | Kind::SteppedDown
                    | Kind::Ended
                    | Kind::ComesAndGoes => {}
                }
                // A series begins with a sale.
                units[0] = units[0].max(1.0);
                series.push(units);
                let coming = HISTORY..HISTORY + 28;
                truths.push(coming.map(|t| rate * kind.factor(t, item)).sum::<f64>());
            }
        }
    }
    let mut world = World::new(&series, 1);
    for (series, out) in flags {
        world = world.flags(series, flag::STOCKOUT, out);
    }
    let forecast = world.forecast(50);
    let mut table = String::new();
    let mut outliers = Vec::new();
    let mut cells = forecast.chunks(ITEMS).zip(truths.chunks(ITEMS));
    for rate in [0.1, 0.7, 5.0] {
        for kind in Kind::ALL {
            let (items, truths) = cells.next().expect("as many as there are kinds and rates");
            let mut cell = CellResult::default();
            for (pool, truth) in items.iter().zip(truths) {
                let mean = pool.total.over(0.0, 28.0, 0.0).mean();
                cell.forecast += mean;
                cell.truth += truth;
                cell.error += (mean - truth).abs();
            }
            // What is usual of a rate learnt from some sixty days.
            let usual = rate * 28.0 * ITEMS as f64;
            cell.expected_error = usual * (1.0 / (rate * 60.0)).sqrt() + 0.1 * usual;
            let bias = (cell.forecast - cell.truth) / usual;
            table += &format!(
                "{rate:>5} {kind:?}: bias {:+.1} %, error {:.1} %, usual {:.1} %\n",
                100.0 * bias,
                100.0 * cell.error / usual,
                100.0 * cell.expected_error / usual
            );
            let most = match kind {
                Kind::Steady | Kind::OutOfStock | Kind::Launched | Kind::Ended => 0.15,
                // Of a slow seller's step eighty days, eight sales, know little.
                Kind::SteppedUp | Kind::SteppedDown if rate < 0.5 => 0.3,
                Kind::SteppedUp | Kind::SteppedDown => 0.1,
                // Nobody knows when an item comes again.
                Kind::ComesAndGoes => 0.45,
            };
            let chance = 2.0 * (1.0 / (rate * 60.0 * ITEMS as f64)).sqrt();
            let erred = kind != Kind::ComesAndGoes && cell.error > 1.5 * cell.expected_error;
            if bias.abs() > most + chance || erred {
                outliers.push((rate, kind));
            }
        }
    }
    assert!(outliers.is_empty(), "{outliers:?}\n{table}");
}
