//! What kind of item a pool is: its value, variability, demand pattern, velocity and place in the
//! range.
//!
//! One file a question; [`Settings`] holds every cut. Classes steer service targets, methods and
//! review cadence.

pub mod abc_xyz;
pub mod pattern;
pub mod rationalise;
pub mod variation;
pub mod velocity;

use crate::classify::variation::{Variation, WEEKS};
use crate::clean::activity::{Idleness, Silence, is_idle};
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
    /// Days on which an item could have sold and did not, after which there is no demand any more.
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
            // 80 and 95 % of the value: the usual cuts of an ABC analysis.
            abc_a: 0.80,
            abc_b: 0.95,
            // An item at a cut would change its class, and with it its service, every other night.
            abc_hysteresis: 0.02,
            // Of fewer items a fifth is a handful: every sale would move somebody over a cut.
            abc_min_items: 30,
            // Half and the whole of the mean: the usual cuts of the coefficient of variation.
            xyz_x: 0.5,
            xyz_y: 1.0,
            // Eight weeks: each weekday was seen eight times.
            new_days: 56.0,
            inactive_days: 180.0,
            fast_per_day: 5.0,
            medium_per_day: 1.0,
            // Decided: trap 4 of the contract, like the figures below.
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
        // All of them at once: whoever mends one finds out about the next in the same run.
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
    /// How evenly it sold lately.
    pub variation: Variation,
    /// Average demand interval and squared coefficient of variation; `None` without demand.
    pub adi_cv2: Option<(f64, f64)>,
    /// Net units a day over the last 60 days, stock-outs censored.
    pub velocity_per_day: f64,
    /// Days since the first sale or launch.
    pub age_days: f64,
    /// Whether it ever sold.
    pub has_sold: bool,
    /// How long nobody has bought it that could.
    pub silence: Silence,
    /// Net revenue of the last 365 days, currency units; units without a price in the sales count
    /// at the item's price.
    pub revenue_365: f64,
    /// Net revenue of the last 90 days, currency units, likewise.
    pub revenue_90: f64,
    /// Net units of the last 365 days.
    pub units_365: f64,
}

/// What the history of one pool says by itself: [`PoolFacts`] but for what its channels and prices
/// make of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolSeen {
    variation: Variation,
    adi_cv2: Option<(f64, f64)>,
    age_days: f64,
    has_sold: bool,
    silence: Silence,
    /// One a channel.
    sold: Vec<SeriesSold>,
}

/// What one series sold lately, what comes back not deducted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SeriesSold {
    /// Units a period over the last 60 days.
    velocity: f64,
    /// Units of the last 365 days.
    year: f64,
    /// Units of the last 90 days.
    quarter: f64,
}

impl PoolSeen {
    /// Of one pool of the cleaned panel.
    #[must_use]
    pub fn of(panel: &Panel, pool: &Pool) -> Self {
        let calendar = panel.calendar();
        let days = calendar.bucket().days();
        let first = pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(calendar.history());
        let length = calendar.history() - first;
        let own_starts = pool.series.clone().map(|i| panel.own_start(i));
        let own_start = own_starts.min().unwrap_or(calendar.history());
        let mut history = PoolHistory {
            demand: vec![0.0; length],
            // Until a channel says otherwise a period is neither idle nor busy.
            silent: vec![Idleness::Other; length],
            observed: vec![!pool.series.is_empty(); length],
            promoted: vec![false; length],
        };
        let mut has_sold = false;
        let mut sold = Vec::with_capacity(pool.series.len());
        for i in pool.series.clone() {
            let (gross, flags) = (&*panel.gross(i), panel.flags(i));
            history.add(panel.start(i) - first, gross, panel.cleaned(i), flags);
            let from = gross.len() - last_periods(gross, VELOCITY_DAYS / days).len();
            let own = panel.own_start(i) - panel.start(i);
            // Inherited demand sells at the pace it had.
            let recent = if own > from { &panel.cleaned(i)[from..] } else { &gross[from..] };
            let velocity = crate::clean::velocity(recent, &flags[from..]);
            sold.push(SeriesSold {
                velocity,
                year: units_of(last_periods(gross, 365.0 / days)),
                quarter: units_of(last_periods(gross, 90.0 / days)),
            });
            has_sold |= gross.iter().any(|&units| units > 0.0);
        }
        let observed = history.demand.iter().zip(&history.observed);
        Self {
            adi_cv2: crate::classify::pattern::adi_cv2(
                observed.filter(|&(_, &observed)| observed).map(|(&demand, _)| demand),
            ),
            age_days: (calendar.history() - own_start) as f64 * days,
            has_sold,
            silence: Silence::of(history.silent.iter().copied(), days),
            variation: Variation::of(&history.demand, &history.promoted, calendar.bucket()),
            sold,
        }
    }

    /// The facts of `pool`, which this is of.
    ///
    /// - `return_rates`: share of sold units that come back. `[series of the panel]`
    /// - `price`: of one unit where the sales say none, currency units; `None` where nothing says.
    #[must_use]
    pub fn facts(
        &self,
        panel: &Panel,
        pool: &Pool,
        return_rates: &[f64],
        price: Option<f64>,
    ) -> PoolFacts {
        let days = panel.calendar().bucket().days();
        let mut facts = PoolFacts {
            sku: pool.sku,
            location: pool.location,
            variation: self.variation.clone(),
            adi_cv2: self.adi_cv2,
            velocity_per_day: 0.0,
            age_days: self.age_days,
            has_sold: self.has_sold,
            silence: self.silence,
            revenue_365: 0.0,
            revenue_90: 0.0,
            units_365: 0.0,
        };
        for (i, sold) in pool.series.clone().zip(&self.sold) {
            // What comes back is sold again: it needs no purchase, and earned nothing.
            let net = 1.0 - return_rates[i];
            facts.velocity_per_day += net * sold.velocity / days;
            let (year, quarter) = (net * sold.year, net * sold.quarter);
            let totals = panel.totals(i);
            // The average price of the units that had one beats the list's: it knows of discounts.
            let price = if totals.priced_units > 0.0 {
                totals.gross_revenue / totals.priced_units
            } else {
                price.unwrap_or(0.0)
            };
            facts.units_365 += year;
            facts.revenue_365 += totals.revenue_365 + price * (year - totals.priced_365).max(0.0);
            facts.revenue_90 += totals.revenue_90 + price * (quarter - totals.priced_90).max(0.0);
        }
        facts
    }
}

/// The last so many periods, rounded; one at least.
fn last_periods(gross: &[f32], periods: f64) -> &[f32] {
    &gross[gross.len() - gross.len().min(periods.round().max(1.0) as usize)..]
}

fn units_of(gross: &[f32]) -> f64 {
    gross.iter().map(|&units| f64::from(units)).sum()
}

/// The channels of one pool together, from its first period on.
struct PoolHistory {
    /// Cleaned units. `[periods]`
    demand: Vec<f64>,
    silent: Vec<Idleness>,
    /// Whether the period says something about how often and how much it sells. `[periods]`
    observed: Vec<bool>,
    promoted: Vec<bool>,
}

impl PoolHistory {
    fn add(&mut self, offset: usize, gross: &[f32], cleaned: &[f32], flags: &[u8]) {
        for (t, (&units, &flags)) in gross.iter().zip(flags).enumerate() {
            let period = offset + t;
            self.demand[period] += f64::from(cleaned[t]);
            // A season that recurs is no interval between two demands.
            self.observed[period] &= flags & (flag::CENSORED | flag::OFF_SEASON) == 0;
            self.promoted[period] |= flags & flag::PROMOTION != 0;
            if units > 0.0 {
                self.silent[period] = Idleness::Sold;
            } else if is_idle(units, flags) && self.silent[period] == Idleness::Other {
                self.silent[period] = Idleness::Idle;
            }
        }
    }
}

/// What classification reads of one item's place in the range.
#[derive(Debug, Clone, Copy)]
pub struct PoolContext<'a> {
    /// Master data.
    pub product: &'a Product,
    /// What one unit costs and earns.
    pub economics: &'a UnitEconomics,
    /// Today's stock.
    pub stock: Option<&'a Stock>,
    /// Its class in the last run.
    pub previous: Option<AbcClass>,
    /// Whether its successor is on sale.
    pub superseded: bool,
    /// Whether somebody expects it to sell: an analogue, a predecessor, a planner's units.
    pub awaited: bool,
}

/// Classes of every pool, in order.
///
/// - `context`: as `facts`. `[pools]`
#[must_use]
pub fn classify(
    facts: &[PoolFacts],
    context: &[PoolContext<'_>],
    as_of: NaiveDate,
    settings: &Settings,
) -> Vec<Classification> {
    let basis = abc_value(facts, settings);
    let values: Vec<f64> = facts
        .iter()
        .zip(context)
        .map(|(f, context)| match basis {
            AbcValue::Revenue => f.revenue_365,
            AbcValue::Margin => {
                let cost = context.economics.landed_cost.unwrap_or_default();
                f.revenue_365 - cost.as_f64() * f.units_365
            }
            AbcValue::Units => f.units_365,
        })
        .collect();
    let previous: Vec<Option<AbcClass>> = context.iter().map(|c| c.previous).collect();
    let abc = crate::classify::abc_xyz::abc(&values, &previous, settings);
    let peers = category_weeks(facts, context);
    (0..facts.len())
        .map(|i| {
            let f = &facts[i];
            let PoolContext { product, economics, stock, .. } = context[i];
            let unexplained = f.variation.unexplained(&peers.without(f, &product.category));
            let available = stock.map_or(0, |s| s.available().0);
            let performance = performance(f, &context[i], as_of);
            let rationalisation =
                crate::classify::rationalise::rationalisation(&performance, settings);
            let take_action = crate::classify::rationalise::take_action(&performance, settings);
            let cull = take_action || rationalisation == Rationalisation::Deadstock;
            let (adi, cv2) = f.adi_cv2.unwrap_or((0.0, 0.0));
            let cv = f.variation.as_sold;
            Classification {
                sku: f.sku,
                location: f.location,
                abc: abc[i].0,
                xyz: cv.zip(unexplained).filter(|_| f.age_days >= settings.new_days).map(
                    |(cv, unexplained)| crate::classify::abc_xyz::xyz(cv, unexplained, settings),
                ),
                pattern: if f.adi_cv2.is_some() {
                    crate::classify::pattern::pattern(adi, cv2)
                } else {
                    DemandPattern::None
                },
                velocity: crate::classify::velocity::velocity_class(f.velocity_per_day, settings),
                lifecycle: lifecycle(f, &context[i], as_of, settings),
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
                    economics.landed_cost.unwrap_or_default().times(Units(available.max(0)))
                } else {
                    Money::ZERO
                },
            }
        })
        .collect()
}

/// What ABC is cut on: as set, but by units where no price is known of anything.
#[must_use]
pub fn abc_value(facts: &[PoolFacts], settings: &Settings) -> AbcValue {
    let priced = facts.iter().any(|f| f.revenue_365 != 0.0);
    match settings.abc_value {
        AbcValue::Revenue | AbcValue::Margin if !priced => AbcValue::Units,
        AbcValue::Revenue | AbcValue::Margin | AbcValue::Units => settings.abc_value,
    }
}

fn performance(
    f: &PoolFacts,
    context: &PoolContext<'_>,
    as_of: NaiveDate,
) -> crate::classify::rationalise::Performance {
    crate::classify::rationalise::Performance {
        revenue_per_month: f.revenue_90 / 3.0,
        margin: context.economics.margin_rate(),
        days_since_sale: idle_days(f, context.product, as_of),
        on_hand: context.stock.map_or(0, |s| s.on_hand.0),
    }
}

/// Days in which the item could have sold, usually would have, and did not: since its last sale, or
/// since it has been on sale.
fn idle_days(f: &PoolFacts, product: &Product, as_of: NaiveDate) -> f64 {
    match product.launched {
        Some(launched) if !f.has_sold => {
            f.silence.days.min((as_of - launched).num_days().max(0) as f64)
        }
        Some(_) | None => f.silence.days,
    }
}

fn lifecycle(
    f: &PoolFacts,
    context: &PoolContext<'_>,
    as_of: NaiveDate,
    settings: &Settings,
) -> Lifecycle {
    let product = context.product;
    let since_launch = product.launched.map(|launched| (as_of - launched).num_days() as f64);
    let silence = Silence { days: idle_days(f, product, as_of), ..f.silence };
    // What has not begun is not over.
    let begins = !f.has_sold
        && (context.awaited || since_launch.is_some_and(|days| days < settings.new_days));
    match product.status {
        ProductStatus::Obsolete => Lifecycle::Obsolete,
        ProductStatus::PhaseOut => Lifecycle::PhaseOut,
        _ if context.superseded => Lifecycle::Superseded,
        ProductStatus::New => Lifecycle::Launch,
        _ if begins || since_launch.is_some_and(|days| days <= 0.0) => Lifecycle::Launch,
        _ if silence.is_over(settings.inactive_days) => Lifecycle::Inactive,
        _ if f.age_days < settings.new_days => Lifecycle::New,
        ProductStatus::Active | ProductStatus::DoNotOrder => Lifecycle::Active,
    }
}

/// Weekly demand of each category, so that an item can be compared with its peers.
struct CategoryWeeks<'a> {
    by_category: std::collections::BTreeMap<&'a str, (Vec<f64>, usize)>,
    all: Vec<f64>,
}

/// Days that an item's pace is taken from: its age classes, too, count 60 days without a sale as
/// standing still.
const VELOCITY_DAYS: f64 = 60.0;

/// Items a category needs before it can serve as its members' peers.
const PEERS: usize = 5;

fn category_weeks<'a>(facts: &[PoolFacts], context: &[PoolContext<'a>]) -> CategoryWeeks<'a> {
    let mut weeks =
        CategoryWeeks { by_category: std::collections::BTreeMap::new(), all: vec![0.0; WEEKS] };
    for (f, context) in facts.iter().zip(context) {
        let (sums, members) = weeks
            .by_category
            .entry(&context.product.category)
            .or_insert_with(|| (vec![0.0; WEEKS], 0));
        *members += 1;
        let recent = &f.variation.recent;
        let skip = WEEKS - recent.len();
        for (t, d) in recent.iter().enumerate() {
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
        let recent = &f.variation.recent;
        let skip = WEEKS - recent.len();
        recent.iter().zip(&sums[skip..]).map(|(own, all)| (all - own).max(0.0)).collect()
    }
}
