//! The hot table: sales rows, reduced to fifteen bytes each as they are read.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::packed;
use crate::domain::panel::flag;
use crate::domain::shown::counted;
use crate::ingest::cells::currency::Rates;
use crate::ingest::cells::days::{date_of, day_number};
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::values::{NO_DAY, NO_KEY, NO_TEXT, Values, is_whole};
use crate::ingest::files::chunk::Chunk;
use crate::ingest::morning::DayRows;
use crate::ingest::names::{ALL, Catalogue};
use crate::ingest::tables::convert::{
    SHORTEST_COPY, appended_twice, repeated_rows, without_copies,
};
use crate::ingest::tables::quarantine::{Place, Quarantine};
use crate::ingest::tables::schema::Schema;
use crate::ingest::tables::whole_units::has_fraction;
use crate::math::hash::{FastHasher, FastMap, FastSet};
use chrono::NaiveDate;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;
use std::ops::Range;

/// The names of one series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(crate) struct SeriesName {
    /// Item.
    pub(crate) sku: String,
    /// Location.
    pub(crate) location: String,
    /// Channel.
    pub(crate) channel: String,
}

/// Rows; the vectors run in step.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Rows {
    /// Position in [`SalesRows::series`].
    pub(crate) series: Vec<u32>,
    /// Days after [`SalesRows::first_day`].
    pub(crate) day: Vec<u16>,
    /// Units, negative = returned.
    #[serde(with = "packed::units")]
    pub(crate) units: Vec<f32>,
    /// [`flag`] bits the row itself sets.
    #[serde(with = "packed::flags")]
    pub(crate) marks: Vec<u8>,
    /// Amount, NaN = unknown; shorter than the others by the rows after the last one with a price.
    pub(crate) revenue: Vec<f32>,
    /// What makes an order line the same in two files, [`NO_KEY`] = unknown; as long as the others
    /// up to the last row with an order number, empty where there is one file.
    pub(crate) keys: Vec<u64>,
}

/// The rows of one file among [`Rows`], from `first` to the next one's.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FileRows {
    file: String,
    first: usize,
    /// Last day with a row: of two files that say the same, the later one knows more.
    newest: u16,
}

/// An order line that a file leaves out (cancelled, voided): an older file may have it as a sale.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct VoidLine {
    name: SeriesName,
    order: u64,
    day: u16,
    /// Position in [`SalesRows::files`].
    file: usize,
}

/// Rows that have units and a negative amount, and where the first one stands.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct NegativeAmounts {
    rows: u64,
    units: f64,
    amount: f64,
    first: Option<RowPlace>,
}

/// Rows that stand in a newer file as well.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct RepeatedRows {
    rows: u64,
    /// Those that stand on another day there.
    moved: u64,
    units: f64,
    /// The files they are left out of.
    files: BTreeSet<String>,
}

/// Returns before the first sale of their series.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct EarlyReturns {
    rows: u64,
    units: f64,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct RowPlace {
    /// Position in [`SalesRows::files`].
    file: usize,
    line: u64,
}

impl RowPlace {
    fn of_sales(self, files: &[FileRows]) -> Place<'_> {
        Place { table: "sales", file: &files[self.file].file, line: self.line }
    }
}

/// What the files say of one order line.
#[derive(Debug, Clone, Copy)]
struct LineSeen {
    /// The newest file that has it: position in [`SalesRows::files`].
    file: u32,
    /// The day it has there.
    day: u16,
    /// Another day that another file has it on.
    other_day: u16,
    spread: Spread,
}

/// On how many days an order line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spread {
    One,
    /// One in each file: it was moved, or the number was given anew.
    Two,
    /// Several in one file, or more than two: the number was given anew.
    Many,
}

/// Which file has an order line last, of those that have it.
#[derive(Debug, Default)]
struct NewestFiles {
    by_line: FastMap<u64, LineSeen>,
    /// Whether several files have some order line.
    is_contested: bool,
    /// Whether some order line stands on several days.
    is_spread: bool,
}

impl NewestFiles {
    fn note(&mut self, line: u64, day: u16, file: usize, files: &[FileRows]) {
        let mine = u32::try_from(file).expect("fewer files than four thousand million");
        let new = LineSeen { file: mine, day, other_day: day, spread: Spread::One };
        let seen = self.by_line.entry(line).or_insert(new);
        self.is_contested |= seen.file != mine;
        if seen.day != day {
            self.is_spread = true;
            let is_known = seen.spread == Spread::One || seen.other_day == day;
            let in_one_file = seen.file == mine;
            seen.spread = if is_known && !in_one_file { Spread::Two } else { Spread::Many };
            seen.other_day = day;
        }
        // The file whose newest sale is later was downloaded later; else the last one by name.
        let than = seen.file as usize;
        if (files[file].newest, file) > (files[than].newest, than) {
            (seen.other_day, seen.day) = (seen.day, day);
            seen.file = mine;
        }
    }
}

/// Of how many lines of a series the number stands on two days.
#[derive(Debug, Clone, Copy, Default)]
struct NumbersOfSeries {
    rows: u64,
    on_two_days: u64,
    on_many_days: u64,
}

impl NumbersOfSeries {
    /// Whether its order numbers are given anew, as tills do each morning: then some stand on many
    /// days, or nearly all on another day in another file. Few orders are moved.
    fn are_reused(self) -> bool {
        self.on_many_days > 0 || 4 * self.on_two_days > 3 * self.rows
    }
}

/// Rows of one day whose place is kept: a lone day has few.
const KEPT_PLACES: u32 = 5;

/// Rows that one thread looks through in one go.
const BLOCK: usize = 1 << 18;

/// Days on which two files must say the same before that is more than chance.
const FEWEST_SHARED_DAYS: usize = 3;

/// More rows are no pile of exports either, and comparing them would be felt.
const MOST_ROWS: usize = 2_000_000;

/// A folder of more files is no pile of exports that somebody keeps by hand.
const MOST_COMPARED: usize = 40;

/// What a file says of one day.
#[derive(Debug, Clone, Copy, Default)]
struct DayOfFile {
    rows: u64,
    units: f64,
    /// Of all its rows, in whatever order.
    says: u64,
}

impl DayOfFile {
    fn is_same(&self, other: &Self) -> bool {
        self.rows == other.rows && self.says == other.says
    }
}

/// How many files a message names.
const NAMED_FILES: usize = 4;

/// All sales, by series in order of appearance.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// Priced rows in a currency without a rate, by its code ...
    pub(crate) without_rate: BTreeMap<String, u64>,
    /// ... and all rows with a price and a column of currencies.
    pub(crate) priced_rows: u64,
    /// Rows with units and a negative amount.
    negative: NegativeAmounts,
    /// Rows that stand in a newer file as well.
    repeated: RepeatedRows,
    /// Returns before the first sale of their series.
    early: EarlyReturns,
    /// By location, a bit for each day after `first_day` on which anything was sold there.
    sold_on: BTreeMap<String, Vec<u64>>,
    /// Whether something came back before its series' first sale, as far as it was known then.
    maybe_early: bool,
    /// Rows by day after `first_day`, and where the first of them stand.
    days: Vec<u32>,
    places: BTreeMap<u16, Vec<RowPlace>>,
    #[serde(skip)]
    pairs: FastMap<(u32, u32), usize>,
    #[serde(skip)]
    slots: Vec<Vec<u32>>,
    #[serde(skip)]
    factors: FastMap<(u32, u32, u32), f64>,
    by_name: BTreeMap<SeriesName, u32>,
    files: Vec<FileRows>,
    voids: Vec<VoidLine>,
    /// Whether order lines have numbers of their own.
    has_lines: bool,
    /// An item that lies in another bucket than it belongs to.
    #[serde(skip)]
    pub(crate) misplaced: Option<String>,
}

/// What the rows of one series tell before they are placed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// First day with any row.
    pub(crate) first_row: u16,
    /// First day with a sale; [`u16::MAX`] = none.
    pub(crate) first_sale: u16,
    /// Gross units; from 16.7 million on only a lower bound.
    pub(crate) units: f32,
    /// Whether some row has a part of a unit.
    pub(crate) in_parts: bool,
}

/// What a series takes before it is placed: its names and their texts, once in order of appearance
/// and once sorted, and its facts. A thousand items at a thousand places are a million of them.
const SERIES_BYTES: u64 = 2 * (size_of::<SeriesName>() as u64 + 3 * 24) + 12;

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
            without_rate: BTreeMap::new(),
            priced_rows: 0,
            negative: NegativeAmounts::default(),
            repeated: RepeatedRows::default(),
            early: EarlyReturns::default(),
            sold_on: BTreeMap::new(),
            maybe_early: false,
            days: Vec::new(),
            places: BTreeMap::new(),
            pairs: FastMap::default(),
            slots: Vec::new(),
            factors: FastMap::default(),
            by_name: BTreeMap::new(),
            files: Vec::new(),
            voids: Vec::new(),
            has_lines: false,
            misplaced: None,
        }
    }

    /// Bytes held by the rows and their series.
    pub(crate) fn bytes(&self) -> u64 {
        let keys = 8 * self.rows.keys.len() as u64;
        let series = SERIES_BYTES * self.series.len() as u64;
        11 * self.rows.series.len() as u64 + 4 * self.rows.revenue.len() as u64 + keys + series
    }

    /// Another source begins: its codes stand for other names.
    pub(crate) fn begin_source(&mut self) {
        self.pairs.clear();
        self.slots.clear();
        self.factors.clear();
    }

    /// Takes over the rows of `chunk`.
    pub(crate) fn absorb(
        &mut self,
        chunk: &Chunk,
        reading: &Context<'_>,
        quarantine: &mut Quarantine,
    ) {
        let cells = Cells::new(chunk, reading.schema);
        if self.files.last().is_none_or(|last| last.file != chunk.file) {
            let first = self.rows.series.len();
            self.files.push(FileRows { file: chunk.file.clone(), first, newest: 0 });
        }
        self.rows.reserve(chunk.rows_ahead, cells.has_price());
        self.has_lines |= cells.line_id.is_some();
        let currencies = Currencies::of(&cells, reading);
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
            // Sales come in runs of one channel and location: the pair is looked up once, its items
            // by position.
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
                    let amount = self.reported(&cells, row, &currencies);
                    self.add(&cells, row, (slot & !SCALED, factor), amount);
                }
            }
        }
        self.remember_voids(chunk, &cells, reading);
    }

    /// Remembers the order lines that the file leaves out.
    fn remember_voids(&mut self, chunk: &Chunk, cells: &Cells<'_>, reading: &Context<'_>) {
        for &row in &chunk.void {
            let (order, day) = (cells.order(row), cells.day[row]);
            let code = reading.text("sku", cells.sku[row]);
            // Without all three it cannot be told which sale was cancelled.
            if order == NO_KEY || day == NO_DAY || code.is_empty() {
                continue;
            }
            let name = series_name(cells.sku[row], cells.pair(row), reading);
            if let Ok(day) = u16::try_from(day - self.first_day) {
                self.voids.push(VoidLine { name, order, day, file: self.files.len() - 1 });
            }
        }
    }

    /// Leaves out rows that repeat others of their file, or another file's, one by one and in the
    /// same order, and says how many.
    pub(crate) fn drop_copies(&mut self) -> Vec<Exception> {
        let count = self.rows.series.len();
        let mut keep: Vec<bool> = Vec::new();
        let mut told = Vec::new();
        // Files by what their first row says; most differ there.
        let mut alike: BTreeMap<(usize, u32, u16), Vec<Range<usize>>> = BTreeMap::new();
        for (file, rows) in self.files.iter().zip(spans(&self.files, count)) {
            let first = rows.start;
            let length = without_copies(rows.len(), |a, b| self.is_same(first + a, first + b));
            let own = first..first + length;
            // Rows of one day repeat each other where a shop sells the same few things all day.
            let dated = own.clone().any(|row| self.rows.day[row] != self.rows.day[first]);
            if !dated {
                continue;
            }
            let start = (rows.len(), self.rows.series[first], self.rows.day[first]);
            let files = alike.entry(start).or_default();
            // Files with order numbers are compared order by order, in `count_once`: there a whole
            // copy is dropped as well.
            let numbered = self.rows.keys.get(first).is_some_and(|&key| key != NO_KEY);
            let is_copy = !numbered
                && rows.len() >= SHORTEST_COPY
                && files.iter().any(|file| {
                    rows.clone().zip(file.clone()).all(|(row, other)| self.is_same(row, other))
                });
            files.push(rows.clone());
            let copies = if is_copy { rows } else { own.end..rows.end };
            if copies.is_empty() {
                continue;
            }
            keep.resize(count, true);
            keep[copies.clone()].fill(false);
            let units = self.rows.units[copies.clone()].iter().map(|&units| f64::from(units)).sum();
            let rows = copies.len() as u64;
            told.push(if is_copy {
                same_as_another(&file.file, rows, units)
            } else {
                appended_twice(&file.file, rows, Some(units))
            });
        }
        if !told.is_empty() {
            self.retain(&keep);
        }
        told.extend(self.shared_days());
        told
    }

    /// Says which files have days in common that are row for row the same, where no order numbers
    /// tell whether these are the same sales: "last 30 days" beside the month before.
    fn shared_days(&self) -> Vec<Exception> {
        let has_numbers = self.rows.keys.iter().any(|&key| key != NO_KEY);
        let count = self.rows.series.len();
        // Each pair of files is compared: beyond so many it would take longer than reading them,
        // and shops of that size have order numbers.
        if has_numbers || !(2..=MOST_COMPARED).contains(&self.files.len()) || count > MOST_ROWS {
            return Vec::new();
        }
        let mut days: Vec<BTreeMap<u16, DayOfFile>> = Vec::with_capacity(self.files.len());
        for rows in spans(&self.files, count) {
            days.push(self.days_of(rows));
        }
        let mut told = Vec::new();
        for (at, of_file) in days.iter().enumerate() {
            for (other_at, other) in days.iter().enumerate().skip(at + 1) {
                let mut shared = of_file.keys().filter(|day| other.contains_key(*day)).peekable();
                let Some(&&first) = shared.peek() else { continue };
                let shared: Vec<u16> = shared.copied().collect();
                let rows: u64 = shared.iter().map(|day| of_file[day].rows).sum();
                let is_same = shared.iter().all(|day| of_file[day].is_same(&other[day]));
                // On a day or two of a few rows two branches may well have sold the same.
                if !is_same || shared.len() < FEWEST_SHARED_DAYS || rows < SHORTEST_COPY as u64 {
                    continue;
                }
                let units: f64 = shared.iter().map(|day| of_file[day].units).sum();
                let last = shared[shared.len() - 1];
                let what = format!(
                    "{} ({units} units) of {} to {} stand row for row in {} as well: they count \
                     twice",
                    counted(rows, "row", "rows"),
                    date_of(self.first_day + i32::from(first)),
                    date_of(self.first_day + i32::from(last)),
                    self.files[other_at].file
                );
                told.push(
                    Exception::new(
                        Severity::Warning,
                        ExceptionKind::RepeatedRows,
                        Subject::File(self.files[at].file.clone()),
                        what,
                        "nothing tells whether these are the same sales: map order_id, and an \
                         order counts once; or cut one of the files",
                    )
                    .with_effect(Effect::Rows(rows)),
                );
            }
        }
        told
    }

    /// What a file says of each day.
    fn days_of(&self, rows: Range<usize>) -> BTreeMap<u16, DayOfFile> {
        let mut days: BTreeMap<u16, DayOfFile> = BTreeMap::new();
        for row in rows {
            let units = self.rows.units[row];
            let revenue = self.rows.revenue.get(row).map_or(0, |amount| amount.to_bits());
            let mut hasher = FastHasher::default();
            hasher.write_u64(u64::from(self.rows.series[row]) << 32 | u64::from(units.to_bits()));
            hasher.write_u64(u64::from(revenue));
            let day = days.entry(self.rows.day[row]).or_default();
            day.rows += 1;
            day.units += f64::from(units);
            // Whatever the order of the rows.
            day.says = day.says.wrapping_add(hasher.finish());
        }
        days
    }

    /// Whether two rows say the same.
    fn is_same(&self, row: usize, other: usize) -> bool {
        let Rows { series, day, units, marks, revenue, keys } = &self.rows;
        series[row] == series[other]
            && day[row] == day[other]
            && units[row].to_bits() == units[other].to_bits()
            && marks[row] == marks[other]
            && revenue.get(row).map(|amount| amount.to_bits())
                == revenue.get(other).map(|amount| amount.to_bits())
            && keys.get(row).unwrap_or(&NO_KEY) == keys.get(other).unwrap_or(&NO_KEY)
    }

    /// Leaves out the rows that an order has in several files but for those of the newest one.
    ///
    /// The rows of one file add up, as split shipments do. What makes an order line the same is its
    /// number (and that of the line), its item, channel and location; and the day where numbers are
    /// [given anew](NumbersOfSeries::are_reused). An order that was moved to another day counts on
    /// the one that the newest file has.
    pub(crate) fn count_once(&mut self) {
        if self.files.len() < 2 || self.rows.keys.is_empty() {
            return;
        }
        let files = &self.files;
        let mut newest = NewestFiles::default();
        self.rows.keys.resize(self.rows.series.len(), NO_KEY);
        let Rows { series, day, units, keys, .. } = &self.rows;
        for (file, rows) in spans(files, series.len()).enumerate() {
            for row in rows.filter(|&row| keys[row] != NO_KEY) {
                newest.note(keys[row], day[row], file, files);
            }
        }
        for void in &self.voids {
            if let Some(&series) = self.by_name.get(&void.name) {
                newest.note(line_key(void.order, series, true), void.day, void.file, files);
            }
        }
        if !newest.is_contested {
            return;
        }
        let moved = if newest.is_spread { self.moved(&newest) } else { Moved::default() };
        let mut keep = vec![true; series.len()];
        let mut repeated = RepeatedRows::default();
        // An order that was changed stands in the newer download as it is now; the older
        // one has it as it was.
        for (file, rows) in spans(files, series.len()).enumerate() {
            for row in rows.filter(|&row| keys[row] != NO_KEY) {
                let seen = newest.by_line[&keys[row]];
                let is_other_day = seen.spread != Spread::One && !moved.is_moved(keys[row]);
                let last = match is_other_day {
                    true => moved.by_day[&key_of_day(keys[row], day[row])],
                    false => seen.file,
                };
                if last as usize != file {
                    keep[row] = false;
                    repeated.rows += 1;
                    repeated.moved += u64::from(!is_other_day && seen.day != day[row]);
                    repeated.units += f64::from(units[row]);
                    repeated.files.insert(files[file].file.clone());
                }
            }
        }
        self.repeated = repeated;
        self.retain(&keep);
    }

    /// Of the order lines that stand on several days: which were moved, and which file has the
    /// others last on each of theirs.
    fn moved(&self, newest: &NewestFiles) -> Moved {
        let Rows { series, day, keys, .. } = &self.rows;
        let mut numbers = vec![NumbersOfSeries::default(); self.series.len()];
        let mut first = vec![u16::MAX; self.files.len()];
        for (file, rows) in spans(&self.files, series.len()).enumerate() {
            for row in rows {
                first[file] = first[file].min(day[row]);
                let Some(seen) = newest.by_line.get(&keys[row]) else { continue };
                let of_series = &mut numbers[series[row] as usize];
                of_series.rows += 1;
                of_series.on_two_days += u64::from(seen.spread == Spread::Two);
                of_series.on_many_days += u64::from(seen.spread == Spread::Many);
            }
        }
        let mut moved = Moved::default();
        for (file, rows) in spans(&self.files, series.len()).enumerate() {
            for row in rows {
                let Some(seen) = newest.by_line.get(&keys[row]) else { continue };
                if seen.spread == Spread::One {
                    continue;
                }
                // Where lines have no number of their own, only a file that reaches over the other
                // day as well, and has nothing of the order there, says that it was moved.
                let last = seen.file as usize;
                let is_covered =
                    seen.other_day >= first[last] && seen.other_day <= self.files[last].newest;
                let is_moved = seen.spread == Spread::Two
                    && (self.has_lines || is_covered)
                    && !numbers[series[row] as usize].are_reused();
                if is_moved {
                    moved.lines.insert(keys[row]);
                    continue;
                }
                let mine = u32::try_from(file).expect("fewer files than four thousand million");
                let known = moved.by_day.entry(key_of_day(keys[row], day[row])).or_insert(mine);
                let than = *known as usize;
                if (self.files[file].newest, file) > (self.files[than].newest, than) {
                    *known = mine;
                }
            }
        }
        // What a newer file leaves out on that very day.
        for void in &self.voids {
            let Some(&series) = self.by_name.get(&void.name) else { continue };
            let key = key_of_day(line_key(void.order, series, true), void.day);
            if let Some(known) = moved.by_day.get_mut(&key) {
                let than = *known as usize;
                if (self.files[void.file].newest, void.file) > (self.files[than].newest, than) {
                    *known = u32::try_from(void.file).unwrap_or(u32::MAX);
                }
            }
        }
        moved
    }

    /// What was left out as [repeated](Self::count_once).
    fn repeated_rows(&self) -> Option<Exception> {
        let RepeatedRows { rows, moved, units, files } = &self.repeated;
        let mut names: Vec<&str> = files.iter().take(NAMED_FILES).map(String::as_str).collect();
        if files.len() > NAMED_FILES {
            names.push("others");
        }
        let on_another_day = match moved {
            0 => String::new(),
            moved => format!(", {moved} of them on another day"),
        };
        let what = format!(
            "{} ({units} units) of {} {} in a newer file as well{on_another_day}: the same order \
             counts once, as the newest file has it",
            counted(*rows, "row", "rows"),
            names.join(", "),
            if *rows == 1 { "stands" } else { "stand" }
        );
        (*rows > 0).then(|| {
            Exception::new(
                Severity::Info,
                ExceptionKind::RepeatedRows,
                Subject::Table("sales".to_owned()),
                what,
                "order, line, item, channel and location are the same, and the day unless the \
                 order was moved; the newest file is the one with the latest sale; the rows of \
                 one file add up",
            )
            .with_effect(Effect::Rows(*rows))
        })
    }

    /// Notes what only the rows tell, once all are read: returns that came too early, and on which
    /// days anything was sold where.
    pub(crate) fn note(&mut self) {
        if self.maybe_early {
            for (row, &series) in self.rows.series.iter().enumerate() {
                let back = -self.rows.units[row];
                if back > 0.0 && self.rows.day[row] < self.facts[series as usize].first_sale {
                    self.early.rows += 1;
                    self.early.units += f64::from(back);
                }
            }
        }
        let mut locations: BTreeMap<&str, usize> = BTreeMap::new();
        let mut of_series = Vec::with_capacity(self.series.len());
        for name in &self.series {
            let next = locations.len();
            of_series.push(*locations.entry(name.location.as_str()).or_insert(next));
        }
        let words = self.days.len().div_ceil(64);
        let nothing = || vec![vec![0_u64; words]; locations.len()];
        let Rows { series, day, units, .. } = &self.rows;
        let blocks = series.par_chunks(BLOCK).zip(day.par_chunks(BLOCK));
        let sold_on = blocks
            .zip(units.par_chunks(BLOCK))
            .fold(nothing, |mut sold_on, ((series, day), units)| {
                for ((&series, &day), &units) in series.iter().zip(day).zip(units) {
                    if units > 0.0 {
                        let here = &mut sold_on[of_series[series as usize]];
                        here[usize::from(day) / 64] |= 1 << (day % 64);
                    }
                }
                sold_on
            })
            .reduce(nothing, |mut sold_on, others| {
                for (here, other) in sold_on.iter_mut().zip(&others) {
                    add_days(here, other);
                }
                sold_on
            });
        let named = locations.iter().map(|(&name, &at)| (name.to_owned(), sold_on[at].clone()));
        self.sold_on = named.collect();
    }

    /// Whether anything was sold on a day of the axis of rows, by location.
    pub(crate) fn sold_on(&self) -> impl Iterator<Item = (&str, SoldOn<'_>)> {
        self.sold_on.iter().map(|(location, days)| (location.as_str(), SoldOn { days }))
    }

    /// The rows of several readers of the same table, each of items of its own, as if one had read
    /// them all; but for the rows themselves.
    pub(crate) fn together(parts: &[&Self]) -> Option<Self> {
        let mut all = Self { first_day: parts.first()?.first_day, ..Self::new(date_of(0)) };
        let mut names: BTreeMap<&SeriesName, Facts> = BTreeMap::new();
        let mut files: BTreeMap<&str, u16> = BTreeMap::new();
        for part in parts {
            for (name, facts) in part.series.iter().zip(&part.facts) {
                names.insert(name, *facts);
            }
            for file in &part.files {
                let newest = files.entry(&file.file).or_default();
                *newest = file.newest.max(*newest);
            }
        }
        for (name, facts) in names {
            let at = all.position(name.clone());
            all.facts[at as usize] = facts;
        }
        let positions: BTreeMap<&str, usize> = files.keys().copied().zip(0..).collect();
        for (file, &newest) in &files {
            all.files.push(FileRows { file: (*file).to_owned(), first: 0, newest });
        }
        for part in parts {
            let place = |place: &RowPlace| RowPlace {
                file: positions[part.files[place.file].file.as_str()],
                line: place.line,
            };
            all.last_row = all.last_row.max(part.last_row);
            all.fractional |= part.fractional;
            all.unknown.extend(part.unknown.iter().cloned());
            for (code, rows) in &part.without_rate {
                *all.without_rate.entry(code.clone()).or_insert(0) += rows;
            }
            all.priced_rows += part.priced_rows;
            let NegativeAmounts { rows, units, amount, first } = &part.negative;
            all.negative.rows += rows;
            all.negative.units += units;
            all.negative.amount += amount;
            let firsts = [all.negative.first, first.as_ref().map(place)];
            all.negative.first =
                firsts.into_iter().flatten().min_by_key(|place| (place.file, place.line));
            all.repeated.rows += part.repeated.rows;
            all.repeated.moved += part.repeated.moved;
            all.has_lines |= part.has_lines;
            all.repeated.units += part.repeated.units;
            all.repeated.files.extend(part.repeated.files.iter().cloned());
            all.early.rows += part.early.rows;
            all.early.units += part.early.units;
            for (location, days) in &part.sold_on {
                add_days(all.sold_on.entry(location.clone()).or_default(), days);
            }
            if all.days.len() < part.days.len() {
                all.days.resize(part.days.len(), 0);
            }
            for (rows, own) in all.days.iter_mut().zip(&part.days) {
                *rows += own;
            }
            for (day, places) in &part.places {
                all.places.entry(*day).or_default().extend(places.iter().map(place));
            }
        }
        for places in all.places.values_mut() {
            places.sort_by_key(|place| (place.file, place.line));
            places.truncate(KEPT_PLACES as usize);
        }
        Some(all)
    }

    /// These rows, one bucket's, among the series of `all` buckets.
    pub(crate) fn among(mut self, all: &Self) -> Self {
        let positions: Vec<u32> = self.series.iter().map(|name| all.by_name[name]).collect();
        let mut rows = std::mem::take(&mut self.rows);
        for series in &mut rows.series {
            *series = positions[*series as usize];
        }
        // Rows were compared when they were read.
        rows.keys.clear();
        Self { rows, ..all.clone() }
    }

    /// What looks strange about the rows as a whole.
    pub(crate) fn oddities(&self) -> Vec<Exception> {
        let mut odd: Vec<Exception> = self.repeated_rows().into_iter().collect();
        if let Some(first) = self.negative.first {
            let NegativeAmounts { rows, units, amount, .. } = self.negative;
            let what = format!(
                "{} a negative amount ({units} units, {amount:.2} in all; the first is line {} of \
                 {})",
                counted(rows, "row has units and", "rows have units and"),
                first.line,
                self.files[first.file].file
            );
            odd.push(Exception::new(
                Severity::Warning,
                ExceptionKind::NegativeAmounts,
                Subject::Table("sales".to_owned()),
                what,
                "they count as sold; where they are refunds their quantity should be negative, or \
                 a status say so (returned in the mapping)",
            ));
        }
        let EarlyReturns { rows, units } = self.early;
        if rows > 0 {
            odd.push(Exception::new(
                Severity::Info,
                ExceptionKind::ExcludedRows,
                Subject::Table("sales".to_owned()),
                format!(
                    "{} of returns ({}) before the first sale of the item there",
                    counted(rows, "row", "rows"),
                    counted(units as u64, "unit", "units"),
                ),
                "what was sold before the file begins came back: it says nothing of the sales in \
                 it",
            ));
        }
        odd
    }

    /// Keeps these rows and what their series tell.
    fn retain(&mut self, keep: &[bool]) {
        let mut passed = 0;
        let mut kept = 0;
        for file in &mut self.files {
            kept += keep[passed..file.first].iter().filter(|&&keep| keep).count();
            passed = file.first;
            file.first = kept;
        }
        let rows = &mut self.rows;
        rows.revenue.resize(rows.series.len().min(keep.len()), f32::NAN);
        retain(&mut rows.series, keep);
        retain(&mut rows.day, keep);
        retain(&mut rows.units, keep);
        retain(&mut rows.marks, keep);
        retain(&mut rows.revenue, keep);
        retain(&mut rows.keys, keep);
        for facts in &mut self.facts {
            facts.first_sale = u16::MAX;
            facts.units = 0.0;
        }
        for (row, &series) in rows.series.iter().enumerate() {
            if rows.units[row] > 0.0 {
                let facts = &mut self.facts[series as usize];
                facts.first_sale = facts.first_sale.min(rows.day[row]);
                facts.units += rows.units[row];
            }
        }
    }

    /// Amount of the line in the reporting currency; NaN without a price.
    #[inline]
    fn reported(&mut self, cells: &Cells<'_>, row: usize, currencies: &Currencies) -> f64 {
        if !cells.has_price() {
            return f64::NAN;
        }
        let amount = cells.revenue(row);
        let Some(codes) = cells.currency else { return amount };
        if amount.is_nan() {
            return amount;
        }
        self.priced_rows += 1;
        match currencies.by_code.get(codes[row] as usize) {
            // A row without a currency is in the reporting one, as most shops have no other.
            None | Some(Rate::Reporting) => amount,
            Some(Rate::Known(rate)) => amount * rate,
            // As it is: the run is refused, unless this is the only currency there is.
            Some(Rate::Unknown(code)) => {
                match self.without_rate.get_mut(code) {
                    Some(rows) => *rows += 1,
                    None => drop(self.without_rate.insert(code.clone(), 1)),
                }
                amount
            }
        }
    }

    /// Adds a row that is worth `amount`.
    fn add(&mut self, cells: &Cells<'_>, row: usize, (series, factor): (u32, f64), amount: f64) {
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
        self.note_day(day, cells.chunk.place(row).line);
        if let Some(file) = self.files.last_mut() {
            file.newest = file.newest.max(day);
        }
        if amount < 0.0 && units > 0.0 {
            let line = cells.chunk.place(row).line;
            self.negative.rows += 1;
            self.negative.units += units;
            self.negative.amount += amount;
            self.negative.first.get_or_insert(RowPlace { file: self.files.len() - 1, line });
        }
        // Only a hint: rows come in any order, and a sale of an earlier day may be further down.
        self.maybe_early |= units < 0.0 && day < self.facts[series as usize].first_sale;
        let marks = cells.marks(row);
        let key = line_key(cells.order(row), series, units >= 0.0);
        // A row of nothing that says why (out of stock, on promotion) is kept for what it says.
        if units != 0.0 || marks != 0 {
            if !is_whole(units) {
                self.fractional = true;
                self.facts[series as usize].in_parts |= has_fraction(units);
            }
            self.push(series, day, stored, marks, key);
            if cells.has_price() {
                self.push_revenue(amount);
            }
        }
        // Units that came back on this row are a row of their own, with their share of its money.
        let returned = cells.returned(row) * factor;
        if returned != 0.0 {
            if !is_whole(returned) {
                self.fractional = true;
                self.facts[series as usize].in_parts |= has_fraction(returned);
            }
            #[expect(clippy::cast_possible_truncation, reason = "as above")]
            self.push(series, day, -returned as f32, 0, key);
            if cells.has_price() {
                self.push_revenue(-amount * returned / units);
            }
        }
    }

    /// Counts a row of `day`; where the first few stand is kept, since a lone one is told.
    #[inline]
    fn note_day(&mut self, day: u16, line: u64) {
        if self.days.len() <= usize::from(day) {
            self.days.resize(usize::from(day) + 1, 0);
        }
        let rows = &mut self.days[usize::from(day)];
        *rows += 1;
        if *rows <= KEPT_PLACES {
            let file = self.files.len() - 1;
            self.places.entry(day).or_default().push(RowPlace { file, line });
        }
    }

    /// The days with rows, in order.
    pub(crate) fn days(&self) -> Vec<DayRows> {
        let with = self.days.iter().zip(self.first_day..).filter(|&(&rows, _)| rows > 0);
        with.map(|(&rows, day)| DayRows { day, rows: u64::from(rows) }).collect()
    }

    /// Puts the rows of these days into quarantine for `reason` and forgets them.
    pub(crate) fn reject_days(
        &mut self,
        days: &[DayRows],
        reason: &str,
        quarantine: &mut Quarantine,
    ) {
        if days.is_empty() {
            return;
        }
        for lone in days {
            let day = u16::try_from(lone.day - self.first_day).expect("a day with rows");
            self.days[usize::from(day)] = 0;
            let places = self.places.remove(&day).unwrap_or_default();
            for sold_on in self.sold_on.values_mut() {
                if let Some(word) = sold_on.get_mut(usize::from(day) / 64) {
                    *word &= !(1 << (day % 64));
                }
            }
            let date = date_of(lone.day).to_string();
            for kept in &places {
                quarantine.reject(kept.of_sales(&self.files), "date", &date, reason);
            }
            if let Some(last) = places.last() {
                let more = lone.rows.saturating_sub(places.len() as u64);
                quarantine.reject_more(last.of_sales(&self.files), more);
            }
        }
        let keep: Vec<bool> =
            self.rows.day.iter().map(|&day| self.days[usize::from(day)] > 0).collect();
        let lone_starts: Vec<usize> = (0..self.facts.len())
            .filter(|&at| {
                let first = self.facts[at].first_row;
                first != u16::MAX && self.days[usize::from(first)] == 0
            })
            .collect();
        self.last_row =
            self.days.iter().rposition(|&rows| rows > 0).and_then(|day| u16::try_from(day).ok());
        self.retain(&keep);
        // A series that began with a lone row begins with the first that is left.
        let mut first_rows: BTreeMap<u32, u16> = BTreeMap::new();
        for (row, &series) in self.rows.series.iter().enumerate() {
            if lone_starts.binary_search(&(series as usize)).is_ok() {
                let first = first_rows.entry(series).or_insert(u16::MAX);
                *first = (*first).min(self.rows.day[row]);
            }
        }
        for at in lone_starts {
            let series = u32::try_from(at).unwrap_or(u32::MAX);
            self.facts[at].first_row = first_rows.get(&series).copied().unwrap_or(u16::MAX);
        }
    }

    /// Gives series other names; those that then have the same become one.
    pub(crate) fn rename(&mut self, rename: impl Fn(&mut SeriesName)) {
        let mut moved = false;
        for name in &mut self.series {
            let before = name.clone();
            rename(name);
            moved |= *name != before;
        }
        if !moved {
            return;
        }
        for (location, days) in std::mem::take(&mut self.sold_on) {
            let mut name = SeriesName { location, ..SeriesName::default() };
            rename(&mut name);
            add_days(self.sold_on.entry(name.location).or_default(), &days);
        }
        let names = std::mem::take(&mut self.series);
        let facts = std::mem::take(&mut self.facts);
        self.by_name.clear();
        let mut positions = Vec::with_capacity(names.len());
        for (name, own) in names.into_iter().zip(facts) {
            let at = self.position(name);
            let merged = &mut self.facts[at as usize];
            merged.first_row = merged.first_row.min(own.first_row);
            merged.first_sale = merged.first_sale.min(own.first_sale);
            merged.units += own.units;
            merged.in_parts |= own.in_parts;
            positions.push(at);
        }
        for series in &mut self.rows.series {
            *series = positions[*series as usize];
        }
    }

    fn push(&mut self, series: u32, day: u16, units: f32, marks: u8, key: u64) {
        if key != NO_KEY {
            self.rows.keys.resize(self.rows.series.len(), NO_KEY);
            self.rows.keys.push(key);
        }
        self.rows.series.push(series);
        self.rows.day.push(day);
        self.rows.units.push(units);
        self.rows.marks.push(marks);
    }

    /// The amount of the row just pushed.
    fn push_revenue(&mut self, amount: f64) {
        // Parts without prices may have come first.
        self.rows.revenue.resize(self.rows.series.len() - 1, f32::NAN);
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough for totals")]
        self.rows.revenue.push(amount as f32);
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
            if reading.is_laid_out && !reading.catalogue.has_here(item.sku) {
                self.misplaced.get_or_insert_with(|| item.sku.to_owned());
            }
            UNWANTED
        } else if !reading.catalogue.accepts(item.sku) {
            UNKNOWN
        } else {
            if !reading.catalogue.knows(item.sku) {
                self.unknown.insert(item.sku.to_owned());
            }
            let series = series_name(sku, (channel, location), reading);
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
            self.facts.push(Facts {
                first_row: u16::MAX,
                first_sale: u16::MAX,
                units: 0.0,
                in_parts: false,
            });
        }
        at
    }
}

/// The days on which anything was sold at a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoldOn<'a> {
    days: &'a [u64],
}

impl SoldOn<'_> {
    /// Whether it was on the day so many after the first one that is accepted.
    pub(crate) fn has(self, day: usize) -> bool {
        self.days.get(day / 64).is_some_and(|word| word >> (day % 64) & 1 == 1)
    }
}

fn add_days(days: &mut Vec<u64>, others: &[u64]) {
    if days.len() < others.len() {
        days.resize(others.len(), 0);
    }
    for (word, other) in days.iter_mut().zip(others) {
        *word |= other;
    }
}

/// The series that a row of these codes belongs to.
fn series_name(sku: u32, (channel, location): (u32, u32), reading: &Context<'_>) -> SeriesName {
    let name = reading.text("channel", channel);
    let item = reading.catalogue.item(reading.text("sku", sku), name);
    let channel = if name.is_empty() { ALL } else { name };
    // Where nothing is named, the tables together say where it belongs, once all are read.
    let location = match reading.text("location", location) {
        "" => reading.home.get(channel).map_or("", String::as_str),
        stated => stated,
    };
    SeriesName {
        sku: item.sku.to_owned(),
        location: location.to_owned(),
        channel: channel.to_owned(),
    }
}

/// What makes an order line the same in two files: a sale and the return of it are two lines.
/// [`NO_KEY`] where there is no order number.
fn line_key(order: u64, series: u32, sold: bool) -> u64 {
    if order == NO_KEY {
        return NO_KEY;
    }
    let mut hasher = FastHasher::default();
    hasher.write_u64(order);
    hasher.write_u64(u64::from(series) << 1 | u64::from(sold));
    hasher.finish().max(1)
}

/// The same of an order line on one day, where numbers are given anew.
fn key_of_day(line: u64, day: u16) -> u64 {
    let mut hasher = FastHasher::default();
    hasher.write_u64(line);
    hasher.write_u64(u64::from(day));
    hasher.finish()
}

/// Order lines that stand on several days.
#[derive(Debug, Default)]
struct Moved {
    /// Those that were moved.
    lines: FastSet<u64>,
    /// The newest file of each of the others, by [`key_of_day`].
    by_day: FastMap<u64, u32>,
}

impl Moved {
    fn is_moved(&self, line: u64) -> bool {
        self.lines.contains(&line)
    }
}

/// The rows of each file.
fn spans(files: &[FileRows], rows: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = files.iter().skip(1).map(|file| file.first).chain([rows]);
    files.iter().zip(ends).map(|(file, end)| file.first..end)
}

/// A file whose rows another one has as well, in another form.
fn same_as_another(file: &str, rows: u64, units: f64) -> Exception {
    let why = "the same export lies there twice; remove one";
    repeated_rows(file, rows, Some(units), "stand one by one in another file too", why)
}

fn retain<T: Copy>(cells: &mut Vec<T>, keep: &[bool]) {
    let mut row = 0;
    cells.retain(|_| {
        row += 1;
        keep[row - 1]
    });
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
    /// What currencies are worth.
    pub(crate) rates: &'a Rates,
    /// Whether files hold the items of one bucket each.
    pub(crate) is_laid_out: bool,
}

impl<'a> Context<'a> {
    fn text(&self, column: &str, code: u32) -> &'a str {
        self.schema.position(column).map_or("", |at| self.columns[at].interner.name(code))
    }
}

/// What one unit of a currency is worth.
#[derive(Debug, Clone, PartialEq)]
enum Rate {
    /// It is the reporting currency.
    Reporting,
    Known(f64),
    /// No rate is configured for this code.
    Unknown(String),
}

/// The rates of the currencies met so far, by the codes of their names.
#[derive(Debug, Default)]
struct Currencies {
    by_code: Vec<Rate>,
}

impl Currencies {
    fn of(cells: &Cells<'_>, reading: &Context<'_>) -> Self {
        let at = reading.schema.position("currency").filter(|_| cells.currency.is_some());
        let names = at.map_or(&[][..], |at| reading.columns[at].interner.names());
        let mut by_code = Vec::with_capacity(names.len());
        for name in names {
            by_code.push(match reading.rates.of(name) {
                Ok(1.0) => Rate::Reporting,
                Ok(rate) => Rate::Known(rate),
                Err(code) => Rate::Unknown(code),
            });
        }
        Self { by_code }
    }
}

/// The columns of a chunk by their names.
struct Columns<'a> {
    chunk: &'a Chunk,
    schema: &'static Schema,
}

impl<'a> Columns<'a> {
    fn of(&self, name: &str) -> &'a Values {
        self.schema.position(name).map_or(&Values::Missing, |at| &self.chunk.columns[at])
    }
}

/// The columns of one chunk of sales.
struct Cells<'a> {
    chunk: &'a Chunk,
    sku: &'a [u32],
    channel: Option<&'a [u32]>,
    location: Option<&'a [u32]>,
    day: &'a [i32],
    quantity: &'a [f64],
    currency: Option<&'a [u32]>,
    unit_price: Option<&'a [f64]>,
    revenue: Option<&'a [f64]>,
    discount: Option<&'a [f64]>,
    discount_amount: Option<&'a [f64]>,
    promotion: Option<&'a [u8]>,
    in_stock: Option<&'a [u8]>,
    returns: Option<&'a [f64]>,
    order_id: Option<&'a [u64]>,
    line_id: Option<&'a [u64]>,
}

impl<'a> Cells<'a> {
    fn new(chunk: &'a Chunk, schema: &'static Schema) -> Self {
        let columns = Columns { chunk, schema };
        Self {
            chunk,
            sku: columns.of("sku").texts().unwrap_or_default(),
            channel: columns.of("channel").texts(),
            location: columns.of("location").texts(),
            day: columns.of("date").days().unwrap_or_default(),
            quantity: columns.of("quantity").numbers().unwrap_or_default(),
            currency: columns.of("currency").texts(),
            unit_price: columns.of("unit_price").numbers(),
            revenue: columns.of("revenue").numbers(),
            discount: columns.of("discount").numbers(),
            discount_amount: columns.of("discount_amount").numbers(),
            promotion: columns.of("promotion").flags(),
            in_stock: columns.of("in_stock").flags(),
            returns: columns.of("returns").numbers(),
            order_id: columns.of("order_id").keys(),
            line_id: columns.of("line_id").keys(),
        }
    }

    /// The order and line of a row as one number, [`NO_KEY`] where it has no order.
    fn order(&self, row: usize) -> u64 {
        let Some(order) = self.order_id.map(|keys| keys[row]).filter(|&key| key != NO_KEY) else {
            return NO_KEY;
        };
        self.line_id.map_or(order, |keys| order ^ keys[row].rotate_left(32)).max(1)
    }

    /// Units of the row that came back, however the export signs them.
    fn returned(&self, row: usize) -> f64 {
        or_zero(cell(self.returns, row)).abs()
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

    /// Amount of the line, below zero where its units came back; NaN without a price.
    fn revenue(&self, row: usize) -> f64 {
        let quantity = self.quantity[row];
        // A return takes money back whatever sign its amount has. Units sold for less than nothing
        // are told: made positive, a credit note was a sale at the same price.
        let stated = cell(self.revenue, row);
        let stated = if quantity < 0.0 { -stated.abs() } else { stated };
        let gross = if stated.is_nan() {
            cell(self.unit_price, row) * quantity * (1.0 - or_zero(cell(self.discount, row)))
        } else {
            stated
        };
        gross - or_zero(cell(self.discount_amount, row)).abs().copysign(quantity)
    }
}

/// A number of an optional column, NaN where there is none.
fn cell(column: Option<&[f64]>, row: usize) -> f64 {
    column.map_or(f64::NAN, |cells| cells[row])
}

fn or_zero(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x }
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
