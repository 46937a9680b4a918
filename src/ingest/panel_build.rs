//! From sales rows to the dense panel: codes, starts, one scatter, then the flags that other tables know.
//!
//! The result does not depend on the order of rows: whole units add up exactly in `f32`, and where they would not (fractions,
//! more than 16.7 million a period) the rows are sorted first. Money is summed in whole ten-thousandths.

use super::names::Codes;
use super::sales::{Batch, SalesRows};
use super::values::date_of;
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

/// The axis and the series on it.
struct Frame {
    calendar: Calendar,
    /// First day of the axis, in the days of [`Batch::day`]; periods of the days after it.
    first: usize,
    periods: Vec<u32>,
    /// Position in the panel by series of [`SalesRows`], [`NOWHERE`] = none.
    position: Vec<u32>,
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
    let needed_mb = (cells as u64 * CELL_BYTES + sales.bytes()) >> 20;
    if needed_mb > around.memory_limit_mb {
        let message = format!(
            "the panel of {} series needs about {needed_mb} MiB, more than the {} allowed (memory_limit_mb)",
            frame.keys.len(),
            around.memory_limit_mb
        );
        return Err(Error::input(data, message));
    }
    let mut parts = PanelParts { gross: vec![0.0; cells], flags: vec![0; cells], ..PanelParts::default() };
    let future = frame.scatter(&sales, &mut parts);
    parts.returns = frame.returns(&sales, &mut parts.flags);
    parts.totals = frame.totals(&sales);
    drop(sales);
    frame.mark(&mut parts, around);
    parts.unsold_pools = around.pools.to_vec();
    parts.keys = frame.keys;
    parts.starts = frame.starts;
    Ok((Panel::new(frame.calendar, parts), future))
}

impl Frame {
    fn new(sales: &SalesRows, codes: &Codes<'_>, around: Around<'_>) -> Option<Self> {
        let end = super::values::day_number(around.as_of) - sales.first_day;
        let first_sale = first_sales(sales);
        let mut series: Vec<(SeriesKey, i32, u32)> = Vec::with_capacity(sales.series.len());
        for (at, name) in sales.series.iter().enumerate() {
            let key = SeriesKey {
                sku: codes.sku(&name.sku)?,
                location: codes.location(&name.location)?,
                channel: codes.channel(&name.channel)?,
            };
            let sold = i32::from(if first_sale[at] == u16::MAX { sales.first_row[at] } else { first_sale[at] });
            let launched =
                around.products[key.sku.index()].launched.map_or(i32::MAX, |d| super::values::day_number(d) - sales.first_day);
            let start = sold.min(launched.max(0));
            if start < end && i32::from(sales.first_row[at]) < end {
                series.push((key, start, u32::try_from(at).ok()?));
            }
        }
        series.sort_unstable_by_key(|(key, ..)| *key);
        let first = series.iter().map(|&(_, start, _)| start).min()?;
        let calendar = Calendar::new(around.bucket, around.as_of, date_of(sales.first_day + first));
        let period = |day: i32| u32::try_from(calendar.index(date_of(sales.first_day + day)).max(0)).unwrap_or(0);
        let periods: Vec<u32> = (first..end).map(period).collect();
        let mut position = vec![NOWHERE; sales.series.len()];
        let mut offsets = vec![0];
        let mut starts = Vec::with_capacity(series.len());
        for (i, &(_, start, at)) in (0_u32..).zip(&series) {
            position[at as usize] = i;
            starts.push(periods[usize::try_from(start - first).ok()?]);
            offsets.push(offsets[i as usize] + calendar.history() - starts[i as usize] as usize);
        }
        let keys = series.into_iter().map(|(key, ..)| key).collect();
        Some(Self { calendar, first: usize::try_from(first).ok()?, periods, position, keys, starts, offsets })
    }

    /// Panel position and period of a row; `None` when it lies in the future or before its series begins.
    fn place(&self, batch: &Batch, row: usize) -> Option<(usize, usize)> {
        let position = self.position[batch.series[row] as usize];
        let day = (batch.day[row] as usize).checked_sub(self.first)?;
        let period = *self.periods.get(day)?;
        (position != NOWHERE && period >= self.starts[position as usize]).then_some((position as usize, period as usize))
    }

    fn cell(&self, position: usize, period: usize) -> usize {
        self.offsets[position] + period - self.starts[position] as usize
    }

    /// Adds up gross units and the rows' own marks; returns how many rows lie in the future.
    fn scatter(&self, sales: &SalesRows, parts: &mut PanelParts) -> u64 {
        let end = self.first + self.periods.len();
        let mut future = 0;
        let mut exact = !sales.fractional;
        for batch in &sales.batches {
            for row in 0..batch.series.len() {
                let Some((position, period)) = self.place(batch, row) else {
                    future += u64::from(batch.day[row] as usize >= end);
                    continue;
                };
                let cell = self.cell(position, period);
                parts.flags[cell] |= batch.marks[row];
                if batch.units[row] > 0.0 {
                    parts.gross[cell] += batch.units[row];
                    exact &= parts.gross[cell] < EXACT;
                }
            }
        }
        if !exact {
            self.scatter_sorted(sales, &mut parts.gross);
        }
        future
    }

    /// The same sums in an order that does not depend on the rows'.
    fn scatter_sorted(&self, sales: &SalesRows, gross: &mut [f32]) {
        gross.fill(0.0);
        let mut sold: Vec<(usize, f32)> = Vec::new();
        for batch in &sales.batches {
            let rows = (0..batch.series.len()).filter(|&row| batch.units[row] > 0.0);
            sold.extend(rows.filter_map(|row| self.place(batch, row).map(|(i, t)| (self.cell(i, t), batch.units[row]))));
        }
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
    fn returns(&self, sales: &SalesRows, flags: &mut [u8]) -> Vec<Vec<(u32, f32)>> {
        let mut rows: Vec<(usize, usize, f32)> = Vec::new();
        for batch in &sales.batches {
            let back = (0..batch.series.len()).filter(|&row| batch.units[row] < 0.0);
            rows.extend(back.filter_map(|row| self.place(batch, row).map(|(i, t)| (i, t, -batch.units[row]))));
        }
        rows.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let mut returns: Vec<Vec<(u32, f32)>> = vec![Vec::new(); self.keys.len()];
        for (position, period, units) in rows {
            flags[self.cell(position, period)] |= flag::RETURNED;
            let period = u32::try_from(period).expect("periods fit in 32 bits");
            match returns[position].last_mut() {
                Some((last, sum)) if *last == period => *sum += units,
                _ => returns[position].push((period, units)),
            }
        }
        returns
    }

    /// Revenue and priced units, in ten-thousandths until the end.
    fn totals(&self, sales: &SalesRows) -> Vec<SalesTotals> {
        #[derive(Clone, Copy, Default)]
        struct Sums {
            year: Money,
            quarter: Money,
            gross: Money,
            units: Money,
        }
        let mut sums = vec![Sums::default(); self.keys.len()];
        let end = self.first + self.periods.len();
        for batch in sales.batches.iter().filter(|b| !b.revenue.is_empty()) {
            for row in 0..batch.series.len() {
                let revenue = f64::from(batch.revenue[row]);
                let Some((position, _)) = self.place(batch, row).filter(|_| !revenue.is_nan()) else { continue };
                let (amount, age) = (Money::from_f64(revenue), end - batch.day[row] as usize);
                let sum = &mut sums[position];
                if age <= 365 {
                    sum.year = sum.year + amount;
                }
                if age <= 90 {
                    sum.quarter = sum.quarter + amount;
                }
                if batch.units[row] > 0.0 {
                    sum.gross = sum.gross + amount;
                    sum.units = sum.units + Money::from_f64(f64::from(batch.units[row]));
                }
            }
        }
        let total = |s: &Sums| SalesTotals {
            revenue_365: s.year.as_f64(),
            revenue_90: s.quarter.as_f64(),
            gross_revenue: s.gross.as_f64(),
            priced_units: s.units.as_f64(),
        };
        sums.iter().map(total).collect()
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
        let empty = around.stock_history.iter().filter(|h| h.on_hand.0 == 0);
        let (gross, flags) = (&parts.gross, &mut parts.flags);
        for history in empty {
            for i in self.series_of(history.sku).filter(|&i| self.keys[i].location == history.location) {
                let sold_out = |cell: usize| {
                    if gross[cell] == 0.0 {
                        flags[cell] |= flag::STOCKOUT
                    }
                };
                self.mark_days(i, (history.date, history.date), sold_out);
            }
        }
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

/// First day with a sale, by series; [`u16::MAX`] = none.
fn first_sales(sales: &SalesRows) -> Vec<u16> {
    let mut first = vec![u16::MAX; sales.series.len()];
    for batch in &sales.batches {
        for (row, &series) in batch.series.iter().enumerate() {
            if batch.units[row] > 0.0 {
                let day = &mut first[series as usize];
                *day = (*day).min(batch.day[row]);
            }
        }
    }
    first
}
