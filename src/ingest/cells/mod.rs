//! Cells to values: mapping, presets, days, numbers and money.

pub(crate) mod choices;
pub(crate) mod currency;
pub(crate) mod days;
pub(crate) mod interner;
pub(crate) mod mapping;
pub(crate) mod measure;
pub(crate) mod numbers;
pub(crate) mod presets;
pub(crate) mod reader;
pub(crate) mod rules;
pub(crate) mod values;
