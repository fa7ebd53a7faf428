//! `docs/BENCHMARKS.md`, whole, from a comparison: no word of it about a figure is written by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::abilities;
use super::comparison::{Comparison, FLOOR, OURS};
use super::question::{Question, questions};
use super::table::entry;
use crate::numbers;
use crate::outcome::Figure;
use crate::scenario::Scenario;

/// The page; `picture` is where its picture lies, from it.
pub(crate) fn page(comparison: &Comparison, picture: &str) -> String {
    let mut page = String::new();
    head(&mut page, comparison);
    let _ = writeln!(page, "![CPU time per delivery, the raw send floor = 1]({picture})\n");
    slower(&mut page, comparison);
    does(&mut page, comparison);
    for scenario in &comparison.scenarios {
        figures(&mut page, comparison, scenario);
    }
    doubts(&mut page, comparison);
    page
}

fn head(page: &mut String, comparison: &Comparison) {
    let machine = &comparison.machine;
    let commit = if machine.commit.is_empty() { "outside of a repository" } else { &machine.commit };
    let _ = writeln!(
        page,
        "# Benchmarks\n\n\
         Written by `preau-loadtest compare`; do not edit. `make bench` runs a short version into `.cache/bench/`; this page is the\n\
         long one: `target/release/preau-loadtest compare`. `--from FILE.json` writes it again from what was measured.\n\n\
         In each of {} rounds every server did the same work, one after the other, in an order that changes with the round. Figures are the\n\
         median and [least–greatest] of the rounds. **Read the ratios**: × divides by the raw send floor of the same round, which is one\n\
         `send(2)` per delivery on one thread and nothing else. CPU is user and system time of the server. Everything is on loopback, where\n\
         the sender also pays for the receiver's TCP, so that ratios here flatter heavy servers.\n\n\
         {}, {} cores, {} of memory, Linux {}, {} open files per process; commit {commit}; {}.\n",
        comparison.rounds,
        machine.cpu,
        machine.cores,
        numbers::bytes(machine.memory_bytes as f64),
        machine.kernel,
        machine.open_files_max,
        comparison.began_at,
    );
    if comparison.quick {
        let _ = writeln!(page, "**A quick run**: fewer connections than the scenario files say.\n");
    }
}

/// Which peers do better, in words, and what could not be compared.
fn slower(page: &mut String, comparison: &Comparison) {
    let _ = writeln!(page, "## Where préau is slower or larger\n");
    let mut found = Found::default();
    for scenario in &comparison.scenarios {
        found.compare(comparison, scenario);
    }
    let absent = comparison.absent.iter().filter(|absent| absent.name != OURS && absent.name != FLOOR);
    found
        .lacks
        .extend(absent.map(|absent| format!("- everything beside {}, which is not installed.", absent.name)));
    let Found { compared, better, lacks } = found;
    let _ = match better.is_empty() {
        true if comparison.peers().is_empty() => writeln!(page, "No peer was measured.\n"),
        true if compared == 0 => writeln!(page, "Nobody knows: no comparison has the figures of both.\n"),
        true => writeln!(
            page,
            "Nowhere in the {compared} comparisons that have the figures of both: every peer took as much or more.\n"
        ),
        false => writeln!(page, "In {} of {compared} comparisons:\n\n{}\n", better.len(), better.join("\n")),
    };
    if !lacks.is_empty() {
        let _ = writeln!(page, "Not compared, for want of a figure:\n\n{}\n", lacks.join("\n"));
    }
}

/// What préau's figures beside the peers' came to.
#[derive(Default)]
struct Found {
    compared: usize,
    better: Vec<String>,
    lacks: Vec<String>,
}

impl Found {
    fn compare(&mut self, comparison: &Comparison, scenario: &Scenario) {
        let name = &scenario.name;
        let ours = comparison.cell(name, OURS);
        for peer in comparison.peers() {
            let theirs = comparison.cell(name, peer);
            let mut wanting: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for Question { title, figure } in questions(scenario) {
                match (ours.value(&figure), theirs.value(&figure)) {
                    (Some(ours), Some(theirs)) => {
                        self.compared += 1;
                        if theirs.median < ours.median {
                            self.better.push(better(name, &title, &figure, peer, theirs, ours));
                        }
                    }
                    (None, _) => wanting.entry(OURS).or_default().push(title),
                    (Some(_), None) => wanting.entry(peer).or_default().push(title),
                }
            }
            self.lacks.extend(wanting.into_iter().map(|(who, titles)| {
                let (titles, why) = (titles.join(", "), comparison.lack(name, who));
                format!(
                    "- `{name}`, {titles}: préau beside {peer}, since {} has no figure ({why}).",
                    called(who)
                )
            }));
        }
    }
}

/// A subject's name in a sentence.
fn called(subject: &str) -> &str {
    if subject == OURS { "préau" } else { subject }
}

fn better(scenario: &str, title: &str, figure: &str, peer: &str, theirs: Figure, ours: Figure) -> String {
    let within = if theirs.greatest >= ours.least { "; the spreads overlap" } else { "" };
    format!(
        "- `{scenario}`, {title}: {peer} {}, préau {}{within}.",
        numbers::figure(figure, theirs.median),
        numbers::figure(figure, ours.median)
    )
}

fn does(page: &mut String, comparison: &Comparison) {
    let _ = writeln!(
        page,
        "## What each does for it\n\n\
         préau verifies tokens, checks rights and commits to disk before it delivers; the peers, as they are set up here, do neither.\n\
         It runs at log level `warn` here; its default, `info`, writes two lines per connection.\n\n\
         | server | version | rights | on disk first | order | after a cut | a slow reader |\n|---|---|---|---|---|---|---|"
    );
    for subject in &comparison.subjects {
        let of = abilities::of(&subject.name);
        let cells = of.map(|of| [of.rights, of.disk, of.order, of.resume, of.slow].join(" | "));
        let _ = writeln!(page, "| {} | {} | {} |", subject.name, subject.version, cells.unwrap_or_default());
    }
    let _ = writeln!(page);
    for absent in &comparison.absent {
        let _ = writeln!(page, "Not measured, since not installed: {} ({}).\n", absent.name, absent.remedy);
    }
}

fn figures(page: &mut String, comparison: &Comparison, scenario: &Scenario) {
    let questions = questions(scenario);
    let titles: Vec<&str> = questions.iter().map(|question| question.title.as_str()).collect();
    let _ = writeln!(
        page,
        "## {}\n\n{}\n\n{}\n\n| server | {} |\n|---|{}",
        scenario.name,
        scenario.about,
        work(scenario),
        titles.join(" | "),
        "---|".repeat(titles.len())
    );
    for subject in &comparison.subjects {
        let cell = comparison.cell(&scenario.name, &subject.name);
        let entries: Vec<String> = questions.iter().map(|question| entry(question, &cell, "<br>")).collect();
        let _ = writeln!(page, "| {} | {} |", subject.name, entries.join(" | "));
    }
    let _ = writeln!(page);
}

/// What was done, in words.
fn work(scenario: &Scenario) -> String {
    let mut words = format!(
        "{} connections in {} channels, arriving at {} per second.",
        numbers::count(u64::from(scenario.population())),
        numbers::count(u64::from(scenario.school.classes)),
        numbers::digits(scenario.arrivals.per_second)
    );
    for phase in &scenario.phases {
        let _ = write!(words, " `{}`: {} s", phase.name, numbers::digits(phase.seconds));
        for publish in &phase.publishes {
            let _ = match publish.back_to_back {
                0 => write!(
                    words,
                    ", {} publications/s of {} bytes",
                    numbers::digits(publish.per_second),
                    publish.bytes
                ),
                count => write!(words, ", {count} publications of {} bytes back to back", publish.bytes),
            };
        }
        words.push('.');
    }
    words
}

fn doubts(page: &mut String, comparison: &Comparison) {
    let failures = comparison.failures().map(|run| {
        let reason = run.failure.as_deref().unwrap_or_default();
        format!("- {} on {}, round {}: no figures: {reason}", run.scenario, run.subject, run.round + 1)
    });
    let doubts = comparison.runs.iter().flat_map(|run| {
        run.doubts.iter().map(move |doubt| {
            format!("- {} on {}, round {}: {doubt}", run.scenario, run.subject, run.round + 1)
        })
    });
    let lines: Vec<String> = failures.chain(doubts).collect();
    if !lines.is_empty() {
        let _ = writeln!(page, "## Doubts\n\n{}", lines.join("\n"));
    }
}
