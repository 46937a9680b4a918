//! Chooses parameters on some windows of history and reports what they are worth on another.

use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::units::Probability;
use crate::inventory;
use crate::inventory::settings::{Method, OrderQuantity};
use crate::simulate::{Candidate, Played, Rule, Totals};
use serde::Serialize;

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Least holding + shortage + ordering cost.
    LeastCost,
    /// Least stock among those that fill this share of demand; the best filler when none does.
    FillRate(f64),
}

/// Service targets that are tried.
// Closer together towards 1, where the last points of service take most of the stock.
pub const SERVICES: [f64; 11] = [0.50, 0.60, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 0.97, 0.98, 0.99];

/// The published methods side by side, the user's own settings first and the moving-average
/// benchmark last.
#[must_use]
pub fn side_by_side(own: &inventory::Settings, lead_days: f64) -> Vec<Candidate> {
    let with = |name: &str, method, order_quantity| {
        let settings = inventory::Settings { method, order_quantity, ..own.clone() };
        Candidate::new(name, Rule::Inventory(Box::new(settings)))
    };
    vec![
        Candidate::new("own settings", Rule::Inventory(Box::new(own.clone()))),
        with("max-average", Method::MaxAverage, own.order_quantity),
        with("normal", Method::Normal, OrderQuantity::None),
        with("quantile", Method::Quantile, OrderQuantity::None),
        with("cost", Method::Cost, OrderQuantity::None),
        with("cover", Method::Cover, own.order_quantity),
        with("(s, S)", Method::Quantile, OrderQuantity::DaysOfCover),
        Candidate::new(
            "moving average",
            Rule::MovingAverage {
                // A quarter's average over lead time and two reviews: the rule of thumb that a
                // method has to beat to be worth its trouble.
                average_days: 91.0,
                cover_days: lead_days + 2.0 * own.review_period_days,
            },
        ),
    ]
}

/// The user's settings with the quantile method at each of [`SERVICES`]: the efficient frontier.
///
/// `order_quantity` on top of the reorder point; with `None` every review orders what is missing,
/// which is best where an order costs nothing.
#[must_use]
pub fn frontier(own: &inventory::Settings, order_quantity: OrderQuantity) -> Vec<Candidate> {
    let at = |service: f64| {
        let service = Probability::new(service).expect("the tried services are probabilities");
        let settings = inventory::Settings {
            method: Method::Quantile,
            service,
            order_quantity,
            cells: all_cells(own, service),
            ..own.clone()
        };
        let lots = if order_quantity == OrderQuantity::None { ", no lots" } else { "" };
        let name = format!("service {:.2}{lots}", service.get());
        Candidate::new(name, Rule::Inventory(Box::new(settings)))
    };
    SERVICES.iter().map(|&service| at(service)).collect()
}

/// The lots of the user's own settings by a name that means the same with another method.
#[must_use]
pub fn own_lots(own: &inventory::Settings) -> OrderQuantity {
    match own.order_quantity {
        OrderQuantity::Auto if matches!(own.method, Method::Auto | Method::Cost) => {
            OrderQuantity::Eoq
        }
        other => other,
    }
}

fn all_cells(
    own: &inventory::Settings,
    service: Probability,
) -> std::collections::BTreeMap<String, inventory::settings::CellPolicy> {
    let mut cells = std::collections::BTreeMap::new();
    for &abc in AbcClass::ALL {
        for &xyz in XyzClass::ALL {
            let cell = own.cell(Some(abc), Some(xyz));
            let cell = inventory::settings::CellPolicy { service, method: None, ..cell };
            cells.insert(format!("{abc}{xyz}"), cell);
        }
    }
    cells
}

/// The choice for one scope, with its evidence.
///
/// ```
/// use orderpoint::simulate::Totals;
/// use orderpoint::simulate::tune::{Choice, Goal};
///
/// // Best of all on the windows that it was chosen on, and dearer on the one held back.
/// let cost = |holding_cost: f64| Totals { holding_cost, ..Totals::default() };
/// let choice = Choice {
///     goal: Goal::LeastCost,
///     scope: "all".into(),
///     candidate: 3,
///     tuned: cost(80.0),
///     held_back: cost(110.0),
///     before: cost(100.0),
/// };
/// assert_eq!(choice.gain(), -10.0);
/// assert!(!choice.pays());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What was looked for.
    pub goal: Goal,
    /// `all` or a scope of the pools, `class:A`.
    pub scope: String,
    /// Position among the candidates.
    pub candidate: usize,
    /// Sums of the chosen candidate over the tuning windows.
    pub tuned: Totals,
    /// Sums of the chosen candidate on the window held back.
    pub held_back: Totals,
    /// Sums of the first candidate, the user's own, on the window held back.
    pub before: Totals,
}

impl Choice {
    /// Currency saved on the held-back window; negative when the choice did not pay there.
    #[must_use]
    pub fn gain(&self) -> f64 {
        self.before.cost() - self.held_back.cost()
    }

    /// Whether the choice did on the window held back what it was chosen for: cost less than the
    /// user's own settings, or fill the share asked for with less stock than they, or where they do
    /// not.
    #[must_use]
    pub fn pays(&self) -> bool {
        // Without demand nobody was left unserved.
        let fill = |totals: &Totals| totals.fill_rate().unwrap_or(1.0);
        self.candidate != 0
            && match self.goal {
                Goal::LeastCost => self.gain() > 0.0,
                Goal::FillRate(target) if fill(&self.before) >= target => {
                    fill(&self.held_back) >= target && self.held_back.stock < self.before.stock
                }
                Goal::FillRate(_) => fill(&self.held_back) > fill(&self.before),
            }
    }

    /// What to do, with the evidence of the window held back.
    #[must_use]
    pub fn sentence(&self, candidates: &[Candidate]) -> String {
        let name = candidates.get(self.candidate).map_or("", |c| c.name.as_str());
        let fill = |t: &Totals| t.fill_rate().map_or("-".into(), |f| format!("{:.1} %", 100.0 * f));
        let evidence = format!(
            "held back: cost {:.0} instead of {:.0}, fill rate {} instead of {}, stock {:.1} \
             instead of {:.1}",
            self.held_back.cost(),
            self.before.cost(),
            fill(&self.held_back),
            fill(&self.before),
            self.held_back.average_stock().unwrap_or(0.0),
            self.before.average_stock().unwrap_or(0.0),
        );
        match (self.candidate, self.pays()) {
            (0, _) => "keep your settings: nothing that was tried beats them".to_owned(),
            (_, true) => format!("{name}; {evidence}"),
            (_, false) => format!("keep your settings: {name} did not pay; {evidence}"),
        }
    }
}

/// What `--tune` chose.
#[derive(Debug)]
pub struct Tuned {
    /// For all pools first, then by class.
    pub choices: Vec<Choice>,
    /// What was tried.
    pub candidates: Vec<Candidate>,
    /// The choice as a configuration fragment with its evidence.
    pub fragment: String,
}

/// Chooses a candidate for `scope` (`None` = all pools) on `windows` and looks at it on
/// `held_back`. Every window is played by the same candidates; the first of them is the comparison.
/// Ties go to the earlier candidate.
///
/// Returns `None` without candidates or windows.
#[must_use]
pub fn choose(
    windows: &[Vec<Played>],
    held_back: &[Played],
    scope: Option<&str>,
    goal: Goal,
) -> Option<Choice> {
    let first = windows.first()?;
    let mut sums = vec![Totals::default(); first.len()];
    for played in windows {
        for (sum, candidate) in sums.iter_mut().zip(played) {
            if let Some(totals) = of_scope(candidate, scope) {
                sum.add(&totals, 1.0);
            }
        }
    }
    let candidate = match goal {
        Goal::LeastCost => least(&sums, Totals::cost, |_| true),
        Goal::FillRate(target) => {
            least(&sums, |t| t.stock, |t| t.fill_rate().unwrap_or(1.0) >= target)
                // None of them fills the share asked for: the best filler, and its evidence shows
                // by how much it falls short.
                .or_else(|| least(&sums, |t| -t.fill_rate().unwrap_or(1.0), |_| true))
        }
    }?;
    Some(Choice {
        goal,
        scope: scope.unwrap_or("all").to_string(),
        candidate,
        tuned: sums[candidate],
        held_back: of_candidate(held_back, candidate, scope),
        before: of_candidate(held_back, 0, scope),
    })
}

/// Sums of one candidate under `scope`; nothing where it did not play.
fn of_candidate(played: &[Played], candidate: usize, scope: Option<&str>) -> Totals {
    played.get(candidate).and_then(|p| of_scope(p, scope)).unwrap_or_default()
}

fn of_scope(played: &Played, scope: Option<&str>) -> Option<Totals> {
    match scope {
        None => Some(played.total),
        Some(name) => played.scopes.iter().find(|s| s.name == name).map(|s| s.totals),
    }
}

/// The candidate with the least `value` among the allowed; the earlier one of two equals.
fn least(
    sums: &[Totals],
    value: impl Fn(&Totals) -> f64,
    allowed: impl Fn(&Totals) -> bool,
) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (candidate, totals) in sums.iter().enumerate() {
        // Only a smaller value replaces an earlier candidate.
        let better = |b: usize| value(totals).total_cmp(&value(&sums[b])).is_lt();
        if allowed(totals) && best.is_none_or(better) {
            best = Some(candidate);
        }
    }
    best
}

/// The choice for all pools as a section of the configuration, the evidence of every choice as
/// comments above it.
#[must_use]
pub fn fragment(choices: &[Choice], candidates: &[Candidate], windows: usize) -> String {
    let mut text = format!(
        "# Chosen on {windows} windows of history and tried on a later one that was held back.\n"
    );
    let mut section = String::new();
    for choice in choices {
        text.push_str(&format!("# {}: {}\n", choice.scope, choice.sentence(candidates)));
        // What lost on data that it was not chosen on is not proposed.
        if !choice.pays() {
            continue;
        }
        let Some(Candidate { rule: Rule::Inventory(settings), .. }) =
            candidates.get(choice.candidate)
        else {
            continue;
        };
        if choice.scope == "all" {
            // Plain values and tables only: they always serialise.
            section = toml::to_string(&Fragment { policy: settings }).unwrap_or_default();
        }
    }
    text + &section
}

#[derive(Serialize)]
struct Fragment<'a> {
    policy: &'a inventory::Settings,
}
