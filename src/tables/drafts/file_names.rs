//! What a file is called that is named for something in the data: harmless on every file system,
//! and no two alike.

use crate::domain::digest::sha256_hex;
use std::collections::BTreeMap;

/// Longest file name made from data, without extension: with a digest behind it stays below the 255
/// bytes of all file systems.
const LONGEST_NAME: usize = 80;
/// Digits of the digest that tells two like names apart.
const SHORT_DIGEST: usize = 8;
/// Names that Windows keeps for devices, whatever follows the first point.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// One file name a name, in order: letters, digits, `.`, `_` and `-` stay, anything else becomes
/// `-`. Names that would meet, on any file system, get a digest of the full name behind.
#[must_use]
pub fn file_names(names: &[&str]) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    // Some file systems do not tell capitals from small letters.
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in &plain {
        *uses.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    let mut files = Vec::with_capacity(names.len());
    for (name, plain) in names.iter().zip(plain) {
        if uses[&plain.to_ascii_lowercase()] == 1 {
            files.push(plain);
            continue;
        }
        let digest = sha256_hex(name.as_bytes());
        let short = format!("{plain}-{}", &digest[..SHORT_DIGEST]);
        // A digest that happens to spell another's plain name is written in full.
        let taken = uses.contains_key(&short.to_ascii_lowercase());
        files.push(if taken { format!("{plain}-{digest}") } else { short });
    }
    files
}

fn plain_name(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars().take(LONGEST_NAME) {
        let stays = c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        plain.push(if stays { c } else { '-' });
    }
    let stem = plain.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    // No hidden file, no option, nothing that Windows drops or reserves.
    if plain.is_empty()
        || plain.starts_with(['.', '-'])
        || plain.ends_with('.')
        || RESERVED.contains(&stem)
    {
        plain = format!("_{plain}_");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_cannot_escape_or_collide() {
        let names = [
            "../../etc/passwd",
            "a/b",
            "a:b",
            "A/B",
            "",
            ".",
            "..",
            "CON",
            "con.txt",
            "Müller",
            "ok",
            "x\0y",
            "-rf",
            "a-b.",
        ];
        let files = file_names(&names);
        let mut lower: Vec<_> = files.iter().map(|f| f.to_ascii_lowercase()).collect();
        lower.sort();
        lower.dedup();
        assert_eq!(lower.len(), names.len(), "{files:?}");
        for file in &files {
            assert!(
                file.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
                "{file}"
            );
            assert!(
                !file.starts_with(['.', '-']) && !file.ends_with('.') && file != "con",
                "{file}"
            );
        }
        assert_eq!(files[10], "ok");
    }
}
