//! Orderpoint: a nightly batch engine for demand forecasting and replenishment of one stock pool
//! that many channels share.
//!
//! # The house
//!
//! Data flows one way: `files -> ingest -> clean -> classify -> forecast -> inventory -> purchase /
//! allocate -> settle -> tables -> report`
//!
//! | room | its one job |
//! |---|---|
//! | [`cli`] | arguments as typed; one file a command |
//! | [`config`] | arguments and `orderpoint.toml` become a checked plan: every default and range |
//! | [`domain`] | the words: ids, units, money, calendar, panel; rows of inputs and of results |
//! | [`math`] | one of each: demand distribution, normal, optimiser, linear solve, apportionment |
//! | [`ingest`] | `files` (bytes to columns), `cells` (mapping, dates), `tables` (checked rows) |
//! | [`clean`], [`classify`] | what demand would have been; what kind of item it is |
//! | [`forecast`] | `methods` (one file each), `pooled` (shared indices), `evaluate` (choice) |
//! | [`inventory`] | lead times, positions, kits, lots, policy: arithmetic of one stock pool |
//! | [`network`] | one item at many locations: levels, echelon purchase, sharing out over lanes |
//! | [`purchase`] | offers, sourcing, `rules` (one file a constraint), supplier and open orders |
//! | [`allocate`] | one pool of stock over its channels; transfers between locations |
//! | [`explain`] | the step (name, formula, inputs, value) and the evaluator that recomputes it |
//! | [`run`] | the night: observe, learn, plan, settle; the only room that knows all stages |
//! | [`tables`] | every published table declared once |
//! | [`store`] | runs, `current`, the lock, fitted models: atomic files |
//! | [`audit`] | the results, looked at as a stranger would before they are published |
//! | [`review`], [`report`] | decisions and exports; the planner's pages |
//! | [`simulate`], [`indicators`] | a policy replayed over history; the figures of the business |
//! | [`sample`], [`parallel`] | the demo's data; work on all threads, results in order |
//!
//! # Invariants, deliberately kept
//!
//! 1. `polars` only in [`ingest`]; `arrow` and `parquet` only there, in [`tables`] and in
//!    [`store`]. A stage takes slices and plain structs.
//! 2. No stage reads a file, clock, environment variable or random state: the as-of date and the
//!    seed are in the plan.
//! 3. A stage never imports `config`, `run`, `tables`, `store`, `report` or `cli`; `run` hands it
//!    its own settings.
//! 4. The same input and plan give the same bytes at any number of threads: results are taken in
//!    the panel's order, floats are never summed in parallel.
//! 5. No domain decision in `run`, `report` or `tables`: they call, they do not decide.
//! 6. One concept, one home, one name.
//!
//! # To add …
//!
//! | what | where |
//! |---|---|
//! | a forecasting method | its file in `forecast/methods/`, one line in the list there, its test |
//! | a supplier constraint | its rule in `purchase/rules/`, its words in `domain/constraints.rs` |
//! | a column of an output table | its line in the declaration in `tables/`, files blessed |
//! | an output table | its declaration in `tables/`, one line in the list there, files blessed |
//! | an input layout (preset) | a file in `ingest/cells/presets`, an example in `tests/presets` |
//! | an indicator | its entry in `indicators/definitions.rs`, its formula, its test |
//! | an exception kind | one line of `exception_kinds!` in `domain/exceptions.rs` |
//! | a rule of classes | its file in `classify/`, its call in `classify/mod.rs`, its test |
//! | an export format | its file in `review/exports/`, one line in the list there, its test |
//!
//! `.github/CONTRIBUTING.md` walks through the first five.

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
pub mod network;
pub mod parallel;
pub mod purchase;
pub mod report;
pub mod review;
pub mod run;
pub mod sample;
pub mod simulate;
pub mod store;
pub mod tables;
