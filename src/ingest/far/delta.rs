//! Delta tables whose log asks for more than replaying its lines: checkpoints, deletion vectors,
//! renamed columns; and all of those that lie in object stores. The kernel of `deltalake` reads
//! them; what it says the rows are is written as a Parquet file.

use crate::domain::error::{Error, Result};
use crate::domain::inputs::Origin;
use crate::ingest::far::fetch::{Fetch, Wanted, without_secrets};
use crate::ingest::far::work::Work;
use crate::ingest::files::fetched::FarFile;
use arrow::datatypes::Schema;
use delta_kernel::engine::arrow_conversion::TryIntoArrow as _;
use delta_kernel::engine::arrow_data::EngineDataArrowExt as _;
use delta_kernel::scan::Scan;
use delta_kernel::{DeltaResult, Engine, Snapshot};
use delta_kernel_engine::DefaultEngineBuilder;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use parquet::arrow::ArrowWriter;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// A Delta table in the data folder.
pub(super) struct NearTable;

impl Fetch for NearTable {
    fn fetch(&self, wanted: &Wanted<'_>, work: &Work) -> Result<Vec<FarFile>> {
        let name = wanted.mapping.file.as_deref().unwrap_or(wanted.table);
        let folder = wanted.data.join(name);
        let folder = folder.canonicalize().map_err(Error::unreadable(&folder))?;
        let url = Url::from_directory_path(&folder)
            .map_err(|()| Error::input(&folder, "is no folder with a name of its own"))?;
        rows_of(&url, name, Arc::new(LocalFileSystem::new()), work)
    }
}

/// The rows of the table at `url`, which messages call `address`.
pub(super) fn rows_of(
    url: &Url,
    address: &str,
    store: Arc<dyn ObjectStore>,
    work: &Work,
) -> Result<Vec<FarFile>> {
    let told = |error: delta_kernel::Error| {
        let what = without_secrets(&error.to_string());
        Error::input(address, format!("this Delta table cannot be read: {what}"))
    };
    let engine: Arc<dyn Engine> = Arc::new(DefaultEngineBuilder::new(store).build());
    let snapshot = Snapshot::builder_for(url.as_str()).build(engine.as_ref()).map_err(told)?;
    let version = snapshot.version().to_string();
    let scan = snapshot.scan_builder().build().map_err(told)?;
    let place = work.place(address, &version, "table.parquet")?;
    if !place.is_whole() {
        write(&scan, engine, &place.part).map_err(told)?;
        place.finish()?;
    }
    let bytes = std::fs::metadata(&place.path).map_err(Error::io(&place.path))?.len();
    let origin = Origin { bytes, version: Some(version) };
    let address = address.to_owned();
    Ok(vec![FarFile { path: place.path, root: address.clone(), address, origin }])
}

fn write(scan: &Scan, engine: Arc<dyn Engine>, path: &Path) -> DeltaResult<()> {
    let schema: Schema = scan.logical_schema().as_ref().try_into_arrow()?;
    let file = File::create(path)?;
    let mut writer = ArrowWriter::try_new(file, Arc::new(schema), None)?;
    for rows in scan.execute(engine)? {
        writer.write(&rows?.try_into_record_batch()?)?;
    }
    writer.close()?;
    Ok(())
}
