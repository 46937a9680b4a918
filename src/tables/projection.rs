//! The table `projection`: stock day by day, without and with what is recommended.

use crate::domain::error::Result;
use crate::domain::outcome::StockProjection;
use crate::domain::panel::SeriesKey;
use crate::domain::units::ChannelId;
use crate::tables::declaration::Encoded;
use crate::tables::pages;
use crate::tables::parquet::{encode_groups, epoch_day};
use crate::tables::series::{
    SeriesEncoder, SeriesRows, SeriesTable, location, period, quantities, sku,
};
use crate::tables::table::{Results, RunKey};

/// Pools of one row group: as many values as a partition of the other large tables.
const POOLS: usize = 4096;

/// Projection: one row a pool and period.
pub static PROJECTION: SeriesTable<fn(&StockProjection) -> &[f32]> = SeriesTable {
    name: "projection",
    columns: &[
        sku(),
        location(),
        period(),
        quantities(
            "demand",
            "expected net demand of the period, kits by their parts; where lanes feed others: \
             theirs, too, and stock is all of theirs together",
            |pool| &pool.demand,
        ),
        quantities("arrivals", "units on their way that arrive in the period", |pool| {
            &pool.arrivals
        }),
        quantities(
            "stock_without_orders",
            "stock at the end of the period if nothing is ordered or moved; below 0: owed",
            |pool| &pool.without_orders,
        ),
        quantities(
            "stock_with_orders",
            "the same with tonight's recommended orders and moves, on their days",
            |pool| pool.with_orders.as_ref().unwrap_or(&pool.without_orders),
        ),
    ],
    whole: Some(encode),
};

/// Of unknown stock nothing can be projected: then the table has no rows.
fn encode(run: RunKey<'_>, results: Results<'_>) -> Result<Encoded> {
    let inputs = results.inputs;
    let calendar = inputs.panel.calendar();
    let first = calendar.history() as i64;
    let encoder = SeriesEncoder::new(&PROJECTION, run)?;
    let mut groups = Vec::new();
    let projections = &results.outcome.projections;
    for (pools, rows) in inputs.panel.pools().chunks(POOLS).zip(projections.chunks(POOLS)) {
        let mut keys = Vec::with_capacity(rows.len());
        let mut days = Vec::new();
        for (pool, row) in pools.iter().zip(rows) {
            let key = SeriesKey { sku: pool.sku, location: pool.location, channel: ChannelId(0) };
            keys.push(SeriesRows { key, rows: row.demand.len() });
            let periods = first..first + row.demand.len() as i64;
            days.extend(periods.map(|period| epoch_day(calendar.start(period))));
        }
        let mut values = Vec::with_capacity(days.len());
        groups.push(encoder.encode(&inputs.names, &keys, &days, |of, column| {
            values.clear();
            rows.iter().for_each(|row| values.extend_from_slice(of(row)));
            pages::plain_floats(column, &values)
        })?);
    }
    encode_groups(run, &PROJECTION, groups)
}
