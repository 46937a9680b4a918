//! What yesterday's decisions mean tonight: units approved and not placed yet, and lines that are
//! not to be proposed.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, PurchaseOrder};
use crate::domain::panel::PoolId;
use crate::domain::sorted::{keyed, rows_of, run};
use crate::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
use crate::review::decisions::{DecidedLine, Decision, KeptDecisions, WAIT_DAYS};
use crate::review::moved::{Unplaced, see_what_moved};
use chrono::{Duration, NaiveDate};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Units that were approved and not placed yet: they count as on order.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom.
    pub supplier: Option<SupplierId>,
    /// Approved units.
    pub quantity: Units,
    /// What they cost, reporting currency.
    pub value: Money,
    /// The morning of the run that proposed them.
    pub approved_on: NaiveDate,
    /// When they were expected to arrive.
    pub expected: Option<NaiveDate>,
    /// External id of the order line.
    pub recommendation_id: String,
    /// Where the units are moved from; `None` for a purchase.
    pub from: Option<LocationId>,
    /// Days on their way, where units are moved instead of bought.
    pub transit_days: Option<f64>,
}

/// Units that a location is to send to another one, and has not sent yet: promised, like those that
/// a customer waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaving {
    /// The item.
    pub sku: SkuId,
    /// Where it lies.
    pub location: LocationId,
    /// Approved units.
    pub quantity: Units,
}

/// A line that is not to be proposed tonight.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom.
    pub supplier: Option<SupplierId>,
    /// Where it would be moved from; `None` for a purchase.
    pub from: Option<LocationId>,
    /// Proposed again from this day on.
    pub until: NaiveDate,
    /// `rejected by ... until ...: reason`.
    pub why: String,
}

keyed! {
    Pending by PoolId: |row| PoolId { sku: row.sku, location: row.location };
    Leaving by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

/// What the decisions so far mean on one morning.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenDecisions {
    /// Sorted by (sku, location, supplier).
    pub pending: Vec<Pending>,
    /// What approved moves take away, sorted by (sku, location).
    pub leaving: Vec<Leaving>,
    /// Sorted by (sku, location, supplier).
    pub quiet: Vec<Quiet>,
    /// Approvals that should have arrived by now and that no purchase order shows.
    pub exceptions: Vec<Exception>,
    /// Value of what was approved on this very morning and is not placed yet: a second run of the
    /// morning plans the rest of the same orders.
    pub approved_today: BTreeMap<(SupplierId, LocationId), Money>,
    /// The same without what was approved on this very morning; `None` where nothing was.
    pub before_today: Option<Box<OpenDecisions>>,
}

impl OpenDecisions {
    /// Reads the decisions in this run's codes; approvals of items no longer known are told.
    #[must_use]
    pub fn new(kept: &KeptDecisions, inputs: &Inputs, as_of: NaiveDate) -> Self {
        let mut open =
            Self { exceptions: of_unknown_items(kept, inputs, as_of), ..Self::default() };
        let mut left_earlier = Vec::new();
        for approval in unplaced(kept, inputs, as_of) {
            let Unplaced { decision, line, left, has_left } = approval;
            if let Some(exception) = late(decision, &line, left, inputs, as_of) {
                open.exceptions.push(exception);
            }
            if !decision.stands_on(as_of) {
                continue;
            }
            if let Some(supplier) = line.supplier.filter(|_| decision.as_of == as_of) {
                let order = (supplier, line.pool.location);
                *open.approved_today.entry(order).or_default() += decision.unit_cost.times(left);
            }
            let PoolId { sku, location } = line.pool;
            // What has left its source is not there to be promised.
            if let Some(giver) = line.from.filter(|_| !has_left) {
                let leaving = Leaving { sku, location: giver, quantity: left };
                if decision.as_of < as_of {
                    left_earlier.push(leaving.clone());
                }
                open.leaving.push(leaving);
            }
            open.pending.push(Pending {
                sku,
                location,
                supplier: line.supplier,
                quantity: left,
                value: decision.unit_cost.times(left),
                approved_on: decision.as_of,
                expected: decision.expected,
                recommendation_id: decision.recommendation_id.clone(),
                from: line.from,
                transit_days: line.from.map(|_| decision.transit_days()),
            });
        }
        for decision in kept.quiet(as_of) {
            let Some(line) = DecidedLine::of(decision, &inputs.names) else { continue };
            let verdict = decision.verdict.name();
            let Decision { author, reason, .. } = decision;
            let until = decision.stands_until();
            open.quiet.push(Quiet {
                sku: line.pool.sku,
                location: line.pool.location,
                supplier: line.supplier,
                from: line.from,
                until,
                why: format!("{verdict} by {author} until {until}: {reason}"),
            });
        }
        open.pending.sort_by_key(|p| (p.sku, p.location, p.supplier));
        open.leaving.sort_by_key(|leaving| (leaving.sku, leaving.location));
        open.quiet.sort_by_key(|q| (q.sku, q.location, q.supplier));
        if open.pending.iter().any(|approved| approved.approved_on == as_of) {
            let mut before = Self { leaving: left_earlier, ..Self::default() };
            before.leaving.sort_by_key(|leaving| (leaving.sku, leaving.location));
            before.quiet.clone_from(&open.quiet);
            let earlier = open.pending.iter().filter(|approved| approved.approved_on < as_of);
            before.pending = earlier.cloned().collect();
            open.before_today = Some(Box::new(before));
        }
        open
    }

    /// What was approved of an item on the morning of `day` and is not placed yet.
    pub fn approved_on(&self, day: NaiveDate, sku: SkuId) -> impl Iterator<Item = &Pending> {
        let of_item = run(&self.pending, |approved| approved.sku.cmp(&sku));
        of_item.iter().filter(move |approved| approved.approved_on == day)
    }

    /// Why a purchase is not proposed tonight: what was rejected or put off is the item. Proposed
    /// again with another supplier, the same units would come back the next morning. Who does not
    /// want a move may well want to buy.
    #[must_use]
    pub fn quiet(
        &self,
        sku: SkuId,
        location: LocationId,
        supplier: Option<SupplierId>,
    ) -> Option<&Quiet> {
        let of_pool = self.quiet_at(sku, location).filter(|q| q.from.is_none());
        of_pool.max_by_key(|q| (q.supplier == supplier, q.until))
    }

    /// Whether a move was rejected or put off.
    #[must_use]
    pub fn is_move_quiet(&self, sku: SkuId, from: LocationId, to: LocationId) -> bool {
        self.quiet_move(sku, from, to).is_some()
    }

    /// Why a move is not proposed tonight.
    #[must_use]
    pub fn quiet_move(&self, sku: SkuId, from: LocationId, to: LocationId) -> Option<&Quiet> {
        self.quiet_at(sku, to).find(|q| q.from == Some(from))
    }

    fn quiet_at(&self, sku: SkuId, location: LocationId) -> impl Iterator<Item = &Quiet> {
        let first = self.quiet.partition_point(|q| (q.sku, q.location) < (sku, location));
        self.quiet[first..].iter().take_while(move |q| (q.sku, q.location) == (sku, location))
    }

    /// Units that approved moves are to take from a location.
    #[must_use]
    pub fn leaving(&self, sku: SkuId, location: LocationId) -> Units {
        let key = PoolId { sku, location };
        rows_of(&self.leaving, key).iter().map(|leaving| leaving.quantity).sum()
    }
}

/// Approvals in force whose item or location is in none of this run's tables. A pilot knows few
/// items by intention, and is no reason to say so.
fn of_unknown_items(kept: &KeptDecisions, inputs: &Inputs, as_of: NaiveDate) -> Vec<Exception> {
    let mut told = Vec::new();
    if inputs.is_pilot {
        return told;
    }
    for decision in kept.decisions.iter().filter(|decision| decision.is_order()) {
        let in_force = decision.as_of <= as_of && decision.stands_on(as_of);
        if !in_force || DecidedLine::of(decision, &inputs.names).is_some() {
            continue;
        }
        let Decision { sku, location, author, quantity, .. } = decision;
        let what = format!(
            "{quantity} units of {sku} at {location} that {author} approved on {} are of no item \
             and place of tonight's tables",
            decision.as_of
        );
        let why = format!(
            "nothing is on order for them: if the item has another code now, a row of aliases says \
             so (channel_sku {sku}, sku the new one)"
        );
        let about = Subject::Table("decisions".to_owned());
        told.push(Exception::new(
            Severity::Warning,
            ExceptionKind::ApprovalNotPlaced,
            about,
            what,
            why,
        ));
    }
    told
}

/// Approvals up to `as_of` that were not placed, or not wholly; those that count as not coming any
/// more are among them for as long again, to be told.
fn unplaced<'k>(kept: &'k KeptDecisions, inputs: &Inputs, as_of: NaiveDate) -> Vec<Unplaced<'k>> {
    let approvals = kept.decisions.iter().filter(|decision| decision.is_order());
    let numbers: BTreeSet<String> = approvals.clone().flat_map(order_numbers).collect();
    let mut by_pool: BTreeMap<PoolId, Vec<Unplaced<'k>>> = BTreeMap::new();
    for decision in approvals {
        let told_until = decision.stands_until() + Duration::days(WAIT_DAYS);
        if decision.as_of > as_of || told_until <= as_of {
            continue;
        }
        if let Some(line) = DecidedLine::of(decision, &inputs.names) {
            let approval = Unplaced { decision, left: decision.quantity, line, has_left: false };
            by_pool.entry(approval.line.pool).or_default().push(approval);
        }
    }
    let mut unplaced = Vec::new();
    for (pool, mut approvals) in by_pool {
        place(&mut approvals, inputs.purchase_orders.of(pool), &numbers);
        unplaced.extend(approvals.into_iter().filter(|approval| approval.left.is_positive()));
    }
    see_what_moved(&mut unplaced, inputs);
    unplaced.retain(|approval| approval.left.is_positive());
    unplaced
}

/// A purchase order, and the units of it that no approval accounts for yet.
struct Placed<'o> {
    order: &'o PurchaseOrder,
    left: Units,
    /// It carries the number of some approved line or its order.
    is_ours: bool,
}

/// Takes from each approval what purchase orders show of it, each ordered unit once.
///
/// An order is a purchase or a move: one with a supplier is no move, one from another location no
/// purchase. An order that carries the line's own number, or that of its exported order, is that
/// line, whatever its quantity: a person changed it while placing it. An order with a number of its
/// own is taken for approvals of its supplier, made no later, by quantity: the very same first,
/// then several approvals in one order and one approval in several orders, then the nearest, oldest
/// first. An order of less than half of an approval is something else: three units ordered by
/// phone do not place a hundred.
fn place(approvals: &mut [Unplaced<'_>], orders: &[PurchaseOrder], numbers: &BTreeSet<String>) {
    let mut placed: Vec<Placed<'_>> = Vec::with_capacity(orders.len());
    for order in orders {
        let is_ours = numbers.contains(whole_order(&order.order_id));
        placed.push(Placed { order, left: order.quantity, is_ours });
    }
    // The oldest approval and the oldest order first: a later approval finds later orders alone,
    // and one of February that took March's order would leave March's approval without any.
    placed.sort_by_key(|order| (!order.is_dated(), order.order.confirmed));
    approvals.sort_by_key(|approval| approval.decision.as_of);

    for approval in approvals.iter_mut() {
        let [line_number, order_number] = order_numbers(approval.decision);
        for own in &mut placed {
            let is_line = own.order.order_id == line_number;
            let is_order = whole_order(&own.order.order_id) == order_number;
            // Two approvals of one morning share the order's number, not its units.
            if is_line || is_order && (own.left.is_positive() || own.order.quantity.is_zero()) {
                own.left = (own.left - approval.left).or_zero();
                approval.left = Units::ZERO;
            }
        }
    }

    // The same quantity.
    for approval in approvals.iter_mut() {
        let same = placed.iter_mut().find(|order| {
            order.left == approval.left && order.left.is_positive() && order.may_be(approval)
        });
        if let Some(order) = same {
            order.left = Units::ZERO;
            approval.left = Units::ZERO;
        }
    }

    // Several approvals in one order.
    for order in &mut placed {
        let mut open: Vec<&mut Unplaced<'_>> =
            approvals.iter_mut().filter(|a| a.left.is_positive() && order.may_be(a)).collect();
        let mut sum = Units::ZERO;
        let mut first = 0;
        while first < open.len() && sum < order.left {
            sum += open[first].left;
            first += 1;
        }
        if sum == order.left && order.left.is_positive() {
            open.iter_mut().take(first).for_each(|approval| approval.left = Units::ZERO);
            order.left = Units::ZERO;
        }
    }

    // One approval in several orders.
    for approval in approvals.iter_mut().filter(|approval| approval.left.is_positive()) {
        let of_it = |order: &&mut Placed<'_>| {
            order.left.is_positive() && !order.is_ours && order.may_be(approval)
        };
        let mut parts: Vec<&mut Placed<'_>> = placed.iter_mut().filter(of_it).collect();
        let sum: Units = parts.iter().map(|order| order.left).sum();
        if sum == approval.left {
            parts.iter_mut().for_each(|order| order.left = Units::ZERO);
            approval.left = Units::ZERO;
        }
    }

    // What is near enough, the largest orders first.
    placed.sort_by_key(|order| Reverse(order.left));
    for order in placed.iter_mut().filter(|order| !order.is_ours && order.is_dated()) {
        // Once it is taken for one of them, its rest is for the others.
        let mut is_taken = false;
        for approval in approvals.iter_mut().filter(|approval| approval.left.is_positive()) {
            let is_near = is_taken || order.left + order.left >= approval.left;
            if order.left.is_positive() && is_near && order.may_be(approval) {
                is_taken = true;
                let units = order.left.min(approval.left);
                order.left -= units;
                approval.left -= units;
            }
        }
    }
}

impl Placed<'_> {
    /// Whether it was made with the approval's supplier, or moves units as it does, since the
    /// approval.
    fn may_be(&self, approval: &Unplaced<'_>) -> bool {
        let day = approval.decision.as_of;
        let same_source = match (self.order.shipment, approval.line.from) {
            (Some(shipment), Some(from)) => shipment.from == from,
            (Some(_), None) => false,
            // Whoever keeps no column of sources says it by leaving the supplier empty.
            (None, _) => true,
        };
        let same_supplier = same_source
            && (self.order.supplier.is_none() || self.order.supplier == approval.line.supplier);
        same_supplier
            && self.order.confirmed.is_none_or(|confirmed| confirmed >= day)
            && self.order.received.is_none_or(|received| received >= day)
    }

    /// An order without a date may be older than the approval: only its quantity can tell.
    fn is_dated(&self) -> bool {
        self.order.confirmed.is_some()
    }
}

/// Numbers by which a purchase order tells that it is an approved line: the line's own, or that of
/// its exported order.
fn order_numbers(decision: &Decision) -> [String; 2] {
    [decision.recommendation_id.clone(), decision.order_id()]
}

/// The number of the whole document where an export split it: `PO-20240401-1a2b3c4d-2` is a part.
fn whole_order(number: &str) -> &str {
    match number.rsplit_once('-') {
        Some((whole, part))
            if (whole.starts_with("PO-") || whole.starts_with("TR-"))
                && whole.matches('-').count() == 2
                && part.bytes().all(|b| b.is_ascii_digit()) =>
        {
            whole
        }
        Some(_) | None => number,
    }
}

/// What is to be said of an approval that should have arrived.
fn late(
    decision: &Decision,
    line: &DecidedLine,
    left: Units,
    inputs: &Inputs,
    as_of: NaiveDate,
) -> Option<Exception> {
    let expected = decision.expected.filter(|&day| day < as_of)?;
    let Decision { quantity, author, from_location, recommendation_id, .. } = decision;
    let mut moved = String::new();
    let mut count_as = "count as on order".to_owned();
    let mut act = "place the order";
    if decision.is_transfer() {
        moved = format!(" to be moved from {from_location}");
        count_as = format!("count as promised at {from_location} and as on order here");
        act = "send them";
    }
    let what = format!(
        "{left} of {quantity} units that {author} approved on {}{moved} were to arrive on \
         {expected}, and no purchase order shows them",
        decision.as_of
    );
    let why = if decision.stands_on(as_of) {
        format!(
            "they {count_as} until {}: {act}, or put it into purchase_orders under {} or {}",
            decision.stands_until(),
            decision.order_id(),
            recommendation_id
        )
    } else {
        "they count as not coming any more, and what is needed is proposed again".to_owned()
    };
    Some(Exception::new(
        Severity::Warning,
        ExceptionKind::ApprovalNotPlaced,
        Subject::pool(&inputs.names, line.pool.sku, line.pool.location),
        what,
        why,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::Money;
    use crate::review::decisions::Verdict;

    fn day(of_march: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, of_march).unwrap()
    }

    fn approval(of_march: u32, units: i64) -> Decision {
        Decision {
            run_id: String::new(),
            as_of: day(of_march),
            recommendation_id: format!("R{of_march}-{units}"),
            sku: "A".into(),
            location: "main".into(),
            supplier: "sup".into(),
            verdict: Verdict::Approve,
            recommended: Units(units),
            quantity: Units(units),
            unit_cost: Money::ZERO,
            expected: Some(day(of_march) + Duration::days(14)),
            until: None,
            reason: String::new(),
            author: "ann".into(),
            time: String::new(),
            name: String::new(),
            supplier_sku: String::new(),
            supplier_currency: String::new(),
            supplier_unit_cost: None,
            pack_size: None,
            order_date: None,
            from_location: String::new(),
            on_hand: None,
            from_on_hand: None,
        }
    }

    fn order(number: &str, of_march: u32, units: i64) -> PurchaseOrder {
        PurchaseOrder {
            order_id: number.into(),
            sku: SkuId(0),
            supplier: Some(SupplierId(0)),
            location: LocationId(0),
            quantity: Units(units),
            confirmed: Some(day(of_march)),
            expected: None,
            received: None,
            received_quantity: None,
            shipment: None,
        }
    }

    /// Units that still count as on order: 60 approved on the 1st, 145 on the 2nd.
    fn left(orders: &[PurchaseOrder]) -> [i64; 2] {
        left_of([approval(1, 60), approval(2, 145)], orders)
    }

    fn left_of(decisions: [Decision; 2], orders: &[PurchaseOrder]) -> [i64; 2] {
        let numbers = decisions.iter().flat_map(order_numbers).collect();
        let pool = PoolId { sku: SkuId(0), location: LocationId(0) };
        let mut approvals: Vec<Unplaced<'_>> = decisions
            .iter()
            .map(|decision| Unplaced {
                decision,
                line: DecidedLine { pool, supplier: Some(SupplierId(0)), from: None },
                left: decision.quantity,
                has_left: false,
            })
            .collect();
        place(&mut approvals, orders, &numbers);
        [approvals[0].left.0, approvals[1].left.0]
    }

    #[test]
    fn an_approval_waits_until_that_very_order_is_placed() {
        let own = order_numbers(&approval(2, 145))[1].clone();
        let cases = [
            ("nothing is placed", vec![], [60, 145]),
            ("three units by phone", vec![order("ERP-9", 3, 3)], [60, 145]),
            ("the second, by quantity", vec![order("ERP-9", 3, 145)], [60, 0]),
            ("both apart", vec![order("E-1", 3, 60), order("E-2", 3, 145)], [0, 0]),
            ("both in one order", vec![order("ERP-9", 3, 205)], [0, 0]),
            ("one in two orders", vec![order("E-1", 3, 100), order("E-2", 3, 105)], [0, 0]),
            ("before the second approval", vec![order("ERP-9", 1, 145)], [0, 145]),
            ("another quantity", vec![order("ERP-9", 3, 100)], [0, 105]),
            ("the line's own number", vec![order("R2-145", 3, 100)], [60, 0]),
            ("the exported order's number", vec![order(&own, 3, 145)], [60, 0]),
            ("a part of the exported order", vec![order(&format!("{own}-2"), 3, 140)], [60, 0]),
            ("own, and three by phone", vec![order("R1-60", 2, 60), order("E", 3, 3)], [0, 145]),
        ];
        for (what, orders, expected) in cases {
            assert_eq!(left(&orders), expected, "{what}");
        }
    }

    #[test]
    fn the_oldest_approval_takes_the_oldest_order_whatever_their_numbers() {
        // By number the second order comes first: taken for the first approval, it would leave the
        // second one waiting though it is placed.
        let orders = [order("ERP-10", 12, 100), order("ERP-5", 2, 100)];
        assert_eq!(left_of([approval(1, 100), approval(10, 100)], &orders), [0, 0]);
    }

    #[test]
    fn orders_of_another_supplier_or_time_and_undated_ones_of_another_quantity_are_others() {
        let elsewhere = PurchaseOrder { supplier: Some(SupplierId(7)), ..order("E", 3, 145) };
        assert_eq!(left(&[elsewhere]), [60, 145]);
        let undated = PurchaseOrder { confirmed: None, ..order("E", 3, 130) };
        assert_eq!(left(&[undated]), [60, 145]);
        let undated = PurchaseOrder { confirmed: None, ..order("E", 3, 145) };
        assert_eq!(left(&[undated]), [60, 0]);
        let delivered =
            PurchaseOrder { confirmed: None, received: Some(day(1)), ..order("E", 1, 145) };
        assert_eq!(left(&[delivered]), [60, 145]);
    }
}
