//! The six panels in their fixed order, and what to promote or not.

use crate::domain::outcome::{OpenOrderAction, Status};
use crate::domain::units::Units;
use crate::indicators::{Attention, PoolResults};
use crate::report::briefing::{ItemLine, ItemText};
use crate::report::gathered::Report;
use crate::report::wording::{UNKNOWN, amount, day, money, plural, rate, signed, units, whole};

/// Items of a panel that are named.
const NAMED: usize = 5;
/// Items to promote, and not to.
const PROMOTED: usize = 10;

/// One panel, as the page writes it.
pub(super) struct Panel {
    pub class: &'static str,
    /// The list behind it.
    pub href: &'static str,
    pub title: &'static str,
    pub meaning: &'static str,
    /// What its money is.
    pub label: &'static str,
    pub count: String,
    pub counted: String,
    pub value: String,
    pub change: String,
    /// The dearest.
    pub top: Vec<ItemLine>,
}

/// What a panel always says.
struct Words {
    class: &'static str,
    href: &'static str,
    title: &'static str,
    meaning: &'static str,
    label: &'static str,
}

fn words(attention: Attention) -> Words {
    match attention {
        Attention::StockedOut => Words {
            class: "urgent",
            href: "report/lists.html#status=stocked-out",
            title: "Stocked out",
            meaning: "Nothing left, customers still ask.",
            label: "margin at risk",
        },
        Attention::AboutToStockOut => Words {
            class: "urgent",
            href: "report/lists.html#status=will-stock-out",
            title: "About to stock out",
            meaning: "Gone before an order placed today arrives.",
            label: "margin at risk",
        },
        Attention::OrderNow => Words {
            class: "now",
            href: "report/recommendations.html#status=order-now",
            title: "Order now",
            meaning: "At or below the reorder point.",
            label: "to order",
        },
        Attention::Excess => Words {
            class: "calm",
            href: "report/recommendations.html#status=excess",
            title: "Excess",
            meaning: "More than will sell in good time.",
            label: "tied up at cost",
        },
        Attention::Dead => Words {
            class: "calm",
            href: "report/indicators.html#t-culls",
            title: "Dead",
            meaning: "Hardly sells, or not for 90 days.",
            label: "tied up at cost",
        },
        Attention::New => Words {
            class: "calm",
            href: "report/recommendations.html",
            title: "New",
            meaning: "Too young for a class or a pattern.",
            label: "in stock at cost",
        },
    }
}

pub(super) fn panels(report: &Report) -> Vec<Panel> {
    Attention::ALL.into_iter().map(|attention| panel(report, attention)).collect()
}

/// An item at a location with what it is worth in a list.
struct Ranked<'a> {
    pool: &'a PoolResults<'a>,
    money: f64,
    /// Whether anything says what it is worth: a zero would say that it is nothing.
    is_known: bool,
}

fn panel(report: &Report, attention: Attention) -> Panel {
    let excess_days = report.input.settings.excess_cover_days;
    let mut inside: Vec<Ranked> = report
        .pools
        .iter()
        .filter(|pool| attention.holds(pool))
        .map(|pool| Ranked {
            pool,
            money: attention.worth(pool, excess_days),
            is_known: attention.knows_worth(pool),
        })
        .collect();
    let count = inside.len();
    let value: f64 = inside.iter().map(|ranked| ranked.money).sum();
    let unknown = inside.iter().filter(|ranked| !ranked.is_known).count();
    // Ties by place, so that the same run gives the same page.
    inside.sort_by(|a, b| {
        b.money
            .total_cmp(&a.money)
            .then((a.pool.sku, a.pool.location).cmp(&(b.pool.sku, b.pool.location)))
    });
    inside.truncate(NAMED);
    let Words { class, href, title, meaning, label } = words(attention);
    let needs_stock = match attention {
        Attention::New => false,
        Attention::StockedOut
        | Attention::AboutToStockOut
        | Attention::OrderNow
        | Attention::Excess
        | Attention::Dead => true,
    };
    if needs_stock && !report.knows_stock() {
        return Panel {
            class,
            href,
            title,
            meaning,
            label: "",
            count: UNKNOWN.to_owned(),
            counted: String::new(),
            value: String::new(),
            change: "nobody has said what is in stock: bring a stock table".to_owned(),
            top: Vec::new(),
        };
    }
    let knows_money = match attention {
        Attention::StockedOut | Attention::AboutToStockOut => report.knows_margins(),
        Attention::OrderNow | Attention::Excess | Attention::Dead => report.knows_costs(),
        Attention::New => report.knows_costs() && report.knows_stock(),
    };
    Panel {
        class,
        href,
        title,
        meaning,
        label,
        count: whole(count),
        counted: match unknown {
            0 => plural("item", count),
            _ if !knows_money => plural("item", count),
            _ => format!("{}, {} of unknown worth", plural("item", count), whole(unknown)),
        },
        value: match knows_money {
            true => amount(value) + &report.currency(),
            false => UNKNOWN.to_owned(),
        },
        change: change(report, attention, count, value),
        top: inside
            .iter()
            .map(|ranked| {
                let named = line(report, ranked, remark(report, attention, ranked.pool));
                // A zero would say that it costs nothing.
                let says = knows_money && !says_nothing(attention, ranked);
                let money = if says { named.money } else { String::new() };
                ItemLine { money, ..named }
            })
            .collect(),
    }
}

/// Whether the remark says more than the money: an item that runs short whatever is ordered this
/// morning, or whose excess is on the way. Its place in the list is a fact; a bare zero beside it
/// would read as if it did not matter.
fn says_nothing(attention: Attention, ranked: &Ranked) -> bool {
    match attention {
        Attention::StockedOut | Attention::AboutToStockOut | Attention::Excess => {
            ranked.is_known && ranked.money == 0.0
        }
        Attention::OrderNow | Attention::Dead | Attention::New => false,
    }
}

/// What helps an item that no order of this morning helps.
fn beyond_orders(report: &Report, pool: &PoolResults) -> String {
    if !pool.stake_is_known() || pool.value_at_risk().is_positive() {
        return String::new();
    }
    let sooner = pool.order_advice.iter().filter(|a| a.action == OpenOrderAction::Expedite);
    match sooner.max_by_key(|advice| advice.value) {
        Some(advice) => format!(
            ", {}{} saved if {} comes sooner",
            money(advice.value),
            report.currency(),
            advice.order_id
        ),
        None => ", before any order can help".to_owned(),
    }
}

/// What moved since the last run.
fn change(report: &Report, attention: Attention, count: usize, value: f64) -> String {
    // Also where the last run knew no such panel: an older version of the program.
    const NO_RUN: &str = "no earlier run to compare with";
    // Of the first run it is said once, above the panels.
    let Some(last) = report.before.last() else { return String::new() };
    let Some(items_before) = last.value("panel_items", attention.scope()) else {
        return NO_RUN.to_owned();
    };
    let Some(value_before) = last.value("panel_value", attention.scope()) else {
        return NO_RUN.to_owned();
    };
    let items = match count as f64 - items_before {
        0.0 => "as many".to_owned(),
        more => direction(more, &whole(more.abs() as usize)),
    };
    let moved = value - value_before;
    // Money is compared as it is shown: cents that moved are no change.
    let same = signed(moved) == "no change";
    match (items.as_str(), same) {
        ("as many", true) => "no change since the last run".to_owned(),
        (items, true) => format!("since the last run: {items}, the same money"),
        (items, false) => {
            let money = direction(moved, &(amount(moved.abs()) + &report.currency()));
            format!("since the last run: {items}, {money}")
        }
    }
}

/// Which way it went, by sign and word.
fn direction(moved: f64, by: &str) -> String {
    if moved > 0.0 { format!("\u{25b2} {by} more") } else { format!("\u{25bc} {by} less") }
}

/// The location is named where there is more than one.
fn line(report: &Report, ranked: &Ranked, remark: String) -> ItemLine {
    let pool = ranked.pool;
    ItemLine {
        item: ItemText::new(report, pool.sku),
        remark: if report.has_locations() {
            format!("{remark}, {}", report.location(pool.location))
        } else {
            remark
        },
        money: match ranked.is_known {
            true => amount(ranked.money),
            false => UNKNOWN.to_owned(),
        },
    }
}

/// What to know beside the money.
fn remark(report: &Report, attention: Attention, pool: &PoolResults) -> String {
    let line = pool.recommendations.first();
    match attention {
        Attention::StockedOut => {
            format!("sells {} a day{}", rate(pool.velocity()), beyond_orders(report, pool))
        }
        Attention::AboutToStockOut => match line.and_then(|r| r.stockout_date) {
            Some(gone) => {
                format!("out {}{}", day(gone, report.input.as_of), beyond_orders(report, pool))
            }
            None => String::new(),
        },
        Attention::OrderNow => {
            // The money beside it is that of all its lines.
            let lines = pool.recommendations.iter().filter(|line| line.quantity.is_positive());
            let ordered: Units = lines.clone().map(|line| line.quantity).sum();
            match lines.count() {
                0 | 1 => format!("order {ordered}"),
                n => format!("order {ordered} in {n} lines"),
            }
        }
        Attention::Excess => {
            let cover = match pool.class.and_then(|c| c.days_of_cover) {
                Some(days) => format!("{days:.0} days of cover"),
                None => "no sales".to_owned(),
            };
            let coming = line.map_or(Units::ZERO, |r| r.on_order);
            // In excess by what is still to come.
            match pool.excess_units(report.input.settings.excess_cover_days) > 0.0 {
                false if coming.is_positive() => format!("{cover}, {coming} more on the way"),
                _ => cover,
            }
        }
        Attention::Dead | Attention::New if report.knows_stock() => units(pool.on_hand()),
        Attention::Dead | Attention::New => "stock unknown".to_owned(),
    }
}

/// H13: items about to sell out, so that promoting them would only disappoint; most margin at risk
/// first.
pub(super) fn do_not_promote(report: &Report) -> Vec<ItemLine> {
    let mut short: Vec<Ranked> = report
        .pools
        .iter()
        .filter(|p| matches!(p.status(), Status::StockedOut | Status::WillStockOut))
        .map(|pool| Ranked {
            pool,
            money: pool.value_at_risk().as_f64(),
            is_known: pool.stake_is_known(),
        })
        .collect();
    keep_dearest(&mut short);
    let mut lines = Vec::new();
    for ranked in &short {
        // The earliest of its lines: a promotion fails on the first empty day.
        let out = ranked.pool.recommendations.iter().filter_map(|r| r.stockout_date).min();
        let gone = match out.filter(|&day| day > report.input.as_of) {
            Some(gone) => format!("out {}", day(gone, report.input.as_of)),
            None => "out of stock".to_owned(),
        };
        lines.push(line(report, ranked, gone));
    }
    lines
}

/// H13: slow items with more than enough stock; most money tied up first.
pub(super) fn push(report: &Report) -> Vec<ItemLine> {
    let excess_days = report.input.settings.excess_cover_days;
    let mut slow: Vec<Ranked> = report
        .pools
        .iter()
        .filter(|p| Attention::Excess.holds(p) || Attention::Dead.holds(p))
        // What lies on no shelf yet cannot be promoted away.
        .filter(|p| Attention::Dead.holds(p) || p.excess_units(excess_days) > 0.0)
        .map(|pool| Ranked {
            pool,
            money: Attention::Excess.worth(pool, excess_days),
            is_known: Attention::Excess.knows_worth(pool),
        })
        .collect();
    keep_dearest(&mut slow);
    slow.iter()
        .map(|ranked| line(report, ranked, remark(report, Attention::Excess, ranked.pool)))
        .collect()
}

fn keep_dearest(ranked: &mut Vec<Ranked>) {
    ranked.sort_by(|a, b| b.money.total_cmp(&a.money).then(a.pool.sku.cmp(&b.pool.sku)));
    ranked.truncate(PROMOTED);
}
