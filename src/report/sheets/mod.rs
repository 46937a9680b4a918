//! The short tables, printed whole into their pages: each is its rows, and one line a column.

mod business;
mod buying;
mod checklists;
mod network;
mod quality;
mod selling;
mod sheet;
mod standing;
mod trust;

pub(crate) use crate::report::sheets::business::indicators;
pub(crate) use crate::report::sheets::buying::{overdue, suppliers};
pub(crate) use crate::report::sheets::checklists::checklists;
pub(crate) use crate::report::sheets::quality::{Topic, accuracy, changes, data, exception_groups};
pub(crate) use crate::report::sheets::selling::channels;
pub(crate) use crate::report::sheets::sheet::Sheet;
pub(crate) use crate::report::sheets::standing::standing;
