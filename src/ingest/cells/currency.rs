//! Currencies: the code that a sign or a word means, and what one unit is worth in the reporting
//! currency.

use std::collections::BTreeMap;

/// Signs and short words that mean one currency. `$`, `kr` and `¥` are left to [`code_of`]: several
/// countries share them.
const SIGNS: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("₺", "TRY"),
    ("₪", "ILS"),
    ("₩", "KRW"),
    ("₫", "VND"),
    ("฿", "THB"),
    ("₱", "PHP"),
    ("₦", "NGN"),
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("C$", "CAD"),
    ("AU$", "AUD"),
    ("A$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("MX$", "MXN"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("Ft", "HUF"),
    ("lei", "RON"),
    ("Rs", "INR"),
    ("Rs.", "INR"),
    ("Rp", "IDR"),
    ("Rp.", "IDR"),
    ("RM", "MYR"),
    ("S/", "PEN"),
    ("S/.", "PEN"),
    ("Tk", "BDT"),
    ("Tk.", "BDT"),
    ("৳", "BDT"),
    ("₸", "KZT"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₾", "GEL"),
    ("лв", "BGN"),
    ("лв.", "BGN"),
    ("руб", "RUB"),
    ("руб.", "RUB"),
    ("грн", "UAH"),
    ("грн.", "UAH"),
    ("KSh", "KES"),
    ("GH₵", "GHS"),
    ("NT$", "TWD"),
    ("Mex$", "MXN"),
    ("CN¥", "CNY"),
    ("JP¥", "JPY"),
    ("円", "JPY"),
    ("元", "CNY"),
    ("Fr.", "CHF"),
    ("SFr.", "CHF"),
];

/// Codes as they stand beside amounts (ISO 4217, those that shops trade in). A list, since `5 PCS`
/// is no amount of money.
const CODES: &[&str] = &[
    "AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CRC",
    "CZK", "DKK", "EGP", "EUR", "GBP", "GEL", "GHS", "HKD", "HRK", "HUF", "IDR", "ILS", "INR",
    "ISK", "JOD", "JPY", "KES", "KRW", "KWD", "KZT", "LKR", "MAD", "MXN", "MYR", "NGN", "NOK",
    "NZD", "OMR", "PEN", "PHP", "PKR", "PLN", "PYG", "QAR", "RMB", "RON", "RSD", "RUB", "SAR",
    "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD", "UYU", "VND", "XAF", "XOF", "ZAR",
];

/// Names of currencies as people write them out. Those of several countries say which; a bare
/// dollar, franc or peso is as open as `$`, and a pound may be a weight.
const NAMES: &[(&str, &str)] = &[
    ("EURO", "EUR"),
    ("US DOLLAR", "USD"),
    ("U.S. DOLLAR", "USD"),
    ("UNITED STATES DOLLAR", "USD"),
    ("AMERICAN DOLLAR", "USD"),
    ("CANADIAN DOLLAR", "CAD"),
    ("AUSTRALIAN DOLLAR", "AUD"),
    ("NEW ZEALAND DOLLAR", "NZD"),
    ("HONG KONG DOLLAR", "HKD"),
    ("SINGAPORE DOLLAR", "SGD"),
    ("POUND STERLING", "GBP"),
    ("BRITISH POUND", "GBP"),
    ("UK POUND", "GBP"),
    ("STERLING", "GBP"),
    ("SWISS FRANC", "CHF"),
    ("JAPANESE YEN", "JPY"),
    ("YEN", "JPY"),
    ("CHINESE YUAN", "CNY"),
    ("YUAN", "CNY"),
    ("RENMINBI", "CNY"),
    ("INDIAN RUPEE", "INR"),
    ("SWEDISH KRONA", "SEK"),
    ("NORWEGIAN KRONE", "NOK"),
    ("DANISH KRONE", "DKK"),
    ("POLISH ZLOTY", "PLN"),
    ("ZLOTY", "PLN"),
    ("CZECH KORUNA", "CZK"),
    ("BRAZILIAN REAL", "BRL"),
    ("MEXICAN PESO", "MXN"),
];

/// Currencies that have no cents, or none that anybody writes: three digits after a sign are
/// thousands.
const WHOLE: &[&str] =
    &["CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "VND", "XAF", "XOF"];

/// Whether `code` names a currency without cents.
pub(crate) fn is_whole(code: &str) -> bool {
    WHOLE.contains(&code)
}

/// The currency that a heading names: the euro of `Price (EUR)`, `Unit cost [€]`, `price_eur` and
/// `Price in EUR`.
pub(crate) fn in_heading(heading: &str) -> Option<HeadingCurrency<'_>> {
    let heading = heading.trim();
    let bracketed = heading.strip_suffix([')', ']']).and_then(|open| open.rsplit_once(['(', '[']));
    let (name, word) = match bracketed {
        Some(parts) => parts,
        None => heading.rsplit_once([' ', '_', '-', ','])?,
    };
    let code = code_of(word.trim()).filter(|code| !code.is_empty())?;
    let name = name.trim_end_matches([' ', '_', '-', ',']);
    let name = name.strip_suffix(" in").unwrap_or(name).trim_end();
    (!name.is_empty()).then_some(HeadingCurrency { name, code })
}

/// A heading without the currency that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadingCurrency<'a> {
    pub(crate) name: &'a str,
    pub(crate) code: String,
}

/// Signs that countries share: they say that a number is money, not whose.
const SHARED: &[&str] = &["$", "¥", "￥", "kr", "kr.", "Kr", "Kr.", "R"];

/// The code that `word` means; empty for a sign that several currencies share; `None` where it is
/// no currency.
pub(crate) fn code_of(word: &str) -> Option<String> {
    if let Some((_, code)) = SIGNS.iter().find(|(sign, _)| *sign == word) {
        return Some((*code).to_owned());
    }
    if SHARED.contains(&word) {
        return Some(String::new());
    }
    let code = word.to_ascii_uppercase();
    let name = code.strip_suffix('S').unwrap_or(&code);
    if let Some((_, code)) = NAMES.iter().find(|(written, _)| *written == name) {
        return Some((*code).to_owned());
    }
    CODES.contains(&code.as_str()).then_some(code)
}

/// What money is worth: the reporting currency and the rates of the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    /// Code of the reporting currency.
    pub reporting: String,
    /// Whether the configuration names it; otherwise it is a stand-in.
    pub is_configured: bool,
    /// Reporting currency for one unit of another.
    pub rates: BTreeMap<String, f64>,
}

impl Rates {
    /// Reporting currency for one unit of what `name` (a code or a sign) means; empty and shared
    /// signs mean the reporting currency.
    ///
    /// # Errors
    /// The code, where no rate is configured for it.
    pub(crate) fn of(&self, name: &str) -> Result<f64, String> {
        let code = code_of(name.trim()).unwrap_or_else(|| name.trim().to_ascii_uppercase());
        if code.is_empty() || code == self.reporting {
            return Ok(1.0);
        }
        self.rates.get(&code).copied().ok_or(code)
    }

    /// The line of the configuration that `code` needs.
    pub(crate) fn line(&self, code: &str) -> String {
        let reporting = &self.reporting;
        let is_bare = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let key = if is_bare { code.to_owned() } else { format!("{code:?}") };
        format!(
            "write `{key} = ...` under [purchase.rates], the {reporting} that 1 {code} is worth"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_may_name_the_currency_of_its_column() {
        for (heading, name) in [
            ("Price (EUR)", "Price"),
            ("Unit cost [€]", "Unit cost"),
            ("unit_price_eur", "unit_price"),
            ("Price in EUR", "Price"),
            ("Price EUR", "Price"),
        ] {
            let found = HeadingCurrency { name, code: "EUR".to_owned() };
            assert_eq!(in_heading(heading), Some(found), "{heading}");
        }
        for heading in ["Price", "EUR", "Price ($)", "Sold For", "Qty (pcs)", "price_list"] {
            assert_eq!(in_heading(heading), None, "{heading}");
        }
    }

    #[test]
    fn signs_codes_and_nothing_have_a_rate_or_name_what_lacks_one() {
        let rates = Rates {
            reporting: "USD".to_owned(),
            is_configured: true,
            rates: [("EUR".to_owned(), 1.1)].into(),
        };
        for (name, rate) in [("", 1.0), ("$", 1.0), ("usd", 1.0), ("€", 1.1), (" eur ", 1.1)] {
            assert_eq!(rates.of(name), Ok(rate), "{name}");
        }
        assert_eq!(rates.of("jpy"), Err("JPY".to_owned()));
        assert_eq!(rates.of("£"), Err("GBP".to_owned()));
        for (name, rate) in [("US Dollar", 1.0), ("Euros", 1.1), ("us dollars", 1.0)] {
            assert_eq!(rates.of(name), Ok(rate), "{name}");
        }
        assert_eq!(rates.of("Rai stone"), Err("RAI STONE".to_owned()));
        // A line that can be written as it stands.
        assert!(rates.line("RAI STONE").contains("`\"RAI STONE\" = ...`"));
        assert!(rates.line("JPY").contains("`JPY = ...`"));
    }
}
