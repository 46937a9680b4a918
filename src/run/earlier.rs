//! What earlier nights left: the last run, the planner's decisions, and the runs that trends are drawn from.

use crate::domain::digest::sha256_hex;
use crate::domain::error::Result;
use crate::domain::inputs::Names;
use crate::domain::outcome::Indicator;
use crate::domain::units::Units;
use crate::report::PastDecision;
use crate::report::PastRun;
use crate::review::decisions::KeptDecisions;
use crate::store::PublishedRun;
use crate::tables::{INDICATORS, Rows};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::Path;

/// Nights that a trend reaches back.
const TREND: usize = 30;

/// The past, as one run sees it.
pub struct Earlier {
    /// The run that tonight's is compared with.
    pub last: Option<PublishedRun>,
    /// Decisions taken in so far.
    pub kept: KeptDecisions,
    /// The last run and those before it, newest first.
    past: Vec<PublishedRun>,
}

impl Earlier {
    /// Reads what lies in the output folder.
    pub fn read(out: &Path, as_of: NaiveDate) -> Result<Self> {
        let last = PublishedRun::before(out, as_of);
        let mut past = Vec::new();
        let mut next = last.clone();
        while let Some(run) = next.filter(|_| past.len() < TREND) {
            next = run
                .manifest
                .previous
                .as_ref()
                .and_then(|id| PublishedRun::open(&out.join("runs").join(id)).ok());
            past.push(run);
        }
        Ok(Self { last, kept: KeptDecisions::read(out)?, past })
    }

    /// Digest of the decisions and the runs of the trend.
    pub fn digest(&self) -> String {
        let ids: Vec<&str> = self.past.iter().map(|run| run.manifest.run_id.as_str()).collect();
        sha256_hex(format!("{} {}", self.kept.digest(), ids.join(" ")).as_bytes())
    }

    /// Indicators of the earlier runs, oldest first; only those that `now` still has.
    pub fn trend(&self, now: &[Indicator]) -> Vec<PastRun> {
        let known: BTreeMap<&str, &Indicator> = now.iter().map(|i| (i.indicator, i)).collect();
        let indicators = |run: &PublishedRun| {
            let rows = Rows::read(&run.folder, &INDICATORS).ok()?;
            let indicator = |row: usize| {
                let same = known.get(rows.text("indicator", row))?;
                let (numerator, denominator) =
                    (rows.real("numerator", row), rows.real("denominator", row));
                let value = rows.optional_real("value", row).filter(|v| v.is_finite());
                Some(Indicator {
                    scope: rows.text("scope", row).to_string(),
                    value,
                    numerator,
                    denominator,
                    ..(*same).clone()
                })
            };
            Some((0..rows.len()).filter_map(indicator).collect())
        };
        let run = |run: &PublishedRun| {
            Some(PastRun {
                run_id: run.manifest.run_id.clone(),
                as_of: run.manifest.as_of,
                indicators: indicators(run)?,
            })
        };
        self.past.iter().rev().filter_map(run).collect()
    }

    /// The decisions on items that are still known, in this run's codes.
    pub fn decisions(&self, names: &Names) -> Vec<PastDecision> {
        let decision = |d: &crate::review::decisions::Decision| {
            let pool = names.find_pool(&d.sku, &d.location)?;
            Some(PastDecision {
                sku: pool.sku,
                location: pool.location,
                decision: d.verdict.name().to_string(),
                quantity: Some(d.quantity).filter(|&q| q > Units(0)),
                until: d.until,
                reason: d.reason.clone(),
                author: d.author.clone(),
                time: d.time.clone(),
            })
        };
        let mut decisions: Vec<PastDecision> =
            self.kept.decisions.iter().filter_map(decision).collect();
        decisions.sort_by(|a, b| (a.sku, a.location, &a.time).cmp(&(b.sku, b.location, &b.time)));
        decisions
    }
}
