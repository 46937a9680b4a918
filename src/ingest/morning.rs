//! The morning of the run, by evidence of the sales themselves: which rows are lone, and what a
//! stamp stands for.
//!
//! A row is lone when it stands apart from all others: one mistyped year would move the night to
//! 2062, or begin the history in 1990. Stamps on the first day of every month or week stand for the
//! whole of it.

use crate::domain::calendar::Bucket;
use crate::ingest::cells::days::date_of;
use chrono::{Datelike, Months, NaiveDate, Weekday};

/// Rows of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayRows {
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    pub(crate) rows: u64,
}

/// Any shop may be closed for so long, days.
const CLOSED: i32 = 14;

/// A shop that trades as usual after a gap of up to so many days was closed for a season.
const SEASON: i32 = 120;

/// A lone row at the start stands a year or more before all others: shops grow slowly.
const YEAR: i32 = 365;

/// The range of `days` (sorted) that is history; the days outside of it are lone.
pub(crate) fn history(days: &[DayRows]) -> std::ops::Range<usize> {
    let mut kept = bulk(days);
    // What was cut off but does not stand apart belongs to the history again.
    while kept.start > 0 {
        let gap = days[kept.start].day - days[kept.start - 1].day;
        if gap > YEAR && gap > 3 * longest_gap(&days[kept.clone()]) {
            break;
        }
        kept.start -= 1;
    }
    while kept.end < days.len() {
        let (before, after) = (&days[kept.clone()], &days[kept.end..]);
        let gap = days[kept.end].day - days[kept.end - 1].day;
        let others = longest_gap(before);
        // Where gaps of weeks are usual, one a little longer is nothing yet.
        let usual = if others <= 7 { others } else { others * 3 / 2 };
        let reopened = gap <= SEASON && trades_as_usual(after, before);
        if gap > CLOSED.max(usual) && !reopened {
            break;
        }
        kept.end += 1;
    }
    kept
}

/// The days that are left when the few on one side of the longest gap are cut off, again and again.
/// All gaps are looked at together: that of a row in 1990 would hide that of one in 2062.
fn bulk(days: &[DayRows]) -> std::ops::Range<usize> {
    let mut kept = 0..days.len();
    loop {
        let all = &days[kept.clone()];
        // Of equally long gaps the last one.
        let longest = (1..all.len()).max_by_key(|&at| all[at].day - all[at - 1].day);
        let Some(at) = longest.filter(|&at| all[at].day - all[at - 1].day > CLOSED) else {
            return kept;
        };
        let gap = all[at].day - all[at - 1].day;
        let (before, after) = all.split_at(at);
        if is_few(after, before, gap) {
            kept.end = kept.start + at;
        } else if is_few(before, after, gap) {
            kept.start += at;
        } else {
            return kept;
        }
    }
}

fn longest_gap(days: &[DayRows]) -> i32 {
    days.windows(2).map(|pair| pair[1].day - pair[0].day).max().unwrap_or(0)
}

fn rows(days: &[DayRows]) -> u64 {
    days.iter().map(|day| day.rows).sum()
}

/// Whether `lone`, so many days from the `others`, are so few that they tell nothing about the
/// shop.
fn is_few(lone: &[DayRows], others: &[DayRows], gap: i32) -> bool {
    // A year or more away, and further than the others reach: days that were all written in January
    // with the wrong year.
    let is_far = gap >= YEAR - CLOSED && gap > others[others.len() - 1].day - others[0].day;
    let (lone, others) = (rows(lone), rows(others));
    lone * 100 <= others || ((lone <= 5 || is_far) && lone * 10 <= others)
}

/// Whether the days after a gap have about as many rows as those before it: a shop that reopened. A
/// shop of a row a day tells nothing.
fn trades_as_usual(after: &[DayRows], before: &[DayRows]) -> bool {
    let before = rows_a_day(before);
    before >= 3.0 && rows_a_day(after) >= 0.5 * before
}

fn rows_a_day(days: &[DayRows]) -> f64 {
    rows(days) as f64 / days.len().max(1) as f64
}

/// What the stamps of all sales stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamps {
    Days,
    /// Each is the first day of a week, from this weekday on.
    Weeks,
    /// Each is the first day of a month.
    Months,
}

/// What the stamps on `days` (sorted) stand for, in a plan of periods of `bucket`.
pub(crate) fn stamps(days: &[DayRows], bucket: Bucket) -> Stamps {
    // Two stamps may be chance where nothing says that the shop counts in months or weeks.
    let least_months = if bucket == Bucket::Month { 2 } else { 3 };
    let least_weeks = if bucket == Bucket::Week { 2 } else { 8 };
    let firsts = days.iter().all(|day| date_of(day.day).day() == 1);
    if days.len() >= least_months && firsts {
        return Stamps::Months;
    }
    // A stall that opens on Mondays has weeks off; whole weeks of stamps have few.
    let mondays = days.iter().all(|day| date_of(day.day).weekday() == Weekday::Mon);
    let steady = bucket == Bucket::Week || longest_gap(days) <= CLOSED;
    if days.len() >= least_weeks && mondays && steady {
        return Stamps::Weeks;
    }
    Stamps::Days
}

impl Stamps {
    /// The morning after what the stamp `last` stands for.
    pub(crate) fn morning_after(self, last: NaiveDate) -> NaiveDate {
        let after = match self {
            Self::Days => last.succ_opt(),
            Self::Weeks => last.checked_add_days(chrono::Days::new(7)),
            Self::Months => last.checked_add_months(Months::new(1)),
        };
        after.unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily(first: i32, count: i32, rows: u64) -> Vec<DayRows> {
        (first..first + count).map(|day| DayRows { day, rows }).collect()
    }

    fn with(mut days: Vec<DayRows>, more: &[(i32, u64)]) -> Vec<DayRows> {
        days.extend(more.iter().map(|&(day, rows)| DayRows { day, rows }));
        days.sort_by_key(|day| day.day);
        days
    }

    #[test]
    fn a_mistyped_year_is_lone_on_either_side() {
        let days = with(daily(20_000, 60, 10), &[(33_000, 1), (7_305, 1), (11_323, 1)]);
        assert_eq!(history(&days), 2..62);
        let days = with(daily(20_000, 60, 10), &[(20_079, 1)]);
        assert_eq!(history(&days), 0..60, "twenty days after a shop that never closes");
        let days = with(daily(20_000, 60, 10), &[(33_000, 2), (33_400, 1), (20_100, 1)]);
        assert_eq!(history(&days), 0..60);
        // Two days of a young shop, and a week, written with another year.
        assert_eq!(history(&with(daily(20_000, 120, 5), &[(20_483, 5), (20_484, 5)])), 0..120);
        let week: Vec<(i32, u64)> = (33_000..33_007).map(|day| (day, 4)).collect();
        assert_eq!(history(&with(daily(20_000, 120, 5), &week)), 0..120);
        // A stall that comes back after a year with as much as before is a stall that came back.
        let back: Vec<(i32, u64)> = (20_420..20_450).map(|day| (day, 5)).collect();
        assert_eq!(history(&with(daily(20_000, 60, 5), &back)), 0..90);
    }

    #[test]
    fn closed_days_and_sparse_shops_have_gaps_of_their_own() {
        let mut weekdays = daily(20_000, 100, 5);
        weekdays.retain(|day| day.day % 7 != 0);
        assert_eq!(history(&with(weekdays, &[(20_109, 1)])), 0..87, "ten days");
        let sparse: Vec<(i32, u64)> =
            (0..12).map(|i: i32| (20_000 + 25 * i + (i % 3) * 4, 1)).collect();
        let last = sparse.last().unwrap().0 + 40;
        assert_eq!(history(&with(with(Vec::new(), &sparse), &[(last, 1)])), 0..13);
        let reopened = with(daily(20_000, 300, 10), &[(20_330, 9)]);
        assert_eq!(history(&reopened), 0..301, "a month's holiday");
        assert_eq!(history(&with(Vec::new(), &[(20_000, 1), (20_150, 1), (20_152, 1)])), 0..3);
    }

    #[test]
    fn stamps_on_first_days_stand_for_the_whole() {
        let first = |year, month| {
            let date = NaiveDate::from_ymd_opt(year, month, 1).unwrap();
            (crate::ingest::cells::days::day_number(date), 1)
        };
        let months = with(Vec::new(), &[first(2025, 7), first(2025, 8), first(2025, 9)]);
        assert_eq!(stamps(&months, Bucket::Day), Stamps::Months);
        let last = date_of(months[2].day);
        let morning = NaiveDate::from_ymd_opt(2025, 10, 1);
        assert_eq!(Some(Stamps::Months.morning_after(last)), morning);
        // 1970-01-05 is a Monday.
        let mondays: Vec<DayRows> = (0..9)
            .map(|week| DayRows { day: 20_000 - 20_000 % 7 + 4 + 7 * week, rows: 3 })
            .collect();
        assert_eq!(stamps(&mondays, Bucket::Day), Stamps::Weeks);
        assert_eq!(stamps(&mondays[..3], Bucket::Week), Stamps::Weeks);
        assert_eq!(stamps(&mondays[..3], Bucket::Day), Stamps::Days);
        assert_eq!(stamps(&daily(20_000, 30, 1), Bucket::Week), Stamps::Days);
    }
}
