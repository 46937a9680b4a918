//! The steps of an explanation, and the evaluator that recomputes them.

pub mod arithmetic;
