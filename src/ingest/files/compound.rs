//! Looks at an old workbook (xls) before a library that believes what it says is let in.
//!
//! Such a file is a file system of its own (MS-CFB): sectors, chains of them, a directory, and in
//! it one stream of records (MS-XLS). A kilobyte of it may chain a sector to itself for ever, put
//! two cells at opposite ends of a sheet, say that a sheet has four thousand million rows, or
//! write one long text into each of a hundred thousand cells. Here the chains are followed once
//! and what the records ask for is added up.

use crate::ingest::files::archive::Room;
use std::fs;
use std::io::Read;
use std::path::Path;

const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Numbers of sectors from here on are marks (MS-CFB 2.1).
const FIRST_MARK: u32 = 0xFFFF_FFFA;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;

/// A stream shorter than this lies in small sectors inside another (MS-CFB 2.2).
const SMALL_STREAM: u64 = 4096;
const SMALL_SECTOR: usize = 64;

/// Rows and columns of a sheet of this format.
const MOST_ROWS: u64 = 1 << 16;
const MOST_COLUMNS: u32 = 1 << 8;

/// A cell while it is collected, with what a growing list has to spare, and in its sheet.
const COLLECTED_BYTES: u64 = 64;
const PLACED_BYTES: u64 = 24;

/// Most bytes of UTF-8 that a character of a text takes.
const CHARACTER_BYTES: u64 = 3;

/// Continuations of one record: the longest table of texts that any program writes has some
/// thousands of 8 KiB each.
const MOST_CONTINUATIONS: usize = 1 << 14;

/// Letters that all formulas may have moved about while they are written out: a few seconds.
const MOST_MOVES: u64 = 1 << 35;

const DAMAGED: &str = "not a workbook: its contents are damaged";

/// Checks the workbook at `path`; what is no compound file is left to its reader.
///
/// # Errors
/// What is too much or damaged, as half a sentence.
pub(crate) fn check(path: &Path, room: Room) -> Result<(), String> {
    let Ok(file) = fs::File::open(path) else { return Ok(()) };
    let mut signature = Vec::new();
    if file.take(8).read_to_end(&mut signature).is_err() || signature != SIGNATURE {
        return Ok(());
    }
    // The reader holds the file, its stream of records and the table of its sectors.
    let length = fs::metadata(path).map_or(0, |known| known.len());
    if length.saturating_mul(4) > room.held {
        return Err(room.too_much());
    }
    let Ok(bytes) = fs::read(path) else { return Ok(()) };
    let container = Container::read(&bytes)?;
    for name in ["Workbook", "Book"] {
        if let Some(stream) = container.stream(name)? {
            let needed = Needed { bytes: length * 4, room: room.in_file(length), moves: 0 };
            book(&stream, needed)?;
        }
    }
    Ok(())
}

/// The number of `width` bytes at `at`, the lowest byte first.
fn number(bytes: &[u8], at: usize, width: usize) -> Result<u64, String> {
    let digits = bytes.get(at..at + width).ok_or(DAMAGED)?;
    Ok(digits.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn word(bytes: &[u8], at: usize) -> Result<u32, String> {
    number(bytes, at, 4).map(|number| number as u32)
}

fn half(bytes: &[u8], at: usize) -> Result<u32, String> {
    number(bytes, at, 2).map(|number| number as u32)
}

/// The rest of `bytes` after the first `count`.
fn after(bytes: &[u8], count: usize) -> Result<&[u8], String> {
    bytes.get(count..).ok_or_else(|| DAMAGED.to_owned())
}

/// The file system inside the file.
struct Container<'a> {
    sectors: Sectors<'a>,
    small: Vec<u8>,
    small_table: Vec<u32>,
    entries: Vec<Entry>,
}

/// One stream as the directory has it.
struct Entry {
    name: String,
    start: u32,
    length: u64,
}

/// Sectors and the table that chains them.
struct Sectors<'a> {
    bytes: &'a [u8],
    size: usize,
    table: Vec<u32>,
}

impl Sectors<'_> {
    fn sector(&self, id: u32) -> Result<&[u8], String> {
        let from = (id as usize).saturating_mul(self.size);
        let sector = after(self.bytes, from)?;
        if sector.is_empty() {
            return Err(DAMAGED.to_owned());
        }
        Ok(&sector[..self.size.min(sector.len())])
    }

    /// The bytes of the chain from `start`, `length` of them at most.
    fn chain(&self, start: u32, length: u64) -> Result<Vec<u8>, String> {
        let mut chain = Vec::new();
        let mut id = start;
        for _ in 0..=self.bytes.len() / self.size {
            if id == END_OF_CHAIN {
                return Ok(chain);
            }
            chain.extend_from_slice(self.sector(id)?);
            if chain.len() as u64 >= length {
                chain.truncate(length as usize);
                return Ok(chain);
            }
            id = *self.table.get(id as usize).ok_or(DAMAGED)?;
        }
        Err(DAMAGED.to_owned())
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let (fours, _) = bytes.as_chunks::<4>();
    fours.iter().map(|four| u32::from_le_bytes(*four)).collect()
}

impl<'a> Container<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let size = match half(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return Err(DAMAGED.to_owned()),
        };
        let mut sectors = Sectors { bytes: after(bytes, size)?, size, table: Vec::new() };
        let most = sectors.bytes.len() / size + 1;
        // Which sectors hold the table: the first 109 stand in the head, the rest in a chain whose
        // links are the last words of its sectors.
        let mut parts = words(bytes.get(76..512).ok_or(DAMAGED)?);
        let mut next = word(bytes, 68)?;
        let mut links = 0;
        while next < FIRST_MARK {
            links += 1;
            let mut more = words(sectors.sector(next)?);
            next = more.pop().ok_or(DAMAGED)?;
            parts.append(&mut more);
            if links > most {
                return Err(DAMAGED.to_owned());
            }
        }
        parts.retain(|&part| part < FIRST_MARK);
        if parts.len() > most {
            return Err(DAMAGED.to_owned());
        }
        for part in parts {
            let entries = words(sectors.sector(part)?);
            sectors.table.extend(entries);
        }
        let directory = sectors.chain(word(bytes, 48)?, u64::MAX)?;
        let (blocks, _) = directory.as_chunks::<128>();
        let mut entries = Vec::new();
        for block in blocks {
            let letters = words_of_two(&block[..64]);
            let name = letters.split(|&letter| letter == 0).next().unwrap_or_default();
            entries.push(Entry {
                name: String::from_utf16_lossy(name),
                start: word(block, 116)?,
                length: number(block, 120, if size == 512 { 4 } else { 8 })?,
            });
        }
        let root = entries.first().ok_or(DAMAGED)?;
        let small_parts = number(bytes, 64, 4)?;
        let (mut small, mut small_table) = (Vec::new(), Vec::new());
        if small_parts > 0 {
            small = sectors.chain(root.start, root.length)?;
            let table = sectors.chain(word(bytes, 60)?, small_parts * size as u64)?;
            small_table = words(&table);
        }
        Ok(Self { sectors, small, small_table, entries })
    }

    /// The bytes of the stream `name`, if there is one.
    fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let is_it = |entry: &&Entry| entry.name.eq_ignore_ascii_case(name);
        let Some(entry) = self.entries.iter().find(is_it) else { return Ok(None) };
        if entry.length >= SMALL_STREAM {
            return self.sectors.chain(entry.start, entry.length).map(Some);
        }
        let small =
            Sectors { bytes: &self.small, size: SMALL_SECTOR, table: self.small_table.clone() };
        small.chain(entry.start, entry.length).map(Some)
    }
}

fn words_of_two(bytes: &[u8]) -> Vec<u16> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
}

/// What is asked for so far.
struct Needed {
    bytes: u64,
    room: Room,
    /// Letters that writing out formulas moves.
    moves: u64,
}

impl Needed {
    fn add(&mut self, bytes: u64) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.room.held {
            return Err(self.room.too_much());
        }
        Ok(())
    }
}

/// One record and what continues it.
struct Record<'a> {
    kind: u32,
    data: &'a [u8],
    further: Vec<&'a [u8]>,
}

/// The records of a stream (MS-XLS 2.1.4).
struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    fn one(&mut self) -> Result<(u32, &'a [u8]), String> {
        let kind = half(self.rest, 0)?;
        let length = half(self.rest, 2)? as usize;
        let data = self.rest.get(4..4 + length).ok_or(DAMAGED)?;
        self.rest = &self.rest[4 + length..];
        Ok((kind, data))
    }

    fn next(&mut self) -> Result<Option<Record<'a>>, String> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (kind, data) = self.one()?;
        let mut further = Vec::new();
        while self.rest.len() > 4 && half(self.rest, 0)? == kind::CONTINUE {
            further.push(self.one()?.1);
            if further.len() > MOST_CONTINUATIONS {
                return Err(DAMAGED.to_owned());
            }
        }
        Ok(Some(Record { kind, data, further }))
    }
}

/// Kinds of records (MS-XLS 2.3).
mod kind {
    pub(super) const FORMULA: u32 = 0x0006;
    pub(super) const EOF: u32 = 0x000A;
    pub(super) const NAME: u32 = 0x0018;
    pub(super) const CONTINUE: u32 = 0x003C;
    pub(super) const SHEET: u32 = 0x0085;
    pub(super) const NUMBERS: u32 = 0x00BD;
    pub(super) const RICH_TEXT: u32 = 0x00D6;
    pub(super) const TEXTS: u32 = 0x00FC;
    pub(super) const SHARED_TEXT: u32 = 0x00FD;
    pub(super) const EXTENT: u32 = 0x0200;
    pub(super) const NUMBER: u32 = 0x0203;
    pub(super) const LABEL: u32 = 0x0204;
    pub(super) const TRUTH: u32 = 0x0205;
    pub(super) const RESULT: u32 = 0x0207;
    pub(super) const SHORT_NUMBER: u32 = 0x027E;
    pub(super) const BOF: u32 = 0x0809;
}

/// What is the same for all sheets.
#[derive(Default)]
struct Globals {
    /// Bytes of each shared text.
    texts: Vec<u64>,
    /// Bytes of the longest name that a formula may spell out.
    longest_name: u64,
    /// Where the sheets begin.
    sheets: Vec<usize>,
}

/// Adds up what the sheets of a book ask for.
fn book(stream: &[u8], mut needed: Needed) -> Result<(), String> {
    let mut globals = Globals::default();
    let mut records = Records { rest: stream };
    while let Some(record) = records.next()? {
        match record.kind {
            kind::SHEET => {
                globals.sheets.push(word(record.data, 0)? as usize);
                let name = record.data.len() as u64 * CHARACTER_BYTES;
                globals.longest_name = globals.longest_name.max(name);
            }
            kind::NAME => {
                let name = number(record.data, 3, 1)? * CHARACTER_BYTES;
                globals.longest_name = globals.longest_name.max(name);
                needed.add(COLLECTED_BYTES + name)?;
            }
            kind::TEXTS => {
                globals.texts = shared_texts(&record)?;
                for bytes in &globals.texts {
                    needed.add(COLLECTED_BYTES + bytes)?;
                }
            }
            kind::EOF => break,
            _ => {}
        }
    }
    // A sheet that lies on another is read as often as it is named.
    let mut gone_through = 0;
    let mut largest = 0;
    for &start in &globals.sheets {
        let rest = after(stream, start)?;
        let before = needed.bytes;
        gone_through += sheet(rest, &globals, &mut needed)?;
        if gone_through > 2 * stream.len() {
            return Err(DAMAGED.to_owned());
        }
        largest = largest.max(needed.bytes - before);
    }
    // Its cells are handed over one sheet at a time.
    needed.add(largest)
}

/// The bytes of each of the shared texts (MS-XLS 2.4.265, 2.5.293).
fn shared_texts(record: &Record<'_>) -> Result<Vec<u64>, String> {
    let mut rest = after(record.data, 8)?;
    let mut further = record.further.iter();
    let mut texts = Vec::new();
    loop {
        if rest.is_empty() {
            let Some(next) = further.next() else { return Ok(texts) };
            rest = next;
        }
        // A continuation without anything is read as a text without anything.
        if rest.is_empty() {
            texts.push(0);
            continue;
        }
        let letters = half(rest, 0)? as usize;
        let flags = number(rest, 2, 1)?;
        rest = after(rest, 3)?;
        // What follows the text: the runs of its fonts, and how it is pronounced.
        let mut trailing = 0;
        if flags & 8 != 0 {
            trailing += number(rest, 0, 2)? * 4;
            rest = after(rest, 2)?;
        }
        if flags & 4 != 0 {
            trailing += number(rest, 0, 4)?;
            rest = after(rest, 4)?;
        }
        let mut left = letters;
        let mut width = if flags & 1 == 0 { 1 } else { 2 };
        while left > 0 {
            let taken = left.min(rest.len() / width);
            left -= taken;
            rest = &rest[taken * width..];
            if left > 0 {
                rest = further.next().ok_or(DAMAGED)?;
                width = if number(rest, 0, 1)? & 1 == 0 { 1 } else { 2 };
                rest = &rest[1..];
            }
        }
        while trailing > 0 {
            if rest.is_empty() {
                rest = further.next().ok_or(DAMAGED)?;
            }
            let passed = trailing.min(rest.len() as u64);
            rest = &rest[passed as usize..];
            trailing -= passed;
        }
        texts.push(letters as u64 * CHARACTER_BYTES);
    }
}

/// The rectangle that cells span.
#[derive(Clone, Copy)]
struct Extent {
    top: u32,
    left: u32,
    bottom: u32,
    right: u32,
}

impl Extent {
    fn with(span: Option<Self>, row: u32, column: u32) -> Self {
        let span = span.unwrap_or(Self { top: row, left: column, bottom: row, right: column });
        Self {
            top: span.top.min(row),
            left: span.left.min(column),
            bottom: span.bottom.max(row),
            right: span.right.max(column),
        }
    }

    fn cells(self) -> u64 {
        u64::from(self.bottom - self.top + 1) * u64::from(self.right - self.left + 1)
    }
}

/// Adds up what the sheet at the head of `stream` asks for; returns its bytes.
fn sheet(stream: &[u8], globals: &Globals, needed: &mut Needed) -> Result<usize, String> {
    let mut records = Records { rest: stream };
    let mut span = None;
    let mut has_begun = false;
    // Charts inside the sheet are books of their own, and are passed over.
    let mut inside: u64 = 0;
    while let Some(record) = records.next()? {
        let data = record.data;
        if inside > 0 {
            match record.kind {
                kind::BOF => inside += 1,
                kind::EOF => inside -= 1,
                _ => {}
            }
            continue;
        }
        let text = match record.kind {
            kind::BOF => {
                inside += u64::from(has_begun);
                has_begun = true;
                continue;
            }
            kind::EOF => break,
            kind::EXTENT => {
                check_extent(data)?;
                continue;
            }
            // A text of its own, as long as it says, whatever follows.
            kind::LABEL | kind::RICH_TEXT => u64::from(half(data, 6)?) * CHARACTER_BYTES,
            kind::RESULT => {
                // It belongs to the formula before it.
                needed.add(COLLECTED_BYTES + u64::from(half(data, 0)?) * CHARACTER_BYTES)?;
                continue;
            }
            kind::SHARED_TEXT => {
                let which = word(data, 6)? as usize;
                globals.texts.get(which).copied().unwrap_or(0)
            }
            kind::NUMBERS => {
                let cells = (data.len() / 6) as u64;
                let last = half(data, data.len().saturating_sub(2))?;
                span = Some(Extent::with(span, half(data, 0)?, last));
                COLLECTED_BYTES * cells
            }
            kind::FORMULA => {
                let bytes = formula_bytes(after(data, 20)?, globals.longest_name);
                needed.moves = needed.moves.saturating_add(bytes * data.len() as u64);
                if needed.moves > MOST_MOVES {
                    return Err("its formulas are too long".to_owned());
                }
                COLLECTED_BYTES + bytes
            }
            kind::NUMBER | kind::SHORT_NUMBER | kind::TRUTH => 0,
            _ => continue,
        };
        span = Some(Extent::with(span, half(data, 0)?, half(data, 2)?));
        needed.add(COLLECTED_BYTES + text)?;
    }
    if let Some(span) = span {
        // Values, and formulas beside them.
        needed.add(2 * PLACED_BYTES * span.cells())?;
    }
    Ok(stream.len() - records.rest.len())
}

/// What a sheet says that it spans is set aside at once (MS-XLS 2.4.90).
fn check_extent(data: &[u8]) -> Result<(), String> {
    let width = if data.len() < 14 { 2 } else { 4 };
    let first = number(data, 0, width)?;
    let end = number(data, width, width)?;
    let end_column = half(data, 2 * width + 2)?;
    let is_sound = end <= MOST_ROWS
        && end_column <= MOST_COLUMNS
        && (end == 0 || end_column == 0 || first < end);
    if is_sound { Ok(()) } else { Err(DAMAGED.to_owned()) }
}

/// Most bytes that the formula `parsed` may take as a text (MS-XLS 2.5.198).
///
/// Each byte is taken to begin a token; the longest that is written out for one of a single byte
/// is shorter than twelve letters.
fn formula_bytes(parsed: &[u8], longest_name: u64) -> u64 {
    let tokens = parsed.iter().map(|token| match token {
        // Blanks, up to 255 of them.
        0x19 => 260,
        // A number as digits.
        0x1F => 350,
        // Names: of a range, of a sheet.
        0x23 | 0x43 | 0x63 | 0x39..=0x3D | 0x59..=0x5D | 0x79..=0x7D => longest_name + 32,
        0x21 | 0x22 | 0x41 | 0x42 | 0x61 | 0x62 => 40,
        _ => 12,
    });
    tokens.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { unpacked: 1 << 24, held: 1 << 24, cells: 1 << 20, is_of_file: false };

    fn record(kind: u32, data: &[u8]) -> Vec<u8> {
        let head = [kind as u16, data.len() as u16].map(u16::to_le_bytes);
        [head.concat().as_slice(), data].concat()
    }

    fn at(row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
        [row.to_le_bytes().as_slice(), &column.to_le_bytes(), &[0, 0], rest].concat()
    }

    /// A book with one sheet of `records`, and the text «a» as often as `letters` says.
    fn stream(letters: u16, records: &[u8]) -> Vec<u8> {
        let text = [letters.to_le_bytes().as_slice(), &[0], &vec![b'a'; letters.into()]].concat();
        let texts = record(kind::TEXTS, &[[0; 8].as_slice(), &text].concat());
        let head = record(kind::BOF, &[0, 6, 5, 0]);
        let end = record(kind::EOF, &[]);
        let start = head.len() + texts.len() + end.len() + 4 + 9;
        let name = [(start as u32).to_le_bytes().as_slice(), &[0, 0, 1, 0, b's']].concat();
        let sheet = [head.as_slice(), records, &end].concat();
        [head.as_slice(), &texts, &record(kind::SHEET, &name), &end, &sheet].concat()
    }

    fn told(letters: u16, records: &[u8]) -> Result<(), String> {
        book(&stream(letters, records), Needed { bytes: 0, room: ROOM, moves: 0 })
    }

    /// A file around a stream of one part more than 4 KiB, with its chain as it should be.
    fn file(stream: &[u8]) -> Vec<u8> {
        let parts = stream.len().div_ceil(512).max(8);
        let mut head = vec![0; 512];
        head[..8].copy_from_slice(&SIGNATURE);
        head[30] = 9;
        head[48..52].copy_from_slice(&1u32.to_le_bytes());
        head[60..64].copy_from_slice(&END_OF_CHAIN.to_le_bytes());
        head[68..72].copy_from_slice(&END_OF_CHAIN.to_le_bytes());
        head[76..].fill(0xFF);
        head[76..80].fill(0);
        let mut table = vec![0xFFFF_FFFDu32, END_OF_CHAIN];
        table.extend((3..2 + parts as u32).chain([END_OF_CHAIN]));
        table.resize(128, u32::MAX);
        let table: Vec<u8> = table.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let mut directory = vec![0; 512];
        for (at, letter) in b"Root".iter().enumerate() {
            directory[2 * at] = *letter;
        }
        for (at, letter) in b"Workbook".iter().enumerate() {
            directory[128 + 2 * at] = *letter;
        }
        directory[128 + 116] = 2;
        directory[248..252].copy_from_slice(&(parts as u32 * 512).to_le_bytes());
        let mut stream = stream.to_vec();
        stream.resize(parts * 512, 0);
        [head, table, directory, stream].concat()
    }

    fn told_of_file(bytes: &[u8]) -> Result<(), String> {
        let path = tempfile::NamedTempFile::new().unwrap();
        fs::write(path.path(), bytes).unwrap();
        check(path.path(), ROOM)
    }

    #[test]
    fn cells_are_added_up_with_their_texts_and_the_space_between_them() {
        let shared = |row| record(kind::SHARED_TEXT, &at(row, 0, &[0; 4]));
        assert_eq!(told(10, &shared(1).repeat(1000)), Ok(()));
        let told_of_many = told(8000, &shared(1).repeat(1000)).unwrap_err();
        assert!(told_of_many.contains("memory_limit_mb"), "{told_of_many}");
        let number = |row, column| record(kind::NUMBER, &at(row, column, &[0; 8]));
        assert_eq!(told(1, &[number(0, 0), number(1000, 9)].concat()), Ok(()));
        let far = told(1, &[number(0, 0), number(65_535, 255)].concat()).unwrap_err();
        assert!(far.contains("memory_limit_mb"), "{far}");
        // A text as long as it says, though nothing follows.
        let label = record(kind::LABEL, &at(0, 0, &[0xFF, 0xFF, 0]));
        assert!(told(1, &label.repeat(100)).unwrap_err().contains("memory_limit_mb"));
    }

    #[test]
    fn a_sheet_says_what_it_can_span() {
        let extent = |first: u32, end: u32| {
            let columns = [0, 0, 9, 0, 0, 0];
            let data = [first.to_le_bytes().as_slice(), &end.to_le_bytes(), &columns].concat();
            told(1, &record(kind::EXTENT, &data))
        };
        assert_eq!(extent(0, 65_536), Ok(()));
        assert_eq!(extent(0, 0), Ok(()));
        for (first, end) in [(0, u32::MAX), (5, 3), (0, 1 << 20)] {
            assert!(extent(first, end).unwrap_err().contains("damaged"), "{first} {end}");
        }
    }

    #[test]
    fn long_formulas_are_not_written_out() {
        let blanks = [[0x1E, 1, 0].as_slice(), &[0x19, 0x40, 0, 255].repeat(2000)].concat();
        let formula = record(kind::FORMULA, &at(0, 0, &[[0; 14].as_slice(), &blanks].concat()));
        assert_eq!(told(1, &formula), Ok(()));
        assert!(told(1, &formula.repeat(40)).is_err());
    }

    #[test]
    fn chains_that_never_end_are_not_followed() {
        let whole = file(&stream(10, &[]));
        assert_eq!(told_of_file(&whole), Ok(()));
        // The directory's sector follows itself, or the stream's last its first.
        for (sector, next) in [(1, 1u32), (9, 2)] {
            let mut bytes = whole.clone();
            bytes[512 + 4 * sector..][..4].copy_from_slice(&next.to_le_bytes());
            if sector == 9 {
                bytes[1024 + 248..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
            }
            assert!(told_of_file(&bytes).unwrap_err().contains("damaged"), "{sector}");
        }
        // The table of sectors is named again and again.
        let mut bytes = whole.clone();
        bytes[76..512].fill(0);
        assert!(told_of_file(&bytes).unwrap_err().contains("damaged"));
        for length in 0..whole.len() {
            let _ = told_of_file(&whole[..length]);
        }
    }
}
