//! What operators read.

use super::*;

fn because(calendar: &Calendar, role: Role, text: &str) -> String {
    calendar.explain_admission(role, SchoolRef::NONE, at(text)).because
}

#[test]
fn an_answer_is_explained_in_one_sentence() {
    let calendar = built(&config(&[Preset::Parents8To18]));
    let told = calendar.explain_admission(Role::Guardian, SchoolRef::NONE, at("2026-03-27T08:10+01:00"));
    assert_eq!(
        told.because,
        "Friday 27 March 2026 is a school day, and on such a Friday guardians may come in 00:00 to 08:00 and 18:00 to 24:00."
    );
    assert_eq!(told.at.civil, "2026-03-27T08:10+01:00[Europe/Paris]");
    assert_eq!(told.changes_at.unwrap().civil, "2026-03-27T18:00+01:00[Europe/Paris]");
    assert_eq!(
        because(&calendar, Role::Guardian, "2026-02-17T10:00+01:00"),
        "Tuesday 17 February 2026 is a holiday (Vacances d'Hiver - Zone A), and on such a Tuesday guardians may come in at any time."
    );
    assert_eq!(
        because(&calendar, Role::Guardian, "2028-03-01T10:00+01:00"),
        "Wednesday 1 March 2028 is outside what the calendar's files cover and counts as a school day, and on such a Wednesday guardians may come in 00:00 to 08:00 and 18:00 to 24:00."
    );
    assert_eq!(
        because(&calendar, Role::Student, "2026-02-17T10:00Z"),
        "No window is set for students: they may always come in."
    );
    assert_eq!(
        calendar.explain_quiet(SchoolRef::NONE, at("2026-02-17T10:00Z")).because,
        "No quiet hours are set: deliveries are always made."
    );
}

#[test]
fn quiet_hours_nights_and_decisions_are_explained_too() {
    let mut config = config(&[Preset::National]);
    config.windows = vec![
        window(Role::Guardian, &[DayKind::School], &["22:00-06:00"]),
        window(Role::Guardian, &[DayKind::Weekend], &[]),
    ];
    let calendar = built(&config);
    assert_eq!(
        calendar.explain_quiet(SchoolRef::NONE, at("2026-03-28T10:00+01:00")).because,
        "Saturday 28 March 2026 is no day of the school's week, and on such a Saturday deliveries are made at no time."
    );
    assert_eq!(
        because(&calendar, Role::Guardian, "2026-03-28T05:00+01:00"),
        "Saturday 28 March 2026 is no day of the school's week, and on such a Saturday guardians may come in at no time; the hours of the day before have not ended yet."
    );
    let decision = Override {
        scope: Scope { role: Role::Guardian, school: None },
        from: at("2026-03-28T09:00+01:00"),
        until: at("2026-03-29T09:00+02:00"),
        verdict: Verdict::Open,
        who: "op1".to_owned(),
        why: "the school is flooded".to_owned(),
    };
    assert_eq!(
        because(&calendar.with_overrides(&[decision]), Role::Guardian, "2026-03-28T10:00+01:00"),
        "op1 has decided that guardians of every school may come in until 2026-03-29T09:00+02:00[Europe/Paris]: the school is flooded."
    );
}
