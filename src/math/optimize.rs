//! The least of a function of few bounded parameters, the same on every machine.
//!
//! One series fitted by one parameter set at a time waits on its own recursion; [`LANES`]
//! candidates side by side fill the processor's vectors for the same time. [`search`] therefore
//! proposes whole batches: a fixed grid, then probes around the best point together with steps to
//! the vertex of the parabola through the last probes. [`Lane`] is plain arithmetic on an array;
//! compilers turn it into whatever vectors there are, and as nothing is contracted or reassociated,
//! the bits do not depend on which. [`nelder_mead`] polishes where thoroughness matters more than
//! time.
//!
//! Source of the last: Nelder & Mead (1965), *A simplex method for function minimization*, The
//! Computer Journal 7.

use std::ops::{Add, AddAssign, Mul, Sub};

/// Candidates evaluated side by side.
pub const LANES: usize = 16;

/// One number for each of [`LANES`] candidates.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub struct Lane(pub [f64; LANES]);

impl Lane {
    /// Zero for every candidate.
    pub const ZERO: Self = Self([0.0; LANES]);

    /// The same number for every candidate.
    #[inline(always)]
    #[must_use]
    pub fn splat(value: f64) -> Self {
        Self([value; LANES])
    }
}

macro_rules! elementwise {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl $trait for Lane {
            type Output = Self;

            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
                for lane in 0..LANES {
                    self.0[lane] $operator other.0[lane];
                }
                self
            }
        }
    };
}

elementwise!(Add, add, +=);
elementwise!(Sub, sub, -=);
elementwise!(Mul, mul, *=);

impl AddAssign for Lane {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Compiles `$body` for wide vectors too and calls the widest version the processor has.
///
/// The bodies are the same Rust code without contraction, so every version gives the same bits.
macro_rules! widest {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$g:ident: $bound:path>)? ($($arg:ident: $ty:ty),*) -> $ret:ty
            = $body:path
    ) => {
        $(#[$meta])*
        $vis fn $name $(<$g: $bound>)? ($($arg: $ty),*) -> $ret {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512 $(<$g: $bound>)? ($($arg: $ty),*) -> $ret {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2 $(<$g: $bound>)? ($($arg: $ty),*) -> $ret {
                    $body($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx512f") {
                    #[expect(unsafe_code, reason = "the processor was found to have it")]
                    return unsafe { avx512($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[expect(unsafe_code, reason = "the processor was found to have it")]
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}
pub(crate) use widest;

/// Where a function is least, and how small it is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimum<const P: usize> {
    /// The point, each coordinate in 0..=1.
    pub at: [f64; P],
    /// The function's value; `INFINITY` if it was finite nowhere.
    pub value: f64,
}

/// Least value over the unit box by batches of [`LANES`] points: `starts`, then `rounds` of
/// refinement around the best.
///
/// A round probes `± step` along each coordinate and spends the other lanes on the way to the
/// vertex of the parabola through the last round's probes; the step halves whenever the centre
/// stays. Values that are not finite are never chosen.
///
/// # Panics
/// If `P` is not in 1..=4: the probes and at least half a batch must fit.
pub fn search<const P: usize>(
    starts: &[[f64; P]; LANES],
    mut step: f64,
    rounds: usize,
    mut evaluate: impl FnMut(&[[f64; P]; LANES]) -> [f64; LANES],
) -> Optimum<P> {
    assert!((1..=4).contains(&P), "the search has room for one to four parameters");
    let mut best = Optimum { at: starts[0], value: f64::INFINITY };
    take_best(&mut best, starts, &evaluate(starts));
    let mut vertex = best.at;
    for _ in 0..rounds {
        let centre = best;
        let points = batch(&centre.at, &vertex, step);
        let values = evaluate(&points);
        take_best(&mut best, &points, &values);
        vertex = parabola_vertex(&centre, &points, &values);
        let moved = best.at != centre.at;
        // A centre that stayed is near the optimum: the next round looks closer by.
        step *= if moved { 0.7 } else { 0.4 };
    }
    best
}

fn take_best<const P: usize>(
    best: &mut Optimum<P>,
    points: &[[f64; P]; LANES],
    values: &[f64; LANES],
) {
    for (point, &value) in points.iter().zip(values) {
        if value < best.value {
            *best = Optimum { at: *point, value };
        }
    }
}

/// The first of the least values; lane 0 if none is finite.
#[must_use]
pub fn least(values: &[f64; LANES]) -> usize {
    let mut best = 0;
    for (lane, &value) in values.iter().enumerate() {
        if value < values[best] || values[best].is_nan() {
            best = lane;
        }
    }
    best
}

/// `centre`, its two probes `step` away along each coordinate, and wider ones in the lanes that
/// remain.
#[must_use]
pub fn around<const P: usize>(centre: &[f64; P], step: f64) -> [[f64; P]; LANES] {
    std::array::from_fn(|lane| {
        let mut at = *centre;
        if let Some(probe) = lane.checked_sub(1) {
            let reach = step * (1 + probe / (2 * P)) as f64;
            let i = (probe / 2) % P;
            at[i] = (at[i] + if probe % 2 == 0 { reach } else { -reach }).clamp(0.0, 1.0);
        }
        at
    })
}

/// `2 P` probes around `centre`, then points on the lines through `vertex`.
fn batch<const P: usize>(centre: &[f64; P], vertex: &[f64; P], step: f64) -> [[f64; P]; LANES] {
    let mut points = [*centre; LANES];
    for i in 0..P {
        points[2 * i][i] = (centre[i] - step).max(0.0);
        points[2 * i + 1][i] = (centre[i] + step).min(1.0);
    }
    let extra = LANES - 2 * P;
    for (k, point) in points[2 * P..].iter_mut().enumerate() {
        // Half of the extra points go towards the vertex and beyond, the others move it by half a
        // probe in one coordinate.
        let reach = (k + 1) as f64 * 3.0 / extra as f64;
        for i in 0..P {
            let target =
                if k < extra / 2 { centre[i] + reach * (vertex[i] - centre[i]) } else { vertex[i] };
            let shift = match k.checked_sub(extra / 2) {
                Some(j) if (j / 2) % P == i => 0.5 * step * if j % 2 == 0 { -1.0 } else { 1.0 },
                _ => 0.0,
            };
            point[i] = (target + shift).clamp(0.0, 1.0);
        }
    }
    points
}

/// The vertex of the parabola through the probes of each coordinate, at most two probes away.
fn parabola_vertex<const P: usize>(
    centre: &Optimum<P>,
    points: &[[f64; P]; LANES],
    values: &[f64; LANES],
) -> [f64; P] {
    let mut vertex = centre.at;
    for i in 0..P {
        let (below, above) = (points[2 * i][i] - centre.at[i], points[2 * i + 1][i] - centre.at[i]);
        let (f_below, f_above) = (values[2 * i] - centre.value, values[2 * i + 1] - centre.value);
        if below == 0.0 || above == 0.0 || !f_below.is_finite() || !f_above.is_finite() {
            continue;
        }
        let curvature = (f_above / above - f_below / below) / (above - below);
        let slope = f_above / above - curvature * above;
        let reach = 2.0 * above.max(-below);
        let move_by =
            // Without a valley the parabola has no lowest point: as far down the slope as it is
            // trusted.
            if curvature > 0.0 { -0.5 * slope / curvature } else { -slope.signum() * reach };
        vertex[i] = (centre.at[i] + move_by.clamp(-reach, reach)).clamp(0.0, 1.0);
    }
    vertex
}

/// Least value over the unit box by the simplex of Nelder & Mead, points outside moved to its
/// faces.
///
/// Starts from `start` with edges of `step`; stops after `evaluations` calls or when the values of
/// the simplex agree to `tolerance`.
pub fn nelder_mead<const P: usize>(
    start: [f64; P],
    step: f64,
    evaluations: usize,
    tolerance: f64,
    mut evaluate: impl FnMut(&[f64; P]) -> f64,
) -> Optimum<P> {
    let mut call = |at: [f64; P]| {
        let at = at.map(|u| u.clamp(0.0, 1.0));
        let value = evaluate(&at);
        Optimum { at, value: if value.is_nan() { f64::INFINITY } else { value } }
    };
    let mut simplex = vec![call(start)];
    for i in 0..P {
        let mut at = start;
        // A vertex beyond the border would be clamped onto the start, and the simplex be flat.
        at[i] += if at[i] + step <= 1.0 { step } else { -step };
        simplex.push(call(at));
    }
    let mut used = P + 1;
    while used < evaluations {
        simplex.sort_by(|a, b| a.value.total_cmp(&b.value));
        let (best, worst) = (simplex[0], simplex[P]);
        if worst.value - best.value <= tolerance {
            break;
        }
        let centre: [f64; P] =
            std::array::from_fn(|i| simplex[..P].iter().map(|p| p.at[i]).sum::<f64>() / P as f64);
        let mut towards = |reach: f64| {
            call(std::array::from_fn(|i| centre[i] + reach * (worst.at[i] - centre[i])))
        };
        let reflected = towards(-1.0);
        used += 1;
        let next = if reflected.value < best.value {
            used += 1;
            let expanded = towards(-2.0);
            if expanded.value < reflected.value { expanded } else { reflected }
        } else if reflected.value < simplex[P - 1].value {
            reflected
        } else {
            used += 1;
            towards(if reflected.value < worst.value { -0.5 } else { 0.5 })
        };
        if next.value < worst.value {
            simplex[P] = next;
        } else {
            for point in &mut simplex[1..] {
                *point = call(std::array::from_fn(|i| 0.5 * (point.at[i] + best.at[i])));
            }
            used += P;
        }
    }
    simplex.into_iter().min_by(|a, b| a.value.total_cmp(&b.value)).expect("a simplex has points")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bowl(x: &[f64; 3]) -> f64 {
        (x[0] - 0.3).powi(2)
            + 4.0 * (x[1] - 0.71).powi(2)
            + 0.5 * (x[2] - 0.05).powi(2)
            + x[0] * x[1] * 0.3
    }

    fn starts() -> [[f64; 3]; LANES] {
        std::array::from_fn(|k| [(k % 4) as f64 / 3.0, (k / 4) as f64 / 3.0, 0.5])
    }

    #[test]
    fn search_finds_the_bottom_of_a_bowl_in_six_batches() {
        let found = search(&starts(), 0.2, 5, |points| points.map(|p| bowl(&p)));
        let exact = nelder_mead(found.at, 0.1, 2000, 1e-15, bowl);
        assert!(found.value - exact.value < 1e-4, "{found:?} {exact:?}");
    }

    #[test]
    fn an_optimum_on_the_edge_is_reached() {
        let found = search(&[[0.5]; LANES], 0.3, 4, |points| points.map(|p| p[0]));
        assert_eq!(found.at, [0.0]);
        let polished = nelder_mead([0.5], 0.3, 200, 0.0, |p| p[0]);
        assert_eq!(polished.at, [0.0]);
    }

    #[test]
    fn values_that_are_not_finite_are_never_chosen() {
        let found = search(&starts(), 0.2, 4, |points| {
            points.map(|p| if p[0] > 0.4 { f64::NAN } else { bowl(&p) })
        });
        assert!(found.at[0] <= 0.4 && found.value.is_finite());
    }
}
