//! From files to typed tables and the panel.
pub mod mapping;
mod parquet_file;
mod quarantine;
pub mod schema;
pub mod settings;
mod source;
mod table;
mod text_file;
mod values;
