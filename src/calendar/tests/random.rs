//! Random rules in zones with odd nights, against a second way to find the answer: walking the clock minute by minute.
//!
//! The walk knows no instants of spans. It remembers the latest civil minute that the clock has shown: a span has begun
//! once that minute has reached its beginning.

use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;

use super::*;

/// Hours that are missing or come twice: at night, at midnight, across midnight, by half an hour; a whole day is missing.
const NIGHTS: [(&str, &str); 9] = [
    ("Europe/Paris", "2026-03-29T01:00Z"),
    ("Europe/Paris", "2026-10-25T01:00Z"),
    ("America/Havana", "2026-11-01T05:00Z"),
    ("America/St_Johns", "2006-10-29T02:31Z"),
    ("Africa/Cairo", "2026-04-23T22:00Z"),
    ("Africa/Cairo", "2026-10-29T21:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Indian/Reunion", "2026-03-29T01:00Z"),
];
const WALK_MINUTES: i64 = 2 * 24 * 60;

/// Half of them begin and end in the small hours, where clocks change.
fn any_span() -> impl Strategy<Value = Span> {
    let small = (0..300_u16, 1..90_u16);
    let any = (0..24_u16 * 60, 1..=24_u16 * 60);
    prop_oneof![small, any].prop_map(|(start, length)| Span::of(start, start + length))
}

/// Half of them speak of every day.
fn any_rule() -> impl Strategy<Value = WindowRule> {
    let some = (
        prop::sample::subsequence(DayKind::ALL.to_vec(), 1..=3),
        prop::sample::subsequence(Weekday::ALL.to_vec(), 1..=7),
    );
    let all = Just((DayKind::ALL.to_vec(), Weekday::ALL.to_vec()));
    let open = prop::collection::vec(any_span(), 0..5);
    (prop_oneof![some, all], open).prop_map(|((days, weekdays), open)| WindowRule {
        roles: vec![Role::Guardian],
        days,
        weekdays: Week::from(weekdays),
        open,
    })
}

fn any_decision(around: i64) -> impl Strategy<Value = Override> {
    let bound = -2 * DAY_MS / MINUTE_MS..WALK_MINUTES;
    (bound.clone(), bound, any::<bool>()).prop_map(move |(from, until, open)| Override {
        scope: Scope { role: Role::Guardian, school: None },
        from: SchoolTime(around + from * MINUTE_MS),
        until: SchoolTime(around + until * MINUTE_MS),
        verdict: if open { Verdict::Open } else { Verdict::Closed },
        who: String::new(),
        why: String::new(),
    })
}

/// A civil minute as one number.
fn count(day: Date, minute: i64) -> i64 {
    let days = (day - date(2000, 1, 1)).get_days();
    i64::from(days) * 24 * 60 + minute
}

/// The latest civil minute that the clock has shown by an instant on a whole minute.
struct Walk {
    latest: i64,
}

impl Walk {
    fn step(&mut self, at: SchoolTime, calendar: &Calendar) {
        let clock = civil::clock(at, calendar.zone(SchoolRef::NONE));
        let minute = i64::from(clock.hour()) * 60 + i64::from(clock.minute());
        self.latest = self.latest.max(count(clock.date(), minute));
    }

    fn is_open(&self, calendar: &Calendar, rules: &Hours) -> bool {
        let today = date(2000, 1, 1) + self.latest.div_euclid(24 * 60).days();
        [today.yesterday().unwrap(), today].into_iter().any(|date| {
            let kind = calendar.school_day(SchoolRef::NONE, date).kind();
            rules.on(Weekday::of(date), kind).iter().any(|span| {
                let begun = count(date, i64::from(span.start())) <= self.latest;
                begun && self.latest < count(date, i64::from(span.end()))
            })
        })
    }
}

fn setting() -> impl Strategy<Value = (String, SchoolTime, Vec<WindowRule>, Vec<Override>)> {
    (prop::sample::select(NIGHTS.to_vec()), -1000..100_i64).prop_flat_map(|((zone, night), minutes)| {
        let start = SchoolTime(at(night).0 + minutes * MINUTE_MS);
        let rules = prop::collection::vec(any_rule(), 1..4);
        let decisions =
            prop_oneof![Just(Vec::new()).boxed(), prop::collection::vec(any_decision(start.0), 1..4).boxed()];
        (Just(zone.to_owned()), Just(start), rules, decisions)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_answer_holds_from_its_instant_until_it_changes((zone, start, windows, decisions) in setting()) {
        let config = CalendarConfig { windows: windows.clone(), ..config(&[]) };
        let calendar = Calendar::new(&config, &zone, &files()).with_overrides(&decisions);
        let rules: Vec<Rule> = windows.iter().map(WindowRule::rule).collect();
        let rules = Hours::by(&rules);
        let instant = |minute: i64| SchoolTime(start.0 + minute * MINUTE_MS);
        let mut walk = Walk { latest: i64::MIN };
        for minute in -2 * 24 * 60..0 {
            walk.step(instant(minute), &calendar);
        }
        let mut promised: Option<(bool, Option<SchoolTime>)> = None;
        for minute in 0..WALK_MINUTES {
            let now = instant(minute);
            walk.step(now, &calendar);
            let decided = decisions.iter().rev().find(|decision| decision.from <= now && now < decision.until);
            let open = match decided {
                Some(decision) => decision.verdict == Verdict::Open,
                None => walk.is_open(&calendar, &rules),
            };
            // The answer is asked for now and then; what it promised is held to the walk at every minute.
            if let Some((was, changes_at)) = promised {
                let has_changed = changes_at.is_some_and(|change| change <= now);
                prop_assert_eq!(open, was != has_changed, "{:?} changes at {:?}", now, changes_at);
                if has_changed {
                    prop_assert_eq!(changes_at, Some(now), "the change is on this very minute");
                    promised = None;
                }
            }
            if promised.is_none() || minute % 61 == 0 {
                let answer = calendar.admission(Role::Guardian, SchoolRef::NONE, now);
                prop_assert_eq!(answer.open, open, "at {:?}", now);
                prop_assert!(answer.changes_at.is_none_or(|change| change > now));
                promised = Some((answer.open, answer.changes_at));
            }
        }
    }
}
