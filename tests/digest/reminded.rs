//! What must be true of reminders: of nothing that is done, withdrawn or due by another date, once for each reason, and of all
//! that is left.

use std::collections::HashSet;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use preau::base::body::{self, Reminder, ReminderWhen};
use preau::base::{Audience, Channel, Kind, Publication, Role};

use crate::oracle::{HOLIDAYS, Oracle, is_school_day, paris};
use crate::school::{STUDENTS, concerns};

/// Of what each student was reminded, by due date and reason, and the names of the reminders.
#[derive(Default)]
pub(crate) struct Reminded {
    of: HashSet<(String, String, String, ReminderWhen)>,
    names: HashSet<(String, String)>,
}

impl Oracle {
    pub(crate) fn reminder(&mut self, publication: &Publication) {
        let Channel::Account(student) = &publication.channel else { panic!("{publication:?}") };
        let reminder: Reminder = body::read(&publication.body).unwrap();
        assert!(publication.author.is_hub());
        assert_eq!(publication.audience, Audience::of(&[Role::Student]).unwrap());
        assert!(!reminder.entries.is_empty(), "{student} is reminded of nothing");
        let name = (student.to_string(), publication.message_id.to_string());
        assert!(self.reminded.names.insert(name), "twice: {publication:?}");
        let now = paris(publication.published_at);
        for entry in reminder.entries {
            let id = entry.item.to_string();
            let (sent, place) = (&self.sent[&id], entry.channel.to_string());
            assert!(!sent.is_withdrawn && !self.is_done(&id, student.as_str()), "{student}: {id} at {now}");
            assert!(
                sent.draft.places.contains(&place.as_str()) && concerns(student.as_str(), &place),
                "{place}"
            );
            assert_eq!(entry.due, self.due(&id, student.as_str()), "{student}: {id}");
            let due = civil(&entry.due);
            let days = (due.date() - now.date()).get_days();
            assert!(now.datetime() < due && days <= 6, "{student}: {id}, due {due}, at {now}");
            let key = (student.to_string(), id, entry.due, entry.when);
            assert!(self.reminded.of.insert(key.clone()), "twice: {key:?}");
        }
    }

    fn is_done(&self, id: &str, student: &str) -> bool {
        self.done.iter().any(|(done, by)| done == id && *by == student)
    }

    fn due(&self, id: &str, student: &str) -> &str {
        let own = self.dues.get(&(id.to_owned(), student.to_owned()));
        own.unwrap_or(&self.sent[id].draft.due)
    }

    /// After days on which nobody did anything and reminders were given: all students know what they have to do, if both
    /// evenings and mornings of it lie among these days. How many reminders that are.
    pub(crate) fn all_are_reminded(&self, first: Date, last: Date) -> usize {
        let mut count = 0;
        let work =
            self.sent.iter().filter(|(_, sent)| sent.draft.kind == Kind::Assignment && !sent.is_withdrawn);
        for (id, sent) in work {
            for (student, _) in STUDENTS {
                let due = civil(self.due(id, student));
                let before = |days: i64| due.date().saturating_sub(days.days());
                // Of weekends and holidays the calendar decides.
                let is_plain =
                    (0..=2).all(|days| is_school_day(before(days)) && !HOLIDAYS.contains(&before(days)));
                let is_theirs = sent.draft.places.iter().any(|place| concerns(student, place));
                let is_among = before(2) >= first && before(1) <= last;
                if is_plain && is_theirs && is_among && !self.is_done(id, student) {
                    for when in [ReminderWhen::TwoDays, ReminderWhen::Eve] {
                        let key = (student.to_owned(), id.clone(), self.due(id, student).to_owned(), when);
                        assert!(self.reminded.of.contains(&key), "nobody reminds: {key:?}");
                        count += 1;
                    }
                }
            }
        }
        count
    }
}

/// A due date; one without a time is meant for eight.
fn civil(due: &str) -> DateTime {
    if due.contains('T') { due.parse().unwrap() } else { due.parse::<Date>().unwrap().at(8, 0, 0, 0) }
}
