//! The hot table: sales rows, reduced to fifteen bytes each as they are read.

use super::names::{ALL, Catalogue, MAIN};
use super::quarantine::Quarantine;
use super::schema::Schema;
use super::table::Chunk;
use super::values::{ColumnReader, FastMap, NO_TEXT, Values, day_number};
use crate::panel::flag;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The names of one series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SeriesName {
    /// Item.
    pub(super) sku: String,
    /// Location.
    pub(super) location: String,
    /// Channel.
    pub(super) channel: String,
}

/// Rows of one chunk; the vectors run in step.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// Position in [`SalesRows::series`].
    pub(super) series: Vec<u32>,
    /// Days after [`SalesRows::first_day`].
    pub(super) day: Vec<u16>,
    /// Units, negative = returned.
    pub(super) units: Vec<f32>,
    /// [`flag`] bits the row itself sets.
    pub(super) marks: Vec<u8>,
    /// Amount, NaN = unknown; empty when the table has no prices.
    pub(super) revenue: Vec<f32>,
}

/// All sales, by series in order of appearance.
#[derive(Debug, Clone)]
pub(super) struct SalesRows {
    /// 1970-based day that `day` counts from.
    pub(super) first_day: i32,
    /// Names by series.
    pub(super) series: Vec<SeriesName>,
    /// First day with any row, by series.
    pub(super) first_row: Vec<u16>,
    /// Last day with any row of a kept series.
    pub(super) last_row: Option<u16>,
    /// The rows that say something: units, a promotion or a stock-out.
    pub(super) batches: Vec<Batch>,
    /// Whether some quantity is not whole, so that sums depend on their order.
    pub(super) fractional: bool,
    /// Items sold that no master table knows.
    pub(super) unknown: BTreeSet<String>,
    slots: FastMap<(u32, u32, u32), Slot>,
    by_name: BTreeMap<SeriesName, u32>,
}

/// What becomes of rows with one combination of codes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot {
    /// They belong to this series, each unit counting this many.
    Series(u32, f64),
    /// Their item takes no part in this run.
    Unwanted,
    /// Their item is unknown and must not be.
    Unknown,
}

impl SalesRows {
    /// No rows yet; `first_date` is the earliest that will be accepted.
    pub(super) fn new(first_date: NaiveDate) -> Self {
        Self {
            first_day: day_number(first_date),
            series: Vec::new(),
            first_row: Vec::new(),
            last_row: None,
            batches: Vec::new(),
            fractional: false,
            unknown: BTreeSet::new(),
            slots: FastMap::default(),
            by_name: BTreeMap::new(),
        }
    }

    /// Bytes held by the rows.
    pub(super) fn bytes(&self) -> u64 {
        self.batches.iter().map(|b| b.series.len() as u64 * if b.revenue.is_empty() { 11 } else { 15 }).sum()
    }

    /// Takes over the rows of `chunk`. `home` is the location of channels that have one.
    pub(super) fn absorb(&mut self, chunk: &Chunk, reading: &Context<'_>, quarantine: &mut Quarantine) {
        let cells = Cells::new(chunk, reading.schema);
        let mut batch = Batch::with_capacity(chunk.rows, cells.has_price());
        let mut last = ((NO_TEXT, NO_TEXT, NO_TEXT), Slot::Unwanted);
        for row in 0..chunk.rows {
            if !chunk.is_good(row) {
                continue;
            }
            let key = cells.key(row);
            if key != last.0 {
                last = (key, self.slot(key, reading));
            }
            match last.1 {
                Slot::Series(series, factor) => self.add(&mut batch, &cells, row, (series, factor)),
                Slot::Unwanted => {}
                Slot::Unknown => {
                    let code = reading.text("sku", key.0);
                    quarantine.reject(chunk.place(row), "sku", code, "neither in products nor in aliases");
                }
            }
        }
        batch.shrink();
        self.batches.push(batch);
    }

    fn add(&mut self, batch: &mut Batch, cells: &Cells<'_>, row: usize, (series, factor): (u32, f64)) {
        let day = u16::try_from(cells.day[row] - self.first_day).expect("the reader bounds dates, the settings their range");
        let first = &mut self.first_row[series as usize];
        *first = (*first).min(day);
        self.last_row = self.last_row.max(Some(day));
        let units = cells.quantity[row] * factor;
        let marks = cells.marks(row);
        if units == 0.0 && marks == 0 {
            return;
        }
        self.fractional |= units.fract() != 0.0;
        batch.series.push(series);
        batch.day.push(day);
        #[expect(clippy::cast_possible_truncation, reason = "the panel holds f32; whole units are exact up to 16.7 million")]
        batch.units.push(units as f32);
        batch.marks.push(marks);
        if cells.has_price() {
            #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough for totals")]
            batch.revenue.push(cells.revenue(row) as f32);
        }
    }

    /// What becomes of rows with these codes, decided once.
    fn slot(&mut self, key: (u32, u32, u32), reading: &Context<'_>) -> Slot {
        if let Some(&slot) = self.slots.get(&key) {
            return slot;
        }
        let channel = reading.text("channel", key.1);
        let item = reading.catalogue.item(reading.text("sku", key.0), channel);
        let slot = if !reading.catalogue.wants(item.sku) {
            Slot::Unwanted
        } else if !reading.catalogue.accepts(item.sku) {
            Slot::Unknown
        } else {
            if !reading.catalogue.knows(item.sku) {
                self.unknown.insert(item.sku.to_owned());
            }
            let channel = if channel.is_empty() { ALL } else { channel };
            let location = Some(reading.text("location", key.2)).filter(|l| !l.is_empty());
            let home = || reading.home.get(channel).map_or(MAIN, String::as_str);
            let name = SeriesName {
                sku: item.sku.to_owned(),
                location: location.unwrap_or_else(home).to_owned(),
                channel: channel.to_owned(),
            };
            Slot::Series(self.position(name), item.factor * reading.catalogue.sold_in(item.sku))
        };
        self.slots.insert(key, slot);
        slot
    }

    fn position(&mut self, name: SeriesName) -> u32 {
        let next = u32::try_from(self.series.len()).expect("series fit in 32 bits");
        let at = *self.by_name.entry(name.clone()).or_insert(next);
        if at == next {
            self.series.push(name);
            self.first_row.push(u16::MAX);
        }
        at
    }
}

/// What a chunk of sales is read against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The schema of sales.
    pub(super) schema: &'static Schema,
    /// The columns' dictionaries.
    pub(super) columns: &'a [ColumnReader],
    /// What codes mean.
    pub(super) catalogue: &'a Catalogue,
    /// Locations of channels that have one.
    pub(super) home: &'a BTreeMap<String, String>,
}

impl<'a> Context<'a> {
    fn text(&self, column: &str, code: u32) -> &'a str {
        self.schema.position(column).map_or("", |at| self.columns[at].interner.name(code))
    }
}

/// The columns of one chunk of sales.
struct Cells<'a> {
    sku: &'a [u32],
    channel: Option<&'a [u32]>,
    location: Option<&'a [u32]>,
    day: &'a [i32],
    quantity: &'a [f64],
    unit_price: Option<&'a [f64]>,
    revenue: Option<&'a [f64]>,
    discount: Option<&'a [f64]>,
    discount_amount: Option<&'a [f64]>,
    promotion: Option<&'a [u8]>,
    in_stock: Option<&'a [u8]>,
}

impl<'a> Cells<'a> {
    fn new(chunk: &'a Chunk, schema: &Schema) -> Self {
        let column = |name: &str| schema.position(name).map_or(&Values::Missing, |at| &chunk.columns[at]);
        let text = |name| if let Values::Text(v) = column(name) { Some(v.as_slice()) } else { None };
        let number = |name| if let Values::Number(v) = column(name) { Some(v.as_slice()) } else { None };
        let flag = |name| if let Values::Flag(v) = column(name) { Some(v.as_slice()) } else { None };
        let day: &[i32] = if let Values::Day(v) = column("date") { v } else { &[] };
        Self {
            sku: text("sku").unwrap_or_default(),
            channel: text("channel"),
            location: text("location"),
            day,
            quantity: number("quantity").unwrap_or_default(),
            unit_price: number("unit_price"),
            revenue: number("revenue"),
            discount: number("discount"),
            discount_amount: number("discount_amount"),
            promotion: flag("promotion"),
            in_stock: flag("in_stock"),
        }
    }

    fn key(&self, row: usize) -> (u32, u32, u32) {
        (self.sku[row], self.channel.map_or(NO_TEXT, |c| c[row]), self.location.map_or(NO_TEXT, |l| l[row]))
    }

    fn has_price(&self) -> bool {
        self.unit_price.is_some() || self.revenue.is_some()
    }

    fn marks(&self, row: usize) -> u8 {
        let promotion = if self.promotion.is_some_and(|p| p[row] == 1) { flag::PROMOTION } else { 0 };
        let stockout = if self.in_stock.is_some_and(|s| s[row] == 0) { flag::STOCKOUT } else { 0 };
        promotion | stockout
    }

    /// Amount of the line with the sign of its quantity; NaN without a price.
    fn revenue(&self, row: usize) -> f64 {
        let of = |column: Option<&[f64]>| column.map_or(f64::NAN, |c| c[row]);
        let or_zero = |x: f64| if x.is_nan() { 0.0 } else { x };
        let quantity = self.quantity[row];
        let stated = of(self.revenue).abs().copysign(quantity);
        let gross = if stated.is_nan() { of(self.unit_price) * quantity * (1.0 - or_zero(of(self.discount))) } else { stated };
        gross - or_zero(of(self.discount_amount)).abs().copysign(quantity)
    }
}

impl Batch {
    fn with_capacity(rows: usize, priced: bool) -> Self {
        Self {
            series: Vec::with_capacity(rows),
            day: Vec::with_capacity(rows),
            units: Vec::with_capacity(rows),
            marks: Vec::with_capacity(rows),
            revenue: Vec::with_capacity(if priced { rows } else { 0 }),
        }
    }

    fn shrink(&mut self) {
        self.series.shrink_to_fit();
        self.day.shrink_to_fit();
        self.units.shrink_to_fit();
        self.marks.shrink_to_fit();
        self.revenue.shrink_to_fit();
    }
}
