//! One slot's way through the students: first which assignments it may be about, then student by student.
//!
//! What was gathered says only where to look. Who is reminded, and of what, is decided some students at a time, from what
//! the registry and the marks say then, and while withdrawals wait.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use jiff::civil::{DateTime, Time};

use super::times::{self, Reminded};
use super::{Ground, RemindError, Slot, Zone, zone_name};
use crate::base::body::{self, Assignment, Reminder, ReminderEntry, ReminderWhen};
use crate::base::{
    AccountId, Audience, Body, BodyError, Channel, ItemId, Kind, MessageId, NewPublication, Role, SchoolTime,
    limits,
};
use crate::broker::{self, Accepted, PublishError};
use crate::calendar::{Calendar, SchoolRef};
use crate::ledger::{Item, Marked, wait};
use crate::roster::{Account, EnrolmentRole, Roster};

/// A slot under way.
pub(super) struct Run {
    zone: Zone,
    slot: Slot,
    evening: Time,
    roster: Arc<Roster>,
    /// Assignments that it may be about.
    items: Vec<ItemId>,
    /// By class: places in `items`.
    by_class: HashMap<Box<str>, Vec<usize>>,
    /// By student with a date of their own: the same.
    extended: HashMap<Box<str>, Vec<usize>>,
    /// Accounts that were looked at, in the roster's order.
    passed: usize,
    is_over: bool,
    /// What was found out about due dates, by school.
    known: HashMap<(Box<str>, DateTime), Reminded>,
}

/// Students whose turn it is together, with the assignments that each may have to be reminded of.
#[derive(Default)]
struct Turn {
    students: Vec<(AccountId, Vec<usize>)>,
    pairs: Vec<(ItemId, AccountId)>,
    items: BTreeSet<usize>,
    /// Accounts that are passed once it is over.
    passed: usize,
    is_last: bool,
}

/// An assignment as it stands at this turn.
struct Standing {
    item: Item,
    said: Assignment,
}

impl Run {
    /// Finds out which assignments a slot may be about.
    pub(super) fn gather(
        ground: &Ground,
        calendar: &Calendar,
        (zone, slot): (Zone, Slot),
        evening: Time,
    ) -> Result<Self, RemindError> {
        let mut run = Self {
            zone,
            slot,
            evening,
            roster: ground.directory.current(),
            items: Vec::new(),
            by_class: HashMap::new(),
            extended: HashMap::new(),
            passed: 0,
            is_over: false,
            known: HashMap::new(),
        };
        let Some(days) = times::due_days(slot, evening) else {
            run.is_over = true;
            return Ok(run);
        };
        let mut after = None;
        loop {
            let (from, limit) = (after.clone(), limits::ITEMS_PAGE_MAX);
            let page = wait(|answer| ground.ledger.due_items(days, from, limit, answer))?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let is_last = page.len() < limit;
            for item in page {
                run.take(calendar, &item);
            }
            if is_last {
                break;
            }
        }
        // The day after the last begins with its date.
        let until = days.1.tomorrow().unwrap_or(days.1);
        run.take_extensions(ground, &(days.0.to_string(), until.to_string()))?;
        run.is_over = run.items.is_empty();
        Ok(run)
    }

    pub(super) fn zone(&self) -> &Zone {
        &self.zone
    }

    pub(super) fn slot(&self) -> Slot {
        self.slot
    }

    /// Whether everybody has had their turn.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Reminds some students, at most so many; how many reminders that were.
    pub(super) fn publish(
        &mut self,
        ground: &Ground,
        calendar: &Calendar,
        now: SchoolTime,
        students_max: usize,
    ) -> Result<usize, RemindError> {
        let (mut left, mut published) = (students_max, 0);
        while left > 0 && !self.is_over {
            let turn = self.turn(left.min(limits::REMINDERS_IN_FLIGHT_MAX));
            left -= turn.students.len();
            published += self.remind(ground, calendar, now, &turn)?;
            (self.passed, self.is_over) = (turn.passed, turn.is_last);
        }
        Ok(published)
    }

    /// Notes an assignment if some class's date brings it into this slot.
    fn take(&mut self, calendar: &Calendar, item: &Item) {
        let Ok(said) = body::read::<Assignment>(item.body.as_str()) else { return };
        let Some(due) = times::due_time(&said.due) else { return };
        let roster = Arc::clone(&self.roster);
        let mut place = None;
        for channel in &item.places {
            let Channel::Class(id) = channel else { continue };
            let Some(class) = roster.class(id.as_str()) else { continue };
            if self.when(calendar, class.school().id(), due).is_some() {
                let place = *place.get_or_insert_with(|| {
                    self.items.push(item.id.clone());
                    self.items.len() - 1
                });
                self.by_class.entry(id.as_str().into()).or_default().push(place);
            }
        }
    }

    /// Notes the students whose own dates may bring an assignment into this slot.
    fn take_extensions(&mut self, ground: &Ground, days: &(String, String)) -> Result<(), RemindError> {
        let mut places: HashMap<ItemId, usize> =
            self.items.iter().enumerate().map(|(place, id)| (id.clone(), place)).collect();
        let mut skipped = 0;
        loop {
            let asked = days.clone();
            let page = wait(|answer| ground.ledger.extensions_due(asked, skipped, answer))?;
            skipped += page.len();
            let is_last = page.len() < limits::MARKS_PAGE_MAX;
            for extended in page {
                let place = *places.entry(extended.item.clone()).or_insert_with(|| {
                    self.items.push(extended.item);
                    self.items.len() - 1
                });
                self.extended.entry(extended.student.as_str().into()).or_default().push(place);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// The next students that may have to be reminded of something.
    fn turn(&self, students_max: usize) -> Turn {
        let mut turn = Turn { passed: self.passed, ..Turn::default() };
        for account in self.roster.accounts().skip(self.passed) {
            let items = self.items_of(account);
            if let (false, Ok(id)) = (items.is_empty(), AccountId::parse(account.id())) {
                let is_full = turn.students.len() >= students_max
                    || turn.pairs.len() + items.len() > limits::MARKS_ASKED_MAX
                    || turn.items.len() + items.len() > limits::ITEMS_PAGE_MAX;
                if is_full && !turn.students.is_empty() {
                    return turn;
                }
                turn.pairs.extend(items.iter().map(|place| (self.items[*place].clone(), id.clone())));
                turn.items.extend(&items);
                turn.students.push((id, items));
            }
            turn.passed += 1;
        }
        turn.is_last = true;
        turn
    }

    /// What a student may have to be reminded of. Beyond what can be asked for at once, nobody has so much to do.
    fn items_of(&self, account: Account<'_>) -> Vec<usize> {
        if account.role() != Role::Student {
            return Vec::new();
        }
        let attended = account.classes().filter(|enrolment| enrolment.role == EnrolmentRole::Student);
        let given = attended.filter_map(|enrolment| self.by_class.get(enrolment.class.id()));
        let own = self.extended.get(account.id());
        let all: BTreeSet<usize> = given.chain(own).flatten().copied().collect();
        all.into_iter().take(limits::ITEMS_PAGE_MAX).collect()
    }

    /// Reminds the students of a turn, from what stands now. No withdrawal is answered meanwhile.
    fn remind(
        &mut self,
        ground: &Ground,
        calendar: &Calendar,
        now: SchoolTime,
        turn: &Turn,
    ) -> Result<usize, RemindError> {
        if turn.students.is_empty() {
            return Ok(0);
        }
        let _rendering = ground.rendering.begin();
        let ids = turn.items.iter().map(|place| self.items[*place].clone()).collect();
        let items = wait(|answer| ground.ledger.items(ids, answer))?;
        let is_out = |item: &Item| {
            item.kind == Kind::Assignment
                && !item.is_withdrawn
                && item.audience.includes(Role::Student)
                && item.publish_at.is_none_or(|at| at <= now)
        };
        let standing: HashMap<ItemId, Standing> = items
            .into_iter()
            .filter(is_out)
            .filter_map(|item| {
                Some((item.id.clone(), Standing { said: body::read(item.body.as_str()).ok()?, item }))
            })
            .collect();
        let mut marked = wait(|answer| ground.ledger.marked(turn.pairs.clone(), answer))?.into_iter();
        let mut reminders = Vec::new();
        for (student, items) in &turn.students {
            let mut entries = Vec::new();
            for place in items {
                let marked = marked.next().unwrap_or_default();
                let Some(standing) = standing.get(&self.items[*place]) else { continue };
                entries.extend(self.entry(calendar, student, standing, marked, now));
            }
            reminders.extend(self.reminder(student, entries, now));
        }
        publish(ground, reminders)
    }

    /// What a student is reminded of at this slot about one assignment, if it is not done.
    fn entry(
        &mut self,
        calendar: &Calendar,
        student: &AccountId,
        standing: &Standing,
        marked: Marked,
        now: SchoolTime,
    ) -> Option<ReminderEntry> {
        if marked.done_at.is_some() {
            return None;
        }
        let Standing { item, said } = standing;
        let roster = Arc::clone(&self.roster);
        let student = roster.account(student.as_str())?;
        let (channel, class) = item.places.iter().find_map(|channel| match channel {
            Channel::Class(id) if student.attends(id.as_str()) => Some((channel, roster.class(id.as_str())?)),
            _ => None,
        })?;
        let due_text = marked.due.unwrap_or_else(|| said.due.clone());
        let due = times::due_time(&due_text)?;
        if times::instant(due, &self.zone.rules)? <= now {
            return None;
        }
        let when = self.when(calendar, class.school().id(), due)?;
        Some(ReminderEntry {
            item: item.id.clone(),
            channel: channel.clone(),
            title: said.title.clone(),
            subject: said.subject.clone(),
            due: due_text,
            when,
        })
    }

    /// As what this slot reminds of a due date at a school.
    fn when(&mut self, calendar: &Calendar, school: &str, due: DateTime) -> Option<ReminderWhen> {
        let key = (Box::from(school), due);
        if let Some(known) = self.known.get(&key) {
            return known.at(self.slot);
        }
        let school = SchoolRef::id(school);
        if zone_name(calendar.zone(school)) != self.zone.name {
            return None;
        }
        let found = times::reminded(calendar, school, due, self.evening);
        self.known.insert(key, found);
        found.at(self.slot)
    }

    /// A student's one reminder of this slot: the earliest due first, and as many as fit.
    fn reminder(
        &self,
        student: &AccountId,
        mut entries: Vec<ReminderEntry>,
        now: SchoolTime,
    ) -> Option<NewPublication> {
        entries.sort_by(|one, other| (&one.due, &one.item).cmp(&(&other.due, &other.item)));
        entries.truncate(limits::REMINDER_ENTRIES_MAX);
        let mut reminder = Reminder { entries };
        let body = loop {
            match Body::of(&reminder) {
                Err(BodyError::Bytes) => drop(reminder.entries.pop()),
                body => break body.ok()?,
            }
        };
        Some(NewPublication {
            channel: Channel::Account(student.clone()),
            author: AccountId::hub(),
            message_id: MessageId::parse(&self.zone.key(self.slot)).ok()?,
            audience: Audience::of(&[Role::Student]).ok()?,
            body,
            published_at: now,
            deliver_at: None,
            urgent: None,
        })
    }
}

/// Publishes, and waits until all of it is on stable storage; how many were new. That a key was used says that the student
/// has been reminded, of what there was to say then.
fn publish(ground: &Ground, reminders: Vec<NewPublication>) -> Result<usize, RemindError> {
    let (answer, answered) = sync_channel(reminders.len());
    let mut outcome = Ok(());
    for new in reminders {
        let answer = answer.clone();
        let offered = ground.broker.publish(
            new,
            Box::new(move |outcome| {
                // There is room for every answer.
                let _ = answer.send(outcome);
            }),
        );
        if let Err(broker::Busy) = offered {
            outcome = Err(RemindError::Busy);
            break;
        }
    }
    drop(answer);
    let mut published = 0;
    for answered in answered {
        match answered {
            Ok(Accepted::Committed(committed)) => published += usize::from(!committed.duplicate),
            Ok(Accepted::Scheduled(_)) | Err(PublishError::KeyReused) => {}
            Err(error) => outcome = Err(error.into()),
        }
    }
    outcome.map(|()| published)
}
