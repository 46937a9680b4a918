//! Charts of the whole run: plotters SVG, put inline into the pages.
//!
//! Each is drawn 480 units wide and scales with the page. Dark shades on white, told apart by place
//! and label, not by colour.

use chrono::{Duration, NaiveDate};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

// Those of `assets/app.css`, which an SVG inside the page does not inherit.
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
    // The words beside it stay.
    if drawn.is_err() {
        return String::new();
    }
    // Without a size of its own it fills the page's width; the same figures stand beside it in
    // words.
    let fixed = format!("<svg width=\"{width}\" height=\"{height}\"");
    out.replacen(&fixed, "<svg aria-hidden=\"true\" focusable=\"false\"", 1)
}

/// A bar with what is written beside it.
pub(crate) struct Bar {
    pub label: String,
    pub value: f64,
    /// At the end of the bar.
    pub written: String,
}

/// Horizontal bars, in the order given.
pub(crate) fn bars(bars: &[Bar]) -> String {
    /// Pixels: the place of the labels, the longest bar, and from one bar to the next.
    const LEFT: i32 = 104;
    const LONGEST: f64 = 190.0;
    const STEP: i32 = 30;
    let height = STEP * i32::try_from(bars.len()).unwrap_or(0) + 8;
    let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    svg(480, height.unsigned_abs(), |area| {
        let font = ("sans-serif", 14).into_font().color(&INK);
        for (i, bar) in bars.iter().enumerate() {
            let top = 6 + STEP * i32::try_from(i)?;
            // At least one pixel: a status without money still has items.
            #[expect(clippy::cast_possible_truncation, reason = "a length in pixels")]
            let length = (bar.value / most * LONGEST).round().clamp(1.0, LONGEST) as i32;
            let corners = [(LEFT, top), (LEFT + length, top + 18)];
            area.draw(&Rectangle::new(corners, BLUE_INK.filled()))?;
            area.draw(&Text::new(bar.label.clone(), (4, top + 2), font.clone()))?;
            let end = (LEFT + length + 6, top + 2);
            area.draw(&Text::new(bar.written.clone(), end, font.clone()))?;
        }
        Ok(())
    })
}

/// A figure over runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrendPoint {
    pub date: NaiveDate,
    pub value: f64,
}

/// A line over dates, each point marked, with the last value written beside it, and the highest and
/// lowest at its left: without them a wiggle and a collapse look alike. Nothing for fewer than two
/// points.
pub(crate) fn trend(points: &[TrendPoint], written: impl Fn(f64) -> String) -> String {
    let [first, .., last] = points else { return String::new() };
    let low = points.iter().map(|p| p.value).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|p| p.value).fold(f64::NEG_INFINITY, f64::max);
    // A level line still needs some height: 1 % of its level, or anything at all around zero.
    let room = ((high - low) * 0.15).max(high.abs() * 0.01).max(1e-9);
    // Two runs of one morning would leave no width.
    let end = last.date.max(first.date + Duration::days(1));
    svg(284, 48, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(4)
            .margin_left(72)
            .margin_right(64)
            .build_cartesian_2d(first.date..end, low - room..high + room)?;
        let places: Vec<_> = points.iter().map(|p| (p.date, p.value)).collect();
        chart.draw_series(LineSeries::new(places.iter().copied(), GREY.stroke_width(2)))?;
        chart.draw_series(places.iter().map(|&place| Circle::new(place, 2, BLUE_INK.filled())))?;
        let (x, y) = chart.backend_coord(&(last.date, last.value));
        let font = ("sans-serif", 12).into_font().color(&INK);
        area.draw(&Text::new(written(last.value), (x + 6, y - 6), font))?;
        let (highest, lowest) = (written(high), written(low));
        // A level line has one height to tell, and its last value tells it.
        if highest != lowest {
            let font = ("sans-serif", 11).into_font().color(&GREY);
            let scale = font.pos(Pos::new(HPos::Right, VPos::Center));
            let (_, top) = chart.backend_coord(&(first.date, high));
            let (_, bottom) = chart.backend_coord(&(first.date, low));
            area.draw(&Text::new(highest, (66, top), scale.clone()))?;
            area.draw(&Text::new(lowest, (66, bottom), scale))?;
        }
        Ok(())
    })
}

/// What falls into a week.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeekBar {
    pub start: NaiveDate,
    pub value: f64,
}

/// Upright bars by week, in the order given.
pub(crate) fn weeks(weeks: &[WeekBar], written: impl Fn(f64) -> String) -> String {
    /// Pixels: where the bars stand, and the tallest.
    const GROUND: i32 = 170;
    const TALLEST: f64 = 140.0;
    let most = weeks.iter().map(|week| week.value).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    svg(480, 200, |area| {
        let wide = 464 / i32::try_from(weeks.len().max(1))?;
        let font = ("sans-serif", 12).into_font().color(&INK);
        let ground = vec![(4, GROUND), (476, GROUND)];
        area.draw(&PathElement::new(ground, PALE.stroke_width(1)))?;
        for (i, week) in weeks.iter().enumerate() {
            let left = 8 + wide * i32::try_from(i)?;
            #[expect(clippy::cast_possible_truncation, reason = "a length in pixels")]
            let tall = (week.value / most * TALLEST).round().clamp(0.0, TALLEST) as i32;
            let corners = [(left, GROUND - tall), (left + wide - 8, GROUND)];
            area.draw(&Rectangle::new(corners, BLUE_INK.filled()))?;
            let start = week.start.format("%d %b").to_string();
            area.draw(&Text::new(start, (left, GROUND + 6), font.clone()))?;
            if week.value > 0.0 {
                let above = (left, GROUND - 14 - tall);
                area.draw(&Text::new(written(week.value), above, font.clone()))?;
            }
        }
        Ok(())
    })
}

/// What one policy keeps and what it serves with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrontierPoint {
    pub average_stock: f64,
    pub fill_rate_percent: f64,
}

/// Stock against service, each point marked.
pub(crate) fn frontier(points: &[FrontierPoint]) -> String {
    if points.is_empty() {
        return String::new();
    }
    let most = points.iter().map(|p| p.average_stock).fold(0.0, f64::max).max(1e-9);
    let least = points.iter().map(|p| p.fill_rate_percent).fold(f64::INFINITY, f64::min);
    svg(480, 260, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(34)
            .y_label_area_size(48)
            // From zero stock, so that half the stock is half as far; service from where it starts,
            // because the last percents are what costs.
            .build_cartesian_2d(0.0..1.05 * most, (least - 1.0)..100.5)?;
        chart
            .configure_mesh()
            .x_desc("average stock, units")
            .y_desc("fill rate, %")
            .light_line_style(WHITE)
            .draw()?;
        let places: Vec<_> =
            points.iter().map(|p| (p.average_stock, p.fill_rate_percent)).collect();
        chart.draw_series(LineSeries::new(places.iter().copied(), GREY.stroke_width(2)))?;
        chart.draw_series(places.iter().map(|&place| Circle::new(place, 3, BLUE_INK.filled())))?;
        Ok(())
    })
}

/// Two stocks over the same periods: ours dark, the other grey.
pub(crate) fn stock_paths(ours: &[f32], other: &[f32]) -> String {
    let most = ours.iter().chain(other).copied().fold(1.0, f32::max);
    // Below zero where unmet demand waits.
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
        // Ours last, so that it lies on top.
        for (stock, style) in [(other, GREY.stroke_width(1)), (ours, BLUE_INK.stroke_width(2))] {
            chart.draw_series(LineSeries::new(stock.iter().copied().enumerate(), style))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_the_picture_scales() {
        let hostile = Bar { label: "<script>&".to_owned(), value: 3.0, written: "3".to_owned() };
        let drawn = bars(&[hostile]);
        let start = "<svg aria-hidden=\"true\" focusable=\"false\" viewBox=";
        assert!(drawn.starts_with(start), "{drawn}");
        assert!(!drawn.contains("<script"), "{drawn}");
    }

    #[test]
    fn a_trend_needs_two_points() {
        let date = NaiveDate::default();
        let first = TrendPoint { date, value: 1.0 };
        let second = TrendPoint { date: date + Duration::days(1), value: 2.0 };
        assert!(trend(&[first], |v| v.to_string()).is_empty());
        assert!(trend(&[first, second], |v| v.to_string()).contains("<circle"));
    }
}
