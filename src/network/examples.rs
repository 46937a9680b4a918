//! The worked examples of `network.md`, each by its number, to the tolerance stated there.

use crate::math::distributions::Demand;
use crate::math::normal;
use crate::network::levels::{Branch, echelon};
use crate::network::share::{Claim, Rule, share_out};
use crate::network::*;

/// Every fact to a thousandth, unless stated.
const CLOSE: f64 = 1e-3;

fn close(found: f64, expected: f64) {
    near(found, expected, CLOSE);
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found}, expected {expected}");
}

fn way(lead_days: f64, review_days: f64) -> Interval {
    Interval { lead_days, lead_sd_days: 0.0, review_days }
}

fn lost(units: &[f64], means: &[f64]) -> f64 {
    let each = units.iter().zip(means);
    each.map(|(&units, &mean)| Demand::Poisson { mean }.expected_shortfall(units)).sum()
}

#[test]
fn example_3_installation_and_echelon_stock() {
    let none = Steady::poisson(0.0);
    let mut warehouse = Place::new("W", None, 60.0);
    warehouse.on_way = 90.0;
    warehouse.supply = Some(Supply { interval: way(14.0, 7.0), crossing_days2: 0.0, lot: 0.0 });
    let level = |up_to: f64| {
        Some(Level { lot: 0.0, service: 0.95, reorder_point: up_to, order_up_to: up_to })
    };
    warehouse.level = level(200.0);
    let mut a = Place::new("A", Some(&none), 12.0);
    a.on_way = 10.0;
    a.level = level(30.0);
    let mut b = Place::new("B", Some(&none), 8.0);
    b.level = level(20.0);
    let lanes = vec![Lane::new(0, 1, way(2.0, 1.0)), Lane::new(0, 2, way(2.0, 1.0))];
    let network =
        Network { places: vec![warehouse, a, b], lanes, rule: Rule::Value, level_shift: 0.0 };
    let night = network.night().unwrap();
    assert_eq!(night.places[0].position, 180.0);
    assert_eq!(night.places[0].need, 20.0);

    // Installation stock: 200 - 50 = 150 of its own, and its own position is 150: nothing today.
    // Once A has asked for 8 and B for 12 it is 130: the same 20, later.
    let asked: Vec<f64> = night.lanes.iter().map(|lane| lane.asked).collect();
    assert_eq!(asked, [8.0, 12.0]);
    let installation_level = 200.0 - 30.0 - 20.0;
    assert_eq!(installation_level - (60.0 + 90.0), 0.0);
    assert_eq!(
        installation_level - (60.0 + 90.0 - asked.iter().sum::<f64>()),
        night.places[0].need
    );
}

#[test]
fn example_4_no_pooling_after_the_split() {
    let shop = Steady::normal(10.0, 3.0);
    let branch =
        Branch { demand: Some(&shop), interval: way(2.0, 1.0), lot: 0.0, pack: 1.0, below: vec![] };
    let covered = echelon(None, &vec![branch; 5], way(10.0, 1.0), 0.0);
    // The book's level counts the period in which what arrives is allocated once.
    let level = covered.distribution(&shop.over(0.0, 1.0, 0.0)).quantile(0.95);
    close(level, 705.170);
    let z = normal::quantile(0.95);
    close(650.0 + z * 3.0 * 65f64.sqrt(), 689.784);
    close(650.0 + 5.0 * z * 3.0 * 13f64.sqrt(), 738.959);
}

#[test]
fn example_7_fair_share_three_rules() {
    let means = [10.0, 20.0, 30.0];
    let claims = |margins: [f64; 3]| -> Vec<Claim> {
        let each = means.into_iter().zip(margins);
        each.map(|(mean, margin)| Claim::new(0.0, Demand::Poisson { mean }, margin, 1.0)).collect()
    };
    let equal = claims([5.0; 3]);
    let run_out = share_out(45.0, &equal, Rule::RunOut);
    assert_eq!(run_out, [8.0, 15.0, 22.0]);
    close(lost(&run_out, &means), 15.850);
    let value = share_out(45.0, &equal, Rule::Value);
    assert_eq!(value, [6.0, 15.0, 24.0]);
    close(lost(&value, &means), 15.695);
    close(lost(&[10.0, 20.0, 15.0], &means), 18.029);
    close(lost(&[15.0; 3], &means), 20.356);
    for (margins, expected, units_lost, margin_lost) in [
        ([5.0, 5.0, 10.0], [4.0, 11.0, 30.0], 17.212, 96.954),
        ([20.0, 5.0, 5.0], [12.0, 12.0, 21.0], 17.656, 96.244),
    ] {
        let shares = share_out(45.0, &claims(margins), Rule::Value);
        assert_eq!(shares, expected);
        close(lost(&shares, &means), units_lost);
        let of_each = shares.iter().zip(&means).zip(&margins);
        let margin: f64 =
            of_each.map(|((&units, &mean), margin)| margin * lost(&[units], &[mean])).sum();
        close(margin, margin_lost);
    }

    // In fractions of a unit: equal chance under a normal, and equal run-out.
    let normals = |sd: fn(f64) -> f64, pack: f64| -> Vec<Claim> {
        let each = means.into_iter();
        each.map(|mean| Claim::new(0.0, Demand::Normal { mean, sd: sd(mean) }, 5.0, pack)).collect()
    };
    let shares = share_out(45.0, &normals(f64::sqrt, 5e-4), Rule::Value);
    for (share, expected) in shares.into_iter().zip([6.382, 14.884, 23.734]) {
        close(share, expected);
    }
    for rule in [Rule::Value, Rule::RunOut] {
        let shares = share_out(45.0, &normals(|mean| 0.3 * mean, 5e-4), rule);
        for (share, expected) in shares.into_iter().zip([7.5, 15.0, 22.5]) {
            close(share, expected);
        }
    }
}

#[test]
fn example_8_whole_packs() {
    let claim = |have, mean, pack| Claim::new(have, Demand::Poisson { mean }, 1.0, pack);
    let claims = [claim(2.0, 6.0, 6.0), claim(0.0, 3.0, 6.0), claim(5.0, 12.0, 6.0)];
    assert_eq!(share_out(24.0, &claims, Rule::Value), [6.0, 6.0, 12.0]);
    let gain = |claim: &Claim, taken: f64| {
        let short = |units: f64| claim.demand.expected_shortfall(claim.have + units);
        (short(taken) - short(taken + 6.0)) / 6.0
    };
    let [a, b, c] = &claims;
    for (found, expected) in [
        (gain(c, 0.0), 0.8499),
        (gain(a, 0.0), 0.6176),
        (gain(b, 0.0), 0.4915),
        (gain(c, 6.0), 0.2943),
    ] {
        close(found, expected);
    }

    let mixed = [claim(0.0, 5.0, 6.0), claim(0.0, 4.0, 4.0), claim(0.0, 1.5, 1.0)];
    let shares = share_out(10.0, &mixed, Rule::Value);
    assert_eq!(shares, [6.0, 4.0, 0.0]);
    let means = [5.0, 4.0, 1.5];
    close(10.5 - lost(&shares, &means), 7.725);
    close(10.5 - lost(&[0.0, 4.0, 6.0], &means), 4.717);
}

#[test]
fn example_9_what_holding_back_is_worth() {
    // A and B each sell 2 a day and have 6, the warehouse 24; nothing is bought for 12 days.
    let week = Steady::poisson(2.0);
    let level = Level { lot: 0.0, service: 0.99, reorder_point: 30.0, order_up_to: 30.0 };
    let shop = Place { margin: 1.0, level: Some(level), ..Place::new("A", Some(&week), 6.0) };
    let warehouse = Place { next_arrival_days: Some(12.0), ..Place::new("W", None, 24.0) };
    let to_a = Lane::new(0, 1, way(0.0, 1.0));
    let to_b = Lane { departs_in_days: Some(3.0), ..Lane::new(0, 2, way(0.0, 1.0)) };
    let network = Network {
        places: vec![warehouse, shop.clone(), Place { name: "B", ..shop }],
        lanes: vec![to_a, to_b],
        rule: Rule::Value,
        level_shift: 0.0,
    };
    let night = network.night().unwrap();
    assert_eq!([night.lanes[0].asked, night.lanes[0].sent], [24.0, 12.0]);

    // What is lost in 12 days when `a` leaves today and the rest is shared on day 3 by what was
    // sold until then.
    let three_days = Demand::Poisson { mean: 6.0 };
    let rest = Demand::Poisson { mean: 18.0 };
    let mass: Vec<f64> = (0..25)
        .map(|d| three_days.cdf(f64::from(d)) - three_days.cdf(f64::from(d) - 1.0))
        .collect();
    let short: Vec<f64> = (0..=60).map(|x| rest.expected_shortfall(f64::from(x))).collect();
    let lost_with = |a: usize| {
        let mut total = 0.0;
        for (da, pa) in mass.iter().enumerate() {
            for (db, pb) in mass.iter().enumerate() {
                let gone = (da.saturating_sub(6 + a) + db.saturating_sub(6)) as f64;
                let (xa, xb) = ((6 + a).saturating_sub(da), 6usize.saturating_sub(db));
                let shared = (0..=24 - a).map(|ra| short[xa + ra] + short[xb + 24 - a - ra]);
                total += pa * pb * (gone + shared.fold(f64::INFINITY, f64::min));
            }
        }
        total
    };
    for (a, expected) in [
        (0, 12.452),
        (4, 12.392),
        (8, 12.391),
        (12, 12.415),
        (16, 13.105),
        (20, 15.134),
        (24, 18.296),
    ] {
        close(lost_with(a), expected);
    }
}

/// The network of example 17: a warehouse and three shops.
fn example_17(dispersion: f64, pack: f64) -> (Vec<Steady>, Vec<Lane>) {
    let shops = [0.2, 0.5, 1.0].map(|per_day| Steady::count(per_day, dispersion)).to_vec();
    let ways = [way(2.0, 1.0), way(3.0, 3.5), way(4.0, 7.0)];
    let mut lanes = Vec::new();
    for (i, interval) in ways.into_iter().enumerate() {
        let mut lane = Lane::new(0, i + 1, interval);
        lane.pack = pack;
        lane.line_cost = 0.15;
        lanes.push(lane);
    }
    (shops, lanes)
}

fn network_of<'a>(
    shops: &'a [Steady],
    lanes: &[Lane],
    warehouse: f64,
    positions: [f64; 3],
) -> Network<'a> {
    let mut root = Place::new("warehouse", None, warehouse);
    root.holding_a_day = 10.0 * 0.25 / 365.0;
    root.next_arrival_days = Some(9.0);
    root.supply = Some(Supply { interval: way(30.0, 7.0), crossing_days2: 0.0, lot: 0.0 });
    let mut places = vec![root];
    for ((shop, position), name) in shops.iter().zip(positions).zip(["1", "2", "3"]) {
        let mut place = Place::new(name, Some(shop), position);
        place.holding_a_day = 10.0 * 0.40 / 365.0;
        place.margin = 4.0;
        places.push(place);
    }
    Network { places, lanes: lanes.to_vec(), rule: Rule::Value, level_shift: 0.0 }
}

fn sent(night: &Night) -> [f64; 3] {
    [0, 1, 2].map(|lane: usize| night.lanes[lane].sent)
}

#[test]
fn example_17_rule_d_on_one_item() {
    let (shops, lanes) = example_17(1.0, 1.0);
    let network = network_of(&shops, &lanes, 40.0, [1.0, 2.0, 3.0]);
    let night = network.night().unwrap();
    let shop = |i: usize| night.places[i + 1].level;
    for (i, lot, service, reorder_point, order_up_to) in [
        (0, 2.340, 0.98812, 3.0, 5.0),
        (1, 3.700, 0.99246, 8.0, 12.0),
        (2, 5.232, 0.99286, 20.0, 25.0),
    ] {
        close(shop(i).lot, lot);
        near(shop(i).service, service, 1e-5);
        assert_eq!([shop(i).reorder_point, shop(i).order_up_to], [reorder_point, order_up_to]);
    }
    let covered = night.places[0].echelon.clone().unwrap();
    close(covered.sales, 62.9 + 9.525);
    close(covered.lots, 2.068);
    close(covered.mean(), 74.493);
    close(covered.pooled, 57.575);
    close(covered.apart, 5.894);
    close(covered.variance(), 92.314);
    near(night.places[0].level.service, 0.98816, 1e-5);
    assert_eq!(night.places[0].level.reorder_point, 97.0);

    for (warehouse, positions, asked, expected) in [
        (40.0, [1.0, 2.0, 3.0], [4.0, 10.0, 22.0], [4.0, 10.0, 22.0]),
        (12.0, [1.0, 2.0, 3.0], [4.0, 10.0, 22.0], [0.0, 2.0, 10.0]),
        (12.0, [1.0, 9.0, 3.0], [4.0, 0.0, 22.0], [1.0, 0.0, 11.0]),
        (6.0, [0.0, 0.0, 0.0], [5.0, 12.0, 25.0], [0.0, 1.0, 5.0]),
    ] {
        let night = network_of(&shops, &lanes, warehouse, positions).night().unwrap();
        assert_eq!([0, 1, 2].map(|lane: usize| night.lanes[lane].asked), asked);
        assert_eq!(sent(&night), expected);
    }
    let horizons: Vec<f64> = night.lanes.iter().map(|lane| lane.horizon_days).collect();
    assert_eq!(horizons, [11.0, 13.25, 16.0]);

    let (shops, lanes) = example_17(1.0, 6.0);
    let night = network_of(&shops, &lanes, 12.0, [1.0, 9.0, 3.0]).night().unwrap();
    assert_eq!(night.places[0].level.reorder_point, 99.0);
    assert_eq!([0, 1, 2].map(|lane: usize| night.lanes[lane].asked), [6.0, 0.0, 24.0]);
    assert_eq!(sent(&night), [0.0, 0.0, 12.0]);

    // Lumpier demand, variance twice the mean (`examples.py`): levels 108 and not 97.
    let (shops, lanes) = example_17(2.0, 1.0);
    for (warehouse, positions, expected) in [
        (40.0, [1.0, 2.0, 3.0], [5.0, 12.0, 23.0]),
        (12.0, [1.0, 2.0, 3.0], [0.0, 2.0, 10.0]),
        (12.0, [1.0, 9.0, 3.0], [0.0, 0.0, 12.0]),
        (6.0, [0.0, 0.0, 0.0], [0.0, 1.0, 5.0]),
    ] {
        let night = network_of(&shops, &lanes, warehouse, positions).night().unwrap();
        assert_eq!(night.places[0].level.reorder_point, 108.0);
        assert_eq!(sent(&night), expected);
    }
}
