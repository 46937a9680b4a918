//! Known layouts of tables: one data file each in `presets/`; `src/build.rs` lists and embeds them.
//! Its keys are the fields of [`Preset`].

use crate::ingest::cells::rules::normal;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What stands below the last row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a number of lines, or how the first of them begins")]
pub enum Footer {
    /// So many lines.
    Lines(usize),
    /// A line that begins so, and all below it.
    Begins(String),
    /// A line that begins in one of these ways, and all below it.
    BeginsAny(Vec<String>),
}

impl Default for Footer {
    fn default() -> Self {
        Self::Lines(0)
    }
}

/// A known layout of a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Preset {
    /// Its name in the configuration, which is that of its file.
    #[serde(skip)]
    pub(crate) name: &'static str,
    /// The table it is for; empty = any.
    pub(crate) table: String,
    /// Headings by which a file is recognised: all of them, in any order, each in one of its forms.
    pub(crate) header: Vec<Headings>,
    /// Our column = the column in the file, or several of which the first that is there is read;
    /// `#2` is the second one where it has no heading.
    pub(crate) columns: BTreeMap<String, Headings>,
    /// Our column = the same value in every row.
    pub(crate) constants: BTreeMap<String, String>,
    /// Our column = what to read instead of a value, where the configuration says nothing.
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Our column, or one of the file = values whose rows are left out; `*` at the end matches any
    /// ending.
    pub(crate) exclude: BTreeMap<String, Vec<String>>,
    /// The other way round: rows with any other value are left out.
    pub(crate) keep: BTreeMap<String, Vec<String>>,
    /// Our column, or one of the file = values whose rows have come back entirely.
    pub(crate) returned: BTreeMap<String, Vec<String>>,
    /// Our column, or one of the file = values whose rows came back in part, nobody knows how many.
    pub(crate) partly_returned: BTreeMap<String, Vec<String>>,
    /// Where an order that came back in part says how much money that was.
    pub(crate) refunded: Option<RefundHeadings>,
    /// Between two columns, unless the configuration says otherwise.
    pub(crate) separator: Option<char>,
    /// Whether `"` surrounds a cell that holds separators; without, a `"` is a character like any
    /// other.
    pub(crate) quoting: bool,
    /// Date formats to try before the configured ones.
    pub(crate) date_formats: Vec<String>,
    /// The sheet of a workbook.
    pub(crate) sheet: Option<String>,
    /// Lines between the header and the first row: descriptions, units.
    pub(crate) description_rows: usize,
    /// What stands below the last row: a number of lines, or how the first of them begins.
    pub(crate) footer: Footer,
    /// Whether each date (or each item) has a column of its own.
    pub(crate) wide: bool,
    /// Columns of a wide layout that are none of its headings.
    pub(crate) ignored: Vec<String>,
    /// Our columns whose cells are a code in brackets before a name: `[MUG] Large mug`.
    pub(crate) bracketed: Vec<String>,
    /// Our columns whose cells are paths (`WH/Stock/Shelf 1`) = how many steps of them are the
    /// name.
    pub(crate) levels: BTreeMap<String, usize>,
    /// Whether a column of the file that bears one of our names is that column. In a platform's own
    /// layout `Location` or `Status` may mean something else.
    pub(crate) own_names: bool,
    /// Whether several rows of one day and item, in one file, are parts of one figure.
    pub(crate) added_up: bool,
    /// What stands on the first of several lines alone.
    pub(crate) fill_down: Option<FillDown>,
    /// A column whose cells hold several lines each.
    pub(crate) packed: Option<Packed>,
    /// A location that this layout tells apart; where no other table names it, there is one stock.
    pub(crate) own_location: Option<String>,
}

/// The column in a file under one or several names.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Headings {
    One(String),
    AnyOf(Vec<String>),
}

impl Headings {
    /// The names, the preferred one first.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::AnyOf(names) => names,
        }
    }
}

/// Columns that are left empty where they would repeat the line before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FillDown {
    /// Our column that is the same on lines that belong together; without it, all lines down to the
    /// next filled cell do.
    pub(crate) key: Option<String>,
    /// Our columns, or columns of the file, that are filled down within them.
    pub(crate) columns: Vec<String>,
}

/// Columns of the file about the money of an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundHeadings {
    pub(crate) amount: String,
    pub(crate) total: String,
    pub(crate) subtotal: String,
    pub(crate) shipping: String,
    pub(crate) taxes: String,
}

/// A column that packs the lines of an order into one cell: `Product ID: 7, Product Qty: 2, ...`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Packed {
    /// The column in the file.
    pub(crate) column: String,
    /// The labels of a line's values, the first one beginning a line; each is a column of its own.
    pub(crate) labels: Vec<String>,
}

impl Default for Preset {
    fn default() -> Self {
        Self {
            name: "",
            table: String::new(),
            header: Vec::new(),
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            values: BTreeMap::new(),
            exclude: BTreeMap::new(),
            keep: BTreeMap::new(),
            returned: BTreeMap::new(),
            partly_returned: BTreeMap::new(),
            refunded: None,
            separator: None,
            quoting: true,
            date_formats: Vec::new(),
            sheet: None,
            description_rows: 0,
            footer: Footer::default(),
            wide: false,
            ignored: Vec::new(),
            bracketed: Vec::new(),
            levels: BTreeMap::new(),
            own_names: true,
            added_up: false,
            fill_down: None,
            packed: None,
            own_location: None,
        }
    }
}

/// Name and text of every data file in `presets/`, as the build found them.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/presets.rs"));

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let mut presets = Vec::with_capacity(FILES.len());
    for &(name, text) in FILES {
        match toml::from_str::<Preset>(text) {
            Ok(preset) => presets.push(Preset { name, ..preset }),
            Err(fault) => panic!("presets/{name}.toml: {fault}"),
        }
    }
    presets
});

impl Preset {
    /// Whether these headings, in their plain form, tell the layout.
    fn is_of(&self, headings: &[String]) -> bool {
        !self.header.is_empty()
            && self
                .header
                .iter()
                .all(|wanted| wanted.names().iter().any(|name| headings.contains(&normal(name))))
    }
}

/// The layouts that a header is of: of each table the one that most of its columns speak for.
pub(crate) fn recognised(headings: &[String]) -> Vec<&'static Preset> {
    let there: Vec<String> = headings.iter().map(|heading| normal(heading)).collect();
    let mut best: BTreeMap<&str, &'static Preset> = BTreeMap::new();
    for preset in PRESETS.iter().filter(|preset| preset.is_of(&there)) {
        let known = best.entry(&preset.table).or_insert(preset);
        if preset.header.len() > known.header.len() {
            *known = preset;
        }
    }
    best.into_values().collect()
}

/// The preset of that name.
pub(crate) fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The layout of the contract itself.
pub(crate) fn generic() -> &'static Preset {
    &PRESETS[0]
}

/// Names of all presets.
pub(crate) fn names() -> Vec<&'static str> {
    PRESETS.iter().map(|preset| preset.name).collect()
}
