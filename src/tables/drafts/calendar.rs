//! `orders/order-by.ics`: the days to order by, for a calendar program (RFC 5545).
//!
//! One event a day, supplier and ship-to, with the items that wait for it; whole days, so that no
//! time zone moves them. The same run gives the same bytes, and an event keeps its name from night
//! to night while its day stays, so that a calendar that reads the file again makes no second one.

use crate::domain::digest::sha256_hex;
use crate::domain::outcome::{Recommendation, Status};
use crate::domain::units::{LocationId, SupplierId};
use crate::tables::table::Results;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Items named in an event: more than a screen is not read.
const NAMED: usize = 20;
/// Longest line of the format, bytes.
const LONGEST_LINE: usize = 75;
/// Digits of the digest in an event's name.
const DIGITS: usize = 16;

/// The calendar of a run.
pub(super) fn order_by(Results { inputs, outcome, .. }: Results<'_>) -> String {
    let as_of = inputs.panel.calendar().as_of();
    let mut events: BTreeMap<(NaiveDate, SupplierId, LocationId), Vec<&Recommendation>> =
        BTreeMap::new();
    for line in outcome.recommendations.iter().filter(|line| waits(line, as_of)) {
        if let (Some(day), Some(supplier)) = (line.order_by, line.supplier) {
            // What should have been ordered by a day that has passed is due on the next order day.
            let due = if day < as_of { line.order_date.unwrap_or(as_of) } else { day };
            events.entry((due, supplier, line.location)).or_default().push(line);
        }
    }
    let mut text = String::new();
    line(&mut text, "BEGIN:VCALENDAR");
    line(&mut text, "VERSION:2.0");
    line(&mut text, "PRODID:-//Orderpoint//order-by//EN");
    line(&mut text, "CALSCALE:GREGORIAN");
    for ((day, supplier, location), lines) in events {
        let (supplier, ship_to) =
            (inputs.names.supplier(supplier), inputs.names.location(location));
        // Without the run: the same day to order by is the same event tomorrow.
        let key = format!("{day}\n{supplier}\n{ship_to}");
        let mut skus: Vec<String> = Vec::new();
        for line in lines.iter().take(NAMED) {
            let sku = inputs.names.sku(line.sku);
            let quantity = line.quantity;
            skus.push(if quantity.is_positive() {
                format!("{sku} x {quantity}")
            } else {
                sku.into()
            });
        }
        if lines.len() > NAMED {
            skus.push(format!("and {} more", lines.len() - NAMED));
        }
        let items = match lines.len() {
            1 => "1 item".to_owned(),
            more => format!("{more} items"),
        };
        line(&mut text, "BEGIN:VEVENT");
        line(&mut text, &format!("UID:{}@orderpoint", &sha256_hex(key.as_bytes())[..DIGITS]));
        line(&mut text, &format!("DTSTAMP:{}T000000Z", as_of.format("%Y%m%d")));
        line(&mut text, &format!("DTSTART;VALUE=DATE:{}", day.format("%Y%m%d")));
        // An event of whole days ends on the day after its last (RFC 5545, 3.6.1).
        let next = day.succ_opt().unwrap_or(day);
        line(&mut text, &format!("DTEND;VALUE=DATE:{}", next.format("%Y%m%d")));
        let summary = format!("Order from {supplier} for {ship_to} ({items})");
        line(&mut text, &format!("SUMMARY:{}", escaped(&summary)));
        line(&mut text, &format!("DESCRIPTION:{}", escaped(&skus.join("\n"))));
        line(&mut text, "TRANSP:TRANSPARENT");
        line(&mut text, "END:VEVENT");
    }
    line(&mut text, "END:VCALENDAR");
    text
}

/// Whether an order is still to come: it is proposed, or its day is. What was rejected or put off
/// reminds nobody, nor does what is on order already and has no later day.
fn waits(line: &Recommendation, as_of: NaiveDate) -> bool {
    let is_held = line.status == Status::Held;
    let is_ahead = line.order_by.is_some_and(|day| day > as_of);
    line.quantity.is_positive() || is_ahead && !is_held
}

/// Text as the format wants it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// One line, folded where it is too long: what goes on begins with a blank.
fn line(text: &mut String, content: &str) {
    let mut length = 0;
    for c in content.chars() {
        if length + c.len_utf8() > LONGEST_LINE {
            text.push_str("\r\n ");
            // The space that a folded line begins with counts as well.
            length = 1;
        }
        let _ = write!(text, "{c}");
        length += c.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_text_is_escaped() {
        let mut text = String::new();
        line(&mut text, &format!("SUMMARY:{}", escaped(&"Müller; Söhne, \n".repeat(9))));
        assert!(text.ends_with("\r\n") && text.contains("Müller\\; Söhne\\, \\n"), "{text}");
        assert!(text.lines().all(|line| line.trim_end_matches('\r').len() <= LONGEST_LINE));
        let unfolded = text.replace("\r\n ", "");
        assert_eq!(unfolded.lines().count(), 1, "a folded line goes on");
    }
}
