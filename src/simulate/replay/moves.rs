//! Moves between the locations of an item that no lane connects, as the night makes them: what lies
//! elsewhere is moved before it is bought, and is there the same morning.

use crate::allocate::transfers::{Holding, Site, transfers};
use crate::domain::units::{Money, SkuId, Units};
use crate::explain::Explanation;
use crate::inventory::Situation;
use crate::inventory::expiry::DatedLot;
use crate::inventory::need::need;
use crate::inventory::reorder_point::Targets;
use crate::inventory::settings::Settings as Policy;
use crate::simulate::replay::{NOISE, Replay, take_first};
use crate::simulate::{PoolOutlook, ReplayPool};

/// Pools of one item that may help each other out.
pub(super) type Neighbours = Vec<usize>;

/// Units that go from one pool to another.
pub(super) struct Move {
    from: usize,
    pub to: usize,
    pub units: f64,
}

/// The pools of every item that is kept at several places. Pools of an item lie side by side.
pub(super) fn neighbours(pools: &[ReplayPool]) -> Vec<Neighbours> {
    let mut all: Vec<Neighbours> = Vec::new();
    let mut before = None;
    for (pool, this) in pools.iter().enumerate() {
        let item = this.site.as_ref().map(|site| site.item);
        match all.last_mut().filter(|_| item.is_some() && item == before) {
            Some(same) => same.push(pool),
            None if item.is_some() => all.push(vec![pool]),
            None => {}
        }
        before = item;
    }
    all.retain(|same| same.len() > 1);
    all
}

impl Replay<'_> {
    /// What is moved at a review.
    pub(super) fn moves(&self, candidate: usize, outlooks: &[PoolOutlook]) -> Vec<Move> {
        let first = self.settings.window.start;
        let mut moves = Vec::new();
        for same in &self.neighbours {
            let mut played = Vec::with_capacity(same.len());
            let mut sites = Vec::with_capacity(same.len());
            for &pool in same.iter().filter(|&&pool| self.pools[pool].start <= first) {
                if let Some(site) = self.site(candidate, pool, &outlooks[pool]) {
                    played.push(pool);
                    sites.push(site);
                }
            }
            let sku = SkuId(played.first().map_or(0, |&pool| pool as u32));
            let found =
                transfers(sku, Units::LEAST, &sites, &self.settings.allocation, &|_, _| true);
            let pool_at = |location| sites.iter().position(|site| site.location == location);
            for transfer in found {
                let ends = pool_at(transfer.from).zip(pool_at(transfer.to));
                let (from, to) = ends.expect("a transfer is between its sites");
                let units = transfer.quantity.as_f64();
                moves.push(Move { from: played[from], to: played[to], units });
            }
        }
        moves
    }

    /// A pool as its neighbours see it; `None` where its rule knows no targets.
    fn site(&self, candidate: usize, pool: usize, outlook: &PoolOutlook) -> Option<Site> {
        let this = &self.pools[pool];
        let place = this.site.as_ref()?;
        let at = |now: &Situation<'_>, targets: &Targets, policy: &Policy| {
            let mut unrecorded = Explanation::unrecorded();
            let need = need(now, targets, None, policy, &mut unrecorded);
            let path = now.project(0.0, policy.unmet_demand).path;
            let protected = targets.interval.days() / self.settings.period_days;
            let holding = Holding {
                available: Units::floor(now.stock.net().clamp(0.0, 1e15)),
                position: need.position,
                reorder_point: targets.reorder_point,
                order_up_to: targets.order_up_to,
                safety_stock: targets.safety_stock,
                until_supply: &path[..path.len().min(protected.ceil() as usize)],
                is_sold_off: false,
            };
            Site {
                location: place.location,
                beyond_target: holding.beyond_target(),
                beyond_own_supply: holding.beyond_own_supply(),
                need: need.need,
                short_units: now.expected_shortfall(this.lead_time.mean_days()),
                is_sold_off: false,
                margin: Money::from_f64(this.unit_margin),
                unit_cost: place.unit_cost,
            }
        };
        self.standing_of(candidate, pool, outlook, at)
    }

    /// Carries out `moves`.
    pub(super) fn carry(&mut self, candidate: usize, moves: &[Move]) {
        let scored = self.scored();
        let today = self.today();
        let cost = self.settings.allocation.transfer_cost;
        for &Move { from, to, units } in moves {
            let giver = &mut self.states[candidate][from];
            giver.on_hand -= units;
            let lots = taken(&mut giver.lots, units);
            take_first(&mut giver.ages, units);
            let receiver = &mut self.states[candidate][to];
            receiver.on_hand += units;
            receiver.lots.extend(lots);
            receiver.lots.sort_by(|a, b| a.days.total_cmp(&b.days));
            if self.pools[to].fees.charge_age() {
                // There it has just come.
                receiver.ages.push(DatedLot { days: today, quantity: units });
            }
            receiver.serve_waiting();
            if scored {
                receiver.totals.order_cost += cost * units;
            }
        }
    }
}

/// Takes `units` out of `lots`, the first to expire first, and says which they were.
fn taken(lots: &mut Vec<DatedLot>, units: f64) -> Vec<DatedLot> {
    let mut taken = Vec::new();
    let mut left = units;
    for lot in lots.iter_mut() {
        let quantity = lot.quantity.min(left);
        lot.quantity -= quantity;
        left -= quantity;
        if quantity > NOISE {
            taken.push(DatedLot { quantity, ..*lot });
        }
    }
    lots.retain(|lot| lot.quantity > NOISE);
    taken
}
