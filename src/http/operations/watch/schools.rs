//! Schools that stand out: where people are turned away, leave all at once, or fare worse than elsewhere today.
//!
//! Each school is compared with itself some minutes ago, or with the region. Small numbers say nothing, so each reason has
//! a least number of people.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use utoipa::ToSchema;

use super::reading::Reading;
use crate::base::{MachineTime, OrgId, limits};
use crate::http::edge::Edge;
use crate::report::Glance;
use crate::roster::Roster;

/// Answers without a seat from which on a school stands out, and of how many tenths of all answers.
const TURNED_AWAY_MIN: u64 = 5;
const TURNED_AWAY_TENTHS_MIN: u64 = 1;
/// Connections that were there, of which half or more are gone.
const EMPTIED_MIN: u32 = 20;
/// Pupils who tried, and how many hundredths below the region's their school's reliability is.
const UNRELIABLE_MIN: u32 = 20;
const UNRELIABLE_BELOW: f64 = 0.05;

/// A school that stands out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct StandingOut {
    #[schema(value_type = String)]
    school: OrgId,
    /// Its name; `null` if it has left the roster.
    name: Option<String>,
    /// How many it concerns: answers, connections or pupils. The list is ordered by it.
    count: u64,
    #[serde(flatten)]
    why: Why,
}

/// Why a school stands out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
enum Why {
    /// Requests for a seat were answered without one, though nobody's window was closed.
    TurnedAway { turned_away: u64, asked: u64, seconds: u64 },
    /// At least half of its connections are gone, while the region's are not.
    Emptied { connections: u32, connections_before: u32, seconds: u64 },
    /// Fewer of its pupils than elsewhere got in at the first try today.
    Unreliable { pupils_tried: u32, pupils_at_first_try: u32 },
}

type Glances = BTreeMap<OrgId, Glance>;

/// All schools now, and as they were.
#[derive(Debug, Default)]
pub(super) struct Schools {
    /// Those that somebody is connected from.
    pub(super) here: usize,
    pub(super) standing_out: Vec<StandingOut>,
    /// The oldest first, a minute apart.
    before: VecDeque<(MachineTime, Glances)>,
}

impl Schools {
    /// Looks at all schools.
    pub(super) fn look(&mut self, edge: &Edge, reading: &Reading) {
        let now = edge.parts.books.glances(limits::GLANCE_SCHOOLS_MAX);
        self.here = now.values().filter(|glance| glance.connections > 0).count();
        let roster = edge.parts.directory.current();
        let nothing = (reading.at, Glances::new());
        let (then, before) = self.before.front().unwrap_or(&nothing);
        let seconds = reading.at.since(*then).as_secs();
        let reliability = reading.region.row.reliability();
        self.standing_out = standing_out(&now, before, seconds, reliability, &roster);
        let is_due =
            self.before.back().is_none_or(|(last, _)| reading.at >= last.after(limits::GLANCE_INTERVAL));
        if is_due {
            if self.before.len() >= limits::GLANCES_MAX {
                self.before.pop_front();
            }
            self.before.push_back((reading.at, now));
        }
    }
}

/// Those that stand out, whom it concerns most first.
fn standing_out(
    now: &Glances,
    before: &Glances,
    seconds: u64,
    reliability: Option<f64>,
    roster: &Roster,
) -> Vec<StandingOut> {
    let sum = |glances: &Glances| glances.values().map(|glance| u64::from(glance.connections)).sum::<u64>();
    let region_stays = sum(now) * 2 > sum(before);
    let mut found = Vec::new();
    for (school, glance) in now {
        let earlier = before.get(school).copied();
        let reasons = [
            earlier.and_then(|earlier| turned_away(glance, &earlier, seconds)),
            earlier.filter(|_| region_stays).and_then(|earlier| emptied(glance, &earlier, seconds)),
            reliability.and_then(|reliability| unreliable(glance, reliability)),
        ];
        for (count, why) in reasons.into_iter().flatten() {
            let name = roster.org(school.as_str()).map(|org| org.name().to_owned());
            found.push(StandingOut { school: school.clone(), name, count, why });
        }
    }
    found.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.school.cmp(&other.school)));
    found.truncate(limits::STANDING_OUT_MAX);
    found
}

fn turned_away(now: &Glance, before: &Glance, seconds: u64) -> Option<(u64, Why)> {
    let turned_away = now.turned_away.saturating_sub(before.turned_away);
    let asked = now.asked.saturating_sub(before.asked);
    let is_much = turned_away >= TURNED_AWAY_MIN && turned_away * 10 >= asked * TURNED_AWAY_TENTHS_MIN;
    is_much.then_some((turned_away, Why::TurnedAway { turned_away, asked, seconds }))
}

fn emptied(now: &Glance, before: &Glance, seconds: u64) -> Option<(u64, Why)> {
    let (connections, connections_before) = (now.connections, before.connections);
    let is_much = connections_before >= EMPTIED_MIN && connections * 2 <= connections_before;
    let gone = u64::from(connections_before.saturating_sub(connections));
    is_much.then_some((gone, Why::Emptied { connections, connections_before, seconds }))
}

fn unreliable(now: &Glance, reliability: f64) -> Option<(u64, Why)> {
    let Glance { pupils_tried, pupils_at_first_try, .. } = *now;
    let own = f64::from(pupils_at_first_try) / f64::from(pupils_tried.max(1));
    let is_much = pupils_tried >= UNRELIABLE_MIN && own < reliability - UNRELIABLE_BELOW;
    let failed = u64::from(pupils_tried.saturating_sub(pupils_at_first_try));
    is_much.then_some((failed, Why::Unreliable { pupils_tried, pupils_at_first_try }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glances(rows: &[(&str, Glance)]) -> Glances {
        rows.iter().map(|(school, glance)| (OrgId::parse(school).unwrap(), *glance)).collect()
    }

    fn found(now: &[(&str, Glance)], before: &[(&str, Glance)], reliability: f64) -> Vec<(String, u64)> {
        let roster = Roster::default();
        let found = standing_out(&glances(now), &glances(before), 300, Some(reliability), &roster);
        found.into_iter().map(|one| (one.school.as_str().to_owned(), one.count)).collect()
    }

    fn here(connections: u32) -> Glance {
        Glance { connections, ..Glance::default() }
    }

    #[test]
    fn a_school_that_empties_alone_stands_out_and_the_end_of_the_day_does_not() {
        let before = [("a", here(40)), ("b", here(400)), ("c", here(18))];
        let alone = [("a", here(20)), ("b", here(390)), ("c", here(0))];
        assert_eq!(found(&alone, &before, 1.0), [("a".to_owned(), 20)]);
        let evening = [("a", here(2)), ("b", here(9)), ("c", here(0))];
        assert_eq!(found(&evening, &before, 1.0), []);
    }

    #[test]
    fn who_is_turned_away_counts_from_the_look_before_and_only_if_it_is_a_part_that_matters() {
        let asked = |asked, turned_away| Glance { asked, turned_away, ..Glance::default() };
        let before = [("a", asked(1_000, 100)), ("b", asked(0, 0)), ("c", asked(10, 9))];
        let now = [("a", asked(1_200, 119)), ("b", asked(40, 4)), ("c", asked(50, 49))];
        assert_eq!(found(&now, &before, 1.0), [("c".to_owned(), 40)]);
        // Nothing is known of a school that was not there before.
        assert_eq!(found(&now, &[], 1.0), []);
    }

    #[test]
    fn a_school_fares_worse_than_the_region_by_more_than_chance() {
        let day = |pupils_tried, pupils_at_first_try| Glance {
            pupils_tried,
            pupils_at_first_try,
            ..Glance::default()
        };
        let now = [("a", day(100, 80)), ("b", day(100, 92)), ("c", day(10, 0)), ("d", day(200, 100))];
        assert_eq!(found(&now, &[], 0.95), [("d".to_owned(), 100), ("a".to_owned(), 20)]);
    }

    #[test]
    fn the_list_is_bounded() {
        let names: Vec<String> = (0..30).map(|number| format!("s{number}")).collect();
        let day = Glance { pupils_tried: 50, ..Glance::default() };
        let now: Vec<(&str, Glance)> = names.iter().map(|name| (name.as_str(), day)).collect();
        assert_eq!(found(&now, &[], 1.0).len(), limits::STANDING_OUT_MAX);
    }
}
