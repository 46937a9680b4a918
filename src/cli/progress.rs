//! Shows how far a run is: a bar on a terminal once a stage takes longer than a second, one log
//! line a stage when it is through.

use crate::config::LogFormat;
use crate::run::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tracing::info;

/// Tells the user on stderr.
#[derive(Debug)]
pub struct Terminal {
    bars: bool,
    stage: Mutex<Option<Stage>>,
    done: AtomicU64,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    steps: u64,
    started: Instant,
    bar: Option<ProgressBar>,
}

/// A stage this short shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

impl Terminal {
    /// Starts the log in the given form; bars are for terminals and people only.
    #[must_use]
    pub fn new(format: LogFormat) -> Self {
        let log = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_target(false)
            // A line that cannot be written is dropped: a full disk under the log is no reason to
            // stop the night.
            .log_internal_errors(false)
            .with_ansi(std::io::stderr().is_terminal());
        // A second start in one process (tests) keeps the first log: that is all the error could
        // say.
        let _ = match format {
            LogFormat::Text => log.compact().try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
            LogFormat::Off => log.with_max_level(tracing::Level::ERROR).try_init(),
        };
        let bars = format == LogFormat::Text && std::io::stderr().is_terminal();
        Self { bars, stage: Mutex::new(None), done: AtomicU64::new(0) }
    }

    fn stage(&self) -> std::sync::MutexGuard<'_, Option<Stage>> {
        self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Progress for Terminal {
    fn begin(&self, name: &'static str, steps: u64) {
        self.done.store(0, Ordering::Relaxed);
        *self.stage() = Some(Stage { name, steps, started: Instant::now(), bar: None });
    }

    fn advance(&self, steps: u64) {
        let done = self.done.fetch_add(steps, Ordering::Relaxed) + steps;
        if !self.bars {
            return;
        }
        // Another thread is drawing: the next step will show this one too.
        let Ok(mut guard) = self.stage.try_lock() else { return };
        if let Some(stage) = guard.as_mut().filter(|s| s.started.elapsed() > PATIENCE) {
            let (name, total) = (stage.name, stage.steps);
            stage.bar.get_or_insert_with(|| bar(name, total)).set_position(done);
        }
    }

    fn note(&self, note: &str) {
        info!("{note}");
    }

    fn end(&self, note: &str) {
        if let Some(stage) = self.stage().take() {
            if let Some(bar) = stage.bar {
                bar.finish_and_clear();
            }
            let seconds = (stage.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
            info!(stage = stage.name, seconds, "{note}");
        }
    }
}

fn bar(name: &'static str, total: u64) -> ProgressBar {
    let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
    let style = ProgressStyle::with_template("{prefix:>12} {wide_bar} {percent:>3} %  {eta} left");
    bar.set_style(style.expect("the template is right"));
    bar.set_prefix(name);
    bar
}
