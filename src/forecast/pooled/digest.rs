//! Whether the past that a state was fitted to is still the same.

/// A fast digest against accidents: every step is invertible, so two inputs that differ in one
/// place never meet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Digest {
    state: u64,
}

impl Digest {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn add(&mut self, value: u64) {
        // 2^64 over the golden ratio (Knuth 1998, vol. 3, ch. 6.4) spreads neighbouring values.
        let mixed = (self.state ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.state = mixed.rotate_left(29);
    }

    pub(crate) fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.add(u64::from(byte)));
        // No byte: an end that no text can contain.
        self.add(1 << 8);
    }

    pub(crate) fn value(self) -> u64 {
        self.state
    }
}
