//! ABC by cumulative value and XYZ by the variability that season and promotion do not explain.
//!
//! Source: Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*,
//! 4th ed., 2.3 (distribution by value); XYZ as its variability counterpart.

use crate::classify::Settings;
use crate::domain::classes::{AbcClass, XyzClass};

/// ABC class and value share of each item, or no classes below `abc_min_items` items.
///
/// Items are ranked by value, the largest first, ties in input order. An item belongs to A while
/// the share accumulated *before* it is below `abc_a`, so the item that crosses the cut is still A;
/// items without value are C. An item keeps its `previous` class while that share lies within
/// `abc_hysteresis` of the cut between the two.
///
/// - `values`: value of each item, currency or units. `[items]`; negative counts as 0.
/// - `previous`: class of the last run, where there was one. `[items]`
#[must_use]
pub fn abc(
    values: &[f64],
    previous: &[Option<AbcClass>],
    settings: &Settings,
) -> Vec<(Option<AbcClass>, f64)> {
    let total: f64 = values.iter().map(|v| v.max(0.0)).sum();
    let share = |i: usize| if total > 0.0 { values[i].max(0.0) / total } else { 0.0 };
    if values.len() < settings.abc_min_items || total <= 0.0 {
        return (0..values.len()).map(|i| (None, share(i))).collect();
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let mut classes = vec![(None, 0.0); values.len()];
    let mut before = 0.0;
    for i in order {
        let class = if values[i] <= 0.0 {
            AbcClass::C
        } else {
            with_hysteresis(before, previous[i], settings)
        };
        classes[i] = (Some(class), share(i));
        before += share(i);
    }
    classes
}

fn with_hysteresis(before: f64, previous: Option<AbcClass>, settings: &Settings) -> AbcClass {
    let cut = |position: f64| {
        if position < settings.abc_a {
            AbcClass::A
        } else if position < settings.abc_b {
            AbcClass::B
        } else {
            AbcClass::C
        }
    };
    let band = settings.abc_hysteresis;
    previous
        .filter(|&p| p >= cut(before - band) && p <= cut(before + band))
        .unwrap_or_else(|| cut(before))
}

/// XYZ class of a coefficient of variation.
#[must_use]
pub fn xyz(cv: f64, settings: &Settings) -> XyzClass {
    if cv <= settings.xyz_x {
        XyzClass::X
    } else if cv <= settings.xyz_y {
        XyzClass::Y
    } else {
        XyzClass::Z
    }
}

/// Coefficient of variation of demand relative to its peers, sd / mean of `demand[t] / index[t]`:
/// season, events and trend that the peers share are divided out. `None` with fewer than 8 usable
/// values or no demand.
///
/// - `demand`: units in each of the last weeks. `[weeks]`
/// - `peers`: demand of the item's category without the item, same weeks; weeks below a tenth of its mean are skipped.
#[must_use]
pub fn deseasonalised_cv(demand: &[f64], peers: &[f64]) -> Option<f64> {
    let peer_mean = peers.iter().sum::<f64>() / peers.len().max(1) as f64;
    let flat = peer_mean <= 0.0;
    let values: Vec<f64> = demand
        .iter()
        .zip(peers)
        .filter(|&(_, &p)| flat || p > 0.1 * peer_mean)
        .map(|(&d, &p)| if flat { d } else { d * peer_mean / p })
        .collect();
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    if values.len() < 8 || mean <= 0.0 {
        return None;
    }
    let variance =
        values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
    Some(variance.sqrt() / mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pareto() -> Vec<f64> {
        (0..40).map(|i| 1000.0 * 0.8f64.powi(i)).collect()
    }

    #[test]
    fn b1_cuts_at_80_and_95_percent_and_the_crossing_item_stays_above() {
        let classes = abc(&pareto(), &[None; 40], &Settings::default());
        let count = |c| classes.iter().filter(|x| x.0 == Some(c)).count();
        // shares are 0.2, 0.16, ...: 8 items reach 83 %, 14 reach 95.6 %
        assert_eq!((count(AbcClass::A), count(AbcClass::B), count(AbcClass::C)), (8, 6, 26));
        assert!((classes.iter().map(|c| c.1).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn b8_fewer_than_30_items_are_not_classified() {
        assert!(
            abc(&pareto()[..29], &[None; 29], &Settings::default()).iter().all(|c| c.0.is_none())
        );
    }

    #[test]
    fn b8_an_item_near_the_cut_keeps_its_class_and_one_far_from_it_does_not() {
        let mut previous = [None; 40];
        previous[8] = Some(AbcClass::A); // accumulated share before it: 83 %, more than 2 points above the cut
        assert_eq!(abc(&pareto(), &previous, &Settings::default())[8].0, Some(AbcClass::B));
        let settings = Settings { abc_hysteresis: 0.04, ..Settings::default() };
        assert_eq!(abc(&pareto(), &previous, &settings)[8].0, Some(AbcClass::A));
    }

    #[test]
    fn b2_a_season_shared_with_the_peers_is_not_variability() {
        let season: Vec<f64> =
            (0..52).map(|w| 100.0 * (1.0 + 0.9 * (f64::from(w) / 8.0).sin())).collect();
        let steady =
            deseasonalised_cv(&season, &season.iter().map(|v| v * 7.0).collect::<Vec<_>>());
        assert_eq!(xyz(steady.expect("52 weeks"), &Settings::default()), XyzClass::X);
        let erratic: Vec<f64> = (0..52).map(|w| if w % 9 == 0 { 500.0 } else { 1.0 }).collect();
        assert_eq!(
            xyz(deseasonalised_cv(&erratic, &season).expect("52 weeks"), &Settings::default()),
            XyzClass::Z
        );
    }
}
