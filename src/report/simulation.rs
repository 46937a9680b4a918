//! The page of `simulate`: cost bars, the efficient frontier, and the items where the policy won or
//! lost most.

use crate::domain::error::{Error, Result};
use crate::report::charts::{self, Bar, FrontierPoint};
use crate::report::wording::{counted, grouped};
use crate::simulate::{Played, Simulation};
use askama::Template;
use chrono::NaiveDate;

/// Items whose stock is drawn.
const DRAWN: usize = 10; // A look at the best and the worst; simulation.csv has the others.

#[derive(Template)]
#[template(path = "simulation.html", config = "src/report/askama.toml")]
struct SimulationPage<'a> {
    from: NaiveDate,
    until: NaiveDate,
    items: String,
    currency: &'a str,
    /// Share of the demand that is an estimate.
    estimated: Option<String>,
    /// What the comparison comes to.
    conclusion: String,
    policies: Vec<Row>,
    cost_chart: String,
    frontier: Vec<Row>,
    frontier_chart: String,
    what_if: Vec<Row>,
    /// Where safety stock costs less, a sentence for each location that feeds others.
    hold_or_pass: Vec<String>,
    tuned: Option<TunedText<'a>>,
    extremes: Vec<Extreme<'a>>,
}

/// A policy and its figures, as written.
struct Row {
    policy: String,
    fill_rate: String,
    cycle_service: String,
    lost_units: String,
    lost_margin: String,
    average_stock: String,
    turns: String,
    orders: String,
    holding: String,
    shortage: String,
    ordering: String,
    fees: String,
    cost: String,
}

struct TunedText<'a> {
    choices: Vec<ChoiceText<'a>>,
    /// What to put into `orderpoint.toml`.
    fragment: &'a str,
}

struct ChoiceText<'a> {
    scope: &'a str,
    policy: &'a str,
    before: String,
    after: String,
}

/// An item on which the own settings won or lost much.
struct Extreme<'a> {
    item: &'a str,
    verdict: &'static str,
    money: String,
    chart: String,
}

/// The whole page; `currency` is written behind amounts.
///
/// # Errors
/// [`Error::Internal`] if the page cannot be rendered.
pub(crate) fn render(result: &Simulation, currency: &str) -> Result<String> {
    // The own settings stand above the changes, or there would be nothing to compare them with.
    let mut what_if = Vec::new();
    if let Some(own) = result.played.first().filter(|_| !result.what_if.is_empty()) {
        what_if.push(Row::of("as it is", own, result));
    }
    for (change, played) in &result.what_if {
        what_if.push(Row::of(change, played, result));
    }
    let (from, until) = result.days;
    let page = SimulationPage {
        from,
        until,
        items: counted(result.pools.len(), "item"),
        currency,
        estimated: result.played.first().and_then(|p| p.total.estimated_share()).map(percent),
        conclusion: conclusion(result, currency),
        policies: result.played.iter().map(|p| Row::of(&p.name, p, result)).collect(),
        cost_chart: charts::bars(&cost_bars(&result.played)),
        frontier: result.frontier.iter().map(|p| Row::of(&p.name, p, result)).collect(),
        frontier_chart: charts::frontier(&frontier_points(&result.frontier)),
        what_if,
        hold_or_pass: result.hold_or_pass.iter().map(|told| told.sentence(currency)).collect(),
        tuned: tuned(result),
        extremes: extremes(result),
    };
    page.render().map_err(|e| Error::Internal(format!("the page of the simulation: {e}")))
}

/// Empty where nothing was asked for.
fn served(played: &Played) -> String {
    played.total.fill_rate().map_or_else(String::new, |rate| format!(" at {}", percent(rate)))
}

/// What the own settings would have cost beside the cheapest policy and the moving average, in a
/// sentence or two.
fn conclusion(result: &Simulation, currency: &str) -> String {
    let Some(own) = result.played.first() else { return String::new() };
    let mut text = format!(
        "Your settings would have cost {}{} of demand served.",
        format!("{} {currency}", grouped(own.total.cost())).trim_end(),
        served(own)
    );
    let cheapest = result.played.iter().min_by(|a, b| a.total.cost().total_cmp(&b.total.cost()));
    if let Some(best) = cheapest {
        let saved = own.total.cost() - best.total.cost();
        text += &if saved > 0.005 * own.total.cost() {
            format!(
                " {} is cheapest: {} less, {}.",
                best.name,
                format!("{} {currency}", grouped(saved)).trim_end(),
                served(best).trim_start()
            )
        } else {
            " No policy beside them is cheaper by more than half a percent.".to_owned()
        };
    }
    text
}

fn percent(share: f64) -> String {
    // A space that does not break keeps the sign beside its figure in a narrow column.
    format!("{:.1}\u{a0}%", 100.0 * share)
}

impl Row {
    fn of(policy: &str, played: &Played, result: &Simulation) -> Self {
        let totals = &played.total;
        Self {
            policy: policy.to_owned(),
            fill_rate: totals.fill_rate().map_or_else(dash, percent),
            cycle_service: totals.cycle_service().map_or_else(dash, percent),
            lost_units: format!("{:.0}", totals.lost),
            lost_margin: format!("{:.0}", totals.lost_margin),
            average_stock: totals.average_stock().map_or_else(dash, |units| format!("{units:.1}")),
            turns: totals
                .turns(result.period_days)
                .map_or_else(dash, |turns| format!("{turns:.1}")),
            orders: format!("{:.0}", totals.orders),
            holding: format!("{:.0}", totals.holding_cost),
            shortage: format!("{:.0}", totals.shortage_cost),
            ordering: format!("{:.0}", totals.order_cost),
            fees: format!("{:.0}", totals.fee_cost),
            cost: format!("{:.0}", totals.cost()),
        }
    }
}

/// What stands for a figure that nothing was measured for.
fn dash() -> String {
    "\u{2013}".to_owned()
}

fn cost_bars(played: &[Played]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for policy in played {
        let cost = policy.total.cost();
        bars.push(Bar { label: policy.name.clone(), value: cost, written: format!("{cost:.0}") });
    }
    bars
}

/// Without those that sold or stocked nothing.
fn frontier_points(played: &[Played]) -> Vec<FrontierPoint> {
    let mut points = Vec::new();
    for policy in played {
        if let (Some(average_stock), Some(fill_rate)) =
            (policy.total.average_stock(), policy.total.fill_rate())
        {
            points.push(FrontierPoint { average_stock, fill_rate_percent: 100.0 * fill_rate });
        }
    }
    points
}

fn tuned(result: &Simulation) -> Option<TunedText<'_>> {
    let tuned = result.tuned.as_ref()?;
    let mut choices = Vec::new();
    for choice in &tuned.choices {
        choices.push(ChoiceText {
            scope: &choice.scope,
            policy: match tuned.candidates.get(choice.candidate) {
                Some(candidate) if choice.pays() => &candidate.name,
                Some(_) | None => "keep your settings",
            },
            before: format!("{:.0}", choice.before.cost()),
            after: format!("{:.0}", choice.held_back.cost()),
        });
    }
    Some(TunedText { choices, fragment: &tuned.fragment })
}

/// Where the own settings, which stand first, won or lost most against the moving average, which
/// stands last.
fn extremes(result: &Simulation) -> Vec<Extreme<'_>> {
    // By the order of `simulate::tune::side_by_side`.
    let (Some(own), Some(benchmark)) = (result.played.first(), result.played.last()) else {
        return Vec::new();
    };
    let gains: Vec<f64> = own
        .pools
        .iter()
        .zip(&benchmark.pools)
        .map(|(own, benchmark)| benchmark.cost() - own.cost())
        .collect();
    // A pool that starts inside the window was not replayed: its zeros are no result.
    let mut order: Vec<usize> =
        (0..gains.len()).filter(|&pool| own.pools[pool].periods > 0.0).collect();
    // Large gains and large losses alike; ties by place, so that a page is the same every time.
    order.sort_by(|&a, &b| gains[b].abs().total_cmp(&gains[a].abs()).then(a.cmp(&b)));
    order.truncate(DRAWN);
    let mut extremes = Vec::new();
    for pool in order {
        extremes.push(Extreme {
            item: result.pools.get(pool).map_or("", String::as_str),
            verdict: if gains[pool] >= 0.0 { "saves" } else { "costs" },
            money: format!("{:.0}", gains[pool].abs()),
            chart: charts::stock_paths(path(own, pool), path(benchmark, pool)),
        });
    }
    extremes
}

fn path(played: &Played, pool: usize) -> &[f32] {
    played.paths.get(pool).map_or(&[], Vec::as_slice)
}
