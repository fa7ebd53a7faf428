//! A picture as plain SVG: seats, who waits, and how many come in, one below the other.
//!
//! It has its own ground, so that it reads on light pages and on dark ones; names stand where the areas are.

use std::fmt::Write as _;

use preau::admission::Class;

use super::Picture;
use super::panel::{Axis, LEFT, Panel, RIGHT, WIDTH, grouped};
use crate::record::{EACH_MS, Row};
use crate::region::Scale;

const HEIGHT: f64 = 498.0;
/// Points of a curve at most.
const POINTS_MAX: usize = 240;
/// How high an area must be to hold its name, and half of how wide that is at most.
const NAME: f64 = 15.0;
const HALF: f64 = 50.0;
/// How wide a letter of a name is, about.
const LETTER: f64 = 6.0;
const INK: &str = "#24292f";
/// What stands beyond a class's own seats is hatched with this.
const HATCH: &str = "url(#lent)";
const STYLE: &str = "<style>text{fill:#24292f}.t{font-size:16px;font-weight:bold}.h{font-weight:bold}.n{fill:#5b636c;font-size:11px}\
    .g{stroke:#e4e7eb;fill:none}.m{stroke:#24292f;stroke-dasharray:3 3;fill:none}.l{stroke:#5b636c;fill:none}</style>\n\
    <defs><pattern id=\"lent\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
    <path d=\"M0 0V6\" stroke=\"#ffffff\" stroke-width=\"2.2\" opacity=\"0.6\"/></pattern></defs>\n";

/// Name, colour, and the colour of the name within it.
fn look(class: Class) -> (&'static str, &'static str, &'static str) {
    match class {
        Class::Operator => ("operators", "#000000", "#ffffff"),
        Class::Teacher => ("teachers", "#0b2f57", "#ffffff"),
        Class::Live => ("pupils in lessons", "#1f5fa8", "#ffffff"),
        Class::Student => ("other pupils", "#8fbbe6", "#10263d"),
        Class::Staff => ("staff", "#d9b44a", "#2d2408"),
        Class::Guardian => ("guardians", "#cf7a45", "#2b1405"),
    }
}

/// One band of a stack.
struct Band {
    class: Class,
    low: Vec<f64>,
    /// Up to where the seats are its own.
    own: Vec<f64>,
    high: Vec<f64>,
}

/// What is drawn, point by point.
struct Curves {
    xs: Vec<f64>,
    seats: Vec<f64>,
    taken: Vec<Band>,
    waiting: Vec<Band>,
    entered: Vec<f64>,
    suspended: Vec<f64>,
}

/// The picture.
pub(super) fn draw(
    picture: &Picture,
    axis: &Axis,
    marks: &[(i64, &str)],
    rows: &[Row],
    scale: Scale,
) -> String {
    let curves = curves(picture.classes, axis, rows, scale.0.into());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\" \
         role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{STYLE}\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\" fill=\"#ffffff\"/>\n<text x=\"16\" y=\"28\" class=\"t\">{}</text>\n",
        picture.title, picture.says, picture.title
    );
    let seats = Panel { top: 84.0, height: 176.0, most: ceiling(&curves.taken, &curves.seats, picture) };
    let lines_x: Vec<f64> = marks.iter().map(|(at, _)| axis.x(*at)).collect();
    seats.frame(&mut svg, "seats taken (hatched: borrowed from others)", axis);
    stack(&mut svg, &seats, &curves.xs, &curves.taken);
    names(&mut svg, &seats, &curves.xs, &curves.taken, (true, &lines_x));
    if picture.classes.len() > 1 {
        seats_line(&mut svg, &seats, &curves);
    }
    let waiting =
        Panel { top: 302.0, height: 70.0, most: ceiling(&curves.waiting, &[], picture).max(1_000.0) };
    waiting.frame(&mut svg, "people who wait", axis);
    stack(&mut svg, &waiting, &curves.xs, &curves.waiting);
    names(&mut svg, &waiting, &curves.xs, &curves.waiting, (false, &lines_x));
    let fastest = curves.entered.iter().chain(&curves.suspended).copied().fold(10.0, f64::max);
    let flow = Panel { top: 412.0, height: 52.0, most: fastest * 1.08 };
    flow.frame(&mut svg, "each second", axis);
    flow.times(&mut svg, axis);
    lines(&mut svg, &flow, &curves);
    marked(&mut svg, axis, marks, flow.top + flow.height);
    svg.push_str("</svg>\n");
    svg
}

/// The points: each the mean of some rows, at the region's size.
fn curves(classes: &[Class], axis: &Axis, rows: &[Row], size: f64) -> Curves {
    let chunks: Vec<&[Row]> = rows.chunks(rows.len().div_ceil(POINTS_MAX).max(1)).collect();
    let mean = |of: &dyn Fn(&Row) -> f64| -> Vec<f64> {
        let of_all = |rows: &&[Row]| rows.iter().map(of).sum::<f64>() * size / rows.len() as f64;
        chunks.iter().map(of_all).collect()
    };
    let bands = |of: &dyn Fn(&Row, usize) -> (u32, u32)| -> Vec<Band> {
        let mut low = vec![0.0; chunks.len()];
        let mut all = Vec::new();
        for class in classes {
            let add = |values: Vec<f64>| values.iter().zip(&low).map(|(value, low)| value + low).collect();
            let high: Vec<f64> = add(mean(&|row| of(row, class.index()).0.into()));
            let own: Vec<f64> = add(mean(&|row| of(row, class.index()).1.into()));
            let own = own.iter().zip(&high).map(|(own, high)| own.min(*high)).collect();
            all.push(Band { class: *class, low: std::mem::replace(&mut low, high.clone()), own, high });
        }
        all
    };
    let seconds = EACH_MS as f64 / 1_000.0;
    let middle = |rows: &&[Row]| axis.x(rows[rows.len() / 2].at.0);
    Curves {
        xs: chunks.iter().map(middle).collect(),
        seats: mean(&|row| row.stock.seats.into()),
        taken: bands(&|row, class| (row.stock.taken[class], row.stock.nominal[class])),
        waiting: bands(&|row, class| (row.waiting[class], row.waiting[class])),
        entered: mean(&|row| {
            classes.iter().map(|class| f64::from(row.entered[class.index()])).sum::<f64>() / seconds
        }),
        suspended: mean(&|row| f64::from(row.suspended) / seconds),
    }
}

/// The number at the upper edge of a panel.
fn ceiling(bands: &[Band], seats: &[f64], picture: &Picture) -> f64 {
    let highest = bands.last().into_iter().flat_map(|band| &band.high);
    let seats = seats.iter().filter(|_| picture.classes.len() > 1);
    highest.chain(seats).copied().fold(1.0, f64::max) * 1.06
}

/// Areas one above the other.
fn stack(svg: &mut String, panel: &Panel, xs: &[f64], bands: &[Band]) {
    for band in bands.iter().filter(|band| (0..xs.len()).any(|place| band.height(panel, place) >= 0.3)) {
        panel.area(svg, xs, &band.low, &band.high, look(band.class).1);
        if band.own.iter().zip(&band.high).any(|(own, high)| own < high) {
            panel.area(svg, xs, &band.own, &band.high, HATCH);
        }
    }
}

impl Band {
    /// How high it is drawn at a point.
    fn height(&self, panel: &Panel, place: usize) -> f64 {
        panel.y(self.low[place]) - panel.y(self.high[place])
    }
}

/// The names of areas, within them where they are high enough. Those that can't hold their names have them beside, or above if
/// they are named nowhere else and there is room above. No name stands across one of the upright lines.
fn names(
    svg: &mut String,
    panel: &Panel,
    xs: &[f64],
    bands: &[Band],
    (has_names_above, lines_x): (bool, &[f64]),
) {
    let mut beside: Vec<(f64, Class)> = Vec::new();
    for band in bands {
        let height = |place: usize| band.height(panel, place);
        let middle = |place: usize| f64::midpoint(panel.y(band.low[place]), panel.y(band.high[place]));
        // As high as it is wherever the name would stand.
        let held = |place: &usize| {
            let near = (0..xs.len()).filter(|other| (xs[*other] - xs[*place]).abs() <= HALF);
            near.map(height).fold(f64::MAX, f64::min)
        };
        let inside = (0..xs.len()).filter(|place| (LEFT + HALF..RIGHT - HALF).contains(&xs[*place]));
        let clear = inside.filter(|place| lines_x.iter().all(|line| (line - xs[*place]).abs() > HALF));
        let best = clear.max_by(|one, other| held(one).total_cmp(&held(other)));
        let thickest = (0..xs.len()).max_by(|one, other| height(*one).total_cmp(&height(*other)));
        let Some(thickest) = thickest else { continue };
        let (name, _, ink) = look(band.class);
        let (x, y, ink) = if let Some(best) = best.filter(|best| held(best) >= NAME) {
            (xs[best], middle(best) + 4.0, ink)
        } else if height(xs.len() - 1) >= 0.7 {
            beside.push((middle(xs.len() - 1), band.class));
            continue;
        } else if has_names_above && height(thickest) >= 6.0 {
            let top = bands.last().map_or(0.0, |highest| panel.y(highest.high[thickest]));
            (above_x(xs[thickest], name, lines_x), (top - 6.0).max(panel.top + 10.0), INK)
        } else {
            continue;
        };
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" style=\"fill:{ink}\">{name}</text>"
        );
    }
    names_beside(svg, panel, &beside);
}

/// Where the middle of a name stands that belongs above a point: somewhat left of it, and on one side of each upright line.
fn above_x(x: f64, name: &str, lines_x: &[f64]) -> f64 {
    let half = name.len() as f64 * LETTER / 2.0 + 4.0;
    let x = (x - HALF).clamp(LEFT + half, RIGHT - half);
    match lines_x.iter().find(|line| (*line - x).abs() < half) {
        Some(line) if line - half >= LEFT + half => line - half,
        Some(line) => line + half,
        None => x,
    }
}

/// The names of bands that are too thin to hold them, at their right ends, from below.
fn names_beside(svg: &mut String, panel: &Panel, beside: &[(f64, Class)]) {
    let mut free_below = panel.top + panel.height + 4.0;
    for (middle, class) in beside {
        let y = middle.min(free_below - NAME / 2.0);
        free_below = y - NAME / 2.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{RIGHT} {middle:.1}L{} {y:.1}\" class=\"l\"/><text x=\"{}\" y=\"{:.1}\">{}</text>",
            RIGHT + 8.0,
            RIGHT + 11.0,
            y + 4.0,
            look(*class).0
        );
    }
}

/// How many seats there are.
fn seats_line(svg: &mut String, panel: &Panel, curves: &Curves) {
    panel.line(svg, &curves.xs, &curves.seats, "#24292f");
    let Some(seats) = curves.seats.last() else { return };
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{:.1}\" class=\"h\">{} seats</text>",
        RIGHT + 6.0,
        panel.y(*seats) + 4.0,
        grouped(*seats)
    );
}

/// How many come in, and how many are told when to come.
fn lines(svg: &mut String, panel: &Panel, curves: &Curves) {
    let both = [
        ("come in", &curves.entered, "#1f5fa8", "start", 6.0),
        ("told when to come", &curves.suspended, "#b4582a", "end", -6.0),
    ];
    for (name, values, colour, anchor, aside) in both {
        let highest = (0..values.len()).max_by(|one, other| values[*one].total_cmp(&values[*other]));
        let Some(highest) = highest.filter(|highest| values[*highest] >= panel.most * 0.35) else { continue };
        panel.line(svg, &curves.xs, values, colour);
        let (x, y) = (curves.xs[highest] + aside, (panel.y(values[highest]) + 9.0).max(panel.top + 9.0));
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" style=\"fill:{colour}\">{name}</text>"
        );
    }
}

/// Instants that are named, across all panels.
fn marked(svg: &mut String, axis: &Axis, marks: &[(i64, &str)], bottom: f64) {
    for (at, text) in marks {
        let x = axis.x(*at);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} 56V{bottom:.1}\" class=\"m\"/><text x=\"{:.1}\" y=\"58\">{text}</text>",
            x + 5.0
        );
    }
}
