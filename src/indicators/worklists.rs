//! What to do besides ordering, item by item: what to clear, mark down, correct, merge, pay, look
//! through and hold back from promotion. Each list is made from the night's own results.
//!
//! | list | what is on it | worth |
//! |---|---|---|
//! | `cull` | deadstock and what has not sold for 90 days, a share of items first | cash freed |
//! | `ageing` | stock older than half a year, or than any receipt | at cost |
//! | `markdown` | what will be left when demand ends or a lot expires | at cost |
//! | `stock-correction` | the newest count of a shelf where it differs from the books | at cost |
//! | `same-item` | two items with one name, category and price | none |
//! | `payment` | what is to be paid for open and proposed orders, by their terms | the amount |
//! | `old-override` | values set by hand so long ago that their reason may be gone | none |
//! | `promoted-short` | planned promotions of items that will have run out | value at risk |

use crate::domain::classes::Worklist;
use crate::domain::inputs::{Count, Inputs, Override, Promotion, PurchaseOrder};
use crate::domain::outcome::WorklistEntry;
use crate::domain::units::{LocationId, Money, SkuId, SupplierId, Units, in_words};
use crate::indicators::facts::{Facts, Received, receipts_of};
use crate::indicators::pool_results::PoolResults;
use chrono::{Duration, NaiveDate};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Stock older than this is listed, days: half a year.
const OLD_DAYS: i64 = 180;
/// Demand has ended where a week brings less than this share of the busiest one ahead.
// Not zero: a forecast fades, it never says never.
const ENDED: f64 = 0.1;
/// A count further back than this says nothing of today's books, days.
const COUNT_DAYS: i64 = 60;
/// Promotions that begin later than this are not looked at, days: orders can still be placed.
const PROMOTION_DAYS: i64 = 42;

/// All lists, by list and worth.
pub(crate) fn worklists(facts: &Facts) -> Vec<WorklistEntry> {
    let mut entries = culls(facts);
    for pool in &facts.pools {
        entries.extend(ageing(facts, pool));
        entries.extend(markdown(facts, pool));
    }
    entries.extend(corrections(facts));
    entries.extend(same_items(facts));
    entries.extend(payments(facts));
    entries.extend(old_overrides(facts));
    entries.extend(promoted_short(facts));
    entries.sort_by_key(|e| {
        // What is dated is done in the order of its days, the rest by what it is worth.
        let dated = match e.list {
            Worklist::Payment => e.day,
            Worklist::Cull
            | Worklist::Ageing
            | Worklist::Markdown
            | Worklist::StockCorrection
            | Worklist::SameItem
            | Worklist::OldOverride
            | Worklist::PromotedShort => None,
        };
        (e.list, dated, Reverse(e.value), e.day, e.sku, e.location, e.supplier)
    });
    entries
}

/// An entry about an item at a location.
fn about(list: Worklist, pool: &PoolResults) -> WorklistEntry {
    WorklistEntry { sku: Some(pool.sku), location: Some(pool.location), ..WorklistEntry::of(list) }
}

fn at_cost(pool: &PoolResults, units: f64) -> Money {
    Money::from_f64(pool.cost_of(units))
}

/// B7: most cash freed first; the first of them come to the target share of all items.
fn culls(facts: &Facts) -> Vec<WorklistEntry> {
    let mut listed = Vec::new();
    for pool in &facts.pools {
        if let Some(clear) = pool.to_clear() {
            listed.push((clear, pool));
        }
    }
    listed.sort_by_key(|(clear, pool)| (Reverse(clear.cash_freed), pool.sku, pool.location));
    let share = facts.settings.cull_share;
    let target = (share * facts.pools.len() as f64).round() as usize;
    let mut entries = Vec::with_capacity(listed.len());
    for (n, (clear, pool)) in (1..).zip(listed) {
        let class = clear.class;
        let judged =
            if class.take_action { "no sale for 90 days" } else { class.rationalisation.name() };
        let target = if n <= target {
            format!("{n} of the {target} that {:.0} % of all items are", 100.0 * share)
        } else {
            "beyond the target".to_owned()
        };
        // The move goes first: what another place sells is worth more there than at a discount.
        let moved = match pool.moved_out.is_positive() {
            true => format!("{} more are moved to where they sell, the rest: ", pool.moved_out),
            false => String::new(),
        };
        entries.push(WorklistEntry {
            units: Some(clear.units.as_f64()),
            value: clear.cash_freed,
            reason: format!("{judged}; {target}: {moved}discount, bundle or discontinue"),
            ..about(Worklist::Cull, pool)
        });
    }
    entries
}

/// Stock that has lain for half a year, the newest receipts being the ones still there.
fn ageing(facts: &Facts, pool: &PoolResults) -> Option<WorklistEntry> {
    let as_of = facts.as_of();
    let mut left = pool.on_hand().or_zero();
    let mut young = Units::ZERO;
    let mut oldest = None;
    for Received { on, quantity } in receipts_of(facts.inputs, pool.id(), as_of) {
        // The newest receipts first: what is sold first is the oldest, so that what lies there came
        // last.
        let here = quantity.or_zero().min(left);
        left -= here;
        if here.is_positive() && (as_of - on).num_days() <= OLD_DAYS {
            young += here;
        } else if here.is_positive() {
            oldest = Some(on);
        }
    }
    // Without any receipt nothing says how old it is.
    if young.is_zero() && oldest.is_none() {
        return None;
    }
    let old = pool.on_hand().or_zero() - young;
    if !old.is_positive() {
        return None;
    }
    let since = match oldest {
        _ if left.is_positive() => "some of it longer than any receipt".to_owned(),
        Some(day) => format!("the oldest since {day}"),
        None => String::new(),
    };
    Some(WorklistEntry {
        units: Some(old.as_f64()),
        value: at_cost(pool, old.as_f64()),
        day: oldest,
        reason: format!(
            "{old} of {} have lain for more than {OLD_DAYS} days, {since}",
            pool.on_hand()
        ),
        ..about(Worklist::Ageing, pool)
    })
}

/// What will be left when demand ends within the weeks that are foreseen, as at a season's end.
fn markdown(facts: &Facts, pool: &PoolResults) -> Option<WorklistEntry> {
    let picture = pool.picture?;
    let there = pool.recommendations.first()?.available.as_f64();
    let busiest = picture.mean.iter().copied().fold(0.0, f32::max);
    let least = ENDED * f64::from(busiest);
    // The first week from which on demand stays away until the end of what is foreseen: an item
    // that comes back in a month is not marked down.
    let last = picture.mean.iter().rposition(|&units| f64::from(units) >= least)?;
    let weeks = last + 1;
    if weeks == picture.mean.len() || busiest <= 0.0 {
        return None;
    }
    let sells: f64 = picture.mean[..weeks].iter().map(|&units| f64::from(units)).sum();
    // Half a unit left is none to mark down.
    let left = Units::floor(there - sells).as_f64();
    if left < 1.0 {
        return None;
    }
    let day = facts.as_of() + Duration::days(7 * weeks as i64);
    Some(WorklistEntry {
        units: Some(left),
        value: at_cost(pool, left),
        day: Some(day),
        reason: format!(
            "demand ends near {day}: {} sell until then at today's price, {} of {} would be left",
            in_words(sells),
            in_words(left),
            in_words(there)
        ),
        ..about(Worklist::Markdown, pool)
    })
}

/// The newest count of each shelf, where it says something else than the books did.
fn corrections(facts: &Facts) -> Vec<WorklistEntry> {
    // Sorted by date: the newest count of a shelf is the one that stays.
    let newest: BTreeMap<(SkuId, LocationId), &Count> =
        facts.inputs.counts.iter().map(|count| ((count.sku, count.location), count)).collect();
    let mut entries = Vec::new();
    for pool in &facts.pools {
        let Some(count) = newest.get(&(pool.sku, pool.location)) else { continue };
        // Without books there is nothing to correct.
        let Some(stock) = pool.stock else { continue };
        let difference = count.counted - count.recorded;
        let age = (facts.as_of() - count.date).num_days();
        // Books that say what was counted have been corrected.
        let is_booked = stock.on_hand == count.counted;
        if difference.is_zero() || age > COUNT_DAYS || is_booked {
            continue;
        }
        entries.push(WorklistEntry {
            units: Some(difference.as_f64()),
            value: at_cost(pool, difference.as_f64().abs()),
            day: Some(count.date),
            reason: format!(
                "{} counted where the books said {}: unless it is booked, on_hand is {} and not {}",
                count.counted,
                count.recorded,
                stock.on_hand + difference,
                stock.on_hand
            ),
            ..about(Worklist::StockCorrection, pool)
        });
    }
    entries
}

/// What makes two rows of the master list look like one item.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Looks<'a> {
    name: String,
    category: &'a str,
    price: Option<Money>,
    cost: Option<Money>,
}

/// Items of one name, category, price and cost, beside the first of them.
fn same_items(facts: &Facts) -> Vec<WorklistEntry> {
    let inputs = facts.inputs;
    let mut first: BTreeMap<Looks<'_>, SkuId> = BTreeMap::new();
    let mut entries = Vec::new();
    for (code, product) in (0..).zip(&inputs.products) {
        let sku = SkuId(code);
        let name = product.name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        // Items without a name all look alike.
        if name.is_empty() {
            continue;
        }
        let looks = Looks {
            name,
            category: &product.category,
            price: product.unit_price,
            cost: product.unit_cost,
        };
        let known = *first.entry(looks).or_insert(sku);
        if known == sku || is_heir(inputs, known, sku) || is_heir(inputs, sku, known) {
            continue;
        }
        entries.push(WorklistEntry {
            sku: Some(sku),
            reason: format!(
                "named like {}, at the same price: if both are one item, a row of aliases with \
                 channel_sku {} and sku {} makes them one",
                inputs.names.sku(known),
                inputs.names.sku(sku),
                inputs.names.sku(known)
            ),
            ..WorklistEntry::of(Worklist::SameItem)
        });
    }
    entries
}

/// Whether the one is known to follow the other.
fn is_heir(inputs: &Inputs, a: SkuId, b: SkuId) -> bool {
    let product = &inputs.products[a.index()];
    product.superseded_by == Some(b) || product.analogue == Some(b)
}

/// What a bill is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bill {
    Delivered,
    OnOrder,
    Proposed,
}

impl Bill {
    fn words(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::OnOrder => "on order",
            Self::Proposed => "proposed tonight",
        }
    }
}

/// What is to be paid, and when: what was delivered and is not due yet, open orders and tonight's,
/// so many days after they arrive as the supplier grants. Whether an older bill was paid is written
/// nowhere: it counts as paid.
fn payments(facts: &Facts) -> Vec<WorklistEntry> {
    let inputs = facts.inputs;
    let as_of = facts.as_of();
    let mut due: BTreeMap<(NaiveDate, SupplierId, Bill), Money> = BTreeMap::new();
    for order in inputs.purchase_orders.iter() {
        let Some(supplier) = order.supplier else { continue };
        let pool = inputs.panel.position((order.sku, order.location));
        let cost = pool.and_then(|p| facts.pools[p].unit_cost()).unwrap_or_default();
        if let Some(received) = order.received.filter(|&received| received <= as_of) {
            let day = pay_day(facts, supplier, received);
            // A bill whose day has passed is taken for paid: nothing says that it was not.
            if day >= as_of {
                let units = order.delivered().or_zero();
                *due.entry((day, supplier, Bill::Delivered)).or_default() += cost.times(units);
            }
        }
        let units = order.outstanding();
        if units.is_positive() {
            let day = pay_day(facts, supplier, arrival_of(order, as_of));
            *due.entry((day, supplier, Bill::OnOrder)).or_default() += cost.times(units);
        }
    }
    for order in &facts.outcome.orders {
        let day = pay_day(facts, order.supplier, order.expected_arrival);
        *due.entry((day, order.supplier, Bill::Proposed)).or_default() +=
            order.value + order.freight;
    }
    let mut entries = Vec::with_capacity(due.len());
    for ((day, supplier, bill), value) in due {
        let terms = terms_of(facts, supplier);
        let granted = if terms > 0 {
            format!("{terms} days after arrival")
        } else {
            "on arrival: no payment_days are known".to_owned()
        };
        let what = bill.words();
        entries.push(WorklistEntry {
            supplier: Some(supplier),
            day: Some(day),
            value,
            reason: format!("{what}, to be paid {granted}"),
            ..WorklistEntry::of(Worklist::Payment)
        });
    }
    entries
}

fn arrival_of(order: &PurchaseOrder, as_of: NaiveDate) -> NaiveDate {
    // What is overdue may come, and be invoiced, any day.
    order.expected.unwrap_or(as_of).max(as_of)
}

/// Days to pay of a supplier; 0 where none are known.
fn terms_of(facts: &Facts, supplier: SupplierId) -> i64 {
    facts.inputs.suppliers[supplier.index()].payment_days.unwrap_or_default().round() as i64
}

fn pay_day(facts: &Facts, supplier: SupplierId, arrival: NaiveDate) -> NaiveDate {
    arrival + Duration::days(terms_of(facts, supplier))
}

/// What was set by hand so long ago that nobody may know why.
fn old_overrides(facts: &Facts) -> Vec<WorklistEntry> {
    let as_of = facts.as_of();
    let mut entries = Vec::new();
    for row in facts.inputs.overrides.iter().filter(|row| row.is_in_force(as_of)) {
        let Override { sku, location, field, value, reason, author, date, .. } = row;
        let age = date.map(|day| (as_of - day).num_days());
        if age.is_some_and(|age| age <= i64::from(facts.settings.override_days)) {
            continue;
        }
        let since = match (date, age) {
            (Some(day), Some(age)) => format!("since {day}, {age} days"),
            _undated => "nobody knows since when".to_owned(),
        };
        let by = if author.is_empty() { "nobody named" } else { author };
        let why = if reason.is_empty() { "no reason given" } else { reason };
        entries.push(WorklistEntry {
            sku: Some(*sku),
            location: *location,
            day: *date,
            reason: format!(
                "{} = {value} by {by}, {since}: {why}; renew it or let it expire",
                field.name()
            ),
            ..WorklistEntry::of(Worklist::OldOverride)
        });
    }
    entries
}

/// Planned promotions of items that will have run out before new stock comes.
fn promoted_short(facts: &Facts) -> Vec<WorklistEntry> {
    let as_of = facts.as_of();
    let until = as_of + Duration::days(PROMOTION_DAYS);
    let ahead: Vec<&Promotion> =
        facts.inputs.promotions.iter().filter(|p| p.end >= as_of && p.start <= until).collect();
    let mut entries = Vec::new();
    if ahead.is_empty() {
        return entries;
    }
    for pool in &facts.pools {
        let Some(line) = pool.recommendations.first() else { continue };
        let Some(gone) = line.stockout_date else { continue };
        // Where nobody delivers it, it stays away.
        let back = line.expected_arrival.unwrap_or(NaiveDate::MAX);
        let promotion = ahead.iter().filter(|p| is_for(p, pool)).find(|p| {
            // Some of its days fall between the last unit and the first new one.
            p.start < back && p.end >= gone && gone < back
        });
        let Some(promotion) = promotion else { continue };
        let back = match line.expected_arrival {
            Some(day) => format!("an order of today arrives on {day}"),
            None => "nobody delivers it".to_owned(),
        };
        entries.push(WorklistEntry {
            units: Some(line.available.as_f64()),
            value: pool.value_at_risk(),
            day: Some(promotion.start),
            reason: format!(
                "promoted from {} to {} and sold out on {gone}, {back}: put it off, or let the \
                 item out",
                promotion.start, promotion.end
            ),
            ..about(Worklist::PromotedShort, pool)
        });
    }
    entries
}

fn is_for(promotion: &Promotion, pool: &PoolResults) -> bool {
    promotion.location.is_none_or(|location| location == pool.location)
        && promotion.sku.is_none_or(|sku| sku == pool.sku)
        && promotion.category.as_deref().is_none_or(|category| category == pool.product.category)
}
