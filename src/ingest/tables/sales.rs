//! The hot table: sales rows, reduced to fifteen bytes each as they are read.

use crate::domain::panel::flag;
use crate::ingest::cells::days::day_number;
use crate::ingest::cells::hash::FastMap;
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_TEXT, Values, is_whole};
use crate::ingest::files::chunk::Chunk;
use crate::ingest::names::{ALL, Catalogue, MAIN};
use crate::ingest::tables::quarantine::Quarantine;
use crate::ingest::tables::schema::Schema;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The names of one series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeriesName {
    /// Item.
    pub(crate) sku: String,
    /// Location.
    pub(crate) location: String,
    /// Channel.
    pub(crate) channel: String,
}

/// Rows; the vectors run in step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    /// Position in [`SalesRows::series`].
    pub(crate) series: Vec<u32>,
    /// Days after [`SalesRows::first_day`].
    pub(crate) day: Vec<u16>,
    /// Units, negative = returned.
    pub(crate) units: Vec<f32>,
    /// [`flag`] bits the row itself sets.
    pub(crate) marks: Vec<u8>,
    /// Amount, NaN = unknown; shorter than the others by the rows after the last one with a price.
    pub(crate) revenue: Vec<f32>,
}

/// All sales, by series in order of appearance.
#[derive(Debug, Clone)]
pub(crate) struct SalesRows {
    /// 1970-based day that `day` counts from.
    pub(crate) first_day: i32,
    /// Names by series.
    pub(crate) series: Vec<SeriesName>,
    /// Facts by series.
    pub(crate) facts: Vec<Facts>,
    /// Last day with any row of a kept series.
    pub(crate) last_row: Option<u16>,
    /// The rows that say something: units, a promotion or a stock-out.
    pub(crate) rows: Rows,
    /// Whether some quantity is not whole, so that sums depend on their order.
    pub(crate) fractional: bool,
    /// Items sold that no master table knows.
    pub(crate) unknown: BTreeSet<String>,
    pairs: FastMap<(u32, u32), usize>,
    slots: Vec<Vec<u32>>,
    factors: FastMap<(u32, u32, u32), f64>,
    by_name: BTreeMap<SeriesName, u32>,
}

/// What the rows of one series tell before they are placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// First day with any row.
    pub(crate) first_row: u16,
    /// First day with a sale; [`u16::MAX`] = none.
    pub(crate) first_sale: u16,
    /// Gross units; from 16.7 million on only a lower bound.
    pub(crate) units: f32,
}

/// Slots say what becomes of rows with one combination of codes: below this they are a series'
/// position ...
const SERIES: u32 = 1 << 30;
/// ... with this bit, each unit counts as many as the alias or the unit of measure says ...
const SCALED: u32 = 1 << 30;
/// ... their item takes no part in this run ...
const UNWANTED: u32 = u32::MAX - 2;
/// ... their item is unknown and must not be ...
const UNKNOWN: u32 = u32::MAX - 1;
/// ... or they have not been met before.
const NEW: u32 = u32::MAX;

/// Pairs of channel and location remembered while rows are taken over: rows of a day alternate
/// between a few.
const RECENT: usize = 16;

impl SalesRows {
    /// No rows yet; `first_date` is the earliest that will be accepted.
    pub(crate) fn new(first_date: NaiveDate) -> Self {
        Self {
            first_day: day_number(first_date),
            series: Vec::new(),
            facts: Vec::new(),
            last_row: None,
            rows: Rows::default(),
            fractional: false,
            unknown: BTreeSet::new(),
            pairs: FastMap::default(),
            slots: Vec::new(),
            factors: FastMap::default(),
            by_name: BTreeMap::new(),
        }
    }

    /// Bytes held by the rows.
    pub(crate) fn bytes(&self) -> u64 {
        11 * self.rows.series.len() as u64 + 4 * self.rows.revenue.len() as u64
    }

    /// Takes over the rows of `chunk`.
    pub(crate) fn absorb(
        &mut self,
        chunk: &Chunk,
        reading: &Context<'_>,
        quarantine: &mut Quarantine,
    ) {
        let cells = Cells::new(chunk, reading.schema);
        self.rows.reserve(chunk.rows_ahead, cells.has_price());
        let mut recent = [((NO_TEXT, NO_TEXT), self.pair((NO_TEXT, NO_TEXT))); RECENT];
        for row in (0..chunk.rows).filter(|&row| chunk.is_good(row)) {
            let (sku, pair) = (cells.sku[row], cells.pair(row));
            // Locations move up, so that a few channels of a few locations each find a place of
            // their own.
            let last = &mut recent[(pair.0 ^ pair.1.rotate_left(2)) as usize % RECENT];
            if pair != last.0 {
                *last = (pair, self.pair(pair));
            }
            let last = *last;
            let known = self.slots[last.1].get(sku as usize).copied().unwrap_or(NEW);
            let slot = if known == NEW { self.meet(sku, last, reading) } else { known };
            match slot {
                UNWANTED => {}
                UNKNOWN => quarantine.reject(
                    chunk.place(row),
                    "sku",
                    reading.text("sku", sku),
                    "neither in products nor in aliases",
                ),
                _ => {
                    let factor =
                        if slot & SCALED == 0 { 1.0 } else { self.factors[&(sku, pair.0, pair.1)] };
                    self.add(&cells, row, (slot & !SCALED, factor));
                }
            }
        }
    }

    fn add(&mut self, cells: &Cells<'_>, row: usize, (series, factor): (u32, f64)) {
        let day = u16::try_from(cells.day[row] - self.first_day)
            .expect("the reader bounds dates, the settings their range");
        let units = cells.quantity[row] * factor;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the panel holds f32; whole units are exact up to 16.7 million"
        )]
        let stored = units as f32;
        let facts = &mut self.facts[series as usize];
        facts.first_row = facts.first_row.min(day);
        if stored > 0.0 {
            facts.first_sale = facts.first_sale.min(day);
            facts.units += stored;
        }
        self.last_row = self.last_row.max(Some(day));
        let marks = cells.marks(row);
        if units == 0.0 && marks == 0 {
            return;
        }
        self.fractional |= !is_whole(units);
        if cells.has_price() {
            // Parts without prices may have come first.
            self.rows.revenue.resize(self.rows.series.len(), f32::NAN);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "seven digits are enough for totals"
            )]
            self.rows.revenue.push(cells.revenue(row) as f32);
        }
        self.rows.series.push(series);
        self.rows.day.push(day);
        self.rows.units.push(stored);
        self.rows.marks.push(marks);
    }

    /// Position of a (channel, location) pair in `slots`.
    fn pair(&mut self, pair: (u32, u32)) -> usize {
        let next = self.slots.len();
        let at = *self.pairs.entry(pair).or_insert(next);
        if at == next {
            self.slots.push(Vec::new());
        }
        at
    }

    /// Decides what becomes of rows with codes not met before.
    #[cold]
    fn meet(
        &mut self,
        sku: u32,
        ((channel, location), pair): ((u32, u32), usize),
        reading: &Context<'_>,
    ) -> u32 {
        let name = reading.text("channel", channel);
        let item = reading.catalogue.item(reading.text("sku", sku), name);
        let slot = if !reading.catalogue.wants(item.sku) {
            UNWANTED
        } else if !reading.catalogue.accepts(item.sku) {
            UNKNOWN
        } else {
            if !reading.catalogue.knows(item.sku) {
                self.unknown.insert(item.sku.to_owned());
            }
            let channel_name = if name.is_empty() { ALL } else { name };
            let home = || reading.home.get(channel_name).map_or(MAIN, String::as_str);
            let at = Some(reading.text("location", location))
                .filter(|l| !l.is_empty())
                .unwrap_or_else(home);
            let series = SeriesName {
                sku: item.sku.to_owned(),
                location: at.to_owned(),
                channel: channel_name.to_owned(),
            };
            let factor = item.factor * reading.catalogue.sold_in(item.sku);
            self.factors.insert((sku, channel, location), factor);
            self.position(series) | if factor == 1.0 { 0 } else { SCALED }
        };
        let slots = &mut self.slots[pair];
        if slots.len() <= sku as usize {
            slots.resize(sku as usize + 1, NEW);
        }
        slots[sku as usize] = slot;
        slot
    }

    fn position(&mut self, name: SeriesName) -> u32 {
        let next = u32::try_from(self.series.len())
            .ok()
            .filter(|&n| n < SERIES)
            .expect("fewer than a thousand million series");
        let at = *self.by_name.entry(name.clone()).or_insert(next);
        if at == next {
            self.series.push(name);
            self.facts.push(Facts { first_row: u16::MAX, first_sale: u16::MAX, units: 0.0 });
        }
        at
    }
}

/// What a chunk of sales is read against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The schema of sales.
    pub(crate) schema: &'static Schema,
    /// The columns' dictionaries.
    pub(crate) columns: &'a [ColumnReader],
    /// What codes mean.
    pub(crate) catalogue: &'a Catalogue,
    /// Locations of channels that have one.
    pub(crate) home: &'a BTreeMap<String, String>,
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
        let column =
            |name: &str| schema.position(name).map_or(&Values::Missing, |at| &chunk.columns[at]);
        let text =
            |name| if let Values::Text(v) = column(name) { Some(v.as_slice()) } else { None };
        let number =
            |name| if let Values::Number(v) = column(name) { Some(v.as_slice()) } else { None };
        let flag =
            |name| if let Values::Flag(v) = column(name) { Some(v.as_slice()) } else { None };
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

    fn pair(&self, row: usize) -> (u32, u32) {
        (self.channel.map_or(NO_TEXT, |c| c[row]), self.location.map_or(NO_TEXT, |l| l[row]))
    }

    fn has_price(&self) -> bool {
        self.unit_price.is_some() || self.revenue.is_some()
    }

    fn marks(&self, row: usize) -> u8 {
        let promotion =
            if self.promotion.is_some_and(|p| p[row] == 1) { flag::PROMOTION } else { 0 };
        let stockout = if self.in_stock.is_some_and(|s| s[row] == 0) { flag::STOCKOUT } else { 0 };
        promotion | stockout
    }

    /// Amount of the line with the sign of its quantity; NaN without a price.
    fn revenue(&self, row: usize) -> f64 {
        let of = |column: Option<&[f64]>| column.map_or(f64::NAN, |c| c[row]);
        let or_zero = |x: f64| if x.is_nan() { 0.0 } else { x };
        let quantity = self.quantity[row];
        let stated = of(self.revenue).abs().copysign(quantity);
        let gross = if stated.is_nan() {
            of(self.unit_price) * quantity * (1.0 - or_zero(of(self.discount)))
        } else {
            stated
        };
        gross - or_zero(of(self.discount_amount)).abs().copysign(quantity)
    }
}

impl Rows {
    /// Makes room at once, so that the buffers need not move while they grow; pages that stay
    /// unused cost nothing.
    fn reserve(&mut self, rows: usize, priced: bool) {
        self.series.reserve(rows);
        self.day.reserve(rows);
        self.units.reserve(rows);
        self.marks.reserve(rows);
        if priced {
            self.revenue.reserve(rows);
        }
    }
}
