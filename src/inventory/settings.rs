//! What a planner may choose about the policy: the `[policy]` section of the configuration.

use crate::domain::classes::{AbcClass, PolicyMethod, VelocityClass, XyzClass};
use crate::domain::units::Probability;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How safety stock and reorder point are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `cost` where the unit's cost and margin are known, `quantile` otherwise.
    #[default]
    Auto,
    /// Peak x longest lead time - average x mean lead time.
    MaxAverage,
    /// z x standard deviation of demand over the protection interval.
    Normal,
    /// Quantile of the predicted demand over the protection interval.
    Quantile,
    /// Quantile at the critical ratio of shortage and holding cost.
    Cost,
    /// Days of cover by velocity class.
    Cover,
    /// The stock that fills the target share of demand.
    FillRate,
    /// No safety stock; only for dependable short lead times and steady demand.
    JustInTime,
}

impl Method {
    /// As results name it; `Auto` is decided by then, and stands for what it falls back to.
    #[must_use]
    pub fn reported(self) -> PolicyMethod {
        match self {
            Self::MaxAverage => PolicyMethod::MaxAverage,
            Self::Normal => PolicyMethod::Normal,
            Self::Auto | Self::Quantile => PolicyMethod::Quantile,
            Self::Cost => PolicyMethod::Cost,
            Self::Cover => PolicyMethod::Cover,
            Self::FillRate => PolicyMethod::FillRate,
            Self::JustInTime => PolicyMethod::JustInTime,
        }
    }
}

/// When to order and up to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OrderRule {
    /// At or below the reorder point: up to reorder point + order quantity.
    #[default]
    #[serde(rename = "s-S")]
    MinMax,
    /// At every review: up to the reorder point.
    #[serde(rename = "R-S")]
    OrderUpTo,
    /// At or below the reorder point: whole multiples of the order quantity.
    #[serde(rename = "s-Q")]
    FixedQuantity,
}

/// How large one order is above the reorder point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderQuantity {
    /// With `auto` and `cost` the economic order quantity, at most `order_cover_days` of demand; `days-of-cover` with any other
    /// method and where the unit's cost is unknown.
    #[default]
    Auto,
    /// Nothing: order up to the reorder point.
    None,
    /// `order_cover_days` of demand.
    DaysOfCover,
    /// The economic order quantity.
    Eoq,
}

/// What happens to demand that meets an empty shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnmetDemand {
    /// The sale is lost.
    #[default]
    Lost,
    /// The customer waits.
    Backordered,
}

/// What the cover bands do to the computed safety stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverMode {
    /// The formula stands; out-of-band is only flagged.
    #[default]
    Formula,
    /// The middle of the band stands instead.
    Band,
    /// The formula is moved to the nearer end of the band.
    Clamp,
}

/// Days of cover of the velocity classes: (least, most).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoverBands {
    /// Fast movers.
    pub fast: (f64, f64),
    /// Medium movers.
    pub medium: (f64, f64),
    /// Slow movers.
    pub slow: (f64, f64),
}

impl Default for CoverBands {
    fn default() -> Self {
        Self { fast: (45.0, 60.0), medium: (30.0, 45.0), slow: (15.0, 30.0) }
    }
}

impl CoverBands {
    /// The band of a velocity class; `None` for an item that does not move.
    #[must_use]
    pub fn of(&self, velocity: VelocityClass) -> Option<(f64, f64)> {
        match velocity {
            VelocityClass::Fast => Some(self.fast),
            VelocityClass::Medium => Some(self.medium),
            VelocityClass::Slow => Some(self.slow),
            VelocityClass::None => None,
        }
    }
}

/// When the just-in-time profile is allowed: short, dependable lead time and class X.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JustInTime {
    /// Longest mean lead time, calendar days.
    pub max_lead_time_days: f64,
    /// Largest standard deviation of the lead time as a share of its mean.
    pub max_variation: f64,
}

impl Default for JustInTime {
    fn default() -> Self {
        Self { max_lead_time_days: 7.0, max_variation: 0.15 }
    }
}

/// Policy of one of the nine ABC x XYZ cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Cycle service (or fill rate, with that method) to keep.
    pub service: Probability,
    /// Instead of the general method.
    #[serde(default)]
    pub method: Option<Method>,
    /// Instead of the general review period, calendar days.
    #[serde(default)]
    pub review_period_days: Option<f64>,
    /// Count the shelf this often, calendar days.
    pub count_every_days: f64,
}

/// The `[policy]` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How safety stock and reorder point are found.
    pub method: Method,
    /// When to order and up to where.
    pub order_rule: OrderRule,
    /// How large one order is above the reorder point.
    pub order_quantity: OrderQuantity,
    /// Days one order lasts with `days-of-cover`; the most it lasts by economic quantity with `auto`.
    pub order_cover_days: f64,
    /// Days between two reviews of a pool.
    pub review_period_days: f64,
    /// Service target of an item without classes.
    pub service: Probability,
    /// Policy by cell, `AX` to `CZ`; a cell left out keeps its default.
    pub cells: BTreeMap<String, Cell>,
    /// Whether unmet demand is lost or waits.
    pub unmet_demand: UnmetDemand,
    /// Cost of placing one order line, currency; 0 = orders cost nothing.
    pub order_cost: f64,
    /// Cost of holding stock, share of the unit cost a year.
    pub holding_rate_per_year: f64,
    /// Cost of holding one unit for one period, currency; instead of the rate.
    pub holding_per_unit_period: Option<f64>,
    /// Cost of one unit of unmet demand, currency; the unit margin when left out.
    pub shortage_per_unit: Option<f64>,
    /// What the cover bands do to safety stock.
    pub cover_mode: CoverMode,
    /// Days of cover by velocity class.
    pub cover_bands: CoverBands,
    /// More cover than this is excess, days.
    pub excess_cover_days: f64,
    /// When just-in-time is allowed.
    pub just_in_time: JustInTime,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Auto,
            order_rule: OrderRule::MinMax,
            order_quantity: OrderQuantity::Auto,
            order_cover_days: 60.0,
            review_period_days: 7.0,
            service: probability(0.95),
            cells: BTreeMap::new(),
            unmet_demand: UnmetDemand::Lost,
            order_cost: 4.0,
            holding_rate_per_year: 0.25,
            holding_per_unit_period: None,
            shortage_per_unit: None,
            cover_mode: CoverMode::Formula,
            cover_bands: CoverBands::default(),
            excess_cover_days: 120.0,
            just_in_time: JustInTime::default(),
        }
    }
}

fn probability(value: f64) -> Probability {
    Probability::new(value).expect("the literals of this module lie between 0 and 1")
}

impl Settings {
    /// Every problem with the values, in words; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let positive = [
            ("review_period_days", Some(self.review_period_days)),
            ("order_cover_days", Some(self.order_cover_days)),
            ("excess_cover_days", Some(self.excess_cover_days)),
        ];
        let not_negative = [
            ("order_cost", Some(self.order_cost)),
            ("holding_per_unit_period", self.holding_per_unit_period),
            ("shortage_per_unit", self.shortage_per_unit),
        ];
        for (key, value) in positive.into_iter().filter_map(|(k, v)| Some((k, v?))) {
            if !(value.is_finite() && value > 0.0) {
                problems.push(format!("policy.{key} = {value}: must be above 0"));
            }
        }
        for (key, value) in not_negative.into_iter().filter_map(|(k, v)| Some((k, v?))) {
            if !(value.is_finite() && value >= 0.0) {
                problems.push(format!("policy.{key} = {value}: must not be negative"));
            }
        }
        let rate = self.holding_rate_per_year;
        if !(0.0..=1.0).contains(&rate) {
            problems.push(format!(
                "policy.holding_rate_per_year = {rate}: a share of the unit cost, 0 to 1"
            ));
        }
        for name in self.cells.keys().filter(|name| !CELLS.iter().any(|c| c.0 == name.as_str())) {
            problems.push(format!(
                "policy.cells.{name}: the cells are AX, AY, AZ, BX, BY, BZ, CX, CY, CZ"
            ));
        }
        let bands = &self.cover_bands;
        for (key, (low, high)) in
            [("fast", bands.fast), ("medium", bands.medium), ("slow", bands.slow)]
        {
            if !(low >= 0.0 && high >= low) {
                problems.push(format!(
                    "policy.cover_bands.{key} = [{low}, {high}]: least first, both not negative"
                ));
            }
        }
        problems
    }

    /// The policy of a cell; without both classes, the general target at the general review, counted like `BY`.
    #[must_use]
    pub fn cell(&self, abc: Option<AbcClass>, xyz: Option<XyzClass>) -> Cell {
        let named = abc.zip(xyz).map(|(a, x)| format!("{a}{x}"));
        let default = |name: &str| CELLS.iter().find(|c| c.0 == name);
        let chosen = named.and_then(|name| {
            let own = self.cells.get(&name).copied();
            own.or_else(|| {
                default(&name).map(|&(_, service, count)| cell(probability(service), count))
            })
        });
        chosen.unwrap_or_else(|| cell(self.service, 90.0))
    }
}

fn cell(service: Probability, count_every_days: f64) -> Cell {
    Cell { service, method: None, review_period_days: None, count_every_days }
}

/// Default service target and count interval in days: valuable items are watched and counted more often, erratic ones are not
/// chased with stock.
const CELLS: [(&str, f64, f64); 9] = [
    ("AX", 0.98, 30.0),
    ("AY", 0.97, 30.0),
    ("AZ", 0.95, 30.0),
    ("BX", 0.97, 90.0),
    ("BY", 0.95, 90.0),
    ("BZ", 0.92, 90.0),
    ("CX", 0.95, 180.0),
    ("CY", 0.90, 180.0),
    ("CZ", 0.85, 180.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_nine_cell_policy() {
        let settings: Settings =
            toml::from_str("[cells.AX]\nservice = 0.995\nmethod = \"cost\"\ncount_every_days = 7")
                .unwrap();
        let own = settings.cell(Some(AbcClass::A), Some(XyzClass::X));
        assert_eq!(
            (own.service.get(), own.method, own.count_every_days),
            (0.995, Some(Method::Cost), 7.0)
        );
        assert_eq!(settings.cell(Some(AbcClass::C), Some(XyzClass::Z)).service.get(), 0.85);
        assert_eq!(settings.cell(None, Some(XyzClass::X)).service.get(), 0.95);
    }

    #[test]
    fn settings_are_checked_all_at_once() {
        assert!(Settings::default().problems().is_empty());
        let settings: Settings =
            toml::from_str("review_period_days = 0\norder_cost = -1\n[cells.DX]\nservice = 0.9\ncount_every_days = 7").unwrap();
        assert_eq!(settings.problems().len(), 3);
        assert!(toml::from_str::<Settings>("servise = 0.9").is_err());
    }
}
