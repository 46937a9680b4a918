//! What one pool needs, as `inventory` hands it to purchasing.

use crate::domain::outcome::Status;
use crate::domain::units::{LocationId, Money, PoolId, SkuId, SupplierId, Units, in_words};
use crate::explain::arithmetic::to_a_millionth;
use crate::explain::words::{self, Word};
use crate::explain::{Step, Unit};
use crate::math::distributions::Demand;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// What `inventory` says about one pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolNeed {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// What is ordered without packs is a multiple of it.
    pub step: Units,
    /// What to do.
    pub status: Status,
    /// 0 to 100.
    pub urgency: f64,
    /// The last order day of the usual supplier that still helps.
    pub order_by: Option<NaiveDate>,
    /// First day on which the expected stock falls to the safety stock.
    pub safety_date: Option<NaiveDate>,
    /// Who it is planned with.
    pub usual: Option<SupplierId>,
    /// First day the projected stock is gone.
    pub stockout_date: Option<NaiveDate>,
    /// Probability of running out before an order placed today arrives.
    pub stockout_probability: f64,
    /// Units in the location.
    pub on_hand: Units,
    /// On hand less committed, damaged and returns pending.
    pub available: Units,
    /// Open orders due inside the horizon.
    pub on_order: Units,
    /// Available + on order - backorders.
    pub inventory_position: Units,
    /// Units to order, unrounded; 0 when nothing is to be ordered. Read to a millionth of a unit.
    pub need: f64,
    /// What has to be agreed to before any of it is ordered; `None` where nothing has.
    #[serde(deserialize_with = "words::optional_word")]
    pub waits: Option<Word>,
    /// Units by which the need is smaller because they are lost before the usual supplier delivers;
    /// a faster one serves them.
    pub unserved: f64,
    /// Units that another location sends.
    pub moved_in: Units,
    /// Units of an order placed now that sell before they spoil; `None` where nothing spoils.
    pub sells_in_time: Option<f64>,
    /// Whether another location feeds it: only suppliers that deliver here by name are asked.
    pub fed: bool,
    /// Whether position and demand are those of all locations that it feeds together.
    pub echelon: bool,
    /// Most units that may be ordered without exceeding the most stock to hold.
    pub room: Option<Units>,
    /// The most stock to hold.
    pub max_stock: Option<Units>,
    /// Expected demand of the next four weeks, units a day.
    pub daily_demand: f64,
    /// Expected demand by week; empty where it is as in the next four weeks for ever.
    pub dated: DatedDemand,
    /// Margin of one unit.
    pub margin: Money,
    /// Expected units short up to the end of day `d` from the as-of date if nothing more is
    /// ordered, non-decreasing. `[horizon]`
    pub shortfall: Vec<f64>,
    /// The product's own cost, for a supplier without a price.
    pub unit_cost: Option<Money>,
    /// Weight of one unit.
    pub weight: Option<f64>,
    /// Volume of one unit.
    pub volume: Option<f64>,
    /// The last run's quantities, not yet approved or placed, by supplier.
    pub previous: Vec<PreviousQuantity>,
    /// Demand until the order after the next one arrives.
    pub protection: Demand,
    /// Half a sentence: why this need.
    pub reason: String,
    /// The arithmetic of `need`.
    pub steps: Vec<Step>,
}

/// Expected demand of the coming weeks, units: what a unit bought today is bought for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DatedDemand {
    /// From the as-of date to the end of each week. `[weeks]`
    weeks: Vec<f32>,
}

/// No stock is said to last longer, days: ten years are for ever.
const FOR_EVER: f64 = 3650.0;

impl DatedDemand {
    /// Of the weeks of `days`, of which `until` says how much is asked for until a day.
    #[must_use]
    pub fn new(days: f64, until: impl Fn(f64) -> f64) -> Self {
        // By the week: by the day it would be the largest part of a need, and no lot is chosen to
        // the day.
        let weeks = (days / 7.0).ceil().clamp(1.0, FOR_EVER / 7.0) as usize;
        Self { weeks: (1..=weeks).map(|week| until((7 * week) as f64) as f32).collect() }
    }

    /// Demand from the as-of date to the end of week `week`; 0 = none yet.
    fn end_of(&self, week: usize) -> f64 {
        week.checked_sub(1).map_or(0.0, |i| f64::from(self.weeks[i]))
    }

    /// Units until `days` ahead; after the last week as in it.
    fn until(&self, days: f64) -> f64 {
        let week = ((days / 7.0).max(0.0) as usize).min(self.weeks.len() - 1);
        let begun = self.end_of(week);
        begun + (self.end_of(week + 1) - begun) * (days / 7.0 - week as f64)
    }

    /// Days until `units` are sold.
    fn lasts(&self, units: f64) -> f64 {
        let week = self.weeks.partition_point(|&sold| f64::from(sold) < units);
        let week = week.min(self.weeks.len() - 1);
        let begun = self.end_of(week);
        let weekly = self.end_of(week + 1) - begun;
        let days = if weekly > 0.0 {
            7.0 * (week as f64 + (units - begun) / weekly)
        } else {
            f64::INFINITY
        };
        days.clamp(0.0, FOR_EVER)
    }
}

/// What the last run proposed to order from one supplier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousQuantity {
    /// From whom.
    pub supplier: SupplierId,
    /// How much.
    pub quantity: Units,
}

impl PoolNeed {
    /// The pool.
    #[must_use]
    pub fn id(&self) -> PoolId {
        PoolId { sku: self.sku, location: self.location }
    }

    /// A pool of which nothing is known: held, without stock, demand or need.
    #[must_use]
    pub fn unknown(sku: SkuId, location: LocationId) -> Self {
        Self {
            sku,
            location,
            step: Units::LEAST,
            status: Status::Held,
            urgency: 0.0,
            order_by: None,
            safety_date: None,
            usual: None,
            sells_in_time: None,
            unserved: 0.0,
            moved_in: Units::ZERO,
            stockout_date: None,
            stockout_probability: 0.0,
            on_hand: Units::ZERO,
            available: Units::ZERO,
            on_order: Units::ZERO,
            inventory_position: Units::ZERO,
            need: 0.0,
            fed: false,
            echelon: false,
            waits: None,
            room: None,
            max_stock: None,
            daily_demand: 0.0,
            dated: DatedDemand::default(),
            margin: Money::ZERO,
            shortfall: Vec::new(),
            unit_cost: None,
            weight: None,
            volume: None,
            previous: Vec::new(),
            protection: Demand::count(0.0, 0.0),
            reason: String::new(),
            steps: Vec::new(),
        }
    }

    /// The same pool with `stock` units on hand that sell `daily_demand` a day, every day of
    /// `horizon`, and nothing on order.
    ///
    /// ```
    /// use orderpoint::domain::units::{LocationId, SkuId, Units};
    /// use orderpoint::purchase::PoolNeed;
    ///
    /// let day = |n| chrono::NaiveDate::from_ymd_opt(2024, 4, n).unwrap();
    /// let pool = PoolNeed::unknown(SkuId(0), LocationId(0)).selling(10.0, Units(45), day(1), 90);
    /// assert_eq!(pool.stockout_date, Some(day(5)));
    /// assert_eq!(pool.short_within(7.0), 25.0);
    /// assert_eq!(pool.cover_days(Units(15)), 6.0);
    /// ```
    #[must_use]
    pub fn selling(
        self,
        daily_demand: f64,
        stock: Units,
        as_of: NaiveDate,
        horizon: usize,
    ) -> Self {
        let lasts = Days::new((stock.as_f64().max(0.0) / daily_demand) as u64);
        let shortfall =
            (1..=horizon).map(|day| (day as f64 * daily_demand - stock.as_f64()).max(0.0));
        Self {
            on_hand: stock,
            available: stock,
            inventory_position: stock,
            daily_demand,
            stockout_date: as_of.checked_add_days(lasts),
            shortfall: shortfall.collect(),
            ..self
        }
    }

    /// Takes `quantity` units that another location sends off the need.
    ///
    /// They are there this morning: where they are all that is needed, the stock no longer runs out
    /// before an order could come.
    pub fn move_in(&mut self, quantity: Units, from: &str) {
        let wanted = self.need;
        self.moved_in += quantity;
        // What is moved here takes its place on the shelf.
        self.room = self.room.map(|room| (room - quantity).or_zero());
        for short in &mut self.shortfall {
            *short = (*short - quantity.as_f64()).max(0.0);
        }
        self.need = to_a_millionth((wanted - quantity.as_f64()).max(0.0));
        self.steps.push(Step {
            name: "need",
            formula: "to_a_millionth(max(need - moved_in, 0))".to_owned(),
            inputs: vec![("moved_in", quantity.as_f64())],
            value: self.need,
            unit: Unit::Units,
            note: format!(
                "{} moved from {from}, see transfers",
                if quantity == Units::whole(1) {
                    "1 is".to_owned()
                } else {
                    format!("{quantity} are")
                }
            ),
        });
        if !self.reason.is_empty() {
            self.reason.push_str("; ");
        }
        let are = if quantity == Units::whole(1) { "is" } else { "are" };
        // Whole units may be more than the need: six of five would read as a slip.
        let of_need = if wanted >= quantity.as_f64() {
            format!(" of {}", in_words(wanted))
        } else {
            String::new()
        };
        self.reason.push_str(&format!("{quantity}{of_need} {are} moved here from {from}"));
        // Nothing is left to buy against the stock-out: what is to be done today is the move.
        if self.status == Status::WillStockOut && self.need == 0.0 {
            self.status = Status::OrderNow;
        }
    }

    /// Takes `units` off the need of an echelon that locations in it buy themselves.
    pub(crate) fn buy_below(&mut self, units: f64) {
        self.need = to_a_millionth((self.need - units).max(0.0));
        self.steps.push(Step {
            name: "need",
            formula: "to_a_millionth(max(need - bought_below, 0))".to_owned(),
            inputs: vec![("bought_below", units)],
            value: self.need,
            unit: Unit::Units,
            note: "what locations that are fed from here buy from suppliers of their own"
                .to_owned(),
        });
        if !self.reason.is_empty() {
            self.reason.push_str("; ");
        }
        let units = in_words(units);
        self.reason.push_str(&format!("{units} of it are bought where they are sold"));
    }

    /// Expected units short within `days` from the as-of date if nothing more is ordered.
    ///
    /// Beyond the horizon everything demanded is short, if anything was short at its end.
    #[must_use]
    pub fn short_within(&self, days: f64) -> f64 {
        let whole_days = days.max(0.0).floor() as usize;
        if whole_days == 0 {
            return 0.0;
        }
        if let Some(&short) = self.shortfall.get(whole_days - 1) {
            return short;
        }
        match self.shortfall.last() {
            // Beyond the curve it grows as demand does, once the shelf is empty; where nothing is
            // short by its end, nothing is said to be later.
            Some(&short) if short > 0.0 => {
                short + (whole_days - self.shortfall.len()) as f64 * self.daily_demand
            }
            Some(_) | None => 0.0,
        }
    }

    /// Units of demand that the position, what is moved in and `ordered` more units answer for:
    /// what is lost before an order comes takes none of it, and what is moved in serves that first.
    #[must_use]
    pub fn answers_for(&self, ordered: Units) -> f64 {
        let beside = self.unserved.max(self.moved_in.as_f64());
        (self.inventory_position + ordered).as_f64() + beside
    }

    /// Days the inventory position, what is moved in and `quantity` more units last; infinite
    /// without demand.
    #[must_use]
    pub fn cover_days(&self, quantity: Units) -> f64 {
        self.days_of((self.inventory_position + self.moved_in + quantity).or_zero().as_f64())
    }

    /// Days until `units` are asked for; infinite without demand.
    pub(crate) fn days_of(&self, units: f64) -> f64 {
        if self.daily_demand <= 0.0 {
            f64::INFINITY
        } else if self.dated.weeks.is_empty() {
            units / self.daily_demand
        } else {
            self.dated.lasts(units)
        }
    }

    /// Expected demand of the next `days`, units.
    #[must_use]
    pub fn demand_within(&self, days: f64) -> f64 {
        if self.dated.weeks.is_empty() { self.daily_demand * days } else { self.dated.until(days) }
    }

    /// Asks for `served` units more, which a faster supplier sells and the usual one would lose.
    pub(crate) fn serve(&mut self, served: f64) {
        self.need = to_a_millionth(self.need + served);
        self.unserved = to_a_millionth((self.unserved - served).max(0.0));
        self.steps.push(Step {
            name: "need",
            formula: "to_a_millionth(need + served_sooner)".to_owned(),
            inputs: vec![("served_sooner", served)],
            value: self.need,
            unit: Unit::Units,
            note: "a faster supplier sells what the usual one would come too late for".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cover_is_counted_by_the_dated_demand() {
        // Ten a day for four weeks, then two.
        let until = |days: f64| 10.0 * days.min(28.0) + 2.0 * (days - 28.0).max(0.0);
        let dated = DatedDemand::new(120.0, until);
        assert_eq!(
            (dated.until(10.0), dated.until(35.0), dated.until(200.0)),
            (100.0, 294.0, 624.0)
        );
        assert_eq!(
            (dated.lasts(100.0), dated.lasts(294.0), dated.lasts(624.0)),
            (10.0, 35.0, 200.0)
        );
        let ends = DatedDemand::new(28.0, |days| 10.0 * days.min(14.0));
        assert_eq!((ends.until(100.0), ends.lasts(141.0)), (140.0, FOR_EVER));
    }
}
