//! Maps with a fast hash for short keys.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// 2^64 over the golden ratio, Knuth's multiplier (*The Art of Computer Programming*, volume 3,
/// section 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A multiplicative hash for short keys: both halves of the product, folded (Wang Yi's wyhash).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FastHasher {
    state: u64,
}

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.state
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

    #[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state.rotate_left(26) ^ word ^ GOLDEN) * u128::from(GOLDEN);
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

/// Where a map's hashes begin: another number in every process, so that nobody can choose names
/// that collide. 60,000 such names took two minutes with a hash that everyone knows. The order of a
/// map must not reach a result, with this hash as with any other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed {
    state: u64,
}

impl Default for Seed {
    fn default() -> Self {
        static SEED: OnceLock<u64> = OnceLock::new();
        Self { state: *SEED.get_or_init(|| RandomState::new().hash_one(GOLDEN)) }
    }
}

impl BuildHasher for Seed {
    type Hasher = FastHasher;

    fn build_hasher(&self) -> FastHasher {
        FastHasher { state: self.state }
    }
}

/// A map with [`FastHasher`]; its order must not reach a result.
pub(crate) type FastMap<K, V> = HashMap<K, V, Seed>;

/// A set with it.
pub(crate) type FastSet<K> = HashSet<K, Seed>;

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(words: [u64; 2], seed: u64) -> u64 {
        let mut hasher = FastHasher { state: seed };
        words.into_iter().for_each(|word| hasher.write_u64(word));
        hasher.finish()
    }

    #[test]
    fn names_that_collide_once_do_not_collide_under_every_seed() {
        // A sum or a plain product lets the top bit through: these two met whatever came before.
        const TOP: u64 = 1 << 63;
        let one = [0x6162_6364_6566_6768, 0x3132_3334_3536_3738];
        let other = [one[0] ^ TOP, one[1] ^ TOP.rotate_left(26)];
        for seed in [0, 1, GOLDEN, u64::MAX] {
            assert_ne!(hash(one, seed), hash(other, seed), "seed {seed}");
        }
        assert_ne!(hash(one, 1), hash(one, 2), "the seed counts");
    }
}
