//! `data/sample` is what the generator makes, to the byte. `BLESS=1` rewrites it.

use orderpoint::sample;
use std::path::Path;

#[test]
fn the_committed_sample_equals_the_generators_output() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    if std::env::var_os("BLESS").is_some() {
        sample::write(&committed, sample::SKUS, sample::SEED).unwrap();
    }
    let fresh = tempfile::tempdir().unwrap();
    sample::write(fresh.path(), sample::SKUS, sample::SEED).unwrap();
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&committed), names(fresh.path()));
    for name in names(&committed) {
        let read = |folder: &Path| std::fs::read(folder.join(&name)).unwrap();
        assert!(
            read(&committed) == read(fresh.path()),
            "{name:?} differs: BLESS=1 cargo test --release the_committed_sample"
        );
    }
}
