//! Log-ins that have ended while tokens of theirs are still in their time: such a token is refused at once.
//!
//! Bounded by [`limits::LOGINS_ENDED_MAX`]. When that is full, every token that was given to any log-in so far is refused:
//! pages renew theirs with one request, and nobody keeps what was taken away.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::base::{AccountId, LoginHash, MachineTime, limits};

/// The log-ins that ended a short while ago.
#[derive(Debug)]
pub struct EndedLogins {
    held: Mutex<Held>,
    max: usize,
}

#[derive(Debug, Default)]
struct Held {
    /// With the time up to which each is remembered.
    logins: HashMap<LoginHash, MachineTime>,
    /// When the last log-in of an account ended.
    accounts: HashMap<AccountId, MachineTime>,
    /// In the order in which they can be forgotten.
    order: BTreeSet<(MachineTime, LoginHash, AccountId)>,
    /// Tokens from before this are refused, whosesoever they are.
    all_before: MachineTime,
}

impl Default for EndedLogins {
    fn default() -> Self {
        Self::bounded(limits::LOGINS_ENDED_MAX)
    }
}

impl EndedLogins {
    fn bounded(max: usize) -> Self {
        Self { held: Mutex::default(), max }
    }

    /// Remembers that a log-in has ended.
    pub fn end(&self, login: LoginHash, account: &AccountId, now: MachineTime) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.forget(now);
        if held.logins.len() >= self.max {
            tracing::warn!("too many log-ins ended at once: every page renews its token");
            *held = Held { all_before: now, ..Held::default() };
        }
        let until = now.after(limits::LOGIN_ENDED_KEPT);
        held.logins.insert(login, until);
        held.accounts.insert(account.clone(), now);
        held.order.insert((until, login, account.clone()));
    }

    /// Whether a token that was given to a log-in at this time is refused.
    pub fn refuses(&self, login: LoginHash, issued_at: MachineTime) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Whole seconds in tokens: one of the same second is renewed once for nothing.
        held.logins.contains_key(&login) || issued_at <= held.all_before && held.all_before.0 > 0
    }

    /// Whether a log-in of the account has ended at this time or later.
    pub fn has_ended_since(&self, account: &AccountId, since: MachineTime) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.accounts.get(account).is_some_and(|ended| *ended >= since)
            || held.all_before.0 > 0 && held.all_before >= since
    }
}

impl Held {
    fn forget(&mut self, now: MachineTime) {
        while self.order.first().is_some_and(|(until, ..)| *until <= now) {
            let Some((until, login, account)) = self.order.pop_first() else { return };
            self.logins.remove(&login);
            // Another of its log-ins may have ended since.
            let is_last = |ended: &MachineTime| ended.after(limits::LOGIN_ENDED_KEPT) <= until;
            if self.accounts.get(&account).is_some_and(is_last) {
                self.accounts.remove(&account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: MachineTime = MachineTime(1_800_000_000_000);

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    #[test]
    fn a_token_of_an_ended_log_in_is_refused_until_it_has_ended_itself() {
        let ended = EndedLogins::default();
        let (login, other) = (LoginHash([1; 32]), LoginHash([2; 32]));
        ended.end(login, &account("u1"), NOW);
        assert!(ended.refuses(login, NOW) && !ended.refuses(other, NOW));
        assert!(ended.has_ended_since(&account("u1"), NOW) && !ended.has_ended_since(&account("u2"), NOW));
        assert!(!ended.has_ended_since(&account("u1"), NOW.after(limits::SEAT_TTL)));
        let later = NOW.after(limits::LOGIN_ENDED_KEPT);
        ended.end(other, &account("u2"), later);
        assert!(!ended.refuses(login, NOW), "forgotten, as its tokens are over");
        assert!(!ended.has_ended_since(&account("u1"), MachineTime(0)));
    }

    #[test]
    fn when_full_every_token_of_before_is_refused_and_none_given_later() {
        let ended = EndedLogins::bounded(2);
        for n in 0..3 {
            ended.end(LoginHash([n; 32]), &account("u1"), NOW);
        }
        let open = LoginHash([9; 32]);
        assert!(ended.refuses(open, NOW), "given before");
        assert!(!ended.refuses(open, NOW.after(limits::LOGIN_TOKEN_TTL)), "given later");
        assert!(ended.refuses(LoginHash([2; 32]), NOW.after(limits::LOGIN_TOKEN_TTL)), "it has ended itself");
        assert!(ended.held.lock().unwrap().logins.len() <= 2);
    }
}
