//! Who helps when a location's usual source cannot in time: another location by a secondary or
//! backup lane, or a supplier that delivers there by name. Both are weighed as suppliers are: what
//! it costs more against the margin that would be lost. The arithmetic is `network::backup`'s and
//! `purchase`'s; here they are given what the night knows.

use crate::allocate::shipments::{Shipped, Shipping, SourceStock, shipped};
use crate::domain::lot::LotRules;
use crate::domain::outcome::{LaneBinding, LaneNight};
use crate::domain::units::{Money, Units};
use crate::explain::arithmetic::to_a_millionth;
use crate::explain::{Step, Unit};
use crate::inventory::{Arrival, PoolPlan, Situation};
use crate::network::backup::{Bridge, bridge};
use crate::network::topology::Topology;
use crate::network::{Network, PlaceNight};
use crate::purchase::PoolNeed;
use crate::run::night::{LaneInUse, MovedIn, Night, Prospect};

/// One item's places once their levels stand.
pub(super) struct Item<'i, 'n, 'a> {
    pub prospects: &'i [Prospect<'n, 'a>],
    pub network: &'i Network<'n>,
    pub topology: &'i Topology,
}

/// A place, and a source beside its usual one.
pub(super) struct Backup<'b, 'a> {
    pub used: &'b LaneInUse<'a>,
    /// The lane that feeds it usually; `None` where it buys.
    pub usual: Option<&'b LaneInUse<'a>>,
    pub night: &'b PlaceNight,
    pub plan: &'b PoolPlan,
    pub now: &'b Situation<'b>,
}

/// What backups have come to so far.
pub(super) struct Sooner {
    /// Units that each place can still give away. `[places]`
    pub spare: Vec<f64>,
    /// Of places that buy: what they are sent. `[places]`
    pub moved_in: Vec<Option<MovedIn>>,
}

/// What is lost before the usual source's next stock comes, and how much of that somebody sooner
/// would save, units.
struct Loss {
    usual: f64,
    sooner: f64,
}

impl Loss {
    fn saved(&self) -> f64 {
        (self.usual - self.sooner).max(0.0)
    }
}

impl<'a> Night<'a> {
    /// What another source sends to a place that its usual one leaves short; `None` where it has
    /// nothing to spare, nothing leaves there today, or it costs more than it saves.
    pub(super) fn by_backup(
        &self,
        item: &Item<'_, '_, 'a>,
        by: &Backup<'_, 'a>,
        sent: &[Shipped],
        sooner: &mut Sooner,
    ) -> Option<Shipped> {
        let LaneInUse { from, to, lane } = *by.used;
        let prospect = &item.prospects[to];
        let place = &item.network.places[to];
        let today = self.departs(lane) == Some(self.market.as_of);
        if !today || sooner.spare[from] <= 0.0 || self.quiet_move(prospect, lane.from).is_some() {
            return None;
        }
        let lead_days = self.lead_times.of_lane(lane, prospect.facts.sku).lead_time.mean_days();
        let usual_days = match by.usual {
            Some(_) => item.network.next_stock_days(item.topology, to),
            None => by.plan.next_arrival_days,
        };
        let loss = loss(by.now, sent, [usual_days, lead_days]);
        let coming: f64 = sent.iter().map(|row| row.lane.sent).sum();
        let level = by.night.level;
        let wanted = match by.usual {
            Some(_) if by.night.position < level.reorder_point => {
                level.order_up_to - by.night.position - coming
            }
            Some(_) => 0.0,
            // Its supplier brings the rest.
            None => loss.saved(),
        };
        if wanted <= 0.0 || loss.saved() <= 0.0 || prospect.facts.held.is_some() {
            return None;
        }
        let here = lane.cost_per_unit + landed(&item.prospects[from]);
        let usual_cost = match by.usual {
            Some(used) => used.lane.cost_per_unit + landed(&item.prospects[used.from]),
            None => landed(prospect),
        };
        let product = prospect.records.product;
        let pack = lane.pack_size.or(product.case_size).unwrap_or(product.step()).max(Units::LEAST);
        let room = item.network.room(to, coming);
        let maximum = lane.maximum.map(Units::as_f64).into_iter().chain(room).reduce(f64::min);
        let bridged = bridge(&Bridge {
            wanted,
            spare: sooner.spare[from],
            saved: loss.saved(),
            margin: place.margin,
            extra_cost: (here - usual_cost).as_f64(),
            line_cost: lane.cost_per_line.as_f64(),
            pack: pack.as_f64(),
            minimum: lane.minimum.as_f64(),
            maximum,
        });
        if bridged.sent <= 0.0 {
            return None;
        }
        let names = &self.inputs.names;
        let until = by.now.outlook.demand(0.0, usual_days);
        let have = by.night.position + coming;
        let sells = |unit: f64| Some(1.0 - until.cdf(have + unit - 1.0));
        let night = LaneNight {
            horizon_days: usual_days,
            need: wanted,
            asked: bridged.asked,
            share: bridged.sent,
            sent: bridged.sent,
            held_back: 0.0,
            last_sent_sells: sells(bridged.sent),
            first_kept_sells: sells(bridged.sent + 1.0),
            binding: match bridged.sent < bridged.asked {
                true => LaneBinding::HeldBack,
                false => LaneBinding::Nothing,
            },
            steps: bridged.steps,
        };
        let who = match by.usual {
            Some(used) => names.location(used.lane.from),
            None => "the supplier",
        };
        let instead = format!(
            "{who} can bring nothing more for {:.0} days; the extra {:.2} save a loss of {:.2}",
            usual_days.ceil(),
            bridged.cost,
            bridged.saved
        );
        let source = &item.network.places[from];
        let row = shipped(&Shipping {
            names,
            as_of: self.market.as_of,
            lane,
            night: &night,
            plan: by.plan,
            on_hand: prospect.records.shelf.on_hand,
            available: prospect.records.available,
            source: SourceStock {
                stock: Units::floor(source.stock.max(0.0)),
                next_arrival_days: source.next_arrival_days,
                landed: item.prospects[from].records.economics.landed_cost,
            },
            pack,
            departs_in_days: Some(0.0),
            lead_days,
            margin: place.margin,
            quiet: None,
            instead: Some(&instead),
            worth: None,
        });
        sooner.spare[from] -= bridged.sent;
        if by.usual.is_none() {
            let quantity = row.recommendation.quantity;
            let from = names.location(lane.from).to_owned();
            sooner.moved_in[to] = Some(MovedIn { quantity, from });
        }
        Some(row)
    }

    /// What a supplier that delivers to a place by name is asked for, to last until the location
    /// that feeds it can send; `None` where there is no such supplier or it does not pay.
    pub(super) fn by_supplier(
        &self,
        item: &Item<'_, '_, 'a>,
        by: &Backup<'_, 'a>,
        sent: &[Shipped],
    ) -> Option<PoolNeed> {
        let LaneInUse { to, .. } = *by.used;
        let prospect = &item.prospects[to];
        let facts = &prospect.facts;
        let night = by.night;
        let margin = item.network.places[to].margin;
        let coming: f64 = sent.iter().map(|row| row.lane.sent).sum();
        let is_short = night.position + coming < night.level.reorder_point;
        if !is_short || margin <= 0.0 || facts.held.is_some() {
            return None;
        }
        let records = &prospect.records;
        let rows = self.market.supply_of(facts.sku, facts.location);
        let here = rows.filter(|row| row.location == Some(facts.location));
        let days = |row| self.lead_days(records, row);
        let soonest = here.min_by(|a, b| days(a).total_cmp(&days(b)))?;
        let usual_days = item.network.next_stock_days(item.topology, to);
        let loss = loss(by.now, sent, [usual_days, days(soonest)]);
        let needed = to_a_millionth(loss.saved());
        let lot = LotRules::of(soonest).order_quantity(needed).quantity;
        let usual = by.used.lane.cost_per_unit + landed(&item.prospects[by.used.from]);
        let price = self.market.landed(soonest, records.product.unit_cost)?;
        let extra = (price - usual).as_f64().max(0.0) * lot.as_f64();
        if !lot.is_positive() || extra + self.plan.purchase.order_cost >= margin * needed {
            return None;
        }
        let mut need = self.need(records, by.plan, by.now, usual_days);
        need.fed = true;
        need.echelon = true;
        let there = item.network.places[to].stock + item.network.places[to].on_way + coming;
        need.room = need.max_stock.map(|most| (most - Units::ceil(there)).or_zero());
        need.need = needed;
        need.unserved = 0.0;
        need.steps.push(Step {
            name: "need",
            formula: "to_a_millionth(max(lost_before_usual - lost_before_supplier, 0))".to_owned(),
            inputs: vec![("lost_before_usual", loss.usual), ("lost_before_supplier", loss.sooner)],
            value: needed,
            unit: Unit::Units,
            note: "bought here to last until the location that feeds it can send".to_owned(),
        });
        let source = self.inputs.names.location(by.used.lane.from);
        need.reason = format!(
            "{source} can send no more for {:.0} days; the extra {:.2} save a loss of {:.2}",
            usual_days.ceil(),
            extra,
            margin * needed
        );
        Some(need)
    }
}

/// Units expected to be lost by each of two days, the usual source's first, when nothing comes but
/// what is on its way and what is `sent` today.
fn loss(now: &Situation<'_>, sent: &[Shipped], [usual, sooner]: [f64; 2]) -> Loss {
    let mut arrivals = now.arrivals.to_vec();
    for row in sent {
        let arrives = row.recommendation.expected_arrival;
        let days = arrives.zip(row.recommendation.order_date);
        // What leaves today comes after its way.
        let days = days.map_or(0.0, |(arrives, leaves)| (arrives - leaves).num_days() as f64);
        arrivals.push(Arrival { days, quantity: row.lane.sent });
    }
    let now = Situation { arrivals: &arrivals, ..*now };
    Loss { usual: now.expected_shortfall(usual), sooner: now.expected_shortfall(sooner) }
}

fn landed(prospect: &Prospect<'_, '_>) -> Money {
    prospect.records.economics.landed_cost.unwrap_or_default()
}
