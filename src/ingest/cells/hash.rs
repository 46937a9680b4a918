//! Maps with a fast hash for short keys.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// 2^64 over the golden ratio, Knuth's multiplier (*The Art of Computer Programming*, volume 3,
/// section 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A multiplicative hash for short keys. It needs no defence against keys made to collide: names
/// come from the seller's own files, and long ones are rejected.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FastHasher {
    state: u64,
}

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        // The map takes its slot from the low bits, which a product mixes least.
        self.state ^ (self.state >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.write_u64(u64::from_le_bytes(word.try_into().expect("eight bytes")));
        }
        let mut last = [0; 8];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        self.write_u64(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u128(&mut self, word: u128) {
        let bytes = word.to_le_bytes();
        self.write_u64(u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")));
        self.write_u64(u64::from_le_bytes(bytes[8..].try_into().expect("eight bytes")));
    }

    fn write_u64(&mut self, word: u64) {
        self.state = (self.state.rotate_left(26) ^ word).wrapping_mul(GOLDEN);
    }
}

/// A map with [`FastHasher`]; its order must not reach a result.
pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;

/// A set with it.
pub(crate) type FastSet<K> = HashSet<K, BuildHasherDefault<FastHasher>>;
