//! The stock: its invariants under whatever happens, and the rules of lending one by one.

use proptest::prelude::*;

use super::*;
use crate::admission::stock::Stock;

/// What can happen to a stock.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Somebody of a class asks, while seats are lent or not.
    Ask(Class, bool),
    /// Somebody of a class leaves, if there is one.
    Leave(Class),
    /// Somebody's class changes.
    Turn(Class, Class),
    /// Another capacity.
    Capacity(u32),
    /// Seconds pass.
    Pass(u64),
}

fn class() -> impl Strategy<Value = Class> {
    (0..6u8).prop_map(|number| Class::numbered(number).unwrap())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (class(), any::<bool>()).prop_map(|(class, is_lending)| Step::Ask(class, is_lending)),
        4 => class().prop_map(Step::Leave),
        2 => (class(), class()).prop_map(|(from, to)| Step::Turn(from, to)),
        1 => (0..400u32).prop_map(Step::Capacity),
        1 => (0..100u64).prop_map(Step::Pass),
    ]
}

/// Whether there is a seat for everybody who has one, and for what is missing in all reserves.
fn covers(stock: &Stock) -> bool {
    let missing = |class| stock.share(class).reserve.saturating_sub(stock.used(class));
    stock.taken() + Class::ALL.into_iter().map(missing).sum::<u32>() <= stock.seats()
}

proptest! {
    #[test]
    fn seats_stay_below_the_cap_and_reserves_stay_obtainable(
        seats in 0..400u32,
        lendable in proptest::array::uniform6(0..=1_000u16),
        steps in proptest::collection::vec(step(), 1..400),
    ) {
        let settings = Settings { lendable, ..Settings::default() };
        let mut stock = Stock::new(seats, &settings, START);
        let mut now = START;
        let mut used = [0u32; CLASSES];
        for step in steps {
            let (taken, covered) = (stock.taken(), covers(&stock));
            match step {
                Step::Ask(class, is_lending) => {
                    let room = stock.room(class, is_lending);
                    prop_assert!(room <= stock.free());
                    if room > 0 {
                        stock.take(class);
                        used[class.index()] += 1;
                        prop_assert!(stock.taken() <= stock.seats(), "an admission never goes over the cap");
                        prop_assert!(!covered || covers(&stock), "nor into a reserve");
                    } else if covered {
                        prop_assert!(stock.used(class) >= stock.share(class).reserve, "a reserve is obtainable");
                    }
                }
                Step::Leave(class) if used[class.index()] > 0 => {
                    stock.give_back(class);
                    used[class.index()] -= 1;
                    prop_assert!(!covered || covers(&stock));
                }
                Step::Turn(from, to) if used[from.index()] > 0 && from != to && stock.turn(from, to) => {
                    used[from.index()] -= 1;
                    used[to.index()] += 1;
                    prop_assert_eq!(stock.taken(), taken);
                    prop_assert!(!covered || covers(&stock));
                }
                Step::Capacity(seats) => {
                    stock.set(seats, &settings, PerClass::default(), now);
                    prop_assert!(stock.seats() <= seats, "it falls at once");
                }
                Step::Pass(time) => {
                    now = now.after(seconds(time));
                    stock.rise(now);
                }
                _ => {}
            }
            prop_assert_eq!(Class::ALL.map(|class| stock.used(class)), used);
            let shared: u32 = Class::ALL.into_iter().map(|class| stock.share(class).nominal).sum();
            prop_assert!(shared <= stock.seats().max(1));
            let (lent, borrowed): (u32, u32) = Class::ALL
                .into_iter()
                .fold((0, 0), |(lent, borrowed), class| (lent + stock.lent(class), borrowed + stock.borrowed(class)));
            prop_assert!(lent <= borrowed);
        }
    }

    #[test]
    fn what_there_is_room_for_can_be_taken(seats in 0..400u32, used in proptest::array::uniform6(0..100u32), of in class()) {
        let mut stock = Stock::new(seats, &Settings::default(), START);
        for (class, used) in Class::ALL.into_iter().zip(used) {
            for _ in 0..used.min(stock.room(class, true)) {
                stock.take(class);
            }
        }
        for left in (0..stock.room(of, false)).rev() {
            stock.take(of);
            prop_assert_eq!(stock.room(of, false), left, "one by one or at once is the same");
        }
    }
}

/// A stock with so many of each class, who came while seats were lent.
fn stock(seats: u32, used: PerClass<u32>) -> Stock {
    let mut stock = Stock::new(seats, &Settings::default(), START);
    for (class, used) in Class::ALL.into_iter().zip(used) {
        for _ in 0..used {
            assert!(stock.room(class, true) > 0, "{class:?}");
            stock.take(class);
        }
    }
    stock
}

#[test]
fn a_class_takes_its_own_first_and_then_what_is_lent() {
    // Of 1,000 seats students own 300, and all reserves are 5 + 75 + 200 + 90 + 22 + 30.
    let stock = stock(1_000, [0; 6]);
    assert_eq!(stock.room(Class::Student, false), 300);
    assert_eq!(stock.room(Class::Student, true), 1_000 - (5 + 75 + 200 + 22 + 30));
    assert_eq!(stock.room(Class::Teacher, false), stock.room(Class::Teacher, true), "teachers always borrow");
}

#[test]
fn lent_seats_leave_their_owners_the_reserve() {
    let stock = stock(1_000, [0, 0, 0, 668, 0, 0]);
    assert_eq!(stock.room(Class::Student, true), 0);
    assert_eq!(stock.room(Class::Live, false), 200, "its reserve, but not what it lent");
    assert_eq!(stock.borrowed(Class::Student), 368);
    assert_eq!(
        Class::ALL.map(|class| stock.lent(class))[2],
        210,
        "in proportion to what owners have to spare"
    );
}

#[test]
fn after_a_fall_reserves_are_filled_from_the_first_class_down() {
    let mut stock = stock(1_000, [0, 0, 100, 600, 0, 0]);
    stock.set(750, &Settings::default(), PerClass::default(), START);
    // 50 are free. Reserves miss 3 for operators, 56 for teachers, 50 for live classes.
    assert_eq!(stock.free(), 50);
    assert_eq!(stock.room(Class::Operator, true), 3);
    assert_eq!(stock.room(Class::Teacher, true), 47);
    assert_eq!(stock.room(Class::Live, true), 0);
    assert_eq!(stock.room(Class::Student, true), 0);
    stock.set(600, &Settings::default(), PerClass::default(), START);
    assert_eq!(Class::ALL.map(|class| stock.room(class, true)), [0; 6], "the cap wins over reserves");
    assert!(stock.short() >= 100);
}

#[test]
fn seats_rise_slowly() {
    let mut stock = stock(1_000, [0; 6]);
    stock.set(2_000, &Settings::default(), PerClass::default(), START);
    assert_eq!(stock.seats(), 1_000);
    assert!(stock.rise(START.after(seconds(1))));
    assert_eq!(stock.seats(), 1_020);
    let mut now = START.after(seconds(1));
    while stock.seats() < 2_000 {
        now = now.after(seconds(1));
        assert!(stock.rise(now));
    }
    assert!((30..60).contains(&now.since(START).as_secs()), "{:?}", now.since(START));
}

#[test]
fn a_class_outside_its_window_owns_nothing_and_the_others_share_what_it_had() {
    let mut stock = stock(1_000, [0; 6]);
    let mut is_out = PerClass::default();
    is_out[Class::Guardian.index()] = true;
    stock.set(1_000, &Settings::default(), is_out, START);
    assert_eq!(stock.share(Class::Guardian).nominal, 0);
    assert_eq!(stock.share(Class::Live).nominal, 444);
    assert_eq!(stock.room(Class::Guardian, false), 0);
}
