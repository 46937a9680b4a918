//! The refit that a night carries on from: named by the last run's manifest, kept below the models folder.

use crate::config::Plan;
use crate::domain::digest::sha256_hex;
use crate::domain::error::Error;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::forecast::pooled::refit::CarriedAndFitted;
use crate::forecast::{Demand, Forecaster, Learner, Refit, Resumed, Settings, Survey};
use crate::store::PublishedRun;
use crate::store::RefitEntry;
use crate::store::models;
use chrono::NaiveDate;

/// File of the states below `MODELS/<run_id>/`.
const KIND: &str = "forecast";

/// What an earlier refit left, where it still holds on this morning.
pub struct Earlier {
    left: Option<(Refit, RefitEntry)>,
    /// Why not, where it should.
    told: Option<Exception>,
}

/// What can be forecast with, what the manifest says of it (without digest), and what there is to
/// say.
pub struct Learnt<'a> {
    pub forecaster: Forecaster<'a>,
    pub entry: RefitEntry,
    pub exception: Option<Exception>,
}

impl Earlier {
    /// Reads the states that `last` goes back to, unless the next refit is due.
    pub fn read(plan: &Plan, last: Option<&PublishedRun>, as_of: NaiveDate) -> Self {
        let entry = last.and_then(|run| run.manifest.refit.clone());
        let current =
            |e: &RefitEntry| (as_of - e.as_of).num_days() < i64::from(plan.forecast.refit_days);
        let Some(entry) = entry.filter(current) else { return Self { left: None, told: None } };
        let missing = || told(Severity::Info, &entry, "its states are not in the models folder");
        let damaged = |why: &str| told(Severity::Warning, &entry, why);
        let read = match models::load(&plan.run.models, &entry.run_id, KIND) {
            Ok(Some((bytes, digest))) if digest == entry.sha256 => {
                Refit::read(&bytes).ok_or_else(|| damaged("its states cannot be understood"))
            }
            Ok(_) => Err(missing()),
            // Without the path: results must not depend on where the folder lies.
            Err(Error::Input { message, .. }) => Err(damaged(&message)),
            Err(error) => Err(damaged(&error.to_string())),
        };
        match read {
            Ok(kept) => Self { left: Some((kept, entry)), told: None },
            Err(told) => Self { left: None, told: Some(told) },
        }
    }

    /// `digest`, and the states' where there are any: with others the same input gives other results.
    pub fn digest(&self, digest: String) -> String {
        match &self.left {
            Some((_, entry)) => sha256_hex(format!("{digest} {}", entry.sha256).as_bytes()),
            None => digest,
        }
    }

    /// A forecaster that carries on from the refit where that still holds, and learns anew where not.
    pub fn learn<'a>(
        &'a self,
        demand: Demand<'a>,
        settings: Settings,
        run_id: &str,
        survey: &mut impl Survey,
    ) -> Learnt<'a> {
        let mut obstacle = None;
        let mut resumed = None;
        if let Some((refit, _)) = &self.left {
            match Resumed::new(demand, settings.clone(), refit) {
                Ok(earlier) => resumed = earlier.learn(survey),
                Err(reason) => obstacle = Some(reason),
            }
        }
        let forecaster = resumed.unwrap_or_else(|| Learner::new(demand, settings).learn(survey));
        let CarriedAndFitted { carried, fitted } = forecaster.carried_and_fitted();
        let own = RefitEntry {
            run_id: run_id.into(),
            as_of: forecaster.as_of(),
            sha256: String::new(),
            carried,
            fitted,
        };
        match &self.left {
            Some((_, entry)) if forecaster.refit().is_some() => {
                let what = format!("levels are carried on from the refit of {}", entry.as_of);
                let why = format!(
                    "{carried} series; {fitted} are fitted anew: new, or another past, product or promotion"
                );
                let told = Exception::new(
                    Severity::Info,
                    ExceptionKind::Refit,
                    Subject::Run("forecast"),
                    what,
                    why,
                );
                Learnt {
                    forecaster,
                    entry: RefitEntry { carried, fitted, ..entry.clone() },
                    exception: Some(told),
                }
            }
            Some((_, entry)) => {
                let why = obstacle.unwrap_or("most series would have to be fitted anew");
                Learnt { forecaster, entry: own, exception: Some(told(Severity::Info, entry, why)) }
            }
            None => Learnt { forecaster, entry: own, exception: self.told.clone() },
        }
    }
}

fn told(severity: Severity, entry: &RefitEntry, why: &str) -> Exception {
    let what =
        format!("everything was learnt anew, not carried on from the refit of {}", entry.as_of);
    Exception::new(severity, ExceptionKind::Refit, Subject::Run("forecast"), what, why)
}

/// Keeps the states of a refit below the models folder, and their digest in its entry; says so where they cannot be kept.
pub fn save(plan: &Plan, entry: RefitEntry, states: &[u8]) -> Result<RefitEntry, Exception> {
    match models::save(&plan.run.models, &entry.run_id, KIND, states) {
        Ok(sha256) => Ok(RefitEntry { sha256, ..entry }),
        Err(Error::Io { source, .. }) => Err(unkept(source.kind().to_string())),
        Err(error) => Err(unkept(error.to_string())),
    }
}

fn unkept(why: String) -> Exception {
    Exception::new(
        Severity::Warning,
        ExceptionKind::Refit,
        Subject::Run("forecast"),
        "the next run learns anew: states cannot be kept in the models folder",
        why,
    )
}
