//! What the business earns from its stock: turnover, days, sell-through, GMROI, fill rate, each with numerator and denominator.
//!
//! Formulas are those of [`formulas`]; this module finds their inputs. Money and flows cover the last 365 days, quoted for a
//! year; book figures come from the `accounts` table where it is there, else from sales and unit costs, and the indicator says
//! that it is estimated. Where an input is unknown the value is `None` and both parts are still shown.

mod flows;
pub mod formulas;
pub mod known;
mod settings;
pub mod view;

pub use crate::indicators::settings::Settings;
pub use crate::indicators::view::{PoolView, pool_views};

use crate::domain::classes::{AbcClass, Lifecycle, Rationalisation, cell_name};
use crate::domain::inputs::Inputs;
use crate::domain::outcome::{Indicator, Outcome, Status};
use crate::explain::Unit;
use crate::indicators::flows::{Books, Flow, Flows};
use crate::indicators::formulas::{YEAR, ratio};
use crate::parallel;
use crate::purchase::scorecard::supplier_scorecard;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The six groups of pools a planner looks at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Nothing left and demand expected.
    StockedOut,
    /// Gone before an order placed today arrives.
    AboutToStockOut,
    /// At or below the reorder point.
    OrderNow,
    /// More than the excess cover.
    Excess,
    /// Hardly sells any more.
    Dead,
    /// Too young to judge.
    New,
}

impl Attention {
    /// In the order of the briefing.
    pub const ALL: [Self; 6] = [
        Self::StockedOut,
        Self::AboutToStockOut,
        Self::OrderNow,
        Self::Excess,
        Self::Dead,
        Self::New,
    ];

    /// Scope of its indicators: `panel:order-now`.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match self {
            Self::StockedOut => "panel:stocked-out",
            Self::AboutToStockOut => "panel:about-to-stock-out",
            Self::OrderNow => "panel:order-now",
            Self::Excess => "panel:excess",
            Self::Dead => "panel:dead",
            Self::New => "panel:new",
        }
    }

    /// Whether `pool` belongs here.
    #[must_use]
    pub fn holds(self, pool: &PoolView) -> bool {
        let stocked = pool.on_hand().0 > 0;
        match self {
            Self::StockedOut => pool.status() == Status::StockedOut,
            Self::AboutToStockOut => pool.status() == Status::WillStockOut,
            Self::OrderNow => pool.status() == Status::OrderNow,
            Self::Excess => pool.status() == Status::Excess,
            Self::Dead => {
                stocked
                    && pool.class.is_some_and(|c| {
                        c.take_action || c.rationalisation == Rationalisation::Deadstock
                    })
            }
            Self::New => pool
                .class
                .is_some_and(|c| matches!(c.lifecycle, Lifecycle::New | Lifecycle::Launch)),
        }
    }

    /// What `pool` is worth here, currency units: margin at risk, order value, or stock at cost.
    #[must_use]
    pub fn worth(self, pool: &PoolView, excess_cover_days: f64) -> f64 {
        match self {
            Self::StockedOut | Self::AboutToStockOut => pool.value_at_risk().as_f64(),
            Self::OrderNow => pool.order_value().as_f64(),
            Self::Excess => {
                pool.excess_units(excess_cover_days) * pool.unit_cost().unwrap_or_default().as_f64()
            }
            Self::Dead | Self::New => pool.stock_value().as_f64(),
        }
    }
}

/// The indicators of the run, sorted by name and scope; those of trust in the proposals come from `review::scorecard`.
#[must_use]
pub fn compute(inputs: &Inputs, outcome: &Outcome, settings: &Settings) -> Vec<Indicator> {
    let pools = pool_views(inputs, outcome);
    let flows = parallel::map(inputs.panel.len(), |s| Flows::of(&inputs.panel, s));
    let mut list = List::default();
    books(&mut list, &Books::of(inputs, &pools, &flows, settings.holding_rate));
    service(&mut list, inputs, &pools, &flows);
    stock(&mut list, inputs.panel.calendar().as_of(), &pools, inputs, settings);
    channels(&mut list, inputs, outcome, &flows);
    counts(&mut list, inputs, settings.count_tolerance);
    accuracy(&mut list, outcome, &pools, &flows);
    list.0.extend(supplier_scorecard(&inputs.purchase_orders, &inputs.names));
    list.0.sort_by(|a, b| (a.indicator, &a.scope).cmp(&(b.indicator, &b.scope)));
    list.0
}

/// Indicators as they are found.
#[derive(Default)]
struct List(Vec<Indicator>);

impl List {
    /// `value` made of `parts` (numerator, denominator), `named` by indicator and unit.
    fn push(
        &mut self,
        named: (&'static str, Unit),
        scope: impl Into<String>,
        value: Option<f64>,
        parts: (f64, f64),
    ) {
        let (indicator, unit) = named;
        let (numerator, denominator) = parts;
        self.0.push(Indicator {
            indicator,
            scope: scope.into(),
            value,
            numerator,
            denominator,
            unit,
            estimated: false,
        });
    }

    /// A plain amount over 1.
    fn amount(
        &mut self,
        indicator: &'static str,
        scope: impl Into<String>,
        unit: Unit,
        value: f64,
    ) {
        self.push((indicator, unit), scope, Some(value), (value, 1.0));
    }

    /// Marks the last one as an estimate.
    fn estimated(&mut self, estimated: bool) {
        if let Some(last) = self.0.last_mut() {
            last.estimated = estimated;
        }
    }
}

fn books(list: &mut List, books: &Books) {
    let Books { cogs, revenue, inventory, receivables, payables, holding, .. } = *books;
    let (flows, stock) = (books.flows_estimated, books.inventory_estimated);
    let dio = crate::indicators::formulas::days_inventory_outstanding(inventory, cogs);
    let dso =
        receivables.and_then(|r| crate::indicators::formulas::days_sales_outstanding(r, revenue));
    let dpo = payables.and_then(|p| crate::indicators::formulas::days_payable_outstanding(p, cogs));
    list.push(
        ("turnover", Unit::Ratio),
        "all",
        crate::indicators::formulas::turnover(cogs, inventory),
        (cogs, inventory),
    );
    list.estimated(flows || stock);
    list.push(("dio", Unit::Days), "all", dio, (inventory, cogs));
    list.estimated(flows || stock);
    list.push(("dso", Unit::Days), "all", dso, (receivables.unwrap_or(0.0), revenue));
    list.estimated(flows);
    list.push(("dpo", Unit::Days), "all", dpo, (payables.unwrap_or(0.0), cogs));
    list.estimated(flows);
    let cycle = dio
        .zip(dso)
        .zip(dpo)
        .map(|((dio, dso), dpo)| crate::indicators::formulas::cash_conversion_cycle(dio, dso, dpo));
    list.push(("cash_conversion_cycle", Unit::Days), "all", cycle, (cycle.unwrap_or(0.0), 1.0));
    list.estimated(flows || stock);
    list.push(
        ("gmroi", Unit::Ratio),
        "all",
        crate::indicators::formulas::gmroi(revenue - cogs, inventory),
        (revenue - cogs, inventory),
    );
    list.estimated(flows || stock);
    list.push(
        ("carrying_cost", Unit::Percent),
        "all",
        crate::indicators::formulas::carrying_cost_percent(holding, inventory),
        (holding, inventory),
    );
    list.estimated(books.holding_estimated || stock);
}

fn service(list: &mut List, inputs: &Inputs, pools: &[PoolView], flows: &[Flows]) {
    let quarter: Flow = flows.iter().map(|f| f.quarter).sum();
    list.push(
        ("fill_rate", Unit::Percent),
        "all",
        crate::indicators::formulas::fill_rate(quarter.sold, quarter.lost),
        (quarter.sold, quarter.sold + quarter.lost),
    );
    list.estimated(true);
    list.amount("lost_sales_units", "all", Unit::Units, quarter.lost);
    list.estimated(true);
    let lost_value = |p: &PoolView| {
        let price = p.product.unit_price.or(p.unit_cost()).unwrap_or_default().as_f64();
        flows[p.series.clone()].iter().map(|f| f.quarter.lost).sum::<f64>() * price
    };
    list.amount("lost_sales_value", "all", Unit::Currency, pools.iter().map(lost_value).sum());
    list.estimated(true);
    let as_of = inputs.panel.calendar().as_of();
    let received: f64 = inputs
        .purchase_orders
        .iter()
        .filter(|o| o.received.is_some_and(|d| (0.0..=YEAR).contains(&days(d, as_of))))
        .map(|o| o.received_quantity.unwrap_or(o.quantity).0 as f64)
        .sum();
    let year: Flow = flows.iter().map(|f| f.year).sum();
    let net = year.sold - year.returned;
    list.push(
        ("sell_through", Unit::Percent),
        "all",
        crate::indicators::formulas::sell_through(net, received),
        (net, received),
    );
    list.push(
        ("return_rate", Unit::Percent),
        "all",
        ratio(year.returned * 100.0, year.sold),
        (year.returned, year.sold),
    );
}

fn stock(
    list: &mut List,
    as_of: NaiveDate,
    pools: &[PoolView],
    inputs: &Inputs,
    settings: &Settings,
) {
    let on_hand: f64 = pools.iter().map(|p| p.on_hand().0.max(0) as f64).sum();
    let weekly: f64 = pools.iter().filter_map(|p| p.class).map(|c| c.velocity_per_day * 7.0).sum();
    list.push(
        ("weeks_of_supply", Unit::Weeks),
        "all",
        crate::indicators::formulas::weeks_of_supply(on_hand, weekly),
        (on_hand, weekly),
    );
    for attention in Attention::ALL {
        let inside = || pools.iter().filter(|p| attention.holds(p));
        list.push(
            ("panel_items", Unit::Units),
            attention.scope(),
            Some(inside().count() as f64),
            (inside().count() as f64, pools.len() as f64),
        );
        list.amount(
            "panel_value",
            attention.scope(),
            Unit::Currency,
            inside().map(|p| attention.worth(p, settings.excess_cover_days)).sum(),
        );
    }
    let excess = |p: &&PoolView| Attention::Excess.holds(p);
    list.amount(
        "excess_units",
        "all",
        Unit::Units,
        pools.iter().filter(excess).map(|p| p.excess_units(settings.excess_cover_days)).sum(),
    );
    let dead = |p: &&PoolView| Attention::Dead.holds(p);
    list.amount(
        "deadstock_units",
        "all",
        Unit::Units,
        pools.iter().filter(dead).map(|p| p.on_hand().0 as f64).sum(),
    );
    let mut ages = [(0.0, 0.0); crate::indicators::flows::AGES.len()];
    for pool in pools {
        crate::indicators::flows::age(&mut ages, pool, inputs, as_of);
    }
    let total: f64 = ages.iter().map(|a| a.1).sum();
    for ((name, _), (units, value)) in crate::indicators::flows::AGES.iter().zip(ages) {
        list.amount("stock_age_units", *name, Unit::Units, units);
        list.push(("stock_age_value", Unit::Currency), *name, Some(value), (value, total));
    }
}

fn channels(list: &mut List, inputs: &Inputs, outcome: &Outcome, flows: &[Flows]) {
    let names = &inputs.names.channels;
    let mut sums = vec![(Flow::default(), Flow::default()); names.len()];
    for (series, flow) in flows.iter().enumerate() {
        let sum = &mut sums[inputs.panel.key(series).channel.index()];
        *sum = (sum.0 + flow.month, sum.1 + flow.year);
    }
    let mut allocated = vec![0.0; names.len()];
    for row in &outcome.allocation {
        allocated[row.channel.index()] += row.allocated.0 as f64;
    }
    for ((name, (month, year)), allocated) in names.iter().zip(sums).zip(allocated) {
        let scope = format!("channel:{name}");
        let offered = month.sold + allocated;
        list.push(
            ("sell_through", Unit::Percent),
            scope.clone(),
            crate::indicators::formulas::sell_through(month.sold, offered),
            (month.sold, offered),
        );
        list.push(
            ("return_rate", Unit::Percent),
            scope,
            ratio(year.returned * 100.0, year.sold),
            (year.returned, year.sold),
        );
    }
}

fn counts(list: &mut List, inputs: &Inputs, tolerance: f64) {
    let as_of = inputs.panel.calendar().as_of();
    let recent = || inputs.counts.iter().filter(|c| (0.0..=YEAR).contains(&days(c.date, as_of)));
    let (recorded, counted) =
        recent().fold((0.0, 0.0), |(r, c), x| (r + x.recorded.0 as f64, c + x.counted.0 as f64));
    list.push(
        ("shrinkage", Unit::Percent),
        "all",
        crate::indicators::formulas::shrinkage_percent(recorded, counted),
        (recorded - counted, recorded),
    );
    let right = recent()
        .filter(|c| {
            crate::indicators::formulas::within_tolerance(
                c.recorded.0 as f64,
                c.counted.0 as f64,
                tolerance,
            )
        })
        .count() as f64;
    let all = recent().count() as f64;
    list.push(("count_accuracy", Unit::Percent), "all", ratio(right * 100.0, all), (right, all));
}

/// Error of the chosen method and of the naive one by ABC class, weighted by the units of the last year.
fn accuracy(list: &mut List, outcome: &Outcome, pools: &[PoolView], flows: &[Flows]) {
    let mut class_of = vec![None; flows.len()];
    for pool in pools {
        class_of[pool.series.clone()].fill(pool.class.and_then(|c| c.abc));
    }
    let mut sums: BTreeMap<(&'static str, Option<AbcClass>), (f64, f64)> = BTreeMap::new();
    for row in outcome.accuracy.iter().filter(|a| a.wape.is_finite()) {
        let units = flows[row.series].year.sold;
        let chosen = row.chosen.then_some([("wape", row.wape), ("bias", row.bias)]);
        let naive = (row.method == "naive").then_some(("wape_naive", row.wape));
        for (name, error) in chosen.into_iter().flatten().chain(naive) {
            let sum = sums.entry((name, class_of[row.series])).or_default();
            *sum = (sum.0 + error * units, sum.1 + units);
        }
    }
    for ((name, class), (error, units)) in sums {
        list.push(
            (name, Unit::Percent),
            format!("class:{}", cell_name(class, None)),
            ratio(error * 100.0, units),
            (error, units),
        );
        list.estimated(true);
    }
}

/// Days from `from` to `to`.
fn days(from: NaiveDate, to: NaiveDate) -> f64 {
    (to - from).num_days() as f64
}
