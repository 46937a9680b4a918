//! The world that a replay starts from: every pool's demand and supply, as the run's input says.

use crate::config::Plan;
use crate::domain::inputs::{Inputs, Supply};
use crate::domain::outcome::Classification;
use crate::domain::panel::{Pool, flag};
use crate::domain::units::Money;
use crate::inventory::kits::Kits;
use crate::inventory::lead_time;
use crate::inventory::receipts::LeadTimes;
use crate::purchase::Market;
use crate::purchase::lot::LotRules;
use crate::run::history;
use crate::simulate::what_if::{Alternative, World};
use crate::simulate::{Costs, ReplayPool, Scope, Settings};

/// Longest lead time that the warm-up waits for, days: a quarter, or a single import item would
/// leave nothing to count.
const LONGEST_WARM_UP_DAYS: f64 = 91.0;

/// A world, and what forecasts of it have to be told.
pub(super) struct ReplayWorld {
    pub world: World,
    /// Share of demand that is kept after returns. `[pools]`
    pub kept_shares: Vec<f64>,
}

/// Demand of a pool, net of returns.
struct NetHistory {
    start: usize,
    /// `[history]`
    demand: Vec<f32>,
    /// `[history]`
    estimated: Vec<bool>,
    scopes: Vec<Scope>,
    /// Share of gross demand that is kept after returns.
    kept_share: f64,
}

impl ReplayWorld {
    pub(super) fn new(plan: &Plan, inputs: &Inputs) -> Self {
        let panel = &inputs.panel;
        let return_rates = history::return_rates(panel, &plan.clean);
        let classes = history::classify(inputs, &return_rates, None, plan);
        let market = Market::new(inputs, &plan.purchase);
        let lead_times = LeadTimes::new(&inputs.purchase_orders);
        let (kits, _) = Kits::new(&inputs.kits, &inputs.names);

        let mut pools = Vec::new();
        let mut suppliers = Vec::new();
        let mut kept_shares = Vec::new();
        for (pool, class) in panel.pools().iter().zip(&classes) {
            let mut supply = market.supply_of(pool.sku, pool.location);
            let first = supply.next();
            let past = past_demand(inputs, pool, &return_rates);
            kept_shares.push(past.kept_share);
            let mut replayed = replay_pool(inputs, pool, class, past);
            replayed.supplied =
                !kits.is_kit(pool.sku) && (first.is_some() || !inputs.has("supply"));
            let mut supplier = String::new();
            if let Some(first) = first {
                supply_from(&mut replayed, first, inputs, &lead_times, pool);
                supplier = inputs.names.supplier(first.supplier).to_owned();
                let name = format!("supplier:{supplier}");
                replayed.scopes.push(Scope { name, share: 1.0 });
            }
            let next = supply.next().map(|next| Alternative {
                lead_time: lead_times.estimate(next, pool.location).lead_time,
                unit_cost: next.unit_cost.map_or(replayed.unit_cost, Money::as_f64),
            });
            suppliers.push((supplier, next));
            pools.push(replayed);
        }

        let settings = settings(plan, &pools, panel.calendar().bucket().days());
        let world =
            World { pools, suppliers, candidates: Vec::new(), settings, forecast_factor: 1.0 };
        Self { world, kept_shares }
    }
}

fn settings(plan: &Plan, pools: &[ReplayPool], period_days: f64) -> Settings {
    let review_days = plan.policy.review_period_days;
    let longest = pools.iter().map(|pool| pool.lead_time.mean_days()).fold(0.0, f64::max);
    // Until every pool's first order has arrived.
    let warm_up_days = longest.min(LONGEST_WARM_UP_DAYS) + review_days;
    Settings {
        window: 0..0,
        warm_up: (warm_up_days / period_days).ceil() as usize,
        run_out: 0,
        review_every: (review_days / period_days).round().max(1.0) as usize,
        period_days,
        unmet_demand: plan.policy.unmet_demand,
        costs: Costs::of(&plan.policy),
        seed: Some(plan.run.seed),
        budget: None,
        paths_of: Vec::new(),
    }
}

fn past_demand(inputs: &Inputs, pool: &Pool, return_rates: &[f64]) -> NetHistory {
    struct ChannelUnits<'a> {
        channel: &'a str,
        kept: f64,
    }
    let panel = &inputs.panel;
    let history = panel.calendar().history();
    let mut demand = vec![0.0f32; history];
    let mut estimated = vec![!pool.series.is_empty(); history];
    let mut channels = Vec::new();
    let mut gross = 0.0;
    let mut kept = 0.0;
    for i in pool.series.clone() {
        let keep = 1.0 - return_rates[i];
        let first = panel.start(i);
        for (t, (&units, &flags)) in panel.cleaned(i).iter().zip(panel.flags(i)).enumerate() {
            demand[first + t] += (keep * f64::from(units)) as f32;
            // A period counts as estimated only where every channel was out of stock.
            estimated[first + t] &= flags & flag::CENSORED != 0;
        }
        let sum: f64 = panel.cleaned(i).iter().map(|&units| f64::from(units)).sum();
        gross += sum;
        kept += keep * sum;
        let channel = inputs.names.channel(panel.key(i).channel);
        channels.push(ChannelUnits { channel, kept: keep * sum });
    }
    let mut scopes = Vec::new();
    for channel in channels.into_iter().filter(|channel| channel.kept > 0.0) {
        let name = format!("channel:{}", channel.channel);
        scopes.push(Scope { name, share: channel.kept / kept });
    }
    NetHistory {
        start: pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(history),
        demand,
        estimated,
        scopes,
        kept_share: if gross > 0.0 { kept / gross } else { 1.0 },
    }
}

/// A pool that nobody supplies yet.
fn replay_pool(
    inputs: &Inputs,
    pool: &Pool,
    class: &Classification,
    past: NetHistory,
) -> ReplayPool {
    let sku = inputs.names.sku(pool.sku);
    let location = inputs.names.location(pool.location);
    let product = &inputs.products[pool.sku.index()];
    let unit_cost = product.unit_cost.map_or(0.0, Money::as_f64);
    let price = product.unit_price.map(Money::as_f64);
    let mut scopes = Vec::new();
    if let Some(abc) = class.abc {
        scopes.push(Scope { name: format!("class:{abc}"), share: 1.0 });
    }
    scopes.extend(past.scopes);
    ReplayPool {
        name: format!("{sku}/{location}"),
        start: past.start,
        demand: past.demand,
        estimated: past.estimated,
        lead_time: lead_time::default(),
        abc: class.abc,
        xyz: class.xyz,
        velocity: class.velocity,
        unit_cost,
        unit_margin: price.map_or(0.0, |price| (price - unit_cost).max(0.0)),
        supplied: false,
        lot: LotRules::FREE,
        initial: None,
        scopes,
    }
}

/// Gives a pool the lead time and lot rules of its first supplier, and its cost where the master
/// data have none.
fn supply_from(
    replayed: &mut ReplayPool,
    supply: &Supply,
    inputs: &Inputs,
    lead_times: &LeadTimes,
    pool: &Pool,
) {
    replayed.lead_time = lead_times.estimate(supply, pool.location).lead_time;
    replayed.lot = LotRules::of(supply);
    if replayed.unit_cost <= 0.0 {
        let price = inputs.products[pool.sku.index()].unit_price.map_or(0.0, Money::as_f64);
        replayed.unit_cost = supply.unit_cost.map_or(0.0, Money::as_f64);
        replayed.unit_margin = (price - replayed.unit_cost).max(0.0);
    }
}
