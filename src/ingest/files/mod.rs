//! Bytes to columns: where the files of a table are, and how text and Parquet are read.

pub(crate) mod archive;
pub mod chunk;
pub(crate) mod compound;
pub(crate) mod delta;
pub mod fetched;
pub mod parquet;
pub mod parquet_dictionary;
pub mod parquet_footer;
pub mod parquet_integers;
pub mod parquet_pages;
pub(crate) mod part;
pub mod read;
pub(crate) mod refunds;
pub(crate) mod rows;
pub mod source;
pub mod table;
pub mod text;
pub mod thrift;
pub(crate) mod workbook;
