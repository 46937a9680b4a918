//! From lines of cells to chunks of rows, whatever the lines come from: text or a sheet.
//!
//! Finds the header, passes over what stands above, between and below the rows, carries cells down
//! that stand on the first of several lines alone, and reads each cell by its column's reader.

use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::cells::interner::{LeftOut, Problem};
use crate::ingest::cells::mapping::{CellSource, ColumnPlan, FilterAction, WideColumn};
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::cells::rules::{is_total, matches_cell};
use crate::ingest::cells::values::Values;
use crate::ingest::files::chunk::{CHUNK_ROWS, Chunk, ColumnEvidence, Reading, Sink};
use crate::ingest::files::refunds::{OrderMoney, Refund, RefundLine};
use crate::ingest::files::source::File;
use crate::ingest::settings::Footer;
use crate::ingest::tables::quarantine::Place;
use std::borrow::Cow;

/// Lines that are looked at for a header: reports have a title, a period and a shop's name above
/// it.
pub(crate) const HEADER_WITHIN: usize = 30;

/// Lines of cells, one after the other.
pub(crate) trait Lines {
    /// Moves to the next line that is not blank; whether there is one.
    fn next(&mut self) -> Result<bool>;
    /// Passes over the lines up to number `line`, so that the next one is below it.
    fn skip_to(&mut self, line: u64) -> Result<()>;
    /// How many lines that are not blank have been met.
    fn ordinal(&self) -> u64;
    /// The number of the line, from 1.
    fn line(&self) -> u64;
    /// How many cells it has.
    fn len(&self) -> usize;
    /// Cell `at` as text; empty where the line is too short.
    fn field(&self, at: usize) -> std::result::Result<Cow<'_, str>, Problem>;
    /// Cell `at` for a message, whatever its bytes.
    fn lossy(&self, at: usize) -> String;
    /// Whether the line can be a header at all.
    fn check_header(&self) -> Result<()>;
}

/// Where the header is, and what it says.
pub(crate) struct Header {
    pub(crate) headings: Vec<String>,
    pub(crate) plan: ColumnPlan,
}

/// Moves `lines` to the header of `file`: the line below `skip_rows` lines, or the first that has
/// the columns.
///
/// # Errors
/// If no line has the columns that the table needs.
pub(crate) fn header(
    file: &File,
    lines: &mut impl Lines,
    reading: &mut Reading<'_>,
) -> Result<Header> {
    if !reading.mapping.header.is_empty() {
        lines.skip_to(reading.mapping.skip_rows.unwrap_or(0) as u64)?;
        let headings = reading.mapping.header.clone();
        let mut plan = reading.mapped.plan(file, &headings)?;
        reading.exceptions.append(&mut plan.exceptions);
        return Ok(Header { headings, plan });
    }
    let mut nearest: Option<(usize, Error)> = None;
    let within = match reading.mapping.skip_rows {
        Some(skipped) => {
            lines.skip_to(skipped as u64)?;
            1
        }
        None => HEADER_WITHIN,
    };
    for _ in 0..within {
        if !lines.next()? {
            break;
        }
        // Of the first line alone: whether the file can be read at all shows there.
        if nearest.is_none() {
            lines.check_header()?;
        }
        let mut headings: Vec<String> = (0..lines.len())
            .map(|at| lines.field(at).unwrap_or_default().trim().to_owned())
            .collect();
        if let Some(first) = headings.first_mut() {
            *first = first.trim_start_matches('\u{feff}').trim().to_owned();
        }
        match reading.mapped.plan(file, &headings) {
            Ok(mut plan) => {
                reading.exceptions.append(&mut plan.exceptions);
                if nearest.is_some() {
                    let what = format!(
                        "the header is line {}; what stands above it is passed over",
                        lines.line()
                    );
                    reading.exceptions.push(Exception::new(
                        Severity::Info,
                        ExceptionKind::AssumedLayout,
                        Subject::File(file.base_name()),
                        what,
                        "it is the first line that has the table's columns; skip_rows says another",
                    ));
                }
                return Ok(Header { headings, plan });
            }
            Err(error) => {
                // Should none of them do, the message is about the line that came nearest: it is
                // the header with a column renamed.
                let likeness = reading.mapped.likeness(&headings);
                if nearest.as_ref().is_none_or(|(best, _)| likeness > *best) {
                    nearest = Some((likeness, error));
                }
            }
        }
    }
    Err(nearest.map_or_else(
        || {
            let message = "there are only blank lines; expected at least a header line";
            Error::input(&file.path, message)
        },
        |(_, error)| error,
    ))
}

/// Reads the rows below the header and hands them to `sink`; returns how many there are. `last` is
/// the ordinal of the line above a footer of so many lines; `again` opens the lines once more.
pub(crate) fn read<L: Lines>(
    file: &File,
    lines: &mut L,
    header: &Header,
    last: u64,
    again: impl Fn(&Reading<'_>) -> Result<L>,
    reading: &mut Reading<'_>,
    sink: &mut Sink<'_>,
) -> Result<u64> {
    let plan = &header.plan;
    let header_line = lines.line();
    reading.begin_file(plan);
    reading.columns.iter_mut().for_each(ColumnReader::ask_for_evidence);
    // A second look at the lines, which only files pay for that have a number or a date of two
    // meanings.
    let look = |reading: &mut Reading<'_>| -> Result<()> {
        let mut lines = again(reading)?;
        lines.skip_to(header_line)?;
        let evidence = evidence(&mut lines, plan, reading);
        reading.settle(file, &evidence)
    };
    let mut rows = Rows::new(file, header, reading);
    let described = reading.mapping.description_rows.unwrap_or(rows.preset_descriptions) as u64;
    // Who cut the descriptions off has a row there: they are told apart by being readable.
    rows.described = lines.ordinal() + described;
    let mut count = 0;
    let mut below = false;
    while lines.next()? {
        below |= lines.ordinal() > last || rows.begins_footer(lines);
        if below || rows.repeats_header(lines) {
            count += 1;
            let what = if below { LeftOut::Footer } else { LeftOut::Header };
            rows.leave_out(lines, what, reading);
            continue;
        }
        if rows.cells.begin_line(lines) {
            rows.settle_refund(reading);
        }
        if plan.wide.is_empty() && plan.packed.is_none() {
            count += 1;
            rows.push(lines, None, reading, &look)?;
        }
        for cell in &plan.wide {
            let text = lines.field(cell.at).unwrap_or_default();
            // A wide table has a cell for every day of every item: an empty one is no sale, and no
            // row.
            if text.trim().is_empty() {
                continue;
            }
            count += 1;
            // An excluded cell of a wide line leaves the other cells of the line in.
            if matches_cell(&plan.wide_exclude, &text) {
                rows.leave_out(lines, LeftOut::Rule(cell.heading.clone()), reading);
                continue;
            }
            rows.push(lines, Some(cell), reading, &look)?;
            if rows.chunk.rows == CHUNK_ROWS {
                sink(rows.take(), &reading.columns, reading.quarantine)?;
            }
        }
        for inner in 0..rows.cells.unpack(lines) {
            count += 1;
            rows.cells.inner = inner;
            rows.push(lines, None, reading, &look)?;
        }
        // An order is settled as a whole.
        if rows.chunk.rows >= CHUNK_ROWS && rows.refund_lines.is_empty() {
            sink(rows.take(), &reading.columns, reading.quarantine)?;
        }
    }
    rows.settle_refund(reading);
    sink(rows.take(), &reading.columns, reading.quarantine)?;
    Ok(count)
}

/// Lines that are looked at for how a file writes numbers: a cell that leaves no doubt stands among
/// the first thousands, or nowhere.
const LOOKED_AT: usize = 50_000;

/// What each column of the schema shows about how a file writes numbers and dates.
fn evidence(
    lines: &mut impl Lines,
    plan: &ColumnPlan,
    reading: &Reading<'_>,
) -> Vec<ColumnEvidence> {
    let mut evidence = vec![ColumnEvidence::default(); reading.columns.len()];
    for looked_at in 0.. {
        // Sorted files may hold the first twelve days of a month for long, and only those leave it
        // open which number is the day.
        let dates_tell =
            evidence.iter().all(|column| column.days.tells() || !column.days.is_open());
        // What is wrong further on is told when it is read.
        if (looked_at >= LOOKED_AT && dates_tell) || !lines.next().unwrap_or(false) {
            break;
        }
        for (at, column) in reading.columns.iter().enumerate() {
            if !column.is_numeric() && !column.is_dated() {
                continue;
            }
            let own = &mut evidence[at];
            match &plan.from[at] {
                CellSource::Column(i) => own.see(column, &lines.field(*i).unwrap_or_default()),
                CellSource::Cell => plan
                    .wide
                    .iter()
                    .for_each(|cell| own.see(column, &lines.field(cell.at).unwrap_or_default())),
                CellSource::Heading if looked_at == 0 => {
                    plan.wide.iter().for_each(|cell| own.see(column, &cell.heading));
                }
                CellSource::Constant(_) | CellSource::Heading | CellSource::Missing => {}
            }
        }
    }
    evidence
}

/// Builds chunks row by row.
struct Rows<'a> {
    cells: Cells<'a>,
    footer: Vec<String>,
    preset_descriptions: usize,
    /// The ordinal of the last line that may describe the columns.
    described: u64,
    chunk: Chunk,
    empty: Vec<Values>,
    /// Positions of columns that tell a row from a line of text.
    sku: Option<usize>,
    date: Option<usize>,
    quantity: Option<usize>,
    returns: Option<usize>,
    price: Option<usize>,
    discount: Option<usize>,
    /// The lines of the order at hand, where it was refunded in part ...
    refund_lines: Vec<RefundLine>,
    /// ... and its money.
    refund: Option<OrderMoney>,
    /// The column that says what was sold where the item's own is blank, once it was looked for.
    instead: Option<Option<String>>,
}

/// The cells of the line at hand, with what other lines say about them.
struct Cells<'a> {
    plan: &'a ColumnPlan,
    headings: &'a [String],
    /// What the filled-down columns of the lines of one key were last, one a column of the plan.
    filled: Vec<String>,
    /// That key.
    filled_key: String,
    /// The lines packed into a cell of this line, and which of them is read.
    unpacked: Vec<Vec<String>>,
    inner: usize,
}

/// Which units of a row came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Back {
    Nothing,
    Everything,
    /// Some: the refund may say which.
    Part,
}

/// Why a row is set aside: the column of the schema, what stood there, and the problem.
struct Fault {
    column: usize,
    value: String,
    problem: Problem,
}

impl<'a> Rows<'a> {
    fn new(file: &File, header: &'a Header, reading: &Reading<'_>) -> Self {
        let plan = &header.plan;
        let mut empty = Vec::with_capacity(plan.from.len());
        for (reader, from) in reading.columns.iter().zip(&plan.from) {
            empty.push(match from {
                CellSource::Missing => Values::Missing,
                CellSource::Column(_)
                | CellSource::Constant(_)
                | CellSource::Heading
                | CellSource::Cell => Values::empty(reader.column.kind),
            });
        }
        let preset = reading.mapped.preset;
        let footer = match &reading.mapping.footer {
            Footer::Lines(0) => &preset.footer,
            written => written,
        };
        let footer = match footer {
            Footer::Lines(_) => Vec::new(),
            Footer::Begins(text) => vec![text.to_lowercase()],
            Footer::BeginsAny(texts) => texts.iter().map(|text| text.to_lowercase()).collect(),
        };
        let filled = plan.fill_down.as_ref().map_or(0, |filled| filled.columns.len());
        let schema = reading.mapped.schema();
        Self {
            cells: Cells {
                plan,
                headings: &header.headings,
                filled: vec![String::new(); filled],
                filled_key: String::new(),
                unpacked: Vec::new(),
                inner: 0,
            },
            footer,
            preset_descriptions: preset.description_rows,
            described: 0,
            chunk: Chunk::new(reading.mapped.table(), &file.name, empty.clone()),
            empty,
            sku: plan.position_of("sku", schema),
            date: plan.position_of("date", schema),
            quantity: plan.position_of("quantity", schema),
            returns: plan.position_of("returns", schema),
            price: plan.position_of("unit_price", schema),
            discount: plan.position_of("discount_amount", schema),
            refund_lines: Vec::new(),
            refund: None,
            instead: None,
        }
    }

    /// The finished chunk.
    fn take(&mut self) -> Chunk {
        let next = Chunk::new(self.chunk.table, &self.chunk.file, self.empty.clone());
        std::mem::replace(&mut self.chunk, next)
    }

    fn place(&self, lines: &impl Lines) -> Place<'_> {
        Place { table: self.chunk.table, file: &self.chunk.file, line: lines.line() }
    }

    fn leave_out(&self, lines: &impl Lines, what: LeftOut, reading: &mut Reading<'_>) {
        let value = lines.field(0).unwrap_or_default();
        reading.quarantine.leave_out(self.place(lines), what, &value, f64::NAN);
    }

    /// Whether the line says what no row says: the footer begins.
    fn begins_footer(&self, lines: &impl Lines) -> bool {
        if self.footer.is_empty() {
            return false;
        }
        let mut cells = (0..lines.len()).filter_map(|at| lines.field(at).ok());
        let first = cells.find(|cell| !cell.trim().is_empty()).unwrap_or_default();
        let first = first.trim().to_lowercase();
        self.footer.iter().any(|text| match text.strip_prefix('*') {
            Some(inside) => first.contains(inside),
            None => first.starts_with(text.as_str()),
        })
    }

    /// Whether the header stands here once more: files put together by hand have it in the middle.
    fn repeats_header(&self, lines: &impl Lines) -> bool {
        let headings = self.cells.headings;
        lines.len() == headings.len()
            && headings.iter().enumerate().all(|(at, heading)| {
                lines.field(at).is_ok_and(|cell| {
                    cell.trim_start_matches('\u{feff}').trim().eq_ignore_ascii_case(heading)
                })
            })
    }

    /// Appends one row, or sets it aside.
    fn push(
        &mut self,
        lines: &impl Lines,
        cell: Option<&WideColumn>,
        reading: &mut Reading<'_>,
        look: &impl Fn(&mut Reading<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut pushed = self.try_push(lines, cell, reading);
        // A number that may be read in two ways, met for the first time: the file is looked at once
        // more as a whole, and then it is decided for all of it.
        if pushed.as_ref().is_err_and(|fault| fault.problem == Problem::Undecided) {
            look(reading)?;
            let rows = self.chunk.rows;
            self.chunk.columns.iter_mut().for_each(|column| column.truncate(rows));
            pushed = self.try_push(lines, cell, reading);
        }
        let Err(fault) = pushed else {
            self.chunk.lines.push(lines.line());
            self.chunk.rows += 1;
            return Ok(());
        };
        let problem = match fault.problem {
            Problem::Rejected(_) | Problem::LeftOut(_) if lines.ordinal() <= self.described => {
                Problem::LeftOut(LeftOut::Header)
            }
            Problem::Rejected(reason) => {
                self.no_row(lines, cell).map_or(Problem::Rejected(reason), Problem::LeftOut)
            }
            // What a rule leaves out may be no row in the first place: heads and totals of groups.
            Problem::LeftOut(LeftOut::Rule(rule)) => match self.no_row(lines, cell) {
                Some(what @ (LeftOut::Total | LeftOut::Text | LeftOut::NoSale)) => {
                    Problem::LeftOut(what)
                }
                Some(_) | None => Problem::LeftOut(LeftOut::Rule(rule)),
            },
            other => other,
        };
        // A cancelled line must be known where an older file has it as a sale.
        if problem != Problem::LeftOut(LeftOut::Total)
            && !matches!(problem, Problem::Rejected(_))
            && reading.mapped.compares_orders
        {
            self.push_void(lines, cell, reading);
        }
        let rows = self.chunk.rows;
        self.chunk.columns.iter_mut().for_each(|column| column.truncate(rows));
        let units = self.quantity.map_or(f64::NAN, |at| {
            let raw = self.cells.cell(lines, cell, at).unwrap_or_default();
            reading.columns[at].lenient_number(&raw)
        });
        reading.set_aside(self.place(lines), fault.column, &fault.value, problem, units);
        Ok(())
    }

    /// Appends a row that is only known by its order number.
    fn push_void(
        &mut self,
        lines: &impl Lines,
        cell: Option<&WideColumn>,
        reading: &mut Reading<'_>,
    ) {
        let rows = self.chunk.rows;
        self.chunk.columns.iter_mut().for_each(|column| column.truncate(rows));
        for (at, reader) in reading.columns.iter_mut().enumerate() {
            if self.cells.plan.from[at] == CellSource::Missing {
                continue;
            }
            let raw = self.cells.cell(lines, cell, at).unwrap_or_default().into_owned();
            let column = &mut self.chunk.columns[at];
            // What cannot be read is empty: the row is no sale anyway.
            if reader.push(&raw, column).is_err() && column.len() <= rows {
                column.push_empty();
            }
        }
        self.chunk.bad.resize(rows, false);
        self.chunk.bad.push(true);
        self.chunk.void.push(rows);
        self.chunk.lines.push(lines.line());
        self.chunk.rows += 1;
    }

    fn try_push(
        &mut self,
        lines: &impl Lines,
        cell: Option<&WideColumn>,
        reading: &mut Reading<'_>,
    ) -> std::result::Result<(), Fault> {
        self.check_width(lines)?;
        let back = self.filter(lines)?;
        for (at, reader) in reading.columns.iter_mut().enumerate() {
            if self.cells.plan.from[at] == CellSource::Missing {
                continue;
            }
            let raw = self.cells.cell(lines, cell, at).map_err(|problem| Fault {
                column: at,
                value: match self.cells.plan.from[at] {
                    CellSource::Column(i) => lines.lossy(i),
                    CellSource::Constant(_)
                    | CellSource::Heading
                    | CellSource::Cell
                    | CellSource::Missing => String::new(),
                },
                problem,
            })?;
            let column = &mut self.chunk.columns[at];
            let mut pushed = reader.push(&raw, column);
            let is_required = reader.is_required(self.chunk.table);
            if pushed.is_ok() && is_required && column.is_empty_at(self.chunk.rows) {
                pushed = Err(Problem::Rejected("empty, but required".to_owned()));
            }
            if let Err(problem) = pushed {
                return Err(Fault { column: at, value: raw.clone().into_owned(), problem });
            }
        }
        match back {
            Back::Nothing => {}
            Back::Everything => self.come_back(self.chunk.rows, f64::INFINITY),
            Back::Part => self.note_refund(lines, reading),
        }
        Ok(())
    }

    /// Keeps the row just read until the order is whole, where its refund may tell which units came
    /// back.
    fn note_refund(&mut self, lines: &impl Lines, reading: &mut Reading<'_>) {
        let mut number = |at: Option<usize>| {
            let Some(at) = at else { return f64::NAN };
            let raw = self.cells.cell(lines, None, at).unwrap_or_default();
            reading.columns[at].lenient_number(&raw)
        };
        let (units, price) = (number(self.quantity), number(self.price));
        let discount = number(self.discount);
        let money = self.cells.plan.refunds.zip(self.price);
        let Some((columns, price_at)) = money.filter(|_| units > 0.0 && !price.is_nan()) else {
            reading.quarantine.partly_returned(self.place(lines), units, f64::NAN);
            return;
        };
        let mut amount = |at: Option<usize>| {
            let Some(at) = at else { return f64::NAN };
            let raw = self.cells.field(lines, at).unwrap_or_default();
            // As the file writes its prices.
            reading.columns[price_at].lenient_number(&raw)
        };
        self.refund.get_or_insert(OrderMoney {
            refunded: amount(Some(columns.amount)).abs(),
            total: amount(columns.total),
            subtotal: amount(columns.subtotal),
            shipping: amount(columns.shipping),
            taxes: amount(columns.taxes),
        });
        let sku = self.sku.map(|at| self.cells.cell(lines, None, at).unwrap_or_default());
        self.refund_lines.push(RefundLine {
            row: self.chunk.rows,
            line: lines.line(),
            sku: sku.unwrap_or_default().into_owned(),
            units,
            price,
            discount: if discount.is_nan() { 0.0 } else { discount },
        });
    }

    /// Nets what came back of the order that ends here, as far as its refund tells.
    fn settle_refund(&mut self, reading: &mut Reading<'_>) {
        let lines = std::mem::take(&mut self.refund_lines);
        let Some(money) = self.refund.take() else { return };
        match money.refund(&lines) {
            Refund::Everything => {
                for line in &lines {
                    self.come_back(line.row, f64::INFINITY);
                    reading.quarantine.netted(&self.chunk.file, line.line, line.units);
                }
            }
            Refund::Units { at, units } => {
                self.come_back(lines[at].row, units);
                reading.quarantine.netted(&self.chunk.file, lines[at].line, units);
            }
            Refund::Unknown => {
                let mut refunded = money.refunded;
                for line in &lines {
                    let (table, file) = (self.chunk.table, &self.chunk.file);
                    let place = Place { table, file, line: line.line };
                    reading.quarantine.partly_returned(place, line.units, refunded);
                    // The order's money once.
                    refunded = 0.0;
                }
            }
        }
    }

    /// A line with more cells than headings has a separator inside a cell.
    fn check_width(&self, lines: &impl Lines) -> std::result::Result<(), Fault> {
        let fields = self.cells.headings.len();
        // Fewer cells than headings are how many programs leave empty ones at the end out.
        if lines.len() <= fields {
            return Ok(());
        }
        let Some(extra) = (fields..lines.len())
            .find(|&at| !lines.field(at).unwrap_or_default().trim().is_empty())
        else {
            return Ok(());
        };
        let reason = format!(
            "{} fields where the header has {fields}: is a separator not quoted?",
            lines.len()
        );
        let value = lines.field(extra).unwrap_or_default().into_owned();
        Err(Fault { column: 0, value, problem: Problem::Rejected(reason) })
    }

    /// Applies the rules on cells as they stand in the file; which of the row's units came back.
    fn filter(&self, lines: &impl Lines) -> std::result::Result<Back, Fault> {
        let mut back = Back::Nothing;
        for filter in &self.cells.plan.filters {
            let Ok(value) = self.cells.field(lines, filter.at) else { continue };
            let matched = matches_cell(&filter.patterns, &value);
            match filter.action {
                FilterAction::Exclude | FilterAction::Keep => {
                    if matched == (filter.action == FilterAction::Exclude) {
                        let rule = LeftOut::Rule(filter.heading.clone());
                        return Err(Fault {
                            column: 0,
                            value: value.into_owned(),
                            problem: Problem::LeftOut(rule),
                        });
                    }
                }
                FilterAction::Reject if matched => {
                    return Err(Fault {
                        column: 0,
                        value: value.into_owned(),
                        problem: Problem::Rejected("rejected by a rule of the mapping".to_owned()),
                    });
                }
                FilterAction::Returned if matched => back = Back::Everything,
                FilterAction::PartlyReturned if matched => back = Back::Part,
                FilterAction::Returned | FilterAction::PartlyReturned | FilterAction::Reject => {}
            }
        }
        Ok(back)
    }

    /// So many units of `row` have come back, at most all.
    fn come_back(&mut self, row: usize, units: f64) {
        let (Some(quantity), Some(returns)) = (self.quantity, self.returns) else { return };
        let sold = match &self.chunk.columns[quantity] {
            Values::Number(numbers) => numbers.get(row).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        if let Values::Number(numbers) = &mut self.chunk.columns[returns]
            && let Some(cell) = numbers.get_mut(row)
        {
            // What came back is written as a number of its own and counts as sold before; a
            // quantity below zero is a return already.
            *cell = sold.max(0.0).min(units);
        }
    }

    /// Why this line, which cannot be read, is no row at all; `None` where it should be one.
    fn no_row(&mut self, lines: &impl Lines, wide: Option<&WideColumn>) -> Option<LeftOut> {
        let sku = self.sku?;
        let mut filled = (0..lines.len())
            .filter_map(|at| lines.field(at).ok())
            .filter(|cell| !cell.trim().is_empty());
        let first = filled.next();
        if first.as_ref().is_some_and(|cell| is_total(cell)) {
            return Some(LeftOut::Total);
        }
        if self.cells.is_blank(lines, wide, sku) {
            // A line with a single cell is a remark, whatever stands there.
            if first.is_some() && filled.next().is_none() {
                return Some(LeftOut::Text);
            }
            let heading = match self.cells.plan.from[sku] {
                CellSource::Column(at) => self.cells.headings.get(at).cloned(),
                CellSource::Constant(_)
                | CellSource::Heading
                | CellSource::Cell
                | CellSource::Missing => None,
            };
            let instead = self.instead.get_or_insert_with(|| self.cells.names_item(lines)).clone();
            let column = heading.unwrap_or_else(|| "sku".to_owned());
            return Some(LeftOut::NoItem { column, instead });
        }
        let (date, quantity) = (self.date?, self.quantity?);
        let is_blank =
            self.cells.is_blank(lines, wide, date) && self.cells.is_blank(lines, wide, quantity);
        is_blank.then_some(LeftOut::NoSale)
    }
}

impl Cells<'_> {
    /// The heading of a column that says what a line without a code sold.
    fn names_item(&self, lines: &impl Lines) -> Option<String> {
        // From the surest to the vaguest; what names people, devices or numbers names no item.
        const WORDS: [&str; 7] =
            ["lineitem name", "item name", "product name", "title", "item", "product", "name"];
        const OTHERS: [&str; 20] = [
            "buyer", "customer", "user", "device", "ship", "bill", "number", "sku", "price",
            "discount", "point", "tax", "cost", "quantity", "qty", "total", "status", " id", "id ",
            "file",
        ];
        for word in WORDS {
            for (at, heading) in self.headings.iter().enumerate() {
                let plain = heading.to_lowercase().replace(['_', '-'], " ");
                if plain.contains(word)
                    && !OTHERS.iter().any(|other| plain.contains(other))
                    && lines.field(at).is_ok_and(|cell| !cell.trim().is_empty())
                {
                    return Some(heading.clone());
                }
            }
        }
        None
    }

    /// Whether nothing stands in column `at` of the schema.
    fn is_blank(&self, lines: &impl Lines, wide: Option<&WideColumn>, at: usize) -> bool {
        self.cell(lines, wide, at).is_ok_and(|cell| cell.trim().is_empty())
    }

    /// Splits the packed cell of this line; how many lines it holds, 0 where the file has none.
    fn unpack(&mut self, lines: &impl Lines) -> usize {
        let Some(packed) = &self.plan.packed else { return 0 };
        let cell = lines.field(packed.at).unwrap_or_default();
        self.unpacked = unpacked(&cell, &packed.labels);
        self.unpacked.len()
    }

    /// The cell that column `at` of the schema is read from.
    fn cell<'r>(
        &'r self,
        lines: &'r impl Lines,
        wide: Option<&'r WideColumn>,
        at: usize,
    ) -> std::result::Result<Cow<'r, str>, Problem> {
        match &self.plan.from[at] {
            CellSource::Missing => Ok(Cow::Borrowed("")),
            CellSource::Column(i) => self.field(lines, *i),
            CellSource::Cell => wide.map_or(Ok(Cow::Borrowed("")), |wide| lines.field(wide.at)),
            CellSource::Heading => Ok(wide.map_or("", |wide| wide.heading.as_str()).into()),
            CellSource::Constant(text) => Ok(Cow::Borrowed(text.as_str())),
        }
    }

    /// Field `at`, taken from the order's first line where the export leaves it empty on the
    /// others.
    #[inline]
    fn field<'r>(
        &'r self,
        lines: &'r impl Lines,
        at: usize,
    ) -> std::result::Result<Cow<'r, str>, Problem> {
        if let Some(packed) = at.checked_sub(self.headings.len())
            && let Some(line) = self.unpacked.get(self.inner)
        {
            return Ok(line.get(packed).map_or("", String::as_str).into());
        }
        let text = lines.field(at)?;
        let Some(fill_down) = &self.plan.fill_down else { return Ok(text) };
        if !text.trim().is_empty() {
            return Ok(text);
        }
        let column = fill_down.columns.iter().position(|&column| column == at);
        Ok(column.map_or(text, |column| self.filled[column].as_str().into()))
    }

    /// Remembers what stands on the first line of an order, and forgets what stood on that of the
    /// order before; whether another order begins. A line without a number belongs to the one above
    /// it.
    fn begin_line(&mut self, lines: &impl Lines) -> bool {
        let Some(fill_down) = &self.plan.fill_down else { return false };
        let mut begins = false;
        if let Some(key) = fill_down.key {
            let key = lines.field(key).unwrap_or_default();
            if !key.trim().is_empty() && self.filled_key != key {
                self.filled_key = key.into_owned();
                self.filled.iter_mut().for_each(String::clear);
                begins = true;
            }
        }
        for (filled, &column) in self.filled.iter_mut().zip(&fill_down.columns) {
            if let Ok(text) = lines.field(column)
                && !text.trim().is_empty()
            {
                *filled = text.into_owned();
            }
        }
        begins
    }
}

/// The lines in a packed cell, each with the values of `labels` in their order. A line begins with
/// the first label; a value ends where the next label begins.
fn unpacked(cell: &str, labels: &[String]) -> Vec<Vec<String>> {
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for (label, name) in labels.iter().enumerate() {
        let mark = format!("{name}:");
        for (at, _) in cell.match_indices(&mark) {
            // A label inside another word (`SubSKU:`) is none.
            if !cell[..at].ends_with(|c: char| c.is_alphanumeric()) {
                marks.push((at, label));
            }
        }
    }
    marks.sort_unstable();
    // A line's labels come in their order: one that does not stands in a name ("Product SKU: how to
    // choose one").
    let mut expected = 0;
    marks.retain(|&(at, label)| {
        let before = cell[..at].trim_end_matches([' ', '\t', '\r']);
        // A line begins at the first label, where the text or a line of it begins, or where the
        // last line had all of its labels.
        let is_first = before.is_empty() || before.ends_with(['|', ';', ',', '\n']);
        let begins = label == 0 && (is_first || expected == labels.len());
        let fits = begins || (label > 0 && label >= expected);
        if fits {
            expected = label + 1;
        }
        fits
    });
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (nth, &(at, label)) in marks.iter().enumerate() {
        let from = at + labels[label].len() + 1;
        let to = marks.get(nth + 1).map_or(cell.len(), |&(next, _)| next);
        let value = cell.get(from..to).unwrap_or_default();
        let value = value.trim().trim_end_matches([',', '|', ';']).trim();
        if label == 0 {
            lines.push(vec![String::new(); labels.len()]);
        }
        if let Some(line) = lines.last_mut() {
            line[label] = value.to_owned();
        }
    }
    lines
}
