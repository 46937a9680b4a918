//! What a replay measures, as sums that add up over pools and windows.

/// Sums over scored periods; the ratios are methods.
///
/// ```
/// use orderpoint::simulate::Totals;
///
/// // A year of ten a day, of which one in fifty met an empty shelf; a hundred lay on average.
/// let year = Totals {
///     periods: 365.0,
///     demand: 3_650.0,
///     lost: 73.0,
///     stock: 36_500.0,
///     stock_value: 73_000.0,
///     cost_of_goods: 7_154.0,
///     ..Totals::default()
/// };
/// assert_eq!(year.fill_rate(), Some(0.98));
/// assert_eq!(year.average_stock(), Some(100.0));
/// assert!((year.turns(1.0).unwrap() - 35.77).abs() < 1e-9);
/// assert_eq!(year.cycle_service(), None, "nothing was ordered");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Pool-periods scored.
    pub periods: f64,
    /// Units asked for.
    pub demand: f64,
    /// Units of demand that are an estimate because history was out of stock.
    pub estimated_demand: f64,
    /// Units not served from the shelf at once.
    pub lost: f64,
    /// Margin of the lost units, currency.
    pub lost_margin: f64,
    /// Sum of the stock counted each period, units.
    pub stock: f64,
    /// The same at unit cost, currency.
    pub stock_value: f64,
    /// Cost of the units served, currency.
    pub cost_of_goods: f64,
    /// Pool-periods that ended without stock or lost demand.
    pub stockouts: f64,
    /// Replenishment cycles that ended, by an arrival, in a scored period.
    pub cycles: f64,
    /// Those without unmet demand.
    pub served_cycles: f64,
    /// Orders placed.
    pub orders: f64,
    /// Units ordered.
    pub ordered: f64,
    /// Holding cost, currency.
    pub holding_cost: f64,
    /// Shortage cost, currency.
    pub shortage_cost: f64,
    /// Ordering cost, currency.
    pub order_cost: f64,
    /// Units thrown away because their shelf life was over.
    pub wasted: f64,
    /// The same at unit cost, currency.
    pub waste_cost: f64,
    /// What places charged for room and age, currency.
    pub fee_cost: f64,
    /// What larger lots have cost less than single units, landed, currency.
    pub saved_by_price: f64,
}

impl Totals {
    /// Adds `share` of another's sums.
    pub fn add(&mut self, other: &Self, share: f64) {
        for (to, from) in self.fields().into_iter().zip(other.clone_fields()) {
            *to += share * from;
        }
    }

    // The one list of all sums: adding and copying both read it, so that a field is in both or in
    // neither.
    fn fields(&mut self) -> [&mut f64; 20] {
        [
            &mut self.periods,
            &mut self.demand,
            &mut self.estimated_demand,
            &mut self.lost,
            &mut self.lost_margin,
            &mut self.stock,
            &mut self.stock_value,
            &mut self.cost_of_goods,
            &mut self.stockouts,
            &mut self.cycles,
            &mut self.served_cycles,
            &mut self.orders,
            &mut self.ordered,
            &mut self.holding_cost,
            &mut self.shortage_cost,
            &mut self.order_cost,
            &mut self.wasted,
            &mut self.waste_cost,
            &mut self.fee_cost,
            &mut self.saved_by_price,
        ]
    }

    fn clone_fields(mut self) -> [f64; 20] {
        self.fields().map(|f| *f)
    }

    /// Holding + shortage + ordering cost, fees and what was thrown away, less what larger lots
    /// have saved, currency.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.holding_cost + self.shortage_cost + self.order_cost + self.waste_cost + self.fee_cost
            - self.saved_by_price
    }

    /// Share of demand served from the shelf; `None` without demand.
    #[must_use]
    pub fn fill_rate(&self) -> Option<f64> {
        (self.demand > 0.0).then(|| 1.0 - self.lost / self.demand)
    }

    /// Share of replenishment cycles without unmet demand; `None` without a cycle.
    #[must_use]
    pub fn cycle_service(&self) -> Option<f64> {
        (self.cycles > 0.0).then(|| self.served_cycles / self.cycles)
    }

    /// Mean stock of one pool, units; `None` without a period.
    #[must_use]
    pub fn average_stock(&self) -> Option<f64> {
        (self.periods > 0.0).then(|| self.stock / self.periods)
    }

    /// Times a year the stock's value is sold at cost; `None` without stock.
    #[must_use]
    pub fn turns(&self, period_days: f64) -> Option<f64> {
        (self.stock_value > 0.0)
            .then(|| self.cost_of_goods / self.stock_value * 365.0 / period_days)
    }

    /// Share of demand that is an estimate; `None` without demand.
    #[must_use]
    pub fn estimated_share(&self) -> Option<f64> {
        (self.demand > 0.0).then(|| self.estimated_demand / self.demand)
    }
}
