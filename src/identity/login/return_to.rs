//! Where a log-in comes back to: a path of our own pages and nothing else.
//!
//! Browsers read `//host`, `/\host` and `/<tab>/host` as another host, so what is let through is told by the few
//! characters that are allowed, not by those that are forbidden. The percent sign is none of them: what would have to be
//! decoded is not let through either.

use url::Url;

use crate::base::limits;

/// A path of ours, with its query if it has one; or the operators' page, which is on another port of the same host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(Box<str>);

impl Default for ReturnTo {
    fn default() -> Self {
        Self("/".into())
    }
}

impl ReturnTo {
    /// Reads a path; anything else stands for the first page.
    pub fn parse(text: &str) -> Self {
        if is_ours(text) { Self(text.into()) } else { Self::default() }
    }

    /// The first page on another port of the hub's own host, for a browser that says in `Host` that it is there. Nothing
    /// if that is another host: no cookie of ours would follow it.
    pub fn other_port(public: &Url, host: &str) -> Option<Self> {
        let there = Url::parse(&format!("{}://{host}", public.scheme())).ok()?;
        let is_bare = there.username().is_empty()
            && there.password().is_none()
            && there.path() == "/"
            && there.query().is_none()
            && there.fragment().is_none();
        (is_bare && there.host() == public.host()).then(|| Self(there.as_str().into()))
    }

    /// What this process has sealed.
    pub(super) fn unsealed(text: &str) -> Self {
        Self(text.into())
    }

    /// The path, or the whole address if it is on another port.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_ours(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?=&:+,".contains(&byte);
    let (path, _) = text.split_once('?').unwrap_or((text, ""));
    text.len() <= limits::RETURN_TO_BYTES_MAX
        && text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(plain)
        // The interface's own addresses are no pages.
        && path != "/v1"
        && !path.starts_with("/v1/")
        && !path.split('/').any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_of_ours_stays_and_anything_else_is_the_first_page() {
        for ours in ["/", "/class/2a", "/?place=class:2a", "/a?next=/b"] {
            assert_eq!(ReturnTo::parse(ours).as_str(), ours);
        }
        let long = format!("/{}", "a".repeat(limits::RETURN_TO_BYTES_MAX));
        for other in [
            "",
            "class",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/%2Fevil.example",
            "/%5cevil.example",
            "%2F%2Fevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nset-cookie: a=b",
            " //evil.example",
            "/ /evil.example",
            "/a#//evil.example",
            "/./\\evil.example",
            "/..//evil.example",
            "/.//evil.example",
            "/v1/login?return_to=/",
            "/v1",
            "/é",
            "/@evil.example",
            &long,
        ] {
            assert_eq!(ReturnTo::parse(other), ReturnTo::default(), "{other:?}");
        }
    }

    #[test]
    fn the_operators_page_is_on_the_same_host_or_nowhere() {
        let public = Url::parse("https://preau.test/").unwrap();
        let led = |host: &str| ReturnTo::other_port(&public, host).map(|to| to.as_str().to_owned());
        assert_eq!(led("preau.test:9480").as_deref(), Some("https://preau.test:9480/"));
        assert_eq!(led("PREAU.test").as_deref(), Some("https://preau.test/"));
        for elsewhere in [
            "",
            "evil.example",
            "preau.test.evil.example",
            "preau.test@evil.example",
            "evil@preau.test",
            "preau.test:x",
            "preau.test/evil",
            "preau.test:1/?a",
            "preau.test#a",
            "evil.example\\preau.test",
            "evil.example#preau.test",
        ] {
            assert_eq!(led(elsewhere), None, "{elsewhere}");
        }
        let here = Url::parse("http://127.0.0.1:8080/").unwrap();
        assert!(ReturnTo::other_port(&here, "127.0.0.1:9480").is_some());
        assert_eq!(ReturnTo::other_port(&here, "localhost:9480"), None);
    }

    proptest! {
        #[test]
        fn no_host_header_leads_to_another_host(host in r"[a-z0-9.:/@?#\\%\[\] -]{0,24}") {
            let public = Url::parse("https://hub.test/").unwrap();
            if let Some(to) = ReturnTo::other_port(&public, &host) {
                let led = Url::parse(to.as_str()).unwrap();
                prop_assert_eq!(led.host_str(), Some("hub.test"));
            }
        }

        /// Read as a browser reads a `Location`: against our own address, which it must not leave.
        #[test]
        fn nothing_leads_elsewhere(text in r"[/\\.:@?#%\x00-\x20a-zA-Z0-9é-]{0,24}") {
            let base = Url::parse("https://hub.test/v1/login/callback").unwrap();
            let led = base.join(ReturnTo::parse(&text).as_str()).unwrap();
            prop_assert_eq!(led.origin(), base.origin());
            prop_assert!(!led.path().starts_with("//"), "{}", led);
        }

        #[test]
        fn nothing_with_two_slashes_or_worse_leads_elsewhere(
            start in r"(/|//|/\\|\\|https:|/%2f|/%5C|/\t/|[\x00-\x1f]/){1,3}", rest in "[a-z./\\\\]{0,16}",
        ) {
            let base = Url::parse("https://hub.test/").unwrap();
            let led = base.join(ReturnTo::parse(&format!("{start}{rest}")).as_str()).unwrap();
            prop_assert_eq!(led.origin(), base.origin());
        }
    }
}
