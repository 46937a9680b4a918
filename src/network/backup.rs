//! When the usual source cannot help in time: who else sends, and is it worth it?
//!
//! A place below its reorder point that its own source leaves short, or that runs dry before its
//! supplier delivers, may be fed by a secondary or backup lane. The other source gives what it and
//! all that it feeds can spare until its own next stock comes, and the move is made where the extra
//! cost is below the margin that it saves, the rule by which suppliers are switched:
//!
//! ```text
//! extra cost a unit x units + cost of the line
//!     < margin x (short before the usual - short before this)
//! ```
//!
//! Units: units, currency. Source: the switch rule of `purchase::sourcing`.
//!
//! ```
//! use orderpoint::network::backup::{Bridge, bridge};
//!
//! // Nine would be lost before the usual source delivers; two units dearer a piece, it still pays.
//! let dry = Bridge {
//!     wanted: 10.0,
//!     spare: 40.0,
//!     saved: 9.0,
//!     margin: 5.0,
//!     extra_cost: 2.0,
//!     line_cost: 1.0,
//!     pack: 6.0,
//!     minimum: 0.0,
//!     maximum: None,
//! };
//! assert_eq!(bridge(&dry).sent, 12.0);
//! assert_eq!(bridge(&Bridge { spare: 11.0, ..dry }).sent, 6.0);
//! assert_eq!(bridge(&Bridge { margin: 1.0, ..dry }).sent, 0.0);
//! ```

use crate::explain::{Explanation, Step, Unit};
use crate::network::night::whole_packs;
use crate::network::share::packs;

/// One place, and another source than its usual one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bridge {
    /// Units it is short of up to its level, when its usual source has sent what it sends.
    pub wanted: f64,
    /// Units that the other source can spare.
    pub spare: f64,
    /// Expected units that would be lost before the usual source's next stock comes, and are not
    /// when this one sends.
    pub saved: f64,
    /// Lost with a unit not sold.
    pub margin: f64,
    /// What a unit costs more than from the usual source, landed.
    pub extra_cost: f64,
    /// Cost of the line.
    pub line_cost: f64,
    /// Units of a pack.
    pub pack: f64,
    /// Least units of a line.
    pub minimum: f64,
    /// Most units of a line.
    pub maximum: Option<f64>,
}

/// What the other source sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Bridged {
    /// Asked of it, whole packs.
    pub asked: f64,
    /// Leaves today.
    pub sent: f64,
    /// Extra cost of what is sent, currency.
    pub cost: f64,
    /// Margin that it saves, currency.
    pub saved: f64,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

/// Whole packs of what is wanted, as far as they can be spared and pay.
#[must_use]
pub fn bridge(of: &Bridge) -> Bridged {
    let mut explain = Explanation::recorded();
    let Bridge { wanted, spare, margin, extra_cost, line_cost, pack, .. } = *of;
    let least = packs(of.minimum, pack);
    // Below its least line the other source sends nothing: the minimum is asked for at once.
    let asked = packs(wanted, pack).max(least);
    let inputs = [("wanted", wanted), ("pack", pack), ("minimum", least)];
    // What rounding noise adds to the quotient must not cost a pack.
    let formula = "max(ceil(wanted / pack - 0.000000001) * pack, minimum)";
    explain.step("asked", formula, Unit::Units, inputs, asked);
    explain.note(|| "what the usual source leaves it short of".to_owned());
    // The spare is what the other source can do without: its own places are not left short for
    // this.
    let most = of.maximum.unwrap_or(f64::INFINITY).min(spare);
    let mut sent = asked.min(whole_packs(most.min(asked), pack));
    explain.step("sent", "min(asked, spared)", Unit::Units, [("spared", sent)], sent);
    explain.note(|| "what the other source can spare until its own next stock comes".to_owned());
    // A minimum above what is needed saves no more than what is short.
    let cost = extra_cost.max(0.0) * sent + line_cost;
    let saved = margin.max(0.0) * of.saved.min(sent);
    if sent < of.minimum || cost >= saved {
        let inputs = [("extra_cost", cost), ("saved", saved)];
        sent = 0.0;
        explain.step("sent", "0", Unit::Units, inputs, 0.0);
        explain.note(|| "less than the least line, or it costs more than it saves".to_owned());
    }
    Bridged { asked, sent, cost, saved, steps: explain.into_steps() }
}
