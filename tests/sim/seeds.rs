//! Which seeds are run, and what is said about one that fails.

use crate::day::Kind;
use crate::region::Scale;
use crate::world::World;

/// Seeds that every run takes.
const FIXED: u64 = 100;
/// Seeds that no run has taken before.
const FRESH: u64 = 20;
const SCALE: u32 = 50;

/// A number of the environment.
fn given(name: &str) -> Option<u64> {
    let given = std::env::vars().find(|(other, _)| other == name);
    given.map(|(name, value)| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn scale() -> Scale {
    Scale(given("PREAU_SIM_SCALE").map_or(SCALE, |scale| u32::try_from(scale).unwrap()).max(1))
}

/// The day of a seed.
fn run(seed: u64) {
    let (scale, kind) = (scale(), Kind::of(seed));
    if let Err(found) = World::new(kind, seed, scale).run() {
        let Scale(of) = scale;
        panic!(
            "seed {seed} ({kind:?}), {found}\n\
             again: PREAU_SIM_SEED={seed} PREAU_SIM_SCALE={of} cargo test --test sim given -- --nocapture"
        );
    }
}

/// The fixed seeds of one kind of day.
fn fixed(kind: Kind) {
    (0..FIXED).filter(|seed| Kind::of(*seed) == kind).for_each(run);
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
    let first = fastrand::u64(..u64::MAX / 2);
    println!("{count} fresh seeds from {first}");
    (first..first + count).for_each(run);
}

/// The seed that the environment names, if it names one.
#[test]
fn given_seed() {
    if let Some(seed) = given("PREAU_SIM_SEED") {
        run(seed);
    }
}
