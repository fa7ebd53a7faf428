//! The hours of one role, or of deliveries: which spans of a day are open, for each day of the week and kind of day.

use super::config::Rule;
use super::day::DayKind;
use super::span::Span;
use super::week::Weekday;

/// Open spans, in order and without overlaps, for each day of the week and kind of day.
///
/// The spans of all rules that speak of a day are joined. A day that no rule speaks of is open from midnight to midnight.
/// A span belongs to the day on which it begins: what goes past midnight stays open whatever the next day is.
#[derive(Debug)]
pub(super) struct Hours([[Box<[Span]>; DayKind::ALL.len()]; Weekday::ALL.len()]);

impl Hours {
    /// The hours by some rules.
    pub(super) fn by(rules: &[Rule]) -> Self {
        let spans = |weekday: Weekday, kind: DayKind| {
            let speaking =
                rules.iter().filter(|rule| rule.weekdays.holds(weekday) && rule.days.contains(&kind));
            let mut spoken = false;
            let spans =
                speaking.inspect(|_| spoken = true).flat_map(|rule| rule.open.iter().copied()).collect();
            if spoken { joined(spans) } else { Box::new([Span::DAY]) as Box<[Span]> }
        };
        Self(Weekday::ALL.map(|weekday| DayKind::ALL.map(|kind| spans(weekday, kind))))
    }

    /// The open spans of such a day.
    pub(super) fn on(&self, weekday: Weekday, kind: DayKind) -> &[Span] {
        &self.0[weekday as usize][kind as usize]
    }

    /// Whether it matters if a day is a holiday.
    pub(super) fn tell_holidays(&self) -> bool {
        let differ = |weekday| self.on(weekday, DayKind::School) != self.on(weekday, DayKind::Holiday);
        Weekday::ALL.into_iter().any(differ)
    }
}

fn joined(mut spans: Vec<Span>) -> Box<[Span]> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start() <= last.end() => {
                *last = Span::of(last.start(), last.end().max(span.end()));
            }
            _ => joined.push(span),
        }
    }
    joined.into()
}

#[cfg(test)]
mod tests {
    use super::super::week::Week;
    use super::*;

    fn rule(days: &[DayKind], weekdays: Vec<Weekday>, open: &[&str]) -> Rule {
        let open = open.iter().map(|text| Span::parse(text).unwrap()).collect();
        Rule { days: days.to_vec(), weekdays: Week::from(weekdays), open }
    }

    fn texts(spans: &[Span]) -> Vec<String> {
        spans.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_several_rules_open_is_joined_and_what_none_speaks_of_is_open() {
        let every = rule(&[DayKind::School], Weekday::ALL.to_vec(), &["18:00-24:00", "06:00-08:00"]);
        let wednesday = rule(&[DayKind::School], vec![Weekday::Wednesday], &["13:00-18:00"]);
        let closed = rule(&[DayKind::Holiday], vec![Weekday::Sunday], &[]);
        let hours = Hours::by(&[every, wednesday, closed]);
        assert_eq!(texts(hours.on(Weekday::Monday, DayKind::School)), ["06:00-08:00", "18:00-24:00"]);
        assert_eq!(texts(hours.on(Weekday::Wednesday, DayKind::School)), ["06:00-08:00", "13:00-24:00"]);
        assert_eq!(texts(hours.on(Weekday::Monday, DayKind::Weekend)), ["00:00-24:00"]);
        assert!(hours.on(Weekday::Sunday, DayKind::Holiday).is_empty());
        assert_eq!(texts(hours.on(Weekday::Monday, DayKind::Holiday)), ["00:00-24:00"]);
    }
}
