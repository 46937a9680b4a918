//! Every indicator, declared once: its name, its unit, where the glossary explains it, which way is
//! better, and what its figures are made of. To add one: its entry here, its formula in
//! [`crate::indicators::formulas`] with the published example as a test, and its word in the
//! glossary page if it needs a new one.

use crate::domain::classes::{AbcClass, cell_name};
use crate::domain::outcome::{Accuracy, Indicator};
use crate::domain::units::PoolId;
use crate::explain::Unit;
use crate::indicators::PoolResults;
use crate::indicators::attention::Attention;
use crate::indicators::facts::{AGES, Books, Facts, Flow, Flows, in_last_year};
use crate::indicators::formulas;
use crate::indicators::formulas::ratio;
use std::collections::BTreeMap;

/// What is known of an indicator besides its figures.
pub(crate) struct Definition {
    /// Name in the tables: `turnover`.
    pub name: &'static str,
    /// As it is written for people.
    pub title: &'static str,
    pub unit: Unit,
    /// Its entry in the report's glossary.
    pub term: &'static str,
    /// Whether a goal is a least value; else it is a greatest one.
    pub better: Better,
    pub source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Higher,
    Lower,
}

/// Where the figures come from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// From the facts of the run, one a scope.
    Here(fn(&Facts) -> Vec<Figure>),
    /// From the received lines of each supplier, in `suppliers`.
    Suppliers,
    /// From the planner's decisions so far, in `review::scorecard`.
    Decisions,
}

/// An indicator at one scope: what it is and what it is made of.
pub(crate) struct Figure {
    /// `all`, `channel:web`, `class:A`, ...
    scope: String,
    value: Option<f64>,
    numerator: f64,
    denominator: f64,
    /// Whether a part is an estimate.
    estimated: bool,
}

impl Definition {
    /// Whether the shop says what the indicator is made of: without a stock table nothing is known
    /// to be out of stock, in excess or old, and a sum over no known stock is not 0.
    pub(crate) fn is_known(&self, scope: &str, facts: &Facts) -> bool {
        // What counts stock is unknown without a table of it: 0 would read as an empty warehouse.
        let needs_stock = match self.name {
            "panel_items" | "panel_value" => scope != Attention::New.scope(),
            "excess_units" | "deadstock_units" | "stock_age_units" | "stock_age_value"
            | "weeks_of_supply" => true,
            _ => false,
        };
        let needs_costs = matches!(self.name, "panel_value" | "stock_age_value");
        (!needs_stock || facts.inputs.stock_is_known())
            && (!needs_costs || facts.pools.iter().any(|pool| pool.unit_cost().is_some()))
    }

    pub(crate) fn indicator(&self, figure: Figure) -> Indicator {
        // The sum of no floats is -0: a shop without excess was shown as having -0.
        Indicator {
            indicator: self.name,
            unit: self.unit,
            scope: figure.scope,
            value: figure.value.map(|value| value + 0.0),
            numerator: figure.numerator + 0.0,
            denominator: figure.denominator + 0.0,
            estimated: figure.estimated,
        }
    }
}

/// The indicator called `name`.
pub(crate) fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|d| d.name == name)
}

/// `value` made of two parts.
fn figure(
    scope: impl Into<String>,
    value: Option<f64>,
    numerator: f64,
    denominator: f64,
) -> Figure {
    Figure { scope: scope.into(), value, numerator, denominator, estimated: false }
}

/// A plain amount over 1.
fn amount(scope: impl Into<String>, value: f64) -> Figure {
    figure(scope, Some(value), value, 1.0)
}

impl Figure {
    fn estimated(self, estimated: bool) -> Self {
        Self { estimated, ..self }
    }
}

const fn higher(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    term: &'static str,
    source: Source,
) -> Definition {
    Definition { name, title, unit, term, better: Better::Higher, source }
}

const fn lower(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    term: &'static str,
    source: Source,
) -> Definition {
    Definition { name, title, unit, term, better: Better::Lower, source }
}

use Source::{Decisions, Here, Suppliers};

/// All of them, by what they are about.
pub(crate) static DEFINITIONS: &[Definition] = &[
    // What stock costs and earns, from the books.
    higher("turnover", "Inventory turnover", Unit::Ratio, "turnover", Here(turnover)),
    // Fewer days of stock free cash; whether too few is what fill rate and lost sales say.
    lower("dio", "Days inventory outstanding", Unit::Days, "dio", Here(dio)),
    lower("dso", "Days sales outstanding", Unit::Days, "dso", Here(dso)),
    // The other way round than DSO: paying late is credit.
    higher("dpo", "Days payable outstanding", Unit::Days, "dpo", Here(dpo)),
    higher(
        "payment_terms",
        "Days to pay by the suppliers' terms",
        Unit::Days,
        "dpo",
        Here(payment_terms),
    ),
    lower(
        "cash_conversion_cycle",
        "Cash conversion cycle",
        Unit::Days,
        "cash-conversion-cycle",
        Here(cash_conversion_cycle),
    ),
    higher("gmroi", "GMROI", Unit::Ratio, "gmroi", Here(gmroi)),
    lower("carrying_cost", "Carrying cost", Unit::Percent, "carrying-cost", Here(carrying_cost)),
    // How well customers are served.
    higher("fill_rate", "Fill rate, 90 days", Unit::Percent, "fill-rate", Here(fill_rate)),
    lower("lost_sales_units", "Lost sales, 90 days", Unit::Units, "lost-sales", Here(lost_units)),
    lower(
        "lost_sales_value",
        "Lost sales at price, 90 days",
        Unit::Currency,
        "lost-sales",
        Here(lost_value),
    ),
    higher("sell_through", "Sell-through", Unit::Percent, "sell-through", Here(sell_through)),
    lower("return_rate", "Return rate", Unit::Percent, "return-rate", Here(return_rate)),
    // Where the stock stands.
    lower(
        "weeks_of_supply",
        "Weeks of supply",
        Unit::Weeks,
        "weeks-of-supply",
        Here(weeks_of_supply),
    ),
    lower("panel_items", "Items", Unit::Units, "status", Here(attention_items)),
    lower("panel_value", "Money", Unit::Currency, "status", Here(attention_value)),
    lower("excess_units", "Excess", Unit::Units, "excess", Here(excess_units)),
    lower("deadstock_units", "Deadstock", Unit::Units, "deadstock", Here(deadstock_units)),
    lower("stock_age_units", "Units by age in days", Unit::Units, "age", Here(stock_age_units)),
    lower(
        "stock_age_value",
        "Stock at cost by age in days",
        Unit::Currency,
        "age",
        Here(stock_age_value),
    ),
    lower("shrinkage", "Shrinkage", Unit::Percent, "shrinkage", Here(shrinkage)),
    lower(
        "count_loss_value",
        "Missing at counts, at cost",
        Unit::Currency,
        "shrinkage",
        Here(count_loss_value),
    ),
    higher(
        "count_accuracy",
        "Count accuracy",
        Unit::Percent,
        "count-accuracy",
        Here(count_accuracy),
    ),
    // How good the forecasts are.
    lower("wape", "Forecast error, chosen method", Unit::Percent, "wape", Here(wape)),
    lower(
        "wape_naive",
        "Forecast error, naive method",
        Unit::Percent,
        "forecast-value-added",
        Here(wape_naive),
    ),
    lower("bias", "Forecast bias", Unit::Percent, "bias", Here(bias)),
    // How suppliers deliver.
    lower("lead_time_achieved", "Lead time achieved", Unit::Days, "lead-time", Suppliers),
    lower("lead_time_promised", "Lead time promised", Unit::Days, "lead-time", Suppliers),
    higher(
        "supplier_fill_rate",
        "Supplier fill rate",
        Unit::Percent,
        "supplier-fill-rate",
        Suppliers,
    ),
    lower("supplier_late_share", "Late deliveries", Unit::Percent, "late", Suppliers),
    // How far planners trust the proposals, and whether they were right not to.
    higher("accepted_unchanged", "Proposals accepted unchanged", Unit::Percent, "trust", Decisions),
    lower("edited", "Proposals edited", Unit::Percent, "trust", Decisions),
    lower("rejected", "Proposals rejected", Unit::Percent, "trust", Decisions),
    lower(
        "rejected_then_short",
        "Rejected, then short of stock",
        Unit::Percent,
        "trust",
        Decisions,
    ),
    lower("rejected_value", "Value of rejected proposals", Unit::Currency, "trust", Decisions),
    higher(
        "changes_better",
        "Changes that beat the proposal",
        Unit::Percent,
        "planner-value-added",
        Decisions,
    ),
    lower(
        "rejected_would_have_sold",
        "Rejected units that would have sold",
        Unit::Percent,
        "planner-value-added",
        Decisions,
    ),
    higher(
        "planner_gained",
        "What changes of proposals gained",
        Unit::Currency,
        "planner-value-added",
        Decisions,
    ),
    lower(
        "planner_cost",
        "What changes of proposals cost",
        Unit::Currency,
        "planner-value-added",
        Decisions,
    ),
    higher(
        "planner_value_added",
        "Planner value added",
        Unit::Currency,
        "planner-value-added",
        Decisions,
    ),
];

fn turnover(facts: &Facts) -> Vec<Figure> {
    let Books { cogs, inventory, .. } = facts.books;
    let estimated = facts.books.flows_estimated || facts.books.inventory_estimated;
    vec![figure("all", formulas::turnover(cogs, inventory), cogs, inventory).estimated(estimated)]
}

fn dio(facts: &Facts) -> Vec<Figure> {
    let Books { cogs, inventory, .. } = facts.books;
    let estimated = facts.books.flows_estimated || facts.books.inventory_estimated;
    let dio = formulas::days_inventory_outstanding(inventory, cogs);
    vec![figure("all", dio, inventory, cogs).estimated(estimated)]
}

fn dso(facts: &Facts) -> Vec<Figure> {
    let Books { revenue, receivables, flows_estimated, .. } = facts.books;
    let dso = receivables.and_then(|owed| formulas::days_sales_outstanding(owed, revenue));
    vec![figure("all", dso, receivables.unwrap_or(0.0), revenue).estimated(flows_estimated)]
}

fn dpo(facts: &Facts) -> Vec<Figure> {
    let Books { cogs, payables, flows_estimated, .. } = facts.books;
    let dpo = payables.and_then(|owed| formulas::days_payable_outstanding(owed, cogs));
    vec![figure("all", dpo, payables.unwrap_or(0.0), cogs).estimated(flows_estimated)]
}

/// What DPO is held against: the days that suppliers grant, each weighing what was received from it
/// in the last year; a supplier that grants none is paid on arrival.
fn payment_terms(facts: &Facts) -> Vec<Figure> {
    let mut value_days = 0.0;
    let mut value = 0.0;
    for order in facts.inputs.purchase_orders.iter() {
        let Some(supplier) = order.supplier else { continue };
        if !order.received.is_some_and(|date| in_last_year(date, facts.as_of())) {
            continue;
        }
        let units = order.delivered().as_f64();
        let pool = facts.inputs.panel.position((order.sku, order.location));
        let cost = pool.and_then(|p| facts.pools[p].unit_cost()).unwrap_or_default().as_f64();
        // A supplier without terms is paid on arrival.
        let granted = facts.inputs.suppliers[supplier.index()].payment_days.unwrap_or(0.0);
        value += units * cost;
        value_days += units * cost * granted;
    }
    // Where no supplier has terms, nothing is known of them.
    if !facts.inputs.suppliers.iter().any(|supplier| supplier.payment_days.is_some()) {
        return Vec::new();
    }
    vec![figure("all", ratio(value_days, value), value_days, value)]
}

fn cash_conversion_cycle(facts: &Facts) -> Vec<Figure> {
    let parts = [dio(facts), dso(facts), dpo(facts)];
    // Unknown as soon as one part is: a cycle without its payables would look too long.
    let estimated = facts.books.flows_estimated || facts.books.inventory_estimated;
    let cycle = match parts.map(|figures| figures.first().and_then(|f| f.value)) {
        [Some(dio), Some(dso), Some(dpo)] => Some(formulas::cash_conversion_cycle(dio, dso, dpo)),
        _one_is_unknown => None,
    };
    vec![figure("all", cycle, cycle.unwrap_or(0.0), 1.0).estimated(estimated)]
}

fn gmroi(facts: &Facts) -> Vec<Figure> {
    let Books { cogs, revenue, inventory, .. } = facts.books;
    let estimated = facts.books.flows_estimated || facts.books.inventory_estimated;
    let margin = revenue - cogs;
    let mut figures = vec![
        figure("all", formulas::gmroi(margin, inventory), margin, inventory).estimated(estimated),
    ];
    for (scope, pools) in groups(facts) {
        let mut margin = 0.0;
        let mut inventory = 0.0;
        for pool in pools {
            let year: Flows = facts.flows[pool.series.clone()].iter().copied().sum();
            let of_unit = pool.economics.margin().unwrap_or_default().as_f64();
            margin += year.year.net() * of_unit;
            inventory += pool.stock_value().as_f64();
        }
        // The books know no categories: units sold at today's margin against today's stock.
        let value = formulas::gmroi(margin, inventory);
        figures.push(figure(scope, value, margin, inventory).estimated(true));
    }
    // Channels share one stock: each has the part of it that it sold.
    let mut of_channels = vec![GrossMargin::default(); facts.inputs.names.channels.len()];
    for pool in &facts.pools {
        let of_unit = pool.economics.margin().unwrap_or_default().as_f64();
        let stock = pool.stock_value().as_f64();
        // A channel to which more came back than it sold takes no part of the stock, nor gives any.
        let total: f64 = pool.series.clone().map(|i| facts.flows[i].year.net().max(0.0)).sum();
        for i in pool.series.clone() {
            let channel = facts.inputs.panel.key(i).channel;
            let sums = &mut of_channels[channel.index()];
            let sold = facts.flows[i].year.net();
            sums.margin += sold * of_unit;
            if total > 0.0 {
                sums.inventory += stock * sold.max(0.0) / total;
            }
        }
    }
    for (name, sums) in facts.inputs.names.channels.iter().zip(of_channels) {
        let GrossMargin { margin, inventory } = sums;
        let value = formulas::gmroi(margin, inventory);
        figures.push(figure(format!("channel:{name}"), value, margin, inventory).estimated(true));
    }
    figures
}

/// What a channel earned in a year, and the part of today's stock that it sells from, currency.
#[derive(Debug, Clone, Copy, Default)]
struct GrossMargin {
    margin: f64,
    inventory: f64,
}

fn carrying_cost(facts: &Facts) -> Vec<Figure> {
    let Books { holding, inventory, .. } = facts.books;
    let estimated = facts.books.holding_estimated || facts.books.inventory_estimated;
    let share = formulas::carrying_cost_percent(holding, inventory);
    vec![figure("all", share, holding, inventory).estimated(estimated)]
}

fn fill_rate(facts: &Facts) -> Vec<Figure> {
    let quarter = facts.total.quarter;
    let rate = formulas::fill_rate(quarter.sold, quarter.lost);
    // Nobody records what was not sold: lost units are always an estimate.
    let mut figures = vec![figure("all", rate, quarter.sold, quarter.sold + quarter.lost)];
    for (name, sums) in facts.inputs.names.channels.iter().zip(&facts.channels) {
        let Flow { sold, lost, .. } = sums.quarter;
        let rate = formulas::fill_rate(sold, lost);
        figures.push(figure(format!("channel:{name}"), rate, sold, sold + lost));
    }
    for (scope, pools) in groups(facts) {
        let flows = pools.iter().flat_map(|pool| &facts.flows[pool.series.clone()]);
        let Flows { quarter: Flow { sold, lost, .. }, .. } = flows.copied().sum();
        figures.push(figure(scope, formulas::fill_rate(sold, lost), sold, sold + lost));
    }
    figures.into_iter().map(|figure| figure.estimated(true)).collect()
}

/// Items at their locations by category, and by location where there are several: scope and
/// members.
fn groups<'f>(facts: &'f Facts<'_>) -> BTreeMap<String, Vec<&'f PoolResults<'f>>> {
    let names = &facts.inputs.names;
    let mut groups: BTreeMap<String, Vec<&PoolResults>> = BTreeMap::new();
    for pool in &facts.pools {
        if !pool.product.category.is_empty() {
            let scope = format!("category:{}", pool.product.category);
            groups.entry(scope).or_default().push(pool);
        }
        if names.locations.len() > 1 {
            let scope = format!("location:{}", names.location(pool.location));
            groups.entry(scope).or_default().push(pool);
        }
    }
    groups
}

fn lost_units(facts: &Facts) -> Vec<Figure> {
    vec![amount("all", facts.total.quarter.lost).estimated(true)]
}

/// At price; at cost where no price is known.
fn lost_value(facts: &Facts) -> Vec<Figure> {
    let mut value = 0.0;
    for pool in &facts.pools {
        // At cost it is at least not overstated.
        let price = pool.economics.price.or(pool.unit_cost()).unwrap_or_default();
        let lost: f64 = facts.flows[pool.series.clone()].iter().map(|f| f.quarter.lost).sum();
        value += lost * price.as_f64();
    }
    vec![amount("all", value).estimated(true)]
}

/// Of what was received in a year; by channel, of what was sold in a month and is still allocated.
fn sell_through(facts: &Facts) -> Vec<Figure> {
    let mut received: BTreeMap<PoolId, f64> = BTreeMap::new();
    for order in facts.inputs.purchase_orders.iter() {
        if order.received.is_some_and(|date| in_last_year(date, facts.as_of())) {
            let units = order.delivered().as_f64();
            let pool = PoolId { sku: order.sku, location: order.location };
            *received.entry(pool).or_default() += units;
        }
    }
    let in_all: f64 = received.values().sum();
    let net = facts.total.year.net();
    let mut figures = vec![figure("all", formulas::sell_through(net, in_all), net, in_all)];
    for (name, sums) in facts.inputs.names.channels.iter().zip(&facts.channels) {
        // A channel receives nothing of its own: what it could have sold is what it sold and
        // what it may still sell. Over a month, because allocations change every night.
        let sold = sums.month.sold;
        let offered = sold + sums.allocated;
        // Nothing is offered where nobody has said what is in stock: then all would be sold.
        let known = facts.inputs.stock_is_known();
        let share = formulas::sell_through(sold, offered).filter(|_| known);
        figures.push(figure(format!("channel:{name}"), share, sold, offered));
    }
    for (scope, pools) in groups(facts) {
        let mut sold = 0.0;
        let mut came = 0.0;
        for pool in pools {
            let year: Flows = facts.flows[pool.series.clone()].iter().copied().sum();
            sold += year.year.net();
            came += received.get(&pool.id()).copied().unwrap_or(0.0);
        }
        figures.push(figure(scope, formulas::sell_through(sold, came), sold, came));
    }
    figures
}

fn return_rate(facts: &Facts) -> Vec<Figure> {
    let year = facts.total.year;
    let rate = ratio(year.returned * 100.0, year.sold);
    let mut figures = vec![figure("all", rate, year.returned, year.sold)];
    for (name, sums) in facts.inputs.names.channels.iter().zip(&facts.channels) {
        let rate = ratio(sums.year.returned * 100.0, sums.year.sold);
        figures.push(figure(format!("channel:{name}"), rate, sums.year.returned, sums.year.sold));
    }
    figures
}

fn weeks_of_supply(facts: &Facts) -> Vec<Figure> {
    // What is owed is no supply below zero: it would hide stock elsewhere.
    let on_hand: f64 = facts.pools.iter().map(|p| p.on_hand().or_zero().as_f64()).sum();
    let weekly: f64 =
        facts.pools.iter().filter_map(|p| p.class).map(|c| c.velocity_per_day * 7.0).sum();
    vec![figure("all", formulas::weeks_of_supply(on_hand, weekly), on_hand, weekly)]
}

fn attention_items(facts: &Facts) -> Vec<Figure> {
    let mut figures = Vec::new();
    for attention in Attention::ALL {
        let items = facts.pools.iter().filter(|p| attention.holds(p)).count() as f64;
        let of_all = facts.pools.len() as f64;
        figures.push(figure(attention.scope(), Some(items), items, of_all));
    }
    figures
}

fn attention_value(facts: &Facts) -> Vec<Figure> {
    let excess_days = facts.settings.excess_cover_days;
    let mut figures = Vec::new();
    for attention in Attention::ALL {
        let inside = facts.pools.iter().filter(|p| attention.holds(p));
        let value = inside.map(|p| attention.worth(p, excess_days)).sum();
        figures.push(amount(attention.scope(), value));
    }
    figures
}

fn excess_units(facts: &Facts) -> Vec<Figure> {
    let excess = facts.pools.iter().filter(|p| Attention::Excess.holds(p));
    vec![amount("all", excess.map(|p| p.excess_units(facts.settings.excess_cover_days)).sum())]
}

fn deadstock_units(facts: &Facts) -> Vec<Figure> {
    let dead = facts.pools.iter().filter(|p| Attention::Dead.holds(p));
    vec![amount("all", dead.map(|p| p.on_hand().as_f64()).sum())]
}

fn stock_age_units(facts: &Facts) -> Vec<Figure> {
    AGES.iter().zip(facts.ages).map(|(&(scope, _), band)| amount(scope, band.units)).collect()
}

fn stock_age_value(facts: &Facts) -> Vec<Figure> {
    let total: f64 = facts.ages.iter().map(|band| band.value).sum();
    AGES.iter()
        .zip(facts.ages)
        .map(|(&(scope, _), band)| figure(scope, Some(band.value), band.value, total))
        .collect()
}

// Losses and finds of different items cancel in the sum: count accuracy is what tells them apart.
fn shrinkage(facts: &Facts) -> Vec<Figure> {
    let mut recorded = 0.0;
    let mut counted = 0.0;
    for count in &facts.counts {
        recorded += count.recorded.as_f64();
        counted += count.counted.as_f64();
    }
    let share = formulas::shrinkage_percent(recorded, counted);
    let mut figures = vec![figure("all", share, recorded - counted, recorded)];
    for (scope, Counted { recorded, counted, .. }) in counted_by_scope(facts) {
        let share = formulas::shrinkage_percent(recorded, counted);
        figures.push(figure(scope, share, recorded - counted, recorded));
    }
    figures
}

/// What is missing from the shelves at cost: in all, and of every item and place that was
/// miscounted.
fn count_loss_value(facts: &Facts) -> Vec<Figure> {
    let mut total = 0.0;
    let mut figures = Vec::new();
    for (scope, Counted { value, .. }) in counted_by_scope(facts) {
        // Every count has an item; locations would add the same amounts once more.
        if scope.starts_with("sku:") {
            total += value;
        }
        figures.push(amount(scope, value));
    }
    figures.push(match facts.counts.is_empty() {
        // Nobody has looked.
        true => figure("all", None, 0.0, 1.0),
        false => amount("all", total),
    });
    figures
}

/// Shelves counted, added up.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    recorded: f64,
    counted: f64,
    /// What is missing, at cost.
    value: f64,
}

/// Counts by item, where books and shelf differ, and by location, where there are several.
fn counted_by_scope(facts: &Facts) -> BTreeMap<String, Counted> {
    let names = &facts.inputs.names;
    let mut by_scope: BTreeMap<String, Counted> = BTreeMap::new();
    for count in &facts.counts {
        let id = PoolId { sku: count.sku, location: count.location };
        let pool = facts.inputs.panel.position(id).map(|p| &facts.pools[p]);
        let missing = (count.recorded - count.counted).as_f64();
        let mut scopes = Vec::new();
        if missing != 0.0 {
            scopes.push(format!("sku:{}", names.sku(count.sku)));
        }
        if names.locations.len() > 1 {
            scopes.push(format!("location:{}", names.location(count.location)));
        }
        for scope in scopes {
            let sums = by_scope.entry(scope).or_default();
            sums.recorded += count.recorded.as_f64();
            sums.counted += count.counted.as_f64();
            sums.value += pool.map_or(0.0, |pool| pool.cost_of(missing));
        }
    }
    by_scope
}

fn count_accuracy(facts: &Facts) -> Vec<Figure> {
    let tolerance = facts.settings.count_tolerance;
    let mut right = 0.0;
    for count in &facts.counts {
        let (books, shelf) = (count.recorded.as_f64(), count.counted.as_f64());
        if formulas::within_tolerance(books, shelf, tolerance) {
            right += 1.0;
        }
    }
    let all = facts.counts.len() as f64;
    vec![figure("all", ratio(right * 100.0, all), right, all)]
}

fn wape(facts: &Facts) -> Vec<Figure> {
    by_abc_class(facts, |row| row.chosen.then_some(row.wape))
}

fn wape_naive(facts: &Facts) -> Vec<Figure> {
    by_abc_class(facts, |row| (row.method == "naive").then_some(row.wape))
}

fn bias(facts: &Facts) -> Vec<Figure> {
    by_abc_class(facts, |row| row.chosen.then_some(row.bias))
}

/// An error by ABC class, weighted by the units of the last year; `-` for items without a class.
fn by_abc_class(facts: &Facts, error: fn(&Accuracy) -> Option<f64>) -> Vec<Figure> {
    #[derive(Default)]
    struct Sums {
        weighted: f64,
        units: f64,
    }
    let mut class_of = vec![None; facts.flows.len()];
    for pool in &facts.pools {
        class_of[pool.series.clone()].fill(pool.class.and_then(|c| c.abc));
    }
    let mut classes: BTreeMap<Option<AbcClass>, Sums> = BTreeMap::new();
    // WAPE is not finite for a series without demand in the tested periods.
    for row in facts.outcome.accuracy.iter().filter(|row| row.wape.is_finite()) {
        if let Some(error) = error(row) {
            // Unweighted, the many items that hardly sell would drown those that matter.
            let units = facts.flows[row.series].year.sold;
            let sums = classes.entry(class_of[row.series]).or_default();
            sums.weighted += error * units;
            sums.units += units;
        }
    }
    let mut figures = Vec::new();
    for (class, Sums { weighted, units }) in classes {
        // Estimated: tested on past origins, not on what is forecast tonight.
        let percent = ratio(weighted * 100.0, units);
        let scope = format!("class:{}", cell_name(class, None));
        figures.push(figure(scope, percent, weighted, units).estimated(true));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_is_declared_once() {
        for (i, one) in DEFINITIONS.iter().enumerate() {
            assert!(DEFINITIONS[..i].iter().all(|other| other.name != one.name), "{}", one.name);
        }
        assert_eq!(definition("turnover").map(|d| d.title), Some("Inventory turnover"));
        assert!(definition("turn").is_none());
    }
}
