//! What a location charges for room and age: read from its tables once, for the night and its
//! replay alike.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{Inputs, Product};
use crate::domain::lanes::FeeBasis;
use crate::domain::shown::number_of;
use crate::domain::units::LocationId;
use crate::network::ageing::{AgeCharge, DAYS_OF_A_MONTH, Fees};

/// What is told of items whose volume is not known where fees are charged by it.
pub(super) fn without_volume(inputs: &Inputs) -> Vec<Exception> {
    let mut told = Vec::new();
    for (index, location) in inputs.locations.iter().enumerate() {
        let at = LocationId(index as u32);
        let of_age = inputs.ageing_fees.iter().filter(|fee| fee.location == at);
        let by_volume = of_age.filter(|fee| matches!(fee.basis, FeeBasis::Volume)).count() > 0;
        if !by_volume && location.storage_fee.is_none_or(|fee| !fee.is_positive()) {
            continue;
        }
        let here = inputs.panel.pools().iter().filter(|pool| pool.location == at);
        let items = here.filter(|pool| inputs.products[pool.sku.index()].volume.is_none()).count();
        if items > 0 {
            let items = number_of(items, "item");
            let name = inputs.names.location(at);
            told.push(Exception::new(
                Severity::Warning,
                ExceptionKind::MasterList,
                Subject::Table("products".to_owned()),
                format!("{items} at {name} without a volume: its fees by volume count as 0"),
                "write the column volume in products",
            ));
        }
    }
    told
}

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
