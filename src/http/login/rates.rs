//! How often an address may ask for log-ins and for their tokens, and how often all together may.
//!
//! A school often has one address for everybody, so an address may ask for many; the whole is bounded for the provider's
//! sake. Behind a proxy everybody has the proxy's address: those that the configuration names are believed when they say
//! whom they speak for. Bounded by [`limits::LOGIN_ADDRESSES_RATED_MAX`].

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::base::{MachineTime, limits};
use crate::http::edge::Edge;
use crate::session::budget::Budget;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who is at the other end of a connection. The connection's task puts it into each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Addresses that are counted as one: an IPv4 address, or the /64 that one household or one machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::http) struct Block(IpAddr);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// A log-in, begun or come back, and the provider's word on a log-out.
    Login,
    /// A token for a log-in, or its end.
    Token,
}

/// The allowances of all addresses.
pub struct LoginRates {
    per_address: u32,
    whole: u32,
    proxies: Vec<IpAddr>,
    spent: Mutex<Spent>,
    addresses_max: usize,
}

#[derive(Default)]
struct Spent {
    whole: Pair,
    by_address: HashMap<Block, Pair>,
    /// In the order in which they were first seen.
    order: VecDeque<Block>,
}

#[derive(Default, Clone, Copy)]
struct Pair {
    logins: Budget,
    tokens: Budget,
}

impl Pair {
    fn take(&mut self, errand: Errand, per_second: u32, now: MachineTime) -> Result<(), Duration> {
        match errand {
            Errand::Login => self.logins.take(now, per_second),
            Errand::Token => self.tokens.take(now, per_second.saturating_mul(limits::LOGIN_TOKENS_PER_LOGIN)),
        }
    }
}

impl LoginRates {
    /// So many log-ins per second from one address and from all, the burst twice that; behind these proxies.
    pub fn new(per_address: u32, whole: u32, proxies: Vec<IpAddr>) -> Self {
        let addresses_max = limits::LOGIN_ADDRESSES_RATED_MAX;
        Self { per_address, whole, proxies, spent: Mutex::default(), addresses_max }
    }

    /// Takes one from what an address and all together may ask for.
    ///
    /// # Errors
    /// How long to wait until one can be taken; nothing was taken.
    pub(super) fn take(&self, errand: Errand, from: Block, now: MachineTime) -> Result<(), Duration> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut whole, mut own) = (spent.whole, spent.by_address.get(&from).copied().unwrap_or_default());
        own.take(errand, self.per_address, now)?;
        whole.take(errand, self.whole, now)?;
        spent.whole = whole;
        if spent.by_address.insert(from, own).is_none() {
            spent.order.push_back(from);
            while spent.order.len() > self.addresses_max {
                let Some(first) = spent.order.pop_front() else { break };
                spent.by_address.remove(&first);
            }
        }
        Ok(())
    }

    /// Whom a request is counted for: the last address in the chain that is no proxy of ours.
    fn block(&self, peer: Option<Peer>, headers: &HeaderMap) -> Block {
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| address.to_canonical());
        let is_proxy = |address: &IpAddr| self.proxies.contains(address);
        if !is_proxy(&peer) {
            return Block::of(peer);
        }
        let said = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
        // What stands further to the left was written by whoever asked.
        let told = chain.iter().rev().map(|text| text.parse().ok().map(|one: IpAddr| one.to_canonical()));
        let first = told.take_while(Option::is_some).flatten().find(|address| !is_proxy(address));
        Block::of(first.unwrap_or(peer))
    }
}

impl Block {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }
}

impl FromRequestParts<Arc<Edge>> for Block {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().copied();
        let rates = edge.parts.login.as_deref().map(|login| &login.rates);
        let unknown = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(rates.map_or(unknown, |rates| rates.block(peer, &parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW: MachineTime = MachineTime(1_800_000_000_000);

    fn block(address: &str) -> Block {
        Block::of(address.parse().unwrap())
    }

    fn burst(rates: &LoginRates, errand: Errand, from: &str) -> usize {
        (0..1_000).take_while(|_| rates.take(errand, block(from), NOW).is_ok()).count()
    }

    #[test]
    fn each_address_has_its_own_and_all_together_have_a_bound() {
        let rates = LoginRates::new(2, 3, Vec::new());
        assert_eq!(burst(&rates, Errand::Login, "192.0.2.1"), 4);
        assert_eq!(burst(&rates, Errand::Login, "192.0.2.2"), 2, "six together");
        assert_eq!(burst(&rates, Errand::Token, "192.0.2.2"), 20, "tokens are counted apart");
        let wait = rates.take(Errand::Login, block("192.0.2.2"), NOW).unwrap_err();
        // Times are whole milliseconds.
        let then = NOW.after(wait + Duration::from_millis(1));
        assert_eq!(rates.take(Errand::Login, block("192.0.2.2"), then), Ok(()));
    }

    #[test]
    fn a_household_counts_once_and_the_first_seen_address_is_forgotten() {
        assert_eq!(block("2001:db8:1:2::3"), block("2001:db8:1:2:ffff::4"));
        assert_ne!(block("2001:db8:1:2::3"), block("2001:db8:1:3::3"));
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
        let rates = LoginRates { addresses_max: 1, ..LoginRates::new(1, 1_000, Vec::new()) };
        assert_eq!(burst(&rates, Errand::Login, "192.0.2.1"), 2);
        assert_eq!(burst(&rates, Errand::Login, "192.0.2.2"), 2);
        assert_eq!(burst(&rates, Errand::Login, "192.0.2.1"), 2, "begun anew");
        let spent = rates.spent.lock().unwrap();
        assert_eq!((spent.by_address.len(), spent.order.len()), (1, 1));
    }

    #[test]
    fn only_our_own_proxies_are_believed_and_only_what_they_wrote() {
        let rates = LoginRates::new(1, 1, ["10.0.0.1", "10.0.0.2"].map(|one| one.parse().unwrap()).into());
        let of = |peer: &str, said: &'static str| {
            let headers = HeaderMap::from_iter([(FORWARDED_FOR, HeaderValue::from_static(said))]);
            rates.block(Some(Peer(peer.parse().unwrap())), &headers)
        };
        assert_eq!(of("192.0.2.9", "192.0.2.1"), block("192.0.2.9"));
        assert_eq!(of("10.0.0.1", "198.51.100.7, 192.0.2.1"), block("192.0.2.1"));
        assert_eq!(of("10.0.0.1", "192.0.2.1, 10.0.0.2"), block("192.0.2.1"));
        assert_eq!(of("10.0.0.1", "192.0.2.1, nonsense"), block("10.0.0.1"));
        assert_eq!(of("10.0.0.1", "10.0.0.2"), block("10.0.0.1"));
    }
}
