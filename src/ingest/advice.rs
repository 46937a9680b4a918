//! Which configuration would read a file: by its header where a platform's layout is known, by the
//! names of its columns otherwise; tried on the file before anybody is told.

use crate::domain::error::{Error, Result};
use crate::ingest::cells::choices;
use crate::ingest::cells::currency;
use crate::ingest::cells::presets::{self, Preset};
use crate::ingest::cells::rules::normal;
use crate::ingest::files::read::{self, TableSource};
use crate::ingest::files::source::{self, File, Format};
use crate::ingest::files::{parquet, text, workbook};
use crate::ingest::settings::{Encoding, Settings, TableMapping};
use crate::ingest::tables::quarantine::Quarantine;
use crate::ingest::tables::schema::{self, Kind, Schema};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// Date formats that files outside the ISO world have, the day before the month first.
const DATE_FORMATS: [&str; 16] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%y-%m-%d",
    "%y/%m/%d",
    "%b %d, %Y",
    "%d %b %Y",
    "%b-%d-%y",
    "%d-%b-%y",
    "%b-%y",
    "%b %y",
];

/// Clock times that may follow a day.
const TIMES: [&str; 4] = ["", " %H:%M", " %H:%M:%S", " %I:%M:%S %p"];

/// So often a mapping is mended one key at a time: dates, encoding, quotes and words.
const ROUNDS: usize = 4;

/// Of two formats that read the same rows the one whose days lie so many times nearer together is
/// meant.
const FAR_NARROWER: i64 = 12;

/// A file beyond this is tried by its beginning.
const SAMPLE_BYTES: u64 = 2 << 20;

/// Other words for our columns in files that people make, the likeliest first.
const SYNONYMS: &[(&str, &[&str])] = &[
    (
        "date",
        &[
            "date",
            "order_date",
            "sale_date",
            "created_at",
            "purchase_date",
            "invoice_date",
            "transaction_date",
            "day",
            "order_created",
            "timestamp",
            "ds",
            "datum",
            "fecha",
            "invoicedate",
            "orderdate",
            "bestelldatum",
            "auftragsdatum",
            "rechnungsdatum",
            "belegdatum",
            "kaufdatum",
            "date_de_commande",
            "date_commande",
            "fecha_pedido",
            "fecha_de_pedido",
            "data_ordine",
            "orderdatum",
        ],
    ),
    (
        "sku",
        &[
            "sku",
            "item_code",
            "item_sku",
            "product_code",
            "product_sku",
            "seller_sku",
            "merchant_sku",
            "variant_sku",
            "stockcode",
            "item_number",
            "item_no",
            "article",
            "article_number",
            "artikelnummer",
            "product_id",
            "item_id",
            "item",
            "product",
            "barcode",
            "artikelnr",
            "artikel",
            "référence",
            "reference",
            "sku_code",
            "part_number",
            "part_no",
            "style",
            "materialnummer",
            "código",
            "codigo",
            "code",
        ],
    ),
    (
        "quantity",
        &[
            "quantity",
            "qty",
            "units",
            "units_sold",
            "quantity_sold",
            "qty_sold",
            "sold",
            "order_quantity",
            "quantity_ordered",
            "menge",
            "anzahl",
            "cantidad",
            "pieces",
            "stück",
            "stückzahl",
            "quantité",
            "quantite",
            "unidades",
            "quantità",
            "aantal",
            "ordered",
            "qty_ordered",
            "order_qty",
            "units_ordered",
        ],
    ),
    (
        "unit_price",
        &[
            "unit_price",
            "price",
            "item_price",
            "selling_price",
            "unitprice",
            "preis",
            "rate",
            "prix",
            "precio",
            "einzelpreis",
            "prix_unitaire",
            "precio_unitario",
            "prezzo_unitario",
            "prezzo",
            "prijs",
        ],
    ),
    (
        "revenue",
        &[
            "revenue",
            "line_total",
            "net_sales",
            "amount",
            "total",
            "sales",
            "umsatz",
            "net_amount",
            "net",
            "net_revenue",
        ],
    ),
    ("channel", &["channel", "sales_channel", "marketplace", "source", "platform"]),
    (
        "location",
        &[
            "location",
            "warehouse",
            "store",
            "site",
            "branch",
            "lager",
            "depot",
            "entrepôt",
            "entrepot",
            "dépôt",
            "almacén",
            "almacen",
            "magazzino",
            "magazijn",
        ],
    ),
    (
        "committed",
        &["committed", "allocated", "reserved", "qty_committed", "qty_reserved", "reserviert"],
    ),
    ("currency", &["currency", "currency_code"]),
    ("status", &["status", "order_status", "state"]),
    ("returns", &["returns", "returned", "returned_quantity", "quantity_returned"]),
    (
        "order_id",
        &[
            "order_id",
            "order_number",
            "order_no",
            "order",
            "invoice",
            "invoice_no",
            "receipt",
            "po_number",
            "po_no",
            "po",
            "purchase_order",
            "bestellnummer",
            "auftragsnummer",
        ],
    ),
    (
        "supplier",
        &[
            "supplier",
            "vendor",
            "supplier_name",
            "vendor_name",
            "supplier_code",
            "lieferant",
            "fournisseur",
            "proveedor",
            "leverancier",
            "fornitore",
        ],
    ),
    (
        "lead_time_days",
        &[
            "lead_time_days",
            "lead_time",
            "leadtime",
            "lead_time_(days)",
            "lead_days",
            "delivery_time",
            "lieferzeit",
            "wiederbeschaffungszeit",
            "délai",
            "delai",
            "plazo",
            "levertijd",
        ],
    ),
    (
        "minimum_order",
        &[
            "minimum_order",
            "moq",
            "min_order",
            "min_order_qty",
            "minimum_order_quantity",
            "min_qty",
            "mindestmenge",
            "mindestbestellmenge",
        ],
    ),
    (
        "pack_size",
        &[
            "pack_size",
            "case_pack",
            "case_qty",
            "case_size",
            "carton_qty",
            "units_per_case",
            "pack_qty",
            "order_multiple",
            "verpackungseinheit",
            "ve",
        ],
    ),
    (
        "expected",
        &[
            "expected",
            "eta",
            "expected_date",
            "expected_arrival",
            "expected_delivery",
            "due_date",
            "delivery_date",
            "arrival_date",
            "liefertermin",
        ],
    ),
    ("received", &["received", "received_date", "receipt_date", "date_received"]),
    (
        "on_hand",
        &[
            "on_hand",
            "qty_on_hand",
            "quantity_on_hand",
            "stock_on_hand",
            "stock",
            "stock_level",
            "available",
            "inventory",
            "bestand",
            "quantity",
            "qty",
            "soh",
        ],
    ),
    ("name", &["name", "title", "description", "product_name", "item_name", "product_title"]),
    ("category", &["category", "categories", "product_category", "product_type", "group", "type"]),
    ("unit_cost", &["unit_cost", "cost", "cost_price", "cost_per_item", "purchase_price"]),
];

/// Tables that a file of unknown layout may be, with the columns that tell: the first that fits.
const TELLING: [(&str, &[&str]); 5] = [
    // Before sales, which have the same columns and neither a supplier nor an arrival.
    ("purchase_orders", &["order_id", "sku", "quantity", "supplier", "expected"]),
    ("supply", &["sku", "supplier", "lead_time_days"]),
    ("sales", &["date", "sku", "quantity"]),
    ("stock", &["sku", "on_hand"]),
    ("products", &["sku", "name"]),
];

/// Lines of the configuration that read a file, and what they read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The table that the file is.
    pub table: String,
    /// `[[mapping.TABLE]]` and its keys.
    pub lines: String,
    /// The format in which the same dates are other days, where no date of the file tells.
    pub other_order: Option<String>,
    /// The platform's layout, where it is known.
    pub preset: Option<&'static str>,
    /// Data rows that were tried.
    pub rows: u64,
    /// Of them, rows that would go into quarantine.
    pub rejected: u64,
    /// Of them, rows that are no rows of the table.
    pub left_out: u64,
}

impl Suggestion {
    /// The lines as a configuration takes them: where nobody can say which number of a date is the
    /// day, both formats stand there for a person to choose, and neither holds until then.
    #[must_use]
    pub fn to_write(&self) -> String {
        let Some(other) = &self.other_order else { return self.lines.clone() };
        let mut text = String::new();
        for line in self.lines.lines() {
            if line.starts_with("date_formats") {
                text.push_str(&format!(
                    "# No date of the file tells which number is the day: keep one of the two.\n\
                     #{line}\n#date_formats = [{other:?}]\n"
                ));
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }
}

/// What a mapping makes of a file.
#[derive(Debug, Clone)]
struct Trial {
    rows: u64,
    rejected: u64,
    left_out: u64,
    /// How far rejected rows could be read, in columns: where dates and prices are both unreadable,
    /// mending the dates is progress.
    reach: usize,
    /// Days from the first to the last: `26-01-05` read as the 26th of January 2005 spreads a month
    /// over thirty years.
    days: i64,
    /// Columns that must have a value and are empty in rejected rows.
    empty: BTreeSet<String>,
    /// What rejected cells most likely mean, by column.
    meant: BTreeMap<String, BTreeMap<String, String>>,
}

impl Trial {
    /// Rows that are read.
    fn good(&self) -> u64 {
        self.rows - self.rejected - self.left_out
    }

    /// Whether more is read than in `other`. Fewer rejects that are only more rows left out are no
    /// progress; where more rows are read some may turn out to be none of the table.
    fn beats(&self, other: &Self) -> bool {
        if self.good() > other.good() {
            return true;
        }
        // Day and month the other way round is for a person to say, see `other_order`.
        if self.good() == other.good() && self.days.saturating_mul(FAR_NARROWER) < other.days {
            return self.rejected == other.rejected;
        }
        self.left_out <= other.left_out
            && (self.rejected < other.rejected
                || (self.rejected == other.rejected && self.reach > other.reach))
    }
}

/// How to read each file under `data` that is not in the contract's own form, by name.
///
/// # Errors
/// If the folder cannot be read.
pub fn suggestions(data: &Path, settings: &Settings) -> Result<BTreeMap<String, Vec<Suggestion>>> {
    let mut all = BTreeMap::new();
    for file in source::candidates(data)? {
        let name = file.name.clone();
        all.insert(name.clone(), suggest(&file, &name, settings)?);
    }
    Ok(all)
}

/// How to read the file at `path`, which the configuration calls `name`; nothing where no table
/// fits.
///
/// # Errors
/// If it cannot be read.
pub fn suggestions_for(path: &Path, name: &str, settings: &Settings) -> Result<Vec<Suggestion>> {
    suggest(&source::single(path)?, name, settings)
}

/// The beginning of a large text file, in a folder of its own; small files as they are, `None` for
/// large ones of other kinds. A mapping is tried some fifty ways.
fn sample(file: &File) -> Result<Option<Sample>> {
    if file.bytes() <= SAMPLE_BYTES {
        return Ok(Some(Sample { file: file.clone(), _folder: None }));
    }
    // What is compressed or in columns cannot be cut at a line: a large one is not tried.
    if file.format != Format::Text {
        return Ok(None);
    }
    let opened = std::fs::File::open(&file.path).map_err(Error::unreadable(&file.path))?;
    let mut bytes = Vec::new();
    opened.take(SAMPLE_BYTES).read_to_end(&mut bytes).map_err(Error::unreadable(&file.path))?;
    // The last line is cut off somewhere.
    bytes.truncate(bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1));
    let folder = tempfile::tempdir().map_err(Error::io("temporary folder"))?;
    let path = folder.path().join(file.base_name());
    std::fs::write(&path, bytes).map_err(Error::io(&path))?;
    let file = File { path, ..file.clone() };
    Ok(Some(Sample { file, _folder: Some(folder) }))
}

/// What mappings are tried on.
struct Sample {
    file: File,
    _folder: Option<tempfile::TempDir>,
}

fn suggest(file: &File, name: &str, settings: &Settings) -> Result<Vec<Suggestion>> {
    let Some(sample) = sample(file)? else { return Ok(Vec::new()) };
    let file = &sample.file;
    let lines = first_lines(file, settings)?;
    let known = lines.iter().map(|line| presets::recognised(line)).find(|known| !known.is_empty());
    let mut found = Vec::new();
    for preset in known.unwrap_or_default() {
        let Some(schema) = schema::table(&preset.table) else { continue };
        let mapping =
            TableMapping { preset: Some(preset.name.to_owned()), ..TableMapping::default() };
        found.extend(tried(file, name, schema, mapping, settings, Some(preset)));
    }
    if found.is_empty() {
        let guesses = lines.iter().filter_map(|line| guess(line));
        for guess in guesses {
            let Some(schema) = schema::table(guess.table) else { continue };
            let suggestion = tried(file, name, schema, guess.mapping, settings, None);
            if suggestion.is_some() {
                found.extend(suggestion);
                break;
            }
        }
    }
    Ok(found)
}

/// The cells of the first lines of a file.
fn first_lines(file: &File, settings: &Settings) -> Result<Vec<Vec<String>>> {
    match file.format {
        Format::Parquet => parquet::headings(file).map(|headings| vec![headings]),
        Format::Text | Format::Gzip => text::first_lines(file, settings),
        Format::Workbook => workbook::first_lines(file, &settings.data),
    }
}

/// A table that a header may be of.
struct Guess {
    table: &'static str,
    mapping: TableMapping,
}

fn guess(headings: &[String]) -> Option<Guess> {
    // `Einzelpreis (EUR)` is a price, whatever its currency.
    let mut plain = Vec::with_capacity(headings.len());
    for heading in headings {
        let named = currency::in_heading(heading);
        plain.push(normal(named.as_ref().map_or(heading, |named| named.name)));
    }
    for (table, telling) in TELLING {
        let schema = schema::table(table)?;
        let mut columns = BTreeMap::new();
        let mut taken = vec![false; headings.len()];
        for (ours, names) in SYNONYMS.iter().filter(|(ours, _)| schema.position(ours).is_some()) {
            let found = names.iter().find_map(|name| {
                plain.iter().position(|heading| heading == name).filter(|&at| !taken[at])
            });
            if let Some(at) = found {
                taken[at] = true;
                columns.insert((*ours).to_owned(), headings[at].clone());
            }
        }
        if telling.iter().all(|column| columns.contains_key(*column)) {
            // What is called as the table calls it needs no line in the configuration.
            columns.retain(|ours, theirs| normal(theirs) != *ours);
            return Some(Guess { table, mapping: TableMapping { columns, ..Default::default() } });
        }
    }
    None
}

/// The mapping, mended until it reads the file as well as it can; `None` where it cannot be read at
/// all.
fn tried(
    file: &File,
    name: &str,
    schema: &'static Schema,
    mapping: TableMapping,
    settings: &Settings,
    preset: Option<&'static Preset>,
) -> Option<Suggestion> {
    let before = trial(file, schema, &mapping, settings)?;
    let (mapping, after) = mended(file, schema, mapping, before, settings);
    let other_order = other_order(file, schema, &mapping, &after, settings);
    let keys = keys(&mapping, &TableMapping::default());
    let mut lines = format!("[[mapping.{}]]\nfile = {name:?}\n", schema.table);
    for key in keys {
        lines.push_str(&key);
        lines.push('\n');
    }
    Some(Suggestion {
        table: schema.table.to_owned(),
        lines,
        other_order,
        preset: preset.map(|preset| preset.name),
        rows: after.rows,
        rejected: after.rejected,
        left_out: after.left_out,
    })
}

/// What would read `file` better than its mapping does: the keys to write, one sentence; empty
/// where nothing is found.
pub(crate) fn remedy(data: &Path, table: &str, file: &str, settings: &Settings) -> String {
    let Some(schema) = schema::table(table) else { return String::new() };
    for mapping in settings.sources(table) {
        let Ok(found) = source::files(data, schema, &mapping) else { continue };
        let Some(file) = found.files.into_iter().find(|found| found.name == file) else { continue };
        let Ok(Some(sample)) = sample(&file) else { continue };
        let file = sample.file.clone();
        let Some(before) = trial(&file, schema, &mapping, settings) else { continue };
        let (good, rejected) = (before.good(), before.rejected);
        let (mended, after) = mended(&file, schema, mapping.clone(), before, settings);
        if rejected > 0
            && after.rejected == rejected
            && let Some(none) = no_places(&file, schema, &mapping, good, settings)
        {
            return format!(
                "; `exclude.location = {none:?}` in [mapping.{table}] leaves out what is no \
                 location (tried on this file)"
            );
        }
        if after.rejected < rejected {
            let keys = keys(&mended, &mapping).join("` and `");
            let readable = after.rows - after.rejected - after.left_out;
            let other = other_order(&file, schema, &mended, &after, settings);
            let other = other.map(say_which).unwrap_or_default();
            return format!(
                "; `{keys}` in [mapping.{table}] reads {readable} of {} rows (tried on this \
                 file){other}",
                after.rows - after.left_out
            );
        }
    }
    String::new()
}

/// Columns of a layout with a column a location that are none: somebody's notes, a new column of a
/// platform. None of their cells is a quantity, so no row is lost without them.
fn no_places(
    file: &File,
    schema: &'static Schema,
    mapping: &TableMapping,
    good: u64,
    settings: &Settings,
) -> Option<Vec<String>> {
    let preset = presets::find(mapping.preset.as_deref()?)?;
    if !preset.wide || schema.table != "stock" {
        return None;
    }
    let lines = first_lines(file, settings).ok()?;
    let header = lines
        .into_iter()
        .find(|line| presets::recognised(line).iter().any(|known| known.name == preset.name))?;
    let mut mapping = mapping.clone();
    let mut rejected = trial(file, schema, &mapping, settings)?.rejected;
    let mut none = Vec::new();
    for heading in header {
        let mut other = mapping.clone();
        other.exclude.entry("location".to_owned()).or_default().push(heading.clone());
        let Some(trial) = trial(file, schema, &other, settings) else { continue };
        if trial.good() == good && trial.rejected < rejected {
            rejected = trial.rejected;
            mapping = other;
            none.push(heading);
        }
    }
    (!none.is_empty()).then_some(none)
}

/// The layout that reads `file` as `table` where its mapping finds no header: the keys to write,
/// one sentence; empty where nothing is found.
pub(crate) fn layout(
    path: &Path,
    table: &str,
    mapping: &TableMapping,
    settings: &Settings,
) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Ok(found) = suggestions_for(path, &name, settings) else { return String::new() };
    let reads =
        |suggestion: &&Suggestion| suggestion.rows > suggestion.rejected + suggestion.left_out;
    let written = mapping.preset.as_deref().unwrap_or("generic");
    if let Some(suggestion) = found.iter().find(|s| s.table == table).filter(reads) {
        let keys: Vec<&str> = suggestion.lines.lines().skip(2).collect();
        if keys.is_empty() {
            return String::new();
        }
        let instead = if mapping.preset.is_some() && suggestion.preset.is_none() {
            format!(" without preset = {written:?}")
        } else {
            String::new()
        };
        let other = suggestion.other_order.clone().map(say_which).unwrap_or_default();
        return format!(
            "; `{}` in [mapping.{table}]{instead} reads {} of {} rows (tried on this file){other}",
            keys.join("` and `"),
            suggestion.rows - suggestion.rejected - suggestion.left_out,
            suggestion.rows - suggestion.left_out
        );
    }
    match found.iter().find(reads) {
        Some(other) => {
            let keys: Vec<&str> = other.lines.lines().skip(2).collect();
            let keys = keys.join("` and `");
            format!(
                "; it looks like a table of {}: `{keys}` in [[mapping.{}]] reads it (tried on this \
                 file)",
                other.table, other.table
            )
        }
        None => String::new(),
    }
}

fn say_which(format: String) -> String {
    format!("; so does {format:?}: say which is the day")
}

/// The format in which the same dates can be read with day and month the other way round.
fn other_order(
    file: &File,
    schema: &'static Schema,
    mapping: &TableMapping,
    known: &Trial,
    settings: &Settings,
) -> Option<String> {
    let format = mapping.date_formats.first()?;
    // Only numbers can be taken for each other: a month that is written out leaves nothing open.
    let swapped = format.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m");
    if swapped == *format || format.contains("%b") {
        return None;
    }
    let other = TableMapping { date_formats: vec![swapped.clone()], ..mapping.clone() };
    let trial = trial(file, schema, &other, settings)?;
    // Both orders read as many rows: then only a person knows.
    (trial.rejected <= known.rejected).then_some(swapped)
}

/// Changes `mapping` one key at a time as long as fewer rows are rejected.
fn mended(
    file: &File,
    schema: &'static Schema,
    mut mapping: TableMapping,
    mut best: Trial,
    settings: &Settings,
) -> (TableMapping, Trial) {
    for _ in 0..ROUNDS {
        // One rule at a time, and each round on top of the last one's best: a file with two faults
        // needs two rules.
        if best.rejected == 0 {
            break;
        }
        let mut better = None;
        for other in variants(&mapping, &best, settings) {
            let Some(trial) = trial(file, schema, &other, settings) else { continue };
            if trial.beats(&best) {
                best = trial;
                better = Some(other);
            }
        }
        match better {
            Some(other) => mapping = other,
            None => break,
        }
    }
    (mapping, best)
}

/// The mapping with one key more.
fn variants(mapping: &TableMapping, best: &Trial, settings: &Settings) -> Vec<TableMapping> {
    let mut all = Vec::new();
    for (column, words) in &best.meant {
        let mut other = mapping.clone();
        other.values.entry(column.clone()).or_default().extend(words.clone());
        all.push(other);
    }
    if mapping.date_formats.is_empty() {
        for format in DATE_FORMATS {
            for time in TIMES {
                let date_formats = vec![format!("{format}{time}")];
                all.push(TableMapping { date_formats, ..mapping.clone() });
            }
        }
    }
    if mapping.fill_down.is_empty() && !best.empty.is_empty() {
        let fill_down = best.empty.iter().cloned().collect();
        all.push(TableMapping { fill_down, ..mapping.clone() });
    }
    // Never decimal_comma: who is asked for it must choose, and both answers can be read.
    if mapping.encoding.or(settings.csv.encoding) == Some(Encoding::Utf8) {
        all.push(TableMapping { encoding: Some(Encoding::Latin1), ..mapping.clone() });
    }
    if mapping.quoting != Some(false) {
        all.push(TableMapping { quoting: Some(false), ..mapping.clone() });
    }
    all
}

/// Reads the first rows of a file by a mapping; `None` where it cannot be read at all.
fn trial(
    file: &File,
    schema: &'static Schema,
    mapping: &TableMapping,
    settings: &Settings,
) -> Option<Trial> {
    let source = TableSource {
        schema,
        mapping,
        files: vec![file.clone()],
        compares_orders: false,
        known_locations: None,
    };
    let mut quarantine = Quarantine::default();
    let mut good = 0;
    let mut first = i32::MAX;
    let mut last = i32::MIN;
    let enough = "the first rows are read";
    let read = read::read(&source, settings, &mut quarantine, &mut |chunk, _, _| {
        good += (0..chunk.rows).filter(|&row| chunk.is_good(row)).count() as u64;
        first = chunk.days().fold(first, i32::min);
        last = chunk.days().fold(last, i32::max);
        // The first chunk with good rows is enough to judge a rule by; what is behind it would only
        // cost time, and an error is the one way out of the loop.
        if good > 0 { Err(Error::NotFound(enough.to_owned())) } else { Ok(()) }
    });
    match read {
        Ok(_) => {}
        Err(Error::NotFound(why)) if why == enough => {}
        Err(_) => return None,
    }
    let (rejected, left_out) = (quarantine.rejected_rows(), quarantine.left_out_rows());
    let days = (i64::from(last) - i64::from(first)).max(0);
    let rejects = quarantine.into_rows();
    // How far right in the table's columns the faults lie: a rule that lets rows get further has
    // mended something, even if none is good yet.
    let reach = rejects.iter().map(|row| schema.position(&row.column).unwrap_or(0)).sum();
    let mut empty = BTreeSet::new();
    let mut meant: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in &rejects {
        let named = schema.position(&row.column).map(|at| schema.columns[at].kind);
        let repeats = matches!(named, Some(Kind::Date | Kind::Id(_) | Kind::Text | Kind::Key));
        if row.value.is_empty() && repeats {
            empty.insert(row.column.clone());
        }
        let column = schema.position(&row.column).map(|at| &schema.columns[at]);
        if let Some(own) = column.and_then(|column| choices::likely(column, &row.value)) {
            meant.entry(row.column.clone()).or_default().insert(row.value.clone(), own);
        }
    }
    Some(Trial { rows: good + rejected + left_out, rejected, left_out, reach, days, empty, meant })
}

/// The keys of `mapping` that differ from those of `than`, as the configuration writes them.
fn keys(mapping: &TableMapping, than: &TableMapping) -> Vec<String> {
    let mut keys = Vec::new();
    if let Some(preset) = mapping.preset.as_ref().filter(|_| mapping.preset != than.preset) {
        keys.push(format!("preset = {preset:?}"));
    }
    if mapping.columns != than.columns {
        let pairs = mapping.columns.iter().map(|(ours, theirs)| format!("{ours} = {theirs:?}"));
        keys.push(format!("columns = {{ {} }}", pairs.collect::<Vec<_>>().join(", ")));
    }
    if mapping.date_formats != than.date_formats {
        keys.push(format!("date_formats = {:?}", mapping.date_formats));
    }
    if mapping.values != than.values {
        let columns = mapping.values.iter().map(|(column, words)| {
            let words = words.iter().map(|(theirs, ours)| format!("{theirs:?} = {ours:?}"));
            format!("{column} = {{ {} }}", words.collect::<Vec<_>>().join(", "))
        });
        keys.push(format!("values = {{ {} }}", columns.collect::<Vec<_>>().join(", ")));
    }
    if mapping.fill_down != than.fill_down {
        keys.push(format!("fill_down = {:?}", mapping.fill_down));
    }
    if mapping.encoding != than.encoding {
        keys.push("encoding = \"latin-1\"".to_owned());
    }
    if mapping.quoting != than.quoting {
        keys.push("quoting = false".to_owned());
    }
    keys
}
