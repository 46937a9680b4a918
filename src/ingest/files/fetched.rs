//! A file that a far source gave: where it lies now, and what it is called.

use crate::domain::inputs::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FarFile {
    /// Where it lies now.
    pub(crate) path: PathBuf,
    /// Where it is at home; what messages and the manifest call it.
    pub(crate) address: String,
    /// The part of the address above the folders that may name partitions (`channel=web`).
    pub(crate) root: String,
    /// What it was there.
    pub(crate) origin: Origin,
}
