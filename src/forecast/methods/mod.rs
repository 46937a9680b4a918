//! How may one series be forecast from its own past? One file a method, all behind [`Method`].
//!
//! Called by `forecast/evaluate`, which judges methods and chooses among them, and by anyone who
//! wants a method by itself. `methods!` below is the only place that knows them all. To add one,
//! write its file with `impl Method` and a test, and add its `mod` and its line in the group whose
//! part it is to play; errors, choice, storage between nights and tables follow from the list.

pub mod average;
pub mod ces;
pub mod combination;
pub mod croston;
pub mod decompose;
pub mod ets;
pub mod naive;
pub mod recursion;
pub mod seasonal_naive;
pub mod theta;

use crate::domain::error::FitError;
use serde::{Deserialize, Serialize};

/// One series as a method sees it.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Demand of each period, NaN where it was not observed (stock-outs). `[n]`
    pub observed: &'a [f64],
    /// The same with estimates where it was not observed. `[n]`
    pub cleaned: &'a [f64],
    /// Periods of the season `[m]`: 7 for days, 52, 12, 4; 1 for none.
    pub season_length: usize,
    /// Days a period.
    pub days: f64,
    /// Whether demand comes in so few of the periods that methods for intermittent demand are
    /// called for.
    pub intermittent: bool,
}

impl<'a> History<'a> {
    /// A series without estimates for what was not observed, not intermittent.
    #[must_use]
    pub fn new(observed: &'a [f64], season_length: usize, days: f64) -> Self {
        Self { observed, cleaned: observed, season_length, days, intermittent: false }
    }

    /// What was known after the first `periods`.
    #[must_use]
    pub fn until(self, periods: usize) -> Self {
        Self { observed: &self.observed[..periods], cleaned: &self.cleaned[..periods], ..self }
    }
}

/// Which methods are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pool {
    /// Two or three methods without season on the adjusted series: for daily series, of which there
    /// are many.
    Fast,
    /// Those and the exponential smoothing family.
    Full,
    /// Methods for intermittent demand; no season.
    Intermittent,
}

impl Pool {
    /// The pool that serves such a series best.
    #[must_use]
    pub fn of(history: &History<'_>) -> Self {
        if history.intermittent {
            Self::Intermittent
        } else if history.days > 1.0 {
            Self::Full
        } else {
            Self::Fast
        }
    }
}

/// A way to forecast one series from its own past.
///
/// A method is a plain value, what it has learnt a `Model` that is stored between nights.
///
/// ```
/// use orderpoint::forecast::methods::{History, Method, theta::ThetaForm};
/// let history = History::new(&[10.0, 12.0, 11.0, 13.0, 12.0, 14.0], 1, 30.4);
/// let mut model = ThetaForm::DynamicOptimised.fit(&history)?;
/// ThetaForm::DynamicOptimised.update(&mut model, 13.0);
/// let mut path = [0.0; 3];
/// ThetaForm::DynamicOptimised.forecast_into(&model, &mut path);
/// assert!(path.iter().all(|units| (11.0..18.0).contains(units)));
/// # Ok::<(), orderpoint::domain::error::FitError>(())
/// ```
pub trait Method {
    /// What a fit leaves.
    type Model;

    /// The name: its row in the accuracy table.
    fn label(&self) -> &'static str;

    /// Fits it to `history`.
    ///
    /// # Errors
    /// Why it cannot be fitted to this one.
    fn fit(&self, history: &History<'_>) -> Result<Self::Model, FitError>;

    /// Fits it anew to a history that has grown at its end, from `old` where that saves time.
    ///
    /// # Errors
    /// As [`Method::fit`].
    fn refit(&self, old: &Self::Model, history: &History<'_>) -> Result<Self::Model, FitError> {
        let _ = old;
        self.fit(history)
    }

    /// What was fitted, in the field's notation.
    fn notation(&self, model: &Self::Model) -> String {
        let _ = model;
        self.label().to_owned()
    }

    /// Point forecasts of the periods after the last into `path`, `[horizon]`, units per period.
    fn forecast_into(&self, model: &Self::Model, path: &mut [f64]);

    /// Moves `model` on by one period, `NAN` if it was not observed; parameters stay.
    fn update(&self, model: &mut Self::Model, y: f64);

    /// For a member of combinations: whether it is one of `pool`.
    fn joins(&self, pool: Pool) -> bool {
        let _ = pool;
        false
    }

    /// For a member of combinations: whether it wants the season taken out before and put back
    /// after.
    fn adjusted(&self) -> bool {
        false
    }
}

/// Makes of the list below [`MethodName`], [`Model`] and one constant a group.
macro_rules! methods {
    ($($(#[$about:meta])* $group:ident { $($name:ident($model:ty) = $method:expr;)* })*) => {
        /// The methods that take part in a run.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum MethodName {
            $($(#[doc = concat!("`", stringify!($method), "`")] $name,)*)*
        }

        /// A fitted method of the list.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Model {
            $($(#[doc = concat!("Of `", stringify!($method), "`.")] $name($model),)*)*
        }

        $($(#[$about])* pub const $group: &[MethodName] = &[$(MethodName::$name),*];)*

        impl MethodName {
            /// See [`Method::label`].
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $($(Self::$name => $method.label(),)*)* }
            }

            /// See [`Method::fit`].
            ///
            /// # Errors
            /// Why it cannot be fitted to this history.
            pub fn fit(self, history: &History<'_>) -> Result<Model, FitError> {
                match self { $($(Self::$name => $method.fit(history).map(Model::$name),)*)* }
            }

            fn joins(self, pool: Pool) -> bool {
                match self { $($(Self::$name => $method.joins(pool),)*)* }
            }

            fn adjusted(self) -> bool {
                match self { $($(Self::$name => $method.adjusted(),)*)* }
            }
        }

        impl Model {
            /// The method that was fitted.
            #[must_use]
            pub fn name(&self) -> MethodName {
                match self { $($(Self::$name(_) => MethodName::$name,)*)* }
            }

            /// See [`Method::notation`].
            #[must_use]
            pub fn notation(&self) -> String {
                match self { $($(Self::$name(model) => $method.notation(model),)*)* }
            }

            /// See [`Method::refit`].
            ///
            /// # Errors
            /// Why it cannot be fitted to this history.
            pub fn refit(&self, history: &History<'_>) -> Result<Self, FitError> {
                match self {
                    $($(Self::$name(old) => $method.refit(old, history).map(Self::$name),)*)*
                }
            }

            /// See [`Method::forecast_into`].
            pub fn forecast_into(&self, path: &mut [f64]) {
                match self { $($(Self::$name(model) => $method.forecast_into(model, path),)*)* }
            }

            /// See [`Method::update`].
            pub fn update(&mut self, y: f64) {
                match self { $($(Self::$name(model) => $method.update(model, y),)*)* }
            }
        }
    };
}

methods! {
    /// What a forecast has to beat: judged at every rolling origin of every series, never chosen.
    BENCHMARKS {
        Naive(f64) = naive::Naive;
        SeasonalNaive(seasonal_naive::LastSeason) = seasonal_naive::SeasonalNaive;
        SixtyDays(average::Average) = average::Window::Days(60.0);
    }

    /// Own models of a series, where `[forecast] local` asks for them: the best of them is chosen,
    /// or weighed, against the pooled level.
    CONTENDERS {
        LocalPool(combination::LocalState) = combination::LocalPool;
    }

    /// What the local pool combines; each says by [`Method::joins`] for which series.
    MEMBERS {
        Dotm(theta::ThetaState) = theta::ThetaForm::DynamicOptimised;
        Ces(ces::CesState) = ces::CesForm::None;
        Ets(ets::EtsState) = ets::EtsByAicc;
        SixtyPeriods(average::Average) = average::Window::Periods(60);
        Sba(croston::CrostonState) = croston::CrostonForm::Sba;
        Tsb(croston::CrostonState) = croston::CrostonForm::Tsb;
        Imapa(croston::CrostonState) = croston::CrostonForm::Imapa;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_list_forecasts_a_constant_series_by_itself_and_no_two_share_a_label() {
        let values = [7.0; 200];
        let history = History::new(&values, 7, 1.0);
        let all = [BENCHMARKS, CONTENDERS, MEMBERS].concat();
        for &method in &all {
            let mut model = method.fit(&history).unwrap();
            model.update(7.0);
            let mut path = [0.0; 20];
            model.refit(&history).unwrap().forecast_into(&mut path);
            assert!(path.iter().all(|v| (v - 7.0).abs() < 0.3), "{method:?}: {path:?}");
            assert_eq!(all.iter().filter(|m| m.label() == method.label()).count(), 1);
        }
    }
}
