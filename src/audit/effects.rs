//! How much an exception is about, where what it says has no figure of its own: the cash that hangs
//! on the item, location, supplier or order that it names.
//!
//! Of an item at a location that is the dearer of what it holds and of the demand expected over its
//! lead time and review period, at landed cost; in units where no cost is known. Of an item, a
//! channel's item or a supplier it is the sum over what belongs to it; of an order its value.

use crate::domain::exceptions::{Effect, Subject};
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{DraftOrder, Outcome};
use crate::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
use std::collections::BTreeMap;

/// What hangs on something.
#[derive(Debug, Clone, Copy, Default)]
struct Stake {
    money: Money,
    units: Units,
}

impl Stake {
    fn add(&mut self, other: Self) {
        self.money += other.money;
        self.units += other.units;
    }

    fn effect(self) -> Effect {
        if self.money.is_positive() { Effect::Money(self.money) } else { Effect::Units(self.units) }
    }
}

/// Gives every exception about an item, a supplier or an order an effect that has none.
pub fn fill(inputs: &Inputs, outcome: &mut Outcome) {
    if outcome.exceptions.iter().all(|exception| exception.effect.is_some()) {
        return;
    }
    let stakes = stakes(inputs, outcome);
    for exception in outcome.exceptions.iter_mut().filter(|told| told.effect.is_none()) {
        let stake = stakes.of(inputs, &outcome.orders, &exception.about);
        exception.effect = stake.map(Stake::effect);
    }
}

#[derive(Default)]
struct Stakes {
    pools: BTreeMap<(SkuId, LocationId), Stake>,
    suppliers: BTreeMap<SupplierId, Stake>,
}

fn stakes(inputs: &Inputs, outcome: &Outcome) -> Stakes {
    let mut stakes = Stakes::default();
    for (policy, economics) in outcome.policy.iter().zip(&outcome.economics) {
        let held = inputs.stock.get((policy.sku, policy.location));
        let held = held.map_or(Units::ZERO, |stock| stock.on_hand.or_zero());
        let expected = Units::ceil(policy.protection_mean.clamp(0.0, 1e15));
        let units = held.max(expected);
        let money = economics.landed_cost.unwrap_or_default().times(units);
        stakes.pools.insert((policy.sku, policy.location), Stake { money, units });
    }
    for line in &outcome.recommendations {
        let stake = stakes.pools.get(&(line.sku, line.location)).filter(|_| line.line == 1);
        if let (Some(supplier), Some(stake)) = (line.supplier, stake) {
            stakes.suppliers.entry(supplier).or_default().add(*stake);
        }
    }
    stakes
}

impl Stakes {
    /// `None` for what is neither item, supplier nor order: a table's effect is its rows.
    fn of(&self, inputs: &Inputs, orders: &[DraftOrder], about: &Subject) -> Option<Stake> {
        let names = &inputs.names;
        match about {
            Subject::Pool { sku, location } => {
                let pool = names.find_pool(sku, location)?;
                Some(self.pools.get(&(pool.sku, pool.location)).copied().unwrap_or_default())
            }
            Subject::Item(sku) | Subject::Series { sku, .. } => {
                let sku = names.find_sku(sku)?;
                let mut sum = Stake::default();
                let places = (sku, LocationId(0))..=(sku, LocationId(u32::MAX));
                self.pools.range(places).for_each(|(_, stake)| sum.add(*stake));
                Some(sum)
            }
            Subject::Supplier(supplier) => {
                let supplier = names.find_supplier(supplier)?;
                Some(self.suppliers.get(&supplier).copied().unwrap_or_default())
            }
            Subject::Order { supplier, location } => {
                let supplier = names.find_supplier(supplier)?;
                let location = names.find_location(location)?;
                let mut sum = Stake::default();
                for order in orders {
                    if order.supplier == supplier && order.location == location {
                        sum.add(Stake { money: order.value, units: order.units });
                    }
                }
                Some(sum)
            }
            Subject::Category { .. } | Subject::Table(_) | Subject::File(_) | Subject::Run(_) => {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Bucket, Calendar};
    use crate::domain::classes::PolicyMethod;
    use crate::domain::economics::UnitEconomics;
    use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
    use crate::domain::inputs::{Names, Stock};
    use crate::domain::outcome::Policy;
    use crate::domain::panel::{Panel, PanelParts};

    fn told(about: Subject) -> Exception {
        Exception::new(Severity::Warning, ExceptionKind::Fallback, about, "what", "why")
    }

    fn pool(sku: &str, location: &str) -> Subject {
        Subject::Pool { sku: sku.to_owned(), location: location.to_owned() }
    }

    fn policy(sku: u32, location: u32, protection_mean: f64) -> Policy {
        Policy {
            sku: SkuId(sku),
            location: LocationId(location),
            lead_time_mean: 7.0,
            lead_time_sd: 0.0,
            lead_time_max: 7.0,
            lead_time_source: "supply".into(),
            review_period: 7.0,
            protection_mean,
            protection_sd: 0.0,
            service_target: 0.95,
            method: PolicyMethod::Normal,
            safety_stock: 0.0,
            reorder_point: protection_mean,
            order_up_to: protection_mean,
            eoq: None,
            echelon: None,
            next_arrival: None,
            steps: vec![],
        }
    }

    #[test]
    fn an_item_is_worth_what_it_holds_or_what_is_expected_of_it() {
        let day = "2026-03-02".parse().unwrap();
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let names = Names {
            skus: owned(&["A", "B"]),
            locations: owned(&["east", "west"]),
            channels: owned(&["all"]),
            suppliers: owned(&["ACME"]),
            ..Names::default()
        };
        let panel = Panel::new(Calendar::new(Bucket::Day, day, day), PanelParts::default());
        let mut inputs = Inputs::new(names, panel);
        let held = Stock::on_hand((SkuId(0), LocationId(1)), Units(50));
        inputs.stock = vec![held].into();
        let known =
            UnitEconomics { landed_cost: Some(Money::from_f64(4.0)), ..UnitEconomics::default() };
        let mut outcome = Outcome {
            policy: vec![policy(0, 0, 9.5), policy(0, 1, 20.0), policy(1, 0, 7.0)],
            economics: vec![known, known, UnitEconomics::default()],
            exceptions: vec![
                told(pool("A", "east")),
                told(pool("A", "west")),
                told(Subject::Item("A".to_owned())),
                told(pool("B", "east")),
                told(Subject::Table("sales".to_owned())),
                told(pool("A", "east")).with_effect(Effect::Rows(3)),
            ],
            ..Outcome::default()
        };
        fill(&inputs, &mut outcome);
        let effects: Vec<_> = outcome.exceptions.iter().map(|told| told.effect).collect();
        let money = |amount| Some(Effect::Money(Money::from_f64(amount)));
        assert_eq!(
            effects,
            [
                money(40.0),
                money(200.0),
                money(240.0),
                Some(Effect::Units(Units(7))),
                None,
                Some(Effect::Rows(3)),
            ]
        );
    }
}
