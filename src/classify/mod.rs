//! What kind of item a pool is: its value, variability, demand pattern, velocity and place in the
//! range.
//!
//! One file a question; [`Settings`] holds every cut. Classes steer service targets, methods and
//! review cadence.

pub mod abc_xyz;
pub mod pattern;
pub mod rationalise;
pub mod velocity;

use crate::domain::classes::{AbcClass, DemandPattern, Lifecycle, Rationalisation};
use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::{Product, ProductStatus, Stock};
use crate::domain::outcome::Classification;
use crate::domain::panel::{Panel, Pool, flag};
use crate::domain::units::{LocationId, Money, SkuId, Units};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What ABC is cut on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AbcValue {
    /// Net revenue of the last 365 days.
    #[default]
    Revenue,
    /// Net revenue less cost of the last 365 days.
    Margin,
    /// Net units of the last 365 days.
    Units,
}

/// Every cut of the classification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What ABC ranks by: revenue, margin or units.
    pub abc_value: AbcValue,
    /// Cumulative value share up to which an item is A, in (0, 1).
    pub abc_a: f64,
    /// Cumulative value share up to which an item is B, in (abc_a, 1].
    pub abc_b: f64,
    /// An item keeps its last class while its cumulative share is within this distance of the cut,
    /// in [0, 0.1].
    pub abc_hysteresis: f64,
    /// Fewer items than this are not ABC-classified.
    pub abc_min_items: usize,
    /// Coefficient of variation up to which demand is X.
    pub xyz_x: f64,
    /// Coefficient of variation up to which demand is Y, above `xyz_x`.
    pub xyz_y: f64,
    /// Days on sale below which an item is new.
    pub new_days: f64,
    /// Days without a sale after which an item is inactive (forecast zero).
    pub inactive_days: f64,
    /// Units a day from which an item is fast.
    pub fast_per_day: f64,
    /// Units a day from which an item is medium, below `fast_per_day`.
    pub medium_per_day: f64,
    /// Net revenue a month above which an item with a healthy margin is a winner, currency units.
    pub winner_revenue: f64,
    /// Net revenue a month below which an item is watched, or dead without movement, currency
    /// units.
    pub steady_revenue: f64,
    /// Margin share from which a margin is healthy.
    pub healthy_margin: f64,
    /// Days without movement that make a low-revenue item deadstock.
    pub deadstock_days: f64,
    /// Days without a sale, with stock on hand, that call for action.
    pub take_action_days: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            abc_value: AbcValue::Revenue,
            abc_a: 0.80,
            abc_b: 0.95,
            abc_hysteresis: 0.02,
            abc_min_items: 30,
            xyz_x: 0.5,
            xyz_y: 1.0,
            new_days: 56.0,
            inactive_days: 180.0,
            fast_per_day: 5.0,
            medium_per_day: 1.0,
            winner_revenue: 500.0,
            steady_revenue: 100.0,
            healthy_margin: 0.2,
            deadstock_days: 60.0,
            take_action_days: 90.0,
        }
    }
}

impl Settings {
    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let checks = [
            (self.abc_a > 0.0 && self.abc_a < 1.0, "abc_a", self.abc_a, "between 0 and 1"),
            (
                self.abc_b > self.abc_a && self.abc_b <= 1.0,
                "abc_b",
                self.abc_b,
                "above abc_a, up to 1",
            ),
            (
                (0.0..=0.1).contains(&self.abc_hysteresis),
                "abc_hysteresis",
                self.abc_hysteresis,
                "0 to 0.1",
            ),
            (self.xyz_x > 0.0, "xyz_x", self.xyz_x, "above 0"),
            (self.xyz_y > self.xyz_x, "xyz_y", self.xyz_y, "above xyz_x"),
            (self.new_days >= 0.0, "new_days", self.new_days, "0 or more"),
            (self.inactive_days > 0.0, "inactive_days", self.inactive_days, "above 0"),
            (self.medium_per_day > 0.0, "medium_per_day", self.medium_per_day, "above 0"),
            (
                self.fast_per_day > self.medium_per_day,
                "fast_per_day",
                self.fast_per_day,
                "above medium_per_day",
            ),
            (self.steady_revenue >= 0.0, "steady_revenue", self.steady_revenue, "0 or more"),
            (
                self.winner_revenue >= self.steady_revenue,
                "winner_revenue",
                self.winner_revenue,
                "at least steady_revenue",
            ),
            (
                (0.0..=1.0).contains(&self.healthy_margin),
                "healthy_margin",
                self.healthy_margin,
                "0 to 1",
            ),
            (self.deadstock_days > 0.0, "deadstock_days", self.deadstock_days, "above 0"),
            (self.take_action_days > 0.0, "take_action_days", self.take_action_days, "above 0"),
        ];
        let failed = checks.into_iter().filter(|check| !check.0);
        failed
            .map(|(_, key, value, expected)| {
                format!("classify.{key} = {value}: expected {expected}")
            })
            .collect()
    }
}

/// What classification reads of one pool: the history of its channels together.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolFacts {
    /// The item.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Cleaned demand of each of the last (up to 52) weeks, or of each period of a longer bucket,
    /// oldest first.
    pub recent: Vec<f64>,
    /// Average demand interval and squared coefficient of variation; `None` without demand.
    pub adi_cv2: Option<(f64, f64)>,
    /// Net units a day over the last 60 days, stock-outs censored.
    pub velocity_per_day: f64,
    /// Days since the first sale or launch.
    pub age_days: f64,
    /// Days since the last sale; infinite when it never sold.
    pub days_since_sale: f64,
    /// Net revenue of the last 365 days, currency units.
    pub revenue_365: f64,
    /// Net revenue of the last 90 days, currency units.
    pub revenue_90: f64,
    /// Net units of the last 365 days.
    pub units_365: f64,
}

/// The facts of one pool, from the cleaned panel.
///
/// - `return_rates`: share of sold units that come back. `[series]`
#[must_use]
pub fn pool_facts(panel: &Panel, pool: &Pool, return_rates: &[f64]) -> PoolFacts {
    let calendar = panel.calendar();
    let days = calendar.bucket().days();
    let first = pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(calendar.history());
    let length = calendar.history() - first;
    let (mut demand, mut censored) = (vec![0.0f64; length], vec![false; length]);
    let mut facts = PoolFacts {
        sku: pool.sku,
        location: pool.location,
        recent: Vec::new(),
        adi_cv2: None,
        velocity_per_day: 0.0,
        age_days: length as f64 * days,
        days_since_sale: f64::INFINITY,
        revenue_365: 0.0,
        revenue_90: 0.0,
        units_365: 0.0,
    };
    for i in pool.series.clone() {
        let (gross, flags) = (panel.gross(i), panel.flags(i));
        let offset = panel.start(i) - first;
        for (t, (&value, &f)) in panel.cleaned(i).iter().zip(flags).enumerate() {
            demand[offset + t] += f64::from(value);
            censored[offset + t] |= f & flag::CENSORED != 0;
        }
        let tail = |window_days: f64| {
            gross.len() - gross.len().min((window_days / days).round().max(1.0) as usize)
        };
        let (from, net) = (tail(60.0), 1.0 - return_rates[i]);
        facts.velocity_per_day +=
            net * crate::clean::velocity(&gross[from..], &flags[from..]) / days;
        facts.units_365 += net * gross[tail(365.0)..].iter().map(|&v| f64::from(v)).sum::<f64>();
        facts.revenue_365 += panel.totals(i).revenue_365;
        facts.revenue_90 += panel.totals(i).revenue_90;
        if let Some(last) = gross.iter().rposition(|&v| v > 0.0) {
            facts.days_since_sale =
                facts.days_since_sale.min((gross.len() - 1 - last) as f64 * days);
        }
    }
    facts.adi_cv2 = crate::classify::pattern::adi_cv2(
        demand.iter().zip(&censored).filter(|&(_, &c)| !c).map(|(&d, _)| d),
    );
    let step = (7.0 / days).round().max(1.0) as usize;
    let weeks = (length / step).min(52);
    facts.recent =
        demand[length - weeks * step..].chunks_exact(step).map(|week| week.iter().sum()).collect();
    facts
}

/// Classes of every pool, in order.
///
/// - `products`: by SKU; `economics` and, where known, `stock`: of each pool. `[pools]`
/// - `previous`: ABC class of the last run, where there was one. `[pools]`
#[must_use]
pub fn classify(
    facts: &[PoolFacts],
    products: &[Product],
    economics: &[UnitEconomics],
    stock: &[Option<&Stock>],
    (previous, as_of): (&[Option<AbcClass>], NaiveDate),
    settings: &Settings,
) -> Vec<Classification> {
    let values: Vec<f64> = facts
        .iter()
        .zip(economics)
        .map(|(f, unit)| match settings.abc_value {
            AbcValue::Revenue => f.revenue_365,
            AbcValue::Margin => {
                f.revenue_365 - unit.landed_cost.unwrap_or_default().as_f64() * f.units_365
            }
            AbcValue::Units => f.units_365,
        })
        .collect();
    let abc = crate::classify::abc_xyz::abc(&values, previous, settings);
    let peers = category_weeks(facts, products);
    (0..facts.len())
        .map(|i| {
            let f = &facts[i];
            let product = &products[f.sku.index()];
            let cv = crate::classify::abc_xyz::deseasonalised_cv(
                &f.recent,
                &peers.without(f, &product.category),
            );
            let available = stock[i].map_or(0, |s| s.available().0);
            let performance = performance(f, &economics[i], stock[i]);
            let rationalisation =
                crate::classify::rationalise::rationalisation(&performance, settings);
            let take_action = crate::classify::rationalise::take_action(&performance, settings);
            let cull = take_action || rationalisation == Rationalisation::Deadstock;
            let (adi, cv2) = f.adi_cv2.unwrap_or((0.0, 0.0));
            Classification {
                sku: f.sku,
                location: f.location,
                abc: abc[i].0,
                xyz: cv
                    .filter(|_| f.age_days >= settings.new_days)
                    .map(|cv| crate::classify::abc_xyz::xyz(cv, settings)),
                pattern: if f.adi_cv2.is_some() {
                    crate::classify::pattern::pattern(adi, cv2)
                } else {
                    DemandPattern::None
                },
                velocity: crate::classify::velocity::velocity_class(f.velocity_per_day, settings),
                lifecycle: lifecycle(f, product, as_of, settings),
                rationalisation,
                take_action,
                adi,
                cv2,
                cv: cv.unwrap_or(0.0),
                value_share: abc[i].1,
                velocity_per_day: f.velocity_per_day,
                days_of_cover: crate::classify::velocity::days_of_cover(
                    available as f64,
                    f.velocity_per_day,
                ),
                revenue_per_month: performance.revenue_per_month,
                cash_freed: if cull {
                    economics[i].landed_cost.unwrap_or_default().times(Units(available.max(0)))
                } else {
                    Money::ZERO
                },
            }
        })
        .collect()
}

fn performance(
    f: &PoolFacts,
    economics: &UnitEconomics,
    stock: Option<&Stock>,
) -> crate::classify::rationalise::Performance {
    let on_hand = stock.map_or(0, |s| s.on_hand.0);
    crate::classify::rationalise::Performance {
        revenue_per_month: f.revenue_90 / 3.0,
        margin: economics.margin_rate(),
        days_since_sale: f.days_since_sale,
        on_hand,
    }
}

fn lifecycle(f: &PoolFacts, product: &Product, as_of: NaiveDate, settings: &Settings) -> Lifecycle {
    let not_yet_on_sale = product.launched.is_some_and(|d| d >= as_of);
    match product.status {
        ProductStatus::Obsolete => Lifecycle::Obsolete,
        ProductStatus::PhaseOut => Lifecycle::PhaseOut,
        _ if product.superseded_by.is_some() => Lifecycle::Superseded,
        _ if product.status == ProductStatus::New || not_yet_on_sale => Lifecycle::Launch,
        _ if f.days_since_sale >= settings.inactive_days => Lifecycle::Inactive,
        _ if f.age_days < settings.new_days => Lifecycle::New,
        _ => Lifecycle::Active,
    }
}

/// Weekly demand of each category, so that an item can be compared with its peers.
struct CategoryWeeks<'a> {
    by_category: std::collections::BTreeMap<&'a str, (Vec<f64>, usize)>,
    all: Vec<f64>,
}

/// Items a category needs before it can serve as its members' peers.
const PEERS: usize = 5;

fn category_weeks<'a>(facts: &[PoolFacts], products: &'a [Product]) -> CategoryWeeks<'a> {
    let mut weeks =
        CategoryWeeks { by_category: std::collections::BTreeMap::new(), all: vec![0.0; 52] };
    for f in facts {
        let (sums, members) = weeks
            .by_category
            .entry(&products[f.sku.index()].category)
            .or_insert_with(|| (vec![0.0; 52], 0));
        *members += 1;
        let skip = 52 - f.recent.len();
        for (t, d) in f.recent.iter().enumerate() {
            sums[skip + t] += d;
            weeks.all[skip + t] += d;
        }
    }
    weeks
}

impl CategoryWeeks<'_> {
    /// Demand of the item's category, or of everything when the category is small, less the item's
    /// own.
    fn without(&self, f: &PoolFacts, category: &str) -> Vec<f64> {
        let sums = self
            .by_category
            .get(category)
            .filter(|(_, members)| *members > PEERS)
            .map_or(&self.all, |(sums, _)| sums);
        let skip = 52 - f.recent.len();
        f.recent.iter().zip(&sums[skip..]).map(|(own, all)| (all - own).max(0.0)).collect()
    }
}
