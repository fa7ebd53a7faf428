//! Signatures as Standard Webhooks has them: HMAC-SHA256 over the message's id, the attempt's time and the body, joined by dots.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::limits;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes a secret has.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why a file holds no secrets. Never says what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no line in it, or too many.
    #[error(
        "it must hold one secret, or on {} lines the new one and the old one while one takes the place of the other",
        limits::HOOK_SECRETS_MAX
    )]
    Count,
    /// A line is no secret.
    #[error(
        "each line must be `whsec_` and 24 to 64 bytes in base64, such as `echo whsec_$(openssl rand -base64 32)` makes"
    )]
    Form,
}

/// The secrets of an endpoint. Each signs.
pub struct Secrets(Vec<hmac::Key>);

impl Secrets {
    /// Reads the text of a file: a secret on each line.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if !(1..=limits::HOOK_SECRETS_MAX).contains(&lines.len()) {
            return Err(SecretError::Count);
        }
        Ok(Self(lines.into_iter().map(key).collect::<Result<_, _>>()?))
    }

    /// The header `webhook-signature`: one signature by each secret, apart by spaces.
    pub(super) fn sign(&self, id: &str, seconds: u64, body: &str) -> String {
        let signed = format!("{id}.{seconds}.{body}");
        let one = |key| format!("v1,{}", STANDARD.encode(hmac::sign(key, signed.as_bytes())));
        self.0.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

fn key(line: &str) -> Result<hmac::Key, SecretError> {
    let encoded = line.strip_prefix(PREFIX).ok_or(SecretError::Form)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::Form)?;
    if !BYTES.contains(&bytes.len()) {
        return Err(SecretError::Form);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_example_of_the_specification_has_its_signature() {
        let signed = Secrets::parse(SECRET).unwrap().sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_sign_both() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let both = Secrets::parse(&format!("{other}\n{SECRET}\n")).unwrap().sign("a", 1, "b");
        let alone = |text: &str| Secrets::parse(text).unwrap().sign("a", 1, "b");
        assert_eq!(both, format!("{} {}", alone(&other), alone(SECRET)));
    }

    #[test]
    fn what_is_no_secret_is_told_without_being_repeated() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for wrong in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_not base64!", &short, &long] {
            assert_eq!(Secrets::parse(wrong).err(), Some(SecretError::Form), "{wrong}");
        }
        let three = format!("{SECRET}\n{SECRET}\n{SECRET}");
        for wrong in ["", "\n\n", &three] {
            assert_eq!(Secrets::parse(wrong).err(), Some(SecretError::Count));
        }
        assert!(!SecretError::Form.to_string().contains("MfKQ"));
    }
}
