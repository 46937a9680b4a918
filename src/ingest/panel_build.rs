//! From sales rows to the dense panel: codes, starts, one scatter, then the flags that other tables know.
//!
//! The result does not depend on the order of rows: whole units add up exactly in `f32`, and where they would not (fractions,
//! more than 16.7 million a period) the rows are sorted first. Money is summed in whole ten-thousandths.

use super::days::date_of;
use super::names::Codes;
use super::sales::{Rows, SalesRows};
use crate::calendar::{Bucket, Calendar};
use crate::error::{Error, Result};
use crate::inputs::{Product, StockHistory, Stockout};
use crate::panel::{Panel, PanelParts, SalesTotals, SeriesKey, flag};
use crate::units::{LocationId, Money, SkuId};
use chrono::NaiveDate;
use std::path::Path;

/// A whole number this large is not told from its successor in `f32`.
const EXACT: f32 = 16_777_216.0;
/// A series that takes no part: it only has rows on or after the as-of date.
const NOWHERE: u32 = u32::MAX;
/// Rows placed in one go, small enough to stay in the cache.
const BLOCK_ROWS: usize = 1 << 18;
/// Bytes of the finished panel a cell: gross, cleaned and flags.
const CELL_BYTES: u64 = 9;

/// What the panel is built from besides sales.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// First day that is not history.
    pub(super) as_of: NaiveDate,
    /// Period length.
    pub(super) bucket: Bucket,
    /// By item.
    pub(super) products: &'a [Product],
    /// Known intervals without stock.
    pub(super) stockouts: &'a [Stockout],
    /// Sorted by (sku, location, date).
    pub(super) stock_history: &'a [StockHistory],
    /// Pools that may have no sales, sorted.
    pub(super) pools: &'a [(SkuId, LocationId)],
    /// Memory the panel may take, MiB.
    pub(super) memory_limit_mb: u64,
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
    offsets: Vec<usize>,
}

/// Builds the panel; returns it with the number of rows on or after the as-of date, which are ignored.
///
/// # Errors
/// If no row lies before the as-of date, or the panel would need more memory than allowed.
pub(super) fn build(sales: SalesRows, codes: &Codes<'_>, around: Around<'_>, data: &Path) -> Result<(Panel, u64)> {
    let frame = Frame::new(&sales, codes, around)
        .ok_or_else(|| Error::input(data, format!("no sales before the as-of date {}", around.as_of)))?;
    let cells = frame.offsets.last().copied().unwrap_or(0);
    let needed = cells as u64 * CELL_BYTES + sales.bytes();
    if needed > around.memory_limit_mb << 20 {
        let message = format!(
            "the panel of {} series needs about {} MiB, more than the {} allowed (memory_limit_mb)",
            frame.keys.len(),
            needed.div_ceil(1 << 20),
            around.memory_limit_mb
        );
        return Err(Error::input(data, message));
    }
    let mut parts = PanelParts { gross: vec![0.0; cells], flags: vec![0; cells], ..PanelParts::default() };
    let future = frame.scatter(&sales, &mut parts);
    drop(sales);
    frame.mark(&mut parts, around);
    parts.unsold_pools = around.pools.to_vec();
    parts.keys = frame.keys;
    parts.starts = frame.starts;
    Ok((Panel::new(frame.calendar, parts), future))
}

impl Frame {
    fn new(sales: &SalesRows, codes: &Codes<'_>, around: Around<'_>) -> Option<Self> {
        let end = super::days::day_number(around.as_of) - sales.first_day;
        let mut series: Vec<(SeriesKey, i32, u32)> = Vec::with_capacity(sales.series.len());
        for (at, name) in sales.series.iter().enumerate() {
            let key = SeriesKey {
                sku: codes.sku(&name.sku)?,
                location: codes.location(&name.location)?,
                channel: codes.channel(&name.channel)?,
            };
            let facts = sales.facts[at];
            let sold = i32::from(if facts.first_sale == u16::MAX { facts.first_row } else { facts.first_sale });
            let launched =
                around.products[key.sku.index()].launched.map_or(i32::MAX, |d| super::days::day_number(d) - sales.first_day);
            let start = sold.min(launched.max(0));
            if start < end && i32::from(facts.first_row) < end {
                series.push((key, start, u32::try_from(at).ok()?));
            }
        }
        series.sort_unstable_by_key(|(key, ..)| *key);
        let first = series.iter().map(|&(_, start, _)| start).min()?;
        let calendar = Calendar::new(around.bucket, around.as_of, date_of(sales.first_day + first));
        let period = |day: i32| u32::try_from(calendar.index(date_of(sales.first_day + day)).max(0)).unwrap_or(0);
        let periods: Vec<u32> = (first..end).map(period).collect();
        let mut spots = vec![Spot { base: 0, start: NOWHERE, position: 0 }; sales.series.len()];
        let mut offsets = vec![0];
        let mut starts = Vec::with_capacity(series.len());
        for (i, &(_, start, at)) in (0_u32..).zip(&series) {
            let start = periods[usize::try_from(start - first).ok()?];
            spots[at as usize] = Spot { base: offsets[i as usize] as i64 - i64::from(start), start, position: i };
            starts.push(start);
            offsets.push(offsets[i as usize] + calendar.history() - starts[i as usize] as usize);
        }
        let keys = series.into_iter().map(|(key, ..)| key).collect();
        Some(Self { calendar, first: usize::try_from(first).ok()?, periods, spots, keys, starts, offsets })
    }

    /// Where a row belongs and its period; `None` when it lies in the future or before its series begins.
    fn place(&self, rows: &Rows, row: usize) -> Option<(Spot, u32)> {
        let spot = self.spots[rows.series[row] as usize];
        let period = *self.periods.get((rows.day[row] as usize).checked_sub(self.first)?)?;
        (period >= spot.start).then_some((spot, period))
    }

    fn cell(&self, position: usize, period: usize) -> usize {
        self.offsets[position] + period - self.starts[position] as usize
    }

    /// Adds up gross units, returns, money and the rows' own marks in one pass; returns how many rows lie in the future.
    fn scatter(&self, sales: &SalesRows, parts: &mut PanelParts) -> u64 {
        let end = self.first + self.periods.len();
        let exact = !sales.fractional && sales.facts.iter().all(|f| f.units < EXACT);
        let mut sums = vec![Sums::default(); self.keys.len()];
        let mut back = Vec::new();
        let mut future = 0;
        let rows = &sales.rows;
        let mut order = Vec::new();
        for first in (0..rows.series.len()).step_by(BLOCK_ROWS) {
            by_neighbourhood(&rows.series[first..(first + BLOCK_ROWS).min(rows.series.len())], &mut order);
            for row in order.iter().map(|&row| first + row as usize) {
                let Some((spot, period)) = self.place(rows, row) else {
                    future += u64::from(rows.day[row] as usize >= end);
                    continue;
                };
                let (cell, units) = (spot.cell(period), rows.units[row]);
                if rows.marks[row] != 0 {
                    parts.flags[cell] |= rows.marks[row];
                }
                if units < 0.0 {
                    back.push((spot.position as usize, period, -units));
                } else if exact {
                    parts.gross[cell] += units;
                }
                if let Some(&revenue) = rows.revenue.get(row) {
                    sums[spot.position as usize].add(revenue, units, end - rows.day[row] as usize);
                }
            }
        }
        if !exact {
            self.scatter_sorted(sales, &mut parts.gross);
        }
        parts.returns = self.returns(back, &mut parts.flags);
        parts.totals = sums.iter().map(Sums::totals).collect();
        future
    }

    /// The same sums in an order that does not depend on the rows'.
    fn scatter_sorted(&self, sales: &SalesRows, gross: &mut [f32]) {
        gross.fill(0.0);
        let mut sold: Vec<(usize, f32)> = Vec::new();
        let rows = &sales.rows;
        let positive = (0..rows.series.len()).filter(|&row| rows.units[row] > 0.0);
        sold.extend(positive.filter_map(|row| self.place(rows, row).map(|(spot, t)| (spot.cell(t), rows.units[row]))));
        sold.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut rest = sold.as_slice();
        while let Some(&(cell, _)) = rest.first() {
            let (same, next) = rest.split_at(rest.partition_point(|&(c, _)| c == cell));
            #[expect(clippy::cast_possible_truncation, reason = "the panel holds f32")]
            let sum = same.iter().map(|&(_, units)| f64::from(units)).sum::<f64>() as f32;
            gross[cell] = sum;
            rest = next;
        }
    }

    /// Returned units by series and period, flagged.
    fn returns(&self, mut rows: Vec<(usize, u32, f32)>, flags: &mut [u8]) -> Vec<Vec<(u32, f32)>> {
        rows.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let mut returns: Vec<Vec<(u32, f32)>> = vec![Vec::new(); self.keys.len()];
        for (position, period, units) in rows {
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
                let here =
                    stockout.location.is_none_or(|l| l == key.location) && stockout.channel.is_none_or(|c| c == key.channel);
                if here {
                    self.mark_days(i, (stockout.start, stockout.end), |cell| parts.flags[cell] |= flag::STOCKOUT);
                }
            }
        }
        self.mark_empty_shelves(parts, around.stock_history);
        let (gross, flags) = (&parts.gross, &mut parts.flags);
        for (i, key) in self.keys.iter().enumerate() {
            let Some(launched) = around.products[key.sku.index()].launched else { continue };
            let inactive = |cell: usize| {
                if gross[cell] == 0.0 {
                    flags[cell] |= flag::INACTIVE
                }
            };
            self.mark_days(i, (NaiveDate::MIN, launched - chrono::Duration::days(1)), inactive);
        }
    }

    /// Flags periods whose every recorded stock is zero; a day with a sale is not one of them, it only ended empty.
    fn mark_empty_shelves(&self, parts: &mut PanelParts, history: &[StockHistory]) {
        let period = |h: &StockHistory| (h.sku, h.location, self.calendar.index(h.date));
        for same in history.chunk_by(|a, b| period(a) == period(b)).filter(|rows| rows.iter().all(|h| h.on_hand.0 == 0)) {
            let (sku, location, period) = period(&same[0]);
            for i in self.series_of(sku).filter(|&i| self.keys[i].location == location) {
                let Some(period) = usize::try_from(period).ok().filter(|&t| t >= self.starts[i] as usize) else { continue };
                let cell = self.cell(i, period);
                if parts.gross[cell] == 0.0 || self.calendar.bucket() != Bucket::Day {
                    parts.flags[cell] |= flag::STOCKOUT;
                }
            }
        }
    }

    fn series_of(&self, sku: SkuId) -> std::ops::Range<usize> {
        self.keys.partition_point(|k| k.sku < sku)..self.keys.partition_point(|k| k.sku <= sku)
    }

    /// Calls `mark` with the cells of series `i` at least half of whose days lie in `first..=last`.
    fn mark_days(&self, i: usize, (first, last): (NaiveDate, NaiveDate), mut mark: impl FnMut(usize)) {
        let start = i64::from(self.starts[i]);
        let end = self.calendar.history() as i64;
        let from = if first <= self.calendar.start(start) { start } else { self.calendar.index(first) };
        let to = if last >= self.calendar.as_of() { end - 1 } else { self.calendar.index(last) };
        for period in from.max(start)..=to.min(end - 1) {
            let (opens, closes) = (self.calendar.start(period), self.calendar.start(period + 1));
            let inside = (closes.min(last.succ_opt().unwrap_or(last)) - opens.max(first)).num_days();
            if 2 * inside >= (closes - opens).num_days() {
                mark(self.cell(i, usize::try_from(period).expect("clamped to the axis")));
            }
        }
    }
}

/// Rows in an order that keeps neighbouring series together, so that one pass over a batch stays in few pages of the panel.
fn by_neighbourhood(series: &[u32], order: &mut Vec<u32>) {
    const SHIFT: u32 = 7;
    let groups = series.iter().max().map_or(0, |&m| (m >> SHIFT) as usize + 1);
    let mut next = vec![0_u32; groups + 1];
    series.iter().for_each(|&s| next[(s >> SHIFT) as usize + 1] += 1);
    (1..=groups).for_each(|g| next[g] += next[g - 1]);
    order.clear();
    order.resize(series.len(), 0);
    for (row, &s) in (0_u32..).zip(series) {
        let at = &mut next[(s >> SHIFT) as usize];
        order[*at as usize] = row;
        *at += 1;
    }
}

/// Money and units of one series, in whole ten-thousandths: sums that do not depend on their order.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    year: i64,
    quarter: i64,
    gross: i64,
    units: i64,
}

impl Sums {
    /// Adds a row of this revenue (NaN = unknown) and units, `age` days before the as-of date.
    fn add(&mut self, revenue: f32, units: f32, age: usize) {
        if revenue.is_nan() {
            return;
        }
        let amount = ten_thousandths(revenue);
        if age <= 365 {
            self.year += amount;
        }
        if age <= 90 {
            self.quarter += amount;
        }
        if units > 0.0 {
            self.gross += amount;
            self.units += ten_thousandths(units);
        }
    }

    fn totals(&self) -> SalesTotals {
        let units = |sum: i64| sum as f64 / Money::SCALE as f64;
        SalesTotals {
            revenue_365: units(self.year),
            revenue_90: units(self.quarter),
            gross_revenue: units(self.gross),
            priced_units: units(self.units),
        }
    }
}

/// The nearest whole ten-thousandth.
fn ten_thousandths(amount: f32) -> i64 {
    let scaled = f64::from(amount) * Money::SCALE as f64;
    #[expect(clippy::cast_possible_truncation, reason = "amounts are bounded by the reader")]
    let nearest = (scaled + 0.5_f64.copysign(scaled)) as i64;
    nearest
}
