//! Lead time of one supply line: what the receipts say, shrunk towards what the supplier does
//! elsewhere and has promised.
//!
//! A mean over three receipts is worth little: it counts as three observations beside a prior of
//! [`PRIOR_RECEIPTS`], `n / (n + k)` of the way from the prior to the mean, as in credibility
//! theory (Bühlmann 1967). The prior is the supplier's own record where it has one, the promised
//! lead time otherwise. Calendar days throughout.
//!
//! ```
//! use orderpoint::inventory::lead_time::{Receipt, ReceiptStatistics, estimate};
//!
//! // One receipt of 30 days beside the default of 14: a fifth of the way.
//! let receipts = [Receipt { days: 30.0, late_days: 0.0 }];
//! let lead_time = estimate(&receipts, &ReceiptStatistics::default(), None).lead_time;
//! assert!((lead_time.mean_days() - (0.2 * 30.0 + 0.8 * 14.0)).abs() < 1e-12);
//! ```

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{PurchaseOrder, Supply};
use crate::domain::lanes::Lane;
use crate::domain::shown::counted;
use crate::domain::units::LeadTime;

/// Receipts that the prior is worth: with as many, a line's own record counts half.
pub const PRIOR_RECEIPTS: f64 = 4.0;
/// Latest receipts that are compared with the earlier ones for drift: with two, one late ship would
/// be a drift.
pub const DRIFT_RECEIPTS: usize = 3;
/// Lead time without any information, calendar days: two weeks, so that an item without a supplier
/// is planned at all; said in the policy table.
pub const DEFAULT_DAYS: f64 = 14.0;
/// Standard deviation of a lead time that nobody has measured, as a share of its mean.
pub const DEFAULT_VARIATION: f64 = 0.2;

/// One delivery: days from confirmation to receipt, and whether it came after the expected date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receipt {
    /// Calendar days from confirmation to receipt.
    pub days: f64,
    /// Days behind the expected date; 0 when early, on time or nothing was promised.
    pub late_days: f64,
}

impl Receipt {
    /// The receipt of a purchase-order line; `None` while it is open, undated, or received before
    /// it was confirmed.
    #[must_use]
    pub fn of(order: &PurchaseOrder) -> Option<Self> {
        // What another location sends is on its way from the day it leaves.
        let departed = order.shipment.and_then(|shipment| shipment.shipped);
        let confirmed = departed.or(order.confirmed)?;
        let received = order.received?;
        let days = (received - confirmed).num_days();
        let late = order.expected.map_or(0, |expected| (received - expected).num_days().max(0));
        (days >= 0).then_some(Self { days: days as f64, late_days: late as f64 })
    }
}

/// Statistics of receipts, in order of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReceiptStatistics {
    /// How many.
    pub count: usize,
    /// Mean, calendar days.
    pub mean: f64,
    /// Sample standard deviation, calendar days; 0 for fewer than two.
    pub sd: f64,
    /// Longest, calendar days.
    pub max: f64,
    /// Share that came after the expected date, 0..=1.
    pub late_share: f64,
    /// Mean days late over all of them.
    pub mean_late: f64,
}

impl ReceiptStatistics {
    /// Of `receipts`; all zero when empty.
    #[must_use]
    pub fn of(receipts: &[Receipt]) -> Self {
        let count = receipts.len();
        if count == 0 {
            return Self::default();
        }
        let n = count as f64;
        let mean = receipts.iter().map(|r| r.days).sum::<f64>() / n;
        let squares: f64 = receipts.iter().map(|r| (r.days - mean).powi(2)).sum();
        Self {
            count,
            mean,
            sd: if count > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 },
            max: receipts.iter().map(|r| r.days).fold(0.0, f64::max),
            late_share: receipts.iter().filter(|r| r.late_days > 0.0).count() as f64 / n,
            mean_late: receipts.iter().map(|r| r.late_days).sum::<f64>() / n,
        }
    }
}

/// The lead time moved: the latest receipts against the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Mean of the earlier receipts, calendar days.
    pub before: f64,
    /// Mean of the latest ones, calendar days.
    pub now: f64,
}

impl Drift {
    /// What a buyer is told of it.
    #[must_use]
    pub fn exception(&self, about: Subject) -> Exception {
        // A day's move is worth a note, not a look.
        let clear = (self.now - self.before).abs() >= (0.25 * self.before).max(3.0);
        let severity = if clear { Severity::Warning } else { Severity::Info };
        let what = format!("lead time moved from {:.0} to {:.0} days", self.before, self.now);
        let why = "the latest receipts count; the longest lead time was raised with them";
        Exception::new(severity, ExceptionKind::LeadTimeDrift, about, what, why)
    }
}

/// What a buyer is told of an item that the supply table does not name.
#[must_use]
pub fn no_supply(about: Subject) -> Exception {
    let why = "the default lead time is used and nobody can be ordered from";
    Exception::new(Severity::Warning, ExceptionKind::NoSupply, about, "no supply row", why)
}

/// The lead time to plan with, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// What the policy uses.
    pub lead_time: LeadTime,
    /// `5 receipts (mean 9.2 d, 20 % late) with the supplier's 40`, for the policy table.
    pub source: String,
    /// Statistics of the line's own receipts.
    pub receipts: ReceiptStatistics,
    /// Set when the latest receipts took clearly longer or shorter. The maximum follows them,
    /// because with max-average safety stock the mean alone moves nothing.
    pub drift: Option<Drift>,
}

/// A lead time, and where it comes from in words.
struct Sourced {
    lead_time: LeadTime,
    source: String,
}

// Receipts from which the longest of them stands alone: a shorter record does not overrule the
// longest that was promised.
const LONG_RECORD: usize = 10;

/// Master data of a supply line as a lead time; `None` for negative values.
fn of_master_data(supply: &Supply) -> Option<LeadTime> {
    let mean = supply.lead_time_days;
    let sd = supply.lead_time_sd_days.unwrap_or(DEFAULT_VARIATION * mean);
    let max = supply.lead_time_max_days.unwrap_or(mean + 2.0 * sd).max(mean);
    LeadTime::new(mean, sd, max)
}

/// The lead time of an item that nothing is known about: [`DEFAULT_DAYS`].
#[must_use]
pub fn default() -> LeadTime {
    let sd = DEFAULT_VARIATION * DEFAULT_DAYS;
    LeadTime::new(DEFAULT_DAYS, sd, DEFAULT_DAYS + 2.0 * sd).expect("the defaults are positive")
}

/// Combines the line's own receipts, the supplier's over all items, and the promise.
///
/// - `own`: receipts of this item from this supplier (to this location where known), oldest first.
/// - `supplier`: statistics of all receipts of the supplier.
#[must_use]
pub fn estimate(
    own: &[Receipt],
    supplier: &ReceiptStatistics,
    supply: Option<&Supply>,
) -> Estimate {
    let promise = match supply.and_then(of_master_data) {
        Some(lead_time) => Sourced { lead_time, source: "master data".into() },
        None => Sourced { lead_time: default(), source: "default, no lead time given".into() },
    };
    weigh(own, shrink(supplier, promise, "the supplier's "))
}

/// The lead time of a lane: what it states, the receipts of all that it carried, and those of this
/// item.
///
/// The seller's own timetable does not vary until somebody says so or receipts show it: a spread
/// that is only assumed would put days of stock into every shop.
#[must_use]
pub fn of_lane(own: &[Receipt], all: &ReceiptStatistics, lane: &Lane) -> Estimate {
    let mean = lane.lead_time_days;
    let sd = lane.lead_time_sd_days.unwrap_or(0.0);
    let max = lane.lead_time_max_days.unwrap_or(mean + 2.0 * sd).max(mean);
    let lead_time = LeadTime::new(mean, sd, max).unwrap_or_else(default);
    weigh(own, shrink(all, Sourced { lead_time, source: "the lane".into() }, "the lane's "))
}

fn weigh(own: &[Receipt], prior: Sourced) -> Estimate {
    let receipts = ReceiptStatistics::of(own);
    let Sourced { mut lead_time, mut source } = shrink(&receipts, prior, "");
    let drift = drift(own);
    if let Some(Drift { now, .. }) = drift {
        // With max-average safety stock the mean alone moves nothing: the maximum follows the
        // drift.
        let mean = now;
        let sd = lead_time.sd_days();
        let max = lead_time.max_days().max(now + 2.0 * sd).max(mean);
        lead_time = LeadTime::new(mean, sd, max).unwrap_or(lead_time);
        source.push_str(&format!("; drifted, the latest {DRIFT_RECEIPTS} count"));
    }
    Estimate { lead_time, source, receipts, drift }
}

/// Weighs measured receipts against a prior worth [`PRIOR_RECEIPTS`] of them; the maximum is the
/// larger one as soon as it was seen. Variances shrink like the means, with a degree of freedom
/// less.
fn shrink(seen: &ReceiptStatistics, prior: Sourced, whose: &str) -> Sourced {
    if seen.count == 0 {
        return prior;
    }
    let n = seen.count as f64;
    let weight = n / (n + PRIOR_RECEIPTS);
    let expected = prior.lead_time;
    let mean = weight * seen.mean + (1.0 - weight) * expected.mean_days();
    let weight = (n - 1.0) / (n - 1.0 + PRIOR_RECEIPTS);
    let variance = weight * seen.sd.powi(2) + (1.0 - weight) * expected.sd_days().powi(2);
    let longest =
        if seen.count >= LONG_RECORD { seen.max } else { seen.max.max(expected.max_days()) };
    let lead_time = LeadTime::new(mean, variance.sqrt(), longest.max(mean)).unwrap_or(expected);
    let late = 100.0 * seen.late_share;
    let source = format!(
        "{whose}{} (mean {:.1} d, {late:.0} % late) with {}",
        counted(seen.count as u64, "receipt", "receipts"),
        seen.mean,
        prior.source
    );
    Sourced { lead_time, source }
}

/// Compares the latest receipts with all before: a shift of more than two standard errors, and of a
/// fifth of the mean, below which a buyer would not reschedule anything.
fn drift(own: &[Receipt]) -> Option<Drift> {
    let earlier = own.len().checked_sub(DRIFT_RECEIPTS).filter(|&n| n >= DRIFT_RECEIPTS)?;
    let before = ReceiptStatistics::of(&own[..earlier]);
    let now = ReceiptStatistics::of(&own[earlier..]);
    // A record without any spread is a record in whole days: half a day of it is rounding.
    let error = before.sd.max(0.5) / (DRIFT_RECEIPTS as f64).sqrt();
    let shift = (now.mean - before.mean).abs();
    let clear = shift > 2.0 * error && shift > 0.2 * before.mean;
    clear.then_some(Drift { before: before.mean, now: now.mean })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipts(days: &[f64]) -> Vec<Receipt> {
        days.iter().map(|&days| Receipt { days, late_days: (days - 7.0).max(0.0) }).collect()
    }

    fn none() -> ReceiptStatistics {
        ReceiptStatistics::default()
    }

    #[test]
    fn a10_lead_time_statistics() {
        let seen = ReceiptStatistics::of(&receipts(&[7.0, 7.0, 14.0, 21.0]));
        assert_eq!((seen.mean, seen.max, seen.late_share), (12.25, 21.0, 0.5));
        assert!((seen.sd - 6.701_989_754_294_362).abs() < 1e-12);
    }

    #[test]
    fn a10_lead_time_drift_raises_mean_and_maximum() {
        let steady = estimate(&receipts(&[7.0; 9]), &none(), None);
        assert_eq!(steady.drift, None);
        let drifted =
            estimate(&receipts(&[7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 21.0, 21.0, 21.0]), &none(), None);
        assert_eq!(drifted.drift, Some(Drift { before: 7.0, now: 21.0 }));
        assert_eq!(drifted.lead_time.mean_days(), 21.0);
        assert!(drifted.lead_time.max_days() > steady.lead_time.max_days());
    }

    #[test]
    fn few_receipts_count_little_and_many_count_fully() {
        let few = estimate(&receipts(&[30.0]), &none(), None).lead_time.mean_days();
        let many = estimate(&receipts(&[30.0; 100]), &none(), None).lead_time.mean_days();
        assert!((few - (0.2 * 30.0 + 0.8 * 14.0)).abs() < 1e-12 && (many - 30.0).abs() < 1.0);
        let supplier = ReceiptStatistics::of(&receipts(&[28.0; 50]));
        assert!(estimate(&receipts(&[30.0]), &supplier, None).lead_time.mean_days() > 26.0);
    }

    #[test]
    fn a_receipt_before_its_confirmation_is_no_receipt() {
        let order = |confirmed: &str, received: &str| PurchaseOrder {
            order_id: "1".into(),
            sku: crate::domain::units::SkuId(0),
            supplier: None,
            location: crate::domain::units::LocationId(0),
            quantity: crate::domain::units::Units(1),
            confirmed: confirmed.parse().ok(),
            expected: None,
            received: received.parse().ok(),
            received_quantity: None,
            shipment: None,
        };
        assert_eq!(Receipt::of(&order("2024-05-02", "2024-05-01")), None);
        assert_eq!(Receipt::of(&order("2024-05-01", "2024-05-08")).unwrap().days, 7.0);
        assert_eq!(Receipt::of(&order("", "2024-05-08")), None);
    }
}
