//! How the whole panel is looked at, once a stage of learning: in parts, whose evidence is merged.

use std::ops::Range;

/// What one range of pools has to say about a stage.
pub trait Evidence: Send {
    /// Takes in what other pools say, in any order.
    fn merge(&mut self, other: Self);
}

/// One look at the whole panel.
pub trait Stage: Sync {
    /// What it collects.
    type Evidence: Evidence;

    /// What no pool at all says.
    fn nothing(&self) -> Self::Evidence;

    /// What the pools `range` (of [`crate::domain::panel::Panel::pools`]) say.
    fn observe(&self, range: Range<usize>) -> Self::Evidence;
}

/// How the whole panel is gone over: at once, or in parts on many threads.
pub trait Survey {
    /// What ranges of pools that together cover the panel say about a stage, merged as it comes.
    fn survey<S: Stage>(&mut self, stage: &S) -> S::Evidence;
}

/// The whole panel at once, on one thread.
#[derive(Debug, Clone, Copy)]
pub struct AllAtOnce {
    /// Number of pools of the panel.
    pub pools: usize,
}

impl Survey for AllAtOnce {
    fn survey<S: Stage>(&mut self, stage: &S) -> S::Evidence {
        stage.observe(0..self.pools)
    }
}
