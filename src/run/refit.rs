//! The refit that a night carries on from: named by the last run's manifest, kept below the models
//! folder.

use crate::config::Plan;
use crate::domain::digest::sha256_hex;
use crate::domain::error::Error;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::forecast::pooled::refit::CarriedAndFitted;
use crate::forecast::{Demand, Forecaster, Learner, Refit, Resumed, Settings, Survey};
use crate::store::models::{self, Loaded};
use crate::store::{PublishedRun, RefitEntry};
use chrono::NaiveDate;

/// File of the states below `MODELS/<run_id>/`.
const KIND: &str = "forecast";

/// What an earlier refit left on this morning.
pub(super) enum EarlierRefit {
    /// There is none, or the next one is due.
    None,
    /// States to carry on from.
    Usable { states: Box<Refit>, entry: RefitEntry },
    /// It should be there and is not as it should be.
    Unusable(Exception),
}

/// What can be forecast with, what the manifest says of it (without digest), and what there is to
/// tell.
pub(super) struct Learnt<'a> {
    pub forecaster: Forecaster<'a>,
    pub entry: RefitEntry,
    pub exception: Option<Exception>,
}

impl EarlierRefit {
    /// Reads the states that `last` goes back to, unless the next refit is due.
    pub(super) fn read(plan: &Plan, last: Option<&PublishedRun>, as_of: NaiveDate) -> Self {
        let Some(entry) = last.and_then(|run| run.manifest.refit.clone()) else {
            return Self::None;
        };
        // Due anew: nothing is carried on, and nobody needs to be told.
        if (as_of - entry.as_of).num_days() >= i64::from(plan.forecast.refit_days) {
            return Self::None;
        }
        let trouble = match models::load(&plan.run.models, &entry.run_id, KIND) {
            Ok(Loaded::States(bytes, digest)) if digest == entry.sha256 => {
                match Refit::read(&bytes) {
                    Some(states) => return Self::Usable { states: Box::new(states), entry },
                    None => "its states cannot be understood".to_owned(),
                }
            }
            // Gone, or not the file that the manifest names: worth a note, the night is only
            // longer.
            Ok(Loaded::OtherBuild(build)) => {
                let why = format!("they were fitted by another build, {build}");
                return Self::Unusable(learnt_anew(Severity::Info, &entry, &why));
            }
            Ok(Loaded::States(..) | Loaded::Missing) => {
                let why = "its states are not in the models folder";
                return Self::Unusable(learnt_anew(Severity::Info, &entry, why));
            }
            // Without the path: results must not depend on where the folder lies.
            Err(Error::Input { message, .. }) => message,
            Err(error) => error.to_string(),
        };
        Self::Unusable(learnt_anew(Severity::Warning, &entry, &trouble))
    }

    /// `digest`, and the states' where there are any: with others the same input gives other
    /// results.
    pub(super) fn digest(&self, digest: String) -> String {
        match self {
            Self::Usable { entry, .. } => {
                // A night that carries on from other states has other numbers, and so another
                // identity.
                sha256_hex(format!("{digest} {}", entry.sha256).as_bytes())
            }
            Self::None | Self::Unusable(_) => digest,
        }
    }

    /// A forecaster that carries on from the refit where that still holds, and learns anew where
    /// not.
    pub(super) fn learn<'a>(
        &'a self,
        demand: Demand<'a>,
        settings: Settings,
        run_id: &str,
        survey: &mut impl Survey,
    ) -> Learnt<'a> {
        let mut obstacle = None;
        let mut resumed = None;
        if let Self::Usable { states, .. } = self {
            match Resumed::new(demand, settings.clone(), states) {
                Ok(earlier) => resumed = earlier.learn(survey),
                Err(reason) => obstacle = Some(reason),
            }
        }
        let forecaster = resumed.unwrap_or_else(|| Learner::new(demand, settings).learn(survey));
        let CarriedAndFitted { carried, fitted } = forecaster.carried_and_fitted();
        if let Self::Usable { entry, .. } = self
            && forecaster.refit().is_some()
        {
            let exception = Exception::new(
                Severity::Info,
                ExceptionKind::Refit,
                Subject::Run("forecast"),
                format!("levels are carried on from the refit of {}", entry.as_of),
                format!(
                    "{carried} series; {fitted} are fitted anew: new, or another past, product or \
                     promotion"
                ),
            );
            let entry = RefitEntry { carried, fitted, ..entry.clone() };
            return Learnt { forecaster, entry, exception: Some(exception) };
        }
        let exception = match self {
            Self::None => None,
            Self::Usable { entry, .. } => {
                let why = obstacle.unwrap_or("most series would have to be fitted anew");
                Some(learnt_anew(Severity::Info, entry, why))
            }
            Self::Unusable(exception) => Some(exception.clone()),
        };
        let entry = RefitEntry {
            run_id: run_id.into(),
            as_of: forecaster.as_of(),
            sha256: String::new(),
            carried,
            fitted,
        };
        Learnt { forecaster, entry, exception }
    }
}

fn learnt_anew(severity: Severity, entry: &RefitEntry, why: &str) -> Exception {
    let what =
        format!("everything was learnt anew, not carried on from the refit of {}", entry.as_of);
    Exception::new(severity, ExceptionKind::Refit, Subject::Run("forecast"), what, why)
}

/// The refit that the forecasts go back to, if any is kept; its `states`, of one partition after
/// the other, are saved where it is this run's own.
///
/// # Errors
/// What to say where they cannot be kept.
pub(super) fn keep(
    plan: &Plan,
    forecaster: &Forecaster<'_>,
    entry: RefitEntry,
    states: Vec<Vec<u8>>,
) -> Result<Option<RefitEntry>, Box<Exception>> {
    if plan.forecast.refit_days == 0 {
        return Ok(None);
    }
    if forecaster.refit().is_some() {
        return Ok(Some(entry));
    }
    let announced = models::announce(&plan.place(), &plan.run.models, &entry.run_id);
    match announced.and_then(|()| {
        let mut parts = vec![forecaster.keep()];
        parts.extend(states);
        models::save(&plan.run.models, &entry.run_id, KIND, &parts)
    }) {
        Ok(sha256) => Ok(Some(RefitEntry { sha256, ..entry })),
        Err(Error::Io { source, .. }) => Err(unkept(source.kind().to_string())),
        Err(error) => Err(unkept(error.to_string())),
    }
}

fn unkept(why: String) -> Box<Exception> {
    Box::new(Exception::new(
        Severity::Warning,
        ExceptionKind::Refit,
        Subject::Run("forecast"),
        "the next run learns anew: states cannot be kept in the models folder",
        why,
    ))
}
