//! Schools that differ, and what operators decide.

use super::*;

fn school(id: &str) -> SchoolConfig {
    SchoolConfig {
        id: OrgId::parse(id).unwrap(),
        zone: None,
        files: None,
        school_week: None,
        windows: Vec::new(),
        extra_days: Vec::new(),
        closures: Vec::new(),
    }
}

fn open(calendar: &Calendar, school: &str, text: &str) -> (bool, Option<SchoolTime>) {
    let answer = calendar.admission(Role::Guardian, SchoolRef::id(school), at(text));
    (answer.open, answer.changes_at)
}

#[test]
fn a_school_keeps_its_own_zone_week_windows_and_days() {
    let mut all = config(&[Preset::Parents8To18]);
    let closure =
        Closure { from: date(2026, 6, 11), until: Some(date(2026, 6, 12)), why: "works".to_owned() };
    all.schools = vec![
        SchoolConfig { zone: Some("Indian/Reunion".to_owned()), files: Some(Vec::new()), ..school("south") },
        SchoolConfig {
            extra_days: vec![date(2026, 5, 16), date(2026, 5, 15)],
            closures: vec![closure],
            ..school("own")
        },
        SchoolConfig {
            windows: vec![window(Role::Guardian, &DayKind::ALL, &["12:00-14:00"])],
            ..school("narrow")
        },
        SchoolConfig { school_week: Some(Week::from(Weekday::ALL[..6].to_vec())), ..school("saturdays") },
    ];
    let calendar = built(&all);
    // Far in the south it is two hours later, and nobody knows of holidays there.
    assert_eq!(
        open(&calendar, "south", "2026-03-26T08:00+04:00"),
        (false, Some(at("2026-03-26T18:00+04:00")))
    );
    assert_eq!(calendar.school_day(SchoolRef::id("south"), date(2026, 2, 17)), Day::Unknown);
    assert_eq!(calendar.alarm(at("2026-03-26T08:00Z")), Some(Alarm::NoHolidays));
    // The bridge day is made up for, and so is the Saturday after it.
    assert!(!open(&calendar, "own", "2026-05-15T10:00+02:00").0);
    assert_eq!(open(&calendar, "own", "2026-05-15T18:00+02:00"), (true, Some(at("2026-05-16T08:00+02:00"))));
    let works = Day::Closed { why: "works".into() };
    assert_eq!(calendar.school_day(SchoolRef::id("own"), date(2026, 6, 11)), works);
    assert_eq!(open(&calendar, "own", "2026-06-10T18:00+02:00"), (true, Some(at("2026-06-15T08:00+02:00"))));
    assert_eq!(
        open(&calendar, "narrow", "2026-03-26T13:00+01:00"),
        (true, Some(at("2026-03-26T14:00+01:00")))
    );
    assert!(!open(&calendar, "saturdays", "2026-03-28T10:00+01:00").0);
    // A school that the configuration does not name is like all others.
    assert_eq!(
        open(&calendar, "else", "2026-03-26T10:00+01:00"),
        guardian(&calendar, "2026-03-26T10:00+01:00")
    );
}

fn decision(school: Option<&str>, from: &str, until: &str, verdict: Verdict) -> Override {
    Override {
        scope: Scope { role: Role::Guardian, school: school.map(|id| OrgId::parse(id).unwrap()) },
        from: at(from),
        until: at(until),
        verdict,
        who: "op1".to_owned(),
        why: "snow".to_owned(),
    }
}

#[test]
fn the_newest_decision_wins_over_older_ones_and_over_rules() {
    let rules = built(&config(&[Preset::Parents8To18]));
    let open_all = decision(None, "2026-03-26T09:00+01:00", "2026-03-26T12:00+01:00", Verdict::Open);
    let close_one = decision(Some("s1"), "2026-03-26T10:00+01:00", "2026-03-26T20:00+01:00", Verdict::Closed);
    let calendar = rules.with_overrides(&[open_all.clone(), close_one.clone()]);

    // Elsewhere the first alone speaks; the rule takes over when it ends.
    assert_eq!(open(&calendar, "s2", "2026-03-26T08:30+01:00"), (false, Some(at("2026-03-26T09:00+01:00"))));
    assert_eq!(open(&calendar, "s2", "2026-03-26T09:00+01:00"), (true, Some(at("2026-03-26T12:00+01:00"))));
    assert_eq!(open(&calendar, "s2", "2026-03-26T12:00+01:00"), (false, Some(at("2026-03-26T18:00+01:00"))));
    // There the second closes at ten, past the evening's opening.
    assert_eq!(open(&calendar, "s1", "2026-03-26T09:30+01:00"), (true, Some(at("2026-03-26T10:00+01:00"))));
    assert_eq!(open(&calendar, "s1", "2026-03-26T11:00+01:00"), (false, Some(at("2026-03-26T20:00+01:00"))));
    // Nobody else is meant.
    let student = calendar.admission(Role::Student, SchoolRef::id("s1"), at("2026-03-26T11:00+01:00"));
    assert_eq!(student, Answer::ALWAYS);
    // In the other order the first is the newer.
    let calendar = rules.with_overrides(&[close_one.clone(), open_all]);
    assert_eq!(open(&calendar, "s1", "2026-03-26T11:00+01:00"), (true, Some(at("2026-03-26T12:00+01:00"))));
    let why = calendar.admission(Role::Guardian, SchoolRef::id("s1"), at("2026-03-26T13:00+01:00")).why;
    assert_eq!(why, Why::Override { decision: Arc::new(close_one) });
    // The same rules without decisions are as before.
    assert_eq!(
        open(&calendar.with_overrides(&[]), "s1", "2026-03-26T13:00+01:00"),
        open(&rules, "s1", "2026-03-26T13:00+01:00")
    );
}

#[test]
fn of_more_decisions_than_allowed_the_newest_are_kept() {
    let open = decision(None, "2026-03-26T09:00+01:00", "2026-03-26T12:00+01:00", Verdict::Open);
    let close = decision(None, "2020-01-01T00:00Z", "2020-01-02T00:00Z", Verdict::Closed);
    let mut decisions = vec![open];
    decisions.extend(vec![close; limits::OVERRIDES_MAX - 1]);
    let rules = built(&config(&[Preset::Parents8To18]));
    assert!(guardian(&rules.with_overrides(&decisions), "2026-03-26T10:00+01:00").0);
    decisions.push(decisions[1].clone());
    assert!(!guardian(&rules.with_overrides(&decisions), "2026-03-26T10:00+01:00").0);
}

#[test]
fn a_decision_is_kept_as_json() {
    let decision = decision(Some("s1"), "2026-03-26T09:00Z", "2026-03-26T12:00Z", Verdict::Closed);
    let text = serde_json::to_string(&decision).unwrap();
    assert_eq!(
        text,
        r#"{"scope":{"role":"guardian","school":"s1"},"from":1774515600000,"until":1774526400000,"verdict":"closed","who":"op1","why":"snow"}"#
    );
    assert_eq!(serde_json::from_str::<Override>(&text).unwrap(), decision);
}
