//! The tables of the last run, read back: what changes, damping, bounded shares and hysteresis compare with.

use crate::domain::classes::{
    AbcClass, Lifecycle, PolicyMethod, Rationalisation, VelocityClass, XyzClass,
};
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::Subject;
use crate::domain::inputs::Names;
use crate::domain::outcome::{ChannelAction, Status};
use crate::domain::panel::PoolId;
use crate::domain::sorted::keyed;
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::store::SCHEMA_VERSION;
use crate::store::manifest::PublishedRun;
use crate::tables::schema::{self, Table};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type};
use chrono::NaiveDate;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// One pool in the last run.
#[derive(Debug, Clone, PartialEq)]
pub struct LastPool {
    /// Class by value.
    pub abc: Option<AbcClass>,
    /// Class by variability.
    pub xyz: Option<XyzClass>,
    /// Velocity class.
    pub velocity: VelocityClass,
    /// Lifecycle.
    pub lifecycle: Lifecycle,
    /// Rationalisation class.
    pub rationalisation: Rationalisation,
    /// Units a day.
    pub velocity_per_day: f64,
    /// Calendar days.
    pub lead_time_mean: f64,
    /// Calendar days.
    pub lead_time_sd: f64,
    /// Calendar days.
    pub review_period: f64,
    /// Units over the protection interval.
    pub protection_mean: f64,
    /// Units.
    pub protection_sd: f64,
    /// Cycle service or fill rate.
    pub service_target: f64,
    /// How the safety stock was sized.
    pub method: PolicyMethod,
    /// Units.
    pub safety_stock: f64,
    /// Units.
    pub reorder_point: f64,
    /// Units.
    pub order_up_to: f64,
}

/// One recommendation of the last run.
#[derive(Debug, Clone, PartialEq)]
pub struct LastLine {
    /// Its id.
    pub id: String,
    /// The item.
    pub sku: SkuId,
    /// Ship to.
    pub location: LocationId,
    /// From whom, if that supplier is still known.
    pub supplier: Option<SupplierId>,
    /// What was to be done.
    pub status: Status,
    /// Unrounded need, units.
    pub need: f64,
    /// Units to order.
    pub quantity: Units,
    /// Units.
    pub inventory_position: Units,
    /// Units.
    pub available: Units,
    /// Price of one unit.
    pub unit_cost: Money,
    /// Quantity x unit cost.
    pub value: Money,
    /// When it would have arrived.
    pub expected_arrival: Option<NaiveDate>,
}

keyed! {
    LastLine by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

/// One channel's share in the last run.
#[derive(Debug, Clone, PartialEq)]
pub struct LastAllocation {
    /// Share of the pool.
    pub share: f64,
    /// Units shown.
    pub published: Units,
    /// What the channel was told; a pause matters for hysteresis.
    pub action: ChannelAction,
}

/// The last run, in this run's codes. Items and channels that are no longer known are left out, and named in `gone`.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    /// Its folder and manifest.
    pub run: PublishedRun,
    /// By (sku, location).
    pub pools: BTreeMap<(SkuId, LocationId), LastPool>,
    /// Sorted by (sku, location).
    pub lines: Vec<LastLine>,
    /// By (sku, location, channel).
    pub allocation: BTreeMap<(SkuId, LocationId, ChannelId), LastAllocation>,
    /// Pools that this run does not know.
    pub gone: Vec<Subject>,
}

impl LastRun {
    /// Reads the tables of `run`; `None` when they follow another schema.
    ///
    /// # Errors
    /// [`Error::Input`] for a table that is missing or damaged.
    pub fn read(run: PublishedRun, names: &Names) -> Result<Option<Self>> {
        if run.manifest.schema_version != SCHEMA_VERSION {
            return Ok(None);
        }
        let mut last = Self {
            run,
            pools: BTreeMap::new(),
            lines: vec![],
            allocation: BTreeMap::new(),
            gone: vec![],
        };
        last.read_pools(names)?;
        last.read_lines(names)?;
        // Codes may have moved since: new items change everybody's position.
        last.lines.sort_by_key(|l| (l.sku, l.location));
        last.read_allocation(names)?;
        Ok(Some(last))
    }

    fn read_pools(&mut self, names: &Names) -> Result<()> {
        let classes = Rows::read(&self.run.folder, &schema::CLASSIFICATION)?;
        let policies = Rows::read(&self.run.folder, &schema::POLICY)?;
        for row in 0..classes.len() {
            let Some(key) = classes.pool(row, names) else {
                self.gone.push(Subject::Pool {
                    sku: classes.text("sku", row).to_owned(),
                    location: classes.text("location", row).to_owned(),
                });
                continue;
            };
            // Both tables have one row a pool, in pool order.
            if row >= policies.len() || policies.pool(row, names) != Some(key) {
                return Err(policies.broken("its rows are not those of `classification`".into()));
            }
            let pool = LastPool {
                abc: classes.maybe_word("abc", row, AbcClass::from_name)?,
                xyz: classes.maybe_word("xyz", row, XyzClass::from_name)?,
                velocity: classes.word("velocity", row, VelocityClass::from_name)?,
                lifecycle: classes.word("lifecycle", row, Lifecycle::from_name)?,
                rationalisation: classes.word(
                    "rationalisation",
                    row,
                    Rationalisation::from_name,
                )?,
                velocity_per_day: classes.real("velocity_per_day", row),
                lead_time_mean: policies.real("lead_time_mean", row),
                lead_time_sd: policies.real("lead_time_sd", row),
                review_period: policies.real("review_period", row),
                protection_mean: policies.real("protection_mean", row),
                protection_sd: policies.real("protection_sd", row),
                service_target: policies.real("service_target", row),
                method: policies.word("method", row, PolicyMethod::from_name)?,
                safety_stock: policies.real("safety_stock", row),
                reorder_point: policies.real("reorder_point", row),
                order_up_to: policies.real("order_up_to", row),
            };
            self.pools.insert(key, pool);
        }
        Ok(())
    }

    fn read_lines(&mut self, names: &Names) -> Result<()> {
        let rows = Rows::read(&self.run.folder, &schema::RECOMMENDATIONS)?;
        for row in 0..rows.len() {
            let Some((sku, location)) = rows.pool(row, names) else { continue };
            let supplier = rows.maybe_text("supplier", row).and_then(|s| names.find_supplier(s));
            self.lines.push(LastLine {
                id: rows.text("recommendation_id", row).to_string(),
                sku,
                location,
                supplier,
                status: rows.word("status", row, Status::from_name)?,
                need: rows.real("need", row),
                quantity: Units(rows.whole("quantity", row)),
                inventory_position: Units(rows.whole("inventory_position", row)),
                available: Units(rows.whole("available", row)),
                unit_cost: rows.money("unit_cost", row),
                value: rows.money("value", row),
                expected_arrival: rows.date("expected_arrival", row),
            });
        }
        Ok(())
    }

    fn read_allocation(&mut self, names: &Names) -> Result<()> {
        let rows = Rows::read(&self.run.folder, &schema::ALLOCATION)?;
        for row in 0..rows.len() {
            let channel = names.find_channel(rows.text("channel", row));
            let (Some((sku, location)), Some(channel)) = (rows.pool(row, names), channel) else {
                continue;
            };
            let share = LastAllocation {
                share: rows.real("share", row),
                published: Units(rows.whole("published", row)),
                action: rows.word("action", row, ChannelAction::from_name)?,
            };
            self.allocation.insert((sku, location, channel), share);
        }
        Ok(())
    }
}

/// A whole small table, checked against its schema once, so that cells can be read without further checks.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    table: &'static Table,
    batch: RecordBatch,
}

impl Rows {
    /// Reads `tables/<name>.parquet` of a run folder.
    ///
    /// # Errors
    /// [`Error::Input`] for a file that is missing, damaged or of another schema.
    pub fn read(folder: &Path, table: &'static Table) -> Result<Self> {
        let path = folder.join(table.path());
        let broken = |what: String| Error::input(&path, what);
        let file = File::open(&path).map_err(|e| broken(e.to_string()))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(e.to_string()))?;
        let schema = builder.schema().clone();
        for c in table.columns {
            if schema.field_with_name(c.name).map_or(true, |f| *f.data_type() != c.kind.arrow()) {
                return Err(broken(format!(
                    "column {} is missing or not {:?}",
                    c.name,
                    c.kind.arrow()
                )));
            }
        }
        let batches: std::result::Result<Vec<_>, _> =
            builder.build().map_err(|e| broken(e.to_string()))?.collect();
        let batches = batches.map_err(|e| broken(e.to_string()))?;
        let batch = concat_batches(&schema, &batches).map_err(|e| broken(e.to_string()))?;
        Ok(Self { path, table, batch })
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn column(&self, name: &str) -> &ArrayRef {
        self.batch
            .column_by_name(name)
            .unwrap_or_else(|| self.batch.column(self.table.position(name)))
    }

    /// A text cell; empty when missing.
    #[must_use]
    pub fn text(&self, column: &str, row: usize) -> &str {
        self.maybe_text(column, row).unwrap_or("")
    }

    /// A text cell.
    #[must_use]
    pub fn maybe_text(&self, column: &str, row: usize) -> Option<&str> {
        let array = self.column(column).as_string::<i32>();
        array.is_valid(row).then(|| array.value(row))
    }

    fn broken(&self, what: String) -> Error {
        Error::input(&self.path, what)
    }

    /// A text cell as one of a closed set of words.
    fn word<W>(&self, column: &str, row: usize, read: fn(&str) -> Option<W>) -> Result<W> {
        let text = self.text(column, row);
        read(text).ok_or_else(|| self.broken(format!("column {column}: `{text}` is not known")))
    }

    fn maybe_word<W>(
        &self,
        column: &str,
        row: usize,
        read: fn(&str) -> Option<W>,
    ) -> Result<Option<W>> {
        self.maybe_text(column, row).map(|_| self.word(column, row, read)).transpose()
    }

    /// A number; NaN when missing.
    #[must_use]
    pub fn real(&self, column: &str, row: usize) -> f64 {
        let array = self.column(column).as_primitive::<Float64Type>();
        if array.is_valid(row) { array.value(row) } else { f64::NAN }
    }

    /// A 32-bit number; NaN when missing.
    #[must_use]
    pub fn real32(&self, column: &str, row: usize) -> f32 {
        let array = self.column(column).as_primitive::<Float32Type>();
        if array.is_valid(row) { array.value(row) } else { f32::NAN }
    }

    /// A whole number; 0 when missing.
    #[must_use]
    pub fn whole(&self, column: &str, row: usize) -> i64 {
        let array = self.column(column).as_primitive::<Int64Type>();
        if array.is_valid(row) { array.value(row) } else { 0 }
    }

    /// An amount; 0 when missing.
    #[must_use]
    pub fn money(&self, column: &str, row: usize) -> Money {
        let array = self.column(column).as_primitive::<Decimal128Type>();
        Money(if array.is_valid(row) {
            i64::try_from(array.value(row)).unwrap_or(i64::MAX)
        } else {
            0
        })
    }

    /// A date.
    #[must_use]
    pub fn date(&self, column: &str, row: usize) -> Option<NaiveDate> {
        let array = self.column(column).as_primitive::<Date32Type>();
        array.is_valid(row).then(|| array.value(row)).and_then(NaiveDate::from_epoch_days)
    }

    fn pool(&self, row: usize, names: &Names) -> Option<(SkuId, LocationId)> {
        let pool = names.find_pool(self.text("sku", row), self.text("location", row))?;
        Some((pool.sku, pool.location))
    }
}
