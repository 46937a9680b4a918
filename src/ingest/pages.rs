//! Looks at the page headers of a Parquet column before Polars believes them.
//!
//! A header says how many values its page holds and how large it unpacks, and the decoder makes room for as much. Here both are
//! held against the footer and the limits, so that a few wrong bytes cannot ask for all memory. Headers are Thrift structs in the
//! compact protocol (Apache Thrift, *Compact protocol encoding*); the fields are those of `parquet.thrift`, `PageHeader`.

/// What a column chunk may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Rows of its group.
    pub(super) rows: u64,
    /// Bytes that its pages may unpack to, together.
    pub(super) unpacked: u64,
    /// Least bytes of one value in a dictionary.
    pub(super) width: u64,
}

/// Checks every page of a column chunk.
///
/// # Errors
/// What is wrong, as half a sentence.
pub(super) fn check(chunk: &[u8], bounds: Bounds) -> Result<(), String> {
    let (mut rest, mut values, mut unpacked) = (chunk, 0u64, 0u64);
    while values < bounds.rows {
        let mut thrift = Thrift { bytes: rest, at: 0 };
        let head = PageHead::read(&mut thrift).ok_or("a page header is damaged")?;
        let number = |n: Option<i64>| u64::try_from(n.unwrap_or(0)).map_err(|_| "a page header has a negative size");
        let (size, held, known) = (number(head.unpacked)?, number(head.values)?, number(head.dictionary)?);
        unpacked = unpacked.saturating_add(size);
        values = values.saturating_add(held);
        if unpacked > bounds.unpacked {
            return Err(format!("a column unpacks to {} MiB, more than {}", unpacked >> 20, bounds.unpacked >> 20));
        }
        if values > bounds.rows {
            return Err(format!("a column claims {values} values for {} rows", bounds.rows));
        }
        if known.saturating_mul(bounds.width) > size {
            return Err(format!("a dictionary claims {known} values in {size} bytes"));
        }
        let next = usize::try_from(number(head.packed)?).ok().and_then(|n| n.checked_add(thrift.at));
        rest = next.and_then(|n| rest.get(n..)).ok_or("a page reaches beyond its column")?;
    }
    Ok(())
}

/// The fields of a page header that matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct PageHead {
    unpacked: Option<i64>,
    packed: Option<i64>,
    /// Values of a data page.
    values: Option<i64>,
    /// Values of a dictionary page.
    dictionary: Option<i64>,
}

impl PageHead {
    fn read(thrift: &mut Thrift<'_>) -> Option<Self> {
        let mut head = Self::default();
        thrift.fields(|thrift, id, kind| match (id, kind) {
            (2, INT32) => thrift.whole().map(|n| head.unpacked = Some(n)),
            (3, INT32) => thrift.whole().map(|n| head.packed = Some(n)),
            (5 | 8, STRUCT) => thrift.first_whole().map(|n| head.values = n),
            (7, STRUCT) => thrift.first_whole().map(|n| head.dictionary = n),
            _ => thrift.skip(kind, DEEPEST),
        })?;
        Some(head)
    }
}

const INT32: u8 = 5;
const STRUCT: u8 = 12;
/// Structs within structs that are followed.
const DEEPEST: usize = 16;

/// A reader of Thrift's compact protocol; `None` where the bytes make no sense.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Thrift<'_> {
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
    fn whole(&mut self) -> Option<i64> {
        let bits = self.bits()?;
        Some((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }

    /// Calls `visit(field, type)` for each field of a struct; it must pass over the field's value.
    fn fields(&mut self, mut visit: impl FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut id = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            let step = i64::from(head >> 4);
            id = if step == 0 { self.whole()? } else { id + step };
            visit(self, id, head & 0x0f)?;
        }
    }

    /// The first field of a struct, a 32-bit number, and passes over the others.
    fn first_whole(&mut self) -> Option<Option<i64>> {
        let mut first = None;
        self.fields(|thrift, id, kind| match (id, kind) {
            (1, INT32) => thrift.whole().map(|n| first = Some(n)),
            _ => thrift.skip(kind, DEEPEST),
        })?;
        Some(first)
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        let end = usize::try_from(bytes).ok().and_then(|n| self.at.checked_add(n)).filter(|&end| end <= self.bytes.len())?;
        self.at = end;
        Some(())
    }

    /// Passes over a value of type `kind`.
    fn skip(&mut self, kind: u8, deepest: usize) -> Option<()> {
        let deeper = deepest.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.bits().map(drop),
            7 => self.pass(8),
            8 => self.bits().and_then(|n| self.pass(n)),
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.bits()? } else { u64::from(head >> 4) };
                self.elements(count, &[head & 0x0f], deeper)
            }
            11 => {
                let count = self.bits()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                self.elements(count, &[kinds >> 4, kinds & 0x0f], deeper)
            }
            STRUCT => self.fields(|thrift, _, kind| thrift.skip(kind, deeper)),
            _ => None,
        }
    }

    /// Passes over `count` elements of a list, or pairs of a map; unlike in a struct, yes and no take a byte there.
    fn elements(&mut self, count: u64, kinds: &[u8], deepest: usize) -> Option<()> {
        for _ in 0..count {
            for &kind in kinds {
                let before = self.at;
                if matches!(kind, 1 | 2) {
                    self.pass(1)?
                } else {
                    self.skip(kind, deepest)?
                }
                if self.at == before {
                    return None;
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page header: type, sizes, and field `id` with its number of values.
    fn head(kind: u8, sizes: (u8, u8), id: u8, values: u8) -> Vec<u8> {
        let zigzag = |n: u8| n << 1;
        vec![0x15, zigzag(kind), 0x15, zigzag(sizes.0), 0x15, zigzag(sizes.1), (id - 3) << 4 | STRUCT, 0x15, zigzag(values), 0, 0]
    }

    fn chunk(parts: &[(Vec<u8>, usize)]) -> Vec<u8> {
        parts.iter().flat_map(|(head, packed)| head.iter().copied().chain(std::iter::repeat_n(0, *packed))).collect()
    }

    const BOUNDS: Bounds = Bounds { rows: 10, unpacked: 100, width: 4 };

    #[test]
    fn pages_that_fit_are_believed() {
        let dictionary = head(2, (20, 7), 7, 5);
        let pages = chunk(&[(dictionary, 7), (head(0, (9, 9), 5, 6), 9), (head(3, (9, 2), 8, 4), 2)]);
        assert_eq!(check(&pages, BOUNDS), Ok(()));
    }

    #[test]
    fn claims_beyond_the_footer_are_refused() {
        let told = |parts: &[(Vec<u8>, usize)]| check(&chunk(parts), BOUNDS).unwrap_err();
        assert!(told(&[(head(0, (9, 9), 5, 11), 9)]).contains("claims 11 values for 10 rows"));
        assert!(told(&[(head(2, (20, 7), 7, 6), 7)]).contains("claims 6 values in 20 bytes"));
        assert!(told(&[(head(0, (60, 0), 5, 5), 0), (head(0, (60, 0), 5, 5), 0)]).contains("unpacks to"));
        assert!(told(&[(head(0, (9, 9), 5, 6), 3)]).contains("beyond its column"));
        assert!(told(&[(head(0, (9, 9), 5, 6), 9)]).contains("damaged"), "pages are missing");
        assert!(told(&[(vec![0x15, 1, 0x15, 1, 0], 0)]).contains("negative"));
        assert!(told(&[(vec![0xff; 40], 0)]).contains("damaged"));
    }
}
