//! Days: dates and moments in the forms that files have them, as business days within the accepted
//! range.

use crate::ingest::cells::values::{NO_DAY, is_nothing};
use crate::ingest::settings::Settings;
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

/// Reads days and moments as business days.
#[derive(Debug, Clone)]
pub(crate) struct DayReader {
    formats: Vec<String>,
    first: i32,
    last: i32,
    cutoff_seconds: i64,
    offset_seconds: Option<i64>,
    cache: (String, i32),
}

impl DayReader {
    /// A reader that tries `formats` before the ISO forms.
    pub(crate) fn new(settings: &Settings, formats: Vec<String>) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "an offset of at most 14 hours")]
        let offset = |hours: f64| (hours * 3600.0) as i64;
        Self {
            formats,
            first: day_number(settings.data.first_date),
            last: day_number(settings.data.last_date),
            cutoff_seconds: i64::from(settings.data.cutoff_hour) * 3600,
            offset_seconds: settings.data.utc_offset_hours.map(offset),
            cache: (String::new(), NO_DAY),
        }
    }

    /// The business day of `text`, [`NO_DAY`] when it is empty.
    pub(crate) fn day(&mut self, text: &str) -> Result<i32, String> {
        if is_nothing(text) {
            return Ok(NO_DAY);
        }
        if text == self.cache.0 {
            return Ok(self.cache.1);
        }
        let moment = parse_day(text, &self.formats).ok_or_else(|| {
            "not a date; expected YYYY-MM-DD, or set [csv] date_formats, e.g. [\"%d/%m/%Y\"]"
                .to_owned()
        })?;
        let day = self.check(self.business_day(moment))?;
        self.cache.0.clear();
        self.cache.0.push_str(text);
        self.cache.1 = day;
        Ok(day)
    }

    /// The business day of a moment: moved to the configured zone, then before or after the
    /// cut-off.
    pub(crate) fn business_day(&self, moment: Moment) -> i32 {
        let Some(seconds) = moment.seconds else { return moment.day };
        let shift = moment
            .zone
            .zip(self.offset_seconds)
            .map_or(0, |(zone, offset)| offset - i64::from(zone));
        let local =
            i64::from(moment.day) * 86_400 + i64::from(seconds) + shift - self.cutoff_seconds;
        i32::try_from(local.div_euclid(86_400)).unwrap_or(NO_DAY)
    }

    /// `day` if it is within the accepted range.
    pub(crate) fn check(&self, day: i32) -> Result<i32, String> {
        if (self.first..=self.last).contains(&day) {
            return Ok(day);
        }
        Err(format!(
            "outside {} to {} ([data] first_date, last_date)",
            date_of(self.first),
            date_of(self.last)
        ))
    }
}

/// A day, with the time and zone it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Days since 1970-01-01, as written.
    pub(crate) day: i32,
    /// Seconds since midnight; `None` for a bare date.
    pub(crate) seconds: Option<i32>,
    /// Seconds east of Greenwich, where written.
    pub(crate) zone: Option<i32>,
}

/// Days from 1970-01-01 to `date`.
pub(crate) fn day_number(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - 719_163
}

/// The date `day` days after 1970-01-01.
pub(crate) fn date_of(day: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day.saturating_add(719_163)).unwrap_or_default()
}

/// `YYYY-MM-DD` (also `/`, or `YYYYMMDD`, or a month `YYYY-MM`) with an optional time and zone, or
/// one of `formats`.
pub(crate) fn parse_day(text: &str, formats: &[String]) -> Option<Moment> {
    formats.iter().find_map(|f| parse_format(text, f)).or_else(|| parse_iso(text))
}

fn parse_iso(text: &str) -> Option<Moment> {
    let b = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        b.get(range)?
            .iter()
            .try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
    };
    let year = i32::try_from(digits(0..4)?).ok()?;
    let separated = matches!(b.get(4), Some(b'-' | b'/'));
    let (month, day, rest) = match b.len() {
        7 if separated => (digits(5..7)?, 1, ""),
        8 if !separated => (digits(4..6)?, digits(6..8)?, ""),
        n if n >= 10 && separated && b[7] == b[4] => {
            (digits(5..7)?, digits(8..10)?, text.get(10..)?)
        }
        _ => return None,
    };
    let day = day_number(NaiveDate::from_ymd_opt(year, month, day)?);
    if rest.is_empty() {
        Some(Moment { day, seconds: None, zone: None })
    } else {
        parse_time(day, rest)
    }
}

/// `T08:26`, ` 08:26:00`, ` 08:26:00.000`, each with `Z`, ` UTC`, `+01:00` or ` -0500`.
fn parse_time(day: i32, rest: &str) -> Option<Moment> {
    let clock = rest.strip_prefix(['T', ' '])?.trim_start();
    let end =
        clock.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(clock.len());
    let (time, zone) = clock.split_at(end);
    let time =
        ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|f| NaiveTime::parse_from_str(time, f).ok())?;
    let seconds = i32::try_from((time - NaiveTime::MIN).num_seconds()).ok()?;
    let zone = match zone.trim() {
        "" => None,
        "Z" | "UTC" | "GMT" => Some(0),
        sign_hours => Some(parse_zone(sign_hours)?),
    };
    Some(Moment { day, seconds: Some(seconds), zone })
}

fn parse_zone(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.strip_prefix(['+', '-'])?.chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) =
        if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn parse_format(text: &str, format: &str) -> Option<Moment> {
    if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
        let seconds = i32::try_from((moment.time() - NaiveTime::MIN).num_seconds()).ok();
        return Some(Moment { day: day_number(moment.date()), seconds, zone: None });
    }
    let date = if format.contains("%d") || format.contains("%e") || format.contains("%j") {
        NaiveDate::parse_from_str(text, format)
    } else {
        NaiveDate::parse_from_str(&format!("1 {text}"), &format!("%d {format}"))
    };
    date.ok().map(|d| Moment { day: day_number(d), seconds: None, zone: None })
}
