//! Codes by time as authenticator apps show them (RFC 6238): SHA-1, six digits, thirty seconds, which is what all of them
//! know. The secret is kept sealed for its account.

use chrono::{DateTime, Utc};
use entity::id::UserId;
use totp_rs::{Builder, Secret, Totp};

use super::master::MasterKey;
use crate::error::{Error, Result};

/// Bytes of a secret: as many as the hash has (RFC 4226, section 4).
const SECRET: usize = 20;
/// Steps by which the clock of an authenticator may differ, either way.
const SKEW: u16 = 1;

/// What an account shares with its authenticator.
pub struct TotpSecret(Vec<u8>);

impl TotpSecret {
    pub fn random() -> Self {
        Self(rand::random::<[u8; SECRET]>().to_vec())
    }

    pub fn seal(&self, seals: &MasterKey, user: UserId) -> Result<Vec<u8>> {
        seals.seal(&name(user), &self.0).map_err(Error::internal)
    }

    pub fn open(seals: &MasterKey, user: UserId, sealed: &[u8]) -> Result<Self> {
        seals.open(&name(user), sealed).map(Self).map_err(Error::internal)
    }

    /// As people type it.
    pub fn base32(&self) -> String {
        Secret::from(self.0.as_slice()).to_base32()
    }

    /// As authenticators read it from a picture.
    pub fn uri(&self, issuer: &str, username: &str) -> Result<String> {
        let named = self.builder().with_issuer(Some(issuer)).with_account_name(username);
        named.build().and_then(|totp| totp.to_url()).map_err(Error::internal)
    }

    /// The step of time that a code is of, if it is a right one. Compared in a time that tells nothing.
    pub fn step(&self, code: &str, at: DateTime<Utc>) -> Result<Option<i64>> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).take(7).collect();
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        let totp: Totp = self.builder().build().map_err(Error::internal)?;
        Ok(totp.check(&code, seconds).and_then(|step| i64::try_from(step).ok()))
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.0.as_slice()).with_skew(SKEW)
    }
}

/// What a secret is sealed for: nobody else's opens in its place.
fn name(user: UserId) -> String {
    format!("totp {}", user.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of RFC 6238, appendix B, its last six digits.
    #[test]
    fn codes_are_those_of_the_standard() -> anyhow::Result<()> {
        let secret = TotpSecret(b"12345678901234567890".to_vec());
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in table {
            let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
            let step = seconds / 30;
            let found = [(-60, None), (-30, Some(step)), (0, Some(step)), (30, Some(step)), (60, None)];
            // Nothing is before the beginning of time.
            for (later, found) in found.into_iter().filter(|(later, _)| seconds + later >= 0) {
                let start = step * 30;
                assert_eq!(secret.step(code, at(start + later))?, found, "{code} {later}");
            }
            assert_eq!(secret.step(&format!("{} {}", &code[..3], &code[3..]), at(seconds))?, Some(step));
            assert_eq!(secret.step(&format!("{code}0"), at(seconds))?, None);
        }
        Ok(())
    }

    #[test]
    fn the_address_says_what_authenticators_have_to_know() -> anyhow::Result<()> {
        let secret = TotpSecret(b"12345678901234567890".to_vec());
        let uri = secret.uri("Héron & Co", "tove.aas")?;
        let read = Totp::from_url(&uri)?;
        assert_eq!((read.issuer(), read.account_name()), (Some("Héron & Co"), "tove.aas"));
        assert_eq!((read.digits(), read.step(), read.secret().to_base32()), (6, 30, secret.base32()));
        Ok(())
    }
}
