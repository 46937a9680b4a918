//! Two years in the life of one item: demand by channel, a planner's orders, deliveries, stock-outs, sales and returns.
//!
//! Each item has a random stream of its own, so item 7 is the same in a sample of 60 and of 60,000.

use crate::sample::DAYS;
use crate::sample::EVENTS;
use crate::sample::catalogue::{self, Base, Kind, SUPPLIERS, at};
use crate::sample::date;
use chrono::{Datelike, NaiveDate};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Channels in the order of [`crate::sample::CHANNELS`]; the first two sell from the warehouse, the last from the shop.
pub(crate) const POOL_OF_CHANNEL: [usize; 3] = [0, 0, 1];
const SHARE: [f64; 3] = [0.5, 0.3, 0.2];
const RETURN_RATE: [f64; 3] = [0.06, 0.045, 0.015];
/// Monday to Sunday.
const WEEKDAY: [[f64; 7]; 3] = [
    [1.15, 1.10, 1.05, 1.00, 0.90, 0.80, 1.00],
    [1.10, 1.05, 1.00, 1.00, 0.95, 0.90, 1.00],
    [0.80, 0.85, 0.90, 1.00, 1.35, 2.10, 0.00],
];

/// One sale or return.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sale {
    pub day: u16,
    pub channel: u8,
    /// Negative = return.
    pub quantity: i32,
    pub unit_price: f64,
    pub promoted: bool,
}

/// One purchase-order line, before it has a number.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub supplier: usize,
    pub quantity: i64,
    pub placed: usize,
    pub expected: usize,
    pub arrives: usize,
    pub delivered: i64,
}

/// What happened in one location.
#[derive(Debug, Clone, Default)]
pub(crate) struct PoolHistory {
    /// At the end of each day, units.
    pub stock: Vec<i64>,
    pub orders: Vec<Order>,
    /// Whole days without stock, first and last.
    pub stockouts: Vec<(usize, usize)>,
    pub returns_pending: i64,
}

/// What happened to one item.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemHistory {
    pub sales: Vec<Sale>,
    /// Warehouse, shop.
    pub pools: [PoolHistory; 2],
    /// First day, last day, discount.
    pub promotions: Vec<(usize, usize, f64)>,
}

/// The random stream of one item.
pub(crate) struct Random(Pcg64Mcg);

impl Random {
    pub fn of_item(seed: u64, index: usize) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index as u64))
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }

    /// Nearly normal: four uniforms, so that no platform's logarithm decides a committed file.
    fn normal(&mut self) -> f64 {
        let sum = self.uniform() + self.uniform() + self.uniform() + self.uniform();
        (sum - 2.0) * 3f64.sqrt()
    }

    fn poisson(&mut self, mean: f64) -> i64 {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as i64;
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

/// Plays the history of item `index`; `extra` are units that sets take from the warehouse, by day.
pub(crate) fn play(seed: u64, index: usize, extra: &[i64]) -> ItemHistory {
    let base = catalogue::base(index);
    let mut random = Random::of_item(seed, index);
    let mut item =
        ItemHistory { promotions: promotions(&base, &mut random), ..ItemHistory::default() };
    let demand = demand(&base, index, &item.promotions, &mut random);
    for pool in 0..2 {
        let care = [0.6, 0.85, 1.0, 1.0, 1.15, 1.7][random.below(6)];
        let channels: Vec<usize> = (0..3).filter(|&c| POOL_OF_CHANNEL[c] == pool).collect();
        let extra = if pool == 0 { extra } else { &[] };
        item.pools[pool] = Replay { base: &base, care, channels, demand: &demand, extra }
            .run(&mut item.sales, &mut random);
    }
    for sale in &mut item.sales {
        let discount = item
            .promotions
            .iter()
            .find(|p| (p.0..=p.1).contains(&usize::from(sale.day)))
            .map_or(0.0, |p| p.2);
        sale.promoted = discount > 0.0;
        sale.unit_price = catalogue::cents(base.unit_price * (1.0 - discount));
    }
    if base.kind == Kind::Announced {
        // The launch delivery is on its way.
        let (placed, expected, quantity) = (DAYS - 26, DAYS + 9, 6 * base.pack_size);
        let order = Order {
            supplier: base.supplier,
            quantity,
            placed,
            expected,
            arrives: expected,
            delivered: quantity,
        };
        item.pools[0].orders.push(order);
    }
    add_returns(&mut item, &mut random);
    item
}

/// Units a day that the starter set takes from each of its components.
pub(crate) fn set_demand(seed: u64) -> Vec<i64> {
    let mut taken = vec![0; DAYS];
    for sale in play(seed, at::KIT, &[]).sales.iter().filter(|s| s.quantity > 0) {
        taken[usize::from(sale.day)] += i64::from(sale.quantity);
    }
    taken
}

fn promotions(base: &Base, random: &mut Random) -> Vec<(usize, usize, f64)> {
    let promoted = matches!(base.kind, Kind::Regular | Kind::Slow) && random.uniform() < 0.5;
    let count = if promoted { 3 + random.below(4) } else { 0 };
    let mut list: Vec<_> = (0..count)
        .map(|_| {
            let start = random.below(DAYS - 20);
            (start, start + 4 + random.below(10), [0.1, 0.15, 0.2, 0.25, 0.3][random.below(5)])
        })
        .collect();
    list.sort_by_key(|p| p.0);
    list.dedup_by(|later, earlier| later.0 <= earlier.1);
    list
}

/// Demand in units by channel and day, before any stock-out.
fn demand(
    base: &Base,
    index: usize,
    promotions: &[(usize, usize, f64)],
    random: &mut Random,
) -> [Vec<i64>; 3] {
    let trend = 0.12 * random.normal();
    let strength = random.between(2.0, 5.0);
    let spread = if base.kind == Kind::Slow { 0.5 } else { 0.25 };
    let taste: [f64; 3] = std::array::from_fn(|_| (0.25 * random.normal()).exp());
    std::array::from_fn(|channel| {
        (0..DAYS)
            .map(|day| {
                let lift = promotions
                    .iter()
                    .find(|p| (p.0..=p.1).contains(&day))
                    .map_or(1.0, |p| 1.0 + strength * p.2);
                let noise = (spread * random.normal() - spread * spread / 2.0).exp();
                let years = (day as f64 - DAYS as f64) / 365.0;
                let rate = base.per_day
                    * SHARE[channel]
                    * taste[channel]
                    * (trend * years).exp()
                    * lift
                    * noise;
                let rate =
                    rate * season(base, index, channel, date(day)) * life(base.kind, index, day);
                if base.kind == Kind::Lumpy {
                    if random.uniform() < rate / 6.0 { 3 + random.below(8) as i64 } else { 0 }
                } else {
                    random.poisson(rate)
                }
            })
            .collect()
    })
}

/// Weekday, time of year and events, as a factor on the plain week's rate.
fn season(base: &Base, index: usize, channel: usize, date: NaiveDate) -> f64 {
    let bump = |centre: f64, width: f64| {
        (-0.5 * ((f64::from(date.ordinal()) - centre) / width).powi(2)).exp()
    };
    let gifts = match base.prefix {
        "BRW" | "GRD" | "MUG" | "SET" => 1.3,
        "BEA" | "PAN" => 0.4,
        _ => 0.0,
    };
    let yearly = match index % catalogue::CATALOGUE.len() {
        8 => 0.02 + 9.0 * bump(338.0, 16.0),
        50 => 0.05 + 6.0 * bump(288.0, 24.0),
        15 | 24 => 0.4 + 1.8 * bump(200.0, 40.0),
        _ => 1.0 + gifts * bump(346.0, 11.0),
    };
    let event = EVENTS.iter().filter(|e| e.covers(date)).map(|e| e.lift[channel]).product::<f64>();
    yearly * event * WEEKDAY[channel][date.weekday().num_days_from_monday() as usize]
}

/// 0 before launch and after the end, a ramp in between where there is one.
fn life(kind: Kind, index: usize, day: usize) -> f64 {
    let on =
        |from: usize| if day < from { 0.0 } else { ((day - from) as f64 / 25.0).clamp(0.3, 1.0) };
    let off = |to: usize| if day < to { 1.0 } else { 0.0 };
    match kind {
        Kind::New => on(DAYS - 41),
        Kind::Announced => 0.0,
        Kind::PhasedOut => off(DAYS - 160),
        Kind::Dead => off(DAYS - 230) * (1.0 - day as f64 / DAYS as f64),
        _ if index == at::SCALE_NEW => on(DAYS - 175),
        _ => 1.0,
    }
}

/// First day an item is on sale, as its master data say.
pub(crate) fn launch_day(kind: Kind, index: usize) -> Option<usize> {
    match kind {
        Kind::New => Some(DAYS - 41),
        Kind::Announced => Some(DAYS + 14),
        _ if index == at::SCALE_NEW => Some(DAYS - 175),
        _ => None,
    }
}

/// One location's two years: stock, a planner with a rule of thumb, deliveries, sales.
struct Replay<'a> {
    base: &'a Base,
    /// How generous the planner is: below 1 runs out, above 1 overstocks.
    care: f64,
    channels: Vec<usize>,
    demand: &'a [Vec<i64>; 3],
    extra: &'a [i64],
}

impl Replay<'_> {
    fn run(&self, sales: &mut Vec<Sale>, random: &mut Random) -> PoolHistory {
        let mut pool = PoolHistory::default();
        let first =
            self.channels.iter().filter_map(|&c| self.demand[c].iter().position(|&q| q > 0)).min();
        let Some(first) = first else {
            pool.stock = vec![0; DAYS];
            return pool;
        };
        let early: i64 = self
            .channels
            .iter()
            .map(|&c| self.demand[c][first..(first + 56).min(DAYS)].iter().sum::<i64>())
            .sum();
        let mut pace = early as f64 / 56.0;
        let lead = SUPPLIERS[self.base.supplier].lead_time_days;
        let mut stock = self.packs((pace * (lead + 30.0)).max(1.0));
        let mut empty_since = None;
        for day in 0..DAYS {
            stock +=
                pool.orders.iter().filter(|o| o.arrives == day).map(|o| o.delivered).sum::<i64>();
            match (stock == 0, empty_since) {
                (true, None) => empty_since = Some(day),
                (false, Some(start)) => {
                    pool.stockouts.push((start, day - 1));
                    empty_since = None;
                }
                _ => {}
            }
            stock -= self.extra.get(day).map_or(0, |&units| units.min(stock));
            let sold = self.sell(day, &mut stock, sales);
            pace += (sold as f64 - pace) / 42.0;
            if day >= first {
                self.reorder(day, (stock, pace), &mut pool.orders, random);
            }
            pool.stock.push(stock);
        }
        pool.stockouts.extend(empty_since.map(|start| (start, DAYS - 1)));
        pool
    }

    fn sell(&self, day: usize, stock: &mut i64, sales: &mut Vec<Sale>) -> i64 {
        let mut sold = 0;
        for &channel in &self.channels {
            let set = self.base.kind == Kind::Kit; // its components bear the stock
            let units =
                if set { self.demand[channel][day] } else { self.demand[channel][day].min(*stock) };
            if units > 0 {
                *stock = (*stock - units).max(0);
                sold += units;
                let quantity = i32::try_from(units).unwrap_or(i32::MAX);
                sales.push(Sale {
                    day: day as u16,
                    channel: channel as u8,
                    quantity,
                    unit_price: 0.0,
                    promoted: false,
                });
            }
        }
        sold
    }

    /// Orders on the weekly round (every day from suppliers without order days) when the position looks low.
    fn reorder(
        &self,
        day: usize,
        (stock, pace): (i64, f64),
        orders: &mut Vec<Order>,
        random: &mut Random,
    ) {
        let stopped = match self.base.kind {
            Kind::Kit => true,
            Kind::PhasedOut => day >= DAYS - 210,
            Kind::Dead => day >= DAYS / 3,
            _ => false,
        };
        let monday = date(day).weekday().num_days_from_monday() == 0;
        if stopped || !monday {
            return;
        }
        let supplier = if has_second_source(self.base) && random.uniform() < 0.08 {
            catalogue::WHOLESALER
        } else {
            self.base.supplier
        };
        let terms = &SUPPLIERS[supplier];
        let on_order: i64 = orders.iter().filter(|o| o.arrives > day).map(|o| o.quantity).sum();
        let position = (stock + on_order) as f64;
        let reorder_point = pace * (terms.lead_time_days + 10.0) * self.care + 1.0;
        if position > reorder_point {
            return;
        }
        let quantity = self.packs(reorder_point + pace * 28.0 - position);
        let late = if supplier == catalogue::FILTERS { drift(day) } else { 0.0 };
        let days = (terms.lead_time_days + late + terms.lead_time_sd_days * random.normal())
            .round()
            .max(1.0) as usize;
        let short = random.uniform() < 0.03;
        orders.push(Order {
            supplier,
            quantity,
            placed: day,
            expected: day + terms.lead_time_days as usize,
            arrives: day + days,
            delivered: if short { (quantity * 9 / 10).max(1) } else { quantity },
        });
    }

    fn packs(&self, units: f64) -> i64 {
        ((units / self.base.pack_size as f64).ceil() as i64).max(1) * self.base.pack_size
    }
}

/// Days by which the filter supplier has slipped: from 7 days to 21 within the last five months.
fn drift(day: usize) -> f64 {
    14.0 * ((day as f64 - (DAYS - 150) as f64) / 60.0).clamp(0.0, 1.0)
}

/// Key items have a second, faster source.
pub(crate) fn has_second_source(base: &Base) -> bool {
    base.kind == Kind::Regular && base.per_day >= 1.5 && base.supplier != catalogue::WHOLESALER
}

fn add_returns(item: &mut ItemHistory, random: &mut Random) {
    for k in 0..item.sales.len() {
        let sale = item.sales[k];
        let channel = usize::from(sale.channel);
        let back = (0..sale.quantity).filter(|_| random.uniform() < RETURN_RATE[channel]).count();
        let day = usize::from(sale.day) + 3 + random.below(18);
        if back > 0 && day < DAYS {
            let quantity = -i32::try_from(back).unwrap_or(i32::MAX);
            item.sales.push(Sale { day: day as u16, quantity, ..sale });
            if day + 3 >= DAYS {
                item.pools[POOL_OF_CHANNEL[channel]].returns_pending += back as i64;
            }
        }
    }
}
