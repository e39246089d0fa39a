//! The settings of mail.

use std::path::PathBuf;

use anyhow::Context;
use axum::http::Uri;
use clap::Args;
use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;

/// Where mail goes, and what it says.
#[derive(Args, Clone, Debug)]
pub struct Mail {
    /// The mail server: smtps://user:password@host (TLS), smtp+starttls://user:password@host, or smtp://host without TLS,
    /// which takes a password on this machine only. Not given, mail stays in the outbox that `stoa mail` shows.
    #[arg(long, env = "STOA_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Certificates (PEM) by which the mail server is believed, besides the usual authorities.
    #[arg(long, env = "STOA_SMTP_CA_FILE", value_name = "FILE")]
    pub smtp_ca_file: Option<PathBuf>,
    /// Who mail is from. The name before the address is what mail calls this site.
    #[arg(
        long = "mail-from",
        env = "STOA_MAIL_FROM",
        default_value = "Stoa <stoa@localhost>",
        value_name = "ADDRESS",
        id = "mail_from"
    )]
    pub from: String,
    /// The frontend's page for a new password, e.g. https://chat.example.org/reset#{token}. Not given, mail holds the token
    /// by itself.
    #[arg(long, env = "STOA_RESET_URL", value_name = "URL")]
    pub reset_url: Option<String>,
    /// The frontend's page that verifies an address, e.g. https://chat.example.org/verify#{token}. Not given, mail holds
    /// the token by itself.
    #[arg(long, env = "STOA_VERIFY_URL", value_name = "URL")]
    pub verify_url: Option<String>,
    /// The frontend's page that shows one's invitations, e.g. https://chat.example.org/invitations. Not given, mail about
    /// invitations names no page.
    #[arg(long, env = "STOA_INVITATIONS_URL", value_name = "URL")]
    pub invitations_url: Option<String>,
}

/// A mail server as `STOA_SMTP_URL` names it.
pub struct SmtpServer {
    pub security: SmtpSecurity,
    pub host: String,
    pub port: u16,
    pub credentials: Option<(String, String)>,
    /// Certificates in PEM, one file a text.
    pub certificates: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SmtpSecurity {
    Plain,
    StartTls,
    Tls,
}

/// Says no word of the address: there may be a password in it.
const NO_SERVER: &str = "STOA_SMTP_URL must be smtps://, smtp+starttls:// or smtp:// with a host, and a user with a \
                         password or none of both; what is not a letter or digit in these is written as %40.";

impl Mail {
    /// The mail server, if there is one.
    pub fn server(&self) -> anyhow::Result<Option<SmtpServer>> {
        let Some(url) = self.smtp_url.as_deref().map(str::trim).filter(|url| !url.is_empty()) else { return Ok(None) };
        let mut server = parse(url).context(NO_SERVER)?;
        let is_here = matches!(server.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        anyhow::ensure!(
            server.security != SmtpSecurity::Plain || server.credentials.is_none() || is_here,
            "STOA_SMTP_URL would send the password in the clear: take smtps:// or smtp+starttls://."
        );
        if let Some(file) = &self.smtp_ca_file {
            let read = std::fs::read(file);
            server.certificates.push(read.with_context(|| format!("{} cannot be read", file.display()))?);
        }
        Ok(Some(server))
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.server()?;
        let from = self.from.parse::<Mailbox>();
        from.ok()
            .context("STOA_MAIL_FROM must be an address, or a name and an address: Chat <no-reply@example.org>.")?;
        for (name, page) in [("STOA_RESET_URL", &self.reset_url), ("STOA_VERIFY_URL", &self.verify_url)] {
            let Some(page) = page else { continue };
            anyhow::ensure!(
                is_page(page) && page.matches("{token}").count() == 1,
                "{name} must be the address of a page, beginning with https:// or http://, and hold {{token}} once."
            );
        }
        anyhow::ensure!(
            self.invitations_url.as_deref().is_none_or(is_page),
            "STOA_INVITATIONS_URL must be the address of a page, beginning with https:// or http://."
        );
        Ok(())
    }
}

fn is_page(page: &str) -> bool {
    let is_whole = !page.contains(|c: char| c.is_whitespace() || c.is_control());
    is_whole && (page.starts_with("https://") || page.starts_with("http://"))
}

fn parse(url: &str) -> Option<SmtpServer> {
    let uri: Uri = url.parse().ok()?;
    let (security, port) = match uri.scheme_str()? {
        "smtps" => (SmtpSecurity::Tls, 465),
        "smtp+starttls" => (SmtpSecurity::StartTls, 587),
        "smtp" => (SmtpSecurity::Plain, 25),
        _ => return None,
    };
    let authority = uri.authority()?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    let credentials = match authority.as_str().rsplit_once('@') {
        Some((who, _)) => {
            let (user, password) = who.split_once(':')?;
            Some((plain(user)?, plain(password)?))
        }
        None => None,
    };
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    let port = authority.port_u16().unwrap_or(port);
    (is_bare && !host.is_empty()).then_some(SmtpServer { security, host, port, credentials, certificates: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str) -> Mail {
        Mail {
            smtp_url: Some(url.to_owned()),
            smtp_ca_file: None,
            from: "Stoa <stoa@localhost>".to_owned(),
            reset_url: None,
            verify_url: None,
            invitations_url: None,
        }
    }

    #[test]
    fn servers_are_named_by_addresses() {
        for (url, security, host, port) in [
            ("smtps://a:b%40c@mail.example.org", SmtpSecurity::Tls, "mail.example.org", 465),
            ("smtp+starttls://a:b%40c@mail.example.org:2525/", SmtpSecurity::StartTls, "mail.example.org", 2525),
            ("smtp://a:b%40c@localhost:1025", SmtpSecurity::Plain, "localhost", 1025),
            ("smtp://a:b%40c@[::1]", SmtpSecurity::Plain, "::1", 25),
        ] {
            let server = with(url).server().ok().flatten().unwrap_or_else(|| panic!("{url}"));
            assert_eq!((server.security, server.host.as_str(), server.port), (security, host, port), "{url}");
            assert_eq!(server.credentials, Some(("a".to_owned(), "b@c".to_owned())), "{url}");
        }
        assert!(with(" ").server().is_ok_and(|server| server.is_none()));
    }

    #[test]
    fn what_is_none_is_refused_without_a_word_of_it() {
        for url in [
            "mail.example.org",
            "http://hush@mail.example.org",
            "smtps://",
            "smtps://hush@mail.example.org",
            "smtps://a:hush@mail.example.org/path",
            "smtp://a:hush@mail.example.org",
            "smtps://a:hu sh@mail.example.org",
        ] {
            let refusal = with(url).server().err().map(|cause| format!("{cause:#}")).unwrap_or_default();
            assert!(refusal.contains("STOA_SMTP_URL") && !refusal.contains("hush"), "{url}: {refusal}");
        }
        for page in ["example.org/{token}", "https://example.org/", "https://e/{token}{token}", "https://e/ {token}"] {
            assert!(Mail { reset_url: Some(page.to_owned()), ..with("") }.check().is_err(), "{page}");
        }
        assert!(Mail { reset_url: Some("https://e/#{token}".to_owned()), ..with("") }.check().is_ok());
    }
}
