//! A planned pool on its way from the process that planned it to the one that settles all of them.
//!
//! Offers point into the supplier tables, which both have: only who delivers is written down.

use crate::allocate::shipments::Shipped;
use crate::domain::constraints::Binding;
use crate::domain::lot::LotRules;
use crate::domain::outcome::{
    Allocation, ChannelFinding, OpenOrderAdvice, PoolPicture, WEEKS, WeeklyNeed,
};
use crate::domain::units::{Money, SupplierId, Units};
use crate::inventory::PoolPlan;
use crate::inventory::projection::DatedStock;
use crate::network::guaranteed_service::HoldOrPass;
use crate::purchase::{ApprovedLine, Line, Market, Morning, PoolNeed, PoolStanding};
use crate::run::night::PlannedPool;
use serde::{Deserialize, Serialize};

/// See [`PlannedPool`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::run) struct KeptPool {
    plan: PoolPlan,
    lines: Vec<KeptLine>,
    shipped: Vec<Shipped>,
    gross_needs: Option<[WeeklyNeed; WEEKS]>,
    hold_or_pass: Option<HoldOrPass>,
    in_network: bool,
    allocation: Vec<Allocation>,
    findings: Vec<ChannelFinding>,
    advice: Vec<OpenOrderAdvice>,
    picture: PoolPicture,
    dated: DatedStock,
    available: Units,
    margin: Money,
    short_before_arrival: f64,
}

/// See [`Line`].
#[derive(Debug, Serialize, Deserialize)]
struct KeptLine {
    pool: PoolNeed,
    offered: Option<Offered>,
    need: f64,
    quantity: Units,
    beside: Units,
    rules: LotRules,
    short_units: f64,
    long_lot: Option<String>,
    binding: Option<Binding>,
    notes: Vec<String>,
    freight: Money,
    morning: KeptMorning,
}

/// See [`Morning`].
#[derive(Debug, Serialize, Deserialize)]
enum KeptMorning {
    Undecided,
    Approved { units: Units, value: Money, published: Box<KeptLine> },
    Beside(PoolStanding),
}

/// Which offer a line takes.
#[derive(Debug, Serialize, Deserialize)]
struct Offered {
    supplier: SupplierId,
    lead_days: f64,
}

impl From<PlannedPool<'_>> for KeptPool {
    fn from(pool: PlannedPool<'_>) -> Self {
        Self {
            plan: pool.plan,
            lines: pool.lines.into_iter().map(KeptLine::from).collect(),
            shipped: pool.shipped,
            gross_needs: pool.gross_needs,
            hold_or_pass: pool.hold_or_pass,
            in_network: pool.in_network,
            allocation: pool.allocation,
            findings: pool.findings,
            advice: pool.advice,
            picture: pool.picture,
            dated: pool.dated,
            available: pool.available,
            margin: pool.margin,
            short_before_arrival: pool.short_before_arrival,
        }
    }
}

impl From<Line<'_>> for KeptLine {
    fn from(line: Line<'_>) -> Self {
        Self {
            offered: line.offer.map(|offer| Offered {
                supplier: offer.supply.supplier,
                lead_days: offer.lead_days,
            }),
            pool: line.pool,
            need: line.need,
            quantity: line.quantity,
            beside: line.beside,
            rules: line.rules,
            short_units: line.short_units,
            long_lot: line.long_lot,
            binding: line.binding,
            notes: line.notes,
            freight: line.freight,
            morning: line.morning.into(),
        }
    }
}

impl From<Morning<'_>> for KeptMorning {
    fn from(morning: Morning<'_>) -> Self {
        match morning {
            Morning::Undecided => Self::Undecided,
            Morning::Approved(approved) => {
                let ApprovedLine { units, value, published } = *approved;
                Self::Approved { units, value, published: Box::new(published.into()) }
            }
            Morning::Beside(standing) => Self::Beside(standing),
        }
    }
}

impl KeptPool {
    /// The pool, its lines with the offers of `market`.
    pub(in crate::run) fn planned<'a>(self, market: &Market<'a>) -> PlannedPool<'a> {
        PlannedPool {
            plan: self.plan,
            lines: self.lines.into_iter().map(|line| line.proposed(market)).collect(),
            waiting: None,
            shipped: self.shipped,
            gross_needs: self.gross_needs,
            hold_or_pass: self.hold_or_pass,
            in_network: self.in_network,
            allocation: self.allocation,
            findings: self.findings,
            advice: self.advice,
            picture: self.picture,
            dated: self.dated,
            available: self.available,
            margin: self.margin,
            short_before_arrival: self.short_before_arrival,
        }
    }
}

impl KeptLine {
    fn proposed<'a>(self, market: &Market<'a>) -> Line<'a> {
        let offer = self.offered.map(|Offered { supplier, lead_days }| {
            let mut rows = market.supply_of(self.pool.sku, self.pool.location);
            let row = rows.find(|row| row.supplier == supplier);
            let offer = row.and_then(|row| market.offer(row, self.pool.unit_cost, lead_days));
            offer.expect("the offer that a line takes is in the supplier tables")
        });
        Line {
            pool: self.pool,
            offer,
            need: self.need,
            quantity: self.quantity,
            beside: self.beside,
            rules: self.rules,
            short_units: self.short_units,
            long_lot: self.long_lot,
            binding: self.binding,
            notes: self.notes,
            freight: self.freight,
            morning: self.morning.of(market),
        }
    }
}

impl KeptMorning {
    fn of<'a>(self, market: &Market<'a>) -> Morning<'a> {
        match self {
            Self::Undecided => Morning::Undecided,
            Self::Approved { units, value, published } => {
                let published = published.proposed(market);
                Morning::Approved(Box::new(ApprovedLine { units, value, published }))
            }
            Self::Beside(standing) => Morning::Beside(standing),
        }
    }
}
