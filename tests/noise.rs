//! Noise that knows what it is in: mutations of text tables, TOML and Parquet, the same for the
//! same seed.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Cells that readers have stumbled over somewhere.
const CELLS: [&str; 44] = [
    "",
    " ",
    "0",
    "-0",
    "-1",
    "1e308",
    "1e-320",
    "1e400",
    "NaN",
    "inf",
    "-inf",
    "1,5",
    "1.234,50",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999",
    "0x10",
    "1_000",
    "+5",
    "2024-02-30",
    "2024-01-28",
    "0000-00-00",
    "9999-12-31",
    "1970-01-01",
    "2024-01-28T23:59:60Z",
    "2024-01-28T10:00:00+14:00",
    "20240128",
    "2024-01",
    "28/01/2024",
    "LAMP",
    "DESK",
    "SET",
    "web",
    "*",
    "\u{feff}",
    "\u{202e}KSED",
    "\u{0}",
    "=1+1",
    "\"",
    "\"\"",
    "true",
    "null",
    "mon thu",
    "2024-12-24/2025-01-02; 2025-05-01",
];

/// Bytes between cells and rows.
const JOINTS: [&str; 12] =
    [",", ";", "\t", "|", "\n", "\r\n", "\r", "\"", "\",\"", "\n\n", "\0", "\u{feff}"];

/// Values that a TOML key may be given.
const VALUES: [&str; 26] = [
    "0",
    "-1",
    "1",
    "99999999999",
    "-9223372036854775808",
    "1e308",
    "nan",
    "inf",
    "-inf",
    "0.5",
    "\"\"",
    "\"x\"",
    "\"all\"",
    "true",
    "[]",
    "[[]]",
    "{}",
    "{ a = 1 }",
    "[1, \"a\"]",
    "1979-05-27",
    "0001-01-01",
    "9999-12-31",
    "07:32:00",
    "\"\u{202e}\"",
    "''",
    "[\"*\"]",
];

/// A source of noise.
pub struct Noise(Pcg64Mcg);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// Below `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.0.next_u64() % n as u64) as usize }
    }

    pub fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Whether, one time in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn span(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        let most = if self.once_in(8) { length } else { 16 };
        from..(from + self.below(most + 1)).min(length)
    }

    /// A few changes of any bytes.
    pub fn bytes(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let span = self.span(bytes.len());
            match self.below(7) {
                0 if !bytes.is_empty() => {
                    let at = self.below(bytes.len());
                    bytes[at] ^= 1 << self.below(8);
                }
                1 if !bytes.is_empty() => {
                    let at = self.below(bytes.len());
                    bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\n', b','][self.below(8)];
                }
                2 => drop(bytes.drain(span)),
                3 => {
                    let copy = bytes[span.clone()].to_vec();
                    bytes.splice(span.end..span.end, copy);
                }
                4 => {
                    let token =
                        if self.once_in(2) { self.one_of(&CELLS) } else { self.one_of(&JOINTS) };
                    bytes.splice(span.start..span.start, token.bytes());
                }
                5 => bytes.truncate(span.end),
                _ => {
                    let noise = self.0.next_u64().to_le_bytes();
                    let end = span.end.min(span.start + 8);
                    bytes.splice(span.start..end, noise[..end - span.start].iter().copied());
                }
            }
        }
    }

    /// A few changes to the rows, columns and cells of a text table.
    pub fn table(&mut self, bytes: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut rows: Vec<Vec<String>> =
            text.split('\n').map(|row| row.split(',').map(str::to_owned).collect()).collect();
        for _ in 0..=self.below(5) {
            let row = self.below(rows.len());
            let cell = self.below(rows[row].len());
            match self.below(9) {
                0..3 => rows[row][cell] = self.one_of(&CELLS).to_owned(),
                3 => rows[row][cell] = format!("\"{}\"", self.one_of(&CELLS)),
                4 => rows[row].insert(cell, self.one_of(&CELLS).to_owned()),
                5 => drop(rows[row].remove(cell)),
                6 => {
                    let other = rows[self.below(rows.len())].clone();
                    let times = if self.once_in(20) { 3_000 } else { 1 };
                    rows.splice(row..row, std::iter::repeat_n(other, times));
                }
                7 if rows.len() > 1 => drop(rows.remove(row)),
                _ => {
                    let other = self.below(rows.len());
                    rows.swap(row, other);
                }
            }
            rows.iter_mut().filter(|row| row.is_empty()).for_each(|row| row.push(String::new()));
        }
        let joint = if self.once_in(12) { self.one_of(&JOINTS) } else { "," };
        *bytes = rows.iter().map(|row| row.join(joint)).collect::<Vec<_>>().join("\n").into_bytes();
        if self.once_in(3) {
            self.bytes(bytes);
        }
    }

    /// A few changes to the lines and values of a TOML file.
    pub fn toml(&mut self, bytes: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.push(String::new());
        for _ in 0..=self.below(6) {
            let at = self.below(lines.len());
            match self.below(6) {
                0..3 => {
                    let keys: Vec<usize> =
                        (0..lines.len()).filter(|&i| lines[i].contains(" = ")).collect();
                    if !keys.is_empty() {
                        let at = keys[self.below(keys.len())];
                        let key = lines[at]
                            .trim_start_matches('#')
                            .split(" = ")
                            .next()
                            .unwrap_or_default()
                            .to_owned();
                        lines[at] = format!("{key} = {}", self.one_of(&VALUES));
                    }
                }
                3 => drop(lines.remove(at)),
                4 => {
                    let copy = lines[self.below(lines.len())].trim_start_matches('#').to_owned();
                    lines.insert(at, copy);
                }
                _ => {
                    let other = self.below(lines.len());
                    lines.swap(at, other);
                }
            }
            if lines.is_empty() {
                lines.push(String::new());
            }
        }
        *bytes = lines.join("\n").into_bytes();
        if self.once_in(4) {
            self.bytes(bytes);
        }
    }

    /// Changes to a Parquet file: mostly in its footer, whose length stays right, else in its pages
    /// and their headers.
    pub fn parquet(&mut self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let footer = length
            .checked_sub(8)
            .and_then(|at| bytes[at..at + 4].try_into().ok())
            .map(u32::from_le_bytes);
        let start =
            footer.and_then(|n| length.checked_sub(8 + n as usize)).filter(|start| *start >= 4);
        let Some(start) = start else { return self.bytes(bytes) };
        if self.once_in(12) {
            return self.bytes(bytes);
        }
        let mut pages = bytes[..start].to_vec();
        let mut footer = bytes[start..length - 8].to_vec();
        let part = if self.once_in(3) { &mut pages } else { &mut footer };
        for _ in 0..=self.below(3) {
            let at = self.below(part.len());
            match self.below(6) {
                0 if !part.is_empty() => part[at] ^= 1 << self.below(8),
                1 if !part.is_empty() => part[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][self.below(6)],
                // A whole number of Thrift: up to ten bytes of seven bits.
                2 => {
                    let number = self.varint();
                    let end = (at + self.below(5)).min(part.len());
                    part.splice(at.min(end)..end, number);
                }
                3 if !part.is_empty() => drop(part.remove(at)),
                4 => {
                    let span = self.span(part.len());
                    let copy = part[span].to_vec();
                    part.splice(at..at, copy);
                }
                _ => part.splice(at..at, [self.below(256) as u8]).for_each(drop),
            }
        }
        *bytes = pages;
        let length = u32::try_from(footer.len()).unwrap_or(u32::MAX);
        bytes.extend(footer);
        bytes.extend(length.to_le_bytes());
        bytes.extend(b"PAR1");
    }

    fn varint(&mut self) -> Vec<u8> {
        let bits = self.below(64);
        let mut number = self.0.next_u64() >> bits;
        let mut bytes = Vec::new();
        loop {
            let low = (number & 0x7f) as u8;
            number >>= 7;
            bytes.push(if number == 0 { low } else { low | 0x80 });
            if number == 0 {
                return bytes;
            }
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_noise() {
    let table = b"date,sku,quantity\n2024-01-28,LAMP,3\n".to_vec();
    let made = |seed| {
        let (mut noise, mut bytes) = (Noise::new(seed), table.clone());
        noise.table(&mut bytes);
        noise.bytes(&mut bytes);
        bytes
    };
    assert_eq!(made(7), made(7));
    assert!((0..20).any(|seed| made(seed) != made(seed + 100)));
}
