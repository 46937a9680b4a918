//! Orderpoint.
