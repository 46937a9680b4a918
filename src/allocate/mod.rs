//! What each channel may sell of a shared pool, today.

mod settings;

pub use settings::{AlertAt, Buffering, Method, Settings};
