//! Which seeds are run, and what is said about one that fails.

use std::path::Path;
use std::time::Duration;

use preau::base::{Clock as _, clock::SystemClock};

use crate::day::{Day, Kind};
use crate::pictures;
use crate::record::Record;
use crate::region::Scale;
use crate::world::World;

/// Seeds that every run takes.
const FIXED: u64 = 100;
/// Seeds that no run has taken before.
const FRESH: u64 = 20;
const SCALE: u32 = 50;

/// A text of the environment.
fn told(name: &str) -> Option<String> {
    std::env::vars().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// A number of the environment.
pub(crate) fn given(name: &str) -> Option<u64> {
    told(name).map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn scale() -> Scale {
    Scale(given("PREAU_SIM_SCALE").map_or(SCALE, |scale| u32::try_from(scale).unwrap()).max(1))
}

/// The day of a seed, and what it was like.
fn run(seed: u64) -> (Day, Record) {
    let (scale, kind) = (scale(), Kind::of(seed));
    World::new(kind, seed, scale).run().unwrap_or_else(|found| {
        let Scale(of) = scale;
        panic!(
            "seed {seed} ({kind:?}), {found}\n\
             again: PREAU_SIM_SEED={seed} PREAU_SIM_SCALE={of} cargo test --test sim given -- --nocapture"
        );
    })
}

/// The fixed seeds of one kind of day.
fn fixed(kind: Kind) {
    (0..FIXED).filter(|seed| Kind::of(*seed) == kind).for_each(|seed| drop(run(seed)));
}

macro_rules! days {
    ($($name:ident: $kind:ident,)+) => {
        $(#[test] fn $name() { fixed(Kind::$kind); })+

        #[test]
        fn every_kind_of_day_has_its_test() {
            assert_eq!([$(Kind::$kind),+], Kind::ALL);
        }
    };
}

days! {
    an_ordinary_day: Ordinary,
    the_first_day_of_a_closure: Closure,
    everybody_returns_after_a_crash: Crash,
    half_as_many_again_as_seats: Over15,
    three_times_as_many_as_seats: Over34,
    a_holiday: Holiday,
    the_sunday_in_spring: SpringSunday,
    the_monday_after_in_spring: SpringMonday,
    the_sunday_in_autumn: AutumnSunday,
    the_monday_after_in_autumn: AutumnMonday,
    a_clock_that_is_set_back: SteppedBack,
    limits_that_an_operator_lowers: Lowered,
    memory_that_is_taken_away: Falls,
    a_pool_that_slow_readers_fill: Squeeze,
}

#[test]
fn fresh_seeds() {
    let count = given("PREAU_SIM_FRESH").unwrap_or(FRESH);
    let clock = SystemClock::start();
    let begun = clock.machine();
    let most = given("PREAU_SIM_MINUTES").map_or(Duration::MAX, Duration::from_mins);
    let first = fastrand::u64(..u64::MAX / 2);
    println!("{count} fresh seeds from {first}");
    let mut done = 0;
    for seed in (first..first + count).take_while(|_| clock.machine().since(begun) < most) {
        run(seed);
        done += 1;
    }
    println!("{done} of them in {} s", clock.machine().since(begun).as_secs());
}

/// The pictures of some days are drawn each time, and kept where the environment says.
#[test]
fn pictures_of_days() {
    let folder = told("PREAU_SIM_PICTURES");
    let days = Kind::ALL.map(|kind| {
        let is_drawn = pictures::ALL.iter().any(|picture| picture.kind == kind);
        is_drawn.then(|| run(kind as u64))
    });
    for picture in &pictures::ALL {
        let (day, record) = days[picture.kind as usize].as_ref().expect("it was run");
        let svg = picture.draw(day, &record.rows, scale());
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", picture.name);
        if let Some(folder) = &folder {
            std::fs::write(Path::new(folder).join(format!("{}.svg", picture.name)), svg)
                .expect("the folder is there");
        }
    }
}

/// The seed that the environment names, if it names one.
#[test]
fn given_seed() {
    if let Some(seed) = given("PREAU_SIM_SEED") {
        run(seed);
    }
}
