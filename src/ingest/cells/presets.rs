//! Known layouts of tables: one data file each in `presets/`, embedded by the list below.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A known layout of a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Preset {
    /// Its name in the configuration, which is that of its file.
    #[serde(skip)]
    pub(crate) name: &'static str,
    /// Our column = the column in the file.
    pub(crate) columns: BTreeMap<String, String>,
    /// Our column = the same value in every row.
    pub(crate) constants: BTreeMap<String, String>,
    /// Our column = values whose rows are left out; `*` at the end matches any ending.
    pub(crate) exclude: BTreeMap<String, Vec<String>>,
    /// Between two columns, unless the configuration says otherwise.
    pub(crate) separator: Option<char>,
    /// Whether `"` surrounds a cell that holds separators; without, a `"` is a character like any
    /// other.
    pub(crate) quoting: bool,
    /// Lines before the header.
    pub(crate) skip_lines: usize,
    /// Whether each date (or each item) has a column of its own.
    pub(crate) wide: bool,
    /// What stands on the first of several lines alone.
    pub(crate) fill_down: Option<FillDown>,
}

/// Columns that are left empty where they would repeat the line before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FillDown {
    /// Our column that is the same on lines that belong together.
    pub(crate) key: String,
    /// Our columns that are filled down within them.
    pub(crate) columns: Vec<String>,
}

impl Default for Preset {
    fn default() -> Self {
        Self {
            name: "",
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            exclude: BTreeMap::new(),
            separator: None,
            quoting: true,
            skip_lines: 0,
            wide: false,
            fill_down: None,
        }
    }
}

macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("presets/", $name, ".toml"))),)*]
    };
}

/// Every preset, the one that needs no configuration first.
const FILES: &[(&str, &str)] =
    &files!["generic" "nixtla" "shopify-orders" "amazon-all-orders" "wide"];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let parse = |&(name, text)| match toml::from_str::<Preset>(text) {
        Ok(preset) => Preset { name, ..preset },
        Err(fault) => panic!("presets/{name}.toml: {fault}"),
    };
    FILES.iter().map(parse).collect()
});

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
