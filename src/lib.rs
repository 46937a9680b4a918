//! Orderpoint: a nightly batch engine for demand forecasting and replenishment of one stock pool over many channels.
//!
//! Data flows one way: `files -> ingest -> clean -> classify -> forecast -> inventory -> allocate -> purchase -> publish`.
//! [`inputs`] are the typed tables a run reads, [`outcome`] the typed rows it decides, [`panel`] the history of all series.
//!
//! Invariants, deliberately kept:
//! 1. `polars` is imported only in `ingest`, `arrow` and `parquet` only in `publish` and `models`.
//! 2. No stage reads a file, clock, environment variable or random state.
//! 3. A stage never imports `ingest`, `config`, `pipeline`, `publish` or `report`; `pipeline` hands it its settings.
//! 4. The same input and plan give the same bytes at any thread count: only `pipeline` and `ingest` use threads, all others
//!    through [`ordered`] (`publish` syncs files on a thread of its own, which computes nothing); results are taken in panel order, and floats are never summed in parallel.

pub mod allocate;
pub mod audit;
pub mod classify;
pub mod clean;
pub mod cli;
pub mod config;
pub mod domain;
pub mod explain;
pub mod forecast;
pub mod indicators;
pub mod ingest;
pub mod inventory;
pub mod math;
pub mod parallel;
pub mod purchase;
pub mod report;
pub mod review;
pub mod run;
pub mod sample;
pub mod simulate;
pub mod store;
pub mod tables;
