//! One panel of a picture: its axes, and areas and lines in it.

use std::fmt::Write as _;

use crate::chance::whole;

/// How wide a picture is.
pub(super) const WIDTH: f64 = 784.0;
/// Where panels begin: numbers stand left of it.
pub(super) const LEFT: f64 = 58.0;
/// Where they end: labels stand right of it.
pub(super) const RIGHT: f64 = 664.0;
const MINUTE_MS: i64 = 60_000;
/// Lines of the grid at most, across.
const LINES_MAX: f64 = 4.0;

/// The time that all panels share.
pub(super) struct Axis {
    pub(super) eight: i64,
    pub(super) from: i64,
    pub(super) until: i64,
}

impl Axis {
    /// Where an instant stands.
    pub(super) fn x(&self, at: i64) -> f64 {
        LEFT + (RIGHT - LEFT) * (at - self.from) as f64 / (self.until - self.from) as f64
    }

    /// The instants that are named, and their names.
    pub(super) fn ticks(&self) -> Vec<(i64, String)> {
        let minutes = (self.until - self.from) / MINUTE_MS;
        let each = [1, 2, 5, 15, 30, 60, 120].into_iter().find(|each| minutes / each <= 9).unwrap_or(120);
        let first = (self.from - self.eight).div_euclid(each * MINUTE_MS);
        let ticks = (first..).map(|number| self.eight + number * each * MINUTE_MS);
        let ticks = ticks.take_while(|at| *at <= self.until).filter(|at| *at >= self.from);
        ticks.map(|at| (at, clock((at - self.eight) / MINUTE_MS))).collect()
    }
}

/// A time of the day, by its minutes after 08:00.
fn clock(after_eight: i64) -> String {
    let minutes = 8 * 60 + after_eight;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A panel.
pub(super) struct Panel {
    pub(super) top: f64,
    pub(super) height: f64,
    /// The number at its upper edge.
    pub(super) most: f64,
}

impl Panel {
    pub(super) fn y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - value / self.most)
    }

    /// Heading, grid and numbers.
    pub(super) fn frame(&self, svg: &mut String, heading: &str, axis: &Axis) {
        let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{:.1}\" class=\"h\">{heading}</text>", self.top - 10.0);
        for (at, _) in axis.ticks() {
            let (x, bottom) = (axis.x(at), self.top + self.height);
            let _ = writeln!(svg, "<path d=\"M{x:.1} {:.1}V{bottom:.1}\" class=\"g\"/>", self.top);
        }
        let step = step(self.most / LINES_MAX);
        let mut value = 0.0;
        while value <= self.most {
            let y = self.y(value);
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" class=\"g\"/><text x=\"{}\" y=\"{:.1}\" class=\"n\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                grouped(value)
            );
            value += step;
        }
    }

    /// The names of the instants, below.
    pub(super) fn times(&self, svg: &mut String, axis: &Axis) {
        let y = self.top + self.height + 18.0;
        for (at, name) in axis.ticks() {
            let x = axis.x(at);
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"n\" text-anchor=\"middle\">{name}</text>"
            );
        }
    }

    /// The area from one row of values to another.
    pub(super) fn area(&self, svg: &mut String, xs: &[f64], low: &[f64], high: &[f64], fill: &str) {
        let mut path = String::new();
        for (place, (x, value)) in xs.iter().zip(high).enumerate() {
            let _ = write!(path, "{}{x:.1} {:.1}", if place == 0 { 'M' } else { 'L' }, self.y(*value));
        }
        for (x, value) in xs.iter().zip(low).rev() {
            let _ = write!(path, "L{x:.1} {:.1}", self.y(*value));
        }
        let _ = writeln!(svg, "<path d=\"{path}Z\" fill=\"{fill}\"/>");
    }

    /// A line through values.
    pub(super) fn line(&self, svg: &mut String, xs: &[f64], values: &[f64], stroke: &str) {
        let mut path = String::new();
        for (place, (x, value)) in xs.iter().zip(values).enumerate() {
            let _ = write!(path, "{}{x:.1} {:.1}", if place == 0 { 'M' } else { 'L' }, self.y(*value));
        }
        let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"1.8\"/>");
    }
}

/// The next of 1, 2 and 5, and their tens.
fn step(at_least: f64) -> f64 {
    let tens = 10.0_f64.powf(at_least.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|part| part * tens).into_iter().find(|step| *step >= at_least).unwrap_or(tens)
}

/// A number with its thousands apart.
pub(super) fn grouped(number: f64) -> String {
    let digits = whole(number).to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
