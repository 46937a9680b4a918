//! Buckets of time: which period a date falls into, and when a period starts.
//!
//! Periods are anchored at the as-of date, so that every bucket of history is complete: period
//! `history` starts on the as-of date and is the first one to forecast; period `history - 1` ended
//! the evening before.

use crate::domain::units::{Days, Periods};
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// The length of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// One calendar day.
    #[default]
    Day,
    /// Seven days.
    Week,
    /// One calendar month, starting on the as-of date's day of the month.
    Month,
}

impl Bucket {
    /// What one period is called in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Mean length in days: 1, 7 or 30.4375.
    #[must_use]
    pub fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            // Leap years included: over four years the months add up to the days.
            Self::Month => 365.25 / 12.0,
        }
    }

    /// Periods in the season that dominates retail demand at this bucket: 7 days, 52 weeks, 12
    /// months.
    #[must_use]
    pub fn season_length(self) -> usize {
        match self {
            Self::Day => 7,
            // A year of weeks; the day or two that it falls short are caught up by seasons that are
            // learnt in parts of the calendar year.
            Self::Week => 52,
            Self::Month => 12,
        }
    }

    /// `days` in whole periods of this bucket, rounded up, one at least.
    #[must_use]
    pub fn whole_periods(self, days: f64) -> usize {
        (days / self.days()).ceil().max(1.0) as usize
    }

    /// `days` in periods of this bucket.
    #[must_use]
    pub fn periods(self, days: Days) -> Periods {
        Periods(days.0 / self.days())
    }
}

/// The time axis of a panel: `history` periods that end with the as-of date, then the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    bucket: Bucket,
    as_of: NaiveDate,
    history: usize,
}

impl Calendar {
    /// The axis that reaches back from `as_of` to the period that holds `first` (at least one
    /// period).
    #[must_use]
    pub fn new(bucket: Bucket, as_of: NaiveDate, first: NaiveDate) -> Self {
        let mut calendar = Self { bucket, as_of, history: 0 };
        let back = calendar.index(first);
        calendar.history = usize::try_from(-back).unwrap_or(0).max(1);
        calendar
    }

    /// Period length.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// The morning of the run: the first day that is not history.
    #[must_use]
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// Number of periods of history; also the index of the first period to forecast.
    #[must_use]
    pub fn history(&self) -> usize {
        self.history
    }

    /// Index of the period that holds `date`: negative before the axis begins, `>= history()` in
    /// the future.
    #[must_use]
    pub fn index(&self, date: NaiveDate) -> i64 {
        let days = (date - self.as_of).num_days();
        let from_as_of = match self.bucket {
            Bucket::Day => days,
            // Towards minus infinity: the week before the as-of date is -1, not 0.
            Bucket::Week => days.div_euclid(7),
            Bucket::Month => {
                let months = i64::from(date.year() - self.as_of.year()) * 12
                    + i64::from(date.month())
                    - i64::from(self.as_of.month());
                // Months run from the as-of date's day: what lies before that day belongs to the
                // month before.
                if self.month_start(months) > date { months - 1 } else { months }
            }
        };
        from_as_of + self.history as i64
    }

    /// First day of period `index`.
    #[must_use]
    pub fn start(&self, index: i64) -> NaiveDate {
        let from_as_of = index - self.history as i64;
        match self.bucket {
            Bucket::Day => self.as_of + chrono::Duration::days(from_as_of),
            Bucket::Week => self.as_of + chrono::Duration::days(7 * from_as_of),
            Bucket::Month => self.month_start(from_as_of),
        }
    }

    fn month_start(&self, months: i64) -> NaiveDate {
        let step = Months::new(u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
        let moved = if months < 0 {
            self.as_of.checked_sub_months(step)
        } else {
            self.as_of.checked_add_months(step)
        };
        // Beyond the calendar's own range any order of dates will do, as long as it is kept.
        moved.unwrap_or(if months < 0 { NaiveDate::MIN } else { NaiveDate::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn every_bucket_of_history_is_complete_and_the_first_forecast_period_starts_at_as_of() {
        for bucket in [Bucket::Day, Bucket::Week, Bucket::Month] {
            let calendar = Calendar::new(bucket, date("2024-03-31"), date("2023-02-10"));
            let n = calendar.history() as i64;
            assert_eq!(calendar.start(n), date("2024-03-31"));
            assert_eq!(calendar.index(date("2024-03-30")), n - 1);
            assert_eq!(calendar.index(date("2023-02-10")), 0);
            for i in 0..n {
                assert_eq!(calendar.index(calendar.start(i)), i, "{bucket:?} {i}");
            }
        }
    }
}
