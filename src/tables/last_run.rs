//! The last run, read back: what changes, damping, bounded shares and hysteresis compare with.

use crate::domain::classes::{
    AbcClass, Lifecycle, PolicyMethod, Rationalisation, VelocityClass, XyzClass,
};
use crate::domain::error::Result;
use crate::domain::exceptions::Subject;
use crate::domain::inputs::Names;
use crate::domain::outcome::{ChannelAction, Status};
use crate::domain::panel::PoolId;
use crate::domain::sorted::{Keyed, keyed};
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::store::{PublishedRun, SCHEMA_VERSION};
use crate::tables::read::Rows;
use crate::tables::{ALLOCATION, CLASSIFICATION, POLICY, RECOMMENDATIONS};
use chrono::NaiveDate;
use std::collections::BTreeMap;

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
    /// The constraint that bound it; may be empty.
    pub binding: String,
}

keyed! {
    LastLine by PoolId: |row| PoolId { sku: row.sku, location: row.location };
}

/// One channel's share in the last run.
#[derive(Debug, Clone, PartialEq)]
pub struct LastAllocation {
    /// Share of the pool.
    pub share: f64,
    /// What the channel was told; a pause matters for hysteresis.
    pub action: ChannelAction,
}

/// The last run, in this run's codes. Items and channels that are no longer known are left out, and
/// named in `gone`.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    /// Its folder and manifest.
    pub run: PublishedRun,
    /// By pool.
    pub pools: BTreeMap<PoolId, LastPool>,
    /// Sorted by pool.
    pub lines: Vec<LastLine>,
    /// By pool and channel.
    pub allocation: BTreeMap<(PoolId, ChannelId), LastAllocation>,
    /// Pools that this run does not know.
    pub gone: Vec<Subject>,
}

impl LastRun {
    /// Reads the tables of `run`; `None` when they follow another schema.
    ///
    /// # Errors
    /// [`Error::Input`](crate::domain::error::Error::Input) for a table that is missing or damaged.
    pub fn read(run: PublishedRun, names: &Names) -> Result<Option<Self>> {
        // A column may mean something else there: tonight is planned as a first night is, and says
        // so.
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
        last.lines.sort_by_key(LastLine::key);
        last.read_allocation(names)?;
        Ok(Some(last))
    }

    fn read_pools(&mut self, names: &Names) -> Result<()> {
        let classes = Rows::read(&self.run.folder, &CLASSIFICATION)?;
        let policies = Rows::read(&self.run.folder, &POLICY)?;
        for row in 0..classes.len() {
            // What is no longer in the data is told once, tonight; tomorrow nobody remembers it.
            let Some(pool) = pool_of(&classes, row, names) else {
                self.gone.push(Subject::Pool {
                    sku: classes.text("sku", row).to_owned(),
                    location: classes.text("location", row).to_owned(),
                });
                continue;
            };
            // Both tables have one row a pool, in pool order.
            if row >= policies.len() || pool_of(&policies, row, names) != Some(pool) {
                return Err(policies.broken("its rows are not those of `classification`".into()));
            }
            let last = LastPool {
                abc: classes.optional_word("abc", row, AbcClass::from_name)?,
                xyz: classes.optional_word("xyz", row, XyzClass::from_name)?,
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
            self.pools.insert(pool, last);
        }
        Ok(())
    }

    fn read_lines(&mut self, names: &Names) -> Result<()> {
        let rows = Rows::read(&self.run.folder, &RECOMMENDATIONS)?;
        for row in 0..rows.len() {
            let Some(pool) = pool_of(&rows, row, names) else { continue };
            // A supplier that is gone leaves a line without one, which damps nothing.
            let supplier = rows.optional_text("supplier", row).and_then(|s| names.find_supplier(s));
            self.lines.push(LastLine {
                id: rows.text("recommendation_id", row).to_owned(),
                sku: pool.sku,
                location: pool.location,
                supplier,
                status: rows.word("status", row, Status::from_name)?,
                need: rows.real("need", row),
                quantity: rows.units("quantity", row),
                inventory_position: rows.units("inventory_position", row),
                available: rows.units("available", row),
                unit_cost: rows.money("unit_cost", row),
                value: rows.money("value", row),
                expected_arrival: rows.optional_date("expected_arrival", row),
                binding: rows.text("binding", row).to_owned(),
            });
        }
        Ok(())
    }

    fn read_allocation(&mut self, names: &Names) -> Result<()> {
        let rows = Rows::read(&self.run.folder, &ALLOCATION)?;
        for row in 0..rows.len() {
            let channel = names.find_channel(rows.text("channel", row));
            let Some(key) = pool_of(&rows, row, names).zip(channel) else { continue };
            let share = LastAllocation {
                share: rows.real("share", row),
                action: rows.word("action", row, ChannelAction::from_name)?,
            };
            self.allocation.insert(key, share);
        }
        Ok(())
    }
}

/// The item and location of a row, where this run still knows both.
fn pool_of(rows: &Rows, row: usize, names: &Names) -> Option<PoolId> {
    names.find_pool(rows.text("sku", row), rows.text("location", row))
}
