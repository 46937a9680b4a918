//! Wall time, for people who wonder where it goes: never part of a result.

use std::time::Instant;

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
