//! Files in S3, Google Cloud Storage, Azure Blob Storage and behind HTTP.
//!
//! What is there is listed, or asked for by name; each file is then read from where its last byte
//! lies here, in the version that it was found in: a connection that breaks costs what was under
//! way, and a file that is replaced meanwhile is not half of each. Sizes are compared, and MD5
//! digests where the store's tag is one.

use crate::domain::error::{Error, Result};
use crate::domain::inputs::Origin;
use crate::ingest::far::fetch::{Fetch, Wanted, without_secrets};
use crate::ingest::far::work::{Place, Work};
use crate::ingest::files::fetched::FarFile;
use crate::ingest::files::source;
use futures::{StreamExt as _, TryStreamExt as _};
use md5::{Digest as _, Md5};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::{
    BackoffConfig, ClientConfigKey, GetOptions, GetRange, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, ObjectStoreScheme, RetryConfig,
};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Files fetched at once: small parts are mostly waiting.
const AT_ONCE: usize = 8;
/// So often in a row a download may break off without a byte more.
const ATTEMPTS: u32 = 5;
/// So often in all: a server that cannot go on in the middle starts anew each time.
const MOST_ATTEMPTS: u32 = 30;
/// A request that takes longer breaks off, and goes on where it was: servers hang.
const REQUEST_SECONDS: &str = "120 seconds";
const CONNECT_SECONDS: &str = "10 seconds";

/// Files in object stores and behind HTTP.
pub(super) struct Objects;

/// Where files are asked for.
struct Store {
    store: Arc<dyn ObjectStore>,
    /// Of every address in it, up to the bucket's or the host's `/`.
    root: String,
    scheme: ObjectStoreScheme,
}

impl Fetch for Objects {
    fn fetch(&self, wanted: &Wanted<'_>, work: &Work) -> Result<Vec<FarFile>> {
        let address = wanted.mapping.file.as_deref().unwrap_or_default();
        let parsed = Url::parse(address)
            .map_err(|error| error.to_string())
            .and_then(|url| Ok((ObjectStoreScheme::parse(&url).map_err(|e| e.to_string())?, url)));
        let ((scheme, key), url) =
            parsed.map_err(|what| Error::input(address, format!("this is no address: {what}")))?;
        let store = Store {
            store: open(&scheme, &url).map_err(|error| refused(address, error))?,
            root: root_of(&url),
            scheme,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Error::Internal(format!("cannot wait: {e}")))?;
        let key = key.as_ref();
        let found = runtime.block_on(store.find(key, address))?;
        if found.iter().any(|object| object.location.as_ref().contains("_delta_log/")) {
            // Connections belong to who waits for them: another store, which has its own.
            let table = open(&store.scheme, &url).map_err(|error| refused(address, error))?;
            return delta_table(address, table, work);
        }
        let fixed = key.split('/').take_while(|step| !step.contains('*'));
        let folders = if found.len() == 1 && found[0].location.as_ref() == key {
            String::new()
        } else {
            fixed.collect::<Vec<_>>().join("/")
        };
        let root = format!("{}{folders}", store.root);
        let fetching = futures::stream::iter(found.into_iter().map(|object| {
            let (store, root) = (&store, &root);
            async move {
                let address = store.address(&object, &url_query(address));
                store.download(&object, address, root, work).await
            }
        }));
        // In the order of their names, whoever arrives first.
        runtime.block_on(fetching.buffered(AT_ONCE).try_collect())
    }
}

#[cfg(feature = "delta")]
fn delta_table(address: &str, store: Arc<dyn ObjectStore>, work: &Work) -> Result<Vec<FarFile>> {
    let table = format!("{}/", address.trim_end_matches('/'));
    let url = Url::parse(&table).map_err(|e| Error::input(address, e.to_string()))?;
    super::delta::rows_of(&url, address, store, work)
}

#[cfg(not(feature = "delta"))]
fn delta_table(address: &str, _: Arc<dyn ObjectStore>, _: &Work) -> Result<Vec<FarFile>> {
    Err(Error::Config(vec![format!(
        "{address} is a Delta table, which this build does not read there: `cargo install --path \
         . --features delta` makes one that does"
    )]))
}

/// What stands behind `?` in an address, with the sign.
fn url_query(address: &str) -> String {
    address.split_once('?').map(|parts| format!("?{}", parts.1)).unwrap_or_default()
}

/// An address up to the bucket or the host.
fn root_of(url: &Url) -> String {
    let text = url.as_str();
    let after = text.find("://").map_or(0, |at| at + 3);
    let end = text[after..].find('/').map_or(text.len(), |at| after + at);
    format!("{}/", &text[..end])
}

/// Opens the store of `url` with what the environment says.
fn open(scheme: &ObjectStoreScheme, url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    const TIMES: [(ClientConfigKey, &str); 2] = [
        (ClientConfigKey::Timeout, REQUEST_SECONDS),
        (ClientConfigKey::ConnectTimeout, CONNECT_SECONDS),
    ];
    // Half a minute in all: a night that cannot read its sales should say so before the morning.
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(30),
    };
    match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let mut builder = AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retry);
            for (key, value) in TIMES {
                builder = builder.with_config(AmazonS3ConfigKey::Client(key), value);
            }
            Ok(Arc::new(builder.build()?))
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder =
                GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retry);
            for (key, value) in TIMES {
                builder = builder.with_config(GoogleConfigKey::Client(key), value);
            }
            Ok(Arc::new(builder.build()?))
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder =
                MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retry);
            for (key, value) in TIMES {
                builder = builder.with_config(AzureConfigKey::Client(key), value);
            }
            Ok(Arc::new(builder.build()?))
        }
        // All other schemes were refused with the configuration.
        _ => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            let mut builder = HttpBuilder::new()
                .with_url(format!("{}{query}", root_of(url)))
                .with_retry(retry)
                .with_config(ClientConfigKey::AllowHttp, "true");
            for (key, value) in TIMES {
                builder = builder.with_config(key, value);
            }
            Ok(Arc::new(builder.build()?))
        }
    }
}

const NO_SUCH_FILE: &str = "there is no such file: look at the address";
const MAY_NOT_BE_READ: &str = "may not be read: the credentials of the environment are missing, \
    wrong, or not allowed to (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, GOOGLE_SERVICE_ACCOUNT, \
    AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY)";

/// What went wrong, for a person.
fn refused(address: &str, error: object_store::Error) -> Error {
    use object_store::Error as Answer;
    let message = match &error {
        Answer::NotFound { .. } => NO_SUCH_FILE.to_owned(),
        Answer::PermissionDenied { .. } | Answer::Unauthenticated { .. } => {
            MAY_NOT_BE_READ.to_owned()
        }
        Answer::Precondition { .. } => changed(),
        _ => {
            let mut what = error.to_string();
            let mut cause = std::error::Error::source(&error);
            // The last cause is what a person can do something about: a name, a port.
            while let Some(next) = cause {
                what = next.to_string();
                cause = next.source();
            }
            // A store that is asked for a list answers with a status alone.
            if what.contains("status code: 404") {
                NO_SUCH_FILE.to_owned()
            } else if ["401", "403"].iter().any(|s| what.contains(&format!("status code: {s}"))) {
                MAY_NOT_BE_READ.to_owned()
            } else {
                format!("cannot be reached: {}", without_secrets(&what))
            }
        }
    };
    Error::input(address, message)
}

fn cut_short(address: &str, now: u64, all: u64) -> Error {
    Error::input(address, format!("breaks off after {now} of {all} bytes, again and again"))
}

fn changed() -> String {
    "was changed while it was read: run again when whoever writes it is done".to_owned()
}

/// The tag that a version is asked for by; a weak one (`W/`) cannot be.
fn tag(object: &ObjectMeta) -> Option<&str> {
    object.e_tag.as_deref().filter(|tag| !tag.starts_with("W/"))
}

/// Whether an answer is of the file that was found. Listings name no versions, answers do.
fn is_same(answer: &ObjectMeta, found: &ObjectMeta) -> bool {
    match (&answer.e_tag, &found.e_tag) {
        (Some(answer), Some(found)) => answer.trim_matches('"') == found.trim_matches('"'),
        (Some(_), None) | (None, Some(_)) | (None, None) => {
            answer.last_modified == found.last_modified
        }
    }
}

/// What a file's version is called.
fn version_of(object: &ObjectMeta) -> Option<String> {
    let tag = object.e_tag.as_deref().map(|tag| tag.replace('"', ""));
    // A server that says no date is given the beginning of time.
    let written = object.last_modified;
    let date = (written.timestamp() > 0).then(|| written.to_rfc3339());
    object.version.clone().or(tag).or(date)
}

impl Store {
    fn address(&self, object: &ObjectMeta, query: &str) -> String {
        format!("{}{}{query}", self.root, object.location)
    }

    /// The objects that `key` names: one, those that a pattern fits, or those of a folder.
    async fn find(&self, key: &str, address: &str) -> Result<Vec<ObjectMeta>> {
        let path = object_store::path::Path::parse(key).unwrap_or_default();
        let is_pattern = key.contains('*');
        if !is_pattern {
            match self.store.head(&path).await {
                Ok(object) => return Ok(vec![object]),
                Err(object_store::Error::NotFound { .. })
                    if self.scheme != ObjectStoreScheme::Http => {}
                // Some servers answer to GET alone.
                Err(object_store::Error::Generic { .. })
                    if self.scheme == ObjectStoreScheme::Http =>
                {
                    let answer = self.store.get(&path).await;
                    return Ok(vec![answer.map_err(|error| refused(address, error))?.meta]);
                }
                Err(error) => return Err(refused(address, error)),
            }
        }
        let steps: Vec<&str> = key.split('/').collect();
        let fixed = steps.iter().take_while(|step| !step.contains('*')).count();
        let prefix = object_store::path::Path::parse(steps[..fixed].join("/")).unwrap_or_default();
        let mut found: Vec<ObjectMeta> = self
            .store
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(|error| refused(address, error))?;
        let is_delta = |object: &ObjectMeta| object.location.as_ref().contains("/_delta_log/");
        if !found.iter().any(is_delta) {
            found.retain(|object| {
                let names: Vec<&str> = object.location.as_ref().split('/').collect();
                if is_pattern {
                    source::fits_path(&steps, &names)
                } else {
                    source::is_part(&names[fixed..])
                }
            });
        }
        // Folders that consoles make are objects without a byte.
        found.retain(|object| object.size > 0 || !is_pattern);
        found.sort_by(|a, b| a.location.cmp(&b.location));
        if found.is_empty() {
            return Err(Error::input(address, "there is no such file: look at the address"));
        }
        Ok(found)
    }

    /// One file, whole.
    async fn download(
        &self,
        object: &ObjectMeta,
        address: String,
        root: &str,
        work: &Work,
    ) -> Result<FarFile> {
        let version = version_of(object);
        let name = object.location.filename().unwrap_or("file");
        let known = format!("{} {}", version.as_deref().unwrap_or_default(), object.size);
        let place = work.place(&address, &known, name)?;
        // Without a version nothing says that what is here is what is there.
        if version.is_none() || !place.is_whole() {
            let mut digest = self.grow(object, &address, &place).await?;
            if !self.is_tagged(object, &digest) {
                // Damaged on the way, or a tag that is no digest, as of objects encrypted by keys
                // of the customer: damage does not come twice.
                std::fs::remove_file(&place.part).map_err(Error::io(&place.part))?;
                let again = self.grow(object, &address, &place).await?;
                if again != digest && !self.is_tagged(object, &again) {
                    let _ = std::fs::remove_file(&place.part);
                    return Err(Error::input(
                        address,
                        "arrives different each time: the line damages it; run again",
                    ));
                }
                digest = again;
            }
            tracing::debug!("{address}: {} bytes, md5 {digest}", object.size);
            place.finish()?;
        }
        let origin = Origin { bytes: object.size, version };
        Ok(FarFile { path: place.path, address, root: root.to_owned(), origin })
    }

    /// Whether the digest is what the store says; true where it says none.
    fn is_tagged(&self, object: &ObjectMeta, digest: &str) -> bool {
        let tag = object.e_tag.as_deref().unwrap_or_default().trim_matches('"');
        let is_digest = self.scheme == ObjectStoreScheme::AmazonS3
            && tag.len() == 32
            && tag.chars().all(|c| c.is_ascii_hexdigit());
        !is_digest || tag.eq_ignore_ascii_case(digest)
    }

    /// Fetches what is missing of a file, as often as it takes; its MD5.
    async fn grow(&self, object: &ObjectMeta, address: &str, place: &Place) -> Result<String> {
        // Without a version nobody knows whether the rest would be of the same file.
        let goes_on = version_of(object).is_some();
        let (mut idle, mut attempts) = (0, 0);
        loop {
            if !goes_on || length(&place.part) > object.size {
                let _ = std::fs::remove_file(&place.part);
            }
            let before = length(&place.part);
            if before == object.size && object.size > 0 {
                return md5_of(&place.part);
            }
            let broken = match self.append(object, place, before).await {
                Ok(()) if length(&place.part) == object.size => return md5_of(&place.part),
                Ok(()) => None,
                Err(Failure::Disk(error)) => return Err(Error::io(&place.part)(error)),
                Err(Failure::Store(error)) => Some(error),
            };
            let now = length(&place.part);
            if now > object.size {
                return Err(Error::input(address, changed()));
            }
            attempts += 1;
            idle = if attempts == MOST_ATTEMPTS {
                ATTEMPTS
            } else if goes_on && now > before {
                0
            } else {
                idle + 1
            };
            match broken {
                Some(error @ object_store::Error::Generic { .. }) if idle < ATTEMPTS => {
                    tracing::warn!(
                        "{address}: broke off after {now} of {} bytes, goes on ({})",
                        object.size,
                        without_secrets(&error.to_string())
                    );
                    // Some servers cannot go on in the middle.
                    if before > 0 && now == before {
                        let _ = std::fs::remove_file(&place.part);
                    }
                }
                Some(object_store::Error::Generic { .. }) if now > 0 => {
                    return Err(cut_short(address, now, object.size));
                }
                Some(error) => return Err(refused(address, error)),
                None if idle < ATTEMPTS => {}
                None => return Err(cut_short(address, now, object.size)),
            }
            tokio::time::sleep(Duration::from_millis(100 << idle)).await;
        }
    }

    /// Appends what comes behind the first `from` bytes to the part.
    async fn append(
        &self,
        object: &ObjectMeta,
        place: &Place,
        from: u64,
    ) -> std::result::Result<(), Failure> {
        let options = GetOptions {
            range: (from > 0).then_some(GetRange::Offset(from)),
            if_match: tag(object).map(str::to_owned),
            version: object.version.clone(),
            ..GetOptions::default()
        };
        let answer = self.store.get_opts(&object.location, options).await?;
        if !is_same(&answer.meta, object) {
            let source = "another version".into();
            let path = object.location.to_string();
            return Err(Failure::Store(object_store::Error::Precondition { path, source }));
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&place.part)?;
        let mut bytes = answer.into_stream();
        while let Some(some) = bytes.next().await {
            file.write_all(&some?)?;
        }
        file.sync_data()?;
        Ok(())
    }
}

/// Why bytes did not arrive.
enum Failure {
    Store(object_store::Error),
    Disk(std::io::Error),
}

impl From<object_store::Error> for Failure {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Bytes of a part; none where it is not there.
fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn md5_of(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut digest = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(Error::io(path))?;
        if read == 0 {
            return Ok(format!("{:x}", digest.finalize()));
        }
        digest.update(&buffer[..read]);
    }
}
