//! The table `forecast`.

use crate::domain::calendar::Calendar;
use crate::domain::error::{Error, Result};
use crate::domain::inputs::Names;
use crate::domain::outcome::SeriesForecast;
use crate::domain::panel::SeriesKey;
use crate::tables::pages::{self, Run};
use crate::tables::parquet::{RowGroup, epoch_day};
use crate::tables::series::{
    SeriesEncoder, SeriesRows, SeriesTable, channel, labels, location, period, quantities, sku,
};
use crate::tables::table::RunKey;

/// Forecast: one row a series and period.
pub static FORECAST: SeriesTable<ForecastValues> = SeriesTable {
    name: "forecast",
    columns: &[
        sku(),
        channel(),
        location(),
        period(),
        quantities("mean", "expected demand of the period", Units(mean)),
        quantities("q05", "5 % quantile", Units(quantile::<0>)),
        quantities("q10", "10 % quantile", Units(quantile::<1>)),
        quantities("q25", "25 % quantile", Units(quantile::<2>)),
        quantities("q50", "median", Units(quantile::<3>)),
        quantities("q75", "75 % quantile", Units(quantile::<4>)),
        quantities("q90", "90 % quantile", Units(quantile::<5>)),
        quantities("q95", "95 % quantile", Units(quantile::<6>)),
        quantities("q99", "99 % quantile", Units(quantile::<7>)),
        labels("method", "method or combination chosen", Label(|forecast| &forecast.method)),
    ],
    whole: None,
};

/// What a column of the forecast says.
#[derive(Debug)]
pub enum ForecastValues {
    /// A number for each period, appended.
    Units(fn(&SeriesForecast, &mut Vec<f32>)),
    /// The same for all periods.
    Label(fn(&SeriesForecast) -> &str),
}
use ForecastValues::{Label, Units};

fn mean(forecast: &SeriesForecast, values: &mut Vec<f32>) {
    values.extend_from_slice(&forecast.mean);
}

/// The quantile at position `Q` of [`crate::domain::outcome::QUANTILES`].
fn quantile<const Q: usize>(forecast: &SeriesForecast, values: &mut Vec<f32>) {
    values.extend(forecast.quantiles.iter().map(|period| period[Q]));
}

/// Encodes forecasts.
pub struct ForecastEncoder<'a> {
    names: &'a Names,
    encoder: SeriesEncoder<ForecastValues>,
    calendar: Calendar,
    /// First day of each period to forecast.
    axis: Vec<i32>,
}

impl<'a> ForecastEncoder<'a> {
    /// For forecasts of at most `horizon` periods.
    ///
    /// # Errors
    /// [`Error::Internal`] when the schema cannot be expressed.
    pub fn new(
        names: &'a Names,
        calendar: &Calendar,
        horizon: usize,
        run: RunKey<'_>,
    ) -> Result<Self> {
        let first = calendar.history() as i64;
        let axis = (first..first + horizon as i64).map(|i| epoch_day(calendar.start(i))).collect();
        Ok(Self { names, encoder: SeriesEncoder::new(&FORECAST, run)?, calendar: *calendar, axis })
    }

    /// Rows of consecutive series, one a period from the as-of date on.
    ///
    /// # Errors
    /// [`Error::Audit`] for a forecast that is longer than the horizon, not finite, negative or
    /// with crossing quantiles.
    pub fn encode(&self, series: &[(SeriesKey, &SeriesForecast)]) -> Result<RowGroup> {
        let mut keys = Vec::with_capacity(series.len());
        let mut days = Vec::new();
        for &(key, forecast) in series {
            if !self.is_sound(forecast) {
                return Err(self.refused(key));
            }
            keys.push(SeriesRows { key, rows: forecast.mean.len() });
            days.extend_from_slice(&self.axis[..forecast.mean.len()]);
        }
        let mut values = Vec::with_capacity(days.len());
        self.encoder.encode(self.names, &keys, &days, |cells, column| match cells {
            Units(append) => {
                values.clear();
                series.iter().for_each(|(_, forecast)| append(forecast, &mut values));
                pages::plain_floats(column, &values)
            }
            Label(of) => {
                let runs = series.iter().map(|(_, f)| Run { name: of(f), rows: f.mean.len() });
                pages::names(column, runs)
            }
        })
    }

    /// Whether a forecast has the right length, and every number is one that a planner can use.
    fn is_sound(&self, forecast: &SeriesForecast) -> bool {
        let fits = forecast.mean.len() <= self.axis.len()
            && forecast.mean.len() == forecast.quantiles.len();
        fits && forecast.mean.iter().all(|&mean| is_quantity(mean))
            // In order, the first and the last speak for those between.
            && forecast.quantiles.iter().all(|q| {
                is_quantity(q[0]) && is_quantity(q[7]) && q.windows(2).all(|w| w[0] <= w[1])
            })
    }

    fn refused(&self, key: SeriesKey) -> Error {
        let names = self.names;
        Error::Audit(vec![format!(
            "the forecast of {}/{}/{} from {} on is not finite, not in order, negative or of the \
             wrong length",
            names.sku(key.sku),
            names.channel(key.channel),
            names.location(key.location),
            self.calendar.as_of()
        )])
    }
}

fn is_quantity(value: f32) -> bool {
    value.is_finite() && value >= 0.0
}
