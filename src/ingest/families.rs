//! Which items must be planned together, and in which bucket of a night over several machines?
//!
//! Kits and their parts, an item and the one it is like, an item and its successor are one family:
//! the forecast or the plan of one reads the other's. A bucket holds whole families, and so all
//! locations and channels of an item.

use crate::ingest::files::table::Table;
use crate::ingest::spellings::plain;
use serde::Serialize;
use std::collections::BTreeMap;

/// One of the buckets that a night is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Which, from 0 on.
    pub bucket: u32,
    /// Of how many.
    pub of: u32,
}

/// Who is in which bucket, for whoever lays sales out by it: the CRC-32 of the lead, modulo their
/// number.
#[derive(Debug, Clone, Serialize)]
pub struct Placing {
    /// Of each item that has a family, the name that stands for it. Names in lower case, without
    /// spaces, accents apart from their letters; an item without one stands for itself.
    pub leads: BTreeMap<String, String>,
    /// Items by channel (empty for any), a tab, and the code that stands for them there.
    pub codes: BTreeMap<String, String>,
}

/// Items by the family they belong to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Families {
    /// The least name of the family, of every item that has one; names as spellings are compared.
    leads: BTreeMap<String, String>,
}

impl Families {
    /// From the tables that link items; `master` says which item a code means.
    pub(crate) fn of(
        products: Option<&Table>,
        kits: Option<&Table>,
        master: impl Fn(&str) -> String,
    ) -> Self {
        let mut families = Self::default();
        for row in kits.iter().flat_map(|table| table.rows()) {
            families.join(&master(row.text("sku")), &master(row.text("component")));
        }
        for row in products.iter().flat_map(|table| table.rows()) {
            families.join(&master(row.text("sku")), &master(row.text("analogue")));
            families.join(&master(row.text("sku")), &master(row.text("superseded_by")));
        }
        families
    }

    fn join(&mut self, one: &str, other: &str) {
        if one.is_empty() || other.is_empty() {
            return;
        }
        let one = self.lead(&plain(one));
        let other = self.lead(&plain(other));
        let (lead, follower) = if one <= other { (one, other) } else { (other, one) };
        self.leads.insert(follower, lead);
    }

    /// The name that stands for the family of `name`.
    fn lead(&self, name: &str) -> String {
        let mut lead = name;
        while let Some(next) = self.leads.get(lead).filter(|next| *next != lead) {
            lead = next;
        }
        lead.to_owned()
    }

    /// Every item of a family and the name that stands for it, as spellings are compared.
    pub(crate) fn leads(&self) -> BTreeMap<String, String> {
        self.leads.keys().map(|name| (name.clone(), self.lead(name))).collect()
    }

    /// Whether an item is in `bucket`.
    pub(crate) fn is_in(&self, sku: &str, bucket: Bucket) -> bool {
        crc32(self.lead(&plain(sku)).as_bytes()) % bucket.of.max(1) == bucket.bucket
    }
}

/// CRC-32 as zlib, Python and Spark compute it: whoever lays history out by bucket has it at hand.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_zlib() {
        // RFC 3720, and Python's zlib.crc32(b"123456789").
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_family_is_in_one_bucket_whatever_links_it() {
        let mut families = Families::default();
        families.join("GIFT BOX", "SOAP");
        families.join("TOWEL", "Soap");
        families.join("SOAP 2", "towel");
        let mut buckets = Vec::new();
        for name in ["gift box", "SOAP", "TOWEL", "SOAP 2"] {
            buckets
                .extend((0..64).filter(|&bucket| families.is_in(name, Bucket { bucket, of: 64 })));
        }
        assert_eq!(buckets.len(), 4, "each in one");
        assert!(buckets.windows(2).all(|pair| pair[0] == pair[1]), "{buckets:?}");
    }
}
