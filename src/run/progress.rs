//! How far a run is, for whoever shows it: the command line draws a bar, a test says nothing.

/// What a run tells while it works; called from any thread.
pub trait Progress: Sync {
    /// A stage begins that will [`advance`](Progress::advance) by `steps` in all; 0 = nobody knows.
    fn begin(&self, stage: &'static str, steps: u64);
    /// So many more steps are done.
    fn advance(&self, steps: u64);
    /// The stage is through; `note` says what came of it: `30000 series`.
    fn end(&self, note: &str);
    /// Something outside of any stage that whoever reads the log should know.
    fn note(&self, note: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &'static str, _steps: u64) {}
    fn advance(&self, _steps: u64) {}
    fn end(&self, _note: &str) {}
    fn note(&self, _note: &str) {}
}
