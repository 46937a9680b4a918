//! ABC by cumulative value, XYZ by an item's own [variation](crate::classify::variation).
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
///
/// ```
/// use orderpoint::classify::{Settings, abc_xyz::abc};
/// use orderpoint::domain::classes::AbcClass;
///
/// // One item of ten earns 70 of 100: it is A, and so is the next, which crosses 80 %.
/// let mut values = [2.0; 10];
/// (values[3], values[7]) = (70.0, 14.0);
/// let classes = abc(&values, &[None; 10], &Settings { abc_min_items: 10, ..Settings::default() });
/// assert_eq!(classes[3], (Some(AbcClass::A), 0.7));
/// assert_eq!(classes[7].0, Some(AbcClass::A));
/// assert_eq!(classes[0].0, Some(AbcClass::B));
/// ```
#[must_use]
pub fn abc(
    values: &[f64],
    previous: &[Option<AbcClass>],
    settings: &Settings,
) -> Vec<(Option<AbcClass>, f64)> {
    let total: f64 = values.iter().map(|v| v.max(0.0)).sum();
    let mut shares = vec![0.0; values.len()];
    if total > 0.0 {
        shares.iter_mut().zip(values).for_each(|(share, value)| *share = value.max(0.0) / total);
    }
    if values.len() < settings.abc_min_items || total <= 0.0 {
        return shares.into_iter().map(|share| (None, share)).collect();
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
        classes[i] = (Some(class), shares[i]);
        before += shares[i];
    }
    classes
}

fn with_hysteresis(before: f64, previous: Option<AbcClass>, settings: &Settings) -> AbcClass {
    let band = settings.abc_hysteresis;
    let near = class_at(before - band, settings)..=class_at(before + band, settings);
    previous
        .filter(|previous| near.contains(previous))
        .unwrap_or_else(|| class_at(before, settings))
}

/// The class of an item before which this share of all value is accumulated.
fn class_at(before: f64, settings: &Settings) -> AbcClass {
    if before < settings.abc_a {
        AbcClass::A
    } else if before < settings.abc_b {
        AbcClass::B
    } else {
        AbcClass::C
    }
}

/// XYZ class of a coefficient of variation as sold and of what season and promotion leave of it: X
/// steady as sold, Y explained, Z erratic after both. `[B2]`
#[must_use]
pub fn xyz(as_sold: f64, unexplained: f64, settings: &Settings) -> XyzClass {
    if as_sold <= settings.xyz_x {
        XyzClass::X
    } else if unexplained <= settings.xyz_y {
        XyzClass::Y
    } else {
        XyzClass::Z
    }
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
        // The share accumulated before it is 83 %: more than 2 points above the cut.
        previous[8] = Some(AbcClass::A);
        assert_eq!(abc(&pareto(), &previous, &Settings::default())[8].0, Some(AbcClass::B));
        let settings = Settings { abc_hysteresis: 0.04, ..Settings::default() };
        assert_eq!(abc(&pareto(), &previous, &settings)[8].0, Some(AbcClass::A));
    }

    #[test]
    fn b2_steady_explained_erratic() {
        let of = |as_sold, unexplained| xyz(as_sold, unexplained, &Settings::default());
        assert_eq!([of(0.5, 0.5), of(0.0, 0.0)], [XyzClass::X; 2]);
        assert_eq!([of(0.68, 0.1), of(3.0, 0.9)], [XyzClass::Y; 2]);
        assert_eq!(of(1.2, 1.1), XyzClass::Z);
    }
}
