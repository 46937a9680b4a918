//! The compact picture of a pool that its page draws: weekly history, weekly outlook, projected
//! stock.

use crate::domain::outcome::PoolPicture;
use crate::domain::panel::{Panel, Pool, flag};

/// Weeks of history shown: two years, so that a season is seen twice.
const WEEKS: usize = 104;
/// Days that stock-outs are counted over, beside the picture.
const STOCKOUT_DAYS: f64 = 30.0;
/// Flags of a period that is out of stock.
const OUT_OF_STOCK: u8 = flag::STOCKOUT | flag::INFERRED_STOCKOUT;

/// Weekly history and outlook of `pool`.
///
/// - `mean`: expected net demand, units a period. `[horizon]`
/// - `stock`: projected stock at the end of each period, units. `[horizon]`
/// - `band`: 10 % and 90 % quantiles of demand over the periods from the one to the other.
pub(crate) fn weekly(
    panel: &Panel,
    pool: &Pool,
    mean: &[f32],
    stock: &[f32],
    band: impl Fn(f64, f64) -> [f32; 2],
) -> PoolPicture {
    let days = panel.calendar().bucket().days();
    let step = (7.0 / days).round().max(1.0) as usize;
    let history = panel.calendar().history();
    let first = pool.series.clone().map(|i| panel.start(i)).min().unwrap_or(history);
    let weeks = ((history - first) / step).min(WEEKS);
    let begin = history - weeks * step;
    let mut picture =
        PoolPicture { history: vec![0.0; weeks], marks: vec![0; weeks], ..PoolPicture::default() };

    let recent = history.saturating_sub((STOCKOUT_DAYS / days).round() as usize);
    let mut out = vec![false; history - recent];
    for i in pool.series.clone() {
        let start = panel.start(i);
        let gross = panel.gross(i);
        let flags = panel.flags(i);
        let mut t = begin.saturating_sub(start).min(gross.len());
        while t < gross.len() {
            let week = (start + t - begin) / step;
            let next = (begin + (week + 1) * step - start).min(gross.len());
            let sold = gross[t..next].iter();
            picture.history[week] = sold.fold(picture.history[week], |sum, units| sum + units);
            let flags = flags[t..next].iter().fold(0, |all, flags| all | flags);
            picture.marks[week] |= u8::from(flags & OUT_OF_STOCK != 0)
                | u8::from(flags & flag::PROMOTION != 0) << 1
                | u8::from(flags & flag::OUTLIER != 0) << 2;
            t = next;
        }
        let seen = recent.max(begin).max(start);
        for (out, flags) in out[seen - recent..].iter_mut().zip(&flags[seen - start..]) {
            *out |= flags & OUT_OF_STOCK != 0;
        }
    }
    let periods_out = out.into_iter().filter(|&out| out).count();
    picture.stockout_days_30 = (periods_out as f64 * days).round() as u16;

    for (week, periods) in mean.chunks_exact(step).enumerate() {
        let end = (week + 1) * step;
        let [low, high] = band((week * step) as f64, end as f64);
        picture.mean.push(periods.iter().sum());
        picture.low.push(low);
        picture.high.push(high);
        picture.stock.push(stock.get(end - 1).copied().unwrap_or(0.0));
    }
    picture
}
