//! All series in one buffer plus offsets: `panel.cleaned(i)` is a slice.
//!
//! A *series* is (sku, location, channel), a *pool* is (sku, location): the stock that several
//! channels share. Keys are dictionary codes and sorted by (sku, location, channel), so the series
//! of a pool are neighbours. Each series runs from its first sale (or launch) to the end of
//! history, trailing zeros included. Values are stored as `f32` (whole units are exact up to 16.7
//! million a period) and widened to `f64` by whoever computes with them. Gross units differ from
//! the cleaned ones in a few periods of a hundred: only those are kept.

use crate::domain::calendar::Calendar;
use crate::domain::packed;
use crate::domain::sorted;
pub use crate::domain::units::PoolId;
use crate::domain::units::{ChannelId, LocationId, SkuId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Facts about one period of one series, kept as bits.
pub mod flag {
    /// Out of stock, as recorded: the sale understates demand.
    pub const STOCKOUT: u8 = 1;
    /// Out of stock, inferred from an implausible run of zeros.
    pub const INFERRED_STOCKOUT: u8 = 2;
    /// Sold under a promotion.
    pub const PROMOTION: u8 = 4;
    /// An outlier or bulk order; the cleaned value is capped, the original kept.
    pub const OUTLIER: u8 = 8;
    /// Units were returned in this period.
    pub const RETURNED: u8 = 16;
    /// The item was not on sale yet.
    pub const INACTIVE: u8 = 32;
    /// Nothing sold, as in this part of every other year: true demand, of zero.
    pub const OFF_SEASON: u8 = 64;
    /// The item is no more on sale: obsolete, superseded, sold off.
    pub const ENDED: u8 = 128;
    /// Periods whose value says nothing about demand.
    pub const CENSORED: u8 = STOCKOUT | INFERRED_STOCKOUT | INACTIVE | ENDED;
}

/// What a period was for a series: derived once in `clean`, kept as [`flag`] bits, read by every
/// stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// On sale and in stock, as far as is known: a zero is a day on which nobody bought.
    OnSale,
    /// Out of stock, as recorded.
    OutOfStock,
    /// Out of stock, inferred.
    InferredOutOfStock,
    /// A part of the year in which it never sells.
    OffSeason,
    /// Before its launch.
    NotLaunched,
    /// After its end.
    Ended,
}

impl Activity {
    /// Of a period with these [`flag`] bits.
    #[must_use]
    pub fn of(flags: u8) -> Self {
        // Several flags may stand on one period; the one that explains most is the answer. What has
        // ended or not begun says nothing of its stock, and a recorded stock-out goes before an
        // inferred one.
        if flags & flag::ENDED != 0 {
            Self::Ended
        } else if flags & flag::INACTIVE != 0 {
            Self::NotLaunched
        } else if flags & flag::STOCKOUT != 0 {
            Self::OutOfStock
        } else if flags & flag::INFERRED_STOCKOUT != 0 {
            Self::InferredOutOfStock
        } else if flags & flag::OFF_SEASON != 0 {
            Self::OffSeason
        } else {
            Self::OnSale
        }
    }

    /// Whether a period without a sale is one of idleness: the item could have sold, and usually
    /// would have. `[trap 8]`
    #[must_use]
    pub fn counts_as_idle(self) -> bool {
        match self {
            // Only a day on which it could have sold and did not counts against an item.
            Self::OnSale => true,
            Self::OutOfStock
            | Self::InferredOutOfStock
            | Self::OffSeason
            | Self::NotLaunched
            | Self::Ended => false,
        }
    }
}

/// What names a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesKey {
    /// The item.
    pub sku: SkuId,
    /// Where its stock lies.
    pub location: LocationId,
    /// Through which channel it sells.
    pub channel: ChannelId,
}

impl SeriesKey {
    /// The pool it sells from.
    #[must_use]
    pub fn pool(&self) -> PoolId {
        PoolId { sku: self.sku, location: self.location }
    }
}

impl From<&Pool> for PoolId {
    fn from(pool: &Pool) -> Self {
        pool.id()
    }
}

/// One (sku, location) and its neighbouring series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The item.
    pub sku: SkuId,
    /// Where its stock lies.
    pub location: LocationId,
    /// Its series in the panel; empty for an item in stock that never sold.
    pub series: Range<usize>,
}

impl Pool {
    /// What names it.
    #[must_use]
    pub fn id(&self) -> PoolId {
        PoolId { sku: self.sku, location: self.location }
    }
}

/// Money and units of one series over the trailing windows that classification reads.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SalesTotals {
    /// Net revenue of the last 365 days, currency units.
    pub revenue_365: f64,
    /// Net revenue of the last 90 days, currency units.
    pub revenue_90: f64,
    /// Units of the last 365 days that carried a price, returns deducted.
    pub priced_365: f64,
    /// Units of the last 90 days that carried a price, returns deducted.
    pub priced_90: f64,
    /// Gross revenue over all history, currency units.
    pub gross_revenue: f64,
    /// Gross units of all history that carried a price.
    pub priced_units: f64,
}

/// A series that inherits the history of another, until it has enough of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heir<S = usize> {
    /// Who inherits.
    pub series: S,
    /// Share of the other's demand.
    pub factor: f64,
    /// Whether it replaces the other for good, so that it also takes over what that still sells.
    pub successor: bool,
}

/// History of all series, cleaned or not.
#[derive(Debug, Clone)]
pub struct Panel {
    calendar: Calendar,
    keys: Vec<SeriesKey>,
    starts: Vec<u32>,
    own_starts: Vec<u32>,
    heirs: Vec<(Heir, usize)>,
    offsets: Vec<usize>,
    cleaned: Vec<f32>,
    /// Gross units where they are not the cleaned ones, in period order. `[series]`
    gross_besides: Vec<Box<[GrossUnits]>>,
    flags: Vec<u8>,
    return_offsets: Vec<usize>,
    returns: Vec<(u32, f32)>,
    totals: Vec<SalesTotals>,
    pools: Vec<Pool>,
}

/// Gross units of a period that cleaning has changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GrossUnits {
    /// Period, counted from the start of the series.
    period: u32,
    units: f32,
}

impl GrossUnits {
    /// What is to be kept of `gross` beside `cleaned`.
    ///
    /// # Panics
    /// Never: an axis has fewer than four thousand million periods.
    #[must_use]
    pub fn besides(gross: &[f32], cleaned: &[f32]) -> Box<[Self]> {
        const BLOCK: usize = 32;
        let mut kept = Vec::new();
        for (block, (gross, cleaned)) in gross.chunks(BLOCK).zip(cleaned.chunks(BLOCK)).enumerate()
        {
            // A block of equal values, as nearly all are, costs one comparison.
            let pairs = gross.iter().zip(cleaned);
            if pairs.fold(0, |bits, (a, b)| bits | (a.to_bits() ^ b.to_bits())) == 0 {
                continue;
            }
            for (t, (&units, cleaned)) in (block * BLOCK..).zip(gross.iter().zip(cleaned)) {
                if units.to_bits() != cleaned.to_bits() {
                    let period = u32::try_from(t).expect("an axis of that many periods");
                    kept.push(Self { period, units });
                }
            }
        }
        kept.into_boxed_slice()
    }
}

/// The parts a [`Panel`] is built from; lengths are checked by [`Panel::new`].
#[derive(Debug, Clone, Default)]
pub struct PanelParts {
    /// Sorted, distinct. `[series]`
    pub keys: Vec<SeriesKey>,
    /// First period of each series. `[series]`
    pub starts: Vec<u32>,
    /// First period of each that is its own, what it inherits lies before; the end of history where
    /// it has not begun. Empty for the same as `starts`. `[series]`
    pub own_starts: Vec<u32>,
    /// Who inherits from which series, sources before their heirs.
    pub heirs: Vec<(Heir, usize)>,
    /// Gross units, each series from its start to the end of history, concatenated.
    pub gross: Vec<f32>,
    /// [`flag`] bits, one a gross value.
    pub flags: Vec<u8>,
    /// Returned units by series: (period index on the panel's axis, units), in period order.
    /// `[series]`
    pub returns: Vec<Vec<(u32, f32)>>,
    /// Money and units. `[series]`
    pub totals: Vec<SalesTotals>,
    /// Pools without any series, to be merged in: (sku, location) sorted, distinct.
    pub unsold_pools: Vec<(SkuId, LocationId)>,
}

/// The cleaned history of some series, on its way from one process to another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PanelPart {
    /// Sorted, distinct. `[series]`
    pub keys: Vec<SeriesKey>,
    starts: Vec<u32>,
    own_starts: Vec<u32>,
    #[serde(with = "packed::units")]
    cleaned: Vec<f32>,
    /// See [`Panel::gross`]. `[series]`
    gross_besides: Vec<Box<[GrossUnits]>>,
    #[serde(with = "packed::flags")]
    flags: Vec<u8>,
    returns: Vec<Vec<(u32, f32)>>,
    totals: Vec<SalesTotals>,
}

impl Panel {
    /// The history of some series, in ascending order.
    #[must_use]
    pub fn part(&self, series: impl IntoIterator<Item = usize>) -> PanelPart {
        self.part_since(series.into_iter().map(|i| (i, 0)))
    }

    /// The history of some series, in ascending order, each from a period of the axis on.
    #[must_use]
    pub fn part_since(&self, series: impl IntoIterator<Item = (usize, usize)>) -> PanelPart {
        let mut part = PanelPart::default();
        for (i, since) in series {
            // A series that begins later than the cut keeps its own beginning.
            let skipped = since.saturating_sub(self.start(i)).min(self.periods(i));
            let start = self.starts[i] + skipped as u32;
            let returns = self.returns(i).iter().filter(|&&(period, _)| period >= start);
            part.keys.push(self.keys[i]);
            part.starts.push(start);
            // What a predecessor sold may lie before the cut; the item's own sales never begin
            // before the part does.
            part.own_starts.push(self.own_starts[i].max(start));
            let besides = self.gross_besides[i].iter();
            let kept = besides.filter(|kept| kept.period as usize >= skipped);
            part.gross_besides.push(
                kept.map(|kept| GrossUnits { period: kept.period - skipped as u32, ..*kept })
                    .collect(),
            );
            part.cleaned.extend_from_slice(&self.cleaned(i)[skipped..]);
            part.flags.extend_from_slice(&self.flags(i)[skipped..]);
            part.returns.push(returns.copied().collect());
            part.totals.push(self.totals[i]);
        }
        part
    }

    /// The panel of a part alone, with the pools of `unsold` besides.
    ///
    /// # Panics
    /// If the part is none of a panel on this calendar.
    #[must_use]
    pub fn of_part(calendar: Calendar, part: PanelPart, unsold: Vec<(SkuId, LocationId)>) -> Self {
        let parts = PanelParts {
            keys: part.keys,
            starts: part.starts,
            own_starts: part.own_starts,
            heirs: Vec::new(),
            // Filled with the cleaned values, and the gross ones that differ are put beside them
            // below: the two are never unpacked side by side.
            gross: part.cleaned,
            flags: part.flags,
            returns: part.returns,
            totals: part.totals,
            unsold_pools: unsold,
        };
        let mut panel = Self::new(calendar, parts);
        assert_eq!(part.gross_besides.len(), panel.len(), "one list of gross units a series");
        panel.gross_besides = part.gross_besides;
        panel
    }

    /// This panel, none of whose history is there, with that of some series.
    ///
    /// # Panics
    /// If a part has a series that the panel has not.
    #[must_use]
    pub fn with_parts(&self, parts: &[PanelPart]) -> Self {
        let mut all = PanelPart { keys: self.keys.clone(), ..PanelPart::default() };
        let history = self.calendar.history();
        // Parts come from processes that finish in any order; their series are sorted together, so
        // that the result does not show who was first.
        let mut rest: Vec<PartSeries<'_>> =
            parts.iter().flat_map(|part| part.series(history)).collect();
        rest.sort_by_key(|series| series.key);
        let mut rest = rest.into_iter().peekable();
        for (i, key) in self.keys.iter().enumerate() {
            // A series that no part brings has a place and no history: whoever asks for it gets
            // nothing instead of another one's sales.
            let Some(series) = rest.next_if(|series| series.key == *key) else {
                all.starts.push(self.starts[i]);
                all.own_starts.push(self.own_starts[i]);
                all.gross_besides.push(Box::default());
                all.returns.push(Vec::new());
                all.totals.push(self.totals[i]);
                continue;
            };
            all.starts.push(series.start);
            all.own_starts.push(series.own_start);
            all.gross_besides.push(series.gross_besides.into());
            all.cleaned.extend_from_slice(series.cleaned);
            all.flags.extend_from_slice(series.flags);
            all.returns.push(series.returns.to_vec());
            all.totals.push(series.totals);
        }
        assert!(rest.next().is_none(), "every series of a part has its place in the panel");
        let unsold = self.pools.iter().filter(|pool| pool.series.is_empty());
        let unsold = unsold.map(|pool| (pool.sku, pool.location)).collect();
        Self::of_part(self.calendar, all, unsold)
    }

    /// Makes these the cleaned units of all series, none of which is cleaned yet.
    ///
    /// # Panics
    /// If there is not one a period of every series.
    pub fn clean_to(&mut self, cleaned: Vec<f32>) {
        assert_eq!(cleaned.len(), self.cleaned.len(), "one cleaned value a gross one");
        // Until now the buffer held what was sold; from here on it holds the demand, and the sales
        // stay beside it where they differ.
        let gross = std::mem::replace(&mut self.cleaned, cleaned);
        for (i, besides) in self.gross_besides.iter_mut().enumerate() {
            let cells = self.offsets[i]..self.offsets[i + 1];
            *besides = GrossUnits::besides(&gross[cells.clone()], &self.cleaned[cells]);
        }
    }

    /// Replaces the money and units of every series.
    ///
    /// # Panics
    /// If there is not one a series.
    pub fn set_totals(&mut self, totals: Vec<SalesTotals>) {
        assert_eq!(totals.len(), self.keys.len(), "one total a series");
        self.totals = totals;
    }

    /// Builds the panel; cleaned units start as the gross ones.
    ///
    /// # Panics
    /// If the parts disagree in length or the keys are not sorted: `ingest` upholds both.
    #[must_use]
    pub fn new(calendar: Calendar, parts: PanelParts) -> Self {
        assert!(parts.keys.windows(2).all(|w| w[0] < w[1]), "series keys are sorted and distinct");
        assert_eq!(parts.keys.len(), parts.starts.len(), "one start a series");
        assert_eq!(parts.keys.len(), parts.returns.len(), "one list of returns a series");
        assert_eq!(parts.keys.len(), parts.totals.len(), "one total a series");
        let mut offsets = Vec::with_capacity(parts.keys.len() + 1);
        let mut end = 0;
        offsets.push(end);
        for &start in &parts.starts {
            end += calendar.history() - start as usize;
            offsets.push(end);
        }
        assert_eq!(parts.gross.len(), end, "series fill the value buffer");
        assert_eq!(parts.flags.len(), end, "one flag byte a value");
        let mut return_offsets = vec![0];
        let mut returns = Vec::with_capacity(parts.returns.iter().map(Vec::len).sum());
        for list in &parts.returns {
            returns.extend_from_slice(list);
            return_offsets.push(returns.len());
        }
        let pools = pools(&parts.keys, &parts.unsold_pools);
        let own_starts = if parts.own_starts.is_empty() {
            parts.starts.clone()
        } else {
            assert_eq!(parts.keys.len(), parts.own_starts.len(), "one own start a series");
            parts.own_starts
        };
        Self {
            own_starts,
            heirs: parts.heirs,
            calendar,
            cleaned: parts.gross,
            gross_besides: vec![Box::default(); parts.keys.len()],
            keys: parts.keys,
            starts: parts.starts,
            flags: parts.flags,
            totals: parts.totals,
            offsets,
            return_offsets,
            returns,
            pools,
        }
    }

    /// The time axis.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no series at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What names series `i`.
    #[must_use]
    pub fn key(&self, i: usize) -> SeriesKey {
        self.keys[i]
    }

    /// First period of series `i` on the axis.
    #[must_use]
    pub fn start(&self, i: usize) -> usize {
        self.starts[i] as usize
    }

    /// First period of series `i` that is its own: what it inherits lies before.
    #[must_use]
    pub fn own_start(&self, i: usize) -> usize {
        self.own_starts[i] as usize
    }

    /// Who inherits from which series, sources before their heirs.
    #[must_use]
    pub fn heirs(&self) -> &[(Heir, usize)] {
        &self.heirs
    }

    /// Periods from `start(i)` to the end of history.
    #[must_use]
    pub fn periods(&self, i: usize) -> usize {
        self.offsets[i + 1] - self.offsets[i]
    }

    /// Gross units a period, from `start(i)` to the end of history; a copy where cleaning has
    /// changed any.
    #[must_use]
    pub fn gross(&self, i: usize) -> Cow<'_, [f32]> {
        let besides = &self.gross_besides[i];
        if besides.is_empty() {
            return Cow::Borrowed(self.cleaned(i));
        }
        // Only the few series with a changed period are copied at all.
        let mut gross = self.cleaned(i).to_vec();
        besides.iter().for_each(|kept| gross[kept.period as usize] = kept.units);
        Cow::Owned(gross)
    }

    /// Gross units of period `t`, counted from `start(i)`.
    #[must_use]
    pub fn gross_at(&self, i: usize, t: usize) -> f32 {
        let besides = &self.gross_besides[i];
        match besides.binary_search_by_key(&t, |kept| kept.period as usize) {
            Ok(at) => besides[at].units,
            Err(_) => self.cleaned(i)[t],
        }
    }

    /// The periods that cleaning has changed, counted from `start(i)`, ascending.
    pub fn changed_periods(&self, i: usize) -> impl Iterator<Item = usize> + '_ {
        self.gross_besides[i].iter().map(|kept| kept.period as usize)
    }

    /// Keeps what a series sold, where its cleaned units have been changed: `besides` of
    /// [`GrossUnits::besides`].
    pub fn keep_gross(&mut self, i: usize, besides: Box<[GrossUnits]>) {
        self.gross_besides[i] = besides;
    }

    /// Cleaned demand a period: outliers capped, censored periods filled with an estimate (see
    /// `flags`).
    #[must_use]
    pub fn cleaned(&self, i: usize) -> &[f32] {
        &self.cleaned[self.offsets[i]..self.offsets[i + 1]]
    }

    /// [`flag`] bits a period.
    #[must_use]
    pub fn flags(&self, i: usize) -> &[u8] {
        &self.flags[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Returned units: (period index on the axis, units), in period order.
    #[must_use]
    pub fn returns(&self, i: usize) -> &[(u32, f32)] {
        &self.returns[self.return_offsets[i]..self.return_offsets[i + 1]]
    }

    /// Estimated units not sold for want of stock in `periods` of series `i`, counted from its own
    /// start.
    #[must_use]
    pub fn lost(&self, i: usize, periods: Range<usize>) -> f64 {
        let (cleaned, flags) = (self.cleaned(i), self.flags(i));
        let besides = &self.gross_besides[i];
        let first = besides.partition_point(|kept| (kept.period as usize) < periods.start);
        let changed =
            besides[first..].iter().take_while(|kept| (kept.period as usize) < periods.end);
        let mut lost = 0.0;
        for &GrossUnits { period, units } in changed {
            let t = period as usize;
            // An outlier that was capped differs from its gross units, too, and lost nothing.
            if flags[t] & (flag::STOCKOUT | flag::INFERRED_STOCKOUT) != 0 {
                lost += f64::from(cleaned[t] - units).max(0.0);
            }
        }
        lost
    }

    /// Money and units of series `i`.
    #[must_use]
    pub fn totals(&self, i: usize) -> &SalesTotals {
        &self.totals[i]
    }

    /// Every pool, sorted by (sku, location).
    #[must_use]
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// Position of a pool among [`Panel::pools`].
    #[must_use]
    pub fn position(&self, pool: impl Into<PoolId>) -> Option<usize> {
        self.pools.binary_search_by_key(&pool.into(), Pool::id).ok()
    }

    /// The pools of an item.
    #[must_use]
    pub fn pools_of(&self, sku: SkuId) -> &[Pool] {
        sorted::run(&self.pools, |pool| pool.sku.cmp(&sku))
    }

    /// Values of history in all series together.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cleaned.len()
    }

    /// Disjoint mutable (cleaned, flags) of every series, in order: how `clean` works on all series
    /// at once. Whoever changes cleaned units [keeps](Self::keep_gross) the gross ones.
    pub fn series_mut(&mut self) -> impl Iterator<Item = OpenSeries<'_>> {
        let mut cleaned = self.cleaned.as_mut_slice();
        let mut flags = self.flags.as_mut_slice();
        let (offsets, keys, starts) = (&self.offsets, &self.keys, &self.starts);
        (0..keys.len()).map(move |i| {
            let n = offsets[i + 1] - offsets[i];
            // Handed out slice by slice, so that threads can clean series side by side without a
            // copy or a lock.
            let (this_cleaned, rest) = std::mem::take(&mut cleaned).split_at_mut(n);
            cleaned = rest;
            let (this_flags, rest) = std::mem::take(&mut flags).split_at_mut(n);
            flags = rest;
            OpenSeries {
                index: i,
                key: keys[i],
                start: starts[i] as usize,
                cleaned: this_cleaned,
                flags: this_flags,
            }
        })
    }
}

/// One series of a part.
struct PartSeries<'p> {
    key: SeriesKey,
    start: u32,
    own_start: u32,
    cleaned: &'p [f32],
    gross_besides: &'p [GrossUnits],
    flags: &'p [u8],
    returns: &'p [(u32, f32)],
    totals: SalesTotals,
}

impl PanelPart {
    /// Its series, on an axis of so many periods.
    fn series(&self, history: usize) -> Vec<PartSeries<'_>> {
        let mut all = Vec::with_capacity(self.keys.len());
        let mut first = 0;
        for (i, &key) in self.keys.iter().enumerate() {
            let cells = first..first + history - self.starts[i] as usize;
            first = cells.end;
            all.push(PartSeries {
                key,
                start: self.starts[i],
                own_start: self.own_starts[i],
                cleaned: &self.cleaned[cells.clone()],
                gross_besides: &self.gross_besides[i],
                flags: &self.flags[cells],
                returns: &self.returns[i],
                totals: self.totals[i],
            });
        }
        all
    }
}

/// One series whose cleaned units and flags may be changed.
#[derive(Debug)]
pub struct OpenSeries<'a> {
    /// Position in the panel.
    pub index: usize,
    /// What names it.
    pub key: SeriesKey,
    /// First period on the axis.
    pub start: usize,
    /// Cleaned demand a period; gross units before it is cleaned.
    pub cleaned: &'a mut [f32],
    /// [`flag`] bits a period.
    pub flags: &'a mut [u8],
}

impl OpenSeries<'_> {
    /// The series beside its gross units.
    pub fn beside<'s>(&'s mut self, gross: &'s [f32]) -> SeriesMut<'s> {
        SeriesMut {
            index: self.index,
            key: self.key,
            start: self.start,
            gross,
            cleaned: self.cleaned,
            flags: self.flags,
        }
    }
}

/// One series, open for cleaning.
#[derive(Debug)]
pub struct SeriesMut<'a> {
    /// Position in the panel.
    pub index: usize,
    /// What names it.
    pub key: SeriesKey,
    /// First period on the axis.
    pub start: usize,
    /// Gross units a period; never changed.
    pub gross: &'a [f32],
    /// Cleaned demand a period.
    pub cleaned: &'a mut [f32],
    /// [`flag`] bits a period.
    pub flags: &'a mut [u8],
}

fn pools(keys: &[SeriesKey], unsold: &[(SkuId, LocationId)]) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    for (i, key) in keys.iter().enumerate() {
        match pools.last_mut() {
            Some(pool) if pool.id() == key.pool() => pool.series.end = i + 1,
            _ => pools.push(Pool { sku: key.sku, location: key.location, series: i..i + 1 }),
        }
    }
    pools.extend(unsold.iter().map(|&(sku, location)| Pool { sku, location, series: 0..0 }));
    // Of a pool that is in both lists the one with series comes first and stays.
    pools.sort_by_key(|p| (p.id(), p.series.is_empty()));
    pools.dedup_by_key(|p| p.id());
    pools
}
