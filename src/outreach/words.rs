//! The fixed words of letters and of the page that a letter leads to, a catalogue for each language.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use serde::Deserialize;

use crate::base::Language;

/// One language's words. What stands in braces is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) language: String,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) for_child: String,
    pub(super) one_child: String,
    pub(super) for_school: String,
    pub(super) byline: String,
    pub(super) due: String,
    pub(super) links: String,
    pub(super) receipt: String,
    pub(super) left_out_one: String,
    pub(super) left_out_many: String,
    pub(super) open: String,
    pub(super) why: String,
    pub(super) stop: String,
    pub(super) urgent_goes_on: String,
    pub(super) urgent_subject: String,
    pub(super) urgent_why: String,
    pub(super) stop_title: String,
    pub(super) stop_question: String,
    pub(super) stop_button: String,
    pub(super) stopped_title: String,
    pub(super) stopped: String,
    pub(super) wrong_title: String,
    pub(super) wrong: String,
    pub(super) later_title: String,
    pub(super) later: String,
    day: String,
    first: String,
    time: String,
    weekdays: [String; 7],
    months: [String; 12],
}

/// The catalogues, French first: it stands for every language that has none.
static CATALOGUES: LazyLock<Vec<Words>> = LazyLock::new(|| {
    let texts = [include_str!("words/fr.json"), include_str!("words/en.json")];
    texts.into_iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

impl Words {
    /// The words of a language, or else the French ones; `None` only if no catalogue can be read, which a test rules out.
    pub(super) fn of(language: &Language) -> Option<&'static Self> {
        let name = language.as_str();
        let name = name.split_once('-').map_or(name, |(language, _)| language);
        CATALOGUES.iter().find(|words| words.language == name).or(CATALOGUES.first())
    }

    /// A day, as people write it.
    pub(super) fn day(&self, date: Date) -> String {
        let place = |number: i8| usize::try_from(number - 1).unwrap_or_default();
        let weekday = &self.weekdays[place(date.weekday().to_monday_one_offset())];
        let month = &self.months[place(date.month())];
        let day = if date.day() == 1 { self.first.clone() } else { date.day().to_string() };
        let parts = [
            ("weekday", weekday.as_str()),
            ("day", &day),
            ("month", month),
            ("year", &date.year().to_string()),
        ];
        fill(&self.day, &parts)
    }

    /// A due date, with its time if it has one.
    pub(super) fn due(&self, due: &str) -> String {
        if let Ok(at) =
            due.parse::<DateTime>().map_err(|_| ()).and_then(|at| due.contains('T').then_some(at).ok_or(()))
        {
            let (hour, minute) = (at.hour().to_string(), format!("{:02}", at.minute()));
            return fill(&self.time, &[("day", &self.day(at.date())), ("hour", &hour), ("minute", &minute)]);
        }
        // What is no date was refused when it was sent.
        due.parse::<Date>().map_or_else(|_| due.to_owned(), |date| self.day(date))
    }
}

/// Puts values where their names stand in braces. What a value holds is not looked at again.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(language: &str) -> &'static Words {
        Words::of(&Language::parse(language).unwrap()).unwrap()
    }

    #[test]
    fn every_language_has_all_words_and_others_read_french() {
        assert_eq!(CATALOGUES.iter().map(|words| words.language.as_str()).collect::<Vec<_>>(), ["fr", "en"]);
        assert_eq!(words("en-GB").language, "en");
        assert_eq!(words("oci").language, "fr");
    }

    #[test]
    fn days_are_written_as_people_write_them() {
        let due = |language: &str, text: &str| words(language).due(text);
        assert_eq!(due("fr", "2027-01-01"), "vendredi 1er janvier 2027");
        assert_eq!(due("fr", "2026-11-30T08:05"), "lundi 30 novembre 2026 à 8 h 05");
        assert_eq!(due("en", "2026-11-30T18:00"), "Monday 30 November 2026 at 18:00");
        assert_eq!(due("en", "2026-08-02"), "Sunday 2 August 2026");
    }

    #[test]
    fn a_value_that_looks_like_a_name_stays_as_it_is() {
        assert_eq!(fill("a {x} b {y}", &[("x", "{y}"), ("y", "z")]), "a {y} b z");
        assert_eq!(fill("a { b {gone}", &[]), "a ");
        assert_eq!(fill("a { b", &[]), "a { b");
    }
}
