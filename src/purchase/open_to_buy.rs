//! Open to buy: how much of a category may still be bought for a month.
//!
//! A retail budget is spent where goods arrive: what of a category is received in a month, at
//! landed cost, stays within an amount. What is on order for that month counts, approvals that
//! nobody has placed among it:
//!
//! ```text
//! open to buy = amount - on order for the month
//! ```
//!
//! (Levy, Weitz & Grewal 2019, *Retailing Management*, 10th ed., ch. 12.) The rule that spends it
//! is `rules::budget`.

use crate::domain::inputs::is_in_category;
use crate::domain::units::{Money, SkuId};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of `[purchase.open_to_buy]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenToBuy {
    /// The category, with those below it; everything without one.
    #[serde(default)]
    pub category: Option<String>,
    /// `2026-03`: what arrives in it; whenever it arrives without one.
    #[serde(default)]
    pub month: Option<String>,
    /// Most to receive, reporting currency, landed.
    pub amount: f64,
}

impl OpenToBuy {
    /// What is wrong with the line called `name`.
    #[must_use]
    pub fn problem(&self, name: &str) -> Option<String> {
        if !self.amount.is_finite() || self.amount < 0.0 {
            let amount = self.amount;
            return Some(format!(
                "purchase.open_to_buy.{name}.amount = {amount}: expected 0 or more"
            ));
        }
        let text = self.month.as_deref()?;
        first_of(text).is_none().then(|| {
            format!("purchase.open_to_buy.{name}.month = {text:?}: expected a month as \"2026-03\"")
        })
    }
}

/// The first day of a month written `2026-03`.
fn first_of(month: &str) -> Option<NaiveDate> {
    format!("{month}-01").parse().ok()
}

/// Goods that are on their way already.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Commitment {
    /// The item.
    pub sku: SkuId,
    /// When they come.
    pub arrives: NaiveDate,
    /// What they cost, landed.
    pub value: Money,
}

/// What is left of one line of `[purchase.open_to_buy]` on the morning of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// As a buyer reads it: `Toys in 2026-03`.
    pub name: String,
    /// The amount less what is on order; below zero, overspent.
    pub left: Money,
    /// Of that amount.
    pub on_order: Money,
    month: Option<NaiveDate>,
    /// By item.
    members: Vec<bool>,
}

impl Envelope {
    /// Whether goods of the item that come on `arrives` are paid from it.
    #[must_use]
    pub fn pays_for(&self, sku: SkuId, arrives: NaiveDate) -> bool {
        let in_month =
            self.month.is_none_or(|m| (m.year(), m.month()) == (arrives.year(), arrives.month()));
        in_month && self.members.get(sku.index()).copied().unwrap_or(false)
    }
}

/// What is left of every line of `settings`, by name; `categories` are those of the items.
///
/// ```
/// use orderpoint::domain::units::{Money, SkuId};
/// use orderpoint::purchase::open_to_buy::{Commitment, OpenToBuy, envelopes};
///
/// let month = Some("2026-03".to_owned());
/// let toys = OpenToBuy { category: Some("Toys".to_owned()), month, amount: 5000.0 };
/// let settings = [("toys".to_owned(), toys)].into();
/// let on_order = Commitment {
///     sku: SkuId(1),
///     arrives: "2026-03-20".parse().unwrap(),
///     value: Money::from_f64(1200.0),
/// };
/// let open = envelopes(&settings, &["Garden", "Toys > Wood"], &[on_order]);
/// assert_eq!(open[0].left, Money::from_f64(3800.0));
/// assert!(!open[0].pays_for(SkuId(1), "2026-04-01".parse().unwrap()));
/// ```
#[must_use]
pub fn envelopes(
    settings: &BTreeMap<String, OpenToBuy>,
    categories: &[&str],
    on_order: &[Commitment],
) -> Vec<Envelope> {
    let mut envelopes = Vec::with_capacity(settings.len());
    for line in settings.values() {
        let of = line.category.as_deref().unwrap_or("all");
        let mut envelope = Envelope {
            name: match &line.month {
                Some(month) => format!("{of} in {month}"),
                None => of.to_owned(),
            },
            left: Money::from_f64(line.amount),
            on_order: Money::ZERO,
            month: line.month.as_deref().and_then(first_of),
            members: categories
                .iter()
                .map(|category| {
                    line.category.as_deref().is_none_or(|of| is_in_category(category, of))
                })
                .collect(),
        };
        for goods in on_order {
            if envelope.pays_for(goods.sku, goods.arrives) {
                envelope.on_order += goods.value;
            }
        }
        envelope.left -= envelope.on_order;
        envelopes.push(envelope);
    }
    envelopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_holds_those_below_it_and_no_namesake() {
        assert!(is_in_category("Toys > Wood", "Toys") && is_in_category("Toys", "Toys"));
        assert!(!is_in_category("Toyshop", "Toys") && !is_in_category("Home > Toys", "Toys"));
        assert!(is_in_category("Home > Toys > Wood", "Home>Toys"));
    }

    #[test]
    fn a_month_is_a_month() {
        let line =
            |month: &str| OpenToBuy { category: None, month: Some(month.to_owned()), amount: 1.0 };
        assert_eq!(line("2026-03").problem("x"), None);
        assert!(line("March").problem("x").unwrap().contains("expected a month as"));
    }
}
