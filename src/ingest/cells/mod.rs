//! Cells to values: mapping, presets, dates, numbers and money.

pub mod days;
pub mod mapping;
pub mod values;
