//! The data scripts of a large shop, deflated: a page opened from disk can load a script and
//! nothing else, so the bytes stand in one as text, and the browser inflates them.
//!
//! A report of 10,000 items takes 50 MB as plain scripts, and a tenth of that for as many items in
//! this form. Small shops keep the plain form: it opens in browsers that cannot inflate.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;

/// Items per location from which scripts are packed: about 75 MB of plain ones.
pub(crate) const LARGE: usize = 15_000;

/// `OP.table(…);` or `OP.items(…);` as `OP.packed("table","…");`: the arguments as a JSON list,
/// deflated without a head, in base64. What is neither stays as it is.
pub(crate) fn packed(script: &[u8]) -> Vec<u8> {
    let inner = script.strip_prefix(b"OP.").and_then(|rest| rest.strip_suffix(b");\n"));
    let Some(inner) = inner else { return script.to_vec() };
    let Some(at) = inner.iter().position(|&byte| byte == b'(') else { return script.to_vec() };
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let deflated = encoder
        .write_all(b"[")
        .and_then(|()| encoder.write_all(&inner[at + 1..]))
        .and_then(|()| encoder.write_all(b"]"))
        .and_then(|()| encoder.finish());
    // Memory takes all that is written to it; if it did not, the plain script is as good.
    let Ok(deflated) = deflated else { return script.to_vec() };
    let mut out = b"OP.packed(\"".to_vec();
    out.extend_from_slice(&inner[..at]);
    out.extend_from_slice(b"\",\"");
    base64(&deflated, &mut out);
    out.extend_from_slice(b"\");\n");
    out
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out.reserve(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(bits);
        for digit in 0..4 {
            // Six bits a digit; a short chunk ends in as many signs as bytes are missing.
            let value = (bits >> (18 - 6 * digit)) & 63;
            out.push(if digit <= chunk.len() { DIGITS[value as usize] } else { b'=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::DeflateDecoder;
    use std::io::Read as _;

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut out = Vec::new();
            base64(plain.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), coded);
        }
    }

    #[test]
    fn a_packed_script_holds_the_arguments_of_the_call() {
        let script = b"OP.items(64,[{\"sku\":\"A)b(;\"}]);\n";
        let text = String::from_utf8(packed(script)).unwrap();
        let coded = text.strip_prefix("OP.packed(\"items\",\"").unwrap();
        let coded = coded.strip_suffix("\");\n").unwrap();
        let mut bits = 0_u32;
        let mut held = 0;
        let mut bytes = Vec::new();
        for digit in coded.bytes().filter(|&b| b != b'=') {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                _ => 63,
            };
            bits = (bits << 6) | u32::from(value);
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held) as u8);
            }
        }
        let mut json = String::new();
        DeflateDecoder::new(&bytes[..]).read_to_string(&mut json).unwrap();
        assert_eq!(json, "[64,[{\"sku\":\"A)b(;\"}]]");
        assert_eq!(packed(b"something else"), b"something else");
    }
}
