//! What moved since the last published run, and why.
//!
//! The need of a pool is `order_up_to - position`, and `order_up_to` follows demand over the protection interval: `d · T` plus
//! safety stock, with `d` the expected demand a day and `T` the interval in days. A change of the need is therefore split exactly:
//!
//! ```text
//! stock      -(position' - position)
//! demand     (d' - d) · (T + T') / 2  + change of the safety stock while its policy is the same
//! lead time  (T' - T) · (d + d') / 2
//! policy     change of the safety stock under another method or target, and all that is left of order_up_to
//! rounding   change of quantity that the need does not explain: minimum, pack, budget
//! ```

use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Change, Classification, Outcome, Policy, Recommendation};
use crate::domain::units::{LocationId, SkuId};
use crate::store::manifest::Manifest;
use crate::tables::previous::{LastLine, LastPool, LastRun};
use std::collections::BTreeMap;

/// Numbers that differ by less than this share are the same to a planner.
const SAME: f64 = 0.005;

/// Line-by-line comparison with the last run, sorted by key and field. `manifest` is this run's own, for its inputs.
#[must_use]
pub fn compare(
    last: &LastRun,
    inputs: &Inputs,
    outcome: &Outcome,
    manifest: &Manifest,
) -> Vec<Change> {
    let mut changes = run_changes(&last.run.manifest, manifest);
    let names = &inputs.names;
    for key in &last.gone {
        changes.push(change(
            key.clone(),
            "pool",
            "known".into(),
            String::new(),
            "gone: no longer in the data".into(),
        ));
    }
    let mut lines: BTreeMap<(SkuId, LocationId), Vec<&LastLine>> = BTreeMap::new();
    last.lines
        .iter()
        .for_each(|line| lines.entry((line.sku, line.location)).or_default().push(line));
    let mut proposals: BTreeMap<(SkuId, LocationId), Vec<&Recommendation>> = BTreeMap::new();
    outcome
        .recommendations
        .iter()
        .for_each(|r| proposals.entry((r.sku, r.location)).or_default().push(r));
    for (class, policy) in outcome.classification.iter().zip(&outcome.policy) {
        let pool = (policy.sku, policy.location);
        let key = format!("{}/{}", names.skus[pool.0.index()], names.locations[pool.1.index()]);
        let Some(before) = last.pools.get(&pool) else {
            changes.push(change(
                key,
                "pool",
                String::new(),
                "known".into(),
                "new: not in the last run".into(),
            ));
            continue;
        };
        class_changes(&key, before, class, &mut changes);
        policy_changes(&key, before, policy, &mut changes);
        let then = lines.get(&pool).map_or(&[][..], Vec::as_slice);
        let now = proposals.get(&pool).map_or(&[][..], Vec::as_slice);
        let pair = Pair { key: &key, names, before, policy };
        quantity_changes(&pair, then, now, &mut changes);
    }
    changes.sort_by(|a, b| (&a.key, a.field).cmp(&(&b.key, b.field)));
    changes
}

fn change(
    key: String,
    field: &'static str,
    before: String,
    after: String,
    cause: String,
) -> Change {
    Change { key, field, before, after, cause }
}

/// What changed for all items: program, configuration, input tables.
fn run_changes(last: &Manifest, this: &Manifest) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut tell = |field, before: &str, after: &str, cause: &str| {
        if before != after {
            changes.push(change("run".into(), field, before.into(), after.into(), cause.into()));
        }
    };
    tell("program", &last.program, &this.program, "code");
    tell(
        "configuration",
        &last.config_sha256[..12.min(last.config_sha256.len())],
        &this.config_sha256[..12.min(this.config_sha256.len())],
        "policy",
    );
    let learnt = |m: &Manifest| m.refit.as_ref().map_or_else(String::new, |r| r.as_of.to_string());
    tell(
        "learnt",
        &learnt(last),
        &learnt(this),
        "refit: seasons, errors and weights are learnt anew",
    );
    let tables = |m: &Manifest| {
        m.inputs.iter().map(|i| i.table.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    let (then, now) = (tables(last), tables(this));
    for table in then.symmetric_difference(&now) {
        let (before, after) =
            if then.contains(table) { (table.as_str(), "") } else { ("", table.as_str()) };
        tell("table", before, after, "data");
    }
    changes
}

fn class_changes(key: &str, before: &LastPool, class: &Classification, changes: &mut Vec<Change>) {
    let abc = [before.abc, class.abc].map(|class| class.map_or("", AbcClass::name));
    let xyz = [before.xyz, class.xyz].map(|class| class.map_or("", XyzClass::name));
    let fields = [
        ("abc", abc[0], abc[1]),
        ("xyz", xyz[0], xyz[1]),
        ("velocity", before.velocity.name(), class.velocity.name()),
        ("lifecycle", before.lifecycle.name(), class.lifecycle.name()),
        ("rationalisation", before.rationalisation.name(), class.rationalisation.name()),
    ];
    for (field, then, now) in fields.into_iter().filter(|(_, then, now)| then != now) {
        let cause = if field == "lifecycle" {
            "data".to_string()
        } else {
            percent("demand", before.velocity_per_day, class.velocity_per_day)
        };
        changes.push(change(key.to_string(), field, then.into(), now.into(), cause));
    }
}

fn percent(what: &str, before: f64, after: f64) -> String {
    if before > 0.0 {
        format!("{what} {:+.0} %", (after / before - 1.0) * 100.0)
    } else {
        what.to_string()
    }
}

fn moved(before: f64, after: f64) -> bool {
    (after - before).abs() > SAME * before.abs().max(after.abs()).max(1.0)
}

fn policy_changes(key: &str, before: &LastPool, policy: &Policy, changes: &mut Vec<Change>) {
    let causes = order_up_to_causes(before, policy);
    let fields = [
        ("lead_time_mean", before.lead_time_mean, policy.lead_time_mean),
        ("safety_stock", before.safety_stock, policy.safety_stock),
        ("reorder_point", before.reorder_point, policy.reorder_point),
        ("order_up_to", before.order_up_to, policy.order_up_to),
    ];
    for (field, then, now) in fields.into_iter().filter(|(_, then, now)| moved(*then, *now)) {
        let (before, after) = (format!("{then:.1}"), format!("{now:.1}"));
        if before == after {
            continue;
        }
        let cause = match field {
            "lead_time_mean" => format!("lead time: {}", policy.lead_time_source),
            _ => causes.ranked(),
        };
        changes.push(change(key.to_string(), field, before, after, cause));
    }
    if before.method != policy.method {
        let (then, now) = (before.method.to_string(), policy.method.to_string());
        changes.push(change(key.to_string(), "method", then, now, "policy".into()));
    }
}

/// Units of a change by cause; they add up to the change.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Causes {
    /// Another expected demand, or more or less of its error.
    pub demand: f64,
    /// Another lead time or review period.
    pub lead_time: f64,
    /// Another service target, method or override.
    pub policy: f64,
    /// Another inventory position.
    pub stock: f64,
    /// Minimum, pack, budget.
    pub rounding: f64,
}

impl Causes {
    /// `lead time +120, demand -10`: largest first, those below half a unit left out.
    #[must_use]
    pub fn ranked(&self) -> String {
        let mut parts = [
            ("demand", self.demand),
            ("lead time", self.lead_time),
            ("policy", self.policy),
            ("stock", self.stock),
            ("rounding", self.rounding),
        ];
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let told: Vec<String> = parts
            .iter()
            .filter(|p| p.1.abs() >= 0.5)
            .map(|(name, units)| format!("{name} {units:+.0}"))
            .collect();
        if told.is_empty() { "rounding".to_string() } else { told.join(", ") }
    }

    /// All causes together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.demand + self.lead_time + self.policy + self.stock + self.rounding
    }
}

/// Splits the change of `order_up_to`.
fn order_up_to_causes(before: &LastPool, policy: &Policy) -> Causes {
    let interval = |lead: f64, review: f64| (lead + review).max(f64::MIN_POSITIVE);
    let then = interval(before.lead_time_mean, before.review_period);
    let now = interval(policy.lead_time_mean, policy.review_period);
    let (d_then, d_now) = (before.protection_mean / then, policy.protection_mean / now);
    let by_demand = (d_now - d_then) * (then + now) / 2.0;
    let by_lead_time = (now - then) * (d_then + d_now) / 2.0;
    let safety = policy.safety_stock - before.safety_stock;
    let same_policy = before.method == policy.method
        && !moved(before.service_target * 1e3, policy.service_target * 1e3);
    let rest = policy.order_up_to - before.order_up_to - by_demand - by_lead_time - safety;
    let (demand, policy) =
        if same_policy { (by_demand + safety, rest) } else { (by_demand, rest + safety) };
    Causes { demand, lead_time: by_lead_time, policy, ..Causes::default() }
}

/// One pool then and now.
struct Pair<'a> {
    key: &'a str,
    names: &'a Names,
    before: &'a LastPool,
    policy: &'a Policy,
}

fn quantity_changes(
    pair: &Pair<'_>,
    then: &[&LastLine],
    now: &[&Recommendation],
    changes: &mut Vec<Change>,
) {
    let quantity_then: i64 = then.iter().map(|l| l.quantity.0).sum();
    let quantity_now: i64 = now.iter().map(|r| r.quantity.0).sum();
    let status_then = then.first().map_or("", |l| l.status.name());
    let status_now = now.first().map_or("", |r| r.status.name());
    let mut causes = order_up_to_causes(pair.before, pair.policy);
    if let (Some(then), Some(now)) = (then.first(), now.first()) {
        causes.stock = (then.inventory_position.0 - now.inventory_position.0) as f64;
    }
    if quantity_then != quantity_now {
        let mut of_quantity = causes;
        of_quantity.rounding = (quantity_now - quantity_then) as f64 - causes.total();
        let (before, after) = (quantity_then.to_string(), quantity_now.to_string());
        changes.push(change(pair.key.to_string(), "quantity", before, after, of_quantity.ranked()));
    }
    if status_then != status_now {
        changes.push(change(
            pair.key.to_string(),
            "status",
            status_then.into(),
            status_now.into(),
            causes.ranked(),
        ));
    }
    let supplier = |id: Option<crate::domain::units::SupplierId>| {
        id.map(|s| pair.names.suppliers[s.index()].clone()).unwrap_or_default()
    };
    let (from, to) = (then.first().and_then(|l| l.supplier), now.first().and_then(|r| r.supplier));
    if from != to {
        changes.push(change(
            pair.key.to_string(),
            "supplier",
            supplier(from),
            supplier(to),
            "policy".into(),
        ));
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
        assert_eq!(causes.ranked(), "lead time +77, demand +65");
    }

    #[test]
    fn another_service_target_is_a_cause_of_policy() {
        let then = policy(140.0, 7.0, 50.0);
        let now = Policy { service_target: 0.99, ..policy(140.0, 7.0, 80.0) };
        assert_eq!(order_up_to_causes(&last(&then), &now).ranked(), "policy +30");
    }
}
