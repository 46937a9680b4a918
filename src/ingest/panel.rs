//! From sales rows to the dense panel: codes, starts, one scatter, then the flags that other tables
//! know.
//!
//! The result does not depend on the order of rows: whole units add up exactly in `f32`, and where
//! they would not (fractions, more than 16.7 million a period) the rows are sorted first. Money is
//! summed in whole ten-thousandths.

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::error::{Error, Result};
use crate::domain::inputs::{Product, StockHistory, Stockout, is_here};
use crate::domain::panel::{Heir, Panel, PanelParts, SalesTotals, SeriesKey, flag};
use crate::domain::units::{ChannelId, LocationId, Money, SkuId};
use crate::ingest::cells::days::date_of;
use crate::ingest::heirs::{self, Expectations, Planned};
use crate::ingest::names::Codes;
use crate::ingest::tables::sales::{Rows, SalesRows};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;

/// A whole number this large is not told from its successor in `f32`.
const EXACT: f32 = 16_777_216.0;
/// A series that takes no part: it only has rows on or after the as-of date.
const NOWHERE: u32 = u32::MAX;
/// Rows put in order in one go. In rows of one day after the other a block has a few weeks, so that
/// a line of the panel's memory is fetched for all of its days at once.
const BLOCK_ROWS: usize = 1 << 19;
/// Neighbouring series whose rows are kept together.
const GROUP: usize = 128;
/// Parts of the panel that are filled side by side.
const SHARES: usize = 32;
/// Days between two records of an empty shelf up to which the days between them are filled: a
/// monthly snapshot.
const SNAPSHOT_DAYS: i64 = 31;
/// Bytes a cell of the panel stands for: cleaned units and flags, five of them, gross units where
/// they are others, and what a night makes of them.
const CELL_BYTES: u64 = 9;

/// What the panel is built from besides sales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// By item, whether its history is to be there; empty for all.
    pub(crate) here: &'a [bool],
    /// First day that is not history.
    pub(crate) as_of: NaiveDate,
    /// Period length.
    pub(crate) bucket: Bucket,
    /// By item.
    pub(crate) products: &'a [Product],
    /// Known intervals without stock.
    pub(crate) stockouts: &'a [Stockout],
    /// Sorted by (sku, location, date).
    pub(crate) stock_history: &'a [StockHistory],
    /// Pools that may have no sales, sorted.
    pub(crate) pools: &'a [(SkuId, LocationId)],
    /// Items, and channels where named, that planners have entered units for.
    pub(crate) awaited: &'a [(SkuId, Option<ChannelId>)],
    /// Memory that all tables and the panel may take, MiB.
    pub(crate) memory_limit_mb: u64,
    /// What the other tables take of it, bytes.
    pub(crate) held: u64,
}

/// Where the rows of one series go.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// Cell of period 0, were the series that long.
    base: i64,
    /// First period, [`NOWHERE`] = the series takes no part.
    start: u32,
    /// Position in the panel.
    position: u32,
}

impl Spot {
    fn cell(self, period: u32) -> usize {
        usize::try_from(self.base + i64::from(period)).expect("periods start with the series")
    }
}

/// The axis and the series on it.
struct Frame {
    calendar: Calendar,
    /// First day of the axis, in the days of [`Rows::day`]; periods of the days after it.
    first: usize,
    periods: Vec<u32>,
    /// By series of [`SalesRows`].
    spots: Vec<Spot>,
    keys: Vec<SeriesKey>,
    starts: Vec<u32>,
    own_starts: Vec<u32>,
    heirs: Vec<(Heir, usize)>,
    offsets: Vec<usize>,
}

/// The panel, and what else the rows say of its periods.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) panel: Panel,
    /// Rows on or after the as-of date, which are ignored.
    pub(crate) future_rows: u64,
    /// Whether anything was sold. `[locations][history]`
    pub(crate) sold_periods: Vec<Vec<bool>>,
}

/// Builds the panel.
///
/// # Errors
/// If no row lies before the as-of date, or the panel would need more memory than allowed.
pub(crate) fn build(
    sales: SalesRows,
    codes: &Codes<'_>,
    around: Around<'_>,
    data: &Path,
) -> Result<Built> {
    let frame = Frame::new(&sales, codes, around).ok_or_else(|| {
        Error::input(data, format!("no sales before the as-of date {}", around.as_of))
    })?;
    let cells = frame.offsets.last().copied().unwrap_or(0);
    // Asked before anything is reserved: a refusal with a figure instead of a kill by the system.
    let needed = cells as u64 * CELL_BYTES + sales.bytes() + around.held;
    if needed > around.memory_limit_mb << 20 {
        let message = format!(
            "the panel of {} series and the other tables need about {} MiB, more than the {} \
             allowed (memory_limit_mb)",
            frame.keys.len(),
            needed.div_ceil(1 << 20),
            around.memory_limit_mb
        );
        return Err(Error::input(data, message));
    }
    let mut parts =
        PanelParts { gross: vec![0.0; cells], flags: vec![0; cells], ..PanelParts::default() };
    let future_rows = frame.scatter(&sales, &mut parts);
    let sold_periods = frame.sold_periods(&sales, codes);
    // The rows are the largest thing in memory, and all that is wanted of them is in the panel.
    drop(sales);
    frame.mark(&mut parts, around);
    parts.unsold_pools = around.pools.to_vec();
    parts.keys = frame.keys;
    parts.starts = frame.starts;
    parts.own_starts = frame.own_starts;
    parts.heirs = frame.heirs;
    Ok(Built { panel: Panel::new(frame.calendar, parts), future_rows, sold_periods })
}

impl Frame {
    fn new(sales: &SalesRows, codes: &Codes<'_>, around: Around<'_>) -> Option<Self> {
        let end = crate::ingest::cells::days::day_number(around.as_of) - sales.first_day;
        let mut series: Vec<Planned> = Vec::with_capacity(sales.series.len());
        let launch_day = |sku: SkuId| {
            let launched = around.products[sku.index()].launched?;
            Some(crate::ingest::cells::days::day_number(launched) - sales.first_day)
        };
        for (at, name) in sales.series.iter().enumerate() {
            let key = SeriesKey {
                sku: codes.sku(&name.sku)?,
                location: codes.location(&name.location)?,
                channel: codes.channel(&name.channel)?,
            };
            let facts = sales.facts[at];
            // A series of returns alone begins with its first row.
            let sold = i32::from(if facts.first_sale == u16::MAX {
                facts.first_row
            } else {
                facts.first_sale
            });
            // Days on offer without a sale are evidence: history begins with the launch.
            let start = sold.min(launch_day(key.sku).map_or(i32::MAX, |day| day.max(0)));
            // Rows of the morning itself or later are not known yet; a series of nothing else is
            // not there.
            if start < end && i32::from(facts.first_row) < end {
                let sold = Some(u32::try_from(at).ok()?);
                series.push(Planned { key, start, own_start: start, sold });
            }
        }
        let expectations = Expectations {
            products: around.products,
            pools: around.pools,
            awaited: around.awaited,
            end,
        };
        let first = series.iter().map(|planned| planned.start).min()?;
        // Before the calendar is made: who is to come has a place in it, too.
        let mut heirs = heirs::add_expected(&mut series, &expectations, launch_day);
        // Whole families are here, or none of them.
        heirs.retain(|(heir, _)| is_here(around.here, heir.series.sku));
        series.sort_unstable_by_key(|planned| planned.key);
        let calendar = Calendar::new(around.bucket, around.as_of, date_of(sales.first_day + first));
        // By table: the calendar would be asked once a row, of millions.
        let mut periods: Vec<u32> = Vec::new();
        for day in first..end {
            let period = calendar.index(date_of(sales.first_day + day)).max(0);
            periods.push(u32::try_from(period).unwrap_or(0));
        }
        let mut spots = vec![Spot { base: 0, start: NOWHERE, position: 0 }; sales.series.len()];
        let mut offsets = vec![0];
        let mut starts = Vec::with_capacity(series.len());
        let mut own_starts = Vec::with_capacity(series.len());
        for (i, planned) in (0_u32..).zip(&series) {
            if !is_here(around.here, planned.key.sku) {
                // It has its place, and no history.
                let history = u32::try_from(calendar.history()).ok()?;
                starts.push(history);
                own_starts.push(history);
                offsets.push(offsets[i as usize]);
                continue;
            }
            let start = periods[usize::try_from(planned.start.max(first) - first).ok()?];
            if let Some(at) = planned.sold {
                spots[at as usize] = Spot {
                    base: offsets[i as usize] as i64 - i64::from(start),
                    start,
                    position: i,
                };
            }
            let own = usize::try_from(planned.own_start.max(first) - first).ok()?;
            own_starts
                .push(periods.get(own).copied().unwrap_or(u32::try_from(calendar.history()).ok()?));
            starts.push(start);
            offsets.push(offsets[i as usize] + calendar.history() - starts[i as usize] as usize);
        }
        let keys: Vec<SeriesKey> = series.iter().map(|planned| planned.key).collect();
        let mut placed = Vec::with_capacity(heirs.len());
        for (heir, source) in heirs {
            let Heir { series, factor, successor } = heir;
            if let (Ok(series), Ok(source)) =
                (keys.binary_search(&series), keys.binary_search(&source))
            {
                placed.push((Heir { series, factor, successor }, source));
            }
        }
        Some(Self {
            calendar,
            first: usize::try_from(first).ok()?,
            periods,
            spots,
            keys,
            starts,
            own_starts,
            heirs: placed,
            offsets,
        })
    }

    /// Whether anything was sold at each location in each period.
    fn sold_periods(&self, sales: &SalesRows, codes: &Codes<'_>) -> Vec<Vec<bool>> {
        let mut sold = vec![vec![false; self.calendar.history()]; codes.locations()];
        for (location, days) in sales.sold_on() {
            let Some(location) = codes.location(location) else { continue };
            for (day, &period) in self.periods.iter().enumerate() {
                if days.has(self.first + day) {
                    sold[location.index()][period as usize] = true;
                }
            }
        }
        sold
    }

    /// Where a row belongs and its period; `None` when it lies in the future or before its series
    /// begins.
    fn place(&self, rows: &Rows, row: usize) -> Option<(Spot, u32)> {
        let spot = self.spots[rows.series[row] as usize];
        let period = *self.periods.get((rows.day[row] as usize).checked_sub(self.first)?)?;
        (period >= spot.start).then_some((spot, period))
    }

    /// The group of neighbours in the panel that a series of the sales rows belongs to.
    fn group_of(&self, series: u32) -> usize {
        self.spots[series as usize].position as usize / GROUP
    }

    fn cell(&self, position: usize, period: usize) -> usize {
        self.offsets[position] + period - self.starts[position] as usize
    }

    /// Adds up gross units, returns, money and the rows' own marks; returns how many rows lie in
    /// the future.
    ///
    /// Blocks of rows are put in order of the panel, then each share of the panel takes its rows of
    /// every block.
    fn scatter(&self, sales: &SalesRows, parts: &mut PanelParts) -> u64 {
        // Sums of whole numbers below 2^24 are exact in single precision, in any order of the rows.
        let exact = !sales.fractional && sales.facts.iter().all(|f| f.units < EXACT);
        let rows = &sales.rows;
        let mut shares = self.shares(parts);
        let blocks: Vec<usize> = (0..rows.series.len()).step_by(BLOCK_ROWS).collect();
        // No more blocks at once than threads: each holds the order of its rows.
        for wave in blocks.chunks(rayon::current_num_threads()) {
            let ordered: Vec<Ordered> =
                wave.par_iter().map(|&first| Ordered::new(self, &rows.series, first)).collect();
            shares.par_iter_mut().for_each(|share| {
                let groups = share.groups.clone();
                let mine = ordered.iter().flat_map(|block| block.of(&groups));
                mine.for_each(|row| share.take(self, rows, row, exact));
            });
        }
        shares.par_iter_mut().for_each(|share| share.back.sort_unstable_by(Back::order));
        let future = shares.iter().map(|share| share.future).sum();
        let back = shares.iter_mut().flat_map(|share| std::mem::take(&mut share.back)).collect();
        parts.totals =
            shares.into_iter().flat_map(|share| share.sums).map(|sums| sums.totals()).collect();
        if !exact {
            self.scatter_sorted(sales, &mut parts.gross);
        }
        parts.returns = self.returns(back, &mut parts.flags);
        future
    }

    /// The panel cut into shares of neighbouring series.
    fn shares<'p>(&self, parts: &'p mut PanelParts) -> Vec<Share<'p>> {
        let (mut gross, mut flags) = (parts.gross.as_mut_slice(), parts.flags.as_mut_slice());
        let groups = self.keys.len().div_ceil(GROUP);
        let per_share = groups.div_ceil(SHARES).max(1);
        let mut shares = Vec::new();
        for first in (0..groups).step_by(per_share) {
            let groups = first..(first + per_share).min(groups);
            let series = groups.start * GROUP..(groups.end * GROUP).min(self.keys.len());
            let cells = self.offsets[series.start]..self.offsets[series.end];
            shares.push(Share {
                groups,
                first_series: series.start,
                first_cell: cells.start,
                gross: gross.split_off_mut(..cells.len()).expect("series fill the value buffer"),
                flags: flags.split_off_mut(..cells.len()).expect("one flag byte a value"),
                sums: vec![Sums::default(); series.len()],
                back: Vec::new(),
                future: 0,
            });
        }
        shares
    }

    /// The same sums in an order that does not depend on the rows'.
    fn scatter_sorted(&self, sales: &SalesRows, gross: &mut [f32]) {
        gross.fill(0.0);
        let mut sold: Vec<(usize, f32)> = Vec::new();
        let rows = &sales.rows;
        let positive = (0..rows.series.len()).filter(|&row| rows.units[row] > 0.0);
        sold.extend(positive.filter_map(|row| {
            self.place(rows, row).map(|(spot, t)| (spot.cell(t), rows.units[row]))
        }));
        // By amount within a cell: however the files are split or sorted, the sum is the same.
        sold.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut rest = sold.as_slice();
        while let Some(&(cell, _)) = rest.first() {
            let (same, next) = rest.split_at(rest.partition_point(|&(c, _)| c == cell));
            #[expect(clippy::cast_possible_truncation, reason = "the panel holds f32")]
            let sum = same.iter().map(|&(_, units)| f64::from(units)).sum::<f64>() as f32;
            // Added up in double precision and rounded once: single precision would keep the error
            // of every step.
            gross[cell] = sum;
            rest = next;
        }
    }

    /// Returned units by series and period, flagged; `rows` in that order.
    fn returns(&self, rows: Vec<Back>, flags: &mut [u8]) -> Vec<Vec<(u32, f32)>> {
        let mut returns: Vec<Vec<(u32, f32)>> = vec![Vec::new(); self.keys.len()];
        for Back { position, period, units } in rows {
            flags[self.cell(position, period as usize)] |= flag::RETURNED;
            match returns[position].last_mut() {
                Some((last, sum)) if *last == period => *sum += units,
                _ => returns[position].push((period, units)),
            }
        }
        returns
    }

    /// Flags what other tables know: days without stock, days before the launch.
    fn mark(&self, parts: &mut PanelParts, around: Around<'_>) {
        for stockout in around.stockouts {
            for i in self.series_of(stockout.sku) {
                let key = self.keys[i];
                let here = stockout.location.is_none_or(|l| l == key.location)
                    && stockout.channel.is_none_or(|c| c == key.channel);
                if here {
                    self.mark_days(i, (stockout.start, stockout.end), |cell| {
                        parts.flags[cell] |= flag::STOCKOUT
                    });
                }
            }
        }
        self.mark_empty_shelves(parts, around.stock_history);
        let (gross, flags) = (&parts.gross, &mut parts.flags);
        for (i, key) in self.keys.iter().enumerate() {
            let Some(launched) = around.products[key.sku.index()].launched else { continue };
            let before = (NaiveDate::MIN, launched - chrono::Duration::days(1));
            self.mark_days(i, before, |cell| {
                // Sold before its launch, as pre-orders are: then the day counts.
                if gross[cell] == 0.0 {
                    flags[cell] |= flag::INACTIVE
                }
            });
        }
        // What it inherits, or only waits for, is not of its own time.
        for (i, (&start, &own_start)) in self.starts.iter().zip(&self.own_starts).enumerate() {
            for period in start..own_start {
                flags[self.cell(i, period as usize)] |= flag::INACTIVE;
            }
        }
    }

    /// Flags days that ended with an empty shelf and sold nothing, and the days between two such
    /// records: stock leaves a shelf by a sale. A day with a sale is not one of them, it only ended
    /// empty; longer periods are, where most of their days are.
    fn mark_empty_shelves(&self, parts: &mut PanelParts, history: &[StockHistory]) {
        for records in history.chunk_by(|a, b| (a.sku, a.location) == (b.sku, b.location)) {
            let location = records[0].location;
            let series: Vec<usize> = self
                .series_of(records[0].sku)
                .filter(|&i| self.keys[i].location == location)
                .collect();
            if series.is_empty() {
                continue;
            }
            for empty in self.empty_intervals(parts, &series, records) {
                for &i in &series {
                    let (gross, flags) = (&parts.gross, &mut parts.flags);
                    self.mark_days(i, empty, |cell| {
                        // A day that sold was no day without stock, whatever was counted; a week or
                        // month may have sold before it ran dry.
                        if gross[cell] == 0.0 || self.calendar.bucket() != Bucket::Day {
                            flags[cell] |= flag::STOCKOUT;
                        }
                    });
                }
            }
        }
    }

    /// Days, first and last, on which a pool's shelf is known to have been empty.
    ///
    /// Records of a shelf that come once a week leave days around an empty one: of an item that
    /// sells on most days, those without a sale are empty, too, from its last sale to its next.
    /// Eight a day, out of stock for ten days around one record, passed for 6.6.
    fn empty_intervals(
        &self,
        parts: &PanelParts,
        series: &[usize],
        records: &[StockHistory],
    ) -> Vec<(NaiveDate, NaiveDate)> {
        let mut intervals: Vec<(NaiveDate, NaiveDate)> = Vec::new();
        if records.iter().all(|record| record.on_hand.0 > 0) {
            return intervals;
        }
        let steady = self.sells_on_most_days(parts, series);
        let mut before: Option<Record> = None;
        for same in records.chunk_by(|a, b| a.date == b.date) {
            let day = same[0].date;
            // Below zero is sold and not booked in yet: there was nothing to take from the shelf.
            let empty = same.iter().all(|record| record.on_hand.0 <= 0);
            // Between records further apart than a monthly snapshot anything may have happened:
            // neither speaks for the days between.
            let near = before.filter(|last| (day - last.day).num_days() <= SNAPSHOT_DAYS);
            let gap = near.map(|last| self.days_without_sale(parts, series, last.day, day));
            match (near, gap) {
                // Nothing sold since the last record: it was empty all along.
                (Some(last), Some(gap)) if last.empty && empty && gap.is_whole() => {
                    if let Some(interval) = intervals.last_mut() {
                        interval.1 = day;
                    }
                }
                (Some(last), Some(gap)) => {
                    if last.empty
                        && steady
                        && let Some(interval) = intervals.last_mut()
                    {
                        interval.1 = gap.until_sale;
                    }
                    // What sold on the very day was there until then, and nothing leaves a full
                    // shelf but by a sale.
                    let since = steady
                        && (last.empty || !gap.is_whole())
                        && !self.sold_on_day(parts, series, day);
                    if empty {
                        intervals.push((if since { gap.since_sale } else { day }, day));
                    }
                }
                (None, _) if empty => intervals.push((day, day)),
                (None, _) | (Some(_), None) => {}
            }
            before = Some(Record { day, empty });
        }
        intervals
    }

    /// Whether some series together sold on more than half of their days; of longer periods nothing
    /// is known of days.
    fn sells_on_most_days(&self, parts: &PanelParts, series: &[usize]) -> bool {
        if self.calendar.bucket() != Bucket::Day {
            return false;
        }
        let first = series.iter().map(|&i| self.starts[i]).min().unwrap_or(0) as usize;
        let days = first..self.calendar.history();
        let length = days.len();
        let selling = days.filter(|&day| self.sold_on(parts, series, day)).count();
        // More than half of its days: then a day without a sale speaks against an item, and not for
        // a quiet one.
        2 * selling > length
    }

    /// Whether one of some series sold in a period.
    fn sold_on(&self, parts: &PanelParts, series: &[usize], period: usize) -> bool {
        let sold = |&i: &usize| {
            self.starts[i] as usize <= period && parts.gross[self.cell(i, period)] > 0.0
        };
        series.iter().any(sold)
    }

    fn sold_on_day(&self, parts: &PanelParts, series: &[usize], day: NaiveDate) -> bool {
        usize::try_from(self.calendar.index(day))
            .is_ok_and(|t| t < self.calendar.history() && self.sold_on(parts, series, t))
    }

    /// The days without a sale at both ends of the time after the day `last` and before the day
    /// `next`. In longer periods only those wholly between the two can tell.
    fn days_without_sale(
        &self,
        parts: &PanelParts,
        series: &[usize],
        last: NaiveDate,
        next: NaiveDate,
    ) -> Gap {
        let from = usize::try_from(self.calendar.index(last) + 1).unwrap_or(0);
        let to = usize::try_from(self.calendar.index(next)).unwrap_or(0);
        let mut sales =
            (from..to.min(self.calendar.history())).filter(|&t| self.sold_on(parts, series, t));
        let day = |period: usize| self.calendar.start(period as i64);
        match sales.next() {
            None => Gap {
                until_sale: next - chrono::Days::new(1),
                since_sale: last + chrono::Days::new(1),
            },
            Some(first) => Gap {
                until_sale: (day(first) - chrono::Days::new(1)).max(last),
                since_sale: day(sales.next_back().unwrap_or(first) + 1).min(next),
            },
        }
    }

    fn series_of(&self, sku: SkuId) -> std::ops::Range<usize> {
        self.keys.partition_point(|k| k.sku < sku)..self.keys.partition_point(|k| k.sku <= sku)
    }

    /// Calls `mark` with the cells of series `i` at least half of whose days lie in `first..=last`.
    fn mark_days(
        &self,
        i: usize,
        (first, last): (NaiveDate, NaiveDate),
        mut mark: impl FnMut(usize),
    ) {
        let start = i64::from(self.starts[i]);
        let end = self.calendar.history() as i64;
        let from =
            if first <= self.calendar.start(start) { start } else { self.calendar.index(first) };
        let to = if last >= self.calendar.as_of() { end - 1 } else { self.calendar.index(last) };
        for period in from.max(start)..=to.min(end - 1) {
            let is_meant = match self.calendar.bucket() {
                Bucket::Day => true,
                Bucket::Week | Bucket::Month => self.is_half_in(period, first, last),
            };
            if is_meant {
                mark(self.cell(i, usize::try_from(period).expect("clamped to the axis")));
            }
        }
    }

    /// Whether at least half of the days of a period lie in `first..=last`.
    fn is_half_in(&self, period: i64, first: NaiveDate, last: NaiveDate) -> bool {
        let opens = self.calendar.start(period);
        let closes = self.calendar.start(period + 1);
        let after_last = last.succ_opt().unwrap_or(last);
        let inside = (closes.min(after_last) - opens.max(first)).num_days();
        // From half of it on a period tells more of the interval than of itself.
        2 * inside >= (closes - opens).num_days()
    }
}

/// What the stock history says of one day.
#[derive(Debug, Clone, Copy)]
struct Record {
    day: NaiveDate,
    empty: bool,
}

/// Days without a sale between two records: up to the first sale, and since the last one.
#[derive(Debug, Clone, Copy)]
struct Gap {
    until_sale: NaiveDate,
    since_sale: NaiveDate,
}

impl Gap {
    /// Whether there was no sale at all.
    fn is_whole(&self) -> bool {
        self.since_sale <= self.until_sale.succ_opt().unwrap_or(self.until_sale)
    }
}

/// A block of rows in the order of the panel, by groups of series, so that one pass over a group
/// stays in few pages.
struct Ordered {
    /// Where each group's rows begin in `rows`. `[groups + 1]`
    begins: Vec<u32>,
    rows: Vec<u32>,
}

impl Ordered {
    /// The block of rows that starts at row `first`.
    fn new(frame: &Frame, series: &[u32], first: usize) -> Self {
        let block = &series[first..(first + BLOCK_ROWS).min(series.len())];
        let mut begins = vec![0_u32; frame.keys.len().div_ceil(GROUP) + 1];
        block.iter().for_each(|&s| begins[frame.group_of(s) + 1] += 1);
        (1..begins.len()).for_each(|g| begins[g] += begins[g - 1]);
        let mut next = begins.clone();
        let mut rows = vec![0; block.len()];
        for (row, &s) in (first..).zip(block) {
            let at = &mut next[frame.group_of(s)];
            rows[*at as usize] = u32::try_from(row).expect("fewer than four thousand million rows");
            *at += 1;
        }
        Self { begins, rows }
    }

    /// The rows of neighbouring groups.
    fn of(&self, groups: &Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let rows = self.begins[groups.start] as usize..self.begins[groups.end] as usize;
        self.rows[rows].iter().map(|&row| row as usize)
    }
}

/// Units that came back.
struct Back {
    /// Of the series, in the panel.
    position: usize,
    period: u32,
    units: f32,
}

impl Back {
    /// By series and period; by units, too, so that sums do not depend on the order of rows.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        (self.position, self.period)
            .cmp(&(other.position, other.period))
            .then(self.units.total_cmp(&other.units))
    }
}

/// Some groups of neighbouring series, to be filled by one thread.
struct Share<'a> {
    groups: Range<usize>,
    first_series: usize,
    first_cell: usize,
    gross: &'a mut [f32],
    flags: &'a mut [u8],
    /// By series.
    sums: Vec<Sums>,
    back: Vec<Back>,
    /// Rows on or after the as-of date.
    future: u64,
}

impl Share<'_> {
    /// Adds one row; its units only where such sums are `exact`.
    fn take(&mut self, frame: &Frame, rows: &Rows, row: usize, exact: bool) {
        let end = frame.first + frame.periods.len();
        let Some((spot, period)) = frame.place(rows, row) else {
            self.future += u64::from(rows.day[row] as usize >= end);
            return;
        };
        let (cell, units) = (spot.cell(period) - self.first_cell, rows.units[row]);
        if rows.marks[row] != 0 {
            self.flags[cell] |= rows.marks[row];
        }
        if units < 0.0 {
            self.back.push(Back { position: spot.position as usize, period, units: -units });
        } else if exact {
            self.gross[cell] += units;
        }
        if let Some(&revenue) = rows.revenue.get(row) {
            self.sums[spot.position as usize - self.first_series].add(
                revenue,
                units,
                end - rows.day[row] as usize,
            );
        }
    }
}

/// Money and units of one series, in whole ten-thousandths: sums that do not depend on their order.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    year: i64,
    year_units: i64,
    quarter: i64,
    quarter_units: i64,
    gross: i64,
    units: i64,
}

impl Sums {
    /// Adds a row of this revenue (NaN = unknown) and units, `age` days before the as-of date.
    fn add(&mut self, revenue: f32, units: f32, age: usize) {
        // A row without an amount has units whose price nobody knows: they would pull the average
        // price towards nothing.
        if revenue.is_nan() {
            return;
        }
        let amount = ten_thousandths(revenue);
        // Counted in days back from the last period's end, so that both sums end on the same
        // evening.
        if age <= 365 {
            self.year += amount;
            self.year_units += ten_thousandths(units);
        }
        if age <= 90 {
            self.quarter += amount;
            self.quarter_units += ten_thousandths(units);
        }
        if units > 0.0 {
            self.gross += amount;
            self.units += ten_thousandths(units);
        }
    }

    fn totals(&self) -> SalesTotals {
        SalesTotals {
            revenue_365: from_ten_thousandths(self.year),
            revenue_90: from_ten_thousandths(self.quarter),
            priced_365: from_ten_thousandths(self.year_units),
            priced_90: from_ten_thousandths(self.quarter_units),
            gross_revenue: from_ten_thousandths(self.gross),
            priced_units: from_ten_thousandths(self.units),
        }
    }
}

fn from_ten_thousandths(sum: i64) -> f64 {
    sum as f64 / Money::SCALE as f64
}

/// The nearest whole ten-thousandth.
fn ten_thousandths(amount: f32) -> i64 {
    let scaled = f64::from(amount) * Money::SCALE as f64;
    #[expect(clippy::cast_possible_truncation, reason = "amounts are bounded by the reader")]
    // To the nearest, away from zero at a half, as `Money` rounds: the sum of rows is then the
    // amount that a till would print.
    let nearest = (scaled + 0.5_f64.copysign(scaled)) as i64;
    nearest
}
