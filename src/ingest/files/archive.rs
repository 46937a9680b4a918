//! Looks at the parts of a zipped workbook before a library that believes them is let in.
//!
//! A workbook of a kilobyte may say that a cell has two thousand million spaces or that a row
//! stands there a million times, and one of a megabyte may unpack to gigabytes of shared texts.
//! Here the parts that are held as a whole are unpacked once and counted, and what a sheet of an
//! OpenDocument file says of repetition is added up (ODF 1.2, part 1, sections 6.1.3, 19.675,
//! 19.677). The fields of the archive are those of its application note (PKWARE APPNOTE 6.3).
//! What cannot be looked at is refused: whoever reads it next may find more in it.

use flate2::read::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Most bytes that a deflated byte unpacks to: what cannot reach a limit is not unpacked to see.
const MOST_TIMES: u64 = 1032;

/// The end of the directory of parts and its longest comment.
const DIRECTORY_END: u64 = 22 + 65_535;

/// Rows and columns that a sheet may have: repetitions are cut there by whoever reads them.
const MOST_ROWS: u64 = 1 << 20;
const MOST_COLUMNS: u64 = 1 << 14;

/// What a cell takes beside its text: itself and its formula, empty or not.
const CELL_BYTES: u64 = 56;

/// What any workbook may take, and how often the bytes of its file: a few hundred of them may
/// stand for millions of cells. Real ones take fifty to a hundred times.
const ALWAYS_HELD: u64 = 1 << 28;
const HELD_TIMES: u64 = 256;

/// Most spaces in a row and bytes of an element: a cell holds 32,767 characters.
const MOST_SPACES: u64 = 1 << 16;
const LONGEST_ELEMENT: usize = 1 << 20;

/// What a text that cells share takes beside its letters, with what a growing list has to spare.
const SHARED_TEXT_BYTES: u64 = 64;
/// The shortest shared text of a binary workbook: its head, its flags and its length.
const SHORTEST_SHARED_RECORD: u64 = 7;

/// A name, a relation, a format; and a style, which has fonts, borders and texts of its own.
const NAME_BYTES: u64 = 256;
const STYLE_BYTES: u64 = 1024;

/// A part in the list of an archive.
const PART_BYTES: u64 = 1024;

/// Parts that unpack to less are not looked into: one of their texts is as long at most.
const LARGE_PART: u64 = 1 << 28;

const DAMAGED: &str = "not a workbook: its contents are damaged";

/// What a workbook may unpack to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// All of its parts together, bytes.
    pub(crate) unpacked: u64,
    /// What of it is held at once, bytes.
    pub(crate) held: u64,
    /// Cells of a sheet, filled or not.
    pub(crate) cells: u64,
    /// What is held is bounded by the size of the file.
    pub(crate) is_of_file: bool,
}

impl Room {
    /// What there is room for in a file of `length` bytes.
    pub(crate) fn in_file(self, length: u64) -> Self {
        let most = ALWAYS_HELD.saturating_add(length.saturating_mul(HELD_TIMES));
        if most >= self.held { self } else { Self { held: most, is_of_file: true, ..self } }
    }

    /// Why a sheet with so much in it is not read.
    pub(crate) fn too_much(self) -> String {
        format!("its cells need more than {}", self.words())
    }

    fn words(self) -> String {
        let held = self.held >> 20;
        match self.is_of_file {
            false => format!("{held} MiB (memory_limit_mb)"),
            true => format!(
                "{held} MiB, far more than its file: delete what is repeated or stands far from \
                 the table, or save it as csv"
            ),
        }
    }
}

/// Checks the workbook at `path`; what is no archive is left to its reader.
///
/// # Errors
/// What is too much, as half a sentence.
pub(crate) fn check(path: &Path, room: Room) -> Result<(), String> {
    let Some(mut archive) = Archive::open(path)? else { return Ok(()) };
    let room = room.in_file(archive.length);
    let parts = std::mem::take(&mut archive.parts);
    let mut left = room.unpacked;
    // A list of a million empty parts is memory as well, before any of them is opened.
    let mut held = parts.len() as u64 * PART_BYTES;
    for part in parts {
        let unpacked = archive.unpacked(&part, left);
        if unpacked > left {
            return Err(format!(
                "unpacks to more than {} MiB ([data] decompressed_limit_mb)",
                room.unpacked >> 20
            ));
        }
        // All parts share what may be unpacked: many small ones are as much as a large one.
        left -= unpacked;
        let most = part.most();
        let needed = match part.kind() {
            PartKind::OpenSheets => {
                let mut sheets = Sheets::new(room);
                archive.open_part(&part, |bytes| sheets.read(bytes))?;
                continue;
            }
            PartKind::Whole => {
                let mut whole = Whole::new(room.held - held.min(room.held));
                archive.open_part(&part, |bytes| whole.read(bytes))?;
                whole.bytes
            }
            PartKind::SharedRecords => {
                // Letters of two bytes become three.
                let times = SHARED_TEXT_BYTES / SHORTEST_SHARED_RECORD + 2;
                archive.counted(&part, room.held / times + 1).saturating_mul(times)
            }
            PartKind::Records => 2 * archive.open_part(&part, |bytes| Ok(longest_record(bytes)))?,
            PartKind::Sheet | PartKind::Other if most <= LARGE_PART.min(room.held) / 4 => 0,
            PartKind::Sheet => {
                let mut whole = Whole::new(room.held - held.min(room.held));
                archive.open_part(&part, |bytes| whole.read(bytes))?;
                whole.bytes
            }
            PartKind::Other => 2 * archive.counted(&part, room.held),
        };
        held = held.saturating_add(needed);
        if held > room.held {
            return Err(format!("its part {} needs more than {}", part.name, room.words()));
        }
    }
    Ok(())
}

/// An archive and where its parts are.
struct Archive {
    file: BufReader<File>,
    length: u64,
    parts: Vec<Part>,
}

/// One part of an archive.
struct Part {
    name: String,
    /// Bytes in the archive.
    packed: u64,
    /// Where its own head begins.
    at: u64,
    is_deflated: bool,
}

/// How the reader takes a part.
enum PartKind {
    /// All sheets of an OpenDocument file.
    OpenSheets,
    /// Its list, its texts, its styles: held as a whole.
    Whole,
    /// The texts of a binary workbook.
    SharedRecords,
    /// Another part of a binary workbook, record by record.
    Records,
    /// A sheet, cell by cell.
    Sheet,
    /// What is not read, unless a workbook says that it is a sheet: a picture as one of its cells.
    Other,
}

impl Part {
    fn kind(&self) -> PartKind {
        // Names are looked up in any case, with either slash.
        let name = self.name.replace('\\', "/").to_ascii_lowercase();
        let base = name.rsplit('/').next().unwrap_or_default();
        match base {
            // Charts have one each, in a folder, which is not read.
            _ if self.name == "content.xml" => PartKind::OpenSheets,
            "sharedstrings.bin" => PartKind::SharedRecords,
            "styles.bin" | "workbook.bin" => PartKind::Records,
            "sharedstrings.xml" | "styles.xml" | "workbook.xml" => PartKind::Whole,
            _ if base.ends_with(".rels") => PartKind::Whole,
            _ if name.contains("sheets/") && base.ends_with(".bin") => PartKind::Records,
            _ if name.contains("sheets/") && base.ends_with(".xml") => PartKind::Sheet,
            _ => PartKind::Other,
        }
    }

    /// The most that it can unpack to.
    fn most(&self) -> u64 {
        self.packed.saturating_mul(if self.is_deflated { MOST_TIMES } else { 1 })
    }
}

/// The number of `width` bytes at `at`, the lowest byte first; 0 beyond the end.
fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    let digits = bytes.get(at..at + width).unwrap_or_default();
    digits.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// A field that is all ones stands in the extra field of large archives instead (APPNOTE 4.5.3):
/// those that do, in the order of `fields`.
fn large<const N: usize>(extra: &[u8], mut fields: [u64; N]) -> [u64; N] {
    let mut rest = extra;
    while rest.len() >= 4 {
        let length = (4 + number(rest, 2, 2) as usize).min(rest.len());
        if number(rest, 0, 2) == 1 {
            let mut at = 4;
            for field in fields.iter_mut().filter(|field| **field == u64::from(u32::MAX)) {
                *field = number(&rest[..length], at, 8);
                at += 8;
            }
            break;
        }
        rest = &rest[length..];
    }
    fields
}

impl Archive {
    /// `None` for what is no archive.
    ///
    /// # Errors
    /// Where its parts are not listed as they should be: what is looked at here has to be what is
    /// read afterwards.
    fn open(path: &Path) -> Result<Option<Self>, String> {
        let Ok(file) = File::open(path) else { return Ok(None) };
        let mut file = BufReader::new(file);
        let Ok(length) = file.seek(SeekFrom::End(0)) else { return Ok(None) };
        // The list of parts is found from the end; nothing before the longest comment can be its
        // mark.
        let from = length.saturating_sub(DIRECTORY_END);
        let mut tail = Vec::new();
        if file.seek(SeekFrom::Start(from)).is_err() || file.read_to_end(&mut tail).is_err() {
            return Ok(None);
        }
        let Some(end) = tail.windows(4).rposition(|four| four == b"PK\x05\x06") else {
            return Ok(None);
        };
        let mut list_end = from + end as u64;
        let mut count = number(&tail, end + 10, 2);
        let (mut size, mut at) = (number(&tail, end + 12, 4), number(&tail, end + 16, 4));
        // The same in an archive that may be large (APPNOTE 4.3.14, 4.3.15).
        let locator = end.checked_sub(20).filter(|&at| tail[at..].starts_with(b"PK\x06\x07"));
        if let Some(locator) = locator {
            list_end = number(&tail, locator + 8, 8);
            let mut record = vec![0; 56];
            let whole = file.seek(SeekFrom::Start(list_end)).is_ok()
                && file.read_exact(&mut record).is_ok();
            if !whole || !record.starts_with(b"PK\x06\x06") {
                return Err(DAMAGED.to_owned());
            }
            count = number(&record, 32, 8);
            size = number(&record, 40, 8);
            at = number(&record, 48, 8);
        }
        // An archive with something between list and end, or two lists, is read differently by
        // different programs.
        if at.checked_add(size) != Some(list_end) || size > length {
            return Err("not a workbook: its list of parts is not where it should be".to_owned());
        }
        let mut directory = Vec::new();
        if file.seek(SeekFrom::Start(at)).is_err()
            || file.by_ref().take(size).read_to_end(&mut directory).is_err()
        {
            return Err(DAMAGED.to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = directory.as_slice();
        while rest.starts_with(b"PK\x01\x02") {
            let lengths = [28, 30, 32].map(|at| number(rest, at, 2) as usize);
            let next = 46 + lengths.iter().sum::<usize>();
            let name = rest.get(46..46 + lengths[0]).ok_or(DAMAGED)?;
            let extra = rest.get(46 + lengths[0]..next - lengths[2]).ok_or(DAMAGED)?;
            let fields = [number(rest, 24, 4), number(rest, 20, 4), number(rest, 42, 4)];
            let [_, packed, at] = large(extra, fields);
            parts.push(Part {
                name: String::from_utf8_lossy(name).into_owned(),
                // No part has more bytes than its file.
                packed: packed.min(length),
                at,
                is_deflated: number(rest, 10, 2) == 8,
            });
            rest = rest.get(next..).ok_or(DAMAGED)?;
        }
        if parts.len() as u64 != count || !rest.is_empty() {
            return Err(DAMAGED.to_owned());
        }
        Ok(Some(Self { file, length, parts }))
    }

    /// Hands the bytes of a part to `read`; a part whose head is not where it should be has none.
    fn open_part<T: Default>(
        &mut self,
        part: &Part,
        read: impl FnOnce(&mut dyn Read) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut head = [0; 30];
        if self.file.seek(SeekFrom::Start(part.at)).is_err()
            || self.file.read_exact(&mut head).is_err()
        {
            return Ok(T::default());
        }
        // The head in front of the part may have other lengths than the list: it says where the
        // part begins.
        let begin = part.at + 30 + number(&head, 26, 2) + number(&head, 28, 2);
        if self.file.seek(SeekFrom::Start(begin)).is_err() {
            return Ok(T::default());
        }
        let mut packed = self.file.by_ref().take(part.packed);
        if part.is_deflated { read(&mut DeflateDecoder::new(packed)) } else { read(&mut packed) }
    }

    /// The bytes that a part unpacks to, if they are more than `most` at least one more; what it
    /// cannot be more than where that is little enough.
    fn unpacked(&mut self, part: &Part, most: u64) -> u64 {
        if part.most() <= most { part.packed } else { self.counted(part, most) }
    }

    /// The bytes that a part unpacks to, if they are more than `most` at least one more.
    fn counted(&mut self, part: &Part, most: u64) -> u64 {
        let counted = self.open_part(part, |bytes| {
            // What is broken is broken for its reader as well, which says so.
            let mut within = bytes.take(most.saturating_add(1));
            Ok(io::copy(&mut within, &mut io::sink()).unwrap_or(0))
        });
        counted.unwrap_or(0)
    }
}

/// A piece of a document.
enum Markup<'a> {
    /// An element without its brackets.
    Element(&'a [u8]),
    /// Letters between elements, as many of them as are at hand.
    Letters(u64),
}

/// What the reader of markup is inside of.
#[derive(Clone, Copy)]
enum Inside {
    Letters,
    Element,
    Quote(u8),
}

/// Hands over a document piece by piece.
///
/// # Errors
/// What the caller says of a piece, or where two readers could part over what it means.
fn pieces(
    bytes: &mut dyn Read,
    each: &mut dyn FnMut(Markup<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut buffer = vec![0; 1 << 16];
    let mut element: Vec<u8> = Vec::new();
    let mut inside = Inside::Letters;
    while let Ok(count @ 1..) = bytes.read(&mut buffer) {
        // Of an encoding of two bytes a letter.
        if buffer[..count].contains(&0) {
            return Err(DAMAGED.to_owned());
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let stop = match inside {
                Inside::Letters => rest.iter().position(|&byte| byte == b'<'),
                Inside::Element => {
                    rest.iter().position(|&byte| matches!(byte, b'>' | b'"' | b'\''))
                }
                Inside::Quote(quote) => rest.iter().position(|&byte| byte == quote),
            };
            let length = stop.unwrap_or(rest.len());
            let piece = &rest[..length];
            rest = &rest[(length + 1).min(rest.len())..];
            if let Inside::Letters = inside {
                each(Markup::Letters(length as u64))?;
                if stop.is_some() {
                    inside = Inside::Element;
                    element.clear();
                }
                continue;
            }
            element.extend_from_slice(piece);
            if element.len() > LONGEST_ELEMENT {
                return Err("one of its cells has no end".to_owned());
            }
            let Some(_) = stop else { continue };
            let ends = match inside {
                Inside::Letters => false,
                Inside::Quote(quote) => {
                    element.push(quote);
                    inside = Inside::Element;
                    continue;
                }
                Inside::Element => {
                    // Which of the three it was.
                    let byte = buffer[count - rest.len() - 1];
                    let is_end = byte == b'>';
                    let ends = match element.as_slice() {
                        [b'!', b'-', b'-', remark @ ..] => is_end && remark.ends_with(b"--"),
                        [b'?', words @ ..] => is_end && words.ends_with(b"?"),
                        text if text.starts_with(b"![CDATA[") => is_end && text.ends_with(b"]]"),
                        // No workbook says of what type it is.
                        [b'!', ..] => return Err(DAMAGED.to_owned()),
                        [b'/', ..] if !is_end => return Err(DAMAGED.to_owned()),
                        _ if is_end => true,
                        _ => {
                            inside = Inside::Quote(byte);
                            false
                        }
                    };
                    if !ends {
                        element.push(byte);
                    }
                    ends
                }
            };
            if ends {
                check_encoding(&element)?;
                each(Markup::Element(&element))?;
                inside = Inside::Letters;
            }
        }
    }
    Ok(())
}

/// Refuses a document that says it is in an encoding of which the brackets are no brackets.
fn check_encoding(element: &[u8]) -> Result<(), String> {
    if !element.starts_with(b"?xml ") {
        return Ok(());
    }
    let text = String::from_utf8_lossy(element).to_ascii_lowercase();
    let Some(encoding) = attribute(&text, "encoding") else { return Ok(()) };
    match encoding {
        "utf-8" | "utf8" | "us-ascii" => Ok(()),
        other => Err(format!("it is in the encoding `{other}`: save it again as a workbook")),
    }
}

/// What a part that is held as a whole takes.
struct Whole {
    bytes: u64,
    most: u64,
    /// Letters of the text at hand, and the longest element so far.
    letters: u64,
    longest: u64,
    /// Inside of a text, which goes on to its end whatever stands in it.
    is_text: bool,
    /// Inside of a text that is kept.
    is_kept: bool,
    /// Shared texts for which there is room already.
    set_aside: u64,
}

impl Whole {
    fn new(most: u64) -> Self {
        Self {
            bytes: 0,
            most,
            letters: 0,
            longest: 0,
            is_text: false,
            is_kept: false,
            set_aside: 0,
        }
    }

    /// Reads a part until it takes more than there is.
    fn read(&mut self, bytes: &mut dyn Read) -> Result<(), String> {
        let most = self.most;
        let read = pieces(bytes, &mut |piece| {
            self.take(piece)?;
            // The rest need not be seen.
            if self.bytes > most { Err(String::new()) } else { Ok(()) }
        });
        if self.bytes > most { Ok(()) } else { read }
    }

    fn lengthen(&mut self, count: u64) -> Result<(), String> {
        self.letters += count;
        self.bytes += if self.is_kept { count } else { 0 };
        match self.letters > LONGEST_ELEMENT as u64 {
            true => Err("one of its cells has no end".to_owned()),
            false => Ok(()),
        }
    }

    fn take(&mut self, piece: Markup<'_>) -> Result<(), String> {
        let element = match piece {
            Markup::Letters(count) => return self.lengthen(count),
            Markup::Element(element) => element,
        };
        let length = element.len() as u64;
        let is_closing = element.first() == Some(&b'/');
        if self.is_text || element.starts_with(b"!") {
            self.lengthen(if is_closing { 0 } else { length })?;
        } else {
            self.letters = 0;
        }
        self.longest = self.longest.max(length);
        let name = element.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        let name = name.strip_suffix(b"/").unwrap_or(name);
        match name.rsplit(|&byte| byte == b':' || byte == b'/').next().unwrap_or_default() {
            b"si" if is_closing => self.is_kept = false,
            b"t" | b"v" | b"f" => self.is_text = !is_closing && !element.ends_with(b"/"),
            b"definedName" if is_closing => (self.is_kept, self.is_text) = (false, false),
            _ if is_closing => {}
            b"sst" => {
                // Set aside at once, however many follow.
                let count = match element.windows(11).any(|part| part == b"uniqueCount") {
                    true => repeated(element, "uniqueCount")?,
                    false => 0,
                };
                self.set_aside = count;
                self.bytes = self.bytes.saturating_add(count.saturating_mul(SHARED_TEXT_BYTES));
            }
            b"si" => {
                self.bytes += if self.set_aside > 0 { 0 } else { SHARED_TEXT_BYTES };
                self.set_aside = self.set_aside.saturating_sub(1);
                self.is_kept = true;
            }
            b"sheet" | b"Relationship" | b"numFmt" => self.bytes += NAME_BYTES + 2 * length,
            b"definedName" => {
                self.bytes += NAME_BYTES + 2 * length;
                (self.is_kept, self.is_text) = (true, !element.ends_with(b"/"));
            }
            // A style keeps copies of the names of its font and its format.
            b"xf" | b"font" | b"fill" | b"border" => self.bytes += STYLE_BYTES + 2 * self.longest,
            b"stop" => self.bytes += SHARED_TEXT_BYTES,
            _ => {}
        }
        Ok(())
    }
}

/// The bytes of the longest record of a binary part (MS-XLSB 2.1.4): a length is of 7 bits a byte,
/// four of them at most.
fn longest_record(bytes: &mut dyn Read) -> u64 {
    let mut bytes = BufReader::new(bytes);
    let mut longest = 0;
    while let Some(length) = record_length(&mut bytes) {
        longest = longest.max(length);
        let passed = io::copy(&mut bytes.by_ref().take(length), &mut io::sink());
        if passed.unwrap_or(0) < length {
            break;
        }
    }
    longest
}

/// The length of the next record, after its kind of one byte or two.
fn record_length(bytes: &mut impl Read) -> Option<u64> {
    let mut byte = [0];
    bytes.read_exact(&mut byte).ok()?;
    if byte[0] & 0x80 != 0 {
        bytes.read_exact(&mut byte).ok()?;
    }
    let mut length = 0;
    for place in 0..4 {
        bytes.read_exact(&mut byte).ok()?;
        length |= u64::from(byte[0] & 0x7F) << (7 * place);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    Some(length)
}

/// What the sheets of an OpenDocument file say, element by element.
struct Sheets {
    room: Room,
    /// Bytes of all that is closed.
    held: u64,
    sheet: Sheet,
    row: SheetRow,
    cell: SheetCell,
    /// What has begun and not ended: readers look for the end of each by its name.
    open: Vec<Vec<u8>>,
}

/// Elements of an OpenDocument sheet that have to end in the order in which they began.
const NESTED: [&[u8]; 5] = [
    b"table:table",
    b"table:table-row",
    b"table:table-cell",
    b"table:covered-table-cell",
    b"office:annotation",
];

/// The rows of one sheet so far.
#[derive(Debug, Default)]
struct Sheet {
    rows: u64,
    /// The last row and column that are filled.
    height: u64,
    width: u64,
    /// Bytes of its cells, as they are written and as often as they are repeated.
    written: u64,
    repeated: u64,
}

#[derive(Debug, Default)]
struct SheetRow {
    times: u64,
    columns: u64,
    filled_to: u64,
    bytes: u64,
}

#[derive(Debug, Default)]
struct SheetCell {
    times: u64,
    is_filled: bool,
    bytes: u64,
}

impl Sheets {
    fn new(room: Room) -> Self {
        Self {
            room,
            held: 0,
            sheet: Sheet::default(),
            row: SheetRow::default(),
            cell: SheetCell::default(),
            open: Vec::new(),
        }
    }

    fn read(&mut self, bytes: &mut dyn Read) -> Result<(), String> {
        pieces(bytes, &mut |piece| match piece {
            Markup::Element(element) => self.take(element),
            Markup::Letters(count) => {
                self.cell.bytes += count;
                Ok(())
            }
        })?;
        if self.open.is_empty() { Ok(()) } else { Err(DAMAGED.to_owned()) }
    }

    /// Takes one element into account, without its brackets.
    fn take(&mut self, element: &[u8]) -> Result<(), String> {
        let name = element.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        let is_whole = element.ends_with(b"/");
        let name = name.strip_suffix(b"/").unwrap_or(name);
        self.nest(name, is_whole)?;
        match name {
            b"table:table-row" => {
                let times = repeated(element, "table:number-rows-repeated")?;
                // What a repetition says beyond the sheet's last row is cut by whoever reads it.
                let times = times.min(MOST_ROWS.saturating_sub(self.sheet.rows));
                self.row = SheetRow { times, ..SheetRow::default() };
                self.cell = SheetCell::default();
                if is_whole {
                    self.end_row()?;
                }
            }
            b"/table:table-row" => self.end_row()?,
            b"table:table-cell" | b"table:covered-table-cell" => {
                self.end_cell();
                let times = repeated(element, "table:number-columns-repeated")?;
                let with = |word: &[u8]| element.windows(word.len()).any(|part| part == word);
                self.cell = SheetCell {
                    times: times.min(MOST_COLUMNS.saturating_sub(self.row.columns)),
                    is_filled: with(b"office:") || with(b"formula"),
                    bytes: CELL_BYTES + element.len() as u64,
                };
            }
            b"text:s" => {
                let spaces = repeated(element, "text:c")?;
                if spaces > MOST_SPACES {
                    return Err(format!("one of its cells has {spaces} spaces in a row"));
                }
                self.cell.bytes += spaces;
            }
            b"/table:table" => {
                let sheet = std::mem::take(&mut self.sheet);
                let Sheet { height, width, written, repeated, .. } = sheet;
                let all = height * width;
                if all > self.room.cells {
                    return Err(too_far(height, width));
                }
                // A sheet is a rectangle in memory: a single cell far out costs all between.
                let placed = repeated.max(all * CELL_BYTES);
                // As they are written, repeated, and handed over.
                let needed = written.saturating_add(2 * placed);
                self.held = self.held.saturating_add(needed);
            }
            // Text in a frame of its own is text as well.
            _ => self.cell.bytes += element.len() as u64,
        }
        if self.held.saturating_add(self.sheet.written) > self.room.held {
            return Err(self.room.too_much());
        }
        Ok(())
    }

    /// Follows what begins and ends. A reader that looks for an end that never comes looks for
    /// ever.
    fn nest(&mut self, name: &[u8], is_whole: bool) -> Result<(), String> {
        let begun = name.strip_prefix(b"/").unwrap_or(name);
        if !NESTED.contains(&begun) || is_whole {
            return Ok(());
        }
        let is_sound = match name.len() > begun.len() {
            true => self.open.pop().as_deref() == Some(begun),
            // A sheet inside a sheet is none.
            false => self.open.is_empty() || begun != NESTED[0],
        };
        if !is_sound {
            return Err(DAMAGED.to_owned());
        }
        if name.len() == begun.len() {
            self.open.push(begun.to_vec());
        }
        // Deeper is nothing that anybody makes.
        if self.open.len() > 2 * NESTED.len() { Err(DAMAGED.to_owned()) } else { Ok(()) }
    }

    fn end_cell(&mut self) {
        let SheetCell { times, is_filled, bytes } = std::mem::take(&mut self.cell);
        let row = &mut self.row;
        row.columns += times;
        if is_filled {
            row.filled_to = row.columns;
            row.bytes = row.bytes.saturating_add(bytes.saturating_mul(times));
        }
    }

    fn end_row(&mut self) -> Result<(), String> {
        self.end_cell();
        let SheetRow { times, filled_to, bytes, .. } = std::mem::take(&mut self.row);
        let sheet = &mut self.sheet;
        sheet.rows += times;
        if filled_to > 0 {
            sheet.height = sheet.rows;
            sheet.width = sheet.width.max(filled_to);
            // Cells between filled ones are written out as well.
            let bytes = bytes.max(filled_to * CELL_BYTES);
            sheet.written = sheet.written.saturating_add(bytes);
            sheet.repeated = sheet.repeated.saturating_add(bytes.saturating_mul(times));
        }
        if self.held.saturating_add(sheet.repeated) > self.room.held {
            return Err(self.room.too_much());
        }
        Ok(())
    }
}

/// Why a sheet with a filled cell so far from the others is not read.
pub(crate) fn too_far(rows: u64, columns: u64) -> String {
    format!(
        "its cells reach to row {rows} and column {columns}: delete what stands far from the \
         table, or save it as csv"
    )
}

/// How often `attribute` of an element says that it stands there.
fn repeated(element: &[u8], attribute: &str) -> Result<u64, String> {
    let text = String::from_utf8_lossy(element);
    let Some(value) = self::attribute(&text, attribute) else { return Ok(1) };
    value.trim().parse().map_err(|_| format!("{attribute} is no number: `{value}`"))
}

/// The value of an attribute of an element.
fn attribute<'t>(element: &'t str, name: &str) -> Option<&'t str> {
    let (_, after) = element.split_once(name)?;
    let after = after.trim_start().strip_prefix('=').unwrap_or_default().trim_start();
    Some(after.split(['"', '\'']).nth(1).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room =
        Room { unpacked: 1 << 30, held: 1 << 26, cells: 20_000_000, is_of_file: false };

    fn told(body: &str) -> Result<(), String> {
        Sheets::new(ROOM).read(&mut body.as_bytes())
    }

    #[test]
    fn what_a_sheet_repeats_is_added_up() {
        let cell = "<table:table-cell office:value='1' table:number-columns-repeated=\"30\"/>";
        let empty = "<table:table-cell table:number-columns-repeated='16384'/>";
        let row = |times: &str| {
            format!(
                "<table:table-row table:number-rows-repeated=\"{times}\">{cell}{empty}\
                 </table:table-row>"
            )
        };
        let sheet = |rows: &str| format!("<table:table><!-- don't -->{rows}</table:table>");
        assert_eq!(told(&sheet(&row("1000"))), Ok(()));
        // What is empty to the end of the sheet, as every program writes it, is nothing.
        let below = "<table:table-row table:number-rows-repeated='1048000'><table:table-cell \
                     table:number-columns-repeated='16384'/></table:table-row>";
        assert_eq!(told(&sheet(&format!("{}{below}", row("10")))), Ok(()));
        assert!(told(&sheet(&row("1048576"))).unwrap_err().contains("memory_limit_mb"));
        let far = format!("{}{below}{}", row("1"), row("1"));
        assert!(told(&sheet(&far)).unwrap_err().contains("reach to row 1048002 and column 30"));
        assert!(told(&sheet(&row("&#57;9"))).unwrap_err().contains("is no number"));
        let spaces = "<table:table-cell office:value-type='string'><text:p><text:s \
                      text:c='2000000000'/></text:p></table:table-cell>";
        assert!(told(spaces).unwrap_err().contains("2000000000 spaces in a row"));
    }

    fn of_part(body: &str) -> Whole {
        let mut whole = Whole::new(u64::MAX);
        whole.read(&mut body.as_bytes()).unwrap();
        whole
    }

    #[test]
    fn what_a_part_is_held_as_is_added_up() {
        // Set aside at once, or text by text, but not both.
        let texts = of_part(&format!("<sst>{}</sst>", "<si><t>abc</t></si>".repeat(100)));
        assert_eq!(texts.bytes, 100 * (SHARED_TEXT_BYTES + 3));
        let texts = of_part("<sst uniqueCount='100'><si><t>abc</t></si></sst>");
        assert_eq!(texts.bytes, 100 * SHARED_TEXT_BYTES + 3);
        // Each style has a copy of the format.
        let format = format!("<x:numFmt formatCode=\"{}\"/>", "0".repeat(5000));
        let styles = of_part(&format!("<s>{format}{}</s>", "<x:xf/>".repeat(100)));
        assert!(styles.bytes > 100 * (STYLE_BYTES + 5000));
        let letters = "x".repeat(LONGEST_ELEMENT / 2);
        for endless in [
            format!("<c>{letters}{letters}{letters}</c>"),
            format!("<t>{letters}<b/>{letters}<!-- -->{letters}</t>"),
            format!("<t>{}</t>", format!("<![CDATA[{letters}]]>").repeat(3)),
        ] {
            let mut whole = Whole::new(u64::MAX);
            assert!(whole.read(&mut endless.as_bytes()).unwrap_err().contains("no end"));
        }
        of_part(&format!("<si><t>{letters}</t></si>").repeat(3));
    }

    #[test]
    fn what_two_readers_could_read_otherwise_is_refused() {
        let hidden = "<text:s text:c='2000000000'/>";
        for body in [
            format!("<!DOCTYPE a '>{hidden}'>"),
            format!("</a '>{hidden}'>"),
            format!("<a>{hidden}").replace('<', "<\0"),
            format!("<?xml version='1.0' encoding='iso-2022-jp'?>{hidden}"),
            // A remark and an instruction of which one could be over too soon.
            format!("<!-->'-->{hidden}"),
            format!("<?a '?>{hidden}"),
            format!("<![CDATA['>]]>{hidden}"),
        ] {
            assert!(told(&body).is_err(), "{body}");
        }
        // What never ends, as a reader looks for it.
        for body in [
            "<table:table><table:table-row>",
            "<table:table><office:annotation></table:table>",
            "<table:table><table:table-row></table:table></table:table-row>",
            "<table:table><table:table></table:table></table:table>",
        ] {
            assert!(told(body).unwrap_err().contains("damaged"), "{body}");
        }
        let frames = format!("<![CDATA[{}]]>", "x".repeat(1 << 19)).repeat(140);
        let cell = format!("<table:table-cell office:value='1'>{frames}</table:table-cell>");
        let row = format!("<table:table-row>{cell}</table:table-row>");
        assert!(
            told(&format!("<table:table>{row}</table:table>"))
                .unwrap_err()
                .contains("memory_limit_mb")
        );
    }

    /// An archive of one part as every program writes it.
    fn archive(packed: &[u8]) -> Vec<u8> {
        let name = b"content.xml";
        let field = |number: u64, width: usize| number.to_le_bytes()[..width].to_vec();
        let length = packed.len() as u64;
        let sizes = [field(0, 4), field(length, 4), field(length, 4), field(11, 2), field(0, 2)];
        let head = [b"PK\x03\x04".to_vec(), vec![0; 10], sizes.concat(), name.to_vec()].concat();
        let part = [head.as_slice(), packed].concat();
        let entry = [b"PK\x01\x02".to_vec(), vec![0; 12], sizes.concat(), vec![0; 14]].concat();
        let list = [entry.as_slice(), name].concat();
        let counts = [field(0, 4), field(1, 2), field(1, 2)].concat();
        let at = [field(list.len() as u64, 4), field(part.len() as u64, 4), vec![0; 2]].concat();
        [part, list, b"PK\x05\x06".to_vec(), counts, at].concat()
    }

    #[test]
    fn an_archive_is_looked_at_whole_or_refused() {
        let checked = |bytes: &[u8]| {
            let path = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(path.path(), bytes).unwrap();
            check(path.path(), ROOM)
        };
        let bomb = archive(b"<text:s text:c='2000000000'/>");
        assert!(checked(&bomb).unwrap_err().contains("spaces"));
        assert_eq!(checked(&archive(b"<text:s text:c='2'/>")), Ok(()));
        assert_eq!(checked(b"no archive"), Ok(()));
        // Behind something else, and with a list that says that it has no parts.
        let behind = [b"#!/bin/sh\n".as_slice(), &bomb].concat();
        assert!(checked(&behind).unwrap_err().contains("list of parts"));
        let mut empty = bomb.clone();
        let end = empty.len() - 12;
        empty[end..end + 2].fill(0);
        assert!(checked(&empty).unwrap_err().contains("damaged"));
        // One of four GiB and more, or written as if it were.
        let end = bomb.len() - 22;
        let [list, at] = [12, 16].map(|field| number(&bomb, end + field, 4));
        let field = |number: u64| number.to_le_bytes().to_vec();
        let record = [b"PK\x06\x06".to_vec(), vec![0; 20], field(1), field(1)].concat();
        let record = [record, field(list), field(at)].concat();
        let locator = [b"PK\x06\x07".to_vec(), vec![0; 4], field(end as u64), vec![0; 4]];
        let mut tail = bomb[end..].to_vec();
        tail[8..20].fill(0xFF);
        let large = [&bomb[..end], &record, &locator.concat(), &tail].concat();
        assert!(checked(&large).unwrap_err().contains("spaces"));
    }

    #[test]
    fn a_small_file_stands_for_no_more_than_a_small_table() {
        let room = Room { held: 1 << 34, ..ROOM };
        let small = room.in_file(500);
        assert!(small.held < 1 << 29 && small.too_much().contains("far more than its file"));
        assert!(room.in_file(1 << 30).too_much().contains("memory_limit_mb"));
    }
}
