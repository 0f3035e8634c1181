//! Plots as SVG: on a white ground of their own, so that they read the same on a light page and on a dark one.

use crate::figure::Plot;
use anyhow::Result;
use plotters::prelude::*;

const SIZE: (u32, u32) = (760, 400);
/// Told apart by people who do not see all colours, and by lightness.
const COLOURS: [RGBColor; 3] = [RGBColor(0, 90, 181), RGBColor(220, 50, 32), RGBColor(90, 90, 90)];

/// Draws a plot.
pub(crate) fn svg(plot: &Plot) -> Result<String> {
    let mut text = String::new();
    draw(plot, &mut text)?;
    Ok(text)
}

fn draw(plot: &Plot, text: &mut String) -> Result<()> {
    let points = || plot.lines.iter().flat_map(|line| &line.points);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(0.0, f64::max);
    // Above the lines is room for their names.
    let (x_most, y_most) = (most(|point| point.0) * 1.04, most(|point| point.1) * 1.4);
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(&plot.title, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..x_most, 0.0..y_most)?;
    chart
        .configure_mesh()
        .x_desc(&plot.x)
        .y_desc(&plot.y)
        .x_labels(8)
        .y_labels(6)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 14))
        .axis_desc_style(("sans-serif", 15))
        .draw()?;
    for (line, colour) in plot.lines.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        let drawn = LineSeries::new(line.points.iter().copied(), style).point_size(3);
        chart
            .draw_series(drawn)?
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(RGBColor(200, 200, 200))
        .label_font(("sans-serif", 14))
        .draw()?;
    area.present()?;
    Ok(())
}

/// 1500000 as `1.5M`, 20000 as `20k`.
fn number(value: f64) -> String {
    let (value, unit) = match value {
        large if large >= 1e6 => (large / 1e6, "M"),
        large if large >= 1e4 => (large / 1e3, "k"),
        small => (small, ""),
    };
    let text = format!("{value:.1}");
    format!("{}{unit}", text.trim_end_matches(".0"))
}
