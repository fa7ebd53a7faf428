//! How many different keys were seen, by the second of their order: a sketch of fixed size, in which a key counts once
//! however often it is shown.
//!
//! It is `HyperLogLog` (Flajolet and others, 2007; its estimate after Ertl, 2017) with a few registers for each second: a register keeps the longest run
//! of leading zeros among its keys. Plain counters would be smaller, but an account could swell them by asking often or
//! by showing an old ticket again, and so slow down everybody behind it.

use super::place::{Order, SECONDS};

/// Registers for each second: the error of one second's estimate is about a fifth, of a whole minute's a fortieth.
const REGISTERS: usize = 32;
const REGISTER_BITS: u32 = 5;

/// The registers of one minute.
#[derive(Clone)]
pub(super) struct Sketch {
    registers: Box<[u8; SECONDS * REGISTERS]>,
    is_empty: bool,
}

impl Sketch {
    /// Nothing seen.
    pub(super) fn new() -> Self {
        Self { registers: Box::new([0; SECONDS * REGISTERS]), is_empty: true }
    }

    /// Counts a key; whether that changed anything.
    pub(super) fn see(&mut self, order: Order) -> bool {
        let key = order.key();
        let within = usize::try_from(key >> (u32::BITS - REGISTER_BITS)).unwrap_or_default();
        let zeros = (key << REGISTER_BITS).leading_zeros().min(u32::BITS - REGISTER_BITS);
        let rank = u8::try_from(zeros + 1).unwrap_or(u8::MAX);
        let Some(register) = self.registers.get_mut(order.second() * REGISTERS + within) else {
            return false;
        };
        self.is_empty = false;
        let is_news = *register < rank;
        *register = rank.max(*register);
        is_news
    }

    /// Adds what another has seen.
    pub(super) fn join(&mut self, other: &Self) {
        if !other.is_empty {
            self.is_empty = false;
            for (own, other) in self.registers.iter_mut().zip(other.registers.iter()) {
                *own = (*own).max(*other);
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        if !self.is_empty {
            self.registers.fill(0);
            self.is_empty = true;
        }
    }

    /// Whether nothing was seen.
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// About how many keys were seen of each second.
    pub(super) fn by_second(&self) -> [f32; SECONDS] {
        let mut counts = [0.0; SECONDS];
        for (count, registers) in counts.iter_mut().zip(self.registers.chunks_exact(REGISTERS)) {
            *count = estimate(registers);
        }
        counts
    }
}

/// Ertl's estimate, which needs no corrections by table for small numbers.
fn estimate(registers: &[u8]) -> f32 {
    let count = registers.len() as f64;
    let (mut empty, mut sum) = (0.0, 0.0);
    for register in registers {
        if *register == 0 {
            empty += 1.0;
        } else {
            sum += (-f64::from(*register)).exp2();
        }
    }
    let estimate = count * count / (2.0 * std::f64::consts::LN_2 * (sum + count * sigma(empty / count)));
    #[expect(clippy::cast_possible_truncation, reason = "an estimate needs no more digits")]
    let estimate = estimate as f32;
    estimate
}

/// What the part of empty registers stands for: `x + Σ x^(2^k) 2^(k−1)`, without bound for 1.
fn sigma(part: f64) -> f64 {
    if part >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (part, 1.0, part);
    loop {
        power *= power;
        let next = sum + power * weight;
        if next <= sum {
            return sum;
        }
        sum = next;
        weight += weight;
    }
}
