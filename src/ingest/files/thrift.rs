//! Thrift's compact protocol (Apache Thrift, *Compact protocol encoding*), as far as Parquet's
//! metadata needs it.

/// Type codes of fields and elements.
pub(crate) const INT32: u8 = 5;
pub(crate) const STRUCT: u8 = 12;
const LIST: u8 = 9;

/// Structs within structs that are followed.
const DEEPEST: usize = 16;

/// What a value must be where a decoder takes it for that without looking at its type.
#[derive(Debug)]
pub(crate) enum Shape {
    Flag,
    Byte,
    /// A whole number of 16 to 64 bits: all are written alike.
    Whole,
    Text,
    /// Fields by number; others may be anything.
    Struct(&'static [(i64, Shape)]),
    List(&'static Shape),
}

/// A reader of Thrift's compact protocol; `None` where the bytes make no sense.
#[derive(Debug, Clone)]
pub(crate) struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Thrift<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn bits(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A signed number: zigzag.
    pub(crate) fn whole(&mut self) -> Option<i64> {
        let bits = self.bits()?;
        Some((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }

    /// Calls `visit(field, type)` for each field of a struct; it must pass over the field's value.
    pub(crate) fn fields(
        &mut self,
        mut visit: impl FnMut(&mut Self, i64, u8) -> Option<()>,
    ) -> Option<()> {
        let mut id = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            let step = i64::from(head >> 4);
            id = if step == 0 { self.whole()? } else { id + step };
            // A decoder keeps 16 bits of it.
            i16::try_from(id).ok()?;
            visit(self, id, head & 0x0f)?;
        }
    }

    /// The first `N` fields of a struct where they are 32-bit numbers; passes over the others.
    pub(crate) fn first_wholes<const N: usize>(&mut self) -> Option<[Option<i64>; N]> {
        let mut first = [None; N];
        self.fields(|thrift, id, kind| {
            match usize::try_from(id - 1).ok().and_then(|at| first.get_mut(at)) {
                Some(field) if kind == INT32 => thrift.whole().map(|n| *field = Some(n)),
                _ => thrift.skip(kind),
            }
        })?;
        Some(first)
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        let end = usize::try_from(bytes)
            .ok()
            .and_then(|n| self.at.checked_add(n))
            .filter(|&end| end <= self.bytes.len())?;
        self.at = end;
        Some(())
    }

    /// Passes over a value of type `kind` that must have `shape`.
    pub(crate) fn expect(&mut self, kind: u8, shape: &Shape) -> Option<()> {
        match (shape, kind) {
            (Shape::Flag, 1 | 2) | (Shape::Byte, 3) | (Shape::Whole, 4..=6) | (Shape::Text, 8) => {
                self.skip(kind)
            }
            (Shape::Struct(known), STRUCT) => {
                self.fields(|thrift, id, kind| match known.iter().find(|field| field.0 == id) {
                    Some((_, shape)) => thrift.expect(kind, shape),
                    None => thrift.skip(kind),
                })
            }
            (Shape::List(shape), LIST) => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.expect(kind, shape))
            }
            _ => None,
        }
    }

    /// Number and type of the elements of a list or set.
    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.bits()? } else { u64::from(head >> 4) };
        Some((count, head & 0x0f))
    }

    /// Passes over a value of type `kind`.
    pub(crate) fn skip(&mut self, kind: u8) -> Option<()> {
        self.skip_within(kind, DEEPEST)
    }

    fn skip_within(&mut self, kind: u8, deepest: usize) -> Option<()> {
        let deeper = deepest.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.bits().map(drop),
            7 => self.pass(8),
            8 => self.bits().and_then(|n| self.pass(n)),
            LIST | 10 => {
                let (count, kind) = self.list()?;
                self.elements(count, &[kind], deeper)
            }
            11 => {
                let count = self.bits()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                self.elements(count, &[kinds >> 4, kinds & 0x0f], deeper)
            }
            STRUCT => self.fields(|thrift, _, kind| thrift.skip_within(kind, deeper)),
            _ => None,
        }
    }

    /// Passes over `count` elements of a list, or pairs of a map; unlike in a struct, yes and no
    /// take a byte there.
    fn elements(&mut self, count: u64, kinds: &[u8], deepest: usize) -> Option<()> {
        for _ in 0..count {
            for &kind in kinds {
                let before = self.at;
                if matches!(kind, 1 | 2) {
                    self.pass(1)?
                } else {
                    self.skip_within(kind, deepest)?
                }
                if self.at == before {
                    return None;
                }
            }
        }
        Some(())
    }
}
