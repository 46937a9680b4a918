//! Requirements by period: what each place will ask for and when, so that its source sees its gross
//! needs coming.
//!
//! A receipt is planned in whole lots for the first period that would end below the safety stock,
//! and released a lead time earlier. One that should have been released before today leaves late:
//! expedite. Source: Silver, Pyke & Thomas (2017), ch. 11 (distribution requirements planning).
//! Oracle: `network.md`, example 15. Units: units, periods.
//!
//! ```
//! use orderpoint::network::time_phased::{Phased, plan};
//!
//! let shop = Phased { on_hand: 45.0, safety_stock: 10.0, lot: 50.0, lead: 2 };
//! let planned = plan(&shop, &[20.0; 8], &[]);
//! assert_eq!(planned.releases, [50.0, 0.0, 50.0, 0.0, 50.0, 0.0, 0.0, 0.0]);
//! assert_eq!(planned.late, 1);
//! ```

/// A place whose receipts are planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phased {
    /// Units there now.
    pub on_hand: f64,
    /// Never end a period below.
    pub safety_stock: f64,
    /// Units of a receipt.
    pub lot: f64,
    /// Periods from release to receipt.
    pub lead: usize,
}

/// Its plan. `[periods]`
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Units that must come in a period.
    pub receipts: Vec<f64>,
    /// Units to release in it.
    pub releases: Vec<f64>,
    /// Units there at its end, if everything comes when it must.
    pub projected: Vec<f64>,
    /// Periods by which the first receipt leaves too late; 0 when all are in time.
    pub late: usize,
}

/// Plans receipts against `gross` needs of each period and what is `scheduled` to come anyway.
#[must_use]
pub fn plan(place: &Phased, gross: &[f64], scheduled: &[f64]) -> Planned {
    let periods = gross.len();
    let mut planned = Planned {
        receipts: vec![0.0; periods],
        releases: vec![0.0; periods],
        projected: Vec::with_capacity(periods),
        late: 0,
    };
    let mut stock = place.on_hand;
    for (t, need) in gross.iter().enumerate() {
        stock += scheduled.get(t).copied().unwrap_or(0.0) - need;
        if stock < place.safety_stock && place.lot > 0.0 {
            let lots = ((place.safety_stock - stock) / place.lot).ceil();
            planned.receipts[t] = lots * place.lot;
            stock += planned.receipts[t];
            // What should have been released in the past is released now, and told as late.
            planned.releases[t.saturating_sub(place.lead)] += planned.receipts[t];
            planned.late = planned.late.max(place.lead.saturating_sub(t));
        }
        planned.projected.push(stock);
    }
    planned
}

/// What a source must send: releases of all places it feeds. `[periods]`
#[must_use]
pub fn gross_needs(own: &[f64], places: &[Planned]) -> Vec<f64> {
    let mut gross = own.to_vec();
    for place in places {
        for (sum, units) in gross.iter_mut().zip(&place.releases) {
            *sum += units;
        }
    }
    gross
}
