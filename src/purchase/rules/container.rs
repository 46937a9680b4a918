//! Whole containers: the needed lines in proportion to their needs, in whole packs, by largest
//! remainder, within all that the container has only so much of; of networks, topped up by equal
//! cover over all their locations.
//!
//! Needs of 400, 200 and 100 in a container of 1000 units are ordered as 571, 286 and 143:
//!
//! ```
//! use orderpoint::domain::inputs::{Names, Supplier, Supply};
//! use orderpoint::domain::sorted::Sorted;
//! use orderpoint::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
//! use orderpoint::purchase::{Basis, Container, Market, PoolNeed, Settings, settle};
//!
//! let as_of = chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap();
//! let names = Names {
//!     skus: ["A", "B", "C"].map(str::to_owned).into(),
//!     locations: vec!["main".to_owned()],
//!     suppliers: vec!["ACME".to_owned()],
//!     ..Names::default()
//! };
//! let container = Container::of(1000.0, Basis::Quantity);
//! let settings =
//!     Settings { containers: [("ACME".to_owned(), container)].into(), ..Settings::default() };
//! let supply = Sorted::new(Vec::from([0, 1, 2].map(|sku| Supply {
//!     unit_cost: Some(Money::from_f64(4.0)),
//!     ..Supply::by(SupplierId(0), SkuId(sku), 14.0)
//! })));
//! let suppliers = [Supplier::default()];
//! let market = Market {
//!     supply: &supply,
//!     price_breaks: &Sorted::empty(),
//!     suppliers: &suppliers,
//!     names: &names,
//!     settings: &settings,
//!     as_of,
//!     approved: &Default::default(),
//!     open_to_buy: &[],
//! };
//!
//! let mut lines = Vec::new();
//! for (sku, need) in [(0, 400.0), (1, 200.0), (2, 100.0)] {
//!     let pool = PoolNeed::unknown(SkuId(sku), LocationId(0)).selling(10.0, Units(0), as_of, 90);
//!     let pool = PoolNeed { need, ..pool };
//!     lines.extend(market.propose(pool, |s| s.lead_time_days, &mut Vec::new()));
//! }
//! let quantities: Vec<i64> =
//!     settle(lines, &market).recommendations.iter().map(|r| r.quantity.count()).collect();
//! assert_eq!(quantities, [571, 286, 143]);
//! ```

use super::constraint::OrderRule;
use crate::domain::constraints::Binding;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity};
use crate::domain::lot::LotRules;
use crate::domain::units::Units;
use crate::math::apportion::{Bounds, within_bounds};
use crate::math::cover::{Covered, top_up};
use crate::purchase::landed_cost::CostLine;
use crate::purchase::line::Line;
use crate::purchase::line::Wording;
use crate::purchase::market::Market;
use crate::purchase::settings::{Basis, Container, ContainerLimit};
use crate::purchase::supplier_order::SupplierOrder;

pub(super) const WORDING: Wording =
    Wording { binding: Binding::Container, step: "after_container", change: "container_fill" };

/// A sum of sizes may miss the capacity by rounding noise, not by a unit.
const SIZE_NOISE: f64 = 1e-6;

/// Fills whole containers. A line that a planner has set takes its room first and stays as it is.
///
/// The number of containers is the nearest one to what is needed, by the limit that is needed most
/// of. Where that is none (less than half a container) or the lines' own limits do not let it be
/// filled, the exception says so.
pub(super) struct ContainerFill;

/// A needed line that shares the container.
#[derive(Debug, Clone)]
struct Share {
    line: usize,
    need: f64,
    /// Of one unit, by each limit of the container. `[limits]`
    sizes: Vec<f64>,
    rules: LotRules,
    ceiling: Units,
    /// Of a network: where it stands after its need, over all its locations.
    echelon: Option<Covered>,
}

/// One limit of the containers of an order.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Of all containers together.
    capacity: f64,
    /// Taken by what a planner has set.
    by_hand: f64,
}

impl Room {
    fn left(self) -> f64 {
        (self.capacity - self.by_hand).max(0.0)
    }
}

impl OrderRule for ContainerFill {
    fn shape_order(&self, order: &mut SupplierOrder, market: &Market) -> Vec<Exception> {
        let Some(container) = market.settings.containers.get(order.terms.name) else {
            return Vec::new();
        };
        let not_filled = fill(&mut order.lines, container, market.settings.max_cover_days).err();
        not_filled
            .map(|NotFilled { what, why }| {
                let kind = ExceptionKind::ContainerNotFilled;
                Exception::new(Severity::Warning, kind, order.terms.subject(), what, why)
            })
            .into_iter()
            .collect()
    }
}

/// What is wrong with a container, and what becomes of the order.
struct NotFilled {
    what: String,
    why: &'static str,
}

fn fill(
    lines: &mut [&mut Line],
    container: &Container,
    max_cover_days: f64,
) -> Result<(), NotFilled> {
    let limits: Vec<ContainerLimit> = container.limits().collect();
    let mut shares = Vec::new();
    let mut by_hand = vec![0.0; limits.len()];
    for (i, line) in lines.iter().enumerate().filter(|(_, l)| l.quantity.is_positive()) {
        let mut sizes = Vec::with_capacity(limits.len());
        for limit in &limits {
            sizes.push(unit_size(line, limit.basis).ok_or_else(size_missing)?);
        }
        if line.is_decided() {
            for (sum, size) in by_hand.iter_mut().zip(&sizes) {
                *sum += size * line.quantity.as_f64();
            }
        } else if line.need > 0.0 {
            if sizes.iter().all(|&size| size <= 0.0) {
                return Err(size_missing());
            }
            shares.push(Share {
                line: i,
                need: line.need,
                sizes,
                rules: line.rules,
                ceiling: line.rules.round_down(line.ceiling(max_cover_days)),
                echelon: line.pool.echelon.then(|| Covered {
                    position: line.pool.inventory_position.as_f64() + line.need,
                    per_day: line.pool.daily_demand,
                }),
            });
        }
    }
    // The limit that is needed most of decides how many containers there are.
    let mut most = 0;
    let mut containers = 0.0;
    let mut totals = Vec::with_capacity(limits.len());
    for (k, limit) in limits.iter().enumerate() {
        // By needs, not by quantities: packs and minimums have rounded those up already.
        let total = by_hand[k] + shares.iter().map(|s| s.need * s.sizes[k]).sum::<f64>();
        if total / limit.capacity > containers {
            containers = total / limit.capacity;
            most = k;
        }
        totals.push(total);
    }
    // The nearest number: 1.4 containers are cut to one, 1.6 are filled up to two.
    let count = containers.round();
    if count < 1.0 {
        return Err(NotFilled {
            what: format!("{:.0} needed of a capacity of {}", totals[most], limits[most].capacity),
            why: "less than half a container: the lines keep their needs",
        });
    }
    // From here on the order is whole containers, whatever the needs come to.
    let mut rooms = Vec::with_capacity(limits.len());
    for (limit, by_hand) in limits.iter().zip(by_hand) {
        rooms.push(Room { capacity: count * limit.capacity, by_hand });
    }
    let quantities = fitted(&shares, &rooms);
    let capacity = rooms[most].capacity;
    for (share, &quantity) in shares.iter().zip(&quantities) {
        let line = &mut lines[share.line];
        if quantity != line.quantity {
            let verb = if quantity > line.quantity { "raised" } else { "cut" };
            let note = format!(
                "{verb} from {} to {quantity}: \
                 its share of {capacity:.0} in {count:.0} container(s)",
                line.quantity
            );
            line.change_to(quantity, &WORDING, note);
        }
    }
    let mut is_full = false;
    for (k, room) in rooms.iter().enumerate() {
        let filled = room.by_hand + size_of(&shares, &quantities, k);
        if filled > room.capacity + SIZE_NOISE {
            return Err(NotFilled {
                what: format!("{filled:.0} in a capacity of {:.0}", room.capacity),
                why: "the lines' minimum quantities need more than fits",
            });
        }
        // Less than the largest pack may stay empty: no pack of it would have fitted.
        let packs = shares.iter().map(|s| s.sizes[k] * s.rules.pack().as_f64());
        is_full |= filled + packs.fold(0.0, f64::max) >= room.capacity;
    }
    if !is_full {
        let filled = rooms[most].by_hand + size_of(&shares, &quantities, most);
        return Err(NotFilled {
            what: format!("{filled:.0} of {capacity:.0}"),
            why: "cover, maximum or most-stock limits stop the fill",
        });
    }
    Ok(())
}

fn size_missing() -> NotFilled {
    NotFilled {
        what: "weight, volume or price of an item is missing".to_owned(),
        why: "the order is not fitted to the container",
    }
}

/// Whole packs in proportion to need within all `rooms`, at least the smallest lot each. `[shares]`
fn fitted(shares: &[Share], rooms: &[Room]) -> Vec<Units> {
    // What each limit by itself would let in; all of them allow the least of these.
    let mut quotas = vec![f64::INFINITY; shares.len()];
    for (k, room) in rooms.iter().enumerate() {
        let bounds: Vec<Bounds> = shares
            .iter()
            .map(|s| Bounds {
                floor: s.rules.smallest().as_f64() * s.sizes[k],
                cap: s.ceiling.as_f64() * s.sizes[k],
            })
            .collect();
        let weights: Vec<f64> = shares.iter().map(|s| s.need * s.sizes[k]).collect();
        let sizes = sizes(shares, k, &weights, &bounds, room.left());
        for ((quota, share), size) in quotas.iter_mut().zip(shares).zip(sizes) {
            // What takes nothing of a limit is not bound by it.
            if share.sizes[k] > 0.0 {
                *quota = quota.min(size / share.sizes[k]);
            }
        }
    }

    // Whole packs first, rounded down; then a pack each to the largest remainders, while there is
    // room.
    let mut quantities = Vec::with_capacity(shares.len());
    let mut remainders = Vec::with_capacity(shares.len());
    for (share, quota) in shares.iter().zip(quotas) {
        // A quota of 11.9999999999 packs of one is 12.
        let whole = share.rules.round_down(Units::floor(quota + 1e-9));
        // A line that is needed goes along with its minimum, though it may overfill: that is told
        // below.
        let quantity = whole.max(share.rules.smallest());
        remainders.push((quota - quantity.as_f64()) / share.rules.pack().as_f64());
        quantities.push(quantity);
    }
    let mut left = Vec::with_capacity(rooms.len());
    for (k, room) in rooms.iter().enumerate() {
        left.push(room.left() - size_of(shares, &quantities, k));
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| remainders[b].total_cmp(&remainders[a]));
    for n in order {
        let share = &shares[n];
        let pack = share.rules.pack();
        let more = quantities[n] + pack;
        let fits = share
            .sizes
            .iter()
            .zip(&left)
            .all(|(size, left)| size * pack.as_f64() <= left + SIZE_NOISE);
        if fits && more <= share.ceiling {
            quantities[n] = more;
            for (left, size) in left.iter_mut().zip(&share.sizes) {
                *left -= size * pack.as_f64();
            }
        }
    }
    quantities
}

/// Room that each line gets, by limit `k` of the container.
///
/// In proportion to the needs; but what is left after those of networks goes to whichever would run
/// out first over all its locations, up to one common cover: a need in proportion fills the
/// container with what is bought for months already.
fn sizes(
    shares: &[Share],
    k: usize,
    weights: &[f64],
    bounds: &[Bounds],
    capacity: f64,
) -> Vec<f64> {
    let needed: f64 = weights.iter().sum();
    let mut echelons = Vec::with_capacity(shares.len());
    for share in shares {
        echelons.extend(share.echelon.map(|echelon| Covered {
            position: echelon.position * share.sizes[k],
            per_day: echelon.per_day * share.sizes[k],
        }));
    }
    if echelons.len() < shares.len() || capacity <= needed {
        return within_bounds(capacity, weights, bounds);
    }
    // Whoever is filled up to its cap leaves the rest to the others.
    let mut sizes = weights.to_vec();
    let mut open: Vec<usize> = (0..shares.len()).collect();
    loop {
        let items: Vec<Covered> = open.iter().map(|&i| echelons[i]).collect();
        let closed: f64 = (0..shares.len()).filter(|i| !open.contains(i)).map(|i| sizes[i]).sum();
        let needs: f64 = open.iter().map(|&i| weights[i]).sum();
        let filled = top_up(&items, (capacity - closed - needs).max(0.0));
        let before = open.len();
        for (&i, more) in open.iter().zip(filled.units) {
            sizes[i] = (weights[i] + more).max(bounds[i].floor).min(bounds[i].cap);
        }
        open.retain(|&i| sizes[i] < bounds[i].cap);
        if open.len() == before || open.is_empty() {
            return sizes;
        }
    }
}

/// Of all shares by limit `k`.
fn size_of(shares: &[Share], quantities: &[Units], k: usize) -> f64 {
    shares.iter().zip(quantities).map(|(s, q)| q.as_f64() * s.sizes[k]).sum()
}

fn unit_size(line: &Line, basis: Basis) -> Option<f64> {
    let price = line.price_at(line.quantity);
    CostLine { quantity: Units::whole(1), value: price, ..line.cost_line() }.size(basis)
}
