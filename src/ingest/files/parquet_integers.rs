//! Parquet columns of 8- and 16-bit integers and of decimals.
//!
//! Polars is built without these types to keep its compile time down, and refuses such columns. On
//! disk narrow integers are 32-bit integers like any other and are decoded as those; decimals are
//! decoded as whole numbers and then divided by their scale. The decoders are Polars' own;
//! [`decode`] calls them for whatever is not read as a whole file. [`check`] looks at all columns
//! before anything is decoded.

use crate::ingest::files::parquet_footer::damaged;
use crate::ingest::files::parquet_pages::{self, Bounds};
use crate::ingest::files::source::File;
use polars::prelude::{IntoSeries, NamedFrom, PlSmallStr, PolarsResult, Series};
use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_parquet::parquet::metadata::ColumnChunkMetadata;
use polars_parquet::parquet::schema::types::PhysicalType;
use polars_parquet::read::{
    BasicDecompressor, FileMetadata, Filter, PageReader, column_iter_to_arrays, read_metadata,
};
use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

/// A type that Polars lacks, as it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Narrow {
    /// Whole numbers of 8 or 16 bits.
    Whole,
    /// Precision and scale.
    Decimal(usize, usize),
}

impl Narrow {
    /// How `dtype` is decoded here; `None` where Polars does.
    pub(crate) fn of(dtype: &ArrowDataType) -> Option<Self> {
        use ArrowDataType as T;
        match *dtype {
            T::Int8 | T::Int16 | T::UInt8 | T::UInt16 => Some(Self::Whole),
            T::Decimal(precision, scale)
            | T::Decimal32(precision, scale)
            | T::Decimal64(precision, scale) => Some(Self::Decimal(precision, scale)),
            _ => None,
        }
    }

    fn decoded_as(self) -> ArrowDataType {
        match self {
            Self::Whole => ArrowDataType::Int32,
            Self::Decimal(precision, scale) => ArrowDataType::Decimal(precision, scale),
        }
    }

    fn take(self, array: &dyn Array, values: &mut Vec<Option<f64>>) -> PolarsResult<()> {
        match self {
            Self::Whole => {
                let array: &PrimitiveArray<i32> = stored_as(array)?;
                values.extend(array.iter().map(|v| v.map(|&v| f64::from(v))));
            }
            Self::Decimal(_, scale) => {
                let array: &PrimitiveArray<i128> = stored_as(array)?;
                let unit = 10f64.powi(i32::try_from(scale).unwrap_or(i32::MAX));
                values.extend(array.iter().map(|v| v.map(|&v| v as f64 / unit)));
            }
        }
        Ok(())
    }
}

fn stored_as<T: 'static>(array: &dyn Array) -> PolarsResult<&T> {
    array.as_any().downcast_ref().ok_or_else(|| damaged("not stored as its type says"))
}

/// The footer of a file.
pub(crate) fn metadata(file: &File) -> PolarsResult<FileMetadata> {
    read_metadata(&mut fs::File::open(&file.path)?)
}

/// Checks the pages of the columns `names` against the footer and `unpacked`, the bytes that a file
/// may unpack to; says which columns have dictionaries that hold all their values.
pub(crate) fn check(
    file: &File,
    metadata: &FileMetadata,
    names: &[&str],
    unpacked: u64,
) -> PolarsResult<Vec<bool>> {
    let mut handle = fs::File::open(&file.path)?;
    let mut in_dictionaries = vec![true; names.len()];
    for group in &metadata.row_groups {
        let rows = group.num_rows() as u64;
        // What is decoded takes up to 16 bytes a cell, however well it was packed.
        if rows.saturating_mul(16 * names.len() as u64) > unpacked {
            return Err(damaged(format!(
                "a group of {rows} rows unpacks to more than {} MiB",
                unpacked >> 20
            )));
        }
        for (name, in_dictionary) in names.iter().zip(&mut in_dictionaries) {
            for chunk in group.columns_under_root_iter(name).into_iter().flatten() {
                let width = if matches!(chunk.physical_type(), PhysicalType::FixedLenByteArray(_)) {
                    1
                } else {
                    4
                };
                let bytes = bytes_of(&mut handle, chunk)?;
                *in_dictionary &= parquet_pages::check(&bytes, Bounds { rows, unpacked, width })
                    .map_err(damaged)?;
            }
        }
    }
    Ok(in_dictionaries)
}

fn bytes_of(handle: &mut fs::File, chunk: &ColumnChunkMetadata) -> PolarsResult<Vec<u8>> {
    let range = chunk.byte_range();
    handle.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    handle.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Rows `rows` of the file's column `name`.
pub(crate) fn column(
    file: &File,
    metadata: &FileMetadata,
    (name, narrow): (&str, Narrow),
    rows: Range<usize>,
) -> PolarsResult<Series> {
    let mut values: Vec<Option<f64>> = Vec::with_capacity(rows.len());
    let field = Field::new(name.into(), narrow.decoded_as(), true);
    decode(file, metadata, &field, rows, &mut |array| narrow.take(array, &mut values))?;
    Ok(Series::new(name.into(), values).into_series())
}

/// Rows `rows` of the file's column of texts `name`, each text of a dictionary held once.
pub(crate) fn texts(
    file: &File,
    metadata: &FileMetadata,
    name: &str,
    rows: Range<usize>,
) -> PolarsResult<Series> {
    let field = Field::new(name.into(), ArrowDataType::Utf8View, true);
    let mut arrays: Vec<Box<dyn Array>> = Vec::new();
    decode(file, metadata, &field, rows, &mut |array| {
        arrays.push(array.to_boxed());
        Ok(())
    })?;
    if arrays.is_empty() {
        return Ok(Series::new(name.into(), Vec::<Option<&str>>::new()));
    }
    Series::try_from((PlSmallStr::from_str(name), arrays))
}

/// Hands rows `rows` of the column that `field` names to `take`, array by array, decoded as its
/// type says.
pub(crate) fn decode(
    file: &File,
    metadata: &FileMetadata,
    field: &Field,
    rows: Range<usize>,
    take: &mut dyn FnMut(&dyn Array) -> PolarsResult<()>,
) -> PolarsResult<()> {
    let mut handle = fs::File::open(&file.path)?;
    let (mut first, mut values) = (0, 0);
    for group in &metadata.row_groups {
        let wanted = rows.start.max(first)..rows.end.min(first + group.num_rows());
        if wanted.start < wanted.end {
            let within = wanted.start - first..wanted.end - first;
            for chunk in group.columns_under_root_iter(&field.name).into_iter().flatten() {
                let buffer = bytes_of(&mut handle, chunk)?;
                let pages =
                    PageReader::new(Cursor::new(buffer.into()), chunk, Vec::new(), usize::MAX);
                let kinds = vec![&chunk.descriptor().descriptor.primitive_type];
                let filter = Some(Filter::new_ranged(within.start, within.end));
                let pages = vec![BasicDecompressor::new(pages, Vec::new())];
                let (arrays, _) = column_iter_to_arrays(pages, kinds, field.clone(), filter)?;
                values += arrays.iter().map(|array| array.len()).sum::<usize>();
                arrays.iter().try_for_each(|array| take(array.as_ref()))?;
            }
        }
        first += group.num_rows();
    }
    expect_rows(&field.name, values, rows.len())
}

/// What a decoder answers that loses or invents values.
pub(crate) fn expect_rows(name: &str, values: usize, rows: usize) -> PolarsResult<()> {
    if values == rows {
        return Ok(());
    }
    Err(damaged(format!("column `{name}` has {values} values for {rows} rows")))
}
