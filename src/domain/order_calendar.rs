//! When an order can be placed, and when it arrives: order weekdays and closures of a supplier.
//!
//! A supplier takes orders on its weekdays, never while closed. Lead time runs in calendar days
//! from the day an order is placed.

use crate::domain::inputs::Supplier;
use crate::domain::lanes::Lane;
use chrono::{Datelike, Days, NaiveDate};

/// Days to look ahead for an order day before the supplier counts as closed for good.
const LOOK_AHEAD: u64 = 800;
/// The longest lead time walked day by day, calendar days.
const LONGEST: f64 = 3650.0;

/// Order days of one supplier.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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

    /// The calendar of a lane: it departs where a supplier would take orders.
    #[must_use]
    pub fn of_lane(lane: &'a Lane) -> Self {
        Self { weekdays: &lane.weekdays, closures: &lane.closures }
    }

    /// Mean days from one order day to the next, closures apart.
    #[must_use]
    pub fn mean_gap_days(&self) -> f64 {
        if self.weekdays.is_empty() { 1.0 } else { 7.0 / self.weekdays.len() as f64 }
    }

    /// Mean days from one order day to the next, longer by what a closure takes between the next
    /// order day on or after `day` and the one after it.
    ///
    /// ```
    /// use orderpoint::domain::inputs::Supplier;
    /// use orderpoint::domain::order_calendar::OrderCalendar;
    ///
    /// let day = |text: &str| text.parse().unwrap();
    /// // Mondays, but not the next one.
    /// let closures = vec![(day("2026-02-09"), day("2026-02-09"))];
    /// let supplier = Supplier { order_weekdays: vec![0], closures, ..Supplier::default() };
    /// let calendar = OrderCalendar::of(&supplier);
    /// assert_eq!(calendar.gap_days(day("2026-02-02")), 14.0);
    /// assert_eq!(calendar.gap_days(day("2026-02-10")), 7.0);
    /// ```
    #[must_use]
    pub fn gap_days(&self, day: NaiveDate) -> f64 {
        let mean = self.mean_gap_days();
        let open = Self { closures: &[], ..*self };
        let next = self.next_order_day(day).and_then(|day| day.succ_opt());
        let Some(from) = next.filter(|_| !self.closures.is_empty()) else { return mean };
        match (self.next_order_day(from), open.next_order_day(from)) {
            (Some(after), Some(usual)) => mean + (after - usual).num_days() as f64,
            (None, _) | (_, None) => mean,
        }
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
    ///
    /// A closure stops the taking of orders. What was ordered before is on its way: nobody who
    /// orders on the last day before four closed weeks waits for the end of them.
    #[must_use]
    pub fn arrival(&self, order_date: NaiveDate, lead_days: f64) -> NaiveDate {
        let lead = lead_days.clamp(0.0, LONGEST).ceil() as u64;
        order_date.checked_add_days(Days::new(lead)).unwrap_or(NaiveDate::MAX)
    }

    /// The next two chances to order on or after `as_of`, a review of `review_days` apart, for
    /// goods that take `lead_days`; without an order day ahead, as if every day were one.
    ///
    /// ```
    /// use orderpoint::domain::inputs::Supplier;
    /// use orderpoint::domain::order_calendar::OrderCalendar;
    ///
    /// let day = |text: &str| text.parse().unwrap();
    /// let closures = vec![(day("2026-02-03"), day("2026-03-02"))];
    /// let supplier = Supplier { closures, ..Supplier::default() };
    /// // What is not ordered on the last day before the closure is ordered on 3 March.
    /// let chances = OrderCalendar::of(&supplier).opportunities(day("2026-02-02"), 10.0, 7.0);
    /// assert_eq!((chances.next.arrival, chances.after.arrival), (10.0, 39.0));
    /// ```
    #[must_use]
    pub fn opportunities(
        &self,
        as_of: NaiveDate,
        lead_days: f64,
        review_days: f64,
    ) -> Opportunities {
        let on = |order: f64| Opportunity { order, arrival: order + lead_days };
        let every_day = Opportunities { next: on(0.0), after: on(review_days) };
        if self.weekdays.is_empty() && self.closures.is_empty() {
            return every_day;
        }
        let Some(next) = self.next_order_day(as_of) else { return every_day };
        let review = Days::new(review_days.clamp(1.0, LONGEST).ceil() as u64);
        let reviewed = next.checked_add_days(review).unwrap_or(NaiveDate::MAX);
        let after = self.next_order_day(reviewed).unwrap_or(reviewed);
        let days_to = |day: NaiveDate| (day - as_of).num_days() as f64;
        Opportunities { next: on(days_to(next)), after: on(days_to(after)) }
    }

    /// The last day from `as_of` on which an order still arrives by `wanted`; where none does, the
    /// next order day, which helps soonest. `None` when the supplier takes no orders any more.
    #[must_use]
    pub fn order_by(
        &self,
        as_of: NaiveDate,
        wanted: NaiveDate,
        lead_days: f64,
    ) -> Option<NaiveDate> {
        let lead = Days::new(lead_days.clamp(0.0, LONGEST).ceil() as u64);
        let in_time = wanted.checked_sub_days(lead).and_then(|day| self.last_order_day(day));
        in_time.filter(|&day| day >= as_of).or_else(|| self.next_order_day(as_of))
    }
}

/// A day on which an order can be placed, and when it arrives: calendar days from the as-of date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opportunity {
    /// When it is placed.
    pub order: f64,
    /// When it is there.
    pub arrival: f64,
}

/// The next chance to order, and the one after the review that follows: what is ordered at the one
/// must last until the other arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opportunities {
    /// Today, or the next order day.
    pub next: Opportunity,
    /// The first order day a review later.
    pub after: Opportunity,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn f10_orders_wait_for_the_order_day_and_the_end_of_a_closure() {
        let supplier = Supplier {
            order_weekdays: vec![1, 3],
            closures: vec![(date("2024-04-02"), date("2024-04-08"))],
            ..Supplier::default()
        };
        let calendar = OrderCalendar::of(&supplier);
        // 1 April 2024 is a Monday; Tuesday and Thursday are closed until the 8th.
        assert_eq!(calendar.next_order_day(date("2024-04-01")), Some(date("2024-04-09")));
        assert_eq!(calendar.last_order_day(date("2024-04-08")), Some(date("2024-03-28")));
        assert_eq!(calendar.arrival(date("2024-03-28"), 7.0), date("2024-04-04"));
        assert_eq!(calendar.arrival(date("2024-04-09"), 6.2), date("2024-04-16"));
        // On Friday: the next order day is after the closure, and the one a week after that.
        let chances = calendar.opportunities(date("2024-03-29"), 7.0, 7.0);
        assert_eq!((chances.next.order, chances.after.order), (11.0, 18.0));
    }

    #[test]
    fn d11_order_by_is_an_order_day_that_still_helps() {
        let supplier = Supplier { order_weekdays: vec![0], ..Supplier::default() };
        let calendar = OrderCalendar::of(&supplier);
        let by = |wanted| calendar.order_by(date("2024-04-02"), date(wanted), 5.0);
        // Wanted on Friday 19 April: Monday the 8th, not the Sunday before the 15th plus five.
        assert_eq!(by("2024-04-19"), Some(date("2024-04-08")));
        assert_eq!(by("2024-04-20"), Some(date("2024-04-15")));
        // Too late for the 3rd: the next Monday is the soonest that helps.
        assert_eq!(by("2024-04-03"), Some(date("2024-04-08")));
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
