//! Long columns on their way from one process to another, a byte or so a value.
//!
//! Most periods sell a few whole units or none, and flags come in runs. As floats one after the
//! other a bucket's history took ten bytes a period, and a task spent more time on touching them
//! than on what it does with them. For `#[serde(with = …)]`.

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

/// Units: whole numbers below 254 are one byte, below 65,536 a mark and two,
/// anything else a mark and its four.
pub(crate) mod units {
    use super::{Bytes, Deserializer, Error, Serializer};

    /// Marks a whole number of two bytes; smaller bytes are numbers themselves.
    const TWO_BYTES: u8 = 254;
    /// Marks the bits of any other number.
    const BITS: u8 = 255;

    pub(crate) fn serialize<S: Serializer>(values: &[f32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&packed(values))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
        let bytes = from.deserialize_bytes(Bytes)?;
        unpacked(&bytes).ok_or_else(|| D::Error::custom("units end within a number"))
    }

    pub(super) fn packed(values: &[f32]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(values.len() + values.len() / 8);
        for &value in values {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates, and is checked by comparing back"
            )]
            let whole = value as u16;
            // By bits and not by value: a negative zero or a NaN must come back as it was, or a
            // night in parts would differ from one in a piece.
            if f32::from(whole).to_bits() != value.to_bits() {
                bytes.push(BITS);
                bytes.extend_from_slice(&value.to_bits().to_le_bytes());
                continue;
            }
            match u8::try_from(whole) {
                Ok(small) if small < TWO_BYTES => bytes.push(small),
                Ok(_) | Err(_) => {
                    bytes.push(TWO_BYTES);
                    bytes.extend_from_slice(&whole.to_le_bytes());
                }
            }
        }
        bytes
    }

    pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<f32>> {
        let mut values = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            rest = after;
            values.push(match first {
                TWO_BYTES => {
                    let (whole, after) = rest.split_first_chunk()?;
                    rest = after;
                    f32::from(u16::from_le_bytes(*whole))
                }
                BITS => {
                    let (bits, after) = rest.split_first_chunk()?;
                    rest = after;
                    f32::from_bits(u32::from_le_bytes(*bits))
                }
                small => f32::from(small),
            });
        }
        Some(values)
    }
}

/// Flags: a byte and how often it comes, up to 255 times.
pub(crate) mod flags {
    use super::{Bytes, Deserializer, Error, Serializer};

    pub(crate) fn serialize<S: Serializer>(values: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&packed(values))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let bytes = from.deserialize_bytes(Bytes)?;
        unpacked(&bytes).ok_or_else(|| D::Error::custom("flags end within a run"))
    }

    pub(super) fn packed(values: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for run in values.chunk_by(|a, b| a == b) {
            // A run is counted in one byte; a longer one is several.
            for part in run.chunks(usize::from(u8::MAX)) {
                bytes.push(part[0]);
                bytes.push(u8::try_from(part.len()).expect("a part of a run fits a byte"));
            }
        }
        bytes
    }

    pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
        let (runs, rest) = bytes.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        let mut values = Vec::with_capacity(runs.iter().map(|run| usize::from(run[1])).sum());
        for &[value, times] in runs {
            values.resize(values.len() + usize::from(times), value);
        }
        Some(values)
    }
}

/// Takes bytes as they come.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("packed bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_bit_for_bit() {
        let values = [
            0.0,
            -0.0,
            1.0,
            253.0,
            254.0,
            255.0,
            256.0,
            65_535.0,
            65_536.0,
            16_777_216.0,
            2.5,
            -3.0,
            1e-30,
            f32::MAX,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        let bytes = units::packed(&values);
        let back: Vec<u32> = units::unpacked(&bytes).unwrap().iter().map(|v| v.to_bits()).collect();
        assert_eq!(back, values.map(f32::to_bits));
        assert_eq!(units::packed(&[0.0, 7.0]).len(), 2, "a byte each");
        assert_eq!(units::unpacked(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn runs_of_flags_come_back_whatever_their_length() {
        let values = [vec![0; 700], vec![4], vec![0; 255], vec![129; 256]].concat();
        let bytes = flags::packed(&values);
        assert!(bytes.len() < 20, "{}", bytes.len());
        assert_eq!(flags::unpacked(&bytes), Some(values));
        assert_eq!(flags::unpacked(&bytes[1..]), None);
    }
}
