//! Output tables as Parquet files: explicit schemas, zstd, row-group statistics, `schema_version`
//! and `run_id` as file metadata.
//!
//! The two largest tables are appended to, row group by row group; the others are small and written
//! in one go.

use crate::domain::error::{Error, Result};
use crate::store::{PROGRAM, Publication, SCHEMA_VERSION, StagedFile};
use crate::tables::declaration::{Declaration, Encoded, RunKey};
use crate::tables::pages::{self, Chunk};
use arrow::array::{ArrayRef, RecordBatch};
use bytes::Bytes;
use chrono::NaiveDate;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use std::io::Write;
use std::sync::Arc;

/// Consecutive rows of one table, encoded and compressed.
pub struct RowGroup {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) rows: usize,
}

impl RowGroup {
    /// Rows in it.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Encoded size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(|c| c.bytes.len()).sum()
    }
}

/// A table being appended to.
pub struct TableFile<W: Write + Send = StagedFile> {
    writer: SerializedFileWriter<W>,
    rows: u64,
}

impl TableFile {
    /// Opens `tables/<name>.parquet` of the run.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(publication: &mut Publication, table: &dyn Declaration) -> Result<Self> {
        let mut properties = properties(publication.run_id(), table);
        add_encoded_arrow_schema_to_metadata(&table.schema(), &mut properties);
        let root = schema_descriptor(table)?.root_schema_ptr();
        let file = publication.create(&table.path())?;
        let writer =
            SerializedFileWriter::new(file, root, Arc::new(properties)).map_err(pages::parquet)?;
        Ok(Self { writer, rows: 0 })
    }

    /// Writes the footer and hands the file to the run.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn close(self, publication: &mut Publication) -> Result<()> {
        let file = self.writer.into_inner().map_err(pages::parquet)?;
        publication.close(file, Some(self.rows))
    }
}

impl<W: Write + Send> TableFile<W> {
    /// Appends the rows of a whole file of the same table, as they are encoded there.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is no such file; [`Error::Io`].
    pub(crate) fn append_file(&mut self, file: Vec<u8>) -> Result<()> {
        let file = Bytes::from(file);
        let reader = SerializedFileReader::new(file.clone()).map_err(pages::parquet)?;
        for group in reader.metadata().row_groups() {
            let mut row_group = self.writer.next_row_group().map_err(pages::parquet)?;
            let rows_written = u64::try_from(group.num_rows()).unwrap_or_default();
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: u64::try_from(column.compressed_size()).unwrap_or_default(),
                    rows_written,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                row_group.append_column(&file, close).map_err(pages::parquet)?;
            }
            row_group.close().map_err(pages::parquet)?;
            self.rows += rows_written;
        }
        Ok(())
    }

    /// Appends rows after those already there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append(&mut self, group: RowGroup) -> Result<()> {
        if group.rows == 0 {
            return Ok(());
        }
        let mut row_group = self.writer.next_row_group().map_err(pages::parquet)?;
        for Chunk { bytes, close } in group.chunks {
            row_group.append_column(&bytes, close).map_err(pages::parquet)?;
        }
        row_group.close().map_err(pages::parquet)?;
        self.rows += group.rows as u64;
        Ok(())
    }
}

/// A whole small table: one array a column, in order.
///
/// # Errors
/// [`Error::Internal`] when the columns do not fit the schema.
pub(crate) fn encode(
    run: RunKey<'_>,
    table: &dyn Declaration,
    columns: Vec<ArrayRef>,
) -> Result<Encoded> {
    let schema = table.schema();
    let batch = RecordBatch::try_new(schema.clone(), columns)
        .map_err(|e| Error::Internal(format!("{}: {e}", table.name())))?;
    let properties = properties(run.run_id, table);
    let mut writer =
        ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(pages::parquet)?;
    writer.write(&batch).map_err(pages::parquet)?;
    let bytes = writer.into_inner().map_err(pages::parquet)?;
    Ok(Encoded { path: table.path(), rows: batch.num_rows() as u64, bytes })
}

/// A whole table out of row groups that are encoded already.
///
/// # Errors
/// [`Error::Internal`] when they do not fit the schema.
pub(crate) fn encode_groups(
    run: RunKey<'_>,
    table: &dyn Declaration,
    groups: Vec<RowGroup>,
) -> Result<Encoded> {
    let mut properties = properties(run.run_id, table);
    add_encoded_arrow_schema_to_metadata(&table.schema(), &mut properties);
    let root = schema_descriptor(table)?.root_schema_ptr();
    let bytes = Vec::with_capacity(groups.iter().map(RowGroup::bytes).sum());
    let writer =
        SerializedFileWriter::new(bytes, root, Arc::new(properties)).map_err(pages::parquet)?;
    let mut file = TableFile { writer, rows: 0 };
    for group in groups {
        file.append(group)?;
    }
    let bytes = file.writer.into_inner().map_err(pages::parquet)?;
    Ok(Encoded { path: table.path(), rows: file.rows, bytes })
}

fn properties(run_id: &str, table: &dyn Declaration) -> WriterProperties {
    let facts = [
        ("table", table.name().to_owned()),
        ("schema_version", SCHEMA_VERSION.to_string()),
        ("run_id", run_id.to_owned()),
    ];
    let facts = facts.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value));
    let level = ZstdLevel::try_new(pages::ZSTD_LEVEL).unwrap_or_default();
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(PROGRAM.to_owned())
        .set_key_value_metadata(Some(facts.collect()))
        .build()
}

fn schema_descriptor(table: &dyn Declaration) -> Result<SchemaDescriptor> {
    ArrowSchemaConverter::new().convert(&table.schema()).map_err(pages::parquet)
}

/// The columns as Parquet describes them, in order.
pub(crate) fn descriptors(table: &dyn Declaration) -> Result<Vec<ColumnDescPtr>> {
    Ok(schema_descriptor(table)?.columns().to_vec())
}

/// Days since 1970.
pub(crate) fn epoch_day(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}
