//! What moved since the last published run, and why.
//!
//! The need of a pool is `order_up_to - position`, and `order_up_to` follows demand over the
//! protection interval: `d · T` plus safety stock, with `d` the expected demand a day and `T` the
//! interval in days. A change of the need is therefore split exactly:
//!
//! ```text
//! stock          -(available' - available)
//! on order       -(change of the position that is not available)
//! demand         (d' - d) · (T + T') / 2  + change of the safety stock while its policy stays
//! lead time      (T' - T) · (d + d') / 2
//! policy         change of the safety stock under another method or target
//! lot            all that is left of order_up_to: the lot on top of the reorder point
//! reorder point  what lacks to order_up_to becomes a need, or none, as the position passes it
//! decision       what a person set aside, or no longer does
//! order rules    change of quantity that the need does not explain: minimum, pack, budget
//! ```

use crate::domain::changes::{Cause, Change, ChangedField, SoldSince, UnitCauses, Value};
use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::constraints::Binding;
use crate::domain::exceptions::Subject;
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Classification, Outcome, Policy, Recommendation, Status};
use crate::domain::panel::{Panel, PoolId};
use crate::domain::sorted::Keyed;
use crate::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
use crate::store::Manifest;
use crate::tables::{LastLine, LastPool, LastRun};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that differ by less than this share are the same to a planner: half of the least percent
/// that pages show.
const SAME: f64 = 0.005;

/// Characters of a digest that are enough to tell two configurations apart by eye.
const DIGEST_SHOWN: usize = 12;

/// Line-by-line comparison with the last run, sorted by key and field. `manifest` is this run's
/// own, for its inputs.
#[must_use]
pub fn compare(
    last: &LastRun,
    inputs: &Inputs,
    outcome: &Outcome,
    manifest: &Manifest,
) -> Vec<Change> {
    let mut changes = run_changes(&last.run.manifest, manifest);
    changes.extend(last.gone.iter().map(|pool| Change {
        about: pool.clone(),
        field: ChangedField::Pool,
        before: "known".into(),
        after: Value::Absent,
        cause: Cause::Gone,
        value: None,
    }));

    let mut lines: BTreeMap<(SkuId, LocationId), Vec<&LastLine>> = BTreeMap::new();
    for line in &last.lines {
        lines.entry((line.sku, line.location)).or_default().push(line);
    }
    let mut proposals: BTreeMap<(SkuId, LocationId), Vec<&Recommendation>> = BTreeMap::new();
    for line in &outcome.recommendations {
        proposals.entry((line.sku, line.location)).or_default().push(line);
    }
    let since = last.run.manifest.as_of;
    for (class, policy) in outcome.classification.iter().zip(&outcome.policy) {
        let pool = (policy.sku, policy.location);
        let about = Subject::pool(&inputs.names, policy.sku, policy.location);
        let Some(before) = last.pools.get(&policy.key()) else {
            changes.push(Change {
                about,
                field: ChangedField::Pool,
                before: Value::Absent,
                after: "known".into(),
                cause: Cause::New,
                value: None,
            });
            continue;
        };
        let sold = sold_since(&inputs.panel, policy.key(), since, before.velocity_per_day);
        let mut comparison = Comparison { about, before, policy, sold, changes: &mut changes };
        comparison.classes(class);
        comparison.policy();
        comparison.order(
            lines.get(&pool).map_or(&[], Vec::as_slice),
            proposals.get(&pool).map_or(&[], Vec::as_slice),
            &inputs.names,
        );
    }
    changes.sort_by(|a, b| (&a.about, a.field).cmp(&(&b.about, b.field)));
    changes
}

/// The morning on which the shared indices of a run were learnt; empty where they are its own.
fn learnt(run: &Manifest) -> String {
    run.refit.as_ref().map_or_else(String::new, |refit| refit.as_of.to_string())
}

/// What changed for all items: program, configuration, input tables.
fn run_changes(last: &Manifest, this: &Manifest) -> Vec<Change> {
    let mut changes = vec![
        run_change(ChangedField::Program, &last.program, &this.program, Cause::Code),
        run_change(
            ChangedField::Configuration,
            shown(&last.config_sha256),
            shown(&this.config_sha256),
            Cause::Policy,
        ),
        run_change(ChangedField::Learnt, &learnt(last), &learnt(this), Cause::Refit),
    ];
    let tables_then: BTreeSet<&str> = last.inputs.iter().map(|i| i.table.as_str()).collect();
    let tables_now: BTreeSet<&str> = this.inputs.iter().map(|i| i.table.as_str()).collect();
    for table in tables_then.symmetric_difference(&tables_now) {
        let before = tables_then.get(table).copied().unwrap_or_default();
        let after = tables_now.get(table).copied().unwrap_or_default();
        changes.push(run_change(ChangedField::Table, before, after, Cause::Data));
    }
    changes.retain(|change| change.before != change.after);
    changes
}

fn run_change(field: ChangedField, before: &str, after: &str, cause: Cause) -> Change {
    Change {
        about: Subject::Run("run"),
        field,
        before: before.into(),
        after: after.into(),
        cause,
        value: None,
    }
}

fn shown(digest: &str) -> &str {
    &digest[..DIGEST_SHOWN.min(digest.len())]
}

/// Whether a planner would call two numbers different.
fn moved(before: f64, after: f64) -> bool {
    (after - before).abs() > SAME * before.abs().max(after.abs()).max(1.0)
}

/// What a pool sold from the last run's morning on, beside what its rate then promised. `None`
/// where no whole period has passed.
fn sold_since(panel: &Panel, pool: PoolId, since: NaiveDate, per_day: f64) -> Option<SoldSince> {
    let calendar = panel.calendar();
    let days = (calendar.as_of() - since).num_days();
    let first = usize::try_from(calendar.index(since)).ok()?;
    if days <= 0 || first >= calendar.history() {
        return None;
    }
    let series = panel.pools().get(panel.position(pool)?)?.series.clone();
    let mut units = 0.0;
    for i in series {
        let gross = panel.gross(i);
        let skipped = first.saturating_sub(panel.start(i)).min(gross.len());
        units += gross[skipped..].iter().map(|&sold| f64::from(sold)).sum::<f64>();
    }
    Some(SoldSince { units, expected: per_day * days as f64 })
}

/// One pool then and now.
struct Comparison<'a> {
    about: Subject,
    before: &'a LastPool,
    policy: &'a Policy,
    sold: Option<SoldSince>,
    changes: &'a mut Vec<Change>,
}

impl Comparison<'_> {
    fn add(&mut self, field: ChangedField, before: Value, after: Value, cause: Cause) {
        let about = self.about.clone();
        self.changes.push(Change { about, field, before, after, cause, value: None });
    }

    fn classes(&mut self, class: &Classification) {
        let before = self.before;
        // What a class follows is the pace of sales: the percentage says by how much that moved.
        let rate = (class.velocity_per_day / before.velocity_per_day - 1.0) * 100.0;
        let demand = Cause::Demand((before.velocity_per_day > 0.0).then_some(rate));
        let fields = [
            (ChangedField::Abc, name(before.abc, AbcClass::name), name(class.abc, AbcClass::name)),
            (ChangedField::Xyz, name(before.xyz, XyzClass::name), name(class.xyz, XyzClass::name)),
            (
                ChangedField::Velocity,
                Value::Name(before.velocity.name()),
                Value::Name(class.velocity.name()),
            ),
            (
                ChangedField::Rationalisation,
                Value::Name(before.rationalisation.name()),
                Value::Name(class.rationalisation.name()),
            ),
        ];
        for (field, then, now) in fields {
            if then != now {
                self.add(field, then, now, demand.clone());
            }
        }
        // Master data and stock decide on the lifecycle, not demand.
        if before.lifecycle != class.lifecycle {
            let then = Value::Name(before.lifecycle.name());
            let now = Value::Name(class.lifecycle.name());
            self.add(ChangedField::Lifecycle, then, now, Cause::Data);
        }
    }

    fn policy(&mut self) {
        let (before, policy) = (self.before, self.policy);
        if moved(before.lead_time_mean, policy.lead_time_mean) {
            self.add_number(
                ChangedField::LeadTimeMean,
                Value::Days(before.lead_time_mean),
                Value::Days(policy.lead_time_mean),
                Cause::LeadTime(policy.lead_time_source.clone()),
            );
        }
        let sold = self.sold;
        let causes = Cause::Several(UnitCauses { sold, ..order_up_to_causes(before, policy) });
        let fields = [
            (ChangedField::SafetyStock, before.safety_stock, policy.safety_stock),
            (ChangedField::ReorderPoint, before.reorder_point, policy.reorder_point),
            (ChangedField::OrderUpTo, before.order_up_to, policy.order_up_to),
        ];
        for (field, then, now) in fields {
            if moved(then, now) {
                self.add_number(field, Value::Amount(then), Value::Amount(now), causes.clone());
            }
        }
        if before.method != policy.method {
            let then = Value::Name(before.method.name());
            let now = Value::Name(policy.method.name());
            self.add(ChangedField::Method, then, now, Cause::Policy);
        }
    }

    /// A number that reads the same before and after has not moved.
    fn add_number(&mut self, field: ChangedField, before: Value, after: Value, cause: Cause) {
        if before.to_string() != after.to_string() {
            self.add(field, before, after, cause);
        }
    }

    fn order(&mut self, then: &[&LastLine], now: &[&Recommendation], names: &Names) {
        let units_then: Units = then.iter().map(|line| line.quantity).sum();
        let units_now: Units = now.iter().map(|line| line.quantity).sum();
        let mut causes =
            UnitCauses { sold: self.sold, ..order_up_to_causes(self.before, self.policy) };
        if let (Some(then), Some(now)) = (then.first(), now.first()) {
            let position = (then.inventory_position - now.inventory_position).as_f64();
            causes.stock = (then.available - now.available).as_f64();
            // What of the position is not on the shelf is on its way, or promised.
            causes.on_order = position - causes.stock;
        }
        if units_then != units_now {
            let spent_then: Money = then.iter().map(|line| line.value).sum();
            let spent_now: Money = now.iter().map(|line| line.value).sum();
            self.changes.push(Change {
                about: self.about.clone(),
                field: ChangedField::Quantity,
                before: Value::Units(units_then),
                after: Value::Units(units_now),
                cause: Cause::Several(self.quantity_causes(causes.clone(), then, now)),
                value: Some(spent_now - spent_then),
            });
        }
        let status_then = name(then.first().map(|line| line.status), Status::name);
        let status_now = name(now.first().map(|line| line.status), Status::name);
        if status_then != status_now {
            self.add(ChangedField::Status, status_then, status_now, Cause::Several(causes));
        }
        let supplier_then = then.first().and_then(|line| line.supplier);
        let supplier_now = now.first().and_then(|line| line.supplier);
        if supplier_then != supplier_now {
            self.add(
                ChangedField::Supplier,
                supplier(names, supplier_then),
                supplier(names, supplier_now),
                Cause::Policy,
            );
        }
    }

    /// What stands between the level and the units to order, besides the causes that moved the
    /// level and the position.
    fn quantity_causes(
        &self,
        moved: UnitCauses,
        then: &[&LastLine],
        now: &[&Recommendation],
    ) -> UnitCauses {
        let units_then: Units = then.iter().map(|line| line.quantity).sum();
        let units_now: Units = now.iter().map(|line| line.quantity).sum();
        let need_then: f64 = then.iter().map(|line| line.need).sum();
        let need_now: f64 = now.iter().map(|line| line.need).sum();
        let mut causes = moved;
        let mut rest = (units_now - units_then).as_f64() - causes.total();
        // At the reorder point the need jumps from nothing to all that lacks to order-up-to: no
        // step of demand or stock is as large, so the jump has a name of its own.
        if (need_then > 0.0) != (need_now > 0.0) {
            causes.is_reached = need_now > 0.0;
            causes.reorder_point = need_now - need_then - causes.total();
            rest -= causes.reorder_point;
        }
        let by_people = [Binding::Decision.name(), Binding::Approval.name()];
        let set_aside = then.iter().any(|line| by_people.contains(&line.binding.as_str()))
            || now.iter().any(|line| by_people.contains(&line.binding.as_str()));
        if set_aside {
            return UnitCauses { decision: rest, ..causes };
        }
        let binding = now.iter().map(|line| &line.binding).find(|name| !name.is_empty());
        // A rule that held yesterday and no longer does explains the change as well as a new one.
        let binding = binding.or(then.iter().map(|line| &line.binding).find(|b| !b.is_empty()));
        UnitCauses { order_rules: rest, rule: binding.cloned().unwrap_or_default(), ..causes }
    }
}

fn name<T>(word: Option<T>, name: fn(T) -> &'static str) -> Value {
    word.map_or(Value::Absent, |word| Value::Name(name(word)))
}

fn supplier(names: &Names, id: Option<SupplierId>) -> Value {
    id.map_or(Value::Absent, |id| Value::Text(names.suppliers[id.index()].clone()))
}

/// Splits the change of `order_up_to`.
fn order_up_to_causes(before: &LastPool, policy: &Policy) -> UnitCauses {
    // A pool without lead time and review has no interval: the smallest number keeps its rate
    // finite.
    let days_then = (before.lead_time_mean + before.review_period).max(f64::MIN_POSITIVE);
    let days_now = (policy.lead_time_mean + policy.review_period).max(f64::MIN_POSITIVE);
    let rate_then = before.protection_mean / days_then;
    let rate_now = policy.protection_mean / days_now;
    // Both factors moved; each is weighed with the mean of the other, so that nothing is left over
    // and neither goes first.
    let demand = (rate_now - rate_then) * (days_then + days_now) / 2.0;
    let lead_time = (days_now - days_then) * (rate_then + rate_now) / 2.0;
    let safety = policy.safety_stock - before.safety_stock;
    let rest = policy.order_up_to - before.order_up_to - demand - lead_time - safety;
    // Targets are compared in tenths of a percent: 0.95 and 0.951 are two targets.
    let same_policy = before.method == policy.method
        && !moved(before.service_target * 1e3, policy.service_target * 1e3);
    if same_policy {
        // Under the same method and target, safety stock moves with the spread of demand alone.
        UnitCauses { demand: demand + safety, lead_time, lot: rest, ..UnitCauses::default() }
    } else {
        UnitCauses { demand, lead_time, policy: safety, lot: rest, ..UnitCauses::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::classes::{Lifecycle, PolicyMethod, Rationalisation, VelocityClass};

    fn policy(protection_mean: f64, lead_time_mean: f64, safety_stock: f64) -> Policy {
        Policy {
            sku: SkuId(0),
            location: LocationId(0),
            lead_time_mean,
            lead_time_sd: 0.0,
            lead_time_max: lead_time_mean,
            lead_time_source: "receipts".into(),
            review_period: 7.0,
            protection_mean,
            protection_sd: 0.0,
            service_target: 0.95,
            method: PolicyMethod::Normal,
            safety_stock,
            reorder_point: protection_mean + safety_stock,
            order_up_to: protection_mean + safety_stock,
            eoq: None,
            echelon: None,
            next_arrival: None,
            steps: vec![],
        }
    }

    fn last(p: &Policy) -> LastPool {
        LastPool {
            abc: None,
            xyz: None,
            velocity: VelocityClass::None,
            lifecycle: Lifecycle::Active,
            rationalisation: Rationalisation::Watch,
            velocity_per_day: 0.0,
            lead_time_mean: p.lead_time_mean,
            lead_time_sd: p.lead_time_sd,
            review_period: p.review_period,
            protection_mean: p.protection_mean,
            protection_sd: p.protection_sd,
            service_target: p.service_target,
            method: p.method,
            safety_stock: p.safety_stock,
            reorder_point: p.reorder_point,
            order_up_to: p.order_up_to,
        }
    }

    #[test]
    fn g6_a_change_is_split_exactly_into_its_causes() {
        // 10/day over 7 + 7 days, then 12/day over 14 + 7 days with 30 more safety stock.
        let (then, now) = (policy(140.0, 7.0, 50.0), policy(252.0, 14.0, 80.0));
        let causes = order_up_to_causes(&last(&then), &now);
        assert!((causes.total() - (332.0 - 190.0)).abs() < 1e-9, "{causes:?}");
        assert!(
            (causes.lead_time - 77.0).abs() < 1e-9 && (causes.demand - 65.0).abs() < 1e-9,
            "{causes:?}"
        );
        assert_eq!(causes.to_string(), "lead time +77, demand +65");
    }

    #[test]
    fn another_service_target_is_a_cause_of_policy() {
        let then = policy(140.0, 7.0, 50.0);
        let now = Policy { service_target: 0.99, ..policy(140.0, 7.0, 80.0) };
        assert_eq!(order_up_to_causes(&last(&then), &now).to_string(), "policy +30");
    }
}
