//! Column chunks of the two large tables, encoded straight from slices: no row structs and no
//! hashing of names.
//!
//! A chunk is an optional dictionary page and one data page, compressed with zstd. Names are
//! run-length encoded (a series is one run), dates are delta-packed (a series is consecutive),
//! quantities go through a dictionary because most are small whole numbers. All encodings are of
//! the Parquet format's first edition of 2013, which every reader knows.

use crate::domain::error::{Error, Result};
use crate::math::hash::FastMap;
use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use std::collections::BTreeMap;

/// Fastest level: on these pages the higher ones cost more time than they save bytes.
pub(crate) const ZSTD_LEVEL: i32 = 1;
/// More distinct values than this are written plain: codes have 16 bits.
const DICTIONARY_LIMIT: usize = 1 << 16;
/// Whole numbers below this find their code without hashing: nearly all daily sales, in a table of
/// 16 kB that stays in the cache.
const SMALL: usize = 4096;

/// One encoded column of one row group.
pub(crate) struct Chunk {
    pub bytes: Bytes,
    pub close: ColumnCloseResult,
}

/// What goes into a chunk.
struct Parts {
    dictionary: Option<Dictionary>,
    data: Vec<u8>,
    encoding: Encoding,
    rows: usize,
    statistics: Statistics,
}

/// The distinct values of a chunk, plain-encoded, and how many they are.
struct Dictionary {
    plain: Vec<u8>,
    values: usize,
}

/// Pages on their way into a chunk.
struct Pages {
    zstd: zstd::bulk::Compressor<'static>,
    sink: TrackedWrite<Vec<u8>>,
    compressed_size: usize,
    uncompressed_size: usize,
}

impl Pages {
    fn compressed(&mut self, plain: &[u8]) -> Result<Bytes> {
        Ok(self.zstd.compress(plain).map_err(Error::io("zstd"))?.into())
    }

    /// Writes a page that is `plain` bytes long unpacked, and returns its offset.
    fn write(&mut self, page: Page, plain: usize) -> Result<i64> {
        let written = SerializedPageWriter::new(&mut self.sink)
            .write_page(CompressedPage::new(page, plain))
            .map_err(parquet)?;
        self.compressed_size += written.compressed_size;
        self.uncompressed_size += written.uncompressed_size;
        Ok(written.offset.cast_signed())
    }
}

fn chunk(column: &ColumnDescPtr, parts: Parts) -> Result<Chunk> {
    // The format counts values of a page in 32 bits.
    let rows = u32::try_from(parts.rows)
        .map_err(|_| Error::Internal("a row group of over 4 billion rows".into()))?;
    let mut pages = Pages {
        zstd: zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(Error::io("zstd"))?,
        // Half of the plain bytes, and the heads of two pages: what compressed pages take, so that
        // nothing grows while it is written.
        sink: TrackedWrite::new(Vec::with_capacity(parts.data.len() / 2 + 256)),
        compressed_size: 0,
        uncompressed_size: 0,
    };
    // Readers expect the encodings of the levels and of the dictionary to be listed, too.
    let mut encodings = vec![parts.encoding, Encoding::RLE];
    let mut dictionary_offset = None;
    if let Some(Dictionary { plain, values }) = &parts.dictionary {
        let page = Page::DictionaryPage {
            buf: pages.compressed(plain)?,
            num_values: u32::try_from(*values).unwrap_or(u32::MAX),
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        dictionary_offset = Some(pages.write(page, plain.len())?);
        encodings.push(Encoding::PLAIN);
    }
    let page = Page::DataPage {
        buf: pages.compressed(&parts.data)?,
        num_values: rows,
        encoding: parts.encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let data_offset = pages.write(page, parts.data.len())?;
    let metadata = ColumnChunkMetaData::builder(column.clone())
        .set_compression(Compression::ZSTD(Default::default()))
        .set_encodings(encodings)
        .set_num_values(parts.rows as i64)
        .set_total_compressed_size(pages.compressed_size as i64)
        .set_total_uncompressed_size(pages.uncompressed_size as i64)
        .set_data_page_offset(data_offset)
        .set_dictionary_page_offset(dictionary_offset)
        .set_statistics(parts.statistics)
        .build()
        .map_err(parquet)?;
    let close = ColumnCloseResult {
        bytes_written: pages.compressed_size as u64,
        rows_written: u64::from(rows),
        metadata,
        bloom_filter: None,
        // One page a column: an index of pages would say what the statistics of the chunk say.
        column_index: None,
        offset_index: None,
    };
    Ok(Chunk { bytes: pages.sink.into_inner().map_err(parquet)?.into(), close })
}

pub(crate) fn parquet(error: parquet::errors::ParquetError) -> Error {
    match error {
        parquet::errors::ParquetError::External(cause) => {
            // A full disk is the user's trouble, and ends with its own code; anything else is ours.
            match cause.downcast::<std::io::Error>() {
                Ok(source) => Error::Io { path: "parquet".into(), source: *source },
                Err(cause) => Error::Internal(format!("parquet: {cause}")),
            }
        }
        other => Error::Internal(format!("parquet: {other}")),
    }
}

/// Consecutive rows of the same name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'n> {
    pub name: &'n str,
    pub rows: usize,
}

/// Names in runs; the dictionary has them in order of appearance.
pub(crate) fn names<'n>(
    column: &ColumnDescPtr,
    runs: impl Iterator<Item = Run<'n>>,
) -> Result<Chunk> {
    let mut dictionary: Vec<&str> = Vec::new();
    let mut code_of: BTreeMap<&str, u32> = BTreeMap::new();
    // Rows of each code, neighbours of the same name together.
    let mut coded: Vec<(u32, usize)> = Vec::new();
    let mut rows = 0;
    for run in runs {
        // Order of appearance, not of names: the file is the same at any number of threads, and
        // needs no sort.
        let code = *code_of.entry(run.name).or_insert_with(|| {
            dictionary.push(run.name);
            dictionary.len() as u32 - 1
        });
        rows += run.rows;
        match coded.last_mut() {
            // Channels of a pool alternate, items do not: neighbours of one name are one run.
            Some((last, rows)) if *last == code => *rows += run.rows,
            _ => coded.push((code, run.rows)),
        }
    }
    let mut parts = names_parts(&dictionary, rows);
    let width = bit_width(dictionary.len());
    parts.data.push(width);
    for (code, rows) in coded {
        if rows > 0 {
            repeat(code, rows, width, &mut parts.data);
        }
    }
    chunk(column, parts)
}

/// A dictionary of names; the data are still to come.
fn names_parts(dictionary: &[&str], rows: usize) -> Parts {
    let mut plain = Vec::with_capacity(dictionary.iter().map(|name| name.len() + 4).sum());
    for name in dictionary {
        // Length first, little endian: `PLAIN` of byte arrays.
        plain.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes());
        plain.extend_from_slice(name.as_bytes());
    }
    let least = dictionary.iter().min().map(|&name| ByteArray::from(name));
    let most = dictionary.iter().max().map(|&name| ByteArray::from(name));
    Parts {
        dictionary: Some(Dictionary { plain, values: dictionary.len() }),
        data: Vec::new(),
        encoding: Encoding::RLE_DICTIONARY,
        rows,
        statistics: Statistics::byte_array(least, most, None, Some(0), false),
    }
}

/// Labels by code: `codes[row]` is a position in `dictionary`, of which the used ones are written.
pub(crate) fn labels(
    column: &ColumnDescPtr,
    dictionary: &[&str],
    mut codes: Vec<u16>,
) -> Result<Chunk> {
    // A dictionary of all labels would stand in files of shops that use two.
    let mut used = vec![None; dictionary.len()];
    let mut kept: Vec<&str> = Vec::new();
    for code in &mut codes {
        let slot = &mut used[usize::from(*code)];
        *code = *slot.get_or_insert_with(|| {
            kept.push(dictionary[usize::from(*code)]);
            kept.len() as u16 - 1
        });
    }
    let mut parts = names_parts(&kept, codes.len());
    parts.data = hybrid(&codes, bit_width(kept.len()));
    chunk(column, parts)
}

/// Quantities by dictionary: most are small whole numbers, and few are distinct.
#[derive(Debug, Clone)]
pub(crate) struct Quantities {
    codes: Vec<u16>,
    /// The distinct values in order of appearance.
    distinct: Vec<f32>,
    /// Codes of whole numbers below [`SMALL`].
    small: Vec<u32>,
    /// Codes of the others, by their bits.
    other: FastMap<u32, u32>,
    /// More distinct values than codes: the column has to be written plain.
    full: bool,
}

const NO_CODE: u32 = u32::MAX;

impl Quantities {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let codes = Vec::with_capacity(rows);
        Self {
            codes,
            distinct: Vec::new(),
            small: vec![NO_CODE; SMALL],
            other: FastMap::default(),
            full: false,
        }
    }

    fn code(&mut self, value: f32) -> u16 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is checked by comparing back"
        )]
        let whole = value as u32 as usize;
        let slot = if whole < SMALL && (whole as f32).to_bits() == value.to_bits() {
            &mut self.small[whole]
        } else {
            self.other.entry(value.to_bits()).or_insert(NO_CODE)
        };
        // In order of appearance, like names: the file does not depend on threads.
        if *slot == NO_CODE {
            if self.distinct.len() == DICTIONARY_LIMIT {
                // The column is written plain; the codes so far are not read again.
                self.full = true;
                return 0;
            }
            *slot = self.distinct.len() as u32;
            self.distinct.push(value);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the dictionary has at most 65,536 entries"
        )]
        let code = *slot as u16;
        code
    }

    pub(crate) fn extend(&mut self, values: &[f32]) {
        for &value in values {
            let code = self.code(value);
            self.codes.push(code);
        }
    }

    /// `rows` times the same value.
    pub(crate) fn repeat(&mut self, value: f32, rows: usize) {
        let code = self.code(value);
        self.codes.resize(self.codes.len() + rows, code);
    }

    /// Replaces one value.
    pub(crate) fn set(&mut self, row: usize, value: f32) {
        self.codes[row] = self.code(value);
    }

    /// The column; `None` when there were too many distinct values.
    pub(crate) fn chunk(&self, column: &ColumnDescPtr) -> Result<Option<Chunk>> {
        if self.full {
            return Ok(None);
        }
        let plain: Vec<u8> = self.distinct.iter().flat_map(|v| v.to_le_bytes()).collect();
        let parts = Parts {
            dictionary: Some(Dictionary { plain, values: self.distinct.len() }),
            data: hybrid(&self.codes, bit_width(self.distinct.len())),
            encoding: Encoding::RLE_DICTIONARY,
            rows: self.codes.len(),
            statistics: float_statistics(&self.distinct),
        };
        chunk(column, parts).map(Some)
    }
}

/// Quantities that are mostly distinct.
pub(crate) fn plain_floats(column: &ColumnDescPtr, values: &[f32]) -> Result<Chunk> {
    let mut data = Vec::with_capacity(values.len() * 4);
    data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    let statistics = float_statistics(values);
    chunk(
        column,
        Parts { dictionary: None, data, encoding: Encoding::PLAIN, rows: values.len(), statistics },
    )
}

/// Days since 1970, mostly consecutive.
pub(crate) fn dates(column: &ColumnDescPtr, days: &[i32]) -> Result<Chunk> {
    let statistics = Statistics::int32(
        days.iter().min().copied(),
        days.iter().max().copied(),
        None,
        Some(0),
        false,
    );
    let data = delta_packed(days);
    chunk(
        column,
        Parts {
            dictionary: None,
            data,
            encoding: Encoding::DELTA_BINARY_PACKED,
            rows: days.len(),
            statistics,
        },
    )
}

/// One day for all rows.
pub(crate) fn one_date(column: &ColumnDescPtr, day: i32, rows: usize) -> Result<Chunk> {
    // The width of codes comes first, in a byte: one bit, and none of it is used.
    let mut data = vec![1];
    if rows > 0 {
        repeat(0, rows, 1, &mut data);
    }
    let plain = day.to_le_bytes().to_vec();
    chunk(
        column,
        Parts {
            dictionary: Some(Dictionary { plain, values: 1 }),
            data,
            encoding: Encoding::RLE_DICTIONARY,
            rows,
            statistics: Statistics::int32(Some(day), Some(day), None, Some(0), false),
        },
    )
}

fn float_statistics(values: &[f32]) -> Statistics {
    let mut least = f32::INFINITY;
    let mut most = f32::NEG_INFINITY;
    for &value in values {
        least = least.min(value);
        most = most.max(value);
    }
    Statistics::float(Some(least), Some(most), None, Some(0), false)
}

/// Bits for codes below `count`, at least one.
fn bit_width(count: usize) -> u8 {
    u8::try_from(usize::BITS - count.saturating_sub(1).leading_zeros()).unwrap_or(32).max(1)
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// One run of equal codes.
fn repeat(code: u32, rows: usize, width: u8, out: &mut Vec<u8>) {
    // The lowest bit tells a run (0) from packed groups (1).
    varint((rows as u64) << 1, out);
    out.extend_from_slice(&code.to_le_bytes()[..usize::from(width).div_ceil(8)]);
}

/// The format's mixture of runs and bit-packed groups of eight, after one byte of width.
fn hybrid(codes: &[u16], width: u8) -> Vec<u8> {
    /// Shorter runs than this stay bit-packed: a run costs two headers, its own and that of the
    /// packed groups behind it.
    const RUN: usize = 24;
    let mut out = vec![width];
    // Codes from `literal` to `at` wait to be packed.
    let mut literal = 0;
    let mut at = 0;
    // Packed groups hold eight codes: a run may only begin where one ends.
    while at + 8 <= codes.len() {
        let code = codes[at];
        if codes[at..at + 8].iter().any(|&c| c != code) {
            at += 8;
            continue;
        }
        let run = codes[at..].iter().take_while(|&&c| c == code).count();
        if run >= RUN {
            pack(&codes[literal..at], width, &mut out);
            repeat(u32::from(code), run, width, &mut out);
            at += run;
            literal = at;
        } else {
            at += 8;
        }
    }
    pack(&codes[literal..], width, &mut out);
    out
}

/// Groups of eight codes, the last one filled up with zeros.
fn pack(codes: &[u16], width: u8, out: &mut Vec<u8>) {
    if codes.is_empty() {
        return;
    }
    varint((codes.len().div_ceil(8) as u64) << 1 | 1, out);
    // Eight codes of `width` bits are `width` bytes, so that groups never share one.
    let bytes = usize::from(width);
    for group in codes.chunks(8) {
        if width <= 8 {
            let word = group.iter().rev().fold(0u64, |word, &c| word << width | u64::from(c));
            out.extend_from_slice(&word.to_le_bytes()[..bytes]);
        } else {
            let word = group.iter().rev().fold(0u128, |word, &c| word << width | u128::from(c));
            out.extend_from_slice(&word.to_le_bytes()[..bytes]);
        }
    }
}

/// Small numbers of either sign as small unsigned ones.
fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

/// `DELTA_BINARY_PACKED`: blocks of 128 differences in four parts, each as wide as it needs.
fn delta_packed(values: &[i32]) -> Vec<u8> {
    // The least that the format allows: blocks are multiples of 128, parts of 32.
    const BLOCK: usize = 128;
    const PART: usize = 32;
    let mut out = Vec::with_capacity(values.len() / 8 + 32);
    varint(BLOCK as u64, &mut out);
    varint((BLOCK / PART) as u64, &mut out);
    varint(values.len() as u64, &mut out);
    varint(zigzag(i64::from(values.first().copied().unwrap_or(0))), &mut out);
    let mut deltas = [0i32; BLOCK];
    let mut start = 1;
    while start < values.len() {
        let n = BLOCK.min(values.len() - start);
        for i in 0..n {
            // Wrapping, as the format defines it: a difference beyond 32 bits comes back right when
            // it is added.
            deltas[i] = values[start + i].wrapping_sub(values[start + i - 1]);
        }
        let least = deltas[..n].iter().copied().min().unwrap_or(0);
        // What fills the last block up is as narrow as it can be.
        deltas[n..].fill(least);
        varint(zigzag(i64::from(least)), &mut out);
        let widths = out.len();
        out.extend_from_slice(&[0; BLOCK / PART]);
        for (i, part) in deltas.chunks(PART).enumerate() {
            let mut used = 0;
            for &delta in part {
                used |= delta.wrapping_sub(least).cast_unsigned();
            }
            // As wide as the widest of the part, as differences above the least.
            let width = 32 - used.leading_zeros();
            out[widths + i] = width as u8;
            if width == 0 {
                continue;
            }
            let mut word = 0u64;
            let mut bits = 0;
            for &delta in part {
                word |= u64::from(delta.wrapping_sub(least).cast_unsigned()) << bits;
                bits += width;
                // At most 7 bits wait and 32 are added: 39 fit the word.
                while bits >= 8 {
                    out.push(word as u8);
                    word >>= 8;
                    bits -= 8;
                }
            }
        }
        start += n;
    }
    out
}
