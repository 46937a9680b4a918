use super::*;
use crate::domain::inputs::Origin;
use crate::ingest::files::source::{fits_path, is_part};

fn problems_of(mapping: &str) -> String {
    let mapping: TableMapping = toml::from_str(mapping).unwrap();
    let far = address::FarParts {
        file: mapping.file.as_deref(),
        query: mapping.query.as_deref(),
        driver: mapping.driver.as_deref(),
        connection: mapping.connection.as_deref(),
    };
    address::problems("[mapping.sales]", far).join("\n")
}

#[test]
fn a_build_without_the_feature_says_how_to_get_it() {
    let of_store = problems_of("file = \"s3://shop/sales/*.parquet\"");
    let of_database = problems_of("query = \"select 1\"\nconnection = \"shop.db\"");
    assert_eq!(
        of_store.contains("cargo install --path . --features object-stores"),
        !cfg!(feature = "object-stores"),
        "{of_store}"
    );
    assert_eq!(
        of_database.contains("cargo install --path . --features adbc"),
        !cfg!(feature = "adbc"),
        "{of_database}"
    );
}

#[test]
fn a_credential_in_the_configuration_is_refused_and_not_repeated() {
    for (mapping, secret) in [
        ("file = \"https://ann:hunter2@shop.example/sales.csv\"", "hunter2"),
        ("file = \"https://shop.example/sales.csv?X-Amz-Signature=c0ffee\"", "c0ffee"),
        ("file = \"https://shop.example/sales.csv?format=csv&token=c0ffee\"", "c0ffee"),
        ("query = \"q\"\nconnection = \"postgresql://ann:hunter2@db/shop\"", "hunter2"),
        ("query = \"q\"\nconnection = \"host=db password=hunter2\"", "hunter2"),
    ] {
        let told = problems_of(mapping);
        assert!(told.contains("environment"), "{mapping}: {told}");
        assert!(!told.contains(secret), "{told}");
    }
    let plain = problems_of("file = \"https://shop.example/export?format=csv\"");
    assert!(!plain.contains("credential"), "{plain}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_asked() {
    let told = problems_of("file = \"ftp://shop.example/sales.csv\"");
    assert!(told.contains("no addresses begin with ftp://"), "{told}");
    let told = problems_of("file = \"https://shop.example/*.csv\"");
    assert!(told.contains("does not list its files"), "{told}");
    let told = problems_of("query = \"select 1\"");
    assert!(told.contains("connection = \"shop.db\""), "{told}");
    let told = problems_of("query = \"select 1\"\nfile = \"x.csv\"\nconnection = \"shop.db\"");
    assert!(told.contains("keep one of them"), "{told}");
    let told = problems_of("connection = \"shop.db\"");
    assert!(told.contains("write query"), "{told}");
    let told = problems_of("query = \"select 1\"\nconnection = \"snowflake://shop\"");
    assert!(told.contains("write driver"), "{told}");
}

/// Patterns find far away what they find in a folder.
#[test]
fn a_pattern_fits_the_names_of_objects() {
    for (pattern, name, fits) in [
        ("sales/*.parquet", "sales/a.parquet", true),
        ("sales/*.parquet", "sales/2024/a.parquet", false),
        ("sales/*/a*.csv", "sales/2024/ab.csv", true),
        ("sales/**/*.csv", "sales/a.csv", true),
        ("sales/**/*.csv", "sales/2024/05/a.csv", true),
        ("sales/**/*.csv", "sales/_tmp/a.csv", false),
        ("sales/**", "sales/2024/05/a.csv", true),
        ("sales/**", "sales/2024/_SUCCESS", false),
        ("*.csv", "a.csv", true),
    ] {
        let steps: Vec<&str> = pattern.split('/').collect();
        let names: Vec<&str> = name.split('/').collect();
        assert_eq!(fits_path(&steps, &names), fits, "{pattern} {name}");
    }
    assert!(is_part(&["channel=web", "part-0.parquet"]));
    assert!(!is_part(&["_delta_log", "0.checkpoint.parquet"]));
}

#[test]
fn the_work_folder_keeps_what_is_used_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let first = Work::open(dir.path()).unwrap();
    let old = first.place("s3://shop/sales.csv", "1", "sales.csv").unwrap();
    std::fs::write(&old.part, "date,sku\n").unwrap();
    first.sweep().unwrap();
    assert!(old.part.exists(), "a broken download is taken up by the next run");
    old.finish().unwrap();
    drop(first);

    let second = Work::open(dir.path()).unwrap();
    let same = second.place("s3://shop/sales.csv", "1", "sales.csv").unwrap();
    assert!(same.is_whole());
    let new = second.place("s3://shop/sales.csv", "2", "sales.csv").unwrap();
    assert!(!new.is_whole());
    std::fs::write(&same.path, "date,skU\n").unwrap();
    assert!(!same.is_whole(), "what was changed here is fetched anew");
    drop(second);

    let third = Work::open(dir.path()).unwrap();
    third.place("s3://shop/sales.csv", "2", "sales.csv").unwrap();
    third.sweep().unwrap();
    assert!(!same.path.exists());
}

#[test]
fn what_an_earlier_process_brought_is_kept_for_its_own_address_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sales.csv");
    std::fs::write(&path, "date,sku,quantity\n").unwrap();
    let file = |version: Option<&str>| FarFile {
        path: path.clone(),
        address: "s3://shop/sales.csv".into(),
        root: "s3://shop/".into(),
        origin: Origin { bytes: 18, version: version.map(str::to_owned) },
    };
    let (tagged, untagged) = ([file(Some("1"))], [file(None)]);
    let first = Readers::First { again: false };
    assert!(!first.keep(&tagged), "its version is asked for: a changed file is fetched again");
    assert!(first.keep(&untagged), "what a database answers is asked once a night");
    assert!(!Readers::First { again: true }.keep(&untagged), "and anew by the next night");
    assert!(Readers::Later.keep(&tagged) && Readers::Later.keep(&untagged));
    assert!(!Readers::One.keep(&tagged));

    let mapping = |text: &str| toml::from_str::<TableMapping>(text).unwrap();
    let data = dir.path();
    let one = asked(&mapping("file = \"s3://shop/sales.csv\""), data);
    assert_eq!(one, asked(&mapping("file = \"s3://shop/sales.csv\"\nchannel = \"web\""), data));
    assert_ne!(one, asked(&mapping("file = \"s3://shop/sales-2.csv\""), data));
    assert_ne!(
        asked(&mapping("query = \"select 1\"\nconnection = \"shop.db\""), data),
        asked(&mapping("query = \"select 2\"\nconnection = \"shop.db\""), data)
    );

    let files = tagged.to_vec();
    let of = OfSource { table: "sales".into(), at: 0, asked: one, files };
    note(&[of], &note_of(data)).unwrap();
    assert_eq!(brought_before(data).len(), 1);
    std::fs::remove_file(&path).unwrap();
    assert!(brought_before(data).is_empty(), "what is lost is fetched again");
}
