//! Parquet columns of 8- and 16-bit integers.
//!
//! Polars is built without these types to keep its compile time down, and refuses such columns. On disk they are 32-bit
//! integers like any other, so they are decoded as those, with the same decoder.

use super::source::File;
use polars::prelude::{IntoSeries, NamedFrom, PolarsError, PolarsResult, Series};
use polars_arrow::array::PrimitiveArray;
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_parquet::read::{BasicDecompressor, FileMetadata, Filter, PageReader, column_iter_to_arrays, read_metadata};
use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

/// Whether Polars lacks the type.
pub(super) fn is_narrow(dtype: &ArrowDataType) -> bool {
    matches!(dtype, ArrowDataType::Int8 | ArrowDataType::Int16 | ArrowDataType::UInt8 | ArrowDataType::UInt16)
}

/// The footer of a file.
pub(super) fn metadata(file: &File) -> PolarsResult<FileMetadata> {
    read_metadata(&mut fs::File::open(&file.path)?)
}

/// Rows `rows` of the file's column `name`.
pub(super) fn column(file: &File, metadata: &FileMetadata, name: &str, rows: Range<usize>) -> PolarsResult<Series> {
    let mut handle = fs::File::open(&file.path)?;
    let mut values: Vec<Option<i32>> = Vec::with_capacity(rows.len());
    let mut first = 0;
    for group in &metadata.row_groups {
        let wanted = rows.start.max(first)..rows.end.min(first + group.num_rows());
        if wanted.start < wanted.end {
            let columns = group.columns_under_root_iter(name).into_iter().flatten();
            let within = wanted.start - first..wanted.end - first;
            for chunk in columns {
                let bytes = chunk.byte_range();
                handle.seek(SeekFrom::Start(bytes.start))?;
                let mut buffer = Vec::new();
                (&mut handle).take(bytes.end.saturating_sub(bytes.start)).read_to_end(&mut buffer)?;
                let pages = PageReader::new(Cursor::new(buffer.into()), chunk, Vec::new(), usize::MAX);
                let kinds = vec![&chunk.descriptor().descriptor.primitive_type];
                let field = Field::new(name.into(), ArrowDataType::Int32, true);
                let filter = Some(Filter::new_ranged(within.start, within.end));
                let (arrays, _) = column_iter_to_arrays(vec![BasicDecompressor::new(pages, Vec::new())], kinds, field, filter)?;
                for array in &arrays {
                    let decoded = array.as_any().downcast_ref::<PrimitiveArray<i32>>();
                    let missing = || PolarsError::ComputeError("not stored as 32-bit integers".into());
                    values.extend(decoded.ok_or_else(missing)?.iter().map(|v| v.copied()));
                }
            }
        }
        first += group.num_rows();
    }
    Ok(Series::new(name.into(), values).into_series())
}
