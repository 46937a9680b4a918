//! Every published table, declared once.

pub mod csv;
pub mod pages;
pub mod parquet;
pub mod previous;
pub mod rows;
pub mod schema;
