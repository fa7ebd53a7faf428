//! What a comparison measured, and the figures of a subject over its rounds. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::figures::{Figures, across};
use crate::outcome::{Figure, Machine, Subject};
use crate::scenario::Scenario;

/// The subject that others are divided by.
pub(crate) const FLOOR: &str = "floor";
/// The hub.
pub(crate) const OURS: &str = crate::subject::OURS;
/// What is appended to a figure's name for its ratio to the floor of the same round.
const OVER_FLOOR: &str = "_over_floor";

/// Everything that the table and the page are made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Comparison {
    /// When it began, RFC 3339.
    pub(crate) began_at: String,
    /// Whether it had a part of the connections and of the time.
    pub(crate) quick: bool,
    /// Its rounds.
    pub(crate) rounds: u32,
    /// On what.
    pub(crate) machine: Machine,
    /// What was done, in order.
    pub(crate) scenarios: Vec<Scenario>,
    /// The servers that ran, in the order of the tables.
    pub(crate) subjects: Vec<Subject>,
    /// The ones that are not on this machine.
    pub(crate) absent: Vec<Absent>,
    /// What each came to.
    pub(crate) runs: Vec<Run>,
}

/// A subject that was asked for and is not there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Absent {
    /// Its name.
    pub(crate) name: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

/// One scenario on one subject in one round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Which round, from 0.
    pub(crate) round: u32,
    /// The scenario.
    pub(crate) scenario: String,
    /// The subject.
    pub(crate) subject: String,
    /// Its figures by name.
    pub(crate) figures: Figures,
    /// What a reader must know before believing them.
    pub(crate) doubts: Vec<String>,
    /// Why they don't count, if they don't.
    pub(crate) failure: Option<String>,
}

/// A subject's figures for one scenario, over the rounds. Empty if a round failed: the others would be a choice.
pub(crate) struct Cell(BTreeMap<String, Figure>);

impl Comparison {
    /// The figures of a subject for a scenario.
    pub(crate) fn cell(&self, scenario: &str, subject: &str) -> Cell {
        let rounds = (0..self.rounds).map(|round| {
            let mut figures = self.figures(round, scenario, subject)?.clone();
            let ratios: Vec<(String, f64)> = self
                .figures(round, scenario, FLOOR)
                .into_iter()
                .flatten()
                .filter_map(|(name, floor)| {
                    let ratio = figures.get(name).filter(|_| *floor > 0.0)? / floor;
                    Some((format!("{name}{OVER_FLOOR}"), ratio))
                })
                .collect();
            figures.extend(ratios);
            Some(figures)
        });
        let rounds: Option<Vec<Figures>> = rounds.collect();
        Cell(across(&rounds.unwrap_or_default()))
    }

    /// The runs that came to nothing.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.failure.is_some())
    }

    /// The peers that were tried, in the order of the tables; who failed from the beginning is no subject, and comes last.
    pub(crate) fn peers(&self) -> Vec<&str> {
        let mut peers: Vec<&str> = Vec::new();
        let known = self.subjects.iter().map(|subject| subject.name.as_str());
        for name in known.chain(self.runs.iter().map(|run| run.subject.as_str())) {
            if name != OURS && name != FLOOR && !peers.contains(&name) {
                peers.push(name);
            }
        }
        peers
    }

    /// Why a subject has no figure for a scenario, in words.
    pub(crate) fn lack(&self, scenario: &str, subject: &str) -> String {
        let mut runs = self.runs.iter().filter(|run| run.scenario == scenario && run.subject == subject);
        if let Some(run) = runs.clone().find(|run| run.failure.is_some()) {
            return format!("round {}: {}", run.round + 1, run.failure.as_deref().unwrap_or_default());
        }
        match runs.next() {
            Some(_) => "its runs have no such figure".to_owned(),
            None => "it was not run".to_owned(),
        }
    }

    fn figures(&self, round: u32, scenario: &str, subject: &str) -> Option<&Figures> {
        let is_it = |run: &&Run| run.round == round && run.scenario == scenario && run.subject == subject;
        self.runs.iter().find(is_it).filter(|run| run.failure.is_none()).map(|run| &run.figures)
    }
}

impl Cell {
    /// A figure.
    pub(crate) fn value(&self, name: &str) -> Option<Figure> {
        self.0.get(name).copied()
    }

    /// The same divided by the floor's in the same round.
    pub(crate) fn over_floor(&self, name: &str) -> Option<Figure> {
        self.0.get(&format!("{name}{OVER_FLOOR}")).copied()
    }
}
