//! The stock of seats: what each class owns, what of it is lent, and who may take one more.
//!
//! Each class owns a nominal share; a part of it is its reserve, the rest is lent while nobody needs it. After each
//! admission the free seats cover what is missing in all reserves, so a reserve is always obtainable. Only a smaller
//! capacity, a change of settings or a window that opens can break that; then the reserves are filled from the first class down, and
//! nobody else enters before they are covered again. Seats are never more than the capacity: it wins over reserves.

use std::time::Duration;

use super::{Class, PerClass, Settings};
use crate::base::{MachineTime, limits};

/// What a class owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// Seats that are its own.
    pub(super) nominal: u32,
    /// Those of them that are never lent.
    pub(super) reserve: u32,
}

/// The seats, counted.
#[derive(Debug, Clone)]
pub(super) struct Stock {
    /// What capacity and settings allow.
    target: u32,
    /// What is in force: the target, or on the way up to it.
    seats: u32,
    moved_at: MachineTime,
    shares: PerClass<Share>,
    used: PerClass<u32>,
}

/// What of a share's seats each class owns while some classes are outside their window: these own nothing, and their
/// share is the others', in proportion.
fn shares(settings: &Settings, is_out: PerClass<bool>, seats: u32) -> PerClass<Share> {
    let part = |class: Class| u64::from(settings.shares[class.index()]);
    let all: u64 = Class::ALL.into_iter().map(part).sum();
    let inside: u64 = Class::ALL.into_iter().filter(|class| !is_out[class.index()]).map(part).sum();
    Class::ALL.map(|class| {
        if is_out[class.index()] || inside == 0 {
            return Share::default();
        }
        let nominal = u64::from(seats) * part(class) * all / inside / 1_000;
        let kept = 1_000 - u64::from(settings.lendable[class.index()]).min(1_000);
        let whole = |seats: u64| u32::try_from(seats).unwrap_or(u32::MAX);
        Share { nominal: whole(nominal), reserve: whole(nominal * kept / 1_000) }
    })
}

impl Stock {
    /// A stock that nobody has taken from.
    pub(super) fn new(target: u32, settings: &Settings, now: MachineTime) -> Self {
        let shares = shares(settings, PerClass::default(), target);
        Self { target, seats: target, moved_at: now, shares, used: PerClass::default() }
    }

    /// Another capacity, other settings, or other classes outside their window. Seats fall at once and rise slowly.
    pub(super) fn set(&mut self, target: u32, settings: &Settings, is_out: PerClass<bool>, now: MachineTime) {
        if self.seats == self.target || target < self.seats {
            self.moved_at = now;
        }
        self.target = target;
        self.seats = self.seats.min(target);
        self.shares = shares(settings, is_out, self.seats);
    }

    /// Moves the seats up towards their target; whether they moved, after which [`Stock::set`] shares them out.
    pub(super) fn rise(&mut self, now: MachineTime) -> bool {
        if self.seats >= self.target {
            return false;
        }
        let elapsed = now.since(self.moved_at).min(Duration::from_mins(1));
        let per_second = (f64::from(self.seats) * limits::SEATS_RISE_PER_SECOND).max(1.0);
        let more = per_second * elapsed.as_secs_f64();
        if more < 1.0 {
            return false;
        }
        self.seats = self.target.min(self.seats.saturating_add(super::whole(more)));
        self.moved_at = now;
        true
    }

    /// How many more of a class may enter now. `is_lending` is whether seats are lent to classes below teachers.
    pub(super) fn room(&self, class: Class, is_lending: bool) -> u32 {
        let (index, free) = (class.index(), self.free());
        let Share { nominal, reserve } = self.shares[index];
        let used = self.used[index];
        let own = reserve.saturating_sub(used);
        let above: u32 = self.missing().take(index).sum();
        let from_reserve = own.min(free.saturating_sub(above));
        if from_reserve < own {
            return from_reserve;
        }
        let beyond = free.saturating_sub(self.missing().sum());
        let owned = nominal.saturating_sub(used.max(reserve));
        own + if is_lending || class.is_first() { beyond } else { beyond.min(owned) }
    }

    /// Counts one more, whatever [`Stock::room`] says.
    pub(super) fn take(&mut self, class: Class) {
        self.used[class.index()] += 1;
    }

    /// Counts one less.
    pub(super) fn give_back(&mut self, class: Class) {
        let used = &mut self.used[class.index()];
        *used = used.saturating_sub(1);
    }

    /// Counts one of a class in another, if no reserve suffers by it.
    pub(super) fn turn(&mut self, from: Class, to: Class) -> bool {
        let before: u32 = self.missing().sum();
        self.give_back(from);
        self.take(to);
        let after: u32 = self.missing().sum();
        let is_harmless = after <= before || after <= self.free();
        if !is_harmless {
            self.give_back(to);
            self.take(from);
        }
        is_harmless
    }

    /// Seats in force.
    pub(super) fn seats(&self) -> u32 {
        self.seats
    }

    /// Seats that nobody has.
    pub(super) fn free(&self) -> u32 {
        self.seats.saturating_sub(self.taken())
    }

    /// Seats that somebody has.
    pub(super) fn taken(&self) -> u32 {
        self.used.iter().sum()
    }

    /// Seats that a class has.
    pub(super) fn used(&self, class: Class) -> u32 {
        self.used[class.index()]
    }

    /// What a class owns.
    pub(super) fn share(&self, class: Class) -> Share {
        self.shares[class.index()]
    }

    /// Seats that a class has beyond its own.
    pub(super) fn borrowed(&self, class: Class) -> u32 {
        self.used(class).saturating_sub(self.share(class).nominal)
    }

    /// Seats that others have of a class's own: what is borrowed in all comes from those who have seats to spare, in
    /// proportion.
    pub(super) fn lent(&self, class: Class) -> u32 {
        let spare = |class: Class| u64::from(self.share(class).nominal.saturating_sub(self.used(class)));
        let all: u64 = Class::ALL.into_iter().map(spare).sum();
        let borrowed: u64 = Class::ALL.into_iter().map(|class| u64::from(self.borrowed(class))).sum();
        let lent = (borrowed.min(all) * spare(class)).checked_div(all).unwrap_or(0);
        u32::try_from(lent).unwrap_or(u32::MAX)
    }

    /// Seats that are missing to what must be there: everybody's seat, and all reserves.
    pub(super) fn short(&self) -> u32 {
        let wanted = self.taken().saturating_add(self.missing().sum());
        wanted.saturating_sub(self.seats)
    }

    /// By class: what its reserve holds and it has not taken.
    fn missing(&self) -> impl Iterator<Item = u32> {
        self.shares.iter().zip(&self.used).map(|(share, used)| share.reserve.saturating_sub(*used))
    }
}
