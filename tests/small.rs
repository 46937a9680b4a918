//! A small run, made by hand: what publishing, auditing and reviewing are tested on.

use chrono::NaiveDate;
use orderpoint::audit;
use orderpoint::domain::calendar::{Bucket, Calendar};
use orderpoint::domain::classes::*;
use orderpoint::domain::economics::UnitEconomics;
use orderpoint::domain::error::{Error, Result};
use orderpoint::domain::exceptions::{Exception, ExceptionKind, Quarantined, Severity, Subject};
use orderpoint::domain::inputs::{Inputs, Names, Role, Supplier, Supply};
use orderpoint::domain::outcome::*;
use orderpoint::domain::panel::{Panel, PanelParts, SalesTotals, SeriesKey, flag};
use orderpoint::domain::units::*;
use orderpoint::explain::{Step, Unit};
use orderpoint::review::decisions::KeptDecisions;
use orderpoint::store::disk::Disk;
use orderpoint::store::{Begin, Identity, InputEntry, Manifest, OutputLock, Publication};
use orderpoint::tables::{self, DemandEncoder, ForecastEncoder, Results, RunKey, TableFile};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Names that do harm where they are not treated as text.
pub const SKUS: [&str; 3] = ["-2+3", "<script>alert(1)</script>", "=cmd|' /C calc'!A0"];

/// An output folder in memory where there is one: publishing syncs every file.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A run of three items, two channels, two suppliers.
pub struct Small {
    pub inputs: Inputs,
    pub outcome: Outcome,
    pub forecasts: Vec<SeriesForecast>,
    pub as_of: NaiveDate,
}

fn names() -> Names {
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_string()).collect();
    Names {
        skus: owned(&SKUS),
        channels: owned(&["../shop", "web"]),
        locations: owned(&["main"]),
        suppliers: owned(&["A/B", "A:B"]),
        ..Names::default()
    }
}

fn panel(as_of: NaiveDate, history: i64) -> Panel {
    let calendar = Calendar::new(Bucket::Day, as_of, as_of - chrono::Duration::days(history));
    let mut parts = PanelParts::default();
    for (s, start) in [(0, 0), (0, 3), (1, 1), (2, 0)].into_iter().enumerate() {
        let (sku, start) = (start.0, start.1);
        parts.keys.push(SeriesKey {
            sku: SkuId(sku),
            location: LocationId(0),
            channel: ChannelId(s as u32 % 2),
        });
        parts.starts.push(start);
        let periods = history as u32 - start;
        parts.gross.extend((0..periods).map(|t| ((t * 7 + s as u32) % 5) as f32));
        parts.flags.extend(
            (0..periods).map(|t| if t == 2 { flag::STOCKOUT | flag::PROMOTION } else { 0 }),
        );
        parts.returns.push(vec![(start + 1, 1.0), (start + 1, 2.0), (start + 4, 0.5)]);
        parts.totals.push(SalesTotals::default());
    }
    parts.keys[2].channel = ChannelId(1);
    parts.keys[3].channel = ChannelId(0);
    let mut panel = Panel::new(calendar, parts);
    panel.series_mut().for_each(|series| series.cleaned[2] = 2.25);
    panel
}

fn supply(sku: u32, supplier: u32) -> Supply {
    Supply {
        sku: SkuId(sku),
        location: None,
        supplier: SupplierId(supplier),
        role: Role::Primary,
        supplier_sku: String::new(),
        unit_cost: None,
        lead_time_days: 7.0,
        lead_time_sd_days: None,
        lead_time_max_days: None,
        minimum_order: Units(10),
        pack_size: Units(5),
        maximum_order: None,
        duty_rate: 0.0,
        freight_per_unit: Money::ZERO,
    }
}

fn inputs(as_of: NaiveDate, history: i64) -> Inputs {
    Inputs {
        suppliers: vec![Supplier::default(), Supplier::default()],
        supply: vec![supply(0, 0), supply(1, 1), supply(2, 0)].into(),
        quarantine: vec![Quarantined {
            file: "sales.csv".into(),
            line: 3,
            column: "date".into(),
            value: "x".into(),
            reason: "not a date".into(),
        }],
        ..Inputs::new(names(), panel(as_of, history))
    }
}

fn step(name: &'static str, formula: &str, inputs: &[(&'static str, f64)], value: f64) -> Step {
    Step {
        name,
        formula: formula.into(),
        inputs: inputs.to_vec(),
        value,
        unit: Unit::Units,
        note: String::new(),
    }
}

fn classification(sku: u32) -> Classification {
    Classification {
        sku: SkuId(sku),
        location: LocationId(0),
        abc: (sku != 1).then_some(AbcClass::A),
        xyz: Some(XyzClass::X),
        pattern: DemandPattern::Smooth,
        velocity: VelocityClass::Fast,
        lifecycle: Lifecycle::Active,
        rationalisation: Rationalisation::Winner,
        take_action: false,
        adi: 1.0,
        cv2: 0.5,
        cv: 0.7,
        value_share: 0.4,
        velocity_per_day: 2.0,
        days_of_cover: None,
        revenue_per_month: 600.0,
        cash_freed: Money::ZERO,
    }
}

fn policy(sku: u32) -> Policy {
    let steps = vec![
        step(
            "safety_stock",
            "peak * max_lead_time - average * lead_time",
            &[("peak", 5.0), ("max_lead_time", 9.0), ("average", 2.0), ("lead_time", 7.0)],
            31.0,
        ),
        step(
            "reorder_point",
            "average * lead_time + safety_stock",
            &[("average", 2.0), ("lead_time", 7.0)],
            45.0,
        ),
    ];
    Policy {
        sku: SkuId(sku),
        location: LocationId(0),
        lead_time_mean: 7.0,
        lead_time_sd: 1.0,
        lead_time_max: 9.0,
        lead_time_source: "supplier".into(),
        review_period: 7.0,
        protection_mean: 28.0,
        protection_sd: 4.0,
        service_target: 0.95,
        method: PolicyMethod::MaxAverage,
        safety_stock: 31.0,
        reorder_point: 45.0,
        order_up_to: 59.0,
        eoq: None,
        echelon: None,
        next_arrival: None,
        steps,
    }
}

fn recommendation(as_of: NaiveDate, sku: u32, quantity: i64) -> Recommendation {
    let cost = Money::from_f64(1.2345);
    Recommendation {
        id: format!("R{sku}-{as_of}"),
        sku: SkuId(sku),
        location: LocationId(0),
        supplier: Some(SupplierId(sku % 2)),
        transfer: None,
        line: 1,
        status: if quantity > 0 { Status::OrderNow } else { Status::Ok },
        urgency: 50.0,
        order_by: Some(as_of),
        order_date: None,
        expected_arrival: Some(as_of + chrono::Duration::days(7)),
        on_hand: Units(12),
        available: Units(10),
        on_order: Units(0),
        inventory_position: Units(10),
        stockout_date: None,
        stockout_probability: 0.25,
        need: 47.5,
        quantity: Units(quantity),
        unit_cost: cost,
        supplier_unit_cost: None,
        pack_size: Units(5),
        landed_unit_cost: cost,
        value: cost.times(Units(quantity)),
        value_at_risk: Money::ZERO,
        reason: "at the reorder point".into(),
        binding: "pack".into(),
        steps: vec![step(
            "quantity",
            "ceil(need / pack) * pack",
            &[("need", quantity as f64 - 1.0), ("pack", 5.0)],
            quantity as f64,
        )],
        choices: Vec::new(),
    }
}

fn allocation(as_of: NaiveDate, sku: u32, channel: u32) -> Allocation {
    Allocation {
        sku: SkuId(sku),
        channel: ChannelId(channel),
        location: LocationId(0),
        share: 0.5,
        allocated: Units(5),
        reserved: Units(0),
        buffer: Units(1),
        published: Some(Units(4)),
        action: ChannelAction::Publish,
        oversell_risk: 0.1,
        valid_until: as_of,
        velocity: 1.0,
        listed: (sku == 0).then_some(Units(9)),
        reason: String::new(),
    }
}

/// The run of the morning of `as_of`, over `history` days.
pub fn small(as_of: &str, history: i64) -> Small {
    let as_of = date(as_of);
    let inputs = inputs(as_of, history);
    let outcome = Outcome {
        decisions: Vec::new(),
        worklists: Vec::new(),
        lanes: Vec::new(),
        hold_or_pass: Default::default(),
        gross_needs: Default::default(),
        classification: (0..3).map(classification).collect(),
        economics: vec![UnitEconomics::default(); 3],
        policy: (0..3).map(policy).collect(),
        recommendations: vec![
            recommendation(as_of, 0, 50),
            recommendation(as_of, 1, 15),
            recommendation(as_of, 2, 0),
        ],
        allocation: vec![allocation(as_of, 0, 0), allocation(as_of, 0, 1), allocation(as_of, 2, 1)],
        accuracy: vec![Accuracy {
            series: 1,
            method: "Theta",
            wape: 0.5,
            bias: 0.1,
            mase: Some(0.9),
            rmsse: Some(0.8),
            pinball: None,
            sums: AccuracySums {
                absolute_error: 5.0,
                error: 1.0,
                squared_error: 4.5,
                actual: 10.0,
                periods: 28.0,
                scale_absolute: 0.2,
                scale_squared: 0.25,
            },
            horizon: 7,
            chosen: true,
        }],
        indicators: vec![Indicator {
            indicator: "turnover",
            scope: "all".into(),
            value: Some(5.0),
            numerator: 10.0,
            denominator: 2.0,
            unit: Unit::Ratio,
            estimated: false,
        }],
        changes: vec![],
        exceptions: vec![Exception::new(
            Severity::Warning,
            ExceptionKind::Fallback,
            Subject::Item(SKUS[0].to_owned()),
            "Theta",
            "too short",
        )],
        pictures: vec![],
        projections: vec![],
        orders: vec![DraftOrder {
            supplier: SupplierId(0),
            location: LocationId(0),
            lines: vec![0],
            order_date: as_of,
            expected_arrival: as_of,
            units: Units(50),
            value: Money(1),
            freight: Money::ZERO,
            landed_value: Money(1),
            minimum_value: None,
        }],
        open_orders: vec![],
        transfers: vec![],
        findings: vec![],
        methods: (0..4)
            .map(|i| MethodChoice { method: format!("M{i}"), reason: "best of two".into() })
            .collect(),
    };
    let forecast = |i: usize| SeriesForecast {
        mean: vec![i as f32 + 0.5; 14],
        quantiles: vec![[0.0, 0.0, 1.0, 1.5, 2.0, 3.0, 4.0, 9.0]; 14],
        method: format!("M{i}"),
        ..SeriesForecast::default()
    };
    Small { forecasts: (0..4).map(forecast).collect(), inputs, outcome, as_of }
}

impl Small {
    pub fn publish(&self, out: &Path, config: &str) -> Result<PathBuf> {
        self.publish_patiently(Arc::new(orderpoint::store::disk::OsDisk), out, config)
    }

    /// Waits for the lock: another test's child process may hold a copy of it between its fork and
    /// its exec.
    pub fn publish_patiently(
        &self,
        disk: Arc<dyn Disk>,
        out: &Path,
        config: &str,
    ) -> Result<PathBuf> {
        for _ in 0..500 {
            match self.publish_on(disk.clone(), out, config) {
                Err(Error::Locked { .. }) => {
                    std::thread::sleep(std::time::Duration::from_millis(10))
                }
                done => return done,
            }
        }
        self.publish_on(disk, out, config)
    }

    /// The steps of a run, from the lock to `current`.
    pub fn publish_on(&self, disk: Arc<dyn Disk>, out: &Path, config: &str) -> Result<PathBuf> {
        let lock = OutputLock::acquire(out, "2024-04-01T02:00:00Z")?;
        let last = orderpoint::store::PublishedRun::before(out, self.as_of)?;
        let entries = [InputEntry {
            table: "sales".into(),
            file: "sales.csv".into(),
            rows: 9,
            rejected: 1,
            sha256: "00".into(),
            bytes: None,
            version: None,
        }];
        let previous = last.as_ref().map(|run| run.manifest.run_id.as_str());
        let identity = Identity { as_of: self.as_of, config, inputs: &entries, previous, kept: "" };
        let mut publication = match Publication::begin_on(disk, lock, &identity.run_id(), 1 << 20)?
        {
            Begin::New(publication) => *publication,
            Begin::Published(folder) => return Ok(folder),
        };
        let run_id = publication.run_id().to_owned();
        let run = RunKey { run_id: &run_id, as_of: self.as_of };
        let mut demand = TableFile::create(&mut publication, &tables::DEMAND)?;
        let encoder = DemandEncoder::new(&self.inputs.panel, &self.inputs.names, run)?;
        demand.append(encoder.encode(0..2)?)?;
        demand.append(encoder.encode(2..4)?)?;
        demand.close(&mut publication)?;
        let mut forecast = TableFile::create(&mut publication, &tables::FORECAST)?;
        let encoder =
            ForecastEncoder::new(&self.inputs.names, self.inputs.panel.calendar(), 14, run)?;
        let rows: Vec<_> =
            self.forecasts.iter().enumerate().map(|(i, f)| (self.inputs.panel.key(i), f)).collect();
        forecast.append(encoder.encode(&rows)?)?;
        forecast.close(&mut publication)?;
        let publishing = Mutex::new(&mut publication);
        let add =
            |path: &str, rows, bytes: &[u8]| publishing.lock().unwrap().add(path, rows, bytes);
        let results = Results { inputs: &self.inputs, outcome: &self.outcome, currency: "EUR" };
        tables::write(run, results, &add)?;
        tables::write_exceptions(run, results, &add)?;
        tables::drafts::write(results, &add)?;
        publication.add("index.html", None, b"<!doctype html>")?;
        audit::audit(
            &self.inputs,
            &self.outcome,
            last.as_ref().map(|r| &r.manifest),
            &audit::Bounds::default(),
        )?;
        let decisions = KeptDecisions::read(out)?.extent();
        let totals = audit::totals(&self.inputs, &self.outcome);
        let manifest = Manifest { decisions, ..identity.manifest(totals) };
        publication.finish(manifest, &serde_json::json!({"seconds": 1.0}))
    }
}
