//! Sixty nights on which shipments come late, in part or not at all, wait unshipped, are edited and
//! cancelled: no unit is invented or lost, and nobody sends what it does not have.

use crate::network::*;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

const NIGHTS: i64 = 60;

/// Units on their way between two places.
#[derive(Debug, Clone, Copy)]
struct Moving {
    from: usize,
    to: usize,
    units: f64,
    /// Day of arrival; `None` = approved, still at the source.
    due: Option<i64>,
}

/// What is where, counted apart from the arithmetic that decides.
struct Ledger {
    random: Pcg64Mcg,
    on_hand: Vec<f64>,
    moving: Vec<Moving>,
    /// Units bought and the day they come.
    bought: Vec<(f64, i64)>,
    began: f64,
    ordered: f64,
    sold: f64,
    lost_on_the_way: f64,
}

impl Ledger {
    fn one_in(&mut self, n: u64) -> bool {
        self.random.next_u64().is_multiple_of(n)
    }

    fn up_to(&mut self, n: u64) -> f64 {
        (self.random.next_u64() % (n + 1)) as f64
    }

    fn morning(&mut self, day: i64) {
        let on_hand = &mut self.on_hand;
        self.bought.retain(|&(units, due)| {
            on_hand[0] += if due <= day { units } else { 0.0 };
            due > day
        });
        for mut moving in std::mem::take(&mut self.moving) {
            match moving.due {
                // Approved yesterday: shipped today, cancelled, or it waits on.
                None if self.one_in(4) => continue,
                None if self.one_in(3) => {}
                None => {
                    let there = self.on_hand[moving.from];
                    // Somebody edits it to what is really there.
                    moving.units = moving.units.min(there);
                    self.on_hand[moving.from] -= moving.units;
                    moving.due = Some(day + 1 + self.up_to(3) as i64);
                }
                Some(due) if due > day => {}
                Some(_) if self.one_in(6) => moving.due = Some(day + 2),
                Some(_) if self.one_in(6) => {
                    let part = self.up_to(moving.units as u64);
                    self.on_hand[moving.to] += part;
                    moving.units -= part;
                    moving.due = Some(day + 3);
                }
                Some(_) if self.one_in(8) => {
                    self.lost_on_the_way += moving.units;
                    continue;
                }
                Some(_) => {
                    self.on_hand[moving.to] += moving.units;
                    continue;
                }
            }
            if moving.units > 0.0 {
                self.moving.push(moving);
            }
        }
    }

    /// What lies at `place` and nobody has approved to leave it.
    fn available(&self, place: usize) -> f64 {
        let committed = self.moving.iter().filter(|m| m.from == place && m.due.is_none());
        self.on_hand[place] - committed.map(|m| m.units).sum::<f64>()
    }

    fn on_way(&self, place: usize) -> f64 {
        let bought: f64 = self.bought.iter().map(|&(units, _)| units).sum();
        let moving = self.moving.iter().filter(|m| m.to == place).map(|m| m.units).sum::<f64>();
        if place == 0 { bought } else { moving }
    }

    fn evening(&mut self, day: i64) {
        for place in 0..self.on_hand.len() {
            let sold = self.up_to(4).min(self.on_hand[place]);
            // Committed units may be sold from under a shipment: the edit above finds out.
            self.on_hand[place] -= sold;
            self.sold += sold;
        }
        let moving: f64 = self.moving.iter().filter(|m| m.due.is_some()).map(|m| m.units).sum();
        let bought: f64 = self.bought.iter().map(|&(units, _)| units).sum();
        let there: f64 = self.on_hand.iter().sum();
        let all = there + moving + bought + self.sold + self.lost_on_the_way;
        assert_eq!(all, self.began + self.ordered, "day {day}");
        assert!(self.on_hand.iter().all(|&units| units >= 0.0));
    }
}

#[test]
fn sixty_nights_conserve_every_unit() {
    // A warehouse feeds a regional one and a shop, the regional one two shops.
    let ends = [(0, 1), (0, 2), (1, 3), (1, 4)];
    let demand = [0.0, 0.5, 2.0, 1.0, 2.0].map(Steady::poisson);
    for seed in 0..12 {
        let mut ledger = Ledger {
            random: Pcg64Mcg::seed_from_u64(seed),
            on_hand: vec![120.0, 30.0, 12.0, 9.0, 3.0],
            moving: Vec::new(),
            bought: Vec::new(),
            began: 174.0,
            ordered: 0.0,
            sold: 0.0,
            lost_on_the_way: 0.0,
        };
        let rule = [Rule::Value, Rule::RunOut, Rule::Priority][seed as usize % 3];
        for day in 0..NIGHTS {
            ledger.morning(day);
            let mut places = Vec::new();
            for (i, demand) in demand.iter().enumerate() {
                let mut place = Place::new("", Some(demand), ledger.available(i));
                place.on_way = ledger.on_way(i);
                place.margin = 3.0 + i as f64;
                place.holding_a_day = 0.01 * (1 + i) as f64;
                place.priority = i as i32 % 2;
                places.push(place);
            }
            let interval = Interval { lead_days: 9.0, lead_sd_days: 0.0, review_days: 7.0 };
            places[0].supply = Some(Supply { interval, crossing_days2: 0.0, lot: 0.0 });
            places[0].reserve = 2.0;
            let mut lanes = Vec::new();
            for (n, (from, to)) in ends.into_iter().enumerate() {
                let interval = Interval { lead_days: 2.0, lead_sd_days: 1.0, review_days: 3.5 };
                let mut lane = Lane::new(from, to, interval);
                lane.pack = [1.0, 3.0, 2.0, 5.0][n];
                lane.minimum = [0.0, 6.0, 0.0, 0.0][n];
                lane.departs_in_days = Some(if ledger.one_in(3) { 2.0 } else { 0.0 });
                lanes.push(lane);
            }
            let network = Network { places, lanes, rule, level_shift: 0.0 };
            let night = network.night().unwrap();

            // In transit counts once: the echelon's position is everything there is.
            let shipped = ledger.moving.iter().filter(|m| m.due.is_some());
            let shipped: f64 = shipped.map(|m| m.units).sum();
            let bought: f64 = ledger.bought.iter().map(|&(units, _)| units).sum();
            let all = ledger.on_hand.iter().sum::<f64>() + shipped + bought;
            assert_eq!(night.places[0].position, all, "seed {seed}, day {day}");

            for source in [0, 1] {
                let mut sent = 0.0;
                for (lane, night) in network.lanes.iter().zip(&night.lanes) {
                    if lane.from == source {
                        sent += night.sent;
                        assert!(night.sent <= night.asked);
                        assert_eq!(night.sent % lane.pack, 0.0);
                        assert!(night.sent == 0.0 || night.sent >= lane.minimum);
                    }
                }
                assert!(sent <= ledger.available(source).max(0.0), "seed {seed}, day {day}");
            }
            for (lane, night) in network.lanes.iter().zip(&night.lanes) {
                if night.sent > 0.0 {
                    let units = night.sent;
                    ledger.moving.push(Moving { from: lane.from, to: lane.to, units, due: None });
                }
            }
            if day % 7 == 0 && night.places[0].need > 0.0 {
                let units = night.places[0].need.ceil();
                ledger.ordered += units;
                ledger.bought.push((units, day + 9));
            }
            ledger.evening(day);
        }
        assert!(ledger.sold > 200.0 && ledger.lost_on_the_way > 0.0, "seed {seed}");
    }
}
