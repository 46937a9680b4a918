//! Files of a table: where they are, what they are, and their digest.

use crate::domain::digest::Digest;
use crate::domain::error::{Error, Result, nearest};
use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::inputs::Origin;
use crate::ingest::files::delta;
use crate::ingest::files::fetched::FarFile;
use crate::ingest::files::part::{Part, unescaped};
use crate::ingest::settings::TableMapping;
use crate::ingest::tables::schema::{self, Schema};
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Separated text.
    Text,
    /// Separated text, gzipped.
    Gzip,
    /// Parquet.
    Parquet,
    /// A workbook of a spreadsheet program.
    Workbook,
}

/// One file of a table.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path relative to the data folder, or the address it was fetched from.
    pub(crate) name: String,
    /// What it was there.
    pub(crate) origin: Option<Origin>,
    /// How it is written, by its first bytes.
    pub(crate) format: Format,
    /// What the names of its folders say (`channel=web`): the same in every row.
    pub(crate) partitions: Vec<Partition>,
    /// Which bytes these were when it was found.
    pub(crate) stamp: Stamp,
}

/// What tells a file from the one that takes its place, or from itself with more in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    bytes: u64,
    /// Nanoseconds of the last change of the content, and of anything about the file.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Result<Self> {
        let there = fs::metadata(path).map_err(Error::unreadable(path))?;
        Ok(Self {
            inode: there.ino(),
            bytes: there.len(),
            modified: (there.mtime(), there.mtime_nsec()),
            changed: (there.ctime(), there.ctime_nsec()),
        })
    }
}

/// A column whose value stands in the name of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) column: String,
    pub(crate) value: String,
}

/// The files of one source of a table.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In name order.
    pub(crate) files: Vec<File>,
    /// What was passed over.
    pub(crate) exceptions: Vec<Exception>,
}

impl File {
    /// That what was read is what was digested, from the first byte to the last: someone may write
    /// the file while it is read.
    ///
    /// # Errors
    /// [`Error::Input`] for a file that is another one now.
    pub(crate) fn is_unchanged(&self) -> Result<()> {
        if Stamp::of(&self.path)? == self.stamp {
            return Ok(());
        }
        let message = "was changed while it was read: run again when whoever writes it is done, \
                       and have it written beside and renamed";
        Err(Error::input(&self.path, message))
    }

    /// Lower-case hex digest of its bytes.
    pub(crate) fn sha256(&self) -> Result<String> {
        let mut file = fs::File::open(&self.path).map_err(Error::unreadable(&self.path))?;
        let mut digest = Digest::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = file.read(&mut buffer).map_err(Error::unreadable(&self.path))?;
            if n == 0 {
                return Ok(digest.hex());
            }
            digest.add(&buffer[..n]);
        }
    }

    /// Its name without its folders.
    pub(crate) fn base_name(&self) -> String {
        name_of(&self.path)
    }

    /// Its length, 0 when nobody knows.
    pub(crate) fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

/// Endings of the files that a table is looked for in.
const EXTENSIONS: [&str; 9] =
    [".csv", ".csv.gz", ".tsv", ".parquet", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"];

/// The files of one source of `schema`'s table under `data`; none when the table is not there.
///
/// # Errors
/// If the configured file is missing, the table is there twice, or a file is not what its name
/// says.
pub(crate) fn files(data: &Path, schema: &Schema, mapping: &TableMapping) -> Result<Found> {
    if let Some(fetched) = &mapping.fetched {
        let files = fetched.iter().map(fetched_file).collect::<Result<_>>()?;
        return Ok(Found { files, exceptions: Vec::new() });
    }
    let mut parts = match &mapping.file {
        Some(pattern) => configured(data, schema, pattern)?,
        None => by_name(data, schema)?,
    };
    parts.sort();
    let mut found = Found::default();
    let several = parts.len() > 1;
    for part in parts {
        // Jobs that write a folder of parts leave empty ones where a worker had no rows.
        if several && fs::metadata(&part.path).is_ok_and(|file| file.len() == 0) {
            found.exceptions.push(Exception::new(
                Severity::Info,
                ExceptionKind::UnknownFile,
                Subject::File(relative(data, &part.path)),
                "the file is empty: it has no rows and is passed over",
                "jobs write such parts where they have nothing to write; did this one finish?",
            ));
            continue;
        }
        found.files.push(open(data, part)?);
    }
    Ok(found)
}

fn configured(data: &Path, schema: &Schema, pattern: &str) -> Result<Vec<Part>> {
    let path = data.join(pattern);
    let found = if path.is_file() {
        vec![Part { root: data.to_owned(), path: path.clone() }]
    } else if path.is_dir() {
        parts(&path)?
    } else if pattern.contains('*') {
        globbed(data, pattern)?
    } else {
        Vec::new()
    };
    if found.is_empty() {
        let message = format!(
            "[mapping.{}] file = \"{pattern}\" finds no file{}",
            schema.table,
            nearest_file(data, pattern)?
        );
        return Err(Error::input(path, message));
    }
    Ok(found)
}

/// `; the nearest is ...` among the files beside the one that is not there.
fn nearest_file(data: &Path, pattern: &str) -> Result<String> {
    let folder = data.join(pattern).parent().map_or(data.to_owned(), Path::to_owned);
    if !folder.is_dir() || pattern.contains('*') {
        return Ok(String::new());
    }
    let entries = entries(&folder)?;
    let names: Vec<String> = entries.iter().map(|path| relative(data, path)).collect();
    let near = nearest(pattern, names.iter().map(String::as_str));
    Ok(near.map(|name| format!("; the nearest is `{name}`")).unwrap_or_default())
}

/// Files whose path below `data` fits `pattern`; `*` stands for any part of a name, a folder `**`
/// for any number of folders.
fn globbed(data: &Path, pattern: &str) -> Result<Vec<Part>> {
    let steps: Vec<&str> = pattern.split('/').filter(|s| !s.is_empty() && *s != ".").collect();
    let fixed = steps.iter().take_while(|step| !step.contains('*')).count();
    let root = steps[..fixed].iter().fold(data.to_owned(), |path, step| path.join(step));
    let mut found = Vec::new();
    if root.is_dir() {
        walk(&root, &steps[fixed..], &mut found)?;
    }
    found.sort();
    found.dedup();
    for path in &found {
        refuse_table_format(data, path)?;
    }
    Ok(found.into_iter().map(|path| Part { path, root: root.clone() }).collect())
}

fn walk(folder: &Path, steps: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    if *step == "**" {
        walk(folder, rest, found)?;
        // `folder/**` alone means all that lies below.
        if rest.is_empty() {
            found.extend(entries(folder)?.into_iter().filter(|path| is_data(path)));
        }
        for below in folders(folder)? {
            walk(&below, steps, found)?;
        }
    } else if rest.is_empty() {
        found.extend(entries(folder)?.into_iter().filter(|path| fits(step, &name_of(path))));
    } else {
        for below in folders(folder)?.into_iter().filter(|path| fits(step, &name_of(path))) {
            walk(&below, rest, found)?;
        }
    }
    Ok(())
}

/// Whether the names of folders and file fit the steps of a pattern, as [`globbed`] walks them.
#[cfg(any(feature = "object-stores", test))]
pub(crate) fn fits_path(steps: &[&str], names: &[&str]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return false };
    let Some((name, below)) = names.split_first() else { return false };
    if *step == "**" {
        if rest.is_empty() {
            return is_part(names);
        }
        let goes_below = !below.is_empty() && !name.starts_with(['.', '_']);
        return fits_path(rest, names) || (goes_below && fits_path(steps, below));
    }
    match (rest.is_empty(), below.is_empty()) {
        (true, true) => fits(step, name),
        (false, false) => {
            fits(step, name) && !name.starts_with(['.', '_']) && fits_path(rest, below)
        }
        (true, false) | (false, true) => false,
    }
}

/// Whether a file below a folder of parts is one of them, by the names of its folders and its own.
#[cfg(any(feature = "object-stores", test))]
pub(crate) fn is_part(names: &[&str]) -> bool {
    names.split_last().is_some_and(|(file, folders)| {
        is_data(Path::new(file)) && !folders.iter().any(|name| name.starts_with(['.', '_']))
    })
}

/// Whether `name` is `pattern` with something in the place of each `*`.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    // The shortest match of each piece leaves the most for those after it; the last one must end
    // the name.
    (0..=name.len()).filter(|&at| name.is_char_boundary(at)).any(|at| fits(rest, &name[at..]))
}

/// Files in a folder that Delta, Iceberg or Hudi look after may be outdated: only their log knows.
fn refuse_table_format(data: &Path, path: &Path) -> Result<()> {
    let above = path.ancestors().skip(1).take_while(|folder| folder.starts_with(data));
    for folder in above {
        if let Some(format) = delta::table_format(folder) {
            let name = relative(data, folder);
            return Err(Error::input(
                path,
                format!(
                    "lies in a {format} table, whose log says which files are valid; name the \
                     folder: file = \"{name}\""
                ),
            ));
        }
    }
    Ok(())
}

/// What is at `path`, behind links; `None` where nothing is. A folder that may not be entered is
/// no folder without tables.
fn kind_of(path: &Path) -> Result<Option<fs::FileType>> {
    match fs::metadata(path) {
        Ok(there) => Ok(Some(there.file_type())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(Error::unreadable(path)(error)),
    }
}

fn by_name(data: &Path, schema: &Schema) -> Result<Vec<Part>> {
    let mut found = Vec::new();
    for ending in EXTENSIONS {
        let path = data.join(format!("{}{ending}", schema.table));
        if kind_of(&path)?.is_some_and(|kind| kind.is_file()) {
            found.push(path);
        }
    }
    let folder = data.join(schema.table);
    if kind_of(&folder)?.is_some_and(|kind| kind.is_dir()) {
        found.push(folder);
    }
    match found.as_slice() {
        [first, second, ..] => {
            let table = schema.table;
            let other = second.file_name().unwrap_or_default().to_string_lossy();
            Err(Error::input(
                first,
                format!(
                    "table {table} is there twice, also as {other}: keep one, or name both, each \
                     as file of its own [[mapping.{table}]]"
                ),
            ))
        }
        [folder] if folder.is_dir() => parts(folder),
        _ => Ok(found.into_iter().map(|path| Part { path, root: data.to_owned() }).collect()),
    }
}

/// Data files of a folder of parts, however deep.
fn parts(folder: &Path) -> Result<Vec<Part>> {
    if let Some(valid) = delta::valid_parts(folder)? {
        return Ok(valid);
    }
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    if found.is_empty() {
        return Err(Error::input(
            folder,
            format!("no part in this folder ends with {}", EXTENSIONS.join(", ")),
        ));
    }
    Ok(found.into_iter().map(|path| Part { path, root: folder.to_owned() }).collect())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    found.extend(entries(folder)?.into_iter().filter(|path| is_data(path)));
    for below in folders(folder)? {
        if let Some(format) = delta::table_format(&below) {
            return Err(Error::input(
                below,
                format!("is a {format} table inside a folder of parts: name it as a source"),
            ));
        }
        collect(&below, found)?;
    }
    Ok(())
}

/// Whether a file is a part; names that start with `.`, `_` or `~$` (what spreadsheet programs
/// leave beside an open workbook) are not data.
fn is_data(path: &Path) -> bool {
    let name = name_of(path).to_lowercase();
    !name.starts_with(['.', '_', '~'])
        && (EXTENSIONS.iter().any(|e| name.ends_with(e)) || name.ends_with(".txt"))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn relative(data: &Path, path: &Path) -> String {
    path.strip_prefix(data).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The files directly in `folder`, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(children(folder)?.into_iter().filter(|path| path.is_file()).collect())
}

/// The folders directly in `folder` that may hold data, sorted.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = children(folder)?;
    // What programs put beside the data is hidden so: `_delta_log`, `.spotlight`.
    folders.retain(|path| path.is_dir() && !name_of(path).starts_with(['.', '_']));
    Ok(folders)
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::unreadable(folder))? {
        found.push(entry.map_err(Error::unreadable(folder))?.path());
    }
    found.sort();
    Ok(found)
}

fn open(data: &Path, part: Part) -> Result<File> {
    let Part { path, root } = part;
    let stamp = Stamp::of(&path)?;
    let format = format(&path, &head(&path)?)?;
    let partitions = partitions(&root, &path);
    Ok(File { name: relative(data, &path), origin: None, path, format, partitions, stamp })
}

/// The first bytes of a file that has some.
fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(8).read_to_end(&mut head))
        .map_err(Error::unreadable(path))?;
    if head.is_empty() {
        return Err(Error::input(path, "the file is empty; expected at least a header line"));
    }
    Ok(head)
}

/// A fetched file. What an address ends with says little: `.../export?id=3` may be anything.
fn fetched_file(far: &FarFile) -> Result<File> {
    let FarFile { path, address, root, origin } = far;
    let stamp = Stamp::of(path).map_err(|error| error.at(address))?;
    let head = head(path).map_err(|error| error.at(address))?;
    let recognised = recognised(&head);
    let format = recognised.format.ok_or_else(|| {
        Error::input(
            address,
            format!("expected a table, but its first bytes are {}", recognised.word),
        )
    })?;
    Ok(File {
        path: path.clone(),
        name: address.clone(),
        origin: Some(origin.clone()),
        format,
        partitions: partitions(Path::new(root), Path::new(address)),
        stamp,
    })
}

/// What the folders between `root` and the file say: `channel=web` is a column that they spare.
fn partitions(root: &Path, path: &Path) -> Vec<Partition> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let folders = below.parent().into_iter().flat_map(Path::components);
    let pairs = folders.filter_map(|folder| {
        let name = folder.as_os_str().to_string_lossy();
        let (column, value) = name.split_once('=')?;
        let value = if value == "__HIVE_DEFAULT_PARTITION__" { "" } else { value };
        Some(Partition { column: unescaped(column), value: unescaped(value) })
    });
    pairs.collect()
}

/// How a file writes UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Utf16 {
    pub(crate) big_endian: bool,
    /// Bytes of its mark, which is no part of the text.
    pub(crate) mark: usize,
}

/// Whether text that begins so is UTF-16: by its mark, or by a header of plain letters every other
/// byte of which is zero.
pub(crate) fn utf16(head: &[u8]) -> Option<Utf16> {
    match head {
        [0xff, 0xfe, ..] => Some(Utf16 { big_endian: false, mark: 2 }),
        [0xfe, 0xff, ..] => Some(Utf16 { big_endian: true, mark: 2 }),
        [a, 0, b, 0, c, 0, d, 0, ..] if are_characters([*a, *b, *c, *d]) => {
            Some(Utf16 { big_endian: false, mark: 0 })
        }
        [0, a, 0, b, 0, c, 0, d, ..] if are_characters([*a, *b, *c, *d]) => {
            Some(Utf16 { big_endian: true, mark: 0 })
        }
        _ => None,
    }
}

/// Whether these bytes are no control characters but tabs and line ends.
fn are_characters(bytes: [u8; 4]) -> bool {
    bytes.iter().all(|&byte| byte >= b'\t')
}

/// What first bytes say.
struct Recognised {
    /// `None` for what is no table.
    format: Option<Format>,
    word: &'static str,
}

fn recognised(head: &[u8]) -> Recognised {
    let zipped = head.starts_with(b"PK\x03\x04");
    // Workbooks of before 2007.
    let compound = head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
    let (format, word) = if head.starts_with(b"PAR1") {
        (Some(Format::Parquet), "Parquet")
    } else if head.starts_with(&[0x1f, 0x8b]) {
        (Some(Format::Gzip), "gzip")
    } else if zipped || compound {
        (Some(Format::Workbook), "a zip archive or an Excel workbook")
    } else if utf16(head).is_some() {
        (Some(Format::Text), "UTF-16 text")
    } else if head.contains(&0) {
        (None, "binary data")
    } else {
        (Some(Format::Text), "text")
    };
    Recognised { format, word }
}

/// What the first bytes say, which must be what the name says.
fn format(path: &Path, head: &[u8]) -> Result<Format> {
    let name = name_of(path).to_lowercase();
    let Recognised { format: found, word } = recognised(head);
    let workbook = [".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"];
    let named = if name.ends_with(".parquet") {
        (Format::Parquet, "a Parquet file")
    } else if name.ends_with(".gz") {
        (Format::Gzip, "a gzipped CSV file")
    } else if workbook.iter().any(|ending| name.ends_with(ending)) {
        (Format::Workbook, "a workbook")
    } else {
        (Format::Text, "a CSV file")
    };
    if found == Some(named.0) {
        return Ok(named.0);
    }
    // Several shops' "Excel" downloads are text, or a page, under a workbook's name.
    let way_out = match (found, named.0) {
        (Some(Format::Text), Format::Workbook) => "; rename it to end with .csv",
        (Some(Format::Workbook), Format::Text) => "; rename it to end with .xlsx",
        _ => "",
    };
    Err(Error::input(
        path,
        format!("expected {}, but its first bytes are {word}{way_out}", named.1),
    ))
}

/// Files directly under `data` that no table claims, most likely misnamed.
pub(crate) fn strangers(data: &Path, used: &[String]) -> Result<Vec<Exception>> {
    let mut exceptions = Vec::new();
    // All that is read may lie elsewhere.
    if !data.is_dir() {
        return Ok(exceptions);
    }
    for path in entries(data)? {
        let name = name_of(&path);
        let Some(stem) = EXTENSIONS.iter().find_map(|e| name.strip_suffix(e)) else { continue };
        if !used.contains(&name) {
            let near = nearest(stem, schema::names().into_iter());
            let what = near.map_or("no table has this name".to_owned(), |n| {
                format!("no table has this name; the nearest is `{n}`")
            });
            let why = "rename it, or name it under [mapping.TABLE] file";
            let (kind, about) = (ExceptionKind::UnknownFile, Subject::File(name));
            exceptions.push(Exception::new(Severity::Info, kind, about, what, why));
        }
    }
    Ok(exceptions)
}

/// Every file under `data` that may be a table, for `check --preset auto`.
pub(crate) fn candidates(data: &Path) -> Result<Vec<File>> {
    let mut found = Vec::new();
    collect(data, &mut found)?;
    let parts = found.into_iter().map(|path| Part { path, root: data.to_owned() });
    parts.map(|part| open(data, part)).collect()
}

/// The file at `path` alone.
pub(crate) fn single(path: &Path) -> Result<File> {
    let folder = path.parent().unwrap_or(Path::new(""));
    open(folder, Part { path: path.to_owned(), root: folder.to_owned() })
}
