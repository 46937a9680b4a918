//! The page of `simulate`: cost bars, the efficient frontier, and the items where the policy won or lost most.

use crate::report::charts;
use crate::simulate::Played;
use crate::simulate::Simulation;
use crate::simulate::Totals;
use std::fmt::Write;

/// Items whose stock is drawn.
const ITEMS: usize = 10;

/// The whole page; `currency` is written behind amounts.
#[must_use]
pub fn render(result: &Simulation, currency: &str) -> String {
    let mut body = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<h1>What history would have cost</h1><p>{} to {}, {} pools. Holding, shortage and ordering cost in {}.",
        result.days.0,
        result.days.1,
        result.pools.len(),
        escaped(currency)
    );
    if let Some(share) = result.played.first().and_then(|p| p.total.estimated_share()) {
        let _ = write!(
            body,
            " {:.1} % of the demand is an estimate: the shelf was empty then.",
            100.0 * share
        );
    }
    body.push_str("</p><h2>Policies side by side</h2>");
    let bars: Vec<_> = result
        .played
        .iter()
        .map(|p| (p.name.clone(), p.total.cost(), format!("{:.0}", p.total.cost())))
        .collect();
    body.push_str(&charts::bars(&bars));
    table(&mut body, result.played.iter().map(|p| (p.name.as_str(), &p.total)), result.period_days);
    body.push_str("<h2>Stock against service</h2><p>Each point is one service target of the quantile method.</p>");
    let points: Vec<(f64, f64)> = result
        .frontier
        .iter()
        .filter_map(|p| Some((p.total.average_stock()?, 100.0 * p.total.fill_rate()?)))
        .collect();
    body.push_str(&charts::frontier(&points));
    table(
        &mut body,
        result.frontier.iter().map(|p| (p.name.as_str(), &p.total)),
        result.period_days,
    );
    if !result.what_if.is_empty() {
        body.push_str("<h2>What if</h2>");
        let own = result.played.first().map(|p| ("as it is", &p.total));
        let changed = result.what_if.iter().map(|(name, p)| (name.as_str(), &p.total));
        table(&mut body, own.into_iter().chain(changed), result.period_days);
    }
    tuned(&mut body, result);
    extremes(&mut body, result);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Simulation</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#1f2937;margin:2rem}main{max-width:60rem;margin:auto}\
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}th,td{padding:.3rem .8rem;border-bottom:1px solid #cbd5e1;text-align:right}\
th:first-child,td:first-child{text-align:left}svg{max-width:40rem;width:100%;height:auto}pre{background:#f1f5f9;padding:1rem;overflow-x:auto}";

fn table<'a>(
    body: &mut String,
    rows: impl Iterator<Item = (&'a str, &'a Totals)>,
    period_days: f64,
) {
    body.push_str(
        "<table><thead><tr><th>Policy</th><th>Fill rate</th><th>Cycle service</th><th>Lost units</th><th>Lost margin</th>\
         <th>Average stock</th><th>Turns</th><th>Orders</th><th>Holding</th><th>Shortage</th><th>Ordering</th><th>Cost</th></tr></thead><tbody>",
    );
    let percent =
        |v: Option<f64>| v.map_or("&ndash;".into(), |v| format!("{:.1}&nbsp;%", 100.0 * v));
    let number = |v: Option<f64>| v.map_or("&ndash;".into(), |v| format!("{v:.1}"));
    for (name, t) in rows {
        let _ = write!(
            body,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.0}</td><td>{:.0}</td><td>{}</td><td>{}</td><td>{:.0}</td><td>{:.0}</td>\
             <td>{:.0}</td><td>{:.0}</td><td>{:.0}</td></tr>",
            escaped(name),
            percent(t.fill_rate()),
            percent(t.cycle_service()),
            t.lost,
            t.lost_margin,
            number(t.average_stock()),
            number(t.turns(period_days)),
            t.orders,
            t.holding_cost,
            t.shortage_cost,
            t.order_cost,
            t.cost()
        );
    }
    body.push_str("</tbody></table>");
}

fn tuned(body: &mut String, result: &Simulation) {
    let Some(tuned) = &result.tuned else { return };
    body.push_str(
        "<h2>Tuned</h2><p>Chosen on earlier windows; the gain is that of the latest window, which was held back.</p><ul>",
    );
    for choice in &tuned.choices {
        let name = tuned.candidates.get(choice.candidate).map_or("", |c| c.name.as_str());
        let (before, after) = (choice.before.cost(), choice.held_back.cost());
        let _ = write!(
            body,
            "<li>{}: {}, cost {after:.0} instead of {before:.0}</li>",
            escaped(&choice.scope),
            escaped(name)
        );
    }
    let _ = write!(body, "</ul><pre>{}</pre>", escaped(&tuned.fragment));
}

/// Where the user's own settings won or lost most against the moving average: the last of the policies side by side.
fn extremes(body: &mut String, result: &Simulation) {
    let (Some(own), Some(benchmark)) = (result.played.first(), result.played.last()) else {
        return;
    };
    let gain = |p: usize| benchmark.pools[p].cost() - own.pools[p].cost();
    let mut order: Vec<usize> =
        (0..own.pools.len()).filter(|&p| own.pools[p].periods > 0.0).collect();
    order.sort_by(|&a, &b| gain(b).abs().total_cmp(&gain(a).abs()).then(a.cmp(&b)));
    body.push_str("<h2>Where it mattered most</h2><p>Stock under the own settings (dark) and the moving average (grey).</p>");
    for &p in order.iter().take(ITEMS) {
        let verdict = if gain(p) >= 0.0 { "saves" } else { "costs" };
        let name = escaped(result.pools.get(p).map_or("", String::as_str));
        let _ = write!(body, "<h3>{name}: {verdict} {:.0}</h3>", gain(p).abs());
        body.push_str(&charts::stock_paths(path(own, p), path(benchmark, p)));
    }
}

fn path(played: &Played, pool: usize) -> &[f32] {
    played.paths.get(pool).map_or(&[], Vec::as_slice)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
