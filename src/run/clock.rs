//! Wall time, for people who wonder where it goes: never part of a result.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Seconds of each stage, for the manifest's timings.
pub(super) struct StageClock {
    last: Instant,
    laps: Vec<Lap>,
}

struct Lap {
    stage: &'static str,
    seconds: f64,
}

impl StageClock {
    pub(super) fn start() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }

    /// `stage` is through.
    pub(super) fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        self.laps.push(Lap { stage, seconds: (now - self.last).as_secs_f64() });
        self.last = now;
    }

    pub(super) fn timings(&self) -> serde_json::Value {
        let laps = self.laps.iter();
        laps.map(|lap| (lap.stage.to_owned(), serde_json::Value::from(lap.seconds))).collect()
    }
}

/// The time of day, for whoever finds the lock held or asks when something was exported; UTC.
#[must_use]
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let time = i64::try_from(seconds).ok().and_then(|s| chrono::DateTime::from_timestamp(s, 0));
    time.map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
