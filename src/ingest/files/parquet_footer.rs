//! Looks at the footer of a Parquet file before Polars believes it.
//!
//! The decoder makes room for as many elements as a list claims, and takes a field for what its
//! number says it is, whatever its type. Here the footer is walked by the same rules within its
//! bytes, so that a few wrong ones cannot ask for all memory.

use crate::ingest::files::source::File;
use crate::ingest::files::thrift::{STRUCT, Shape, Thrift};
use Shape::{Byte, Flag, List, Struct, Text, Whole};
use polars::prelude::{PolarsError, PolarsResult};
use std::fs;
use std::io::{Read, Seek, SeekFrom};

/// Why a file cannot be decoded.
pub(crate) fn damaged(what: impl Into<String>) -> PolarsError {
    PolarsError::ComputeError(what.into().into())
}

/// `Statistics` of `parquet.thrift`.
pub(crate) const STATISTICS: Shape = Struct(&[
    (1, Text),
    (2, Text),
    (3, Whole),
    (4, Whole),
    (5, Text),
    (6, Text),
    (7, Flag),
    (8, Flag),
]);

const EMPTY: Shape = Struct(&[]);

const MOMENT: Shape = Struct(&[(1, Flag), (2, Struct(&[(1, EMPTY), (2, EMPTY), (3, EMPTY)]))]);

const LOGICAL_TYPE: Shape = Struct(&[
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, Struct(&[(1, Whole), (2, Whole)])),
    (6, EMPTY),
    (7, MOMENT),
    (8, MOMENT),
    (10, Struct(&[(1, Byte), (2, Flag)])),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
]);

const SCHEMA_ELEMENT: Shape = Struct(&[
    (1, Whole),
    (2, Whole),
    (3, Whole),
    (4, Text),
    (5, Whole),
    (6, Whole),
    (7, Whole),
    (8, Whole),
    (9, Whole),
    (10, LOGICAL_TYPE),
]);

const COLUMN_METADATA: Shape = Struct(&[
    (1, Whole),
    (2, List(&Whole)),
    (3, List(&Text)),
    (4, Whole),
    (5, Whole),
    (6, Whole),
    (7, Whole),
    (9, Whole),
    (10, Whole),
    (11, Whole),
    (12, STATISTICS),
    (14, Whole),
    (15, Whole),
]);

const COLUMN_CHUNK: Shape = Struct(&[
    (1, Text),
    (2, Whole),
    (3, COLUMN_METADATA),
    (4, Whole),
    (5, Whole),
    (6, Whole),
    (7, Whole),
]);

const ROW_GROUP: Shape = Struct(&[
    (1, List(&COLUMN_CHUNK)),
    (2, Whole),
    (3, Whole),
    (4, List(&Struct(&[(1, Whole), (2, Flag), (3, Flag)]))),
    (5, Whole),
    (6, Whole),
    (7, Whole),
]);

/// `FileMetaData` of `parquet.thrift`, as far as it is decoded.
const FILE_METADATA: Shape = Struct(&[
    (1, Whole),
    (2, List(&SCHEMA_ELEMENT)),
    (3, Whole),
    (4, List(&ROW_GROUP)),
    (5, List(&Struct(&[(1, Text), (2, Text)]))),
    (6, Text),
    (7, List(&Struct(&[(1, EMPTY), (2, EMPTY)]))),
]);

/// Checks the footer of a file.
///
/// # Errors
/// If it cannot be read, or what it claims does not fit into its bytes.
pub(crate) fn check(file: &File) -> PolarsResult<()> {
    let mut handle = fs::File::open(&file.path)?;
    let size = handle.seek(SeekFrom::End(0))?;
    // The length of the footer, then `PAR1`; what is wrong with these Polars says.
    let Some(tail) = size.checked_sub(8) else { return Ok(()) };
    handle.seek(SeekFrom::Start(tail))?;
    let mut length = [0; 4];
    handle.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let Some(start) = tail.checked_sub(length) else { return Ok(()) };
    handle.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    handle.take(length).read_to_end(&mut footer)?;
    let fits = Thrift::new(&footer).expect(STRUCT, &FILE_METADATA);
    fits.ok_or_else(|| damaged("its footer is damaged"))
}
