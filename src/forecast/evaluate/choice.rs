//! One series' own models beside the pooled level: what is chosen, and how much it weighs.
//!
//! A pooled profile is strong where many thin series share a season, models of the series itself where it is long, regular and
//! has a shape of its own (months, quarters). Both are forecast again from the rolling origins, and the published path weighs
//! them by the inverse of their squared errors there (Bates & Granger 1969). Methods for intermittent demand weigh only where they
//! are clearly better; otherwise they are the runner-up.

use crate::domain::calendar::Bucket;
use crate::forecast::Context;
use crate::forecast::LADDER;
use crate::forecast::evaluate::accuracy::{ErrorSums, Measures, Scale};
use crate::forecast::methods::combination;
use crate::forecast::methods::combination::LocalParams;
use crate::forecast::methods::combination::LocalState;
use crate::forecast::methods::combination::Pool;
use crate::forecast::methods::combination::Yearly;
use crate::forecast::pooled::series::Fitted;
use crate::forecast::settings::LocalModels;
use serde::{Deserialize, Serialize};

/// Label of the local pool in the accuracy table.
pub const LOCAL: &str = "local pool";
/// Origins at which both are judged: the latest ones.
const ORIGINS: usize = 2;
/// Share of the pooled level's squared error that methods for intermittent demand must stay below to weigh at all.
const CLEARLY: f64 = 0.8;
/// Share of periods with demand below which a series is intermittent (ADI 1.32).
const REGULAR: f64 = 1.0 / 1.32;

/// The series' own models and what they are worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Local {
    /// As fitted to all of history.
    pub models: LocalState,
    /// Weight of their path against the pooled level's, 0..=1.
    pub weight: f64,
    /// Their accuracy at the origins.
    pub measures: Measures,
}

impl Local {
    /// Expected units of each period; `None` if they are no demand. `[horizon]`
    pub fn path(&self, horizon: usize) -> Option<Vec<f64>> {
        let mut path = vec![0.0; horizon];
        self.models.forecast_into(&mut path);
        path.iter().all(|v| v.is_finite() && *v >= 0.0).then_some(path)
    }
}

impl Context<'_> {
    /// The series' own models, where the settings ask for them and history carries them.
    pub(crate) fn local(&self, fitted: &Fitted<'_>) -> Option<Local> {
        let bucket = self.demand.panel.calendar().bucket();
        let wanted = match self.settings.local {
            LocalModels::Months => bucket == Bucket::Month,
            LocalModels::All => true,
            LocalModels::None => false,
        };
        let n = fitted.units.len();
        let sold = fitted.seen_units().filter(|&u| u > 0.0).count() as f64;
        if !wanted || sold < 2.0 {
            return None;
        }
        let seen = |(&u, a): (&f32, &f32)| if a.is_nan() { f64::NAN } else { f64::from(u) };
        let values: Vec<f64> = fitted.units.iter().zip(&fitted.held).map(seen).collect();
        let pool = match bucket {
            _ if sold < REGULAR * n as f64 => Pool::Intermittent,
            Bucket::Day => Pool::Fast,
            _ => Pool::Full,
        };
        let params =
            LocalParams { season_length: bucket.season_length(), pool, yearly: Yearly::Own };
        let (mut own, mut pooled) = (ErrorSums::default(), ErrorSums::default());
        let origins = fitted.back.iter().enumerate().filter(|(_, back)| **back > 0);
        let judged = if pool == Pool::Intermittent { usize::MAX } else { ORIGINS };
        for (k, &back) in origins.rev().take(judged) {
            let origin = n - back;
            let mut path = vec![0.0; back.min(self.ladder[LADDER - 1])];
            combination::fit(&values[..origin], params).ok()?.forecast_into(&mut path);
            let level = self.level(fitted, k);
            for (ahead, &mean) in
                path.iter().enumerate().filter(|(h, _)| !values[origin + h].is_nan())
            {
                own.add(mean, values[origin + ahead]);
                pooled.add(level * fitted.foreseen(origin + ahead), values[origin + ahead]);
            }
        }
        if own.count() == 0.0 {
            return None;
        }
        let models = combination::fit(&values, params).ok()?;
        let (own_square, pooled_square) = (own.squared(), pooled.squared());
        let weight = match pool {
            // Few demands choose by chance: the pooled level stays unless it is clearly worse.
            Pool::Intermittent if own_square >= CLEARLY * pooled_square => 0.0,
            _ if own_square + pooled_square > 0.0 => pooled_square / (own_square + pooled_square),
            _ => 0.5,
        };
        let scale = Scale::of(fitted.units, &fitted.held, bucket.season_length());
        Some(Local { models, weight, measures: own.measures(&scale) })
    }
}
