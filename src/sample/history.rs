//! Two years in the life of one item: demand by channel, a planner's orders, deliveries,
//! stock-outs, sales and returns.
//!
//! Each item has a random stream of its own, so item 7 is the same in a sample of 60 and of 60,000.

use crate::math::elementary::Elementary;
use crate::sample::catalogue::{self, CatalogueItem, Kind, SUPPLIERS, at};
use crate::sample::{DAYS, EVENTS, date};
use chrono::{Datelike, NaiveDate};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Channels in the order of [`crate::sample::CHANNELS`]; the first two sell from the warehouse, the
/// last from the shop.
pub(crate) const POOL_OF_CHANNEL: [usize; 3] = [0, 0, 1];
// Invented, as all that follows: a shop that sells most on the web, where most comes back.
const SHARE: [f64; 3] = [0.5, 0.3, 0.2];
const RETURN_RATE: [f64; 3] = [0.06, 0.045, 0.015];
/// Monday to Sunday.
const WEEKDAY: [[f64; 7]; 3] = [
    [1.15, 1.10, 1.05, 1.00, 0.90, 0.80, 1.00],
    [1.10, 1.05, 1.00, 1.00, 0.95, 0.90, 1.00],
    // A shop is closed on Sundays, and busiest on Saturdays.
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

/// Days without stock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stockout {
    pub first_day: usize,
    pub last_day: usize,
}

/// What happened in one location.
#[derive(Debug, Clone, Default)]
pub(crate) struct PoolHistory {
    /// At the end of each day, units.
    pub stock: Vec<i64>,
    pub orders: Vec<Order>,
    /// Whole days without stock.
    pub stockouts: Vec<Stockout>,
    pub returns_pending: i64,
}

/// What happened to one item.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemHistory {
    pub sales: Vec<Sale>,
    /// Warehouse, shop.
    pub pools: [PoolHistory; 2],
    pub promotions: Vec<Promotion>,
}

/// A price cut in all channels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promotion {
    pub first_day: usize,
    pub last_day: usize,
    pub discount: f64,
}

impl Promotion {
    /// The one that covers `day`; the earliest where several do.
    fn on(promotions: &[Self], day: usize) -> Option<&Self> {
        promotions.iter().find(|p| (p.first_day..=p.last_day).contains(&day))
    }
}

/// The random stream of one item.
pub(crate) struct Random {
    generator: Pcg64Mcg,
}

impl Random {
    pub(crate) fn of_item(seed: u64, index: usize) -> Self {
        // The golden ratio in 64 bits spreads neighbouring seeds, so that no two samples share an
        // item's stream.
        let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index as u64;
        Self { generator: Pcg64Mcg::seed_from_u64(seed) }
    }

    /// Uniform in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `low..high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in `0..n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }

    /// Nearly normal: four uniforms, so that no platform's logarithm decides a committed file.
    fn normal(&mut self) -> f64 {
        let sum = self.uniform() + self.uniform() + self.uniform() + self.uniform();
        // Four uniforms have mean 2 and variance 1/3: near enough to a normal, and the same on
        // every machine.
        (sum - 2.0) * 3f64.sqrt()
    }

    pub(crate) fn poisson(&mut self, mean: f64) -> i64 {
        // Counts that large are all but normal, and Knuth's product below takes as many draws as
        // there are units.
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as i64;
        }
        let limit = (-mean).exponential();
        let mut product = self.uniform();
        let mut count = 0;
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

/// Plays the history of item `index`; `extra` are units that sets take from the warehouse, by day.
pub(crate) fn play(seed: u64, index: usize, extra: &[i64]) -> ItemHistory {
    let product = catalogue::item(index);
    let mut random = Random::of_item(seed, index);
    let mut item =
        ItemHistory { promotions: promotions(&product, &mut random), ..ItemHistory::default() };
    let demand = demand(&product, index, &item.promotions, &mut random);
    for pool in 0..2 {
        // Most planners order about what is needed; one in six runs out, one in six overstocks.
        let care = [0.6, 0.85, 1.0, 1.0, 1.15, 1.7][random.below(6)];
        let channels: Vec<usize> = (0..3).filter(|&c| POOL_OF_CHANNEL[c] == pool).collect();
        let extra = if pool == 0 { extra } else { &[] };
        item.pools[pool] = Replay { item: &product, care, channels, demand: &demand, extra }
            .run(&mut item.sales, &mut random);
    }
    for sale in &mut item.sales {
        let discount =
            Promotion::on(&item.promotions, usize::from(sale.day)).map_or(0.0, |p| p.discount);
        sale.promoted = discount > 0.0;
        sale.unit_price = catalogue::cents(product.unit_price * (1.0 - discount));
    }
    if product.kind == Kind::Announced {
        // The launch delivery is on its way.
        let quantity = 6 * product.pack_size;
        item.pools[0].orders.push(Order {
            supplier: product.supplier,
            quantity,
            placed: DAYS - 26,
            expected: DAYS + 9,
            arrives: DAYS + 9,
            delivered: quantity,
        });
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

fn promotions(item: &CatalogueItem, random: &mut Random) -> Vec<Promotion> {
    let promoted = matches!(item.kind, Kind::Regular | Kind::Slow) && random.uniform() < 0.5;
    let count = if promoted { 3 + random.below(4) } else { 0 };
    let mut list = Vec::new();
    for _ in 0..count {
        // Over within history: what is planned ahead is a row of its own.
        let first_day = random.below(DAYS - 20);
        let last_day = first_day + 4 + random.below(10);
        let discount = [0.1, 0.15, 0.2, 0.25, 0.3][random.below(5)];
        list.push(Promotion { first_day, last_day, discount });
    }
    list.sort_by_key(|promotion| promotion.first_day);
    list.dedup_by(|later, earlier| later.first_day <= earlier.last_day);
    list
}

/// Demand in units by channel and day, before any stock-out.
fn demand(
    item: &CatalogueItem,
    index: usize,
    promotions: &[Promotion],
    random: &mut Random,
) -> [Vec<i64>; 3] {
    // Most items grow or shrink by less than an eighth a year.
    let trend = 0.12 * random.normal();
    let strength = random.between(2.0, 5.0);
    let spread = if item.kind == Kind::Slow { 0.5 } else { 0.25 };
    let taste: [f64; 3] = std::array::from_fn(|_| (0.25 * random.normal()).exponential());
    std::array::from_fn(|channel| {
        let mut units = Vec::with_capacity(DAYS);
        for day in 0..DAYS {
            let promotion = Promotion::on(promotions, day);
            let lift = promotion.map_or(1.0, |p| 1.0 + strength * p.discount);
            // Its mean is 1, so that noise does not lift the level.
            let noise = (spread * random.normal() - spread * spread / 2.0).exponential();
            let years = (day as f64 - DAYS as f64) / 365.0;
            let rate = item.per_day
                * SHARE[channel]
                * taste[channel]
                * (trend * years).exponential()
                * lift
                * noise;
            let rate = rate * season(item, index, channel, date(day)) * life(item.kind, index, day);
            units.push(if item.kind != Kind::Lumpy {
                random.poisson(rate)
            } else if random.uniform() < rate / 6.0 {
                // An order of 3 to 10 units, six on average, every so often.
                3 + random.below(8) as i64
            } else {
                0
            });
        }
        units
    })
}

/// Weekday, time of year and events, as a factor on the plain week's rate.
fn season(item: &CatalogueItem, index: usize, channel: usize, date: NaiveDate) -> f64 {
    let gifts = match item.prefix.as_str() {
        "BRW" | "GRD" | "MUG" | "SET" => 1.3,
        "BEA" | "PAN" => 0.4,
        _ => 0.0,
    };
    // Christmas Blend, pumpkin spice, cold brew; the others as gifts.
    let yearly = match index % catalogue::CATALOGUE.len() {
        8 => 0.02 + 9.0 * bump(date, 338.0, 16.0),
        50 => 0.05 + 6.0 * bump(date, 288.0, 24.0),
        15 | 24 => 0.4 + 1.8 * bump(date, 200.0, 40.0),
        _ => 1.0 + gifts * bump(date, 346.0, 11.0),
    };
    let event = EVENTS.iter().filter(|e| e.covers(date)).map(|e| e.lift[channel]).product::<f64>();
    yearly * event * WEEKDAY[channel][date.weekday().num_days_from_monday() as usize]
}

/// 1 on the day of the year `centre`, less before and after it.
fn bump(date: NaiveDate, centre: f64, width: f64) -> f64 {
    (-0.5 * ((f64::from(date.ordinal()) - centre) / width).powi(2)).exponential()
}

/// 0 before launch and after the end, a ramp in between where there is one.
fn life(kind: Kind, index: usize, day: usize) -> f64 {
    let launch = launch_day(kind, index);
    match kind {
        Kind::Announced => 0.0,
        Kind::PhasedOut if day >= DAYS - 160 => 0.0,
        Kind::Dead if day >= DAYS - 230 => 0.0,
        Kind::Dead => 1.0 - day as f64 / DAYS as f64,
        Kind::Regular | Kind::Slow | Kind::Lumpy | Kind::New | Kind::PhasedOut | Kind::Kit => {
            match launch {
                Some(launch) if day < launch => 0.0,
                // Customers find a new item within a month.
                Some(launch) => ((day - launch) as f64 / 25.0).clamp(0.3, 1.0),
                None => 1.0,
            }
        }
    }
}

/// First day an item is on sale, as its master data say.
pub(crate) fn launch_day(kind: Kind, index: usize) -> Option<usize> {
    match kind {
        Kind::New => Some(DAYS - 41),
        Kind::Announced => Some(DAYS + 14),
        _ if index == at::SCALE_NEW => Some(DAYS - 175),
        Kind::Regular | Kind::Slow | Kind::Lumpy | Kind::PhasedOut | Kind::Dead | Kind::Kit => None,
    }
}

/// One location's two years: stock, a planner with a rule of thumb, deliveries, sales.
struct Replay<'a> {
    item: &'a CatalogueItem,
    /// How generous the planner is: below 1 runs out, above 1 overstocks.
    care: f64,
    channels: Vec<usize>,
    demand: &'a [Vec<i64>; 3],
    extra: &'a [i64],
}

impl Replay<'_> {
    fn run(&self, sales: &mut Vec<Sale>, random: &mut Random) -> PoolHistory {
        let mut pool = PoolHistory::default();
        let demand = || self.channels.iter().map(|&channel| &self.demand[channel]);
        let first_sale = demand().filter_map(|units| units.iter().position(|&q| q > 0)).min();
        let Some(first) = first_sale else {
            pool.stock = vec![0; DAYS];
            return pool;
        };
        // The planner expects what the first eight weeks show, and learns from then on.
        let eight_weeks = first..(first + 56).min(DAYS);
        let early: i64 = demand().map(|units| units[eight_weeks.clone()].iter().sum::<i64>()).sum();
        let mut pace = early as f64 / 56.0;
        let lead = SUPPLIERS[self.item.supplier].lead_time_days;
        let mut stock = self.packs((pace * (lead + 30.0)).max(1.0));
        let mut empty_since = None;
        for day in 0..DAYS {
            stock +=
                pool.orders.iter().filter(|o| o.arrives == day).map(|o| o.delivered).sum::<i64>();
            if stock == 0 {
                empty_since = empty_since.or(Some(day));
            } else if let Some(first_day) = empty_since.take() {
                pool.stockouts.push(Stockout { first_day, last_day: day - 1 });
            }
            stock -= self.extra.get(day).map_or(0, |&units| units.min(stock));
            let sold = self.sell(day, &mut stock, sales);
            // Exponential smoothing over about six weeks: how a planner by eye keeps up.
            pace += (sold as f64 - pace) / 42.0;
            if day >= first {
                self.reorder(day, stock, pace, &mut pool.orders, random);
            }
            pool.stock.push(stock);
        }
        let last_day = DAYS - 1;
        pool.stockouts.extend(empty_since.map(|first_day| Stockout { first_day, last_day }));
        pool
    }

    fn sell(&self, day: usize, stock: &mut i64, sales: &mut Vec<Sale>) -> i64 {
        let mut sold = 0;
        for &channel in &self.channels {
            let set = self.item.kind == Kind::Kit; // its components bear the stock
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

    /// Orders on the weekly round (every day from suppliers without order days) when the position
    /// looks low.
    fn reorder(
        &self,
        day: usize,
        stock: i64,
        pace: f64,
        orders: &mut Vec<Order>,
        random: &mut Random,
    ) {
        let stopped = match self.item.kind {
            Kind::Kit => true,
            Kind::PhasedOut => day >= DAYS - 210,
            Kind::Dead => day >= DAYS / 3,
            Kind::Regular | Kind::Slow | Kind::Lumpy | Kind::New | Kind::Announced => false,
        };
        let monday = date(day).weekday().num_days_from_monday() == 0;
        if stopped || !monday {
            return;
        }
        let supplier = if has_second_source(self.item) && random.uniform() < 0.08 {
            catalogue::WHOLESALER
        } else {
            self.item.supplier
        };
        let terms = &SUPPLIERS[supplier];
        let on_order: i64 = orders.iter().filter(|o| o.arrives > day).map(|o| o.quantity).sum();
        let position = (stock + on_order) as f64;
        // Lead time and ten days to be safe, the rule of thumb that the engine is to beat.
        let reorder_point = pace * (terms.lead_time_days + 10.0) * self.care + 1.0;
        if position > reorder_point {
            return;
        }
        let quantity = self.packs(reorder_point + pace * 28.0 - position);
        let late = if supplier == catalogue::FILTERS { drift(day) } else { 0.0 };
        let days = (terms.lead_time_days + late + terms.lead_time_sd_days * random.normal())
            .round()
            .max(1.0) as usize;
        // One delivery in thirty comes with a tenth missing, so that a supplier's fill rate has
        // something to say.
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
        ((units / self.item.pack_size as f64).ceil() as i64).max(1) * self.item.pack_size
    }
}

/// Days by which the filter supplier has slipped: from 7 days to 21 within the last five months.
fn drift(day: usize) -> f64 {
    // Two weeks longer over two months, and late enough that receipts show it on the last morning.
    14.0 * ((day as f64 - (DAYS - 150) as f64) / 60.0).clamp(0.0, 1.0)
}

/// Key items have a second, faster source.
pub(crate) fn has_second_source(item: &CatalogueItem) -> bool {
    item.kind == Kind::Regular && item.per_day >= 1.5 && item.supplier != catalogue::WHOLESALER
}

fn add_returns(item: &mut ItemHistory, random: &mut Random) {
    for k in 0..item.sales.len() {
        let sale = item.sales[k];
        let channel = usize::from(sale.channel);
        let back = (0..sale.quantity).filter(|_| random.uniform() < RETURN_RATE[channel]).count();
        // Back within three days to three weeks.
        let day = usize::from(sale.day) + 3 + random.below(18);
        if back > 0 && day < DAYS {
            let quantity = -i32::try_from(back).unwrap_or(i32::MAX);
            item.sales.push(Sale { day: day as u16, quantity, ..sale });
            // What came back on the last days is not looked through yet.
            if day + 3 >= DAYS {
                item.pools[POOL_OF_CHANNEL[channel]].returns_pending += back as i64;
            }
        }
    }
}
