//! The books of today: what was counted, and who is here now.
//!
//! Every count goes to the school's row and to the region's. Who is here lies in memory alone: after a restart nobody is.

mod glance;
mod waiting;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::row::{ByRole, Row};
use super::tries::{Answered, Tries};
use super::waiters::Waiters;
use crate::base::{AccountId, MachineTime, OrgId, Role, SessionId};

pub use glance::{Glance, Region};
pub use waiting::Turn;

/// How a request for a seat was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It has a seat.
    Entered,
    /// It waits.
    Waits,
    /// It is outside its window: that is no failure of the hub's, and no try.
    Outside,
    /// An operator keeps it out: no failure either.
    Kicked,
    /// It was refused, for this reason.
    Refused(&'static str),
}

/// A day's report, the region's row apart from those of schools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Which day.
    pub date: Date,
    /// The whole region.
    pub region: Row,
    /// Schools, by their identifier in the roster.
    pub schools: BTreeMap<OrgId, Row>,
}

/// A day that is not over, with what tells its pupils apart. To be kept by itself, and forgotten when the day is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    day: Day,
    tries: Tries,
}

impl Today {
    /// A day on which nothing has happened.
    pub fn new(date: Date, secret: [u8; 32]) -> Self {
        let day = Day { date, region: Row::default(), schools: BTreeMap::new() };
        Self { day, tries: Tries::new(secret) }
    }

    /// Which day.
    pub fn date(&self) -> Date {
        self.day.date
    }

    /// Counts in the school's row and in the region's.
    fn count(&mut self, school: Option<&OrgId>, count: impl Fn(&mut Row)) {
        count(&mut self.day.region);
        if let Some(school) = school {
            match self.day.schools.get_mut(school) {
                Some(row) => count(row),
                None => count(self.day.schools.entry(school.clone()).or_default()),
            }
        }
    }
}

/// Who is here now.
#[derive(Debug, Default)]
struct Presence {
    /// Schools by their number here.
    schools: Vec<OrgId>,
    numbers: HashMap<OrgId, u32>,
    /// By the school's number, plus one; the first is the whole region.
    counts: Vec<ByRole<u32>>,
    /// Each connection's role and school, as they were when it came: the roster may change meanwhile.
    sessions: HashMap<SessionId, Came>,
}

/// As what somebody came. One for each connection, so it is small.
#[derive(Debug, Clone, Copy)]
struct Came {
    role: Role,
    /// The school's number plus one; 0 for none.
    school: u32,
}

impl Presence {
    fn number(&mut self, school: &OrgId) -> u32 {
        if let Some(number) = self.numbers.get(school) {
            return *number;
        }
        let number = u32::try_from(self.schools.len()).unwrap_or(u32::MAX);
        self.schools.push(school.clone());
        self.numbers.insert(school.clone(), number);
        number
    }

    fn counts_of(&mut self, number: Option<u32>) -> &mut ByRole<u32> {
        let index = number.map_or(0, |number| number as usize + 1);
        if self.counts.len() <= index {
            self.counts.resize(index + 1, ByRole::default());
        }
        &mut self.counts[index]
    }
}

/// Answers to requests for a seat since the start, by role and word.
pub type Answers = BTreeMap<(Role, &'static str), u64>;

#[derive(Debug)]
struct Open {
    today: Today,
    /// By school; none for those who are of none. In memory alone, as counters are.
    answers: HashMap<Option<OrgId>, Answers>,
    /// Who waits, in the same way.
    waiters: HashMap<Option<OrgId>, ByRole<Waiters>>,
    presence: Presence,
    is_changed: bool,
}

/// The books.
#[derive(Debug)]
pub struct Books(Mutex<Open>);

impl Books {
    /// Goes on with a day.
    pub fn new(today: Today) -> Self {
        Self(Mutex::new(Open {
            today,
            answers: HashMap::new(),
            waiters: HashMap::new(),
            presence: Presence::default(),
            is_changed: false,
        }))
    }

    /// Takes down how somebody's request for a seat was answered.
    pub fn asked(
        &self,
        account: &AccountId,
        role: Role,
        school: Option<&OrgId>,
        asked: Asked,
        now: MachineTime,
    ) {
        let mut open = self.change();
        let (answered, reason) = match asked {
            Asked::Entered => (Some(Answered::Entered), None),
            Asked::Waits => (Some(Answered::Waits), Some("waits")),
            Asked::Outside => (None, Some("suspended")),
            Asked::Kicked => (None, Some("kicked")),
            Asked::Refused(reason) => (Some(Answered::Refused), Some(reason)),
        };
        let school = school.cloned();
        let answers = open.answers.entry(school.clone()).or_default();
        *answers.entry((role, reason.unwrap_or("entered"))).or_default() += 1;
        let (today, school) = (&mut open.today, school.as_ref());
        if let Some(reason) = reason {
            today.count(school, |row| match row.refused.get_mut(reason) {
                Some(count) => *count += 1,
                None => drop(row.refused.insert(reason.to_owned(), 1)),
            });
        }
        if let (Role::Student, Some(answered)) = (role, answered) {
            let added = today.tries.take(account, answered, now);
            if added.tried || added.succeeded {
                today.count(school, |row| {
                    row.pupils_tried += u32::from(added.tried);
                    row.pupils_at_first_try += u32::from(added.succeeded);
                });
            }
        }
    }

    /// How requests for a seat were answered since the start, by school; none for those who are of none.
    pub fn answers(&self) -> Vec<(Option<OrgId>, Answers)> {
        self.open().answers.iter().map(|(school, answers)| (school.clone(), answers.clone())).collect()
    }

    /// A connection has begun.
    pub fn joined(&self, session: SessionId, role: Role, school: Option<&OrgId>) {
        let mut open = self.change();
        let Open { today, presence, .. } = &mut *open;
        let number = school.map(|school| presence.number(school));
        presence.sessions.insert(session, Came { role, school: number.map_or(0, |number| number + 1) });
        let mut now_here = |number| {
            let count = presence.counts_of(number).of_mut(role);
            *count += 1;
            *count
        };
        let in_region = now_here(None);
        let at_school = number.map(|number| now_here(Some(number)));
        let peak = |row: &mut Row, here: u32| {
            let peak = row.peak.of_mut(role);
            *peak = (*peak).max(here);
        };
        peak(&mut today.day.region, in_region);
        if let (Some(school), Some(here)) = (school, at_school) {
            peak(today.day.schools.entry(school.clone()).or_default(), here);
        }
    }

    /// A connection has ended, after so long.
    pub fn left(&self, session: SessionId, lived: Duration) {
        let mut open = self.change();
        let Open { today, presence, .. } = &mut *open;
        let Some(Came { role, school }) = presence.sessions.remove(&session) else { return };
        let number = school.checked_sub(1);
        for number in [None].into_iter().chain(number.map(Some)) {
            let count = presence.counts_of(number).of_mut(role);
            *count = count.saturating_sub(1);
        }
        let school = number.and_then(|number| presence.schools.get(number as usize));
        today.count(school, |row| {
            *row.visits.of_mut(role) += 1;
            *row.visit_seconds.of_mut(role) += lived.as_secs();
        });
    }

    /// More was published and delivered.
    pub fn delivered(&self, publications: u64, deliveries: u64) {
        if publications > 0 || deliveries > 0 {
            let region = &mut self.change().today.day.region;
            region.publications += publications;
            region.deliveries += deliveries;
        }
    }

    /// Connections of a role now, of one school's accounts or of all.
    pub fn connections(&self, role: Role, school: Option<&OrgId>) -> u32 {
        let open = self.open();
        let index = match school {
            None => Some(0),
            Some(school) => open.presence.numbers.get(school).map(|number| *number as usize + 1),
        };
        let counts = index.and_then(|index| open.presence.counts.get(index));
        counts.map_or(0, |counts| *counts.of(role))
    }

    /// Connections now, by school.
    pub fn by_school(&self) -> Vec<(OrgId, ByRole<u32>)> {
        let open = self.open();
        let counts = open.presence.counts.iter().skip(1).copied();
        open.presence.schools.iter().cloned().zip(counts).collect()
    }

    /// The counts of today so far.
    pub fn today(&self) -> Day {
        self.open().today.day.clone()
    }

    /// What must outlive the process, if it has changed since it was last asked for.
    pub fn to_keep(&self) -> Option<Today> {
        let mut open = self.open();
        std::mem::take(&mut open.is_changed).then(|| open.today.clone())
    }

    /// It could not be kept: it is given out again.
    pub fn not_kept(&self) {
        self.open().is_changed = true;
    }

    /// Begins another day if today is over, and gives back the one that has ended. Whoever is here is here at the new
    /// day's beginning.
    pub fn turn(&self, date: Date, secret: impl FnOnce() -> Option<[u8; 32]>) -> Option<Day> {
        let mut open = self.open();
        if date == open.today.date() {
            return None;
        }
        let mut next = Today::new(date, secret()?);
        let Presence { schools, counts, .. } = &open.presence;
        next.day.region.peak = counts.first().copied().unwrap_or_default();
        for (school, here) in schools.iter().zip(counts.iter().skip(1)) {
            if *here != ByRole::default() {
                next.day.schools.entry(school.clone()).or_default().peak = *here;
            }
        }
        open.is_changed = true;
        Some(std::mem::replace(&mut open.today, next).day)
    }

    fn change(&self) -> MutexGuard<'_, Open> {
        let mut open = self.open();
        open.is_changed = true;
        open
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const NOW: MachineTime = MachineTime(5_000);

    fn books() -> Books {
        Books::new(Today::new(date(2026, 3, 27), [7; 32]))
    }

    fn pupil(number: u32) -> AccountId {
        AccountId::parse(&format!("s{number}")).unwrap()
    }

    #[test]
    fn a_day_counts_pupils_once_and_by_school() {
        let (books, school) = (books(), OrgId::parse("lycee").unwrap());
        let ask = |number, asked| books.asked(&pupil(number), Role::Student, Some(&school), asked, NOW);
        ask(1, Asked::Entered);
        ask(1, Asked::Entered);
        ask(2, Asked::Waits);
        ask(3, Asked::Outside);
        ask(4, Asked::Refused("closed"));
        books.asked(&pupil(5), Role::Student, None, Asked::Entered, NOW);
        books.asked(&pupil(6), Role::Teacher, Some(&school), Asked::Entered, NOW);
        let day = books.today();
        let row = &day.schools[&school];
        assert_eq!((row.pupils_tried, row.pupils_at_first_try), (3, 1));
        assert_eq!((day.region.pupils_tried, day.region.pupils_at_first_try), (4, 2));
        assert_eq!(day.region.reliability(), Some(0.5));
        let reasons: Vec<_> = row.refused.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        assert_eq!(reasons, [("closed", 1), ("suspended", 1), ("waits", 1)]);
    }

    #[test]
    fn who_waits_is_told_by_school_and_role() {
        let (books, school) = (books(), OrgId::parse("lycee").unwrap());
        let told = Turn { waited: false, until: Some(NOW.after(Duration::from_secs(20))) };
        books.turned(Role::Student, Some(&school), told, NOW);
        books.turned(Role::Student, Some(&school), told, NOW);
        books.turned(Role::Teacher, None, told, NOW);
        books.turned(Role::Guardian, Some(&school), Turn { waited: false, until: None }, NOW);
        let waiting = |now| books.waiting(now).into_iter().collect::<HashMap<_, _>>();
        let of = |school: Option<&OrgId>, role, now| *waiting(now)[&school.cloned()].of(role);
        assert_eq!((of(Some(&school), Role::Student, NOW), of(None, Role::Teacher, NOW)), (2, 1));
        assert_eq!(of(Some(&school), Role::Guardian, NOW), 0);
        books.turned(Role::Student, Some(&school), Turn { waited: true, until: None }, NOW);
        assert_eq!(of(Some(&school), Role::Student, NOW), 1, "one came in");
        assert_eq!(of(Some(&school), Role::Student, NOW.after(Duration::from_mins(5))), 0, "one went away");
        assert_eq!(books.to_keep(), None, "it is not kept");
    }

    #[test]
    fn peaks_and_visits_follow_who_comes_and_goes() {
        let (books, school) = (books(), OrgId::parse("lycee").unwrap());
        for number in 0..3 {
            books.joined(SessionId(number), Role::Student, Some(&school));
        }
        books.left(SessionId(0), Duration::from_secs(90));
        books.left(SessionId(0), Duration::from_secs(90));
        books.joined(SessionId(7), Role::Student, None);
        assert_eq!(books.connections(Role::Student, Some(&school)), 2);
        assert_eq!(books.connections(Role::Student, None), 3);
        assert_eq!(books.connections(Role::Teacher, None), 0);
        let row = &books.today().schools[&school];
        assert_eq!((row.peak.student, row.visits.student, row.visit_seconds.student), (3, 1, 90));
        assert_eq!(row.mean_seconds(Role::Student), Some(90.0));
    }

    #[test]
    fn a_day_goes_on_where_it_was_kept_and_a_new_one_has_another_secret() {
        let books = books();
        books.asked(&pupil(1), Role::Student, None, Asked::Entered, NOW);
        let kept = books.to_keep().unwrap();
        assert_eq!(books.to_keep(), None);
        let text = serde_json::to_string(&kept).unwrap();
        let again = Books::new(serde_json::from_str(&text).unwrap());
        again.asked(&pupil(1), Role::Student, None, Asked::Entered, NOW);
        assert_eq!(again.today().region.pupils_tried, 1);
        assert_eq!(again.turn(date(2026, 3, 27), || None), None);
        again.joined(SessionId(1), Role::Student, None);
        let ended = again.turn(date(2026, 3, 28), || Some([8; 32])).unwrap();
        assert_eq!((ended.date, ended.region.pupils_tried), (date(2026, 3, 27), 1));
        assert!(!serde_json::to_string(&ended).unwrap().contains("secret"));
        let day = again.today();
        assert_eq!((day.region.pupils_tried, day.region.peak.student), (0, 1));
    }
}
