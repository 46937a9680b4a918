//! What a location charges for room and age: read from its tables once, for the night and its
//! replay alike.

use crate::domain::inputs::{Inputs, Product};
use crate::domain::lanes::FeeBasis;
use crate::domain::units::LocationId;
use crate::network::ageing::{AgeCharge, DAYS_OF_A_MONTH, Fees};

/// What a unit of `product` is charged at `location`.
pub(super) fn fees_at(inputs: &Inputs, product: &Product, location: LocationId) -> Fees {
    let volume = product.volume.unwrap_or(0.0);
    let storage = inputs.locations[location.index()].storage_fee.unwrap_or_default();
    let mut charges = Vec::new();
    for fee in inputs.ageing_fees.iter().filter(|fee| fee.location == location) {
        if fee.storage_type.is_empty() || fee.storage_type == product.storage_type {
            let of_unit = match fee.basis {
                FeeBasis::Unit => 1.0,
                // Without a volume nothing can be charged by it: the fee is left out, not guessed.
                FeeBasis::Volume => volume,
            };
            let fee_of_unit = fee.fee.as_f64() * of_unit;
            charges.push(AgeCharge { from_age_days: fee.from_age_days, fee: fee_of_unit });
        }
    }
    charges.sort_by(|a, b| a.from_age_days.total_cmp(&b.from_age_days));
    Fees { storage_a_day: storage.as_f64() * volume / DAYS_OF_A_MONTH, charges }
}
