//! What the tables of a night say about one pool, looked up once and handed on.

use crate::domain::inputs::{PoolOverrides, Product, PurchaseOrder, Stock, Supply};
use crate::domain::outcome::Classification;
use crate::domain::panel::Pool;
use crate::domain::sorted::rows_of;
use crate::domain::units::{SkuId, Units};
use crate::inventory::expiry::DatedLot;
use crate::inventory::lead_time::{self, Estimate};
use crate::inventory::{Arrival, PastDemand, PoolFacts, StockLevel, UnitEconomics, held, held_kit};
use crate::purchase::PreviousQuantity;
use crate::review::open_decisions::Pending;
use crate::run::partition::Night;
use crate::tables::LastLine;

/// The rows that concern one pool.
pub struct PoolRecords<'a> {
    pub pool: &'a Pool,
    pub product: &'a Product,
    pub class: &'a Classification,
    pub stock: Option<&'a Stock>,
    /// Units that can be promised: the stock table's, or of a kit what its components allow.
    pub available: Units,
    /// Who delivers it first.
    pub supply: Option<&'a Supply>,
    /// Its purchase orders, open and received.
    pub orders: &'a [PurchaseOrder],
    /// Approved and not placed yet.
    pub pending: &'a [Pending],
    /// The last run's lines.
    pub last_lines: &'a [LastLine],
    pub by_hand: PoolOverrides,
}

impl<'a> Night<'a> {
    /// Looks up pool `p` everywhere.
    pub fn records(&self, p: usize) -> PoolRecords<'a> {
        let inputs = self.inputs;
        let pool = &inputs.panel.pools()[p];
        let last_lines = self.last.map_or(&[][..], |last| &last.lines);
        PoolRecords {
            pool,
            product: &inputs.products[pool.sku.index()],
            class: &self.classes[p],
            stock: self.stock[p],
            available: self.available(pool),
            supply: self.market.supply_of(pool.sku, pool.location).next(),
            orders: inputs.purchase_orders.of(pool),
            pending: rows_of(&self.standing.pending, pool),
            last_lines: rows_of(last_lines, pool),
            by_hand: inputs.overrides_of(pool),
        }
    }

    /// What the policy reads of them.
    pub fn facts(&self, of: &PoolRecords<'a>, lead_time: &Estimate) -> PoolFacts {
        let as_of = self.market.as_of;
        let lots = self.inputs.lots.of(of.pool);
        let is_kit = self.kits.is_kit(of.pool.sku);
        let held =
            held_kit(is_kit).or_else(|| held(of.product, of.class.lifecycle, of.by_hand.approved));
        PoolFacts {
            sku: of.pool.sku,
            location: of.pool.location,
            as_of,
            past: PastDemand::of(
                &self.inputs.panel,
                of.pool,
                self.return_rates,
                of.class.velocity_per_day,
            ),
            lead_time: lead_time.lead_time,
            lead_time_source: lead_time.source.clone(),
            abc: of.class.abc,
            xyz: of.class.xyz,
            velocity: of.class.velocity,
            economics: UnitEconomics::of(of.product),
            stock: StockLevel::of(of.stock, of.available),
            arrivals: self.arrivals(of, lead_time),
            lots: lots.iter().map(|lot| DatedLot::of(lot, as_of)).collect(),
            min_stock: of.product.min_stock.map(Units::as_f64),
            max_stock: of.product.max_stock.map(Units::as_f64),
            by_hand: of.by_hand,
            held,
        }
    }

    /// The lead time to plan with: set by hand, of the first supplier, or the default.
    pub fn lead_time(&self, of: &PoolRecords<'a>) -> Estimate {
        match of.supply {
            Some(supply) => self.lead_times.estimate(supply, of.pool.location),
            None => lead_time::estimate(&[], &lead_time::ReceiptStatistics::default(), None),
        }
    }

    /// Mean days until an order to the supplier of `supply` arrives; what is set by hand is the
    /// first supplier's.
    pub fn lead_days(&self, of: &PoolRecords<'a>, supply: &Supply) -> f64 {
        let is_first = |first: &Supply| first.supplier == supply.supplier;
        match of.by_hand.lead_time.filter(|_| of.supply.is_some_and(is_first)) {
            Some(by_hand) => by_hand.mean_days(),
            None => self.lead_times.estimate(supply, of.pool.location).lead_time.mean_days(),
        }
    }

    /// The last run's quantities by supplier, not yet approved or placed.
    pub fn previous_quantities(of: &PoolRecords<'a>) -> Vec<PreviousQuantity> {
        let mut previous = Vec::new();
        for line in of.last_lines {
            if let Some(supplier) = line.supplier {
                previous.push(PreviousQuantity { supplier, quantity: line.quantity });
            }
        }
        previous
    }

    /// Open and approved orders, soonest first.
    fn arrivals(&self, of: &PoolRecords<'a>, lead_time: &Estimate) -> Vec<Arrival> {
        let as_of = self.market.as_of;
        let lead_days = lead_time.lead_time.mean_days();
        let late_days = self.lead_times.mean_late_days(of.orders);
        let open = of.orders.iter();
        let mut arrivals: Vec<Arrival> =
            open.filter_map(|order| Arrival::of(order, as_of, lead_days, late_days)).collect();
        for approved in of.pending {
            let Pending { quantity, expected, .. } = approved;
            arrivals.push(Arrival::approved(*quantity, *expected, as_of, lead_days));
        }
        // Stable: of two that arrive together the placed one stays first.
        arrivals.sort_by(|a, b| a.days.total_cmp(&b.days));
        arrivals
    }

    fn available(&self, pool: &Pool) -> Units {
        self.kits
            .available(pool.sku, |sku| self.stock[self.pool_of(sku, pool)?].map(Stock::available))
    }

    /// The pool of another item at the same location.
    pub fn pool_of(&self, sku: SkuId, pool: &Pool) -> Option<usize> {
        self.inputs.panel.position((sku, pool.location))
    }
}
