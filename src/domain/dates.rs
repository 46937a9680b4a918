//! Dates and moments as people and programs write them.
//!
//! Most forms can mean one day only and are read so, whatever the rest of the file does. One
//! cannot: `03/02/2026` is the third of February in most of the world and the second of March in
//! the United States. Those are decided by the other cells of their column ([`DayOrder`]).

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Weekday,
};
use chrono_tz::Tz;
use std::ops::Range;

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
pub(crate) fn offset_at(zone: Tz, utc: i64) -> i64 {
    let Some(moment) = DateTime::from_timestamp(utc, 0) else { return 0 };
    i64::from(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc())
}

/// Which of the first two numbers of `03/02/2026` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayOrder {
    DayFirst,
    MonthFirst,
}

impl DayOrder {
    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::DayFirst => Self::MonthFirst,
            Self::MonthFirst => Self::DayFirst,
        }
    }

    /// The order of `format`, where that is a date between slashes or dashes.
    pub(crate) fn of(format: &str) -> Option<Self> {
        let day = format.find("%d").or_else(|| format.find("%e"))?;
        let (month, year) = (format.find("%m")?, format.find("%Y").or_else(|| format.find("%y"))?);
        let first = day.min(month);
        let sign = format[first..].chars().find(|c| !c.is_ascii_alphanumeric() && *c != '%')?;
        // With points it is the day that stands first, and with the year first the month follows,
        // wherever one is.
        if !matches!(sign, '/' | '-') || year < day || year < month {
            return None;
        }
        Some(if day < month { Self::DayFirst } else { Self::MonthFirst })
    }

    /// What the numbers stand for, for messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::DayFirst => "day/month/year",
            Self::MonthFirst => "month/day/year",
        }
    }
}

/// `03/02/2026` or `3-2-2026`, with an optional time: two numbers of which one is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slashed {
    first: u32,
    second: u32,
    year: i32,
    seconds: Option<i32>,
    zone: Option<i32>,
    /// The sign between the numbers, and whether the year has two digits: what a format needs.
    sign: char,
    has_short_year: bool,
}

impl Slashed {
    /// The numbers of `text`; `None` where it has another form.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let first = number_at_start(text, 2)?;
        // The same sign twice: `3/2-26` is no date.
        let sign = text[first.digits..].chars().next().filter(|c| matches!(c, '/' | '-'))?;
        let rest = &text[first.digits + 1..];
        let second = number_at_start(rest, 2)?;
        let rest = rest[second.digits..].strip_prefix(sign)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let year = full_year(&rest[..end])?;
        let after = with_time(0, &rest[end..])?;
        Some(Self {
            first: first.value,
            second: second.value,
            year,
            seconds: after.seconds,
            zone: after.zone,
            sign,
            has_short_year: end == 2,
        })
    }

    /// The moment that it is where this number is the day; `None` where there is no such date.
    pub(crate) fn moment(&self, order: DayOrder) -> Option<Moment> {
        let (day, month) = match order {
            DayOrder::DayFirst => (self.first, self.second),
            DayOrder::MonthFirst => (self.second, self.first),
        };
        let date = NaiveDate::from_ymd_opt(self.year, month, day)?;
        Some(Moment { day: day_number(date), seconds: self.seconds, zone: self.zone })
    }

    /// The order that it shows: the only one in which there is such a date.
    pub(crate) fn shows(&self) -> Option<DayOrder> {
        // `13/02` can only be read one way; `03/02` says nothing of how a file writes its dates.
        match (self.moment(DayOrder::DayFirst), self.moment(DayOrder::MonthFirst)) {
            (Some(_), None) => Some(DayOrder::DayFirst),
            (None, Some(_)) => Some(DayOrder::MonthFirst),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// The format that reads such dates, for messages.
    pub(crate) fn format(&self, order: DayOrder) -> String {
        let (first, second) = match order {
            DayOrder::DayFirst => ("%d", "%m"),
            DayOrder::MonthFirst => ("%m", "%d"),
        };
        let year = if self.has_short_year { "%y" } else { "%Y" };
        format!("{first}{sign}{second}{sign}{year}", sign = self.sign)
    }
}

/// A number with the number of its digits.
struct Digits {
    value: u32,
    digits: usize,
}

/// The number of at most `most` digits that `text` begins with.
fn number_at_start(text: &str, most: usize) -> Option<Digits> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text.get(..digits).filter(|_| (1..=most).contains(&digits))?.parse().ok()?;
    Some(Digits { value, digits })
}

/// A form that can mean one day only: `YYYY-MM-DD` (also `/` or `.`, or `YYYYMMDD`, or a month
/// `YYYY-MM`), a week `YYYY-Www`, `DD.MM.YYYY`, `MM/YYYY`, a month by its name, seconds since 1970;
/// with an optional time and zone.
pub(crate) fn parse_clear(text: &str) -> Option<Moment> {
    // The commonest form first: millions of cells go through here.
    parse_iso(text)
        .or_else(|| parse_week(text))
        .or_else(|| parse_dotted(text))
        .or_else(|| parse_year_first(text))
        .or_else(|| parse_month_of_year(text))
        .or_else(|| parse_epoch(text))
        .or_else(|| parse_month_name(text))
}

/// The day of a date that a spreadsheet has left as its number: days since 30 December 1899, here
/// of the years 1954 to 2119, in which no other date has five digits.
pub(crate) fn serial(text: &str) -> Option<Moment> {
    /// The number of 1970-01-01.
    const EPOCH: i32 = 25_569;
    let (days, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    // Five digits are the years 1927 to 2173: shorter ones are quantities, longer ones codes.
    if days.len() != 5 || !is_digits(days) || !is_digits(fraction) || fraction.is_empty() {
        return None;
    }
    let days: i32 = days.parse().ok().filter(|days| (20_000..80_000).contains(days))?;
    let share: f64 = format!("0.{fraction}").parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
    let seconds = (share * 86_400.0).round() as i32;
    // Midnight is how a spreadsheet writes a day without a time.
    let seconds = (seconds > 0 && seconds < 86_400).then_some(seconds);
    Some(Moment { day: days - EPOCH, seconds, zone: None })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && is_digits(text)
}

/// The number that these bytes are, all of them digits.
#[inline]
fn digits(text: &[u8], range: Range<usize>) -> Option<u32> {
    let mut number = 0;
    for byte in text.get(range)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(byte - b'0');
    }
    Some(number)
}

pub(crate) fn parse_iso(text: &str) -> Option<Moment> {
    let b = text.as_bytes();
    let year = i32::try_from(digits(b, 0..4)?).ok()?;
    let separated = matches!(b.get(4), Some(b'-' | b'/'));
    let (month, day, rest) = match b.len() {
        // A month is entered on its first day, as reports by month are.
        7 if separated => (digits(b, 5..7)?, 1, ""),
        8 if !separated => (digits(b, 4..6)?, digits(b, 6..8)?, ""),
        n if n >= 10 && separated && b[7] == b[4] => {
            (digits(b, 5..7)?, digits(b, 8..10)?, text.get(10..)?)
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

/// `2026/1/5`, `2026-1-5 9:05`, `2026.01.05`, `2026. 1. 5.` and `2026年1月5日`: where the year comes
/// first the day comes last.
fn parse_year_first(text: &str) -> Option<Moment> {
    let year = text.get(..4).filter(|year| is_digits(year))?;
    let sign = text[4..].chars().next().filter(|c| matches!(c, '/' | '-' | '.' | '年'))?;
    // Chinese and Japanese write year, month and day as words.
    let between = if sign == '年' { '月' } else { sign };
    let rest = text[4 + sign.len_utf8()..].trim_start();
    let month = number_at_start(rest, 2)?;
    let rest = rest[month.digits..].trim_start().strip_prefix(between)?.trim_start();
    let day = number_at_start(rest, 2)?;
    let rest = rest[day.digits..].trim_start();
    // Hungarian and Korean end a date with a point.
    let rest = rest.strip_prefix(['日', '.']).unwrap_or(rest);
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.value, day.value)?;
    with_time(day_number(date), rest)
}

/// `2/2026` and `02-2026`, the month's first day.
fn parse_month_of_year(text: &str) -> Option<Moment> {
    let month = number_at_start(text, 2)?;
    let year = text[month.digits..].strip_prefix(['/', '-', '.'])?;
    // `02/26` may be a day of February: only four digits are a year.
    if !is_year(year) {
        return None;
    }
    let year = year.parse().ok()?;
    let date = NaiveDate::from_ymd_opt(year, month.value, 1)?;
    Some(Moment { day: day_number(date), seconds: None, zone: None })
}

/// `2026-W09`, its Monday, or `2026-W09-3`; `W09/2026`, `KW 9 2026`, `Week 9, 2026`.
fn parse_week(text: &str) -> Option<Moment> {
    let upper = text.to_ascii_uppercase();
    let (before, after) = upper.split_once("KW").or_else(|| {
        upper.split_once("WEEK").or_else(|| upper.split_once("WK")).or(upper.split_once('W'))
    })?;
    let after = after.trim_start();
    let week = number_at_start(after, 2)?;
    let signs = ['-', '/', ' ', '_', ','];
    let (before, after) = (before.trim_matches(signs), after[week.digits..].trim_matches(signs));
    let (year, weekday) = match (before, after) {
        (year, "") if is_year(year) => (year, 0),
        (year, day) if is_year(year) && day.len() == 1 => {
            (year, day.parse::<u8>().ok()?.checked_sub(1)?)
        }
        ("", year) if is_year(year) => (year, 0),
        (_, _) => return None,
    };
    let weekday = Weekday::try_from(weekday).ok()?;
    // ISO weeks: the first of a year is the one with its first Thursday.
    let date = NaiveDate::from_isoywd_opt(year.parse().ok()?, week.value, weekday)?;
    Some(Moment { day: day_number(date), seconds: None, zone: None })
}

/// `3.2.2026`: where dates are written with points the day comes first.
pub(crate) fn parse_dotted(text: &str) -> Option<Moment> {
    let (date, rest) = match text.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = date.trim_end_matches('.').split('.');
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
        // Ten digits from 1 on are the seconds of 2001 to 2033; other leading digits would be codes
        // of items.
        10 if text.starts_with('1') => text.parse().ok()?,
        13 if text.starts_with('1') => text.parse::<i64>().ok()? / 1000,
        _ => return None,
    };
    Some(Moment {
        day: i32::try_from(seconds.div_euclid(86_400)).ok()?,
        seconds: i32::try_from(seconds.rem_euclid(86_400)).ok(),
        // Counted in UTC by definition.
        zone: Some(0),
    })
}

/// The first letters of each month's name in English, German, Dutch, French, Spanish, Portuguese,
/// Italian, Polish, Romanian, Hungarian, Turkish and the Scandinavian languages.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "jän", "sty", "ian", "oca"],
    &["feb", "fév", "fev", "lut", "şub"],
    &["mar", "mär", "mrt", "maa", "már"],
    &["apr", "avr", "abr", "kwi", "ápr", "nis"],
    &["may", "mai", "mei", "mag", "maj", "máj"],
    &["jun", "juin", "giu", "cze", "iun", "jún", "haz"],
    &["jul", "juil", "lug", "lip", "iul", "júl", "tem"],
    &["aug", "aoû", "aou", "ago", "sie", "ağu"],
    &["sep", "set", "wrz", "sze", "eyl"],
    &["oct", "okt", "ott", "out", "paź", "paz", "eki"],
    &["nov", "lis", "noi", "kas"],
    &["dec", "dez", "déc", "dic", "gru", "ara"],
];

/// Names of weekdays in the same languages, and words that stand between the parts of a date;
/// some begin like a month.
const NO_MONTHS: &[&str] = &[
    "of",
    "de",
    "del",
    "the",
    "thurs",
    "tues",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "lun",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "sabato",
    "domenica",
    "segunda",
    "terça",
    "quarta",
    "quinta",
    "sexta",
    "feira",
];

/// `Feb-03-26`, `3 Feb 2026`, `03FEB2026`, `Tue, February 3, 2026 7:08 PM`, `Feb 2026`: a month by
/// its name leaves no doubt which number is the day.
fn parse_month_name(text: &str) -> Option<Moment> {
    let mut month = None;
    let mut numbers: Vec<&str> = Vec::new();
    let mut rest = text;
    // The time may follow: what comes after a month and two numbers is not looked at here.
    while month.is_none() || numbers.len() < 2 {
        let from = rest.trim_start_matches([' ', ',', '-', '/', '.', '\u{a0}']);
        let is_number = from.starts_with(|c: char| c.is_ascii_digit());
        let end = if is_number {
            from.find(|c: char| !c.is_ascii_digit())
        } else {
            from.find(|c: char| !c.is_alphabetic())
        };
        let (word, after) = from.split_at(end.unwrap_or(from.len()));
        if word.is_empty() || after.starts_with(':') {
            break;
        }
        if is_number {
            numbers.push(word);
        } else if let Some(named) = month_of(word) {
            // `mar. 3 févr.`: what looked like a month was a weekday.
            month = Some(named);
        } else if !is_no_month(word) && !is_ordinal(word, text, rest) {
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
    let rest = rest.strip_prefix(['.', ',']).unwrap_or(rest);
    with_time(day_number(date), rest)
}

/// Whether `word`, with which `rest` begins, only makes an ordinal of the number before it: `3rd`.
fn is_ordinal(word: &str, text: &str, rest: &str) -> bool {
    let before = &text[..text.len() - rest.len()];
    matches!(word, "st" | "nd" | "rd" | "th" | "er" | "º" | "ª")
        && rest.starts_with(word)
        && before.ends_with(|c: char| c.is_ascii_digit())
}

fn month_of(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    if NO_MONTHS.contains(&word.as_str()) {
        return None;
    }
    let at = MONTHS.iter().position(|names| names.iter().any(|name| word.starts_with(name)))?;
    u32::try_from(at + 1).ok()
}

fn is_no_month(word: &str) -> bool {
    let word = word.to_lowercase();
    word.parse::<Weekday>().is_ok() || NO_MONTHS.contains(&word.as_str())
}

/// A year of four digits, or of this century with two.
fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        // No shop's file of today tells of sales before 2000.
        2 => Some(2000 + year),
        _ => None,
    }
}

/// A day with the time that follows it, if any does.
fn with_time(day: i32, rest: &str) -> Option<Moment> {
    let rest = rest.trim_start_matches([',', ' ', 'T', '\u{a0}', '\u{202f}']).trim_end();
    if rest.is_empty() {
        return Some(Moment { day, seconds: None, zone: None });
    }
    let word = ["at ", "à ", "um ", "alle ", "om ", "a las "];
    let rest = word.iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    parse_time(day, &format!(" {rest}"))
}

/// `T08:26`, ` 08:26:00`, ` 08:26:00.000`, ` 7:08 PM`, each with `Z`, ` UTC`, `+01:00`, ` -0500`,
/// ` PST` or `[Europe/Berlin]`.
fn parse_time(day: i32, rest: &str) -> Option<Moment> {
    let clock = rest.strip_prefix(['T', ' '])?.trim_start();
    let end = clock
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',')))
        .unwrap_or(clock.len());
    let (time, rest) = clock.split_at(end);
    let time = time.replace(',', ".");
    let time =
        ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|f| NaiveTime::parse_from_str(&time, f).ok())?;
    let rest = rest.trim();
    let (half, zone) = half_of_day(rest);
    let hours = match half {
        // 12 am is midnight, and 12 pm noon.
        Some(half) if time.hour() <= 12 => time.hour() % 12 + half,
        Some(_) => return None,
        None => time.hour(),
    };
    let seconds = i32::try_from(hours * 3600 + time.minute() * 60 + time.second()).ok()?;
    let zone = match zone {
        "" => None,
        named => Some(zone_at(named, day, seconds)?),
    };
    Some(Moment { day, seconds: Some(seconds), zone })
}

/// The hours that `AM` or `PM` (`a.m.`, `p. m.`) adds, where `rest` begins so, and what follows.
fn half_of_day(rest: &str) -> (Option<u32>, &str) {
    let lower = rest.to_ascii_lowercase();
    for (name, hours) in
        [("a.m.", 0), ("p.m.", 12), ("a. m.", 0), ("p. m.", 12), ("am", 0), ("pm", 12)]
    {
        if let Some(after) = lower.strip_prefix(name)
            && !after.starts_with(|c: char| c.is_alphabetic())
        {
            return (Some(hours), rest[name.len()..].trim_start());
        }
    }
    (None, rest)
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

/// Seconds east of Greenwich of a zone as files write it, at a local time: an offset or its name
/// first, then the name of a place, in brackets or not.
fn zone_at(text: &str, day: i32, seconds: i32) -> Option<i32> {
    let (offset, place) = match text.split_once('[') {
        Some((offset, place)) => (offset.trim(), place.strip_suffix(']')?),
        None => (text, text),
    };
    if !offset.is_empty()
        && let Some(zone) = parse_zone(offset)
    {
        return Some(zone);
    }
    let zone: Tz = place.parse().ok().filter(|_| place.contains('/'))?;
    let local = i64::from(day) * 86_400 + i64::from(seconds);
    // The offset that the clocks showed at about that time; an hour that is there twice is the
    // first.
    i32::try_from(offset_at(zone, local - offset_at(zone, local))).ok()
}

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
    // The farthest zone is 14 hours ahead of Greenwich; more is no zone.
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// What `text` is in a named format, with or without a time behind its day.
pub(crate) fn parse_format(text: &str, format: &str) -> Option<Moment> {
    parse_exactly(text, format).or_else(|| {
        // Who says how days are written seldom says that a time follows, or that it may not.
        let of_time = ["%H", "%I", "%k", "%l", "%T", "%R", "%r", "%X"];
        match of_time.iter().filter_map(|part| format.find(part)).min() {
            Some(at) => parse_exactly(text, format[..at].trim_end_matches(['T', ' ', ','])),
            None => {
                let (date, rest) = NaiveDate::parse_and_remainder(text, format).ok()?;
                with_time(day_number(date), rest)
            }
        }
    })
}

fn parse_exactly(text: &str, format: &str) -> Option<Moment> {
    // A zone by its name: the library would pass over it.
    if let Some(format) = format.strip_suffix("%Z") {
        let (moment, zone) = text.rsplit_once(' ')?;
        let zone = Some(parse_zone(zone)?);
        return Some(Moment { zone, ..parse_exactly(moment, format.trim_end())? });
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
