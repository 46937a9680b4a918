//! Charts of the whole run: plotters SVG, put inline into the pages.
//!
//! Each is drawn 480 units wide and scales with the page. Dark shades on white, told apart by place and label, not by colour.

use chrono::NaiveDate;
use plotters::coord::Shift;
use plotters::prelude::*;

const INK: RGBColor = RGBColor(31, 41, 55);
const BLUE_INK: RGBColor = RGBColor(29, 78, 137);
const GREY: RGBColor = RGBColor(107, 114, 128);
const PALE: RGBColor = RGBColor(203, 213, 225);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws into a string; a chart that cannot be drawn is an empty one.
fn svg(width: u32, height: u32, draw: impl FnOnce(&Area) -> Drawn) -> String {
    let mut out = String::new();
    let area = SVGBackend::with_string(&mut out, (width, height)).into_drawing_area();
    let drawn = draw(&area).and_then(|()| area.present().map_err(Into::into));
    drop(area);
    if drawn.is_err() {
        return String::new();
    }
    let fixed = format!("<svg width=\"{width}\" height=\"{height}\"");
    out.replacen(&fixed, "<svg aria-hidden=\"true\" focusable=\"false\"", 1)
}

/// Horizontal bars, longest scale first to last as given: (label, value, what is written at its end).
#[must_use]
pub fn bars(rows: &[(String, f64, String)]) -> String {
    let (width, step) = (480, 30);
    let height = step * i32::try_from(rows.len()).unwrap_or(0) + 8;
    let most = rows.iter().map(|r| r.1).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    svg(width, height.unsigned_abs(), |area| {
        let label = ("sans-serif", 14).into_font().color(&INK);
        for (i, (name, value, text)) in rows.iter().enumerate() {
            let top = 6 + step * i32::try_from(i)?;
            #[expect(clippy::cast_possible_truncation, reason = "a length in pixels")]
            let length = (value / most * 190.0).round().clamp(1.0, 190.0) as i32;
            area.draw(&Rectangle::new([(104, top), (104 + length, top + 18)], BLUE_INK.filled()))?;
            area.draw(&Text::new(name.clone(), (4, top + 2), label.clone()))?;
            area.draw(&Text::new(text.clone(), (110 + length, top + 2), label.clone()))?;
        }
        Ok(())
    })
}

/// A line over dates, each point marked, with the least, greatest and last value written beside it.
#[must_use]
pub fn trend(points: &[(NaiveDate, f64)], written: impl Fn(f64) -> String) -> String {
    let [first, .., last] = points else { return String::new() };
    let low = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let room = ((high - low) * 0.15).max(high.abs() * 0.01).max(1e-9);
    svg(220, 48, |area| {
        let mut chart = ChartBuilder::on(area).margin(4).margin_right(64).build_cartesian_2d(
            first.0..last.0.max(first.0 + chrono::Duration::days(1)),
            low - room..high + room,
        )?;
        chart.draw_series(LineSeries::new(points.iter().copied(), GREY.stroke_width(2)))?;
        chart.draw_series(points.iter().map(|&p| Circle::new(p, 2, BLUE_INK.filled())))?;
        let at = chart.backend_coord(last);
        area.draw(&Text::new(
            written(last.1),
            (at.0 + 6, at.1 - 6),
            ("sans-serif", 12).into_font().color(&INK),
        ))?;
        Ok(())
    })
}

/// Upright bars by week, values in money or units: (start of the week, value).
#[must_use]
pub fn weeks(rows: &[(NaiveDate, f64)], written: impl Fn(f64) -> String) -> String {
    let most = rows.iter().map(|r| r.1).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    svg(480, 200, |area| {
        let n = i32::try_from(rows.len().max(1))?;
        let wide = 464 / n;
        let small = ("sans-serif", 12).into_font().color(&INK);
        area.draw(&PathElement::new(vec![(4, 170), (476, 170)], PALE.stroke_width(1)))?;
        for (i, &(start, value)) in rows.iter().enumerate() {
            let left = 8 + wide * i32::try_from(i)?;
            #[expect(clippy::cast_possible_truncation, reason = "a length in pixels")]
            let tall = (value / most * 140.0).round().clamp(0.0, 140.0) as i32;
            area.draw(&Rectangle::new(
                [(left, 170 - tall), (left + wide - 8, 170)],
                BLUE_INK.filled(),
            ))?;
            area.draw(&Text::new(start.format("%d %b").to_string(), (left, 176), small.clone()))?;
            if value > 0.0 {
                area.draw(&Text::new(written(value), (left, 156 - tall), small.clone()))?;
            }
        }
        Ok(())
    })
}

/// Stock against service: (average stock, fill rate in percent), each point marked.
#[must_use]
pub fn frontier(points: &[(f64, f64)]) -> String {
    let Some(&(_, first)) = points.first() else { return String::new() };
    let most = points.iter().map(|p| p.0).fold(0.0, f64::max).max(1e-9);
    let least = points.iter().map(|p| p.1).fold(first, f64::min);
    svg(480, 260, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(34)
            .y_label_area_size(48)
            .build_cartesian_2d(0.0..1.05 * most, (least - 1.0)..100.5)?;
        chart
            .configure_mesh()
            .x_desc("average stock, units")
            .y_desc("fill rate, %")
            .light_line_style(WHITE)
            .draw()?;
        chart.draw_series(LineSeries::new(points.iter().copied(), GREY.stroke_width(2)))?;
        chart.draw_series(points.iter().map(|&p| Circle::new(p, 3, BLUE_INK.filled())))?;
        Ok(())
    })
}

/// Two stocks over the same periods: ours dark, the other grey.
#[must_use]
pub fn stock_paths(ours: &[f32], other: &[f32]) -> String {
    let most = ours.iter().chain(other).copied().fold(1.0, f32::max);
    let least = ours.iter().chain(other).copied().fold(0.0, f32::min);
    svg(480, 140, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(6)
            .y_label_area_size(44)
            .build_cartesian_2d(0..ours.len().max(other.len()).max(2), least..1.05 * most)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(4)
            .light_line_style(WHITE)
            .draw()?;
        chart.draw_series(LineSeries::new(
            other.iter().copied().enumerate(),
            GREY.stroke_width(1),
        ))?;
        chart.draw_series(LineSeries::new(
            ours.iter().copied().enumerate(),
            BLUE_INK.stroke_width(2),
        ))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_the_picture_scales() {
        let drawn = bars(&[("<script>&".to_owned(), 3.0, "3".to_owned())]);
        assert!(
            drawn.starts_with("<svg aria-hidden=\"true\" focusable=\"false\" viewBox="),
            "{drawn}"
        );
        assert!(!drawn.contains("<script"), "{drawn}");
    }

    #[test]
    fn a_trend_needs_two_points() {
        let day = NaiveDate::default();
        assert!(trend(&[(day, 1.0)], |v| v.to_string()).is_empty());
        assert!(
            trend(&[(day, 1.0), (day + chrono::Duration::days(1), 2.0)], |v| v.to_string())
                .contains("<circle")
        );
    }
}
