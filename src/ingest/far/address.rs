//! What the configuration may say of a far source, and what it must not.

/// A kind of far source, and the feature that builds it.
struct Kind {
    /// What it is called in a sentence.
    what: &'static str,
    feature: &'static str,
    is_built: bool,
}

const OBJECTS: Kind = Kind {
    what: "files in object stores and behind HTTP",
    feature: "object-stores",
    is_built: cfg!(feature = "object-stores"),
};
const DATABASES: Kind =
    Kind { what: "databases", feature: "adbc", is_built: cfg!(feature = "adbc") };

/// Schemes of addresses, as they are written before `://`.
const SCHEMES: [&str; 8] = ["s3", "gs", "az", "azure", "abfs", "abfss", "http", "https"];

/// Parameters of an address that let whoever has it read the file.
const SIGNATURES: [&str; 9] = [
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-signature",
    "sig",
    "signature",
    "token",
    "access_token",
    "key",
    "api_key",
];

/// Whether a `file` is an address and no path.
pub(crate) fn is_address(file: &str) -> bool {
    file.contains("://")
}

/// `address` without a user and a password before the host.
pub(crate) fn without_user(address: &str) -> String {
    match user_of(address) {
        Some(user) => address.replacen(&format!("{user}@"), "", 1),
        None => address.to_owned(),
    }
}

/// What stands before the host, `user:password`.
fn user_of(address: &str) -> Option<&str> {
    let after = address.split_once("://")?.1;
    let host = after.split(['/', '?', '#']).next()?;
    host.rsplit_once('@').map(|parts| parts.0)
}

/// The parts of a source that may lead elsewhere than to the data folder, as written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FarParts<'a> {
    pub(crate) file: Option<&'a str>,
    pub(crate) query: Option<&'a str>,
    pub(crate) driver: Option<&'a str>,
    pub(crate) connection: Option<&'a str>,
}

/// What is wrong with the far parts of a source, one sentence each; `place` is its section.
pub(crate) fn problems(place: &str, source: FarParts<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(file) = source.file.filter(|file| is_address(file)) {
        problems.extend(of_file(place, file));
    }
    if source.query.is_some() {
        problems.extend(of_query(place, source));
    } else if source.driver.is_some() || source.connection.is_some() {
        problems.push(format!(
            "{place}: driver and connection are for a query: write query = \"select ...\" too"
        ));
    }
    problems
}

/// What to do where a kind is not built in.
fn not_built(place: &str, kind: &Kind) -> Option<String> {
    let Kind { what, feature, is_built } = kind;
    (!is_built).then(|| {
        format!(
            "{place}: {what} are not read by this build: `cargo install --path . --features \
             {feature}` makes one that does"
        )
    })
}

fn of_file(place: &str, file: &str) -> Vec<String> {
    let shown = without_user(file);
    let shown = shown.split_once('?').map_or(shown.as_str(), |parts| parts.0);
    let place = format!("{place} file = \"{shown}\"");
    let (scheme, rest) = file.split_once("://").unwrap_or_default();
    if !SCHEMES.contains(&scheme) {
        return vec![format!(
            "{place}: no addresses begin with {scheme}://; expected s3://, gs://, az://, \
             https:// or http://, or a path in the data folder"
        )];
    }
    let mut problems = Vec::new();
    problems.extend(not_built(&place, &OBJECTS));
    let is_of_web = scheme.starts_with("http");
    // In abfss://container@account the part before the sign is no user.
    let user = user_of(file).filter(|user| !scheme.starts_with("abfs") || user.contains(':'));
    let query = rest.split_once('?').map(|parts| parts.1).unwrap_or_default();
    let mut names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    let is_signed = names.any(|name| SIGNATURES.contains(&name.to_lowercase().as_str()));
    if user.is_some() || is_signed {
        problems.push(format!(
            "{place}: a credential stands in the address; credentials come from the environment \
             alone (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, GOOGLE_SERVICE_ACCOUNT, \
             AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY)"
        ));
    }
    if is_of_web && rest.split('?').next().is_some_and(|path| path.contains('*')) {
        problems.push(format!(
            "{place}: a web server does not list its files, so * finds nothing there; write one \
             [[mapping]] a file"
        ));
    }
    if !is_of_web && rest.contains('?') {
        problems.push(format!("{place}: what stands behind `?` is not used; leave it out"));
    }
    problems
}

fn of_query(place: &str, source: FarParts<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    problems.extend(not_built(&format!("{place} query"), &DATABASES));
    if source.file.is_some() {
        problems.push(format!("{place}: file and query are two sources: keep one of them"));
    }
    let Some(connection) = source.connection else {
        problems.push(format!(
            "{place} query: where is the database? Write connection = \"shop.db\" (SQLite), \
             \"postgresql://host/name\", or \"$NAME\" for what the environment variable NAME holds"
        ));
        return problems;
    };
    let text = connection.to_lowercase();
    let has_password = user_of(connection).is_some_and(|user| user.contains(':'))
        || text.contains("password=")
        || text.contains("pwd=");
    if has_password {
        problems.push(format!(
            "{place} connection: a password stands in it; credentials come from the environment \
             alone: leave it out and set PGPASSWORD, or write connection = \"$NAME\" for what the \
             environment variable NAME holds"
        ));
    }
    if source.driver.is_none() && driver_of(connection).is_none() {
        problems.push(format!(
            "{place} query: write driver = \"...\", the ADBC driver: its library's path, or a name \
             such as adbc_driver_postgresql"
        ));
    }
    problems
}

/// The driver that a connection speaks of by itself.
pub(crate) fn driver_of(connection: &str) -> Option<&'static str> {
    let files = [".db", ".sqlite", ".sqlite3"];
    if connection.starts_with("postgresql://") || connection.starts_with("postgres://") {
        Some("adbc_driver_postgresql")
    } else if files.iter().any(|ending| connection.ends_with(ending)) {
        Some("adbc_driver_sqlite")
    } else {
        None
    }
}
