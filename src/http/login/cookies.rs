//! The two cookies: what a browser has of its log-in, and of an attempt at one (RFC 6265bis).
//!
//! Over https their names begin with `__Host-`: no other host may set them, and no page of another path or scheme has
//! them. Where the hub is configured for plain HTTP, which is for one machine alone, they can be neither.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::base::limits;

/// How cookies are written.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    is_https: bool,
}

impl Cookies {
    /// Cookies for a hub whose address for browsers is https, or is not.
    pub fn new(is_https: bool) -> Self {
        Self { is_https }
    }

    /// The log-in's name.
    fn login(self) -> &'static str {
        if self.is_https { "__Host-preau-session" } else { "preau-session" }
    }

    /// The attempt's name.
    fn attempt(self) -> &'static str {
        if self.is_https { "__Host-preau-login" } else { "preau-login" }
    }

    /// What a browser shows of its log-in.
    pub(super) fn shown_login(self, headers: &HeaderMap) -> Option<&str> {
        shown(headers, self.login())
    }

    /// What a browser shows of its attempt.
    pub(super) fn shown_attempt(self, headers: &HeaderMap) -> Option<&str> {
        shown(headers, self.attempt())
    }

    pub(super) fn give_login(self, id: &str, age: Duration) -> Option<HeaderValue> {
        self.write(self.login(), id, age)
    }

    pub(super) fn give_attempt(self, sealed: &str) -> Option<HeaderValue> {
        self.write(self.attempt(), sealed, limits::LOGIN_ATTEMPT_TTL)
    }

    pub(super) fn take_login(self) -> Option<HeaderValue> {
        self.write(self.login(), "", Duration::ZERO)
    }

    pub(super) fn take_attempt(self) -> Option<HeaderValue> {
        self.write(self.attempt(), "", Duration::ZERO)
    }

    /// `Lax` and not `Strict`: the provider's answer is a navigation from another site, and needs the attempt.
    fn write(self, name: &str, value: &str, age: Duration) -> Option<HeaderValue> {
        let secure = if self.is_https { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", age.as_secs());
        HeaderValue::from_str(&text).ok()
    }
}

/// The value of a cookie that is there once. Of two with one name, one is not ours, and nobody can say which.
fn shown<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_nobody_else_can_set_them_and_no_script_reads_them() {
        let said = |cookie: Option<HeaderValue>| cookie.unwrap().to_str().unwrap().to_owned();
        let (safe, plain) = (Cookies::new(true), Cookies::new(false));
        assert_eq!(
            said(safe.give_login("abc", Duration::from_mins(1))),
            "__Host-preau-session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        assert_eq!(
            said(plain.give_attempt("abc")),
            "preau-login=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"
        );
        assert!(
            said(safe.take_login()).contains("__Host-preau-session=; ")
                && said(safe.take_login()).contains("Max-Age=0")
        );
        assert!(safe.give_login("a\r\nb", Duration::ZERO).is_none());
    }

    #[test]
    fn a_cookie_counts_if_it_is_there_once() {
        let asked = |values: &[&'static str]| {
            let values = values.iter().map(|value| (header::COOKIE, HeaderValue::from_static(value)));
            values.collect::<HeaderMap>()
        };
        let read =
            |values: &[&'static str]| Cookies::new(false).shown_login(&asked(values)).map(str::to_owned);
        assert_eq!(read(&["a=b; preau-session=x; c=d"]), Some("x".into()));
        assert_eq!(read(&["preau-session=x; preau-session=y"]), None);
        assert_eq!(read(&["xpreau-session=x", "__Host-preau-session=y"]), None);
        assert_eq!(read(&[]), None);
    }
}
