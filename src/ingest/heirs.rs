//! Series that have sold nothing yet, or little, and are expected to: the successor and the copy of
//! another item inherit its history, what a planner or a launch date announces gets a place.
//!
//! The panel only makes room: a series that begins where its source does, marked as not on sale
//! until its own beginning. `clean` fills it.

use crate::domain::inputs::Product;
use crate::domain::panel::{Heir, SeriesKey};
use crate::domain::units::{ChannelId, LocationId, SkuId};
use std::collections::{BTreeMap, BTreeSet};

/// Days of an item's own history from which an analogue is no longer needed: half a year.
const ANALOGUE_DAYS: i32 = 168;
/// Days since its launch for which an item that has not sold yet is expected to.
const LAUNCH_DAYS: i32 = 56;
/// Successors of successors that are followed.
const GENERATIONS: usize = 8;

/// One series to be, in days of the sales rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) key: SeriesKey,
    /// First day.
    pub(crate) start: i32,
    /// First day of its own.
    pub(crate) own_start: i32,
    /// Position among the series of the sales; `None` for one that never sold.
    pub(crate) sold: Option<u32>,
}

/// What heirs are looked for among.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectations<'a> {
    /// By item.
    pub(crate) products: &'a [Product],
    /// Pools that may have no sales, sorted.
    pub(crate) pools: &'a [(SkuId, LocationId)],
    /// Items, and channels where named, that planners have entered units for.
    pub(crate) awaited: &'a [(SkuId, Option<ChannelId>)],
    /// First day that is not history.
    pub(crate) end: i32,
}

/// What an item has of another.
struct Relation {
    source: SkuId,
    heir: SkuId,
    factor: f64,
    successor: bool,
}

/// Adds the series that are expected to sell to `series`; returns who inherits from whom, sources
/// before their heirs.
///
/// - `launch_day`: of an item, in days of the sales rows; `None` where not known.
pub(crate) fn add_expected(
    series: &mut Vec<Planned>,
    expectations: &Expectations<'_>,
    launch_day: impl Fn(SkuId) -> Option<i32>,
) -> Vec<(Heir<SeriesKey>, SeriesKey)> {
    let Expectations { products, pools, awaited, end } = *expectations;
    let mut relations = Vec::new();
    for (code, product) in (0_u32..).zip(products) {
        let sku = SkuId(code);
        if let Some(heir) = product.superseded_by.filter(|heir| *heir != sku) {
            let factor = product.transfer_factor.unwrap_or(1.0);
            relations.push(Relation { source: sku, heir, factor, successor: true });
        }
        if let Some(source) = product.analogue.filter(|source| *source != sku) {
            let factor = product.analogue_factor.unwrap_or(1.0);
            relations.push(Relation { source, heir: sku, factor, successor: false });
        }
    }
    // What replaces another item has its history; an analogue would be counted on top.
    let succeeds: BTreeSet<SkuId> =
        relations.iter().filter(|r| r.successor).map(|r| r.heir).collect();
    relations.retain(|r| r.successor || !succeeds.contains(&r.heir));
    if relations.is_empty() && awaited.is_empty() && products.iter().all(|p| p.launched.is_none()) {
        return Vec::new();
    }

    let mut position: BTreeMap<SeriesKey, usize> =
        series.iter().enumerate().map(|(i, planned)| (planned.key, i)).collect();
    // Looked up, not looked for: a chain of 20,000 successors took minutes.
    let mut of_item: BTreeMap<SkuId, Vec<usize>> = BTreeMap::new();
    for (i, planned) in series.iter().enumerate() {
        of_item.entry(planned.key.sku).or_default().push(i);
    }
    let mut waited_for: BTreeMap<SkuId, usize> = BTreeMap::new();
    for relation in &relations {
        *waited_for.entry(relation.heir).or_default() += 1;
    }
    let mut heirs = Vec::new();
    let mut done = vec![false; relations.len()];
    for _ in 0..GENERATIONS {
        for (relation, done) in relations.iter().zip(&mut done) {
            let waits = waited_for.get(&relation.source).is_some_and(|&relations| relations > 0);
            if *done || waits {
                continue;
            }
            *done = true;
            if let Some(relations) = waited_for.get_mut(&relation.heir) {
                *relations -= 1;
            }
            // Before it is given any: which channel of its source stood first in the file must not
            // decide which one it has.
            let of_heir = of_item.get(&relation.heir).map_or(&[][..], Vec::as_slice);
            let sells: BTreeSet<LocationId> =
                of_heir.iter().map(|&i| series[i].key.location).collect();
            for at in of_item.get(&relation.source).cloned().unwrap_or_default() {
                let source = series[at];
                let key = SeriesKey { sku: relation.heir, ..source.key };
                let own = position.get(&key).copied();
                let sells_here = sells.contains(&key.location);
                let kept_here = pools.binary_search(&(key.sku, key.location)).is_ok();
                // Another channel of an item that sells is no channel of its own; a successor
                // takes over all of them.
                let wanted = own.is_some() || !sells_here && kept_here || relation.successor;
                let settled = own.is_some_and(|at| end - series[at].own_start >= ANALOGUE_DAYS);
                if !wanted || settled && !relation.successor {
                    continue;
                }
                let at = own.unwrap_or_else(|| {
                    let own_start = own_begin(launch_day(key.sku), end);
                    series.push(Planned { key, start: source.start, own_start, sold: None });
                    position.insert(key, series.len() - 1);
                    of_item.entry(key.sku).or_default().push(series.len() - 1);
                    series.len() - 1
                });
                series[at].start = series[at].start.min(source.start);
                let heir = Heir {
                    series: key,
                    factor: relation.factor.max(0.0),
                    successor: relation.successor,
                };
                heirs.push((heir, source.key));
            }
        }
    }

    // What is only announced.
    let mut announced: Vec<(SkuId, Option<ChannelId>)> = awaited.to_vec();
    for (code, product) in (0_u32..).zip(products) {
        let launch = product.launched.and_then(|_| launch_day(SkuId(code)));
        if launch.is_some_and(|day| day > end - LAUNCH_DAYS) {
            announced.push((SkuId(code), None));
        }
    }
    let sells: BTreeSet<SkuId> = series.iter().map(|s| s.key.sku).collect();
    // What is added has not sold and counts for nothing there: a location is looked at once.
    let mut usual: BTreeMap<LocationId, Option<ChannelId>> = BTreeMap::new();
    for (sku, channel) in announced {
        if sells.contains(&sku) {
            continue;
        }
        let first = pools.partition_point(|pool| pool.0 < sku);
        for &(_, location) in pools[first..].iter().take_while(|pool| pool.0 == sku) {
            let usual_here =
                *usual.entry(location).or_insert_with(|| usual_channel(series, location));
            let Some(channel) = channel.or(usual_here) else { continue };
            let key = SeriesKey { sku, location, channel };
            if let std::collections::btree_map::Entry::Vacant(vacant) = position.entry(key) {
                let own_start = own_begin(launch_day(sku), end);
                let start = own_start.min(end - 1);
                vacant.insert(series.len());
                series.push(Planned { key, start, own_start, sold: None });
            }
        }
    }
    heirs
}

/// The first day of an item's own time: its launch, the end of history where none is known.
fn own_begin(launch: Option<i32>, end: i32) -> i32 {
    launch.map_or(end, |day| day.clamp(0, end))
}

/// The channel of most series at a location, else of all.
fn usual_channel(series: &[Planned], location: LocationId) -> Option<ChannelId> {
    let mut counts: BTreeMap<ChannelId, (usize, usize)> = BTreeMap::new();
    for planned in series.iter().filter(|s| s.sold.is_some()) {
        let (here, all) = counts.entry(planned.key.channel).or_default();
        *here += usize::from(planned.key.location == location);
        *all += 1;
    }
    // The first of several alike, whatever their number.
    let most = counts.iter().rev().max_by_key(|(_, counts)| **counts);
    most.map(|(channel, _)| *channel)
}
