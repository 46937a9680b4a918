//! One pool of a partition: net demand, policy, proposed lines, channel shares.

use crate::allocate;
use crate::allocate::ChannelDemand;
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{PoolOverrides, PurchaseOrder, Stock, Supply};
use crate::domain::outcome::{
    Allocation, ChannelAction, ChannelFinding, Classification, PoolPicture, SeriesForecast,
};
use crate::domain::panel::{Pool, flag};
use crate::domain::sorted::rows_of;
use crate::domain::units::{ChannelId, Money, SkuId, Units};
use crate::forecast::pooled::pool::PoolForecast;
use crate::inventory;
use crate::inventory::Arrival;
use crate::inventory::Outlook;
use crate::inventory::Pinned;
use crate::inventory::PoolInput;
use crate::inventory::PoolPlan;
use crate::inventory::StockLevel;
use crate::inventory::expiry::DatedLot;
use crate::inventory::lead_time::Estimate;
use crate::inventory::position;
use crate::math::distributions::Demand;
use crate::purchase::Line;
use crate::purchase::PoolNeed;
use crate::purchase::open_orders;
use crate::purchase::rules::constraints::Binding;
use crate::purchase::set_by_hand;
use crate::run::partition::{Night, PlannedPool};

/// Expected demand of a pool, net of returns, kits exploded.
struct NetDemand<'f> {
    mean: Vec<f32>,
    /// Net / gross of the pool's own demand.
    net: f64,
    own: &'f PoolForecast,
    /// Demand through kits, units a period; empty without any.
    through_kits: Vec<f32>,
}

impl NetDemand<'_> {
    /// Demand over periods `from..to`; kits widen it as if their demand were Poisson.
    fn over(&self, from: f64, to: f64, end_variance: f64) -> Demand {
        let own = Demand::from(self.own.total.over(from, to, end_variance));
        let own = if self.net < 1.0 && self.net > 0.0 { own.scaled(self.net) } else { own };
        if self.through_kits.is_empty() {
            return own;
        }
        let at = |t: usize| {
            self.through_kits.get(t).or(self.through_kits.last()).copied().map_or(0.0, f64::from)
        };
        let mut extra = 0.0;
        let mut t = from.max(0.0).floor();
        while t < to {
            extra += (to.min(t + 1.0) - from.max(t)).max(0.0) * at(t as usize);
            t += 1.0;
        }
        Demand::count(own.mean() + extra, (own.sd().powi(2) + extra).sqrt())
    }

    /// 10 % and 90 % quantiles of demand over periods `from..to`.
    fn band(&self, from: f64, to: f64) -> [f32; 2] {
        if self.through_kits.is_empty() {
            self.own.total.quantiles(from, to, [0.1, 0.9]).map(|q| q * self.net as f32)
        } else {
            [0.1, 0.9].map(|p| self.over(from, to, 0.0).quantile(p) as f32)
        }
    }
}

impl<'a> Night<'a> {
    pub fn plan_pool(
        &self,
        p: usize,
        forecast: &PoolForecast,
        exceptions: &mut Vec<Exception>,
    ) -> PlannedPool<'a> {
        let pool = &self.inputs.panel.pools()[p];
        let demand = self.net_demand(pool, forecast);
        let supply = self.market.supply_of(pool.sku, pool.location).next();
        let mut estimate = match supply {
            Some(supply) => self.lead_times.estimate(supply, pool.location),
            None => inventory::lead_time::estimate(&[], &Default::default(), None),
        };
        self.note_lead_time(pool, supply.is_some(), &estimate, exceptions);
        let overrides = self.inputs.overrides_of(pool);
        let by_hand = overrides.lead_time;
        if let Some(lead) = by_hand {
            estimate = Estimate { lead_time: lead, source: "set by hand".into(), ..estimate };
        }
        let over = |from: f64, to: f64, end_variance: f64| demand.over(from, to, end_variance);
        let period_days = self.inputs.panel.calendar().bucket().days();
        let outlook = Outlook { period_days, mean: &demand.mean, over: &over };
        let (arrivals, orders) = self.arrivals(pool, &estimate);
        let lots = self.lots(pool);
        let input = self.pool_input(p, outlook, (&arrivals, &lots, &estimate), &overrides);
        let plan = inventory::plan_pool(&input, &self.plan.policy);
        let need = self.pool_need(p, &plan, &input);
        let available = need.available;
        let margin = need.margin;
        let lead_days = |s: &Supply| {
            let of_first =
                by_hand.filter(|_| supply.is_some_and(|first| first.supplier == s.supplier));
            of_first
                .unwrap_or_else(|| self.lead_times.estimate(s, pool.location).lead_time)
                .mean()
                .0
        };
        let mut lines = self.market.propose(need, lead_days, exceptions);
        self.heed_decisions(pool, &overrides, &mut lines);
        let (allocation, findings) = self.allocate(p, forecast, &plan, exceptions);
        let daily = daily(&demand.mean, period_days);
        let open = open_orders::OpenPool {
            stock: available - self.stock[p].map_or(Units(0), |s| s.backordered),
            demand: &daily,
            safety_stock: plan.policy.safety_stock,
            unit_cost: self.unit_cost(pool.sku),
            margin,
            orders,
        };
        let advice = open_orders::advise(&open, self.market.as_of, &self.plan.purchase);
        let picture = self.picture(pool, &demand, &plan);
        let short_before_arrival = shortfall_by(&input, plan.policy.lead_time_mean);
        PlannedPool {
            plan,
            lines,
            allocation,
            findings,
            advice,
            picture,
            available,
            margin,
            short_before_arrival,
        }
    }

    /// The pool's own demand net of returns, plus what its kits need of it. A kit itself is not stocked: its demand is kept, so
    /// that it can be shown, but it is never ordered.
    fn net_demand<'f>(&self, pool: &Pool, own: &'f PoolForecast) -> NetDemand<'f> {
        let horizon = own.total.mean().len();
        let mut net = vec![0.0f64; horizon];
        for (i, series) in pool.series.clone().zip(&own.series) {
            let keep = 1.0 - self.return_rates[i];
            net.iter_mut().zip(&series.mean).for_each(|(n, &m)| *n += keep * f64::from(m));
        }
        let gross: f64 = own.total.mean().iter().sum();
        let total: f64 = net.iter().sum();
        let through_kits = self.demand_through_kits(pool, horizon);
        net.iter_mut().zip(&through_kits).for_each(|(n, &k)| *n += f64::from(k));
        let mean = net.iter().map(|&v| v as f32).collect();
        NetDemand {
            mean,
            net: if gross > 0.0 { (total / gross).min(1.0) } else { 1.0 },
            own,
            through_kits,
        }
    }

    fn demand_through_kits(&self, pool: &Pool, horizon: usize) -> Vec<f32> {
        let mut total = Vec::new();
        for &(kit, per_kit) in self.kits.parents(pool.sku) {
            let Some(demand) = self.pool_of(kit, pool).and_then(|p| self.kit_demand.get(&p)) else {
                continue;
            };
            total.resize(horizon, 0.0);
            total.iter_mut().zip(demand).for_each(|(t, &m)| *t += per_kit.0 as f32 * m);
        }
        total
    }

    fn note_lead_time(
        &self,
        pool: &Pool,
        supplied: bool,
        estimate: &Estimate,
        exceptions: &mut Vec<Exception>,
    ) {
        let about = || Subject::pool(&self.inputs.names, pool.sku, pool.location);
        if let Some(drift) = estimate.drift {
            let what = format!("lead time moved from {:.0} to {:.0} days", drift.before, drift.now);
            let why = "the latest receipts count; the longest lead time was raised with them";
            // A day's move is worth a note, not a look.
            let clear = (drift.now - drift.before).abs() >= (0.25 * drift.before).max(3.0);
            let severity = if clear { Severity::Warning } else { Severity::Info };
            exceptions.push(Exception::new(
                severity,
                ExceptionKind::LeadTimeDrift,
                about(),
                what,
                why,
            ));
        }
        if !supplied && self.inputs.has("supply") && !self.kits.is_kit(pool.sku) {
            let why = "the default lead time is used and nobody can be ordered from";
            exceptions.push(Exception::new(
                Severity::Warning,
                ExceptionKind::NoSupply,
                about(),
                "no supply row",
                why,
            ));
        }
    }

    /// Open orders as arrivals, and all orders of the pool.
    fn arrivals(&self, pool: &Pool, estimate: &Estimate) -> (Vec<Arrival>, &'a [PurchaseOrder]) {
        let orders = self.inputs.purchase_orders.of(pool);
        let late = orders
            .iter()
            .find_map(|o| o.supplier)
            .map_or(0.0, |s| self.lead_times.of_supplier(s).mean_late);
        let lead = estimate.lead_time.mean().0;
        let mut arrivals = position::arrivals(orders.iter(), self.market.as_of, lead, late);
        let pending = rows_of(&self.standing.pending, pool).iter();
        arrivals.extend(pending.map(|p| {
            // Waiting for the supplier's order day, it may be due after the interval that orders are counted in: it counts as if
            // placed today, or it would be proposed again.
            let days = p.expected.map_or(lead, |d| (d - self.market.as_of).num_days() as f64);
            Arrival { days: days.clamp(0.0, lead.max(0.0)), quantity: p.quantity.0 as f64 }
        }));
        arrivals.sort_by(|a, b| a.days.total_cmp(&b.days));
        (arrivals, orders)
    }

    fn pool_input<'i>(
        &'i self,
        p: usize,
        outlook: Outlook<'i>,
        (arrivals, lots, estimate): (&'i [Arrival], &'i [DatedLot], &'i Estimate),
        overrides: &PoolOverrides,
    ) -> PoolInput<'i> {
        let pool = &self.inputs.panel.pools()[p];
        let (class, product) = (&self.classes[p], &self.inputs.products[pool.sku.index()]);
        let stock = self.stock[p];
        let units = |of: fn(&Stock) -> Units| stock.map_or(0.0, |s| of(s).0 as f64);
        let (average_per_day, peak_per_day) = self.average_and_peak(pool, class);
        let kit = self.kits.is_kit(pool.sku).then_some("a kit: its components are ordered");
        PoolInput {
            sku: pool.sku,
            location: pool.location,
            as_of: self.market.as_of,
            outlook,
            average_per_day,
            peak_per_day,
            lead_time: estimate.lead_time,
            lead_time_source: &estimate.source,
            abc: class.abc,
            xyz: class.xyz,
            velocity: class.velocity,
            unit_cost: self.unit_cost(pool.sku).as_f64(),
            unit_margin: self.margin(pool.sku).as_f64(),
            stock: StockLevel {
                on_hand: units(|s| s.on_hand),
                available: self.available(p).0 as f64,
                backordered: units(|s| s.backordered),
            },
            arrivals,
            lots,
            min_stock: product.min_stock.map(|u| u.0 as f64),
            max_stock: product.max_stock.map(|u| u.0 as f64),
            pinned: Pinned {
                safety_stock: overrides.safety_stock,
                reorder_point: overrides.reorder_point,
                order_up_to: overrides.order_up_to,
            },
            held: kit.or_else(|| inventory::held(product, class.lifecycle, overrides.approved)),
        }
    }
    /// Lots of the pool with their days to expiry, soonest first.
    fn lots(&self, pool: &Pool) -> Vec<DatedLot> {
        let mine = self.inputs.lots.of(pool).iter();
        let days = |l: &crate::domain::inputs::Lot| {
            (l.expires - self.market.as_of).num_days() as f64 + 1.0
        };
        mine.map(|l| DatedLot { days: days(l), quantity: l.quantity.0 as f64 }).collect()
    }

    /// Mean and largest net demand a day, for max-average: the mean of the last 60 days, the peak of the last year, stock-outs and
    /// bulk orders left out.
    fn average_and_peak(&self, pool: &Pool, class: &Classification) -> (f64, f64) {
        let panel = &self.inputs.panel;
        let days = panel.calendar().bucket().days();
        let year = (365.0 / days).round() as usize;
        let first = pool
            .series
            .clone()
            .map(|i| panel.start(i))
            .min()
            .unwrap_or(0)
            .max(panel.calendar().history().saturating_sub(year));
        let mut sums = vec![0.0f64; panel.calendar().history() - first];
        for i in pool.series.clone() {
            let skip = first.saturating_sub(panel.start(i));
            let offset = panel.start(i).max(first) - first;
            let keep = 1.0 - self.return_rates[i];
            for (t, (&v, &f)) in panel.cleaned(i).iter().zip(panel.flags(i)).skip(skip).enumerate()
            {
                if f & (flag::OUTLIER | flag::CENSORED) == 0 {
                    sums[offset + t] += keep * f64::from(v);
                }
            }
        }
        (class.velocity_per_day, sums.iter().copied().fold(0.0, f64::max) / days)
    }

    fn unit_cost(&self, sku: SkuId) -> Money {
        self.inputs.products[sku.index()].unit_cost.unwrap_or_default()
    }

    /// Price less cost of one unit; zero where either is unknown.
    fn margin(&self, sku: SkuId) -> Money {
        let product = &self.inputs.products[sku.index()];
        match (product.unit_price, product.unit_cost) {
            (Some(price), Some(cost)) => price - cost,
            _ => Money::ZERO,
        }
    }

    /// What can be promised: the stock table's, or of a kit what its components allow.
    fn available(&self, p: usize) -> Units {
        let pool = &self.inputs.panel.pools()[p];
        let at =
            |sku: SkuId| self.pool_of(sku, pool).and_then(|q| self.stock[q]).map(Stock::available);
        self.kits.availability(pool.sku, at).or_else(|| at(pool.sku)).unwrap_or_default()
    }

    /// The pool of another item at the same location.
    fn pool_of(&self, sku: SkuId, pool: &Pool) -> Option<usize> {
        self.inputs.panel.position((sku, pool.location))
    }

    /// Lines that a planner has rejected, snoozed or set by hand are what they decided.
    fn heed_decisions(&self, pool: &Pool, overrides: &PoolOverrides, lines: &mut Vec<Line<'_>>) {
        for line in lines.iter_mut() {
            let supplier = line.offer.map(|o| o.supply.supplier);
            let quiet = self.standing.quiet(pool.sku, pool.location, supplier);
            if let Some(quiet) = quiet.filter(|_| line.quantity > Units(0)) {
                line.change_to(Units(0), Binding::Decision, quiet.why.clone());
            }
        }
        if let Some(wanted) = overrides.quantity {
            set_by_hand(lines, wanted);
        }
    }

    fn pool_need(&self, p: usize, plan: &PoolPlan, input: &PoolInput<'_>) -> PoolNeed {
        let product = &self.inputs.products[input.sku.index()];
        let stock = self.stock[p];
        let units = |v: f64| Units(v.clamp(-1e15, 1e15).round() as i64);
        let position = units(plan.position);
        PoolNeed {
            sku: input.sku,
            location: input.location,
            status: plan.status,
            urgency: plan.urgency,
            order_by: plan.order_by,
            stockout_date: plan.stockout_date,
            stockout_probability: plan.stockout_probability,
            on_hand: stock.map_or(Units(0), |s| s.on_hand),
            available: self.available(p),
            on_order: units(plan.on_order),
            inventory_position: position,
            need: plan.need,
            room: product.max_stock.map(|m| Units((m - position).0.max(0))),
            daily_demand: input.outlook.per_day(28.0),
            margin: self.margin(input.sku),
            shortfall: if plan.need > 0.0 {
                shortfall(input, self.risk_days(input))
            } else {
                Vec::new()
            },
            unit_cost: product.unit_cost,
            shelf_life_days: product.shelf_life_days,
            weight: product.weight,
            volume: product.volume,
            previous: self.previous_quantities(input),
            reason: reason(plan, input.held),
            steps: plan.steps.clone(),
        }
    }

    /// Days of shortage that sourcing may weigh: until the slowest supplier arrives, and the days at risk after that.
    fn risk_days(&self, input: &PoolInput<'_>) -> f64 {
        let supply = self.market.supply_of(input.sku, input.location);
        let lead = supply.map(|s| self.lead_times.estimate(s, input.location).lead_time.mean().0);
        lead.fold(input.lead_time.mean().0, f64::max) + self.plan.purchase.risk_days
    }

    fn previous_quantities(
        &self,
        input: &PoolInput<'_>,
    ) -> Vec<(crate::domain::units::SupplierId, Units)> {
        let lines = self.last.map_or(&[][..], |l| &l.lines);
        let mine = rows_of(lines, (input.sku, input.location)).iter();
        mine.filter_map(|l| Some((l.supplier?, l.quantity))).collect()
    }

    fn allocate(
        &self,
        p: usize,
        forecast: &PoolForecast,
        plan: &PoolPlan,
        exceptions: &mut Vec<Exception>,
    ) -> (Vec<Allocation>, Vec<ChannelFinding>) {
        let inputs = self.inputs;
        let pool = &inputs.panel.pools()[p];
        let listed = |c: ChannelId| inputs.listings.get((pool.sku, c)).map(|l| l.listed);
        let reserved = |c: ChannelId| inputs.channels[c.index()].reserve.is_some();
        let here =
            self.presence.channels(pool, &inputs.panel, |c| listed(c).is_some() || reserved(c));
        let demand: Vec<ChannelDemand> =
            here.iter().map(|&c| self.channel_demand(pool, c, forecast, listed(c))).collect();
        let stock = allocate::PoolStock {
            sku: pool.sku,
            location: pool.location,
            available: self.available(p),
            reorder_point: plan.policy.reorder_point,
        };
        let context = allocate::Context {
            names: &inputs.names,
            settings: &self.plan.allocation,
            as_of: self.market.as_of,
        };
        let rows = allocate::allocate(&stock, &demand, &context, exceptions);
        let facts = allocate::balance::PoolFacts {
            unit_cost: self.unit_cost(pool.sku),
            days_to_arrival: plan.policy.lead_time_mean,
        };
        let findings = allocate::balance::findings(&demand, &rows, &facts, &self.plan.allocation);
        (rows, findings)
    }

    fn channel_demand(
        &self,
        pool: &Pool,
        channel: ChannelId,
        forecast: &PoolForecast,
        listed: Option<Units>,
    ) -> ChannelDemand {
        let (inputs, days) = (self.inputs, self.inputs.panel.calendar().bucket().days());
        let row = &inputs.channels[channel.index()];
        let own = pool
            .series
            .clone()
            .zip(&forecast.series)
            .find(|(i, _)| inputs.panel.key(*i).channel == channel);
        let (velocity, daily_sd) = own.map_or((0.0, 0.0), |(_, f)| daily_moments(f, days));
        let product = &inputs.products[pool.sku.index()];
        let margin = product.unit_price.map(|price| {
            let rate = row.margin_rate.unwrap_or_else(|| {
                1.0 - self.unit_cost(pool.sku).as_f64() / price.as_f64().max(1e-9)
            });
            price.as_f64() * (rate - row.fee_rate.unwrap_or(0.0))
        });
        let previous =
            self.last.and_then(|l| l.allocation.get(&(pool.sku, pool.location, channel)));
        ChannelDemand {
            channel,
            velocity,
            daily_sd,
            margin,
            priority: row.priority,
            reserve: row.reserve.unwrap_or_default(),
            buffer: row.buffer,
            cap: row.cap,
            min_share: row.min_share.unwrap_or(0.0),
            listed,
            previous: previous.map(|a| allocate::Previous {
                share: a.share,
                paused: a.action == ChannelAction::Pause,
            }),
        }
    }

    /// Weekly history and outlook of a pool, for the report.
    fn picture(&self, pool: &Pool, demand: &NetDemand<'_>, plan: &PoolPlan) -> PoolPicture {
        const WEEKS: usize = 104;
        let panel = &self.inputs.panel;
        let days = panel.calendar().bucket().days();
        let step = (7.0 / days).round().max(1.0) as usize;
        let history = panel.calendar().history();
        let first = pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(history);
        let weeks = ((history - first) / step).min(WEEKS);
        let begin = history - weeks * step;
        let mut picture = PoolPicture {
            history: vec![0.0; weeks],
            marks: vec![0; weeks],
            ..PoolPicture::default()
        };
        let recent = history.saturating_sub((30.0 / days).round() as usize);
        let mut out = vec![false; history - recent];
        for i in pool.series.clone() {
            let start = panel.start(i);
            let skip = begin.saturating_sub(start);
            for (t, (&v, &f)) in panel.gross(i).iter().zip(panel.flags(i)).enumerate().skip(skip) {
                let week = (start + t - begin) / step;
                picture.history[week] += v;
                let stockout = f & (flag::STOCKOUT | flag::INFERRED_STOCKOUT) != 0;
                let mark = |bit: u8, value| if f & bit != 0 { value } else { 0 };
                picture.marks[week] |=
                    u8::from(stockout) | mark(flag::PROMOTION, 2) | mark(flag::OUTLIER, 4);
                if stockout && start + t >= recent {
                    out[start + t - recent] = true;
                }
            }
        }
        picture.stockout_days_30 =
            (out.iter().filter(|&&o| o).count() as f64 * days).round() as u16;
        for (w, chunk) in demand.mean.chunks_exact(step).enumerate() {
            let [low, high] = demand.band((w * step) as f64, ((w + 1) * step) as f64);
            picture.mean.push(chunk.iter().sum());
            picture.low.push(low);
            picture.high.push(high);
            picture.stock.push(plan.path.get((w + 1) * step - 1).copied().unwrap_or(0.0));
        }
        picture
    }
}

/// Expected units short by the end of each of the first `days` days if nothing more is ordered; between weeks linear.
fn shortfall(input: &PoolInput<'_>, days: f64) -> Vec<f64> {
    let days = days.ceil().clamp(7.0, 365.0) as usize;
    let mut short = vec![0.0];
    for week in 1..=days.div_ceil(7) {
        let before = short[short.len() - 1];
        let now = shortfall_by(input, (7 * week) as f64).max(before);
        short.extend((1..=7).map(|d| before + (now - before) * f64::from(d) / 7.0));
    }
    short[1..=days].to_vec()
}

/// Expected units short within `days` if nothing more is ordered.
fn shortfall_by(input: &PoolInput<'_>, days: f64) -> f64 {
    let arrived: f64 = input.arrivals.iter().filter(|a| a.days < days).map(|a| a.quantity).sum();
    let supply = input.stock.available - input.stock.backordered + arrived;
    input.outlook.demand(0.0, days).expected_shortfall(supply)
}

/// Half a sentence: why this need; `held` is why a pool is not ordered.
fn reason(plan: &PoolPlan, held: Option<&str>) -> String {
    let p = &plan.policy;
    let notes =
        if plan.notes.is_empty() { String::new() } else { format!("; {}", plan.notes.join("; ")) };
    let (position, point) = (plan.position, p.reorder_point);
    if let Some(why) = held {
        format!("not ordered: {why}{notes}")
    } else if plan.need > 0.0 {
        format!(
            "position {position:.0} is at or below the reorder point {point:.0}: order up to {:.0}{notes}",
            p.order_up_to
        )
    } else if position >= point {
        let where_it_is = if position > point { "above" } else { "at" };
        format!("position {position:.0} is {where_it_is} the reorder point {point:.0}{notes}")
    } else {
        format!(
            "position {position:.0} is at or below the reorder point {point:.0}, but sales lost before an order could arrive need no stock{notes}"
        )
    }
}

/// Mean and standard deviation of a day's demand over the first four weeks, units: the spread from the published quantiles.
fn daily_moments(forecast: &SeriesForecast, period_days: f64) -> (f64, f64) {
    let periods = ((28.0 / period_days).round() as usize).clamp(1, forecast.mean.len().max(1));
    let n = periods.min(forecast.mean.len()) as f64;
    if n == 0.0 {
        return (0.0, 0.0);
    }
    let mean =
        forecast.mean.iter().take(periods).map(|&m| f64::from(m)).sum::<f64>() / n / period_days;
    // The 10 % to 90 % range of a normal is 2.563 standard deviations; counts spread at least like Poisson.
    let range =
        forecast.quantiles.iter().take(periods).map(|q| f64::from(q[5] - q[1])).sum::<f64>() / n;
    let sd = range / 2.563 / period_days.sqrt();
    (mean, sd.max(mean.sqrt()))
}

/// Demand of each day of a path of periods.
fn daily(mean: &[f32], period_days: f64) -> Vec<f64> {
    let days = (mean.len() as f64 * period_days).floor() as usize;
    (0..days)
        .map(|d| {
            f64::from(mean[((d as f64 / period_days) as usize).min(mean.len() - 1)]) / period_days
        })
        .collect()
}
