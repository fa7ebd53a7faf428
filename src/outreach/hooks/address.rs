//! Where an endpoint may be: an address that can't be turned against what is inside.
//!
//! An operator names endpoints, but a name is resolved by others. So a name may lead to the internet alone, unless the operator
//! says that this endpoint is inside; and never to link-local addresses, where clouds keep their machines' secrets. What is
//! judged is the address that is then connected to, at each connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::base::limits;

/// Where a name may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the internet.
    Public,
    /// Also to private networks and this machine.
    Private,
    /// To this machine alone.
    Here,
}

impl Reach {
    /// How far an endpoint at a checked address may lead.
    pub(super) fn of(url: &Url, is_private: bool) -> Self {
        if is_here(url) {
            Self::Here
        } else if is_private {
            Self::Private
        } else {
            Self::Public
        }
    }

    /// Whether it includes an address.
    pub(super) fn includes(self, address: IpAddr) -> bool {
        let address = plain(address);
        match self {
            Self::Here => address.is_loopback(),
            Self::Public => is_public(address),
            Self::Private => is_public(address) || is_private(address),
        }
    }
}

/// Reads an endpoint's address; what it must be if it is not.
pub(super) fn parse(text: &str, is_private: bool) -> Result<Url, &'static str> {
    const FORM: &str =
        "https://host/path, or http:// and an address of this machine, without a user or a fragment";
    let url = Url::parse(text).map_err(|_| FORM)?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
    if !is_plain || !is_safe || text.len() > limits::HOOK_URL_BYTES_MAX {
        return Err(FORM);
    }
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return Err(FORM),
    };
    if literal.is_some_and(|address| !Reach::of(&url, is_private).includes(address)) {
        return Err("an address of the internet, or with `private = true` one of a private network");
    }
    Ok(url)
}

/// Whether an address names this machine by itself, whatever a name server says.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => plain(IpAddr::V6(address)).is_loopback(),
        None => false,
    }
}

/// An address without the forms in which IPv6 carries one of IPv4 (RFC 4291 §2.5.5.2, RFC 6052).
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [first, .., high, low] = v6.segments();
    if first == 0x64 && v6.segments()[1..6] == [0xff9b, 0, 0, 0, 0] {
        return IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    }
    v6.to_ipv4_mapped().map_or(address, IpAddr::V4)
}

/// Private networks and this machine (RFC 1918, RFC 4193).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// What the registries of special addresses leave to the internet (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let is_special = a == 0
                || a >= 224
                || address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_documentation()
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
                || [a, b, c] == [192, 0, 0];
            !is_special
        }
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Global unicast (`2000::/3`), without documentation and the tunnels that carry any IPv4 address (6to4, Teredo).
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_global = (a & 0xe000) == 0x2000;
    let is_special =
        a == 0x2002 || (a == 0x2001 && (b == 0x0db8 || b < 0x0200)) || (a == 0x3fff && b < 0x1000);
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_asked_for_except_on_this_machine() {
        for right in [
            "https://hooks.example.fr/preau?tenant=1",
            "https://hooks.example.fr:8443/",
            "https://203.0.114.7/",
            "http://127.0.0.1:8000/in",
            "http://localhost:8000/in",
            "http://[::1]:8000/in",
        ] {
            assert!(parse(right, false).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "hooks.example.fr",
            "http://hooks.example.fr/",
            "ftp://hooks.example.fr/",
            "https://user:word@hooks.example.fr/",
            "https://hooks.example.fr/#part",
            "https://10.0.0.7/",
            "https://169.254.169.254/latest",
            "https://[fd00::1]/",
            "https://0x0a000007/",
            "http://127.0.0.1.example.fr/",
        ] {
            assert!(parse(wrong, false).is_err(), "{wrong}");
        }
        assert!(parse("https://10.0.0.7/", true).is_ok());
        assert!(parse("http://10.0.0.7/", true).is_err(), "what is inside is still asked for TLS");
        assert!(parse("https://169.254.169.254/latest", true).is_err());
    }

    #[test]
    fn a_name_leads_to_the_internet_unless_it_may_lead_inside() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for public in ["203.0.114.7", "8.8.8.8", "2a01:e0a::1", "::ffff:8.8.8.8"] {
            assert!(Reach::Public.includes(address(public)) && Reach::Private.includes(address(public)));
            assert!(!Reach::Here.includes(address(public)));
        }
        for inside in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "::1",
            "fd12::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
        ] {
            assert!(!Reach::Public.includes(address(inside)), "{inside}");
            assert!(Reach::Private.includes(address(inside)), "{inside}");
        }
        for never in [
            "0.0.0.0",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:a00:1::",
            "2001::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
        ] {
            let reaches = [Reach::Public, Reach::Private, Reach::Here];
            assert!(!reaches.iter().any(|reach| reach.includes(address(never))), "{never}");
        }
        assert!(Reach::Here.includes(address("127.8.8.8")) && !Reach::Here.includes(address("10.0.0.1")));
    }
}
