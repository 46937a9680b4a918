//! One pool's proposal: its supplier lines before anything is weighed against other pools.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, Names, PriceBreak, Supplier, Supply};
use crate::domain::sorted::Sorted;
use crate::domain::units::{LocationId, Money, SkuId, Units};
use crate::purchase::Settings;
use crate::purchase::landed_cost::{Charges, convert, exchange_rate};
use crate::purchase::line::{Line, PoolNeed, lot_note, lot_steps, to_a_millionth};
use crate::purchase::order_calendar::OrderCalendar;
use crate::purchase::rules::constraints::{Binding, LotRules};
use crate::purchase::rules::price_breaks::{LotCosts, Prices, worthwhile_break};
use crate::purchase::sourcing::{Assignment, Offer, source};
use chrono::NaiveDate;

/// Everything suppliers offer, and the settings to choose by.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// Sorted by (sku, location, role, supplier).
    pub supply: &'a Sorted<Supply>,
    /// Sorted by (sku, supplier, quantity).
    pub price_breaks: &'a Sorted<PriceBreak>,
    /// By [`crate::domain::units::SupplierId`].
    pub suppliers: &'a [Supplier],
    /// Dictionaries, for ids and sentences.
    pub names: &'a Names,
    /// How to choose.
    pub settings: &'a Settings,
    /// The morning of the run.
    pub as_of: NaiveDate,
}

impl<'a> Market<'a> {
    /// The market of a run.
    #[must_use]
    pub fn new(inputs: &'a Inputs, settings: &'a Settings) -> Self {
        Self {
            supply: &inputs.supply,
            price_breaks: &inputs.price_breaks,
            suppliers: &inputs.suppliers,
            names: &inputs.names,
            settings,
            as_of: inputs.panel.calendar().as_of(),
        }
    }

    /// Suppliers that cannot be ordered from at all, and settings that name nobody, once a run.
    #[must_use]
    pub fn exceptions(&self) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        for (supplier, name) in self.suppliers.iter().zip(&self.names.suppliers) {
            if exchange_rate(&supplier.currency, self.settings).is_none() {
                let what = format!(
                    "currency {} is not in purchase.rates: nothing is ordered from this supplier",
                    supplier.currency
                );
                let why = "a price in an unknown currency cannot be compared".to_owned();
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::UnknownCurrency,
                    Subject::Supplier(name.clone()),
                    what,
                    why,
                ));
            }
            if OrderCalendar::of(supplier).next_order_day(self.as_of).is_none() {
                let what = "no order day within two years: nothing is ordered from this supplier";
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::SupplierClosed,
                    Subject::Supplier(name.clone()),
                    what,
                    "order weekdays and closures",
                ));
            }
        }
        for name in
            self.settings.containers.keys().filter(|n| self.names.find_supplier(n).is_none())
        {
            let what = "purchase.containers names a supplier that no table knows";
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::UnknownSupplier,
                Subject::Supplier(name.clone()),
                what,
                "its container is not used",
            ));
        }
        exceptions
    }

    /// Supply rows of one pool, primary first: a row for the location replaces the supplier's row for everywhere.
    pub fn supply_of(&self, sku: SkuId, location: LocationId) -> impl Iterator<Item = &'a Supply> {
        let supply: &'a Sorted<Supply> = self.supply;
        let rows = supply.of(sku);
        let special = |s: &Supply| {
            rows.iter().any(|r| r.supplier == s.supplier && r.location == Some(location))
        };
        let mut mine: Vec<&Supply> = rows
            .iter()
            .filter(|s| s.location == Some(location) || s.location.is_none() && !special(s))
            .collect();
        mine.sort_by_key(|s| (s.role, s.supplier));
        mine.into_iter()
    }

    /// Offers for one pool in order of preference: role, then landed cost, then supplier. `lead_days` is the lead time of a row.
    #[must_use]
    pub fn offers(&self, pool: &PoolNeed, lead_days: impl Fn(&Supply) -> f64) -> Vec<Offer<'a>> {
        let offer = |supply: &'a Supply| {
            let supplier = &self.suppliers[supply.supplier.index()];
            let rate = exchange_rate(&supplier.currency, self.settings)?;
            let calendar = OrderCalendar::of(supplier);
            let order_date = calendar.next_order_day(self.as_of)?;
            let base = supply
                .unit_cost
                .map(|c| convert(c, rate))
                .or(pool.unit_cost)
                .unwrap_or(Money::ZERO);
            let charges = Charges {
                duty_rate: supply.duty_rate,
                fee_rate: self.settings.fee_rate,
                freight_per_unit: convert(supply.freight_per_unit, rate),
            };
            let prices =
                Prices { base, breaks: self.price_breaks.of((supply.sku, supply.supplier)), rate };
            Some(Offer {
                supply,
                calendar,
                prices,
                charges,
                order_date,
                arrival: calendar.arrival(order_date, lead_days(supply)),
            })
        };
        let mut offers: Vec<Offer> =
            self.supply_of(pool.sku, pool.location).filter_map(offer).collect();
        let quantity = Units(pool.need.ceil().max(1.0) as i64);
        offers.sort_by_key(|o| (o.supply.role, o.landed(quantity), o.supply.supplier));
        offers
    }

    /// The lines of one pool: one, or two for a split order. What is missing or impossible goes to `exceptions`.
    pub fn propose(
        &self,
        mut pool: PoolNeed,
        lead_days: impl Fn(&Supply) -> f64,
        exceptions: &mut Vec<Exception>,
    ) -> Vec<Line<'a>> {
        assert!(
            pool.need.is_finite() && pool.need >= 0.0,
            "a need entering purchase is finite and not negative"
        );
        pool.need = to_a_millionth(pool.need);
        let offers = self.offers(&pool, lead_days);
        let assignments = if offers.is_empty() {
            let short_units = pool.short_within(self.settings.risk_days);
            vec![Assignment { offer: 0, need: pool.need, short_units, why: None }]
        } else {
            source(&pool, &offers, self.as_of, self.settings)
        };
        pool.shortfall = Vec::new();
        let split = assignments.len() > 1;
        let mut lines = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let offer = offers.get(assignment.offer).copied();
            let mut line = self.line(pool.clone(), offer, assignment, split);
            if split {
                // Two lines share the room of one pool: each stays as it is, the second gets what the first leaves.
                line.rules = line.rules.within(Some(line.quantity));
                pool.room = pool.room.map(|room| room - line.quantity);
            }
            lines.push(line);
        }
        self.note_gaps(&lines, exceptions);
        lines
    }

    fn line(
        &self,
        mut pool: PoolNeed,
        offer: Option<Offer<'a>>,
        assignment: Assignment,
        split: bool,
    ) -> Line<'a> {
        let rules = offer.map_or(LotRules::FREE.within(pool.room), |o| o.rules(pool.room));
        let (quantity, binding) = rules.order_quantity(assignment.need);
        pool.steps.extend(lot_steps(&pool, &assignment, &rules, quantity, split));
        let mut notes: Vec<String> = assignment.why.into_iter().collect();
        if let Some(binding) = binding {
            notes.push(lot_note(assignment.need, &rules, quantity, binding));
        }
        let short_units = assignment.short_units;
        let mut line = Line {
            pool,
            offer,
            need: assignment.need,
            quantity,
            rules,
            short_units,
            binding,
            notes,
        };
        self.reach_for_break(&mut line);
        self.damp(&mut line);
        line
    }

    fn reach_for_break(&self, line: &mut Line) {
        let Some(offer) =
            line.offer.filter(|o| !o.prices.breaks.is_empty() && line.quantity > Units(0))
        else {
            return;
        };
        let ceiling = line.ceiling(self.settings.max_cover_days);
        let reach = |from: Units| line.rules.order_quantity(from.0 as f64).0;
        let lots: Vec<Units> = offer.prices.breaks.iter().map(|b| reach(b.from_quantity)).collect();
        let lots: Vec<Units> =
            lots.into_iter().filter(|&q| q > line.quantity && q <= ceiling).collect();
        let costs = LotCosts {
            annual_demand: line.pool.daily_demand * 365.0,
            order_cost: self.settings.order_cost,
            carrying_rate: self.settings.carrying_rate,
            charges: offer.charges,
        };
        if let Some((lot, saved)) = worthwhile_break(line.quantity, &lots, &offer.prices, &costs) {
            let price = offer.prices.at(lot);
            let note = format!(
                "raised from {} to {lot} for the price of {price}: saves {saved:.2} a year after carrying",
                line.quantity
            );
            line.change_to(lot, Binding::PriceBreak, note);
        }
    }

    fn damp(&self, line: &mut Line) {
        let Some(supplier) = line.offer.map(|o| o.supply.supplier) else { return };
        let Some(&(_, last)) = line.pool.previous.iter().find(|p| p.0 == supplier) else { return };
        let change = (line.quantity - last).0.abs() as f64;
        let small = last > Units(0)
            && line.quantity > Units(0)
            && change <= self.settings.damping * last.0 as f64;
        if small && last != line.quantity && line.rules.allows(last) {
            let percent = 100.0 * change / last.0 as f64;
            let note = format!(
                "the last run's {last} kept: {} differs by only {percent:.1} %",
                line.quantity
            );
            line.change_to(last, Binding::Damping, note);
        }
    }

    fn note_gaps(&self, lines: &[Line], exceptions: &mut Vec<Exception>) {
        for line in lines.iter().filter(|l| l.need > 0.0) {
            let mut note = |severity, kind, what: &str, why: &str| {
                let about = Subject::pool(self.names, line.pool.sku, line.pool.location);
                exceptions.push(Exception::new(severity, kind, about, what, why));
            };
            if line.offer.is_none() {
                let why = "the need is shown without supplier, minimum, pack or arrival";
                note(Severity::Warning, ExceptionKind::NoSupplier, "nobody to order from", why);
            }
            if line.price_at(line.quantity) <= Money::ZERO {
                let why = "neither supply nor products has a cost: value and budget count it as 0";
                note(Severity::Warning, ExceptionKind::NoPrice, "no price known", why);
            }
            if line.binding == Some(Binding::Impossible) {
                let why =
                    "no quantity satisfies minimum, pack and maximum together: nothing is ordered";
                note(
                    Severity::Error,
                    ExceptionKind::MinimumAboveMaximum,
                    "the supplier's rules contradict each other",
                    why,
                );
            }
        }
    }
}
