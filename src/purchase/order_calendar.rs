//! When an order can be placed, and when it arrives: order weekdays and closures of a supplier.
//!
//! A supplier takes orders on its weekdays, never while closed. Lead time runs in calendar days,
//! and stands still while the supplier is closed: four days of lead time over a one-week closure
//! arrive after eleven.

use crate::domain::inputs::Supplier;
use chrono::{Datelike, Days, NaiveDate};

/// Days to look ahead for an order day before the supplier counts as closed for good.
const LOOK_AHEAD: u64 = 800;
/// The longest lead time walked day by day, calendar days.
const LONGEST: f64 = 3650.0;

/// Order days of one supplier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderCalendar<'a> {
    weekdays: &'a [u8],
    closures: &'a [(NaiveDate, NaiveDate)],
}

impl<'a> OrderCalendar<'a> {
    /// The calendar of `supplier`; weekdays above 6 count for nothing.
    #[must_use]
    pub fn of(supplier: &'a Supplier) -> Self {
        Self { weekdays: &supplier.order_weekdays, closures: &supplier.closures }
    }

    /// Whether the supplier is closed on `day`.
    #[must_use]
    pub fn is_closed(&self, day: NaiveDate) -> bool {
        self.closures.iter().any(|&(first, last)| (first..=last).contains(&day))
    }

    /// Whether an order can be placed on `day`.
    #[must_use]
    pub fn takes_orders(&self, day: NaiveDate) -> bool {
        let weekday = day.weekday().num_days_from_monday();
        let open =
            self.weekdays.is_empty() || self.weekdays.iter().any(|&w| u32::from(w) == weekday);
        open && !self.is_closed(day)
    }

    /// First order day on or after `day`; `None` if there is none within two years.
    #[must_use]
    pub fn next_order_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        (0..LOOK_AHEAD)
            .filter_map(|n| day.checked_add_days(Days::new(n)))
            .find(|&d| self.takes_orders(d))
    }

    /// Last order day on or before `day`; `None` if there is none within two years.
    #[must_use]
    pub fn last_order_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        (0..LOOK_AHEAD)
            .filter_map(|n| day.checked_sub_days(Days::new(n)))
            .find(|&d| self.takes_orders(d))
    }

    /// Arrival of an order placed on `order_date` with `lead_days` of lead time, rounded up to
    /// whole days.
    #[must_use]
    pub fn arrival(&self, order_date: NaiveDate, lead_days: f64) -> NaiveDate {
        let lead = lead_days.clamp(0.0, LONGEST).ceil() as u64;
        if self.closures.is_empty() {
            return order_date.checked_add_days(Days::new(lead)).unwrap_or(NaiveDate::MAX);
        }
        let mut left = lead;
        let mut day = order_date;
        // A supplier that never opens again must not hang the run.
        for _ in 0..lead + 2 * LOOK_AHEAD {
            if left == 0 {
                break;
            }
            day = day.succ_opt().unwrap_or(NaiveDate::MAX);
            if !self.is_closed(day) {
                left -= 1;
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn f10_orders_wait_for_the_order_day_and_lead_time_stands_still_in_a_closure() {
        let supplier = Supplier {
            order_weekdays: vec![1, 3],
            closures: vec![(date("2024-04-02"), date("2024-04-08"))],
            ..Supplier::default()
        };
        let calendar = OrderCalendar::of(&supplier);
        // 1 April 2024 is a Monday; Tuesday and Thursday are closed until the 8th.
        assert_eq!(calendar.next_order_day(date("2024-04-01")), Some(date("2024-04-09")));
        assert_eq!(calendar.last_order_day(date("2024-04-08")), Some(date("2024-03-28")));
        assert_eq!(calendar.arrival(date("2024-03-28"), 7.0), date("2024-04-11"));
        assert_eq!(calendar.arrival(date("2024-04-09"), 6.2), date("2024-04-16"));
    }

    #[test]
    fn a_supplier_closed_for_good_takes_no_orders() {
        let closures = vec![(date("2020-01-01"), date("2099-12-31"))];
        let supplier = Supplier { closures, ..Supplier::default() };
        let calendar = OrderCalendar::of(&supplier);
        assert_eq!(calendar.next_order_day(date("2024-04-01")), None);
        assert!(calendar.arrival(date("2024-04-01"), 1e18) > date("2024-04-01"));
    }
}
