use crate::math::distributions::*;
use proptest::prelude::*;
use statrs::distribution::{Discrete, DiscreteCDF, NegativeBinomial, Poisson};

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{a} is not {b}");
}

#[test]
fn counts_match_an_independent_library() {
    for (mean, sd) in [(0.3, 0.9), (4.0, 2.0), (17.0, 12.0), (240.0, 33.0), (500.0, 60.0)] {
        let ours = Demand::count(mean, sd);
        for p in [0.05, 0.5, 0.8333, 0.95, 0.999] {
            let theirs = if sd * sd > mean {
                let r = mean * mean / (sd * sd - mean);
                NegativeBinomial::new(r, r / (r + mean)).unwrap().inverse_cdf(p)
            } else {
                Poisson::new(mean).unwrap().inverse_cdf(p)
            };
            assert_eq!(ours.quantile(p), theirs as f64, "{mean} {sd} {p}");
        }
        let x = mean.floor();
        let direct: f64 = (0..5000)
            .map(|k| {
                let p = if sd * sd > mean {
                    let r = mean * mean / (sd * sd - mean);
                    NegativeBinomial::new(r, r / (r + mean)).unwrap().pmf(k)
                } else {
                    Poisson::new(mean).unwrap().pmf(k)
                };
                p * (k as f64 - x).max(0.0)
            })
            .sum();
        close(ours.expected_shortfall(x), direct, 1e-9);
    }
}

#[test]
fn large_counts_go_over_into_their_continuous_counterparts() {
    for sd in [23.0, 100.0] {
        let (below, above) = (Demand::count(511.0, sd), Demand::count(513.0, sd));
        for p in [0.1, 0.5, 0.9, 0.99] {
            close(above.quantile(p) - below.quantile(p), 2.0, 1.0);
        }
        close(above.expected_shortfall(520.0), below.expected_shortfall(518.0), 0.02);
    }
}

#[test]
fn gamma_quantile_inverts_its_distribution_function() {
    for (mean, sd) in [(10.0, 0.5), (10.0, 10.0), (3.0, 9.0), (2000.0, 300.0)] {
        let gamma = Demand::Gamma { mean, sd };
        for p in [0.01, 0.3, 0.5, 0.9, 0.999] {
            close(gamma.cdf(gamma.quantile(p)), p, 1e-9);
        }
    }
    // R: qgamma(0.9, shape = 4, scale = 2.5)
    close(Demand::Gamma { mean: 10.0, sd: 5.0 }.quantile(0.9), 16.701_957_670_639_66, 1e-9);
}

#[test]
fn an_empirical_quantile_is_the_smallest_outcome_that_covers_it() {
    let demand =
        Demand::empirical(vec![3.0, 1.0, 2.0, 5.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
    assert_eq!(demand.quantile(0.9), 9.0);
    assert_eq!(demand.quantile(0.901), 10.0);
    assert_eq!(demand.cdf(3.5), 0.3);
    close(demand.expected_shortfall(8.0), 0.3, 1e-12);
    assert!(Demand::empirical(vec![]).is_none());
}

#[test]
fn no_demand_needs_nothing() {
    for none in [Demand::count(0.0, 0.0), Demand::Normal { mean: 0.0, sd: 0.0 }] {
        assert_eq!(none.quantile(0.99), 0.0);
        assert_eq!(none.cdf(0.0), 1.0);
        assert_eq!(none.expected_shortfall(0.0), 0.0);
    }
}

#[test]
fn a_grid_of_whole_units_is_the_count_it_was_made_from() {
    let count = Demand::count(6.0, 4.0);
    let mut cdf = vec![0.0; 80];
    count.cdf_grid(0.0, 1.0, &mut cdf);
    let grid = Demand::Grid { mean: 6.0, sd: 4.0, step: 1.0, cdf };
    for p in [0.01, 0.5, 0.8333, 0.99] {
        assert_eq!(grid.quantile(p), count.quantile(p));
    }
    for x in [-2.0, 0.0, 3.5, 7.0, 20.0] {
        close(grid.cdf(x), count.cdf(x), 1e-12);
        close(grid.expected_shortfall(x), count.expected_shortfall(x), 1e-9);
    }
    assert_eq!(grid.cdf(500.0), 1.0);
}

proptest! {
    #[test]
    fn quantile_shortfall_and_grid_agree(
        mean in 0.01..900.0f64, ratio in 0.2..4.0f64, p in 0.01..0.995f64, kind in 0..3,
    ) {
        let sd = mean * ratio;
        let demand = match kind {
            0 => Demand::count(mean, sd),
            1 => Demand::Gamma { mean, sd },
            _ => Demand::Normal { mean, sd },
        };
        let q = demand.quantile(p);
        prop_assert!(demand.cdf(q) >= p - 1e-9);
        prop_assert!(q <= 0.0 || demand.cdf(q - 1.0) <= p + 1e-9);
        prop_assert!(demand.expected_shortfall(q) >= demand.expected_shortfall(q + 1.0) - 1e-9);
        prop_assert!((demand.expected_shortfall(-5.0) - mean - 5.0).abs() < 1e-6 || kind == 2);
        let mut grid = [0.0; 4];
        demand.cdf_grid(q, 1.5, &mut grid);
        for (i, g) in grid.iter().enumerate() {
            prop_assert!((g - demand.cdf(q + 1.5 * i as f64)).abs() < 1e-12);
        }
    }
}
