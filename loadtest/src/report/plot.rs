//! Values over time as inline SVG: lines over shaded phases, in the page's colours, with the same said in words.
//!
//! Our own and not a plotting library's: what such libraries draw has fixed colours, which a dark page can't turn round,
//! and text that a screen reader does not meet.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::page::escaped;
use crate::outcome::Span;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 236.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 28.0;
/// Colours that the page has.
pub(super) const COLOURS: usize = 4;
/// Width of a character of a phase's name, for whether it fits.
const CHARACTER: f64 = 6.2;

/// How values are spaced and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From zero, in tens.
    Linear,
    /// From zero, in powers of 1,024.
    Bytes,
    /// By orders of magnitude.
    Logarithmic,
}

/// One line.
pub(super) struct Line<'a> {
    /// What it is, for the legend.
    pub(super) label: String,
    /// One value per second.
    pub(super) values: &'a [Option<f64>],
    /// Which of the page's colours.
    pub(super) colour: usize,
    /// Whether it is the lesser of a pair.
    pub(super) is_dashed: bool,
}

/// A plot.
pub(super) struct Plot<'a> {
    /// Its title.
    pub(super) title: &'a str,
    /// How values are spaced.
    pub(super) scale: Scale,
    /// How a value is written.
    pub(super) write: fn(f64) -> String,
    /// Its lines.
    pub(super) lines: Vec<Line<'a>>,
}

/// Where values come to lie.
struct Frame {
    to_s: f64,
    values: RangeInclusive<f64>,
    scale: Scale,
}

impl Frame {
    fn x(&self, at_s: f64) -> f64 {
        LEFT + (at_s / self.to_s).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let (least, greatest) = (*self.values.start(), *self.values.end());
        let part = match self.scale {
            Scale::Logarithmic => (value.max(least) / least).log10() / (greatest / least).log10(),
            Scale::Linear | Scale::Bytes => (value - least) / (greatest - least),
        };
        HEIGHT - BOTTOM - part.clamp(0.0, 1.0) * (HEIGHT - TOP - BOTTOM)
    }
}

/// The plot as a figure; nothing if there is nothing to show.
pub(super) fn figure(plot: &Plot<'_>, at_s: &[f64], phases: &[Span]) -> Option<String> {
    let shown = || plot.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    let greatest = shown().max_by(f64::total_cmp)?;
    let ticks = ticks(plot.scale, shown().filter(|value| *value > 0.0).min_by(f64::total_cmp), greatest);
    let to_s = at_s.last().copied().unwrap_or(1.0).max(1.0);
    let frame = Frame { to_s, values: *ticks.first()?..=*ticks.last()?, scale: plot.scale };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(&in_words(plot, phases))
    );
    bands(&frame, phases, &mut svg);
    grid(&frame, &ticks, plot.write, &mut svg);
    for line in &plot.lines {
        draw(&frame, at_s, line, plot.lines.len() == 1, &mut svg);
    }
    svg.push_str("</svg>");
    let title = escaped(plot.title);
    Some(format!(
        "<figure class=\"card\"><figcaption><h3>{title}</h3>{}</figcaption>{svg}</figure>",
        legend(plot)
    ))
}

/// The phases, each second one shaded a little more, with its name where it fits.
fn bands(frame: &Frame, phases: &[Span], svg: &mut String) {
    for (index, span) in phases.iter().enumerate() {
        let (from, to) = (frame.x(span.from_s), frame.x(span.to_s));
        let (width, name) = ((to - from).max(1.0), escaped(&span.name));
        let shade = index % 2;
        let _ = write!(
            svg,
            "<rect class=\"band b{shade}\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.1}\">\
             <title>{name}, {:.1} s to {:.1} s</title></rect>",
            HEIGHT - TOP - BOTTOM,
            span.from_s,
            span.to_s
        );
        if span.name.chars().count() as f64 * CHARACTER < width {
            let _ = write!(
                svg,
                "<text class=\"phase\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
                from + 4.0,
                TOP - 8.0
            );
        }
    }
}

fn grid(frame: &Frame, ticks: &[f64], write: fn(f64) -> String, svg: &mut String) {
    for tick in ticks {
        let (y, text) = (frame.y(*tick), escaped(&write(*tick)));
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0
        );
    }
    let step = step(frame.to_s, 8.0);
    let mut at_s = 0.0;
    while at_s <= frame.to_s {
        let (x, y) = (frame.x(at_s), HEIGHT - 10.0);
        // The last one would stand half outside.
        let anchor = if x > WIDTH - RIGHT - 12.0 { "end" } else { "middle" };
        let _ = write!(
            svg,
            "<text class=\"tick\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y}\">{at_s:.0} s</text>"
        );
        at_s += step;
    }
}

/// A line with gaps where nothing was measured; what stands alone between gaps is a dot.
fn draw(frame: &Frame, at_s: &[f64], line: &Line<'_>, is_alone: bool, svg: &mut String) {
    let points: Vec<Option<(f64, f64)>> = at_s
        .iter()
        .zip(line.values)
        // A value belongs to the second that ends there: its middle is where it lies.
        .map(|(at_s, value)| value.map(|value| (frame.x(at_s - 0.5), frame.y(value))))
        .collect();
    let class = if line.is_dashed { "line dashed" } else { "line" };
    let colour = line.colour % COLOURS;
    for run in points.split(Option::is_none) {
        let run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
        let path = run.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect::<Vec<_>>().join(" L");
        match run.as_slice() {
            [] => {}
            [(x, y)] => {
                let _ = write!(svg, "<circle class=\"c{colour} dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
            }
            [(first, _), .., (last, _)] => {
                let floor = HEIGHT - BOTTOM;
                if is_alone {
                    let area = format!("M{path} L{last:.1} {floor} L{first:.1} {floor}Z");
                    let _ = write!(svg, "<path class=\"c{colour} area\" d=\"{area}\"/>");
                }
                let _ = write!(svg, "<path class=\"c{colour} {class}\" d=\"M{path}\"/>");
            }
        }
    }
}

fn legend(plot: &Plot<'_>) -> String {
    if plot.lines.len() == 1 {
        return String::new();
    }
    let entry = |line: &Line<'_>| {
        let dashed = if line.is_dashed { " dashed" } else { "" };
        let label = escaped(&line.label);
        format!("<li><i class=\"c{}{dashed}\"></i>{label}</li>", line.colour % COLOURS)
    };
    format!("<ul class=\"legend\">{}</ul>", plot.lines.iter().map(entry).collect::<String>())
}

/// What the lines show, for those who do not see them.
fn in_words(plot: &Plot<'_>, phases: &[Span]) -> String {
    let mut text = format!("{} over time.", plot.title);
    for line in &plot.lines {
        let mut values: Vec<f64> = line.values.iter().flatten().copied().collect();
        let at_end = values.last().copied();
        values.sort_by(f64::total_cmp);
        if let (Some(least), Some(greatest), Some(at_end)) = (values.first(), values.last(), at_end) {
            let write = plot.write;
            let (least, greatest, at_end) = (write(*least), write(*greatest), write(at_end));
            let _ = write!(text, " {}: between {least} and {greatest}, at the end {at_end}.", line.label);
        }
    }
    let spans =
        phases.iter().map(|span| format!("{} from {:.0} s", span.name, span.from_s)).collect::<Vec<_>>();
    let _ = write!(text, " Phases: {}.", spans.join(", "));
    text
}

/// Lines of the grid, the first at the bottom and the last at the top.
fn ticks(scale: Scale, least: Option<f64>, greatest: f64) -> Vec<f64> {
    if scale == Scale::Logarithmic {
        let power = |value: f64| value.max(1.0).log10();
        let (from, to) = (power(least.unwrap_or(1.0)).floor(), power(greatest).ceil());
        let to = to.max(from + 1.0);
        let mut powers = vec![from];
        while powers.last().is_some_and(|last| *last < to) {
            powers.push(powers.last().copied().unwrap_or(to) + 1.0);
        }
        return powers.into_iter().map(|power| 10_f64.powf(power)).collect();
    }
    let mut unit = 1.0;
    while scale == Scale::Bytes && greatest / unit >= 1_024.0 {
        unit *= 1_024.0;
    }
    let step = step(greatest.max(f64::MIN_POSITIVE) / unit, 4.0) * unit;
    let mut ticks = vec![0.0];
    while ticks.last().is_some_and(|last| *last < greatest) {
        ticks.push(ticks.last().copied().unwrap_or_default() + step);
    }
    if ticks.len() == 1 {
        ticks.push(step);
    }
    ticks
}

/// A round step, so that about so many fit into a length.
fn step(length: f64, count: f64) -> f64 {
    let raw = (length / count).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= raw).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        assert_eq!(ticks(Scale::Linear, None, 17_990.0), [0.0, 5_000.0, 10_000.0, 15_000.0, 20_000.0]);
        assert_eq!(ticks(Scale::Linear, None, 0.0).len(), 2);
        let mib = 1_048_576.0;
        assert_eq!(
            ticks(Scale::Bytes, None, 70.0 * mib),
            [0.0, 20.0, 40.0, 60.0, 80.0].map(|value| value * mib)
        );
        assert_eq!(ticks(Scale::Logarithmic, Some(250.0), 9_000.0), [100.0, 1_000.0, 10_000.0]);
        assert_eq!(ticks(Scale::Logarithmic, Some(100.0), 100.0), [100.0, 1_000.0]);
    }

    #[test]
    fn a_gap_breaks_the_line_and_what_stands_alone_is_a_dot() {
        let values = [Some(1.0), Some(2.0), None, Some(3.0)];
        let line = Line { label: "a <b>".into(), values: &values, colour: 1, is_dashed: false };
        let plot = Plot {
            title: "A & B",
            scale: Scale::Linear,
            write: |value| format!("{value}"),
            lines: vec![line],
        };
        let phases = [Span { name: "one".into(), from_s: 0.0, to_s: 4.0 }];
        let svg = figure(&plot, &[1.0, 2.0, 3.0, 4.0], &phases).unwrap();
        assert_eq!((svg.matches("<circle").count(), svg.matches("class=\"c1 line\"").count()), (1, 1));
        assert!(svg.contains(
            "A &amp; B over time. a &lt;b&gt;: between 1 and 3, at the end 3. Phases: one from 0 s."
        ));
        assert!(!svg.contains("NaN") && svg.contains("<text class=\"phase\""));
        let nothing = Plot { lines: Vec::new(), ..plot };
        assert!(figure(&nothing, &[1.0], &phases).is_none());
    }
}
