//! Days: dates and moments in the forms that files have them, as business days within the accepted
//! range.

use crate::ingest::cells::values::{NO_DAY, is_nothing};
use crate::ingest::settings::{NaiveTimes, Settings};
use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Weekday,
};
use chrono_tz::Tz;
use std::ops::Range;

/// The clock that the shop's days go by.
#[derive(Debug, Clone, Copy)]
enum Clock {
    /// Whatever clock a time was written by.
    AsWritten,
    /// So many seconds east of Greenwich all year.
    Fixed(i64),
    /// With its summer times.
    Zone(Tz),
}

/// Reads days and moments as business days.
#[derive(Debug, Clone)]
pub(crate) struct DayReader {
    formats: Vec<String>,
    first: i32,
    last: i32,
    cutoff_seconds: i64,
    clock: Clock,
    /// Seconds east of Greenwich of a time that names no zone; `None` = it is the shop's own.
    naive_zone: Option<i32>,
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
            clock: match (settings.data.zone(), settings.data.utc_offset_hours) {
                (Some(zone), _) => Clock::Zone(zone),
                (None, Some(hours)) => Clock::Fixed(offset(hours)),
                (None, None) => Clock::AsWritten,
            },
            naive_zone: match settings.data.naive_times_are {
                NaiveTimes::Local => None,
                NaiveTimes::Utc => Some(0),
            },
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
        let moment = parse_day(text, &self.formats).or_else(|| serial(text)).ok_or_else(|| {
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
        let written = i64::from(moment.day) * 86_400 + i64::from(seconds);
        let shift = match moment.zone.or(self.naive_zone) {
            None => 0,
            Some(zone) => {
                let zone = i64::from(zone);
                match self.clock {
                    Clock::AsWritten => 0,
                    Clock::Fixed(offset) => offset - zone,
                    Clock::Zone(tz) => offset_at(tz, written - zone) - zone,
                }
            }
        };
        let local = written + shift - self.cutoff_seconds;
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

/// Seconds east of Greenwich that the clocks of `zone` show at `utc` seconds after 1970.
fn offset_at(zone: Tz, utc: i64) -> i64 {
    let Some(moment) = DateTime::from_timestamp(utc, 0) else { return 0 };
    i64::from(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc())
}

/// One of `formats`, or a form that can mean one day only: `YYYY-MM-DD` (also `/`, or `YYYYMMDD`, or
/// a month `YYYY-MM`), a week `YYYY-Www`, `DD.MM.YYYY`, a month by its name, seconds since 1970;
/// with an optional time and zone.
pub(crate) fn parse_day(text: &str, formats: &[String]) -> Option<Moment> {
    let configured = formats.iter().find_map(|f| parse_format(text, f));
    configured.or_else(|| parse_iso(text)).or_else(|| parse_other(text))
}

fn parse_other(text: &str) -> Option<Moment> {
    parse_week(text)
        .or_else(|| parse_dotted(text))
        .or_else(|| parse_epoch(text))
        .or_else(|| parse_month_name(text))
}

/// The day of a date that a spreadsheet has left as its number: days since 30 December 1899, here of
/// the years 1954 to 2119, in which no other date has five digits.
fn serial(text: &str) -> Option<Moment> {
    /// The number of 1970-01-01.
    const EPOCH: i32 = 25_569;
    let (days, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if days.len() != 5 || !plain(days) || !plain(fraction) || fraction.is_empty() {
        return None;
    }
    let days: i32 = days.parse().ok().filter(|days| (20_000..80_000).contains(days))?;
    let share: f64 = format!("0.{fraction}").parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
    let seconds = (share * 86_400.0).round() as i32;
    let seconds = (seconds > 0 && seconds < 86_400).then_some(seconds);
    Some(Moment { day: days - EPOCH, seconds, zone: None })
}

fn parse_iso(text: &str) -> Option<Moment> {
    let b = text.as_bytes();
    let digits = |range: Range<usize>| -> Option<u32> {
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

/// `2026-W09`, its Monday, or `2026-W09-3`.
fn parse_week(text: &str) -> Option<Moment> {
    let upper = text.to_ascii_uppercase();
    let (year, week) = upper.split_once('W')?;
    let year: i32 = year.strip_suffix('-').unwrap_or(year).parse().ok()?;
    let (week, weekday) = match week.split_once('-') {
        Some((week, weekday)) => (week, weekday.parse::<u8>().ok()?.checked_sub(1)?),
        None => (week, 0),
    };
    let weekday = Weekday::try_from(weekday).ok()?;
    let date = NaiveDate::from_isoywd_opt(year, week.parse().ok()?, weekday)?;
    Some(Moment { day: day_number(date), seconds: None, zone: None })
}

/// `3.2.2026`: where dates are written with points the day comes first.
fn parse_dotted(text: &str) -> Option<Moment> {
    let (date, rest) = match text.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = date.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = day.len() <= 2 && month.len() <= 2 && parts.next().is_none();
    if !fits {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(full_year(year)?, month.parse().ok()?, day.parse().ok()?)?;
    with_time(day_number(date), rest)
}

/// Seconds or milliseconds since 1970, from 2001 to 2033: other numbers of so many digits are none.
fn parse_epoch(text: &str) -> Option<Moment> {
    let seconds: i64 = match text.len() {
        10 if text.starts_with('1') => text.parse().ok()?,
        13 if text.starts_with('1') => text.parse::<i64>().ok()? / 1000,
        _ => return None,
    };
    Some(Moment {
        day: i32::try_from(seconds.div_euclid(86_400)).ok()?,
        seconds: i32::try_from(seconds.rem_euclid(86_400)).ok(),
        zone: Some(0),
    })
}

/// The first letters of each month's name in English, German, Dutch, French, Spanish, Portuguese
/// and Italian.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "jän"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mrt", "maa"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mei", "mag", "maj"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// `Feb-03-26`, `3 Feb 2026`, `Tue, February 3, 2026 7:08 PM`, `Feb 2026`: a month by its name
/// leaves no doubt which number is the day.
fn parse_month_name(text: &str) -> Option<Moment> {
    let mut month = None;
    let mut numbers: Vec<&str> = Vec::new();
    let mut rest = text;
    while month.is_none() || numbers.len() < 2 {
        let from = rest.trim_start_matches([' ', ',', '-', '/', '.', '\u{a0}']);
        let end = from.find(|c: char| !c.is_alphanumeric()).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        if word.is_empty() || after.starts_with(':') {
            break;
        }
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end));
        let digits = digits.unwrap_or(word);
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            numbers.push(digits);
        } else if let Some(named) = month_of(word).filter(|_| month.is_none()) {
            month = Some(named);
        } else if !is_weekday(word) {
            return None;
        }
        rest = after;
    }
    let (day, year) = match numbers.as_slice() {
        [year] if year.len() == 4 => ("1", *year),
        [year, day] if year.len() == 4 => (*day, *year),
        [day, year] if day.len() <= 2 => (*day, *year),
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(full_year(year)?, month?, day.parse().ok()?)?;
    with_time(day_number(date), rest)
}

fn month_of(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    let named = |names: &&[&str]| names.iter().any(|name| word.starts_with(name));
    let at = MONTHS.iter().position(named)?;
    u32::try_from(at + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    let word = word.to_lowercase();
    word.parse::<Weekday>().is_ok() || matches!(word.as_str(), "of" | "de" | "del" | "thurs")
}

/// A year of four digits, or of this century with two.
fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

/// A day with the time that follows it, if any does.
fn with_time(day: i32, rest: &str) -> Option<Moment> {
    let rest = rest.trim_start_matches([',', ' ']).trim_end();
    let rest = rest.strip_prefix("at ").unwrap_or(rest);
    if rest.is_empty() {
        return Some(Moment { day, seconds: None, zone: None });
    }
    parse_time(day, &format!(" {rest}"))
}

/// `T08:26`, ` 08:26:00`, ` 08:26:00.000`, ` 7:08 PM`, each with `Z`, ` UTC`, `+01:00`, ` -0500` or
/// ` PST`.
fn parse_time(day: i32, rest: &str) -> Option<Moment> {
    let clock = rest.strip_prefix(['T', ' '])?.trim_start();
    let end =
        clock.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(clock.len());
    let (time, rest) = clock.split_at(end);
    let time =
        ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|f| NaiveTime::parse_from_str(time, f).ok())?;
    let rest = rest.trim();
    let half = rest.get(..2).map(str::to_ascii_lowercase);
    let (hours, zone) = match half.as_deref() {
        Some("am") if time.hour() <= 12 => (time.hour() % 12, rest[2..].trim()),
        Some("pm") if time.hour() <= 12 => (time.hour() % 12 + 12, rest[2..].trim()),
        Some(_) | None => (time.hour(), rest),
    };
    let seconds = i32::try_from(hours * 3600 + time.minute() * 60 + time.second()).ok()?;
    let zone = match zone {
        "" => None,
        named => Some(parse_zone(named)?),
    };
    Some(Moment { day, seconds: Some(seconds), zone })
}

/// Zones by the names that exports write, in hours east of Greenwich.
const ZONES: &[(&str, i32)] = &[
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 1),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("MEZ", 1),
    ("MESZ", 2),
    ("EET", 2),
    ("EEST", 3),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("JST", 9),
    ("AEST", 10),
    ("AEDT", 11),
];

/// Seconds east of Greenwich of `PST`, `+01:00`, `-0500` or `UTC+1`.
fn parse_zone(text: &str) -> Option<i32> {
    if let Some(&(_, hours)) = ZONES.iter().find(|&&(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(hours * 3600);
    }
    let text = ["UTC", "GMT"].iter().find_map(|name| text.strip_prefix(name)).unwrap_or(text);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.strip_prefix(['+', '-'])?.chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) =
        if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn parse_format(text: &str, format: &str) -> Option<Moment> {
    // A zone by its name: the library would pass over it.
    if let Some(format) = format.strip_suffix("%Z") {
        let (moment, zone) = text.rsplit_once(' ')?;
        let zone = Some(parse_zone(zone)?);
        return Some(Moment { zone, ..parse_format(moment, format.trim_end())? });
    }
    let zoned = ["%z", "%:z", "%#z", "%+"].iter().any(|part| format.contains(part));
    if zoned {
        let moment = DateTime::parse_from_str(text, format).ok()?;
        let zone = Some(moment.offset().local_minus_utc());
        return Some(Moment { zone, ..of_naive(moment.naive_local()) });
    }
    if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
        let zone = format.contains("%s").then_some(0);
        return Some(Moment { zone, ..of_naive(moment) });
    }
    let date = if format.contains("%d") || format.contains("%e") || format.contains("%j") {
        NaiveDate::parse_from_str(text, format)
    } else {
        NaiveDate::parse_from_str(&format!("1 {text}"), &format!("%d {format}"))
    };
    date.ok().map(|d| Moment { day: day_number(d), seconds: None, zone: None })
}

fn of_naive(moment: NaiveDateTime) -> Moment {
    let seconds = i32::try_from((moment.time() - NaiveTime::MIN).num_seconds()).ok();
    Moment { day: day_number(moment.date()), seconds, zone: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_of(text: &str, formats: &[&str], data: &str) -> Option<String> {
        let settings: Settings = toml::from_str(&format!("[data]\n{data}")).unwrap();
        let formats = formats.iter().map(|&format| format.to_owned()).collect();
        let day = DayReader::new(&settings, formats).day(text).ok()?;
        Some(date_of(day).to_string())
    }

    #[test]
    fn m8_forms_that_can_mean_one_day_only_need_no_format() {
        for text in [
            "2026-02-03",
            "2026/02/03",
            "20260203",
            "03.02.2026",
            "3.2.26 19:08",
            "Feb-03-26",
            "Feb 3, 2026",
            "3 Feb 2026 7:08:25 PM PST",
            "Tuesday, February 3rd, 2026",
            "03-Feb-2026",
            "3. Februar 2026",
            "3 février 2026",
            "2026-Feb-03",
            "2026-02-03 07:08 pm",
            "2026-02-03T23:30:00Z",
            "2026-W06-2",
            "1770100000",
            "1770100000000",
        ] {
            assert_eq!(day_of(text, &[], "").as_deref(), Some("2026-02-03"), "{text}");
        }
        assert_eq!(day_of("2026-W06", &[], "").as_deref(), Some("2026-02-02"));
        assert_eq!(day_of("Feb 2026", &[], "").as_deref(), Some("2026-02-01"));
        for text in ["03/02/2026", "02-03-2026", "soon", "13.13.2026", "2026-W60"] {
            assert_eq!(day_of(text, &[], ""), None, "{text}");
        }
    }

    #[test]
    fn m8_an_instant_falls_on_the_shop_s_own_day_summer_and_winter() {
        let berlin = "time_zone = \"Europe/Berlin\"";
        for (text, day) in [
            ("2026-01-31T23:30:00Z", "2026-02-01"),
            ("2026-01-31T22:30:00Z", "2026-01-31"),
            ("2026-07-01T22:30:00Z", "2026-07-02"),
            ("2026-07-03T21:30:00Z", "2026-07-03"),
            ("2026-03-29T00:30:00Z", "2026-03-29"),
            ("2026-02-03 18:30:00 -0500", "2026-02-04"),
            ("2026-02-03 23:30:00", "2026-02-03"),
        ] {
            assert_eq!(day_of(text, &[], berlin).as_deref(), Some(day), "{text}");
        }
        let utc = format!("{berlin}\nnaive_times_are = \"utc\"");
        assert_eq!(day_of("2026-02-03 23:30:00", &[], &utc).as_deref(), Some("2026-02-04"));
        assert_eq!(day_of("2026-02-03", &[], &utc).as_deref(), Some("2026-02-03"));
        let format = "%d/%m/%Y %H:%M:%S %z";
        let fixed = "utc_offset_hours = 1.0";
        let text = "03/02/2026 23:30:00 +0000";
        assert_eq!(day_of(text, &[format], fixed).as_deref(), Some("2026-02-04"));
        let named = "%d/%m/%Y %H:%M:%S %Z";
        let text = "03/02/2026 15:30:00 PST";
        assert_eq!(day_of(text, &[named], fixed).as_deref(), Some("2026-02-04"));
    }
}
