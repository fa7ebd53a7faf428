//! The report as a page: one file, no script, nothing fetched, light or dark as its reader has it.

use std::fmt::Write as _;

use super::plot::{self, COLOURS, Line, Plot, Scale};
use super::text::threshold;
use crate::histograms::is_delivery;
use crate::numbers::{self, count};
use crate::outcome::{Figure, Judged, Outcome};

const STYLE: &str = include_str!("page.css");
/// Figures of a phase in the table, with their headings.
const COLUMNS: [(&str, &str); 10] = [
    ("cpu_us_per_seat", "CPU per seat"),
    ("connections", "connected"),
    ("cpu_us_per_connection", "CPU per connection"),
    ("deliveries", "deliveries"),
    ("missing", "missing"),
    ("deliveries_per_second", "per second"),
    ("cpu_us_per_delivery", "CPU per delivery"),
    ("cpu_us_per_delivery_over_baseline", "÷ baseline"),
    ("cpu_share", "CPU of one core"),
    ("rss_bytes", "resident"),
];
const ENDS: [(&str, &str); 5] =
    [("p50_us", "p50"), ("p90_us", "p90"), ("p99_us", "p99"), ("p999_us", "p99.9"), ("max_us", "max")];

/// The whole page.
pub(super) fn page(outcome: &Outcome) -> String {
    let name = escaped(&outcome.scenario);
    let mut body = String::new();
    head(outcome, &mut body);
    tiles(outcome, &mut body);
    doubts(outcome, &mut body);
    plots(outcome, &mut body);
    gates(outcome, &mut body);
    latencies(outcome, &mut body);
    phases(outcome, &mut body);
    oracle(outcome, &mut body);
    machine(outcome, &mut body);
    all_figures(outcome, &mut body);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{name} · préau load test</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         </body>\n</html>\n"
    )
}

/// A text that can't be taken for markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Pieces of markup, one after another.
fn joined(pieces: impl Iterator<Item = String>) -> String {
    pieces.fold(String::new(), |all, piece| all + &piece)
}

fn head(outcome: &Outcome, body: &mut String) {
    let red = outcome.gates.iter().filter(|gate| !gate.held).count();
    let (class, verdict) = match red {
        0 => ("held", format!("All {} gates held", outcome.gates.len())),
        red => ("red", format!("{red} of {} gates red", outcome.gates.len())),
    };
    let subject = &outcome.subject;
    let beside = outcome.baseline.as_ref().map(|base| format!(" beside {}", base.name)).unwrap_or_default();
    let over =
        format!("préau load test · {} {}{beside} · {}", subject.name, subject.version, outcome.began_at);
    let _ = writeln!(
        body,
        "<header><p class=\"over\">{}</p><div class=\"title\"><h1>{}</h1><span class=\"pill {class}\">{verdict}</span>\
         </div><p class=\"about\">{}</p></header>",
        escaped(&over),
        escaped(&outcome.scenario),
        escaped(&outcome.about)
    );
}

/// The phase that says most: the one with the most deliveries, else the last.
fn main_phase(outcome: &Outcome) -> Option<&str> {
    let deliveries =
        |name: &str| outcome.figures.get(&format!("{name}.deliveries")).map_or(0.0, |figure| figure.median);
    let names = outcome.phases.iter().map(|span| span.name.as_str());
    names.max_by(|one, other| deliveries(one).total_cmp(&deliveries(other)))
}

fn tiles(outcome: &Outcome, body: &mut String) {
    let Some(phase) = main_phase(outcome) else { return };
    let of = |name: &str| {
        let name = format!("{phase}.{name}");
        outcome.figures.get(&name).map(|figure| numbers::figure(&name, figure.median))
    };
    let mut all = String::new();
    let mut tile = |title: &str, value: Option<String>, note: String| {
        if let Some(value) = value {
            let (value, note) = (escaped(&value), escaped(&note));
            let _ = write!(
                all,
                "<div class=\"card tile\"><dt>{title}</dt><dd class=\"value\">{value}</dd><dd class=\"note\">{note}</dd></div>"
            );
        }
    };
    let here = format!("in {phase}");
    let worst = super::latencies(outcome)
        .into_iter()
        .filter(|(of, kind)| *of == phase && is_delivery(&kind.replace('.', "/")));
    let value = |kind: &str| {
        outcome.figures.get(&format!("{phase}.{kind}.p99_us")).map_or(0.0, |figure| figure.median)
    };
    let worst = worst.map(|(_, kind)| kind).max_by(|one, other| value(one).total_cmp(&value(other)));
    let arrived = outcome.figures.get("arrivals.connections").map(|figure| numbers::digits(figure.median));
    tile("Connections", arrived, "subscribed after the arrivals".into());
    tile("Deliveries per second", of("deliveries_per_second"), here.clone());
    let kind = worst.unwrap_or_default();
    tile("p99 latency", worst.and_then(|kind| of(&format!("{kind}.p99_us"))), format!("{kind}, {here}"));
    let ratio = of("cpu_us_per_delivery_over_baseline").map(|ratio| format!("{ratio} the baseline, {here}"));
    tile("CPU per delivery", of("cpu_us_per_delivery"), ratio.unwrap_or_else(|| here.clone()));
    tile("CPU", of("cpu_share"), format!("of one core, {here}"));
    tile("Memory per connection", of("rss_bytes_per_connection"), format!("resident, user space, {here}"));
    let found = &outcome.verdict;
    let faults = found.gaps + found.duplicates + found.disorders + found.leaks;
    tile("Oracle", Some(count(faults)), format!("faults in {} deliveries", count(found.judged)));
    let _ = writeln!(body, "<dl class=\"tiles\">{all}</dl>");
}

fn doubts(outcome: &Outcome, body: &mut String) {
    if outcome.doubts.is_empty() {
        return;
    }
    let items = joined(outcome.doubts.iter().map(|doubt| format!("<li>{}</li>", escaped(doubt))));
    let _ = writeln!(
        body,
        "<div class=\"doubts\"><strong>Before you believe the figures</strong><ul>{items}</ul></div>"
    );
}

fn plots(outcome: &Outcome, body: &mut String) {
    let series = &outcome.series;
    let line = |name: &str, label: &str, colour: usize| {
        let values = series.values.get(name)?;
        Some(Line { label: label.to_owned(), values, colour, is_dashed: false })
    };
    let plot = |title, scale, write: fn(f64) -> String, lines: Vec<Option<Line<'_>>>| {
        let plot = Plot { title, scale, write, lines: lines.into_iter().flatten().collect() };
        plot::figure(&plot, &series.at_s, &outcome.phases).unwrap_or_default()
    };
    let latencies = Plot {
        title: "Latency of deliveries, from the intended instant",
        scale: Scale::Logarithmic,
        write: numbers::duration_us,
        lines: latency_lines(outcome),
    };
    let memory = vec![
        line("rss_bytes", "resident", 0),
        line("pss_bytes", "proportional", 2),
        line("kernel_socket_bytes", "kernel socket buffers, both ends", 1),
    ];
    let percent = |share: f64| format!("{} %", numbers::digits(share * 100.0));
    let figures = [
        plot::figure(&latencies, &series.at_s, &outcome.phases).unwrap_or_default(),
        plot(
            "Deliveries per second",
            Scale::Linear,
            numbers::digits,
            vec![line("deliveries_per_second", "deliveries", 2)],
        ),
        plot(
            "Connections",
            Scale::Linear,
            numbers::digits,
            vec![line("connected", "connected", 0), line("on_their_way", "on their way", 1)],
        ),
        plot("CPU of the server, of one core", Scale::Linear, percent, vec![line("cpu_share", "CPU", 3)]),
        plot("Memory", Scale::Bytes, numbers::bytes, memory),
        plot(
            "Errors per second",
            Scale::Linear,
            numbers::digits,
            vec![
                line("errors_per_second", "errors", 1)
                    .filter(|line| line.values.iter().flatten().any(|value| *value > 0.0)),
            ],
        ),
    ];
    let _ = writeln!(body, "<h2>Over time</h2><div class=\"plots\">{}</div>", figures.concat());
}

/// 99th percentiles as lines, medians dotted in the same colour; of students first, as most are.
fn latency_lines(outcome: &Outcome) -> Vec<Line<'_>> {
    let values = &outcome.series.values;
    let mut kinds: Vec<&str> = values.keys().filter_map(|name| name.strip_suffix(".p99_us")).collect();
    kinds.retain(|kind| is_delivery(&kind.replace('.', "/")));
    kinds.sort_by_key(|kind| (!kind.ends_with(".student"), *kind));
    let mut lines = Vec::new();
    for (colour, kind) in kinds.into_iter().take(COLOURS).enumerate() {
        for (end, label, is_dashed) in [("p99_us", "p99", false), ("p50_us", "p50", true)] {
            if let Some(values) = values.get(&format!("{kind}.{end}")) {
                lines.push(Line { label: format!("{kind} {label}"), values, colour, is_dashed });
            }
        }
    }
    lines
}

fn gates(outcome: &Outcome, body: &mut String) {
    let row = |gate: &Judged| {
        let (class, word) = if gate.held { ("held", "held") } else { ("red", "red") };
        let value =
            gate.value.map_or("not measured".to_owned(), |value| numbers::figure(&gate.figure, value));
        let spread = outcome
            .figures
            .get(&gate.figure)
            .and_then(|figure| spread(&gate.figure, figure))
            .unwrap_or_default();
        format!(
            "<tr><td><span class=\"pill {class}\">{word}</span></td><th scope=\"row\"><code>{}</code></th>\
             <td class=\"number\">{}{spread}</td><td class=\"number\">{}</td><td class=\"why\">{}</td></tr>",
            escaped(&gate.figure),
            escaped(&value),
            escaped(&threshold(gate)),
            escaped(&gate.why)
        )
    };
    let mut sorted: Vec<&Judged> = outcome.gates.iter().collect();
    // What needs a reader stands first.
    sorted.sort_by_key(|gate| gate.held);
    let rows: String = sorted.into_iter().map(row).collect();
    let _ = writeln!(
        body,
        "<h2>Gates</h2><div class=\"card scroll\"><table><thead><tr><th></th><th>Figure</th><th class=\"number\">is</th>\
         <th class=\"number\">may be</th><th>because</th></tr></thead><tbody>{rows}</tbody></table></div>"
    );
}

/// The ends of several rounds, if they differ.
fn spread(name: &str, figure: &Figure) -> Option<String> {
    let (least, greatest) = (numbers::figure(name, figure.least), numbers::figure(name, figure.greatest));
    (least != greatest)
        .then(|| format!("<span class=\"spread\">{} to {}</span>", escaped(&least), escaped(&greatest)))
}

/// A cell with a figure.
fn cell(outcome: &Outcome, name: &str) -> String {
    let value = outcome.figures.get(name).map(|figure| numbers::figure(name, figure.median));
    format!("<td class=\"number\">{}</td>", escaped(&value.unwrap_or_else(|| "–".into())))
}

fn latencies(outcome: &Outcome, body: &mut String) {
    let row = |(phase, kind): (&str, &str)| {
        let cells: String =
            ENDS.iter().map(|(end, _)| cell(outcome, &format!("{phase}.{kind}.{end}"))).collect();
        format!(
            "<tr><th scope=\"row\">{}</th><td><code>{}</code></td>{cells}</tr>",
            escaped(phase),
            escaped(kind)
        )
    };
    let rows: String = super::latencies(outcome).into_iter().map(row).collect();
    let ends = joined(ENDS.iter().map(|(_, end)| format!("<th class=\"number\">{end}</th>")));
    let _ = writeln!(
        body,
        "<h2>Latencies</h2><div class=\"card scroll\"><table><thead><tr><th>Phase</th><th>Kind and role</th>{ends}</tr>\
         </thead><tbody>{rows}</tbody></table></div>"
    );
}

fn phases(outcome: &Outcome, body: &mut String) {
    let shown = |name: &str| {
        outcome.phases.iter().any(|span| outcome.figures.contains_key(&format!("{}.{name}", span.name)))
    };
    let columns: Vec<_> = COLUMNS.into_iter().filter(|(name, _)| shown(name)).collect();
    let row = |phase: &str| {
        let cells: String =
            columns.iter().map(|(name, _)| cell(outcome, &format!("{phase}.{name}"))).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", escaped(phase))
    };
    let rows: String = outcome.phases.iter().map(|span| row(&span.name)).collect();
    let headings = joined(columns.iter().map(|(_, title)| format!("<th class=\"number\">{title}</th>")));
    let _ = writeln!(
        body,
        "<h2>Phases</h2><div class=\"card scroll\"><table><thead><tr><th>Phase</th>{headings}</tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    );
}

fn oracle(outcome: &Outcome, body: &mut String) {
    let examples = outcome.verdict.examples.iter().map(|example| format!("the oracle: {example}"));
    let errors = outcome.errors.iter().map(|(code, times)| format!("{code}: {} times", count(*times)));
    let items = joined(examples.chain(errors).map(|item| format!("<li>{}</li>", escaped(&item))));
    if !items.is_empty() {
        let _ = writeln!(body, "<h2>What went wrong</h2><div class=\"card\"><ul>{items}</ul></div>");
    }
}

fn machine(outcome: &Outcome, body: &mut String) {
    let machine = &outcome.machine;
    let subject =
        |subject: &crate::outcome::Subject| format!("{} {}: {}", subject.name, subject.version, subject.note);
    let mut facts = vec![("Subject".to_owned(), subject(&outcome.subject))];
    facts.extend(outcome.baseline.as_ref().map(|base| ("Baseline".to_owned(), subject(base))));
    facts
        .extend(outcome.baseline.as_ref().map(|_| ("Order of the rounds".to_owned(), super::order(outcome))));
    facts.extend([
        ("Processor".to_owned(), format!("{}, {} CPUs", machine.cpu, machine.cores)),
        ("Memory".to_owned(), numbers::bytes(machine.memory_bytes as f64)),
        ("Kernel".to_owned(), machine.kernel.clone()),
        ("Open files per process".to_owned(), count(machine.open_files_max)),
        ("Commit".to_owned(), machine.commit.clone()),
        ("Seed".to_owned(), outcome.seed.to_string()),
    ]);
    facts.extend(machine.settings.iter().map(|(name, value)| (name.clone(), value.clone())));
    let row =
        |(name, value): &(String, String)| format!("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
    let rows: String = facts.iter().map(row).collect();
    let _ = writeln!(body, "<h2>Where and what</h2><dl class=\"card facts\">{rows}</dl>");
}

fn all_figures(outcome: &Outcome, body: &mut String) {
    let row = |(name, figure): (&String, &Figure)| {
        let value =
            |value: f64| format!("<td class=\"number\">{}</td>", escaped(&numbers::figure(name, value)));
        let (median, least, greatest) = (value(figure.median), value(figure.least), value(figure.greatest));
        format!("<tr><th scope=\"row\"><code>{}</code></th>{median}{least}{greatest}</tr>", escaped(name))
    };
    let rows: String = outcome.figures.iter().map(row).collect();
    let _ = writeln!(
        body,
        "<h2>Everything</h2><details class=\"card scroll\"><summary>All {} figures, with the least and the greatest of the \
         rounds</summary><table><thead><tr><th>Figure</th><th class=\"number\">median</th><th class=\"number\">least</th>\
         <th class=\"number\">greatest</th></tr></thead><tbody>{rows}</tbody></table></details>",
        outcome.figures.len()
    );
}
