//! What an admission pays for the calendar: an answer with its reason and its next change.
//!
//! The holidays are the demo's. The evening before the summer is the worst of them: the next change is two months away.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use preau::base::{Role, SchoolTime};
use preau::calendar::{Calendar, CalendarConfig, Override, Preset, SchoolRef, Scope, Verdict, read_holidays};

const HOLIDAYS: &[u8] = include_bytes!("../config/zone-a.ics");

fn calendar() -> Calendar {
    let config = CalendarConfig {
        presets: vec![Preset::Parents8To18],
        files: vec!["zone-a.ics".into()],
        ..CalendarConfig::default()
    };
    let files = BTreeMap::from([("zone-a.ics".into(), read_holidays(HOLIDAYS).unwrap().0)]);
    Calendar::new(&config, "Europe/Paris", &files)
}

fn at(text: &str) -> SchoolTime {
    SchoolTime(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn answers(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("calendar");
    let rules = calendar();
    let decision = Override {
        scope: Scope { role: Role::Guardian, school: None },
        from: at("2026-03-26T09:00Z"),
        until: at("2026-03-26T12:00Z"),
        verdict: Verdict::Open,
        who: "op1".to_owned(),
        why: "snow".to_owned(),
    };
    let decided = rules.with_overrides(&[decision]);
    for (name, calendar, role, now) in [
        ("no rule", &rules, Role::Teacher, at("2026-03-26T07:59Z")),
        ("school day", &rules, Role::Guardian, at("2026-03-26T10:00Z")),
        ("Friday evening", &rules, Role::Guardian, at("2026-03-20T19:00Z")),
        ("before the summer", &rules, Role::Guardian, at("2026-07-03T17:00Z")),
        ("under a decision", &decided, Role::Guardian, at("2026-03-26T10:00Z")),
    ] {
        group.bench_function(name, |run| {
            run.iter(|| calendar.admission(black_box(role), SchoolRef::id("s1"), black_box(now)));
        });
    }
    group.finish();
}

criterion_group!(benches, answers);
criterion_main!(benches);
