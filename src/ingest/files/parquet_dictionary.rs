//! Parquet columns of texts, read as positions in their dictionaries.
//!
//! A writer that repeats few texts keeps each once and numbers the rows (as nearly all do); then a
//! text is looked up once a row group instead of once a row. Columns without dictionaries, or with
//! pages written out, go the common way.

use crate::ingest::cells::interner::Interner;
use crate::ingest::cells::values::NO_TEXT;
use crate::ingest::files::parquet_footer::damaged;
use crate::ingest::files::parquet_integers;
use crate::ingest::files::source::File;
use polars::prelude::PolarsResult;
use polars_arrow::array::{DictionaryArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, DTYPE_CATEGORICAL_NEW, Field, IntegerType, Metadata};
use polars_parquet::read::FileMetadata;
use std::ops::Range;

/// A text whose code is not looked up yet: no code has this value.
const UNSEEN: u32 = u32::MAX - 1;

/// Some rows of a column.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Position of each row's text among all of `dictionaries`; [`NO_TEXT`] = empty.
    rows: Vec<u32>,
    /// One a row group.
    dictionaries: Vec<Utf8ViewArray>,
}

impl Words {
    /// Whether a column of this type holds texts.
    pub(crate) fn are(dtype: &ArrowDataType) -> bool {
        match dtype {
            ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View => true,
            ArrowDataType::Dictionary(_, values, _) => Self::are(values),
            _ => false,
        }
    }

    /// Rows `rows` of the file's column `name`, all of whose values are in dictionaries.
    pub(crate) fn read(
        file: &File,
        metadata: &FileMetadata,
        name: &str,
        rows: Range<usize>,
    ) -> PolarsResult<Self> {
        let mut words = Self { rows: Vec::with_capacity(rows.len()), dictionaries: Vec::new() };
        let texts = Box::new(ArrowDataType::Utf8View);
        let mut field = Field::new(
            name.into(),
            ArrowDataType::Dictionary(IntegerType::UInt32, texts, false),
            true,
        );
        // Polars' decoder keeps dictionaries only of columns that say so.
        field.metadata =
            Some(Metadata::from_iter([(DTYPE_CATEGORICAL_NEW.into(), "".into())]).into());
        parquet_integers::decode(file, metadata, &field, rows, &mut |array| {
            let array = array.as_any().downcast_ref::<DictionaryArray<u32>>();
            let texts = array.and_then(|a| a.values().as_any().downcast_ref::<Utf8ViewArray>());
            let (Some(array), Some(texts)) = (array, texts) else {
                return Err(damaged("not stored as its type says"));
            };
            let first = u32::try_from(words.texts()).map_err(|_| damaged("too many texts"))?;
            words
                .rows
                .extend(array.keys().iter().map(|key| key.map_or(NO_TEXT, |key| first + key)));
            words.dictionaries.push(texts.clone());
            Ok(())
        })?;
        Ok(words)
    }

    fn texts(&self) -> usize {
        self.dictionaries.iter().map(Utf8ViewArray::len).sum()
    }

    /// The code of each row.
    pub(crate) fn codes(&self, interner: &mut Interner) -> Vec<u32> {
        let texts: Vec<Option<&str>> =
            self.dictionaries.iter().flat_map(Utf8ViewArray::iter).collect();
        let mut known = vec![UNSEEN; texts.len()];
        // A rule may name what is blank.
        let blank = interner.code("");
        let mut codes = Vec::with_capacity(self.rows.len());
        for &row in &self.rows {
            let Some(known) = known.get_mut(row as usize) else {
                codes.push(blank);
                continue;
            };
            if *known == UNSEEN {
                *known = texts[row as usize].map_or(blank, |text| interner.code(text));
            }
            codes.push(*known);
        }
        codes
    }
}
