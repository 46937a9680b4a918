//! What a planner may choose about the policy: the `[policy]` section of the configuration.

use crate::domain::classes::{AbcClass, PolicyMethod, Rationalisation, VelocityClass, XyzClass};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::outcome::{Classification, Policy};
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
    /// With `auto` and `cost` the economic order quantity, at most `order_cover_days` of demand;
    /// `days-of-cover` with any other method and where the unit's cost is unknown.
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

/// Days of cover, written `[least, most]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Band {
    /// Least.
    pub least: f64,
    /// Most.
    pub most: f64,
}

impl From<[f64; 2]> for Band {
    fn from([least, most]: [f64; 2]) -> Self {
        Self { least, most }
    }
}

impl From<Band> for [f64; 2] {
    fn from(band: Band) -> Self {
        [band.least, band.most]
    }
}

/// Days of cover of the velocity classes.
///
/// ```
/// use orderpoint::domain::classes::VelocityClass;
/// use orderpoint::inventory::settings::CoverBands;
///
/// let fast = CoverBands::default().of(VelocityClass::Fast).unwrap();
/// assert_eq!([fast.least, fast.most], [45.0, 60.0]);
/// assert_eq!(CoverBands::default().of(VelocityClass::None), None, "what does not move has none");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoverBands {
    /// Fast movers.
    pub fast: Band,
    /// Medium movers.
    pub medium: Band,
    /// Slow movers.
    pub slow: Band,
}

impl Default for CoverBands {
    fn default() -> Self {
        Self {
            fast: Band { least: 45.0, most: 60.0 },
            medium: Band { least: 30.0, most: 45.0 },
            slow: Band { least: 15.0, most: 30.0 },
        }
    }
}

impl CoverBands {
    /// The band of a velocity class; `None` for an item that does not move.
    #[must_use]
    pub fn of(&self, velocity: VelocityClass) -> Option<Band> {
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
pub struct CellPolicy {
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

/// What is set for a group of items by its name: a role of the rationalisation or a category. What
/// is left out is as for the item's cell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupPolicy {
    /// Cycle service (or fill rate, with that method) to keep.
    pub service: Option<Probability>,
    /// Instead of the method of the cell.
    pub method: Option<Method>,
    /// Instead of the review period of the cell, calendar days.
    pub review_period_days: Option<f64>,
}

impl GroupPolicy {
    /// The same, with what `wider` says of a wider group where this one says nothing.
    #[must_use]
    pub fn or(self, wider: Self) -> Self {
        Self {
            service: self.service.or(wider.service),
            method: self.method.or(wider.method),
            review_period_days: self.review_period_days.or(wider.review_period_days),
        }
    }
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
    /// Days one order lasts with `days-of-cover`; the most it lasts by economic quantity with
    /// `auto`.
    pub order_cover_days: f64,
    /// Days between two reviews of a pool.
    pub review_period_days: f64,
    /// Service target of an item without classes.
    pub service: Probability,
    /// Policy by cell, `AX` to `CZ`; a cell left out keeps its default.
    pub cells: BTreeMap<String, CellPolicy>,
    /// What is set for `winner`, `steady`, `watch` or `deadstock`; goes before categories.
    pub roles: BTreeMap<String, GroupPolicy>,
    /// What is set for a category and those nested in it, the nearest first; goes before cells.
    pub categories: BTreeMap<String, GroupPolicy>,
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
            // The classic formula's order; with costs, the most that the economic quantity may come
            // to.
            order_cover_days: 60.0,
            review_period_days: 7.0,
            service: probability(0.95),
            cells: BTreeMap::new(),
            roles: BTreeMap::new(),
            categories: BTreeMap::new(),
            unmet_demand: UnmetDemand::Lost,
            // With these two, costs decide wherever cost and margin are known. Replayed over a year
            // that took us_regional from
            // 5.35 to 3.66 million and adventureworks from 1.87 to 1.42, against a service target
            // and sixty days of cover.
            order_cost: 4.0,
            holding_rate_per_year: 0.25,
            holding_per_unit_period: None,
            shortage_per_unit: None,
            cover_mode: CoverMode::Formula,
            cover_bands: CoverBands::default(),
            // Twice what one order lasts.
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
        for (key, value) in [
            ("review_period_days", self.review_period_days),
            ("order_cover_days", self.order_cover_days),
            ("excess_cover_days", self.excess_cover_days),
        ] {
            if !(value.is_finite() && value > 0.0) {
                problems.push(format!("policy.{key} = {value}: must be above 0"));
            }
        }
        for (key, value) in [
            ("order_cost", self.order_cost),
            ("holding_per_unit_period", self.holding_per_unit_period.unwrap_or(0.0)),
            ("shortage_per_unit", self.shortage_per_unit.unwrap_or(0.0)),
        ] {
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
        let names: Vec<String> = AbcClass::ALL
            .iter()
            .flat_map(|abc| XyzClass::ALL.iter().map(move |xyz| format!("{abc}{xyz}")))
            .collect();
        for name in self.cells.keys().filter(|name| !names.contains(name)) {
            problems.push(format!("policy.cells.{name}: the cells are {}", names.join(", ")));
        }
        for name in self.roles.keys().filter(|name| Rationalisation::from_name(name).is_none()) {
            let roles = Rationalisation::NAMES.join(", ");
            problems.push(format!("policy.roles.{name}: the roles are {roles}"));
        }
        for (key, groups) in [("roles", &self.roles), ("categories", &self.categories)] {
            for (name, group) in groups {
                let days = group.review_period_days.unwrap_or(1.0);
                if !(days.is_finite() && days > 0.0) {
                    problems.push(format!(
                        "policy.{key}.{name}.review_period_days = {days}: must be above 0"
                    ));
                }
            }
        }
        let bands = &self.cover_bands;
        for (key, band) in [("fast", bands.fast), ("medium", bands.medium), ("slow", bands.slow)] {
            let Band { least, most } = band;
            if !(least >= 0.0 && most >= least) {
                problems.push(format!(
                    "policy.cover_bands.{key} = [{least}, {most}]: least first, both not negative"
                ));
            }
        }
        problems
    }

    /// The service target that is set by name for an item's group or cell; `None` where a default
    /// stands.
    #[must_use]
    pub fn own_target(
        &self,
        abc: Option<AbcClass>,
        xyz: Option<XyzClass>,
        group: GroupPolicy,
    ) -> Option<f64> {
        if let Some(service) = group.service {
            return Some(service.get());
        }
        let own = self.cells.get(&format!("{}{}", abc?, xyz?))?;
        Some(own.service.get())
    }

    /// Targets set for cells that change nothing, because costs ask for more: one exception a cell,
    /// with how many of its items `policy` plans at a higher service.
    #[must_use]
    pub fn idle_targets(&self, classes: &[Classification], policy: &[Policy]) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        for (name, cell) in &self.cells {
            let target = cell.service.get();
            let mut items = 0;
            let mut above = 0;
            for (class, row) in classes.iter().zip(policy) {
                let is_here =
                    class.abc.zip(class.xyz).is_some_and(|(a, x)| *name == format!("{a}{x}"));
                if is_here && row.method == PolicyMethod::Cost {
                    items += 1;
                    above += usize::from(row.service_target > target + 1e-9);
                }
            }
            if above > 0 {
                exceptions.push(Exception::new(
                    Severity::Warning,
                    ExceptionKind::CellTarget,
                    Subject::Run("policy.cells"),
                    format!(
                        "the target {target} of {name} changes nothing for {above} of its {items} \
                         items: costs ask for more service"
                    ),
                    format!(
                        "a target is a floor where costs decide; [policy.cells.{name}] method = \
                         \"quantile\" lets it decide alone"
                    ),
                ));
            }
        }
        exceptions
    }

    /// What is set by name for an item of this role and category (`a > b` is nested in `a`).
    #[must_use]
    pub fn group(&self, role: Option<Rationalisation>, category: &str) -> GroupPolicy {
        let mut group =
            role.and_then(|role| self.roles.get(role.name())).copied().unwrap_or_default();
        // Most shops set none: an item's category is not looked up for each night in vain.
        if self.categories.is_empty() {
            return group;
        }
        let mut nested = category.trim();
        loop {
            group = group.or(self.categories.get(nested).copied().unwrap_or_default());
            let Some((wider, _)) = nested.rsplit_once('>') else { return group };
            nested = wider.trim_end();
        }
    }

    /// The policy of an item of this cell and group.
    #[must_use]
    pub fn of_item(
        &self,
        abc: Option<AbcClass>,
        xyz: Option<XyzClass>,
        group: GroupPolicy,
    ) -> CellPolicy {
        let cell = self.cell(abc, xyz);
        CellPolicy {
            service: group.service.unwrap_or(cell.service),
            method: group.method.or(cell.method),
            review_period_days: group.review_period_days.or(cell.review_period_days),
            ..cell
        }
    }

    /// The policy of a cell; without both classes, the general target at the general review,
    /// counted like `BY`.
    #[must_use]
    pub fn cell(&self, abc: Option<AbcClass>, xyz: Option<XyzClass>) -> CellPolicy {
        match (abc, xyz) {
            (Some(abc), Some(xyz)) => {
                let own = self.cells.get(&format!("{abc}{xyz}")).copied();
                own.unwrap_or_else(|| CellPolicy::standard(abc, xyz))
            }
            (None, _) | (_, None) => CellPolicy::plain(self.service, count_every_days(AbcClass::B)),
        }
    }
}

impl CellPolicy {
    fn plain(service: Probability, count_every_days: f64) -> Self {
        Self { service, method: None, review_period_days: None, count_every_days }
    }

    /// What a cell has unless it is configured: valuable and steady items are kept in stock,
    /// erratic ones are not chased with stock. The cost method, where costs are known, overrules
    /// the target.
    fn standard(abc: AbcClass, xyz: XyzClass) -> Self {
        let service = match (abc, xyz) {
            (AbcClass::A, XyzClass::X) => 0.98,
            (AbcClass::A, XyzClass::Y) | (AbcClass::B, XyzClass::X) => 0.97,
            (AbcClass::A, XyzClass::Z) | (AbcClass::B, XyzClass::Y) => 0.95,
            (AbcClass::C, XyzClass::X) => 0.95,
            (AbcClass::B, XyzClass::Z) => 0.92,
            (AbcClass::C, XyzClass::Y) => 0.90,
            (AbcClass::C, XyzClass::Z) => 0.85,
        };
        Self::plain(probability(service), count_every_days(abc))
    }
}

/// Days between two counts of the shelf: monthly, quarterly, twice a year, the more often the more
/// value is at stake.
fn count_every_days(abc: AbcClass) -> f64 {
    match abc {
        AbcClass::A => 30.0,
        AbcClass::B => 90.0,
        AbcClass::C => 180.0,
    }
}

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
    fn b3_policy_by_role_and_category() {
        let settings: Settings = toml::from_str(
            "[roles.winner]\nservice = 0.99\n[categories.Home]\nservice = 0.9\n\
             review_period_days = 14\n[categories.\"Home > Lamps\"]\nmethod = \"normal\"",
        )
        .unwrap();
        let policy = |role, category| {
            let group = settings.group(role, category);
            let of_item = settings.of_item(None, None, group);
            (of_item.service.get(), of_item.method, of_item.review_period_days)
        };
        let winner = Some(Rationalisation::Winner);
        assert_eq!(policy(None, "Garden"), (0.95, None, None));
        assert_eq!(policy(None, "Home > Chairs"), (0.9, None, Some(14.0)));
        let lamps = "Home > Lamps > Desk";
        assert_eq!(policy(winner, lamps), (0.99, Some(Method::Normal), Some(14.0)));
        let wrong: Settings = toml::from_str("[roles.hero]\nservice = 0.9").unwrap();
        assert!(wrong.problems()[0].contains("winner, steady, watch, deadstock"));
    }

    #[test]
    fn settings_are_checked_all_at_once() {
        assert!(Settings::default().problems().is_empty());
        let settings: Settings = toml::from_str(
            "review_period_days = 0\norder_cost = -1\n[cells.DX]\nservice = 0.9\n\
                            count_every_days = 7",
        )
        .unwrap();
        assert_eq!(settings.problems().len(), 3);
        assert!(toml::from_str::<Settings>("servise = 0.9").is_err());
    }
}
