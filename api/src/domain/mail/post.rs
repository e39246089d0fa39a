//! The way out: messages to the mail server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use entity::mail;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, Message};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::response::Code;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::compose::{Text, compose};
use crate::auth::token::Tokens;
use crate::config::{Mail, SmtpSecurity};

/// Sending one mail ends after this: much less than the lease on it.
const DEADLINE: Duration = Duration::from_secs(60);

/// Longest line of a mail, in bytes.
const LONGEST_LINE: usize = 998;

/// Writes mail and sends it.
pub struct Post {
    settings: Mail,
    from: Mailbox,
    site: String,
    server: Option<Arc<AsyncSmtpTransport<Tokio1Executor>>>,
}

/// Why a mail was not sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// It never will be: the other end refused it with this code, or the address is none.
    Refused(Option<u16>),
    /// It may be later.
    Later(&'static str),
}

impl Post {
    pub fn new(settings: &Mail) -> anyhow::Result<Self> {
        let from: Mailbox = settings.from.parse().context("STOA_MAIL_FROM is not an address")?;
        let site = from.name.clone().unwrap_or_else(|| from.email.domain().to_owned());
        let server = settings.server()?.map(|server| {
            let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
                .port(server.port)
                .timeout(Some(DEADLINE / 4));
            if let Some((user, password)) = server.credentials {
                builder = builder.credentials((user, password).into());
            }
            let mut tls = TlsParameters::builder(server.host);
            for certificate in &server.certificates {
                tls = tls.add_root_certificate(Certificate::from_pem(certificate)?);
            }
            let builder = match server.security {
                SmtpSecurity::Plain => builder,
                SmtpSecurity::StartTls => builder.tls(Tls::Required(tls.build()?)),
                SmtpSecurity::Tls => builder.tls(Tls::Wrapper(tls.build()?)),
            };
            anyhow::Ok(Arc::new(builder.build()))
        });
        Ok(Self { settings: settings.clone(), from, site, server: server.transpose()? })
    }

    /// Whether there is a server to send to.
    pub fn is_connected(&self) -> bool {
        self.server.is_some()
    }

    /// The words of a mail, with its token made now.
    pub fn text(&self, row: &mail::Model, tokens: &Tokens) -> Text {
        compose(row, &self.settings, &self.site, tokens)
    }

    /// Sends a mail. Repeated, it has the same Message-ID.
    pub async fn send(&self, row: &mail::Model, tokens: &Tokens) -> Result<(), Failure> {
        let server = self.server.as_ref().ok_or(Failure::Later("no mail server"))?;
        let message = self.message(row, tokens).ok_or(Failure::Refused(None))?;
        match tokio::time::timeout(DEADLINE, server.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(cause)) => match cause.status() {
                Some(code) if is_final(code) => Err(Failure::Refused(Some(code.into()))),
                Some(_) => Err(Failure::Later("put off by the server")),
                None if cause.is_tls() => Err(Failure::Later("TLS failed")),
                None => Err(Failure::Later("no connection")),
            },
            Err(_) => Err(Failure::Later("too slow")),
        }
    }

    /// Nothing if the address is none that mail can be sent to.
    fn message(&self, row: &mail::Model, tokens: &Tokens) -> Option<Message> {
        let Text { subject, body } = self.text(row, tokens);
        let to: Address = row.email.parse().ok()?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{}@{}>", row.id.0, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN);
        message.body(encoded(body)).ok()
    }
}

/// As it is where that is allowed, so that links stay whole for whoever looks at the source.
fn encoded(text: String) -> Body {
    match text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE) {
        true => Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), ContentTransferEncoding::SevenBit),
        false => Body::new(text),
    }
}

/// Whether a server's refusal is about this mail and for good; those about us or our credentials may be mended.
fn is_final(code: Code) -> bool {
    let code = u16::from(code);
    (500..600).contains(&code) && !matches!(code, 500..=504 | 521 | 530 | 534 | 535 | 538)
}
