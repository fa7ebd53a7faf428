//! A dry run of other settings: who would have been refused.
//!
//! It is counted, not replayed: the people of now are seated anew under the other settings, first class first, as far as
//! nominal shares and then lent seats go.

use serde::Serialize;

use super::recent::Asked;
use super::stock::Stock;
use super::{CLASSES, Class, PerClass};

/// What other settings would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Seats that there would be.
    pub seats: u32,
    /// By class of people, first come first.
    pub classes: Vec<ClassTrial>,
}

/// What they would have done to one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClassTrial {
    /// Which.
    pub class: Class,
    /// Seats that would be its own.
    pub nominal: u32,
    /// Seats that it has.
    pub held: u32,
    /// Of those, how many would not have been given. They stay all the same: nobody is sent away by a change.
    pub held_refused: u32,
    /// About how many wait.
    pub waiting: u32,
    /// Of those, how many would wait on.
    pub waiting_refused: u32,
    /// How many came in, or asked without a ticket, in the last minute.
    pub asked: u32,
    /// Of those, how many would not have been let in at once.
    pub asked_refused: u32,
}

/// The people of now.
pub(super) struct Present {
    /// Seats that each class has.
    pub(super) held: PerClass<u32>,
    /// About how many of each wait.
    pub(super) waiting: PerClass<u32>,
    /// Who asked in the last minute.
    pub(super) asked: PerClass<Asked>,
    /// Whether the settings' flow would let in so many in a minute.
    pub(super) flow_max: u32,
}

/// Seats so many of each class in an empty stock, first class first, its own seats before lent ones; who finds none.
fn seat(stock: &mut Stock, people: PerClass<u32>, is_lending: bool) -> PerClass<u32> {
    let mut refused = people;
    for lends in [false, is_lending] {
        for (class, left) in Class::ALL.into_iter().zip(&mut refused) {
            let room = stock.room(class, lends);
            for _ in 0..room.min(*left) {
                stock.take(class);
            }
            *left -= room.min(*left);
        }
    }
    refused
}

/// Tries a stock that nobody has taken from on the people of now.
pub(super) fn run(empty: &Stock, present: &Present, is_lending: bool) -> Trial {
    let mut stock = empty.clone();
    let held_refused = seat(&mut stock, present.held, is_lending);
    let waiting_refused = seat(&mut stock, present.waiting, is_lending);
    // The last minute again: those who came in are not there yet, and come with those who were told to wait.
    let mut stock = empty.clone();
    let before: [u32; CLASSES] =
        std::array::from_fn(|index| present.held[index].saturating_sub(present.asked[index].entered));
    seat(&mut stock, before, is_lending);
    let asked = present.asked.map(|asked| asked.newcomers.max(asked.entered));
    let mut asked_refused = seat(&mut stock, asked, is_lending);
    let mut flow_left = present.flow_max;
    for (asked, refused) in asked.into_iter().zip(&mut asked_refused) {
        let passed = (asked - *refused).min(flow_left);
        flow_left -= passed;
        *refused = asked - passed;
    }
    let classes = Class::ALL.map(|class| {
        let index = class.index();
        ClassTrial {
            class,
            nominal: empty.share(class).nominal,
            held: present.held[index],
            held_refused: held_refused[index],
            waiting: present.waiting[index],
            waiting_refused: waiting_refused[index],
            asked: asked[index],
            asked_refused: asked_refused[index],
        }
    });
    Trial { seats: empty.seats(), classes: classes.to_vec() }
}
