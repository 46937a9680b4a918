//! Stock and what moves it: stock, lots, stock history, stock-outs, purchase orders, listings and
//! counts.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{
    Count, Inputs, Kit, Listing, Lot, PurchaseOrder, Stock, StockHistory, Stockout, untracked_of,
};
use crate::domain::lanes::Shipment;
use crate::domain::shown::counted;
use crate::domain::sorted::Sorted;
use crate::domain::units::{LocationId, PoolId, SkuId, Units};
use crate::ingest::files::table::{Row, Table};
use crate::ingest::tables::convert::Convert;
use crate::ingest::tables::quarantine::Place;
use crate::ingest::tables::whole_units::{Remainder, Rounding};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Stock by pool, sorted; several rows of one pool (bins, batches) are added up.
pub(crate) fn stock(table: &Table, convert: &mut Convert<'_>) -> Vec<Stock> {
    let rows = convert.rows_once(table);
    let mut rows: Vec<Counted> = rows.iter().filter_map(|row| counted_row(row, convert)).collect();
    rows.sort_by_key(|s| s.pool);
    let before = rows.len();
    let mut stock: Vec<Counted> = Vec::with_capacity(before);
    for row in rows {
        match stock.last_mut().filter(|last| last.pool == row.pool) {
            // Bins, pallets and storage areas are rows of their own in many exports; what can be
            // sold is their sum.
            Some(last) => last.add(&row),
            None => stock.push(row),
        }
    }
    let stock: Vec<Stock> = stock.into_iter().map(Counted::whole).collect();
    if stock.len() < before {
        let what = format!(
            "{before} rows are added up to {}",
            counted(stock.len() as u64, "item at a location", "items at locations")
        );
        convert.exceptions.push(
            Exception::new(
                Severity::Info,
                ExceptionKind::StockAddedUp,
                Subject::Table("stock".to_owned()),
                what,
                "several rows name the same item and location",
            )
            .with_effect(Effect::Rows((before - stock.len()) as u64)),
        );
    }
    // Used all the same: no older count is there to use instead, and a backfill would plan without
    // any stock.
    let late = stock.iter().filter(|s| s.as_of.is_some_and(|d| d > convert.as_of)).count();
    if late > 0 {
        let what = format!(
            "{} counted after the as-of date {}",
            counted(late as u64, "item was", "items were"),
            convert.as_of
        );
        convert.exceptions.push(
            Exception::new(
                Severity::Warning,
                ExceptionKind::FutureStock,
                Subject::Table("stock".to_owned()),
                what,
                "the stock of a later day is used for this run",
            )
            .with_effect(Effect::Rows(late as u64)),
        );
    }
    stock
}

/// A row of stock, or what several rows of one pool add up to, with its fractions.
struct Counted {
    pool: PoolId,
    on_hand: f64,
    committed: f64,
    backordered: f64,
    damaged: f64,
    returns_pending: f64,
    as_of: Option<NaiveDate>,
}

impl Counted {
    fn add(&mut self, more: &Self) {
        self.on_hand += more.on_hand;
        self.committed += more.committed;
        self.backordered += more.backordered;
        self.damaged += more.damaged;
        self.returns_pending += more.returns_pending;
        self.as_of = self.as_of.max(more.as_of);
    }

    /// Whole units of each figure, such that what is available is that of the exact figures.
    fn whole(self) -> Stock {
        let mut left = Remainder::of(self.on_hand);
        // The whole units of the exact amount; each part then takes the whole units of what is
        // left, so that they add up to no more than lies there.
        let on_hand = left.units();
        Stock {
            sku: self.pool.sku,
            location: self.pool.location,
            on_hand,
            committed: left.take(self.committed),
            damaged: left.take(self.damaged),
            returns_pending: left.take(self.returns_pending),
            backordered: left.take(self.backordered),
            as_of: self.as_of,
        }
    }
}

/// Where an item has rows and none of them says how much is there: nobody counts it.
pub(crate) fn untracked(
    table: Option<&Table>,
    stock: &Sorted<Stock>,
    convert: &mut Convert<'_>,
) -> BTreeSet<PoolId> {
    let mut untracked = BTreeSet::new();
    let blank =
        table.into_iter().flat_map(Table::rows).filter(|row| row.number("on_hand").is_none());
    for row in blank {
        if let Some((sku, location, _)) = pool(&row, convert) {
            untracked.insert(PoolId { sku, location });
        }
    }
    untracked.retain(|pool| stock.get(*pool).is_none());
    if !untracked.is_empty() {
        let what = format!(
            "of {} the stock is not known: no number stands there, or that it is not tracked",
            counted(untracked.len() as u64, "item at a location", "items at locations")
        );
        let told = Exception::new(
            Severity::Warning,
            ExceptionKind::StockUntracked,
            Subject::Table("stock".to_owned()),
            what,
            "they are neither ordered nor shown as sold out; where none is there, write 0, or read \
             blank cells as 0: values = { on_hand = { \"\" = \"0\" } } in [mapping.stock]",
        );
        convert.exceptions.push(told.with_effect(Effect::Rows(untracked.len() as u64)));
    }
    untracked
}

/// Of a kit that nobody counts as such, as little is known as of its parts.
pub(crate) fn untrack_kits(
    untracked: &mut BTreeSet<PoolId>,
    kits: &Sorted<Kit>,
    stock: &Sorted<Stock>,
) {
    if untracked.is_empty() {
        return;
    }
    // Kits of kits pass it on.
    loop {
        let mut more = Vec::new();
        for kit in kits.iter() {
            for part in untracked_of(untracked, kit.component) {
                let pool = PoolId { sku: kit.sku, location: part.location };
                if !untracked.contains(&pool) && stock.get(pool).is_none() {
                    more.push(pool);
                }
            }
        }
        if more.is_empty() {
            return;
        }
        untracked.extend(more);
    }
}

fn counted_row(row: &Row<'_>, convert: &Convert<'_>) -> Option<Counted> {
    row.number("on_hand")?;
    let (sku, location, factor) = pool(row, convert)?;
    Some(Counted {
        pool: PoolId { sku, location },
        on_hand: exact_units(row, "on_hand", factor),
        committed: exact_units(row, "committed", factor),
        backordered: exact_units(row, "backordered", factor),
        damaged: exact_units(row, "damaged", factor),
        returns_pending: exact_units(row, "returns_pending", factor),
        as_of: row.date("as_of"),
    })
}

/// Units of a column with their fraction, none where the cell is empty.
fn exact_units(row: &Row<'_>, column: &str, factor: f64) -> f64 {
    row.number(column).map_or(0.0, |units| units * factor)
}

/// (item, location, units in one of the code).
fn pool(row: &Row<'_>, convert: &Convert<'_>) -> Option<(SkuId, LocationId, f64)> {
    let (sku, factor) = convert.codes.item(row, "sku")?;
    Some((sku, convert.codes.place(row)?, factor))
}

/// Lots, sorted by (sku, location, expiry).
pub(crate) fn lots(table: &Table, convert: &mut Convert<'_>) -> Vec<Lot> {
    let rows = convert.rows_once(table);
    let mut lots: Vec<Lot> = rows.iter().filter_map(|row| lot(row, convert)).collect();
    lots.sort_by_key(|l| (l.sku, l.location, l.expires, l.received, l.quantity));
    lots
}

/// Takes the lots for the stock where there is no table of it and most items have lots: what was
/// said to lie there was planned, and shown to channels, as nothing.
pub(crate) fn stock_of_lots(inputs: &mut Inputs) -> Option<Exception> {
    // Whoever keeps both counts stock in one and dates in the other: the table of stock is the
    // count.
    if inputs.has("stock") || !inputs.stock_is_known() {
        return None;
    }
    let mut rows = Vec::new();
    for lots in inputs.lots.chunk_by(|a, b| (a.sku, a.location) == (b.sku, b.location)) {
        let pool = (lots[0].sku, lots[0].location);
        if inputs.panel.position(pool).is_some() {
            rows.push(Stock::on_hand(pool, lots.iter().map(|lot| lot.quantity).sum()));
        }
    }
    let what = format!(
        "the stock of {} is that of its lots",
        counted(rows.len() as u64, "item at a location", "items at locations")
    );
    inputs.stock = Sorted::new(rows);
    Some(Exception::new(
        Severity::Info,
        ExceptionKind::StockAddedUp,
        Subject::Table("lots".to_owned()),
        what,
        "there is no table stock; what has no lot is taken to be gone",
    ))
}

/// Gives lots that only say when they came the last day of sale that the shelf life of their item
/// allows: it counts days of sale, the day of receipt first. Cheese that had come forty days ago
/// and keeps thirty was offered.
pub(crate) fn date_lots(inputs: &mut Inputs) -> Option<Exception> {
    let products = &inputs.products;
    let mut dated = 0;
    let mut units = Units::ZERO;
    inputs.lots.edit(|lots| {
        for lot in lots.iter_mut().filter(|lot| lot.expires.is_none()) {
            let life = products[lot.sku.index()].shelf_life_days;
            let Some((received, life)) = lot.received.zip(life) else { continue };
            // No shelf life is longer than a calendar.
            let days = chrono::Days::new((life.clamp(1.0, 1e6) as u64) - 1);
            // The day of receipt is the first of its life: a life of one day is sold that very day.
            lot.expires = received.checked_add_days(days);
            dated += 1;
            units += lot.quantity;
        }
        lots.sort_by_key(|l| (l.sku, l.location, l.expires, l.received, l.quantity));
    });
    let told = Exception::new(
        Severity::Info,
        ExceptionKind::LotsDated,
        Subject::Table("lots".to_owned()),
        format!("{} by receipt and shelf life", counted(dated, "lot is dated", "lots are dated")),
        "they have no last day of sale (expires) of their own",
    );
    (dated > 0).then(|| told.with_effect(Effect::Units(units)))
}

fn lot(row: &Row<'_>, convert: &mut Convert<'_>) -> Option<Lot> {
    let (sku, location, factor) = pool(row, convert)?;
    let expires = row.date("expires");
    let received = row.date("received");
    if expires.is_none() && received.is_none() {
        return convert.reject(row, "expires", "expected a last day of sale or a day of receipt");
    }
    let quantity = row.units_of("quantity", factor).unwrap_or_default();
    // A lot without either date could neither be sold first nor be found out of date.
    Some(Lot { sku, location, expires, received, quantity })
}

/// Stock at the end of past days, sorted by (sku, location, date).
pub(crate) fn stock_history(table: &Table, convert: &mut Convert<'_>) -> Vec<StockHistory> {
    let mut future = 0;
    let mut rows = Vec::new();
    // What countries and warehouses hold of an item that day, by file: another file may have it
    // again.
    let mut parts: BTreeMap<(SkuId, LocationId, NaiveDate, &str), f64> = BTreeMap::new();
    for row in table.rows() {
        let (Some((sku, location, factor)), Some(date)) = (pool(&row, convert), row.date("date"))
        else {
            continue;
        };
        if date >= convert.as_of {
            future += 1;
            continue;
        }
        let on_hand = exact_units(&row, "on_hand", factor);
        if row.is_part() {
            let key = (sku, location, date, row.place().file);
            *parts.entry(key).or_insert(0.0) += on_hand;
        } else {
            rows.push((sku, location, date, Rounding::Down.whole(on_hand)));
        }
    }
    convert.report_future(table, future);
    for ((sku, location, date, _), on_hand) in parts {
        rows.push((sku, location, date, Rounding::Down.whole(on_hand)));
    }
    // Smallest count first within a day, for the next step.
    rows.sort_unstable();
    // Two counts of one day: the lower one, whatever their order.
    rows.dedup_by_key(|r| (r.0, r.1, r.2));
    rows.into_iter()
        .map(|(sku, location, date, on_hand)| StockHistory { date, sku, location, on_hand })
        .collect()
}

/// Known intervals without stock, sorted by (sku, location, channel, start); what lies after the
/// as-of date is cut off.
pub(crate) fn stockouts(table: &Table, convert: &mut Convert<'_>) -> Vec<Stockout> {
    let mut stockouts = Vec::new();
    let mut future = 0;
    for row in table.rows() {
        let (Some((sku, _)), Some(start), Some(end)) =
            (convert.codes.item(&row, "sku"), row.date("start"), row.date("end"))
        else {
            continue;
        };
        // One of the two is mistyped, and a guess at which could hide weeks of demand.
        if end < start {
            convert.reject::<()>(&row, "end", "before start");
        } else if start >= convert.as_of {
            future += 1;
        } else {
            let location = convert.codes.location(row.text("location"));
            let channel = convert.codes.channel(row.text("channel"));
            stockouts.push(Stockout { sku, location, channel, start, end });
        }
    }
    convert.report_future(table, future);
    stockouts.sort_by_key(|s| (s.sku, s.location, s.channel, s.start, s.end));
    stockouts.dedup();
    stockouts
}

/// Purchase orders known on the as-of date, sorted by (sku, location, order); receipts from that
/// day on are still open. A line with a date of receipt is closed, whatever came.
///
/// One order may hold an item on several lines (two delivery dates, two prices): they add up. Only
/// a row that repeats another in all its cells is the same line read twice.
pub(crate) fn purchase_orders(
    table: &Table,
    convert: &mut Convert<'_>,
    stock: &Sorted<Stock>,
) -> Vec<PurchaseOrder> {
    let mut lines = Vec::new();
    let mut future = 0;
    for row in table.rows() {
        let confirmed = convert.plausible_date(&row, "confirmed");
        // Placed on the morning of the run or later, the order is not known yet: a backfill must
        // not see it.
        if confirmed.is_some_and(|day| day >= convert.as_of) {
            future += 1;
        } else if let Some(order) = order(&row, confirmed, convert, stock) {
            lines.push(OrderLine { order, line: row.text("line").to_owned(), place: row.place() });
        }
    }
    convert.report_future(table, future);
    // By every column, so that the order of the file does not show.
    lines.sort_by(|a, b| a.key().cmp(&b.key()));
    let mut kept: Vec<OrderLine<'_>> = Vec::with_capacity(lines.len());
    for line in lines {
        // All columns alike is the same line exported twice; units that are ordered twice differ in
        // number or line.
        match kept.last().filter(|last| last.key() == line.key()) {
            Some(last) => {
                let reason =
                    format!("the same line as {} line {}", last.place.file, last.place.line);
                convert.quarantine.reject(line.place, "order_id", &line.order.order_id, reason);
            }
            None => kept.push(line),
        }
    }
    kept.into_iter().map(|line| line.order).collect()
}

/// One row of purchase_orders, and where it stands.
struct OrderLine<'a> {
    order: PurchaseOrder,
    /// Its number in the order; empty where the table has none.
    line: String,
    place: Place<'a>,
}

impl OrderLine<'_> {
    /// All that tells one line from another.
    fn key(&self) -> impl Ord + '_ {
        let PurchaseOrder {
            order_id,
            sku,
            supplier,
            location,
            quantity,
            confirmed,
            expected,
            received,
            received_quantity,
            shipment,
        } = &self.order;
        let when = (received, confirmed, expected, shipment);
        (sku, location, order_id, when, supplier, quantity, received_quantity, &self.line)
    }
}

fn order(
    row: &Row<'_>,
    confirmed: Option<NaiveDate>,
    convert: &mut Convert<'_>,
    stock: &Sorted<Stock>,
) -> Option<PurchaseOrder> {
    let (sku, location, factor) = pool(row, convert)?;
    let received = convert.plausible_date(row, "received");
    if received.zip(confirmed).is_some_and(|(received, confirmed)| received < confirmed) {
        return convert.reject(row, "received", "received before it was confirmed");
    }
    // A quantity without a date is a part that came while the line is still open; one with a later
    // date is not known yet.
    let shipment = match shipment(row, location, convert) {
        Ok(shipment) => shipment,
        Err(reason) => return convert.reject(row, "source_location", reason),
    };
    // What came this very morning lies in the stock that was counted since: on order as well, it
    // would be there twice.
    let counted = stock.get(PoolId { sku, location });
    let is_counted = counted.is_some_and(|s| s.as_of.is_none_or(|day| day >= convert.as_of));
    let known = received.is_none_or(|d| d < convert.as_of || d == convert.as_of && is_counted);
    let received = received.filter(|_| known);
    // What is still to come is the whole units of the exact rest.
    let mut to_come = Remainder::of(exact_units(row, "quantity", factor));
    let quantity = to_come.units();
    let received_quantity = row.number("received_quantity").filter(|_| known);
    Some(PurchaseOrder {
        order_id: row.text("order_id").to_owned(),
        sku,
        supplier: convert.codes.supplier(row.text("supplier")),
        location,
        quantity,
        confirmed,
        expected: convert.plausible_date(row, "expected"),
        received,
        received_quantity: received_quantity.map(|units| to_come.take(units * factor)),
        shipment,
    })
}

/// Where a row that is a transfer comes from, and what of it has left.
fn shipment(
    row: &Row<'_>,
    to: LocationId,
    convert: &Convert<'_>,
) -> Result<Option<Shipment>, &'static str> {
    let Some(from) = convert.codes.location(row.text("source_location")) else {
        return Ok(None);
    };
    if from == to {
        return Err("a transfer to the location it comes from");
    }
    if !row.text("supplier").is_empty() {
        return Err("a transfer names no supplier: leave one of the two columns empty");
    }
    // What leaves today or later still lies at its source this morning.
    let shipped = row.date("shipped").filter(|&day| day < convert.as_of);
    let shipped_quantity = row.units("shipped_quantity").filter(|_| shipped.is_some());
    Ok(Some(Shipment { from, shipped, shipped_quantity }))
}

fn listing(row: &Row<'_>, convert: &Convert<'_>) -> Option<Listing> {
    let (sku, factor) = convert.codes.item(row, "sku")?;
    let channel = convert.codes.channel(row.text("channel"))?;
    let listed = row.units_of("listed", factor).unwrap_or_default();
    Some(Listing { sku, channel, listed })
}

/// What channels show, sorted by (sku, channel); several codes of one item are added up.
pub(crate) fn listings(table: &Table, convert: &mut Convert<'_>) -> Vec<Listing> {
    let rows = convert.rows_once(table);
    let mut rows: Vec<Listing> = rows.iter().filter_map(|row| listing(row, convert)).collect();
    rows.sort_by_key(|l| (l.sku, l.channel));
    let mut listings: Vec<Listing> = Vec::with_capacity(rows.len());
    for row in rows {
        match listings.last_mut().filter(|last| (last.sku, last.channel) == (row.sku, row.channel))
        {
            // Several listings of one item in a channel (bundles, second offers) show all of their
            // units to customers.
            Some(last) => last.listed += row.listed,
            None => listings.push(row),
        }
    }
    listings
}

/// Stock counts before the as-of date, sorted by (date, sku, location).
pub(crate) fn counts(table: &Table, convert: &mut Convert<'_>) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    let mut future = 0;
    for row in table.rows() {
        let (Some((sku, location, _)), Some(date)) = (pool(&row, convert), row.date("date")) else {
            continue;
        };
        if date >= convert.as_of {
            future += 1;
            continue;
        }
        counts.push(Count {
            date,
            sku,
            location,
            recorded: row.units("recorded").unwrap_or(Units(0)),
            counted: row.units("counted").unwrap_or(Units(0)),
        });
    }
    convert.report_future(table, future);
    counts.sort_by_key(|c| (c.date, c.sku, c.location, c.recorded, c.counted));
    counts
}
