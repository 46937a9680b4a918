//! The compact picture of a pool that its page draws: weekly history, weekly outlook, projected
//! stock.

use crate::domain::outcome::PoolPicture;
use crate::domain::panel::{Panel, Pool, flag};

/// Weeks of history shown: two years, so that a season is seen twice.
const WEEKS: usize = 104;
/// Days that stock-outs are counted over, beside the picture.
const STOCKOUT_DAYS: f64 = 30.0;

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
        let periods = panel.gross(i).iter().zip(panel.flags(i)).enumerate();
        for (t, (&units, &flags)) in periods.skip(begin.saturating_sub(start)) {
            let week = (start + t - begin) / step;
            let stockout = flags & (flag::STOCKOUT | flag::INFERRED_STOCKOUT) != 0;
            picture.history[week] += units;
            picture.marks[week] |= u8::from(stockout)
                | u8::from(flags & flag::PROMOTION != 0) << 1
                | u8::from(flags & flag::OUTLIER != 0) << 2;
            if stockout && start + t >= recent {
                out[start + t - recent] = true;
            }
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
