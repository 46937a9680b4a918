//! Everything suppliers offer on the day of the run, and the offers for one pool.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, Names, PriceBreak, Supplier, Supply};
use crate::domain::lot::LotRules;
use crate::domain::order_calendar::OrderCalendar;
use crate::domain::sorted::Sorted;
use crate::domain::units::{LocationId, Money, PoolId, SkuId, SupplierId, Units};
use crate::purchase::landed_cost::{Charges, convert, exchange_rate};
use crate::purchase::need::PoolNeed;
use crate::purchase::offer::Offer;
use crate::purchase::open_orders::OrderedTerms;
use crate::purchase::open_to_buy::Envelope;
use crate::purchase::prices::Prices;
use crate::purchase::settings::Settings;
use chrono::NaiveDate;
use std::collections::BTreeMap;

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
    /// What was approved on this very morning: the rest of an order goes with it.
    pub approved: &'a Approved,
    /// What is left to buy of categories and months.
    pub open_to_buy: &'a [Envelope],
}

/// Value of what was approved and not placed yet, by supplier and ship-to, reporting currency.
pub(crate) type Approved = BTreeMap<(SupplierId, LocationId), Money>;

/// Nothing was approved.
static NOTHING_APPROVED: Approved = BTreeMap::new();

/// What a supplier charges for an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms<'a> {
    /// Price by quantity.
    pub prices: Prices<'a>,
    /// What comes on top of the price.
    pub charges: Charges,
}

impl Terms<'_> {
    /// Landed cost of one unit in a line of `quantity`, at least one; `None` without a price.
    pub(crate) fn landed(&self, quantity: Units) -> Option<Money> {
        let price = self.prices.known_at(quantity.max(Units::LEAST))?;
        Some(self.charges.landed(price))
    }
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
            approved: &NOTHING_APPROVED,
            open_to_buy: &[],
        }
    }

    /// Suppliers that cannot be ordered from at all, and settings that name nobody, once a run.
    #[must_use]
    pub fn exceptions(&self) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        for (supplier, name) in self.suppliers.iter().zip(&self.names.suppliers) {
            if exchange_rate(&supplier.currency, self.settings).is_none() {
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::UnknownCurrency,
                    Subject::Supplier(name.clone()),
                    format!(
                        "currency {} is not in purchase.rates: \
                         nothing is ordered from this supplier",
                        supplier.currency
                    ),
                    format!(
                        "a price in an unknown currency cannot be compared: write `{0} = ...` \
                         under [purchase.rates], the {1} that 1 {0} is worth",
                        supplier.currency, self.settings.currency
                    ),
                ));
            }
            if OrderCalendar::of(supplier).next_order_day(self.as_of).is_none() {
                exceptions.push(Exception::new(
                    Severity::Error,
                    ExceptionKind::SupplierClosed,
                    Subject::Supplier(name.clone()),
                    "no order day within two years: nothing is ordered from this supplier",
                    "order weekdays and closures",
                ));
            }
        }
        for name in self.settings.containers.keys() {
            if self.names.find_supplier(name).is_none() {
                exceptions.push(Exception::new(
                    Severity::Warning,
                    ExceptionKind::UnknownSupplier,
                    Subject::Supplier(name.clone()),
                    "purchase.containers names a supplier that no table knows",
                    "its container is not used",
                ));
            }
        }
        exceptions
    }

    /// Supply rows of one pool, primary first: a row for the location replaces the supplier's row
    /// for everywhere.
    pub fn supply_of(&self, sku: SkuId, location: LocationId) -> impl Iterator<Item = &'a Supply> {
        let of_item: &'a [Supply] = self.supply.of(sku);
        let mut here: Vec<&Supply> = Vec::with_capacity(of_item.len());
        for row in of_item {
            let is_replaced =
                of_item.iter().any(|r| r.supplier == row.supplier && r.location == Some(location));
            if row.location == Some(location) || row.location.is_none() && !is_replaced {
                here.push(row);
            }
        }
        // By supplier within a role, so that the order of rows in the table does not show.
        here.sort_by_key(|s| (s.role, s.supplier));
        here.into_iter()
    }

    /// Offers for one pool in order of preference: role, the usual supplier first among its like,
    /// then landed cost, then supplier.
    /// `lead_days` is the lead time of a row.
    #[must_use]
    pub fn offers(&self, pool: &PoolNeed, lead_days: impl Fn(&Supply) -> f64) -> Vec<Offer<'a>> {
        let mut offers: Vec<Offer> = self
            .supply_of(pool.sku, pool.location)
            // What is fed by a lane is bought only where a row names the place itself.
            .filter(|supply| !pool.fed || supply.location.is_some())
            .filter_map(|supply| self.offer(supply, pool.unit_cost, lead_days(supply)))
            .collect();
        // Prices may break with quantity, so offers are compared at what is needed now.
        let quantity = Units::ceil(pool.need.max(1.0));
        offers.sort_by_key(|o| {
            let is_other = pool.usual != Some(o.supply.supplier);
            (o.supply.role, is_other, o.landed(quantity), o.supply.supplier)
        });
        offers
    }

    /// What `supply` offers today; `None` while its supplier cannot be ordered from at all.
    /// `unit_cost` stands in for a price.
    pub(crate) fn offer(
        &self,
        supply: &'a Supply,
        unit_cost: Option<Money>,
        lead_days: f64,
    ) -> Option<Offer<'a>> {
        let supplier = &self.suppliers[supply.supplier.index()];
        // `exceptions` has said once why such a supplier gets no order: not again for each of its
        // items.
        let calendar = OrderCalendar::of(supplier);
        let order_date = calendar.next_order_day(self.as_of)?;
        let Terms { prices, charges } = self.terms(supply, unit_cost)?;
        let arrival = calendar.arrival(order_date, lead_days);
        Some(Offer { supply, calendar, prices, charges, order_date, lead_days, arrival })
    }

    /// What `supplier` asks of a line of the pool; `None` where no row of supply says.
    #[must_use]
    pub fn ordered_terms(
        &self,
        pool: PoolId,
        supplier: SupplierId,
        unit_cost: Option<Money>,
    ) -> Option<OrderedTerms<'a>> {
        let row = self.supply_of(pool.sku, pool.location).find(|row| row.supplier == supplier)?;
        let prices = self.terms(row, unit_cost)?.prices;
        Some(OrderedTerms { rules: LotRules::of(row), prices })
    }

    /// Landed cost of one unit of the smallest line of `supply`; `None` where nothing tells a
    /// price.
    #[must_use]
    pub fn landed(&self, supply: &Supply, unit_cost: Option<Money>) -> Option<Money> {
        // At the smallest order, which is the price that an item costs if it is bought at all.
        self.terms(supply, unit_cost)?.landed(supply.minimum_order)
    }

    /// What a unit of `supply` costs, in the reporting currency; `None` without an exchange rate.
    /// `unit_cost` stands in for a price.
    pub(crate) fn terms(&self, supply: &Supply, unit_cost: Option<Money>) -> Option<Terms<'a>> {
        // Costs of all items are computed before any item is guarded by itself: a supplier that is
        // none costs its own items their offer, not the run.
        let supplier = self.suppliers.get(supply.supplier.index())?;
        let rate = exchange_rate(&supplier.currency, self.settings)?;
        // The row's own price is in the supplier's currency, the master data's in the reporting
        // one.
        let price = supply.unit_cost.map(|c| convert(c, rate)).or(unit_cost);
        Some(Terms {
            prices: Prices {
                base: price.unwrap_or(Money::ZERO),
                breaks: self.price_breaks.of((supply.sku, supply.supplier, supply.location)),
                rate,
            },
            charges: Charges {
                duty_rate: supply.duty_rate,
                fee_rate: self.settings.fee_rate,
                freight_per_unit: convert(supply.freight_per_unit, rate),
            },
        })
    }
}
