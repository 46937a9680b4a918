//! Deliveries that overtake each other: what varies is how many are under way, not how long one of
//! them takes.
//!
//! Where orders follow each other faster than their lead times vary, one that was placed later may
//! come earlier, and a late one is made up for by the next: the spread of what is under way is
//! smaller than that of a lead time. A supplier who ships in sequence makes the later order wait
//! for the earlier one; there the spread of the lead time is right. Receipts show which.
//!
//! Source: Robinson, Bradley & Thomas (2001), *Consequences of order crossover under order-up-to
//! inventory policies*; Bradley & Robinson (2005), who show that the lead time's spread buys too
//! much. Units: days, days².

use crate::domain::units::LeadTime;
use crate::math::elementary::gamma_below;

// Receipts from which their spread is taken as it is, and not as a gamma of their moments.
const ENOUGH_RECEIPTS: usize = 10;
// Of two orders in a row that might have overtaken each other, the share from which they do: one
// lost parcel among twenty is no habit.
const OVERTAKING_SHARE: f64 = 0.1;
// Reviews ahead that a purchase may be late by before it counts as lost.
const MOST_REVIEWS: usize = 200;

/// In which order a supplier's deliveries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Succession {
    /// Too few receipts, or orders too far apart for one to overtake another.
    #[default]
    Unknown,
    /// Later ones wait for earlier ones.
    InSequence,
    /// Each takes its own time.
    Overtaking,
}

/// The deliveries of one supply line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Deliveries {
    /// Days that each took.
    pub days: Vec<f64>,
    /// In which order they came.
    pub succession: Succession,
}

/// One delivery: the days, on any axis, on which it was placed and came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// Placed.
    pub placed: f64,
    /// Received.
    pub received: f64,
}

impl Deliveries {
    /// What `deliveries` of one line show, in any order.
    ///
    /// ```
    /// use orderpoint::inventory::crossover::{Deliveries, Delivery, Succession};
    ///
    /// // Weekly orders that take 20 and 40 days by turns: every other one is overtaken.
    /// let by_turns = |n: usize, short: f64, long: f64| -> Vec<Delivery> {
    ///     let one = |i: usize| {
    ///         let placed = 7.0 * i as f64;
    ///         let days = if i.is_multiple_of(2) { long } else { short };
    ///         Delivery { placed, received: placed + days }
    ///     };
    ///     (0..n).map(one).collect()
    /// };
    /// let of = |deliveries: &[Delivery]| Deliveries::of(deliveries).succession;
    /// assert_eq!(of(&by_turns(20, 20.0, 40.0)), Succession::Overtaking);
    /// // Six days apart, no later one can come earlier; and four receipts say nothing.
    /// assert_eq!(of(&by_turns(20, 27.0, 33.0)), Succession::Unknown);
    /// assert_eq!(of(&by_turns(4, 20.0, 40.0)), Succession::Unknown);
    /// ```
    #[must_use]
    pub fn of(deliveries: &[Delivery]) -> Self {
        let days: Vec<f64> = deliveries.iter().map(|d| d.received - d.placed).collect();
        if days.len() < ENOUGH_RECEIPTS {
            return Self { days, succession: Succession::Unknown };
        }
        let mut by_order = deliveries.to_vec();
        by_order
            .sort_by(|a, b| a.placed.total_cmp(&b.placed).then(a.received.total_cmp(&b.received)));
        // An order that comes in two parts is one.
        by_order.dedup_by_key(|delivery| delivery.placed);
        let spread = sd(&days);
        let mut might = 0;
        let mut did = 0;
        for pair in by_order.windows(2) {
            // Closer together than lead times vary: on its own each would overtake the one before
            // it once in four times.
            if pair[1].placed - pair[0].placed <= spread {
                might += 1;
                did += usize::from(pair[1].received < pair[0].received);
            }
        }
        let overtook = did as f64;
        let succession = if might < ENOUGH_RECEIPTS - 1 {
            Succession::Unknown
        } else if overtook >= OVERTAKING_SHARE * might as f64 {
            Succession::Overtaking
        } else {
            Succession::InSequence
        };
        Self { days, succession }
    }

    /// Variance of how much is under way, days², when orders follow each other every `review_days`
    /// and nothing says that they come in sequence: of the receipts where there are enough of them,
    /// else of the lead time as a gamma.
    #[must_use]
    pub fn under_way(&self, lead_time: LeadTime, review_days: f64) -> f64 {
        match self.succession {
            Succession::InSequence => lead_time.sd_days().powi(2),
            Succession::Unknown | Succession::Overtaking if self.days.len() >= ENOUGH_RECEIPTS => {
                crossing(&self.days, review_days)
            }
            Succession::Unknown | Succession::Overtaking => {
                crossing_of(lead_time.mean_days(), lead_time.sd_days(), review_days)
            }
        }
    }

    /// The same where receipts show that orders every `review_days` overtake each other and that
    /// this counts; `None` where the spread of the lead time is right.
    #[must_use]
    pub fn overtaking(&self, lead_time: LeadTime, review_days: f64) -> Option<f64> {
        match self.succession {
            Succession::Unknown | Succession::InSequence => None,
            Succession::Overtaking => {
                let spread = sd(&self.days);
                let variance = crossing(&self.days, review_days);
                // Orders further apart than that do not overtake each other.
                let may = review_days > 0.0 && review_days <= spread;
                let of_one = lead_time.sd_days().powi(2);
                (may && variance < of_one).then_some(variance)
            }
        }
    }
}

/// Sample standard deviation.
fn sd(days: &[f64]) -> f64 {
    let n = days.len() as f64;
    let mean = days.iter().sum::<f64>() / n;
    let squares: f64 = days.iter().map(|d| (d - mean).powi(2)).sum();
    if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 }
}

/// Variance of how much is under way, days², when a purchase is placed every `review_days` and
/// each takes one of `lead_times`, whichever was placed first. `[R² Σ p_k (1 - p_k)]`
///
/// `p_k` is the share of lead times above `k` reviews: the chance that the purchase of `k` reviews
/// ago has not come.
///
/// ```
/// use orderpoint::inventory::crossover::crossing;
///
/// // Half come within a review, half within two: the last but one is under way or is not.
/// assert_eq!(crossing(&[6.0, 13.0], 7.0), 49.0 * 0.25);
/// assert_eq!(crossing(&[30.0], 7.0), 0.0);
/// ```
#[must_use]
pub fn crossing(lead_times: &[f64], review_days: f64) -> f64 {
    if lead_times.is_empty() || review_days <= 0.0 {
        return 0.0;
    }
    let late = |k: usize| {
        let after = k as f64 * review_days;
        lead_times.iter().filter(|&&days| days > after).count() as f64 / lead_times.len() as f64
    };
    spread_under_way(late, review_days)
}

/// The same where only mean and standard deviation of the lead time are known: as a gamma.
#[must_use]
pub fn crossing_of(lead_days: f64, lead_sd_days: f64, review_days: f64) -> f64 {
    if lead_days <= 0.0 || lead_sd_days <= 0.0 || review_days <= 0.0 {
        return 0.0;
    }
    let shape = (lead_days / lead_sd_days).powi(2);
    let scale = lead_sd_days * lead_sd_days / lead_days;
    let late = |k: usize| match k {
        0 => 1.0,
        // A gamma of the two moments: lead times are positive and lean to the right.
        k => 1.0 - gamma_below(shape, k as f64 * review_days / scale),
    };
    spread_under_way(late, review_days)
}

fn spread_under_way(late: impl Fn(usize) -> f64, review_days: f64) -> f64 {
    let mut sum = 0.0;
    for k in 0..MOST_REVIEWS {
        let p = late(k);
        if p <= 0.0 {
            break;
        }
        // Each purchase is under way or not: a coin toss of that probability, apart from the
        // others.
        sum += p * (1.0 - p);
    }
    review_days * review_days * sum
}
