//! Looks at the parts of a zipped workbook before a library that believes them is let in.
//!
//! A workbook of a kilobyte may say that a cell has two thousand million spaces or that a row
//! stands there a million times, and one of a megabyte may unpack to gigabytes of shared texts.
//! Here the parts that are held as a whole are unpacked once and counted, and what a sheet of an
//! OpenDocument file says of repetition is added up (ODF 1.2, part 1, sections 6.1.3, 19.675,
//! 19.677). The fields of the archive are those of its application note (PKWARE APPNOTE 6.3).

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

/// Most spaces in a row and bytes of an element: a cell holds 32,767 characters.
const MOST_SPACES: u64 = 1 << 16;
const LONGEST_ELEMENT: usize = 1 << 20;

/// What a workbook may unpack to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// All of its parts together, bytes.
    pub(crate) unpacked: u64,
    /// What of it is held at once, bytes.
    pub(crate) held: u64,
    /// Cells of a sheet, filled or not.
    pub(crate) cells: u64,
}

/// Checks the workbook at `path`; what is no archive, or a broken one, is left to its reader.
///
/// # Errors
/// What is too much, as half a sentence.
pub(crate) fn check(path: &Path, room: Room) -> Result<(), String> {
    let Some(mut archive) = Archive::open(path) else { return Ok(()) };
    let mut left = room.unpacked;
    for part in std::mem::take(&mut archive.parts) {
        let is_held = part.name.ends_with("/sharedStrings.xml")
            || part.name.ends_with("/sharedStrings.bin")
            || part.name.ends_with("/styles.xml");
        let most = if is_held { left.min(room.held) } else { left };
        let unpacked = archive.unpacked(&part, most);
        if unpacked > left {
            return Err(format!(
                "unpacks to more than {} MiB ([data] decompressed_limit_mb)",
                room.unpacked >> 20
            ));
        }
        if is_held && unpacked > room.held {
            return Err(format!(
                "its part {} needs more than {} MiB (memory_limit_mb)",
                part.name,
                room.held >> 20
            ));
        }
        left -= unpacked;
        if part.name == "content.xml" {
            let mut sheets = Sheets::new(room);
            archive.open_part(&part, |bytes| sheets.read(bytes))?;
        }
    }
    Ok(())
}

/// An archive and where its parts are.
struct Archive {
    file: BufReader<File>,
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

/// The number of `width` bytes at `at`, the lowest byte first; 0 beyond the end.
fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    let digits = bytes.get(at..at + width).unwrap_or_default();
    digits.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

impl Archive {
    /// `None` for what is no archive, or one that says of itself what cannot be.
    fn open(path: &Path) -> Option<Self> {
        let mut file = BufReader::new(File::open(path).ok()?);
        let length = file.seek(SeekFrom::End(0)).ok()?;
        let from = length.saturating_sub(DIRECTORY_END);
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).ok()?;
        let end = tail.windows(4).rposition(|four| four == b"PK\x05\x06")?;
        let (size, at) = (number(&tail, end + 12, 4), number(&tail, end + 16, 4));
        let mut directory = Vec::new();
        file.seek(SeekFrom::Start(at)).ok()?;
        file.by_ref().take(size.min(length)).read_to_end(&mut directory).ok()?;
        let mut parts = Vec::new();
        let mut rest = directory.as_slice();
        while rest.starts_with(b"PK\x01\x02") {
            let lengths = [28, 30, 32].map(|at| number(rest, at, 2) as usize);
            let name = rest.get(46..46 + lengths[0])?;
            parts.push(Part {
                name: String::from_utf8_lossy(name).into_owned(),
                packed: number(rest, 20, 4).min(length),
                at: number(rest, 42, 4),
                is_deflated: number(rest, 10, 2) == 8,
            });
            rest = rest.get(46 + lengths.iter().sum::<usize>()..)?;
        }
        Some(Self { file, parts })
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
        let times = if part.is_deflated { MOST_TIMES } else { 1 };
        let bound = part.packed.saturating_mul(times);
        if bound <= most {
            return part.packed;
        }
        let counted = self.open_part(part, |bytes| {
            // What is broken is broken for its reader as well, which says so.
            let mut within = bytes.take(most.saturating_add(1));
            Ok(io::copy(&mut within, &mut io::sink()).unwrap_or(0))
        });
        counted.unwrap_or(0)
    }
}

/// What the sheets of an OpenDocument file say, element by element.
struct Sheets {
    room: Room,
    /// Bytes of all that is closed.
    held: u64,
    sheet: Sheet,
    row: SheetRow,
    cell: SheetCell,
}

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
        }
    }

    fn read(&mut self, bytes: &mut dyn Read) -> Result<(), String> {
        let mut buffer = vec![0; 1 << 16];
        let mut element: Vec<u8> = Vec::new();
        // The quote that an element is inside of; `<` stands for none.
        let mut is_inside = false;
        let mut quote = 0;
        while let Ok(count @ 1..) = bytes.read(&mut buffer) {
            for &byte in &buffer[..count] {
                if !is_inside {
                    is_inside = byte == b'<';
                    self.cell.bytes += u64::from(!is_inside);
                    continue;
                }
                let is_remark = element.starts_with(b"!--");
                let ends = match byte {
                    b'>' if is_remark => element.ends_with(b"--"),
                    b'>' if element.starts_with(b"![CDATA[") => element.ends_with(b"]]"),
                    b'>' => quote == 0,
                    b'"' | b'\'' if quote == 0 && !is_remark => {
                        quote = byte;
                        false
                    }
                    _ => {
                        if byte == quote {
                            quote = 0;
                        }
                        false
                    }
                };
                if !ends {
                    element.push(byte);
                    if element.len() > LONGEST_ELEMENT {
                        return Err("one of its cells has no end".to_owned());
                    }
                    continue;
                }
                self.take(&element)?;
                element.clear();
                (is_inside, quote) = (false, 0);
            }
        }
        Ok(())
    }

    /// Takes one element into account, without its brackets.
    fn take(&mut self, element: &[u8]) -> Result<(), String> {
        let name = element.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        let is_whole = element.ends_with(b"/");
        match name.strip_suffix(b"/").unwrap_or(name) {
            b"table:table-row" => {
                let times = repeated(element, "table:number-rows-repeated")?;
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
                // As they are written, repeated, and handed over.
                let needed = written.saturating_add(2 * repeated.max(all * CELL_BYTES));
                self.held = self.held.saturating_add(needed);
            }
            _ => {}
        }
        if self.held.saturating_add(self.sheet.written) > self.room.held {
            return Err(too_much(self.room.held));
        }
        Ok(())
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
            return Err(too_much(self.room.held));
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

/// Why a sheet with so much in it is not read.
pub(crate) fn too_much(held: u64) -> String {
    format!("its cells need more than {} MiB (memory_limit_mb)", held >> 20)
}

/// How often `attribute` of an element says that it stands there.
fn repeated(element: &[u8], attribute: &str) -> Result<u64, String> {
    let text = String::from_utf8_lossy(element);
    let Some((_, after)) = text.split_once(attribute) else { return Ok(1) };
    let after = after.trim_start().strip_prefix('=').unwrap_or_default().trim_start();
    let value = after.split(['"', '\'']).nth(1).unwrap_or_default();
    value.trim().parse().map_err(|_| format!("{attribute} is no number: `{value}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { unpacked: 1 << 30, held: 1 << 26, cells: 20_000_000 };

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
}
