//! The results, looked at as a stranger would before they are published.
//!
//! Nothing is recomputed that a stage computed; the audit checks what must hold whatever the stages
//! did. A failure leaves the last publication in place. `run` calls it, once, when all is decided.

pub mod effects;

use crate::allocate::room::overfull;
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, Names};
use crate::domain::lanes::LaneMode;
use crate::domain::lot::LotRules;
use crate::domain::outcome::{
    Allocation, ChannelAction, Classification, Outcome, Policy, Recommendation,
};
use crate::domain::panel::{Pool, PoolId};
use crate::domain::sorted::Keyed;
use crate::domain::units::{Money, Units};
use crate::explain::Step;
use crate::explain::arithmetic::Recomputer;
use crate::parallel;
use crate::store::Manifest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// At most this many failures are listed: one fault of ours breaks thousands of pools, and the
/// first few tell which.
const LISTED: usize = 20;
/// Explanations that one thread recomputes in one go: enough that handing them out costs nothing,
/// few enough that all threads end together.
const CHUNK: usize = 1_024;
/// Lines of the last run from which a collapse of the spend is worth a word.
const COLLAPSING_LINES: f64 = 5.0;
/// A share of exactly all may come out of a division as a little more.
const ROUNDING: f64 = 1e-9;

/// How far a run's totals may be from the last one's before a person must look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// The recommended spend may be at most this many times the last run's, or what demand over the
    /// lead times cost then if that is more: a quiet night is no measure.
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
    let mut lines = 0;
    let mut moves = outcome.transfers.len();
    let mut value = Money::ZERO;
    for line in outcome.recommendations.iter().filter(|line| line.quantity.is_positive()) {
        if line.transfer.is_some() {
            moves += 1;
            continue;
        }
        lines += 1;
        value += line.value;
    }
    let published: Units = outcome.allocation.iter().filter_map(|row| row.published).sum();
    let figures = [
        ("pools", inputs.panel.pools().len() as f64),
        ("series", inputs.panel.len() as f64),
        ("recommended_lines", f64::from(lines)),
        ("recommended_moves", moves as f64),
        ("recommended_value", value.as_f64()),
        ("protection_value", protection_value(outcome)),
        ("published_units", published.as_f64()),
        ("exceptions", outcome.exceptions.len() as f64),
        ("errors", outcome.exceptions_of(Severity::Error) as f64),
        ("warnings", outcome.exceptions_of(Severity::Warning) as f64),
        ("quarantined", inputs.quarantine.len() as f64),
    ];
    figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Cost of the demand expected over every pool's lead time and review period, currency units.
fn protection_value(outcome: &Outcome) -> f64 {
    let mut costs: BTreeMap<PoolId, f64> = BTreeMap::new();
    for line in &outcome.recommendations {
        costs.insert(line.key(), line.unit_cost.as_f64());
    }
    let mut value = 0.0;
    for policy in &outcome.policy {
        let cost = costs.get(&policy.key()).copied().unwrap_or(0.0);
        value += policy.protection_mean * cost;
    }
    value
}

/// Approved units that no purchase order shows yet.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// The item and where they go.
    pub pool: PoolId,
    /// How many.
    pub units: Units,
}

/// Cost of a unit; nothing where tonight's lines do not say, so that it hides no collapse.
fn cost_of(costs: &BTreeMap<PoolId, f64>, pool: PoolId) -> f64 {
    costs.get(&pool).copied().unwrap_or(0.0)
}

/// A warning where the spend collapses: what is recommended, approved and waiting, or placed since
/// the last run comes to less than what was recommended then, divided by `factor`. Orders that
/// vanish do not fail the audit, for a shop may stop buying; a person should know.
#[must_use]
pub fn collapsed(
    inputs: &Inputs,
    outcome: &Outcome,
    pending: &[Waiting],
    last: &Manifest,
    factor: f64,
) -> Option<Exception> {
    let then = last.totals.get("recommended_value").copied().filter(|&value| value > 0.0)?;
    // One or two lines come and go.
    last.totals.get("recommended_lines").filter(|&&lines| lines >= COLLAPSING_LINES)?;
    let mut costs: BTreeMap<PoolId, f64> = BTreeMap::new();
    let mut recommended = 0.0;
    for line in &outcome.recommendations {
        costs.insert(line.key(), line.unit_cost.as_f64());
        recommended += line.value.as_f64();
    }
    let mut approved = 0.0;
    for waiting in pending {
        approved += waiting.units.as_f64() * cost_of(&costs, waiting.pool);
    }
    let mut placed = 0.0;
    for order in inputs.purchase_orders.iter() {
        if order.confirmed.is_some_and(|day| day >= last.as_of) {
            placed += order.quantity.as_f64() * cost_of(&costs, order.key());
        }
    }
    let now = recommended + approved + placed;
    if now * factor >= then {
        return None;
    }
    Some(Exception::new(
        Severity::Warning,
        ExceptionKind::SpendCollapsed,
        Subject::Run("publish.spend_factor"),
        format!(
            "{recommended:.2} are recommended, {approved:.2} approved and waiting, {placed:.2} \
             placed since {}; {then:.2} were recommended then",
            last.as_of
        ),
        format!("less than the {factor}th part (publish.spend_factor): is a table cut off?"),
    ))
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
    let mut faults = Faults { names: &inputs.names, listed: Vec::new(), more: 0 };
    pools_are_whole(inputs, outcome, &mut faults);
    recommendations_are_valid(inputs, outcome, &mut faults);
    transfers_fit_their_sources(inputs, outcome, &mut faults);
    for fault in overfull(&outcome.recommendations, &outcome.lanes, inputs) {
        faults.add(fault);
    }
    allocations_fit_their_pools(outcome, &mut faults);
    every_item_is_accounted_for(inputs, outcome, &mut faults);
    explanations_recompute(outcome, &mut faults);
    if let Some(last) = last {
        totals_are_plausible(&totals(inputs, outcome), last, bounds, &mut faults);
    }
    if faults.listed.is_empty() {
        return Ok(());
    }
    if faults.more > 0 {
        faults.listed.push(format!("and {} more", faults.more));
    }
    Err(Error::Audit(faults.listed))
}

/// What failed, the first of it in words.
struct Faults<'a> {
    names: &'a Names,
    listed: Vec<String>,
    more: usize,
}

impl Faults<'_> {
    fn add(&mut self, what: String) {
        if self.listed.len() < LISTED { self.listed.push(what) } else { self.more += 1 }
    }

    fn of_pool(&mut self, pool: PoolId, what: &str) {
        // The very ids may be the fault.
        let sku = self.names.skus.get(pool.sku.index()).map_or("?", String::as_str);
        let location = self.names.locations.get(pool.location.index()).map_or("?", String::as_str);
        self.add(format!("{sku}/{location}: {what}"));
    }
}

fn pools_are_whole(inputs: &Inputs, outcome: &Outcome, faults: &mut Faults<'_>) {
    let pools = inputs.panel.pools();
    let classes = &outcome.classification;
    if !pools.iter().map(Pool::id).eq(classes.iter().map(Classification::key)) {
        let classified = classes.len();
        faults
            .add(format!("{} pools but {classified} classified, or in another order", pools.len()));
    }
    if !pools.iter().map(Pool::id).eq(outcome.policy.iter().map(Policy::key)) {
        let policies = outcome.policy.len();
        faults.add(format!("{} pools but {policies} policies, or in another order", pools.len()));
    }
    for policy in &outcome.policy {
        let numbers = [
            policy.lead_time_mean,
            policy.lead_time_sd,
            policy.protection_mean,
            policy.safety_stock,
            policy.reorder_point,
            policy.order_up_to,
        ];
        if !numbers.into_iter().all(f64::is_finite) {
            faults.of_pool(policy.key(), "the policy has a number that is not finite");
        }
    }
    let (series, methods) = (inputs.panel.len(), outcome.methods.len());
    if methods != series {
        faults.add(format!("{series} series but {methods} forecast methods"));
    }
}

fn recommendations_are_valid(inputs: &Inputs, outcome: &Outcome, faults: &mut Faults<'_>) {
    let mut ids = BTreeSet::new();
    for line in &outcome.recommendations {
        let pool = line.key();
        if line.id.is_empty() || !ids.insert(line.id.as_str()) {
            faults.of_pool(pool, &format!("the recommendation id {:?} is not unique", line.id));
        }
        if let Some(what) = wrong_quantity(inputs, line) {
            faults.of_pool(pool, &what);
        }
        if line.value != line.unit_cost.times(line.quantity) {
            let Recommendation { quantity, unit_cost, value, .. } = line;
            faults.of_pool(pool, &format!("{quantity} at {unit_cost} is not {value}"));
        }
        if !line.need.is_finite()
            || !line.urgency.is_finite()
            || !(0.0..=1.0).contains(&line.stockout_probability)
        {
            let what = "need, urgency or stock-out probability is not a number in range";
            faults.of_pool(pool, what);
        }
    }
}

/// What is wrong with a quantity: it must be 0, or at least the minimum, whole packs and not above
/// the maximum.
fn wrong_quantity(inputs: &Inputs, line: &Recommendation) -> Option<String> {
    let quantity = line.quantity;
    if quantity < Units::ZERO {
        return Some(format!("{quantity} units are recommended"));
    }
    if quantity.is_zero() {
        return None;
    }
    LotRules::agreed(&inputs.supply, line.sku, line.location, line.supplier?)?.refusal(quantity)
}

/// Nobody sends what is not there, more than was asked for, or parts of a pack; and what channels
/// are shown is what stays.
fn transfers_fit_their_sources(inputs: &Inputs, outcome: &Outcome, faults: &mut Faults<'_>) {
    let mut available: BTreeMap<PoolId, Units> = BTreeMap::new();
    for line in &outcome.recommendations {
        available.insert(line.key(), line.available.or_zero());
    }
    let mut leaves: BTreeMap<PoolId, Units> = BTreeMap::new();
    for line in &outcome.recommendations {
        let Some(transfer) = line.transfer else { continue };
        let quantity = line.quantity;
        let pool = line.key();
        *leaves.entry(PoolId { sku: line.sku, location: transfer.from }).or_default() += quantity;
        let lanes = inputs.lanes.into_pool(line.sku, line.location);
        let Some(lane) = lanes.into_iter().find(|lane| lane.from == transfer.from) else {
            faults.of_pool(pool, "a transfer that no lane carries");
            continue;
        };
        if quantity > transfer.asked && lane.mode == LaneMode::Hold {
            let asked = transfer.asked;
            faults.of_pool(pool, &format!("{quantity} are sent, {asked} were asked for"));
        }
        if quantity.count() % line.pack_size.count().max(1) != 0 {
            let pack = line.pack_size;
            faults.of_pool(pool, &format!("{quantity} sent are not whole packs of {pack}"));
        }
        if lane.maximum.is_some_and(|most| quantity > most) {
            faults.of_pool(pool, &format!("{quantity} are sent, above the lane's maximum"));
        }
    }
    for row in &outcome.allocation {
        if let Some(left) = leaves.get_mut(&row.key()) {
            *left += row.allocated;
        }
    }
    for (source, units) in leaves {
        let available = available.get(&source).copied().unwrap_or_default();
        if units > available {
            let what = format!("{units} units leave or are allocated from a pool of {available}");
            faults.of_pool(source, &what);
        }
    }
}

fn allocations_fit_their_pools(outcome: &Outcome, faults: &mut Faults<'_>) {
    let mut available: BTreeMap<PoolId, Units> = BTreeMap::new();
    for line in &outcome.recommendations {
        available.insert(line.key(), line.available.or_zero());
    }
    let mut allocated: BTreeMap<PoolId, Units> = BTreeMap::new();
    for row in &outcome.allocation {
        let pool = row.key();
        *allocated.entry(pool).or_default() += row.allocated;
        if let Some(what) = wrong_allocation(row) {
            faults.of_pool(pool, what);
        }
    }
    for (pool, allocated) in allocated {
        let available = available.get(&pool).copied().unwrap_or_default();
        if allocated > available {
            let what = format!("{allocated} units are allocated from a pool of {available}");
            faults.of_pool(pool, &what);
        }
    }
}

fn wrong_allocation(row: &Allocation) -> Option<&'static str> {
    if [row.allocated, row.buffer, row.reserved].iter().any(|u| *u < Units::ZERO) {
        return Some("an allocation is negative");
    }
    let due = (row.allocated - row.buffer).or_zero();
    let as_due = match row.published {
        None => row.action == ChannelAction::Unknown,
        // A paused channel may show less, down to nothing.
        Some(shown) if row.action == ChannelAction::Pause => shown >= Units::ZERO && shown <= due,
        Some(shown) => shown == due,
    };
    if !as_due {
        return Some("a published quantity is not the allocation less the buffer");
    }
    if !(0.0..=1.0 + ROUNDING).contains(&row.share) || !(0.0..=1.0).contains(&row.oversell_risk) {
        return Some("a share or an oversell risk is not between 0 and 1");
    }
    None
}

fn every_item_is_accounted_for(inputs: &Inputs, outcome: &Outcome, faults: &mut Faults<'_>) {
    let mut accounted = vec![false; inputs.names.skus.len()];
    for line in &outcome.recommendations {
        accounted[line.sku.index()] = true;
    }
    let excused: BTreeSet<&str> = outcome.exceptions.iter().filter_map(|e| e.about.sku()).collect();
    for (sku, accounted) in inputs.names.skus.iter().zip(accounted) {
        if !accounted && !excused.contains(sku.as_str()) {
            faults.add(format!(
                "{sku}: neither a recommendation nor an exception says what becomes of it"
            ));
        }
    }
}

/// The steps of one policy or recommendation; those of a recommendation build on the policy's.
struct Explained<'a> {
    pool: PoolId,
    earlier: &'a [Step],
    steps: &'a [Step],
}

fn explanations_recompute(outcome: &Outcome, faults: &mut Faults<'_>) {
    let mut explained = Vec::with_capacity(outcome.policy.len() + outcome.recommendations.len());
    let mut policies: HashMap<PoolId, &Policy> = HashMap::new();
    for policy in &outcome.policy {
        let pool = policy.key();
        policies.insert(pool, policy);
        explained.push(Explained { pool, earlier: &[], steps: &policy.steps });
    }
    for line in &outcome.recommendations {
        let pool = line.key();
        let earlier = policies.get(&pool).map_or(&[][..], |policy| &policy.steps);
        explained.push(Explained { pool, earlier, steps: &line.steps });
    }
    let chunks: Vec<_> = explained.chunks(CHUNK).collect();
    let found = parallel::map(chunks.len(), |chunk| {
        let mut recomputer = Recomputer::default();
        let mut found = Vec::new();
        for explained in chunks[chunk] {
            if let Err(what) = recomputer.check(explained.earlier, explained.steps) {
                found.push((explained.pool, what));
            }
        }
        found
    });
    for (pool, what) in found.into_iter().flatten() {
        faults.of_pool(pool, &what);
    }
    for line in &outcome.recommendations {
        let last = line.steps.last().map_or(0.0, |step| step.value);
        #[expect(clippy::float_cmp, reason = "whole units are exact in f64")]
        if last != line.quantity.as_f64() {
            let what = format!("the explanation ends in {last}, not in {}", line.quantity);
            faults.of_pool(line.key(), &what);
        }
    }
}

fn totals_are_plausible(
    totals: &BTreeMap<String, f64>,
    last: &Manifest,
    bounds: &Bounds,
    faults: &mut Faults<'_>,
) {
    if let Some(spend_then) = last.totals.get("recommended_value")
        && let Some(spend) = totals.get("recommended_value")
    {
        let demand = last.totals.get("protection_value").copied().unwrap_or(0.0);
        // After a quiet night any order is many times the last run's: demand over the lead times is
        // the other measure.
        let usual = spend_then.max(demand);
        let factor = bounds.spend_factor;
        if usual > 0.0 && *spend > usual * factor {
            faults.add(format!(
                "the recommended spend of {spend:.2} is over {factor} times the last run's \
                 {spend_then:.2} and the {demand:.2} that demand over the lead times cost then; \
                 raise publish.spend_factor if it is meant"
            ));
        }
    }
    if let Some(pools_then) = last.totals.get("pools")
        && let Some(pools) = totals.get("pools")
        && *pools_then > 0.0
        && (pools - pools_then).abs() > pools_then * bounds.pool_share
    {
        let percent = bounds.pool_share * 100.0;
        faults.add(format!(
            "{pools} items by location, {pools_then} in the last run: more than {percent} % apart; \
             raise publish.pool_share if it is meant (0.9 allows 90 %)"
        ));
    }
}
