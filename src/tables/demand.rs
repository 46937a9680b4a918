//! The table `demand`: history as it was sold and as it was learnt from.

use crate::domain::error::Result;
use crate::domain::inputs::Names;
use crate::domain::panel::{Panel, flag};
use crate::tables::pages::{self, Chunk, Quantities};
use crate::tables::parquet::{RowGroup, epoch_day};
use crate::tables::series::{
    SeriesEncoder, SeriesRows, SeriesTable, channel, labels, location, period, quantities, sku,
};
use crate::tables::table::RunKey;
use parquet::schema::types::ColumnDescPtr;
use std::ops::Range;

/// Demand: one row a series and period of history.
pub static DEMAND: SeriesTable<DemandValues> = SeriesTable {
    name: "demand",
    columns: &[
        sku(),
        channel(),
        location(),
        period(),
        quantities("gross", "sold", Quantity(Gross)),
        quantities("returns", "came back in the period", Quantity(Returned)),
        quantities("net", "gross - returns; may be negative", Quantity(Net)),
        quantities(
            "cleaned",
            "gross demand with outliers capped and censored periods estimated",
            Quantity(Cleaned),
        ),
        labels(
            "flags",
            "stockout, inferred-stockout, promotion, outlier, returned, inactive, off-season, \
             ended, joined by |; empty for none",
            Flags,
        ),
    ],
    whole: None,
};

/// What a column of the history says.
#[derive(Debug, Clone, Copy)]
pub enum DemandValues {
    /// Units.
    Quantity(DemandQuantity),
    /// What happened in the period.
    Flags,
}
use DemandValues::{Flags, Quantity};

/// Which units.
#[derive(Debug, Clone, Copy)]
pub enum DemandQuantity {
    /// Sold.
    Gross,
    /// Came back.
    Returned,
    /// Sold less returned.
    Net,
    /// What demand would have been.
    Cleaned,
}
use DemandQuantity::{Cleaned, Gross, Net, Returned};

/// The flags that have a word, by their bits.
const FLAG_WORDS: [(u8, &str); 8] = [
    (flag::STOCKOUT, "stockout"),
    (flag::INFERRED_STOCKOUT, "inferred-stockout"),
    (flag::PROMOTION, "promotion"),
    (flag::OUTLIER, "outlier"),
    (flag::RETURNED, "returned"),
    (flag::INACTIVE, "inactive"),
    (flag::OFF_SEASON, "off-season"),
    (flag::ENDED, "ended"),
];
/// All of them.
const WORDED: u8 = 255;

/// Encodes history, straight from the panel.
pub struct DemandEncoder<'a> {
    panel: &'a Panel,
    names: &'a Names,
    encoder: SeriesEncoder<DemandValues>,
    /// First day of each period of history.
    axis: Vec<i32>,
    /// Label of each combination of flags.
    flag_labels: Vec<String>,
}

/// The quantities of a partition.
struct Columns {
    gross: Quantities,
    returned: Quantities,
    net: Quantities,
    cleaned: Quantities,
}

impl Columns {
    fn of(&self, quantity: DemandQuantity) -> &Quantities {
        match quantity {
            Gross => &self.gross,
            Returned => &self.returned,
            Net => &self.net,
            Cleaned => &self.cleaned,
        }
    }
}

impl<'a> DemandEncoder<'a> {
    /// For all partitions of one panel.
    ///
    /// # Errors
    /// [`crate::domain::error::Error::Internal`] when the schema cannot be expressed.
    pub fn new(panel: &'a Panel, names: &'a Names, run: RunKey<'_>) -> Result<Self> {
        let calendar = panel.calendar();
        let axis = (0..calendar.history() as i64).map(|i| epoch_day(calendar.start(i))).collect();
        Ok(Self {
            panel,
            names,
            encoder: SeriesEncoder::new(&DEMAND, run)?,
            axis,
            flag_labels: (0..=WORDED).map(flag_label).collect(),
        })
    }

    /// Rows of the series in `series`, one a period of history.
    ///
    /// # Errors
    /// As [`DemandEncoder::new`].
    pub fn encode(&self, series: Range<usize>) -> Result<RowGroup> {
        let panel = self.panel;
        let mut keys = Vec::with_capacity(series.len());
        let mut days = Vec::new();
        for i in series.clone() {
            keys.push(SeriesRows { key: panel.key(i), rows: panel.periods(i) });
            days.extend_from_slice(&self.axis[panel.start(i)..]);
        }
        let columns = self.columns(series.clone(), days.len());
        self.encoder.encode(self.names, &keys, &days, |&values, column| match values {
            Quantity(quantity) => match columns.of(quantity).chunk(column)? {
                Some(chunk) => Ok(chunk),
                None => pages::plain_floats(column, &self.plain(quantity, series.clone())),
            },
            Flags => self.flags(column, series.clone(), days.len()),
        })
    }

    fn columns(&self, series: Range<usize>, rows: usize) -> Columns {
        let panel = self.panel;
        let mut gross = Quantities::with_capacity(rows);
        series.clone().for_each(|i| gross.extend(&panel.gross(i)));
        let mut returned = Quantities::with_capacity(rows);
        returned.repeat(0.0, rows);
        // Net and cleaned are gross but for a few periods: copying codes is cheaper than finding
        // them again.
        let mut net = gross.clone();
        let mut cleaned = gross.clone();
        let mut first = 0;
        for i in series {
            for period in panel.returns(i).chunk_by(|(a, _), (b, _)| a == b) {
                let &[(at, _), ..] = period else { continue };
                let t = at as usize - panel.start(i);
                let units: f32 = period.iter().map(|&(_, units)| units).sum();
                returned.set(first + t, units);
                net.set(first + t, panel.gross_at(i, t) - units);
            }
            panel.changed_periods(i).for_each(|t| cleaned.set(first + t, panel.cleaned(i)[t]));
            first += panel.periods(i);
        }
        Columns { gross, returned, net, cleaned }
    }

    fn flags(&self, column: &ColumnDescPtr, series: Range<usize>, rows: usize) -> Result<Chunk> {
        let mut codes: Vec<u16> = Vec::with_capacity(rows);
        for i in series {
            codes.extend(self.panel.flags(i).iter().map(|&bits| u16::from(bits & WORDED)));
        }
        let labels: Vec<&str> = self.flag_labels.iter().map(String::as_str).collect();
        pages::labels(column, &labels, codes)
    }

    /// Values of a column that has too many distinct ones for a dictionary.
    fn plain(&self, quantity: DemandQuantity, series: Range<usize>) -> Vec<f32> {
        let panel = self.panel;
        let mut values = Vec::new();
        for i in series {
            let first = values.len();
            match quantity {
                Gross | Net => values.extend_from_slice(&panel.gross(i)),
                Cleaned => values.extend_from_slice(panel.cleaned(i)),
                Returned => values.resize(first + panel.periods(i), 0.0),
            }
            let of_returned: f32 = match quantity {
                Gross | Cleaned => continue,
                Net => -1.0,
                Returned => 1.0,
            };
            for &(period, units) in panel.returns(i) {
                values[first + period as usize - panel.start(i)] += of_returned * units;
            }
        }
        values
    }
}

fn flag_label(bits: u8) -> String {
    let mut words = Vec::new();
    for (bit, word) in FLAG_WORDS {
        if bits & bit != 0 {
            words.push(word);
        }
    }
    words.join("|")
}
