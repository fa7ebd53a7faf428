//! Where links in a class's feed may lead to: the hosts that the operator has named, and none else.
//!
//! What a browser might read otherwise than we do (a user before the host, a port, a backslash) leads nowhere.

use crate::base::body::{self, Post};
use crate::base::{Body, Kind};

/// The hosts, in lower case. Each stands for itself and for those below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkHosts(Box<[String]>);

impl LinkHosts {
    /// These hosts.
    pub fn new(hosts: &[String]) -> Self {
        Self(hosts.iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    /// Whether a text can be one of the hosts: letters, digits, hyphens and dots, as they stand in an address.
    pub fn is_host(text: &str) -> bool {
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        text.split('.').all(is_label)
    }

    /// Whether all links of what somebody says in a class lead to one of them.
    pub fn allow(&self, said: &Body) -> bool {
        if said.kind() != Kind::Post || !said.json().contains(r#""links":["#) {
            return true;
        }
        body::read(said.json()).is_ok_and(|post: Post| post.links.iter().all(|link| self.has(link)))
    }

    fn has(&self, link: &str) -> bool {
        let Some(rest) = link.strip_prefix("https://") else { return false };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = rest.get(..end).unwrap_or_default().to_ascii_lowercase();
        let is_below = |named: &String| {
            host.strip_suffix(named.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('.'))
        };
        Self::is_host(&host) && self.0.iter().any(is_below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(links: &[&str]) -> bool {
        let hosts = LinkHosts::new(&["Example.org".to_owned(), "lycee.fr".to_owned()]);
        let links = links.iter().map(|link| (*link).to_owned()).collect();
        hosts.allow(&Body::of(&Post { text: r#"see "links":[ "#.into(), links }).unwrap())
    }

    #[test]
    fn a_host_stands_for_itself_and_those_below_it() {
        for link in [
            "https://example.org",
            "https://example.org/a?b#c",
            "https://WWW.Example.ORG/",
            "https://a.b.lycee.fr?x",
        ] {
            assert!(allows(&[link]), "{link}");
        }
        assert!(allows(&[]));
        assert!(!allows(&["https://example.org", "https://example.com"]), "each of them counts");
    }

    #[test]
    fn nothing_that_only_looks_like_one_is_one() {
        for link in [
            "https://notexample.org",
            "https://example.org.evil.test",
            "https://example.org@evil.test/",
            "https://evil.test/example.org",
            "https://evil.test#example.org",
            r"https://evil.test\.example.org",
            "https://example.org:8443/",
            "https://example.org.",
            "https://.example.org",
        ] {
            assert!(!allows(&[link]), "{link}");
        }
        assert!(
            !LinkHosts::default()
                .allow(&Body::of(&Post { text: "a".into(), links: vec!["https://a.fr".into()] }).unwrap())
        );
    }
}
