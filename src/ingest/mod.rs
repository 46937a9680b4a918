//! From files to typed tables and the panel: what a run reads, checked, and nothing a run may not
//! know yet.
//!
//! Every table of the contract is a [`schema`]; one reader turns CSV (plain or gzipped), Parquet
//! and folders of parts into typed columns by it, after the [mapping](cells::mapping) has found the
//! columns. Rows that cannot be used go into quarantine with file, line, column and reason; too
//! many of them refuse the run. Sales are streamed into compact rows and scattered into the panel;
//! the other tables are converted row by row. Names are sorted, so codes, and with them all
//! results, do not depend on the order of rows or their split into files.

pub mod advice;
pub mod cells;
pub mod families;
pub mod far;
pub mod files;
mod heirs;
mod morning;
mod names;
mod panel;
mod places;
pub mod settings;
mod spellings;
pub mod tables;
#[cfg(test)]
mod tests;

pub use crate::ingest::cells::currency::Rates;
pub use crate::ingest::settings::{
    CsvSettings, DataSettings, LoneDates, RowBounds, Settings, TableMapping,
};

use crate::domain::calendar::Bucket;
use crate::domain::error::{Error, Result};
use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::{
    Adjustment, Inputs, Kit, Names, OutsideForecast, Product, Source, Stock, StockHistory,
    Stockout, is_in_category,
};
use crate::domain::lanes::{Lane, Lanes};
use crate::domain::shown::counted;
use crate::domain::sorted::Sorted;
use crate::domain::units::{ChannelId, LocationId, SkuId, Units};
use crate::ingest::cells::days::{date_of, day_number};
use crate::ingest::cells::reader::ColumnReader;
use crate::ingest::families::Families;
use crate::ingest::files::read::TableSource;
use crate::ingest::files::table::{SourceRows, Table};
use crate::ingest::files::{read, source};
use crate::ingest::morning::{DayRows, Stamps};
use crate::ingest::names::{Catalogue, Codes, NameSets, Spellings};
use crate::ingest::panel::Around;
use crate::ingest::places::{Named, Places};
use crate::ingest::spellings::Variants;
use crate::ingest::tables::convert::{Convert, later_rows};
use crate::ingest::tables::quarantine::{Quarantine, Refusal};
use crate::ingest::tables::sales::{Context, SalesRows};
use crate::ingest::tables::{audit, booked_moves, lanes, master, plans, schema, stocks};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What to load.
#[derive(Default, Clone)]
pub struct Request {
    /// The folder of tables.
    pub data: PathBuf,
    /// Where far sources are fetched to.
    pub work: PathBuf,
    /// Who reads what is fetched.
    pub readers: far::Readers,
    /// The sections `[data]`, `[csv]` and `[mapping]`.
    pub settings: Settings,
    /// The morning of the run; unset = the day after the last sale.
    pub as_of: Option<NaiveDate>,
    /// Length of the panel's periods.
    pub bucket: Bucket,
    /// Only these items take part.
    pub only: Option<Vec<String>>,
}

/// Loads every table that is there.
///
/// # Errors
/// [`Error::Config`] for settings that cannot be used; [`Error::Input`] for a missing, unreadable
/// or stale table, a missing column, too many rejected rows, no sales at all, or a panel beyond the
/// memory limit.
pub fn load(request: &Request) -> Result<Inputs> {
    let problems = request.settings.problems();
    if !problems.is_empty() {
        return Err(Error::Config(problems));
    }
    if !request.data.is_dir() && !request.settings.has_far_sources() {
        return Err(Error::input(
            &request.data,
            "no such folder; expected a folder of tables with at least sales",
        ));
    }
    with_far(request, |request| {
        let mut loading = Loading::new(request);
        loading.read_small_tables()?;
        let catalogue = loading.catalogue();
        let read = loading.read_sales(&catalogue)?;
        loading.load(catalogue, read)
    })
}

/// What `load` makes of the request when its far sources are fetched; they stay until it is done.
fn with_far<T>(request: &Request, load: impl FnOnce(&Request) -> Result<T>) -> Result<T> {
    match far::bring(&request.settings, &request.data, &request.work, request.readers)? {
        None => load(request).map_err(|error| far::named(&request.settings, error)),
        Some(brought) => {
            let near = Request { settings: brought.settings.clone(), ..request.clone() };
            load(&near).map_err(|error| far::named(&near.settings, error))
        }
    }
}

/// Who is in which bucket.
///
/// # Errors
/// As [`load()`].
pub fn placing(request: &Request) -> Result<families::Placing> {
    with_far(request, |request| {
        let mut loading = Loading::new(request);
        loading.read_small_tables()?;
        let catalogue = loading.catalogue();
        let leads = loading.families(&catalogue).leads();
        Ok(families::Placing { leads, codes: catalogue.codes() })
    })
}

/// Every table but sales, read once for all buckets of a task.
#[derive(Clone)]
pub struct SmallTables<'a> {
    loading: Loading<'a>,
}

/// What `work` makes of them; far sources are fetched once, and stay until it is done.
///
/// # Errors
/// As [`load()`], and those of `work`.
pub fn with_small_tables<T>(
    request: &Request,
    work: impl FnOnce(SmallTables<'_>) -> Result<T>,
) -> Result<T> {
    with_far(request, |request| {
        let mut loading = Loading::new(request);
        loading.read_small_tables()?;
        work(SmallTables { loading })
    })
}

/// Loads every table, with the sales that were read before: see [`SmallTables::load_part`].
///
/// # Errors
/// As [`load()`].
pub fn load_part(
    request: &Request,
    part: SalesPart,
    bucket: Option<families::Bucket>,
) -> Result<Inputs> {
    with_small_tables(request, |tables| tables.load_part(part, bucket))
}

impl SmallTables<'_> {
    /// Reads the sales of the items of a bucket.
    ///
    /// # Errors
    /// As [`load()`].
    pub fn read_bucket(&self, bucket: families::Bucket) -> Result<SalesPart> {
        let mut catalogue = self.loading.catalogue();
        catalogue.keep_to(self.loading.families(&catalogue), bucket);
        self.loading.read_sales(&catalogue)
    }

    /// Loads every table, with the sales that were [read](Self::read_bucket) before. Where `bucket`
    /// says which, `part` is its part [among all](SalesPart::among), and series of other items have
    /// a place in the panel and no history; without a bucket all series are so.
    ///
    /// # Errors
    /// As [`load()`].
    pub fn load_part(self, part: SalesPart, bucket: Option<families::Bucket>) -> Result<Inputs> {
        let mut loading = self.loading;
        let catalogue = loading.catalogue();
        // Of no buckets at all, nothing is in the first.
        let bucket = bucket.unwrap_or(families::Bucket { bucket: 1, of: 1 });
        loading.here = Some((loading.families(&catalogue), bucket));
        loading.load(catalogue, part)
    }
}

/// What reading the sales left behind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SalesPart {
    sales: SalesRows,
    sources: Vec<Source>,
    exceptions: Vec<Exception>,
    quarantine: Quarantine,
    twins: Vec<String>,
    /// Cells that name a currency without a rate, by its code.
    without_rate: BTreeMap<String, u64>,
    shared_signs: u64,
    /// Rows from the morning on that were found when other parts were made a panel.
    pub future_rows: u64,
}

impl SalesPart {
    /// Rows of which nothing is to be told yet.
    fn of(sales: SalesRows) -> Self {
        Self {
            sales,
            sources: Vec::new(),
            exceptions: Vec::new(),
            quarantine: Quarantine::default(),
            twins: Vec::new(),
            without_rate: BTreeMap::new(),
            shared_signs: 0,
            future_rows: 0,
        }
    }

    /// What the parts of all buckets say together, rows apart; `None` of no parts.
    ///
    /// # Errors
    /// [`Error::Input`] where a file was another one for one bucket than for the next.
    pub fn together(parts: &[Self]) -> Result<Option<Self>> {
        let rows: Vec<&SalesRows> = parts.iter().map(|part| &part.sales).collect();
        let Some(rows) = SalesRows::together(&rows) else { return Ok(None) };
        let mut all = Self::of(rows);
        let mut exceptions = BTreeSet::new();
        let mut twins = BTreeSet::new();
        let mut sources: BTreeMap<&str, &Source> = BTreeMap::new();
        for part in parts {
            // A file that several have read, each for items of its own, is one.
            for source in &part.sources {
                let known = sources.insert(&source.file, source);
                if known.is_some_and(|known| known.sha256 != source.sha256) {
                    let message = "was changed while buckets read it: run the phases again, in a \
                                   new work folder, once whoever writes it is done";
                    return Err(Error::input(&source.file, message));
                }
            }
            exceptions.extend(part.exceptions.iter().cloned());
            twins.extend(part.twins.iter().cloned());
            all.quarantine.merge(part.quarantine.clone());
            for (code, cells) in &part.without_rate {
                let known = all.without_rate.entry(code.clone()).or_insert(0);
                *known = *cells.max(known);
            }
            all.shared_signs = all.shared_signs.max(part.shared_signs);
        }
        all.sources = sources.into_values().cloned().collect();
        // What each says of its own files' layout is said once.
        let mut said = BTreeSet::new();
        let mut once: Vec<Exception> = exceptions.into_iter().collect();
        once.retain(|e| {
            let is_of_layout =
                matches!(e.kind, ExceptionKind::UnmatchedColumn | ExceptionKind::AssumedLayout);
            !is_of_layout || said.insert(e.what.clone())
        });
        all.exceptions = once;
        all.twins = twins.into_iter().collect();
        Ok(Some(all))
    }

    /// This part, one bucket's, among `all`.
    #[must_use]
    pub fn among(self, all: &Self) -> Self {
        Self { sales: self.sales.among(&all.sales), ..all.clone() }
    }
}

/// The state of one load.
#[derive(Clone)]
struct Loading<'a> {
    request: &'a Request,
    quarantine: Quarantine,
    exceptions: Vec<Exception>,
    sources: Vec<Source>,
    /// Files that another one says all of.
    twins: Vec<String>,
    tables: BTreeMap<&'static str, Table>,
    /// What a run must not go on with.
    refused: Vec<String>,
    /// Amounts in a currency without a rate, by its code.
    foreign_amounts: BTreeMap<String, u64>,
    /// Cells that name a currency without a rate, by its code and the table.
    without_rate: BTreeMap<(String, &'static str), u64>,
    /// Cells with a sign that several currencies share (`$`).
    shared_signs: u64,
    /// What the small tables take, bytes.
    held: u64,
    /// Whose history is there, where it is not everybody's.
    here: Option<(Families, families::Bucket)>,
}

/// What the texts of the columns take, bytes.
fn bytes_of_names(columns: &[ColumnReader]) -> u64 {
    columns.iter().map(|reader| reader.interner.bytes()).sum()
}

/// Refuses tables whose rows, with those before them, take more than is allowed: a file of a
/// megabyte may unpack to forty million rows.
fn within_memory(request: &Request, table: &str, bytes: u64) -> Result<()> {
    let limit = request.settings.data.memory_limit_mb;
    if bytes <= limit << 20 {
        return Ok(());
    }
    let used = bytes >> 20;
    let message = format!(
        "the {table} rows need more than {used} MiB, the limit is {limit} (memory_limit_mb)"
    );
    Err(Error::input(&request.data, message))
}

impl<'a> Loading<'a> {
    fn new(request: &'a Request) -> Self {
        Self {
            request,
            quarantine: Quarantine::default(),
            exceptions: Vec::new(),
            sources: Vec::new(),
            twins: Vec::new(),
            tables: BTreeMap::new(),
            refused: Vec::new(),
            foreign_amounts: BTreeMap::new(),
            without_rate: BTreeMap::new(),
            shared_signs: 0,
            held: 0,
            here: None,
        }
    }

    /// From the sales on.
    fn load(mut self, mut catalogue: Catalogue, read: SalesPart) -> Result<Inputs> {
        let request = self.request;
        let future_rows = read.future_rows;
        let mut sales = self.take_sales(read)?;
        let places = self.join_places(&mut sales);
        let folded = self.fold_spellings(&mut sales, &mut catalogue, &places);
        let as_of = self.as_of(&mut sales)?;
        self.exceptions.extend(audit::multiplied(&sales, &catalogue));
        let mut names = self.name_sets(&sales, &catalogue, &places).into_names(&folded);
        names.other_codes = catalogue.other_codes();
        names.channel_codes = catalogue.channel_codes();
        let codes = Codes::new(&names, &catalogue, &folded, &places);
        audit::row_counts(&request.data, &request.settings.data, &self.sources)?;
        self.exceptions.extend(audit::freshness(
            &request.data,
            &request.settings.data,
            &self.sources,
            as_of,
        )?);
        self.convert(sales, future_rows, &names, &codes, as_of)
    }

    /// Which items hang together.
    fn families(&self, catalogue: &Catalogue) -> Families {
        let master = |code: &str| catalogue.item(code, "").sku.to_owned();
        Families::of(self.tables.get("products"), self.tables.get("kits"), master)
    }

    /// Every table but sales.
    fn read_small_tables(&mut self) -> Result<()> {
        let request = self.request;
        for schema in schema::TABLES.iter().filter(|s| s.table != "sales") {
            let mut table = Table { schema, sources: Vec::new() };
            let mut rows = 0;
            for mapping in &request.settings.sources(schema.table) {
                let found = source::files(&request.data, schema, mapping)?;
                self.exceptions.extend(found.exceptions);
                let source = TableSource {
                    schema,
                    mapping,
                    files: found.files,
                    compares_orders: false,
                    known_locations: None,
                };
                let mut chunks = Vec::new();
                let before = self.held;
                let held = &mut self.held;
                let mut of_rows = 0;
                let read = read::read(
                    &source,
                    &request.settings,
                    &mut self.quarantine,
                    &mut |chunk, columns, _| {
                        of_rows += chunk.bytes();
                        *held = before + of_rows + bytes_of_names(columns);
                        chunks.push(chunk);
                        within_memory(request, schema.table, *held)
                    },
                );
                let read = read.map_err(|error| self.with_layout(error, schema.table, mapping))?;
                rows += read.sources.iter().map(|s| s.rows).sum::<u64>();
                self.twins.extend(read.twins);
                self.take_over(read.sources, read.exceptions);
                self.note_currencies(schema.table, &read.columns);
                let added_up = read.added_up;
                table.sources.push(SourceRows { chunks, columns: read.columns, added_up });
            }
            if rows > 0 {
                self.tables.insert(schema.table, table);
            }
        }
        Ok(())
    }

    /// Where a file that was read is, for messages.
    fn place(&self, file: &str) -> PathBuf {
        if far::address::is_address(file) {
            PathBuf::from(file)
        } else {
            self.request.data.join(file)
        }
    }

    /// Adds to what is wrong with a file which lines of the configuration would read it.
    fn with_layout(&self, error: Error, table: &str, mapping: &TableMapping) -> Error {
        let Error::Input { path, message } = error else { return error };
        if !path.is_file() {
            return Error::Input { path, message };
        }
        let layout = advice::layout(&path, table, mapping, &self.request.settings);
        Error::Input { path, message: format!("{message}{layout}") }
    }

    /// Keeps what reading a source left behind; a file that two sources of a table read is one.
    fn take_over(&mut self, sources: Vec<Source>, exceptions: Vec<Exception>) {
        self.exceptions.extend(exceptions);
        for source in sources {
            let same = |s: &&mut Source| s.table == source.table && s.file == source.file;
            match self.sources.iter_mut().find(same) {
                Some(known) => known.rows += source.rows,
                None => self.sources.push(source),
            }
        }
    }

    /// Locations that tables other than sales name.
    fn known_locations(&self) -> BTreeSet<String> {
        let with = |table: &&Table| table.schema.position("location").is_some();
        let rows = self.tables.values().filter(with).flat_map(Table::rows);
        let named = rows.map(|row| row.text("location")).filter(|name| !name.is_empty());
        named.map(str::to_owned).collect()
    }

    fn catalogue(&self) -> Catalogue {
        let (aliases, products) = (self.tables.get("aliases"), self.tables.get("products"));
        let mut catalogue = Catalogue::new(
            aliases,
            products,
            self.tables.get("kits"),
            self.request.settings.data.unknown_skus,
            self.request.only.as_deref(),
        );
        if self.request.settings.data.fold_names {
            catalogue.fold_masters();
        }
        catalogue
    }

    /// Where channels sell from that have a location.
    fn homes(&self) -> BTreeMap<String, String> {
        let rows = self.tables.get("channels").into_iter().flat_map(Table::rows);
        let with = rows.filter(|row| !row.text("location").is_empty());
        with.map(|row| (row.text("channel").to_owned(), row.text("location").to_owned())).collect()
    }

    fn read_sales(&self, catalogue: &Catalogue) -> Result<SalesPart> {
        let request = self.request;
        let data = &request.data;
        let schema = schema::table("sales").expect("sales is a table");
        let home = self.homes();
        let known_locations = self.known_locations();
        let mappings = request.settings.sources("sales");
        let mut found = Vec::with_capacity(mappings.len());
        for mapping in &mappings {
            found.push(source::files(data, schema, mapping)?);
        }
        let files: usize = found.iter().map(|found| found.files.len()).sum();
        if files == 0 {
            return Err(Error::input(
                data,
                "no table sales: expected sales.csv, .csv.gz, .parquet or .xlsx, or a folder \
                 sales/",
            ));
        }
        let held = self.held;
        // Where the history lies by bucket, nobody reads another's.
        let all = || found.iter().flat_map(|found| &found.files);
        let is_laid_out = all().all(|file| bucket_of(file).is_some());
        if let Some(bucket) = catalogue.bucket().filter(|_| is_laid_out) {
            let own = bucket.bucket.to_string();
            for found in &mut found {
                found.files.retain(|file| bucket_of(file) == Some(own.as_str()));
            }
        }
        let mut part = SalesPart::of(SalesRows::new(request.settings.data.first_date));
        let sales = &mut part.sales;
        for (mapping, found) in mappings.iter().zip(found) {
            part.exceptions.extend(found.exceptions);
            let source = TableSource {
                schema,
                mapping,
                files: found.files,
                // Only several files can say the same twice.
                compares_orders: files > 1,
                known_locations: Some(&known_locations),
            };
            sales.begin_source();
            let read = read::read(
                &source,
                &request.settings,
                &mut part.quarantine,
                &mut |chunk, columns, quarantine| {
                    let rates = &request.settings.rates;
                    let home = &home;
                    let context = Context { schema, columns, catalogue, home, rates, is_laid_out };
                    sales.absorb(&chunk, &context, quarantine);
                    let used = held + sales.bytes() + bytes_of_names(columns);
                    within_memory(request, "sales", used)
                },
            );
            let read = read.map_err(|error| self.with_layout(error, "sales", mapping))?;
            for (code, &cells) in read.columns.iter().flat_map(|column| &column.without_rate) {
                *part.without_rate.entry(code.clone()).or_insert(0) += cells;
            }
            part.shared_signs += read.columns.iter().map(|column| column.shared_signs).sum::<u64>();
            part.sources.extend(read.sources);
            part.twins.extend(read.twins);
            part.exceptions.extend(read.exceptions);
        }
        if let Some(sku) = &sales.misplaced {
            let message = format!(
                "{sku} lies in a bucket that it does not belong to: lay the sales out again \
                 (orderpoint.spark.bucket), with the number of buckets that the night is cut into"
            );
            return Err(Error::input(data.join("sales"), message));
        }
        part.exceptions.extend(sales.drop_copies());
        sales.count_once();
        sales.note();
        Ok(part)
    }

    /// Takes over what reading the sales left behind, and tells what is odd about them.
    fn take_sales(&mut self, read: SalesPart) -> Result<SalesRows> {
        let SalesPart { sales, sources, exceptions, quarantine, twins, .. } = read;
        if sources.iter().all(|source| source.rows == 0) {
            let file = sources.first().map(|source| source.file.as_str()).unwrap_or_default();
            let file = self.place(file);
            return Err(Error::input(file, "there is a header but no row of sales"));
        }
        self.exceptions.extend(exceptions);
        self.twins.extend(twins);
        self.quarantine.append(quarantine);
        for (code, cells) in read.without_rate {
            *self.without_rate.entry((code, "sales")).or_insert(0) += cells;
        }
        self.shared_signs += read.shared_signs;
        self.judge_currencies(&sales);
        self.exceptions.extend(sales.oddities());
        let others = std::mem::take(&mut self.sources);
        self.take_over(sources, Vec::new());
        self.sources.extend(others);
        Ok(sales)
    }

    /// Keeps which cells of a table name a currency without a rate.
    fn note_currencies(&mut self, table: &'static str, columns: &[ColumnReader]) {
        for (code, &cells) in columns.iter().flat_map(|column| &column.without_rate) {
            *self.without_rate.entry((code.clone(), table)).or_insert(0) += cells;
        }
        self.shared_signs += columns.iter().map(|column| column.shared_signs).sum::<u64>();
    }

    /// Amounts in a currency without a rate refuse the run: added to others they would mean
    /// nothing. Where all of them are in one and none is configured, that one is the shop's own.
    fn judge_currencies(&mut self, sales: &SalesRows) {
        let rates = &self.request.settings.rates;
        let of_rows: u64 = sales.without_rate.values().sum();
        let mut all = std::mem::take(&mut self.without_rate);
        for (code, rows) in &sales.without_rate {
            *all.entry((code.clone(), "sales")).or_insert(0) += rows;
        }
        for ((code, _), amounts) in &all {
            *self.foreign_amounts.entry(code.clone()).or_insert(0) += amounts;
        }
        let codes: BTreeSet<&str> = all.keys().map(|(code, _)| code.as_str()).collect();
        // `$10` beside `€10`: whoever's dollar that is, it is no euro.
        let is_own = codes.len() == 1
            && self.shared_signs == 0
            && !rates.is_configured
            && (of_rows == 0 || of_rows == sales.priced_rows);
        for ((code, table), amounts) in &all {
            let about = Subject::Table((*table).to_owned());
            let (severity, what, why) = if is_own {
                let amounts = counted(*amounts, "amount", "amounts");
                let what = format!("{amounts} of {table} in {code}, and no currency is set");
                let why = format!("taken for the shop's own: set [purchase] currency = \"{code}\"");
                (Severity::Warning, what, why)
            } else {
                let amounts = counted(*amounts, "amount", "amounts");
                let what = format!("{amounts} of {table} in {code}, which has no rate");
                let why = rates.line(code);
                self.refused.push(format!("{what}: {why}"));
                (Severity::Error, what, why)
            };
            let kind = ExceptionKind::UnknownCurrency;
            self.exceptions.push(Exception::new(severity, kind, about, what, why));
        }
    }

    /// Gives rows that name no location the one they belong to.
    fn join_places(&mut self, sales: &mut SalesRows) -> Places {
        let mut named = Named::default();
        sales.series.iter().for_each(|series| named.see(&series.location));
        let (places, told) = Places::of(&named, &self.tables);
        self.exceptions.extend(told);
        sales.rename(|series| {
            if series.location.is_empty() {
                series.location.clone_from(&places.sales);
            }
            if let Some(place) = places.renamed.get(&series.location) {
                series.location.clone_from(place);
            }
        });
        places
    }

    /// Finds names that differ only in how they are spelled; reads them as one where that is
    /// wanted. What is returned is what was folded.
    fn fold_spellings(
        &mut self,
        sales: &mut SalesRows,
        catalogue: &mut Catalogue,
        places: &Places,
    ) -> Spellings {
        let mut found = self.name_sets(sales, catalogue, places).spellings(catalogue);
        // Those that are joined anyway are told already.
        found.locations.retain(|name, used| {
            !places.renamed.contains_key(name) && !places.renamed.contains_key(used)
        });
        let is_folded = self.request.settings.data.fold_names;
        for (kind, variants) in [
            ("items", &found.skus),
            ("channels", &found.channels),
            ("locations", &found.locations),
            ("suppliers", &found.suppliers),
        ] {
            self.exceptions.extend(spellings::told(kind, variants, is_folded));
        }
        if !is_folded {
            return Spellings { locations: places.renamed.clone(), ..Spellings::default() };
        }
        let fold = |name: &mut String, variants: &Variants| {
            if let Some(used) = variants.get(name) {
                name.clone_from(used);
            }
        };
        sales.rename(|series| {
            fold(&mut series.sku, &found.skus);
            fold(&mut series.channel, &found.channels);
            fold(&mut series.location, &found.locations);
        });
        catalogue.fold(found.skus.clone());
        for (name, place) in &places.renamed {
            let used = found.locations.get(place).unwrap_or(place).clone();
            found.locations.insert(name.clone(), used);
        }
        found
    }

    /// Refuses a table too many of whose rows are rejected, with what would read them.
    fn gate(&mut self) -> Result<()> {
        let (data, limits) = (&self.request.data, &self.request.settings.data);
        let refusal = self.quarantine.gate(
            &mut self.sources,
            limits.reject_share_limit,
            limits.reject_rows_allowed,
        );
        match refusal {
            None => Ok(()),
            Some(refusal) => {
                let Refusal { table, file, message } = refusal;
                let remedy = advice::remedy(data, &table, &file, &self.request.settings);
                Err(Error::input(self.place(&file), format!("{message}{remedy}")))
            }
        }
    }

    /// Gates the readers' rejects, then settles the morning of the run.
    fn as_of(&mut self, sales: &mut SalesRows) -> Result<NaiveDate> {
        self.gate()?;
        let days = self.reject_lone_days(sales);
        self.gate()?;
        let data = &self.request.data;
        let Some(last) = sales.last_row else {
            let source = &self.sources[0];
            let others = match &self.request.only {
                Some(skus) => {
                    let listed = skus.iter().take(3).map(String::as_str).collect::<Vec<_>>();
                    let (listed, more) =
                        (listed.join(", "), if skus.len() > 3 { ", …" } else { "" });
                    format!("; the others are of items that --only does not list: {listed}{more}")
                }
                None => String::new(),
            };
            let left_out = audit::left_out(source, &self.quarantine);
            let left_out = left_out.map(|e| format!("; {} ({})", e.what, e.why));
            let message = format!(
                "no sales are left: {} of {} rows are rejected{}{others}{}",
                source.rejected,
                source.rows,
                left_out.unwrap_or_default(),
                self.quarantine.example(&source.file)
            );
            let settings = &self.request.settings;
            let remedy = advice::remedy(data, &source.table, &source.file, settings);
            let message = format!("{message}{remedy}");
            return Err(Error::input(self.place(&source.file), message));
        };
        let last = date_of(sales.first_day + i32::from(last));
        for source in self.sources.iter_mut().filter(|source| source.table == "sales") {
            source.newest = source.newest.min(Some(last));
        }
        if let Some(as_of) = self.request.as_of {
            return Ok(as_of);
        }
        let stamps = morning::stamps(&days, self.request.bucket);
        let as_of = stamps.morning_after(last);
        let period = match stamps {
            Stamps::Days => return Ok(as_of),
            Stamps::Weeks => "week",
            Stamps::Months => "month",
        };
        // The stamp says how far the sales reach.
        for source in self.sources.iter_mut().filter(|source| source.newest == Some(last)) {
            source.newest = as_of.pred_opt();
        }
        self.exceptions.push(Exception::new(
            Severity::Info,
            ExceptionKind::StampedPeriods,
            Subject::Table("sales".to_owned()),
            format!("{last} stands for its whole {period}: the morning of the run is {as_of}"),
            format!("every sale is dated on the first day of a {period}; --as-of says otherwise"),
        ));
        Ok(as_of)
    }

    /// Puts rows into quarantine that stand apart from all others, and returns the days left.
    fn reject_lone_days(&mut self, sales: &mut SalesRows) -> Vec<DayRows> {
        let mut days = sales.days();
        // Rows from a given morning on are not known yet, lone or not.
        let morning = self.request.as_of.map_or(i32::MAX, day_number);
        let known = days.partition_point(|day| day.day < morning);
        let later = days.split_off(known);
        let kept = morning::history(&days);
        let after = days.split_off(kept.end);
        let history = days.split_off(kept.start);
        let (Some(first), Some(last)) = (history.first(), history.last()) else { return history };
        let (first, last) = (date_of(first.day), date_of(last.day));
        let reason = |where_from: &str| {
            format!(
                "stands alone, {where_from}: a mistyped date? If it is right, set [data] \
                 lone_dates = \"keep\""
            )
        };
        if self.request.settings.data.lone_dates == LoneDates::Keep {
            return [days, history, after, later].concat();
        }
        let before = reason(&format!("long before {first}, the day of all other first sales"));
        sales.reject_days(&days, &before, &mut self.quarantine);
        let beyond = reason(&format!("long after {last}, the day of all other last sales"));
        sales.reject_days(&after, &beyond, &mut self.quarantine);
        [history, later].concat()
    }

    fn name_sets<'s>(
        &'s self,
        sales: &'s SalesRows,
        catalogue: &'s Catalogue,
        places: &'s Places,
    ) -> NameSets<'s> {
        let mut sets = NameSets::default();
        sales.series.iter().for_each(|s| sets.add_series(&s.sku, &s.channel, &s.location));
        self.tables.values().for_each(|table| sets.add_table(table, catalogue, places));
        sets
    }

    /// Tables and panel from everything read.
    fn convert(
        mut self,
        sales: SalesRows,
        future_rows: u64,
        names: &Names,
        codes: &Codes<'_>,
        as_of: NaiveDate,
    ) -> Result<Inputs> {
        let limits = &self.request.settings.data;
        let tables = &self.tables;
        let of_sales = self.sources.iter().filter(|source| source.table == "sales");
        let sales_files: BTreeSet<String> = of_sales.map(|source| source.file.clone()).collect();
        let weighed = match Units::are_whole() {
            true => vec![false; names.skus.len()],
            false => audit::weighed(tables, &sales, codes, names.skus.len()),
        };
        let mut convert = Convert {
            weighed: &weighed,
            sales_files: &sales_files,
            codes,
            as_of,
            quarantine: &mut self.quarantine,
            exceptions: &mut self.exceptions,
            currencies: &limits.currencies,
        };
        if self.request.settings.units.fraction > 0 {
            for table in tables.values() {
                convert.exceptions.extend(audit::rounded_fractions(table, codes));
            }
        }
        let mut products = master::products(tables.get("products"), names.skus.len(), &mut convert);
        for (product, &is_weighed) in products.iter_mut().zip(&weighed) {
            product.is_weighed = is_weighed;
        }
        let stock: Sorted<Stock> = of(tables, "stock", stocks::stock, &mut convert);
        let mut untracked = stocks::untracked(tables.get("stock"), &stock, &mut convert);
        let stockouts: Sorted<Stockout> = of(tables, "stockouts", stocks::stockouts, &mut convert);
        let stock_history: Sorted<StockHistory> =
            of(tables, "stock_history", stocks::stock_history, &mut convert);
        let supply = master::supply(tables.get("supply"), &mut convert);
        if tables.contains_key("products") {
            convert.exceptions.extend(audit::unknown_items(&sales.unknown));
        }
        let kits: Sorted<Kit> = of(tables, "kits", master::kits, &mut convert);
        stocks::untrack_kits(&mut untracked, &kits, &stock);
        let rows: Vec<Lane> = of(tables, "lanes", lanes::lanes, &mut convert);
        let lanes = Lanes::new(rows);
        self.refused.extend(lanes::refusals(&lanes, names));
        let adjustments: Sorted<Adjustment> =
            of(tables, "adjustments", plans::adjustments, &mut convert);
        let outside = tables.get("forecasts").map_or_else(Default::default, |table| {
            plans::outside_forecasts(table, self.request.bucket, &mut convert)
        });
        // Only units for several items ask who sells.
        let is_asked = adjustments.of(None).iter().any(|row| row.awaits(as_of));
        let asked = sales.series.iter().filter(|_| is_asked);
        let sold: BTreeSet<SkuId> = asked.filter_map(|series| codes.sku(&series.sku)).collect();
        let awaited = awaited(&adjustments, &outside.rows, &products, &sold, as_of);
        let mut pools = pools(&sales, codes, &stock, &products, &kits, &awaited);
        pools.extend(lanes::sources(&lanes, &pools));
        pools.sort_unstable();
        let awaited: Vec<(SkuId, Option<ChannelId>)> =
            awaited.iter().map(|item| (item.sku, item.channel)).collect();
        let here: Vec<bool> = match &self.here {
            Some((families, bucket)) => {
                names.skus.iter().map(|sku| families.is_in(sku, *bucket)).collect()
            }
            None => Vec::new(),
        };
        let around = Around {
            here: &here,
            as_of,
            bucket: self.request.bucket,
            products: &products,
            stockouts: &stockouts,
            stock_history: &stock_history,
            pools: &pools,
            awaited: &awaited,
            memory_limit_mb: limits.memory_limit_mb,
            held: self.held,
        };
        let panel::Built { panel, future_rows: future, sold_periods } =
            panel::build(sales, codes, around, &self.request.data)?;
        let future = future + future_rows;
        if future > 0 {
            convert.exceptions.push(later_rows("sales", future, as_of));
        }
        let mut inputs = Inputs {
            channels: master::channels(tables.get("channels"), names.channels.len(), &mut convert),
            suppliers: master::suppliers(
                tables.get("suppliers"),
                names.suppliers.len(),
                &mut convert,
            ),
            price_breaks: Sorted::new(master::price_breaks(
                tables.get("price_breaks"),
                &supply.supply,
                supply.tiers,
                &mut convert,
            )),
            locations: lanes::locations(
                tables.get("locations"),
                names.locations.len(),
                &mut convert,
            ),
            capacities: of(tables, "capacities", lanes::capacities, &mut convert),
            ageing_fees: of(tables, "ageing_fees", lanes::ageing_fees, &mut convert),
            lanes,
            lots: of(tables, "lots", stocks::lots, &mut convert),
            purchase_orders: of(
                tables,
                "purchase_orders",
                |table, convert| stocks::purchase_orders(table, convert, &stock),
                &mut convert,
            ),
            listings: of(tables, "listings", stocks::listings, &mut convert),
            channel_items: of(tables, "channel_items", master::channel_items, &mut convert),
            events: of(tables, "events", plans::events, &mut convert),
            promotions: of(tables, "promotions", plans::promotions, &mut convert),
            prices: of(tables, "prices", plans::prices, &mut convert),
            outside_forecasts: Sorted::new(outside.rows),
            outside_models: outside.models,
            signals: of(tables, "signals", plans::signals, &mut convert),
            adjustments,
            overrides: of(tables, "overrides", plans::overrides, &mut convert),
            kits,
            counts: of(tables, "counts", stocks::counts, &mut convert),
            accounts: of(tables, "accounts", plans::accounts, &mut convert),
            names: names.clone(),
            panel,
            products,
            supply: Sorted::new(supply.supply),
            stock,
            untracked,
            stock_history,
            stockouts,
            sold_periods,
            here,
            future_rows: future,
            sources: Vec::new(),
            quarantine: Vec::new(),
            exceptions: Vec::new(),
            refused: Vec::new(),
            foreign_amounts: BTreeMap::new(),
            lots_are_stock: true,
            is_pilot: false,
        };
        self.finish(&mut inputs)?;
        Ok(inputs)
    }

    /// The last gate, and what the reader should know.
    fn finish(mut self, inputs: &mut Inputs) -> Result<()> {
        self.gate()?;
        let data = &self.request.data;
        let read = self.sources.iter().map(|source| source.file.clone());
        let used: Vec<String> = read.chain(self.twins).collect();
        self.exceptions.extend(source::strangers(data, &used)?);
        self.exceptions.extend(audit::missing_tables(&self.sources));
        for source in &self.sources {
            self.exceptions.extend(audit::left_out(source, &self.quarantine));
            if source.rejected > 0 {
                let what = format!("{} of {} rows are in quarantine", source.rejected, source.rows);
                // A table of a few rows passes the limit with all of them: then the column is
                // wrong, not the rows.
                let is_most = 2 * source.rejected > source.rows;
                let severity = if is_most { Severity::Error } else { Severity::Warning };
                let why = if is_most {
                    let first = self.quarantine.example(&source.file);
                    let settings = &self.request.settings;
                    let remedy = advice::remedy(data, &source.table, &source.file, settings);
                    format!("see the quarantine table{first}{remedy}")
                } else {
                    "see the quarantine table".to_owned()
                };
                let about = Subject::File(source.file.clone());
                self.exceptions.push(
                    Exception::new(severity, ExceptionKind::Quarantine, about, what, why)
                        .with_effect(Effect::Rows(source.rejected)),
                );
            }
        }
        self.exceptions.extend(audit::unread_tables(&self.sources, &self.quarantine));
        self.exceptions.extend(audit::refunded_in_part(&self.quarantine));
        inputs.sources = self.sources;
        inputs.quarantine = self.quarantine.into_rows();
        self.refused.extend(audit::unread_lanes(&inputs.sources, &inputs.quarantine));
        inputs.refused = self.refused;
        inputs.foreign_amounts = self.foreign_amounts;
        inputs.lots_are_stock = inputs.lots_cover_most();
        inputs.is_pilot = self.request.only.is_some();
        self.exceptions.extend(stocks::stock_of_lots(inputs));
        self.exceptions.extend(stocks::date_lots(inputs));
        self.exceptions.extend(audit::master_list(inputs));
        self.exceptions.extend(audit::impossible_lots(inputs));
        self.exceptions.extend(audit::items_apart(inputs));
        self.exceptions.extend(audit::unplanned(inputs));
        self.exceptions.extend(audit::idle_adjustments(inputs));
        self.exceptions.extend(audit::idle_forecasts(inputs));
        self.exceptions.extend(booked_moves::booked_as_sales(inputs));
        self.exceptions.extend(
            self.request.only.as_deref().and_then(|only| audit::unknown_wishes(only, inputs)),
        );
        self.exceptions.sort();
        inputs.exceptions = self.exceptions;
        Ok(())
    }
}

/// Which bucket a file of a laid-out history is of.
fn bucket_of(file: &source::File) -> Option<&str> {
    let partition = file.partitions.iter().find(|partition| partition.column == "bucket");
    partition.map(|partition| partition.value.as_str())
}

/// An item that somebody expects to sell.
struct Awaited {
    sku: SkuId,
    /// In all of its channels where none is named.
    channel: Option<ChannelId>,
    /// At all of its locations where none is named.
    location: Option<LocationId>,
}

/// Items that planners have entered units for or that other models forecast, on days to come.
fn awaited(
    adjustments: &Sorted<Adjustment>,
    forecasts: &[OutsideForecast],
    products: &[Product],
    sold: &BTreeSet<SkuId>,
    as_of: NaiveDate,
) -> Vec<Awaited> {
    let mut awaited = Vec::new();
    for row in adjustments.iter().filter(|row| row.awaits(as_of)) {
        let Adjustment { channel, location, .. } = *row;
        if let Some(sku) = row.sku {
            awaited.push(Awaited { sku, channel, location });
            continue;
        }
        // Units for several items go to those that sell; where none does, to all of them.
        let of = row.category.as_deref();
        let mut concerned = Vec::new();
        for (code, product) in (0_u32..).zip(products) {
            if product.in_master && of.is_none_or(|of| is_in_category(&product.category, of)) {
                concerned.push(SkuId(code));
            }
        }
        if !concerned.iter().any(|sku| sold.contains(sku)) {
            awaited.extend(concerned.into_iter().map(|sku| Awaited { sku, channel, location }));
        }
    }
    for of_series in
        forecasts.chunk_by(|a, b| (a.sku, a.channel, a.location) == (b.sku, b.channel, b.location))
    {
        if of_series.iter().any(|row| row.end > as_of && row.mean > 0.0) {
            let OutsideForecast { sku, channel, location, .. } = of_series[0];
            awaited.push(Awaited { sku, channel, location });
        }
    }
    awaited
}

/// The rows of table `name`, none when it is not there.
fn of<R, T: From<Vec<R>>>(
    tables: &BTreeMap<&'static str, Table>,
    name: &str,
    convert_table: impl Fn(&Table, &mut Convert<'_>) -> Vec<R>,
    convert: &mut Convert<'_>,
) -> T {
    tables.get(name).map_or_else(Vec::new, |table| convert_table(table, convert)).into()
}

/// Pools that may lack sales: where there is stock, where a kit is sold that an item is part of,
/// and one for each known item that is nowhere else.
fn pools(
    sales: &SalesRows,
    codes: &Codes<'_>,
    stock: &[Stock],
    products: &[Product],
    kits: &Sorted<Kit>,
    awaited: &[Awaited],
) -> Vec<(SkuId, LocationId)> {
    let default = codes.location(&codes.places.sales).unwrap_or(LocationId(0));
    let mut pools: Vec<(SkuId, LocationId)> = stock.iter().map(|s| (s.sku, s.location)).collect();
    // What somebody expects to sell at a place is planned there, whether it is in stock or not.
    pools.extend(awaited.iter().filter_map(|item| Some((item.sku, item.location?))));
    let mut placed = vec![false; products.len()];
    let concerned: BTreeSet<SkuId> = kits.iter().flat_map(|kit| [kit.sku, kit.component]).collect();
    let mut places: BTreeMap<SkuId, BTreeSet<LocationId>> = BTreeMap::new();
    let sold = sales.series.iter().filter_map(|series| {
        let location = codes.location(&series.location).unwrap_or(default);
        Some((codes.sku(&series.sku)?, location))
    });
    for (sku, location) in pools.iter().copied().chain(sold) {
        placed[sku.index()] = true;
        if concerned.contains(&sku) {
            places.entry(sku).or_default().insert(location);
        }
    }

    // A part that lies nowhere is needed where the kits are sold; kits of kits pass it on.
    let mut open: Vec<SkuId> =
        places.keys().copied().filter(|&sku| !kits.of(sku).is_empty()).collect();
    while let Some(kit) = open.pop() {
        let of_kit = places.get(&kit).cloned().unwrap_or_default();
        for part in kits.of(kit).iter().map(|row| row.component) {
            if !placed[part.index()] {
                pools.extend(of_kit.iter().map(|&location| (part, location)));
                placed[part.index()] = true;
                places.insert(part, of_kit.clone());
                open.push(part);
            }
        }
    }

    for item in awaited.iter().filter(|item| !placed[item.sku.index()]) {
        pools.push((item.sku, default));
    }
    let unplaced =
        (0_u32..).zip(products).filter(|&(i, product)| product.in_master && !placed[i as usize]);
    pools.extend(unplaced.map(|(i, _)| (SkuId(i), default)));
    pools.sort_unstable();
    pools.dedup();
    pools
}
