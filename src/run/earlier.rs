//! What earlier nights left: the last run, the planner's decisions, and the runs that trends are
//! drawn from.

use crate::domain::digest::sha256_hex;
use crate::domain::error::Result;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::Names;
use crate::domain::outcome::{Indicator, KnownDecision};
use crate::domain::units::Units;
use crate::report::{PastDecision, PastRun};
use crate::review::decisions::{Decision, KeptDecisions};
use crate::store::{PassedOver, Predecessor, PublishedRun, SCHEMA_VERSION};
use crate::tables::{
    ALLOCATION, CLASSIFICATION, Declaration, INDICATORS, POLICY, RECOMMENDATIONS, Rows,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Nights that a trend reaches back: a month, as wide as its chart.
const TREND: usize = 30;

/// Tables of the last run that a run reads.
const READ_OF_LAST: [&dyn Declaration; 5] =
    [&ALLOCATION, &CLASSIFICATION, &INDICATORS, &POLICY, &RECOMMENDATIONS];

/// The past, as one run sees it.
pub(super) struct Earlier {
    /// The run that tonight's is compared with.
    pub last: Option<PublishedRun>,
    /// Decisions taken in so far.
    pub decisions: KeptDecisions,
    /// What must be said of the past: runs that could not be used, decisions that were restored.
    pub exceptions: Vec<Exception>,
    /// The last run and those before it, newest first.
    past: Vec<PublishedRun>,
}

impl Earlier {
    /// Reads the runs below `out` and the decisions below `decided`: a pilot has runs of its own,
    /// and stands under the same decisions.
    pub(super) fn read(out: &Path, decided: &Path, as_of: NaiveDate) -> Result<Self> {
        let decisions = KeptDecisions::read(decided)?;
        let needed: Vec<String> = READ_OF_LAST.iter().map(|table| table.path()).collect();
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        let Predecessor { run: last, passed_over } =
            PublishedRun::predecessor(out, as_of, &needed)?;
        let known = last.as_ref().map(|run| run.manifest.decisions).unwrap_or_default();
        let mut exceptions = decisions.exceptions(known);
        for PassedOver { run_id, why } in passed_over {
            let instead = match &last {
                Some(run) => format!("tonight is compared with {} instead", run.manifest.run_id),
                None => "tonight is compared with no earlier run".to_owned(),
            };
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::PreviousRun,
                Subject::File(format!("runs/{run_id}")),
                format!("an earlier run could not be used: {why}"),
                format!("{instead}; `orderpoint doctor` says what is damaged"),
            ));
        }
        let other = last.as_ref().filter(|run| run.manifest.schema_version != SCHEMA_VERSION);
        if let Some(run) = other {
            let manifest = &run.manifest;
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::PreviousRun,
                Subject::File(format!("runs/{}", manifest.run_id)),
                format!(
                    "the last run has tables of schema_version {}, this program's have {}",
                    manifest.schema_version, SCHEMA_VERSION
                ),
                "tonight is not compared with it; what was decided on it counts",
            ));
        }
        let mut past = Vec::new();
        let mut next = last.clone();
        // Along the manifests, not the folders: an abandoned or foreign run is not part of the
        // trend.
        while let Some(run) = next.filter(|_| past.len() < TREND) {
            let before = run.manifest.previous.as_ref();
            next = before.and_then(|id| PublishedRun::open(&out.join("runs").join(id)).ok());
            past.push(run);
        }
        // What was decided on later mornings is not known on this one.
        Ok(Self { last, decisions: decisions.until(as_of), exceptions, past })
    }

    /// Digest of the decisions and the runs of the trend, and of the items of a pilot.
    pub(super) fn digest(&self, only: Option<&BTreeSet<String>>) -> String {
        let ids: Vec<&str> = self.past.iter().map(|run| run.manifest.run_id.as_str()).collect();
        let pilot = only.map(|only| only.iter().cloned().collect::<Vec<_>>().join("\n"));
        let pilot = pilot.unwrap_or_default();
        sha256_hex(format!("{} {} {pilot}", self.decisions.digest(), ids.join(" ")).as_bytes())
    }

    /// Indicators of the earlier runs, oldest first; only those that `now` still has. A run that
    /// cannot be read is left out.
    pub(super) fn trend(&self, now: &[Indicator]) -> Vec<PastRun> {
        let known: BTreeMap<&str, &Indicator> = now.iter().map(|i| (i.indicator, i)).collect();
        let mut trend = Vec::new();
        for run in self.past.iter().rev() {
            let Ok(rows) = Rows::of(run, &INDICATORS) else { continue };
            trend.push(PastRun {
                run_id: run.manifest.run_id.clone(),
                as_of: run.manifest.as_of,
                indicators: (0..rows.len())
                    .filter_map(|row| past_indicator(&rows, row, &known))
                    .collect(),
            });
        }
        trend
    }

    /// Every decision known on this morning, for the table of them.
    pub(super) fn known_decisions(&self) -> Vec<KnownDecision> {
        let mut known = Vec::with_capacity(self.decisions.decisions.len());
        for made in &self.decisions.decisions {
            known.push(KnownDecision {
                recommendation_id: made.recommendation_id.clone(),
                decided_on: made.as_of,
                sku: made.sku.clone(),
                location: made.location.clone(),
                supplier: filled(&made.supplier),
                from_location: filled(&made.from_location),
                decision: made.verdict.name(),
                recommended: made.recommended,
                quantity: made.quantity,
                until: made.until,
                reason: made.reason.clone(),
                author: made.author.clone(),
                decided_at: made.time.clone(),
            });
        }
        known
    }

    /// The decisions on items that are still known, in this run's codes.
    pub(super) fn past_decisions(&self, names: &Names, as_of: NaiveDate) -> Vec<PastDecision> {
        let mut quiet: BTreeMap<&str, &Decision> = BTreeMap::new();
        for decision in self.decisions.quiet(as_of) {
            quiet.insert(&decision.recommendation_id, decision);
        }
        let made = self.decisions.decisions.iter();
        let mut decisions: Vec<PastDecision> =
            made.filter_map(|decision| past_decision(decision, names, &quiet)).collect();
        decisions.sort_by(|a, b| (a.sku, a.location, &a.time).cmp(&(b.sku, b.location, &b.time)));
        decisions
    }
}

fn past_indicator(
    rows: &Rows,
    row: usize,
    known: &BTreeMap<&str, &Indicator>,
) -> Option<Indicator> {
    // Of the old row only the figures are taken: unit and meaning are today's, or two runs would
    // not fit one chart.
    let same = *known.get(rows.text("indicator", row))?;
    Some(Indicator {
        scope: Indicator::scope_of(rows.text("scope_kind", row), rows.text("scope", row)),
        value: rows.optional_real("value", row).filter(|value| value.is_finite()),
        numerator: rows.real("numerator", row),
        denominator: rows.real("denominator", row),
        ..same.clone()
    })
}

fn past_decision(
    made: &Decision,
    names: &Names,
    quiet: &BTreeMap<&str, &Decision>,
) -> Option<PastDecision> {
    let pool = names.find_pool(&made.sku, &made.location)?;
    let standing = quiet.get(made.recommendation_id.as_str());
    // Of two decisions on one line in one night, the last is the one that stands.
    let is_quiet = standing.is_some_and(|standing| std::ptr::eq(*standing, made));
    Some(PastDecision {
        recommendation_id: made.recommendation_id.clone(),
        supplier: names.find_supplier(&made.supplier),
        from: made.from_location.clone(),
        decided_on: made.as_of,
        quiet_until: is_quiet.then(|| made.stands_until()),
        sku: pool.sku,
        location: pool.location,
        decision: made.verdict.name().to_owned(),
        quantity: Some(made.quantity).filter(|&quantity| quantity > Units::ZERO),
        until: made.until,
        reason: made.reason.clone(),
        author: made.author.clone(),
        time: made.time.clone(),
    })
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
