//! What was each period for an item: on sale, out of stock, off-season, ended?
//!
//! Stock is shared by the channels of a pool, so the question is asked of the pool's total: a
//! period in which any channel sold was no stock-out. What the tables record is believed; the rest
//! is inferred, and told:
//!
//! - **off-season**: four weeks or more that were empty in every year observed, of an item that
//!   sells well enough otherwise for that to be no chance;
//! - **out of stock, inferred**: a run of zeros between two sales that the item's whole history
//!   makes implausible, no longer than about two lead times; only where nothing is recorded;
//! - **not offered**: zeros of one channel between two of its sales that are implausible beside
//!   what the others sold from the pool meanwhile: a listing that was down, a store with none on
//!   its shelf;
//! - **out of stock today**: a run of zeros up to today of a steady seller with nothing on hand;
//! - **ended**: after the last sale of what is obsolete, superseded, or sold off.
//!
//! Every later stage reads the flags left here, see [`Activity`]. Units: periods of the panel's
//! calendar. Sources: Nahmias (1994) on why stock-out periods must not enter a mean; the negative
//! binomial for the probability of a zero (Syntetos & Boylan 2006).

use crate::domain::calendar::{Bucket, Calendar};
use crate::domain::inputs::{Product, ProductStatus, StockHistory};
use crate::domain::panel::{Activity, SeriesMut, flag};
use crate::math::elementary::{Elementary, Transcendental};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Share of its periods that an item must sell in to give a sign of a stock-out: most days.
// Slow sellers and Christmas goods have long runs of zeros by nature: ten empty months were once
// taken for a stock-out.
const STEADY_SHARE: f64 = 0.5;
/// Surprise of a run of zeros up to today, with nothing on hand, from which it is a stock-out: 1 in
/// 100. That the shelf is empty is known; only since when is not.
const EMPTY_SHELF_SURPRISE: f64 = 4.605;
/// Days of a review on top of two lead times: about the longest that a shelf stays empty.
const REVIEW_DAYS: f64 = 7.0;
/// Days without a record after which a stock history no longer says what was there.
// A monthly count is a usual one; its last day is still within reach of the next.
const RECORD_DAYS: i64 = 31;
/// Items at a location, and share of its periods that it sells in, from which a period in which
/// nothing was sold is a closed shop: a shop of few sales has many quiet days.
const SHOP_ITEMS: usize = 5;
const SHOP_SHARE: f64 = 0.6;
/// How far beyond its mean a channel's rate may have been for a time; more is not looked for.
const MOST_GROWN: f64 = 10.0;
/// Just below 1: a bound that spares the exact test must not decide by the last digit.
const ROUNDING: f64 = 1.0 - 1e-9;
/// Probability below which parts of the year without a sale are no chance.
// Many parts of many years are looked at: with 1 in 1,000 chance alone would make off-seasons.
const SEASON_PROBABILITY: f64 = 1e-6;

/// What the tables say about the shelf of one pool beside recorded stock-outs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StockRecords {
    /// Whether nothing can be promised this morning; `None` where stock is not known.
    pub empty_today: Option<bool>,
    /// Periods of the axis in which availability was recorded: nothing is inferred there.
    pub recorded: Range<usize>,
    /// The longest run of zeros that can be a stock-out: about two lead times.
    pub longest: usize,
    /// The longest run up to today with nothing on hand that is one; beyond it somebody has to say.
    pub longest_today: usize,
    /// Whether it is no longer sold: periods after the last sale are no demand of zero.
    pub ended: bool,
    /// The last period in which a kit sold that contains the item, where there was one: the item
    /// was there.
    pub asked_through_kits: Option<usize>,
}

/// The axis, as far as activity depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Axis<'a> {
    /// Length of a period.
    pub bucket: Bucket,
    /// Periods in which the location sold nothing at all: closed, and no sign of anything.
    /// `[history]`
    pub closed: &'a [bool],
}

impl Axis<'_> {
    /// Periods on both sides of a run that its rate is compared with.
    fn window(self) -> usize {
        match self.bucket {
            Bucket::Day => 28,
            Bucket::Week => 12,
            Bucket::Month => 6,
        }
    }

    /// Periods of a year.
    fn year(self) -> usize {
        match self.bucket {
            Bucket::Day => 365,
            Bucket::Week => 52,
            Bucket::Month => 12,
        }
    }

    /// The shortest off-season: four weeks, in which no shop would call a month a season.
    fn shortest_off_season(self) -> usize {
        match self.bucket {
            Bucket::Day => 28,
            Bucket::Week => 4,
            Bucket::Month => 1,
        }
    }

    /// Periods by which a season may begin earlier or end later than in other years.
    fn season_edge(self) -> usize {
        match self.bucket {
            Bucket::Day => 10,
            Bucket::Week => 1,
            Bucket::Month => 0,
        }
    }
}

/// Whether an item's successor is on sale, so that its own orders have ended.
#[must_use]
pub fn superseded(product: &Product, products: &[Product], as_of: NaiveDate) -> bool {
    product.superseded_by.is_some_and(|successor| {
        products[successor.index()].launched.is_none_or(|launched| launched <= as_of)
    })
}

/// Whether an item is no longer on sale, whatever it sold.
#[must_use]
pub fn ended(
    product: &Product,
    products: &[Product],
    as_of: NaiveDate,
    empty_today: Option<bool>,
) -> bool {
    match product.status {
        ProductStatus::Obsolete => true,
        ProductStatus::PhaseOut => empty_today == Some(true),
        ProductStatus::Active | ProductStatus::New | ProductStatus::DoNotOrder => {
            superseded(product, products, as_of)
        }
    }
}

/// Periods between the first and the last record of a pool's stock, where they come often enough to
/// say what was there between them.
#[must_use]
pub fn recorded(records: &[StockHistory], calendar: &Calendar) -> Range<usize> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return 0..0 };
    let widest = records.windows(2).map(|pair| (pair[1].date - pair[0].date).num_days()).max();
    if widest.is_some_and(|days| days > RECORD_DAYS) {
        return 0..0;
    }
    let from = usize::try_from(calendar.index(first.date)).unwrap_or(0);
    let to = usize::try_from(calendar.index(last.date) + 1).unwrap_or(0);
    from..to.min(calendar.history())
}

/// The longest run of zeros between two sales that can be a stock-out, periods: two lead times, and
/// a review.
#[must_use]
pub fn longest_stock_out(lead_time_days: f64, bucket: Bucket) -> usize {
    bucket.whole_periods(2.0 * lead_time_days + REVIEW_DAYS)
}

/// What was inferred of one pool, in periods of the axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inferred {
    /// Stock-outs between two sales.
    pub between_sales: Vec<Range<usize>>,
    /// Runs in which a single channel did not offer it, while others did or might have.
    pub not_offered: Vec<NotOffered>,
    /// The stock-out that lasts until today.
    pub until_today: Option<Range<usize>>,
    /// A steady seller's zeros up to today of which nothing is known: sold out, or ended.
    pub unexplained: Option<Range<usize>>,
    /// Whether `unexplained` has nothing on hand, for longer than may be taken for a stock-out.
    pub shelf_empty: bool,
}

/// A run of periods in which one channel of a pool did not offer the item.
#[derive(Debug, Clone, PartialEq)]
pub struct NotOffered {
    /// Position of the series in the panel.
    pub series: usize,
    /// Periods of the axis.
    pub run: Range<usize>,
}

/// Whether a location was closed in each period: it sold nothing of all its items, though it sells
/// something in most periods. `[history]`
///
/// - `sold`: whether any of its `items` sold. `[history]`
#[must_use]
pub fn closed_periods(sold: &[bool], items: usize) -> Vec<bool> {
    let open = sold.iter().filter(|&&sold| sold).count();
    let shop = items >= SHOP_ITEMS && open as f64 > SHOP_SHARE * sold.len() as f64;
    sold.iter().map(|&sold| shop && !sold).collect()
}

/// Demand of all channels of a pool together.
struct Total {
    /// First period on the axis.
    first: usize,
    /// Units sold. `[n]`
    units: Vec<f64>,
    /// Whether some channel was on sale with stock, as far as is recorded. `[n]`
    seen: Vec<bool>,
}

impl Total {
    fn of(series: &[SeriesMut<'_>]) -> Self {
        let first = series.iter().map(|s| s.start).min().unwrap_or(0);
        let length = series.iter().map(|s| s.gross.len()).max().unwrap_or(0);
        let mut total = Self { first, units: vec![0.0; length], seen: vec![false; length] };
        for channel in series {
            let offset = channel.start - first;
            for (sum, &units) in total.units[offset..].iter_mut().zip(channel.gross) {
                *sum += f64::from(units);
            }
            for (seen, &flags) in total.seen[offset..].iter_mut().zip(channel.flags.iter()) {
                *seen |= flags & flag::CENSORED == 0;
            }
        }
        total
    }

    fn sold(&self, t: usize) -> bool {
        self.units[t] > 0.0
    }
}

/// Count, sum and sum of squares of some periods.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    periods: f64,
    selling: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, units: f64) {
        self.periods += 1.0;
        self.selling += f64::from(u8::from(units > 0.0));
        self.sum += units;
        self.squares += units * units;
    }

    fn remove(&mut self, units: f64) {
        self.periods -= 1.0;
        self.selling -= f64::from(u8::from(units > 0.0));
        self.sum -= units;
        self.squares -= units * units;
    }

    /// Whether it sells in most periods.
    fn steady(&self) -> bool {
        self.periods >= 1.0 && self.selling > STEADY_SHARE * self.periods
    }

    /// `-ln P(0)` of the negative binomial with these moments: `μ ln(1 + d) / d` for a variance of
    /// `(1 + d) μ`, which is Poisson's `μ` where there is no excess variance.
    fn surprise_of_zero(&self) -> f64 {
        let mean = self.sum / self.periods.max(1.0);
        if mean <= 0.0 {
            return 0.0;
        }
        let variance = (self.squares - self.sum * mean).max(0.0) / (self.periods - 1.0).max(1.0);
        let excess = variance / mean - 1.0;
        if excess > 1e-6 { mean * excess.natural_log_1p() / excess } else { mean }
    }
}

/// Derives the activity of every period of a pool and leaves it as [`flag`] bits; returns what was
/// inferred.
///
/// - `probability`: below which chance is ruled out; `None` infers no stock-outs.
pub(crate) fn mark(
    series: &mut [SeriesMut<'_>],
    axis: &Axis<'_>,
    records: &StockRecords,
    probability: Option<f64>,
) -> Inferred {
    let total = Total::of(series);
    let mut inferred = Inferred::default();
    let n = total.units.len();
    let Some(last_sale) = total.units.iter().rposition(|&units| units > 0.0) else {
        // What never sold and is not there could not have sold.
        if records.empty_today == Some(true) {
            set(series, total.first, 0..n, flag::INFERRED_STOCKOUT);
        }
        return inferred;
    };
    let surprise = probability.map_or(f64::INFINITY, |p| -p.natural_log());
    let off_season = off_season(&total, axis, -SEASON_PROBABILITY.natural_log());
    for run in &off_season {
        set(series, total.first, run.clone(), flag::OFF_SEASON);
    }
    if records.ended {
        set(series, total.first, last_sale + 1..n, flag::ENDED);
    }

    // Periods that say something about the rate: observed, in season, the shop open.
    let mut counts = total.seen.clone();
    for run in &off_season {
        counts[run.clone()].fill(false);
    }
    for (counts, closed) in counts.iter_mut().zip(&axis.closed[total.first..]) {
        *counts &= !closed;
    }
    let mut whole = Moments::default();
    for (&units, &counts) in total.units[..=last_sale].iter().zip(&counts) {
        if counts {
            whole.add(units);
        }
    }

    // Zeros between two sales, of all channels together and then of each.
    if probability.is_some() {
        for run in implausible_runs(&total, &counts, &whole, axis, records, surprise) {
            set(series, total.first, run.clone(), flag::INFERRED_STOCKOUT);
            inferred.between_sales.push(total.first + run.start..total.first + run.end);
        }
        if series.len() > 1 {
            for channel in series.chunks_mut(1) {
                let found = &mut inferred.not_offered;
                mark_not_offered(channel, &total, axis, records, surprise, found);
            }
        }
    }

    // Zeros up to today; where a season has ended meanwhile, those of the next one.
    let season = off_season.last().map_or(0, |run| run.end);
    let run = (last_sale + 1).max(season).min(n)..n;
    let on_axis = total.first + run.start..total.first + run.end;
    let asked = records.asked_through_kits.is_some_and(|sold| sold >= on_axis.start);
    let unseen = run.clone().filter(|&t| counts[t]).count();
    whole.remove(if counts[last_sale] { total.units[last_sale] } else { 0.0 });
    if probability.is_none() || unseen == 0 || records.ended || asked || !whole.steady() {
        return inferred;
    }
    let surprising = whole.surprise_of_zero() * unseen as f64;
    match records.empty_today {
        Some(true) if run.len() <= records.longest_today && surprising > EMPTY_SHELF_SURPRISE => {
            set(series, total.first, run, flag::INFERRED_STOCKOUT);
            inferred.until_today = Some(on_axis);
        }
        Some(true) if surprising > surprise => {
            inferred.unexplained = Some(on_axis);
            inferred.shelf_empty = true;
        }
        None if surprising > surprise => inferred.unexplained = Some(on_axis),
        Some(_) | None => {}
    }
    inferred
}

/// Runs of zeros between two sales that are implausible, see [`is_stock_out`], counted from the
/// start of `total`.
///
/// - `counts`: periods that say something about the rate. `[n]`
/// - `whole`: of those up to the last sale.
fn implausible_runs(
    total: &Total,
    counts: &[bool],
    whole: &Moments,
    axis: &Axis<'_>,
    records: &StockRecords,
    surprise: f64,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let last_sale = total.units.iter().rposition(|&units| units > 0.0).unwrap_or(0);
    let mut t = 0;
    while t < last_sale {
        if total.sold(t) {
            t += 1;
            continue;
        }
        let begin = t;
        while !total.sold(t) {
            t += 1;
        }
        let run = begin..t;
        // No zero is more surprising than its mean, and that is at most all units over the rest.
        let rest = (whole.periods - run.len() as f64 - 2.0).max(1.0);
        if run.len() <= records.longest
            && whole.sum * run.len() as f64 > surprise * rest * ROUNDING
            && !overlaps(&records.recorded, total.first, &run)
            && run.clone().all(|t| total.seen[t])
            && is_stock_out(total, counts, whole, axis, &run, surprise)
        {
            found.push(run);
        }
    }
    found
}

/// Units of one channel, and of the others in the same periods.
#[derive(Debug, Clone, Copy, Default)]
struct Beside {
    own: f64,
    others: f64,
}

impl Beside {
    fn add(&mut self, own: f64, others: f64) {
        self.own += own;
        self.others += others;
    }
}

/// Flags the zeros of one channel, the only one of `channel`, that what the others sold meanwhile
/// makes implausible: `P(0)` at the channel's usual share of them, of all its history and on both
/// sides of the run.
///
/// The others are what tells days on which it was not offered here from days on which nobody asked,
/// so neither most days nor two lead times are needed; a channel that was as empty a year before or
/// after has its own season.
fn mark_not_offered(
    channel: &mut [SeriesMut<'_>],
    pool: &Total,
    axis: &Axis<'_>,
    records: &StockRecords,
    surprise: f64,
    found: &mut Vec<NotOffered>,
) {
    let [this] = channel else { return };
    // Most channels have no run that is long enough at any rate of theirs.
    let mut zeros = 0;
    let mut longest = 0;
    let mut sum = 0.0;
    // Without a branch: which days sell cannot be foretold.
    for &units in this.gross {
        let sold = units > 0.0;
        longest = longest.max(if sold { zeros } else { 0 });
        zeros = if sold { 0 } else { zeros + 1 };
        sum += f64::from(if sold { units } else { 0.0 });
    }
    let mean = sum / this.gross.len().max(1) as f64;
    if longest as f64 * mean * MOST_GROWN <= surprise {
        return;
    }

    let n = this.gross.len();
    let first = this.start;
    let mut counts = Vec::with_capacity(n);
    let mut others = Vec::with_capacity(n);
    let mut moments = Moments::default();
    let mut whole = Beside::default();
    for t in 0..n {
        let units = f64::from(this.gross[t]);
        let other = pool.units[first - pool.first + t] - units;
        let said_nothing = flag::CENSORED | flag::OFF_SEASON;
        counts.push(this.flags[t] & said_nothing == 0 && !axis.closed[first + t]);
        others.push(other);
        if counts[t] {
            moments.add(units);
            whole.add(units, other);
        }
    }
    let of_mean = moments.surprise_of_zero() / (moments.sum / moments.periods.max(1.0)).max(1e-12);
    let window = axis.window();
    let mut end = 0;
    while let Some(begin) = (end..n).find(|&t| this.gross[t] <= 0.0) {
        end = (begin..n).find(|&t| this.gross[t] > 0.0).unwrap_or(n);
        let run = begin..end;
        let observed = run.clone().all(|t| this.flags[t] & flag::CENSORED == 0);
        if begin < window / 2 || end == n || !observed || overlaps(&records.recorded, first, &run) {
            continue;
        }
        let meanwhile: f64 = run.clone().filter(|&t| counts[t]).map(|t| others[t]).sum();
        let edges = f64::from(this.gross[begin - 1]) + f64::from(this.gross[end]);
        let mut share = (whole.own - edges) / (whole.others - meanwhile).max(1e-12);
        if share * meanwhile * of_mean <= surprise {
            continue;
        }
        let before = begin.saturating_sub(window + 1)..begin - 1;
        let after = end + 1..(end + 1 + window).min(n);
        for around in [before, after] {
            let mut near = Beside::default();
            let mut periods = 0;
            for t in around.filter(|&t| counts[t]) {
                near.add(f64::from(this.gross[t]), others[t]);
                periods += 1;
            }
            // A few days say nothing against all of history.
            if periods >= window / 2 && near.others > 0.0 {
                share = share.min(near.own / near.others);
            }
        }
        if share * meanwhile * of_mean <= surprise || empty_in_another_year(this.gross, &run, axis)
        {
            continue;
        }
        for t in run.clone() {
            this.flags[t] |= flag::INFERRED_STOCKOUT;
        }
        found.push(NotOffered { series: this.index, run: first + begin..first + end });
    }
}

/// Whether the same part of the year before or after was without a sale, too.
fn empty_in_another_year(units: &[f32], run: &Range<usize>, axis: &Axis<'_>) -> bool {
    let year = axis.year();
    let before = run.start.checked_sub(year).map(|start| start..run.end - year);
    let after = (run.end + year <= units.len()).then(|| run.start + year..run.end + year);
    let mut others = before.into_iter().chain(after);
    others.any(|same| units[same].iter().all(|&units| units <= 0.0))
}

/// Flags those periods of a run, counted from `first`, in which a channel sold nothing and nothing
/// else is known of it.
fn set(series: &mut [SeriesMut<'_>], first: usize, run: Range<usize>, bit: u8) {
    for channel in series {
        let offset = channel.start - first;
        let from = run.start.max(offset);
        for t in (from..run.end).map(|t| t - offset) {
            if channel.gross[t] == 0.0 && channel.flags[t] & flag::CENSORED == 0 {
                channel.flags[t] |= bit;
            }
        }
    }
}

fn overlaps(recorded: &Range<usize>, first: usize, run: &Range<usize>) -> bool {
    recorded.start < first + run.end && first + run.start < recorded.end
}

/// Whether zeros between two sales are implausible at the rate of the whole history and at that
/// around them, the sales at the run's own ends left out: a slow seller's quiet months begin after
/// a sale and end with one, too.
fn is_stock_out(
    total: &Total,
    counts: &[bool],
    whole: &Moments,
    axis: &Axis<'_>,
    run: &Range<usize>,
    surprise: f64,
) -> bool {
    let open = run.clone().filter(|&t| counts[t]).count();
    let window = axis.window();
    // A run that a season or a closed shop cuts short is no run of its own.
    if open == 0 || run.start < window / 2 || !counts[run.start] || !counts[run.end - 1] {
        return false;
    }
    let mut usual = *whole;
    for t in run.clone().chain([run.start - 1, run.end]).filter(|&t| counts[t]) {
        usual.remove(total.units[t]);
    }
    if !usual.steady() {
        return false;
    }
    let mut rate = usual.surprise_of_zero();
    let before = run.start.saturating_sub(window + 1)..run.start - 1;
    let after = run.end + 1..(run.end + 1 + window).min(total.units.len());
    for around in [before, after] {
        let mut moments = Moments::default();
        for t in around.filter(|&t| counts[t]) {
            moments.add(total.units[t]);
        }
        // A few days say nothing against the whole history.
        if moments.periods >= window as f64 / 2.0 {
            rate = rate.min(moments.surprise_of_zero());
        }
    }
    rate * open as f64 > surprise
}

/// Parts of the year that were empty in every year observed, of an item that sells too well in the
/// rest of it for that to be chance. Two years at least: the part itself, or enough of its
/// beginning or end to say that the season came and went again.
fn off_season(total: &Total, axis: &Axis<'_>, surprise: f64) -> Vec<Range<usize>> {
    let n = total.units.len();
    let year = axis.year();
    let shortest = axis.shortest_off_season();
    if n < year + shortest {
        return Vec::new();
    }
    // By position in the year, counted back from today: years observed, and whether any sold.
    let mut years = vec![0u32; year];
    let mut sold = vec![false; year];
    // Whole years, the same way round as history: a remainder for each period, or a reversed walk,
    // cost as much as all of this.
    for (units, seen) in total.units.rchunks(year).zip(total.seen.rchunks(year)) {
        let missing = year - units.len();
        for (sold, &units) in sold[missing..].iter_mut().zip(units) {
            *sold |= units > 0.0;
        }
        for (years, &seen) in years[missing..].iter_mut().zip(seen) {
            *years += u32::from(seen);
        }
    }
    if sold.iter().all(|&sold| sold) {
        return Vec::new();
    }
    years.reverse();
    sold.reverse();
    let mut empty: Vec<bool> = years.iter().map(|&years| years >= 2).collect();
    let edge = axis.season_edge();
    if years.contains(&1) {
        // The last days of a season say nothing: it may end a little earlier than in another year.
        let least = (surprise / inside(total, &sold).surprise_of_zero()).max(edge as f64);
        came_again(&years, &sold, least, &mut empty);
    }
    for position in (0..year).filter(|&position| sold[position]) {
        for around in 0..=2 * edge {
            empty[(position + year + around - edge) % year] = false;
        }
    }

    if !empty.contains(&true) {
        return Vec::new();
    }

    let on: Vec<bool> = empty.iter().map(|&empty| !empty).collect();
    let inside = inside(total, &on);
    let share = (inside.selling / inside.periods.max(1.0)).min(0.999);
    let of_one = -(1.0 - share).natural_log();
    // The same of each period of history; without a remainder for each.
    let mut off: Vec<bool> = empty.iter().copied().cycle().take(n).collect();
    off.reverse();
    let mut runs = Vec::new();
    let mut t = 0;
    while t < n {
        let begin = t;
        while t < n && off[t] && total.seen[t] {
            t += 1;
        }
        // What is cut short by either end of history has its whole length in another year.
        let cut = begin == 0 || t == n;
        if (t - begin >= shortest || cut && t > begin)
            && whole_length(&empty, n, begin) as f64 * of_one > surprise
            && whole_length(&empty, n, begin) >= shortest
        {
            runs.push(begin..t);
        }
        t = t.max(begin + 1);
    }
    runs
}

/// The observed periods in the parts `on` of the year.
///
/// - `on`: by position in the year, counted back from today. `[periods of a year]`
fn inside(total: &Total, on: &[bool]) -> Moments {
    let year = on.len();
    let mut inside = Moments::default();
    for (units, seen) in total.units.rchunks(year).zip(total.seen.rchunks(year)) {
        let position = on[..units.len()].iter().rev();
        for ((&units, &seen), &on) in units.iter().zip(seen).zip(position) {
            if seen && on {
                inside.add(units);
            }
        }
    }
    inside
}

/// Marks as empty, too, what one year alone has seen of the parts between two seasons, where
/// another year has seen more than `least` periods of the same part without a sale.
///
/// - `years`, `sold`, `empty`: by position in the year. `[periods of a year]`
fn came_again(years: &[u32], sold: &[bool], least: f64, empty: &mut [bool]) {
    let year = years.len();
    let Some(first) = sold.iter().position(|&sold| sold) else { return };
    // Round the year from a sale on, so that no part is cut in two.
    let mut step = 1;
    while step < year {
        let begin = step;
        let mut twice = 0;
        while step < year && !sold[(first + step) % year] && years[(first + step) % year] > 0 {
            twice += usize::from(years[(first + step) % year] >= 2);
            step += 1;
        }
        if twice as f64 > least {
            (begin..step).for_each(|step| empty[(first + step) % year] = true);
        }
        step = step.max(begin + 1);
    }
}

/// Length of the empty part of the year that period `t` of `n` lies in, a year at most.
fn whole_length(empty: &[bool], n: usize, t: usize) -> usize {
    let year = empty.len();
    let position = (n - 1 - t) % year;
    let mut length = 0;
    for step in 0..year {
        if !empty[(position + step) % year] {
            break;
        }
        length += 1;
    }
    for step in 1..year - length.min(year - 1) {
        if !empty[(position + year - step) % year] {
            break;
        }
        length += 1;
    }
    length.min(year)
}

/// Whether a series was idle in a period: it sold nothing, and could and usually would have.
#[must_use]
pub fn is_idle(gross: f32, flags: u8) -> bool {
    gross <= 0.0 && Activity::of(flags).counts_as_idle()
}

/// How long an item has been silent while it could have sold and usually would have, and how long
/// it was at most before it came back. `[trap 8]`
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Idle days since the last sale; infinite for what never sold and nobody awaits.
    pub days: f64,
    /// The most idle days between two sales.
    pub longest_before: f64,
}

impl Silence {
    /// Of something that never sold.
    pub const NEVER_SOLD: Self = Self { days: f64::INFINITY, longest_before: 0.0 };

    /// Of the periods of a pool, oldest first.
    ///
    /// ```
    /// use orderpoint::clean::activity::{Idleness, Silence};
    ///
    /// use Idleness::{Idle, Other, Sold};
    /// let silence = Silence::of([Sold, Idle, Idle, Idle, Sold, Other, Idle], 1.0);
    /// assert_eq!((silence.days, silence.longest_before), (1.0, 3.0));
    /// ```
    #[must_use]
    pub fn of(periods: impl IntoIterator<Item = Idleness>, period_days: f64) -> Self {
        let mut silence = Self::NEVER_SOLD;
        for period in periods {
            match period {
                Idleness::Sold => {
                    if silence.days.is_finite() {
                        silence.longest_before = silence.longest_before.max(silence.days);
                    }
                    silence.days = 0.0;
                }
                Idleness::Idle => silence.days += period_days,
                Idleness::Other => {}
            }
        }
        silence
    }

    /// Whether there is no demand any more: silent for `inactive_days`, the longest that is waited
    /// for anything, and for longer than any silence that it came back from.
    #[must_use]
    pub fn is_over(&self, inactive_days: f64) -> bool {
        self.days >= inactive_days && self.days > self.longest_before
    }
}

/// What a period says about silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idleness {
    /// Something sold.
    Sold,
    /// Nothing sold that could and usually would have.
    Idle,
    /// Nothing could be sold, or usually is.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::panel::SeriesKey;
    use crate::domain::units::{ChannelId, LocationId, SkuId};

    /// One item at one location.
    struct World {
        channels: Vec<Vec<f32>>,
        records: StockRecords,
        bucket: Bucket,
    }

    impl World {
        fn new(units: impl IntoIterator<Item = f32>) -> Self {
            let records =
                StockRecords { longest: 35, longest_today: 180, ..StockRecords::default() };
            Self { channels: vec![units.into_iter().collect()], records, bucket: Bucket::Day }
        }

        /// What is inferred, and the flags of the first channel.
        fn marked(&self) -> (Inferred, Vec<u8>) {
            let n = self.channels[0].len();
            let mut flags = vec![vec![0u8; n]; self.channels.len()];
            let mut cleaned = self.channels.clone();
            let mut series = Vec::new();
            for (((c, gross), flags), cleaned) in
                self.channels.iter().enumerate().zip(&mut flags).zip(&mut cleaned)
            {
                let channel = ChannelId(u32::try_from(c).expect("few channels"));
                let key = SeriesKey { sku: SkuId(0), location: LocationId(0), channel };
                series.push(SeriesMut { index: c, key, start: 0, gross, cleaned, flags });
            }
            let closed = vec![false; n];
            let axis = Axis { bucket: self.bucket, closed: &closed };
            let inferred = mark(&mut series, &axis, &self.records, Some(1e-6));
            (inferred, flags.swap_remove(0))
        }
    }

    fn silence(units: &[f32], flags: &[u8]) -> Silence {
        let periods = units.iter().zip(flags).map(|(&units, &flags)| {
            if units > 0.0 {
                Idleness::Sold
            } else if is_idle(units, flags) {
                Idleness::Idle
            } else {
                Idleness::Other
            }
        });
        Silence::of(periods, 1.0)
    }

    /// Ten a day from day 300 to 359 of every year.
    fn christmas(days: usize) -> impl Iterator<Item = f32> {
        (0..days).map(|t| if (300..360).contains(&(t % 365)) { 10.0 } else { 0.0 })
    }

    #[test]
    fn months_that_are_empty_every_year_are_off_season_and_nobody_is_idle_in_them() {
        let units: Vec<f32> = christmas(300 + 3 * 365 + 280).skip(300).collect();
        let mut world = World::new(units.clone());
        world.records.empty_today = Some(true);
        let (inferred, flags) = world.marked();
        assert_eq!(inferred, Inferred::default());
        assert_eq!(flags[200], flag::OFF_SEASON, "in the first year, too: later ones say so");
        assert_eq!(flags[flags.len() - 1], flag::OFF_SEASON);
        assert_eq!(flags[30], 0, "in the season");
        let idle = silence(&units, &flags);
        assert!(idle.days <= 10.0 && idle.longest_before <= 20.0, "{idle:?}");
    }

    #[test]
    fn one_summer_without_a_sale_is_no_off_season() {
        let mut units = vec![5.0f32; 1200];
        units[700..790].fill(0.0);
        let (inferred, flags) = World::new(units).marked();
        assert_eq!(inferred, Inferred::default(), "90 days are longer than two lead times");
        assert!(flags.iter().all(|&flags| flags == 0));
    }

    #[test]
    fn a_season_that_came_and_went_again_shows_its_off_season_after_one_year() {
        // Six weeks, ten months without, the same six weeks, and since then twelve days without.
        let season = [5.0; 45];
        let units = [&season[..], &[0.0; 320], &season, &[0.0; 12]].concat();
        let (_, flags) = World::new(units).marked();
        assert_eq!(flags[200], flag::OFF_SEASON);
        assert_eq!(flags[44], 0, "in the season");
        let once = [&season[..], &[0.0; 320], &season].concat();
        let (_, flags) = World::new(once).marked();
        assert_eq!(flags[200], 0, "it may sell on");
    }

    #[test]
    fn months_that_are_empty_every_year_are_off_season_in_week_and_month_buckets() {
        for (bucket, days, periods) in [(Bucket::Week, 7, 52), (Bucket::Month, 30, 12)] {
            let units = (0..4 * periods).map(|t| {
                let day = t % periods * days;
                if (300..360).contains(&day) { 70.0 } else { 0.0 }
            });
            let first = 300 / days + 1;
            let world = World { bucket, ..World::new(units.skip(first)) };
            let (_, flags) = world.marked();
            assert_eq!(flags[periods / 2], flag::OFF_SEASON, "{bucket:?}");
            assert!(flags.iter().all(|flags| flags & flag::INFERRED_STOCKOUT == 0), "{bucket:?}");
        }
    }

    #[test]
    fn quiet_months_of_a_slow_seller_are_neither() {
        let units = (0..1461).map(|t| if t % 131 < 2 { 3.0 } else { 0.0 });
        let mut world = World::new(units);
        world.records.longest = 400;
        let (inferred, flags) = world.marked();
        assert_eq!(inferred, Inferred::default());
        assert!(flags.iter().all(|&flags| flags == 0));
    }

    #[test]
    fn zeros_up_to_today_of_a_steady_seller_are_what_is_known_of_its_shelf() {
        let mut units = vec![10.0f32; 400];
        units[370..].fill(0.0);
        let mut world = World::new(units);
        world.records.empty_today = Some(true);
        let (inferred, flags) = world.marked();
        assert_eq!(inferred.until_today, Some(370..400));
        assert!(flags[370..].iter().all(|&flags| flags == flag::INFERRED_STOCKOUT));

        world.records.empty_today = Some(false);
        assert_eq!(world.marked().0, Inferred::default(), "it is there and nobody wants it");

        world.records.empty_today = None;
        let (inferred, flags) = world.marked();
        assert_eq!(inferred.unexplained, Some(370..400));
        assert_eq!(flags[399], 0, "unknown is not out of stock");

        world.records =
            StockRecords { empty_today: Some(true), longest_today: 20, ..world.records };
        assert!(world.marked().0.shelf_empty, "too long to be taken for a stock-out");

        world.records =
            StockRecords { asked_through_kits: Some(390), longest_today: 180, ..world.records };
        assert_eq!(world.marked().0, Inferred::default(), "its kits sold on");
    }

    #[test]
    fn a_run_longer_than_two_lead_times_is_no_stock_out_and_one_of_a_single_channel_is_its_own() {
        let mut units = vec![10.0f32; 400];
        units[300..320].fill(0.0);
        let mut world = World::new(units);
        assert_eq!(world.marked().0.between_sales, vec![300..320]);
        world.records.longest = 19;
        assert_eq!(world.marked().0, Inferred::default());
        world.records.longest = 35;
        world.channels.push(vec![1.0; 400]);
        let (inferred, flags) = world.marked();
        assert!(inferred.between_sales.is_empty(), "stock was there: the other sold");
        assert_eq!(inferred.not_offered, vec![NotOffered { series: 0, run: 300..320 }]);
        assert!(flags[300..320].iter().all(|&flags| flags == flag::INFERRED_STOCKOUT));
        world.channels[1][295..325].fill(0.0);
        assert!(world.marked().0.not_offered.is_empty(), "none was there for anybody");
        world.channels[1].fill(1.0);
        world.records.recorded = 0..400;
        assert_eq!(world.marked().0, Inferred::default(), "what is recorded is believed");
    }

    #[test]
    fn what_is_obsolete_has_ended_with_its_last_sale() {
        let mut units = vec![10.0f32; 100];
        units[90..].fill(0.0);
        let mut world = World::new(units.clone());
        world.records.ended = true;
        let (_, flags) = world.marked();
        assert!(flags[90..].iter().all(|&flags| flags == flag::ENDED));
        assert_eq!(silence(&units, &flags).days, 0.0);
    }

    #[test]
    fn what_came_back_after_longer_silences_is_not_over() {
        let yearly = Silence { days: 200.0, longest_before: 340.0 };
        assert!(!yearly.is_over(180.0));
        assert!(Silence { days: 341.0, ..yearly }.is_over(180.0));
        assert!(!Silence { days: 179.0, longest_before: 3.0 }.is_over(180.0));
        assert!(Silence::NEVER_SOLD.is_over(180.0));
    }

    #[test]
    fn a_shop_that_sells_most_days_was_closed_when_it_sold_nothing() {
        let mut sold = vec![true; 100];
        sold[50] = false;
        assert!(closed_periods(&sold, 5)[50]);
        assert!(!closed_periods(&sold, 4)[50]);
        assert!(!closed_periods(&[false, false, true], 100)[0]);
    }
}
