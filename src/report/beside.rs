//! Pages that stand beside the runs and that every report leads to: those of `backtest` and
//! `simulate`. Until somebody asks for one, a page in its place says how.

use crate::domain::error::{Error, Result};
use askama::Template;

/// A command whose page stands in a folder of its own beside the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Backtest,
    Simulation,
}

#[derive(Template)]
#[template(path = "beside.html", config = "src/report/askama.toml")]
struct NotYet {
    title: &'static str,
    command: &'static str,
    tells: &'static str,
}

impl Beside {
    pub(crate) const ALL: [Self; 2] = [Self::Backtest, Self::Simulation];

    /// Below the output folder; the page in it is `index.html`.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Backtest => "backtest",
            Self::Simulation => "simulate",
        }
    }

    /// What stands there until the command is run.
    ///
    /// # Errors
    /// [`Error::Internal`] if the page cannot be rendered.
    pub(crate) fn not_yet(self) -> Result<String> {
        let command = self.folder();
        let page = match self {
            Self::Backtest => NotYet {
                title: "Backtest",
                command,
                tells: "says how good the forecast would have been at earlier mornings, beside \
                        simple methods.",
            },
            Self::Simulation => NotYet {
                title: "Simulation",
                command,
                tells: "says what the history that is known would have cost under your settings \
                        and under other policies.",
            },
        };
        page.render().map_err(|e| Error::Internal(format!("the page of {command}: {e}")))
    }
}
