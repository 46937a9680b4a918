//! The world that a replay starts from: every pool's demand and supply, as the run's input says.

use crate::config::Plan;
use crate::domain::calendar::Calendar;
use crate::domain::economics::UnitEconomics;
use crate::domain::inputs::{Inputs, Supplier, Supply};
use crate::domain::lanes::{Lane, LaneMode};
use crate::domain::lot::LotRules;
use crate::domain::outcome::Classification;
use crate::domain::panel::{Pool, flag};
use crate::domain::units::{Money, Units};
use crate::inventory::crossover::Deliveries;
use crate::inventory::kits::Bills;
use crate::inventory::lead_time;
use crate::inventory::receipts::LeadTimes;
use crate::inventory::settings as policy;
use crate::network::Mode;
use crate::purchase::Market;
use crate::purchase::economics::economics;
use crate::run::fees::fees_at;
use crate::run::observe::observe;
use crate::run::records::usual_demand;
use crate::run::ways::Ways;
use crate::run::{history, kits};
use crate::simulate::what_if::{Alternative, World};
use crate::simulate::{Costs, FedBy, PlaceOfItem, ReplayPool, Scope, Settings, Tiers};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest lead time that the warm-up waits for, days: a quarter, or a single import item would
/// leave nothing to count.
const LONGEST_WARM_UP_DAYS: f64 = 91.0;

/// A world, and what forecasts of it have to be told.
pub(super) struct ReplayWorld {
    pub world: World,
    /// Share of demand that is kept after returns. `[pools]`
    pub kept_shares: Vec<f64>,
    /// Kits are replayed as their parts.
    pub bills: Bills,
}

/// Demand of a pool, net of returns.
#[derive(Clone)]
struct NetHistory<'a> {
    start: usize,
    /// `[history]`
    demand: Vec<f32>,
    /// `[history]`
    estimated: Vec<bool>,
    /// Units kept by channel.
    channels: BTreeMap<&'a str, f64>,
    /// Share of gross demand that is kept after returns.
    kept_share: f64,
}

impl<'a> NetHistory<'a> {
    /// Adds what the kits of another pool take, `per_kit` each.
    fn add_kit(&mut self, kit: &Self, per_kit: f64) {
        for (t, (sum, &kits)) in self.demand.iter_mut().zip(&kit.demand).enumerate() {
            let more = (per_kit * f64::from(kits)) as f32;
            *sum += more;
            // Estimated where any of it is: a part knows no better than its kits.
            self.estimated[t] |= more > 0.0 && kit.estimated[t];
        }
        self.start = self.start.min(kit.start);
        for (channel, kept) in &kit.channels {
            *self.channels.entry(channel).or_default() += per_kit * kept;
        }
    }
}

impl ReplayWorld {
    pub(super) fn new(plan: &Plan, inputs: &Inputs) -> Self {
        let panel = &inputs.panel;
        let seen = observe(panel);
        let return_rates = history::return_rates(panel, &seen, &plan.clean);
        let market = Market::new(inputs, &plan.purchase);
        let economics = economics(inputs, &market);
        let classes =
            history::classify(inputs, &economics, &seen, &return_rates, None, plan).classes;
        let lead_times = LeadTimes::new(&inputs.purchase_orders);
        let bills = kits::bills_of(inputs);
        let past = past_with_kits(inputs, &return_rates, &bills);

        let mut pools = Vec::new();
        let mut suppliers = Vec::new();
        let mut kept_shares = Vec::new();
        for (p, (pool, past)) in panel.pools().iter().zip(past).enumerate() {
            // Who it is planned and ordered from at night, then the others.
            let usual = usual_demand(inputs, pool, &classes[p], &plan.policy);
            let first = market.usual_supply(&usual, |supply| {
                lead_times.estimate(supply, pool.location).lead_time
            });
            let others = market.supply_of(pool.sku, pool.location);
            let mut supply =
                others.filter(|row| first.is_none_or(|first| row.supplier != first.supplier));
            kept_shares.push(past.kept_share);
            let mut replayed =
                replay_pool(inputs, pool, &classes[p], &economics[p], past, &plan.policy);
            // Without any table of supply everything can be bought, at the default lead time; with
            // one, what has no row has nobody.
            replayed.supplied = first.is_some() || !inputs.has("supply");
            let mut supplier = String::new();
            if let Some(first) = first {
                supply_from(&mut replayed, first, inputs, &lead_times, pool);
                replayed.tiers = tiers(&market, first, inputs, pool);
                supplier = inputs.names.supplier(first.supplier).to_owned();
                let name = format!("supplier:{supplier}");
                replayed.scopes.push(Scope { name, share: 1.0 });
            }
            let next = supply.next().map(|next| Alternative {
                lead_time: lead_times.estimate(next, pool.location).lead_time,
                unit_cost: market
                    .terms(next, inputs.products[pool.sku.index()].unit_cost)
                    .and_then(|terms| terms.landed(next.minimum_order))
                    .map_or(replayed.unit_cost, Money::as_f64),
            });
            suppliers.push((supplier, next));
            pools.push(replayed);
        }
        share_margins_of_kits(&mut pools, &bills);
        for &kit in bills.kits() {
            // Its parts are replayed in its place.
            pools[kit].start = usize::MAX;
            pools[kit].supplied = false;
        }

        let ways = Ways { inputs, market: &market, classes: &classes, policy: &plan.policy };
        feed(&mut pools, &ways, &lead_times, &bills);
        place_among_neighbours(&mut pools, inputs, &bills);
        let settings = settings(plan, &pools, panel.calendar());
        let mut locations = Vec::with_capacity(pools.len());
        for pool in panel.pools() {
            locations.push(inputs.names.location(pool.location).to_owned());
        }
        let world = World {
            locations,
            demand_of: (0..pools.len()).map(|pool| vec![pool]).collect(),
            pools,
            suppliers,
            candidates: Vec::new(),
            settings,
            forecast_factor: 1.0,
        };
        Self { world, kept_shares, bills }
    }
}

/// Demand of every pool, that of kits as demand for their parts too. `[pools]`
fn past_with_kits<'a>(
    inputs: &'a Inputs,
    return_rates: &[f64],
    bills: &Bills,
) -> Vec<NetHistory<'a>> {
    let pools = inputs.panel.pools();
    let mut past: Vec<NetHistory<'a>> =
        pools.iter().map(|pool| past_demand(inputs, pool, return_rates)).collect();
    for &kit in bills.kits() {
        let of_kit = past[kit].clone();
        for (part, per_kit) in bills.plain_parts(kit) {
            past[part].add_kit(&of_kit, per_kit.as_f64());
        }
    }
    past
}

/// A unit of a part that a kit lacks loses the kit's margin: the mean over what is sold of it alone
/// and in kits.
fn share_margins_of_kits(pools: &mut [ReplayPool], bills: &Bills) {
    struct Margins {
        units: f64,
        margin: f64,
    }
    let mut through: BTreeMap<usize, Margins> = BTreeMap::new();
    for &kit in bills.kits() {
        let units: f64 = pools[kit].demand.iter().map(|&units| f64::from(units)).sum();
        for (part, taken) in bills.plain_parts(kit) {
            let of_part = through.entry(part).or_insert(Margins { units: 0.0, margin: 0.0 });
            of_part.units += taken.as_f64() * units;
            of_part.margin += units * pools[kit].unit_margin;
        }
    }
    for (part, kits) in through {
        let all: f64 = pools[part].demand.iter().map(|&units| f64::from(units)).sum();
        if all > 0.0 {
            let alone = (all - kits.units).max(0.0);
            pools[part].unit_margin = (alone * pools[part].unit_margin + kits.margin) / all;
        }
    }
}

fn settings(plan: &Plan, pools: &[ReplayPool], calendar: &Calendar) -> Settings {
    let period_days = calendar.bucket().days();
    let review_days = plan.policy.review_period_days;
    let longest = (0..pools.len()).map(|pool| way_days(pools, pool)).fold(0.0, f64::max);
    // Until every pool's first order has arrived.
    let warm_up_days = longest.min(LONGEST_WARM_UP_DAYS) + review_days;
    Settings {
        window: 0..0,
        warm_up: (warm_up_days / period_days).ceil() as usize,
        run_out: 0,
        review_every: (review_days / period_days).round().max(1.0) as usize,
        period_days,
        origin: calendar.start(0),
        unmet_demand: plan.policy.unmet_demand,
        costs: Costs::of(&plan.policy),
        seed: Some(plan.run.seed),
        // The most to spend on the orders of one review, as on those of one night.
        budget: plan.purchase.budget,
        patience: plan.purchase.patience(),
        allocation: plan.allocation.clone(),
        network: plan.network.clone(),
        paths_of: Vec::new(),
    }
}

/// Days from a supplier to pool `pool`, through all that feed it.
fn way_days(pools: &[ReplayPool], pool: usize) -> f64 {
    let mut place = pool;
    let mut days = 0.0;
    // A chain of lanes has no more links than there are pools.
    for _ in pools {
        let Some(fed) = &pools[place].fed else { break };
        days += fed.interval().days();
        place = fed.source;
    }
    days + pools[place].lead_time.mean_days()
}

fn past_demand<'a>(inputs: &'a Inputs, pool: &Pool, return_rates: &[f64]) -> NetHistory<'a> {
    let panel = &inputs.panel;
    let history = panel.calendar().history();
    let mut demand = vec![0.0f32; history];
    let mut estimated = vec![!pool.series.is_empty(); history];
    let mut channels = BTreeMap::new();
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
        channels.insert(channel, keep * sum);
    }
    NetHistory {
        start: pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(history),
        demand,
        estimated,
        channels,
        kept_share: if gross > 0.0 { kept / gross } else { 1.0 },
    }
}

/// A pool that nobody supplies yet.
fn replay_pool(
    inputs: &Inputs,
    pool: &Pool,
    class: &Classification,
    economics: &UnitEconomics,
    past: NetHistory<'_>,
    policy: &policy::Settings,
) -> ReplayPool {
    let sku = inputs.names.sku(pool.sku);
    let location = inputs.names.location(pool.location);
    let product = &inputs.products[pool.sku.index()];
    let place = &inputs.locations[pool.location.index()];
    let mut scopes = Vec::new();
    if let Some(abc) = class.abc {
        scopes.push(Scope { name: format!("class:{abc}"), share: 1.0 });
    }
    let kept: f64 = past.channels.values().filter(|&&kept| kept > 0.0).sum();
    for (channel, units) in past.channels.into_iter().filter(|channel| channel.1 > 0.0) {
        scopes.push(Scope { name: format!("channel:{channel}"), share: units / kept });
    }
    ReplayPool {
        name: format!("{sku}/{location}"),
        start: past.start,
        demand: past.demand,
        estimated: past.estimated,
        lead_time: lead_time::default(),
        abc: class.abc,
        xyz: class.xyz,
        velocity: class.velocity,
        group: policy.group(Some(class.rationalisation), &product.category),
        unit_cost: economics.landed_cost.unwrap_or_default().as_f64(),
        unit_margin: economics.margin_or_zero().as_f64(),
        supplied: false,
        lot: LotRules::FREE,
        tiers: None,
        supplier: None,
        min_stock: product.min_stock.map(Units::as_f64),
        max_stock: product.max_stock.map(Units::as_f64),
        shelf_life_days: product.shelf_life_days,
        fed: None,
        backups: Vec::new(),
        site: None,
        bought_here: None,
        priority: place.priority.map_or(i32::MAX, |rank| i32::try_from(rank).unwrap_or(i32::MAX)),
        deliveries: Deliveries::default(),
        holding_rate_per_year: place.holding_rate_per_year,
        fees: fees_at(inputs, product, pool.location),
        level: None,
        initial: None,
        scopes,
    }
}

/// Gives every pool its lanes, as the night has them: the one that it is fed by, and who else could
/// send; a pool that is fed may buy from a supplier that delivers there by name, the soonest of
/// them.
fn feed(pools: &mut [ReplayPool], ways: &Ways<'_, '_>, lead_times: &LeadTimes, bills: &Bills) {
    let inputs = ways.inputs;
    for to in 0..pools.len() {
        let pool = &inputs.panel.pools()[to];
        if inputs.lanes.is_empty() || bills.kits().contains(&to) {
            continue;
        }
        let usual = ways.usual_lane(to);
        for lane in inputs.lanes.into_pool(pool.sku, pool.location) {
            let Some(source) = inputs.panel.position((pool.sku, lane.from)) else { continue };
            let by = fed_by(lane, source, pool, inputs, lead_times);
            if usual == Some(lane) {
                pools[to].fed = Some(by);
            } else {
                pools[to].backups.push(by);
            }
        }
        let Some(source) = pools[to].fed.as_ref().map(|fed| fed.source) else { continue };
        pools[to].supplied = true;
        // What lies in a shop has cost what the warehouse paid, and the way.
        if pools[to].unit_cost <= 0.0 {
            let way = pools[to].fed.as_ref().map_or(0.0, |fed| fed.cost_per_unit);
            pools[to].unit_cost = pools[source].unit_cost + way;
        }
        let days = |row: &&Supply| lead_times.estimate(row, pool.location).lead_time.mean_days();
        let rows = ways.market.supply_of(pool.sku, pool.location);
        let here = rows.filter(|row| row.location == Some(pool.location));
        let soonest = here.min_by(|a, b| days(a).total_cmp(&days(b)));
        let unit_cost = inputs.products[pool.sku.index()].unit_cost;
        let price = soonest.and_then(|row| ways.market.landed(row, unit_cost));
        if let Some((row, price)) = soonest.zip(price) {
            supply_from(&mut pools[to], row, inputs, lead_times, pool);
            pools[to].tiers = tiers(ways.market, row, inputs, pool);
            pools[to].bought_here = Some(price.as_f64());
        }
    }
}

fn fed_by(
    lane: &Lane,
    source: usize,
    pool: &Pool,
    inputs: &Inputs,
    lead_times: &LeadTimes,
) -> FedBy {
    let product = &inputs.products[pool.sku.index()];
    let pack = lane.pack_size.or(product.case_size).unwrap_or(product.step());
    let departures = Supplier {
        order_weekdays: lane.weekdays.clone(),
        closures: lane.closures.clone(),
        ..Supplier::default()
    };
    FedBy {
        source,
        lead_time: lead_times.of_lane(lane, pool.sku).lead_time,
        departures: Arc::new(departures),
        pack: pack.max(Units::LEAST).as_f64(),
        minimum: lane.minimum.as_f64(),
        maximum: lane.maximum.map(Units::as_f64),
        cost_per_line: lane.cost_per_line.as_f64(),
        cost_per_unit: lane.cost_per_unit.as_f64(),
        mode: match lane.mode {
            LaneMode::Hold => Mode::Hold,
            LaneMode::Push => Mode::Push,
        },
    }
}

/// Says of the pools of an item at several locations that they may help each other out, as the
/// night lets them: kits are not moved, and what lanes connect is moved by them.
fn place_among_neighbours(pools: &mut [ReplayPool], inputs: &Inputs, bills: &Bills) {
    let sources: Vec<usize> =
        pools.iter().filter_map(|pool| pool.fed.as_ref().map(|fed| fed.source)).collect();
    for (p, replayed) in pools.iter_mut().enumerate() {
        let pool = &inputs.panel.pools()[p];
        let is_alone = inputs.panel.pools_of(pool.sku).len() < 2;
        if is_alone || bills.kits().contains(&p) || replayed.fed.is_some() || sources.contains(&p) {
            continue;
        }
        replayed.site = Some(PlaceOfItem {
            item: pool.sku,
            location: pool.location,
            unit_cost: inputs.products[pool.sku.index()].unit_cost,
        });
    }
}

/// The prices of `supply`, where they break with the quantity.
fn tiers(market: &Market<'_>, supply: &Supply, inputs: &Inputs, pool: &Pool) -> Option<Tiers> {
    let terms = market.terms(supply, inputs.products[pool.sku.index()].unit_cost)?;
    let breaks = terms.prices.breaks;
    (!breaks.is_empty()).then(|| Tiers {
        base: terms.prices.base,
        breaks: breaks.to_vec(),
        rate: terms.prices.rate,
        charges: terms.charges,
    })
}

/// Gives a pool the lead time, lot rules and calendar of its first supplier.
fn supply_from(
    replayed: &mut ReplayPool,
    supply: &Supply,
    inputs: &Inputs,
    lead_times: &LeadTimes,
    pool: &Pool,
) {
    replayed.lead_time = lead_times.estimate(supply, pool.location).lead_time;
    replayed.deliveries = lead_times.deliveries(supply);
    replayed.lot = LotRules::of(supply);
    let supplier = &inputs.suppliers[supply.supplier.index()];
    let is_open = supplier.order_weekdays.is_empty() && supplier.closures.is_empty();
    replayed.supplier = (!is_open).then(|| Arc::new(supplier.clone()));
}
