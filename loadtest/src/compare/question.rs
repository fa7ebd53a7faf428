//! Which figures of a scenario are compared: they follow from what its phases do. Less is better in each.

use crate::scenario::{Phase, Scenario};

/// One figure, as a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// For people.
    pub(crate) title: String,
    /// Its name.
    pub(crate) figure: String,
}

impl Question {
    fn new(title: impl Into<String>, phase: &str, figure: &str) -> Self {
        Self { title: title.into(), figure: format!("{phase}.{figure}") }
    }

    /// Whether it is the cost of a delivery.
    pub(crate) fn is_delivery(&self) -> bool {
        self.figure.ends_with(".cpu_us_per_delivery")
    }
}

/// The questions of a scenario.
pub(crate) fn questions(scenario: &Scenario) -> Vec<Question> {
    let mut questions: Vec<Question> = scenario.phases.iter().flat_map(of_phase).collect();
    if scenario.phases.iter().any(is_rest) {
        questions.push(Question::new("CPU per connection accepted", "arrivals", "cpu_us_per_connection"));
    }
    questions
}

fn of_phase(phase: &Phase) -> Vec<Question> {
    let name = &phase.name;
    if is_rest(phase) {
        return vec![
            Question::new("memory per connection, user space", name, "rss_bytes_per_connection"),
            Question::new("with the kernel's", name, "memory_bytes_per_connection"),
            Question::new("CPU at rest, of one core", name, "cpu_share"),
        ];
    }
    let mut questions = vec![Question::new("CPU per delivery", name, "cpu_us_per_delivery")];
    // The flow with the most publications stands for all: a peer's clients are told apart by nothing else.
    let weight = |publish: &&crate::scenario::Publish| publish.per_second + f64::from(publish.back_to_back);
    let most = phase.publishes.iter().max_by(|one, other| weight(one).total_cmp(&weight(other)));
    if let Some(kind) = most.map(|publish| &publish.kind) {
        for percentile in ["p50", "p99"] {
            let figure = format!("{kind}.student.{percentile}_us");
            questions.push(Question::new(format!("latency {percentile}"), name, &figure));
        }
    }
    questions
}

fn is_rest(phase: &Phase) -> bool {
    phase.publishes.is_empty() && phase.events.is_empty()
}
