//! Units of measure: how many units one of them counts. A size is not a count: a case of 12 is
//! twelve units, a bag of 500 g is one.

/// Words that count what stands before them (`12 pcs`, `6-pack`) and that are counted by what
/// stands after them (`case of 12`, `box/10`): those that prices are quoted by.
const PRICED_BY: &[&str] = &[
    "case",
    "cs",
    "box",
    "bx",
    "pack",
    "pk",
    "carton",
    "ctn",
    "crate",
    "tray",
    "bundle",
    "pallet",
    "multipack",
    "karton",
    "kiste",
    "ve",
    "caja",
    "colis",
    "scatola",
    "doos",
];

/// Containers that are a thing of their own: nobody means each of its parts by the price of a jar.
const OWN_THINGS: &[&str] = &[
    "pck",
    "pkt",
    "packet",
    "bag",
    "set",
    "lot",
    "sleeve",
    "tub",
    "jar",
    "roll",
    "bottle",
    "btl",
    "can",
    "tin",
    "packung",
    "paket",
    "beutel",
    "paquete",
    "boite",
    "boîte",
    "confezione",
    "pak",
    "krat",
];

/// Words for single things: they count what stands before them.
const THINGS: &[&str] = &[
    "pcs", "pc", "piece", "ct", "count", "unit", "un", "ea", "each", "stk", "stück", "st", "pièce",
    "pieza", "pz", "er", "item",
];

/// Words for single things at the start: what follows tells how they are packed, not sold.
const SINGLE: &[&str] = &["each", "ea", "piece", "pc", "unit", "stück", "stk", "single", "item"];

/// Signs of weight and volume, with a number before them a size.
const SIZES: &[&str] = &[
    "g", "gr", "gm", "gram", "kg", "kilo", "kilogram", "mg", "t", "ton", "tonne", "oz", "floz",
    "fl", "lb", "lbs", "pound", "ml", "cl", "dl", "l", "lt", "ltr", "liter", "litre", "gal",
    "gallon", "pt", "pint", "qt", "quart", "w", "kw", "v", "mah", "ah", "mb", "gb", "tb", "hz",
    "ghz", "°",
];

/// Signs of length and area: `10 x 15 cm` is a format.
const LENGTHS: &[&str] = &[
    "m", "cm", "mm", "km", "meter", "metre", "in", "inch", "ft", "foot", "feet", "yd", "yard",
    "m2", "m²", "m3", "m³", "sqm", "sqft", "\"", "'",
];

/// Words for spans of time, and how many days one is. Months and quarters differ in length.
const SPANS: &[(&str, f64)] = &[
    ("d", 1.0),
    ("day", 1.0),
    ("days", 1.0),
    ("tag", 1.0),
    ("tage", 1.0),
    ("jour", 1.0),
    ("jours", 1.0),
    ("dia", 1.0),
    ("dias", 1.0),
    ("días", 1.0),
    ("w", 7.0),
    ("wk", 7.0),
    ("wks", 7.0),
    ("week", 7.0),
    ("weeks", 7.0),
    ("woche", 7.0),
    ("wochen", 7.0),
    ("semaine", 7.0),
    ("semaines", 7.0),
    ("semana", 7.0),
    ("semanas", 7.0),
];

/// A number with a unit written behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WithUnit<'t> {
    /// What stands before the unit.
    pub(crate) number: &'t str,
    /// What one of the units is of the column's own.
    pub(crate) factor: f64,
}

/// The number of single things in `3 pcs`; `None` where something else than a single thing stands
/// behind it.
pub(crate) fn things(text: &str) -> Option<WithUnit<'_>> {
    let (number, word) = number_and_word(text)?;
    let word = word.to_lowercase();
    let is_thing = THINGS.contains(&word.as_str())
        || word.strip_suffix('s').is_some_and(|single| THINGS.contains(&single));
    is_thing.then_some(WithUnit { number, factor: 1.0 })
}

/// The number of days in `2 weeks`; `None` where no span of a fixed length stands behind it.
pub(crate) fn days(text: &str) -> Option<WithUnit<'_>> {
    let (number, word) = number_and_word(text)?;
    let word = word.to_lowercase();
    let (_, factor) = SPANS.iter().find(|(name, _)| *name == word)?;
    Some(WithUnit { number, factor: *factor })
}

/// Words for spans that differ in length, and the days they are said to have.
const LOOSE_SPANS: &[(&str, f64)] = &[
    ("mo", 30.0),
    ("month", 30.0),
    ("mth", 30.0),
    ("monat", 30.0),
    ("mois", 30.0),
    ("mes", 30.0),
    ("quarter", 91.0),
    ("qtr", 91.0),
    ("year", 365.0),
    ("yr", 365.0),
    ("jahr", 365.0),
];

/// The days that `1 month`, `10-14 days` or `about 14` most likely are: the longer end of a range.
pub(crate) fn likely_days(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let about = ["about ", "approx. ", "approx ", "ca. ", "ca ", "circa ", "up to ", "~", "max. "];
    let text = about.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(&text);
    let end = [" to ", " - ", "–", "-", " bis "].iter().find_map(|sign| {
        let (from, to) = text.split_once(sign)?;
        from.trim().parse::<f64>().ok().map(|_| to)
    });
    let (number, word) = number_and_word(end.unwrap_or(text))?;
    let number: f64 = number.parse().ok()?;
    // `weeks` in English, `Monate` in German.
    let single = word.strip_suffix(['s', 'e']).unwrap_or(word);
    let loose = LOOSE_SPANS.iter().find(|(name, _)| *name == word || *name == single);
    let fixed = SPANS.iter().find(|(name, _)| *name == word);
    let factor = match (loose.or(fixed), word.is_empty()) {
        (Some((_, factor)), _) => *factor,
        (None, true) => 1.0,
        (None, false) => return None,
    };
    (number >= 0.0).then_some(number * factor)
}

/// `3 pcs.` as `3` and `pcs`.
fn number_and_word(text: &str) -> Option<(&str, &str)> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (number, word) = text.split_at(end);
    Some((number.trim(), word.trim().trim_end_matches('.')))
}

/// One word or number of a unit of measure.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A whole number.
    Count(f64),
    /// A number with a fraction.
    Fraction,
    Word(String),
    /// `x`, `×` or `*` between two numbers.
    Times,
}

/// The units in one unit of measure: 12 of `case of 12`, `dozen` and `12 x 330 ml`; `None` where it
/// is a single unit, as `each`, `500 g bag`, `m2` and `3M tape`.
pub(crate) fn units_in(text: &str) -> Option<f64> {
    let tokens = tokens(text);
    let starts_single = matches!(tokens.first(), Some(Token::Word(w)) if is_in(w, SINGLE));
    let units = if starts_single { 1.0 } else { counted(&tokens) };
    (units > 1.0 && units <= 1e6).then_some(units)
}

/// Whether a unit of measure is a container: it holds several, though it may not say how many.
pub(crate) fn is_container(text: &str) -> bool {
    let tokens = tokens(text);
    let is_word = |token: &Token| matches!(token, Token::Word(word) if is_in(word, PRICED_BY));
    tokens.first().is_some_and(is_word)
}

/// The word at a position, empty where none stands there.
fn word_at(tokens: &[Token], at: usize) -> &str {
    match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        Some(Token::Count(_) | Token::Fraction | Token::Times) | None => "",
    }
}

/// The product of all counts among `tokens`.
fn counted(tokens: &[Token]) -> f64 {
    let mut units = 1.0;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Word(word) if is_in(word, &["dozen", "doz", "dz", "dutzend", "docena"]) => {
                let half =
                    matches!(tokens.get(at.wrapping_sub(1)), Some(Token::Word(w)) if w == "half");
                units *= if half { 6.0 } else { 12.0 };
            }
            Token::Count(count) => {
                // `10 x 15 cm`: the sign at the end tells what the whole chain is.
                let mut end = at;
                let mut chain = *count;
                let mut last = *count;
                let mut has_fraction = false;
                while tokens.get(end + 1) == Some(&Token::Times) {
                    match tokens.get(end + 2) {
                        Some(Token::Count(next)) => (chain, last) = (chain * next, *next),
                        Some(Token::Fraction) => (has_fraction, last) = (true, 1.0),
                        Some(Token::Word(_) | Token::Times) | None => break,
                    }
                    end += 2;
                }
                let is_chain = end > at;
                let unit = word_at(tokens, end + 1);
                let before = at.checked_sub(1).map_or("", |at| word_at(tokens, at));
                let packed_in = match before {
                    "of" | "à" | "a" | "de" | "da" | "di" | "mit" | "von" | "per" => true,
                    other => holds_parts(other),
                };
                if is_in(unit, LENGTHS) {
                    // A format, or so many meters.
                } else if is_in(unit, SIZES) || has_fraction {
                    // `12 x 330 ml`: the last number is the size of each.
                    units *= if is_chain { chain / last } else { 1.0 };
                } else if holds_parts(unit)
                    || is_in(unit, THINGS)
                    || packed_in
                    || tokens.get(end + 1) == Some(&Token::Times)
                    || is_in(unit, &["dozen", "doz", "dz", "dutzend", "docena"])
                    || tokens.len() == 1
                {
                    units *= chain;
                }
                at = end;
            }
            Token::Word(_) | Token::Fraction | Token::Times => {}
        }
        at += 1;
    }
    units
}

/// Whether a word names a container of any kind.
fn holds_parts(word: &str) -> bool {
    is_in(word, PRICED_BY) || is_in(word, OWN_THINGS)
}

/// Whether `word` is one of `list`, or its plural.
fn is_in(word: &str, list: &[&str]) -> bool {
    let singular = word.strip_suffix("es").or_else(|| word.strip_suffix('s'));
    !word.is_empty()
        && (list.contains(&word)
            || word.strip_suffix('s').is_some_and(|w| list.contains(&w))
            || singular.is_some_and(|w| list.contains(&w)))
}

/// Whether the first of these characters goes on with a number: a digit, or the sign before one.
fn is_of_number(rest: &[char]) -> bool {
    rest[0].is_ascii_digit()
        || (matches!(rest[0], '.' | ',') && rest.get(1).is_some_and(char::is_ascii_digit))
}

/// Numbers and words of `text`. A number inside a word (`m2`, `A4`) belongs to the word, unless the
/// word is a container (`CS12`); a capital after a number (`3M`, `5G`) makes it a name.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let chars: Vec<char> = text.trim().chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c.is_ascii_digit() {
            let start = at;
            while at < chars.len() && is_of_number(&chars[at..]) {
                at += 1;
            }
            let number: String = chars[start..at].iter().collect();
            let is_name = chars.get(at).is_some_and(|c| c.is_ascii_uppercase())
                && !chars.get(at + 1).is_some_and(|c| c.is_alphabetic())
                && !matches!(chars[at], 'L' | 'G' | 'X' | 'V' | 'W');
            if is_name {
                at += 1;
                continue;
            }
            let is_group = number.len() == 5 && number.as_bytes()[1] == b',';
            tokens.push(match number.replace(',', if is_group { "" } else { "." }).parse() {
                Ok(count) if f64::fract(count) == 0.0 => Token::Count(count),
                Ok(_) | Err(_) => Token::Fraction,
            });
        } else if c.is_alphabetic() || matches!(c, '°' | '"' | '\'') {
            let start = at;
            while at < chars.len()
                && (chars[at].is_alphabetic() || matches!(chars[at], '°' | '²' | '³'))
            {
                at += 1;
            }
            // A sign of inches stands alone.
            at = at.max(start + 1);
            let word: String = chars[start..at].iter().collect::<String>().to_lowercase();
            let follows_number = matches!(tokens.last(), Some(Token::Count(_) | Token::Fraction));
            if word == "x" && follows_number {
                tokens.push(Token::Times);
                continue;
            }
            // `12x330`: the digits after a word belong to it, but for a container's.
            let digits_follow = chars.get(at).is_some_and(char::is_ascii_digit);
            if digits_follow && !holds_parts(&word) {
                while at < chars.len() && chars[at].is_alphanumeric() {
                    at += 1;
                }
                tokens
                    .push(Token::Word(chars[start..at].iter().collect::<String>().to_lowercase()));
            } else {
                tokens.push(Token::Word(word));
            }
        } else {
            if matches!(c, '×' | '*') {
                tokens.push(Token::Times);
            }
            at += 1;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_multiplies() {
        for (text, units) in [
            ("case of 12", 12.0),
            ("Box of 12", 12.0),
            ("dozen", 12.0),
            ("Half dozen", 6.0),
            ("2 dozen", 24.0),
            ("12 x 330 ml", 12.0),
            ("12x330ml", 12.0),
            ("6 × 1.5 L", 6.0),
            ("4 x 6 x 330 ml", 24.0),
            ("6-pack", 6.0),
            ("6 pack", 6.0),
            ("12pk", 12.0),
            ("24 ct", 24.0),
            ("10 pcs", 10.0),
            ("CS12", 12.0),
            ("BX/10", 10.0),
            ("case (12)", 12.0),
            ("Case of 12 x 330 ml", 12.0),
            ("pack of 6 x 500 g", 6.0),
            ("Karton à 12", 12.0),
            ("caja de 24", 24.0),
            ("12er Karton", 12.0),
            ("2 packs of 6", 12.0),
            ("12 bottles", 12.0),
            ("case of 1,000", 1000.0),
            ("per 100", 100.0),
            ("12", 12.0),
        ] {
            assert_eq!(units_in(text), Some(units), "{text}");
        }
    }

    #[test]
    fn a_size_does_not() {
        for text in [
            "",
            "each",
            "EA",
            "pcs",
            "kg",
            "500 g bag",
            "500g",
            "330 ml can",
            "m2",
            "m²",
            "3M tape",
            "1.5 L",
            "0,5 l",
            "bag of 500 g",
            "Bottle 750ml",
            "10 x 15 cm",
            "2.5 kg",
            "25 kg sack",
            "A4",
            "3 seater sofa",
            "1",
            "box",
            "each (12 per case)",
            "5 m roll",
            "60W",
            "2 x 4 m",
            "16 oz",
            "100 ml bottle",
            "Sack 25 kg",
            "12V",
            "1 L bottle",
            "64 GB",
        ] {
            assert_eq!(units_in(text), None, "{text}");
        }
    }
}
