//! Looks at the page headers of a Parquet column before Polars believes them.
//!
//! A header says how many values its page holds and how large it unpacks, and the decoder makes
//! room for as much. Here both are held against the footer and the limits, so that a few wrong
//! bytes cannot ask for all memory. The fields are those of `parquet.thrift`, `PageHeader`.

use crate::ingest::files::parquet_footer::STATISTICS;
use crate::ingest::files::thrift::{INT32, STRUCT, Shape, Thrift};
use Shape::{Flag, Struct, Whole};

/// What a column chunk may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Rows of its group.
    pub(crate) rows: u64,
    /// Bytes that its pages may unpack to, together.
    pub(crate) unpacked: u64,
    /// Least bytes of one value in a dictionary.
    pub(crate) width: u64,
}

/// Encodings of a data page that holds positions in a dictionary: `PLAIN_DICTIONARY`,
/// `RLE_DICTIONARY`.
const BY_DICTIONARY: [i64; 2] = [2, 8];

/// A number of bytes or values of a header, 0 where it has none.
fn count_of(stated: Option<i64>) -> Result<u64, &'static str> {
    u64::try_from(stated.unwrap_or(0)).map_err(|_| "a page header has a negative size")
}

/// Checks every page of a column chunk; says whether it has a dictionary that holds all its values.
///
/// # Errors
/// What is wrong, as half a sentence.
pub(crate) fn check(chunk: &[u8], bounds: Bounds) -> Result<bool, String> {
    let (mut rest, mut values, mut unpacked) = (chunk, 0u64, 0u64);
    let (mut has_dictionary, mut all_in_it) = (bounds.rows == 0, true);
    while values < bounds.rows {
        let mut thrift = Thrift::new(rest);
        let head = PageHead::read(&mut thrift).ok_or("a page header is damaged")?;
        let size = count_of(head.unpacked)?;
        let held = count_of(head.values)?;
        let known = count_of(head.dictionary)?;
        has_dictionary |= head.dictionary.is_some();
        all_in_it &=
            head.values.is_none() || head.encoding.is_some_and(|e| BY_DICTIONARY.contains(&e));
        unpacked = unpacked.saturating_add(size);
        values = values.saturating_add(held);
        if unpacked > bounds.unpacked {
            return Err(format!(
                "a column unpacks to {} MiB, more than {}",
                unpacked >> 20,
                bounds.unpacked >> 20
            ));
        }
        if values > bounds.rows {
            return Err(format!("a column claims {values} values for {} rows", bounds.rows));
        }
        if known.saturating_mul(bounds.width) > size {
            return Err(format!("a dictionary claims {known} values in {size} bytes"));
        }
        let begin = thrift.at();
        let end = usize::try_from(count_of(head.packed)?).ok().and_then(|n| n.checked_add(begin));
        let page = end.and_then(|end| rest.get(begin..end));
        let page = page.ok_or("a page reaches beyond its column")?;
        if let Some(told) = head.crc
            && checksum(page) != told
        {
            return Err("a page's checksum is wrong: the file is damaged".to_owned());
        }
        rest = &rest[begin + page.len()..];
    }
    Ok(has_dictionary && all_in_it)
}

/// CRC-32 of a page as it is stored, in the signed form that headers have it in.
fn checksum(page: &[u8]) -> i64 {
    let mut crc = flate2::Crc::new();
    crc.update(page);
    i64::from(crc.sum().cast_signed())
}

/// `PageHeader`, as far as it is decoded.
const PAGE_HEADER: Shape = Struct(&[
    (1, Whole),
    (2, Whole),
    (3, Whole),
    (4, Whole),
    (5, Struct(&[(1, Whole), (2, Whole), (3, Whole), (4, Whole), (5, STATISTICS)])),
    (6, Struct(&[])),
    (7, Struct(&[(1, Whole), (2, Whole), (3, Flag)])),
    (
        8,
        Struct(&[
            (1, Whole),
            (2, Whole),
            (3, Whole),
            (4, Whole),
            (5, Whole),
            (6, Whole),
            (7, Flag),
            (8, STATISTICS),
        ]),
    ),
]);

/// The fields of a page header that matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct PageHead {
    unpacked: Option<i64>,
    packed: Option<i64>,
    /// Where the writer took one.
    crc: Option<i64>,
    /// Values of a data page.
    values: Option<i64>,
    /// How a data page holds them.
    encoding: Option<i64>,
    /// Values of a dictionary page.
    dictionary: Option<i64>,
}

impl PageHead {
    fn read(thrift: &mut Thrift<'_>) -> Option<Self> {
        thrift.clone().expect(STRUCT, &PAGE_HEADER)?;
        let mut head = Self::default();
        thrift.fields(|thrift, id, kind| match (id, kind) {
            (2, INT32) => thrift.whole().map(|n| head.unpacked = Some(n)),
            (3, INT32) => thrift.whole().map(|n| head.packed = Some(n)),
            (4, INT32) => thrift.whole().map(|n| head.crc = Some(n)),
            (5, STRUCT) => thrift
                .first_wholes()
                .map(|[values, encoding]| (head.values, head.encoding) = (values, encoding)),
            (8, STRUCT) => thrift
                .first_wholes()
                .map(|[values, _, _, encoding]| (head.values, head.encoding) = (values, encoding)),
            (7, STRUCT) => thrift.first_wholes().map(|[values]| head.dictionary = values),
            _ => thrift.skip(kind),
        })?;
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page header: type, sizes, and field `id` with its number of values.
    fn head(kind: u8, sizes: (u8, u8), id: u8, values: u8) -> Vec<u8> {
        let zigzag = |n: u8| n << 1;
        vec![
            0x15,
            zigzag(kind),
            0x15,
            zigzag(sizes.0),
            0x15,
            zigzag(sizes.1),
            (id - 3) << 4 | STRUCT,
            0x15,
            zigzag(values),
            0,
            0,
        ]
    }

    fn chunk(parts: &[(Vec<u8>, usize)]) -> Vec<u8> {
        parts
            .iter()
            .flat_map(|(head, packed)| head.iter().copied().chain(std::iter::repeat_n(0, *packed)))
            .collect()
    }

    const BOUNDS: Bounds = Bounds { rows: 10, unpacked: 100, width: 4 };

    #[test]
    fn pages_that_fit_are_believed() {
        let dictionary = head(2, (20, 7), 7, 5);
        let pages =
            chunk(&[(dictionary, 7), (head(0, (9, 9), 5, 6), 9), (head(3, (9, 2), 8, 4), 2)]);
        assert_eq!(check(&pages, BOUNDS), Ok(false), "no encoding is told");
    }

    #[test]
    fn a_dictionary_holds_all_values_unless_a_page_is_written_out() {
        let page = |encoding: u8| {
            let mut page = head(0, (9, 9), 5, 5);
            page.splice(page.len() - 2.., [0x15, encoding << 1, 0, 0]);
            (page, 9)
        };
        let dictionary = (head(2, (20, 7), 7, 5), 7);
        let told = |pages: &[(Vec<u8>, usize)]| check(&chunk(pages), BOUNDS).unwrap();
        assert!(told(&[dictionary.clone(), page(8), page(2)]));
        assert!(!told(&[dictionary, page(8), page(0)]));
        assert!(!told(&[page(8), page(8)]), "there is no dictionary");
        assert_eq!(
            check(&[], Bounds { rows: 0, ..BOUNDS }),
            Ok(true),
            "nothing is missing from an empty group"
        );
    }

    #[test]
    fn claims_beyond_the_footer_are_refused() {
        let told = |parts: &[(Vec<u8>, usize)]| check(&chunk(parts), BOUNDS).unwrap_err();
        assert!(told(&[(head(0, (9, 9), 5, 11), 9)]).contains("claims 11 values for 10 rows"));
        assert!(told(&[(head(2, (20, 7), 7, 6), 7)]).contains("claims 6 values in 20 bytes"));
        assert!(
            told(&[(head(0, (60, 0), 5, 5), 0), (head(0, (60, 0), 5, 5), 0)])
                .contains("unpacks to")
        );
        assert!(told(&[(head(0, (9, 9), 5, 6), 3)]).contains("beyond its column"));
        assert!(told(&[(head(0, (9, 9), 5, 6), 9)]).contains("damaged"), "pages are missing");
        assert!(told(&[(vec![0x15, 1, 0x15, 1, 0], 0)]).contains("negative"));
        assert!(told(&[(vec![0xff; 40], 0)]).contains("damaged"));
    }
}
