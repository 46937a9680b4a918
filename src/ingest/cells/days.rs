//! Business days: dates and moments of a column, within the accepted range, by the shop's clock.

use crate::domain::dates::{
    DayOrder, Slashed, offset_at, parse_clear, parse_format, parse_iso, serial,
};
use crate::ingest::cells::interner::Problem;
use crate::ingest::cells::values::{NO_DAY, is_nothing};
use crate::ingest::settings::{NaiveTimes, Settings};
use chrono::Datelike;
use chrono_tz::Tz;

pub(crate) use crate::domain::dates::{Moment, date_of, day_number};

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

/// What a column says about `03/02/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Convention {
    /// Nobody has looked yet: most files have no such dates.
    Unasked,
    /// The configuration or the other cells say it.
    Known(DayOrder),
    /// Nothing tells.
    Unknown,
}

/// Reads days and moments as business days.
#[derive(Debug, Clone)]
pub(crate) struct DayReader {
    formats: Vec<String>,
    /// Formats of the layout, which files of another country may not keep to.
    hints: Vec<String>,
    /// The order that the configuration's formats say.
    configured: Option<DayOrder>,
    convention: Convention,
    first: i32,
    last: i32,
    cutoff_seconds: i64,
    clock: Clock,
    /// Seconds east of Greenwich of a time that names no zone; `None` = it is the shop's own.
    naive_zone: Option<i32>,
    cache: (String, i32),
    /// How the dates of the file at hand were decided, until somebody says so.
    pub(crate) settled: Option<Settled>,
    /// What they show.
    pub(crate) shown: Option<Shown>,
}

impl DayReader {
    /// A reader that tries `formats` before the clear forms, and `hints` after them.
    pub(crate) fn new(settings: &Settings, formats: Vec<String>, hints: &[String]) -> Self {
        let configured = formats.iter().find_map(|format| DayOrder::of(format));
        Self {
            formats,
            hints: hints.to_vec(),
            configured,
            convention: configured.map_or(Convention::Unknown, Convention::Known),
            first: day_number(settings.data.first_date),
            last: day_number(settings.data.last_date),
            cutoff_seconds: i64::from(settings.data.cutoff_hour) * 3600,
            // A named zone knows of summer time and goes before a fixed offset.
            clock: match (settings.data.zone(), settings.data.utc_offset_hours) {
                (Some(zone), _) => Clock::Zone(zone),
                (None, Some(hours)) => Clock::Fixed(seconds_of(hours)),
                (None, None) => Clock::AsWritten,
            },
            naive_zone: match settings.data.naive_times_are {
                NaiveTimes::Local => None,
                NaiveTimes::Utc => Some(0),
            },
            cache: (String::new(), NO_DAY),
            settled: None,
            shown: None,
        }
    }

    /// Begins a file, of whose dates nothing is known unless the configuration says it.
    pub(crate) fn begin_file(&mut self) {
        self.convention = self.configured.map_or(Convention::Unknown, Convention::Known);
        self.shown = None;
        self.cache.0.clear();
    }

    /// Wants to be asked about a date of two meanings before it is read or set aside.
    pub(crate) fn ask_for_evidence(&mut self) {
        self.convention = Convention::Unasked;
    }

    /// The business day of `text`, [`NO_DAY`] when it is empty.
    pub(crate) fn day(&mut self, text: &str) -> Result<i32, Problem> {
        if is_nothing(text) {
            return Ok(NO_DAY);
        }
        // Sorted files have the same day thousands of times in a row.
        if text == self.cache.0 {
            return Ok(self.cache.1);
        }
        let moment = self.moment(text)?;
        let day = self.check(self.business_day(moment)).map_err(Problem::Rejected)?;
        self.cache.0.clear();
        self.cache.0.push_str(text);
        self.cache.1 = day;
        Ok(day)
    }

    fn moment(&self, text: &str) -> Result<Moment, Problem> {
        if let Some(moment) = self.formats.iter().find_map(|format| in_format(text, format)) {
            return Ok(moment);
        }
        if let Some(moment) = parse_iso(text) {
            return Ok(moment);
        }
        if let Some(slashed) = self.slashed(text) {
            return self.ordered(text, &slashed);
        }
        let hinted = self.hints.iter().find_map(|format| in_format(text, format));
        // A bare number of five digits last of all: it is a date only where nothing else is one.
        let other = hinted.or_else(|| parse_clear(text)).or_else(|| serial(text));
        other.ok_or_else(|| {
            Problem::Rejected(
                "not a date; expected YYYY-MM-DD, or set [csv] date_formats, e.g. \
                 [\"%d/%m/%Y\"]"
                    .to_owned(),
            )
        })
    }

    /// `03/02/2026`, where the configuration or the layout has such dates. Elsewhere nobody has
    /// said that they are any, and `03/02/26` may begin with its year: who brings such a file is
    /// asked.
    fn slashed(&self, text: &str) -> Option<Slashed> {
        if self.configured.is_none() && self.hint(text).is_none() {
            return None;
        }
        Slashed::read(text)
    }

    /// The order that the layout's formats say of such a date: of one that fits, else of the first.
    fn hint(&self, text: &str) -> Option<DayOrder> {
        let fitting = self.hints.iter().find(|format| in_format(text, format).is_some());
        fitting
            .and_then(|format| DayOrder::of(format))
            .or_else(|| self.hints.iter().find_map(|format| DayOrder::of(format)))
    }

    /// The date with its numbers in the column's order.
    fn ordered(&self, text: &str, slashed: &Slashed) -> Result<Moment, Problem> {
        // The fourth of April is one day in both orders.
        let day_first = slashed.moment(DayOrder::DayFirst);
        if let Some(moment) = day_first
            && day_first == slashed.moment(DayOrder::MonthFirst)
        {
            return Ok(moment);
        }
        let shown = slashed.shows();
        let other = match (self.convention, self.configured) {
            (Convention::Known(order), _) | (Convention::Unasked, Some(order)) => {
                match slashed.moment(order) {
                    Some(moment) => return Ok(moment),
                    None if shown.is_some() && self.convention == Convention::Unasked => {
                        return Err(Problem::Undecided);
                    }
                    None => Some(order),
                }
            }
            (Convention::Unasked, None) => return Err(Problem::Undecided),
            (Convention::Unknown, _) => None,
        };
        if let (None, Some(moment)) = (other, shown.and_then(|order| slashed.moment(order))) {
            return Ok(moment);
        }
        Err(Problem::Rejected(match (shown, other) {
            (Some(shown), Some(order)) => format!(
                "no {} date, as the others of the file are; expected e.g. {}",
                order.words(),
                shown_as(slashed, shown, order)
            ),
            (None, _) if slashed.moment(DayOrder::DayFirst).is_some() => ambiguity(text, slashed),
            (None, _) | (Some(_), None) => "not a date: there is no such day or month".to_owned(),
        }))
    }

    /// Takes one more cell into account.
    pub(crate) fn see(&self, text: &str, evidence: &mut OrderEvidence) {
        let text = text.trim();
        let Some(slashed) = self.slashed(text) else { return };
        evidence.see(text, &slashed, self.hint(text));
    }

    /// Decides what the dates of a column are, by what all of them show, else by what those of the
    /// other columns of the file do.
    ///
    /// # Errors
    /// A sentence, where the configuration says one order and the file shows the other.
    pub(crate) fn settle(
        &mut self,
        evidence: &OrderEvidence,
        file: &OrderEvidence,
    ) -> Result<(), String> {
        self.cache.0.clear();
        if let Some(order) = self.configured {
            self.convention = Convention::Known(order);
            return evidence.contradiction(order).map_or(Ok(()), Err);
        }
        let (order, settled) = evidence.decide(file);
        self.shown = order.and_then(|order| evidence.shown_as(order));
        self.convention = order.map_or(Convention::Unknown, Convention::Known);
        self.settled = self.settled.take().or(settled);
        Ok(())
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
        // A shop that is open past midnight counts those sales to the evening before.
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

#[expect(clippy::cast_possible_truncation, reason = "an offset of at most 14 hours")]
fn seconds_of(hours: f64) -> i64 {
    (hours * 3600.0) as i64
}

/// `text` in `format`; `%Y` reads `26` as the year 26, which no shop has known.
fn in_format(text: &str, format: &str) -> Option<Moment> {
    // A format with four digits for the year takes `26` for the year 26.
    parse_format(text, format).filter(|moment| date_of(moment.day).year() >= 100)
}

/// A date that is none in the order of its column, as it would be written there.
fn shown_as(slashed: &Slashed, shown: DayOrder, order: DayOrder) -> String {
    let date = slashed.moment(shown).map(|moment| date_of(moment.day)).unwrap_or_default();
    date.format(&slashed.format(order)).to_string()
}

fn ambiguity(text: &str, slashed: &Slashed) -> String {
    let [day_first, month_first] = [DayOrder::DayFirst, DayOrder::MonthFirst].map(|order| {
        let day = slashed.moment(order).map(|moment| date_of(moment.day)).unwrap_or_default();
        format!("date_formats = [\"{}\"] for {day}", slashed.format(order))
    });
    format!(
        "`{text}` may be two days, and no other date of the file tells which: set [csv] \
         {day_first}, {month_first}"
    )
}

/// One clear form or one of `formats`; `None` for `03/02/2026`, where nobody says which is the day.
pub(crate) fn parse_day(text: &str, formats: &[String]) -> Option<Moment> {
    let configured = formats.iter().find_map(|format| in_format(text, format));
    configured.or_else(|| parse_clear(text))
}

/// So often one order may be shown against the other before neither is believed: a mistyped date
/// among many is one that goes to quarantine.
const AGAINST_ONE: u64 = 50;

/// So many dates must speak against the configuration: one may be mistyped.
const AGAINST_CONFIGURED: u64 = 2;

/// A span of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: i32,
    last: i32,
}

impl Span {
    fn add(span: &mut Option<Self>, day: i32) {
        let known = span.get_or_insert(Self { first: day, last: day });
        known.first = known.first.min(day);
        known.last = known.last.max(day);
    }

    fn days(self) -> i64 {
        i64::from(self.last) - i64::from(self.first)
    }
}

/// What the cells of one column show about which number of a date is the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OrderEvidence {
    /// Dates that can only have the day first, and only the month ...
    day_first: u64,
    month_first: u64,
    /// ... the first of them ...
    shown: Option<String>,
    /// ... and the first that can have both, as it stands there.
    either: Option<Either>,
    /// The days from the first to the last, in both orders.
    by_day_first: Option<Span>,
    by_month_first: Option<Span>,
}

/// A date of two meanings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Either {
    text: String,
    slashed: Slashed,
    hint: Option<DayOrder>,
}

/// In which order a column's dates are read without anyone having said so, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) what: String,
    pub(crate) why: String,
    /// Where nothing in the file tells: the order by the layout's habit, and the format of the
    /// other.
    pub(crate) by_habit: Option<Habit>,
}

/// An order that was taken because a layout usually has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Habit {
    pub(crate) order: DayOrder,
    pub(crate) other_format: String,
}

/// What the dates of a file show, and one that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) order: DayOrder,
    pub(crate) text: String,
}

impl OrderEvidence {
    fn see(&mut self, text: &str, slashed: &Slashed, hint: Option<DayOrder>) {
        match slashed.shows() {
            Some(DayOrder::DayFirst) => self.day_first += 1,
            Some(DayOrder::MonthFirst) => self.month_first += 1,
            None => {}
        }
        if slashed.shows().is_some() {
            self.shown.get_or_insert_with(|| text.to_owned());
        }
        let day_first = slashed.moment(DayOrder::DayFirst);
        let month_first = slashed.moment(DayOrder::MonthFirst);
        if let (Some(one), Some(other)) = (day_first, month_first) {
            Span::add(&mut self.by_day_first, one.day);
            Span::add(&mut self.by_month_first, other.day);
            if one != other && self.either.is_none() {
                self.either = Some(Either { text: text.to_owned(), slashed: *slashed, hint });
            }
        }
    }

    /// Whether some date can be read in one order only.
    pub(crate) fn tells(&self) -> bool {
        self.day_first + self.month_first > 0
    }

    /// Whether some date can be read in both orders.
    pub(crate) fn is_open(&self) -> bool {
        self.either.is_some()
    }

    fn showing(&self, order: DayOrder) -> u64 {
        match order {
            DayOrder::DayFirst => self.day_first,
            DayOrder::MonthFirst => self.month_first,
        }
    }

    fn span(&self, order: DayOrder) -> i64 {
        let span = match order {
            DayOrder::DayFirst => self.by_day_first,
            DayOrder::MonthFirst => self.by_month_first,
        };
        span.map_or(0, Span::days)
    }

    /// What speaks against the configured order.
    fn contradiction(&self, order: DayOrder) -> Option<String> {
        let other = order.other();
        let against = self.showing(other);
        // Where any date bears the configuration out, the others are mistyped and go to quarantine.
        let is_wrong = self.showing(order) == 0 && against >= AGAINST_CONFIGURED;
        let shown = self.shown.as_deref().filter(|_| is_wrong)?;
        let format = Slashed::read(shown)?.format(other);
        Some(format!(
            "date_formats says {}, but {against} dates such as `{shown}` can only be {} and none \
             only the other: write date_formats = [\"{format}\"]",
            order.words(),
            other.words()
        ))
    }

    /// What other columns of the file show, too.
    pub(crate) fn add(&mut self, other: &Self) {
        self.day_first += other.day_first;
        self.month_first += other.month_first;
        if self.shown.is_none() {
            self.shown.clone_from(&other.shown);
        }
    }

    /// The date that shows `order`, where one does.
    fn shown_as(&self, order: DayOrder) -> Option<Shown> {
        let text = self.shown.clone().filter(|_| self.showing(order) > 0)?;
        Some(Shown { order, text })
    }

    /// The order, and what there is to say about it; `file` is what all columns show.
    fn decide(&self, file: &Self) -> (Option<DayOrder>, Option<Settled>) {
        // A column that leaves it open is written as the other columns of its file are.
        let telling = if self.tells() { self } else { file };
        let (day, month) = (telling.day_first, telling.month_first);
        let shown = if day > month * AGAINST_ONE {
            Some(DayOrder::DayFirst)
        } else if month > day * AGAINST_ONE {
            Some(DayOrder::MonthFirst)
        } else {
            None
        };
        let hint = self.either.as_ref().and_then(|either| either.hint);
        // Sales of days in a row would be spread over as many months, and the night planned for
        // one long after the last of them.
        let usual = hint.filter(|&order| {
            !telling.tells() && self.span(order) <= 3 * self.span(order.other()) + 31
        });
        let Some(order) = shown.or(usual) else { return (None, None) };
        // What the layout has and the file shows need not be said.
        let is_usual = shown.is_some() && shown == hint;
        let settled = self.either.as_ref().filter(|_| !is_usual).map(|either| {
            let moment = either.slashed.moment(order);
            let date = moment.map(|moment| date_of(moment.day)).unwrap_or_default();
            let other = either.slashed.format(order.other());
            let what =
                format!("its dates are read as {}: `{}` is {date}", order.words(), either.text);
            match (&telling.shown, shown) {
                (Some(clear), Some(_)) => Settled {
                    what,
                    why: format!("`{clear}` and others can be nothing else"),
                    by_habit: None,
                },
                (_, _) => Settled {
                    what,
                    why: format!(
                        "as the layout usually has them; no date of the file tells: if the other \
                         number is the day, write date_formats = [\"{other}\"] in its [mapping]"
                    ),
                    by_habit: Some(Habit { order, other_format: other }),
                },
            }
        });
        (Some(order), settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(formats: &[&str], hints: &[&str], data: &str) -> DayReader {
        let settings: Settings = toml::from_str(&format!("[data]\n{data}")).unwrap();
        let formats = formats.iter().map(|&format| format.to_owned()).collect();
        let hints: Vec<String> = hints.iter().map(|&format| format.to_owned()).collect();
        DayReader::new(&settings, formats, &hints)
    }

    fn day_of(text: &str, formats: &[&str], data: &str) -> Option<String> {
        let day = reader(formats, &[], data).day(text).ok()?;
        Some(date_of(day).to_string())
    }

    #[test]
    fn m8_forms_that_can_mean_one_day_only_need_no_format() {
        for text in [
            "2026-02-03",
            "2026/02/03",
            "20260203",
            "2026-2-3",
            "2026/2/3 7:08",
            "2026.02.03",
            "2026. 2. 3.",
            "2026年2月3日",
            "03.02.2026",
            "3.2.26 19:08",
            "Feb-03-26",
            "Feb 3, 2026",
            "3 Feb 2026 7:08:25 PM PST",
            "Tuesday, February 3rd, 2026",
            "03-Feb-2026",
            "03FEB2026",
            "3. Februar 2026",
            "Dienstag, 3. Februar 2026",
            "3 février 2026",
            "mar. 3 févr. 2026 à 19:08",
            "martes, 3 de febrero de 2026",
            "maandag 3 februari 2026",
            "3 lut 2026",
            "2026-Feb-03",
            "2026-02-03 07:08 pm",
            "2026-02-03 7:08 a. m.",
            "2026-02-03T23:30:00Z",
            "2026-02-03 23:30:00,123",
            "2026-02-03T23:30:00+01:00[Europe/Berlin]",
            "2026-02-03 23:30 Europe/Berlin",
            "2026-W06-2",
            "1770100000",
            "1770100000000",
        ] {
            assert_eq!(day_of(text, &[], "").as_deref(), Some("2026-02-03"), "{text}");
        }
        for text in ["2026-W06", "2026W06", "W06-2026", "KW 6/2026", "Week 6, 2026"] {
            assert_eq!(day_of(text, &[], "").as_deref(), Some("2026-02-02"), "{text}");
        }
        for text in ["Feb 2026", "2026-02", "02/2026", "2-2026"] {
            assert_eq!(day_of(text, &[], "").as_deref(), Some("2026-02-01"), "{text}");
        }
        for text in ["03/02/2026", "02-03-2026", "02/03/26", "soon", "13.13.2026", "2026-W60"] {
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
            ("2026-02-03 18:30 America/New_York", "2026-02-04"),
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

    #[test]
    fn m8_a_format_says_the_order_of_day_and_month_whatever_follows() {
        for format in ["%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%y"] {
            for text in
                ["03/02/2026", "3/2/2026", "03/02/2026 19:08", "03/02/2026 7:08:25 PM", "03/02/26"]
            {
                let day = day_of(text, &[format], "");
                assert_eq!(day.as_deref(), Some("2026-02-03"), "{text} by {format}");
            }
        }
        assert_eq!(day_of("02/13/2026", &["%d/%m/%Y"], ""), None);
    }

    /// What the reader makes of `text` in a file of these dates.
    fn among(text: &str, dates: &[&str], formats: &[&str], hints: &[&str]) -> String {
        let mut reader = reader(formats, hints, "");
        reader.ask_for_evidence();
        let mut evidence = OrderEvidence::default();
        dates.iter().for_each(|date| reader.see(date, &mut evidence));
        if let Err(why) = reader.settle(&evidence, &evidence) {
            return why;
        }
        match reader.day(text) {
            Ok(day) => date_of(day).to_string(),
            Err(Problem::Rejected(why)) => why,
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn m8_the_other_dates_of_a_file_say_which_number_is_the_day() {
        let (us, eu) = (["%m/%d/%Y"], ["%d/%m/%Y"]);
        // The layout of a platform is a habit, the file itself is a fact.
        assert_eq!(among("03/02/2026", &["13/02/2026"], &[], &us), "2026-02-03");
        assert_eq!(among("03/02/2026", &["03/02/2026"], &[], &us), "2026-03-02");
        assert_eq!(among("04/04/2026", &["03/02/2026"], &[], &us), "2026-04-04");
        let january: Vec<String> = (1..=12).map(|day| format!("{day:02}/01/2026")).collect();
        let january: Vec<&str> = january.iter().map(String::as_str).collect();
        // The first twelve days of January are no twelve months: somebody must say which.
        let spread = among("03/01/2026", &january, &[], &us);
        assert!(spread.contains("may be two days"), "{spread}");
        assert_eq!(among("03/01/2026", &january, &us, &[]), "2026-03-01");
        // Without a layout or a format nobody has said which number is the day.
        assert!(among("13/02/2026", &["13/02/2026"], &[], &[]).contains("not a date"));
        let both = among("03/02/2026", &["13/02/2026", "02/13/2026"], &[], &us);
        assert!(both.contains("may be two days"), "{both}");
        assert!(both.contains("[\"%d/%m/%Y\"] for 2026-02-03"), "{both}");
        // One mistyped date among many is rejected, not believed.
        let many = [&["13/02/2026"; 60][..], &["02/13/2026"]].concat();
        assert_eq!(among("03/02/2026", &many, &[], &us), "2026-02-03");
        assert!(among("02/13/2026", &many, &[], &us).contains("no day/month/year date"));
        // What the configuration says is refused where the whole file says otherwise.
        let wrong = among("03/02/2026", &["13/02/2026", "14/02/2026"], &us, &[]);
        assert!(wrong.contains("write date_formats = [\"%d/%m/%Y\"]"), "{wrong}");
        assert_eq!(among("03/02/2026", &["13/02/2026", "14/02/2026"], &eu, &[]), "2026-02-03");
        // A year of two digits may stand first.
        assert!(among("03/02/26", &["13/02/26"], &[], &[]).contains("not a date"));
        assert_eq!(among("03/02/26", &["13/02/26"], &[], &us), "2026-02-03");
    }
}
