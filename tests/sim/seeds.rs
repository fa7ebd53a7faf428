//! Which seeds are run, and what is said about one that fails.

use std::fmt;
use std::panic::catch_unwind;
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
/// How often a long run says how far it is.
const TOLD_EACH: Duration = Duration::from_mins(1);
/// After how many red days a run is over.
const RED_MAX: usize = 10;

/// The fresh seeds that a run has taken.
#[derive(Default)]
struct Taken {
    /// By kind, in the order of [`Kind::ALL`].
    days: [u32; Kind::ALL.len()],
    red: Vec<u64>,
}

impl Taken {
    fn note(&mut self, seed: u64, is_red: bool) {
        self.days[Kind::of(seed) as usize] += 1;
        self.red.extend(is_red.then_some(seed));
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} days, ", self.days.iter().sum::<u32>())?;
        match self.red.as_slice() {
            [] => write!(f, "none red")?,
            red => write!(f, "red: {red:?}")?,
        }
        let all = Kind::ALL.into_iter().zip(self.days).filter(|(_, days)| *days > 0);
        let all: Vec<String> = all.map(|(kind, days)| format!("{days} {kind:?}")).collect();
        write!(f, " ({})", all.join(", "))
    }
}

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

/// A red day does not end the run: how many there are of a kind says more than the first of them.
#[test]
fn fresh_seeds() {
    let count = given("PREAU_SIM_FRESH").unwrap_or(FRESH);
    let kind = told("PREAU_SIM_KIND").map(|name| {
        let named = Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name);
        named.unwrap_or_else(|| panic!("PREAU_SIM_KIND is one of {:?}", Kind::ALL))
    });
    let most = given("PREAU_SIM_MINUTES").map_or(Duration::MAX, Duration::from_mins);
    let first = fastrand::u64(..u64::MAX / 2);
    println!("{count} fresh seeds from {first}");
    let clock = SystemClock::start();
    let begun = clock.machine();
    let spent = || clock.machine().since(begun);
    let seeds = (first..).filter(|seed| kind.is_none_or(|kind| Kind::of(*seed) == kind));
    let (mut taken, mut told_at) = (Taken::default(), Duration::ZERO);
    for seed in seeds.take(usize::try_from(count).unwrap()) {
        if spent() >= most || taken.red.len() >= RED_MAX {
            break;
        }
        // Whatever is wrong about it has been printed when this returns.
        taken.note(seed, catch_unwind(|| drop(run(seed))).is_err());
        if spent() >= told_at + TOLD_EACH {
            told_at = spent();
            println!("so far {taken}, in {} s", told_at.as_secs());
        }
    }
    println!("{taken}, in {} s", spent().as_secs());
    assert!(taken.red.is_empty(), "red: {:?}", taken.red);
}

#[test]
fn what_was_taken_is_told_by_kind_with_the_seeds_that_are_red() {
    let mut taken = Taken::default();
    assert_eq!(taken.to_string(), "0 days, none red ()");
    (0..15).for_each(|seed| taken.note(seed, false));
    taken.note(25, true);
    let told = taken.to_string();
    assert!(told.starts_with("16 days, red: [25] (2 Ordinary, 1 Closure, "), "{told}");
    assert!(told.ends_with(", 2 Lowered, 1 Falls, 1 Squeeze)"), "{told}");
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
