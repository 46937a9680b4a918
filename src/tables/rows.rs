//! The small output tables, from what the run decided.

use crate::domain::changes::Change;
use crate::domain::classes::{AbcClass, XyzClass};
use crate::domain::error::Result;
use crate::domain::exceptions::{Exception, Quarantined};
use crate::domain::inputs::{Inputs, Names};
use crate::domain::outcome::{
    Accuracy, Allocation, ChannelFinding, Classification, DraftOrder, Indicator, OpenOrderAdvice,
    Outcome, Policy, Recommendation, Transfer,
};
use crate::domain::units::{ChannelId, LocationId, Money, SkuId, SupplierId, Units};
use crate::explain::Step;
use crate::parallel;
use crate::store::Add;
use crate::tables::parquet::{encode_table, epoch_day};
use crate::tables::schema::{self, Table};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    StringBuilder,
};
use chrono::NaiveDate;
use std::fmt::Write;
use std::sync::Arc;

/// Writes every table but `forecast` and `demand`, which are appended by partition, and `exceptions`, which are not all told yet.
///
/// # Errors
/// Those of `add`; [`crate::domain::error::Error::Internal`] when the columns of a table do not fit its schema.
pub fn write(run_id: &str, inputs: &Inputs, outcome: &Outcome, add: &Add<'_>) -> Result<()> {
    let n = &inputs.names;
    // The large ones first, so that no thread is left with one at the end.
    let tables: [(&Table, &(dyn Fn() -> Vec<ArrayRef> + Sync)); 14] = [
        (&schema::STEPS, &|| steps(n, outcome)),
        (&schema::RECOMMENDATIONS, &|| recommendations(n, &outcome.recommendations)),
        (&schema::ACCURACY, &|| accuracy(inputs, &outcome.accuracy)),
        (&schema::METHODS, &|| methods(inputs, &outcome.methods)),
        (&schema::ALLOCATION, &|| allocation(n, &outcome.allocation)),
        (&schema::CLASSIFICATION, &|| classification(n, &outcome.classification)),
        (&schema::POLICY, &|| policy(n, &outcome.policy)),
        (&schema::ORDERS, &|| orders(n, &outcome.orders)),
        (&schema::OPEN_ORDERS, &|| open_orders(n, &outcome.open_orders)),
        (&schema::TRANSFERS, &|| transfers(n, &outcome.transfers)),
        (&schema::FINDINGS, &|| findings(n, &outcome.findings)),
        (&schema::INDICATORS, &|| indicators(&outcome.indicators)),
        (&schema::QUARANTINE, &|| quarantine(&inputs.quarantine)),
        (&schema::CHANGES, &|| changes(&outcome.changes)),
    ];
    let make = |(table, columns): &(&'static Table, &(dyn Fn() -> Vec<ArrayRef> + Sync))| {
        encode_one(run_id, table, columns())
    };
    parallel::in_order(&tables, make, |encoded: Result<Encoded>| encoded?.add(add))
}

/// Writes the table `exceptions`: all that was told.
///
/// # Errors
/// As [`write()`].
pub fn write_exceptions(run_id: &str, told: &[Exception], add: &Add<'_>) -> Result<()> {
    encode_one(run_id, &schema::EXCEPTIONS, exceptions(told))?.add(add)
}

/// A table as the bytes of its file.
struct Encoded {
    path: String,
    rows: u64,
    bytes: Vec<u8>,
}

impl Encoded {
    fn add(&self, add: &Add<'_>) -> Result<()> {
        add(&self.path, Some(self.rows), &self.bytes)
    }
}

fn encode_one(run_id: &str, table: &Table, columns: Vec<ArrayRef>) -> Result<Encoded> {
    encode_table(run_id, table, columns).map(|(bytes, rows)| Encoded {
        path: table.path(),
        rows,
        bytes,
    })
}

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn maybe_text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn date(values: impl Iterator<Item = NaiveDate>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(values.map(epoch_day)))
}

fn maybe_date(values: impl Iterator<Item = Option<NaiveDate>>) -> ArrayRef {
    Arc::new(values.map(|d| d.map(epoch_day)).collect::<Date32Array>())
}

fn real(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn maybe_real(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

fn whole(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn units(values: impl Iterator<Item = Units>) -> ArrayRef {
    whole(values.map(|u| u.0))
}

fn money(values: impl Iterator<Item = Money>) -> ArrayRef {
    let amounts = Decimal128Array::from_iter_values(values.map(|m| i128::from(m.0)));
    Arc::new(amounts.with_data_type(schema::Kind::Money.arrow()))
}

fn maybe_money(values: impl Iterator<Item = Option<Money>>) -> ArrayRef {
    let amounts = values.map(|m| m.map(|m| i128::from(m.0))).collect::<Decimal128Array>();
    Arc::new(amounts.with_data_type(schema::Kind::Money.arrow()))
}

fn flag(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn skus<'a>(names: &'a Names, ids: impl Iterator<Item = SkuId> + 'a) -> ArrayRef {
    text(ids.map(|id| names.skus[id.index()].as_str()))
}

fn channels<'a>(names: &'a Names, ids: impl Iterator<Item = ChannelId> + 'a) -> ArrayRef {
    text(ids.map(|id| names.channels[id.index()].as_str()))
}

fn locations<'a>(names: &'a Names, ids: impl Iterator<Item = LocationId> + 'a) -> ArrayRef {
    text(ids.map(|id| names.locations[id.index()].as_str()))
}

fn maybe_suppliers<'a>(
    names: &'a Names,
    ids: impl Iterator<Item = Option<SupplierId>> + 'a,
) -> ArrayRef {
    maybe_text(ids.map(|id| id.map(|s| names.suppliers[s.index()].as_str())))
}

fn classification(n: &Names, rows: &[Classification]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        locations(n, each().map(|r| r.location)),
        maybe_text(each().map(|r| r.abc.map(AbcClass::name))),
        maybe_text(each().map(|r| r.xyz.map(XyzClass::name))),
        text(each().map(|r| r.pattern.name())),
        text(each().map(|r| r.velocity.name())),
        text(each().map(|r| r.lifecycle.name())),
        text(each().map(|r| r.rationalisation.name())),
        real(each().map(|r| r.adi)),
        real(each().map(|r| r.cv2)),
        real(each().map(|r| r.cv)),
        real(each().map(|r| r.value_share)),
        flag(each().map(|r| r.take_action)),
        real(each().map(|r| r.velocity_per_day)),
        maybe_real(each().map(|r| r.days_of_cover)),
        real(each().map(|r| r.revenue_per_month)),
        money(each().map(|r| r.cash_freed)),
    ]
}

fn policy(n: &Names, rows: &[Policy]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        locations(n, each().map(|r| r.location)),
        real(each().map(|r| r.lead_time_mean)),
        real(each().map(|r| r.lead_time_sd)),
        real(each().map(|r| r.review_period)),
        real(each().map(|r| r.protection_mean)),
        real(each().map(|r| r.protection_sd)),
        real(each().map(|r| r.service_target)),
        text(each().map(|r| r.method.name())),
        real(each().map(|r| r.safety_stock)),
        real(each().map(|r| r.reorder_point)),
        real(each().map(|r| r.order_up_to)),
        maybe_real(each().map(|r| r.eoq)),
        real(each().map(|r| r.lead_time_max)),
        text(each().map(|r| r.lead_time_source.as_str())),
    ]
}

fn recommendations(n: &Names, rows: &[Recommendation]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        locations(n, each().map(|r| r.location)),
        text(each().map(|r| r.id.as_str())),
        text(each().map(|r| r.status.name())),
        real(each().map(|r| r.urgency)),
        maybe_date(each().map(|r| r.order_by)),
        maybe_date(each().map(|r| r.expected_arrival)),
        units(each().map(|r| r.inventory_position)),
        maybe_date(each().map(|r| r.stockout_date)),
        real(each().map(|r| r.need)),
        units(each().map(|r| r.quantity)),
        money(each().map(|r| r.unit_cost)),
        money(each().map(|r| r.landed_unit_cost)),
        money(each().map(|r| r.value)),
        money(each().map(|r| r.value_at_risk)),
        maybe_suppliers(n, each().map(|r| r.supplier)),
        text(each().map(|r| r.reason.as_str())),
        text(each().map(|r| r.binding.as_str())),
        units(each().map(|r| r.on_hand)),
        units(each().map(|r| r.available)),
        units(each().map(|r| r.on_order)),
        real(each().map(|r| r.stockout_probability)),
    ]
}

fn orders(n: &Names, rows: &[DraftOrder]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        text(each().map(|r| n.suppliers[r.supplier.index()].as_str())),
        locations(n, each().map(|r| r.location)),
        whole(each().map(|r| r.lines.len() as i64)),
        date(each().map(|r| r.order_date)),
        date(each().map(|r| r.expected_arrival)),
        units(each().map(|r| r.units)),
        money(each().map(|r| r.value)),
        money(each().map(|r| r.freight)),
        money(each().map(|r| r.landed_value)),
        maybe_money(each().map(|r| r.minimum_value)),
    ]
}

fn open_orders(n: &Names, rows: &[OpenOrderAdvice]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        locations(n, each().map(|r| r.location)),
        text(each().map(|r| r.order_id.as_str())),
        maybe_suppliers(n, each().map(|r| r.supplier)),
        text(each().map(|r| r.action.name())),
        units(each().map(|r| r.quantity)),
        maybe_date(each().map(|r| r.expected)),
        maybe_date(each().map(|r| r.proposed)),
        money(each().map(|r| r.value)),
        text(each().map(|r| r.reason.as_str())),
    ]
}

fn transfers(n: &Names, rows: &[Transfer]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        locations(n, each().map(|r| r.from)),
        locations(n, each().map(|r| r.to)),
        units(each().map(|r| r.quantity)),
        money(each().map(|r| r.value)),
        text(each().map(|r| r.reason.as_str())),
    ]
}

fn findings(n: &Names, rows: &[ChannelFinding]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        maybe_text(each().map(|r| r.channel.map(|c| n.channels[c.index()].as_str()))),
        maybe_text(each().map(|r| r.location.map(|l| n.locations[l.index()].as_str()))),
        text(each().map(|r| r.kind.name())),
        real(each().map(|r| r.units)),
        money(each().map(|r| r.value)),
        text(each().map(|r| r.reason.as_str())),
    ]
}

fn allocation(n: &Names, rows: &[Allocation]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.sku)),
        channels(n, each().map(|r| r.channel)),
        locations(n, each().map(|r| r.location)),
        real(each().map(|r| r.share)),
        units(each().map(|r| r.allocated)),
        units(each().map(|r| r.reserved)),
        units(each().map(|r| r.buffer)),
        units(each().map(|r| r.published)),
        text(each().map(|r| r.action.name())),
        real(each().map(|r| r.oversell_risk)),
        date(each().map(|r| r.valid_until)),
        real(each().map(|r| r.velocity)),
        Arc::new(each().map(|r| r.listed.map(|u| u.0)).collect::<Int64Array>()),
        text(each().map(|r| r.reason.as_str())),
    ]
}

fn accuracy(inputs: &Inputs, rows: &[Accuracy]) -> Vec<ArrayRef> {
    let (n, panel) = (&inputs.names, &inputs.panel);
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| panel.key(r.series).sku)),
        channels(n, each().map(|r| panel.key(r.series).channel)),
        locations(n, each().map(|r| panel.key(r.series).location)),
        text(each().map(|r| r.method)),
        real(each().map(|r| r.wape)),
        real(each().map(|r| r.bias)),
        real(each().map(|r| r.mase)),
        real(each().map(|r| r.rmsse)),
        maybe_real(each().map(|r| r.pinball)),
        whole(each().map(|r| r.horizon as i64)),
        flag(each().map(|r| r.chosen)),
    ]
}

fn methods(inputs: &Inputs, rows: &[(String, String)]) -> Vec<ArrayRef> {
    let (n, panel) = (&inputs.names, &inputs.panel);
    vec![
        skus(n, (0..rows.len()).map(|i| panel.key(i).sku)),
        channels(n, (0..rows.len()).map(|i| panel.key(i).channel)),
        locations(n, (0..rows.len()).map(|i| panel.key(i).location)),
        text(rows.iter().map(|r| r.0.as_str())),
        text(rows.iter().map(|r| r.1.as_str())),
    ]
}

/// A step, the pool it explains, the recommendation if it is one's, and its position.
type PlacedStep<'a> = (SkuId, LocationId, Option<&'a str>, usize, &'a Step);

fn steps(n: &Names, outcome: &Outcome) -> Vec<ArrayRef> {
    let of_policy = |p: &'_ Policy| (p.sku, p.location);
    let mut rows: Vec<PlacedStep<'_>> = Vec::new();
    for policy in &outcome.policy {
        let (sku, location) = of_policy(policy);
        rows.extend(
            policy.steps.iter().enumerate().map(|(i, step)| (sku, location, None, i, step)),
        );
    }
    for r in &outcome.recommendations {
        rows.extend(
            r.steps
                .iter()
                .enumerate()
                .map(|(i, step)| (r.sku, r.location, Some(r.id.as_str()), i, step)),
        );
    }
    let each = || rows.iter();
    vec![
        skus(n, each().map(|r| r.0)),
        locations(n, each().map(|r| r.1)),
        maybe_text(each().map(|r| r.2)),
        whole(each().map(|r| r.3 as i64)),
        text(each().map(|r| r.4.name)),
        text(each().map(|r| r.4.formula.as_str())),
        step_inputs(each().map(|r| r.4)),
        real(each().map(|r| r.4.value)),
        text(each().map(|r| r.4.unit.name())),
        text(each().map(|r| r.4.note.as_str())),
    ]
}

fn step_inputs<'a>(steps: impl Iterator<Item = &'a Step>) -> ArrayRef {
    let mut texts = StringBuilder::new();
    for step in steps {
        for (i, (name, value)) in step.inputs.iter().enumerate() {
            let _ = write!(texts, "{}{name}={value}", if i > 0 { ";" } else { "" });
        }
        texts.append_value("");
    }
    Arc::new(texts.finish())
}

fn indicators(rows: &[Indicator]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        text(each().map(|r| r.indicator)),
        text(each().map(|r| r.scope.as_str())),
        maybe_real(each().map(|r| r.value)),
        real(each().map(|r| r.numerator)),
        real(each().map(|r| r.denominator)),
        text(each().map(|r| r.unit.name())),
        flag(each().map(|r| r.estimated)),
    ]
}

fn exceptions(rows: &[Exception]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    let abouts: Vec<String> = each().map(|r| r.about.to_string()).collect();
    vec![
        text(each().map(|r| r.kind.name())),
        text(each().map(|r| r.severity.name())),
        text(abouts.iter().map(String::as_str)),
        text(each().map(|r| r.what.as_str())),
        text(each().map(|r| r.why.as_str())),
    ]
}

fn quarantine(rows: &[Quarantined]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    vec![
        text(each().map(|r| r.file.as_str())),
        whole(each().map(|r| r.line.cast_signed())),
        text(each().map(|r| r.column.as_str())),
        text(each().map(|r| r.value.as_str())),
        text(each().map(|r| r.reason.as_str())),
    ]
}

fn changes(rows: &[Change]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    let abouts: Vec<String> = each().map(|r| r.about.to_string()).collect();
    let befores: Vec<String> = each().map(|r| r.before.to_string()).collect();
    let afters: Vec<String> = each().map(|r| r.after.to_string()).collect();
    let causes: Vec<String> = each().map(|r| r.cause.to_string()).collect();
    vec![
        text(abouts.iter().map(String::as_str)),
        text(each().map(|r| r.field.name())),
        text(befores.iter().map(String::as_str)),
        text(afters.iter().map(String::as_str)),
        text(causes.iter().map(String::as_str)),
    ]
}
