//! The master key: what the service's other secrets are made from, and under what the signing keys are sealed.

use std::path::Path;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Key, KeyInit, Nonce};
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Bytes of a nonce of AES-GCM.
const NONCE: usize = 12;

/// 32 bytes that nobody else knows.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// The key as a setting has it: 32 bytes in base 64.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).context("a master key is 32 bytes in base 64, as `openssl rand -base64 32` prints them")
    }

    /// Reads the key of this file, or makes one on the first start; only its owner can read the file.
    pub fn load_or_create(file: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(file) {
            Ok(text) => return Self::parse(&text).with_context(|| format!("in {}", file.display())),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(cause).with_context(|| format!("{} cannot be read", file.display())),
        }
        let key = Self(rand::random());
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
        }
        match write_private(file, format!("{}\n", STANDARD.encode(key.0)).as_bytes()) {
            Ok(()) => Ok(key),
            // Another process was quicker: its key is the one.
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
                let text =
                    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
                Self::parse(&text).with_context(|| format!("in {}", file.display()))
            }
            Err(cause) => Err(cause).with_context(|| format!("{} cannot be written", file.display())),
        }
    }

    /// The secret for one purpose: HMAC-SHA-256 of its name.
    pub fn secret(&self, purpose: &[u8]) -> [u8; 32] {
        let mut code = <Hmac<Sha256> as Mac>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        code.update(purpose);
        code.finalize().into_bytes().into()
    }

    /// Seals a secret that belongs to `name` (AES-256-GCM, the nonce in front): it opens under this key and that name only.
    pub fn seal(&self, name: &str, secret: &[u8]) -> anyhow::Result<Vec<u8>> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: name.as_bytes() });
        let sealed = sealed.map_err(|_| anyhow::anyhow!("a secret could not be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed for `name`.
    pub fn open(&self, name: &str, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let wrong = "it was sealed under another master key";
        ensure!(sealed.len() > NONCE, wrong);
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().context(wrong)?;
        let opened = self.cipher().decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: name.as_bytes() });
        opened.map_err(|_| anyhow::anyhow!(wrong))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.secret(b"stoa sealing\0")))
    }
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    // Whole or not at all: a link to a finished file appears in one step and never replaces another.
    let draft = file.with_extension(format!("new-{}", Uuid::new_v4().simple()));
    let mut handle = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    handle.write_all(bytes)?;
    handle.sync_all()?;
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_name_only() -> anyhow::Result<()> {
        let (key, other) = (MasterKey([1; 32]), MasterKey([2; 32]));
        let sealed = key.seal("one", b"secret")?;
        assert_eq!(key.open("one", &sealed)?, b"secret");
        assert_ne!(key.seal("one", b"secret")?, sealed, "each time with a nonce of its own");
        assert!(key.open("two", &sealed).is_err() && other.open("one", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(key.open("one", &bent).is_err(), "{at}");
            assert!(key.open("one", &sealed[..at]).is_err(), "{at}");
        }
        Ok(())
    }

    #[test]
    fn a_master_key_is_32_bytes() {
        assert!(MasterKey::parse(&format!(" {}\n", STANDARD.encode([3; 32]))).is_ok());
        for wrong in ["", "secret", &STANDARD.encode([3; 31]), &STANDARD.encode([3; 33])] {
            assert!(MasterKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
