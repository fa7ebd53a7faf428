//! The picture of a comparison: CPU time per delivery as bars, the floor = 1. Plain SVG, readable without colours.

use std::fmt::Write as _;

use super::comparison::{Comparison, FLOOR, OURS};
use super::question::questions;

const WIDTH: f64 = 760.0;
/// Where bars begin: names stand left of it.
const LEFT: f64 = 110.0;
/// What is kept free for the number behind the longest bar.
const RIGHT: f64 = 60.0;
const ROW: f64 = 22.0;
const BAR: f64 = 15.0;
const HEADING: f64 = 34.0;

/// One bar.
struct Bar {
    subject: String,
    ratio: f64,
}

/// The picture.
pub(crate) fn picture(comparison: &Comparison) -> String {
    let groups = groups(comparison);
    let rows: usize = groups.iter().map(|(_, bars)| bars.len()).sum();
    let height = rows as f64 * ROW + groups.len() as f64 * HEADING + 16.0;
    let most = groups.iter().flat_map(|(_, bars)| bars).map(|bar| bar.ratio).fold(1.0, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / most;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>CPU time per delivery, the raw send floor = 1; shorter is better</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let mut top = 0.0;
    for (heading, bars) in &groups {
        let _ = writeln!(svg, "<text x=\"8\" y=\"{}\" font-weight=\"bold\">{heading}</text>", top + 24.0);
        top += HEADING;
        let line = LEFT + scale;
        let bottom = top + bars.len() as f64 * ROW;
        let _ = writeln!(
            svg,
            "<path d=\"M{line:.1} {top}V{bottom}\" stroke=\"#888888\" stroke-dasharray=\"3 3\"/>"
        );
        for bar in bars {
            row(&mut svg, bar, top, scale);
            top += ROW;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn row(svg: &mut String, bar: &Bar, top: f64, scale: f64) {
    let ours = bar.subject == OURS;
    let (fill, weight) = if ours { ("#1f5fa8", "bold") } else { ("#b9c3cf", "normal") };
    let (width, base) = (bar.ratio * scale, top + BAR - 3.0);
    let name = if ours { "préau" } else { &bar.subject };
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\" font-weight=\"{weight}\">{name}</text>\
         <rect x=\"{LEFT}\" y=\"{top}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{fill}\"/>\
         <text x=\"{:.1}\" y=\"{base}\">{:.2}</text>",
        LEFT - 8.0,
        LEFT + width + 6.0,
        bar.ratio
    );
}

/// What is drawn: per question about deliveries, the subjects that have an answer.
fn groups(comparison: &Comparison) -> Vec<(String, Vec<Bar>)> {
    let mut groups = Vec::new();
    for scenario in &comparison.scenarios {
        for question in questions(scenario).into_iter().filter(super::question::Question::is_delivery) {
            let bars =
                comparison.subjects.iter().filter(|subject| subject.name != FLOOR).filter_map(|subject| {
                    let cell = comparison.cell(&scenario.name, &subject.name);
                    let ratio = cell.over_floor(&question.figure)?.median;
                    Some(Bar { subject: subject.name.clone(), ratio })
                });
            let phase = question.figure.split('.').next().unwrap_or_default();
            groups.push((format!("{}, {phase}", scenario.name), bars.collect()));
        }
    }
    groups
}
