//! The results, looked at as a stranger would before they are published.
//!
//! Nothing is recomputed that a stage computed; the audit checks what must hold whatever the stages did. A failure leaves the
//! last publication in place.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::Severity;
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{Allocation, Outcome, Recommendation};
use crate::domain::units::{LocationId, Money, SkuId, Units};
use crate::explain::arithmetic::Recomputer;
use crate::parallel;
use crate::purchase::lot::LotRules;
use crate::store::Manifest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// At most this many failures are told.
const TOLD: usize = 20;
/// Explanations that one thread recomputes in one go.
const CHUNK: usize = 1_024;

/// How far a run's totals may be from the last one's before a person must look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// The recommended spend may be at most this many times the last run's, or what demand over the lead times cost then if
    /// that is more: a quiet night is no measure.
    pub spend_factor: f64,
    /// The number of pools may shrink or grow by at most this share.
    pub pool_share: f64,
}

impl Default for Bounds {
    /// Spend up to five times the last run's, pools within half.
    fn default() -> Self {
        Self { spend_factor: 5.0, pool_share: 0.5 }
    }
}

impl Bounds {
    /// Everything out of range, as sentences for the configuration's list of problems.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.spend_factor.is_nan() || self.spend_factor < 1.0 {
            problems
                .push(format!("publish.spend_factor = {}: expected 1 or more", self.spend_factor));
        }
        if self.pool_share.is_nan() || self.pool_share < 0.0 {
            problems.push(format!("publish.pool_share = {}: expected 0 or more", self.pool_share));
        }
        problems
    }
}

/// The figures a manifest keeps for the next run's audit.
#[must_use]
pub fn totals(inputs: &Inputs, outcome: &Outcome) -> BTreeMap<String, f64> {
    let ordered = || outcome.recommendations.iter().filter(|r| r.quantity.0 > 0);
    let value: Money = ordered().map(|r| r.value).sum();
    let published: Units = outcome.allocation.iter().map(|a| a.published).sum();
    let told = |severity| outcome.told(severity) as f64;
    let figures = [
        ("pools", inputs.panel.pools().len() as f64),
        ("series", inputs.panel.len() as f64),
        ("recommended_lines", ordered().count() as f64),
        ("recommended_value", value.as_f64()),
        ("protection_value", protection_value(outcome)),
        ("published_units", published.0 as f64),
        ("exceptions", outcome.exceptions.len() as f64),
        ("errors", told(Severity::Error)),
        ("warnings", told(Severity::Warning)),
        ("quarantined", inputs.quarantine.len() as f64),
    ];
    figures.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// Cost of the demand expected over every pool's lead time and review period, currency units.
fn protection_value(outcome: &Outcome) -> f64 {
    let cost: BTreeMap<_, _> = outcome
        .recommendations
        .iter()
        .map(|r| ((r.sku, r.location), r.unit_cost.as_f64()))
        .collect();
    outcome
        .policy
        .iter()
        .map(|p| p.protection_mean * cost.get(&(p.sku, p.location)).copied().unwrap_or(0.0))
        .sum()
}

/// Checks everything the contract promises of a run's results.
///
/// # Errors
/// [`Error::Audit`] with what failed.
pub fn audit(
    inputs: &Inputs,
    outcome: &Outcome,
    last: Option<&Manifest>,
    bounds: &Bounds,
) -> Result<()> {
    let mut found = Findings { names: &inputs.names, told: Vec::new(), more: 0 };
    pools_are_whole(inputs, outcome, &mut found);
    recommendations_are_valid(inputs, outcome, &mut found);
    allocations_fit_their_pools(outcome, &mut found);
    every_item_is_accounted_for(inputs, outcome, &mut found);
    explanations_recompute(outcome, &mut found);
    if let Some(last) = last {
        totals_are_plausible(&totals(inputs, outcome), last, bounds, &mut found);
    }
    if found.told.is_empty() {
        return Ok(());
    }
    if found.more > 0 {
        found.told.push(format!("and {} more", found.more));
    }
    Err(Error::Audit(found.told))
}

struct Findings<'a> {
    names: &'a Names,
    told: Vec<String>,
    more: usize,
}

impl Findings<'_> {
    fn tell(&mut self, what: String) {
        if self.told.len() < TOLD { self.told.push(what) } else { self.more += 1 }
    }

    fn pool(&mut self, sku: SkuId, location: LocationId, what: &str) {
        let of =
            |names: &[String], i: usize| names.get(i).cloned().unwrap_or_else(|| format!("#{i}"));
        let key = format!(
            "{}/{}",
            of(&self.names.skus, sku.index()),
            of(&self.names.locations, location.index())
        );
        self.tell(format!("{key}: {what}"));
    }
}

fn pools_are_whole(inputs: &Inputs, outcome: &Outcome, found: &mut Findings<'_>) {
    let pools = || inputs.panel.pools().iter().map(|p| (p.sku, p.location));
    if !pools().eq(outcome.classification.iter().map(|c| (c.sku, c.location))) {
        found.tell(format!(
            "{} pools but {} classified, or in another order",
            pools().count(),
            outcome.classification.len()
        ));
    }
    if !pools().eq(outcome.policy.iter().map(|p| (p.sku, p.location))) {
        found.tell(format!(
            "{} pools but {} policies, or in another order",
            pools().count(),
            outcome.policy.len()
        ));
    }
    for p in &outcome.policy {
        let numbers = [
            p.lead_time_mean,
            p.lead_time_sd,
            p.protection_mean,
            p.safety_stock,
            p.reorder_point,
            p.order_up_to,
        ];
        if numbers.iter().any(|v| !v.is_finite()) {
            found.pool(p.sku, p.location, "the policy has a number that is not finite");
        }
    }
    if outcome.methods.len() != inputs.panel.len() {
        found.tell(format!(
            "{} series but {} forecast methods",
            inputs.panel.len(),
            outcome.methods.len()
        ));
    }
}

fn recommendations_are_valid(inputs: &Inputs, outcome: &Outcome, found: &mut Findings<'_>) {
    let mut ids = BTreeSet::new();
    for r in &outcome.recommendations {
        if r.id.is_empty() || !ids.insert(r.id.as_str()) {
            found.pool(
                r.sku,
                r.location,
                &format!("the recommendation id {:?} is not unique", r.id),
            );
        }
        if let Some(what) = wrong_quantity(inputs, r) {
            found.pool(r.sku, r.location, &what);
        }
        if r.value != r.unit_cost.times(r.quantity) {
            found.pool(
                r.sku,
                r.location,
                &format!("{} at {} is not {}", r.quantity, r.unit_cost, r.value),
            );
        }
        if !r.need.is_finite()
            || !r.urgency.is_finite()
            || !(0.0..=1.0).contains(&r.stockout_probability)
        {
            found.pool(
                r.sku,
                r.location,
                "need, urgency or stock-out probability is not a number in range",
            );
        }
    }
}

/// What is wrong with a quantity: it must be 0, or at least the minimum, whole packs and not above the maximum.
fn wrong_quantity(inputs: &Inputs, r: &Recommendation) -> Option<String> {
    let quantity = r.quantity.0;
    if quantity <= 0 {
        return (quantity < 0).then(|| format!("{quantity} units are recommended"));
    }
    LotRules::agreed(&inputs.supply, r.sku, r.location, r.supplier?)?.refusal(r.quantity)
}

fn allocations_fit_their_pools(outcome: &Outcome, found: &mut Findings<'_>) {
    let pool_of = |r: &Recommendation| ((r.sku, r.location), r.available);
    let available: BTreeMap<_, _> = outcome.recommendations.iter().map(pool_of).collect();
    let mut by_pool: BTreeMap<(SkuId, LocationId), Units> = BTreeMap::new();
    for a in &outcome.allocation {
        let sum = by_pool.entry((a.sku, a.location)).or_default();
        *sum += a.allocated;
        if let Some(what) = wrong_allocation(a) {
            found.pool(a.sku, a.location, what);
        }
    }
    for ((sku, location), allocated) in by_pool {
        let pool = available.get(&(sku, location)).map_or(0, |u| u.0.max(0));
        if allocated.0 > pool {
            found.pool(
                sku,
                location,
                &format!("{allocated} units are allocated from a pool of {pool}"),
            );
        }
    }
}

fn wrong_allocation(a: &Allocation) -> Option<&'static str> {
    let published = (a.allocated - a.buffer).0.max(0);
    let published = if a.action == crate::domain::outcome::ChannelAction::Pause {
        a.published.0.min(published)
    } else {
        published
    };
    if a.allocated.0 < 0 || a.buffer.0 < 0 || a.reserved.0 < 0 || a.published.0 < 0 {
        return Some("an allocation is negative");
    }
    if a.published.0 != published {
        return Some("a published quantity is not the allocation less the buffer");
    }
    if !(0.0..=1.0 + 1e-9).contains(&a.share) || !(0.0..=1.0).contains(&a.oversell_risk) {
        return Some("a share or an oversell risk is not between 0 and 1");
    }
    None
}

fn every_item_is_accounted_for(inputs: &Inputs, outcome: &Outcome, found: &mut Findings<'_>) {
    let mut seen = vec![false; inputs.names.skus.len()];
    outcome.recommendations.iter().for_each(|r| seen[r.sku.index()] = true);
    let excused: BTreeSet<&str> = outcome.exceptions.iter().filter_map(|e| e.about.sku()).collect();
    for (i, _) in seen.iter().enumerate().filter(|(_, seen)| !**seen) {
        let sku = &inputs.names.skus[i];
        if !excused.contains(sku.as_str()) {
            found.tell(format!(
                "{sku}: neither a recommendation nor an exception says what becomes of it"
            ));
        }
    }
}

fn explanations_recompute(outcome: &Outcome, found: &mut Findings<'_>) {
    let policies: HashMap<_, _> = outcome.policy.iter().map(|p| ((p.sku, p.location), p)).collect();
    let earlier =
        |r: &Recommendation| policies.get(&(r.sku, r.location)).map_or(&[][..], |p| &p.steps);
    let of_policies =
        outcome.policy.iter().map(|p| (p.sku, p.location, &[][..], p.steps.as_slice()));
    let of_orders =
        outcome.recommendations.iter().map(|r| (r.sku, r.location, earlier(r), r.steps.as_slice()));
    let explanations: Vec<_> = of_policies.chain(of_orders).collect();
    let check = |part: usize| -> Vec<(SkuId, LocationId, String)> {
        let part = explanations.chunks(CHUNK).nth(part).expect("counted");
        let mut recomputer = Recomputer::default();
        part.iter()
            .filter_map(|&(sku, at, earlier, steps)| {
                Some((sku, at, recomputer.check(earlier, steps).err()?))
            })
            .collect()
    };
    let faults = parallel::map(explanations.len().div_ceil(CHUNK), check).into_iter().flatten();
    faults.for_each(|(sku, location, what)| found.pool(sku, location, &what));
    for r in &outcome.recommendations {
        let explained = r.steps.last().map_or(0.0, |step| step.value);
        #[expect(clippy::float_cmp, reason = "whole units are exact in f64")]
        if explained != r.quantity.0 as f64 {
            found.pool(
                r.sku,
                r.location,
                &format!("the explanation ends in {explained}, not in {}", r.quantity),
            );
        }
    }
}

fn totals_are_plausible(
    totals: &BTreeMap<String, f64>,
    last: &Manifest,
    bounds: &Bounds,
    found: &mut Findings<'_>,
) {
    let pair = |name: &str| Some((*last.totals.get(name)?, *totals.get(name)?));
    let demand = last.totals.get("protection_value").copied().unwrap_or(0.0);
    if let Some((before, now)) =
        pair("recommended_value").filter(|(before, _)| before.max(demand) > 0.0)
        && now > before.max(demand) * bounds.spend_factor
    {
        let factor = bounds.spend_factor;
        found.tell(format!(
            "the recommended spend of {now:.2} is over {factor} times the last run's {before:.2} and the {demand:.2} that \
             demand over the lead times cost then; raise publish.spend_factor if it is meant"
        ));
    }
    if let Some((before, now)) = pair("pools").filter(|(before, _)| *before > 0.0)
        && (now - before).abs() > before * bounds.pool_share
    {
        let percent = bounds.pool_share * 100.0;
        found.tell(format!("{now} pools, {before} in the last run: more than {percent} % apart"));
    }
}
