//! What steers a place once its levels stand: the demand that it covers, the service that it keeps,
//! and the lot that it is replenished with.
//!
//! Levels are found from costs. Where a class, a channel or the method asks for another service,
//! the same demand is covered at that one. The night and its replay read this and nothing else, so
//! that both plan a place alike.

use crate::inventory::facts::{Covers, NetworkLevel, PoolFacts};
use crate::inventory::reorder_point::{ProtectionInterval, network_lot, network_service};
use crate::inventory::settings::Settings;
use crate::math::distributions::Demand;
use crate::network::levels::{Interval, quantile};
use crate::network::night::{Network, PlaceNight};

impl Network<'_> {
    /// Whether place `p` feeds others.
    fn feeds(&self, p: usize) -> bool {
        self.lanes.iter().any(|lane| lane.from == p)
    }

    /// Units that the places fed by `p` keep above what demand asks for, of `lifts` a place.
    #[must_use]
    pub fn lifted_below(&self, p: usize, lifts: &[f64]) -> f64 {
        self.lanes.iter().filter(|lane| lane.from == p).map(|lane| lifts[lane.to]).sum()
    }

    /// The largest margin of a unit at place `p` and all that it feeds.
    fn largest_margin(&self, p: usize) -> f64 {
        let below = self.lanes.iter().filter(|lane| lane.from == p);
        below.fold(self.places[p].margin, |most, lane| most.max(self.largest_margin(lane.to)))
    }

    /// What steers place `p`, of which `facts` says how it is classed, and `night` where it stands;
    /// the places that it feeds keep `lifted` units above what their demand asks for, which it
    /// must buy too.
    #[must_use]
    pub fn steering(
        &self,
        p: usize,
        night: &PlaceNight,
        facts: &PoolFacts<'_>,
        settings: &Settings,
        lifted: f64,
    ) -> NetworkLevel {
        let place = &self.places[p];
        let inbound = self.lanes.iter().find(|lane| lane.to == p);
        let mut interval = place.supply.map_or(Interval::default(), |supply| supply.interval);
        if let Some(lane) = inbound {
            interval = lane.interval;
            interval.lead_days += lane.departs_in_days.unwrap_or(0.0);
        }
        let protection = match (&night.echelon, place.demand) {
            (Some(covered), _) => covered.distribution(&Demand::Poisson { mean: covered.mean() }),
            (None, Some(demand)) => {
                let days = inbound.map_or(interval, |lane| lane.interval).days();
                demand.over(0.0, days, interval.lead_sd_days)
            }
            (None, None) => Demand::Poisson { mean: 0.0 },
        };
        let costs_known = place.holding_a_day > 0.0 && self.largest_margin(p) > 0.0;
        let by_cost = costs_known.then_some(night.level.service);
        let service = network_service(facts, settings, by_cost);
        // Costs decide: the level is the network's own. Else the same demand at another service.
        let mut reorder_point = night.level.reorder_point;
        if by_cost != Some(service) {
            reorder_point = quantile(&protection, service);
        }
        NetworkLevel {
            covers: if self.feeds(p) { Covers::Echelon } else { Covers::Place },
            interval: ProtectionInterval {
                lead_days: interval.lead_days,
                review_days: interval.review_days,
            },
            lot: match inbound {
                Some(_) => night.level.lot.round(),
                None => {
                    let per_day = protection.mean() / interval.days().max(1.0);
                    network_lot(facts, settings, per_day, place.holding_a_day)
                }
            },
            protection,
            service,
            reorder_point: reorder_point + lifted,
            lifted,
            position: night.position,
            on_order: place.on_way,
        }
    }
}
